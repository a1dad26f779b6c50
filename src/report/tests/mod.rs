//! Reports of a synthetic case, of cases that lack everything, and of cases with hostile names.

use std::sync::Arc;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

mod schema;

use super::*;
use crate::{
    app::fixture,
    autopsy::{Cause, LossShare, Standing, Step, catalogue::checks, exam::performance::Estimate},
    remedy::comparison::Measure,
    report::analyst::{LinePart, Note, Pin},
};

/// Hostile texts that may occur in column names, categories, titles and notes.
const HOSTILE: [&str; 8] = [
    "a|b|c",
    "``` x `y",
    "<img src=x onerror=alert(1)>",
    "line\nbreak\n\n# heading",
    "rtl \u{202e}gpj.exe",
    "\u{1b}[31mred\u{1b}]52;c;aGk=\u{7}",
    "](javascript:alert(1)) ![x](http://e.org/x.png)",
    "{{ title }} {% raw %} &lt;b&gt; @everyone http://e.org",
];

fn report() -> Report {
    Report::new(&fixture::investigation(), &Analyst::default())
}

/// The synthetic case with hostile text wherever text comes from outside.
fn hostile() -> Report {
    let mut investigation = fixture::investigation();
    let mut dossier = (*investigation.dossier).clone();
    let mut plan = (*dossier.plan).clone();
    for (at, feature) in plan.features.iter_mut().enumerate() {
        HOSTILE[at % HOSTILE.len()].clone_into(&mut feature.name);
        feature.source = Some(HOSTILE[(at + 3) % HOSTILE.len()].to_owned());
        for (level, text) in feature.levels.iter_mut().enumerate() {
            HOSTILE[(at + level) % HOSTILE.len()].clone_into(text);
        }
    }
    dossier.plan = Arc::new(plan);
    dossier.title = HOSTILE[2].to_owned();
    for (event, text) in dossier.events.iter_mut().zip(HOSTILE.iter().cycle()) {
        event.title = (*text).to_owned();
        event.kind = (*text).to_owned();
    }
    dossier.notes = HOSTILE.map(str::to_owned).to_vec();
    investigation.dossier = Arc::new(dossier);
    for (finding, text) in investigation.findings.iter_mut().zip(HOSTILE.iter().cycle()) {
        finding.message = format!("{text} is broken");
        finding.id = checks::DRIFT_PSI.of(text);
    }
    for hypothesis in &mut investigation.diagnosis.hypotheses {
        for (evidence, text) in hypothesis.evidence_for.iter_mut().zip(HOSTILE) {
            evidence.message = text.to_owned();
            evidence.finding = checks::DRIFT_PSI.of(text);
        }
    }
    let pin = |text: &str| Pin {
        id: text.to_owned(),
        step: Step::Drift,
        title: text.to_owned(),
        message: text.to_owned(),
    };
    let note = |text: &str| Note { step: Step::Triage, on: text.to_owned(), text: text.to_owned() };
    let analyst = Analyst {
        chosen: Some(Cause::FeatureRecalibration),
        pins: HOSTILE.map(pin).to_vec(),
        notes: HOSTILE.map(note).to_vec(),
        line: HOSTILE
            .map(|text| LinePart { at: "2026-03-01T00:00:00Z".to_owned(), message: text.to_owned() })
            .to_vec(),
        ..Analyst::default()
    };
    let mut backtests = fixture::backtests();
    if let Some(Ok(comparison)) = &mut backtests.comparison {
        HOSTILE[0].clone_into(&mut comparison.name);
        comparison.measure = Measure::Success(HOSTILE[2].to_owned());
        comparison.reasons = HOSTILE.map(str::to_owned).to_vec();
        comparison.limits = HOSTILE.map(str::to_owned).to_vec();
        for (segment, text) in comparison.segments.iter_mut().zip(HOSTILE) {
            text.clone_into(&mut segment.name);
        }
    }
    Report::new(&investigation, &analyst).with_remedies(&investigation, &backtests)
}

/// The synthetic case with measured remedies.
fn measured() -> Report {
    report().with_remedies(&fixture::investigation(), &fixture::backtests())
}

