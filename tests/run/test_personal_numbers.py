"""Numbers of persons that stand where they do not belong: planted into each column, found in no output.

Into names of files and sheets, titles, headers, returned workbooks and reasons as well.
"""

import csv
import io
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path
from shutil import copyfile

import polars as pl
import pytest
import xlsxwriter
from filled_workbooks import VISITS, fill
from hypothesis import given
from hypothesis import strategies as st

from gapmatch.api.operations import explain
from gapmatch.api.workspace import Workspace
from gapmatch.cli import main
from gapmatch.pipeline import NullObserver
from gapmatch.privacy import (
    PERSONAL,
    mask_code,
    mask_codes,
    mask_numbers,
    mask_person_codes,
    mask_texts,
    mask_values,
)
from gapmatch.results.run_results import PublishOptions
from gapmatch.run.column_profile import _list_examples
from gapmatch.run.quarter_run import RunOptions, Sources, run_quarter
from gapmatch.store.runs import Store
from gapmatch.workspace_files import SETTINGS_NAME

NUMBERS = [
    ("990101197001011234", "990101***********4", "identity number"),
    ("99010119700101123x", "990101***********x", "identity number that ends in X"),
    ("990101 19700101 1234", "990101 ******** ***4", "identity number in groups"),
    ("99010119700101123401", "990101*************1", "tax number made of an identity number"),
    ("520101199001011234", "520101***********4", "identity number and credit code alike"),
    ("530101700101123", "530101********3", "identity number of fifteen digits"),
    ("13800001234", "138****1234", "mobile phone"),
    ("+8613800001234", "+86138****1234", "mobile phone with the country"),
    ("138-0000-1234", "138-****-1234", "mobile phone in groups"),
    ("138.0000.1234", "138.****.1234", "mobile phone with dots"),
    ("990101.19700101.1234", "990101.********.***4", "identity number with dots"),
    ("１３８００００１２３４", "138****1234", "wide digits"),
    ("0999-8221234", "0999-*****34", "landline"),
    ("(0999)8221234", "(0999)*****34", "landline with brackets"),
    ("电话：8221234", "电话：*****34", "landline without area code"),
    ("6222000000001234567", "6222***********4567", "bank account"),
    ("6222 0000 0000 1234 567", "6222 **** **** ***4 567", "bank account in groups"),
    ("账号990100001234", "账号9901****1234", "bank account by its word"),
]
NUMBERS = [(given.replace("990101", "530101"), shown.replace("990101", "530101"), why) for given, shown, why in NUMBERS]  # fmt: skip


@pytest.mark.parametrize(("number", "shown", "why"), NUMBERS)
def test_a_number_of_a_person_is_masked_wherever_it_stands(number, shown, why):
    assert mask_numbers(f"青禾建材（{number}）") == f"青禾建材（{shown}）", why
    texts = pl.Series(["无", None, f"{number}转李某"])
    assert mask_texts(texts).to_list() == ["无", None, f"{shown}转李某"], why


OWNERS = [
    ("530101197001011234", "530101***********4", "identity number"),
    ("53010119700101123x", "530101***********x", "identity number that ends in X"),
    ("L53010119700101123401", "L530101*************1", "tax number for a while"),
    ("530101700101124", "530101********4", "identity number of fifteen digits"),
    (
        "５３０１０１１９７００１０１１２３Ｘ",
        "530101***********X",
        "identity number in full-width characters",
    ),
    ("５３０１０１７００１０１１２４", "530101********4", "the same of fifteen digits"),
]
RIGHT_OLD_CODE = next(c for n in range(1000) if mask_code(c := f"5301011001230{n:02}") == c)
FIRM_CODES = [
    "91530100MA6AAAAA1X",
    "53010112345678X",
    "123456789",
    "01234567-8",
    "530101000012345",
    "915301005555555555",
    RIGHT_OLD_CODE,
    "52010219900101123C",
]


