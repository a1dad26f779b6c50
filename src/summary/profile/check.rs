//! Checks that the parts of a document are consistent: a file edited by hand must not make the program fail
//! later.

use super::{BinsPart, ColumnPart, Kind, LatencyHistogram, Profile, ProfileError};
use crate::summary::Task;

/// The maximum number of windows, bins or classes; no pass produces more.
const MOST_WINDOWS: usize = 1 << 20;
const MOST_EDGES: usize = 512;
const MOST_CLASSES: usize = 4096;

impl Profile {
    pub(super) fn check(&self) -> Result<(), ProfileError> {
        let windows = self.windows.as_ref().map_or(1, |windows| windows.count);
        let classes = self.classes.len();
        let holds = |right: bool, what: &str| {
            if right { Ok(()) } else { Err(ProfileError::Contradiction(what.to_owned())) }
        };
        holds((1..=MOST_WINDOWS).contains(&windows), "the number of windows")?;
        holds(self.totals.len() == windows, "totals has an entry for each window")?;
        holds(!self.features.is_empty(), "there is no feature")?;
        holds(
            self.known_classes <= classes && classes <= MOST_CLASSES,
            "known_classes is more than the classes",
        )?;
        let distinct: std::collections::HashSet<&String> = self.classes.iter().collect();
        holds(distinct.len() == classes, "two classes have one name")?;
        let enough = match self.task {
            Task::Regression => classes == 0,
            Task::Binary => self.known_classes >= 2,
            Task::Multiclass => self.known_classes >= 1,
        };
        holds(enough, "the task asks for other classes")?;
        let sum: u64 = self.totals.iter().map(|totals| totals.rows).sum();
        holds(sum == self.rows, "the windows hold other rows than rows says")?;
        for (column, shown) in self
            .features
            .iter()
            .map(|feature| (feature, feature.name.as_str()))
            .chain([(&self.answers, "answers"), (&self.labels, "labels")])
        {
            if let Some(what) = wrong(column, windows) {
                return Err(ProfileError::Contradiction(format!("{shown}: {what}")));
            }
        }
        for part in [&self.answers, &self.labels] {
            if let BinsPart::Levels { own, .. } = part.bins {
                holds(own == self.known_classes, "answers and labels are counted by class")?;
            }
        }
        let bins = self.answers.bins.bins().fine();
        for totals in &self.totals {
            let answers = &totals.answers;
            let squared = [0, classes * classes].contains(&answers.confusion.len());
            holds(squared, "confusion is classes x classes")?;
            let scored = [0, 2 * bins].contains(&answers.score_by_label.len());
            holds(scored, "score_by_label has two rows of bins")?;
            let timed = [0, LatencyHistogram::BINS].contains(&totals.latency.len());
            holds(timed, "latency has 112 bins")?;
        }
        Ok(())
    }
}

/// Returns what is wrong with a column.
fn wrong(column: &ColumnPart, windows: usize) -> Option<&'static str> {
    let fine = match &column.bins {
        BinsPart::Numeric { edges, coarse, points } => {
            let ascending = |values: &[f64]| values.windows(2).all(|pair| pair[0] < pair[1]);
            if edges.len() > MOST_EDGES || !ascending(edges) || !ascending(points) {
                return Some("edges and points ascend");
            }
            let steps = coarse.windows(2).all(|pair| pair[1] == pair[0] || pair[1] == pair[0] + 1);
            if coarse.len() != edges.len() + 1 || coarse.first() != Some(&0) || !steps {
                return Some("coarse names a bin for each interval, ascending from 0");
            }
            column.bins.bins().fine()
        }
        BinsPart::Levels { own, known } => {
            let named = column.levels.len();
            if own > known || (!column.name.is_empty() && (named != *known || *own > named)) {
                return Some("the bins name other levels than levels does");
            }
            if *known > 1 << 24 {
                return Some("there are too many levels");
            }
            column.bins.bins().fine()
        }
        BinsPart::None => column.bins.bins().fine(),
    };
    let of_kind = column.name.is_empty()
        || matches!(
            (column.kind, &column.bins),
            (Kind::Numeric, BinsPart::Numeric { .. })
                | (Kind::Categorical, BinsPart::Levels { .. })
                | (Kind::Embedding, BinsPart::None)
        );
    if !of_kind {
        return Some("the bins are of another kind than the column");
    }
    let each = |n: usize| n == windows;
    if !each(column.counts.len()) || column.counts.iter().any(|row| row.len() != fine) {
        return Some("counts has a number for each bin of each window");
    }
    if !(column.moments.is_empty() || each(column.moments.len())) {
        return Some("moments has an entry for each window");
    }
    if !(column.unreadable.is_empty() || each(column.unreadable.len())) {
        return Some("unreadable has an entry for each window");
    }
    None
}
