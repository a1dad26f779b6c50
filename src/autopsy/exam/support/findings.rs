//! Findings and signals of the support exam.

use std::collections::HashMap;

use super::{Placed, Support, features_of};
use crate::{
    autopsy::{
        Dossier, Finding, Observations, Subject, Verdict,
        catalogue::{CheckSpec, SignalSpec, checks, measures, signals},
        exam::{context::ExamContext, loss_samples::LossSamples},
    },
    model::support::Reason,
    summary::{Column, MISSING},
    text::{
        number::{metric, share, signed, tenths, whole},
        phrase::plural,
    },
};

/// The rise of the share outside that is on watch.
const NOTABLE_RISE: f64 = 0.01;

/// Minimum placed rows to report shares.
const FEWEST_ROWS: usize = 100;

/// Minimum labelled rows outside to report their loss.
const FEWEST_OUTSIDE: usize = 30;

/// Minimum rise in loss, in standard errors, to be split into parts.
const REAL: f64 = 3.0;

pub(super) fn examine(
    context: &ExamContext<'_>,
    support: &Support,
    after: &Placed,
    samples: &LossSamples<'_>,
) -> Observations {
    let dossier = context.dossier;
    let mut observations = Observations::default();
    if support.rows.1 < FEWEST_ROWS || dossier.training.sample.rows < FEWEST_ROWS {
        let why =
            format!("{} production and {} training rows are too few", support.rows.1, dossier.training.rows);
        observations.findings.push(Finding::not_applicable(
            &checks::SUPPORT_OUTSIDE,
            "Whether rows lie outside of training can't be determined",
            why,
        ));
        return observations;
    }
    outside(dossier, support, after, &mut observations);
    unseen(dossier, support, &mut observations);
    loss(support, samples, &mut observations);
    vectors(support, &mut observations);
    observations
}

/// Whether a reason is of one kind.
type IsKind = fn(Reason) -> bool;

/// The reason why rows lie outside, in words.
fn words(dossier: &Dossier, reason: Reason) -> String {
    let name = |j: usize| dossier.plan.features.get(j).map_or("", |f| &f.name);
    match reason {
        Reason::UnseenLevel { feature } => format!("new levels of {}", name(feature)),
        Reason::OutOfRange { feature } => format!("{} where training has no values", name(feature)),
        Reason::OutlyingVector { feature } => format!("{} unlike any of training", name(feature)),
        Reason::RarePair { first, second } => {
            format!("{} and {} in combinations that are rare in training", name(first), name(second))
        }
        Reason::Far => "far from every training row".to_owned(),
    }
}

