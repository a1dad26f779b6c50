"""Faults near the borders between causes: skews that look like gaps, gaps that look like another scale, and so on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

import faults as f
import wordings
from models import Base, Model
from more_faults.people import relation_of
from more_faults.served import recalibrated, serve, skew, unavailable, upstream
from offers import Missing, Table, table
from planning import Rng, plan, strong
from plans_people import another_mix
from plans_served import skewed, sourced
from world import Spec, World


def complete(t: Table) -> list[str]:
    """The numbers that are known of every row."""
    return [c for c in t.numbers if t.frame[c].notna().all()]


# -------------------------------------------------------------- between training_serving_skew and feature_unavailable


def own_imputer(w: World, feature: str, by: str, share: float, high: bool, fill: float):
    """Values have always had gaps. Training filled in what is usual for the request's group, serving one value for all."""
    def edit(frame):
        rank = frame[feature].rank(method="first", pct=True)
        frame["_gap"] = w.rng.random(len(frame)) < 2 * share * (rank if high else 1 - rank)
        usual = frame[feature].where(frame["_gap"]).groupby(frame[by]).transform("mean")
        frame[feature] = frame[feature].astype(float).where(~frame["_gap"], usual.round(4))
        return frame

    w.launch(edit=edit)
    serve(w, feature, w.prod[feature].where(~w.prod["_gap"], fill))
    return skew(w, [feature], f"gaps are {fill:g} in serving and the mean by {by} in training")


@plan("training_serving_skew", own_imputer, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c, by = t.pick(rng, complete(t), least=0.04), t.pick(rng, t.categories, lambda c: len(t.values(c, 0.05)) > 1, least=0)
    skewed(spec, rng, feature=c, by=by, share=strong(rng, 0.2, 0.8), high=bool(rng.random() < 0.7),
           fill=float(rng.choice([t.quantile(c, 0.5), t.frame[c].min(), 0])))


def unmatched_keys(w: World, feature: str, by: str, kinds: list, fill: float):
    """Training joined on cleaned keys. Serving joins on keys as they come, and those of some groups match nothing."""
    w.launch()
    serve(w, feature, w.prod[feature].astype(float).where(~w.prod[by].isin(kinds), fill))
    truth = skew(w, [feature], f"{fill:g} where {by} is in {kinds}, whose keys do not match in serving")
    truth.also = ["feature_unavailable"]  # a lookup that fails for the same groups looks no different
    return truth


@plan("training_serving_skew", unmatched_keys, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c, by = t.pick(rng, t.numbers, least=0.04), t.pick(rng, t.categories, lambda c: len(t.values(c, 0.08)) > 1, least=0)
    kinds = t.values(by, 0.08)
    lost = [kinds[i] for i in rng.permutation(len(kinds))[: int(rng.integers(1, len(kinds)))]]
    skewed(spec, rng, feature=c, by=by, kinds=lost, fill=float(rng.choice([np.nan, np.nan, 0, -1, t.quantile(c, 0.5)])))


def longer_memory(w: World, feature: str, events: int, alike: float):
    """Training read each customer's latest figure; the service has a mean over many earlier ones, in which it drowns."""
    w.launch()
    x = w.prod[feature].to_numpy(float)
    earlier = [alike * x + (1 - alike) * w.rng.permutation(x) for _ in range(events - 1)]
    serve(w, feature, (sum(earlier, x) / events).round(4))
    return skew(w, [feature], f"mean over {events} events in serving, the latest one in training")


@plan("training_serving_skew", longer_memory, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    skewed(spec, rng, feature=t.pick(rng, complete(t)), events=int(strong(rng, 2, 30)), alike=round(rng.uniform(0, 0.5), 2))


def guessed(w: World, feature: str, kind: str, share: float):
    """The source is away, and a small model guesses the value from the rest of the request."""
    w.launch()
    others, known = [c for c in w.features if c != feature], w.train[w.train[feature].notna()]
    guess = Model(kind, Base("guess", known, "regression", coded=w.base.coded), known[others])
    values = pd.Series(guess.fit(known[others], known[feature].astype(float)).answer(w.prod[others])[0])
    values = values.round(0 if (w.base.frame[feature].dropna() % 1 == 0).all() else 4)
    values = values.where(w.rng.random(len(values)) < share, w.prod[feature].astype(float))
    return unavailable(w, feature, values, f"is guessed from the other features for {share:.0%}")


@plan("feature_unavailable", guessed, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.numbers, lambda c: not t.twinned(c), least=0.03),
                     kind=str(rng.choice(["hgb", "lr"])), share=1.0 if rng.random() < 0.6 else strong(rng, 0.3, 0.9))


def ageing_copy(w: World, feature: str, left: float):
    """The store is a copy that nobody brings up to date: each customer's value is one that was true, longer ago each day."""
    w.launch()
    kept = 1 - (1 - left) * w.dose
    z = ndtri(np.clip(w.rank(feature), 1e-6, 1 - 1e-6))
    old = w.quantile(feature, ndtr(kept * z + np.sqrt(1 - kept**2) * w.rng.standard_normal(len(z))))
    w.served[feature] = w.prod[feature].where(w.dose == 0, old)
    w.offline_is, w.happening = "true", ("pipeline", "materialisation schedule changed")
    return w.verdict("feature_unavailable", [feature], f"{feature} grows older every day", also=["training_serving_skew"])


@plan("feature_unavailable", ageing_copy)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, complete(t), least=0.03), left=round(rng.uniform(0, 0.5), 2))
    spec.onset = min(spec.onset, 0.65)
    spec.ramp = round(rng.uniform(0.15, 0.7) * (1 - spec.onset) * spec.weeks * 7, 1)


