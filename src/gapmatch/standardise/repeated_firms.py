"""Find the rows of the tax list that are one firm: the same contents, code or registered name.

A tax office has a row per registration number (登记序号), and often the row from before a change
next to the new one, so a firm may be listed several times with another phone, person or office.
Linked row by row, its rows would fight for one unit, and all but one of them would come out as
uninsured.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from gapmatch.schemas import ORIGIN

_BY_NAME = ("sound", "shape")
"""Parts that identify a name completely; with a code they are enough."""
_OF_ONE_BODY = ("trade_name", "person", "phone_digits", "address_text")
"""Evidence that, with a code, proves one firm only if branch and numbers agree as well."""
_PERSON_OR_PLACE = ("person", "phone_digits", "address_text")
_READ_COUNTY = ("name", "code", "prefecture", "unknown")
"""Sources of counties that are no more than a reading of name and code."""
_MIN_TRADE_NAME = 2
_SIGNS_OF_LIFE = ("declared_headcount", "declared_wages", "tax_paid", "sales")
"""Of several rows with a code the one that declares most stands for the firm."""


def build_same_firm_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``row`` (number within ``rows``) and ``key``: rows of one firm have a key in common;
    and the ``organisation`` whose they are.

    The same valid code alone does not prove one firm: clerks paste the head office's code into the
    rows of its branches. So a name, the trade name, the person, the phone or the address must agree
    as well, and, unless the names do, the branch and the numbers in them. ``rows`` holds all rows
    of a name: one without a code is the firm's whose code the name has in another row.
    """
    proven = (pl.col("uscc_valid") | pl.col("organisation_valid")).fill_null(value=False)
    numbered = rows.with_row_index("row")
    coded = numbered.filter(proven & pl.col("organisation").is_not_null())
    coded = pl.concat([coded, _select_uncoded_rows(numbered, coded)])
    return pl.concat(
        [
            _hash_facts(
                coded.select("row", "organisation", _list_names()).explode("value"), "name"
            ),
            *(_hash_facts(_select_value(coded, part), part) for part in _BY_NAME),
            *(
                _hash_facts(_select_value(coded, part), part, "branch", "numbers")
                for part in _OF_ONE_BODY
            ),
        ]
    )


def _select_uncoded_rows(rows: pl.DataFrame, coded: pl.DataFrame) -> pl.DataFrame:
    """Return rows without a code that are firms of ``coded``, with the ``organisation`` of those.

    Two firms of one county may not have one registered name. It must be complete (region, trade
    name, form) and have one code in the list, and stated counties must not differ. Of person, phone
    and address one is the same, or there is none to compare and the region is written alike.
    """
    full = (
        pl.col("region").is_not_null()
        & (pl.col("form_class") == "company")
        & (pl.col("trade_name").str.len_chars() >= _MIN_TRADE_NAME)
    )
    uncoded = rows.filter(full, pl.col("code_text").is_null(), pl.col("organisation").is_null())
    if uncoded.is_empty() or coded.is_empty():
        return rows.clear()
    names = uncoded["standard_name"].implode()
    has_code = pl.col("code_text").is_not_null() | pl.col("organisation").is_not_null()
    codes = pl.coalesce("organisation", "code_text")
    single = (
        rows.filter(has_code, pl.col("standard_name").is_in(names))
        .group_by("standard_name")
        .agg(codes.n_unique().alias("codes"))
        .filter(codes=1)
    )
    facts = ["standard_name", "region", "division", "county_source", *_PERSON_OR_PLACE]
    pairs = (
        uncoded.select("row", *facts)
        .join(single.select("standard_name"), on="standard_name")
        .join(coded.select("organisation", *facts), on="standard_name", suffix="_coded")
    )
    stated = ~pl.any_horizontal(
        pl.col(c).is_in(_READ_COUNTY) for c in ("county_source", "county_source_coded")
    )
    elsewhere = stated & (pl.col("division") != pl.col("division_coded"))
    known = [(pl.col(c) != "") & (pl.col(f"{c}_coded") != "") for c in _PERSON_OR_PLACE]
    equal = [pl.col(c) == pl.col(f"{c}_coded") for c in _PERSON_OR_PLACE]
    agreeing = pl.any_horizontal(
        k.fill_null(value=False) & e.fill_null(value=False)
        for k, e in zip(known, equal, strict=True)
    )
    silent = ~pl.any_horizontal(k.fill_null(value=False) for k in known)
    alike = agreeing | (silent & (pl.col("region") == pl.col("region_coded")))
    own = pairs.filter(~elsewhere.fill_null(value=False), alike)
    own = own.select("row", "organisation").unique()
    found = uncoded.drop("organisation").join(own, on="row")
    return found.select(rows.columns)


