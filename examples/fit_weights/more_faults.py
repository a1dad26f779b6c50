"""More kinds of faults than the incident generator lists, so that the weights are not fitted to a short list of mechanisms.

    python more_faults.py GENERATOR OUT --count N --seed S [--jobs J]

GENERATOR is the folder of the incident generator (faults.py, plans.py, ...). OUT/cases/<id>/ and OUT/truths.json are written
as it writes them, with the faults below only: the causes in turn, and the faults of each cause in turn.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, sys.argv[1])

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import faults as f  # noqa: E402
import planning  # noqa: E402
import plans  # noqa: E402
from models import Model  # noqa: E402
from offers import Missing, Table  # noqa: E402
from planning import Rng, plan, strong  # noqa: E402
from plans_people import by_label, withheld  # noqa: E402
from plans_served import skewed, sourced  # noqa: E402
from world import Spec, World  # noqa: E402

planning.PLANS.clear()
TRIES = 25


# ------------------------------------------------------------------------------------------------ feature_recalibration


def recalibrated(w: World, feature: str, values, what: str):
    serve(w, feature, values)
    w.happening = ("pipeline", "vendor feed moved to the new endpoint")
    return w.verdict("feature_recalibration", [feature], f"{feature} {what}")


def serve(w: World, feature: str, values) -> None:
    f.serve(w, feature, pd.Series(np.asarray(values), index=w.prod.index))


def logged_instead(w: World, feature: str):
    """Upstream begins to send the logarithm."""
    w.launch()
    return recalibrated(w, feature, np.log1p(w.prod[feature].astype(float)).round(5), "arrives as log1p of the value")


@plan("feature_recalibration", logged_instead, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.numbers, lambda c: t.frame[c].min() >= 0 and t.quantile(c, 0.9) > 3))


def bent_scale(w: World, feature: str, power: float):
    """Another characteristic of the sensor: a power of the value that keeps its median."""
    w.launch()
    x, middle = w.prod[feature].astype(float), float(w.train[feature].median())
    return recalibrated(w, feature, (np.sign(x) * middle * (x.abs() / abs(middle)) ** power).round(4), f"bent by {power}")


@plan("feature_recalibration", bent_scale, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, lambda c: t.frame[c].min() >= 0 and t.frame[c].median() > 0)
    spec.args = dict(feature=c, power=round(strong(rng, 1.1, 3) ** rng.choice([-1, 1]), 2))


def mirrored(w: World, feature: str):
    """The scale is reversed: what was the highest mark is the lowest."""
    w.launch()
    x = w.prod[feature].astype(float)
    return recalibrated(w, feature, (w.train[feature].max() + w.train[feature].min() - x).round(4), "on a reversed scale")


@plan("feature_recalibration", mirrored, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.numbers))


def coarser(w: World, feature: str, step: float):
    """Only every step of the value is reported."""
    w.launch()
    return recalibrated(w, feature, (np.floor(w.prod[feature].astype(float) / step) * step).round(4), f"in steps of {step:g}")


@plan("feature_recalibration", coarser, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, least=0.05)
    spec.args = dict(feature=c, step=float(f"{strong(rng, 0.8, 4) * t.spread(c):.2g}"))


def merged_codes(w: World, feature: str, gone: list, into):
    """Several categories are reported as one."""
    w.launch()
    return recalibrated(w, feature, w.prod[feature].where(~w.prod[feature].isin(gone), into), f"reports {gone} as {into}")


@plan("feature_recalibration", merged_codes, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.categories, lambda c: len(t.values(c, 0.03)) >= 3, least=0.03)
    kinds = t.values(c, 0.03)
    order = [kinds[i] for i in rng.permutation(len(kinds))]
    spec.args = dict(feature=c, gone=order[1: int(rng.integers(2, len(order) + 1))], into=order[0])


def noisy_sensor(w: World, feature: str, noise: float, offset: float):
    """A worn sensor: an offset and a spread of its own on every value."""
    w.launch()
    spread = w.train[feature].std()
    values = w.prod[feature].astype(float) + spread * (offset + noise * w.rng.standard_normal(len(w.prod)))
    return recalibrated(w, feature, values.round(4), f"reads {offset:+g} sd off, with noise of {noise:g} sd")


@plan("feature_recalibration", noisy_sensor, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.numbers), noise=strong(rng, 0.1, 1),
                     offset=round(strong(rng, 0.3, 2) * rng.choice([-1, 1]), 2))


# -------------------------------------------------------------------------------------------------- feature_unavailable


def unavailable(w: World, feature: str, values, what: str):
    serve(w, feature, values)
    if pd.api.types.is_numeric_dtype(w.prod[feature]):
        w.served[feature] = w.served[feature].astype(float)
    w.offline_is, w.happening = "true", ("infra", "feature store moved to another cluster")
    return w.verdict("feature_unavailable", [feature], f"{feature} {what}", also=["training_serving_skew"])


def stuck(w: World, feature: str):
    """The whole column stands still at the value of one moment."""
    w.launch()
    last = w.prod[feature].dropna().iloc[int(w.rng.integers(len(w.prod) // 2))]
    return unavailable(w, feature, [last] * len(w.prod), f"is stuck at {last}")


@plan("feature_unavailable", stuck)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.numbers + t.texts, least=0.03))


def lagged(w: World, feature: str, rows: int):
    """Each request is served the value of an earlier one."""
    w.launch()
    return unavailable(w, feature, w.prod[feature].shift(rows).bfill(), f"is the value of {rows} requests before")


@plan("feature_unavailable", lagged)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers + t.texts, lambda c: bool(t.frame[c].notna().all()), least=0.03)
    spec.args = dict(feature=c, rows=int(strong(rng, 1, 400)))


def null_in_segment(w: World, feature: str, query: str):
    """Null for one kind of request only."""
    w.launch()
    gone = w.prod.eval(query).to_numpy(bool)
    return unavailable(w, feature, w.prod[feature].astype(object).where(~gone, None), f"is null where {query}")


@plan("feature_unavailable", null_in_segment, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers + t.texts, least=0.03)
    spec.args = dict(feature=c, query=t.condition(rng, t.pick(rng, [o for o in t.numbers if o != c]), 0.2, 0.6))


def group_mean(w: World, feature: str, by: str):
    """The lookup fails and the client fills in the mean of the request's group."""
    w.launch()
    means = w.train.groupby(by)[feature].mean().round(3)
    values = w.prod[by].map(means).astype(float).fillna(float(w.train[feature].mean()))
    return unavailable(w, feature, values, f"is its mean by {by}")


