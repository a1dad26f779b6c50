"""Fits `assets/presence.json`: whether each cause is there, each on its own.

    python fit_presence.py signals.jsonl.gz -o ../../assets/presence.json     # the shipped file; the same input, the same bytes
    python fit_presence.py SIGNALS.jsonl... --judge                           # five folds: what it does on incidents left out

SIGNALS are lines as `fit_weights collect` writes them, of incidents of one fault, of two, and of healthy logs, with and
without golden sets (`plain_cases.py`). Needs numpy and scipy.

For every cause: a logistic regression whose features are ramps of the signals that the catalogue declares for it
(docs/checks.md), all coefficients at least 0 in the declared direction, with an absolute penalty; then once more on the
ramps that are left. `affinity`: how readily each cause produces loss at each place of the account, from incidents of two
faults. A ramp begins where the healthy logs end (their 5 % and 95 % quantiles): within its noise a signal
weighs nothing. A check that is the cause's own and saw nothing has one more coefficient, at most 0.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

CAUSES = ["model_regression", "data_drift", "feature_drift", "concept_drift", "feature_recalibration", "feature_unavailable",
          "training_serving_skew", "label_bias", "label_shift", "upstream_pipeline", "serving_health"]
ALL = [*CAUSES, "none"]
INPUTS = {"feature_recalibration", "feature_unavailable", "training_serving_skew", "upstream_pipeline"}
ANSWERS = {"model_regression", "serving_health"}
PLACES = ["named", "unnamed", "inputs_and_answers", "outside", "unexplained", "population", "relation", "constant", "model",
          "service", "answers"]  # of the account; an altered input is one that the cause names, or does not name
OF_INPUTS = [at for at, cause in enumerate(CAUSES) if cause in INPUTS]
WORLD = {"data_drift", "label_bias", "label_shift", "concept_drift", "feature_drift"}
RELATION = {"concept_drift", "feature_drift"}
OWN_CHECKS = {
    "model_regression": ["golden.z", "surrogate.far", "replay.part"],
    "serving_health": ["serving.latency_link", "replay.part", "surrogate.far"],
    "training_serving_skew": ["parity.share"], "feature_recalibration": ["parity.share"],
    "feature_unavailable": ["parity.share"], "upstream_pipeline": ["parity.share"],
    "concept_drift": ["concept.change"], "feature_drift": ["concept.change"],
    "label_shift": ["label_shift.prevalence_z"], "label_bias": ["support.outside_rise"], "data_drift": ["kappa.median"],
}
ABSOLUTE, AGAIN, RIDGE, HEAVIEST = 0.7, 0.2, 0.05, 5.0  # penalties of the first and the second fit, and the largest weight
UNNAMED = 0.25  # an altered input that a cause of inputs does not name counts so much for it
STEPS = {"service": 0, "model": 0, "answers": 0, "input": 1, "inputs_and_answers": 1}  # of the account; others are 2
MOST_SCALED = 3.0  # a step's lines are scaled to its part of the headline loss by this much at most
SHORTEST = 0.25  # an input that is altered on a smaller part of the rows counts as altered on so many
FAR = 0.1  # the penalty of an affinity for its distance from the one by hand
HEALTHY_WEIGHT = 1.5  # a healthy log counts so much
Ramp = tuple[str, float, float, float]  # signal, silent, sure, weight


def declared() -> dict[str, dict[str, int]]:
    """For each signal the causes it raises (1) and lowers (-1), from docs/checks.md."""
    text = (Path(__file__).parents[2] / "docs" / "checks.md").read_text()
    text = text[text.index("## Signals"):]
    directions = {}
    for key, raises, lowers in re.findall(r"^\| `([a-z0-9_.]+)` \|[^|]*\|[^|]*\|([^|]*)\|([^|]*)\|[^|]*\|$", text, re.M):
        directions[key] = {c: 1 for c in re.findall(r"\w+", raises)} | {c: -1 for c in re.findall(r"\w+", lowers)}
    return directions


def account_signals(account: list) -> dict[str, float]:
    """The account's signals, as src/autopsy/account/observed.rs gives them; `account.service` is an observation (verdict/direct.rs)."""
    if not any(line[4] is not None for line in account):
        return {}
    shares = {f"account.{p}": 0.0 for p in
              ["model", "inputs", "relation", "constant", "population", "outside"]}
    for place, _, amount, error, share in account:
        key = "account.inputs" if place == "input" else f"account.{place}"
        if share is not None and key in shares and abs(amount) > 2 * error:
            shares[key] += share
    return {key: min(max(share, -0.5), 1.5) for key, share in shares.items()}


