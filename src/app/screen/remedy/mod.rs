//! Remedy: what fixes it, and does it hold? All numbers are the bench's.

pub mod candidate;
pub mod review;
mod rows;
pub(in crate::app) use rows::rows;
mod tables;
#[cfg(test)]
mod tests;
mod watching;

use crate::{
    autopsy::{Cause, Hypothesis, Stage, Standing, Step},
    journal::Selection,
    remedy::{
        Basis, Measured, Offer, OfferStatus, RemedyReport, Trial,
        fitted::{self, Watched},
        monitor,
    },
    text::{number, phrase},
    wording::{
        self,
        remedy::{Against, Unit},
    },
};

pub use super::state::{Comparing, Monitors, Remedy, Reviewing};
use super::{Orders, ScreenSpec, arranged, move_cursor, no_cursor_reason, state::Order};
use crate::app::{
    Action, Effect, Measuring, Model, Reading, StepStatus,
    navigate::{go_to, measure},
};
pub use tables::{detail, needed, units};
pub use watching::{WatchLine, watch_lines};

/// The pane with the ranked remedies.
pub const OFFERS: usize = 0;
/// The pane about the remedy under the cursor.
pub const DETAIL: usize = 1;
/// The pane with the strategies of retraining.
pub const RETRAINING: usize = 2;
/// The pane with the learning curve.
pub const CURVE: usize = 3;
/// The pane with what can be done to the scores.
pub const SCORES: usize = 4;
/// The pane with the candidate beside the deployed model.
pub const COMPARISON: usize = 5;
/// The pane with what people should review.
pub const REVIEW: usize = 6;
/// The pane with the rows for the golden set.
pub const GOLDEN: usize = 7;
/// The pane with the monitors.
pub const MONITORS: usize = 8;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &[
        "Remedies",
        "Why, and how measured",
        "Retraining",
        "Labels needed",
        "Scores and threshold",
        "Candidate",
        "Review by people",
        "Rows for the golden set",
        "Monitors",
    ],
    stages: &[Stage::Verdict; 9],
    judged: Stage::Verdict,
    act,
    disabled,
    reading,
    orders,
    selection,
    table: tables::table,
};

fn orders(model: &Model) -> Orders {
    match model.pane() {
        MONITORS => Orders::Fixed("the monitors stand with the one that rings first on top"),
        OFFERS | DETAIL | RETRAINING | SCORES if model.backtests().is_none() => {
            Orders::Fixed("the remedies are not measured yet")
        }
        OFFERS | DETAIL => Orders::Own(&["in the order of the advice", "by gain, largest first"]),
        RETRAINING => Orders::Own(&["by gain, largest first", "strategies by name"]),
        SCORES => Orders::Own(&["in the order of the advice", "by gain, largest first"]),
        CURVE => Orders::Fixed("the curve stands by the number of labels"),
        COMPARISON => Orders::Fixed("the candidate's numbers stand in one order"),
        REVIEW => Orders::Fixed("the least certain answers come first, as people should take them"),
        _ => Orders::Fixed("the rows stand as the golden set should take them in"),
    }
}

/// The causes that are not ruled out, most probable first.
#[must_use]
pub fn causes(model: &Model) -> Vec<&Hypothesis> {
    let all =
        model.investigation.as_ref().map_or(&[][..], |investigation| &investigation.diagnosis.hypotheses);
    all.iter().filter(|cause| matches!(cause.standing, Standing::Found | Standing::Possible)).collect()
}

/// The remedy under the cursor.
#[must_use]
pub fn current(model: &Model) -> Option<&Offer> {
    let listed = listed(model);
    let at = *listed.get(model.screens.remedy.at.min(listed.len().saturating_sub(1)))?;
    model.backtests()?.offers.get(at)
}

/// The remedies by their place among all: in the order in which they are advised, or by their gain.
#[must_use]
pub fn listed(model: &Model) -> Vec<usize> {
    let offers = model.backtests().map_or(&[][..], |backtests| &backtests.offers);
    let unit = model.screens.remedy.unit;
    let gain = |at: &usize| gain(unit, &offers[*at].basis);
    let order = model.screens.order(Step::Remedy, OFFERS);
    arranged((0..offers.len()).collect(), order, &[&|a, b| gain(b).total_cmp(&gain(a))])
}

