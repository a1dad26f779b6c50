//! Progress reporting and cancellation of long-running work.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// Callbacks that a caller passes to long-running work: an observer that receives progress, and a flag that
/// cancels.
///
/// * `P`: what the observer receives.
pub struct RunControl<'a, P = Progress> {
    /// Called after every step, possibly from several threads at once.
    pub progress: Option<&'a (dyn Fn(P) + Sync)>,
    /// Set to true to stop the work between two steps.
    pub cancel: Option<&'a AtomicBool>,
}

impl<P> RunControl<'_, P> {
    /// Notifies the observer, if there is one.
    pub fn report(&self, progress: P) {
        if let Some(report) = self.progress {
            report(progress);
        }
    }

    /// Whether the work was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

// A derived impl would require the same of `P`.
impl<P> Clone for RunControl<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for RunControl<'_, P> {}

impl<P> Default for RunControl<'_, P> {
    fn default() -> Self {
        Self { progress: None, cancel: None }
    }
}

impl<P> fmt::Debug for RunControl<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunControl").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

/// Progress of work that is counted in units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Units done.
    pub done: usize,
    /// Total number of units.
    pub of: usize,
    /// The last completed unit.
    pub what: String,
}

/// The work was cancelled before it was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the measurement was stopped")]
pub struct Stopped;

/// Counts units of work, and checks for cancellation before each.
pub(crate) struct Counter<'a> {
    control: &'a RunControl<'a>,
    done: AtomicUsize,
    of: usize,
}

impl<'a> Counter<'a> {
    /// * `of`: total number of units.
    pub(crate) const fn new(control: &'a RunControl<'a>, of: usize) -> Self {
        Self { control, done: AtomicUsize::new(0), of }
    }

    /// Checks for cancellation in the middle of a unit.
    pub(crate) fn check(&self) -> Result<(), Stopped> {
        if self.control.is_cancelled() { Err(Stopped) } else { Ok(()) }
    }

    /// Runs a unit, unless the work was cancelled.
    pub(crate) fn run<T>(&self, what: &str, unit: impl FnOnce() -> T) -> Result<T, Stopped> {
        self.check()?;
        let result = unit();
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.control.report(Progress { done, of: self.of, what: what.to_owned() });
        Ok(result)
    }
}
