//! The variants of each remedy to try: how each predicts the test rows of a fold from what was known before.

use crate::{
    autopsy::exam::{
        integrity::{Transform, undone},
        yardstick::{Changed, Yardstick},
    },
    model::learner::Family,
    summary::{Micros, Table, Task},
};

use super::{
    backtest::{BacktestAnswers, BacktestData, Fold},
    catalogue::{Remedy, Strategy},
    fallback_rule, recalibration, retraining,
    unavailable::Unavailable,
};

/// Maximum number of repairs of the integrity exam to try.
const MOST_REPAIRS: usize = 4;

/// Below this probability of an input fault no feature is dropped.
const DOUBT: f64 = 0.05;

/// One way to carry out a remedy.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RemedyVariant {
    /// The launch model, represented by its surrogate.
    RollBack,
    /// The model recomputes the rows that the service failed on, from the logged inputs.
    AskAgain,
    /// The deployed model on inputs with transforms undone.
    Undo { name: String, transforms: Vec<Transform> },
    /// The deployed model on the offline values of some features.
    Offline { features: Vec<usize> },
    /// A new prior.
    Prior,
    /// A line (Platt scaling).
    Platt,
    /// A monotone function (isotonic regression).
    Isotonic,
    /// Another threshold.
    Threshold,
    /// A learner fitted on training without some features.
    Drop { features: Vec<usize>, family: Family },
    /// A learner fitted on production labels.
    Retrain { strategy: Strategy, family: Family },
    /// The same prediction for all rows.
    Constant,
    /// One split on one feature.
    Stump,
}

/// Returns all variants worth trying on a case.
pub(super) fn variants(backtest: &BacktestData<'_>) -> Vec<RemedyVariant> {
    let integrity = &backtest.investigation.integrity;
    let mut all = vec![RemedyVariant::RollBack, RemedyVariant::AskAgain];
    for repair in integrity.repairs.iter().take(MOST_REPAIRS) {
        all.push(if repair.transforms.is_empty() {
            RemedyVariant::Offline { features: repair.features.clone() }
        } else {
            RemedyVariant::Undo { name: repair.name.clone(), transforms: repair.transforms.clone() }
        });
    }
    all.extend([
        RemedyVariant::Prior,
        RemedyVariant::Platt,
        RemedyVariant::Isotonic,
        RemedyVariant::Threshold,
    ]);
    let features = broken(backtest);
    if !features.is_empty() && features.len() < backtest.plan.features.len() {
        for family in [Family::Boosted, Family::Linear] {
            all.push(RemedyVariant::Drop { features: features.clone(), family });
        }
    }
    for strategy in strategies(backtest) {
        for family in [Family::Boosted, Family::Linear] {
            all.push(RemedyVariant::Retrain { strategy, family });
        }
    }
    all.extend([RemedyVariant::Constant, RemedyVariant::Stump]);
    all
}

/// Returns the features of the most probable input fault, if one is in question.
pub(super) fn broken(backtest: &BacktestData<'_>) -> Vec<usize> {
    backtest
        .investigation
        .diagnosis
        .hypotheses
        .iter()
        .find(|h| h.cause.is_of_inputs() && h.probability >= DOUBT)
        .map_or_else(Vec::new, |h| h.features.clone())
}

/// Returns the retraining strategies that differ on this log.
fn strategies(backtest: &BacktestData<'_>) -> Vec<Strategy> {
    const DAY: Micros = 86_400_000_000;
    let mut strategies = vec![Strategy::Full, Strategy::SinceOnset];
    if let (true, Some(&first), Some(&last)) =
        (backtest.has_clock(), backtest.judged.first(), backtest.judged.last())
    {
        let length = backtest.at(last) - backtest.at(first);
        let fitting = [28 * DAY, 14 * DAY, 7 * DAY, DAY].into_iter().filter(|window| 2 * window < length);
        strategies.extend(fitting.take(2).map(Strategy::Window));
        strategies.extend([length / 3, length / 12].map(|half_life| Strategy::Weighted { half_life }));
    }
    strategies.push(Strategy::Incremental);
    strategies
}

