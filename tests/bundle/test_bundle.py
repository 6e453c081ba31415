"""The bundles: pins of the machine they go to, launchers that any code page can run, the menu."""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from gapmatch.api.extract_recognition import ExtractRecognition

BUNDLE = Path(__file__).parents[2] / "bundle"


def load(path: Path):
    """Import a script that is no package."""
    spec = importlib.util.spec_from_file_location(f"bundle_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


build = load(BUNDLE / "build.py")
menu = load(BUNDLE / "windows" / "menu.py")

PINS = """\
# a comment
click==8.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
colorama==0.4 ; sys_platform == 'win32' \\
    --hash=sha256:cc
tomli==2.0 ; python_full_version < '3.13' \\
    --hash=sha256:dd
"""


def test_markers_are_evaluated_for_the_machine_that_the_bundle_goes_to():
    windows = build.pins_for(build.WINDOWS, PINS)
    assert windows == [
        "click==8.0 --hash=sha256:aa --hash=sha256:bb",
        "colorama==0.4 --hash=sha256:cc",
    ]
    linux = {
        python: [pin.split("==")[0] for pin in build.pins_for(target, PINS)]
        for python, target in build.LINUX.items()
    }
    assert linux["3.12"] == ["click", "tomli"]
    assert linux["3.13"] == ["click"]


def test_every_pin_of_a_bundle_is_hashed():
    text = build.PINS.read_text(encoding="utf-8")
    assert all("--hash=sha256:" in pin for pin in build.pins_for(build.WINDOWS, text))


@pytest.mark.parametrize("launcher", sorted(BUNDLE.glob("windows/*.cmd")), ids=lambda p: p.name)
def test_a_launcher_is_ascii_so_that_no_code_page_garbles_it(launcher):
    text = launcher.read_bytes().decode("ascii")
    assert "PYTHONUTF8=1" in text
    assert "python\\python.exe" in text
    started = text.rpartition("python.exe")[0]
    assert started.rfind("Disable") >= started.rfind("Enable"), "a folder may have ! in its name"


def test_launchers_get_the_line_ends_of_windows(tmp_path):
    build.copy_launchers(BUNDLE / "windows", tmp_path)
    for launcher in tmp_path.glob("*.cmd"):
        body = launcher.read_bytes()
        assert body.count(b"\r\n") == body.count(b"\n") > 0
    assert next(tmp_path.glob("*.txt")).read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_wheel_is_unpacked_without_its_scripts(tmp_path):
    wheel = tmp_path / "a-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a/__init__.py", "")
        archive.writestr("a-1.data/scripts/a.exe", "")
        archive.writestr("a-1.data/purelib/b.py", "")
    build.unpack_wheel(wheel, tmp_path / "packages")
    files = {
        p.relative_to(tmp_path / "packages").as_posix()
        for p in (tmp_path / "packages").rglob("*.py")
    }
    assert files == {"a/__init__.py", "b.py"}
    assert not list((tmp_path / "packages").rglob("a.exe"))


def test_the_interpreter_finds_the_packages_beside_it(tmp_path):
    data = tmp_path / "data.zip"
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("cp313/python.exe", "x")
        archive.writestr("cp312/python.exe", "y")
    build.unpack_python(data, tmp_path / "python")
    assert (tmp_path / "python" / "python.exe").read_text(encoding="utf-8") == "x"
    assert "..\\packages" in (tmp_path / "python" / "python313._pth").read_text(encoding="ascii")


