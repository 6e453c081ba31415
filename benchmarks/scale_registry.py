"""Registered firms as a tax list, and 40 % as many units that spell them in an office's ways.

Names, codes, dates and addresses are those of ``../shared/data/registry_1m.parquet``; persons, phones and
amounts are invented. What goes wrong in units is drawn by ``scale_noise.py``, which knows nothing of what
the engine mends. A fifth of the units belongs to no firm of the list.
"""

from pathlib import Path

import numpy as np
import polars as pl

from gapmatch.synth.invented_codes import (
    build_credit_codes,
    build_organisation_codes,
    convert_to_texts,
)
from scale_noise import noisy_codes, noisy_names, split_region

SOURCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "registry_1m.parquet"
SEED = 20221231
UNIT_SHARE, STRANGER_SHARE = 0.4, 0.2
PERSON_OTHER, PERSON_MISSING = 0.12, 0.1
PHONE_OTHER, PHONE_MISSING = 0.2, 0.3
ADDRESS_MISSING, AGENCY_MISSING = 0.7, 0.05
ADDRESS_SHARED = 0.05
PAUSED = 0.12

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国红梅志海燕文斌晓东春生林波辉鹏飞宇浩然子轩梓涵嘉怡思远立新俊峰永康少云金凤学义德福忠良振邦启航"

_FAMOUS = "^中国|^中铁|^中石|银行|邮政|移动通信"
"""Firms whose name under another trade name would be no firm's."""

Rng = np.random.Generator


