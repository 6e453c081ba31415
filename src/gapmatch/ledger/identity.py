"""The same firm or unit in another quarter: found by content, never by row number.

Pure functions over frames. What identifies is the code in use (``code_text``) and the standard
name; the organisation code inside a code stands for the firm through a change of the code's form
(the 18-character credit code of 2015 holds the 9-character organisation code in places 9 to 17, GB
32100).
"""

from collections.abc import Iterator

import polars as pl

from gapmatch.privacy import MASK, mask_code, mask_codes

SEPARATOR = "|"
"""What stands between the parts of a hidden key; in a part it is written full-width."""

_CODES = ("code_text", "taxpayer_code", "credit_code", "org_code")
_NAMES = ("standard_name", "clean_name", "name")


def choose_code(prefix: str = "") -> pl.Expr:
    """Return the code that identifies a firm or unit: the one in use, else another one given."""
    return pl.coalesce(*(clean_text(f"{prefix}{column}") for column in _CODES))


def name_in_use(prefix: str = "") -> pl.Expr:
    """Return the name that identifies a firm or unit: the standard one, else the one given."""
    return pl.coalesce(*(clean_text(f"{prefix}{column}") for column in _NAMES))


def clean_text(column: str) -> pl.Expr:
    """Return a text as a hidden key has it: trimmed, no separator in it; empty text is null."""
    text = pl.col(column).str.strip_chars().str.replace_all(SEPARATOR, "／", literal=True)
    return pl.when(text != "").then(text)


