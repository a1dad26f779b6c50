#!/usr/bin/env python3
"""Runs coroner on a real Spark cluster, which it starts on this machine's loopback and stops again.

    python3 tools/spark/run.py PROGRAM [--cases DIR] [--first N] [--adversity [SITUATION ...]] [--long] [--rows N ... [--numbers N]]

--cases      diagnoses each folder with a coroner.toml in DIR here and on the cluster, and compares counts and ranking
--adversity  kills workers, cuts connections, withholds tables and tokens
--rows       measures logs of so many rows

Ends with exit code 1 where something differs, with 3 where no cluster can be started. Needs Java 17 and what requirements.txt names.
"""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import signal
import sys
import tempfile
import time
import traceback
import warnings

warnings.filterwarnings("ignore", category=FutureWarning)

import adversity  # noqa: E402 - the filter has to stand before pyspark is loaded
import cases  # noqa: E402
import compare  # noqa: E402
import scale  # noqa: E402
from cluster import Cluster  # noqa: E402

NO_CLUSTER = 3
SITUATIONS = [
    "wrong_port",
    "too_old",
    "no_such_table",
    "wrong_condition",
    "unreadable_type",
    "no_permission",
    "token",
    "connection_cut",
    "stream_limit",
    "interrupted",
    "worker_killed",
    "console_retries",
    "server_killed",
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--cases", type=pathlib.Path)
    parser.add_argument("--first", type=int, default=sys.maxsize)
    parser.add_argument("--diagnoses-only", action="store_true", help="without the counts of every bin, in a third of the time")
    parser.add_argument("--adversity", nargs="*", choices=[*SITUATIONS, "three_minutes"])
    parser.add_argument("--long", action="store_true", help="with a query of three minutes")
    parser.add_argument("--rows", type=int, nargs="+", default=[])
    parser.add_argument("--numbers", type=int, default=30, help="numeric features of the logs of --rows; beside them a category for six")
    parser.add_argument("--folder", type=pathlib.Path, help="kept; else a temporary one")
    options = parser.parse_args()
    # Whoever stops this program stops the cluster, too.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit(1))
    program = str(options.program.resolve())
    with tempfile.TemporaryDirectory(prefix="coroner-spark-") as temporary:
        folder = (options.folder or pathlib.Path(temporary)).resolve()
        # Servers of other users read what lies here.
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        start = time.monotonic()
        with contextlib.ExitStack() as until_the_end:
            try:
                cluster = until_the_end.enter_context(Cluster(folder / "cluster"))
            except Exception:  # noqa: BLE001 - told, and no difference of coroner's
                traceback.print_exc()
                return NO_CLUSTER
            print(f"cluster at {cluster.address} after {time.monotonic() - start:.0f} s", flush=True)
            failed = 0
            if options.cases:
                failed += compared(program, cluster, options, folder)
            if options.rows:
                scale.measure(program, cluster, folder / "scale", options.rows, options.numbers)
            if options.adversity is not None:
                situations = options.adversity or SITUATIONS + ["three_minutes"] * options.long
                # Those that end the server come last.
                failed += suffered(program, cluster, folder / "adversity", situations)
    print("all as expected" if failed == 0 else f"{failed} not as expected")
    return int(failed > 0)


def compared(program: str, cluster: Cluster, options: argparse.Namespace, folder: pathlib.Path) -> int:
    from pyspark.sql import SparkSession

    session = SparkSession.builder.remote(cluster.address).create()
    failed = 0
    found = sorted(path.parent for path in options.cases.glob("*/coroner.toml"))[: options.first]
    for number, case in enumerate(found):
        start = time.monotonic()
        pair = cases.made(case, folder, cluster.address, as_tables=number % 2 == 0)
        cases.register(session, [pair])
        try:
            differences = [] if options.diagnoses_only else compare.counts(program, pair, folder)
            others, here, there = compare.diagnoses(program, pair)
        except Exception:  # noqa: BLE001 - the next case may do
            differences, others, here, there = [traceback.format_exc(limit=1)], [], None, None
        differences += others
        failed += bool(differences)
        what = "tables" if pair.tables else "paths"
        print(f"{case.name} ({what}, {time.monotonic() - start:.0f} s): {'same' if not differences else 'DIFFERS'}", end="")
        if here and there:
            shift = max(
                (abs(a["probability"] - b["probability"]) for a in here["causes"] for b in there["causes"] if a["cause"] == b["cause"]),
                default=0.0,
            )
            others = sum(1 for _ in compare.differences(here, there, tolerance=1e-6))
            print(f"; {here['causes'][0]['cause']}, probabilities within {shift:.0e}, {others} other values differ", end="")
        print(flush=True)
        for difference in differences[:12]:
            print(f"    {difference}")
    session.stop()
    print(f"{len(found) - failed} of {len(found)} cases: the same counts and the same ranking")
    return failed + (not found)


def suffered(program: str, cluster: Cluster, folder: pathlib.Path, situations: list[str]) -> int:
    adverse = adversity.Adversity(program, cluster, folder)
    failed = 0
    for name in situations:
        start = time.monotonic()
        situation = getattr(adverse, name)
        if "server" not in cluster.processes:
            cluster.start_server()
        try:
            wrong = situation()
        except Exception:  # noqa: BLE001 - the next situation may do
            wrong = [traceback.format_exc(limit=4)]
        adverse.end()
        failed += bool(wrong)
        says = " ".join(situation.__doc__.split())
        print(f"{name} ({time.monotonic() - start:.0f} s): {'ok' if not wrong else 'FAILED'} - {says}", flush=True)
        for each in wrong:
            print(f"    {each}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
