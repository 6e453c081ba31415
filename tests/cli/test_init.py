import re
import tomllib

import pytest

from gapmatch.resources import find_config_file
from gapmatch.settings.load import load_settings

LANGUAGES = ("zh", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_settings_file_changes_nothing(say, tmp_path, language):
    assert say("init", tmp_path / "w", language=language).code == 0
    told = load_settings(tmp_path / "w" / "gapmatch.toml")
    assert told.model_copy(update={"columns": {}, "entry_words": {}}) == load_settings()
    assert not any((*told.columns.values(), *told.entry_words.values()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_that_is_offered_exists_and_shows_its_default(tmp_path, language):
    template = find_config_file(f"workspace.{language}.toml").read_text(encoding="utf-8")
    offered = tmp_path / "all.toml"
    offered.write_text(re.sub(r"(?m)^# ", "", template), encoding="utf-8")
    told = load_settings(offered).model_dump(exclude={"columns", "entry_words"})
    assert told == load_settings().model_dump(exclude={"columns", "entry_words"})


def test_both_languages_offer_the_same_settings():
    uncommented = [
        re.sub(
            r"(?m)^# ",
            "",
            find_config_file(f"workspace.{language}.toml").read_text(encoding="utf-8"),
        )
        for language in LANGUAGES
    ]
    assert tomllib.loads(uncommented[0]) == tomllib.loads(uncommented[1])


def test_an_existing_settings_file_is_never_touched(say, tmp_path):
    file = tmp_path / "gapmatch.toml"
    file.write_text("language = 'en'", encoding="utf-8")
    said = say("init", tmp_path)
    assert said.code == 1
    assert str(file) in said.err
    assert file.read_text(encoding="utf-8") == "language = 'en'"


def test_the_settings_file_opens_in_the_windows_editor(say, tmp_path):
    say("init", tmp_path)
    raw = (tmp_path / "gapmatch.toml").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\n") == raw.count(b"\r\n")