def make_lists(firms: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return tax list, enrollment list (both with the headers of files) and truth.

    Raises ``FileNotFoundError`` where the registered firms are absent, ``ValueError`` where they are
    too few. A few of the million are named twice and left out.
    """
    if not SOURCE.is_file():
        raise FileNotFoundError("../shared/data/registry_1m.parquet is not here")
    known = _registered()
    if firms > 1_000_000:
        raise ValueError("only a million firms are registered")
    rng = np.random.Generator(np.random.PCG64([SEED, firms]))
    chosen = known[rng.permutation(known.height)[:firms]]
    register = _with_particulars(chosen, rng)
    units = _units(register, rng)
    truth = register.select(tax_seq="seq", taxpayer_code="uscc").join(
        units.select(taxpayer_code="own_code", unit_id="unit_id").drop_nulls(),
        on="taxpayer_code",
        how="left",
        maintain_order="left",
    )
    return _tax_list(register, rng), _enrollment_list(units, rng), truth


def _registered() -> pl.DataFrame:
    place = pl.col("prov").str.contains(r"^\p{Han}{2,3}$") & pl.col("area").str.contains(
        r"^\p{Han}{2,8}$"
    )
    return (
        pl.read_parquet(SOURCE)
        .with_columns(
            prov=pl.when(place).then("prov").fill_null(""),
            area=pl.when(place).then("area").fill_null(""),
        )
        .unique("uscc", keep="first", maintain_order=True)
        .unique("name", keep="first", maintain_order=True)
    )


def _with_particulars(chosen: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    count = chosen.height
    wages = np.round(rng.lognormal(10.6, 0.4, count), 2)
    staff = np.maximum(1, rng.lognormal(1.2, 1.1, count).astype(np.int64))
    return chosen.with_columns(
        split_region(),
        person=_persons(count, rng),
        phone=_phones(count, rng),
        staff=pl.Series(staff),
        wages=pl.Series(np.round(staff * wages)),
        seq=pl.int_range(1, pl.len() + 1).cast(pl.String),
    )


def _persons(count: int, rng: Rng) -> pl.Series:
    """Draw persons; names at the front of the list are more common."""
    surname = (rng.random(count) ** 2 * len(_SURNAMES)).astype(np.int64)
    given = rng.integers(0, len(_GIVEN), (2, count))
    second = _characters(_GIVEN, given[1]).set(pl.Series(rng.random(count) < 0.2), "")
    return _characters(_SURNAMES, surname) + _characters(_GIVEN, given[0]) + second


def _characters(pool: str, index: np.ndarray) -> pl.Series:
    return pl.Series(list(pool)).gather(pl.Series(index))


def _phones(count: int, rng: Rng) -> pl.Series:
    start = pl.Series(["133", "135", "138", "139", "150", "158", "177", "186", "189"])
    tail = pl.Series(rng.integers(0, 10**8, count)).cast(pl.String).str.zfill(8)
    return start.gather(pl.Series(rng.integers(0, len(start), count))) + tail


def _units(register: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    """Return the units: name, code, person, phone, addr, area, staff, own_code (null: no firm's), unit_id."""
    wanted = round(register.height * UNIT_SHARE)
    strangers = round(wanted * STRANGER_SHARE)
    own = register[rng.permutation(register.height)[: wanted - strangers]]
    others = _strangers(register, strangers, rng)
    units = pl.concat(
        [own.with_columns(own_code="uscc"), others.with_columns(own_code=pl.lit(None, pl.String))],
        how="diagonal",
    )
    units = units.with_columns(name=noisy_names(units, rng), code=noisy_codes(units, register, rng))
    units = units.with_columns(
        person=_replaced(units["person"], PERSON_OTHER, PERSON_MISSING, rng),
        phone=_replaced(units["phone"], PHONE_OTHER, PHONE_MISSING, rng),
        addr=_replaced(units["addr"], 0.0, ADDRESS_MISSING, rng),
    )
    numbers = pl.Series(10**9 + rng.permutation(units.height) * 3).cast(pl.String)
    return units.with_columns(unit_id=numbers)[rng.permutation(units.height)]


def _strangers(register: pl.DataFrame, count: int, rng: Rng) -> pl.DataFrame:
    """Return firms that are not in the list: one firm's place and trade under another one's trade name.

    Each has its own code, person and phone, and an address of the same place: a few share one with a
    firm of the list, as in office towers; the others live in the same street.
    """
    spare = 2 * count + 10
    usual = register.filter(~pl.col("rest").str.contains(_FAMOUS))
    pattern = usual[rng.integers(0, usual.height, spare)].sort("area", maintain_order=True)
    donor = register["rest"].gather(pl.Series(rng.integers(0, register.height, spare)))
    named = pattern.with_columns(
        name=pattern["region"] + donor.str.slice(0, 2) + pattern["rest"].str.slice(2),
        rest=donor.str.slice(0, 2) + pattern["rest"].str.slice(2),
        uscc=_invented_codes(pattern, rng),
        addr=_addresses_near(pattern["addr"].shift(1), rng),
        person=_persons(spare, rng),
        phone=_phones(spare, rng),
    )
    return (
        named.join(register.select("name"), on="name", how="anti", maintain_order="left")
        .join(register.select("uscc"), on="uscc", how="anti", maintain_order="left")
        .unique("name", keep="first", maintain_order=True)
        .sample(count, shuffle=True, seed=SEED)
    )


def _addresses_near(address: pl.Series, rng: Rng) -> pl.Series:
    """Return addresses with other numbers, or one added where there is none; some stay as they are."""
    other = address.str.replace_many(list("0123456789"), list("3456789012"))
    number = pl.Series(rng.integers(1, 400, len(address))).cast(pl.String) + "号"
    near = other.zip_with(other.str.contains(r"\d"), other + number)
    return address.zip_with(pl.Series(rng.random(len(address)) < ADDRESS_SHARED), near)


def _invented_codes(pattern: pl.DataFrame, rng: Rng) -> pl.Series:
    """Return valid codes of the pattern's category and division that nobody bears."""
    serial = np.arange(pattern.height)
    modern = np.ones(pattern.height, dtype=np.bool_)
    organisation = build_organisation_codes(serial, modern, int(rng.integers(0, 10**8)))
    division = pattern["uscc"].str.slice(2, 6)
    usable = division.str.contains(r"^\d{6}$")
    return convert_to_texts(
        build_credit_codes(
            pl.Series(["91"] * pattern.height), division.set(~usable, "110101"), organisation
        )
    )


def _replaced(series: pl.Series, other: float, missing: float, rng: Rng) -> pl.Series:
    """Give some rows another row's value and take it from others."""
    drawn = pl.Series(rng.random(len(series)))
    moved = series.gather(pl.Series(rng.permutation(len(series))))
    return moved.zip_with(drawn < other, series).set(drawn > 1 - missing, None)


def _tax_list(register: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    declared = pl.Series(rng.random(register.height) < 0.67)
    sales = pl.Series(np.round(rng.lognormal(12.5, 1.8, register.height)))
    office = pl.lit("国家税务总局") + pl.col("area") + "市税务局"
    return register.select(
        pl.col("seq").alias("序号"),
        pl.col("uscc").alias("社会信用代码（纳税人识别号）"),
        pl.col("name").alias("纳税人名称"),
        pl.col("person").alias("法定代表人"),
        pl.col("phone").alias("联系电话"),
        pl.col("addr").alias("注册地址"),
        pl.when(pl.col("area") != "").then(office).alias("主管税务所（科、分局）"),
        pl.col("date").alias("成立日期"),
        pl.when(declared).then("staff").alias("个税申报人数"),
        pl.when(declared).then(pl.col("wages").cast(pl.Int64)).alias("工资薪金总额(元)"),
        sales.cast(pl.Int64).alias("本年累计销售额"),
        (sales * 0.03).round().cast(pl.Int64).alias("本年入库税额"),
        pl.Series("零申报月数", np.where(declared, 0, rng.integers(0, 13, register.height))),
    )


def _enrollment_list(units: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    told = pl.Series(rng.random(units.height) > AGENCY_MISSING) & (units["area"] != "")
    insured = (units["staff"] * pl.Series(rng.uniform(0.5, 1, units.height))).ceil().cast(pl.Int64)
    lines = {"养老参保人数": 0.97, "失业参保人数": 0.9, "工伤参保人数": 0.95}
    paused = pl.Series(rng.random(units.height) < PAUSED)
    return units.select(
        pl.col("unit_id").alias("单位编号"),
        pl.col("name").alias("单位名称"),
        pl.col("code").alias("统一社会信用代码"),
        pl.col("person").alias("法定代表人"),
        pl.col("phone").alias("联系电话"),
        pl.when(told).then(pl.col("area") + "市社会保险事业局").alias("社保经办机构"),
        pl.col("addr").alias("单位地址"),
        *(
            insured.set(pl.Series(rng.random(units.height) > share), 0).alias(line)
            for line, share in lines.items()
        ),
        pl.when(paused)
        .then(pl.lit("暂停缴费"))
        .otherwise(pl.lit("参保缴费"))
        .alias("养老参保状态"),
    )
