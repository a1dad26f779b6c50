//! Triage: the golden set decides whether it is the model, the timeline since when, the checks what is odd.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout as Split, Rect},
    text::Line,
};

use super::alone;
use crate::{
    app::{
        Check, Model,
        screen::{
            stage,
            triage::{CHECKS, COURSE, GOLDEN, HYPOTHESES, VITALS, metric, nearby_event},
        },
    },
    autopsy::{
        Hypothesis, Investigation, Standing, Step, Verdict,
        exam::performance::{Estimate, MetricRow},
    },
    summary::Grid,
    text::{number, time},
    ui::{
        frame::{Layout, pending},
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

/// Draws the screen.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        return;
    };
    let pane = |pane: usize, area: Rect, buf: &mut Buffer| match pane {
        _ if model.knowing(stage(Step::Triage, pane)).is_none() => pending(model, pane, look, area, buf),
        CHECKS => checks(model, look, area, buf),
        HYPOTHESES => hypotheses(model, investigation, look, area, buf),
        GOLDEN => golden(model, investigation, look, area, buf),
        COURSE => course(model, investigation, look, area, buf),
        _ => vitals(model, investigation, look, area, buf),
    };
    if let Some(only) = alone(model, &[CHECKS, HYPOTHESES, COURSE]) {
        return pane(only, area, buf);
    }
    if Layout::of_model(model) == Layout::Wide {
        let [left, right] = Split::horizontal([
            Constraint::Length(46.max(area.width * 3 / 8)),
            Constraint::Fill(1),
        ])
        .areas(area);
        let golden_lines = investigation.golden.as_ref().map_or(1, |golden| {
            golden.metrics.len().min(if area.height > 38 { 10 } else { 5 })
        });
        let [upper, middle, lower] = Split::vertical([
            Constraint::Length(golden_lines as u16 + 6),
            Constraint::Fill(3),
            Constraint::Fill(2),
        ])
        .areas(left);
        let [above, below] = Split::vertical([Constraint::Fill(1), Constraint::Length(11)]).areas(right);
        pane(GOLDEN, upper, buf);
        pane(CHECKS, middle, buf);
        pane(HYPOTHESES, lower, buf);
        pane(COURSE, above, buf);
        pane(VITALS, below, buf);
    } else {
        let [upper, lower] = Split::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
        let [left, right] = Split::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(lower);
        pane(COURSE, upper, buf);
        pane(CHECKS, left, buf);
        pane(HYPOTHESES, right, buf);
    }
}

/// The golden set, launch against now.
fn golden(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let panel = Panel::new("Golden set", "is it the model?", model.focused(GOLDEN));
    let room = panel::draw(&panel, look, area, buf);
    let Some(golden) = &investigation.golden else {
        let says = "The case has no golden set, so nothing tells the model from its inputs at once. Trusted labelled \
                    rows with launch_prediction and prediction would: [snapshots] golden.";
        text::paragraph(says, look.style(Meaning::Dim), look, room, buf);
        return;
    };
    let says = format!(
        "{} rows, scored at launch and again now",
        number::whole(golden.rows as u64)
    );
    text::put(&says, look.style(Meaning::Dim), look, (room.x, room.y), room, buf);
    let lines = room.height.saturating_sub(3);
    let rows: Vec<Row<'_>> = golden.metrics.iter().map(|row| metric_row(row, look)).collect();
    let columns = [
        Column::rest("metric"),
        Column::numbers("launch"),
        Column::numbers("now"),
        Column::numbers("Δ"),
        Column::numbers("95 %").optional(1),
    ];
    let table = Table {
        columns: &columns,
        rows: &rows,
        cursor: None,
        heads: true,
    };
    table::draw(
        &table,
        look,
        Rect {
            y: room.y + 1,
            height: lines + 1,
            ..room
        }
        .intersection(room),
        buf,
    );
    let falls = golden.worst_z > 3.0;
    let (mark, says) = if falls {
        (Mark::Alarm, "it falls, too: model_regression".to_owned())
    } else {
        (
            Mark::Fine,
            format!(
                "holds: same answer on {} of rows",
                number::share(golden.same_answer)
            ),
        )
    };
    let last = room.bottom().saturating_sub(1);
    if last > room.y + 1 {
        let x = text::put(
            look.mark(mark),
            look.style(mark.meaning()),
            look,
            (room.x, last),
            room,
            buf,
        );
        text::put(
            &format!(" {says}"),
            look.style(Meaning::Text),
            look,
            (x, last),
            room,
            buf,
        );
    }
}

