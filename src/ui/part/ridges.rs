//! Two populations back to back on one axis, joined by lines from quantile to quantile: a change of scale is a fan, a
//! shift a slant, no change upright lines.

use ratatui::{buffer::Buffer, layout::Rect, style::Modifier};

use crate::ui::{
    look::{Look, StyleRole},
    part::{
        axis::{Axis, Tick},
        chart::{Chart, Frame, axes},
        dots::{Dots, Stroke},
        text,
    },
};

/// The picture.
#[derive(Debug, Clone, Default)]
pub struct Ridges {
    /// The horizontal axis; the bins are of equal width on it.
    pub x: Axis,
    /// Share of the training rows per bin.
    pub training: Vec<f64>,
    /// Share of the production rows per bin, as long as `training`.
    pub production: Vec<f64>,
    /// Quantiles that are joined, as places on the axis: in training, in production; the middle one is emphasised.
    pub joined: Vec<(f64, f64)>,
    /// Places worth a line and a word, such as training's largest value.
    pub marks: Vec<Tick>,
}

/// Lines from which on the picture can be read; below that the populations are laid over each other.
pub const LEAST: u16 = 10;

/// Draws training upwards and production downwards; returns the area of the picture.
pub fn draw(ridges: &Ridges, look: &Look, area: Rect, buf: &mut Buffer) -> Option<Frame> {
    let area = area.intersection(buf.area);
    // The heights have no unit that matters: both are scaled to the higher peak.
    let y = Axis { ticks: Some(Vec::new()), ..Axis::linear(0.0, 1.0) };
    let frame = axes(&Chart { x: ridges.x.clone(), y, ..Chart::default() }, look, area, buf)?;
    let plot = frame.plot;
    let bins = ridges.training.len().min(ridges.production.len());
    let shares = ridges.training.iter().chain(&ridges.production).copied().filter(|share| share.is_finite());
    let top = shares.fold(0.0, |top: f64, share| if share > top { share } else { top });
    if bins == 0 || top <= 0.0 || plot.height < 5 {
        return Some(frame);
    }
    let gap = (plot.height / 4).clamp(2, 5);
    let half = (plot.height - gap) / 2;
    let above = Rect { height: half, ..plot };
    let between = Rect { y: above.bottom(), height: gap, ..plot };
    let below = Rect { y: between.bottom(), height: plot.bottom() - between.bottom(), ..plot };
    for mark in &ridges.marks {
        mark_line(mark, ridges, &frame, look, buf);
    }
    for column in 0..plot.width {
        let (from, to) = bins_of(usize::from(column), usize::from(plot.width), bins);
        let mean = |shares: &[f64]| shares[from..to].iter().sum::<f64>() / (to - from) as f64 / top;
        let x = plot.left() + column;
        pile(mean(&ridges.training), true, look, Rect { x, width: 1, ..above }, buf);
        pile(mean(&ridges.production), false, look, Rect { x, width: 1, ..below }, buf);
    }
    let mut dots = Dots::new(between, look);
    let middle = ridges.joined.len() / 2;
    for (at, (from, to)) in ridges.joined.iter().enumerate() {
        let (Some(from), Some(to)) = (ridges.x.place(*from), ridges.x.place(*to)) else {
            continue;
        };
        let meaning = if at == middle { StyleRole::Strong } else { StyleRole::Dim };
        let (from, to) = (dots.at(from.clamp(0.0, 1.0), 1.0), dots.at(to.clamp(0.0, 1.0), 0.0));
        dots.line(from, to, look.style(meaning), Stroke::Solid, &mut 0);
    }
    dots.paint(buf);
    Some(frame)
}

/// The bins of a column, at least one.
fn bins_of(column: usize, columns: usize, bins: usize) -> (usize, usize) {
    let from = (column * bins / columns).min(bins - 1);
    (from, ((column + 1) * bins / columns).clamp(from + 1, bins))
}

/// One column of a population, in eighths of a cell; what is there shows, however little it is.
fn pile(share: f64, stands: bool, look: &Look, area: Rect, buf: &mut Buffer) {
    if !(share.is_finite() && share > 0.0) {
        return;
    }
    let meaning = if stands { StyleRole::Training } else { StyleRole::Production };
    let style = look.style(meaning);
    let eighths = ((share * f64::from(area.height) * 8.0).round() as u16).max(1);
    for row in 0..area.height {
        let here = eighths.saturating_sub(row * 8).min(8);
        if here == 0 {
            break;
        }
        let y = if stands { area.bottom() - 1 - row } else { area.top() + row };
        if stands || here == 8 || look.is_ascii() {
            text::put_char(look.rise(usize::from(here)), style, (area.x, y), area, buf);
        } else {
            // No block hangs from the top: the rest of the cell is drawn in reverse.
            let reversed = style.add_modifier(Modifier::REVERSED);
            text::put_char(look.rise(usize::from(8 - here)), reversed, (area.x, y), area, buf);
        }
    }
}

fn mark_line(mark: &Tick, ridges: &Ridges, frame: &Frame, look: &Look, buf: &mut Buffer) {
    let plot = frame.plot;
    let Some(column) = ridges.x.place(mark.at).and_then(|place| frame.column(place)) else {
        return;
    };
    for y in plot.top()..plot.bottom() {
        text::put_char(look.pick('┊', '|'), look.style(StyleRole::Dim), (column, y), plot, buf);
    }
    let wide = text::width(&mark.label) as u16;
    let x = if column + 2 + wide <= plot.right() { column + 2 } else { column.saturating_sub(wide + 1) };
    text::put(&mark.label, look.style(StyleRole::Dim), look, (x.max(plot.left()), plot.top()), plot, buf);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::Glyphs;

    #[test]
    fn training_stands_production_hangs_and_a_line_joins_the_medians() {
        let look = Look { glyphs: Glyphs::Ascii, ..Look::default() };
        let ridges = Ridges {
            x: Axis::linear(0.0, 10.0),
            training: vec![0.0, 0.0, 0.0, 0.0, 1.0],
            production: vec![1.0, 0.0, 0.0, 0.0, 0.0],
            joined: vec![(9.0, 1.0)],
            marks: Vec::new(),
        };
        let area = Rect::new(0, 0, 22, 12);
        let mut buf = Buffer::empty(area);
        let plot = draw(&ridges, &look, area, &mut buf).expect("room").plot;
        let line = |y: u16| (plot.left()..plot.right()).map(|x| buf[(x, y)].symbol()).collect::<String>();
        assert!(line(plot.top()).trim_end().ends_with('#') && line(plot.top()).starts_with(' '));
        assert!(line(plot.bottom() - 1).starts_with('#'));
        let between: Vec<String> =
            (plot.top()..plot.bottom()).map(line).filter(|l| l.contains('*')).collect();
        assert!(between.len() >= 2, "{between:?}");
        assert!(between[0].find('*') > between[1].find('*'), "the line falls to the left: {between:?}");
    }
}
