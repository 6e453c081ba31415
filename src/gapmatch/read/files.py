"""From paths to opened files: which files a source has, and what each of them really is."""

import hashlib
import io
import re
import struct
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.parquet import read_parquet
from gapmatch.read.read_model import Document, Extract, FileReport
from gapmatch.read.text import decode, read_text
from gapmatch.read.workbook import password_protected, read_workbook

ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".csv", ".tsv", ".txt", ".tab", ".parquet")

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
# BIFF8 begins a workbook's globals with this record.
_BOF = bytes.fromhex("0908100000060500")
_FILEPASS = 0x002F
_HTML = re.compile(
    rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta|style|div)", re.I | re.S
)
_XML = re.compile(rb"^\s*<\?xml|^MIME-Version:", re.I)
_OTHER_KINDS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3", "SQLite"),
)


@dataclass(frozen=True)
class SourceFile:
    """A file of a source: its path and the name it goes by. Small, so that it can be sent to a worker."""

    path: Path
    name: str


@dataclass(frozen=True)
class Content:
    """The bytes of a file and their SHA-256."""

    data: bytes
    sha256: str


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files that ``paths`` stand for; a folder stands for its readable files, sorted.

    Raises ``InputError`` for a missing path and for a folder without a readable file.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += _files_in(path)
        elif path.exists():
            found.append(path)
        else:
            raise _missing(path)
    if not found:
        raise InputError(_("没有给出要读取的文件。"), _("请写明文件或文件夹。"))
    return found


def _missing(path: Path) -> InputError:
    return InputError(
        _("找不到文件：{path}").format(path=path),
        _("请检查路径和文件名（含扩展名）是否正确；路径中有空格时请加引号。"),
        file=path,
    )


def _files_in(folder: Path) -> list[Path]:
    files = [
        p
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.suffix.lower() in ENDINGS and not p.name.startswith(("~$", "."))
    ]
    if not files:
        raise InputError(
            _("文件夹中没有可读取的文件：{path}").format(path=folder),
            _("请放入 {endings} 文件，或直接写明文件。").format(endings=" ".join(ENDINGS)),
            file=folder,
        )
    return files


def list_files(paths: Sequence[Path]) -> list[SourceFile]:
    """Return the files that ``paths`` stand for, each by a name that no other of them has.

    A name is the file's own, with as many of its folders as it takes to tell it from the others.
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
    return [SourceFile(path, name) for path, name in zip(files, names, strict=True)]


def load(path: Path) -> Content:
    """Read the bytes of a file once. Raises ``InputError`` where it cannot be read or is empty."""
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
    """Raise ``InputError`` where two files of a source have the same contents."""
    seen: dict[str, FileReport] = {}
    for file in files:
        first = seen.setdefault(file.sha256, file)
        if first is not file:
            raise same_file(first.path, file.path)


def same_file(first: Path, second: Path) -> InputError:
    """Return the error for two files with the same contents."""
    return InputError(
        _("两个文件的内容完全相同：{first} 与 {second}").format(first=first, second=second),
        _("请只保留一个；若本应是两份不同的数据，请检查是否放错或误复制。"),
        file=second,
    )


def same_content(extracts: Sequence[Extract]) -> None:
    """Raise ``InputError`` where one file was given for two sides (unless other sheets of it were read)."""
    seen: dict[tuple[str, str | None], Path] = {}
    for extract in extracts:
        own = {(f.sha256, s.sheet): f.path for f in extract.files for s in f.sheets}
        for key, path in own.items():
            if key in seen:
                raise same_file(seen[key], path)
        seen |= own


def open_document(path: Path, data: bytes) -> Document:
    """Open a file by what its bytes are, whatever its ending says.

    Raises ``InputError`` for what is no table: web pages, pictures, protected or damaged workbooks.
    """
    if data.startswith(b"PK\x03\x04"):
        return read_workbook(data, path, _kind_of_zip(data, path))
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data or _is_protected_xls(data):
            raise password_protected(path)
        return read_workbook(data, path, "xls")
    if data[:4] == b"PAR1":
        return read_parquet(data, path)
    _refuse_other_kinds(data, path)
    return read_text(data)


def _is_protected_xls(data: bytes) -> bool:
    """Look for the FILEPASS record among the first records of the Workbook stream ([MS-XLS] 2.4.117)."""
    start = data.find(_BOF)
    for _record in range(10):
        if start < 0 or start + 4 > len(data):
            return False
        kind, size = struct.unpack_from("<HH", data, start)
        if kind == _FILEPASS:
            return True
        start += 4 + size
    return False


def _kind_of_zip(data: bytes, path: Path) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return "xlsx"  # cut off or damaged: the reader says so
    if "content.xml" in names:
        return "ods"
    if any(n.startswith("xl/") for n in names):
        return "xlsb" if "xl/workbook.bin" in names else "xlsx"
    raise InputError(
        _("这是压缩包，不是工作簿：{path}").format(path=path),
        _("请先解压，再给出里面的表格文件。"),
        file=path,
    )


def _refuse_other_kinds(data: bytes, path: Path) -> None:
    head = data[:4000].removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(head) or _XML.match(head):
        raise InputError(
            _("这是网页（HTML/XML）格式，只是扩展名为 {ending}：{path}").format(
                ending=path.suffix, path=path
            ),
            _("请用 Excel 打开，选“文件—另存为—Excel 工作簿(*.xlsx)”，再用另存的文件重试。"),
            file=path,
        )
    for magic, kind in _OTHER_KINDS:
        if head.startswith(magic):
            raise _not_a_table(path, kind)
    # Control characters that no text has, counted in the text: bytes of Chinese in UTF-16 look like them.
    text = decode(head).text
    strange = sum(text.count(chr(c)) for c in (*range(1, 9), *range(14, 27)))
    if strange > len(text) / 50:
        raise _not_a_table(path, _("二进制"))


def _not_a_table(path: Path, kind: str) -> InputError:
    return InputError(
        _("这是{kind}文件，不是表格：{path}").format(kind=kind, path=path),
        _("请给出 Excel 工作簿（.xlsx、.xls、.ods）或文本表格（.csv、.txt）。"),
        file=path,
    )
