//! Pipeline: is it the data's delivery, or the serving system?

use std::cmp::Reverse;

use crate::{
    autopsy::{
        Finding, Investigation, Severity, Stage, Step, Subject, Verdict,
        catalogue::{CheckSpec, checks},
        exam::pipeline::Delivery,
    },
    case::Event,
    journal::{Entry, Selection},
    summary::{Grid, Micros, Span},
    text::{number, time},
};

pub use super::state::Pipeline;
use super::{Orders, ScreenSpec, arranged, move_cursor, no_cursor_reason};
use crate::app::{
    Action, Effect, FeatureOrder, Model, Reading,
    navigate::go_to,
    record::record,
    suspicion::{accusations, is_healthy, tempered},
};

/// The pane with the columns.
pub const COLUMNS: usize = 0;
/// The pane that counts by source.
pub const SOURCES: usize = 1;
/// The pane that lists the courses of delivery and service.
pub const VITALS: usize = 2;
/// The pane that draws one of them.
pub const COURSE: usize = 3;
/// The pane with the events.
pub const EVENTS: usize = 4;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["Columns", "By source", "Delivery and service", "Over time", "Events"],
    stages: &[Stage::Pipeline; 5],
    judged: Stage::Pipeline,
    act,
    disabled,
    reading,
    orders,
    selection,
    table,
};

fn orders(model: &Model) -> Orders {
    match model.pane() {
        SOURCES => Orders::Own(&["sources by name", "the most flagged sources first"]),
        VITALS => Orders::Own(&["delivery, then service", "the worst first"]),
        EVENTS => Orders::Own(&["events by time", "events by their distance from the onset"]),
        COURSE => Orders::Fixed("one course is drawn; ⇥ leads to their list"),
        _ => Orders::Features,
    }
}

/// What the values of a course are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Rows.
    Rows,
    /// Shares, 0 to 1.
    Share,
    /// Milliseconds.
    Milliseconds,
    /// Percent, 0 to 100.
    Percent,
    /// Population stability indices.
    Psi,
}

impl Quantity {
    /// A value as people read it.
    #[must_use]
    pub fn shown(self, value: f64) -> String {
        match self {
            Self::Rows => number::count(value.max(0.0) as u64),
            Self::Share => number::share(value),
            Self::Milliseconds => format!("{} ms", number::value((value * 10.0).round() / 10.0)),
            Self::Percent => number::share(value / 100.0),
            Self::Psi => number::psi(value),
        }
    }
}

/// A course of delivery or service over the windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Vital {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub quantity: Quantity,
    /// One a window.
    pub values: Vec<Option<f64>>,
    /// How the check of it came out.
    pub verdict: Option<Verdict>,
}

impl Vital {
    /// The mean over the windows before and from `split` on; over all of them where there is no split.
    #[must_use]
    pub fn means(&self, split: Option<usize>) -> (Option<f64>, Option<f64>) {
        let mean = |part: &[Option<f64>]| {
            let known: Vec<f64> = part.iter().flatten().copied().collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        match split.filter(|&split| split > 0 && split < self.values.len()) {
            Some(split) => (mean(&self.values[..split]), mean(&self.values[split..])),
            None => (None, mean(&self.values)),
        }
    }
}

/// The courses that the snapshot has, in the order of their pane.
#[must_use]
pub fn vitals(model: &Model, investigation: &Investigation) -> Vec<Vital> {
    let (pipeline, serving) = (&investigation.pipeline, &investigation.serving);
    let verdict = |check: &'static CheckSpec| {
        let verdicts = investigation.findings_of(check).map(|finding| &finding.verdict);
        verdicts.max_by_key(|verdict| verdict.severity()).cloned()
    };
    let latency = |pick: fn(&(f64, f64, f64)) -> f64| -> Vec<Option<f64>> {
        serving.latency.iter().map(|window| window.as_ref().map(pick)).collect()
    };
    let vital = |name, quantity, values, check| Vital { name, quantity, values, verdict: verdict(check) };
    let mut vitals = vec![
        vital(
            "rows",
            Quantity::Rows,
            whole_windows(investigation, pipeline.grid, pipeline.volume.iter().copied()),
            &checks::PIPELINE_VOLUME,
        ),
        vital("duplicates", Quantity::Share, pipeline.duplicates.clone(), &checks::PIPELINE_DUPLICATES),
        vital("latency p50", Quantity::Milliseconds, latency(|q| q.0), &checks::SERVING_LATENCY),
        vital("latency p95", Quantity::Milliseconds, latency(|q| q.1), &checks::SERVING_LATENCY),
        vital("latency p99", Quantity::Milliseconds, latency(|q| q.2), &checks::SERVING_LATENCY),
        vital("CPU", Quantity::Percent, serving.cpu.clone(), &checks::SERVING_CPU),
        vital("memory", Quantity::Percent, serving.memory.clone(), &checks::SERVING_MEMORY),
    ];
    vitals.retain(|vital| vital.values.iter().any(Option::is_some));
    let severity = |vital: &Vital| vital.verdict.as_ref().map(Verdict::severity);
    let order = model.screens.order(Step::Pipeline, VITALS);
    arranged(vitals, order, &[&|a, b| severity(b).cmp(&severity(a))])
}

