//! What opens above a screen: help, palette, pins, problems, prompts. Keys go to the one on top.

use tui_input::Input;

use super::{
    Action, Effect, Key, Model,
    update::{record, toggle_pin},
};
use crate::{
    journal::{Entry, Selection},
    text::time,
};

mod prompt;
mod search;

use prompt::ask;
pub(super) use prompt::{narrow, paste};
use search::list;
pub use search::{help, palette};

/// One line of typed text with its cursor.
pub type Line = Input;

/// What a prompt asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The filter of the list of features; the text before it was opened.
    Filter(String),
    /// A note.
    Note(Selection),
}

/// A question to the analyst.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What it asks for.
    pub purpose: Purpose,
    /// What was typed, line by line.
    pub lines: Vec<Line>,
    /// The line that is typed on.
    pub line: usize,
    /// What is wrong with it.
    pub error: Option<String>,
}

/// What is open above the screen.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The keys of the present screen, searchable.
    Help {
        /// What was typed.
        query: Line,
        /// The cursor, over the matching lines.
        at: usize,
    },
    /// Every action by its name.
    Palette {
        /// What was typed.
        query: Line,
        /// The cursor, over the matching lines.
        at: usize,
    },
    /// The pinned evidence.
    Pins {
        /// The cursor.
        at: usize,
    },
    /// The repairs that can be tried on the feature of the screen.
    Fixes {
        /// The cursor.
        at: usize,
    },
    /// What went wrong or was left out.
    Problems {
        /// The first line that is shown.
        at: usize,
    },
    /// Something to read.
    Page {
        /// What it is about.
        title: String,
        /// Its paragraphs.
        lines: Vec<String>,
        /// The first paragraph that is shown.
        at: usize,
    },
    /// A question.
    Prompt(Prompt),
}

/// What a line of the palette does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Run an action.
    Run(Action),
    /// Type the word of a command; its argument follows.
    Type(&'static str),
    /// Open a feature.
    Feature(usize),
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
        Action::Pins => Overlay::Pins { at: 0 },
        Action::TryFix => {
            let shown = model.screens.feature.attempts.as_ref().and_then(|a| a.shown);
            Overlay::Fixes { at: shown.unwrap_or(0) }
        }
        Action::Problems => Overlay::Problems { at: 0 },
        Action::Info => Overlay::Page { title: "Info".to_owned(), lines: model.head.info.clone(), at: 0 },
        Action::Log => Overlay::Page { title: "Log of this session".to_owned(), lines: log(model), at: 0 },
        Action::Filter => {
            let before = model.features.filter.text().to_owned();
            let lines = vec![Input::new(before.clone())];
            Overlay::Prompt(Prompt { purpose: Purpose::Filter(before), lines, line: 0, error: None })
        }
        Action::Note => {
            let Some(on) = model.selection() else { return };
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
        model.log.iter().rev().map(|(at, says)| format!("{}   {says}", time::short(*at))).collect();
    if lines.is_empty() {
        lines.push("Nothing was done yet.".to_owned());
    }
    lines
}

/// Gives a key to the overlay on top; none when there is no overlay.
pub(super) fn key(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    let overlay = model.overlays.pop()?;
    if key == Key::Ctrl('c') {
        model.overlays.push(overlay);
        return None;
    }
    Some(match overlay {
        Overlay::Help { query, at } => list(model, key, query, at, true),
        Overlay::Palette { query, at } => list(model, key, query, at, false),
        Overlay::Pins { at } => pins(model, key, at),
        Overlay::Fixes { at } => fixes(model, key, at),
        Overlay::Problems { at } => {
            let last = model.problem_lines().len().saturating_sub(1);
            if let Some(at) = step(key, at, last, model.page()) {
                model.overlays.push(Overlay::Problems { at });
            }
            Vec::new()
        }
        Overlay::Page { title, lines, at } => {
            let last = lines.len().saturating_sub(1);
            if let Some(at) = step(key, at, last, model.page()) {
                model.overlays.push(Overlay::Page { title, lines, at });
            }
            Vec::new()
        }
        Overlay::Prompt(prompt) => ask(model, key, prompt),
    })
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

fn pins(model: &mut Model, key: Key, at: usize) -> Vec<Effect> {
    let all = model.journal.marks().pins.clone();
    let Some(pin) = all.get(at.min(all.len().saturating_sub(1))) else {
        return Vec::new();
    };
    match key {
        Key::Enter => {
            let pin = pin.clone();
            return super::screen::show(model, &pin.id, pin.step);
        }
        Key::Char(' ') | Key::Delete => {
            let effects = record(model, Entry::Unpin { id: pin.id.clone() });
            let left = all.len() - 1;
            if left > 0 {
                model.overlays.push(Overlay::Pins { at: at.min(left - 1) });
            }
            return effects;
        }
        _ => {}
    }
    if let Some(at) = step(key, at, all.len() - 1, model.page()) {
        model.overlays.push(Overlay::Pins { at });
    }
    Vec::new()
}

/// Repairs: Enter shows one on the screen (or takes it off again), Space pins it.
fn fixes(model: &mut Model, key: Key, at: usize) -> Vec<Effect> {
    let Some(attempts) = &mut model.screens.feature.attempts else {
        return Vec::new();
    };
    let last = attempts.tries.len().saturating_sub(1);
    match key {
        Key::Enter => {
            attempts.shown = (attempts.shown != Some(at)).then_some(at);
            return Vec::new();
        }
        Key::Char(' ') => {
            let what = model.dossier.as_ref().and_then(|dossier| attempts.selection(at, dossier));
            model.overlays.push(Overlay::Fixes { at });
            return match what {
                Some(what) => toggle_pin(model, what),
                None => {
                    model.toast("this repair is still being tried");
                    Vec::new()
                }
            };
        }
        Key::Char('t') => model.overlays.push(Overlay::Fixes { at: if at >= last { 0 } else { at + 1 } }),
        _ => {
            if let Some(at) = step(key, at, last, model.page()) {
                model.overlays.push(Overlay::Fixes { at });
            }
        }
    }
    Vec::new()
}
