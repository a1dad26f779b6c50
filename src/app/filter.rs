//! The language that narrows the list of features: words, and `field operator value` terms, all of which must hold.
//!
//! `util` matches names fuzzily; `psi>.25`, `ks>=.1`, `w1>2`, `null>5%`, `out>1%` compare a measure;
//! `src:bureau`, `type:cat`, `flag:●` select by property.

use std::fmt;

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use crate::{
    autopsy::{
        Investigation,
        exam::drift::{DISTANCES, DistanceSpec, DriftRow},
    },
    summary::{Feature, Kind},
};

/// Characters that a filter may have; it is matched with every name whenever the list is drawn anew.
pub(super) const MOST: usize = 2000;

/// Characters of a wrong term that are shown.
const SHOWN: usize = 60;

/// A measure that a term compares.
#[derive(Debug, Clone, Copy, PartialEq)]
enum FilterMeasure {
    Psi,
    Distance(&'static DistanceSpec),
    Missing,
    Outside,
}

impl FilterMeasure {
    /// The measure that a term spells, in small or capital letters.
    fn named(name: &str) -> Option<Self> {
        let spelt = |spellings: &[&str]| spellings.iter().any(|known| known.eq_ignore_ascii_case(name));
        if let Some(distance) = DISTANCES.iter().find(|distance| spelt(distance.spellings)) {
            return Some(Self::Distance(distance));
        }
        [
            (Self::Psi, &["psi"] as &[&str]),
            (Self::Missing, &["null", "nulls", "missing"]),
            (Self::Outside, &["out"]),
        ]
        .into_iter()
        .find_map(|(measure, spellings)| spelt(spellings).then_some(measure))
    }

    /// The measures that a term may compare, for people.
    fn spellings() -> String {
        let distances = DISTANCES.iter().filter_map(|distance| distance.spellings.first());
        let names: Vec<&str> = ["psi"].iter().chain(distances).chain(&["null"]).copied().collect();
        format!("measures are {} and out", names.join(", "))
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Term {
    /// The name matches fuzzily.
    Name(String),
    /// The measure is above (or below) a value.
    Compare { measure: FilterMeasure, above: bool, value: f64 },
    /// The source's name holds this text.
    Source(String),
    /// Numbers or names.
    Kind(Kind),
    /// The level is at least this.
    Flag(u8),
}

/// A filter over features.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
    text: String,
}

/// A term that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// The term.
    pub term: String,
    /// What would be right instead.
    pub hint: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot read {:?}: {}", self.term, self.hint)
    }
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    ///
    /// The first term that has an operator but no meaning.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        if text.len() > MOST && text.chars().count() > MOST {
            let term = text.chars().take(SHOWN).chain(['…']).collect();
            return Err(FilterError { term, hint: format!("a filter has at most {MOST} characters") });
        }
        let terms = text.split_whitespace().map(term).collect::<Result<_, _>>()?;
        Ok(Self { terms, text: text.trim().to_owned() })
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether every feature passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The features that pass, in the given order; with words, the best match first.
    #[must_use]
    pub fn apply(&self, investigation: &Investigation, features: &[usize]) -> Vec<usize> {
        let words: Vec<&str> = self
            .terms
            .iter()
            .filter_map(|t| if let Term::Name(w) = t { Some(w.as_str()) } else { None })
            .collect();
        let pattern = Pattern::parse(&words.join(" "), CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut kept: Vec<(u32, usize)> = Vec::new();
        for &index in features {
            let feature = &investigation.dossier.plan.features[index];
            let Some(score) = pattern.score(Utf32Str::new(&feature.name, &mut buffer), &mut matcher) else {
                continue;
            };
            if self.terms.iter().all(|term| holds(term, feature, investigation.drift.features.get(index))) {
                kept.push((score, index));
            }
        }
        if !words.is_empty() {
            kept.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        }
        kept.into_iter().map(|(_, index)| index).collect()
    }
}

