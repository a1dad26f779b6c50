//! Help and palette: what is found for what was typed, and what Enter does with it.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use tui_input::Input;

use super::{
    Answer, FEATURES_OFFERED, HelpRow, Line, Overlay, PaletteItem, Target,
    lookup::{lead, levels},
    pair,
    prompt::edit,
};
use crate::app::{
    Effect, Key, Model, cohort,
    command::{COMMANDS, Command},
    explain,
    keys::{BINDINGS, Group, binding},
    screen,
};
use crate::autopsy::Stage;
use crate::text::nearest::nearest;

/// Scores names against typed words; higher is better, none where they don't match.
struct Fuzzy {
    pattern: Pattern,
    matcher: Matcher,
    buffer: Vec<char>,
}

impl Fuzzy {
    fn new(words: &str) -> Self {
        let pattern = Pattern::parse(words, CaseMatching::Ignore, Normalization::Smart);
        Self { pattern, matcher: Matcher::new(Config::DEFAULT), buffer: Vec::new() }
    }

    fn score(&mut self, name: &str) -> Option<u32> {
        self.pattern.score(Utf32Str::new(name, &mut self.buffer), &mut self.matcher)
    }
}

/// Explanations that the help shows at most for what was typed.
const EXPLAINED: usize = 8;

/// Findings that the palette offers at most.
const FINDINGS: usize = 20;

/// Words that people type for an action, and its name in the configuration.
#[rustfmt::skip]
const ALIASES: &[(&str, &str)] = &[
    ("refresh", "reload"), ("restart", "reload"), ("reread", "reload"), ("exit", "quit"), ("close", "back"),
    ("clear", "back"), ("search", "filter"), ("find", "filter"), ("grep", "filter"), ("save", "write_report"),
    ("config", "edit_contract"), ("settings", "edit_contract"), ("heatmap", "go_drift"), ("psi", "go_drift"),
    ("history", "log"), ("version", "info"), ("about", "info"), ("repair", "try_fix"), ("undrift", "try_fix"),
    ("retrain", "go_remedy"), ("golden", "go_triage"), ("cause", "go_diagnosis"), ("why", "go_diagnosis"),
    ("order", "sort"), ("yank", "copy_pane"), ("clipboard", "copy_pane"), ("maximize", "enlarge"),
    ("fullscreen", "enlarge"), ("bookmark", "pin"), ("comment", "note"), ("dark", "theme_dark"), ("light", "theme_light"),
    ("wiki", "go_report"), ("latency", "go_pipeline"), ("nulls", "go_pipeline"), ("segments", "go_concept"),
    ("outliers", "go_support"),
];

/// How well a name answers what was typed: 4 wholly, 3 from its beginning, 2 from the beginning of a word, 1 somewhere in
/// it, 0 by its letters alone.
fn rank(name: &str, typed: &str) -> u32 {
    let (name, typed) = (name.to_lowercase(), typed.trim().to_lowercase());
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    match () {
        () if typed.is_empty() => 0,
        () if name == typed => 4,
        () if name.starts_with(&typed) => 3,
        () if words.any(|word| word.starts_with(&typed)) => 2,
        () => u32::from(name.contains(&typed)),
    }
}

/// A step of [`rank`] outweighs every score of letters.
const RANK: u32 = 10_000;

