"""What the market registration knows of a firm: status, former names, capital, abnormal operation."""

from dataclasses import dataclass

import polars as pl

from gapmatch.standardise.codes import best_codes

FACTS = {
    "registry_status": "status",
    "registry_abnormal": "abnormal",
    "registry_capital": "capital",
    "registry_open_date": "open_date",
    "registry_headcount": "registered_headcount",
}


@dataclass(frozen=True)
class Registrations:
    """Registrations that a code, or a name, names alone: by ``by_code`` and by ``by_name``."""

    by_code: pl.DataFrame
    by_name: pl.DataFrame


def registrations_of(registry: pl.DataFrame | None) -> Registrations | None:
    """Return what can be looked up in REGISTRY_ROWS; nothing where there are none.

    A code or name that two registrations share proves nothing and joins nothing.
    """
    if registry is None or registry.is_empty():
        return None
    told_once = registry.filter(~pl.col("is_duplicate").fill_null(value=False))
    coded = pl.concat([told_once, best_codes(told_once)], how="horizontal").select(
        pl.col("organisation").alias("by_code"),
        pl.col("name").alias("by_name"),
        *(pl.col(source).alias(fact) for fact, source in FACTS.items()),
        pl.concat_str("name", "former_names", separator="|", ignore_nulls=True).alias(
            "registry_names"
        ),
    )
    return Registrations(_single(coded, "by_code"), _single(coded, "by_name"))


def with_registry(firms: pl.DataFrame, known: Registrations | None) -> pl.DataFrame:
    """Add the registration's facts and names to coded tax rows, found by organisation code, else by name.

    Adds the columns of ``FACTS`` and ``registry_names`` (registered and former names, joined by |).
    """
    if known is None:
        return firms.with_columns(
            pl.lit(None).alias(column) for column in (*FACTS, "registry_names")
        )
    found = firms.join(
        known.by_code, left_on="organisation", right_on="by_code", how="left", maintain_order="left"
    ).join(
        known.by_name,
        left_on="name",
        right_on="by_name",
        how="left",
        maintain_order="left",
        suffix="_named",
    )
    names = [*FACTS, "registry_names"]
    has_code = pl.col("registry_names").is_not_null()
    return found.with_columns(
        pl.when(has_code).then(pl.col(n)).otherwise(pl.col(f"{n}_named")).alias(n) for n in names
    ).select(*firms.columns, *names)


def _single(registrations: pl.DataFrame, key: str) -> pl.DataFrame:
    kept = registrations.filter(pl.col(key).is_not_null() & (pl.len().over(key) == 1))
    return kept.select(key, *FACTS, "registry_names")
