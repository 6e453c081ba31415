"""Knowledge files (``config/``): inside the wheel, or at the top of a checkout."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

_INSTALLED = Path(__file__).parent / "config"
_CHECKOUT = Path(__file__).parents[2] / "config"


def find_config_file(name: str) -> Path:
    """Return the path of a file in ``config/``, for example ``divisions.csv``."""
    folder = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    return folder / name


def load_toml(name: str) -> dict[str, Any]:
    """Return the contents of a TOML file in ``config/``."""
    import tomllib

    return tomllib.loads(find_config_file(name).read_text(encoding="utf-8-sig"))


def read_csv_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file in ``config/``, by the names of its header."""
    import csv

    text = find_config_file(name).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def get_words(row: "Mapping[str, str]", column: str, language: str) -> str:
    """Return the words of a line that has them in Chinese and, as ``<column>_en``, in English."""
    return row[f"{column}_en" if language == "en" else column]


def read_csv_frame(name: str) -> "pl.DataFrame":
    """Return a CSV file in ``config/`` with all its columns as texts."""
    import polars as pl

    return pl.read_csv(find_config_file(name), comment_prefix="#", infer_schema=False)
