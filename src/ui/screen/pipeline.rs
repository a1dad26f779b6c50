//! Pipeline: how every column arrives, worst first, and how the service does, window by window.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    app::{
        Model,
        screen::pipeline::{
            COLUMNS, COURSE, EVENTS, Quantity, SOURCES, VITALS, Vital, column, columns, distance, overall,
            split_window, vitals,
        },
    },
    autopsy::{Finding, Investigation, Verdict, exam::pipeline::Delivery},
    text::{number, time},
    ui::{
        frame::Layout,
        look::{Look, Mark, Meaning},
        part::{
            axis::Axis,
            bar,
            chart::{self, Chart, EventMark, Guide, Point, Series},
            dots::Stroke,
            panel::{self, Panel},
            spark::{self, Spark},
            table::{self, Column, Row, Table},
            text,
        },
    },
};

use super::parts::{beside, layout, stacked};

/// Draws the screen into `area`.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        let inside = panel::draw(&Panel::new("Columns", "", true), look, area, buf);
        text::put(
            "waiting for the data",
            look.style(Meaning::Dim),
            look,
            (inside.x, inside.y),
            inside,
            buf,
        );
        return;
    };
    let vitals = vitals(investigation);
    let screen = Screen {
        model,
        investigation,
        vitals: &vitals,
        look,
    };
    match layout(model) {
        Layout::Wide => {
            let right = (area.width * 2 / 5).clamp(46, 70);
            let [left, right] = beside(area, [area.width - right, right]);
            screen.columns(left, buf);
            let sources = (investigation.pipeline.sources.len() as u16 + 2).clamp(3, 8);
            let list = (vitals.len() as u16 + 2).clamp(3, 10);
            let events = (investigation.dossier.events.len() as u16 + 2).clamp(3, 6);
            let course = right.height.saturating_sub(sources + list + events).max(7);
            let [sources, list, course, events] = stacked(right, [sources, list, course, events]);
            screen.sources(sources, buf);
            screen.vitals(list, buf);
            screen.course(course, buf);
            screen.events(events, buf);
        }
        Layout::Normal => match model.pane() {
            VITALS | COURSE => {
                let [above, below] = stacked(area, [(vitals.len() as u16 + 2).clamp(3, 9), 0]);
                screen.vitals(above, buf);
                screen.course(below, buf);
            }
            SOURCES | EVENTS => {
                let [above, below] = stacked(area, [area.height / 2, 0]);
                screen.sources(above, buf);
                screen.events(below, buf);
            }
            _ => screen.columns(area, buf),
        },
        Layout::Compact | Layout::TooSmall => match model.pane() {
            SOURCES => screen.sources(area, buf),
            VITALS => screen.vitals(area, buf),
            COURSE => screen.course(area, buf),
            EVENTS => screen.events(area, buf),
            _ => screen.columns(area, buf),
        },
    }
}

/// What every pane needs.
struct Screen<'a> {
    model: &'a Model,
    investigation: &'a Investigation,
    vitals: &'a [Vital],
    look: &'a Look,
}

