"""What many tests share: one small synthetic prefecture, standardised and linked once."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import settings
from trials import Trials, add_up

from gapmatch.i18n import set_language
from gapmatch.pipeline import Rows
from gapmatch.synth.extracts import SyntheticQuarter
from gapmatch.synth.plan import Plan
from gapmatch.synth.prefecture import convert_to_rows, make_prefecture

if TYPE_CHECKING:
    from gapmatch.api.workspace import Workspace

# How long an example takes says how busy the machine is, not whether the code is right. Most
# examples run polars, milliseconds each: `make test-long` tries eight times as many.
EXAMPLES = int(os.environ.get("GAPMATCH_EXAMPLES", "25"))
settings.register_profile("gapmatch", deadline=None, max_examples=EXAMPLES)
settings.load_profile("gapmatch")

QUARTER = "2022Q4"

LONGEST = ("test_kill.py", "test_on_spark.py", "test_faults.py", "test_engine_here.py")
"""Files that begin first, so that where two processes share the tests neither waits for the other at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files begin; the others keep their order."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print in one line how all trials ended, of every process."""
    reports = [report for group in terminalreporter.stats.values() for report in group]
    called = [report for report in reports if getattr(report, "when", None) == "call"]
    properties = [pair for report in called for pair in report.user_properties]
    line = add_up([ends for name, ends in properties if name == "trials"])
    if line:
        terminalreporter.write_line(f"trials: {line}")


@pytest.fixture
def trials(request: pytest.FixtureRequest) -> Iterator[Trials]:
    """Counts the trials of a test; it fails at its end if one of them did."""
    counted = Trials()
    request.node.user_properties.append(("trials", counted.ends))
    yield counted
    counted.judge()


@pytest.fixture(autouse=True)
def _chinese() -> None:
    """A command that spoke English in one test leaves no other test to speak it."""
    set_language("zh")


@pytest.fixture(scope="session")
def small_quarter() -> SyntheticQuarter:
    """The last quarter of a prefecture of 2,000 firms, with its truth."""
    return make_prefecture(Plan(seed=3, firms=2_000, quarters=(QUARTER,))).quarters[QUARTER]


@pytest.fixture(scope="session")
def small_rows(small_quarter: SyntheticQuarter) -> Rows:
    """Both extracts of the small prefecture as read, without the market registration."""
    tax, enrollment, _registry = convert_to_rows(small_quarter)
    return Rows(tax, enrollment)


@pytest.fixture(scope="session")
def small_sides(small_rows: Rows) -> tuple[pl.DataFrame, pl.DataFrame]:
    """FIRMS and UNITS of the small prefecture."""
    from invented_rows import standardised

    return standardised(small_rows.tax, small_rows.enrollment)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> "Workspace":
    """A workspace with both quarters of the sample run, and the visits of the first one."""
    from gapmatch.api.workspace import sample_workspace

    return sample_workspace(tmp_path_factory.mktemp("sample"))
