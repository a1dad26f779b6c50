#!/usr/bin/env python3
"""A standalone Spark cluster on this machine's loopback: master, workers and a Spark Connect server, each a process of its own.

    python3 tools/spark/cluster.py FOLDER

starts one, prints its address, and stops it on ^C. FOLDER holds logs and tables.
"""

from __future__ import annotations

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pyspark

HOME = pathlib.Path(pyspark.__path__[0])
HOST = "127.0.0.1"
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as caller:
        caller.settimeout(1)
        return caller.connect_ex((HOST, port)) == 0


class Cluster:
    """The processes of a cluster, and the folder that they write to."""

    def __init__(self, folder: pathlib.Path, workers: int = 2, memory_mb: int = 1536) -> None:
        self.folder = folder.resolve()
        self.workers = workers
        self.memory_mb = memory_mb
        self.master_port = free_port()
        self.port = free_port()
        self.ui_port = free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        return f"sc://{HOST}:{self.port}"

    def __enter__(self) -> Cluster:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Starts master, workers and server, and waits until the server listens."""
        ports = ["--host", HOST, "--port", str(self.master_port), "--webui-port", str(free_port())]
        self.run("master", ["org.apache.spark.deploy.master.Master", *ports])
        self.wait_for(self.master_port, "master")
        for number in range(self.workers):
            self.start_worker(number)
        self.start_server()

    def start_worker(self, number: int) -> None:
        name = f"worker-{number}"
        arguments = ["--host", HOST, "--webui-port", str(free_port()), "--cores", "1"]
        arguments += ["--memory", f"{self.memory_mb}m", "--work-dir", str(self.folder / name)]
        self.run(name, ["org.apache.spark.deploy.worker.Worker", *arguments, f"spark://{HOST}:{self.master_port}"])

    def start_server(
        self,
        name: str = "server",
        port: int | None = None,
        master: str | None = None,
        settings: dict[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        """Starts a Spark Connect server, and waits until it listens.

        master: another one than that of the cluster, such as local[1].
        before: is called in the process before it becomes the server.
        """
        port = port or self.port
        every = {
            "spark.connect.grpc.binding.address": HOST,
            "spark.connect.grpc.binding.port": str(port),
            "spark.driver.host": HOST,
            "spark.driver.bindAddress": HOST,
            "spark.driver.memory": "1g",
            "spark.executor.memory": f"{self.memory_mb - 512}m",
            "spark.ui.enabled": str(name == "server").lower(),
            "spark.ui.port": str(self.ui_port),
            "spark.sql.warehouse.dir": str(self.folder / f"tables-{name}"),
            "spark.sql.catalogImplementation": "in-memory",
            "spark.local.dir": str(self.folder / f"spill-{name}"),
        }
        master = master or f"spark://{HOST}:{self.master_port}"
        arguments = ["org.apache.spark.deploy.SparkSubmit", "--master", master, "--class", SERVER]
        for key, value in (every | (settings or {})).items():
            arguments += ["--conf", f"{key}={value}"]
        self.run(name, [*arguments, "spark-internal"], before)
        self.wait_for(port, name)

    def run(self, name: str, arguments: list[str], before: Callable[[], None] | None = None) -> None:
        environment = os.environ | {"SPARK_HOME": str(HOME), "SPARK_LOCAL_IP": HOST}
        environment.pop("SPARK_REMOTE", None)
        if name == "master" or name.startswith("worker"):
            environment["SPARK_DAEMON_MEMORY"] = "256m"
        with open(self.folder / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(HOME / "bin/spark-class"), *arguments],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=before,
            )

    def wait_for(self, port: int, name: str, seconds: float = 600) -> None:
        until = time.monotonic() + seconds
        while not listens(port):
            if self.processes[name].poll() is not None or time.monotonic() > until:
                log = (self.folder / f"{name}.log").read_text(errors="replace")
                raise RuntimeError(f"{name} does not listen at port {port}; the end of its log:\n{log[-3000:]}")
            time.sleep(0.2)

    def kill(self, name: str) -> None:
        """Kills a process together with its children (the executors of a worker) at once."""
        process = self.processes.pop(name)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        # A server that ends lets its executors go before their workers are killed.
        for name in reversed(list(self.processes)):
            process = self.processes[name]
            if name not in ("master",) and not name.startswith("worker") and process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    pass
            self.kill(name)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    with Cluster(pathlib.Path(sys.argv[1])) as cluster:
        print(f'engine = "{cluster.address}"', flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopping")
    return 0


if __name__ == "__main__":
    sys.exit(main())
