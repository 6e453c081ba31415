"""The guides say what is so, and the site that is made of them opens from a folder."""

import json
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from messages_page import build_page, list_errors
from pictures import MAX_BYTES, fill_in
from typer import Context

from gapmatch.cli.app import build, walk
from gapmatch.i18n import _, set_language
from gapmatch.schemas import ENROLLMENT_ROWS, TAX_ROWS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GUIDES = sorted([*DOCS.glob("*.md"), *DOCS.glob("how-to/*.md"), *DOCS.glob("zh/**/*.md")])
PICTURES = sorted((DOCS / "pictures").glob("*.png"))
MAX_BYTES_IN_ALL = 1_500_000
BLOCK = re.compile(r"(?m)^( *)```sh\n(.*?)^\1```", re.DOTALL)


@pytest.fixture(autouse=True)
def _chinese_afterwards():
    yield
    set_language("zh")


@pytest.fixture(scope="module")
def commands():
    program = build()
    return {"": program, **dict(walk(program))}


def find_command(commands, arguments):
    """Return the command that the arguments name, and the arguments behind its name."""
    for length in (2, 1):
        name = " ".join(arguments[:length])
        if name in commands:
            return name, commands[name], arguments[length:]
    return "", commands[""], arguments


def command_lines(page):
    """The commands that a page asks the reader to type."""
    lines = [
        line.strip()
        for _indent, body in BLOCK.findall(page.read_text(encoding="utf-8"))
        for line in body.splitlines()
    ]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("gapmatch ")]


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_commands_that_a_page_shows_are_commands(page, commands):
    for arguments in command_lines(page):
        name, command, rest = find_command(commands, arguments)
        assert name, arguments
        command.make_context(f"gapmatch {name}", rest, parent=Context(commands[""]))
    for text in re.findall(r"`gapmatch ([^`]*)`", page.read_text(encoding="utf-8")):
        _name, command, _rest = find_command(commands, text.split())
        known = {option for given in command.params for option in given.opts}
        assert set(re.findall(r"--[a-z-]+", text)) <= known | {"--help"}, text


@pytest.mark.parametrize(("language", "name"), [("zh", "zh/messages.md"), ("en", "messages.md")])
def test_the_page_of_errors_is_current(language, name):
    set_language(language)
    assert (DOCS / name).read_text(encoding="utf-8") == build_page(), "run `make docs`"


def test_every_error_has_its_english():
    set_language("en")
    assert not re.search("[一-鿿]", re.sub(r"(?s)```.*?```|原已参保", "", build_page()))


@pytest.mark.parametrize("name", ["zh/how-to/missing-columns.md", "how-to/missing-columns.md"])
def test_columns_that_a_page_has_set_can_be_set(name):
    text = (DOCS / name).read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_]{4,})(?: =[^`]*)?`", text)
    known = {name for table in (TAX_ROWS, ENROLLMENT_ROWS) for name in table.columns}
    assert len(named) >= 12
    assert set(named) - known <= {"check", "ignored"}


@pytest.mark.parametrize(
    ("language", "name"), [("zh", "zh/troubleshooting.md"), ("en", "troubleshooting.md")]
)
def test_troubleshooting_quotes_errors_as_they_are(language, name):
    set_language(language)
    first_lines = {
        re.sub(r"\{[^{}]*\}", "…", _(message)).splitlines()[0] for _a, message, _r in list_errors()
    }
    quoted = re.findall(r"(?m)^> (.+)$", (DOCS / name).read_text(encoding="utf-8"))
    assert len(quoted) >= 10
    assert [line for line in quoted if line not in first_lines] == []


def test_both_languages_have_the_same_guides():
    chinese = {path.relative_to(DOCS / "zh").as_posix() for path in (DOCS / "zh").rglob("*.md")}
    english = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert chinese - english == {"workbooks.md"}  # outputs.md, which also has the machine's side


def test_pictures_are_small_and_each_is_shown():
    shown = "".join(page.read_text(encoding="utf-8") for page in GUIDES)
    for picture in PICTURES:
        assert f"pictures/{picture.name}" in shown
        assert picture.stat().st_size <= MAX_BYTES
    assert PICTURES
    assert sum(picture.stat().st_size for picture in PICTURES) <= MAX_BYTES_IN_ALL


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_a_picture_holds_nothing_but_its_pixels(picture):
    data = picture.read_bytes()
    kinds, place = [], 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kinds.append(data[place + 4 : place + 8].decode("ascii"))
        place += length + 12
    assert kinds == ["IHDR", "PLTE", "IDAT", "IEND"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built strictly: a page that no navigation has or a link to nowhere is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    return folder


def test_the_site_builds_without_warnings_and_loads_nothing_from_elsewhere(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="([^"]*)"', text)
        assert [address for address in loaded if "//" in address] == [], page.name
        (language,) = re.findall(r'<html lang="(\w+)"', text)
        is_chinese = "zh" in page.relative_to(site).parts[:-1] or page == site / "index.html"
        if page.name != "404.html" and page.parent.name != "decisions":
            wanted = "zh" if is_chinese or page.name.endswith("zh-CN.html") else "en"
            assert language == wanted, page.name


def test_the_index_separates_chinese_characters(site):
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    titles = [section["title"] for section in index["docs"]]
    assert "\u200b术\u200b\u200b语\u200b" in titles


@pytest.mark.long
@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("复函", "核查上级下发的名单"),  # not pages with 重复 or 复查
        ("表头认不出", "缺列、认不出表头"),
        ("threshold", "The public API"),
    ],
)
def test_search_finds_pages_that_are_opened_from_a_folder(site, query, title):
    playwright = pytest.importorskip("playwright.sync_api")
    browser = shutil.which("chromium") or pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page(viewport={"width": 1300, "height": 900})
        page.goto((site / "index.html").as_uri())
        page.click(".md-search__input")
        page.locator(".md-search__input").press_sequentially(query)
        page.keyboard.press("Shift")  # an input method ends with a key
        page.wait_for_selector(".md-search-result__item h1")
        found = page.locator(".md-search-result__item h1").all_inner_texts()
        opened.close()
    assert title in [text.replace("\u200b", "") for text in found[:4]]


@pytest.mark.long
@pytest.mark.parametrize("name", ["zh/tutorial.md", "tutorial.md"])
def test_a_reader_who_types_the_tutorial_does_the_sample_quarter(name, tmp_path, monkeypatch):
    for quarter, folder in (("2022Q3", "2022年三季度"), ("2022Q4", "2022年四季度")):
        shutil.copytree(ROOT / "data" / "sample" / quarter, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    for arguments in command_lines(DOCS / name):
        if arguments[:2] == ["visits", "import"]:
            fill_in(tmp_path)
        command = [sys.executable, "-m", "gapmatch", *arguments]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode in (0, 3), (arguments, done.stderr)
    assert len(list(Path("backups").iterdir())) == 1
