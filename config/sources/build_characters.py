"""Build ``config/characters.csv`` from published packages and the committed groups of look-alikes.

    python config/sources/build_characters.py FOLDER

``FOLDER`` holds the unpacked packages named in ``config/sources/README.md``. Kept are the characters of GBK,
and others that are the traditional form of such a one; look-alikes are sought among those of GB 2312. Two
characters look alike when their compositions are the same but for parts that look alike (``lookalikes.csv``).
"""

import csv
import json
import re
import sys
import unicodedata
from collections import defaultdict
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE.parent / "characters.csv"
READINGS = 3
# A group larger than this says that its parts carry too little (口 inside 口): it is no evidence.
LARGEST_GROUP = 5
# Radicals that PDF files and some fonts put in place of characters, and that NFKC leaves alone
# (Unicode, EquivalentUnifiedIdeograph.txt; those of the block Kangxi Radicals are mapped by NFKC).
RADICALS = dict(
    zip(
        "⺒⺟⺠⺩⺬⻁⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳",
        "巳母民王示虎西见角贝车长长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟",
        strict=True,
    )
)


def read_simplified(folder: Path) -> dict[str, str]:
    """Return traditional character → its first simplified form."""
    path = folder / "opencc" / "dictionary" / "TSCharacters.txt"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    pairs = (line.split("\t") for line in lines if "\t" in line)
    return {old: new.split()[0] for old, new in pairs if old not in new.split()}


def read_readings(folder: Path) -> dict[str, list[str]]:
    """Return character → its readings without tones, the usual one first."""
    table = json.loads((folder / "pypinyin" / "pinyin_dict.json").read_text(encoding="utf-8"))
    return {
        chr(int(code)): list(dict.fromkeys(_toneless(r) for r in readings.split(",")))[:READINGS]
        for code, readings in table.items()
    }


def _toneless(reading: str) -> str:
    letters = unicodedata.normalize("NFD", reading.replace("ü", "v"))
    umlaut = re.sub("u[\u0304\u0301\u030c\u0300]?\u0308", "v", letters)
    return "".join(c for c in umlaut if c.isascii())


def read_compositions(folder: Path) -> dict[str, tuple[str, list[str]]]:
    """Return character or numbered part → how it is composed, and of what."""
    text = (folder / "hanzi" / "lib" / "data" / "cjk-decomp.txt.js").read_text(encoding="utf-8")
    found = re.findall(r"^(.+?):(\S+?)\((.*)\)$", text.split("`")[1], flags=re.MULTILINE)
    return {whole: (how, parts.split(",")) for whole, how, parts in found if parts}


def read_lookalikes() -> dict[str, dict[str, str]]:
    """Return the committed groups by use: character → the group's first character."""
    lines = (HERE / "lookalikes.csv").read_text(encoding="utf-8").splitlines()
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for entry in csv.DictReader(line for line in lines if not line.startswith("#")):
        for character in entry["characters"]:
            groups[entry["use"]].setdefault(character, entry["characters"][0])
    return groups


def shapes(characters: list[str], compositions: dict[str, tuple[str, list[str]]]) -> dict[str, str]:
    """Return character → the first in GB 2312 of those that look like it, for those that are not alone."""
    groups = read_lookalikes()
    whole, part = groups["whole"], groups["part"]

    @cache
    def form(character: str, depth: int) -> str:
        if character in whole:
            return whole[character]
        if depth and character in part:
            return part[character]
        how, parts = compositions.get(character, ("", []))
        if depth > 6 or len(parts) < 2:
            return character
        # How two parts touch is left out where one stands beside, above or inside the other.
        kind = how[0] if how[0] in "ads" else how
        return f"{kind}({','.join(form(p, depth + 1) for p in parts)})"

    members: dict[str, set[str]] = defaultdict(set)
    for character in characters:
        members[form(character, 0)].add(character)
    joined = [m for m in members.values() if 1 < len(m) <= LARGEST_GROUP]
    given: dict[str, set[str]] = defaultdict(set)
    for character in sorted(groups["only"].keys() & set(characters)):
        given[groups["only"][character]].add(character)
    return _joined([*joined, *given.values()])


def _joined(groups: list[set[str]]) -> dict[str, str]:
    """Join groups that share a character, unless that makes them too large."""
    group_of: dict[str, set[str]] = {}
    for group in sorted(groups, key=lambda g: (len(g), sorted(g))):
        merged = set(group).union(*(group_of.get(c, set()) for c in group))
        if len(merged) > LARGEST_GROUP:
            merged = {c for c in group if c not in group_of}
        for character in merged:
            group_of[character] = merged
    return {
        c: min(group, key=lambda x: x.encode("gb2312"))
        for c, group in group_of.items()
        if len(group) > 1
    }


HEADER = """\
# Characters: simplified form, readings, and which look like which.
# Built by config/sources/build_characters.py; groups of look-alikes go into config/sources/lookalikes.csv, not here.
# Sources: opencc-python-reimplemented 0.1.7 (Apache-2.0), pypinyin 0.55.0 (MIT), hanzi 3.2.0 (MIT).
# char        the character
# simplified  its simplified form; empty: it is its own
# pinyin      readings without tones (ü is v), the usual one first, joined by |
# shape       the first in GB 2312 among those that look like it; empty: none does
"""


def main(folder: Path) -> None:
    """Build the table of characters from the packages in ``folder``."""
    simplified, readings = read_simplified(folder) | RADICALS, read_readings(folder)
    modern = {c for c in readings if _is_in("gb2312", c)}
    known = modern | {c for c in readings if _is_in("gbk", c)}
    traditional = {old for old, new in simplified.items() if new in known and ord(old) < 0x10000}
    characters = sorted(known | traditional)
    shape = shapes(sorted(modern - simplified.keys()), read_compositions(folder))
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["char", "simplified", "pinyin", "shape"])
        for c in characters:
            pinyin = "|".join(readings.get(c, [])[: READINGS if c in modern else 1])
            table.writerow([c, simplified.get(c, ""), pinyin, shape.get(c, "")])
    print(f"{len(characters)} characters, {len(set(shape.values()))} groups of look-alikes")


def _is_in(charset: str, character: str) -> bool:
    try:
        return len(character.encode(charset)) == 2
    except UnicodeEncodeError:
        return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
