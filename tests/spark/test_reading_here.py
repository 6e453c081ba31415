"""Reading in buckets without Spark: rows, defects and reports of any files are those of the local engine."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from here_cluster import HereCluster
from polars.testing import assert_frame_equal

from gapmatch.errors import InputError
from gapmatch.read import Side, read_extract
from gapmatch.settings.load import load_settings
from gapmatch.spark.cluster_reading import read_on_cluster

NAMES = [f"云州县{a}{b}商贸有限公司" for a in "青白黑红紫" for b in "石水山云金木"]
LINES = ("养老", "失业", "工伤")


class Case(NamedTuple):
    """Files of one source: name → header and rows."""

    why: str
    side: Side
    files: dict[str, list[Sequence[object]]]


def tax(rows: Sequence[Sequence[object]]) -> list[Sequence[object]]:
    return [("序号", "纳税人识别号", "纳税人名称", "生产经营地址", "销售收入"), *rows]


def lines(rows: Sequence[Sequence[object]]) -> list[Sequence[object]]:
    return [("单位编号", "单位名称", "险种", "参保人数", "缴费状态", "费款所属期"), *rows]


CASES = (
    Case(
        "rows repeated within a file and across files, codes shared, and rows without a code",
        Side.TAX,
        {
            "甲.csv": tax(
                [
                    (n, f"9152030000{n % 9:08}", NAMES[n % 20], f"路{n % 5}号", n % 4)
                    for n in range(60)
                ]
            ),
            "乙.csv": tax([(n, "", NAMES[n % 25], f"路{n % 5}号", 1) for n in range(40)]),
            "丙.csv": tax([(n, f"9152030000{n:08}", NAMES[n], "路1号", 2) for n in range(9)]),
        },
    ),
    Case(
        "one file lacks a column and another has one more",
        Side.TAX,
        {
            "甲.csv": [
                ("纳税人名称", "联系电话"),
                *((name, f"1390000{n:04}") for n, name in enumerate(NAMES)),
            ],
            "乙.csv": tax(
                [(n, f"9152030000{n:08}", name, "路1号", 2) for n, name in enumerate(NAMES)]
            ),
        },
    ),
    Case(
        "a row per unit and line, with repeated rows, several accounts and another name",
        Side.ENROLLMENT,
        {
            "甲.csv": lines(
                [
                    (
                        f"U{n % 17}",
                        NAMES[(n + n // 50) % 17],
                        LINES[n % 3],
                        n % 7,
                        "正常缴费",
                        "202210",
                    )
                    for n in range(70)
                ]
            ),
            "乙.csv": lines([(f"U{n}", NAMES[n], "养老", 4, "欠费", "202211") for n in range(17)]),
        },
    ),
    Case(
        "a row per unit and month: the newest holds",
        Side.ENROLLMENT,
        {
            f"{month}月.csv": [
                ("单位编号", "单位名称", "养老保险", "失业保险", "费款所属期"),
                *((f"U{n}", NAMES[n], n % 5 + month, n % 3, f"2022{month}") for n in range(20)),
            ]
            for month in (10, 11, 12)
        },
    ),
    Case(
        "most units have several rows that nothing tells apart: their sums are unknown",
        Side.ENROLLMENT,
        {
            "甲.csv": [
                ("单位编号", "单位名称", "养老保险"),
                *((f"U{n // 2}", NAMES[n // 2], n) for n in range(50)),
                ("", NAMES[29], 3),
            ]
        },
    ),
    Case(
        "files named after lines",
        Side.ENROLLMENT,
        {
            f"{line}保险.csv": [
                ("单位编号", "单位名称", "参保人数"),
                *((f"U{n}", NAMES[n], n % 5) for n in range(start, start + 15)),
            ]
            for start, line in enumerate(LINES)
        },
    ),
    Case(
        "a line's column holds words in most rows of all files, numbers in those of one",
        Side.ENROLLMENT,
        {
            "甲.csv": [("单位名称", "养老保险"), *((name, "参保") for name in NAMES)],
            "乙.csv": [("单位名称", "养老保险"), *((f"{name}分公司", 3) for name in NAMES[:9])],
        },
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_files_come_together_as_on_one_machine(case, tmp_path):
    for name, rows in case.files.items():
        text = "\n".join(",".join(map(str, row)) for row in rows)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert_read_alike(case.side, tmp_path)


def test_an_empty_part_of_a_parquet_folder_is_a_part(tmp_path):
    rows = pl.DataFrame(
        {"纳税人名称": NAMES, "纳税人识别号": [f"9152030000{n:08}" for n in range(30)]}
    )
    for number, part in enumerate((rows.head(20), rows.clear(), rows.tail(12))):
        part.write_parquet(tmp_path / f"part-{number}.parquet")
    assert_read_alike(Side.TAX, tmp_path)


def assert_read_alike(side: Side, folder: Path) -> None:
    settings = load_settings()
    local = read_extract(side, [folder], {}, settings.language, settings.read)
    cluster = HereCluster(folder=folder)
    for size in (7, 1_000):
        found = read_on_cluster(cluster, side, [folder], settings, size)
        assert_frame_equal(found.rows, local.rows)
        assert_frame_equal(found.defects, local.defects)
        assert found.files == local.files
        assert found.left_out == local.left_out
        assert found.on_cluster.height == local.rows.height
    assert local.defects.height > 0 or side is Side.ENROLLMENT


@pytest.mark.parametrize(
    ("part", "why"),
    [
        (lambda data: data[: len(data) // 2], "Parquet 文件已损坏"),
        (lambda data: data[:60] + bytes(40) + data[100:], "Parquet 文件已损坏"),
        (lambda _data: b"", "文件是空的"),
    ],
    ids=["cut in half", "bytes lost", "no bytes"],
)
def test_a_broken_part_is_named_as_on_one_machine(part, why, tmp_path):
    rows = pl.DataFrame({"纳税人名称": NAMES, "销售收入": range(30)})
    for number in range(3):
        rows.write_parquet(tmp_path / f"part-{number}.parquet")
    broken = tmp_path / "part-1.parquet"
    broken.write_bytes(part(broken.read_bytes()))
    settings = load_settings()
    with pytest.raises(InputError, match=why) as local:
        read_extract(Side.TAX, [tmp_path], {})
    with pytest.raises(InputError, match=why) as refused:
        read_on_cluster(HereCluster(folder=tmp_path), Side.TAX, [tmp_path], settings, 100)
    assert (refused.value.message, refused.value.remedy) == (
        local.value.message,
        local.value.remedy,
    )
    assert broken.name in refused.value.message
