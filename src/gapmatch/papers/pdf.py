"""DOCX to PDF by LibreOffice, if it is installed."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from gapmatch.errors import InputError
from gapmatch.i18n import _

_PROGRAMS = ("soffice", "libreoffice")
_MAX_SECONDS = 600


def find_office() -> str:
    """Return the program that converts; raises ``InputError`` if there is none."""
    for name in _PROGRAMS:
        if program := shutil.which(name):
            return program
    raise InputError(
        _("没有找到 LibreOffice（soffice），无法转成 PDF"),
        _(
            "请安装 LibreOffice 并把它的 program 文件夹加入 PATH；或在 Word、WPS 中打开 .docx "
            "后另存为 PDF。"
        ),
    )


def convert_to_pdf(program: str, files: Sequence[Path], folder: Path) -> list[Path]:
    """Convert ``files`` into ``folder`` and return the PDFs; raise ``InputError`` if one fails."""
    with TemporaryDirectory() as profile:
        command = [
            *(program, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless"),
            *("--convert-to", "pdf", "--outdir", str(folder), *map(str, files)),
        ]
        try:
            subprocess.run(command, check=False, capture_output=True, timeout=_MAX_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _describe_failure(files[0]) from error
    made = [folder / f"{file.stem}.pdf" for file in files]
    for file, pdf in zip(files, made, strict=True):
        if not pdf.is_file():
            raise _describe_failure(file)
    return made


def _describe_failure(file: Path) -> InputError:
    return InputError(
        _("LibreOffice 没有转成 PDF：{file}").format(file=file),
        _("请在 Word、WPS 中打开该文件后另存为 PDF。"),
        file=file,
    )
