"""The page of the extracts: dropped, recognised, checked, run."""

import filecmp
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gapmatch.api.extract_recognition import (
    get_header_columns,
    list_columns,
    list_header_samples,
    recognise,
)
from gapmatch.api.setting_changes import assign_headers, list_own_headers, plan_headers
from gapmatch.desk.extract_list import (
    SIDES,
    UNUSED,
    ExtractFile,
    begin_next_quarter,
    change_choices,
    choose_quarter,
    find_overlaps,
    list_extracts,
    load_choices,
)
from gapmatch.desk.finding_steps import Doubt, describe_doubts
from gapmatch.desk.jobs import (
    JobOrder,
    JobState,
    find_rerun,
    forget_job,
    read_state,
    start_job,
    stop_job,
)
from gapmatch.desk.practice import begin_practice, end_practice, refuse_in_practice
from gapmatch.desk.routes import DeskRequest, NotFoundError, Response, Route
from gapmatch.desk.uploads import list_uploads, receive_upload, remove_upload, store_file
from gapmatch.errors import InputError
from gapmatch.i18n import LANGUAGES, _, set_language
from gapmatch.quarters import Quarter
from gapmatch.reports import Page
from gapmatch.workspace_files import DATABASE_NAME

Row = Mapping[str, Any]

MAX_REASON_CHARACTERS = 500
MAX_RECENT_QUARTERS = 24
MAX_HEADERS = 1_000
AUTOMATIC = "automatic"
MIN_FIT = 0.5
"""Share of the values that look like those of the column that a header was given."""


@dataclass(frozen=True)
class _FilesState:
    """What the page shows."""

    files: Sequence[ExtractFile]
    quarter: str
    verify: bool
    job: JobState
    visits: Sequence[Row]
    """The visits of the year, by quarter."""
    quarters: Sequence[str]
    """Those that were run."""

    @property
    def used_for(self) -> list[str]:
        """The quarters that files were run for which lie here beside new ones."""
        used = {file.used_for for file in self.files if file.side != UNUSED}
        return sorted(used - {""}) if "" in used else []

    @property
    def names(self) -> list[str]:
        """The names of the files."""
        return [file.path.name for file in self.files]

    @property
    def doubts(self) -> list[Doubt]:
        """What the gate found, each with what to do."""
        files = [(file.path.name, file.side) for file in self.files]
        return describe_doubts(self.job.outcome.findings if self.job.outcome else (), files)

    @property
    def is_run_before(self) -> bool:
        """Whether the quarter has results already."""
        return self.quarter in self.quarters

    @property
    def overlaps(self) -> list[str]:
        """What to do about files of one source with mostly the same names."""
        return [_describe_overlap(one, other) for one, other in find_overlaps(self.files)]

    @property
    def is_quarter_named(self) -> bool:
        """Whether one of the files names the quarter."""
        return self.quarter in {file.reading.quarter for file in self.files}

    @property
    def named_quarters(self) -> list[str]:
        """The quarters that the files name."""
        own = {file.reading.quarter for file in self.files if file.side != UNUSED}
        return sorted(quarter for quarter in own if quarter)

    @property
    def quarter_choices(self) -> list[str]:
        """The quarters to choose from, latest first."""
        latest = Quarter.from_day(date.today())
        recent = {str(latest.next(-number)) for number in range(-1, MAX_RECENT_QUARTERS)}
        return sorted({self.quarter, *self.quarters, *self.named_quarters, *recent}, reverse=True)

    @property
    def unvisited(self) -> int:
        """Visits of the latest quarter without a result, if a later one is to be run."""
        last = self.visits[-1] if self.visits else None
        is_next = last is not None and last["quarter"] < self.quarter
        return int(last["tier_a"] - last["visited"]) if last and is_next else 0

    @property
    def missing(self) -> list[str]:
        """The sources that a run needs and that no file is of."""
        there = {file.side for file in self.files if file.reading.page}
        return [get_side_label(side) for side in ("tax", "enrollment") if side not in there]

    @property
    def unread(self) -> list[str]:
        """Files that cannot be read, and that nobody set aside: no run leaves them out unasked."""
        files = [file for file in self.files if file.side != UNUSED and not file.reading.page]
        return [file.path.name for file in files]