/// What happened, in the order of its pane.
#[must_use]
pub fn events<'a>(model: &Model, investigation: &'a Investigation) -> Vec<&'a Event> {
    let onset = investigation.framing.split();
    let apart = |event: &Event| onset.map(|onset| (event.at - onset).abs());
    let order = model.screens.order(Step::Pipeline, EVENTS);
    arranged(investigation.dossier.events.iter().collect(), order, &[&|a, b| apart(a).cmp(&apart(b))])
}

/// Rows a window; none where the log covers less than most of a window, so that its count is not comparable.
///
/// * `counts`: one a window of the grid.
#[must_use]
pub fn whole_windows(
    investigation: &Investigation,
    grid: Option<Grid>,
    counts: impl Iterator<Item = u64>,
) -> Vec<Option<f64>> {
    /// The share of a window that the log covers at least.
    const MOST: f64 = 0.9;
    let period = investigation.dossier.period();
    let is_whole = |window: usize| {
        let Some((grid, (first, last))) = grid.zip(period) else { return true };
        let span = grid.span(window);
        let covered = span.to.min(last) - span.from.max(first);
        covered as f64 >= MOST * (span.to - span.from) as f64
    };
    counts.enumerate().map(|(window, rows)| is_whole(window).then_some(rows as f64)).collect()
}

/// The listed columns: worst first, then in the order of the list; in that order alone where the analyst chose it.
#[must_use]
pub fn columns(model: &Model) -> Vec<&Delivery> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let all = &investigation.pipeline.columns;
    let mut columns: Vec<&Delivery> =
        model.features.listed.iter().filter_map(|&f| all.iter().find(|column| column.feature == f)).collect();
    let standings = standings(investigation);
    let standing = |column: &Delivery| standings.get(column.feature).copied().unwrap_or(Severity::Unknown);
    if model.features.order == FeatureOrder::Suspicion {
        columns.sort_by_key(|column| {
            (Reverse(standing(column)), Reverse(column.verdict.severity()), column.types.1.is_some())
        });
        if model.features.reversed {
            columns.reverse();
        }
    }
    columns
}

/// The severity of a column: of its delivery, or of any other check of its values.
#[must_use]
pub fn standing(investigation: &Investigation, column: &Delivery) -> Severity {
    standings(investigation).get(column.feature).copied().unwrap_or(Severity::Unknown)
}

/// [`standing`] of every column, by its feature.
#[must_use]
pub fn standings(investigation: &Investigation) -> Vec<Severity> {
    let known = accusations(investigation).into_iter().map(|worst| worst.unwrap_or(Severity::Unknown));
    let mut all: Vec<Severity> = known.collect();
    for column in &investigation.pipeline.columns {
        if let Some(standing) = all.get_mut(column.feature) {
            *standing = tempered(investigation, (*standing).max(column.verdict.severity()));
        }
    }
    all
}

