//! The measurements of remedies, for the report and for `coroner remedy --format json`. `docs/schema`
//! describes it.

use serde::Serialize;

use crate::{
    autopsy::Investigation,
    remedy::{Basis, Decision, Gain, Offer, RemedyReport, Trial},
    text::time,
};

/// All measurements of remedies.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Remedies {
    /// The id of the leading cause.
    pub cause: Option<&'static str>,
    /// Whether the diagnosis is decided.
    pub decided: bool,
    /// What to do, in one or two sentences.
    pub advice: String,
    /// What to do first if the diagnosis is undecided.
    pub first: Option<String>,
    /// The unit of an offer's `gain`.
    pub loss: &'static str,
    /// The id of the headline metric.
    pub headline: &'static str,
    /// Its name.
    pub headline_name: &'static str,
    /// How decisions are evaluated: `cost` or `f1`; null for regression.
    pub decision: Option<&'static str>,
    /// The deployed model's mean loss before the onset.
    pub loss_before: Option<f64>,
    /// Its mean loss since the onset.
    pub loss_since: Option<f64>,
    /// The labels behind the numbers.
    pub labels: LabelsPart,
    /// Every remedy, the offered ones first.
    pub offers: Vec<OfferPart>,
    /// Every retraining strategy.
    pub retraining: Vec<TrialPart>,
    /// The learning curve.
    pub curve: Option<CurvePart>,
}

/// The labels behind the numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LabelsPart {
    /// Labelled rows of the sample since the onset.
    pub rows: usize,
    /// Folds of the rolling origin.
    pub folds: usize,
    /// Rows of the next block, which the predictions of gains refer to.
    pub block: usize,
    /// Labels that arrive per day, in rows of the log.
    pub a_day: Option<f64>,
    /// Label delay, in words.
    pub delay: Option<String>,
    /// Why nothing could be measured.
    pub lacking: Option<String>,
}

/// A gain with its 90 % intervals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GainPart {
    /// The mean; above 0 is better.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// 90 % interval of the mean.
    pub interval: (f64, f64),
    /// 90 % prediction interval of the gain on the next block of rows.
    pub next: (f64, f64),
}

/// The gain of a remedy on rows that it was not fitted on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MeasuredPart {
    /// In loss per row.
    pub loss: GainPart,
    /// In the headline metric.
    pub headline: Option<GainPart>,
    /// In cost per row or F1.
    pub decision: Option<GainPart>,
    /// The gain as a share of the loss since the onset.
    pub share: Option<f64>,
    /// Rows it was tested on.
    pub judged: usize,
}

/// One remedy.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OfferPart {
    /// Its id.
    #[cfg_attr(test, schemars(extend("enum" = crate::remedy::Remedy::ALL.map(crate::remedy::Remedy::id))))]
    pub remedy: &'static str,
    /// A short description for this case.
    pub name: String,
    /// The affected inputs.
    pub features: Vec<String>,
    /// `first`, `offered` or `refused`.
    #[cfg_attr(test, schemars(extend("enum" = crate::remedy::OfferStatus::ALL.map(crate::remedy::OfferStatus::id))))]
    pub standing: &'static str,
    /// The reason for its standing.
    pub because: String,
    /// `low`, `medium` or `high`.
    #[cfg_attr(test, schemars(extend("enum" = crate::remedy::Rating::ALL.map(crate::remedy::Rating::name))))]
    pub effort: &'static str,
    /// `low`, `medium` or `high`.
    #[cfg_attr(test, schemars(extend("enum" = crate::remedy::Rating::ALL.map(crate::remedy::Rating::name))))]
    pub risk: &'static str,
    /// The measured gain.
    pub measured: Option<MeasuredPart>,
    /// Why it was not measured.
    pub unmeasured: Option<String>,
}

/// A retraining variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TrialPart {
    /// The id of the strategy.
    #[cfg_attr(test, schemars(extend("enum" = crate::remedy::Strategy::IDS)))]
    pub strategy: &'static str,
    /// Strategy and learner.
    pub name: String,
    /// The measured gain.
    pub measured: Option<MeasuredPart>,
    /// Why it was not measured.
    pub unmeasured: Option<String>,
}

/// The learning curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CurvePart {
    /// A summary in one sentence.
    #[serde(rename = "says")]
    pub message: String,
    /// Points: rows fitted on, and the gain in loss per row.
    pub points: Vec<PointPart>,
    /// Number of labelled log rows needed.
    pub needed: Option<f64>,
    /// When they will have arrived.
    pub when: Option<String>,
}

/// A point of the learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PointPart {
    /// Labelled rows of the sample that were fitted on.
    pub rows: usize,
    /// The gain.
    pub gain: GainPart,
}

impl From<Gain> for GainPart {
    fn from(gain: Gain) -> Self {
        Self { value: gain.value, error: gain.error, interval: gain.interval, next: gain.next }
    }
}

impl Remedies {
    /// Converts the measurements for output.
    #[must_use]
    pub fn new(investigation: &Investigation, backtests: &RemedyReport) -> Self {
        let measures = &backtests.measures;
        Self {
            cause: backtests.cause.map(|(cause, _)| cause.id()),
            decided: backtests.cause.is_some_and(|(_, decided)| decided),
            advice: backtests.advice.clone(),
            first: backtests.first.clone(),
            loss: measures.loss,
            headline: measures.headline.id(),
            headline_name: measures.headline.name(),
            decision: measures.decision.map(|decision| match decision {
                Decision::Cost { .. } => "cost",
                Decision::F1 => "f1",
            }),
            loss_before: measures.loss_before,
            loss_since: measures.loss_since,
            labels: LabelsPart {
                rows: backtests.labels.rows,
                folds: backtests.labels.folds,
                block: backtests.labels.block,
                a_day: backtests.labels.a_day,
                delay: backtests.labels.delay.map(time::duration),
                lacking: backtests.labels.lacking.clone(),
            },
            offers: backtests.offers.iter().map(|offer| self::offer(investigation, offer)).collect(),
            retraining: backtests.retraining.iter().map(trial).collect(),
            curve: backtests.curve.as_ref().map(|curve| CurvePart {
                message: curve.message.clone(),
                points: curve
                    .points
                    .iter()
                    .map(|point| PointPart { rows: point.rows, gain: point.gain.into() })
                    .collect(),
                needed: curve.needed,
                when: curve.when.map(time::rfc3339),
            }),
        }
    }
}

fn offer(investigation: &Investigation, offer: &Offer) -> OfferPart {
    let (measured, unmeasured) = parts(&offer.basis);
    let name = |&feature: &usize| investigation.dossier.feature_name(feature).to_owned();
    OfferPart {
        remedy: offer.remedy.id(),
        name: offer.name.clone(),
        features: offer.features.iter().map(name).collect(),
        standing: offer.status.id(),
        because: offer.because.clone(),
        effort: offer.effort.name(),
        risk: offer.risk.name(),
        measured,
        unmeasured,
    }
}

fn trial(trial: &Trial) -> TrialPart {
    let (measured, unmeasured) = parts(&trial.basis);
    TrialPart { strategy: trial.strategy.id(), name: trial.name.clone(), measured, unmeasured }
}

fn parts(basis: &Basis) -> (Option<MeasuredPart>, Option<String>) {
    match basis {
        Basis::Unmeasured(why) => (None, Some(why.clone())),
        Basis::Measured(measured) => {
            let part = MeasuredPart {
                loss: measured.loss.into(),
                headline: measured.headline.map(GainPart::from),
                decision: measured.decision.map(GainPart::from),
                share: measured.share,
                judged: measured.judged,
            };
            (Some(part), None)
        }
    }
}
