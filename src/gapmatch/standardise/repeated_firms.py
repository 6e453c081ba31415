"""Find the rows of the tax list that are one firm: the same contents, or the same valid code.

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
_SIGNS_OF_LIFE = ("declared_headcount", "declared_wages", "tax_paid", "sales")
"""Of several rows the one that declares most stands for the firm."""


def build_same_firm_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``row`` (number within ``rows``) and ``key``: rows of one firm have a key in common.

    The same valid code alone does not prove one firm: clerks paste the head office's code into the
    rows of its branches. So a name, the trade name, the person, the phone or the address must agree
    as well, and, unless the names do, the branch and the numbers in them.
    """
    proven = (pl.col("uscc_valid") | pl.col("organisation_valid")).fill_null(value=False)
    coded = rows.with_row_index("row").filter(proven & pl.col("organisation").is_not_null())
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


def _list_names() -> pl.Expr:
    return pl.concat_list("clean_name", "aliases").alias("value")


def _select_value(coded: pl.DataFrame, part: str) -> pl.DataFrame:
    return coded.select("row", "organisation", "branch", "numbers", pl.col(part).alias("value"))


def _hash_facts(valued: pl.DataFrame, kind: str, *body: str) -> pl.DataFrame:
    facts = pl.struct(pl.lit(kind).alias("kind"), "organisation", "value", *body)
    return valued.filter(pl.col("value") != "").select("row", facts.hash().alias("key"))


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
    return rows.select(number, *(c for c in _SIGNS_OF_LIFE if c in rows.columns))


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
