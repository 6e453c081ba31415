"""The page of what goes out: workbooks, report, slips and letters, made and downloaded."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from gapmatch.api.papers import write_slips
from gapmatch.api.quarter_files import (
    QuarterFile,
    list_quarter_files,
    log_file_export,
    write_table_books,
)
from gapmatch.api.stores import open_store
from gapmatch.desk.jobs import find_rerun
from gapmatch.desk.routes import DeskRequest, NotFoundError, Response, Route
from gapmatch.desk.stored_quarter import load_quarter
from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.papers.pdf import find_office

TIERS = ("A", "AB", "ABC")
_DATA_ENDINGS = (".csv", ".json", ".parquet")


def list_tiers() -> dict[str, str]:
    """Return the tiers that papers are made for, in words."""
    words = (_("本季走访（A 层）"), _("本季和下季（A、B 层）"), _("全部走访目标（A、B、C 层）"))
    return dict(zip(TIERS, words, strict=True))


class FileGroup(NamedTuple):
    """Files of one folder, under a title; ``data``: those that programs read."""

    folder: str
    title: str
    made: float
    """When the last of them was written."""
    files: Sequence[QuarterFile]
    data: Sequence[QuarterFile]

    @property
    def is_outdated(self) -> bool:
        """Whether any of them is of results that were replaced."""
        return any(file.is_outdated for file in (*self.files, *self.data))

    @property
    def has_contacts(self) -> bool:
        """Whether persons and phones stand in its files, in full or masked."""
        return any(file.path.suffix in (".docx", ".pdf") for file in self.files) or (
            self.folder.endswith("/counties")
        )

    @property
    def may_hold_contacts(self) -> bool:
        """Whether they may stand there in full."""
        return any(file.may_hold_contacts for file in self.files)


async def _show_papers(request: DeskRequest) -> Response:
    wanted = request.query.get("quarter", "")

    def build() -> dict[str, Any]:
        quarter, quarters = _choose_quarter(request.workspace, wanted)
        stored = load_quarter(request.workspace, quarter)
        visited = set(stored.firms.drop_nulls("rank")["county"])
        return {
            "quarter": quarter,
            "quarters": quarters,
            "counties": [county for county in stored.counties if county in visited],
            "groups": _group_files(request.workspace, quarter),
            "has_office": _has_office(),
            "is_rerun_possible": find_rerun(request.workspace, quarter) is not None,
        }

    page = await request.call(build)
    page |= {"county": request.query.get("county"), "tier": request.query.get("tier")}
    page |= {"tiers": list_tiers(), "describe": describe_file, "name": name_download}
    return await request.render("papers.html", place="papers", **page)


def _choose_quarter(workspace: Path, wanted: str) -> tuple[str, list[str]]:
    """Return the wanted quarter, else the latest, and all that were run."""
    with open_store(workspace) as store:
        quarters = store.quarters()
    if wanted and wanted not in quarters:
        raise NotFoundError(
            _("没有运行过这个季度：{quarter}").format(quarter=wanted[:20]), _("请从列表中选。")
        )
    return wanted or quarters[-1], quarters


def _has_office() -> bool:
    try:
        return bool(find_office())
    except InputError:
        return False


def _group_files(workspace: Path, quarter: str) -> list[FileGroup]:
    groups: dict[str, list[QuarterFile]] = {}
    for file in sorted(list_quarter_files(quarter, workspace=workspace), key=_rank_file):
        groups.setdefault(file.folder, []).append(file)
    order = sorted(groups, key=lambda folder: (folder != f"{quarter}/counties", folder))
    return [_build_group(folder, groups[folder], quarter) for folder in order]


def _build_group(folder: str, files: Sequence[QuarterFile], quarter: str) -> FileGroup:
    rest = _cut_folder(folder, quarter)
    titles = {"": _("全市"), "counties": _("县区工作簿，发给各县区"), **_list_tables()}
    parts: tuple[list[QuarterFile], list[QuarterFile]] = ([], [])
    for file in files:
        parts[file.path.suffix in _DATA_ENDINGS].append(file)
    return FileGroup(folder, titles.get(rest, rest), max(file.made for file in files), *parts)


def _cut_folder(folder: str, quarter: str) -> str:
    return folder.removeprefix(quarter).lstrip("-/")


def _rank_file(file: QuarterFile) -> tuple[int, str]:
    """Put what people open before what programs read."""
    endings = (".xlsx", ".docx", ".pdf", ".html", ".csv")
    ending = file.path.suffix
    return (endings.index(ending) if ending in endings else len(endings), file.name)


def name_download(file: QuarterFile, quarter: str) -> str:
    """Return the name to store a file under: which quarter it is of, and what."""
    rest = _cut_folder(file.folder, quarter)
    kind = {"counties": _("走访工作簿")}.get(rest, rest)
    stem = {"report": _("报告")}.get(file.path.stem, file.path.stem)
    return "_".join(part for part in (quarter, stem, kind) if part) + file.path.suffix


def describe_file(file: QuarterFile) -> str:
    """Return what a file is, if its name does not say so."""
    texts = {
        "report": _("用浏览器打开"),
        "汇总": _("各县区的户数和走访名单"),
        "核查结果": _("逐户的核查结论"),
        "复函": _("给上级的复函"),
        "run": _("运行记录"),
        "defects": _("清册里的缺陷"),
        **_list_tables(),
    }
    return texts.get(file.path.stem, "")


def _list_tables() -> dict[str, str]:
    """Return what the tables are that stand in one file, or in a folder with one for a county."""
    return {"gaps": _("每户的状态"), "targets": _("走访名单"), "links": _("候选对应关系")}


async def _download(request: DeskRequest) -> Response:
    """Send one file of the list; what may hold contacts is noted first."""
    quarter, name = request.query.get("quarter", ""), request.query.get("name", "")
    files = await request.call(_list_files, request.workspace, quarter)
    file = _pick_file(files, name)
    await request.call(log_file_export, file, quarter, workspace=request.workspace)
    return request.download(file.path, name_download(file, quarter))


async def _download_folder(request: DeskRequest) -> Response:
    """Send all files of a folder of the list as one archive."""
    quarter, folder = request.query.get("quarter", ""), request.query.get("folder", "")
    files = await request.call(_list_files, request.workspace, quarter)
    own = [file for file in files if file.folder == folder]
    if not own:
        raise _build_missing_file_error(folder)
    content = await request.call(_pack, own, quarter, request.workspace)
    name = "_".join((quarter, _cut_folder(folder, quarter) or _("全市")))
    return request.attachment(content, f"{name}.zip", "application/zip")


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
        _("没有这个文件：{name}").format(name=name[:80]), _("它可能已被新的运行替换，请刷新页面。")
    )


def _pack(files: Sequence[QuarterFile], quarter: str, workspace: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # they are packed already
        for file in files:
            archive.write(file.path, name_download(file, quarter))
            log_file_export(file, quarter, workspace=workspace)
    return buffer.getvalue()


async def _make(request: DeskRequest) -> Response:
    """Make what a button asks for; it appears in the list."""
    fields = await request.form()
    quarter = fields.get("quarter", "")
    await request.call(_choose_quarter, request.workspace, quarter)
    note = await request.call(_write_papers, request.workspace, quarter, fields)
    chosen = {name: fields[name] for name in ("quarter", "county", "tier") if fields.get(name)}
    return request.redirect(f"/papers?{urlencode(chosen)}", note)


def _write_papers(workspace: Path, quarter: str, fields: Mapping[str, str]) -> str:
    if fields.get("make") == "tables":
        files = write_table_books(quarter, workspace=workspace)
        return _("已写出 {files} 个文件").format(files=len(files))
    if fields.get("tier") not in TIERS:
        raise InputError(
            _("没有这样的层级：{tier}").format(tier=fields.get("tier", "")[:20]),
            _("请从列表中选。"),
        )
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
    Route(r"/papers$", _show_papers, needs_quarter=True),
    Route(r"/papers/file$", _download),
    Route(r"/papers/folder$", _download_folder),
    Route(r"/papers/make$", _make, "POST"),
)
