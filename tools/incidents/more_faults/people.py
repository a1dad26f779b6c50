"""Faults of the population, of its outcomes, and of what training never held."""

from __future__ import annotations

import numpy as np

import faults as f
from offers import Missing, Table
from planning import Rng, plan, strong
from plans_people import by_label, withheld
from world import Spec, World

TRIES = 25  # populations tried on the quick model before a table is given up


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


# -------------------------------------------------------------------------------------- feature_drift and concept_drift


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
