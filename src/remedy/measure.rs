//! Measures every remedy on a case.

use rayon::prelude::*;

use crate::{
    autopsy::{
        Diagnosis, Investigation,
        exam::integrity::{LEAST_ROWS, RepairGain, RepairSample},
        scoring::Answers,
    },
    model::loss::LossKind,
    progress::{Counter, RunControl, Stopped},
    stats::{Undefined, testing::welch},
    summary::Micros,
};

use super::{
    backtest::{BLOCKS, BacktestData, FEWEST_ROWS, FOLDS, Fold},
    catalogue::Remedy,
    comparison, curve,
    fit::fit,
    gain::{self, BlockGain},
    policy::{self, Proposal},
    result::{Basis, Labels, LearningCurve, Measured, Measures, Offer, OfferStatus, RemedyReport, Trial},
    review,
    unavailable::Unavailable,
    variant::{RemedyVariant, broken, variants},
};

/// With fewer labelled rows than this before the onset, the loss before it is unknown.
const FEWEST_BEFORE: usize = 100;

/// The loss since the onset must exceed this many standard errors for shares of it to be reported.
const LOST_Z: f64 = 3.0;

/// A variant of a remedy with its gains by fold, or the reason why there are none.
struct Attempt {
    variant: RemedyVariant,
    folds: Result<Vec<Vec<BlockGain>>, Unavailable>,
    /// For a variant that removes the fault: the gain over all rows since the onset. All outputs show this
    /// number.
    whole: Option<RepairGain>,
}

/// Measures every remedy on a case.
///
/// The same investigation gives the same report, whatever the number of threads.
///
/// # Errors
///
/// [`Stopped`] when the caller stopped it.
pub fn measure(investigation: &Investigation, control: &RunControl<'_>) -> Result<RemedyReport, Stopped> {
    run(&BacktestData::new(investigation), control).map(|(report, _)| report)
}

/// Returns the report, and the chosen variant of each measured remedy.
pub(super) fn run(
    backtest: &BacktestData<'_>,
    control: &RunControl<'_>,
) -> Result<(RemedyReport, Vec<(Remedy, RemedyVariant)>), Stopped> {
    let folds = backtest.folds();
    let variants = variants(backtest);
    let points = if folds.is_empty() { Vec::new() } else { curve::sizes(backtest) };
    let compared = usize::from(backtest.dossier.candidate.is_some());
    // A variant that removes the fault is measured once; a fitted one once per fold.
    let removing = variants.iter().filter(|variant| variant.removes_fault()).count();
    let fits = if folds.is_empty() { 0 } else { removing + (variants.len() - removing) * folds.len() }
        + points.len();
    let counter = Counter::new(control, fits + compared + review::UNITS);
    let lacking = folds.is_empty().then(|| lacking(backtest));
    let attempts = try_all(backtest, &folds, variants, lacking.as_deref(), &counter)?;
    let lost = lost(backtest);
    let significant = lost.and_then(|(before, since, z)| (z > LOST_Z).then_some(since - before));

    let sum = |blocks: &[BlockGain]| gain::measured(backtest, blocks, significant, rows_fitted(&folds));
    let mut proposals = Vec::new();
    let mut fitted = Vec::new();
    for remedy in Remedy::ALL {
        let ways: Vec<&Attempt> =
            attempts.iter().filter(|attempt| attempt.variant.remedy() == remedy).collect();
        let (proposal, variant) = propose(backtest, remedy, &ways, &sum);
        fitted.extend(variant.map(|variant| (remedy, variant)));
        proposals.push(proposal);
    }
    let retraining = attempts.iter().filter_map(|attempt| trial(attempt, &sum)).collect();
    let best = fitted.iter().find_map(|(remedy, variant)| match (remedy, variant) {
        (Remedy::Retrain, RemedyVariant::Retrain { strategy, family }) => Some((*strategy, *family)),
        _ => None,
    });
    let labels = labels(backtest, &folds, lacking);
    let curve = match best {
        Some((strategy, family)) => curve::measure(backtest, strategy, family, &points, &labels, &counter)?,
        None => None,
    };
    let diagnosis = &backtest.investigation.diagnosis;
    let refused = |remedy: Remedy| policy::refused_because(diagnosis, remedy);
    let curve = curve.map(|curve| match refused(Remedy::Retrain) {
        Some(why) => {
            LearningCurve { message: format!("{why} By the numbers alone: {}", curve.message), ..curve }
        }
        None => curve,
    });
    // Do not report progress for a comparison that does not exist.
    let comparison = match compared {
        0 => None,
        _ => counter.run("the candidate", || comparison::compare(backtest.investigation))?,
    };
    let mut review = review::counted(backtest.investigation, &counter)?;
    if let (Ok(review), Some(why)) = (&mut review, refused(Remedy::Review)) {
        review.limits.insert(0, format!("a review is not offered: {}", why.trim_end_matches('.')));
    }
    let offers = policy::rank(proposals, &policy::weighed(diagnosis));
    let report = RemedyReport {
        cause: diagnosis.top().map(|top| (top.cause, diagnosis.undecided.is_none())),
        measures: Measures {
            loss: match backtest.kind {
                LossKind::Log => "log loss",
                LossKind::Wrong => "share of wrong answers",
                LossKind::Absolute => "absolute error",
            },
            headline: backtest.investigation.performance.headline,
            decision: backtest.decision,
            loss_before: lost.map(|lost| lost.0),
            loss_since: lost.map(|lost| lost.1),
        },
        labels,
        advice: advice(diagnosis, &offers),
        offers,
        retraining,
        curve,
        first: first_step(diagnosis),
        comparison,
        review,
    };
    Ok((report, fitted))
}

