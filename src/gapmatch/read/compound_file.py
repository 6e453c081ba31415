"""The container of XLS files ([MS-CFB]): which of its sectors make up the workbook.

The parser of workbooks makes room for every sector that is named, even one far beyond the end of
the file, and follows a circle of sectors for ever: the container is walked here before it is.
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
_Entry = tuple[str, int, int]
"""An entry of the directory: name, first sector, bytes."""


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
    """Return the stream of the workbook in an XLS file, after walking all its streams.

    Raises ``struct.error``, ``ValueError`` or ``IndexError`` for a container that is damaged.
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
    entries = list(_list_entries(sectors.take_chain(directory), shift))
    _name, root, _bytes = entries[0]
    minis = _Sectors(b"", _MINI_SECTOR_BYTES)
    if mini_fats:
        minis = _Sectors(sectors.take_chain(root), _MINI_SECTOR_BYTES)
        minis.following = _unpack_numbers(sectors.take_chain(mini_fat))
    streams: dict[str, bytes] = {}
    for name, first, size in entries[1:]:
        if size > len(data):
            raise ValueError(size)
        if name and (size or name in _WORKBOOKS):
            place = minis if size < _MINI_STREAM_BYTES else sectors
            streams.setdefault(name, place.take_chain(first)[: size or None])
    return next((streams[name] for name in _WORKBOOKS if name in streams), b"")


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
            first,
            size if shift == _SECTOR_SHIFTS[1] else size & 0xFFFFFFFF,
        )


def _unpack_numbers(content: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])
