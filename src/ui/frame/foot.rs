//! The last lines: what the screen means, what runs, which keys help.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    app::{Action, FileState, Measuring, Model, Phase, Reading, screen},
    autopsy::{Stage, Step},
    text::number,
    ui::{
        look::{Look, Sign, StyleRole},
        part::{bar, layout::Layout, status::turn, text},
    },
};

/// The lines below the body: the Reading in full, however long it is, what runs, and the keys.
pub(super) struct Foot {
    reading: Vec<String>,
    next: Option<Step>,
    hints: bool,
}

/// Columns that the word `Reading` takes.
const LEAD: u16 = 10;

/// Lines that the Reading has at least, so that the body seldom moves.
const READING: usize = 2;

impl Foot {
    /// What the last lines of an area hold. In the normal layout a Reading of three lines takes the line of the keys;
    /// a longer one takes lines of the body, because it is never cut.
    pub(super) fn of(model: &Model, layout: Layout, look: &Look, area: Rect) -> Self {
        let room = usize::from(area.width.saturating_sub(LEAD + 1));
        let Reading { message, next } = screen::reading(model);
        let mut reading = text::wrap(&message, room, look);
        let hints = match layout {
            Layout::Wide => true,
            Layout::Normal => reading.len() <= READING,
            Layout::Compact | Layout::TooSmall => false,
        };
        // Names from data may be of any length; the body keeps a third of the lines.
        reading.truncate(usize::from(area.height / 2));
        Self { reading, next, hints }
    }

    /// How many lines they are.
    pub(super) fn height(&self) -> u16 {
        (self.reading.len().max(READING) + 1) as u16 + u16::from(self.hints)
    }

    /// Draws them.
    pub(super) fn draw(&self, model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
        text::put(" Reading", look.style(StyleRole::Strong), look, (area.x, area.y), area, buf);
        for (y, line) in (area.top()..area.bottom()).zip(&self.reading) {
            text::put(line, look.style(StyleRole::Text), look, (area.x + LEAD, y), area, buf);
        }
        let below = area.y + self.reading.len().max(READING) as u16;
        let line = |y: u16| Rect { y, height: 1, ..area }.intersection(area);
        status(model, self.next, look, line(below), buf);
        if self.hints {
            hints(model, look, line(below + 1), buf);
        }
    }
}

/// What runs or a word that vanishes, on the left; what was marked and narrowed, on the right.
fn status(model: &Model, next: Option<Step>, look: &Look, area: Rect, buf: &mut Buffer) {
    let next = next.map(|step| format!("next {} {} {}", look.pick('▸', '>'), step as usize + 1, step.name()));
    let parts: Vec<String> = std::iter::once(standing(model)).chain(next).filter(|p| !p.is_empty()).collect();
    let right = text::parts(&parts, usize::from(area.width * 2 / 3));
    let taken = text::width(&text::shown(&right, look)) as u16 + 2;
    let left = Rect { width: area.width.saturating_sub(taken), ..area };
    text::put_right(&format!("{right} "), look.style(StyleRole::Dim), look, area.y, area, buf);
    let at = (area.x + 1, area.y);
    if let Some(toast) = &model.toast {
        // The last message is more important than the permanent text.
        let long =
            text::width(&text::shown(&toast.message, look)) > usize::from(left.width.saturating_sub(1));
        let left = if long { area } else { left };
        if long {
            text::put(&" ".repeat(usize::from(area.width)), Style::new(), look, (area.x, area.y), area, buf);
        }
        text::put(&toast.message, look.style(StyleRole::Strong), look, at, left, buf);
        return;
    }
    if let Some(changed) = &model.changed {
        let message = format!("{} {changed}", look.sign(Sign::Watch));
        text::put(&message, look.style(StyleRole::Watch), look, at, left, buf);
        return;
    }
    if model.opening.busy() {
        let spinner = look.sign(Sign::Running(turn(model)));
        let x = text::put(
            &format!("{spinner} {}", busy(model)),
            look.style(StyleRole::Text),
            look,
            at,
            left,
            buf,
        );
        if let Some(share) = model.opening.share() {
            running(share, model.opening.left_ms(model.clock.elapsed_ms), x, look, left, buf);
        }
        return;
    }
    if let Measuring::Running { done, of, .. } = model.remedy {
        let spinner = look.sign(Sign::Running(turn(model)));
        let message = match of {
            0 => format!("{spinner} measuring the remedies"),
            _ => format!("{spinner} remedies {done}/{of}"),
        };
        let x = text::put(&message, look.style(StyleRole::Text), look, at, left, buf);
        let share = if of > 0 { done as f64 / of as f64 } else { 0.0 };
        running(share, model.remedy.left_ms(model.clock.elapsed_ms), x, look, left, buf);
        return;
    }
    let parts = text::parts(&done(model), usize::from(left.width.saturating_sub(1)));
    text::put(&parts, look.style(StyleRole::Dim), look, at, left, buf);
}

/// A bar from column `x` on, and the time left behind it.
fn running(share: f64, left_ms: Option<u64>, x: u16, look: &Look, area: Rect, buf: &mut Buffer) {
    let time = left_ms.map_or_else(String::new, |ms| format!(" ~{} s left", ms.div_ceil(1000)));
    let room = area.right().saturating_sub(x + 1 + text::width(&time) as u16);
    let room = Rect { x: x + 1, width: room.min(30), ..area };
    bar::progress(share, look, room, buf);
    text::put(&time, look.style(StyleRole::Dim), look, (room.right(), area.y), area, buf);
}

