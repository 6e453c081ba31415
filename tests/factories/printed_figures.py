"""Read every figure of a quarter out of every paper that prints it: place → code → value.

Code of a figure as in ``config/labels.csv``; ``COUNTY|code`` is the figure of a county. Each reader knows
where its paper prints a number, none counts in the way that the program does.
"""

import csv
import json
import re
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
from rich.console import Console

from gapmatch.api.workspace import Workspace
from gapmatch.cli.run_summary import build_county_table
from gapmatch.forms.headings import list_headings
from gapmatch.i18n import _, use_language
from gapmatch.ledger.quarter_diff import KINDS
from gapmatch.run.assessed_run import Summary
from gapmatch.schemas import STATUSES
from gapmatch.vocabulary.labels import (
    list_figure_labels,
    list_labels,
    list_progress_labels,
    list_verdict_figures,
)

Figures = dict[str, float]


def codes_by_word(printed: Iterable[object] = ()) -> dict[str, str]:
    """Return the words of every figure, with its code; ``printed`` are the words around them.

    Out of scope is one word and one number, as a status and as a verdict.
    """
    changes = {words: f"change_{kind}" for kind, words in list_labels("change").items()}
    statuses = {words: code for code, words in list_figure_labels().items()}
    verdicts = {words: code for code, words in list_verdict_figures().items()}
    is_of_statuses = list_figure_labels()["insured"] in map(str, printed)
    ordered = (verdicts, statuses) if is_of_statuses else (statuses, verdicts)
    same_number = {_("名单户数"): "firms", _("户数"): "firms"}
    return {**ordered[0], **ordered[1], **changes, **same_number}


def number(text: object) -> float:
    """Return the number that a cell or a piece of text shows."""
    return float(str(text).replace(",", ""))


def of_table(rows: Iterable[Sequence[object]]) -> Figures:
    """Read a table of counties: words of figures in its first row, counties in its first column."""
    heading, *body = rows
    words = {_join(word): code for word, code in codes_by_word(heading).items()}
    columns = {
        place: words[name] for place, title in enumerate(heading) if (name := _join(title)) in words
    }
    found: Figures = {}
    for row in body:
        county = str(row[0])
        for place, code in columns.items():
            found[code if county == _("合计") else f"{county}|{code}"] = number(row[place])
    return found


def _join(title: object) -> str:
    """Return a heading without spaces and the ends of its lines."""
    return re.sub(r"\s", "", str(title))


def of_lines(rows: Iterable[Sequence[object]]) -> Figures:
    """Read lines of words and a number each; lines that are no figure are passed over."""
    lines = [row for row in rows if row]
    words = codes_by_word(row[0] for row in lines)
    return {words[str(row[0])]: number(row[1]) for row in lines if str(row[0]) in words}


def sheet_blocks(path: Path, sheet: str) -> Iterator[list[list[object]]]:
    """Yield the tables of a sheet of figures: rows of more than one cell."""
    block: list[list[object]] = []
    for row in openpyxl.load_workbook(path, data_only=True)[sheet].iter_rows(values_only=True):
        cells = [cell for cell in row if cell is not None]
        if len(cells) > 1:
            block.append(cells)
        elif block:
            yield block
            block = []
    if block:
        yield block


