"""What Excel, Word and WPS refuse or repair in a file of ours, by the rules of ECMA-376."""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from xml.etree import ElementTree

_SHEET_ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr"),
    *("sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState"),
    *("dataConsolidate", "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting"),
    *("dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter"),
    *("rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags"),
    *("drawing", "legacyDrawing", "tableParts", "extLst"),
)
_WORD_ORDERS: Mapping[str, tuple[str, ...]] = {
    "pPr": (
        *("pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl", "numPr"),
        *("suppressLineNumbers", "pBdr", "shd", "tabs", "suppressAutoHyphens", "kinsoku"),
        *("wordWrap", "overflowPunct", "topLinePunct", "autoSpaceDE", "autoSpaceDN", "bidi"),
        *("adjustRightInd", "snapToGrid", "spacing", "ind", "contextualSpacing", "mirrorIndents"),
        *("suppressOverlap", "jc", "textDirection", "textAlignment", "textboxTightWrap"),
        *("outlineLvl", "divId", "cnfStyle", "rPr", "sectPr", "pPrChange"),
    ),
    "rPr": (
        *("rStyle", "rFonts", "b", "bCs", "i", "iCs", "caps", "smallCaps", "strike", "dstrike"),
        *("outline", "shadow", "emboss", "imprint", "noProof", "snapToGrid", "vanish", "webHidden"),
        *("color", "spacing", "w", "kern", "position", "sz", "szCs", "highlight", "u", "effect"),
        *("bdr", "shd", "fitText", "vertAlign", "rtl", "cs", "em", "lang", "eastAsianLayout"),
    ),
    "tblPr": (
        *("tblStyle", "tblpPr", "tblOverlap", "bidiVisual", "tblStyleRowBandSize"),
        *("tblStyleColBandSize", "tblW", "jc", "tblCellSpacing", "tblInd", "tblBorders", "shd"),
        *("tblLayout", "tblCellMar", "tblLook"),
    ),
    "tcPr": (
        *("cnfStyle", "tcW", "gridSpan", "hMerge", "vMerge", "tcBorders", "shd", "noWrap", "tcMar"),
        *("textDirection", "tcFitText", "vAlign", "hideMark"),
    ),
    "sectPr": (
        *("headerReference", "footerReference", "footnotePr", "endnotePr", "type", "pgSz", "pgMar"),
        *("paperSrc", "pgBorders", "lnNumType", "pgNumType", "cols", "formProt", "vAlign"),
        *("noEndnote", "titlePg", "textDirection", "bidi", "rtlGutter", "docGrid"),
    ),
}
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MAX_TEXT, _MAX_NAME, _MAX_FORMULA, _MAX_PROMPT_TITLE, _MAX_POINTS = 32_767, 31, 255, 32, 409.5


def find_faults(content: bytes) -> list[str]:
    """Return what is wrong with a workbook or document."""
    with zipfile.ZipFile(BytesIO(content)) as package:
        names = package.namelist()
        parts = {name: package.read(name) for name in names}
    faults = ["a part twice"] if len(parts) < len(names) else []
    xml = {n: ElementTree.fromstring(p) for n, p in parts.items() if n.endswith((".xml", ".rels"))}
    faults += [f"{name}: control characters" for name in xml if _CONTROL.search(parts[name])]
    faults += _check_package(xml, frozenset(parts))
    check = _check_workbook if "xl/workbook.xml" in xml else _check_document
    return [*faults, *check(xml)]


def _check_package(xml: Mapping[str, ElementTree.Element], names: frozenset[str]) -> Iterator[str]:
    types = xml["[Content_Types].xml"]
    overrides = {e.get("PartName", "").lstrip("/") for e in types if e.get("PartName")}
    endings = {e.get("Extension", "").lower() for e in types if e.get("Extension")}
    yield from (f"{name}: declared, not there" for name in sorted(overrides - names))
    for name in sorted(names - overrides - {"[Content_Types].xml"}):
        if name.rsplit(".", 1)[-1].lower() not in endings:
            yield f"{name}: of no declared type"
    for name in (name for name in xml if name.endswith(".rels")):
        folder = posixpath.dirname(posixpath.dirname(name))
        for relation in xml[name]:
            target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
            if relation.get("TargetMode") != "External" and target.lstrip("/") not in names:
                yield f"{name}: leads to {target}, which is not there"


