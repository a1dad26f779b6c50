//! Findings and signals of the concept exam.

mod outcome;

use super::{Concept, FEWEST_ROWS, REAL, SAME_ORDER};
use crate::{
    autopsy::{
        Dossier, Finding, Observations, Subject, Verdict,
        catalogue::{CheckSpec, checks, measures, signals},
        exam::context::ExamContext,
    },
    model::{decomposition::LossPart, learner::Family},
    stats::Undefined,
    text::{
        number::{metric, share, signed, tenths, whole},
        phrase::plural,
    },
};

/// A feature drifted if its part explains this much more than the whole score, as a share of the total.
const BALANCE: f64 = 0.05;

/// Minimum of twice the log-likelihood per row for a changed relation to be reported.
const CHANGE: f64 = 0.02;

/// Minimum of twice the log-likelihood gained by all explanations together to attribute the change to one of
/// them.
const EXPLAINED: f64 = 25.0;

pub(super) fn examine(context: &ExamContext<'_>, concept: &Concept) -> Observations {
    let dossier = context.dossier;
    let mut observations = Observations::default();
    if concept.rows.1 < FEWEST_ROWS {
        let why = format!(
            "only {} rows after the onset have a label; {FEWEST_ROWS} are needed to tell whether the relation changed",
            concept.rows.1
        );
        observations.findings.push(Finding::not_applicable(
            &checks::CONCEPT_RELATION,
            "Whether the relation between inputs and outcome changed can't be determined",
            why,
        ));
        importance(dossier, concept, &mut observations);
        outcome::estimated_size(concept, &mut observations);
        estimated(concept, &mut observations);
        return observations;
    }
    residuals(dossier, concept, &mut observations);
    reference(concept, &mut observations);
    split(concept, &mut observations);
    change(dossier, concept, &mut observations);
    importance(dossier, concept, &mut observations);
    challengers(concept, &mut observations);
    calibration(concept, &mut observations);
    slices(dossier, concept, &mut observations);
    outcome::label_shift(concept, &mut observations);
    estimated(concept, &mut observations);
    observations
}

/// Whether the loss rose significantly.
fn rose(concept: &Concept) -> bool {
    concept.loss.is_ok_and(|loss| loss.z() >= REAL)
}

fn not_applicable(id: &'static CheckSpec, why: Undefined) -> Finding {
    let message = format!("Not computed: {why}.");
    Finding::new(id, Verdict::NotApplicable(why.to_string()), message)
}

fn found(is_found: bool) -> Verdict {
    if is_found { Verdict::Alarm } else { Verdict::Clear }
}

/// The verdict on a change: an alarm where it is one and the loss rose; where the model does as before, worth a look.
fn costly(is_found: bool, concept: &Concept) -> Verdict {
    match (is_found, rose(concept)) {
        (true, true) => Verdict::Alarm,
        (true, false) => Verdict::Watch,
        (false, _) => Verdict::Clear,
    }
}

/// Whether the inputs weigh in the answers as they did. It speaks for no cause: altered inputs change the order as another
/// population does.
fn importance(dossier: &Dossier, concept: &Concept, observations: &mut Observations) {
    let Ok(importance) = &concept.importance else { return };
    let is_kept = importance.agreement >= SAME_ORDER;
    let correlation = importance
        .correlation
        .map_or_else(String::new, |correlation| format!(", rank correlation {}", metric(correlation)));
    let order = format!(
        "The order of the inputs by their weight in the launch model's answers {} that {} (agreement {}{correlation}).",
        if is_kept { "is about" } else { "is not" },
        importance.against,
        metric(importance.agreement)
    );
    let most = importance.most_changed().map_or_else(String::new, |input| {
        let (was, is) = input.shares;
        format!(
            " Most changed {}: {} of the attributions then, {} now.",
            dossier.feature_name(input.feature),
            share(was),
            share(is)
        )
    });
    let subject = importance.most_changed().filter(|_| !is_kept);
    observations.findings.push(Finding {
        measure: measures::IMPORTANCE_AGREEMENT.name,
        value: Some(importance.agreement),
        threshold: Some(SAME_ORDER),
        subject: subject.map_or(Subject::Case, |input| Subject::Feature(input.feature)),
        ..Finding::new(
            &checks::CONCEPT_IMPORTANCE,
            if is_kept { Verdict::Clear } else { Verdict::Watch },
            format!("{order}{most}"),
        )
    });
}

