"""A pair to settle on the terminal: firm and unit side by side, what differs marked, the parts."""

from collections.abc import Iterator
from typing import Any

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gapmatch.cli.terminal import Terminal
from gapmatch.cli.wrapping import Flowing
from gapmatch.explanation.link_parts import COMPARED, describe_level, list_part_labels
from gapmatch.forms.difference import mark_differences
from gapmatch.forms.sheet_model import Marked
from gapmatch.i18n import _
from gapmatch.vocabulary.labels import list_relation_labels

Row = dict[str, Any]


def show_pair(terminal: Terminal, row: Row, heading: str, blind: bool) -> None:  # noqa: FBT001
    """Print the pair of ``row`` (of ``load_review_queue``, persons masked) under ``heading``."""
    terminal.print_line()
    terminal.print_line(Rule(heading, align="left", style="dim"))
    terminal.print_line(_build_table(row, blind=blind, plain=not terminal.out.is_terminal))
    for line in _list_remarks(row, blind=blind):
        terminal.print_line(line)


def ask(terminal: Terminal) -> None:
    """Print the keys."""
    terminal.print_line(
        _("[y] 同一单位  [n] 不是同一单位  [u] 无法判断  [s] 跳过  [b] 撤销上一对  [q] 退出"),
        style="bold",
    )


def _build_table(row: Row, *, blind: bool, plain: bool) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("", _("税务"), _("社保"), _("比对")):
        table.add_column(Flowing(heading), overflow="fold")
    if not blind:
        table.add_column(_("分值"), justify="right")
    labels = list_part_labels()
    for comparison, column in COMPARED.items():
        ours, theirs = mark_differences(
            _get_text(row, f"tax_{column}"), _get_text(row, f"enrollment_{column}")
        )
        level = row.get(f"level_{comparison}")
        cells = [
            Flowing(labels[comparison]),
            _highlight_differences(ours, plain=plain),
            _highlight_differences(theirs, plain=plain),
            Flowing(describe_level(comparison, level) if level else ""),
        ]
        table.add_row(
            *cells, *([] if blind else [Text(_format_bits(row.get(f"part_{comparison}")))])
        )
    return table


def _get_text(row: Row, column: str) -> str:
    return str(row.get(column) or "")


def _highlight_differences(text: Marked | str, *, plain: bool) -> Text:
    """Return text with the marked pieces in red, or between 〔〕 if there are no colours."""
    if isinstance(text, str):
        return Flowing(text)
    before, after = ("〔", "〕") if plain else ("", "")
    return Flowing.assemble(
        *(
            (f"{before}{piece}{after}", "bold red underline") if differs else piece
            for piece, differs in text.fragments
        )
    )


def _list_remarks(row: Row, *, blind: bool) -> Iterator[str]:
    if row.get("relation") == "head_office":
        yield _("可能是这家企业的{relation}").format(relation=list_relation_labels()["head_office"])
    if row.get("changed"):
        yield _("以前认定过，现在数据变了：{changed}").format(changed=row["changed"])
    if blind:
        return
    others = _format_other_parts(row)
    total = _format_bits(row.get("weight"))
    chance = f"{row['probability']:.0%}" if row.get("probability") is not None else ""
    yield _("其他分值 {others}；合计 {total}，是同一家的可能性 {chance}").format(
        others=others or _("无"), total=total, chance=chance
    )
    if row.get("who"):
        yield _("已有的认定：{who}").format(who=row["who"])


def _format_other_parts(row: Row) -> str:
    """Return the parts of the weight that compare no single value: rarities, the prior."""
    labels = list_part_labels()
    parts = {name.removeprefix("part_"): row[name] for name in row if name.startswith("part_")}
    return _("，").join(
        f"{labels.get(name, name)} {_format_bits(weight)}"
        for name, weight in parts.items()
        if name not in COMPARED and weight and round(weight, 1)
    )


def _format_bits(weight: float | None) -> str:
    return "" if weight is None or not round(weight, 1) else f"{weight:+.1f}"
