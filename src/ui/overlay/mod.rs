//! What opens above a screen: help, palette, pins, problems, prompts. The one on top is drawn last.

mod fixes;
mod lists;
mod outcomes;
mod pair;
mod prompt;
mod rows;
mod study;

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Model, Overlay},
    ui::look::Look,
};

/// Draws the overlays, the one on top last.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    for overlay in &model.overlays {
        match overlay {
            Overlay::Help { query, at } => lists::help(model, query, *at, look, area, buf),
            Overlay::Palette { query, at } => lists::palette(model, query, *at, look, area, buf),
            Overlay::Search { query, at } => lists::search(model, query, *at, look, area, buf),
            Overlay::Pins { at } => lists::pins(model, *at, look, area, buf),
            Overlay::Problems { at } => lists::problems(model, *at, look, area, buf),
            Overlay::Page { title, lines, at } => lists::page(title, lines, *at, look, area, buf),
            Overlay::Rows(view) => rows::draw(model, view, look, area, buf),
            Overlay::Outcomes(view) => outcomes::draw(model, view, look, area, buf),
            Overlay::Pair(view) => pair::draw(model, view, look, area, buf),
            Overlay::Study(view) => study::draw(view, look, area, buf),
            Overlay::Fixes { at } => fixes::draw(model, *at, look, area, buf),
            Overlay::Prompt(prompt) => prompt::draw(prompt, model, look, area, buf),
        }
    }
}
