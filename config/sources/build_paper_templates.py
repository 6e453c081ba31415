"""The Word templates in ``config/papers/``: ``python config/sources/build_paper_templates.py config/papers``.

Needs python-docx (MIT), which gapmatch itself does not. The templates may also be changed by hand in Word
or WPS; then this script is no longer needed for them. Page and type follow GB/T 9704-2012 (official
documents) for the reply and letters; the slip is denser, so that a firm fits on one page.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

BODY, TITLE, HEAD = "仿宋", "方正小标宋简体", "黑体"
LATIN = "Times New Roman"
CREATED = datetime(2000, 1, 1, tzinfo=UTC)


class Paper:
    """A document on A4, with the few kinds of lines that the papers have."""

    def __init__(self, margins: tuple[float, float, float, float], size: float) -> None:
        self.document: Any = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        top, right, bottom, left = map(Mm, margins)
        section.top_margin, section.right_margin = top, right
        section.bottom_margin, section.left_margin = bottom, left
        section.header_distance, section.footer_distance = Mm(8), Mm(8)
        style = self.document.styles["Normal"]
        style.font.size, style.font.name = Pt(size), LATIN
        style.element.rPr.rFonts.set(qn("w:eastAsia"), BODY)
        style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
        for language in self.document.styles.element.iter(qn("w:lang")):
            language.set(qn("w:eastAsia"), "zh-CN")
        core = self.document.core_properties
        core.author, core.created, core.modified = "", CREATED, CREATED
        core.last_modified_by, core.title = "", ""
        self.size = size

    def line(  # noqa: PLR0913 - how a line looks, by name
        self,
        text: str,
        *,
        font: str = BODY,
        size: float | None = None,
        align: str = "left",
        indent: float = 0,
        spacing: float | None = None,
        before: float = 0,
        after: float = 0,
        bold: bool = False,
        keep: bool = False,
        into: Any = None,
    ) -> Any:
        """Add a paragraph; ``indent`` in characters, ``spacing`` in points."""
        paragraph = (into or self.document).add_paragraph()
        self._format(paragraph, align, spacing, before, after)
        if indent:
            paragraph.paragraph_format.first_line_indent = Pt((size or self.size) * indent)
        paragraph.paragraph_format.keep_with_next = keep or None
        self.run(paragraph, text, font, size, bold=bold)
        return paragraph

    def _format(
        self, paragraph: Any, align: str, spacing: float | None, before: float, after: float
    ) -> None:
        shape = paragraph.paragraph_format
        shape.alignment = getattr(WD_ALIGN_PARAGRAPH, align.upper())
        shape.space_before, shape.space_after = Pt(before), Pt(after)
        if spacing:
            shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(spacing)

    def run(
        self,
        paragraph: Any,
        text: str,
        font: str = BODY,
        size: float | None = None,
        *,
        bold: bool = False,
    ) -> None:
        """Add a text to a paragraph."""
        run = paragraph.add_run(text)
        run.font.name, run.font.bold = LATIN, bold or None
        run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)
        if size:
            run.font.size = Pt(size)

    def table(self, widths: list[float]) -> Any:
        """Add a table with lines; ``widths`` in millimetres."""
        table = self.document.add_table(rows=0, cols=len(widths))
        table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        return table

    def row(  # noqa: PLR0913 - how a row looks, by name
        self,
        table: Any,
        texts: list[str],
        widths: list[float],
        *,
        size: float,
        bold: int = 0,
        align: str = "left",
        height: float = 0,
        header: bool = False,
    ) -> None:
        """Add a row; its first ``bold`` cells are labels."""
        row = table.add_row()
        if height:
            row.height = Mm(height)
        properties = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if header:
            properties.append(OxmlElement("w:tblHeader"))
        for place, (cell, text, width) in enumerate(zip(row.cells, texts, widths, strict=True)):
            cell.width, cell.vertical_alignment = Mm(width), 1
            paragraph = cell.paragraphs[0]
            centred = place < bold or align == "center"
            self._format(paragraph, "center" if centred else align, None, 1.5, 1.5)
            self.run(paragraph, text, HEAD if place < bold else BODY, size)

    def page_numbers(self, text: str) -> None:
        """Put ``text`` and the number of the page below every page; ``text`` has one ``{}``."""
        paragraph = self.document.sections[0].footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        before, _mark, after = text.partition("{}")
        self.run(paragraph, before, size=10.5)
        run = paragraph.add_run()
        run.font.size = Pt(10.5)
        for kind, code in (("begin", ""), ("", "PAGE"), ("end", "")):
            element = OxmlElement("w:fldChar" if kind else "w:instrText")
            if kind:
                element.set(qn("w:fldCharType"), kind)
            else:
                element.text = code
            run._element.append(element)
        self.run(paragraph, after, size=10.5)


OFFICIAL = (37, 26, 35, 28)
"""Margins of an official document in millimetres: top, right, bottom, left (GB/T 9704-2012)."""
LETTER = (30, 26, 26, 28)
"""Margins of a letter, which is to stay on one page whatever the firm's name."""


