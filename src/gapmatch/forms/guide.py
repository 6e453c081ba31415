"""The pages to read: what the lists are, how to fill them in."""

from collections.abc import Mapping
from typing import NamedTuple

from gapmatch.forms.sheet_model import TextSheet
from gapmatch.i18n import _
from gapmatch.results.run_results import PublishOptions
from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.vocabulary.labels import county_label, status_labels, status_meanings
from gapmatch.vocabulary.outcomes import outcomes


def format_quarter(quarter: str) -> str:
    """Return ``2022Q4`` as officials write it."""
    number = {"1": _("第一季度"), "2": _("第二季度"), "3": _("第三季度"), "4": _("第四季度")}
    return _("{year}年{quarter}").format(
        year=quarter[:4], quarter=number.get(quarter[-1:], quarter)
    )


class Guide(NamedTuple):
    """What the guides of all counties share."""

    quarter: str
    options: PublishOptions
    policies: tuple[tuple[str, str], ...]


def build_county_guide(county: str, guide: Guide, counts: Mapping[str, int]) -> TextSheet:
    """Return how to read the county workbook, in ten lines, and what the words mean."""
    policies = [("", ""), (_("【可用政策】"), ""), *guide.policies] if guide.policies else []
    first = (
        [
            (
                _("先分派"),
                _(
                    "清册中没有写明、地址中也看不出县区的企业。请市（州）局按地址或主管税务机关分派给县区，再走访。"
                ),
            )
        ]
        if county == UNKNOWN_COUNTY
        else []
    )
    lines = [*first, *_ten_lines(counts, guide.options), ("", ""), *_meanings(), *policies]
    title = _("{county}  {quarter}  参保扩面工作簿（是线索，不是结论）：怎么看、怎么填")
    return TextSheet(
        _("说明"), title.format(county=county_label(county), quarter=guide.quarter), tuple(lines)
    )


def _ten_lines(counts: Mapping[str, int], options: PublishOptions) -> list[tuple[str, str]]:
    contacts = (
        _("本表含完整的联系人和电话，仅供本季走访使用，请勿转发，用后妥善保管。")
        if options.with_contacts
        else _("联系人和电话已作遮挡处理；确需完整号码的，请向市（州）局申请。")
    )
    return [
        (
            _("走访名单"),
            _(
                "共 {n} 户。A 层本季走访，B 层下季，C 层以后；同层内按乡镇排列，序号越小越值得先去。"
            ).format(n=counts["visits"]),
        ),
        (
            _("待核实"),
            _(
                "共 {n} 对。两边可能是同一家，机器不敢断定；请认定是否同一单位。认定前不算未参保。"
            ).format(n=counts["review"]),
        ),
        (
            _("人数不足与断缴"),
            _("共 {n} 户。已参保，但人数、险种有缺口或已停缴。").format(n=counts["shortages"]),
        ),
        (
            _("复查"),
            _("共 {n} 户。看不出在经营，不必专程走访；顺路或电话核实即可。").format(
                n=counts["recheck"]
            ),
        ),
        (
            _("怎么填"),
            _("只填黄色列：结果从下拉列表选择，日期、人数、备注照实填写；空着表示还没有去。"),
        ),
        (
            _("筛选和排序"),
            _(
                "表头可直接筛选。要排序，请先点“审阅→撤销工作表保护”（无密码）。可以排序、删行、改列宽，"
                "请勿改动隐藏的“系统标识”列。"
            ),
        ),
        (
            _("估计数"),
            _(
                "估计用工由申报人数、工资、销售和税额推算，区间表示十次有八次落在其中；以走访所见为准。"
            ),
        ),
        (
            _("可用政策"),
            _("走访时可以向企业说明的政策，内容见下；标“未核对原文”的请先核对文件原文。"),
        ),
        (_("联系人"), contacts),
        (_("交回"), _("填好后把本文件原样交回市（州）局，文件名可改；重复交回不会重复计算。")),
    ]


def _meanings() -> list[tuple[str, str]]:
    """What the outcomes to choose from and the statuses mean."""
    chosen = [o for o in outcomes().values() if "visits" in o.sheets or "recheck" in o.sheets]
    labels, meanings = status_labels(), status_meanings()
    return [
        (_("【走访结果】"), ""),
        *((o.label, o.meaning) for o in chosen),
        ("", ""),
        (_("【企业状态】"), ""),
        *((labels[status], meanings[status]) for status in labels),
    ]


def build_prefecture_guide(quarter: str) -> TextSheet:
    """Return how to read the prefecture workbook."""
    return TextSheet(
        _("说明"),
        _("{quarter}  参保扩面汇总：怎么看").format(quarter=quarter),
        (
            (
                _("各县区"),
                _("每县区一行：纳税户数、各种状态的户数、走访目标和预计新增参保人数；末行为合计。"),
            ),
            (_("重点走访"), _("全市（州）排在最前的企业；各县区的完整名单见 counties 文件夹。")),
            (_("质量"), _("比对可能有多少差错、数据里发现了哪些问题，与上季相比有何变化。")),
            ("", ""),
            (_("【企业状态】"), ""),
            *((status_labels()[s], status_meanings()[s]) for s in status_labels()),
        ),
    )
