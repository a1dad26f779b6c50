//! Causes that are found, in words.

use crate::{
    autopsy::{Diagnosis, Hypothesis, Investigation},
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

/// How much of a list's bar a cause fills, and the number beside it: its probability of being the main cause; of a cause
/// found beside the main one, which is all but excluded from being that, its share of the loss; of one that is possible
/// beside it, the probability that it is there.
#[must_use]
pub fn weight(hypothesis: &Hypothesis) -> (f64, String) {
    let judged = &hypothesis.judged;
    match judged.share.filter(|_| judged.contributing) {
        Some(share) => (share.value, format!("{:.0} % of loss", 100.0 * share.value)),
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
    use crate::{
        app::fixture,
        autopsy::{LossShare, Standing},
    };

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
        let first = &diagnosis.hypotheses[0];
        assert_eq!(weight(first).1, format!("{:.2}", first.probability));
    }
}