/// The worst finding of another step about a column whose delivery is fine; none if there is none.
#[must_use]
pub fn elsewhere<'a>(investigation: &'a Investigation, column: &Delivery) -> Option<&'a Finding> {
    let own = |finding: &&Finding| {
        finding.subject == Subject::Feature(column.feature)
            && finding.step != Step::Pipeline
            && finding.verdict.severity() > column.verdict.severity()
            && finding.flagged()
    };
    // The first of the worst; Feature says most about one column.
    let weight = |finding: &&Finding| (finding.verdict.severity(), finding.step == Step::Feature);
    investigation.findings.iter().filter(own).rev().max_by_key(weight)
}

/// Sources with their columns and how many of them are flagged, by [`standing`], in the order of their pane.
#[must_use]
pub fn sources<'a>(model: &Model, investigation: &'a Investigation) -> Vec<(&'a str, usize, usize)> {
    let all = standings(investigation);
    let flagged = |feature: &usize| all.get(*feature).is_some_and(|standing| *standing >= Severity::Watch);
    let sources = investigation.pipeline.sources.iter();
    let all =
        sources.map(|(name, of, _)| (name.as_str(), of.len(), of.iter().filter(|f| flagged(f)).count()));
    arranged(all.collect(), model.screens.order(Step::Pipeline, SOURCES), &[&|a, b| b.2.cmp(&a.2)])
}

/// The place of the cursor in [`columns`].
#[must_use]
pub fn column(model: &Model) -> usize {
    let current = model.features.current();
    columns(model).iter().position(|column| Some(column.feature) == current).unwrap_or(0)
}

/// Findings about the delivery as a whole, worst first.
#[must_use]
pub fn overall(investigation: &Investigation) -> Vec<&Finding> {
    let whole = |finding: &&Finding| {
        finding.step == Step::Pipeline && !matches!(finding.subject, Subject::Feature(_))
    };
    let mut findings: Vec<&Finding> = investigation.findings.iter().filter(whole).collect();
    findings.sort_by_key(|finding| Reverse(finding.verdict.severity()));
    findings
}

/// How long before (below zero) or after the onset an instant lies, in words.
#[must_use]
pub fn distance(at: Micros, onset: Option<Micros>) -> String {
    match onset.map(|onset| at - onset) {
        None => String::new(),
        Some(0) => "at onset".to_owned(),
        Some(by) if by < 0 => format!("−{}", time::duration(-by)),
        Some(by) => format!("+{}", time::duration(by)),
    }
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    let events = model.dossier.as_ref().map_or(0, |dossier| dossier.events.len());
    match (action, model.pane()) {
        (Action::Enter, COURSE) => no_cursor_reason(action),
        (_, EVENTS) if events == 0 => no_cursor_reason(action),
        _ => None,
    }
}

fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let page = model.page();
    let investigation = model.investigation.clone()?;
    match (action, model.pane()) {
        (Action::Enter, COLUMNS) => return Some(go_to(model, Step::Feature)),
        (Action::Enter, SOURCES) => {
            let (name, ..) = *sources(model, &investigation).get(model.screens.pipeline.source)?;
            let text = format!("src:{}", name.split_whitespace().next().unwrap_or_default());
            model.screens.pane[Step::Pipeline as usize] = COLUMNS;
            return Some(record(model, Entry::Filter { text }));
        }
        (Action::Enter, EVENTS) => {
            model.at = Some(events(model, &investigation).get(model.screens.pipeline.event)?.at);
            return Some(go_to(model, Step::Drift));
        }
        (Action::Enter, VITALS) => model.screens.pane[Step::Pipeline as usize] = COURSE,
        (Action::Measure, _) => {
            let n = vitals(model, &investigation).len().max(1);
            model.screens.pipeline.vital = (model.screens.pipeline.vital + 1) % n;
        }
        (Action::Left | Action::Right, _) => {
            let grid = investigation.pipeline.grid?;
            let onset = investigation.framing.split();
            let here = model.at.or(onset).and_then(|at| grid.window(at)).unwrap_or(0);
            let next = if action == Action::Left { here.saturating_sub(1) } else { here + 1 };
            let Span { from, to } = grid.span(next.min(grid.windows.saturating_sub(1)));
            model.at = Some(from + (to - from) / 2);
        }
        (
            Action::NextFlagged | Action::PreviousFlagged | Action::NextSubject | Action::PreviousSubject,
            _,
        ) => return move_feature(model, action),
        (_, SOURCES) => {
            let n = investigation.pipeline.sources.len();
            model.screens.pipeline.source = move_cursor(model.screens.pipeline.source, n, page, action)?;
        }
        (_, VITALS | COURSE) => {
            let n = vitals(model, &investigation).len();
            model.screens.pipeline.vital = move_cursor(model.screens.pipeline.vital, n, page, action)?;
        }
        (_, EVENTS) => {
            let n = investigation.dossier.events.len();
            model.screens.pipeline.event = move_cursor(model.screens.pipeline.event, n, page, action)?;
        }
        _ => return move_feature(model, action),
    }
    Some(Vec::new())
}

