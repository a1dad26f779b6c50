"""Golden values of distances and metrics, from SciPy and scikit-learn, for crates/stats/tests/differential.rs.

    python tools/golden_numbers/make.py > crates/stats/tests/data/golden.json

Needs numpy, scipy and scikit-learn. The columns are awkward on purpose: ties, constants, huge offsets, heavy tails, subnormal
numbers, samples of one row, values that never meet.
"""

import json
import math

import numpy as np
from scipy import stats
from scipy.spatial import distance as spatial
from sklearn import metrics

# Probabilities are taken this far from 0 and 1 before their logarithm, as coroner_stats::metric::SURE says.
SURE = 1e-4

rng = np.random.default_rng(20260314)


def columns():
    """Pairs of columns: a name, the reference, production."""
    normal = rng.normal
    pairs = [
        ("equal", [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
        ("one value each", [5.0], [7.0]),
        ("one value against many", [5.0], normal(5, 1, 30)),
        ("constants that agree", [2.0] * 9, [2.0] * 5),
        ("constants that differ", [0.0] * 9, [1.0] * 5),
        ("constant reference", [0.0] * 20, normal(0, 1, 25)),
        ("constant production", normal(0, 1, 25), [0.3] * 8),
        ("signed zeros", [0.0, -0.0, 0.0, 1.0], [-0.0, 1.0, 1.0, -1.0]),
        ("disjoint", rng.uniform(0, 1, 40), rng.uniform(10, 11, 30)),
        ("dollars to cents", np.exp(normal(8, 0.5, 40)), 100 * np.exp(normal(8, 0.5, 40))),
        ("offset of 1e8", normal(0, 1, 40) + 1e8, normal(0.25, 1, 40) + 1e8),
        ("offset of 1e10", normal(0, 1, 40) + 1e10, normal(0.25, 1, 40) + 1e10),
        ("microseconds", rng.integers(1.77e15, 1.78e15, 30).astype(float), rng.integers(1.77e15, 1.78e15, 30).astype(float)),
        ("subnormal", [5e-324, 1e-320, 2e-310], [5e-324, 3e-315]),
        ("largest", [1e300, -1e300, 1e299], [1e300, 5e299]),
        ("Cauchy", rng.standard_cauchy(40), rng.standard_cauchy(50)),
        ("one outlier", [*normal(0, 1, 30), 1e6], normal(0, 1, 30)),
        ("two values", rng.integers(0, 2, 40).astype(float), rng.integers(0, 2, 30).astype(float)),
        ("mostly zero", np.where(rng.random(40) < 0.8, 0, rng.exponential(3, 40)), np.where(rng.random(40) < 0.5, 0, rng.exponential(3, 40))),
        ("neighbours of 1", [1.0, np.nextafter(1, 2), np.nextafter(1, 0)], [np.nextafter(1, 2)] * 3),
    ]
    families = {
        "normal": lambda n, s: normal(s, 1 + s, n),
        "log-normal": lambda n, s: np.exp(normal(s, 0.7, n)),
        "uniform": lambda n, s: rng.uniform(-s, 1 + s, n),
        "exponential": lambda n, s: rng.exponential(1 + s, n),
        "poisson": lambda n, s: rng.poisson(3 + 2 * s, n).astype(float),
        "rounded": lambda n, s: np.round(normal(s, 2, n)),
        "bimodal": lambda n, s: np.where(rng.random(n) < 0.3 + 0.4 * min(s, 1), normal(-3, 1, n), normal(3, 1, n)),
        "percent": lambda n, s: np.round(rng.beta(2, 2 + s, n), 2),
    }
    for name, draw in families.items():
        for shift in (0.0, 0.1, 0.5, 2.0):
            for n, m in ((25, 40), (60, 13)):
                pairs.append((f"{name} {shift} {n}x{m}", draw(n, 0.0), draw(m, shift)))
    return [(name, [float(x) for x in a], [float(x) for x in b]) for name, a, b in pairs]


def golden_of_columns(name, reference, production):
    a, b = np.array(reference), np.array(production)
    with np.errstate(all="ignore"):
        variance = float(np.var(a, ddof=1)) if len(a) > 1 else None
    shortest = min(len(a), len(b))
    pairs = shortest > 2 and len(set(reference[:shortest])) > 1 and len(set(production[:shortest])) > 1
    tame = np.abs(np.concatenate([a, b])).max() < 1e100
    return {
        "name": name,
        "reference": reference,
        "production": production,
        "ks": float(stats.ks_2samp(a, b, method="asymp").statistic),
        "wasserstein": float(stats.wasserstein_distance(a, b)) if tame else None,
        "mean": float(np.mean(a)),
        "variance": variance if variance is not None and math.isfinite(variance) else None,
        "median": float(np.median(b)),
        "quantiles": [float(np.quantile(b, q)) for q in (0.05, 0.25, 0.75, 0.95)],
        "spearman": float(stats.spearmanr(a[:shortest], b[:shortest]).statistic) if pairs else None,
        # The chance that a production value is above a reference value, ties half.
        "auc": float(stats.mannwhitneyu(b, a).statistic / (len(a) * len(b))),
    }


def score_sets():
    sets = []
    for n in (12, 60, 200):
        for kind in ("calibrated", "overconfident", "inverted", "coarse", "ties", "rare", "certain"):
            p = rng.random(n) ** (3 if kind == "rare" else 1)
            y = rng.random(n) < p
            y[:2] = [True, False]
            score = {
                "calibrated": p,
                "overconfident": np.clip(p * 2 - 0.5, 0, 1),
                "inverted": 1 - p,
                "coarse": np.round(p, 1),
                "ties": np.where(p > 0.5, 0.7, 0.3),
                "rare": p,
                "certain": (p > 0.5).astype(float),
            }[kind]
            sets.append((f"{kind} {n}", [float(s) for s in score], [bool(v) for v in y]))
    sets.append(("constant", [0.2] * 10, [True] * 4 + [False] * 6))
    sets.append(("never positive", [0.1] * 20, [True] * 5 + [False] * 15))
    sets.append(("perfect", [0.9] * 8 + [0.1] * 9, [True] * 8 + [False] * 9))
    return sets


def golden_of_scores(name, score, truth):
    answer = [s > 0.5 for s in score]
    clipped = np.clip(score, SURE, 1 - SURE)
    said = any(answer)
    return {
        "name": name,
        "score": score,
        "truth": truth,
        "roc_auc": float(metrics.roc_auc_score(truth, score)),
        "pr_auc": float(metrics.average_precision_score(truth, score)),
        "log_loss": float(metrics.log_loss(truth, clipped, labels=[False, True])),
        "brier": float(metrics.brier_score_loss(truth, score)),
        "accuracy": float(metrics.accuracy_score(truth, answer)),
        "balanced_accuracy": float(metrics.balanced_accuracy_score(truth, answer)),
        "precision": float(metrics.precision_score(truth, answer)) if said else None,
        "recall": float(metrics.recall_score(truth, answer)),
        "f1": float(metrics.f1_score(truth, answer)),
    }


def golden_of_numbers(name, truth, prediction):
    t, p = np.array(truth), np.array(prediction)
    known = t != 0
    return {
        "name": name,
        "truth": [float(x) for x in t],
        "prediction": [float(x) for x in p],
        "mae": float(metrics.mean_absolute_error(t, p)),
        "rmse": float(metrics.root_mean_squared_error(t, p)),
        "r2": float(metrics.r2_score(t, p)) if len(set(truth)) > 1 else None,
        "mape": float(metrics.mean_absolute_percentage_error(t[known], p[known])) if known.any() else None,
        "bias": float(np.mean(p - t)),
    }


def number_sets():
    sets = [("constant truth", [3.0] * 6, list(rng.normal(3, 1, 6))), ("zeros among truth", [0.0, 1.0, 2.0, 0.0], [0.5, 1.0, 1.0, -1.0])]
    for n in (5, 40, 150):
        x = rng.normal(0, 1, n)
        sets.append((f"normal {n}", list(x), list(x + rng.normal(0, 0.5, n))))
        sets.append((f"log-normal {n}", list(np.exp(x)), list(np.exp(x + rng.normal(0, 0.5, n)))))
        sets.append((f"far from 0, {n}", list(1e6 + x), list(1e6 + x + rng.normal(0, 0.5, n))))
    return sets


def class_sets():
    """Sets of several classes: a name, the truth, and a column of probabilities for each class."""
    # A generator of its own, so that the sets above stay as they are.
    own = np.random.default_rng(7)
    sets = []
    for classes in (3, 5):
        for n in (30, 200):
            for kind in ("sharp", "flat", "tied", "wrong"):
                logits = own.normal(0, 2 if kind == "sharp" else 0.5, (n, classes))
                p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
                truth = np.array([own.choice(classes, p=row) for row in p])
                truth[:classes] = range(classes)
                if kind == "tied":
                    p = np.round(p * 4 + 0.1) + 0.1
                    p /= p.sum(axis=1, keepdims=True)
                if kind == "wrong":
                    p = np.roll(p, 1, axis=1)
                weight = own.choice([1.0, 2.5, 10.0], n)
                sets.append((f"{kind} {classes} {n}", truth, p, weight))
    return sets


def golden_of_classes(name, truth, p, weight):
    answer = p.argmax(axis=1)
    labels = list(range(p.shape[1]))
    clipped = np.clip(p[np.arange(len(truth)), truth], SURE, 1 - SURE)
    half = ((p - np.eye(p.shape[1])[truth]) ** 2).sum(axis=1) / 2
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, answer, average="weighted", zero_division=0)
    auc = {"multi_class": "ovr", "labels": labels}
    return {
        "name": name,
        "truth": truth.tolist(),
        "scores": p.T.tolist(),
        "weight": weight.tolist(),
        "roc_auc": [float(metrics.roc_auc_score(truth == k, p[:, k])) for k in labels],
        "roc_auc_macro": float(metrics.roc_auc_score(truth, p, average="macro", **auc)),
        "roc_auc_weighted": float(metrics.roc_auc_score(truth, p, average="weighted", **auc)),
        "log_loss": float(-np.log(clipped).mean()),
        "brier": float(half.mean()),
        "matthews": float(metrics.matthews_corrcoef(truth, answer)),
        "cohens_kappa": float(metrics.cohen_kappa_score(truth, answer)),
        "weighted": [float(precision), float(recall), float(f1)],
        "heavy_accuracy": float(metrics.accuracy_score(truth, answer, sample_weight=weight)),
        "heavy_balanced_accuracy": float(metrics.balanced_accuracy_score(truth, answer, sample_weight=weight)),
        "heavy_log_loss": float(np.average(-np.log(clipped), weights=weight)),
        "heavy_brier": float(np.average(half, weights=weight)),
        # One class against the rest, by weight.
        "heavy_roc_auc": float(metrics.roc_auc_score(truth == 1, p[:, 1], sample_weight=weight)),
        "heavy_pr_auc": float(metrics.average_precision_score(truth == 1, p[:, 1], sample_weight=weight)),
    }


def count_sets():
    """Pairs of histograms: a name, the reference's counts, production's."""
    own = np.random.default_rng(8)
    sets = [("equal", [5, 5, 5], [5, 5, 5]), ("gone", [10, 0, 7], [0, 12, 3]), ("rare", [1000, 1, 1], [900, 0, 4])]
    sets += [(f"random {n}", own.poisson(9, n).tolist(), own.poisson(6, n).tolist()) for n in (2, 5, 20, 64)]
    return sets


def golden_of_counts(name, reference, production):
    table = np.array([reference, production])
    table = table[:, table.sum(axis=0) > 0]
    test = stats.chi2_contingency(table, correction=False)
    p, q = np.array(reference) / sum(reference), np.array(production) / sum(production)
    return {
        "name": name,
        "reference": reference,
        "production": production,
        "chi_square": float(test.statistic),
        "freedom": int(test.dof),
        "p": float(test.pvalue),
        "jensen_shannon": float(spatial.jensenshannon(p, q, base=2)),
    }


print(
    json.dumps(
        {
            "columns": [golden_of_columns(*pair) for pair in columns()],
            "scores": [golden_of_scores(*one) for one in score_sets()],
            "numbers": [golden_of_numbers(*one) for one in number_sets()],
            "classes": [golden_of_classes(*one) for one in class_sets()],
            "counts": [golden_of_counts(*one) for one in count_sets()],
        },
        separators=(",", ":"),
    )
)
