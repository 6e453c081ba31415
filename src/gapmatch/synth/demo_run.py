"""The demonstration: invent a prefecture and run its latest quarter."""

from pathlib import Path

from gapmatch.i18n import get_language
from gapmatch.pipeline import StageObserver
from gapmatch.run.assessed_run import Summary
from gapmatch.run.quarter_run import Sources, run_quarter
from gapmatch.synth import write_demo
from gapmatch.workspace_files import SETTINGS_NAME


def run_demo(firms: int, workspace: Path, observer: StageObserver) -> Summary:
    """Write a made-up prefecture of about ``firms`` firms into ``workspace/extracts`` and run it.

    The results are in the current language, unless the workspace's settings name another.
    """
    observer.begin("generate")
    quarters = write_demo(workspace / "extracts", firms)
    _write_settings(workspace / SETTINGS_NAME)
    latest = max(quarters)
    files = quarters[latest]
    return run_quarter(
        latest, Sources(files.tax, files.enrollment, files.registry), workspace, observer
    )


def _write_settings(path: Path) -> None:
    if not path.exists():
        path.write_text(f'language = "{get_language()}"\n', encoding="utf-8")
