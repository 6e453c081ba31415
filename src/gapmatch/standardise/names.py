"""Firm names: cleaned, and split into the parts that the naming regulation knows.

企业名称登记管理规定 (2020) art. 6–14: region + trade name (字号) + industry + legal form; a branch
carries its parent's name followed by what and which it is. Word lists are data
(``config/names.toml``). All functions work on whole columns and on distinct values once.
"""

import re

import polars as pl

from gapmatch.standardise.characters import Characters
from gapmatch.standardise.divisions import Gazetteer
from gapmatch.standardise.name_rules import NameRules, match_any
from gapmatch.standardise.numerals import (
    HAS_NUMERAL,
    parse_numeral,
    replace_number_signs,
    write_trade_numbers,
)

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
        "name_town": pl.String(),
        "townless": pl.String(),
    }
)

PLAIN = r"^[\x{4E00}-\x{9FFF}0-9A-Z]*$"
"""Nothing to take off and nothing to split: most names."""

_ROUND_ZERO = "([零〇一二三四五六七八九])[○◯]"
"""A circle behind a digit: elsewhere circles are ornaments."""
_CUT_AUTONOMY = r"^(?:\p{Han}{1,3}族)+自治[县州旗]?"
"""What is left of 松桃苗族自治县 where lists cut names of places to a width, behind the place."""


def clean_names(names: pl.Series, characters: Characters) -> pl.Series:
    """Return names in NFKC, simplified, upper case, without blanks and invisible characters.

    Brackets of all kinds become ``()``, dashes of all kinds ``-``; nothing visible is lost, so that
    annotations and aliases remain recognisable.
    """
    given = names.fill_null("")
    dressed = (~given.str.contains(PLAIN)).arg_true()
    bare = normalise_names(given.gather(dressed)).str.replace_all("|", "", literal=True)
    # What was taken out may leave an accent behind the letter that it now belongs to.
    return characters.simplify(given.scatter(dressed, bare.str.normalize("NFKC")))


def normalise_names(names: pl.Series) -> pl.Series:
    """Return ``clean_names`` in traditional characters, with ``|`` for inner white space."""
    texts = names.to_frame("t").select(replace_number_signs(pl.col("t"))).to_series()
    return (
        texts.str.normalize("NFKC")
        .str.replace_all(r"[\u{115F}\u{1160}\u{3164}\u{FFA0}]", "")
        .str.strip_chars()
        .str.replace_all(r"[\s\p{Z}|\\_~]+", "|")
        .str.replace_all(r"\p{C}", "")
        .str.to_uppercase()
        .str.replace_all(r"[\[{【〔〖「『《〈<]", "(")
        .str.replace_all(r"[\]}】〕〗」』》〉>]", ")")
        .str.replace_all(r"[‐‑‒–—―−﹣－─]+", "-")
        .str.replace_all(_ROUND_ZERO, "${1}零")
        .str.replace_all(_ROUND_ZERO, "${1}零")
        .str.replace_all("〇", "零", literal=True)
        .str.replace(r"^\|*([0-9]{1,6})\.\|*(\p{Han})", "${1}、$2")
        .str.replace_all(r"[·•・‧∙⋅.。'’‘\"“”`´*＊#!?^★☆●○◆◇■□▲△※√×]", "")
    )


def parse_names(clean: pl.Series, home: str | None, rules: NameRules) -> pl.DataFrame:
    """Split clean names into their parts; one row per given row.

    ``home`` is the division code that short region names are looked for in first. Returns the
    columns of ``NAME_PARTS``; parts that a name does not have are empty strings, a region that it
    does not have is null, and so is ``townless`` if no town stands in the name or nothing is left
    without it.
    """
    distinct = clean.unique(maintain_order=True)
    parsed = _parse_distinct(distinct, home, rules)
    return clean.to_frame("clean_name").join(
        parsed, on="clean_name", how="left", maintain_order="left"
    ).select(NAME_PARTS.names())  # fmt: skip


def parse_rests(rests: pl.DataFrame, home: str | None, rules: NameRules) -> pl.DataFrame:
    """Return NAME_PARTS of names whose region is known: ``region``, ``region_code``, ``rest``."""
    numbered = _build_number_columns(rests["rest"], rules)
    own_name = (pl.col("region").fill_null("") + pl.col("rest")).alias("clean_name")
    frame = rests.select(own_name, "region", "region_code", numbered["tidy"].alias("rest"))
    tidy = pl.col("clean_name").alias("tidy")
    return _build_parts(frame.with_columns(tidy, numbered["numbers"]), home, rules)


def _parse_distinct(clean: pl.Series, home: str | None, rules: NameRules) -> pl.DataFrame:
    first = _move_region_first(clean, home)
    tidy = pl.DataFrame({"clean_name": clean, "tidy": first}).with_columns(
        _clean_ending(pl.col("tidy"), rules).alias("tidy")
    )
    numbered = _build_number_columns(tidy["tidy"], rules)
    prefixes = _strip_regions(numbered["tidy"], home)
    frame = pl.concat([tidy.select("clean_name"), numbered, prefixes], how="horizontal")
    return _build_parts(frame, home, rules)


