//! HTML output: one self-contained file for mail or a browser. No scripts, no external resources.

use std::fmt::Write as _;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::{
    Report,
    figure::{Figure, Image, base64, escaped},
};

const STYLE: &str = include_str!("../../assets/report.css");

/// Renders markdown and figures as one page.
pub(super) fn page(report: &Report, markdown: &str) -> String {
    let events: Vec<Event<'_>> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    let contents = contents(&events);
    let mut body = String::new();
    html::push_html(&mut body, dressed(events, report).into_iter());
    let title = escaped(&format!("Incident report: {}", report.data.title));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<nav>\n{contents}</nav>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// Adds ids to headings, embeds figures in place of their images and monitors in place of their links, and
/// shows raw HTML as text.
fn dressed<'a>(events: Vec<Event<'a>>, report: &Report) -> Vec<Event<'a>> {
    let mut out = Vec::with_capacity(events.len());
    let mut headings = 0;
    let mut image = None;
    let mut in_download = false;
    for event in events {
        match event {
            Event::Start(Tag::Heading { level: level @ HeadingLevel::H2, classes, attrs, .. }) => {
                headings += 1;
                out.push(Event::Start(Tag::Heading {
                    level,
                    id: Some(CowStr::from(format!("section-{headings}"))),
                    classes,
                    attrs,
                }));
            }
            Event::Start(Tag::Image { ref dest_url, .. }) => {
                image = report.figures.iter().find(|figure| figure.picture.path == **dest_url);
                if image.is_none() {
                    out.push(event);
                }
            }
            Event::End(TagEnd::Image) if image.is_some() => {
                if let Some(figure) = image.take() {
                    let caption = escaped(&figure.picture.description);
                    out.push(Event::InlineHtml(CowStr::from(format!(
                        "<span class=\"figure\">{}<span class=\"caption\">{caption}</span></span>",
                        drawing(figure)
                    ))));
                }
            }
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                match report.monitors.iter().find(|(path, _)| **path == **dest_url) {
                    Some((path, text)) => {
                        in_download = true;
                        out.push(Event::InlineHtml(CowStr::from(download(path, text))));
                    }
                    None => out.push(event),
                }
            }
            Event::End(TagEnd::Link) if in_download => {
                in_download = false;
                out.push(Event::InlineHtml(CowStr::from("</a>")));
            }
            _ if image.is_some() => {}
            Event::Html(text) | Event::InlineHtml(text) => out.push(Event::Text(text)),
            Event::Text(text) => out.push(Event::Text(CowStr::from(unbroken(&text)))),
            other => out.push(other),
        }
    }
    out
}

/// Keeps numbers on one line: thousands separators, percent signs, and the time after a date become
/// unbreakable.
fn unbroken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let goes_on = |next: &char| next.is_ascii_digit() || *next == '%';
        let kept = c == ' ' && before.is_ascii_digit() && rest.peek().is_some_and(goes_on);
        out.push(if kept { '\u{a0}' } else { c });
        before = c;
    }
    out
}

/// Returns a figure as embedded HTML.
fn drawing(figure: &Figure) -> String {
    match &figure.image {
        Image::Svg(text) => text.clone(),
        Image::Png(bytes) => format!(
            "<img alt=\"{}\" width=\"{}\" src=\"data:image/png;base64,{}\">",
            escaped(&figure.picture.title),
            figure.size.0,
            base64(bytes)
        ),
    }
}

/// Returns the opening tag of a link that contains a file.
fn download(path: &str, text: &str) -> String {
    let name = escaped(path.rsplit('/').next().unwrap_or(path));
    let mut content = String::with_capacity(2 * text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            content.push(char::from(byte));
        } else {
            // Writing to a `String` can't fail.
            let _ = write!(content, "%{byte:02X}");
        }
    }
    format!("<a download=\"{name}\" href=\"data:text/plain;charset=utf-8,{content}\">")
}

/// Returns the table of contents.
fn contents(events: &[Event<'_>]) -> String {
    let mut links = String::new();
    let mut heading: Option<String> = None;
    let mut count = 0;
    for event in events {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(text);
                }
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => {
                count += 1;
                let name = escaped(&heading.take().unwrap_or_default());
                // Writing to a `String` can't fail.
                let _ = writeln!(links, "<a href=\"#section-{count}\">{name}</a>");
            }
            _ => {}
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_on_one_line() {
        assert_eq!(
            unbroken("2 478 rows, 31.0 % of 8 at 2026-03-18 02:00"),
            "2\u{a0}478 rows, 31.0\u{a0}% of 8 at 2026-03-18\u{a0}02:00"
        );
    }
}
