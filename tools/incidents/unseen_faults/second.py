"""The second part of the unseen faults."""

from __future__ import annotations

import numpy as np
import pandas as pd

import faults as f
import wordings
from models import Model
from more_faults.people import relation_of
from more_faults.served import recalibrated, serve, skew, unavailable, upstream
from offers import Missing, Table
from planning import Rng, plan, strong
from plans_people import bent, rewired, withheld
from plans_served import skewed, sourced
from world import Spec, World

TRIES = 25  # populations tried on the quick model before a table is given up


# ------------------------------------------------------------------------------------------------ feature_recalibration


def drifting_sensor(w: World, feature: str, size: float):
    """A sensor that nobody calibrates any more: its zero wanders off, further every day."""
    w.launch()
    x = w.prod[feature].astype(float)
    w.served[feature] = x.where(w.dose == 0, (x + size * w.train[feature].std() * w.dose).round(4))
    w.happening = ("infra", "maintenance contract of the sensors ended")
    return w.verdict("feature_recalibration", [feature], f"the zero of {feature} wanders by {size:+g} sd")


@plan("feature_recalibration", drifting_sensor)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.numbers), size=round(strong(rng, 0.5, 4) * int(rng.choice([-1, 1])), 2))
    spec.onset = min(spec.onset, 0.6)
    spec.ramp = round(rng.uniform(0.4, 0.9) * (1 - spec.onset) * spec.weeks * 7, 1)


def percentile_score(w: World, feature: str, top: float):
    """The vendor no longer sends the value but the place it takes among all customers, from 0 to 100 (or to 1)."""
    w.launch()
    known = np.sort(w.train[feature].dropna().to_numpy())
    place = np.searchsorted(known, w.prod[feature].to_numpy(), side="right") / len(known)
    return recalibrated(w, feature, np.where(w.prod[feature].isna(), np.nan, (place * top).round(3)), "arrives as a percentile")


@plan("feature_recalibration", percentile_score, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, lambda c: t.frame[c].nunique() >= 20)
    spec.args = dict(feature=c, top=float(rng.choice([1, 100, 100])))


# -------------------------------------------------------------------------------------------------- feature_unavailable


def throttled(w: World, feature: str, hours: tuple[int, int], share: float):
    """The feature store has a quota that the busy hours of the day exceed; lookups then come back empty."""
    w.launch()
    busy = (w.ts.hour >= hours[0]) & (w.ts.hour < hours[1]) & (w.rng.random(len(w.prod)) < share)
    return unavailable(w, feature, w.prod[feature].astype(object).where(~np.asarray(busy), None),
                       f"is null for {share:.0%} from {hours[0]} to {hours[1]} h")