def test_an_owners_number_is_masked_among_codes_and_a_firms_code_is_not():
    given = pl.Series([None, *(number for number, _shown, _why in OWNERS), *FIRM_CODES])
    shown = [None, *(shown for _number, shown, _why in OWNERS), *FIRM_CODES]
    assert mask_codes(given).to_list() == shown
    assert mask_codes(mask_codes(given)).to_list() == shown


def test_a_birthday_in_fifteen_digits_is_a_persons_whatever_the_check_digits():
    """One in six of them is right as a code of a firm by chance."""
    numbers = [f"530101{year}0101{n:03}" for year in range(30, 100) for n in range(0, 1000, 37)]
    assert not [number for number in numbers if mask_code(number) == number]


def test_right_codes_of_digits_alone_stay():
    """A credit code and a registration number that read as numbers of persons, with right checks."""
    codes = [
        next(c for n in range(1000) if mask_code(c := f"52010119900101{n:04}") == c),
        next(c for n in range(1000) if mask_code(c := f"53010110012{n:04}") == c),
    ]
    assert mask_codes(pl.Series(codes)).to_list() == codes


def test_names_that_are_alike_once_masked_stand_beside_each_other():
    settings = {"138****5678": 0, "13812345678": 1, "13899995678": 2, "other": [{"13811115678": 3}]}
    masked = mask_values(settings)
    assert masked == {
        "138****5678": 0,
        "138****5678*": 1,
        "138****5678**": 2,
        "other": [{"138****5678": 3}],
    }


def test_a_frame_without_codes_stays():
    names = pl.DataFrame({"name": ["甲公司"]})
    assert mask_person_codes(names).equals(names)


UNTOUCHED = [
    ("915301005555555555", "credit code of digits alone"),
    ("91530100MA6AAAAA1X", "credit code"),
    ("９１５３０１００ＭＡ６ＡＡＡＡＡ１Ｘ", "credit code in full-width characters"),
    (
        "９１５３０１００５５５５５５５５５Ｕ",
        "credit code of seventeen full-width digits and a letter",
    ),
    ("915301005555555555Ｕ".replace("5Ｕ", "Ｕ"), "credit code whose letter alone is full-width"),
    ("青禾李四建材经营部", "owner's name inside the firm's"),
    ("第20220101号、12345678", "date and short number"),
    ("国道320线1138公里处", "road"),
    ("1391234567", "ten digits"),
    ("139.12345678", "decimal number"),
    ("清册_20221231235959123.xlsx", "moment of an export"),
]


@pytest.mark.parametrize(("text", "why"), UNTOUCHED)
def test_what_names_a_firm_or_a_place_stays(text, why):
    assert mask_numbers(text) == text, why


@given(st.text("0123456789Xx -（）电话账号１２a", max_size=40))
def test_a_masked_text_is_masked_once_and_no_longer(text):
    masked = mask_numbers(text)
    assert len(masked) == len(text)
    assert mask_numbers(masked) == masked


@pytest.mark.parametrize(
    ("column", "value", "shown", "why"),
    [
        ("unit_id", "15070000052", "15070000052", "a number of a unit that is like a phone's"),
        ("unit_id", "530101197001011234", "530101***********4", "a person who is a unit"),
        ("name", "青禾建材13800001234", "青禾建材138****1234", "a phone beside a name"),
        ("address", "13800001234", "138****1234", "a phone in a column of its own kind of text"),
    ],
)
def test_an_example_of_a_column_is_masked_as_what_it_is(column, value, shown, why):
    assert _list_examples(pl.Series(column, [value])) == (shown,), why


