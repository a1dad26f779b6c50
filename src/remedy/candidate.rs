//! Everything that is tried: how a remedy answers the rows of a fold's future, from what was known before.

use crate::{
    autopsy::{
        Cause,
        exam::integrity::{Transform, undone},
    },
    model::{folds::thin, learner::Family},
    summary::{Column, Micros, Task},
    text::time,
};

use super::{
    bench::{Remedy, Strategy},
    gain::Given,
    ground::{Fold, Ground},
    level, retraining, rule,
};

/// Repairs of the integrity exam that are tried.
const MOST_REPAIRS: usize = 4;

/// Below this probability of a fault of the inputs nothing is dropped.
const DOUBT: f64 = 0.05;

/// One thing to try.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Candidate {
    /// The launch model's stand-in answers.
    RollBack,
    /// The deployed model answers again, from the inputs as logged.
    AskAgain,
    /// The deployed model answers the rows with maps undone.
    Undo { name: String, maps: Vec<Transform> },
    /// The deployed model answers the rows with the offline values of some features.
    Offline { features: Vec<usize> },
    /// A new prior.
    Prior,
    /// A line.
    Platt,
    /// A monotone function.
    Isotonic,
    /// Another threshold.
    Threshold,
    /// A learner of training without some features.
    Drop { features: Vec<usize>, family: Family },
    /// A learner of labels that production brought.
    Retrain { strategy: Strategy, family: Family },
    /// One answer for all rows.
    Constant,
    /// One question to one feature.
    Stump,
}

/// Everything that is worth trying on a case.
pub(super) fn candidates(ground: &Ground<'_>) -> Vec<Candidate> {
    let integrity = &ground.investigation.integrity;
    let mut all = vec![Candidate::RollBack, Candidate::AskAgain];
    for repair in integrity.repairs.iter().take(MOST_REPAIRS) {
        all.push(if repair.transforms.is_empty() {
            Candidate::Offline { features: repair.features.clone() }
        } else {
            Candidate::Undo { name: repair.name.clone(), maps: repair.transforms.clone() }
        });
    }
    all.extend([Candidate::Prior, Candidate::Platt, Candidate::Isotonic, Candidate::Threshold]);
    let features = broken(ground);
    if !features.is_empty() && features.len() < ground.plan.features.len() {
        for family in [Family::Boosted, Family::Linear] {
            all.push(Candidate::Drop { features: features.clone(), family });
        }
    }
    for strategy in strategies(ground) {
        for family in [Family::Boosted, Family::Linear] {
            all.push(Candidate::Retrain { strategy, family });
        }
    }
    all.extend([Candidate::Constant, Candidate::Stump]);
    all
}

/// The features of the most probable fault of the inputs, where one is in question.
pub(super) fn broken(ground: &Ground<'_>) -> Vec<usize> {
    let of_inputs = |cause| {
        matches!(
            cause,
            Cause::FeatureRecalibration
                | Cause::FeatureUnavailable
                | Cause::TrainingServingSkew
                | Cause::UpstreamPipeline
        )
    };
    ground
        .investigation
        .diagnosis
        .hypotheses
        .iter()
        .find(|h| of_inputs(h.cause) && h.probability >= DOUBT)
        .map_or_else(Vec::new, |h| h.features.clone())
}

/// The strategies of retraining that differ on this log.
fn strategies(ground: &Ground<'_>) -> Vec<Strategy> {
    const DAY: Micros = 86_400_000_000;
    let mut strategies = vec![Strategy::Full, Strategy::SinceOnset];
    if let (true, Some(&first), Some(&last)) =
        (ground.has_clock(), ground.judged.first(), ground.judged.last())
    {
        let length = ground.at(last) - ground.at(first);
        let fitting = [28 * DAY, 14 * DAY, 7 * DAY, DAY].into_iter().filter(|window| 2 * window < length);
        strategies.extend(fitting.take(2).map(Strategy::Window));
        strategies.extend([length / 3, length / 12].map(|half_life| Strategy::Weighted { half_life }));
    }
    strategies.push(Strategy::Incremental);
    strategies
}