def _list_names() -> pl.Expr:
    return pl.concat_list("clean_name", "aliases").alias("value")


def _select_value(coded: pl.DataFrame, part: str) -> pl.DataFrame:
    return coded.select("row", "organisation", "branch", "numbers", pl.col(part).alias("value"))


def _hash_facts(valued: pl.DataFrame, kind: str, *body: str) -> pl.DataFrame:
    facts = pl.struct(pl.lit(kind).alias("kind"), "organisation", "value", *body)
    return valued.filter(pl.col("value") != "").select(
        "row", facts.hash().alias("key"), "organisation"
    )


def find_originals(rows: pl.DataFrame, read: Sequence[str], same_firm: pl.DataFrame) -> pl.Series:
    """Return, for each of ``rows``, the number of the row that stands for its firm; mostly its own.

    ``rows``: TAX_ROWS in the order of their contents; ``read``: their columns as read;
    ``same_firm``: what ``build_same_firm_keys`` returned, with the rows' numbers in this order.
    """
    once = same_firm.filter(pl.Series(~rows["is_duplicate"]).gather(same_firm["row"]))
    standing = select_standing_rows(once, select_firm_signs(rows))
    first = find_first_rows(rows, read).to_frame("row")
    originals = first.join(standing, on="row", how="left", maintain_order="left")
    return originals.select(pl.coalesce("original", "row"))["original"]


def find_first_rows(rows: pl.DataFrame, read: Sequence[str]) -> pl.Series:
    """Return for each row the number of the first one with its contents: its own if no repeat."""
    row_numbers = pl.Series("row", range(rows.height), dtype=pl.UInt32)
    if not rows["is_duplicate"].any():
        return row_numbers
    contents = [c for c in read if c not in (*ORIGIN, "seq")]
    earliest = pl.col("row").min().over(contents, mapping_strategy="group_to_rows")
    first = pl.when("is_duplicate").then(earliest).otherwise("row")
    return rows.with_columns(row_numbers).select(first.alias("row"))["row"]


def select_firm_signs(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the numbers of ``rows`` and what shows which row of a firm stands for it."""
    number = pl.int_range(pl.len(), dtype=pl.UInt32).alias("row")
    is_coded = pl.col("organisation").is_not_null().alias("is_coded")
    return rows.select(number, is_coded, *(c for c in _SIGNS_OF_LIFE if c in rows.columns))


def select_standing_rows(same_firm: pl.DataFrame, signs: pl.DataFrame) -> pl.DataFrame:
    """Return ``row`` and ``original``: the row that stands for its firm, of firms with several.

    ``same_firm``: row and key of rows that are no repeats, with all rows of every firm in it;
    ``signs``: what ``select_firm_signs`` returned of them. A lower row number breaks ties.
    """
    shared = same_firm.filter(pl.col("key").is_duplicated())
    if shared.is_empty():
        return shared.select("row", original="row")
    firms = _group_into_firms(shared)
    shown = [c for c in signs.columns if c != "row"]
    ordered = firms.join(signs, on="row").sort(
        "firm", *shown, "row", descending=[False, *[True] * len(shown), False], nulls_last=True
    )
    return ordered.select("row", original=pl.col("row").first().over("firm"))


def _group_into_firms(shared: pl.DataFrame) -> pl.DataFrame:
    """Return ``row`` and ``firm``: rows that any chain of common keys connects are of one firm."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    rows, row = np.unique(shared["row"].to_numpy(), return_inverse=True)
    keys, key = np.unique(shared["key"].to_numpy(), return_inverse=True)
    size = len(rows) + len(keys)
    ends = (row, key + len(rows))
    graph = sparse.coo_matrix((np.ones(len(row), dtype=np.int8), ends), shape=(size, size))
    label = connected_components(graph, directed=False)[1][: len(rows)]
    return pl.DataFrame({"row": rows, "firm": label.astype(np.uint32)})
