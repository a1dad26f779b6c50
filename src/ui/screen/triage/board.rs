//! The board: the metric over heat strips of what moved, on one axis of time, with one line for the onset.

use ratatui::{buffer::Buffer, layout::Rect};

use super::event_marks;
use crate::{
    app::{
        Model,
        screen::{
            drift::window_name,
            triage::{
                BOARD, Strip,
                board::{DEVIATION_EDGES, Of, Shade},
                metric, nearby_event, strips,
            },
        },
        suspicion::tempered,
    },
    autopsy::{Investigation, Severity, exam::performance::Course},
    summary::Grid,
    text::{number, time},
    ui::{
        look::{Look, Sign, StyleRole},
        part::{
            axis::Axis,
            chart::{self, Chart, EventMark, Frame, Guide, Point, Series},
            dots::Stroke,
            heatmap::{Cell, Ramp},
            panel::{self, Panel},
            text,
        },
    },
};

/// Columns of the strips' names; long ones have room where the board is wide.
const fn names(width: u16) -> u16 {
    if width >= 76 { 24 } else { 14 }
}

/// Columns of the value at the end of a strip and of its sign.
const VALUES: u16 = 12;

/// Lines of the metric at least.
const METRIC: u16 = 7;

/// Draws the pane.
pub(super) fn board(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let (Some(metric), Some(performance)) = (metric(model), model.performance()) else {
        return;
    };
    // The numbers at the end of the lines are those of one window.
    let right = performance.grid.map_or_else(String::new, |grid| {
        let chosen = model.at.and_then(|at| grid.window(at)).map(|window| window_name(&grid, window));
        let of = chosen.unwrap_or_else(|| "the last one".to_owned());
        format!("{} windows, values of {of}", grid.width.name())
    });
    let title = format!("{} and what moved", metric.name());
    let all = strips(model);
    let inside = area.height.saturating_sub(2);
    let course =
        performance.course(metric).filter(|course| course.points.iter().any(|p| p.estimate.is_some()));
    // Without labels there is no curve: a line replaces it, and the strips take the room.
    let least = if course.is_some() { METRIC + 3 } else { 4 };
    let below = (all.len() as u16).min(inside.saturating_sub(least));
    let hidden = all.len() - usize::from(below);
    let mut said = at_cursor(model, performance.course(metric), performance.grid);
    if said.is_empty() && hidden > 0 && performance.grid.is_some() {
        said = format!("{hidden} more below: j");
    }
    let panel = Panel { bottom: &said, ..Panel::new(&title, &right, model.focused(BOARD)) };
    let room = panel::draw(&panel, look, area, buf);
    let Some(grid) = performance.grid else {
        let message =
            "The production log has no clock ([columns] timestamp), so nothing has a course over time.";
        text::paragraph(message, look.style(StyleRole::Dim), look, room, buf);
        return;
    };
    let names = names(room.width);
    let upper = Rect { height: room.height.saturating_sub(below), ..room };
    let picture = Rect { width: upper.width.saturating_sub(VALUES), ..upper };
    let frame = match course {
        Some(course) => {
            let chart = course_of(model, investigation, course, grid, names, look);
            let frame = chart::draw(&chart, look, picture, buf);
            if let Some(frame) = frame {
                event_label(investigation, grid, &frame, look, upper, buf);
                value(model, course, grid, look, upper, buf);
            }
            frame
        }
        None => {
            let message = format!("No window holds enough labels for a course of {}.", metric.name());
            let line = Rect { y: picture.y + 1, height: picture.height.min(1), ..picture };
            text::paragraph(&message, look.style(StyleRole::Dim), look, line, buf);
            let axis =
                Rect { y: picture.bottom().saturating_sub(2), height: 2.min(picture.height), ..picture };
            let x = Axis::time(grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to);
            let plot = Rect { x: room.x + names + 1, width: picture.width.saturating_sub(names + 1), ..axis };
            dates(&x, look, plot, buf);
            None
        }
    };
    let plot = frame.map_or_else(
        || Rect { x: room.x + names + 1, width: picture.width.saturating_sub(names + 1), ..picture },
        |frame| frame.plot,
    );
    let cursor = model.screens.triage.line;
    let first = if cursor > usize::from(below) { (cursor - usize::from(below)).min(hidden) } else { 0 };
    for (y, (at, strip)) in (upper.bottom()..room.bottom()).zip(all.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..room };
        draw_strip(model, investigation, strip, grid, Frame { plot }, look, line, buf);
        if model.journal.pinned(&format!("triage.strip:{}", strip.name)) {
            panel::pin(look, line.x, y, buf);
        }
        if model.focused(BOARD) && cursor == at + 1 {
            text::highlight(Rect { width: names, ..line }, look, buf);
        }
    }
    let name = Rect { width: names - 6, height: 1, ..room };
    text::put(metric.name(), look.style(StyleRole::Text), look, (name.x, name.y), name, buf);
    if model.focused(BOARD) && cursor == 0 {
        text::highlight(name, look, buf);
    }
}

