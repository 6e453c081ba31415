"""Data of the market registration on a firm or unit: status, and other names.

A row is found by its code, else by its name: the present one of a registration, or a former one. So
a unit that was renamed on one side only is found through the registration, which has both names,
and a firm without a code by its names. A row with the code of another firm is not found by a name.
A code alone lends no names: see ``_choose_names``.

The registration's code and address are not lent to rows that lack their own. They would be there
exactly if the name was found, so they would repeat the evidence of the name; and rows whose name is
misspelt would stand without, which counts against them (measured: half of the misspelt names fell
from 0.99 to below 0.8).
"""

from dataclasses import dataclass

import polars as pl

from gapmatch.standardise.characters import Characters
from gapmatch.standardise.codes import select_best_codes
from gapmatch.standardise.name_cells import read_cells, split_listed_names
from gapmatch.standardise.name_rules import NameRules

FACTS = {
    "registry_status": "status",
    "registry_abnormal": "abnormal",
    "registry_capital": "capital",
    "registry_open_date": "open_date",
    "registry_headcount": "registered_headcount",
}
_CLOSED = pl.lit("注销")
"""The status of a registration that states none, but the day on which it ended."""
KNOWN = (*FACTS, "registry_names")
"""What is taken over of a registration; ``registry_names`` are joined by |."""


@dataclass(frozen=True)
class Registrations:
    """Registrations that a code, or a name, names alone: by ``by_code`` and by ``by_name``."""

    by_code: pl.DataFrame
    by_name: pl.DataFrame


def index_registrations(registry: pl.DataFrame | None) -> Registrations | None:
    """Return what can be looked up in REGISTRY_ROWS; nothing if there are none.

    A code or name that two registrations share proves nothing and joins nothing. Of a name that one
    has now and another had before, it is the one that has it now.
    """
    if registry is None or registry.is_empty():
        return None
    firms = registry.filter(~pl.col("is_duplicate").fill_null(value=False)).with_columns(
        status=pl.coalesce("status", pl.when(pl.col("cancel_date").is_not_null()).then(_CLOSED))
    )
    coded = pl.concat([firms, select_best_codes(firms)], how="horizontal").select(
        pl.col("organisation").alias("by_code"),
        *(pl.col(source).alias(fact) for fact, source in FACTS.items()),
        pl.concat_str("name", "former_names", separator="|", ignore_nulls=True).alias(
            "registry_names"
        ),
    )
    present, former = _read_names(firms)
    by_present = _select_unique(coded.with_columns(by_name=present), "by_name")
    of_former = coded.with_columns(by_name=former).explode("by_name")
    of_former = of_former.unique(["by_name", "by_code", "registry_names"])
    of_former = of_former.join(pl.DataFrame({"by_name": present}), on="by_name", how="anti")
    by_name = pl.concat([by_present, _select_unique(of_former, "by_name")])
    names = pl.DataFrame({"present": present, "former": former})
    by_names = names.select(
        pl.concat_list(pl.concat_list("present"), pl.col("former").fill_null([])).list.drop_nulls()
    )
    named = coded.with_columns(by_names.to_series().alias("by_names"))
    by_code = _select_unique(named, "by_code", "by_names")
    return Registrations(by_code, by_name)


def _read_names(registry: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return each registration's name (String) and former names (List[String]), normalised."""
    rules, characters = NameRules.load(), Characters.load()
    present = build_name_keys(read_cells(registry["name"], characters, rules)["clean_name"])
    listed = split_listed_names(registry["former_names"], characters, rules)
    former = listed.to_frame("n").select(pl.col("n").list.eval(_build_name_key(pl.element())))
    return present, former.to_series()


def build_name_keys(clean: pl.Series) -> pl.Series:
    """Return clean names as they are sought in the registration; null if nothing is left."""
    key = _build_name_key(pl.col("name"))
    return clean.to_frame("name").select(pl.when(key != "").then(key).alias("by_name")).to_series()


def _build_name_key(name: pl.Expr) -> pl.Expr:
    """Brackets do not count, and 有限责任公司 and 有限公司 are one form."""
    return name.str.replace_all(r"[()]", "").str.replace("有限责任公司", "有限公司", literal=True)


def add_registry_facts(
    rows: pl.DataFrame, clean: pl.Series, known: Registrations | None
) -> pl.DataFrame:
    """Add facts and names (``KNOWN``) of the registration, by organisation code or clean name."""
    if known is None:
        return rows.with_columns(pl.lit(None).alias(column) for column in KNOWN)
    keyed = rows.with_columns(build_name_keys(clean).alias("by_name"))
    registered = keyed.join(
        known.by_code, left_on="organisation", right_on="by_code", how="left", maintain_order="left"
    ).join(
        known.by_name.rename({"by_code": "code_named"}),
        on="by_name",
        how="left",
        maintain_order="left",
        suffix="_named",
    )
    # The name of a closed firm is free for another one.
    is_other = (pl.col("code_named") != pl.col("organisation")).fill_null(value=False)
    named = registered.with_columns(
        pl.when(~is_other).then(f"{name}_named").alias(f"{name}_named") for name in KNOWN
    )
    has_code = pl.col("registry_names").is_not_null()
    facts = named.with_columns(
        pl.when(has_code).then(pl.col(n)).otherwise(pl.col(f"{n}_named")).alias(n) for n in FACTS
    ).with_columns(_choose_names())
    return facts.select(*rows.columns, *KNOWN)


def _choose_names() -> pl.Expr:
    """Return the names that a registration lends, if the row's own name confirms it.

    A code leads to the wrong registration as often as it is wrong: a branch has its head office's,
    a clerk another firm's. Its names would then agree with that firm's, as its code does already.
    """
    confirmed = pl.col("by_names").list.contains(pl.col("by_name")).fill_null(value=False)
    by_code = pl.when(confirmed).then("registry_names")
    return pl.coalesce(by_code, "registry_names_named").alias("registry_names")


def _select_unique(registrations: pl.DataFrame, key: str, *more: str) -> pl.DataFrame:
    singles = registrations.filter(pl.col(key).is_not_null() & (pl.len().over(key) == 1))
    return singles.select(*dict.fromkeys((key, "by_code")), *KNOWN, *more)
