"""``gapmatch runs``."""

from pathlib import Path

from gapmatch.cli.options import Json, Workspace


def runs(*, workspace: Workspace = Path(), json: Json = False) -> int:
    """List the runs that the workspace's store knows, newest first."""
    from gapmatch.api.stores import open_store
    from gapmatch.cli.listing import build_runs_table
    from gapmatch.cli.terminal import Terminal
    from gapmatch.i18n import _

    terminal = Terminal(json=json)
    with open_store(workspace) as store:
        frame = store.runs()
    terminal.emit({"runs": frame.to_dicts()})
    terminal.print_line(_("还没有运行过。") if frame.is_empty() else build_runs_table(frame))
    return 0
