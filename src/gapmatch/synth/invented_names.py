"""Names by the grammar of the naming regulation: region + trade name + business + form + branch."""

import numpy as np
import polars as pl

from gapmatch.synth.cast import Cast, Kind, Role
from gapmatch.synth.draws import (
    Ints,
    Rng,
    choose,
    compute_falling_weights,
    make_stream,
    pick,
    take_texts,
)
from gapmatch.synth.invented_places import REGION_FORMS, Places
from gapmatch.synth.word_lists import Words

NUMBERS = 1000
"""Ordinals that branches can bear; larger ones wrap."""

_COMPANY_FORMS = (
    ("有限公司", 0.71),
    ("有限责任公司", 0.265),
    ("股份有限公司", 0.01),
    ("集团有限公司", 0.015),
)
_BRANCH_KINDS = (
    ("分公司", 0.55),
    ("营业部", 0.1),
    ("门市部", 0.1),
    ("分店", 0.1),
    ("经营部", 0.07),
    ("项目部", 0.05),
    ("加工厂", 0.03),
)


def make_names(cast: Cast, places: Places, words: Words, seed: int) -> pl.DataFrame:
    """Return the parts of every entity's name, one row per entity, and the ``name`` itself.

    Branches carry their head office's parts, so that noise can reach inside them. No two entities
    of the same region and form bear the same name.
    """
    rng = make_stream(seed, "names")
    heads = _draw_heads(cast, places, words, rng)
    heads_rows = np.flatnonzero(cast.parent < 0)
    distinct = _settle_trades(heads, heads_rows, words, rng)
    return _settle_numbers(_add_branches(distinct, cast, places, words, rng))


def compose(frame: pl.DataFrame) -> pl.Series:
    """Return the full names for parts as ``make_names`` gives them."""
    number = number_texts(frame["number"].to_numpy(), frame["number_style"].to_numpy())
    region = pl.col("region") + pl.col("town")
    open_, close = pl.col("bracket_open"), pl.col("bracket_close")
    business = pl.col("business") + pl.col("form")
    start = (
        pl.when("bracketed")
        .then(pl.concat_str(pl.col("trade"), open_, region, close, business))
        .otherwise(pl.concat_str(region, pl.col("trade"), business))
    )
    tail = pl.concat_str(pl.col("branch_place"), pl.lit(number), pl.col("branch_kind"))
    return frame.select(name=start + tail)["name"]


def number_texts(number: Ints, style: Ints) -> pl.Series:
    """Return ordinals as names write them: 第十二, 十二, 第12, 12, 第拾贰; 0 is no ordinal."""
    pool = [""] * (5 * NUMBERS)
    for n in range(1, NUMBERS):
        han = _format_han(n)
        formal = han.translate(str.maketrans("一二三四五六七八九十百", "壹贰叁肆伍陆柒捌玖拾佰"))
        for way, text in enumerate((f"第{han}", han, f"第{n}", str(n), f"第{formal}")):
            pool[way * NUMBERS + n] = text
    return take_texts(pool, style * NUMBERS + number % NUMBERS)


def _format_han(n: int) -> str:
    digits = "零一二三四五六七八九"
    hundreds, rest = divmod(n, 100)
    tens, ones = divmod(rest, 10)
    text = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (digits[ones] if ones else "")


def draw_trade_names(words: Words, rng: Rng, count: int) -> pl.Series:
    """Return invented trade names of two to four characters; common ones come up often."""
    trade = words.trade
    pairs = [
        (a + b, weight_a * weight_b)
        for a, weight_a in zip(
            trade.first, compute_falling_weights(len(trade.first), 0.55), strict=True
        )
        for b, weight_b in zip(
            trade.second, compute_falling_weights(len(trade.second), 0.55), strict=True
        )
        if a != b and a + b not in trade.reserved
    ]
    pool, weights = zip(*pairs, strict=True)
    two = take_texts(pool, pick(rng, weights, count))
    longer = pick(rng, [0.7, 0.25, 0.05], count)
    third = choose(rng, trade.third, count)
    four = take_texts(pool, pick(rng, weights, count))
    options = pl.DataFrame({"two": two, "third": third, "four": four, "longer": longer})
    return options.select(
        trade=pl.col("two")
        + pl.when(pl.col("longer") == 0)
        .then(pl.lit(""))
        .when(pl.col("longer") == 1)
        .then(pl.col("third"))
        .otherwise(pl.col("four"))
    )["trade"]


def draw_person_names(words: Words, rng: Rng, count: int) -> pl.Series:
    """Return invented names of persons."""
    person = words.person
    surname = take_texts(
        person.surnames, pick(rng, compute_falling_weights(len(person.surnames), 0.8), count)
    )
    given = compute_falling_weights(len(person.given), 0.5)
    first, second = (take_texts(person.given, pick(rng, given, count)) for _ in range(2))
    single = pl.Series(rng.random(count) < 0.18)
    return surname + first + second.zip_with(~single, pl.Series([""]).new_from_index(0, count))


