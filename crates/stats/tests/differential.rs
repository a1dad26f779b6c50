//! Compares every distance and metric with scipy and scikit-learn; `tools/golden_numbers/make.py` writes the
//! values.

use coroner_stats::{
    Undefined, distance,
    metric::{
        self, Confusion, Metric, agreement,
        multiclass::{self, Average},
        weighted,
    },
    moments,
    testing::mann_whitney_auc,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    columns: Vec<Columns>,
    scores: Vec<Scores>,
    numbers: Vec<Numbers>,
    classes: Vec<Classes>,
    counts: Vec<Counts>,
}

#[derive(Deserialize)]
struct Classes {
    name: String,
    truth: Vec<usize>,
    scores: Vec<Vec<f64>>,
    weight: Vec<f64>,
    roc_auc: Vec<f64>,
    roc_auc_macro: f64,
    roc_auc_weighted: f64,
    log_loss: f64,
    brier: f64,
    matthews: f64,
    cohens_kappa: f64,
    weighted: [f64; 3],
    heavy_accuracy: f64,
    heavy_balanced_accuracy: f64,
    heavy_log_loss: f64,
    heavy_brier: f64,
    heavy_roc_auc: f64,
    heavy_pr_auc: f64,
}

#[derive(Deserialize)]
struct Counts {
    name: String,
    reference: Vec<u64>,
    production: Vec<u64>,
    chi_square: f64,
    freedom: usize,
    p: f64,
    jensen_shannon: f64,
}

#[derive(Deserialize)]
struct Columns {
    name: String,
    reference: Vec<f64>,
    production: Vec<f64>,
    ks: f64,
    wasserstein: Option<f64>,
    mean: f64,
    variance: Option<f64>,
    median: f64,
    quantiles: [f64; 4],
    spearman: Option<f64>,
    auc: f64,
}

#[derive(Deserialize)]
struct Scores {
    name: String,
    score: Vec<f64>,
    truth: Vec<bool>,
    roc_auc: f64,
    pr_auc: f64,
    log_loss: f64,
    brier: f64,
    accuracy: f64,
    balanced_accuracy: f64,
    precision: Option<f64>,
    recall: f64,
    f1: f64,
}

#[derive(Deserialize)]
struct Numbers {
    name: String,
    truth: Vec<f64>,
    prediction: Vec<f64>,
    mae: f64,
    rmse: f64,
    r2: Option<f64>,
    mape: Option<f64>,
    bias: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("data/golden.json")).expect("the golden values are JSON of this shape")
}

/// Asserts that both agree to 1e-9, relative where they are large; a golden null means undefined.
#[track_caller]
fn assert_same(of: &str, name: &str, got: Result<f64, Undefined>, want: Option<f64>) {
    match (got, want) {
        (Ok(got), Some(want)) => {
            assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{of} of {name}: {got}, golden {want}");
        }
        (Err(_), None) => {}
        (got, want) => panic!("{of} of {name}: {got:?}, golden {want:?}"),
    }
}

#[test]
fn columns_agree_with_scipy() {
    let columns = golden().columns;
    assert!(columns.len() >= 80);
    for c in &columns {
        let (a, b) = (&c.reference, &c.production);
        assert_same("KS", &c.name, distance::ks_samples(a, b), Some(c.ks));
        if let Some(want) = c.wasserstein {
            assert_same("Wasserstein", &c.name, distance::wasserstein_samples(a, b), Some(want));
        }
        assert_same("mean", &c.name, moments::mean(a), Some(c.mean));
        if let Some(want) = c.variance {
            assert_same("variance", &c.name, moments::variance(a), Some(want));
        }
        assert_same("median", &c.name, moments::median(b), Some(c.median));
        let ascending = moments::sorted(b).expect("finite values");
        for (q, want) in [0.05, 0.25, 0.75, 0.95].into_iter().zip(c.quantiles) {
            assert_same("quantile", &c.name, moments::quantile(&ascending, q), Some(want));
        }
        let shortest = a.len().min(b.len());
        if let Some(want) = c.spearman {
            let got = moments::spearman(&a[..shortest], &b[..shortest]);
            assert_same("Spearman", &c.name, got, Some(want));
        }
        if let Ok(test) = mann_whitney_auc(a, b) {
            assert_same("AUC", &c.name, Ok(test.auc), Some(c.auc));
        }
    }
}

#[test]
fn scores_agree_with_scikit_learn() {
    let sets = golden().scores;
    assert!(sets.len() >= 20);
    for s in &sets {
        let (score, truth) = (&s.score, &s.truth);
        assert_same("ROC AUC", &s.name, metric::roc_auc(score, truth), Some(s.roc_auc));
        assert_same("PR AUC", &s.name, metric::pr_auc(score, truth), Some(s.pr_auc));
        assert_same("log loss", &s.name, metric::log_loss(score, truth), Some(s.log_loss));
        assert_same("Brier score", &s.name, metric::brier(score, truth), Some(s.brier));
        let class = |positive: bool| usize::from(positive);
        let truths: Vec<usize> = truth.iter().map(|&t| class(t)).collect();
        let answers: Vec<usize> = score.iter().map(|&s| class(s > 0.5)).collect();
        let confusion = Confusion::count(2, &truths, &answers).expect("one answer a row");
        assert_same("accuracy", &s.name, metric::accuracy(&confusion), Some(s.accuracy));
        let balanced = metric::balanced_accuracy(&confusion);
        assert_same("balanced accuracy", &s.name, balanced, Some(s.balanced_accuracy));
        assert_same("precision", &s.name, metric::precision(&confusion), s.precision);
        assert_same("recall", &s.name, metric::recall(&confusion), Some(s.recall));
        assert_same("F1", &s.name, metric::f1(&confusion), Some(s.f1));
    }
}

