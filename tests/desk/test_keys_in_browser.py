"""The review and the search by keyboard alone, in a real browser."""

import re
import shutil
import socket
import threading

import pytest

pytest.importorskip("playwright", reason="the browser is driven by Playwright")
from playwright.sync_api import expect, sync_playwright

from gapmatch.api.stores import open_store
from gapmatch.desk.desk_session import DeskSession
from gapmatch.desk.server import run_server
from gapmatch.ledger.entries import load_decisions

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed"),
    pytest.mark.filterwarnings("ignore"),
]
TIMEOUT_MILLISECONDS = 60_000


@pytest.fixture(scope="module")
def page(reviewed):
    listening = socket.create_server(("127.0.0.1", 0))
    session = DeskSession(reviewed.workspace, listening.getsockname()[1])
    threading.Thread(target=run_server, args=(session, listening), daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.set_default_timeout(TIMEOUT_MILLISECONDS)
        expect.set_options(timeout=TIMEOUT_MILLISECONDS)
        opened.faults = []
        opened.on("console", lambda m: m.type == "error" and opened.faults.append(m.text))
        opened.on("pageerror", lambda error: opened.faults.append(str(error)))
        opened.goto(session.address)
        opened.origin = session.origin
        yield opened
        browser.close()


def _read_verdicts(desk):
    with open_store(desk.workspace) as store:
        return load_decisions(store.db)["verdict"].to_list()


def test_pairs_are_decided_skipped_and_undone_by_keys(page, reviewed):
    page.goto(f"{page.origin}/review?who=键盘")
    key = page.locator("input[name=key]")
    seen = []
    for pressed in ("s", "2", "u", "k", "Space"):
        seen.append(key.input_value())
        page.keyboard.press(pressed)
        expect(key).not_to_have_value(seen[-1])
    assert len(set(seen)) == len(seen)
    assert _read_verdicts(reviewed)[-3:] == ["same", "different", "unsure"]
    page.keyboard.press("z")
    expect(key).to_have_value(seen[2])
    assert _read_verdicts(reviewed)[-1] == "retracted"
    assert page.faults == []


def test_keys_mean_nothing_while_a_remark_is_typed(page, reviewed):
    page.goto(f"{page.origin}/review?who=备注")
    before = _read_verdicts(reviewed)
    page.locator("input[name=remark]").focus()
    page.keyboard.type("sd u1")
    assert page.locator("input[name=remark]").input_value() == "sd u1"
    assert _read_verdicts(reviewed) == before


def test_a_firm_is_searched_for_and_opened_by_keys(page, reviewed):
    page.goto(f"{page.origin}/review?who=键盘")
    page.get_by_role("link", name="结果").first.click()
    page.wait_for_selector("input[type=search]")
    page.keyboard.press("/")
    page.keyboard.type("商贸")
    page.keyboard.press("Enter")
    page.wait_for_selector("table.firms")
    link = page.locator("table.firms tbody a").first
    name = link.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(name)
    assert re.search(r"/firm/\d+", page.url)
    assert page.faults == []
