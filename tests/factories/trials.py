"""Trials of one test: how many there were, how they ended, and which of them broke a promise."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gapmatch.errors import GapmatchError

SHOWN = 12


@dataclass
class Trials:
    """``ends``: how many trials ended in which way; the last line of pytest adds them up."""

    ends: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def count(self, end: str) -> None:
        """Count a trial that ended so."""
        self.ends[end] = self.ends.get(end, 0) + 1

    @contextmanager
    def trial(self, where: str) -> Iterator[None]:
        """Try something; what fails is noted with ``where``, and the next trial follows."""
        self.count("tried")
        try:
            yield
        except AssertionError as error:
            self.count("silent")
            self.broken.append(f"{where}: {str(error).splitlines()[:3]}")

    def refuse(self, error: GapmatchError) -> None:
        """Count a refusal, which must be in words and with a remedy."""
        assert error.message, "no message"
        assert error.remedy, "no remedy"
        self.count("refused")

    def judge(self) -> None:
        """Fail if any trial did."""
        assert not self.broken, "\n".join([f"{len(self.broken)}:", *self.broken[:SHOWN]])


def add_up(ends: list[dict[str, int]]) -> str:
    """Return one line of all counts; without a trial it is empty."""
    names = sorted({name for part in ends for name in part} | {"silent"}, key=_ORDER.index)
    total = {name: sum(part.get(name, 0) for part in ends) for name in names}
    return ", ".join(f"{name} {n:,}" for name, n in total.items()) if any(ends) else ""


_ORDER = ["tried", "old", "new", "refused", "read", "silent"]
