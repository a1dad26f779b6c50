//! Keys that lead nowhere say so.

use crate::app::{Action, Key, Model};

/// Says why a key changed nothing that is to be seen.
pub(super) fn unchanged(model: &mut Model, key: Key) {
    let Some(binding) = model.keymap.binding(key) else { return };
    let message = match end(binding.action) {
        Some(why) => why.to_owned(),
        // Keys of what lies over the screens are not those of the table.
        None if !model.overlays.is_empty() => return,
        None => format!("{}: nothing to change here", binding.hint),
    };
    model.flash(message);
}

/// Why a movement changed nothing; none for actions that don't move.
fn end(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::Down | Action::PageDown | Action::HalfDown | Action::Last | Action::DetailDown => {
            "nothing further below"
        }
        Action::Up | Action::PageUp | Action::HalfUp | Action::First | Action::DetailUp => {
            "nothing further above"
        }
        Action::Right => "nothing further to the right",
        Action::Left => "nothing further to the left",
        Action::NextSubject => "there is no next one here",
        Action::PreviousSubject => "there is no previous one here",
        Action::NextFlagged | Action::PreviousFlagged => "no other one is flagged here",
        _ => return None,
    })
}
