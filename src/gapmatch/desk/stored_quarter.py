"""A stored quarter in the memory of the desk: its frames, and one row per firm to find it by."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import polars as pl

from gapmatch.api.stores import open_store, resolve_quarter
from gapmatch.desk.jobs import find_rerun, read_state
from gapmatch.desk.uploads import FileState
from gapmatch.desk.uploads import read_state as read_file_state
from gapmatch.i18n import _, get_language
from gapmatch.ledger.identity import select_identity
from gapmatch.ledger.quarter_diff import KINDS, compare_stored_quarters
from gapmatch.ledger.review_queue import count_unused_decisions
from gapmatch.privacy import mask_persons
from gapmatch.results.breakdowns import build_size_band, list_size_labels
from gapmatch.results.quarter_figures import (
    count_by_status,
    join_firm_statuses,
    order_counties,
    select_totals,
)
from gapmatch.results.run_results import PublishInput
from gapmatch.settings.load import PRICES, Settings, load_workspace_settings
from gapmatch.store.runs import Store
from gapmatch.wording.sentences import add_sentences
from gapmatch.workspace_files import DATABASE_NAME, SETTINGS_NAME

MAX_QUARTERS = 3
"""So many quarters stay in memory; one of 23,500 firms takes some 60 MB."""

_SHOWN = ("firm", "name", "code_text")
_SEARCHED = ("name", "clean_name", "standard_name", "code_text", "uscc", "organisation")


@dataclass(frozen=True)
class StoredQuarter:
    """The results of a run that stand for a quarter; ``quarters``: all that the store holds."""

    quarter: str
    quarters: tuple[str, ...]
    settings: dict[str, Any]
    results: PublishInput
    case_numbers: pl.DataFrame
    """``firm``, ``case_id``, ``case_number``."""
    changes: dict[str, int]
    """Kind of change since the quarter before to firms, as the run counted them."""
    workspace: Path
    covered_branches: Mapping[str, float] | None
    """As of ``Store.read_covered_branches``."""
    neighbours: tuple[str | None, str | None]
    """The comparable quarters before and after this one; null if there is none."""

    @property
    def is_list_to_verify(self) -> bool:
        """Whether its tax list was one handed down to be verified."""
        return bool(self.settings.get("tax_list") == "verify")

    @cached_property
    def firms(self) -> pl.DataFrame:
        """One row per firm of the list: where, what, how large, status, rank.

        ``found_by``: what a search looks through, in lower case; ``found_by_person``: persons, in
        full, never shown.
        """
        return _build_index(self.results, self.case_numbers)

    @cached_property
    def total(self) -> dict[str, Any]:
        """The counts of ``count_by_status`` over all firms."""
        return count_by_status(self.firms).row(0, named=True)

    @cached_property
    def counties(self) -> list[str]:
        """The counties in the order of tables."""
        return order_counties(self.results)

    @cached_property
    def identities(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return ``firm``, ``code``, ``name`` of all firms, and of all units ``unit_id`` too."""
        units = self.results.units
        return (
            select_identity(self.results.firms, "firm").select("firm", "code", "name"),
            select_identity(units, "unit")
            .select("unit", "code", "name")
            .with_columns(units["unit_id"]),
        )

    def select_changed(self, kind: str) -> pl.DataFrame:
        """Return the rows of ``firms`` that changed so since the quarter before.

        ``gone``: those that the quarter after does not list.
        """
        is_gone = kind == "gone"
        difference = self._until_next if is_gone else self._since_before
        if difference is None or kind not in KINDS:
            return self.firms.clear()
        changed = difference.filter(kind)["previous" if is_gone else "current"]
        return self.firms.filter(pl.col("firm").is_in(changed.implode()))

    @cached_property
    def _since_before(self) -> pl.DataFrame | None:
        return self._compare(self.neighbours[0], self.quarter)

    @cached_property
    def _until_next(self) -> pl.DataFrame | None:
        return self._compare(self.quarter, self.neighbours[1])

    def _compare(self, before: str | None, now: str | None) -> pl.DataFrame | None:
        if before is None or now is None:
            return None
        with open_store(self.workspace) as store:
            if store.read_list_kind(before) != store.read_list_kind(now):
                return None
            return compare_stored_quarters(store, before, now).firms

    def find_firm(self, firm: int) -> dict[str, Any]:
        """Return the row of FIRMS, persons and phones masked; empty if there is none."""
        return _find_masked(self.results.firms, "firm", firm)

    def find_gap(self, firm: int) -> dict[str, Any]:
        """Return the row of GAPS; every firm has one."""
        return self.results.gaps.filter(pl.col("firm") == firm).row(0, named=True)

    def find_unit(self, unit: int) -> dict[str, Any]:
        """Return the row of UNITS, persons and phones masked; empty if there is none."""
        return _find_masked(self.results.units, "unit", unit)


def _find_masked(frame: pl.DataFrame, key: str, number: int) -> dict[str, Any]:
    found = frame.filter(pl.col(key) == number)
    return mask_persons(found).row(0, named=True) if found.height else {}


