//! The HTML face: one file that holds everything, to be mailed or opened from a disk. No script, nothing from outside.

use std::fmt::Write as _;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::{
    Report,
    figure::{Figure, escaped},
};

const STYLE: &str = include_str!("../../assets/report.css");

/// Renders markdown with its figures as one page.
pub(super) fn page(report: &Report, markdown: &str) -> String {
    let events: Vec<Event<'_>> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    let contents = contents(&events);
    let mut body = String::new();
    html::push_html(&mut body, dressed(events, &report.figures).into_iter());
    let title = escaped(&format!("Incident report: {}", report.data.title));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<nav>\n{contents}</nav>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// Gives headings their ids, puts the figures in the place of their images, and shows HTML as the text that it is.
fn dressed<'a>(events: Vec<Event<'a>>, figures: &[Figure]) -> Vec<Event<'a>> {
    let mut out = Vec::with_capacity(events.len());
    let mut headings = 0;
    let mut image = None;
    for event in events {
        match event {
            Event::Start(Tag::Heading {
                level: level @ HeadingLevel::H2,
                classes,
                attrs,
                ..
            }) => {
                headings += 1;
                out.push(Event::Start(Tag::Heading {
                    level,
                    id: Some(CowStr::from(format!("section-{headings}"))),
                    classes,
                    attrs,
                }));
            }
            Event::Start(Tag::Image { ref dest_url, .. }) => {
                image = figures.iter().find(|figure| figure.picture.path == **dest_url);
                if image.is_none() {
                    out.push(event);
                }
            }
            Event::End(TagEnd::Image) if image.is_some() => {
                if let Some(figure) = image.take() {
                    let caption = escaped(&figure.picture.description);
                    out.push(Event::InlineHtml(CowStr::from(format!(
                        "<span class=\"figure\">{}<span class=\"caption\">{caption}</span></span>",
                        figure.svg
                    ))));
                }
            }
            _ if image.is_some() => {}
            Event::Html(text) | Event::InlineHtml(text) => out.push(Event::Text(text)),
            other => out.push(other),
        }
    }
    out
}

/// Links to the sections.
fn contents(events: &[Event<'_>]) -> String {
    let mut links = String::new();
    let mut heading: Option<String> = None;
    let mut count = 0;
    for event in events {
        match event {
            Event::Start(Tag::Heading {
                level: HeadingLevel::H2,
                ..
            }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(text);
                }
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => {
                count += 1;
                let name = escaped(&heading.take().unwrap_or_default());
                // Writing to a string does not fail.
                let _ = writeln!(links, "<a href=\"#section-{count}\">{name}</a>");
            }
            _ => {}
        }
    }
    links
}
