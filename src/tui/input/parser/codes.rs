//! What the numbers in a terminal's sequences stand for.

use crate::{app::Key, ui::look::Background};

/// Keys identified by a number.
pub(super) fn by_number(number: u32) -> Option<Key> {
    Some(match number {
        1 | 7 => Key::Home,
        3 => Key::Delete,
        4 | 8 => Key::End,
        5 => Key::PageUp,
        6 => Key::PageDown,
        11..=15 => Key::F(number as u8 - 10),
        17..=21 => Key::F(number as u8 - 11),
        23 | 24 => Key::F(number as u8 - 12),
        _ => return None,
    })
}

/// Returns the key for a Unicode code point or a code in kitty's private area.
///
/// * `typed`: code point of the character that the key types, if any.
pub(super) fn by_code(code: u32, typed: u32, modifiers: u32) -> Option<Key> {
    const SHIFT: u32 = 1;
    const CONTROL: u32 = 4;
    /// The digits of the keypad, then `. / * - +`.
    const PAD: [char; 15] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.', '/', '*', '-', '+'];
    Some(match code {
        9 if modifiers & SHIFT != 0 => Key::BackTab,
        9 => Key::Tab,
        13 | 57414 => Key::Enter,
        27 => Key::Esc,
        8 | 127 => Key::Backspace,
        57399..=57413 => Key::Char(PAD[(code - 57399) as usize]),
        57417 => Key::Left,
        57418 => Key::Right,
        57419 => Key::Up,
        57420 => Key::Down,
        57421 => Key::PageUp,
        57422 => Key::PageDown,
        57423 => Key::Home,
        57424 => Key::End,
        57426 => Key::Delete,
        57344..=63743 => return None,
        _ => {
            let c = char::from_u32(code).filter(|c| !c.is_control())?;
            let shown = char::from_u32(typed).filter(|c| !c.is_control()).unwrap_or(c);
            match () {
                () if modifiers & CONTROL != 0 => Key::Ctrl(c.to_ascii_lowercase()),
                () if modifiers & SHIFT != 0 => Key::Char(shown.to_ascii_uppercase()),
                () => Key::Char(shown),
            }
        }
    })
}

/// Parses the background from a reply to OSC 11: `11;rgb:1e1e/1e1e/2e2e`.
pub(super) fn background(answer: &str) -> Option<Background> {
    let colour = answer.strip_prefix("11;")?;
    let digits: Vec<&str> = match colour.strip_prefix('#') {
        Some(digits) if digits.is_ascii() && digits.len() % 3 == 0 && !digits.is_empty() => {
            let width = digits.len() / 3;
            (0..3).map(|part| &digits[part * width..(part + 1) * width]).collect()
        }
        _ => colour.strip_prefix("rgb:").or(colour.strip_prefix("rgba:"))?.split('/').take(3).collect(),
    };
    let share = |digits: &&str| {
        let most = 16_f64.powi(i32::try_from(digits.len()).ok()?) - 1.0;
        Some(f64::from(u32::from_str_radix(digits, 16).ok()?) / most)
    };
    let shares: Vec<f64> = digits.iter().filter(|digits| digits.len() <= 4).filter_map(share).collect();
    let &[red, green, blue] = shares.as_slice() else { return None };
    // Luma of Rec. 709.
    let light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5;
    Some(if light { Background::Light } else { Background::Dark })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_background_is_told() {
        for (text, want) in [
            ("11;rgb:1111/1111/1111", Some(Background::Dark)),
            ("11;rgb:ff/ff/ea", Some(Background::Light)),
            ("11;rgba:fdfd/f6f6/e3e3/ffff", Some(Background::Light)),
            ("11;#002b36", Some(Background::Dark)),
            ("10;rgb:ffff/ffff/ffff", None),
            ("11;rgb:zz/00/00", None),
            ("11;rgb:ff/ff", None),
            ("11;#", None),
            ("11;?", None),
        ] {
            assert_eq!(background(text), want, "{text}");
        }
    }
}
