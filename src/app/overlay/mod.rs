//! What opens above a screen: help, palette, pins, problems, prompts. Keys go to the one on top.

use tui_input::Input;

use super::{
    Action, Effect, Key, Leads, Model,
    keys::LISTS,
    navigate::go_to,
    record::{record, toggle_pin},
    screen,
};
use crate::{autopsy::Step, journal::Entry, text::time};

mod lookup;
mod outcomes;
mod pair;
mod prompt;
mod row_view;
pub(super) mod rows;
mod search;
mod state;
pub(super) mod study;
mod study_view;

pub use lookup::found;
use prompt::ask;
pub(super) use prompt::paste;
pub use row_view::{RowColumn, RowsView};
use search::list;
pub use search::{help, palette};
pub use state::{Line, Overlay, Prompt, Purpose};
pub use study_view::StudyView;

/// What a line of the palette does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Run an action.
    Run(Action),
    /// Type the word of a command; its argument follows.
    Type(&'static str),
    /// Open a feature.
    Feature(usize),
    /// Open the screen that shows a finding, by its place among all.
    Finding(usize),
    /// Open Diagnosis at a cause, by its place among all.
    Cause(usize),
    /// Open Remedy at a remedy, by its place among all.
    Remedy(usize),
    /// Open Concept at a segment, by its place among all.
    Segment(usize),
    /// Open the report at a heading, by its place among all.
    Section(usize),
    /// Say what a name means.
    Meaning(&'static str),
}

/// A line of the palette.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaletteItem {
    /// Its name.
    pub name: String,
    /// The keys that do the same.
    pub keys: Vec<Key>,
    /// What it does.
    pub target: Target,
    /// Why it cannot be done now.
    pub disabled: Option<String>,
}

/// A line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpRow {
    /// A heading.
    Title(&'static str),
    /// What something on the screen means: its name, and the sentences.
    Says(String, String),
    /// A key and what it does.
    Key(PaletteItem),
}

/// Names of features offered by the palette at most.
const FEATURES_OFFERED: usize = 50;

/// Opens an overlay.
pub(super) fn open(model: &mut Model, action: Action) {
    let overlay = match action {
        Action::Help => Overlay::Help { query: Input::default(), at: 0 },
        Action::Palette => Overlay::Palette { query: Input::default(), at: 0 },
        Action::Where => {
            // One that was stopped before its rows were examined stands there again.
            let asked = model.asked_cohort.as_ref().filter(|cohort| !cohort.is_of_periods());
            let narrowed = asked.or(model.cohort.as_ref()).map_or_else(String::new, ToString::to_string);
            Overlay::Palette { query: Input::new(format!("where {narrowed}")), at: 0 }
        }
        Action::Compare => Overlay::Palette { query: Input::new("compare ".to_owned()), at: 0 },
        Action::Pins => Overlay::Pins { at: 0 },
        Action::TryFix => {
            let shown = model.screens.feature.attempts.as_ref().and_then(|a| a.shown);
            Overlay::Fixes { at: shown.unwrap_or(0) }
        }
        Action::Problems => Overlay::Problems { at: 0 },
        Action::Outcomes | Action::Pair => {
            let opened = match action {
                Action::Outcomes => outcomes::open(model).map(|view| Overlay::Outcomes(Box::new(view))),
                _ => pair::open(model, None).map(|view| Overlay::Pair(Box::new(view))),
            };
            match opened {
                Ok(overlay) => overlay,
                Err(message) => return model.toast(message),
            }
        }
        Action::Info => Overlay::Page { title: "Info".to_owned(), lines: model.head.info.clone(), at: 0 },
        Action::Log => Overlay::Page { title: "Log of this session".to_owned(), lines: log(model), at: 0 },
        Action::Search => Overlay::Search { query: Input::default(), at: 0 },
        Action::Filter if !LISTS.holds(model.screen) => Overlay::Search { query: Input::default(), at: 0 },
        Action::Filter => {
            let before = model.features.filter.text().to_owned();
            let lines = vec![Input::new(before.clone())];
            Overlay::Prompt(Prompt { purpose: Purpose::Filter(before), lines, line: 0, error: None })
        }
        Action::Note => {
            let Some(on) = screen::selection(model) else { return };
            let text = model.journal.marks().notes.get(&on.id).map_or("", |(_, text)| text.as_str());
            let mut lines: Vec<Line> = text.lines().map(|line| Input::new(line.to_owned())).collect();
            if lines.is_empty() {
                lines.push(Input::default());
            }
            let line = lines.len() - 1;
            Overlay::Prompt(Prompt { purpose: Purpose::Note(on), lines, line, error: None })
        }
        _ => return,
    };
    model.overlays.push(overlay);
}

/// What was done and answered, the last first.
fn log(model: &Model) -> Vec<String> {
    let mut lines: Vec<String> =
        model.log.iter().rev().map(|(at, message)| format!("{}   {message}", time::short(*at))).collect();
    if lines.is_empty() {
        lines.push("Nothing was done yet.".to_owned());
    }
    lines
}

/// What comes of a key that an overlay took.
pub(super) enum Answer {
    /// The overlay stays open.
    Stay(Vec<Effect>),
    /// The overlay closes.
    Close(Vec<Effect>),
    /// The overlay closes, and this is to be done.
    Run(Action),
}

impl Answer {
    const STAY: Self = Self::Stay(Vec::new());
    const CLOSE: Self = Self::Close(Vec::new());