class _Page(HTMLParser):
    """Tables and other texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.texts: list[str] = []
        self._hidden = self._in_cell = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden = tag in ("style", "script")
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._in_cell = True
        elif tag in ("p", "h2", "li", "div"):
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._in_cell:
            self.tables[-1][-1][-1] += data
        elif self.texts:
            self.texts[-1] += data


_SENTENCES = (
    "{firms}户纳税企业中，疑似未参保{uninsured}户",
    "估计涉及{headcount_uninsured}人",
    "已走访{visited}户",
    "走访后参保{enrolled}户",
    "新增参保{persons}人",
    "逾期未走访{overdue}户",
    "本季安排走访{tier_a}户，预计新增参保约{expected_tier_a}人",
    "批准本季走访名单{tier_a}户",
    "督办逾期未走访的{overdue}户",
    "认定待核实的{review}户",
    "核查疑似未经营的{dormant}户",
)
_REPLY = (
    "名单共{list_rows}行，其中与其他行是同一户的{list_repeated}行、不是一户或没有名称和代码、无从核查的{list_unreadable}行，计{firms}户",
    "列错{refuted}户",
    "不在范围{outside}户",
    "未经营{not_operating}户",
    "待定{to_settle}户",
    "属实{confirmed}户",
    "本季走访{confirmed_tier_a}户",
    "以后各季走访{later}户",
    "不再走访{not_listed}户",
)


_STACK = r"^(\S+) ([\d,]+) [\d.]+%$"


def of_sentences(text: str, patterns: Iterable[str]) -> Figures:
    """Read numbers out of sentences, by patterns with codes in braces."""
    plain, found = re.sub(r"\s", "", text), {}
    for pattern in patterns:
        names = re.findall(r"\{(\w+)\}", pattern)
        shape = re.sub(r"\\\{\w+\\\}", r"([\\d,]+)", re.escape(pattern))
        if match := re.search(shape, plain):
            found |= {name: number(n) for name, n in zip(names, match.groups(), strict=True)}
    return found


def of_terminal(summary: Summary) -> Figures:
    """Read the table that a run prints."""
    printed = StringIO()
    screen = Console(file=printed, width=200, color_system=None)
    screen.print(build_county_table(summary.by_county))
    lines = [
        re.split(r"\s{2,}|(?<=\S) (?=\d)", line.strip()) for line in printed.getvalue().split("\n")
    ]
    return of_table([line for line in lines if len(line) > 1])


def of_summary(summary: Summary) -> Figures:
    """Read what the API (and ``--json``) returns."""
    found: Figures = {}
    for county, counts in summary.by_county.items():
        for code, value in counts.items():
            found[f"{county}|{code}"] = value
            found[code] = found.get(code, 0) + value
    return found


def of_report(path: Path) -> Figures:
    """Read page one, the bridge and the tables of the report."""
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    found = of_sentences("".join(page.texts), _SENTENCES)
    for table in page.tables:
        if table[0][0] == _("县（市、区）"):
            found |= compared(found, of_table(table))
        elif table[0][0] in (_("变化"), _("项目")):
            found |= compared(found, of_lines(table))
    stack = [match.groups() for text in page.texts if (match := re.match(_STACK, text.strip()))]
    return found | compared(found, of_lines(stack))


def compared(known: Mapping[str, float], more: Figures) -> Figures:
    """Return ``more``; a figure that is printed twice in a paper is one number."""
    for name in known.keys() & more.keys():
        assert abs(known[name] - more[name]) <= 0.5 + 1e-6, name
    return {name: value for name, value in more.items() if name not in known}


def of_prefecture_book(path: Path) -> Figures:
    """Read the pages of figures of the prefecture's workbook."""
    found: Figures = {}
    for sheet in (_("各县区"), _("走访进展")):
        for block in sheet_blocks(path, sheet):
            found |= compared(found, of_table(block))
    for block in sheet_blocks(path, _("质量")):
        found |= compared(found, of_lines(block))
    return found


def of_county_books(folder: Path) -> Figures:
    """Read the page of figures, and count the rows, of every county's workbook."""
    found: Figures = {}
    for path in sorted(folder.glob("*.xlsx")):
        county = path.stem
        _progress, statuses, towns = list(sheet_blocks(path, _("数据")))
        heading, *rows = towns
        own = of_lines(statuses) | {"firms": number(statuses[-1][1])}
        summed = of_table([heading, rows[-1]])
        own |= compared(own, {k.split("|")[-1]: v for k, v in summed.items()})
        found |= {f"{county}|{code}": value for code, value in own.items()}
        for code, value in own.items():
            found[code] = found.get(code, 0) + value
    return found