/// The lines of the palette for what was typed: the best match first, and with nothing typed the recent ones first.
#[must_use]
pub fn palette(model: &Model, query: &str) -> Vec<PaletteItem> {
    let completed = choices(model, query);
    if !completed.is_empty() {
        return completed;
    }
    let mut fuzzy = Fuzzy::new(query);
    let mut found: Vec<(u32, PaletteItem)> = Vec::new();
    found.extend(typed(model, query).map(|item| (u32::MAX, item)));
    for command in COMMANDS.iter().filter(|command| !command.argument.is_empty()) {
        let name = listed(command);
        if let Some(score) = fuzzy.score(&name).filter(|_| found.is_empty()) {
            let target = Target::Type(command.word);
            let disabled = model.knowing(Stage::Verdict).is_none().then(|| model.not_yet());
            let (keys, disabled) = (Vec::new(), disabled.filter(|_| command.word != "theme"));
            let score = score + RANK * rank(command.word, query);
            found.push((score, PaletteItem { name, keys, target, disabled }));
        }
    }
    for binding in BINDINGS {
        // The name of the configuration and of docs/keys.md finds it as well: `reload`, `narrower_window`.
        let by_id = if query.is_empty() { None } else { fuzzy.score(binding.id) };
        let aliases = ALIASES.iter().filter(|(_, id)| *id == binding.id).map(|(word, _)| rank(word, query));
        // An alias counts from its beginning on only.
        let alias = aliases.max().filter(|&rank| rank >= 3).unwrap_or(0);
        let by_alias = (alias > 0 && query.trim().len() > 2).then_some(0);
        let Some(score) = fuzzy.score(binding.name).max(by_id).max(by_alias) else {
            continue;
        };
        // What begins with the text beats what holds its letters; with nothing typed the recent ones lead.
        let recent = model.recent.iter().position(|&action| action == binding.action);
        let lead = match recent {
            Some(at) if query.is_empty() => 1000_u32.saturating_sub(at as u32),
            _ => {
                RANK * rank(binding.name, query).max(rank(binding.id, query)).max(if by_alias.is_some() {
                    alias
                } else {
                    0
                })
            }
        };
        let score = score + lead;
        found.push((
            score,
            PaletteItem {
                name: binding.name.to_owned(),
                keys: model.keymap.keys(binding).to_vec(),
                target: Target::Run(binding.action),
                disabled: screen::disabled(model, binding.action),
            },
        ));
    }
    if let Some(dossier) = model.dossier.as_ref().filter(|_| !query.trim().is_empty()) {
        let mut features: Vec<(u32, PaletteItem)> = Vec::new();
        for (index, feature) in dossier.plan.features.iter().enumerate() {
            if let Some(score) = fuzzy.score(&feature.name) {
                let name = format!("feature {}", feature.name);
                let target = Target::Feature(index);
                let score = score + RANK * rank(&feature.name, query);
                features.push((score, PaletteItem { name, keys: Vec::new(), target, disabled: None }));
            }
        }
        features.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.extend(features.into_iter().take(FEATURES_OFFERED));
        found.extend(levels(dossier, query).into_iter().map(|item| (RANK, item)));
    }
    found.extend(findings(model, query));
    // Letters alone are the last resort: they hold for too much.
    if found.iter().any(|(score, _)| *score >= RANK) {
        found.retain(|(score, _)| *score >= RANK);
    }
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, item)| item).collect()
}

/// Findings whose sentence holds what was typed, the worst first.
fn findings(model: &Model, query: &str) -> Vec<(u32, PaletteItem)> {
    let text = query.trim().to_lowercase();
    let Some(investigation) = model.investigation.as_ref().filter(|_| text.chars().count() > 2) else {
        return Vec::new();
    };
    let holds = |message: &str| message.to_lowercase().contains(&text);
    let mut found: Vec<usize> = (0..investigation.findings.len()).collect();
    found.retain(|&at| investigation.findings[at].flagged() && holds(&investigation.findings[at].message));
    found.sort_by_key(|&at| std::cmp::Reverse(investigation.findings[at].verdict.severity()));
    let item = |at: usize| {
        let finding = &investigation.findings[at];
        let name = format!("{}: {}", finding.step.name(), finding.message);
        (RANK, PaletteItem { name, keys: Vec::new(), target: Target::Finding(at), disabled: None })
    };
    found.into_iter().take(FINDINGS).map(item).collect()
}