fn outside(dossier: &Dossier, support: &Support, after: &Placed, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::SUPPORT_OUTSIDE;
    // Without rows before the onset, training's own share by construction of the threshold.
    let was = if support.rows.0 >= FEWEST_ROWS { support.outside.0 } else { 0.005 };
    let rise = support.outside.1 - was;
    let lead = support.reasons.first();
    let most = lead
        .map_or_else(String::new, |r| format!(" Most: {} ({}).", words(dossier, r.reason), share(r.share.1)));
    let message = format!(
        "{} of the rows lie where training has no rows, {} before.{most}",
        share(support.outside.1),
        share(was)
    );
    let verdict = match rise {
        r if r >= dossier.thresholds.outside_rise => Verdict::Alarm,
        r if r >= NOTABLE_RISE => Verdict::Watch,
        _ => Verdict::Clear,
    };
    let features = lead.filter(|_| rise >= NOTABLE_RISE).map_or(Vec::new(), |r| features_of(r.reason));
    observations.findings.push(Finding {
        measure: measures::ROWS_OUTSIDE.name,
        value: Some(support.outside.1),
        threshold: Some(was + dossier.thresholds.outside_rise),
        subject: features.first().map_or(Subject::Case, |&j| Subject::Feature(j)),
        verdict,
        ..Finding::new(ID, Verdict::Clear, message)
    });
    observations.signal(&signals::SUPPORT_OUTSIDE_RISE, rise, &features, ID);

    let of_kind = |wanted: IsKind| {
        let mut kind: Vec<&super::Outside> = support.reasons.iter().filter(|r| wanted(r.reason)).collect();
        kind.truncate(3);
        let before = if support.rows.0 >= FEWEST_ROWS { 1.0 } else { 0.0 };
        let rise: f64 =
            support.reasons.iter().filter(|r| wanted(r.reason)).map(|r| r.share.1 - before * r.share.0).sum();
        let mut features: Vec<usize> = kind.into_iter().flat_map(|r| features_of(r.reason)).collect();
        features.dedup();
        (rise, features)
    };
    let kinds: [(&'static SignalSpec, IsKind); 4] = [
        (&signals::SUPPORT_UNSEEN_RISE, |r| matches!(r, Reason::UnseenLevel { .. })),
        (&signals::SUPPORT_RANGE_RISE, |r| matches!(r, Reason::OutOfRange { .. })),
        (&signals::SUPPORT_PAIR_RISE, |r| matches!(r, Reason::RarePair { .. })),
        (&signals::SUPPORT_FAR_RISE, |r| matches!(r, Reason::Far)),
    ];
    for (key, wanted) in kinds {
        let (rise, features) = of_kind(wanted);
        observations.signal(key, rise, &features, ID);
    }
    if rise >= NOTABLE_RISE {
        variety(dossier, support, after, observations);
    }
}

/// Are the rows outside as varied as ordinary requests, or all alike?
fn variety(dossier: &Dossier, support: &Support, after: &Placed, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::SUPPORT_OUTSIDE;
    let mut shares: HashMap<usize, f64> = HashMap::new();
    for reason in &support.reasons {
        for feature in features_of(reason.reason) {
            *shares.entry(feature).or_default() += reason.share.1;
        }
    }
    let total: f64 = shares.values().sum();
    if total > 0.0 {
        let mut sizes: Vec<f64> = shares.into_values().collect();
        sizes.sort_unstable_by(f64::total_cmp);
        let entropy: f64 = sizes.iter().map(|s| s / total).map(|p| -p * p.ln()).sum();
        observations.signal(&signals::SUPPORT_FEATURES, entropy.exp(), &[], ID);
    }
    let lead =
        support.reasons.iter().find(|r| !matches!(r.reason, Reason::Far | Reason::OutlyingVector { .. }));
    let Some(lead) = lead else { return };
    let features = features_of(lead.reason);
    let Some(&feature) = features.first() else { return };
    let rows = after.rows.iter().zip(&after.places).filter(|(_, p)| p.reason == Some(lead.reason));
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for (&row, _) in rows {
        let value = match dossier.production.sample.features.get(feature) {
            Some(Column::Numeric { values, .. }) => values[row].to_bits(),
            Some(Column::Categorical(codes)) if codes[row] != MISSING => u64::from(codes[row]),
            _ => continue,
        };
        *counts.entry(value).or_default() += 1;
    }
    let all: usize = counts.values().sum();
    if let Some(most) = counts.into_values().max() {
        observations.signal(&signals::SUPPORT_ONE_VALUE, most as f64 / all as f64, &features, ID);
    }
}

fn unseen(dossier: &Dossier, support: &Support, observations: &mut Observations) {
    let Some(most) = support.unseen.first() else {
        let message = "Every level of every category is known from training.";
        observations.findings.push(Finding::new(&checks::SUPPORT_UNSEEN, Verdict::Clear, message));
        return;
    };
    let rows: usize = support.unseen.iter().map(|level| level.rows).sum();
    let message = format!(
        "{} never seen in training, in {} of the sampled rows; most: {} {:?} ({}).",
        plural(support.unseen.len(), "level"),
        whole(rows as u64),
        dossier.feature_name(most.feature),
        most.level,
        whole(most.rows as u64)
    );
    let part = rows as f64 / dossier.production.sample.rows.max(1) as f64;
    observations.findings.push(Finding {
        measure: measures::UNSEEN_ROWS.name,
        value: Some(rows as f64),
        subject: Subject::Feature(most.feature),
        onset: most.first,
        verdict: if part >= dossier.thresholds.unseen_share { Verdict::Alarm } else { Verdict::Watch },
        ..Finding::new(&checks::SUPPORT_UNSEEN, Verdict::Clear, message)
    });
}

fn loss(support: &Support, samples: &LossSamples<'_>, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::SUPPORT_LOSS;
    let (inside, outside) = &support.performance;
    let Some((all, kept)) = support.loss.filter(|_| inside.labelled >= FEWEST_ROWS) else {
        let why = "too few labels after the onset".to_owned();
        let message = format!("Whether the rows outside carry the loss can't be determined: {why}.");
        observations.findings.push(Finding::new(ID, Verdict::NotApplicable(why), message));
        return;
    };
    let loss_inside = |observations: &mut Observations| {
        observations.signal(&signals::SUPPORT_INSIDE_Z, kept.z().clamp(-60.0, 60.0), &[], ID);
        let share = (kept.rise() / all.rise()).clamp(-1.0, 2.0);
        observations.signal(&signals::SUPPORT_INSIDE_SHARE, share, &[], ID);
    };
    if outside.labelled < FEWEST_OUTSIDE {
        let message = format!("Only {} labelled rows lie outside; the loss is elsewhere.", outside.labelled);
        observations.findings.push(Finding::new(ID, Verdict::Clear, message));
        if all.z() >= REAL {
            loss_inside(observations);
        }
        return;
    }
    let part = outside.labelled as f64 / (outside.labelled + inside.labelled) as f64;
    let excess = outside.loss.unwrap_or(all.before) - all.before;
    let carried = if all.z() >= REAL { part * excess / all.rise() } else { f64::NAN };
    let message = format!(
        "Rows outside lose {} against {} {}, rows inside {} ({} standard errors).",
        signed(excess),
        metric(all.before),
        samples.phrase(),
        signed(kept.rise()),
        tenths(kept.z())
    );
    let alarming = carried > 0.5;
    observations.findings.push(Finding {
        measure: measures::OUTSIDE_LOSS.name,
        value: Some(carried).filter(|c| c.is_finite()),
        threshold: Some(0.5),
        verdict: if alarming { Verdict::Alarm } else { Verdict::Clear },
        ..Finding::new(ID, Verdict::Clear, message)
    });
    if all.z() >= REAL {
        observations.signal(&signals::SUPPORT_LOSS_SHARE, carried.clamp(-1.0, 2.0), &[], ID);
        loss_inside(observations);
    }
}

fn vectors(support: &Support, observations: &mut Observations) {
    let Some((was, is)) = support.mean_similarity else {
        return;
    };
    let message =
        format!("Vectors are {} similar to the nearest of training, {} before.", metric(is), metric(was));
    observations.findings.push(Finding {
        measure: measures::VECTOR_SIMILARITY.name,
        value: Some(is),
        verdict: if was - is > 0.05 { Verdict::Watch } else { Verdict::Clear },
        ..Finding::new(&checks::SUPPORT_SIMILARITY, Verdict::Clear, message)
    });
}
