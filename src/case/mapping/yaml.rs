//! As much of YAML as configuration files of columns need: sections by indentation, lists, `[a, b]` and `{a: b}`, quotes,
//! comments. Anchors, tags and texts over several lines are refused.

use serde_json::{Map, Value};

/// Sections within sections that are followed.
const DEEPEST: usize = 32;

/// A line without its comment: how far it is set in, and its text.
struct Line<'t> {
    number: usize,
    indent: usize,
    text: &'t str,
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut lines = Vec::new();
    for (at, raw) in text.lines().enumerate() {
        let bare = without_comment(raw).trim_end();
        if bare.trim().is_empty() || bare.trim() == "---" {
            continue;
        }
        let indent = bare.len() - bare.trim_start().len();
        if bare[..indent].contains('\t') {
            return Err(format!("line {}: YAML is not set in by tabs", at + 1));
        }
        lines.push(Line { number: at + 1, indent, text: bare.trim_start() });
    }
    let mut at = 0;
    let value = block(&lines, &mut at, 0, 0)?;
    match lines.get(at) {
        Some(line) => Err(format!("line {} is no YAML that is understood here", line.number)),
        None => Ok(value),
    }
}

/// The lines from `at` on that are set in by at least `indent`.
fn block(lines: &[Line<'_>], at: &mut usize, indent: usize, depth: usize) -> Result<Value, String> {
    let Some(first) = lines.get(*at).filter(|line| line.indent >= indent && depth < DEEPEST) else {
        return Ok(Value::Null);
    };
    let own = first.indent;
    if first.text.starts_with("- ") || first.text == "-" {
        let mut items = Vec::new();
        while let Some(line) = lines.get(*at).filter(|line| line.indent == own && line.text.starts_with('-'))
        {
            let rest = line.text[1..].trim_start();
            if rest.is_empty() {
                *at += 1;
                items.push(block(lines, at, own + 1, depth + 1)?);
            } else if let Some((key, value)) = pair(rest) {
                *at += 1;
                let mut entries = Map::new();
                let inner = own + (line.text.len() - rest.len());
                let value = entry(lines, at, inner, value, depth)?;
                entries.insert(key, value);
                if lines.get(*at).is_some_and(|line| line.indent == inner)
                    && let Value::Object(more) = block(lines, at, inner, depth + 1)?
                {
                    entries.extend(more);
                }
                items.push(Value::Object(entries));
            } else {
                *at += 1;
                items.push(scalar(rest, line.number)?);
            }
        }
        return Ok(Value::Array(items));
    }
    let mut entries = Map::new();
    while let Some(line) = lines.get(*at).filter(|line| line.indent == own) {
        let Some((key, value)) = pair(line.text) else {
            return Err(format!("line {} is no  key: value", line.number));
        };
        *at += 1;
        let value = entry(lines, at, own, value, depth)?;
        entries.insert(key, value);
    }
    Ok(Value::Object(entries))
}

/// The value of a key: on its line, or the lines below that are set in further (a list may stand as far out as its key).
fn entry(lines: &[Line<'_>], at: &mut usize, own: usize, value: &str, depth: usize) -> Result<Value, String> {
    if !value.is_empty() {
        return scalar(value, lines.get(at.saturating_sub(1)).map_or(0, |line| line.number));
    }
    match lines.get(*at) {
        Some(line) if line.indent > own => block(lines, at, own + 1, depth + 1),
        Some(line) if line.indent == own && line.text.starts_with("- ") => block(lines, at, own, depth + 1),
        _ => Ok(Value::Null),
    }
}

/// `key: value`; the value may be empty.
fn pair(text: &str) -> Option<(String, &str)> {
    let (key, value) = match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let end = text[1..].find(quote)? + 1;
            (text[1..end].to_owned(), text[end + 1..].strip_prefix(':')?)
        }
        _ => {
            let at = text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1))?;
            (text[..at].trim_end().to_owned(), &text[at + 1..])
        }
    };
    Some((key, value.trim()))
}

fn scalar(text: &str, line: usize) -> Result<Value, String> {
    let flow = |open: char, close: char| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
    if let Some(items) = flow('[', ']') {
        let items = items.split(',').map(str::trim).filter(|item| !item.is_empty());
        return items.map(|item| scalar(item, line)).collect::<Result<_, _>>().map(Value::Array);
    }
    if let Some(entries) = flow('{', '}') {
        let mut found = Map::new();
        for entry in entries.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (key, value) =
                pair(entry).ok_or_else(|| format!("line {line}: {entry} is no  key: value"))?;
            found.insert(key, scalar(value, line)?);
        }
        return Ok(Value::Object(found));
    }
    if text.starts_with(['&', '*', '!', '|', '>', '[', '{']) {
        return Err(format!("line {line}: {text} is more of YAML than is read here"));
    }
    for quote in ['"', '\''] {
        if let Some(bare) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return Ok(Value::String(bare.to_owned()));
        }
    }
    Ok(match text {
        "null" | "~" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => Value::String(text.to_owned()),
    })
}

/// A line up to its comment; a sign inside of quotes begins none.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '#' && before.is_whitespace() => return &line[..at],
            None => {}
        }
        before = c;
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sections_lists_and_quotes() {
        let text =
            "a: 1 # one\nb:\n  - x\n  - 'y # z'\nc:\n- name: n\n  at: \"t\"\n- [p, q]\nd: {e: f}\nempty:\n";
        let want = json!({
            "a": "1", "b": ["x", "y # z"], "c": [{"name": "n", "at": "t"}, ["p", "q"]], "d": {"e": "f"}, "empty": null
        });
        assert_eq!(parse(text), Ok(want));
    }

    #[test]
    fn what_is_not_understood_names_its_line() {
        for (text, line) in [("a: &x 1", "1"), ("a: 1\nb", "2"), ("a:\n\t- b", "2"), ("a: 1\n  b: 2", "2")] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(&format!("line {line}")), "{text}: {error}");
        }
    }
}
