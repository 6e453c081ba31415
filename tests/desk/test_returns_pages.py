"""Returns on the desk: a workbook dropped, taken in, asked about, corrected, taken back."""

import re
import shutil
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest
from filled_workbooks import VISITS, fill

from gapmatch.api import returns
from gapmatch.api.returns import find_corrections
from gapmatch.api.stores import open_store
from gapmatch.desk.job_process import run_job
from gapmatch.desk.returns_model import suggest_choices
from gapmatch.desk.uploads import list_uploads
from gapmatch.ledger.case_progress import count_visits, select_referred_cases
from gapmatch.ledger.undo_import import list_imports
from gapmatch.settings.load import load_workspace_settings


def _make_answers(first):
    """Two good visits, one with words that are no choice, then blank."""
    outcomes = iter([("已参保缴费", 2), ("无雇工", 0), ("已经参保了吧", 1)])

    def answer(_shown):
        outcome, persons = next(outcomes, (None, None))
        return outcome and {"outcome": outcome, "persons": persons, "date": first}

    return {VISITS: answer}


@pytest.fixture(scope="module")
def book(desk):
    folder = desk.workspace / "out" / "2022Q4" / "counties"
    path = max(folder.glob("*.xlsx"), key=lambda file: file.stat().st_size)
    fill(path, _make_answers("2022-12-20"))
    return path


def _upload(desk, name, content):
    headers = {"content-type": "application/octet-stream", "x-file-name": quote(name)}
    headers |= {"accept": "application/json"}
    return desk.post("/returns/upload", None, headers=headers, content=content)


def _remove_all(desk):
    for file in list_uploads(desk.workspace, "returns"):
        desk.post("/returns/remove", {"name": file.name})


def _list_standing(desk):
    with open_store(desk.workspace) as store:
        return list_imports(store)["standing"].to_list()


def test_a_workbook_is_taken_in_asked_about_and_taken_back(desk, book):
    """In one go: what was left has its reason, a hint and a sheet to correct."""
    assert _upload(desk, book.name, book.read_bytes()).json()["name"] == book.name
    waiting = desk.get("/returns").text
    assert f"{book.stem} · 2022Q4 · 走访填了 " in waiting
    assert book.name in desk.get("/returns").text
    preview = desk.post("/returns/import", {"who": "审计", "do": "preview"}).text
    assert "还没有写入" in preview
    assert "已经参保了吧" in preview
    assert _list_standing(desk) == []
    page = desk.post("/returns/import", {"who": "审计"})
    assert page.status_code == 200
    for words in (
        "走访结果已导入",
        "已经参保了吧",
        "不在可选项中",
        "是不是：",
        "已参保缴费",
        "下载",
    ):
        assert words in page.text, words
    assert _list_standing(desk) == [2]

    sheet = desk.get("/returns/correction/1")
    assert sheet.content[:2] == b"PK"
    assert "attachment" in sheet.headers["content-disposition"]
    assert find_corrections(1, workspace=desk.workspace)

    assert desk.post("/returns/undo", {"number": "1"}).status_code == 303
    assert _list_standing(desk) == [0, 0]
    assert "撤回" in desk.get("/returns").text
    for number in ("1", "x", "99"):
        assert desk.post("/returns/undo", {"number": number}).status_code == 400


def test_a_file_that_is_no_workbook_of_ours_waits_and_is_not_taken_in(desk, book):
    _remove_all(desk)
    _upload(desk, "清册.csv", "纳税人名称,代码\n甲有限公司,1\n".encode())
    page = desk.get("/returns").text
    assert "文件中没有可识别的内容：清册.csv\n只能导入" in page
    assert "导入 0 个文件" not in page
    assert desk.post("/returns/import").status_code == 400
    _upload(desk, book.name, book.read_bytes())
    assert "导入 1 个文件" in desk.get("/returns").text
    preview = desk.post("/returns/import", {"do": "preview"}).text
    summary = preview.partition("把县区工作簿、移交清单")[0]
    assert summary.count("清册.csv") == 1  # not among the rows left out
    _remove_all(desk)


def test_a_word_that_was_given_a_meaning_is_taken_in_and_remembered(desk, book):
    _upload(desk, book.name, book.read_bytes())
    desk.post("/returns/import")
    assert len(list_uploads(desk.workspace, "returns")) == 1  # it holds an unknown word
    words = {"entry": "outcome", "word": "已经参保了吧", "value": "enrolled"}
    page = desk.post("/returns/words", words).text
    assert "这些词不在可选项中" not in page
    assert "已参保缴费" in page.partition("采用了哪些")[2].partition("</table>")[0]
    assert _list_standing(desk)[0] == 1
    assert list_uploads(desk.workspace, "returns") == []
    settings = load_workspace_settings(desk.workspace)
    assert settings.entry_words == {"outcome": {"enrolled": ["已经参保了吧"]}}


