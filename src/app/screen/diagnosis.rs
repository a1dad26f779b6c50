//! Diagnosis: what is the root cause?

use crate::autopsy::{Evidence, Hypothesis, Stage, Standing, Step};

pub use super::state::Diagnosis;
use super::{ScreenSpec, move_cursor, no_cursor_reason, show};
use crate::{
    app::{Action, Effect, Model, Reading, record::record},
    journal::{Decision, Entry, Selection},
    text::number,
};

/// The pane with the ranked causes.
pub const CAUSES: usize = 0;
/// The pane with the evidence for and against.
pub const EVIDENCE: usize = 1;
/// The pane that says why not the others.
pub const OTHERS: usize = 2;
/// The pane that says what to do.
pub const ACTIONS: usize = 3;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["Root causes", "Evidence", "Why not the others", "What to do"],
    stages: &[Stage::Verdict; 4],
    judged: Stage::Verdict,
    act,
    disabled,
    reading,
    selection,
    table,
};

/// The cause under the cursor.
#[must_use]
pub fn current(model: &Model) -> Option<&Hypothesis> {
    let hypotheses = &model.investigation.as_ref()?.diagnosis.hypotheses;
    hypotheses.get(model.screens.diagnosis.at.min(hypotheses.len().saturating_sub(1)))
}

/// The evidence for and then against the cause under the cursor, a line a finding as in the report.
#[must_use]
pub fn evidence(model: &Model) -> Vec<Evidence> {
    current(model).map_or_else(Vec::new, |hypothesis| {
        let (speak_for, speak_against) = hypothesis.by_finding();
        speak_for.into_iter().chain(speak_against).collect()
    })
}

/// What the analyst decided on a cause.
#[must_use]
pub fn decision(model: &Model, hypothesis: &Hypothesis) -> Option<Decision> {
    model.journal.marks().decisions.get(&hypothesis.cause).copied()
}

fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let page = model.page();
    match (action, model.pane()) {
        (Action::Accept | Action::Dismiss, _) => {
            let hypothesis = current(model)?;
            let cause = hypothesis.cause;
            let wanted = if action == Action::Accept { Decision::Accepted } else { Decision::Dismissed };
            let entry = if decision(model, hypothesis) == Some(wanted) {
                Entry::Reopen { cause }
            } else if action == Action::Accept {
                Entry::Accept { cause }
            } else {
                Entry::Dismiss { cause }
            };
            model.toast(format!("{} · u undoes", entry.message()));
            Some(record(model, entry))
        }
        (Action::Enter, EVIDENCE) => {
            let evidence = evidence(model).into_iter().nth(model.screens.diagnosis.evidence)?;
            let id = evidence.finding.to_string();
            Some(show(model, &id, Step::Triage))
        }
        (Action::Enter, CAUSES) => {
            model.screens.pane[Step::Diagnosis as usize] = EVIDENCE;
            Some(Vec::new())
        }
        (Action::View, _) => {
            model.screens.diagnosis.matrix = !model.screens.diagnosis.matrix;
            Some(Vec::new())
        }
        (Action::NextSubject | Action::PreviousSubject, _) => {
            let step = if action == Action::NextSubject { Action::Down } else { Action::Up };
            choose(model, step, page)
        }
        (Action::NextFlagged | Action::PreviousFlagged, _) => {
            let standing = |h: &Hypothesis| matches!(h.standing, Standing::Found | Standing::Possible);
            let hypotheses = &model.investigation.as_ref()?.diagnosis.hypotheses;
            let (n, at) = (hypotheses.len(), model.screens.diagnosis.at);
            let next = (1..=n)
                .map(|d| if action == Action::NextFlagged { (at + d) % n } else { (at + n - d) % n })
                .find(|&i| standing(&hypotheses[i]));
            model.screens.diagnosis.at = next.unwrap_or(at);
            model.screens.diagnosis.evidence = 0;
            Some(Vec::new())
        }
        (_, EVIDENCE) => {
            let n = evidence(model).len();
            model.screens.diagnosis.evidence =
                move_cursor(model.screens.diagnosis.evidence, n, page, action)?;
            Some(Vec::new())
        }
        (_, CAUSES) => choose(model, action, page),
        _ => None,
    }
}

