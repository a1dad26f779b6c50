//! Concept: did the relation between inputs and outcome change?

use crate::{
    autopsy::{
        Investigation, Stage, Step, Verdict,
        catalogue::checks,
        exam::concept::{ChallengerCourse, Concept as Exam, InputWeight, Segment},
    },
    journal::Selection,
    stats::Undefined,
    summary::Task,
    text::{number, phrase::plural},
};

pub use super::state::{Concept, SegmentMeasure};
use super::{Orders, ScreenSpec, arranged, move_cursor, no_cursor_reason};
use crate::app::{Action, Effect, Model, Reading, answers, navigate::go_to, suspicion::not_the_relation};

mod challenger;

pub use challenger::{Shown, shown as shown_challenger};
pub(in crate::app) use challenger::{again, challenge, refitted};

/// The pane with the segments.
pub const SEGMENTS: usize = 0;
/// The pane with the challenger's course.
pub const CHALLENGER: usize = 1;
/// The pane with the calibration.
pub const CALIBRATION: usize = 2;
/// The pane with the four questions.
pub const QUESTIONS: usize = 3;
/// The pane with what the inputs weigh.
pub const IMPORTANCE: usize = 4;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["Segments", "Challenger", "Calibration", "Which drift is it?", "Importance"],
    stages: &[Stage::Concept; 5],
    judged: Stage::Concept,
    act,
    disabled,
    reading,
    orders,
    selection,
    table,
};

fn orders(model: &Model) -> Orders {
    match model.pane() {
        SEGMENTS => Orders::Own(&["the worst segment of each feature", "every segment, by its rise in loss"]),
        IMPORTANCE => Orders::Own(&["the heaviest input first", "what changed most first"]),
        CALIBRATION => Orders::Fixed("the bins stand by their score"),
        CHALLENGER => Orders::Fixed("one challenger is drawn; v shows another"),
        _ => Orders::Fixed("the four questions build on each other"),
    }
}

/// Whether all segments of all features are listed by their rise in loss, not grouped by feature.
#[must_use]
pub fn is_flat(model: &Model) -> bool {
    model.screens.order(Step::Concept, SEGMENTS).by > 0
}

/// All rows first, then the listed features, each by its worst segment and one by all of its segments: those whose loss
/// rose most come first. All segments of all features where they are not grouped.
#[must_use]
pub fn segments(model: &Model) -> Vec<&Segment> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let all = &investigation.concept.segments;
    let rise = |segment: &Segment| segment.rise.map_or(f64::NEG_INFINITY, |(rise, _)| rise);
    // Some thousand segments are looked at with every key: no search for each of them.
    let mut listed = vec![false; investigation.dossier.plan.features.len()];
    for &feature in &model.features.listed {
        listed[feature] = true;
    }
    let mut segments: Vec<&Segment> =
        all.iter().filter(|segment| segment.feature.is_none_or(|feature| listed[feature])).collect();
    // All rows stay first, whatever the order of the parts.
    let sign = if model.screens.order(Step::Concept, SEGMENTS).reversed { 1.0 } else { -1.0 };
    if is_flat(model) {
        segments.sort_by(|a, b| {
            let key = |s: &Segment| (s.feature.is_some(), sign * rise(s));
            key(a).0.cmp(&key(b).0).then(key(a).1.total_cmp(&key(b).1))
        });
        return segments;
    }
    // The feature with the most uneven rise is the most informative about where the change is.
    let mut worst: Vec<Option<&Segment>> = vec![None; listed.len()];
    for &segment in &segments {
        if let Some(feature) = segment.feature
            && worst[feature].is_none_or(|known| rise(segment) > rise(known))
        {
            worst[feature] = Some(segment);
        }
    }
    let unfolded = model.screens.concept.unfolded;
    segments.retain(|&segment| {
        let is_worst = |feature: usize| worst[feature].is_some_and(|worst| std::ptr::eq(worst, segment));
        segment.feature.is_none_or(|feature| unfolded == Some(feature) || is_worst(feature))
    });
    segments.sort_by(|a, b| {
        let worst = |s: &Segment| s.feature.map(|f| sign * worst[f].map_or(f64::NEG_INFINITY, rise));
        let (a_worst, b_worst) = (worst(a), worst(b));
        let whole = a_worst.is_some().cmp(&b_worst.is_some());
        let by_rise = a_worst.unwrap_or(0.0).total_cmp(&b_worst.unwrap_or(0.0));
        whole.then(by_rise).then(a.feature.cmp(&b.feature))
    });
    segments
}

