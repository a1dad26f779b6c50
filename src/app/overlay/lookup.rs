//! The search: everything on the screens that holds what was typed, and where Enter leads.

use super::{Answer, Line, Overlay, PaletteItem, Target, prompt::edit};
use crate::{
    app::{
        Effect, Key, Model, explain,
        navigate::go_to,
        screen::{self, concept, diagnosis, report},
    },
    autopsy::{Dossier, Investigation, Severity, Step},
    wording,
};

/// Hits of one kind that are listed at most.
const MOST: usize = 12;

/// Letters from which on everything is searched: fewer are in almost every sentence.
const FEWEST: usize = 2;

/// What holds every typed word, in any letters.
struct Typed(Vec<String>);

impl Typed {
    fn new(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_lowercase).collect())
    }

    fn is_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.0.iter().all(|word| text.contains(word.as_str()))
    }
}

fn item(name: String, target: Target) -> PaletteItem {
    PaletteItem { name, keys: Vec::new(), target, disabled: None }
}

/// What holds the typed words: findings first, those of the present screen before the others and the worst before the fine
/// ones; then causes, remedies, features, levels, segments, explanations and sections of the report. With nothing typed, what
/// the present screen found.
#[must_use]
pub fn found(model: &Model, query: &str) -> Vec<PaletteItem> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let typed = Typed::new(query);
    let short = query.trim().chars().count() < FEWEST;
    let mut all = findings(model, investigation, &typed, short);
    if short {
        return all;
    }
    let hypotheses = investigation.diagnosis.hypotheses.iter().enumerate();
    let causes = hypotheses
        .map(|(at, h)| {
            (format!("cause {}: {}, {}", h.cause.name(), h.stands(), wording::causes::weight(h).1), at)
        })
        .filter(|(name, _)| typed.is_in(name));
    all.extend(causes.map(|(name, at)| item(name, Target::Cause(at))));
    if let Some(backtests) = model.backtests() {
        let offers = backtests.offers.iter().enumerate();
        let named = offers
            .map(|(at, offer)| (format!("remedy {}: {}", offer.name, offer.because), at))
            .filter(|(name, _)| typed.is_in(name));
        all.extend(named.map(|(name, at)| item(name, Target::Remedy(at))));
    }
    let features = &investigation.dossier.plan.features;
    let named = features.iter().enumerate().filter(|(_, feature)| typed.is_in(&feature.name));
    let named = named.map(|(at, feature)| item(format!("feature {}", feature.name), Target::Feature(at)));
    all.extend(named.take(MOST));
    all.extend(levels(&investigation.dossier, query));
    let segments = investigation.concept.segments.iter().enumerate();
    let named = segments
        .filter(|(_, segment)| segment.feature.is_some())
        .map(|(at, segment)| (format!("segment {}", concept::name(investigation, segment)), at))
        .filter(|(name, _)| typed.is_in(name));
    all.extend(named.take(MOST).map(|(name, at)| item(name, Target::Segment(at))));
    let explained = explain::search(query).into_iter().take(MOST);
    all.extend(
        explained.map(|(name, entry)| item(format!("{name}: {}", entry.means), Target::Meaning(name))),
    );
    all.extend(sections(model, &typed));
    all
}

/// Findings whose sentence or check holds the words.
fn findings(
    model: &Model,
    investigation: &Investigation,
    typed: &Typed,
    only_here: bool,
) -> Vec<PaletteItem> {
    let mut hits: Vec<usize> = (0..investigation.findings.len()).collect();
    hits.retain(|&at| {
        let finding = &investigation.findings[at];
        let is_asked = finding.verdict.severity() != Severity::Unknown;
        let is_here = finding.step == model.screen || !only_here;
        is_asked && is_here && (typed.is_in(&finding.message) || typed.is_in(finding.id.check.name))
    });
    hits.sort_by_key(|&at| {
        let finding = &investigation.findings[at];
        (finding.step != model.screen, std::cmp::Reverse(finding.verdict.severity()))
    });
    let sign = |at: usize| match investigation.findings[at].verdict.severity() {
        Severity::Alarm => '●',
        Severity::Watch => '▲',
        Severity::Clear | Severity::Unknown => '✓',
    };
    let line = |at: usize| {
        let finding = &investigation.findings[at];
        item(format!("{} {}: {}", sign(at), finding.step.name(), finding.message), Target::Finding(at))
    };
    hits.into_iter().take(2 * MOST).map(line).collect()
}

/// Sections of the report that hold the words, each by its first line that does.
fn sections(model: &Model, typed: &Typed) -> Vec<PaletteItem> {
    let text = model.screens.report.preview.as_deref().unwrap_or_default();
    let mut hits: Vec<PaletteItem> = Vec::new();
    for (at, title, line) in report::lines(text) {
        let target = Target::Section(at);
        if hits.last().is_none_or(|known| known.target != target) && typed.is_in(line) {
            let plain = line.trim_start_matches(['#', '-', '|', ' ']).replace("**", "");
            hits.push(item(format!("report, {title}: {plain}"), target));
        }
        if hits.len() == MOST {
            break;
        }
    }
    hits
}

/// Levels of categorical features that begin with what was typed.
pub(super) fn levels(dossier: &Dossier, query: &str) -> Vec<PaletteItem> {
    let text = query.trim().to_lowercase();
    if text.chars().count() < 3 {
        return Vec::new();
    }
    let features = dossier.plan.features.iter().enumerate();
    let all = features.flat_map(|(at, feature)| feature.levels.iter().map(move |level| (at, feature, level)));
    let begins = all.filter(|(.., level)| level.to_lowercase().starts_with(&text)).take(2 * MOST);
    begins
        .map(|(at, feature, level)| item(format!("level {level} of {}", feature.name), Target::Feature(at)))
        .collect()
}

