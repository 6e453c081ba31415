"""A quarter by mouse, the next one by keyboard alone, and every page read by axe: in Chromium."""

import shutil
import socket
import subprocess
import sys
import threading
from base64 import b64encode
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="the browser is driven by Playwright")
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from gapmatch.api.stores import open_store
from gapmatch.desk.desk_session import DeskSession
from gapmatch.desk.server import run_server
from gapmatch.ledger.entries import load_decisions

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed"),
    pytest.mark.filterwarnings("ignore"),
]
WIDTHS = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 800}}
TIMEOUT_MILLISECONDS = 60_000
MAX_TABS = 60


@dataclass(frozen=True)
class SignedIn:
    """A desk that was started, and a browser that signed in; ``faults``: what must not be."""

    workspace: Path
    origin: str
    context: BrowserContext
    faults: list[str] = field(default_factory=list)

    def open(self, path: str, width: str = "wide") -> Page:
        page = self.context.new_page()
        page.set_viewport_size(WIDTHS[width])
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


def sign_in(browser: Browser, address: str, workspace: Path) -> SignedIn:
    context = browser.new_context(viewport=WIDTHS["wide"])
    context.set_default_timeout(TIMEOUT_MILLISECONDS)
    context.new_page().goto(address)
    return SignedIn(workspace, address.partition("/?")[0], context)


