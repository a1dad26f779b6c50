//! Monitors to install, and what the configured alerts did on this log.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Panes, stacked};
use crate::{
    app::screen::remedy::{MONITORS, WatchLine, watch_lines},
    ui::{
        look::StyleRole,
        part::{
            spark::{self, Spark},
            table::first_visible,
            text,
        },
    },
};

impl Panes<'_> {
    /// One monitor on two lines: its rule with its course, and what it would have done.
    pub(super) fn monitors(&self, area: Rect, buf: &mut Buffer) {
        let state = &self.model.screens.remedy;
        let (title, right) = if state.replayed {
            ("Configured alerts, played over the log", "v fitted monitors")
        } else {
            ("Monitors to install", "v configured alerts")
        };
        let inside = self.panel(MONITORS, title, right, area, buf);
        let lines = watch_lines(self.model);
        if lines.is_empty() {
            let why = if state.replayed {
                "No configured alert can be played over this log: it has no windows."
            } else {
                "No monitor could be fitted: nothing separates the incident from the quiet part of the log."
            };
            return self.empty(why, inside, buf);
        }
        self.watched(&lines, inside, buf);
    }

    fn watched(&self, lines: &[WatchLine], area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let at = self.model.screens.remedy.monitor.min(lines.len() - 1);
        // Three lines each where the width cuts what a monitor would have done.
        let cut = lines.iter().any(|watched| text::width(&watched.does) + 2 > usize::from(area.width));
        let high = if cut { 3 } else { 2 };
        let room = usize::from(area.height / high).max(1);
        let first = first_visible(at, lines.len(), room);
        for (slot, (index, watched)) in lines.iter().enumerate().skip(first).take(room).enumerate() {
            let y = area.top() + high * slot as u16;
            let [line, below, _] =
                stacked(Rect { y, height: area.bottom().saturating_sub(y), ..area }, [1, high - 1, 0]);
            let picture =
                Rect { x: line.right().saturating_sub(line.width / 3), width: line.width / 3, ..line };
            let name = Rect { width: line.width.saturating_sub(picture.width + 1), ..line };
            text::put(&watched.message, look.style(StyleRole::Text), look, (name.x, y), name, buf);
            let spark = Spark {
                values: &watched.course,
                onset: None,
                at: None,
                range: None,
                style: look.style(StyleRole::Production),
                immature_from: None,
            };
            spark::draw(&spark, look, picture, buf);
            let below = Rect { x: below.x + 2, width: below.width.saturating_sub(2), ..below };
            text::paragraph(&watched.does, look.style(StyleRole::Dim), look, below, buf);
            if index == at && self.model.focused(MONITORS) {
                text::highlight(name, look, buf);
            }
        }
    }
}