fn residuals(dossier: &Dossier, concept: &Concept, observations: &mut Observations) {
    let Some(all) = concept.segments.first() else {
        return;
    };
    let (Some(was), Some(is)) = all.residual else {
        return;
    };
    let moved =
        |s: &&super::Segment| s.q_value.is_some_and(|q| q < 0.01) && s.rise.is_some_and(|r| r.0 > 0.0);
    let worse: Vec<&super::Segment> = concept.segments.iter().filter(moved).collect();
    let worst = worse
        .iter()
        .copied()
        .reduce(|a, b| if b.rise.map_or(0.0, |r| r.0) > a.rise.map_or(0.0, |r| r.0) { b } else { a });
    let where_ = worst.map_or_else(String::new, |s| {
        let feature = s.feature.map_or("", |j| dossier.feature_name(j));
        format!(" Most in {feature} {}: {} more loss.", s.name, metric(s.rise.map_or(0.0, |r| r.0)))
    });
    let message = format!(
        "Mean residual {} {}, {} since; the loss rose in {} of {} segments.{where_}",
        signed(was),
        concept.against,
        signed(is),
        worse.len(),
        concept.segments.len() - 1,
    );
    observations.findings.push(Finding {
        measure: measures::RESIDUAL.name,
        value: Some(is),
        verdict: if rose(concept) { Verdict::Watch } else { Verdict::Clear },
        ..Finding::new(&checks::CONCEPT_RESIDUALS, Verdict::Clear, message)
    });
}

fn reference(concept: &Concept, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::CONCEPT_REFERENCE;
    let reference = match concept.reference {
        Ok(reference) => reference,
        Err(why) => return observations.findings.push(not_applicable(ID, why)),
    };
    let message = if rose(concept) {
        let share_of = reference.share();
        let meaning = if share_of < 0.3 {
            "the rows are as learnable as before, so the fault is in what the model is given or in how it answers"
        } else {
            "the deployed model is not alone with it, so the reason is in the rows"
        };
        format!(
            "A learner fitted on the training labels lost {} where the deployed model lost {}: {meaning}.",
            signed(reference.learner.rise()),
            signed(reference.deployed.rise())
        )
    } else {
        format!(
            "A learner fitted on the training labels does as before: its loss changed by {} ({} standard errors).",
            signed(reference.learner.rise()),
            tenths(reference.learner.z())
        )
    };
    observations.findings.push(Finding {
        measure: measures::REFERENCE_RISE.name,
        value: Some(reference.learner.rise()),
        verdict: costly(reference.learner.z() >= REAL, concept),
        ..Finding::new(ID, Verdict::Clear, message)
    });
    observations.signal(&signals::CONCEPT_REFERENCE_Z, reference.learner.z(), &[], ID);
    if rose(concept) {
        observations.signal(&signals::CONCEPT_REFERENCE_SHARE, reference.share().clamp(-1.0, 2.0), &[], ID);
    }
}