/// The part of the added loss that a segment carries: its rise over its rows against those of all rows; none where the
/// loss did not rise beyond noise.
#[must_use]
pub fn share_of_rise(investigation: &Investigation, segment: &Segment) -> Option<f64> {
    let all = investigation.concept.segments.iter().find(|segment| segment.feature.is_none())?;
    let (rise, error) = all.rise?;
    let total = rise * all.rows.1 as f64;
    (total > 0.0 && rise > 3.0 * error).then_some(segment.rise?.0 * segment.rows.1 as f64 / total)
}

/// Puts the cursor on the segments of the feature that another screen chose.
pub(super) fn refresh(model: &mut Model) {
    let current = model.features.current();
    if model.screen != Step::Concept || model.screens.concept.feature == current {
        return;
    }
    // The first look is at the worst; then the cursor follows the feature that another screen chose.
    if !model.screens.concept.begun && !segments(model).is_empty() {
        model.screens.concept.begun = true;
        model.screens.concept.feature = current;
        model.screens.concept.at = 1;
        return;
    }
    let at =
        segments(model).iter().position(|segment| segment.feature.is_some() && segment.feature == current);
    model.screens.concept.at = at.unwrap_or(0);
    model.screens.concept.feature = current;
}

/// One of the four questions that tell data drift from concept drift.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The question.
    pub asks: &'static str,
    /// The number that answers it.
    pub number: String,
    /// Whether it is answered with yes; none when it could not be asked.
    pub answer: Option<bool>,
    /// Why it could not be asked.
    pub why: Option<String>,
}

/// From this area under the curve on, a learner tells the periods apart by their inputs.
const APART: f64 = 0.75;

/// The four questions with their answers.
#[must_use]
pub fn questions(investigation: &Investigation) -> [Question; 4] {
    let concept = &investigation.concept;
    let alarmed = investigation.drift.features.iter().filter(|row| row.level == 2).count();
    let apart = concept.domain.as_ref().is_ok_and(|(auc, _)| *auc >= APART);
    let named = plural(alarmed, "input");
    let inputs = Question {
        asks: "inputs moved",
        number: match concept.domain {
            Ok((auc, _)) if alarmed == 0 && apart => {
                format!("none alone, but together they tell the periods apart: AUC {}", number::metric(auc))
            }
            Ok((auc, _)) => format!("{named}, periods told apart with AUC {}", number::metric(auc)),
            Err(_) => format!("{named} of {}", investigation.drift.features.len()),
        },
        answer: Some(alarmed > 0 || apart),
        why: None,
    };
    let unanswered = |asks, why: Undefined| Question {
        asks,
        number: String::new(),
        answer: None,
        why: Some(why.to_string()),
    };
    let relation = match &concept.split {
        Ok(split) => Question {
            asks: "same inputs lose",
            number: format!(
                "{} ± {} loss",
                number::signed(split.relation.value),
                number::metric(1.96 * split.relation.error)
            ),
            answer: Some(split.relation.z() > 3.0),
            why: None,
        },
        Err(why) => unanswered("same inputs lose", *why),
    };
    let outcome = match &concept.label_shift {
        Ok(shift) => {
            let moved = shift
                .shares
                .iter()
                .filter_map(|(name, was, is)| Some((name, *was, (*is)?)))
                .max_by(|a, b| (a.2 - a.1).abs().total_cmp(&(b.2 - b.1).abs()));
            Question {
                asks: "outcomes moved",
                number: match moved {
                    Some((name, was, is)) => format!(
                        "share of {name} {} → {}, z {:.1}",
                        number::share(was),
                        number::share(is),
                        shift.z.abs()
                    ),
                    None => format!("without labels, by the answers alone: z {:.1}", shift.z.abs()),
                },
                answer: Some(shift.z.abs() > 5.0),
                why: None,
            }
        }
        Err(why) => unanswered("outcomes moved", *why),
    };
    let challenger = match best_challenger(concept) {
        Ok(course) => Question {
            asks: "refit wins",
            number: format!(
                "{} → {}, z {:.1}",
                number::metric(course.challenge.deployed),
                number::metric(course.challenge.challenger),
                course.challenge.z().max(0.0)
            ),
            answer: Some(course.challenge.z() > 3.0),
            why: None,
        },
        Err(why) => unanswered("refit wins", why),
    };
    [inputs, relation, outcome, challenger]
}

