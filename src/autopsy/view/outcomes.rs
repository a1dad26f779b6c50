//! Answers against outcomes: the confusion of classes, at the deployed threshold or at another one, and for numbers the
//! error by the size of the answer. All of it counts the judged rows of the sample.

use crate::{
    autopsy::{Dossier, Framing, scoring::Answers},
    stats::moments,
    summary::{Task, fraction},
};

/// Judged rows by their truth and their answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    /// How many classes there are.
    pub classes: usize,
    /// `classes x classes`, truth major.
    pub counts: Vec<u64>,
}

impl Confusion {
    /// Rows of a truth that got an answer.
    #[must_use]
    pub fn at(&self, truth: usize, answer: usize) -> u64 {
        self.counts.get(truth * self.classes + answer).copied().unwrap_or(0)
    }

    /// All rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Rows that are of a class.
    #[must_use]
    pub fn of_truth(&self, class: usize) -> u64 {
        (0..self.classes).map(|answer| self.at(class, answer)).sum()
    }

    /// Rows that are answered with a class.
    #[must_use]
    pub fn of_answer(&self, class: usize) -> u64 {
        (0..self.classes).map(|truth| self.at(truth, class)).sum()
    }

    /// The share of the rows of a class that are answered right; none without such rows.
    #[must_use]
    pub fn recall(&self, class: usize) -> Option<f64> {
        share(self.at(class, class), self.of_truth(class))
    }

    /// The share of the answers of a class that are right; none without such answers.
    #[must_use]
    pub fn precision(&self, class: usize) -> Option<f64> {
        share(self.at(class, class), self.of_answer(class))
    }

    /// The share of rows that are answered right.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        share((0..self.classes).map(|class| self.at(class, class)).sum(), self.rows())
    }

    /// The harmonic mean of precision and recall of a class.
    #[must_use]
    pub fn f1(&self, class: usize) -> Option<f64> {
        let (precision, recall) = self.precision(class).zip(self.recall(class))?;
        Some(if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 })
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| fraction(part, of))
}

/// Counts the judged rows among the given ones; none for numbers.
///
/// * `threshold`: answers the positive class from this score on, in place of the answers of the log (binary with scores).
#[must_use]
pub fn confusion(dossier: &Dossier, rows: &[usize], threshold: Option<f64>) -> Option<Confusion> {
    if dossier.task() == Task::Regression {
        return None;
    }
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let classes = answers.classes.max(2);
    let mut counts = vec![0; classes * classes];
    for row in answers.judged_rows(rows) {
        let answer = match (threshold, answers.score_of(row)) {
            (Some(threshold), Some(score)) => usize::from(score >= threshold),
            (Some(_), None) => continue,
            (None, score) => match answers.prediction.get(row).filter(|answer| !answer.is_nan()) {
                Some(&answer) => answer as usize,
                // A log of scores alone is read at one half.
                None => usize::from(score.is_some_and(|score| score >= 0.5)),
            },
        };
        let truth = answers.label[row] as usize;
        if truth < classes && answer < classes {
            counts[truth * classes + answer] += 1;
        }
    }
    Some(Confusion { classes, counts })
}

/// The threshold by which the log's answers follow from its scores: between the largest score that was answered with the
/// negative class and the smallest one answered with the positive; one half where the two overlap or answers are not
/// logged; none without scores.
#[must_use]
pub fn deployed_threshold(dossier: &Dossier) -> Option<f64> {
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    if dossier.task() != Task::Binary || answers.score.is_empty() {
        return None;
    }
    let (mut negative, mut positive) = (f64::NEG_INFINITY, f64::INFINITY);
    for (&score, &answer) in answers.score.iter().zip(answers.prediction) {
        if answer == 0.0 && score > negative {
            negative = score;
        } else if answer == 1.0 && score < positive {
            positive = score;
        }
    }
    let apart = negative.is_finite() && positive.is_finite() && negative < positive;
    Some(if apart { f64::midpoint(negative, positive) } else { 0.5 })
}