#[test]
fn numbers_agree_with_scikit_learn() {
    for n in &golden().numbers {
        let (truth, prediction) = (&n.truth, &n.prediction);
        assert_same("MAE", &n.name, metric::mae(prediction, truth), Some(n.mae));
        assert_same("RMSE", &n.name, metric::rmse(prediction, truth), Some(n.rmse));
        assert_same("R²", &n.name, metric::r2(prediction, truth), n.r2);
        assert_same("MAPE", &n.name, metric::mape(prediction, truth), n.mape);
        assert_same("bias", &n.name, metric::bias(prediction, truth), Some(n.bias));
    }
}

#[test]
fn several_classes_agree_with_scikit_learn() {
    let sets = golden().classes;
    assert!(sets.len() >= 16);
    for c in &sets {
        let (scores, truth, name) = (&c.scores, &c.truth, c.name.as_str());
        let by_class = multiclass::roc_auc_by_class(scores, truth).expect("columns of one length");
        for (got, want) in by_class.into_iter().zip(&c.roc_auc) {
            assert_same("AUC of a class", name, got, Some(*want));
        }
        let mean = |average| multiclass::roc_auc_one_vs_rest(scores, truth, average).map(|auc| auc.value);
        assert_same("macro AUC", name, mean(Average::Macro), Some(c.roc_auc_macro));
        assert_same("weighted AUC", name, mean(Average::Weighted), Some(c.roc_auc_weighted));
        let losses = multiclass::class_log_losses(scores, truth).and_then(|rows| moments::mean(&rows));
        assert_same("log loss", name, losses, Some(c.log_loss));
        let brier = multiclass::class_briers(scores, truth).and_then(|rows| moments::mean(&rows));
        assert_same("Brier score", name, brier, Some(c.brier));
        let best = |row: usize| {
            let larger =
                |best: usize, class: usize| if scores[class][row] > scores[best][row] { class } else { best };
            (1..scores.len()).fold(0, larger)
        };
        let predicted: Vec<usize> = (0..truth.len()).map(best).collect();
        let confusion = Confusion::count(scores.len(), truth, &predicted).expect("one answer a row");
        assert_same("MCC", name, agreement::matthews(&confusion), Some(c.matthews));
        assert_same("kappa", name, agreement::cohens_kappa(&confusion), Some(c.cohens_kappa));
        let shares = agreement::weighted(&confusion).expect("rows");
        for (got, want) in shares.into_iter().zip(c.weighted) {
            assert_same("weighted by class", name, Ok(got), Some(want));
        }
        let number = |values: &[usize]| values.iter().map(|&class| class as f64).collect::<Vec<f64>>();
        let (truths, answers) = (number(truth), number(&predicted));
        let rows = weighted::Rows {
            classes: scores.len(),
            truth: &truths,
            answer: &answers,
            scores,
            weight: &c.weight,
        };
        for (metric, want) in [
            (Metric::Accuracy, c.heavy_accuracy),
            (Metric::BalancedAccuracy, c.heavy_balanced_accuracy),
            (Metric::LogLoss, c.heavy_log_loss),
            (Metric::Brier, c.heavy_brier),
        ] {
            assert_same(metric.name(), name, weighted::value(metric, &rows), Some(want));
        }
        // One class against the rest.
        let of_one: Vec<f64> = truth.iter().map(|&class| f64::from(u8::from(class == 1))).collect();
        let two = [scores[1].iter().map(|p| 1.0 - p).collect(), scores[1].clone()];
        let rows =
            weighted::Rows { classes: 2, truth: &of_one, answer: &of_one, scores: &two, weight: &c.weight };
        assert_same("AUC by weight", name, weighted::value(Metric::RocAuc, &rows), Some(c.heavy_roc_auc));
        assert_same("PR AUC by weight", name, weighted::value(Metric::PrAuc, &rows), Some(c.heavy_pr_auc));
    }
}

#[test]
fn counts_agree_with_scipy() {
    for c in &golden().counts {
        let (reference, production) = (&c.reference, &c.production);
        let test = distance::chi_square(reference, production).expect("two bins hold rows");
        assert_same("chi-square", &c.name, Ok(test.statistic), Some(c.chi_square));
        assert_same("p", &c.name, Ok(test.p), Some(c.p));
        assert_eq!(test.freedom, c.freedom, "{}", c.name);
        let js = distance::jensen_shannon(reference, production);
        assert_same("Jensen-Shannon", &c.name, js, Some(c.jensen_shannon));
    }
}
