#!/usr/bin/env python3
"""Writes a case of any size: many rows, many columns, or many classes.

    python3 tools/large_case.py FOLDER --rows 60000 --features 500 [--classes 300] [--files 8] [--csv] [--seed 1]

Training and production hold as many rows each, of 56 days in all. A feature depends on one of six hidden factors; the answer
depends on five features, and in the second half of production one of these arrives a hundred times as large. Every eighth
feature is a category of 4 to 60 levels. With `--files`, production is a folder of that many files, one after the other in
time. Blocks of rows are written as they are drawn, so the memory does not grow with the rows.
Needs numpy and pyarrow. The same arguments give the same values.
"""

import argparse
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

BLOCK_CELLS = 8_000_000
FACTORS = 6
LEVELS = [4, 8, 12, 20, 30, 60]
BROKEN = 1
PERIOD = 28 * 86_400_000_000
BEGIN = 1_770_000_000_000_000


def block(rng, first: int, rows: int, asked, production: bool) -> pa.Table:
    """The rows `first..first + rows` of a snapshot."""
    factors = rng.standard_normal((rows, FACTORS), dtype=np.float32)
    columns, numbers = {}, {}
    for j in range(asked.features):
        if j % 8 == 7:
            levels = LEVELS[(j // 8) % len(LEVELS)]
            codes = (rng.random(rows, dtype=np.float32) ** 2 * levels).astype(np.int32)
            names = pa.array([f"level {level}" for level in range(levels)])
            columns[f"category_{j}"] = pa.DictionaryArray.from_arrays(pa.array(codes), names)
            continue
        values = 0.5 * factors[:, j % FACTORS] + rng.standard_normal(rows, dtype=np.float32)
        if j < 7:
            numbers[j] = values.astype(np.float64)
        shown = {1: np.exp, 2: lambda x: np.round(10 * x)}.get(j % 3, lambda x: x)(values.astype(np.float64))
        if j == BROKEN and production:
            shown[max(0, asked.rows // 2 - first) :] *= 100.0
        columns[f"number_{j}"] = pa.array(shown)
    served = np.log(columns[f"number_{BROKEN}"].to_numpy())

    def odds(second):
        jump = np.where(numbers[6] > 0, 0.5 * numbers[3], 0.0)
        return 0.8 * numbers[0] + 0.6 * second - 0.5 * numbers[2] + jump

    at = BEGIN + (PERIOD if production else 0) + (np.arange(first, first + rows) * (PERIOD / asked.rows)).astype(np.int64)
    head = {"ts": pa.array(at).cast(pa.timestamp("us"))}
    if asked.classes > 2:
        answer = spread(odds(served), asked.classes)
        label = spread(odds(numbers[BROKEN]) + 0.3 * rng.standard_normal(rows), asked.classes)
        tail = {"prediction": named(answer, asked.classes), "label": named(label, asked.classes)}
    else:
        score = 1 / (1 + np.exp(-odds(served)))
        label = rng.random(rows) < 1 / (1 + np.exp(-odds(numbers[BROKEN])))
        tail = {
            "score": pa.array(score),
            "prediction": pa.array((score > 0.5).astype(np.int64)),
            "label": pa.array(label.astype(np.int64)),
        }
    return pa.table(head | columns | tail)


def spread(odds: np.ndarray, classes: int) -> np.ndarray:
    """A class for each value: the classes divide the likely range evenly."""
    return np.clip(((odds + 4) / 8 * classes).astype(np.int32), 0, classes - 1)


def named(codes: np.ndarray, classes: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array([f"class {c}" for c in range(classes)])).cast(pa.string())


def write(path: pathlib.Path, rng, rows: range, asked, production: bool) -> None:
    """Writes some rows of a snapshot into one file."""
    step = max(1000, BLOCK_CELLS // asked.features)
    writer = None
    for first in range(rows.start, rows.stop, step):
        table = block(rng, first, min(step, rows.stop - first), asked, production)
        if asked.csv:
            table = table.cast(pa.schema([(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]))
        if writer is None:
            make = pa.csv.CSVWriter if asked.csv else pa.parquet.ParquetWriter
            writer = make(path, table.schema)
        writer.write_table(table)
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--features", type=int, default=30)
    parser.add_argument("--classes", type=int, default=2)
    parser.add_argument("--files", type=int, default=1)
    parser.add_argument("--csv", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.features < 7:
        parser.error("at least seven features")
    asked.folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(asked.seed)
    ending = "csv" if asked.csv else "parquet"
    write(asked.folder / f"training.{ending}", rng, range(asked.rows), asked, False)
    production = f"production.{ending}"
    if asked.files == 1:
        write(asked.folder / production, rng, range(asked.rows), asked, True)
    else:
        production = "production"
        (asked.folder / production).mkdir(exist_ok=True)
        edges = [asked.rows * i // asked.files for i in range(asked.files + 1)]
        for i, (start, end) in enumerate(zip(edges, edges[1:])):
            write(asked.folder / production / f"part-{i:04}.{ending}", rng, range(start, end), asked, True)
    task = "multiclass" if asked.classes > 2 else "binary"
    contract = [
        "[model]", 'name = "large"', f'task = "{task}"', "",
        "[snapshots]", f'training = "training.{ending}"', f'production = "{production}"', "",
        "[columns]", 'timestamp = "ts"', 'label = "label"', 'prediction = "prediction"',
    ]
    if asked.classes == 2:
        contract.append('score = "score"')
    (asked.folder / "coroner.toml").write_text("\n".join(contract) + "\n")


if __name__ == "__main__":
    main()