def select_identity(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return key, code, name, county, registration, organisation as hidden keys have them.

    Empty is null.
    """
    identity = frame.select(
        pl.col(key),
        _coalesce_columns(frame, _CODES).alias("code"),
        _coalesce_columns(frame, _NAMES).alias("name"),
        _coalesce_columns(frame, ("county_name",)).alias("county"),
        _read_registration(frame).alias("registration"),
    )
    # Stored codes have identity numbers of persons masked: those of a new list, too, so that both
    # are compared in one form.
    masked = identity.with_columns(mask_codes(identity["code"]).alias("code"))
    return masked.with_columns(extract_organisation("code").alias("organisation"))


def _read_registration(frame: pl.DataFrame) -> pl.Expr:
    """Return registration numbers of 13 or 15 digits, which outlive a change of name and code."""
    number = _coalesce_columns(frame, ("registration_no",))
    return pl.when(number.str.contains("^[1-9][0-9]{12}([0-9]{2})?$")).then(number)


def select_code_and_name(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return ``key``, and code and name of ``select_identity`` as ``firm_code``, ``unit_name`` …"""
    return select_identity(frame, key).select(
        key, pl.col("code").alias(f"{key}_code"), pl.col("name").alias(f"{key}_name")
    )


def select_rows_of_firms(firms: pl.DataFrame) -> pl.DataFrame:
    """Return ``select_identity`` of FIRMS with ``original``: the row that stands for the firm."""
    original = pl.coalesce("duplicate_of", "firm") if "duplicate_of" in firms.columns else "firm"
    return select_identity(firms, "firm").with_columns(
        firms.select(original).to_series().alias("original")
    )


def extract_organisation(column: str) -> pl.Expr:
    """Return the organisation code inside a credit code (18), a tax number (15) or itself (9)."""
    code = pl.col(column)
    length = code.str.len_chars()
    return (
        pl.when(code.str.contains(MASK, literal=True))
        .then(None)
        .when(length == 18)
        .then(code.str.slice(8, 9))
        .when((length == 15) & code.str.contains("^[0-9]{6}"))
        .then(code.str.slice(6, 9))
        .when(length == 9)
        .then(code)
    )


def match_firms(previous: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """Pair two frames of ``select_identity`` one to one; the key columns are each frame's first.

    Returns ``previous``, ``current`` (the keys) and ``by``: ``code+name``, ``code``, ``name``,
    ``organisation`` or ``registration``. Rows with equal contents are paired in the order of their
    keys. Beyond equal contents, a code or name pairs only what it names alone on both sides: a head
    office's code copied to its branches does not identify one of them. Rows with the same code and
    the same name are one firm, whose first row is paired.
    """
    left = previous.rename({previous.columns[0]: "previous"})
    right = current.rename({current.columns[0]: "current"})
    pairs_by_key: list[pl.DataFrame] = []
    for columns, by in (
        (("code", "name", "county", "turn"), "code+name"),
        (("code", "name", "turn"), "code+name"),
        (("code",), "code"),
        (("organisation",), "organisation"),
        (("registration",), "registration"),
        (("name", "county"), "name"),
        (("name",), "name"),
    ):
        pairs = _join_pairs(left, right, columns).with_columns(pl.lit(by).alias("by"))
        left = left.join(pairs, on="previous", how="anti", maintain_order="left")
        right = right.join(pairs, on="current", how="anti", maintain_order="left")
        pairs_by_key.append(pairs)
    return pl.concat(pairs_by_key).sort("previous")


def _join_pairs(left: pl.DataFrame, right: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    if left.is_empty():  # as in the first quarter, whose firms need not be looked at
        return left.select("previous", pl.lit(None, right.schema["current"]).alias("current"))
    if "turn" in columns:  # a code missing on both sides is equal too, as long as the name is there
        on, nulls = list(columns), True
        has_name = pl.col("name").is_not_null()
        left, right = (_number_equal_rows(side.filter(has_name), on) for side in (left, right))
    else:
        on, nulls = list(columns), False
        left, right = (_select_unique(side, on) for side in (left, right))
    return left.join(right, on=on, how="inner", nulls_equal=nulls).select("previous", "current")


def _number_equal_rows(side: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Number rows of equal contents, so that the first pairs with the first."""
    equal = [column for column in on if column != "turn"]
    return side.sort(pl.first()).with_columns(pl.int_range(pl.len()).over(equal).alias("turn"))


def _select_unique(side: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Return the first row of each firm that alone has its values in ``on``."""
    own_row = pl.when(pl.col("code").is_null() | pl.col("name").is_null()).then(pl.first())
    firm = pl.struct("code", "name", own_row.alias("row"))
    return (
        side.drop_nulls(on)
        .sort(pl.first())
        .filter(firm.n_unique().over(on) == 1)
        .unique(on, keep="first", maintain_order=True)
    )


def match_listed_firms(previous: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """Pair frames of ``select_rows_of_firms`` as ``match_firms`` does, firm by firm.

    Rows that stand for firms come first, so that a firm that is listed again on one side finds
    itself; if only another row of it does, that is evidence for the row that stands for it. Rows
    that are left over are paired with each other.
    """
    sides = previous, current
    pairs = match_firms(*(side.filter(pl.first() == pl.col("original")) for side in sides))
    rest = match_firms(*_drop_paired(sides, pairs))
    for side, key in ((previous, "previous"), (current, "current")):
        originals = side.select(pl.first().alias(key), "original")
        rest = rest.join(originals, on=key).drop(key).rename({"original": key})
    for key in ("previous", "current"):
        rest = rest.join(pairs, on=key, how="anti").unique(key, keep="first", maintain_order=True)
    pairs = pl.concat([pairs, rest.select(pairs.columns)])
    return pl.concat([pairs, match_firms(*_drop_paired(sides, pairs))]).sort("previous")


def _drop_paired(
    sides: tuple[pl.DataFrame, pl.DataFrame], pairs: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    for side, key in zip(sides, ("previous", "current"), strict=True):
        yield side.join(pairs, left_on=side.columns[0], right_on=key, how="anti")


def select_entries(rows: pl.DataFrame, side: str) -> pl.DataFrame:
    """Return ``entry``, ``code``, ``name`` of what people wrote of a side (``firm``, ``unit``)."""
    return rows.select(entry="id", code=f"{side}_code", name=f"{side}_name")


def locate(entries: pl.DataFrame, present: pl.DataFrame) -> pl.DataFrame:
    """Find what people wrote about (``code``, ``name``) among the rows that are there now.

    ``entries``: ``entry`` (key), ``code``, ``name``. ``present``: a frame of ``select_identity``
    (key first), or of ``select_rows_of_firms``: then the rows of a firm that is listed several
    times count as one. Returns ``entry``, the key of ``present``, and ``fits``: ``both``, ``name``
    (the code is another one now) or ``code`` (renamed). An entry with an exact fit has no other; a
    name or code alone counts only if a single row has it. Rows with equal contents all get what one
    of them got.
    """
    key = present.columns[0]
    whose = "original" if "original" in present.columns else key
    entries = entries.with_columns(mask_codes(entries["code"]).alias("code"))
    here = present.select(key, "code", "name", pl.col(whose).alias("whose"))
    exact = entries.join(here, on=["code", "name"], how="inner", nulls_equal=True)
    fits = [exact.select("entry", key, pl.lit("both").alias("fits"))]
    for column in ("name", "code"):
        rest = entries.join(pl.concat(fits), on="entry", how="anti", maintain_order="left")
        alone = here.drop_nulls(column).filter(pl.col("whose").n_unique().over(column) == 1)
        fit = rest.drop_nulls(column).join(alone.select(key, column), on=column, how="inner")
        fits.append(fit.select("entry", key, pl.lit(column).alias("fits")))
    return pl.concat(fits).sort("entry", key)


def format_standard_name(column: str) -> pl.Expr:
    """Return ``520000／青禾建材／有限公司`` (region, core, legal form) as a name to read."""
    text = pl.col(column).str.replace("^[0-9]{6}／", "")
    return text.str.replace_all("／", "", literal=True)


def _coalesce_columns(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.Expr:
    there = [clean_text(column) for column in columns if column in frame.columns]
    return pl.coalesce(*there) if there else pl.lit(None, pl.String)


def strip_code(code: str) -> str:
    """Return letters and digits of a typed code in upper case; an identity number is masked."""
    bare = code.upper()
    if not bare.isalnum():
        bare = "".join(c for c in bare if c.isalnum() or c == MASK)
    return mask_code(bare)
