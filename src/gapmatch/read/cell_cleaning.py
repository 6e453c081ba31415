"""What programs put around the texts of cells, taken off: ="8", '8, ^8^, NUL, &nbsp;."""

import html
import re

import polars as pl

# Spaces, also full-width, no-break and zero-width ones, and what marks the order of bytes.
SPACES = " \t\r\n\u3000\u00a0\ufeff\u200b\u200e\u200f\u2060"
# Characters that show nothing, but command a terminal or turn the direction of what follows.
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f"
    "\u202a-\u202e\u2060\u2066-\u2069\ufeff"
)
# Without one of these in it, a text has nothing to take off; looking for them is quick.
_MARKED = f"[\"'’‘“^`&{_UNSEEN}]|_x0"
_INVISIBLE = f"[{_UNSEEN}]|_x00[01][0-9A-Fa-f]_"
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,5}|#[xX][0-9A-Fa-f]{2,4});")
# A pair around the text; a formula ="…"; the single quote that marks text in Excel.
_PAIRS = (
    ('="', '"'),
    ('"', '"'),
    ("'", "'"),
    ("‘", "’"),
    ("“", "”"),
    ("’", "’"),
    ("^", "^"),
    ("`", "`"),
)
_TEXT_MARK = r"^['’‘]+"


# If none of these is in a column, its cells set between line ends, no cell needs cleaning.
_ODD = "|".join(
    (
        *(re.escape(f"\n{space}") for space in SPACES),
        *(re.escape(f"{space}\n") for space in SPACES),
        *(re.escape(f"\n{opening}") for opening, _closing in _PAIRS),
        f"[{_UNSEEN}]",
        "&",
        "_x0",
    )
)


def clean_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """Return ``cells`` without what surrounds their texts; null if nothing is left."""
    filled = cells.with_columns(pl.col(pl.String).replace("", None))
    return filled.with_columns(_unwrap(filled[c]) for c in _list_odd_columns(filled))


def remove_spaces(cells: pl.DataFrame) -> pl.DataFrame:
    """Return ``cells`` without any space in their texts."""
    spaced = cells.select(pl.col(pl.String).str.join("").str.contains(f"[{SPACES}]"))
    return cells.with_columns(
        pl.col(c.name).str.replace_many(list(SPACES), [""]) for c in spaced if c[0]
    )


def _list_odd_columns(cells: pl.DataFrame) -> list[str]:
    """Return the columns of which a text may begin or end with what is taken off, by one search."""
    lines = pl.format("\n{}\n", pl.col(pl.String).str.join("\n"))
    odd = cells.select(lines.str.contains(_ODD).name.keep())
    return [column.name for column in odd if column[0]]


def _unwrap(texts: pl.Series) -> pl.Series:
    """Return ``texts`` without wrapping, each distinct odd text looked at once."""
    stripped = texts.str.strip_chars(SPACES).replace("", None)
    odd = stripped.str.contains(_MARKED).arg_true()
    if odd.is_empty():
        return stripped
    given = stripped.gather(odd).to_list()
    bare = {text: _strip_marks(text) or None for text in set(given)}
    return stripped.clone().scatter(odd, pl.Series([bare[text] for text in given], dtype=pl.String))


def _strip_marks(text: str) -> str:
    text = html.unescape(text) if _ENTITY.search(text) else text
    bare = re.sub(_INVISIBLE, "", text).strip(SPACES)
    for opening, closing in _PAIRS:
        inner = bare[len(opening) : -len(closing)]
        if (
            len(bare) >= len(opening) + len(closing)
            and bare.startswith(opening)
            and bare.endswith(closing)
            and closing not in inner
        ):
            bare = inner.strip(SPACES)
    return re.sub(_TEXT_MARK, "", bare).strip(SPACES)
