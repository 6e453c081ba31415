"""Who is let in, what is refused, and that no refusal shows anything."""

import pytest

FOREIGN = [
    ({"host": "evil.example:8520"}, "another name that points here"),
    ({"host": "127.0.0.1:8521"}, "another port"),
    ({"host": ""}, "no name"),
    ({"host": "localhost:8520"}, "a name that a resolver may answer"),
    ({"host": "127.0.0.1"}, "no port"),
    ({"host": "127.0.0.1:8520.evil.example"}, "a name that begins like it"),
    ({"host": "127.1:8520"}, "the same number in another form"),
    ({"host": "[::1]:8520"}, "the other loopback"),
    ({"host": "127.0.0.1:8520@evil.example"}, "a name behind a user"),
    ({"origin": "https://evil.example"}, "a page elsewhere"),
    ({"origin": "http://127.0.0.1:8520.evil.example"}, "a name that begins like it"),
    ({"origin": "https://127.0.0.1:8520"}, "another scheme"),
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


@pytest.mark.parametrize("token", ["", "guessed", "\xe9"])
@pytest.mark.parametrize("way", ["header", "field", "none"])
def test_a_form_without_the_secret_of_the_session_is_refused(desk, way, token):
    headers = {"x-csrftoken": token.encode("latin-1") if way == "header" else None}
    data = {"csrftoken": token} if way == "field" else {}
    answer = desk.post("/files", data, headers=headers)
    assert answer.status_code == 403
    assert "表单不是这次启动的页面发出的" in answer.text


KINDS = [
    ("application/json", b'{"csrftoken": "SECRET", "quarter": "2022Q4"}'),
    ("text/plain", b"csrftoken=SECRET&quarter=2022Q4"),
    ("multipart/form-data; boundary=b", b'--b\r\nname="csrftoken"\r\n\r\nSECRET\r\n--b--'),
]


@pytest.mark.parametrize(("kind", "body"), KINDS)
def test_the_secret_counts_in_the_forms_of_the_desk_alone(desk, kind, body):
    """A page elsewhere can send these without asking; none is a form of the desk."""
    content = body.replace(b"SECRET", desk.session.csrf.encode())
    headers = {"content-type": kind}
    answer = desk.send("POST", "/files/start", content=content, headers=headers)
    assert answer.status_code == 403


def test_a_secret_in_the_address_is_none(desk):
    path = f"/files/forget?csrftoken={desk.session.csrf}"
    assert desk.send("POST", path, data={"x": "1"}).status_code == 403


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


PATHS = [
    *("//evil.example/files", "/files/../papers", "/files%2fstatus", "/files/status%00"),
    *("/FILES", "/files;x", "/%252e%252e/gapmatch.db", "/desk-files/choices.json", "/gapmatch.db"),
    *("/returns/correction/1%2f..%2f..%2fgapmatch.db", "/papers/file/../../gapmatch.db"),
]


@pytest.mark.parametrize("path", PATHS)
def test_paths_in_other_spellings_lead_to_no_file(desk, path):
    answer = desk.get(path)
    assert answer.status_code in {200, 404}
    assert not answer.content.startswith(b"SQLite")
    assert answer.headers["content-type"].startswith("text/html")


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