@plan("feature_unavailable", group_mean, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    pool = [c for c in t.categories if t.frame[c].nunique() <= 40]
    if not pool:
        raise Missing
    spec.args = dict(feature=t.pick(rng, t.numbers, least=0.03), by=str(rng.choice(pool)))


def blank(w: World, feature: str, word: str, share: float):
    """A category arrives blank."""
    w.launch()
    values = w.prod[feature].where(w.rng.random(len(w.prod)) >= share, word)
    return unavailable(w, feature, values, f"is {word!r} for {share:.0%}")


@plan("feature_unavailable", blank, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.texts, least=0.04), word=str(rng.choice(["N/A", "null", "-", "?"])),
                     share=1.0 if rng.random() < 0.5 else round(rng.uniform(0.3, 0.95), 2))


# ------------------------------------------------------------------------------------------------ training_serving_skew


def skew(w: World, features: list[str], what: str):
    w.offline_is, w.happening = "true", ("serving", "scoring service 4.1: input handling refactored")
    return w.verdict("training_serving_skew", features, what + ": " + ", ".join(features))


def floor_clipped(w: World, feature: str, lower: float):
    """Serving lifts low values to a bound."""
    w.launch()
    serve(w, feature, w.prod[feature].clip(lower=lower))
    return skew(w, [feature], f"serving lifts to {lower:g}")


@plan("training_serving_skew", floor_clipped, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, least=0.03)
    lower = t.quantile(c, strong(rng, 0.1, 0.85))
    if lower <= t.frame[c].min():
        raise Missing
    skewed(spec, rng, feature=c, lower=lower)


def truncated(w: World, feature: str, step: float):
    """Serving casts to whole steps."""
    w.launch()
    serve(w, feature, np.trunc(w.prod[feature].astype(float) / step) * step)
    return skew(w, [feature], f"cut to whole steps of {step:g} in serving")


@plan("training_serving_skew", truncated, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, least=0.05)
    skewed(spec, rng, feature=c, step=float(f"{strong(rng, 0.8, 4) * t.spread(c):.1g}"))


def shifted_codes(w: World, feature: str):
    """Serving encodes a category with another order of the codes: each becomes its neighbour."""
    w.launch()
    kinds = sorted(w.train[feature].dropna().unique(), key=str)
    serve(w, feature, w.prod[feature].map(dict(zip(kinds, kinds[1:] + kinds[:1]))))
    return skew(w, [feature], "codes off by one in serving")


