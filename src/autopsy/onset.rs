//! Onset detection. Classifiers separate early rows from late ones out of fold; a shift in their log-odds
//! marks a change.
//!
//! One classifier uses the inputs and predictions of all rows, another also the label and loss of the judged
//! rows. Three kinds of series are scanned without a classifier: the losses, each row's influence on the ROC
//! AUC, and row consistency. Each split found is used once more as the border between early and late, to fit
//! the classifiers to the change at that place. Near-duplicate rows are kept in one fold, to prevent leakage
//! between folds.

use rayon::prelude::*;

use crate::{
    model::{
        binned::{Binned, Binning},
        boosted::{Boosted, Loss, Params, Target},
        coherence::Coherence,
        folds::{self, Groups, split},
    },
    stats::{change, delong},
    summary::Width,
};

use super::{Dossier, scoring::Answers};

/// Maximum rows for the classifiers, evenly spread over the log.
const MOST_ROWS: usize = 16_000;

/// Cross-validation folds of the classifiers.
const FOLDS: usize = 3;

/// Initial borders between early and late, as shares of the rows.
const FIRST_SPLITS: [f64; 3] = [0.3, 0.55, 0.8];

/// Maximum rows scored for row consistency.
const TOGETHER_ROWS: usize = 32_000;

/// Bins of a numeric feature for row consistency.
const TOGETHER_BINS: usize = 8;

/// The margin at either end of the log in which no split is accepted, as a share of the rows.
const MARGIN: f64 = 0.02;

/// Minimum number of days to estimate overdispersion between days.
const FEWEST_DAYS: usize = 6;

/// A series is cut into so many pieces to look for a change that ended; it and what lies on either side of it have at least so many.
const PIECES: usize = 192;
const FEWEST_PIECES: usize = 4;

/// Minimum likelihood ratio of a change that ended over one that lasts, corrected for overdispersion between days.
const ENDED_GAIN: f64 = 20.0;

/// A shift of the mean of a series over time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shift {
    /// The first index of the series after the shift.
    pub(super) index: usize,
    /// The 95 % interval of `index`.
    pub(super) interval: (usize, usize),
    /// Its size in standard errors, corrected for overdispersion between days.
    pub(super) z: f64,
    /// The scanned series.
    pub(super) series: Vec<f64>,
    /// Whether the series is a loss, which dates the onset less precisely than the classifiers do.
    pub(super) of_loss_alone: bool,
    /// The first index of the series after the changed rows, where the change ended; the shift is then that at their beginning.
    pub(super) ended: Option<usize>,
}

/// The strongest shift of each series, and the change that ended where one fits far better, with the sample rows that the series
/// covers.
pub(super) fn changes(
    dossier: &Dossier,
    answers: &Answers<'_>,
    judged: &[usize],
) -> Vec<(Vec<usize>, Shift)> {
    let all: Vec<usize> = (0..dossier.production.sample.rows).collect();
    let learnt = [(folds::thin(&all, MOST_ROWS), false), (folds::thin(judged, MOST_ROWS), true)];
    let (mut found, scanned) = rayon::join(
        || {
            learnt
                .into_par_iter()
                .filter_map(|(rows, with_label)| {
                    let shift = learnt_shift(dossier, answers, &rows, with_label)?;
                    Some((rows, shift))
                })
                .collect::<Vec<_>>()
        },
        || scanned(dossier, answers, &all, judged),
    );
    found.extend(scanned);
    let ended: Vec<_> = found
        .par_iter()
        .filter_map(|(rows, shift)| Some((rows.clone(), ended(dossier, rows, shift)?)))
        .collect();
    found.extend(ended);
    found
}