@pytest.mark.parametrize(
    ("command_line", "files", "why"),
    [
        (
            r'cmd /c ""C:\g\run.cmd" C:\a\税.xlsx C:\a\保.csv"',
            ["C:\\a\\税.xlsx", "C:\\a\\保.csv"],
            "two plain names",
        ),
        (
            r'cmd /c ""C:\g\run.cmd" "C:\我的 文件\税.xlsx" D:\保.csv"',
            ["C:\\我的 文件\\税.xlsx", "D:\\保.csv"],
            "a space is quoted",
        ),
        (
            r'cmd /c ""C:\g\run.cmd" C:\a\甲&乙.xlsx"',
            ["C:\\a\\甲&乙.xlsx"],
            "an ampersand is not quoted",
        ),
        (
            r'cmd /c ""C:\g\run.cmd" \\server\share\税.xlsx"',
            ["\\\\server\\share\\税.xlsx"],
            "a share",
        ),
        (r'cmd /c ""C:\g\run.cmd""', [], "started by a double click"),
    ],
)
def test_dropped_files_are_found_in_the_command_line(command_line, files, why):
    assert [str(path) for path in menu.dropped_files(command_line, ["ignored"])] == files, why


@pytest.mark.parametrize("command_line", ["", r'"C:\Windows\system32\cmd.exe" '])
def test_files_given_in_an_open_console_are_the_arguments(command_line):
    assert menu.dropped_files(command_line, ["税.xlsx"]) == [Path("税.xlsx")]


@pytest.mark.parametrize(
    ("today", "quarter"), [(date(2023, 1, 9), "2022Q4"), (date(2022, 10, 1), "2022Q3")]
)
def test_the_quarter_that_is_proposed_is_the_one_just_over(today, quarter):
    assert menu.last_quarter(today) == quarter


def test_dropping_the_extracts_runs_the_quarter(tmp_path, monkeypatch, capfd):
    sample = BUNDLE.parent / "data" / "sample" / "2022Q4"
    files = sorted(p for p in sample.iterdir() if p.name != "truth.csv")
    monkeypatch.setenv("GAPMATCH_WORKSPACE", str(tmp_path))
    monkeypatch.setattr("builtins.input", lambda _question: "2022Q4")
    assert menu.run_quarter(files) in menu.FINISHED
    assert (tmp_path / "out" / "2022Q4" / "report.html").is_file()
    assert "税务清册：" in capfd.readouterr().out


def test_the_menu_knows_the_headers_and_the_quarter_that_workspace_and_titles_name(
    tmp_path, monkeypatch
):
    """A column that the settings name is read as on the command line; a title proposes the quarter."""
    (tmp_path / "gapmatch.toml").write_text('[columns.tax]\nname = ["甲"]\n', encoding="utf-8")
    tax, units = tmp_path / "2022年三季度清册.csv", tmp_path / "units.csv"
    tax.write_text("甲,乙\n一行,1\n二行,2\n", encoding="utf-8")
    units.write_text(
        "单位编号,单位名称,参保状态\n1,某县宏达商贸有限公司,参保缴费\n", encoding="utf-8"
    )
    asked, given = [], []
    monkeypatch.setenv("GAPMATCH_WORKSPACE", str(tmp_path))
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "")
    monkeypatch.setattr(menu, "run_gapmatch", lambda *command: given.append(command) or 1)
    menu.run_quarter([units, tax])
    assert given == [
        ("run", "2022Q3", "--tax", tax, "--enrollment", units, "--workspace", tmp_path)
    ]
    assert asked == ["季度（回车：2022Q3）："]


@pytest.mark.parametrize(("reason", "commands"), [("", 1), ("一县划出", 2)])
def test_a_run_that_the_gate_stopped_goes_on_with_a_reason_alone(
    tmp_path, monkeypatch, reason, commands
):
    given = []
    answers = iter(["2022Q4", reason])
    monkeypatch.setenv("GAPMATCH_WORKSPACE", str(tmp_path))
    monkeypatch.setattr("builtins.input", lambda _question: next(answers))
    monkeypatch.setattr(menu, "recognise", lambda file: ExtractRecognition(file.stem, None))
    monkeypatch.setattr(
        menu, "run_gapmatch", lambda *command: given.append(command) or menu.STOPPED
    )
    files = [tmp_path / "tax.csv", tmp_path / "enrollment.csv"]
    for file in files:
        file.touch()
    menu.run_quarter(files)
    assert [command[-2:] == ("--accept", reason) for command in given] == [False, True][:commands]


