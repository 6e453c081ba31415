"""Text files to grids: encoding by the bytes, delimiter by the lines, every line kept with its number."""

import codecs
import csv
import io
from collections import Counter
from dataclasses import dataclass

import polars as pl

from gapmatch.read.read_model import Document, Finding, Grid

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
)
_DELIMITERS = "\t,;|"
# Stands between fields once quotes are resolved; no text holds it.
_SEPARATOR = "\x1f"
_SAMPLE_LINES = 200
# A quoted field that runs over more lines than this began with a stray quote.
_LONGEST_QUOTE = 30


@dataclass(frozen=True)
class Decoded:
    """Text of a file, the encoding it was in, and lines with bytes that no encoding explains."""

    text: str
    encoding: str
    broken: tuple[Finding, ...] = ()


def read_text(data: bytes) -> Document:
    """Return the one grid of a text file."""
    decoded = decode(data)
    lines = decoded.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    delimiter = sniff_delimiter(lines)
    stray: tuple[Finding, ...] = ()
    if all(line.count('"') % 2 == 0 for line in lines):
        grid = _split(_without_quotes(lines, delimiter), _SEPARATOR)
    else:
        grid, stray = _quoted(lines, delimiter)
    return Document(decoded.encoding, (grid,), (*decoded.broken, *stray))


def decode(data: bytes) -> Decoded:
    """Decode by BOM, else UTF-16 by its zero bytes, else strict UTF-8, else GB18030, else line by line."""
    for bom, name, codec in _BOMS:
        if data.startswith(bom):
            return _decode_as(data[len(bom) :], codec, name)
    if utf16 := _utf16_without_bom(data):
        return _decode_as(data, utf16, utf16)
    for codec in ("utf-8", "gb18030"):
        try:
            return Decoded(data.decode(codec), codec)
        except UnicodeDecodeError:
            continue
    return _decode_lines(data)


def _decode_as(data: bytes, codec: str, name: str) -> Decoded:
    try:
        return Decoded(data.decode(codec), name)
    except UnicodeDecodeError:
        if codec == "utf-8":
            return _decode_lines(data)
    text = data.decode(codec, errors="replace")
    return Decoded(text, name, _broken_lines(text))


def _utf16_without_bom(data: bytes) -> str | None:
    """Commas, digits and line ends of UTF-16 text leave zeros on one side of each pair."""
    head = data[:4000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < len(head) / 40 or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _decode_lines(data: bytes) -> Decoded:
    """Decode each line by itself: a file pasted together from two encodings, cut off, or damaged."""
    counts: Counter[str] = Counter()
    lines = []
    for raw in data.split(b"\n"):
        text, codec = _decode_line(raw)
        counts[codec] += bool(codec)
        lines.append(text)
    used = [name for name, count in counts.most_common() if count and name != "broken"]
    text = "\n".join(lines)
    findings = _broken_lines(text)
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


def _broken_lines(text: str) -> tuple[Finding, ...]:
    return tuple(
        Finding("undecodable", row=number, value=line[:60])
        for number, line in enumerate(text.split("\n"), 1)
        if "\ufffd" in line
    )


def sniff_delimiter(lines: list[str]) -> str:
    """Return the delimiter that divides most lines into the same number of fields."""
    sample = [line for line in lines[:_SAMPLE_LINES] if line.strip()]

    def evenness(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in sample)
        counts.pop(0, None)
        return max(((n, c) for c, n in counts.items()), default=(0, 0))

    best = max(_DELIMITERS, key=evenness)
    return best if evenness(best) > (0, 0) else ","


def _without_quotes(lines: list[str], delimiter: str) -> list[str]:
    """Resolve quotes within each line, so that all lines can be split in bulk."""
    return [
        _SEPARATOR.join(next(csv.reader([line], delimiter=delimiter), [""]))
        if '"' in line
        else line.replace(delimiter, _SEPARATOR)
        for line in lines
    ]


def _split(lines: list[str], delimiter: str) -> Grid:
    fields = pl.Series("line", lines, dtype=pl.String).str.split(delimiter)
    widths = fields.list.len()
    width = int(widths.max() or 1)  # type: ignore[arg-type]
    cells = fields.list.to_struct(fields=[f"c{i}" for i in range(width)]).struct.unnest()
    return _grid(cells, list(range(1, len(lines) + 1)), widths)


def _quoted(lines: list[str], delimiter: str) -> tuple[Grid, tuple[Finding, ...]]:
    """Split records that may run over lines; one over many lines began with a stray quote."""
    records, starts, stray = _records(lines, delimiter)
    width = max(map(len, records), default=1)
    padded = [record + [None] * (width - len(record)) for record in records]
    cells = pl.DataFrame(padded, schema={f"c{i}": pl.String for i in range(width)}, orient="row")
    return _grid(cells, starts, pl.Series([len(r) for r in records], dtype=pl.UInt32)), stray


def _records(
    lines: list[str], delimiter: str
) -> tuple[list[list[str | None]], list[int], tuple[Finding, ...]]:
    csv.field_size_limit(2**31 - 1)
    records: list[list[str | None]] = []
    starts: list[int] = []
    offset = 0
    stray: list[Finding] = []
    while offset < len(lines):
        reader = csv.reader(io.StringIO("\n".join(lines[offset:])), delimiter=delimiter)
        before = 0
        for record in reader:
            if reader.line_num - before > _LONGEST_QUOTE:
                break
            records.append(list(record))
            starts.append(offset + before + 1)
            before = reader.line_num
        else:
            break
        # The line with the stray quote is taken literally; reading goes on behind it.
        literal = lines[offset + before]
        stray.append(Finding("stray_quote", row=offset + before + 1, value=literal[:60]))
        records.append([field.strip('"') for field in literal.split(delimiter)])
        starts.append(offset + before + 1)
        offset += before + 1
    return records, starts, tuple(stray)


def _grid(cells: pl.DataFrame, rows: list[int], widths: pl.Series) -> Grid:
    return Grid(
        cells=blank_to_null(cells),
        rows=pl.Series("source_row", rows, dtype=pl.Int64),
        widths=widths,
    )


def blank_to_null(cells: pl.DataFrame) -> pl.DataFrame:
    """Return ``cells`` with spaces (also full-width and zero-width ones) around texts off, blanks null."""
    stripped = pl.col(pl.String).str.strip_chars(" \t\r\n\u3000\u00a0\ufeff\u200b")
    return cells.with_columns(pl.when(stripped != "").then(stripped))
