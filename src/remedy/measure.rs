//! Measures every remedy on a case.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::autopsy::{Diagnosis, Investigation};

use super::{
    bench::{Basis, Bench, Labels, Measures, Remedy},
    comparison,
    policy::{self, Proposal},
    review,
};

/// How far a measurement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Units done.
    pub done: usize,
    /// Units in all.
    pub of: usize,
    /// What runs.
    pub what: &'a str,
}

/// Whoever watches a measurement, and may stop it.
#[derive(Clone, Copy, Default)]
pub struct Watch<'a> {
    /// Hears of each unit; called from several threads.
    pub progress: Option<&'a (dyn Fn(Progress<'_>) + Sync)>,
    /// Stops it, between two fits.
    pub cancel: Option<&'a AtomicBool>,
}

impl Watch<'_> {
    /// Whether somebody wants it to stop.
    pub(super) fn is_stopped(&self) -> bool {
        self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed))
    }
}

/// A measurement that was stopped before it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the measurement was stopped")]
pub struct Stopped;

/// Measures every remedy on a case.
///
/// The same investigation gives the same bench, whatever the number of threads.
///
/// # Errors
///
/// [`Stopped`] when the watch stopped it.
pub fn measure(investigation: &Investigation, watch: &Watch<'_>) -> Result<Bench, Stopped> {
    if watch.is_stopped() {
        return Err(Stopped);
    }
    let diagnosis = &investigation.diagnosis;
    let proposals = Remedy::ALL
        .into_iter()
        .map(|remedy| Proposal {
            remedy,
            name: remedy.name().to_owned(),
            features: Vec::new(),
            basis: Basis::Unmeasured("it was not tried on this case".to_owned()),
        })
        .collect();
    let offers = policy::rank(proposals, &diagnosis.hypotheses);
    let advice = offers
        .first()
        .map_or_else(String::new, |offer| offer.because.clone());
    Ok(Bench {
        cause: diagnosis
            .top()
            .map(|top| (top.cause, diagnosis.undecided.is_none())),
        measures: Measures {
            loss: "loss",
            headline: investigation.performance.headline,
            decision: None,
            loss_before: None,
            loss_since: None,
        },
        labels: Labels {
            rows: 0,
            weight: 1.0,
            training: 0,
            folds: 0,
            block: 0,
            a_day: None,
            delay: None,
            last: None,
            lacking: None,
        },
        offers,
        retraining: Vec::new(),
        curve: None,
        advice,
        first: first_step(diagnosis),
        comparison: comparison::compare(investigation),
        review: review::review(investigation),
    })
}

/// What to do first where the diagnosis can't tell.
fn first_step(diagnosis: &Diagnosis) -> Option<String> {
    diagnosis.undecided.as_ref()?;
    diagnosis.top()?.would_settle.first().cloned()
}