def reply_zh() -> Paper:
    """Return the reply to the province."""
    paper = Paper(OFFICIAL, 16)
    text = partial(paper.line, indent=2, spacing=28, align="justify")
    head = partial(paper.line, font=HEAD, indent=2, spacing=28, keep=True)
    paper.line("关于{{quarter}}正常纳税未参保企业", font=TITLE, size=22, align="center", spacing=32)
    paper.line("名单核查情况的复函", font=TITLE, size=22, align="center", spacing=32, after=14)
    paper.line("（主送机关）：", spacing=28)
    text(
        "贵单位下发的正常纳税未参保企业名单（{{lists}}）收悉。我局与社会保险参保单位逐户比对，现将核查情况函复如下："
    )
    head("一、总体情况")
    text("{{list_size}}经核查：")
    text("（一）列错{{refuted}}户，占{{refuted_share}}。这些企业已有参保记录，或由总公司参保。")
    text(
        "（二）不在范围{{outside}}户，占{{outside_share}}。为机关事业单位、已注销或迁出的企业、无雇工的个体工商户等。"
    )
    text(
        "（三）未经营{{not_operating}}户，占{{not_operating_share}}。未找到参保记录，也看不出在经营。"
    )
    text("（四）待定{{to_settle}}户，占{{to_settle_share}}。现有数据不能断定，正在逐户核实。")
    text(
        "（五）属实{{confirmed}}户，占{{confirmed_share}}。未见停业迹象，参保单位中找不到，或曾参保、现已停缴。"
    )
    head("二、下一步安排")
    text(
        "属实的企业，本季走访{{tier_a}}户，预计可新增参保约{{expected}}人{{rest}}。{{other_visits}}"
    )
    text("待定的企业核实后，另行函报。各县（市、区）情况见附件1，逐户结论和依据见附件2。")
    text("专此函复。")
    paper.line("附件：1. 各县（市、区）核查情况表", indent=2, spacing=28, before=14)
    paper.line("2. 核查结果（另附电子表格）", indent=5, spacing=28)
    paper.line("（单位名称）　　", align="right", spacing=28, before=28)
    paper.line("　　年　　月　　日　　", align="right", spacing=28)
    widths = [10, 42, 19, 14, 19, 17, 14, 16, 18]
    paper.line("附件1", font=HEAD, spacing=28).paragraph_format.page_break_before = True
    paper.line("各县（市、区）核查情况表", font=TITLE, size=18, align="center", spacing=30, after=8)
    table = paper.table(widths)
    titles = [
        "序号",
        "县（市、区）",
        "名单户数",
        "列错",
        "不在范围",
        "未经营",
        "待定",
        "属实",
        "属实，本季走访",
    ]
    paper.row(table, titles, widths, size=10.5, bold=9, header=True)
    columns = ("firms", "refuted", "outside", "not_operating", "to_settle", "confirmed", "tier_a")
    cells = [f"{{{{counties.{name}}}}}" for name in ("number", "county", *columns)]
    paper.row(table, cells, widths, size=10.5, align="center")
    totals = [f"{{{{{name}}}}}" for name in columns]
    paper.row(table, ["", "合计", *totals], widths, size=10.5, align="center")
    paper.page_numbers("— {} —")
    return paper


