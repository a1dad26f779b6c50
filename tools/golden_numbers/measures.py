"""A case that ages and then breaks, and what NumPy, SciPy and scikit-learn find in it, for the studies that fit models, rehearse
thresholds and plan.

    python tools/golden_numbers/measures.py tests/data/measures

writes the case and expected.json, which tests/it/studies.rs compares with what `coroner study` prints. Needs numpy, scipy, pandas,
scikit-learn and onnx. Nothing here knows how coroner computes: where it fits a learner of its own, another one is fitted here, and the
tolerance is what two learners may differ by; what needs no learner agrees to nine digits.
"""

import json
import os
import sys
from pathlib import Path

# One thread: with more, threads that wait for each other take the most of the time.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import onnx
import pandas as pd
from scipy import stats
from sklearn import base, decomposition, ensemble, inspection, metrics, model_selection

rng = np.random.default_rng(20260702)
sigmoid = lambda z: 1 / (1 + np.exp(-z))
DAYS, BROKEN = 36, 24
START = pd.Timestamp("2026-03-02", tz="UTC")
ONSET = START + pd.Timedelta(days=BROKEN)


def rows(n):
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(n)]})
    frame["x"] = rng.normal(0, 1, n).round(4)
    frame["y"] = rng.normal(0, 1, n).round(4)
    frame["z"] = (0.8 * frame.y + 0.6 * rng.normal(0, 1, n)).round(4)
    frame["copy"] = (2 * frame.z + 1).round(4)
    frame["flat"] = 3
    frame["region"] = rng.choice(["north", "south", "west"], n, p=[0.5, 0.3, 0.2])
    return frame


def answered(frame, truth):
    frame["label"] = (rng.random(len(frame)) < truth).astype(int)
    frame["score"] = sigmoid(0.2 + 1.5 * frame.x - 0.7 * frame.y).round(5)
    frame["prediction"] = (frame.score > 0.5).astype(int)
    return frame


training = rows(1500)
training = answered(training, sigmoid(0.2 + 1.5 * training.x - 0.7 * training.y))

production = rows(3600)
day = np.arange(3600) / 3600 * DAYS
at = START + pd.to_timedelta(np.floor(day * 86400), unit="s")
late = day >= BROKEN
production.insert(1, "ts", at.strftime("%Y-%m-%dT%H:%M:%SZ"))
# The relation turns slowly from x to z, and at the onset at once.
turn = np.where(late, 1.0, 0.75 * day / BROKEN)
fresh = rng.normal(0, 1, 3600).round(4)
production = answered(
    production, sigmoid(0.2 + 1.5 * (1 - turn) * production.x - 0.7 * production.y + 1.6 * turn * production.z + np.where(late, 1.2 * fresh, 0))
)
production["x"] = (production.x + np.where(late, 0.9, 0)).round(4)
production["score"] = sigmoid(0.2 + 1.5 * production.x - 0.7 * production.y).round(5)
production["prediction"] = (production.score > 0.5).astype(int)
production["fresh"] = fresh
production["idle"] = rng.normal(0, 1, 3600).round(4)
production["latency_ms"] = (rng.lognormal(3, 0.5, 3600) * np.where(late, 3, 1)).round(2)
production["cpu"] = np.where(late, 91.0, 52.0) + rng.normal(0, 2, 3600).round(2)
production["bought"] = (rng.random(3600) < np.where(late, 0.22, 0.36)).astype(int)
production["came"] = (at + pd.to_timedelta(np.where(late, 4, 1), unit="D")).strftime("%Y-%m-%dT%H:%M:%SZ")
new = late & (rng.random(3600) < 0.08)
production["region"] = np.where(new, "islands", production.region)
# Two days after the onset most requests are missing.
gone = (day >= BROKEN + 2) & (day < BROKEN + 3) & (rng.random(3600) < 0.8)
production, day, late = production[~gone].reset_index(drop=True), day[~gone], late[~gone]
at = pd.to_datetime(production.ts)

expected = []


def expect(study, table, where, column, value, tolerance=1e-9, interval=None):
    one = {"study": study, "table": table, "where": where, "column": column, "value": float(value), "tolerance": tolerance}
    if interval is not None:
        one["interval"] = [float(x) for x in interval]
    expected.append(one)


def log_loss(frame, p):
    p = np.clip(np.where(frame.label == 1, p, 1 - p), 1e-4, 1)
    return -np.log(p)


