//! The ranked causes.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    app::{
        Model,
        screen::diagnosis::{CAUSES, decision},
    },
    autopsy::{Hypothesis, Investigation, Standing},
    journal::Decision,
    text::number,
    ui::{
        look::{Look, Sign, StyleRole},
        part::{
            panel::{self, Panel},
            table::first_visible,
            text,
        },
        screen::triage,
    },
};

/// The sign of a cause's standing, or of the analyst's decision.
fn sign(hypothesis: &Hypothesis, model: &Model, look: &Look) -> (String, Style) {
    match decision(model, hypothesis) {
        Some(Decision::Accepted) => ("accepted".to_owned(), look.style(StyleRole::Strong)),
        Some(Decision::Dismissed) => ("dismissed".to_owned(), look.style(StyleRole::Dim)),
        None => {
            let mark = match hypothesis.standing {
                Standing::Found => Sign::Alarm,
                Standing::Possible => Sign::Watch,
                Standing::NotSeen => Sign::Pending,
                Standing::RuledOut => Sign::Fine,
                Standing::NotExamined => Sign::NotApplicable,
            };
            (look.sign(mark).to_owned(), look.style(mark.meaning()))
        }
    }
}

/// The ranked causes.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let panel = Panel::new("Root causes", "probability", model.focused(CAUSES));
    let room = panel::draw(&panel, look, area, buf);
    let all = &investigation.diagnosis.hypotheses;
    let at = model.screens.diagnosis.at.min(all.len().saturating_sub(1));
    let legend = u16::from(room.height > all.len() as u16 + 1) * 2;
    let list = Rect { height: room.height - legend, ..room };
    let first = first_visible(at, all.len(), usize::from(list.height));
    for (y, (index, cause)) in (list.top()..list.bottom()).zip(all.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..list };
        let (message, style) = sign(cause, model, look);
        let taken = text::width(&message).max(2) as u16;
        text::put(&format!("{:>2}", index + 1), look.style(StyleRole::Dim), look, (line.x, y), line, buf);
        let middle = Rect { x: line.x + 3, width: line.width.saturating_sub(4 + taken), ..line };
        triage::hypothesis(cause, look, middle, buf);
        text::put_right(&message, style, look, y, line, buf);
        if index == at {
            let cursor = if model.focused(CAUSES) { StyleRole::Cursor } else { StyleRole::Strong };
            buf.set_style(line, look.style(cursor));
        }
    }
    if legend > 0 {
        let margin = match all.as_slice() {
            [first, second, ..] => {
                format!("margin to the runner-up {}", number::metric(first.probability - second.probability))
            }
            _ => String::new(),
        };
        let message = investigation
            .diagnosis
            .undecided
            .as_ref()
            .map_or(margin, |_| "undecided: the first is only the least unlikely".into());
        let signs = [
            (Sign::Alarm, "found"),
            (Sign::Watch, "possible"),
            (Sign::Pending, "not seen"),
            (Sign::Fine, "ruled out"),
        ];
        let mut x = room.x;
        for (mark, word) in signs {
            x = text::put(
                look.sign(mark),
                look.style(mark.meaning()),
                look,
                (x, room.bottom() - 2),
                room,
                buf,
            );
            x = text::put(
                &format!(" {word}  "),
                look.style(StyleRole::Dim),
                look,
                (x, room.bottom() - 2),
                room,
                buf,
            );
        }
        text::put(&message, look.style(StyleRole::Dim), look, (room.x, room.bottom() - 1), room, buf);
    }
}
