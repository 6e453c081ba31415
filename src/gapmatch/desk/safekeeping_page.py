"""Upkeep: a copy of the database made or put back, the last run taken back."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import polars as pl

from gapmatch.api.operations import withdraw
from gapmatch.api.stores import open_store
from gapmatch.desk.practice import refuse_in_practice
from gapmatch.desk.routes import DeskRequest, NotFoundError, Response, Route
from gapmatch.desk.stored_quarter import QUARTERS
from gapmatch.desk.uploads import receive_upload
from gapmatch.errors import InputError, StoreError
from gapmatch.i18n import _
from gapmatch.run.housekeeping import describe_replaced_run
from gapmatch.store.backups import backup, count_contents, list_backups, restore
from gapmatch.workspace_files import DATABASE_NAME

MAX_REASON_CHARACTERS = 500


async def _show_page(request: DeskRequest) -> Response:
    """Show the copies that there are, and the last run."""
    page = await request.call(_build, request.workspace)
    return await request.render("safekeeping.html", place="safekeeping", page=page)


def _build(workspace: Path) -> dict[str, object]:
    copies = [(path.name, path.stat()) for path in list_backups(workspace)]
    page: dict[str, object] = {"copies": copies, "quarter": None}
    with suppress(StoreError), open_store(workspace) as store:  # a damaged one is put back here
        quarter = store.find_latest_quarter()
        if quarter:
            runs = store.runs().filter(pl.col("quarter") == quarter, pl.col("stands"))
            replaced = store.find_replaced_run(quarter)
            lost = describe_replaced_run(replaced) if replaced else ""
            page |= {"quarter": quarter, "run": runs.row(0, named=True), "lost": lost}
    return page


async def _back_up(request: DeskRequest) -> Response:
    """Copy the database."""
    copy = await request.call(backup, request.workspace)
    return request.redirect("/safekeeping", _("已备份：{name}").format(name=copy.name))


async def _upload(request: DeskRequest) -> Response:
    """Store a copy that was made elsewhere, to be put back."""
    refuse_in_practice(request.workspace)
    return await receive_upload(request, "backups")


async def _show_restore(request: DeskRequest) -> Response:
    """Show what a copy holds beside what it would replace."""
    copy = await request.call(_find_copy, request.workspace, request.query)
    try:
        held = await request.call(count_contents, copy)
    except StoreError as error:
        words = _("这份文件不能用来恢复：{name}").format(name=copy.name)
        raise InputError(
            words, _("它损坏了，或不是备份；现在的数据库没有动。请换一份备份。")
        ) from error
    now = {}
    with suppress(StoreError):
        now = await request.call(count_contents, request.workspace / DATABASE_NAME)
    return await request.render(
        "restore.html", place="safekeeping", name=copy.name, held=held, now=now, word=_("恢复")
    )


async def _restore(request: DeskRequest) -> Response:
    """Put a copy in the place of the database, if the word was typed."""
    fields = await request.form()
    copy = await request.call(_find_copy, request.workspace, fields)
    if fields.get("word", "").strip().lower() != _("恢复").lower():
        raise InputError(
            _("没有恢复：确认的字没有打对"),
            _("请返回上一页，照写“{word}”。").format(word=_("恢复")),
        )
    old = await request.call(restore, request.workspace, copy)
    QUARTERS.clear()
    note = _("已从 {name} 恢复").format(name=copy.name)
    aside = _("；原来的数据库留在工作区：{name}").format(name=old.name) if old else ""
    return request.redirect("/safekeeping", note + aside)


def _find_copy(workspace: Path, fields: Mapping[str, str]) -> Path:
    """Return the copy that a request names, which is looked up in the list."""
    for path in list_backups(workspace):
        if path.name == fields.get("name"):
            return path
    raise NotFoundError(_("没有这份备份"), _("它可能已被移走，请刷新“保管”页。"))


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
    Route(r"/safekeeping$", _show_page),
    Route(r"/safekeeping/backup$", _back_up, "POST"),
    Route(r"/safekeeping/upload$", _upload, "POST"),
    Route(r"/safekeeping/restore$", _show_restore),
    Route(r"/safekeeping/restore$", _restore, "POST"),
    Route(r"/safekeeping/withdraw$", _withdraw, "POST"),
)
