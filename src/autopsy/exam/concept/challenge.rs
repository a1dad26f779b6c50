//! The challengers' time series beside the deployed model's.

use crate::{
    autopsy::{Dossier, exam::loss_samples::LossSamples},
    cached::cached,
    model::{
        challenger::{Challenge, challenge},
        learner::Family,
        loss::LossKind,
    },
    stats::Undefined,
    summary::Grid,
};

/// A window with fewer compared rows is left empty in the time series.
const WINDOW_ROWS: usize = 20;

/// One challenger, refitted on the rows after the onset.
#[derive(Debug, Clone, PartialEq)]
pub struct ChallengerCourse {
    /// Its predictions and losses.
    pub challenge: Challenge,
    /// Per window: mean loss of the deployed model and of the challenger.
    pub course: Vec<Option<(f64, f64)>>,
}

cached!(struct ChallengerCourse { challenge, course });

/// Cross-validates both kinds of challenger.
pub(super) fn challengers(
    dossier: &Dossier,
    samples: &LossSamples<'_>,
    grid: Option<Grid>,
) -> Vec<Result<ChallengerCourse, Undefined>> {
    let after = &samples.after;
    let seed = samples.plan.seed;
    let (boosted, linear) = rayon::join(
        || challenge(samples.plan, &after.table, &after.rows, Family::Boosted, seed),
        || challenge(samples.plan, &after.table, &after.rows, Family::Linear, seed),
    );
    [boosted, linear]
        .into_iter()
        .map(|result| {
            result.map(|challenge| {
                let course = course(dossier, samples.kind, &challenge, grid);
                ChallengerCourse { challenge, course }
            })
        })
        .collect()
}

fn course(
    dossier: &Dossier,
    kind: LossKind,
    challenge: &Challenge,
    grid: Option<Grid>,
) -> Vec<Option<(f64, f64)>> {
    let table = &dossier.production.sample;
    let mut sums = vec![(0_usize, 0.0, 0.0); grid.map_or(1, |g| g.windows)];
    for (&row, &answer) in challenge.rows.iter().zip(&challenge.answers) {
        let window = match (grid, table.time.get(row)) {
            (Some(grid), Some(&at)) => grid.window(at),
            _ => Some(0),
        };
        if let Some(sum) = window.and_then(|w| sums.get_mut(w)) {
            sum.0 += 1;
            sum.1 += kind.of_row(table, row);
            sum.2 += kind.of_answer(table.label[row], answer);
        }
    }
    sums.into_iter()
        .map(|(n, deployed, other)| (n >= WINDOW_ROWS).then(|| (deployed / n as f64, other / n as f64)))
        .collect()
}
