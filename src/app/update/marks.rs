//! What the analyst adds: pins, notes, verdicts and choices, recorded and undone.

use crate::autopsy::{Choice, Stage, Step};
use crate::{
    app::{Action, Effect, Model, Phase, overlay},
    journal::{Entry, Record, Selection},
};

/// Asks for the exams on another comparison; what is shown stays until they are done.
pub(super) fn choose(model: &mut Model, choice: Choice) -> Vec<Effect> {
    if choice == model.choice() {
        model.toast(format!("already so: {}", choice.says()));
        return Vec::new();
    }
    model.epoch += 1;
    model.opening.began_ms = model.clock.elapsed_ms;
    model.opening.phase =
        Phase::Examining { stage: Stage::Onset, parts: (0, 0), began_ms: model.clock.elapsed_ms };
    model.toast(format!("examining again: {}", choice.says()));
    vec![Effect::Investigate { epoch: model.epoch, choice }]
}

pub(super) fn pin(model: &mut Model) -> Vec<Effect> {
    match model.selection() {
        Some(what) => toggle_pin(model, what),
        None => Vec::new(),
    }
}

/// Pins something, or takes its pin away.
pub(in crate::app) fn toggle_pin(model: &mut Model, what: Selection) -> Vec<Effect> {
    if model.journal.pinned(&what.id) {
        model.toast(format!("unpinned {}", what.title));
        return record(model, Entry::Unpin { id: what.id });
    }
    model.toast(format!("pinned {}", what.title));
    record(model, Entry::Pin { what })
}

pub(super) fn again(model: &mut Model, action: Action) -> Vec<Effect> {
    let (entry, word) = match action {
        Action::Undo => (Entry::Undo, "undid"),
        _ => (Entry::Redo, "did again"),
    };
    let record = Record { at: model.clock.wall, entry };
    if let Some(changed) = model.journal.add(record.clone()) {
        model.toast(format!("{word}: {}", changed.says()));
    }
    let text = model.journal.marks().filter.clone();
    overlay::narrow(model, &text);
    let mut effects = vec![Effect::Append(record)];
    effects.extend(refresh_preview(model));
    let choice = model.journal.marks().choice;
    if model.knowing(Stage::Verdict).is_some() && choice != model.choice() {
        effects.extend(choose(model, choice));
    }
    effects
}

/// Adds a record to the journal, in memory and in its file.
pub(in crate::app) fn record(model: &mut Model, entry: Entry) -> Vec<Effect> {
    let record = Record { at: model.clock.wall, entry };
    model.journal.add(record.clone());
    if let Entry::Filter { text } = &record.entry {
        let text = text.clone();
        overlay::narrow(model, &text);
    }
    let mut effects = vec![Effect::Append(record)];
    effects.extend(refresh_preview(model));
    effects
}

pub(super) fn refresh_preview(model: &Model) -> Option<Effect> {
    (model.screen == Step::Report).then_some(Effect::Preview { epoch: model.epoch })
}

pub(super) fn view_record(model: &Model) -> Record {
    let feature = model.features.current().map(|feature| model.feature_name(feature).to_owned());
    Record { at: model.clock.wall, entry: Entry::View { screen: model.screen, feature, at: model.at } }
}
