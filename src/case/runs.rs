//! The outcomes of earlier checks: a file with one JSON object a line, to which `coroner check` appends.

use crate::cached::cached;
use serde::{Deserialize, Serialize};

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The case's title.
    #[serde(default)]
    pub case: String,
    /// The last instant of the log, RFC 3339; none without a clock.
    #[serde(default)]
    pub until: Option<String>,
    /// Whether a rule was violated.
    pub degraded: bool,
    /// The headline metric's id.
    #[serde(default)]
    pub metric: Option<String>,
    /// Its value in the reference.
    #[serde(default)]
    pub baseline: Option<f64>,
    /// Its value in production.
    #[serde(default)]
    pub value: Option<f64>,
    /// The ids of the violated rules.
    #[serde(default)]
    pub violated: Vec<String>,
}

cached!(struct Run { case, until, degraded, metric, baseline, value, violated });

/// The runs in a text, in the order of its lines; a line that is no run is passed over.
#[must_use]
pub fn runs_in(text: &str) -> Vec<Run> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The runs at the end that were all degraded: how many, and the first of them.
#[must_use]
pub fn streak(runs: &[Run]) -> Option<(usize, &Run)> {
    let length = runs.iter().rev().take_while(|run| run.degraded).count();
    runs.get(runs.len() - length).map(|first| (length, first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_back_and_a_streak_is_found() {
        let text = "{\"degraded\":false,\"until\":\"2026-03-01T00:00:00Z\"}\nnot a run\n\
                    {\"degraded\":true,\"until\":\"2026-03-02T00:00:00Z\",\"violated\":[\"drift.psi age\"]}\n{\"degraded\":true}\n";
        let runs = runs_in(text);
        assert_eq!(runs.len(), 3);
        let (length, first) = streak(&runs).expect("two are degraded");
        assert_eq!((length, first.until.as_deref()), (2, Some("2026-03-02T00:00:00Z")));
        assert_eq!(streak(&runs[..1]), None);
        let again = runs_in(&serde_json::to_string(&runs[1]).expect("plain fields"));
        assert_eq!(again, runs[1..2]);
    }
}
