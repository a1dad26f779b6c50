//! Label shift: P(y) changed while P(x given y) stayed the same.

use crate::{
    autopsy::exam::loss_samples::{LossSamples, Side},
    cached::cached,
    model::{
        binned::{Binning, NUMERIC_BINS},
        folds::thin,
        propensity::Propensity,
    },
    stats::{
        Undefined,
        interval::two_proportions,
        label_shift::{LabelWeights, bbse},
        metric::Confusion,
        moments::quantile,
    },
    summary::Task,
};

/// Bins of a numeric outcome.
const VALUE_BINS: usize = 8;

/// The outcome's frequencies before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelShift {
    /// Name and share of each class (or bin of values) before and after, from the labels that have arrived.
    pub shares: Vec<(String, f64, Option<f64>)>,
    /// The largest change of a share, in standard errors.
    pub z: f64,
    /// AUC and standard error of a classifier of the periods from the inputs, both periods sampled to the
    /// same outcome mix. 0.5: P(x given y) did not change.
    pub given_outcome: Option<(f64, f64)>,
    /// Classes: the class shares after the onset, estimated from the predictions alone.
    pub estimated: Option<LabelWeights>,
}

cached!(struct LabelShift { shares, z, given_outcome, estimated });

impl LabelShift {
    /// Total variation distance: half the summed differences between the estimated shares and those before.
    #[must_use]
    pub fn estimated_size(&self) -> Option<f64> {
        let estimated = self.estimated.as_ref()?;
        let differences = self.shares.iter().zip(&estimated.prior).map(|((_, was, _), is)| (was - is).abs());
        Some(differences.sum::<f64>() / 2.0)
    }
}

/// Compares the outcomes of both periods.
///
/// * `answered`: rows of the production sample after the onset, labelled or not.
pub(super) fn label_shift(samples: &LossSamples<'_>, answered: &[usize]) -> Result<LabelShift, Undefined> {
    let (before, after) = (&samples.before, &samples.after);
    let (names, cuts) = outcomes(samples);
    let bin = |y: f64| match samples.plan.task {
        Task::Regression => cuts.partition_point(|&c| c <= y),
        Task::Binary | Task::Multiclass => y as usize,
    };
    let bins_of = |side: &Side<'_>| side.labels().into_iter().map(bin).collect::<Vec<usize>>();
    let (was, is) = (bins_of(before), bins_of(after));
    if was.is_empty() {
        return Err(Undefined::Empty);
    }
    let count = |bins: &[usize], k: usize| bins.iter().filter(|&&b| b == k).count() as u64;
    let (n, m) = (was.len() as u64, is.len() as u64);
    let mut z = 0.0_f64;
    let mut shares = Vec::new();
    for (k, name) in names.into_iter().enumerate() {
        let (a, b) = (count(&was, k), count(&is, k));
        if let Ok(test) = two_proportions(a, n, b, m)
            && test.z.is_finite()
            && test.z.abs() > z.abs()
        {
            z = test.z;
        }
        shares.push((name, a as f64 / n as f64, (m > 0).then(|| b as f64 / m as f64)));
    }
    Ok(LabelShift {
        given_outcome: given_outcome(samples, &was, &is, shares.len()).ok(),
        estimated: estimate(samples, &was, answered),
        z,
        shares,
    })
}

/// The outcomes' names, and the bin edges for values.
fn outcomes(samples: &LossSamples<'_>) -> (Vec<String>, Vec<f64>) {
    if samples.plan.task != Task::Regression {
        return (samples.plan.classes.clone(), Vec::new());
    }
    let cuts = cuts(samples.before.labels(), VALUE_BINS);
    let name = |k: usize| match (k.checked_sub(1).map(|k| cuts[k]), cuts.get(k)) {
        (None, Some(to)) => format!("values below {}", crate::text::number::value(*to)),
        (Some(from), None) => format!("values from {}", crate::text::number::value(from)),
        (Some(from), Some(to)) => {
            format!("values of {} to {}", crate::text::number::value(from), crate::text::number::value(*to))
        }
        (None, None) => "all values".to_owned(),
    };
    ((0..=cuts.len()).map(name).collect(), cuts)
}

/// The distinct edges between this many bins of equal count; values that are not finite are skipped.
pub(super) fn cuts(mut values: Vec<f64>, bins: usize) -> Vec<f64> {
    values.retain(|v| v.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    let mut cuts: Vec<f64> =
        (1..bins).filter_map(|k| quantile(&values, k as f64 / bins as f64).ok()).collect();
    cuts.dedup();
    cuts
}

/// Classifies the periods from the inputs, with equally many rows of each outcome from either period.
fn given_outcome(
    samples: &LossSamples<'_>,
    was: &[usize],
    is: &[usize],
    outcomes: usize,
) -> Result<(f64, f64), Undefined> {
    let (before, after) = (&samples.before, &samples.after);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for k in 0..outcomes {
        let rows = |bins: &[usize], side: &Side<'_>| -> Vec<usize> {
            bins.iter().zip(&side.rows).filter(|(b, _)| **b == k).map(|(_, &r)| r).collect()
        };
        let (a, b) = (rows(was, before), rows(is, after));
        let most = a.len().min(b.len());
        first.extend(thin(&a, most));
        second.extend(thin(&b, most));
    }
    let binning = Binning::fit(samples.plan, &before.table, &before.rows, NUMERIC_BINS);
    let data = binning.codes(&before.table, &first).chain(&binning.codes(&after.table, &second));
    let is_second: Vec<bool> = (0..data.rows).map(|r| r >= first.len()).collect();
    let propensity = Propensity::fit(&data, &is_second, samples.plan.seed)?;
    Ok((propensity.auc, propensity.auc_error))
}

/// Black-box shift estimation from the confusion matrix before and the predictions after the onset.
fn estimate(samples: &LossSamples<'_>, was: &[usize], answered: &[usize]) -> Option<LabelWeights> {
    if samples.plan.task == Task::Regression {
        return None;
    }
    let classes = samples.plan.classes.len();
    let before = &samples.before;
    let answer =
        |prediction: f64| prediction.is_finite().then_some(prediction as usize).filter(|&k| k < classes);
    let (truth, predictions): (Vec<usize>, Vec<usize>) = was
        .iter()
        .zip(&before.rows)
        .filter_map(|(&y, &r)| Some((y, answer(*before.table.prediction.get(r)?)?)))
        .unzip();
    let confusion = Confusion::count(classes, &truth, &predictions).ok()?;
    let mut counts = vec![0_u64; classes];
    for &row in answered {
        if let Some(k) = samples.after.table.prediction.get(row).and_then(|&p| answer(p)) {
            counts[k] += 1;
        }
    }
    bbse(&confusion, &counts).ok()
}