KINDS = {
    "identity": "530101197001011234",
    "either": "520101199001015678",
    "old": "530101700101321",
    "phone": "13800004321",
    "landline": "0999-8224321",
    "account": "6222000000007654321",
}
CODES = {
    "code": "530101198505057894",
    "tax number": "53010119850606789X01",
    "old code": "530101850707322",
    "phone as a code": "13800007777",
    "account as a code": "6222000000007777777",
}
"""Numbers of owners, which stand as the codes of their firms in both lists."""
TAX = ("纳税人名称", "曾用名", "纳税人状态", "登记注册类型", "行业", "主管税务机关", "县区", "街道乡镇", "生产经营地址")  # fmt: skip
UNITS = ("单位名称", "曾用名", "单位类型", "行业", "经办机构", "所属县区", "单位地址")


EVERYWHERE = "".join(f"（{number}）" for number in KINDS.values())


def make_rows(columns: tuple[str, ...], code: str, count: tuple[str, str]) -> Iterator[list[str]]:
    """Yield a list with each kind planted into each of ``columns``, and rows of the like without."""
    persons = ("法定代表人", "联系电话")
    columns = (*columns, *persons)
    yield [code, *columns, count[0], "统一社会信用代码", f"说明{EVERYWHERE}"]
    owners, planted = list(CODES.values()), list(product((code, *columns), KINDS.values()))
    phones = {
        KINDS["phone"],
        KINDS["landline"],
    }  # these stand beside persons, until they are purged
    planted = [(c, kind) for c, kind in planted if c not in persons or kind not in phones]
    for number, (column, kind) in enumerate([*planted, *[("", "")] * 60]):
        name = f"云水{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{'天地玄黄宇宙洪荒日月'[number // 10 % 10]}商贸有限公司"
        cells = {columns[0]: name, columns[-3]: f"云水路{number}号", **dict(zip(persons, ("张三", "13911112222"), strict=True))}  # fmt: skip
        texts = [f"{cells.get(c, '')}{kind if c == column else ''}" for c in columns]
        key = f"{number:08}" + (f"（{kind}）" if column == code else "")
        owner = owners.pop() if number >= len(planted) and owners else ""
        yield [key, *texts, count[1], owner, "欧阳靖雯"]


def write_sheet(path: Path, rows: Iterator[list[str]]) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        sheet = book.add_worksheet(f"清册{KINDS['identity']}")
        sheet.write_string(0, 0, f"2022年4季度清册 {EVERYWHERE}")
        for place, row in enumerate(rows, 1):
            for column, text in enumerate(row):
                sheet.write_string(place, column, text)
    return path


