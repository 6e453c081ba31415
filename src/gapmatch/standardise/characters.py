"""Simplified forms, readings and look-alikes of characters (``config/characters.csv``).

A name that was heard is written with homophones (业 for 叶), one that was read with look-alikes (末
for 未). Keys put this into single strings: two texts that differ in such characters only have equal
keys, so that keys can be compared, counted and joined like names. Tones do not count; n and ng, l
and n stay distinct.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import polars as pl

from gapmatch.resources import read_csv_frame

_SEPARATOR = "\0"
"""What stands between texts that are looked up together; no text of a list has it."""


@dataclass(frozen=True)
class Characters:
    """Tables from one character to another; pure, ``load`` once and share.

    ``syllables`` leads from a reading in capitals to the character that stands for it;
    ``simplified``, ``sound`` and ``shape`` lead from a character to its simplified form, to the
    character that stands for its usual reading, and to the one that stands for its look-alikes;
    characters that stand for themselves are left out.
    """

    simplified: Mapping[str, str]
    sound: Mapping[str, str]
    shape: Mapping[str, str]
    syllables: Mapping[str, str]

    @classmethod
    @cache
    def load(cls) -> "Characters":
        """Return the shipped tables; the file is read once."""
        table = read_csv_frame("characters.csv")
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
            syllables={
                u.upper(): c for c, u in representatives.select("sound", "usual").iter_rows()
            },
        )

    def simplify(self, texts: pl.Series) -> pl.Series:
        """Return a String column in simplified characters; nulls stay."""
        return _replace_characters(texts, self._simplifying)

    def build_sound_keys(self, texts: pl.Series) -> pl.Series:
        """Return texts by the main reading of each character; 榆YANG counts as characters too."""
        spelt = texts.str.contains("[A-Z]{2}").fill_null(value=False)
        read = [self._spelling.sub(self._read_syllables, t) for t in texts.filter(spelt)]
        sounds = _replace_characters(texts, self._sounding)
        spelt_keys = _replace_characters(pl.Series(read, dtype=pl.String), self._sounding)
        return sounds.scatter(spelt.arg_true(), spelt_keys)

    def build_shape_keys(self, texts: pl.Series) -> pl.Series:
        """Return texts, each character replaced by that of its look-alikes; nulls stay."""
        return _replace_characters(texts, self._shaping)

    def _read_syllables(self, letters: re.Match[str]) -> str:
        return "".join(self.syllables[s] for s in self._syllable.findall(letters[0]))

    @cached_property
    def _syllable(self) -> re.Pattern[str]:
        return re.compile("|".join(sorted(self.syllables, key=len, reverse=True)))

    @cached_property
    def _spelling(self) -> re.Pattern[str]:
        """Letters that are syllables as a whole; no letter stands beside them."""
        longest = f"(?:{self._syllable.pattern})+"
        return re.compile(rf"(?<![A-Z])(?=[A-Z]{{2}}){longest}(?![A-Z])")

    @cached_property
    def _simplifying(self) -> "_Replacement":
        return _Replacement(self.simplified)

    @cached_property
    def _sounding(self) -> "_Replacement":
        return _Replacement(self.sound)

    @cached_property
    def _shaping(self) -> "_Replacement":
        return _Replacement(self.shape)


class _Replacement:
    """Characters and what replaces them, looked up for a whole column at once."""

    def __init__(self, characters: Mapping[str, str]) -> None:
        """Prepare the tables of ``characters``, each one leading to one other."""
        self._by_code = str.maketrans(dict(characters))
        self._points = np.arange(sys.maxunicode + 1, dtype="<u4")
        for code, other in self._by_code.items():
            self._points[code] = ord(other)

    def replace(self, texts: Sequence[str]) -> list[str]:
        """Return ``texts`` with their characters replaced.

        All of them are looked up as one array of code points, unless one has a separator inside.
        """
        points = np.frombuffer(_SEPARATOR.join(texts).encode("utf-32-le"), dtype="<u4")
        text: str = self._points[points].tobytes().decode("utf-32-le")
        replaced = text.split(_SEPARATOR)
        if len(replaced) == len(texts):
            return replaced
        return [given.translate(self._by_code) for given in texts]


def _collect_changes(table: pl.DataFrame, column: str) -> dict[str, str]:
    """Return the characters that ``column`` leads elsewhere."""
    changed = table.filter(pl.col(column) != pl.col("char"))
    return dict(zip(changed["char"].to_list(), changed[column].to_list(), strict=True))


def _replace_characters(texts: pl.Series, replacement: _Replacement) -> pl.Series:
    """Replace the characters of a String column; nulls stay."""
    given = texts.is_not_null().arg_true()
    replaced = replacement.replace(texts.gather(given).to_list())
    output = pl.Series(texts.name, replaced, dtype=pl.String)
    return output if len(output) == len(texts) else texts.clone().scatter(given, output)