    /// Closes where a cursor moves nowhere, else moves it.
    fn moved(at: &mut usize, to: Option<usize>) -> Self {
        let Some(to) = to else { return Self::CLOSE };
        *at = to;
        Self::STAY
    }
}

/// Gives a key to the overlay on top; none when there is no overlay.
pub(super) fn key(model: &mut Model, key: Key) -> Option<Answer> {
    if key == Key::Ctrl('c') {
        return None;
    }
    let mut overlay = model.overlays.pop()?;
    // Nothing is typed into these: the digit of a step leads on from them.
    let is_read = matches!(overlay, Overlay::Page { .. } | Overlay::Problems { .. } | Overlay::Pins { .. });
    let binding = if is_read { model.keymap.binding(key) } else { None };
    if let Some(Action::Go(step)) = binding.map(|binding| binding.action) {
        return Some(if step == model.screen { Answer::CLOSE } else { Answer::Run(Action::Go(step)) });
    }
    let answer = match &mut overlay {
        Overlay::Help { query, at } => list(model, key, query, at, true),
        Overlay::Palette { query, at } => list(model, key, query, at, false),
        Overlay::Search { query, at } => lookup::key(model, key, query, at),
        Overlay::Pins { at } => pins(model, key, at),
        Overlay::Fixes { at } => fixes(model, key, at),
        Overlay::Rows(view) => rows::key(model, key, view),
        Overlay::Outcomes(view) => outcomes::key(model, key, view),
        Overlay::Pair(view) => pair::key(model, key, view),
        Overlay::Problems { at } => problems(model, key, at),
        Overlay::Study(view) => study::key(model, key, view),
        Overlay::Page { lines, at, .. } => {
            let to = step(key, *at, lines.len().saturating_sub(1), model.page());
            Answer::moved(at, to)
        }
        Overlay::Prompt(prompt) => ask(model, key, prompt),
    };
    if matches!(answer, Answer::Stay(_)) {
        model.overlays.push(overlay);
    }
    Some(answer)
}

/// Moves a cursor; none when the key closes the overlay, and unchanged for other keys.
fn step(key: Key, at: usize, last: usize, page: usize) -> Option<usize> {
    Some(match key {
        Key::Esc | Key::Char('q' | 'p' | '!') | Key::Enter => return None,
        Key::Up | Key::Char('k') => at.saturating_sub(1),
        Key::Down | Key::Char('j') => (at + 1).min(last),
        Key::PageUp => at.saturating_sub(page),
        Key::PageDown => (at + page).min(last),
        Key::Home | Key::Char('g') => 0,
        Key::End | Key::Char('G') => last,
        _ => at,
    })
}

/// Problems: Enter opens the screen that the one under the cursor concerns.
fn problems(model: &mut Model, key: Key, at: &mut usize) -> Answer {
    let lines = model.problem_lines();
    match (key, lines.get(*at)) {
        (Key::Enter, Some(problem)) => match problem.leads_to {
            Leads::Step(step) => Answer::Close(go_to(model, step)),
            Leads::Column(feature) => {
                let effects = go_to(model, Step::Pipeline);
                if let Some(investigation) = model.investigation.clone() {
                    model.features.show(feature, &investigation);
                }
                model.screens.pane[Step::Pipeline as usize] = screen::pipeline::COLUMNS;
                Answer::Close(effects)
            }
            Leads::Check(at) => Answer::Close(screen::triage::proof(model, at)),
            Leads::Log => Answer::Run(Action::Log),
        },
        _ => Answer::moved(at, step(key, *at, lines.len().saturating_sub(1), model.page())),
    }
}

/// Pins: Enter opens what was pinned, Space takes the pin away.
fn pins(model: &mut Model, key: Key, at: &mut usize) -> Answer {
    let all = &model.journal.marks().pins;
    let last = all.len().saturating_sub(1);
    *at = (*at).min(last);
    let Some(pin) = all.get(*at) else { return Answer::CLOSE };
    let (id, shown_on) = (pin.id.clone(), pin.step);
    match key {
        Key::Enter => Answer::Close(screen::show(model, &id, shown_on)),
        Key::Char(' ') | Key::Delete => {
            let effects = record(model, Entry::Unpin { id });
            if last == 0 {
                return Answer::Close(effects);
            }
            *at = (*at).min(last - 1);
            Answer::Stay(effects)
        }
        _ => Answer::moved(at, step(key, *at, last, model.page())),
    }
}

/// Repairs: Enter shows one on the screen (or takes it off again), Space pins it.
fn fixes(model: &mut Model, key: Key, at: &mut usize) -> Answer {
    let Some(attempts) = &mut model.screens.feature.attempts else {
        return Answer::CLOSE;
    };
    let last = attempts.tries.len().saturating_sub(1);
    match key {
        Key::Enter => {
            attempts.shown = (attempts.shown != Some(*at)).then_some(*at);
            Answer::CLOSE
        }
        Key::Char(' ') => {
            let what = model.dossier.as_ref().and_then(|dossier| attempts.selection(*at, dossier));
            let Some(what) = what else {
                model.toast("this repair is still being tried");
                return Answer::STAY;
            };
            Answer::Stay(toggle_pin(model, what))
        }
        Key::Char('t') => Answer::moved(at, Some(if *at >= last { 0 } else { *at + 1 })),
        _ => Answer::moved(at, step(key, *at, last, model.page())),
    }
}
