"""A worksheet that takes many plain rows at once.

xlsxwriter stores every cell as an object and inspects each again on saving. The lists are nearly
all of a workbook and know their columns' formats beforehand, so their rows go to XML as they come,
which takes half the time. Everything around them is left to xlsxwriter; what is used of its inner
side (``_write_rows``, the table of shared strings, a format's number) is held by a test that writes
the same rows both ways.
"""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from xlsxwriter.packager import Packager
from xlsxwriter.sharedstrings import SharedStrings
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

FastRow = tuple[Sequence[object], float, Sequence[Any]]
"""Values, height in points, and the format of each cell."""

_DAY_ZERO = date(1899, 12, 30).toordinal()


class FastWorksheet(Worksheet):  # type: ignore[misc] # xlsxwriter has no types
    """A worksheet to which rows of texts, numbers, dates and empty cells can be added fast."""

    def __init__(self) -> None:
        super().__init__()
        self._ready: list[str] = []

    def add_rows(self, first: int, rows: Iterable[FastRow]) -> None:
        """Add rows from row ``first`` on, below all others."""
        strings = self.str_table.string_table
        number_string = strings.setdefault
        templates: dict[tuple[object, ...], str] = {}
        number = first
        for values, height, formats in rows:
            number += 1
            kinds = (id(formats), *map(type, values))
            if kinds not in templates:
                templates[kinds] = _build_template(values, formats)
            cells = [
                number_string(value, len(strings)) if type(value) is str else _convert_number(value)
                for value in values
                if value is not None
            ]
            row = templates[kinds].replace(_ROW_NUMBER, str(number))
            self._ready.append(row % (_round_to_pixels(height), *cells))
            self.str_table.count += kinds.count(str)
        self.str_table.unique_count = len(strings)
        if number > first:
            self._check_dimensions(number - 1, max(len(formats) - 1, 0))

    def _write_rows(self) -> None:
        super()._write_rows()
        self.fh.write("".join(self._ready))


class FastWorkbook(Workbook):  # type: ignore[misc] # xlsxwriter has no types
    """A workbook whose texts are looked at once on saving, not five times."""

    def _get_packager(self) -> Packager:
        return _FastPackager()

    def _prepare_sst_string_data(self) -> None:
        """List the texts without sorting them: they lie in the order of their numbers."""
        self.str_table.string_array = list(self.str_table.string_table)


class PackedWorkbook(FastWorkbook):
    """A workbook in memory, packed here: xlsxwriter can choose neither level nor system."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), {"in_memory": True})
        self._packager = _PartsPackager()

    def _get_packager(self) -> Packager:
        return self._packager

    def pack(self) -> bytes:
        """Return the workbook as an XLSX file. The same contents give the same bytes."""
        self.close()
        buffer = io.BytesIO()
        with ZipFile(buffer, "w") as archive:
            for part, name, _is_binary in self._packager.parts:
                entry = ZipInfo(name, _OLDEST_DATE)
                entry.create_system = _UNIX
                content = part.getvalue().encode()
                archive.writestr(entry, content, ZIP_DEFLATED, _COMPRESSION_LEVEL)
        return buffer.getvalue()


class _FastPackager(Packager):  # type: ignore[misc] # xlsxwriter has no types
    def _write_shared_strings_file(self) -> None:
        if self.workbook.str_table.count:
            strings = _FastSharedStrings()
            strings.string_table = self.workbook.str_table
            strings._set_xml_writer(self._filename("xl/sharedStrings.xml"))
            strings._assemble_xml_file()


class _PartsPackager(_FastPackager):
    def _create_package(self) -> list[Any]:
        """Keep the parts, and leave none to xlsxwriter."""
        self.parts = super()._create_package()
        return []


class _FastSharedStrings(SharedStrings):  # type: ignore[misc] # xlsxwriter has no types
    def _write_sst_strings(self) -> None:
        write = self.fh.write
        for string in self.string_table.string_array:
            if _is_plain(string):
                write(f"<si><t>{string}</t></si>")
            else:
                self._write_si(string)


def _is_plain(text: str) -> bool:
    """Whether a text stands in XML as it is: nothing to escape, no blank at either end."""
    return (
        (text.isprintable() or text.replace("\n", "").isprintable())
        and not ("&" in text or "<" in text or ">" in text or "_x" in text)
        and text[:1] not in _BLANK
        and text[-1:] not in _BLANK
    )


_OLDEST_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
"""The system that each part is said to be of: ``zipfile`` notes this machine's."""
_COMPRESSION_LEVEL = 3
"""A seventh larger than zlib's usual 6, in two fifths of the time."""

_BLANK = ("", " ", "\n")
_ROW_NUMBER = "\0"


def _build_template(values: Sequence[object], formats: Sequence[Any]) -> str:
    """Return the XML of a row whose cells are of the types of ``values``, its numbers left open."""
    cells = [f'<row r="{_ROW_NUMBER}" ht="%s" customHeight="1">']
    for column, (value, form) in enumerate(zip(values, formats, strict=True)):
        cell = f'<c r="{xl_col_to_name(column)}{_ROW_NUMBER}" s="{form._get_xf_index()}"'
        if value is None:
            cells.append(f"{cell}/>")
        elif type(value) is str:
            cells.append(f'{cell} t="s"><v>%d</v></c>')
        else:
            cells.append(f"{cell}><v>%.16G</v></c>")
    return "".join([*cells, "</row>"])


@cache
def _round_to_pixels(height: float) -> str:
    """Round a height to whole pixels, as Excel does."""
    return f"{int(height * 4 / 3 + 0.5) * 0.75:.16g}"


def _convert_number(value: object) -> float:
    if isinstance(value, int | float):
        return value
    if isinstance(value, date):
        return value.toordinal() - _DAY_ZERO
    raise TypeError(type(value))