/// What runs, with its count.
fn busy(model: &Model) -> String {
    if let Phase::Examining { stage, parts, .. } = &model.opening.phase {
        let parts = match parts {
            (_, 0) => String::new(),
            (done, of) => format!(" {done}/{of}"),
        };
        let (at, of) = (*stage as usize + 1, Stage::ALL.len());
        return format!("{at}/{of}  {}{parts}", stage.name());
    }
    let files = &model.opening.files;
    let read = files.iter().filter(|f| matches!(f.state, FileState::Done(_))).count();
    match files.len() {
        0 => "reading".to_owned(),
        of => format!("reading file {} of {of}", (read + 1).min(of)),
    }
}

/// What was done, once it is; the notes of the reading before the seed, as they may matter.
fn done(model: &Model) -> Vec<String> {
    let Phase::Done { took_ms } = model.opening.phase else {
        return Vec::new();
    };
    let applicable = model.checks.iter().filter(|check| check.checked > 0).count();
    let mut parts = vec![format!(
        "{applicable} of {} checks done in {:.1} s",
        model.checks.len(),
        took_ms as f64 / 1000.0
    )];
    parts.extend(match model.problem_lines().len() {
        0 => None,
        1 => Some("! 1 note".to_owned()),
        n => Some(format!("! {n} notes")),
    });
    parts.push(format!("seed {}", model.dossier.as_ref().map_or(0, |d| d.plan.seed)));
    parts
}

/// `2 pins   filter psi>.25   window 1 d`
fn standing(model: &Model) -> String {
    let mut parts = Vec::new();
    let marks = model.journal.marks();
    let count = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    parts.extend(count(marks.pins.len(), "pin", "pins"));
    parts.extend(count(marks.notes.len(), "note", "notes"));
    if !model.features.filter.is_empty() {
        let shown = model.features.listed.len();
        parts.push(format!("filter {} ({shown})", model.features.filter.text()));
    }
    if let Some(width) = model.width() {
        parts.push(format!("window {}", width.name()));
    }
    if model.dossier.is_none() {
        return number::MISSING.to_owned();
    }
    parts.join("   ")
}

/// As many of the screen's most useful keys as there is room for.
fn hints(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let ascii = look.is_ascii();
    if matches!(model.opening.phase, Phase::Failed(_)) && model.overlays.is_empty() {
        // Only these work while nothing is open.
        return keys(
            &[("e", "edit"), ("r", "retry"), ("y", "copy"), ("d", "details"), ("q", "quit")],
            look,
            area,
            buf,
        );
    }
    let always = [(Action::Palette, "run"), (Action::Help, "help"), (Action::Quit, "quit")];
    let keymap = &model.keymap;
    let hint = |action: Action, word: &str| (keymap.sign(action, ascii), word.to_owned());
    let mut last: Vec<(String, String)> = always.iter().map(|&(action, word)| hint(action, word)).collect();
    let mut shown: Vec<(String, String)> = Vec::new();
    let sign = |action: Action| keymap.sign(action, ascii);
    for binding in screen::hinted(model) {
        let action = binding.action;
        let sign = match action {
            Action::Go(_) => format!("{}-{}", sign(Action::Go(Step::Triage)), sign(Action::Go(Step::Report))),
            Action::Down => format!("{}/{}", sign(Action::Down), sign(Action::Up)),
            Action::Right => [Action::Left, Action::Down, Action::Up, Action::Right].map(sign).concat(),
            Action::NarrowerWindow => format!("{} {}", sign(action), sign(Action::WiderWindow)),
            Action::ZoomIn => format!("{} {}", sign(action), sign(Action::ZoomOut)),
            Action::NextSubject => format!("{} {}", sign(Action::PreviousSubject), sign(action)),
            _ => sign(action),
        };
        let word = match action {
            Action::Go(_) => "step",
            Action::Right => "cell",
            Action::NarrowerWindow => "window",
            Action::NextSubject => "next",
            _ => binding.hint,
        };
        shown.push((sign, word.to_owned()));
    }
    let width = |(sign, word): &(String, String)| text::width(sign) + 1 + text::width(word) + 3;
    let kept: usize = last.iter().map(&width).sum();
    let mut room = usize::from(area.width).saturating_sub(kept + 1);
    shown.retain(|entry| {
        let fits = width(entry) <= room;
        room = room.saturating_sub(width(entry) * usize::from(fits));
        fits
    });
    shown.append(&mut last);
    let shown: Vec<(&str, &str)> = shown.iter().map(|(sign, word)| (sign.as_str(), word.as_str())).collect();
    keys(&shown, look, area, buf);
}

/// Signs of keys with what they do.
fn keys(shown: &[(&str, &str)], look: &Look, area: Rect, buf: &mut Buffer) {
    let mut x = area.x + 1;
    for (sign, word) in shown {
        x = text::put(sign, look.style(StyleRole::Key), look, (x, area.y), area, buf);
        x = text::put(&format!(" {word}   "), look.style(StyleRole::Dim), look, (x, area.y), area, buf);
    }
}
