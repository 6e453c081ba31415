"""Whatever is in a file: an extract that adds up, or an error that a user can act on; never a traceback."""

import io
import os

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invented_extracts import balanced

from gapmatch.errors import GapmatchError
from gapmatch.read import Side, read_extract
from gapmatch.schemas import DEFECTS

WORDS = st.sampled_from(
    ["纳税人名称", "单位名称", "企业名称", "税号", "统一社会信用代码", "单位编号", "险种类型", "参保人数", "养老保险",
     "注册资本", "经营异常名录", "从业人数", "销售额（万元）", "成立日期", "联系电话", "合计", "注：", "序号", "1", "2", "甲",
     "91520102MA6TEST10X", "915201020000012345", "9.15E+17", "-3", "2019-01-02", "43467", "养老", "失业", "是", "", "",
     "甲公司", "乙公司", "税务登记日期", "行政区划", "520102", "参保状态", "正常", "费款所属期", "202212"]
)  # fmt: skip
EXAMPLES = int(os.environ.get("GAPMATCH_FUZZ", "15"))
TABLES = st.lists(st.lists(WORDS, min_size=1, max_size=8), min_size=1, max_size=12)


def check(trials, side, path):
    with trials.trial(repr(path.read_bytes())[:400]):
        try:
            extract = read_extract(side, [path], {})
        except GapmatchError as error:
            trials.refuse(error)
            return
        side.table.check(extract.rows)
        DEFECTS.check(extract.defects)
        assert balanced(extract)
        assert list(extract.rows.columns) == list(side.table)
        trials.count("read")


@settings(max_examples=4 * EXAMPLES, suppress_health_check=list(HealthCheck))
@given(TABLES, st.sampled_from(Side), st.sampled_from([",", "\t"]))
def test_any_text_table_is_read_or_refused_in_words(tmp_path, trials, table, side, delimiter):
    path = tmp_path / "a.csv"
    path.write_text("\n".join(delimiter.join(row) for row in table), encoding="utf-8")
    check(trials, side, path)


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(TABLES, st.sampled_from(Side))
def test_any_workbook_is_read_or_refused_in_words(tmp_path, trials, table, side):
    book = openpyxl.Workbook()
    for row in table:
        book.active.append([float(w) if w.replace(".", "").isdecimal() else w or None for w in row])
    buffer = io.BytesIO()
    book.save(buffer)
    path = tmp_path / "a.xlsx"
    path.write_bytes(buffer.getvalue())
    check(trials, side, path)


@settings(max_examples=4 * EXAMPLES, suppress_health_check=list(HealthCheck))
@given(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PAR1", b"\xff\xfe"]
    ),
)
def test_any_bytes_are_read_or_refused_in_words(tmp_path, trials, data, magic):
    path = tmp_path / "a.xlsx"
    path.write_bytes(magic + data)
    check(trials, Side.TAX, path)
