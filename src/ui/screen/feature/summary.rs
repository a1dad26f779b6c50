//! The feature in numbers: its statistics, and what the checks say of it.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::Panes;
use crate::{
    app::{
        screen::feature::{CHECKS, Change, SUMMARY, listed, shown},
        suspicion::severity,
    },
    autopsy::{
        Finding,
        view::summary::{Line as Statistics, Statistic},
    },
    ui::{
        look::{Sign, StyleRole},
        part::{
            list::{self, Item, List},
            panel::{self, Panel},
            table::{self, Column, Row, Table},
            text,
        },
    },
};

/// Statistics that are left out where they have not changed and lines are few, the first ones first.
const SPARED: [Statistic; 7] = [
    Statistic::Deviation,
    Statistic::Min,
    Statistic::Max,
    Statistic::Mean,
    Statistic::Distinct,
    Statistic::P5,
    Statistic::P95,
];

impl Panes<'_> {
    /// The statistics of training, before and after.
    pub(super) fn summary(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let repaired = self.repaired().map_or_else(String::new, |(_, message)| message);
        let panel = Panel { bottom: &repaired, ..Panel::new("Summary", "", self.model.focused(SUMMARY)) };
        let inside = panel::draw(&panel, look, area, buf);
        let split = self.investigation.framing.split().is_some();
        // Of two periods the first one stands in the place of training, and is not listed twice.
        let sides = self.model.sides();
        let before = split && !sides.are_periods;
        let mut columns = vec![Column::words("", 12), Column::numbers(sides.reference_head)];
        if before {
            columns.push(Column::numbers("before").optional(2));
        }
        columns.push(Column::numbers(if self.repaired().is_some() { "repaired" } else { sides.since_head }));
        columns.push(Column::numbers("change").optional(1));
        let (dim, plain) = (look.style(StyleRole::Dim), look.style(StyleRole::Text));
        // Where lines are few, those that changed are shown, and the ones that describe a distribution best.
        let room = usize::from(inside.height.saturating_sub(1));
        let mut lines: Vec<&Statistics> = self.view.summary.iter().collect();
        for statistic in SPARED {
            if lines.len() > room {
                lines.retain(|line| line.statistic != statistic || self.changed(line));
            }
        }
        let rows: Vec<Row<'_>> = lines
            .into_iter()
            .map(|line| {
                let change = Change::of(line, &self.view.summary);
                let moved = change.is_some_and(Change::is_worth_a_look);
                let text = |value, style| Line::styled(shown(line.statistic, value), style);
                let mut cells = vec![Line::styled(line.statistic.name(), dim), text(line.training, plain)];
                if before {
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

    /// Whether a statistic changed enough to be worth a look.
    fn changed(&self, line: &Statistics) -> bool {
        Change::of(line, &self.view.summary).is_some_and(Change::is_worth_a_look)
    }

    /// What the checks say of this feature, worst first.
    pub(super) fn checks(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let findings = listed(self.model, self.investigation, self.view.feature);
        let flagged = findings.iter().filter(|finding| finding.flagged()).count();
        let right = format!("{flagged} of {} flagged", findings.len());
        let inside = self.panel(CHECKS, "Checks", &right, area, buf);
        if findings.is_empty() {
            let message = "no check has this feature as its subject";
            text::hint(message, look, inside, buf);
            return;
        }
        let item = |finding: &&Finding| {
            let mark = Sign::from(severity(self.investigation, finding));
            let message =
                if finding.flagged() { look.style(StyleRole::Text) } else { look.style(StyleRole::Dim) };
            Item::new(look.sign(mark), look.style(mark.meaning()), finding.sentence().to_owned(), message)
                .pinned(self.model.journal.pinned(&finding.id.to_string()))
        };
        let items: Vec<Item<'_>> = findings.iter().map(item).collect();
        let cursor = Some(self.model.screens.feature.check);
        let list = List { items: &items, cursor, focused: self.model.focused(CHECKS), most: 3 };
        list::draw(&list, look, inside, buf);
    }
}