def _build_parts(frame: pl.DataFrame, home: str | None, rules: NameRules) -> pl.DataFrame:
    """Return NAME_PARTS of clean_name, tidy, numbers, region, region_code, rest."""
    frame = frame.with_columns(pl.col("rest").str.extract_groups(rules.form_pattern).alias("split"))
    behind = frame["split"].struct.field("3")
    frame = frame.with_columns(_read_branches(behind, home, rules).alias("behind"))
    frame = frame.with_columns(*_build_form_columns(rules), *_build_town_columns(rules))
    frame = frame.with_columns(*_build_core_columns(rules)).with_columns(_build_standard_name())
    characters = Characters.load()
    return frame.with_columns(
        characters.build_sound_keys(frame["core"]).alias("sound"),
        characters.build_shape_keys(frame["core"]).alias("shape"),
    ).select(NAME_PARTS.names())


def _clean_ending(text: pl.Expr, rules: NameRules) -> pl.Expr:
    """Drop trailing forms, group marks and brackets, and correct a misspelt legal form."""
    marks = match_any([*rules.trailing, *(m for m in rules.group_marks if m.startswith("("))])
    bare = text.str.replace(rf"(?:{match_any(rules.trailing)})$", "")
    tidy = bare.str.replace_all(marks, "").str.replace_all(r"[()]", "")
    for form, patterns in rules.misspelt.items():
        tidy = tidy.str.replace("(?:" + "|".join(patterns) + ")", form)
    return tidy


