//! Feature: one column, two populations.
//!
//! Training lies under the period of production that `o` chooses; beside them their quantiles, below them the course
//! over the windows on the axis that the sparklines share, and what the checks say of this feature alone.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use crate::{
    app::{
        Axis as AxisChoice, Model, Period,
        screen::feature::{
            CHECKS, COURSE, Change, Comparison, QUANTILES, SHAPE, SUMMARY, View, findings, kind_name,
            level_name, shown,
        },
        trial,
    },
    autopsy::{
        Investigation,
        view::{histogram::Histogram as Populations, quantiles::FiveNumbers, summary::Statistic},
    },
    summary::Grid,
    text::{number, time},
    ui::{
        frame::Layout,
        look::{Look, Mark, Meaning},
        part::{
            axis::{Axis, Scale, Tick},
            boxes::{self, BoxSummary},
            chart::{self, Chart, EventMark, Frame, Guide, Point, Series},
            dots::Stroke,
            histogram::{self, Histogram},
            panel::{self, Panel},
            quantiles,
            spark::{self, Spark},
            table::{self, Column, Row, Table},
            text,
        },
    },
};

use super::parts::{beside, layout, stacked};

/// Draws the screen into `area`.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let (Some(investigation), Some(view)) = (&model.investigation, &model.screens.feature.view) else {
        let inside = panel::draw(&Panel::new("Feature", "", true), look, area, buf);
        let says = if model.investigation.is_some() {
            "no feature is listed"
        } else {
            "waiting for the data"
        };
        text::put(
            says,
            look.style(Meaning::Dim),
            look,
            (inside.x, inside.y),
            inside,
            buf,
        );
        return;
    };
    let screen = Screen {
        model,
        investigation,
        view,
        look,
    };
    match layout(model) {
        Layout::Wide => {
            let right = (area.width * 2 / 5).clamp(46, 64);
            let [left, right] = beside(area, [area.width - right, right]);
            let [shape, course] = stacked(left, [left.height * 11 / 20, 0]);
            let checks = (findings(investigation, view.feature).len() as u16 * 2 + 2).clamp(4, 8);
            let table = view.summary.len() as u16 + 3;
            let quantiles = match &view.categories {
                Some(categories) => (categories.unseen.len() as u16 + 4).min(right.height / 2),
                None => right.height.saturating_sub(table + checks).max(right.height / 3),
            };
            let [quantiles, table, checks] = stacked(right, [quantiles, table, checks]);
            screen.shape(shape, buf);
            screen.course(course, buf);
            screen.quantiles(quantiles, buf);
            screen.summary(table, buf);
            screen.checks(checks, buf);
        }
        Layout::Normal => match model.pane() {
            QUANTILES | SUMMARY | CHECKS => {
                let [left, right] = beside(area, [area.width / 2, 0]);
                let [above, below] = stacked(left, [left.height * 2 / 3, 0]);
                screen.quantiles(above, buf);
                screen.checks(below, buf);
                screen.summary(right, buf);
            }
            _ => {
                let [above, below] = stacked(area, [area.height / 2, 0]);
                screen.shape(above, buf);
                screen.course(below, buf);
            }
        },
        Layout::Compact | Layout::TooSmall => match model.pane() {
            QUANTILES => screen.quantiles(area, buf),
            COURSE => screen.course(area, buf),
            SUMMARY => screen.summary(area, buf),
            CHECKS => screen.checks(area, buf),
            _ => screen.shape(area, buf),
        },
    }
}

/// What every pane needs.
struct Screen<'a> {
    model: &'a Model,
    investigation: &'a Investigation,
    view: &'a View,
    look: &'a Look,
}

