"""The page of what goes out: workbooks, report, slips and letters, made and downloaded."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from gapmatch.api.papers import write_slips
from gapmatch.api.quarter_files import (
    QuarterFile,
    list_quarter_files,
    log_file_export,
    write_table_books,
)
from gapmatch.api.stores import open_store
from gapmatch.desk.routes import DeskRequest, NotFoundError, Response, Route
from gapmatch.desk.stored_quarter import load_quarter
from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.papers.pdf import find_office
from gapmatch.workspace_files import DATABASE_NAME

TIERS = ("A", "AB", "ABC")


def list_tiers() -> dict[str, str]:
    """Return the tiers that papers are made for, in words."""
    words = (_("本季走访（A 层）"), _("本季和下季（A、B 层）"), _("全部走访目标（A、B、C 层）"))
    return dict(zip(TIERS, words, strict=True))


@dataclass(frozen=True)
class FileGroup:
    """Files of one folder, under a title."""

    folder: str
    title: str
    files: Sequence[QuarterFile]


@dataclass(frozen=True)
class _PapersState:
    quarters: Sequence[str]
    quarter: str
    groups: Sequence[FileGroup]
    counties: Sequence[str]
    has_office: bool


async def _show_papers(request: DeskRequest) -> Response:
    wanted = request.query.get("quarter", "")
    state = await request.call(_load_state, request.workspace, wanted)
    return await request.render(
        "papers.html", place="papers", state=state, tiers=list_tiers(), describe=describe_file
    )


def _load_state(workspace: Path, wanted: str) -> _PapersState:
    if not (workspace / DATABASE_NAME).is_file():
        return _PapersState([], "", [], [], has_office=False)
    quarter, quarters = _choose_quarter(workspace, wanted)
    counties: list[str] = []
    if quarter:
        firms = load_quarter(workspace, quarter).firms.drop_nulls("rank")
        counties = firms["county"].drop_nulls().unique().sort().to_list()
    return _PapersState(
        quarters[::-1], quarter, _group_files(workspace, quarter), counties, _has_office()
    )


def _choose_quarter(workspace: Path, wanted: str) -> tuple[str, list[str]]:
    """Return the wanted quarter, else the latest, and all that were run."""
    with open_store(workspace) as store:
        quarters = store.quarters()
    if wanted and wanted not in quarters:
        raise NotFoundError(
            _("没有运行过这个季度：{quarter}").format(quarter=wanted[:20]),
            _("请从列表中选。"),
        )
    return wanted or (quarters[-1] if quarters else ""), quarters


def _has_office() -> bool:
    try:
        return bool(find_office())
    except InputError:
        return False


def _group_files(workspace: Path, quarter: str) -> list[FileGroup]:
    files = list_quarter_files(quarter, workspace=workspace) if quarter else []
    groups = {folder: list(own) for folder, own in groupby(files, key=lambda file: file.folder)}
    order = sorted(groups, key=lambda folder: (folder != f"{quarter}/counties", folder))
    return [FileGroup(f, _title(f, quarter), sorted(groups[f], key=_rank_file)) for f in order]


def _rank_file(file: QuarterFile) -> tuple[int, str]:
    """Put what people open before what programs read."""
    endings = (".xlsx", ".docx", ".pdf", ".html", ".csv")
    ending = file.path.suffix
    return (endings.index(ending) if ending in endings else len(endings), file.name)


def _title(folder: str, quarter: str) -> str:
    """Return what a folder of ``out/`` is called on the page; its own name but for the known."""
    rest = folder.removeprefix(quarter).lstrip("-/")
    titles = {"": _("全市和数据"), "counties": _("县区工作簿，发给各县区"), **_list_tables()}
    return titles.get(rest, rest)


def describe_file(name: str) -> str:
    """Return what a file is, if its name does not say so."""
    stem, _dot, ending = name.partition(".")
    return {
        "report": _("报告，用浏览器打开"),
        "汇总": _("各县区的户数和走访名单"),
        "核查结果": _("逐户的核查结论"),
        "复函": _("给上级的复函"),
        "run": _("运行记录"),
        "defects": _("清册里的缺陷"),
        **_list_tables(),
    }.get(stem if ending in {"html", "json", "csv", "xlsx", "docx", "parquet"} else "", "")


def _list_tables() -> dict[str, str]:
    """Return what the tables are that stand in one file, or in a folder with one for a county."""
    return {"gaps": _("每户的状态"), "targets": _("走访名单"), "links": _("候选对应关系")}


async def _download(request: DeskRequest) -> Response:
    """Send one file of the list; what may hold contacts is noted first."""
    quarter, name = request.query.get("quarter", ""), request.query.get("name", "")
    files = await request.call(_list_files, request.workspace, quarter)
    file = _pick_file(files, name)
    await request.call(log_file_export, file, quarter, workspace=request.workspace)
    return request.download(file.path, file.path.name)


async def _download_folder(request: DeskRequest) -> Response:
    """Send all files of a folder of the list as one archive."""
    quarter, folder = request.query.get("quarter", ""), request.query.get("folder", "")
    files = await request.call(_list_files, request.workspace, quarter)
    own = [file for file in files if file.folder == folder]
    if not own:
        raise _build_missing_file_error(folder)
    content = await request.call(_pack, own, quarter, request.workspace)
    return request.attachment(content, f"{folder.replace('/', '-')}.zip", "application/zip")


def _list_files(workspace: Path, quarter: str) -> list[QuarterFile]:
    chosen, _quarters = _choose_quarter(workspace, quarter)
    return list_quarter_files(chosen, workspace=workspace)


def _pick_file(files: Sequence[QuarterFile], name: str) -> QuarterFile:
    for file in files:
        if file.name == name:
            return file
    raise _build_missing_file_error(name)


def _build_missing_file_error(name: str) -> NotFoundError:
    return NotFoundError(
        _("没有这个文件：{name}").format(name=name[:80]),
        _("它可能已被新的运行替换，请刷新页面。"),
    )


def _pack(files: Sequence[QuarterFile], quarter: str, workspace: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # they are packed already
        for file in files:
            archive.write(file.path, file.path.name)
            log_file_export(file, quarter, workspace=workspace)
    return buffer.getvalue()


async def _make(request: DeskRequest) -> Response:
    """Make what a button asks for; it appears in the list."""
    fields = await request.form()
    quarter = fields.get("quarter", "")
    await request.call(_choose_quarter, request.workspace, quarter)
    note = await request.call(_write_papers, request.workspace, quarter, fields)
    return request.redirect(f"/papers?quarter={quarter}", note)


def _write_papers(workspace: Path, quarter: str, fields: Mapping[str, str]) -> str:
    if fields.get("make") == "tables":
        files = write_table_books(quarter, workspace=workspace)
        return _("已写出 {files} 个文件").format(files=len(files))
    if fields.get("tier") not in TIERS:
        raise InputError(_("没有这样的层级：{tier}").format(tier=fields.get("tier", "")[:20]))
    written = write_slips(
        quarter,
        workspace=workspace,
        county=fields.get("county") or None,
        tier=fields["tier"],
        letters=fields.get("make") == "letters",
        with_contacts="contacts" in fields,
        pdf="pdf" in fields,
    )
    return _("已写出 {files} 个文件，共 {firms} 户").format(
        files=len(written.files), firms=written.firms
    )


ROUTES: tuple[Route, ...] = (
    Route(r"/papers$", _show_papers),
    Route(r"/papers/file$", _download),
    Route(r"/papers/folder$", _download_folder),
    Route(r"/papers/make$", _make, "POST"),
)