/// Runs every variant on every fold.
fn try_all(
    backtest: &BacktestData<'_>,
    folds: &[Fold],
    variants: Vec<RemedyVariant>,
    lacking: Option<&str>,
    counter: &Counter<'_>,
) -> Result<Vec<Attempt>, Stopped> {
    if let Some(lacking) = lacking {
        let untried = |variant| Attempt { variant, folds: Err(lacking.into()), whole: None };
        return Ok(variants.into_iter().map(untried).collect());
    }
    let (removing, fitted): (Vec<RemedyVariant>, Vec<RemedyVariant>) =
        variants.into_iter().partition(RemedyVariant::removes_fault);
    let removed = |variant: RemedyVariant| {
        let result = counter.run(&variant.name(backtest), || removal(backtest, &variant));
        result.map(|result| match result {
            Ok((whole, blocks)) => Attempt { variant, folds: Ok(vec![blocks]), whole: Some(whole) },
            Err(why) => Attempt { variant, folds: Err(why), whole: None },
        })
    };
    let attempts: Result<Vec<Attempt>, Stopped> = removing.into_par_iter().map(removed).collect();
    let mut attempts = attempts?;
    let variants = fitted;
    let units: Vec<(usize, usize)> =
        (0..variants.len()).flat_map(|v| (0..folds.len()).map(move |f| (v, f))).collect();
    let done: Result<Vec<Result<Vec<BlockGain>, Unavailable>>, Stopped> = units
        .into_par_iter()
        .map(|(v, f)| {
            counter.run(&variants[v].name(backtest), || {
                let proposed = variants[v].answer(backtest, &folds[f])?;
                Ok(gain::fold_blocks(backtest, &folds[f], &proposed))
            })
        })
        .collect();
    let fitted = variants.into_iter().zip(by_variant(done?, folds.len())).map(|(variant, folds)| Attempt {
        variant,
        folds,
        whole: None,
    });
    attempts.extend(fitted);
    Ok(attempts)
}

/// Returns the gain of a variant that removes the fault, in total and in blocks of time.
///
/// It is not fitted to labels, so no rows need to be held out.
fn removal(
    backtest: &BacktestData<'_>,
    variant: &RemedyVariant,
) -> Result<(RepairGain, Vec<BlockGain>), Unavailable> {
    let (dossier, framing) = (backtest.dossier, &backtest.investigation.framing);
    let sample = match variant {
        RemedyVariant::Offline { .. } => RepairSample::joined(dossier, framing).map(|(sample, _)| sample),
        _ => RepairSample::since_onset(dossier, framing),
    };
    let sample = sample.ok_or_else(|| {
        format!("fewer than {LEAST_ROWS} rows since the onset have a label and such values")
    })?;
    let whole = sample.measured(&variant.changed(backtest, &sample.rows)?)?;
    let fold = backtest.fold_until_now(sample.rows);
    let proposed = variant.answer(backtest, &fold)?;
    Ok((whole, gain::blocks(backtest, &fold, &proposed, backtest.logged.label, FOLDS * BLOCKS)))
}

/// Returns the best of several ways to remove a fault.
fn most_won<'a>(ways: &[&'a Attempt]) -> Option<(&'a Attempt, RepairGain)> {
    ways.iter()
        .filter_map(|&attempt| Some((attempt, attempt.whole?)))
        .reduce(|a, b| if b.1.mean > a.1.mean { b } else { a })
}

