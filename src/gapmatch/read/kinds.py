"""What a file really is, by its bytes, if it is not a readable table, and the remedy."""

import io
import re
import struct
import zipfile
from pathlib import Path

from gapmatch.errors import InputError
from gapmatch.i18n import _
from gapmatch.read.text import decode
from gapmatch.read.workbook import build_password_error

OLE = bytes.fromhex("D0CF11E0A1B11AE1")
# BIFF8 begins a workbook's globals with this record.
_BOF8 = bytes.fromhex("0908100000060500")
_FILEPASS = 0x002F
# Records that begin a worksheet of Excel 2, 3 and 4; no text begins so.
_BIFF_STARTS = tuple(bytes.fromhex(h) for h in ("09000400", "09020600", "09040600", "09040800"))
_DBF_VERSIONS = frozenset(b"\x02\x03\x04\x05\x30\x31\x32\x43\x63\x83\x8b\x8c\xcb\xf5\xfb")
_HTML = re.compile(
    r"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta|style|div|title|font|tr|td|"
    r"th|thead|tbody|center|span|p|br|script|link|h\d)\b",
    re.I | re.S,
)
_CELL_TAGS = re.compile(r"<(?:table|tr|td|th)\b[^<>]*>", re.I)
_XML = re.compile(r"^\s*<\?xml|^MIME-Version:", re.I)
# Records of programs and dumps of databases.
_JSON = re.compile(r'^\s*(?:\[\s*)*\{\s*"[^"\n]+"\s*:|^\s*\[\s*\[\s*"')
_SQL = re.compile(r"^\s*(?:INSERT\s+INTO|REPLACE\s+INTO|CREATE\s+TABLE)\s", re.I | re.M)
_TAGS_OF_A_PAGE = 3
_HEAD = 8_000
_MAIL = re.compile(r"^(?:(?:[\w-]+: |[ \t]).*\n){0,80}?(?:Message-ID|Subject|Return-Path): ", re.I)
_PAGE_ENDINGS = (".htm", ".html", ".xhtml", ".mht", ".mhtml", ".xml", ".fods")
_TABLES_OF_OTHERS = (
    (re.compile(rb"ID;P[^\r\n]*\r?\n[A-Z]{1,2};"), "SYLK"),
    (re.compile(rb"TABLE\r?\n0,1\r?\n"), "DIF"),
)
_OTHER_KINDS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"MSCF", "CAB"),
    (b"SQLite format 3", "SQLite"),
    (b"{\\rtf", "RTF"),
    (b"\x00\x01\x00\x00Standard", "Access"),
    (b"MZ", "EXE"),
)
_ARCHIVES = frozenset({"RAR", "7z", "gzip", "bzip2", "xz", "CAB"})


def refuse_ole(data: bytes, path: Path) -> None:
    """Raise ``InputError`` for OLE files that are locked, older than Excel 97, or no workbook."""
    if _has_stream(data, "EncryptedPackage") or _is_protected_xls(data):
        raise build_password_error(path)
    if _BOF8 in data or _has_stream(data, "Workbook"):
        return
    if _has_stream(data, "Book"):
        raise build_old_workbook_error(path, "Excel 5.0/95")
    if _has_stream(data, "WordDocument"):
        raise build_not_a_table_error(path, "Word")
    if _has_stream(data, "PowerPoint Document"):
        raise build_not_a_table_error(path, "PowerPoint")


def _has_stream(data: bytes, stream: str) -> bool:
    """Whether the directory of an OLE file names a stream; names end with a zero."""
    return (stream + "\x00").encode("utf-16-le") in data


def _is_protected_xls(data: bytes) -> bool:
    """Look for FILEPASS among the first records of the Workbook stream ([MS-XLS] 2.4.117)."""
    start = data.find(_BOF8)
    for _record in range(10):
        if start < 0 or start + 4 > len(data):
            return False
        kind, size = struct.unpack_from("<HH", data, start)
        if kind == _FILEPASS:
            return True
        start += 4 + size
    return False


