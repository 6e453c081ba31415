"""The town or street of a row, so that a team can walk a list."""

from functools import cache

import polars as pl

from gapmatch.resources import read_csv_frame
from gapmatch.standardise.gazetteer import PlaceRules

_KINDS = "街道办事处|街道办|地区办事处|办事处|街道|苏木|办|镇|乡"
_AFTER = "街上|[路街巷村]"
_CANDIDATE = rf"\p{{Han}}{{1,12}}?(?:镇镇|乡乡|{_KINDS})(?:{_AFTER})?"  # 高镇镇
_MAX_STEM = 7  # characters of the longest name of a town without its kind
_REGION_BEFORE = r"^.*[市县区旗州盟]"
_UNLISTED = r"^\p{Han}{2,5}(?:街道|苏木|镇|乡)$"
_NEVER = "城乡|乡镇|大道|[农林牧渔]场"  # 乡镇企业
_NO_NAME = rf"[路街巷号村组栋楼层室院园社店内旁口]|[厂场]\p{{Han}}|{_NEVER}"
_NO_TOWN = rf"路|[街巷园院社店门]口|旁边|[楼厂]$|.{{4}}|{_NEVER}"
_OTHER_STREETS = "街道办事处|街道办|地区办事处|办事处"
_REGIONS = r"^(?:\p{Han}{2,12}?(?:省|自治区|自治州|自治县|市|州|县|区|旗)){1,6}"
_WAYS = "[东西南北中上下新老大小前后一二三四五六七八九十]{0,2}"
_MIN_BARE_STEM, _MAX_BARE_STEM = 2, 4


