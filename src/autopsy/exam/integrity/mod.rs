//! The state of the features: recalibrated, unavailable, skewed, joined from the wrong row, or moved with the
//! population.
//!
//! One file for each question; [`feature_samples`] provides the two populations for all of them. The repair
//! test ([`repair`]) confirms a fault: it undoes the fault and predicts again.

mod clock;
mod co_movement;
mod dependence;
mod feature_samples;
mod parity;
mod repair;
mod repair_sample;
pub mod replay;
mod row_consistency;
mod staleness;
mod starts;
#[cfg(test)]
mod tests;
mod time_function;
mod transform;
mod trial;
mod unlogged_value;
mod value_grid;

pub use repair::{Repair, undone};
pub use repair_sample::RepairGain;
pub(crate) use repair_sample::{LEAST_ROWS, RepairSample};
pub use starts::start;
pub use transform::{Inverse, Transform};
pub use trial::{Answered, Candidate, Fix, Trial, Trials, candidates};

use crate::{
    autopsy::{
        Dossier, Framing, Observations,
        catalogue::ExamName,
        exam::{context::ExamContext, rowless},
    },
    cached::cached,
};

/// The state of the features.
#[derive(Debug, Clone, Default)]
pub struct Integrity {
    /// Maps that undo the change of features that moved, the best first.
    pub transforms: Vec<Transform>,
    /// The gain of undoing them, the best first.
    pub repairs: Vec<Repair>,
}

cached!(struct Integrity { transforms, repairs });

/// Why the features can't be examined, if a snapshot is a profile.
#[must_use]
pub fn without_rows(dossier: &Dossier, framing: &Framing) -> Option<&'static str> {
    let against_training = framing.before.len() < feature_samples::FEWEST_BEFORE;
    dossier.without_rows(against_training, false)
}

/// Tests every feature that moved, is missing, or is served differently.
#[must_use]
pub fn examine(context: &ExamContext<'_>) -> (Integrity, Observations) {
    let &ExamContext { dossier, framing, surrogate, rescorer, yardstick, .. } = context;
    if let Some(because) = without_rows(dossier, framing) {
        return (Integrity::default(), rowless::not_applicable(ExamName::Integrity, because));
    }
    let samples = feature_samples::FeatureSamples::new(dossier, framing);
    let ((co_movements, stale), (mut transforms, grid_fits)) = rayon::join(
        || (co_movement::co_movements(&samples), staleness::staleness(&samples)),
        || (transform::best_transforms(&samples), value_grid::grid_fits(&samples)),
    );
    for (&j, grid_fit) in &grid_fits {
        if let Some((transform, _)) = &grid_fit.back {
            transforms.entry(j).or_default().exact = Some(transform.clone());
        }
    }
    let alone = |j: usize| co_movements.iter().find(|k| k.feature == j).is_none_or(|k| k.value < 0.35);
    let (parities, clocks) = rayon::join(|| parity::parities(&samples, framing), || clock::clocks(&samples));
    let ((dependences, across), row_consistency) = rayon::join(
        || (dependence::dependences(&samples, false), dependence::dependences(&samples, true)),
        || row_consistency::row_consistency(&samples, &clocks),
    );
    let mut observations = co_movement::examine(&samples, &co_movements, surrogate);
    observations.extend(transform::examine(&samples, &transforms, &alone));
    observations.extend(value_grid::examine(&samples, &grid_fits));
    observations.extend(staleness::examine(&samples, &stale));
    observations.extend(parity::examine(&samples, parities.as_deref()));
    observations.extend(dependence::examine(&samples, &dependences, &across));
    observations.extend(clock::examine(&samples, &clocks));
    observations.extend(row_consistency::examine(&samples, &row_consistency));
    observations.extend(replay::examine(context));
    observations.extend(unlogged_value::examine(context));
    let mut repairs = Vec::new();
    if let (Some(rescorer), Some(yardstick)) = (rescorer, yardstick) {
        let judges = repair::Judges { rescorer, yardstick: yardstick.as_ref() };
        repairs = repair::repairs(context, &judges, &transforms, parities.as_deref());
        observations.extend(repair::examine(dossier, &judges, &repairs));
    }
    let mut transforms: Vec<Transform> = transforms
        .into_values()
        .flat_map(|m| {
            let close = [m.named, m.standardised, m.free, m.recoded.map(|r| r.map)];
            let close = close.into_iter().flatten().filter(|map| map.ratio() < 0.5);
            m.exact.into_iter().chain(close.collect::<Vec<_>>())
        })
        .collect();
    transforms.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    (Integrity { transforms, repairs }, observations)
}
