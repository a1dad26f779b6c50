//! Evidence against causes, one column a cause.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{Model, screen::diagnosis::EVIDENCE},
    autopsy::{Evidence, Investigation},
    ui::{
        look::{Look, StyleRole},
        part::{
            heatmap::{Cell, Ramp},
            panel::{self, Panel},
            text,
        },
    },
};

/// Weights of evidence at which the matrix goes one shade up, in nats.
const WEIGHT_EDGES: [f64; 3] = [0.25, 1.0, 2.5];

/// Evidence against causes, one column a cause: which findings tell them apart.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    const CAUSES_SHOWN: usize = 8;
    let panel = Panel::new("Evidence × cause", "v shows the list again", model.focused(EVIDENCE));
    let room = panel::draw(&panel, look, area, buf);
    let causes = &investigation.diagnosis.hypotheses;
    let shown = &causes[..causes.len().min(CAUSES_SHOWN)];
    let mut findings: Vec<&Evidence> = Vec::new();
    for evidence in causes.iter().flat_map(|c| c.evidence_for.iter().chain(&c.evidence_against)) {
        if !findings.iter().any(|known| known.finding == evidence.finding) {
            findings.push(evidence);
        }
    }
    let cells = 4 * shown.len() as u16;
    let names = Rect { width: room.width.saturating_sub(cells + 1), ..room };
    for (column, _) in shown.iter().enumerate() {
        let x = names.right() + 1 + column as u16 * 4;
        text::put(&format!("{:>3}", column + 1), look.style(StyleRole::Dim), look, (x, room.y), room, buf);
    }
    text::put(
        "the numbers of the causes on the left",
        look.style(StyleRole::Dim),
        look,
        (room.x, room.y),
        names,
        buf,
    );
    for (y, evidence) in (room.top() + 1..room.bottom()).zip(&findings) {
        text::put(
            &evidence.message,
            look.style(StyleRole::Text),
            look,
            (names.x, y),
            Rect { y, height: 1, ..names },
            buf,
        );
        for (column, cause) in shown.iter().enumerate() {
            let own = cause.evidence_for.iter().chain(&cause.evidence_against);
            let weight: f64 = own.filter(|e| e.finding == evidence.finding).map(|e| e.weight).sum();
            if weight == 0.0 {
                continue;
            }
            let x = names.right() + 1 + column as u16 * 4;
            let swatch = Ramp::Diverging(WEIGHT_EDGES).swatch(Cell::Value(weight), look);
            for dx in 1..3 {
                text::put_char(swatch.glyph, swatch.style, (x + dx, y), room, buf);
            }
        }
    }
}
