"""What goes wrong on a cluster, one situation a function: each returns sentences on what is not as it should be."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import pwd
import select
import signal
import struct
import subprocess
import termios
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent import futures

import grpc
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyspark.sql.connect.proto as proto
import pyspark.sql.connect.proto.base_pb2_grpc as services

from cluster import HOST, Cluster, free_port
from compare import differences
from proxy import Proxy

ROWS = 12_000
TOKEN = "hush-4f1c09d2"


class Adversity:
    """A made-up case on a cluster, with views of its log that take as long as one likes."""

    def __init__(self, program: str, cluster: Cluster, folder: pathlib.Path) -> None:
        self.program = program
        self.cluster = cluster
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        # The cluster may run as somebody else.
        for name, rows, start in (("training", 4_000, 0), ("production", ROWS, 1)):
            made_up(folder / name, rows, seed=start)
        self.expected: dict | None = None
        self.started: list[subprocess.Popen[str]] = []

    def session(self, address: str):
        from pyspark.sql import SparkSession

        return SparkSession.builder.remote(address).create()

    def slow(self, address: str, seconds: float) -> None:
        """Makes a view of the log whose feature `a` sleeps for as long in each of two tasks."""
        milliseconds = max(1, round(seconds * 1000 / (ROWS / 2)))
        session = self.session(address)
        path = f"parquet.`{self.folder}/production`"
        slow = f"CASE WHEN reflect('java.lang.Thread', 'sleep', {milliseconds}L) = 'x' THEN NULL ELSE a END AS a"
        # In the order of the file, so that the profiles are compared column by column.
        columns = [slow if name == "a" else name for name in session.sql(f"SELECT * FROM {path} LIMIT 0").columns]
        session.sql(f"CREATE OR REPLACE VIEW slow AS SELECT {', '.join(columns)} FROM {path}").collect()
        session.stop()

    def case(self, address: str, production: str = "slow", extra: str = "", training: str = "") -> pathlib.Path:
        case = self.folder / "case"
        case.mkdir(exist_ok=True)
        (case / "coroner.toml").write_text(
            f"""[model]
name = "made-up"
version = "1"
task = "regression"

[snapshots]
training = "{training or self.folder / "training"}"
production = "{production}"

[columns]
id = "id"
timestamp = "at"
label = "y"
prediction = "y_hat"

