//! Markdown output: a template, and filters that escape everything from the data.

use std::{error::Error as _, io, thread};

use minijinja::{
    AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, syntax::SyntaxConfig, value::Serde,
};

use super::data::ReportData;
use crate::text::{message, number, sanitize, time};

/// The built-in template.
pub const TEMPLATE: &str = include_str!("../../assets/report.md.j2");

/// A user's template is invalid.
#[derive(Debug, thiserror::Error)]
#[error("{name} is not a valid template: {detail}")]
pub struct TemplateError {
    name: String,
    detail: String,
    line: Option<usize>,
    text: String,
}

impl message::Explain for TemplateError {
    fn message(&self) -> message::Message {
        let place = self.line.map(|line| {
            let start = self.text.lines().take(line.saturating_sub(1)).map(|l| l.len() + 1).sum::<usize>();
            let length = self.text.lines().nth(line.saturating_sub(1)).map_or(0, str::len);
            message::Place::of(self.name.clone(), &self.text, &(start..start + length))
        });
        message::Message {
            code: "E301",
            message: self.to_string(),
            place,
            label: String::new(),
            hints: vec![
                "begin with a copy of assets/report.md.j2, which shows every field".to_owned(),
                "the fields are those of docs/schema/report.schema.json".to_owned(),
            ],
        }
    }
}

/// Renders a report.
///
/// # Errors
///
/// When the template is invalid: its name, what is wrong and in which line.
pub(super) fn render(data: &ReportData, name: &str, template: &str) -> Result<String, TemplateError> {
    if let Some(line) = line_of_long_tag(template) {
        return Err(TemplateError {
            name: name.to_owned(),
            detail: format!("a tag is longer than {LONGEST_TAG} characters"),
            line: Some(line),
            text: template.to_owned(),
        });
    }
    // Expressions are parsed and compiled recursively, so long ones need a deep stack.
    let rendered = thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(STACK);
        builder.spawn_scoped(scope, || render_here(data, name, template)).map(thread::ScopedJoinHandle::join)
    });
    match rendered {
        Ok(Ok(rendered)) => rendered,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        // The system refuses a thread; what people write needs none.
        Err(_) => render_here(data, name, template),
    }
}

/// Renders a report on the thread that calls.
fn render_here(data: &ReportData, name: &str, template: &str) -> Result<String, TemplateError> {
    let failed = |error: &minijinja::Error| TemplateError {
        name: name.to_owned(),
        detail: match error.source() {
            // What the bound on the text says.
            Some(source) if error.kind() == ErrorKind::WriteFailure => source.to_string(),
            _ if error.kind() == ErrorKind::OutOfFuel => format!("it takes more than {FUEL} steps"),
            _ => error.detail().map_or_else(|| error.kind().to_string(), str::to_owned),
        },
        line: error.line(),
        text: template.to_owned(),
    };
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    environment.set_syntax(syntax.build().map_err(|e| failed(&e))?);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(|out, _, value| {
        let text = if value.is_none() {
            number::MISSING.to_owned()
        } else if value.is_safe() || value.is_number() {
            value.to_string()
        } else {
            sanitize::markdown(&value.to_string())
        };
        out.write_str(&text).map_err(minijinja::Error::from)
    });
    for &(name, filter) in TEXTS {
        environment.add_filter(name, move |text: String| Value::from_safe_string(filter(&text)));
    }
    for &(name, filter) in NUMBERS {
        environment.add_filter(name, move |x: Option<f64>| {
            Value::from_safe_string(x.map_or_else(|| number::MISSING.to_owned(), filter))
        });
    }
    environment.add_template(name, template).map_err(|e| failed(&e))?;
    let mut text = Bounded(Vec::new());
    environment
        .get_template(name)
        .and_then(|template| template.render_captured_to(Serde(data), &mut text).map(|_| ()))
        .map_err(|e| failed(&e))?;
    Ok(tidied(&String::from_utf8_lossy(&text.0)))
}

/// Stack of the thread that renders, in bytes. It is address space; only what is used costs memory.
const STACK: usize = 256 << 20;

/// Maximum length of one tag in bytes; the built-in template's longest has some two hundred.
const LONGEST_TAG: usize = 16 << 10;

/// The line, from 1, of the first tag (`{{ … }}` or `{% … %}`) that is too long.
fn line_of_long_tag(template: &str) -> Option<usize> {
    let bytes = template.as_bytes();
    let mut start = None;
    for (at, pair) in bytes.windows(2).enumerate() {
        match (pair, start) {
            (b"{{" | b"{%", None) => start = Some(at),
            (b"}}" | b"%}", Some(_)) => start = None,
            (_, Some(begin)) if at - begin > LONGEST_TAG => {
                return Some(memchr::memchr_iter(b'\n', &bytes[..begin]).count() + 1);
            }
            _ => {}
        }
    }
    None
}

