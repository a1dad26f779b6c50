//! Support: do users ask what training never held?

use std::sync::Arc;

use crate::{
    autopsy::{
        Investigation, Stage, Step,
        catalogue::checks,
        exam::support::{Exemplar, Outside, SidePerformance, Support as Exam, UnseenLevel, features_of},
        view::row::among_training,
    },
    journal::Selection,
    model::support::Reason,
    stats::interval::{Z_95, wilson_of_mean},
    summary::Task,
    text::{number, time},
};

pub use super::state::{PlacedRow, Support};
use super::{Orders, ScreenSpec, arranged, move_cursor, no_cursor_reason};
use crate::app::{Action, Effect, Model, Reading, navigate::go_to};

/// The pane with the ways in which rows lie outside.
pub const REASONS: usize = 0;
/// The pane with the share of rows outside over time.
pub const COURSE: usize = 1;
/// The pane that compares rows inside and outside.
pub const PERFORMANCE: usize = 2;
/// The pane with levels never seen in training.
pub const UNSEEN: usize = 3;
/// The pane with the strangest rows.
pub const ROWS: usize = 4;

/// From so many columns on the screen shows the strange row under the cursor value by value.
pub const WITH_ROW: u16 = 170;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["Outside training", "Over time", "Inside and outside", "Never seen", "Strangest rows"],
    stages: &[Stage::Concept; 5],
    judged: Stage::Concept,
    act,
    disabled,
    reading,
    orders,
    selection,
    table,
};

fn orders(model: &Model) -> Orders {
    match model.pane() {
        PERFORMANCE => Orders::Fixed("inside and outside are two lines"),
        UNSEEN => Orders::Own(&[
            "the most frequent level first",
            "levels by the first time they were met",
            "by feature",
        ]),
        ROWS => Orders::Own(&["a row of each kind in turn", "the farthest row first", "rows by time"]),
        _ => Orders::Own(&["the most frequent way first", "what rose most first", "the costliest first"]),
    }
}

/// The ways in which rows lie outside, in the order of their pane.
#[must_use]
pub fn reasons<'a>(model: &Model, support: &'a Exam) -> Vec<&'a Outside> {
    let rise = |outside: &Outside| outside.share.1 - outside.share.0;
    let loss = |outside: &Outside| outside.loss.unwrap_or(f64::NEG_INFINITY);
    let order = model.screens.order(Step::Support, REASONS);
    let reasons = support.reasons.iter().collect();
    arranged(reasons, order, &[&|a, b| rise(b).total_cmp(&rise(a)), &|a, b| loss(b).total_cmp(&loss(a))])
}

/// The levels that training never held, in the order of their pane.
#[must_use]
pub fn unseen<'a>(model: &Model, support: &'a Exam) -> Vec<&'a UnseenLevel> {
    let first = |level: &UnseenLevel| level.first.unwrap_or(i64::MAX);
    let order = model.screens.order(Step::Support, UNSEEN);
    let levels = support.unseen.iter().collect();
    arranged(levels, order, &[&|a, b| first(a).cmp(&first(b)), &|a, b| a.feature.cmp(&b.feature)])
}

/// The strangest rows, in the order of their pane.
#[must_use]
pub fn strangest<'a>(model: &Model, support: &'a Exam) -> Vec<&'a Exemplar> {
    let order = model.screens.order(Step::Support, ROWS);
    let rows = support.exemplars.iter().collect();
    arranged(rows, order, &[&|a, b| b.distance.total_cmp(&a.distance), &|a, b| a.at.cmp(&b.at)])
}

/// The strange row under the cursor.
#[must_use]
pub fn strange<'a>(model: &Model, support: &'a Exam) -> Option<&'a Exemplar> {
    strangest(model, support).get(model.screens.support.row).copied()
}

/// Holds the row under the cursor against those of training, where the screen shows another one or none. All rows of training are
/// looked at, so a frame must not do it.
pub(super) fn refresh(model: &mut Model) {
    let Some(investigation) = model.investigation.clone().filter(|_| model.size.0 >= WITH_ROW) else {
        return;
    };
    let row = strange(model, &investigation.support).map(|exemplar| exemplar.row);
    let of = row.map(|row| (row, model.epoch));
    let shown = model.screens.support.placed.as_ref().map(|placed| placed.of);
    if of != shown {
        let placed =
            |of: (usize, u64)| PlacedRow { of, values: among_training(&investigation.dossier, of.0) };
        model.screens.support.placed = of.map(|of| Arc::new(placed(of)));
    }
}

/// How rows lie outside, in a few words, with the features' names.
#[must_use]
pub fn words(investigation: &Investigation, reason: Reason) -> String {
    let name =
        |feature: usize| investigation.dossier.plan.features.get(feature).map_or("", |f| f.name.as_str());
    let way = way(reason);
    match reason {
        Reason::UnseenLevel { feature }
        | Reason::OutOfRange { feature }
        | Reason::OutlyingVector { feature } => {
            format!("{}: {way}", name(feature))
        }
        Reason::RarePair { first, second } => format!("{} × {}: {way}", name(first), name(second)),
        Reason::Far => way.to_owned(),
    }
}