/// Moves the cursor over the columns in the order in which they are shown here.
fn move_feature(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let standings = model.investigation.as_deref().map_or_else(Vec::new, standings);
    let flagged = |feature: usize| standings.get(feature).is_some_and(|&s| s >= Severity::Watch);
    let shown: Vec<(usize, bool)> = columns(model).iter().map(|c| (c.feature, flagged(c.feature))).collect();
    let (here, n) = (column(model), shown.len());
    let next = match action {
        Action::NextSubject => (here + 1).min(n.saturating_sub(1)),
        Action::PreviousSubject => here.saturating_sub(1),
        Action::NextFlagged | Action::PreviousFlagged => {
            let forward = action == Action::NextFlagged;
            let mut round = (1..=n).map(|d| if forward { (here + d) % n } else { (here + n - d) % n });
            match round.find(|&at| shown[at].1) {
                Some(at) => at,
                None => {
                    model.toast("no column is flagged");
                    return Some(Vec::new());
                }
            }
        }
        _ => move_cursor(here, n, model.page(), action)?,
    };
    let (feature, _) = *shown.get(next)?;
    if let Some(at) = model.features.listed.iter().position(|&listed| listed == feature) {
        model.features.at = at;
    }
    Some(Vec::new())
}

fn reading(model: &Model) -> Reading {
    let Some(investigation) = &model.investigation else {
        return Reading::default();
    };
    let pipeline = &investigation.pipeline;
    let flagged: Vec<&Delivery> = pipeline
        .columns
        .iter()
        .filter(|column| matches!(column.verdict, Verdict::Alarm | Verdict::Watch))
        .collect();
    let alarms = flagged.iter().filter(|column| column.verdict == Verdict::Alarm).count();
    let whole = overall(investigation).into_iter().find(|finding| finding.verdict == Verdict::Alarm);
    let mut message = match flagged.iter().min_by_key(|column| Reverse(column.verdict.severity())) {
        None => format!(
            "Every one of the {} columns is delivered as in training: types, nulls and ranges.",
            pipeline.columns.len()
        ),
        Some(worst) => {
            let sentence = worst.message.trim_end_matches('.');
            match alarms.max(1) - 1 {
                0 if flagged.len() == 1 => format!(
                    "{sentence}; every other column arrives with type, nulls and range as in training."
                ),
                0 => format!("{sentence}; {} more to look at.", flagged.len() - 1),
                more => format!("{sentence}; {more} more alarm."),
            }
        }
    };
    // A column may be delivered correctly and still hold altered values. The one that the diagnosis names leads; what the
    // delivery itself shows comes after it.
    let accused = accused_elsewhere(investigation);
    if let Some((feature, step)) = accused {
        let name = investigation.dossier.feature_name(feature);
        let leads = format!(
            "{name} arrives with type, nulls and range as in training, but its values are flagged by {}.",
            step.name()
        );
        message = if flagged.is_empty() { leads } else { format!("{leads} As delivered, {message}") };
    }
    let all = sources(model, investigation);
    let hit: Vec<&(&str, usize, usize)> = all.iter().filter(|(.., n)| *n > 0).collect();
    if let ([(name, of, n)], true) = (hit.as_slice(), all.len() > 1 && flagged.len() > 1) {
        message.push_str(&format!(" All of it comes from {name} ({n} of {of})."));
    }
    if let Some(finding) = whole {
        message.push_str(&format!(" {}.", finding.message.trim_end_matches('.')));
    }
    Reading::new(message, Step::Drift)
}

