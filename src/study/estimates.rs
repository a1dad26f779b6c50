//! Performance where labels have not come: what re-calibrated scores expect, and how sure it is that the model got worse.
//!
//! Two classes with a score: each row is a draw with the re-calibrated probability, so every metric of a window has an expected
//! value and a band by simulation (confidence-based performance estimation, CBPE). The reweighted estimate (PAPE) calibrates
//! on the rows before the onset weighted to look like the window. Otherwise a model of the loss is fitted in both ways (direct
//! loss estimation). Methods as `NannyML` documents them; none of them sees a change of the relation.

use rayon::prelude::*;

use crate::{
    autopsy::{
        Dossier, Investigation,
        exam::window_split::{display_width, widened},
        scoring,
    },
    model::{
        binned::{Binned, Binning, NUMERIC_BINS},
        boosted::{Boosted, Loss, Params, Target},
        folds::thin,
        loss::LossKind,
        propensity::Propensity,
    },
    stats::{
        calibration::{Isotonic, isotonic},
        distribution::normal_cdf,
        metric::Metric,
        moments,
        random::{rng_stream, unit},
    },
    summary::Width,
    text::{number, time},
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
    two_periods::TwoPeriods,
};

/// Rows of the reference and of a window at most.
const MOST_ROWS: (usize, usize) = (2000, 700);

/// Fewer rows of a window are not estimated.
const FEWEST_ROWS: usize = 60;

/// Where hardly a row of the reference looks like the window's, weighting carries nothing over.
const FEWEST_EFFECTIVE: f64 = 0.05;

/// Windows at most; wider ones are taken until they fit.
const WINDOWS: usize = 16;

/// Simulated draws of a window's labels.
const DRAWS: usize = 200;

/// Trees that model the loss, as in the diagnosis.
const PARAMS: Params = Params {
    trees: 40,
    learning_rate: 0.12,
    leaves: 8,
    depth: 3,
    l2: 10.0,
    min_child_weight: 1e-3,
    min_rows: 30,
    patience: None,
};

/// A metric: the plain and the reweighted estimate, and what labels show.
type OfMetric = (&'static str, Estimate, Option<Estimate>, Option<f64>);

/// What is estimated in a window.
struct Window {
    from: i64,
    rows: Vec<usize>,
    /// What is estimated, metric by metric.
    metrics: Vec<OfMetric>,
    /// The share of the reference that remains effective after reweighting.
    effective: Option<f64>,
}

/// An expected value with the band that holds 95 % of the realised ones if the estimate is right.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Estimate {
    value: f64,
    band: (f64, f64),
}

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let reference = thin(&periods.then.judged(), MOST_ROWS.0);
    if reference.len() < 200 {
        return Err("fewer than 200 rows of the reference have label and answer".to_owned());
    }
    let windows = windows(dossier)?;
    let measured: Vec<Window> = windows
        .into_par_iter()
        .enumerate()
        .map(|(at, (from, rows))| estimate(dossier, &periods, &reference, at as u64, from, rows))
        .collect();
    let mut study = Study::new(Topic::Estimates);
    study.says.extend(said(&measured));
    let (worse, last) = probability(investigation);
    study.says.extend(last);
    study.tables.extend([table(&measured), worse]);
    study.limits.push(
        "Estimates without labels see other inputs and other scores. They don't see that the outcome depends on the inputs in another way."
            .to_owned(),
    );
    study.limits.push(
        "A band is that of chance alone: it holds the realised value in 95 of 100 windows where the calibration still holds."
            .to_owned(),
    );
    Ok(study)
}

/// The windows of the log with their rows, at most [`WINDOWS`] of them.
fn windows(dossier: &Dossier) -> Result<Vec<(i64, Vec<usize>)>, String> {
    let sample = &dossier.production.sample;
    let mut width = display_width(dossier);
    let (mut grid, ..) = widened(dossier, width);
    while let (Some(known), Some(wider)) = (grid, Width::wider(width)) {
        if known.windows <= WINDOWS {
            break;
        }
        width = wider;
        grid = widened(dossier, width).0;
    }
    let grid = grid.ok_or("the log has no clock")?;
    let mut rows = vec![Vec::new(); grid.windows];
    for (row, &at) in sample.time.iter().enumerate() {
        if let Some(window) = grid.window(at) {
            rows[window].push(row);
        }
    }
    let of = rows.into_iter().enumerate().map(|(at, rows)| (grid.span(at).from, rows));
    Ok(of.filter(|(_, rows)| rows.len() >= FEWEST_ROWS).collect())
}

