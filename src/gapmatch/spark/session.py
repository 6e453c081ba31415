"""A Spark session, or one message on what is missing for it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from gapmatch import __version__
from gapmatch.errors import GapmatchError
from gapmatch.i18n import _

if TYPE_CHECKING:
    from py4j.java_gateway import JavaGateway
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

MIN_JAVA_VERSION, MIN_SPARK_VERSION = 17, 4
_PATIENCE_SECONDS = 5.0
_OWN_MACHINE = ("local",)

_SETTINGS = {
    "spark.app.name": "gapmatch",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.adaptive.enabled": "false",
    # A row is a whole piece: a few at a time.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "16",
    # Of rows that are only moved, compiled plans are not worth the time that compiling takes.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.parquet.compression.codec": "uncompressed",
    "spark.sql.files.maxPartitionBytes": "32m",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.driver.memory": "4g",
    "spark.driver.maxResultSize": "0",
    # Every core has a task of its own already.
    "spark.executorEnv.POLARS_MAX_THREADS": "1",
    "spark.executorEnv.OMP_NUM_THREADS": "1",
    "spark.python.worker.reuse": "true",
}


@contextmanager
def start_session(master: str, more: Mapping[str, str]) -> Iterator["SparkSession"]:
    """Give a session on ``master`` and end it afterwards; ``more``: settings of Spark's own.

    Raises ``GapmatchError`` if PySpark or Java is missing or too old, or no one answers at
    ``master``.
    """
    _check_spark()
    _check_java()
    _check_master(master)
    from py4j.protocol import Py4JError
    from pyspark import SparkConf
    from pyspark.errors import PySparkException

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf().setMaster(master)
    conf.setAll(list({**_SETTINGS, **_restrict_to_machine(master), **more}.items()))
    try:
        made = _start_spark(conf)
    except (PySparkException, Py4JError, OSError, RuntimeError) as error:
        raise _make_unreachable_error(master, _find_message(str(error))) from error
    made.sparkContext.setLogLevel("OFF")
    try:
        yield made
    except (PySparkException, Py4JError) as error:
        raise _make_task_error(error) from error
    finally:
        # A dead Java process cannot be stopped.
        with suppress(PySparkException, Py4JError, OSError):
            made.stop()


class WorkerReply(NamedTuple):
    """What a worker has: its machine, its version of this package (null: none), the folder."""

    host: str
    version: str | None
    sees_folder: bool


def check_workers(spark: "SparkSession", folder: Path) -> None:
    """Raise ``GapmatchError`` before the run if a worker cannot import this or write ``folder``."""
    seen = folder / f".seen-by-{os.getpid()}"
    seen.touch()
    path = str(seen)

    # A function within a function travels as code: the worker may lack the module that it is in.
    def reply(_numbers: Iterable[int]) -> Iterable[tuple[str, str | None, bool]]:
        import contextlib
        import os
        import socket

        version: str | None = None
        with contextlib.suppress(ImportError):
            import gapmatch.spark.cluster

            version = gapmatch.__version__
        yield socket.gethostname(), version, os.access(path, os.W_OK)

    context = spark.sparkContext
    count = 2 * context.defaultParallelism
    try:
        replies = context.parallelize(range(count), count).mapPartitions(reply).collect()
    finally:
        seen.unlink(missing_ok=True)
    refuse_unfit_workers([WorkerReply(*r) for r in replies], folder)


def refuse_unfit_workers(replies: Sequence[WorkerReply], folder: Path) -> None:
    """Raise ``GapmatchError`` on the first machine that cannot do its part of a run."""
    for host, version, sees_folder in sorted(replies, key=lambda reply: reply.host):
        if version != __version__:
            raise GapmatchError(
                _("工作节点 {host} 上没有安装 gapmatch。").format(host=host)
                if version is None
                else _("工作节点 {host} 上的 gapmatch 是 {found} 版，本机是 {wanted} 版。").format(
                    host=host, found=version, wanted=__version__
                ),
                _(
                    "请在每个节点的同一路径安装同一版本（pip install -r requirements/spark.txt），"
                    "并用环境变量 PYSPARK_PYTHON 指明那里的 Python；原有结果未动。"
                ),
            )
        if not sees_folder:
            raise GapmatchError(
                _("工作节点 {host} 看不到工作区，或不能写入：{folder}").format(
                    host=host, folder=folder
                ),
                _("请把工作区放在每个节点都以同一路径挂载、可以读写的共享目录；原有结果未动。"),
            )


def _start_spark(conf: "SparkConf") -> "SparkSession":
    """Start Java if this process has none yet, and Spark in it."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    gateway = None if SparkContext._gateway else _launch_java(conf)
    return SparkSession(SparkContext(conf=conf, gateway=gateway))


def _launch_java(conf: "SparkConf") -> "JavaGateway":
    """Start Java, silent on the terminal unless ``SPARK_CONF_DIR`` configures its logging."""
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway

    launch: Callable[..., JavaGateway] = launch_gateway
    if os.environ.get("SPARK_CONF_DIR"):
        return launch(conf)
    with tempfile.TemporaryFile() as output:
        try:
            return launch(conf, {"stderr": output, "stdout": output})
        except PySparkException as error:
            output.seek(0)
            raise _make_start_error(output.read().decode(errors="replace")) from error