/// A gain in a unit; nothing is less than what was not measured.
fn gain(unit: Unit, basis: &Basis) -> f64 {
    let measured = basis.measured().and_then(|measured| unit.gain(measured));
    measured.map_or(f64::NEG_INFINITY, |gain| gain.value)
}

/// Whether the remedies that are not offered stand below the others.
#[must_use]
pub fn is_advised(model: &Model) -> bool {
    model.screens.order(Step::Remedy, OFFERS) == Order::default()
}

/// The trials of retraining, in the order of their pane.
#[must_use]
pub fn trials(model: &Model) -> Vec<&Trial> {
    let order = model.screens.order(Step::Remedy, RETRAINING);
    arranged(trials_by_gain(model), order, &[&|a, b| a.name.cmp(&b.name)])
}

/// The same: the measured ones by their gain, best first, then the others.
#[must_use]
pub fn trials_by_gain(model: &Model) -> Vec<&Trial> {
    let unit = model.screens.remedy.unit;
    let mut trials: Vec<&Trial> =
        model.backtests().map_or_else(Vec::new, |backtests| backtests.retraining.iter().collect());
    trials.sort_by(|a, b| gain(unit, &b.basis).total_cmp(&gain(unit, &a.basis)));
    trials
}

/// What can be done to the scores, in the order of its pane.
#[must_use]
pub fn corrections(model: &Model) -> Vec<&Offer> {
    let offers = model.backtests().map_or(&[][..], |backtests| &backtests.offers);
    let unit = model.screens.remedy.unit;
    let own = offers.iter().filter(|offer| wording::remedy::mends_scores(offer.remedy)).collect();
    let order = model.screens.order(Step::Remedy, SCORES);
    arranged(own, order, &[&|a, b| gain(unit, &b.basis).total_cmp(&gain(unit, &a.basis))])
}

/// The hypothesis that the monitors are about: the one that the bench is about.
fn leading(model: &Model) -> Option<&Hypothesis> {
    let investigation = model.investigation.as_ref()?;
    match model.backtests().and_then(|backtests| backtests.cause) {
        Some((cause, _)) => {
            let all = &investigation.diagnosis.hypotheses;
            all.iter().find(|hypothesis| hypothesis.cause == cause)
        }
        None => investigation.diagnosis.top(),
    }
}

/// Reckons the monitors when the screen is shown.
pub(super) fn refresh(model: &mut Model) {
    let Some(investigation) = model.knowing(crate::autopsy::Stage::Verdict).cloned() else {
        return;
    };
    let features = leading(model).map_or_else(Vec::new, |cause| cause.features.clone());
    let known = model.screens.remedy.monitors.as_ref();
    if known.is_some_and(|watch| watch.features == features) {
        return;
    }
    model.screens.remedy.monitors = Some(Monitors {
        fitted: fitted::monitors(&investigation, &features),
        replayed: monitor::replay(&investigation),
        features,
    });
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    match action {
        Action::Measure if !model.investigation.as_ref().is_some_and(|i| i.is_whole()) => {
            Some("the case is still being read".to_owned())
        }
        Action::Measure if matches!(model.remedy, Measuring::Running { .. }) => {
            Some("the remedies are being measured".to_owned())
        }
        Action::View if matches!(model.pane(), DETAIL | CURVE) => Some("this pane has one view".to_owned()),
        Action::View if model.pane() == GOLDEN => Some("this pane has one view".to_owned()),
        Action::View if model.pane() != MONITORS && model.backtests().is_none() => {
            Some("no remedy has been measured yet".to_owned())
        }
        Action::Enter => None,
        _ if model.pane() == CURVE => no_cursor_reason(action),
        _ if candidate::is_picture(model) => no_cursor_reason(action),
        _ => None,
    }
}

fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::Measure => return Some(next_measure(model)),
        Action::View => {
            next_view(model);
            return Some(Vec::new());
        }
        Action::Enter => return Some(enter(model)),
        Action::NextSubject | Action::PreviousSubject => {
            let step = if action == Action::NextSubject { Action::Down } else { Action::Up };
            return move_offer(model, step);
        }
        Action::NextFlagged | Action::PreviousFlagged => return Some(next_offered(model, action)),
        _ => {}
    }
    match model.pane() {
        OFFERS => move_offer(model, action),
        RETRAINING => {
            let n = trials(model).len();
            model.screens.remedy.trial = move_cursor(model.screens.remedy.trial, n, model.page(), action)?;
            Some(Vec::new())
        }
        SCORES => {
            let n = corrections(model).len();
            model.screens.remedy.score = move_cursor(model.screens.remedy.score, n, model.page(), action)?;
            Some(Vec::new())
        }
        MONITORS => {
            let n = watch_lines(model).len();
            model.screens.remedy.monitor =
                move_cursor(model.screens.remedy.monitor, n, model.page(), action)?;
            Some(Vec::new())
        }
        COMPARISON if candidate::lines(model) > 0 => {
            let n = candidate::lines(model);
            model.screens.remedy.compared =
                move_cursor(model.screens.remedy.compared, n, model.page(), action)?;
            Some(Vec::new())
        }
        REVIEW if model.screens.remedy.reviewing == Reviewing::Queue => {
            let n = review::queued(model).len();
            model.screens.remedy.queued = move_cursor(model.screens.remedy.queued, n, model.page(), action)?;
            Some(Vec::new())
        }
        GOLDEN => {
            let n = model.screens.remedy.golden.len();
            model.screens.remedy.proposed =
                move_cursor(model.screens.remedy.proposed, n, model.page(), action)?;
            Some(Vec::new())
        }
        // These panes have no cursor of their own: moving scrolls them.
        DETAIL | COMPARISON | REVIEW => {
            let scroll = &mut model.screens.scroll[Step::Remedy as usize];
            *scroll = u16::try_from(move_cursor(usize::from(*scroll), usize::from(u16::MAX), 8, action)?)
                .unwrap_or(u16::MAX)
                .min(999);
            Some(Vec::new())
        }
        _ => None,
    }
}

/// Moves to the next remedy that is offered.
fn next_offered(model: &mut Model, action: Action) -> Vec<Effect> {
    let (all, at) = (listed(model), model.screens.remedy.at);
    let is_offered = |place: usize| {
        let offer = model.backtests().and_then(|backtests| backtests.offers.get(*all.get(place)?));
        offer.is_some_and(|offer| offer.status != OfferStatus::Refused)
    };
    let n = all.len();
    let mut round =
        (1..=n).map(|d| if action == Action::NextFlagged { (at + d) % n } else { (at + 2 * n - d) % n });
    let Some(next) = round.find(|&place| is_offered(place)) else {
        model.toast("no remedy is offered yet");
        return Vec::new();
    };
    model.screens.remedy.at = next;
    model.screens.scroll[Step::Remedy as usize] = 0;
    model.screens.pane[Step::Remedy as usize] = OFFERS;
    Vec::new()
}

fn move_offer(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let n = model.backtests().map_or_else(|| causes(model).len(), |backtests| backtests.offers.len());
    model.screens.remedy.at = move_cursor(model.screens.remedy.at, n, model.page(), action)?;
    model.screens.scroll[Step::Remedy as usize] = 0;
    Some(Vec::new())
}

/// Shows gains in the next unit; where nothing is measured, measures.
fn next_measure(model: &mut Model) -> Vec<Effect> {
    let Some(backtests) = model.backtests() else {
        return measure(model);
    };
    let unit = model.screens.remedy.unit.next(backtests);
    let message = format!("gains in {}", unit.name(backtests).unwrap_or_default());
    model.screens.remedy.unit = unit;
    model.toast(message);
    Vec::new()
}

fn next_view(model: &mut Model) {
    let pane = model.pane();
    let state = &mut model.screens.remedy;
    let message = match pane {
        RETRAINING => {
            state.matrix = !state.matrix;
            return;
        }
        COMPARISON => {
            candidate::next_view(model);
            return;
        }
        REVIEW => {
            state.reviewing = state.reviewing.next();
            return;
        }
        MONITORS => {
            state.replayed = !state.replayed;
            state.monitor = 0;
            return;
        }
        _ => {
            state.next = !state.next;
            if state.next {
                "90 % intervals of the gain on the next block of rows"
            } else {
                "90 % intervals of the mean gain"
            }
        }
    };
    model.toast(message);
}

