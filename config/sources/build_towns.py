"""Build ``config/towns.csv`` from the statistics list of 2023: the towns and street offices of each county.

    python config/sources/build_towns.py FOLDER

``FOLDER`` holds the unpacked package ``china-division`` (``china-division/dist/streets.json``), see
``config/sources/README.md``. Zones, farms and camps that are no towns are left out.
"""

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path

TARGET = Path(__file__).parents[1] / "towns.csv"
KINDS = ("街道", "街道办事处", "镇", "乡", "苏木")
HEAD = """\
# Towns, townships and street offices of each county, as the statistics list of 2023 names them.
# Built by config/sources/build_towns.py. Source: china-division 2.7.0 (MIT).
# code   six digits of the county
# towns  official names, joined by |
"""


def write_towns(folder: Path) -> None:
    """Write one row per county, by code."""
    streets = json.loads((folder / "china-division/dist/streets.json").read_text(encoding="utf-8"))
    towns: dict[str, set[str]] = defaultdict(set)
    for street in streets:
        name = street["name"].removesuffix("办事处")
        if name.endswith(KINDS) and len(name) > 1:
            towns[street["areaCode"]].add(name)
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        file.write(HEAD)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "towns"))
        writer.writerows((code, "|".join(sorted(names))) for code, names in sorted(towns.items()))


if __name__ == "__main__":
    write_towns(Path(sys.argv[1]))