def reply_en() -> Paper:
    """Return the reply in English."""
    paper = Paper((25, 25, 25, 25), 12)
    text = partial(paper.line, after=6, align="justify")
    paper.line(
        "Reply on the list of taxed firms without social insurance, {{quarter}}",
        size=16, align="center", bold=True, after=12,
    )  # fmt: skip
    text("To: (recipient)")
    text(
        "We have checked your list ({{lists}}) firm by firm against the enrolled units, with the following result."
    )
    text("{{list_size}}")
    text(
        "1. Listed wrongly: {{refuted}} firms ({{refuted_share}}). They are insured, themselves or by their head office."
    )
    text(
        "2. Out of scope: {{outside}} ({{outside_share}}). They are public bodies, firms that were deregistered or moved away, or sole traders without workers."
    )
    text(
        "3. Not operating: {{not_operating}} ({{not_operating_share}}). No enrollment and no sign of operation was found."
    )
    text(
        "4. To settle: {{to_settle}} ({{to_settle_share}}). The data do not settle these; they are being looked into."
    )
    text(
        "5. Confirmed: {{confirmed}} ({{confirmed_share}}). There is no sign that they ceased to operate, and they are not among the enrolled units, or no longer pay."
    )
    text(
        "Of the confirmed firms, {{tier_a}} will be visited this quarter, which is expected to bring about {{expected}} persons into insurance"
        "{{rest}}. {{other_visits}}"
    )
    text("Annex 1: results by county. Annex 2: verdict and evidence for every firm (workbook).")
    paper.line("(office)          (date)", align="right", before=24)
    widths = [9, 27, 14, 17, 15, 21, 16, 22, 22]
    paper.line(
        "Annex 1: results by county", bold=True, after=6
    ).paragraph_format.page_break_before = True
    table = paper.table(widths)
    titles = [
        "No.",
        "County",
        "Firms",
        "Listed wrongly",
        "Out of scope",
        "Not operating",
        "To settle",
        "Confirmed",
        "Confirmed, visit now",
    ]
    paper.row(table, titles, widths, size=9, bold=9, header=True)
    columns = ("firms", "refuted", "outside", "not_operating", "to_settle", "confirmed", "tier_a")
    cells = [f"{{{{counties.{name}}}}}" for name in ("number", "county", *columns)]
    paper.row(table, cells, widths, size=9, align="center")
    paper.row(
        table,
        ["", "Total", *(f"{{{{{name}}}}}" for name in columns)],
        widths,
        size=9,
        align="center",
    )
    paper.page_numbers("{}")
    return paper


SLIP = (12, 14, 10, 14)
"""Margins of the slip in millimetres."""


def slip_zh() -> Paper:
    """Return the page that a visitor takes to a firm."""
    paper = Paper(SLIP, 10.5)
    paper.line("参 保 走 访 单", font=TITLE, size=20, align="center", spacing=26)
    paper.line(
        "{{quarter}}　{{county}}　第 {{rank}} 号　{{tier}}　案件编号 {{case}}",
        align="center",
        after=4,
    )
    _firm_table(
        paper,
        [
            ("企业名称", "{{name}}", "", ""),
            ("统一社会\n信用代码", "{{code}}", "行　业", "{{industry}}"),
            ("乡镇街道", "{{town}}", "联系人", "{{contact}}"),
            ("地　　址", "{{address}}", "", ""),
        ],
    )
    section = partial(paper.line, font=HEAD, size=11, before=6, after=1, keep=True)
    text = partial(paper.line, indent=2, spacing=16, align="justify")
    section("一、为什么来")
    text("{{why}}")
    text("{{attention}}")
    section("二、参保要花多少钱")
    text("{{cost}}")
    section("三、参保得到什么")
    text(
        "养老：缴费满规定年限，到龄按月领取养老金。失业：非本人意愿失业，可领失业金，期间代缴医疗保险费。工伤：工伤医疗、伤残和工亡待遇由基金支付，不由企业承担。"
    )
    section("四、不参保的风险")
    paper.line("{{risks}}", size=9.5, spacing=14)
    section("五、可以讲的政策")
    paper.line("{{policies}}", size=9.5, spacing=14)
    section("六、走访结果（在□内打√）")
    _tabs(paper.line("{{outcomes}}", spacing=19), 36.4)
    paper.line(
        f"现场实际用工 {'_' * 10} 人　　已参保 {'_' * 10} 人　　本次新增参保 {'_' * 10} 人",
        spacing=23,
    )
    paper.line(f"未参保的原因 {'_' * 76}", spacing=23)
    paper.line(f"备　　　　注 {'_' * 76}", spacing=23)
    paper.line(
        f"走访人（签名）{'_' * 16}　{'_' * 16}　　企业人员（签名）{'_' * 18}", spacing=30, before=6
    )
    paper.line(
        f"走访日期 {'_' * 8}年{'_' * 5}月{'_' * 5}日　　　　　　　　企业联系电话 {'_' * 20}",
        spacing=26,
    )
    paper.line(
        "名单由税务、社保数据比对得出，是线索不是结论，以现场核实为准；结果请录入县区工作簿的“走访名单”。",
        size=9,
        before=4,
    )
    return paper


