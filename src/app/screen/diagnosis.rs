//! Diagnosis: what is the root cause?

pub use super::state::Diagnosis;
use super::{CAUSES_STAND, Orders, ScreenSpec, arranged, move_cursor, no_cursor_reason, show};
use crate::{
    app::{Action, Effect, Model, Reading, navigate::go_to, record::record},
    autopsy::{
        Cause, Evidence, Hypothesis, Investigation, Stage, Standing, Step,
        account::{Line, Place},
    },
    journal::{Decision, Entry, Selection},
    text::{self, number, phrase},
    wording::{self, features},
};

/// The pane with the ranked causes.
pub const CAUSES: usize = 0;
/// The pane with the loss taken apart.
pub const ACCOUNT: usize = 1;
/// The pane with the evidence for and against.
pub const EVIDENCE: usize = 2;
/// The pane that sets the cause beside its rival.
pub const OTHERS: usize = 3;
/// The pane with what to do.
pub const ACTIONS: usize = 4;

pub(super) const SPEC: ScreenSpec = ScreenSpec {
    panes: &["Root causes", "Where the loss arose", "Evidence", "Why not the other", "What to do"],
    stages: &[Stage::Verdict; 5],
    judged: Stage::Verdict,
    act,
    disabled,
    reading,
    orders,
    selection,
    table,
};

fn orders(model: &Model) -> Orders {
    match model.pane() {
        CAUSES => Orders::Fixed(CAUSES_STAND),
        ACCOUNT => Orders::Own(&["along the way of the data", "the largest part first"]),
        EVIDENCE if model.screens.diagnosis.matrix => {
            Orders::Fixed("the matrix stands cause by cause; v shows the list, which sorts")
        }
        EVIDENCE => Orders::Own(&["the strongest evidence first", "evidence step by step"]),
        OTHERS => Orders::Own(&["what tells most first", "step by step"]),
        _ => Orders::Fixed("what to do stands in the order in which to do it"),
    }
}

/// A cause below this is folded into a count, unless its pane is enlarged.
const FOLDED: f64 = 0.01;

/// How many causes are listed, of all.
#[must_use]
pub fn listed(model: &Model) -> usize {
    let all = model.investigation.as_ref().map_or(&[][..], |i| &i.diagnosis.hypotheses);
    if model.screens.enlarged {
        return all.len();
    }
    // What contributes beside a larger cause is listed as well, however improbable it is as the main one.
    let stands = |hypothesis: &Hypothesis| {
        hypothesis.probability >= FOLDED
            || matches!(hypothesis.standing, Standing::Found | Standing::Possible)
    };
    let likely = all.iter().rposition(stands).map_or(0, |last| last + 1);
    // One that another screen led to is listed, too.
    likely.max(2).max(model.screens.diagnosis.at + 1).min(all.len())
}

/// The lines of the account, in the order of their pane; none where the loss can't be taken apart.
#[must_use]
pub fn account_lines(model: &Model) -> Vec<&Line> {
    let account = model.investigation.as_ref().and_then(|i| i.account.as_ref().ok());
    let lines = account.map_or_else(Vec::new, |account| account.lines.iter().collect());
    let size = |line: &Line| line.amount.value.abs();
    let order = model.screens.order(Step::Diagnosis, ACCOUNT);
    arranged(lines, order, &[&|a, b| size(b).total_cmp(&size(a))])
}

/// The evidence that separates two causes.
#[derive(Debug, Clone, PartialEq)]
pub struct Duel<'a> {
    /// The cause under the cursor.
    pub own: &'a Hypothesis,
    /// The most probable other one.
    pub rival: &'a Hypothesis,
    /// A finding with its weight for the cause and for its rival, those that tell most first.
    pub lines: Vec<(Evidence, f64)>,
}

