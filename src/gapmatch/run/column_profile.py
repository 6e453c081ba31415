"""Profile the columns of an extract: filled, distinct and valid cells, masked examples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from gapmatch.privacy import (
    CODE_COLUMNS,
    PERSON_COLUMNS,
    PHONE_COLUMNS,
    mask_codes,
    mask_columns,
    mask_person,
    mask_phone,
    mask_text,
)
from gapmatch.read import Extract
from gapmatch.schemas import ORIGIN
from gapmatch.standardise.codes import build_code_columns

_HIDDEN = (*ORIGIN, "code_precision_lost", "seq")
_CODES = ("credit_code", "taxpayer_code", "org_code")
_EXAMPLES, _LOOKED_AT = 2, 200
_EXAMPLE_LENGTH = 24


def _mask_code(column: str) -> pl.Expr:
    return mask_text(column).map_batches(mask_codes, return_dtype=pl.String)


def _mask_number(column: str) -> pl.Expr:
    """Return numbers of units: eleven digits are no phone there, as everywhere else they may be."""
    return pl.col(column).map_batches(
        lambda texts: mask_columns(texts.to_frame(), phones=False).to_series(),
        return_dtype=pl.String,
    )


_MASKS: Mapping[str, Callable[[str], pl.Expr]] = {
    **dict.fromkeys(PERSON_COLUMNS, mask_person),
    **dict.fromkeys(PHONE_COLUMNS, mask_phone),
    **dict.fromkeys(CODE_COLUMNS, _mask_code),
    "unit_id": _mask_number,
}
_PATTERNS = {
    "name": r"\p{Han}{2}",
    "phone": r"\d{7}",
    "last_paid_month": r"^20\d{2}(0[1-9]|1[0-2])$",
    "division_code": r"^\d{6}(\d{3}|\d{6})?$",
}
"""What a valid cell of a column looks like."""


@dataclass(frozen=True)
class ColumnProfile:
    """What one canonical column holds; ``valid`` is null if any text will do."""

    column: str
    rows: int
    filled: int
    distinct: int
    valid: int | None
    examples: tuple[str, ...]
    share_before: float | None = None
    """Share of rows that had a value in the last quarter; null: not known."""

    @property
    def share(self) -> float:
        """Share of rows that have a value."""
        return self.filled / max(1, self.rows)


def profile_columns(extract: Extract, before: pl.DataFrame | None) -> list[ColumnProfile]:
    """Return a profile of every column with a value, now or in ``before`` (last quarter's rows)."""
    rows = extract.rows
    profiles = [
        _profile(rows, column, before) for column in extract.side.table if column not in _HIDDEN
    ]
    return [profile for profile in profiles if profile.filled or profile.share_before]


def _profile(rows: pl.DataFrame, column: str, before: pl.DataFrame | None) -> ColumnProfile:
    given = rows[column].drop_nulls()
    return ColumnProfile(
        column,
        rows.height,
        len(given),
        given.n_unique(),
        _count_valid(rows, column),
        _list_examples(given),
        _find_share(before, column),
    )


def _count_valid(rows: pl.DataFrame, column: str) -> int | None:
    given = rows[column]
    if column in _CODES:
        known = rows.filter(given.is_not_null())
        facts = build_code_columns(known[column], known["code_precision_lost"])
        return int((facts["uscc_valid"] | facts["organisation_valid"]).sum())
    if column in _PATTERNS:
        return int(given.str.contains(_PATTERNS[column]).sum())
    if given.dtype.is_numeric():
        return int((given >= 0).sum())
    if given.dtype == pl.Date:
        return int(given.dt.year().is_between(1949, 2100).sum())
    return None


def _list_examples(given: pl.Series) -> tuple[str, ...]:
    """Return first distinct texts, masked, or the least and the greatest; nothing of yes and no."""
    if given.is_empty() or given.dtype == pl.Boolean:
        return ()
    if given.dtype != pl.String:
        return tuple(dict.fromkeys(_show(value) for value in (given.min(), given.max())))
    first = given.head(_LOOKED_AT).unique(maintain_order=True).head(_EXAMPLES).to_frame()
    mask = _MASKS.get(given.name, mask_text)
    return tuple(_show(text) for text in first.select(mask(given.name)).to_series() if text)


def _show(value: object) -> str:
    text = f"{value:,.2f}" if isinstance(value, float) else str(value)
    return text if len(text) <= _EXAMPLE_LENGTH else text[: _EXAMPLE_LENGTH - 1] + "…"


def _find_share(before: pl.DataFrame | None, column: str) -> float | None:
    """Return the share of last quarter's rows with a value; null if that is not comparable."""
    if before is None or column == "town" or column not in before.columns or before.is_empty():
        return None
    return 1 - before[column].null_count() / before.height
