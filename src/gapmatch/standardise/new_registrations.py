"""Firms that the market registration has and neither list: newly opened ones (新开办企业).

A firm that has just been registered files no tax yet and insures no one. It is no gap, but the
bureau wants to know how many there are.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from gapmatch.quarters import Quarter
from gapmatch.standardise.characters import Characters
from gapmatch.standardise.codes import select_best_codes
from gapmatch.standardise.name_cells import read_cells, split_listed_names
from gapmatch.standardise.name_rules import NameRules
from gapmatch.standardise.registry import build_name_keys
from gapmatch.vocabulary.status_words import match_meaning


def find_new_registrations(
    registry: pl.DataFrame | None,
    lists: Sequence[pl.DataFrame],
    quarter: str,
    words: Mapping[str, Sequence[str]],
) -> pl.DataFrame | None:
    """Return the REGISTRY_ROWS of the year up to the quarter's end without a row in ``lists``.

    ``lists``: TAX_ROWS and ENROLLMENT_ROWS; ``words``: what status words mean. A registration that
    has ended counts no more, one of unknown status does. None if no date of foundation is known at
    all.
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
    codes, names = _collect_known(lists) if young.height else (pl.Series(), pl.Series())
    own = young.select(
        organisation=select_best_codes(young)["organisation"],
        name=_clean_keys(young["name"]),
    )
    known = own.select(
        pl.any_horizontal(
            pl.col("organisation").is_in(codes.implode()).fill_null(value=False),
            pl.col("name").is_in(names.implode()).fill_null(value=False),
        ).alias("known")
    )["known"]
    return young.filter(~known)


def _collect_known(lists: Sequence[pl.DataFrame]) -> tuple[pl.Series, pl.Series]:
    """Return all organisation codes and all names, former ones too, that the lists have."""
    codes, names = [], []
    rules, characters = NameRules.load(), Characters.load()
    for rows in lists:
        coded = select_best_codes(rows)
        others = coded["other_codes"].explode().struct.field("organisation")
        codes += [coded["organisation"], others]
        cells = read_cells(rows["name"], characters, rules)
        former = split_listed_names(rows["former_names"], characters, rules)
        name_columns = [cells["clean_name"], cells["aliases"].explode(), former.explode()]
        names += [build_name_keys(part.cast(pl.String)) for part in name_columns]
    return pl.concat(codes).drop_nulls().unique(), pl.concat(names).drop_nulls().unique()


def _clean_keys(names: pl.Series) -> pl.Series:
    return build_name_keys(read_cells(names, Characters.load(), NameRules.load())["clean_name"])