impl Candidate {
    /// The remedy that it is a way of.
    pub(super) const fn remedy(&self) -> Remedy {
        match self {
            Self::RollBack => Remedy::RollBack,
            Self::AskAgain => Remedy::RelieveService,
            Self::Undo { .. } | Self::Offline { .. } => Remedy::MendInputs,
            Self::Prior => Remedy::MovePrior,
            Self::Platt => Remedy::Platt,
            Self::Isotonic => Remedy::Isotonic,
            Self::Threshold => Remedy::MoveThreshold,
            Self::Drop { .. } => Remedy::DropFeatures,
            Self::Retrain { .. } => Remedy::Retrain,
            Self::Constant | Self::Stump => Remedy::SimpleRule,
        }
    }

    /// The features that it concerns.
    pub(super) fn features(&self) -> Vec<usize> {
        match self {
            Self::Undo { maps, .. } => maps.iter().map(|map| map.feature).collect(),
            Self::Offline { features } | Self::Drop { features, .. } => features.clone(),
            _ => Vec::new(),
        }
    }

    /// What it is called on this case.
    pub(super) fn name(&self, ground: &Ground<'_>) -> String {
        let named = |features: &[usize]| {
            let names: Vec<&str> = features.iter().map(|&j| ground.dossier.feature_name(j)).collect();
            names.join(", ")
        };
        match self {
            Self::RollBack => "roll back to the launch model".to_owned(),
            Self::AskAgain => "have the model answer every row in time".to_owned(),
            Self::Undo { name, .. } => format!("{name} of {}", named(&self.features())),
            Self::Offline { features } => format!("serve the offline values of {}", named(features)),
            Self::Prior if ground.plan.task == Task::Regression => {
                "move the answers by their mean error".to_owned()
            }
            Self::Prior => "move the scores to the new share of positives".to_owned(),
            Self::Platt if ground.plan.task == Task::Regression => "correct the answers by a line".to_owned(),
            Self::Platt => "re-calibrate the scores by Platt scaling".to_owned(),
            Self::Isotonic => "re-calibrate the answers by isotonic regression".to_owned(),
            Self::Threshold => "move the decision threshold".to_owned(),
            Self::Drop { features, family } => {
                format!("fit the model anew without {} ({})", named(features), family.name())
            }
            Self::Retrain { strategy, family } => {
                format!("retrain on {}, {}", says(*strategy), family.name())
            }
            Self::Constant => "answer every row alike".to_owned(),
            Self::Stump => "answer by one question to one feature".to_owned(),
        }
    }

    /// Its answers to a fold's future.
    ///
    /// # Errors
    ///
    /// Why it can't be tried on this case, as a clause.
    pub(super) fn answer(&self, ground: &Ground<'_>, fold: &Fold) -> Result<Given, String> {
        match self {
            Self::RollBack => {
                let surrogate = ground
                    .surrogate()
                    .ok_or("training logs no answers, so nothing stands in for the launch model")?;
                let answers = surrogate.answers(ground.log, &fold.future);
                Ok(Given { prediction: answers.prediction, score: answers.score, instead: None })
            }
            Self::AskAgain => {
                let (prediction, score) = rescored(ground, fold, None)?;
                Ok(Given { prediction, score, instead: None })
            }
            Self::Undo { maps, .. } => {
                let served = ground.log.take(&fold.future);
                mended(ground, fold, undone(ground.dossier, &served, maps).features)
            }
            Self::Offline { features } => offline(ground, fold, features),
            Self::Prior => level::prior(ground, fold),
            Self::Platt => level::platt(ground, fold),
            Self::Isotonic => level::isotonic(ground, fold),
            Self::Threshold => level::threshold(ground, fold),
            Self::Drop { features, family } => retraining::without(ground, fold, features, *family),
            Self::Retrain { strategy, family } => retraining::retrain(ground, fold, *strategy, *family),
            Self::Constant => rule::constant(ground, fold),
            Self::Stump => rule::stump(ground, fold),
        }
    }
}

