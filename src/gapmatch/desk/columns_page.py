"""The page of the headers of an extract: which column each gives, corrected by choosing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gapmatch.api.extract_recognition import (
    get_header_columns,
    list_columns,
    list_header_samples,
    recognise,
)
from gapmatch.api.setting_changes import assign_headers, list_own_headers, plan_headers
from gapmatch.desk.extract_list import SIDES, ExtractFile, find_extract, get_side_label
from gapmatch.desk.files_state import forget_findings
from gapmatch.desk.routes import DeskRequest, Response, Route
from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.reports import Page

MAX_HEADERS = 1_000
AUTOMATIC = "automatic"
MIN_FIT = 0.5
"""Share of the values that look like those of the column that a header was given."""


async def _show_columns(request: DeskRequest) -> Response:
    file = await request.call(find_extract, request.workspace, request.query.get("name", ""))
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
    file = await request.call(find_extract, request.workspace, fields.get("name", ""))
    changes = _collect_changes(fields, file)
    if not changes:
        return request.redirect("/files", _("没有改动"))
    doubts = await request.call(_try_columns, request.workspace, file, changes)
    if doubts and "sure" not in fields:
        return await _render_columns(request, file, changes, doubts)
    side = _get_column_side(file)
    await request.call(assign_headers, side, changes, workspace=request.workspace)
    await request.call(forget_findings, request.workspace)
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


ROUTES: tuple[Route, ...] = (
    Route(r"/files/columns$", _show_columns),
    Route(r"/files/columns$", _assign_columns, "POST"),
)
