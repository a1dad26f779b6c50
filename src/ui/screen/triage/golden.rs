//! The golden set: is it the model?

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use crate::{
    app::{Model, screen::triage::GOLDEN},
    autopsy::{
        Investigation,
        exam::performance::{Estimate, MetricRow},
    },
    text::number,
    ui::{
        look::{Look, Sign, StyleRole},
        part::{
            panel::{self, Panel},
            table::{self, Column, Row, Table},
            text,
        },
    },
};

/// The golden set, launch against now.
pub(super) fn golden(
    model: &Model,
    investigation: &Investigation,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    let panel = Panel::new("Golden set", "is it the model?", model.focused(GOLDEN));
    let room = panel::draw(&panel, look, area, buf);
    let Some(golden) = &investigation.golden else {
        let message = if model.lost_golden() {
            "too few of its rows belong to those that the case is narrowed to"
        } else {
            "none: [snapshots] golden would tell the model from its inputs at once"
        };
        text::paragraph(message, look.style(StyleRole::Dim), look, room, buf);
        return;
    };
    let holds = format!("holds: same answer on {} of its rows", number::share(golden.same_answer));
    if room.height <= 2 && golden.worst_z <= 3.0 {
        let x = text::put(
            look.sign(Sign::Fine),
            look.style(Sign::Fine.meaning()),
            look,
            (room.x, room.y),
            room,
            buf,
        );
        let rest = Rect { x: x + 1, width: room.right().saturating_sub(x + 1), ..room };
        text::paragraph(&holds, look.style(StyleRole::Text), look, rest, buf);
        return;
    }
    let message = format!("{} rows, scored at launch and again now", number::whole(golden.rows as u64));
    text::put(&message, look.style(StyleRole::Dim), look, (room.x, room.y), room, buf);
    let lines = room.height.saturating_sub(3);
    let rows: Vec<Row<'_>> = golden.metrics.iter().map(|row| metric_row(row, look)).collect();
    let columns = [
        Column::rest("metric"),
        Column::numbers("launch"),
        Column::numbers("now"),
        Column::numbers("change"),
        Column::numbers("95 %").optional(1),
    ];
    let table = Table { columns: &columns, rows: &rows, cursor: None, heads: true };
    table::draw(&table, look, Rect { y: room.y + 1, height: lines + 1, ..room }.intersection(room), buf);
    let falls = golden.worst_z > 3.0;
    let (mark, message) =
        if falls { (Sign::Alarm, "it falls, too: it is the model".to_owned()) } else { (Sign::Fine, holds) };
    let last = room.bottom().saturating_sub(1);
    if last > room.y + 1 {
        let x = text::put(look.sign(mark), look.style(mark.meaning()), look, (room.x, last), room, buf);
        text::put(&format!(" {message}"), look.style(StyleRole::Text), look, (x, last), room, buf);
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
    let half =
        half.map_or_else(String::new, |half| format!("±{}", number::metric(half).trim_start_matches('0')));
    let cell = |message: String, meaning| Line::from(text::span(message, meaning, look));
    Row::new(vec![
        cell(row.metric.name().to_owned(), StyleRole::Text),
        cell(value(row.baseline), StyleRole::Golden),
        cell(value(row.production), StyleRole::Production),
        cell(difference, StyleRole::Strong),
        cell(half, StyleRole::Dim),
    ])
}