/// Groups results by variant. A variant that fails on one fold has failed.
///
/// * `done`: all folds of the first variant, then all of the second, and so on.
fn by_variant<T>(done: Vec<Result<T, Unavailable>>, folds: usize) -> Vec<Result<Vec<T>, Unavailable>> {
    let mut done = done.into_iter();
    std::iter::from_fn(|| {
        // Collect the whole group first: collecting into a `Result` stops at the first error and would leave
        // the other folds to the next variant.
        let own: Vec<Result<T, Unavailable>> = done.by_ref().take(folds).collect();
        (!own.is_empty()).then(|| own.into_iter().collect())
    })
    .collect()
}

/// Selects the best variant, and returns the gains of making this choice without the fold that it is tested
/// on.
///
/// The best of many variants looks better than it is (selection bias). So each fold contributes the gain of
/// the variant that the other folds would have selected (nested cross-validation, after Varma and Simon
/// 2006).
fn choose<'a>(ways: &[&'a Attempt]) -> Option<(&'a RemedyVariant, Vec<BlockGain>)> {
    let measured: Vec<(&RemedyVariant, &Vec<Vec<BlockGain>>)> = ways
        .iter()
        .filter_map(|attempt| attempt.folds.as_ref().ok().map(|folds| (&attempt.variant, folds)))
        .filter(|(_, folds)| folds.iter().flatten().count() > 1)
        .collect();
    let mean = |folds: &[Vec<BlockGain>], left_out: Option<usize>| {
        let kept = folds.iter().enumerate().filter(|(f, _)| Some(*f) != left_out);
        let gains: Vec<f64> = kept.flat_map(|(_, blocks)| blocks.iter().map(|block| block.loss)).collect();
        gains.iter().sum::<f64>() / gains.len().max(1) as f64
    };
    // Ties keep the order of the variants.
    let best = |left_out: Option<usize>| {
        measured.iter().copied().reduce(|a, b| if mean(b.1, left_out) > mean(a.1, left_out) { b } else { a })
    };
    let (chosen, folds) = best(None)?;
    let blocks = (0..folds.len())
        .filter_map(|fold| best(Some(fold)).map(|(_, folds)| folds[fold].clone()))
        .flatten()
        .collect();
    Some((chosen, blocks))
}

/// Proposes the best variant of a remedy, or explains why none could be measured.
fn propose(
    backtest: &BacktestData<'_>,
    remedy: Remedy,
    ways: &[&Attempt],
    sum: &dyn Fn(&[BlockGain]) -> Result<Measured, Undefined>,
) -> (Proposal, Option<RemedyVariant>) {
    let spec = remedy.spec();
    let measured = if spec.removes_fault {
        most_won(ways).and_then(|(attempt, whole)| {
            let blocks: Vec<BlockGain> = attempt.folds.iter().flatten().flatten().copied().collect();
            let summed = sum(&blocks).ok()?;
            let loss = gain::about(summed.loss, whole.mean);
            Some((&attempt.variant, Measured { loss, share: whole.share, fitted: 0, ..summed }))
        })
    } else {
        choose(ways).and_then(|(variant, blocks)| Some((variant, sum(&blocks).ok()?)))
    };
    if let Some((variant, measured)) = &measured
        && (!spec.removes_fault || measured.loss.is_better())
    {
        let proposal = Proposal {
            remedy,
            name: variant.name(backtest),
            features: variant.features(),
            basis: Basis::Measured(measured.clone()),
            inapplicable_because: None,
        };
        return (proposal, Some((*variant).clone()));
    }
    let why = if measured.is_some() {
        "what could be tried on the logged rows wins nothing back".to_owned()
    } else {
        ways.iter()
            .find_map(|attempt| attempt.folds.as_ref().err().map(ToString::to_string))
            .unwrap_or_else(|| spec.unmeasured_because.to_owned())
    };
    let inapplicable_because = remedy.inapplicable_because(backtest.plan.task);
    let features = if spec.name_with_inputs.is_some() { broken(backtest) } else { Vec::new() };
    let names: Vec<&str> = features.iter().map(|&j| backtest.dossier.feature_name(j)).collect();
    let name = match spec.name_with_inputs {
        Some(with_inputs) if !names.is_empty() => with_inputs(&names.join(", ")),
        _ => spec.name.to_owned(),
    };
    let proposal = Proposal {
        remedy,
        name,
        features,
        basis: Basis::Unmeasured(
            inapplicable_because.map_or(why, |_| "there is nothing of the kind to measure".to_owned()),
        ),
        inapplicable_because,
    };
    (proposal, None)
}

fn trial(attempt: &Attempt, sum: &dyn Fn(&[BlockGain]) -> Result<Measured, Undefined>) -> Option<Trial> {
    let RemedyVariant::Retrain { strategy, family } = attempt.variant else {
        return None;
    };
    let basis = match &attempt.folds {
        Ok(folds) => {
            let blocks: Vec<BlockGain> = folds.iter().flatten().copied().collect();
            sum(&blocks).map_or_else(|why| Basis::Unmeasured(why.to_string()), Basis::Measured)
        }
        Err(why) => Basis::Unmeasured(why.to_string()),
    };
    Some(Trial { strategy, family, name: format!("{}, {}", strategy.description(), family.name()), basis })
}