before, since = production[~late], production[late]
INPUTS = ["x", "y", "z", "copy", "flat", "region"]


def encoded(frame):
    return pd.get_dummies(frame[INPUTS].assign(region=pd.Categorical(frame.region, ["north", "south", "west", "islands"])), columns=["region"]).astype(float)


def trees(**more):
    setting = {"learning_rate": 0.1, "max_iter": 70, "max_leaf_nodes": 10, "max_depth": 4, "l2_regularization": 3.0, "min_samples_leaf": 20}
    return ensemble.HistGradientBoostingClassifier(early_stopping=False, random_state=0, **(setting | more))


# Importance: the deployed model is a logistic regression, so that attributions are its terms, and a shuffle needs no learner.
WEIGHTS = np.array([1.5, -0.7])


class Answers(base.ClassifierMixin, base.BaseEstimator):
    classes_ = np.array([0, 1])

    def fit(self, x, y):
        return self

    def log_odds(self, x):
        return 0.2 + x[["x", "y"]].to_numpy() @ WEIGHTS

    def predict_proba(self, x):
        p = sigmoid(self.log_odds(x))
        return np.column_stack([1 - p, p])


model = Answers()


def deployed_model():
    """The same as ONNX."""
    node = onnx.helper.make_node
    constant = lambda name, value: onnx.helper.make_tensor(name, onnx.TensorProto.FLOAT, [1], [value])
    column = lambda name, kind: onnx.helper.make_tensor_value_info(name, kind, [None, 1])
    graph = onnx.helper.make_graph(
        [
            node("Mul", ["x", "of_x"], ["from_x"]),
            node("Mul", ["y", "of_y"], ["from_y"]),
            node("Add", ["from_x", "from_y"], ["both"]),
            node("Add", ["both", "level"], ["log_odds"]),
            node("Sigmoid", ["log_odds"], ["score"]),
            node("Greater", ["score", "half"], ["is_positive"]),
            node("Cast", ["is_positive"], ["label"], to=onnx.TensorProto.INT64),
        ],
        "logistic",
        [column("x", onnx.TensorProto.FLOAT), column("y", onnx.TensorProto.FLOAT)],
        [column("label", onnx.TensorProto.INT64), column("score", onnx.TensorProto.FLOAT)],
        [constant("of_x", 1.5), constant("of_y", -0.7), constant("level", 0.2), constant("half", 0.5)],
    )
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(made)
    return made.SerializeToString()


for name, part in (("training", training), ("before", before), ("since", since)):
    sizes = np.abs(WEIGHTS * (part[["x", "y"]] - training[["x", "y"]].mean())).mean()
    shuffled = inspection.permutation_importance(
        model, part[["x", "y"]], part.label, scoring=metrics.make_scorer(metrics.log_loss, greater_is_better=False, response_method="predict_proba"), n_repeats=10, random_state=0
    )
    expect("importance", "inputs", {"input": "y"}, f"attributed_{name}", sizes["y"] / sizes.sum(), 0.02)
    expect("importance", "inputs", {"input": "y"}, f"permuted_{name}", shuffled.importances_mean[1], 0.025)
    expect("importance", "inputs", {"input": "x"}, f"permuted_{name}", shuffled.importances_mean[0], 0.025)
    expect("importance", "inputs", {"input": "z"}, f"attributed_{name}", 0.0, 0.02)
    expect("importance", "inputs", {"input": "region"}, f"permuted_{name}", 0.0, 0.002)
# The shift of x's mean attribution taken back.
shift = WEIGHTS[0] * (since.x.mean() - before.x.mean())
raw = model.log_odds(since)
costs = (log_loss(since, sigmoid(raw)) - log_loss(since, sigmoid(raw - shift))).mean()
expect("importance", "inputs", {"input": "x"}, "shift_costs", costs, 0.02)

# Columns: what a column adds to a learner, out of fold; the copy and the flat one.
folds = model_selection.KFold(4, shuffle=True, random_state=0)
out_of_fold = lambda x: log_loss(since, model_selection.cross_val_predict(trees(), x, since.label, cv=folds, method="predict_proba")[:, 1])
without = out_of_fold(encoded(since))
for column in ("fresh", "idle"):
    with_it = out_of_fold(encoded(since).assign(more=since[column]))
    expect("columns", "unused", {"column": column}, "gain", (without - with_it).mean(), 0.03)