def add_town(rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``rows`` with ``town``: as given, else as the address names it, else null.

    ``rows`` has town, division, address, address_text. A town of the county's list
    (``config/towns.csv``) is found in any form (黄草办, 黄草办事处, 黄草镇) and gets its name of
    today (黄草街道); another is taken as written if it looks like a town's name.
    """
    given = pl.col("town").str.strip_chars()
    numbered = rows.with_row_index("_row")
    towns = _choose_towns(_find_listed(_list_candidates(rows)))
    bare = _find_bare(numbered.join(towns, on="_row", how="anti"))
    return (
        numbered.join(pl.concat([towns, bare]), on="_row", how="left", maintain_order="left")
        .with_columns(town=pl.coalesce(pl.when(given != "").then(given), "found"))
        .drop("_row", "found")
    )


def find_divisions_of_towns(towns: pl.Series, prefix: str) -> pl.Series:
    """Return the code of the one county beginning with ``prefix`` that has a town of this name.

    Without its kind (大良), or with another one (黄草镇), a town is found if no other is called so.
    """
    listed = _read_towns().filter(pl.lit(prefix != "") & pl.col("division").str.starts_with(prefix))
    asked = towns.to_frame("text").select(
        kind=_build_kind("text"), tail=pl.col("text").str.replace(_build_ending(), "")
    )
    for keys in (["tail", "kind"], ["tail"]):
        counties = listed.group_by(keys).agg(pl.col("division").unique())
        single = counties.filter(pl.col("division").list.len() == 1).explode("division")
        asked = asked.join(
            single.rename({"division": f"by_{len(keys)}"}),
            on=keys,
            how="left",
            maintain_order="left",
        )
    return asked.select(pl.coalesce("by_2", "by_1").alias("division")).to_series()


def _list_candidates(rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``_row``, division, and what might name a town: ``text`` up to a kind, its ``place``.

    ``after`` is what follows it, if that may show it to be a road (桔乡路) or a village; ``first``:
    the address begins with it.
    """
    full_text = pl.coalesce("address_text", "address")
    texts = full_text.str.extract_all(_CANDIDATE).list.head(3)
    return (
        rows.select("division", full_text=full_text, text=texts)
        .with_row_index("_row")
        .explode("text")
        .with_columns(
            place=pl.int_range(pl.len()).over("_row"),
            first=pl.col("full_text").str.starts_with(pl.col("text")),
            after=pl.col("text").str.extract(f"({_AFTER})$").fill_null(""),
            text=pl.col("text").str.replace(f"(?:{_AFTER})$", ""),
        )
        .with_columns(_drop_next_word())
        .filter(~pl.col("after").is_in(["路", "巷"]))
        .drop("full_text")
    )


def _drop_next_word() -> pl.Expr:
    """Return ``text`` without a kind that begins the next word: 南关镇镇隆村, 平正乡（乡政府内）.

    A town that is called after a market town is one of the list, or has a short name: 高镇镇.
    """
    text = pl.col("text")
    name = text.str.replace(_REGION_BEFORE, "")
    is_next = text.str.contains("镇镇$|乡乡$") & (name.str.len_chars() > 3)
    is_town = name.is_in(_read_towns()["town"].implode())
    return pl.when(is_next & ~is_town).then(text.str.head(-1)).otherwise(text).alias("text")


def _find_listed(candidates: pl.DataFrame) -> pl.DataFrame:
    """Add ``listed``: the county's town that ``text`` ends with, by the longest name first."""
    towns = _select_towns(candidates)
    namesakes = pl.len().over("division", "tail") > 1
    single = towns.filter(~namesakes).select("division", "tail", single="town")
    exact = towns.select("division", "tail", "kind", exact="town")
    # Many addresses name the same town in the same words.
    tails = (
        candidates.select("division", "text")
        .unique()
        .with_columns(
            kind=_build_kind("text"),
            stem=pl.col("text").str.replace(_build_ending(), ""),
            listed=pl.lit(None, pl.String),
        )
    )
    for length in range(_MAX_STEM, 0, -1):
        tail = pl.when(pl.col("stem").str.len_chars() >= length).then(
            pl.col("stem").str.tail(length)
        )
        tails = (
            tails.with_columns(tail=tail)
            .join(exact, on=["division", "tail", "kind"], how="left", maintain_order="left")
            .join(single, on=["division", "tail"], how="left", maintain_order="left")
            .with_columns(listed=pl.coalesce("listed", "exact", "single"))
            .drop("tail", "exact", "single")
        )
    listed = tails.select("division", "text", "listed")
    return candidates.join(
        listed, on=["division", "text"], how="left", nulls_equal=True, maintain_order="left"
    )


def _choose_towns(candidates: pl.DataFrame) -> pl.DataFrame:
    """Return ``_row`` and ``found``: the first listed town, else the first that looks like one."""
    street = pl.col("text").str.replace(_OTHER_STREETS, "街道").str.replace(_REGION_BEFORE, "")
    stem = street.str.replace("(?:街道|苏木|镇|乡)$", "")
    # First of all, behind a region, and where towns elsewhere bear it, any word is a name: 凯口镇.
    elsewhere = stem.is_in(_read_towns()["tail"].implode())
    leads = pl.col("first") | pl.col("text").str.contains(_REGION_BEFORE)
    is_town = street.str.contains("[镇乡]$") & (elsewhere | (leads & ~stem.str.contains(_NO_TOWN)))
    is_name = street.str.contains(_UNLISTED) & (~stem.str.contains(_NO_NAME) | is_town)
    looks_like_town = is_name & pl.col("after").is_in(["", "街上"])
    filled = candidates.with_columns(
        found=pl.coalesce("listed", pl.when(looks_like_town).then(street))
    ).drop_nulls("found")
    return (
        filled.sort("_row", pl.col("listed").is_null(), "place")
        .unique("_row", keep="first", maintain_order=True)
        .select("_row", "found")
    )


def _find_bare(rows: pl.DataFrame) -> pl.DataFrame:
    """Return ``_row`` and ``found``: a listed town named without its kind right behind its county.
    What follows it must not show that it names a road or a building (中枢北路).
    """
    text = pl.coalesce("address_text", "address")
    rests = rows.select(
        "_row", "division", rest=text.str.replace(_REGIONS, ""), found=pl.lit(None, pl.String)
    )
    towns = _select_towns(rows).select("division", "tail", town="town")
    is_road = pl.col("tail").str.contains(
        "[路街巷道]$"
    )  # 上海路 is that of 上海路街道, and others'
    single = towns.filter(pl.len().over("division", "tail") == 1, ~is_road)
    no_town = f"^(?:{_WAYS}{PlaceRules.load().not_after_towns}|$)"
    for length in range(_MAX_BARE_STEM, _MIN_BARE_STEM - 1, -1):
        after = pl.col("rest").str.slice(length)
        is_place = ~after.str.contains(no_town) | after.str.starts_with("街上")
        rests = (
            rests.with_columns(tail=pl.when(is_place).then(pl.col("rest").str.head(length)))
            .join(single, on=["division", "tail"], how="left", maintain_order="left")
            .with_columns(found=pl.coalesce("found", "town"))
            .drop("tail", "town")
        )
    return rests.drop_nulls("found").select("_row", "found")


def _build_ending() -> str:
    """Return the pattern of a town's kind, with the peoples that it is called after."""
    return rf"(?:{PlaceRules.load().peoples})*(?:{_KINDS})$"


def _build_kind(column: str) -> pl.Expr:
    """Return 街道, 镇, 乡 or 苏木; offices (办事处) are those of streets."""
    text = pl.col(column)
    return (
        pl.when(text.str.contains("(?:办事处|街道|办)$"))
        .then(pl.lit("街道"))
        .otherwise(text.str.extract("(苏木|镇|乡)$"))
    )


def _select_towns(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the towns of the counties of ``rows``: a hundredth of the country's."""
    return _read_towns().filter(pl.col("division").is_in(rows["division"].unique().implode()))


@cache
def _read_towns() -> pl.DataFrame:
    """Return division, ``tail`` (the name without its kind and peoples), kind, and ``town``."""
    table = read_csv_frame("towns.csv")
    return (
        table.select(division="code", town=pl.col("towns").str.split("|"))
        .explode("town")
        .with_columns(
            kind=_build_kind("town"), tail=pl.col("town").str.replace(_build_ending(), "")
        )
        .filter(pl.col("tail") != "")
        .unique(["division", "tail", "kind"], keep="first", maintain_order=True)
    )
