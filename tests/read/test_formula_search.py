"""A sheet with formulas is known by a plain search, whatever prefix its elements have."""

import pytest

from gapmatch.read.workbook_parts import _has_formula


@pytest.mark.parametrize(
    ("xml", "expected", "why"),
    [
        (b'<worksheet><c r="A1"><f>B1</f></c></worksheet>', True, "a formula"),
        (b'<worksheet><c r="A1"><f t="shared" si="0"/></c></worksheet>', True, "a shared one"),
        (b'<x:worksheet><x:c r="A1"><x:f>B1</x:f></x:c></x:worksheet>', True, "under a prefix"),
        (b'<worksheet><filterColumn/><c r="A1"><v>1</v></c></worksheet>', False, "no formula"),
        (b'<x:worksheet><x:c r="A1"><x:v>1</x:v></x:c></x:worksheet>', False, "none, prefixed"),
        (b'<other><c r="A1"><f>B1</f></c></other>', True, "a root that nobody knows"),
    ],
)
def test_formulas_are_seen(xml, expected, why):
    assert _has_formula(xml) is expected, why
