"""The page of the extracts: what is stored, recognised and started, and what is refused."""

import html
import re
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

import polars as pl
import pytest

from gapmatch.desk.extract_list import find_overlaps, list_extracts
from gapmatch.desk.files_state import SAMPLE_QUARTERS, list_visits
from gapmatch.desk.finding_steps import STEPS
from gapmatch.desk.job_files import STOP, find_job_folder
from gapmatch.desk.job_process import _describe_changes, run_job
from gapmatch.desk.jobs import find_rerun, read_state
from gapmatch.desk.practice import begin_practice
from gapmatch.desk.uploads import list_uploads, sanitise_name
from gapmatch.errors import InputError
from gapmatch.i18n import use_language
from gapmatch.pipeline import Clock
from gapmatch.store.lock import lock_workspace
from gapmatch.wording.note_sentences import describe_finding, list_findings

MARKUP = "<script>alert(1)</script>有限公司"
TAX = f"纳税人名称,统一社会信用代码,申报用工人数,乙数\n{MARKUP},91520402MA6ABCDE1X,3,7\n".encode()


def upload(desk, name, content, **headers):
    given = {"x-file-name": quote(name), "accept": "application/json", **headers}
    return desk.send(
        "POST",
        "/files/upload",
        content=content,
        headers={"x-csrftoken": desk.session.csrf, **given},
    )


NAMES = [
    ("清册.xlsx", "清册.xlsx"),
    ("../../gapmatch.csv", "gapmatch.csv"),
    ("C:\\Users\\x\\..\\清册.CSV", "清册.csv"),
    ("/etc/passwd.txt", "passwd.txt"),
    ("a\x00b\r\n.csv", "ab.csv"),
    ("con.xlsx", "_con.xlsx"),
    (".. .csv", None),
    (".csv", None),
    ("gapmatch.toml", None),
    ("清册", None),
    ("x.exe", None),
    ("", None),
    ("长" * 300 + ".csv", "长" * 80 + ".csv"),
    ("清\u202excod.csv", "清xcod.csv"),
]


@pytest.mark.parametrize(("given", "name"), NAMES)
def test_names_of_the_browser_become_names_of_files(given, name):
    if name is None:
        with pytest.raises(InputError, match="不是能读的文件格式"):
            sanitise_name(given)
    else:
        assert sanitise_name(given) == name


def test_a_file_is_recognised_by_its_contents_and_markup_is_text(new_desk):
    answer = upload(new_desk, "任意.csv", TAX)
    assert answer.json() == {"name": "任意.csv", "message": ""}
    page = new_desk.get("/files").text
    assert '<option value="tax" selected>' in page
    assert "还缺：参保单位清册" in page
    columns = new_desk.get(f"/files/columns?name={quote('任意.csv')}").text
    assert "&lt;script&gt;" in columns
    assert "<script>alert" not in columns


@pytest.mark.parametrize("error", [PermissionError(13, "open in Excel"), OSError(5, "no drive")])
def test_a_list_that_is_in_use_is_read_later(empty_desk, monkeypatch, error):
    upload(empty_desk, "清册.csv", TAX)

    def refuse(_path):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        (file,) = list_extracts(empty_desk.workspace)
        assert file.message
    (file,) = list_extracts(empty_desk.workspace)
    assert (file.message, file.side) == ("", "tax")


def test_a_list_that_another_tab_removes_is_passed_over(empty_desk, monkeypatch):
    upload(empty_desk, "清册.csv", TAX)
    gone = list_uploads(empty_desk.workspace, "extracts")[0].with_name("又一.csv")
    listed = [*list_uploads(empty_desk.workspace, "extracts"), gone]
    monkeypatch.setattr("gapmatch.desk.extract_list.list_uploads", lambda *_: listed)
    assert [file.path.name for file in list_extracts(empty_desk.workspace)] == ["清册.csv"]


