//! The end of a sequence that comes when nobody waits for it any more.
//!
//! Where a line stalls in the middle of a reply, the rest arrives seconds later and looks like typed keys. People type one
//! key at a time; what arrives in one piece and continues a sequence that was given up is its rest.

use super::{PASTE_ENDS, Parser, State};

/// Bytes that arrive together and are too many for keys after a paste stalled.
const PIECE_OF_PASTE: usize = 16;

/// A sequence that was given up before its end came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Overdue {
    #[default]
    Nothing,
    /// An escape, which was taken for the key.
    Escape,
    /// A control sequence with a part of its parameters.
    Control,
    /// A string of the terminal.
    Answer,
    /// A paste.
    Paste,
}

impl Overdue {
    /// What is overdue when a state is given up.
    ///
    /// * `bare`: whether nothing came behind the introducer.
    pub(super) fn of(state: State, bare: bool) -> Self {
        match state {
            State::Escape => Self::Escape,
            State::Control if !bare => Self::Control,
            State::Answer(_) | State::AnswerEscape(_) => Self::Answer,
            State::Paste => Self::Paste,
            _ => Self::Nothing,
        }
    }
}

impl Parser {
    /// Drops from a piece of input what ends an overdue sequence, and returns the rest.
    pub(super) fn without_overdue<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let overdue = std::mem::take(&mut self.overdue);
        match overdue {
            _ if bytes.is_empty() => self.overdue = overdue,
            Overdue::Nothing => {}
            Overdue::Escape if continues_escape(bytes) => self.go(State::Escape),
            Overdue::Escape => {}
            Overdue::Paste => {
                let has_end = bytes.windows(PASTE_ENDS.len()).any(|window| window == PASTE_ENDS);
                if has_end || bytes.len() >= PIECE_OF_PASTE {
                    self.go(State::Paste);
                }
            }
            Overdue::Control => match parameters(bytes) {
                0 => {}
                all if all == bytes.len() && all > 1 => return self.still(overdue),
                known if bytes.get(known).is_some_and(|last| (0x40..=0x7e).contains(last)) => {
                    return &bytes[known + 1..];
                }
                _ => {}
            },
            Overdue::Answer => {
                let text = bytes.iter().take_while(|byte| (0x20..0x7f).contains(*byte)).count();
                let is_reply = bytes[..text].iter().all(|&b| b.is_ascii_hexdigit() || b"/:;rgb".contains(&b));
                match bytes[text..] {
                    [0x07 | 0x9c, ..] => return &bytes[text + 1..],
                    [0x1b, b'\\', ..] => return &bytes[text + 2..],
                    [0x1b] => {
                        self.go(State::AnswerEscape(b']'));
                        return &[];
                    }
                    [] if bytes == b"\\" => return &[],
                    [] if is_reply && text > 1 => return self.still(overdue),
                    _ => {}
                }
            }
        }
        bytes
    }

    /// The end has not come yet.
    fn still(&mut self, overdue: Overdue) -> &'static [u8] {
        self.overdue = overdue;
        &[]
    }
}

/// Whether a piece of input continues a sequence whose escape came long before.
fn continues_escape(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [b'[', b'0'..=b'?' | b'A'..=b'D' | b'F' | b'H', ..]
            | [b']', b'0'..=b'9', ..]
            | [b'P', b'!' | b'>' | b'0'..=b'9', ..]
    )
}

/// How many bytes at the beginning may be parameters of a control sequence.
fn parameters(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| (0x20..=0x3f).contains(*byte)).count()
}

#[cfg(test)]
mod tests {
    use super::super::{InputEvent, Key, LATE, Parser};

    /// The keys where the terminal's bytes come in pieces with long pauses between them.
    fn stalled(pieces: &[&str]) -> Vec<InputEvent> {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        for piece in pieces {
            events.extend(parser.feed(piece.as_bytes()));
            // The pauses are longer than a sequence may take, and shorter than the wait for its rest.
            if parser.patience().is_some_and(|patience| patience < LATE) {
                events.extend(parser.give_up());
            }
        }
        events.retain(|event| !matches!(event, InputEvent::Key(Key::Esc) | InputEvent::Background(_)));
        events
    }

    #[test]
    fn the_rest_of_a_stalled_reply_is_no_key() {
        for pieces in [
            ["\u{1b}]11;rgb:22", "22/2222/2222\u{1b}\\", ""],
            ["\u{1b}]11;rgb:22", "22/2222/2222\u{7}", ""],
            ["\u{1b}]11;rgb:22", "22/2222", "/2222\u{1b}\\"],
            ["\u{1b}]11;rgb:2222/2222/2222", "\u{1b}", "\\"],
            ["\u{1b}]11;rgb:2222/2222/2222\u{1b}", "\\", ""],
            ["\u{1b}", "]11;rgb:2222/2222/2222\u{1b}\\", ""],
            ["\u{1b}", "]11;rgb:22", "22/2222/2222\u{1b}\\"],
            ["\u{1b}P>|xterm", "(370)\u{1b}\\", ""],
            ["\u{1b}[?62", ";22c", ""],
            ["\u{1b}[?62", ";22", ";4c"],
            ["\u{1b}", "[?62;22c", ""],
        ] {
            let with_key = [&pieces[..], &["q"]].concat();
            assert_eq!(stalled(&with_key), [InputEvent::Key(Key::Char('q'))], "{pieces:?}");
        }
    }

    #[test]
    fn what_is_typed_after_a_reply_broke_off_is_typed() {
        for (broken, typed) in [
            ("\u{1b}]11;rgb:22", "q"),
            ("\u{1b}]11;rgb:22", "3"),
            ("\u{1b}[?62", "j"),
            ("\u{1b}", "]"),
            ("\u{1b}", "["),
        ] {
            let key = typed.chars().next().expect("one");
            assert_eq!(stalled(&[broken, typed]), [InputEvent::Key(Key::Char(key))], "{broken:?} {typed}");
        }
        assert_eq!(stalled(&["\u{1b}]11;rgb:22", "\u{1b}[A"]), [InputEvent::Key(Key::Up)]);
        assert_eq!(stalled(&["\u{1b}", "[A"]), [InputEvent::Key(Key::Up)]);
    }

    #[test]
    fn the_rest_of_a_stalled_paste_is_pasted() {
        let paste = |text: &str| InputEvent::Paste(text.to_owned());
        assert_eq!(
            stalled(&["\u{1b}[200~one", " and a longer rest", " q\u{1b}[201~"]),
            [paste("one"), paste(" and a longer rest"), paste(" q")]
        );
        assert_eq!(stalled(&["\u{1b}[200~one", "q"]), [paste("one"), InputEvent::Key(Key::Char('q'))]);
    }
}
