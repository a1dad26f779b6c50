//! Parses the bytes of a terminal: keys, pastes, the mouse, and replies to queries.
//!
//! A terminal mixes typed keys with its own replies (colours, attributes, modes, positions), and on a slow
//! line a reply may arrive seconds after its query, split anywhere. Everything with the form of a reply is
//! consumed here, known or not, so that it is never taken for keys. Keys are recognised in the legacy
//! encoding, with modifiers as sent by xterm, and in the kitty keyboard protocol.
//!
//! Sources: ECMA-48 (control sequences and strings), xterm's "ctlseqs", the kitty keyboard protocol.

mod codes;
mod late;

use std::time::Duration;

use self::{
    codes::{background, by_code, by_number},
    late::Overdue,
};
use super::InputEvent;
use crate::app::Key;

/// After this time an escape alone was the key; the rest of a sequence practically always comes in the same
/// packet.
const ESCAPE: Duration = Duration::from_millis(50);
/// Maximum time between the bytes of a sequence.
const SEQUENCE: Duration = Duration::from_secs(1);
/// Maximum time between the bytes of a paste.
const PASTE: Duration = Duration::from_secs(5);
/// How long the end of a sequence that was given up is expected.
const LATE: Duration = Duration::from_secs(10);
/// Maximum bytes of a reply that are kept; the rest of a longer one is discarded.
const MOST_ANSWER: usize = 4096;
/// Maximum bytes of a paste that are kept.
const MOST_PASTE: usize = 8 << 20;
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// State of the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Ground,
    /// Within a multi-byte character; the number of missing bytes.
    Character(usize),
    /// After an escape.
    Escape,
    /// After `ESC [`.
    Control,
    /// After `ESC O`.
    Single,
    /// After `ESC [ [`, as the Linux console writes its function keys.
    Linux,
    /// Within `ESC [ M` and three bytes; the number of missing bytes.
    Mouse(usize),
    /// Within a string of the terminal (OSC, DCS, APC, PM, SOS), introduced by this letter.
    Answer(u8),
    /// After an escape within such a string.
    AnswerEscape(u8),
    /// Within a paste.
    Paste,
}

/// Converts bytes to events. Bytes may arrive in pieces of any size.
#[derive(Debug, Default)]
pub(super) struct Parser {
    state: State,
    /// The sequence so far, without its introducer.
    pending: Vec<u8>,
    /// What was given up before its end came.
    overdue: Overdue,
    events: Vec<InputEvent>,
}

