//! Diagnosis: ranked causes, what speaks for and against, why not the others, what to do. A file a pane.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    account,
    parts::{beside, joined, stacked},
};
use crate::{
    app::{
        Model,
        screen::diagnosis::{ACCOUNT, ACTIONS, CAUSES, EVIDENCE, OTHERS, listed},
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
        ACCOUNT => account::draw(model, investigation, look, area, buf),
        EVIDENCE if model.screens.diagnosis.matrix => matrix::draw(model, investigation, look, area, buf),
        EVIDENCE => evidence::draw(model, investigation, look, area, buf),
        OTHERS => others::draw(model, look, area, buf),
        _ => actions::draw(model, investigation, look, area, buf),
    };
    let causes = listed(model) as u16 + 4;
    if model.screens.enlarged || Layout::of_model(model) < Layout::Normal {
        return pane(model.pane(), area, buf);
    }
    if Layout::of_model(model) == Layout::Normal {
        return match model.pane() {
            // Where the loss can't be taken apart, the evidence has its place.
            focused @ (CAUSES | ACCOUNT) => {
                let [above, below] = joined(area, [causes.min(area.height / 3), 0]);
                pane(CAUSES, above, buf);
                let told = investigation.account.is_ok() || focused == ACCOUNT;
                pane(if told { ACCOUNT } else { EVIDENCE }, below, buf);
            }
            only => pane(only, area, buf),
        };
    }
    let [left, right] = beside(area, [(area.width * 3 / 8).clamp(46, 80), 0]);
    let wanted = actions::lines(model, investigation, look, left.width);
    let [above, middle, below] = stacked(left, [causes.min(left.height / 3), wanted.min(left.height / 3), 0]);
    pane(CAUSES, above, buf);
    pane(ACTIONS, middle, buf);
    pane(OTHERS, below, buf);
    let apart = account::lines(investigation, look, right.width);
    let [above, below] = stacked(right, [apart.min(right.height * 3 / 5), 0]);
    pane(ACCOUNT, above, buf);
    pane(EVIDENCE, below, buf);
}
