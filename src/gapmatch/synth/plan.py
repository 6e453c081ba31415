"""What a synthetic prefecture should be like."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["codes", "persons", "phones", "counties"]


@dataclass(frozen=True)
class Plan:
    """The order for a synthetic prefecture; every field has a default that resembles a real one."""

    seed: int = 1
    firms: int = 23_500
    """Rows of the last quarter's tax list; earlier quarters are smaller by what has come since."""
    quarters: tuple[str, ...] = ("2022Q3", "2022Q4")
    """Consecutive, earliest first."""
    prefectures: tuple[str, ...] = ("520300",)
    """Codes of the real prefectures whose counties are used."""
    enrolled_share: float = 0.222
    """Firms of the tax list that have an insurance unit of their own."""
    dormant_share: float = 0.24
    """Firms of the last quarter that file but do not operate."""
    public_share: float = 0.11
    """Public bodies among the enrolled units, as a share of ``firms``."""
    outside_share: float = 0.05
    """Units of firms from elsewhere or that no longer file, as a share of ``firms``."""
    visit_share: float = 0.025
    """Firms visited in a quarter."""
    noise: str = "normal"
    """A level of ``config/synth/noise.toml``: light, normal or heavy."""
    without: tuple[Part, ...] = ()
    """Columns that the enrollment extract does not hold at all."""

    def __post_init__(self) -> None:
        numbers = [quarter_number(quarter) for quarter in self.quarters]
        if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise ValueError(f"quarters must be consecutive, not {self.quarters}")


def quarter_number(quarter: str) -> int:
    """Return quarters since the year 0: ``"2022Q4"`` is 4 × 2022 + 3."""
    year, number = quarter.split("Q")
    return 4 * int(year) + int(number) - 1


def quarter_name(number: int) -> str:
    """Return the name of a quarter by its number."""
    return f"{number // 4}Q{number % 4 + 1}"


def quarters_until(last: str, count: int) -> tuple[str, ...]:
    """Return ``count`` consecutive quarters that end with ``last``, for ``Plan.quarters``."""
    end = quarter_number(last)
    return tuple(quarter_name(number) for number in range(end - count + 1, end + 1))
