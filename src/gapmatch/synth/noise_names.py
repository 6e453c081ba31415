"""Names as the insurance system spells them: other region or form, slips, invisible characters."""

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from gapmatch.synth.cast import Cast, Kind
from gapmatch.synth.draws import Flags, Floats, Rng, make_stream, take_texts
from gapmatch.synth.invented_names import compose
from gapmatch.synth.invented_places import REGION_FORMS, Places
from gapmatch.synth.word_lists import Level, NoiseTables, NoiseWords

_Dice = np.ndarray[tuple[int], np.dtype[np.float64]]


def draw_unit_names(
    parts: pl.DataFrame, cast: Cast, places: Places, noise: NoiseWords, dice: tuple[str, int]
) -> pl.Series:
    """Return the names that units are held under, the same for one seed and noise level (dice)."""
    level, seed = noise.levels[dice[0]], dice[1]
    rng = make_stream(seed, "unit names")
    frame = _distort_parts(parts, cast, places, (level, noise.tables), rng)
    name = compose(frame)
    hits = rng.random((4, len(cast)))
    rolls = rng.random((len(cast), 3))
    tables = noise.tables
    name = _apply_to_hits(name, hits[0] < level.character, rolls, _distort_character, tables)
    name = _apply_to_hits(
        name, hits[1] < level.invisible, rolls[:, ::-1], _insert_invisible, tables
    )
    name = _apply_to_hits(name, hits[2] < level.annotation, rolls, _annotate, tables)
    bracketed = name.str.contains_any(["（", "）"]).to_numpy()
    return _apply_to_hits(name, (hits[3] < level.bracket) & bracketed, rolls, _rebracket, tables)


def _distort_parts(
    parts: pl.DataFrame, cast: Cast, places: Places, words: tuple[Level, NoiseTables], rng: Rng
) -> pl.DataFrame:
    level, tables = words
    count = len(cast)
    region_hit = (rng.random(count) < level.region) & (parts["region"] != "").to_numpy()
    other_form = rng.integers(0, len(REGION_FORMS), count)
    above = places.region(cast.region, np.where(rng.random(count) < 0.7, 4, 5))
    region = _distort_regions(parts, places.region(cast.region, other_form), above, region_hit, rng)
    form = _distort_forms(parts["form"], rng.random(count) < level.form, tables, rng)
    number_hit = rng.random(count) < level.branch_number
    style = np.where(number_hit, rng.integers(0, 5, count), parts["number_style"].to_numpy())
    town_lost = rng.random(count) < np.where(cast.kind == Kind.PUBLIC, 0, level.region / 4)
    frame = parts.with_columns(
        region=_rename_places(region, rng.random(count) < level.region / 3, tables),
        form=form,
        number_style=pl.Series(style),
        town=parts["town"].set(pl.Series(town_lost), ""),
        bracketed=parts["bracketed"] & pl.Series(rng.random(count) > level.region / 2),
    )
    return _abbreviate(frame, rng.random(count) < level.abbreviation)


def _distort_regions(
    parts: pl.DataFrame, other: pl.Series, above: pl.Series, hit: Flags, rng: Rng
) -> pl.Series:
    """Drop the region, put the province before it, or write it in another form."""
    region = parts["region"]
    way = rng.integers(0, 3, len(hit))
    region = region.set(pl.Series(hit & (way == 0) & ~parts["bracketed"].to_numpy()), "")
    region = (above + parts["region"]).zip_with(pl.Series(hit & (way == 1)), region)
    return other.zip_with(pl.Series(hit & (way == 2)), region)


def _rename_places(region: pl.Series, hit: Flags, tables: NoiseTables) -> pl.Series:
    now, then = zip(*tables.former_places, strict=True)
    return region.str.replace_many(list(now), list(then)).zip_with(pl.Series(hit), region)


def _distort_forms(form: pl.Series, hit: Flags, tables: NoiseTables, rng: Rng) -> pl.Series:
    for known, variants in tables.forms.items():
        drawn = (rng.random(len(form)) ** 1.6 * len(variants)).astype(np.int64)
        form = take_texts(variants, drawn).zip_with((form == known) & pl.Series(hit), form)
        hit = hit & (form == known).to_numpy() | hit & ~form.is_in(variants).to_numpy()
    return form


def _abbreviate(frame: pl.DataFrame, hit: Flags) -> pl.DataFrame:
    """Shorten names as in conversation: no region, two characters of business, no form."""
    short = pl.Series(hit) & (frame["trade"].str.len_chars() > 1)
    return frame.with_columns(
        region=frame["region"].set(short, ""),
        business=frame["business"].str.slice(0, 2).zip_with(short, frame["business"]),
        form=frame["form"].set(short & (frame["form"] != ""), "公司"),
    )


_Change = Callable[[str, _Dice, NoiseTables], str]


def _apply_to_hits(
    name: pl.Series, hit: Flags, rolls: Floats, change: _Change, tables: NoiseTables
) -> pl.Series:
    rows = np.flatnonzero(hit)
    changed = [
        change(text, rolls[row], tables)
        for row, text in zip(rows, name.gather(pl.Series(rows)), strict=True)
    ]
    return name.scatter(pl.Series(rows), pl.Series(changed, dtype=pl.String))


def _distort_character(name: str, dice: _Dice, tables: NoiseTables) -> str:
    """Lose, double, swap or mistake one character."""
    at = int(dice[0] * (len(name) - 1))
    if dice[1] < 0.24:
        return name[:at] + name[at + 1 :]
    if dice[1] < 0.32:
        return name[:at] + name[at] + name[at:]
    if dice[1] < 0.46:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return _confuse_character(
        name, _index_confusions(tuple(tables.sounds if dice[1] < 0.75 else tables.looks)), dice
    )


def _confuse_character(name: str, table: dict[str, str], dice: _Dice) -> str:
    places = [at for at, character in enumerate(name) if character in table]
    if not places:
        at = int(dice[2] * (len(name) - 1))
        return name[:at] + name[at + 1 :]
    at = places[int(dice[2] * len(places))]
    return name[:at] + table[name[at]] + name[at + 1 :]


@cache
def _index_confusions(pairs: tuple[str, ...]) -> dict[str, str]:
    return {pair[i]: pair[1 - i] for pair in pairs for i in (0, 1)}


_FULL_WIDTH = str.maketrans({n: n + 0xFEE0 for n in (*range(0x30, 0x3A), *range(0x41, 0x5B))})


def _insert_invisible(name: str, dice: _Dice, tables: NoiseTables) -> str:
    """Put a space, a zero-width character or a dot into the name, or write digits full width."""
    if dice[0] < 0.15 and any(character.isdigit() for character in name):
        return name.translate(_FULL_WIDTH)
    marks = tables.blanks if dice[1] < 0.85 else tables.dots
    mark = marks[int(dice[2] * len(marks))]
    at = len(name) if dice[0] < 0.45 else int(dice[0] * len(name))
    return name[:at] + mark + name[at:]


def _annotate(name: str, dice: _Dice, tables: NoiseTables) -> str:
    return name + tables.annotations[int(dice[0] * len(tables.annotations))]


def _rebracket(name: str, dice: _Dice, tables: NoiseTables) -> str:
    open_, close = tables.brackets[int(dice[2] * len(tables.brackets))]
    return name.replace("（", open_).replace("）", close)
