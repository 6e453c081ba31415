"""Safekeeping: a copy of the database made, the last run taken back."""

import polars as pl

from gapmatch.api.operations import withdraw
from gapmatch.api.stores import open_store
from gapmatch.desk.routes import DeskRequest, Response, Route
from gapmatch.i18n import _
from gapmatch.store.backups import BACKUPS, backup

MAX_REASON_CHARACTERS = 500


async def _show_page(request: DeskRequest) -> Response:
    """Show the copies that there are, and the last run."""

    def build() -> dict[str, object]:
        folder = request.workspace / BACKUPS
        copies = [] if folder.is_symlink() else sorted(folder.glob("*.db"), reverse=True)
        with open_store(request.workspace) as store:
            quarter = store.find_latest_quarter()
            runs = store.runs().filter(pl.col("quarter") == quarter, pl.col("stands"))
        files = [(path.name, path.stat()) for path in copies if not path.is_symlink()]
        return {"quarter": quarter, "run": runs.row(0, named=True), "copies": files}

    page = await request.call(build)
    return await request.render("safekeeping.html", place="safekeeping", page=page)


async def _back_up(request: DeskRequest) -> Response:
    """Copy the database."""
    copy = await request.call(backup, request.workspace)
    return request.redirect("/safekeeping", _("已备份：{name}").format(name=copy.name))


async def _withdraw(request: DeskRequest) -> Response:
    """Take back the run of a quarter."""
    fields = await request.form()
    quarter, reason = fields.get("quarter", ""), fields.get("reason", "").strip()
    place = await request.call(
        withdraw, quarter, reason[:MAX_REASON_CHARACTERS] or None, workspace=request.workspace
    )
    note = _("已撤下 {quarter}；认定和走访记录都在").format(quarter=quarter)
    moved = _("，文件移到了 {name}").format(name=place.name) if place else ""
    return request.redirect("/files", note + moved)


ROUTES: tuple[Route, ...] = (
    Route(r"/safekeeping$", _show_page, needs_quarter=True),
    Route(r"/safekeeping/backup$", _back_up, "POST"),
    Route(r"/safekeeping/withdraw$", _withdraw, "POST"),
)
