"""The headings of the lists in a county workbook; ``rows.py`` gives the rows under them."""

from gapmatch.forms.keys import CHECK
from gapmatch.forms.sheet_model import Heading
from gapmatch.i18n import _
from gapmatch.vocabulary.labels import list_labels
from gapmatch.vocabulary.outcomes import list_outcome_choices


def list_visit_headings() -> tuple[Heading, ...]:
    """Return the columns of the list that a clerk works with, on paper and on a phone."""
    return (
        Heading("county_rank", _("序号"), 4.5, "integer"),
        Heading("name", _("纳税人名称"), 20),
        *_build_entries(list_outcome_choices("visits"), _("走访结果"), _("走访日期")),
        _build_persons_entry(),
        _build_remark_entry(),
        Heading("town", _("乡镇\n（街道）"), 8.5),
        Heading("address", _("地址"), 20),
        Heading("contact_lines", _("联系人"), 11.5),
        Heading("task", _("事由和要做的事"), 24, "long"),
        *_build_reference(),
    )


def list_evidence_headings() -> tuple[Heading, ...]:
    """Return the columns of the list of reasons for each visit."""
    return (
        Heading("county_rank", _("序号"), 4.5, "integer"),
        Heading("name", _("纳税人名称"), 19),
        Heading("tier", _("层级"), 5.5, "centre"),
        Heading("kind", _("类别"), 7, "centre"),
        Heading("headcount", _("估计\n用工"), 6.5, "integer"),
        Heading("interval", _("估计区间"), 8, "centre"),
        Heading("expected_new_enrollees", _("预计新增\n参保人数"), 8.5, "decimal"),
        Heading("reason", _("理由"), 38, "long"),
        Heading("policies", _("可用政策"), 10, "long"),
        Heading("subsidy_estimate", _("预计补贴\n（元/年）"), 8, "money"),
        Heading("monthly_cost", _("每人每月\n缴费（元）"), 8.5, "money"),
        Heading("enrolling_cost", _("企业参保\n成本\n（元/年）"), 9, "money"),
        Heading("risks", _("不参保的风险"), 26, "long", printed=False),
        *_build_reference()[:-1],
    )


def list_later_headings() -> tuple[Heading, ...]:
    """Return the columns of the list of firms to visit in later quarters."""
    rank, name, *rest = list_visit_headings()
    return (rank, name, Heading("tier", _("层级"), 5.5, "centre"), *rest)


def list_unfinished_headings() -> tuple[Heading, ...]:
    """Return the columns of the list of cases that no other list has."""
    return (
        Heading("case", _("案件编号"), 11),
        Heading("name", _("纳税人名称"), 16),
        *_build_entries(list_outcome_choices("visits"), _("走访结果"), _("走访日期")),
        _build_remark_entry(),
        Heading("town", _("乡镇\n（街道）"), 8.5),
        Heading("address", _("地址"), 24),
        Heading("task", _("事由和要做的事"), 34, "long"),
        Heading("code", _("统一社会信用代码\n（纳税人识别号）"), 19, "code", printed=False),
        _build_key(),
    )


def list_handover_headings() -> tuple[Heading, ...]:
    """Return the columns of a list that another authority works through and returns."""
    return (
        Heading("case", _("案件编号"), 11),
        Heading("name", _("纳税人名称"), 16),
        *_build_entries(list_outcome_choices("handover"), _("处理结果"), _("处理日期")),
        _build_persons_entry(),
        _build_remark_entry(),
        Heading("county", _("县（市、区）"), 9),
        Heading("code", _("统一社会信用代码\n（纳税人识别号）"), 19, "code"),
        Heading("address", _("地址"), 18),
        Heading("contact_lines", _("联系人"), 11.5),
        Heading("task", _("移交事由和时限"), 24, "long"),
        _build_key(),
    )


def list_correction_headings() -> tuple[Heading, ...]:
    """Return the columns of the sheet of visits that an import left out."""
    return (
        Heading("row", _("行"), 5, "integer"),
        Heading("name", _("纳税人名称"), 20),
        *_build_entries(list_outcome_choices("visits"), _("走访结果"), _("走访日期")),
        _build_persons_entry(),
        _build_remark_entry(),
        Heading("reason_left", _("未采用的原因"), 34, "long"),
        Heading("file", _("文件"), 16),
        Heading("sheet", _("工作表"), 9),
        Heading("code", _("统一社会信用代码\n（纳税人识别号）"), 19, "code", printed=False),
        _build_key(),
    )


def list_review_headings() -> tuple[Heading, ...]:
    """Return the columns of the list of pairs to be settled."""
    return (
        Heading("number", _("序号"), 4.5, "integer"),
        Heading("name", _("纳税人名称（税务）"), 19, marked=True),
        Heading("enrollment_name", _("参保单位名称（社保）"), 19, marked=True),
        Heading(
            "verdict",
            _("认定结果"),
            11.5,
            "choice",
            entry=True,
            hint=_("请从下拉列表中选择：同一单位、不是同一单位、无法判断。"),
            choices=tuple(list_labels("review_verdict").values()),
        ),
        _build_remark_entry(),
        Heading("probability", _("是同一家\n的可能性"), 8.5, "percent"),
        Heading("agrees", _("相同之处"), 12),
        Heading("differs", _("不同之处"), 11),
        Heading("insured", _("参保\n人数"), 5.5, "integer"),
        Heading("unit_id", _("单位编号"), 12, "code"),
        Heading("address", _("地址（税务）"), 12),
        Heading("enrollment_address", _("地址（社保）"), 12),
        Heading("code", _("纳税人代码"), 20, "code", marked=True, printed=False),
        Heading("enrollment_code", _("参保单位代码"), 20, "code", marked=True, printed=False),
        Heading("evidence", _("证据（分值越高越像）"), 30, "long", printed=False),
        _build_key(),
    )