impl RemedyVariant {
    /// Returns the remedy of this variant.
    pub(super) const fn remedy(&self) -> Remedy {
        match self {
            Self::RollBack => Remedy::RollBack,
            Self::AskAgain => Remedy::RelieveService,
            Self::Undo { .. } | Self::Offline { .. } => Remedy::RepairInputs,
            Self::Prior => Remedy::MovePrior,
            Self::Platt => Remedy::Platt,
            Self::Isotonic => Remedy::Isotonic,
            Self::Threshold => Remedy::MoveThreshold,
            Self::Drop { .. } => Remedy::DropFeatures,
            Self::Retrain { .. } => Remedy::Retrain,
            Self::Constant | Self::Stump => Remedy::SimpleRule,
        }
    }

    /// Returns the affected features.
    pub(super) fn features(&self) -> Vec<usize> {
        match self {
            Self::Undo { transforms, .. } => transforms.iter().map(|map| map.feature).collect(),
            Self::Offline { features } | Self::Drop { features, .. } => features.clone(),
            _ => Vec::new(),
        }
    }

    /// Returns its name on this case.
    pub(super) fn name(&self, backtest: &BacktestData<'_>) -> String {
        let named = |features: &[usize]| {
            let names: Vec<&str> = features.iter().map(|&j| backtest.dossier.feature_name(j)).collect();
            names.join(", ")
        };
        match self {
            Self::RollBack => "roll back to the launch model".to_owned(),
            Self::AskAgain => "have the model answer every row in time".to_owned(),
            Self::Undo { name, .. } => format!("{name} of {}", named(&self.features())),
            Self::Offline { features } => format!("serve the offline values of {}", named(features)),
            Self::Prior if backtest.plan.task == Task::Regression => {
                "move the answers by their mean error".to_owned()
            }
            Self::Prior => "move the scores to the new share of positives".to_owned(),
            Self::Platt if backtest.plan.task == Task::Regression => {
                "correct the answers by a line".to_owned()
            }
            Self::Platt => "re-calibrate the scores by Platt scaling".to_owned(),
            Self::Isotonic => "re-calibrate the answers by isotonic regression".to_owned(),
            Self::Threshold => "move the decision threshold".to_owned(),
            Self::Drop { features, family } => {
                format!("refit the model without {} ({})", named(features), family.name())
            }
            Self::Retrain { strategy, family } => {
                format!("retrain on {}, {}", strategy.description(), family.name())
            }
            Self::Constant => "give every row the same answer".to_owned(),
            Self::Stump => "answer by one split on one feature".to_owned(),
        }
    }

    /// Predicts the test rows of a fold.
    ///
    /// # Errors
    ///
    /// Why it can't be tried on this case, as a clause.
    pub(super) fn answer(
        &self,
        backtest: &BacktestData<'_>,
        fold: &Fold,
    ) -> Result<BacktestAnswers, Unavailable> {
        match self {
            Self::RollBack | Self::AskAgain | Self::Undo { .. } => {
                Ok(of_change(self.changed(backtest, &fold.test)?))
            }
            Self::Offline { .. } => offline(self, backtest, fold),
            Self::Prior => recalibration::prior(backtest, fold),
            Self::Platt => recalibration::platt(backtest, fold),
            Self::Isotonic => recalibration::isotonic(backtest, fold),
            Self::Threshold => recalibration::threshold(backtest, fold),
            Self::Drop { features, family } => retraining::without(backtest, fold, features, *family),
            Self::Retrain { strategy, family } => retraining::retrain(backtest, fold, *strategy, *family),
            Self::Constant => fallback_rule::constant(backtest, fold),
            Self::Stump => fallback_rule::stump(backtest, fold),
        }
    }

