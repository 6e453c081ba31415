"""A quarter's findings of the gate without running it: nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from gapmatch.gate.findings import GateFinding
from gapmatch.pipeline import Rows, assess
from gapmatch.quarters import Quarter
from gapmatch.read import Extract
from gapmatch.run.earlier_quarters import open_store_if_any, read_earlier_rows
from gapmatch.run.engine import LocalEngine
from gapmatch.run.gate_check import find_doubts_in_store, find_own_doubts, guess_quarter
from gapmatch.run.quarter_run import Sources, load_basis, load_run_settings, read_sources
from gapmatch.store.runs import Store


@dataclass(frozen=True)
class Preview:
    """The extracts, the gate's findings, and the rows of the ``previous`` quarter by side."""

    quarter: str
    extracts: Sequence[Extract]
    findings: Sequence[GateFinding]
    previous: str | None = None
    earlier: Mapping[str, pl.DataFrame] = field(default_factory=dict)


def preview_quarter(
    sources: Sources, workspace: Path, quarter: str | None, *, verify: bool = False
) -> Preview:
    """Read and assess ``sources`` as a run of ``quarter`` does, and return what the gate finds.

    Without a quarter it is the one that the files name, else the one after the latest of the
    workspace, else the last that is over. ``verify``: as of ``RunOptions``. Raises ``InputError``
    for what cannot be read.
    """
    settings = load_run_settings(workspace, verify=verify)
    extracts = read_sources(sources, settings, LocalEngine(workspace))
    with open_store_if_any(workspace) as store:
        chosen = quarter or guess_quarter(extracts) or _next_quarter(store)
        basis = load_basis(settings, workspace, store, chosen)
        found = assess(Rows.from_extracts(extracts), chosen, basis)
        findings = find_own_doubts(chosen, extracts, found, settings)
        previous, earlier = read_earlier_rows(store, chosen)
        if store:
            findings += find_doubts_in_store(store, chosen, extracts, found, settings)
    return Preview(chosen, extracts, findings, previous, earlier)


def _next_quarter(store: Store | None) -> str:
    latest = store.find_latest_quarter() if store else None
    if latest is not None:
        return str(Quarter.parse(latest).next())
    return str(Quarter.from_day(date.today()).next(-1))
