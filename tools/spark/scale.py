"""Time, memory and traffic of a diagnosis on logs of different lengths."""

from __future__ import annotations

import contextlib
import pathlib
import time

from cluster import Cluster
from compare import measured
from proxy import Proxy

TRAINING = 200_000


def columns(seed: int, numbers_of: int) -> str:
    """Columns in SQL: numbers of two decimals, a category for six of them, a score and a label that follows it."""
    numbers = [f"round(randn({seed + at}), 2) AS n{at}" for at in range(numbers_of)]
    texts = [
        f"concat('level ', CAST(floor(rand({seed + 50 + at}) * 10) AS STRING)) AS t{at}"
        for at in range(max(1, numbers_of // 6))
    ]
    return ", ".join([*numbers, *texts, f"round(rand({seed + 90}), 4) AS score", f"rand({seed + 91}) AS luck"])


def make(session: object, folder: pathlib.Path, rows: int, numbers: int, training: bool) -> None:
    """Writes a log, or training, with the cluster itself."""
    if (folder / "_SUCCESS").exists():
        return
    seed = 7 if training else 1007
    at = "timestamp_micros(1767225600000000L + CAST(id * (3628800000000D / %d) AS BIGINT))" % rows
    session.sql(
        f"INSERT OVERWRITE DIRECTORY '{folder}' USING parquet SELECT * EXCEPT (luck), "
        f"CAST(luck < score AS INT) AS label FROM (SELECT id, {at} AS at, {columns(seed, numbers)} FROM range(0, {rows}, 1, {max(2, rows // 1_000_000)}))"
    ).collect()


def measure(program: str, cluster: Cluster, folder: pathlib.Path, sizes: list[int], numbers: int) -> list[str]:
    """Diagnoses logs of some sizes; the lines of a table."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.remote(cluster.address).create()
    data = folder / f"data-{numbers}"
    data.mkdir(parents=True, exist_ok=True)
    make(session, data / "training", TRAINING, numbers, True)
    lines = [
        "| rows of production | a sum of every number | diagnosed | of that the client's CPU | peak memory | received | sent |",
        "|---|---|---|---|---|---|---|",
    ]
    for rows in sizes:
        log = data / f"log-{rows}"
        make(session, log, rows, numbers, False)
        sums = ", ".join(f"sum(n{at})" for at in range(numbers))
        start = time.monotonic()
        session.sql(f"SELECT {sums} FROM parquet.`{log}`").collect()
        bare = time.monotonic() - start
        proxy = Proxy(cluster.port)
        with contextlib.closing(proxy):
            case = folder / f"case-{numbers}-{rows}"
            case.mkdir(exist_ok=True)
            (case / "coroner.toml").write_text(contract(data / "training", log, proxy.address))
            run = measured(program, ["diagnose", str(case), "--no-cache"])
            if run.code != 0:
                raise RuntimeError(f"{rows} rows: coroner ends with {run.code}: {run.stderr}")
            lines.append(
                f"| {rows:,} | {bare:.1f} s | {run.seconds:.1f} s | {run.cpu:.1f} s | {run.memory_mb:.0f} MB "
                f"| {proxy.received / 1e6:.2f} MB | {proxy.sent / 1e6:.2f} MB |"
            )
            print(lines[-1], flush=True)
    session.stop()
    return lines


def contract(training: pathlib.Path, log: pathlib.Path, address: str) -> str:
    return f"""[model]
name = "scale"
version = "1"
task = "binary"

[snapshots]
training = "{training}"
production = "{log}"

[columns]
id = "id"
timestamp = "at"
label = "label"
score = "score"

[remote]
engine = "{address}"
"""
