"""How an office misspells registered firms: for measuring, and nobody's repair table.

Written without a look at ``config/`` so that what the engine mends and what goes wrong here are two things.
Whole columns at a time; every kind hits its own share of the rows, and several can hit one row.
"""

import numpy as np
import polars as pl

REGION, FORM, BRACKET, ABBREVIATED, CHARACTER, STRAY = 0.2, 0.12, 0.3, 0.02, 0.07, 0.05
"""Shares of names in which the place, the legal form, the brackets, most of the name, a character or a blank changes."""

CODES = {
    "missing": 0.2,
    "organisation": 0.06,
    "old_tax_number": 0.04,
    "slip": 0.03,
    "head_office": 0.015,
    "lower_case": 0.005,
}
"""Shares of units by what stands where the firm's code should; the rest have it as it is."""

FORMS = {
    "有限责任公司": ("有限公司", "公司", "有限责任公司（自然人独资）", "责任有限公司"),
    "股份有限公司": ("股份公司", "有限公司", "股份有限责任公司"),
    "有限公司": ("有限责任公司", "公司", "有限", "有限公司（个人独资）", ""),
    "专业合作社": ("农民专业合作社", "合作社", "专业合作社联合社"),
    "分公司": ("分公司（非独立核算）", "公司", "分部"),
    "加工厂": ("厂", "加工场"),
    "门市部": ("门市", "门店", "经营部"),
    "经营部": ("经销部", "营业部", "商行"),
    "养殖场": ("养殖厂", "养殖基地"),
}  # fmt: skip

SOUND_ALIKE = (
    "鑫新欣馨", "宏鸿弘洪", "盛胜晟圣", "佳嘉家加", "源元缘园", "丰峰锋枫", "诚城成承", "兴星", "利力立丽",
    "泰太", "祥翔详", "瑞睿锐", "永勇", "辉晖徽", "建健", "宇雨羽", "达大", "富福", "海骇", "亿益艺易",
    "恒衡", "隆龙", "通同", "明铭名", "金今", "华骅", "中忠", "德得", "顺舜", "博勃", "润闰", "安氨",
)  # fmt: skip
LOOK_ALIKE = (
    "晟晨", "治冶", "杨扬", "候侯", "贷货", "师帅", "壁璧", "未末", "土士", "己已", "析折", "微徽", "拔拨",
    "玺尔", "昌冒", "荣荥", "铝铅", "酒洒", "梁粱", "园圆", "乌鸟", "沐沭", "茗茖", "赢羸", "钢纲", "科料",
)  # fmt: skip

BRACKETS = (("(", ")"), ("〔", "〕"), ("【", "】"), ("﹙", "﹚"), ("", ""))
BLANKS = (" ", "\u3000", "\u00a0", "\t", ".", "*")

_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SHORT_PLACES = ("北京", "上海", "天津", "重庆", "内蒙古", "广西", "西藏", "宁夏", "新疆")

Rng = np.random.Generator


def split_region() -> tuple[pl.Expr, pl.Expr]:
    """Return ``region`` (how the name begins with places, may be empty) and ``rest`` of a registered name."""
    name = pl.col("name")
    no_province = name.str.strip_prefix(pl.col("prov")).str.replace(r"^[省市]", "")
    no_area = no_province.str.strip_prefix(pl.col("area")).str.replace(r"^[市州盟]", "")
    rest = no_area.str.replace(r"^\p{Han}{1,3}[县旗]", "")
    rest = pl.when(rest.str.len_chars() >= 5).then(rest).otherwise(name)
    region = name.str.head(name.str.len_chars() - rest.str.len_chars())
    return region.alias("region"), rest.alias("rest")


def noisy_names(units: pl.DataFrame, rng: Rng) -> pl.Series:
    """Return the names under which the units (name, region, rest, prov, area) are held."""
    count = units.height
    frame = units.select("region", "rest", "prov", "area").with_columns(
        rest=_forms(units["rest"], rng)
    )
    name = _regions(frame, rng)
    name = _abbreviated(frame).zip_with(_hit(ABBREVIATED, count, rng), name)
    return _stray(_brackets(_slips(name, rng), rng), rng)


def _hit(share: float, count: int, rng: Rng) -> pl.Series:
    return pl.Series(rng.random(count) < share)


def _drawn(pool: tuple[str, ...], count: int, rng: Rng) -> pl.Series:
    return pl.Series(pool).gather(pl.Series(rng.integers(0, len(pool), count)))


