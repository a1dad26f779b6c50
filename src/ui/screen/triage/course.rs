//! The metric window by window, with the onset and the events.

use ratatui::{buffer::Buffer, layout::Rect};

use super::event_marks;
use crate::{
    app::{
        Model,
        screen::triage::{COURSE, metric, nearby_event},
    },
    autopsy::Investigation,
    text::{number, time},
    ui::{
        look::{Look, StyleRole},
        part::{
            axis::Axis,
            chart::{self, Chart, Guide, Point, Series},
            dots::Stroke,
            panel::{self, Panel},
            text,
        },
    },
};

/// The metric's course in production, with the onset, the baseline and what happened around.
pub(super) fn course(
    model: &Model,
    investigation: &Investigation,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    let (Some(metric), Some(performance)) = (metric(model), model.performance()) else {
        return;
    };
    let title = format!("{} in production", metric.name());
    let right = performance.grid.map_or_else(String::new, |grid| format!("{} windows", grid.width.name()));
    let room = panel::draw(&Panel::new(&title, &right, model.focused(COURSE)), look, area, buf);
    let (Some(grid), Some(course)) = (performance.grid, performance.course(metric)) else {
        let message = if performance.grid.is_none() {
            "The production log has no clock ([columns] timestamp), so there is no course over time."
        } else {
            "No window holds enough labels for a course."
        };
        text::paragraph(message, look.style(StyleRole::Dim), look, room, buf);
        return;
    };
    let middle = |window: usize| {
        let span = grid.span(window);
        (span.from + (span.to - span.from) / 2) as f64
    };
    let points: Vec<Point> = course
        .points
        .iter()
        .enumerate()
        .map(|(window, point)| Point {
            x: middle(window),
            y: point.estimate.map(|e| e.value),
            interval: point.estimate.map(|e| e.interval),
            faint: point.labelled < 0.5,
        })
        .collect();
    let baseline = performance.metrics.iter().find(|row| row.metric == metric).and_then(|row| row.baseline);
    let heights = points.iter().filter_map(|p| p.y).chain(baseline.map(|b| b.value));
    let split = investigation.framing.split();
    let event = nearby_event(investigation);
    let chart = Chart {
        x: Axis::time(grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to),
        y: Axis::around(heights),
        series: vec![Series {
            points,
            style: look.style(StyleRole::Production),
            stroke: Stroke::Solid,
            marker: None,
        }],
        marks: split
            .map(|at| Guide {
                at: at as f64,
                label: format!("onset {}", time::short(at)),
                style: look.style(StyleRole::Strong),
            })
            .into_iter()
            .collect(),
        levels: baseline
            .map(|b| Guide {
                at: b.value,
                label: format!("baseline {}", number::metric(b.value)),
                style: look.style(StyleRole::Golden),
            })
            .into_iter()
            .collect(),
        events: Some(event_marks(investigation)).filter(|marks| !marks.is_empty()),
        notes: Vec::new(),
    };
    let said = u16::from(event.is_some() && room.height > 8);
    let upper = Rect { height: room.height - said, ..room };
    chart::draw(&chart, look, upper, buf);
    if let (Some((event, lag)), true) = (event, said > 0) {
        let sign = look.pick('◆', '^');
        let lag = if lag <= 0 {
            format!("{} before", time::duration(-lag))
        } else {
            format!("{} after", time::duration(lag))
        };
        let message = format!("{sign} {}  {}  {}  {lag}", time::short(event.at), event.kind, event.title);
        text::put(&message, look.style(StyleRole::Text), look, (room.x, room.bottom() - 1), room, buf);
    }
}
