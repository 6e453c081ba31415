"""The frames that stages hand to each other: every column, its type, unit and meaning.

A newcomer reads this after ``pipeline.py``. Two integer keys run through all frames: ``firm``
numbers the rows of the tax list, ``unit`` the enrolled units; both are given in the order of the
rows' *contents*, so they do not depend on the order in which an extract happens to list them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl
from polars.datatypes import DataTypeClass

DataType = pl.DataType | DataTypeClass


@dataclass(frozen=True)
class Column:
    """One column: its polars type and what it means, with the unit of a number."""

    dtype: DataType
    meaning: str


@dataclass(frozen=True)
class Table:
    """The columns that a frame guarantees; a stage may add columns, never omit one."""

    name: str
    meaning: str
    columns: Mapping[str, Column]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    @property
    def schema(self) -> pl.Schema:
        """The polars schema of the promised columns."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        """Return a frame of this shape with no rows."""
        return pl.DataFrame(schema=self.schema)

    def complete(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return ``frame`` with missing columns as nulls, types cast, guaranteed columns first."""
        promised = [
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(column.dtype).alias(name)
            for name, column in self.columns.items()
        ]
        return frame.select(*promised, *(c for c in frame.columns if c not in self.columns))

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return ``frame``; raise ``TypeError`` (a bug) if a column is missing or mistyped."""
        schema = frame.schema
        wrong = [
            f"{name}: {schema.get(name)} instead of {column.dtype}"
            for name, column in self.columns.items()
            if schema.get(name) != column.dtype
        ]
        if wrong:
            raise TypeError(f"{self.name} breaks its promise: {'; '.join(wrong)}")
        return frame


_ORIGIN = {
    "source_file": Column(
        pl.String, "file name of the extract (with its folder where two files share a name)"
    ),
    "source_sheet": Column(pl.String, "sheet of the workbook; null for text files"),
    "source_row": Column(pl.Int64, "1-based row as Excel or an editor shows it"),
    "data_row": Column(
        pl.Int64,
        "1-based number of the data row in its file; titles, header, blank rows, totals not "
        "counted",
    ),
    "is_duplicate": Column(
        pl.Boolean, "an earlier row of the same source has the very same contents"
    ),
}

ORIGIN = tuple(_ORIGIN)
"""Columns of every list as read that say where a row stands, not what it says."""

LINES = ("pension", "unemployment", "injury")
"""The insurance lines whose coverage is judged, in the order in which they are listed."""
INSURED_COLUMNS = tuple(f"{line}_insured" for line in LINES)
"""Columns of the persons insured in each line."""

CODES = ("credit_code", "taxpayer_code", "org_code", "registration_no")
"""Columns that may hold codes; of equals, the first counts."""

_CODES = {
    "credit_code": Column(pl.String, "统一社会信用代码 column as given"),
    "taxpayer_code": Column(pl.String, "纳税人识别号 column as given"),
    "org_code": Column(pl.String, "组织机构代码 column as given"),
    "registration_no": Column(pl.String, "营业执照注册号 column as given"),
    "code_precision_lost": Column(
        pl.Boolean, "Excel stored a code as a float; its tail is not to be used"
    ),
}

_CONTACT = {
    "county": Column(pl.String, "county column as given"),
    "division_code": Column(pl.String, "行政区划 code column as given"),
    "town": Column(pl.String, "town or street column as given"),
    "address": Column(pl.String, "business address, else registered address"),
    "legal_rep": Column(pl.String, "legal representative or person in charge (personal data)"),
    "contact": Column(pl.String, "contact person (personal data)"),
    "phone": Column(pl.String, "phone as given, floats repaired (personal data)"),
}

_DECLARED = {
    "declared_headcount": Column(pl.Int64, "persons in the wage-tax return; null: not declared"),
    "declared_wages": Column(pl.Float64, "wages in the wage-tax returns of the year so far, yuan"),
    "sales": Column(pl.Float64, "sales of the year so far, yuan"),
    "tax_paid": Column(pl.Float64, "tax paid in the year so far, yuan"),
    "zero_filing_months": Column(pl.Int64, "months of the last twelve with a zero return"),
}

_INSURED = {
    "pension_insured": Column(pl.Int64, "persons insured in the pension line"),
    "unemployment_insured": Column(pl.Int64, "persons insured in the unemployment line"),
    "injury_insured": Column(pl.Int64, "persons insured in the work-injury line"),
    "insured_total": Column(pl.Int64, "persons insured, where given without lines"),
    "pension_status": Column(pl.String, "payment status of the pension line as given"),
    "unemployment_status": Column(pl.String, "payment status of the unemployment line as given"),
    "injury_status": Column(pl.String, "payment status of the work-injury line as given"),
    "enroll_date": Column(pl.Date, "first enrolled"),
    "last_paid_month": Column(pl.String, "last month paid, YYYYMM"),
}

TAX_ROWS = Table(
    "TaxRows",
    "The tax list as read: one row per data row, nothing dropped.",
    {
        **_ORIGIN,
        "seq": Column(pl.String, "序号 of the list as given"),
        **_CODES,
        "name": Column(pl.String, "taxpayer name as given"),
        "former_names": Column(pl.String, "former names as given"),
        "status": Column(pl.String, "taxpayer status as given"),
        "reg_type": Column(pl.String, "registration type as given"),
        "industry": Column(pl.String, "industry as given"),
        "tax_office": Column(pl.String, "tax office or branch as given"),
        **_CONTACT,
        "open_date": Column(pl.Date, "founded"),
        **_DECLARED,
    },
)

ENROLLMENT_ROWS = Table(
    "EnrollmentRows",
    "Enrolled units as read: one row per unit, whichever layout the extract has.",
    {
        **_ORIGIN,
        "unit_id": Column(pl.String, "单位编号, the insurance system's number of the unit"),
        **_CODES,
        "name": Column(pl.String, "unit name as given"),
        "former_names": Column(pl.String, "former names as given"),
        "unit_type": Column(pl.String, "unit type as given"),
        "industry": Column(pl.String, "industry as given"),
        "agency": Column(pl.String, "insurance agency as given"),
        **_CONTACT,
        **_INSURED,
    },
)

REGISTRY_ROWS = Table(
    "RegistryRows",
    "The market registration as read (optional third source).",
    {
        **_ORIGIN,
        **_CODES,
        "name": Column(pl.String, "registered name as given"),
        "former_names": Column(pl.String, "former names as given"),
        "status": Column(pl.String, "registration status as given"),
        "entity_type": Column(pl.String, "kind of enterprise as given"),
        "industry": Column(pl.String, "industry as given"),
        "open_date": Column(pl.Date, "founded"),
        "cancel_date": Column(pl.Date, "deregistered or revoked"),
        "capital": Column(pl.Float64, "registered capital, 10,000 yuan"),
        "abnormal": Column(pl.Boolean, "on the abnormal-operation list; null: not said"),
        "registered_headcount": Column(pl.Int64, "persons employed according to the registration"),
        "address": Column(pl.String, "domicile"),
        "legal_rep": Column(pl.String, "legal representative (personal data)"),
    },
)

DEFECTS = Table(
    "Defects",
    "What is wrong in an extract, and what follows from it. Texts are for officials.",
    {
        "source_file": Column(pl.String, "file name of the extract"),
        "source_row": Column(pl.Int64, "1-based row as Excel shows it; null: the whole file"),
        "column": Column(pl.String, "header as it stands in the file"),
        "value": Column(pl.String, "the value as it stands in the file"),
        "defect": Column(pl.String, "what is wrong"),
        "consequence": Column(pl.String, "what was done about it and what it means for the result"),
        "kind": Column(pl.String, "machine name of the defect, for counting"),
        "side": Column(pl.String, "tax, enrollment or registry"),
        "source_sheet": Column(pl.String, "sheet of the workbook"),
        "count": Column(pl.Int64, "places that the row stands for: one, or those summed up in it"),
    },
)

UNKNOWN_COUNTY = "未知"
"""County name of rows whose county no one knows: a county of its own, never lost."""

ALIAS_PARTS = (
    "clean_name",
    "trade_name",
    "trade_industry",
    "standard_name",
    "core",
    "bare_name",
    "region_code",
    "branch",
    "parent_core",
    "form_class",
    "numbers",
    "sound",
    "shape",
    "name_town",
    "institution",
)
"""Parts of a name that the linkage compares."""

_STANDARD = {
    "code_kind": Column(
        pl.String,
        "credit_code, org_code, tax_number, registration_number, personal, temporary, placeholder,"
        " unknown",
    ),
    "uscc": Column(
        pl.String, "18-character credit code, cleaned; null where the row has none of that shape"
    ),
    "uscc_valid": Column(pl.Boolean, "both check characters of uscc are right; null without uscc"),
    "organisation": Column(
        pl.String, "9-character organisation code, given or inside a longer code"
    ),
    "organisation_valid": Column(pl.Boolean, "check character of the organisation code is right"),
    "code_text": Column(
        pl.String, "the code in use, cleaned (upper case, no spaces or dashes), whatever its kind"
    ),
    "other_codes": Column(
        pl.List(
            pl.Struct(
                {
                    "code_text": pl.String(),
                    "uscc": pl.String(),
                    "uscc_valid": pl.Boolean(),
                    "organisation": pl.String(),
                    "organisation_valid": pl.Boolean(),
                    "is_reading": pl.Boolean(),
                }
            )
        ),
        "the row's further codes, and (is_reading) what a wrong one was meant to be",
    ),
    "clean_name": Column(
        pl.String, "NFKC, simplified, without invisible characters and annotations"
    ),
    "standard_name": Column(
        pl.String, "clean name with region and legal form in their standard forms"
    ),
    "region": Column(pl.String, "region prefix of the name as written"),
    "region_code": Column(pl.String, "division code that the region prefix stands for"),
    "core": Column(
        pl.String, "clean name without region and legal form: trade name, industry, branch"
    ),
    "trade_name": Column(pl.String, "字号"),
    "trade_industry": Column(pl.String, "industry words of the name"),
    "legal_form": Column(pl.String, "legal form, canonical"),
    "branch": Column(
        pl.String, "branch part of the name: what the name says after the parent's legal form"
    ),
    "parent_name": Column(pl.String, "name of the head office inside a branch's name"),
    "numbers": Column(
        pl.String, "ordinal and shop numbers in the name as digits, joined by a comma"
    ),
    "bare_name": Column(pl.String, "region as written and core: the name without its legal form"),
    "parent_core": Column(pl.String, "core of the head office's name; empty where no branch"),
    "form_class": Column(pl.String, "class of legal forms that may be mistaken for one another"),
    "sound": Column(pl.String, "the core by sound: equal for homophones"),
    "shape": Column(pl.String, "the core by shape: equal for look-alikes"),
    "name_town": Column(pl.String, "town in the name, behind its region; empty where it has none"),
    "institution": Column(
        pl.String, "kind of institution whose short or former name this reading undoes; else empty"
    ),
    "alias_parts": Column(
        pl.List(pl.Struct({name: pl.String() for name in ALIAS_PARTS})),
        "the same parts for every alias, and for other readings of the name",
    ),
    "aliases": Column(pl.List(pl.String), "clean forms of other names that the sources give"),
    "division": Column(pl.String, "six-digit division code of the county; null: unknown"),
    "county_name": Column(pl.String, "county as officials call it; 未知 where unknown"),
    "county_source": Column(
        pl.String, "column, office, address, name, code, prefecture (no county is known) or unknown"
    ),
    "person": Column(pl.String, "legal representative as compared: no blanks, no remarks"),
    "phone_digits": Column(pl.String, "phone as digits"),
    "address_text": Column(pl.String, "address, cleaned and without its region prefix"),
}

FIRMS = Table(
    "Firms",
    "The tax list, standardised: one row per row of the tax list.",
    {
        "firm": Column(pl.UInt32, "key, in the order of the rows' contents"),
        "duplicate_of": Column(
            pl.UInt32,
            "row that stands for the same firm, by contents or by a valid code; null: the row "
            "itself",
        ),
        **TAX_ROWS.columns,
        **_STANDARD,
        "section": Column(pl.String, "GB/T 4754 section letter A–T"),
        "registry_status": Column(
            pl.String, "status in the market registration, null: not found there"
        ),
        "registry_abnormal": Column(pl.Boolean, "on the abnormal-operation list"),
        "registry_capital": Column(pl.Float64, "registered capital, 10,000 yuan"),
        "registry_open_date": Column(pl.Date, "founded, by the market registration"),
        "registry_headcount": Column(pl.Int64, "persons employed, by the market registration"),
    },
)

UNITS = Table(
    "Units",
    "Enrolled units, standardised: one row per unit.",
    {
        "unit": Column(pl.UInt32, "key, in the order of the rows' contents"),
        **ENROLLMENT_ROWS.columns,
        **_STANDARD,
    },
)

PAIRS = Table(
    "Pairs",
    "Candidate pairs, unique, sorted by firm and unit.",
    {
        "firm": Column(pl.UInt32, "firm"),
        "unit": Column(pl.UInt32, "unit"),
        "rules": Column(pl.UInt32, "bit mask of the blocking rules that proposed the pair"),
    },
)

DECISIONS = ("match", "review", "non_match")
RELATIONS = ("same", "second_account", "head_office")
"""What the unit of a link is to the firm: itself, another unit of it, its head office's unit."""