def has_workbook(data: bytes) -> bool:
    """Whether an OLE file is a workbook (also one under a password: its error names it)."""
    return any(_has_stream(data, stream) for stream in ("Workbook", "Book", "EncryptedPackage"))


def is_workbook_package(data: bytes) -> bool:
    """Whether a zipped file is a workbook (xlsx, xlsb, ods)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.replace("\\", "/") for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
    return "content.xml" in names or any(name.startswith("xl/") for name in names)


def open_package(data: bytes, path: Path) -> tuple[str, bytes]:
    """Return kind and repaired bytes of a zipped workbook; raise ``InputError`` for other zips."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [info.orig_filename for info in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "xlsx", data  # cut off or damaged: the reader raises
    if any("\\" in name for name in names):
        data = _normalise_slashes(data)
        names = [name.replace("\\", "/") for name in names]
    parts = {name.split("/")[0].lower() for name in names}
    if "content.xml" in names:
        return "ods", data
    if "xl" in parts:
        return ("xlsb" if "xl/workbook.bin" in names else "xlsx"), data
    if "index" in parts or "index.zip" in parts:
        raise _build_foreign_table_error(path, "Numbers")
    for part, kind in (("word", "Word"), ("ppt", "PowerPoint"), ("ofd.xml", "OFD")):
        if part in parts:
            raise build_not_a_table_error(path, kind)
    raise InputError(
        _("这是压缩包，不是工作簿：{path}").format(path=path),
        _("请先解压，再给出里面的表格文件。"),
        file=path,
    )


def _normalise_slashes(data: bytes) -> bytes:
    """Return a package whose parts are named with slashes; some programs write backslashes."""
    new = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(new, "w") as copy:
        for info in archive.infolist():
            copy.writestr(info.orig_filename.replace("\\", "/"), archive.read(info))
    return new.getvalue()


_TABLE_TAGS = re.compile(rb"<(?:\w+[:_])?(?:table|tr|td|row|cell|workbook|records?)\b", re.I)


def refuse_other_kinds(data: bytes, path: Path) -> None:
    """Raise ``InputError`` for old tables, web pages, pictures, archives and encrypted files."""
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    if path.name.startswith("~$"):
        raise _build_lock_file_error(path)
    if head.startswith(_BIFF_STARTS):
        raise build_old_workbook_error(path, "Excel 2–4")
    if _is_dbf(data):
        raise _build_foreign_table_error(path, "DBF（dBASE/FoxPro）")
    for start, kind in _TABLES_OF_OTHERS:
        if start.match(head):
            raise _build_foreign_table_error(path, kind)
    for magic, kind in _OTHER_KINDS:
        if head.startswith(magic) and (magic not in (b"BM", b"MZ") or b"\x00" in head[:64]):
            raise build_not_a_table_error(path, kind)
    # Cut at a pair of bytes, so that UTF-16 stays what it is.
    text = decode(data[:_HEAD]).text.lstrip("\ufeff")
    if _HTML.match(text) or _XML.match(text) or len(_CELL_TAGS.findall(text)) >= _TAGS_OF_A_PAGE:
        has_table = _TABLE_TAGS.search(data.replace(b"\x00", b""))
        raise (_build_web_page_error if has_table else _build_no_table_error)(path)
    for pattern, kind in ((_JSON, "JSON"), (_SQL, "SQL"), (_MAIL, _("邮件"))):
        if pattern.search(text):
            raise build_not_a_table_error(path, kind)
    # Control characters that no text has, counted in the text: bytes of Chinese in UTF-16 look like
    # them. Those between fields (\x01, \x02, \x1c …) are as many in each line.
    strange = sum(text.count(chr(c)) for c in (*range(3, 9), *range(14, 28)))
    garbled = text.count("\ufffd")
    if strange > len(text) / 50 or garbled > len(text) / 10:
        raise _build_encrypted_error(path)


