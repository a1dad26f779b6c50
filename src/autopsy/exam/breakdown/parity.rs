//! Parity between groups of people, before and since the onset.

use crate::{
    autopsy::{
        Dossier, Finding, Framing, Verdict,
        catalogue::{checks, measures},
        exam::{
            column_groups::ColumnGroups,
            two_periods::{Period, TwoPeriods},
        },
        scoring::Answers,
    },
    summary::Task,
    text::number,
};

/// A group that is chosen less than this fraction as often as the group chosen most often is at a disadvantage
/// (Uniform Guidelines on Employee Selection Procedures 1978, 29 CFR 1607.4 D).
pub const FOUR_FIFTHS: f64 = 0.8;

/// Groups with fewer rows, or rates of fewer, say nothing.
const FEWEST_ROWS: u64 = 30;

/// Minimum change in standard errors to count as real, as for the model's metrics.
const REAL_Z: f64 = 3.2;

/// A gap between the groups' rates of right answers that grew by less does not alarm.
const GAP: f64 = 0.05;

/// The counts of one group in one period.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct GroupCounts {
    /// Rows with an answer.
    pub rows: u64,
    /// Of them, those answered with the positive class.
    pub chosen: u64,
    /// Labelled rows.
    pub labelled: u64,
    /// Of them, those of the positive class.
    pub positives: u64,
    /// Of those, the ones that the model found.
    pub hits: u64,
    /// Rows of the negative class that were answered with the positive one.
    pub false_alarms: u64,
}

impl GroupCounts {
    pub(crate) fn of(answers: &Answers<'_>, rows: impl Iterator<Item = usize>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            let answer = answers.answer_of(row);
            if answer.is_nan() {
                continue;
            }
            let chosen = answer == 1.0;
            counts.rows += 1;
            counts.chosen += u64::from(chosen);
            if let Some(&label) = answers.label.get(row).filter(|label| !label.is_nan()) {
                let positive = label == 1.0;
                counts.labelled += 1;
                counts.positives += u64::from(positive);
                counts.hits += u64::from(positive && chosen);
                counts.false_alarms += u64::from(!positive && chosen);
            }
        }
        counts
    }

    /// The share of rows answered with the positive class; none of too few rows.
    #[must_use]
    pub fn selection(self) -> Option<f64> {
        (self.rows >= FEWEST_ROWS).then(|| self.chosen as f64 / self.rows as f64)
    }

    /// The share of positives that were found.
    #[must_use]
    pub fn recall(self) -> Option<f64> {
        (self.positives > 0).then(|| self.hits as f64 / self.positives as f64)
    }

    /// The share of negatives that were answered with the positive class.
    #[must_use]
    pub fn false_positive_rate(self) -> Option<f64> {
        let negatives = self.labelled - self.positives;
        (negatives > 0).then(|| self.false_alarms as f64 / negatives as f64)
    }

    fn of_positives(self) -> (u64, u64) {
        (self.hits, self.positives)
    }

    fn of_negatives(self) -> (u64, u64) {
        (self.false_alarms, self.labelled - self.positives)
    }
}

/// Each group's selection rate over the largest one.
#[must_use]
pub fn ratios(counts: &[GroupCounts]) -> Vec<Option<f64>> {
    let most = counts.iter().filter_map(|c| c.selection()).fold(0.0, f64::max);
    counts.iter().map(|c| c.selection().filter(|_| most > 0.0).map(|rate| rate / most)).collect()
}

/// The groups of one column, counted in both periods.
#[derive(Debug, Clone, PartialEq)]
pub struct Parity {
    /// The column.
    pub column: String,
    /// The groups' names.
    pub groups: Vec<String>,
    /// Their counts in the reference.
    pub then: Vec<GroupCounts>,
    /// Their counts since the onset.
    pub now: Vec<GroupCounts>,
}

/// A ratio of two shares, and the standard error of its logarithm (Katz, Baptista, Azen and Pike 1978).
fn ratio((k, n): (u64, u64), (other_k, other_n): (u64, u64)) -> Option<(f64, f64)> {
    if k == 0 || other_k == 0 {
        return None;
    }
    let (k, n, other_k, other_n) = (k as f64, n as f64, other_k as f64, other_n as f64);
    let error = (1.0 / k - 1.0 / n + 1.0 / other_k - 1.0 / other_n).max(0.0).sqrt();
    Some(((k / n) / (other_k / other_n), error))
}

/// A share, and the variance of it; none of too few rows.
fn share((k, n): (u64, u64)) -> Option<(f64, f64)> {
    let share = k as f64 / n as f64;
    // Agresti and Coull's added counts keep the variance above 0 where all or none are hit.
    let pulled = (k as f64 + 2.0) / (n as f64 + 4.0);
    (n >= FEWEST_ROWS).then(|| (share, pulled * (1.0 - pulled) / n as f64))
}

