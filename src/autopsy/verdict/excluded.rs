//! What rules a cause out: a check that ran, could have shown it, and excludes an effect above a stated size.
//!
//! Nothing else does: neither another cause that is likely, nor a check that saw nothing without saying how much it could
//! have overlooked.

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Cause, Dossier, Finding, Signal,
        account::{Account, Place},
        catalogue::{SignalSpec, checks, signals},
        exam::golden::Golden,
    },
    text::number,
};

/// A golden set within so many paired standard errors did not get worse.
const UNHARMED_Z: f64 = 2.0;

/// A place of which the 95 % interval ends below this share of the loss can't hide a cause.
const LARGEST_SHARE: f64 = 0.05;

/// Offline rows, or rows that the artefact answered, from which on none that differs means something.
const FEWEST_ROWS: usize = 500;

/// The rule of three: of `n` rows of which none differs, at most `3 / n` do (95 %; Hanley and Lippman-Hand 1983).
const RULE_OF_THREE: f64 = 3.0;

/// The share of rows that differ anyway, by values that came late.
const LATE: f64 = 0.008;

/// What rules causes out on this case: a sentence that names the check and the size it excludes.
///
/// * `findings`: for the loss itself, beyond noise or not.
/// * `golden`: the golden set, launch against now.
/// * `account`: where the loss arose, where that is known.
#[must_use]
pub fn excluded(
    dossier: &Dossier,
    signals: &[Signal],
    findings: &[Finding],
    golden: Option<&Golden>,
    account: Option<&Account>,
) -> BTreeMap<Cause, String> {
    let mut out = BTreeMap::new();
    if let Some(message) = findings.iter().find_map(by_loss) {
        out.insert(Cause::None, message);
    }
    if let Some(message) = golden.and_then(by_golden) {
        out.insert(Cause::ModelRegression, message);
    }
    if let Some(account) = account.filter(|account| account.has_shares()) {
        let places: [(Cause, &[Place]); 5] = [
            (Cause::ConceptDrift, &[Place::Relation, Place::Constant]),
            (Cause::FeatureDrift, &[Place::Relation, Place::Constant]),
            (Cause::DataDrift, &[Place::Population, Place::Outside]),
            (Cause::LabelBias, &[Place::Population, Place::Outside]),
            (Cause::LabelShift, &[Place::Population, Place::Constant]),
        ];
        for (cause, places) in places {
            if let Some(message) = by_account(account, places) {
                out.insert(cause, message);
            }
        }
    }
    let value =
        |spec: &SignalSpec| signals.iter().find(|signal| signal.key == spec).map(|signal| signal.value);
    let joined = dossier.offline.as_ref().map_or(0, |offline| offline.production_row.len());
    if joined >= FEWEST_ROWS && value(&signals::PARITY_SHARE).is_some_and(|share| share < LATE) {
        out.insert(
            Cause::TrainingServingSkew,
            format!(
                "Of {} rows recomputed offline, no feature differs in more than {}: a skew of more rows is excluded.",
                number::count(joined as u64),
                number::share(LATE.max(RULE_OF_THREE / joined as f64))
            ),
        );
    }
    if let Some(share) = value(&signals::REPLAY_AFTER).filter(|share| *share < 0.001) {
        out.insert(
            Cause::ServingHealth,
            format!(
                "The artefact gives the logged answers but for {} of the rows: more answers that are not the model's are \
                 excluded.",
                number::share(share.max(0.001))
            ),
        );
    }
    out
}

fn by_loss(finding: &Finding) -> Option<String> {
    let (least, _) = finding.interval?;
    (finding.id.check == &checks::PERFORMANCE_LOSS && finding.flagged() && least > 0.0).then(|| {
        format!(
            "The loss of {} is {} at least (95 %): that there is none is excluded.",
            finding.measure,
            number::metric(least)
        )
    })
}

fn by_golden(golden: &Golden) -> Option<String> {
    let row = golden.metrics.first()?;
    let loss = row.loss?;
    (golden.worst_z <= UNHARMED_Z && golden.rows >= FEWEST_ROWS).then(|| {
        format!(
            "The golden set of {} rows does as well as at launch: a loss of {} above {} by the model itself is excluded.",
            number::count(golden.rows as u64),
            row.metric.name(),
            number::metric(loss.interval.1.max(0.0))
        )
    })
}

fn by_account(account: &Account, places: &[Place]) -> Option<String> {
    let (mut share, mut variance) = (0.0, 0.0);
    for place in places {
        // A place without a line was not examined.
        let line = account.lines.iter().find(|line| line.place == *place)?;
        share += (line.amount.value / account.total.value).max(0.0);
        variance += (line.amount.error / account.total.value).powi(2);
    }
    let largest = share + crate::stats::interval::Z_95 * variance.sqrt();
    let unexplained: f64 = account
        .lines
        .iter()
        .filter(|line| line.place == Place::Unexplained)
        .filter_map(|line| line.share)
        .map(|(share, _)| share)
        .sum();
    (largest < LARGEST_SHARE && unexplained < LARGEST_SHARE).then(|| {
        format!(
            "The account of the loss leaves {} at most for it: a larger share is excluded.",
            number::share(largest.max(0.0))
        )
    })
}