/// The cause under the cursor beside the most probable other one.
#[must_use]
pub fn duel(model: &Model) -> Option<Duel<'_>> {
    /// Smaller differences are not shown.
    const TELLS: f64 = 0.05;
    let own = current(model)?;
    let all = &model.investigation.as_ref()?.diagnosis.hypotheses;
    let rival = all.iter().find(|other| other.cause != own.cause)?;
    let by_finding = |hypothesis: &Hypothesis| {
        let (speak_for, speak_against) = hypothesis.by_finding();
        speak_for.into_iter().chain(speak_against).collect::<Vec<_>>()
    };
    let mut lines: Vec<(Evidence, f64)> =
        by_finding(own).into_iter().map(|evidence| (evidence, 0.0)).collect();
    for evidence in by_finding(rival) {
        // Two checks may have the same sentence; it is listed once, with the sum of the weights.
        match lines
            .iter_mut()
            .find(|(known, _)| known.finding == evidence.finding || known.message == evidence.message)
        {
            Some((_, theirs)) => *theirs += evidence.weight,
            None => {
                let weight = evidence.weight;
                lines.push((Evidence { weight: 0.0, ..evidence }, weight));
            }
        }
    }
    lines.retain(|(own, theirs)| (own.weight - theirs).abs() >= TELLS);
    lines.sort_by(|a, b| (b.0.weight - b.1).abs().total_cmp(&(a.0.weight - a.1).abs()));
    let step = |line: &(Evidence, f64)| step_of(model, &line.0);
    let order = model.screens.order(Step::Diagnosis, OTHERS);
    let lines = arranged(lines, order, &[&|a, b| step(a).cmp(&step(b))]);
    Some(Duel { own, rival, lines })
}

/// The cause under the cursor.
#[must_use]
pub fn current(model: &Model) -> Option<&Hypothesis> {
    let hypotheses = &model.investigation.as_ref()?.diagnosis.hypotheses;
    hypotheses.get(model.screens.diagnosis.at.min(hypotheses.len().saturating_sub(1)))
}

/// The evidence for and then against the cause under the cursor, a line a finding as in the report.
#[must_use]
pub fn evidence(model: &Model) -> Vec<Evidence> {
    let (speak_for, speak_against) = sides(model);
    speak_for.into_iter().chain(speak_against).collect()
}

/// The evidence for the cause under the cursor, and that against it: the strongest first, or step by step.
#[must_use]
pub fn sides(model: &Model) -> (Vec<Evidence>, Vec<Evidence>) {
    let Some(hypothesis) = current(model) else {
        return (Vec::new(), Vec::new());
    };
    let (speak_for, speak_against) = hypothesis.by_finding();
    let step = |evidence: &Evidence| step_of(model, evidence);
    let order = model.screens.order(Step::Diagnosis, EVIDENCE);
    let listed = |side| arranged(side, order, &[&|a, b| step(a).cmp(&step(b))]);
    (listed(speak_for), listed(speak_against))
}

/// The step that shows a piece of evidence.
fn step_of(model: &Model, evidence: &Evidence) -> Option<Step> {
    let findings = model.investigation.as_ref().map_or(&[][..], |i| &i.findings);
    findings.iter().find(|finding| finding.id == evidence.finding).map(|finding| finding.step)
}

/// Every finding that is evidence for or against any cause: the lines of the matrix.
#[must_use]
pub fn matrix(investigation: &Investigation) -> Vec<&Evidence> {
    let causes = &investigation.diagnosis.hypotheses;
    let mut findings: Vec<&Evidence> = Vec::new();
    for evidence in causes.iter().flat_map(|c| c.evidence_for.iter().chain(&c.evidence_against)) {
        if !findings.iter().any(|known| known.finding == evidence.finding) {
            findings.push(evidence);
        }
    }
    findings
}

