//! Two populations over the same bins, one laid over the other, at eighth-block resolution.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::ui::{
    look::{Look, Population, StyleRole},
    part::{
        axis::{Axis, Tick},
        chart::{Chart, Frame, axes},
        text,
    },
};

/// Two populations to overlay.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    /// The horizontal axis; the bins are of equal width on it.
    pub x: Axis,
    /// Share of the training rows per bin.
    pub training: Vec<f64>,
    /// Share of the production rows per bin, as long as `training`.
    pub production: Vec<f64>,
    /// Places worth a line and a word, such as training's largest value.
    pub marks: Vec<Tick>,
}

impl Histogram {
    /// The number of bins that both populations have.
    fn bins(&self) -> usize {
        self.training.len().min(self.production.len())
    }

    /// The height of the picture: the largest share.
    fn top(&self) -> f64 {
        let shares = self.training.iter().chain(&self.production).copied().filter(|s| s.is_finite());
        let top = shares.fold(0.0, |top, share| if share > top { share } else { top });
        if top > 0.0 { top } else { 1.0 }
    }
}

/// Draws the histogram with both axes; returns the area of its picture.
pub fn draw(histogram: &Histogram, look: &Look, area: Rect, buf: &mut Buffer) -> Option<Frame> {
    let area = area.intersection(buf.area);
    let bins = histogram.bins();
    if bins == 0 {
        text::put("no values", look.style(StyleRole::Dim), look, (area.x, area.y), area, buf);
        return None;
    }
    let top = histogram.top();
    // A line of air above the highest bar, which also holds the words of the marks.
    let y = Axis::shares(0.0, top * f64::from(area.height) / f64::from(area.height.saturating_sub(1).max(1)));
    let frame = axes(&Chart { x: histogram.x.clone(), y: y.clone(), ..Chart::default() }, look, area, buf)?;
    let plot = frame.plot;
    let full = f64::from(plot.height) * 8.0;
    let eighths = |share: f64| -> usize {
        let place = y.place(if share.is_finite() { share } else { 0.0 }).unwrap_or(0.0).clamp(0.0, 1.0);
        let eighths = (place * full).round() as usize;
        // What is there shows, however little it is.
        if share > 0.0 { eighths.max(1) } else { eighths }
    };
    for mark in &histogram.marks {
        mark_line(mark, histogram, &frame, look, buf);
    }
    for column in 0..usize::from(plot.width) {
        let (from, to) = bins_of(column, usize::from(plot.width), bins);
        let mean = |shares: &[f64]| shares[from..to].iter().sum::<f64>() / (to - from) as f64;
        let (training, production) =
            (eighths(mean(&histogram.training)), eighths(mean(&histogram.production)));
        pile(training, production, look, Rect { x: plot.left() + column as u16, width: 1, ..plot }, buf);
    }
    Some(frame)
}

/// The bins `from..to` of a column.
fn bins_of(column: usize, columns: usize, bins: usize) -> (usize, usize) {
    let from = column * bins / columns;
    let to = ((column + 1) * bins / columns).max(from + 1);
    (from, to.min(bins))
}

/// Draws one column of both populations.
///
/// * `training`, `production`: heights in eighths of a cell.
pub fn pile(training: usize, production: usize, look: &Look, column: Rect, buf: &mut Buffer) {
    let low = training.min(production);
    let high = training.max(production);
    let winner = if training > production { Population::Training } else { Population::Production };
    for level in 0..usize::from(column.height) {
        let at = (column.x, column.bottom() - 1 - level as u16);
        let both_here = low.saturating_sub(level * 8).min(8);
        let winner_here = high.saturating_sub(level * 8).min(8);
        if winner_here == 0 {
            break;
        }
        fill(both_here, winner_here, winner, look, at, column, buf);
    }
}

/// Fills one cell that both populations reach `both` eighths high and the larger one `larger` eighths.
fn fill(
    both: usize,
    larger: usize,
    winner: Population,
    look: &Look,
    at: (u16, u16),
    column: Rect,
    buf: &mut Buffer,
) {
    let whole = |population: Population| {
        let swatch = look.population(population);
        (swatch.glyph, swatch.style)
    };
    let plain = ratatui::style::Style::new();
    let (glyph, style) = match (both, larger) {
        (8, _) => whole(Population::Both),
        (0, 8) => whole(winner),
        _ => match (look.population_solid(winner), look.population_solid(Population::Both)) {
            (Some(winner), Some(_)) if both == 0 => (look.rise(larger), plain.fg(winner)),
            (Some(winner), Some(shared)) if larger == 8 => (look.rise(both), plain.fg(shared).bg(winner)),
            // Three zones in one cell: the larger of the two upper ones decides.
            (Some(_), Some(shared)) if both * 2 >= larger => (look.rise(both), plain.fg(shared)),
            (Some(winner), Some(_)) => (look.rise(larger), plain.fg(winner)),
            _ if both >= 4 => whole(Population::Both),
            _ if winner == Population::Production && both == 0 => {
                (look.rise(larger), look.population(Population::Production).style)
            }
            _ if larger >= 4 => whole(winner),
            // Training has no eighth blocks of its own without 256 colours; a low edge still shows.
            _ => (look.pick('.', '.'), look.population(winner).style),
        },
    };
    text::put_char(glyph, style, at, column, buf);
}

