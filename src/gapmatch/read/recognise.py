"""Files that are no extract of the side they were given for: swapped, or without a header."""

from collections.abc import Sequence
from pathlib import Path

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.header_words import match_exactly
from gapmatch.read.headers import Header, find_header, take_first_lines
from gapmatch.read.knowledge import (
    DROPPED,
    IGNORED,
    join_lines,
    load_knowledge,
    normalise_header,
    strip_brackets,
)
from gapmatch.read.read_model import Grid, Side
from gapmatch.read.text import is_garbled

_MAX_LINES = 100
_NAME_HEADER = "企业名称"
_MIN_NAMES_SHARE = 0.8
"""So many lines of a list of names have nothing in them that could divide columns."""


def get_side_name(side: Side) -> str:
    """Return what officials call an extract of this side."""
    return {
        Side.TAX: _("税务清册"),
        Side.ENROLLMENT: _("参保单位清册"),
        Side.REGISTRY: _("市场主体登记清册"),
    }[side]


def detect_other_side(
    side: Side, grid: Grid, header: Header | None, path: Path
) -> InputError | None:
    """Return an error if the headers are typical of another side and not of this one."""
    for other in Side:
        if other is side:
            continue
        seen = header or find_header(grid, load_knowledge().aliases[other])
        if seen is None:
            continue
        own, foreign = (
            _find_typical_headers(seen, side, other),
            _find_typical_headers(seen, other, side),
        )
        if len(foreign) >= 2 and len(foreign) > 2 * len(own):
            return _build_swapped_error(side, other, path, foreign)
    return None


def _find_typical_headers(header: Header, side: Side, against: Side) -> list[str]:
    """Headers that only ``side`` has: of its own columns, or its own word for the name."""
    found = []
    for index, text in enumerate(header.texts):
        match = match_exactly(index, text, load_knowledge().aliases[side]) if text else None
        if match is None:
            continue
        rival = match_exactly(index, text, load_knowledge().aliases[against])
        marked = match.canonical in load_knowledge().markers[side]
        unknown = rival is None or rival.canonical in (IGNORED, DROPPED)
        own_word = match.canonical == "name" and not match.stage and (rival is None or rival.stage)
        if (marked and unknown) or own_word:
            found.append("".join(text.split()))
    return found


def _build_swapped_error(side: Side, other: Side, path: Path, foreign: Sequence[str]) -> InputError:
    return InputError(
        _("这个文件像是{other}，却作为{side}给出：{path}\n依据：表头中有 {headers}").format(
            other=get_side_name(other),
            side=get_side_name(side),
            path=path,
            headers=_("、").join(foreign[:6]),
        ),
        _("请检查 --{side} 与 --{other} 后面的文件是否放反了。").format(
            side=side.value, other=other.value
        ),
        file=path,
    )


def build_no_header_error(side: Side, path: Path, grids: Sequence[Grid]) -> InputError:
    """Return the error for a file where no row looks like a header of this side."""
    shown = []
    remedy = _(
        "请确认给对了文件和工作表；表头如用了少见的列名，请在工作区的 gapmatch.toml 中写明："
        "\n\n"
        '[columns.{side}]\nname = ["我的名称列"]\ncredit_code = ["我的代码列"]'
    ).format(side=side.value)
    for grid in grids[:5]:
        for place, texts in take_first_lines(grid, 3):
            cells = " | ".join("".join(t.split())[:20] for t in texts[:12] if t)
            sheet = _("工作表“{name}”").format(name=grid.sheet) if grid.sheet else ""
            shown.append(
                _("  {sheet}第 {row} 行：{cells}").format(
                    sheet=sheet, row=grid.get_row_number(place), cells=cells
                )
            )
    if is_garbled("".join(shown)):
        remedy = describe_garbled()
    elif _is_list_of_persons(grids):
        remedy = describe_persons_remedy()
    elif _is_aligned_by_spaces(grids):
        remedy = _("各列像是用空格对齐的，分不清从哪里断开；请从原系统导出为 CSV 或 Excel 工作簿。")
    elif _is_list_of_names(grids):
        remedy = _(
            "文件像是只有名称的一列，没有列名：请在最上面加一行“{header}”，保存后重试；"
            "有信用代码的，最好一并放进来。"
        ).format(header=_NAME_HEADER)
    elif _has_one_column(grids):
        remedy = _(
            "每行只分出一列，各列之间多半是少见的符号；请从原系统导出为 Excel 工作簿（.xlsx），"
            "或用 Excel 打开，选“数据—分列”按该符号分开，另存为 .xlsx 后重试。"
        )
    seen = "\n".join(shown[:9]) or _("  （没有任何内容）")
    return InputError(
        _("没有找到{side}的表头：{path}\n看到的前几行：\n{seen}").format(
            side=get_side_name(side), path=path, seen=seen
        ),
        remedy,
        file=path,
    )


def find_person_header(headers: Sequence[str]) -> str | None:
    """Return the header of persons' names if their numbers stand beside them."""
    layout = load_knowledge().layout
    plain = {normalise_header(strip_brackets(text)): text for text in headers if text}
    names = [text for header, text in plain.items() if header in layout["person_names"]]
    numbered = any(header in layout["person_numbers"] for header in plain)
    return join_lines(names[0]) if names and numbered else None


def describe_persons_remedy() -> str:
    """Return what to do with a list that has a person and no unit in each row."""
    return _(
        "灵活就业人员、个人缴费等名单不参加比对：请把这个文件（或工作表）移走后重试；"
        "要的是每个单位一行的清册。"
    )


def _is_list_of_persons(grids: Sequence[Grid]) -> bool:
    lines = (texts for grid in grids[:1] for _place, texts in take_first_lines(grid, 3))
    return any(find_person_header(texts) for texts in lines)


def describe_garbled() -> str:
    """Return what to do with a text that was read in another encoding and saved so."""
    return _(
        "文件曾用错误的编码打开并保存，原来的字已经认不出；"
        "请从原系统重新导出（编码选 UTF-8 或 GBK）。"
    )


def _has_one_column(grids: Sequence[Grid]) -> bool:
    grid = next(iter(grids), None)  # a damaged XLS may have no sheet
    return grid is not None and grid.widths is not None and grid.cells.width == 1


def _is_list_of_names(grids: Sequence[Grid]) -> bool:
    """Whether a text file has one column of words, with nothing that could divide them."""
    if not _has_one_column(grids):
        return False
    lines = grids[0].cells["c0"].drop_nulls().head(_MAX_LINES).str.strip_chars()
    lines = lines.filter(lines != "")
    words = lines.str.contains(r"^[\p{Han}A-Za-z0-9（）()·&“”\-]+$")
    coded = lines.str.contains(r"[A-Za-z0-9]{8}")
    return int((words & ~coded).sum()) > _MIN_NAMES_SHARE * len(lines)


def _is_aligned_by_spaces(grids: Sequence[Grid]) -> bool:
    """Whether a text file has one column, and spaces within most of its lines."""
    if not _has_one_column(grids):
        return False
    grid = grids[0]
    lines = grid.cells["c0"].drop_nulls().head(_MAX_LINES)
    return int(lines.str.contains(r"\S\s+\S+\s+\S").sum()) * 2 > len(lines)
