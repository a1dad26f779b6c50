//! The screens' own states, and what each screen answers to: one file a screen, mirrored in [`crate::ui::screen`].

use std::fmt::Write as _;

pub mod concept;
pub mod diagnosis;
pub mod drift;
pub mod feature;
pub mod pipeline;
pub mod remedy;
pub mod report;
pub mod support;
pub mod triage;

use crate::{
    autopsy::{Investigation, Stage, Step, Subject},
    journal::Selection,
    text::sanitize,
};

use super::{Action, Effect, Model, Reading, update::go_to};

/// What a screen is made of besides its state and its drawing.
pub(super) struct Behaviour {
    /// Names of its panes; the first one has the focus when the screen opens.
    panes: &'static [&'static str],
    /// Does what an action asks for; none where the screen does not take it.
    act: fn(&mut Model, Action) -> Option<Vec<Effect>>,
    /// Why an action cannot be done now.
    disabled: fn(&Model, Action) -> Option<String>,
    /// What the screen means.
    reading: fn(&Model) -> Reading,
    /// What the cursor is on.
    selection: fn(&Model) -> Option<Selection>,
    /// The focused pane as a table, heads first.
    table: fn(&Model) -> Vec<Vec<String>>,
}

const fn behaviour(step: Step) -> &'static Behaviour {
    match step {
        Step::Triage => &triage::BEHAVIOUR,
        Step::Pipeline => &pipeline::BEHAVIOUR,
        Step::Drift => &drift::BEHAVIOUR,
        Step::Feature => &feature::BEHAVIOUR,
        Step::Concept => &concept::BEHAVIOUR,
        Step::Support => &support::BEHAVIOUR,
        Step::Diagnosis => &diagnosis::BEHAVIOUR,
        Step::Remedy => &remedy::BEHAVIOUR,
        Step::Report => &report::BEHAVIOUR,
    }
}

/// The states of all screens.
#[derive(Debug, Clone, Default)]
pub struct Screens {
    /// The focused pane of each step.
    pub pane: [usize; 9],
    /// How far the detail pane of each step is scrolled.
    pub scroll: [u16; 9],
    /// Whether the focused pane takes the whole body.
    pub enlarged: bool,
    /// Whether a failed opening shows its chain of causes.
    pub failure_details: bool,
    /// Triage.
    pub triage: triage::Triage,
    /// Pipeline.
    pub pipeline: pipeline::Pipeline,
    /// Drift.
    pub drift: drift::Drift,
    /// Feature.
    pub feature: feature::Feature,
    /// Concept.
    pub concept: concept::Concept,
    /// Support.
    pub support: support::Support,
    /// Diagnosis.
    pub diagnosis: diagnosis::Diagnosis,
    /// Remedy.
    pub remedy: remedy::Remedy,
    /// Report.
    pub report: report::Report,
}

impl Screens {
    /// Fits cursors and caches to new data.
    pub(super) fn install(&mut self, _investigation: &Investigation) {
        self.report.preview = None;
        self.remedy.watch = None;
        self.remedy.golden = std::sync::Arc::default();
    }
}

/// Names of a step's panes.
#[must_use]
pub fn panes(step: Step) -> &'static [&'static str] {
    behaviour(step).panes
}

/// The stage of the investigation that a pane shows.
#[must_use]
pub const fn stage(step: Step, pane: usize) -> Stage {
    match (step, pane) {
        (Step::Triage, triage::VITALS) | (Step::Pipeline, _) => Stage::Pipeline,
        (Step::Triage, _) => Stage::Performance,
        (Step::Drift | Step::Feature, _) => Stage::Drift,
        (Step::Concept | Step::Support, _) => Stage::Concept,
        (Step::Diagnosis | Step::Remedy | Step::Report, _) => Stage::Verdict,
    }
}

/// Whether what the focused pane shows is known.
pub(super) fn filled(model: &Model) -> bool {
    model.knowing(stage(model.screen, model.pane())).is_some()
}

pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if !filled(model) {
        return None;
    }
    (behaviour(model.screen).act)(model, action)
}

/// Computes what the present screen shows and no other one needs.
pub(super) fn settle(model: &mut Model) {
    match model.screen {
        Step::Feature => feature::settle(model),
        Step::Concept => concept::settle(model),
        Step::Remedy => remedy::settle(model),
        _ => {}
    }
}

pub(super) fn disabled(model: &Model, action: Action) -> Option<String> {
    (behaviour(model.screen).disabled)(model, action)
}

pub(super) fn reading(model: &Model) -> Reading {
    // The first pane is the one that a screen's sentence is about.
    if model.knowing(stage(model.screen, 0)).is_none() {
        return waiting(model);
    }
    (behaviour(model.screen).reading)(model)
}

