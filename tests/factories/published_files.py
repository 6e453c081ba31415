"""The files of a quarter without a store, for tests of what is in them."""

from pathlib import Path

from gapmatch.errors import PublishError, wrap_os_errors
from gapmatch.publish.folder_swap import (
    finish_move,
    install_folder,
    list_written_files,
    seal_folder,
    stage_folder,
)
from gapmatch.publish.outputs import write_results
from gapmatch.results.run_results import PublishInput, PublishOptions


def publish(
    results: PublishInput, workspace: Path, options: PublishOptions | None = None
) -> list[Path]:
    """Write the files of a quarter as a run does, but for the store, and return their paths."""
    place = workspace / "out" / results.quarter
    with wrap_os_errors(place, PublishError):
        staged = stage_folder(place)
        try:
            write_results(results, staged, options or PublishOptions())
            seal_folder(staged, place, "zh")
            install_folder(staged, place)
        except BaseException:
            finish_move(place, None)
            raise
    return [place / name for name in list_written_files(place)]
