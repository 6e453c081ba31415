"""A Spark session, or one message that says what is missing for one."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gapmatch.errors import GapmatchError
from gapmatch.language import _

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LEAST_JAVA, LEAST_SPARK = 17, 4
_PATIENCE = 5.0
_OWN_MACHINE = ("local",)

_SETTINGS = {
    "spark.app.name": "gapmatch",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.adaptive.enabled": "false",
    # A row is a whole piece: a few at a time.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "16",
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
def session(master: str, more: Mapping[str, str]) -> Iterator["SparkSession"]:
    """Give a session on ``master`` and end it afterwards; ``more``: settings of Spark's own.

    Raises ``GapmatchError`` where PySpark or Java is missing or too old, or nobody answers at ``master``.
    """
    _check_spark()
    _check_java()
    _check_master(master)
    from py4j.protocol import Py4JError  # noqa: PLC0415
    from pyspark.errors import PySparkException  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master)
    for name, value in {**_SETTINGS, **_own_machine(master), **more}.items():
        builder = builder.config(name, value)
    try:
        made = builder.getOrCreate()
    except (PySparkException, Py4JError, OSError, RuntimeError) as error:
        raise _unreachable(master, str(error)) from error
    made.sparkContext.setLogLevel("OFF")
    try:
        yield made
    except (PySparkException, Py4JError) as error:
        raise _failed(str(error)) from error
    finally:
        made.stop()


def _failed(why: str) -> GapmatchError:
    lines = [line for line in why.splitlines() if line.strip()]
    return GapmatchError(
        _("集群上的任务失败：{why}").format(why=lines[-1].strip() if lines else "?"),
        _(
            "原有结果未动；再次运行会从最后完成的一步继续。"
            "如果是内存不足，请在 gapmatch.toml 中调低 [spark] rows_a_task，或调高 [spark.conf] 中的执行器内存。"
        ),
    )


def _own_machine(master: str) -> Mapping[str, str]:
    """On one machine nothing listens to the outside."""
    if not master.startswith(_OWN_MACHINE):
        return {}
    return {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


def _check_spark() -> None:
    if find_spec("pyspark") is None or find_spec("pyarrow") is None:
        raise GapmatchError(
            _("没有安装 PySpark。"),
            _("请安装附加组件：pip install 'gapmatch[spark]'；或去掉 --engine spark，在本机运行。"),
        )
    from pyspark import __version__  # noqa: PLC0415

    if int(__version__.split(".", maxsplit=1)[0]) < LEAST_SPARK:
        raise GapmatchError(
            _("PySpark 版本过低：{found}，需要 {wanted} 或更高。").format(
                found=__version__, wanted=LEAST_SPARK
            ),
            _("请重新安装附加组件：pip install 'gapmatch[spark]'。"),
        )


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        raise GapmatchError(
            _("没有找到 Java，Spark 需要 Java {wanted} 或更高版本。").format(wanted=LEAST_JAVA),
            _("请安装 Java（如 OpenJDK 17），或设置 JAVA_HOME；不用集群时去掉 --engine spark。"),
        )
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    if version is None or int(version[1]) < LEAST_JAVA:
        first = told.splitlines()[0] if told else "?"
        raise GapmatchError(
            _("Java 版本不合适：{found}；Spark 需要 Java {wanted} 或更高版本。").format(
                found=first, wanted=LEAST_JAVA
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
    try:
        address = urlsplit(master.split(",", maxsplit=1)[0])
        place = (address.hostname or "", address.port or 7077)
        socket.create_connection(place, _PATIENCE).close()
    except (OSError, ValueError) as error:
        raise _unreachable(master, str(error)) from error


def _unreachable(master: str, why: str) -> GapmatchError:
    return GapmatchError(
        _("无法连接 Spark 主节点 {master}：{why}").format(
            master=master, why=why.strip().splitlines()[0] if why.strip() else "?"
        ),
        _("请检查地址和端口、集群是否已启动、防火墙是否放行；原有结果未动。"),
    )
