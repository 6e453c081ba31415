"""Extracts to canonical frames: ``read_extract`` for a source, ``inspect_extract`` for a look at a file."""

from gapmatch.read.extract import read_extract
from gapmatch.read.files import same_content
from gapmatch.read.inspect import Inspection, inspect_extract
from gapmatch.read.model import Extract, FileReport, SheetReport, Side

__all__ = [
    "Extract",
    "FileReport",
    "Inspection",
    "SheetReport",
    "Side",
    "inspect_extract",
    "read_extract",
    "same_content",
]
