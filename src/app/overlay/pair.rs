//! Two features over each other: the overlay.

use super::{Answer, step};
use crate::{
    app::{
        Effect, Key, Model, TerminalEffect,
        pairing::{PairView, is_counted, message, of, table},
        record::toggle_pin,
        screen::{markdown_table, support},
        suspicion::suspects,
    },
    autopsy::Step,
    journal::Selection,
    model::support::Reason,
};

/// Sets a feature beside another one.
///
/// * `second`: the other one; the partner in a rare combination, else the next suspect, when absent.
///
/// # Errors
///
/// Why they can't be set beside each other, as a clause.
pub(in crate::app) fn open(model: &Model, second: Option<usize>) -> Result<PairView, String> {
    let investigation = model.investigation.as_ref().ok_or_else(|| model.not_yet())?;
    if let Some(why) = investigation.dossier.without_rows(true, false) {
        return Err(why.to_owned());
    }
    let rare = match (model.screen, support::reason(model).map(|outside| outside.reason)) {
        (Step::Support, Some(Reason::RarePair { first, second })) => Some((first, second)),
        _ => None,
    };
    let first = rare.map(|(first, _)| first).or_else(|| model.features.current());
    let first = first.ok_or("no feature is listed")?;
    let partner =
        || suspects(investigation).into_iter().find(|&f| f != first && is_counted(investigation, f));
    let second =
        second.or(rare.map(|(_, second)| second)).or_else(partner).ok_or("there is one feature only")?;
    of(investigation, (first, second))
}

/// Keys of the overlay.
pub(super) fn key(model: &mut Model, key: Key, view: &mut PairView) -> Answer {
    let Some(investigation) = model.investigation.clone() else {
        return Answer::CLOSE;
    };
    let (first, second) = view.features;
    match key {
        Key::Char('[' | ']') => {
            let order = suspects(&investigation);
            let others: Vec<usize> =
                order.into_iter().filter(|&f| f != first && is_counted(&investigation, f)).collect();
            let (at, n) = (others.iter().position(|&f| f == second).unwrap_or(0), others.len().max(1));
            let next = if key == Key::Char(']') { (at + 1) % n } else { (at + n - 1) % n };
            if let Some(Ok(next)) = others.get(next).map(|&other| of(&investigation, (first, other))) {
                *view = next;
            }
        }
        Key::Char('v') => {
            if let Ok(turned) = of(&investigation, (second, first)) {
                *view = turned;
            }
        }
        Key::Char(' ') => {
            let name = |feature| investigation.dossier.feature_name(feature);
            let what = Selection {
                id: format!("pair:{} × {}", name(first), name(second)),
                step: Step::Support,
                title: format!("{} with {}", name(first), name(second)),
                message: message(&view.pair),
            };
            return Answer::Stay(toggle_pin(model, what));
        }
        Key::Char('y' | 'Y') => {
            let text = markdown_table(&table(&investigation, view));
            return Answer::Stay(vec![Effect::Terminal(TerminalEffect::Copy(text))]);
        }
        Key::Char('x') => return Answer::CLOSE,
        // Nothing here has a cursor: what closes a page closes this.
        _ => return Answer::moved(&mut 0, step(key, 0, 0, 1)),
    }
    Answer::STAY
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Msg, Overlay, fixture, update};

    #[test]
    fn a_feature_is_set_beside_the_others_in_turn() {
        let mut model = fixture::model(120, 36);
        let _ = update(&mut model, Msg::Do(Action::Go(Step::Feature)));
        let _ = update(&mut model, Msg::Do(Action::Pair));
        let shown = |model: &Model| match model.overlays.last() {
            Some(Overlay::Pair(view)) => view.features,
            other => panic!("{other:?}"),
        };
        let (first, second) = shown(&model);
        assert_eq!(Some(first), model.features.current());
        let _ = update(&mut model, Msg::Key(Key::Char(']')));
        assert!(shown(&model).0 == first && shown(&model).1 != second);
        let _ = update(&mut model, Msg::Key(Key::Char('[')));
        assert_eq!(shown(&model), (first, second));
        let _ = update(&mut model, Msg::Key(Key::Char('v')));
        assert_eq!(shown(&model), (second, first));
        let _ = update(&mut model, Msg::Key(Key::Char(' ')));
        assert_eq!(model.journal.marks().pins.len(), 1);
        let _ = update(&mut model, Msg::Key(Key::Esc));
        assert!(model.overlays.is_empty());
    }
}