def _describe_overlap(one: ExtractFile, other: ExtractFile) -> str:
    names = {"one": one.path.name, "other": other.path.name}
    quarters = {file.reading.quarter for file in (one, other)} - {None, ""}
    if len(quarters) > 1:
        return _("“{one}”和“{other}”写的是不同的季度，混在一起了：请移除不是这一季的。").format(
            **names
        )
    if one.bytes == other.bytes and filecmp.cmp(one.path, other.path, shallow=False):
        return _("“{one}”和“{other}”完全相同：请移除其中一份。").format(**names)
    words = _("“{one}”和“{other}”里大多是同样的名称：如果是同一份清册的两版，请移除旧的一份。")
    return words.format(**names)


def get_side_label(side: str) -> str:
    """Return what a source is called on the page."""
    return {
        "tax": _("税务清册"),
        "enrollment": _("参保单位清册"),
        "registry": _("市场主体登记清册"),
        UNUSED: _("不用"),
    }[side]


async def _go_on(request: DeskRequest) -> Response:
    """Go to where the work of a quarter goes on."""
    has_quarters = (request.workspace / DATABASE_NAME).is_file()
    is_running = (await request.call(read_state, request.workspace)).is_running
    return request.redirect("/results" if has_quarters and not is_running else "/files")


async def _show_files(request: DeskRequest) -> Response:
    state = await request.call(_load_state, request.workspace)
    labels = {side: get_side_label(side) for side in (*SIDES, UNUSED)}
    return await request.render("files.html", place="files", state=state, labels=labels)


def _load_state(workspace: Path) -> _FilesState:
    job = read_state(workspace)
    _note_used_files(workspace, job)
    files = list_extracts(workspace)
    visits, quarters = _list_visits(workspace)
    return _FilesState(
        files=files,
        quarter=choose_quarter(workspace, files),
        verify=load_choices(workspace).verify,
        job=job,
        visits=visits,
        quarters=quarters,
    )


def _note_used_files(workspace: Path, state: JobState) -> None:
    """Remember which files a finished run read: the next quarter begins without them."""
    job = state.job
    if job is None or state.state != "done" or job.kind != "run":
        return
    names = [Path(path).name for paths in job.files.values() for path in paths]
    used = dict.fromkeys(names, job.quarter)
    if load_choices(workspace).used != used:
        change_choices(workspace, {"used": used})


def _list_visits(workspace: Path) -> tuple[list[Row], list[str]]:
    """Return the visits of the latest year, and the quarters that were run."""
    if not (workspace / DATABASE_NAME).is_file():
        return [], []
    from gapmatch.api.stores import open_store
    from gapmatch.ledger.case_progress import count_visits

    with open_store(workspace) as store:
        counted = count_visits(store).drop("county")
        rows = counted.group_by("quarter").sum().sort("quarter").to_dicts()
        quarters = store.quarters()
    return [row for row in rows if row["quarter"][:4] == quarters[-1][:4]], quarters


async def _upload(request: DeskRequest) -> Response:
    refuse_in_practice(request.workspace)
    path = await receive_upload(request, "extracts")
    await request.call(_forget_findings, request.workspace)
    return request.json({"name": path.name})


def _forget_findings(workspace: Path) -> None:
    """Delete what was found in files that are others now, and the quarter if they name one."""
    if any(file.reading.quarter for file in list_extracts(workspace)):
        change_choices(workspace, {"quarter": ""})
    state = read_state(workspace)
    if state.job and (state.job.kind == "check" or state.state != "done"):
        forget_job(workspace)


async def _remove(request: DeskRequest) -> Response:
    name = (await request.form()).get("name", "")
    await request.call(remove_upload, request.workspace, "extracts", name)
    await request.call(change_choices, request.workspace, {"sides": {name: ""}})
    await request.call(_forget_findings, request.workspace)
    return request.redirect("/files", _("已移除 {name}；原来的文件不受影响").format(name=name))


async def _begin_next(request: DeskRequest) -> Response:
    """Make room for the files of the next quarter."""
    count = await request.call(begin_next_quarter, request.workspace)
    await request.call(forget_job, request.workspace)
    words = _("已移除 {count} 个用过的文件；结果都还在，原来的文件不受影响。请放进下一季度的文件")
    return request.redirect("/files", words.format(count=count))


async def _add_sample(request: DeskRequest) -> Response:
    """Put in invented extracts, to try the desk with."""
    await request.call(_store_sample, request.workspace)
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


