"""Bad input: one clear message with file, row and remedy for each."""

import re
import shutil
import struct
import zipfile
from pathlib import Path

import pytest
from invented_extracts import (
    TAX_HEADER,
    TAX_ROWS,
    UNIT_HEADER,
    UNIT_ROWS,
    balanced,
    kinds,
    read_tax,
    read_units,
    write_csv,
    write_xlsx,
)

from gapmatch.errors import InputError
from gapmatch.read import Side, read_extract, refuse_same_content
from gapmatch.resources import read_csv_rows

ROWS = (TAX_HEADER, *TAX_ROWS)
OLE = bytes.fromhex("D0CF11E0A1B11AE1")


def compound_file(stream: str, content: bytes) -> bytes:
    """Return a compound file (the container of .xls and of encrypted .xlsx) with one stream."""
    content = content.ljust(4096, b"\0")
    sectors = len(content) // 512
    header = OLE + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * 4 * 108
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + sectors), 0xFFFFFFFE]
    fat = b"".join(struct.pack("<I", n) for n in chain).ljust(512, b"\xff")
    root = _entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)
    directory = (root + _entry(stream, 2, 2, len(content))).ljust(512, b"\0")
    return header + fat + directory + content


def _entry(name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    entry = encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded), kind, 1)
    entry += struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child) + b"\0" * 36
    return entry + struct.pack("<IQ", start, size)