def missed_loads(w: World, feature: str, share: float):
    """On some days the nightly load fails; requests then find the records of the day before, whomever these are about."""
    w.launch()
    day = np.asarray((w.ts - w.start) / pd.Timedelta(days=1)).astype(int)
    failed = (w.rng.random(day.max() + 1) < share)[day]
    first, after = np.searchsorted(day, day - 1), np.searchsorted(day, day)
    source = np.minimum(first + w.rng.random(len(day)) * (after - first), len(day) - 1).astype(int)
    values = w.prod[feature].where(~failed, w.prod[feature].iloc[source].to_numpy())
    return unavailable(w, feature, values, f"is of the day before on {share:.0%} of the days")


@plan("feature_unavailable", missed_loads)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, complete(t) + t.texts, least=0.03), share=strong(rng, 0.3, 1))


# -------------------------------------------------------------- between feature_recalibration and feature_unavailable


def saturated(w: World, feature: str, gain: float, limit: float):
    """A sensor with another gain reaches its limit early: all that is beyond reads as the limit."""
    w.launch()
    values = (w.prod[feature].astype(float) * gain).clip(upper=limit).round(4)
    return recalibrated(w, feature, values, f"reads {gain:g} times as high, up to {limit:g}")


@plan("feature_recalibration", saturated, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, lambda c: t.frame[c].min() >= 0, least=0.02)
    gain, limit = strong(rng, 1.1, 6), t.quantile(c, rng.uniform(0.75, 0.99))
    stuck = (t.frame[c] * gain >= limit).mean()
    if not 0.15 < stuck < 0.9 or limit <= 0:
        raise Missing
    spec.args = dict(feature=c, gain=gain, limit=limit)
    return ["feature_unavailable"] if stuck > 0.8 else None  # hardly anything is left of the scale


def banded(w: World, feature: str, edges: list[float], first: int):
    """In the place of the value comes the number of the band in which it lies."""
    w.launch()
    return recalibrated(w, feature, np.searchsorted(edges, w.prod[feature].to_numpy(), side="right") + first,
                        f"arrives as one of {len(edges) + 1} bands")


@plan("feature_recalibration", banded, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, complete(t), lambda c: t.frame[c].nunique() >= 12)
    edges = sorted({t.quantile(c, q) for q in np.linspace(0, 1, int(rng.integers(3, 9)))[1:-1]})
    spec.args = dict(feature=c, edges=edges, first=int(rng.integers(0, 2)))


def thousands_above(w: World, feature: str, above: float, factor: float):
    """Large values are sent in a larger unit (1.2 for 1,200), small ones as they were."""
    w.launch()
    x = w.prod[feature].astype(float)
    return recalibrated(w, feature, x.where(x <= above, (x / factor).round(5)), f"is divided by {factor:g} above {above:g}")


@plan("feature_recalibration", thousands_above, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, lambda c: t.frame[c].min() >= 0, least=0.02)
    above = t.quantile(c, 1 - strong(rng, 0.08, 0.8))
    spec.args = dict(feature=c, above=above, factor=float(rng.choice([10] + [v for v in (100, 1000) if v <= above])))


# -------------------------------------------------------------- between upstream_pipeline and causes of a single feature


def lopsided(t: Table, rng: Rng, pool: list[str]) -> list[str]:
    """All features of a source of which one or two hold nearly all that it tells."""
    group = t.group(rng, pool, least=3)
    parts = sorted(t.importance[c] for c in group)
    if sum(parts[-2:]) < 0.75 * sum(parts):
        raise Missing
    return group


