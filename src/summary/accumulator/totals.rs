//! The totals of one window: predictions against labels, and serving metrics.

use std::collections::BTreeMap;

use crate::{
    cached::cached,
    summary::{
        AnswerCounts, LatencyHistogram,
        exact::{ExactMoments, ExactSum},
    },
};

/// [`AnswerCounts`] whose sums are exact.
#[derive(Debug, Clone, Default)]
pub(super) struct ExactAnswers {
    whole: AnswerCounts,
    sums: [ExactSum; 9],
}

cached!(struct ExactAnswers { whole, sums });

impl ExactAnswers {
    fn sums_of(c: &AnswerCounts) -> [f64; 9] {
        let (relative, _) = c.relative_error;
        let (label, squares) = c.label;
        [
            c.log_loss,
            c.brier,
            c.error,
            c.absolute_error,
            c.squared_error,
            c.fourth_power_error,
            relative,
            label,
            squares,
        ]
    }

    pub(super) fn add(&mut self, batch: &AnswerCounts) {
        self.add_counts(batch);
        self.sums.iter_mut().zip(Self::sums_of(batch)).for_each(|(sum, term)| sum.add(term));
    }

    fn add_counts(&mut self, other: &AnswerCounts) {
        fn add(a: &mut Vec<u64>, b: &[u64]) {
            a.resize(a.len().max(b.len()), 0);
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        }
        self.whole.labelled += other.labelled;
        self.whole.scored += other.scored;
        self.whole.relative_error.1 += other.relative_error.1;
        add(&mut self.whole.confusion, &other.confusion);
        add(&mut self.whole.score_by_label, &other.score_by_label);
    }

    fn merge(&mut self, other: &Self) {
        self.add_counts(&other.whole);
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| a.merge(b));
    }

    pub(super) fn finish(self) -> AnswerCounts {
        let [log_loss, brier, error, absolute, squared, fourth, relative, label, squares] =
            self.sums.map(|sum| sum.value());
        AnswerCounts {
            log_loss,
            brier,
            error,
            absolute_error: absolute,
            squared_error: squared,
            fourth_power_error: fourth,
            relative_error: (relative, self.whole.relative_error.1),
            label: (label, squares),
            ..self.whole
        }
    }
}

/// The counts of one window that belong to no single column.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    pub(super) rows: u64,
    pub(super) answers: ExactAnswers,
    pub(super) latency: LatencyHistogram,
    pub(super) cpu: ExactMoments,
    pub(super) memory: ExactMoments,
    /// Rows whose label or prediction is a class unknown in training: label, prediction, rows.
    pub(super) fresh: BTreeMap<(String, String), u64>,
}

cached!(struct Totals { rows, answers, latency, cpu, memory, fresh });

impl Totals {
    pub(super) fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.answers.merge(&other.answers);
        self.latency.merge(&other.latency);
        self.cpu.merge(&other.cpu);
        self.memory.merge(&other.memory);
        for (pair, rows) in &other.fresh {
            *self.fresh.entry(pair.clone()).or_default() += rows;
        }
    }
}

impl AnswerCounts {
    /// Adds classes that were first seen later.
    ///
    /// * `from`, `to`: the number of classes before and after; the first ones keep their index.
    pub fn widen_confusion(&mut self, from: usize, to: usize) {
        if self.confusion.is_empty() || from == to {
            return;
        }
        let mut wide = vec![0; to * to];
        for (label, row) in self.confusion.chunks_exact(from.max(1)).enumerate() {
            wide[label * to..label * to + from].copy_from_slice(row);
        }
        self.confusion = wide;
    }
}
