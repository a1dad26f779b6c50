"""More kinds of faults than the incident generator lists, so that the weights are not fitted to a short list of mechanisms.

    PYTHONPATH=GENERATOR:examples/fit_weights python -m more_faults OUT --count N --seed S [--jobs J]

GENERATOR is the folder of the incident generator (faults.py, plans.py, ...). OUT/cases/<id>/ and OUT/truths.json are written
as it writes them, with these faults only: the causes in turn, and the faults of each cause in turn.
"""

from __future__ import annotations

import sys

import planning
from more_faults.runner import generate, options

planning.PLANS.clear()  # the generator's own faults; importing the three registers others in their place

from more_faults import deployed, people, served  # noqa: E402, F401

if __name__ == "__main__":
    sys.exit(generate(options(__doc__).parse_args()))
