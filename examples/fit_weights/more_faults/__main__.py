"""More kinds of faults than the incident generator lists, so that the weights are not fitted to a short list of mechanisms.

    PYTHONPATH=GENERATOR:examples/fit_weights python -m more_faults OUT --count N --seed S [--jobs J]

GENERATOR is the folder of the incident generator (faults.py, plans.py, ...). OUT/cases/<id>/ and OUT/truths.json are written
as it writes them, with these faults only: the causes in turn, and the faults of each cause in turn.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

import planning
import plans

planning.PLANS.clear()  # the generator's own faults; importing the three registers others in their place

from more_faults import deployed, people, served  # noqa: E402, F401


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
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


if __name__ == "__main__":
    sys.exit(main())
