"""Cases as `coroner init` makes them, out of full ones: no golden set, no events, no artefact, no offline rows, few rows.

    python plain_cases.py FROM TO [--seed N] [--every K]

FROM and TO are folders with `cases/<id>/` and `truths.json`. Of every K-th case (all of them without) the log is thinned
to between 500 and 20,000 rows, evenly on a scale of ratios, and all that `init` does not find is left out. The training
snapshot stays, and with it the answers of the model that was fitted on it. The same seed gives the same files.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

DROPPED_KEYS = {"artifact", "golden", "offline", "events", "id"}
DROPPED_TABLES = {"sources"}


def plain_contract(text: str) -> str:
    """The contract without what is left out."""
    kept, table = [], ""
    for line in text.splitlines():
        head = re.match(r"\s*\[(.+?)\]", line)
        if head:
            table = head.group(1)
        key = line.split("=")[0].strip()
        if table.split(".")[0] in DROPPED_TABLES or key in DROPPED_KEYS:
            continue
        kept.append(line)
    return "\n".join(kept) + "\n"


def thin(path: Path, target: Path, keep: np.ndarray) -> None:
    """Copies the rows at `keep`."""
    if path.suffix == ".parquet":
        pd.read_parquet(path).iloc[keep].to_parquet(target, index=False)
        return
    lines = path.read_text().splitlines(keepends=True)
    head = 1 if path.suffix == ".csv" else 0
    target.write_text("".join(lines[:head] + [lines[head + i] for i in keep]))


def rows_of(path: Path) -> int:
    """How many rows a log holds."""
    if path.suffix == ".parquet":
        return len(pd.read_parquet(path, columns=[]))
    return len(path.read_text().splitlines()) - (path.suffix == ".csv")


def plain(case: Path, target: Path, seed: list[int]) -> None:
    """Makes one case."""
    rng = np.random.default_rng(seed)
    target.mkdir(parents=True, exist_ok=True)
    contract = (case / "coroner.toml").read_text()
    (target / "coroner.toml").write_text(plain_contract(contract))
    name = re.search(r'^training\s*=\s*"(.+?)"', contract, re.M).group(1)
    shutil.copy(case / name, target / name)
    name = re.search(r'^production\s*=\s*"(.+?)"', contract, re.M).group(1)
    total = rows_of(case / name)
    rows = min(total, int(500 * 40 ** rng.uniform()))
    thin(case / name, target / name, np.sort(rng.choice(total, rows, replace=False)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=1)
    args = parser.parse_args()
    truths = json.loads((args.source / "truths.json").read_text())
    chosen = dict(list(truths.items())[:: args.every])
    for place, name in enumerate(chosen):
        plain(args.source / "cases" / name, args.target / "cases" / name, [args.seed, place])
    (args.target / "truths.json").write_text(json.dumps(chosen, indent=1) + "\n")


if __name__ == "__main__":
    main()
