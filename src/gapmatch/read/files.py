"""From paths to opened files: which files a source has, and what each of them really is."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gapmatch.errors import InputError
from gapmatch.i18n import N_, _
from gapmatch.privacy import mask_numbers
from gapmatch.read.archives import verify_archive, verify_xls
from gapmatch.read.kinds import (
    OLE,
    has_workbook,
    is_workbook_package,
    open_package,
    refuse_ole,
    refuse_other_kinds,
)
from gapmatch.read.knowledge import load_knowledge
from gapmatch.read.parquet import read_parquet
from gapmatch.read.read_model import Document, Extract, FileReport
from gapmatch.read.text import read_text
from gapmatch.read.workbook import read_workbook
from gapmatch.settings.reading import ReadSettings

ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv", ".tsv", ".txt", ".tab", ".parquet")

# Files with other endings are looked into up to this size.
_MAX_UNKNOWN_BYTES = 200_000_000


@dataclass(frozen=True)
class SourceFile:
    """A file of a source: its path and the name it goes by; small, to be sent to a worker."""

    path: Path
    name: str
    limits: ReadSettings = field(default_factory=ReadSettings)


@dataclass(frozen=True)
class Content:
    """The bytes of a file and their SHA-256."""

    data: bytes
    sha256: str


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the readable files that ``paths`` stand for, sorted; raise ``InputError`` for none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += _list_folder(path)
        elif path.exists():
            found.append(path)
        else:
            raise build_missing_error(path)
    if not found:
        raise InputError(_("没有给出要读取的文件。"), _("请写明文件或文件夹。"))
    return found


def build_missing_error(path: Path) -> InputError:
    """Return the error for a path at which there is nothing."""
    return InputError(
        _("找不到文件：{path}").format(path=path),
        _("请检查路径和文件名（含扩展名）是否正确；路径中有空格时请加引号。"),
        file=path,
    )


def _list_folder(folder: Path) -> list[Path]:
    files = [p for p in _list_candidates(folder) if _is_readable(p)]
    if not files:
        raise InputError(
            _("文件夹中没有可读取的文件：{path}").format(path=folder),
            _("请放入 {endings} 文件，或直接写明文件。").format(endings=" ".join(ENDINGS)),
            file=folder,
        )
    return files


def _list_candidates(folder: Path) -> list[Path]:
    """The files of a folder that may be data; those of the system and of open programs are none."""
    layout = load_knowledge().layout
    return [
        p
        for p in sorted(folder.rglob("*"))
        if p.is_file()
        and not is_temporary_file(p)
        and p.name.lower() not in layout["harmless"]
        and p.suffix.lower() not in layout["harmless_endings"]
    ]


def is_temporary_file(path: Path) -> bool:
    """Whether a file is hidden, or a lock that Excel, WPS or LibreOffice leaves behind."""
    return path.name.startswith(("~$", "."))


def _is_readable(path: Path) -> bool:
    """Whether a file has the ending of a table, or the bytes of a workbook under another ending."""
    if path.suffix.lower() in ENDINGS:
        return True
    try:
        head = path.read_bytes() if path.stat().st_size < _MAX_UNKNOWN_BYTES else b""
    except OSError:
        return False
    if head.startswith(OLE):
        return has_workbook(head)
    if head.startswith(b"PK\x03\x04"):
        return is_workbook_package(head)
    return head[:4] == b"PAR1"


def find_unread_files(paths: Sequence[Path]) -> dict[str, str]:
    """Return the files of folders that are left out, although they may hold data: name → why."""
    why = N_("不是能读取的表格（压缩包请先解压，其他格式请另存为 .xlsx）")
    folders = [path for path in paths if path.is_dir()]
    return {
        mask_numbers(path.name): why
        for folder in folders
        for path in _list_candidates(folder)
        if not _is_readable(path) and _measure_size(path) > 0
    }


def add_unread_files(extract: Extract, paths: Sequence[Path]) -> Extract:
    """Return ``extract`` with the files of the given folders that were left out."""
    return replace(extract, left_out={**extract.left_out, **find_unread_files(paths)})


def _measure_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 1


def list_files(paths: Sequence[Path], limits: ReadSettings | None = None) -> list[SourceFile]:
    """Return the files that ``paths`` stand for, each by a name that no other of them has.

    A name is the file's own, with as many of its folders as make it unique; numbers of persons in
    it are masked, for it stands beside each row.
    Raises ``InputError`` as ``find_files`` does.
    """
    files = find_files(paths)
    parts = [path.resolve().parts for path in files]
    names = [path.name for path in files]
    for depth in range(2, max(map(len, parts)) + 1):
        counts = Counter(names)
        if max(counts.values()) == 1:
            break
        names = [
            name if counts[name] == 1 else "/".join(own[-depth:])
            for name, own in zip(names, parts, strict=True)
        ]
    bounds = limits or ReadSettings()
    named = zip(files, names, strict=True)
    return [SourceFile(path, mask_numbers(name), bounds) for path, name in named]


def load(path: Path) -> Content:
    """Read the bytes of a file once. Raises ``InputError`` if it cannot be read or is empty."""
    try:
        data = path.read_bytes()
    except PermissionError as error:
        raise InputError(
            _("没有权限读取文件：{path}").format(path=path),
            _("请关闭正在使用它的程序（如 Excel），或把文件复制到自己的文件夹后重试。"),
            file=path,
        ) from error
    except OSError as error:
        raise InputError(
            _("文件读取失败：{path}（{why}）").format(path=path, why=error.strerror or error),
            _("请把文件复制到本机磁盘后重试。"),
            file=path,
        ) from error
    if not data.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise InputError(
            _("文件是空的：{path}").format(path=path),
            _("请检查导出是否完成，或重新导出后重试。"),
            file=path,
        )
    return Content(data, hashlib.sha256(data).hexdigest())


def refuse_same_file(files: Sequence[FileReport]) -> None:
    """Raise ``InputError`` if two files of a source have the same contents."""
    seen: dict[str, FileReport] = {}
    for file in files:
        first = seen.setdefault(file.sha256, file)
        if first is not file:
            raise build_same_file_error(first.path, file.path)


def build_same_file_error(first: Path, second: Path) -> InputError:
    """Return the error for two files with the same contents."""
    return InputError(
        _("两个文件的内容完全相同：{first} 与 {second}").format(first=first, second=second),
        _("请只保留一个；若本应是两份不同的数据，请检查是否放错或误复制。"),
        file=second,
    )


def refuse_same_content(extracts: Sequence[Extract]) -> None:
    """Raise ``InputError`` if a file was given for two sides (unless other sheets were read)."""
    seen: dict[tuple[str, str | None], Path] = {}
    for extract in extracts:
        own = {(f.sha256, s.sheet): f.path for f in extract.files for s in f.sheets}
        for key, path in own.items():
            if key in seen:
                raise build_same_file_error(seen[key], path)
        seen |= own


def open_document(path: Path, data: bytes, limits: ReadSettings) -> Document:
    """Open a file by the format of its bytes, whatever its suffix.

    Numbers of persons in the names of its sheets are masked.

    Raises ``InputError`` for what is no table: web pages, pictures, protected or damaged workbooks;
    and for what exceeds ``limits``.
    """
    if data.startswith(b"PK\x03\x04"):
        parts = verify_archive(data, path, limits)
        kind, package = open_package(data, path)
        return _mask_sheets(read_workbook(package, path, kind, parts))
    if data.startswith(OLE):
        refuse_ole(data, path)
        return _mask_sheets(read_workbook(verify_xls(data, path, limits), path, "xls"))
    if data[:4] == b"PAR1":
        return read_parquet(data, path, limits)
    refuse_other_kinds(data, path)
    return read_text(data, path, limits)


def _mask_sheets(document: Document) -> Document:
    grids = (
        replace(g, sheet=mask_numbers(g.sheet) if g.sheet else g.sheet) for g in document.grids
    )
    return replace(document, grids=tuple(grids))