/// How rows lie outside, whatever the feature.
#[must_use]
pub const fn way(reason: Reason) -> &'static str {
    match reason {
        Reason::UnseenLevel { .. } => "unseen level",
        Reason::OutOfRange { .. } => "out of range or in a gap",
        Reason::OutlyingVector { .. } => "strange vector",
        Reason::RarePair { .. } => "rare pair",
        Reason::Far => "far from every training row",
    }
}

/// The lines of the list that the focused pane moves over.
fn lines(model: &Model) -> usize {
    let Some(investigation) = &model.investigation else {
        return 0;
    };
    match model.pane() {
        UNSEEN => investigation.support.unseen.len(),
        ROWS => investigation.support.exemplars.len(),
        _ => investigation.support.reasons.len(),
    }
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    match action {
        Action::View if model.investigation.as_ref().is_some_and(|i| i.support.similarity.is_empty()) => {
            Some("no column is an embedding".to_owned())
        }
        _ if lines(model) == 0 => no_cursor_reason(action),
        _ => None,
    }
}

fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let page = model.page();
    let investigation = model.investigation.clone()?;
    let support = &investigation.support;
    match (action, model.pane()) {
        (Action::Enter, _) => {
            let feature = match model.pane() {
                UNSEEN => unseen(model, support).get(model.screens.support.level).map(|level| level.feature),
                ROWS => {
                    let row = *strangest(model, support).get(model.screens.support.row)?;
                    model.at = row.at.or(model.at);
                    row.values.first().map(|(feature, _)| *feature)
                }
                _ => {
                    let reason = *reasons(model, support).get(model.screens.support.reason)?;
                    features_of(reason.reason).first().copied()
                }
            };
            let effects = go_to(model, Step::Feature);
            if let Some(feature) = feature {
                model.features.show(feature, &investigation);
            }
            return Some(effects);
        }
        (Action::View, _) => model.screens.support.similarity = !model.screens.support.similarity,
        (_, UNSEEN) => {
            model.screens.support.level =
                move_cursor(model.screens.support.level, support.unseen.len(), page, action)?;
        }
        (_, ROWS) => {
            model.screens.support.row =
                move_cursor(model.screens.support.row, support.exemplars.len(), page, action)?;
        }
        _ => {
            let n = support.reasons.len();
            if matches!(action, Action::NextFlagged | Action::PreviousFlagged) {
                return Some(next_risen(model, action));
            }
            let at = match action {
                Action::NextSubject => (model.screens.support.reason + 1).min(n.saturating_sub(1)),
                Action::PreviousSubject => model.screens.support.reason.saturating_sub(1),
                _ => move_cursor(model.screens.support.reason, n, page, action)?,
            };
            model.screens.support.reason = at;
        }
    }
    Some(Vec::new())
}

/// Moves to the next reason whose share rose.
fn next_risen(model: &mut Model, action: Action) -> Vec<Effect> {
    let investigation = model.investigation.clone();
    let reasons = investigation.as_ref().map_or_else(Vec::new, |i| reasons(model, &i.support));
    let (n, here) = (reasons.len(), model.screens.support.reason);
    let forward = action == Action::NextFlagged;
    let mut round = (1..=n).map(|d| if forward { (here + d) % n } else { (here + n - d) % n });
    match round.find(|&at| rose(reasons[at])) {
        Some(at) => {
            model.screens.support.reason = at;
            model.screens.pane[Step::Support as usize] = REASONS;
        }
        None => model.toast("no way of lying outside became more frequent"),
    }
    Vec::new()
}

/// Whether rows lie outside in this way more often than before.
#[must_use]
pub fn rose(outside: &Outside) -> bool {
    outside.share.1 > outside.share.0 + 0.01
}

/// How a side does, in words: accuracy where there are classes, else mean loss.
#[must_use]
pub fn doing(investigation: &Investigation, side: &SidePerformance) -> String {
    // A number is never answered exactly right.
    let accuracy = side.accuracy.filter(|_| investigation.dossier.task() != Task::Regression);
    match (accuracy, side.loss) {
        (Some(accuracy), _) => match wilson_of_mean(accuracy, side.labelled as u64, Z_95) {
            Ok((low, high)) => format!(
                "accuracy {} ({} to {})",
                number::metric(accuracy),
                number::metric(low),
                number::metric(high)
            ),
            Err(_) => format!("accuracy {}", number::metric(accuracy)),
        },
        (None, Some(loss)) => format!("mean loss {}", number::metric(loss)),
        (None, None) => "no labels".to_owned(),
    }
}

