//! What comes back from the outside world: what is known, and how effects came out.

use std::sync::Arc;

use super::perform::windows;
use crate::{
    app::{
        BackgroundEffect, Effect, FileState, Filter, Model, Outcome,
        navigate::measure,
        record::{record, refresh_preview},
        screen, session,
    },
    autopsy::{Investigation, Stage, Step},
    journal::Entry,
};

/// Takes over what is known while the exams run. Where all was known before, that stays until all is known again.
pub(super) fn known(model: &mut Model, investigation: Arc<Investigation>) {
    if model.knowing(Stage::Verdict).is_some() {
        return;
    }
    let first = model.knowing(Stage::Drift).is_none() && investigation.knows(Stage::Drift);
    model.install(investigation);
    if first {
        restore(model);
    }
}

/// Puts the filter and the cursors where the analyst left them the last time.
fn restore(model: &mut Model) {
    let Some(investigation) = model.investigation.clone() else {
        return;
    };
    let filter = model.journal.marks().filter.clone();
    if let Err(error) = Filter::parse(&filter) {
        model.problems.push(format!("the filter that the journal keeps is not used: {error}"));
    }
    model.narrow(&filter);
    if let Some(Entry::View { feature, at, settings, .. }) = model.journal.view().cloned() {
        model.at = at;
        session::take(model, &settings);
        for step in Step::ALL {
            // A journal of another version may name a pane that is no more.
            let pane = &mut model.screens.pane[step as usize];
            *pane = (*pane).min(screen::panes(step).len().saturating_sub(1));
        }
        model.features.refresh(&investigation);
        let features = &investigation.dossier.plan.features;
        let named = |name: &String| features.iter().position(|f| &f.name == name);
        let left = feature.as_ref().and_then(named);
        if let Some(feature) = left.filter(|f| model.features.listed.contains(f)) {
            model.features.show(feature, &investigation);
        }
        if model.screens.concept.begun {
            model.screens.concept.feature = model.features.current();
        }
    }
}

pub(super) fn examined(model: &mut Model, investigation: &Arc<Investigation>, data: String) -> Vec<Effect> {
    let first = model.knowing(Stage::Drift).is_none();
    let choice = investigation.framing.choice;
    model.cohort.clone_from(&model.asked_cohort);
    if model.cohort.is_none() {
        model.whole = Some(Arc::clone(&investigation.dossier));
    }
    model.install(Arc::clone(investigation));
    model.windowed = None;
    let took_ms = model.clock.elapsed_ms.saturating_sub(model.opening.began_ms);
    model.opening.took_ms = took_ms;
    model.opening.phase = model.opening.resting();
    // Whoever waited for the exams has not been idle.
    model.pressed_ms = model.clock.elapsed_ms;
    for file in &mut model.opening.files {
        if matches!(file.state, FileState::Waiting | FileState::Reading { .. }) {
            file.state = FileState::Done(String::new());
        }
    }
    if let Some((at, _)) = model.journal.opened().filter(|(_, before)| *before != data) {
        let when = crate::text::time::minute(at);
        let message = format!("the data changed since {when}; notes and pins are kept, numbers are new");
        model.changed = Some(message);
    } else {
        model.changed = None;
    }
    if first {
        restore(model);
    }
    let mut effects = Vec::new();
    if first || model.journal.opened().is_none_or(|(_, before)| before != data) {
        effects.extend(record(model, Entry::Open { data }));
    }
    // The onset of two compared periods is theirs, not a choice about the case.
    let is_compared = model.cohort.as_ref().is_some_and(|cohort| cohort.is_of_periods());
    if !first && !is_compared && choice != model.journal.marks().choice {
        effects.extend(record(model, Entry::Choose { choice }));
    }
    if let Some(width) = model.width().filter(|_| is_compared || model.settings.window.is_some()) {
        effects.push(windows(model, width));
    }
    effects.push(Effect::Background(BackgroundEffect::Watch { epoch: model.epoch }));
    effects.extend(screen::concept::again(model));
    effects.extend(refresh_preview(model));
    if model.screen == Step::Remedy {
        effects.extend(measure(model));
    }
    effects
}

pub(super) fn came_out(model: &mut Model, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Copied(word) => model.toast(if word.is_empty() { "copied".to_owned() } else { word }),
        Outcome::Exported(path) => model.toast(format!("wrote {path}")),
        Outcome::Wrote { path, replaced } => {
            let older = if replaced > 0 { ", in place of an older one" } else { "" };
            model.toast(format!("wrote {path}{older}"));
            return record(model, Entry::Wrote { path });
        }
        Outcome::Failed(message) => {
            model.toast(message.clone());
            model.problems.push(message);
        }
    }
    Vec::new()
}