fn metric_row<'a>(row: &MetricRow, look: &Look) -> Row<'a> {
    let value = |estimate: Option<Estimate>| {
        estimate.map_or_else(|| number::MISSING.to_owned(), |e| number::metric(e.value))
    };
    // The difference as people read it, now less launch; the loss is turned for metrics of which less is better.
    let difference = match (row.baseline, row.production) {
        (Some(launch), Some(now)) => number::signed(now.value - launch.value),
        _ => number::MISSING.to_owned(),
    };
    let half = row.loss.map(|loss| (loss.interval.1 - loss.interval.0) / 2.0);
    let half = half.map_or_else(String::new, |half| {
        format!("±{}", number::metric(half).trim_start_matches('0'))
    });
    let cell = |says: String, meaning| Line::from(text::span(says, meaning, look));
    Row::new(vec![
        cell(row.metric.name().to_owned(), Meaning::Text),
        cell(value(row.baseline), Meaning::Golden),
        cell(value(row.production), Meaning::Production),
        cell(difference, Meaning::Strong),
        cell(half, Meaning::Dim),
    ])
}

/// What the list of checks and the hypotheses still lack; none once every exam is done.
fn unfinished(model: &Model) -> Option<String> {
    let stage = model.investigation.as_ref()?.next_stage()?;
    Some(if model.opening.busy() {
        format!("not yet final: {}", stage.name())
    } else {
        format!("not final, stopped: {}", stage.name())
    })
}

/// The last line of a room, for what it still lacks; returns the room above.
fn lacking(model: &Model, look: &Look, room: Rect, buf: &mut Buffer) -> Rect {
    let Some(says) = unfinished(model).filter(|_| room.height > 1) else {
        return room;
    };
    let at = (room.x, room.bottom() - 1);
    text::put(&says, look.style(Meaning::Dim), look, at, room, buf);
    Rect {
        height: room.height - 1,
        ..room
    }
}

/// The checks with their verdicts, one line each.
fn checks(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let flagged = model.checks.iter().filter(|check| check.flagged > 0).count();
    let ran = model.checks.iter().filter(|check| check.checked > 0).count();
    let right = format!("{flagged} flagged, {ran} of {} ran", model.checks.len());
    let room = panel::draw(
        &Panel::new("Checks", &right, model.focused(CHECKS)),
        look,
        area,
        buf,
    );
    let rows: Vec<Row<'_>> = model.checks.iter().map(|check| check_row(check, look)).collect();
    let longest = model.checks.iter().map(|check| text::width(&check.name)).max();
    let name = (longest.unwrap_or(0) as u16).min(room.width / 2);
    let columns = [Column::words("", 2), Column::words("", name), Column::rest("")];
    let at = model.screens.triage.check.min(rows.len().saturating_sub(1));
    let (room, below) = match Layout::of_model(model) {
        Layout::Wide => (
            Rect {
                height: room.height.saturating_sub(3),
                ..room
            },
            2,
        ),
        _ => (room, 0),
    };
    if let Some(check) = model.checks.get(at).filter(|_| below > 0) {
        panel::divide("", model.focused(CHECKS), room.bottom(), look, area, buf);
        let says = match &check.verdict {
            Verdict::NotApplicable(because) => because,
            _ => &check.says,
        };
        let place = Rect {
            y: room.bottom() + 1,
            height: below,
            ..room
        };
        text::paragraph(says, look.style(Meaning::Text), look, place, buf);
    }
    let cursor = model.focused(CHECKS).then_some(at);
    let room = lacking(model, look, room, buf);
    table::draw(
        &Table {
            columns: &columns,
            rows: &rows,
            cursor,
            heads: false,
        },
        look,
        room,
        buf,
    );
}