/// Opens the feature that a remedy repairs, otherwise the diagnosis behind it.
fn enter(model: &mut Model) -> Vec<Effect> {
    let Some(investigation) = model.investigation.clone() else {
        return Vec::new();
    };
    if model.backtests().is_none() && model.pane() != MONITORS {
        if matches!(model.remedy, Measuring::Stopped | Measuring::Failed(_)) && model.pane() != OFFERS {
            return measure(model);
        }
        let cause = causes(model).get(model.screens.remedy.at).map(|h| h.cause);
        return to_diagnosis(model, cause);
    }
    if let Some(row) = rows::under(model) {
        model.at = row.at.or(model.at);
    }
    let state = &model.screens.remedy;
    let feature = match model.pane() {
        COMPARISON | REVIEW | GOLDEN => rows::under(model).and_then(|row| row.feature),
        OFFERS | DETAIL => current(model).and_then(|offer| offer.features.first().copied()),
        MONITORS if !state.replayed => {
            state.monitors.as_ref().and_then(|watch| watch.fitted.get(state.monitor)).and_then(|monitor| {
                match monitor.watched {
                    Watched::Psi { feature } | Watched::Missing { feature } => Some(feature),
                    _ => None,
                }
            })
        }
        _ => None,
    };
    match (model.pane(), feature) {
        (_, Some(feature)) => {
            model.features.show(feature, &investigation);
            go_to(model, Step::Feature)
        }
        (RETRAINING | CURVE | SCORES | COMPARISON, None) => go_to(model, Step::Concept),
        (REVIEW | GOLDEN, None) => go_to(model, Step::Support),
        (MONITORS, None) => go_to(model, Step::Triage),
        _ => {
            let cause = model.backtests().and_then(|backtests| backtests.cause).map(|(cause, _)| cause);
            to_diagnosis(model, cause)
        }
    }
}

/// Opens Diagnosis at a cause.
fn to_diagnosis(model: &mut Model, cause: Option<Cause>) -> Vec<Effect> {
    let all = model.investigation.as_ref().map_or(&[][..], |i| &i.diagnosis.hypotheses);
    if let Some(at) = all.iter().position(|hypothesis| Some(hypothesis.cause) == cause) {
        model.screens.diagnosis.at = at;
    }
    go_to(model, Step::Diagnosis)
}

/// Where the measurement is, in a sentence; none once it is done.
#[must_use]
pub fn progress(model: &Model) -> Option<String> {
    Some(match &model.remedy {
        Measuring::Done(_) => return None,
        Measuring::NotYet => "Nothing is measured yet: m measures.".to_owned(),
        Measuring::Running { of: 0, .. } => "The remedies are about to be tried on labelled rows.".to_owned(),
        Measuring::Running { done, of, what, .. } => {
            let what = if what.is_empty() { String::new() } else { format!(", now {what}") };
            format!("The remedies are being tried on labelled rows: {done} of {of} done{what}.")
        }
        Measuring::Stopped => {
            "The measurement was stopped, nothing else was lost: m measures again.".to_owned()
        }
        Measuring::Failed(message) => format!("The remedies could not be measured: {message} m tries again."),
    })
}

/// The step's status: fine if a tried remedy recovers something, otherwise to be looked at.
pub(in crate::app) fn status(model: &Model) -> StepStatus {
    match &model.remedy {
        Measuring::Running { .. } => StepStatus::Running,
        Measuring::NotYet | Measuring::Stopped => StepStatus::Unknown,
        Measuring::Failed(_) => StepStatus::Watch,
        Measuring::Done(backtests) => {
            let better = |measured: &Measured| {
                let mut gains = Unit::ALL.into_iter().filter_map(|unit| unit.gain(measured));
                gains.any(|gain| Against::of(&gain) == Against::Better)
            };
            let top = backtests.top().and_then(|offer| offer.basis.measured());
            let closes = backtests.top().is_some_and(|offer| offer.remedy == crate::remedy::Remedy::Close);
            match (&backtests.first, top) {
                (None, Some(measured)) if better(measured) => StepStatus::Fine,
                // Nothing is wrong, so nothing has to be won back.
                (None, _) if closes => StepStatus::Fine,
                _ => StepStatus::Watch,
            }
        }
    }
}

fn reading(model: &Model) -> Reading {
    let Some(backtests) = model.backtests() else {
        let asks = causes(model).first().map_or_else(String::new, |leading| {
            format!(" If it is {}: {}", leading.cause.name(), leading.cause.mitigation())
        });
        // The pane of the remedies and the line of status tell how far the measurement is.
        let state = match &model.remedy {
            Measuring::Running { .. } => {
                Some("What each remedy would win back is being measured.".to_owned())
            }
            _ => progress(model),
        };
        let message = state.unwrap_or_default() + &asks;
        return Reading::new(message, Step::Report);
    };
    Reading::new(conclusion(backtests), Step::Report)
}

