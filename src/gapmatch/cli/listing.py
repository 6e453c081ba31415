"""Tables of what the store holds."""

from typing import TYPE_CHECKING, Any

from rich.table import Table

from gapmatch.i18n import _

if TYPE_CHECKING:
    import polars as pl


def build_runs_table(frame: "pl.DataFrame") -> Table:
    """Return the table of runs, newest first; results that still stand are marked."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(_("序号"), justify="right", overflow="fold")
    for heading in (_("季度"), _("现行"), _("完成时间"), _("运行人"), _("版本")):
        table.add_column(heading, overflow="fold")
    table.add_column(_("文件数"), justify="right", overflow="fold")
    for row in frame.iter_rows(named=True):
        table.add_row(*_run_cells(row))
    return table


def _run_cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        str(row["run"]),
        row["quarter"],
        _("是") if row["stands"] else "",
        format_local_time(row["finished_at"]),
        row["run_by"] or "",
        row["version"],
        str(row["inputs"]),
    )


def format_local_time(stamp: str) -> str:
    """Return a UTC time stamp of the store in local time, to the minute."""
    from datetime import datetime

    return datetime.fromisoformat(stamp).astimezone().strftime("%Y-%m-%d %H:%M")
