//! Prompts: the filter and notes, and how lines are edited.

use tui_input::{Input, InputRequest};

use super::{Answer, Line, Overlay, Prompt, Purpose};
use crate::{
    app::{Filter, Key, Model, filter, record::record},
    journal::Entry,
};

/// Characters that a typed line takes. Nobody reads more, and with every key the line is searched and drawn.
const MOST_LINE: usize = filter::MOST;

/// Lines that a note takes.
const MOST_LINES: usize = 500;

/// Prompts: typing edits, Enter keeps, Esc drops; in a note the arrow down begins a new line.
pub(super) fn ask(model: &mut Model, key: Key, prompt: &mut Prompt) -> Answer {
    match key {
        Key::Esc => {
            if let Purpose::Filter(before) = &prompt.purpose {
                model.narrow(before);
            }
            return Answer::CLOSE;
        }
        Key::Enter => {
            let lines: Vec<&str> = prompt.lines.iter().map(Input::value).collect();
            let text = lines.join("\n").trim_end().to_owned();
            return match &prompt.purpose {
                Purpose::Filter(before) => match Filter::parse(&text) {
                    Err(error) => {
                        prompt.error = Some(error.to_string());
                        Answer::STAY
                    }
                    Ok(_) if text == *before => Answer::CLOSE,
                    Ok(_) => Answer::Close(record(model, Entry::Filter { text })),
                },
                Purpose::Note(on) => Answer::Close(record(model, Entry::Note { on: on.clone(), text })),
            };
        }
        Key::Tab if matches!(prompt.purpose, Purpose::Filter(_)) => {
            // The list is as it was before; the words are searched everywhere.
            if let Purpose::Filter(before) = &prompt.purpose {
                model.narrow(before);
            }
            model.overlays.push(Overlay::Search { query: prompt.lines[0].clone(), at: 0 });
            return Answer::CLOSE;
        }
        Key::Down if matches!(prompt.purpose, Purpose::Note(_)) => {
            if prompt.line + 1 == prompt.lines.len() && !prompt.lines[prompt.line].value().is_empty() {
                prompt.lines.push(Input::default());
            }
            prompt.line = (prompt.line + 1).min(prompt.lines.len() - 1);
        }
        Key::Up => prompt.line = prompt.line.saturating_sub(1),
        Key::Backspace if prompt.line > 0 && prompt.lines[prompt.line].value().is_empty() => {
            prompt.lines.remove(prompt.line);
            prompt.line -= 1;
        }
        _ => {
            if edit(&mut prompt.lines[prompt.line], key) {
                follow(model, prompt);
            }
        }
    }
    Answer::STAY
}

/// The list follows the filter while it is typed; a term that is half typed leaves it as it was.
fn follow(model: &mut Model, prompt: &mut Prompt) {
    if matches!(prompt.purpose, Purpose::Filter(_)) {
        let text = prompt.lines[0].value();
        prompt.error = Filter::parse(text).err().map(|error| error.to_string());
        model.narrow(text);
    }
}

/// Puts text into the overlay on top, as a whole: what one character costs, a long text must not cost for each of its
/// characters.
pub(in crate::app) fn paste(model: &mut Model, text: &str) {
    let Some(mut overlay) = model.overlays.pop() else { return };
    let whole = match &mut overlay {
        Overlay::Help { query, at } | Overlay::Palette { query, at } | Overlay::Search { query, at } => {
            *at = 0;
            insert(query, &text.replace('\n', " "))
        }
        Overlay::Prompt(prompt) => {
            let whole = match prompt.purpose {
                Purpose::Filter(_) => insert(&mut prompt.lines[0], &text.replace('\n', " ")),
                Purpose::Note(_) => insert_lines(prompt, text),
            };
            follow(model, prompt);
            if !whole && prompt.error.is_none() {
                prompt.error = Some(too_long());
            }
            whole
        }
        _ => true,
    };
    model.overlays.push(overlay);
    if !whole {
        model.toast(too_long());
    }
}

fn too_long() -> String {
    format!("the text was too long: a line takes {MOST_LINE} characters, a note {MOST_LINES} lines")
}

