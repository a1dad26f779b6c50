//! The frame that is the same on every screen:
//!
//! ```text
//!  coroner ▸ what is investigated                       how bad        since when
//! ▐1 Triage ✓▌ 2 Pipeline ✓  3 Drift ▲  …                            the steps
//! ╭─ panes ──────────────────────────────────────────────────────────────────╮
//! ╰──────────────────────────────────────────────────────────────────────────╯
//!  Reading  what the screen means, in full
//!  what runs, or a word that vanishes             pins, filter, window    next ▸
//!  keys
//! ```

mod foot;
mod head;
mod opening;

use foot::Foot;
use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Model, Phase},
    ui::{
        look::{Look, StyleRole},
        overlay,
        part::{layout::Layout, text},
        screen,
    },
};

/// Draws everything.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let layout = Layout::of(area);
    if layout == Layout::TooSmall {
        let message = format!("coroner needs 60×16, this is {}×{}", area.width, area.height);
        let lines = text::wrap(&message, usize::from(area.width), look);
        for (y, line) in (area.top()..area.bottom()).zip(&lines) {
            text::put(line, look.style(StyleRole::Text), look, (area.left(), y), area, buf);
        }
        return;
    }
    let line = |y: u16| Rect { y, height: 1, ..area };
    head::header(model, look, line(area.top()), buf);
    head::steps(model, look, line(area.top() + 1), buf);
    let foot = Foot::of(model, layout, look, area);
    let below = foot.height();
    let body = Rect { y: area.top() + 2, height: area.height.saturating_sub(2 + below), ..area };
    match &model.opening.phase {
        Phase::Failed(failure) => opening::failure(model, failure, look, body, buf),
        _ if model.investigation.is_none() => opening::progress(model, look, body, buf),
        _ => screen::draw(model, look, body, buf),
    }
    let bottom = Rect { y: area.bottom() - below, height: below, ..area };
    foot.draw(model, look, bottom, buf);
    overlay::draw(model, look, area, buf);
}