def read(paths: list[Path]) -> list[dict]:
    """Incidents, with their true causes as a set."""
    text = [gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text() for path in paths]
    rows = [json.loads(line) for part in text for line in part.splitlines()]
    for row in rows:
        row["signals"] |= account_signals(row["account"])
        row["true"] = {c["cause"] for c in row["causes"]} or {row["cause"]} - {"none"}
        row["accepted"] = {row["cause"], *row["also_acceptable"]}
        row["main"] = row["causes"][0]["cause"] if row["causes"] else row["cause"]
    return rows


def ramp(value: float | None, silent: float, sure: float) -> float:
    return 0.0 if value is None else min(max((value - silent) / (sure - silent), 0.0), 1.0)


def five(x: float) -> float:
    """Five significant digits: nobody should read more into it."""
    return float(f"{x:.4e}")


def ramps(rows: list[dict], cause: str, directions: dict) -> list[Ramp]:
    """The ramps that may speak for or against a cause, each with the sign of its weight."""
    healthy, found = [r for r in rows if not r["true"]], []
    for key, causes in directions.items():
        sign = causes.get(cause)
        values = np.array([r["signals"][key] for r in rows if key in r["signals"]])
        if not sign or len(values) < 12:
            continue
        calm = np.array([r["signals"][key] for r in healthy if key in r["signals"]])
        if len(calm) >= 8:
            low, high = np.quantile(calm, [0.05, 0.95])
        else:
            low = high = np.median(values)
        for side, start in ((1, high), (-1, low)):
            beyond = side * values[side * values > side * start]
            if len(beyond) < 8:
                continue
            knots = [side * start, *np.quantile(beyond, [0.33, 0.67, 0.9] if len(beyond) >= 30 else [0.7])]
            for a, b in zip(knots, knots[1:]):
                if five(b) - five(a) > 1e-9 * max(1.0, abs(a)):
                    found.append((key, five(side * a), five(side * b), float(sign * side)))
    return found


def design(rows: list[dict], cause: str, chosen: list[Ramp]) -> np.ndarray:
    """One column a ramp, then one a check of the cause's own: -1 where it ran and saw nothing."""
    columns = [[sign * ramp(r["signals"].get(key), a, b) for key, a, b, sign in chosen] for r in rows]
    own = []
    for row, values in zip(rows, columns):
        seen = {key for (key, *_), value in zip(chosen, values) if value}
        own.append([-1.0 if key in row["signals"] and key not in seen else 0.0 for key in OWN_CHECKS[cause]])
    return np.hstack([np.array(columns).reshape(len(rows), len(chosen)), np.array(own)])


def regress(x: np.ndarray, y: np.ndarray, weight: np.ndarray, penalty: float) -> np.ndarray:
    """Logistic regression with coefficients of at least 0; the first one is the constant."""
    def loss(t: np.ndarray):
        z = t[0] + x @ t[1:]
        slope = weight * (1 / (1 + np.exp(-z)) - y)
        value = np.sum(weight * (np.logaddexp(0, z) - y * z)) + penalty * t[1:].sum() + RIDGE * (t[1:] ** 2).sum()
        return value, np.concatenate([[slope.sum()], x.T @ slope + penalty + 2 * RIDGE * t[1:]])
    start = np.concatenate([[-2.0], np.zeros(x.shape[1])])
    bounds = [(-8, 8)] + [(0, HEAVIEST)] * x.shape[1]
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x