def _move_region_first(clean: pl.Series, home: str | None) -> pl.Series:
    """Move a region in brackets to the front: 云岭(遵义)商贸 and 遵义云岭商贸 are one name.

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
    """Return whether a bracket holds a region or its zone, and the text before it does not.

    The bracket is read as it would stand in front: a name alone is too little to be taken for a
    region.
    """
    prefix = gazetteer.split_prefix(inside + front, home)
    if prefix is None or prefix.length > len(inside) or gazetteer.split_prefix(front, home):
        return False
    end = prefix.length
    return end == len(inside) or gazetteer.rules.zone.fullmatch(inside, end) is not None


def _build_number_columns(text: pl.Series, rules: NameRules) -> pl.DataFrame:
    """Write ordinals as digits (第十二门市部, 拾贰门市部 → 12门市部); list the name's digits.

    Numbers that are no ordinals stand in the trade name, where they are words like others.
    """
    has_numeral = text.str.contains(HAS_NUMERAL)
    written = [_write_digits(t, rules) for t in text.filter(has_numeral)]
    tidy = text.scatter(has_numeral.arg_true(), pl.Series(written, dtype=pl.String))
    numbers = tidy.str.extract_all(r"[0-9]+").list.join(",")
    numbered = tidy.str.contains(r"[0-9]|十|[壹贰叁]")
    words = [write_trade_numbers(t, rules.trade_number) for t in tidy.filter(numbered)]
    tidy = tidy.scatter(numbered.arg_true(), pl.Series(words, dtype=pl.String))
    return pl.DataFrame({"tidy": tidy, "numbers": numbers})


def _write_digits(text: str, rules: NameRules) -> str:
    """Write ordinals as digits, in front of the word that they count."""
    text = rules.number_behind.sub(lambda found: f"{parse_numeral(found[2])}{found[1]}", text)
    return rules.number_regex.sub(lambda found: str(parse_numeral(found[1] or found[2])), text)


def _strip_regions(text: pl.Series, home: str | None) -> pl.DataFrame:
    """Take region chains off the front; a second chain may follow one that does not contain it.

    Insurance systems put their own prefecture in front of names that begin with another one
    (黔东南州铜仁市…): the last chain is the one that belongs to the name.
    """
    gazetteer = Gazetteer.load()
    first = gazetteer.split_prefixes(text, home)
    behind = pl.DataFrame(first).select(
        pl.when(pl.col("region").is_not_null())
        .then(pl.col("rest").str.replace(_CUT_AUTONOMY, ""))
        .alias("rest")
    )["rest"]
    second = pl.DataFrame(gazetteer.split_prefixes(behind, home))
    # A town may be called what a city elsewhere is: 桓台县唐山镇.
    is_town = pl.col("rest").str.contains(r"^(?:[镇乡村]|街道)")
    second = second.with_columns(pl.when(~is_town).then(pl.all()))
    region_split = pl.DataFrame(
        {
            "region": first["region"] + second["region"].fill_null(""),
            "first_code": first["region_code"],
            "second_code": second["region_code"],
            "rest": second["rest"],
            "whole": first["rest"].str.replace(_CUT_AUTONOMY, ""),
        }
    )
    return region_split.select(
        "region",
        pl.coalesce("second_code", "first_code").alias("region_code"),
        pl.coalesce("rest", "whole").alias("rest"),
    )


def _build_form_columns(rules: NameRules) -> list[pl.Expr]:
    """What stands before and behind the legal form, as ``_read_branches`` reads it."""
    split = pl.col("split").struct
    written = split.field("2")
    form = written.replace_strict(rules.canonical_form, default=None, return_dtype=pl.String)
    has_form = form.is_not_null()
    is_branch = has_form & (pl.col("behind") != "")
    return [
        form.fill_null("").alias("legal_form"),
        pl.when(has_form).then(split.field("1")).otherwise("rest").alias("parent_core"),
        pl.when(is_branch).then("behind").otherwise(pl.lit("")).alias("branch"),
        pl.when(is_branch)
        .then(pl.col("region").fill_null("") + split.field("1") + written)
        .otherwise(pl.lit(""))
        .alias("parent_name"),
        form.replace_strict(rules.form_class, default="").alias("form_class"),
    ]


def _read_branches(behind: pl.Series, home: str | None, rules: NameRules) -> pl.Series:
    """Return the branch in what stands behind a legal form; ``""`` if it is only a remark.

    A branch may have a remark behind it (普定分公司6人), and its end may be cut off (普定分公).
    """
    text = pl.col("behind")
    endings, strong = match_any(rules.branch_endings), match_any(rules.strong_endings)
    account = "|".join(rules.account_tails)
    frame = behind.fill_null("").to_frame("behind")
    frame = frame.with_columns(text.str.replace(rf"(?:{account})$", ""))
    frame = frame.with_columns(
        text.str.replace(rf"^(.*(?:{endings}))(?:{match_any(rules.bare_remarks)})$", "$1")
    )
    cut = text.str.extract_groups(rf"^(.*?)({match_any(rules.cut_endings)})$").struct
    is_branch = text.str.contains(rf".(?:{endings})[A-Z甲乙丙丁]?$")
    read = frame.select(
        pl.when(is_branch)
        .then(text)
        .when(text.str.contains(strong))
        .then(text.str.extract(rf"^(.*(?:{strong}))"))
        .when(cut.field("2").is_not_null())
        .then(cut.field("1") + cut.field("2").replace_strict(rules.cut_endings, default=""))
        .alias("branch")
    )["branch"]
    open_rests = frame["behind"].filter(read.is_null() & (frame["behind"] != "")).unique()
    places = _find_places(open_rests, home, rules)
    named = frame["behind"].replace_strict(places, default="", return_dtype=pl.String)
    return pl.select(pl.coalesce(read, named)).to_series()


def _find_places(texts: pl.Series, home: str | None, rules: NameRules) -> dict[str, str]:
    """Return the texts that are nothing but a place, each as the branch that was named after it."""
    gazetteer = Gazetteer.load()
    town = re.compile(rf"[\u4e00-\u9fff]{{2,6}}(?:{match_any(rules.towns)})")
    return {
        text: f"{text}分公司"
        for text in texts
        if len(text) >= 2 and (town.fullmatch(text) or gazetteer.find(text, home))
    }


def _build_core_columns(rules: NameRules) -> list[pl.Expr]:
    parent = pl.col("parent_core").str.replace_all(match_any(rules.group_marks), "")
    company_forms = match_any(
        [w for written in rules.forms.values() for w in written if "公司" in w]
    )
    core = parent + pl.col("branch").str.replace_all(f"(?:{company_forms})$", "公司")
    split = parent.str.extract_groups(rules.industry_pattern).struct
    # A town's clinic or school has its town for a trade name.
    of_town = (pl.col("name_town") != "") & pl.col("townless").is_null()
    of_town &= pl.col("form_class") != "company"
    return [
        pl.when(core.str.len_chars() >= 2).then(core).otherwise("tidy").alias("core"),
        pl.when(of_town)
        .then("name_town")
        .otherwise(pl.coalesce(split.field("1"), parent))
        .alias("trade_name"),
        pl.when(of_town)
        .then(parent.str.strip_prefix(pl.col("name_town")))
        .otherwise(split.field("2").fill_null(""))
        .alias("trade_industry"),
        (pl.col("region").fill_null("") + core).alias("bare_name"),
        parent.alias("parent_core"),
    ]


def _build_town_columns(rules: NameRules) -> list[pl.Expr]:
    """The town between county and trade name, and the rest, if it is still a distinct name."""
    groups = pl.col("rest").str.extract_groups(rules.town_pattern).struct
    rest = groups.field("2").str.replace(r"^[^村0-9()]{2,4}村([^民镇委].{3,})$", "$1")
    town = groups.field("1")
    # 城乡 and 城镇 are words of their own; two or three characters are a trade name with the town.
    common = rest.str.contains(rules.common_pattern)
    is_town = town.is_not_null() & ~town.str.contains("城[乡镇]$")
    is_town &= common | (groups.field("2").str.len_chars() > 3)
    is_rare_town = is_town & ~common
    return [
        pl.when(is_town).then(town).otherwise(pl.lit("")).alias("name_town"),
        pl.when(is_rare_town).then(rest).alias("townless"),
    ]


def _build_standard_name() -> pl.Expr:
    return pl.concat_str(
        pl.col("region_code").fill_null(""), "core", "legal_form", separator="|"
    ).alias("standard_name")