def of_verified_list(path: Path) -> Figures:
    """Read the bridge and the counties, and count the rows, of the verified list."""
    signs = "|".join(sign.format(word="") for sign in (_("减：{word}"), _("加：{word}")))
    bridge = {
        re.sub(f"^({signs})", "", str(words)): abs(number(n))
        for block in sheet_blocks(path, _("汇总"))
        for words, n in block[1:]
    }
    found = of_lines(bridge.items()) | {
        "list_rows": bridge[_("名单行数")],
        "list_repeated": bridge[_("与其他行是同一户的行")],
        "list_unreadable": bridge[_("不是一户、或没有名称和代码的行（结论为待定）")],
        "later": bridge[_("以后各季走访")],
        "not_listed": bridge[_("本季未列入走访（近期已走访、已办结）")],
    }
    for block in sheet_blocks(path, _("各县区")):
        found |= compared(found, of_table(block))
    rows = list(openpyxl.load_workbook(path)[_("核查结果")].iter_rows(values_only=True))
    titles = {heading.name: heading.title for heading in list_headings("verified")}
    (start,) = [place for place, row in enumerate(rows) if titles["verdict"] in row]
    verdict, repeats = (rows[start].index(titles[name]) for name in ("verdict", "repeats"))
    own = [row for row in rows[start + 1 :] if row[verdict] and not row[repeats]]
    counted = Counter(str(row[verdict]) for row in own)
    words = {words: code for code, words in list_labels("verdict").items()}
    return found | compared(found, {words[w]: float(n) for w, n in counted.items()})


def of_reply(path: Path) -> Figures:
    """Read the sentences and the table of the reply."""
    text = zipfile.ZipFile(path).read("word/document.xml").decode()
    plain = re.sub("<[^>]*>", "", text)
    found = of_sentences(plain, _REPLY)
    rows = [
        [re.sub("<[^>]*>", "", cell) for cell in re.findall(r"<w:tc>.*?</w:tc>", row, re.DOTALL)][
            1:
        ]
        for row in re.findall(r"<w:tr[ >].*?</w:tr>", text, re.DOTALL)
    ]
    return found | compared(found, of_table(rows))


def of_csv(folder: Path) -> Figures:
    """Count the rows of ``gaps.csv`` and ``targets.csv``."""
    found: Figures = {}
    own = [
        row
        for row in _read_csv(folder / "gaps.csv")
        if row["is_duplicate"] == "false" and not row["same_firm_tax_row"]
    ]
    targets = _read_csv(folder / "targets.csv")
    first = [row for row in targets if row["tier"] == "A"]
    for rows, column, names in (
        (own, "status", STATUSES),
        (own, "verdict", list_labels("verdict")),
    ):
        for name in names:
            found[name] = sum(row[column] == name for row in rows)
    persons = [float(r["headcount"] or 0) for r in own if r["status"] == "uninsured"]
    expected = [[float(r["expected_new_enrollees"]) for r in rows] for rows in (targets, first)]
    return found | {
        "firms": len(own),
        "targets": len(targets),
        "tier_a": len(first),
        "expected": sum(expected[0]),
        "expected_tier_a": sum(expected[1]),
        "headcount_uninsured": sum(persons),
    }