def _firm_table(paper: Paper, rows: list[tuple[str, str, str, str]]) -> None:
    """Add what is known of a firm; a row without a second label has one wide cell."""
    widths = [24, 72, 20, 66]
    table = paper.table([float(width) for width in widths])
    for label, value, second, other in rows:
        paper.row(
            table, [label, value, second, other], [float(w) for w in widths], size=10.5, height=8
        )
        cells = table.rows[-1].cells
        _label(paper, cells[0], label)
        if second:
            _label(paper, cells[2], second)
        else:
            cells[1].merge(cells[3])
            for empty in cells[1].paragraphs[1:]:
                empty._element.getparent().remove(empty._element)


def _tabs(paragraph: Any, width: float) -> None:
    """Set tab stops every ``width`` millimetres."""
    for number in range(1, 5):
        paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(width * number))


def _label(paper: Paper, cell: Any, text: str) -> None:
    paragraph = cell.paragraphs[0]
    for run in list(paragraph.runs):
        run._element.getparent().remove(run._element)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paper.run(paragraph, text, HEAD, 10)


def slip_en() -> Paper:
    """Return the slip in English."""
    paper = Paper(SLIP, 10)
    paper.line("Visit slip", size=18, align="center", bold=True)
    paper.line(
        "{{quarter}}   {{county}}   No. {{rank}}   {{tier}}   case {{case}}",
        align="center",
        after=4,
    )
    _firm_table(
        paper,
        [
            ("Firm", "{{name}}", "", ""),
            ("Credit code", "{{code}}", "Industry", "{{industry}}"),
            ("Town", "{{town}}", "Contact", "{{contact}}"),
            ("Address", "{{address}}", "", ""),
        ],
    )
    section = partial(paper.line, bold=True, before=6, after=1, keep=True)
    text = partial(paper.line, align="justify")
    section("1. Reason for the visit")
    text("{{why}}")
    text("{{attention}}")
    section("2. Cost of enrolling")
    text("{{cost}}")
    section("3. What the insured receive")
    text(
        "Pension: a monthly pension from retirement age, after the required years of contributions. Unemployment: benefit after losing a job involuntarily, with medical insurance paid meanwhile. Work injury: treatment, disability and death benefits are paid by the fund, not by the firm."
    )
    section("4. Risks of not enrolling")
    paper.line("{{risks}}", size=9.5)
    section("5. Policies to mention")
    paper.line("{{policies}}", size=9.5)
    section("6. Outcome (tick one)")
    _tabs(paper.line("{{outcomes}}", spacing=16), 36.4)
    paper.line(
        f"Persons at work {'_' * 12}    insured {'_' * 12}    newly insured {'_' * 12}", spacing=23
    )
    paper.line(f"Why not insured {'_' * 80}", spacing=23)
    paper.line(f"Remark {'_' * 88}", spacing=23)
    paper.line(
        f"Visitors (signature) {'_' * 16}  {'_' * 16}    For the firm (signature) {'_' * 20}",
        spacing=30,
    )
    paper.line(f"Date {'_' * 24}    Phone {'_' * 24}", spacing=26)
    paper.line(
        "The list comes from comparing tax and insurance data: a lead, not a finding. Enter the outcome in the county workbook.",
        size=9,
        before=4,
    )
    return paper


def notice_zh() -> Paper:
    """Return the notice to a firm that insures nobody."""
    paper = Paper(LETTER, 15)
    text = partial(paper.line, indent=2, spacing=24, align="justify")
    paper.line("社会保险参保登记告知书", font=TITLE, size=22, align="center", spacing=34, after=4)
    paper.line("编号：{{case}}", size=12, align="right", spacing=22, after=6)
    paper.line("{{name}}（统一社会信用代码：{{code}}）：", spacing=24)
    text("{{why}}")
    text(
        "《中华人民共和国社会保险法》第五十七条、第五十八条规定，用人单位应当自成立之日起三十日内申请办理社会保险登记，"
        "自用工之日起三十日内为职工办理参保登记。请贵单位收到本告知书后十五日内，到____________办理参保登记；"
        "已经参保的，请告知参保单位名称和单位编号；没有用工的，请书面说明。"
    )
    text("{{cost}}")
    text("不依法参保的，承担以下责任：")
    paper.line("{{risks}}", size=11.5, spacing=17)
    text("联系人：________________　　电话：________________")
    paper.line("（单位名称、印章）　　", align="right", spacing=24, before=12)
    paper.line("年　　月　　日　　", align="right", spacing=24)
    paper.line(
        "送达回证：收到人（签名）______________　　日期______________",
        size=12,
        spacing=26,
        before=8,
    )
    return paper


