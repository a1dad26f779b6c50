//! What opens above a screen: help, palette, pins, problems, prompts. Keys go to the one on top.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use tui_input::{Input, InputRequest};

use crate::{autopsy::Stage, text::time};

use super::{
    Action, Effect, Filter, Key, Model, Selection,
    command::{COMMANDS, Command},
    explain,
    journal::Entry,
    keys::{BINDINGS, Group, binding},
    update::{go_to, perform, record, toggle_pin},
};

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

/// Scores names against typed words; higher is better, none where they don't match.
struct Fuzzy {
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Fuzzy {
    fn new(words: &str) -> Self {
        let pattern = Pattern::parse(words, CaseMatching::Ignore, Normalization::Smart);
        Self {
            pattern,
            matcher: Matcher::new(Config::DEFAULT),
            buffer: Vec::new(),
        }
    }

    fn score(&mut self, name: &str) -> Option<u32> {
        self.pattern
            .score(Utf32Str::new(name, &mut self.buffer), &mut self.matcher)
    }
}

/// The lines of the palette for what was typed: the best match first, and with nothing typed the recent ones first.
#[must_use]
pub fn palette(model: &Model, query: &str) -> Vec<PaletteItem> {
    let mut fuzzy = Fuzzy::new(query);
    let mut found: Vec<(u32, PaletteItem)> = Vec::new();
    found.extend(typed(model, query).map(|item| (u32::MAX, item)));
    for command in COMMANDS.iter().filter(|command| !command.argument.is_empty()) {
        let name = listed(command);
        if let Some(score) = fuzzy.score(&name).filter(|_| found.is_empty()) {
            let target = Target::Type(command.word);
            let disabled = model.knowing(Stage::Verdict).is_none().then(|| model.not_yet());
            let (keys, disabled) = (Vec::new(), disabled.filter(|_| command.word != "theme"));
            found.push((
                score,
                PaletteItem {
                    name,
                    keys,
                    target,
                    disabled,
                },
            ));
        }
    }
    for binding in BINDINGS {
        let Some(score) = fuzzy.score(binding.name) else {
            continue;
        };
        // The whole name beats whatever else holds its letters; with nothing typed the recent ones lead.
        let recent = model.recent.iter().position(|&action| action == binding.action);
        let lead = match recent {
            Some(at) if query.is_empty() => 1000_u32.saturating_sub(at as u32),
            _ => u32::from(binding.name == query.trim()) * 1000,
        };
        let score = score + lead;
        found.push((
            score,
            PaletteItem {
                name: binding.name.to_owned(),
                keys: model.keymap.keys(binding).to_vec(),
                target: Target::Run(binding.action),
                disabled: model.disabled(binding.action),
            },
        ));
    }
    if let Some(dossier) = model.dossier.as_ref().filter(|_| !query.trim().is_empty()) {
        let mut features: Vec<(u32, PaletteItem)> = Vec::new();
        for (index, feature) in dossier.plan.features.iter().enumerate() {
            if let Some(score) = fuzzy.score(&feature.name) {
                let name = format!("feature {}", feature.name);
                let target = Target::Feature(index);
                features.push((
                    score,
                    PaletteItem {
                        name,
                        keys: Vec::new(),
                        target,
                        disabled: None,
                    },
                ));
            }
        }
        features.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.extend(features.into_iter().take(FEATURES_OFFERED));
    }
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, item)| item).collect()
}

/// How a command stands in a list: `onset 2026-03-18T02:00 | auto: say when the change began, and examine again`.
fn listed(command: &Command) -> String {
    format!("{} {}: {}", command.word, command.argument, command.says)
}

/// The command that was typed with its argument, or what is wrong with it.
fn typed(model: &Model, query: &str) -> Option<PaletteItem> {
    let (command, argument) = Command::of(query)?;
    let action = command.action(argument);
    if action.is_err() && BINDINGS.iter().any(|b| b.name == query.trim()) {
        return None;
    }
    let known = action.as_ref().ok().and_then(|&action| binding(action));
    let name = match known {
        Some(binding) => binding.name.to_owned(),
        None if argument.is_empty() => listed(command),
        None => format!("{} {argument}: {}", command.word, command.says),
    };
    let keys = known.map_or_else(Vec::new, |binding| model.keymap.keys(binding).to_vec());
    Some(match action {
        Ok(action) => PaletteItem {
            name,
            keys,
            target: Target::Run(action),
            disabled: model.disabled(action),
        },
        Err(_) if argument.is_empty() => PaletteItem {
            name,
            keys,
            target: Target::Type(command.word),
            disabled: None,
        },
        Err(because) => PaletteItem {
            name,
            keys,
            target: Target::Type(command.word),
            disabled: Some(because),
        },
    })
}