LINKS = Table(
    "Links",
    "Every firm's best candidate and every match or review, with weight, probability and decision.",
    {
        "firm": Column(pl.UInt32, "firm"),
        "unit": Column(pl.UInt32, "unit; null for a firm without any candidate"),
        "weight": Column(
            pl.Float64, "match weight, log2 of the odds; the sum of the part_ columns"
        ),
        "probability": Column(pl.Float64, "calibrated probability that both are the same firm"),
        "decision": Column(pl.String, "match, review or non_match"),
        "relation": Column(
            pl.String,
            "same; second_account: another unit of the firm; head_office: the unit is the head "
            "office's",
        ),
        "relation_probability": Column(
            pl.Float64, "probability of a head_office relation; null where there is none"
        ),
        "basis": Column(
            pl.String, "names of the parts that carry the weight, strongest first, joined by +"
        ),
        "lost_to": Column(
            pl.UInt32, "firm to which this firm lost the unit; null where it did not"
        ),
        "lost_by": Column(pl.Float64, "by how much weight"),
    },
)

STATUSES = (
    "insured",
    "lines_missing",
    "under_enrolled",
    "lapsed",
    "covered_by_parent",
    "review",
    "uninsured",
    "dormant",
    "out_of_scope",
)
LINKED_STATUSES = ("insured", "lines_missing", "under_enrolled", "lapsed")
"""Statuses of a firm with a unit of its own."""
INSURED_STATUSES = (*LINKED_STATUSES, "covered_by_parent")
"""Statuses of a firm that is found among the enrolled units."""

