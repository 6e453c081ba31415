"""Keys that sheets carry in a hidden column, so that rows can come back in any order.

A key is made of what identifies a firm or unit, not of row numbers: it still finds its firm when
next quarter's extract is sorted otherwise, or split into several files. It is readable text, not a
hash: a sheet can be understood without the database that it came from. A firm's key is
``tax|code|name``, a pair's ``tax|code|name||enrollment|unit number|code|name``.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import count
from zlib import crc32

import polars as pl

from gapmatch.ledger.filled_rows import FirmIdentity, Pair
from gapmatch.ledger.identity import SEPARATOR, choose_code, clean_text, name_in_use

_PAIR_KEY = re.compile(r"tax\|([^|]*)\|([^|]*)\|\|enrollment\|([^|]*)\|([^|]*)\|([^|]*)")
_FIRM_KEY = re.compile(r"tax\|([^|]*)\|([^|]*)")


def build_firm_key(prefix: str = "") -> pl.Expr:
    """Return the key of a firm, whose columns begin with ``prefix`` in a frame of pairs."""
    return _join_parts("tax", choose_code(prefix), name_in_use(prefix)).alias(f"{prefix}key")


def build_unit_key(prefix: str = "") -> pl.Expr:
    """Return the key of a unit: ``enrollment|unit number|code|name``."""
    number = clean_text(f"{prefix}unit_id")
    return _join_parts("enrollment", number, choose_code(prefix), name_in_use(prefix)).alias(
        f"{prefix}key"
    )


def build_pair_key(firm: str, unit: str) -> pl.Expr:
    """Return the key of a pair from the columns of both keys."""
    return pl.concat_str(pl.col(firm), pl.col(unit), separator=SEPARATOR * 2).alias("key")


def format_key(identity: FirmIdentity | Pair) -> str:
    """Return the key of an identity."""
    firm = SEPARATOR.join(("tax", identity[0] or "", identity[1] or ""))
    if isinstance(identity, FirmIdentity):
        return firm
    unit = SEPARATOR.join(("enrollment", *(text or "" for text in identity[2:])))
    return f"{firm}{SEPARATOR * 2}{unit}"


@lru_cache(maxsize=1 << 14)  # looked at when columns, headings and rows are sought
def parse_key(text: str) -> FirmIdentity | Pair | None:
    """Return the firm or pair of a key; ``None`` if the text is none."""
    if match := _PAIR_KEY.fullmatch(text):
        return Pair(*(part or None for part in match.groups()))
    if match := _FIRM_KEY.fullmatch(text):
        return FirmIdentity(*(part or None for part in match.groups()))
    return None


CHECK = "check:"
"""Begins the machine name of the column of checks; the columns that they are of follow, by comma.

A check has three characters for each of these cells, and tells which of them somebody wrote into.
"""
_CHECK_CHARS = 3
_DIGESTS = [f"{number:0{_CHECK_CHARS}x}" for number in range(16**_CHECK_CHARS)]
_NOT_CHECKED = re.compile("[\\s\"'‘’“”^`&=]")
"""What programs put around a text, and take off."""


def build_checks(cells: pl.DataFrame) -> pl.Series:
    """Return the check of each row of ``cells``."""
    texts = pl.all().cast(pl.String).fill_null("").str.replace_all(_NOT_CHECKED.pattern, "")
    checked = cells.select(texts.cast(pl.Binary))
    checks = [pl.Series(c.name, [_format_digest(text) for text in c]) for c in checked]
    return pl.select(pl.concat_str(checks)).to_series()


def list_changed_columns(machine_name: str, check: str, shown: Mapping[str, str]) -> list[str]:
    """Return the columns of ``shown`` whose texts are not those that ``check`` was made of.

    None of a row whose key is not that of the check: somebody put it together.
    """
    names = machine_name.removeprefix(CHECK).split(",")
    if len(check) != len(names) * _CHECK_CHARS:
        return []
    made = dict(
        zip(names, (check[i : i + _CHECK_CHARS] for i in count(0, _CHECK_CHARS)), strict=False)
    )
    changed = [name for name in names if name in shown and _digest(shown[name]) != made[name]]
    return changed if "key" not in changed else []


@lru_cache(maxsize=1 << 14)
def _digest(text: str) -> str:
    return _format_digest(_NOT_CHECKED.sub("", text).encode())


def _format_digest(text: bytes) -> str:
    return _DIGESTS[crc32(text) % len(_DIGESTS)]


def _join_parts(side: str, *parts: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit(side), *(p.fill_null("") for p in parts), separator=SEPARATOR)
