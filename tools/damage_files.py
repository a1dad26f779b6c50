#!/usr/bin/env python3
"""Damages the files of the samples at random and looks whether every damage ends in a sentence.

    cargo build && python3 tools/damage_files.py target/debug/coroner [DAMAGES [SEED]]

Each round copies a sample, damages one of its files (Parquet, CSV, JSON lines, a packed CSV, a profile, the contract, the
events), and runs one of the commands on it. Ends with exit code 1 if any run ends with another code than 0, 1 or 2, takes more
than two minutes, speaks of a panic, puts a control character on the terminal, or ends with 2 and no hint.
"""

import gzip
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "sample-data"
COMMANDS = [["check"], ["check"], ["diagnose", "--format", "json"], ["report"], ["profile"], ["remedy"]]


def damaged(data: bytes, dice: random.Random) -> tuple[str, bytes]:
    """The bytes with one kind of damage, and what it is called."""
    data = bytearray(data)
    size = len(data)
    at = dice.randrange(size)
    length = min(dice.choice([1, 2, 8, 100, 4096]), size - at)
    kind = dice.choice(["bits", "bytes", "foot", "cut", "zeros", "twice", "gone", "grown", "swapped"])
    if kind == "bits":
        for _ in range(dice.randrange(1, 30)):
            data[dice.randrange(size)] ^= 1 << dice.randrange(8)
    elif kind == "bytes":
        data[at : at + length] = dice.randbytes(length)
    elif kind == "foot":
        # Where Parquet and Arrow keep what they say about themselves.
        for _ in range(dice.randrange(1, 6)):
            data[size - 1 - dice.randrange(min(size, 3000))] = dice.randrange(256)
    elif kind == "cut":
        del data[at:]
    elif kind == "zeros":
        data[at : at + length] = bytes(length)
    elif kind == "twice":
        data[at:at] = data[at : at + length]
    elif kind == "gone":
        del data[at : at + length]
    elif kind == "grown":
        data += dice.randbytes(length)
    else:
        data = data[at:] + data[:at]
    return kind, bytes(data)


def text_case(program: str, folder: pathlib.Path) -> None:
    """A small case whose files are text: CSV, JSON lines, a packed CSV, and a profile in place of training."""
    dice = random.Random(1)
    rows = []
    for i in range(3000):
        income = round(dice.gauss(50, 12), 2)
        score = min(max(income / 100, 0.01), 0.99)
        rows.append(
            {
                "id": i,
                "ts": f"2026-03-{1 + i // 150:02d}T{i % 24:02d}:00:00",
                "income": income,
                "region": dice.choice(["north", 'so"uth', "we,st", "K\u00f6ln"]),
                "score": round(score, 4),
                "prediction": int(score > 0.5),
                "label": int(dice.random() < score),
            }
        )
    quoted = lambda value: '"' + value.replace('"', '""') + '"' if isinstance(value, str) else str(value)
    lines = [",".join(rows[0])] + [",".join(quoted(value) for value in row.values()) for row in rows]
    csv = "\n".join(lines).encode()
    (folder / "training.csv").write_bytes(csv)
    (folder / "golden.csv.gz").write_bytes(gzip.compress(csv, mtime=0))
    (folder / "production.ndjson").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    (folder / "coroner.toml").write_text(
        '[model]\nname = "damaged"\n\n[snapshots]\ntraining = "training.csv"\nproduction = "production.ndjson"\n'
        'golden = "golden.csv.gz"\n\n[columns]\ntimestamp = "ts"\nlabel = "label"\nprediction = "prediction"\n'
        'score = "score"\nid = "id"\n'
    )
    profile = folder / "training.profile.json"
    subprocess.run([program, "profile", folder, "-o", profile], check=True, capture_output=True)
    profiled = folder / "profiled"
    profiled.mkdir()
    for name in ["coroner.toml", "production.ndjson", "golden.csv.gz", "training.profile.json"]:
        shutil.copy(folder / name, profiled)
    contract = profiled / "coroner.toml"
    contract.write_text(contract.read_text().replace("training.csv", "training.profile.json"))


def main() -> int:
    program = os.path.abspath(sys.argv[1])
    damages = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    dice = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    wrong, codes = [], {}
    with tempfile.TemporaryDirectory() as folder:
        text = pathlib.Path(folder) / "text"
        text.mkdir()
        text_case(program, text)
        profiled = text / "profiled"
        sources = sorted(path for path in SAMPLES.iterdir() if path.is_dir()) + [text, profiled] * 2
        environment = dict(os.environ, HOME=folder, NO_COLOR="1")
        environment.pop("RUST_BACKTRACE", None)
        for round_ in range(damages):
            source = dice.choice(sources)
            case = pathlib.Path(folder) / "case"
            shutil.rmtree(case, ignore_errors=True)
            shutil.copytree(source, case, ignore=shutil.ignore_patterns("profiled"))
            file = dice.choice(sorted(path for path in case.iterdir() if path.is_file() and path.suffix != ".md"))
            kind, data = damaged(file.read_bytes(), dice)
            file.write_bytes(data)
            command = dice.choice(COMMANDS)
            output = ["-o", case / "out.json"] if command == ["profile"] else []
            what = f"round {round_}: {command[0]} of {source.name} with {file.name} ({kind})"
            try:
                run = subprocess.run([program, *command, case, *output], capture_output=True, env=environment, timeout=120)
            except subprocess.TimeoutExpired:
                wrong.append(f"{what}: more than two minutes")
                continue
            codes[run.returncode] = codes.get(run.returncode, 0) + 1
            if (round_ + 1) % 50 == 0:
                print("\n".join([*wrong, f"{round_ + 1} damages, {len(wrong)} wrong"]), file=sys.stderr, flush=True)
            said = run.stderr.decode("utf-8", "replace")
            shown = said + run.stdout.decode("utf-8", "replace")
            if run.returncode not in (0, 1, 2) or "panicked" in said:
                wrong.append(f"{what}: exit {run.returncode}: {said[:300]}")
            elif run.returncode == 2 and not ("[E" in said and "hint" in said):
                wrong.append(f"{what}: no hint: {said[:300]}")
            elif any(ord(sign) < 32 and sign not in "\n\t" or 127 <= ord(sign) < 160 for sign in shown):
                wrong.append(f"{what}: a control character")
    print("\n".join(wrong + [f"{damages} damages, exit codes {codes}, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
