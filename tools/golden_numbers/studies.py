"""A small case with everything that studies look at, and the numbers that NumPy, SciPy and scikit-learn find in it.

    python tools/golden_numbers/studies.py tests/data/studies

writes the case and expected.json, which tests/it/studies.rs compares with what `coroner study` prints. Needs numpy, scipy, pandas
and scikit-learn. Nothing here knows how coroner computes: the formulas are the libraries'.
"""

import json
import os
import sys
from pathlib import Path

# One thread: with more, threads that wait for each other take the most of the time.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import pandas as pd
from scipy import stats
from sklearn import dummy, ensemble, isotonic, metrics

ONSET = "2026-03-08T00:00:00Z"
rng = np.random.default_rng(20260401)
sigmoid = lambda z: 1 / (1 + np.exp(-z))


def rows(n, start=None, days=14):
    """Rows of a model whose relation to x turns half way, and whose newer version is a little worse."""
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(n)]})
    share = np.arange(n) / n
    if start is not None:
        at = pd.Timestamp(start) + pd.to_timedelta(np.floor(share * days * 86400), unit="s")
        frame["ts"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    frame["x"] = rng.normal(0, 1, n).round(3)
    frame["y"] = rng.normal(0, 1, n).round(3)
    frame["region"] = rng.choice(["north", "south", "west"], n, p=[0.5, 0.3, 0.2])
    late = share >= 0.5 if start is not None else np.zeros(n, bool)
    version = np.where(rng.random(n) < 0.4, "2", "1")
    truth = sigmoid(0.3 + np.where(late, 0.4, 1.4) * frame.x - 0.8 * frame.y)
    frame["label"] = (rng.random(n) < truth).astype(int)
    noise = np.where(version == "2", 0.8, 0.2) * rng.normal(0, 1, n)
    frame["score"] = sigmoid(0.3 + 1.4 * frame.x - 0.8 * frame.y + noise).round(4)
    frame["prediction"] = (frame.score >= 0.5).astype(int)
    words = np.array(["cheap", "loan", "house", "car", "repair", "fast"])
    text = [" ".join(rng.choice(words, rng.integers(1, 5))) for _ in range(n)]
    frame["query"] = [one + " quix" if is_late and rng.random() < 0.2 else one for one, is_late in zip(text, late)]
    if start is not None:
        frame["version"] = version
        frame["sex"] = rng.choice(["f", "m"], n)
        frame["bought"] = (rng.random(n) < np.where(late, 0.25, 0.35)).astype(int)
        frame["spent"] = (frame.bought * rng.gamma(2, 20, n)).round(2)
        frame["latency_ms"] = rng.lognormal(3, 0.5, n).round(2)
        frame["y"] = frame.y.where(~late | (rng.random(n) > 0.1))
    return frame


def wilson(k, n):
    interval = stats.binomtest(int(k), int(n)).proportion_ci(0.95, method="wilson")
    return [float(interval.low), float(interval.high)]


def newcombe(k1, n1, k2, n2):
    """The interval of the second share less the first."""
    (l1, u1), (l2, u2) = wilson(k1, n1), wilson(k2, n2)
    p1, p2 = k1 / n1, k2 / n2
    return [p2 - p1 - np.hypot(p2 - l2, u1 - p1), p2 - p1 + np.hypot(u2 - p2, p1 - l1)]


def welch(a, b):
    test = stats.ttest_ind(b, a, equal_var=False)
    error = (test.confidence_interval(0.95).high - np.mean(b) + np.mean(a)) / stats.t.ppf(0.975, test.df)
    return float(np.mean(b) - np.mean(a)), float(error)


expected = []


def expect(study, table, where, column, value, tolerance=1e-9, interval=None):
    one = {"study": study, "table": table, "where": where, "column": column, "value": float(value), "tolerance": tolerance}
    if interval is not None:
        one["interval"] = [float(x) for x in interval]
    expected.append(one)


training = rows(500)
production = rows(1400, "2026-03-01")
golden = training.head(300)[["id", "x", "y", "region", "label", "score", "prediction"]].copy()
golden["launch_score"], golden["launch_prediction"] = golden.score, golden.prediction
# A few answers of today's model differ from those of launch day.
flipped = rng.choice(300, 25, replace=False)
golden.loc[flipped, "score"] = (1 - golden.loc[flipped, "score"]).round(4)
golden["prediction"] = (golden.score >= 0.5).astype(int)

before, since = production[production.ts < ONSET], production[production.ts >= ONSET]

# Class by class.
for label, name in ((0, "0"), (1, "1")):
    for part, suffix in ((before, "_baseline"), (since, "")):
        t, p = part.label == label, part.prediction == label
        score = part.score if label else 1 - part.score
        where = {"class": name}
        expect("classes", "classes", where, "precision" + suffix, metrics.precision_score(t, p))
        expect("classes", "classes", where, "recall" + suffix, metrics.recall_score(t, p))
        expect("classes", "classes", where, "f1" + suffix, metrics.f1_score(t, p))
        expect("classes", "classes", where, "roc_auc" + suffix, metrics.roc_auc_score(t, score))
        expect("classes", "classes", where, "rows" + suffix, t.sum())
    hits = [((part.label == label) & (part.prediction == label)).sum() for part in (before, since)]
    of = [(part.label == label).sum() for part in (before, since)]
    low, high = newcombe(hits[1], of[1], hits[0], of[0])
    expect("classes", "classes", {"class": name}, "recall_fall", hits[0] / of[0] - hits[1] / of[1], 1e-6, [low, high])

# Every metric, and a constant answer.
constant = dummy.DummyClassifier(strategy="prior").fit(np.zeros((len(before), 1)), before.label)
prior = constant.predict_proba(np.zeros((len(since), 1)))[:, 1]
for name, of in {
    "Matthews correlation": lambda t, p, s: metrics.matthews_corrcoef(t, p),
    "Cohen's kappa": lambda t, p, s: metrics.cohen_kappa_score(t, p),
    "specificity": lambda t, p, s: metrics.recall_score(t, p, pos_label=0),
    "accuracy": lambda t, p, s: metrics.accuracy_score(t, p),
    "log loss": lambda t, p, s: metrics.log_loss(t, s),
    "PR AUC": lambda t, p, s: metrics.average_precision_score(t, s),
    "Brier score": lambda t, p, s: metrics.brier_score_loss(t, s),
}.items():
    expect("metrics", "metrics", {"metric": name}, "baseline", of(before.label, before.prediction, before.score), 1e-9)
    expect("metrics", "metrics", {"metric": name}, "production", of(since.label, since.prediction, since.score), 1e-9)
for name, value in {
    "accuracy": metrics.accuracy_score(since.label, constant.predict(np.zeros((len(since), 1)))),
    "log loss": metrics.log_loss(since.label, prior),
    "Brier score": metrics.brier_score_loss(since.label, prior),
}.items():
    expect("metrics", "metrics", {"metric": name}, "constant", value, 1e-9)

# Parity between groups.
for group in ("f", "m"):
    for part, suffix in ((before, "_baseline"), (since, "")):
        own, where = part[part.sex == group], {"group": group}
        chosen = own.prediction.mean()
        expect("fairness", "groups", where, "selection" + suffix, chosen, 1e-6, wilson(own.prediction.sum(), len(own)))
        most = part.groupby("sex").prediction.mean().max()
        expect("fairness", "groups", where, "ratio" + suffix, chosen / most)
        expect("fairness", "groups", where, "recall" + suffix, metrics.recall_score(own.label, own.prediction))
        expect("fairness", "groups", where, "false_positive_rate" + suffix, 1 - metrics.recall_score(own.label, own.prediction, pos_label=0))

# Metrics of the business.
for name, column in (("conversion", "bought"), ("revenue", "spent")):
    difference, error = welch(before[column], since[column])
    expect("business", "metrics", {"metric": name}, "worse_by", -difference, 1e-9)
    expect("business", "metrics", {"metric": name}, "z", -difference / error, 1e-6)
rate = since.bought
expect("business", "metrics", {"metric": "conversion"}, "since", rate.mean(), 1e-6, wilson(rate.sum(), len(rate)))
spread = stats.sem(since.spent)
expect("business", "metrics", {"metric": "revenue"}, "since", since.spent.mean(), 1e-6, stats.t.interval(0.95, len(since) - 1, since.spent.mean(), spread))

# Versions on the days that both answered: all of them.
for version, own in production.groupby("version"):
    expect("versions", "same_days", {"version": version}, "value", metrics.accuracy_score(own.label, own.prediction))

# Segments.
for region in ("north", "south", "west"):
    for part, column in ((before, "baseline"), (since, "production")):
        own = part[part.region == region]
        expect("segments", "segments", {"segment": f"region: {region}"}, column, metrics.accuracy_score(own.label, own.prediction))

# The golden set.
right_then, right_now = golden.launch_prediction == golden.label, golden.prediction == golden.label
broken, fixed = (right_then & ~right_now).sum(), (~right_then & right_now).sum()
expect("golden", "flips", {"at_launch": "right"}, "wrong", broken)
expect("golden", "flips", {"at_launch": "wrong"}, "right", fixed)
p_of_flips = stats.binomtest(int(broken), int(broken + fixed)).pvalue

# Errors.
for kind, of in (("false negative", 1), ("false positive", 0)):
    shares = []
    for part in (before, since):
        own = part[part.label == of]
        shares.append(((own.prediction != own.label).sum(), len(own)))
    expect("errors", "kinds", {"kind": kind}, "baseline", shares[0][0] / shares[0][1])
    change = newcombe(*shares[0], *shares[1])
    expect("errors", "kinds", {"kind": kind}, "share", shares[1][0] / shares[1][1])
    expect("errors", "kinds", {"kind": kind}, "change", shares[1][0] / shares[1][1] - shares[0][0] / shares[0][1], 1e-6, change)

# Texts.
vocabulary = {term for text in training["query"] for term in text.split()}
unknown = lambda part: part["query"].map(lambda text: np.mean([term not in vocabulary for term in text.split()]))
difference, error = welch(unknown(before), unknown(since))
expect("text", "texts", {"measure": "share of unknown terms"}, "since", unknown(since).mean())
expect("text", "texts", {"measure": "share of unknown terms"}, "change", difference, 1e-6, [difference - 1.96 * error, difference + 1.96 * error])
expect("text", "terms", {"term": "quix"}, "since", since["query"].str.contains("quix").sum())

# Trends of the loss over 20 blocks of a period's rows.
loss = -np.log(np.clip(np.where(production.label == 1, production.score, 1 - production.score), 1e-4, 1))
seconds = (pd.to_datetime(production.ts) - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy()
for part, name in ((before, "before"), (since, "since the onset")):
    place = part.index.to_numpy()
    day = (seconds[place] - seconds[place[0]]) / 86400
    cuts = [len(place) * block // 20 for block in range(21)]
    t = np.array([day[a:b].mean() for a, b in zip(cuts, cuts[1:])])
    m = np.array([loss[place][a:b].mean() for a, b in zip(cuts, cuts[1:])])
    slope = stats.theilslopes(m, t).slope
    s = sum(np.sign(m[j] - m[i]) for i in range(20) for j in range(i + 1, 20))
    z = (s - np.sign(s)) / np.sqrt(20 * 19 * 45 / 18)
    expect("course", "trends", {"period": name, "measure": "loss"}, "slope", slope, 1e-9)
    expect("course", "trends", {"period": name, "measure": "loss"}, "z", z, 1e-9)

# The loss by part of the week.
when = pd.to_datetime(production.ts)
part_of = pd.Series(list(zip(when.dt.day_name(), when.dt.hour // 6)), index=production.index)
for (day, quarter), own in since.groupby(part_of[since.index]):
    like = before[part_of[before.index] == (day, quarter)]
    if len(own) < 20 or len(like) < 20:
        continue
    difference, error = welch(loss[like.index], loss[own.index])
    where = {"weekday": day, "hours": f"{quarter * 6} to {quarter * 6 + 6}"}
    expect("course", "calendar", where, "change", difference, 1e-6, [difference - 1.96 * error, difference + 1.96 * error])

# Confidence-based performance estimation: labels drawn with re-calibrated scores (a mean of 200 draws, so not exact).
curve = isotonic.IsotonicRegression(out_of_bounds="clip").fit(before.score, before.label)
for first, own in production.groupby((when - pd.to_timedelta(when.dt.day_of_week, unit="D")).dt.floor("D")):
    p = curve.predict(own.score)
    sure = np.where(own.prediction == 1, p, 1 - p)
    where = {"from": first.strftime("%Y-%m-%d %H:%M"), "metric": "accuracy"}
    expect("estimates", "windows", where, "cbpe", sure.mean(), 0.012)
    expect("estimates", "windows", where, "realised", metrics.accuracy_score(own.label, own.prediction))

# The relation of a region to the outcome beyond the model's answer: a logistic regression with the answer as offset, by Newton's
# method.
frame = pd.concat([before, since])
is_since = np.arange(len(frame)) >= len(before)
offset = np.log(frame.score / (1 - frame.score)).to_numpy()
for region in ("north", "south", "west"):
    one = (frame.region == region).to_numpy()
    design = np.column_stack([np.ones(len(frame)), is_since, one, one & is_since]).astype(float)
    beta = np.zeros(4)
    for _ in range(30):
        p = sigmoid(offset + design @ beta)
        information = design.T @ (design * (p * (1 - p))[:, None])
        beta = beta + np.linalg.solve(information, design.T @ (frame.label.to_numpy() - p))
    error = np.sqrt(np.linalg.inv(information)[3, 3])
    where = {"input": "region", "unit": region}
    expect("relations", "slopes", where, "change", beta[3], 1e-6, [beta[3] - 1.96 * error, beta[3] + 1.96 * error])

# A retrained model on the last quarter of the rows since the onset; another learner is fitted here, so the tolerance is wide.
held = len(since) - len(since) // 4
learnable = lambda part: part[["x", "y"]].assign(**{level: part.region == level for level in ("north", "south")}).astype(float)
trees = ensemble.HistGradientBoostingClassifier(
    learning_rate=0.1, max_iter=70, max_leaf_nodes=10, max_depth=4, l2_regularization=3.0, min_samples_leaf=20, early_stopping=False
).fit(learnable(since.iloc[:held]), since.label.iloc[:held])
recent = since.iloc[held:]
where = {"learnt": "rows since the onset", "set": "the last rows since the onset"}
logged = loss[recent.index].mean()
p = trees.predict_proba(learnable(recent))[:, 1]
expect("retraining", "forgets", where, "deployed", logged)
expect("retraining", "forgets", where, "retrained", -np.log(np.clip(np.where(recent.label == 1, p, 1 - p), 1e-4, 1)).mean(), 0.05)

# Expectations: y may not be missing.
expect("suite", "clauses", {"column": "y"}, "production", since.y.isna().mean())

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
for name, frame in (("training", training), ("production", production), ("golden", golden)):
    frame.to_csv(out / f"{name}.csv", index=False)
(out / "suite.json").write_text('{"expectations": [{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "y"}}]}\n')
(out / "coroner.toml").write_text(
    """[model]
name = "loan"

[snapshots]
training = "training.csv"
production = "production.csv"
golden = "golden.csv"
expectations = "suite.json"

[columns]
id = "id"
timestamp = "ts"
label = "label"
prediction = "prediction"
score = "score"
latency_ms = "latency_ms"
version = "version"
groups = ["sex"]
text = ["query"]
ignore = ["sex"]

[metrics]
conversion = { column = "bought", better = "more" }
revenue = { column = "spent", better = "more" }

[segments]
region = "region"

[costs]
error = 2.0
retrain = 300.0
currency = "EUR"
"""
)
(out / "expected.json").write_text(
    json.dumps({"onset": ONSET, "mcnemar_p": p_of_flips, "numbers": expected}, indent=None, separators=(",", ":")) + "\n"
)
print(len(expected), "numbers")