pub(super) fn selection(model: &Model) -> Option<Selection> {
    if !filled(model) {
        return None;
    }
    (behaviour(model.screen).selection)(model)
}

/// The focused pane as a table, heads first; empty until there is something to show.
fn table(model: &Model) -> Vec<Vec<String>> {
    if filled(model) { (behaviour(model.screen).table)(model) } else { Vec::new() }
}

/// The focused pane as a Markdown table under its title.
#[must_use]
pub fn markdown(model: &Model) -> String {
    let title = model.panes().get(model.pane()).copied().unwrap_or_default();
    let mut text =
        format!("**{} · {} · {title}**\n\n", sanitize::markdown(&model.head.title), model.screen.name());
    for (at, row) in table(model).iter().enumerate() {
        let cells: Vec<String> = row.iter().map(|cell| sanitize::markdown(cell)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
        if at == 0 {
            let _ = writeln!(text, "|{}", "---|".repeat(row.len()));
        }
    }
    let _ = writeln!(text, "\n{}", sanitize::markdown(&model.reading().says));
    text
}

/// The focused pane as comma-separated values.
#[must_use]
pub fn csv(model: &Model) -> String {
    let quoted = |cell: &String| format!("\"{}\"", sanitize::terminal(cell).replace('"', "\"\""));
    table(model).iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n").collect()
}

/// Opens the screen that shows a finding, with the cursor on its subject.
pub(super) fn show(model: &mut Model, id: &str, step: Step) -> Vec<Effect> {
    let investigation = model.investigation.clone();
    let finding = investigation.as_ref().and_then(|i| i.findings.iter().find(|finding| finding.id == id));
    let effects = go_to(model, finding.map_or(step, |finding| finding.step));
    if let (Some(finding), Some(investigation)) = (finding, &investigation) {
        if let Subject::Feature(feature) = finding.subject {
            model.features.show(feature, investigation);
        }
        if finding.onset.is_some() {
            model.at = finding.onset;
        }
    }
    effects
}

/// Moves a cursor over a list; none for actions that don't move.
#[must_use]
pub(super) fn moved(at: usize, len: usize, page: usize, action: Action) -> Option<usize> {
    let last = len.saturating_sub(1);
    Some(match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => (at + 1).min(last),
        Action::First => 0,
        Action::Last => last,
        Action::PageUp => at.saturating_sub(page),
        Action::PageDown => (at + page).min(last),
        Action::HalfUp => at.saturating_sub(page / 2),
        Action::HalfDown => (at + page / 2).min(last),
        _ => return None,
    })
}

/// Why an action cannot be done in a pane that holds neither a cursor nor something to open; none for other actions.
fn still(action: Action) -> Option<String> {
    match action {
        Action::Enter => Some("nothing in this pane leads further".to_owned()),
        Action::Up
        | Action::Down
        | Action::First
        | Action::Last
        | Action::PageUp
        | Action::PageDown
        | Action::HalfUp
        | Action::HalfDown => Some("this pane has no cursor".to_owned()),
        _ => None,
    }
}

/// What can be said before the investigation is there.
fn waiting(model: &Model) -> Reading {
    use super::Phase;
    Reading::last(match &model.opening.phase {
        Phase::Reading => "The snapshots are being read; panes fill in as their data arrives.".to_owned(),
        Phase::Examining { .. } => {
            let stage = stage(model.screen, 0).name();
            format!("The case is read. This screen still waits for an exam: {stage}.")
        }
        Phase::Failed(failure) => failure.says.clone(),
        Phase::Cancelled => {
            "Reading was stopped. Run “read the case's files again” from the palette (:).".to_owned()
        }
        Phase::Done { .. } => String::new(),
    })
}

/// The text of a step on the step bar: `1 Triage`, or `1` where there is no room for names.
#[must_use]
pub fn step_label(step: Step, named: bool) -> String {
    let number = step as usize + 1;
    if named { format!("{number} {}", step.name()) } else { number.to_string() }
}

/// The step whose place on the step bar holds a column.
pub(super) fn step_at(model: &Model, column: u16) -> Option<Step> {
    let mut x = 0;
    for (step, width) in step_widths(model) {
        x += width;
        if column < x {
            return Some(step);
        }
    }
    None
}

/// The steps of the step bar with the columns that each one takes.
#[must_use]
pub fn step_widths(model: &Model) -> Vec<(Step, u16)> {
    let named = model.named_steps();
    let width = |step: Step| {
        let label = step_label(step, named || step == model.screen);
        label.chars().count() as u16 + 4
    };
    Step::ALL.into_iter().map(|step| (step, width(step))).collect()
}
