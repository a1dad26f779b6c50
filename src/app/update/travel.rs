//! From view to view: to a step, back and forward, and one step up.

use super::marks::{record, view_record};
use crate::autopsy::{Stage, Step};
use crate::{
    app::{Effect, Measuring, Model, Phase, Place},
    journal::Entry,
};

/// Opens a step's screen.
pub(in crate::app) fn go_to(model: &mut Model, step: Step) -> Vec<Effect> {
    if step == model.screen {
        return Vec::new();
    }
    model.history.leave(model.place());
    model.screen = step;
    model.screens.enlarged = false;
    entered(model)
}

/// What entering a screen asks for.
fn entered(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.knowing(Stage::Verdict).is_some() {
        effects.push(Effect::Append(view_record(model)));
        match model.screen {
            Step::Report => effects.push(Effect::Preview { epoch: model.epoch }),
            // Whoever reads the diagnosis asks for its remedy next: by then it is measured.
            Step::Diagnosis | Step::Remedy if model.remedy == Measuring::NotYet => {
                effects.extend(measure(model));
            }
            _ => {}
        }
    }
    effects
}

/// Begins to measure the remedies, once all that they depend on is known.
pub(in crate::app) fn measure(model: &mut Model) -> Vec<Effect> {
    if !model.investigation.as_ref().is_some_and(|i| i.is_whole()) {
        return Vec::new();
    }
    model.remedy =
        Measuring::Running { done: 0, of: 0, what: String::new(), began_ms: model.clock.elapsed_ms };
    vec![Effect::Remedy { epoch: model.epoch }]
}

pub(super) fn arrive(model: &mut Model, place: Place) -> Vec<Effect> {
    model.screen = place.screen;
    model.screens.pane[place.screen as usize] = place.pane;
    model.screens.enlarged = false;
    model.at = place.at;
    if let (Some(feature), Some(investigation)) = (place.feature, model.investigation.clone()) {
        model.features.show(feature, &investigation);
    }
    entered(model)
}

/// One step up: running work first, then an enlarged pane, then the filter, then the previous view.
pub(super) fn back(model: &mut Model) -> Vec<Effect> {
    if model.opening.busy() {
        model.epoch += 1;
        if model.knowing(Stage::Verdict).is_some() {
            model.opening.phase = model.opening.resting();
            model.toast("stopped; everything is as it was");
        } else {
            model.opening.phase = Phase::Cancelled;
            model.toast("stopped; nothing was written");
        }
        return vec![Effect::Cancel];
    }
    if model.screen == Step::Remedy && matches!(model.remedy, Measuring::Running { .. }) {
        model.remedy = Measuring::Stopped;
        model.toast("stopped; m measures again");
        return vec![Effect::Cancel];
    }
    if model.screens.enlarged {
        model.screens.enlarged = false;
    } else if model.narrowed() {
        return record(model, Entry::Filter { text: String::new() });
    } else {
        let here = model.place();
        if let Some(place) = model.history.back(here) {
            return arrive(model, place);
        }
    }
    Vec::new()
}
