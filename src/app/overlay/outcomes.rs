//! Answers against outcomes: the overlay with the threshold that can be moved.

use super::{Answer, step};
use crate::{
    app::{
        BackgroundEffect, Effect, Export, Key, Model, TerminalEffect,
        answers::{ClassView, OutcomesView, selection, table},
        record::toggle_pin,
        screen::{self, csv_table, markdown_table},
    },
    autopsy::view::outcomes,
    summary::Task,
};

/// Opens it.
///
/// # Errors
///
/// Why there is nothing to show, as a clause.
pub(super) fn open(model: &Model) -> Result<OutcomesView, String> {
    let investigation = model.investigation.as_ref().ok_or_else(|| model.not_yet())?;
    let dossier = &investigation.dossier;
    if let Some(why) = dossier.without_rows(false, false) {
        return Err(why.to_owned());
    }
    let deployed = outcomes::deployed_threshold(dossier);
    let view = OutcomesView { threshold: deployed, deployed, classes: ClassView::default(), at: 0 };
    if table(investigation, &view).len() < 2 {
        return Err(format!("no row {} has a label", investigation.framing.period()));
    }
    Ok(view)
}

/// Keys of the overlay.
pub(super) fn key(model: &mut Model, key: Key, view: &mut OutcomesView) -> Answer {
    let Some(investigation) = model.investigation.clone() else {
        return Answer::CLOSE;
    };
    let moved = |by: f64, threshold: Option<f64>| threshold.map(|now| ((now + by) * 100.0).round() / 100.0);
    let by = match key {
        Key::Char('h') | Key::Left => Some(-0.01),
        Key::Char('l') | Key::Right => Some(0.01),
        Key::Char('H') => Some(-0.1),
        Key::Char('L') => Some(0.1),
        _ => None,
    };
    if let Some(by) = by.filter(|_| view.threshold.is_some()) {
        view.threshold = moved(by, view.threshold).map(|threshold| threshold.clamp(0.0, 1.0));
        return Answer::STAY;
    }
    match key {
        Key::Char('0') if view.deployed.is_some() => view.threshold = view.deployed,
        Key::Char('v') if investigation.dossier.task() != Task::Regression && view.threshold.is_none() => {
            view.at = 0;
            view.classes = match view.classes {
                ClassView::Classes => ClassView::Since,
                ClassView::Since => ClassView::Before,
                ClassView::Before => ClassView::Classes,
            };
        }
        Key::Char('c') => return Answer::CLOSE,
        Key::Char(' ') => {
            if let Some(what) = selection(&investigation, view) {
                return Answer::Stay(toggle_pin(model, what));
            }
        }
        Key::Char('Y' | 'y') => {
            let text = markdown_table(&table(&investigation, view));
            return Answer::Stay(vec![Effect::Terminal(TerminalEffect::Copy(text))]);
        }
        Key::Char('x') => {
            let content = csv_table(&table(&investigation, view));
            let stem = format!("{}-outcomes", screen::file_stem(model, Export::Csv));
            let effect = BackgroundEffect::Export { export: Export::Csv, stem, content };
            return Answer::Stay(vec![Effect::Background(effect)]);
        }
        _ => {
            let last = table(&investigation, view).len().saturating_sub(2);
            let to = step(key, view.at, last, model.page());
            return Answer::moved(&mut view.at, to);
        }
    }
    Answer::STAY
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Msg, Overlay, fixture, update};

    fn shown(model: &Model) -> OutcomesView {
        match model.overlays.last() {
            Some(Overlay::Outcomes(view)) => (**view).clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_moved_threshold_recounts_and_can_be_pinned() {
        let mut model = fixture::model(120, 36);
        let _ = update(&mut model, Msg::Do(Action::Outcomes));
        let before = shown(&model);
        let investigation = model.investigation.clone().unwrap();
        let rows = table(&investigation, &before);
        assert!(rows.len() >= 10 && rows.iter().all(|row| row.len() == 4), "{rows:?}");
        for name in ["L", "l", "l"] {
            let _ = update(&mut model, Msg::Key(Key::parse(name).unwrap()));
        }
        let after = shown(&model);
        let (was, is) = (before.threshold.unwrap(), after.threshold.unwrap());
        assert!((is - was - 0.12).abs() < 0.011, "{was} {is}");
        // What was deployed is as before, what is tried is not.
        let moved = table(&investigation, &after);
        assert_eq!((&moved[1][..3], &moved[5][..3]), (&rows[1][..3], &rows[5][..3]));
        assert_ne!(moved[9][3], rows[9][3]);
        let _ = update(&mut model, Msg::Key(Key::Char(' ')));
        assert!(model.journal.marks().pins[0].message.contains("from a score of"));
        let _ = update(&mut model, Msg::Key(Key::Char('0')));
        assert_eq!(shown(&model).threshold, before.deployed);
        let _ = update(&mut model, Msg::Key(Key::Esc));
        assert!(model.overlays.is_empty());
    }
}
