"""More kinds of faults than the incident generator lists, so that the weights are not fitted to a short list of mechanisms.

    PYTHONPATH=GENERATOR:tools/incidents python -m more_faults OUT [--only MODULE] --count N --seed S [--jobs J]

GENERATOR is the folder of the incident generator (faults.py, plans.py, ...). OUT/cases/<id>/ and OUT/truths.json are written
as it writes them, with these faults only: the causes in turn, and the faults of each cause in turn. `--only` leaves the faults
of one module, for instance `borders`.
"""

from __future__ import annotations

import sys

import planning
from more_faults.runner import generate, options

planning.PLANS.clear()  # the generator's own faults; importing the four registers others in their place

from more_faults import borders, deployed, people, served  # noqa: E402, F401


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--only", choices=["borders", "deployed", "people", "served"])
    args = parser.parse_args()
    if args.only:
        planning.PLANS[:] = [p for p in planning.PLANS if p.fault.__module__ == f"more_faults.{args.only}"]
    return generate(args)


if __name__ == "__main__":
    sys.exit(main())