/// A ratio with its 95 % interval.
type RatioWithInterval = (f64, (f64, f64));

/// How a rate differs between two groups, and by how much that grew.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Gap {
    low: usize,
    high: usize,
    now: f64,
    then: f64,
    /// How much it grew, in standard errors.
    z: f64,
}

impl Parity {
    /// Counts the groups of a column; none where it makes no groups.
    #[must_use]
    pub fn of(dossier: &Dossier, framing: &Framing, name: &str) -> Option<Self> {
        let groups = ColumnGroups::of(dossier, name)?;
        let periods = TwoPeriods::of(dossier, framing);
        let counted = |period: &Period<'_>| -> Vec<GroupCounts> {
            let assigned = groups.assign(dossier, period.table);
            let of = |group: usize| {
                let inside = period.rows.iter().copied().filter(|&row| assigned[row] == Some(group));
                GroupCounts::of(&period.answers, inside)
            };
            (0..groups.names().len()).map(of).collect()
        };
        let (then, now) = (counted(&periods.then), counted(&periods.now));
        Some(Self { column: name.to_owned(), groups: groups.names().to_vec(), then, now })
    }

    /// The group that is chosen least often since the onset, and the one chosen most often.
    fn extremes(&self) -> Option<(usize, usize)> {
        let known = || self.now.iter().enumerate().filter_map(|(at, c)| Some((at, c.selection()?)));
        let low = known().min_by(|a, b| a.1.total_cmp(&b.1))?.0;
        let high = known().max_by(|a, b| a.1.total_cmp(&b.1))?.0;
        (low != high).then_some((low, high))
    }

    /// The largest gap of a rate since the onset, and what it was between the same groups before.
    fn gap(&self, counts: fn(GroupCounts) -> (u64, u64)) -> Option<Gap> {
        let known = || self.now.iter().enumerate().filter_map(|(at, c)| Some((at, share(counts(*c))?)));
        let (low, now_low) = known().min_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
        let (high, now_high) = known().max_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
        if low == high {
            return None;
        }
        let before = share(counts(self.then[low])).zip(share(counts(self.then[high])));
        let (then, variance) =
            before.map_or((f64::NAN, f64::NAN), |(low, high)| (high.0 - low.0, low.1 + high.1));
        let now = now_high.0 - now_low.0;
        let error = (variance + now_low.1 + now_high.1).sqrt();
        Some(Gap { low, high, now, then, z: (now - then) / error })
    }

    /// What is to be said of it, the outcome, and the ratio with its interval.
    fn judged(&self) -> (Verdict, String, Option<RatioWithInterval>) {
        let name = &self.column;
        let Some((low, high)) = self.extremes() else {
            return (Verdict::Clear, format!("{name}: fewer than two groups have enough rows."), None);
        };
        let chosen = |counts: &GroupCounts| (counts.chosen, counts.rows);
        let is = ratio(chosen(&self.now[low]), chosen(&self.now[high]));
        let enough = [low, high].iter().all(|&group| self.then[group].rows >= FEWEST_ROWS);
        let was = ratio(chosen(&self.then[low]), chosen(&self.then[high])).filter(|_| enough);
        let interval = is.map(|(value, error)| {
            let of = |by: f64| value * (by * 1.959_964 * error).exp();
            (value, (of(-1.0), of(1.0)))
        });
        // Of a group that is never chosen the ratio is 0, and so far below the limit as counts can show.
        let value = interval.map_or(0.0, |(value, _)| value);
        let never = is.is_none() && self.now[high].chosen >= FEWEST_ROWS;
        let below = never || interval.is_some_and(|(_, (_, upper))| upper < FOUR_FIFTHS);
        let fell = match (is, was) {
            (Some((now, now_error)), Some((then, then_error))) => {
                (then / now).ln() >= REAL_Z * now_error.hypot(then_error)
            }
            (None, Some(_)) => never,
            _ => false,
        };
        let gaps = [
            ("recall", self.gap(GroupCounts::of_positives)),
            ("the false positive rate", self.gap(GroupCounts::of_negatives)),
        ];
        let grown =
            gaps.iter().any(|(_, gap)| gap.is_some_and(|gap| gap.z >= REAL_Z && gap.now - gap.then >= GAP));
        let verdict = match (below, fell, grown) {
            (true, true, _) | (_, _, true) => Verdict::Alarm,
            (true, false, _) | (false, true, _) => Verdict::Watch,
            _ => Verdict::Clear,
        };
        let state = if below { "breaks" } else { "keeps" };
        let range = interval.map_or_else(String::new, |(_, (from, to))| {
            format!(" (95 %: {} to {})", number::metric(from), number::metric(to))
        });
        let before = was.map_or_else(String::new, |(was, _)| format!(", {} before", number::metric(was)));
        let mut message = format!(
            "{name} {state} the four-fifths rule: {} is chosen {} times as often as {}{range}{before}.",
            self.groups[low],
            number::metric(value),
            self.groups[high],
        );
        for (rate, gap) in gaps.iter().filter_map(|(rate, gap)| Some((rate, (*gap)?))) {
            let before = if gap.then.is_nan() {
                String::new()
            } else {
                format!(", {} before", number::metric(gap.then))
            };
            message.push_str(&format!(
                " {} is {} higher for {} than for {}{before}.",
                crate::text::capital(rate),
                number::metric(gap.now),
                self.groups[gap.high],
                self.groups[gap.low],
            ));
        }
        (verdict, message, interval)
    }
}

