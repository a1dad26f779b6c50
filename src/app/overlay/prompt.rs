//! Prompts: the filter and notes, and how lines are edited.

use tui_input::{Input, InputRequest};

use super::{Answer, Line, Prompt, Purpose, key};
use crate::{
    app::{Filter, Key, Model, record::record},
    journal::Entry,
};

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
            edit(&mut prompt.lines[prompt.line], key);
        }
    }
    if matches!(prompt.purpose, Purpose::Filter(_)) {
        // The list follows while typing; a term that is half typed leaves it as it was.
        let text = prompt.lines[0].value();
        prompt.error = Filter::parse(text).err().map(|error| error.to_string());
        model.narrow(text);
    }
    Answer::STAY
}

/// Types text into the overlay on top.
pub(in crate::app) fn paste(model: &mut Model, text: &str) {
    for c in text.chars().filter(|c| !c.is_control() || *c == '\n') {
        let typed = if c == '\n' { Key::Down } else { Key::Char(c) };
        key(model, typed);
    }
}

/// Edits a line; whether its text changed.
pub(super) fn edit(line: &mut Line, key: Key) -> bool {
    let request = match key {
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