fn estimate(
    dossier: &Dossier,
    periods: &TwoPeriods<'_>,
    reference: &[usize],
    stream: u64,
    from: i64,
    rows: Vec<usize>,
) -> Window {
    let plan = &dossier.plan;
    let kind = LossKind::of(plan);
    let (then, now) = (&periods.then, &periods.now);
    let answered = |row: &usize| kind.answers(now.table).get(*row).is_some_and(|a| a.is_finite());
    let rows: Vec<usize> = thin(&rows.into_iter().filter(answered).collect::<Vec<_>>(), MOST_ROWS.1);
    // Which rows of the reference look like the window's?
    let binning = Binning::fit(plan, then.table, reference, NUMERIC_BINS);
    let data = binning.codes(then.table, reference).chain(&binning.codes(now.table, &rows));
    let is_second: Vec<bool> = (0..data.rows).map(|at| at >= reference.len()).collect();
    let propensity = Propensity::fit(&data, &is_second, plan.seed).ok();
    let effective = propensity.as_ref().map(Propensity::effective_share);
    let carries = effective.is_some_and(|share| share >= FEWEST_EFFECTIVE);
    let weights = propensity.as_ref().filter(|_| carries).map(Propensity::weights);
    let metrics = if kind == LossKind::Log {
        of_scores(periods, reference, &rows, weights.as_deref(), dossier.plan.seed, stream)
    } else {
        of_losses(dossier, periods, reference, &rows, weights.as_deref(), &data)
    };
    Window { from, rows, metrics, effective }
}

/// Metrics of two classes, expected of re-calibrated scores.
fn of_scores(
    periods: &TwoPeriods<'_>,
    reference: &[usize],
    rows: &[usize],
    weights: Option<&[f64]>,
    seed: u64,
    stream: u64,
) -> Vec<OfMetric> {
    let (then, now) = (&periods.then, &periods.now);
    let score = |answers: &scoring::Answers<'_>, row: usize| answers.score_of(row).unwrap_or(f64::NAN);
    let known: Vec<(f64, f64, f64)> = reference
        .iter()
        .enumerate()
        .map(|(at, &row)| {
            (score(&then.answers, row), then.answers.label[row], weights.map_or(1.0, |weights| weights[at]))
        })
        .filter(|(score, ..)| score.is_finite())
        .collect();
    let x: Vec<f64> = known.iter().map(|one| one.0).collect();
    let y: Vec<f64> = known.iter().map(|one| one.1).collect();
    let w: Vec<f64> = known.iter().map(|one| one.2).collect();
    let plain = isotonic(&x, &y, None).ok();
    let reweighted = weights.and_then(|_| isotonic(&x, &y, Some(&w)).ok());
    let rows: Vec<usize> = rows.iter().copied().filter(|&row| score(&now.answers, row).is_finite()).collect();
    let drawn = |curve: &Isotonic| {
        let p: Vec<f64> =
            rows.iter().map(|&row| curve.predict(score(&now.answers, row)).clamp(0.0, 1.0)).collect();
        simulated(
            &p,
            &rows.iter().map(|&row| score(&now.answers, row)).collect::<Vec<_>>(),
            &rows.iter().map(|&row| now.answers.answer_of(row) > 0.5).collect::<Vec<_>>(),
            seed,
            stream,
        )
    };
    let (Some(plain), reweighted) = (plain.as_ref().map(&drawn), reweighted.as_ref().map(&drawn)) else {
        return Vec::new();
    };
    let judged = now.answers.judged_rows(&rows);
    let realised = (judged.len() >= FEWEST_ROWS).then(|| {
        scoring::values(
            &now.answers,
            &judged,
            &[Metric::Accuracy, Metric::Precision, Metric::Recall, Metric::F1, Metric::RocAuc],
        )
    });
    ["accuracy", "precision", "recall", "F1", "ROC AUC"]
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            let real = realised.as_ref().map(|values| values[at]).filter(|value| value.is_finite());
            (name, plain[at], reweighted.as_ref().map(|estimates| estimates[at]), real)
        })
        .collect()
}

