//! Unseen levels that are known ones in another spelling.

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{FindingId, checks, measures, signals},
        exam::{context::ExamContext, sampled_values::unseen_levels},
    },
    summary::Kind,
    text::{number, phrase::list},
};

use super::facts::Facts;

/// A lower share of respelt values is occasional typing mistakes.
const SOME: f64 = 0.005;

/// Among more levels than this, some are similar by chance.
const MOST_LEVELS: usize = 200;

/// Lower case letters and digits only: a level without case, blanks and punctuation.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The known level of which an unseen one is another spelling.
///
/// Tried in this order: the same number (`1.0` for `1`), the same letters and digits (`NY ` for `ny`), the
/// one known level that is contained in it or contains it (`US-CA` for `CA`), the one that differs in a
/// single letter. Numbers within a text must agree, as `m12` is no misspelt `m123`.
fn known_level<'a>(unseen: &str, known: &'a [String], by_plain: &BTreeMap<String, usize>) -> Option<&'a str> {
    if let Ok(value) = unseen.trim().parse::<f64>()
        && let Some(level) = known.iter().find(|k| k.trim().parse::<f64>() == Ok(value))
    {
        return Some(level);
    }
    let text = plain(unseen);
    if text.is_empty() {
        return None;
    }
    if let Some(&at) = by_plain.get(&text) {
        return Some(&known[at]);
    }
    if by_plain.len() > MOST_LEVELS {
        return None;
    }
    let digits = |t: &str| -> String { t.chars().filter(|c| c.is_numeric()).collect() };
    let own_digits = digits(&text);
    let only = |fits: &dyn Fn(&str) -> bool| {
        let mut hits = by_plain
            .iter()
            .filter(|(k, _)| fits(k) && digits(k) == own_digits)
            .map(|(_, &at)| known[at].as_str());
        hits.next().filter(|_| hits.next().is_none())
    };
    let long = |k: &str| k.chars().count() > 2 && text.chars().count() > 2;
    only(&|k| long(k) && (text.contains(k) || k.contains(&text)))
        .or_else(|| only(&|k| long(k) && k.chars().count() > 4 && one_edit(&text, k)))
}

/// Whether two texts differ by one inserted, deleted or replaced character.
fn one_edit(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let back = a[front..].iter().rev().zip(b[front..].iter().rev()).take_while(|(x, y)| x == y).count();
    a.len().max(b.len()) - front - back == 1
}

pub(super) fn examine(context: &ExamContext<'_>, facts: &[Facts]) -> Observations {
    let &ExamContext { dossier, framing, .. } = context;
    let mut observations = Observations::default();
    let mut largest: Option<(usize, f64)> = None;
    for fact in facts {
        let description = &dossier.plan.features[fact.feature];
        if description.kind != Kind::Categorical {
            continue;
        }
        let known = &description.levels[..description.known_levels.min(description.levels.len())];
        let by_plain: BTreeMap<String, usize> =
            known.iter().enumerate().map(|(at, k)| (plain(k), at)).collect();
        let unseen = if fact.outside.after.rows == 0 {
            Vec::new()
        } else {
            unseen_levels(dossier, fact.feature, &framing.after)
        };
        let respelt: Vec<(String, f64)> = unseen
            .iter()
            .filter_map(|(text, share)| {
                known_level(text, known, &by_plain).map(|k| (format!("\"{text}\" for \"{k}\""), *share))
            })
            .collect();
        let share = respelt.iter().map(|r| r.1).sum::<f64>();
        if largest.is_none_or(|l| share > l.1) {
            largest = Some((fact.feature, share));
        }
        if share < SOME {
            continue;
        }
        let pairs: Vec<String> = respelt.into_iter().map(|r| r.0).collect();
        observations.findings.push(Finding {
            subject: Subject::Feature(fact.feature),
            measure: measures::RESPELT.name,
            value: Some(share),
            threshold: Some(SOME),
            ..Finding::new(
                checks::PIPELINE_SPELLING.of(&fact.name),
                Verdict::Alarm,
                format!(
                    "{} holds known levels in another spelling on {} of the rows: {}.",
                    fact.name,
                    number::share(share),
                    list(&pairs),
                ),
            )
        });
    }
    if let Some((feature, share)) = largest {
        let id = if share < SOME {
            let message = "No unseen level looks like a known one.";
            observations.findings.push(Finding::new(&checks::PIPELINE_SPELLING, Verdict::Clear, message));
            FindingId::from(&checks::PIPELINE_SPELLING)
        } else {
            checks::PIPELINE_SPELLING.of(dossier.feature_name(feature))
        };
        let at: &[usize] = if share < SOME { &[] } else { &[feature] };
        observations.signal(&signals::PIPELINE_SPELLING, share, at, &id);
    }
    observations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands_for(unseen: &str) -> Option<String> {
        let known = ["New York", "CA", "california", "1", "17"].map(str::to_owned);
        let by_plain = known.iter().enumerate().map(|(at, k)| (plain(k), at)).collect();
        known_level(unseen, &known, &by_plain).map(str::to_owned)
    }

    #[test]
    fn case_blanks_and_punctuation_do_not_count() {
        assert_eq!(stands_for("new-york ").as_deref(), Some("New York"));
        assert_eq!(stands_for("1.0").as_deref(), Some("1"));
        assert_eq!(stands_for("Californa").as_deref(), Some("california"));
        assert_eq!(stands_for("US: New York").as_deref(), Some("New York"));
    }

    #[test]
    fn other_levels_stay_other() {
        assert_eq!(stands_for("Texas"), None);
        assert_eq!(stands_for("2"), None);
        assert_eq!(stands_for("171"), None);
        assert_eq!(stands_for("…"), None);
    }
}