fn split(concept: &Concept, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::CONCEPT_SPLIT;
    if let Ok((auc, _)) = concept.domain {
        observations.signal(&signals::CONCEPT_DOMAIN_AUC, auc, &[], ID);
    }
    let split = match (concept.split, concept.domain) {
        (Ok(split), _) => split,
        (Err(why), Err(_)) => return observations.findings.push(not_applicable(ID, why)),
        (Err(why), Ok((auc, _))) => {
            return observations.findings.push(Finding {
                message: format!(
                    "The inputs separate the periods with AUC {}; on rows that both share the loss can't be split between inputs and relation: {why}.",
                    metric(auc)
                ),
                ..not_applicable(ID, why)
            });
        }
    };
    let part = |p: LossPart| format!("{} ± {}", signed(p.value), metric(1.96 * p.error));
    let guard = if split.trusted {
        ""
    } else {
        " The periods hardly share rows, so this says more about support than about the relation."
    };
    let message = format!(
        "Of {} loss, {} comes from different inputs, {} from another relation, {} from rows outside.{guard}",
        signed(split.total.value),
        part(split.inputs),
        part(split.relation),
        part(split.outside)
    );
    observations.findings.push(Finding {
        measure: measures::RELATION_PART.name,
        value: Some(split.relation.value),
        interval: Some(split.relation.interval()),
        verdict: if split.trusted { costly(split.relation.z() >= REAL, concept) } else { Verdict::Watch },
        ..Finding::new(ID, Verdict::Clear, message)
    });
    observations.signal(&signals::CONCEPT_OUTSIDE_ROWS, split.outside_rows, &[], ID);
    if split.trusted {
        observations.signal(&signals::CONCEPT_RELATION_Z, split.relation.z(), &[], ID);
    }
    if split.total.z() >= REAL {
        let share_of = |p: LossPart| (p.value / split.total.value).clamp(-1.0, 2.0);
        observations.signal(&signals::CONCEPT_OUTSIDE_SHARE, share_of(split.outside), &[], ID);
        if split.trusted {
            observations.signal(&signals::CONCEPT_INPUTS_SHARE, share_of(split.inputs), &[], ID);
            observations.signal(&signals::CONCEPT_RELATION_SHARE, share_of(split.relation), &[], ID);
        }
    }
}

fn change(dossier: &Dossier, concept: &Concept, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::CONCEPT_CHANGE;
    let change = match &concept.change {
        Ok(change) => change,
        Err(why) => return observations.findings.push(not_applicable(ID, *why)),
    };
    let change_attribution = &change.change_attribution;
    let per_row = change_attribution.per_row();
    // Few rows give much likelihood each by chance, so the gain must also be beyond noise as a whole.
    let changed = per_row >= CHANGE && change_attribution.all >= EXPLAINED;
    let lead = change_attribution.lead();
    let share_of = |gain: f64| {
        if change_attribution.all > 0.0 { (gain / change_attribution.all).clamp(-1.0, 1.0) } else { 0.0 }
    };
    let message = match lead {
        _ if !changed => "Given score and inputs the outcome is as before.".to_owned(),
        _ if outcome::prior(concept) && share_of(change_attribution.constant) > 0.5 => format!(
            "A constant explains {} of the change: the outcome became {} frequent, whatever the inputs.",
            share(share_of(change_attribution.constant)),
            if change_attribution.shift.0 > 0.0 { "more" } else { "less" }
        ),
        Some(lead) if lead.balance > BALANCE => format!(
            "Given the logged answers and inputs the outcomes changed, most by the part that {} plays: it alone explains {} of the change, a factor on the whole score {}{}.",
            dossier.feature_name(lead.feature),
            share(share_of(lead.alone)),
            share(share_of(change_attribution.whole)),
            change_attribution.pair.filter(|pair| pair.features[0] == lead.feature).map_or_else(
                String::new,
                |pair| format!(
                    "; {} adds {}",
                    dossier.feature_name(pair.features[1]),
                    share(share_of(pair.both - pair.first).max(0.0))
                )
            )
        ),
        _ => format!(
            "Given the logged answers and inputs the outcomes changed as a whole: a factor on the score explains {} of it, and the score counts {:.2} times as much as before{}.",
            share(share_of(change_attribution.whole)),
            1.0 + change_attribution.factor,
            change_attribution.pair.map_or_else(String::new, |pair| format!(
                "; {}, the feature that explains most, explains {}",
                dossier.feature_name(pair.features[0]),
                share(share_of(pair.first))
            ))
        ),
    };
    let feature = lead.filter(|lead| changed && lead.balance > BALANCE).map(|lead| lead.feature);
    observations.findings.push(Finding {
        measure: measures::LIKELIHOOD.name,
        value: Some(per_row),
        threshold: Some(CHANGE),
        verdict: costly(changed, concept),
        subject: feature.map_or(Subject::Case, Subject::Feature),
        ..Finding::new(ID, Verdict::Clear, message)
    });
    observations.signal(&signals::CONCEPT_CHANGE, per_row.clamp(-1.0, 2.0), &[], ID);
    if change_attribution.all >= EXPLAINED {
        let named: Vec<usize> = lead.map(|lead| lead.feature).into_iter().collect();
        observations.signal(
            &signals::CONCEPT_BALANCE,
            lead.map_or(f64::NAN, |lead| lead.balance),
            &named,
            ID,
        );
        if let Some(pair) = change_attribution.pair {
            observations.signal(&signals::CONCEPT_FIRST_SHARE, share_of(pair.first), &pair.features[..1], ID);
            observations.signal(&signals::CONCEPT_PAIR_ADDS, share_of(pair.both - pair.first), &[], ID);
            observations.signal(
                &signals::CONCEPT_PAIR_LEAVES,
                share_of(change_attribution.all - pair.both),
                &[],
                ID,
            );
        }
        observations.signal(&signals::CONCEPT_WHOLE_SHARE, share_of(change_attribution.whole), &[], ID);
        observations.signal(&signals::CONCEPT_FACTOR, change_attribution.factor.clamp(-3.0, 3.0), &[], ID);
        observations.signal(
            &signals::LABEL_SHIFT_CONSTANT_SHARE,
            share_of(change_attribution.constant),
            &[],
            ID,
        );
    }
}

