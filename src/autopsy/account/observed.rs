//! The account as evidence: a signal and a finding for each place on the way.

use crate::{
    autopsy::{
        Finding, Observations, Subject, Verdict,
        catalogue::{SignalSpec, checks, measures, signals},
    },
    text::number,
};

use super::{Account, Line, Place};

/// A part of the loss below so many standard errors is noise.
const NOISE_Z: f64 = 2.0;

/// The places that are evidence for causes, each with its signal.
const PLACES: [(Place, &SignalSpec); 6] = [
    (Place::Model, &signals::ACCOUNT_MODEL),
    (Place::Input(0), &signals::ACCOUNT_INPUTS),
    (Place::Relation, &signals::ACCOUNT_RELATION),
    (Place::Constant, &signals::ACCOUNT_CONSTANT),
    (Place::Population, &signals::ACCOUNT_POPULATION),
    (Place::Outside, &signals::ACCOUNT_OUTSIDE),
];

/// The share of each place as a signal and a finding; none if the loss is too small for shares. A share within noise is 0.
pub(in crate::autopsy) fn observed(account: &Account) -> Observations {
    let mut exam = Observations::default();
    if !account.has_shares() {
        return exam;
    }
    for (place, signal) in PLACES {
        let here = |line: &&Line| match place {
            Place::Input(_) => matches!(line.place, Place::Input(_)),
            _ => line.place == place,
        };
        let beyond = account.lines.iter().filter(here).filter(|line| line.amount.z().abs() > NOISE_Z);
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
            ..Finding::new(
                id.clone(),
                Verdict::Clear,
                format!("Of the loss since the onset, {} arose here: {name}.", number::share(share)),
            )
        });
        exam.signal(signal, share.clamp(-0.5, 1.5), &features, id);
    }
    exam
}
