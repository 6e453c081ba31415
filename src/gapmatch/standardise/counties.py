"""The county of a row: from its county column, else its office, its address, its name, its code."""

import polars as pl

from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.standardise.divisions import Gazetteer

HOME_SAMPLE = 2_000


def home_of_rows(rows: pl.DataFrame) -> str | None:
    """Return the division code (prefecture or province) that most rows lie in; null where none does.

    ``rows`` has county, address and credit_code as read. Rows are taken by content, not by place.
    """
    gazetteer = Gazetteer.load()
    for column in ("county", "division_code", "credit_code", "taxpayer_code"):
        home = gazetteer.home_of(_sample(rows[column]))
        if home:
            return home
    return gazetteer.home_of(_sample(rows["address"]))


def _sample(values: pl.Series) -> list[str]:
    """Every so many-th of the sorted values: the same ones whatever the order of the rows."""
    given = values.drop_nulls()
    given = given.filter(given != "").sort()
    return given.gather_every(max(1, len(given) // HOME_SAMPLE)).to_list()


def counties(rows: pl.DataFrame, home: str | None, office: str) -> pl.DataFrame:
    """Return ``division`` (six digits or null), ``county_name``, ``county_source`` for each row.

    ``rows``: read columns with region_code and uscc; ``office``: name of the column of the tax office
    or insurance agency. The first source that names a county wins.
    """
    gazetteer = Gazetteer.load()
    sources = {
        "column": gazetteer.counties_of_names(_given(rows["county"]), home),
        "office": gazetteer.divisions_of_offices(_given(rows[office]), home),
        "address": gazetteer.counties_of_addresses(_given(rows["address"]), home),
        "name": gazetteer.counties_of_codes(rows["region_code"]),
        "code": gazetteer.counties_of_codes(rows["uscc"].str.slice(2, 6)),
    }
    frame = pl.concat(
        [
            found.select(
                pl.col("division").alias(f"division_{name}"),
                pl.col("county_name").alias(f"county_{name}"),
            )
            for name, found in sources.items()
        ],
        how="horizontal",
    )
    return frame.select(
        _first_found(sources, "division"), _first_found(sources, "county"), _source(sources)
    )


def _given(column: pl.Series) -> pl.Series:
    text = column.str.strip_chars()
    return text.to_frame("t").select(pl.when(pl.col("t") != "").then("t")).to_series()


def _first_found(sources: dict[str, pl.DataFrame], part: str) -> pl.Expr:
    chain: pl.Expr = pl.lit(UNKNOWN_COUNTY if part == "county" else None, pl.String)
    for name in reversed(list(sources)):
        chain = (
            pl.when(pl.col(f"county_{name}").is_not_null()).then(f"{part}_{name}").otherwise(chain)
        )
    return chain.alias("county_name" if part == "county" else part)


def _source(sources: dict[str, pl.DataFrame]) -> pl.Expr:
    chain: pl.Expr = pl.lit("unknown")
    for name in reversed(list(sources)):
        chain = pl.when(pl.col(f"county_{name}").is_not_null()).then(pl.lit(name)).otherwise(chain)
    return chain.alias("county_source")
