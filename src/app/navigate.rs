//! Navigation: opening a step's screen, and the effects of that.

use super::{
    BackgroundEffect, Effect, Measuring, Model, Overlay, Place,
    record::view_record,
    suspicion::{naming, severity},
};
use crate::{
    autopsy::{Finding, Severity, Stage, Step},
    text::phrase::plural,
    wording::features,
};

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

/// Shows what made the sign of a step: all of its flagged findings, in full.
pub(super) fn why(model: &mut Model, step: Step) {
    let Some(investigation) = model.investigation.clone() else {
        return;
    };
    let mut flagged: Vec<&Finding> =
        investigation.findings.iter().filter(|finding| finding.step == step && finding.flagged()).collect();
    flagged.sort_by_key(|finding| std::cmp::Reverse(finding.verdict.severity()));
    let sign = |severity| if severity == Severity::Alarm { '●' } else { '▲' };
    let mut lines: Vec<String> = flagged
        .iter()
        .map(|finding| format!("{} {}", sign(severity(&investigation, finding)), finding.message))
        .collect();
    if step == Step::Diagnosis
        && let Some(top) = investigation.diagnosis.top()
    {
        lines
            .insert(0, format!("{}: {}, probability {:.2}", top.cause.name(), top.stands(), top.probability));
    }
    if step == Step::Feature
        && let Some(cause) = naming(&investigation)
    {
        let names = features::names(&investigation.dossier, &cause.features);
        lines.push(format!("▲ The diagnosis names {names}: {}.", cause.cause.name()));
    }
    if lines.is_empty() {
        let asked = model.checks.iter().filter(|check| check.spec.step == step && check.checked > 0).count();
        lines.push(match asked {
            _ if step == Step::Remedy => {
                "No check belongs to this step: its sign tells whether a remedy was measured that is offered."
                    .to_owned()
            }
            _ if step == Step::Report => {
                "No check belongs to this step: its sign tells whether the report was written.".to_owned()
            }
            0 => "No check of this step could be asked.".to_owned(),
            n => format!("Nothing is flagged: {} of this step within noise.", plural(n, "check")),
        });
    }
    let title = format!("Why {} {} has its sign", step as usize + 1, step.name());
    model.overlays.push(Overlay::Page { title, lines, at: 0 });
}

/// The effects of entering a screen.
fn entered(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.knowing(Stage::Verdict).is_some() {
        effects.push(Effect::Background(BackgroundEffect::Append(view_record(model))));
        match model.screen {
            Step::Report => {
                effects.push(Effect::Background(BackgroundEffect::Preview { epoch: model.epoch }));
            }
            Step::Remedy if model.remedy == Measuring::NotYet => effects.extend(measure(model)),
            _ => {}
        }
    }
    effects
}

/// Begins to measure the remedies where nobody has pressed a key for a while: they take all processors for some time.
pub(super) fn measure_when_idle(model: &mut Model) -> Vec<Effect> {
    /// Milliseconds without a key.
    const IDLE_MS: u64 = 20_000;
    let idle = model.clock.elapsed_ms.saturating_sub(model.pressed_ms) >= IDLE_MS;
    if !idle || model.opening.busy() || model.remedy != Measuring::NotYet {
        return Vec::new();
    }
    let effects = measure(model);
    if !effects.is_empty() {
        model.toast("nobody types, so the remedies are measured now; Esc on 8 Remedy stops it");
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