def _forms(rest: pl.Series, rng: Rng) -> pl.Series:
    """Write the legal form at the end of the name in another way."""
    hit = _hit(FORM, len(rest), rng)
    for form, variants in FORMS.items():
        own = hit & rest.str.ends_with(form)
        other = rest.str.strip_suffix(form) + _drawn(variants, len(rest), rng)
        rest = other.zip_with(own, rest)
        hit = hit & ~own
    return rest


def _regions(frame: pl.DataFrame, rng: Rng) -> pl.Series:
    """Drop the place, add the one above, write it longer or shorter, or move it into brackets."""
    way = np.where(rng.random(frame.height) < REGION, rng.integers(1, 7, frame.height), 0)
    region, rest, prov, area = (pl.col(c) for c in ("region", "rest", "prov", "area"))
    whole = region + rest
    province = prov + pl.when(prov.is_in(_SHORT_PLACES)).then(pl.lit("")).otherwise(pl.lit("省"))
    tail = rest.str.extract(r"(有限责任公司|有限公司|合作社|公司|厂)$").fill_null("")
    place = region.str.replace_all(r"[省市县]", "")
    bracketed = rest.str.strip_suffix(tail) + "（" + place + "）" + tail
    ways = (
        rest,
        pl.when(whole.str.starts_with(prov)).then(rest).otherwise(province + whole),
        pl.when(area != "").then(area + "市" + rest).otherwise(whole),
        place + rest,
        pl.when(region == area).then(area + "市" + rest).otherwise(province + area + rest),
        pl.when(region != "").then(bracketed).otherwise(whole),
    )
    chosen = whole
    for number, how in enumerate(ways, start=1):
        chosen = pl.when(pl.col("way") == number).then(how).otherwise(chosen)
    return frame.with_columns(way=pl.Series(way)).select(chosen).to_series()


def _abbreviated(frame: pl.DataFrame) -> pl.Series:
    """Shorten names as people say them: the trade name and a word of the trade."""
    return frame.select(pl.col("rest").str.slice(0, 4) + "公司").to_series()


def _slips(name: pl.Series, rng: Rng) -> pl.Series:
    """Lose, double, swap or mistake one character."""
    hit = np.flatnonzero(rng.random(len(name)) < CHARACTER)
    some = name.gather(pl.Series(hit))
    frame = pl.DataFrame(
        {
            "name": some,
            "way": rng.random(len(hit)),
            "at": (rng.random(len(hit)) * (some.str.len_chars().to_numpy() - 1)).astype(np.int64),
        }
    )
    text, at = pl.col("name"), pl.col("at")
    before, own, after = text.str.slice(0, at), text.str.slice(at, 1), text.str.slice(at + 1)
    following = text.str.slice(at + 1, 1)
    slipped = frame.select(
        pl.when(pl.col("way") < 0.2)
        .then(before + after)
        .when(pl.col("way") < 0.25)
        .then(before + own + own + after)
        .when(pl.col("way") < 0.4)
        .then(before + following + own + text.str.slice(at + 2))
        .otherwise(_mistaken(some, rng))
    ).to_series()
    return name.scatter(pl.Series(hit), slipped)


def _mistaken(name: pl.Series, rng: Rng) -> pl.Series:
    """Put a character that sounds or looks alike for one that has such; else lose the second one."""
    table = _confusions()
    characters = (
        pl.DataFrame({"name": name, "key": rng.random(len(name))})
        .with_row_index("row")
        .with_columns(character=pl.col("name").str.split(""))
        .explode("character")
        .with_columns(at=pl.int_range(pl.len()).over("row"))
        .join(table, on="character", maintain_order="left")
        .group_by("row", maintain_order=True)
        .agg(pl.all().gather((pl.col("key").first() * pl.len()).floor().cast(pl.Int64)))
        .explode(pl.all().exclude("row"))
    )
    told = pl.DataFrame({"name": name}).with_row_index("row")
    text, at = pl.col("name"), pl.col("at")
    swapped = text.str.slice(0, at) + pl.col("other") + text.str.slice(at + 1)
    lost = text.str.slice(0, 1) + text.str.slice(2)
    return (
        told.join(
            characters.select("row", "at", "other"), on="row", how="left", maintain_order="left"
        )
        .select(pl.when(at.is_not_null()).then(swapped).otherwise(lost))
        .to_series()
    )


