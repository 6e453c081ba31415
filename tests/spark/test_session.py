"""What made a task fail, in one sentence out of the stack traces of two languages."""

from pathlib import Path

import pytest

from gapmatch import __version__
from gapmatch.errors import GapmatchError
from gapmatch.spark import session


class JavaError(Exception):
    """What py4j raises holds the stack trace of Java's exception as its text."""


@pytest.mark.parametrize(
    ("trace", "told"),
    [
        (
            "An exception was thrown from the Python worker:\nTraceback (most recent call last):\n"
            '  File "a.py", line 1, in b\nValueError: 甲\n',
            "ValueError: 甲",
        ),
        (
            "An error occurred while calling o1.parquet.\n: org.apache.spark.SparkException: Job aborted"
            " due to stage failure: Task 2 failed 4 times: org.apache.spark.SparkException: Python worker"
            " exited unexpectedly (crashed).\n\tat org.apache.spark.A.b(A.scala:1)\n\t... 28 more\n",
            "工作进程意外退出，多半是内存不足",
        ),
        (
            "An error occurred while calling o1.parquet.\n: java.io.IOException: No space left on device\n"
            "\tat java.base/java.io.A.b(A.java:1)\n",
            "磁盘已满",
        ),
        (
            "An error occurred while calling o1.parquet.\n: org.apache.spark.SparkException: Job aborted"
            " due to stage failure: Lost task 0.3 (TID 4): java.lang.IllegalStateException: 乙\n"
            "\tat org.apache.spark.A.b(A.scala:1)\n\t... 2 more\n",
            "乙",
        ),
        ("", "?"),
    ],
    ids=["python", "killed", "disk", "java", "silent"],
)
def test_the_reason_of_a_failure_is_one_line_of_the_stack_traces(trace, told):
    pytest.importorskip("py4j")
    failed = session._make_task_error(JavaError(trace))
    assert failed.message == f"集群上的任务失败：{told}"
    assert "rows_a_task" in failed.remedy


@pytest.mark.parametrize(
    ("reply", "why", "remedy"),
    [
        (("乙机", None, True), "工作节点 乙机 上没有安装 gapmatch", "PYSPARK_PYTHON"),
        (("乙机", "0.0.9", True), "0.0.9 版，本机是", "同一版本"),
        (("乙机", __version__, False), "工作节点 乙机 看不到工作区，或不能写入：共享", "共享目录"),
    ],
    ids=["no package", "another version", "no workspace"],
)
def test_a_worker_that_cannot_do_its_part_is_named_before_the_run(reply, why, remedy):
    fit = session.WorkerReply("甲机", __version__, sees_folder=True)
    session.refuse_unfit_workers([fit], Path("共享"))
    with pytest.raises(GapmatchError) as refused:
        session.refuse_unfit_workers([session.WorkerReply(*reply), fit], Path("共享"))
    assert why in refused.value.message
    assert remedy in refused.value.remedy


def test_a_java_that_died_is_not_shown_as_a_broken_connection():
    protocol = pytest.importorskip("py4j.protocol")
    failed = session._make_task_error(protocol.Py4JNetworkError("Answer from Java side is empty"))
    assert "Java 进程意外退出" in failed.message


def test_a_java_that_does_not_start_says_why():
    said = (
        "WARNING: Using incubator modules\nError: Could not reserve enough space for object heap\n"
    )
    failed = session._make_start_error(said)
    assert (
        failed.message == "Java 没有启动成功：Error: Could not reserve enough space for object heap"
    )
    assert "spark.driver.memory" in failed.remedy
