"""The container of XLS files ([MS-CFB]): which of its sectors make up the workbook.

The parser of workbooks makes room for every sector that is named, even one far beyond the end of
the file, and follows a circle of sectors for ever. The stream of the workbook is taken out here,
and the parser gets a container that holds nothing else: what other programs leave in theirs
(properties in disorder, entries of deleted streams) is nothing to it.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_FIRST_RESERVED, _FIRST_MARK, _END_OF_CHAIN = 0xFFFFFFFA, 0xFFFFFFFC, 0xFFFFFFFE
_SECTOR_SHIFTS = (9, 12)
_HEADER_BYTES, _ENTRY_BYTES, _NAME_BYTES = 512, 128, 64
_MINI_SECTOR_BYTES, _MINI_STREAM_BYTES = 64, 4096
"""Streams that are shorter than the latter lie in sectors of the former size."""
_WORKBOOKS = ("Workbook", "Book")
_MAGIC, _FREE, _TABLE = bytes.fromhex("D0CF11E0A1B11AE1"), 0xFFFFFFFF, 0xFFFFFFFD
_ROOT, _STREAM, _SHORT_LIST = 5, 2, 109
"""Types of entries; so many tables of sectors are listed in the header."""
_Entry = tuple[str, int, int, int]
"""An entry of the directory: name, type, first sector, bytes."""


@dataclass
class _Sectors:
    """Sectors of one size, and which one follows each; each belongs to one chain."""

    content: bytes
    size: int
    following: Sequence[int] = ()
    taken: set[int] = field(default_factory=set)

    @property
    def count(self) -> int:
        return -(-len(self.content) // self.size)

    def take(self, number: int) -> bytes:
        """Return a sector; raise ``ValueError`` if there is none, or it was taken before."""
        if number >= self.count or number in self.taken:
            raise ValueError(number)
        self.taken.add(number)
        return self.content[number * self.size : (number + 1) * self.size]

    def take_chain(self, number: int) -> bytes:
        """Return the sectors from ``number`` on; raise ``ValueError`` or ``IndexError``."""
        pieces = []
        while number != _END_OF_CHAIN:
            pieces.append(self.take(number))
            number = self.following[number]
        return b"".join(pieces)


def extract_workbook(data: bytes) -> bytes:
    """Return the stream of the workbook in an XLS file; nothing if there is none.

    Raises ``struct.error``, ``ValueError`` or ``IndexError`` if its sectors are damaged.
    """
    (shift,) = struct.unpack_from("<H", data, 30)
    directories, fats, directory, _mark, _cutoff, mini_fat, mini_fats, difat = struct.unpack_from(
        "<8I", data, 40
    )
    if shift not in _SECTOR_SHIFTS:
        raise ValueError(shift)
    sectors = _Sectors(data[1 << shift :], 1 << shift)
    if max(directories, fats, mini_fats) > sectors.count:
        raise ValueError(max(directories, fats, mini_fats))
    tables = b"".join(map(sectors.take, _list_fat_sectors(data, sectors, difat)))
    sectors.following = _unpack_numbers(tables)
    (_name, _type, root, _bytes), *entries = _list_entries(sectors.take_chain(directory), shift)
    found = [entry for entry in entries if entry[0] in _WORKBOOKS]
    if not found:
        return b""
    # One that was deleted may stand before the one that took its place.
    found.sort(key=lambda entry: (_WORKBOOKS.index(entry[0]), entry[1] != _STREAM))
    _name, _type, first, size = found[0]
    if size > len(data):
        raise ValueError(size)
    if size >= _MINI_STREAM_BYTES or not mini_fats:
        return sectors.take_chain(first)[: size or None]
    minis = _Sectors(sectors.take_chain(root), _MINI_SECTOR_BYTES)
    minis.following = _unpack_numbers(sectors.take_chain(mini_fat))
    return minis.take_chain(first)[: size or None]


def contain_workbook(stream: bytes) -> bytes:
    """Return a container that holds the stream of a workbook alone, sector behind sector."""
    sector = 1 << _SECTOR_SHIFTS[1]
    count = max(1, -(-len(stream) // sector))
    tables = -(-(count + 2) // (sector // 4 - 1))
    small, start = tables + 1, tables + 2  # behind the directory; the parser wants small sectors
    chain = (*range(start + 1, start + count), _END_OF_CHAIN)
    numbers = (*[_TABLE] * tables, _END_OF_CHAIN, _END_OF_CHAIN, *chain)
    table = struct.pack(f"<{len(numbers)}I", *numbers).ljust(tables * sector, b"\xff")
    entries = _pack_entry("Root Entry", _ROOT, small, 0)
    entries += _pack_entry(_WORKBOOKS[0], _STREAM, start, count * sector)
    marks = (1, tables, tables, 0, _MINI_STREAM_BYTES, _END_OF_CHAIN, 0, _END_OF_CHAIN, 0)
    listed = (*range(tables), *[_FREE] * (_SHORT_LIST - tables))
    header = _MAGIC.ljust(24, b"\0") + struct.pack(
        f"<HHHHH6x9I{_SHORT_LIST}I", 62, 4, 0xFFFE, _SECTOR_SHIFTS[1], 6, *marks, *listed
    )
    pieces = (header, table, entries, b"\0", stream or b"\0")
    return b"".join(piece.ljust(-(-len(piece) // sector) * sector, b"\0") for piece in pieces)


def _pack_entry(name: str, kind: int, first: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    head = text.ljust(_NAME_BYTES, b"\0") + struct.pack(
        "<HBB3I", len(text) + 2, kind, 1, *[_FREE] * 3
    )
    return head + bytes(36) + struct.pack("<IQ", first, size)


def _list_fat_sectors(data: bytes, sectors: _Sectors, difat: int) -> Iterator[int]:
    """Yield the sectors that say which one follows which: the header's, then a chain of them."""
    listed = _unpack_numbers(data[76:_HEADER_BYTES])
    while True:
        yield from (number for number in listed if number < _FIRST_MARK)
        if difat >= _FIRST_RESERVED:
            return
        *listed, difat = _unpack_numbers(sectors.take(difat))


def _list_entries(directory: bytes, shift: int) -> Iterator[_Entry]:
    for at in range(0, len(directory), _ENTRY_BYTES):
        name = directory[at : at + _NAME_BYTES].decode("utf-16-le", "replace")
        first, size = struct.unpack_from("<IQ", directory, at + 116)
        # In small sectors the upper half of the size may hold anything.
        yield (
            name.partition("\0")[0],
            directory[at + _NAME_BYTES + 2],
            first,
            size if shift == _SECTOR_SHIFTS[1] else size & 0xFFFFFFFF,
        )


def _unpack_numbers(content: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])
