"""The main job as a whole: every firm one status, and nothing depends on how the lists were sorted."""

import polars as pl
import pytest
from invented_rows import enrollment_rows, tax_rows

from gapmatch.linkage import load_shipped_model
from gapmatch.pipeline import Basis, Rows, assess
from gapmatch.schemas import FIRMS, GAPS, LINKS, STATUSES, TARGETS, UNITS
from gapmatch.settings.load import load_settings

QUARTER = "2022Q4"
ORIGIN = ("source_row", "data_row")


def assessed(rows):
    return assess(rows, QUARTER, Basis(load_settings(), load_shipped_model()))


@pytest.fixture(scope="module")
def small(small_rows):
    return assessed(small_rows)


def told_by_name(found, table):
    """A table of results keyed by what the tax list calls its rows."""
    frame = getattr(found, table)
    keyed = frame.join(found.firms.select("firm", "seq"), on="firm").drop(
        "firm", "unit", strict=False
    )
    return keyed.select("seq", pl.exclude("seq")).sort("seq")


def test_each_stage_keeps_its_promise(small):
    for table, frame in (
        (FIRMS, small.firms),
        (UNITS, small.units),
        (LINKS, small.links),
        (GAPS, small.gaps),
        (TARGETS, small.targets),
    ):
        assert frame.select(list(table)).schema == table.schema


def test_every_firm_has_exactly_one_status(small, small_rows):
    assert small.gaps.height == small.firms.height == small_rows.tax.height
    assert sorted(small.gaps["firm"]) == sorted(small.firms["firm"])
    assert small.gaps["status"].null_count() == 0
    assert set(small.gaps["status"]) <= set(STATUSES)


def test_every_target_is_a_firm_and_none_is_in_review(small):
    status = small.targets.join(small.gaps.select("firm", "status"), on="firm")
    assert status.height == small.targets.height > 0
    assert small.targets["firm"].is_unique().all()
    assert not set(status["status"]) & {"review", "insured", "covered_by_parent", "out_of_scope"}


def test_the_order_of_rows_changes_neither_statuses_nor_targets(small, small_rows):
    tax, enrollment = (
        frame.sample(fraction=1, shuffle=True, seed=seed)
        for seed, frame in enumerate((small_rows.tax, small_rows.enrollment))
    )
    other = assessed(Rows(tax, enrollment))
    for table in ("gaps", "targets"):
        assert told_by_name(other, table).equals(told_by_name(small, table)), table


def test_a_repeated_row_shares_the_fate_of_the_row_that_it_repeats(small_rows):
    some = small_rows.tax.head(200)
    copies = some.head(40).with_columns(
        is_duplicate=pl.lit(value=True), data_row=pl.col("data_row") + 10_000
    )
    found = assessed(Rows(pl.concat([some, copies]), small_rows.enrollment))
    gaps = found.gaps.join(found.firms.select("firm", "duplicate_of"), on="firm")
    copied = gaps.filter(pl.col("duplicate_of").is_not_null())
    both = copied.join(gaps, left_on="duplicate_of", right_on="firm", suffix="_original")
    assert both.height == 40
    assert (both["status"] == both["status_original"]).all()
    assert not set(found.targets["firm"]) & set(copied["firm"]), "one visit is enough"


def test_rows_without_anything_still_get_a_status():
    found = assessed(
        Rows(tax_rows([{"name": None}, {"name": "遵义砚柘商行"}]), enrollment_rows([]))
    )
    assert found.gaps.height == 2
    assert found.gaps["status"].null_count() == 0


@pytest.mark.parametrize(("tax", "enrollment"), [(0, 0), (0, 5), (5, 0)])
def test_empty_lists_give_empty_results(small_rows, tax, enrollment):
    found = assessed(Rows(small_rows.tax.head(tax), small_rows.enrollment.head(enrollment)))
    assert found.gaps.height == tax
    assert found.targets.height <= tax
