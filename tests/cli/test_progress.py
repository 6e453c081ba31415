import io
import time

import pytest
from rich.console import Console

from gapmatch.api.stage_durations import (
    SHARES,
    estimate_total,
    format_duration,
    stage_labels,
    sum_earlier_shares,
)
from gapmatch.cli.progress_bar import StageBar
from gapmatch.cli.run_progress import show_progress, show_status
from gapmatch.cli.terminal import Terminal
from gapmatch.pipeline import NullObserver


def test_the_shares_of_the_stages_make_a_whole():
    assert sum(SHARES.values()) == pytest.approx(1)
    assert SHARES.keys() == stage_labels().keys()


def test_stages_follow_each_other():
    befores = [sum_earlier_shares(stage) for stage in SHARES]
    assert befores == sorted(befores)
    assert sum_earlier_shares("never heard of") == 0


@pytest.mark.parametrize(
    ("elapsed", "share", "total", "why"),
    [
        (10.0, 0.5, 20.0, "half is done"),
        (0.2, 0.5, None, "over before anybody asks"),
        (10.0, 0.05, None, "too little is done to say"),
    ],
)
def test_the_total_is_expected_from_what_is_done(elapsed, share, total, why):
    assert estimate_total(elapsed, share) == total, why


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 秒"), (-3, "1 秒"), (59, "59 秒"), (61, "1 分 01 秒"), (3725, "1 小时 02 分")],
)
def test_a_length_of_time_is_said_as_people_do(seconds, words):
    assert format_duration(seconds) == words


def test_nothing_moves_where_nobody_looks():
    err = Console(file=io.StringIO())
    with show_progress(Terminal(err=err)) as observer:
        observer.begin("read")
    assert isinstance(observer, NullObserver)


@pytest.mark.parametrize("terminal", [{"quiet": True}, {"json": True}])
def test_nothing_moves_when_asked_to_be_quiet(terminal):
    err = Console(file=io.StringIO(), force_terminal=True)
    with show_progress(Terminal(err=err, **terminal)) as observer:
        assert isinstance(observer, NullObserver)


def test_a_bar_names_the_stage_at_work_and_is_gone_at_the_end():
    file = io.StringIO()
    with StageBar(Console(file=file, force_terminal=True, width=100)) as bar:
        bar.begin("link")
        bar._progress.refresh()
        shown = file.getvalue()
    assert "比对两份名单" in shown
    assert "已用" in shown
    assert file.getvalue().endswith("\x1b[2K")


@pytest.mark.parametrize(("is_terminal", "shown"), [(True, True), (False, False)])
def test_what_is_being_done_shows_on_a_terminal_alone(is_terminal, shown):
    err = Console(file=io.StringIO(), force_terminal=is_terminal)
    with show_status(Terminal(err=err)) as report:
        report("正在核对 [1/2]")
        time.sleep(0.2)
    assert ("正在核对 [1/2]" in err.file.getvalue()) is shown