impl Parser {
    /// Consumes bytes; returns the completed events.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<InputEvent> {
        for &byte in self.without_overdue(bytes) {
            self.take(byte);
        }
        std::mem::take(&mut self.events)
    }

    /// Maximum wait for the next byte; `None` if no sequence has begun.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground if self.overdue == Overdue::Nothing => None,
            State::Ground => Some(LATE),
            State::Escape => Some(ESCAPE),
            State::Paste => Some(PASTE),
            _ => Some(SEQUENCE),
        }
    }

    /// Ends an incomplete sequence: it was a key, or is dropped.
    ///
    /// Its end may still come, on a line that stalls; [`late`] recognises it.
    pub(super) fn give_up(&mut self) -> Vec<InputEvent> {
        let bare = self.pending.is_empty();
        self.overdue = Overdue::of(self.state, bare);
        match self.state {
            State::Escape => self.key(Key::Esc),
            State::Single => self.key(Key::Char('O')),
            State::Control if bare => self.key(Key::Char('[')),
            State::Answer(letter) if bare => self.key(Key::Char(char::from(letter))),
            State::AnswerEscape(_) if bare => self.key(Key::Esc),
            State::Paste => self.pasted(),
            _ => {}
        }
        self.state = State::Ground;
        self.pending.clear();
        std::mem::take(&mut self.events)
    }

    fn key(&mut self, key: Key) {
        self.events.push(InputEvent::Key(key));
    }

    fn go(&mut self, state: State) {
        self.state = state;
        self.pending.clear();
    }

    fn take(&mut self, byte: u8) {
        match self.state {
            State::Ground => self.ground(byte),
            State::Character(missing) => self.character(byte, missing),
            State::Escape => match byte {
                b'[' => self.go(State::Control),
                b'O' => self.go(State::Single),
                b']' | b'P' | b'_' | b'^' | b'X' => self.go(State::Answer(byte)),
                0x1b => self.key(Key::Esc),
                // The end of a string whose beginning was discarded.
                b'\\' => self.go(State::Ground),
                // With Alt, which the console ignores.
                _ => {
                    self.go(State::Ground);
                    self.ground(byte);
                }
            },
            State::Control => match byte {
                b'[' if self.pending.is_empty() => self.go(State::Linux),
                0x20..=0x3f => self.keep(byte, MOST_ANSWER),
                0x40..=0x7e => self.control(byte),
                _ => self.broken(byte),
            },
            State::Single => {
                self.go(State::Ground);
                match byte {
                    b'M' => self.key(Key::Enter),
                    0x1b => self.go(State::Escape),
                    _ => self.cursor(byte),
                }
            }
            State::Linux => {
                self.go(State::Ground);
                if let b'A'..=b'E' = byte {
                    self.key(Key::F(byte - b'A' + 1));
                }
            }
            State::Mouse(missing) => {
                self.keep(byte, 3);
                self.state = State::Mouse(missing - 1);
                if missing == 1 {
                    let numbers: Vec<u32> =
                        self.pending.iter().map(|&b| u32::from(b.saturating_sub(32))).collect();
                    self.go(State::Ground);
                    self.mouse(&numbers, false);
                }
            }
            State::Answer(letter) => match byte {
                0x07 | 0x9c => self.answered(letter),
                0x1b => self.state = State::AnswerEscape(letter),
                // Replies contain no control characters: this one was cut off, and the user goes on typing.
                0..=0x1f => self.broken(byte),
                _ if self.pending.is_empty() && !begins(letter, byte) => {
                    self.go(State::Ground);
                    self.key(Key::Char(char::from(letter)));
                    self.ground(byte);
                }
                _ => self.keep(byte, MOST_ANSWER),
            },
            State::AnswerEscape(letter) => {
                if byte == b'\\' {
                    self.answered(letter);
                } else {
                    self.go(State::Escape);
                    self.take(byte);
                }
            }
            State::Paste => {
                self.pending.push(byte);
                if byte == b'~' && self.pending.ends_with(PASTE_ENDS) {
                    let end = self.pending.len() - PASTE_ENDS.len();
                    self.pending.truncate(end);
                    self.pasted();
                    self.go(State::Ground);
                } else if self.pending.len() > MOST_PASTE + PASTE_ENDS.len() {
                    // The paste is full; only look for its end among the last bytes.
                    self.pending.remove(MOST_PASTE);
                }
            }
        }
    }

    fn keep(&mut self, byte: u8, most: usize) {
        if self.pending.len() < most {
            self.pending.push(byte);
        }
    }

    /// Handles a byte that is invalid in a sequence: it ends the sequence, and an escape starts the next one.
    fn broken(&mut self, byte: u8) {
        self.go(if byte == 0x1b { State::Escape } else { State::Ground });
    }

    fn ground(&mut self, byte: u8) {
        match byte {
            0x1b => self.go(State::Escape),
            b'\r' => self.key(Key::Enter),
            b'\t' => self.key(Key::Tab),
            0x7f => self.key(Key::Backspace),
            0 => self.key(Key::Ctrl(' ')),
            0x01..=0x1a => self.key(Key::Ctrl(char::from(byte - 1 + b'a'))),
            0x1c..=0x1f => self.key(Key::Ctrl(char::from(byte - 0x1c + b'4'))),
            0x20..=0x7e => self.key(Key::Char(char::from(byte))),
            // The C1 (single-byte) introducers, which are not valid first bytes in UTF-8.
            0x8f => self.go(State::Single),
            0x9b => self.go(State::Control),
            0x90 => self.go(State::Answer(b'P')),
            0x98 => self.go(State::Answer(b'X')),
            0x9d => self.go(State::Answer(b']')),
            0x9e => self.go(State::Answer(b'^')),
            0x9f => self.go(State::Answer(b'_')),
            0xc2..=0xdf => self.begin(byte, 1),
            0xe0..=0xef => self.begin(byte, 2),
            0xf0..=0xf4 => self.begin(byte, 3),
            _ => {}
        }
    }

    fn begin(&mut self, byte: u8, missing: usize) {
        self.go(State::Character(missing));
        self.pending.push(byte);
    }

    fn character(&mut self, byte: u8, missing: usize) {
        if !(0x80..=0xbf).contains(&byte) {
            self.go(State::Ground);
            return self.ground(byte);
        }
        self.pending.push(byte);
        self.state = State::Character(missing - 1);
        if missing == 1 {
            let c = std::str::from_utf8(&self.pending).ok().and_then(|text| text.chars().next());
            self.go(State::Ground);
            if let Some(c) = c {
                self.key(Key::Char(c));
            }
        }
    }

    fn pasted(&mut self) {
        let text = String::from_utf8_lossy(&self.pending);
        // Terminals send line breaks in a paste as Enter.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.events.push(InputEvent::Paste(text));
    }

    /// Handles a complete string of the terminal.
    fn answered(&mut self, letter: u8) {
        let text = std::mem::take(&mut self.pending);
        self.state = State::Ground;
        if letter == b']'
            && let Some(background) = std::str::from_utf8(&text).ok().and_then(background)
        {
            self.events.push(InputEvent::Background(background));
        }
    }

    /// Handles a complete control sequence.
    fn control(&mut self, last: u8) {
        let text = std::mem::take(&mut self.pending);
        self.state = State::Ground;
        let text = String::from_utf8_lossy(&text).into_owned();
        if let (Some(mouse), b'M' | b'm') = (text.strip_prefix('<'), last) {
            let numbers: Vec<u32> = mouse.split(';').map(|n| n.parse().unwrap_or(0)).collect();
            return self.mouse(&numbers, last == b'm');
        }
        // Any other sequence with a private prefix or an intermediate byte is a reply: attributes, modes,
        // reports.
        if !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b';' | b':')) {
            return;
        }
        if last == b'M' && text.is_empty() {
            return self.go(State::Mouse(3));
        }
        let parts: Vec<Vec<u32>> = text
            .split(';')
            .map(|part| part.split(':').map(|number| number.parse().unwrap_or(0)).collect())
            .collect();
        let number = |part: usize, sub: usize| {
            parts.get(part).and_then(|numbers| numbers.get(sub)).copied().unwrap_or(0)
        };
        // The second parameter holds the modifiers and the event type: 3 means released.
        if number(1, 1) == 3 {
            return;
        }
        let modifiers = number(1, 0).saturating_sub(1);
        match last {
            b'~' if number(0, 0) == 200 => self.go(State::Paste),
            b'~' if number(0, 0) == 27 && parts.len() > 2 => {
                if let Some(key) = by_code(number(2, 0), number(2, 0), modifiers) {
                    self.key(key);
                }
            }
            b'~' => {
                if let Some(key) = by_number(number(0, 0)) {
                    self.key(key);
                }
            }
            b'u' => {
                let typed = [number(2, 0), number(0, 1), number(0, 0)].into_iter().find(|&code| code > 0);
                if let Some(key) = by_code(number(0, 0), typed.unwrap_or(0), modifiers) {
                    self.key(key);
                }
            }
            b'M' => {
                let numbers: Vec<u32> = (0..3).map(|part| number(part, 0)).collect();
                self.mouse(&[numbers[0].saturating_sub(32), numbers[1], numbers[2]], false);
            }
            // With a line and a column it reports the cursor position.
            b'R' if !text.is_empty() => {}
            _ => self.cursor(last),
        }
    }

    /// Keys identified by a letter alone.
    fn cursor(&mut self, letter: u8) {
        let key = match letter {
            b'A' => Key::Up,
            b'B' => Key::Down,
            b'C' => Key::Right,
            b'D' => Key::Left,
            b'H' => Key::Home,
            b'F' => Key::End,
            b'Z' => Key::BackTab,
            b'P'..=b'S' => Key::F(letter - b'P' + 1),
            _ => return,
        };
        self.key(key);
    }

    /// Handles a mouse report: button with flags, column and line from 1.
    fn mouse(&mut self, numbers: &[u32], released: bool) {
        let &[button, column, line] = numbers else { return };
        let place = |n: u32| u16::try_from(n.saturating_sub(1)).unwrap_or(u16::MAX);
        // Ignore the modifiers; motion has its own bit, so it matches none of these.
        match button & !0b1_1100 {
            0 if !released => self.events.push(InputEvent::Click(place(column), place(line))),
            wheel @ (64 | 65) => {
                self.events.push(InputEvent::Wheel(place(column), place(line), wheel == 65));
            }
            _ => {}
        }
    }
}

