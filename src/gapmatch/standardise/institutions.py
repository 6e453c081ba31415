"""Institutions under short and former names.

A post office, a credit union that became a bank (config). 中国邮政集团公司贵州省普定县白岩支局 and
普定县白岩邮政支局 are one office. Both are also read as region, kind and office:
普定县邮政白岩支局. The region may stand before the institution or behind it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import compress

import polars as pl

from gapmatch.resources import load_toml
from gapmatch.standardise.divisions import Gazetteer

_MAX_OFFICE_LENGTH = 6
"""More characters than this before the institution's name are another firm's name."""
_LOOK_AHEAD = re.compile(r"\(\?=[^()]*(?:\([^()]*\)[^()]*)*\)")
_BRACKETS = "[()]"


@dataclass(frozen=True, eq=False)
class Institution:
    """One institution of ``config/institutions.toml``."""

    kind: str
    names: re.Pattern[str]
    offices: tuple[tuple[re.Pattern[str], str], ...]
    alone: re.Pattern[str] | None
    between: re.Pattern[str]

    @property
    def sign(self) -> str:
        """A pattern, for polars, of all names that may be the institution's, and of some others.

        The engine of polars does not look ahead: what it lets through is read again.
        """
        patterns = [self.names.pattern] + ([f"(?:{self.alone.pattern})"] if self.alone else [])
        return "|".join(_LOOK_AHEAD.sub("", pattern) for pattern in patterns)

    def find_in(self, name: str) -> tuple[str, str] | None:
        """Return what stands before and behind the institution in a name; None if another's."""
        if match := self.names.search(name):
            return name[: match.start()], name[match.end() :]
        if self.alone and self.alone.search(name):
            return "", name
        return None

    def find_office(self, text: str) -> str | None:
        """Return which office a text names: its own name, and the word for offices of its rank.
        None if it names no office of the institution: 建行商贸 is another firm.
        """
        for pattern, word in self.offices:
            if match := pattern.search(text):
                before = text[: match.start()]
                if "有限" in before or len(before) > _MAX_OFFICE_LENGTH + 2:
                    return None
                return self.names.sub("", before) + word if before else word
        return None if text else ""


@cache
def load_institutions() -> tuple[Institution, ...]:
    """Return the shipped table."""
    raw = load_toml("institutions.toml")
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


OFFICE = pl.Schema(
    {
        "institution": pl.String(),
        "region": pl.String(),
        "region_code": pl.String(),
        "office": pl.String(),
    }
)


def find_institutions(names: pl.Series, home: str | None) -> pl.DataFrame:
    """Return for clean names the columns of ``OFFICE`` (kind, region, office), or nulls."""
    known = load_institutions()
    likely = "|".join(institution.sign for institution in known)
    distinct = names.filter(names.str.contains(likely)).unique(maintain_order=True)
    read = [
        _read_office(name, among, home) or (None,) * len(OFFICE)
        for name, among in _list_candidates(distinct, known)
    ]
    offices = pl.DataFrame(read, schema=OFFICE, orient="row").with_columns(distinct.alias("name"))
    joined = names.to_frame("name").join(offices, on="name", how="left", maintain_order="left")
    return joined.select(OFFICE.names())


def _list_candidates(
    names: pl.Series, known: Sequence[Institution]
) -> Iterator[tuple[str, list[Institution]]]:
    """Yield each name without its brackets, and the institutions that it has a sign of."""
    plain = names.str.replace_all(_BRACKETS, "")
    signs = [plain.str.contains(institution.sign) for institution in known]
    for name, *has_sign in zip(plain.to_list(), *(s.to_list() for s in signs), strict=True):
        yield name, list(compress(known, has_sign))


def _read_office(
    name: str, among: Sequence[Institution], home: str | None
) -> tuple[str, str, str | None, str] | None:
    """Return ``OFFICE`` of a name without brackets; ``None`` for other firms."""
    for institution in among:
        around = institution.find_in(name)
        if around is None:
            continue
        region, code, rest = _split_regions(*around, institution.between, home)
        office = None if rest is None else institution.find_office(rest)
        if office is not None:
            return institution.kind, region, code, institution.kind + office
    return None


def _split_regions(
    before: str, behind: str, between: re.Pattern[str], home: str | None
) -> tuple[str, str | None, str | None]:
    """Return the narrowest region on either side, its code, and the rest.

    A town or a short name may stand before the institution (白岩邮政支局): it belongs to the
    office. If more than that stands there, there is no rest.
    """
    wider, office = _read_region(before, between, home)
    narrower, rest = _read_region(behind, between, home)
    region, code = narrower or wider or ("", None)
    return region, code, office + rest if len(office) <= _MAX_OFFICE_LENGTH else None


@lru_cache(maxsize=10_000)
def _read_region(
    text: str, between: re.Pattern[str], home: str | None
) -> tuple[tuple[str, str | None] | None, str]:
    """Return the narrowest region in front of a text (name and code), and what is left."""
    gazetteer = Gazetteer.load()
    region = None
    while text:
        prefix = gazetteer.split_prefix(text + "某某", home)
        if prefix and prefix.length <= len(text):
            division = prefix.division
            written = text[: prefix.length]
            region = (division.name, division.code) if division else (written, None)
            text = text[prefix.length :]
        elif (match := between.match(text)) and match.end() < len(text):
            text = text[match.end() :]
        else:
            break
    return region, text
