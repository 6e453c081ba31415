"""Workspaces of invented prefectures: the demonstration, and the small one of the sample.

The sample has two quarters run, the visits of the first one entered, and verdicts on the least
certain pairs of the last one.
"""

from pathlib import Path
from typing import Any

import polars as pl

from gapmatch.errors import StoreError
from gapmatch.i18n import _, get_language
from gapmatch.ledger.cases import read_ledger
from gapmatch.ledger.entries import ReviewDecision, Visit, insert_decisions, insert_visits
from gapmatch.ledger.identity import select_code_and_name
from gapmatch.ledger.review_queue import build_pair
from gapmatch.pipeline import NullObserver, StageObserver
from gapmatch.run.assessed_run import Summary
from gapmatch.run.quarter_run import Sources, run_quarter
from gapmatch.store.lock import lock_workspace
from gapmatch.store.runs import Store, get_utc_now
from gapmatch.synth.plan import Plan
from gapmatch.synth.write import write_demo, write_sample
from gapmatch.workspace_files import DATABASE_NAME, SETTINGS_NAME


def run_demo(firms: int, workspace: Path, observer: StageObserver) -> Summary:
    """Write a made-up prefecture of about ``firms`` firms into ``workspace`` and run it.

    Raises ``StoreError`` if the folder is a workspace, unless of this very demonstration.
    """
    _refuse_other_workspace(workspace, firms)
    observer.begin("generate")
    quarters = write_demo(workspace / "extracts", firms)
    _write_settings(workspace / SETTINGS_NAME)
    latest = max(quarters)
    files = quarters[latest]
    return run_quarter(
        latest, Sources(files.tax, files.enrollment, files.registry), workspace, observer
    )


def _refuse_other_workspace(workspace: Path, firms: int) -> None:
    if not (workspace / DATABASE_NAME).exists():
        return
    latest = max(Plan().quarters)
    truth = workspace / "extracts" / latest / "truth.csv"
    with Store.open(workspace) as store:
        held = store.quarters()
    if held != [latest] or not truth.exists() or pl.read_csv(truth).height != firms:
        raise StoreError(
            _("这里已经有一个工作区，演示没有开始，也没有改动：{path}").format(
                path=workspace.absolute()
            ),
            _("请给演示一个新的文件夹，如：gapmatch demo --workspace gapmatch-demo-2"),
        )


def _write_settings(path: Path) -> None:
    if not path.exists():
        path.write_text(f'language = "{get_language()}"\n', encoding="utf-8")


MAX_DECISIONS = 60
"""How many pairs the reviewer of the sample looks at: every second one, so that some are open."""


def make_sample(folder: Path) -> Path:
    """Write the extracts, run the quarters not yet held, and return ``folder``."""
    quarters = write_sample(folder / "extracts")
    with Store.open(folder) as store:
        held = store.quarters()
    for name, files in sorted(quarters.items()):
        if name not in held:
            sources = Sources(files.tax, files.enrollment, files.registry)
            run_quarter(name, sources, folder, NullObserver())
            _enter_visits(folder, name)
    if set(quarters) - set(held):
        _enter_decisions(folder, max(quarters))
    return folder


def _enter_decisions(folder: Path, quarter: str) -> None:
    """Record verdicts on the pairs nearest to even odds, as a reviewer who knows the truth."""
    truth = pl.read_csv(folder / "extracts" / quarter / "truth.csv", infer_schema=False)
    with lock_workspace(folder, f"review {quarter}"), Store.open(folder) as store:
        frames = store.results(quarter)
        firms, units = frames["firms"], frames["units"]
        pairs = (
            frames["links"]
            .filter(pl.col("unit").is_not_null(), pl.col("relation") == "same")
            .sort(pl.col("weight").abs(), "firm", "unit")
            .gather_every(2)
            .head(MAX_DECISIONS)
            .join(firms.select("firm", "seq", given="name"), on="firm")
            .join(truth.select(seq="tax_seq", true_unit="unit_id"), on="seq", how="left")
            .join(select_code_and_name(firms, "firm"), on="firm")
            .join(select_code_and_name(units, "unit"), on="unit")
            .join(units.select("unit", "unit_id", unit_given="name"), on="unit")
            .sort("firm", "unit")
        )
        rows = [_build_decision(row, quarter) for row in pairs.iter_rows(named=True)]
        with store.transaction():
            insert_decisions(store.db, rows, get_utc_now())


def _build_decision(row: dict[str, Any], quarter: str) -> ReviewDecision:
    return ReviewDecision(
        build_pair(row),
        "same" if row["unit_id"] == row["true_unit"] else "different",
        "sample",
        quarter,
        given=(row["given"], row["unit_given"]),
    )


def _enter_visits(folder: Path, quarter: str) -> None:
    """Record the visits of ``quarter`` to its targets, as if imported from their sheets."""
    visits = pl.read_csv(folder / "extracts" / "visits.csv").filter(pl.col("quarter") == quarter)
    with lock_workspace(folder, f"visits {quarter}"), Store.open(folder) as store:
        cases = read_ledger(store.db).cases.unique("code", keep="first", maintain_order=True)
        visited = visits.join(cases, left_on="taxpayer_code", right_on="code").sort("case_id")
        rows = [
            (row["case_id"], _build_visit(row, quarter)) for row in visited.iter_rows(named=True)
        ]
        with store.transaction():
            insert_visits(store.db, rows, get_utc_now())


def _build_visit(row: dict[str, object], quarter: str) -> Visit:
    return Visit(
        firm_code=str(row["taxpayer_code"]),
        firm_name=str(row["standard_name"]),
        outcome=str(row["outcome"]),
        who="sample",
        quarter=quarter,
        visited_on=str(row["visited"]),
        persons=int(str(row["new_insured"])),
    )
