"""The pictures of the desk, made from the sample: ``python docs/generate/desk_pictures.py``.

Needs Chromium, Playwright and poppler (``pdftoppm``). A page is printed as the screen shows it,
drawn by poppler and written as a PNG with a small palette, like the other pictures.
"""

import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pictures import PICTURES, Page, crop, draw_page, encode_png
from playwright.sync_api import sync_playwright

from gapmatch.api.workspace import sample_workspace
from gapmatch.desk.desk_session import DeskSession
from gapmatch.desk.server import run_server
from gapmatch.desk.stored_quarter import load_quarter

WIDE, NARROW = 1100, 390


class View(NamedTuple):
    """A page of the desk: what is pictured of it, from the top, at which width."""

    name: str
    path: str
    height: int
    width: int = WIDE


def list_views(firm: int) -> Sequence[View]:
    """Return the views; ``firm``: one whose page is shown."""
    return (
        View("desk-results", "/results?quarter=2022Q4", 820),
        View("desk-firm", f"/firm/{firm}?quarter=2022Q3", 1050),
        View("desk-review", "/review?quarter=2022Q3&who=%E5%BC%A0%E4%B8%89", 980),
        View("desk-narrow", "/review?quarter=2022Q3&who=%E5%BC%A0%E4%B8%89", 900, NARROW),
        View("desk-returns", "/returns", 760),
        View("desk-whatif", "/whatif?quarter=2022Q4&visits=120&price_review=0.3", 860),
    )


def draw_views(wanted: Sequence[str]) -> None:
    """Serve the sample on a desk and write the pictures that are ``wanted`` (all if empty)."""
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        workspace = sample_workspace(Path(scratch) / "安顺").path
        listening = socket.create_server(("127.0.0.1", 0))
        session = DeskSession(workspace, listening.getsockname()[1])
        threading.Thread(target=run_server, args=(session, listening), daemon=True).start()
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page()
        page.emulate_media(media="screen")
        page.goto(session.address)
        reviews = load_quarter(workspace, "2022Q3").firms
        firm = reviews.filter(reviews["status"] == "review")["firm"][0]
        for view in list_views(firm):
            if wanted and view.name not in wanted:
                continue
            page.set_viewport_size({"width": view.width, "height": view.height})
            page.goto(session.origin + view.path)
            document = Path(scratch) / f"{view.name}.pdf"
            size = {"width": f"{view.width}px", "height": f"{view.height}px"}
            page.pdf(path=document, print_background=True, page_ranges="1", **size)
            target = PICTURES / f"{view.name}.png"
            target.write_bytes(encode_png(crop(draw_page(document, Page("", "")))))
            print(f"{target.name}  {target.stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    draw_views(sys.argv[1:])