@plan("feature_unavailable", throttled, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    start = int(rng.integers(7, 15))
    spec.args = dict(feature=t.pick(rng, t.numbers + t.texts, least=0.04), share=strong(rng, 0.3, 1),
                     hours=(start, start + int(rng.integers(3, 9))))


# ------------------------------------------------------------------------------------------------ training_serving_skew


def unpointed(x: pd.Series) -> pd.Series:
    """What is read where a decimal point is taken for a thousands separator: 61.5 becomes 615, and 61 stays 61."""
    return x.map(lambda v: v if pd.isna(v) else float(np.format_float_positional(v, trim="-").replace(".", "")))


def point_lost(w: World, feature: str):
    """The service parses numbers in another locale, in which the point separates thousands."""
    w.launch()
    serve(w, feature, unpointed(w.prod[feature].astype(float)))
    return skew(w, [feature], "decimal point lost in serving")


@plan("training_serving_skew", point_lost, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    broken = lambda c: (t.frame[c].dropna() % 1 != 0).mean() > 0.2 and t.frame[c].abs().max() > 0.1
    skewed(spec, rng, feature=t.pick(rng, t.numbers, broken))


def overflowed(w: World, feature: str, span: float, signed: bool):
    """The request format holds a value in a small fixed-point number; what is too large wraps around."""
    w.launch()
    low = -span / 2 if signed else 0.0
    x = w.prod[feature].astype(float)
    serve(w, feature, (np.mod(x - low, span) + low).round(5))
    return skew(w, [feature], f"wraps around at {span + low:g} in serving")


@plan("training_serving_skew", overflowed, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, least=0.03)
    fits = []
    for span in [2.0**bits / 10**places for bits in (8, 16) for places in (0, 1, 2, 3)]:
        for signed in ([True, False] if t.frame[c].min() >= 0 else [True]):
            low = -span / 2 if signed else 0.0
            if 0.04 < ((t.frame[c] >= span + low) | (t.frame[c] < low)).mean() < 0.9:
                fits.append((span, signed))
    if not fits:
        raise Missing
    span, signed = fits[rng.integers(len(fits))]
    skewed(spec, rng, feature=c, span=span, signed=signed)


# ---------------------------------------------------------------------------------------------------- upstream_pipeline


def old_partition(w: World, features: list[str], rows: int, share: float):
    """The nightly load reads one old partition again and again: the source answers with its few hundred records."""
    w.launch()
    wrong = w.rng.random(len(w.prod)) < share
    old = w.rng.integers(0, rows, len(w.prod))
    for c in features:
        serve(w, c, w.prod[c].where(~wrong, w.prod[c].iloc[old].to_numpy()))
    return upstream(w, features, f"records of an old partition of {rows} for {share:.0%}")


@plan("upstream_pipeline", old_partition, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    share = 1.0 if rng.random() < 0.5 else strong(rng, 0.15, 0.9)
    sourced(spec, rng, features=t.group(rng, t.numbers + t.categories), rows=int(strong(rng, 600, 15)), share=share)


# ----------------------------------------------------------------------------------------------------------- data_drift


def uncoupled(w: World, one: str, two: str, strength: float, features: list[str]):
    """Other people, in whom two features go together otherwise than in training; neither alone moves as much (real rows)."""
    w.launch(after=np.exp(strength * np.nan_to_num(f.bent(w, one) * f.bent(w, two))))
    w.happening = ("business", "eligibility rules relaxed")
    return w.verdict("data_drift", features, f"{one} and {two} go together otherwise")


@plan("data_drift", uncoupled, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.metric = "accuracy" if t.base.task == "binary" else spec.metric
    for _ in range(TRIES):
        one, two = (str(c) for c in rng.permutation(t.numbers)[:2])
        strength = round(strong(rng, 0.5, 1.8) * int(rng.choice([-1, 1])), 2)
        weight = np.exp(strength * np.nan_to_num(bent(t, one) * bent(t, two)))
        if t.cost(weight) > (0.1 if t.base.task == "regression" else 0.03):
            spec.args = dict(one=one, two=two, strength=strength, features=t.movers(weight, [one, two]))
            return
    raise Missing


# -------------------------------------------------------------------------------------------------------- feature_drift


def levelled_off(w: World, feature: str, low: float, high: float, strength: float):
    """More of the feature no longer changes the outcome (or less of it): beyond a point its effect has levelled off."""
    w.launch()
    values = w.quantile(feature, np.clip(w.rank(feature), low, high))
    return relation_of(w, feature, values, strength, f"between its quantiles {low:g} and {high:g} only")


@plan("feature_drift", levelled_off, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c, kept = t.pick(rng, t.numbers), strong(rng, 0.6, 0.1)
    low, high = (0.0, kept) if rng.random() < 0.5 else (1 - kept, 1 - 1e-9)
    spec.args = dict(feature=c, low=round(low, 3), high=high, strength=strong(rng, 0.5, 1))
    return ["concept_drift"] if t.twinned(c) else None


def turned_in_segment(w: World, feature: str, query: str, strength: float):
    """For one kind of request the feature means the opposite of what it meant; for the others nothing has changed."""
    w.launch()
    turned = w.quantile(feature, 1 - w.rank(feature) - 1e-9)
    values = np.where(w.prod.eval(query), turned, w.prod[feature])
    return relation_of(w, feature, values, strength, f"turned round where {query}")


@plan("feature_drift", turned_in_segment, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers)
    by = t.pick(rng, [other for other in t.numbers + t.texts if other != c], least=0)
    query = t.condition(rng, by, 0.25, 0.7)
    if not 0.2 < t.frame.eval(query).mean() < 0.75:
        raise Missing
    spec.args = dict(feature=c, query=query, strength=strong(rng, 0.3, 1))
    return ["concept_drift"] if t.twinned(c) else None


# -------------------------------------------------------------------------------------------------------- concept_drift


def acted_upon(w: World, share: float):
    """The business acts on the answers: whom the model points at is looked after, and what it foretold does not happen."""
    w.launch()
    labels, prediction = w.prod["label"].copy(), w.model.answer(w.prod[w.features])[0]
    good = labels[labels.astype(str) != w.base.positive].iloc[0]
    warned = prediction.astype(str) == w.base.positive
    labels[w.hit & warned & (w.rng.random(len(labels)) < share)] = good
    w.prod["label"] = labels
    w.happening = ("business", "retention team calls everybody on the list")
    return w.verdict("concept_drift", [], f"{share:.0%} of the positive answers are averted")


@plan("concept_drift", acted_upon, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task != "binary":
        raise Missing
    spec.args = dict(share=strong(rng, 0.2, 0.95))


def regime_switch(w: World, features: list[str], strength: float, days: float):
    """Two regimes take turns: every few days the whole relation is another one, and then the old one again."""
    w.pulse = (days, 0.5)
    return f.rewired(w, features, strength)


@plan("concept_drift", regime_switch)
def _(t: Table, spec: Spec, rng: Rng):
    rewired(t, spec, rng)
    spec.args |= dict(days=round(rng.uniform(3, 10), 1))
    spec.onset = rng.uniform(0.25, 0.5)


# ---------------------------------------------------------------------------------------------------------- label_shift


def referred_sample(w: World, weight: dict[str, float]):
    """Training came from a desk that was referred the rare outcomes; the service, from its first day, sees everybody."""
    odds = w.base.frame["label"].astype(str).map(lambda v: weight.get(v, 1.0)).to_numpy()
    w.launch(train=odds, before=np.ones(len(odds)))
    return w.verdict("label_shift", [], "training had more of " + ", ".join(f"{k} (x{v:g})" for k, v in weight.items()))


@plan("label_shift", referred_sample)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task == "regression":
        raise Missing
    share = t.frame["label"].astype(str).value_counts(normalize=True)
    kinds = sorted(share[share < 0.5].index)
    chosen = [kinds[i] for i in rng.permutation(len(kinds))[: int(rng.integers(1, max(2, len(kinds) // 2)))]]
    spec.args, spec.metric = dict(weight={k: strong(rng, 3, 40) for k in chosen}), "accuracy"
    spec.onset, spec.ramp, spec.give = 0, 0, spec.give + " +golden"


def polarised(w: World, strength: float):
    """Numeric outcomes move to both ends, the middle thins out; P(x|y) is untouched (real rows)."""
    w.launch(after=np.exp(strength * np.abs(2 * w.base.frame["label"].rank(pct=True) - 1)))
    return w.verdict("label_shift", [], "outcomes move to both ends", also=["data_drift"])


@plan("label_shift", polarised, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task != "regression":
        raise Missing
    spec.args = dict(strength=strong(rng, 1, 7))


# ----------------------------------------------------------------------------------------------------------- label_bias


def rejected_applicants(w: World, policy: dict[str, float], cut: float, share: float):
    """Outcomes are known of those whom the old policy let in; now the others are let in, too, and scored."""
    points = sum(weight * f.bent(w, c) for c, weight in policy.items())
    return f.withhold(w, points > cut, share, list(policy), "turned down by a policy on " + ", ".join(policy),
                      also=["data_drift"])


@plan("label_bias", rejected_applicants, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    chosen = t.picks(rng, [c for c in t.numbers if t.frame[c].notna().all()], int(rng.integers(2, 5)))
    policy = {c: round(rng.uniform(0.5, 1.5) * int(rng.choice([-1, 1])), 2) for c in chosen}
    points = sum(weight * bent(t, c) for c, weight in policy.items())
    cut = float(f"{np.quantile(points, 1 - rng.uniform(0.06, 0.35)):.3g}")
    spec.args = dict(policy=policy, cut=cut, share=withheld(t, spec, rng, points > cut))


def new_outcomes(w: World, kinds: list[str] | None, above: float, share: float):
    """Requests turn up whose outcome training never held: a new variety, or amounts beyond all that it saw."""
    y = w.base.frame["label"]
    new = y.astype(str).isin(kinds) if kinds else y > above
    return f.withhold(w, new, share, [], f"outcomes {kinds}" if kinds else f"outcomes above {above:g}", also=["label_shift"])


@plan("label_bias", new_outcomes, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    y, kinds, above = t.frame["label"], None, np.inf
    if t.base.task == "binary":
        raise Missing
    if t.base.task == "regression":
        above = t.quantile("label", rng.uniform(0.75, 0.95))
        new = (y > above).to_numpy()
    else:
        kinds = [str(rng.choice(sorted(y.astype(str).unique())))]
        new = y.astype(str).isin(kinds).to_numpy()
    spec.args = dict(kinds=kinds, above=above, share=withheld(t, spec, rng, new))


# ----------------------------------------------------------------------------------------------------- model_regression


def other_target(w: World, query: str | None, merged: tuple[str, str] | None, cap: float | None):
    """The retrain learnt another target than the one it is judged by: a narrower one, a merged one or a capped one."""
    w.launch()
    rows = w.train.copy()
    y = rows["label"]
    if cap is not None:
        rows["label"] = y.clip(upper=cap)
    elif merged:
        rows["label"] = y.where(y.astype(str) != merged[0], merged[1])
    else:
        other = y[y.astype(str) != w.base.positive].iloc[0]
        rows["label"] = y.where((y.astype(str) != w.base.positive) | rows.eval(query), other)
    target = f"capped at {cap:g}" if cap is not None else "with {} as {}".format(*merged) if merged else f"within {query}"
    return f.retrained(w, rows, f"retrained on another target: {target}")


@plan("model_regression", other_target)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args, spec.give = dict(query=None, merged=None, cap=None), spec.give + " +golden"
    if t.base.task == "regression":
        spec.args["cap"] = t.quantile("label", strong(rng, 0.92, 0.4))
    elif t.base.task == "multiclass":
        kinds = sorted(t.frame["label"].astype(str).unique())
        spec.args["merged"] = tuple(kinds[i] for i in rng.permutation(len(kinds))[:2])
    else:
        spec.args["query"] = t.condition(rng, t.pick(rng, t.numbers + t.texts), 0.15, 0.7)


# ------------------------------------------------------------------------------------------------------- serving_health


def circuit_breaker(w: World, feature: str, hours: float, share: float):
    """A circuit breaker opens for hours; meanwhile a rule of thumb on one feature answers, fast and idle."""
    w.launch()
    stretch = np.asarray((w.ts - w.start) / pd.Timedelta(hours=hours)).astype(int)
    opened = w.hit & (w.rng.random(stretch.max() + 1) < share)[stretch]
    thumb = Model(w.spec.model, w.base, w.train[[feature]]).fit(w.train[[feature]], w.train["label"])
    w.health.loc[opened, "latency_ms"] *= 0.15
    w.health.loc[opened, "cpu"] *= 0.5

    def intercept(prediction, score):
        theirs, scores = thumb.answer(w.served[opened])
        prediction[opened] = theirs
        if score is not None:
            score[opened] = scores
        return prediction, score

    w.intercept, w.happening = intercept, ("config", "circuit breaker in front of the scoring pods")
    return w.verdict("serving_health", [], f"a rule of thumb on {feature} answers in {share:.0%} of all {hours:g} h")


@plan("serving_health", circuit_breaker)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.numbers + t.texts, least=0.004), hours=float(rng.choice([0.5, 1, 2, 4, 8, 12])),
                     share=strong(rng, 0.2, 0.8))
    spec.give += " +health"


# ----------------------------------------------------------------------------------------------------------------- none


def weekly_rhythm(w: World, tilt: dict[str, float]):
    """Other people come at weekends, as they always have: the model does worse on some days, and no worse than before."""
    w.launch()
    lean = sum(s * ((w.prod[c] - w.prod[c].mean()) / w.prod[c].std()).clip(-3, 3) for c, s in tilt.items()).to_numpy()
    weekend = np.asarray(w.ts.dayofweek >= 5)
    ranked = np.argsort(-(lean + w.rng.gumbel(size=len(lean))))
    order = np.empty(len(lean), int)
    order[weekend] = w.rng.permutation(ranked[: weekend.sum()])
    order[~weekend] = w.rng.permutation(ranked[weekend.sum():])
    w.prod = w.prod.iloc[order].reset_index(drop=True)
    w.served = w.prod[w.features].copy()
    return w.verdict("none", [], "another population at weekends, before and after, along " + ", ".join(tilt))


@plan("none", weekly_rhythm)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.hour or t.base.workday:
        raise Missing
    pool = [c for c in t.numbers if t.frame[c].notna().all()]
    spec.args = dict(tilt={c: round(strong(rng, 0.3, 1.5) * int(rng.choice([-1, 1])), 2)
                           for c in t.picks(rng, pool, int(rng.integers(1, 4)))})


wordings.EVENTS |= {
    "drifting_sensor": wordings.FEEDS, "percentile_score": wordings.FEEDS, "throttled": wordings.STORES,
    "point_lost": wordings.SERVICE, "overflowed": wordings.SERVICE, "old_partition": wordings.SOURCES,
    "uncoupled": wordings.MARKET, "acted_upon": wordings.MARKET, "other_target": wordings.DEPLOYS,
    "circuit_breaker": wordings.RUNTIME}
