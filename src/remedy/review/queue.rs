//! The review queue: doubtful, novel and disputed rows that differ from each other.
//!
//! The priority of a row is the geometric mean of three ranks: its expected loss, its distance from training,
//! and its disagreement with another model (the candidate, else the surrogate). Rows are selected greedily by
//! priority times the distance to the nearest row already selected, so that a queue does not hold a hundred
//! copies of one problem. This is the k-center rule weighted by priority; Sener and Savarese, "Active
//! learning for convolutional neural networks: a core-set approach", ICLR 2018, give the unweighted one. Of
//! rows whose values all fall into the same bins only one is taken. A fifth of the queue is drawn at random
//! instead: only those rows are representative of all rows.

use std::collections::BTreeSet;

use crate::{
    autopsy::{Investigation, scoring::Answers},
    cached::cached,
    model::{
        binned::{Binned, Binning},
        folds::thin,
        support::{Reason, Support, SupportPlace},
    },
    progress::{Counter, RunControl},
    remedy::unavailable::Unavailable,
    stats::{
        moments::{quantile, ranks},
        random::{rng_stream, sample_without_replacement},
    },
    summary::Task,
};

/// Maximum number of rows among which the queue is chosen, and of training rows that define the distance.
const POOL: usize = 6000;
const TRAINING_ROWS: usize = 8000;

/// Rows of the pool that are compared with each other, per row of the queue.
const CANDIDATES: usize = 10;

/// The share of the queue that is drawn at random.
const RANDOM: f64 = 0.2;

/// Bins of a numeric feature in distances between rows.
const BINS: usize = 16;

/// Pairs of values are rare below this share of the rows.
const PAIR_SHARE: f64 = 0.03;

/// Seed stream of the random draw.
const STREAM: u64 = 0x7265_7669;

/// Why a row is in the queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Why {
    /// Its prediction is more likely wrong than others.
    Doubtful,
    /// Training held few rows like it; the reason if it lies outside training.
    New(Option<Reason>),
    /// Another model predicts something else.
    Disputed,
    /// It was drawn at random, to represent all rows.
    Random,
}

cached!(
    enum Why {
        Doubtful,
        New(part),
        Disputed,
        Random,
    }
);

impl Why {
    /// All ids.
    pub const IDS: [&str; 4] =
        [Self::Doubtful.id(), Self::New(None).id(), Self::Disputed.id(), Self::Random.id()];

    /// The id in files and JSON.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Doubtful => "doubtful",
            Self::New(_) => "new",
            Self::Disputed => "disputed",
            Self::Random => "random",
        }
    }
}

/// A row for review.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Queued {
    /// The row of the production sample.
    pub row: usize,
    /// Why it is in the queue.
    pub why: Why,
    /// Its priority, from 0 to 1; `None` for rows drawn at random.
    pub priority: Option<f64>,
    /// Its expected loss.
    pub doubt: f64,
    /// Its distance to training, in units of the 99.5 % quantile of that distance over training rows; `None`
    /// if not measured.
    pub novelty: Option<f64>,
    /// Difference of the other model's prediction from the logged one; `None` without another model.
    pub disagreement: Option<f64>,
    /// Number of log rows that it represents; only for rows drawn at random.
    pub weight: Option<f64>,
}

cached!(struct Queued { row, why, priority, doubt, novelty, disagreement, weight });

/// Proposes rows for review.
///
/// * `most`: maximum number of rows.
///
/// # Errors
///
/// As [`super::review`].
pub fn propose(investigation: &Investigation, most: usize) -> Result<Vec<Queued>, Unavailable> {
    let dossier = &investigation.dossier;
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let after = investigation.framing.after.iter().copied();
    let rows: Vec<usize> = after.filter(|&row| !answers.answer_of(row).is_nan()).collect();
    let control = RunControl::default();
    let counter = Counter::new(&control, 1);
    let (_, doubt) = super::expected::expected(investigation, &answers, &rows, &counter)
        .unwrap_or_else(|stopped| Err(stopped.to_string().into()))?;
    Ok(from(investigation, &answers, &doubt, most).0)
}