def notice_en() -> Paper:
    """Return the notice in English."""
    paper = Paper((25, 25, 25, 25), 12)
    text = partial(paper.line, after=8, align="justify")
    paper.line(
        "Notice to register for social insurance", size=16, align="center", bold=True, after=6
    )
    paper.line("No. {{case}}", align="right", after=6)
    text("{{name}} (credit code {{code}})")
    text("{{why}}")
    text(
        "Under articles 57 and 58 of the Social Insurance Law, an employer must register within thirty days of its founding, and enroll its "
        "workers within thirty days of hiring them. Please register at ________________ within fifteen days of receiving this notice. If "
        "your firm is already enrolled, please give us the name and number of the unit; if it employs nobody, please state so in writing."
    )
    text("{{cost}}")
    text("An employer that does not enroll its workers is liable as follows:")
    paper.line("{{risks}}", size=11, after=8)
    text("Contact ________________    Phone ________________")
    paper.line("(office, seal)          (date)", align="right", before=24)
    paper.line("Received by ______________    Date ______________", before=20)
    return paper


def unit_letter_zh() -> Paper:
    """Return the letter to a unit that insures too few people, in too few lines, or no more."""
    paper = Paper(LETTER, 15)
    text = partial(paper.line, indent=2, spacing=24, align="justify")
    paper.line("关于补办社会保险的提示函", font=TITLE, size=22, align="center", spacing=34, after=4)
    paper.line("编号：{{case}}", size=12, align="right", spacing=22, after=6)
    paper.line("{{unit_name}}（单位编号：{{unit_id}}）：", spacing=24)
    text("{{why}}")
    text(
        "请贵单位于收到本函后十五日内到____________，对照实际用工核对参保人数和险种，应保未保的及时补办；"
        "情况有出入的，请书面说明并附用工和工资发放材料。"
    )
    text("{{cost}}")
    text("不依法补办的，承担以下责任：")
    paper.line("{{risks}}", size=11.5, spacing=17)
    text("依据：《中华人民共和国社会保险法》第五十八条、第六十条，《社会保险稽核办法》第九条。")
    text("联系人：________________　　电话：________________")
    paper.line("（单位名称、印章）　　", align="right", spacing=24, before=12)
    paper.line("年　　月　　日　　", align="right", spacing=24)
    return paper


def unit_letter_en() -> Paper:
    """Return the letter to a unit in English."""
    paper = Paper((25, 25, 25, 25), 12)
    text = partial(paper.line, after=8, align="justify")
    paper.line("Letter on incomplete social insurance", size=16, align="center", bold=True, after=6)
    paper.line("No. {{case}}", align="right", after=6)
    text("{{unit_name}} (unit {{unit_id}})")
    text("{{why}}")
    text(
        "Within fifteen days of receiving this letter, please check the persons and lines insured against your staff at ________________ "
        "and complete what is missing. If the figures are wrong, please state so in writing, with your staff and wage records."
    )
    text("{{cost}}")
    text("Otherwise the unit is liable as follows:")
    paper.line("{{risks}}", size=11, after=8)
    text(
        "Basis: Social Insurance Law, art. 58 and 60; Measures on Auditing Social Insurance, art. 9."
    )
    text("Contact ________________    Phone ________________")
    paper.line("(office, seal)          (date)", align="right", before=24)
    return paper


PAPERS: dict[str, Callable[[], Paper]] = {
    "reply.zh": reply_zh,
    "reply.en": reply_en,
    "slip.zh": slip_zh,
    "slip.en": slip_en,
    "notice.zh": notice_zh,
    "notice.en": notice_en,
    "unit_letter.zh": unit_letter_zh,
    "unit_letter.en": unit_letter_en,
}


def main(folder: Path) -> None:
    """Write every template."""
    folder.mkdir(exist_ok=True)
    for name, build in PAPERS.items():
        saved = BytesIO()
        build().document.save(saved)
        _write_dated(saved, folder / f"{name}.docx")


def _write_dated(saved: BytesIO, path: Path) -> None:
    """Write a package again with one date for all parts: the same template gives the same bytes."""
    with ZipFile(saved) as package, ZipFile(path, "w", ZIP_DEFLATED) as written:
        for name in package.namelist():
            part = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            part.compress_type = ZIP_DEFLATED
            written.writestr(part, package.read(name))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