fn term(text: &str) -> Result<Term, FilterError> {
    let wrong = |hint: &str| FilterError {
        term: if text.chars().count() > SHOWN {
            text.chars().take(SHOWN).chain(['…']).collect()
        } else {
            text.to_owned()
        },
        hint: hint.to_owned(),
    };
    if let Some((field, value)) = text.split_once(':') {
        return match field {
            "src" | "source" => Ok(Term::Source(value.to_lowercase())),
            "type" if "categorical".starts_with(value) => Ok(Term::Kind(Kind::Categorical)),
            "type" if "numeric".starts_with(value) => Ok(Term::Kind(Kind::Numeric)),
            "type" if "embedding".starts_with(value) => Ok(Term::Kind(Kind::Embedding)),
            "type" => Err(wrong("type is num, cat or embedding")),
            "flag" => match value {
                "●" | "found" | "alarm" | "!!" => Ok(Term::Flag(2)),
                "▲" | "look" | "watch" | "??" | "" => Ok(Term::Flag(1)),
                _ => Err(wrong("flag is ● (found) or ▲ (look)")),
            },
            _ => Err(wrong("fields are src, type and flag")),
        };
    }
    if let Some(at) = text.find(['>', '<']) {
        let (name, rest) = text.split_at(at);
        let above = rest.starts_with('>');
        let value = rest[1..].trim_start_matches('=');
        let measure = FilterMeasure::named(name).ok_or_else(|| wrong(&FilterMeasure::spellings()))?;
        let (digits, unit) = value.strip_suffix('%').map_or((value, 1.0), |digits| (digits, 0.01));
        let value: f64 =
            digits.parse().map_err(|_| wrong("a number must follow, such as psi>.25 or null>5%"))?;
        return Ok(Term::Compare { measure, above, value: value * unit });
    }
    Ok(Term::Name(text.to_owned()))
}

fn holds(term: &Term, feature: &Feature, drift: Option<&DriftRow>) -> bool {
    match term {
        Term::Name(_) => true,
        Term::Source(text) => feature.source.as_deref().is_some_and(|s| s.to_lowercase().contains(text)),
        Term::Kind(kind) => feature.kind == *kind,
        Term::Flag(level) => drift.is_some_and(|row| row.level >= *level),
        Term::Compare { measure, above, value } => {
            let of = |row: &DriftRow| match measure {
                FilterMeasure::Psi => Some(row.max_psi),
                FilterMeasure::Distance(distance) => (distance.value)(&row.distances),
                FilterMeasure::Missing => Some(row.distances.missing.1),
                FilterMeasure::Outside => Some(row.distances.outside),
            };
            drift.and_then(of).is_some_and(|x| if *above { x >= *value } else { x <= *value })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    fn names(text: &str) -> Vec<String> {
        let investigation = fixture::investigation();
        let all: Vec<usize> = (0..investigation.dossier.plan.features.len()).collect();
        let filter = Filter::parse(text).unwrap();
        filter
            .apply(&investigation, &all)
            .into_iter()
            .map(|f| investigation.dossier.feature_name(f).to_owned())
            .collect()
    }

    #[test]
    fn terms_narrow_together() {
        assert_eq!(names("psi>.6 src:bureau"), ["utilization", "dti"]);
        assert_eq!(names("flag:● type:cat"), ["region", "channel"]);
        assert_eq!(names("out>50%"), ["utilization"]);
        assert!(names("psi<.05").iter().all(|n| n != "utilization"));
    }

    #[test]
    fn words_match_fuzzily_best_first() {
        assert_eq!(names("utlz").first().map(String::as_str), Some("utilization"));
        assert!(names("zzzzzz").is_empty());
    }

    #[test]
    fn a_term_without_meaning_says_what_would_be_right() {
        for (text, hint) in [
            ("pis>.3", "measures are"),
            ("psi>x", "number"),
            ("kind:cat", "fields are"),
            ("flag:x", "flag is"),
        ] {
            let error = Filter::parse(text).unwrap_err();
            assert!(error.hint.contains(hint), "{text}: {error}");
        }
    }

    #[test]
    fn a_filter_of_megabytes_is_refused_in_a_few_words() {
        let error = Filter::parse(&"psi>".repeat(1 << 20)).unwrap_err();
        assert!(error.to_string().len() < 200, "{error}");
        let error = Filter::parse(&"psi>".repeat(400)).unwrap_err();
        assert!(error.to_string().len() < 200, "{error}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = Filter::parse(&text);
        }
    }
}