fn choose(model: &mut Model, action: Action, page: usize) -> Option<Vec<Effect>> {
    let n = model.investigation.as_ref()?.diagnosis.hypotheses.len();
    model.screens.diagnosis.at = move_cursor(model.screens.diagnosis.at, n, page, action)?;
    model.screens.diagnosis.evidence = 0;
    Some(Vec::new())
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    match (action, model.pane()) {
        (Action::Accept | Action::Dismiss, _) if current(model).is_none() => {
            Some("no cause is selected".to_owned())
        }
        (_, OTHERS | ACTIONS) => no_cursor_reason(action),
        _ => None,
    }
}

fn reading(model: &Model) -> Reading {
    let Some(investigation) = &model.investigation else {
        return Reading::default();
    };
    let diagnosis = &investigation.diagnosis;
    let Some(top) = diagnosis.top() else {
        return Reading::last("No cause was examined yet.");
    };
    let accepted = model.journal.marks().decisions.iter().find(|(_, d)| **d == Decision::Accepted);
    if let Some((cause, _)) = accepted {
        let message = format!("You accepted {}. {}", cause.id(), cause.mitigation());
        return Reading::new(message, Step::Report);
    }
    if let Some(why) = &diagnosis.undecided {
        return Reading::new(why.clone(), Step::Remedy);
    }
    let features: Vec<&str> =
        top.features.iter().take(3).map(|&f| investigation.dossier.feature_name(f)).collect();
    let on = if features.is_empty() { String::new() } else { format!(" ({})", features.join(", ")) };
    let message = format!("{}{on}: {} {}", top.cause.id(), top.cause.meaning(), strongest(top));
    Reading::new(message.trim_end().to_owned(), Step::Remedy)
}

/// The strongest evidence for a cause, as a sentence.
fn strongest(hypothesis: &Hypothesis) -> String {
    let (speak_for, _) = hypothesis.by_finding();
    speak_for.into_iter().next().map_or_else(String::new, |evidence| evidence.message)
}

fn selection(model: &Model) -> Option<Selection> {
    let hypothesis = current(model)?;
    if model.pane() == EVIDENCE {
        let evidence = evidence(model).into_iter().nth(model.screens.diagnosis.evidence)?;
        let findings = &model.investigation.as_ref()?.findings;
        let step = findings.iter().find(|f| f.id == evidence.finding).map_or(Step::Diagnosis, |f| f.step);
        return Some(Selection {
            id: evidence.finding.to_string(),
            step,
            title: evidence.finding.to_string(),
            message: evidence.message.clone(),
        });
    }
    Some(super::of_cause(hypothesis))
}

fn table(model: &Model) -> Vec<Vec<String>> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let texts = |cells: &[&str]| cells.iter().map(|&c| c.to_owned()).collect::<Vec<_>>();
    if model.pane() == EVIDENCE {
        let mut rows = vec![texts(&["weight", "evidence", "finding"])];
        rows.extend(
            evidence(model)
                .iter()
                .map(|e| vec![number::signed(e.weight), e.message.clone(), e.finding.to_string()]),
        );
        return rows;
    }
    let mut rows = vec![texts(&["cause", "probability", "standing", "decision"])];
    for h in &investigation.diagnosis.hypotheses {
        let decision = match decision(model, h) {
            Some(Decision::Accepted) => "accepted",
            Some(Decision::Dismissed) => "dismissed",
            None => "",
        };
        rows.push(vec![
            h.cause.id().to_owned(),
            number::metric(h.probability),
            h.stands().to_owned(),
            decision.to_owned(),
        ]);
    }
    rows
}
