"""``gapmatch explore``: what is served, what is not, and that it cannot be changed."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

pytest.importorskip("datasette", reason="the extra `explore` is not installed")

from gapmatch.explore.metadata import list_queries
from gapmatch.explore.serve import SHOWN, VIEWS, explore_app, explore_copy, refuse_other_hosts

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def copy(sample):
    with explore_copy(sample.path) as path:
        yield path


@pytest.fixture(scope="module")
def ask(copy):
    app = explore_app(copy)

    def get(path):
        return asyncio.run(app.client.get(path))

    return get


def test_the_copy_holds_what_an_analyst_filters_by_and_nothing_else(copy):
    with closing(sqlite3.connect(copy)) as database:
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        assert {n for n in names if not n.startswith("sqlite_")} == {*SHOWN, *VIEWS}
        assert database.execute("SELECT count(*) FROM visits").fetchone()[0] > 0


def test_no_person_phone_remark_or_account_can_be_found_in_the_copy(copy, sample):
    persons = sample.persons()
    wanted = {*persons["phone"].drop_nulls(), *persons["legal_rep"].drop_nulls()}
    with closing(sqlite3.connect(copy)) as database:
        text = "\n".join(database.iterdump())
    assert not [word for word in wanted if len(word) > 4 and word in text]
    assert "remark" not in text
    assert "run_by" not in text


def test_the_copy_is_gone_afterwards(sample):
    with explore_copy(sample.path) as path:
        assert path.exists()
    assert not path.exists()


def test_tables_have_chinese_titles_units_and_facets(ask):
    page = ask("/gapmatch/firms").text
    for text in ("纳税户及其状态", "估计用工（人）", "facet-results", "紫云苗族布依族自治县"):
        assert text in page


@pytest.mark.parametrize("name", list_queries())
def test_every_ready_query_answers(ask, name):
    answer = ask(f"/gapmatch/{name}.json?_shape=objects&county=西秀区")
    assert answer.status_code == 200
    assert isinstance(answer.json()["rows"], list)


def test_ready_queries_name_their_columns_for_officials(ask):
    rows = ask("/gapmatch/by_county.json?_shape=objects").json()["rows"]
    assert set(rows[0]) == {"县（市、区）", "纳税户", "疑似未参保", "占比", "A 层"}
    assert ask("/look/explore.css").status_code == 200


def test_nothing_can_be_written(ask):
    answer = ask("/gapmatch.json?sql=delete+from+firms")
    assert answer.status_code == 400


FAILING = [
    ("/gapmatch/firms/x", 500, "a key of another shape"),
    ("/gapmatch/firms?_size=max&_sort=nope", 500, "a column that is not there"),
    ("/gapmatch/firms?_next=%FF%FE", 400, "a page that is none"),
    ("/gapmatch/firms?_where=1=1)--", 400, "broken SQL"),
    ("/gapmatch/firms?_sort=<script>alert(1)</script>", 500, "markup"),
]


@pytest.mark.parametrize(("path", "status", "why"), FAILING)
def test_an_error_shows_one_sentence_and_no_values_of_variables(ask, capfd, path, status, why):
    answer = ask(path)
    assert answer.status_code == status, why
    assert "<script>alert" not in answer.text
    printed = "".join(capfd.readouterr())
    for text in (answer.text, printed):
        assert not any(word in text for word in ("Traceback", "locals", "site-packages")), why


@pytest.mark.parametrize("path", ["/gapmatch.db", "/gapmatch.db?_dl=1"])
def test_the_database_is_not_offered_for_download(ask, path):
    answer = ask(path)
    assert answer.status_code in (403, 404)
    assert not answer.content.startswith(b"SQLite")


HOSTS = [
    ([b"127.0.0.1:8001"], 200, "its own address"),
    ([b"LOCALHOST:8001"], 200, "its own name"),
    ([b"evil.example:8001"], 403, "another name that points here"),
    ([b"127.0.0.1:8002"], 403, "another port"),
    ([b"127.0.0.1:8001", b"evil.example"], 403, "two names"),
    ([], 403, "no name"),
]


@pytest.mark.parametrize(("hosts", "status", "why"), HOSTS)
def test_only_requests_to_this_computer_are_answered(hosts, status, why):
    answered = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        answered.append(message)

    scope = {"type": "http", "headers": [(b"host", host) for host in hosts]}
    asyncio.run(refuse_other_hosts(app, 8001)(scope, None, send))
    assert answered[0]["status"] == status, why
