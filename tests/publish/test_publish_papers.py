"""Word templates, the reply to the province, slips and letters."""

import re
import sys
import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_prefecture import prefecture
from openpyxl import load_workbook

from gapmatch.errors import InputError
from gapmatch.forms.rows import build_firm_rows, select_visits
from gapmatch.forms.sheet_model import Block, Book, FigureSheet, Heading
from gapmatch.forms.writer import render_book
from gapmatch.i18n import use_language
from gapmatch.papers.reply import make_reply
from gapmatch.papers.slips import SlipOptions, make_slips
from gapmatch.papers.templates import copy_templates, list_template_files
from gapmatch.papers.word_template import WordTemplate
from gapmatch.results.quarter_figures import count_verdicts
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.schemas import map_statuses
from gapmatch.settings.load import load_settings

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SETTINGS = load_settings()


def document(body: str) -> str:
    return (
        f'<w:document xmlns:w="{W[1:-1]}"><w:body>{body}<w:sectPr><w:pgSz w:w="11906"/></w:sectPr>'
        "</w:body></w:document>"
    )


def paragraph(*runs: str) -> str:
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in cells) + "</w:tr>"


def template(folder, body: str, words=("name", "town", "items.a", "items.b")) -> WordTemplate:
    path = folder / "模板.docx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("word/document.xml", document(body))
    return WordTemplate.from_file(path, words)


def parse(content: bytes) -> ElementTree.Element:
    with zipfile.ZipFile(BytesIO(content)) as package:
        return ElementTree.fromstring(package.read("word/document.xml"))


def lines(content: bytes) -> list[str]:
    """The text of each paragraph; a break is a new line."""
    text = {f"{W}t": lambda e: e.text or "", f"{W}br": lambda _e: "\n", f"{W}tab": lambda _e: "\t"}
    return [
        "".join(text[e.tag](e) for e in found.iter() if e.tag in text)
        for found in parse(content).iter(f"{W}p")
    ]


def page_starts(content: bytes) -> int:
    return 1 + sum(1 for _found in parse(content).iter(f"{W}pageBreakBefore"))


@pytest.mark.parametrize(
    ("body", "values", "expected", "why"),
    [
        (paragraph("{{name}}户"), {"name": "甲"}, ["甲户"], "a word is replaced"),
        (paragraph("{", "{na", "me}", "}户"), {"name": "甲"}, ["甲户"], "Word cuts texts into runs"),
        (paragraph("{{ name }}"), {"name": "甲"}, ["甲"], "spaces inside the braces"),
        (paragraph("｛｛name｝", "｝户"), {"name": "甲"}, ["甲户"], "full-width braces"),
        (paragraph("地址{{town}}") + paragraph("完"), {"town": ""}, ["完"], "nothing to say: no line"),
        (paragraph("{{name}}{{town}}"), {"name": "甲", "town": ""}, ["甲"], "one word is enough"),
        (row("乡镇", "{{town}}") + paragraph("完"), {"town": ""}, ["完"], "a row leaves with its label"),
        (row("{{items.a}}", "{{items.b}}"), {"items": [{"a": "1", "b": "2"}, {"a": "3", "b": ""}]},
         ["1", "2", "3", ""], "a row is repeated"),
        (row("{{items.a}}"), {"items": []}, [], "a list without items has no rows"),
        (paragraph("{{name}}"), {"name": "一\n二\t三"}, ["一\n二\t三"], "line breaks and tabs"),
        ("<w:p/>" + paragraph("{{town}}"), {"town": ""}, [""], "an empty paragraph stays"),
    ],
)  # fmt: skip
def test_a_template_is_filled_in(tmp_path, body, values, expected, why):
    assert lines(template(tmp_path, body).fill([values])) == expected, why


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_whatever_a_name_holds_the_document_stays_well_formed(tmp_path_factory, names):
    made = template(tmp_path_factory.mktemp("t"), paragraph("名称：{{name}}") + paragraph("完"))
    content = made.fill([{"name": name} for name in names])
    assert lines(content).count("完") == len(names)


def test_each_page_but_the_first_begins_anew(tmp_path):
    styled = f"<w:p><w:pPr><w:pStyle w:val='a'/><w:jc w:val='center'/></w:pPr>{paragraph('{{name}}')[5:]}"
    for body in (styled, paragraph("{{name}}")):
        assert page_starts(template(tmp_path, body).fill([{"name": n} for n in "甲乙丙"])) == 3


def test_a_word_that_nothing_is_known_of_is_named_with_those_that_are(tmp_path):
    with pytest.raises(InputError, match="phone") as refused:
        template(tmp_path, paragraph("{{phone}}"))
    assert "name" in refused.value.remedy


