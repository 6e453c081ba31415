"""Every workbook and document that is written opens in Excel, Word and WPS without repair."""

import re
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from invented_prefecture import prefecture
from office_files import find_faults
from published_files import publish

from gapmatch.forms.correction import build_correction_book
from gapmatch.forms.heights import RowHeights
from gapmatch.forms.writer import write_book
from gapmatch.i18n import use_language
from gapmatch.ledger.case_progress import UNFINISHED
from gapmatch.ledger.filled_rows import FirmIdentity, RefusedRow
from gapmatch.papers.slips import SlipOptions, make_slips
from gapmatch.results.run_results import PublishInput, PublishOptions
from gapmatch.settings.load import load_settings

SETTINGS = load_settings()
HOSTILE = "=1+1 & <b>\n甲公司" + "很长" * 3_000


@pytest.fixture(scope="module")
def results() -> PublishInput:
    """A quarter of a list to verify, with a case for another authority and a name that is hostile."""
    made = prefecture(200)
    first = pl.int_range(pl.len()) == 0
    firms = made.firms.with_columns(
        pl.when(first).then(pl.lit(HOSTILE)).otherwise("name").alias("name")
    )
    case = ("5226-000001", "云溪区", "X", "某店", "某店", "gone", "refused", "2022-11-03", None)
    return replace(
        made,
        firms=firms,
        unfinished=pl.DataFrame([case], schema=UNFINISHED, orient="row"),
        run_info={**made.run_info, "settings": {"tax_list": "verify"}},
        targets=made.targets.with_columns(pl.lit(4000.0).alias("monthly_base")),
        gaps=made.gaps.with_columns(
            verdict=pl.lit("confirmed"), missing=pl.lit("injury"), shortage=pl.lit(2, pl.Int64)
        ),
    )


def write_every_file(results: PublishInput, folder: Path) -> dict[str, bytes]:
    """Return the contents of each workbook and document by name."""
    publish(results, folder, PublishOptions(with_table_books=True))
    identity = FirmIdentity("X", "某店")
    refused = [RefusedRow("回.xlsx", "走访名单", 5, HOSTILE, {"name": "某店"}, identity)]
    write_book(build_correction_book(refused, "2022Q4", None, "更正.xlsx"), folder)
    files = {path.name: path.read_bytes() for path in folder.rglob("*.xlsx")}
    files |= {path.name: path.read_bytes() for path in folder.rglob("*.docx")}
    for letters in (False, True):
        for paper in make_slips(results, SETTINGS, folder, SlipOptions(letters=letters)):
            files[f"{letters} {paper.path}"] = paper.content
    return files


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_file_has_anything_to_repair(
    results: PublishInput, tmp_path: Path, language: str
) -> None:
    with use_language(language):
        files = write_every_file(results, tmp_path)
    assert len([name for name in files if name.endswith(".docx")]) > 4
    assert {
        name: faults for name, content in files.items() if (faults := find_faults(content))
    } == {}


SHEET, WORD = "xl/worksheets/sheet1.xml", "word/document.xml"


@pytest.mark.parametrize(
    ("ending", "part", "pattern", "instead", "fault"),
    [
        (".xlsx", SHEET, r"(<sheetFormatPr[^>]*/>)(<cols>.*?</cols>)", r"\2\1", "out of order"),
        (".xlsx", SHEET, r'<row r="6"', '<row r="5"', "rows out of order"),
        (".xlsx", SHEET, r'promptTitle="', f'promptTitle="{"长" * 33}', "too long"),
        (".xlsx", SHEET, r't="s"><v>\d+', 't="s"><v>99999999', "no such text"),
        (".xlsx", "xl/workbook.xml", 'name="说明"', 'name="走访名单"', "two sheets"),
        (".xlsx", "xl/sharedStrings.xml", r'uniqueCount="\d+"', 'uniqueCount="1"', "number of"),
        (".xlsx", "xl/_rels/workbook.xml.rels", "styles.xml", "nothing.xml", "leads to"),
        (".docx", WORD, r"<w:pPr>(.*?)(<w:jc [^/]*/>)</w:pPr>", r"<w:pPr>\2\1</w:pPr>", "order"),
    ],
)
def test_what_would_be_repaired_is_found(
    results: PublishInput,
    tmp_path: Path,
    ending: str,
    part: str,
    pattern: str,
    instead: str,
    fault: str,
) -> None:
    path = next(
        p for p in sorted(publish(results, tmp_path)) if p.suffix == ending and "汇总" not in p.name
    )
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    changed = re.sub(pattern, instead, parts[part].decode(), count=1, flags=re.DOTALL)
    assert changed.encode() != parts[part]
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in {**parts, part: changed.encode()}.items():
            package.writestr(name, content)
    assert any(fault in found for found in find_faults(buffer.getvalue()))


def test_a_correction_shows_days_and_remarks_whole():
    cells = {"date": "2022-10-18 00:00:00", "remark": "长" * 40}
    sheet = build_correction_book(
        [RefusedRow("回.xlsx", "走访名单", 5, "原因", cells)], "2022Q4", None, "更正.xlsx"
    ).sheets[0]
    assert "2022-10-18" in sheet.rows[0]
    assert RowHeights(sheet.headings).of(sheet.rows[0]) > 4 * 15