/// The challenger with the lower loss.
fn best_challenger(concept: &Exam) -> Result<&ChallengerCourse, Undefined> {
    let computed = concept.challengers.iter().filter_map(|challenger| challenger.as_ref().ok());
    let best = computed.min_by(|a, b| a.challenge.challenger.total_cmp(&b.challenge.challenger));
    best.ok_or_else(|| {
        concept.challengers.iter().find_map(|c| c.as_ref().err().copied()).unwrap_or(Undefined::TooFew)
    })
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    match action {
        Action::View if challenger::number(model) < 2 => Some("there is one challenger only".to_owned()),
        _ if model.pane() != SEGMENTS && lines(model) == 0 && action != Action::Enter => {
            no_cursor_reason(action)
        }
        _ => None,
    }
}

/// Lines of the table in the focused pane, if it is another one than that of the segments.
fn lines(model: &Model) -> usize {
    let Some(investigation) = &model.investigation else { return 0 };
    let table = match model.pane() {
        CALIBRATION if investigation.concept.calibration.is_none() => answers_by_part(investigation),
        IMPORTANCE => weights(model, investigation),
        _ => Vec::new(),
    };
    table.len().saturating_sub(1)
}

/// Moves the cursor of the table in the focused pane, if it is another one than that of the segments.
fn move_line(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let lines = lines(model);
    let here = model.screens.concept.line.min(lines.saturating_sub(1));
    let at = move_cursor(here, lines, model.page(), action).filter(|_| lines > 0)?;
    model.screens.concept.line = at;
    let investigation = model.investigation.clone()?;
    if model.pane() == IMPORTANCE
        && let Some(feature) = weighed(model, &investigation).get(at).map(|input| input.feature)
    {
        model.features.show(feature, &investigation);
    }
    Some(Vec::new())
}

fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if let Some(effects) = move_line(model, action) {
        return Some(effects);
    }
    let page = model.page();
    let n = segments(model).len();
    let here = model.screens.concept.at.min(n.saturating_sub(1));
    let at = match action {
        Action::Enter if model.pane() == SEGMENTS => return enter(model, here),
        Action::Enter => return Some(go_to(model, Step::Feature)),
        Action::View => {
            let n = challenger::number(model).max(1);
            model.screens.concept.challenger = (model.screens.concept.challenger + 1) % n;
            return Some(Vec::new());
        }
        Action::Measure => {
            model.screens.concept.measure = match model.screens.concept.measure {
                SegmentMeasure::Residual => SegmentMeasure::Loss,
                SegmentMeasure::Loss => SegmentMeasure::Residual,
            };
            return Some(Vec::new());
        }
        Action::GroupBy => {
            let order = &mut model.screens.orders[Step::Concept as usize][SEGMENTS];
            order.by = 1 - order.by.min(1);
            model.screens.concept.at = 0;
            return Some(Vec::new());
        }
        Action::NextSubject | Action::PreviousSubject => {
            let segments = segments(model);
            let own = segments.get(here).and_then(|segment| segment.feature);
            let other = |segment: &&Segment| segment.feature != own;
            let next = if action == Action::NextSubject {
                segments.iter().enumerate().skip(here).find(|(_, s)| other(s)).map(|(at, _)| at)
            } else {
                let before = segments.iter().enumerate().take(here).rev().find(|(_, s)| other(s));
                before.map(|(_, s)| segments.iter().position(|t| t.feature == s.feature).unwrap_or(0))
            };
            next.unwrap_or(here)
        }
        Action::NextFlagged | Action::PreviousFlagged => {
            let segments = segments(model);
            let forward = action == Action::NextFlagged;
            let mut round = (1..=n).map(|d| if forward { (here + d) % n } else { (here + n - d) % n });
            match round.find(|&at| is_worse(segments[at])) {
                Some(at) => at,
                None => {
                    model.toast("the loss rose in no segment beyond noise");
                    return Some(Vec::new());
                }
            }
        }
        _ => move_cursor(here, n, page, action)?,
    };
    // The segments may be on no other pane.
    model.screens.pane[Step::Concept as usize] = SEGMENTS;
    model.screens.concept.at = at;
    let feature = segments(model).get(at).and_then(|segment| segment.feature);
    if let (Some(feature), Some(investigation)) = (feature, model.investigation.clone()) {
        model.features.show(feature, &investigation);
        model.screens.concept.feature = Some(feature);
    }
    Some(Vec::new())
}

/// Lists all segments of the feature under the cursor; where they are listed, opens the feature.
fn enter(model: &mut Model, here: usize) -> Option<Vec<Effect>> {
    let investigation = model.investigation.clone()?;
    let own = segments(model).get(here).and_then(|segment| segment.feature);
    let Some(feature) = own else {
        return Some(go_to(model, Step::Feature));
    };
    model.features.show(feature, &investigation);
    model.screens.concept.feature = Some(feature);
    if is_flat(model) || model.screens.concept.unfolded == Some(feature) {
        return Some(go_to(model, Step::Feature));
    }
    model.screens.concept.unfolded = Some(feature);
    let first = segments(model).iter().position(|segment| segment.feature == Some(feature));
    model.screens.concept.at = first.unwrap_or(here);
    Some(Vec::new())
}

/// Puts the cursor on a segment, by its place among all.
pub(in crate::app) fn show(model: &mut Model, investigation: &Investigation, at: usize) {
    let Some(feature) = investigation.concept.segments.get(at).and_then(|segment| segment.feature) else {
        return;
    };
    model.features.show(feature, investigation);
    model.screens.pane[Step::Concept as usize] = SEGMENTS;
    let state = &mut model.screens.concept;
    (state.begun, state.feature, state.unfolded) = (true, Some(feature), Some(feature));
    let wanted = &investigation.concept.segments[at];
    let place = segments(model).iter().position(|&segment| segment == wanted);
    model.screens.concept.at = place.unwrap_or(0);
}

/// Whether the loss of a segment rose beyond noise.
#[must_use]
pub fn is_worse(segment: &Segment) -> bool {
    segment.rise.is_some_and(|(rise, _)| rise > 0.0) && segment.q_value.is_some_and(|q| q < 0.01)
}