    /// Whether it removes the fault without fitting labels, so that its gain is measured on all rows since
    /// the onset.
    pub(super) const fn removes_fault(&self) -> bool {
        self.remedy().spec().removes_fault
    }

    /// Returns the effect of removing the fault on labelled rows of the log; for [`Self::Offline`], on rows
    /// with offline values.
    ///
    /// # Errors
    ///
    /// Why this can't be computed, or why the remedy would change nothing, as a clause.
    pub(super) fn changed(&self, backtest: &BacktestData<'_>, rows: &[usize]) -> Result<Changed, String> {
        let (dossier, investigation) = (backtest.dossier, backtest.investigation);
        let served = backtest.log.take(rows);
        let repairs = || investigation.yardstick.as_ref().map_err(Clone::clone);
        let all = vec![true; rows.len()];
        match self {
            Self::RollBack => Yardstick::of_roll_back(dossier, investigation.launch.as_ref())?
                .answered_anew(dossier, &served, &all, None),
            Self::AskAgain => {
                let yardstick = repairs()?;
                let ill = yardstick.ill_served(dossier, &investigation.framing, &served)?;
                yardstick.answered_anew(dossier, &served, &ill, None)
            }
            Self::Undo { transforms, .. } => {
                repairs()?.mended(dossier, &served, &undone(dossier, &served, transforms), None)
            }
            Self::Offline { features } => {
                let mended = recomputed(backtest, rows, &served, features)
                    .ok_or("the offline snapshot lacks some of these rows")?;
                repairs()?.mended(dossier, &served, &mended, None)
            }
            _ => Err("it does not undo the fault".to_owned()),
        }
    }
}

/// Converts predictions after a change, with those before it to compare with.
fn of_change(changed: Changed) -> BacktestAnswers {
    let (prediction, score) = changed.is;
    BacktestAnswers { prediction, score, instead: Some(changed.was), gap: changed.gap }
}

/// Replaces some features of served rows by their offline values; `None` if the offline snapshot lacks a row.
fn recomputed(
    backtest: &BacktestData<'_>,
    rows: &[usize],
    served: &Table,
    features: &[usize],
) -> Option<Table> {
    let offline = backtest.dossier.offline.as_ref()?;
    let mut place = vec![None; backtest.log.rows];
    for (at, &row) in offline.production_row.iter().enumerate() {
        place[row] = Some(at);
    }
    let at: Option<Vec<usize>> = rows.iter().map(|&row| place[row]).collect();
    let at = at?;
    let mut mended = served.clone();
    for &j in features {
        mended.features[j] = offline.table.features[j].take(&at);
    }
    Some(mended)
}

/// Predicts the rows that the offline snapshot holds, from its values; the others have no prediction.
fn offline(
    variant: &RemedyVariant,
    backtest: &BacktestData<'_>,
    fold: &Fold,
) -> Result<BacktestAnswers, Unavailable> {
    let offline = backtest.dossier.offline.as_ref().ok_or("there is no offline snapshot")?;
    let mut held = vec![false; backtest.log.rows];
    for &row in &offline.production_row {
        held[row] = true;
    }
    let joined: Vec<usize> = (0..fold.test.len()).filter(|&k| held[fold.test[k]]).collect();
    let rows: Vec<usize> = joined.iter().map(|&k| fold.test[k]).collect();
    let proposed = of_change(variant.changed(backtest, &rows)?);
    let spread = |values: &[f64]| {
        if values.is_empty() {
            return Vec::new();
        }
        let mut all = vec![f64::NAN; fold.test.len()];
        for (&k, &value) in joined.iter().zip(values) {
            all[k] = value;
        }
        all
    };
    Ok(BacktestAnswers {
        prediction: spread(&proposed.prediction),
        score: spread(&proposed.score),
        instead: proposed.instead.map(|(prediction, score)| (spread(&prediction), spread(&score))),
        gap: proposed.gap,
    })
}