/// The lines of the help: the present screen's bindings under their headings, those that match what was typed.
#[must_use]
pub fn help(model: &Model, query: &str) -> Vec<HelpRow> {
    let mut fuzzy = Fuzzy::new(query);
    let mut rows = Vec::new();
    if query.trim().is_empty() {
        let explained = explain::at_cursor(model);
        rows.extend(
            explained
                .into_iter()
                .map(|(name, entry)| HelpRow::Says(name, entry.says())),
        );
    }
    for group in Group::ALL {
        let mut titled = false;
        for binding in BINDINGS.iter().filter(|b| b.group == group) {
            if fuzzy.score(binding.name).is_none()
                && !model
                    .keymap
                    .keys(binding)
                    .iter()
                    .any(|key| key.name() == query.trim())
            {
                continue;
            }
            if !titled {
                rows.push(HelpRow::Title(group.title()));
                titled = true;
            }
            rows.push(HelpRow::Key(PaletteItem {
                name: binding.name.to_owned(),
                keys: model.keymap.keys(binding).to_vec(),
                target: Target::Run(binding.action),
                disabled: model.disabled(binding.action),
            }));
        }
    }
    let commands = COMMANDS.iter().filter(|command| !command.argument.is_empty());
    let mut titled = false;
    for command in commands {
        let name = listed(command);
        if fuzzy.score(&name).is_none() {
            continue;
        }
        if !titled {
            rows.push(HelpRow::Title("Commands of the palette"));
            titled = true;
        }
        rows.push(HelpRow::Key(PaletteItem {
            name,
            keys: Vec::new(),
            target: Target::Type(command.word),
            disabled: None,
        }));
    }
    rows
}

/// Opens an overlay.
pub(super) fn open(model: &mut Model, action: Action) {
    let overlay = match action {
        Action::Help => Overlay::Help {
            query: Input::default(),
            at: 0,
        },
        Action::Palette => Overlay::Palette {
            query: Input::default(),
            at: 0,
        },
        Action::Pins => Overlay::Pins { at: 0 },
        Action::TryFix => {
            let shown = model.screens.feature.attempts.as_ref().and_then(|a| a.shown);
            Overlay::Fixes {
                at: shown.unwrap_or(0),
            }
        }
        Action::Problems => Overlay::Problems { at: 0 },
        Action::Info => Overlay::Page {
            title: "Info".to_owned(),
            lines: model.head.info.clone(),
            at: 0,
        },
        Action::Log => Overlay::Page {
            title: "Log of this session".to_owned(),
            lines: log(model),
            at: 0,
        },
        Action::Filter => {
            let before = model.features.filter.text().to_owned();
            let lines = vec![Input::new(before.clone())];
            Overlay::Prompt(Prompt {
                purpose: Purpose::Filter(before),
                lines,
                line: 0,
                error: None,
            })
        }
        Action::Note => {
            let Some(on) = model.selection() else { return };
            let text = model
                .journal
                .marks()
                .notes
                .get(&on.id)
                .map_or("", |(_, text)| text.as_str());
            let mut lines: Vec<Line> = text.lines().map(|line| Input::new(line.to_owned())).collect();
            if lines.is_empty() {
                lines.push(Input::default());
            }
            let line = lines.len() - 1;
            Overlay::Prompt(Prompt {
                purpose: Purpose::Note(on),
                lines,
                line,
                error: None,
            })
        }
        _ => return,
    };
    model.overlays.push(overlay);
}

/// What was done and answered, the last first.
fn log(model: &Model) -> Vec<String> {
    let mut lines: Vec<String> = model
        .log
        .iter()
        .rev()
        .map(|(at, says)| format!("{}   {says}", time::short(*at)))
        .collect();
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

/// Help and palette: typing narrows, arrows move, Enter runs.
fn list(model: &mut Model, key: Key, mut query: Line, at: usize, is_help: bool) -> Vec<Effect> {
    let items: Vec<PaletteItem> = if is_help {
        let keyed = |row| {
            if let HelpRow::Key(item) = row {
                Some(item)
            } else {
                None
            }
        };
        help(model, query.value()).into_iter().filter_map(keyed).collect()
    } else {
        palette(model, query.value())
    };
    let last = items.len().saturating_sub(1);
    let mut at = at.min(last);
    match key {
        Key::Esc | Key::F(1) => return Vec::new(),
        Key::Enter => {
            let Some(item) = items.get(at) else {
                return Vec::new();
            };
            match (&item.disabled, item.target) {
                (None, target) => return run(model, target),
                // A command that cannot be read stays, so that it can be mended.
                (Some(because), Target::Type(_)) => model.toast(because.clone()),
                (Some(because), _) => {
                    model.toast(format!("{}: {because}", item.name));
                    return Vec::new();
                }
            }
        }
        Key::Up => at = at.saturating_sub(1),
        Key::Down | Key::Tab => at = (at + 1).min(last),
        Key::PageUp => at = at.saturating_sub(model.page()),
        Key::PageDown => at = (at + model.page()).min(last),
        // Pressing the key that opened it closes it again.
        Key::Char('?') if is_help && query.value().is_empty() => return Vec::new(),
        _ => {
            if edit(&mut query, key) {
                at = 0;
            }
        }
    }
    let overlay = if is_help {
        Overlay::Help { query, at }
    } else {
        Overlay::Palette { query, at }
    };
    model.overlays.push(overlay);
    Vec::new()
}

fn run(model: &mut Model, target: Target) -> Vec<Effect> {
    match target {
        Target::Run(action) => {
            model.recent.retain(|&recent| recent != action);
            model.recent.insert(0, action);
            model.recent.truncate(10);
            perform(model, action)
        }
        Target::Type(word) => {
            model.overlays.push(Overlay::Palette {
                query: Input::new(format!("{word} ")),
                at: 0,
            });
            Vec::new()
        }
        Target::Feature(feature) => {
            let effects = go_to(model, crate::autopsy::Step::Feature);
            if let Some(investigation) = model.investigation.clone() {
                model.features.show(feature, &investigation);
            }
            effects
        }
    }
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
            let what = model
                .dossier
                .as_ref()
                .and_then(|dossier| attempts.selection(at, dossier));
            model.overlays.push(Overlay::Fixes { at });
            return match what {
                Some(what) => toggle_pin(model, what),
                None => {
                    model.toast("this repair is still being tried");
                    Vec::new()
                }
            };
        }
        Key::Char('t') => model.overlays.push(Overlay::Fixes {
            at: if at >= last { 0 } else { at + 1 },
        }),
        _ => {
            if let Some(at) = step(key, at, last, model.page()) {
                model.overlays.push(Overlay::Fixes { at });
            }
        }
    }
    Vec::new()
}