/// Whether the groups of a column are treated alike.
pub(super) fn finding(dossier: &Dossier, framing: &Framing, name: &str) -> Finding {
    let id = checks::PERFORMANCE_PARITY.of(name);
    let what = format!("Whether the groups of {name} are treated alike can't be determined");
    if dossier.task() != Task::Binary {
        return Finding::not_applicable(id, &what, "parity is told of two classes only");
    }
    if let Some(why) = dossier.without_rows(false, false) {
        return Finding::not_applicable(id, &what, why);
    }
    let Some(parity) = Parity::of(dossier, framing, name) else {
        return Finding::not_applicable(id, &what, "the column holds nothing that makes groups");
    };
    let (verdict, message, ratio) = parity.judged();
    Finding {
        measure: measures::SELECTION_RATIO.name,
        value: ratio.map(|(value, _)| value),
        interval: ratio.map(|(_, interval)| interval),
        threshold: Some(FOUR_FIFTHS),
        ..Finding::new(id, verdict, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rows: u64, chosen: u64, positives: u64, hits: u64) -> GroupCounts {
        GroupCounts { rows, chosen, labelled: rows, positives, hits, false_alarms: chosen - hits }
    }

    fn parity(then: [GroupCounts; 2], now: [GroupCounts; 2]) -> Parity {
        Parity {
            column: "sex".to_owned(),
            groups: vec!["a".to_owned(), "b".to_owned()],
            then: then.to_vec(),
            now: now.to_vec(),
        }
    }

    #[test]
    fn rates_are_those_of_the_counts() {
        // fairlearn: demographic_parity_ratio = (15/50) / (30/50) = 0.5
        let label: Vec<f64> = (0..100).map(|row| f64::from(u8::from(row % 2 == 0))).collect();
        let said = |row: usize| if row < 50 { row < 30 } else { row < 65 };
        let prediction: Vec<f64> = (0..100).map(|row| f64::from(u8::from(said(row)))).collect();
        let answers = Answers {
            task: Task::Binary,
            classes: 2,
            label: &label,
            prediction: &prediction,
            score: &[],
            class_scores: &[],
        };
        let counts = [GroupCounts::of(&answers, 0..50), GroupCounts::of(&answers, 50..100)];
        assert_eq!(ratios(&counts), [Some(1.0), Some(0.5)]);
        // 25 positives among the first 50 rows, 15 of them are below 30.
        assert_eq!(counts[0].recall(), Some(0.6));
        assert_eq!(counts[0].false_positive_rate(), Some(0.6));
    }

    #[test]
    fn a_group_that_is_chosen_less_since_the_onset_alarms_and_one_that_always_was_is_watched() {
        let alike = counts(1000, 400, 300, 280);
        let fewer = counts(1000, 200, 300, 190);
        let (verdict, message, ratio) = parity([alike, alike], [alike, fewer]).judged();
        assert_eq!(verdict, Verdict::Alarm, "{message}");
        // scipy.stats.contingency.relative_risk(200, 1000, 400, 1000).confidence_interval(.95): 0.43236, 0.57822
        let (value, (low, high)) = ratio.expect("both are chosen");
        assert_eq!(value, 0.5);
        assert!((low - 0.432_36).abs() < 1e-5 && (high - 0.578_22).abs() < 1e-5, "{low} {high}");
        assert!(
            message.contains("breaks the four-fifths rule: b is chosen 0.500 times as often as a"),
            "{message}"
        );
        assert_eq!(parity([alike, fewer], [alike, fewer]).judged().0, Verdict::Watch);
        assert_eq!(parity([alike, alike], [alike, alike]).judged().0, Verdict::Clear);
    }

    #[test]
    fn errors_that_fall_on_one_group_alone_alarm() {
        let alike = counts(1000, 400, 300, 280);
        // As often chosen, but half of the positives are missed.
        let missed = counts(1000, 400, 300, 150);
        let (verdict, message, _) = parity([alike, alike], [alike, missed]).judged();
        assert_eq!(verdict, Verdict::Alarm, "{message}");
        assert!(message.contains("Recall is 0.433 higher for a than for b, 0.000 before"), "{message}");
    }
}
