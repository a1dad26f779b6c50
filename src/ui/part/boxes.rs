//! Box summaries: five quantiles of several populations on one axis.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::ui::{
    look::{Look, StyleRole},
    part::{axis::Axis, text},
};

/// One population's box.
#[derive(Debug, Clone)]
pub struct BoxSummary {
    /// Its name, on the left.
    pub name: String,
    /// 5 %, 25 %, 50 %, 75 % and 95 % quantiles, ascending; none when there are no values.
    pub quantiles: Option<[f64; 5]>,
    /// Its style.
    pub style: Style,
}

/// Draws the boxes from the top, each on two lines where there is room, with the axis below.
pub fn draw(boxes: &[BoxSummary], x: &Axis, look: &Look, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let names = boxes.iter().map(|b| text::width(&text::shown(&b.name, look))).max().unwrap_or(0) as u16;
    let names = names.min(area.width / 3);
    let Some(width) = area.width.checked_sub(names + 2).filter(|&w| w >= 5 && area.height > 0) else {
        return;
    };
    let plot = Rect { x: area.x + names + 2, width, height: area.height.saturating_sub(2), ..area };
    let every = if boxes.is_empty() { 1 } else { (plot.height / boxes.len() as u16).clamp(1, 3) };
    for (index, summary) in boxes.iter().enumerate() {
        let y = plot.y + index as u16 * every + every / 2;
        if y >= plot.bottom() {
            break;
        }
        text::put(
            &summary.name,
            look.style(StyleRole::Dim),
            look,
            (area.x, y),
            Rect { width: names, ..area },
            buf,
        );
        one(summary, x, look, Rect { y, height: 1, ..plot }, buf);
    }
    let base = plot.bottom();
    let column = |place: f64| plot.left() + (place.clamp(0.0, 1.0) * f64::from(width - 1)).round() as u16;
    for x in plot.left()..plot.right() {
        text::put_char(look.pick('─', '-'), look.style(StyleRole::Faint), (x, base), area, buf);
    }
    let mut free_from = area.left();
    for tick in x.ticks(usize::from(width / 9).clamp(1, 8)) {
        let Some(at) = x.place(tick.at).map(column) else {
            continue;
        };
        let taken = text::width(&tick.label) as u16;
        let start = at.saturating_sub(taken / 2).max(area.left()).min(area.right().saturating_sub(taken));
        if start >= free_from {
            text::put_char(look.pick('┴', '+'), look.style(StyleRole::Faint), (at, base), area, buf);
            text::put(&tick.label, look.style(StyleRole::Dim), look, (start, base + 1), area, buf);
            free_from = start + taken + 1;
        }
    }
}

fn one(summary: &BoxSummary, x: &Axis, look: &Look, line: Rect, buf: &mut Buffer) {
    let places = summary.quantiles.map(|q| q.map(|value| x.place(value).map(|place| place.clamp(0.0, 1.0))));
    let Some([Some(p5), Some(p25), Some(p50), Some(p75), Some(p95)]) = places else {
        text::put("no place on this axis", look.style(StyleRole::Dim), look, (line.x, line.y), line, buf);
        return;
    };
    let column = |place: f64| line.left() + (place * f64::from(line.width - 1)).round() as u16;
    for x in column(p5)..=column(p95) {
        text::put_char(look.pick('─', '-'), summary.style, (x, line.y), line, buf);
    }
    text::put_char(look.pick('├', '|'), summary.style, (column(p5), line.y), line, buf);
    text::put_char(look.pick('┤', '|'), summary.style, (column(p95), line.y), line, buf);
    for x in column(p25)..=column(p75) {
        text::put_char(look.pick('▒', '='), summary.style, (x, line.y), line, buf);
    }
    let median = summary.style.patch(look.style(StyleRole::Strong));
    text::put_char(look.pick('┃', 'I'), Style { fg: None, ..median }, (column(p50), line.y), line, buf);
}