def _confusions() -> pl.DataFrame:
    """Return every character with the next one of its group, the last with the first."""
    pairs = {
        own: group[(at + 1) % len(group)]
        for group in (*LOOK_ALIKE, *SOUND_ALIKE)
        for at, own in enumerate(group)
    }
    return pl.DataFrame({"character": list(pairs), "other": list(pairs.values())})


def _brackets(name: pl.Series, rng: Rng) -> pl.Series:
    hit = _hit(BRACKET, len(name), rng)
    index = pl.Series(rng.integers(0, len(BRACKETS), len(name)))
    for number, (opening, closing) in enumerate(BRACKETS):
        other = name.str.replace_all(r"[（(]", opening).str.replace_all(r"[）)]", closing)
        name = other.zip_with(hit & (index == number), name)
    return name


def _stray(name: pl.Series, rng: Rng) -> pl.Series:
    """Put a blank, a dot or a star somewhere into the name."""
    count = len(name)
    at = pl.Series("at", rng.random(count)) * name.str.len_chars()
    frame = pl.DataFrame(
        {"name": name, "at": at.cast(pl.Int64), "mark": _drawn(BLANKS, count, rng)}
    )
    text = pl.col("name")
    marked = frame.select(
        text.str.slice(0, pl.col("at")) + pl.col("mark") + text.str.slice(pl.col("at"))
    ).to_series()
    return marked.zip_with(_hit(STRAY, count, rng), name)


def noisy_codes(units: pl.DataFrame, register: pl.DataFrame, rng: Rng) -> pl.Series:
    """Return the codes under which the units (name, uscc) are held; null: none."""
    count = units.height
    bounds = np.cumsum(list(CODES.values()))
    kind = pl.Series([*CODES, "exact"]).gather(
        pl.Series(np.searchsorted(bounds, rng.random(count)))
    )
    code = pl.col("code")
    organisation = code.str.slice(8, 9)
    dashed = code.str.slice(8, 8) + "-" + code.str.slice(16, 1)
    frame = pl.DataFrame(
        {
            "code": units["uscc"],
            "kind": kind,
            "head": _head_codes(units, register, rng),
            "slip": _slipped_codes(units["uscc"], rng),
            "coin": rng.random(count) < 0.5,
        }
    )
    ways = {
        "missing": pl.lit(None, pl.String),
        "organisation": pl.when("coin").then(organisation).otherwise(dashed),
        "old_tax_number": code.str.slice(2, 15),
        "slip": pl.col("slip"),
        "head_office": pl.col("head"),
        "lower_case": code.str.to_lowercase(),
    }
    chosen = code
    for name, how in ways.items():
        chosen = pl.when(pl.col("kind") == name).then(how).otherwise(chosen)
    return frame.select(chosen.alias("code")).to_series()


def _slipped_codes(code: pl.Series, rng: Rng) -> pl.Series:
    """Write another character at one place after the category."""
    at = pl.Series(rng.integers(2, 18, len(code)))
    step = pl.Series(rng.integers(1, len(_CODE_ALPHABET), len(code)))
    frame = pl.DataFrame({"code": code, "at": at, "step": step})
    following = dict(zip(_CODE_ALPHABET, range(len(_CODE_ALPHABET)), strict=True))
    text, place = pl.col("code"), pl.col("at")
    number = text.str.slice(place, 1).replace_strict(following, default=0, return_dtype=pl.Int64)
    other = (number + pl.col("step")) % len(_CODE_ALPHABET)
    written = other.replace_strict({v: k for k, v in following.items()}, return_dtype=pl.String)
    return frame.select(text.str.slice(0, place) + written + text.str.slice(place + 1)).to_series()


def _head_codes(units: pl.DataFrame, register: pl.DataFrame, rng: Rng) -> pl.Series:
    """Return the code of the firm that a branch's name begins with, else of some other firm."""
    heads = register.select(head="name", head_code="uscc")
    other = register["uscc"].gather(pl.Series(rng.integers(0, register.height, units.height)))
    return (
        pl.DataFrame({"head": units["rest"], "whole": units["region"] + units["rest"]})
        .select(head=pl.col("whole").str.extract(r"^(.*?公司).+$"))
        .join(heads, on="head", how="left", maintain_order="left")
        .select(pl.coalesce("head_code", other))
        .to_series()
    )