/// Whether a string of the terminal may begin like this; otherwise the letter was typed with Alt.
fn begins(letter: u8, first: u8) -> bool {
    match letter {
        b']' => first.is_ascii_digit() || matches!(first, b'l' | b'L' | b'I'),
        b'P' => first.is_ascii_digit() || matches!(first, b'!' | b'>' | b'+' | b'$' | b';' | b'?' | b'~'),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn events(text: &str) -> Vec<InputEvent> {
        let mut parser = Parser::default();
        let mut events = parser.feed(text.as_bytes());
        events.extend(parser.give_up());
        events
    }

    fn keys(text: &str) -> Vec<Key> {
        let key = |events| if let InputEvent::Key(key) = events { Some(key) } else { None };
        events(text).into_iter().filter_map(key).collect()
    }

    #[test]
    fn keys_are_understood() {
        for (text, want) in [
            ("a", Key::Char('a')),
            ("é", Key::Char('é')),
            ("\u{1f600}", Key::Char('\u{1f600}')),
            ("\r", Key::Enter),
            ("\u{1b}", Key::Esc),
            ("\u{15}", Key::Ctrl('u')),
            ("\u{1b}[A", Key::Up),
            ("\u{1b}OB", Key::Down),
            ("\u{1b}[1;5C", Key::Right),
            ("\u{1b}[3~", Key::Delete),
            ("\u{1b}[24~", Key::F(12)),
            ("\u{1b}OP", Key::F(1)),
            ("\u{1b}[[B", Key::F(2)),
            ("\u{1b}[Z", Key::BackTab),
            ("\u{1b}x", Key::Char('x')),
            // Alt with a letter that introduces replies.
            ("\u{1b}]", Key::Char(']')),
            ("\u{1b}P", Key::Char('P')),
            ("\u{1b}[", Key::Char('[')),
            // The kitty keyboard protocol, and xterm's modifyOtherKeys.
            ("\u{1b}[97u", Key::Char('a')),
            ("\u{1b}[97;2u", Key::Char('A')),
            ("\u{1b}[49:33;2u", Key::Char('!')),
            ("\u{1b}[97;2;65u", Key::Char('A')),
            ("\u{1b}[117;5u", Key::Ctrl('u')),
            ("\u{1b}[27;5;117~", Key::Ctrl('u')),
            ("\u{1b}[13u", Key::Enter),
            ("\u{1b}[9;2u", Key::BackTab),
            ("\u{1b}[27u", Key::Esc),
            ("\u{1b}[57404u", Key::Char('5')),
            ("\u{1b}[1;1:2A", Key::Up),
        ] {
            assert_eq!(keys(text), [want], "{text:?}");
        }
        // Key releases, and modifiers alone.
        for text in ["\u{1b}[97;1:3u", "\u{1b}[1;1:3A", "\u{1b}[57441;2u", "\u{1b}[I", "\u{1b}[O"] {
            assert_eq!(events(text), [], "{text:?}");
        }
    }

    /// Replies, by what requested them.
    const ANSWERS: [(&str, &str); 17] = [
        ("background", "\u{1b}]11;rgb:1111/1111/1111\u{1b}\\"),
        ("background, BEL", "\u{1b}]11;rgb:1111/1111/1111\u{7}"),
        ("foreground", "\u{1b}]10;rgb:dddd/dddd/dddd\u{1b}\\"),
        ("palette", "\u{1b}]4;1;rgb:cd/00/00\u{7}"),
        ("clipboard", "\u{1b}]52;c;cXVpdA==\u{7}"),
        ("title", "\u{1b}]lq\u{1b}\\"),
        ("first attributes", "\u{1b}[?62;22c"),
        ("second attributes", "\u{1b}[>41;354;0c"),
        ("third attributes", "\u{1b}P!|7E565445\u{1b}\\"),
        ("version", "\u{1b}P>|WezTerm 20240203\u{1b}\\"),
        ("capability", "\u{1b}P1+r544e=787465726d\u{1b}\\"),
        ("setting", "\u{1b}P1$r0m\u{1b}\\"),
        ("mode", "\u{1b}[?2026;2$y"),
        ("keyboard", "\u{1b}[?1u"),
        ("cursor", "\u{1b}[24;80R"),
        ("status and size", "\u{1b}[0n\u{1b}[8;36;120t\u{1b}[?997;1n"),
        ("graphics", "\u{1b}_Gi=31;OK\u{1b}\\"),
    ];

    #[test]
    fn no_answer_is_a_key_however_it_is_cut() {
        for (name, answer) in ANSWERS {
            for cut in 0..=answer.len() {
                let mut parser = Parser::default();
                let (first, rest) = answer.split_at(cut);
                let mut events = parser.feed(first.as_bytes());
                events.extend(parser.feed(rest.as_bytes()));
                assert_eq!(parser.state, State::Ground, "{name} {cut}");
                events.extend(parser.feed(b"q"));
                let keys: Vec<&InputEvent> =
                    events.iter().filter(|s| !matches!(s, InputEvent::Background(_))).collect();
                assert_eq!(keys, [&InputEvent::Key(Key::Char('q'))], "{name} {cut}");
            }
        }
    }

    #[test]
    fn an_answer_that_is_cut_off_does_not_swallow_keys_for_ever() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"\x1b]11;rgb:11"), []);
        assert!(parser.patience().is_some());
        assert_eq!(parser.give_up(), []);
        assert_eq!(parser.feed(b"q"), [InputEvent::Key(Key::Char('q'))]);
        // Nor does a reply that is interrupted by another sequence.
        assert_eq!(events("\u{1b}]11;rgb\u{1b}[A"), [InputEvent::Key(Key::Up)]);
        assert_eq!(events("\u{1b}[?1\u{1b}[A"), [InputEvent::Key(Key::Up)]);
    }

    #[test]
    fn a_paste_is_one_text() {
        let paste = |text: &str| events(&format!("\u{1b}[200~{text}\u{1b}[201~"));
        assert_eq!(paste("psi>.2\r\nq\x1b[A"), [InputEvent::Paste("psi>.2\nq\u{1b}[A".to_owned())]);
        assert_eq!(paste(""), [InputEvent::Paste(String::new())]);
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"\x1b[200~never ends"), []);
        assert_eq!(parser.give_up(), [InputEvent::Paste("never ends".to_owned())]);
        assert_eq!(events("\u{1b}[201~"), []);
    }

    #[test]
    fn the_mouse_is_read_in_each_encoding() {
        for click in ["\u{1b}[<0;4;2M", "\u{1b}[32;4;2M", "\u{1b}[M $\""] {
            assert_eq!(events(click), [InputEvent::Click(3, 1)], "{click:?}");
        }
        for (text, want) in [
            ("\u{1b}[<64;4;2M", vec![InputEvent::Wheel(3, 1, false)]),
            ("\u{1b}[<65;4;2M", vec![InputEvent::Wheel(3, 1, true)]),
            ("\u{1b}[<0;4;2m", vec![]),
            ("\u{1b}[<35;4;2M", vec![]),
            ("\u{1b}[<2;4;2M", vec![]),
            ("\u{1b}[<0M", vec![]),
        ] {
            assert_eq!(events(text), want, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn bytes_mean_the_same_in_any_pieces(
            bytes in proptest::collection::vec(prop_oneof![
                Just(0x1b), Just(b'['), Just(b']'), Just(b';'), Just(b'~'), Just(b'\\'), any::<u8>(),
            ], 0..60),
            cut in any::<proptest::sample::Index>(),
        ) {
            let (mut whole, mut cut_up) = (Parser::default(), Parser::default());
            let at = cut.index(bytes.len() + 1);
            let mut pieces = cut_up.feed(&bytes[..at]);
            pieces.extend(cut_up.feed(&bytes[at..]));
            prop_assert_eq!(whole.feed(&bytes), pieces);
            whole.give_up();
            // Nothing came late, either.
            whole.give_up();
            prop_assert!(whole.patience().is_none());
        }
    }
}
