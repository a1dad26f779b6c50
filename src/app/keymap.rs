//! The keys that are in force: those of the table, with the user's own in their place.

use super::{
    Action, Key,
    keys::{BINDINGS, Binding},
};

/// The keys that are in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keymap {
    /// Actions with other keys than in the table.
    changed: Vec<(Action, Vec<Key>)>,
}

impl Keymap {
    /// Gives an action other keys; none leave it to the palette.
    pub fn rebind(&mut self, action: Action, keys: Vec<Key>) {
        self.changed.retain(|(other, _)| *other != action);
        self.changed.push((action, keys));
    }

    /// The keys of a binding, the one to show first.
    #[must_use]
    pub fn keys<'a>(&'a self, binding: &'a Binding) -> &'a [Key] {
        self.changed
            .iter()
            .find(|(action, _)| *action == binding.action)
            .map_or(binding.keys, |(_, keys)| keys)
    }

    /// What a key does.
    #[must_use]
    pub fn binding(&self, key: Key) -> Option<&'static Binding> {
        BINDINGS.iter().find(|binding| self.keys(binding).contains(&key))
    }

    /// The first key of an action, as its sign on screen; empty for actions without one.
    #[must_use]
    pub fn sign(&self, action: Action, ascii: bool) -> String {
        BINDINGS
            .iter()
            .find(|binding| binding.action == action)
            .and_then(|binding| self.keys(binding).first())
            .map_or_else(String::new, |key| key.sign(ascii))
    }

    /// The first two bindings that share a key, with that key.
    #[must_use]
    pub fn clash(&self) -> Option<(Key, &'static Binding, &'static Binding)> {
        BINDINGS.iter().enumerate().find_map(|(at, binding)| {
            let own = self.keys(binding);
            BINDINGS[..at].iter().find_map(|other| {
                let key = own.iter().find(|key| self.keys(other).contains(key))?;
                Some((*key, other, binding))
            })
        })
    }
}