class QuarterCache:
    """The quarters that were asked for last; one that was run again since is read again."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[object, ...], StoredQuarter] = OrderedDict()
        self._lock = Lock()

    def load(self, workspace: Path, quarter: str | None = None) -> StoredQuarter:
        """Return ``quarter``, or the latest one; raise ``StoreError`` if it was not run."""
        with open_store(workspace) as store:
            wanted = resolve_quarter(store, quarter)
            key = (workspace.resolve(), get_language(), *_read_state(store, wanted))
            with self._lock:
                if (held := self._held.get(key)) is None:
                    held = self._held[key] = _read(store, workspace, wanted)
                self._held.move_to_end(key)
                while len(self._held) > MAX_QUARTERS:
                    self._held.popitem(last=False)
        return held

    def clear(self) -> None:
        """Hold none: the database is another one."""
        with self._lock:
            self._held.clear()


QUARTERS = QuarterCache()
"""What this process holds."""


def load_quarter(workspace: Path, quarter: str | None = None) -> StoredQuarter:
    """Return ``quarter`` (empty: the latest) from memory, or from the store."""
    return QUARTERS.load(workspace, quarter or None)


class NextRun(NamedTuple):
    """What a run of the latest quarter would bring; ``unused``: pairs that were decided since."""

    quarter: str
    unused: int
    is_set_otherwise: bool
    """Whether prices or visits are others than those of the run."""
    running: str
    """The quarter that is being run."""
    is_possible: bool
    """Whether the files of its last run are still there."""


def find_next_run(workspace: Path) -> NextRun | None:
    """Return what waits for another run of the latest quarter; null without any quarter.

    Raises ``StoreError`` for a database that cannot be read: it may have some.
    """
    if not (workspace / DATABASE_NAME).is_file():
        return None
    with open_store(workspace) as store:
        quarter = store.find_latest_quarter()
        if quarter is None:
            return None
        unused = count_unused_decisions(store, quarter)
        own = store.settings_of(quarter)
    settings = _load_settings(workspace, read_file_state(workspace / SETTINGS_NAME))
    is_changed = dict(settings.capacity) != own.get("capacity") or any(
        getattr(settings.linkage, name) != price
        for name, price in own.get("linkage", {}).items()
        if name in PRICES
    )
    is_possible = find_rerun(workspace, quarter) is not None
    state = read_state(workspace)
    running = state.job.quarter if state.job and state.is_running else ""
    return NextRun(quarter, unused, is_changed, running, is_possible)


@lru_cache(MAX_QUARTERS)
def _load_settings(workspace: Path, _state: FileState | None) -> Settings:
    return load_workspace_settings(workspace)


def _read_state(store: Store, quarter: str) -> tuple[object, ...]:
    """Return what changes if any quarter is run again or withdrawn, or this one loses persons."""
    sql = "SELECT max(rows) FROM frames WHERE quarter = ? AND name = 'persons'"
    persons = store.db.execute(sql, [quarter]).fetchone()
    runs = store.db.execute("SELECT quarter, run FROM quarters ORDER BY quarter").fetchall()
    return quarter, persons, *runs


def _read(store: Store, workspace: Path, quarter: str) -> StoredQuarter:
    frames = store.results(quarter)
    if store.get_run_origin(quarter)[1] != get_language():
        frames = add_sentences(frames, load_workspace_settings(workspace), get_language())
    settings = dict(store.settings_of(quarter))
    info = {"settings": settings}
    results = PublishInput.from_frames(quarter, frames, run_info=info).complete_frames()
    quarters = tuple(store.quarters())
    kind = store.read_list_kind(quarter)
    later = [q for q in quarters if q > quarter and store.read_list_kind(q) == kind]
    return StoredQuarter(
        quarter,
        quarters,
        settings,
        results,
        case_numbers=_read_cases(store, quarter),
        changes=_read_changes(store, quarter),
        workspace=workspace,
        covered_branches=store.read_covered_branches(quarter),
        neighbours=(store.find_comparable_quarter(quarter), later[0] if later else None),
    )


def _read_changes(store: Store, quarter: str) -> dict[str, int]:
    figures = store.read_figures(quarter)
    totals = {} if figures is None else select_totals(figures)
    kinds = {n.removeprefix("change_"): v for n, v in totals.items() if n.startswith("change_")}
    return {kind: int(firms) for kind, firms in kinds.items()}


def _read_cases(store: Store, quarter: str) -> pl.DataFrame:
    sql = """
        SELECT q.firm, q.case_id, c.number FROM case_quarters q JOIN cases c ON c.id = q.case_id
        WHERE q.quarter = ? AND q.firm IS NOT NULL"""
    schema = {"firm": pl.UInt32, "case_id": pl.Int64, "case_number": pl.String}
    return pl.DataFrame(store.db.execute(sql, [quarter]).fetchall(), schema=schema, orient="row")


def _build_index(results: PublishInput, case_numbers: pl.DataFrame) -> pl.DataFrame:
    firms = results.firms
    own = firms.select(
        *_SHOWN,
        pl.concat_str(_SEARCHED, separator="\n", ignore_nulls=True)
        .str.to_lowercase()
        .alias("found_by"),
        pl.concat_str("legal_rep", "contact", separator="\n", ignore_nulls=True).alias(
            "found_by_person"
        ),
        pl.col("aliases").list.join("\n").str.to_lowercase().alias("other_names"),
    )
    gaps = results.gaps.select(
        "firm", "unit", "probability_uninsured", "verdict", "lines_missing", "insured_count"
    )
    targets = results.targets.select("firm", "rank", "county_rank", "kind")
    sizes = {label: place for place, label in enumerate(list_size_labels())}
    size = build_size_band().replace_strict(sizes, default=None, return_dtype=pl.Int64)
    joined = (
        join_firm_statuses(results)
        .filter(~pl.col("is_repeat"))
        .with_columns(size.alias("size"))
        .join(own, on="firm", how="left")
        .join(gaps, on="firm", how="left")
        .join(targets, on="firm", how="left")
        .join(case_numbers, on="firm", how="left")
    )
    return joined.sort("rank", "firm", nulls_last=True)


def describe_size(size: int | None) -> str:
    """Return the band of persons that ``size`` numbers, in words."""
    labels = list_size_labels()
    return labels[size] if size is not None and 0 <= size < len(labels) else _("不详")
