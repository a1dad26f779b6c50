//! Columns of free text: how many of the terms training does not hold.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Verdict,
        catalogue::{checks, measures},
        exam::window_split,
    },
    stats::{moments, testing::welch},
    summary::{Grid, MISSING, Table},
    text::{number, phrase::list},
};

/// Rises of the mean share of unknown terms that are on watch, and that alarm.
const RISES: (f64, f64) = (0.01, 0.03);

/// Minimum rise in standard errors to count as real, as for the model's metrics.
const REAL_Z: f64 = 3.2;

/// Periods and windows with fewer texts show no mean.
const FEWEST_TEXTS: usize = 30;

/// New terms that are named.
const NAMED: usize = 3;

/// A new term in fewer rows is not named.
const FEWEST_ROWS: usize = 3;

/// What a text is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTraits {
    /// Its terms: runs of letters and digits, in small letters.
    pub terms: Vec<String>,
    /// Its length.
    pub characters: usize,
    /// The script that most of its letters are of.
    pub script: &'static str,
}

impl TextTraits {
    /// Looks at a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let terms = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|term| !term.is_empty())
            .map(str::to_lowercase)
            .collect();
        Self { terms, characters: text.chars().count(), script: script(text) }
    }
}

/// The script that most letters of a text are of (by the blocks of Unicode).
fn script(text: &str) -> &'static str {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for letter in text.chars().filter(|c| c.is_alphabetic()) {
        let of = match letter as u32 {
            0x41..=0x24F | 0x1E00..=0x1EFF => "Latin",
            0x370..=0x3FF | 0x1F00..=0x1FFF => "Greek",
            0x400..=0x52F => "Cyrillic",
            0x590..=0x5FF => "Hebrew",
            0x600..=0x6FF | 0x750..=0x77F => "Arabic",
            0x900..=0x97F => "Devanagari",
            0xE00..=0xE7F => "Thai",
            0x3040..=0x30FF => "Kana",
            0x4E00..=0x9FFF | 0x3400..=0x4DBF => "Han",
            0xAC00..=0xD7AF | 0x1100..=0x11FF => "Hangul",
            _ => "another",
        };
        *counts.entry(of).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by_key(|&(name, letters)| (letters, std::cmp::Reverse(name)))
        .map_or("no letters", |(name, _)| name)
}

/// The texts of one column.
#[derive(Debug, Clone, PartialEq)]
pub struct TextColumn {
    /// Those of training.
    pub training: Vec<TextTraits>,
    /// Those of the production sample, row by row; none where a row has none.
    pub production: Vec<Option<TextTraits>>,
    vocabulary: HashSet<String>,
}

/// The texts of a column, row by row.
fn texts<'a>(table: &'a Table, name: &str) -> Option<Vec<Option<&'a str>>> {
    let (_, column, levels) = table.extra.iter().find(|(extra, ..)| extra == name)?;
    let codes = column.codes()?;
    let text = |&code: &u32| levels.get(code as usize).filter(|_| code != MISSING).map(String::as_str);
    Some(codes.iter().map(text).collect())
}

impl TextColumn {
    /// Reads the texts of a column.
    ///
    /// # Errors
    ///
    /// Why they can't be compared, as a clause.
    pub fn read(dossier: &Dossier, name: &str) -> Result<Self, String> {
        let trained = texts(&dossier.training.sample, name).ok_or("training holds no such texts")?;
        let served = texts(&dossier.production.sample, name).ok_or("production holds no such texts")?;
        let training: Vec<TextTraits> = trained.iter().flatten().map(|text| TextTraits::of(text)).collect();
        let vocabulary: HashSet<String> =
            training.iter().flat_map(|text| text.terms.iter().cloned()).collect();
        if vocabulary.is_empty() {
            return Err("training holds no term".to_owned());
        }
        let production = served.iter().map(|text| text.map(TextTraits::of)).collect();
        Ok(Self { training, production, vocabulary })
    }

    /// Whether training holds a term.
    #[must_use]
    pub fn knows(&self, term: &str) -> bool {
        self.vocabulary.contains(term)
    }

    /// The share of a text's terms that training does not hold; a text without terms has no unknown ones either.
    #[must_use]
    pub fn unknown(&self, text: &TextTraits) -> f64 {
        let new = text.terms.iter().filter(|term| !self.knows(term)).count();
        new as f64 / text.terms.len().max(1) as f64
    }

