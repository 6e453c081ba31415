"""The page of the extracts: dropped, recognised, checked, run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gapmatch.api.column_needs import build_empty_table, list_column_needs, list_need_labels
from gapmatch.desk import columns_page
from gapmatch.desk.extract_list import (
    SIDES,
    UNUSED,
    begin_next_quarter,
    change_choices,
    get_side_label,
    list_extracts,
    list_named_quarters,
)
from gapmatch.desk.files_state import forget_findings, load_files_state, note_used_files
from gapmatch.desk.jobs import JobOrder, find_rerun, forget_job, read_state, start_job, stop_job
from gapmatch.desk.practice import end_practice, refuse_in_practice, store_sample
from gapmatch.desk.routes import WORKBOOK_TYPE, DeskRequest, Response, Route
from gapmatch.desk.uploads import find_upload, receive_upload, remove_upload
from gapmatch.errors import InputError
from gapmatch.i18n import LANGUAGES, _, set_language
from gapmatch.quarters import Quarter
from gapmatch.workspace_files import DATABASE_NAME

MAX_REASON_CHARACTERS = 500


async def _go_on(request: DeskRequest) -> Response:
    """Go to where the work of a quarter goes on."""
    has_quarters = (request.workspace / DATABASE_NAME).is_file()
    is_running = (await request.call(read_state, request.workspace)).is_running
    return request.redirect("/results" if has_quarters and not is_running else "/files")


async def _show_files(request: DeskRequest) -> Response:
    await request.call(note_used_files, request.workspace)
    state = await request.call(load_files_state, request.workspace)
    labels = {side: get_side_label(side) for side in (*SIDES, UNUSED)}
    needs = {side: list_column_needs(side) for side in SIDES}
    shown: dict[str, Any] = {
        "labels": labels,
        "column_needs": needs,
        "need_labels": list_need_labels(),
    }
    return await request.render("files.html", place="files", state=state, **shown)


async def _download_table(request: DeskRequest) -> Response:
    """Send an empty table with the headers of a source."""
    side = request.query.get("side", "")
    if side not in SIDES:
        raise _build_side_error(side)
    content = await request.call(build_empty_table, side)
    return request.attachment(content, f"{get_side_label(side)}.xlsx", WORKBOOK_TYPE)


async def _upload(request: DeskRequest) -> Response:
    refuse_in_practice(request.workspace)
    answer = await receive_upload(request, "extracts")
    await request.call(forget_findings, request.workspace)
    return answer


async def _remove(request: DeskRequest) -> Response:
    name = (await request.form()).get("name", "")
    await request.call(remove_upload, request.workspace, "extracts", name)
    await request.call(change_choices, request.workspace, {"sides": {name: ""}})
    await request.call(forget_findings, request.workspace)
    return request.redirect("/files", _("已移除 {name}；原来的文件不受影响").format(name=name))


async def _begin_next(request: DeskRequest) -> Response:
    """Make room for the files of the next quarter."""
    count = await request.call(begin_next_quarter, request.workspace)
    await request.call(forget_job, request.workspace)
    words = _("已移除 {count} 个用过的文件；结果都还在，原来的文件不受影响。请放进下一季度的文件")
    return request.redirect("/files", words.format(count=count))


async def _add_sample(request: DeskRequest) -> Response:
    """Put in invented extracts, to try the desk with."""
    state = await request.call(load_files_state, request.workspace)
    if state.sample_quarter is None:
        raise InputError(
            _("这里已有文件或真的季度，不放示例"),
            _("请先移除放进的文件；已运行过季度的，换一个空文件夹启动，再试用。"),
        )
    await request.call(store_sample, request.workspace, state.sample_quarter)
    return request.redirect("/files", _("已放进示例文件；企业和人员都是虚构的"))


async def _end_practice(request: DeskRequest) -> Response:
    """Set aside what practice made, and begin anew."""
    from gapmatch.desk.stored_quarter import QUARTERS

    if (await request.call(read_state, request.workspace)).is_running:
        raise InputError(_("练习的运行还没有结束"), _("请等它结束，或先停止它。"))
    place = await request.call(end_practice, request.workspace)
    QUARTERS.clear()
    words = _("练习已结束，示例移到了“{name}”文件夹，不要了可以删除。现在可以放真的清册")
    return request.redirect("/files", words.format(name=place.name) if place else "")


async def _choose_side(request: DeskRequest) -> Response:
    fields = await request.form()
    name, side = fields.get("name", ""), fields.get("side", "")
    await request.call(find_upload, request.workspace, "extracts", name)
    if side not in (*SIDES, UNUSED):
        raise _build_side_error(side)
    await request.call(change_choices, request.workspace, {"sides": {name: side}})
    await request.call(forget_findings, request.workspace)
    return request.redirect("/files")


def _build_side_error(side: str) -> InputError:
    return InputError(_("没有这一来源：{side}").format(side=side[:20]), _("请从列表中选。"))


async def _choose_task(request: DeskRequest) -> Response:
    """Remember what the form says, and check or run if it asks for that."""
    await request.call(note_used_files, request.workspace)
    fields = await request.form()
    quarter = str(Quarter.parse(fields.get("quarter", "").strip().upper()))
    files = await request.call(list_extracts, request.workspace)
    change = {
        "quarter": quarter,
        "named": list_named_quarters(files),
        "verify": fields.get("task") == "verify",
        "contacts": "contacts" in fields,
    }
    await request.call(change_choices, request.workspace, change)
    if "do" not in fields:
        return request.redirect("/files#task")
    reasons = (await request.form_lists()).get("accept", [])
    await request.call(_start, request.workspace, fields, reasons)
    return request.redirect("/files#job")


def _start(workspace: Path, fields: Mapping[str, str], reasons: Sequence[str]) -> None:
    state = load_files_state(workspace)
    if state.missing:
        raise InputError(
            _("还缺：{sides}").format(sides=_("、").join(state.missing)),
            _("请先放进文件；认错了来源的，在列表里改选。"),
        )
    if state.unread:
        raise InputError(
            _("有文件读不了：{names}").format(names=_("、").join(state.unread)),
            _("请移除它，或把来源改为“不用”，或指定它的列。"),
        )
    files = {side: [f.path for f in state.files if f.side == side] for side in SIDES}
    order = JobOrder(
        "check" if fields.get("do") == "check" else "run",
        state.quarter,
        files,
        state.choices.verify,
        _join_reasons(reasons),
        state.choices.contacts,
    )
    start_job(workspace, order)


def _join_reasons(reasons: Sequence[str]) -> str | None:
    """Return one reason of those that were given for each finding; null if none was asked for."""
    given = [reason.strip()[:MAX_REASON_CHARACTERS] for reason in reasons]
    if not all(given):
        raise InputError(
            _("有 {count} 处疑点没有写理由").format(count=given.count("")),
            _("请改好文件，或为每一处写明为什么没有错。"),
        )
    return _("；").join(dict.fromkeys(given)) or None


async def _run_again(request: DeskRequest) -> Response:
    """Run a quarter again with the files and the choices of its last run.

    A form that has ``contacts`` says whether they stand in the workbooks in full from now on.
    """
    fields = await request.form()
    quarter = fields.get("quarter", "")
    order = await request.call(find_rerun, request.workspace, quarter)
    if order is None:
        raise InputError(
            _("{quarter} 的清册已不在这里，不能直接再运行").format(quarter=quarter[:20]),
            _("请在“文件”页重新放进这一季的清册，再运行。"),
        )
    if "contacts" in fields:
        order = replace(order, with_contacts=fields["contacts"] == "full")
    await request.call(start_job, request.workspace, order)
    return request.redirect("/files#job")


async def _show_status(request: DeskRequest) -> Response:
    state = await request.call(read_state, request.workspace)
    return request.json(
        {
            "state": state.state,
            "stage": state.stage,
            "share": state.share,
            "left": state.time_left and _("约剩 {time}").format(time=state.time_left),
        }
    )


async def _change_language(request: DeskRequest) -> Response:
    """Change the language of the pages, and of the jobs that they start."""
    fields = await request.form()
    if (language := fields.get("language", "")) in LANGUAGES:
        set_language(language)
    return request.redirect(quote(fields.get("back", ""), safe="/?&=%"))


async def _stop(request: DeskRequest) -> Response:
    await request.call(stop_job, request.workspace)
    return request.redirect("/files#job")


async def _forget(request: DeskRequest) -> Response:
    await request.call(forget_job, request.workspace)
    return request.redirect("/files")


ROUTES: tuple[Route, ...] = (
    Route(r"/$", _go_on),
    Route(r"/files$", _show_files),
    Route(r"/files/table$", _download_table),
    Route(r"/files/upload$", _upload, "POST"),
    Route(r"/files/remove$", _remove, "POST"),
    Route(r"/files/next$", _begin_next, "POST"),
    Route(r"/files/sample$", _add_sample, "POST"),
    Route(r"/files/practice/end$", _end_practice, "POST"),
    Route(r"/files/side$", _choose_side, "POST"),
    Route(r"/files/start$", _choose_task, "POST"),
    Route(r"/files/again$", _run_again, "POST"),
    Route(r"/files/status$", _show_status),
    Route(r"/files/language$", _change_language, "POST"),
    Route(r"/files/stop$", _stop, "POST"),
    Route(r"/files/forget$", _forget, "POST"),
    *columns_page.ROUTES,
)
