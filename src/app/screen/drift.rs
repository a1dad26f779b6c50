//! Drift: which inputs moved, when, together?

use std::fmt::Write as _;

use crate::{
    autopsy::{
        Finding, Investigation, Severity, Stage, Step, Subject,
        catalogue::checks,
        exam::drift::{DISTANCES, DriftRow},
    },
    journal::{Entry, Selection},
    summary::Grid,
    text::{number, time},
    wording::features,
};

pub use super::state::{CellMeasure, Drift};
use super::{Orders, ScreenSpec, arranged, move_cursor, no_cursor_reason};
use crate::app::{
    Action, Effect, Model, Reading,
    navigate::go_to,
    record::record,
    suspicion::{accusations, is_healthy},
};

/// The pane with the heat map.
pub const MAP: usize = 0;
/// The pane with the cell's bins.
pub const CELL: usize = 1;
/// The pane that ranks features by how well they follow the loss.
pub const SAME_ONSET: usize = 2;
/// The pane that counts by source.
pub const SOURCES: usize = 3;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["PSI", "Cell", "Same onset", "By source"],
    stages: &[Stage::Drift; 4],
    judged: Stage::Drift,
    act,
    disabled,
    reading,
    orders,
    selection,
    table,
};

fn orders(model: &Model) -> Orders {
    match model.pane() {
        SAME_ONSET => Orders::Own(&["who follows the loss best first", "by name"]),
        SOURCES => Orders::Own(&["the most flagged sources first", "sources by name"]),
        _ => Orders::Features,
    }
}

/// What stands in place of a source where the contract names none.
pub const NO_SOURCE: &str = "no source";

/// The window under the cursor: the one that holds the instant under it, else the one with the onset, else the last.
#[must_use]
pub fn window(model: &Model) -> Option<usize> {
    let grid = model.drift()?.grid?;
    let onset = model.investigation.as_ref()?.framing.split();
    let at = model.at.or(onset);
    at.and_then(|at| grid.window(at)).or(grid.windows.checked_sub(1))
}

/// The line of the feature under the cursor.
#[must_use]
pub fn row(model: &Model) -> Option<&DriftRow> {
    let feature = model.features.current()?;
    model.drift()?.features.iter().find(|row| row.feature == feature)
}

/// Features ranked by how well their PSI follows the loss, in the order of their pane.
#[must_use]
pub fn same_onset(model: &Model) -> Vec<(usize, f64)> {
    let rows = model.drift().map_or(&[][..], |drift| &drift.features);
    let mut ranked: Vec<(usize, f64)> =
        rows.iter().filter_map(|row| Some((row.feature, row.follows_loss?))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let name = |of: &(usize, f64)| model.feature_name(of.0).to_owned();
    arranged(ranked, model.screens.order(Step::Drift, SAME_ONSET), &[&|a, b| name(a).cmp(&name(b))])
}

/// Sources with their features at or over the alarm level and all their features, in the order of their pane.
#[must_use]
pub fn by_source(model: &Model) -> Vec<(String, usize, usize)> {
    let (Some(investigation), Some(drift)) = (&model.investigation, model.drift()) else {
        return Vec::new();
    };
    let mut sources: Vec<(String, usize, usize)> = Vec::new();
    for (row, feature) in drift.features.iter().zip(&investigation.dossier.plan.features) {
        let name = feature.source.as_deref().unwrap_or(NO_SOURCE);
        let at = sources.iter().position(|(known, ..)| known == name).unwrap_or_else(|| {
            sources.push((name.to_owned(), 0, 0));
            sources.len() - 1
        });
        sources[at].1 += usize::from(row.level == 2);
        sources[at].2 += 1;
    }
    sources.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    arranged(sources, model.screens.order(Step::Drift, SOURCES), &[&|a, b| a.0.cmp(&b.0)])
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    let empty = match model.pane() {
        SAME_ONSET => same_onset(model).is_empty(),
        SOURCES => by_source(model).is_empty(),
        _ => false,
    };
    empty.then(|| no_cursor_reason(action)).flatten()
}

fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let page = model.page();
    match (action, model.pane()) {
        (Action::Enter, SAME_ONSET) => {
            let (feature, _) = *same_onset(model).get(model.screens.drift.same)?;
            let investigation = model.investigation.clone()?;
            let effects = go_to(model, Step::Feature);
            model.features.show(feature, &investigation);
            Some(effects)
        }
        (Action::Enter, SOURCES) => {
            let (name, ..) = by_source(model).get(model.screens.drift.source)?.clone();
            let text = format!("src:{}", name.split_whitespace().next().unwrap_or_default());
            model.screens.pane[Step::Drift as usize] = MAP;
            Some(record(model, Entry::Filter { text }))
        }
        (Action::Enter, _) => Some(go_to(model, Step::Feature)),
        (Action::Measure, _) => {
            let all = CellMeasure::ALL;
            model.screens.drift.measure = all[(model.screens.drift.measure as usize + 1) % all.len()];
            Some(Vec::new())
        }
        (Action::Left | Action::Right, _) => {
            super::triage::move_window(model, action);
            Some(Vec::new())
        }
        (
            Action::NextFlagged | Action::PreviousFlagged | Action::NextSubject | Action::PreviousSubject,
            _,
        ) => move_feature(model, action),
        (_, SAME_ONSET) => {
            model.screens.drift.same =
                move_cursor(model.screens.drift.same, same_onset(model).len(), page, action)?;
            Some(Vec::new())
        }
        (_, SOURCES) => {
            model.screens.drift.source =
                move_cursor(model.screens.drift.source, by_source(model).len(), page, action)?;
            Some(Vec::new())
        }
        _ => move_feature(model, action),
    }
}

