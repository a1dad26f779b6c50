"""Faults of what is served: recalibrated, unavailable, skewed, broken upstream."""

from __future__ import annotations

import numpy as np
import pandas as pd

import faults as f
from offers import Missing, Table
from planning import Rng, plan, strong
from plans_served import skewed, sourced
from world import Spec, World


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