def not_arrived(w: World, features: list[str], share: float):
    """A source falls behind: requests whose record is not there yet are joined with the latest record that is."""
    w.launch()
    late = w.hit & (w.rng.random(len(w.hit)) < share)
    latest = np.maximum.accumulate(np.where(late, 0, np.arange(len(late))))
    for c in features:
        serve(w, c, w.prod[c].iloc[latest].to_numpy())
    return upstream(w, features, f"the latest record that arrived, for {share:.0%}")


@plan("upstream_pipeline", not_arrived, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    sourced(spec, rng, features=lopsided(t, rng, complete(t) + t.categories), share=strong(rng, 0.12, 0.97))


def two_providers(w: World, features: list[str], factors: dict[str, float], share: float):
    """A second provider delivers part of a source: its numbers are in units of its own, its texts in its own spelling."""
    w.launch()
    theirs = w.rng.random(len(w.prod)) < share
    for c in features:
        x = w.prod[c].astype(float) if c in factors else w.prod[c]
        serve(w, c, x.where(~theirs, (x * factors[c]).round(6) if c in factors else x.str.upper().str[:6]))
    return upstream(w, features, f"another provider's for {share:.0%}")


@plan("upstream_pipeline", two_providers, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    group = lopsided(t, rng, t.numbers + t.texts)
    factors = {c: float(f"{strong(rng, 1.2, 40) ** rng.choice([-1, 1]):.3g}") for c in group if c in t.numbers}
    sourced(spec, rng, features=group, factors=factors, share=strong(rng, 0.1, 0.8))


def counted_twice(w: World, features: list[str], share: float, repeats: float):
    """Messages of a source are delivered again: what it adds up counts two or three times, and some requests come twice."""
    w.launch()
    times = np.where(w.rng.random(len(w.prod)) < share, w.rng.choice([2, 2, 3], len(w.prod)), 1)
    for c in features:
        serve(w, c, w.prod[c] * times)
    w.ids = int(w.rng.integers(10**6, 10**7)) + np.cumsum(w.rng.integers(1, 9, len(w.ts)))
    again = np.flatnonzero(w.hit & np.r_[False, w.hit[:-1]] & (w.rng.random(len(w.ts)) < repeats))
    w.ids[again] = w.ids[again - 1]
    w.prod, w.served = (x.apply(f.repeated, rows=again) for x in (w.prod, w.served))
    return upstream(w, features, f"counted again for {share:.0%}")


@plan("upstream_pipeline", counted_twice, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    group = lopsided(t, rng, [c for c in t.numbers if t.frame[c].min() >= 0])
    sourced(spec, rng, features=group, share=strong(rng, 0.15, 1), repeats=strong(rng, 0.02, 0.3))


# ------------------------------------------------------------------------ between feature_drift and concept_drift


def reshaped(w: World, feature: str, way: str):
    """A feature as outcomes see it when its relation to them changes in one of some ways."""
    if way == "unrelated":
        return w.rng.permutation(w.prod[feature].to_numpy())
    rank = w.rank(feature)
    place = {"mirrored": 1 - rank, "higher": rank + 0.35, "lower": rank - 0.35, "folded": np.abs(2 * rank - 1)}[way]
    return w.quantile(feature, np.clip(place, 0, 1 - 1e-9))


def ways_for(t: Table, rng: Rng, features: list[str]) -> dict[str, str]:
    ways = ["mirrored", "higher", "lower", "folded", "unrelated"]
    return {c: str(rng.choice(ways)) if c in t.numbers else "unrelated" for c in features}


def reshape(w: World, ways: dict[str, str], strength: float) -> str:
    """Outcomes follow several features, each in a new way of its own."""
    w.launch()
    w.relabel(w.prod[w.features].assign(**{c: reshaped(w, c, way) for c, way in ways.items()}), strength)
    return "the relation changed in " + ", ".join(f"{c} ({way})" for c, way in ways.items())


def few_together(w: World, ways: dict[str, str], strength: float):
    """Two features change their relation to the outcome on one day, each in its own way; all others keep theirs."""
    return w.verdict("feature_drift", list(ways), reshape(w, ways, strength))


@plan("feature_drift", few_together, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    pool = [c for c in t.numbers + t.texts if t.importance[c] > 0.03 and not t.twinned(c)]
    if len(pool) < 3:
        raise Missing
    chosen = t.picks(rng, pool, 2)
    spec.args = dict(ways=ways_for(t, rng, chosen), strength=strong(rng, 0.25, 1))


def leaned(w: World, lean: np.ndarray, size: float) -> None:
    """Outcomes of the rows hit lean with a number: amounts go up with it, or one outcome's log-odds; its rate stays."""
    lean = np.nan_to_num((lean - np.nanmean(lean)) / np.nanstd(lean))
    if w.base.task == "regression":
        y = w.prod["label"]
        w.prod["label"] = y.where(~w.hit, w.as_recorded(y + size * w.train["label"].std() * lean))
        return
    oracle = w.oracle()
    p = np.clip(oracle.probabilities(w.prod.loc[w.hit, w.features]), 1e-4, 1 - 1e-4)
    q, k, score = p, int(w.rng.integers(p.shape[1])), size * lean[w.hit]
    for _ in range(30):
        q = p * np.exp(np.outer(score, np.arange(p.shape[1]) == k))
        q = q / q.sum(axis=1, keepdims=True)
        score = score + np.log(p[:, k].mean() / q[:, k].mean())
    w.redraw(w.hit, p, q, oracle.classes)


def begins_to_count(w: World, feature: str, size: float):
    """A feature that told next to nothing begins to drive outcomes; what the others tell is added to it as before."""
    w.launch()
    leaned(w, w.prod[feature].rank(pct=True).to_numpy(), size)
    return w.verdict("feature_drift", [feature], f"outcomes lean with {feature} ({size:+g}), which hardly counted")


@plan("feature_drift", begins_to_count, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    alike = t.frame[t.numbers].rank().corr().abs()
    pool = [c for c in complete(t) if t.importance[c] < 0.04 and t.frame[c].value_counts(normalize=True).iloc[0] < 0.5
            and alike[c].drop(c).max() < 0.75]
    size = strong(rng, 0.1, 0.6) if t.base.task == "regression" else strong(rng, 0.7, 3)
    spec.args = dict(feature=t.pick(rng, pool, least=0), size=round(size * int(rng.choice([-1, 1])), 2))


def turned_in_part(w: World, feature: str, at: float, levels: list):
    """Part of a relation changes: above a point the feature's effect runs backwards, or one level means what another did."""
    w.launch()
    if levels:
        return relation_of(w, feature, w.prod[feature].replace({levels[0]: levels[1]}), 1.0, "with {} as {}".format(*levels))
    rank = w.rank(feature)
    values = w.quantile(feature, np.where(rank > at, np.clip(2 * at - rank, 0, 1), rank))
    return relation_of(w, feature, values, 1.0, f"backwards above its {at:.0%} quantile")


@plan("feature_drift", turned_in_part, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers + t.categories, lambda c: c in t.numbers or len(t.values(c, 0.05)) > 1, least=0.03)
    levels = rng.permutation(t.values(c, 0.05))[:2].tolist() if c in t.categories else []
    spec.args = dict(feature=c, at=round(rng.uniform(0.35, 0.85), 2), levels=levels)
    return ["concept_drift"] if t.twinned(c) else None


def all_at_once(w: World, ways: dict[str, str], strength: float):
    """Many features change their relation to the outcome on one day, each in its own way, whichever the model leans on."""
    return w.verdict("concept_drift", [], reshape(w, ways, strength))


@plan("concept_drift", all_at_once, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    pool = [c for c in t.numbers + t.texts if t.importance[c] > 0.005]
    if len(pool) < 4:
        raise Missing
    chosen = t.picks(rng, pool, int(rng.integers(4, 9)))
    parts = [t.importance[c] for c in chosen]
    spec.args = dict(ways=ways_for(t, rng, chosen), strength=strong(rng, 0.15, 1))
    return ["feature_drift"] if max(parts) > 0.6 * sum(parts) else None


def leaning_everywhere(w: World, size: float):
    """Outcomes change a little with every feature, up or down with its value or by its level; no single one stands out."""
    w.launch()
    lean = np.zeros(len(w.prod))
    for c in w.features:
        x = w.prod[c].rank(pct=True) if pd.api.types.is_numeric_dtype(w.prod[c]) else w.prod[c].map(
            {v: w.rng.standard_normal() for v in sorted(w.prod[c].dropna().unique())})
        lean += np.nan_to_num((x - x.mean()) / x.std()) * w.rng.uniform(0.7, 1) * w.rng.choice([-1, 1])
    leaned(w, lean, size)
    return w.verdict("concept_drift", [], f"outcomes lean a little with every feature ({size:g} together)")


@plan("concept_drift", leaning_everywhere, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(size=strong(rng, 0.08, 0.5) if t.base.task == "regression" else strong(rng, 0.6, 2.5))


def lottery_within(w: World, query: str, share: float):
    """In one kind of request outcomes become a lottery: as common there as they were, whatever the inputs say."""
    w.launch()
    labels = w.prod["label"].copy()
    rows = w.hit & w.prod.eval(query).to_numpy(bool) & (w.rng.random(len(labels)) < share)
    labels[rows] = w.rng.permutation(labels[rows].to_numpy())
    w.prod["label"] = labels
    return w.verdict("concept_drift", [], f"{share:.0%} of the outcomes are drawn at random where {query}")


@plan("concept_drift", lottery_within, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    query = t.condition(rng, t.pick(rng, t.numbers + t.texts, least=0), 0.25, 0.7)
    if not 0.2 < t.frame.eval(query).mean() < 0.75:
        raise Missing
    spec.args = dict(query=query, share=strong(rng, 0.25, 1))
    return ["feature_drift"] if max(t.importance.values()) > 0.6 else None


# ---------------------------------------------------------------- between label_shift, data_drift, and none of them


def standing(t: Table, kind: str | None) -> np.ndarray:
    """How high the quick model puts each row: its log-odds of one outcome or the amount, in standard units."""
    x = t.frame[t.base.features]
    p = t.model.answer(x)[0] if kind is None else t.model.probabilities(x)[:, [str(c) for c in t.model.classes].index(kind)]
    z = p if kind is None else np.log(np.clip(p, 1e-4, 1) / np.clip(1 - p, 1e-4, 1))
    return np.clip((z - z.mean()) / z.std(), -3, 3)


def riskier_crowd(w: World, kind: str | None, strength: float, features: list[str]):
    """More come of whom the model expects one outcome, and rightly: for the same inputs all is as it was (real rows)."""
    w.launch(after=np.exp(strength * standing(table(w.spec.base), kind)))
    return w.verdict("data_drift", features, f"more of whom the model expects {kind or 'high amounts'} ({strength:+g})")


@plan("data_drift", riskier_crowd, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.metric = "accuracy" if t.base.task == "binary" else spec.metric
    kind = None if t.base.task == "regression" else str(rng.choice(sorted(t.frame["label"].astype(str).unique())))
    strength = round(strong(rng, 0.3, 1.2) * int(rng.choice([-1, 1])), 2)
    weight = np.exp(strength * standing(t, kind))
    if not t.worth(weight):
        raise Missing
    spec.args = dict(kind=kind, strength=strength, features=t.movers(weight, t.base.features))


def other_hours(w: World, weight: dict[str, float], hours: tuple[int, int]):
    """In some hours of the day the mix of outcomes is another one from now on; P(x|y) is untouched (real rows)."""
    always = w._dose
    w._dose = lambda when: always(when) * np.asarray((when.hour >= hours[0]) & (when.hour < hours[1]))
    w.launch(after=w.base.frame["label"].astype(str).map(lambda v: weight.get(v, 1.0)))
    return w.verdict("label_shift", [], f"another mix of outcomes from {hours[0]} to {hours[1]} h")


@plan("label_shift", other_hours, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.hour:
        raise Missing
    start = int(rng.integers(6, 13))
    spec.args = dict(weight=another_mix(t, spec, rng), hours=(start, start + int(rng.integers(6, 12))))


def a_few_gone(w: World, feature: str, share: float, default: bool):
    """A feature that matters is null (or its commonest value) in so few rows that it costs nothing anybody could measure."""
    w.launch()
    kept = w.rng.random(len(w.prod)) >= share
    serve(w, feature, w.prod[feature].astype(object).where(kept, w.train[feature].mode()[0] if default else None))
    w.served[feature] = w.served[feature].astype(w.prod[feature].dtype if feature in w.model.categorical else float)
    w.offline_is, w.happening = "true", ("infra", "feature store moved to another cluster")
    return w.verdict("none", [], f"{feature} is missing in {share:.1%} of the rows, which costs nothing")


@plan("none", a_few_gone, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(feature=t.pick(rng, t.numbers + t.texts, least=0.03), share=strong(rng, 0.002, 0.02),
                     default=bool(rng.random() < 0.4))


wordings.EVENTS |= {
    "own_imputer": wordings.SERVICE, "unmatched_keys": wordings.SERVICE, "longer_memory": wordings.SERVICE,
    "guessed": wordings.STORES, "ageing_copy": wordings.STORES, "missed_loads": wordings.STORES, "saturated": wordings.FEEDS,
    "banded": wordings.FEEDS, "thousands_above": wordings.FEEDS, "not_arrived": wordings.SOURCES,
    "two_providers": wordings.SOURCES, "counted_twice": wordings.SOURCES, "riskier_crowd": wordings.MARKET,
    "other_hours": wordings.MARKET, "a_few_gone": wordings.STORES}