def _store_sample(workspace: Path) -> None:
    from gapmatch.synth.write import write_sample

    if (workspace / DATABASE_NAME).is_file() or list_uploads(workspace, "extracts"):
        raise InputError(
            _("这个工作区里已有真实的季度，不放示例"), _("请换一个空文件夹启动，再试用。")
        )
    begin_practice(workspace)
    with tempfile.TemporaryDirectory() as scratch:
        files = write_sample(Path(scratch))["2022Q4"]
        for path in (*files.tax, *files.enrollment):
            store_file(workspace, "extracts", path)


async def _choose_side(request: DeskRequest) -> Response:
    fields = await request.form()
    name, side = fields.get("name", ""), fields.get("side", "")
    await request.call(_find_extract, request.workspace, name)
    if side not in (*SIDES, UNUSED):
        raise InputError(_("没有这一来源：{side}").format(side=side), _("请从列表中选。"))
    await request.call(change_choices, request.workspace, {"sides": {name: side}})
    await request.call(_forget_findings, request.workspace)
    return request.redirect("/files")


def _find_extract(workspace: Path, name: str) -> ExtractFile:
    for file in list_extracts(workspace):
        if file.path.name == name:
            return file
    raise NotFoundError(
        _("没有这个文件：{name}").format(name=name[:80]),
        _("它可能已在另一个页面里移除，请刷新页面。"),
    )


async def _show_columns(request: DeskRequest) -> Response:
    file = await request.call(_find_extract, request.workspace, request.query.get("name", ""))
    return await _render_columns(request, file, {}, [])


async def _render_columns(
    request: DeskRequest, file: ExtractFile, chosen: Mapping[str, str | None], doubts: Sequence[str]
) -> Response:
    """Show the headers of a file; ``chosen``: those that were not saved since they are doubtful."""
    page, side = file.reading.page, _get_column_side(file)
    samples = await request.call(list_header_samples, file.path, side, workspace=request.workspace)
    current = get_header_columns(page) if page else {}
    return await request.render(
        "columns.html",
        place="files",
        file=file,
        side_label=get_side_label(side),
        columns={header: current.get(header) for header in samples or current},
        chosen=chosen,
        doubts=doubts,
        assigned=await request.call(list_own_headers, side, workspace=request.workspace),
        guessed={h for f in page.facts["files"] for h in f["guessed"]} if page else set(),
        samples=samples,
        choices=list_columns(side),
        sections=_select_sections(file),
    )


def _get_column_side(file: ExtractFile) -> str:
    return file.side if file.side in SIDES else file.reading.side or "tax"


def _select_sections(file: ExtractFile) -> Sequence[Any]:
    """Return the sections of the check but for the columns, which are chosen above them."""
    sections = file.reading.page.sections if file.reading.page else ()
    begin = _("列的对应：{file}").partition("{")[0]
    return [section for section in sections if not section.title.startswith(begin)]


async def _assign_columns(request: DeskRequest) -> Response:
    """Save which headers give which columns, unless the file cannot be read that way."""
    fields = await request.form()
    file = await request.call(_find_extract, request.workspace, fields.get("name", ""))
    changes = _collect_changes(fields, file)
    if not changes:
        return request.redirect("/files", _("没有改动"))
    doubts = await request.call(_try_columns, request.workspace, file, changes)
    if doubts and "sure" not in fields:
        return await _render_columns(request, file, changes, doubts)
    side = _get_column_side(file)
    await request.call(assign_headers, side, changes, workspace=request.workspace)
    await request.call(_forget_findings, request.workspace)
    note = _("已记住 {count} 列的读法，以后的季度也这样读").format(count=len(changes))
    return request.redirect("/files", note)


