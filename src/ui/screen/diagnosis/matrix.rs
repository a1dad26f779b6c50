//! Evidence against causes, one column a cause.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::diagnosis::{EVIDENCE, listed, matrix},
    },
    autopsy::{Hypothesis, Investigation},
    ui::{
        look::{Look, StyleRole},
        part::{
            heatmap::{Cell, Ramp},
            panel::{self, Panel},
            table::first_visible,
            text,
        },
        screen::parts::stacked,
    },
};

/// Weights of evidence at which the matrix goes one shade up, in nats.
const WEIGHT_EDGES: [f64; 3] = [0.25, 1.0, 2.5];

/// Columns of a cause: its number, and its swatch below.
const COLUMN: u16 = 3;

/// Causes that have a column at least.
const FEWEST: usize = 4;

/// Columns that the sentences keep at least.
const SENTENCES: u16 = 30;

/// Evidence against causes, one column a cause: which findings tell them apart. The causes stand above with their numbers,
/// the finding under the cursor in full below.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let focused = model.focused(EVIDENCE);
    let panel = Panel {
        bottom: "amber speaks for the cause, blue against it",
        ..Panel::new("Evidence × cause", "v shows the list again", focused)
    };
    let room = panel::draw(&panel, look, area, buf);
    let causes = &investigation.diagnosis.hypotheses;
    let most = usize::from(room.width.saturating_sub(SENTENCES) / COLUMN);
    // Those that the list shows: a column for each that is ruled out costs the sentences their room.
    let shown = &causes[..listed(model).max(FEWEST).min(causes.len()).min(most)];
    let findings = matrix(investigation);
    let (dim, plain) = (look.style(StyleRole::Dim), look.style(StyleRole::Text));
    let named = legend(shown, usize::from(room.width));
    let heads = named.len() as u16;
    let at = model.screens.diagnosis.evidence.min(findings.len().saturating_sub(1));
    let full = findings.get(at).map_or("", |evidence| evidence.message.as_str());
    let full = if focused { full } else { "" };
    let below = text::wrap(full, usize::from(room.width), look).len().min(3) as u16;
    let below = if full.is_empty() || room.height < heads + below + 4 { 0 } else { below };
    let list = room.height.saturating_sub(heads + 1 + below);
    let [above, numbers, list, below] = stacked(room, [heads, 1, list, below]);
    for (y, line) in (above.top()..above.bottom()).zip(&named) {
        text::put(line, plain, look, (above.x, y), above, buf);
    }
    let cells = COLUMN * shown.len() as u16;
    let names = Rect { width: room.width.saturating_sub(cells + 1), ..list };
    let column = |at: usize| names.right() + 1 + at as u16 * COLUMN;
    for at in 0..shown.len() {
        text::put(&format!("{:>2}", at + 1), dim, look, (column(at), numbers.y), room, buf);
    }
    let first = first_visible(at, findings.len(), usize::from(list.height));
    for (y, (line, evidence)) in (list.top()..list.bottom()).zip(findings.iter().enumerate().skip(first)) {
        let name = Rect { y, height: 1, ..names };
        text::put(&evidence.message, plain, look, (name.x, y), name, buf);
        if focused && line == at {
            text::highlight(name, look, buf);
        }
        for (at, cause) in shown.iter().enumerate() {
            let weight = weight(cause, &evidence.finding);
            if weight != 0.0 {
                let swatch = Ramp::Diverging(WEIGHT_EDGES).swatch(Cell::Value(weight), look);
                for x in column(at)..column(at) + 2 {
                    text::put_char(swatch.glyph, swatch.style, (x, y), room, buf);
                }
            }
        }
    }
    text::paragraph(full, look.style(StyleRole::Strong), look, below, buf);
}

/// The numbers of the causes with their names, as many on a line as fit.
fn legend(causes: &[Hypothesis], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (at, cause) in causes.iter().enumerate() {
        let name = format!("{} {}", at + 1, cause.cause.name());
        match lines.last_mut() {
            Some(line) if text::width(line) + 3 + text::width(&name) <= columns => {
                line.push_str("   ");
                line.push_str(&name);
            }
            _ => lines.push(name),
        }
    }
    lines
}

/// What a finding weighs for a cause, below 0 against it.
fn weight(cause: &Hypothesis, finding: &crate::autopsy::catalogue::FindingId) -> f64 {
    let own = cause.evidence_for.iter().chain(&cause.evidence_against);
    own.filter(|evidence| &evidence.finding == finding).map(|evidence| evidence.weight).sum()
}
