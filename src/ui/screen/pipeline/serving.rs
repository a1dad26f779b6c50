//! What the serving system did: every vital sign as a sparkline, and one of them as a course.

use ratatui::{buffer::Buffer, layout::Rect};

use super::Panes;
use crate::{
    app::screen::pipeline::{COURSE, Quantity, VITALS, Vital, split_window},
    summary::Grid,
    text::{number, time},
    ui::{
        look::{Sign, StyleRole},
        part::{
            axis::Axis,
            chart::{self, Chart, EventMark, Guide, Point, Series},
            dots::Stroke,
            panel::{self, Panel},
            spark::{self, Spark},
            table::{self},
            text,
        },
    },
};

impl Panes<'_> {
    /// Every course of delivery and service as a sparkline with its means before and after.
    pub(super) fn vitals(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let split = split_window(self.investigation);
        let right = if split.is_some() { "before → after" } else { "mean" };
        let inside = self.panel(VITALS, "Delivery and service", right, area, buf);
        if self.vitals.is_empty() {
            self.empty("production has no timestamp, so there is no course over time", inside, buf);
            return;
        }
        let at = self.model.screens.pipeline.vital.min(self.vitals.len() - 1);
        let first = table::first_visible(at, self.vitals.len(), usize::from(inside.height));
        let shown: Vec<String> = self
            .vitals
            .iter()
            .map(|vital| {
                let text = |x: Option<f64>| x.map(|x| vital.quantity.shown(x));
                match vital.means(split) {
                    (Some(before), Some(after)) => {
                        format!("{} → {}", vital.quantity.shown(before), vital.quantity.shown(after))
                    }
                    (_, after) => text(after).unwrap_or_default(),
                }
            })
            .collect();
        let numbers = shown.iter().map(|text| text::width(text)).max().unwrap_or(0) as u16;
        let sign = if look.is_ascii() { 3 } else { 2 };
        for (y, (index, vital)) in
            (inside.top()..inside.bottom()).zip(self.vitals.iter().enumerate().skip(first))
        {
            let line = Rect { y, height: 1, ..inside };
            let mark = vital.verdict.as_ref().map(Sign::from);
            if let Some(mark) = mark {
                text::put(look.sign(mark), look.style(mark.meaning()), look, (line.x, y), line, buf);
            }
            let name = Rect { x: line.x + sign, width: 12.min(line.width.saturating_sub(sign)), ..line };
            let drawn = index == at;
            let meaning = if drawn { StyleRole::Strong } else { StyleRole::Text };
            text::put(vital.name, look.style(meaning), look, (name.x, y), name, buf);
            text::put_right(&shown[index], look.style(StyleRole::Dim), look, y, line, buf);
            let from = name.right() + 1;
            let width = line.right().saturating_sub(from + numbers + 1);
            let course = Spark {
                values: &vital.values,
                onset: split,
                at: None,
                range: None,
                style: look.style(mark.map_or(StyleRole::Text, |mark| match mark {
                    Sign::Fine => StyleRole::Text,
                    other => other.meaning(),
                })),
                immature_from: None,
            };
            spark::draw(&course, look, Rect { x: from, width, ..line }, buf);
            if self.cursor(VITALS, at) == Some(index) {
                let label = Rect { width: name.right() - line.x, ..line };
                text::highlight(label, look, buf);
            }
        }
    }

    /// The course under the cursor.
    pub(super) fn course(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let pipeline = &self.investigation.pipeline;
        let vital = self.vitals.get(self.model.screens.pipeline.vital).or_else(|| self.vitals.first());
        let (Some(grid), Some(vital)) = (pipeline.grid, vital) else {
            let inside = self.panel(COURSE, "Over time", "", area, buf);
            self.empty("production has no timestamp, so there is no course over time", inside, buf);
            return;
        };
        let cursor = self.model.at.and_then(|at| grid.window(at));
        let bottom = cursor.map_or_else(String::new, |window| {
            let name = crate::app::screen::drift::window_name(&grid, window);
            let value = vital.values.get(window).copied().flatten();
            format!("{name}   {}", value.map_or_else(|| "no value".to_owned(), |v| vital.quantity.shown(v)))
        });
        let right = format!("m next   {}", grid.width.name());
        let panel = Panel { bottom: &bottom, ..Panel::new(vital.name, &right, self.model.focused(COURSE)) };
        let inside = panel::draw(&panel, look, area, buf);
        self.drawn(vital, grid, inside, buf);
    }

    /// A course on the axis of time, with the onset and the events.
    pub(super) fn drawn(&self, vital: &Vital, grid: Grid, inside: Rect, buf: &mut Buffer) {
        let look = self.look;
        let middle = |window: usize| {
            let span = grid.span(window);
            (span.from + (span.to - span.from) / 2) as f64
        };
        let points = vital.values.iter().enumerate().map(|(w, &y)| Point {
            x: middle(w),
            y,
            interval: None,
            faint: false,
        });
        let known = vital.values.iter().flatten().copied();
        let top = known.fold(0.0, |top, value| if value > top { value } else { top });
        let top = if top > 0.0 { top * 1.1 } else { 1.0 };
        let y = match vital.quantity {
            Quantity::Share => Axis::shares(0.0, top),
            Quantity::Percent => Axis::linear(0.0, top.max(100.0)),
            Quantity::Rows | Quantity::Milliseconds | Quantity::Psi => Axis::linear(0.0, top),
        };
        let guide = |at: f64, label: String, meaning| Guide { at, label, style: look.style(meaning) };
        let mut marks: Vec<Guide> =
            self.model.at.map(|at| guide(at as f64, String::new(), StyleRole::Dim)).into_iter().collect();
        if let Some(at) = self.investigation.framing.split() {
            marks.push(guide(at as f64, format!("onset {}", time::short(at)), StyleRole::Strong));
        }
        let mut levels = Vec::new();
        if vital.quantity == Quantity::Percent {
            let limit = self.investigation.dossier.thresholds.utilization * 100.0;
            levels.push(guide(limit, format!("limit {limit:.0} %"), StyleRole::Dim));
        }
        if vital.quantity == Quantity::Psi {
            let limit = self.investigation.dossier.thresholds.psi_alarm;
            levels.push(guide(limit, format!("alarm {}", number::psi(limit)), StyleRole::Dim));
        }
        let events = &self.investigation.dossier.events;
        let chart = Chart {
            x: Axis::time(grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to),
            y,
            series: vec![Series {
                points: points.collect(),
                style: look.style(StyleRole::Production),
                stroke: Stroke::Solid,
                marker: None,
            }],
            marks,
            levels,
            events: (inside.height >= 8 && !events.is_empty())
                .then(|| events.iter().map(|event| EventMark::event(event.at as f64, false)).collect()),
            ..Chart::default()
        };
        chart::draw(&chart, look, inside, buf);
    }
}
