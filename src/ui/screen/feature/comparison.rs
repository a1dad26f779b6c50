//! Quantile against quantile, both distribution functions, or boxes.

use ratatui::{buffer::Buffer, layout::Rect};

use super::Panes;
use crate::{
    app::{
        Axis as AxisChoice,
        screen::feature::{Comparison, QUANTILES},
    },
    autopsy::view::quantiles::FiveNumbers,
    text::number,
    ui::{
        look::StyleRole,
        part::{
            axis::{Axis, Scale},
            boxes::{self, BoxSummary},
            chart::{self},
            quantiles, text,
        },
    },
};

impl Panes<'_> {
    /// Quantile against quantile, both distribution functions, or boxes.
    pub(super) fn quantiles(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        if let Some(categories) = &self.view.categories {
            let right = format!("{} known", categories.known);
            let inside = self.panel(QUANTILES, "Levels never seen in training", &right, area, buf);
            self.unseen(inside, buf);
            return;
        }
        let scale = match self.view.axis {
            AxisChoice::Log => Scale::Log,
            AxisChoice::Linear | AxisChoice::Rank => Scale::Linear,
        };
        let log = if scale == Scale::Log { ", log₁₀" } else { "" };
        let comparison = self.model.screens.feature.comparison;
        let title = format!("{} · v", comparison.name());
        let sides = self.model.sides();
        let full = format!("{} → {}{log}", sides.reference, self.shown());
        let right = if text::width(&full) + text::width(&title) + 9 <= usize::from(area.width) {
            full
        } else {
            format!("{} → {}{log}", sides.reference_head, sides.since_head)
        };
        let inside = self.panel(QUANTILES, &title, &right, area, buf);
        let quantiles = &self.view.quantiles;
        if quantiles.points().is_empty() {
            let message = "one side holds no value";
            text::hint(message, look, inside, buf);
            return;
        }
        match comparison {
            Comparison::Quantiles => {
                let fit: Vec<String> = quantiles.line().map(fit_line).into_iter().flatten().collect();
                chart::draw(
                    &quantiles::quantile_plot(&quantiles.points(), scale, &fit, look),
                    look,
                    inside,
                    buf,
                );
            }
            Comparison::Cumulative => {
                let (training, production) = (quantiles.distribution(false), quantiles.distribution(true));
                let names = [self.model.sides().reference, self.shown()];
                chart::draw(
                    &quantiles::cumulative_plot(&training, &production, names, scale, look),
                    look,
                    inside,
                    buf,
                );
            }
            Comparison::Boxes => self.boxes(scale, inside, buf),
        }
    }

    pub(super) fn boxes(&self, scale: Scale, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let numbers = |five: Option<FiveNumbers>| five.map(|f| [f.p5, f.q1, f.median, f.q3, f.p95]);
        let summary = |name: &str, five: Option<FiveNumbers>, meaning| BoxSummary {
            name: name.to_owned(),
            quantiles: numbers(five),
            style: look.style(meaning),
        };
        let (training, production) = self.view.quantiles.five;
        let sides = self.model.sides();
        let mut all = vec![summary(sides.reference, training, StyleRole::Training)];
        if self.view.before.is_some() && !sides.are_periods {
            all.push(summary("before", self.view.before, StyleRole::Golden));
        }
        all.push(summary(self.shown(), production, StyleRole::Production));
        let values = || all.iter().filter_map(|b| b.quantiles).flatten();
        let axis = match scale {
            Scale::Log | Scale::SignedLog => Axis::log_around(values()),
            Scale::Linear => Axis::around(values()),
        };
        boxes::draw(&all, &axis, look, area, buf);
    }
}

/// The line through the quantiles in words, where it is straight enough to be one.
fn fit_line((offset, factor, r2): (f64, f64, f64)) -> Vec<String> {
    if r2 < 0.98 {
        return vec![format!("no straight line: R² {r2:.3}")];
    }
    let sign = if offset < 0.0 { '−' } else { '+' };
    let small = offset.abs() < 1e-3 * factor.abs().max(1e-12);
    let tail = if small { String::new() } else { format!(" {sign} {}", number::value(offset.abs())) };
    vec![format!("y = {} x{tail}", number::value(factor)), format!("R² {r2:.4}")]
}
