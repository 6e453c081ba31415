"""Firm names: cleaned, and split into the parts that the naming regulation knows.

企业名称登记管理规定 (2020) art. 6–14: region + trade name (字号) + industry + legal form; a branch carries
its parent's name followed by what and which it is. Word lists are data (``config/names.toml``).
All functions work on whole columns and on distinct values once.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import polars as pl

from gapmatch.resources import config_path
from gapmatch.standardise.characters import Characters
from gapmatch.standardise.divisions import Gazetteer

NAME_PARTS = pl.Schema(
    {
        "clean_name": pl.String(),
        "standard_name": pl.String(),
        "region": pl.String(),
        "region_code": pl.String(),
        "core": pl.String(),
        "trade_name": pl.String(),
        "trade_industry": pl.String(),
        "legal_form": pl.String(),
        "branch": pl.String(),
        "parent_name": pl.String(),
        "numbers": pl.String(),
        "bare_name": pl.String(),
        "parent_core": pl.String(),
        "form_class": pl.String(),
        "sound": pl.String(),
        "shape": pl.String(),
    }
)

# Nothing to take off and nothing to split: most names.
_PLAIN = r"^[\x{4E00}-\x{9FFF}0-9A-Z]*$"
_NUMERALS = "0-9〇零○一二三四五六七八九十百千两廿卅壹贰叁肆伍陆柒捌玖拾佰仟弌弍弎"
_DIGIT = {c: i for i, pair in enumerate(("〇零○", "一壹弌", "二贰两弍", "三叁弎", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")) for c in pair}  # fmt: skip
_SCALE = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}


@dataclass(frozen=True)
class NameRules:
    """The word lists of ``config/names.toml``."""

    forms: dict[str, tuple[str, ...]]
    branch_endings: tuple[str, ...]
    misspelt: dict[str, tuple[str, ...]]
    trailing: tuple[str, ...]
    group_marks: tuple[str, ...]
    bracketed: tuple[str, ...]
    dashed: tuple[str, ...]
    alias_patterns: tuple[str, ...]
    alias_separators: str
    number_units: tuple[str, ...]
    industries: tuple[str, ...]

    @classmethod
    @cache
    def load(cls) -> "NameRules":
        """Return the shipped rules."""
        raw = tomllib.loads(config_path("names.toml").read_text(encoding="utf-8"))
        return cls(
            forms={form: tuple(written) for form, written in raw["forms"].items()},
            branch_endings=tuple(raw["branches"]["endings"]),
            misspelt={form: tuple(p) for form, p in raw["misspelt_forms"].items()},
            trailing=tuple(raw["trailing_forms"]["words"]),
            group_marks=tuple(raw["group_marks"]["words"]),
            bracketed=tuple(raw["annotations"]["bracketed"]),
            dashed=tuple(raw["annotations"]["dashed"]),
            alias_patterns=tuple(raw["aliases"]["inside"]),
            alias_separators=raw["aliases"]["separators"],
            number_units=tuple(raw["numbers"]["units"]),
            industries=tuple(raw["industry"]["words"]),
        )

    @cached_property
    def annotation_pattern(self) -> str:
        """Remarks in brackets anywhere, or behind a dash at the end."""
        return rf"\((?:{_either(self.bracketed)})\)|-(?:{_either(self.dashed)})$"

    @cached_property
    def form_pattern(self) -> str:
        """Groups: what stands before the first legal form, the form, what stands behind it.

        分公司 and its like are tried too, so that the 公司 inside them is not taken for a form.
        """
        written = [w for forms in self.forms.values() for w in forms]
        return rf"^(.*?)({_either([*written, '分公司', '支公司', '子公司'])})(.*)$"

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
        """Groups: trade name, the run of industry words at the end."""
        return rf"^(.{{2,}}?)((?:{_either(self.industries)})+)$"

    @cached_property
    def number_regex(self) -> re.Pattern[str]:
        """An ordinal: behind 第, or in front of a word that is counted."""
        return re.compile(rf"第([{_NUMERALS}]+)|([{_NUMERALS}]+)(?={_either(self.number_units)})")


def clean_names(names: pl.Series, characters: Characters) -> pl.Series:
    """Return names in NFKC, simplified, upper case, without blanks and invisible characters.

    Brackets of all kinds become ``()``, dashes of all kinds ``-``; nothing visible is lost, so that
    annotations and aliases can still be told.
    """
    given = names.fill_null("")
    dressed = (~given.str.contains(_PLAIN)).arg_true()
    return characters.simplify(given.scatter(dressed, _undressed(given.gather(dressed))))


def _undressed(names: pl.Series) -> pl.Series:
    return (
        names.str.normalize("NFKC")
        .str.replace_all(r"[\p{C}\p{Z}\s\u{115F}\u{1160}\u{3164}\u{FFA0}]", "")
        .str.to_uppercase()
        .str.replace_all(r"[\[{【〔〖「『《〈<]", "(")
        .str.replace_all(r"[\]}】〕〗」』》〉>]", ")")
        .str.replace_all(r"[‐‑‒–—―−﹣－─]+", "-")
        .str.replace_all(r"[·•・‧∙⋅.。'’‘\"“”`´*＊#!?_~^|\\]", "")
        # What was taken out may leave an accent behind the letter that it now belongs to.
        .str.normalize("NFKC")
    )


def split_aliases(clean: pl.Series, rules: NameRules) -> pl.DataFrame:
    """Take other names and remarks out of clean names.

    Returns ``clean_name`` (String) and ``aliases`` (List[String], as written, unparsed).
    """
    every = clean.to_frame("clean_name").with_row_index("row")
    marked = every.filter(~pl.col("clean_name").str.contains(_PLAIN))
    split = marked.select("row").hstack(_split_marked(marked["clean_name"], rules))
    return every.join(split, on="row", how="left", maintain_order="left").select(
        pl.coalesce("clean_name_right", "clean_name").alias("clean_name"),
        pl.col("aliases").fill_null([]),
    )


def _split_marked(clean: pl.Series, rules: NameRules) -> pl.DataFrame:
    text = pl.col("clean_name")
    frame = pl.DataFrame({"clean_name": clean})
    found = [text.str.extract(pattern, 1) for pattern in rules.alias_patterns]
    frame = frame.with_columns(pl.concat_list(found).list.drop_nulls().alias("aliases"))
    for pattern in rules.alias_patterns:
        frame = frame.with_columns(text.str.replace(pattern, ""))
    frame = frame.with_columns(text.str.replace_all(rules.annotation_pattern, ""))
    aliases = pl.concat_list("aliases", _without_remark(text, rules)).list.drop_nulls()
    return frame.with_columns(aliases.list.eval(_bare(pl.element())), _bare(text))


def _without_remark(text: pl.Expr, rules: NameRules) -> pl.Expr:
    """Read a name without an unknown remark in brackets at its end, as one more name of the row.

    XX有限公司(合同制) is most likely XX有限公司, but only most likely: the name as it stands is kept too.
    """
    known = _either(rules.trailing)
    remark = text.str.contains(r"^.{4,}\([^()0-9一二三四五六七八九十]+\)$") & ~text.str.contains(
        rf"(?:{known})$"
    )
    return pl.when(remark).then(text.str.replace(r"\([^()]*\)$", ""))


def _bare(text: pl.Expr) -> pl.Expr:
    """Drop punctuation that is left, but for brackets."""
    return text.str.replace_all(r"[-,，、;；:：/+&]", "").str.replace_all(r"\(\)", "")


def split_listed_names(texts: pl.Series, rules: NameRules) -> pl.Series:
    """Split a column of former names into List[String]; blank is an empty list."""
    parts = texts.fill_null("").str.replace_all(rules.alias_separators, "|").str.split("|")
    return parts.list.eval(pl.element().filter(pl.element().str.len_chars() >= 3))


def parse_names(clean: pl.Series, home: str | None, rules: NameRules) -> pl.DataFrame:
    """Split clean names into their parts; one row per given row.

    ``home`` is the division code that short region names are looked for in first. Returns the
    columns of ``NAME_PARTS``; parts that a name does not have are empty strings, a region that it
    does not have is null.
    """
    distinct = clean.unique(maintain_order=True)
    parsed = _parse_distinct(distinct, home, rules)
    return clean.to_frame("clean_name").join(
        parsed, on="clean_name", how="left", maintain_order="left"
    ).select(NAME_PARTS.names())  # fmt: skip


def _parse_distinct(clean: pl.Series, home: str | None, rules: NameRules) -> pl.DataFrame:
    first = _region_first(clean, home)
    tidy = pl.DataFrame({"clean_name": clean, "tidy": first}).with_columns(
        _tidy(pl.col("tidy"), rules).alias("tidy")
    )
    numbered = _number_columns(tidy["tidy"], rules)
    prefixes = _strip_regions(numbered["tidy"], home)
    frame = pl.concat([tidy.select("clean_name"), numbered, prefixes], how="horizontal")
    frame = frame.with_columns(pl.col("rest").str.extract_groups(rules.form_pattern).alias("split"))
    frame = frame.with_columns(_form_columns(rules))
    frame = frame.with_columns(*_core_columns(rules)).with_columns(_standard_name())
    characters = Characters.load()
    return frame.with_columns(
        characters.sound_keys(frame["core"]).alias("sound"),
        characters.shape_keys(frame["core"]).alias("shape"),
    ).select(NAME_PARTS.names())


def _tidy(text: pl.Expr, rules: NameRules) -> pl.Expr:
    """Drop trailing forms, group marks and brackets, and write a misspelt legal form as it is meant."""
    marks = _either([*rules.trailing, *(m for m in rules.group_marks if m.startswith("("))])
    bare = text.str.replace(rf"(?:{_either(rules.trailing)})$", "")
    tidy = bare.str.replace_all(marks, "").str.replace_all(r"[()]", "")
    for form, patterns in rules.misspelt.items():
        tidy = tidy.str.replace("(?:" + "|".join(patterns) + ")", form)
    return tidy


def _region_first(clean: pl.Series, home: str | None) -> pl.Series:
    """Move a region that stands in brackets to the front: 云岭(遵义)商贸 and 遵义云岭商贸 are one name.

    The naming regulation (art. 9) lets a firm put its region behind the trade name, in brackets.
    """
    groups = clean.str.extract_groups(r"^([^()]{2,})\(([^()]{2,})\)([^()]{2,}.*)$").struct.unnest()
    gazetteer = Gazetteer.load()
    first = [
        inside + front + end if inside and _is_region(inside, front, home, gazetteer) else None
        for front, inside, end in groups.rows()
    ]
    frame = pl.DataFrame({"clean": clean, "first": pl.Series(first, dtype=pl.String)})
    return frame.select(pl.coalesce("first", "clean")).to_series()


def _is_region(inside: str, front: str, home: str | None, gazetteer: Gazetteer) -> bool:
    """Tell whether a bracket holds a region, or a zone of one, and what stands before it does not.

    The bracket is read as it would stand in front: a name alone is too little to be taken for a region.
    """
    prefix = gazetteer.split_prefix(inside + front, home)
    if prefix is None or prefix.length > len(inside) or gazetteer.split_prefix(front, home):
        return False
    end = prefix.length
    return end == len(inside) or gazetteer.rules.zone.fullmatch(inside, end) is not None


def _number_columns(text: pl.Series, rules: NameRules) -> pl.DataFrame:
    """Write ordinals as digits (第十二门市部, 拾贰门市部 → 12门市部) and list all digits of the name."""
    has_numeral = text.str.contains(f"[{_NUMERALS}]")
    with_numerals = text.filter(has_numeral)
    written = pl.Series(
        [_with_digits(t, rules.number_regex) for t in with_numerals], dtype=pl.String
    )
    tidy = text.scatter(has_numeral.arg_true(), written) if len(written) else text
    numbers = tidy.str.extract_all(r"[0-9]+").list.join(",")
    return pl.DataFrame({"tidy": tidy, "numbers": numbers})


def _with_digits(text: str, ordinal: re.Pattern[str]) -> str:
    return ordinal.sub(lambda found: str(number_value(found[1] or found[2])), text)


def number_value(numeral: str) -> int:
    """Return the value of a Chinese or Arabic numeral: 十二, 拾贰, 一二, 12 and 1二 are all 12."""
    if not any(c in _SCALE or c in "廿卅" for c in numeral):
        return int("".join(c if c.isascii() else str(_DIGIT[c]) for c in numeral))
    total, digit = 0, 0
    for c in numeral.replace("廿", "二十").replace("卅", "三十"):
        if c in _SCALE:
            total += (digit or 1) * _SCALE[c]
            digit = 0
        else:
            digit = digit * 10 + (int(c) if c.isascii() else _DIGIT[c])
    return total + digit


def _strip_regions(text: pl.Series, home: str | None) -> pl.DataFrame:
    """Take region chains off the front; a second chain may follow one that does not contain it.

    Insurance systems put their own prefecture in front of names that begin with another one
    (黔东南州铜仁市…): the last chain is the one that belongs to the name.
    """
    gazetteer = Gazetteer.load()
    first = gazetteer.split_prefixes(text, home)
    behind = pl.DataFrame(first).select(
        pl.when(pl.col("region").is_not_null()).then("rest").alias("rest")
    )["rest"]
    second = gazetteer.split_prefixes(behind, home)
    both = pl.DataFrame(
        {
            "region": first["region"] + second["region"].fill_null(""),
            "first_code": first["region_code"],
            "second_code": second["region_code"],
            "rest": second["rest"],
            "whole": first["rest"],
        }
    )
    return both.select(
        "region",
        pl.coalesce("second_code", "first_code").alias("region_code"),
        pl.coalesce("rest", "whole").alias("rest"),
    )


def _form_columns(rules: NameRules) -> list[pl.Expr]:
    split = pl.col("split").struct
    written = split.field("2")
    form = written.replace_strict(rules.canonical_form, default=None, return_dtype=pl.String)
    has_form = form.is_not_null()
    rest = split.field("3")
    is_branch = has_form & rest.str.contains(rf".(?:{_either(rules.branch_endings)})$")
    return [
        form.fill_null("").alias("legal_form"),
        pl.when(has_form).then(split.field("1")).otherwise("rest").alias("parent_core"),
        pl.when(is_branch).then(rest).otherwise(pl.lit("")).alias("branch"),
        pl.when(is_branch)
        .then(pl.col("region").fill_null("") + split.field("1") + written)
        .otherwise(pl.lit(""))
        .alias("parent_name"),
        form.replace_strict(rules.form_class, default="").alias("form_class"),
    ]


def _core_columns(rules: NameRules) -> list[pl.Expr]:
    parent = pl.col("parent_core").str.replace_all(_either(rules.group_marks), "")
    again = _either([w for written in rules.forms.values() for w in written if "公司" in w])
    core = parent + pl.col("branch").str.replace_all(f"(?:{again})$", "公司")
    split = parent.str.extract_groups(rules.industry_pattern).struct
    return [
        pl.when(core.str.len_chars() >= 2).then(core).otherwise("tidy").alias("core"),
        pl.coalesce(split.field("1"), parent).alias("trade_name"),
        split.field("2").fill_null("").alias("trade_industry"),
        (pl.col("region").fill_null("") + core).alias("bare_name"),
    ]


def _standard_name() -> pl.Expr:
    return pl.concat_str(
        pl.col("region_code").fill_null(""), "core", "legal_form", separator="|"
    ).alias("standard_name")


def _either(words: Iterable[str] | Sequence[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))