/// Prompts: typing edits, Enter keeps, Esc drops; in a note the arrow down begins a new line.
fn ask(model: &mut Model, key: Key, mut prompt: Prompt) -> Vec<Effect> {
    match key {
        Key::Esc => {
            if let Purpose::Filter(before) = &prompt.purpose {
                let before = before.clone();
                narrow(model, &before);
            }
            return Vec::new();
        }
        Key::Enter => {
            let lines: Vec<&str> = prompt.lines.iter().map(Input::value).collect();
            let text = lines.join("\n").trim_end().to_owned();
            return match &prompt.purpose {
                Purpose::Filter(before) => match Filter::parse(&text) {
                    Err(error) => {
                        prompt.error = Some(error.to_string());
                        model.overlays.push(Overlay::Prompt(prompt));
                        Vec::new()
                    }
                    Ok(_) if text == *before => Vec::new(),
                    Ok(_) => record(model, Entry::Filter { text }),
                },
                Purpose::Note(on) => record(model, Entry::Note { on: on.clone(), text }),
            };
        }
        Key::Down if matches!(prompt.purpose, Purpose::Note(_)) => {
            if prompt.line + 1 == prompt.lines.len() && !prompt.lines[prompt.line].value().is_empty() {
                prompt.lines.push(Input::default());
            }
            prompt.line = (prompt.line + 1).min(prompt.lines.len() - 1);
        }
        Key::Up => prompt.line = prompt.line.saturating_sub(1),
        Key::Backspace if prompt.line > 0 && prompt.lines[prompt.line].value().is_empty() => {
            prompt.lines.remove(prompt.line);
            prompt.line -= 1;
        }
        _ => {
            edit(&mut prompt.lines[prompt.line], key);
        }
    }
    if matches!(prompt.purpose, Purpose::Filter(_)) {
        // The list follows while typing; a term that is half typed leaves it as it was.
        let text = prompt.lines[0].value().to_owned();
        prompt.error = Filter::parse(&text).err().map(|error| error.to_string());
        narrow(model, &text);
    }
    model.overlays.push(Overlay::Prompt(prompt));
    Vec::new()
}

/// Narrows the list of features, if the filter can be read.
pub(super) fn narrow(model: &mut Model, text: &str) {
    if let (Ok(filter), Some(investigation)) = (Filter::parse(text), model.investigation.clone()) {
        model.features.filter = filter;
        model.features.refresh(&investigation);
    }
}

/// Types text into the overlay on top.
pub(super) fn paste(model: &mut Model, text: &str) {
    for c in text.chars().filter(|c| !c.is_control() || *c == '\n') {
        let typed = if c == '\n' { Key::Down } else { Key::Char(c) };
        key(model, typed);
    }
}

/// Edits a line; whether its text changed.
fn edit(line: &mut Line, key: Key) -> bool {
    let request = match key {
        Key::Char(c) => InputRequest::InsertChar(c),
        Key::Backspace => InputRequest::DeletePrevChar,
        Key::Delete => InputRequest::DeleteNextChar,
        Key::Left => InputRequest::GoToPrevChar,
        Key::Right => InputRequest::GoToNextChar,
        Key::Home | Key::Ctrl('a') => InputRequest::GoToStart,
        Key::End | Key::Ctrl('e') => InputRequest::GoToEnd,
        Key::Ctrl('w') => InputRequest::DeletePrevWord,
        Key::Ctrl('u') => InputRequest::DeleteLine,
        _ => return false,
    };
    line.handle(request).is_some_and(|change| change.value)
}
