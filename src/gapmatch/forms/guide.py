"""The pages to read: what the lists are, how to fill them in."""

from collections.abc import Mapping
from typing import NamedTuple

from gapmatch.forms.sheet_model import TextSheet
from gapmatch.i18n import _, get_language
from gapmatch.results.run_results import PublishOptions
from gapmatch.schemas import UNKNOWN_COUNTY
from gapmatch.vocabulary.labels import label_county, list_status_labels, list_status_meanings
from gapmatch.vocabulary.outcomes import load_outcomes
from gapmatch.wording.review_words import describe_review_duty


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
    risks: tuple[tuple[str, str], ...] = ()


def build_county_guide(county: str, guide: Guide, counts: Mapping[str, int]) -> TextSheet:
    """Return how to read the county workbook, line by line, and what the words mean."""
    policies = [("", ""), (_("【可用政策】"), ""), *guide.policies] if guide.policies else []
    risks = [("", ""), (_("【不参保的风险】"), ""), *guide.risks] if guide.risks else []
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
    lines = [
        *first,
        *_list_sheets(counts),
        *_list_rules(guide.options),
        ("", ""),
        *_list_meanings(),
        *policies,
        *risks,
    ]
    title = _("{county}  {quarter}  参保扩面工作簿（是线索，不是结论）：怎么看、怎么填")
    return TextSheet(
        _("说明"), title.format(county=label_county(county), quarter=guide.quarter), tuple(lines)
    )


def _list_sheets(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """What is on each sheet."""
    return [
        (
            _("走访名单"),
            _(
                "共 {n} 户。先是待跟进的（走访过、还没有办结），再是本季走访的 A 层，按乡镇排列。"
            ).format(n=counts["visits"]),
        ),
        (
            _("走访依据"),
            _("共 {n} 户。每户的估计人数、理由、可用政策；只看不填。").format(n=counts["evidence"]),
        ),
        (
            _("后续名单"),
            _("共 {n} 户。B 层下季走访，C 层以后；顺路走访了的也可以填。").format(
                n=counts["later"]
            ),
        ),
        (
            _("待核实"),
            _("共 {n} 对，可能是同一家，机器不敢断定：{duty}。认定前不算未参保。").format(
                n=counts["review"], duty=describe_review_duty(get_language())
            ),
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
            _("其他未办结"),
            _("共 {n} 件。曾列入走访、还没有去、本季未再列入；核实后填写结果。").format(
                n=counts["unfinished"]
            ),
        ),
    ]


def _list_rules(options: PublishOptions) -> list[tuple[str, str]]:
    """How to work with the sheets."""
    contacts = (
        _("本表含完整的联系人和电话，仅供本季走访使用，请勿转发，用后妥善保管。")
        if options.with_contacts
        else _("联系人和电话已作遮挡处理；确需完整号码的，请向市（州）局申请。")
    )
    return [
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


def _list_meanings() -> list[tuple[str, str]]:
    """What the outcomes to choose from and the statuses mean."""
    chosen = [o for o in load_outcomes().values() if "visits" in o.sheets or "recheck" in o.sheets]
    labels, meanings = list_status_labels(), list_status_meanings()
    return [
        (_("【走访结果】"), ""),
        *((o.label, o.meaning) for o in chosen),
        ("", ""),
        (_("【表中用语】"), ""),
        *_list_terms(),
        ("", ""),
        (_("【企业状态】"), ""),
        *((labels[status], meanings[status]) for status in labels),
    ]


def _list_terms() -> tuple[tuple[str, str], ...]:
    """Every other word that stands on the sheets and is not everyday Chinese."""
    return (
        (_("层级"), _("A 层本季走访，B 层下季，C 层以后。")),
        (
            _("序号"),
            _(
                "本县区的走访次序，越小越值得先去；走访单上的“第几号”就是它，排列也与走访名单相同。"
                "待跟进而本季未列入的没有序号。"
            ),
        ),
        (_("待跟进"), _("走访过、还没有办结的：再走访、等移送答复，或督促办理；括号内是期限。")),
        (_("抽查"), _("随机抽取的走访户，用来检验名单准不准；请照常走访，结果同样重要。")),
        (_("案件编号"), _("每户一个，终身不变；以后各季、各表都用它。")),
        (_("新增"), _("本季第一次列入走访。")),
        (_("结转"), _("以前列入、没有办结，本季继续。")),
        (_("重新列入"), _("曾经办结或找到参保记录，本季又出现缺口。")),
        (_("类别"), _("新参保、补险种、补人数、续缴：这一户缺的是什么。")),
        (_("预计新增参保人数"), _("走访一次平均能新增的人数，已折算办成的可能性，所以有小数。")),
        (_("每人每月缴费"), _("为一名职工参保，单位每月大约缴多少；实际金额以经办机构核定为准。")),
        (_("企业参保成本"), _("全部办理后单位每年缴费的估计，供解释时参考。")),
        (_("预计补贴"), _("可用政策中能算出金额的部分，每年。")),
        (_("相差人数"), _("估计用工减去已参保人数。")),
        (_("系统标识"), _("隐藏列，交回时用来认出企业；丢失时按名称和代码找。")),
    )


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
            (_("走访进展"), _("每县区一行：已走访、已办结、走访后参保、拒不参保和逾期未走访。")),
            (_("重点走访"), _("全市（州）排在最前的企业；各县区的完整名单见 counties 文件夹。")),
            (_("质量"), _("比对可能有多少差错、数据里发现了哪些问题，与上季相比有何变化。")),
            ("", ""),
            (_("【企业状态】"), ""),
            *((list_status_labels()[s], list_status_meanings()[s]) for s in list_status_labels()),
        ),
    )
