"""Which firms without a credit code are public bodies, or may be, by their names alone."""

from collections.abc import Iterable, Mapping
from functools import cache

import polars as pl

from gapmatch.resources import load_toml


def classify_names() -> Mapping[str, pl.Expr]:
    """Return flags over FIRMS: ``public_name``, only a public body is called so; and
    ``perhaps_public``, the name is nothing but a place and a kind of school, hospital or the like.
    """
    bodies, perhaps = _load_patterns()
    uncoded = pl.col("uscc").is_null() & (pl.col("legal_form").fill_null("") == "")
    town = pl.col("name_town").fill_null("")
    rest = pl.col("core").fill_null("").str.strip_prefix(town)
    placed = pl.col("region").is_not_null() | (town != "")
    return {
        "public_name": uncoded & pl.col("clean_name").fill_null("").str.contains(bodies),
        "perhaps_public": uncoded & placed & rest.str.contains(perhaps),
    }


@cache
def _load_patterns() -> tuple[str, str]:
    known = load_toml("public_bodies.toml")
    bureau = f"{_write_any(known['bureaus'])}分?局$"
    levels, kinds = (_write_any(known["perhaps"][name]) for name in ("levels", "kinds"))
    return _write_any([*known["bodies"], bureau]), f"^{levels}*{kinds}$"


def _write_any(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(patterns)})"