impl Screen<'_> {
    fn panel(&self, pane: usize, title: &str, right: &str, area: Rect, buf: &mut Buffer) -> Rect {
        panel::draw(
            &Panel::new(title, right, self.model.focused(pane)),
            self.look,
            area,
            buf,
        )
    }

    fn empty(&self, says: &str, area: Rect, buf: &mut Buffer) {
        text::paragraph(says, self.look.style(Meaning::Dim), self.look, area, buf);
    }

    fn cursor(&self, pane: usize, at: usize) -> Option<usize> {
        self.model.focused(pane).then_some(at)
    }

    /// One line a column, worst first, and below them what is said of the one under the cursor.
    fn columns(&self, area: Rect, buf: &mut Buffer) {
        let pipeline = &self.investigation.pipeline;
        let present = pipeline
            .columns
            .iter()
            .filter(|column| column.types.1.is_some())
            .count();
        let new = pipeline.new_columns.len();
        let right = format!("{present} of {} in production, {new} new", pipeline.columns.len());
        let inside = self.panel(COLUMNS, "Columns, worst first", &right, area, buf);
        let shown = columns(self.model);
        let at = column(self.model);
        let flagged: Vec<&Finding> = overall(self.investigation)
            .into_iter()
            .filter(|f| f.flagged())
            .collect();
        let lines =
            |says: &str, room: u16| text::wrap(says, usize::from(room), self.look).len().min(2) as u16;
        let own = shown.get(at).map_or(0, |column| {
            let facts = u16::from(column.mode.is_some() || column.unreadable > 0.0);
            lines(&column.says, inside.width).max(1) + facts
        });
        let others: u16 = flagged
            .iter()
            .map(|f| lines(&f.says, inside.width.saturating_sub(3)))
            .sum();
        let detail = (own + others).min(inside.height / 3).min(8);
        let [list, rule, says] = stacked(inside, [inside.height.saturating_sub(detail + 1), 1, detail]);
        self.list(&shown, at, list, buf);
        if detail == 0 {
            return;
        }
        for x in rule.left()..rule.right() {
            text::put_char(
                self.look.pick('─', '-'),
                self.look.style(Meaning::Faint),
                (x, rule.y),
                rule,
                buf,
            );
        }
        let mut left = says;
        if let Some(column) = shown.get(at) {
            let used = self.detail(column, left, buf);
            left = Rect {
                y: left.y + used,
                height: left.height - used,
                ..left
            };
        }
        for finding in flagged {
            if left.height == 0 {
                break;
            }
            let mark = Mark::from(&finding.verdict);
            text::put(
                self.look.mark(mark),
                self.look.style(mark.meaning()),
                self.look,
                (left.x, left.y),
                left,
                buf,
            );
            let room = Rect {
                x: left.x + 3,
                width: left.width.saturating_sub(3),
                height: left.height.min(2),
                ..left
            };
            let used = text::paragraph(
                &finding.says,
                self.look.style(Meaning::Text),
                self.look,
                room,
                buf,
            );
            left = Rect {
                y: left.y + used,
                height: left.height - used,
                ..left
            };
        }
    }

    fn list(&self, shown: &[&Delivery], at: usize, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        if shown.is_empty() {
            self.empty("no column passes the filter", area, buf);
            return;
        }
        let split = self.investigation.framing.split().is_some();
        let columns = [
            Column {
                width: table::Width::Fixed(if look.is_ascii() { 2 } else { 1 }),
                ..Column::words("", 2)
            },
            Column::words("column", 22),
            Column::words("source", 10).optional(3),
            Column::words("type", 20).optional(2),
            Column::numbers("null train"),
            Column::numbers(if split { "before" } else { "" }).optional(4),
            Column::numbers(if split { "after" } else { "now" }),
            Column::numbers("out"),
        ];
        let (dim, plain, strong) = (
            look.style(Meaning::Dim),
            look.style(Meaning::Text),
            look.style(Meaning::Strong),
        );
        let row = |column: &&Delivery| {
            let plan = self.investigation.dossier.plan.features.get(column.feature);
            let mark = Mark::from(&column.verdict);
            let (was, is) = &column.types;
            let types = match is {
                None => Span::styled("absent", look.style(Meaning::Alarm)),
                Some(is) if is == was => Span::styled(was.clone(), dim),
                Some(is) => Span::styled(format!("{was} → {is}"), look.style(Meaning::Watch)),
            };
            let rose = column.missing.2 > column.missing.1.unwrap_or(column.missing.0) + 0.01;
            let outside = if column.outside.1 > 0.0 {
                number::share(column.outside.1)
            } else {
                String::new()
            };
            let quiet = column.verdict == Verdict::Clear;
            let name = plan.map_or_else(String::new, |feature| feature.name.clone());
            Row::new(vec![
                Line::styled(look.mark(mark), look.style(mark.meaning())),
                Line::styled(name, if quiet { plain } else { strong }),
                Line::styled(plan.and_then(|f| f.source.clone()).unwrap_or_default(), dim),
                Line::from(types),
                Line::styled(number::share(column.missing.0), dim),
                Line::styled(
                    column
                        .missing
                        .1
                        .filter(|_| split)
                        .map(number::share)
                        .unwrap_or_default(),
                    dim,
                ),
                Line::styled(number::share(column.missing.2), if rose { strong } else { plain }),
                Line::styled(outside, if quiet { dim } else { strong }),
            ])
        };
        let mut rows: Vec<Row<'_>> = shown.iter().map(row).collect();
        let new = &self.investigation.pipeline.new_columns;
        if !new.is_empty() {
            let says = format!("in production only: {}", listed(new));
            rows.push(Row {
                cells: vec![Line::styled(says, dim)],
                heading: true,
            });
        }
        let cursor = Some(at);
        table::draw(
            &Table {
                columns: &columns,
                rows: &rows,
                cursor,
                heads: true,
            },
            look,
            area,
            buf,
        );
    }

    /// What is said of one column; returns the lines used.
    fn detail(&self, column: &Delivery, area: Rect, buf: &mut Buffer) -> u16 {
        let look = self.look;
        let name = self.investigation.dossier.feature_name(column.feature);
        let says = if column.says.is_empty() {
            format!("{name}: nothing to say")
        } else {
            column.says.clone()
        };
        let room = Rect {
            height: area.height.min(2),
            ..area
        };
        let mut used = text::paragraph(&says, look.style(Meaning::Text), look, room, buf);
        let mut facts = Vec::new();
        if let Some((value, now, training)) = &column.mode {
            let (training, now) = (number::share(*training), number::share(*now));
            facts.push(format!("most frequent value {value}: {training} → {now}"));
        }
        if column.unreadable > 0.0 {
            facts.push(format!(
                "unreadable as numbers {}",
                number::share(column.unreadable)
            ));
        }
        if !facts.is_empty() && used < area.height {
            let at = (area.x, area.y + used);
            text::put(&facts.join("   "), look.style(Meaning::Dim), look, at, area, buf);
            used += 1;
        }
        used
    }

    /// Flagged columns by the system that delivers them.
    fn sources(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let sources = &self.investigation.pipeline.sources;
        let inside = self.panel(SOURCES, "By source", "columns flagged", area, buf);
        if sources.is_empty() {
            self.empty("coroner.toml names no [sources]", inside, buf);
            return;
        }
        let names = sources
            .iter()
            .map(|(name, ..)| text::width(name))
            .max()
            .unwrap_or(0)
            .min(16) as u16;
        let cursor = self.cursor(SOURCES, self.model.screens.pipeline.source);
        let first = table::first_visible(cursor.unwrap_or(0), sources.len(), usize::from(inside.height));
        for (y, (at, (name, features, flagged))) in
            (inside.top()..inside.bottom()).zip(sources.iter().enumerate().skip(first))
        {
            let line = Rect {
                y,
                height: 1,
                ..inside
            };
            text::put(
                name,
                look.style(Meaning::Text),
                look,
                (line.x, y),
                Rect { width: names, ..line },
                buf,
            );
            let count = format!("{flagged:>3} of {:<3}", features.len());
            let meaning = if *flagged > 0 {
                Meaning::Strong
            } else {
                Meaning::Dim
            };
            let x = text::put(
                &count,
                look.style(meaning),
                look,
                (line.x + names + 1, y),
                line,
                buf,
            );
            let room = Rect {
                x: x + 1,
                width: line.right().saturating_sub(x + 1),
                ..line
            };
            let share = if features.is_empty() {
                0.0
            } else {
                *flagged as f64 / features.len() as f64
            };
            bar::horizontal(share, look.style(Meaning::Production), true, look, room, buf);
            if cursor == Some(at) {
                text::highlight(line, look, buf);
            }
        }
    }

    /// Every course of delivery and service as a sparkline with its means before and after.
    fn vitals(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let split = split_window(self.investigation);
        let right = if split.is_some() {
            "before → after"
        } else {
            "mean"
        };
        let inside = self.panel(VITALS, "Delivery and service", right, area, buf);
        if self.vitals.is_empty() {
            self.empty(
                "production has no timestamp, so there is no course over time",
                inside,
                buf,
            );
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
                        format!(
                            "{} → {}",
                            vital.quantity.shown(before),
                            vital.quantity.shown(after)
                        )
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
            let line = Rect {
                y,
                height: 1,
                ..inside
            };
            let mark = vital.verdict.as_ref().map(Mark::from);
            if let Some(mark) = mark {
                text::put(
                    look.mark(mark),
                    look.style(mark.meaning()),
                    look,
                    (line.x, y),
                    line,
                    buf,
                );
            }
            let name = Rect {
                x: line.x + sign,
                width: 12.min(line.width.saturating_sub(sign)),
                ..line
            };
            let drawn = index == at;
            let meaning = if drawn { Meaning::Strong } else { Meaning::Text };
            text::put(vital.name, look.style(meaning), look, (name.x, y), name, buf);
            text::put_right(&shown[index], look.style(Meaning::Dim), look, y, line, buf);
            let from = name.right() + 1;
            let width = line.right().saturating_sub(from + numbers + 1);
            let course = Spark {
                values: &vital.values,
                onset: split,
                at: None,
                range: None,
                style: look.style(mark.map_or(Meaning::Text, |mark| match mark {
                    Mark::Fine => Meaning::Text,
                    other => other.meaning(),
                })),
                immature_from: None,
            };
            spark::draw(
                &course,
                look,
                Rect {
                    x: from,
                    width,
                    ..line
                },
                buf,
            );
            if self.cursor(VITALS, at) == Some(index) {
                let label = Rect {
                    width: name.right() - line.x,
                    ..line
                };
                text::highlight(label, look, buf);
            }
        }
    }

    /// The course under the cursor.
    fn course(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let pipeline = &self.investigation.pipeline;
        let vital = self
            .vitals
            .get(self.model.screens.pipeline.vital)
            .or_else(|| self.vitals.first());
        let (Some(grid), Some(vital)) = (pipeline.grid, vital) else {
            let inside = self.panel(COURSE, "Over time", "", area, buf);
            self.empty(
                "production has no timestamp, so there is no course over time",
                inside,
                buf,
            );
            return;
        };
        let cursor = self.model.at.and_then(|at| grid.window(at));
        let bottom = cursor.map_or_else(String::new, |window| {
            let name = crate::app::screen::drift::window_name(&grid, window);
            let value = vital.values.get(window).copied().flatten();
            format!(
                "{name}   {}",
                value.map_or_else(|| "no value".to_owned(), |v| vital.quantity.shown(v))
            )
        });
        let right = format!("m next   {}", grid.width.name());
        let panel = Panel {
            bottom: &bottom,
            ..Panel::new(vital.name, &right, self.model.focused(COURSE))
        };
        let inside = panel::draw(&panel, look, area, buf);
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
            Quantity::Rows | Quantity::Milliseconds => Axis::linear(0.0, top),
        };
        let guide = |at: f64, label: String, meaning| Guide {
            at,
            label,
            style: look.style(meaning),
        };
        let mut marks: Vec<Guide> = self
            .model
            .at
            .map(|at| guide(at as f64, String::new(), Meaning::Dim))
            .into_iter()
            .collect();
        if let Some(at) = self.investigation.framing.split() {
            marks.push(guide(
                at as f64,
                format!("onset {}", time::short(at)),
                Meaning::Strong,
            ));
        }
        let mut levels = Vec::new();
        if vital.quantity == Quantity::Percent {
            let limit = self.investigation.dossier.thresholds.utilization * 100.0;
            levels.push(guide(limit, format!("limit {limit:.0} %"), Meaning::Dim));
        }
        let events = &self.investigation.dossier.events;
        let chart = Chart {
            x: Axis::time(grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to),
            y,
            series: vec![Series {
                points: points.collect(),
                style: look.style(Meaning::Production),
                stroke: Stroke::Solid,
                marker: None,
            }],
            marks,
            levels,
            events: (inside.height >= 8 && !events.is_empty()).then(|| {
                events
                    .iter()
                    .map(|event| EventMark {
                        at: event.at as f64,
                        strong: false,
                    })
                    .collect()
            }),
            notes: Vec::new(),
        };
        chart::draw(&chart, look, inside, buf);
    }

    /// What happened, with its distance from the onset.
    fn events(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let events = &self.investigation.dossier.events;
        let onset = self.investigation.framing.split();
        let right = if onset.is_some() { "from onset" } else { "" };
        let inside = self.panel(EVENTS, "Events", right, area, buf);
        if events.is_empty() {
            self.empty(
                "the case has no events: add [snapshots] events to coroner.toml",
                inside,
                buf,
            );
            return;
        }
        let nearest = onset.and_then(|onset| events.iter().map(|event| (event.at - onset).abs()).min());
        let dim = look.style(Meaning::Dim);
        let wide = inside.width >= 60;
        let rows: Vec<Row<'_>> = events
            .iter()
            .map(|event| {
                let near = onset.map(|onset| (event.at - onset).abs()) == nearest && nearest.is_some();
                let style = look.style(if near { Meaning::Strong } else { Meaning::Text });
                let title = if wide {
                    event.title.clone()
                } else {
                    format!("{}: {}", event.kind, event.title)
                };
                Row::new(vec![
                    Line::styled(if near { "◆" } else { "◇" }, style),
                    Line::styled(time::short(event.at), dim),
                    Line::styled(if wide { event.kind.clone() } else { String::new() }, dim),
                    Line::styled(title, style),
                    Line::styled(distance(event.at, onset), if near { style } else { dim }),
                ])
            })
            .collect();
        let columns = [
            Column::words("", 1),
            Column::words("", 11),
            Column::words("", if wide { 10 } else { 0 }),
            Column::rest(""),
            Column::numbers(""),
        ];
        let chosen = self.model.screens.pipeline.event.min(events.len() - 1);
        let cursor = self.cursor(EVENTS, chosen);
        table::draw(
            &Table {
                columns: &columns,
                rows: &rows,
                cursor,
                heads: false,
            },
            look,
            inside,
            buf,
        );
    }
}

/// Names and types, a few of them.
fn listed(columns: &[(String, String)]) -> String {
    let named: Vec<String> = columns
        .iter()
        .take(4)
        .map(|(name, kind)| format!("{name} ({kind})"))
        .collect();
    match columns.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