/// Accuracy, precision, recall, F1 and ROC AUC over draws of the labels: the mean and the central 95 %.
fn simulated(p: &[f64], score: &[f64], answer: &[bool], seed: u64, stream: u64) -> [Estimate; 5] {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| score[a].total_cmp(&score[b]));
    // Tied scores share their mean rank.
    let mut rank = vec![0.0; p.len()];
    let mut first = 0;
    for group in order.chunk_by(|&a, &b| score[a] == score[b]) {
        let mean = first as f64 + f64::midpoint(group.len() as f64, 1.0);
        group.iter().for_each(|&row| rank[row] = mean);
        first += group.len();
    }
    let mut generator = rng_stream(seed, stream);
    let mut values: [Vec<f64>; 5] = Default::default();
    for _ in 0..DRAWS {
        let (mut hits, mut alarms, mut misses, mut right, mut ranks) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for row in 0..p.len() {
            let is = unit(&mut generator) < p[row];
            match (is, answer[row]) {
                (true, true) => hits += 1.0,
                (false, true) => alarms += 1.0,
                (true, false) => misses += 1.0,
                (false, false) => right += 1.0,
            }
            ranks += if is { rank[row] } else { 0.0 };
        }
        let (positives, negatives) = (hits + misses, alarms + right);
        values[0].push((hits + right) / p.len() as f64);
        values[1].push(hits / (hits + alarms));
        values[2].push(hits / positives);
        values[3].push(2.0 * hits / (2.0 * hits + alarms + misses));
        values[4].push((ranks - positives * (positives + 1.0) / 2.0) / (positives * negatives));
    }
    values.map(|values| {
        let known: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        let at = |q: f64| {
            let sorted = moments::sorted(&known).ok();
            sorted.and_then(|sorted| moments::quantile(&sorted, q).ok()).unwrap_or(f64::NAN)
        };
        Estimate { value: moments::mean(&known).unwrap_or(f64::NAN), band: (at(0.025), at(0.975)) }
    })
}

/// The loss that a model of it expects.
fn of_losses(
    dossier: &Dossier,
    periods: &TwoPeriods<'_>,
    reference: &[usize],
    rows: &[usize],
    weights: Option<&[f64]>,
    data: &Binned,
) -> Vec<OfMetric> {
    let kind = LossKind::of(&dossier.plan);
    let (then, now) = (&periods.then, &periods.now);
    let loss: Vec<f64> = reference.iter().map(|&row| then.answers.loss(row)).collect();
    let places = |from: usize, to: usize| data.take(&(from..to).collect::<Vec<_>>());
    let (known, next) = (places(0, reference.len()), places(reference.len(), data.rows));
    let expected = |weights: Option<&[f64]>| -> Option<Estimate> {
        let target = Target { weight: weights, ..Target::new(&loss) };
        let model = Boosted::fit(&known, target, Loss::Squared, &PARAMS).ok()?;
        let value = moments::mean(&model.predict(&next)).ok()?;
        // The realised mean scatters around the expected one as the rows' losses do around the model's.
        let rest: Vec<f64> = model.predict(&known).iter().zip(&loss).map(|(m, l)| l - m).collect();
        let half = 1.96 * moments::deviation(&rest).ok()? / (next.rows as f64).sqrt();
        Some(Estimate { value, band: (value - half, value + half) })
    };
    let Some(plain) = expected(None) else { return Vec::new() };
    let judged = now.answers.judged_rows(rows);
    let realised = (judged.len() >= FEWEST_ROWS)
        .then(|| judged.iter().map(|&row| now.answers.loss(row)).sum::<f64>() / judged.len() as f64);
    let name = if kind == LossKind::Absolute { "absolute error" } else { "share of wrong answers" };
    vec![(name, plain, weights.and_then(|weights| expected(Some(weights))), realised)]
}

