//! Keys as the console names them, whatever the terminal library calls them.

/// One key, with its modifier where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A character, upper case as typed.
    Char(char),
    /// A character with Ctrl.
    Ctrl(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key.
    F(u8),
}

/// Keys that have a name: the name in configuration and documents, and the sign on screen.
const NAMED: [(Key, &str, &str); 15] = [
    (Key::Enter, "Enter", "↵"),
    (Key::Esc, "Esc", "esc"),
    (Key::Tab, "Tab", "⇥"),
    (Key::BackTab, "S-Tab", "⇤"),
    (Key::Backspace, "Backspace", "⌫"),
    (Key::Delete, "Delete", "del"),
    (Key::Up, "Up", "↑"),
    (Key::Down, "Down", "↓"),
    (Key::Left, "Left", "←"),
    (Key::Right, "Right", "→"),
    (Key::Home, "Home", "home"),
    (Key::End, "End", "end"),
    (Key::PageUp, "PgUp", "pgup"),
    (Key::PageDown, "PgDn", "pgdn"),
    (Key::Char(' '), "Space", "␣"),
];

impl Key {
    /// The name in configuration files and documents: `Enter`, `^u`, `F1`, `g`.
    #[must_use]
    pub fn name(self) -> String {
        if let Some((_, name, _)) = NAMED.iter().find(|(key, ..)| *key == self) {
            return (*name).to_owned();
        }
        match self {
            Self::Char(c) => c.to_string(),
            Self::Ctrl(c) => format!("^{c}"),
            Self::F(n) => format!("F{n}"),
            _ => String::new(),
        }
    }

    /// The sign on screen: `↵`, `⇥`, `␣`, else the name.
    #[must_use]
    pub fn sign(self, ascii: bool) -> String {
        match NAMED.iter().find(|(key, ..)| *key == self) {
            Some((_, _, sign)) if !ascii => (*sign).to_owned(),
            _ => self.name(),
        }
    }

    /// The key with a name, as [`Key::name`] gives it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if let Some((key, ..)) = NAMED.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name)) {
            return Some(*key);
        }
        let mut rest = name.chars();
        match (rest.next()?, rest.as_str()) {
            (c, "") if !c.is_control() => Some(Self::Char(c)),
            ('^', more) if more.chars().count() == 1 => more.chars().next().map(Self::Ctrl),
            ('F', number) => number.parse().ok().filter(|n| (1..=12).contains(n)).map(Self::F),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        let plain = [Key::Char('g'), Key::Char('G'), Key::Char('^'), Key::Ctrl('u'), Key::F(1), Key::F(12)];
        for key in plain.into_iter().chain(NAMED.iter().map(|(key, ..)| *key)) {
            assert_eq!(Key::parse(&key.name()), Some(key), "{}", key.name());
        }
        for wrong in ["", "F0", "F13", "^", "^ab", "Entr"] {
            assert!(matches!(Key::parse(wrong), None | Some(Key::Char('^'))), "{wrong}");
        }
    }
}
