"""The first part of the unseen faults."""

from __future__ import annotations

import numpy as np
import pandas as pd

import faults as f
import wordings
from models import Model
from more_faults.people import relation_of
from more_faults.served import recalibrated, serve, skew, unavailable, upstream
from offers import Missing, Table, table
from planning import Rng, from_start, plan, strong
from plans_people import another_mix, bent, withheld
from plans_served import skewed, sourced
from world import Spec, World

TRIES = 25  # populations tried on the quick model before a table is given up


def block(w: World, hours: float) -> np.ndarray:
    """The number of the stretch of some hours, counted from the onset, in which each request falls."""
    return np.floor(np.asarray((w.ts - w.onset) / pd.Timedelta(hours=hours))).astype(int)


# ------------------------------------------------------------------------------------------------ feature_recalibration


def localised(w: World, feature: str, by: str, factors: dict):
    """A supplier begins to report in local units: what a value means depends on where the request comes from."""
    w.launch()
    factor = w.prod[by].map(factors).astype(float).fillna(1.0)
    return recalibrated(w, feature, (w.prod[feature].astype(float) * factor).round(5), f"is in local units by {by}")


@plan("feature_recalibration", localised, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, least=0.03)
    pool = [by for by in t.categories if 2 <= len(t.values(by, 0.08))]
    if not pool:
        raise Missing
    by = str(rng.choice(pool))
    kinds = t.values(by, 0.08)
    chosen = [kinds[i] for i in rng.permutation(len(kinds))[: int(rng.integers(1, len(kinds)))]]
    factors = {v: float(f"{strong(rng, 1.25, 150) ** rng.choice([-1, 1], p=[0.3, 0.7]):.3g}") for v in chosen}
    if t.spread(c) * min(factors.values()) < 0.01:
        raise Missing
    spec.args = dict(feature=c, by=by, factors=factors)


# -------------------------------------------------------------------------------------------------- feature_unavailable


def refreshed_rarely(w: World, feature: str, hours: int):
    """The feed is polled far less often than it was: for hours or days everybody is served one value, then another."""
    w.launch()
    values = w.prod[feature].groupby(block(w, hours)).transform("first")
    return unavailable(w, feature, values, f"is refreshed every {hours} h only")


@plan("feature_unavailable", refreshed_rarely)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers + t.texts, lambda c: bool(t.frame[c].notna().all()), least=0.03)
    spec.args = dict(feature=c, hours=int(rng.choice([4, 6, 12, 24, 24, 48, 72, 168])))


def run_dry(w: World, feature: str):
    """The stream behind a rolling total has stopped: the total runs dry as its window empties, and then stays at zero."""
    w.launch()
    values = w.prod[feature].astype(float) * (1 - w.dose)
    whole = (w.base.frame[feature].dropna() % 1 == 0).all()
    w.served[feature] = np.floor(values) if whole else values.round(4)
    w.happening = ("infra", "event consumers moved to the new broker")
    return w.verdict("feature_unavailable", [feature], f"{feature} runs dry within {w.spec.ramp:g} days")


@plan("feature_unavailable", run_dry)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.numbers, lambda c: t.frame[c].min() >= 0, least=0.03))
    spec.onset = min(spec.onset, 0.65)
    spec.ramp = round(rng.uniform(0.15, 0.7) * (1 - spec.onset) * spec.weeks * 7, 1)


# ------------------------------------------------------------------------------------------------ training_serving_skew


def so_far_today(w: World, feature: str):
    """Training read the totals of whole days; the service has what has come in so far on the day of the request."""
    w.launch()
    gone = np.asarray((w.ts - w.ts.floor("D")) / pd.Timedelta(days=1))
    values = w.prod[feature].astype(float) * gone
    whole = (w.base.frame[feature].dropna() % 1 == 0).all()
    serve(w, feature, np.floor(values) if whole else values.round(4))
    return skew(w, [feature], "only what came in so far on the day in serving")


