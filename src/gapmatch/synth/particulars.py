"""Data of a register on an entity besides its name: code, person, phone, address, dates."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.synth.cast import Cast, Kind, Role
from gapmatch.synth.draws import Ints, Rng, choose, make_stream, pick, take_texts
from gapmatch.synth.invented_codes import (
    Chars,
    build_credit_codes,
    build_organisation_codes,
    convert_to_texts,
)
from gapmatch.synth.invented_names import compose, draw_person_names, draw_trade_names
from gapmatch.synth.invented_places import Places
from gapmatch.synth.plan import Plan
from gapmatch.synth.word_lists import Words

NEVER = 10_000
"""A quarter that does not come."""
CREDIT_CODE_SINCE = np.datetime64("2015-10-01", "D")
RENAMED, RENAMED_WITHIN = 0.07, 8
"""Share of firms that changed their name within this many quarters before the last one."""
MOVED_SHARE = 0.012
"""Share of firms that moved to another county in one of the quarters."""

_CATEGORIES = {Kind.COOPERATIVE: "93", Kind.TRADER: "92", Kind.SCHOOL: "52"}
_REGISTRATION_TYPES = {
    Kind.COMPANY: "有限责任公司",
    Kind.CHAIN: "有限责任公司",
    Kind.BRANCH: "内资分公司",
    Kind.COOPERATIVE: "农民专业合作社",
    Kind.TRADER: "个体工商户",
    Kind.WORKS: "个人独资企业",
    Kind.PARTNERSHIP: "合伙企业",
    Kind.LEGACY: "集体所有制",
    Kind.SCHOOL: "民办非企业单位",
    Kind.PUBLIC: "事业单位",
}


@dataclass(frozen=True)
class Register:
    """The entities' particulars: ``frame`` has one row each, the arrays one element each.

    ``frame``: name, former_name (null: never renamed), code, legal_rep, phone, address,
    former_address, capital (10,000 yuan), reg_type, section, county, former_county, and the parts
    of the name as ``names.make_names`` gives them, with ``former_trade`` and ``former_business``.
    """

    frame: pl.DataFrame
    code: Chars
    opened: np.ndarray[tuple[int], np.dtype[np.datetime64]]
    renamed_in: Ints
    """Quarter (0 is the plan's first, may be negative) of the new name; far ahead: never."""
    moved_in: Ints
    """Quarter of the move from ``former_county``; far ahead: never."""


def make_register(
    plan: Plan, cast: Cast, names: pl.DataFrame, places: Places, words: Words
) -> Register:
    """Return the particulars of every entity."""
    rng = make_stream(plan.seed, "particulars")
    opened = _draw_founding_dates(plan, cast, rng)
    division = places.column("code", np.where(cast.role == Role.OUTSIDE, cast.region, cast.county))
    code = build_credit_codes(
        _choose_categories(names, cast, words),
        _choose_registrars(division, cast, rng),
        build_organisation_codes(
            np.arange(len(cast)), opened >= CREDIT_CODE_SINCE, int(rng.integers(0, 10**8))
        ),
    )
    moved_in = _draw_events(len(cast), MOVED_SHARE, (1, len(plan.quarters)), rng)
    former_county = np.where(moved_in == NEVER, cast.county, rng.choice(places.home, len(cast)))
    frame = names.with_columns(
        code=convert_to_texts(code),
        legal_rep=_draw_persons(cast, words, rng),
        phone=_draw_phones(cast, rng),
        capital=_draw_capital(cast, rng),
        reg_type=_draw_registration_types(cast, rng),
        section=take_texts([i.section for i in words.industries], cast.industry),
        county=places.column("county", cast.county),
        former_county=places.column("county", former_county),
        address=_build_addresses(cast, cast.county, places, words, rng),
        former_address=_build_addresses(cast, former_county, places, words, rng),
    )
    last = len(plan.quarters)
    renamed_in = _draw_events(len(cast), RENAMED, (last - RENAMED_WITHIN, last), rng)
    renamed_in[(cast.parent >= 0) | (cast.kind >= Kind.TRADER)] = NEVER
    return Register(
        _add_former_names(frame, renamed_in, words, rng), code, opened, renamed_in, moved_in
    )


def _draw_founding_dates(
    plan: Plan, cast: Cast, rng: Rng
) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Draw founding dates: newcomers opened lately, the others up to 35 years ago."""
    first = Quarter.parse(plan.quarters[0]).index
    start = np.datetime64(f"{first // 4}-{first % 4 * 3 + 1:02d}", "M").astype("datetime64[D]")
    age = np.minimum(rng.exponential(2600, len(cast)) + 30, 12_800).astype(np.int64)
    newcomer = cast.arrival * 91 + rng.integers(-80, 80, len(cast))
    days = np.where(cast.arrival > 0, newcomer, -age)
    days = np.where(cast.kind == Kind.LEGACY, -6000 - age // 2, days)
    return np.asarray(start + days.astype("timedelta64[D]"))


def _choose_categories(names: pl.DataFrame, cast: Cast, words: Words) -> pl.Series:
    """Return the first two characters of the code: registration authority and its category."""
    pool = ["91"] * len(Kind)
    for kind, category in _CATEGORIES.items():
        pool[kind] = category
    pool += [body.category for body in words.public]
    public = names["public"].to_numpy()
    return take_texts(pool, np.where(public >= 0, len(Kind) + public, cast.kind))


def _choose_registrars(division: pl.Series, cast: Cast, rng: Rng) -> pl.Series:
    """Return division codes: of the county, for larger firms of the prefecture or province."""
    level = np.where(cast.kind == Kind.COMPANY, pick(rng, [0.78, 0.16, 0.06], len(cast)), 0)
    frame = pl.DataFrame({"code": division, "level": level})
    code = pl.col("code")
    return frame.select(
        pl.when(pl.col("level") == 0)
        .then(code)
        .when(pl.col("level") == 1)
        .then(code.str.slice(0, 4) + "00")
        .otherwise(code.str.slice(0, 2) + "0000")
    ).to_series()


def _draw_persons(cast: Cast, words: Words, rng: Rng) -> pl.Series:
    """Draw persons in charge; twins of one owner and some branches share theirs."""
    same_as = np.where(cast.same_owner, cast.twin, np.arange(len(cast)))
    with_head = (cast.parent >= 0) & (rng.random(len(cast)) < 0.2)
    same_as = np.where(with_head, cast.parent, same_as)
    return draw_person_names(words, rng, len(cast)).gather(pl.Series(same_as))


def _draw_phones(cast: Cast, rng: Rng) -> pl.Series:
    """Draw mobile numbers from ranges that no operator has: they ring nowhere."""
    head = choose(rng, ["160", "161", "163", "164", "168", "169"], len(cast))
    tail = pl.Series(rng.integers(0, 10**8, len(cast))).cast(pl.String).str.zfill(8)
    same_as = np.where(cast.same_owner, cast.twin, np.arange(len(cast)))
    return (head + tail).gather(pl.Series(same_as))


def _draw_capital(cast: Cast, rng: Rng) -> pl.Series:
    amounts = [3, 10, 20, 30, 50, 80, 100, 200, 300, 500, 800, 1000, 2000, 5000, 10_000]
    weights = [1, 4, 2, 3, 6, 1, 10, 8, 4, 9, 2, 6, 3, 1, 0.6]
    return pl.Series(np.array(amounts, dtype=np.float64)[pick(rng, weights, len(cast))])


def _draw_registration_types(cast: Cast, rng: Rng) -> pl.Series:
    """Return registration types; most tax lists leave them blank for companies."""
    kinds = take_texts(list(_REGISTRATION_TYPES.values()), cast.kind)
    known = rng.random(len(cast)) < np.where(cast.kind == Kind.COMPANY, 0.3, 0.85)
    return kinds.set(pl.Series(~known), None)


def _build_addresses(cast: Cast, county: Ints, places: Places, words: Words, rng: Rng) -> pl.Series:
    count = len(cast)
    parts = pl.DataFrame(
        {
            "start": places.region(county, np.array([9, 0, 8])[pick(rng, [0.7, 0.2, 0.1], count)]),
            "town": take_texts(places.towns, cast.town),
            "road": choose(rng, words.place.roads, count),
            "number": rng.integers(1, 400, count),
            "estate": choose(rng, words.place.estates, count),
            "room": rng.integers(101, 2400, count),
            "way": rng.integers(0, 3, count),
        }
    )
    number = pl.col("number").cast(pl.String)
    return parts.select(
        pl.col("start")
        + pl.col("town")
        + pl.when(pl.col("way") == 0)
        .then(pl.concat_str("road", number, pl.lit("号")))
        .when(pl.col("way") == 1)
        .then(
            pl.concat_str(
                "estate",
                (pl.col("number") % 30 + 1).cast(pl.String),
                pl.lit("栋"),
                "room",
                pl.lit("室"),
            )
        )
        .otherwise(pl.concat_str("road", "estate"))
    ).to_series()


def _draw_events(count: int, share: float, between: tuple[int, int], rng: Rng) -> Ints:
    """Draw in which quarter something happens to a share of the entities; else ``NEVER``."""
    if between[0] >= between[1]:
        return np.full(count, NEVER)
    when = rng.integers(*between, count)
    return np.where(rng.random(count) < share, when, NEVER)


def _add_former_names(
    frame: pl.DataFrame, renamed_in: Ints, words: Words, rng: Rng
) -> pl.DataFrame:
    """Add what renamed firms were called: most changed the trade name, others the business."""
    count = len(frame)
    is_new_trade = pl.Series(rng.random(count) < 0.7)
    former_trade = draw_trade_names(words, rng, count).zip_with(is_new_trade, frame["trade"])
    other = choose(rng, [word for i in words.industries for word in i.words], count)
    former_business = frame["business"].zip_with(is_new_trade, other)
    former = frame.with_columns(trade=former_trade, business=former_business)
    renamed = pl.Series(renamed_in != NEVER)
    return frame.with_columns(
        former_trade=former_trade,
        former_business=former_business,
        former_name=compose(former).set(~renamed, None),
    )
