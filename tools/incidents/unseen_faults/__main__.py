"""Kinds of faults that neither the incident generator nor `more_faults` has, written without a look at the exams. They come in
three parts (first, second, third): what is learnt from one is examined by another, on which nothing is fitted.

    PYTHONPATH=GENERATOR:tools/incidents python -m unseen_faults OUT [--part PART] --count N --seed S [--jobs J]

GENERATOR is the folder of the incident generator. OUT is written as `more_faults` writes it, with the faults of one part only,
or of all of them when none is named.
"""

from __future__ import annotations

import sys
from importlib import import_module

import planning
from more_faults import deployed, people, served  # noqa: F401  (the parts borrow from them, which registers their faults)
from more_faults.runner import generate, options

PARTS = ["first", "second", "third"]


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--part", choices=PARTS)
    args = parser.parse_args()
    planning.PLANS.clear()
    for part in [args.part] if args.part else PARTS:
        import_module(f"unseen_faults.{part}")
    return generate(args)


if __name__ == "__main__":
    sys.exit(main())
