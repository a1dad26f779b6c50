//! A challenger beside the deployed model, window by window.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Panes, stacked};
use crate::{
    app::{
        challenger::Refitted,
        screen::concept::{CHALLENGER, Shown, shown_challenger},
    },
    autopsy::exam::concept::ChallengerCourse,
    summary::Grid,
    text::{number, time},
    ui::{
        look::{Look, StyleRole},
        part::{
            axis::Axis,
            chart::{self, Chart, Guide, Point, Series},
            dots::Stroke,
            text,
        },
    },
};

impl Panes<'_> {
    /// The deployed model's and a challenger's loss, window by window.
    pub(super) fn challenger(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let shown = shown_challenger(self.model);
        let title = match &shown {
            Shown::Exam(course) => {
                format!("{}, all rows {} · v", word(course), self.investigation.framing.period())
            }
            Shown::Asked(asked, refitted) => format!("{}, {} · v", word(&refitted.course), asked.learns()),
            Shown::Waiting(_) | Shown::Nothing(_) => String::new(),
        };
        let inside = self.panel(CHALLENGER, "Challenger", &title, area, buf);
        let (course, refitted) = match &shown {
            Shown::Exam(course) => (*course, None),
            Shown::Asked(_, refitted) => (&refitted.course, Some(*refitted)),
            Shown::Waiting(asked) => {
                return self.empty(&format!("refitting: {}", asked.message()), inside, buf);
            }
            Shown::Nothing(why) => return self.empty(why, inside, buf),
        };
        let message = numbers(course, refitted);
        let foot = if inside.height >= 7 { message.len() as u16 } else { 0 };
        let [picture, foot] = stacked(inside, [inside.height - foot, foot]);
        for (y, message) in (foot.top()..foot.bottom()).zip(&message) {
            let message = text::parts(message, usize::from(foot.width));
            text::put(&message, look.style(StyleRole::Dim), look, (foot.x, y), foot, buf);
        }
        let Some(grid) = self.investigation.concept.grid else {
            return self.empty("production has no timestamp, so there is no course over time", picture, buf);
        };
        let onset = self.investigation.framing.split().map(|at| Guide {
            at: at as f64,
            label: format!("onset {}", time::short(at)),
            style: look.style(StyleRole::Strong),
        });
        let until = refitted.and_then(|refitted| refitted.until).map(|at| Guide {
            at: at as f64,
            label: "learnt until here".to_owned(),
            style: look.style(StyleRole::Dim),
        });
        let marks = onset.into_iter().chain(until).collect();
        chart::draw(&chart(course, grid, marks, look), look, picture, buf);
    }
}

/// What both cost, and what the challenger would win: out of fold, and on the rows after those it learnt from.
fn numbers(course: &ChallengerCourse, refitted: Option<&Refitted>) -> Vec<Vec<String>> {
    let challenge = &course.challenge;
    let gain =
        |gain: f64, error: f64| format!("gain {} ± {}", number::signed(gain), number::metric(1.96 * error));
    let mut lines = vec![vec![
        format!("loss {} → {}", number::metric(challenge.deployed), number::metric(challenge.challenger)),
        gain(challenge.gain, challenge.error),
    ]];
    if let Some(later) = refitted.and_then(|refitted| refitted.later) {
        lines.push(vec![
            format!("later {}", gain(later.gain, later.error)),
            format!("{} rows", number::count(later.rows as u64)),
        ]);
    }
    lines
}

/// The learner in one word.
const fn word(course: &ChallengerCourse) -> &'static str {
    course.challenge.family.word()
}

fn chart(course: &ChallengerCourse, grid: Grid, marks: Vec<Guide>, look: &Look) -> Chart {
    let middle = |window: usize| {
        let span = grid.span(window);
        (span.from + (span.to - span.from) / 2) as f64
    };
    let line = |pick: fn(&(f64, f64)) -> f64, meaning, stroke| Series {
        points: course
            .course
            .iter()
            .enumerate()
            .map(|(window, point)| Point {
                x: middle(window),
                y: point.as_ref().map(pick),
                interval: None,
                faint: false,
            })
            .collect(),
        style: look.style(meaning),
        stroke,
        marker: None,
    };
    let values = course.course.iter().flatten().flat_map(|(deployed, challenger)| [*deployed, *challenger]);
    Chart {
        x: Axis::time(grid.span(0).from, grid.span(grid.windows.saturating_sub(1)).to),
        y: Axis::around(values),
        series: vec![
            line(|point| point.1, StyleRole::Challenger, Stroke::DashDot),
            line(|point| point.0, StyleRole::Production, Stroke::Solid),
        ],
        marks,
        notes: vec![
            (format!("{} deployed", look.pick('─', '*')), look.style(StyleRole::Production)),
            (format!("{} challenger", look.pick('╌', '~')), look.style(StyleRole::Challenger)),
        ],
        ..Chart::default()
    }
}
