//! What can be done to the scores without touching the model: prior, re-calibration, threshold.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{Panes, stacked};
use crate::{
    app::screen::remedy::{SCORES, corrections, units},
    remedy::Decision,
    text::{capital, number},
    ui::{
        look::StyleRole,
        part::{
            table::{self, Column, Row, Table},
            text,
        },
    },
    wording,
};

impl Panes<'_> {
    /// The corrections with their gains in loss, in the headline metric and in decisions.
    pub(super) fn scores(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let right = match self.model.backtests().and_then(|backtests| backtests.measures.decision) {
            Some(Decision::Cost { false_positive, false_negative }) => format!(
                "false alarm {}, miss {}",
                number::value(false_positive),
                number::value(false_negative)
            ),
            Some(Decision::F1) => "decisions by F1".to_owned(),
            None => String::new(),
        };
        let inside = self.panel(SCORES, "Scores and threshold", &right, area, buf);
        let Some(backtests) = self.backtests_or_promise(SCORES, inside, buf) else {
            return;
        };
        let offers = corrections(self.model);
        if offers.is_empty() {
            return self.empty("No correction of the scores applies to this case.", inside, buf);
        }
        let units = units(backtests);
        let mut columns = vec![Column::rest("gain in")];
        columns.extend(units.iter().map(|(_, name)| Column::numbers(name)));
        columns.push(Column::words("", 12).optional(1));
        let rows: Vec<Row<'_>> = offers
            .iter()
            .map(|offer| {
                let mut cells = vec![Line::from(wording::remedy::correction(offer))];
                cells.extend(units.iter().map(|&(unit, _)| {
                    let [gain, _] = self.gained(&offer.basis, unit);
                    Line::from(gain)
                }));
                cells.push(Line::from(text::span(offer.status.name(), StyleRole::Dim, look)));
                Row::new(cells)
            })
            .collect();
        let at = self.model.screens.remedy.score.min(offers.len() - 1);
        let [list, below] = stacked(inside, [offers.len() as u16 + 1, 0]);
        let table = Table {
            columns: &columns,
            rows: &rows,
            cursor: self.model.focused(SCORES).then_some(at),
            heads: true,
        };
        table::draw(&table, look, list, buf);
        let message = format!("{}: {}", capital(&offers[at].name), offers[at].because);
        text::paragraph(&message, look.style(StyleRole::Dim), look, below, buf);
    }
}