fn reading(model: &Model) -> Reading {
    let Some(investigation) = &model.investigation else {
        return Reading::default();
    };
    let (before, after) = investigation.concept.rows;
    if after == 0 || before == 0 {
        let message = "There are no labels to compare two periods by, so whether the relation changed can't be determined.";
        return Reading::new(message, Step::Support);
    }
    let [inputs, relation, outcome, challenger] = questions(investigation);
    let against = investigation.concept.against;
    let mut message = match (relation.answer, outcome.answer) {
        (Some(true), _) if not_the_relation(investigation).is_some() => format!(
            "The loss rose at the same inputs ({}), but the relation is not what changed: {}.",
            relation.number,
            not_the_relation(investigation).unwrap_or_default()
        ),
        (Some(true), _) if investigation.concept.split.as_ref().is_ok_and(|split| !split.trusted) => format!(
            "The loss rose at the same inputs ({}), but too few rows hold the same inputs in both periods to call it a changed \
             relation.",
            relation.number
        ),
        (Some(true), _) => {
            format!(
                "The same inputs now end otherwise than {against}: the relation to the outcome changed ({}).",
                relation.number
            )
        }
        (Some(false), Some(true)) => {
            format!(
                "The relation to the outcome stands, but the outcome's own frequency moved: {}.",
                outcome.number
            )
        }
        (Some(false), _) if inputs.answer == Some(true) => {
            "The relation to the outcome stands; what changed is what the model is asked.".to_owned()
        }
        (Some(false), _) => "The relation to the outcome stands, and so do the inputs.".to_owned(),
        (None, _) if not_the_relation(investigation).is_some() => format!(
            "Too few rows hold the same inputs before and after to compare them. Nothing says that the relation changed: {}.",
            not_the_relation(investigation).unwrap_or_default()
        ),
        (None, _) => format!(
            "Whether the relation changed can't be determined: {}.",
            relation.why.unwrap_or_else(|| "too few labelled rows".to_owned())
        ),
    };
    match challenger.answer {
        Some(true) => {
            message.push_str(&format!(" A challenger on recent rows does better ({}).", challenger.number));
        }
        Some(false) => message.push_str(" A challenger on recent rows does no better."),
        None => {}
    }
    Reading::new(message, Step::Support)
}

fn selection(model: &Model) -> Option<Selection> {
    let investigation = model.investigation.as_ref()?;
    if model.pane() == SEGMENTS {
        let segments = segments(model);
        let segment = segments.get(model.screens.concept.at.min(segments.len().saturating_sub(1)))?;
        let name = name(investigation, segment);
        let rise = segment.rise.map_or_else(|| "unknown".to_owned(), |(rise, _)| number::signed(rise));
        return Some(Selection {
            id: format!("concept.segment:{name}"),
            step: Step::Concept,
            title: format!("segment {name}"),
            message: format!("loss of {name} changed by {rise} over {} rows", number::whole(segment.rows.1)),
        });
    }
    if let Some(what) = challenger::selection(model).filter(|_| model.pane() == CHALLENGER) {
        return Some(what);
    }
    let check = match model.pane() {
        CHALLENGER => &checks::CONCEPT_CHALLENGER,
        CALIBRATION => &checks::CONCEPT_CALIBRATION,
        IMPORTANCE => &checks::CONCEPT_IMPORTANCE,
        _ => &checks::CONCEPT_SPLIT,
    };
    let finding = investigation.finding(check)?;
    Some(Selection {
        id: finding.id.to_string(),
        step: Step::Concept,
        title: finding.measure.to_owned(),
        message: finding.message.clone(),
    })
}

/// A segment in words: its feature and its part.
#[must_use]
pub fn name(investigation: &Investigation, segment: &Segment) -> String {
    match segment.feature {
        Some(feature) => format!("{} {}", investigation.dossier.feature_name(feature), segment.name),
        None => segment.name.clone(),
    }
}

/// The values that a segment shows before and after.
#[must_use]
pub const fn shown(segment: &Segment, measure: SegmentMeasure) -> (Option<f64>, Option<f64>) {
    match measure {
        SegmentMeasure::Residual => segment.residual,
        SegmentMeasure::Loss => segment.loss,
    }
}

