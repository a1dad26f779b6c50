//! What each screen answers to: one file a screen, mirrored in [`crate::ui::screen`]; their states are in [`state`].

use std::fmt::Write as _;

pub mod concept;
pub mod diagnosis;
pub mod drift;
pub mod feature;
mod orders;
pub mod pipeline;
pub mod remedy;
pub mod report;
pub mod state;
pub mod support;
pub mod triage;

use crate::{
    autopsy::{Cause, Hypothesis, Severity, Stage, Standing, Step, Subject},
    journal::Selection,
    text::{formula, sanitize},
    wording,
};

pub use orders::Orders;
use orders::arranged;
use state::Order;

use super::{
    Action, Effect, Export, Model, Reading, StepStatus,
    keys::{BINDINGS, Binding, Where, binding, hints},
    navigate::go_to,
    suspicion::{naming, on_step},
};

/// What a screen is made of besides its state and its drawing.
struct ScreenSpec {
    /// Names of its panes; the first one has the focus when the screen opens.
    panes: &'static [&'static str],
    /// The stage of the investigation that each pane shows.
    stages: &'static [Stage],
    /// The stage after which the step has its status.
    judged: Stage,
    /// Performs an action; none if the screen does not handle it.
    act: fn(&mut Model, Action) -> Option<Vec<Effect>>,
    /// Why an action cannot be done now.
    disabled: fn(&Model, Action) -> Option<String>,
    /// The orders in which the list of the focused pane can stand.
    orders: fn(&Model) -> Orders,
    /// What the screen means.
    reading: fn(&Model) -> Reading,
    /// What the cursor is on.
    selection: fn(&Model) -> Option<Selection>,
    /// The focused pane as a table, heads first.
    table: fn(&Model) -> Vec<Vec<String>>,
}

const fn spec(step: Step) -> &'static ScreenSpec {
    match step {
        Step::Triage => &triage::SPEC,
        Step::Pipeline => &pipeline::SPEC,
        Step::Drift => &drift::SPEC,
        Step::Feature => &feature::SPEC,
        Step::Concept => &concept::SPEC,
        Step::Support => &support::SPEC,
        Step::Diagnosis => &diagnosis::SPEC,
        Step::Remedy => &remedy::SPEC,
        Step::Report => &report::SPEC,
    }
}

/// Why the causes are not sorted, as a clause.
const CAUSES_STAND: &str = "the causes stand as the diagnosis ranks them";

/// Names of a step's panes.
#[must_use]
pub const fn panes(step: Step) -> &'static [&'static str] {
    spec(step).panes
}

/// The stage of the investigation that a pane shows.
#[must_use]
pub const fn stage(step: Step, pane: usize) -> Stage {
    spec(step).stages[pane]
}

/// Whether what the focused pane shows is known.
pub(super) fn filled(model: &Model) -> bool {
    model.knowing(stage(model.screen, model.pane())).is_some()
}

pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if !filled(model) {
        return None;
    }
    (spec(model.screen).act)(model, action)
}

/// Puts the list of the focused pane into its next order, or turns it round; returns that order by name and whether it is
/// turned round, or none where the list is that of the features.
pub(super) fn arrange(model: &mut Model, action: Action) -> Option<(&'static str, bool)> {
    let Orders::Own(names) = (spec(model.screen).orders)(model) else { return None };
    let (screen, pane) = (model.screen as usize, model.pane());
    let order = &mut model.screens.orders[screen][pane];
    match action {
        Action::Reverse => order.reversed = !order.reversed,
        _ => *order = Order { by: (order.by + 1) % names.len().max(1), reversed: false },
    }
    let chosen = (*names.get(order.by).unwrap_or(&names[0]), order.reversed);
    model.arrange_checks();
    // Another line is the first one now.
    let _ = act(model, Action::First);
    Some(chosen)
}

/// Computes what the present screen shows and no other one needs.
pub(super) fn refresh(model: &mut Model) {
    match model.screen {
        Step::Feature => feature::refresh(model),
        Step::Concept => concept::refresh(model),
        Step::Remedy => remedy::refresh(model),
        Step::Support => support::refresh(model),
        _ => {}
    }
}

