"""Safekeeping on the desk: a copy of the database, a run taken back."""

import shutil

from gapmatch.api.stores import open_store


def test_a_backup_is_made_and_listed(desk):
    assert desk.post("/safekeeping/backup").status_code == 303
    (copy,) = (desk.workspace / "backups").glob("*.db")
    assert copy.name in desk.get("/safekeeping").text


def test_a_backup_is_put_back_once_the_word_is_typed(desk):
    (copy,) = (desk.workspace / "backups").glob("*.db")
    page = desk.get(f"/safekeeping/restore?name={copy.name}").text
    assert page.count("<td>2022Q3 2022Q4</td>") == 2
    with open_store(desk.workspace) as store, store.transaction():
        store.log_export("2022Q4", "later", 1)
    assert desk.post("/safekeeping/restore", {"name": "../x.db", "word": "恢复"}).status_code == 404
    fields = {"name": copy.name, "word": "恢"}
    assert desk.post("/safekeeping/restore", fields).status_code == 400
    assert desk.post("/safekeeping/restore", fields | {"word": "恢复"}).status_code == 303
    with open_store(desk.workspace) as store:
        found = store.db.execute("SELECT count(*) FROM exports WHERE what = 'later'").fetchone()
    assert found == (0,)
    assert len(list(desk.workspace.glob("gapmatch-before-restore-*.db"))) == 1


def test_a_file_that_is_no_backup_is_refused_and_another_asked_for(desk):
    (desk.workspace / "backups" / "坏.db").write_bytes(b"SQLite format 3")
    answer = desk.get("/safekeeping/restore?name=%E5%9D%8F.db")
    assert answer.status_code == 400
    assert "请换一份备份" in answer.text
    (desk.workspace / "backups" / "坏.db").unlink()


def test_the_last_run_is_taken_back_with_its_reason_and_no_other_quarter_can_be(desk):
    assert desk.post("/safekeeping/withdraw", {"quarter": "../x", "reason": "a"}).status_code == 400
    fields = {"quarter": "2022Q4", "reason": "误跑"}
    assert desk.post("/safekeeping/withdraw", fields).status_code == 303
    with open_store(desk.workspace) as store:
        assert store.quarters() == ["2022Q3"]
        rows = store.db.execute("SELECT quarter, reason FROM withdrawals").fetchall()
    assert rows == [("2022Q4", "误跑")]
    assert "撤下 2022Q3" in desk.get("/safekeeping").text


def test_what_a_withdrawal_moved_comes_back_with_its_run(desk):
    """The run before was withdrawn, the copy is of before: its workbooks are there again."""
    out = desk.workspace / "out"
    (moved,) = out.glob("2022Q4.withdrawn-*")
    assert not (out / "2022Q4").exists()
    (copy,) = (desk.workspace / "backups").glob("*.db")
    desk.post("/safekeeping/restore", {"name": copy.name, "word": "恢复"})
    assert "走访工作簿.xlsx" in desk.get("/papers?quarter=2022Q4").text
    assert not moved.exists()
    other = out / "2022Q3.withdrawn-99"
    shutil.copytree(out / "2022Q3", other)
    (out / "2022Q3").rename(out / "away")
    text = desk.get("/papers?quarter=2022Q3").text
    assert "不在 out 文件夹里了" not in text, "of the same run, whatever it is called"
    (out / "away").rename(out / "2022Q4.withdrawn-7")
    assert desk.get("/papers").status_code == 200
    assert (out / "2022Q4.withdrawn-7").exists(), "a place that is taken"


def test_a_copy_made_elsewhere_is_put_back_into_a_new_workspace(new_desk, desk):
    assert "把备份文件" in new_desk.get("/safekeeping").text
    (copy,) = (desk.workspace / "backups").glob("*.db")
    headers = {"x-csrftoken": new_desk.session.csrf, "x-file-name": copy.name}
    sent = {"content": copy.read_bytes(), "headers": headers}
    assert new_desk.send("POST", "/safekeeping/upload", **sent).json()["name"] == copy.name
    headers["x-file-name"] = "x.xlsx"
    assert new_desk.send("POST", "/safekeeping/upload", **sent).status_code == 400
    assert "<td>2022Q3 2022Q4</td>" in new_desk.get(f"/safekeeping/restore?name={copy.name}").text
    fields = {"name": copy.name, "word": "恢复"}
    assert new_desk.post("/safekeeping/restore", fields).status_code == 303
    assert "2022Q4" in new_desk.get("/results").text
