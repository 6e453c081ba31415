"""Returns: filled workbooks taken into the ledger, what was left and why, imports taken back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gapmatch.api import returns
from gapmatch.api.setting_changes import Words, assign_entry_words
from gapmatch.api.stores import open_store
from gapmatch.desk.practice import store_sample_returns
from gapmatch.desk.returns_model import (
    Row,
    build_import_summary,
    build_returns_page,
    describe_book,
    list_case_rows,
)
from gapmatch.desk.routes import DeskRequest, NotFoundError, Response, Route
from gapmatch.desk.stored_quarter import load_quarter
from gapmatch.desk.uploads import list_uploads, read_state, receive_upload, remove_upload
from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.vocabulary.labels import label_county, list_labels
from gapmatch.vocabulary.outcomes import AUTHORITY_EFFECTS

MAX_NAME_CHARACTERS = 40


async def _show_returns(request: DeskRequest) -> Response:
    """Show what waits, what was taken, and what is overdue."""
    page = await request.call(_build, request.workspace, request.query.get("quarter", ""))
    return await request.render("returns.html", place="returns", page=page, summaries=[])


async def _upload(request: DeskRequest) -> Response:
    """Store a workbook that was dropped."""
    return await receive_upload(request, "returns")


async def _add_sample(request: DeskRequest) -> Response:
    """Put in what the counties of the sample would send back."""
    await request.call(store_sample_returns, request.workspace)
    return request.redirect("/returns", _("已放进示例文件；企业和人员都是虚构的"))


async def _remove(request: DeskRequest) -> Response:
    """Delete a workbook that was not taken in."""
    name = (await request.form()).get("name", "")
    await request.call(remove_upload, request.workspace, "returns", name)
    return request.redirect("/returns", _("已移除：{name}").format(name=name))


async def _import_all(request: DeskRequest) -> Response:
    """Take in the workbooks that wait, or show what would be taken."""
    return await _import(request, is_preview=(await request.form()).get("do") == "preview")


async def _import(
    request: DeskRequest, words: Mapping[str, Words] | None = None, *, is_preview: bool = False
) -> Response:
    """Take in the workbooks that wait, visits and decisions, and show what came of it."""
    who = (await request.form()).get("who", "").strip()[:MAX_NAME_CHARACTERS]
    options = {"who": who or None, "words": words, "preview": is_preview}
    found = await request.call(_import_files, request.workspace, options)
    page = await request.call(_build, request.workspace)
    listed = await request.call(_list_listed_cases, request.workspace)
    page = {**page, "listed_cases": listed}
    return await request.render(
        "returns.html", place="returns", page=page, summaries=found, is_preview=is_preview, who=who
    )


def _import_files(workspace: Path, options: Mapping[str, Any]) -> list[Row]:
    """Take in what waits, or show it, and remove what needs no more words."""
    waiting = list_uploads(workspace, "returns")
    # If none can be read, the import says why.
    files = [path for path in waiting if describe_book(path)["is_readable"]] or waiting
    if not files:
        raise InputError(_("没有要导入的文件"), _("请先放入县区填好的工作簿。"))
    as_taken = {file: read_state(file) for file in files}
    taken = returns.import_returns(files, workspace=workspace, **options)
    summaries = [build_import_summary(part) for part in taken]
    unsettled = {
        row["file"] for summary in summaries if summary["words"] for row in summary["left"]
    }
    for file in files if not options["preview"] else ():
        is_done = file.name in taken[0].report.numbers and file.name not in unsettled
        # A workbook that was replaced meanwhile has not been taken in.
        if is_done and read_state(file) == as_taken[file]:
            remove_upload(workspace, "returns", file.name)
    return summaries


async def _assign_words(request: DeskRequest) -> Response:
    """Give words a meaning, this once or from now on, and take in their workbooks again."""
    fields = await request.form_lists()
    rows = zip(*(fields.get(name, []) for name in ("entry", "word", "value")), strict=False)
    words: dict[str, dict[str, list[str]]] = {}
    for entry, word, value in rows:
        if value:
            words.setdefault(entry, {}).setdefault(value, []).append(word)
    if not words:
        return request.redirect("/returns", _("没有改动"))
    if fields.get("do") == ["once"]:
        return await _import(request, words)
    for entry, chosen in words.items():
        values = {word: value for value, own in chosen.items() for word in own}
        await request.call(assign_entry_words, entry, values, workspace=request.workspace)
    return await _import(request)


async def _undo(request: DeskRequest) -> Response:
    """Take back an import."""
    number = (await request.form()).get("number", "")
    if not number.isdecimal():
        raise InputError(_("没有这个导入编号"), _("请在“回传”页的导入记录中选择。"))
    report = await request.call(returns.undo_import, int(number), workspace=request.workspace)
    words = _("已撤回第 {number} 次导入：走访 {visits} 条，认定 {decisions} 条。")
    note = words.format(number=report.number, visits=report.visits, decisions=report.decisions)
    return request.redirect("/returns", note)


async def _list_cases(request: DeskRequest) -> Response:
    """List the cases that are overdue, or with another authority."""
    what, county = request.values["what"], request.query.get("county", "")

    def build() -> tuple[list[Row], int]:
        with open_store(request.workspace) as store:
            return list_case_rows(store, what, county)

    rows, found = await request.call(build)
    titles = {"overdue": _("逾期未走访"), **list_labels("authority")}
    title = f"{label_county(county)} {titles[what]}" if county else titles[what]
    return await request.render("cases.html", place="returns", rows=rows, found=found, title=title)


async def _download_correction(request: DeskRequest) -> Response:
    """Send the sheet of rows that an import left out."""
    number = int(request.values["number"])
    path = await request.call(returns.find_corrections, number, workspace=request.workspace)
    if path is None:
        raise NotFoundError(_("没有这份更正表"), _("它可能已被移走；请在“回传”页查看导入记录。"))
    return request.download(path, path.name)


def _build(workspace: Path, quarter: str = "") -> Row:
    with open_store(workspace) as store:
        wanted = quarter if quarter in store.quarters() else None
        counties = load_quarter(workspace, wanted).counties  # in the order of the other pages
        files, sheets = list_uploads(workspace, "returns"), returns.list_corrections(workspace)
        return build_returns_page(store, files, quarter, counties, sheets)


def _list_listed_cases(workspace: Path) -> set[str]:
    """Return the numbers of the cases that a list of firms can be searched for."""
    return set(load_quarter(workspace).case_numbers["case_number"].drop_nulls().to_list())


ROUTES: tuple[Route, ...] = (
    Route(r"/returns$", _show_returns, needs_quarter=True),
    Route(r"/returns/upload$", _upload, method="POST"),
    Route(r"/returns/sample$", _add_sample, method="POST"),
    Route(r"/returns/remove$", _remove, method="POST"),
    Route(r"/returns/import$", _import_all, method="POST"),
    Route(r"/returns/words$", _assign_words, method="POST"),
    Route(r"/returns/undo$", _undo, method="POST"),
    Route(rf"/returns/(?P<what>overdue|{'|'.join(AUTHORITY_EFFECTS)})$", _list_cases),
    Route(r"/returns/correction/(?P<number>\d{1,9})$", _download_correction),
)