/// The finding under the cursor of the pane with the evidence.
fn chosen(model: &Model) -> Option<Evidence> {
    let at = model.screens.diagnosis.evidence;
    if model.screens.diagnosis.matrix {
        return matrix(model.investigation.as_ref()?).get(at).map(|&evidence| evidence.clone());
    }
    evidence(model).into_iter().nth(at)
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
            let id = chosen(model)?.finding.to_string();
            Some(show(model, &id, Step::Triage))
        }
        (Action::Enter, ACCOUNT) => enter_account(model),
        (Action::Enter, OTHERS) => {
            let (evidence, _) = duel(model)?.lines.into_iter().nth(model.screens.diagnosis.duel)?;
            Some(show(model, &evidence.finding.to_string(), Step::Triage))
        }
        (Action::Enter, CAUSES) => {
            model.history.leave(model.place());
            model.screens.pane[Step::Diagnosis as usize] = EVIDENCE;
            Some(Vec::new())
        }
        (Action::View, _) => {
            model.screens.diagnosis.matrix = !model.screens.diagnosis.matrix;
            model.screens.diagnosis.evidence = 0;
            model.screens.pane[Step::Diagnosis as usize] = EVIDENCE;
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
            let n = match model.investigation.as_ref().filter(|_| model.screens.diagnosis.matrix) {
                Some(investigation) => matrix(investigation).len(),
                None => evidence(model).len(),
            };
            model.screens.diagnosis.evidence =
                move_cursor(model.screens.diagnosis.evidence, n, page, action)?;
            Some(Vec::new())
        }
        (_, ACCOUNT) => {
            let n = account_lines(model).len();
            model.screens.diagnosis.line = move_cursor(model.screens.diagnosis.line, n, page, action)?;
            Some(Vec::new())
        }
        (_, OTHERS) => {
            let n = duel(model)?.lines.len();
            model.screens.diagnosis.duel = move_cursor(model.screens.diagnosis.duel, n, page, action)?;
            Some(Vec::new())
        }
        (_, CAUSES) => choose(model, action, page),
        _ => None,
    }
}

/// Opens the screen that shows a line of the account.
fn enter_account(model: &mut Model) -> Option<Vec<Effect>> {
    let place = account_lines(model).get(model.screens.diagnosis.line)?.place;
    let step = match place {
        Place::Service | Place::InputsAndAnswers => Step::Pipeline,
        Place::Model | Place::Answers => Step::Triage,
        Place::Input(_) | Place::Unexplained => Step::Feature,
        Place::Relation | Place::Constant => Step::Concept,
        Place::Population => Step::Drift,
        Place::Outside => Step::Support,
    };
    let effects = go_to(model, step);
    if let (Place::Input(feature), Some(investigation)) = (place, model.investigation.clone()) {
        model.features.show(feature, &investigation);
    }
    Some(effects)
}

fn choose(model: &mut Model, action: Action, page: usize) -> Option<Vec<Effect>> {
    let n = listed(model);
    model.screens.diagnosis.at = move_cursor(model.screens.diagnosis.at, n, page, action)?;
    model.screens.diagnosis.evidence = 0;
    model.screens.diagnosis.duel = 0;
    Some(Vec::new())
}

fn disabled(model: &Model, action: Action) -> Option<String> {
    match (action, model.pane()) {
        (Action::Accept | Action::Dismiss, _) if current(model).is_none() => {
            Some("no cause is selected".to_owned())
        }
        (_, ACTIONS) => no_cursor_reason(action),
        (_, ACCOUNT) if account_lines(model).is_empty() => no_cursor_reason(action),
        (_, OTHERS) if duel(model).is_none_or(|duel| duel.lines.is_empty()) => no_cursor_reason(action),
        (_, EVIDENCE) if chosen(model).is_none() => no_cursor_reason(action),
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
        let message = format!("You accepted {}. {}", cause.name(), cause.mitigation());
        return Reading::new(message, Step::Report);
    }
    if let Some(why) = &diagnosis.undecided {
        return Reading::new(why.clone(), Step::Remedy);
    }
    if top.cause == Cause::None {
        let message = format!("{} {}", top.cause.meaning(), strongest(top));
        return Reading::new(message.trim_end().to_owned(), Step::Report);
    }
    let on = features::names(&investigation.dossier, &top.features);
    let on = if on.is_empty() { String::new() } else { format!(" ({on})") };
    let name = text::capital(top.cause.name());
    let why = told(investigation, top.cause).unwrap_or_else(|| strongest(top));
    let besides =
        wording::causes::besides(investigation).map_or_else(String::new, |found| format!(" {found}"));
    let message = format!("{name}{on}: {}{besides} {why}", top.cause.meaning());
    Reading::new(message.trim_end().to_owned(), Step::Remedy)
}

