//! The cause under the cursor: what it means, what speaks for and against it, what would settle it.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::diagnosis::{EVIDENCE, current},
    },
    autopsy::{Evidence, Investigation},
    text::time,
    ui::{
        look::{Look, StyleRole},
        part::{
            panel::{self, Panel},
            table::first_visible,
            text,
        },
    },
};

/// A line of the evidence pane; evidence carries its place in the list that the cursor runs over.
enum Entry<'a> {
    Blank,
    Title(&'static str),
    Text(String, StyleRole),
    Evidence(usize, &'a Evidence),
}

/// The cause under the cursor: what it means, what speaks for and against it, what would settle it.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(cause) = current(model) else {
        panel::draw(&Panel::new("Evidence", "", model.focused(EVIDENCE)), look, area, buf);
        return;
    };
    let names: Vec<&str> =
        cause.features.iter().take(3).map(|&f| investigation.dossier.feature_name(f)).collect();
    let title = format!("{}  {}", cause.cause.id(), names.join(", "));
    let bottom = if area.width > 60 { "digit: the step that shows it, ↵ jumps there" } else { "" };
    let right = format!("{} {:.2}", cause.stands(), cause.probability);
    let panel = Panel { bottom, ..Panel::new(title.trim_end(), &right, model.focused(EVIDENCE)) };
    let room = panel::draw(&panel, look, area, buf);
    let mut lines: Vec<Entry<'_>> = Vec::new();
    for line in text::wrap(cause.cause.meaning(), usize::from(room.width), look) {
        lines.push(Entry::Text(line, StyleRole::Text));
    }
    if let Some(onset) = cause.onset {
        lines.push(Entry::Text(format!("began {}", time::minute(onset)), StyleRole::Dim));
    }
    let (speak_for, speak_against) = cause.by_finding();
    let sides = [("supports", &speak_for, 0), ("refutes", &speak_against, speak_for.len())];
    for (title, evidence, offset) in sides {
        if !evidence.is_empty() {
            lines.extend([Entry::Blank, Entry::Title(title)]);
            lines.extend(evidence.iter().enumerate().map(|(at, e)| Entry::Evidence(offset + at, e)));
        }
    }
    if speak_for.is_empty() && speak_against.is_empty() {
        lines.extend([
            Entry::Blank,
            Entry::Text("No check that ran says anything about it.".into(), StyleRole::Dim),
        ]);
    }
    if !cause.would_settle.is_empty() {
        lines.extend([Entry::Blank, Entry::Title("would settle it")]);
        for message in &cause.would_settle {
            for line in text::wrap(message, usize::from(room.width).saturating_sub(3), look) {
                lines.push(Entry::Text(format!("   {line}"), StyleRole::Text));
            }
        }
    }
    entries(model, investigation, &lines, look, room, buf);
}

fn entries(
    model: &Model,
    investigation: &Investigation,
    lines: &[Entry<'_>],
    look: &Look,
    room: Rect,
    buf: &mut Buffer,
) {
    let cursor = model.screens.diagnosis.evidence;
    let under = lines.iter().position(|line| matches!(line, Entry::Evidence(at, _) if *at == cursor));
    let scroll = usize::from(model.screens.scroll[model.screen as usize]);
    let last = lines.len().saturating_sub(usize::from(room.height));
    let first = match under {
        Some(line) if model.focused(EVIDENCE) => first_visible(line, lines.len(), usize::from(room.height)),
        _ => scroll.min(last),
    };
    for (y, entry) in (room.top()..room.bottom()).zip(lines.iter().skip(first)) {
        let line = Rect { y, height: 1, ..room };
        match entry {
            Entry::Blank => {}
            Entry::Title(title) => {
                text::put(title, look.style(StyleRole::Dim), look, (line.x, y), line, buf);
            }
            Entry::Text(message, meaning) => {
                text::put(message, look.style(*meaning), look, (line.x, y), line, buf);
            }
            Entry::Evidence(at, evidence) => {
                let meaning = if evidence.weight.abs() >= 1.0 { StyleRole::Strong } else { StyleRole::Text };
                let weight = format!("{:>4}", format!("{:+.1}", evidence.weight).replace('-', "−"));
                let x = text::put(&weight, look.style(meaning), look, (line.x, y), line, buf);
                let step = investigation
                    .findings
                    .iter()
                    .find(|f| f.id == evidence.finding)
                    .map(|f| f.step as usize + 1);
                let digit = step.map_or_else(String::new, |step| step.to_string());
                let message = Rect { width: line.width.saturating_sub(3), ..line };
                text::put(
                    &format!("  {}", evidence.message),
                    look.style(StyleRole::Text),
                    look,
                    (x, y),
                    message,
                    buf,
                );
                text::put_right(&digit, look.style(StyleRole::Key), look, y, line, buf);
                if model.focused(EVIDENCE) && *at == cursor {
                    buf.set_style(line, look.style(StyleRole::Cursor));
                }
            }
        }
    }
}
