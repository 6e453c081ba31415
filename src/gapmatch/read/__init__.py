"""Extracts to canonical frames: ``read_extract`` for a source, ``inspect_extract`` for a look at a file.

Where other machines read: ``list_files`` and ``aliases_of`` here, ``read_file`` there for each file,
``assemble`` where its rows come together.
"""

from gapmatch.read.assemble import assemble
from gapmatch.read.extract import read_extract, read_file, read_listed_rows
from gapmatch.read.files import SourceFile, list_files, same_content, with_unread_files
from gapmatch.read.inspect import Inspection, inspect_extract
from gapmatch.read.knowledge import aliases_of
from gapmatch.read.read_model import Extract, FileReport, ReadFile, SheetReport, Side

__all__ = [
    "Extract",
    "FileReport",
    "Inspection",
    "ReadFile",
    "SheetReport",
    "Side",
    "SourceFile",
    "aliases_of",
    "assemble",
    "inspect_extract",
    "list_files",
    "read_extract",
    "read_file",
    "read_listed_rows",
    "same_content",
    "with_unread_files",
]