/// Why an action cannot be done now; none when it can.
#[must_use]
pub fn disabled(model: &Model, action: Action) -> Option<String> {
    let known = BINDINGS.iter().find(|binding| binding.action == action);
    if let Some(binding) = known.filter(|binding| !binding.place.holds(model.screen)) {
        let places = match binding.place {
            Where::On(steps) => steps.iter().map(|s| s.name()).collect::<Vec<_>>().join(", "),
            Where::Everywhere => String::new(),
        };
        return Some(format!("works on {places}"));
    }
    let known = |stage| model.knowing(stage).is_some();
    match action {
        Action::Undo if !model.journal.can_undo() => Some("nothing to undo".into()),
        Action::Redo if !model.journal.can_redo() => Some("nothing to redo".into()),
        Action::Back if !model.can_go_up() && !feature::is_repaired(model) => {
            Some("this is the first view".into())
        }
        Action::Pins if model.journal.marks().pins.is_empty() => Some("nothing is pinned yet".into()),
        Action::Pin | Action::Note if selection(model).is_none() => Some("nothing is selected".into()),
        Action::Filter | Action::Sort | Action::Reverse | Action::GroupBy if !known(Stage::Drift) => {
            Some(model.not_yet())
        }
        Action::Sort | Action::Reverse => match (spec(model.screen).orders)(model) {
            Orders::Fixed(why) => Some(why.to_owned()),
            Orders::Features | Orders::Own(_) => None,
        },
        Action::WriteReport
        | Action::Export(_)
        | Action::Accept
        | Action::Dismiss
        | Action::Onset(_)
        | Action::Baseline(_)
        | Action::Challenger(_)
        | Action::Study(_)
        | Action::NarrowerWindow
        | Action::WiderWindow
        | Action::Window(_)
            if !known(Stage::Verdict) =>
        {
            Some(model.not_yet())
        }
        _ => (spec(model.screen).disabled)(model, action),
    }
}

/// The bindings that the line of hints shows now: those of the screen that do something here.
#[must_use]
pub fn hinted(model: &Model) -> Vec<&'static Binding> {
    hints(model.screen)
        .iter()
        .filter(|&&action| disabled(model, action).is_none())
        .filter_map(|&action| binding(action))
        .collect()
}

/// The status of a step on the step bar.
#[must_use]
pub fn step_status(model: &Model, step: Step) -> StepStatus {
    let Some(investigation) = model.knowing(spec(step).judged) else {
        return if model.opening.busy() && step < Step::Remedy {
            StepStatus::Running
        } else {
            StepStatus::Unknown
        };
    };
    match step {
        Step::Diagnosis => match investigation.diagnosis.top() {
            Some(top) if top.standing == Standing::Found && top.cause != Cause::None => StepStatus::Alarm,
            Some(top) if top.standing == Standing::Found => StepStatus::Fine,
            Some(_) => StepStatus::Watch,
            None => StepStatus::Unknown,
        },
        // Without labels the performance in production is unknown, even if everything else is fine.
        Step::Triage if investigation.performance.headline_row().is_none_or(|row| row.loss.is_none()) => {
            let flagged = model.checks.iter().any(|check| check.spec.step == step && check.flagged > 0);
            if flagged { StepStatus::Watch } else { StepStatus::Unknown }
        }
        Step::Report if model.journal.wrote().is_some() => StepStatus::Fine,
        Step::Remedy => remedy::status(model),
        _ => {
            let worst =
                model.checks.iter().filter(|c| c.spec.step == step).map(|c| c.verdict.severity()).max();
            match worst.map(|severity| on_step(investigation, step, severity)) {
                Some(Severity::Alarm) => StepStatus::Alarm,
                Some(Severity::Watch) => StepStatus::Watch,
                // Estimates from the answers can look fine where the relation itself could not be examined.
                Some(Severity::Clear) if step == Step::Concept && investigation.concept.split.is_err() => {
                    StepStatus::Unknown
                }
                // What the diagnosis names is worth a look, whatever the feature's own checks say.
                Some(Severity::Clear) if step == Step::Feature && naming(investigation).is_some() => {
                    StepStatus::Watch
                }
                Some(Severity::Clear) => StepStatus::Fine,
                Some(Severity::Unknown) | None => StepStatus::Unknown,
            }
        }
    }
}

/// What the screen means.
#[must_use]
pub fn reading(model: &Model) -> Reading {
    // The first pane is the one that a screen's sentence is about.
    if model.knowing(stage(model.screen, 0)).is_none() {
        return waiting(model);
    }
    (spec(model.screen).reading)(model)
}