def plead(rows: list[dict], cause: str, directions: dict) -> dict:
    """What speaks for and against one cause."""
    rows = [r for r in rows if cause in r["true"] or cause not in r["accepted"]]
    y = np.array([float(cause in r["true"]) for r in rows])
    weight = np.array([1.0 if r["true"] else HEALTHY_WEIGHT for r in rows])
    chosen = ramps(rows, cause, directions)
    first = regress(design(rows, cause, chosen), y, weight, ABSOLUTE)
    chosen = [r for r, w in zip(chosen, first[1:]) if w > 0.05]
    fit = regress(design(rows, cause, chosen), y, weight, AGAIN)
    weights = fit[1:1 + len(chosen)]
    arguments = [{"signal": key, "silent": a, "sure": b, "weight": round(sign * w, 3)}
                 for (key, a, b, sign), w in zip(chosen, weights) if round(w, 3) > 0]
    own = zip(OWN_CHECKS[cause], fit[1 + len(chosen):])
    return {"prior": round(fit[0], 3), "arguments": arguments, "unseen": {k: -round(w, 3) for k, w in own if round(w, 3) > 0}}


def odds(pleading: dict, signals: dict) -> float:
    """The log-odds that a cause is there."""
    of = defaultdict(float)
    for a in pleading["arguments"]:
        of[a["signal"]] += a["weight"] * ramp(signals.get(a["signal"]), a["silent"], a["sure"])
    unseen = sum(w for key, w in pleading["unseen"].items() if key in signals and of[key] == 0)
    return pleading["prior"] + sum(of.values()) + unseen


def present(pleadings: dict, row: dict) -> np.ndarray:
    """The probability that each cause is there."""
    return 1 / (1 + np.exp(-np.array([odds(pleadings[c], row["signals"]) for c in CAUSES])))


def by_hand(cause: str, place: str) -> float:
    """The logarithm of the affinity of a cause to a place before any incident: it acts there, or it does not."""
    inputs = cause in INPUTS
    acts = {"named": inputs, "unnamed": inputs, "unexplained": inputs, "inputs_and_answers": inputs or cause in ANSWERS,
            "outside": cause == "label_bias", "population": cause in {"data_drift", "label_shift", "label_bias"},
            "relation": cause in {"concept_drift", "feature_drift"},
            "constant": cause in {"label_shift", "concept_drift", "feature_drift"},
            "model": cause == "model_regression", "service": cause == "serving_health", "answers": cause in ANSWERS}[place]
    if place in {"named", "unnamed"} and not inputs:
        return -4.0
    return float(np.log(1.0 if acts else 0.08))


def tied(logarithms: np.ndarray) -> np.ndarray:
    """Causes of inputs alike on the inputs that they name, and on others a fixed part of that: the names decide, no rates."""
    named, unnamed = PLACES.index("named"), PLACES.index("unnamed")
    logarithms = logarithms.copy()
    logarithms[OF_INPUTS, named] = logarithms[OF_INPUTS, named].mean()
    logarithms[:, unnamed] = logarithms[:, named] + [np.log(UNNAMED) if c in INPUTS else 0.0 for c in CAUSES]
    return logarithms


