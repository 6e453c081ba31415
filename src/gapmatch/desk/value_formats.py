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


def format_size(count: int) -> str:
    """Return a number of bytes as ``12 KB`` or ``3.4 MB``."""
    return f"{max(1, round(count / 1_000)):,} KB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"