#[test]
fn every_section_is_there() {
    let text = report().markdown();
    for heading in [
        "Summary",
        "Impact",
        "Detection",
        "Timeline",
        "Diagnosis",
        "Contributing factors",
        "Resolution",
        "Action items",
        "Monitors to install",
        "Where we got lucky",
        "Method and limits",
        "Appendix",
    ] {
        assert!(text.contains(&format!("\n## {heading}\n")), "{heading}");
    }
}

#[test]
fn the_report_reads_as_it_did() {
    insta::assert_snapshot!(report().markdown());
}

#[test]
fn what_was_measured_reads_as_it_did() {
    let text = measured().markdown();
    let from = text.find("\n### Remedies, measured").expect("the section");
    let to = text.find("\n## Action items").expect("the next one");
    insta::assert_snapshot!(&text[from..to]);
}

#[test]
fn what_could_not_be_measured_says_why() {
    let mut backtests = fixture::bench_without_labels();
    backtests.comparison = Some(Err("no id of <next> is among the rows".into()));
    backtests.review = Err("the model logs no score".into());
    let report = report().with_remedies(&fixture::investigation(), &backtests);
    let text = report.markdown();
    assert!(text.contains("Not compared: no id of \\<next\\> is among the rows."), "{text}");
    assert!(text.contains("What a review would gain can't be determined: the model logs no score."));
    assert!(!report.chat().contains("candidate"));
    backtests.comparison = None;
    let text = self::report().with_remedies(&fixture::investigation(), &backtests).markdown();
    assert!(!text.contains("### The candidate beside"));
    let chat = measured().chat();
    assert!(chat.contains("candidate refit 2026-04: hold; log loss is better beyond doubt"), "{chat}");
    assert!(chat.contains("review: "), "{chat}");
}

#[test]
fn the_chat_message_reads_as_it_did() {
    let text = report().chat();
    assert!(text.lines().count() <= 10);
    insta::assert_snapshot!(text);
}

#[test]
fn the_same_bytes_twice() {
    let (first, second) = (report(), report());
    assert_eq!(first.files(first.markdown()), second.files(second.markdown()));
    assert_eq!(first.html(&first.markdown()), second.html(&second.markdown()));
    assert_eq!(first.json(), second.json());
}

#[test]
fn links_resolve_and_figures_are_xml() {
    for report in [report(), hostile()] {
        let text = report.markdown();
        let paths: Vec<String> = report.files(text.clone()).into_iter().map(|(path, _)| path).collect();
        let mut images = 0;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Image { dest_url, .. }) => {
                    images += 1;
                    assert!(paths.iter().any(|path| **path == *dest_url), "{dest_url}");
                }
                Event::Start(Tag::Link { dest_url, .. }) => {
                    assert!(paths.iter().any(|path| **path == *dest_url), "{dest_url}");
                }
                _ => {}
            }
        }
        assert!(images >= 5, "{images} figures");
        assert_eq!(images, report.figures.len(), "each figure stands in the text once");
        for figure in &report.figures {
            match &figure.image {
                figure::Image::Svg(text) => well_formed(text),
                figure::Image::Png(_) => panic!("nobody asked for pixels"),
            }
        }
    }
}

#[test]
fn hostile_text_breaks_no_table_and_brings_no_markup() {
    let report = hostile();
    let text = report.markdown();
    assert!(!text.contains(|c| crate::text::sanitize::is_unsafe(c) && c != '\n'));
    let headings = |text: &str| {
        Parser::new_ext(text, Options::ENABLE_TABLES)
            .filter(|e| matches!(e, Event::End(TagEnd::Heading(_))))
            .count()
    };
    let (mut cells, mut columns) = (0, 0);
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("markup came through: {html}"),
            Event::Start(Tag::Table(alignments)) => columns = alignments.len(),
            Event::Start(Tag::TableRow) => cells = 0,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(TagEnd::TableRow) => assert_eq!(cells, columns),
            _ => {}
        }
    }
    // The sections of the pins and of the line of the investigation; nothing else may add a heading.
    let of_the_analyst = 2;
    assert_eq!(
        headings(&text),
        headings(&measured().markdown()) + of_the_analyst,
        "hostile text made a heading"
    );
    let page = report.html(&text);
    assert!(!page.contains("<img") && !page.contains("<script"));
    well_formed(&report.junit());
    let chat = report.chat();
    assert!(!chat.contains(['<', '>', '@', '`']) && !chat.contains("://"), "{chat}");
    assert!(chat.lines().count() <= 10);
}

