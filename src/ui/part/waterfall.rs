//! A waterfall: from one total over signed steps to another, each step a bar that hangs where the one before it ended,
//! all on one axis from 0.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::ui::{
    look::{Look, StyleRole},
    part::text,
};

/// One line.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// From where to where the bar goes; a total goes from 0.
    pub span: (f64, f64),
    /// The interval of its far end.
    pub interval: Option<(f64, f64)>,
    /// The text behind the bar.
    pub message: String,
    /// The style of bar and number.
    pub style: Style,
}

/// Draws a line a step; the highest value of all steps is at the right end.
///
/// * `cursor`: the line under the cursor, whose name is marked.
pub fn draw(steps: &[Step], cursor: Option<usize>, look: &Look, area: Rect, buf: &mut Buffer) {
    let area = area.intersection(buf.area);
    let wide = |text: &str| text::width(&text::shown(text, look)) as u16;
    let message = steps.iter().map(|step| wide(&step.message)).max().unwrap_or(0).min(area.width / 2);
    let names = steps.iter().map(|step| wide(&step.name)).max().unwrap_or(0);
    // Names are shown in full as long as the bars keep a dozen columns.
    let names = names.min(area.width.saturating_sub(message + 15)).max(8.min(area.width / 3));
    let Some(width) = area.width.checked_sub(names + message + 3).filter(|&width| width >= 4) else {
        return;
    };
    let ends = steps.iter().flat_map(|step| {
        let (low, high) = step.interval.unwrap_or(step.span);
        [step.span.0, step.span.1, low, high]
    });
    let (low, high) = ends.filter(|x| x.is_finite()).fold((0.0, 0.0), |(low, high): (f64, f64), x| {
        (if x < low { x } else { low }, if x > high { x } else { high })
    });
    let length = if high > low { high - low } else { 1.0 };
    let place = |x: f64| ((x - low) / length).clamp(0.0, 1.0);
    for (y, (at, step)) in (area.top()..area.bottom()).zip(steps.iter().enumerate()) {
        let line = Rect { y, height: 1, ..area };
        let name = Rect { width: names, ..line };
        text::put(&step.name, look.style(StyleRole::Text), look, (name.x, y), name, buf);
        if cursor == Some(at) {
            text::highlight(name, look, buf);
        }
        let bars = Rect { x: name.right() + 1, width, ..line };
        bar(step, (place(step.span.0), place(step.span.1)), look, bars, buf);
        if let Some((from, to)) = step.interval {
            whisker((place(from), place(to)), look, bars, buf);
        }
        let rest = Rect { x: bars.right() + 1, width: message + 1, ..line }.intersection(line);
        text::put(&step.message, step.style, look, (rest.x, y), rest, buf);
    }
}

/// A bar between two places in half cells; the smallest one is a thin line.
fn bar(step: &Step, (from, to): (f64, f64), look: &Look, area: Rect, buf: &mut Buffer) {
    let halves = |place: f64| (place * f64::from(area.width) * 2.0).round() as u16;
    let (low, high) = (halves(from.min(to)), halves(from.max(to)));
    if high <= low {
        let x = area.x + (low / 2).min(area.width - 1);
        text::put_char(look.pick('│', '|'), step.style, (x, area.y), area, buf);
        return;
    }
    for x in low / 2..high.div_ceil(2) {
        let glyph = match (x * 2 >= low, x * 2 + 2 <= high) {
            (true, true) => look.pick('█', '#'),
            (true, false) => look.pick('▌', '#'),
            (false, _) => look.pick('▐', '#'),
        };
        text::put_char(glyph, step.style, (area.x + x, area.y), area, buf);
    }
}

/// The interval of a bar's end, drawn where the bar leaves room.
fn whisker((from, to): (f64, f64), look: &Look, area: Rect, buf: &mut Buffer) {
    let column = |place: f64| area.x + ((place * f64::from(area.width)) as u16).min(area.width - 1);
    for x in column(from)..=column(to) {
        let free = buf.cell((x, area.y)).is_some_and(|cell| cell.symbol() == " ");
        if free {
            text::put_char(look.pick('╌', '-'), look.style(StyleRole::Dim), (x, area.y), area, buf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::Glyphs;

    #[test]
    fn each_bar_begins_where_the_one_before_it_ended() {
        let look = Look { glyphs: Glyphs::Ascii, ..Look::default() };
        let step = |name: &str, from, to, interval| Step {
            name: name.to_owned(),
            span: (from, to),
            interval,
            message: "x".to_owned(),
            style: Style::new(),
        };
        let steps = [
            step("before", 0.0, 2.0, None),
            step("input a", 2.0, 7.0, Some((6.0, 9.0))),
            step("relation", 7.0, 6.0, None),
            step("nothing", 6.0, 6.0, None),
            step("since", 0.0, 6.0, None),
        ];
        let area = Rect::new(0, 0, 30, 5);
        let mut buf = Buffer::empty(area);
        draw(&steps, None, &look, area, &mut buf);
        let line = |y: u16| (0..30).map(|x| buf[(x, y)].symbol()).collect::<String>();
        let lines: Vec<String> = (0..5).map(|y| line(y).trim_end().to_owned()).collect();
        assert_eq!(
            lines,
            [
                "before   ####               x",
                "input a      ##########---- x",
                "relation             ##     x",
                "nothing              |      x",
                "since    ############       x",
            ]
        );
    }
}
