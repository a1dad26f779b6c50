//! The screens: one file each, mirrored in [`crate::app::screen`], which holds their states.

mod account;
pub mod concept;
pub mod diagnosis;
pub mod drift;
pub mod feature;
mod parts;
pub mod pipeline;
pub mod remedy;
pub mod report;
pub mod support;
pub mod triage;

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Model, screen::stage},
    autopsy::Step,
    ui::{
        look::Look,
        part::{layout::Layout, pending},
    },
};

/// Draws the present screen's panes into the body.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    // The panes of Triage fill one by one; those of another screen come together.
    if model.screen != Step::Triage && model.knowing(stage(model.screen, 0)).is_none() {
        return pending::draw(model, model.pane(), look, area, buf);
    }
    match model.screen {
        Step::Triage => triage::draw(model, look, area, buf),
        Step::Pipeline => pipeline::draw(model, look, area, buf),
        Step::Drift => drift::draw(model, look, area, buf),
        Step::Feature => feature::draw(model, look, area, buf),
        Step::Concept => concept::draw(model, look, area, buf),
        Step::Support => support::draw(model, look, area, buf),
        Step::Remedy => remedy::draw(model, look, area, buf),
        Step::Diagnosis => diagnosis::draw(model, look, area, buf),
        Step::Report => report::draw(model, look, area, buf),
    }
}

/// The pane that takes the whole body, if one does: an enlarged one, any in the compact layout, and in the normal
/// layout a focused pane that is not among those always shown.
#[must_use]
pub fn alone(model: &Model, always: &[usize]) -> Option<usize> {
    let hidden = || !always.contains(&model.pane());
    let only = match Layout::of_model(model) {
        Layout::Wide => model.screens.enlarged,
        Layout::Normal => model.screens.enlarged || hidden(),
        Layout::Compact | Layout::TooSmall => true,
    };
    only.then(|| model.pane())
}