GAPS = Table(
    "Gaps",
    "Every firm, exactly one status.",
    {
        "firm": Column(pl.UInt32, "firm"),
        "status": Column(pl.Enum(STATUSES), "the one status of the firm"),
        "probability_uninsured": Column(
            pl.Float64,
            "probability that no unit of the list is this firm's and no head office insures its"
            " workers",
        ),
        "unit": Column(pl.UInt32, "unit that the status rests on; null: none"),
        "status_reason": Column(pl.String, "why, in a sentence for officials"),
        "probability_operates": Column(pl.Float64, "probability that the firm really operates"),
        "operates_evidence": Column(pl.String, "the evidence for that, for officials"),
        "headcount": Column(pl.Float64, "estimated persons at work"),
        "headcount_low": Column(pl.Float64, "lower end of the 80 % interval"),
        "headcount_high": Column(pl.Float64, "upper end of the 80 % interval"),
        "headcount_basis": Column(pl.String, "evidence that the estimate rests on, for officials"),
        "headcount_conflict": Column(
            pl.String, "where the sources contradict each other; null: they do not"
        ),
        "insured_count": Column(
            pl.Int64, "persons insured in the unit's best line; null without a unit"
        ),
        "lines_missing": Column(pl.String, "lines without cover, joined by 、"),
        "verdict": Column(
            pl.String,
            "on a list to verify: confirmed, refuted, not_operating, to_settle, outside; else null",
        ),
    },
)

