//! Progress of headless commands on stderr, shown only if stderr is a terminal.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{engine, text::number};

/// A progress line on stderr.
pub(super) struct ProgressLine {
    bar: ProgressBar,
}

impl ProgressLine {
    /// Creates the line; it stays hidden if stderr is not a terminal.
    pub(super) fn start() -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar }
    }

    /// Shows the progress of a pass.
    pub(super) fn pass(&self, progress: engine::PassProgress) {
        let snapshot = progress.snapshot.key();
        let rows = number::count(progress.rows);
        self.bar.set_message(match progress.of {
            Some(of) if of > 0 => {
                let share = number::share((progress.rows as f64 / of as f64).min(1.0));
                format!("{snapshot}: {rows} of {} rows, {share}", number::count(of))
            }
            _ => format!("{snapshot}: {rows} rows"),
        });
    }

    /// Shows the current step.
    pub(super) fn stage(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