def test_the_guide_and_the_sample_lie_beside_the_launchers(tmp_path):
    site, sample, tree = tmp_path / "site", tmp_path / "sample", tmp_path / "tree"
    (sample / "2022Q3").mkdir(parents=True)
    for name in ("参保单位.csv", "truth.csv"):
        (sample / "2022Q3" / name).write_text("", encoding="utf-8")
    tree.mkdir()
    build.copy_guide(site, sample, tree)
    assert [p.name for p in tree.iterdir()] == ["示例"], "a site that was not built is no error"
    site.mkdir()
    (site / "index.html").write_text("<html>", encoding="utf-8")
    build.copy_guide(site, sample, tree)
    guide = (tree / "使用说明.html").read_text(encoding="utf-8")
    assert 'url=docs/index.html"' in guide
    assert (tree / "docs" / "index.html").is_file()
    assert [p.name for p in (tree / "示例" / "2022Q3").iterdir()] == ["参保单位.csv"]


def test_the_menu_says_if_there_is_no_guide(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(menu, "__file__", str(tmp_path / "menu.py"))
    assert menu.open_guide() == 1
    assert "没有使用说明" in capsys.readouterr().out


@pytest.fixture
def installer(tmp_path):
    """The installer beside an empty folder of wheels, as an environment in which to run it."""
    if os.name == "nt":
        pytest.skip("the installer is for Linux")
    (tmp_path / "bundle" / "wheels").mkdir(parents=True)
    shutil.copy(BUNDLE / "linux" / "install.sh", tmp_path / "bundle" / "install.sh")

    def run(python):
        environment = {**os.environ, "HOME": str(tmp_path / "home"), "PYTHON": python}
        environment.pop("GAPMATCH_HOME", None)
        command = ["sh", str(tmp_path / "bundle" / "install.sh")]
        return subprocess.run(
            command, env=environment, check=False, capture_output=True, encoding="utf-8"
        )

    return run


def test_an_install_that_fails_leaves_the_earlier_one(installer, tmp_path):
    earlier = tmp_path / "home" / ".local" / "share" / "gapmatch" / "venv"
    earlier.mkdir(parents=True)
    (earlier / "mine").touch()
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 0\nexit 1\n', encoding="utf-8")
    fake.chmod(0o755)
    assert installer(str(fake)).returncode != 0
    assert (earlier / "mine").is_file()


@pytest.mark.parametrize(
    ("python", "why"),
    [("no-such-python", "not there"), ("false", "no Python"), (None, "one that is too old")],
)
def test_the_installer_says_which_python_it_needs(installer, tmp_path, python, why):
    old = tmp_path / "old python"
    old.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n', encoding="utf-8"
    )
    old.chmod(0o755)
    done = installer(python or str(old))
    assert done.returncode == 1, why
    assert "PYTHON=/path/to/python3.11" in done.stderr
    assert "Traceback" not in done.stderr
    assert python or "3.9.2" in done.stderr, "what was found is named"
    assert not (tmp_path / "home").exists()


def test_the_installer_takes_the_pythons_that_there_are_wheels_for():
    text = (BUNDLE / "linux" / "install.sh").read_text(encoding="utf-8")
    assert f'versions="{" ".join(build.LINUX_PYTHONS)}"' in text


def test_every_licence_of_what_is_in_a_bundle_is_written(tmp_path):
    wheel = tmp_path / "a_b-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a_b-1.0.dist-info/METADATA", "Name: a-b\nLicense-Expression: MIT\n")
        archive.writestr("a_b-1.0.dist-info/licenses/LICENSE.txt", "as is")
        archive.writestr("a_b/licence_check.py", "code")
    build.write_licences([wheel], tmp_path / "licences.txt")
    text = (tmp_path / "licences.txt").read_text(encoding="utf-8")
    assert text.startswith("== a_b 1.0\nLicense-Expression: MIT\nas is\n")
    assert "mkdocs-material" in text
    assert "code" not in text.partition("==")[0]