TARGETS = Table(
    "Targets",
    "Firms worth a visit, ranked; one row per firm.",
    {
        "firm": Column(pl.UInt32, "firm"),
        "rank": Column(pl.UInt32, "1 is first, over all counties"),
        "county_rank": Column(pl.UInt32, "1 is first in its county"),
        "tier": Column(pl.String, "A this quarter, B next, C later"),
        "kind": Column(pl.String, "new_enrollment, lines_missing, headcount_short or lapsed"),
        "priority": Column(pl.Float64, "sum of the priority_ columns"),
        "expected_new_enrollees": Column(pl.Float64, "persons that a visit is expected to insure"),
        "drawn_at_random": Column(pl.Boolean, "in tier A by lot, to measure without bias"),
        "reason": Column(pl.String, "why this firm, for officials"),
        "policies": Column(pl.String, "what the visitor can offer, for officials"),
        "risks": Column(pl.String, "what the firm risks without, for officials"),
        "subsidy_estimate": Column(pl.Float64, "what the policies add up to, yuan a year"),
        "enrolling_cost": Column(pl.Float64, "employer's cost of enrolling, yuan a year"),
        "monthly_cost": Column(pl.Float64, "of it, for one worker and month, yuan"),
    },
)

TABLES = (
    TAX_ROWS,
    ENROLLMENT_ROWS,
    REGISTRY_ROWS,
    DEFECTS,
    FIRMS,
    UNITS,
    PAIRS,
    LINKS,
    GAPS,
    TARGETS,
)