/// The dates of the axis, if there is no chart above the strips.
fn dates(x: &Axis, look: &Look, area: Rect, buf: &mut Buffer) {
    let mut free_from = area.left();
    for tick in x.ticks(usize::from(area.width / 14).clamp(1, 6)) {
        let Some(place) = x.place(tick.at) else { continue };
        let at = area.left() + (place * f64::from(area.width.saturating_sub(1))).round() as u16;
        let taken = text::width(&tick.label) as u16;
        if at >= free_from && at + taken <= area.right() {
            text::put(&tick.label, look.style(StyleRole::Dim), look, (at, area.bottom() - 1), area, buf);
            free_from = at + taken + 1;
        }
    }
}

/// What the instant under the cursor holds, where the analyst chose one.
fn at_cursor(model: &Model, course: Option<&Course>, grid: Option<Grid>) -> String {
    let Some((grid, window)) = grid.and_then(|grid| Some((grid, grid.window(model.at?)?))) else {
        return String::new();
    };
    let value = course.and_then(|course| course.points.get(window)).and_then(|point| point.estimate);
    let value = value.map_or_else(|| "no value".to_owned(), |e| number::metric(e.value));
    format!("{}  {value}", window_name(&grid, window))
}

/// The metric's value at the cursor, else at the end of the log, at the right end of the first line.
fn value(model: &Model, course: &Course, grid: Grid, look: &Look, area: Rect, buf: &mut Buffer) {
    let window = model.at.and_then(|at| grid.window(at));
    let known = match window {
        Some(window) => course.points.get(window).and_then(|point| point.estimate),
        None => course.points.iter().rev().find_map(|point| point.estimate),
    };
    let message = known.map_or_else(|| number::MISSING.to_owned(), |e| number::metric(e.value));
    text::put_right(
        &message,
        look.style(StyleRole::Strong),
        look,
        area.y,
        Rect { width: area.width.saturating_sub(3), ..area },
        buf,
    );
}

fn course_of(
    model: &Model,
    investigation: &Investigation,
    course: &Course,
    grid: Grid,
    names: u16,
    look: &Look,
) -> Chart {
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
    let metrics = &investigation.performance.metrics;
    let baseline = metrics.iter().find(|row| row.metric == course.metric).and_then(|row| row.baseline);
    let heights = points.iter().filter_map(|p| p.y).chain(baseline.map(|b| b.value));
    let onset = investigation.framing.split().map(|at| Guide {
        at: at as f64,
        label: format!("onset {}", time::short(at)),
        style: look.style(StyleRole::Strong),
    });
    let end = investigation.framing.ended().map(|at| Guide::over(at, look));
    let cursor = model.at.filter(|&at| grid.window(at).is_some()).map(|at| Guide {
        at: at as f64,
        label: String::new(),
        style: look.style(StyleRole::Dim),
    });
    Chart {
        x: Axis::time(grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to),
        y: Axis::around(heights),
        series: vec![Series {
            points,
            style: look.style(StyleRole::Production),
            stroke: Stroke::Solid,
            marker: None,
        }],
        marks: cursor.into_iter().chain(onset).chain(end).collect(),
        levels: baseline
            .map(|b| Guide {
                at: b.value,
                label: format!("baseline {}", number::metric(b.value)),
                style: look.style(StyleRole::Golden),
            })
            .into_iter()
            .collect(),
        events: Some(event_marks(model, investigation)).filter(|marks: &Vec<EventMark>| !marks.is_empty()),
        gutter: names,
        ..Chart::default()
    }
}

