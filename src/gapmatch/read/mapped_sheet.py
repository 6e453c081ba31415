"""One sheet on its way to canonical columns: its cells by column, and what was found in them."""

import unicodedata
from dataclasses import dataclass, field
from functools import cache, cached_property

import polars as pl
from polars import selectors as cs

from gapmatch.read import values
from gapmatch.read.knowledge import join_lines, load_knowledge
from gapmatch.read.read_model import ColumnMap, Finding, Grid, Match, Side

# Words for nothing are short, begin with no digit and are no code: what else is not looked at.
_MAX_BLANK_BYTES = 24
_IS_ORDINARY = "^[^:]*[0-9]{2}|[A-Za-z0-9] "
# Errors of a formula that no list has are spelt like the others (#FIELD!).
_ERROR = r"^#[A-Z/0_]{2,15}[!?]+$|^#{3,}$|^ERR:\d+$"
# Marks of yes and no are no blanks.
_AROUND = r"^[^\p{L}\p{N}√✓✔☑×✗✘■●○]+|[^\p{L}\p{N}√✓✔☑×✗✘■●○]+$"


@dataclass
class MappedSheet:
    """One sheet on its way: raw data rows, what its columns stand for, and what was found."""

    side: Side
    grid: Grid
    rows: pl.DataFrame
    columns: ColumnMap
    money: float | None = None
    """Factor of the unit of money that stands above the table."""
    unit_column: int | None = None
    """Column that gives the unit of money of each row."""
    findings: list[Finding] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    """Columns whose errors were reported."""

    @cached_property
    def words_for_nothing(self) -> tuple[list[str], list[str], frozenset[str]]:
        """The texts that mean nothing, those that show an error, and the columns with either."""
        texts = self.rows.select(f"c{m.index}" for m in self.columns.matches).select(cs.string())
        begins_with_digit = pl.all().is_between(pl.lit("0"), pl.lit(":"), closed="left")
        is_short = (pl.all().str.len_bytes() <= _MAX_BLANK_BYTES) & ~begins_with_digit
        found = texts.select(pl.all().filter(is_short).unique().implode())
        lists = [column.explode() for column in found]
        short = pl.concat([pl.Series(dtype=pl.String), *(c.rename("") for c in lists)])
        short = short.drop_nulls().unique()
        short = short.filter(~short.str.contains(_IS_ORDINARY))
        plain = short.str.to_uppercase()
        wide = short.str.contains(r"[\x{FF01}-\x{FF5E}\x{3000}]")
        if wide.any():
            folded = [unicodedata.normalize("NFKC", t).strip().upper() for t in short.filter(wide)]
            plain = plain.scatter(wide.arg_true(), folded)
        is_error = plain.is_in(_list_words("errors")) | plain.str.contains(_ERROR)
        # What stands around a word does not matter (无。 [空]); marks alone are no word at all.
        bare = plain.str.replace_all(_AROUND, "")
        words = _list_words("blanks")
        is_blank = plain.is_in(words) | bare.is_in(words) | (bare == "")
        nothing, errors = short.filter(is_blank).to_list(), short.filter(is_error).to_list()
        odd = pl.Series([*nothing, *errors], dtype=pl.String).implode()
        columns = [texts.name for texts in lists if texts.is_in(odd).any()]
        return nothing, errors, frozenset(columns)

    def read_texts(self, match: Match) -> pl.Series:
        """The texts of a column; null if blank or a word for "none"."""
        texts = values.format_texts(self.rows[f"c{match.index}"])
        nothing, errors, columns = self.words_for_nothing
        if f"c{match.index}" not in columns:
            return texts
        if errors and match.index not in self.seen:
            self.seen.add(match.index)
            self.report("error_value", match, texts.is_in(errors))
        return texts.set(texts.is_in([*nothing, *errors]), None)

    def list_factors(self, match: Match) -> pl.Series:
        """The factor of the unit of money of each row: the header's, the row's, or the table's."""
        above = match.factor or self.money or 1.0
        if match.factor is not None or self.unit_column is None:
            return pl.Series([above]).new_from_index(0, self.rows.height)
        texts = values.format_texts(self.rows[f"c{self.unit_column}"])
        own = texts.replace_strict(load_knowledge().units, default=None, return_dtype=pl.Float64)
        return own.fill_null(above)

    def read_values(self, match: Match) -> pl.Series:
        """A column of numbers or dates as it is, else its texts."""
        column = self.rows[f"c{match.index}"]
        return column if values.is_native(column) else self.read_texts(match)

    def note(self, kind: str, match: Match, **facts: str | int) -> None:
        """Add a finding on a column as a whole."""
        header = join_lines(match.header)
        self.findings.append(Finding(kind, None, header, None, self.grid.sheet, facts))

    def note_if_unread(self, match: Match, unread: int, filled: int) -> bool:
        """Add a finding if most ``filled`` cells of a column cannot be read; return whether so."""
        is_unread = unread * 2 > filled
        if is_unread:
            self.note("column_unread", match, count=unread)
        return is_unread

    def report(self, kind: str, match: Match, bad: pl.Series, **facts: str | int) -> None:
        """Add a finding for each row where ``bad`` is true."""
        if not bad.any():
            return
        picked = self.rows.filter(bad.fill_null(value=False))
        shown = values.format_texts(picked[f"c{match.index}"])
        self.findings += [
            Finding(kind, row, join_lines(match.header), value, self.grid.sheet, facts)
            for row, value in zip(picked["source_row"], shown, strict=True)
        ]


@cache
def _list_words(name: str) -> list[str]:
    words = load_knowledge().layout[name]
    folded = (unicodedata.normalize("NFKC", word).strip() for word in words)
    return sorted({word.upper() for word in (*words, *folded)})
