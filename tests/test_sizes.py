"""Sizes at which polars works in several chunks, and columns that a list lacks.

From 16,384 rows on, polars 2 may split a frame between threads, and an expression without a column then
gives one value a chunk: every stage is run on both sides of that size, with columns null throughout.
"""

import polars as pl
import pytest
from published_files import publish

from gapmatch.activity.estimate import estimate_activity
from gapmatch.linkage import load_shipped_model
from gapmatch.pipeline import Assessment, Basis, Rows, assess
from gapmatch.rank.targets import rank_targets
from gapmatch.results.run_results import PublishInput
from gapmatch.results.tables import build_gaps_table, build_targets_table
from gapmatch.schemas import DEFECTS, TAX_ROWS
from gapmatch.settings.load import Settings, load_settings
from gapmatch.status.decide import decide_statuses

QUARTER = "2022Q4"
CHUNKED = 16_384
"""The size from which polars splits a frame between threads."""
LISTED = 23_500
"""The list of one prefecture."""
ALWAYS = {
    *("source_file", "source_row", "source_sheet", "data_row", "seq", "name"),
    *("is_duplicate", "code_precision_lost"),
}
OPTIONAL = [name for name in TAX_ROWS if name not in ALWAYS]


def prefecture_of(rows: Rows, firms: int) -> Rows:
    """Repeat the rows of a small prefecture until it has ``firms`` firms of different names."""
    times = -(-firms // rows.tax.height)
    copies = [
        rows.tax.with_columns(
            name=pl.col("name")
            if copy == 0
            else pl.format("{}{}", pl.lit("第" + "甲" * copy), "name"),
            data_row=pl.col("data_row") + copy * rows.tax.height,
            source_row=pl.col("source_row") + copy * rows.tax.height,
            **({} if copy == 0 else {c: pl.lit(None, pl.String) for c in CODES}),
        )
        for copy in range(times)
    ]
    return Rows(pl.concat(copies).head(firms), rows.enrollment)


CODES = tuple(name for name in TAX_ROWS if "code" in name and TAX_ROWS.schema[name] == pl.String)


def published(rows: Rows, found: Assessment, settings: Settings) -> PublishInput:
    """What a run would publish of an assessment."""
    return PublishInput(
        quarter=QUARTER,
        firms=found.firms,
        units=found.units,
        links=found.links,
        gaps=found.gaps,
        targets=found.targets,
        defects=DEFECTS.empty(),
        run_info={"settings": settings.model_dump(mode="json")},
    )


def long(firms: int) -> object:
    return pytest.param(firms, marks=pytest.mark.long)


@pytest.mark.parametrize("firms", [long(CHUNKED), LISTED, long(50_000)])
def test_a_first_quarter_of_any_size_runs_from_rows_to_workbooks(small_rows, tmp_path, firms):
    settings = load_settings()
    rows = prefecture_of(small_rows, firms)
    bare = rows.tax.with_columns(pl.lit(None, TAX_ROWS.schema[c]).alias(c) for c in OPTIONAL)
    found = assess(Rows(bare, rows.enrollment), QUARTER, Basis(settings, load_shipped_model()))
    assert found.gaps.height == firms
    files = publish(published(rows, found, settings), tmp_path)
    assert (tmp_path / "out" / QUARTER / "gaps.csv") in files


@pytest.fixture(scope="module", params=[CHUNKED, long(LISTED), long(50_000)])
def chunked(small_rows, request) -> Assessment:
    """A list of which nobody is enrolled, so that the candidates for a visit are many too."""
    rows = prefecture_of(small_rows, request.param)
    nobody = Rows(rows.tax, rows.enrollment.clear())
    return assess(nobody, QUARTER, Basis(load_settings(), load_shipped_model()))


def test_the_candidates_for_a_visit_are_most_of_such_a_list(chunked):
    assert chunked.targets.height > 0.7 * chunked.firms.height


@pytest.mark.parametrize("column", OPTIONAL)
def test_no_stage_after_the_linkage_needs_a_column(chunked, column):
    found, settings = chunked, load_settings()
    lacking = [c for c in found.firms.columns if c == column or c.startswith(f"{column}_")]
    firms = found.firms.with_columns(pl.lit(None, found.firms.schema[c]).alias(c) for c in lacking)
    activity = estimate_activity(firms, QUARTER, settings, None)
    gaps = decide_statuses(firms, found.units, found.links, activity, settings)
    targets = rank_targets(firms, gaps, activity, QUARTER, settings)
    results = PublishInput(QUARTER, firms, found.units, found.links, gaps, targets, DEFECTS.empty())
    assert build_gaps_table(results).height == firms.height
    assert build_targets_table(results).height == targets.height > 0


def test_no_window_stands_in_another(small_rows, monkeypatch):
    """Polars evaluates an inner ``over`` once a group of the outer: with the square of the rows."""
    over, nested = pl.Expr.over, []

    def note_inner_window(expression, *partition_by, **options):
        nested.extend([str(expression)] if ".over(" in str(expression) else [])
        return over(expression, *partition_by, **options)

    monkeypatch.setattr(pl.Expr, "over", note_inner_window)
    assess(small_rows, QUARTER, Basis(load_settings(), load_shipped_model()))
    assert nested == []
