//! The learning curve: how the gain of retraining grows with labels.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Panes, stacked};
use crate::{
    app::screen::remedy::{CURVE, needed},
    ui::{
        look::StyleRole,
        part::{
            axis::Axis,
            chart::{self, Chart, Guide, Point, Series},
            dots::Stroke,
            panel::{self, Panel},
            text,
        },
    },
    wording,
};

impl Panes<'_> {
    /// Gain against labelled rows, with the rows that are needed and when they will be there.
    pub(super) fn curve(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let right = self.model.backtests().and_then(needed).unwrap_or_default();
        // The axes are named on the border, where no line crosses the text.
        let axes = self.model.backtests().map_or_else(String::new, |backtests| {
            format!("gain in {} by labelled rows", backtests.measures.loss)
        });
        let panel = Panel {
            bottom: &axes,
            ..Panel::new("Labels that a retrain needs", &right, self.model.focused(CURVE))
        };
        let inside = panel::draw(&panel, look, area, buf);
        let Some(backtests) = self.backtests_or_promise(CURVE, inside, buf) else {
            return;
        };
        let Some(curve) = backtests.curve.as_ref().filter(|curve| !curve.points.is_empty()) else {
            let mut message = backtests.labels.lacking.as_ref().map_or_else(
                || "No learning curve: retraining could not be measured.".to_owned(),
                |why| format!("No learning curve: {why}."),
            );
            if let Some(arrival) = wording::remedy::arrival(backtests) {
                message.push(' ');
                message.push_str(&arrival);
            }
            return self.empty(&message, inside, buf);
        };
        let mut message = curve.message.clone();
        if let Some(arrival) = wording::remedy::arrival(backtests).filter(|_| inside.height >= 12) {
            message.push(' ');
            message.push_str(&arrival);
        }
        let lines = text::wrap(&message, usize::from(inside.width), look).len() as u16;
        // The sentence stands in full where the picture keeps its lines.
        let lines = if inside.height >= 7 {
            lines.min((inside.height / 3).max(inside.height.saturating_sub(9)))
        } else {
            1
        };
        let [picture, below] = stacked(inside, [inside.height.saturating_sub(lines), 0]);
        text::paragraph(&message, look.style(StyleRole::Text), look, below, buf);

        let rows = |point: &crate::remedy::CurvePoint| point.rows as f64;
        let gains = curve.points.iter().flat_map(|point| {
            let gain = point.gain;
            [gain.value, gain.interval.0, gain.interval.1]
        });
        let y = Axis::around(gains.chain([0.0]));
        let chart = Chart {
            x: Axis::log_around(curve.points.iter().map(rows)),
            y,
            series: vec![Series {
                points: curve
                    .points
                    .iter()
                    .map(|point| Point {
                        interval: Some(point.gain.interval),
                        ..Point::new(rows(point), point.gain.value)
                    })
                    .collect(),
                style: look.style(StyleRole::Challenger),
                stroke: Stroke::DashDot,
                marker: Some('●'),
            }],
            levels: vec![Guide {
                at: 0.0,
                label: "doing nothing".to_owned(),
                style: look.style(StyleRole::Dim),
            }],
            ..Chart::default()
        };
        chart::draw(&chart, look, picture, buf);
    }
}