def affinities(rows: list[dict]) -> dict:
    """How readily each cause produces loss at each place: what divides the accounts of incidents of two known faults best.

    The absolute error of the first cause's share (smoothed near 0), with a quadratic penalty on the distance from `by_hand`.
    """
    start = np.array([[by_hand(c, p) for p in PLACES] for c in CAUSES])
    shares, at, truth = [], [], []
    for row in rows:
        lines = [(place, feature, share) for place, feature, share, _ in portions(row) if share > 0]
        if len(row["causes"]) != 2 or not lines:
            continue
        total = sum(line[2] for line in lines)
        shares.append([line[2] / total for line in lines])
        names = [row["features_of"].get(c["cause"], []) for c in row["causes"]]
        joint = bool({c["cause"] for c in row["causes"]} & ANSWERS)
        at.append([[(CAUSES.index(c["cause"]), PLACES.index(place if feature is None or joint and place != "input" else
                                                            "named" if feature in named else "unnamed"))
                    for c, named in zip(row["causes"], names)] for place, feature, _ in lines])
        truth.append(row["causes"][0]["share"])
    if not truth:
        return table(tied(start))
    most, n = max(map(len, shares)), len(truth)
    share, index = np.zeros((n, most)), np.zeros((n, most, 2, 2), int)
    for i, (s, a) in enumerate(zip(shares, at)):
        share[i, :len(s)], index[i, :len(a)] = s, a
    goal = np.array(truth)

    def loss(moved: np.ndarray):
        a = np.exp(tied(start + moved.reshape(start.shape)))[index[..., 0], index[..., 1]]
        a /= a.sum(2, keepdims=True)
        off = (share * a[..., 0]).sum(1) - goal
        smooth = np.sqrt(off**2 + 0.01)
        pull = share * a[..., 0] * a[..., 1] * (off / smooth)[:, None]
        slope = np.zeros(start.shape)
        np.add.at(slope, (index[:, :, 0, 0], index[:, :, 0, 1]), pull)
        np.add.at(slope, (index[:, :, 1, 0], index[:, :, 1, 1]), -pull)
        slope[:, PLACES.index("named")] += slope[:, PLACES.index("unnamed")]
        slope[:, PLACES.index("unnamed")] = 0.0
        slope[OF_INPUTS, PLACES.index("named")] = slope[OF_INPUTS, PLACES.index("named")].mean()
        return smooth.sum() + FAR * (moved**2).sum(), slope.ravel() + 2 * FAR * moved
    moved = minimize(loss, np.zeros(start.size), jac=True, method="L-BFGS-B", options={"maxiter": 150}).x
    return table(tied(start + moved.reshape(start.shape)))


def table(logarithms: np.ndarray) -> dict:
    """The affinities by cause and place."""
    return {c: {p: float(f"{np.exp(x):.3g}") for p, x in zip(PLACES, row)} for c, row in zip(CAUSES, logarithms)}


def fit(rows: list[dict], directions: dict) -> dict:
    """The whole file."""
    pleadings = {c: plead(rows, c, directions) for c in CAUSES}
    pairs = sum(len(r["true"]) > 1 for r in rows)
    healthy = sum(not r["true"] for r in rows)
    return {"origin": f"tools/incidents/fit_presence.py on {len(rows)} incidents: {pairs} of two faults, {healthy} healthy, "
                      f"{len({r['fault'] for r in rows})} faults or pairs on {len({r['base'] for r in rows})} tables",
            "causes": pleadings, "affinity": affinities(rows)}


def headline_scales(row: dict) -> list[float]:
    """By how much the lines of answers, of inputs and the others are scaled to their parts of the headline loss."""
    if not row.get("headline"):
        return [1.0, 1.0, 1.0]
    answers, inputs = (max(part, 0.0) for part in row["headline"])
    parts = [answers, inputs, max(1 - answers - inputs, 0.0)]
    sums = [0.0, 0.0, 0.0]
    for place, _, _, _, share in row["account"]:
        sums[STEPS.get(place, 2)] += max(share or 0.0, 0.0)
    return [min(max(part / own, 1 / MOST_SCALED), MOST_SCALED) if own > 0 else 1.0 for part, own in zip(parts, sums)]


def portions(row: dict) -> list[tuple[str, str | None, float, float]]:
    """Place, altered input, share and standard error: the account as it is once all causes are there
    (src/autopsy/verdict/shares.rs)."""
    altered = {feature: (part, start) for feature, part, start in row.get("altered", [])}
    total = sum(line[2] for line in row["account"])
    scales = headline_scales(row)
    found = []
    for place, feature, _, error, share in row["account"]:
        if share is None:
            continue
        share, error = share * scales[STEPS.get(place, 2)], error * scales[STEPS.get(place, 2)]
        if place == "inputs_and_answers" and altered:
            of = [(name, part) for name, (part, _) in altered.items()]
        else:
            of = [(feature, 1.0)]
        for name, part in of:
            scale = part / max(1 - altered[name][1], SHORTEST) if name in altered else part
            found.append((place, name, max(share, 0.0) * scale, error / total * scale))
    return found


