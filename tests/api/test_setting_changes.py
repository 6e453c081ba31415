"""Settings written into a person's file: what is his stays his."""

import codecs
import tomllib

import pytest

from gapmatch.api.setting_changes import assign_entry_words, assign_headers, set_prices
from gapmatch.cli.commands.start_commands import init
from gapmatch.errors import GapmatchError

FILES = {
    "none": "",
    "other settings": '# mine\n[linkage]\nreview_budget = 7 # pairs\n',
    "the section with another column": '[columns.tax]\n# codes\ncredit_code = ["代码"]\n[capacity]\ndefault = 3\n',
    "the column on one line": '[columns.tax]\nname = ["户"] # here\n\n[columns.registry]\nname = ["主体"]\n',
    "the column on lines": "[columns.tax]\nname = [\n  '户', # one\n  \"号\",\n]\nphone = [\"电\"]\n",
    "spaces and quotes": '  [columns.tax]\n"name" =["户"]\n',
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_header_is_added_and_nothing_else_changes(tmp_path, name, ends, mark):
    path, text = tmp_path / "gapmatch.toml", FILES[name]
    if text:
        path.write_bytes(mark + text.replace("\n", ends).encode())
    assign_headers("tax", {"我的列": "name"}, workspace=tmp_path)
    before, after = tomllib.loads(text), path.read_bytes()
    found = tomllib.loads(after.decode("utf-8-sig"))
    old = before.get("columns", {}).get("tax", {})
    assert found.pop("columns")["tax"] == {**old, "name": ["我的列", *old.get("name", [])]}
    assert found == {k: v for k, v in before.items() if k != "columns"}
    if text:
        assert after.startswith(codecs.BOM_UTF8) == bool(mark)
        assert after.count(b"\r\n") == (after.count(b"\n") if ends == "\r\n" else 0)
        comments = [line for line in text.splitlines() if line.startswith("#")]
        assert [c for c in comments if c not in after.decode()] == []


def test_the_file_that_init_writes_can_be_changed(tmp_path):
    init(tmp_path)
    before = (tmp_path / "gapmatch.toml").read_bytes()
    assign_headers("registry", {"主体全称": "name"}, workspace=tmp_path)
    after = (tmp_path / "gapmatch.toml").read_bytes()
    added = 'name = ["主体全称"]\r\n'.encode()
    assert after.replace(added, b"", 1) == before


def test_a_section_that_was_pasted_a_second_time_is_the_one_that_is_changed(tmp_path):
    init(tmp_path)
    file = tmp_path / "gapmatch.toml"
    with file.open("a", encoding="utf-8") as end:
        end.write('\n[columns.tax]\nname = ["户"]\n')
    assign_headers("tax", {"主体": "name"}, workspace=tmp_path)
    after = file.read_text(encoding="utf-8-sig")
    assert tomllib.loads(after)["columns"]["tax"] == {"name": ["主体", "户"]}
    assert "# [columns.tax]\n" in after


def test_a_header_has_one_column(tmp_path):
    assign_headers("tax", {"户": "name"}, workspace=tmp_path)
    assert assign_headers("tax", {"户": "ignored"}, workspace=tmp_path) == {"ignored": ["户"]}
    assert assign_headers("tax", {" 户 ": "name"}, workspace=tmp_path) == {"name": [" 户 "]}


REFUSED = [
    ("", {"户": "no_such_column"}, "an unknown column"),
    ("", {"  ": "name"}, "an empty header"),
    ("", {"长" * 201: "name"}, "a header beyond all reason"),
    ("[columns]\ntax = {name = ['户']}\n", {"号": "name"}, "a section on one line"),
    ("columns.tax.name = ['户']\n", {"号": "name"}, "a dotted name"),
    ("[linkage]\nprice = 1\n", {"号": "name"}, "settings that are wrong"),
    ("not toml", {"号": "name"}, "no settings"),
]


@pytest.mark.parametrize(("text", "columns", "why"), REFUSED)
def test_what_cannot_be_written_safely_leaves_the_file_as_it_was(tmp_path, text, columns, why):
    path = tmp_path / "gapmatch.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GapmatchError) as error:
        assign_headers("tax", columns, workspace=tmp_path)
    assert error.value.remedy, why
    assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_markup_of_toml_in_a_header_is_text(tmp_path):
    header = 'a"]\n[capacity]\ndefault = 1 # 户'
    assert assign_headers("tax", {header: "name"}, workspace=tmp_path) == {"name": [header]}
    found = tomllib.loads((tmp_path / "gapmatch.toml").read_text(encoding="utf-8-sig"))
    assert found == {"columns": {"tax": {"name": [header]}}}


def test_prices_stand_beside_the_settings_that_were_there(tmp_path):
    path = tmp_path / "gapmatch.toml"
    path.write_text("[linkage] # mine\nreview_budget = 7 # pairs\nbatch_pairs = 2000\n")
    set_prices({"review_budget": 12.0, "price_review": 0.2}, workspace=tmp_path)
    wanted = {"review_budget": 12, "batch_pairs": 2000, "price_review": 0.2}
    assert tomllib.loads(path.read_text()) == {"linkage": wanted}
    for prices in ({"batch_pairs": 1}, {"price_review": -1.0}):
        with pytest.raises(GapmatchError):
            set_prices(prices, workspace=tmp_path)
    assert tomllib.loads(path.read_text()) == {"linkage": wanted}


def test_a_word_means_one_choice_of_its_column(tmp_path):
    assign_entry_words("outcome", {"办好了": "enrolled", "搬了": "moved"}, workspace=tmp_path)
    found = assign_entry_words("outcome", {"办好了 ": "visited"}, workspace=tmp_path)
    assert found == {"moved": ["搬了"], "visited": ["办好了 "]}
    assign_entry_words("verdict", {"就是它": "same"}, workspace=tmp_path)
    text = (tmp_path / "gapmatch.toml").read_text(encoding="utf-8-sig")
    assert tomllib.loads(text) == {
        "entry_words": {"outcome": found, "verdict": {"same": ["就是它"]}}
    }
    with pytest.raises(GapmatchError):
        assign_entry_words("verdict", {"搬了": "moved"}, workspace=tmp_path)
