//! The model as it answers the rows that are served in the usual time, where the service gives late rows other answers.

use std::sync::Arc;

use crate::{
    autopsy::{Dossier, Framing},
    cached::cached,
    stats::moments,
    summary::Table,
};

use super::{Gap, Launch};

/// The share of answer times before the onset that counts as unusual on either side …
const UNUSUAL: f64 = 0.001;

/// … and the maximum share of unusual answer times, or of predictions other than the model's, that is normal.
pub(super) const USUAL: f64 = 0.005;

/// The answer times that were usual before the onset, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct UsualTimes {
    low: f64,
    high: f64,
}

cached!(struct UsualTimes { low, high });

impl UsualTimes {
    /// None where the log has no answer times before the onset.
    pub(super) fn before_the_onset(dossier: &Dossier, framing: &Framing) -> Option<Self> {
        let log = &dossier.production.sample.latency_ms;
        let mut usual: Vec<f64> = framing.before.iter().filter_map(|&row| log.get(row)).copied().collect();
        usual.retain(|time| time.is_finite());
        usual.sort_unstable_by(f64::total_cmp);
        let low = moments::quantile(&usual, UNUSUAL).ok()?;
        Some(Self { low, high: moments::quantile(&usual, 1.0 - UNUSUAL).ok()? })
    }

    /// Which rows took an unusual time; none where the table has no times, or no more of them than usual.
    pub(super) fn unusual(self, table: &Table) -> Option<Vec<bool>> {
        let ill: Vec<bool> =
            table.latency_ms.iter().map(|&time| time < self.low || time > self.high).collect();
        let share = ill.iter().filter(|ill| **ill).count() as f64 / table.rows.max(1) as f64;
        (ill.len() == table.rows && share > USUAL).then_some(ill)
    }
}

/// The model learnt from the rows since the onset that were answered in the usual time, where the other rows were answered
/// otherwise: by a default, or by an older model.
///
/// It shows what the model answers to inputs as they are served now, altered ones among them.
#[derive(Debug, Clone)]
pub struct InTime {
    /// The model.
    pub launch: Arc<Launch>,
    /// Its loss in excess of the logged answers.
    pub gap: Gap,
    usual: UsualTimes,
}

cached!(struct InTime { launch, gap, usual });

impl InTime {
    /// None where late rows are answered as the others are, or too few rows show it.
    pub(super) fn learn(dossier: &Dossier, framing: &Framing) -> Option<Self> {
        let usual = UsualTimes::before_the_onset(dossier, framing)?;
        let table = &dossier.production.sample;
        let ill = usual.unusual(&table.take(&framing.after))?;
        let since = || framing.after.iter().copied().zip(&ill);
        let in_time: Vec<usize> = since().filter(|(_, ill)| !**ill).map(|(row, _)| row).collect();
        let late: Vec<usize> = since().filter(|(_, ill)| **ill).map(|(row, _)| row).collect();
        let launch = Launch::learn_from(dossier, &in_time).filter(Launch::is_faithful)?;
        let gap = launch.gap(dossier)?;
        launch.is_answered_otherwise(dossier, table, &late).then(|| Self {
            launch: Arc::new(launch),
            gap,
            usual,
        })
    }

    /// Which rows of a table the service answered late.
    pub(super) fn late(&self, table: &Table) -> Vec<bool> {
        self.usual.unusual(table).unwrap_or_else(|| vec![false; table.rows])
    }
}