/// How much of the loss arose where a cause acts, by the largest line of the account there; none where none is beyond noise.
fn told(investigation: &Investigation, cause: Cause) -> Option<String> {
    let account = investigation.account.as_ref().ok()?;
    let there = account.lines.iter().filter(|line| line.place.is_of(cause) && line.is_beyond_noise());
    let most = there.max_by(|a, b| a.amount.value.total_cmp(&b.amount.value))?;
    let (share, interval) = most.share.filter(|(share, _)| *share > 0.0)?;
    Some(phrase::arose(share, interval, &wording::account::place(&investigation.dossier, most.place)))
}

/// The strongest evidence for a cause, as a sentence.
fn strongest(hypothesis: &Hypothesis) -> String {
    let (speak_for, _) = hypothesis.by_finding();
    speak_for.into_iter().next().map_or_else(String::new, |evidence| evidence.message)
}

fn selection(model: &Model) -> Option<Selection> {
    let hypothesis = current(model)?;
    if model.pane() == ACCOUNT {
        let investigation = model.investigation.as_ref()?;
        let line = *account_lines(model).get(model.screens.diagnosis.line)?;
        let name = wording::account::place(&investigation.dossier, line.place);
        return Some(Selection {
            id: format!("account:{name}"),
            step: Step::Diagnosis,
            title: format!("loss by {name}"),
            message: account_says(line),
        });
    }
    if model.pane() == EVIDENCE {
        let evidence = chosen(model)?;
        let step = step_of(model, &evidence).unwrap_or(Step::Diagnosis);
        return Some(Selection {
            id: evidence.finding.to_string(),
            step,
            title: evidence.finding.to_string(),
            message: evidence.message.clone(),
        });
    }
    Some(super::of_cause(hypothesis))
}

/// A line of the account in words: `+0.412 (0.391 to 0.433) a row, 96.0 % of the loss`.
#[must_use]
pub fn account_says(line: &Line) -> String {
    let (low, high) = line.amount.interval();
    let share = line.of_the_loss().map_or_else(String::new, |part| format!(", {part}"));
    format!(
        "{} ({} to {}) a row{share}",
        number::signed(line.amount.value),
        number::signed(low),
        number::signed(high)
    )
}

fn table(model: &Model) -> Vec<Vec<String>> {
    let Some(investigation) = &model.investigation else {
        return Vec::new();
    };
    let texts = |cells: &[&str]| cells.iter().map(|&c| c.to_owned()).collect::<Vec<_>>();
    if model.pane() == ACCOUNT {
        let mut rows = vec![texts(&["where", "loss a row", "95 %", "share"])];
        rows.extend(account_lines(model).iter().map(|line| {
            let (low, high) = line.amount.interval();
            vec![
                wording::account::place(&investigation.dossier, line.place),
                number::signed(line.amount.value),
                format!("{} to {}", number::signed(low), number::signed(high)),
                line.share.map_or_else(|| number::MISSING.to_owned(), |(share, _)| number::share(share)),
            ]
        }));
        return rows;
    }
    if let (OTHERS, Some(duel)) = (model.pane(), duel(model)) {
        let mut rows = vec![texts(&[duel.own.cause.name(), duel.rival.cause.name(), "evidence"])];
        rows.extend(duel.lines.iter().map(|(own, theirs)| {
            vec![number::signed(own.weight), number::signed(*theirs), own.message.clone()]
        }));
        return rows;
    }
    if model.pane() == EVIDENCE {
        let mut rows = vec![texts(&["weight", "evidence", "finding"])];
        rows.extend(
            evidence(model)
                .iter()
                .map(|e| vec![number::signed(e.weight), e.message.clone(), e.finding.to_string()]),
        );
        return rows;
    }
    let mut rows = vec![texts(&["cause", "probability", "share of the loss", "standing", "decision"])];
    for h in &investigation.diagnosis.hypotheses {
        let decision = match decision(model, h) {
            Some(Decision::Accepted) => "accepted",
            Some(Decision::Dismissed) => "dismissed",
            None => "",
        };
        rows.push(vec![
            h.cause.name().to_owned(),
            number::metric(h.probability),
            h.judged.share.map_or_else(|| number::MISSING.to_owned(), |share| number::share(share.value)),
            h.stands().to_owned(),
            decision.to_owned(),
        ]);
    }
    rows
}
