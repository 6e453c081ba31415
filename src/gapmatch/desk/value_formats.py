"""Numbers as the pages write them; what is not known is a dash."""

UNKNOWN = "-"


def format_number(value: float | None, digits: int = 0) -> str:
    """Return ``1,234``."""
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def format_share(value: float | None) -> str:
    """Return ``12.3%``."""
    return UNKNOWN if value is None else f"{value:.1%}"


def format_money(value: float | None) -> str:
    """Return ``1,234.56``, in yuan."""
    return format_number(value, 2)
