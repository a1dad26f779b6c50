"""Compares what coroner says of a case here and on the cluster."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import pathlib
import subprocess
import time
from collections.abc import Iterator

# Sums of floats may differ in their last digits, for a cluster adds in no fixed order.
TOLERANCE = 1e-9

# What names files and engines differs, and must.
NAMES_SOURCES = {"files", "notes", "program"}


def run(program: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def answer(program: str, arguments: list[str]) -> dict:
    done = run(program, arguments)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"coroner {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


def differences(here: object, there: object, path: str = "", tolerance: float = TOLERANCE) -> Iterator[str]:
    """Where two JSON values differ: whole numbers and texts to the last sign, others by more than the tolerance."""
    if isinstance(here, dict) and isinstance(there, dict):
        for key in sorted(here.keys() | there.keys()):
            if key not in NAMES_SOURCES:
                yield from differences(here.get(key), there.get(key), f"{path}.{key}", tolerance)
    elif isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        for at, (one, other) in enumerate(zip(here, there)):
            yield from differences(one, other, f"{path}[{at}]", tolerance)
    elif isinstance(here, float) and isinstance(there, int | float) or isinstance(there, float) and isinstance(here, int):
        if not math.isclose(here, there, rel_tol=tolerance, abs_tol=tolerance):
            yield f"{path}: {here} here, {there} on the cluster"
    elif here != there or type(here) is not type(there):
        yield f"{path}: {str(here)[:80]} here, {str(there)[:80]} on the cluster"


def counts(program: str, pair, folder: pathlib.Path) -> list[str]:
    """The differences between the counts of both snapshots, as profiles hold them."""
    found = []
    for role in ("training", "production"):
        if role not in pair.snapshots:
            continue
        profiles = []
        for case in (pair.local, pair.remote):
            out = folder / f"{case.parent.name}-{role}.json"
            out.unlink(missing_ok=True)
            done = run(program, ["profile", str(case), "--snapshot", role, "--fewest", "1", "-o", str(out)])
            if done.returncode != 0:
                raise RuntimeError(f"coroner profile {case} --snapshot {role}:\n{done.stderr}")
            profiles.append(json.loads(out.read_text()))
        found += differences(*profiles, path=role)
    return found


def ranking(diagnosis: dict) -> list[str]:
    """The causes in their order; those that nothing speaks for have none."""
    return [cause["cause"] for cause in diagnosis["causes"] if cause["probability"] >= 0.005]


def diagnoses(program: str, pair) -> tuple[list[str], dict, dict]:
    """The differences between two diagnoses that count, and both."""
    here, there = (answer(program, ["diagnose", str(case), "--format", "json"]) for case in (pair.local, pair.remote))
    found = []
    if ranking(here) != ranking(there):
        found.append(f"ranking: {ranking(here)} here, {ranking(there)} on the cluster")
    stands = [{cause["cause"]: cause["standing"] for cause in each["causes"]} for each in (here, there)]
    found += differences(*stands, path="standing")
    # Counts and what follows from counts alone.
    whole = lambda window: {key: value for key, value in window.items() if isinstance(value, int)}  # noqa: E731
    windows = [[whole(window) for window in each["windows"]] for each in (here, there)]
    found += differences(*windows, path="windows")
    return found, here, there


@dataclasses.dataclass
class Measured:
    """What a run took."""

    seconds: float
    cpu: float
    memory_mb: float
    code: int
    stderr: str


def measured(program: str, arguments: list[str]) -> Measured:
    """Runs the program, and measures it."""
    start = time.monotonic()
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    stderr = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - start
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, stderr)