/// The change of a series that comes and ends, if that fits far better than the shift that lasts.
fn ended(dossier: &Dossier, rows: &[usize], shift: &Shift) -> Option<Shift> {
    let series = &shift.series;
    let size = series.len().div_ceil(PIECES);
    let pieces: Vec<f64> =
        series.chunks(size).map(|piece| piece.iter().sum::<f64>() / piece.len() as f64).collect();
    let found = change::segment(&pieces, FEWEST_PIECES).ok()?;
    // Each border to the row, of the part of the series that holds this border only. Rows on the wrong side of a border would make
    // the days look more different than they are.
    let middle = (found.start + found.end) * size / 2;
    let begun = change::mean_shift(series.get(..middle)?).ok()?;
    let stopped = middle + change::mean_shift(series.get(middle..)?).ok()?.index;
    let spread = day_spread(dossier, rows, series, &[begun.index, stopped]).max(1.0);
    if found.gain() / spread < ENDED_GAIN {
        return None;
    }
    let interval = change::mean_shift_dispersed(&series[..middle], spread).ok()?.interval;
    Some(Shift {
        index: begun.index,
        interval,
        z: shift.z * found.over_step().max(1.0).sqrt(),
        series: series.clone(),
        of_loss_alone: shift.of_loss_alone,
        ended: Some(stopped),
    })
}

/// The strongest shift of each series that needs no classifier.
fn scanned(
    dossier: &Dossier,
    answers: &Answers<'_>,
    all: &[usize],
    judged: &[usize],
) -> Vec<(Vec<usize>, Shift)> {
    let mut found = Vec::new();
    let asked = folds::thin(all, TOGETHER_ROWS);
    if let Some(series) = together(dossier, &asked) {
        found.extend(scan(dossier, &asked, &series, false).map(|shift| (asked, shift)));
    }
    if judged.len() >= 200 {
        for series in losses(answers, judged) {
            found.extend(scan(dossier, judged, &series, true).map(|shift| (judged.to_vec(), shift)));
        }
    }
    found
}

/// Series of the judged rows whose mean shifts when predictions degrade: losses, their excess over the loss
/// expected from the scores, and each row's influence on the ROC AUC. The last one matters where one class is
/// rare: accuracy and loss hardly change there.
fn losses(answers: &Answers<'_>, judged: &[usize]) -> Vec<Vec<f64>> {
    let mut all: Vec<Vec<f64>> = [Answers::loss, Answers::residual, Answers::wrong]
        .iter()
        .map(|value| judged.iter().map(|&r| value(answers, r)).collect())
        .collect();
    let excess: Vec<f64> = judged.iter().filter_map(|&r| answers.excess(r)).collect();
    if excess.len() == judged.len() {
        all.push(excess);
        let score: Vec<f64> = judged.iter().map(|&r| answers.score[r]).collect();
        let is_positive: Vec<bool> = judged.iter().map(|&r| answers.label[r] == 1.0).collect();
        all.extend(delong::influence(&score, &is_positive));
    }
    all
}

/// The row consistency of each of these production rows against training; it falls if rows are assembled from
/// the values of different rows.
fn together(dossier: &Dossier, rows: &[usize]) -> Option<Vec<f64>> {
    let training = &dossier.training.sample;
    let production = &dossier.production.sample;
    if training.is_profile() || rows.len() < 400 {
        return None;
    }
    let learnt = folds::thin(&(0..training.rows).collect::<Vec<_>>(), MOST_ROWS);
    let binning = Binning::fit(&dossier.plan, training, &learnt, TOGETHER_BINS);
    let coherence = Coherence::fit(&binning.codes(training, &learnt)).ok()?;
    Some(coherence.of_rows(&binning.codes(production, rows), |_, _| true))
}