#[test]
fn what_a_study_alarms_of_stands_at_the_head_of_the_studies_and_in_the_chat_message() {
    let investigation = fixture::investigation();
    let mut studies = crate::study::all(&investigation, false);
    let sentences = ["sex breaks the four-fifths rule.", "Version 2 loses more."];
    studies[1].alarming = sentences.map(str::to_owned).to_vec();
    let title = studies[1].title;
    let report = report().with_studies(studies);
    let text = report.markdown();
    let head = text.split_once("## Studies").expect("studies").1;
    assert!(head.trim_start().starts_with(&format!("- **{title}:** {}", sentences[0])), "{}", &head[..300]);
    let chat = report.chat();
    assert!(chat.contains(&format!("besides (1 more in the report): {}", sentences[0])), "{chat}");
    assert!(chat.lines().count() <= 10);
    // Each study's figures stand in its section, and their files beside the report.
    let figure = report.data.figures.iter().find(|picture| picture.kind == "study").expect("figures");
    assert!(text.contains(&figure.path), "{}", figure.path);
    assert!(report.files(text).iter().any(|(path, _)| *path == figure.path));
}

#[test]
fn html_holds_everything() {
    let report = report();
    let page = report.html(&report.markdown());
    assert_eq!(page.matches("<svg ").count(), report.figures.len());
    for outside in ["<img", "src=", "<link", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(
        page.contains("<a href=\"#section-1\">Summary</a>")
            && page.contains("<h2 id=\"section-1\">Summary</h2>")
    );
}

#[test]
fn figures_are_drawn_as_pixels_where_that_is_asked_for() {
    let drawn = || Report::drawn(&fixture::investigation(), &Analyst::default(), figure::Face::Png);
    let (report, lines) = (drawn(), self::report());
    assert_eq!(report.figures.len(), lines.figures.len());
    for (pixels, line) in report.figures.iter().zip(&lines.figures) {
        assert_eq!(pixels.picture.title, line.picture.title);
        assert_eq!(pixels.picture.path.replace(".png", ".svg"), line.picture.path);
        assert!(pixels.image.bytes().starts_with(b"\x89PNG\r\n\x1a\n"));
    }
    assert_eq!(report.figures, drawn().figures);
    let text = report.markdown();
    assert!(text.contains("](figures/course.png)") && !text.contains(".svg"));
    let page = report.html(&text);
    assert_eq!(page.matches("src=\"data:image/png;base64,").count(), report.figures.len());
    assert!(!page.contains("<svg"));
}

#[test]
fn a_case_without_labels_golden_set_and_clock_is_honest() {
    let mut investigation = fixture::investigation();
    investigation.golden = None;
    investigation.labels.rows = 0;
    investigation.framing.onset = None;
    investigation.performance.real = false;
    investigation.performance.grid = None;
    investigation.performance.courses.clear();
    for row in &mut investigation.performance.metrics {
        (row.baseline, row.production, row.loss) = (None, None, None);
    }
    investigation.drift.grid = None;
    investigation.diagnosis.undecided = Some("Nothing tells the causes apart.".to_owned());
    let report = Report::new(&investigation, &Analyst::default());
    let text = report.markdown();
    assert_eq!(report.data.status.id, "undecided");
    assert!(text.contains("can't be measured on this log"));
    assert!(text.contains("**Not decided.** Nothing tells the causes apart."));
    assert!(text.contains("Without labels concept drift"));
    assert!(report.data.monitors.is_empty());
}

#[test]
fn an_investigation_without_hypotheses_has_a_report() {
    let mut investigation = fixture::investigation();
    investigation.diagnosis.hypotheses.clear();
    investigation.findings.clear();
    let report = Report::new(&investigation, &Analyst::default());
    assert!(report.markdown().contains("No cause was examined."));
}

#[test]
fn the_summary_names_all_causes_found_in_their_order() {
    let mut investigation = fixture::investigation();
    for (hypothesis, share) in investigation.diagnosis.hypotheses.iter_mut().zip([0.6, 0.3]) {
        hypothesis.standing = Standing::Found;
        hypothesis.judged.share = Some(LossShare { value: share, interval: (share - 0.1, share + 0.1) });
    }
    let [first, second] = [0, 1].map(|at| investigation.diagnosis.hypotheses[at].cause.name());
    let data = build(&investigation, &Analyst::default());
    let why = &data.summary[1];
    assert!(
        why.starts_with(&format!("The evidence names 2 causes, the costliest first: {first} of")),
        "{why}"
    );
    assert!(why.contains("(60.0 % of the loss)") && why.contains("(30.0 % of the loss)"), "{why}");
    assert!(why.find(first) < why.find(second), "{why}");
    assert!(data.status.message.contains(&format!("{first} and {second} named")), "{}", data.status.message);
}

#[test]
fn noise_is_only_what_the_interval_allows() {
    let mut investigation = fixture::investigation();
    investigation.performance.real = false;
    let mut told = |value: f64, interval: (f64, f64)| {
        let headline = investigation.performance.headline;
        let row = investigation.performance.metrics.iter_mut().find(|row| row.metric == headline).unwrap();
        row.loss = Some(Estimate { value, interval, rows: 1000 });
        let report = Report::new(&investigation, &Analyst::default());
        (report.data.summary[0].clone(), report.markdown())
    };
    let (summary, page) = told(-0.017, (-0.034, -0.001));
    assert!(summary.contains("does better than before"), "{summary}");
    assert!(page.contains("better by 0.017 (95 % interval 0.001 to 0.034)"), "{page}");
    let (summary, page) = told(0.004, (-0.008, 0.016));
    assert!(summary.contains("within noise") && page.contains("; within noise"), "{summary}");
    let (summary, page) = told(0.031, (0.015, 0.046));
    assert!(!summary.contains("within noise") && !page.contains("; within noise"), "{summary}");
}

#[test]
fn the_analyst_goes_before_the_evidence() {
    let analyst = Analyst {
        chosen: Some(Cause::UpstreamPipeline),
        dismissed: vec![Cause::DataDrift],
        ..Analyst::default()
    };
    let data = build(&fixture::investigation(), &analyst);
    assert_eq!(data.status.id, "confirmed");
    assert_eq!(data.diagnosis.place, Some(3));
    assert!(data.summary[1].contains("the evidence ranks it at place 3"), "{}", data.summary[1]);
    assert_eq!(data.diagnosis.dismissed, ["data drift"]);
}

#[test]
fn a_template_can_be_replaced_and_its_mistakes_have_a_line() {
    use crate::text::message::Explain as _;
    let report = hostile();
    let text = report
        .markdown_by("own.j2", "# {{ title }}\n{% for f in features %}- {{ f.name }}\n{% endfor %}")
        .expect("a template that works");
    assert!(text.starts_with("# \\<img src=x"), "{text}");
    for broken in ["a\n{{ nothing_of_the_kind }}", "a\n{% for %}"] {
        let message = report.markdown_by("own.j2", broken).expect_err("broken").message();
        assert_eq!(message.place.map(|place| place.line), Some(2), "{broken}");
    }
}

/// Asserts that the text is well-formed XML.
fn well_formed(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml;
    while let Some((text, tail)) = rest.split_once('<') {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        assert_entities(text);
        let (tag, tail) = tail.split_once('>').expect("a tag ends");
        rest = tail;
        assert_entities(tag);
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        if tag.starts_with('?') || tag.ends_with('/') {
            continue;
        }
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => open.push(tag.split_whitespace().next().expect("a name")),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

fn assert_entities(text: &str) {
    for piece in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;", "apos;"];
        assert!(known.iter().any(|entity| piece.starts_with(entity)), "&{piece}");
    }
}
