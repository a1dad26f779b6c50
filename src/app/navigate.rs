//! From view to view: opening a step's screen, and what that asks for.

use crate::autopsy::{Stage, Step};

use super::{BackgroundEffect, Effect, Measuring, Model, Place, record::view_record};

/// Opens a step's screen.
pub(super) fn go_to(model: &mut Model, step: Step) -> Vec<Effect> {
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
        effects.push(Effect::Background(BackgroundEffect::Append(view_record(model))));
        match model.screen {
            Step::Report => {
                effects.push(Effect::Background(BackgroundEffect::Preview { epoch: model.epoch }));
            }
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
pub(super) fn measure(model: &mut Model) -> Vec<Effect> {
    if !model.investigation.as_ref().is_some_and(|i| i.is_whole()) {
        return Vec::new();
    }
    model.remedy =
        Measuring::Running { done: 0, of: 0, what: String::new(), began_ms: model.clock.elapsed_ms };
    vec![Effect::Background(BackgroundEffect::Remedy { epoch: model.epoch })]
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
