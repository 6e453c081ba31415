"""Quarters, written ``2022Q4``: reading them, counting in them, their first and last days."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from gapmatch.errors import SettingsError
from gapmatch.i18n import _

_WRITTEN = re.compile(r"([12][0-9]{3})[Qq]([1-4])")

QUARTER_GLOB = "????Q[1-4]"
"""Names of the folders of quarters."""


def is_quarter(text: str) -> bool:
    """Whether ``text`` is a quarter as the store and the folders have it."""
    return _WRITTEN.fullmatch(text) is not None and text.isupper()


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a year, the first of which is number 1."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the quarter written ``2022Q4``, or raise ``SettingsError``."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise SettingsError(
                _("季度写法有误：{quarter}").format(quarter=text), _("请写成 2022Q4。")
            )
        return cls(int(written[1]), int(written[2]))

    @classmethod
    def from_day(cls, day: date) -> Self:
        """Return the quarter that ``day`` lies in."""
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def from_index(cls, index: int) -> Self:
        """Return the quarter of this ``index``."""
        return cls(index // 4, index % 4 + 1)

    @property
    def index(self) -> int:
        """Quarters since the year 0."""
        return 4 * self.year + self.number - 1

    @property
    def first_day(self) -> date:
        """The day on which the quarter begins."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        """The day on which the quarter ends."""
        return self.next().first_day - timedelta(days=1)

    def next(self, steps: int = 1) -> Self:
        """Return the quarter ``steps`` later (earlier, if negative)."""
        return type(self).from_index(self.index + steps)

    def __str__(self) -> str:
        return f"{self.year:04}Q{self.number}"