[remote]
engine = "{address}"
{extra}
"""
        )
        return case

    def start(self, arguments: list[str], environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [self.program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"XDG_STATE_HOME": str(self.folder / "state")} | (environment or {}),
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        """Ends what a situation has left running, and waits until the cluster has nothing to do."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.started.clear()
        until = time.monotonic() + 300
        while "server" in self.cluster.processes and sum(self.active().values()) and time.monotonic() < until:
            time.sleep(1)

    def run(self, arguments: list[str], environment: dict[str, str] | None = None) -> tuple[int, str, str, float]:
        start = time.monotonic()
        process = self.start(arguments, environment)
        out, err = process.communicate(timeout=1800)
        return process.returncode, out, err, time.monotonic() - start

    def profile_arguments(self, case: pathlib.Path) -> list[str]:
        out = self.folder / "profile.json"
        out.unlink(missing_ok=True)
        return ["profile", str(case), "--snapshot", "production", "--fewest", "1", "-o", str(out)]

    def undisturbed(self) -> dict:
        """The counts of the same rows, without any trouble."""
        if self.expected is None:
            case = self.case(self.cluster.address, production=str(self.folder / "production"))
            code, _, err, _ = self.run(self.profile_arguments(case))
            if code != 0:
                raise RuntimeError(f"the undisturbed run ends with {code}: {err}")
            self.expected = json.loads((self.folder / "profile.json").read_text())
        return self.expected

    def same_counts(self, code: int, err: str) -> list[str]:
        if code != 0:
            return [f"ends with {code}: {err.strip()}"]
        found = json.loads((self.folder / "profile.json").read_text())
        return list(differences(self.undisturbed(), found))[:5]

    def active(self) -> dict[str, int]:
        """Tasks that run, by the port of their executor."""
        base = f"http://{HOST}:{self.cluster.ui_port}/api/v1/applications"
        applications = json.load(urllib.request.urlopen(base, timeout=60))
        executors = json.load(urllib.request.urlopen(f"{base}/{applications[0]['id']}/executors", timeout=60))
        return {each["hostPort"]: each["activeTasks"] for each in executors if each["id"] != "driver"}

    def wait_until_busy(self, process: subprocess.Popen[str] | None = None, seconds: float = 300) -> None:
        """Waits until a task has been running on two executors for two seconds."""
        busy_since = None
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if process is not None and process.poll() is not None:
                raise RuntimeError(f"it ended too early: {process.stderr.read()}")
            busy = sum(tasks > 0 for tasks in self.active().values()) >= min(2, self.cluster.workers)
            busy_since = (busy_since or time.monotonic()) if busy else None
            if busy_since and time.monotonic() - busy_since > 2:
                return
            time.sleep(0.1)
        raise RuntimeError("the cluster has nothing to do")

    # The situations.

    def worker_killed(self) -> list[str]:
        """One worker killed during the pass: the same counts."""
        self.undisturbed()
        self.slow(self.cluster.address, 15)
        process = self.start(self.profile_arguments(self.case(self.cluster.address)))
        self.wait_until_busy(process)
        self.cluster.kill("worker-1")
        _, err = process.communicate(timeout=600)
        self.cluster.start_worker(1)
        return self.same_counts(process.returncode, err)

    def connection_cut(self) -> list[str]:
        """A connection cut twice: the same counts."""
        self.undisturbed()
        self.slow(self.cluster.address, 15)
        proxy = Proxy(self.cluster.port)
        with contextlib.closing(proxy):
            process = self.start(self.profile_arguments(self.case(proxy.address)))
            self.wait_until_busy(process)
            cuts = proxy.cut()
            time.sleep(4)
            cuts += proxy.cut()
            _, err = process.communicate(timeout=600)
        wrong = [] if cuts == 2 else [f"{cuts} connections were cut, not two"]
        return wrong + self.same_counts(process.returncode, err)

    def stream_limit(self) -> list[str]:
        """Streams that end after five seconds: the same counts of a query of fifteen."""
        self.undisturbed()
        with self.server("limited", {"spark.connect.execute.reattachable.senderMaxStreamDuration": "5s"}) as address:
            self.slow(address, 15)
            code, _, err, seconds = self.run(self.profile_arguments(self.case(address)))
        wrong = [] if seconds > 15 else [f"it took only {seconds:.0f} s"]
        return wrong + self.same_counts(code, err)

    def three_minutes(self) -> list[str]:
        """A query of more than three minutes, where the server ends streams after two by its defaults: the same counts."""
        self.undisturbed()
        self.slow(self.cluster.address, 190)
        code, _, err, seconds = self.run(self.profile_arguments(self.case(self.cluster.address)))
        wrong = [] if seconds > 190 else [f"it took only {seconds:.0f} s"]
        return wrong + self.same_counts(code, err)

    def interrupted(self) -> list[str]:
        """^C: the cluster stops, too."""
        self.slow(self.cluster.address, 60)
        process = self.start(["diagnose", str(self.case(self.cluster.address))])
        self.wait_until_busy(process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        until = time.monotonic() + 15
        while sum(self.active().values()) and time.monotonic() < until:
            time.sleep(0.2)
        running = sum(self.active().values())
        return [f"{running} tasks run on"] if running else []

    def server_killed(self) -> list[str]:
        """The server killed during the pass: a sentence, exit code 2. Leaves the cluster without a server."""
        self.slow(self.cluster.address, 60)
        process = self.start(["diagnose", str(self.case(self.cluster.address))])
        self.wait_until_busy(process)
        self.cluster.kill("server")
        start = time.monotonic()
        _, err = process.communicate(timeout=120)
        wrong = [] if time.monotonic() - start < 60 else ["it took more than a minute to say so"]
        return wrong + sentence(process.returncode, err, ["E120", "lost"])

    def console_retries(self) -> list[str]:
        """The server killed while the console reads: it says so, lives, and reads again on a key."""
        self.slow(self.cluster.address, 30)
        case = self.case(self.cluster.address)
        pid, master = pty.fork()
        if pid == 0:
            environment = os.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_STATE_HOME": str(self.folder / "state")}
            os.execve(self.program, [self.program, "open", str(case)], environment)
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        screen = Screen(master)
        wrong = []
        self.wait_until_busy()
        self.cluster.kill("server")
        if not screen.shows(b"retry", 90):
            wrong.append("the console does not offer a retry")
        self.cluster.start_server()
        self.slow(self.cluster.address, 1)
        os.write(master, b"r")
        if not screen.shows(b"checks done", 240):
            wrong.append("the console does not read the case after r")
        if os.waitpid(pid, os.WNOHANG)[0]:
            wrong.append("the console ended")
        else:
            os.write(master, b"qy")
            time.sleep(2)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(master)
        return wrong + ([] if b"panicked" not in screen.seen else ["a panic"])

    def wrong_port(self) -> list[str]:
        """A port at which nobody listens: said at once."""
        code, _, err, seconds = self.run(["diagnose", str(self.case(f"sc://{HOST}:{free_port()}"))])
        wrong = [] if seconds < 3 else [f"it took {seconds:.1f} s"]
        return wrong + sentence(code, err, ["E120", "refused"])

    def no_such_table(self) -> list[str]:
        """A table, and a path, that do not exist."""
        wrong = []
        for production in ("main.risk.nowhere", "nowhere", "/nowhere/log"):
            code, _, err, _ = self.run(["diagnose", str(self.case(self.cluster.address, production))])
            wrong += sentence(code, err, ["E122", "nowhere"])
        return wrong

    def wrong_condition(self) -> list[str]:
        """A filter that is no SQL, and one with a column that does not exist."""
        wrong = []
        for condition, word in (("a >> > 1", ""), ("amount > 1", "amount")):
            extra = f'filter = {{ production = "{condition}" }}'
            case = self.case(self.cluster.address, str(self.folder / "production"), extra)
            code, _, err, _ = self.run(["diagnose", str(case)])
            wrong += sentence(code, err, ["E122", word])
        return wrong

    def unreadable_type(self) -> list[str]:
        """A file whose type the server cannot read."""
        odd = self.folder / "odd"
        odd.mkdir(exist_ok=True)
        table = pq.read_table(self.folder / "production")
        half = pa.array(np.zeros(table.num_rows, dtype=np.float16))
        pq.write_table(table.append_column("half", half), odd / "part-0.parquet")
        code, _, err, _ = self.run(["diagnose", str(self.case(self.cluster.address, str(odd)))])
        return sentence(code, err, ["E122", "FLOAT16"])

    def no_permission(self) -> list[str]:
        """Files that the server may not read."""
        closed = self.folder / "closed"
        closed.mkdir(exist_ok=True)
        pq.write_table(pq.read_table(self.folder / "production"), closed / "part-0.parquet")
        (closed / "part-0.parquet").chmod(0)
        with self.server("nobody", {}, as_nobody=True) as address:
            code, _, err, _ = self.run(["diagnose", str(self.case(address, str(closed)))])
        return sentence(code, err, ["E121", "ermission"])

    def token(self) -> list[str]:
        """A server that wants a token: none, a wrong one, the right one; which is never shown or kept."""
        wrong = []
        with self.server("token", {"spark.connect.authenticate.token": TOKEN}) as address:
            case = self.case(address, str(self.folder / "production"))
            state = self.folder / "state"
            log = self.folder / "log"
            everything = {"CORONER_LOG": "trace", "RUST_LOG": "trace", "XDG_CACHE_HOME": str(self.folder / "cache")}
            for token in ("", "wrong-7be1"):
                code, out, err, _ = self.run(["diagnose", str(case)], everything | {"SPARK_CONNECT_AUTHENTICATE_TOKEN": token})
                wrong += sentence(code, err, ["E121", "SPARK_CONNECT_AUTHENTICATE_TOKEN"])
                if token and token in out + err:
                    wrong.append("the wrong token is shown")
            secret = self.folder / "token.txt"
            secret.write_text(TOKEN + "\n")
            out_folder = self.folder / "report"
            for environment in (
                {"SPARK_CONNECT_AUTHENTICATE_TOKEN": TOKEN},
                {"SPARK_CONNECT_AUTHENTICATE_TOKEN_FILE": str(secret)},
            ):
                for arguments in (
                    ["diagnose", str(case), "--format", "json"],
                    ["report", str(case), "-o", str(out_folder)],
                ):
                    code, out, err, _ = self.run(arguments, everything | environment)
                    if code != 0:
                        wrong.append(f"with the token, {arguments[0]} ends with {code}: {err}")
                    if TOKEN in out + err:
                        wrong.append(f"{arguments[0]} shows the token")
            secret.unlink()
            for folder in (state, log, out_folder, case, self.folder / "cache"):
                for file in folder.rglob("*") if folder.exists() else []:
                    if file.is_file() and TOKEN.encode() in file.read_bytes():
                        wrong.append(f"{file} holds the token")
        return wrong

    def too_old(self) -> list[str]:
        """A server of Spark 3.4."""

        class Old(services.SparkConnectServiceServicer):
            def AnalyzePlan(self, request, context):  # noqa: N802 - the protocol's name
                version = proto.AnalyzePlanResponse.SparkVersion(version="3.4.1")
                return proto.AnalyzePlanResponse(session_id=request.session_id, spark_version=version)

        server = grpc.server(futures.ThreadPoolExecutor(2))
        services.add_SparkConnectServiceServicer_to_server(Old(), server)
        port = server.add_insecure_port(f"{HOST}:0")
        server.start()
        code, _, err, _ = self.run(["diagnose", str(self.case(f"sc://{HOST}:{port}"))])
        server.stop(None)
        return sentence(code, err, ["E120", "3.4.1", "3.5"])

    @contextlib.contextmanager
    def server(self, name: str, settings: dict[str, str], as_nobody: bool = False) -> Iterator[str]:
        """Another server, which has no workers and computes by itself."""
        port = free_port()
        before = None
        if as_nobody and os.getuid() == 0:
            nobody = pwd.getpwnam("nobody").pw_uid
            for kind in ("tables", "spill"):
                path = self.cluster.folder / f"{kind}-{name}"
                path.mkdir(exist_ok=True)
                path.chmod(0o777)

            def before() -> None:
                os.setuid(nobody)

        self.cluster.start_server(name, port, "local[2]", settings, before)
        try:
            yield f"sc://{HOST}:{port}"
        finally:
            self.cluster.kill(name)


class Screen:
    """What a terminal was sent."""

    def __init__(self, master: int) -> None:
        self.master = master
        self.seen = b""
        self.lock = threading.Lock()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        while True:
            with contextlib.suppress(OSError, ValueError):
                if not select.select([self.master], [], [], 0.5)[0]:
                    continue
                data = os.read(self.master, 65536)
                if data:
                    with self.lock:
                        self.seen += data
                    continue
            return

    def shows(self, text: bytes, seconds: float) -> bool:
        """Whether a text comes within a time; what came before is forgotten."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self.lock:
                if text in self.seen:
                    self.seen = b""
                    return True
            time.sleep(0.1)
        return False


def sentence(code: int, err: str, words: list[str]) -> list[str]:
    """What is wrong with an error: the exit code, a word that is missing, a trace."""
    said = " ".join(err.split())
    wrong = [] if code == 2 else [f"ends with {code}, not 2: {said[-400:]}"]
    wrong += [f"{word!r} is missing in: {said[-600:]}" for word in words if word not in err]
    wrong += [f"holds {word!r}" for word in ("panicked", "\tat ", "Status {", "org.apache.spark.sql.catalyst") if word in err]
    return wrong


def made_up(folder: pathlib.Path, rows: int, seed: int) -> None:
    """Rows of a regression, in two files."""
    dice = np.random.default_rng(seed)
    features = dice.normal(size=(rows, 4))
    truth = features @ np.array([3.0, 2.0, 1.0, 0.5])
    minutes = np.arange(rows) * (42 * 24 * 60 / rows)
    start = np.datetime64("2026-01-01") + np.timedelta64(60 * seed, "D")
    columns = {
        "id": np.arange(rows) + seed * 1_000_000,
        "at": start.astype("datetime64[us]") + (minutes * 60e6).astype("timedelta64[us]"),
        "a": np.round(features[:, 0] * (1.0 + seed), 3),
        "b": np.round(features[:, 1], 3),
        "c": np.round(features[:, 2], 3),
        "d": np.round(features[:, 3], 3),
        "kind": dice.choice(["x", "y", "z"], rows),
        "y": truth + dice.normal(scale=0.3, size=rows),
        "y_hat": np.where(np.arange(rows) < rows * (1 - 0.5 * seed), truth, truth + features[:, 0]),
    }
    table = pa.table(columns)
    folder.mkdir(exist_ok=True)
    half = rows // 2
    for part in range(2):
        pq.write_table(table.slice(part * half, half), folder / f"part-{part}.parquet")