def _make_start_error(output: str) -> GapmatchError:
    lines = [line for line in output.splitlines() if line.strip() and "WARN" not in line]
    return GapmatchError(
        _("Java 没有启动成功：{why}").format(why=lines[0].strip() if lines else "?"),
        _("请检查 gapmatch.toml 中 [spark.conf] 的设置，如 spark.driver.memory 是否超过本机内存。"),
    )


def _make_task_error(error: Exception) -> GapmatchError:
    return GapmatchError(
        _("集群上的任务失败：{why}").format(why=_explain_failure(error)),
        _(
            "原有结果未动；再次运行会从最后完成的一步继续。"
            "如果是内存不足，请在 gapmatch.toml 中调低 [spark] rows_a_task，或调高 [spark.conf] "
            "中的执行器内存。"
        ),
    )


def _explain_failure(error: Exception) -> str:
    """Return in one line what made a task fail, out of the stack traces of two languages."""
    from py4j.protocol import Py4JNetworkError

    if isinstance(error, Py4JNetworkError):
        return _("本机的 Java 进程意外退出，多半是内存不足")
    text = str(error)
    if re.search(r"No space left on device", text):
        return _("磁盘已满")
    if re.search(r"exited unexpectedly|ExecutorLostFailure|OutOfMemoryError|MemoryError", text):
        return _("工作进程意外退出，多半是内存不足")
    return _find_message(text)


def _find_message(output: str) -> str:
    """Return the line of a stack trace with the cause: after Python's, before Java's."""
    plain = [line.strip() for line in output.splitlines() if line.strip()]
    if "Traceback (most recent call last):" in plain:
        return plain[-1]
    lines = [line for line in plain if not re.match(r"at |\.\.\. \d+ more|An error occurred", line)]
    first = re.split(r"(?:\w+\.)+\w*(?:Exception|Error): ", lines[0] if lines else "?")[-1]
    return first.removeprefix(": ").strip() or "?"


def _restrict_to_machine(master: str) -> Mapping[str, str]:
    """On one machine nothing listens to the outside."""
    if not master.startswith(_OWN_MACHINE):
        return {}
    return {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


def _check_spark() -> None:
    if find_spec("pyspark") is None or find_spec("pyarrow") is None:
        raise GapmatchError(
            _("没有安装 PySpark。"),
            _(
                "请安装附加组件：pip install -r requirements/spark.txt；或去掉 --engine spark，"
                "在本机运行。"
            ),
        )
    from pyspark import __version__

    if int(__version__.split(".", maxsplit=1)[0]) < MIN_SPARK_VERSION:
        raise GapmatchError(
            _("PySpark 版本过低：{found}，需要 {wanted} 或更高。").format(
                found=__version__, wanted=MIN_SPARK_VERSION
            ),
            _("请重新安装附加组件：pip install -r requirements/spark.txt。"),
        )


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        raise GapmatchError(
            _("没有找到 Java，Spark 需要 Java {wanted} 或更高版本。").format(
                wanted=MIN_JAVA_VERSION
            ),
            _("请安装 Java（如 OpenJDK 17），或设置 JAVA_HOME；不用集群时去掉 --engine spark。"),
        )
    output = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', output)
    if version is None or int(version[1]) < MIN_JAVA_VERSION:
        first = output.strip().splitlines()[0] if output.strip() else "?"
        raise GapmatchError(
            _("Java 版本不合适：{found}；Spark 需要 Java {wanted} 或更高版本。").format(
                found=first, wanted=MIN_JAVA_VERSION
            ),
            _("请安装 OpenJDK 17，并让 JAVA_HOME 指向它。"),
        )


def _check_master(master: str) -> None:
    """A master that does not answer would be asked again for minutes."""
    if not re.match(r"^(local(-cluster)?(\[[^\]]+\])?|yarn|(spark|k8s)://.+)$", master):
        raise GapmatchError(
            _("不认识的 Spark 主节点：{master}").format(master=master),
            _("请写成 local[2]、spark://主机:7077、yarn 或 k8s://… 之一。"),
        )
    if not master.startswith("spark://"):
        return
    # Of several masters (spark://a:7077,b:7077) one is at work and the others stand by.
    silent: Exception | None = None
    for place in master.removeprefix("spark://").split(","):
        try:
            address = urlsplit(f"//{place}")
            known = (address.hostname or "", address.port or 7077)
            socket.create_connection(known, _PATIENCE_SECONDS).close()
        except (OSError, ValueError) as error:
            silent = silent or error
        else:
            return
    raise _make_unreachable_error(master, str(silent)) from silent


def _make_unreachable_error(master: str, why: str) -> GapmatchError:
    return GapmatchError(
        _("无法连接 Spark 主节点 {master}：{why}").format(master=master, why=why),
        _("请检查地址和端口、集群是否已启动、防火墙是否放行；原有结果未动。"),
    )
