"""Firms that nothing can be compared with: no code, and a name that is none or says nothing."""

import polars as pl

_MASKED = "某|×|(?:^|[^A-Z])XX+(?:[^A-Z]|$)"
"""What stands in a name for words that are withheld."""
_MAX_PERSON_NAME = 3
_MIN_CORE = 2


def add_comparability(firms: pl.DataFrame) -> pl.DataFrame:
    """Return FIRMS with ``is_nameless`` and ``is_incomparable``.

    Nameless: neither a name nor an alias. Incomparable: no code either, or a name that says
    nothing: region and form are all there is, it is withheld, or as short as a person's.
    """
    length = pl.col("parent_core").str.len_chars()
    bare = pl.col("region").is_null() & (pl.col("legal_form").fill_null("") == "")
    says_nothing = (length < _MIN_CORE) | (bare & (length <= _MAX_PERSON_NAME))
    says_nothing |= pl.col("name").str.contains(_MASKED)
    has_no_code = pl.col("uscc").is_null() & pl.col("organisation").is_null()
    has_no_alias = pl.col("aliases").list.len().fill_null(0) == 0
    has_no_name = pl.col("name").is_null() | (pl.col("name") == "")
    incomparable = (has_no_name | says_nothing) & has_no_code & has_no_alias
    return firms.with_columns(
        is_nameless=has_no_name & has_no_alias, is_incomparable=incomparable.fill_null(value=False)
    )