def test_a_column_is_corrected_by_choosing(new_desk):
    upload(new_desk, "列.csv", TAX)
    fields = {"name": "列.csv", "header-0": "乙数", "column-0": "tax_paid"}
    assert new_desk.post("/files/columns", fields).status_code == 303
    settings = (new_desk.workspace / "gapmatch.toml").read_text(encoding="utf-8-sig")
    assert settings == '[columns.tax]\ntax_paid = ["乙数"]\n'
    chosen = new_desk.get(f"/files/columns?name={quote('列.csv')}").text
    assert '<option value="tax_paid" selected>' in chosen


def test_the_same_bytes_are_one_file_and_others_get_a_number(new_desk):
    answers = [upload(new_desk, "同名.csv", text).json() for text in (TAX, TAX, TAX + TAX)]
    assert [a["name"] for a in answers] == ["同名.csv", "同名.csv", "同名 (2).csv"]
    assert ["完全相同" in a["message"] for a in answers] == [False, True, False]


def test_a_file_beyond_the_limit_is_refused_and_leaves_nothing(new_desk):
    folder = new_desk.workspace / "desk-files" / "extracts"
    settings = new_desk.workspace / "gapmatch.toml"
    settings.write_text("[desk]\nmax_upload_mb = 1\n", encoding="utf-8")
    before = set(folder.iterdir())
    answer = upload(new_desk, "大.csv", b"x" * 1_000_001)
    settings.unlink()
    assert answer.status_code == 400
    assert "超过了大小限制：1 MB" in answer.json()["message"]
    assert set(folder.iterdir()) == before


DAMAGED = [
    ("[" * 100_000, "nested too deep"),
    ('{"a":' * 100_000, "objects nested too deep"),
    ('{"sides": ["甲"], "used": 3, "named": 4}', "of other types"),
    ('{"number": 1, "state": "x", "quarter": [], "files": 2, "伤.csv": 7}', "of other types"),
    ("\0\xff", "no text"),
    ("null", "nothing"),
]


@pytest.mark.parametrize(("text", "why"), DAMAGED)
def test_a_damaged_note_of_the_desk_is_as_if_there_were_none(new_desk, text, why):
    upload(new_desk, "伤.csv", TAX)
    folder = new_desk.workspace / "desk-files"
    (folder / "job").mkdir(exist_ok=True)
    names = ("choices.json", "readings.json", "job/job.json", "job/outcome.json")
    for name in names:
        (folder / name).write_text(text, encoding="utf-8")
    page = new_desk.get("/files")
    for name in names:
        (folder / name).unlink(missing_ok=True)
    assert page.status_code == 200, why
    assert "伤.csv" in page.text
    assert '<option value="tax" selected>' in page.text


def test_a_stored_reading_that_was_changed_is_read_again(new_desk):
    upload(new_desk, "改.csv", TAX)
    page = new_desk.get("/files").text
    stored = new_desk.workspace / "desk-files/readings.json"
    text = stored.read_text(encoding="utf-8")
    assert '"side": "tax"' in text
    stored.write_text(text.replace('"side": "tax"', '"side": "registry"'), encoding="utf-8")
    assert new_desk.get("/files").text == page


@pytest.mark.parametrize("path", ["/files/remove", "/files/side"])
@pytest.mark.parametrize(
    "name", ["../choices.json", "../../gapmatch.toml", "/etc/passwd", "..", ""]
)
def test_files_are_those_of_the_list(new_desk, path, name):
    upload(new_desk, "在.csv", TAX)
    answer = new_desk.post(path, {"name": name, "side": "tax"})
    assert answer.status_code == 404
    assert (new_desk.workspace / "desk-files" / "extracts" / "在.csv").exists()