fn rows_fitted(folds: &[Fold]) -> usize {
    folds.last().map_or(0, |fold| fold.since.len())
}

/// Returns the mean loss before the onset, the mean loss since, and their difference in standard errors.
fn lost(backtest: &BacktestData<'_>) -> Option<(f64, f64, f64)> {
    let losses = |answers: &Answers<'_>, rows: &[usize]| -> Vec<f64> {
        rows.iter().map(|&row| answers.loss(row)).collect()
    };
    let before = backtest.logged.judged_rows(&backtest.investigation.framing.before);
    let then = if before.len() >= FEWEST_BEFORE {
        losses(&backtest.logged, &before)
    } else {
        let golden = backtest.dossier.golden.as_ref()?;
        let launch = Answers::at_launch(backtest.plan, golden);
        losses(&launch, &launch.judged_rows(&(0..golden.rows).collect::<Vec<_>>()))
    };
    let difference = welch(&then, &losses(&backtest.logged, &backtest.since)).ok()?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let before = mean(&then);
    Some((before, before + difference.difference, difference.t()))
}

/// Explains why there are no folds.
fn lacking(backtest: &BacktestData<'_>) -> String {
    if let Some(why) = backtest.dossier.without_rows(true, false) {
        return why.to_owned();
    }
    let rows = backtest.since.len();
    let since = if backtest.investigation.framing.onset.is_some() { " since the onset" } else { "" };
    if rows == 0 {
        format!("no labels{since}")
    } else {
        format!("{rows} labelled rows{since}, where {FEWEST_ROWS} are needed")
    }
}

/// Describes the labels in the log.
fn labels(backtest: &BacktestData<'_>, folds: &[Fold], lacking: Option<String>) -> Labels {
    const DAY: f64 = 86_400e6;
    let log = backtest.log;
    let weight = log.population as f64 / log.rows.max(1) as f64;
    let ends = backtest.judged.first().zip(backtest.judged.last()).filter(|_| backtest.has_clock());
    let days = ends.map(|(&first, &last)| (backtest.at(last) - backtest.at(first)) as f64 / DAY);
    let end = log.time.last().copied();
    Labels {
        rows: backtest.since.len(),
        weight,
        training: backtest.training.len(),
        folds: folds.len(),
        block: folds.first().map_or(0, |fold| fold.test.len() / BLOCKS),
        a_day: days.filter(|days| *days > 0.0).map(|days| backtest.judged.len() as f64 * weight / days),
        delay: backtest
            .investigation
            .labels
            .mature_until
            .zip(end)
            .map(|(until, end): (Micros, Micros)| (end - until).max(0)),
        last: ends.map(|(_, &last)| backtest.at(last)),
        lacking,
    }
}

/// Returns what to do, in one or two sentences.
fn advice(diagnosis: &Diagnosis, offers: &[Offer]) -> String {
    let Some(top) = offers.first().filter(|offer| offer.status != OfferStatus::Refused) else {
        return "No remedy is offered: nothing that could be tried is better than doing nothing.".to_owned();
    };
    let mut name = top.name.clone();
    if let Some(first) = name.get(..1).map(str::to_uppercase) {
        name.replace_range(..1, &first);
    }
    let mut message = format!("{name}. {}", top.because);
    if let (Some(_), [first, second, ..]) = (&diagnosis.undecided, diagnosis.hypotheses.as_slice()) {
        let both = fit(second.cause, top.remedy).value > 0.0;
        message.push_str(&format!(
            " The diagnosis can't distinguish {} from {}{}.",
            first.cause.name(),
            second.cause.name(),
            if both {
                ", and this remedy addresses either"
            } else {
                ", and this remedy addresses only the first: settle that before anything else"
            }
        ));
    }
    message
}

/// Returns the first step if the diagnosis is undecided.
fn first_step(diagnosis: &Diagnosis) -> Option<String> {
    diagnosis.undecided.as_ref()?;
    diagnosis.top()?.would_settle.first().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_that_fails_leaves_the_others_their_own_results() {
        let done = vec![Ok(1), Err("no scores".into()), Ok(3), Ok(4), Ok(5), Ok(6), Ok(7), Ok(8), Ok(9)];
        let tried = by_variant(done, 3);
        assert_eq!(tried, [Err("no scores".into()), Ok(vec![4, 5, 6]), Ok(vec![7, 8, 9])]);
    }
}
