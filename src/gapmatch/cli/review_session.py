"""Settling pairs in the terminal: one at a time, each answer written down at once."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gapmatch.api.stores import open_store
from gapmatch.cli.terminal import Terminal
from gapmatch.cli.wrapping import Flowing
from gapmatch.errors import StoreError
from gapmatch.explanation.link_parts import describe_level, list_part_labels
from gapmatch.forms.difference import mark_differences
from gapmatch.forms.sheet_model import Marked
from gapmatch.i18n import _
from gapmatch.linkage.levels import COMPARED
from gapmatch.vocabulary.labels import list_labels

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
        yield _("可能是这家企业的{relation}").format(
            relation=list_labels("relation")["head_office"]
        )
    if row.get("relation") == "linked_before":
        yield list_labels("relation")["linked_before"]
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
    if row.get("decision") == "disputed":
        yield _("认定人意见不一：有人改口、意见一致以前，这一对仍在待核实")


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


VERDICTS = {
    "y": "same",
    "1": "same",
    "n": "different",
    "2": "different",
    "u": "unsure",
    "3": "unsure",
}
SKIP, UNDO, QUIT = frozenset("s0 "), frozenset("bz\x7f\x08"), frozenset("q\x1b\x03\x04")


@dataclass(frozen=True)
class Reviewer:
    """Reviewer, quarter and workspace; ``blind``: hide scores and others' decisions."""

    workspace: Path
    who: str
    quarter: str | None = None
    blind: bool = False


@dataclass
class _Session:
    reviewer: Reviewer
    quarter: str
    queue: list[Row]
    terminal: Terminal
    place: int = 0
    answers: set[int] = field(default_factory=set)
    """Places in the queue that were decided."""

    def run(self, read: Callable[[], str]) -> None:
        """Ask until the queue is through or the reviewer quits."""
        while self.place < len(self.queue):
            show_pair(
                self.terminal, self.queue[self.place], self._format_heading(), self.reviewer.blind
            )
            if not self._take_answer(read):
                return

    def _take_answer(self, read: Callable[[], str]) -> bool:
        """Act on the first key that means something; False to quit."""
        ask(self.terminal)
        while True:
            key = read().lower()
            if not key or key in QUIT:
                return False
            if key in SKIP:
                self.place += 1
                return True
            if key in UNDO:
                self._undo()
                return True
            if key in VERDICTS and self._record(VERDICTS[key]):
                self.place += 1
                return True

    def _format_heading(self) -> str:
        return _("{who}  {quarter}  第 {number} / {count} 对  已认定 {done}").format(
            who=self.reviewer.who,
            quarter=self.quarter,
            number=self.place + 1,
            count=len(self.queue),
            done=len(self.answers),
        )

    def _record(self, verdict: str) -> bool:
        from gapmatch.api.reviews import record_decision

        if self._write(record_decision, self.place, verdict):
            self.answers.add(self.place)
            self.terminal.print_line(
                f"→ {list_labels('review_verdict')[verdict]}", style="bold green"
            )
            return True
        return False

    def _undo(self) -> None:
        from gapmatch.api.reviews import retract_decision

        if self.place == 0:
            self.terminal.print_line(_("前面没有可以撤销的。"))
            return
        last = self.place - 1
        if last not in self.answers or self._write(retract_decision, last):
            self.place = last
            self.answers.discard(last)

    def _write(self, write: Callable[..., None], place: int, *verdict: str) -> bool:
        """Write one answer, holding the workspace for that moment alone; warn if that fails."""
        reviewer = self.reviewer
        try:
            write(
                self.queue[place],
                *verdict,
                quarter=self.quarter,
                workspace=reviewer.workspace,
                who=reviewer.who,
            )
        except StoreError as error:
            self.terminal.warn(f"{error.message}\n{error.remedy}")
            return False
        return True


def hold_session(reviewer: Reviewer, terminal: Terminal) -> int:
    """Present the pairs that ``reviewer`` has not decided; each answer is stored at once."""
    session = _Session(reviewer, *_load_queue(reviewer), terminal)
    if not session.queue:
        terminal.print_line(_("{quarter} 没有待认定的配对。").format(quarter=session.quarter))
        return 0
    with suppress(KeyboardInterrupt, EOFError):  # as quitting: every answer is written down already
        session.run(read_key)
    left = len(session.queue) - len(session.answers)
    terminal.print_line()
    terminal.print_line(
        _("已认定 {done} 对，还有 {left} 对。再次运行 gapmatch review 从剩下的继续。").format(
            done=len(session.answers), left=left
        )
    )
    terminal.print_line(_("认定在下一次 gapmatch run 时生效。"))
    return 0


def _load_queue(reviewer: Reviewer) -> tuple[str, list[Row]]:
    from gapmatch.api.reviews import load_review_queue

    workspace = reviewer.workspace
    with open_store(workspace) as store:
        quarter = reviewer.quarter or store.find_latest_quarter() or ""
    queue = load_review_queue(
        reviewer.quarter, workspace=workspace, who=reviewer.who, blind=reviewer.blind
    )
    return quarter, queue.to_dicts()


def read_key() -> str:
    """Return the next key; from a pipe the next character that is no line end, empty at its end."""
    if sys.stdin.isatty():
        return typer.getchar()
    key = sys.stdin.read(1)
    while key in ("\n", "\r"):
        key = sys.stdin.read(1)
    return key