def divide(model: dict, row: dict, likely: dict, found: list[str], out: set[str]) -> dict[str, tuple[float, float]]:
    """The account's lines divided among the causes: share and standard error of each (`by_lines` in
    src/autopsy/verdict/shares.rs). What undoing the found causes wins back is not among the signals, so it is not judged here."""
    sums = {c: [0.0, 0.0] for c in CAUSES}
    parts = portions(row)
    for place, feature, share, error in parts:
        names = {c for c in CAUSES if feature is not None and feature in row["features_of"].get(c, [])}
        weights = {}
        for c in CAUSES:
            affinity = model["affinity"][c]
            if feature is not None and c not in names and c not in ANSWERS and any(f in INPUTS and f in names for f in found):
                here = 0.0
            elif place == "input":
                here = affinity["named" if c in names else "unnamed"]
            elif feature is not None and c in INPUTS and c not in names:
                here = affinity[place] * affinity["unnamed"] / affinity["named"]
            elif place == "unexplained" and c in RELATION:
                here = 0.0
            else:
                here = affinity[place]
            p = 0.8 if c in found else min(likely[c], 0.8)
            weights[c] = 0.0 if c in out else here * p / (1 - p)
        whole = sum(weights.values()) or 1.0
        for c, w in weights.items():
            sums[c][0] += share * w / whole
            sums[c][1] += (error * w / whole) ** 2
    whole = max(1.0, sum(portion[2] for portion in parts))
    return {c: (s / whole, v**0.5 / whole) for c, (s, v) in sums.items()}


def alternative(first: str, second: str, row: dict) -> bool:
    """Whether the second cause describes what the first one describes already (src/autopsy/verdict/rounds.rs)."""
    if {first, second} <= WORLD:
        return True
    if not {first, second} <= INPUTS:
        return False
    a, b = row["features_of"].get(first, []), row["features_of"].get(second, [])
    for c, names in ((first, a), (second, b)):
        if c == "feature_recalibration" and len(names) >= 3 and "upstream_pipeline" in (first, second):
            return True
    return not b or set(a) <= set(b)


def second(row: dict) -> tuple | None:
    """The cause of what is left of an incident without one of its causes, with its features (src/autopsy/remainder.rs)."""
    causes = row["remainder"][4]
    whole = sum(cause[1] for cause in causes)
    settled = causes and causes[0][0] != "none" and causes[0][1] >= 0.5 * whole
    return (causes[0][0], causes[0][3]) if settled else None


def settled(row: dict, ranked: list[str], present_ones: list[str]) -> tuple[dict, list[str] | None]:
    """The features that two rounds name, and the causes that they confirm (src/autopsy/verdict/judgement.rs)."""
    if not row.get("remainder"):
        return row, None
    without, features, _, altered, causes = row["remainder"]
    other, names = second(row), dict(row["features_of"])
    if features and (other or altered):
        names[without] = features
    for c in [*names]:
        if other and c == other[0]:
            names[c] = other[1]
        elif not other and altered and c in INPUTS and c != without and set(names[c]) - set(features):
            names[c] = [feature for feature in names[c] if feature not in features]
    if other:
        names[other[0]] = other[1]
        return row | {"features_of": names}, [c for c in ranked if c in {without, other[0]}]
    whole = sum(cause[1] for cause in causes)
    nothing = not altered and (not causes or causes[0][0] == "none" and causes[0][1] >= 0.5 * whole)
    return row | {"features_of": names}, [c for c in ranked if c in present_ones][:1] if nothing else None