PROTECTED_XLS = struct.pack("<HH", 0x0809, 16) + struct.pack("<HH", 0x0600, 5) + b"\0" * 12
PROTECTED_XLS += struct.pack("<HH", 0x002F, 6) + b"\1\0\0\0\0\0"


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def zipped(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("清册.csv", "x")
    return path


def cut_short(path: Path) -> Path:
    data = write_xlsx(path, {"s": ROWS}).read_bytes()
    return write(path, data[: len(data) // 2])


def damaged_inside(path: Path) -> Path:
    data = bytearray(write_xlsx(path, {"s": ROWS}).read_bytes())
    data[100:1500] = b"x" * 1400
    return write(path, bytes(data))


def pack(path, part, manifest=""):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, "...")
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


CASES = [
    (lambda d: d / "没有.xlsx", "找不到文件", "检查路径", "missing"),
    (
        lambda d: (d / "空夹").mkdir() or d / "空夹",
        "文件夹中没有可读取的文件",
        "放入",
        "empty folder",
    ),
    (lambda d: write(d / "a.csv", b""), "文件是空的", "重新导出", "empty"),
    (
        lambda d: write(d / "a.csv", b"\xef\xbb\xbf\r\n \r\n"),
        "文件是空的",
        "重新导出",
        "only blanks",
    ),
    (lambda d: write_csv(d / "a.csv", [TAX_HEADER]), "只有表头，没有数据行", "移走", "header only"),
    (
        lambda d: write(d / "a.csv", "单位,电话\n甲,1\n".encode()),
        "没有一行能读作企业或单位",
        "名称",
        "a row, but no firm",
    ),
    (
        lambda d: write(d / "a.csv", "单位名称,税号\n合计,\n".encode()),
        "表头下面有 1 行",
        "移走",
        "a total alone",
    ),
    (
        lambda d: write_xlsx(d / "a.xlsx", {"s": [("标题",), TAX_HEADER]}),
        "第 2 行",
        "移走",
        "header only",
    ),
    (
        lambda d: write_xlsx(d / "a.xlsx", {"s": [("县区", "户数"), ("甲区", 3)]}),
        "没有找到税务清册的表头",
        "[columns.tax]",
        "another table",
    ),
    (
        lambda d: write_csv(d / "a.csv", [("一", "二"), ("三", "四")]),
        "第 1 行：一 | 二",
        "[columns.tax]",
        "no header",
    ),
    (
        lambda d: write(d / "a.xlsx", compound_file("EncryptedPackage", b"secret")),
        "设有打开密码",
        "清空密码",
        "encrypted xlsx",
    ),
    (
        lambda d: write(d / "a.xls", compound_file("Workbook", PROTECTED_XLS)),
        "设有打开密码",
        "清空密码",
        "encrypted xls",
    ),
    (lambda d: write(d / "a.xls", OLE + b"\0" * 600), "已损坏", "另存为", "damaged xls"),
    (lambda d: cut_short(d / "a.xlsx"), "已损坏", "另存为", "cut short"),
    (lambda d: damaged_inside(d / "a.xlsx"), "已损坏", "另存为", "damaged inside"),
    (lambda d: zipped(d / "a.xlsx"), "压缩包", "解压", "a zip archive"),
    (
        lambda d: write(d / "a.xls", "<html><table><tr><td>税号".encode("gbk")),
        "网页",
        "另存为",
        "HTML",
    ),
    (
        lambda d: write(d / "a.xls", b"\xef\xbb\xbf\r\n<!DOCTYPE html><table>"),
        "网页",
        "另存为",
        "HTML with BOM",
    ),
    (lambda d: write(d / "a.xls", b'<?xml version="1.0"?><Workbook>'), "网页", "另存为", "XML"),
    (lambda d: write(d / "a.html", b"<html><table><tr><td>"), "无法直接读取", "另存为", "a page"),
    (
        lambda d: write(d / "a.xml", b'<?xml version="1.0"?><RECORDS><RECORD><NSRMC>'),
        "无法直接读取",
        "另存为",
        "rows that a database client wrote as XML",
    ),
    (
        lambda d: write(d / "a.slk", b'ID;PCALCOOO32\nC;X1;Y1;K"a"\n'),
        "SYLK",
        "另存为",
        "a table of other programs",
    ),
    (lambda d: write(d / "a.dif", b'TABLE\r\n0,1\r\n"EXCEL"\r\n'), "DIF", "另存为", "another"),
    (
        lambda d: pack(d / "a.numbers", "Index/Document.iwa"),
        "Numbers 数据表",
        "用 Numbers 打开",
        "a table of Apple",
    ),
    (lambda d: pack(d / "a.ofd", "OFD.xml"), "OFD", "Excel 工作簿", "a printed document"),
    (
        lambda d: pack(d / "a.ods", "content.xml", manifest="<manifest:encryption-data/>"),
        "设有打开密码",
        "清空密码",
        "encrypted ODS",
    ),
    (
        lambda d: pack(d / "a.ods", "encrypted-package", manifest="<manifest:encryption-data/>"),
        "设有打开密码",
        "清空密码",
        "encrypted ODS of newer programs",
    ),
    (
        lambda d: write(d / "~$a.xlsx", b"\x05admin" + b" " * 160),
        "临时文件",
        "没有“~$”",
        "what Excel keeps beside an open workbook",
    ),
    (
        lambda d: write(d / "a.eml", b"From: a@example.org\r\nSubject: list\r\n\r\n..."),
        "邮件",
        "附件",
        "a mail",
    ),
    (lambda d: write(d / "a.csv", b"%PDF-1.7 ..."), "PDF", "Excel 工作簿", "PDF"),
    (lambda d: write(d / "a.csv", bytes(range(1, 256)) * 20), "二进制", "Excel 工作簿", "junk"),
    (
        lambda d: write(d / "a.parquet", b"PAR1" + b"x" * 50),
        "Parquet 文件已损坏",
        "重新导出",
        "damaged Parquet",
    ),
    (
        lambda d: write_csv(d / "a.csv", [UNIT_HEADER, *UNIT_ROWS]),
        "像是参保单位清册，却作为税务清册给出",
        "放反",
        "swapped",
    ),
]


@pytest.mark.parametrize(("make", "message", "remedy", "why"), CASES, ids=[c[3] for c in CASES])
def test_bad_input_is_one_clear_message_with_a_remedy(tmp_path, make, message, remedy, why):
    path = make(tmp_path)
    with pytest.raises(InputError) as caught:
        read_tax(path)
    assert message in caught.value.message, why
    assert remedy in caught.value.remedy
    assert str(path) in caught.value.message
    assert caught.value.file == path


def test_a_tax_list_given_as_enrollment_is_recognised(tmp_path):
    rows = [
        ("税号", "企业名称", "主管税务机关", "工资总额", "零申报月数"),
        ("91520001", "甲公司", "甲局", "1", "0"),
    ]
    with pytest.raises(InputError) as caught:
        read_units(write_csv(tmp_path / "a.csv", rows))
    assert caught.value.message == (
        f"这个文件像是税务清册，却作为参保单位清册给出：{tmp_path / 'a.csv'}\n依据：表头中有 主管税务机关、工资总额、零申报月数"
    )
    assert caught.value.remedy == "请检查 --enrollment 与 --tax 后面的文件是否放反了。"


def test_a_registry_given_as_tax_is_recognised(tmp_path):
    rows = [
        ("企业名称", "统一社会信用代码", "注册资本(万元)", "经营异常名录", "登记状态", "从业人数"),
        ("甲公司", "1", "1", "否", "存续", "1"),
    ]
    with pytest.raises(InputError, match="像是市场主体登记清册"):
        read_tax(write_csv(tmp_path / "a.csv", rows))


def test_a_file_without_permission_says_so(tmp_path, monkeypatch):
    path = write_csv(tmp_path / "a.csv", ROWS)
    monkeypatch.setattr(
        Path, "read_bytes", lambda self: (_ for _ in ()).throw(PermissionError(13, "denied"))
    )
    with pytest.raises(InputError, match="没有权限读取文件"):
        read_tax(path)


def test_a_file_on_a_broken_disk_says_so(tmp_path, monkeypatch):
    path = write_csv(tmp_path / "a.csv", ROWS)
    monkeypatch.setattr(
        Path, "read_bytes", lambda self: (_ for _ in ()).throw(OSError(5, "I/O error"))
    )
    with pytest.raises(InputError, match="I/O error"):
        read_tax(path)


def test_the_same_file_twice_in_one_source_is_refused(tmp_path):
    path = write_csv(tmp_path / "a.csv", ROWS)
    copy = Path(shutil.copy(path, tmp_path / "b.csv"))
    with pytest.raises(InputError, match="内容完全相同"):
        read_tax(path, copy)
    with pytest.raises(InputError, match="内容完全相同"):
        read_tax(path, path)


def test_the_same_file_for_two_sides_is_refused(tmp_path):
    rows = [("单位名称", "统一社会信用代码", "联系电话"), ("甲公司", "1", "2")]
    path = write_csv(tmp_path / "a.csv", rows)
    tax, units = read_tax(path), read_units(path)
    with pytest.raises(InputError, match="内容完全相同"):
        refuse_same_content([tax, units])


def test_two_sheets_of_one_workbook_may_be_two_sides(tmp_path):
    path = write_xlsx(tmp_path / "a.xlsx", {"税务": ROWS, "社保": [UNIT_HEADER, *UNIT_ROWS]})
    tax, units = read_tax(path), read_units(path)
    refuse_same_content([tax, units])
    assert (tax.rows.height, units.rows.height) == (3, 2)
    assert dict(tax.files[0].skipped_sheets) == {"社保": "像是别的清册"}


def test_a_folder_stands_for_its_readable_files_in_order(tmp_path):
    for i, name in enumerate(("乙.csv", "甲.csv")):
        write_csv(tmp_path / "夹" / name, [TAX_HEADER, TAX_ROWS[i]])
    (tmp_path / "夹/~$甲.xlsx").write_bytes(b"lock")
    (tmp_path / "夹/说明.docx").write_bytes(b"x")
    extract = read_tax(tmp_path / "夹")
    assert extract.rows["source_file"].to_list() == ["乙.csv", "甲.csv"]
    assert extract.rows["data_row"].to_list() == [1, 1]
    assert balanced(extract)


def test_files_of_the_same_name_go_by_their_folder_too(tmp_path):
    one = write_csv(tmp_path / "甲区/清册.csv", [TAX_HEADER, TAX_ROWS[0]])
    two = write_csv(tmp_path / "乙县/清册.csv", [TAX_HEADER, TAX_ROWS[1]])
    assert read_tax(one, two).rows["source_file"].to_list() == ["甲区/清册.csv", "乙县/清册.csv"]


def test_a_row_with_neither_name_nor_code_is_refused_and_counted(tmp_path):
    rows = [
        TAX_HEADER,
        *TAX_ROWS,
        (4, None, None, "甲区", "某路", 2),
        (5, "91520102MA6TEST50V", None, "甲区", "某路", 2),
    ]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert (extract.rows_in, extract.unique, extract.refused) == (5, 4, 1)
    assert extract.rows["data_row"].to_list() == [1, 2, 3, 5]
    assert extract.defects.filter(kind="no_name_no_code")["source_row"].to_list() == [5]
    assert extract.defects.filter(kind="missing_name")["source_row"].to_list() == [6]
    assert balanced(extract)


def test_a_row_with_the_very_same_contents_is_marked_and_counted(tmp_path):
    spaced = (
        10,
        *(t.replace("试验", "试验 ") if isinstance(t, str) else t for t in TAX_ROWS[1][1:]),
    )
    rows = [TAX_HEADER, *TAX_ROWS, (9, *TAX_ROWS[0][1:]), spaced]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows["is_duplicate"].to_list() == [False, False, False, True, True]
    assert (extract.unique, extract.duplicates) == (3, 2)
    assert extract.defects.filter(kind="duplicate_row")["defect"].to_list() == [
        "与第 2 行（a.csv）内容完全相同",
        "与第 3 行（a.csv）内容完全相同",
    ]
    assert balanced(extract)


def test_a_code_that_several_rows_have_is_said_but_not_an_error(tmp_path):
    rows = [
        ("纳税人名称", "税号"),
        ("甲公司", "91520102MA6TEST10X"),
        ("乙公司", "91520102ma6test10x"),
        ("丙公司", "000000000000000"),
        ("丁公司", "000000000000000"),
    ]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    said = extract.defects.filter(kind="duplicate_code")
    assert said["source_row"].to_list() == [3]
    assert said["defect"].to_list() == ["同一代码出现 2 次（首见 a.csv 第 2 行）"]


def test_a_unit_number_with_different_contents_keeps_both_rows(tmp_path):
    rows = [UNIT_HEADER, UNIT_ROWS[0], ("7001", *UNIT_ROWS[1][1:])]
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows.height == 2
    assert "duplicate_unit_id" in kinds(extract)


def test_odd_values_are_kept_or_emptied_and_said(tmp_path):
    rows = [
        ("纳税人名称", "税号", "从业人数", "工资总额", "成立日期"),
        ("甲公司", "91520001", "-3", "1e13", "2019-02-30"),
        ("乙公司", "91520002", "很多", "无", "-"),
        ("丙公司", "91520003", "2.5", "", "2019/1/2"),
    ]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert extract.rows["declared_headcount"].to_list() == [-3, None, 2]
    assert extract.rows["declared_wages"].to_list() == [None, None, None]
    said = extract.defects.select("kind", "source_row", "column", "value").rows()
    assert said == [
        ("negative_number", 2, "从业人数", "-3"),
        ("absurd_number", 2, "工资总额", "1e13"),
        ("not_a_date", 2, "成立日期", "2019-02-30"),
        ("not_a_number", 3, "从业人数", "很多"),
        ("fractional_count", 4, "从业人数", "2.5"),
    ]


@pytest.mark.parametrize("value", ["1e400", "-1e400", "1e307", "9200000000000000000"])
@pytest.mark.parametrize("header", ["从业人数", "工资总额", "销售额（万元）"])
def test_a_number_too_large_to_reckon_with_is_none(tmp_path, header, value):
    rows = [("纳税人名称", header), ("甲城晨光试验有限公司", value)]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    assert {"absurd_number", "not_a_number"} & set(extract.defects["kind"])


def test_many_defects_of_one_kind_are_summed_up(tmp_path):
    rows = [
        ("纳税人名称", "税号", "从业人数"),
        *((f"公司{i}", f"9152{i:05}", "很多") for i in range(500)),
    ]
    extract = read_tax(write_csv(tmp_path / "a.csv", rows))
    found = extract.defects.filter(kind="not_a_number")
    assert found.height == 201
    assert found["defect"][0] == "同类问题还有 300 处，未逐行列出（末处第 501 行）"


def test_rows_without_a_code_are_one_line_where_they_are_many(tmp_path):
    rows = [("单位编号", "单位名称", "参保人数"), *((i, f"公司{i}", i) for i in range(50))]
    extract = read_units(write_csv(tmp_path / "a.csv", rows))
    assert extract.defects["defect"].to_list() == ["共有 50 行没有任何代码（首见第 2 行）"]


def test_every_kind_of_defect_has_its_words():
    from gapmatch.read.defects import explain

    for row in read_csv_rows("defects.csv"):
        zh, en = (explain(row["kind"], language) for language in ("zh", "en"))
        assert all((*zh, *en))
        places = [[sorted(re.findall(r"{\w+", text)) for text in texts] for texts in (zh, en)]
        assert places[0] == places[1], row["kind"]


def test_reading_the_same_rows_in_another_order_gives_the_same_contents(tmp_path):
    one = read_tax(write_csv(tmp_path / "a.csv", ROWS)).rows
    two = read_tax(write_csv(tmp_path / "b.csv", [TAX_HEADER, *reversed(TAX_ROWS)])).rows
    origin = ["source_file", "source_row", "data_row"]
    assert one.drop(origin).sort("name").equals(two.drop(origin).sort("name"))


def test_reading_nothing_is_refused():
    with pytest.raises(InputError, match="没有给出要读取的文件"):
        read_extract(Side.TAX, [], {})