@pytest.mark.parametrize(
    ("field", "value"), [("value", "no_choice"), ("word", "长" * 61), ("word", " "), ("value", "")]
)
def test_a_meaning_that_is_none_changes_no_setting(desk, field, value):
    words = {"entry": "outcome", "word": "办妥", "value": "enrolled", field: value}
    before = load_workspace_settings(desk.workspace)
    assert desk.post("/returns/words", words).status_code == (400 if value else 303)
    assert load_workspace_settings(desk.workspace) == before


@pytest.mark.parametrize("number", ["2", "999999999", "0", "1.xlsx", "..%2f1", "-1"])
def test_no_other_file_can_be_had(desk, number):
    (desk.workspace / "机密_2.xlsx").write_bytes(b"PK")
    assert desk.get(f"/returns/correction/{number}").status_code == 404


def test_a_file_that_is_no_workbook_stays_and_the_reason_is_shown(desk):
    _upload(desk, "别的.xlsx", b"PK not a workbook")
    assert desk.post("/returns/import").status_code == 400
    names = [path.name for path in list_uploads(desk.workspace, "returns")]
    assert names == ["别的.xlsx"]
    assert desk.post("/returns/remove", {"name": "别的.xlsx"}).status_code == 303
    assert desk.post("/returns/remove", {"name": "../gapmatch.db"}).status_code == 404
    assert "没有要导入的文件" in desk.post("/returns/import").text