def _read_csv(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig"))))


def of_run_json(path: Path) -> Figures:
    """Read the figures that ``run.json`` has."""
    info = json.loads(path.read_text(encoding="utf-8"))
    counties = {
        f"{county}|{code}": float(value)
        for county, figures in info["figures_by_county"].items()
        for code, value in figures.items()
    }
    return {code: float(value) for code, value in info["figures"].items()} | counties


def of_store(path: Path, quarter: str) -> Figures:
    """Count by SQL in the tables and views of the store (rows that list a firm again stay in)."""
    with sqlite3.connect(path) as database:
        tiers = "SELECT count(*), sum(tier = 'A'), sum(expected_new_enrollees) FROM current_gaps WHERE rank"
        targets, first, expected = database.execute(tiers).fetchone()
        (gone,) = database.execute(
            "SELECT count(*) FROM open_cases WHERE quarter = ?", [quarter]
        ).fetchone()
    return {"targets": targets, "tier_a": first, "expected": expected, "open_cases": gone}


def of_api(workspace: Workspace) -> Figures:
    """Count the frames that the API returns."""
    gaps, targets = workspace.gaps(), workspace.targets()
    own = gaps.join(
        workspace.firms().filter(pl.col("duplicate_of").is_null()).select("firm"),
        on="firm",
        how="semi",
    )
    figures = workspace.figures()
    cases = workspace.cases()
    found = {name: float((own["status"] == name).sum()) for name in STATUSES}
    stored = {
        f"{county}|{code}" if county else code: value for county, code, value in figures.rows()
    }
    counted = {
        **found,
        "firms": own.height,
        "targets": targets.height,
        "tier_a": targets.filter(tier="A").height,
        "visited": float((cases["visits"] > 0).sum()),
        "persons": float(cases["persons_gained"].sum()),
        "closed": float((cases["state"] == "closed").sum()),
        "overdue": float(cases["overdue"].sum()),
        "open_cases": float((cases["open"] & cases["target"]).sum()),
    }
    return stored | compared(stored, counted)


def of_cases(answer: Mapping[str, Any]) -> Figures:
    """Read ``gapmatch cases --by-county --json``."""
    found: Figures = {}
    for row in answer["counties"]:
        for code in list_progress_labels():
            found[f"{row['county']}|{code}"] = row[code]
            found[code] = found.get(code, 0) + row[code]
    return found


def of_diff(answer: Mapping[str, Any], folder: Path) -> Figures:
    """Read ``gapmatch diff --json``, its workbook and its table."""
    found = {f"change_{kind}": float(n) for kind, n in answer["summary"].items()}
    found["uninsured"] = answer["totals"][-1]["firms"]
    blocks = [line for block in sheet_blocks(folder / _("变化.xlsx"), _("汇总")) for line in block]
    compared(found, of_lines(blocks))
    rows = _read_csv(folder / "changes.csv")
    own = [r for r in rows if (r["repeated_now"] or r["repeated_before"]) == "0"]
    compared(found, {f"change_{kind}": sum(r[kind] == "1" for r in own) for kind in KINDS})
    uninsured = [r for r in rows if r["status_now"] == "uninsured" and r["repeated_now"] == "0"]
    compared(found, {"uninsured": len(uninsured)})
    return found


_HEAD = """\
# Figures: one word, one number

<!-- Written by `GAPMATCH_WRITE_PAGE=1 python -m pytest tests/test_one_number.py`; a test compares it. -->

Every figure that is printed of a quarter has one code, one Chinese and one English name (`config/labels.csv`)
and is counted in one place (`results/quarter_figures.py`): a firm that the list has twice counts once. `run.json`
(`figures`, `figures_by_county`), the store (frame `figures`) and `Workspace.figures()` have them all. The figures of
visits are those of the moment: papers have them as of the run, `gapmatch cases` as of now.

Below is the second quarter of [the sample](../data/sample/README.md), with the visits of both quarters, run with
`--verify` and with three firms listed twice. Every number was read out of the file or output that heads its
column; empty: not printed there. Persons are printed as whole numbers and have fractions in the files.
"""


def write_page(places: Mapping[str, Figures]) -> str:
    """Return ``docs/figures.md``: code, words, and the number in every place."""
    with use_language("en"):
        english = _list_words()
    with use_language("zh"):
        chinese = _list_words()
    heading = ["code", "中文", "English", *places]
    lines = [heading, ["---"] * len(heading)]
    for code, words in chinese.items():
        numbers = [_format(found.get(code)) for found in places.values()]
        lines.append([f"`{code}`", words, english[code], *numbers])
    return _HEAD + "\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _list_words() -> dict[str, str]:
    changes = {f"change_{kind}": words for kind, words in list_labels("change").items()}
    return {**list_figure_labels(), **list_verdict_figures(), **changes}


def _format(value: float | None) -> str:
    return "" if value is None else f"{round(value, 1):,g}"
