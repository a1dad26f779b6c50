//! The last lines: what the screen means, what runs, which keys help.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Action, FileState, Measuring, Model, Phase, screen},
    autopsy::{Stage, Step},
    text::number,
    ui::{
        look::{Look, Sign, StyleRole},
        part::{bar, layout::Layout, status::turn, text},
    },
};

/// Draws the last lines of a layout.
pub(super) fn draw(model: &Model, layout: Layout, look: &Look, area: Rect, buf: &mut Buffer) {
    reading(model, look, Rect { height: area.height.min(2), ..area }, buf);
    let line = |y: u16| Rect { y, height: 1, ..area }.intersection(area);
    status(model, look, line(area.top() + 2), buf);
    if layout >= Layout::Normal {
        hints(model, look, line(area.top() + 3), buf);
    }
}

/// The Reading line: one sentence that says what the screen means, and where to look next.
fn reading(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let reading = screen::reading(model);
    let x = text::put(" Reading  ", look.style(StyleRole::Strong), look, (area.x, area.y), area, buf);
    let room = Rect { x, width: area.right().saturating_sub(x + 1), ..area };
    let next = reading
        .next
        .map(|step| format!("next {} {} {}", look.pick('▸', '>'), step as usize + 1, step.name()));
    let taken = next.as_ref().map_or(0, |next| text::width(next) + 3);
    let mut lines = text::wrap(&reading.message, usize::from(room.width), look);
    if lines.len() > 1 {
        // The second line leaves room for where to go next, and holds what is left of the sentence.
        let rest = lines.split_off(1).join(" ");
        lines.push(text::fit(&rest, usize::from(room.width).saturating_sub(taken), look).into_owned());
    }
    for (y, line) in (area.top()..area.bottom()).zip(&lines) {
        text::put(line, look.style(StyleRole::Text), look, (room.x, y), room, buf);
    }
    if let Some(next) = next {
        text::put_right(&next, look.style(StyleRole::Dim), look, area.bottom() - 1, room, buf);
    }
}

/// What runs or a word that vanishes, on the left; what was marked and narrowed, on the right.
fn status(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let right = standing(model);
    let taken = text::width(&text::shown(&right, look)) as u16 + 2;
    let left = Rect { width: area.width.saturating_sub(taken), ..area };
    text::put_right(&format!("{right} "), look.style(StyleRole::Dim), look, area.y, area, buf);
    let at = (area.x + 1, area.y);
    if let Some(toast) = &model.toast {
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
    text::put(&done(model), look.style(StyleRole::Dim), look, at, left, buf);
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
    format!("reading {read}/{} files", files.len())
}

/// What was done, once it is.
fn done(model: &Model) -> String {
    let Phase::Done { took_ms } = model.opening.phase else {
        return String::new();
    };
    let applicable = model.checks.iter().filter(|check| check.checked > 0).count();
    let seed = model.dossier.as_ref().map_or(0, |d| d.plan.seed);
    let problems = model.problem_lines().len();
    let problems = match problems {
        0 => String::new(),
        1 => "   ! 1 note".to_owned(),
        n => format!("   ! {n} notes"),
    };
    format!(
        "{applicable} of {} checks done in {:.1} s   seed {seed}{problems}",
        model.checks.len(),
        took_ms as f64 / 1000.0,
    )
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
    let mut x = area.x + 1;
    for (sign, word) in shown {
        x = text::put(&sign, look.style(StyleRole::Key), look, (x, area.y), area, buf);
        x = text::put(&format!(" {word}   "), look.style(StyleRole::Dim), look, (x, area.y), area, buf);
    }
}
