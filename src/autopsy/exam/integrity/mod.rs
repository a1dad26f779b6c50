//! What happened to a feature: recalibrated, unavailable, skewed, joined from the wrong row, or moved with the
//! population?
//!
//! One file for each question; [`contrast`] sets the two populations side by side for all of them. The repair test
//! ([`repair`]) closes the circle: undo the fault, ask the model again.

mod bench;
mod contrast;
mod joins;
mod joint;
mod lattice;
mod mapping;
mod parity;
mod population;
mod recode;
mod repair;
mod replay;
mod rescore;
mod staleness;
#[cfg(test)]
mod tests;
mod trial;

use std::sync::Arc;

pub use mapping::{Map, Undo};
pub use repair::{Repair, undone};
pub use rescore::Rescorer;
pub use trial::{Answered, Candidate, Fix, Trial, Trials, candidates};

use crate::{
    autopsy::{
        Dossier, Exam, Framing, Step,
        exam::rowless::{self, NeedsRows},
    },
    model::surrogate::Surrogate,
};

/// What can't be told of a profile.
const NEEDS_ROWS: [NeedsRows; 8] = [
    ("integrity.features_together", "Whether the values of a row belong together"),
    ("integrity.moved", "Which features were altered by themselves"),
    ("integrity.map", "Whether a map takes a feature back to the reference"),
    ("integrity.stale", "Whether a feature is stale"),
    ("integrity.parity", "Whether features are served as training computes them"),
    ("integrity.dependence", "Whether the features still go with each other"),
    ("replay.mismatch", "Whether the model answers as logged"),
    ("integrity.repair", "What undoing a fault wins back"),
];

/// The state of the features.
#[derive(Debug, Clone, Default)]
pub struct Integrity {
    /// Maps that take moved features back, the best first.
    pub maps: Vec<Map>,
    /// What undoing them wins back, the best first.
    pub repairs: Vec<Repair>,
    /// The model that answered repaired rows.
    pub rescorer: Option<Rescorer>,
    /// What was found.
    pub exam: Exam,
}

/// Tests every feature that moved, is missing, or is served differently.
#[must_use]
pub fn examine(dossier: &Dossier, framing: &Framing, surrogate: Option<&Arc<Surrogate>>) -> Integrity {
    let against_training = framing.before.len() < contrast::FEWEST_BEFORE;
    if let Some(because) = dossier.without_rows(against_training, false) {
        return Integrity {
            exam: rowless::not_applicable(Step::Feature, &NEEDS_ROWS, because),
            ..Integrity::default()
        };
    }
    let contrast = contrast::Contrast::new(dossier, framing);
    let ((kappas, stale), (mut mapped, standings)) = rayon::join(
        || (population::kappas(&contrast), staleness::staleness(&contrast)),
        || (mapping::maps(&contrast), lattice::standings(&contrast)),
    );
    for (&j, standing) in &standings {
        if let Some((map, _)) = &standing.back {
            mapped.entry(j).or_default().exact = Some(map.clone());
        }
    }
    let alone = |j: usize| kappas.iter().find(|k| k.feature == j).is_none_or(|k| k.value < 0.35);
    let (parities, clocks) =
        rayon::join(|| parity::parities(&contrast, framing), || joins::clocks(&contrast));
    let ((dependences, across), joint) = rayon::join(
        || (joins::dependences(&contrast, false), joins::dependences(&contrast, true)),
        || joint::joint(&contrast, &clocks),
    );
    let mut exam = population::examine(&contrast, &kappas, surrogate.map(Arc::as_ref));
    exam.extend(mapping::examine(&contrast, &mapped, &alone));
    exam.extend(lattice::examine(&contrast, &standings));
    exam.extend(staleness::examine(&contrast, &stale));
    exam.extend(parity::examine(&contrast, parities.as_deref()));
    exam.extend(joins::examine(&contrast, &dependences, &across, &clocks));
    exam.extend(joint::examine(&contrast, &joint));
    exam.extend(replay::examine(dossier, framing, surrogate.map(Arc::as_ref)));
    let rescorer = Rescorer::choose(dossier, surrogate);
    let mut repairs = Vec::new();
    if let Some(rescorer) = &rescorer {
        repairs = repair::repairs(dossier, framing, rescorer, &mapped, parities.as_deref());
        exam.extend(repair::examine(dossier, rescorer, &repairs));
    }
    let mut maps: Vec<Map> = mapped
        .into_values()
        .flat_map(|m| {
            let close = [m.named, m.standardised, m.free, m.recoded.map(|r| r.map)];
            let close = close.into_iter().flatten().filter(|map| map.ratio() < 0.5);
            m.exact.into_iter().chain(close.collect::<Vec<_>>())
        })
        .collect();
    maps.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    Integrity { maps, repairs, rescorer, exam }
}
