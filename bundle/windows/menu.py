"""The menu behind 开始.cmd and the two drop targets: every entry is one gapmatch command.

Workspaces lie in the user's documents, not beside the program, so a newer bundle unpacked over or beside this one
leaves them as they are.
"""

import os
import re
import subprocess
import sys
import webbrowser
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import gapmatch
from gapmatch.api.extract_recognition import ExtractRecognition
from gapmatch.errors import GapmatchError

SIDE_NAMES = {"tax": "税务清册", "enrollment": "参保单位", "registry": "市场主体登记"}
FINISHED = (0, 3)
"""Exit codes of a command that did its work; 3: with rows refused or left out."""
STOPPED = 4
"""Exit code of a run that the gate stopped."""


def workspace() -> Path:
    """Return the folder of results, made if it is not there: ``Documents/gapmatch``."""
    folder = Path(os.environ.get("GAPMATCH_WORKSPACE") or Path.home() / "Documents" / "gapmatch")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run_gapmatch(*arguments: object) -> int:
    """Run one command on the console and return its exit code."""
    return subprocess.call([sys.executable, "-m", "gapmatch", *map(str, arguments)])


def dropped_files(command_line: str, arguments: Sequence[str] = ()) -> list[Path]:
    """Return the files of a drop, from the command line that Explorer gave to ``cmd.exe``.

    Names with spaces are quoted, names with ``&`` and no space are not; every full path begins with a drive
    or two backslashes, so an unquoted run of text is split where the next path begins. A launcher that was started
    in an open console is not on that line: the files are its ``arguments``.
    """
    _before, launcher, after = re.split(
        r'(\.cmd"?)|$', command_line, maxsplit=1, flags=re.IGNORECASE
    )
    if not launcher:
        return [Path(argument) for argument in arguments]
    paths: list[str] = []
    for quoted, plain in re.findall(r'"([^"]+)"|([^"]+)', after):
        paths += [quoted] if quoted else re.split(r"\s+(?=[A-Za-z]:\\|\\\\)", plain.strip())
    return [Path(path.strip()) for path in paths if path.strip()]


def recognise(file: Path) -> ExtractRecognition:
    """Return which source a file is an extract of, by the headers that the workspace knows."""
    try:
        return gapmatch.recognise(file, workspace=workspace())
    except GapmatchError as error:
        return ExtractRecognition(None, None, message=str(error))


def ask(question: str, default: str = "") -> str:
    """Ask for a text; an empty answer takes ``default``."""
    shown = f"{question}（回车：{default}）：" if default else f"{question}："
    return input(shown).strip().strip('"') or default


def last_quarter(today: date) -> str:
    """Return the quarter before the one of ``today``: extracts come when a quarter is over."""
    number = (today.month - 1) // 3
    return f"{today.year}Q{number}" if number else f"{today.year - 1}Q4"


def ask_files() -> list[Path]:
    """Ask for files until an empty line."""
    print("把文件拖进这个窗口，每个按一次回车；都拖完后再按一次回车。")
    files: list[Path] = []
    while answer := ask("文件"):
        files.append(Path(answer))
    return files


def check_files(files: Sequence[Path]) -> int:
    """Show how each file is understood."""
    codes = []
    for file in files:
        side = recognise(file).side or "tax"
        codes.append(run_gapmatch("check", file, "--as", side, "-w", workspace()))
    return max(codes, default=0)


def run_quarter(files: Sequence[Path]) -> int:
    """Recognise the files, show which is which, and run the quarter that the user names."""
    found = {file: recognise(file) for file in files if file.is_file()}
    named = {side: [f for f in found if found[f].side == side] for side in SIDE_NAMES}
    for side, own in named.items():
        for file in own:
            print(f"{SIDE_NAMES[side]}：{file.name}")
    unknown = [f for f in files if f not in found or found[f].side is None]
    if unknown:
        print("认不出：" + "、".join(f.name for f in unknown))
        return check_files(unknown)
    if not named["tax"] or not named["enrollment"]:
        print("要有税务清册和参保单位各至少一个文件。")
        return 2
    titles = [given.quarter for given in found.values() if given.quarter]
    quarter = ask("季度", max(titles, default=last_quarter(date.today())))
    sources = [part for side, own in named.items() if own for part in (f"--{side}", *own)]
    command = ("run", quarter, *sources, "--workspace", workspace())
    code = run_gapmatch(*command)
    if code == STOPPED and (
        reason := ask("核对过、名单没有错的，写明理由再运行（直接回车：不运行）")
    ):
        code = run_gapmatch(*command, "--accept", reason)
    if code in FINISHED:
        open_folder(workspace() / "out" / quarter)
    return code


def import_returns(files: Sequence[Path]) -> int:
    """Take in filled county workbooks: visits and judged pairs."""
    if not files:
        print("没有给出文件。")
        return 2
    codes = [
        run_gapmatch(kind, "import", *files, "-w", workspace()) for kind in ("visits", "review")
    ]
    return max(codes)


def open_folder(folder: Path) -> int:
    """Open a folder in the file manager, or print its path if there is none."""
    if hasattr(os, "startfile"):
        os.startfile(folder if folder.exists() else workspace())
    else:
        print(folder)
    return 0


def open_guide() -> int:
    """Open the documentation beside the program in the browser."""
    guide = Path(__file__).parent / "docs" / "index.html"
    if not guide.is_file():
        print("这个压缩包里没有使用说明；请运行 gapmatch --help。")
        return 1
    webbrowser.open(guide.as_uri())
    return 0


def show_menu() -> None:
    """Show the menu until the user leaves it."""
    entries = {
        "0": ("在浏览器里办（推荐）", lambda: run_gapmatch("desk", "-w", workspace())),
        "1": ("检查数据文件", lambda: check_files(ask_files())),
        "2": ("跑一个季度", lambda: run_quarter(ask_files())),
        "3": ("导入县区填好的工作簿", lambda: import_returns(ask_files())),
        "4": ("查看案件进度", lambda: run_gapmatch("cases", "--by-county", "-w", workspace())),
        "5": ("打开结果文件夹", lambda: open_folder(workspace() / "out")),
        "6": ("用虚构数据演示一遍", lambda: run_gapmatch("demo", "-w", workspace() / "demo")),
        "7": ("打开使用说明", open_guide),
    }
    while True:
        print("\n参保缺口比对 gapmatch")
        print(f"工作文件夹：{workspace()}\n")
        for key, (title, _action) in entries.items():
            print(f"  {key}  {title}")
        choice = ask("\n请选择，直接回车退出")
        if not choice:
            return
        if choice in entries:
            entries[choice][1]()
        else:
            print("没有这一项。")


def main() -> None:
    """Show the menu, or do what the drop target asks for with the dropped files."""
    action = {"run": run_quarter, "import": import_returns}.get(" ".join(sys.argv[1:2]))
    try:
        if action is None:
            show_menu()
            return
        dropped = dropped_files(os.environ.get("GAPMATCH_DROPPED", ""), sys.argv[2:])
        action(dropped or ask_files())
        input("\n按回车关闭。")
    except (EOFError, KeyboardInterrupt):
        return


if __name__ == "__main__":
    main()