def _check_workbook(xml: Mapping[str, ElementTree.Element]) -> Iterator[str]:
    sheets = [e.get("name", "") for e in _find(xml["xl/workbook.xml"], "sheet")]
    if len({name.casefold() for name in sheets}) < len(sheets):
        yield "two sheets of one name"
    yield from (
        f"{name}: no name of a sheet"
        for name in sheets
        if len(name) > _MAX_NAME or re.search(r"[\[\]:*?/\\]|^'|'$", name)
    )
    names = [e.text or "" for e in _find(xml["xl/workbook.xml"], "definedName")]
    yield from (f"{text}: refers to nothing" for text in names if "#REF" in text)
    texts = ["".join(t.itertext()) for t in _find(xml["xl/sharedStrings.xml"], "si")]
    if int(xml["xl/sharedStrings.xml"].get("uniqueCount", "0")) != len(texts):
        yield "the number of shared texts"
    if max(map(len, texts), default=0) > _MAX_TEXT:
        yield "a text longer than a cell"
    styles = len(next(_find(xml["xl/styles.xml"], "cellXfs")))
    for name in sorted(xml):
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            faults = _check_sheet(xml[name], len(texts), styles)
            yield from (f"{name}: {fault}" for fault in faults)


def _check_sheet(sheet: ElementTree.Element, texts: int, styles: int) -> Iterator[str]:
    yield from _check_order(sheet, _SHEET_ORDER)
    rows = list(_find(sheet, "row"))
    numbers = [int(row.get("r", "0")) for row in rows]
    if numbers != sorted(set(numbers)):
        yield "rows out of order"
    if any(float(row.get("ht", "0")) > _MAX_POINTS for row in rows):
        yield "a row too high"
    for row in rows:
        columns = [_count_letters(cell.get("r", "")) for cell in row]
        if columns != sorted(set(columns)):
            yield f"cells out of order in row {row.get('r')}"
        for cell in row:
            value = "".join(cell.itertext())
            if cell.get("t") == "s" and not 0 <= int(value) < texts:
                yield f"{cell.get('r')}: no such text"
            if not int(cell.get("s", "0")) < styles:
                yield f"{cell.get('r')}: no such style"
    for rule in _find(sheet, "dataValidation"):
        titles = [rule.get(name, "") for name in ("promptTitle", "errorTitle")]
        others = [
            rule.get("prompt", ""),
            rule.get("error", ""),
            *("".join(f.itertext()) for f in rule),
        ]
        if max(map(len, titles)) > _MAX_PROMPT_TITLE or max(map(len, others)) > _MAX_FORMULA:
            yield f"a rule for entries too long: {rule.get('sqref')}"
    for text in _find(sheet, "headerFooter"):
        if any(len(part.text or "") > _MAX_FORMULA for part in text):
            yield "a footer too long"


def _count_letters(reference: str) -> int:
    number = 0
    for letter in re.sub(r"\d", "", reference):
        number = number * 26 + ord(letter) - 64
    return number


def _check_document(xml: Mapping[str, ElementTree.Element]) -> Iterator[str]:
    for name, part in sorted(xml.items()):
        for element, order in _WORD_ORDERS.items():
            for found in _find(part, element):
                yield from (f"{name}: {fault}" for fault in _check_order(found, order))
        for cell in _find(part, "tc"):
            if not cell[-1].tag.endswith("}p"):
                yield f"{name}: a cell that ends without a paragraph"
    body = next(_find(xml["word/document.xml"], "body"))
    if not body[-1].tag.endswith("}sectPr"):
        yield "the page settings do not stand last"


def _check_order(element: ElementTree.Element, order: tuple[str, ...]) -> Iterator[str]:
    """Yield a fault if children are not known, or not in the order of the schema."""
    names = [child.tag.partition("}")[2] for child in element]
    known = [order.index(name) for name in names if name in order]
    if len(known) < len(names):
        yield f"unknown children {sorted(set(names) - set(order))}"
    if known != sorted(known):
        yield f"children out of order: {names}"


def _find(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (e for e in root.iter() if e.tag.partition("}")[2] == name)