def test_a_link_in_the_folder_is_no_file(new_desk, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_bytes(TAX)
    upload(new_desk, "在.csv", TAX)
    link = new_desk.workspace / "desk-files" / "extracts" / "链.csv"
    link.symlink_to(secret)
    assert "链.csv" not in new_desk.get("/files").text
    link.unlink()


def test_what_cannot_be_read_says_why_and_what_to_do(new_desk):
    upload(new_desk, "坏.xlsx", b"no workbook")
    page = new_desk.get("/files").text
    assert "note bad" in page
    answer = new_desk.post("/files/start", {"quarter": "2022Q4", "do": "run"})
    assert answer.status_code == 400  # what cannot be read is not left out unasked
    new_desk.post("/files/remove", {"name": "坏.xlsx"})
    assert "坏.xlsx" not in new_desk.get("/files").text


@pytest.mark.parametrize("quarter", ["", "2022", "2022Q5", "../2022Q4"])
def test_a_mistyped_quarter_starts_nothing(new_desk, quarter):
    answer = new_desk.post("/files/start", {"quarter": quarter, "do": "run"})
    assert answer.status_code == 400
    assert read_state(new_desk.workspace).state == "none"


@pytest.fixture
def at_once(monkeypatch):
    """Do jobs in this process, where everything is imported already."""
    monkeypatch.setattr("gapmatch.desk.jobs._start_process", lambda f, job: run_job(f, job.number))


@pytest.fixture
def extracts(desk, sample):
    """Both lists of the sample's second quarter, dropped."""
    folder = sample.path / "extracts" / "2022Q4"
    for file in (folder / "正常纳税企业清册.xlsx", folder / "参保单位.csv"):
        assert upload(desk, file.name, file.read_bytes()).status_code == 200
    return folder


def test_a_run_respects_the_lock_of_the_command_line(desk, extracts, at_once):
    with lock_workspace(desk.workspace, "run 2022Q4"):
        assert desk.post("/files/start", {"quarter": "2022Q4", "do": "run"}).status_code == 303
    assert read_state(desk.workspace).state == "failed"
    page = desk.get("/files").text
    assert "工作目录正被占用" in page
    assert desk.post("/files/forget").status_code == 303
    assert read_state(desk.workspace).state == "none"


def test_one_job_at_a_time_and_a_stopped_one_leaves_the_results_as_they_were(desk, extracts):
    before = (desk.workspace / "out" / "2022Q4" / "run.json").read_bytes()
    desk.post("/files/start", {"quarter": "2022Q4", "do": "run"})
    second = desk.post("/files/start", {"quarter": "2022Q4", "do": "run"})
    assert "已有任务在运行" in second.text
    assert desk.post("/files/stop").status_code == 303
    end = time.monotonic() + 60
    while desk.get("/files/status").json()["state"] == "running" and time.monotonic() < end:
        time.sleep(0.1)
    assert read_state(desk.workspace).state == "stopped"
    assert "原有结果不变" in desk.get("/files").text
    assert (desk.workspace / "out" / "2022Q4" / "run.json").read_bytes() == before


def test_a_stop_that_native_code_dropped_ends_the_run_before_its_next_stage(
    desk, extracts, monkeypatch
):
    folder, begun = find_job_folder(desk.workspace), []

    def run_deaf(*_given, observer, **_options):
        clock = Clock(observer)
        with clock.stage("read"), suppress(KeyboardInterrupt):
            (folder / STOP).touch()
            time.sleep(30)
        with clock.stage("link"):
            begun.append("link")

    monkeypatch.setattr("gapmatch.api.operations.run_quarter", run_deaf)
    monkeypatch.setattr("gapmatch.desk.jobs._start_process", lambda folder, job: None)
    desk.post("/files/start", {"quarter": "2022Q4", "do": "run"})
    run_job(folder, read_state(desk.workspace).job.number)
    assert read_state(desk.workspace).state == "stopped"
    assert not begun


def test_a_killed_job_is_no_running_one(desk, extracts, monkeypatch):
    monkeypatch.setattr("gapmatch.desk.jobs._start_process", lambda folder, job: None)
    desk.post("/files/start", {"quarter": "2022Q4", "do": "run"})
    assert read_state(desk.workspace).is_running  # its process may still be starting
    monkeypatch.setattr("gapmatch.desk.jobs.START_SECONDS", 0.0)
    assert "可能是内存不足" in desk.get("/files").text
    desk.post("/files/forget")


def test_doubts_are_shown_and_can_be_accepted_with_a_reason(desk, extracts, at_once):
    few = b"".join((extracts / "参保单位.csv").read_bytes().splitlines(keepends=True)[:20])
    desk.post("/files/remove", {"name": "参保单位.csv"})
    upload(desk, "参保单位.csv", few)
    desk.post("/files/start", {"quarter": "2022Q4", "do": "check"})
    state = read_state(desk.workspace)
    assert state.state == "doubtful"
    page = html.unescape(desk.get("/files").text)
    _severity, code, values = state.outcome.findings[0]
    assert describe_finding(code, values, "zh") in page
    with use_language("en"):  # whatever the language when they were found
        assert describe_finding(code, values, "en") in html.unescape(desk.get("/files").text)
    assert 'name="accept"' in page
    assert "移除 参保单位.csv" in page  # each finding with what to do
    order = {"quarter": "2022Q4", "do": "run", "accept": ["查过", " "]}
    assert "1 处疑点没有写理由" in desk.post("/files/start", order).text


def test_every_finding_of_the_gate_has_a_step():
    steps = {code: row["step"] for code, row in list_findings().items()}
    assert {code for code, step in steps.items() if not step} == {"review_budget_exhausted"}
    assert set(steps.values()) == {*STEPS, ""}


def test_files_that_were_run_make_room_for_those_of_the_next_quarter(
    desk, extracts, sample, at_once
):
    for file in list_uploads(desk.workspace, "extracts"):
        desk.post("/files/remove", {"name": file.name})
    for name in ("正常纳税企业清册.xlsx", "参保单位.csv"):
        upload(desk, name, (extracts / name).read_bytes())
    order = {"quarter": "2022Q4", "do": "run", "accept": "本季没有登记"}
    desk.post("/files/start", order)
    assert "办下一个季度" in desk.get("/files").text
    earlier = sample.path / "extracts" / "2022Q3"
    upload(desk, "2022Q3.xlsx", (earlier / "正常纳税企业清册.xlsx").read_bytes())
    page = desk.get("/files").text
    assert page.count("已用于 2022Q4</span>") == 2
    assert "<option selected>2022Q3</option>" in page  # what the new file names, not what was run
    assert "有的文件已用于 2022Q4" in page
    upload(desk, "参保单位.csv", (earlier / "参保单位.csv").read_bytes(), **{"x-file-replace": "1"})
    assert desk.get("/files").text.count("已用于 2022Q4</span>") == 1
    assert find_rerun(desk.workspace, "2022Q4") is None  # one of its files is another one now
    desk.post("/files/next")
    page = desk.get("/files").text
    assert "2022Q3.xlsx" in page
    assert "参保单位.csv" in page
    assert "已用于" not in page
    assert "办下一个季度" not in page
    for file in list_uploads(desk.workspace, "extracts"):
        desk.post("/files/remove", {"name": file.name})


def test_the_sample_is_put_in_where_nothing_was_run_and_nowhere_else(empty_desk, desk):
    assert "放进示例文件" in empty_desk.get("/files").text
    assert empty_desk.post("/files/sample").status_code == 303
    assert "运行，出结果" in empty_desk.get("/files").text
    assert "还缺" not in empty_desk.get("/files").text
    assert desk.post("/files/sample").status_code == 400


PRACTISED = [
    ((), "放进示例文件试一试", "2022Q3"),
    (("2022Q3",), "放进示例的 2022Q4", "2022Q4"),
    (("2022Q3", "2022Q4"), "示例的季度都办完了", None),
]


@pytest.mark.parametrize(("run", "words", "quarter"), PRACTISED)
def test_practice_has_the_quarters_of_the_sample_one_after_another(
    empty_desk, sample, run, words, quarter, monkeypatch
):
    begin_practice(empty_desk.workspace)
    monkeypatch.setattr("gapmatch.desk.files_state.list_visits", lambda _folder: ([], [*run], 0))
    assert words in empty_desk.get("/files").text
    assert empty_desk.post("/files/sample").status_code == (303 if quarter else 400)
    assert sample.quarters() == list(SAMPLE_QUARTERS)
    named = {file.reading.quarter for file in list_extracts(empty_desk.workspace)}
    assert quarter is None or quarter in named


def test_practice_is_marked_and_set_aside_before_real_files_come(empty_desk):
    (empty_desk.workspace / "gapmatch.toml").write_text('language = "zh"')
    empty_desk.post("/files/sample")
    assert "结束练习" in empty_desk.get("/files").text
    assert "不能和示例放在一起" in upload(empty_desk, "真.csv", b"a").json()["message"]
    assert "示例移到了" in unquote(empty_desk.post("/files/practice/end").headers["set-cookie"])
    page = empty_desk.get("/files").text
    assert "结束练习</button>" not in page
    assert "手边没有文件" in page
    (aside,) = empty_desk.workspace.glob("练习_*")
    assert [path.name for path in aside.iterdir()] == ["desk-files"]


def test_the_visits_of_the_year_are_those_of_its_quarters(desk, sample):
    rows = {row["quarter"]: row for row in list_visits(sample.path)[0]}
    for quarter in sample.quarters():
        targets = sample.targets(quarter).filter(pl.col("tier") == "A")
        assert rows[quarter]["tier_a"] == targets.height
    assert 0 < rows["2022Q3"]["visited"] <= rows["2022Q3"]["tier_a"]
    assert "本年走访" in desk.get("/files").text


LISTED = "序号,纳税人名称,统一社会信用代码,乙数\n1,甲有限公司,91520402MA6ABCDE1X,7\n"
COLUMNS = [
    ("纳税人名称", "ignored", "必须有一列", "no name is left"),
    ("序号", "credit_code", "有两个表头", "another header has it"),
    ("乙数", "phone", "只有 0% 像", "its values are no phones"),
]


@pytest.mark.parametrize(("header", "column", "words", "why"), COLUMNS)
def test_a_column_that_makes_no_sense_is_not_saved(empty_desk, header, column, words, why):
    upload(empty_desk, "列.csv", LISTED.encode())
    fields = {"name": "列.csv", "header-0": header, "column-0": column}
    assert words in empty_desk.post("/files/columns", fields).text, why
    assert not (empty_desk.workspace / "gapmatch.toml").exists()


def test_every_header_has_samples_and_can_be_recognised_again(empty_desk):
    upload(empty_desk, "列.csv", LISTED.encode())
    fields = {"name": "列.csv", "header-0": "乙数", "column-0": "phone", "sure": "1"}
    assert empty_desk.post("/files/columns", fields).status_code == 303
    page = empty_desk.get(f"/files/columns?name={quote('列.csv')}").text
    headers = re.findall('name="header-[0-9]+" value="([^"]*)"', page)
    assert headers == ["序号", "纳税人名称", "统一社会信用代码", "乙数"]
    assert "已指定" in page
    empty_desk.post("/files/columns", {**fields, "column-0": "automatic"})
    assert "已指定" not in empty_desk.get(f"/files/columns?name={quote('列.csv')}").text


def test_samples_do_not_show_persons_of_a_header_that_nobody_knows(empty_desk):
    names = ["王小明", "李大川", "赵丽", "钱多多", "孙三", "周四喜", "吴五", "郑六合", "冯七"]
    rows = "".join(f"甲{n}有限公司,{name}\n" for n, name in enumerate(names))
    upload(empty_desk, "人.csv", f"纳税人名称,丙栏\n{rows}".encode())
    page = empty_desk.get(f"/files/columns?name={quote('人.csv')}").text
    assert "王**" in page
    assert not [name for name in names if name in page]


def test_a_file_of_the_same_name_replaces_the_other_if_that_is_asked_for(empty_desk):
    for content, headers in ((TAX, {}), (TAX + TAX, {"x-file-replace": "1"})):
        upload(empty_desk, "同名.csv", content, **headers)
    (path,) = list_uploads(empty_desk.workspace, "extracts")
    assert path.read_bytes() == TAX + TAX


def test_two_versions_of_a_list_are_noticed_and_lists_of_two_counties_are_not(empty_desk):
    lists = {
        name: "纳税人名称,统一社会信用代码\n"
        + "".join(f"{name[0]}{n}有限公司,\n" for n in range(20))
        for name in ("甲.csv", "乙.csv")
    }
    lists["丙.csv"] = lists["甲.csv"] + "新有限公司,\n"
    for name, text in lists.items():
        upload(empty_desk, name, text.encode())
    pairs = find_overlaps(list_extracts(empty_desk.workspace))
    assert [{file.path.name for file in pair} for pair in pairs] == [{"甲.csv", "丙.csv"}]


def test_a_workbook_of_the_program_is_sent_to_the_returns(empty_desk, sample):
    book = next((sample.path / "out" / "2022Q4" / "counties").glob("*.xlsx"))
    upload(empty_desk, book.name, book.read_bytes())
    assert "去回传" in empty_desk.get("/files").text


def test_the_quarter_follows_the_files_and_mixed_ones_are_told_apart(empty_desk, sample):
    name, extracts = "正常纳税企业清册.xlsx", sample.path / "extracts"
    for quarter in ("2022Q3", "2022Q4"):
        upload(empty_desk, f"{quarter}.xlsx", (extracts / quarter / name).read_bytes())
    upload(empty_desk, "又一份.xlsx", (extracts / "2022Q3" / name).read_bytes())
    page = empty_desk.get("/files").text
    assert "混在一起了" in page
    assert "完全相同" in page
    choose = {"task": "verify", "contacts": "on", "quarter": "2022Q4"}
    assert empty_desk.post("/files/start", choose).headers["location"] == "/files#task"
    empty_desk.post("/files/remove", {"name": "又一份.xlsx"})
    upload(empty_desk, "没有写.csv", TAX)
    page = empty_desk.get("/files").text
    assert "<option selected>2022Q4</option>" in page  # others of the same quarters came and went
    assert 'value="verify" checked' in page
    assert 'name="contacts" checked' in page
    empty_desk.post("/files/remove", {"name": "2022Q4.xlsx"})
    assert "<option selected>2022Q3</option>" in empty_desk.get("/files").text


def test_changes_since_the_last_run_are_named():
    before = {("1", "甲"): ("review", "A"), ("2", "乙"): ("insured", None)}
    after = {("1", "甲"): ("uninsured", None), ("2", "乙"): ("insured", None)}
    assert list(_describe_changes(before, after)) == [
        "与上一次运行相比：1 户的状态变了：甲（待核实 → 疑似未参保）",
        "本季走访从 1 户变为 0 户",
    ]


def test_the_language_is_changed_on_the_page(empty_desk):
    upload(empty_desk, "列.csv", TAX)
    path = f"/files/columns?name={quote('列.csv')}"
    page = empty_desk.get(path).text
    assert 'lang="zh-CN"' in page
    assert f'name="back" value="{path}"' in page
    answer = empty_desk.post("/files/language", {"language": "en", "back": path})
    assert answer.headers["location"] == path
    for back in ("https://elsewhere/", "//elsewhere", "\\\\elsewhere", "\r\nx: y", ""):
        answer = empty_desk.post("/files/language", {"language": "en", "back": back})
        assert answer.headers["location"][:2] != "//"
        assert answer.headers["location"].startswith("/")
    try:
        assert ">Files</a>" in empty_desk.get("/files").text
    finally:
        empty_desk.post("/files/language", {"language": "zh"})
