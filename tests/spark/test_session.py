"""What made a task fail, in one sentence out of the stack traces of two languages."""

import pytest

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
