"""Extracts made up for tests: invented firms in workbooks and text files of many layouts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter

from gapmatch.read import Extract, Side, read_extract

TAX_HEADER = ("序号", "纳税人识别号", "纳税人名称", "所属区县", "生产经营地址", "个税申报人数")
TAX_ROWS = (
    (1, "91520102MA6TEST10X", "甲城晨光试验有限公司", "甲区", "甲区一路1号", 3),
    (2, "91520102MA6TEST20Y", "甲城暮色试验有限公司", "乙县", "乙县二路2号", 12),
    (3, "91520102MA6TEST30Z", "甲城云朵试验商行", "乙县", "乙县三路3号", None),
)
UNIT_HEADER = (
    "单位编号",
    "单位名称",
    "统一社会信用代码",
    "养老参保人数",
    "失业参保人数",
    "工伤参保人数",
    "参保状态",
)
UNIT_ROWS = (
    ("7001", "甲城晨光试验有限公司", "91520102MA6TEST10X", 3, 2, 3, "参保缴费"),
    ("7002", "甲城风铃试验有限公司", "91520102MA6TEST40W", 1, 1, 1, "暂停缴费"),
)


def text(rows: Sequence[Sequence[object]], delimiter: str = ",", end: str = "\r\n") -> str:
    """Return rows as the text of a CSV file, without quotes."""
    return "".join(delimiter.join("" if v is None else str(v) for v in row) + end for row in rows)


def write_csv(path: Path, rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> Path:
    """Write rows as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text(rows).encode(encoding))
    return path


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    """Write a workbook: numbers as numbers, texts as texts, None as no cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(r, c, value)
                    elif value is not None:
                        sheet.write(r, c, value)
    return path


def read_tax(*paths: Path, **extra: list[str]) -> Extract:
    """Read a tax list."""
    return read_extract(Side.TAX, paths, extra)


def read_units(*paths: Path, **extra: list[str]) -> Extract:
    """Read an enrollment."""
    return read_extract(Side.ENROLLMENT, paths, extra)


def kinds(extract: Extract) -> set[str]:
    """Return the kinds of defects that were found."""
    return set(extract.defects["kind"])


def balanced(extract: Extract) -> bool:
    """Whether every row of the files is accounted for."""
    return (
        extract.rows_in == (extract.unique + extract.duplicates + extract.refused + extract.folded)
        and sum(f.rows_out for f in extract.files) == extract.rows.height
    )