/// How the model does by class, or by the size of its answers, where it has no single score to calibrate; heads first.
#[must_use]
pub fn answers_by_part(investigation: &Investigation) -> Vec<Vec<String>> {
    if investigation.dossier.without_rows(false, false).is_some() {
        return Vec::new();
    }
    match investigation.dossier.task() {
        Task::Regression => answers::by_band(investigation),
        Task::Binary | Task::Multiclass => answers::by_class(investigation),
    }
}

/// The inputs with what they weigh in the answers, in the order of their pane; none where that was not measured.
fn weighed(model: &Model, investigation: &Investigation) -> Vec<InputWeight> {
    let Ok(importance) = &investigation.concept.importance else { return Vec::new() };
    let moved = |input: &InputWeight| (input.shares.1 - input.shares.0).abs();
    let order = model.screens.order(Step::Concept, IMPORTANCE);
    arranged(importance.heaviest_first(), order, &[&|a, b| moved(b).total_cmp(&moved(a))])
}

/// What the inputs weigh in the answers before and since, as a table with its heads; nothing where it was not measured.
#[must_use]
pub fn weights(model: &Model, investigation: &Investigation) -> Vec<Vec<String>> {
    let Ok(importance) = &investigation.concept.importance else { return Vec::new() };
    let mut rows = vec![["input", importance.against, "since", "change"].map(str::to_owned).to_vec()];
    rows.extend(weighed(model, investigation).into_iter().map(|input| {
        let (was, is) = input.shares;
        let points = 100.0 * (is - was);
        let sign = if points > 0.0 { "+" } else { "" };
        vec![
            investigation.dossier.feature_name(input.feature).to_owned(),
            number::share(was),
            number::share(is),
            format!("{sign}{} points", number::tenths(points)),
        ]
    }));
    rows
}

/// How a question's answer counts on screen.
#[must_use]
pub fn verdict(question: &Question) -> Verdict {
    match (question.answer, &question.why) {
        (Some(true), _) => Verdict::Watch,
        (Some(false), _) => Verdict::Clear,
        (None, why) => Verdict::NotApplicable(why.clone().unwrap_or_default()),
    }
}

fn table(model: &Model) -> Vec<Vec<String>> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let heads = |cells: &[&str]| vec![cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>()];
    let optional = |x: Option<f64>| x.map_or_else(|| number::MISSING.to_owned(), number::metric);
    match model.pane() {
        SEGMENTS => {
            let mut rows = heads(&["segment", "rows", "before", "after", "rise in loss", "q"]);
            rows.extend(segments(model).into_iter().map(|segment| {
                let (before, after) = shown(segment, model.screens.concept.measure);
                vec![
                    name(investigation, segment),
                    number::whole(segment.rows.1),
                    optional(before),
                    optional(after),
                    segment.rise.map_or_else(|| number::MISSING.to_owned(), |(rise, _)| number::signed(rise)),
                    segment.q_value.map_or_else(|| number::MISSING.to_owned(), number::p_value),
                ]
            }));
            rows
        }
        CHALLENGER => challenger::table(model),
        CALIBRATION if investigation.concept.calibration.is_none() => answers_by_part(investigation),
        CALIBRATION => {
            let mut rows = heads(&["mean score", "share positive", "rows"]);
            let bins = investigation.concept.calibration.as_ref().map_or(&[][..], |c| &c.after);
            rows.extend(bins.iter().map(|bin| {
                vec![number::metric(bin.score), number::metric(bin.share), number::whole(bin.rows)]
            }));
            rows
        }
        IMPORTANCE => weights(model, investigation),
        _ => {
            let mut rows = heads(&["question", "number", "answer"]);
            rows.extend(questions(investigation).into_iter().map(|question| {
                let answer = match question.answer {
                    Some(true) => "yes",
                    Some(false) => "no",
                    None => "can't be determined",
                };
                vec![question.asks.to_owned(), question.number, answer.to_owned()]
            }));
            rows
        }
    }
}
