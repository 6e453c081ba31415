"""Text files to grids: encoding by the bytes, delimiter by the lines, numbered lines."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from gapmatch.i18n import _
from gapmatch.read.archives import build_too_large_error
from gapmatch.read.cell_cleaning import clean_cells
from gapmatch.read.knowledge import is_known_header
from gapmatch.read.read_model import Document, Finding, Grid
from gapmatch.settings.reading import ReadSettings

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
)
# Best first, if several divide the lines alike.
_DELIMITERS = (
    "\t",
    ",",
    ";",
    "|",
    "\x01",
    "\x1f",
    "\x02",
    "\x1c",
    "，",
    "^",
    "~",
    "¦",
    "§",
    "￥",
    "#",
    "@",
)
# What programs put around a delimiter to make it safe: ^|^, |@|, tab and comma.
_AROUND = ("^", "\t", "~", "@", "$", "#", "|", "!", "'", "\x01")
# What may divide fields otherwise: not what belongs to a header or around one, nor blanks.
_MARK = re.compile(r"->|[^\w\s()（）\[\]【】〔〕<>《》\"“”'=]+|[\x0b\x0c\x1e]")
_MAX_TITLE_LINES = 20
_ENTITIES = re.compile(r"&(?:(nbsp|ensp|emsp|#160|#xa0|#12288)|amp);", re.I)
# Stands between fields once quotes are resolved; no text holds it.
_SEPARATOR = "\x1f"
_MAX_SAMPLE_LINES = 200
# Where headers are looked for to distinguish encodings, and how many must be known.
_HEAD, _MIN_HEADERS = 4_000, 2
_CELL_ENDS = re.compile(r"[,\t;|\r\n]")
# A quoted field that runs over more lines than this began with a stray quote.
_MAX_QUOTED_LINES = 30
# Fields that a line of a list has at least; empty lines take as much room as they do.
_MIN_FIELDS = 8


@dataclass(frozen=True)
class Decoded:
    """Text of a file, the encoding it was in, and lines with bytes that no encoding explains."""

    text: str
    encoding: str
    broken: tuple[Finding, ...] = ()


def read_text(data: bytes, path: Path, limits: ReadSettings) -> Document:
    """Return the grid of a text file; raise ``InputError`` for more than ``limits`` allow."""
    decoded = decode(data)
    text = decoded.text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:  # or the semicolons of &nbsp; would divide the lines
        text = _ENTITIES.sub(lambda found: " " if found[1] else "&", text)
    rows = text.count("\n") + 1
    if rows > limits.max_cells // _MIN_FIELDS:  # before each takes room
        raise build_too_large_error(path, _("{rows} 行").format(rows=f"{rows:,}"))
    lines, delimiter = _unify_delimiter(text.split("\n"))
    _refuse_wide_line(lines, delimiter, path, limits.max_columns)
    stray: tuple[Finding, ...] = ()
    if '"' not in text:
        grid = _split(lines, list(range(1, len(lines) + 1)), delimiter)
    else:
        grid, stray = _split_quoted(lines, delimiter)
    return Document(decoded.encoding, (grid,), (*decoded.broken, *stray))


def _refuse_wide_line(lines: list[str], delimiter: str, path: Path, max_fields: int) -> None:
    if max(map(len, lines)) < max_fields:
        return
    for number, line in enumerate(lines, 1):
        if line.count(delimiter) >= max_fields:
            fields = _("第 {row} 行有 {count} 列").format(
                row=number, count=f"{line.count(delimiter) + 1:,}"
            )
            raise build_too_large_error(path, fields)


def _unify_delimiter(lines: list[str]) -> tuple[list[str], str]:
    """Return the lines and their delimiter; one of several characters (^|^) is made one."""
    delimiter = sniff_delimiter(lines)
    wide = _widen_delimiter(delimiter, lines)
    mark = _find_mark_of_header(lines)
    if mark and mark != wide:
        return [line.replace(mark, _SEPARATOR) for line in lines], _SEPARATOR
    if wide == delimiter:
        return lines, delimiter
    around = wide.replace(delimiter, "", 1)[:1] if len(set(wide)) > 1 else ""
    plain = [line.strip(around) if around.strip() else line for line in lines]
    return [line.replace(wide, _SEPARATOR) for line in plain], _SEPARATOR


def _find_mark_of_header(lines: list[str]) -> str | None:
    """Return what no usual delimiter is in (``:``, ``$$``, ``|+|``), but divides known headers."""
    sample = [line for line in lines[:_MAX_SAMPLE_LINES] if line.strip()]
    for line in sample[:_MAX_TITLE_LINES]:
        for mark, count in Counter(_MARK.findall(line)).most_common(1):
            headers = sum(is_known_header(text) for text in line.split(mark))
            full = sum(other.count(mark) >= count for other in sample)
            if headers > _MIN_HEADERS and 2 * headers > count and 2 * full > len(sample):
                return None if all(char in _DELIMITERS for char in mark) else mark
    return None


def _widen_delimiter(delimiter: str, lines: list[str]) -> str:
    """Return the delimiter with what stands on both sides, or before it, wherever it stands."""
    sample = [line for line in lines[:_MAX_SAMPLE_LINES] if delimiter in line]
    count = sum(line.count(delimiter) for line in sample)
    for mark in _AROUND:
        for wide in (mark + delimiter + mark, mark + delimiter):
            if sample and wide not in sample[0]:  # of the header, too
                continue
            if mark != delimiter and sum(line.count(wide) for line in sample) >= 0.95 * count > 0:
                return wide
    doubled = delimiter * 2
    pairs = sum(line.count(doubled) for line in sample)
    return doubled if delimiter in "|~^" and pairs * 2 >= 0.95 * count > 0 else delimiter


def decode(data: bytes) -> Decoded:
    """Decode by BOM, UTF-16 zero bytes, strict UTF-8, GB18030, Big5 or, last, line by line."""
    for bom, name, codec in _BOMS:
        if data.startswith(bom):
            return _decode_as(data[len(bom) :], codec, name)
    if utf16 := _decode_utf16(data):
        return _decode_as(data, utf16, utf16)
    for codec in ("utf-8", "gb18030"):
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        return (_decode_big5(data, text) if codec == "gb18030" else None) or Decoded(text, codec)
    return _decode_lines(data)


def _decode_big5(data: bytes, text: str) -> Decoded | None:
    """Decode what has headers, or common characters, in Big5 and not in GB18030.

    There the bytes of Big5 are characters too, but rare ones.
    """
    if _has_headers(text):
        return None
    try:
        traditional = data.decode("cp950")
    except UnicodeDecodeError:
        return None
    is_common = not is_garbled(traditional) and is_garbled(text)
    return Decoded(traditional, "big5") if is_common or _has_headers(traditional) else None


# Lead bytes of the commonest characters, and how many of a text's are among them in either script.
_COMMON = (("gb2312", range(0xB0, 0xD8)), ("big5", range(0xA4, 0xC7)))
_MIN_COMMON_SHARE = 0.7
_MIN_HAN = 20


def is_garbled(text: str) -> bool:
    """Whether most of the Chinese characters at the beginning of a text are rare ones."""
    han = re.findall("[\u4e00-\u9fff]", text[:_HEAD])
    shares = [
        sum(c.encode(codec, "replace")[0] in leads for c in han) / max(1, len(han))
        for codec, leads in _COMMON
    ]
    return len(han) >= _MIN_HAN and max(shares) < _MIN_COMMON_SHARE


def _has_headers(text: str) -> bool:
    cells = _CELL_ENDS.split(text[:_HEAD])
    known = filter(is_known_header, cells)
    return sum(1 for _cell in islice(known, _MIN_HEADERS)) == _MIN_HEADERS


def _decode_as(data: bytes, codec: str, name: str) -> Decoded:
    try:
        return Decoded(data.decode(codec), name)
    except UnicodeDecodeError:
        if codec == "utf-8":
            return _decode_lines(data)
    text = data.decode(codec, errors="replace")
    return Decoded(text, name, _report_broken_lines(text))


def _decode_utf16(data: bytes) -> str | None:
    """Commas, digits and line ends of UTF-16 text leave zeros on one side of each pair."""
    head = data[:4000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < len(head) / 40 or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _decode_lines(data: bytes) -> Decoded:
    """Decode each line by itself: pasted from two encodings, cut off, or damaged."""
    counts: Counter[str] = Counter()
    lines = []
    for raw in data.split(b"\n"):
        text, codec = _decode_line(raw)
        counts[codec] += bool(codec)
        lines.append(text)
    used = [name for name, count in counts.most_common() if count and name != "broken"]
    text = "\n".join(lines)
    findings = _report_broken_lines(text)
    if len(used) > 1:
        findings = (Finding("mixed_encodings", facts={"encodings": " + ".join(used)}), *findings)
    return Decoded(text, " + ".join(used) or "utf-8", findings)


def _decode_line(raw: bytes) -> tuple[str, str]:
    if raw.isascii():
        return raw.decode("ascii"), ""
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec), codec
        except UnicodeDecodeError:
            continue
    closest = min(("utf-8", "gb18030"), key=lambda c: raw.decode(c, "replace").count("\ufffd"))
    return raw.decode(closest, "replace"), "broken"


def _report_broken_lines(text: str) -> tuple[Finding, ...]:
    return tuple(
        Finding("undecodable", row=number, value=line[:60])
        for number, line in enumerate(text.split("\n"), 1)
        if "\ufffd" in line
    )


def sniff_delimiter(lines: list[str]) -> str:
    """Return the delimiter that divides most lines into the same number of fields."""
    sample = [line for line in lines[:_MAX_SAMPLE_LINES] if line.strip()]

    def measure_evenness(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in sample)
        counts.pop(0, None)
        return max(((n, c) for c, n in counts.items()), default=(0, 0))

    text = "".join(sample)
    best = max((d for d in _DELIMITERS if d in text), key=measure_evenness, default=",")
    at_commas = sum(line.count("\t,") + line.count(",\t") for line in sample)
    if best == "\t" and at_commas * 2 > sum(line.count("\t") for line in sample):
        return ","  # a tab next to each cell prevents Excel from converting codes to numbers
    return best if measure_evenness(best) > (0, 0) else ","


def _split(records: list[str], rows: list[int], separator: str) -> Grid:
    """Return the grid of records whose fields are divided by ``separator``, split in bulk."""
    fields = pl.Series("line", records, dtype=pl.String).str.split(separator)
    widths = fields.list.len()
    width = int(widths.max() or 1)  # type: ignore[arg-type]
    cells = fields.list.to_struct(fields=[f"c{i}" for i in range(width)]).struct.unnest()
    return _build_grid(cells, rows, widths)


def _split_quoted(lines: list[str], delimiter: str) -> tuple[Grid, tuple[Finding, ...]]:
    """Split line by line; a line with an open quote takes those behind it, if they belong to it."""
    csv.field_size_limit(2**31 - 1)
    expected = _count_delimiters(lines, delimiter)
    records: list[str] = []
    starts: list[int] = []
    stray: list[Finding] = []
    at = 0
    while at < len(lines):
        line, used = lines[at], 1
        if '"' not in line:
            record = line.replace(delimiter, _SEPARATOR)
        else:
            fields, used = _read_record(lines[at : at + _MAX_QUOTED_LINES + 1], delimiter, expected)
            if used == 0:  # taken literally; reading goes on behind it
                stray.append(Finding("stray_quote", row=at + 1, value=line[:60]))
                fields, used = [field.strip('"') for field in line.split(delimiter)], 1
            record = _SEPARATOR.join(fields)
        records.append(record)
        starts.append(at + 1)
        at += used
    return _split(records, starts, _SEPARATOR), tuple(stray)


def _count_delimiters(lines: list[str], delimiter: str) -> int:
    """How many delimiters most lines have; lines with an open quote are parts of a row.

    Delimiters between quotes do not count: amounts like "1,234.00" stand in most lines.
    """
    sample = [line for line in lines[:_MAX_SAMPLE_LINES] if line.strip()]
    full = [line for line in sample if line.count('"') % 2 == 0 and delimiter in line]
    plain = [_unwrap_formulas(line, delimiter) for line in full or sample]
    # Each line by itself: a quote that one leaves open would swallow all lines behind it.
    records = (next(csv.reader([line], delimiter=delimiter), [""]) for line in plain)
    counts = Counter(len(fields) - 1 for fields in records)
    return counts.most_common(1)[0][0] if counts else 0


def _unwrap_formulas(line: str, delimiter: str) -> str:
    """Return a line with ``="…"`` as ``"…"``."""
    return re.sub(rf'(^|{re.escape(delimiter)})="', r'\1"', line) if '="' in line else line


def _read_record(lines: list[str], delimiter: str, expected: int) -> tuple[list[str], int]:
    """Return the record that begins in the first line and how many lines it takes.

    0: its quotes err. Two lines that are rows by themselves do not belong to one record; nor does a
    quote in one line hide the end of a field when the line is a row without it.
    """
    own: list[str] = []

    def feed_lines() -> Iterator[str]:
        """Yield lines until two of them are rows: enough to recognise a stray quote."""
        for line in lines:
            own.append(_unwrap_formulas(line, delimiter))
            yield own[-1] + "\n"
            if count_rows() > 1:
                return

    def count_rows() -> int:
        return sum(line.count(delimiter) >= max(expected, 1) for line in own)

    reader = csv.reader(feed_lines(), delimiter=delimiter)
    record = next(reader, [""])
    used = reader.line_num
    unbalanced = sum(line.count('"') for line in own) % 2 == 1
    swallowed = used == 1 and len(record) <= expected and own[0].count(delimiter) == expected
    if (used > 1 and (unbalanced or count_rows() > 1)) or (used == 1 and unbalanced) or swallowed:
        return record, 0
    return record, used


def _build_grid(cells: pl.DataFrame, rows: list[int], widths: pl.Series) -> Grid:
    return Grid(
        cells=clean_cells(cells), rows=pl.Series("source_row", rows, dtype=pl.Int64), widths=widths
    )
