//! Sparklines on a scale on which noise looks flat.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::ui::{
    look::{Look, StyleRole},
    part::text,
};

/// Within so many standard deviations of the windows before the onset a course is grey.
const NOISE: f64 = 3.0;

/// How many standard deviations before the onset the height spans at least: noise then moves by one level at most.
const NOISE_HEIGHT: f64 = 9.0;

/// A small course without axes.
#[derive(Debug, Clone, Copy)]
pub struct Spark<'a> {
    /// One value a window; none where there is nothing to show.
    pub values: &'a [Option<f64>],
    /// The first window after the onset; a line is drawn before it.
    pub onset: Option<usize>,
    /// The column of that line, from the left of the area, to align it with a chart above.
    pub at: Option<u16>,
    /// The values at the bottom and at the top, where several courses are compared; none for the course's own scale.
    pub range: Option<(f64, f64)>,
    /// The style of the course.
    pub style: Style,
    /// From which window on labels are immature: drawn faint, never hidden.
    pub immature_from: Option<usize>,
}

/// Draws the course into the first line of `area`, the windows spread over its width.
pub fn draw(spark: &Spark<'_>, look: &Look, area: Rect, buf: &mut Buffer) {
    let area = Rect { height: area.height.min(1), ..area }.intersection(buf.area);
    let n = spark.values.len();
    let mark = spark.onset.filter(|&onset| onset > 0 && onset < n && area.width > 2);
    let columns = usize::from(area.width) - usize::from(mark.is_some());
    if n == 0 || columns == 0 {
        return;
    }
    let own = || scale(spark.values, spark.onset);
    let shared = spark.range.map(|(low, high)| (low, high - low));
    let Some((low, height)) = shared.or_else(own) else {
        text::put(
            &look.pick('╌', '-').to_string(),
            look.style(StyleRole::Dim),
            look,
            (area.x, area.y),
            area,
            buf,
        );
        return;
    };
    // The onset splits the columns where it splits the windows, so that no column mixes before and after.
    let split = mark.map(|onset| {
        let column = spark.at.map_or(onset * columns / n, usize::from);
        column.clamp(1, columns - 1)
    });
    let noise = mark.and_then(|onset| before(&spark.values[..onset]));
    for column in 0..columns {
        let (from, to) = match (mark, split) {
            (Some(onset), Some(split)) if column < split => part(column, split, 0, onset),
            (Some(onset), Some(split)) => part(column - split, columns - split, onset, n),
            _ => part(column, columns, 0, n),
        };
        let after_mark = split.is_some_and(|split| column >= split);
        let at = (area.left() + column as u16 + u16::from(after_mark), area.top());
        let known: Vec<f64> =
            spark.values[from..to].iter().flatten().copied().filter(|v| v.is_finite()).collect();
        if known.is_empty() {
            continue;
        }
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let level =
            if height > 0.0 { ((mean - low) / height * 8.0).round().clamp(0.0, 8.0) as usize } else { 1 };
        let faint = spark.immature_from.is_some_and(|first| from >= first);
        let quiet = noise.is_some_and(|(middle, deviation)| (mean - middle).abs() <= NOISE * deviation);
        let style = match (faint, quiet) {
            (true, _) => look.style(StyleRole::Faint),
            (_, true) => look.style(StyleRole::Dim),
            _ => spark.style,
        };
        text::put_char(look.spark(level), style, at, area, buf);
    }
    if let Some(split) = split {
        let at = (area.left() + split as u16, area.top());
        text::put_char(look.pick('┊', '|'), look.style(StyleRole::Dim), at, area, buf);
    }
}

/// Mean and standard deviation of the windows before the onset; none with fewer than three.
fn before(values: &[Option<f64>]) -> Option<(f64, f64)> {
    let known: Vec<f64> = values.iter().flatten().copied().filter(|v| v.is_finite()).collect();
    let n = known.len() as f64;
    let mean = known.iter().sum::<f64>() / n;
    let deviation = (known.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt();
    (known.len() >= 3).then_some((mean, deviation))
}

/// The windows `from..to` of column `i` of `columns`, at least one.
fn part(i: usize, columns: usize, start: usize, end: usize) -> (usize, usize) {
    let span = end - start;
    let from = (i * span / columns).min(span.saturating_sub(1));
    let to = ((i + 1) * span / columns).clamp(from + 1, span.max(from + 1));
    (start + from, (start + to).min(end))
}

/// The value at the bottom and the height of the picture.
///
/// The height is the range, or nine standard deviations of the windows before the onset where that is more.
fn scale(values: &[Option<f64>], onset: Option<usize>) -> Option<(f64, f64)> {
    let known = |part: &[Option<f64>]| -> Vec<f64> {
        part.iter().flatten().copied().filter(|v| v.is_finite()).collect()
    };
    let all = known(values);
    let low = all.iter().copied().reduce(f64::min)?;
    let high = all.iter().copied().reduce(f64::max)?;
    let before = known(&values[..onset.filter(|&o| o > 0 && o <= values.len()).unwrap_or(values.len())]);
    let n = before.len() as f64;
    let mean = before.iter().sum::<f64>() / n;
    let deviation = (before.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt();
    let noise = if deviation.is_finite() { NOISE_HEIGHT * deviation } else { 0.0 };
    let range = high - low;
    if range >= noise { Some((low, range)) } else { Some((f64::midpoint(low, high) - noise / 2.0, noise)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[f64], onset: Option<usize>, width: u16) -> String {
        let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        let look = Look::default();
        let area = Rect::new(0, 0, width, 1);
        let mut buf = Buffer::empty(area);
        draw(
            &Spark {
                values: &values,
                onset,
                at: None,
                range: None,
                style: Style::new(),
                immature_from: None,
            },
            &look,
            area,
            &mut buf,
        );
        buf.content().iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn noise_looks_flat_and_a_shift_looks_like_a_shift() {
        let noise: Vec<f64> = (0..24).map(|i| f64::from(i * 7 % 5)).collect();
        let levels: std::collections::BTreeSet<char> = drawn(&noise, None, 24).chars().collect();
        assert!(levels.len() <= 4, "{levels:?}");
        let shifted: Vec<f64> =
            noise.iter().enumerate().map(|(i, v)| if i < 12 { *v } else { v + 100.0 }).collect();
        assert_eq!(drawn(&shifted, Some(12), 25), "▁▁▁▁▁▁▁▁▁▁▁▁┊████████████");
    }

    #[test]
    fn fewer_columns_than_windows_average() {
        assert_eq!(drawn(&[0.0, 0.0, 8.0, 8.0], Some(2), 2), "▁█");
        assert_eq!(drawn(&[0.0, 1.0], Some(1), 9), "▁▁▁▁┊████");
    }
}
