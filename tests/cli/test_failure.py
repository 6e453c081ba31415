import errno
import os
import signal
import subprocess
import sys
from contextlib import suppress
from io import StringIO

import pytest

from gapmatch.cli import main
from gapmatch.cli.error_report import find_workspace, run_guarded
from gapmatch.cli.terminal import wrap_output_errors
from gapmatch.errors import ExitCode, GapmatchError, InterruptedRunError, OutputError, StoreError
from gapmatch.pipeline import Clock
from gapmatch.run.commit import watch_completion
from gapmatch.workspace_files import LOG_NAME


def raising(error: BaseException):
    def work(arguments: list[str]) -> int:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (StoreError("库坏了", "请修复"), 1, ["库坏了", "请修复"]),
        (KeyboardInterrupt(), 130, ["已中断"]),
        (MemoryError(), 1, ["内存不足", "batch_pairs"]),
        (OSError(errno.ENOSPC, "full", "a.xlsx"), 1, ["磁盘空间不足", "a.xlsx"]),
        (OSError(errno.ENOSPC, "full", "bk.db", None, "a.db"), 1, ["未能写入：a.db"]),
        (OSError(errno.EROFS, "read-only", "out"), 1, ["只读", "--workspace"]),
        (PermissionError(errno.EACCES, "denied", "a.xlsx"), 1, ["a.xlsx", "Excel"]),
    ],
)
def test_a_known_fault_is_told_in_words(capsys, error, code, words):
    assert run_guarded(raising(error), []) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert all(word in said.err for word in words)
    assert "Traceback" not in said.err


def test_a_bug_leaves_its_traceback_in_the_workspace_and_not_on_the_screen(capsys, tmp_path):
    number = "530101197001011234"
    bug = raising(ZeroDivisionError(f"hidden {number}"))
    assert run_guarded(bug, ["explain", number, "-w", str(tmp_path)]) == 1
    said = capsys.readouterr()
    log = tmp_path / LOG_NAME
    assert "Traceback" not in said.err
    assert str(log) in said.err
    assert "ZeroDivisionError: hidden" in log.read_text(encoding="utf-8")
    assert number not in log.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="rights of files differ on Windows")
def test_the_log_is_readable_by_its_owner_alone(tmp_path):
    run_guarded(raising(ZeroDivisionError()), ["run", "--workspace", str(tmp_path)])
    assert (tmp_path / LOG_NAME).stat().st_mode & 0o077 == 0


def test_a_bug_in_a_workspace_that_cannot_be_written_is_logged_elsewhere(
    capsys, tmp_path, monkeypatch
):
    unwritable, elsewhere = tmp_path / "full", tmp_path / "temp"
    unwritable.mkdir()
    elsewhere.mkdir()
    (unwritable / LOG_NAME).mkdir()  # a folder in the way: opening it as a file fails, for root too
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(elsewhere))
    assert run_guarded(raising(ValueError("x")), ["runs", f"--workspace={unwritable}"]) == 1
    assert (elsewhere / LOG_NAME).is_file()


def test_a_panic_of_compiled_code_is_told_like_a_bug(capsys, tmp_path):
    class Panic(BaseException):
        pass

    assert run_guarded(raising(Panic("polars")), ["-w", str(tmp_path)]) == 1
    assert LOG_NAME in capsys.readouterr().err


def test_an_interruption_that_typer_caught_is_told_too(capsys):
    assert run_guarded(lambda arguments: ExitCode.INTERRUPTED, []) == 130
    assert "已中断" in capsys.readouterr().err


def test_an_exit_is_an_exit():
    with pytest.raises(SystemExit):
        run_guarded(lambda arguments: sys.exit(4), [])


@pytest.mark.parametrize("arguments", [["--workspace"], ["-w", "no/such"], ["runs"], []])
def test_without_a_workspace_the_log_lies_in_the_current_folder(arguments):
    assert str(find_workspace(arguments)) == "."


class FullDisk(StringIO):
    """Standard output that leads to a full disk."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_output_to_a_full_disk_says_that_the_work_is_done(monkeypatch):
    monkeypatch.setattr(sys, "stdout", FullDisk())
    with (
        pytest.raises(OutputError, match=r"2022Q4 的新结果已写入.*输出写不出去"),
        wrap_output_errors("2022Q4 的新结果已写入 out/2022Q4"),
    ):
        print("the summary")


def test_an_interruption_of_the_output_says_that_the_work_is_done():
    with (
        pytest.raises(InterruptedRunError, match="2022Q4 的新结果已写入") as raised,
        wrap_output_errors("2022Q4 的新结果已写入 out/2022Q4"),
    ):
        raise KeyboardInterrupt
    assert raised.value.exit_code == 130


def test_a_bug_after_the_commit_does_not_claim_that_nothing_changed(capsys, tmp_path):
    def work(_arguments):
        with watch_completion(tmp_path / "out/2022Q4") as completion:
            completion.run = 1
            raise ZeroDivisionError

    assert run_guarded(work, ["-w", str(tmp_path)]) == 1
    errors = capsys.readouterr().err
    assert "2022Q4 的新结果已写入" in errors
    assert "未动" not in errors


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110
@pytest.mark.parametrize(
    ("redirect", "code", "words"),
    [(">/dev/full", 1, "输出写不出去"), (">&-", 0, ""), (">&- 2>&-", 0, "")],
    ids=["full", "closed", "both closed"],
)
def test_reading_commands_say_what_is_wrong_with_their_output(tmp_path, redirect, code, words):
    command = f"{sys.executable} -m gapmatch runs --help {redirect}"
    told = {**os.environ, "GAPMATCH_LANG": "zh"}
    done = subprocess.run(
        ["sh", "-c", command], env=told, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert words in done.stderr


STRUCK = {
    "raised": "raise KeyboardInterrupt",
    "an error of Python": "raise RuntimeError('__set_name__')",
    "an error of a library": "raise ValueError('SchemaError')",
    "an error that a reader explained": "raise GapmatchError('damaged')",
    "dropped, until the next stage": "Clock().stage('read').__enter__()",
}


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no signal to one process")
@pytest.mark.parametrize("strike", STRUCK.values(), ids=STRUCK)
def test_an_interruption_is_one_whatever_it_strikes(capsys, tmp_path, monkeypatch, strike):
    def work(_arguments):
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        exec(strike, {"Clock": Clock, "GapmatchError": GapmatchError})
        return 0

    monkeypatch.setattr("gapmatch.cli.app.run", work)
    assert main(["run", "-w", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "已中断；原有结果未动。\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no signal to one process")
def test_an_interruption_as_the_program_is_loaded_leaves_no_traceback(capsys, monkeypatch):
    monkeypatch.setattr(
        "gapmatch.cli.terminal.prepare_streams", lambda: signal.raise_signal(signal.SIGINT)
    )
    assert main(["runs"]) == 130
    assert capsys.readouterr().err == "已中断。\n"
