//! The feature in numbers: its statistics, and what the checks say of it.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::Panes;
use crate::{
    app::screen::feature::{CHECKS, Change, SUMMARY, findings, shown},
    ui::{
        look::{Sign, StyleRole},
        part::{
            panel::{self, Panel},
            table::{self, Column, Row, Table},
            text,
        },
    },
};

impl Panes<'_> {
    /// The statistics of training, before and after.
    pub(super) fn summary(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let repaired = self.repaired().map_or_else(String::new, |(_, message)| message);
        let panel = Panel { bottom: &repaired, ..Panel::new("Summary", "", self.model.focused(SUMMARY)) };
        let inside = panel::draw(&panel, look, area, buf);
        let split = self.investigation.framing.split().is_some();
        let mut columns = vec![Column::words("", 12), Column::numbers("training")];
        if split {
            columns.push(Column::numbers("before").optional(2));
        }
        columns.push(Column::numbers(if split { "after" } else { "production" }));
        columns.push(Column::numbers("change").optional(1));
        let (dim, plain) = (look.style(StyleRole::Dim), look.style(StyleRole::Text));
        let rows: Vec<Row<'_>> = self
            .view
            .summary
            .iter()
            .map(|line| {
                let change = Change::of(line, &self.view.summary);
                let moved = change.is_some_and(Change::is_worth_a_look);
                let text = |value, style| Line::styled(shown(line.statistic, value), style);
                let mut cells = vec![Line::styled(line.statistic.name(), dim), text(line.training, plain)];
                if split {
                    cells.push(text(line.before, plain));
                }
                cells.push(text(line.after, plain));
                let style = look.style(if moved { StyleRole::Strong } else { StyleRole::Dim });
                let message = change.map_or_else(String::new, Change::message);
                cells.push(Line::styled(message, style));
                Row::new(cells)
            })
            .collect();
        table::draw(&Table { columns: &columns, rows: &rows, cursor: None, heads: true }, look, inside, buf);
    }

    /// What the checks say of this feature, worst first.
    pub(super) fn checks(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let findings = findings(self.investigation, self.view.feature);
        let flagged = findings.iter().filter(|finding| finding.flagged()).count();
        let right = format!("{flagged} of {} flagged", findings.len());
        let inside = self.panel(CHECKS, "Checks", &right, area, buf);
        if findings.is_empty() {
            let message = "no check has this feature as its subject";
            text::hint(message, look, inside, buf);
            return;
        }
        let sign = if look.is_ascii() { 3 } else { 2 };
        let cursor = self.model.screens.feature.check.min(findings.len() - 1);
        let focused = self.model.focused(CHECKS);
        let mut y = inside.top();
        for (at, finding) in findings.iter().enumerate().skip(if focused { cursor } else { 0 }) {
            if y >= inside.bottom() {
                break;
            }
            let mark = Sign::from(&finding.verdict);
            let style = look.style(mark.meaning());
            text::put(look.sign(mark), style, look, (inside.x, y), inside, buf);
            let room = Rect {
                x: inside.x + sign,
                y,
                width: inside.width.saturating_sub(sign),
                height: (inside.bottom() - y).min(if focused && at == cursor { 6 } else { 2 }),
            };
            let message =
                if finding.flagged() { look.style(StyleRole::Text) } else { look.style(StyleRole::Dim) };
            let used = text::paragraph(&finding.message, message, look, room, buf);
            if focused && at == cursor {
                let line = Rect { height: used, ..room }.intersection(inside);
                text::highlight(line, look, buf);
            }
            y += used.max(1);
        }
    }
}
