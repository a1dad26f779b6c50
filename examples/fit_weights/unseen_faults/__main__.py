"""Kinds of faults that neither the incident generator nor `more_faults` has, written without a look at the exams. They come in
two halves: what is learnt from the first is examined by the second, on which nothing is fitted.

    PYTHONPATH=GENERATOR:examples/fit_weights python -m unseen_faults OUT --half first|second --count N --seed S [--jobs J]

GENERATOR is the folder of the incident generator. OUT is written as `more_faults` writes it, with the faults of one half only.
"""

from __future__ import annotations

import sys
from importlib import import_module

import planning
from more_faults import deployed, people, served  # noqa: F401  (the halves borrow from them, which registers their faults)
from more_faults.runner import generate, options


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--half", choices=["first", "second"], required=True)
    args = parser.parse_args()
    planning.PLANS.clear()
    import_module(f"unseen_faults.{args.half}")
    return generate(args)


if __name__ == "__main__":
    sys.exit(main())
