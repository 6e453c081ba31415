"""Plan of a synthetic prefecture."""

from dataclasses import dataclass

from gapmatch.quarters import Quarter


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

    def __post_init__(self) -> None:
        numbers = [Quarter.parse(quarter).index for quarter in self.quarters]
        if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            raise ValueError(f"quarters must be consecutive, not {self.quarters}")