@pytest.mark.parametrize("text", ["{{name", "name}}", "{{name}", "{{ {{name}}"])
def test_a_word_that_is_not_closed_is_refused(tmp_path, text):
    with pytest.raises(InputError, match="不成对"):
        template(tmp_path, paragraph(text) + paragraph("{{name}}"))


def pack(edit=lambda data: data, body="完", size=0) -> bytes:
    """Return a template as an archive, its bytes changed by ``edit``, with so much that repeats."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", document(paragraph(body)))
        package.writestr("word/media/a.png", b"0" * size)
    return edit(buffer.getvalue())


DAMAGED = [
    (b"", "nothing"),
    (b"PK\x03\x04", "a beginning alone"),
    (b"no zip", "a text"),
    (pack(size=200_000_000), "one that would take all memory"),
    (pack(lambda data: data.replace(b"\x08\x00", b"\x63\x00")), "packed in a way nobody knows"),
    (pack(lambda data: data[:60] + b"\xff\xff\xff" + data[63:]), "damaged in its middle"),
    (pack(lambda d: d.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")), "with a password"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "why"), DAMAGED, ids=[why for _content, why in DAMAGED])
def test_what_is_no_word_file_is_refused(tmp_path, content, why):
    (tmp_path / "a.docx").write_bytes(content)
    with pytest.raises(InputError, match="不是可用的 Word 模板"):
        WordTemplate.from_file(tmp_path / "a.docx", ())


@pytest.fixture(scope="module")
def results() -> PublishInput:
    made = prefecture(240).complete_frames()
    own = {
        "monthly_base": 4000.0,
        "gain_pension": 3.0,
        "policy_ids": "skill_subsidy,deferral_small",
    }
    targets = made.targets.with_columns(pl.lit(v).alias(k) for k, v in own.items())
    gaps = made.gaps.with_columns(
        missing=pl.when(pl.col("status").cast(pl.String) == "lines_missing").then(pl.lit("injury")),
        shortage=pl.lit(2, pl.Int64),
        verdict=pl.col("status").cast(pl.String).replace_strict(map_statuses("verdict")),
    )
    info = {**made.run_info, "settings": {"tax_list": "verify"}}
    return replace(made, targets=targets, gaps=gaps, run_info=info)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("letters", [False, True])
def test_every_target_of_the_tier_has_a_page_of_its_own(results, tmp_path, language, letters):
    with use_language(language):
        papers = list(make_slips(results, SETTINGS, tmp_path, SlipOptions(letters=letters)))
    assert sum(paper.firms for paper in papers) == results.targets.filter(tier="A").height
    assert all(page_starts(paper.content) == paper.firms for paper in papers)
    assert not any("{{" in line for paper in papers for line in lines(paper.content))


def test_slips_are_in_the_order_of_the_visit_list_what_was_begun_first(results, tmp_path):
    visits = select_visits(results, build_firm_rows(results, PublishOptions()))
    listed = visits.filter((pl.col("county") == visits["county"][0]) & (pl.col("tier_code") == "A"))
    last = listed.row(-1, named=True)
    begun = {**last, "standard_name": last["key"].rpartition("|")[2], "outcome": "refused"}
    cases = pl.DataFrame([begun], infer_schema_length=None).select(
        pl.lit("5200-000001").alias("number"),
        *(pl.col(name) for name in ("county", "code", "standard_name", "name", "outcome")),
        *(pl.lit(None, pl.String).alias(name) for name in ("state", "visited_on", "remark")),
    )
    for unfinished, expected in (
        (None, listed["county_rank"].to_list()),
        (cases, [last["county_rank"], *listed["county_rank"].to_list()[:-1]]),
    ):
        made = make_slips(
            replace(results, unfinished=unfinished), SETTINGS, tmp_path, SlipOptions(tiers=("A",))
        )
        ranks = re.findall(r"第 (\d+) 号", " ".join(lines(next(made).content)))
        assert list(map(int, ranks)) == expected
    assert listed["town"].n_unique() > 1


def test_a_name_is_printed_without_the_spaces_of_whoever_typed_it(results, tmp_path):
    typed = results.firms.with_columns(name=pl.lit("石桥 建材\u3000有限公司 A 座"))
    paper = next(make_slips(replace(results, firms=typed), SETTINGS, tmp_path, SlipOptions()))
    assert "石桥建材有限公司 A 座" in lines(paper.content)


def test_the_same_firms_in_any_order_give_the_same_bytes(results, tmp_path):
    turned = replace(results, firms=results.firms.reverse(), gaps=results.gaps.reverse())
    first = [p.content for p in make_slips(results, SETTINGS, tmp_path, SlipOptions())]
    assert first == [p.content for p in make_slips(turned, SETTINGS, tmp_path, SlipOptions())]


def test_contacts_are_masked_unless_they_are_asked_for(results, tmp_path):
    for with_contacts in (False, True):
        options = SlipOptions(county="云溪区", with_contacts=with_contacts)
        text = " ".join(lines(next(make_slips(results, SETTINGS, tmp_path, options)).content))
        assert bool(re.search(r"1[3-9]\d{9}", text)) is with_contacts


def test_a_policy_that_ends_before_the_visits_begin_is_not_offered(results, tmp_path):
    text = " ".join(lines(next(make_slips(results, SETTINGS, tmp_path, SlipOptions())).content))
    assert "技能提升补贴" in text
    assert "中小微企业缓缴" not in text
    late = SlipOptions(day=date(2026, 1, 1))
    text = " ".join(lines(next(make_slips(results, SETTINGS, tmp_path, late)).content))
    assert "技能提升补贴" not in text


def test_letters_go_to_firms_and_to_units_and_never_say_what_only_visitors_should(
    results, tmp_path
):
    papers = list(make_slips(results, SETTINGS, tmp_path, SlipOptions(letters=True)))
    assert {paper.path.split("/")[0] for paper in papers} == {"告知书", "参保提示函"}
    text = " ".join(line for paper in papers for line in lines(paper.content))
    assert "贵单位" in text
    assert "抽查" not in text
    assert "该企业" not in text


def test_a_county_without_targets_is_refused_with_those_that_have_some(results, tmp_path):
    with pytest.raises(InputError, match="没有这一县") as refused:
        list(make_slips(results, SETTINGS, tmp_path, SlipOptions(county="没有这一县")))
    assert "云溪区" in refused.value.remedy


def test_a_template_in_the_workspace_comes_first(results, tmp_path):
    for file in copy_templates(tmp_path):
        assert file.name in list_template_files().values()
    slip = tmp_path / "模板" / "走访单.docx"
    with zipfile.ZipFile(slip, "w") as package:
        package.writestr("word/document.xml", document(paragraph("本局自己的：{{name}}")))
    assert copy_templates(tmp_path) == []
    paper = next(make_slips(results, SETTINGS, tmp_path, SlipOptions()))
    assert all(line.startswith("本局自己的：") for line in lines(paper.content))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_figures_of_the_reply_are_those_of_the_bridge(results, tmp_path, language):
    with use_language(language):
        _name, content = make_reply(results, tmp_path)
    text, counts = lines(content), count_verdicts(results)
    total = counts.drop("county").sum().row(0, named=True)
    for verdict in set(map_statuses("verdict").values()):
        assert any(re.search(rf"\b{total[verdict]}\b", line) for line in text), verdict
    assert all(county in text for county in counts["county"].to_list())


def test_a_list_that_nobody_handed_down_is_not_replied_to(results, tmp_path):
    assert make_reply(replace(results, run_info={}), tmp_path) is None


TOTALS = Block(
    "各县区", (Heading("county", "县区", 9), Heading("persons", "人", 9, "decimal")), (), "合计"
)


@pytest.mark.parametrize(
    ("values", "total", "why"),
    [
        ((0.1,) * 10, 1.0, "sum() gives 0.9999999999999999 up to Python 3.11"),
        ((1e16, 1.0, -1e16), 1.0, "nor does it lose what is small"),
        ((2, 3), 5, "whole numbers stay whole"),
    ],
)
def test_a_total_is_the_same_on_every_python(values, total, why):
    block = replace(TOTALS, rows=tuple((f"{n} 县", value) for n, value in enumerate(values)))
    book = Book("一.xlsx", "一", (FigureSheet("数据", "一", "", (block,)),))
    sheet = load_workbook(BytesIO(render_book(book)), data_only=True)["数据"]
    shown = [row[1] for row in sheet.iter_rows(values_only=True) if row[0] == "合计"]
    assert shown == [total], why
    assert type(shown[0]) is type(total), why


def test_windows_writes_the_same_bytes(tmp_path, monkeypatch):
    """An archive notes the system that it was made on, beside each part."""
    book = Book("一.xlsx", "一", (FigureSheet("数据", "一", "", (TOTALS,)),))
    paper = template(tmp_path, paragraph("甲"))
    files = [render_book(book), paper.fill([{}])]
    monkeypatch.setattr("sys.platform", "linux" if sys.platform == "win32" else "win32")
    assert [render_book(book), paper.fill([{}])] == files
    assert all(zipfile.ZipFile(BytesIO(file)).testzip() is None for file in files)