fn said(windows: &[Window]) -> Vec<String> {
    let inside = |pick: fn(&OfMetric) -> Option<Estimate>| {
        let judged: Vec<bool> = windows
            .iter()
            .filter_map(|window| window.metrics.first())
            .filter_map(|one| Some((pick(one)?, one.3?)))
            .map(|(estimate, real)| (estimate.band.0..=estimate.band.1).contains(&real))
            .collect();
        (judged.iter().filter(|inside| **inside).count(), judged.len())
    };
    let (plain, all) = inside(|one| Some(one.1));
    let (reweighted, of) = inside(|one| one.2);
    let name = windows.iter().find_map(|window| window.metrics.first()).map_or("the metric", |one| one.0);
    let mut said = Vec::new();
    if all > 0 {
        let also = if of > 0 {
            format!(", reweighted to each window's inputs in {reweighted} of {of}")
        } else {
            String::new()
        };
        said.push(format!(
            "The band around the estimated {name} holds what labels show in {plain} of {all} windows{also}."
        ));
    }
    let alien = windows
        .iter()
        .filter(|window| window.effective.is_some_and(|share| share < FEWEST_EFFECTIVE))
        .count();
    if alien > 0 {
        said.push(format!(
            "In {alien} windows hardly a row looks like those of the reference, so their estimates are guesses and none is reweighted."
        ));
    }
    let unlabelled = windows.iter().rev().find_map(|window| {
        let first = window.metrics.first().filter(|one| one.3.is_none())?;
        Some((window.from, first.2.unwrap_or(first.1)))
    });
    if let Some((from, _)) = unlabelled.filter(|_| all > 0 && 2 * plain < all) {
        said.push(format!(
            "The labels of the window from {} have not come; the bands miss most of what labels show, so its estimate tells nothing.",
            time::minute(from)
        ));
    } else if let Some((from, best)) = unlabelled {
        said.push(format!(
            "In the window from {}, whose labels have not come, {name} is put at {} ({} to {}).",
            time::minute(from),
            number::metric(best.value),
            number::metric(best.band.0),
            number::metric(best.band.1)
        ));
    }
    said
}

fn table(windows: &[Window]) -> StudyTable {
    let mut table = StudyTable::new(
        "windows",
        "Estimated and realised, by window",
        &[
            ("from", "from", Format::Text),
            ("rows", "rows", Format::Count),
            ("metric", "metric", Format::Text),
            ("cbpe", "estimated", Format::Metric),
            ("pape", "reweighted", Format::Metric),
            ("realised", "realised", Format::Metric),
            ("effective", "reference that counts", Format::Share),
        ],
    );
    let cell = |estimate: Estimate| Cell::Interval(estimate.value, estimate.band);
    for window in windows {
        for (name, plain, reweighted, realised) in &window.metrics {
            table.push(vec![
                time::minute(window.from).into(),
                window.rows.len().into(),
                (*name).into(),
                cell(*plain),
                reweighted.map_or(Cell::Missing, cell),
                (*realised).into(),
                window.effective.into(),
            ]);
        }
    }
    table
}