@pytest.mark.parametrize("error", [PermissionError(13, "open in Excel"), OSError(5, "no drive")])
def test_a_workbook_that_is_in_use_is_named_and_read_later(desk, book, monkeypatch, error):
    _upload(desk, "在用.xlsx", book.read_bytes() + b"\n")
    _upload(desk, book.name, book.read_bytes())
    read = Path.read_bytes

    def refuse(path):
        if path.name == "在用.xlsx":
            raise error
        return read(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        assert "读不了：" in desk.get("/returns").text
        preview = desk.post("/returns/import", {"do": "preview"}).text
        assert "1 个文件读不了，没有导入，留在下面：在用.xlsx" in preview
    page = desk.get("/returns").text
    assert "读不了：" not in page
    assert "导入 2 个文件" in page
    _remove_all(desk)


@pytest.mark.parametrize("what", ["overdue", "labour_inspection", "share"])
def test_cases_that_wait_are_listed(desk, what):
    assert desk.get(f"/returns/{what}?county=%E6%9F%90").status_code == 200
    assert desk.get(f"/returns/{what}").status_code == 200


HINTS = [
    ("visits", "已参保", [], "a word that is known needs no hint"),
    ("visits", "拒不参保户", ["拒不参保"], "a choice and more"),
    ("visits", "%%%", [], "nothing is like it"),
    ("review", "不是同一个单位", ["不是同一单位"], "a verdict and more"),
    ("review", "", [], "nothing was filled in"),
]


@pytest.mark.parametrize(("kind", "text", "wanted", "why"), HINTS)
def test_words_that_are_no_choice_get_the_nearest_ones(kind, text, wanted, why):
    assert suggest_choices(kind, text)[: len(wanted) or None] == wanted, why


def test_a_word_can_be_given_a_meaning_for_these_files_alone(desk, book):
    before = load_workspace_settings(desk.workspace)
    desk.post("/returns/undo", {"number": str(max(_list_numbers(desk)))})
    content = book.read_bytes()
    _upload(desk, book.name, content)
    words = {"entry": "outcome", "word": "已经参保了吧", "value": "enrolled", "do": "once"}
    assert "采用了哪些" in desk.post("/returns/words", words).text
    assert load_workspace_settings(desk.workspace) == before


def test_a_workbook_that_is_replaced_while_it_is_imported_stays(desk, book, monkeypatch):
    import_returns = returns.import_returns

    def replace_after(files, **options):
        taken = import_returns(files, **options)
        files[0].write_bytes(b"newer")
        return taken

    monkeypatch.setattr(returns, "import_returns", replace_after)
    desk.post("/returns/undo", {"number": str(max(_list_numbers(desk)))})
    _upload(desk, book.name, book.read_bytes())
    words = {"entry": "outcome", "word": "已经参保了吧", "value": "enrolled", "do": "once"}
    assert "采用了哪些" in desk.post("/returns/words", words).text
    assert [file.name for file in list_uploads(desk.workspace, "returns")] == [book.name]
    _remove_all(desk)


def _list_numbers(desk):
    with open_store(desk.workspace) as store:
        return list_imports(store).filter(pl.col("standing") > 0)["number"].to_list()


def test_a_referral_that_the_newest_run_did_not_list_is_with_the_authority_still():
    states = ("new", "off_list", "gone", "closed", "settled")
    cases = pl.DataFrame({"state": states, "effect": ["labour_inspection"] * len(states)})
    referred = select_referred_cases(cases, "labour_inspection")
    assert referred["state"].to_list() == ["new", "off_list", "gone"]
    assert select_referred_cases(cases, "share").is_empty()


def test_visits_of_a_quarter_are_those_of_its_counties(desk, sample):
    with open_store(sample.path) as store:
        counted = count_visits(store).filter(pl.col("quarter") == "2022Q3")
    targets = sample.targets("2022Q3").filter(pl.col("tier") == "A")
    assert counted["tier_a"].sum() == targets.height
    assert (counted["visited"] <= counted["tier_a"]).all()


def test_a_correction_sheet_settles_the_rows_that_it_was_made_of(desk, tmp_path):
    folder = desk.workspace / "out" / "2022Q4" / "counties"
    book = tmp_path / "甲区.xlsx"
    shutil.copy(sorted(folder.glob("*.xlsx"))[0], book)
    words = iter(["明天再说吧", "查无下落"])
    fill(book, {VISITS: lambda _shown: (o := next(words, None)) and {"outcome": o}})
    _upload(desk, book.name, book.read_bytes())
    page = desk.post("/returns/import").text
    number = re.search(r"/returns/correction/(\d+)", page)[1]
    sheet = tmp_path / "更正.xlsx"
    sheet.write_bytes(desk.get(f"/returns/correction/{number}").content)
    fill(sheet, {"更正": lambda _shown: {"outcome": "已走访未办结"}})
    _upload(desk, sheet.name, sheet.read_bytes())
    page = desk.post("/returns/import").text
    assert "未采用，原因如下" not in page
    assert "这些词不在可选项中" not in page
    assert list_uploads(desk.workspace, "returns") == []
    log = desk.get("/returns").text.partition(">导入记录<")[2]
    assert f"/returns/correction/{number}" in log, "the sheet and its reasons can be had later"
    imported = max(_list_numbers(desk))
    _upload(desk, book.name, book.read_bytes())
    again = desk.post("/returns/import").text
    assert "未采用，原因如下" not in again, "the county sends the same file once more"
    assert "这些词不在可选项中" not in again
    for file in (book, sheet):  # nothing of either is left
        _upload(desk, file.name, file.read_bytes())
        assert "已导入过</span>" in desk.get("/returns").text, file.name
        _remove_all(desk)
    desk.post("/returns/undo", {"number": str(imported)})
    _upload(desk, book.name, book.read_bytes())
    assert "未采用，原因如下" in desk.post("/returns/import", {"do": "preview"}).text
    _remove_all(desk)
    _upload(desk, sheet.name, sheet.read_bytes())
    assert "已导入过" not in desk.get("/returns").text, "it was taken back"
    _remove_all(desk)


def test_practice_has_returns_that_nobody_has_to_fill_in(empty_desk, monkeypatch):
    assert empty_desk.post("/returns/sample").status_code == 400, "this is no practice"
    empty_desk.post("/files/sample")
    start = "gapmatch.desk.jobs._start_process"
    monkeypatch.setattr(start, lambda folder, job: run_job(folder, job.number))
    empty_desk.post("/files/start", {"quarter": "2022Q3", "do": "run"})
    assert "放进一份填好的示例" in empty_desk.get("/returns").text
    empty_desk.post("/returns/sample")
    page = empty_desk.post("/returns/import").text
    assert re.search(r"<b>(\d+)</b><span>新采用的行", page)[1] == "8"
    assert 'class="red">0' not in page
    assert "请留意" not in page, "a sample that raises a doubt alarms whoever practises"
    assert "未采用，原因如下" not in page
    page = empty_desk.get("/returns").text
    assert "下一步：办下一个季度" in page
    assert re.search(r"还有 \d+ 户没有结果，可以以后再导入", page)
