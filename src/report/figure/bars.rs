//! The weights of the evidence for and against a cause.

use plotters::{
    element::{PathElement, Rectangle, Text},
    style::{Color as _, text_anchor::HPos},
};

use super::{
    Drawing, Face,
    frame::{self, ALARM, DIM, TEXT, TRAINING},
};
use crate::{
    autopsy::{Evidence, Hypothesis},
    report::sketch,
    text::{number, sanitize},
};

/// Maximum pieces of evidence on each side.
const SHOWN: usize = 8;
const LINE: i32 = 26;
const MIDDLE: i32 = 300;
/// Length of the longest bar.
const LONGEST: f64 = 130.0;

pub(super) fn draw(hypothesis: &Hypothesis, face: Face) -> Option<Drawing> {
    let (speak_for, speak_against) = hypothesis.by_finding();
    let lines: Vec<&Evidence> =
        (speak_for.iter().take(SHOWN)).chain(speak_against.iter().take(SHOWN)).collect();
    let largest = lines.iter().map(|line| line.weight.abs()).fold(0.0, f64::max);
    if largest <= 0.0 {
        return None;
    }
    let title = format!("Evidence on {}", hypothesis.cause.name());
    let description = format!(
        "{} checks support it, {} contradict it; probability {}. Weights are log-odds in nats.",
        speak_for.len(),
        speak_against.len(),
        number::share(hypothesis.probability)
    );
    let top = 46;
    let height = top + LINE * lines.len() as i32 + 26;
    Drawing::new(face, (860, height as u32), title.clone(), description, |area| {
        frame::heading(area, &title, &[("against", ALARM), ("for", TRAINING)])?;
        for (at, line) in lines.iter().enumerate() {
            let y = top + at as i32 * LINE + LINE / 2;
            let length = (line.weight.abs() / largest * LONGEST) as i32;
            let (shade, end) = if line.weight > 0.0 {
                (TRAINING, MIDDLE + length.max(1))
            } else {
                (ALARM, MIDDLE - length.max(1))
            };
            let corners = [(MIDDLE.min(end), y - 7), (MIDDLE.max(end), y + 7)];
            area.draw(&Rectangle::new(corners, shade.ink().filled()))?;
            area.draw(&Text::new(
                number::signed(line.weight),
                (MIDDLE - LONGEST as i32 - 12, y),
                frame::small(TEXT, HPos::Right),
            ))?;
            area.draw(&Text::new(
                sketch::clipped(&sanitize::terminal(&line.finding.to_string()), 56),
                (MIDDLE + LONGEST as i32 + 14, y),
                frame::small(TEXT, HPos::Left),
            ))?;
        }
        area.draw(&PathElement::new([(MIDDLE, top - 4), (MIDDLE, height - 22)], DIM.ink()))?;
        area.draw(&Text::new(
            "weight in log-odds (nats)",
            (MIDDLE, height - 10),
            frame::small(DIM, HPos::Center),
        ))?;
        Ok(())
    })
}
