"""The page of what goes out: files of the list alone, each download of contacts noted."""

import io
import os
import zipfile
from urllib.parse import quote

import pytest

from gapmatch.store.runs import Store


def count_exports(desk):
    with Store.open(desk.workspace) as store:
        return store.db.execute("SELECT count(*) FROM exports WHERE what LIKE 'desk:%'").fetchone()[
            0
        ]


def test_every_file_of_the_quarter_is_listed_and_can_be_downloaded(desk):
    page = desk.get("/papers")
    assert page.status_code == 200
    for name in ("report.html", "gaps.csv", "县区工作簿"):
        assert name in page.text
    path = desk.workspace / "out" / "2022Q4" / "gaps.csv"
    answer = desk.get(f"/papers/file?quarter=2022Q4&name={quote('2022Q4/gaps.csv')}")
    assert answer.content == path.read_bytes()
    assert answer.headers["content-disposition"].startswith("attachment")


NAMES = [
    *(
        "../gapmatch.db",
        "2022Q4/../../gapmatch.db",
        "gapmatch.db",
        "/etc/passwd",
        "2022Q3/gaps.csv",
    ),
    *("2022Q4", "", "2022Q4/链.csv"),
]


@pytest.mark.parametrize("name", NAMES)
def test_other_files_do_not_exist(desk, name):
    link = desk.workspace / "out" / "2022Q4" / "链.csv"
    if name.endswith("链.csv"):
        link.symlink_to(desk.workspace / "gapmatch.db")
    answer = desk.get(f"/papers/file?quarter=2022Q4&name={quote(name)}")
    assert answer.status_code == 404
    assert (
        desk.get(f"/papers/folder?quarter=2022Q4&folder={quote(name + '/..')}").status_code == 404
    )


@pytest.mark.parametrize("quarter", ["2021Q1", "../out/2022Q4", "*", "2022Q*"])
def test_other_quarters_do_not_exist(desk, quarter):
    path = f"/papers/file?quarter={quote(quarter)}&name={quote('2022Q4/gaps.csv')}"
    assert desk.get(path).status_code == 404
    assert desk.post("/papers/make", {"quarter": quarter, "make": "tables"}).status_code == 404


def test_papers_are_made_by_button_and_downloads_of_contacts_are_noted(desk):
    folder = quote("2022Q4-走访单")
    desk.post("/papers/make", {"quarter": "2022Q4", "make": "slips", "tier": "A"})
    assert desk.get(f"/papers/folder?quarter=2022Q4&folder={folder}").status_code == 200
    assert count_exports(desk) == 0  # no contacts in full
    form = {"quarter": "2022Q4", "make": "slips", "tier": "A", "contacts": "1"}
    assert desk.post("/papers/make", form).status_code == 303
    answer = desk.get(f"/papers/folder?quarter=2022Q4&folder={folder}")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert names
    assert all(name.endswith(".docx") for name in names)
    assert count_exports(desk) == len(names)


def test_papers_of_an_earlier_run_are_marked_until_they_are_made_anew(desk):
    folder = desk.workspace / "out" / "2022Q4-走访单"
    slips = sorted(folder.iterdir())
    assert "旧的" not in desk.get("/papers").text
    for path in slips[1:]:
        os.utime(path, (0, 0))  # the quarter was run since
    page = desk.get("/papers").text
    assert page.count('class="tag warn">旧的') == len(slips) - 1
    assert "按以前的结果做的" in page
    desk.post("/papers/make", {"quarter": "2022Q4", "make": "slips", "tier": "A"})
    assert "旧的" not in desk.get("/papers").text


def test_tables_are_written_as_workbooks(desk):
    assert desk.post("/papers/make", {"quarter": "2022Q4", "make": "tables"}).status_code == 303
    assert "gaps.xlsx" in desk.get("/papers").text


@pytest.mark.parametrize("fields", [{"make": "slips", "tier": "../"}, {"make": "slips"}])
def test_what_is_no_choice_of_the_page_is_refused(desk, fields):
    assert desk.post("/papers/make", {"quarter": "2022Q4", **fields}).status_code == 400


def test_without_a_quarter_the_page_shows_the_way(new_desk):
    assert "去放文件" in new_desk.get("/papers").text