def _is_dbf(data: bytes) -> bool:
    """A dBASE or FoxPro table: version, date, and a header of 32 bytes a field that ends in 0D."""
    if len(data) < 65 or data[0] not in _DBF_VERSIONS:
        return False
    length, record = struct.unpack_from("<HH", data, 8)
    dated = 1 <= data[2] <= 12 and 1 <= data[3] <= 31
    ended = b"\r" in data[32 : length + 1][-300:] if 65 <= length <= len(data) + 1 else False
    return dated and ended and record > 0 and data[43:44] in (*map(bytes, zip(b"CNDFLMTIBYGPVQ")),)


def build_old_workbook_error(path: Path, version: str) -> InputError:
    """Return the error for a workbook of a version that no library reads."""
    return InputError(
        _("这是旧版工作簿（{version} 格式），无法直接读取：{path}").format(
            version=version, path=path
        ),
        _("请用 Excel 或 WPS 打开，选“文件—另存为—Excel 工作簿(*.xlsx)”，再用另存的文件重试。"),
        file=path,
    )


def _build_foreign_table_error(path: Path, kind: str) -> InputError:
    remedy = _("请用 Excel 或 WPS 打开，选“文件—另存为—Excel 工作簿(*.xlsx)”，再用另存的文件重试。")
    if kind == "Numbers":
        remedy = _("请用 Numbers 打开，选“文件—导出为—Excel”，再用导出的文件重试。")
    return InputError(
        _("这是 {kind} 数据表，无法直接读取：{path}").format(kind=kind, path=path),
        remedy,
        file=path,
    )


def _build_lock_file_error(path: Path) -> InputError:
    return InputError(
        _("这是打开工作簿时的临时文件，不是清册：{path}").format(path=path),
        _("请给出名称前面没有“~$”的那个文件；它还开着的，先保存并关闭。"),
        file=path,
    )


def _build_no_table_error(path: Path) -> InputError:
    return InputError(
        _("这是一张没有表格的网页，多半是登录过期或出错的提示：{path}").format(path=path),
        _("请重新登录原系统，再导出一次；导出后先用 Excel 打开，看到数据行再使用。"),
        file=path,
    )


def _build_web_page_error(path: Path) -> InputError:
    message = _("这是网页（HTML/XML）格式，只是扩展名为 {ending}：{path}")
    if path.suffix.lower() in _PAGE_ENDINGS:
        message = _("这是网页（HTML/XML）格式，无法直接读取：{path}")
    return InputError(
        message.format(ending=path.suffix, path=path),
        _("请用 Excel 打开，选“文件—另存为—Excel 工作簿(*.xlsx)”，再用另存的文件重试。"),
        file=path,
    )


def build_not_a_table_error(path: Path, kind: str) -> InputError:
    """Return the error for a file of another kind."""
    if kind in _ARCHIVES:
        remedy = _("请先解压，再给出里面的表格文件。")
    elif kind == _("邮件"):
        remedy = _("请用邮件程序打开，把附件另存出来，再给出附件中的表格文件。")
    elif kind in ("JSON", "SQL"):
        remedy = _("请来件单位改为导出 Excel 工作簿（.xlsx）或 CSV，再给出导出的文件。")
    else:
        remedy = _("请给出 Excel 工作簿（.xlsx、.xls、.ods）或文本表格（.csv、.txt）。")
    return InputError(
        _("这是{kind}文件，不是表格：{path}").format(kind=kind, path=path), remedy, file=path
    )


def _build_encrypted_error(path: Path) -> InputError:
    return InputError(
        _("这是二进制文件，或是经单位加密软件加密的文件，无法读取：{path}").format(path=path),
        _(
            "如在本机能用 Excel 打开，请在装有加密软件的电脑上解密（或另存为未加密的 Excel 工作簿 "
            ".xlsx）后重试；"
            "打不开的，请来件单位重新导出。"
        ),
        file=path,
    )
