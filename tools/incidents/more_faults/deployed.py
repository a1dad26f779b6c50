"""Faults of the deployed model and its service, and changes that do no harm."""

from __future__ import annotations

import numpy as np
import pandas as pd

import faults as f
from models import Model
from offers import Missing, Table
from more_faults.served import serve
from planning import Rng, plan, strong
from world import Spec, World

TRIES = 25  # populations tried on the quick model before a table is given up


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