/// The event near the onset in words, beside its sign on the line of events.
fn event_label(
    investigation: &Investigation,
    grid: Grid,
    frame: &Frame,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    let Some((event, lag)) = nearby_event(investigation) else {
        return;
    };
    let y = frame.plot.bottom() + 2;
    let axis = Axis::time(grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to);
    let Some(column) = axis.place(event.at as f64).and_then(|place| frame.column(place)) else {
        return;
    };
    let side = if lag <= 0 { "before" } else { "after" };
    let message = format!("{}, {} {side}", event.title, time::duration(lag.abs()));
    let wide = text::width(&text::shown(&message, look)) as u16;
    let line = Rect { y, height: u16::from(y < area.bottom()), ..area };
    let style = look.style(StyleRole::Text);
    if column + 2 + wide <= area.right() {
        text::put(&message, style, look, (column + 2, y), line, buf);
    } else {
        let left = Rect { width: column.saturating_sub(area.x + 1), ..line };
        text::put_right(&message, style, look, y, left, buf);
    }
}

fn draw_strip(
    model: &Model,
    investigation: &Investigation,
    strip: &Strip,
    grid: Grid,
    frame: Frame,
    look: &Look,
    line: Rect,
    buf: &mut Buffer,
) {
    let plot = frame.plot;
    let names = Rect { width: names(line.width).min(line.width), ..line };
    // An input has production's colour once a finding accuses it: what is within noise stays grey.
    let accused = strip.severity.is_some_and(|severity| severity >= Severity::Watch);
    let hue =
        if matches!(strip.of, Of::Input(_)) && accused { StyleRole::Production } else { StyleRole::Text };
    text::put(&strip.name, look.style(hue), look, (line.x, line.y), names, buf);
    let ramp = match strip.shade {
        Shade::Psi => Ramp::PSI,
        Shade::Deviation => Ramp::Sequential(DEVIATION_EDGES),
    };
    let (from, to) = (grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to);
    let onset = investigation.framing.split();
    let axis = Axis::time(from, to);
    let column_of = |at: i64| axis.place(at as f64).and_then(|place| frame.column(place));
    let (onset, cursor) = (onset.and_then(column_of), model.at.and_then(column_of));
    for x in plot.left()..plot.right() {
        let across = f64::from(x - plot.left()) / f64::from(plot.width.max(2) - 1);
        let at = from + (across * (to - from) as f64) as i64;
        let window = grid.window(at.min(to - 1));
        let heat = window.and_then(|window| strip.heat.get(window)).copied().flatten();
        let swatch = ramp.swatch(heat.map_or(Cell::Unknown, Cell::Value), look);
        text::put_char(swatch.glyph, swatch.style, (x, line.y), line, buf);
        let mark = match (Some(x) == onset, Some(x) == cursor) {
            (true, _) => Some((look.pick('┊', '|'), StyleRole::Strong)),
            (_, true) => Some((look.pick('│', '|'), StyleRole::Strong)),
            _ => None,
        };
        if let Some((glyph, meaning)) = mark {
            text::put_char(glyph, swatch.text.patch(look.style(meaning)), (x, line.y), line, buf);
        }
    }
    let window = model.at.and_then(|at| grid.window(at));
    let message = strip.at(window).map_or_else(|| number::MISSING.to_owned(), strip.shown);
    let quiet = strip.severity.is_none_or(|severity| severity <= Severity::Clear);
    let style = look.style(if quiet { StyleRole::Dim } else { StyleRole::Strong });
    text::put_right(&message, style, look, line.y, Rect { width: line.width.saturating_sub(3), ..line }, buf);
    let mark = strip.severity.map_or(Sign::Pending, |severity| Sign::from(tempered(investigation, severity)));
    text::put_right(look.sign(mark), look.style(mark.meaning()), look, line.y, line, buf);
}