def write_csv(path: Path, rows: Iterator[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def fill_in(workspace: Path, folder: Path) -> list[Path]:
    """Return the county workbooks as they come back: every kind in every entry, and in their names."""
    kinds = cycle(KINDS.values())
    answers = [
        lambda _row: {"outcome": f"问过{next(kinds)}", "date": "2022-11-03"},
        lambda _row: {"outcome": "已参保缴费", "date": next(kinds), "remark": next(kinds)},
        lambda _row: {"outcome": "已参保缴费", "date": "2022-11-03", "persons": next(kinds)},
        lambda _row: {"outcome": "已参保缴费", "date": "2022-11-03", "remark": next(kinds)},
    ]
    turns, books = cycle(answers), []
    for book in (workspace / "out/2022Q4/counties").glob("*.xlsx"):
        books.append(copyfile(book, folder / f"{book.stem}{next(kinds)}.xlsx"))
        fill(books[-1], {VISITS: lambda row: next(turns)(row)})  # noqa: PLW0108
    return books


@dataclass(frozen=True)
class Planted:
    """A workspace after two quarters of such lists, with all kinds of files; and all that was printed."""

    workspace: Path
    printed: str


@pytest.fixture(scope="module")
def planted_run(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    workspace = tmp_path_factory.mktemp("planted")
    extracts = tmp_path_factory.mktemp("extracts")
    tax = write_sheet(extracts / f"税务{KINDS['phone']}.xlsx", make_rows(TAX, "纳税人识别号", ("申报人数", "13800004321")))  # fmt: skip
    units = write_csv(extracts / f"参保{KINDS['old']}.csv", make_rows(UNITS, "单位编号", ("养老参保人数", "5")))  # fmt: skip
    own = f'[columns.tax]\nname = ["{EVERYWHERE}"]\n[entry_words.outcome]\nenrolled = ["{EVERYWHERE}"]\n'
    (workspace / SETTINGS_NAME).write_text(own, encoding="utf-8")
    options = RunOptions(PublishOptions(with_table_books=True), accept=f"试{EVERYWHERE}")
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        for quarter in ("2022Q3", "2022Q4"):
            run_quarter(quarter, Sources([tax], [units]), workspace, NullObserver(), options)
        books = fill_in(workspace, extracts)
        who = f"某甲{KINDS['phone']}"
        for words in (
            *(["check", tax, "--as", "tax", *more] for more in ([], ["--json"])),
            ["check", units, "--as", "enrollment"],
            *(["visits", "import", *books, "--who", who, *more] for more in ([], ["--json"])),
            *(["cases", *more] for more in ([], ["--json"])),
            ["diff", "2022Q3", "2022Q4"],
            ["runs", "--json"],
            ["explain", EVERYWHERE],
            ["withdraw", "2022Q3", "--reason", f"误跑{EVERYWHERE}"],
            ["doctor", "--json"],
        ):
            main([*map(str, words), *(() if words[0] == "check" else ("-w", str(workspace)))])
    (workspace / SETTINGS_NAME).unlink()  # the user's own
    # Paths of files that the user named are printed as given.
    shown = printed.getvalue().replace(tax.stem, "").replace(units.stem, "")
    return Planted(workspace, shown)


@pytest.fixture(scope="module")
def planted(planted_run: Planted) -> Path:
    return planted_run.workspace


def test_nothing_that_is_printed_holds_a_planted_number(planted_run):
    assert "问过" in planted_run.printed
    assert not find_planted(planted_run.printed)


def find_planted(text: str) -> list[str]:
    """Return the kinds whose number ``text`` holds."""
    return [kind for kind, number in (KINDS | CODES).items() if number in text]


def read_parts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each part of a file as text: members of archives by themselves."""
    data = path.read_bytes()
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield f"{path.name}/{name}", archive.read(name).decode("utf-8", "replace")
    else:
        yield path.name, data.decode("utf-8", "replace")


def test_no_file_holds_a_planted_number(planted):
    files = [p for p in planted.rglob("*") if p.is_file()]
    assert len(files) > 20
    found = {
        name: find_planted(text)
        for path in files
        for name, text in read_parts(path)
        if find_planted(text)
    }
    assert found == {}


def test_no_frame_of_the_store_holds_a_planted_number_but_that_of_persons(planted):
    with Store.open(planted) as store:
        frames = {q: store.results(q) for q in store.quarters()}
        tables = "\n".join(store.db.conn.iterdump())
    assert not find_planted(tables)
    for quarter, name in product(frames, frames["2022Q4"]):
        frame = frames[quarter][name]
        text = frame.drop(PERSONAL, strict=False).write_json()
        assert not find_planted(text), (quarter, name)


def test_no_page_and_no_copy_to_explore_holds_a_planted_number(planted):
    workspace = Workspace(planted)
    frames = [workspace.cases(), workspace.gaps("2022Q4"), workspace.defects("2022Q4")]
    assert not find_planted("".join(frame.write_json() for frame in frames))
    names = workspace.firms("2022Q4")["name"]
    pages = [explain(name, "2022Q4", workspace=planted) for name in names.gather_every(13)]
    assert not find_planted(repr(pages))
    assert explain(f"商贸有限公司{KINDS['phone']}", "2022Q4", workspace=planted).sections
    explore = pytest.importorskip("gapmatch.explore.serve")
    with explore.explore_copy(planted) as path, closing(sqlite3.connect(path)) as database:
        assert not find_planted("\n".join(database.iterdump()))