/// The largest shift in the out-of-fold log-odds of late against early.
fn learnt_shift(dossier: &Dossier, answers: &Answers<'_>, rows: &[usize], with_label: bool) -> Option<Shift> {
    if rows.len() < 400 {
        return None;
    }
    let mut data = Binned::new(&dossier.plan, &dossier.production.sample, rows);
    let groups = Groups::find(&data);
    let folds = groups.folds(FOLDS, dossier.plan.seed);
    data.push(&rows.iter().map(|&r| answers.answer_of(r)).collect::<Vec<_>>());
    if !answers.score.is_empty() {
        data.push(&rows.iter().map(|&r| answers.score_of(r).unwrap_or(f64::NAN)).collect::<Vec<_>>());
    }
    if with_label {
        data.push(&rows.iter().map(|&r| answers.label[r]).collect::<Vec<_>>());
        data.push(&rows.iter().map(|&r| answers.loss(r)).collect::<Vec<_>>());
        data.push(&rows.iter().map(|&r| answers.residual(r)).collect::<Vec<_>>());
    }
    // Repeated rows reduce the effective number of rows.
    let worth = (groups.effective / rows.len() as f64).clamp(0.05, 1.0).sqrt();
    // The fitted and the held-out rows of a fold do not depend on the border.
    let parts: Vec<OnsetPart> = (0..FOLDS)
        .into_par_iter()
        .map(|fold| {
            let (out, kept) = split(&folds, fold);
            OnsetPart { learn: data.take(&kept), answer: data.take(&out), kept, out }
        })
        .collect();
    let attempt = |border: usize, trees: usize| -> Option<Shift> {
        let series = out_of_fold(&parts, data.rows, border, trees)?;
        let mut shift = scan(dossier, rows, &series, false)?;
        shift.z *= worth;
        Some(shift)
    };
    let first: Vec<Shift> = FIRST_SPLITS
        .par_iter()
        .filter_map(|share| attempt((share * rows.len() as f64) as usize, 8))
        .collect();
    let first = first.into_iter().max_by(|a, b| a.z.total_cmp(&b.z))?;
    let second = attempt(first.index, 20)?;
    if second.index == first.index {
        // The same border would be fitted once more.
        return Some(second);
    }
    let third = attempt(second.index, 20)?;
    [second, third].into_iter().max_by(|a, b| a.z.total_cmp(&b.z))
}

/// One fold: the rows that its classifier is fitted on and the held-out rows.
struct OnsetPart {
    kept: Vec<usize>,
    learn: Binned,
    out: Vec<usize>,
    answer: Binned,
}

/// Log-odds of "at or after the border", each from a classifier that was fitted without the row's fold.
fn out_of_fold(parts: &[OnsetPart], rows: usize, border: usize, trees: usize) -> Option<Vec<f64>> {
    let params =
        Params { trees, learning_rate: 0.3, leaves: 8, depth: 3, l2: 5.0, min_rows: 30, ..Params::default() };
    let answered = |part: &OnsetPart| -> Option<Vec<f64>> {
        let y: Vec<f64> = part.kept.iter().map(|&row| f64::from(u8::from(row >= border))).collect();
        let learner = Boosted::fit(&part.learn, Target::new(&y), Loss::Logistic, &params).ok()?;
        Some(learner.raw(&part.answer))
    };
    let answers: Option<Vec<Vec<f64>>> = parts.par_iter().map(answered).collect();
    let mut odds = vec![0.0; rows];
    for (part, raw) in parts.iter().zip(answers?) {
        // Each fold's classifier has its own intercept; only the deviation from it separates early from late.
        let level = raw.iter().sum::<f64>() / raw.len().max(1) as f64;
        for (&row, value) in part.out.iter().zip(raw) {
            odds[row] = value - level;
        }
    }
    Some(odds)
}

/// The largest shift of a series' mean, with its size corrected for overdispersion between days.
fn scan(dossier: &Dossier, rows: &[usize], series: &[f64], of_loss_alone: bool) -> Option<Shift> {
    let margin = ((MARGIN * rows.len() as f64) as usize).max(20);
    let found = change::mean_shift(series).ok()?;
    if found.index < margin || found.index + margin > rows.len() {
        return None;
    }
    let spread = day_spread(dossier, rows, series, &[found.index]).max(1.0);
    // Where days differ by more than their rows do, so may the days next to the split.
    let interval = if spread > 1.0 {
        change::mean_shift_dispersed(series, spread).ok()?.interval
    } else {
        found.interval
    };
    Some(Shift {
        index: found.index,
        interval,
        z: found.t.abs() / spread.sqrt(),
        series: series.to_vec(),
        of_loss_alone,
        ended: None,
    })
}

