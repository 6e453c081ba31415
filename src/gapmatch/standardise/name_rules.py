"""Rules of ``config/names.toml`` about names, read once, as patterns."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

from gapmatch.resources import load_toml, read_csv_frame
from gapmatch.standardise.numerals import NUMERALS, ROMAN

_NUMBER = f"(?:[{NUMERALS}]+|{ROMAN})"
_ALONE = f"(?:[{NUMERALS}]+|(?<![A-Z]){ROMAN}(?![A-Z]))"


@dataclass(frozen=True, eq=False)
class NameRules:
    """The word lists of ``config/names.toml``."""

    forms: dict[str, tuple[str, ...]]
    branch_endings: tuple[str, ...]
    strong_endings: tuple[str, ...]
    cut_endings: dict[str, str]
    misspelt: dict[str, tuple[str, ...]]
    trailing: tuple[str, ...]
    group_marks: tuple[str, ...]
    remarks: tuple[str, ...]
    bare_remarks: tuple[str, ...]
    remark_patterns: tuple[str, ...]
    account_patterns: tuple[str, ...]
    account_tails: tuple[str, ...]
    short_forms: tuple[tuple[str, str], ...]
    front_patterns: tuple[str, ...]
    renaming_leads: tuple[str, ...]
    renaming_tails: tuple[str, ...]
    listed_separators: str
    listed_ends: str
    listed_leftovers: tuple[str, ...]
    number_units: tuple[str, ...]
    number_words: tuple[str, ...]
    industries: tuple[str, ...]
    common: tuple[str, ...]
    towns: tuple[str, ...]
    not_after_towns: str

    @classmethod
    @cache
    def load(cls) -> "NameRules":
        """Return the shipped rules."""
        raw = load_toml("names.toml")
        branches, accounts, renaming = raw["branches"], raw["accounts"], raw["renaming"]
        return cls(
            forms={form: tuple(written) for form, written in raw["forms"].items()},
            branch_endings=tuple(branches["endings"]),
            strong_endings=tuple(branches["strong"]),
            cut_endings=branches["cut"],
            misspelt={form: tuple(p) for form, p in raw["misspelt_forms"].items()},
            trailing=tuple(raw["trailing_forms"]["words"]),
            group_marks=tuple(raw["group_marks"]["words"]),
            remarks=tuple(raw["remarks"]["words"]),
            bare_remarks=tuple(raw["remarks"]["without_marks"]),
            remark_patterns=tuple(raw["remarks"]["patterns"]),
            account_patterns=tuple(p.replace("{n}", _NUMBER) for p in accounts["patterns"]),
            account_tails=tuple(p.replace("{n}", _NUMBER) for p in accounts["tails"]),
            short_forms=tuple((p, full) for p, full in raw["short_forms"]["patterns"]),
            front_patterns=tuple(raw["front"]["patterns"]),
            renaming_leads=tuple(renaming["leads"]),
            renaming_tails=tuple(renaming["tails"]),
            listed_separators=raw["listed"]["separators"],
            listed_ends=raw["listed"]["ends"],
            listed_leftovers=tuple(raw["listed"]["leftovers"]),
            number_units=tuple(raw["numbers"]["units"]),
            number_words=tuple(raw["numbers"]["words"]),
            industries=(*raw["industry"]["words"], *_industry_words()),
            common=tuple(raw["common"]["words"]),
            towns=tuple(raw["towns"]["kinds"]),
            not_after_towns=raw["towns"]["not_after"],
        )

    # -- remarks, accounts, other names

    @cached_property
    def remark(self) -> re.Pattern[str]:
        """A remark as a whole: known words, one or several, or a known shape."""
        words = f"(?:(?:{match_any(self.remarks)})[、,;/+]?)+"
        return re.compile("|".join([words, *self.remark_patterns]))

    @cached_property
    def account(self) -> re.Pattern[str]:
        """A text that is nothing but an account number of a firm."""
        return re.compile("|".join(self.account_patterns))

    @cached_property
    def lead(self) -> re.Pattern[str]:
        """Words that precede and mark another name."""
        return re.compile("(?:" + "|".join(self.renaming_leads) + ")")

    @cached_property
    def tail(self) -> re.Pattern[str]:
        """Words that follow and mark another name."""
        return re.compile("(?:" + "|".join(self.renaming_tails) + ")$")

    @cached_property
    def front(self) -> re.Pattern[str]:
        """Numbers, labels and notes in front of a name."""
        return re.compile("^(?:" + "|".join(self.front_patterns) + ")+")

    # -- the grammar of a name

    @cached_property
    def written_forms(self) -> tuple[str, ...]:
        """Every legal form as it may be written."""
        return tuple(w for forms in self.forms.values() for w in forms)

    @cached_property
    def form_pattern(self) -> str:
        """Groups: what stands before the first legal form, the form, what stands behind it.

        分公司 and its like are tried too, so that the 公司 inside them is not taken for a form.
        """
        return rf"^(.*?)({match_any([*self.written_forms, '分公司', '支公司', '子公司'])})(.*)$"

    @cached_property
    def canonical_form(self) -> dict[str, str]:
        """Each written form and the form that it counts as."""
        return {w: form for form, written in self.forms.items() for w in written}

    @cached_property
    def form_class(self) -> dict[str, str]:
        """Each canonical form and the class of forms that may be mistaken for one another."""
        return {form: "company" if "公司" in form else form for form in self.forms}

    @cached_property
    def industry_pattern(self) -> str:
        """Groups: trade name, trailing industry words with the kind of place (厂, 店)."""
        return (
            rf"^(.{{2,}}?)((?:{match_any(self.industries)})+(?:{match_any(self.branch_endings)})?)$"
        )

    @cached_property
    def town_pattern(self) -> str:
        """Groups: the town at the beginning of a text, the rest."""
        town = rf"[^{self._not_in_towns}]{{2,5}}?(?:{match_any(self.towns)})"
        return rf"^({town})([^{self.not_after_towns}].+)$"

    @property
    def _not_in_towns(self) -> str:
        return r"0-9A-Z()路街巷号村组市县区镇乡"

    @cached_property
    def common_pattern(self) -> str:
        """A text of nothing but frequent words, which without its town could be anybody's."""
        words = match_any(
            [*self.common, *self.industries, *self.branch_endings, *self.written_forms]
        )
        return rf"^(?:{words}|第|[{NUMERALS}])+$"

    # -- ordinals

    @cached_property
    def number_regex(self) -> re.Pattern[str]:
        """An ordinal: behind 第, or in front of a counted word (第2, 2号店, NO.2店, II店)."""
        units = match_any(self.number_units)
        words = match_any(self.number_words)
        return re.compile(rf"第({_ALONE})|(?!{words})(?:NO)?({_ALONE})号?(?={units})")

    @cached_property
    def number_behind(self) -> re.Pattern[str]:
        """An ordinal behind the word that is counted, at the end of the name: 店2, 门市部第二."""
        units = match_any(
            u for u in self.number_units if u != "公司" and (len(u) > 1 or u in "店厂部")
        )
        return re.compile(rf"(?<!\d)({units})(?:第|NO)?({_ALONE})号?$")

    @cached_property
    def trade_number(self) -> re.Pattern[str]:
        """A number that is no ordinal, nor part of a word in Latin letters."""
        units = match_any([*self.number_units, *self.cut_endings])
        digit = "[一二三四五六七八九]"
        return re.compile(
            rf"(?<![A-Z0-9])[0-9]+(?![A-Z0-9]|{units})|{digit}?十{digit}|{digit}十|[壹贰叁]"
        )


def match_any(words: Iterable[str]) -> str:
    """Return a pattern of any of the words, longer ones first."""
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


def _industry_words() -> list[str]:
    """Return the words that ``config/industry_words.csv`` counted in registered names."""
    return read_csv_frame("industry_words.csv")["word"].to_list()