    /// Terms that training does not hold, with the rows before and since the onset that hold them: the most frequent since
    /// first.
    #[must_use]
    pub fn new_terms(&self, framing: &Framing) -> Vec<(&str, usize, Vec<usize>)> {
        let mut held: HashMap<&str, (usize, Vec<usize>)> = HashMap::new();
        for (rows, since) in [(&framing.before, false), (&framing.after, true)] {
            for &row in rows {
                let Some(text) = &self.production[row] else { continue };
                let new: HashSet<&str> =
                    text.terms.iter().map(String::as_str).filter(|term| !self.knows(term)).collect();
                for term in new {
                    let of = held.entry(term).or_default();
                    if since {
                        of.1.push(row);
                    } else {
                        of.0 += 1;
                    }
                }
            }
        }
        let mut terms: Vec<(&str, usize, Vec<usize>)> = held
            .into_iter()
            .filter(|(_, (_, since))| since.len() >= FEWEST_ROWS)
            .map(|(term, (before, since))| (term, before, since))
            .collect();
        terms.sort_by(|a, b| b.2.len().cmp(&a.2.len()).then(a.0.cmp(b.0)));
        terms
    }

    /// The mean share of unknown terms by window of the log.
    #[must_use]
    pub fn course(&self, dossier: &Dossier) -> Option<(Grid, Vec<Option<f64>>)> {
        let grid = window_split::widened(dossier, window_split::display_width(dossier)).0?;
        let mut sums = vec![(0_usize, 0.0); grid.windows];
        for (text, &at) in self.production.iter().zip(&dossier.production.sample.time) {
            if let (Some(text), Some(window)) = (text, grid.window(at)) {
                sums[window] = (sums[window].0 + 1, sums[window].1 + self.unknown(text));
            }
        }
        let mean = |&(texts, sum): &(usize, f64)| (texts >= FEWEST_TEXTS).then(|| sum / texts as f64);
        Some((grid, sums.iter().map(mean).collect()))
    }
}

/// Whether a column's texts hold terms that training does not.
pub(super) fn finding(dossier: &Dossier, framing: &Framing, name: &str) -> Finding {
    let id = checks::SUPPORT_TEXTS.of(name);
    let what = format!("Whether {name} holds terms that training does not can't be determined");
    let column = match TextColumn::read(dossier, name) {
        Ok(column) => column,
        Err(why) => return Finding::not_applicable(id, &what, why),
    };
    let shares = |rows: &[usize]| -> Vec<f64> {
        rows.iter()
            .filter_map(|&row| column.production[row].as_ref())
            .map(|text| column.unknown(text))
            .collect()
    };
    let (before, since) = (shares(&framing.before), shares(&framing.after));
    if since.len() < FEWEST_TEXTS {
        return Finding::not_applicable(
            id,
            &what,
            format!("only {} rows since the onset have one", since.len()),
        );
    }
    // All terms of training are known, so that its own share is 0; without rows before that is what is compared with.
    let is = moments::mean(&since).unwrap_or(0.0);
    let was = if before.len() >= FEWEST_TEXTS { moments::mean(&before).unwrap_or(0.0) } else { 0.0 };
    let reference =
        if before.len() >= FEWEST_TEXTS { before } else { vec![0.0; column.training.len().max(2)] };
    let change = welch(&reference, &since).ok();
    let real =
        change.is_some_and(|change| change.difference > 0.0 && change.difference >= REAL_Z * change.error);
    let verdict = match is - was {
        rise if real && rise >= RISES.1 => Verdict::Alarm,
        rise if real && rise >= RISES.0 => Verdict::Watch,
        _ => Verdict::Clear,
    };
    let named: Vec<String> = column
        .new_terms(framing)
        .into_iter()
        .take(NAMED)
        .map(|(term, _, rows)| format!("{term} ({})", number::whole(rows.len() as u64)))
        .collect();
    let most = if named.is_empty() { String::new() } else { format!(" Most rows: {}.", list(&named)) };
    let message = format!(
        "{} of the terms in {name} are unknown to training, {} before.{most}",
        number::share(is),
        number::share(was)
    );
    Finding {
        measure: measures::UNKNOWN_TERMS.name,
        value: Some(is),
        interval: change.map(|change| {
            let half = 1.959_964 * change.error;
            ((is - half).max(0.0), (is + half).min(1.0))
        }),
        threshold: Some(was + RISES.1),
        ..Finding::new(id, verdict, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_terms_and_its_script_told() {
        let one = TextTraits::of("Refund, REFUND-2 für Straße!");
        assert_eq!(one.terms, ["refund", "refund", "2", "für", "straße"]);
        assert_eq!((one.characters, one.script), (28, "Latin"));
        assert_eq!(
            ["Привет мир", "東京 2", "123", "שלום"].map(script),
            ["Cyrillic", "Han", "no letters", "Hebrew"]
        );
    }
}