expect("columns", "review", {"input": "copy", "finding": "redundant"}, "value", stats.spearmanr(training.z, training["copy"]).statistic)
expect("columns", "review", {"input": "flat", "finding": "dead"}, "value", 1.0)

# Joint: a classifier of the periods; rows rebuilt from the main axes of training's normal scores.
both = pd.concat([before, since])
is_since = np.arange(len(both)) >= len(before)
domain = lambda x: metrics.roc_auc_score(
    is_since, model_selection.cross_val_predict(trees(), x, is_since, cv=model_selection.StratifiedKFold(5, shuffle=True, random_state=0), method="predict_proba")[:, 1]
)
expect("joint", "domain", {"inputs": "all"}, "auc", domain(encoded(both)), 0.02)
expect("joint", "domain", {"inputs": "x"}, "auc", domain(both[["x"]]), 0.02)
expect("joint", "domain", {"inputs": "market"}, "auc", domain(both[["z"]]), 0.035)


def normal_scores(frame):
    """The normal score of each value's rank in training; between two values halfway, beyond the ends the end's."""
    columns = []
    for name in ("x", "y", "z", "copy", "flat"):
        known, counts = np.unique(training[name], return_counts=True)
        middle = np.cumsum(counts) - counts / 2
        score = stats.norm.ppf(middle / len(training))
        at = np.searchsorted(known, frame[name])
        low, high = score[np.clip(at - 1, 0, len(score) - 1)], score[np.clip(at, 0, len(score) - 1)]
        hit = (at < len(known)) & (known[np.clip(at, 0, len(known) - 1)] == frame[name])
        columns.append(np.where(hit, high, (low + high) / 2))
    for level in ("north", "south"):
        columns.append((frame.region == level).astype(float).to_numpy())
    return np.column_stack(columns)


learnt = normal_scores(training)
whole = decomposition.PCA().fit(learnt)
kept = int(np.searchsorted(np.cumsum(whole.explained_variance_ratio_), 0.65) + 1)
axes = decomposition.PCA(kept).fit(learnt)
for name, part in (("training", training), ("before the onset", before), ("since", since)):
    scores = normal_scores(part)
    rebuilt = np.linalg.norm(scores - axes.inverse_transform(axes.transform(scores)), axis=1)
    half = 1.96 * rebuilt.std(ddof=1) / np.sqrt(len(rebuilt))
    expect("joint", "axes", {"rows_of": name}, "error", rebuilt.mean(), 1e-6, [rebuilt.mean() - half, rebuilt.mean() + half])