/// Returns the queue, and whether it had to be filled up with labelled rows.
pub(super) fn from(
    investigation: &Investigation,
    answers: &Answers<'_>,
    doubt: &[(usize, f64)],
    most: usize,
) -> (Vec<Queued>, bool) {
    let dossier = &investigation.dossier;
    let table = &dossier.production.sample;
    let done: BTreeSet<usize> =
        dossier.reviewed.iter().flat_map(|reviewed| reviewed.production_row.iter().copied()).collect();
    let open = |labelled: bool| -> Vec<(usize, f64)> {
        let wanted = |(row, _): &&(usize, f64)| !done.contains(row) && (labelled || !answers.judged(*row));
        doubt.iter().filter(wanted).copied().collect()
    };
    let unlabelled = open(false);
    let has_labelled = unlabelled.len() < most;
    let eligible = if has_labelled { open(true) } else { unlabelled };
    let most = most.min(eligible.len());
    if most == 0 {
        return (Vec::new(), false);
    }

    let drawn_rows = ((most as f64 * RANDOM).round() as usize).min(eligible.len());
    let mut generator = rng_stream(dossier.plan.seed, STREAM);
    let drawn = sample_without_replacement(eligible.len(), drawn_rows, &mut generator);
    let stands_for = table.population as f64 / table.rows.max(1) as f64;
    let weight = eligible.len() as f64 * stands_for / drawn.len().max(1) as f64;
    let random: BTreeSet<usize> = drawn.iter().map(|&at| eligible[at].0).collect();

    let rest: Vec<(usize, f64)> = eligible.iter().copied().filter(|(row, _)| !random.contains(row)).collect();
    let pool = thin(&(0..rest.len()).collect::<Vec<_>>(), POOL);
    let (rows, doubts): (Vec<usize>, Vec<f64>) = pool.iter().map(|&at| rest[at]).unzip();
    let learn = thin(&(0..dossier.training.sample.rows).collect::<Vec<_>>(), TRAINING_ROWS);
    let places =
        Support::fit(&dossier.plan, &dossier.training.sample, &learn).places(table, &rows, PAIR_SHARE);
    let disagreement = disagreement(investigation, answers, &rows);
    let parts = [
        shares(&doubts),
        shares(&places.iter().map(|place| place.distance).collect::<Vec<_>>()),
        disagreement.as_deref().map_or_else(|| vec![1.0; rows.len()], shares),
    ];
    let priority: Vec<f64> =
        (0..rows.len()).map(|at| (parts[0][at] * parts[1][at] * parts[2][at]).cbrt()).collect();
    let binning = Binning::fit(&dossier.plan, &dossier.training.sample, &learn, BINS);
    let chosen = diverse(&binning.codes(table, &rows), &priority, most - drawn.len());
    let mut queue: Vec<Queued> = chosen
        .into_iter()
        .map(|at| Queued {
            row: rows[at],
            why: why(&parts, &places[at], at, disagreement.is_some()),
            priority: Some(priority[at]),
            doubt: doubts[at],
            novelty: Some(places[at].distance).filter(|distance| distance.is_finite()),
            disagreement: disagreement.as_ref().map(|values| values[at]).filter(|x| x.is_finite()),
            weight: None,
        })
        .collect();
    queue.extend(drawn.iter().map(|&at| Queued {
        row: eligible[at].0,
        why: Why::Random,
        priority: None,
        doubt: eligible[at].1,
        novelty: None,
        disagreement: None,
        weight: Some(weight),
    }));
    (queue, has_labelled)
}

/// Returns the share of values that are no larger, with mid-ranks for ties; values that can't be measured
/// rank lowest.
fn shares(values: &[f64]) -> Vec<f64> {
    let known: Vec<f64> = values.iter().map(|x| if x.is_finite() { *x } else { f64::MIN }).collect();
    let n = known.len().max(1) as f64;
    ranks(&known)
        .map_or_else(|_| vec![1.0; known.len()], |ranks| ranks.into_iter().map(|rank| rank / n).collect())
}

