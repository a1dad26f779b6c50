//! The remedy under the cursor: why, how it was measured, and its gain block by block.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Panes, sentences, stacked};
use crate::{
    app::screen::remedy::{DETAIL, current, detail},
    autopsy::Step,
    remedy::Measured,
    text::time,
    ui::{
        look::StyleRole,
        part::{
            axis::Axis,
            chart::{self, Chart, Guide, Point, Series},
            dots::Stroke,
        },
    },
};

impl Panes<'_> {
    /// Everything about the remedy under the cursor; `J` and `K` scroll it.
    pub(super) fn detail(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let Some(offer) = current(self.model) else {
            let inside = self.panel(DETAIL, "Why, and how measured", "", area, buf);
            let _ = self.backtests_or_promise(DETAIL, inside, buf);
            return;
        };
        let inside = self.panel(DETAIL, &offer.name, offer.status.name(), area, buf);
        let lines = detail(self.model);
        let skip = self.model.screens.scroll[Step::Remedy as usize];
        let blocks = offer.basis.measured().filter(|measured| measured.blocks.len() > 2);
        // The course of the gain is drawn below if all sentences have room.
        let needed = sentences(&lines, skip, look, inside, &mut Buffer::empty(inside)) as u16;
        let (texts, picture) = match blocks {
            Some(measured) if inside.height >= needed + 7 => {
                let [texts, picture] = stacked(inside, [needed + 1, 0]);
                (texts, Some((measured, picture)))
            }
            _ => (inside, None),
        };
        sentences(&lines, skip, look, texts, buf);
        if let Some((measured, picture)) = picture {
            self.blocks(measured, picture, buf);
        }
        let hidden = usize::from(needed).saturating_sub(usize::from(texts.height));
        if hidden > 0 {
            let message = format!(" J K scroll · {needed} lines ");
            let foot = Rect {
                y: area.bottom().saturating_sub(1),
                height: 1,
                width: area.width.saturating_sub(2),
                ..area
            };
            crate::ui::part::text::put_right(&message, look.style(StyleRole::Dim), look, foot.y, foot, buf);
        }
    }

    /// The gain of each block of rows, in the order of time.
    fn blocks(&self, measured: &Measured, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let timed = measured.blocks.iter().all(|(at, _)| at.is_some());
        let points: Vec<Point> = measured
            .blocks
            .iter()
            .enumerate()
            .map(|(index, (at, gain))| {
                let x = at.filter(|_| timed).map_or(index as f64, |at| at as f64);
                Point::new(x, *gain)
            })
            .collect();
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return;
        };
        let x = if timed { Axis::time(first.x as i64, last.x as i64) } else { Axis::linear(first.x, last.x) };
        let chart = Chart {
            x,
            y: Axis::around(measured.blocks.iter().map(|(_, gain)| *gain).chain([0.0])),
            series: vec![Series {
                points,
                style: look.style(StyleRole::Production),
                stroke: Stroke::Solid,
                marker: Some('●'),
            }],
            levels: vec![Guide {
                at: 0.0,
                label: "doing nothing".to_owned(),
                style: look.style(StyleRole::Dim),
            }],
            notes: vec![(
                match measured.blocks.first() {
                    Some((Some(at), _)) if timed => {
                        format!("gain of each block since {}", time::short(*at))
                    }
                    _ => "gain of each block, in order".to_owned(),
                },
                look.style(StyleRole::Dim),
            )],
            ..Chart::default()
        };
        chart::draw(&chart, look, area, buf);
    }
}