# Retraining: the deployed model and a retrained one on rows before the onset, of which every third is kept out.
kept_out = before.iloc[::3]
known = since.iloc[: len(since) - len(since) // 4]
retrained = trees().fit(encoded(known), known.label)
for name, part in (("rows before the onset", kept_out),):
    where = {"learnt": "rows since the onset", "set": name}
    expect("retraining", "forgets", where, "deployed", log_loss(part, part.score).mean())
    expect("retraining", "forgets", where, "rows", len(part))
    expect("retraining", "forgets", where, "retrained", log_loss(part, retrained.predict_proba(encoded(part))[:, 1]).mean(), 0.03)
where = {"learnt": "rows since the onset", "set": "the golden set"}
trusted = training.head(300)
expect("retraining", "forgets", where, "deployed", log_loss(trusted, trusted.score).mean())
expect("retraining", "forgets", where, "retrained", log_loss(trusted, retrained.predict_proba(encoded(trusted))[:, 1]).mean(), 0.04)
blocks = [before.iloc[len(before) * b // 10 : len(before) * (b + 1) // 10] for b in range(10)]
learners = {o: trees().fit(encoded(pd.concat(blocks[o - 3 : o])), pd.concat(blocks[o - 3 : o]).label) for o in range(3, 10)}
losses = {(o, t): log_loss(blocks[t], learners[o].predict_proba(encoded(blocks[t]))[:, 1]).mean() for o in range(3, 10) for t in range(o, 10)}
seconds = (at - START).dt.total_seconds().to_numpy()
for age in range(7):
    days = [(seconds[blocks[t].index[len(blocks[t]) // 2]] - seconds[blocks[t - age - 1].index[-1]]) / 86400 for t in range(3 + age, 10)]
    excess = [losses[(t - age, t)] - losses[(t, t)] for t in range(3 + age, 10)]
    where = {"blocks": float(len(days))}
    expect("retraining", "ages", where, "days", np.mean(days), 1e-6)
    expect("retraining", "ages", where, "excess", np.mean(excess), 0.03)
# Tuning: blocks of time, each answered by learners of those before it.
cuts = [len(since) * b // 6 for b in range(7)]
tested = [since.iloc[cuts[b] : cuts[b + 1]] for b in range(2, 6)]


def of_setting(fit, features):
    return np.concatenate([log_loss(block, fit(since.iloc[: cuts[b]], features).predict_proba(features(block))[:, 1]) for b, block in enumerate(tested, 2)])


usual = of_setting(lambda part, features: trees().fit(features(part), part.label), encoded)
slow = of_setting(lambda part, features: trees(learning_rate=0.05, max_iter=150, max_depth=2, max_leaf_nodes=4).fit(features(part), part.label), encoded)
expect("tuning", "settings", {"setting": "70 trees of depth 4 with rate 0.1 (usual)"}, "loss", usual.mean(), 0.025)
expect("tuning", "settings", {"setting": "150 trees of depth 2 with rate 0.05"}, "loss", slow.mean(), 0.025)
expect("tuning", "settings", {"setting": "150 trees of depth 2 with rate 0.05"}, "gain", (usual - slow).mean(), 0.025)

# Roll-out: the rows that a harm of the limit takes, by SciPy's normal quantiles.
a_day = len(production) / ((seconds.max() - seconds.min()) / 86400)
z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
guards = {"loss of the model": log_loss(since, since.score), "latency_ms": since.latency_ms.to_numpy()}
needs = {}
for name in ("loss of the model", "latency_ms"):
    values = guards[name]
    mean, spread = values.mean(), values.std(ddof=1)
    limit = 0.05 * abs(mean)
    needs[name] = (np.ceil((z * spread / limit) ** 2), limit)
    expect("rollout", "guards", {"guard": name}, "mean", mean)
    expect("rollout", "guards", {"guard": name}, "limit", limit)
    expect("rollout", "guards", {"guard": name}, "stop_above", mean + limit)
slowest = max(needs, key=lambda name: needs[name][0])
for share in (0.01, 0.05, 0.1, 0.25, 0.5, 1.0):
    needed = needs[slowest][0] * (1 / (1 - share) if share < 1 else 2)
    days = min(max(np.ceil(needed / (a_day * share)), 1), 7)
    seen = a_day * share * days
    where = {"share": share}
    expect("rollout", "steps", where, "days", days)
    expect("rollout", "steps", where, "rows", round(seen))
    expect("rollout", "steps", where, "sees", needs[slowest][1] * np.sqrt(needed / seen), 1e-9)

# Resilience: what answers instead on rows of four later parts of six; what a source's failing costs.
parts = [since.iloc[len(since) * p // 6 : len(since) * (p + 1) // 6] for p in range(6)]
one_answer, newest, deployed = [], [], []
for p in range(2, 6):
    first = parts[p].index[0]
    seen = since[since.index < first]
    known_rows = production[production.index < first]
    one_answer.append(log_loss(parts[p], np.full(len(parts[p]), seen.label.mean())))
    level = (known_rows.label.tail(50).sum() + known_rows.label.mean()) / 51
    newest.append(log_loss(parts[p], np.full(len(parts[p]), level)))
    deployed.append(log_loss(parts[p], parts[p].score))
deployed = np.concatenate(deployed)
for name, losses_of in (("one answer for all rows", one_answer), ("the level of the newest labels", newest)):
    own = np.concatenate(losses_of)
    difference = own - deployed
    half = 1.96 * stats.sem(difference)
    expect("resilience", "fallbacks", {"fallback": name}, "loss", own.mean())
    expect("resilience", "fallbacks", {"fallback": name}, "against", difference.mean(), 1e-6, [difference.mean() - half, difference.mean() + half])
expect("resilience", "fallbacks", {"fallback": "the deployed model"}, "loss", deployed.mean())
# At most 2,000 rows, evenly spread.
some = before.iloc[[i * len(before) // 2000 for i in range(2000)]]
healthy = log_loss(some, sigmoid(model.log_odds(some)))
for source, columns in (("scores", ["y"]), ("market", ["z"])):
    broken = some.assign(**{column: training[column].median() for column in columns})
    rise = log_loss(some, sigmoid(model.log_odds(broken))) - healthy
    expect("resilience", "sources", {"source": source}, "costs", rise.mean(), 1e-4)

# Detection: the thresholds of the contract over the weeks of the log. Windows that end before the onset are quiet; the first
# alarm is that of the first window that reaches it, and is seen at its end.
week = pd.Series(seconds // (7 * 86400), index=production.index).astype(int)
QUIET = range(BROKEN // 7)
whole_before = week.isin(QUIET)


def wilson(own):
    interval = stats.binomtest(int(own.sum()), len(own)).proportion_ci(0.95, method="wilson")
    return interval.low, interval.high


def beyond(values, level):
    """Whether the interval of each week's share leaves a level out."""
    return pd.Series({w: not wilson(own)[0] <= level <= wilson(own)[1] for w, own in values.groupby(week)})


def rehearsed(rule, fires):
    hits = fires.index[fires]
    late_hits = [w for w in hits if w not in QUIET]
    first = (START + pd.Timedelta(days=7 * (int(min(late_hits)) + 1))).strftime("%Y-%m-%d %H:%M") if late_hits else "–"
    where = {"rule": rule}
    expected.append({"study": "detection", "table": "thresholds", "where": where, "column": "first", "text": first})
    expect("detection", "thresholds", where, "false_alarms", sum(w in QUIET for w in hits))
    expect("detection", "thresholds", where, "quiet", sum(w in QUIET for w in fires.index))


right = production.prediction == production.label
baseline = right[before.index].mean()
rehearsed(f"accuracy worse than {baseline:.3f} by 5.0 % or more", (baseline - right.groupby(week).mean() >= 0.05 * baseline) & beyond(right, baseline))
rate = before.bought.mean()
fall = (rate - production.bought.groupby(week).mean()) / rate
rehearsed("any metric of the business worse by 5.0 % or more, and significantly so", (fall >= 0.05) & beyond(production.bought, rate))
# The mean answer is counted: the rows of the days before the onset, beyond three standard errors of the week's own mean.
usual = before.score
noise = 3 * usual.std(ddof=1) / np.sqrt(production.score.groupby(week).count())
shift = ((production.score.groupby(week).mean() - usual.mean()).abs() - noise) / usual.mean()
rehearsed("mean answer shifted by 10.0 % or more, beyond noise", shift >= 0.1)
rehearsed("CPU or memory in use 80.0 % or more", production.cpu.groupby(week).mean() >= 80)
slow = production.latency_ms.groupby(week).quantile(0.95)
common = slow[list(QUIET)].median()
rehearsed(f"p95 of the answer time 100 % or more above the usual {common:.4g} ms", slow / common - 1 >= 1)
rehearsed("levels that training does not hold on 1.0 % of the rows or more", (production.region == "islands").groupby(week).mean() >= 0.01)
# The first and the last week are cut off by the ends of the log.
count = week.value_counts().sort_index().iloc[1:-1]
rehearsed("requests 50.0 % or more below the usual number", 1 - count / count[count.index.isin(QUIET)].median() >= 0.5)
# A label counts in the week in which it comes.
arrived = ((pd.to_datetime(production.came) - START).dt.total_seconds() // (7 * 86400)).astype(int)
delay = ((pd.to_datetime(production.came) - at).dt.total_seconds() / 86400).groupby(arrived).median()
delay = delay[delay.index <= week.max()]
common = delay[list(QUIET)].median()
rehearsed(f"median delay of the labels 100 % or more above the usual {common:.4g} d", delay / common - 1 >= 1)

out = Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
training.drop(columns="id").to_csv(out / "training.csv", index=False)
production.to_csv(out / "production.csv", index=False)
golden = training.head(300).assign(launch_prediction=training.prediction, launch_score=training.score)
golden.drop(columns="id").to_csv(out / "golden.csv", index=False)
(out / "model.onnx").write_bytes(deployed_model())
(out / "coroner.toml").write_text(
    """[model]
name = "ageing"
artifact = "model.onnx"

[snapshots]
training = "training.csv"
production = "production.csv"
golden = "golden.csv"

[columns]
id = "id"
timestamp = "ts"
label = "label"
label_time = "came"
prediction = "prediction"
score = "score"
latency_ms = "latency_ms"
cpu = "cpu"

[sources]
scores = ["y"]
market = ["z"]

[metrics]
conversion = { column = "bought", better = "more" }

[costs]
error = 2.0
retrain = 300.0
"""
)
(out / "expected.json").write_text(
    json.dumps({"onset": ONSET.strftime("%Y-%m-%dT%H:%M:%SZ"), "numbers": expected}, indent=None, separators=(",", ":")) + "\n"
)
print(len(expected), "numbers")