/// Errors of the answers in one band of their size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// The smallest and the largest answer of the band.
    pub answers: (f64, f64),
    /// Judged rows before and since.
    pub rows: (u64, u64),
    /// Mean of answer less truth, before and since.
    pub bias: (Option<f64>, Option<f64>),
    /// Mean size of the error, before and since.
    pub error: (Option<f64>, Option<f64>),
}

/// The errors of a model of numbers by the size of its answers, in bands of equal count over both periods.
///
/// * `bands`: how many bands at most.
#[must_use]
pub fn bands(dossier: &Dossier, framing: &Framing, bands: usize) -> Vec<Band> {
    let answers = Answers::logged(&dossier.plan, &dossier.production.sample);
    let (before, after) = (answers.judged_rows(&framing.before), answers.judged_rows(&framing.after));
    let mut all: Vec<f64> = before.iter().chain(&after).map(|&row| answers.prediction[row]).collect();
    all.retain(|answer| answer.is_finite());
    all.sort_unstable_by(f64::total_cmp);
    if dossier.task() != Task::Regression || all.is_empty() || bands == 0 {
        return Vec::new();
    }
    let quantile = |at: usize| moments::quantile(&all, at as f64 / bands as f64).ok();
    let mut edges: Vec<f64> = (0..=bands).filter_map(quantile).collect();
    edges.dedup();
    let last = edges.len().saturating_sub(2);
    let inside = |band: usize, answer: f64| {
        let above = answer >= edges[band];
        above && (answer < edges[band + 1] || (band == last && answer <= edges[band + 1]))
    };
    let of = |rows: &[usize], band: usize| {
        let errors = rows.iter().filter(|&&row| inside(band, answers.prediction[row]));
        let errors: Vec<f64> = errors.map(|&row| answers.prediction[row] - answers.label[row]).collect();
        let n = errors.len() as f64;
        let mean = |sum: f64| (n > 0.0).then(|| sum / n);
        (errors.len() as u64, mean(errors.iter().sum()), mean(errors.iter().map(|e| e.abs()).sum()))
    };
    (0..edges.len().saturating_sub(1))
        .map(|band| {
            let (was, is) = (of(&before, band), of(&after, band));
            Band {
                answers: (edges[band], edges[band + 1]),
                rows: (was.0, is.0),
                bias: (was.1, is.1),
                error: (was.2, is.2),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_confusion_are_those_of_its_cells() {
        // Truth 0: 40 right, 10 wrong; truth 1: 20 wrong, 30 right.
        let confusion = Confusion { classes: 2, counts: vec![40, 10, 20, 30] };
        assert_eq!((confusion.rows(), confusion.of_truth(1), confusion.of_answer(1)), (100, 50, 40));
        assert_eq!(confusion.accuracy(), Some(0.7));
        assert_eq!((confusion.recall(1), confusion.precision(1)), (Some(0.6), Some(0.75)));
        assert!((confusion.f1(1).unwrap() - 2.0 * 0.45 / 1.35).abs() < 1e-12);
        let none = Confusion { classes: 2, counts: vec![0; 4] };
        assert_eq!((none.accuracy(), none.recall(0), none.f1(1)), (None, None, None));
    }

    #[test]
    fn a_threshold_recounts_and_the_deployed_one_is_found() {
        let investigation = crate::app::fixture::investigation();
        let (dossier, framing) = (&investigation.dossier, &investigation.framing);
        let deployed = deployed_threshold(dossier).expect("the log has scores");
        let logged = confusion(dossier, &framing.after, None).expect("classes");
        let same = confusion(dossier, &framing.after, Some(deployed)).expect("classes");
        let apart: u64 = logged.counts.iter().zip(&same.counts).map(|(a, b)| a.abs_diff(*b)).sum();
        assert!(apart * 20 <= logged.rows(), "{deployed} {logged:?} {same:?}");
        let all = confusion(dossier, &framing.after, Some(0.0)).expect("classes");
        assert_eq!((all.of_answer(0), all.recall(1)), (0, Some(1.0)));
    }
}