/// Moves the cursor over the features; shared by the screens that list them.
pub(in crate::app) fn move_feature(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let n = model.features.listed.len();
    let page = model.page();
    let at = match action {
        Action::NextSubject => (model.features.at + 1).min(n.saturating_sub(1)),
        Action::PreviousSubject => model.features.at.saturating_sub(1),
        Action::NextFlagged | Action::PreviousFlagged => {
            let investigation = model.investigation.clone()?;
            let forward = action == Action::NextFlagged;
            let Some(at) = model.features.flagged(&investigation, forward) else {
                model.toast("no listed feature is flagged");
                return Some(Vec::new());
            };
            at
        }
        _ => move_cursor(model.features.at, n, page, action)?,
    };
    model.features.at = at;
    model.screens.scroll[model.screen as usize] = 0;
    Some(Vec::new())
}

/// A window in words: a day, or a moment where windows are shorter.
#[must_use]
pub fn window_name(grid: &Grid, window: usize) -> String {
    let from = grid.span(window).from;
    if grid.width >= crate::summary::Width::Day { time::day(from) } else { time::short(from) }
}

fn reading(model: &Model) -> Reading {
    let (Some(investigation), Some(drift)) = (&model.investigation, model.drift()) else {
        return Reading::default();
    };
    let (features, sides) = (&drift.features, model.sides());
    let alarmed: Vec<&DriftRow> = features.iter().filter(|row| row.level == 2).collect();
    if alarmed.is_empty() && sides.are_periods {
        return Reading::new(
            "Between the two periods no input's distribution moved far.",
            next(investigation),
        );
    }
    if alarmed.is_empty() {
        // Answers and outcomes are rows above the inputs, and contribute to the step's sign; what sums the inputs up is not beside
        // them.
        let of_all = |finding: &&Finding| {
            finding.step == Step::Drift
                && finding.id.check.id != checks::DRIFT_PSI.id
                && finding.flagged()
                && !matches!(finding.subject, Subject::Feature(_))
        };
        let worst = investigation.findings.iter().filter(of_all).max_by_key(|f| f.verdict.severity());
        if let Some(finding) = worst {
            let message = format!("No input's distribution moved far, but this did: {}", finding.message);
            return Reading::new(message, next(investigation));
        }
        let watched = features.iter().filter(|row| row.level == 1).count();
        let message = match watched {
            // A small change of scale hides from every distance; the lattice of the values shows it.
            0 => "No input's distribution moved far; Feature tells whether values were altered on their way."
                .to_owned(),
            1 => "No input alarms; one is worth a look.".to_owned(),
            n => format!("No input alarms; {n} are worth a look."),
        };
        return Reading::new(message, Step::Feature);
    }
    let mut strongest = alarmed.clone();
    strongest.sort_by(|a, b| b.max_psi.total_cmp(&a.max_psi));
    let strongest: Vec<usize> = strongest.iter().map(|row| row.feature).collect();
    let mut message = features::names(&investigation.dossier, &strongest);
    message.push_str(match alarmed.len() {
        1 => " moved",
        n if n * 2 > features.len() => " moved, most of all inputs",
        _ => " moved together",
    });
    if sides.are_periods {
        message.push_str(" between the two periods");
    }
    let sources = by_source(model);
    let hit: Vec<&(String, usize, usize)> = sources.iter().filter(|(_, n, _)| *n > 0).collect();
    match hit.as_slice() {
        [(name, n, of)] if sources.len() > 1 && name != NO_SOURCE => {
            let _ = write!(message, ": {n} of {of} inputs of one source, {name}, and none of another");
        }
        _ if sources.len() > 1 => {
            let _ = write!(message, ", over {} of {} sources", hit.len(), sources.len());
        }
        _ => {}
    }
    message.push('.');
    let followers = alarmed.iter().filter(|row| row.follows_loss.is_some_and(|rho| rho >= 0.7)).count();
    if followers > 0 && followers < alarmed.len() {
        let _ = write!(message, " {followers} of {} follow the course of the loss.", alarmed.len());
    }
    if is_healthy(investigation) {
        message.push_str(" It costs nothing: the model does as well as before.");
    }
    Reading::new(message, Step::Feature)
}

