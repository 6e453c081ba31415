"""The report of an import: what it took, what it left and why, in words."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from gapmatch.cli.report_tables import show
from gapmatch.cli.terminal import Terminal
from gapmatch.errors import ExitCode
from gapmatch.i18n import _
from gapmatch.reports import Page, Section

if TYPE_CHECKING:
    import polars as pl

    from gapmatch.ledger.imports import ImportReport
    from gapmatch.ledger.undo_import import UndoReport


def report(taken: "ImportReport", terminal: Terminal) -> int:
    """Print the report of an import and return the exit code."""
    show(Page(list(_build_sections(taken)), _collect_facts(taken)), terminal)
    terminal.print_line()
    terminal.print_line(_suggest_next_step(taken))
    if taken.corrections:
        words = _("未采用的行写在 {path}，更正后可直接导入。")
        terminal.print_line(words.format(path=taken.corrections))
    if taken.other:
        terminal.print_line(_suggest_other_import(taken))
    return ExitCode.ROWS_LEFT_OUT if taken.left.height else ExitCode.DONE


def report_undo(taken_back: "UndoReport", terminal: Terminal) -> int:
    """Print what was taken back."""
    words: list[tuple[str, str | int]] = [
        (_("撤回的导入"), taken_back.number),
        (_("文件"), taken_back.file),
        (_("撤回的走访结果"), taken_back.visits),
        (_("撤回的认定"), taken_back.decisions),
    ]
    show(Page([Section("", words, ("", ""))], asdict(taken_back)), terminal)
    return 0


def _collect_facts(taken: "ImportReport") -> dict[str, object]:
    numbers = ("kind", "files", "taken", "known", "blank", "other", "decided")
    return {name: getattr(taken, name) for name in numbers} | {
        "left": taken.left.to_dicts(),
        "notes": taken.notes.to_dicts(),
        "imports": taken.numbers,
    }


def _build_sections(taken: "ImportReport") -> Iterator[Section]:
    words: list[tuple[str, str | int]] = [
        (_("工作簿"), taken.files),
        (_("新采用的行"), taken.taken),
        (_("以前已经导入的行"), taken.known),
        (_("未采用的行"), taken.left.height),
        (_("没有填写的行"), taken.blank),
    ]
    if taken.decided:
        words.append((_("据此认定为同一单位的配对"), taken.decided))
    named = sorted((n, file) for file, n in taken.numbers.items()) if taken.taken else []
    if len(named) == 1:
        number = _("{number}（{file}）").format(number=named[0][0], file=named[0][1])
        words.append((_("导入编号（可用 --undo 撤回）"), number))
    yield Section("", words, ("", ""))
    if len(named) > 1:
        yield Section(_("导入编号（可用 --undo 撤回）"), named, (_("编号"), _("文件")))
    if taken.left.height:
        yield _list_refused_rows(taken)
    if taken.notes.height:
        yield _list_rows(_("已采用，但请留意"), taken.notes)


def _list_refused_rows(taken: "ImportReport") -> Section:
    """List what was left out, with the firm that each row shows."""
    headings = (_("文件"), _("工作表"), _("行"), _("名称"), _("原因"))
    rows = sorted(
        (refused.file, refused.sheet, refused.row, refused.cells.get("name", ""), refused.reason)
        for refused in taken.refused
    )
    return Section(_("未采用，原因如下"), rows, headings)


def _list_rows(title: str, frame: "pl.DataFrame") -> Section:
    headings = (_("文件"), _("工作表"), _("行"), _("原因"))
    return Section(title, frame.select("file", "sheet", "row", "reason").rows(), headings)


def _suggest_next_step(taken: "ImportReport") -> str:
    if not taken.taken:
        return _("没有新采用的行，台账没有变化。")
    if taken.kind == "review":
        return _("认定已记入台账，下一次 gapmatch run 起生效，不会再问同一对。")
    return _("走访结果已记入台账。查看进展：gapmatch cases --by-county")


def _suggest_other_import(taken: "ImportReport") -> str:
    if taken.kind == "review":
        text = _("这些工作簿里也有 {count} 行走访结果；还没有收的，请运行 gapmatch visits import。")
    else:
        text = _("这些工作簿里也有 {count} 行认定结果；还没有收的，请运行 gapmatch review import。")
    return text.format(count=taken.other)