fn challengers(concept: &Concept, observations: &mut Observations) {
    let mut best: Option<(f64, f64)> = None;
    for (result, family) in concept.challengers.iter().zip([Family::Boosted, Family::Linear]) {
        let id = checks::CONCEPT_CHALLENGER.of(if family == Family::Boosted { "boosted" } else { "linear" });
        let challenge = match result {
            Ok(course) => &course.challenge,
            Err(why) => {
                let because = Verdict::NotApplicable(why.to_string());
                let message = format!("No challenger of {}: {why}.", family.name());
                observations.findings.push(Finding::new(id, because, message));
                continue;
            }
        };
        let message = format!(
            "{} refitted on {} recent rows {} the deployed model: loss {} against {} ({} ± {}).",
            if family == Family::Boosted { "Boosted trees" } else { "A regularised regression" },
            whole(challenge.rows.len() as u64),
            match (challenge.z() >= REAL, family == Family::Boosted) {
                (true, true) => "beat",
                (true, false) => "beats",
                (false, true) => "do not beat",
                (false, false) => "does not beat",
            },
            metric(challenge.challenger),
            metric(challenge.deployed),
            signed(-challenge.gain),
            metric(1.96 * challenge.error)
        );
        let error = 1.96 * challenge.error;
        observations.findings.push(Finding {
            measure: measures::CHALLENGER_GAIN.name,
            value: Some(challenge.gain),
            interval: Some((challenge.gain - error, challenge.gain + error)),
            verdict: if challenge.z() >= REAL { Verdict::Watch } else { Verdict::Clear },
            ..Finding::new(id, Verdict::Clear, message)
        });
        let relative = challenge.gain / challenge.deployed.max(1e-12);
        if best.is_none_or(|b| relative > b.0) {
            best = Some((relative, challenge.z()));
        }
    }
    if let Some((relative, z)) = best {
        let shown = observations.findings.iter().rev().find(|f| f.id.check == &checks::CONCEPT_CHALLENGER);
        let id = shown.map_or_else(|| (&checks::CONCEPT_CHALLENGER).into(), |f| f.id.clone());
        observations.signal(&signals::CONCEPT_CHALLENGER_GAIN, relative.clamp(-1.0, 1.0), &[], &id);
        observations.signal(&signals::CONCEPT_CHALLENGER_Z, z.clamp(-30.0, 30.0), &[], &id);
    }
}

