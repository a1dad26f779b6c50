//! One example of every widget, for the tests: snapshots in every look, and every size without a panic.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Line};

use crate::{
    summary::Micros,
    ui::{
        look::{Look, StyleRole},
        part::{
            axis::{Axis, Scale, Tick},
            bar,
            boxes::{self, BoxSummary},
            chart::{self, Chart, EventMark, Guide, Point, Series},
            dots::Stroke,
            heatmap::{self, Cell, HeatMap, Ramp, Row, Side, Zoom},
            histogram::{self, Histogram},
            panel::{self, Panel},
            quantiles::{self, Calibration},
            spark::{self, Spark},
            table::{self, Align, Column, Table},
            text,
        },
    },
};

/// A widget, the size of its snapshot, and how to draw it.
pub(crate) type Sample = (&'static str, (u16, u16), fn(&Look, Rect, &mut Buffer));

/// Every widget.
pub(crate) const ALL: [Sample; 17] = [
    ("panel", (44, 8), panels),
    ("bars", (44, 8), bars),
    ("sparklines", (60, 5), sparks),
    ("table", (60, 10), tables),
    ("heatmap", (86, 14), |look, area, buf| heat(Zoom::Two, look, area, buf)),
    ("heatmap_one", (60, 14), |look, area, buf| heat(Zoom::One, look, area, buf)),
    ("heatmap_half", (60, 10), |look, area, buf| heat(Zoom::Half, look, area, buf)),
    ("heatmap_number", (80, 14), |look, area, buf| heat(Zoom::Number, look, area, buf)),
    ("residuals", (70, 10), residuals),
    ("histogram", (72, 16), |look, area, buf| {
        histogram::draw(&populations(), look, area, buf);
    }),
    ("levels", (40, 4), levels),
    ("course", (76, 14), |look, area, buf| {
        chart::draw(&course(look), look, area, buf);
    }),
    ("strokes", (60, 12), |look, area, buf| {
        chart::draw(&strokes(look), look, area, buf);
    }),
    ("quantile_plot", (48, 14), |look, area, buf| {
        let pairs: Vec<(f64, f64)> = (1..40).map(|i| (f64::from(i) / 28.0, f64::from(i) / 0.28)).collect();
        let fit = ["y = 100.0 · x¹·⁰⁰".to_owned(), "R² 0.9998".to_owned()];
        chart::draw(&quantiles::quantile_plot(&pairs, Scale::Log, &fit, look), look, area, buf);
    }),
    ("cumulative_plot", (48, 14), |look, area, buf| {
        let curve = |shift: f64| -> Vec<(f64, f64)> {
            (0..=40).map(|i| (f64::from(i), 1.0 / (1.0 + (-(f64::from(i) - shift) / 3.0).exp()))).collect()
        };
        chart::draw(
            &quantiles::cumulative_plot(
                &curve(14.0),
                &curve(22.0),
                ["training", "production"],
                Scale::Linear,
                look,
            ),
            look,
            area,
            buf,
        );
    }),
    ("calibration", (48, 14), |look, area, buf| {
        let bin =
            |p: f64, o: f64| Calibration { predicted: p, observed: o, interval: Some((o - 0.02, o + 0.02)) };
        let before: Vec<_> = (1..9)
            .map(|i| Calibration { interval: None, ..bin(f64::from(i) / 16.0, f64::from(i) / 16.2) })
            .collect();
        let after: Vec<_> = (1..9).map(|i| bin(f64::from(i) / 16.0, f64::from(i) / 24.0)).collect();
        let notes = ["ECE .008 → .083, scores too high".to_owned()];
        chart::draw(&quantiles::calibration_plot(&before, &after, &notes, look), look, area, buf);
    }),
    ("boxes", (60, 10), box_summaries),
];

const DAY: Micros = 24 * 3_600_000_000;
/// 2026-03-02.
const START: Micros = 1_772_409_600_000_000;

fn panels(look: &Look, area: Rect, buf: &mut Buffer) {
    let focused = Panel { bottom: "digit = the step", ..Panel::new("Golden set", "is it the model?", true) };
    let inside = panel::draw(&focused, look, Rect { height: area.height.min(4), ..area }, buf);
    let pairs = [
        ("rows", Line::from("5 000")),
        (
            "AUC",
            Line::from(vec![
                text::span("0.824", StyleRole::Strong, look),
                text::span("  −0.002", StyleRole::Dim, look),
            ]),
        ),
    ];
    text::pairs(&pairs, look, inside, buf);
    // The two share a line.
    let below = Rect { y: area.y + 3, height: area.height.saturating_sub(3), ..area };
    let below = panel::draw(&Panel::new("Leading hypotheses", "", false), look, below, buf);
    let message = "Every segment moved alike, except where utilization is missing: 日本語 and \u{1b}[31m a long tail of words.";
    text::paragraph(message, Style::new(), look, below, buf);
}

fn bars(look: &Look, area: Rect, buf: &mut Buffer) {
    let row = |i: u16| Rect { y: area.y + i, height: area.height.saturating_sub(i).min(1), ..area };
    for (i, share) in [0.91, 0.34, 0.02, 0.0].into_iter().enumerate() {
        bar::horizontal(share, look.style(StyleRole::Production), true, look, row(i as u16), buf);
    }
    bar::balance(0.6, look, row(4), buf);
    bar::balance(-0.6, look, row(5), buf);
    bar::progress(0.64, look, row(6), buf);
    bar::progress(f64::NAN, look, row(7), buf);
}

fn sparks(look: &Look, area: Rect, buf: &mut Buffer) {
    let noise = |i: usize| ((i * 37 + 11) % 17) as f64 / 17.0;
    let shifted: Vec<Option<f64>> =
        (0..42).map(|i| Some(if i < 16 { noise(i) } else { 12.0 + noise(i) })).collect();
    let flat: Vec<Option<f64>> = (0..42).map(|i| Some(noise(i))).collect();
    let holes: Vec<Option<f64>> = (0..42).map(|i| (i % 5 > 0).then(|| noise(i) * i as f64)).collect();
    for (i, values) in [&shifted, &flat, &holes, &Vec::new(), &vec![None; 7]].into_iter().enumerate() {
        let row = Rect { y: area.y + i as u16, height: area.height.saturating_sub(i as u16).min(1), ..area };
        let style = look.style(StyleRole::Production);
        let course = Spark {
            values,
            onset: Some(16),
            at: None,
            range: None,
            style,
            immature_from: (i == 1).then_some(36),
        };
        spark::draw(&course, look, row, buf);
    }
}

fn tables(look: &Look, area: Rect, buf: &mut Buffer) {
    let columns = [
        Column::words("feature", 18),
        Column::numbers("PSI"),
        Column::numbers("rows").optional(1),
        Column::rest("says").optional(2),
    ];
    let line = |name: &'static str, psi: &'static str, rows: &'static str, message: &'static str| {
        table::Row::new(vec![Line::from(name), Line::from(psi), Line::from(rows), Line::from(message)])
    };
    let mut rows = vec![
        line("utilization", "3.79", "803 090", "one hundred times larger"),
        line("region", "0.85", "803 090", "a campaign"),
        table::Row { cells: vec![Line::from("partner")], heading: true, pinned: false },
    ];
    rows.extend((0..12).map(|_| line("名前が長い列の名前です", "0.04", "1", "fine")));
    table::draw(&Table { columns: &columns, rows: &rows, cursor: Some(1), heads: true }, look, area, buf);
}

fn heat(zoom: Zoom, look: &Look, area: Rect, buf: &mut Buffer) {
    let value = |row: usize, window: usize| match (row, window) {
        (_, 4) if row == 5 => Cell::NoRows,
        (6, 30..) => Cell::Unknown,
        (0, 12..) => Cell::Value(3.8),
        (1, 12..) => Cell::Value(0.61),
        (2, 9..=12) => Cell::Value([0.3, 0.85, 0.4, 0.12][window - 9]),
        (3, w) => Cell::Value(w as f64 * 0.012),
        (4, w) => Cell::Value(0.02 + 0.06 * ((w * 7) % 3) as f64),
        _ => Cell::Value(0.01),
    };
    let names =
        ["utilization", "dti", "region", "channel", "app_hour", "device", "zip3", "名前", "a\u{202e}b"];
    let rows: Vec<Row> = (0..18)
        .map(|i| Row {
            left: vec![
                (names.get(i).map_or_else(|| format!("feature_{i}"), |n| (*n).to_owned()), Style::new()),
                ("bureau".to_owned(), look.style(StyleRole::Dim)),
            ],
            cells: (0..42).map(|w| value(i, w)).collect(),
            right: vec![("0.61".to_owned(), Style::new()), ("99 %".to_owned(), look.style(StyleRole::Dim))],
            heading: false,
            shapes: Vec::new(),
        })
        .collect();
    let side = |head, width, align| Side { head, width, align };
    let map = HeatMap {
        measure: "PSI",
        ramp: Ramp::PSI,
        left: &[side("feature", 12, Align::Left), side("source", 7, Align::Left)],
        right: &[side("max", 5, Align::Right), side("out", 5, Align::Right)],
        pinned: &[],
        rows: &rows,
        shapes: None,
        ticks: &[(0, "03-02".to_owned()), (14, "03-16".to_owned()), (28, "03-30".to_owned())],
        events: &[EventMark::event(12.0, true), EventMark::event(26.0, false)],
        sorted: "sorted by max ↓",
        cursor: Some((1, 14)),
        zoom,
        at_cursor: "cursor 03-16",
    };
    heatmap::draw(&map, look, area, buf);
}

fn residuals(look: &Look, area: Rect, buf: &mut Buffer) {
    let rows: Vec<Row> = (0..5)
        .map(|i| Row {
            left: vec![(format!("segment {i}"), Style::new())],
            cells: (0..20).map(|w| Cell::Value((f64::from(w) - 10.0) * 0.006 * f64::from(i - 2))).collect(),
            ..Row::default()
        })
        .collect();
    let map = HeatMap {
        measure: "mean residual",
        ramp: Ramp::Diverging([0.01, 0.03, 0.08]),
        left: &[Side { head: "segment", width: 10, align: Align::Left }],
        right: &[],
        pinned: &[],
        rows: &rows,
        shapes: None,
        ticks: &[],
        events: &[],
        sorted: "",
        cursor: None,
        zoom: Zoom::Two,
        at_cursor: "",
    };
    heatmap::draw(&map, look, area, buf);
}

fn populations() -> Histogram {
    let bump = |bins: u32, middle: f64, width: f64| -> Vec<f64> {
        let raw: Vec<f64> = (0..bins).map(|i| (-((f64::from(i) - middle) / width).powi(2)).exp()).collect();
        let sum: f64 = raw.iter().sum();
        raw.into_iter().map(|v| if v < 1e-3 { 0.0 } else { v / sum }).collect()
    };
    Histogram {
        x: Axis::log(0.004, 220.0),
        training: bump(64, 24.0, 8.0),
        production: bump(64, 38.0, 10.0),
        marks: vec![Tick { at: 1.42, label: "train max 1.42".to_owned() }],
    }
}

fn levels(look: &Look, area: Rect, buf: &mut Buffer) {
    for (i, (training, production)) in [(0.4, 0.9), (0.8, 0.2), (0.0, 0.01)].into_iter().enumerate() {
        let row = Rect { y: area.y + i as u16, height: area.height.saturating_sub(i as u16).min(1), ..area };
        histogram::overlaid_bar(training, production, look, row, buf);
    }
    histogram::legend(
        ["training", "since onset"],
        look,
        (area.x, area.bottom().saturating_sub(1)),
        area,
        buf,
    );
}

fn course(look: &Look) -> Chart {
    let noise = |i: i64| ((i * 37 + 11) % 17) as f64 / 1700.0;
    let point = |i: i64| {
        let y = if i < 16 { 0.82 } else { 0.74 } + noise(i);
        let x = (START + i * DAY + DAY / 2) as f64;
        Point { x, y: (i != 30).then_some(y), interval: Some((y - 0.012, y + 0.012)), faint: i > 36 }
    };
    Chart {
        x: Axis::time(START, START + 42 * DAY),
        y: Axis::linear(0.69, 0.87),
        series: vec![Series {
            points: (0..42).map(point).collect(),
            style: look.style(StyleRole::Production),
            stroke: Stroke::Solid,
            marker: None,
        }],
        marks: vec![Guide {
            at: (START + 16 * DAY) as f64,
            label: "onset 03-18 02:00 ± 1 h".to_owned(),
            style: look.style(StyleRole::Strong),
        }],
        levels: vec![Guide {
            at: 0.826,
            label: "at launch 0.826".to_owned(),
            style: look.style(StyleRole::Golden),
        }],
        events: Some(vec![
            EventMark::event((START + 16 * DAY) as f64, true),
            EventMark::event((START + 31 * DAY) as f64, false),
        ]),
        ..Chart::default()
    }
}

fn strokes(look: &Look) -> Chart {
    let all = [
        (StyleRole::Training, Stroke::Dotted),
        (StyleRole::Golden, Stroke::Dashed),
        (StyleRole::Challenger, Stroke::DashDot),
        (StyleRole::Production, Stroke::Solid),
        (StyleRole::Watch, Stroke::Points),
    ];
    let series = all.into_iter().enumerate().map(|(i, (meaning, stroke))| Series {
        points: (0..20)
            .map(|x| Point::new(f64::from(x), i as f64 + (f64::from(x) / 4.0).sin() / 2.0))
            .collect(),
        style: look.style(meaning),
        stroke,
        marker: None,
    });
    Chart {
        x: Axis::linear(0.0, 19.0),
        y: Axis::linear(-1.0, 5.0),
        series: series.collect(),
        ..Chart::default()
    }
}

fn box_summaries(look: &Look, area: Rect, buf: &mut Buffer) {
    let summary = |name: &str, quantiles, meaning| BoxSummary {
        name: name.to_owned(),
        quantiles,
        style: look.style(meaning),
    };
    let all = [
        summary("training", Some([0.05, 0.2, 0.34, 0.6, 0.96]), StyleRole::Training),
        summary("before", None, StyleRole::Golden),
        summary("after", Some([5.1, 20.0, 34.1, 61.0, 96.0]), StyleRole::Production),
    ];
    boxes::draw(&all, &Axis::log(0.01, 200.0), look, area, buf);
}

#[test]
fn no_size_panics_and_nothing_leaves_its_rectangle() {
    for (name, _, draw) in ALL {
        for (look_name, look) in crate::ui::snapshot::looks() {
            for width in 0..40 {
                for height in 0..12 {
                    let buffer_area = Rect::new(0, 0, 44, 16);
                    let mut buf = Buffer::empty(buffer_area);
                    let area = Rect::new(2, 2, width, height);
                    draw(&look, area, &mut buf);
                    for position in buffer_area.positions().filter(|&p| !area.contains(p)) {
                        let cell = &buf[position];
                        assert!(
                            cell.symbol() == " " && cell.style() == ratatui::buffer::Cell::default().style(),
                            "{name} {look_name} {width}x{height} at {position}: {cell:?}"
                        );
                    }
                    // A rectangle that is larger than the buffer is cut, too.
                    draw(&look, Rect::new(40, 14, width, height), &mut buf);
                }
            }
        }
    }
}

#[test]
fn ascii_look_draws_ascii_only() {
    let (_, look) = crate::ui::snapshot::looks()[3];
    for (name, (width, height), draw) in ALL {
        let buf = crate::ui::snapshot::drawn(width, height, |area, buf| draw(&look, area, buf));
        let odd: Vec<&str> =
            buf.content().iter().map(ratatui::buffer::Cell::symbol).filter(|s| !s.is_ascii()).collect();
        assert!(odd.is_empty(), "{name}: {odd:?}");
    }
}

#[test]
fn widgets_in_every_look() {
    for (name, (width, height), draw) in ALL {
        let all: Vec<String> = crate::ui::snapshot::looks()
            .into_iter()
            .map(|(look_name, look)| {
                let buf = crate::ui::snapshot::drawn(width, height, |area, buf| draw(&look, area, buf));
                format!("=== {look_name}\n{}", crate::ui::snapshot::printed(&buf))
            })
            .collect();
        insta::assert_snapshot!(name, all.concat());
    }
}