fn mark_line(mark: &Tick, histogram: &Histogram, frame: &Frame, look: &Look, buf: &mut Buffer) {
    let plot = frame.plot;
    let Some(column) = histogram.x.place(mark.at).and_then(|place| frame.column(place)) else {
        return;
    };
    let dim = look.style(StyleRole::Dim);
    for y in plot.top()..plot.bottom() {
        text::put_char(look.pick('┊', '|'), dim, (column, y), plot, buf);
    }
    let width = text::width(&text::shown(&mark.label, look)) as u16;
    if width + 2 <= plot.right().saturating_sub(column) {
        let label = format!(" {}", mark.label);
        text::put(&label, dim, look, (column + 1, plot.top()), plot, buf);
    } else if let Some(x) = column.checked_sub(width + 1).filter(|&x| x >= plot.left()) {
        text::put(&mark.label, dim, look, (x, plot.top()), plot, buf);
    }
}

/// Two shares of one level, laid over each other as a horizontal bar in whole and half cells.
///
/// * `training`, `production`: 0 to 1, as parts of the width of `area`.
pub fn overlaid_bar(training: f64, production: f64, look: &Look, area: Rect, buf: &mut Buffer) {
    let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
    let cells = |share: f64| {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        let cells = (share * f64::from(area.width)).round() as u16;
        if share > 0.0 { cells.max(1) } else { 0 }
    };
    let (training, production) = (cells(training), cells(production));
    for step in 0..training.max(production) {
        let population = match (step < training, step < production) {
            (true, true) => Population::Both,
            (true, false) => Population::Training,
            _ => Population::Production,
        };
        let swatch = look.population(population);
        text::put_char(swatch.glyph, swatch.style, (area.left() + step, area.top()), area, buf);
    }
}

/// Writes `░ training  █ production  ▓ both`, in the fills of the picture.
pub fn legend(
    [reference, production]: [&str; 2],
    look: &Look,
    (x, y): (u16, u16),
    area: Rect,
    buf: &mut Buffer,
) -> u16 {
    let names = [reference, production, "both"];
    Population::ALL.into_iter().zip(names).fold(x, |x, (population, name)| {
        let swatch = look.population(population);
        text::put_char(swatch.glyph, swatch.style, (x, y), area, buf);
        text::put(&format!(" {name}  "), look.style(StyleRole::Dim), look, (x + 1, y), area, buf)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::{Depth, Glyphs};

    fn column(training: usize, production: usize, look: Look) -> String {
        let area = Rect::new(0, 0, 1, 3);
        let mut buf = Buffer::empty(area);
        pile(training, production, &look, area, &mut buf);
        buf.content().iter().rev().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn without_colour_the_three_fills_differ() {
        let look = Look { depth: Depth::None, ..Look::default() };
        assert_eq!(column(24, 8, look), "▓░░");
        assert_eq!(column(8, 24, look), "▓██");
        assert_eq!(column(0, 11, look), "█▃ ");
        assert_eq!(column(0, 1, look), "▁  ");
        let ascii = Look { glyphs: Glyphs::Ascii, ..look };
        assert_eq!(column(16, 8, ascii), "%: ");
        assert_eq!(column(8, 24, ascii), "%##");
    }

    #[test]
    fn with_colour_a_cell_shows_both_edges() {
        let look = Look::default();
        assert_eq!(column(11, 24, look), "▒▃█");
        assert_eq!(column(13, 0, look), "░▅ ");
    }

    #[test]
    fn every_bin_has_a_column_and_every_column_a_bin() {
        for bins in 1..40 {
            for columns in 1..40 {
                let spans: Vec<(usize, usize)> = (0..columns).map(|c| bins_of(c, columns, bins)).collect();
                assert!(spans.iter().all(|(from, to)| from < to && *to <= bins));
                assert!(
                    (0..bins).all(|bin| spans.iter().any(|(f, t)| (*f..*t).contains(&bin))),
                    "{bins} {columns}"
                );
            }
        }
    }
}
