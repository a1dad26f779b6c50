//! What the analyst adds: pins, notes, verdicts and choices, recorded and undone.

use crate::{
    app::{
        Action, BackgroundEffect, Effect, Model,
        cohort::examine,
        record::{refresh_preview, toggle_pin},
        screen,
    },
    autopsy::{Choice, Stage},
    journal::{Entry, Record},
};

/// Asks for the exams on another comparison; what is shown stays until they are done.
pub(super) fn choose(model: &mut Model, choice: Choice) -> Vec<Effect> {
    if choice == model.choice() {
        model.toast(format!("already so: {}", choice.message()));
        return Vec::new();
    }
    examine(model, choice, model.cohort.clone())
}

pub(super) fn pin(model: &mut Model) -> Vec<Effect> {
    match screen::selection(model) {
        Some(what) => toggle_pin(model, what),
        None => Vec::new(),
    }
}

pub(super) fn again(model: &mut Model, action: Action) -> Vec<Effect> {
    let (entry, word) = match action {
        Action::Undo => (Entry::Undo, "undid"),
        _ => (Entry::Redo, "did again"),
    };
    let record = Record { at: model.clock.wall, entry };
    if let Some(changed) = model.journal.add(record.clone()) {
        model.toast(format!("{word}: {}", changed.message()));
    }
    let text = model.journal.marks().filter.clone();
    model.narrow(&text);
    let mut effects = vec![Effect::Background(BackgroundEffect::Append(record))];
    effects.extend(refresh_preview(model));
    let choice = model.journal.marks().choice;
    if model.knowing(Stage::Verdict).is_some() && choice != model.choice() {
        effects.extend(choose(model, choice));
    }
    effects
}