/// Keys of the search: typing narrows, arrows move, Enter leads there.
pub(super) fn key(model: &mut Model, key: Key, query: &mut Line, at: &mut usize) -> Answer {
    let last = |model: &Model, query: &Line| found(model, query.value()).len().saturating_sub(1);
    match key {
        Key::Esc => return Answer::CLOSE,
        Key::Enter => {
            let hits = found(model, query.value());
            let Some(hit) = hits.get((*at).min(hits.len().saturating_sub(1))) else {
                model.toast("nothing holds these words");
                return Answer::STAY;
            };
            return Answer::Close(lead(model, hit.target));
        }
        Key::Up => *at = at.saturating_sub(1),
        Key::Down | Key::Tab => *at = (*at + 1).min(last(model, query)),
        Key::PageUp => *at = at.saturating_sub(model.page()),
        Key::PageDown => *at = (*at + model.page()).min(last(model, query)),
        _ => {
            if edit(query, key) {
                *at = 0;
            }
        }
    }
    Answer::STAY
}

/// Opens what a hit is about.
pub(super) fn lead(model: &mut Model, target: Target) -> Vec<Effect> {
    let Some(investigation) = model.investigation.clone() else {
        return Vec::new();
    };
    match target {
        Target::Finding(at) => match investigation.findings.get(at) {
            Some(finding) => screen::show(model, &finding.id.to_string(), finding.step),
            None => Vec::new(),
        },
        Target::Feature(feature) => {
            let effects = go_to(model, Step::Feature);
            model.features.show(feature, &investigation);
            effects
        }
        Target::Cause(at) => {
            let effects = go_to(model, Step::Diagnosis);
            model.screens.pane[Step::Diagnosis as usize] = diagnosis::CAUSES;
            model.screens.diagnosis.at = at;
            model.screens.diagnosis.evidence = 0;
            effects
        }
        Target::Remedy(at) => {
            let effects = go_to(model, Step::Remedy);
            model.screens.pane[Step::Remedy as usize] = screen::remedy::OFFERS;
            let listed = screen::remedy::listed(model);
            model.screens.remedy.at = listed.iter().position(|&listed| listed == at).unwrap_or(0);
            effects
        }
        Target::Segment(at) => {
            let effects = go_to(model, Step::Concept);
            concept::show(model, &investigation, at);
            effects
        }
        Target::Section(at) => {
            let effects = go_to(model, Step::Report);
            let state = &mut model.screens.report;
            (state.from, state.line) = (Some(at), 0);
            state.heading = at;
            effects
        }
        Target::Meaning(name) => {
            let lines = explain::explanation(name).map_or_else(Vec::new, |entry| vec![entry.message()]);
            model.overlays.push(Overlay::Page { title: name.to_owned(), lines, at: 0 });
            Vec::new()
        }
        Target::Run(_) | Target::Type(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Msg, fixture, update};

    fn typed(model: &mut Model, keys: &str, text: &str) {
        for name in keys.split(' ') {
            let _ = update(model, Msg::Key(Key::parse(name).expect("a key")));
        }
        for c in text.chars() {
            let _ = update(model, Msg::Key(Key::Char(c)));
        }
    }

    #[test]
    fn everything_on_the_screens_is_found_and_led_to() {
        let mut model = fixture::model(120, 36);
        model.screens.report.preview =
            Some("# Incident\n\ntext\n\n## Impact\n\nRows: 8 196 answered".to_owned().into());
        let kinds = |model: &Model, query: &str| -> Vec<Target> {
            found(model, query).into_iter().map(|item| item.target).collect()
        };
        let holds = |query: &str, of: fn(&Target) -> bool| {
            assert!(kinds(&model, query).iter().any(of), "{query}: {:?}", found(&model, query));
        };
        holds("utilization", |target| matches!(target, Target::Finding(_)));
        holds("utilization", |target| matches!(target, Target::Feature(_)));
        holds("recalibration", |target| matches!(target, Target::Cause(_)));
        holds("PSI", |target| matches!(target, Target::Meaning(_)));
        holds("8 196", |target| matches!(target, Target::Section(1)));
        assert!(kinds(&model, "zzzzqq").is_empty());
        // Where nothing narrows a list, the key of the filter searches.
        typed(&mut model, "7 /", "8 196");
        typed(&mut model, "Enter", "");
        assert_eq!((model.screen, model.screens.report.from), (Step::Report, Some(1)));
        // From the filter, what was typed is searched everywhere.
        typed(&mut model, "3 /", "recalibration");
        typed(&mut model, "Tab", "");
        let Some(Overlay::Search { query, .. }) = model.overlays.last() else {
            panic!("{:?}", model.overlays)
        };
        assert_eq!(query.value(), "recalibration");
        assert_eq!(model.features.filter.text(), "");
    }

    #[test]
    fn with_nothing_typed_the_search_lists_what_the_screen_found() {
        let mut model = fixture::model(120, 36);
        typed(&mut model, "/", "");
        assert!(matches!(model.overlays.last(), Some(Overlay::Search { .. })));
        let hits = found(&model, "");
        let investigation = model.investigation.as_ref().expect("examined");
        assert!(!hits.is_empty());
        for hit in hits {
            let Target::Finding(at) = hit.target else { panic!("{hit:?}") };
            assert_eq!(investigation.findings[at].step, Step::Triage);
        }
    }
}
