"""A small fit: the same file twice, every argument in its declared direction, within noise nothing."""

import gzip
import json
import tempfile
import unittest
from pathlib import Path

import fit_presence as fp

HERE = Path(__file__).parent


class Fit(unittest.TestCase):
    def setUp(self):
        lines = gzip.decompress((HERE / "signals.jsonl.gz").read_bytes()).decode().splitlines()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "some.jsonl"
            path.write_text("\n".join(lines[::4]) + "\n")
            self.rows = fp.read([path])
        self.directions = fp.declared()

    def test_same_bytes_and_declared_directions(self):
        once, again = (json.dumps(fp.fit(self.rows, self.directions)) for _ in range(2))
        self.assertEqual(once, again)
        for cause, pleading in json.loads(once)["causes"].items():
            for a in pleading["arguments"]:
                rising = (a["sure"] > a["silent"]) == (a["weight"] > 0)
                self.assertEqual(self.directions[a["signal"]][cause], 1 if rising else -1, (cause, a))

    def test_a_signal_within_its_noise_weighs_nothing(self):
        pleading = {"prior": -1.0, "unseen": {}, "arguments": [{"signal": "golden.z", "silent": 2.0, "sure": 6.0, "weight": 3.0}]}
        self.assertEqual(fp.odds(pleading, {"golden.z": 1.9}), -1.0)
        self.assertEqual(fp.odds(pleading, {"golden.z": 4.0}), 0.5)


if __name__ == "__main__":
    unittest.main()
