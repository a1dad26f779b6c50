//! Sentences about the measurements of remedies. Nothing is computed here.

use crate::{
    remedy::{Basis, Decision, Gain, Measured, Offer, Remedy, RemedyReport, Strategy},
    text::{number, phrase, time},
};

/// The unit in which gains are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unit {
    /// Loss per row.
    #[default]
    Loss,
    /// The headline metric.
    Headline,
    /// Cost per row, or F1.
    Decision,
}

impl Unit {
    /// All units.
    pub const ALL: [Self; 3] = [Self::Loss, Self::Headline, Self::Decision];

    /// Returns the name on this case; `None` if the unit does not apply.
    #[must_use]
    pub fn name(self, backtests: &RemedyReport) -> Option<&'static str> {
        match self {
            Self::Loss => Some(backtests.measures.loss),
            Self::Headline => Some(backtests.measures.headline.name()),
            Self::Decision => backtests.measures.decision.map(Decision::name),
        }
    }

    /// Returns the gain of a measured remedy in this unit.
    #[must_use]
    pub const fn gain(self, measured: &Measured) -> Option<Gain> {
        match self {
            Self::Loss => Some(measured.loss),
            Self::Headline => measured.headline,
            Self::Decision => measured.decision,
        }
    }

    /// Returns the next unit in which some remedy has a gain.
    #[must_use]
    pub fn next(self, backtests: &RemedyReport) -> Self {
        let known = |unit: &Self| {
            unit.name(backtests).is_some()
                && backtests
                    .offers
                    .iter()
                    .filter_map(|offer| offer.basis.measured())
                    .any(|measured| unit.gain(measured).is_some())
        };
        let all = Self::ALL.len();
        (1..=all).map(|step| Self::ALL[(self as usize + step) % all]).find(known).unwrap_or(self)
    }
}

/// The result of comparing a gain with doing nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Significantly better.
    Better,
    /// Not significantly different from doing nothing.
    NotBetter,
    /// Significantly worse.
    Worse,
}

impl Against {
    /// Classifies a gain.
    #[must_use]
    pub fn of(gain: &Gain) -> Self {
        if gain.is_better() {
            Self::Better
        } else if gain.is_worse() {
            Self::Worse
        } else {
            Self::NotBetter
        }
    }

    /// A word or two, for a column.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::NotBetter => "not better",
            Self::Worse => "worse",
        }
    }

    /// The complete phrase.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Better => "better than doing nothing",
            Self::NotBetter => "not better than doing nothing",
            Self::Worse => "worse than doing nothing",
        }
    }
}

/// `0.041 to 0.060`
#[must_use]
pub fn range((low, high): (f64, f64)) -> String {
    format!("{} to {}", number::signed(low), number::signed(high))
}

/// `+0.051 log loss (90 % +0.041 to +0.060): better than doing nothing`
#[must_use]
pub fn gain(unit: &str, gain: &Gain) -> String {
    format!(
        "{} {unit} (90 % {}): {}",
        number::signed(gain.value),
        range(gain.interval),
        Against::of(gain).message()
    )
}

/// Describes the known effect of a remedy, without a final stop.
#[must_use]
pub fn basis(backtests: &RemedyReport, basis: &Basis) -> String {
    match basis {
        Basis::Measured(measured) => {
            let share =
                measured.share.map_or_else(String::new, |share| format!(", {}", phrase::wins_back(share)));
            // A threshold does not change scores: its gain is in decisions alone.
            let shown = Unit::ALL
                .into_iter()
                .filter_map(|unit| Some((unit.name(backtests)?, unit.gain(measured)?)))
                .find(|(_, gain)| gain.value != 0.0 || gain.error != 0.0)
                .unwrap_or((backtests.measures.loss, measured.loss));
            format!("{}{share}", gain(shown.0, &shown.1))
        }
        Basis::Unmeasured(why) => format!("not measured: {why}"),
    }
}

/// `+0.051 (+0.041 to +0.060)`
#[must_use]
pub fn with_interval(gain: &Gain) -> String {
    format!("{} ({})", number::signed(gain.value), range(gain.interval))
}

/// Describes the gain on rows that the remedy was not fitted on, in every unit, in a sentence.
#[must_use]
pub fn effect(backtests: &RemedyReport, basis: &Basis) -> String {
    let measured = match basis {
        Basis::Unmeasured(why) => return format!("Not measured: {why}."),
        Basis::Measured(measured) => measured,
    };
    let mut message = format!("Gain in {} a row {}", backtests.measures.loss, with_interval(&measured.loss));
    if let Some(share) = measured.share {
        message.push_str(&format!(", {}", phrase::wins_back(share)));
    }
    if let Some(headline) = &measured.headline {
        message.push_str(&format!("; {} {}", backtests.measures.headline.name(), with_interval(headline)));
    }
    if let (Some(decision), Some(gain)) = (backtests.measures.decision, &measured.decision) {
        message.push_str(&format!("; {} {}", decision.name(), with_interval(gain)));
    }
    message.push_str(&format!(
        "; the next {} labelled rows: {}.",
        number::whole(backtests.labels.block as u64),
        range(measured.loss.next)
    ));
    message
}