fn check_row<'a>(check: &'a Check, look: &Look) -> Row<'a> {
    let mark = Mark::from(&check.verdict);
    let says = match &check.verdict {
        Verdict::NotApplicable(because) => text::span(because.as_str(), Meaning::Dim, look),
        Verdict::Clear => text::span(check.says.as_str(), Meaning::Dim, look),
        _ => text::span(check.says.as_str(), Meaning::Text, look),
    };
    Row::new(vec![
        Line::from(text::span(look.mark(mark), mark.meaning(), look)),
        Line::from(text::span(check.name.as_str(), Meaning::Text, look)),
        Line::from(says),
    ])
}

/// The most probable causes as bars.
fn hypotheses(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let right = if investigation.diagnosis.undecided.is_some() {
        "undecided"
    } else {
        ""
    };
    let room = panel::draw(
        &Panel::new("Leading hypotheses", right, model.focused(HYPOTHESES)),
        look,
        area,
        buf,
    );
    let room = lacking(model, look, room, buf);
    let causes = &investigation.diagnosis.hypotheses;
    let cursor = model
        .screens
        .triage
        .hypothesis
        .min(causes.len().saturating_sub(1));
    let first = table::first_visible(cursor, causes.len(), usize::from(room.height));
    for (y, (at, cause)) in (room.top()..room.bottom()).zip(causes.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..room };
        hypothesis(cause, look, line, buf);
        if model.focused(HYPOTHESES) && at == cursor {
            buf.set_style(line, look.style(Meaning::Cursor));
        }
    }
    if causes.is_empty() {
        text::paragraph(
            "No cause was examined yet.",
            look.style(Meaning::Dim),
            look,
            room,
            buf,
        );
    }
}

/// One cause: name, bar, probability.
pub(super) fn hypothesis(cause: &Hypothesis, look: &Look, line: Rect, buf: &mut Buffer) {
    const NAME: u16 = 23;
    let meaning = match cause.standing {
        Standing::Found => Meaning::Strong,
        Standing::Possible => Meaning::Text,
        _ => Meaning::Dim,
    };
    text::put(
        cause.cause.id(),
        look.style(meaning),
        look,
        (line.x, line.y),
        Rect {
            width: NAME.min(line.width),
            ..line
        },
        buf,
    );
    let said = if cause.standing == Standing::NotExamined {
        "not examined".to_owned()
    } else {
        format!("{:.2}", cause.probability)
    };
    let right = text::put_right(&said, look.style(meaning), look, line.y, line, buf);
    let from = line.x + NAME + 1;
    if right > from + 2 && cause.standing != Standing::NotExamined {
        let style = look.style(if cause.standing == Standing::Found {
            Meaning::Alarm
        } else {
            Meaning::Dim
        });
        bar::horizontal(
            cause.probability,
            style,
            false,
            look,
            Rect {
                x: from,
                width: right - from - 1,
                ..line
            },
            buf,
        );
    }
}