@pytest.fixture(scope="module")
def browser():
    expect.set_options(timeout=TIMEOUT_MILLISECONDS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def started(browser, tmp_path_factory):
    """A desk on a new folder, started as by hand."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("browser") / "季度"
    command = ["gapmatch", "desk", "-w", str(folder), "--port", str(port), "--no-browser"]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", *command], stdout=subprocess.PIPE, encoding="utf-8"
    )
    try:
        line = process.stdout.readline()
        address = next(word for word in line.replace("；", " ").split() if word.startswith("http"))
        yield sign_in(browser, address, folder)
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def sampled(browser, reviewed):
    """A desk on the sample, with visits and pairs to review."""
    listening = socket.create_server(("127.0.0.1", 0))
    session = DeskSession(reviewed.workspace, listening.getsockname()[1])
    threading.Thread(target=run_server, args=(session, listening), daemon=True).start()
    return sign_in(browser, session.address, reviewed.workspace)


MAKE_TRANSFER = """files => {
  const held = new DataTransfer();
  for (const [name, text] of files) {
    held.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
  }
  return held;
}"""


def drop_files(page: Page, files: list[Path]) -> None:
    """Let go of files above the area, as a hand that dragged them from a folder."""
    texts = [[file.name, b64encode(file.read_bytes()).decode()] for file in files]
    held = page.evaluate_handle(MAKE_TRANSFER, texts)
    for event in ("dragenter", "dragover"):
        page.dispatch_event(".drop", event, {"dataTransfer": held})
    expect(page.locator(".drop.over")).to_be_visible()
    page.dispatch_event(".drop", "drop", {"dataTransfer": held})


def test_a_quarter_by_mouse(started, sample):
    extracts = sample.path / "extracts" / "2022Q3"
    page = started.open("/")
    with page.expect_file_chooser() as chooser:
        page.get_by_text("选择文件").click()
    chooser.value.set_files([extracts / "正常纳税企业清册.xlsx"])
    page.wait_for_selector("#task")
    drop_files(page, [extracts / "参保单位.csv"])
    page.wait_for_selector("button[value=run]:enabled")
    assert page.locator("select[name=side]").count() == 2
    assert page.input_value("#task select[name=quarter]") == "2022Q3"
    other = {"name": "参保单位.csv", "mimeType": "text/csv", "buffer": b"another"}
    page.set_input_files("#choose", [other])
    with page.expect_navigation():  # the page comes anew, without what is chosen until then
        page.get_by_text("不放这一份").click()
    page.set_input_files("#choose", [extracts / "参保单位.csv"])
    page.wait_for_selector("text=没有再放一份")
    assert page.locator("select[name=side]").count() == 2
    page.get_by_text("运行，出结果").click()
    page.wait_for_selector("#job")
    page.goto("about:blank")  # the run goes on; closing a page that is being loaded may hang
    page.goto(f"{started.origin}/files")
    page.wait_for_selector("text=的结果已写好")
    page.get_by_role("link", name="资料", exact=True).click()
    with page.expect_download() as download:
        page.get_by_text("给其他程序用的数据").click()
        page.get_by_role("link", name="gaps.csv").click()
    written = started.workspace / "out" / "2022Q3" / "gaps.csv"
    assert Path(download.value.path()).read_bytes() == written.read_bytes()
    assert started.faults == []


def press_until(page: Page, locator: str) -> None:
    """Go to ``locator`` by Tab; what has the focus on the way can be seen."""
    wanted = page.locator(locator).first.element_handle()
    for _tab in range(MAX_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("element => document.activeElement === element", wanted):
            break
        assert page.evaluate(VISIBLE_FOCUS), page.evaluate("document.activeElement.outerHTML")
    else:
        raise AssertionError(f"no Tab leads to {locator}")


VISIBLE_FOCUS = """() => {
  const has = document.activeElement;
  const shown = has.classList.contains("hidden-input") ? has.labels[0] : has;
  const box = shown.getBoundingClientRect(), style = getComputedStyle(shown);
  return has === document.body || (style.outlineStyle !== "none" && box.width > 1 && box.height > 1);
}"""
"""Whether what has the focus is drawn with an outline, in the window or scrolled to."""


def choose_files(page: Page, files: list[Path]) -> None:
    # Playwright takes a moment until it sees dialogs, so it starts before the way there.
    with page.expect_file_chooser() as chooser:
        press_until(page, "input[type=file]")
        page.keyboard.press("Space")
    chooser.value.set_files(files)


def decide_all(page: Page) -> None:
    """Go on from the results to the pairs, decide all, and run again."""
    page.on("dialog", lambda dialog: dialog.accept())
    press_until(page, "a.next[href^='/review']")
    page.keyboard.press("Enter")
    expect(page.locator("input[name=who]").first).to_be_focused()
    page.keyboard.type("键盘")
    page.keyboard.press("Enter")
    page.wait_for_selector("#verdicts")
    while page.locator("#verdicts").count():
        with page.expect_navigation():
            page.keyboard.press("y")
    press_until(page, "text=再运行一次")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=的结果已写好")
    press_until(page, "#job a[href='/results']")
    page.keyboard.press("Enter")


def test_the_next_quarter_by_keyboard_alone_on_a_narrow_page(started, sample):
    extracts = sample.path / "extracts" / "2022Q4"
    page = started.open("/files", "narrow")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "text=办下一个季度")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=已移除 2 个用过的文件")
    choose_files(page, [extracts / "正常纳税企业清册.xlsx", extracts / "参保单位.csv"])
    page.wait_for_selector("#task")
    press_until(page, "button[value=run]")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=的结果已写好")
    press_until(page, "#job a[href='/results']")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=从税务清册到本季走访")
    decide_all(page)
    press_until(page, "a.next[href^='/papers']")
    page.keyboard.press("Enter")
    press_until(page, "ul.files a")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    _quarter, county, _kind = download.value.suggested_filename.split("_")
    book = started.workspace / "out" / "2022Q4" / "counties" / f"{county}.xlsx"
    assert Path(download.value.path()).read_bytes() == book.read_bytes()
    press_until(page, "a.next")
    page.keyboard.press("Enter")
    page.wait_for_url("**/returns")
    choose_files(page, [book])
    page.wait_for_selector("ul.waiting")
    press_until(page, "text=导入 1 个文件")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=没有新的内容可导入")  # nobody filled it in
    assert started.faults == []


def _read_verdicts(desk):
    with open_store(desk.workspace) as store:
        return load_decisions(store.db)["verdict"].to_list()


def test_pairs_are_decided_skipped_and_undone_by_keys(sampled):
    page = sampled.open("/review?who=键盘")
    key = page.locator("input[name=key]")
    seen = []
    for pressed in ("y", "2", "u", "s", "Space"):
        seen.append(key.input_value())
        page.keyboard.press(pressed)
        expect(key).not_to_have_value(seen[-1])
        page.wait_for_load_state()  # the script of the page listens from then on
    assert len(set(seen)) == len(seen)
    assert _read_verdicts(sampled)[-3:] == ["same", "different", "unsure"]
    for before in (seen[4], seen[2]):  # the pair just skipped, then the last decision
        page.keyboard.press("b")
        expect(key).to_have_value(before)
        page.wait_for_load_state()
    assert _read_verdicts(sampled)[-1] == "retracted"
    assert sampled.faults == []


def test_keys_mean_nothing_while_a_remark_is_typed(sampled):
    page = sampled.open("/review?who=备注")
    before = _read_verdicts(sampled)
    page.locator("input[name=remark]").focus()
    page.keyboard.type("yn u1")
    assert page.locator("input[name=remark]").input_value() == "yn u1"
    assert _read_verdicts(sampled) == before


def test_a_firm_is_searched_for_and_opened_by_keys(sampled):
    page = sampled.open("/results")
    page.keyboard.press("/")
    page.keyboard.type("商贸")
    page.keyboard.press("Enter")
    page.wait_for_selector("table.firms")
    link = page.locator("table.firms tbody a").first
    name = link.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(name)
    assert sampled.faults == []


PATHS = [
    *("/files", "/results", "/firms?text=商贸", "/firm/3?quarter=2022Q3"),
    *("/review?who=a", "/review/groups?who=a", "/papers", "/returns", "/returns/overdue"),
    *("/whatif", "/firm/99999", "/safekeeping"),
]


@pytest.mark.parametrize("path", PATHS)
def test_pages_can_be_read_by_everyone_at_both_widths(sampled, path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = sampled.open(path)
    for width, size in WIDTHS.items():
        page.set_viewport_size(size)
        found = axe.Axe().run(page).response["violations"]
        serious = [
            (v["id"], v["nodes"][0]["html"])
            for v in found
            if v["impact"] in ("serious", "critical")
        ]
        assert serious == [], width
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"the page does not fit its window: {width}"
    page.close()


def test_a_browser_that_did_not_sign_in_sees_nothing(started):
    page = started.context.browser.new_context().new_page()
    assert page.goto(f"{started.origin}/papers").status == 403
    assert "季度" not in page.title()
    page.close()