@plan("training_serving_skew", so_far_today, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    skewed(spec, rng, feature=t.pick(rng, t.numbers, lambda c: t.frame[c].min() >= 0, least=0.06))
    from_start(spec, rng, 0.4)


# ---------------------------------------------------------------------------------------------------- upstream_pipeline


def rolled_up(w: World, features: list[str], hours: float):
    """A roll-up took the place of the detail table: each request is joined with the means of its hours."""
    w.launch()
    blocks = block(w, hours)
    for c in features:
        serve(w, c, w.prod[c].astype(float).groupby(blocks).transform("mean").round(6))
    return upstream(w, features, f"means over {hours:g} h in the place of records")


@plan("upstream_pipeline", rolled_up)
def _(t: Table, spec: Spec, rng: Rng):
    group = t.group(rng, t.numbers)
    sourced(spec, rng, features=group if rng.random() < 0.5 else t.picks(rng, group, int(rng.integers(2, 5))),
            hours=float(rng.choice([0.25, 0.5, 1, 2, 6, 24])))


def too_narrow(w: World, limits: dict[str, float]):
    """The columns of a staging table are too narrow: larger numbers of the source do not fit and are loaded as null."""
    w.launch()
    for c, limit in limits.items():
        x = w.prod[c].astype(float)
        serve(w, c, x.where(x <= limit))
    return upstream(w, list(limits), "null above " + ", ".join(f"{v:g}" for v in limits.values()))


@plan("upstream_pipeline", too_narrow, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    group, share = t.group(rng, t.numbers), strong(rng, 0.06, 0.7)
    limits = {c: t.quantile(c, 1 - share * rng.uniform(0.7, 1.3)) for c in t.picks(rng, group, int(rng.integers(2, 6)))}
    limits = {c: v for c, v in limits.items() if v < t.frame[c].max()}
    if len(limits) < 2:
        raise Missing
    sourced(spec, rng, limits=limits)


# ----------------------------------------------------------------------------------------------------------- data_drift


def partner_batches(w: World, tilt: dict[str, float], days: float, share: float, features: list[str]):
    """A partner sends its customers in batches: every few days the population is another one for a while (real rows)."""
    w.pulse = (days, share)
    w.launch(after=np.exp(sum(s * f.bent(w, c) for c, s in tilt.items())))
    w.happening = ("business", "first files of the new partner")
    return w.verdict("data_drift", features, f"another population in {share:.0%} of every {days:g} days")


@plan("data_drift", partner_batches)
def _(t: Table, spec: Spec, rng: Rng):
    spec.metric = "accuracy" if t.base.task == "binary" and rng.random() < 0.8 else spec.metric
    for _ in range(TRIES):
        chosen = [str(c) for c in rng.permutation(t.numbers)[: int(rng.choice([1, 2, 2, 3]))]]
        tilt = {c: round(strong(rng, 0.4, 1.8) * int(rng.choice([-1, 1])), 2) for c in chosen}
        weight = np.exp(sum(v * bent(t, c) for c, v in tilt.items()))
        if t.worth(weight):
            spec.args = dict(tilt=tilt, days=round(rng.uniform(2, 9), 1), share=round(rng.uniform(0.25, 0.6), 2),
                             features=t.movers(weight, chosen))
            spec.onset = rng.uniform(0.25, 0.5)
            return
    raise Missing


def easy_ones_gone(w: World, sure: float, left: float, features: list[str]):
    """Rules in front of the model settle the clear requests; it is asked about the doubtful ones only (real rows)."""
    t = table(w.spec.base)
    certainty = t.model.probabilities(t.frame[t.base.features]).max(axis=1)
    w.launch(after=np.where(certainty > sure, left, 1.0))
    w.happening = ("business", "straight-through processing of simple requests")
    return w.verdict("data_drift", features, f"{1 - left:.0%} of the clear requests no longer reach the model")


@plan("data_drift", easy_ones_gone, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task == "regression":
        raise Missing
    spec.metric = "accuracy" if t.base.task == "binary" else spec.metric
    certainty = t.model.probabilities(t.frame[t.base.features]).max(axis=1)
    for _ in range(TRIES):
        sure = round(float(np.quantile(certainty, rng.uniform(0.2, 0.8))), 3)
        left = strong(rng, 0.6, 0.03)
        weight = np.where(certainty > sure, left, 1.0)
        if t.worth(weight):
            spec.args = dict(sure=sure, left=left, features=t.movers(weight, t.base.features))
            return
    raise Missing


# -------------------------------------------------------------------------------------------------------- feature_drift


def hard_rule(w: World, feature: str, at: float, strength: float):
    """A new rule draws a line: below it outcomes are as at the low end of the feature, above it as at the high end."""
    w.launch()
    values = w.quantile(feature, np.where(w.rank(feature) < at, 0.03, 0.97))
    return relation_of(w, feature, values, strength, f"as a line at its {at:.0%} quantile")


@plan("feature_drift", hard_rule, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers)
    spec.args = dict(feature=c, at=round(rng.uniform(0.2, 0.8), 2), strength=strong(rng, 0.3, 1))
    return ["concept_drift"] if t.twinned(c) else None


# -------------------------------------------------------------------------------------------------------- concept_drift


def new_modus(w: World, query: str, share: float):
    """Fraudsters learn: requests of a kind that used to be safe begin to go wrong."""
    w.launch()
    labels = w.prod["label"].copy()
    bad = labels[labels.astype(str) == w.base.positive].iloc[0]
    labels[w.hit & w.prod.eval(query).to_numpy(bool) & (w.rng.random(len(labels)) < share)] = bad
    w.prod["label"] = labels
    return w.verdict("concept_drift", [], f"{share:.0%} of the safe kind go wrong: {query}")


@plan("concept_drift", new_modus, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task != "binary":
        raise Missing
    bad = (t.frame["label"].astype(str) == t.base.positive).to_numpy()
    for _ in range(TRIES):
        one, two = t.picks(rng, t.numbers + t.texts, 2)
        query = f"{t.condition(rng, one, 0.2, 0.7)} and {t.condition(rng, two, 0.2, 0.7)}"
        safe = t.frame.eval(query).to_numpy(bool)
        if 0.06 < safe.mean() < 0.4 and bad[safe].mean() < 0.6 * bad.mean():
            spec.args = dict(query=query, share=strong(rng, 0.15, 0.9))
            return
    raise Missing


# ---------------------------------------------------------------------------------------------------------- label_shift


def outbreak(w: World, weight: dict[str, float], days: float):
    """A wave of one outcome: it is common all at once and then ebbs away; P(x|y) is untouched (real rows)."""
    def wave(when):
        past = np.asarray((when - w.onset) / pd.Timedelta(days=1))
        return np.where(past < 0, 0.0, np.exp(-np.maximum(past, 0) / days))

    w._dose = wave
    w.launch(after=w.base.frame["label"].astype(str).map(lambda v: weight.get(v, 1.0)))
    return w.verdict("label_shift", [], f"a wave of {', '.join(weight)} that halves in {0.69 * days:.1f} days")


@plan("label_shift", outbreak)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(weight={k: round(1.8 * v, 2) for k, v in another_mix(t, spec, rng).items()},
                     days=round(rng.uniform(0.4, 1.2) * (1 - spec.onset) * spec.weeks * 7, 1))


# ----------------------------------------------------------------------------------------------------------- label_bias


def near(frame: pd.DataFrame, features: list[str], row: int) -> np.ndarray:
    """Squared distance of each row from one of them, in standard units of some features."""
    x = frame[features].astype(float)
    return (((x - x.iloc[row]) / x.std()) ** 2).sum(axis=1).to_numpy()


def unlabelled_site(w: World, features: list[str], row: int, radius: float, share: float):
    """A site whose records were never labelled joins: its requests are alike in several features, and new to training."""
    site = pd.Series(near(w.base.frame, features, row) < radius)
    return f.withhold(w, site, share, features, "like one record in " + ", ".join(features), also=["data_drift"])


def apart(t: Table, site: np.ndarray) -> bool:
    """Whether the outcomes of some rows are clearly unlike those of all rows."""
    y = t.frame["label"]
    if t.base.task == "regression":
        return abs(y[site].mean() - y.mean()) > 0.5 * y.std()
    gap = y[site].value_counts(normalize=True).sub(y.value_counts(normalize=True), fill_value=0)
    return float(gap.abs().sum() / 2) > 0.15


@plan("label_bias", unlabelled_site, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    pool = [c for c in t.numbers if t.frame[c].notna().all()]
    for _ in range(TRIES):
        chosen, row = t.picks(rng, pool, int(rng.integers(2, 6))), int(rng.integers(t.size))
        distance = near(t.frame, chosen, row)
        radius = float(f"{np.quantile(distance, rng.uniform(0.06, 0.3)):.3g}")
        if apart(t, distance < radius):
            spec.args = dict(features=chosen, row=row, radius=radius, share=withheld(t, spec, rng, distance < radius))
            return
    raise Missing


# ----------------------------------------------------------------------------------------------------- model_regression


def rebalanced_retrain(w: World, weight: dict[str, float]):
    """The retrain over-sampled a class and nobody put the scores right afterwards: it is answered far too often."""
    w.launch()
    odds = w.train["label"].astype(str).map(lambda v: weight.get(v, 1.0))
    rows = w.train.sample(len(w.train), replace=True, weights=odds, random_state=int(w.rng.integers(2**31)))
    return f.retrained(w, rows, f"retrained on a sample with too many of {', '.join(weight)}")


@plan("model_regression", rebalanced_retrain)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task == "regression":
        raise Missing
    share = t.frame["label"].astype(str).value_counts(normalize=True)
    kind = str(rng.choice(sorted(share[share < 0.5].index)))
    spec.args, spec.metric = dict(weight={kind: strong(rng, 3, 40)}), "accuracy"
    spec.give += " +golden"


def bad_settings(w: World, settings: dict):
    """The search for settings went wrong: the new release is far too stiff, or has learnt its rows by heart."""
    w.launch()
    model = Model(w.spec.model, w.base, w.train[w.features])
    model.pipeline[-1].set_params(**settings)
    model.fit(w.train[w.features], w.train["label"])
    return f.retrained(w, w.train, f"retrained with {settings}", model)


@plan("model_regression", bad_settings)
def _(t: Table, spec: Spec, rng: Rng):
    if spec.model == "lr":
        regression = t.base.task == "regression"
        choices = [{"alpha": strong(rng, 2e3, 1e6)} if regression else {"C": strong(rng, 1e-3, 1e-6)}]
    elif spec.model == "rf":
        choices = [{"max_depth": int(rng.integers(1, 4))}, {"min_samples_leaf": int(strong(rng, 400, 2500))},
                   {"n_estimators": int(rng.integers(1, 4)), "max_depth": None, "min_samples_leaf": 1}]
    else:
        choices = [{"learning_rate": strong(rng, 0.03, 0.002)}, {"max_depth": 1, "max_iter": int(strong(rng, 20, 2))},
                   {"learning_rate": strong(rng, 0.7, 1.6), "max_leaf_nodes": 200, "min_samples_leaf": 2,
                    "l2_regularization": 0.0}]
    spec.args, spec.give = dict(settings=choices[rng.integers(len(choices))]), spec.give + " +golden"


# ------------------------------------------------------------------------------------------------------- serving_health


def bad_node(w: World, share: float, noise: float):
    """One node of the pool computes wrong: its answers carry noise that no input explains, and it runs hot."""
    w.launch()
    hit = w.hit & (w.rng.random(len(w.hit)) < share)
    rows, z = np.flatnonzero(hit), w.rng.standard_normal(int(hit.sum()))
    w.health.loc[hit, "latency_ms"] *= w.rng.uniform(1.3, 2.5)
    w.health.loc[hit, "cpu"] += w.rng.uniform(10, 30)

    def intercept(prediction, score):
        if w.base.task == "regression":
            prediction[rows] = (prediction[rows] * np.exp(0.25 * noise * z)).round(4)
        elif w.base.task == "binary":
            p = np.clip(score[rows], 1e-6, 1 - 1e-6)
            score[rows] = (1 / (1 + (1 - p) / p * np.exp(-noise * z))).round(6)
            yes = w.model.positive_column()
            prediction[rows] = np.asarray(w.model.classes)[np.where(score[rows] > 0.5, yes, 1 - yes)]
        else:
            wrong = rows[np.abs(z) < 0.4 * noise]
            prediction[wrong] = w.rng.choice(w.model.classes, len(wrong))
        return prediction, score

    w.intercept, w.happening = intercept, ("infra", "failed board replaced in rack 4")
    return w.verdict("serving_health", [], f"a node with {share:.0%} of the requests computes wrong")


@plan("serving_health", bad_node)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args, spec.give = dict(share=strong(rng, 0.1, 0.5), noise=strong(rng, 1.5, 8)), spec.give + " +health"


def retry_storm(w: World, share: float, limit: float):
    """Clients give up too early and ask again: the load doubles, and the first of two calls ends in the fallback answer."""
    w.launch()
    again = np.asarray(w.ts >= w.onset) & w.hit & (w.rng.random(len(w.hit)) < share)
    again[0] = False
    again &= ~np.r_[False, again[:-1]] & np.r_[False, np.asarray(w.ts >= w.onset)[:-1]]
    rows = np.flatnonzero(again)
    for c in w.prod.columns:
        w.prod[c] = f.repeated(w.prod[c], rows)
    w.served = w.prod[w.features].copy()
    ts = w.ts.to_numpy(copy=True)
    ts[rows] = np.minimum(ts[rows], ts[rows - 1] + np.timedelta64(int(limit), "ms"))
    w.ts = pd.DatetimeIndex(ts)
    w.health.loc[w.hit, "latency_ms"] *= w.rng.uniform(2, 5)
    w.health.loc[w.hit, "cpu"] += w.rng.uniform(15, 35)
    first = np.zeros(len(w.hit), bool)
    first[rows - 1] = True
    w.health.loc[first, "latency_ms"] = limit + w.rng.exponential(4, first.sum())
    f.answer_fallback(w, first)
    w.happening = ("config", "client time-outs and retries revised")
    return w.verdict("serving_health", [], f"{share:.0%} of the calls are made twice, the first ends in the fallback answer")


@plan("serving_health", retry_storm, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(share=strong(rng, 0.08, 0.9), limit=float(rng.choice([500, 1000, 2000, 5000])))
    spec.give += " +health"


# ----------------------------------------------------------------------------------------------------------------- none


def traffic_surge(w: World, times: float):
    """Several times as many requests of the same kinds, as after a television campaign; the answers are as good."""
    calm, campaign = w._slots, {}

    def busier(count: int) -> pd.DatetimeIndex:
        slots = calm(int(count * times))
        campaign["start"] = w.start + (w.end - w.start) * w.spec.onset
        kept = np.flatnonzero(np.asarray(slots >= campaign["start"]) | (w.rng.random(len(slots)) < 1 / times))
        return slots[w.rng.permutation(kept)[:count]]

    w._slots = busier
    w.launch()
    w.onset = campaign["start"]
    w.health["cpu"] += 5 * np.log(times) * np.asarray(w.ts >= w.onset)
    w.happening = ("business", "television campaign on air")
    return w.verdict("none", [], f"{times:g} times as many requests of the same kinds")


@plan("none", traffic_surge)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args, spec.give = dict(times=strong(rng, 1.6, 6)), spec.give + " +events"


def harmless_rounding(w: World, feature: str, step: float):
    """A feature that matters arrives with fewer digits than it had, which is still more than the model can use."""
    w.launch()
    serve(w, feature, ((w.prod[feature].astype(float) / step).round() * step).round(6))
    w.happening = ("schema", "export format of one source revised")
    return w.verdict("none", [], f"{feature} in steps of {step:g}, which costs nothing")


@plan("none", harmless_rounding, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, lambda c: t.frame[c].nunique() > 60, least=0.02)
    spec.args = dict(feature=c, step=float(f"{strong(rng, 0.12, 0.02) * t.spread(c):.1g}"))


wordings.EVENTS |= {
    "localised": wordings.FEEDS, "refreshed_rarely": wordings.STORES, "run_dry": wordings.STORES,
    "so_far_today": wordings.SERVICE, "rolled_up": wordings.SOURCES, "too_narrow": wordings.SOURCES,
    "partner_batches": wordings.MARKET, "easy_ones_gone": wordings.MARKET, "rebalanced_retrain": wordings.DEPLOYS,
    "bad_settings": wordings.DEPLOYS, "bad_node": wordings.RUNTIME, "retry_storm": wordings.RUNTIME,
    "traffic_surge": wordings.MARKET, "harmless_rounding": wordings.FEEDS}
