#!/usr/bin/env python3
"""Runs the outputs of one case in many surroundings and looks whether the bytes are the same.

    cargo build && python3 tools/surroundings.py target/debug/coroner [CASE]

The surroundings: numbers of threads, the current folder, relative paths, time zones, languages, terminals, a copy of the case
elsewhere. Ends with exit code 1 where a run panics, fails or gives other bytes than the first one.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SAMPLE = pathlib.Path(__file__).resolve().parent.parent / "sample-data" / "transaction-window"

OUTPUTS = {
    "diagnose json": ["diagnose", "{case}", "--format", "json"],
    "md": ["report", "{case}"],
    "md with PNG": ["report", "{case}", "--png", "-o", "{out}"],
    "html": ["report", "{case}", "--format", "html"],
    "json": ["report", "{case}", "--format", "json"],
    "junit": ["report", "{case}", "--format", "junit"],
    "chat": ["report", "{case}", "--format", "chat"],
}

# Name, variables, options, current folder, how the case is named.
SURROUNDINGS = [
    ("as it is", {}, [], None, "whole"),
    ("RAYON_NUM_THREADS=1", {"RAYON_NUM_THREADS": "1"}, [], None, "whole"),
    ("RAYON_NUM_THREADS=2", {"RAYON_NUM_THREADS": "2"}, [], None, "whole"),
    ("POLARS_MAX_THREADS=1", {"POLARS_MAX_THREADS": "1"}, [], None, "whole"),
    ("POLARS_MAX_THREADS=2", {"POLARS_MAX_THREADS": "2"}, [], None, "whole"),
    ("--threads 1", {}, ["--threads", "1"], None, "whole"),
    ("--threads 7", {}, ["--threads", "7"], None, "whole"),
    ("another folder", {}, [], "/", "whole"),
    ("a relative path", {}, [], "beside", "relative"),
    ("a dot", {}, [], "within", "dot"),
    ("TZ=Pacific/Kiritimati", {"TZ": "Pacific/Kiritimati"}, [], None, "whole"),
    ("TZ=America/New_York", {"TZ": "America/New_York"}, [], None, "whole"),
    ("TZ=nonsense", {"TZ": "nonsense"}, [], None, "whole"),
    ("LC_ALL=tr_TR.UTF-8", {"LC_ALL": "tr_TR.UTF-8"}, [], None, "whole"),
    ("LC_ALL=C", {"LC_ALL": "C", "LANG": "C"}, [], None, "whole"),
    ("TERM=vt100, NO_COLOR", {"TERM": "vt100", "NO_COLOR": "1"}, [], None, "whole"),
    ("COLUMNS=40 LINES=10", {"COLUMNS": "40", "LINES": "10"}, [], None, "whole"),
    ("a copy elsewhere", {}, [], None, "copy"),
]


def digest(run: subprocess.CompletedProcess, out: pathlib.Path) -> str:
    """What a run gave: its output and the files that it wrote."""
    whole = hashlib.sha256(run.stdout.replace(str(out).encode(), b"OUT"))
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        whole.update(str(path.relative_to(out)).encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def main() -> int:
    program = os.path.abspath(sys.argv[1])
    original = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else SAMPLE
    wrong, runs = [], 0
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        case = root / "beside" / original.name
        shutil.copytree(original, case)
        copy = root / "else" / "where" / original.name
        shutil.copytree(original, copy)
        # The report is handed over to nobody, so the journal's folder may be anywhere.
        plain = {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        for output, words in OUTPUTS.items():
            print(f"{output}: after {runs} runs {len(wrong)} wrong", file=sys.stderr, flush=True)
            first = None
            for name, variables, options, at, way in SURROUNDINGS:
                where = {None: root, "beside": case.parent, "within": case}.get(at, at)
                named = {"whole": case, "relative": case.name, "dot": ".", "copy": copy}[way]
                out = root / "out"
                shutil.rmtree(out, ignore_errors=True)
                arguments = [word.format(case=named, out=out) for word in words] + options
                run = subprocess.run([program, "--no-cache", *arguments], capture_output=True, cwd=where, env={**plain, **variables})
                runs += 1
                got = digest(run, out)
                first = first or got
                if run.returncode != 0 or b"panicked" in run.stderr:
                    wrong.append(f"{output}, {name}: exit {run.returncode}: {run.stderr[:200]!r}")
                elif got != first:
                    wrong.append(f"{output}, {name}: other bytes")
    print("\n".join(wrong + [f"{len(SURROUNDINGS)} surroundings x {len(OUTPUTS)} outputs: {runs} runs, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