/// Names a strategy in a few words.
#[must_use]
pub fn strategy(strategy: Strategy) -> String {
    match strategy {
        Strategy::Full => "training + production".to_owned(),
        Strategy::SinceOnset => "since the onset".to_owned(),
        Strategy::Window(length) => format!("the last {}", time::duration(length)),
        Strategy::Weighted { half_life } => format!("half-life {}", time::duration(half_life)),
        Strategy::Incremental => "old model corrected".to_owned(),
    }
}

/// Whether a remedy corrects the predictions and not the model.
#[must_use]
pub const fn mends_scores(remedy: Remedy) -> bool {
    matches!(remedy, Remedy::MovePrior | Remedy::Platt | Remedy::Isotonic | Remedy::MoveThreshold)
}

/// Names a correction of the scores in a word or two; other remedies only have longer names.
#[must_use]
pub fn correction(offer: &Offer) -> String {
    match offer.remedy {
        Remedy::MovePrior => "new prior".to_owned(),
        Remedy::Platt => "Platt".to_owned(),
        Remedy::Isotonic => "isotonic".to_owned(),
        Remedy::MoveThreshold => "threshold".to_owned(),
        _ => offer.name.clone(),
    }
}

/// Describes the rows on which everything was measured, in a sentence.
#[must_use]
pub fn labels(backtests: &RemedyReport) -> String {
    let labels = &backtests.labels;
    if let Some(why) = &labels.lacking {
        return format!("Nothing could be tried: {why}.");
    }
    // Without an onset there is no loss before it.
    let period = if backtests.measures.loss_before.is_some() { "since the onset" } else { "of the log" };
    let mut message = format!(
        "{} labelled rows {period} and {} of training",
        number::count(labels.rows as u64),
        number::count(labels.training as u64),
    );
    if labels.folds > 0 {
        message.push_str(&format!(
            "; {} folds, each fitted on the past and evaluated on the rows after it",
            labels.folds
        ));
    }
    if labels.weight > 1.5 {
        message.push_str(&format!(
            ". One row represents {} of the log",
            number::count(labels.weight.round() as u64)
        ));
    }
    message.push('.');
    message
}

/// Describes when labels arrive, in a sentence; `None` if the log does not show it.
#[must_use]
pub fn arrival(backtests: &RemedyReport) -> Option<String> {
    let labels = &backtests.labels;
    let a_day = labels.a_day?;
    let mut message = format!("{} labels a day arrive", number::count(a_day.round().max(0.0) as u64));
    if let Some(delay) = labels.delay {
        message.push_str(&format!(", {} after the answer", time::duration(delay)));
    }
    if let Some(last) = labels.last {
        message.push_str(&format!("; the last one is for {}", time::short(last)));
    }
    message.push('.');
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn a_gain_within_chance_is_said_as_plainly_as_a_win() {
        let backtests = fixture::backtests();
        let of = |remedy| {
            let offer = backtests.offers.iter().find(|offer| offer.remedy == remedy).expect("it is there");
            basis(&backtests, &offer.basis)
        };
        assert!(
            of(Remedy::RepairInputs).ends_with(": better than doing nothing, wins back 96.2 % of the loss")
        );
        assert!(of(Remedy::MovePrior).contains(": not better than doing nothing"));
        assert!(of(Remedy::SimpleRule).contains(": worse than doing nothing"));
        assert_eq!(
            of(Remedy::MoveThreshold),
            "+0.034 cost a row (90 % +0.012 to +0.056): better than doing nothing"
        );
        assert_eq!(of(Remedy::Close), "not measured: it changes no answer");
    }

    #[test]
    fn units_without_a_gain_are_passed_over() {
        let mut backtests = fixture::backtests();
        assert_eq!(Unit::Loss.next(&backtests), Unit::Headline);
        assert_eq!(Unit::Decision.next(&backtests), Unit::Loss);
        backtests.measures.decision = None;
        assert_eq!(Unit::Headline.next(&backtests), Unit::Loss);
        let bare = fixture::bench_without_labels();
        assert_eq!(Unit::Headline.next(&bare), Unit::Headline);
    }
}