/// What the cursor is on.
#[must_use]
pub fn selection(model: &Model) -> Option<Selection> {
    if !filled(model) {
        return None;
    }
    (spec(model.screen).selection)(model)
}

/// The focused pane as a table, heads first; empty until there is something to show.
fn table(model: &Model) -> Vec<Vec<String>> {
    if filled(model) { (spec(model.screen).table)(model) } else { Vec::new() }
}

/// The focused pane as a Markdown table under its title.
#[must_use]
pub fn markdown(model: &Model) -> String {
    let title = panes(model.screen).get(model.pane()).copied().unwrap_or_default();
    let mut text =
        format!("**{} · {} · {title}**\n\n", sanitize::markdown(&model.head.title), model.screen.name());
    text.push_str(&markdown_table(&table(model)));
    let _ = writeln!(text, "\n{}", sanitize::markdown(&reading(model).message));
    text
}

/// The focused pane as comma-separated values.
#[must_use]
pub fn csv(model: &Model) -> String {
    csv_table(&table(model))
}

/// A table as comma-separated values; formulas are made harmless.
#[must_use]
pub fn csv_table(table: &[Vec<String>]) -> String {
    let quoted =
        |cell: &String| format!("\"{}\"", formula::escaped(&sanitize::terminal(cell)).replace('"', "\"\""));
    table.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n").collect()
}

/// A table as Markdown, heads first.
#[must_use]
pub fn markdown_table(table: &[Vec<String>]) -> String {
    let mut text = String::new();
    for (at, row) in table.iter().enumerate() {
        let cells: Vec<String> = row.iter().map(|cell| sanitize::markdown(cell)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
        if at == 0 {
            let _ = writeln!(text, "|{}", "---|".repeat(row.len()));
        }
    }
    text
}

/// The name of an export without its ending: the case, and what it holds: `credit-default-triage-checks`.
#[must_use]
pub fn file_stem(model: &Model, export: Export) -> String {
    /// Letters of the case's title.
    const TITLE: usize = 40;
    let pane = panes(model.screen).get(model.pane()).copied().unwrap_or_default();
    let of = match export {
        Export::Json => "diagnosis".to_owned(),
        Export::Csv | Export::Markdown => format!("{} {pane}", model.screen.name()),
    };
    let title: String = model.head.title.chars().take(TITLE).collect();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
    let words: String = format!("coroner {title} {of}").chars().map(plain).collect();
    words.split_whitespace().collect::<Vec<_>>().join("-")
}

/// The id under which a cause is pinned and noted.
#[must_use]
pub fn cause_id(hypothesis: &Hypothesis) -> String {
    format!("cause:{}", hypothesis.cause.id())
}

/// A cause as something to pin or note.
fn of_cause(hypothesis: &Hypothesis) -> Selection {
    Selection {
        id: cause_id(hypothesis),
        step: Step::Diagnosis,
        title: hypothesis.cause.name().to_owned(),
        message: match (wording::causes::shown_share(hypothesis), wording::causes::weight(hypothesis).1) {
            (None, weight) if !hypothesis.judged.contributing => {
                format!("{}, probability {weight}", hypothesis.stands())
            }
            (_, weight) => format!("{}, {weight}", hypothesis.stands()),
        },
    }
}

/// Opens the screen that shows a finding, with the cursor on its subject.
pub(super) fn show(model: &mut Model, id: &str, step: Step) -> Vec<Effect> {
    let investigation = model.investigation.clone();
    let finding = investigation.as_ref().and_then(|i| i.findings.iter().find(|finding| finding.id.is(id)));
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
pub(super) fn move_cursor(at: usize, len: usize, page: usize, action: Action) -> Option<usize> {
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
fn no_cursor_reason(action: Action) -> Option<String> {
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

/// The Reading before the investigation is available.
fn waiting(model: &Model) -> Reading {
    use super::Phase;
    Reading::last(match &model.opening.phase {
        Phase::Reading => "The snapshots are being read; panes fill in as their data arrives.".to_owned(),
        Phase::Examining { .. } => {
            let stage = stage(model.screen, 0).name();
            format!("The case is read. This screen still waits for an exam: {stage}.")
        }
        Phase::Failed(_) => {
            "This case cannot be opened. Above stands why, and what to do about it.".to_owned()
        }
        Phase::Cancelled => {
            let key = model.keymap.sign(Action::Reload, false);
            format!("Reading was stopped. {key} reads the case's files again.")
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
