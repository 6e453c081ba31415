"""Findings to the Defects frame: a line each in officials' words, many of a kind summed up."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from gapmatch.i18n import N_, get_translator
from gapmatch.privacy import mask_numbers
from gapmatch.read.read_model import Finding, Side
from gapmatch.schemas import DEFECTS

# So many lines of one kind for one column of one file; the rest is summed up in one line.
MAX_LISTED = 200

# Findings whose fact ``count`` is the number of places that they stand for.
_SUMS = frozenset(
    {"more", "missing_codes", "unit_rows_folded", "rows_hidden", "column_without_header"}
    | {"column_unread", "mark_not_believed", "mark_contradicts", "mark_ignored", "status_stated"}
)

_MESSAGE_FACTS = frozenset({"why", "what"})
"""Facts that are message ids themselves."""


def explain(kind: str) -> tuple[str, str]:
    """Return what is wrong and what was done about it: message ids, with places for the facts."""
    return {
        "mixed_encodings": (
            N_("同一文件中混有多种文字编码（{encodings}）"),
            N_("已逐行识别；请抽查乱码，最好重新导出为一种编码。"),
        ),
        "undecodable": (
            N_("该行有无法识别的字节（文件损坏或被截断）"),
            N_("无法识别的字已显示为“�”，该行照常读入，但名称可能匹配不上；请核对原始数据。"),
        ),
        "stray_quote": (
            N_("该行有不成对的引号"),
            N_("已按普通字符读入该行；请核对该行各列是否错位。"),
        ),
        "too_many_fields_joined": (
            N_("该行的列数比表头多（多半是地址中含有分隔符）"),
            N_("已把多出的部分并入地址；请核对该行各列是否对齐。"),
        ),
        "too_many_fields_cut": (
            N_("该行的列数比表头多（多半是内容中含有分隔符）"),
            N_("只读取名称和代码，其余各列可能错位，按“未填”处理；请在原表中改正。"),
        ),
        "column_without_header": (
            N_("表头有 {columns} 列，有 {count} 行（首见本行）后面还有内容，没有表头"),
            N_("多出的未读取，其余照常读入；如是内容中有分隔符而错了列，请改正后重新运行。"),
        ),
        "too_few_fields": (
            N_("该行比表头少列，可能在中间断开"),
            N_("缺少的列按空白读入；请核对该行及下一行。"),
        ),
        "footer_dropped": (N_("合计、注释或制表说明，不是数据行"), N_("未计入数据行。")),
        "total_disagrees": (
            N_("合计与各行相加不符：各行合计为 {sum}"),
            N_("以各行为准；请核对是否漏了行、多了行或改过数，并在原表中改正。"),
        ),
        "total_of_rows_disagrees": (
            N_("写明的户数与实际行数不符：实际为 {sum} 行"),
            N_("以各行为准；请核对是否漏了行或多了行，并在原表中改正。"),
        ),
        "row_below_total": (
            N_("该行在合计（第 {total} 行）之下，没有计入合计"),
            N_("照常读入；如不属于本表（如附注、作废的行），请在原表中删去后重新运行。"),
        ),
        "header_repeated": (N_("表头或栏次行在数据中间重复出现"), N_("未计入数据行。")),
        "title_repeated": (N_("标题行在数据中间重复出现"), N_("未计入数据行。")),
        "sheet_skipped": (
            N_("工作表“{name}”未读取：{why}"),
            N_("其中如有数据，请把表头改成常用列名，或单独存成一个文件。"),
        ),
        "column_guessed": (
            N_("表头不在列名表中，按“{canonical}”读取"),
            N_("如不正确，请在 gapmatch.toml 中写明各列的表头。"),
        ),
        "column_passed_over": (
            N_("有几列都可作“{canonical}”，内容不同，未取这一列"),
            N_("取“{taken}”一列；如应取这一列，请在 gapmatch.toml 中写明它的表头。"),
        ),
        "columns_missing": (
            N_("同一来源的其他文件有这些列，本文件没有：{columns}"),
            N_("缺少的列按“未填”处理，各行照常读入；如不应缺少，请重新导出这个文件。"),
        ),
        "unit_converted": (
            N_("表头或单位列写明单位，数值已乘以 {factor}"),
            N_("已换算为标准单位。"),
        ),
        "capital_unit_guessed": (
            N_("表头没有单位，数值过大，按“元”理解"),
            N_("已换算为万元；如不正确，请在表头写明单位。"),
        ),
        "not_a_number": (N_("不是数字"), N_("按“未填”处理，不参与人数、金额的计算。")),
        "negative_number": (N_("负数"), N_("原样保留（可能是冲减申报）；请核对。")),
        "count_is_flag": (
            N_("各行只有 0 和 1（或空白），像是“是否参保”的标记，不是人数"),
            N_(
                "人数按未知处理，险种按是否参保读取；如确是人数，请在这一列表头后加写“（人）”后重试。"
            ),
        ),
        "absurd_number": (
            N_("数值大得不合常理"),
            N_("按“未填”处理；请核对单位和小数点，或是否填错了列（如电话）。"),
        ),
        "fractional_count": (N_("人数或月数不是整数"), N_("已四舍五入为整数；请核对。")),
        "error_value": (
            N_("错误值（如 #N/A、#REF!），公式出错或引用的表不在"),
            N_("按“未填”处理，该行其余各列照常读入；请在 Excel 中改正后重新保存。"),
        ),
        "formula_without_value": (
            N_("公式没有计算结果"),
            N_("按“未填”处理；请用 Excel 打开、保存后重新读取（程序写出的公式要由 Excel 计算）。"),
        ),
        "row_realigned": (
            N_("该行各列错开了一格（多半是误插入或误删除了单元格）"),
            N_("已按名称、代码的位置移回原列；请核对该行，并在原表中改正。"),
        ),
        "code_in_name": (N_("名称一格中还写有代码"), N_("已把名称和代码分开；请核对。")),
        "ditto": (N_("“同上”一类的记号"), N_("取上一行同列的内容。")),
        "not_a_firm": (
            N_("这一行不像是一个单位"),
            N_("不参与计算；如是单位，请补全名称或代码后重新运行。"),
        ),
        "furniture_dropped": (N_("页码、签名、日期、分隔线等，不是数据行"), N_("未计入数据行。")),
        "group_dropped": (
            N_("按地区、行业或类型汇总的行，不是一个单位"),
            N_("未计入数据行；如是单位，请补全代码后重新运行。"),
        ),
        "status_stated": (
            N_("有 {count} 行（首见本行）没有状态，但标题、工作表名、文件名或名称后面写着状态"),
            N_("按写着的状态读取；如不正确，请在原表中加一列状态，逐户填写后重新运行。"),
        ),
        "heading_dropped": (N_("分组标题（如县区名）独占一行，不是数据行"), N_("未计入数据行。")),
        "header_changed": (
            N_("数据中间另有一行表头，各列与前面不同"),
            N_("其下各行按新表头读取。"),
        ),
        "rows_hidden": (
            N_("{rows} 行数据中有 {count} 行是隐藏的（筛选后没有取消，或手工隐藏；首见本行）"),
            N_("照常读入；请取消筛选和隐藏后核对，不该计入的行请删去，保存后重新运行。"),
        ),
        "column_hidden": (
            N_("这一列是隐藏的"),
            N_("照常读取；请取消隐藏后核对，不该采用的请删去，保存后重新运行。"),
        ),
        "sheet_hidden": (
            N_("工作表是隐藏的，没有别的工作表可读"),
            N_("照常读入；请取消隐藏，核对它是不是要用的清册。"),
        ),
        "merged_down": (N_("纵向合并的单元格"), N_("其内容填入合并范围内的每一行。")),
        "sheet_without_header": (
            N_("工作表“{name}”没有表头，列数和内容与“{first}”相同"),
            N_("按“{first}”的表头接着读取；请抽查。"),
        ),
        "sheet_lost": (
            N_("工作表“{name}”中有数据但未读取：{why}"),
            N_("其中的单位没有参与计算；请把表头改成常用列名，或单独存成一个文件后重新运行。"),
        ),
        "column_by_content": (
            N_("表头不在列名表中，按内容读作“{canonical}”"),
            N_("如不正确，请在 gapmatch.toml 中写明各列的表头。"),
        ),
        "unit_rows_folded": (
            N_("共有 {count} 行与同一单位的另一行合并（同一单位分月、分户或分项列出）"),
            N_("每个单位算一个，以最近月份为准。"),
        ),
        "unit_rows_unclear": (
            N_("多数单位各有几行，看不出是分月、分险种还是分账户列出的"),
            N_("各行人数不一致的，人数按未知处理，不相加；请补上月份或险种一列后重试。"),
        ),
        "not_a_date": (N_("不是日期"), N_("按“未填”处理。")),
        "column_unread": (
            N_("这一列大多数的内容读不懂（{count} 格）"),
            N_("按“未填”处理；请核对内容的写法，或是否认错了列。"),
        ),
        "mark_not_believed": (
            N_("按表头说明谁已停保、注销，但几乎各行都有，或多与状态列不符（{count} 行）"),
            N_("不采用这一列；请核对，确已停的请在状态列写明。"),
        ),
        "mark_contradicts": (
            N_("这一列说已停，状态列却说正常（{count} 行）"),
            N_("按已停处理；请核对，确在参保缴费的请在原表中改正。"),
        ),
        "mark_ignored": (
            N_("这一列说已注销，状态列却说正常（{count} 行）"),
            N_("以状态列为准；请核对，并在原表中改正。"),
        ),
        "code_precision_lost": (
            N_("代码被 Excel 存成了数字，第 15 位以后的数字已丢失"),
            N_("不用该代码的后几位比对，只能主要靠名称；请按“文本”格式重新导出。"),
        ),
        "several_codes": (
            N_("一格中有几个代码"),
            N_("比对时每个都用；请核对，并在原表中各写一列。"),
        ),
        "missing_code": (
            N_("没有任何代码（统一社会信用代码、税号、组织机构代码均为空）"),
            N_("照常读入，只能靠名称比对。"),
        ),
        "missing_codes": (
            N_("共有 {count} 行没有任何代码（首见第 {first} 行）"),
            N_("照常读入，这些行只能靠名称比对。"),
        ),
        "missing_name": (N_("没有名称"), N_("照常读入，只能靠代码比对。")),
        "no_name_no_code": (
            N_("既没有名称也没有代码"),
            N_("无法比对，该行不参与计算；请补全后重新运行。"),
        ),
        "duplicate_row": (
            N_("与第 {first} 行（{file}）内容完全相同"),
            N_("保留但标为重复，结果与首行一致。"),
        ),
        "duplicate_code": (
            N_("同一代码出现 {count} 次（首见 {file} 第 {first} 行）"),
            N_("各行都保留，分别比对；多为总分机构共用代码或录入错误，请核对。"),
        ),
        "duplicate_unit_id": (
            N_("同一单位编号出现 {count} 次，内容不同（首见 {file} 第 {first} 行）"),
            N_("各行都保留，分别比对；请核对。"),
        ),
        "unknown_line": (
            N_("险种不在养老、失业、工伤之内"),
            N_("单位照常读入，该险种的人数不计。"),
        ),
        "unit_conflict": (
            N_("同一单位各险种的{what}不一致"),
            N_("采用首行的内容，其余作为曾用名参与比对。"),
        ),
        "more": (N_("同类问题还有 {count} 处，未逐行列出（末处第 {last} 行）"), "{consequence}"),
    }[kind]


def build_defects(
    side: Side, file: str, findings: Sequence[Finding], language: str
) -> pl.DataFrame:
    """Return the Defects frame of one file, first what concerns all of it; numbers are masked."""
    writer = _DefectWriter(side, file, get_translator(language))
    rows = [writer.build_row(f) for f in writer.sum_up(findings)]
    frame = pl.DataFrame(rows, schema=DEFECTS.schema, orient="row")
    return frame.sort("source_sheet", "source_row", nulls_last=False, maintain_order=True)


@dataclass(frozen=True)
class _DefectWriter:
    """Words the findings of one file."""

    side: Side
    file: str
    translate: Callable[[str], str]

    def build_row(self, finding: Finding) -> tuple[str | int | None, ...]:
        """Return ``finding`` as a row of DEFECTS."""
        what, consequence = (self.fill(text, finding.facts) for text in explain(finding.kind))
        kind = str(finding.facts.get("of", finding.kind))
        value = mask_numbers(finding.value) if finding.value is not None else None
        count = int(finding.facts.get("count", 1)) if finding.kind in _SUMS else 1
        return (
            *(self.file, finding.row, finding.column, value, what, consequence),
            *(kind, self.side.value, finding.sheet, count),
        )

    def fill(self, text: str, facts: Mapping[str, str | int]) -> str:
        """Return the message ``text`` in the language of the list, with its facts."""
        worded = {
            name: self.translate(str(fact)) if name in _MESSAGE_FACTS else fact
            for name, fact in facts.items()
        }
        return self.translate(text).format(**worded)

    def sum_up(self, findings: Sequence[Finding]) -> list[Finding]:
        """Return the first findings of each kind, and one for the rest of them."""
        groups: dict[tuple[str, str | None, str | None], list[Finding]] = defaultdict(list)
        for finding in findings:
            groups[finding.kind, finding.column, finding.sheet].append(finding)
        shown: list[Finding] = []
        for (kind, column, sheet), found in groups.items():
            shown += found[:MAX_LISTED]
            if rest := found[MAX_LISTED:]:
                facts: dict[str, str | int] = {
                    "count": len(rest),
                    "last": rest[-1].row or 0,
                    "of": kind,
                    "consequence": self.fill(explain(kind)[1], rest[0].facts),
                }
                shown.append(Finding("more", column=column, sheet=sheet, facts=facts))
        return shown
