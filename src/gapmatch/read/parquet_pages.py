"""What the pages of a Parquet file unpack to, by the words of its footer and of their headers.

The parser makes room for what a header speaks of before it unpacks anything. Footer and headers
are structs of Thrift's compact protocol; of their fields only the few with sizes are used.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

_MAX_DEPTH = 16
_MAX_INTEGER_BITS = 70
_BOOLEANS, _BYTE, _INTEGERS, _DOUBLE = (1, 2), 3, (4, 5, 6), 7
_BYTES, _LISTS, _MAP, _STRUCT = 8, (9, 10), 11, 12

# Numbers of fields (parquet.thrift).
_ROW_GROUPS, _COLUMNS, _META = 4, 1, 3
_VALUES, _PACKED_SIZE, _FIRST_DATA, _FIRST_DICTIONARY = 5, 7, 9, 11
_PAGE_UNPACKED, _PAGE_PACKED = 2, 3


def measure_pages(data: bytes) -> int:
    """Return the bytes that the pages unpack to, as far as undamaged pages can be followed."""
    size = 0
    with suppress(ValueError, LookupError, TypeError):
        length = int.from_bytes(data[-8:-4], "little")
        footer = _Thrift(data, len(data) - 8 - length).read_struct()
        columns = [c[_META] for group in footer[_ROW_GROUPS] for c in group[_COLUMNS]]
        for column in columns:
            if column[_VALUES] > 0:  # else there is no page
                size += sum(_list_page_sizes(data, column))
    return size


def _list_page_sizes(data: bytes, column: dict[int, Any]) -> Iterator[int]:
    """Yield what each page of a column in a row group unpacks to."""
    starts = [column[_FIRST_DATA], column.get(_FIRST_DICTIONARY) or column[_FIRST_DATA]]
    thrift = _Thrift(data, min(starts))
    end = thrift.at + column[_PACKED_SIZE]
    while thrift.at < end:
        header = thrift.read_struct()
        if min(header[_PAGE_PACKED], header[_PAGE_UNPACKED]) < 0:
            raise ValueError(header)
        yield header[_PAGE_UNPACKED]
        thrift.at += header[_PAGE_PACKED]


class _Thrift:
    """Reads values of the compact protocol, from ``at`` on."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at

    def read_struct(self, depth: int = 0) -> dict[int, Any]:
        """Return number of field to value."""
        if depth > _MAX_DEPTH:
            raise ValueError(depth)
        fields: dict[int, Any] = {}
        number = 0
        while head := self._read_byte():
            number = number + (head >> 4) if head >> 4 else self._read_integer()
            fields[number] = self._read_value(head & 15, depth)
        return fields

    def _read_value(self, kind: int, depth: int) -> Any:  # noqa: ANN401 - as the file has it
        if kind in _BOOLEANS:
            return kind == 1
        if kind == _BYTE:
            return self._read_byte()
        if kind in _INTEGERS:
            return self._read_integer()
        if kind in (_DOUBLE, _BYTES):
            size = 8 if kind == _DOUBLE else self._read_size()  # which moves on by itself
            self.at += size
            return None
        if kind == _STRUCT:
            return self.read_struct(depth + 1)
        if kind not in _LISTS:  # no struct of Parquet has a map
            raise ValueError(kind)
        head = self._read_byte()
        size = head >> 4 if head >> 4 != 15 else self._read_size()
        is_flag = head & 15 in _BOOLEANS  # a byte each, in a list
        return [self._read_value(_BYTE if is_flag else head & 15, depth + 1) for _n in range(size)]

    def _read_byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _read_size(self) -> int:
        """Return a number of bytes or values, of which the file must have as many."""
        size = self._read_number()
        if size > len(self._data):
            raise ValueError(size)
        return size

    def _read_integer(self) -> int:
        number = self._read_number()
        return number >> 1 ^ -(number & 1)

    def _read_number(self) -> int:
        number = 0
        for shift in range(0, _MAX_INTEGER_BITS, 7):
            byte = self._read_byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
        raise ValueError(number)
