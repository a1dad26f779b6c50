//! What to do about the cause under the cursor.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::diagnosis::{ACTIONS, current},
    },
    autopsy::{Investigation, exam::drift::DriftRow},
    text::{number, phrase},
    ui::{
        look::{Look, StyleRole},
        part::{
            panel::{self, Panel},
            text,
        },
    },
};

/// Columns of the words on the left.
const WORDS: u16 = 8;

/// Lines that the pane needs, with its border.
pub(super) fn lines(model: &Model, investigation: &Investigation, look: &Look, width: u16) -> u16 {
    let room = usize::from(width.saturating_sub(4 + WORDS));
    let wrapped = |(_, message): &(&str, String)| text::wrap(message, room, look).len() as u16;
    steps(model, investigation).iter().map(wrapped).sum::<u16>() + 2
}

/// What to do, each under a word.
fn steps(model: &Model, investigation: &Investigation) -> Vec<(&'static str, String)> {
    let Some(cause) = current(model) else {
        return Vec::new();
    };
    let mut steps = vec![("now", cause.cause.mitigation().to_owned())];
    let metric = investigation.performance.headline_row();
    if let Some((row, baseline)) = metric.and_then(|row| Some((row, row.baseline?))) {
        let side = if row.metric.larger_is_better() { "≥" } else { "≤" };
        let bound = if row.metric.larger_is_better() { baseline.interval.0 } else { baseline.interval.1 };
        let psi = investigation.dossier.thresholds.psi_watch;
        // What did not move has nothing to come back to.
        let has_moved = |feature: &&usize| {
            let row = investigation.drift.features.get(**feature);
            row.and_then(DriftRow::moved).is_some_and(|moved| moved >= psi)
        };
        let moved = cause.features.iter().filter(has_moved).take(2);
        let features: Vec<&str> = moved.map(|&f| investigation.dossier.feature_name(f)).collect();
        let moved = if features.is_empty() {
            String::new()
        } else {
            format!("; PSI of {} < {}", features.join(", "), number::psi(psi))
        };
        steps.push((
            "verify",
            format!("{} {side} {} on new labels{moved}", row.metric.name(), number::metric(bound)),
        ));
    }
    let note = model.journal.marks().notes.get(&format!("cause:{}", cause.cause.id()));
    if let Some((_, note)) = note {
        steps.push(("note", note.clone()));
    }
    steps.push(("then", remedies(model)));
    steps.push((
        "report",
        match model.journal.marks().pins.len() {
            0 => "nothing is pinned yet: ␣ on the evidence".to_owned(),
            1 => "1 finding is pinned".to_owned(),
            n => format!("{n} findings are pinned"),
        },
    ));
    steps
}

/// What Remedy measured, once it has.
fn remedies(model: &Model) -> String {
    let top = model.backtests().and_then(|backtests| Some((backtests, backtests.top()?)));
    let Some((_, offer)) = top else {
        return "8 Remedy measures what would fix it".to_owned();
    };
    let share = offer.basis.measured().and_then(|measured| measured.share);
    let share = share.map_or_else(String::new, |share| format!(" {}", phrase::wins_back(share)));
    format!("{}{share}; 8 Remedy has the others", offer.name)
}

/// Draws the pane.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let panel =
        Panel::new("What to do", "A accepts · D dismisses · w writes the report", model.focused(ACTIONS));
    let room = panel::draw(&panel, look, area, buf);
    let mut y = room.y;
    for (name, message) in steps(model, investigation) {
        let rest = Rect {
            x: room.x + WORDS,
            width: room.width.saturating_sub(WORDS),
            y,
            height: room.bottom().saturating_sub(y),
        };
        let line = Rect { y, height: 1, ..room }.intersection(room);
        text::put(name, look.style(StyleRole::Dim), look, (room.x, y), line, buf);
        y += text::paragraph(&message, look.style(StyleRole::Text), look, rest, buf);
        if y >= room.bottom() {
            return;
        }
    }
}
