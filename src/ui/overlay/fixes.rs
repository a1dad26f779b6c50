//! The repairs that can be tried on a feature, with what each of them does.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use crate::{
    app::{
        Model,
        trial::{self, Attempts},
    },
    autopsy::exam::integrity::{Candidate, Trial},
    text::number,
    ui::{
        look::{Look, StyleRole},
        part::{
            panel::boxed,
            table::{self, Column, Row, Table, Width, first_visible},
            text,
        },
    },
};

/// Draws the repairs of the feature of the screen; what is not computed yet is left open.
pub(super) fn draw(model: &Model, at: usize, look: &Look, area: Rect, buf: &mut Buffer) {
    let attempts = model.screens.feature.attempts.as_ref();
    let feature = attempts.map(|a| a.feature).or_else(|| model.features.current());
    let name = feature.map_or("", |feature| model.feature_name(feature));
    let lines = attempts.map_or(0, |attempts| attempts.tries.len()) as u16;
    // The four lines at the foot stay free: the message of a pin appears there.
    let size = (108, (lines + 7).min(area.height.saturating_sub(8).max(8)));
    let right = "↵ shows · ␣ pins · esc closes";
    let room = boxed(&format!("Try a repair · {name}"), right, size, look, area, buf);
    let Some(attempts) = attempts else {
        let message = "looking for repairs that fit this feature";
        text::put(message, look.style(StyleRole::Dim), look, (room.x, room.y), room, buf);
        return;
    };
    let foot = 2.min(room.height.saturating_sub(2));
    let list = Rect { height: room.height - foot, ..room };
    let metric = metric_name(attempts);
    let columns = [
        Column::words("", 1),
        Column::rest("repair"),
        Column::numbers("PSI"),
        Column::numbers(metric),
        Column { width: Width::Content(28), ..Column::numbers("of the loss back") },
    ];
    let shown = usize::from(list.height.saturating_sub(1));
    let first = first_visible(at, attempts.tries.len(), shown);
    let best = attempts.best();
    let rows: Vec<Row<'_>> = attempts
        .tries
        .iter()
        .enumerate()
        .skip(first)
        .take(shown)
        .map(|(index, (candidate, trial))| {
            let mark = if attempts.shown == Some(index) {
                look.pick('▶', '>')
            } else if candidate.suggested {
                look.pick('●', '*')
            } else {
                ' '
            };
            row(mark, candidate, trial.as_ref(), best == Some(index), look)
        })
        .collect();
    table::draw(
        &Table { columns: &columns, rows: &rows, cursor: at.checked_sub(first), heads: true },
        look,
        list,
        buf,
    );
    let below = Rect { y: list.bottom(), height: foot, ..room };
    text::paragraph(&message(model, attempts, at), look.style(StyleRole::Dim), look, below, buf);
}

fn metric_name(attempts: &Attempts) -> &'static str {
    let answered = attempts.tries.iter().find_map(|(_, trial)| trial.as_ref()?.answer.as_ref().ok());
    answered.map_or("metric", |answered| trial::measured(answered).0)
}

fn row<'a>(mark: char, candidate: &'a Candidate, trial: Option<&Trial>, best: bool, look: &Look) -> Row<'a> {
    let (dim, plain) = (look.style(StyleRole::Dim), look.style(StyleRole::Text));
    let strong = look.style(if best { StyleRole::Strong } else { StyleRole::Text });
    let mut cells =
        vec![Line::styled(mark.to_string(), plain), Line::styled(candidate.name.as_str(), strong)];
    match trial {
        None => {
            let open = Line::styled(look.pick('·', '.').to_string(), dim);
            cells.extend([open.clone(), open.clone(), open]);
        }
        Some(trial) => {
            let answered = match &trial.answer {
                Ok(answered) => Line::styled(trial::measured(answered).1, strong),
                Err(_) => Line::styled(number::MISSING, dim),
            };
            cells.extend([
                Line::styled(trial::psi(trial), strong),
                answered,
                Line::styled(trial::share(trial), if trial.answer.is_ok() { strong } else { dim }),
            ]);
        }
    }
    Row::new(cells)
}

/// What the numbers rest on, or why there are none.
fn message(model: &Model, attempts: &Attempts, at: usize) -> String {
    let done = attempts.done();
    if done < attempts.tries.len() {
        return format!("{done} of {} tried", attempts.tries.len());
    }
    let Some((_, Some(trial))) = attempts.tries.get(at) else {
        return "nothing can be tried on this feature".to_owned();
    };
    match &trial.answer {
        Err(because) => format!("What the model would answer can't be determined: {because}."),
        Ok(answered) => {
            let sampled = if model.dossier.as_ref().is_some_and(|d| d.production.sample.is_whole()) {
                "rows"
            } else {
                "sampled rows"
            };
            format!(
                "PSI on {} {sampled}, {} as {} answers {} of them that have a label; intervals are \
                 95 %. Best in bold.",
                number::count(trial.rows as u64),
                trial::measured(answered).0,
                answered.by,
                number::count(answered.rows as u64)
            )
        }
    }
}
