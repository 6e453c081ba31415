import pytest

from gapmatch.cli.grammar import spread


@pytest.mark.parametrize(
    ("typed", "parsed", "why"),
    [
        ("Q --tax A", "Q --tax A", "one value stays as it is"),
        ("Q --tax A B C", "Q --tax A --tax B --tax C", "several values after one option"),
        ("Q --tax A --tax B", "Q --tax A --tax B", "the option repeated"),
        ("--tax A B 2022Q4", "--tax A --tax B 2022Q4", "a quarter ends the values"),
        ("--tax A B --quiet C", "--tax A --tax B --quiet C", "another option ends the values"),
        ("--tax=A B", "--tax=A B", "an option with its value attached takes no more"),
        ("--tax A -- B", "--tax A -- B", "what follows -- is left alone"),
        ("--tax A B --enrollment C D", "--tax A --tax B --enrollment C --enrollment D", "both"),
        ("--workspace A B", "--workspace A B", "an option of one value takes one"),
    ],
)
def test_values_are_spread_over_options(typed, parsed, why):
    assert list(spread(typed.split(), {"--tax", "--enrollment"})) == parsed.split(), why


def test_a_file_named_like_a_quarter_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "2022Q4").touch()
    assert list(spread(["--tax", "A", "2022Q4"], {"--tax"})) == ["--tax", "A", "--tax", "2022Q4"]
