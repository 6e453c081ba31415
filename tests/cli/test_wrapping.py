"""Lines of Chinese on the terminal."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from gapmatch.cli.wrapping import Flowing, fit_columns

TEXT = "列出案件及其状态、走访结果（含备注）和是否逾期，可按 county 筛选；代码 91520302MAQNYEL7XA 不断开。"


def lines(text: str, width: int) -> list[str]:
    return [line.plain for line in Flowing(text).wrap(Console(width=width), width)]


@pytest.mark.parametrize("width", range(20, 60))
def test_lines_are_no_wider_than_the_screen_and_lose_nothing(width):
    wrapped = lines(TEXT, width)
    assert all(cell_len(line) <= width for line in wrapped)
    assert "".join(wrapped).replace(" ", "") == TEXT.replace(" ", "")


@pytest.mark.parametrize("width", range(20, 60))
def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one(width):
    wrapped = lines(TEXT, width)
    assert not any(line[0] in "，。、；）" or line[-1] == "（" for line in wrapped)
    assert any("91520302MAQNYEL7XA" in line for line in wrapped)


def test_a_word_longer_than_the_line_is_cut():
    assert lines("91520302MAQNYEL7XA", 10) == ["91520302MA", "QNYEL7XA"]


def test_lines_of_a_text_stay_lines():
    assert lines("一\n二", 10) == ["一", "二"]


def test_a_table_too_wide_keeps_codes_whole_and_wraps_the_rest():
    table = Table(box=None, pad_edge=False)
    for heading in ("代码", "名称", "Weight (bits)"):
        table.add_column(Flowing(heading))
    table.add_row(*map(Flowing, ("91520302MAQNYEL7XA", "习水县铺桥镇退役军人服务站" * 3, "1.5")))
    screen = Console(width=50, file=io.StringIO(), record=True)
    fit_columns(table, 50)
    screen.print(table)
    shown = screen.export_text().splitlines()
    assert "91520302MAQNYEL7XA" in "".join(shown)
    assert max(map(cell_len, shown)) <= 50
