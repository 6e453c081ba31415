"""Starting the desk."""

import pytest

from gapmatch.desk import launch
from gapmatch.errors import GapmatchError


def test_no_page_is_announced_where_its_server_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "find_spec", lambda _name: None)
    announced = []
    with pytest.raises(GapmatchError, match=r"gapmatch\[desk\]"):
        launch.serve_desk(tmp_path, 8521, announced.append)
    assert announced == []