/// Where a moved answer leads: to the inputs, where one of them is accused, else to the relation.
fn next(investigation: &Investigation) -> Step {
    let accused = accusations(investigation).into_iter().any(|worst| worst >= Some(Severity::Watch));
    if accused { Step::Feature } else { Step::Concept }
}

/// What Drift found about a feature, and the id under which that is pinned.
#[must_use]
pub fn pinned_as(investigation: &Investigation, feature: usize) -> (String, Option<&Finding>) {
    let own = |f: &&Finding| f.step == Step::Drift && f.subject == Subject::Feature(feature);
    let finding = investigation.findings.iter().find(own);
    let name = investigation.dossier.feature_name(feature);
    let id = finding.map_or_else(|| checks::DRIFT_PSI.of(name), |finding| finding.id.clone());
    (id.to_string(), finding)
}

fn selection(model: &Model) -> Option<Selection> {
    let investigation = model.investigation.as_ref()?;
    let row = row(model)?;
    let name = investigation.dossier.feature_name(row.feature);
    let (id, finding) = pinned_as(investigation, row.feature);
    Some(Selection {
        id,
        step: Step::Drift,
        title: format!("drift of {name}"),
        message: finding.map_or_else(
            || format!("PSI of {name} at most {}", number::psi(row.max_psi)),
            |f| f.message.clone(),
        ),
    })
}

fn table(model: &Model) -> Vec<Vec<String>> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let texts = |cells: &[&str]| cells.iter().map(|&c| c.to_owned()).collect::<Vec<_>>();
    let optional = |x: Option<f64>| x.map_or_else(|| number::MISSING.to_owned(), number::metric);
    match model.pane() {
        SAME_ONSET => {
            let mut rows = vec![texts(&["feature", "rank correlation with the loss"])];
            rows.extend(
                same_onset(model)
                    .iter()
                    .map(|(f, rho)| vec![model.feature_name(*f).to_owned(), number::signed(*rho)]),
            );
            rows
        }
        SOURCES => {
            let mut rows = vec![texts(&["source", "alarmed", "features"])];
            rows.extend(
                by_source(model).into_iter().map(|(name, n, of)| vec![name, n.to_string(), of.to_string()]),
            );
            rows
        }
        _ => {
            let against = format!("PSI {} against {}", model.sides().since, model.sides().reference);
            let mut head = texts(&["feature", "source", against.as_str()]);
            head.extend(DISTANCES.iter().map(|distance| distance.measure.name.to_owned()));
            head.extend(texts(&["nulls", "outside", "largest PSI of a window"]));
            let mut rows = vec![head];
            for &feature in &model.features.listed {
                let plan = &investigation.dossier.plan.features[feature];
                let Some(row) = model.drift().and_then(|drift| drift.features.get(feature)) else { continue };
                let mut line = vec![
                    plan.name.clone(),
                    plan.source.clone().unwrap_or_default(),
                    row.distances.psi.map_or_else(|| number::MISSING.to_owned(), number::psi),
                ];
                line.extend(DISTANCES.iter().map(|distance| optional((distance.value)(&row.distances))));
                line.extend([
                    number::share(row.distances.missing.1),
                    number::share(row.distances.outside),
                    number::psi(row.max_psi),
                ]);
                rows.push(line);
            }
            rows
        }
    }
}