/// The arguments that a command knows by name and that begin with, or hold, what was typed.
fn choices(model: &Model, query: &str) -> Vec<PaletteItem> {
    let Some((command, argument)) = Command::of(query).filter(|_| query.contains(' ')) else {
        return Vec::new();
    };
    // The beginning of an action's plain name is that action.
    let begun = query.trim().to_lowercase();
    if !argument.is_empty() && BINDINGS.iter().any(|b| b.name.to_lowercase().starts_with(&begun)) {
        return Vec::new();
    }
    let typed = argument.to_lowercase();
    let mut fitting: Vec<&(&str, &str)> = command
        .choices()
        .iter()
        .filter(|(word, meaning)| word.contains(&typed) || meaning.to_lowercase().contains(&typed))
        .collect();
    fitting.sort_by_key(|(word, _)| !word.starts_with(&typed));
    let listed = fitting.into_iter().filter_map(|(word, meaning)| {
        let action = command.action(word).ok()?;
        let name = format!("{} {word}: {meaning}", command.word);
        let disabled = screen::disabled(model, action);
        Some(PaletteItem { name, keys: Vec::new(), target: Target::Run(action), disabled })
    });
    listed.collect()
}

/// The line of a command in a list: `onset 2026-03-18T02:00 | auto: say when the change began, and examine again`.
fn listed(command: &Command) -> String {
    format!("{} {}: {}", command.word, command.argument, command.message)
}

/// The command that was typed with its argument, or what is wrong with it.
pub(super) fn typed(model: &Model, query: &str) -> Option<PaletteItem> {
    let (command, argument) = Command::of(query)?;
    let action = command.action(argument);
    if action.is_err() && BINDINGS.iter().any(|b| b.name == query.trim()) {
        return None;
    }
    let known = action.as_ref().ok().and_then(|&action| binding(action));
    let name = match known {
        Some(binding) => binding.name.to_owned(),
        None if argument.is_empty() => listed(command),
        None => format!("{} {argument}: {}", command.word, command.message),
    };
    let keys = known.map_or_else(Vec::new, |binding| model.keymap.keys(binding).to_vec());
    Some(match action {
        Ok(action) => {
            PaletteItem { name, keys, target: Target::Run(action), disabled: screen::disabled(model, action) }
        }
        Err(_) if argument.is_empty() => {
            PaletteItem { name, keys, target: Target::Type(command.word), disabled: None }
        }
        Err(because) => {
            PaletteItem { name, keys, target: Target::Type(command.word), disabled: Some(because) }
        }
    })
}