/// Returns the difference of another model's prediction from the logged one.
fn disagreement(investigation: &Investigation, answers: &Answers<'_>, rows: &[usize]) -> Option<Vec<f64>> {
    let table = &investigation.dossier.production.sample;
    let known = |values: &[f64]| values.iter().any(|x| x.is_finite());
    let at = |values: &[f64], row: usize| values.get(row).copied().unwrap_or(f64::NAN);
    let distance = |a: f64, b: f64| {
        if answers.task == Task::Multiclass { f64::from(u8::from(a != b)) } else { (a - b).abs() }
    };
    let has_score = answers.task == Task::Binary && known(answers.score);
    if has_score && known(&table.candidate_score) {
        let far = |&row: &usize| distance(at(answers.score, row), at(&table.candidate_score, row));
        return Some(rows.iter().map(far).collect());
    }
    if known(&table.candidate_prediction) {
        let far = |&row: &usize| distance(answers.answer_of(row), at(&table.candidate_prediction, row));
        return Some(rows.iter().map(far).collect());
    }
    let surrogate = investigation.surrogate.as_ref()?.answers(table, rows);
    let by_score = has_score && !surrogate.score.is_empty();
    let far = |(place, &row): (usize, &usize)| {
        if by_score {
            distance(at(answers.score, row), surrogate.score[place])
        } else {
            distance(answers.answer_of(row), surrogate.prediction[place])
        }
    };
    Some(rows.iter().enumerate().map(far).collect())
}

/// Returns the component in which a row ranks highest.
fn why(parts: &[Vec<f64>; 3], place: &SupportPlace, at: usize, disputed: bool) -> Why {
    let (doubtful, new, other) = (parts[0][at], parts[1][at], parts[2][at]);
    if place.reason.is_some() && new >= doubtful {
        Why::New(place.reason)
    } else if disputed && other > doubtful && other > new {
        Why::Disputed
    } else if new > doubtful {
        Why::New(place.reason)
    } else {
        Why::Doubtful
    }
}

/// Selects rows greedily by priority times the distance to the nearest row already selected.
fn diverse(data: &Binned, priority: &[f64], most: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..priority.len()).collect();
    order.sort_by(|&a, &b| priority[b].total_cmp(&priority[a]).then(a.cmp(&b)));
    let mut seen = BTreeSet::new();
    order.retain(|&at| seen.insert(data.columns.iter().map(|c| c.codes[at]).collect::<Vec<u8>>()));
    order.truncate(most * CANDIDATES);
    let distance = |a: usize, b: usize| {
        let parts = data.columns.iter().map(|column| {
            let (x, y) = (column.codes[a], column.codes[b]);
            let missing = column.bins - 1;
            if x == y {
                0.0
            } else if column.ordered && x != missing && y != missing {
                f64::from(x.abs_diff(y)) / f64::from(missing.max(1))
            } else {
                1.0
            }
        });
        parts.sum::<f64>() / data.columns.len().max(1) as f64
    };
    // Distances are capped at the usual distance between neighbours in the order of priority.
    let mut usual: Vec<f64> = order.windows(2).map(|pair| distance(pair[0], pair[1])).collect();
    usual.sort_unstable_by(f64::total_cmp);
    let enough = quantile(&usual, 0.5).unwrap_or(1.0).max(1e-9);
    let mut nearest = vec![1.0_f64; order.len()];
    let mut taken = Vec::new();
    let mut left: Vec<usize> = (0..order.len()).collect();
    while taken.len() < most {
        let value = |place: usize| priority[order[place]] * nearest[place];
        let Some(best) = left.iter().copied().max_by(|&a, &b| value(a).total_cmp(&value(b)).then(b.cmp(&a)))
        else {
            break;
        };
        left.retain(|&place| place != best);
        taken.push(order[best]);
        for &place in &left {
            let near = (distance(order[place], order[best]) / enough).min(1.0);
            nearest[place] = nearest[place].min(near);
        }
    }
    taken
}
