"""Numbers as the pages write them; what is not known is a dash."""

from datetime import datetime

from gapmatch import reports

UNKNOWN = "-"


def format_number(value: float | None, digits: int = 0) -> str:
    """Return ``1,234``; what rounds to zero has no sign."""
    return UNKNOWN if value is None else f"{round(value, digits) + 0.0:,.{digits}f}"


def format_share(value: float | None) -> str:
    """Return ``12.3%``."""
    return UNKNOWN if value is None else f"{value:.1%}"


def format_chance(value: float | None) -> str:
    """Return a probability as ``12.3%``, never as certain."""
    return UNKNOWN if value is None else reports.format_chance(value)


def format_size(count: int) -> str:
    """Return a number of bytes as ``12 KB`` or ``3.4 MB``."""
    return f"{max(1, round(count / 1_000)):,} KB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"


def format_moment(moment: str | float) -> str:
    """Return a time (ISO 8601, or seconds since 1970) as the reader's clock shows it."""
    if isinstance(moment, str):
        return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"
    return f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M}"