fn calibration(concept: &Concept, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::CONCEPT_CALIBRATION;
    let Some(calibration) = &concept.calibration else {
        return;
    };
    let (Some(was), Some(is)) = calibration.ece else {
        return;
    };
    let way = if calibration.bias > 0.0 { "high" } else { "low" };
    let message = if is > was + 0.02 {
        format!("ECE {} → {}, scores too {way}.", metric(was), metric(is))
    } else {
        format!("ECE {} → {}: the scores mean what they meant.", metric(was), metric(is))
    };
    observations.findings.push(Finding {
        measure: measures::ECE.name,
        value: Some(is),
        verdict: if is > was + 0.02 { Verdict::Watch } else { Verdict::Clear },
        ..Finding::new(ID, Verdict::Clear, message)
    });
    observations.signal(&signals::CONCEPT_CALIBRATION, is - was, &[], ID);
}

fn slices(dossier: &Dossier, concept: &Concept, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::CONCEPT_CARRIERS;
    if concept.split.is_err() {
        return;
    }
    let Some(best) = concept.slices.first() else {
        let message = "No segment lost more beyond what was expected of its rows than the others did (false discoveries at most 5 %).";
        observations.findings.push(Finding::new(ID, Verdict::Clear, message));
        if rose(concept) {
            observations.signal(&signals::CONCEPT_CARRIED, 0.0, &[], ID);
        }
        return;
    };
    let name = |part: &(usize, String)| format!("{} {}", dossier.feature_name(part.0), part.1);
    let segment = best.parts.iter().map(name).collect::<Vec<_>>().join(" and ");
    let message = format!(
        "{segment}: {} of the rows carry {} of the rise in loss ({} in all, false discoveries at most 5 %).",
        share(best.share_of_rows),
        share(best.share_of_rise),
        plural(concept.slices.len(), "such segment")
    );
    observations.findings.push(Finding {
        measure: measures::CARRIED.name,
        value: Some(best.share_of_rise),
        subject: Subject::Segment(segment),
        verdict: Verdict::Watch,
        ..Finding::new(ID, Verdict::Clear, message)
    });
    if rose(concept) {
        let features: Vec<usize> = best.parts.iter().map(|part| part.0).collect();
        observations.signal(
            &signals::CONCEPT_CARRIED,
            (best.share_of_rise - best.share_of_rows).clamp(0.0, 1.0),
            &features,
            ID,
        );
    }
}

fn estimated(concept: &Concept, observations: &mut Observations) {
    const ID: &CheckSpec = &checks::CONCEPT_ESTIMATED;
    let estimated = match &concept.estimated {
        Ok(estimated) => estimated,
        Err(why) => return observations.findings.push(not_applicable(ID, *why)),
    };
    let blind = "it cannot detect a change in the relation";
    let open = estimated.unlabelled.map_or_else(String::new, |(value, rows)| {
        format!(" On the {rows} rows without labels it is estimated at {}.", metric(value))
    });
    let message = match estimated.labelled {
        Some((expected, realised, _)) => format!(
            "Estimated without labels, {} would be {}; with labels it is {} ({blind}).{open}",
            estimated.measure,
            metric(expected),
            metric(realised)
        ),
        None if open.is_empty() => return,
        None => format!("The {} can only be estimated, and {blind}.{open}", estimated.measure),
    };
    observations.findings.push(Finding {
        measure: estimated.measure,
        value: estimated.unlabelled.map(|u| u.0).or(estimated.labelled.map(|l| l.0)),
        ..Finding::new(ID, Verdict::Clear, message)
    });
    if concept.rows.1 >= FEWEST_ROWS
        && let (Some(gap), Ok(loss)) = (estimated.gap(), concept.loss)
    {
        // Losses have no common unit across cases; relative to their value before the onset they do.
        let unit = if estimated.larger_is_better { 1.0 } else { loss.before.abs().max(1e-12) };
        observations.signal(&signals::CONCEPT_SURPRISE, (gap / unit).clamp(-2.0, 2.0), &[], ID);
    }
}
