"""The third part of the unseen faults."""

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


def block(w: World, hours: float) -> np.ndarray:
    """The number of the stretch of some hours, counted from the first day, in which each request falls."""
    return np.floor(np.asarray((w.ts - w.start) / pd.Timedelta(hours=hours))).astype(int)


def complete(t: Table) -> list[str]:
    """The numbers that are known of every row."""
    return [c for c in t.numbers if t.frame[c].notna().all()]


# ------------------------------------------------------------------------------------------------ feature_recalibration


def compensated(w: World, feature: str, by: str, size: float):
    """The supplier now corrects what it reports for another quantity (net of costs, compensated for temperature)."""
    w.launch()
    other = ((w.prod[by].astype(float) - w.train[by].mean()) / w.train[by].std()).clip(-3, 3).fillna(0)
    values = w.prod[feature].astype(float) + size * w.train[feature].std() * other
    whole = (w.base.frame[feature].dropna() % 1 == 0).all()
    return recalibrated(w, feature, values.round(0 if whole else 5), f"is corrected for {by} ({size:+g})")


@plan("feature_recalibration", compensated, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers, least=0.03)
    alike = t.frame[t.numbers].rank().corr()[c].abs()
    by = t.pick(rng, [other for other in t.numbers if alike[other] < 0.8], least=0)
    spec.args = dict(feature=c, by=by, size=round(strong(rng, 0.4, 2.5) * int(rng.choice([-1, 1])), 2))


# -------------------------------------------------------------------------------------------------- feature_unavailable


def sparse_store(w: World, feature: str, value):
    """To save space, the store keeps no entry that holds the commonest value; lookups of these find nothing."""
    w.launch()
    return unavailable(w, feature, w.prod[feature].astype(object).where(w.prod[feature] != value, None),
                       f"is null where it was {value!r}")