/// Inserts pasted lines into a note at the cursor; whether all of them fitted.
fn insert_lines(prompt: &mut Prompt, text: &str) -> bool {
    let mut whole = true;
    let at = prompt.line;
    let cursor = prompt.lines[at].cursor();
    let value = prompt.lines[at].value().to_owned();
    let byte = value.char_indices().nth(cursor).map_or(value.len(), |(byte, _)| byte);
    let (before, after) = value.split_at(byte);
    prompt.lines[at] = Input::new(before.to_owned());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            if prompt.lines.len() >= MOST_LINES {
                whole = false;
                break;
            }
            prompt.line += 1;
            prompt.lines.insert(prompt.line, Input::default());
        }
        whole &= insert(&mut prompt.lines[prompt.line], line);
    }
    let last = &mut prompt.lines[prompt.line];
    let cursor = last.cursor();
    *last = Input::new(format!("{}{after}", last.value())).with_cursor(cursor);
    whole
}

/// Inserts text at the cursor of a line, without its control characters; whether all of it fitted.
fn insert(line: &mut Line, text: &str) -> bool {
    let value = line.value();
    let room = MOST_LINE.saturating_sub(value.chars().count());
    let wanted = text.chars().filter(|c| !c.is_control());
    let typed: String = wanted.clone().take(room).collect();
    let count = typed.chars().count();
    let whole = wanted.count() == count;
    let byte = value.char_indices().nth(line.cursor()).map_or(value.len(), |(byte, _)| byte);
    let cursor = line.cursor() + count;
    *line = Input::new([&value[..byte], &typed, &value[byte..]].concat()).with_cursor(cursor);
    whole
}

/// Edits a line; whether its text changed.
pub(super) fn edit(line: &mut Line, key: Key) -> bool {
    let request = match key {
        Key::Char(_) if line.value().len() >= MOST_LINE && line.value().chars().count() >= MOST_LINE => {
            return false;
        }
        Key::Char(c) => InputRequest::InsertChar(c),
        Key::Backspace => InputRequest::DeletePrevChar,
        Key::Delete => InputRequest::DeleteNextChar,
        Key::Left => InputRequest::GoToPrevChar,
        Key::Right => InputRequest::GoToNextChar,
        Key::Home | Key::Ctrl('a') => InputRequest::GoToStart,
        Key::End | Key::Ctrl('e') => InputRequest::GoToEnd,
        Key::Ctrl('w') => InputRequest::DeletePrevWord,
        Key::Ctrl('u') => InputRequest::DeleteLine,
        _ => return false,
    };
    line.handle(request).is_some_and(|change| change.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, cursor: usize) -> Line {
        Input::new(text.to_owned()).with_cursor(cursor)
    }

    #[test]
    fn a_paste_goes_where_the_cursor_is() {
        let mut typed = line("aéd", 2);
        assert!(insert(&mut typed, "b\u{1b}c"));
        assert_eq!((typed.value(), typed.cursor()), ("aébcd", 4));
        assert!(!insert(&mut typed, &"x".repeat(1_000_000)));
        assert_eq!(typed.value().chars().count(), MOST_LINE);
        assert!(!edit(&mut typed, Key::Char('y')));
        assert!(edit(&mut typed, Key::Backspace));
    }

    #[test]
    fn pasted_lines_become_lines_of_a_note() {
        let on = crate::journal::Selection {
            id: "case".into(),
            step: crate::autopsy::Step::Triage,
            title: String::new(),
            message: String::new(),
        };
        let lines = vec![line("above", 0), line("begin end", 6)];
        let mut prompt = Prompt { purpose: Purpose::Note(on), lines, line: 1, error: None };
        assert!(insert_lines(&mut prompt, "one\n\ntwo "));
        let values: Vec<&str> = prompt.lines.iter().map(Input::value).collect();
        assert_eq!(values, ["above", "begin one", "", "two end"]);
        assert_eq!((prompt.line, prompt.lines[3].cursor()), (3, 4));
        assert!(!insert_lines(&mut prompt, &"\n".repeat(10 * MOST_LINES)));
        assert_eq!(prompt.lines.len(), MOST_LINES);
    }
}
