//! Causes that are found, in words.

use crate::{
    autopsy::{Cause, Diagnosis, Hypothesis, Investigation, Standing},
    text::{number, phrase},
};

use super::features;

/// A found cause with its features and its cost: `label shift (37 % of the loss)`, `feature recalibration of income (60 % of
/// the loss)`; without a share the probability that it is there.
#[must_use]
pub fn with_cost(investigation: &Investigation, hypothesis: &Hypothesis) -> String {
    let on = match features::names(&investigation.dossier, &hypothesis.features) {
        names if names.is_empty() => String::new(),
        names => format!(" of {names}"),
    };
    let cost = hypothesis.judged.share.map_or_else(
        || format!("present with {}", number::share(hypothesis.judged.present)),
        |share| phrase::of_the_loss(share.value),
    );
    format!("{}{on} ({cost})", hypothesis.cause.name())
}

/// A found cause whose probability of being the main one is lower than this is there for what it costs.
const MAIN: f64 = 0.5;

/// The share of the loss that stands beside a cause in place of its probability of being the main one: of a cause that is found,
/// though that probability is low, because another one is found as well.
#[must_use]
pub fn shown_share(hypothesis: &Hypothesis) -> Option<f64> {
    let judged = &hypothesis.judged;
    let is_found = hypothesis.standing == Standing::Found && hypothesis.cause != Cause::None;
    let share = judged.share.filter(|_| judged.contributing || is_found && hypothesis.probability < MAIN);
    share.map(|share| share.value)
}

/// How much of a list's bar a cause fills, and the number beside it: its probability of being the main cause; of a cause
/// found though that is low, its share of the loss; of one that is possible beside another one, the probability that it is
/// there.
#[must_use]
pub fn weight(hypothesis: &Hypothesis) -> (f64, String) {
    let judged = &hypothesis.judged;
    match shown_share(hypothesis) {
        Some(share) => (share, format!("{:.0} % of loss", 100.0 * share)),
        None if judged.contributing || hypothesis.is_possible_besides() => {
            (judged.present, format!("besides {:.2}", judged.present))
        }
        None => (hypothesis.probability, format!("{:.2}", hypothesis.probability)),
    }
}

/// What the numbers of [`weight`] are, as the heading of a list.
#[must_use]
pub fn weights(diagnosis: &Diagnosis) -> &'static str {
    if diagnosis.found().len() > 1 { "probability, then % of loss" } else { "probability" }
}

/// The causes found after the first one, as a sentence: `Found besides: label shift (37 % of the loss).`; none where at
/// most one is found.
#[must_use]
pub fn besides(investigation: &Investigation) -> Option<String> {
    let found = investigation.diagnosis.found();
    let others: Vec<String> = found.iter().skip(1).map(|other| with_cost(investigation, other)).collect();
    (!others.is_empty()).then(|| format!("Found besides: {}.", others.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::fixture, autopsy::LossShare};

    #[test]
    fn a_cause_found_besides_shows_what_it_costs_and_not_a_probability_of_nothing() {
        let mut diagnosis = fixture::investigation().diagnosis;
        assert_eq!(weights(&diagnosis), "probability");
        let second = &mut diagnosis.hypotheses[1];
        (second.standing, second.probability, second.judged.contributing) = (Standing::Found, 0.0, true);
        second.judged.present = 0.97;
        assert_eq!(weight(second), (0.97, "besides 0.97".to_owned()));
        second.judged.share = Some(LossShare { value: 0.37, interval: (0.31, 0.43) });
        assert_eq!(weight(second), (0.37, "37 % of loss".to_owned()));
        let third = &mut diagnosis.hypotheses[2];
        (third.standing, third.probability, third.judged.contributing) = (Standing::Possible, 0.0, false);
        third.judged.present = 0.47;
        assert_eq!(weight(third), (0.47, "besides 0.47".to_owned()), "why it is possible");
        assert_eq!(weights(&diagnosis), "probability, then % of loss");
        let first = &mut diagnosis.hypotheses[0];
        assert_eq!(weight(first).1, format!("{:.2}", first.probability));
        first.judged.share = Some(LossShare { value: 0.55, interval: (0.5, 0.6) });
        first.probability = 0.2;
        assert_eq!(weight(first).1, "55 % of loss", "found for what it costs");
    }
}
