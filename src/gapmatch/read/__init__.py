"""Extracts to canonical frames.

``read_extract`` for a source. If other machines read:
``list_files`` and ``load_aliases`` here, ``read_file`` there for each file, ``assemble`` where its
rows come together.
"""

from gapmatch.read.assemble import assemble
from gapmatch.read.extract import read_extract, read_file, read_listed_rows
from gapmatch.read.files import (
    SourceFile,
    add_unread_files,
    find_unread_files,
    list_files,
    refuse_same_content,
)
from gapmatch.read.knowledge import load_aliases
from gapmatch.read.read_model import Extract, FileReport, ReadFile, SheetReport, Side

__all__ = [
    "Extract",
    "FileReport",
    "ReadFile",
    "SheetReport",
    "Side",
    "SourceFile",
    "add_unread_files",
    "assemble",
    "find_unread_files",
    "list_files",
    "load_aliases",
    "read_extract",
    "read_file",
    "read_listed_rows",
    "refuse_same_content",
]