/// What the bench means, in one sentence with its numbers.
fn conclusion(backtests: &RemedyReport) -> String {
    if let Some(first) = &backtests.first {
        return format!("The data can't tell the cause yet, so find out first: {first}.");
    }
    let Some(top) = backtests.top() else {
        return backtests.advice.clone();
    };
    if top.remedy == crate::remedy::Remedy::Close {
        return format!("Nothing was lost that a remedy could win back: {}.", top.name);
    }
    let mut message = match &top.basis {
        Basis::Unmeasured(why) => {
            format!("Begin with “{}”. What it would win back was not measured: {why}", top.name)
        }
        Basis::Measured(_) => format!("Begin with “{}”: {}", top.name, brought(backtests, top)),
    };
    let retrain = backtests.offers.iter().find(|offer| offer.remedy == crate::remedy::Remedy::Retrain);
    if let Some(retrain) = retrain.filter(|retrain| retrain.status != top.status) {
        let share = retrain.basis.measured().and_then(|measured| measured.share);
        let share = share.map_or_else(String::new, |share| format!(", which {},", phrase::wins_back(share)));
        message.push_str(&format!(". A retrain{share} is {}", retrain.status.name()));
    }
    message.push('.');
    message
}

/// What a remedy does to the loss a row, as people say it: from what to what, and which share of what was lost that is.
fn brought(backtests: &RemedyReport, offer: &Offer) -> String {
    let loss = backtests.measures.loss;
    let known = offer.basis.measured().zip(backtests.measures.loss_since);
    match known.filter(|(measured, _)| Against::of(&measured.loss) == Against::Better) {
        Some((measured, since)) => {
            let share = measured
                .share
                .map_or_else(String::new, |share| format!(", which {}", phrase::wins_back(share)));
            let after = since - measured.loss.value;
            format!("{loss} a row {} → {}{share}", number::metric(since), number::metric(after))
        }
        None => wording::remedy::basis(backtests, &offer.basis),
    }
}

fn selection(model: &Model) -> Option<Selection> {
    let select =
        |id: String, title: String, message: String| Selection { id, step: Step::Remedy, title, message };
    let state = &model.screens.remedy;
    let of_offer = |backtests: &RemedyReport, offer: &Offer| {
        let message = format!(
            "{}: {}. {}",
            offer.status.name(),
            wording::remedy::basis(backtests, &offer.basis),
            offer.because
        );
        select(format!("remedy:{}", offer.name), offer.name.clone(), message)
    };
    if model.pane() == MONITORS {
        let line = watch_lines(model).into_iter().nth(state.monitor)?;
        return Some(select(format!("remedy.monitor:{}", line.message), line.message, line.does));
    }
    let Some(backtests) = model.backtests() else {
        let hypothesis = *causes(model).get(state.at)?;
        return Some(select(
            format!("remedy.mitigation:{}", hypothesis.cause.id()),
            format!("remedy for {}", hypothesis.cause.name()),
            hypothesis.cause.mitigation().to_owned(),
        ));
    };
    if let Some(row) = rows::under(model) {
        return Some(select(row.id, row.title, row.message));
    }
    match model.pane() {
        RETRAINING => {
            let trials = trials(model);
            let trial = trials.get(state.trial.min(trials.len().checked_sub(1)?))?;
            Some(select(
                format!("remedy.retraining:{}", trial.name),
                format!("retrain: {}", trial.name),
                wording::remedy::basis(backtests, &trial.basis),
            ))
        }
        CURVE => {
            let curve = backtests.curve.as_ref()?;
            let title = "labels that a retrain needs".to_owned();
            Some(select("remedy.curve".to_owned(), title, curve.message.clone()))
        }
        COMPARISON => {
            let comparison = candidate::comparison(backtests).ok()?;
            let title = format!("candidate {}", comparison.name);
            Some(select(
                format!("remedy.candidate:{}", comparison.name),
                title,
                candidate::verdict(comparison),
            ))
        }
        REVIEW => {
            let review = review::review(backtests).ok()?;
            let (_, message) = review::reviewed(review).into_iter().next()?;
            Some(select("remedy.review".to_owned(), "review by people".to_owned(), message))
        }
        SCORES => {
            let offers = corrections(model);
            let offer = offers.get(state.score.min(offers.len().checked_sub(1)?))?;
            Some(of_offer(backtests, offer))
        }
        _ => current(model).map(|offer| of_offer(backtests, offer)),
    }
}