def _draw_heads(cast: Cast, places: Places, words: Words, rng: Rng) -> pl.DataFrame:
    """Return the parts of all names but the branches', whose rows are still meaningless."""
    count = len(cast)
    frame = pl.DataFrame(
        {
            "trade": _draw_trades(cast, words, rng),
            "business": _draw_businesses(cast, words, rng),
            "form": _draw_forms(cast, rng),
            "town": _name_towns(cast, places, rng),
            "region_form": _draw_region_forms(cast, rng),
            "bracketed": np.asarray((cast.kind == Kind.COMPANY) & (rng.random(len(cast)) < 0.02)),
        }
    )
    return frame.with_columns(
        region=places.region(cast.region, frame["region_form"].to_numpy()),
        number=pl.lit(0, dtype=pl.Int64),
        number_style=pl.Series(pick(rng, [0.75, 0.05, 0.2], count)),
        branch_place=pl.lit(""),
        branch_kind=pl.lit(""),
        bracket_open=pl.lit("（"),
        bracket_close=pl.lit("）"),
    ).pipe(_name_public_bodies, cast, words, rng)


def _replace_by_kind(cast: Cast, base: pl.Series, special: dict[Kind, pl.Series]) -> pl.Series:
    """Return ``base`` with the values of some kinds replaced by their own series (full length)."""
    for kind, series in special.items():
        base = series.zip_with(pl.Series(cast.kind == kind), base)
    return base


def _draw_trades(cast: Cast, words: Words, rng: Rng) -> pl.Series:
    count = len(cast)
    trade = draw_trade_names(words, rng, count)
    trade = trade.gather(pl.Series(np.where(cast.twin >= 0, cast.twin, np.arange(count))))
    person = draw_person_names(words, rng, count)
    trader = person.zip_with(pl.Series(rng.random(count) < 0.6), trade)
    brand = take_texts([chain.brand for chain in words.chains], cast.chain % len(words.chains))
    nothing = pl.Series([""]).new_from_index(0, count)
    return _replace_by_kind(
        cast, trade, {Kind.TRADER: trader, Kind.CHAIN: brand, Kind.PUBLIC: nothing}
    )


def _draw_businesses(cast: Cast, words: Words, rng: Rng) -> pl.Series:
    count = len(cast)
    business = words.business
    section_words = [industry.words for industry in words.industries]
    starts = np.cumsum([0, *map(len, section_words)])[:-1]
    sizes = np.array([len(pool) for pool in section_words])
    word = starts[cast.industry] + (rng.random(count) ** 1.5 * sizes[cast.industry]).astype(int)
    chains = [chain.business for chain in words.chains]
    crops = choose(rng, business.crops, count) + choose(rng, business.crop_work, count)
    return _replace_by_kind(
        cast,
        take_texts([word for pool in section_words for word in pool], word),
        {
            Kind.CHAIN: take_texts(chains, cast.chain % len(chains)),
            Kind.COOPERATIVE: crops,
            Kind.TRADER: choose(rng, business.shops, count),
            Kind.WORKS: choose(rng, business.goods, count),
            Kind.PARTNERSHIP: choose(rng, business.partnership, count),
            Kind.LEGACY: choose(rng, business.legacy, count),
            Kind.SCHOOL: choose(rng, business.schools, count),
            Kind.PUBLIC: pl.Series([""]).new_from_index(0, count),
        },
    )


def _draw_forms(cast: Cast, rng: Rng) -> pl.Series:
    count = len(cast)

    def draw(options: dict[str, float]) -> pl.Series:
        return take_texts(list(options), pick(rng, list(options.values()), count))

    return _replace_by_kind(
        cast,
        draw({"": 1.0}),
        {
            Kind.COMPANY: draw(dict(_COMPANY_FORMS)),
            Kind.COOPERATIVE: draw({"农民专业合作社": 0.6, "专业合作社": 0.4}),
            Kind.TRADER: draw({"": 0.95, "（个体工商户）": 0.05}),
            Kind.PARTNERSHIP: draw({"（有限合伙）": 0.6, "（普通合伙）": 0.4}),
            Kind.LEGACY: draw({"公司": 1.0}),
        },
    )


def _name_towns(cast: Cast, places: Places, rng: Rng) -> pl.Series:
    share = np.zeros(len(Kind))
    share[[Kind.COOPERATIVE, Kind.TRADER, Kind.WORKS]] = 0.6, 0.4, 0.3
    share[[Kind.PUBLIC]] = 1.0
    named = pl.Series(rng.random(len(cast)) < share[cast.kind])
    town = take_texts(places.towns, cast.town)
    return town.zip_with(named, pl.Series([""]).new_from_index(0, len(cast)))


