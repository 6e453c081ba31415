"""Firms that the market registration has and neither list: newly opened ones (新开办企业).

A firm that has just been registered files no tax yet and insures no one. It is no gap, but the
bureau wants to know how many there are.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.standardise.characters import Characters
from gapmatch.standardise.codes import select_best_codes
from gapmatch.standardise.divisions import Gazetteer
from gapmatch.standardise.name_cells import read_cells, split_listed_names
from gapmatch.standardise.name_rules import NameRules
from gapmatch.standardise.other_places import add_other_places
from gapmatch.standardise.registry import build_name_keys
from gapmatch.vocabulary.status_words import match_meaning


def find_new_registrations(
    registry: pl.DataFrame | None,
    lists: Sequence[pl.DataFrame],
    quarter: str,
    words: Mapping[str, Sequence[str]],
    home: str | None,
) -> pl.DataFrame | None:
    """Return the REGISTRY_ROWS of the year up to the quarter's end without a row in ``lists``.

    ``lists``: TAX_ROWS and ENROLLMENT_ROWS; ``words``: what status words mean. A registration that
    has ended counts no more, one of unknown status does; one outside ``home``, the division that
    the tax list is about, does not. None if no date of foundation is known at all.
    """
    young = select_young(registry, quarter, words, home)
    if young is None:
        return None
    listed = [flag_listed(young, rows) for rows in lists]
    return young.filter(~pl.any_horizontal(listed))


def select_young(
    registry: pl.DataFrame | None,
    quarter: str,
    words: Mapping[str, Sequence[str]],
    home: str | None,
) -> pl.DataFrame | None:
    """Return REGISTRY_ROWS of the year that did not end, but for those of other prefectures than
    ``home``; None if no date of foundation is known.
    """
    if registry is None or registry["open_date"].null_count() == registry.height:
        return None
    last = Quarter.parse(quarter).last_day
    young = registry.filter(
        ~pl.col("is_duplicate").fill_null(value=False),
        pl.col("open_date").is_between(last.replace(year=last.year - 1), last, closed="right"),
        pl.coalesce(match_meaning("status", words), pl.lit("normal")) == "normal",
        pl.col("cancel_date").is_null(),
    )
    return young.filter(_find_other_places(young, home).is_null())


def _find_other_places(young: pl.DataFrame, home: str | None) -> pl.Series:
    names = read_cells(young["name"], Characters.load(), NameRules.load())["clean_name"]
    regions = Gazetteer.load().split_prefixes(names, home)
    unknown = ("county", "division_code", "tax_office", "branch")
    rows = young.select("address", *(pl.lit(None, pl.String).alias(c) for c in unknown))
    coded = select_best_codes(young).select("uscc", "code_kind", "code_text")
    rows = pl.concat([rows, coded, regions.select("region_code")], how="horizontal")
    return add_other_places(rows, home)["other_place"]


def flag_listed(young: pl.DataFrame, rows: pl.DataFrame) -> pl.Series:
    """Return which registrations have a row in a list (or a part of one), by code or name."""
    if young.is_empty():
        return pl.Series(dtype=pl.Boolean)
    codes, names = _collect_known(rows)
    identities = young.select(
        organisation=select_best_codes(young)["organisation"], name=_clean_keys(young["name"])
    )
    return identities.select(
        pl.any_horizontal(
            pl.col("organisation").is_in(codes.implode()).fill_null(value=False),
            pl.col("name").is_in(names.implode()).fill_null(value=False),
        ).alias("known")
    )["known"]


def _collect_known(rows: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return all organisation codes and all names, former ones too, that a list has."""
    rules, characters = NameRules.load(), Characters.load()
    coded = select_best_codes(rows)
    others = coded["other_codes"].explode().struct.field("organisation")
    codes = pl.concat([coded["organisation"], others])
    cells = read_cells(rows["name"], characters, rules)
    former = split_listed_names(rows["former_names"], characters, rules)
    name_columns = [cells["clean_name"], cells["aliases"].explode(), former.explode()]
    names = pl.concat([build_name_keys(part.cast(pl.String)) for part in name_columns])
    return codes.drop_nulls().unique(), names.drop_nulls().unique()


def _clean_keys(names: pl.Series) -> pl.Series:
    return build_name_keys(read_cells(names, Characters.load(), NameRules.load())["clean_name"])
