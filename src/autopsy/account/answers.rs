//! The lines of the answers: the loss because another model answered, or the service did not deliver the model's answer.

use std::sync::Arc;

use crate::autopsy::{
    Dossier,
    exam::yardstick::{Gap, InTime, Launch, Yardstick},
};

use super::{
    inputs::Altered,
    known::Known,
    line::{LineParts, Place},
    period::Periods,
};

/// The golden set shows that the model itself got worse from so many paired standard errors on.
const WORSE_Z: f64 = 3.0;

/// Minimum number of rows to determine whether they are predicted differently.
const FEWEST_ROWS: usize = 50;

/// Whether the artefact, or an unchanged golden set, shows if the answers changed.
pub(super) fn are_known(known: &Known<'_>) -> bool {
    is_by_artefact(known) || known.golden.is_some_and(|golden| golden.worst_z <= WORSE_Z)
}

/// Whether the logged answers to altered inputs are as close to the launch model's as before: then the answers did not change.
///
/// Only rows with altered inputs of which the launch model has seen the like tell.
pub(super) fn follow_altered(
    dossier: &Dossier,
    launch: &Launch,
    periods: &Periods,
    altered: &Altered,
) -> bool {
    let since = &periods.since;
    let told: Vec<usize> = since
        .rows()
        .into_iter()
        .filter(|&row| altered.rows[row] && !launch.model.is_outside(&since.table, row))
        .collect();
    told.len() >= FEWEST_ROWS.max(since.table.rows / 4)
        && !launch.is_further_off(dossier, &since.table, &told)
}

fn is_by_artefact(known: &Known<'_>) -> bool {
    known.yardstick.as_ref().is_ok_and(Yardstick::is_artefact)
}

/// Takes the answers' part if rows like those before are predicted differently, or the artefact predicts them differently.
///
/// Returns the model that was learnt from the rows answered in time, where every row's inputs were altered and these rows tell.
pub(super) fn take(
    known: &Known<'_>,
    launch: &Launch,
    gap: Gap,
    periods: &Periods,
    altered: &Altered,
    parts: &mut LineParts<'_>,
) -> Option<Arc<Launch>> {
    let (dossier, since) = (known.dossier, &periods.since);
    let ill = known
        .yardstick
        .as_ref()
        .ok()
        .and_then(|yardstick| yardstick.ill_served(dossier, known.framing, &since.table).ok());
    let worse = known.golden.is_some_and(|golden| golden.worst_z > WORSE_Z);
    if let (true, Some(ill), Ok(yardstick)) = (is_by_artefact(known), &ill, known.yardstick) {
        // The artefact gives what the service should have delivered: no surrogate, no gap.
        if let Ok(changed) = yardstick.answered_anew(dossier, &since.table, ill, None) {
            let after: Vec<f64> = changed
                .after
                .iter()
                .zip(ill)
                .map(|(loss, ill)| if *ill { *loss } else { f64::NAN })
                .collect();
            parts.step(&[(Place::Service, 1.0)], &after, 0.0);
            parts.answer(ill, &changed.is.0, &changed.is.1, &[]);
        }
        if !worse {
            return None;
        }
    }
    let plain: Vec<usize> = since.rows().into_iter().filter(|&row| !altered.rows[row]).collect();
    // Without rows whose inputs are as they should be, the golden set tells, or the rows that were answered in time.
    let few = plain.len() < FEWEST_ROWS;
    if let Some(ill) = ill.as_ref().filter(|_| few && !worse) {
        let InTime { launch, gap, .. } = known.yardstick.as_ref().ok()?.in_time()?;
        parts.by_launch(dossier, launch, *gap, ill, &[], &[(Place::Service, 1.0)]);
        return Some(Arc::clone(launch));
    }
    let told_by_golden = few && worse;
    if !told_by_golden && !launch.is_answered_otherwise(dossier, &since.table, &plain) {
        return None;
    }
    let is_ill = |row: usize| ill.as_ref().is_some_and(|ill| ill[row]);
    let well: Vec<usize> = plain.iter().copied().filter(|&row| !is_ill(row)).collect();
    let only_ill = ill.is_some()
        && well.len() >= FEWEST_ROWS
        && !launch.is_answered_otherwise(dossier, &since.table, &well);
    let place = match (only_ill, worse, known.golden.is_some()) {
        (true, ..) | (false, false, true) => Place::Service,
        (false, true, _) => Place::Model,
        (false, false, false) => Place::Answers,
    };
    // Altered inputs that the launch model has seen the like of are taken as they were served: what they cost comes next.
    let taken: Vec<bool> = since
        .rows()
        .into_iter()
        .map(|row| !launch.model.is_outside(&since.table, row) && (!only_ill || is_ill(row)))
        .collect();
    parts.by_launch(dossier, launch, gap, &taken, &[], &[(place, 1.0)]);
    None
}