@plan("training_serving_skew", shifted_codes, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    skewed(spec, rng, feature=t.pick(rng, t.categories, lambda c: len(t.values(c, 0.02)) >= 3, least=0.03))


def scaled_to_range(w: World, features: list[str]):
    """The client scales inputs to [0, 1]."""
    w.launch()
    for c in features:
        low, high = w.train[c].min(), w.train[c].max()
        serve(w, c, ((w.prod[c] - low) / (high - low)).round(5))
    return skew(w, features, "scaled to 0..1 in serving")


@plan("training_serving_skew", scaled_to_range, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    skewed(spec, rng, features=t.picks(rng, t.numbers, int(rng.integers(1, 4))))


def another_unit(w: World, feature: str, factor: float):
    """The client sends another unit than the training pipeline reads."""
    w.launch()
    serve(w, feature, (w.prod[feature].astype(float) * factor).round(5))
    return skew(w, [feature], f"times {factor:g} in serving")


@plan("training_serving_skew", another_unit, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c, factor = t.pick(rng, t.numbers), round(strong(rng, 1.1, 20) ** rng.choice([-1, 1]), 3)
    if t.spread(c) * factor < 0.01:
        raise Missing
    skewed(spec, rng, feature=c, factor=factor)


def blurred(w: World, feature: str, noise: float):
    """Serving reads a value that was blurred for privacy."""
    w.launch()
    serve(w, feature, (w.prod[feature] + noise * w.train[feature].std() * w.rng.standard_normal(len(w.prod))).round(3))
    return skew(w, [feature], f"blurred by {noise:g} sd in serving")


@plan("training_serving_skew", blurred, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    skewed(spec, rng, feature=t.pick(rng, t.numbers, least=0.05), noise=strong(rng, 0.2, 2))


# ---------------------------------------------------------------------------------------------------- upstream_pipeline


def upstream(w: World, features: list[str], what: str):
    w.happening = ("pipeline", "source system migrated over the weekend")
    return w.verdict("upstream_pipeline", features, what + ": " + ", ".join(features))


def mixed_units(w: World, features: list[str], share: float, factor: float):
    """One of the senders of a source uses another unit."""
    w.launch()
    other = w.rng.random(len(w.prod)) < share
    for c in features:
        serve(w, c, (w.prod[c] * np.where(other, factor, 1.0)).round(5))
    return upstream(w, features, f"times {factor:g} in {share:.0%} of the rows")


@plan("upstream_pipeline", mixed_units, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    group, factor = t.picks(rng, t.group(rng, t.numbers), int(rng.integers(2, 7))), float(rng.choice([0.01, 0.1, 10, 100]))
    sourced(spec, rng, features=group, share=strong(rng, 0.08, 0.7), factor=factor)


def source_down(w: World, features: list[str], share: float):
    """A source does not answer: all its columns are null in the same rows."""
    w.launch()
    gone = w.rng.random(len(w.prod)) < share
    for c in features:
        serve(w, c, w.prod[c].astype(object).where(~gone, None))
        if pd.api.types.is_numeric_dtype(w.prod[c]):
            w.served[c] = w.served[c].astype(float)
    return upstream(w, features, f"null in {share:.0%} of the rows")


@plan("upstream_pipeline", source_down, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    share = 1.0 if rng.random() < 0.3 else strong(rng, 0.08, 0.9)
    sourced(spec, rng, features=t.group(rng, t.numbers + t.texts), share=share)


def late_source(w: World, features: list[str], rows: int):
    """The rows of a source arrive late: each request is joined with an earlier record."""
    w.launch()
    for c in features:
        serve(w, c, w.prod[c].shift(rows).bfill())
    return upstream(w, features, f"joined with the record of {rows} requests before")


@plan("upstream_pipeline", late_source)
def _(t: Table, spec: Spec, rng: Rng):
    group = t.group(rng, [c for c in t.numbers + t.texts if t.frame[c].notna().all()])
    sourced(spec, rng, features=group, rows=int(strong(rng, 1, 400)))


def sign_flipped(w: World, features: list[str]):
    """Credits become debits: the numbers of a source change their sign."""
    w.launch()
    for c in features:
        serve(w, c, -w.prod[c].astype(float))
    return upstream(w, features, "with the other sign")


@plan("upstream_pipeline", sign_flipped, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    sourced(spec, rng, features=t.picks(rng, t.group(rng, t.numbers), int(rng.integers(2, 5))))


def cycled(w: World, features: list[str]):
    """A column was inserted in a feed: each column holds its neighbour's values."""
    w.launch()
    for c, other in zip(features, features[1:] + features[:1]):
        serve(w, c, w.prod[other].astype(float))
    return upstream(w, features, "each holds its neighbour's values")


@plan("upstream_pipeline", cycled)
def _(t: Table, spec: Spec, rng: Rng):
    sourced(spec, rng, features=t.picks(rng, t.group(rng, t.numbers, least=3), int(rng.integers(3, 5))))


def cut_short(w: World, features: list[str], letters: int, share: float):
    """A field of fixed width cuts the texts of a source."""
    w.launch()
    bad = w.rng.random(len(w.prod)) < share
    for c in features:
        serve(w, c, w.prod[c].where(~bad, w.prod[c].astype(str).str[:letters]))
    return upstream(w, features, f"cut after {letters} letters")


@plan("upstream_pipeline", cut_short, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    group = t.group(rng, t.texts)
    sourced(spec, rng, features=group, letters=int(rng.integers(2, 5)), share=1.0 if rng.random() < 0.5 else 0.5)


# ------------------------------------------------------------------------------------------- data_drift and label_shift


def segment_surge(w: World, query: str, times: float, features: list[str]):
    """A kind of request that training knows becomes several times as common (real rows)."""
    w.launch(after=np.where(w.base.frame.eval(query), times, 1.0))
    return w.verdict("data_drift", features, f"{query} is {times:g} times as common")


@plan("data_drift", segment_surge, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.metric = "accuracy" if t.base.task == "binary" else spec.metric
    for _ in range(TRIES):
        one, two = t.picks(rng, t.numbers + t.texts, 2)
        query, times = t.condition(rng, one, 0.1, 0.5), strong(rng, 3, 15)
        query += " and " + t.condition(rng, two, 0.1, 0.5) if rng.random() < 0.5 else ""
        weight = np.where(t.frame.eval(query), times, 1.0)
        if t.frame.eval(query).mean() > 0.03 and t.worth(weight):
            main = [c for c in t.base.features if c in query]
            spec.args = dict(query=query, times=times, features=t.movers(weight, main))
            return
    raise Missing


def concentrated(w: World, feature: str, centre: float, width: float, features: list[str]):
    """Requests concentrate around one value of a feature (real rows)."""
    rank = w.base.frame[feature].rank(pct=True).fillna(0.5)
    w.launch(after=0.08 + np.exp(-0.5 * ((rank - centre) / width) ** 2))
    return w.verdict("data_drift", features, f"requests concentrate around the {centre:.0%} quantile of {feature}")


@plan("data_drift", concentrated, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.metric = "accuracy" if t.base.task == "binary" else spec.metric
    for _ in range(TRIES):
        c, centre, width = str(rng.choice(t.numbers)), round(rng.uniform(0, 1), 2), round(rng.uniform(0.08, 0.3), 2)
        weight = (0.08 + np.exp(-0.5 * ((t.frame[c].rank(pct=True).fillna(0.5) - centre) / width) ** 2)).to_numpy()
        if t.worth(weight):
            spec.args = dict(feature=c, centre=centre, width=width, features=t.movers(weight, [c]))
            return
    raise Missing


def class_rare(w: World, weight: dict[str, float]):
    """A class becomes rare; P(x|y) is untouched (real rows)."""
    w.launch(after=w.base.frame["label"].astype(str).map(lambda v: weight.get(v, 1.0)))
    return w.verdict("label_shift", [], f"rarer outcomes: {weight}")


@plan("label_shift", class_rare, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task == "regression":
        raise Missing
    spec.metric = "accuracy"
    kinds = sorted(t.frame["label"].astype(str).unique())
    for _ in range(TRIES):
        count = int(rng.integers(1, max(2, len(kinds) - 1)))
        weight = {kinds[i]: strong(rng, 0.6, 0.1) for i in rng.permutation(len(kinds))[:count]}
        if t.worth(by_label(t, weight)):
            spec.args = dict(weight=weight)
            return
    raise Missing


def outcome_band(w: World, centre: float, width: float):
    """Numeric outcomes concentrate around one value; P(x|y) is untouched (real rows)."""
    rank = w.base.frame["label"].rank(pct=True)
    w.launch(after=0.1 + np.exp(-0.5 * ((rank - centre) / width) ** 2))
    return w.verdict("label_shift", [], "outcomes concentrate", also=["data_drift"])


@plan("label_shift", outcome_band, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task != "regression":
        raise Missing
    spec.args = dict(centre=round(rng.uniform(0.6, 1), 2), width=round(rng.uniform(0.08, 0.3), 2))


# ------------------------------------------------------------------------------------- feature_drift and concept_drift


def relation_of(w: World, feature: str, values, strength: float, what: str):
    changed = w.prod[w.features].copy()
    changed[feature] = values
    w.relabel(changed, strength)
    return w.verdict("feature_drift", [feature], f"outcomes follow {feature} {what}")


def threshold_moved(w: World, feature: str, by: float, strength: float):
    """Outcomes follow the feature as if it were higher or lower by a share of its ranks."""
    w.launch()
    return relation_of(w, feature, w.quantile(feature, np.clip(w.rank(feature) + by, 0, 1 - 1e-9)), strength, f"moved {by:+g}")


@plan("feature_drift", threshold_moved, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers)
    spec.args = dict(feature=c, by=round(strong(rng, 0.15, 0.7) * rng.choice([-1, 1]), 2), strength=strong(rng, 0.4, 1))
    return ["concept_drift"] if t.twinned(c) else None


def irrelevant(w: World, feature: str, strength: float):
    """Outcomes no longer follow the feature at all."""
    w.launch()
    return relation_of(w, feature, w.rng.permutation(w.prod[feature].to_numpy()), strength, "no longer")


@plan("feature_drift", irrelevant, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers + t.texts, least=0.04)
    spec.args = dict(feature=c, strength=strong(rng, 0.4, 1))
    return ["concept_drift"] if t.twinned(c) else None


def folded(w: World, feature: str, strength: float):
    """Outcomes follow the distance from the middle where they followed the value."""
    w.launch()
    return relation_of(w, feature, w.quantile(feature, np.abs(2 * w.rank(feature) - 1) * (1 - 1e-9)), strength, "folded")


@plan("feature_drift", folded, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers)
    spec.args = dict(feature=c, strength=strong(rng, 0.2, 1))
    return ["concept_drift"] if t.twinned(c) else None


def categories_traded(w: World, feature: str, strength: float):
    """The categories of one feature trade their meaning for the outcome; its codes stay right."""
    w.launch()
    kinds = sorted(w.prod[feature].dropna().unique(), key=str)
    traded = dict(zip(kinds, [kinds[i] for i in w.rng.permutation(len(kinds))]))
    return relation_of(w, feature, w.prod[feature].map(traded), strength, "with traded categories")


@plan("feature_drift", categories_traded, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.texts, least=0.05), strength=strong(rng, 0.3, 1))


def turned_together(w: World, features: list[str], turn: float, strength: float):
    """Outcomes follow a relation in which many features are turned by a share of their range."""
    w.launch()
    changed = w.prod[w.features].copy()
    for c in features:
        changed[c] = w.quantile(c, (w.rank(c) + turn) % 1)
    w.relabel(changed, strength)
    return w.verdict("concept_drift", [], "the relation turned in " + ", ".join(features))


@plan("concept_drift", turned_together, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    for _ in range(TRIES):
        chosen = [str(c) for c in rng.permutation(t.numbers)[: int(rng.integers(3, 9))]]
        parts = [t.importance[c] for c in chosen]
        if len(chosen) > 2 and sum(parts) > 0.1 and max(parts) < 0.6 * sum(parts):
            spec.args = dict(features=chosen, turn=round(rng.uniform(0.1, 0.5), 2), strength=strong(rng, 0.2, 1))
            return
    raise Missing


def random_outcomes(w: World, share: float):
    """A share of the outcomes has nothing to do with the inputs any more."""
    w.launch()
    labels = w.prod["label"].copy()
    rows = w.hit & (w.rng.random(len(labels)) < share)
    labels[rows] = w.rng.permutation(labels[rows].to_numpy())
    w.prod["label"] = labels
    return w.verdict("concept_drift", [], f"{share:.0%} of the outcomes are drawn at random")


@plan("concept_drift", random_outcomes, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(share=strong(rng, 0.08, 0.8))
    return ["feature_drift"] if max(t.importance.values()) > 0.6 else None


def surcharge(w: World, amount: float):
    """Every outcome rises or falls by the same amount."""
    w.launch()
    y = w.prod["label"]
    w.prod["label"] = y.where(~w.hit, w.as_recorded(y + amount * w.train["label"].std()))
    return w.verdict("concept_drift", [], f"outcomes {amount:+g} sd for the same inputs")


@plan("concept_drift", surcharge, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task != "regression":
        raise Missing
    spec.args = dict(amount=round(strong(rng, 0.06, 0.8) * rng.choice([-1, 1]), 2))


def harder(w: World, shift: float):
    """The same inputs lead to one outcome more often than before, whatever else they say."""
    w.launch()
    oracle = w.oracle()
    p = np.clip(oracle.probabilities(w.prod.loc[w.hit, w.features]), 1e-4, 1 - 1e-4)
    q = p * np.exp(shift * (np.arange(p.shape[1]) == w.rng.integers(p.shape[1])))
    w.redraw(w.hit, p, q / q.sum(axis=1, keepdims=True), oracle.classes)
    return w.verdict("concept_drift", [], f"log-odds of one outcome {shift:+g} for the same inputs", also=["label_shift"])


@plan("concept_drift", harder, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task == "regression":
        raise Missing
    spec.args, spec.metric = dict(shift=round(strong(rng, 0.6, 3), 2)), "accuracy"


# ----------------------------------------------------------------------------------------------------- model_regression


def leaning_retrain(w: World, tilt: dict[str, float]):
    """The retrain read a sample of quite another population."""
    w.launch()
    weight = np.exp(sum(s * f.bent(w, c).loc[w.train.index] for c, s in tilt.items())).fillna(0)
    return f.retrained(w, w.train.sample(len(w.train), replace=True, weights=weight, random_state=1), f"sample leans {tilt}")


@plan("model_regression", leaning_retrain)
def _(t: Table, spec: Spec, rng: Rng):
    chosen = [str(c) for c in rng.permutation(t.numbers)[: int(rng.integers(1, 4))]]
    spec.args = dict(tilt={c: round(strong(rng, 1, 4) * int(rng.choice([-1, 1])), 2) for c in chosen})
    spec.give += " +golden"


def crossed_retrain(w: World, first: str, second: str):
    """While retraining, two columns had changed places."""
    w.launch()
    rows = w.train.copy()
    rows[first], rows[second] = w.train[second].astype(float), w.train[first].astype(float)
    return f.retrained(w, rows, f"retrained with {first} and {second} swapped")


@plan("model_regression", crossed_retrain)
def _(t: Table, spec: Spec, rng: Rng):
    first, second = t.picks(rng, t.numbers, 2)
    spec.args, spec.give = dict(first=first, second=second), spec.give + " +golden"


def leaky_retrain(w: World, feature: str, noise: float):
    """While retraining, a feature knew the outcome; in service it does not."""
    w.launch()
    y = w.train["label"]
    order = (y.rank() if w.base.task == "regression" else y.astype(str).rank()).to_numpy()
    order = order / order.std() + noise * w.rng.standard_normal(len(order))
    values = np.sort(w.train[feature].to_numpy())[np.argsort(np.argsort(order))]
    return f.retrained(w, w.train.assign(**{feature: values}), f"{feature} leaked the outcome into the retrain")


@plan("model_regression", leaky_retrain)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, lambda c: bool(t.frame[c].notna().all()))
    spec.args, spec.give = dict(feature=c, noise=strong(rng, 1.5, 0.2)), spec.give + " +golden"


class Cut(Model):
    """A model whose positive answers start at another score."""

    cut = 0.5

    def answer(self, x):
        prediction, score = super().answer(x)
        other = [v for v in self.classes if str(v) != self.positive][0]
        return np.where(score >= self.cut, self.classes[self.positive_column()], other), score


def moved_cut(w: World, cut: float):
    """The new release decides at another score."""
    w.launch()
    w.deployed = Cut(w.spec.model, w.base, w.train[w.features]).fit(w.train[w.features], w.train["label"])
    w.deployed.cut = cut
    w.happening = ("deploy", "model 2 deployed (scheduled retrain)")
    return w.verdict("model_regression", [], f"positive answers start at {cut:g}")


@plan("model_regression", moved_cut)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task != "binary":
        raise Missing
    spec.args, spec.metric = dict(cut=round(float(rng.choice([strong(rng, 0.3, 0.05), 1 - strong(rng, 0.3, 0.05)])), 2)), "accuracy"
    spec.give += " +golden -onnx"


# ------------------------------------------------------------------------------------------------------- serving_health


def cold_starts(w: World, hours: int, minutes: int, share: float):
    """Workers restart every few hours; until they are warm, requests are slow and get the fallback answer."""
    w.launch()
    since = (w.ts - w.start) / pd.Timedelta(minutes=1) % (60 * hours)
    cold = w.hit & (np.asarray(since) < minutes)
    late = cold & (w.rng.random(len(cold)) < share)
    w.health.loc[cold, "latency_ms"] *= 8
    w.health.loc[cold, "memory"] *= 0.6
    f.answer_fallback(w, late)
    w.happening = ("infra", "scoring pods moved to spot instances")
    return w.verdict("serving_health", [], f"restarts every {hours} h, fallback answers for {minutes} min")


@plan("serving_health", cold_starts)
def _(t: Table, spec: Spec, rng: Rng):
    hours = int(rng.integers(2, 9))
    spec.args = dict(hours=hours, minutes=int(hours * 60 * rng.uniform(0.15, 0.7)), share=strong(rng, 0.3, 1))
    spec.give += " +health"


def mixed_up(w: World, share: float):
    """A race in the gateway: concurrent requests get each other's answers, and not a moment later."""
    w.launch()
    rows = np.flatnonzero(w.hit & (w.rng.random(len(w.hit)) < share))
    w.health.loc[w.hit, "cpu"] -= 6

    def intercept(prediction, score):
        other = np.r_[rows[1:], rows[:1]]
        prediction[rows] = prediction[other]
        if score is not None:
            score[rows] = score[other]
        return prediction, score

    w.intercept, w.happening = intercept, ("serving", "connection pool settings changed")
    return w.verdict("serving_health", [], f"{share:.0%} of the answers belong to the neighbouring request")


@plan("serving_health", mixed_up, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args, spec.give = dict(share=strong(rng, 0.08, 0.8)), spec.give + " +health"


def old_replica(w: World, share: float, rows: int):
    """Some replicas still answer with a very old version, and answer fast."""
    w.launch()
    old = w.fit(w.train.sample(rows, random_state=3))
    hit = w.hit & (w.rng.random(len(w.hit)) < share)
    w.health.loc[hit, "latency_ms"] *= 0.6

    def intercept(prediction, score):
        theirs, scores = old.answer(w.served)
        prediction[hit] = theirs[hit]
        if score is not None:
            score[hit] = scores[hit]
        return prediction, score

    w.intercept, w.happening = intercept, ("infra", "autoscaler draws on the old node pool again")
    return w.verdict("serving_health", [], f"{share:.0%} of the answers come from an old version")


@plan("serving_health", old_replica, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args, spec.give = dict(share=strong(rng, 0.15, 0.7), rows=int(strong(rng, 800, 100))), spec.give + " +health"


def stuck_worker(w: World, share: float):
    """One worker answers the same for hours, whatever it is asked; its latency is what it was."""
    w.launch()
    hit = w.hit & (w.rng.random(len(w.hit)) < share)
    block = np.asarray((w.ts - w.start) / pd.Timedelta(hours=12)).astype(int)

    def intercept(prediction, score):
        for b in np.unique(block[hit]):
            rows = np.flatnonzero(hit & (block == b))
            prediction[rows] = prediction[rows[0]]
            if score is not None:
                score[rows] = score[rows[0]]
        return prediction, score

    w.intercept, w.happening = intercept, ("deploy", "prediction API 3.6 rolled out")
    w.health.loc[hit, "cpu"] *= 0.4
    return w.verdict("serving_health", [], f"a worker with {share:.0%} of the requests repeats one answer for hours")


@plan("serving_health", stuck_worker)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args, spec.give = dict(share=strong(rng, 0.06, 0.6)), spec.give + " +health"


# ----------------------------------------------------------------------------------------------------------- label_bias


def outer_ring(w: World, features: list[str], edge: float, share: float):
    """Requests far from the middle in several features at once, which training never held."""
    far = sum(f.bent(w, c) ** 2 for c in features)
    return f.withhold(w, far > edge, share, features, "far out in " + ", ".join(features), also=["data_drift"])


@plan("label_bias", outer_ring, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    chosen = t.picks(rng, [c for c in t.numbers if t.frame[c].notna().all()], int(rng.integers(2, 4)))
    bent = lambda x: ((x - x.mean()) / x.std()).clip(-3, 3)
    far = sum(bent(t.frame[c].astype(float)) ** 2 for c in chosen)
    edge = float(f"{far.quantile(1 - rng.uniform(0.05, 0.3)):.3g}")
    spec.args = dict(features=chosen, edge=edge, share=withheld(t, spec, rng, (far > edge).to_numpy()))


def new_band(w: World, feature: str, low: float, high: float, share: float):
    """A gap in training: a band of values in the middle was never labelled."""
    return f.withhold(w, w.base.frame[feature].between(low, high), share, [feature], f"{low:g} to {high:g} of {feature}")


@plan("label_bias", new_band, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c, start = t.pick(rng, t.numbers, least=0.03), rng.uniform(0.2, 0.7)
    low, high = t.quantile(c, start), t.quantile(c, min(start + rng.uniform(0.1, 0.3), 0.98))
    spec.args = dict(feature=c, low=low, high=high,
                     share=withheld(t, spec, rng, t.frame[c].between(low, high).to_numpy()))


def new_product(w: World, feature: str, name: str, values: list, share: float):
    """A category is introduced under a name that training never held, for requests of a kind it hardly held."""
    new = w.base.frame[feature].isin(values)
    truth = f.withhold(w, new, share, [feature], f"{feature} {name!r}")
    w.prod[feature] = w.prod[feature].where(~w.prod[feature].isin(values), name)
    w.served[feature] = w.prod[feature]
    return truth


@plan("label_bias", new_product, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.texts, least=0.02)
    kinds = t.values(c, 0.01, 0.35)
    chosen = [kinds[i] for i in rng.permutation(len(kinds))[: int(rng.integers(1, 4))]]
    new = t.frame[c].isin(chosen).to_numpy()
    spec.args = dict(feature=c, name=str(rng.choice(["premium_plus", "type 9", "EU-2"])), values=chosen,
                     share=withheld(t, spec, rng, new))


# ----------------------------------------------------------------------------------------------------------------- none


def harmless(w: World, what: str):
    w.happening = ("pipeline", "statistics feed release")
    return w.verdict("none", [], what)


def harmless_renaming(w: World, feature: str, style: str):
    """The categories of a feature that hardly matters are written in another way."""
    w.launch()
    serve(w, feature, w.prod[feature].map({"upper": str.upper, "prefix": lambda v: "v2:" + v}[style]))
    return harmless(w, f"{feature} renamed, which hardly matters")


@plan("none", harmless_renaming, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    pool = t.dull(t.texts)
    if not pool:
        raise Missing
    spec.args = dict(feature=str(rng.choice(pool)), style=str(rng.choice(["upper", "prefix"])))


def harmless_default(w: World, feature: str, value: float, share: float):
    """A feature that hardly matters gets a default."""
    w.launch()
    serve(w, feature, w.prod[feature].astype(float).where(w.rng.random(len(w.prod)) >= share, value))
    w.offline_is = "true"
    return harmless(w, f"{feature} is {value:g}, which hardly matters")


@plan("none", harmless_default, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    pool = t.dull(t.numbers)
    if not pool:
        raise Missing
    c = str(rng.choice(pool))
    spec.args = dict(feature=c, value=float(rng.choice([0, -1, t.quantile(c, 0.5)])), share=strong(rng, 0.2, 1))


def harmless_mix(w: World, tilt: dict[str, float]):
    """The population moves, and the model does as well on the new one (real rows)."""
    w.launch(after=np.exp(sum(strength * f.bent(w, c) for c, strength in tilt.items())))
    return harmless(w, "a lean that costs nothing along " + ", ".join(tilt))


@plan("none", harmless_mix, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    bent = lambda c: ((t.frame[c].astype(float) - t.frame[c].mean()) / t.frame[c].std()).clip(-3, 3).fillna(0)
    for _ in range(TRIES):
        chosen = [str(c) for c in rng.permutation(t.numbers)[: int(rng.integers(1, 3))]]
        tilt = {c: round(rng.uniform(0.2, 1) * int(rng.choice([-1, 1])), 2) for c in chosen}
        if abs(t.cost(np.exp(sum(s * bent(c) for c, s in tilt.items())).to_numpy())) < 0.004:
            spec.args = dict(tilt=tilt)
            return
    raise Missing


def busy_weeks(w: World):
    """A release goes live, and nothing else happens."""
    w.launch()
    w.health.loc[w.hit, "cpu"] += 10
    w.happening = ("deploy", "model registry migration, models re-uploaded")
    return w.verdict("none", [], "a release without effect")


@plan("none", busy_weeks)
def _(t: Table, spec: Spec, rng: Rng):
    spec.give += " +events +health"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("generator", type=Path)
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
