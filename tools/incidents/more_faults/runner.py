"""What packages of further faults share: the options, and cases made of whatever faults are registered."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

import planning
import plans


def options(about: str) -> ArgumentParser:
    parser = ArgumentParser(description=about, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    return parser


def generate(args: Namespace) -> int:
    """Write the cases and truths.json of the registered faults; 1 when a case could not be made."""
    plans.CAUSES[:] = list(dict.fromkeys(p.cause for p in planning.PLANS))
    order = np.random.default_rng(args.seed).permutation(args.count)
    truths, failed = {}, 0
    with ProcessPoolExecutor(args.jobs) as pool:
        waiting = {f"c{place + 1:03d}": pool.submit(plans.make_case, int(i), args.seed, args.out / "cases" / f"c{place + 1:03d}")
                   for place, i in enumerate(order)}
        for name, result in waiting.items():
            try:
                truths[name] = t = result.result()
                (args.out / "truths.json").write_text(json.dumps(truths, indent=1) + "\n")
                print(f"{name} {t['cause']:22} {t['fault']:20} {t['base']:16} {t['sigmas']:6.1f}s draw {t['draw']} {t['seconds']}s",
                      flush=True)
            except Exception as error:  # report every broken case, then fail
                failed += 1
                print(f"{name} FAILED {repr(error)[:300]}", file=sys.stderr, flush=True)
    return 1 if failed else 0
