"""Changes between two quarters: lines to read, a CSV of every firm, and a workbook."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from gapmatch.errors import PublishError, wrap_os_errors
from gapmatch.forms.guide import format_quarter
from gapmatch.forms.headings import list_headings
from gapmatch.forms.sheet_model import Block, Book, FigureSheet, Heading, ListSheet
from gapmatch.forms.writer import render_book
from gapmatch.i18n import _
from gapmatch.ledger.quarter_diff import KINDS, Difference
from gapmatch.private_files import replace_private_file
from gapmatch.reports import Page, Section
from gapmatch.results.tables import encode_csv
from gapmatch.vocabulary.labels import describe_fate, list_labels, list_status_labels


class Changes(NamedTuple):
    """What changed between an earlier quarter and a later one."""

    quarters: tuple[str, str]
    found: Difference


def build_changes_page(changes: Changes, files: Sequence[Path]) -> Page:
    """Return the summary of ``changes`` for the screen; ``files``: what was written of them."""
    first, *between, last = list_reconciled_lines(changes)
    rows = [
        (first[0], f"{first[1]:,}"),
        *((words, f"{count:+,}") for words, count in between),
        (last[0], f"{last[1]:,}"),
    ]
    headings = (_("项目"), _("户数"))
    sections = [
        Section(_("疑似未参保户数的来龙去脉"), rows, headings),
        Section(_("变化的户数（一户可有几种变化）"), list_kind_lines(changes), headings),
        Section(_("对应的参保单位变化，原因"), list_reason_lines(changes), headings),
    ]
    facts = {
        "quarters": list(changes.quarters),
        "totals": changes.found.totals.to_dicts(),
        "summary": dict(changes.found.summary.rows()),
        "link_reasons": count_link_reasons(changes),
        "files": list(files),
    }
    return Page([section for section in sections if section.rows], facts)


def list_reconciled_lines(changes: Changes) -> list[tuple[str, int]]:
    """Return the way between two quarters' uninsured; the lines between are signed and add up."""
    before, now = map(format_quarter, changes.quarters)
    held, less, more = _("{quarter} 疑似未参保"), _("减：{fate}"), _("加：{fate}")
    ends = {"before": held.format(quarter=before), "now": held.format(quarter=now)}

    def describe_line(line: str, status: str) -> str:
        change = less if line == "became" else more
        return ends.get(line) or change.format(fate=describe_fate(line, status))

    return [
        (describe_line(line, status), count) for line, status, count in changes.found.totals.rows()
    ]


def list_kind_lines(changes: Changes) -> list[tuple[str, int]]:
    """Return each kind of change in words with its number of firms."""
    words = list_labels("change")
    return [(words[kind], count) for kind, count in changes.found.summary.rows()]


def list_reason_lines(changes: Changes) -> list[tuple[str, int]]:
    """Return why links changed, in words, with the number of firms."""
    words = list_link_reasons()
    return [(words[reason], count) for reason, count in count_link_reasons(changes).items()]


def count_link_reasons(changes: Changes) -> dict[str, int]:
    """Return why links changed to the number of firms, in the order of ``list_link_reasons``."""
    counts = dict(changes.found.firms["link_reason"].value_counts().rows())
    return {reason: counts[reason] for reason in list_link_reasons() if reason in counts}


def list_link_reasons() -> dict[str, str]:
    """Return why a link changed, to words."""
    return {"decision": _("人工认定"), "input": _("清册数据变化"), "settings": _("设置变化")}


def write_changes(changes: Changes, folder: Path) -> list[Path]:
    """Write ``changes.csv`` and a workbook of what changed, whole or not; return their paths."""
    table, book = build_changes_table(changes), _build_book(changes)
    with wrap_os_errors(folder, PublishError):
        replace_private_file(folder / "changes.csv", encode_csv(table))
        replace_private_file(folder / book.path, render_book(book))
    return [folder / "changes.csv", folder / book.path]


def build_changes_table(changes: Changes) -> pl.DataFrame:
    """Return one row per firm of either quarter, in the order of contents."""
    now, before = (
        [f"{name}_{when}" for name in ("county", "code", "name", "status")]
        for when in ("now", "before")
    )
    keys = [
        pl.coalesce(*pair).alias(f"key{i}") for i, pair in enumerate(zip(now, before, strict=True))
    ]
    ordered = changes.found.firms.sort(*keys, *before, *now, nulls_last=True)
    return ordered.drop("previous", "current").with_columns(
        pl.col("repeated_before", "repeated_now", *KINDS).cast(pl.Int8)
    )


def _build_book(changes: Changes) -> Book:
    before, now = map(format_quarter, changes.quarters)
    title = _("{before} 与 {now} 对比").format(before=before, now=now)
    return Book(
        path=_("变化.xlsx"),
        title=title,
        sheets=(_build_figures(changes, title), _build_list(changes, title)),
        facts={"form": "changes-1", "quarter": changes.quarters[1]},
        footer=title,
    )


def _build_figures(changes: Changes, title: str) -> FigureSheet:
    blocks = (
        _build_block(
            _("疑似未参保户数的来龙去脉（逐项加减，首尾相符）"), list_reconciled_lines(changes)
        ),
        _build_block(_("变化的户数（一户可有几种变化）"), list_kind_lines(changes)),
        _build_block(_("对应的参保单位变化，原因"), list_reason_lines(changes)),
    )
    note = _("逐户清单见“逐户”表和 changes.csv。")
    return FigureSheet(_("汇总"), title, note, blocks)


def _build_block(title: str, lines: list[tuple[str, int]]) -> Block:
    headings = (Heading("line", _("项目"), 44), Heading("firms", _("户数"), 12, "integer"))
    return Block(title, headings, tuple(lines))


def _build_list(changes: Changes, title: str) -> ListSheet:
    statuses = list_status_labels()
    changed = pl.any_horizontal(pl.col(KINDS) == 1)
    kinds = [
        pl.when(pl.col(kind) == 1).then(pl.lit(word))
        for kind, word in list_labels("change").items()
    ]
    table = build_changes_table(changes).filter(changed)
    shown = table.with_columns(
        pl.when(pl.col("renamed") == 1)
        .then(pl.format(_("{}（原：{}）"), "name_now", "name_before"))
        .otherwise(pl.coalesce("name_now", "name_before"))
        .alias("name"),
        pl.concat_str(*kinds, separator=_("、"), ignore_nulls=True).alias("kinds"),
        pl.col("status_before", "status_now").replace(statuses),
        pl.col("link_reason").replace(list_link_reasons()),
    )
    headings = list_headings("changes")
    return ListSheet(
        _("逐户"),
        title,
        _("有任何一种变化的企业；同一企业按代码和名称在两季之间对应。"),
        headings,
        tuple(shown.select(heading.name for heading in headings).rows()),
        empty=_("两个季度没有差别。"),
    )
