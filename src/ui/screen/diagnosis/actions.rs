//! What to do about the cause under the cursor.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::diagnosis::{ACTIONS, current},
    },
    autopsy::Investigation,
    text::number,
    ui::{
        look::{Look, StyleRole},
        part::{
            panel::{self, Panel},
            text,
        },
    },
};

/// What to do about the cause under the cursor.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let panel =
        Panel::new("What to do", "A accepts · D dismisses · w writes the report", model.focused(ACTIONS));
    let room = panel::draw(&panel, look, area, buf);
    let Some(cause) = current(model) else { return };
    let mut lines = vec![("now", cause.cause.mitigation().to_owned())];
    let metric = investigation.performance.headline_row();
    if let Some((row, baseline)) = metric.and_then(|row| Some((row, row.baseline?))) {
        let side = if row.metric.larger_is_better() { "≥" } else { "≤" };
        let bound = if row.metric.larger_is_better() { baseline.interval.0 } else { baseline.interval.1 };
        let features: Vec<&str> =
            cause.features.iter().take(2).map(|&f| investigation.dossier.feature_name(f)).collect();
        let psi = investigation.dossier.thresholds.psi_watch;
        let moved = if features.is_empty() {
            String::new()
        } else {
            format!("; PSI of {} < {}", features.join(", "), number::psi(psi))
        };
        lines.push((
            "verify",
            format!("{} {side} {} on new labels{moved}", row.metric.name(), number::metric(bound)),
        ));
    }
    let note = model.journal.marks().notes.get(&format!("cause:{}", cause.cause.id()));
    if let Some((_, note)) = note {
        lines.push(("note", note.clone()));
    }
    lines.push(("then", "8 Remedy measures what would fix it".to_owned()));
    let pins = model.journal.marks().pins.len();
    lines.push((
        "report",
        match pins {
            0 => "nothing is pinned yet: ␣ on the evidence".to_owned(),
            1 => "1 finding is pinned".to_owned(),
            n => format!("{n} findings are pinned"),
        },
    ));
    let mut y = room.y;
    for (name, message) in lines {
        let rest = Rect {
            x: room.x + 8,
            width: room.width.saturating_sub(8),
            y,
            height: room.bottom().saturating_sub(y),
        };
        text::put(
            name,
            look.style(StyleRole::Dim),
            look,
            (room.x, y),
            Rect { y, height: 1, ..room }.intersection(room),
            buf,
        );
        y += text::paragraph(&message, look.style(StyleRole::Text), look, rest, buf);
        if y >= room.bottom() {
            return;
        }
    }
}
