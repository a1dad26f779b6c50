//! The account as evidence: a signal and a finding for each place on the way.

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{SignalSpec, checks, measures, signals},
    },
    text::phrase,
};

use super::{Account, Line, Place};

/// The places that are evidence for causes, each with its signal.
const PLACES: [(Place, &SignalSpec); 7] = [
    (Place::Service, &signals::ACCOUNT_SERVICE),
    (Place::Model, &signals::ACCOUNT_MODEL),
    (Place::Input(0), &signals::ACCOUNT_INPUTS),
    (Place::Relation, &signals::ACCOUNT_RELATION),
    (Place::Constant, &signals::ACCOUNT_CONSTANT),
    (Place::Population, &signals::ACCOUNT_POPULATION),
    (Place::Outside, &signals::ACCOUNT_OUTSIDE),
];

/// Whether the account can't tell what arose at a place, as one line covers it and another place.
fn is_covered(account: &Account, place: Place) -> bool {
    let has = |other: Place| account.lines.iter().any(|line| line.place == other);
    match place {
        Place::Input(_) => has(Place::InputsAndAnswers),
        Place::Service if has(Place::Service) => false,
        Place::Service | Place::Model => has(Place::InputsAndAnswers) || has(Place::Answers),
        _ => false,
    }
}

/// The share of each place as a signal and a finding; none if the loss is too small for shares, and none of a place that
/// shares its line with another one. A share within noise is 0.
pub(in crate::autopsy) fn observed(account: &Account) -> Observations {
    let mut exam = Observations::default();
    if !account.has_shares() {
        return exam;
    }
    for (place, signal) in PLACES.into_iter().filter(|&(place, _)| !is_covered(account, place)) {
        let here = |line: &&Line| match place {
            Place::Input(_) => matches!(line.place, Place::Input(_)),
            _ => line.place == place,
        };
        let beyond = account.lines.iter().filter(here).filter(|line| line.is_beyond_noise());
        let (mut share, mut features) = (0.0, Vec::new());
        for line in beyond {
            share += line.share.map_or(0.0, |(share, _)| share);
            if let Place::Input(feature) = line.place {
                features.push(feature);
            }
        }
        let (subject, name) = match place {
            Place::Input(_) => ("inputs", "altered inputs"),
            _ => (place.id(), place.name()),
        };
        let id = checks::ACCOUNT_PLACE.of(subject);
        exam.findings.push(Finding {
            measure: measures::LOSS_SHARE.name,
            value: Some(share),
            subject: features.first().map_or(Subject::Case, |&feature| Subject::Feature(feature)),
            ..Finding::new(id.clone(), Verdict::Clear, phrase::arose(share, None, name))
        });
        exam.signal(signal, share.clamp(-0.5, 1.5), &features, id);
    }
    exam
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(shares: &[(Place, f64)]) -> Vec<String> {
        let exam = observed(&Account::with_shares(shares));
        exam.findings.iter().map(|finding| finding.id.to_string()).collect()
    }

    #[test]
    fn what_one_line_covers_together_is_not_said_of_one_of_its_places() {
        let said = |shares: &[(Place, f64)], subject: &str| {
            subjects(shares).iter().any(|id| id.ends_with(&format!(":{subject}")))
        };
        let joint = [(Place::InputsAndAnswers, 1.05), (Place::Population, -0.05)];
        assert!(!said(&joint, "inputs") && !said(&joint, "model") && said(&joint, "population"));
        let answers = [(Place::Answers, 0.9), (Place::Input(2), 0.1)];
        assert!(said(&answers, "inputs") && !said(&answers, "model"));
        let apart = [(Place::Model, 0.9), (Place::Input(2), 0.1)];
        assert!(said(&apart, "inputs") && said(&apart, "model"));
    }
}
