"""``make audit``: what it finds in an answer, and that no answer is not taken for a good one."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "requirements" / "audit.py"
PINS = "alpha==1.0 \\\n    --hash=sha256:00\nbeta[extra]==2.1 ; python_version > '3'\n# gamma==3\n"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "base.txt").write_text(PINS, encoding="utf-8")
    (tmp_path / "dev.txt").write_text("alpha==1.0\n", encoding="utf-8")
    return tmp_path


def fail(question):
    raise OSError("no network")


ANSWERS = [
    (lambda q: {"results": [{}, {}]}, 0, "2 pins checked, 0 with", "none known"),
    (
        lambda q: {"results": [{"vulns": [{"id": "X-1"}]}, {}]},
        1,
        "alpha 1.0 (base.txt, dev.txt): X-1",
        "one known",
    ),
    (fail, 2, "NOT AUDITED", "no network"),
    (lambda q: {}, 2, "NOT AUDITED", "an answer of another form"),
    (lambda q: {"results": [{}]}, 2, "NOT AUDITED", "an answer to something else"),
    (lambda q: [], 2, "NOT AUDITED", "no object"),
]


@pytest.mark.parametrize(("fetch", "code", "words", "why"), ANSWERS)
def test_an_audit_says_what_is_known_and_what_is_not(
    script, folder, capsys, fetch, code, words, why
):
    assert script.audit(folder, fetch) == code, why
    printed = capsys.readouterr()
    assert words in printed.out + printed.err, why


def test_the_pins_of_this_project_are_found(script):
    pins = script.read_pins(SCRIPT.parent)
    names = {name for name, _version in pins}
    assert {"polars", "typer", "datasette"} <= names
