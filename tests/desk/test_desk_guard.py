"""Who is let in, what is refused, and that no refusal shows anything."""

import pytest

FOREIGN = [
    ({"host": "evil.example:8520"}, "another name that points here"),
    ({"host": "127.0.0.1:8521"}, "another port"),
    ({"host": ""}, "no name"),
    ({"origin": "https://evil.example"}, "a page elsewhere"),
    ({"origin": "http://127.0.0.1:8521"}, "another server of this computer"),
    ({"origin": "null"}, "a sandboxed page, or a file"),
    ({"cookie": None}, "not signed in"),
    ({"cookie": "gapmatch-desk-8520=guessed"}, "a guessed cookie"),
    ({"cookie": 'gapmatch-desk-8520="; =;;'}, "a cookie that is none"),
    ({"cookie": None, "authorization": "Bearer anything"}, "another way of signing in"),
]


@pytest.mark.parametrize(("headers", "why"), FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_foreign_requests_are_refused_without_showing_anything(desk, method, headers, why):
    answer = desk.send(method, "/files", headers={"x-csrftoken": desk.session.csrf} | headers)
    assert answer.status_code == 403, why
    assert desk.workspace.name not in answer.text
    assert desk.session.csrf not in answer.text


def test_a_form_without_an_origin_is_refused(desk):
    assert desk.post("/files", headers={"origin": None}).status_code == 403


@pytest.mark.parametrize("token", ["", "guessed"])
@pytest.mark.parametrize("way", ["header", "field", "none"])
def test_a_form_without_the_secret_of_the_session_is_refused(desk, way, token):
    headers = {"x-csrftoken": token if way == "header" else None}
    data = {"csrftoken": token} if way == "field" else {}
    answer = desk.post("/files", data, headers=headers)
    assert answer.status_code == 403
    assert "表单不是这次启动的页面发出的" in answer.text


def test_a_form_that_is_too_large_is_refused_before_it_is_read_to_its_end(desk):
    answer = desk.post("/files", {"csrftoken": "x" * 1_100_000}, headers={"x-csrftoken": None})
    assert answer.status_code == 400
    assert "超过了大小限制" in answer.text


def test_the_address_signs_in_and_is_not_shown_again(desk):
    answer = desk.send("GET", f"/?token={desk.session.token}", signed_in=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert "HttpOnly; SameSite=Strict" in answer.headers["set-cookie"]
    assert desk.session.token not in answer.headers["set-cookie"]


def test_a_wrong_token_signs_no_one_in(desk):
    answer = desk.send("GET", "/?token=guessed", signed_in=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/files", "/nothing", "/static/desk.css"])
def test_every_answer_forbids_what_no_page_needs(desk, path):
    headers = desk.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


DATASETTE = [
    "/-/plugins",
    "/-/metadata.json",
    "/_memory",
    "/_internal",
    "/_memory.json?sql=select+1",
]


@pytest.mark.parametrize("path", [*DATASETTE, "/-/static/app.css", "/nothing/", "/%2e%2e/files"])
def test_nothing_but_the_desk_can_be_reached(desk, path):
    answer = desk.get(path)
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text


@pytest.mark.parametrize("name", ["..%2f..%2fserver.py", "../server.py", "desk.css%00", "x.css"])
def test_static_files_are_those_that_are_listed(desk, name):
    assert desk.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(desk, method):
    assert desk.send(method, "/files").status_code == 405


def test_an_error_of_the_program_shows_no_traceback(desk, monkeypatch):
    def fail(*_given):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr("gapmatch.desk.routes.DeskRequest.redirect", fail)
    answer = desk.get("/")
    assert answer.status_code == 500
    assert "程序出错了" in answer.text
    assert "Traceback" not in answer.text
    assert "/secret/path" not in answer.text
