//! The row of the log, the segment or the metric under the cursor of a pane of Remedy.

use super::{COMPARISON, Comparing, GOLDEN, REVIEW, Reviewing, candidate, review};
use crate::{
    app::Model,
    autopsy::exam::concept::{Segment, rows_of_segment},
    model::support::Reason,
    remedy::review::Why,
    summary::Micros,
    text::{number, time},
};

/// What the cursor is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Under {
    /// A stable name, for pins and notes.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What is known of it.
    pub message: String,
    /// When it was asked.
    pub at: Option<Micros>,
    /// The feature that shows why it is here.
    pub feature: Option<usize>,
}

/// What the cursor of the focused pane is on; none where the pane shows no list of such.
pub(super) fn under(model: &Model) -> Option<Under> {
    match model.pane() {
        COMPARISON => compared(model),
        REVIEW if model.screens.remedy.reviewing == Reviewing::Queue => queued(model),
        GOLDEN => proposed(model),
        _ => None,
    }
}

/// A line of a list, the last one if the cursor is beyond its end.
fn line<T>(all: &[T], at: usize) -> Option<&T> {
    all.get(at.min(all.len().checked_sub(1)?))
}

fn compared(model: &Model) -> Option<Under> {
    let (comparison, view) = candidate::shown(model)?;
    let (at, name) = (model.screens.remedy.compared, &comparison.name);
    match view {
        Comparing::Segments => {
            let segment = line(&comparison.segments, at)?;
            let part = format!("{} {}", model.feature_name(segment.feature), segment.name);
            let harmed = if segment.harmed { ": harmed" } else { "" };
            Some(Under {
                id: format!("remedy.candidate:{name}:{part}"),
                title: format!("candidate {name} on {part}"),
                message: format!(
                    "{} {} → {} on {} rows, gain {}{harmed}",
                    comparison.measure.name(),
                    number::metric(segment.gained.incumbent),
                    number::metric(segment.gained.candidate),
                    number::count(segment.gained.rows.1),
                    number::signed(segment.gained.gain)
                ),
                at: None,
                feature: Some(segment.feature),
            })
        }
        Comparing::Metrics => {
            let pair = line(&comparison.metrics, at)?;
            let metric = pair.metric.name();
            Some(Under {
                id: format!("remedy.candidate:{name}:{metric}"),
                title: format!("candidate {name}, {metric}"),
                message: format!(
                    "{metric} {} → {}, gain {}",
                    number::metric(pair.incumbent),
                    number::metric(pair.candidate),
                    number::signed(pair.gain)
                ),
                at: None,
                feature: None,
            })
        }
        Comparing::Disagreements => {
            let row = line(candidate::exemplars(comparison), at)?;
            Some(Under {
                id: format!("remedy.candidate:{name}:row {}", row.row),
                title: format!("row {}, where candidate {name} differs", row.row),
                message: format!("the candidate's loss there is smaller by {}", number::signed(row.gain)),
                at: row.at,
                feature: None,
            })
        }
        Comparing::Verdict | Comparing::Days | Comparing::Calibration | Comparing::Latency => None,
    }
}

/// When a row of the sample was asked.
fn asked(model: &Model, row: usize) -> Option<Micros> {
    model.dossier.as_ref()?.production.sample.time.get(row).copied()
}

/// A row's number, with its time where the log has a clock.
fn titled(what: &str, row: usize, at: Option<Micros>) -> String {
    let at = at.map_or_else(String::new, |at| format!(" of {}", time::minute(at)));
    format!("row {row}{at}, {what}")
}

fn queued(model: &Model) -> Option<Under> {
    let row = line(review::queued(model), model.screens.remedy.queued)?;
    let feature = match row.why {
        Why::New(Some(
            Reason::UnseenLevel { feature }
            | Reason::OutOfRange { feature }
            | Reason::OutlyingVector { feature },
        )) => Some(feature),
        Why::New(Some(Reason::RarePair { first, .. })) => Some(first),
        Why::New(Some(Reason::Far) | None) | Why::Doubtful | Why::Disputed | Why::Random => None,
    };
    let at = asked(model, row.row);
    Some(Under {
        id: format!("remedy.queue:{}", row.row),
        title: titled("to be reviewed", row.row, at),
        message: format!("{}, expected loss {}", row.why.id(), number::metric(row.doubt)),
        at,
        feature,
    })
}

fn proposed(model: &Model) -> Option<Under> {
    let state = &model.screens.remedy;
    let proposal = line(&state.golden, state.proposed)?;
    let at = asked(model, proposal.row);
    Some(Under {
        id: format!("remedy.golden:{}", proposal.row),
        title: titled("for the golden set", proposal.row, at),
        message: review::reason(model, proposal),
        at,
        feature: proposal.feature,
    })
}

/// The rows of the list that the cursor is on, what they have in common, and the input that belongs first; none where the
/// pane lists no rows.
pub(in crate::app) fn rows(model: &Model) -> Option<(String, Vec<usize>, Option<usize>)> {
    let feature = under(model).and_then(|under| under.feature);
    match model.pane() {
        COMPARISON => {
            let (comparison, view) = candidate::shown(model)?;
            let name = &comparison.name;
            if view == Comparing::Disagreements {
                let rows = candidate::exemplars(comparison).iter().map(|row| row.row).collect();
                return Some((format!("where candidate {name} differs most"), rows, None));
            }
            let at = model.screens.remedy.compared;
            let segment = line(&comparison.segments, at).filter(|_| view == Comparing::Segments)?;
            let investigation = model.investigation.as_ref()?;
            let all = &investigation.concept.segments;
            let same =
                |known: &&Segment| known.feature == Some(segment.feature) && known.name == segment.name;
            let known = all.iter().find(same)?;
            let rows = rows_of_segment(&investigation.dossier, known, &investigation.framing.after);
            let part = format!("{} {}", model.feature_name(segment.feature), segment.name);
            Some((part, rows, Some(segment.feature)))
        }
        REVIEW if model.screens.remedy.reviewing == Reviewing::Queue => {
            let rows = review::queued(model).iter().map(|row| row.row).collect();
            Some(("of the review queue".to_owned(), rows, feature))
        }
        GOLDEN => {
            let rows = model.screens.remedy.golden.iter().map(|proposal| proposal.row).collect();
            Some(("for the golden set".to_owned(), rows, feature))
        }
        _ => None,
    }
}
