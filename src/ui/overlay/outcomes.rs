//! Answers against outcomes: the counts at a threshold that can be moved, the classes, the errors of numbers.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        answers::{self, ClassView, OutcomesView},
    },
    autopsy::{Investigation, view::outcomes::Confusion},
    summary::Task,
    text::number,
    ui::{
        look::{Look, StyleRole},
        part::{
            heatmap::{Cell, Ramp},
            panel::boxed,
            table, text,
        },
    },
};

/// Shares of a class's rows at which a cell of the confusion goes one shade up.
const EDGES: [f64; 5] = [0.02, 0.05, 0.15, 0.40, 0.75];

/// Draws the overlay.
pub(super) fn draw(model: &Model, view: &OutcomesView, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else { return };
    let rows = answers::table(investigation, view);
    let area = Rect { height: area.height.saturating_sub(2), ..area };
    let size = (100, (rows.len() as u16 + 7).min(area.height));
    let (title, right) = match (investigation.dossier.task(), view.threshold) {
        (Task::Regression, _) => ("Errors by the size of the answer", "␣ pins · y copies · x exports · esc"),
        (Task::Binary, Some(_)) => {
            ("Answers against outcomes", "h l 0.01 · H L 0.1 · 0 deployed · ␣ pins · y x · esc")
        }
        _ => ("Answers against outcomes", "v matrix, before · ␣ pins · y copies · x exports · esc"),
    };
    let room = boxed(title, right, size, look, area, buf);
    let head = match view.threshold {
        Some(threshold) => slider(threshold, view.deployed, look, room, buf),
        None => said(investigation, view, look, room, buf),
    };
    let list = Rect { y: room.y + head, height: room.height.saturating_sub(head), ..room };
    if view.threshold.is_none() && view.classes != ClassView::Classes {
        if let Some(confusion) = answers::confusion(investigation, view.classes) {
            matrix(investigation, &confusion, view.at, look, list, buf);
        }
        return;
    }
    let cursor = view.threshold.is_none().then_some(view.at);
    table::texts(&rows, cursor, look, list, buf);
}

/// The threshold on the line from 0 to 1, beside the one that was deployed; returns the lines used.
fn slider(threshold: f64, deployed: Option<f64>, look: &Look, area: Rect, buf: &mut Buffer) -> u16 {
    let (dim, strong) = (look.style(StyleRole::Dim), look.style(StyleRole::Production));
    let line =
        Rect { x: area.x + 3, width: area.width.saturating_sub(6), height: area.height.min(1), ..area };
    text::put("0", dim, look, (area.x, line.y), area, buf);
    text::put("1", dim, look, (line.right() + 1, line.y), area, buf);
    for x in line.left()..line.right() {
        text::put_char(look.pick('─', '-'), dim, (x, line.y), line, buf);
    }
    let column = |at: f64| line.x + (at.clamp(0.0, 1.0) * f64::from(line.width.max(1) - 1)).round() as u16;
    if let Some(deployed) = deployed {
        text::put_char(
            look.pick('┊', '|'),
            look.style(StyleRole::Golden),
            (column(deployed), line.y),
            line,
            buf,
        );
    }
    text::put_char(look.pick('●', 'o'), strong, (column(threshold), line.y), line, buf);
    let deployed = deployed.map_or_else(String::new, |at| format!("   deployed {}", number::metric(at)));
    let message = format!("positive from a score of {} on{deployed}", number::metric(threshold));
    text::put(&message, look.style(StyleRole::Text), look, (area.x, area.y + 1), area, buf);
    3
}

/// What the view shows, in a line; returns the lines used.
fn said(
    investigation: &Investigation,
    view: &OutcomesView,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) -> u16 {
    let message = match (investigation.dossier.task(), view.classes) {
        (Task::Regression, _) => {
            "bands of equal count by the answer; bias above 0: answers too high".to_owned()
        }
        (_, ClassView::Classes) => {
            "before → since the onset, the class that lost most recall first".to_owned()
        }
        (_, ClassView::Since) => {
            format!(
                "rows {}: a line is a truth, a column an answer, as shares of the line",
                investigation.framing.period()
            )
        }
        (_, ClassView::Before) => {
            "rows before the onset: a line is a truth, a column an answer, as shares of the line".to_owned()
        }
    };
    text::put(&message, look.style(StyleRole::Dim), look, (area.x, area.y), area, buf);
    2
}

/// Truth by answer: each cell as a share of its line, the brighter the larger.
fn matrix(
    investigation: &Investigation,
    confusion: &Confusion,
    at: usize,
    look: &Look,
    area: Rect,
    buf: &mut Buffer,
) {
    /// Columns of `100.0 %`.
    const LEAST: u16 = 7;
    let dossier = &investigation.dossier;
    let names: Vec<String> = (0..confusion.classes).map(|class| answers::class(dossier, class)).collect();
    let wide = names.iter().map(|name| text::width(name)).max().unwrap_or(0).clamp(8, 16) as u16;
    let dim = look.style(StyleRole::Dim);
    text::put("truth", dim, look, (area.x, area.y), Rect { width: wide, ..area }, buf);
    let left = area.x + wide + 1;
    // As wide as the names of the answers, where all of them have room.
    let room = area.right().saturating_sub(left);
    let each = room / (confusion.classes.max(1) as u16);
    let cell_width = each.saturating_sub(1).clamp(LEAST, wide.max(LEAST));
    let shown = usize::from(room / (cell_width + 1)).min(confusion.classes);
    // The answers around the truth under the cursor are in view.
    let from = at.saturating_sub(shown / 2).min(confusion.classes - shown);
    let column = |answer: usize| left + (answer - from) as u16 * (cell_width + 1);
    let first = at.saturating_sub(usize::from(area.height.saturating_sub(3)));
    for (answer, name) in names.iter().enumerate().skip(from).take(shown) {
        let place = Rect { x: column(answer), width: cell_width, height: 1, ..area };
        text::put_right(name, dim, look, area.y, place, buf);
    }
    for (y, truth) in (area.y + 1..area.bottom()).zip(first..confusion.classes) {
        let line = Rect { y, height: 1, ..area };
        let name = Rect { width: wide, ..line };
        text::put(&names[truth], look.style(StyleRole::Text), look, (line.x, y), name, buf);
        if truth == at {
            text::highlight(name, look, buf);
        }
        let rows = confusion.of_truth(truth);
        for answer in from..from + shown {
            let share = confusion.at(truth, answer) as f64 / rows.max(1) as f64;
            let cell = if rows == 0 { Cell::Unknown } else { Cell::Value(share) };
            let swatch = Ramp::Sequential(EDGES).swatch(cell, look);
            let place = Rect { x: column(answer), width: cell_width, ..line }.intersection(line);
            for x in place.left()..place.right() {
                text::put_char(' ', swatch.style, (x, y), place, buf);
            }
            let message = if share == 0.0 { String::new() } else { format!("{:.1} %", 100.0 * share) };
            text::put_right(&message, swatch.text, look, y, place, buf);
        }
    }
    if shown < confusion.classes {
        let message = format!(
            "answers {} to {} of {}: they follow the cursor; y copies all",
            from + 1,
            from + shown,
            confusion.classes
        );
        text::put(&message, dim, look, (area.x, area.bottom() - 1), area, buf);
    }
}