@plan("feature_unavailable", sparse_store, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    common = lambda c: t.frame[c].value_counts(normalize=True).iloc[0] > 0.08
    c = t.pick(rng, t.numbers + t.texts, common, least=0.03)
    spec.args = dict(feature=c, value=t.frame[c].mode()[0])


# ------------------------------------------------------------------------------------------------ training_serving_skew


def knew_later(w: World, feature: str, pull: float):
    """Training read the feature as it stood weeks later, when the outcome had told on it; at request time it had not."""
    def edit(frame):
        frame["_then"] = frame[feature]
        y = frame["label"] if w.base.task == "regression" else frame["label"].astype(str)
        order = frame[feature].rank(method="first", pct=True) + pull * y.rank(pct=True)
        frame[feature] = np.sort(frame[feature].to_numpy())[order.rank(method="first").to_numpy(int) - 1]
        return frame

    w.launch(edit=edit)
    serve(w, feature, w.prod["_then"])
    return skew(w, [feature], "training knew what became of it")


@plan("training_serving_skew", knew_later)
def _(t: Table, spec: Spec, rng: Rng):
    skewed(spec, rng, feature=t.pick(rng, complete(t)), pull=strong(rng, 0.15, 1.5))
    spec.onset, spec.ramp, spec.give = 0, 0, spec.give + " +golden"


def scaled_by_batch(w: World, features: list[str], size: int):
    """The service scales inputs by mean and spread of the small batch they came in, not by those of training."""
    w.launch()
    batch = np.arange(len(w.prod)) // size
    for c in features:
        x = w.prod[c].astype(float)
        by = x.groupby(batch)
        z = ((x - by.transform("mean")) / by.transform("std").replace(0, np.nan)).fillna(0)
        serve(w, c, (w.train[c].mean() + w.train[c].std() * z).round(4))
    return skew(w, features, f"scaled within batches of {size} in serving")


@plan("training_serving_skew", scaled_by_batch)
def _(t: Table, spec: Spec, rng: Rng):
    skewed(spec, rng, features=t.picks(rng, complete(t), int(rng.integers(1, 4))), size=int(strong(rng, 20, 3)))


# ---------------------------------------------------------------------------------------------------- upstream_pipeline


def too_coarse_key(w: World, features: list[str], how: str, records: int, share: float):
    """A key lost a part: totals (or the highest, or the lowest) of a source are taken over the records of several."""
    w.launch()
    wrong = w.rng.random(len(w.prod)) < share
    orders = [np.arange(len(w.prod))] + [w.rng.permutation(len(w.prod)) for _ in range(records - 1)]
    for c in features:
        x = w.prod[c].to_numpy(float)
        together = pd.DataFrame({i: x[order] for i, order in enumerate(orders)}).agg(how, axis=1)
        serve(w, c, w.prod[c].astype(float).where(~wrong, together.round(6)))
    return upstream(w, features, f"{how} over {records} records for {share:.0%}")


@plan("upstream_pipeline", too_coarse_key, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    group = t.group(rng, t.numbers)
    sourced(spec, rng, features=group if rng.random() < 0.6 else t.picks(rng, group, int(rng.integers(2, 5))),
            how=str(rng.choice(["sum", "max", "min"])), records=int(rng.choice([2, 2, 3, 4])), share=strong(rng, 0.12, 1))


# ----------------------------------------------------------------------------------------------------------- data_drift


def one_big_client(w: World, features: list[str], row: int, radius: float, share: float, movers: list[str]):
    """One client sends a good part of all requests, each much like the other; training knows their kind (real rows)."""
    site = distance(w.base.frame, features, row) < radius
    w.launch(after=np.where(site, share / site.mean(), (1 - share) / (1 - site.mean())))
    w.happening = ("business", "first key account live")
    return w.verdict("data_drift", movers, f"{share:.0%} of the requests are like one record in " + ", ".join(features))


def distance(frame: pd.DataFrame, features: list[str], row: int) -> np.ndarray:
    """How far each row is from one of them in its worst feature, in ranks."""
    ranks = frame[features].rank(pct=True)
    return (ranks - ranks.iloc[row]).abs().max(axis=1).to_numpy()


@plan("data_drift", one_big_client, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.metric = "accuracy" if t.base.task == "binary" else spec.metric
    for _ in range(TRIES):
        chosen, row = t.picks(rng, complete(t), int(rng.integers(2, 5))), int(rng.integers(t.size))
        radius, share = round(rng.uniform(0.1, 0.3), 2), strong(rng, 0.25, 0.7)
        site = distance(t.frame, chosen, row) < radius
        if 0.02 < site.mean() < 0.15:
            weight = np.where(site, share / site.mean(), (1 - share) / (1 - site.mean()))
            if t.worth(weight):
                spec.args = dict(features=chosen, row=row, radius=radius, share=share, movers=t.movers(weight, chosen))
                return
    raise Missing


# -------------------------------------------------------------------------------------------------------- feature_drift


def seasonal_sign(w: World, feature: str, days: float, share: float, strength: float):
    """In the season the feature means the opposite, off season what it always meant; seasons take turns."""
    w.pulse = (days, share)
    w.launch()
    return relation_of(w, feature, w.quantile(feature, 1 - w.rank(feature) - 1e-9), strength,
                       f"mirrored in {share:.0%} of every {days:g} days")


@plan("feature_drift", seasonal_sign)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers)
    spec.args = dict(feature=c, days=round(rng.uniform(4, 14), 1), share=round(rng.uniform(0.3, 0.6), 2),
                     strength=strong(rng, 0.25, 1))
    spec.onset = rng.uniform(0.25, 0.5)
    return ["concept_drift"] if t.twinned(c) else None


def subsidised_band(w: World, feature: str, low: float, high: float, outcome: str | None, size: float):
    """A programme for those within a band of one feature: many of them now have one outcome (or amounts move)."""
    w.launch()
    y, inside = w.prod["label"].copy(), w.hit & w.prod[feature].between(low, high).to_numpy()
    if outcome is None:
        w.prod["label"] = y.where(~inside, w.as_recorded(y + size * w.train["label"].std()))
    else:
        y[inside & (w.rng.random(len(y)) < size)] = y[y.astype(str) == outcome].iloc[0]
        w.prod["label"] = y
    return w.verdict("feature_drift", [feature], f"{outcome or 'amounts'} {size:+g} for {feature} from {low:g} to {high:g}")


@plan("feature_drift", subsidised_band, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c, start = t.pick(rng, t.numbers), rng.uniform(0.05, 0.7)
    low, high = t.quantile(c, start), t.quantile(c, start + rng.uniform(0.1, 0.3))
    inside, outcome, size = t.frame[c].between(low, high), None, strong(rng, 0.25, 0.9)
    if not 0.06 < inside.mean() < 0.5:
        raise Missing
    if t.base.task == "regression":
        size = round(size * int(rng.choice([-1, 1])), 2)
    else:
        kinds = t.frame.loc[inside, "label"].astype(str).value_counts(normalize=True)
        outcome = str(rng.choice(sorted(kinds[kinds < 0.5].index)))
    spec.args = dict(feature=c, low=low, high=high, outcome=outcome, size=size)
    return ["concept_drift"] if t.twinned(c) else None


def handed_over(w: World, old: str, new: str, strength: float):
    """A competitor makes another attribute the one that counts: what the first did to outcomes, the second does now."""
    w.launch()
    truth = relation_of(w, old, w.quantile(old, w.rank(new) - 1e-9), strength, f"no longer, but {new} in its place")
    truth.features = [old, new]
    return truth


@plan("feature_drift", handed_over, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    alike = t.frame[t.numbers].rank().corr().abs()
    old = t.pick(rng, complete(t), least=0.06)
    pool = [c for c in complete(t) if c != old and alike.loc[old, c] < 0.5 and t.frame[c].nunique() > 10]
    if not pool or t.twinned(old):
        raise Missing
    spec.args = dict(old=old, new=str(rng.choice(pool)), strength=strong(rng, 0.3, 1))


# -------------------------------------------------------------------------------------------------------- concept_drift


def market_apart(w: World, query: str, features: list[str], strength: float):
    """In one market everything works otherwise, in many features at once; in the others nothing has changed."""
    w.launch()
    rows = w.prod.eval(query).to_numpy(bool)
    changed = w.prod[w.features].copy()
    for c in features:
        part = changed.loc[rows, c]
        if pd.api.types.is_numeric_dtype(part):
            place = part.sample(frac=1, random_state=int(w.rng.integers(2**31))).rank(method="first").reindex(part.index)
            changed.loc[rows, c] = np.sort(part.to_numpy())[len(part) - place.fillna(1).to_numpy(int)]
        else:
            kinds = sorted(part.dropna().unique())
            changed.loc[rows, c] = part.map(dict(zip(kinds, kinds[::-1])))
    w.relabel(changed, strength)
    return w.verdict("concept_drift", [], f"where {query}, the relation changed in " + ", ".join(features))


@plan("concept_drift", market_apart, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    rewired(t, spec, rng)
    by = t.pick(rng, [c for c in t.numbers + t.texts if c not in spec.args["features"]], least=0)
    spec.args |= dict(query=t.condition(rng, by, 0.3, 0.7), strength=strong(rng, 0.5, 1))
    if not 0.2 < t.frame.eval(spec.args["query"]).mean() < 0.75:
        raise Missing


def capped(w: World, cap: float):
    """A cap appears (a price limit, the last bicycle of the station): no outcome is above it, whatever the inputs say."""
    w.launch()
    w.prod["label"] = w.prod["label"].where(~w.hit, w.as_recorded(w.prod["label"].clip(upper=cap)))
    return w.verdict("concept_drift", [], f"outcomes are capped at {cap:g}")


@plan("concept_drift", capped, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task != "regression":
        raise Missing
    spec.args = dict(cap=t.quantile("label", strong(rng, 0.93, 0.45)))
    return ["feature_drift"] if max(t.importance.values()) > 0.6 else None


def quota(w: World, share: float):
    """There is a budget for each day: once it is used up, those who come later are refused, whoever they are."""
    w.launch()
    labels, yes = w.prod["label"].copy(), (w.prod["label"].astype(str) == w.base.positive).to_numpy()
    day = block(w, 24)
    used = pd.Series(yes).groupby(day).cumsum().to_numpy()
    labels[w.hit & yes & (used > share * yes.sum() / (day.max() + 1))] = labels[~yes].iloc[0]
    w.prod["label"] = labels
    return w.verdict("concept_drift", [], f"positive outcomes end each day at {share:.0%} of what was usual")


@plan("concept_drift", quota, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    if t.base.task != "binary" or t.base.hour:  # where the hour is an input, it would be the drift of one feature
        raise Missing
    spec.args, spec.metric = dict(share=strong(rng, 0.7, 0.15)), "auc"


def unseen_driver(w: World, hours: float, size: float):
    """Something that no input knows (strikes, weather, rumours) drives the outcomes of whole days up or down."""
    w.launch()
    stretch = block(w, hours)
    shock = size * w.rng.standard_normal(stretch.max() + 1)[stretch]
    if w.base.task == "regression":
        y = w.prod["label"]
        w.prod["label"] = y.where(~w.hit, w.as_recorded(y * np.exp(0.4 * shock)))
    else:
        oracle = w.oracle()
        p = np.clip(oracle.probabilities(w.prod.loc[w.hit, w.features]), 1e-4, 1 - 1e-4)
        q = p * np.exp(np.outer(shock[w.hit], np.arange(p.shape[1]) == w.rng.integers(p.shape[1])))
        w.redraw(w.hit, p, q / q.sum(axis=1, keepdims=True), oracle.classes)
    return w.verdict("concept_drift", [], f"outcomes move together for {hours:g} h, by {size:g}")


@plan("concept_drift", unseen_driver, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args = dict(hours=float(rng.choice([8, 24, 24, 48, 96])), size=strong(rng, 0.8, 3))


# ---------------------------------------------------------------------------------------------------------- label_shift


def evened(y: pd.Series, power: float) -> np.ndarray:
    """Weights by outcome alone, under which those that are rare (classes, or twelfths of the range) are less so."""
    kinds = y.astype(str) if y.dtype == object or y.nunique() < 20 else pd.cut(y, 12, labels=False)
    share = kinds.map(kinds.value_counts(normalize=True)).to_numpy(float)
    return np.minimum((share / share.max()) ** -power, 40)


def evenly_sampled(w: World, power: float):
    """An audit asks for as many requests of the rare outcomes as of the common ones; P(x|y) is untouched (real rows)."""
    w.launch(after=evened(w.base.frame["label"], power))
    w.happening = ("business", "audit sample routed to the model")
    return w.verdict("label_shift", [], "rare outcomes are as common as others",
                     also=["data_drift"] if w.base.task == "regression" else None)


@plan("label_shift", evenly_sampled, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    power = strong(rng, 0.3, 1.5)
    if not t.worth(evened(t.frame["label"], power)):
        raise Missing
    spec.args, spec.metric = dict(power=power), "accuracy" if t.base.task == "binary" else spec.metric


# ----------------------------------------------------------------------------------------------------------- label_bias


def off_proportion(frame: pd.DataFrame, one: str, two: str, way: int) -> np.ndarray:
    """How much higher each row ranks in one feature than the other, with which it goes up (or down), would have it."""
    return (frame[one].rank(pct=True) - (way * frame[two]).rank(pct=True)).to_numpy()


def odd_proportions(w: World, one: str, two: str, way: int, gap: float, share: float):
    """Requests in which two features that used to go together are out of proportion; each value by itself is known."""
    new = off_proportion(w.base.frame, one, two, way) > gap
    return f.withhold(w, pd.Series(new), share, [one, two], f"{one} out of proportion to {two}", also=["data_drift"])


@plan("label_bias", odd_proportions, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    alike = t.frame[t.numbers].rank().corr()
    one = t.pick(rng, complete(t), least=0.03)
    two = t.pick(rng, [c for c in complete(t) if c != one and abs(alike.loc[one, c]) > 0.2], least=0.005)
    way = int(np.sign(alike.loc[one, two]))
    off = off_proportion(t.frame, one, two, way)
    gap = float(f"{np.quantile(off, 1 - rng.uniform(0.06, 0.38)):.3g}")
    spec.args = dict(one=one, two=two, way=way, gap=gap, share=withheld(t, spec, rng, off > gap))


# ----------------------------------------------------------------------------------------------------- model_regression


class Quantised(Model):
    """A model that reads each number as one of a few levels between the lowest and the highest of training."""

    levels: int | None = None

    def as_input(self, x: pd.DataFrame) -> pd.DataFrame:
        parts = super().as_input(x)
        for c in self.numeric if self.levels else []:
            low, step = self.low[c], max((self.high[c] - self.low[c]) / (self.levels - 1), 1e-9)
            parts[c] = (low + ((parts[c] - low) / step).round() * step).astype("float32")
        return parts


def quantised(w: World, levels: int):
    """The new release was shrunk for cheaper machines: its inputs are small whole numbers between the extremes."""
    w.launch()
    x = w.train[w.features]
    model = Quantised(w.spec.model, w.base, x).fit(x, w.train["label"])
    numbers = x[model.numeric].astype(float)
    model.low, model.high, model.levels = numbers.min(), numbers.max(), levels
    return f.retrained(w, w.train, f"shrunk to {levels} levels for each number", model)


@plan("model_regression", quantised)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args, spec.give = dict(levels=int(strong(rng, 32, 3))), spec.give + " +golden -onnx"


# ------------------------------------------------------------------------------------------------------- serving_health


def heavy_requests(w: World, feature: str, above: float, share: float, limit: float):
    """What is asked for large records takes too long since the release; only these time out into the fallback answer."""
    w.launch()
    heavy = w.hit & (w.prod[feature] > above).to_numpy()
    late = heavy & (w.rng.random(len(heavy)) < share)
    w.health.loc[heavy, "latency_ms"] *= w.rng.uniform(3, 8)
    w.health.loc[late, "latency_ms"] = limit + w.rng.exponential(4, late.sum())
    f.answer_fallback(w, late)
    w.happening = ("serving", "explanations computed within the request")
    return w.verdict("serving_health", [], f"{share:.0%} of those with {feature} above {above:g} time out")


@plan("serving_health", heavy_requests, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    c = t.pick(rng, t.numbers)
    spec.args = dict(feature=c, above=t.quantile(c, 1 - strong(rng, 0.06, 0.5)), share=strong(rng, 0.4, 1),
                     limit=float(rng.choice([500, 800, 1500, 3000])))
    spec.give += " +health"


# ----------------------------------------------------------------------------------------------------------------- none


def easier_crowd(w: World, tilt: dict[str, float]):
    """Quite other people come, and the model finds them easier than those it had (real rows)."""
    w.launch(after=np.exp(sum(s * f.bent(w, c) for c, s in tilt.items())))
    w.happening = ("business", "loyalty members move to the new channel")
    return w.verdict("none", [], "an easier population along " + ", ".join(tilt))


@plan("none", easier_crowd, gradual=True)
def _(t: Table, spec: Spec, rng: Rng):
    for _ in range(TRIES):
        tilt = {c: round(strong(rng, 0.4, 1.5) * int(rng.choice([-1, 1])), 2) for c in t.picks(rng, complete(t), 2)}
        if t.cost(np.exp(sum(s * bent(t, c) for c, s in tilt.items()))) < (-0.07 if t.base.task == "regression" else -0.015):
            spec.args = dict(tilt=tilt)
            return
    raise Missing


def gap_in_log(w: World, days: int):
    """Nobody is answered for some days; when the service is back it is slow for hours, and as right as it was."""
    calm, gap = w._slots, {}

    def broken_off(count: int) -> pd.DatetimeIndex:
        slots = calm(2 * count)
        gap["end"] = (w.start + (w.end - w.start) * w.spec.onset).floor("D") + pd.Timedelta(days=days)
        kept = np.flatnonzero(np.asarray((slots < gap["end"] - pd.Timedelta(days=days)) | (slots >= gap["end"])))
        return slots[w.rng.permutation(kept)[:count]]

    w._slots = broken_off
    w.launch()
    w.onset = gap["end"]
    w.health.loc[np.asarray((w.ts >= w.onset) & (w.ts < w.onset + pd.Timedelta(hours=14))), "latency_ms"] *= 4
    w.happening = ("infra", "data centre back after the outage")
    return w.verdict("none", [], f"no requests for {days} days, and the same ones after")


@plan("none", gap_in_log)
def _(t: Table, spec: Spec, rng: Rng):
    spec.args, spec.give = dict(days=int(rng.integers(1, 6))), spec.give + " +health"


wordings.EVENTS |= {
    "compensated": wordings.FEEDS, "sparse_store": wordings.STORES, "scaled_by_batch": wordings.SERVICE,
    "too_coarse_key": wordings.SOURCES, "one_big_client": wordings.MARKET, "handed_over": wordings.MARKET,
    "market_apart": wordings.MARKET, "quantised": wordings.DEPLOYS, "heavy_requests": wordings.RUNTIME,
    "easier_crowd": wordings.MARKET, "gap_in_log": wordings.RUNTIME}