def _try_columns(
    workspace: Path, file: ExtractFile, changes: Mapping[str, str | None]
) -> list[str]:
    """Return what is doubtful about changed columns; raise ``InputError`` if unreadable."""
    side, labels = _get_column_side(file), list_columns(_get_column_side(file))
    held = get_header_columns(file.reading.page) if file.reading.page else {}
    given = Counter(column for column in {**held, **changes}.values() if column)
    for column, count in given.items():
        if count > 1 and column != "ignored" and column in changes.values():
            raise InputError(
                _("有两个表头都读作“{column}”").format(column=labels[column]),
                _("请把其中一个改成别的列，或“不使用”。"),
            )
    wanted = plan_headers(side, changes, workspace=workspace)
    page = recognise(file.path, side, workspace=workspace, headers=wanted).page
    if page is None:
        raise InputError(
            _("这样就读不出这份清册了，没有保存：“{column}”必须有一列").format(
                column=labels.get("name", "name")
            ),
            _("请为它选出文件里的表头。"),
        )
    return [
        _("“{header}”里只有 {share} 像“{column}”").format(
            header=header, share=f"{share:.0%}", column=labels[column]
        )
        for header, column in changes.items()
        if column and column != "ignored"
        if (share := _measure_fit(page, column)) < MIN_FIT
    ]


def _measure_fit(page: Page, column: str) -> float:
    """Return the share of the values of a column that are such as it has."""
    for profile in page.facts["profile"]:
        if profile["column"] == column and profile["filled"]:
            valid = profile["filled"] if profile["valid"] is None else profile["valid"]
            return float(valid / profile["filled"])
    return 0.0


def _collect_changes(fields: Mapping[str, str], file: ExtractFile) -> dict[str, str | None]:
    """Return header → column that were chosen anew; ``None``: as the program reads it."""
    page = file.reading.page
    current = get_header_columns(page) if page else {}
    chosen = {
        fields[f"header-{place}"]: fields.get(f"column-{place}", "")
        for place in range(MAX_HEADERS)
        if f"header-{place}" in fields
    }
    if fields.get("header", "").strip():
        chosen[fields["header"].strip()] = fields.get("column", "")
    changes = {h: column for h, column in chosen.items() if column and column != current.get(h)}
    return {h: None if column == AUTOMATIC else column for h, column in changes.items()}


async def _choose_task(request: DeskRequest) -> Response:
    """Check or run with what the form says; each is remembered for the next time."""
    fields = await request.form()
    quarter = str(Quarter.parse(fields.get("quarter", "").strip().upper()))
    verify = fields.get("task") == "verify"
    change = {"quarter": quarter, "verify": verify}
    await request.call(change_choices, request.workspace, change)
    reasons = (await request.form_lists()).get("accept", [])
    await request.call(_start, request.workspace, fields, reasons)
    return request.redirect("/files#job")


def _start(workspace: Path, fields: Mapping[str, str], reasons: Sequence[str]) -> None:
    state = _load_state(workspace)
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
        state.verify,
        _join_reasons(reasons),
        "contacts" in fields,
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
    """Run a quarter again with the files and the choices of its last run."""
    quarter = (await request.form()).get("quarter", "")
    order = await request.call(find_rerun, request.workspace, quarter)
    if order is None:
        raise InputError(
            _("{quarter} 的清册已不在这里，不能直接再运行").format(quarter=quarter[:20]),
            _("请在“文件”页重新放进这一季的清册，再运行。"),
        )
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
    language = (await request.form()).get("language", "")
    if language in LANGUAGES:
        set_language(language)
    came = urlsplit(request.header("referer"))
    is_page = came.path.count("/") == 1  # what a form answered has no address of its own
    return request.redirect(f"{came.path}?{came.query}" if is_page else "/")


async def _stop(request: DeskRequest) -> Response:
    await request.call(stop_job, request.workspace)
    return request.redirect("/files#job")


async def _forget(request: DeskRequest) -> Response:
    await request.call(forget_job, request.workspace)
    return request.redirect("/files")


ROUTES: tuple[Route, ...] = (
    Route(r"/$", _go_on),
    Route(r"/files$", _show_files),
    Route(r"/files/upload$", _upload, "POST"),
    Route(r"/files/remove$", _remove, "POST"),
    Route(r"/files/next$", _begin_next, "POST"),
    Route(r"/files/sample$", _add_sample, "POST"),
    Route(r"/files/practice/end$", _end_practice, "POST"),
    Route(r"/files/side$", _choose_side, "POST"),
    Route(r"/files/columns$", _show_columns),
    Route(r"/files/columns$", _assign_columns, "POST"),
    Route(r"/files/start$", _choose_task, "POST"),
    Route(r"/files/again$", _run_again, "POST"),
    Route(r"/files/status$", _show_status),
    Route(r"/files/language$", _change_language, "POST"),
    Route(r"/files/stop$", _stop, "POST"),
    Route(r"/files/forget$", _forget, "POST"),
)
