//! What people should review, and the rows that the golden set should take in.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{Panes, sentences, stacked};
use crate::{
    app::screen::remedy::{
        GOLDEN, REVIEW, Reviewing,
        review::{golden_table, queue_table, review, reviewed},
    },
    autopsy::Step,
    remedy::review::Review,
    text::number,
    ui::{
        look::StyleRole,
        part::{
            table::{self, Column, Row, Table},
            text,
        },
    },
};

impl Panes<'_> {
    /// What a review would bring, over the bands of doubt where there is room; or the bands or the queue alone.
    pub(super) fn review(&self, area: Rect, buf: &mut Buffer) {
        let view = self.model.screens.remedy.reviewing;
        let title = match view {
            Reviewing::Plan => "Review by people".to_owned(),
            view => format!("Review by people, {}", view.name()),
        };
        let inside = self.panel(REVIEW, &title, &format!("v {}", view.next().name()), area, buf);
        let Some(backtests) = self.backtests_or_promise(REVIEW, inside, buf) else {
            return;
        };
        let known = match review(backtests) {
            Ok(known) => known,
            Err(why) => return self.empty(&why, inside, buf),
        };
        match view {
            Reviewing::Plan => self.plan(known, inside, buf),
            Reviewing::Bands => self.bands(known, inside, buf),
            Reviewing::Queue => {
                let at = self.model.focused(REVIEW).then_some(self.model.screens.remedy.queued);
                self.lines_of(&queue_table(self.model, known), &["novelty", "disagreement"], at, inside, buf);
            }
        }
    }

    fn plan(&self, review: &Review, area: Rect, buf: &mut Buffer) {
        let skip =
            if self.model.focused(REVIEW) { self.model.screens.scroll[Step::Remedy as usize] } else { 0 };
        let picture = if area.height >= 12 { area.height * 3 / 5 } else { 0 };
        let [texts, below] = stacked(area, [area.height - picture, 0]);
        sentences(&reviewed(review), skip, self.look, texts, buf);
        if picture > 0 {
            self.bands(review, below, buf);
        }
    }

    /// The rows that the golden set should take in, each with its reason.
    pub(super) fn golden(&self, area: Rect, buf: &mut Buffer) {
        let state = &self.model.screens.remedy;
        let right = match state.golden.len() {
            0 => String::new(),
            n => format!("{n} proposed"),
        };
        let inside = self.panel(GOLDEN, "Rows for the golden set", &right, area, buf);
        if self.backtests_or_promise(GOLDEN, inside, buf).is_none() {
            return;
        }
        if state.golden.is_empty() {
            let why = "No row is proposed: the golden set holds what production asks for.";
            return self.empty(why, inside, buf);
        }
        let foot = u16::from(inside.height >= 8);
        let [list, foot] = stacked(inside, [inside.height - foot, foot]);
        let at = self.model.focused(GOLDEN).then_some(state.proposed);
        self.lines_of(&golden_table(self.model), &["label"], at, list, buf);
        let message = "coroner report --golden N writes them as a file";
        text::put(message, self.look.style(StyleRole::Dim), self.look, (foot.x, foot.y), foot, buf);
    }

    /// The rows in bands of doubt, each with its accuracy.
    fn bands(&self, review: &Review, area: Rect, buf: &mut Buffer) {
        let value = review.metric.name();
        let columns = [
            Column::words("expected loss", 20),
            Column::numbers("rows"),
            Column::numbers("share"),
            Column::numbers(value),
            Column::words("95 %", 20).optional(1),
        ];
        let rows: Vec<Row<'_>> = review
            .bands
            .iter()
            .map(|band| {
                let (low, high) = band.doubt;
                Row::new(vec![
                    Line::from(format!("{} to {}", number::metric(low), number::metric(high))),
                    Line::from(number::count(band.rows)),
                    Line::from(number::share(band.share)),
                    Line::from(
                        band.value.map_or_else(|| number::MISSING.to_owned(), |v| number::metric(v.value)),
                    ),
                    Line::from(band.value.map_or_else(String::new, |v| {
                        format!("{} to {}", number::metric(v.interval.0), number::metric(v.interval.1))
                    })),
                ])
            })
            .collect();
        let table = Table { columns: &columns, rows: &rows, cursor: None, heads: true };
        table::draw(&table, self.look, area, buf);
    }
}
