"""The insurance system's own copy of every enrolled entity, noise included."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from gapmatch.synth.cast import Cast
from gapmatch.synth.draws import Ints, Rng, blank_share, choose, make_stream
from gapmatch.synth.invented_places import Places
from gapmatch.synth.noise_codes import draw_unit_codes
from gapmatch.synth.noise_names import draw_unit_names
from gapmatch.synth.particulars import Register
from gapmatch.synth.plan import Plan
from gapmatch.synth.word_lists import Words, load_noise

MENDED_CODE_SHARE = 0.015
"""Wrong codes that the insurance system corrects in a quarter."""


@dataclass(frozen=True)
class Copies:
    """One row per entity; a quarter's extract picks from it.

    ``frame``: unit_id, name, former_name_kept (how the unit was held before the firm's new name),
    renamed_style (stale, annotated or new), annotated, code, clean_code, code_kind, legal_rep,
    phone, county, address.
    """

    frame: pl.DataFrame
    mended_in: Ints
    """Quarter from which the code is right."""


def make_copies(plan: Plan, cast: Cast, register: Register, places: Places, words: Words) -> Copies:
    """Return the copies of every entity, whether it ever enrolls or not."""
    noise = load_noise()
    rng = make_stream(plan.seed, "copies")
    dice = (plan.noise, plan.seed)
    parts = register.frame
    former = parts.with_columns(trade="former_trade", business="former_business")
    frame = pl.DataFrame(
        {
            "unit_id": _number_units(plan, len(cast), rng),
            "name": draw_unit_names(parts, cast, places, noise, dice),
            "former_name_kept": draw_unit_names(former, cast, places, noise, dice),
        }
    ).hstack(draw_unit_codes(register, cast, noise, plan.noise, plan.seed))
    frame = frame.with_columns(
        clean_code=parts["code"],
        legal_rep=_draw_persons(plan, parts, words, rng),
        phone=_draw_phones(plan, parts, rng),
        county=_draw_counties(plan, cast, parts, places, rng),
        address=blank_share(parts["address"], noise.levels[plan.noise].address_missing, rng),
    )
    mended = np.ceil(rng.exponential(1 / MENDED_CODE_SHARE, len(cast))).astype(np.int64)
    return Copies(_add_renaming(frame, plan, rng), mended)


def _number_units(plan: Plan, count: int, rng: Rng) -> pl.Series:
    """Number units in an order independent of the firm, seven apart as systems leave gaps."""
    start = int(plan.prefectures[0][:4]) * 10**8
    return pl.Series(start + rng.permutation(count) * 7).cast(pl.String)


def _add_renaming(frame: pl.DataFrame, plan: Plan, rng: Rng) -> pl.DataFrame:
    stale = load_noise().levels[plan.noise].stale_name
    drawn = rng.random(len(frame))
    style = np.where(drawn < stale, "stale", np.where(drawn < stale + 0.2, "annotated", "new"))
    patterns = load_noise().tables.renamed
    pattern = choose(rng, patterns, len(frame))
    names = frame.with_columns(pattern=pattern)
    annotated = pl.lit(None, dtype=pl.String)
    for text in patterns:
        filled = pl.format(
            text.replace("{new}", "{}").replace("{old}", "{}"),
            *(pl.col(column) for column in _order(text)),
        )
        annotated = pl.when(pl.col("pattern") == text).then(filled).otherwise(annotated)
    return names.with_columns(annotated=annotated, renamed_style=pl.Series(style.tolist())).drop(
        "pattern"
    )


def _order(pattern: str) -> tuple[str, str]:
    new_first = pattern.index("{new}") < pattern.index("{old}")
    return ("name", "former_name_kept") if new_first else ("former_name_kept", "name")


def _draw_persons(plan: Plan, parts: pl.DataFrame, words: Words, rng: Rng) -> pl.Series:
    """Persons change: another one, or a character mistyped."""
    level = load_noise().levels[plan.noise]
    count = len(parts)
    person = parts["legal_rep"]
    other = person.gather(pl.Series(rng.permutation(count)))
    slip = person.str.slice(0, 1) + choose(rng, words.person.given, count) + person.str.slice(2)
    drawn = rng.random(count)
    person = other.zip_with(pl.Series(drawn < level.person_other * 0.75), person)
    person = slip.zip_with(pl.Series(drawn > 1 - level.person_other * 0.25), person)
    return blank_share(person, level.person_missing, rng)


def _draw_phones(plan: Plan, parts: pl.DataFrame, rng: Rng) -> pl.Series:
    level = load_noise().levels[plan.noise]
    count = len(parts)
    drawn = rng.random(count)
    other = parts["phone"].gather(pl.Series(rng.permutation(count)))
    phone = other.zip_with(pl.Series(drawn < level.phone_other), parts["phone"])
    phone = (phone + ".0").zip_with(pl.Series(drawn > 0.99), phone)
    return blank_share(phone, level.phone_missing, rng)


def _draw_counties(
    plan: Plan, cast: Cast, parts: pl.DataFrame, places: Places, rng: Rng
) -> pl.Series:
    level = load_noise().levels[plan.noise]
    drawn = rng.choice(places.home, len(cast))
    other = places.column("county", drawn)
    county = other.zip_with(pl.Series(rng.random(len(cast)) < level.county_other), parts["county"])
    return blank_share(county, level.county_missing, rng)
