//! The feature over the windows: its median and spread or its PSI, over sparklines on the same axis.

use ratatui::{buffer::Buffer, layout::Rect};

use super::Panes;
use crate::ui::screen::parts::stacked;
use crate::{
    app::{
        Axis as AxisChoice,
        screen::feature::{COURSE, Change},
    },
    autopsy::view::summary::Statistic,
    summary::{Grid, Micros},
    text::{number, time},
    ui::{
        look::StyleRole,
        part::{
            axis::Axis,
            chart::{self, Chart, EventMark, Frame, Guide, Point, Series},
            dots::Stroke,
            panel::{self, Panel},
            spark::{self, Spark},
            text,
        },
    },
};

impl Panes<'_> {
    /// Median and spread over the windows, and the sparklines below on the same axis.
    pub(super) fn course(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let timeline = &self.view.timeline;
        let numeric = timeline.points.iter().any(|point| point.median.is_some());
        let windows = timeline.grid.map_or_else(
            || "Over time".to_owned(),
            |grid| format!("{} windows", timeline.points.len().max(grid.windows)),
        );
        let title = match (self.repaired().is_some(), self.view.is_course_repaired) {
            (false, _) => windows,
            (true, true) => format!("{windows}, repaired since the onset"),
            (true, false) => format!("{windows}, values as served"),
        };
        let width = timeline.grid.map_or("", |grid| grid.width.name());
        let right = match (timeline.grid, numeric) {
            (None, _) => String::new(),
            (Some(_), true) => format!("─ median   p5–p95   {width}"),
            (Some(_), false) => format!("PSI   {width}"),
        };
        let at_cursor = self.at_cursor();
        let panel = Panel { bottom: &at_cursor, ..Panel::new(&title, &right, self.model.focused(COURSE)) };
        let inside = panel::draw(&panel, look, area, buf);
        let Some(grid) = timeline.grid.filter(|_| !timeline.points.is_empty()) else {
            let message = "production has no timestamp, so there is no course over time";
            text::paragraph(message, look.style(StyleRole::Dim), look, inside, buf);
            return;
        };
        let sparks = if inside.height >= 9 { 3 } else { 0 };
        let [picture, below] = stacked(inside, [inside.height - sparks, sparks]);
        let mut chart = if numeric { self.medians(grid) } else { self.psi_course(grid) };
        if picture.height < 8 {
            chart.events = None;
        }
        let frame = chart::draw(&chart, look, picture, buf);
        if let Some(frame) = frame.filter(|_| sparks > 0) {
            self.sparks(grid, &frame, below, buf);
        }
    }

    /// What the window under the cursor holds, where the analyst chose one.
    fn at_cursor(&self) -> String {
        let timeline = &self.view.timeline;
        let window = timeline.grid.zip(self.model.at).and_then(|(grid, at)| grid.window(at));
        let Some((point, grid)) = window.and_then(|w| timeline.points.get(w)).zip(timeline.grid) else {
            return String::new();
        };
        let name =
            window.map_or_else(String::new, |window| crate::app::screen::drift::window_name(&grid, window));
        let mut message = format!("{name}   {} rows", number::count(point.rows));
        if let Some(median) = point.median {
            message.push_str(&format!("   median {}", number::value(median)));
        }
        if let Some(psi) = point.psi {
            message.push_str(&format!("   PSI {}", number::psi(psi)));
        }
        message
    }

    fn base(&self, grid: Grid, y: Axis) -> Chart {
        let framing = &self.investigation.framing;
        let (from, to) = (grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to);
        let events = &self.investigation.dossier.events;
        let near =
            framing.split().and_then(|onset| events.iter().min_by_key(|event| (event.at - onset).abs()));
        let event = |event: &crate::case::Event| EventMark::event(event.at as f64, Some(event) == near);
        Chart {
            x: Axis::time(from, to),
            y,
            marks: self
                .cursor_guide(grid)
                .into_iter()
                .chain(framing.split().map(|at| self.onset_guide(at)))
                .chain(framing.ended().map(|at| Guide::over(at, self.look)))
                .collect(),
            events: (!events.is_empty()).then(|| events.iter().map(event).collect()),
            // Leaves room for the names of the rows below.
            gutter: 5,
            ..Chart::default()
        }
    }

    fn cursor_guide(&self, grid: Grid) -> Option<Guide> {
        let at = self.model.at.filter(|&at| grid.window(at).is_some())?;
        Some(Guide { at: at as f64, label: String::new(), style: self.look.style(StyleRole::Dim) })
    }

    /// The onset, with how far the median moved there.
    fn onset_guide(&self, at: Micros) -> Guide {
        let median = self.view.summary.iter().find(|line| line.statistic == Statistic::Median);
        let change = median.and_then(|line| Change::of(line, &self.view.summary));
        let factor = change.filter(|change| change.is_worth_a_look()).map(Change::message);
        let when = time::short(at);
        Guide {
            at: at as f64,
            label: factor.map_or_else(|| format!("onset {when}"), |factor| format!("{factor} at {when}")),
            style: self.look.style(StyleRole::Strong),
        }
    }

    fn medians(&self, grid: Grid) -> Chart {
        let points = &self.view.timeline.points;
        let spread = |point: &crate::autopsy::view::timeline::Point| point.spread.map(|(a, b)| [a, b]);
        let values =
            || points.iter().filter_map(spread).flatten().chain(points.iter().filter_map(|p| p.median));
        let y = if self.view.axis == AxisChoice::Log {
            Axis::log_around(values())
        } else {
            Axis::around(values())
        };
        let training = self.view.summary.iter().find(|line| line.statistic == Statistic::Median);
        let level = training.and_then(|line| line.training).map(|at| Guide {
            at,
            label: String::new(),
            style: self.look.style(StyleRole::Training),
        });
        let middle = |window: usize| {
            let span = grid.span(window);
            (span.from + (span.to - span.from) / 2) as f64
        };
        let line = Series {
            points: points
                .iter()
                .enumerate()
                .map(|(w, p)| Point { x: middle(w), y: p.median, interval: p.spread, faint: false })
                .collect(),
            style: self.look.style(StyleRole::Production),
            stroke: Stroke::Solid,
            marker: None,
        };
        let mut chart = self.base(grid, y);
        chart.series = vec![line];
        chart.levels = level.into_iter().collect();
        chart
    }

    fn psi_course(&self, grid: Grid) -> Chart {
        let points = &self.view.timeline.points;
        let middle = |window: usize| {
            let span = grid.span(window);
            (span.from + (span.to - span.from) / 2) as f64
        };
        let top = points.iter().filter_map(|p| p.psi).fold(0.3, |top, psi| if psi > top { psi } else { top });
        let mut chart = self.base(grid, Axis::linear(0.0, top * 1.1));
        chart.series = vec![Series {
            points: points
                .iter()
                .enumerate()
                .map(|(w, p)| Point { x: middle(w), y: p.psi, interval: None, faint: false })
                .collect(),
            style: self.look.style(StyleRole::Production),
            stroke: Stroke::Solid,
            marker: None,
        }];
        let thresholds = self.investigation.dossier.thresholds;
        chart.levels = vec![Guide {
            at: thresholds.psi_alarm,
            label: format!("alarm {}", number::psi(thresholds.psi_alarm)),
            style: self.look.style(StyleRole::Dim),
        }];
        chart
    }

    /// PSI, nulls and distinct values, in the columns of the chart above.
    fn sparks(&self, grid: Grid, frame: &Frame, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let points = &self.view.timeline.points;
        let onset = self.investigation.framing.split().and_then(|at| grid.window(at));
        let x = Axis::time(grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to);
        let split = self.investigation.framing.split();
        let at =
            split.and_then(|at| frame.column(x.place(at as f64)?)).map(|column| column - frame.plot.left());
        let row = self.model.drift().and_then(|drift| drift.features.get(self.view.feature));
        // The level is that of the values as served.
        let alarm = row.filter(|_| !self.view.is_course_repaired).map_or(0, |row| row.level);
        let courses: [(&str, Vec<Option<f64>>, StyleRole); 3] = [
            (
                "PSI",
                points.iter().map(|p| p.psi).collect(),
                [StyleRole::Text, StyleRole::Watch, StyleRole::Alarm][usize::from(alarm.min(2))],
            ),
            ("null", points.iter().map(|p| p.missing).collect(), StyleRole::Text),
            ("uniq", points.iter().map(|p| p.distinct).collect(), StyleRole::Text),
        ];
        for (y, (name, values, meaning)) in (area.top()..area.bottom()).zip(&courses) {
            text::put(name, look.style(StyleRole::Dim), look, (area.x, y), area, buf);
            let line = Rect { x: frame.plot.x, y, width: frame.plot.width, height: 1 };
            let style = look.style(*meaning);
            spark::draw(
                &Spark { values, onset, at, range: None, style, immature_from: None },
                look,
                line,
                buf,
            );
        }
    }
}
