"""The report in a real browser: drawn without network and errors, wide, narrow and in print."""

import re

import pytest
from browser import Browser, find_browser
from invented_prefecture import prefecture

from gapmatch.report.html import load_vega_runtime
from gapmatch.report.page import render_report

CUT = """[...{page}.querySelectorAll('.chart svg')].flatMap(svg => {{
  const room = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => {{
    const own = text.getBoundingClientRect();
    return own.left < room.left - 1 || own.right > room.right + 1;
  }}).map(text => text.textContent);
}}).join('|')"""
"""Labels that reach beyond their chart."""

PHONE = 375
"""CSS pixels of a narrow phone; a window cannot be that narrow, a frame can."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if (path := find_browser()) is None:
        pytest.skip("no Chromium found on this machine (apt install chromium)")
    return Browser(path, tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    pytest.importorskip("vl_convert", reason="the extra `charts` is not installed")
    path = tmp_path_factory.mktemp("report") / "report.html"
    made = render_report(prefecture(600).complete_frames(), load_vega_runtime())
    look = (
        f"setTimeout(() => {{ document.body.dataset.cut = {CUT.format(page='document')}; }}, 3000)"
    )
    before, _end, after = made.rpartition("</body>")
    path.write_text(f"{before}<script>{look}</script></body>{after}", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def wide(browser, page):
    return browser.look(page)


@pytest.fixture(scope="module")
def narrow(browser, page):
    """The page inside a frame as wide as a phone; the frame's document is copied out."""
    frame = page.with_name("phone.html")
    frame.write_text(
        f"<!doctype html><body style='margin:0'><iframe src='{page.name}' "
        f"style='border:0;width:{PHONE}px;height:3000px'></iframe><script>"
        "addEventListener('load', () => setTimeout(() => {"
        "const inside = document.querySelector('iframe').contentDocument;"
        f"document.body.dataset.cut = {CUT.format(page='inside')};"
        "document.body.dataset.scroll = inside.documentElement.scrollWidth;"
        "document.body.append(inside.querySelector('main'));"
        "}, 3000))</script>",
        encoding="utf-8",
    )
    return browser.look(frame)


def charts(document):
    return re.findall(r"<svg[^>]*>.*?</svg>", document, re.DOTALL)


def test_the_report_is_drawn_without_network_and_without_a_word_in_the_console(wide):
    assert not wide.console


def test_every_figure_is_drawn(wide):
    figures = wide.document.count('id="figure-')
    assert wide.document.count('class="figure drawn"') == len(charts(wide.document)) == figures > 4


def test_charts_show_chinese_labels_and_marks(wide):
    drawn = "".join(charts(wide.document))
    for text in ("云溪区", "1～4 人", "走访户数"):
        assert text in drawn
    assert drawn.count("<path") > 50


PRINTED = 720
"""Pixels of a chart whose texts come out readable on paper, where it is as wide as the page."""


def test_a_chart_is_as_wide_as_its_place_but_not_too_wide_for_paper(wide, narrow):
    def widths(seen):
        return [float(w) for w in re.findall(r'<svg[^>]*\swidth="([\d.]+)"', seen.document)]

    assert PRINTED * 0.9 < max(widths(wide)) <= PRINTED
    assert widths(narrow)
    assert max(widths(narrow)) <= PHONE


def test_no_label_is_cut(wide, narrow):
    for seen in (wide, narrow):
        assert re.search('data-cut="([^"]*)"', seen.document)[1] == ""


def test_a_phone_need_not_scroll_sideways(narrow):
    assert not narrow.console
    assert f'data-scroll="{PHONE}"' in narrow.document


def test_the_report_prints_to_a_few_pages_with_its_charts(browser, page):
    pdf = browser.print(page)
    assert pdf.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 12


def test_the_report_is_small_and_quick(page):
    assert page.stat().st_size < 3_000_000
