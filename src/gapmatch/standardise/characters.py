"""Simplified forms, readings and look-alikes of characters (``config/characters.csv``).

A name that was heard is written with homophones (业 for 叶), one that was read with look-alikes (末
for 未). Keys put this into single strings: two texts that differ in such characters only have equal
keys, so that keys can be compared, counted and joined like names. Tones do not count; n and ng, l
and n stay distinct.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from gapmatch.resources import find_config_file


@dataclass(frozen=True)
class Characters:
    """Tables from one character to another; pure, ``load`` once and share.

    ``simplified``, ``sound`` and ``shape`` lead from a character to its simplified form, to the
    character that stands for its usual reading, and to the one that stands for its look-alikes;
    characters that stand for themselves are left out.
    """

    simplified: Mapping[str, str]
    sound: Mapping[str, str]
    shape: Mapping[str, str]

    @classmethod
    @cache
    def load(cls) -> "Characters":
        """Return the shipped tables; the file is read once."""
        path = find_config_file("characters.csv")
        table = pl.read_csv(path, comment_prefix="#", infer_schema=False)
        main_reading = pl.col("pinyin").str.extract(r"^([^|]+)").alias("usual")
        representatives = (
            table.select(pl.col("char").alias("sound"), main_reading)
            .drop_nulls()
            .unique("usual", keep="first", maintain_order=True)
        )
        table = table.with_columns(main_reading).join(
            representatives, on="usual", how="left", maintain_order="left"
        )
        return cls(
            simplified=_collect_changes(table, "simplified"),
            sound=_collect_changes(table, "sound"),
            shape=_collect_changes(table, "shape"),
        )

    def simplify(self, texts: pl.Series) -> pl.Series:
        """Return a String column in simplified characters; nulls stay."""
        return _replace_characters(texts, self.simplified)

    def build_sound_keys(self, texts: pl.Series) -> pl.Series:
        """Return texts, each character replaced by that of its main reading; nulls stay."""
        return _replace_characters(texts, self.sound)

    def build_shape_keys(self, texts: pl.Series) -> pl.Series:
        """Return texts, each character replaced by that of its look-alikes; nulls stay."""
        return _replace_characters(texts, self.shape)


def _collect_changes(table: pl.DataFrame, column: str) -> dict[str, str]:
    """Return the characters that ``column`` leads elsewhere."""
    changed = table.filter(pl.col(column) != pl.col("char"))
    return dict(zip(changed["char"].to_list(), changed[column].to_list(), strict=True))


def _replace_characters(texts: pl.Series, characters: Mapping[str, str]) -> pl.Series:
    """Replace characters.

    Only those that occur are sought, since the search is built anew each time.
    """
    present = characters.keys() & set("".join(texts.drop_nulls().to_list()))
    found = sorted(present)
    return texts.str.replace_many(found, [characters[c] for c in found]) if found else texts
