"""Paths of the knowledge files (``config/``): inside the wheel, or at the top of a checkout."""

from pathlib import Path

_INSTALLED = Path(__file__).parent / "config"
_CHECKOUT = Path(__file__).parents[2] / "config"


def find_config_file(name: str) -> Path:
    """Return the path of a file in ``config/``, for example ``divisions.csv``."""
    folder = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return folder / name