/// The probability that the headline metric is worse by more than the region of practical equivalence, updated by window as
/// labels came in; with a flat prior and the normal likelihood of the difference.
fn probability(investigation: &Investigation) -> (StudyTable, Option<String>) {
    let dossier = &investigation.dossier;
    let periods = TwoPeriods::of(dossier, &investigation.framing);
    let headline = investigation.performance.headline;
    let mut table = StudyTable::new(
        "probability",
        "How sure it is that the headline metric is worse by more than matters, as labels came in",
        &[
            ("until", "rows until", Format::Text),
            ("rows", "labelled rows", Format::Count),
            ("value", "since the onset", Format::Metric),
            ("worse", "worse than matters", Format::Share),
            ("equivalent", "practically equal", Format::Share),
            ("better", "better than matters", Format::Share),
        ],
    );
    let of = |period: &super::two_periods::Period<'_>, rows: &[usize]| {
        super::parts::value_of(&super::parts::metrics(period, rows), headline)
    };
    let Some(then) = of(&periods.then, &periods.then.rows) else { return (table, None) };
    let margin = dossier.thresholds.performance_drop * then.value.abs();
    let time_of = &periods.now.table.time;
    let judged = periods.now.judged();
    let steps = WINDOWS.min(judged.len() / FEWEST_ROWS);
    let mut last = None;
    for step in 1..=steps {
        let rows = &judged[..judged.len() * step / steps];
        let Some(now) = of(&periods.now, rows) else { continue };
        let (worse, equal, better) =
            rope(scoring::worsening(headline, then.value, now.value), then.error.hypot(now.error), margin);
        let until = rows.last().and_then(|row| time_of.get(*row)).copied();
        table.push(vec![
            until.map_or(Cell::Missing, |at| time::minute(at).into()),
            rows.len().into(),
            now.value.into(),
            worse.into(),
            equal.into(),
            better.into(),
        ]);
        last = Some((worse, equal));
    }
    let said = last.map(|(worse, equal)| {
        format!(
            "{} is worse by more than {} with a probability of {}, practically equal with {}.",
            headline.name(),
            number::metric(margin),
            number::share(worse),
            number::share(equal)
        )
    });
    (table, said.map(|said| crate::text::capital(&said)))
}

/// The probabilities that a difference lies above, inside and below a region around 0.
fn rope(worse: f64, error: f64, margin: f64) -> (f64, f64, f64) {
    if error <= 0.0 {
        let of = |is: bool| f64::from(u8::from(is));
        return (of(worse > margin), of(worse.abs() <= margin), of(worse < -margin));
    }
    let (above, below) = (normal_cdf((worse - margin) / error), normal_cdf((-margin - worse) / error));
    (above, (1.0 - above - below).max(0.0), below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn the_probability_of_a_loss_is_that_of_scipy() {
        // d, e, m = .03, .02, .01; norm.cdf((d - m) / e), norm.cdf((-m - d) / e)
        let (worse, equal, better) = rope(0.03, 0.02, 0.01);
        assert!((worse - 0.841_344_746_068_542_9).abs() < 1e-9, "{worse}");
        assert!((better - 0.022_750_131_948_179_195).abs() < 1e-9, "{better}");
        assert!((worse + equal + better - 1.0).abs() < 1e-12);
        assert_eq!(rope(0.0, 0.0, 0.01), (0.0, 1.0, 0.0));
    }

    #[test]
    fn simulated_metrics_are_the_expected_ones() {
        // Expected accuracy: np.where(a, p, 1 - p).mean(); its deviation: (p * (1 - p)).sum()**.5 / 400.
        let p: Vec<f64> = (0..400).map(|at| (f64::from(at) + 0.5) / 400.0).collect();
        let answer: Vec<bool> = p.iter().map(|p| *p > 0.5).collect();
        let [accuracy, .., auc] = simulated(&p, &p, &answer, 1, 1);
        assert!((accuracy.value - 0.75).abs() < 0.005, "{accuracy:?}");
        let deviation = (p.iter().map(|p| p * (1.0 - p)).sum::<f64>()).sqrt() / 400.0;
        let width = accuracy.band.1 - accuracy.band.0;
        assert!((width / (2.0 * 1.96 * deviation) - 1.0).abs() < 0.2, "{width} and {deviation}");
        // Of a uniform calibrated score the AUC is 5/6.
        assert!((auc.value - 5.0 / 6.0).abs() < 0.01, "{auc:?}");
    }

    #[test]
    fn estimates_come_with_bands_and_with_what_labels_show() {
        let study = study(&fixture::investigation()).expect("labels and scores");
        let windows = &study.tables[0];
        assert!(windows.rows.len() >= 5 && windows.rows.len().is_multiple_of(5), "{}", windows.rows.len());
        for row in &windows.rows {
            assert!(
                matches!(row[3], Cell::Interval(value, (low, high)) if low <= value && value <= high),
                "{row:?}"
            );
        }
        let last = study.tables[1].rows.last().expect("labelled rows");
        let share = |at: usize| if let Cell::Number(x) = last[at] { x } else { f64::NAN };
        assert!((share(3) + share(4) + share(5) - 1.0).abs() < 1e-9);
    }
}
