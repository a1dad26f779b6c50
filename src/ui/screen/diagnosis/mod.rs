//! Diagnosis: ranked causes, what speaks for and against, why not the others, what to do. A file a pane.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout as Split, Rect},
};

use super::alone;
use crate::{
    app::{
        Model,
        screen::diagnosis::{ACTIONS, CAUSES, EVIDENCE, OTHERS},
    },
    ui::{look::Look, part::layout::Layout},
};

mod actions;
mod causes;
mod evidence;
mod matrix;
mod others;

/// Draws the screen.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        return;
    };
    let pane = |pane: usize, area: Rect, buf: &mut Buffer| match pane {
        CAUSES => causes::draw(model, investigation, look, area, buf),
        EVIDENCE if model.screens.diagnosis.matrix => matrix::draw(model, investigation, look, area, buf),
        EVIDENCE => evidence::draw(model, investigation, look, area, buf),
        OTHERS => others::draw(model, investigation, look, area, buf),
        _ => actions::draw(model, investigation, look, area, buf),
    };
    if let Some(only) = alone(model, &[CAUSES, EVIDENCE]) {
        return pane(only, area, buf);
    }
    if Layout::of_model(model) == Layout::Wide {
        let [left, right] =
            Split::horizontal([Constraint::Length(50.max(area.width * 2 / 5)), Constraint::Fill(1)])
                .areas(area);
        let lines = investigation.diagnosis.hypotheses.len() as u16;
        let [causes, others] =
            Split::vertical([Constraint::Length(lines + 5), Constraint::Fill(1)]).areas(left);
        let [evidence, actions] =
            Split::vertical([Constraint::Length(lines + 5), Constraint::Fill(1)]).areas(right);
        pane(CAUSES, causes, buf);
        pane(OTHERS, others, buf);
        pane(EVIDENCE, evidence, buf);
        pane(ACTIONS, actions, buf);
    } else {
        let [upper, lower] = Split::vertical([Constraint::Fill(2), Constraint::Fill(3)]).areas(area);
        pane(CAUSES, upper, buf);
        pane(EVIDENCE, lower, buf);
    }
}