def rounds(model: dict, row: dict, ranked: list[str], present_ones: list[str], likely: dict):
    """The causes found, the costliest first, and the shares (src/autopsy/verdict/rounds.rs)."""
    found, out = [], set()
    row, confirmed = settled(row, ranked, present_ones)
    if confirmed is not None:
        out = {c for c in present_ones if c not in confirmed}
        present_ones = confirmed
    for c in (c for c in ranked if c in present_ones):
        if any(alternative(f, c, row) for f in found):
            out.add(c)
        else:
            found.append(c)
    if not any(line[4] is not None for line in row["account"]):
        return found, None
    while True:
        shares = divide(model, row, likely, found, out)
        inputs = any(c in INPUTS for c in found)
        weak = [c for c in found
                if shares[c][0] < (0.4 if inputs and confirmed is None and c in RELATION else 0.05) or shares[c][0] <= 1.96 * shares[c][1]]
        if len(found) < 2 or not weak:
            return sorted(found, key=lambda c: -shares[c][0]), shares
        found.remove(min(weak, key=lambda c: shares[c][0]))


def answer(model: dict, row: dict) -> tuple[list[str], list[str], np.ndarray, dict | None]:
    """Causes found, all causes in their order, the probabilities by the whole picture, and the shares
    (src/autopsy/verdict/judgement.rs)."""
    p = np.array([row["probability"][c] for c in ALL])
    ranked = sorted(ALL, key=lambda c: -p[ALL.index(c)])
    gap = np.sort(p)[::-1]
    settled = gap[0] >= 0.5 and gap[0] - gap[1] >= 0.15
    sure = 0.9 if ranked[0] == "none" else 0.5
    likely = dict(zip(CAUSES, present(model["causes"], row)))
    there = [c for c in CAUSES if likely[c] >= sure or settled and c == ranked[0]]
    found, shares = rounds(model, row, ranked, there, likely)
    return found, found + [c for c in ranked if c not in found], p, shares


def judge(rows: list[dict], directions: dict) -> None:
    """Five folds."""
    fold = np.random.default_rng(1).integers(0, 5, len(rows))
    answers: list = [None] * len(rows)
    for k in range(5):
        model = fit([r for r, f in zip(rows, fold) if f != k], directions)
        for i in np.flatnonzero(fold == k):
            answers[i] = answer(model, rows[i])
    for name, group in [("two faults", lambda r: len(r["true"]) > 1), ("one fault", lambda r: len(r["true"]) == 1),
                        ("healthy", lambda r: not r["true"])]:
        chosen = [(r, a) for r, a in zip(rows, answers) if group(r)]
        if not chosen:
            continue
        n = len(chosen)
        named = [(c in r["accepted"]) for r, (found, *_) in chosen for c in found]
        true = [(c in found) for r, (found, *_) in chosen for c in r["true"]]
        first = np.mean([ranked[0] == r["main"] if len(r["true"]) > 1 else ranked[0] in r["accepted"]
                         for r, (_, ranked, *_) in chosen])
        second = np.mean([bool(set(ranked[:2]) & r["accepted"]) for r, (_, ranked, *_) in chosen])
        loss = np.mean([-np.log(max(p[ALL.index(r["main"])], 1e-6)) for r, (_, _, p, _) in chosen])
        whole = np.mean([r["true"] <= set(found) for r, (found, *_) in chosen])
        off = [abs(shares[c["cause"]][0] - c["share"]) for r, (found, _, _, shares) in chosen if shares
               for c in r["causes"] or [{"cause": r["main"], "share": 1.0}] if c["cause"] in found]
        print(f"{name}: {n}, share error {np.median(off) if off else 0:.3f}, main first {first:.3f}, in the first two {second:.3f}, log loss {loss:.3f}, all found {whole:.3f}, "
              f"precision {np.mean(named) if named else 1:.3f}, recall {np.mean(true) if true else 1:.3f}, "
              f"blamed {sum(bool(a[0]) for _, a in chosen)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("signals", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--judge", action="store_true")
    args = parser.parse_args()
    rows, directions = read(args.signals), declared()
    if args.judge:
        judge(rows, directions)
    if args.output:
        args.output.write_text(json.dumps(fit(rows, directions), indent=1) + "\n")


if __name__ == "__main__":
    main()