/// The overdispersion of day means within the periods: their variance over that of independent rows. It
/// is 1 for independent rows and where there are too few days to estimate it.
///
/// * `borders`: the first index of each period but the first one, ascending.
fn day_spread(dossier: &Dossier, rows: &[usize], series: &[f64], borders: &[usize]) -> f64 {
    let time = &dossier.production.sample.time;
    let day = |row: &usize| time[*row].div_euclid(Width::Day.micros());
    let (mut rest, mut days) = (Vec::with_capacity(series.len()), Vec::new());
    let starts = std::iter::once(0).chain(borders.iter().copied());
    let ends = borders.iter().copied().chain([rows.len()]);
    for (start, end) in starts.zip(ends) {
        let part = start..end;
        let values = &series[part.clone()];
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        // Each period is standardised by its own deviation: losses vary more where they are larger.
        let scale = if deviation > 0.0 { deviation } else { 1.0 };
        rest.extend(values.iter().map(|v| (v - mean) / scale));
        days.extend(rows[part].chunk_by(|a, b| day(a) == day(b)).map(<[usize]>::len));
    }
    if days.len() < FEWEST_DAYS {
        return 1.0;
    }
    change::dispersion(&rest, &days, borders.len() + 1).map_or(1.0, |days| days.ratio)
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;
    use crate::{
        autopsy::exam::synthetic::{self, Rows},
        stats::random::rng,
    };

    /// A rare outcome that the score predicts until `onset`, and half as well from there on.
    fn rare(count: usize, seed: u64, onset: usize) -> Rows {
        let mut rows = Rows::healthy(count, seed);
        let mut generator = rng(seed + 9);
        for score in &mut rows.score {
            *score = 0.4 * score.powi(2);
        }
        let mean = rows.score.iter().sum::<f64>() / count as f64;
        for row in 0..count {
            let blind = row >= onset && generator.random::<f64>() < 0.5;
            let chance = if blind { mean } else { rows.score[row] };
            rows.label[row] = f64::from(u8::from(generator.random::<f64>() < chance));
        }
        rows
    }

    #[test]
    fn a_lost_ranking_shows_where_no_answer_became_wrong() {
        let onset = 4_000;
        let production = rare(8_000, 2, onset);
        let dossier = synthetic::dossier(&rare(4_000, 1, usize::MAX), &production);
        let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
        let judged: Vec<usize> = (0..8_000).filter(|&r| answers.judged(r)).collect();
        let shifts: Vec<Option<Shift>> =
            losses(&answers, &judged).iter().map(|series| scan(&dossier, &judged, series, true)).collect();
        let [loss, residual, wrong, excess, ranking] = &shifts[..] else {
            panic!("a score has five series: {shifts:?}");
        };
        let ranked = ranking.as_ref().unwrap();
        assert!(ranked.z > 4.2, "{}", ranked.z);
        for other in [loss, residual, wrong, excess].into_iter().flatten() {
            assert!(other.z < ranked.z, "{} against {}", other.z, ranked.z);
        }
        assert!(ranked.index.abs_diff(onset) < 600, "{}", ranked.index);
    }

    #[test]
    fn rows_put_together_show_without_a_label() {
        let mut production = Rows::healthy(8_000, 2);
        let related = |rows: &mut Rows| {
            let income: Vec<f64> = rows.numbers("income").clone();
            for (age, income) in rows.numbers("age").iter_mut().zip(income) {
                *age = 0.5 * *age + (20.0 * (income.ln() - 7.0)).floor();
            }
        };
        let mut training = Rows::healthy(4_000, 1);
        related(&mut training);
        related(&mut production);
        let onset = 5_000;
        production.numbers("age")[onset..].rotate_left(7);
        production.label.fill(f64::NAN);
        let dossier = synthetic::dossier(&training, &production);
        let all: Vec<usize> = (0..8_000).collect();
        let shift = scan(&dossier, &all, &together(&dossier, &all).unwrap(), false).unwrap();
        assert!(shift.z > 10.0, "{}", shift.z);
        assert!(shift.index.abs_diff(onset) < 60, "{}", shift.index);
    }
}
