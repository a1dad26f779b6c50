//! Long work that can be watched and stopped: what is told of its progress, and how it is cancelled.

use std::{
    fmt,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

/// What a caller lends to long work: an observer that is told how far it is, and a flag that stops it.
///
/// * `P`: what the observer is told.
pub struct RunControl<'a, P = Progress> {
    /// Called after every step, possibly from several threads at once.
    pub progress: Option<&'a (dyn Fn(P) + Sync)>,
    /// Set to true to stop the work between two of its steps.
    pub cancel: Option<&'a AtomicBool>,
}

impl<P> RunControl<'_, P> {
    /// Tells the observer, if there is one.
    pub fn report(&self, progress: P) {
        if let Some(report) = self.progress {
            report(progress);
        }
    }

    /// Whether the work is to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

// Derived, these would ask the same of `P`.
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

/// How far work is that is done in units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Units done.
    pub done: usize,
    /// Units in all.
    pub of: usize,
    /// What was done last.
    pub what: String,
}

/// Work that was stopped before it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the measurement was stopped")]
pub struct Stopped;

/// Counts the units of some work, and asks before each whether to go on.
pub(crate) struct Counter<'a> {
    control: &'a RunControl<'a>,
    done: AtomicUsize,
    of: usize,
}

impl<'a> Counter<'a> {
    /// * `of`: units in all.
    pub(crate) const fn new(control: &'a RunControl<'a>, of: usize) -> Self {
        Self { control, done: AtomicUsize::new(0), of }
    }

    /// Asks whether to go on, in the middle of a unit.
    pub(crate) fn check(&self) -> Result<(), Stopped> {
        if self.control.is_cancelled() { Err(Stopped) } else { Ok(()) }
    }

    /// Runs a unit, unless somebody stopped the work.
    pub(crate) fn run<T>(&self, what: &str, unit: impl FnOnce() -> T) -> Result<T, Stopped> {
        self.check()?;
        let result = unit();
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.control.report(Progress { done, of: self.of, what: what.to_owned() });
        Ok(result)
    }
}
