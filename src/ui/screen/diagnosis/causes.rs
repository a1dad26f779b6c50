//! The ranked causes.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    app::{
        Model,
        screen::{
            cause_id,
            diagnosis::{CAUSES, decision, listed},
        },
    },
    autopsy::{Cause, Hypothesis, Investigation, Standing},
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
    wording::causes::weights,
};

/// The sign of a cause's standing, or of the analyst's decision.
fn sign(hypothesis: &Hypothesis, model: &Model, look: &Look) -> (String, Style) {
    match decision(model, hypothesis) {
        Some(Decision::Accepted) => ("accepted".to_owned(), look.style(StyleRole::Strong)),
        Some(Decision::Dismissed) => ("dismissed".to_owned(), look.style(StyleRole::Dim)),
        None => {
            let mark = match hypothesis.standing {
                Standing::Found if hypothesis.cause == Cause::None => Sign::Fine,
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
    let panel = Panel::new("Root causes", weights(&investigation.diagnosis), model.focused(CAUSES));
    let room = panel::draw(&panel, look, area, buf);
    let all = &investigation.diagnosis.hypotheses;
    let shown = &all[..listed(model)];
    let at = model.screens.diagnosis.at.min(all.len().saturating_sub(1));
    let foot = u16::from(room.height > shown.len() as u16) + u16::from(room.height > shown.len() as u16 + 1);
    let list = Rect { height: room.height - foot, ..room };
    let beside = triage::widest_number(shown);
    let first = first_visible(at, shown.len(), usize::from(list.height));
    for (y, (index, cause)) in (list.top()..list.bottom()).zip(shown.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..list };
        let (message, style) = sign(cause, model, look);
        let taken = text::width(&message).max(2) as u16;
        text::put(&format!("{:>2}", index + 1), look.style(StyleRole::Dim), look, (line.x, y), line, buf);
        let middle = Rect { x: line.x + 3, width: line.width.saturating_sub(4 + taken), ..line };
        triage::hypothesis(cause, beside, look, middle, buf);
        text::put_right(&message, style, look, y, line, buf);
        if model.journal.pinned(&cause_id(cause)) {
            panel::pin(look, line.x, y, buf);
        }
        if index == at {
            // The bar keeps its colour: only the name is marked.
            let name = Rect { width: 26.min(line.width), ..line };
            if model.focused(CAUSES) {
                text::highlight(name, look, buf);
            } else {
                buf.set_style(name.intersection(buf.area), look.style(StyleRole::Strong));
            }
        }
    }
    if foot == 0 {
        return;
    }
    // A cause that is found besides is no rival of the first one.
    let rival = all.iter().skip(1).find(|other| !other.judged.contributing);
    let margin = all.first().zip(rival).map_or_else(String::new, |(first, rival)| {
        format!("margin to the runner-up {}", number::metric(first.probability - rival.probability))
    });
    let undecided = investigation.diagnosis.undecided.as_ref();
    let margin = undecided.map_or(margin, |_| "undecided: the first is only the least unlikely".into());
    let folded = match all.len() - shown.len() {
        0 => String::new(),
        n => format!("{n} below 1 %: e shows them"),
    };
    let lines = [margin, folded].into_iter().filter(|message| !message.is_empty());
    for (y, message) in (list.bottom()..room.bottom()).zip(lines) {
        text::put(&message, look.style(StyleRole::Dim), look, (room.x, y), room, buf);
    }
}
