"""A small invented prefecture as a workspace.

Two quarters run, the visits of the first one entered.
"""

from pathlib import Path

import polars as pl

from gapmatch.ledger.cases import read_ledger
from gapmatch.ledger.entries import Visit, insert_visits
from gapmatch.pipeline import NullObserver
from gapmatch.run.quarter_run import Sources, run_quarter
from gapmatch.store.lock import lock_workspace
from gapmatch.store.runs import Store, get_utc_now
from gapmatch.synth import write_sample


def make_sample(folder: Path) -> Path:
    """Write the extracts into ``folder/extracts``, run both quarters, and return ``folder``.

    Quarters that the workspace holds already are not run again.
    """
    quarters = write_sample(folder / "extracts")
    with Store.open(folder) as store:
        held = store.quarters()
    for name, files in sorted(quarters.items()):
        if name not in held:
            sources = Sources(files.tax, files.enrollment, files.registry)
            run_quarter(name, sources, folder, NullObserver())
            _enter_visits(folder, name)
    return folder


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