def list_shortage_headings() -> tuple[Heading, ...]:
    """Return the columns of the list of firms that insure too few, in too few lines, or no more."""
    return (
        Heading("county_rank", _("走访\n序号"), 5.5, "integer"),
        Heading("name", _("纳税人名称"), 21),
        Heading("status", _("情形"), 8, "centre"),
        Heading("town", _("乡镇\n（街道）"), 8.5),
        Heading("headcount", _("估计\n用工"), 6, "integer"),
        Heading("insured_count", _("已参保\n人数"), 7, "integer"),
        Heading("shortfall", _("相差\n人数"), 6, "integer"),
        Heading("pension_insured", _("养老\n参保"), 6, "integer"),
        Heading("unemployment_insured", _("失业\n参保"), 6, "integer"),
        Heading("injury_insured", _("工伤\n参保"), 6, "integer"),
        Heading("lines_missing", _("缺少\n险种"), 8),
        Heading("last_paid_month", _("最后\n缴费月份"), 8.5, "code"),
        Heading("unit_id", _("单位编号"), 12, "code"),
        Heading("status_reason", _("说明"), 28, "long"),
        Heading("unit_name", _("参保单位名称"), 26, printed=False),
        Heading("code", _("统一社会信用代码\n（纳税人识别号）"), 20, "code", printed=False),
    )


def list_recheck_headings() -> tuple[Heading, ...]:
    """Return the columns of the list of firms without a sign of operation."""
    return (
        Heading("name", _("纳税人名称"), 20),
        *_build_entries(list_outcome_choices("recheck"), _("复查结果"), _("复查日期")),
        _build_remark_entry(),
        Heading("town", _("乡镇\n（街道）"), 8.5),
        Heading("address", _("地址"), 22),
        Heading("contact_lines", _("联系人"), 11.5),
        Heading("probability_operates", _("在经营的\n可能性"), 8.5, "percent"),
        Heading("operates_evidence", _("依据"), 31, "long"),
        Heading("open_date", _("成立日期"), 11, "date", printed=False),
        Heading("code", _("统一社会信用代码\n（纳税人识别号）"), 20, "code", printed=False),
        _build_key(),
    )


def _build_reference() -> tuple[Heading, ...]:
    """Columns on the screen but not on paper: code, number of the case, key."""
    code = Heading("code", _("统一社会信用代码\n（纳税人识别号）"), 19, "code", printed=False)
    return code, Heading("case", _("案件编号"), 11, printed=False), _build_key()


def _build_entries(choices: tuple[str, ...], outcome: str, day: str) -> tuple[Heading, Heading]:
    return (
        Heading(
            "outcome",
            outcome,
            11.5,
            "choice",
            entry=True,
            hint=_("请从下拉列表中选择；各项含义见“说明”表。"),
            choices=choices,
        ),
        Heading("date", day, 10.5, "date", entry=True, hint=_("请填写日期，例如 2023-02-15。")),
    )


def _build_persons_entry() -> Heading:
    return Heading(
        "persons",
        _("新增参保\n人数"),
        7,
        "integer",
        entry=True,
        hint=_("本次走访后新参保的人数，填整数；没有则填 0。"),
    )


def _build_remark_entry() -> Heading:
    return Heading("remark", _("备注"), 12, "text", entry=True)


def _build_key() -> Heading:
    return Heading("key", _("系统标识（请勿改动）"), 10, "key")


def add_check(headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
    """Return ``headings`` with the column that tells which cells were written into."""
    texts = (h.name for h in headings if h.style in ("text", "long") and not h.entry)
    return (
        *headings,
        Heading(CHECK + ",".join(("key", *texts)), _("系统校验（请勿改动）"), 10, "key"),
    )


def list_sheets_without_entries() -> list[str]:
    """Return the names of the sheets of a county's workbook that no one fills in."""
    return [_("说明"), _("走访依据"), _("人数不足与断缴"), _("数据")]


def list_known_headings() -> list[tuple[str, str]]:
    """Return machine name and heading of every column of every list, those of former forms too."""
    lists = (
        list_visit_headings(),
        list_evidence_headings(),
        list_later_headings(),
        list_unfinished_headings(),
        list_correction_headings(),
        list_review_headings(),
        list_shortage_headings(),
        list_recheck_headings(),
        list_handover_headings(),
    )
    now = [(heading.name, heading.title) for headings in lists for heading in headings]
    former = [("date", _("日期")), ("outcome", _("处理结果")), ("code", _("代码"))]
    return [*now, (CHECK, _("系统校验（请勿改动）")), *former]