impl Screen<'_> {
    fn name(&self) -> &str {
        self.investigation.dossier.feature_name(self.view.feature)
    }

    fn period(&self) -> &'static str {
        match (self.investigation.framing.split(), self.model.settings.period) {
            (None, _) | (_, Period::Both) => "all production",
            (_, Period::Since) => "since onset",
            (_, Period::Before) => "before onset",
        }
    }

    /// The repair that the picture shows, with its numbers; none where the rows are as served.
    fn repaired(&self) -> Option<(&str, String)> {
        let (candidate, tried) = self.model.screens.feature.attempts.as_ref()?.on_screen()?;
        let mut says = format!("{}: PSI {}", candidate.name, trial::psi(tried));
        if let Ok(answered) = &tried.answer {
            let (name, values) = trial::measured(answered);
            says.push_str(&format!("   {name} {values}"));
        }
        if let Ok(Some((share, _))) = tried.answer.as_ref().map(|answered| answered.share) {
            says.push_str(&format!("   {} back", number::share(share)));
        }
        Some((candidate.name.as_str(), says))
    }

    fn panel(&self, pane: usize, title: &str, right: &str, area: Rect, buf: &mut Buffer) -> Rect {
        panel::draw(
            &Panel::new(title, right, self.model.focused(pane)),
            self.look,
            area,
            buf,
        )
    }

    /// The two populations, or a categorical feature's levels.
    fn shape(&self, area: Rect, buf: &mut Buffer) {
        let source = self
            .investigation
            .dossier
            .plan
            .features
            .get(self.view.feature)
            .and_then(|f| f.source.as_deref());
        let kind = kind_name(self.investigation, self.view.feature);
        let right = source.map_or_else(|| kind.clone(), |source| format!("{source} · {kind}"));
        let inside = self.panel(SHAPE, self.name(), &right, area, buf);
        if inside.height == 0 {
            return;
        }
        // Where lines are few, the picture needs them more than what it is made of.
        let foot = u16::from(inside.height >= 9);
        let repaired = self.repaired();
        let period = repaired.as_ref().map_or_else(
            || self.period().to_owned(),
            |(name, _)| format!("since onset, {name}"),
        );
        histogram::legend(&period, self.look, (inside.x, inside.y), inside, buf);
        let [_, picture, foot] = stacked(inside, [1, inside.height.saturating_sub(1 + foot), foot]);
        match (&self.view.histogram, &self.view.categories) {
            (Some(populations), _) => {
                histogram::draw(&overlay(populations), self.look, picture, buf);
                self.foot(populations, foot, buf);
            }
            (None, Some(_)) => self.levels(
                Rect {
                    height: picture.height + foot.height,
                    ..picture
                },
                buf,
            ),
            (None, None) => {
                let says = "neither side holds a value";
                text::put(
                    says,
                    self.look.style(Meaning::Dim),
                    self.look,
                    (picture.x, picture.y),
                    picture,
                    buf,
                );
            }
        }
    }

    /// What the picture is made of: axis, bins, rows, and what it leaves out.
    fn foot(&self, populations: &Populations, area: Rect, buf: &mut Buffer) {
        let outside = populations.outside.0 + populations.outside.1;
        let mut says = Vec::new();
        if outside > 0.0 {
            says.push(format!("out of range {}", number::share(outside)));
        }
        if populations.missing != (0.0, 0.0) {
            let (before, now) = populations.missing;
            says.push(format!("null {} → {}", number::share(before), number::share(now)));
        }
        says.push(format!("{} axis", populations.axis.name()));
        says.push(format!("{} bins", populations.training.len()));
        let basis = populations.basis.1;
        let rows = number::count(basis.rows as u64);
        says.push(format!(
            "{rows} {}",
            if basis.whole { "rows" } else { "rows sampled" }
        ));
        text::put(
            &text::parts(&says, usize::from(area.width)),
            self.look.style(Meaning::Dim),
            self.look,
            (area.x, area.y),
            area,
            buf,
        );
    }

    /// A categorical feature's levels with both shares and an overlaid bar.
    fn levels(&self, area: Rect, buf: &mut Buffer) {
        let Some(categories) = &self.view.categories else {
            return;
        };
        let look = self.look;
        let names = (area.width / 3).clamp(6, 26);
        let bars = area.width.saturating_sub(names + 18);
        let before = self.model.settings.period == Period::Before;
        let side = |share: &crate::autopsy::view::categories::Share| {
            if before {
                share.before.unwrap_or(0.0)
            } else {
                share.after
            }
        };
        let top = categories
            .shares
            .iter()
            .map(|s| s.training.max(side(s)))
            .fold(0.0, f64::max)
            .max(1e-9);
        let shown: Vec<_> = categories
            .shares
            .iter()
            .filter(|s| s.training > 0.0 || side(s) > 0.0)
            .collect();
        for (y, share) in (area.top()..area.bottom()).zip(&shown) {
            let line = Rect { y, height: 1, ..area };
            let unseen = share.training == 0.0 && side(share) > 0.0;
            let style = look.style(if unseen { Meaning::Watch } else { Meaning::Text });
            text::put(
                &level_name(&share.level),
                style,
                look,
                (line.x, y),
                Rect { width: names, ..line },
                buf,
            );
            let numbers = format!(
                "{:>8} {:>8}",
                number::share(share.training),
                number::share(side(share))
            );
            text::put(
                &numbers,
                look.style(Meaning::Dim),
                look,
                (line.x + names, y),
                line,
                buf,
            );
            let bar = Rect {
                x: line.x + names + 18,
                width: bars,
                ..line
            }
            .intersection(line);
            histogram::overlaid_bar(share.training / top, side(share) / top, look, bar, buf);
        }
        if shown.len() > usize::from(area.height) && area.height > 1 {
            let last = Rect {
                y: area.bottom() - 1,
                height: 1,
                ..area
            };
            text::put(
                &" ".repeat(usize::from(area.width)),
                look.style(Meaning::Text),
                look,
                (last.x, last.y),
                last,
                buf,
            );
            let says = format!("{} more levels", shown.len() - usize::from(area.height) + 1);
            text::put(&says, look.style(Meaning::Dim), look, (last.x, last.y), last, buf);
        }
    }

    /// Quantile against quantile, both distribution functions, or boxes.
    fn quantiles(&self, area: Rect, buf: &mut Buffer) {
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
        let right = format!("training → {}{log}", self.period());
        let inside = self.panel(QUANTILES, &title, &right, area, buf);
        let quantiles = &self.view.quantiles;
        if quantiles.points().is_empty() {
            let says = "one side holds no value";
            text::put(
                says,
                look.style(Meaning::Dim),
                look,
                (inside.x, inside.y),
                inside,
                buf,
            );
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
                chart::draw(
                    &quantiles::cumulative_plot(&training, &production, scale, look),
                    look,
                    inside,
                    buf,
                );
            }
            Comparison::Boxes => self.boxes(scale, inside, buf),
        }
    }

    fn boxes(&self, scale: Scale, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let numbers = |five: Option<FiveNumbers>| five.map(|f| [f.p5, f.q1, f.median, f.q3, f.p95]);
        let summary = |name: &str, five: Option<FiveNumbers>, meaning| BoxSummary {
            name: name.to_owned(),
            quantiles: numbers(five),
            style: look.style(meaning),
        };
        let (training, production) = self.view.quantiles.five;
        let mut all = vec![summary("training", training, Meaning::Training)];
        if self.view.before.is_some() {
            all.push(summary("before", self.view.before, Meaning::Golden));
        }
        all.push(summary(self.period(), production, Meaning::Production));
        let values = || all.iter().filter_map(|b| b.quantiles).flatten();
        let axis = match scale {
            Scale::Log => Axis::log_around(values()),
            Scale::Linear => Axis::around(values()),
        };
        boxes::draw(&all, &axis, look, area, buf);
    }

    fn unseen(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let unseen = self.view.categories.as_ref().map_or(&[][..], |c| &c.unseen);
        if unseen.is_empty() {
            let says = "every level was seen in training";
            text::put(says, look.style(Meaning::Dim), look, (area.x, area.y), area, buf);
            return;
        }
        let dim = look.style(Meaning::Dim);
        let line = |(name, share): &(String, f64)| {
            Row::new(vec![
                Line::from(name.clone()),
                Line::styled(number::share(*share), dim),
            ])
        };
        let rows: Vec<Row<'_>> = unseen.iter().map(line).collect();
        let columns = [Column::rest("level"), Column::numbers("of sampled rows")];
        table::draw(
            &Table {
                columns: &columns,
                rows: &rows,
                cursor: None,
                heads: true,
            },
            look,
            area,
            buf,
        );
    }

    /// Median and spread over the windows, and the sparklines below on the same axis.
    fn course(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let timeline = &self.view.timeline;
        let numeric = timeline.points.iter().any(|point| point.median.is_some());
        let title = timeline.grid.map_or_else(
            || "Over time".to_owned(),
            |grid| format!("{} windows", timeline.points.len().max(grid.windows)),
        );
        let width = timeline.grid.map_or("", |grid| grid.width.name());
        let right = if numeric {
            format!("─ median   p5–p95   {width}")
        } else {
            format!("PSI   {width}")
        };
        let at_cursor = self.at_cursor();
        let panel = Panel {
            bottom: &at_cursor,
            ..Panel::new(&title, &right, self.model.focused(COURSE))
        };
        let inside = panel::draw(&panel, look, area, buf);
        let Some(grid) = timeline.grid.filter(|_| !timeline.points.is_empty()) else {
            let says = "production has no timestamp, so there is no course over time";
            text::paragraph(says, look.style(Meaning::Dim), look, inside, buf);
            return;
        };
        let sparks = if inside.height >= 9 { 3 } else { 0 };
        let [picture, below] = stacked(inside, [inside.height - sparks, sparks]);
        let mut chart = if numeric {
            self.medians(grid)
        } else {
            self.psi_course(grid)
        };
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
        let window = timeline
            .grid
            .zip(self.model.at)
            .and_then(|(grid, at)| grid.window(at));
        let Some((point, grid)) = window.and_then(|w| timeline.points.get(w)).zip(timeline.grid) else {
            return String::new();
        };
        let name = window.map_or_else(String::new, |window| {
            crate::app::screen::drift::window_name(&grid, window)
        });
        let mut says = format!("{name}   {} rows", number::count(point.rows));
        if let Some(median) = point.median {
            says.push_str(&format!("   median {}", number::value(median)));
        }
        if let Some(psi) = point.psi {
            says.push_str(&format!("   PSI {}", number::psi(psi)));
        }
        says
    }

    fn base(&self, grid: Grid, y: Axis) -> Chart {
        let framing = &self.investigation.framing;
        let (from, to) = (grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to);
        let events = &self.investigation.dossier.events;
        let near = framing
            .split()
            .and_then(|onset| events.iter().min_by_key(|event| (event.at - onset).abs()));
        let event = |event: &crate::case::Event| EventMark {
            at: event.at as f64,
            strong: Some(event) == near,
        };
        Chart {
            x: Axis::time(from, to),
            y,
            marks: self
                .cursor_guide(grid)
                .into_iter()
                .chain(framing.split().map(|at| self.onset_guide(at)))
                .collect(),
            events: (!events.is_empty()).then(|| events.iter().map(event).collect()),
            ..Chart::default()
        }
    }

    fn cursor_guide(&self, grid: Grid) -> Option<Guide> {
        let at = self.model.at.filter(|&at| grid.window(at).is_some())?;
        Some(Guide {
            at: at as f64,
            label: String::new(),
            style: self.look.style(Meaning::Dim),
        })
    }

    /// The onset, with how far the median moved there.
    fn onset_guide(&self, at: crate::summary::Micros) -> Guide {
        let median = self
            .view
            .summary
            .iter()
            .find(|line| line.statistic == Statistic::Median);
        let change = median.and_then(|line| Change::of(line, &self.view.summary));
        let factor = change.filter(|change| change.is_worth_a_look()).map(Change::says);
        let when = time::short(at);
        Guide {
            at: at as f64,
            label: factor.map_or_else(|| format!("onset {when}"), |factor| format!("{factor} at {when}")),
            style: self.look.style(Meaning::Strong),
        }
    }

    fn medians(&self, grid: Grid) -> Chart {
        let points = &self.view.timeline.points;
        let spread = |point: &crate::autopsy::view::timeline::Point| point.spread.map(|(a, b)| [a, b]);
        let values = || {
            points
                .iter()
                .filter_map(spread)
                .flatten()
                .chain(points.iter().filter_map(|p| p.median))
        };
        let y = if self.view.axis == AxisChoice::Log && values().all(|v| v > 0.0) {
            Axis::log_around(values())
        } else {
            Axis::around(values())
        };
        let training = self
            .view
            .summary
            .iter()
            .find(|line| line.statistic == Statistic::Median);
        let level = training.and_then(|line| line.training).map(|at| Guide {
            at,
            label: String::new(),
            style: self.look.style(Meaning::Training),
        });
        let middle = |window: usize| {
            let span = grid.span(window);
            (span.from + (span.to - span.from) / 2) as f64
        };
        let line = Series {
            points: points
                .iter()
                .enumerate()
                .map(|(w, p)| Point {
                    x: middle(w),
                    y: p.median,
                    interval: p.spread,
                    faint: false,
                })
                .collect(),
            style: self.look.style(Meaning::Production),
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
        let top = points
            .iter()
            .filter_map(|p| p.psi)
            .fold(0.3, |top, psi| if psi > top { psi } else { top });
        let mut chart = self.base(grid, Axis::linear(0.0, top * 1.1));
        chart.series = vec![Series {
            points: points
                .iter()
                .enumerate()
                .map(|(w, p)| Point {
                    x: middle(w),
                    y: p.psi,
                    interval: None,
                    faint: false,
                })
                .collect(),
            style: self.look.style(Meaning::Production),
            stroke: Stroke::Solid,
            marker: None,
        }];
        let thresholds = self.investigation.dossier.thresholds;
        chart.levels = vec![Guide {
            at: thresholds.psi_alarm,
            label: format!("alarm {}", number::psi(thresholds.psi_alarm)),
            style: self.look.style(Meaning::Dim),
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
        let at = split
            .and_then(|at| frame.column(x.place(at as f64)?))
            .map(|column| column - frame.plot.left());
        let row = self
            .model
            .drift()
            .and_then(|drift| drift.features.get(self.view.feature));
        let alarm = row.map_or(0, |row| row.level);
        let courses: [(&str, Vec<Option<f64>>, Meaning); 3] = [
            (
                "PSI",
                points.iter().map(|p| p.psi).collect(),
                [Meaning::Text, Meaning::Watch, Meaning::Alarm][usize::from(alarm.min(2))],
            ),
            ("null", points.iter().map(|p| p.missing).collect(), Meaning::Text),
            ("uniq", points.iter().map(|p| p.distinct).collect(), Meaning::Text),
        ];
        for (y, (name, values, meaning)) in (area.top()..area.bottom()).zip(&courses) {
            text::put(name, look.style(Meaning::Dim), look, (area.x, y), area, buf);
            let line = Rect {
                x: frame.plot.x,
                y,
                width: frame.plot.width,
                height: 1,
            };
            let style = look.style(*meaning);
            spark::draw(
                &Spark {
                    values,
                    onset,
                    at,
                    range: None,
                    style,
                    immature_from: None,
                },
                look,
                line,
                buf,
            );
        }
    }

    /// The statistics of training, before and after.
    fn summary(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let repaired = self.repaired().map_or_else(String::new, |(_, says)| says);
        let panel = Panel {
            bottom: &repaired,
            ..Panel::new("Summary", "", self.model.focused(SUMMARY))
        };
        let inside = panel::draw(&panel, look, area, buf);
        let split = self.investigation.framing.split().is_some();
        let mut columns = vec![Column::words("", 12), Column::numbers("training")];
        if split {
            columns.push(Column::numbers("before").optional(2));
        }
        columns.push(Column::numbers(if split { "after" } else { "production" }));
        columns.push(Column::numbers("change").optional(1));
        let (dim, plain) = (look.style(Meaning::Dim), look.style(Meaning::Text));
        let rows: Vec<Row<'_>> = self
            .view
            .summary
            .iter()
            .map(|line| {
                let change = Change::of(line, &self.view.summary);
                let moved = change.is_some_and(Change::is_worth_a_look);
                let text = |value, style| Line::styled(shown(line.statistic, value), style);
                let mut cells = vec![
                    Line::styled(line.statistic.name(), dim),
                    text(line.training, plain),
                ];
                if split {
                    cells.push(text(line.before, plain));
                }
                cells.push(text(line.after, plain));
                let style = look.style(if moved { Meaning::Strong } else { Meaning::Dim });
                let says = change.map_or_else(String::new, Change::says);
                cells.push(Line::styled(says, style));
                Row::new(cells)
            })
            .collect();
        table::draw(
            &Table {
                columns: &columns,
                rows: &rows,
                cursor: None,
                heads: true,
            },
            look,
            inside,
            buf,
        );
    }

    /// What the checks say of this feature, worst first.
    fn checks(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let findings = findings(self.investigation, self.view.feature);
        let flagged = findings.iter().filter(|finding| finding.flagged()).count();
        let right = format!("{flagged} of {} flagged", findings.len());
        let inside = self.panel(CHECKS, "Checks", &right, area, buf);
        if findings.is_empty() {
            let says = "no check has this feature as its subject";
            text::put(
                says,
                look.style(Meaning::Dim),
                look,
                (inside.x, inside.y),
                inside,
                buf,
            );
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
            let mark = Mark::from(&finding.verdict);
            let style = look.style(mark.meaning());
            text::put(look.mark(mark), style, look, (inside.x, y), inside, buf);
            let room = Rect {
                x: inside.x + sign,
                y,
                width: inside.width.saturating_sub(sign),
                height: (inside.bottom() - y).min(if focused && at == cursor { 6 } else { 2 }),
            };
            let says = if finding.flagged() {
                look.style(Meaning::Text)
            } else {
                look.style(Meaning::Dim)
            };
            let used = text::paragraph(&finding.says, says, look, room, buf);
            if focused && at == cursor {
                let line = Rect { height: used, ..room }.intersection(inside);
                text::highlight(line, look, buf);
            }
            y += used.max(1);
        }
    }
}

/// The line through the quantiles in words, where it is straight enough to be one.
fn fit_line((offset, factor, r2): (f64, f64, f64)) -> Vec<String> {
    if r2 < 0.98 {
        return vec![format!("no straight line: R² {r2:.3}")];
    }
    let sign = if offset < 0.0 { '−' } else { '+' };
    let small = offset.abs() < 1e-3 * factor.abs().max(1e-12);
    let tail = if small {
        String::new()
    } else {
        format!(" {sign} {}", number::value(offset.abs()))
    };
    vec![
        format!("y = {} · x{tail}", number::value(factor)),
        format!("R² {r2:.4}"),
    ]
}

/// The picture of two populations: on their own axis where it has a formula, else on the bins with the edges' values.
fn overlay(populations: &Populations) -> Histogram {
    use crate::autopsy::view::histogram::Axis as Layout;
    let bins = populations.training.len();
    let ends = (
        populations.edges.first().copied().unwrap_or(0.0),
        populations.edges.last().copied().unwrap_or(1.0),
    );
    let formula = match populations.axis {
        Layout::Linear => Some(Axis::linear(ends.0, ends.1)),
        Layout::Log if ends.0 > 0.0 => Some(Axis::log(ends.0, ends.1)),
        Layout::Log | Layout::Rank => None,
    };
    let by_bins = formula.is_none();
    let x = formula.filter(|axis| axis.from < axis.to).unwrap_or_else(|| {
        let every = (bins / 6).max(1);
        let tick = |(at, edge): (usize, &f64)| Tick {
            at: at as f64,
            label: number::value(*edge),
        };
        let ticks = populations
            .edges
            .iter()
            .enumerate()
            .step_by(every)
            .map(tick)
            .collect();
        Axis {
            ticks: Some(ticks),
            ..Axis::linear(0.0, bins as f64)
        }
    });
    let place = |value: f64| {
        if by_bins {
            populations.edges.partition_point(|&edge| edge <= value) as f64
        } else {
            value
        }
    };
    let mark = |value: f64, name: &str| Tick {
        at: place(value),
        label: format!("train {name} {}", number::value(value)),
    };
    let mut marks = Vec::new();
    if let Some((low, high)) = populations.training_range {
        if populations.outside.1 > 0.001 {
            marks.push(mark(high, "max"));
        } else if populations.outside.0 > 0.001 {
            marks.push(mark(low, "min"));
        }
    }
    Histogram {
        x,
        training: populations.training.clone(),
        production: populations.production.clone(),
        marks,
    }
}