/// The lines of the help: the present screen's bindings under their headings, those that match what was typed.
#[must_use]
pub fn help(model: &Model, query: &str) -> Vec<HelpRow> {
    let mut fuzzy = Fuzzy::new(query);
    let mut rows = Vec::new();
    let explained = match query.trim() {
        "" => explain::at_cursor(model),
        // Two letters are in almost every sentence.
        text if text.chars().count() > 2 => {
            explain::search(text).into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect()
        }
        _ => Vec::new(),
    };
    let most = if query.trim().is_empty() { usize::MAX } else { EXPLAINED };
    rows.extend(explained.into_iter().take(most).map(|(name, entry)| HelpRow::Says(name, entry.message())));
    for group in Group::ALL {
        let mut titled = false;
        for binding in BINDINGS.iter().filter(|b| b.group == group) {
            if fuzzy.score(binding.name).is_none()
                && !model.keymap.keys(binding).iter().any(|key| key.name() == query.trim())
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
                disabled: screen::disabled(model, binding.action),
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

/// Help and palette: typing narrows, arrows move, Enter runs.
pub(super) fn list(model: &mut Model, key: Key, query: &mut Line, at: &mut usize, is_help: bool) -> Answer {
    // The list is computed only for keys that move in it, not while text is typed. What the help says is read, not run.
    let listed = |model: &Model, query: &Line| -> Vec<Option<PaletteItem>> {
        let stop = |row| match row {
            HelpRow::Key(item) => Some(Some(item)),
            HelpRow::Says(..) => Some(None),
            HelpRow::Title(_) => None,
        };
        if is_help {
            help(model, query.value()).into_iter().filter_map(stop).collect()
        } else {
            palette(model, query.value()).into_iter().map(Some).collect()
        }
    };
    let last = |model: &Model, query: &Line| listed(model, query).len().saturating_sub(1);
    match key {
        Key::Esc | Key::F(1) => return Answer::CLOSE,
        Key::Enter if in_words(query.value()).is_some() => {
            let asked = match in_words(query.value()) {
                Some(("compare", text)) => cohort::compare(model, &text),
                Some(("where", text)) => cohort::narrow(model, &text),
                Some(("pair", text)) => beside(model, &text),
                Some((_, text)) => screen::feature::try_typed(model, &text),
                None => return Answer::STAY,
            };
            match asked {
                Ok(effects) => return Answer::Close(effects),
                // What cannot be read stays, so that it can be mended.
                Err(message) => model.toast(message),
            }
        }
        Key::Enter => {
            let items = listed(model, query);
            let item = match items.get((*at).min(items.len().saturating_sub(1))) {
                Some(Some(item)) => item,
                Some(None) => return Answer::STAY,
                None => return Answer::CLOSE,
            };
            match (&item.disabled, item.target) {
                (None, target) => return run(model, target),
                // A command that cannot be read stays, so that it can be mended.
                (Some(because), Target::Type(_)) => model.toast(because.clone()),
                (Some(because), _) => {
                    model.toast(format!("{}: {because}", item.name));
                    return Answer::CLOSE;
                }
            }
        }
        Key::Up => *at = at.saturating_sub(1),
        Key::Down | Key::Tab => *at = (*at + 1).min(last(model, query)),
        Key::PageUp => *at = at.saturating_sub(model.page()),
        Key::PageDown => *at = (*at + model.page()).min(last(model, query)),
        // Pressing the key that opened it closes it again.
        Key::Char('?') if is_help && query.value().is_empty() => return Answer::CLOSE,
        _ => {
            if edit(query, key) {
                // Enter runs the first action that was found, whatever is explained above it.
                let is_typed = is_help && !query.value().is_empty();
                let first = || listed(model, query).iter().position(Option::is_some);
                *at = if is_typed { first().unwrap_or(0) } else { 0 };
            }
        }
    }
    Answer::STAY
}

/// Sets the feature under the cursor beside one that was named.
fn beside(model: &mut Model, name: &str) -> Result<Vec<Effect>, String> {
    let dossier = model.dossier.clone().ok_or_else(|| model.not_yet())?;
    let features = &dossier.plan.features;
    let Some(second) = features.iter().position(|feature| feature.name == name.trim()) else {
        let near = nearest(name.trim(), features.iter().map(|feature| feature.name.as_str()));
        let hint = near.first().map_or_else(String::new, |near| format!("; did you mean {near}?"));
        return Err(format!("{name:?} is no feature{hint}"));
    };
    let view = pair::open(model, Some(second))?;
    model.overlays.push(Overlay::Pair(Box::new(view)));
    Ok(Vec::new())
}

/// A command whose argument is a text of its own, with that text.
fn in_words(query: &str) -> Option<(&'static str, String)> {
    let (command, argument) = Command::of(query)?;
    let takes = ["compare", "where", "repair", "pair"].contains(&command.word) && !argument.is_empty();
    takes.then(|| (command.word, argument.to_owned()))
}

fn run(model: &mut Model, target: Target) -> Answer {
    match target {
        Target::Run(action) => {
            model.recent.retain(|&recent| recent != action);
            model.recent.insert(0, action);
            model.recent.truncate(10);
            Answer::Run(action)
        }
        Target::Type(word) => {
            let query = Input::new(format!("{word} "));
            model.overlays.push(Overlay::Palette { query, at: 0 });
            Answer::CLOSE
        }
        other => Answer::Close(lead(model, other)),
    }
}