def _draw_region_forms(cast: Cast, rng: Rng) -> Ints:
    form = pick(rng, [weight for _, weight in REGION_FORMS], len(cast))
    rural = np.isin(
        cast.kind, [Kind.CHAIN, Kind.COOPERATIVE, Kind.TRADER, Kind.WORKS, Kind.SCHOOL, Kind.PUBLIC]
    )
    return np.where(rural, 0, form)


def _name_public_bodies(frame: pl.DataFrame, cast: Cast, words: Words, rng: Rng) -> pl.DataFrame:
    """Name the public bodies; ``public`` is their kind's number in ``words.public``, else -1."""
    count = len(cast)
    public = np.where(cast.kind == Kind.PUBLIC, rng.integers(0, len(words.public), count), -1)
    names = [body.name for body in words.public]
    numbered = np.array(["{n}" in name for name in names])[public] & (public >= 0)
    kind = take_texts(["", *(name.replace("{n}", "") for name in names)], public + 1)
    return frame.with_columns(
        branch_kind=kind,
        number=pl.Series(np.where(numbered, rng.integers(1, 6, count), 0)),
        public=pl.Series(public),
    )


def _settle_trades(frame: pl.DataFrame, own: Ints, words: Words, rng: Rng) -> pl.DataFrame:
    """Lengthen trade names until no two heads bear the same name."""
    is_own = pl.Series(np.isin(np.arange(len(frame)), own))
    for _ in range(8):
        clash = (compose(frame).is_first_distinct().not_()) & is_own
        if not clash.any():
            break
        extra = choose(rng, words.trade.second, len(frame))
        frame = frame.with_columns(trade=(frame["trade"] + extra).zip_with(clash, frame["trade"]))
    return frame


def _add_branches(
    frame: pl.DataFrame, cast: Cast, places: Places, words: Words, rng: Rng
) -> pl.DataFrame:
    head = pl.Series(np.where(cast.parent >= 0, cast.parent, np.arange(len(cast))))
    is_branch = pl.Series(cast.parent >= 0)
    frame = frame[head]
    return frame.with_columns(
        branch_place=_draw_branch_places(cast, places, rng).zip_with(
            is_branch, frame["branch_place"]
        ),
        branch_kind=_draw_branch_kinds(cast, words, rng).zip_with(is_branch, frame["branch_kind"]),
        number=pl.Series(np.where(cast.parent >= 0, _number_branches(cast, rng), frame["number"])),
    )


def _draw_branch_places(cast: Cast, places: Places, rng: Rng) -> pl.Series:
    way = pick(rng, [0.4, 0.35, 0.25], len(cast))
    way = np.where(cast.chain >= 0, 1, way)
    town = take_texts(places.towns, cast.town)
    short = places.column("county_short", cast.county)
    short = short.zip_with(short.str.len_chars() > 1, places.column("county", cast.county))
    chosen = pl.DataFrame({"short": short, "town": town, "way": way})
    return chosen.select(
        place=pl.when(pl.col("way") == 0)
        .then("short")
        .when(pl.col("way") == 1)
        .then("town")
        .otherwise(pl.lit(""))
    )["place"]


def _draw_branch_kinds(cast: Cast, words: Words, rng: Rng) -> pl.Series:
    count = len(cast)
    kind = take_texts(
        [k for k, _ in _BRANCH_KINDS], pick(rng, [w for _, w in _BRANCH_KINDS], count)
    )
    outlets = [chain.outlets for chain in words.chains]
    starts = np.cumsum([0, *map(len, outlets)])[:-1]
    sizes = np.array([len(pool) for pool in outlets])
    chain = cast.chain % len(outlets)
    outlet = starts[chain] + (rng.random(count) ** 2 * sizes[chain]).astype(int)
    flat = take_texts([word for pool in outlets for word in pool], outlet)
    return flat.zip_with(pl.Series(cast.chain >= 0), kind)


def _number_branches(cast: Cast, rng: Rng) -> Ints:
    """Number a third of the branches by their turn at the head office."""
    parents = pl.DataFrame({"parent": cast.parent})
    turn = parents.select(n=pl.int_range(1, pl.len() + 1).over("parent"))
    numbered = (rng.random(len(cast)) < 0.3) & (cast.role != Role.OUTSIDE)
    return np.where(numbered, turn["n"].to_numpy(), 0)


def _settle_numbers(frame: pl.DataFrame) -> pl.DataFrame:
    """Give equal names of branches and public bodies different ordinals."""
    frame = frame.with_columns(name=compose(frame))
    for _ in range(4):
        turn = pl.int_range(pl.len()).over("name")
        clash = pl.col("name").is_first_distinct().not_() & (pl.col("branch_kind") != "")
        frame = frame.with_columns(
            number=pl.when(clash).then((pl.col("number") + turn + 1) % NUMBERS).otherwise("number")
        )
        frame = frame.with_columns(name=compose(frame))
    return frame