/// Steps that a template may take; the program's own takes some ten thousand.
const FUEL: u64 = 2_000_000;

/// Maximum number of bytes that a template may write.
const MOST_TEXT: usize = 32 << 20;

/// The text of a report while it is written, limited to [`MOST_TEXT`].
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_TEXT {
            return Err(io::Error::other("the template writes more than 32 MB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type TextFilter = fn(&str) -> String;
type NumberFilter = fn(f64) -> String;

const TEXTS: &[(&str, TextFilter)] = &[
    ("code", sanitize::markdown_code),
    ("cell", sanitize::markdown_cell_code),
    ("quote", quote),
    ("fence", fence),
    ("minute", minute),
    ("date", date),
];

const NUMBERS: &[(&str, NumberFilter)] = &[
    ("metric", number::metric),
    ("signed", number::signed),
    ("share", number::share),
    ("psi", number::psi),
    ("value", number::value),
    ("p_value", number::p_value),
    ("whole", |x| number::whole(x.max(0.0).round() as u64)),
    ("count", |x| number::count(x.max(0.0).round() as u64)),
    ("bytes", |x| number::bytes(x.max(0.0) as u64)),
    ("days", |x| format!("{x:.1}")),
    ("money", money),
    ("weight", |x| format!("{}{:.1}", if x < 0.0 { '−' } else { '+' }, x.abs())),
];

/// Formats an amount of money: with cents below 100, in whole units above.
fn money(x: f64) -> String {
    if x.abs() < 99.995 {
        return format!("{x:.2}").replace('-', "−");
    }
    let sign = if x < 0.0 { "−" } else { "" };
    format!("{sign}{}", number::whole(x.abs().round() as u64))
}

/// Formats a block quote, line by line.
fn quote(text: &str) -> String {
    text.lines()
        .map(|line| format!("> {}", sanitize::markdown(line)).trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Formats a fenced block whose fence is longer than any run of backticks inside.
fn fence(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| sanitize::terminal(line).into_owned()).collect();
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{}\n{fence}", lines.join("\n"))
}

fn minute(instant: &str) -> String {
    time::parse(instant).map_or_else(|| sanitize::markdown(instant), time::minute)
}

fn date(instant: &str) -> String {
    time::parse(instant).map_or_else(|| sanitize::markdown(instant), time::date)
}

/// Normalises whitespace as linters require: none at the ends of lines, one blank in an empty cell, no two
/// empty lines in a row, one line break at the end.
fn tidied(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() && empty {
            continue;
        }
        empty = line.is_empty();
        // Two adjacent empty cells share a bar, so one pass misses every other cell.
        let cells = line.starts_with("| ");
        let line = if cells { line.replace("|  |", "| |").replace("|  |", "| |") } else { line.to_owned() };
        out.push_str(&line);
        out.push('\n');
    }
    format!("{}\n", out.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_what_is_inside() {
        assert_eq!(fence("a\n````\nb\u{1b}"), "`````text\na\n````\nb\\u{1b}\n`````");
        assert_eq!(quote("- a\n\n<b>"), "> \\- a\n>\n> \\<b\\>");
    }

    #[test]
    fn a_tag_has_a_bound() {
        let long = "-".repeat(LONGEST_TAG);
        assert_eq!(line_of_long_tag(&format!("a\n{{{{ 1 }}}}\n{{{{ {long}1 }}}}")), Some(3));
        assert_eq!(line_of_long_tag(&format!("{{% if {long}1 %}}")), Some(1));
        assert_eq!(line_of_long_tag(&format!("{{{{ {}", "a".repeat(LONGEST_TAG))), Some(1), "without an end");
        assert_eq!(line_of_long_tag(&format!("{{{{ a }}}}{long}{{% b %}}")), None, "text has none");
        assert_eq!(line_of_long_tag(TEMPLATE), None);
    }

    #[test]
    fn sums_of_money() {
        assert_eq!([12.5, -3.0, 99.999, -18_512.5].map(money), ["12.50", "−3.00", "100", "−18 513"]);
    }

    #[test]
    fn empty_lines_are_tidied() {
        assert_eq!(tidied("\n\na  \n\n\n\nb\n\n"), "a\n\nb\n");
        assert_eq!(tidied("| a |  |  |  |\n"), "| a | | | |\n");
    }
}
