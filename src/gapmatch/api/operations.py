"""The commands as library calls: run a quarter, check files, compare, evaluate, explain.

Every call names the workspace by its folder and raises ``GapmatchError`` with a remedy if something
is wrong. What a call alone needs is imported when it is called: reading results stays quick.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gapmatch.settings.load import load_workspace_settings
from gapmatch.workspace_files import DATABASE_NAME

if TYPE_CHECKING:
    import polars as pl

    from gapmatch.evaluation.quarter_quality import QuarterQuality
    from gapmatch.ledger.quarter_diff import Difference
    from gapmatch.pipeline import StageObserver
    from gapmatch.rank.more_visits import MoreVisits
    from gapmatch.reports import Page
    from gapmatch.run.assessed_run import Summary
    from gapmatch.run.quarter_run import RunOptions

Paths = str | Path | Sequence[str | Path]


def run_quarter(  # noqa: PLR0913 - the three sources by name
    quarter: str,
    tax: Paths,
    enrollment: Paths,
    registry: Paths = (),
    *,
    workspace: str | Path = ".",
    options: "RunOptions | None" = None,
    observer: "StageObserver | None" = None,
) -> "Summary":
    """Run ``quarter`` (``2022Q4``) from files or folders and write its results into ``workspace``.

    All results of the quarter are replaced, or all stay as they were. ``options``: contacts in the
    workbooks, the engine, the reason why findings of the gate are accepted, ``verify`` if ``tax``
    is a list handed down to be verified. ``observer`` is notified as stages begin and end. Raises
    ``InputError``, ``SettingsError``, ``StoreError``, and ``GateError`` if the gate stops the
    quarter.
    """
    from gapmatch.pipeline import NullObserver
    from gapmatch.run import quarter_run

    sources = quarter_run.Sources(*map(_list_paths, (tax, enrollment, registry)))
    watcher = observer or NullObserver()
    return quarter_run.run_quarter(quarter, sources, Path(workspace), watcher, options)


def check(
    files: Paths, side: Literal["tax", "enrollment", "registry"], *, workspace: str | Path = "."
) -> "Page":
    """Read ``files`` as one source and return how they were understood; nothing is written.

    ``facts`` of the page are plain values, ``sections`` the same as tables of texts: files, the
    balance of rows, columns with a profile (beside the latest quarter of ``workspace``), first
    rows, defects. Headers that ``gapmatch.toml`` there names are used. Raises ``InputError`` for
    what cannot be read.
    """
    from gapmatch.api.file_check import check_files

    folder = Path(workspace)
    settings = load_workspace_settings(folder)
    headers, before = settings.columns.get(side, {}), _load_earlier_rows(folder).get(side)
    return check_files(side, _list_paths(files), headers, before, settings.read)


def _load_earlier_rows(workspace: Path) -> "dict[str, pl.DataFrame]":
    """Return FIRMS and UNITS of the latest quarter by side; none if no quarter was run."""
    if not (workspace / DATABASE_NAME).is_file():  # the store is slow to import
        return {}
    from gapmatch.run.earlier_quarters import open_store_if_any, read_earlier_rows

    with open_store_if_any(workspace) as store:
        return read_earlier_rows(store)[1]


def check_quarter(  # noqa: PLR0913 - the three sources by name
    tax: Paths,
    enrollment: Paths,
    registry: Paths = (),
    *,
    quarter: str | None = None,
    verify: bool = False,
    workspace: str | Path = ".",
) -> "Page":
    """Read and link both lists and return what the gate would find; nothing is written.

    The page has what ``check`` says of every source, and the findings: ``facts["gate"]``.
    ``quarter`` (``2022Q4``): by default what the files name, else the one after the latest of
    ``workspace``, else the last that is over. ``verify``: ``tax`` is a list handed down to be
    verified. Raises ``InputError`` for what cannot be read.
    """
    from gapmatch.api.file_check import check_quarter_files
    from gapmatch.run.quarter_run import Sources

    sources = Sources(_list_paths(tax), _list_paths(enrollment), _list_paths(registry))
    return check_quarter_files(sources, Path(workspace), quarter, verify=verify)


def compare(previous: str, current: str, *, workspace: str | Path = ".") -> "Difference":
    """Compare two quarters of ``workspace``: what changed for every firm, and totals that add up.

    Raises ``StoreError`` for a quarter that was not run, and if one list alone is one to verify.
    """
    from gapmatch.api.stores import open_store
    from gapmatch.ledger.quarter_diff import compare_stored_quarters

    with open_store(Path(workspace)) as store:
        return compare_stored_quarters(store, previous, current)


def evaluate(
    truth: str | Path, quarter: str | None = None, *, workspace: str | Path = "."
) -> "QuarterQuality":
    """Measure a quarter's results (by default the latest) against the file ``truth``.

    ``truth``: a CSV file with ``tax_seq`` (or ``source_file`` and ``data_row``) and ``unit_id``;
    with ``operating`` and ``employees`` the ranking is measured too. A firm with several units has
    several rows, or a semicolon between them: any of them is right, and the firm counts once.
    Raises ``InputError`` if it cannot be read.
    """
    from gapmatch.api.stores import open_store, resolve_quarter
    from gapmatch.evaluation.link_quality import read_truth
    from gapmatch.evaluation.quarter_quality import measure_quarter
    from gapmatch.gate.findings import count_lost

    known = read_truth(Path(truth))
    with open_store(Path(workspace)) as store:
        wanted = resolve_quarter(store, quarter)
        frames, lost = store.results(wanted), count_lost(store.read_findings(wanted))
    return measure_quarter(known, frames, lost)


def estimate_more_visits(
    visits: int, quarter: str | None = None, *, workspace: str | Path = "."
) -> "MoreVisits":
    """Return what ``visits`` more than tier A would bring in a quarter (by default the latest).

    They go to the best ranked targets outside tier A, whatever their county; persons are expected
    newly insured.
    """
    from gapmatch.api.stores import load_results
    from gapmatch.rank.more_visits import estimate_more_visits as estimate

    frames = load_results(Path(workspace), quarter)
    counties = frames["firms"].select("firm", county="county_name")
    return estimate(frames["targets"].join(counties, on="firm", how="left"), visits)


def estimate_drawn_rates(
    quarter: str | None = None, *, workspace: str | Path = "."
) -> "pl.DataFrame":
    """Return what visits drawn by lot say of all targets: rate, share, low, high, visits.

    Rates: uninsured, operating, enrolled (after the visit); 95 % intervals; null shares without
    visits.
    """
    from gapmatch.api.stores import open_store, resolve_quarter
    from gapmatch.run.earlier_quarters import estimate_quarter_rates

    with open_store(Path(workspace)) as store:
        return estimate_quarter_rates(store, resolve_quarter(store, quarter))


def explain(firm: str, quarter: str | None = None, *, workspace: str | Path = ".") -> "Page":
    """Return why a firm has its status and its place: candidates, weights, priority.

    ``firm``: the number of a case, a code, a registration number, a data row of the tax list, a
    name or a part of one, the number of a unit; if several firms fit, the page lists them. Raises
    ``InputError`` if none fits, with the nearest names.
    """
    from gapmatch.api.stores import open_store, resolve_quarter, word_frames
    from gapmatch.explanation.firm import (
        FOUND_BY,
        explain_firms,
        find_firms,
        find_firms_of_case,
        find_firms_of_unit,
    )
    from gapmatch.ledger.cases import read_ledger

    with open_store(Path(workspace)) as store:
        wanted = resolve_quarter(store, quarter)
        listed = store.result(wanted, "firms", FOUND_BY)
        matching_firms = find_firms_of_case(listed, read_ledger(store.db).cases, firm)
        if matching_firms.is_empty():
            matching_firms = find_firms(listed, firm)
        if matching_firms.is_empty():
            units = store.result(wanted, "units", ("unit", "unit_id", "name"))
            gaps = store.result(wanted, "gaps", ("firm", "unit"))
            matching_firms = find_firms_of_unit(listed, {"units": units, "gaps": gaps}, firm)
        if matching_firms.height != 1:
            return explain_firms(matching_firms, firm, {"firms": listed})
        row, original = matching_firms.select("firm", "duplicate_of").row(0)
        frames = store.result_of_firms(wanted, {row, row if original is None else original})
        language = store.get_run_origin(wanted)[1]
    worded = word_frames(frames, Path(workspace), language)
    firms = worded["firms"].filter(firm=row)
    return explain_firms(firms, firm, {**worded, "firms": firms})


def withdraw(
    quarter: str, reason: str | None = None, *, workspace: str | Path = "."
) -> Path | None:
    """Take the results of ``quarter``, which was run by mistake, out of the store.

    The removal is logged. Entries by people stay, and case numbers do not change. Returns where the
    files of the quarter now are, ``None`` if there are none. Raises ``StoreError`` if the quarter
    is not held.
    """
    from gapmatch.api.stores import open_store_for_writing
    from gapmatch.run.housekeeping import withdraw_quarter

    with open_store_for_writing(Path(workspace), f"withdraw {quarter}") as store:
        return withdraw_quarter(Path(workspace), store, quarter, reason)


def _list_paths(paths: Paths) -> list[Path]:
    return [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
