"""A quarter by mouse in a real browser, at two widths: no error, no other host, readable for all."""

import shutil
import socket
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the browser is driven by Playwright")
from playwright.sync_api import BrowserContext, Page, sync_playwright

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed"),
    pytest.mark.filterwarnings("ignore"),
]
WIDTHS = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 800}}
PATHS = ["/files", "/papers"]


@dataclass(frozen=True)
class Started:
    """A desk that was started as by hand, and a browser that signed in."""

    workspace: Path
    origin: str
    context: BrowserContext
    faults: list[str]

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.on("console", lambda m: self._note(m.type == "error", m.text))
        page.on("pageerror", lambda error: self._note(is_fault=True, text=str(error)))
        page.on(
            "request", lambda r: self._note(not r.url.startswith((self.origin, "data:")), r.url)
        )
        page.goto(self.origin + path)
        return page

    def _note(self, is_fault, text):
        if is_fault:
            self.faults.append(text)


def find_free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def started(sample, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("browser") / "季度", find_free_port()
    command = ["gapmatch", "desk", "-w", str(folder), "--port", str(port), "--no-browser"]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", *command], stdout=subprocess.PIPE, encoding="utf-8"
    )
    try:
        line = process.stdout.readline()
        address = next(word for word in line.replace("；", " ").split() if word.startswith("http"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
            context = browser.new_context(viewport=WIDTHS["wide"])
            context.set_default_timeout(60_000)
            context.new_page().goto(address)
            yield Started(folder, f"http://127.0.0.1:{port}", context, [])
            browser.close()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def test_a_quarter_by_mouse(started, sample):
    extracts = sample.path / "extracts" / "2022Q4"
    page = started.open("/")
    with page.expect_file_chooser() as chooser:
        page.get_by_text("选择文件").click()
    chooser.value.set_files([extracts / "正常纳税企业清册.xlsx", extracts / "参保单位.csv"])
    page.wait_for_selector("#task")
    assert page.locator("select[name=side]").all_inner_texts()
    assert page.input_value("input[name=quarter]") == "2022Q4"
    page.get_by_text("运行，出结果").click()
    page.wait_for_selector("#job")
    page.goto("about:blank")  # the run goes on; closing a page that is being loaded may hang
    page.goto(f"{started.origin}/files")
    page.wait_for_selector("text=的结果已写好")
    page.get_by_role("link", name="下载资料").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="gaps.csv").click()
    written = started.workspace / "out" / "2022Q4" / "gaps.csv"
    assert Path(download.value.path()).read_bytes() == written.read_bytes()
    assert started.faults == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PATHS)
def test_pages_can_be_read_by_everyone(started, path, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = started.open(path)
    page.set_viewport_size(WIDTHS[width])
    found = axe.Axe().run(page).response["violations"]
    serious = [v["id"] for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0, "the page does not fit its window"
    assert started.faults == []
    page.close()


def test_a_browser_that_did_not_sign_in_sees_nothing(started):
    page = started.context.browser.new_context().new_page()
    assert page.goto(f"{started.origin}/papers").status == 403
    assert "季度" not in page.title()
    page.close()