/// The metric's course in production, with the onset, the baseline and what happened around.
fn course(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let (Some(metric), Some(performance)) = (metric(model), model.performance()) else {
        return;
    };
    let title = format!("{} in production", metric.name());
    let right = performance
        .grid
        .map_or_else(String::new, |grid| format!("{} windows", grid.width.name()));
    let room = panel::draw(
        &Panel::new(&title, &right, model.focused(COURSE)),
        look,
        area,
        buf,
    );
    let (Some(grid), Some(course)) = (performance.grid, performance.course(metric)) else {
        let says = if performance.grid.is_none() {
            "The production log has no clock ([columns] timestamp), so there is no course over time."
        } else {
            "No window holds enough labels for a course."
        };
        text::paragraph(says, look.style(Meaning::Dim), look, room, buf);
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
    let baseline = performance
        .metrics
        .iter()
        .find(|row| row.metric == metric)
        .and_then(|row| row.baseline);
    let heights = points.iter().filter_map(|p| p.y).chain(baseline.map(|b| b.value));
    let split = investigation.framing.split();
    let event = nearby_event(investigation);
    let chart = Chart {
        x: Axis::time(grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to),
        y: Axis::around(heights),
        series: vec![Series {
            points,
            style: look.style(Meaning::Production),
            stroke: Stroke::Solid,
            marker: None,
        }],
        marks: split
            .map(|at| Guide {
                at: at as f64,
                label: format!("onset {}", time::short(at)),
                style: look.style(Meaning::Strong),
            })
            .into_iter()
            .collect(),
        levels: baseline
            .map(|b| Guide {
                at: b.value,
                label: format!("baseline {}", number::metric(b.value)),
                style: look.style(Meaning::Golden),
            })
            .into_iter()
            .collect(),
        events: Some(event_marks(investigation)).filter(|marks| !marks.is_empty()),
        notes: Vec::new(),
    };
    let said = u16::from(event.is_some() && room.height > 8);
    let upper = Rect {
        height: room.height - said,
        ..room
    };
    chart::draw(&chart, look, upper, buf);
    if let (Some((event, lag)), true) = (event, said > 0) {
        let sign = look.pick('◆', '^');
        let lag = if lag <= 0 {
            format!("{} before", time::duration(-lag))
        } else {
            format!("{} after", time::duration(lag))
        };
        let says = format!(
            "{sign} {}  {}  {}  {lag}",
            time::short(event.at),
            event.kind,
            event.title
        );
        text::put(
            &says,
            look.style(Meaning::Text),
            look,
            (room.x, room.bottom() - 1),
            room,
            buf,
        );
    }
}

/// All events; the one near the onset stands out.
pub(super) fn event_marks(investigation: &Investigation) -> Vec<EventMark> {
    let near = nearby_event(investigation).map(|(event, _)| event.at);
    investigation
        .dossier
        .events
        .iter()
        .map(|event| EventMark {
            at: event.at as f64,
            strong: Some(event.at) == near,
        })
        .collect()
}

/// A vital: its name, its course, its value now, and how it stands.
struct Vital {
    name: &'static str,
    values: Vec<Option<f64>>,
    now: String,
    mark: Mark,
}

/// Small courses of what a service shows.
fn vitals(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let grid = investigation.pipeline.grid;
    let right = grid.map_or_else(String::new, |grid| format!("{} windows", grid.width.name()));
    let room = panel::draw(
        &Panel::new("Vitals", &right, model.focused(VITALS)),
        look,
        area,
        buf,
    );
    let onset = grid
        .zip(investigation.framing.split())
        .and_then(|(grid, at)| grid.window(at));
    let mature = grid
        .zip(investigation.labels.mature_until)
        .and_then(|(grid, at)| grid.window(at));
    let all = measured(investigation);
    if all.is_empty() || grid.is_none() {
        text::paragraph(
            "The production log has no clock, so there are no courses.",
            look.style(Meaning::Dim),
            look,
            room,
            buf,
        );
        return;
    }
    for (y, vital) in (room.top()..room.bottom()).zip(&all) {
        let line = Rect { y, height: 1, ..room };
        text::put(
            vital.name,
            look.style(Meaning::Text),
            look,
            (line.x, y),
            line,
            buf,
        );
        let x = text::put_right(
            look.mark(vital.mark),
            look.style(vital.mark.meaning()),
            look,
            y,
            line,
            buf,
        );
        let values = Rect {
            width: x.saturating_sub(line.x + 1),
            ..line
        };
        text::put_right(&vital.now, look.style(Meaning::Text), look, y, values, buf);
        let from = line.x + 15;
        let until = values.right().saturating_sub(10);
        if until > from + 4 {
            let spark = Spark {
                values: &vital.values,
                onset,
                at: None,
                range: None,
                style: look.style(Meaning::Production),
                immature_from: (vital.name == "labels known").then_some(mature).flatten(),
            };
            spark::draw(
                &spark,
                look,
                Rect {
                    x: from,
                    width: until - from,
                    ..line
                },
                buf,
            );
        }
    }
}

fn measured(investigation: &Investigation) -> Vec<Vital> {
    let pipeline = &investigation.pipeline;
    let last = |values: &[Option<f64>]| values.iter().rev().find_map(|v| *v);
    let mark = |id: &str| {
        let of = |f: &&crate::autopsy::Finding| f.id.starts_with(id);
        let verdicts = investigation
            .findings
            .iter()
            .filter(of)
            .map(|f| Mark::from(&f.verdict));
        verdicts
            .max_by_key(|m| match m {
                Mark::Alarm => 3,
                Mark::Watch => 2,
                Mark::Fine => 1,
                _ => 0,
            })
            .unwrap_or(Mark::Pending)
    };
    let mut all = Vec::new();
    let mut add = |name, values: Vec<Option<f64>>, says: fn(f64) -> String, mark| {
        if let Some(now) = last(&values) {
            all.push(Vital {
                name,
                now: says(now),
                values,
                mark,
            });
        }
    };
    add(
        "rows",
        pipeline.volume.iter().map(|&n| Some(n as f64)).collect(),
        |n| number::count(n as u64),
        mark("pipeline.volume"),
    );
    add(
        "labels known",
        investigation.labels.labelled.iter().map(|&x| Some(x)).collect(),
        number::share,
        mark("labels."),
    );
    add(
        "duplicates",
        pipeline.duplicates.clone(),
        number::share,
        mark("pipeline.duplicates"),
    );
    add(
        "worst PSI",
        worst(&investigation.drift.features, investigation.drift.grid),
        number::psi,
        mark("drift.psi"),
    );
    add(
        "answers' PSI",
        investigation.drift.answers.psi.clone(),
        number::psi,
        mark("drift.answers"),
    );
    add(
        "null rate",
        nulls(investigation),
        number::share,
        mark("pipeline.nulls"),
    );
    let latency = pipeline
        .serving
        .latency
        .iter()
        .map(|q| q.map(|(_, p95, _)| p95))
        .collect();
    add(
        "p95 latency",
        latency,
        |ms| format!("{ms:.0} ms"),
        mark("serving.latency"),
    );
    add(
        "CPU",
        pipeline.serving.cpu.clone(),
        |x| number::share(x / 100.0),
        mark("serving.cpu"),
    );
    add(
        "memory",
        pipeline.serving.memory.clone(),
        |x| number::share(x / 100.0),
        mark("serving.memory"),
    );
    all
}

/// The largest PSI of any feature, window by window.
fn worst(rows: &[crate::autopsy::exam::drift::DriftRow], grid: Option<Grid>) -> Vec<Option<f64>> {
    let windows = grid.map_or(0, |grid| grid.windows);
    let at = |window: usize| {
        rows.iter()
            .filter_map(move |row| row.psi.get(window).copied().flatten())
    };
    (0..windows)
        .map(|window| at(window).max_by(f64::total_cmp))
        .collect()
}

/// The mean share of missing values over the features, window by window.
fn nulls(investigation: &Investigation) -> Vec<Option<f64>> {
    let rows = &investigation.drift.features;
    let windows = investigation.drift.grid.map_or(0, |grid| grid.windows);
    let mean = |window: usize| {
        let known: Vec<f64> = rows
            .iter()
            .filter_map(|row| row.missing.get(window).copied().flatten())
            .collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    (0..windows).map(mean).collect()
}