/// The input that the diagnosis names first, where its delivery is fine and another step flags it, with that step.
fn accused_elsewhere(investigation: &Investigation) -> Option<(usize, Step)> {
    let top = investigation.diagnosis.top().filter(|_| !is_healthy(investigation))?;
    let feature = *top.features.first()?;
    let column = investigation.pipeline.columns.iter().find(|column| column.feature == feature)?;
    let finding = elsewhere(investigation, column)?;
    let is_fine = column.verdict.severity() <= Severity::Clear;
    (is_fine && finding.verdict == Verdict::Alarm).then_some((feature, finding.step))
}

fn selection(model: &Model) -> Option<Selection> {
    let investigation = model.investigation.as_ref()?;
    if model.pane() == EVENTS {
        let event = *events(model, investigation).get(model.screens.pipeline.event)?;
        return Some(Selection {
            id: format!("pipeline.event:{}", time::rfc3339(event.at)),
            step: Step::Pipeline,
            title: format!("{} {}", event.kind, time::minute(event.at)),
            message: event.title.clone(),
        });
    }
    let columns = columns(model);
    let column = columns.get(column(model))?;
    let name = investigation.dossier.feature_name(column.feature);
    let own = |f: &&Finding| f.step == Step::Pipeline && f.subject == Subject::Feature(column.feature);
    let mut findings: Vec<&Finding> = investigation.findings.iter().filter(own).collect();
    findings.sort_by_key(|finding| Reverse(finding.verdict.severity()));
    Some(Selection {
        id: findings
            .first()
            .map_or_else(|| format!("pipeline.column:{name}"), |finding| finding.id.to_string()),
        step: Step::Pipeline,
        title: format!("delivery of {name}"),
        message: column.message.clone(),
    })
}

fn table(model: &Model) -> Vec<Vec<String>> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let heads = |cells: &[&str]| vec![cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>()];
    let optional = |share: Option<f64>| share.map_or_else(|| number::MISSING.to_owned(), number::share);
    match model.pane() {
        SOURCES => {
            let mut rows = heads(&["source", "flagged", "features"]);
            rows.extend(
                sources(model, investigation)
                    .into_iter()
                    .map(|(name, of, flagged)| vec![name.to_owned(), flagged.to_string(), of.to_string()]),
            );
            rows
        }
        VITALS | COURSE => {
            let split = split_window(investigation);
            let mut rows = heads(&["course", "before", "after"]);
            rows.extend(vitals(model, investigation).into_iter().map(|vital| {
                let (before, after) = vital.means(split);
                let shown = |x: Option<f64>| {
                    x.map_or_else(|| number::MISSING.to_owned(), |x| vital.quantity.shown(x))
                };
                vec![vital.name.to_owned(), shown(before), shown(after)]
            }));
            rows
        }
        EVENTS => {
            let onset = investigation.framing.split();
            let mut rows = heads(&["when", "kind", "what", "from onset"]);
            rows.extend(events(model, investigation).into_iter().map(|event| {
                vec![
                    time::minute(event.at),
                    event.kind.clone(),
                    event.title.clone(),
                    distance(event.at, onset),
                ]
            }));
            rows
        }
        _ => {
            let mut rows = heads(&[
                "column",
                "type in training",
                "type in production",
                "nulls training",
                "before",
                "after",
                "out of range",
                "says",
            ]);
            rows.extend(columns(model).into_iter().map(|column| {
                vec![
                    investigation.dossier.feature_name(column.feature).to_owned(),
                    column.types.0.clone(),
                    column.types.1.clone().unwrap_or_else(|| "absent".to_owned()),
                    number::share(column.missing.0),
                    optional(column.missing.1),
                    number::share(column.missing.2),
                    number::share(column.outside.1),
                    column.message.clone(),
                ]
            }));
            rows
        }
    }
}

/// The window that holds the onset.
#[must_use]
pub fn split_window(investigation: &Investigation) -> Option<usize> {
    let grid = investigation.pipeline.grid?;
    investigation.framing.split().and_then(|at| grid.window(at))
}