/// Which rows a strategy learns from, in words.
pub(super) fn says(strategy: Strategy) -> String {
    match strategy {
        Strategy::Full => "training and all labelled production".to_owned(),
        Strategy::SinceOnset => "production since the onset".to_owned(),
        Strategy::Window(length) => format!("the last {} of production", time::duration(length)),
        Strategy::Weighted { half_life } => {
            format!("all rows, weights halved every {}", time::duration(half_life))
        }
        Strategy::Incremental => "new labels from the old model on".to_owned(),
    }
}

/// Prediction and score of a fold's future by the model that answers again, with other features where given.
fn rescored(
    ground: &Ground<'_>,
    fold: &Fold,
    features: Option<Vec<Column>>,
) -> Result<(Vec<f64>, Vec<f64>), String> {
    let rescorer = ground
        .investigation
        .rescorer
        .as_ref()
        .ok_or("neither the artefact nor a faithful surrogate can answer the rows again")?;
    let mut table = ground.log.take(&fold.future);
    if let Some(features) = features {
        table.features = features;
    }
    let all: Vec<usize> = (0..table.rows).collect();
    rescorer
        .answer(ground.dossier, &table, &all)
        .ok_or_else(|| "the artefact could not answer the rows".to_owned())
}

/// The answers to rows with mended features, held against the same model's answers to the rows as served.
fn mended(ground: &Ground<'_>, fold: &Fold, features: Vec<Column>) -> Result<Given, String> {
    let served = rescored(ground, fold, None)?;
    let (prediction, score) = rescored(ground, fold, Some(features))?;
    Ok(Given { prediction, score, instead: Some(served) })
}

/// The answers to the rows that the offline snapshot holds, with its values.
fn offline(ground: &Ground<'_>, fold: &Fold, features: &[usize]) -> Result<Given, String> {
    let offline = ground.dossier.offline.as_ref().ok_or("there is no offline snapshot")?;
    let mut place = vec![None; ground.log.rows];
    for (at, &row) in offline.production_row.iter().enumerate() {
        place[row] = Some(at);
    }
    let joined: Vec<usize> = (0..fold.future.len()).filter(|&k| place[fold.future[k]].is_some()).collect();
    let rows: Vec<usize> = joined.iter().map(|&k| fold.future[k]).collect();
    let at: Vec<usize> = rows.iter().filter_map(|&row| place[row]).collect();
    let recomputed = offline.table.take(&at);
    let mut columns = ground.log.take(&rows).features;
    for &j in features {
        columns[j] = recomputed.features[j].clone();
    }
    let part = Fold { future: rows, ..fold.clone() };
    let given = mended(ground, &part, columns)?;
    // Rows that the offline snapshot lacks have no answer.
    let spread = |values: &[f64]| {
        if values.is_empty() {
            return Vec::new();
        }
        let mut all = vec![f64::NAN; fold.future.len()];
        for (&k, &value) in joined.iter().zip(values) {
            all[k] = value;
        }
        all
    };
    Ok(Given {
        prediction: spread(&given.prediction),
        score: spread(&given.score),
        instead: given.instead.map(|(prediction, score)| (spread(&prediction), spread(&score))),
    })
}

/// Rows of a fold's future are answered in one piece; nothing is thinned there. Learners are given this many at most.
pub(super) fn for_learners(ground: &Ground<'_>, rows: &[usize]) -> Vec<usize> {
    let most = match ground.plan.task {
        Task::Binary | Task::Regression => 9_000,
        // One tree a class and round.
        Task::Multiclass => 4_000,
    };
    thin(rows, most)
}
