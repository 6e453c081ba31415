"""Text files: encodings by their bytes, delimiters by their lines, and lines that do not fit."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_extracts import TAX_HEADER, TAX_ROWS, kinds, read_tax, text

from gapmatch.errors import InputError
from gapmatch.read import text as reader

ROWS = (TAX_HEADER, *TAX_ROWS)
NAMES = [row[2] for row in TAX_ROWS]


@pytest.mark.parametrize(
    ("encoding", "bom", "reported"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("gb18030", b"", "gb18030"),
        ("gbk", b"", "gb18030"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
    ],
)
def test_the_encoding_is_found_by_the_bytes(tmp_path, encoding, bom, reported):
    path = tmp_path / "清册.csv"
    path.write_bytes(bom + text(ROWS).encode(encoding))
    extract = read_tax(path)
    assert extract.files[0].encoding == reported
    assert extract.rows["name"].to_list() == NAMES


def test_big5_is_known_by_its_headers(tmp_path):
    lines = ["納稅人名稱,統一社會信用代碼,從業人數", "臺城晨光試驗有限公司,91520102MA6TEST10X,5"]
    (tmp_path / "清冊.csv").write_bytes("\r\n".join(lines).encode("cp950"))
    found = read_tax(tmp_path / "清冊.csv")
    assert found.files[0].encoding == "big5"
    assert found.rows["name"].to_list() == ["臺城晨光試驗有限公司"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_full_of_chinese_is_no_binary_file(tmp_path, encoding):
    # 万, 税 and 有 are 4E07, 7A0E and 6709: each has a byte that would be a control character by itself.
    rows = [("纳税人名称", "所属县区")] + [
        (f"万税有万税有限公司第{n}部", "万有县") for n in "甲乙丙"
    ]
    path = tmp_path / "清册.txt"
    path.write_bytes(text(rows, "\t").encode(encoding))
    assert read_tax(path).rows["name"].to_list() == [name for name, _county in rows[1:]]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_delimiter_and_line_end_are_found_by_the_lines(tmp_path, delimiter, end):
    path = tmp_path / "清册.txt"
    path.write_bytes(text(ROWS, delimiter, end).encode("gb18030"))
    extract = read_tax(path)
    assert extract.rows["name"].to_list() == NAMES
    assert extract.rows["source_row"].to_list() == [2, 3, 4]


def test_commas_in_addresses_do_not_hide_the_tabs(tmp_path):
    rows = [
        ("纳税人名称", "税号", "经营地址"),
        *((n, f"9152{i}", "甲区,一路,1号") for i, n in enumerate(NAMES)),
    ]
    path = tmp_path / "清册.txt"
    path.write_text(text(rows, "\t"), encoding="utf-8")
    assert read_tax(path).rows["address"].to_list() == ["甲区,一路,1号"] * 3


def test_a_quoted_field_may_hold_delimiters_quotes_and_line_ends(tmp_path):
    path = tmp_path / "清册.csv"
    path.write_text(
        '纳税人名称,税号,经营地址\n甲公司,91520001,"甲区,""一""路"\n乙公司,91520002,"乙县\n二路"\n丙公司,91520003,丙县\n',
        encoding="utf-8",
    )
    rows = read_tax(path).rows
    assert rows["address"].to_list() == ['甲区,"一"路', "乙县\n二路", "丙县"]
    assert rows["source_row"].to_list() == [2, 3, 5]


def test_a_stray_quote_costs_one_line_and_not_the_rest_of_the_file(tmp_path):
    lines = [f"公司{i},9152{i:04}" for i in range(100)]
    lines[10] = '"公司10,91520010'
    path = tmp_path / "清册.csv"
    path.write_text("\n".join(["纳税人名称,税号", *lines]) + "\n", encoding="utf-8")
    extract = read_tax(path)
    assert extract.rows.height == 100
    assert extract.rows["name"][10] == "公司10"
    assert extract.defects.filter(kind="stray_quote")["source_row"].to_list() == [12]


def test_lines_of_two_encodings_in_one_file_are_read_line_by_line(tmp_path):
    first, second = text(ROWS[:3]).encode("gb18030"), text(ROWS[3:]).encode("utf-8")
    path = tmp_path / "清册.csv"
    path.write_bytes(first + second)
    extract = read_tax(path)
    assert extract.rows["name"].to_list() == NAMES
    assert "mixed_encodings" in kinds(extract)


def test_a_file_cut_inside_a_character_keeps_all_rows_and_says_which_is_broken(tmp_path):
    data = text(
        [("税号", "纳税人名称"), ("91520001", "甲公司"), ("91520002", "乙公司")], end="\n"
    ).encode("utf-8")
    path = tmp_path / "清册.csv"
    path.write_bytes(data[:-3])
    extract = read_tax(path)
    assert extract.rows.height == 2
    assert extract.defects.filter(kind="undecodable")["source_row"].to_list() == [3]


def test_an_unquoted_comma_in_an_address_is_mended_and_said(tmp_path):
    lines = ["纳税人名称,税号,经营地址,从业人数"]
    lines += [f"公司{i},9152{i:04},甲区{i}号,{i}" for i in range(20)]
    lines[5] = "公司4,91520004,甲区,4号,4"
    path = tmp_path / "清册.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    extract = read_tax(path)
    row = extract.rows.row(4, named=True)
    assert (row["address"], row["declared_headcount"]) == ("甲区,4号", 4)
    assert extract.defects.filter(kind="too_many_fields_joined")["source_row"].to_list() == [6]


def test_a_line_broken_in_the_middle_is_said(tmp_path):
    lines = ["纳税人名称,税号,经营地址,从业人数"]
    lines += [f"公司{i},9152{i:04},甲区{i}号,{i}" for i in range(20)]
    lines[5] = "公司4,91520004,甲区"
    path = tmp_path / "清册.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert read_tax(path).defects.filter(kind="too_few_fields")["source_row"].to_list() == [6]


@given(
    st.lists(
        st.text("甲乙丙一二三abc,，0123456789", min_size=1, max_size=20), min_size=1, max_size=20
    )
)
def test_text_of_any_supported_encoding_comes_back_as_it_was(lines):
    whole = "\n".join(lines)
    for codec in ("utf-8", "gb18030"):
        decoded = reader.decode(whole.encode(codec))
        if decoded.encoding == codec:
            assert decoded.text == whole


@given(st.binary(max_size=300))
def test_any_bytes_decode_without_a_crash(data):
    assert isinstance(reader.decode(data).text, str)


TRADITIONAL = "編序,稅務識別碼,商號全名\n" + "".join(
    f"{n},91520302MA6TES{n:04},甲城東溪商貿有限公司{n}\n" for n in range(9)
)


def test_big5_is_known_by_its_characters_if_no_header_is(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(TRADITIONAL.encode("big5"))
    extract = read_tax(path, name=["商號全名"], taxpayer_code=["稅務識別碼"])
    assert extract.files[0].encoding == "big5"
    assert extract.rows["name"][0] == "甲城東溪商貿有限公司0"


def test_a_file_of_garbled_text_is_said_to_be_that_even_without_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(TRADITIONAL.encode("big5").decode("gb18030", "replace"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_tax(path)
    assert "错误的编码" in caught.value.remedy


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        *((mark, "a single sign") for mark in ":!$&%*+/\\·€"),
        *((mark, "full width") for mark in "；：｜、～"),
        *((mark, "a pair") for mark in ("$$", "::", "--", "}{", "->", "@@", "##", "~~")),
        *((mark, "three signs") for mark in ("|+|", "!@#", "&&&", "|&|")),
        *((mark, "a control character") for mark in ("\x0c", "\x1e")),
    ],
)
def test_whatever_stands_between_known_headers_divides_the_fields(tmp_path, mark, why):
    path = tmp_path / "a.txt"
    path.write_text("2022年四季度清册\n" + text(ROWS, mark), encoding="utf-8")
    assert read_tax(path).rows["name"].to_list() == NAMES, why


def test_a_note_that_lists_headers_divides_no_fields(tmp_path):
    path = tmp_path / "a.csv"
    note = "说明：本表含纳税人名称、税号、从业人数、生产经营地址、联系电话\n"
    path.write_text(note + text(ROWS), encoding="utf-8")
    assert read_tax(path).rows["name"].to_list() == NAMES


@pytest.mark.parametrize(
    "lines",
    [
        NAMES,
        [f"{name}（总店）" for name in NAMES],
        [name.replace("有限公司", "Mini·Mart有限公司") for name in NAMES],
        ["", *NAMES, ""],
    ],
)
def test_names_without_a_header_want_one(tmp_path, lines):
    (tmp_path / "名单.txt").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_tax(tmp_path / "名单.txt")
    assert "企业名称" in caught.value.remedy
    (tmp_path / "名单.txt").write_text("\n".join(["企业名称", *lines]), encoding="utf-8")
    assert read_tax(tmp_path / "名单.txt").rows.height == len(NAMES)


@pytest.mark.parametrize("mark", ["_", "þ", "X"])
def test_fields_that_cannot_be_told_apart_are_refused_with_a_remedy_for_it(tmp_path, mark):
    path = tmp_path / "a.txt"
    path.write_text(text(ROWS, mark), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_tax(path)
    assert "分列" in caught.value.remedy


@pytest.mark.parametrize(
    ("extra", "found", "why"),
    [
        ((), [], "none"),
        (("",), [], "an empty one"),
        (("30",), [("columns_may_be_shifted", 40)], "either number may be the headcount"),
        (("甲",), [("column_without_header", 40)], "no number, and so behind it"),
    ],
)
def test_fields_behind_the_last_header_are_named(tmp_path, extra, found, why):
    header = ("纳税人名称", "税号", "生产经营地址", "从业人数")
    firms = [(f"甲城{n}号商行", f"91520302MA6TEH{n:04}", f"一路{n}号", "3") for n in range(40)]
    path = tmp_path / "a.csv"
    path.write_text(text([header, *((*firm, *extra) for firm in firms)]), encoding="utf-8")
    extract = read_tax(path)
    assert extract.rows["declared_headcount"].to_list() == [3] * 40
    named = extract.defects.filter(pl.col("kind").str.starts_with("column"))
    assert named.select("kind", "count").rows() == found, why