fn reading(model: &Model) -> Reading {
    let Some(investigation) = &model.investigation else {
        return Reading::default();
    };
    let support = &investigation.support;
    if support.rows.1 == 0 {
        return Reading::new("There are no production rows to place against training.", Step::Diagnosis);
    }
    let (was, is) = support.outside;
    let mut message = if is > was + 0.01 {
        let lead = support.reasons.first().map(|outside| words(investigation, outside.reason));
        let lead = lead.map_or_else(String::new, |lead| format!(" The most frequent way: {lead}."));
        format!(
            "Rows where training held nothing went from {} to {}.{lead}",
            number::share(was),
            number::share(is)
        )
    } else {
        format!(
            "Users ask what training held: {} of the rows lie outside, {} {}.",
            number::share(is),
            number::share(was),
            if investigation.framing.split().is_some() { "before" } else { "in training" }
        )
    };
    if let Some((all, inside)) = &support.loss
        && all.z() > 3.0
        && is > was + 0.01
    {
        message.push_str(if inside.z() < 3.0 {
            " Inside, what was lost is within noise."
        } else {
            " Rows inside do worse, so these rows are not all of it."
        });
    }
    Reading::new(message, Step::Diagnosis)
}

/// The reason under the cursor.
#[must_use]
pub fn reason(model: &Model) -> Option<&Outside> {
    let reasons = reasons(model, &model.investigation.as_ref()?.support);
    reasons.get(model.screens.support.reason.min(reasons.len().saturating_sub(1))).copied()
}

fn selection(model: &Model) -> Option<Selection> {
    let investigation = model.investigation.as_ref()?;
    let support = &investigation.support;
    let own = |id: &str, title: String, message: String| {
        Some(Selection { id: id.to_owned(), step: Step::Support, title, message })
    };
    match model.pane() {
        UNSEEN => {
            let level = *unseen(model, support).get(model.screens.support.level)?;
            let feature = investigation.dossier.feature_name(level.feature);
            let message = format!(
                "{} of {feature} was never seen in training; {} rows hold it",
                level.level, level.rows
            );
            own(
                &format!("support.level:{feature}={}", level.level),
                format!("new level of {feature}"),
                message,
            )
        }
        ROWS => {
            let row = *strangest(model, support).get(model.screens.support.row)?;
            let message = words(investigation, row.reason);
            own(&format!("support.row:{}", row.row), format!("strange row {}", row.row), message)
        }
        PERFORMANCE => {
            let (inside, outside) = &support.performance;
            let message =
                format!("inside {}, outside {}", doing(investigation, inside), doing(investigation, outside));
            own(checks::SUPPORT_LOSS.id, "performance inside and outside".to_owned(), message)
        }
        _ => match reason(model) {
            Some(outside) => {
                let (was, is) = outside.share;
                let name = words(investigation, outside.reason);
                let message = format!("{name}: {} → {} of the rows", number::share(was), number::share(is));
                own(&format!("support.reason:{name}"), name, message)
            }
            None => {
                let (was, is) = support.outside;
                let message =
                    format!("rows outside training: {} → {}", number::share(was), number::share(is));
                own(checks::SUPPORT_OUTSIDE.id, "rows outside training".to_owned(), message)
            }
        },
    }
}

fn table(model: &Model) -> Vec<Vec<String>> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let support = &investigation.support;
    let heads = |cells: &[&str]| vec![cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>()];
    let optional = |x: Option<f64>| x.map_or_else(|| number::MISSING.to_owned(), number::metric);
    match model.pane() {
        UNSEEN => {
            let mut rows = heads(&["feature", "level", "rows", "first met"]);
            rows.extend(unseen(model, support).into_iter().map(|level| {
                vec![
                    investigation.dossier.feature_name(level.feature).to_owned(),
                    level.level.clone(),
                    number::whole(level.rows as u64),
                    level.first.map_or_else(String::new, time::minute),
                ]
            }));
            rows
        }
        PERFORMANCE => {
            let mut rows = heads(&["rows", "placed", "labelled", "mean loss", "accuracy"]);
            let (inside, outside) = &support.performance;
            rows.extend([("inside", inside), ("outside", outside)].map(|(name, side)| {
                vec![
                    name.to_owned(),
                    side.rows.to_string(),
                    side.labelled.to_string(),
                    optional(side.loss),
                    optional(side.accuracy.filter(|_| investigation.dossier.task() != Task::Regression)),
                ]
            }));
            rows
        }
        ROWS => {
            let mut rows = heads(&["row", "when", "distance", "why", "values"]);
            rows.extend(strangest(model, support).into_iter().map(|row| {
                vec![
                    row.row.to_string(),
                    row.at.map_or_else(String::new, time::minute),
                    number::metric(row.distance),
                    words(investigation, row.reason),
                    values(investigation, &row.values),
                ]
            }));
            rows
        }
        _ => {
            let mut rows = heads(&["how", "before", "after", "mean loss", "labelled"]);
            rows.extend(reasons(model, support).into_iter().map(|outside| {
                vec![
                    words(investigation, outside.reason),
                    number::share(outside.share.0),
                    number::share(outside.share.1),
                    optional(outside.loss),
                    outside.labelled.to_string(),
                ]
            }));
            rows
        }
    }
}

/// Values of a row: `utilization 97.2, region lunar`.
#[must_use]
pub fn values(investigation: &Investigation, values: &[(usize, String)]) -> String {
    let name =
        |feature: usize| investigation.dossier.plan.features.get(feature).map_or("", |f| f.name.as_str());
    let shown: Vec<String> =
        values.iter().map(|(feature, value)| format!("{} {value}", name(*feature))).collect();
    shown.join(", ")
}
