"""Institutions under short and former names: a post office, a credit union that became a bank (config).

中国邮政集团公司贵州省普定县白岩支局 and 普定县白岩邮政支局 are one office. Both are also read as region, kind and office:
普定县邮政白岩支局. The region may stand before the institution or behind it.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache

import polars as pl

from gapmatch.resources import config_path
from gapmatch.standardise.divisions import Gazetteer

_LONGEST_OFFICE = 6
"""More characters than this before the institution's name are another firm's name."""


@dataclass(frozen=True, eq=False)
class Institution:
    """One institution of ``config/institutions.toml``."""

    kind: str
    names: re.Pattern[str]
    offices: tuple[tuple[re.Pattern[str], str], ...]
    alone: re.Pattern[str] | None
    between: re.Pattern[str]

    def found_in(self, name: str) -> tuple[str, str] | None:
        """Return what stands before the institution in a name and what behind; None if it is another's."""
        if found := self.names.search(name):
            return name[: found.start()], name[found.end() :]
        if self.alone and self.alone.search(name):
            return "", name
        return None

    def office(self, text: str) -> str | None:
        """Return which office a text names: its own name, and the word for offices of its rank.

        None if it names no office of the institution: 建行商贸 is another firm.
        """
        for pattern, word in self.offices:
            if found := pattern.search(text):
                own = text[: found.start()]
                if "有限" in own or len(own) > _LONGEST_OFFICE + 2:
                    return None
                return self.names.sub("", own) + word if own else word
        return None if text else ""


@cache
def load_institutions() -> tuple[Institution, ...]:
    """Return the shipped table."""
    raw = tomllib.loads(config_path("institutions.toml").read_text(encoding="utf-8"))
    return tuple(
        Institution(
            kind=entry["kind"],
            names=re.compile("|".join(entry["names"])),
            offices=tuple((re.compile(f"(?:{p})$"), word) for p, word in entry["offices"].items()),
            alone=re.compile(f"(?:{'|'.join(entry['alone'])})$") if entry["alone"] else None,
            between=re.compile(f"^(?:{'|'.join(raw['between']['words'])})"),
        )
        for entry in raw["institution"]
    )


def institutions(names: pl.Series, home: str | None) -> pl.DataFrame:
    """Return ``institution`` (kind) and ``usual_name`` for clean names; both null for all other firms."""
    known = load_institutions()
    signs = [i.names.pattern for i in known] + [f"(?:{i.alone.pattern})" for i in known if i.alone]
    # The engine of polars does not look ahead: what it lets through is read again.
    likely = "|".join(re.sub(r"\(\?=[^()]*(?:\([^()]*\)[^()]*)*\)", "", sign) for sign in signs)
    distinct = names.filter(names.str.contains(likely)).unique(maintain_order=True)
    read = [usual_name(name, home) for name in distinct]
    found = pl.DataFrame(
        {
            "name": distinct,
            "institution": pl.Series([r and r[0] for r in read], dtype=pl.String),
            "usual_name": pl.Series([r and r[1] for r in read], dtype=pl.String),
        }
    )
    joined = names.to_frame("name").join(found, on="name", how="left", maintain_order="left")
    return joined.select("institution", "usual_name")


def usual_name(name: str, home: str | None) -> tuple[str, str] | None:
    """Return kind and usual name of an institution's office; None for all other names.

    >>> usual_name("普定县农村信用合作联社白岩信用社", "520400")
    ('农商银行', '普定县农商银行白岩支行')
    """
    name = re.sub(r"[()]", "", name)
    for institution in load_institutions():
        found = institution.found_in(name)
        if found is None:
            continue
        region, rest = _split_regions(*found, institution.between, home)
        office = None if rest is None else institution.office(rest)
        if office is not None:
            return institution.kind, f"{region}{institution.kind}{office}"
    return None


def _split_regions(
    before: str, behind: str, between: re.Pattern[str], home: str | None
) -> tuple[str, str | None]:
    """Return the narrowest region on either side, and the rest; no rest if more than a region stands before.

    A town or a short name may stand before the institution (白岩邮政支局): it belongs to the office.
    """
    region, office = _region_of(before, between, home)
    narrower, rest = _region_of(behind, between, home)
    return narrower or region, office + rest if len(office) <= _LONGEST_OFFICE else None


def _region_of(text: str, between: re.Pattern[str], home: str | None) -> tuple[str, str]:
    """Return the name of the narrowest region in front of a text, and what is left."""
    gazetteer = Gazetteer.load()
    region = ""
    while text:
        prefix = gazetteer.split_prefix(text + "某某", home)
        if prefix and prefix.length <= len(text):
            division = prefix.division
            region = division.name if division else text[: prefix.length]
            text = text[prefix.length :]
        elif (found := between.match(text)) and found.end() < len(text):
            text = text[found.end() :]
        else:
            break
    return region, text
