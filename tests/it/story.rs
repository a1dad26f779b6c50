//! The screens of every sample incident, walked through as an analyst would: nothing that matters is cut, and no screen
//! contradicts another one.

use std::{path::Path, sync::Arc};

use coroner::{
    app::{Head, Key, Model, Msg, StepStatus, screen, suspicion, update},
    autopsy::{Cause, Investigation, Severity, Standing, Step, Subject, investigate},
    case::Case,
    engine::{LocalEngine, PassControl},
    journal::Journal,
    ui::{frame, look::Look},
    work,
};
use ratatui::{buffer::Buffer, layout::Rect};

const SAMPLES: [&str; 4] = ["normalised-counts", "transaction-window", "bad-retrain", "false-alarm"];

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 36), (200, 50), (60, 16)];

/// A sample incident, examined, in a console of this size.
fn opened(sample: &str, size: (u16, u16)) -> Model {
    examined(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join(sample), size)
}

/// The case in a folder, examined, in a console of this size.
pub(crate) fn examined(folder: &Path, size: (u16, u16)) -> Model {
    let case = Case::load(folder).expect("the contract holds");
    let dossier = work::open(&case, &LocalEngine::default(), &PassControl { progress: None, cancel: None })
        .expect("it is read");
    let investigation = Arc::new(investigate(Arc::new(dossier), &|_| {}));
    let head = Head { title: case.title(), task: case.model.task, ..Head::default() };
    let mut model = Model::new(head, Journal::default(), size);
    let _ = update(&mut model, Msg::Examined { epoch: 0, investigation, data: "x".to_owned() });
    model
}

fn press(model: &mut Model, name: &str) {
    let _ = update(model, Msg::Key(Key::parse(name).expect("a key")));
}

pub(crate) fn go(model: &mut Model, step: Step) {
    if model.screen != step {
        press(model, &(step as usize + 1).to_string());
    }
}

/// The lines of the screen.
fn drawn(model: &Model) -> Vec<String> {
    let buf = painted(model);
    (0..buf.area.height).map(|y| (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect()).collect()
}

/// The screen with its styles.
fn painted(model: &Model) -> Buffer {
    let area = Rect::new(0, 0, model.size.0, model.size.1);
    let mut buf = Buffer::empty(area);
    frame::draw(model, &Look::default(), area, &mut buf);
    buf
}

/// A text without blanks, so that it does not matter where it is broken.
fn dense(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn investigation(model: &Model) -> &Investigation {
    model.investigation.as_deref().expect("it is examined")
}

/// Every pane of every screen, at every size.
fn walk(mut look_at: impl FnMut(&Model, &str)) {
    for sample in SAMPLES {
        let mut model = opened(sample, SIZES[0]);
        for size in SIZES {
            let _ = update(&mut model, Msg::Resize(size.0, size.1));
            for step in Step::ALL {
                go(&mut model, step);
                for pane in 0..screen::panes(step).len() {
                    let place = format!("{sample} {size:?} {} {}", step.name(), screen::panes(step)[pane]);
                    look_at(&model, &place);
                    press(&mut model, "Tab");
                }
            }
        }
    }
}

/// The sentence of the screen stands on it in full.
pub(crate) fn has_its_whole_reading(model: &Model, place: &str) {
    let message = screen::reading(model).message;
    assert!(!message.is_empty(), "{place} says nothing");
    let lines = drawn(model);
    let foot = lines.iter().rposition(|line| line.starts_with(" Reading")).expect("a Reading");
    let shown: String = lines[foot..].iter().map(|line| line.get(10..).unwrap_or("")).collect();
    assert!(dense(&shown).contains(&dense(&message)), "{place}: {message}\n{}", lines.join("\n"));
}

#[test]
fn the_reading_is_never_cut() {
    walk(has_its_whole_reading);
}

#[test]
fn the_line_under_the_cursor_stands_in_full() {
    for sample in SAMPLES {
        let mut model = opened(sample, (80, 24));
        for (step, pane) in [(Step::Triage, 1), (Step::Diagnosis, 2), (Step::Feature, 4)] {
            go(&mut model, step);
            for _ in 0..pane {
                press(&mut model, "Tab");
            }
            for at in 0..6 {
                let message = screen::selection(&model).map_or_else(String::new, |on| on.message);
                let lines = drawn(&model);
                // Borders, signs and digits stand between the words; each of the words is there, in order.
                let words: String = lines.join(" ");
                let mut rest = words.as_str();
                for word in message.split_whitespace() {
                    let found = rest.find(word);
                    let place = format!("{sample} {} line {at}: {word:?} of {message:?}", step.name());
                    let found = found.unwrap_or_else(|| panic!("{place}\n{}", lines.join("\n")));
                    rest = &rest[found + word.len()..];
                }
                press(&mut model, "j");
            }
        }
    }
}

/// Each sign on the bar is the worst finding of its step, and where nothing is wrong no sign is one of alarm.
pub(crate) fn has_the_signs_of_its_findings(model: &Model, place: &str) {
    let known = investigation(model);
    let healthy = suspicion::is_healthy(known);
    let labelled = known.performance.headline_row().is_some_and(|row| row.loss.is_some());
    for step in [Step::Triage, Step::Pipeline, Step::Drift, Step::Feature, Step::Concept, Step::Support] {
        let findings = known.findings.iter().filter(|finding| finding.step == step);
        let worst = findings.map(|finding| suspicion::severity(known, finding)).max();
        let status = screen::step_status(model, step);
        let expected = match worst {
            // Without labels nobody knows how production does, and where the periods cannot be compared nobody
            // knows whether the relation holds.
            Some(Severity::Alarm | Severity::Watch) if step == Step::Triage && !labelled => StepStatus::Watch,
            Some(Severity::Clear) if step == Step::Triage && !labelled => StepStatus::Unknown,
            Some(Severity::Clear) if step == Step::Concept && known.concept.split.is_err() => {
                StepStatus::Unknown
            }
            // The diagnosis names an input that no check of the step flags.
            Some(Severity::Clear) if step == Step::Feature && suspicion::naming(known).is_some() => {
                StepStatus::Watch
            }
            Some(Severity::Alarm) => StepStatus::Alarm,
            Some(Severity::Watch) => StepStatus::Watch,
            Some(Severity::Clear) => StepStatus::Fine,
            _ => StepStatus::Unknown,
        };
        assert_eq!(status, expected, "{place} {}", step.name());
        assert!(!healthy || status != StepStatus::Alarm, "{place} {}", step.name());
        // The bar that is drawn carries that sign, and no other one.
        let bar = &drawn(model)[1];
        let sign = match status {
            StepStatus::Alarm => "●",
            StepStatus::Watch => "▲",
            StepStatus::Fine => "✓",
            _ => "·",
        };
        let named = format!("{} {} {sign}", step as usize + 1, step.name());
        assert!(bar.contains(&named), "{place}: {named:?} is not on {bar:?}");
    }
    let verdict = screen::step_status(model, Step::Diagnosis);
    assert_eq!(healthy, verdict == StepStatus::Fine, "{place} {verdict:?}");
}

#[test]
fn a_sign_on_the_bar_is_the_worst_of_its_step_and_healthy_looks_healthy() {
    for sample in SAMPLES {
        let model = opened(sample, (120, 36));
        assert_eq!(suspicion::is_healthy(investigation(&model)), sample == "false-alarm", "{sample}");
        has_the_signs_of_its_findings(&model, sample);
    }
}

/// What the diagnosis names is named on every screen that speaks of it.
pub(crate) fn accuses_the_same_everywhere(model: &mut Model, place: &str) {
    let known = Arc::clone(model.investigation.as_ref().expect("it is examined"));
    let top = known.diagnosis.top().expect("a cause");
    if known.diagnosis.undecided.is_none() && top.standing == Standing::Found && top.cause != Cause::None {
        for step in [Step::Triage, Step::Diagnosis] {
            go(model, step);
            // A name may be broken at the end of a line.
            let screen = dense(&drawn(model).join(" ").replace(['│', '╭', '╮', '╰', '╯'], " "));
            let name = dense(top.cause.name());
            assert!(screen.to_lowercase().contains(&name.to_lowercase()), "{place} {}", step.name());
        }
    }
    let Some(&accused) = top.features.first().filter(|_| top.standing == Standing::Found) else {
        return;
    };
    go(model, Step::Feature);
    assert_eq!(model.features.current(), Some(accused), "{place}: Feature opens on it");
    let name = known.dossier.feature_name(accused).to_owned();
    let reading = screen::reading(model).message;
    assert!(reading.contains(&name), "{place}: {reading}");
    let board = screen::triage::strips(model);
    assert!(board.is_empty() || board.iter().any(|strip| strip.name == name), "{place}: it is on the board");
    let flagged = known.findings.iter().any(|f| f.subject == Subject::Feature(accused) && f.flagged());
    let column = known.pipeline.columns.iter().find(|column| column.feature == accused);
    if let Some(column) = column.filter(|_| flagged) {
        let standing = screen::pipeline::standing(&known, column);
        assert!(standing >= Severity::Watch, "{place}: Pipeline calls {name} fine");
    }
    go(model, Step::Pipeline);
    let reading = screen::reading(model).message;
    let every =
        format!("Every one of the {} columns is delivered as in training", known.pipeline.columns.len());
    let altered = known.findings.iter().any(|finding| {
        finding.subject == Subject::Feature(accused)
            && finding.verdict.severity() == Severity::Alarm
            && !suspicion::is_healthy(&known)
    });
    assert!(!(altered && reading.starts_with(&every)), "{place}: {reading}");
    go(model, Step::Diagnosis);
    if known.diagnosis.undecided.is_none() {
        assert!(screen::reading(model).message.contains(&name), "{place}");
    }
}

#[test]
fn the_accused_feature_is_accused_on_every_screen() {
    for sample in SAMPLES {
        accuses_the_same_everywhere(&mut opened(sample, (120, 36)), sample);
    }
}

/// Concept says that the world changed only where the diagnosis may.
pub(crate) fn names_the_world_where_it_may(model: &mut Model, place: &str) {
    go(model, Step::Concept);
    let message = screen::reading(model).message;
    let known = investigation(model);
    let top = known.diagnosis.top().filter(|top| top.standing == Standing::Found).map(|top| top.cause);
    let elsewhere = top.is_some_and(|cause| {
        cause.is_of_inputs() || matches!(cause, Cause::ModelRegression | Cause::ServingHealth | Cause::None)
    });
    let blames = message.contains("the relation to the outcome changed");
    assert!(!(elsewhere && blames), "{place} {top:?}: {message}");
}

#[test]
fn concept_names_the_world_only_where_the_diagnosis_may() {
    for sample in SAMPLES {
        names_the_world_where_it_may(&mut opened(sample, (120, 36)), sample);
    }
}

#[test]
fn the_account_adds_up_on_the_screen() {
    for sample in SAMPLES {
        let mut model = opened(sample, (80, 24));
        let known = Arc::clone(model.investigation.as_ref().expect("it is examined"));
        let Ok(account) = &known.account else { continue };
        let sum: f64 = account.lines.iter().map(|line| line.amount.value).sum();
        assert!((sum - account.total.value).abs() < 1e-6, "{sample}: {sum} {:?}", account.total);
        go(&mut model, Step::Diagnosis);
        press(&mut model, "Tab");
        let screen = drawn(&model).join("\n");
        let period = if known.framing.split().is_some() { "since the onset" } else { "in the log" };
        for word in ["before", period] {
            assert!(screen.contains(word), "{sample}: {screen}");
        }
        for line in account.lines.iter().filter(|line| line.is_found()) {
            let name = coroner::wording::account::place(&known.dossier, line.place);
            let begins: String = name.chars().take(16).collect();
            assert!(screen.contains(&begins), "{sample}: {name}\n{screen}");
        }
    }
}

#[test]
fn the_weights_of_the_inputs_scroll_to_the_last_one() {
    let mut model = opened("normalised-counts", (80, 24));
    go(&mut model, Step::Concept);
    for _ in 0..4 {
        press(&mut model, "Tab");
    }
    let importance = investigation(&model).concept.importance.as_ref().expect("it was measured");
    let last = importance
        .inputs
        .iter()
        .min_by(|a, b| a.shares.0.max(a.shares.1).total_cmp(&b.shares.0.max(b.shares.1)));
    let name = investigation(&model).dossier.feature_name(last.expect("an input").feature).to_owned();
    let holds = |model: &Model| drawn(model).iter().any(|line| line.contains(&name));
    assert!(!holds(&model), "{name} is in view: nothing has to scroll");
    press(&mut model, "G");
    assert!(holds(&model), "{}", drawn(&model).join("\n"));
    assert_eq!(model.feature_name(model.features.current().expect("a feature")), name);
}

#[test]
fn each_key_changes_the_screen_or_says_why_not() {
    use coroner::app::keys::BINDINGS;
    let mut silent = Vec::new();
    let base = opened("normalised-counts", (120, 36));
    for (step, size) in Step::ALL.into_iter().flat_map(|step| [(step, (120, 36)), (step, (80, 24))]) {
        let mut model = base.clone();
        let _ = update(&mut model, Msg::Resize(size.0, size.1));
        go(&mut model, step);
        for pane in 0..screen::panes(step).len() {
            for binding in BINDINGS {
                let Some(&key) = model.keymap.keys(binding).first() else { continue };
                let mut pressed = model.clone();
                pressed.toast = None;
                let before = painted(&pressed);
                let effects = update(&mut pressed, Msg::Key(key));
                if !effects.is_empty() || painted(&pressed) != before {
                    continue;
                }
                // As the console does, which compares its pictures.
                let _ = update(&mut pressed, Msg::Unchanged(key));
                if painted(&pressed) == before {
                    silent.push(format!(
                        "{} on {} {} {size:?}",
                        binding.id,
                        step.name(),
                        screen::panes(step)[pane]
                    ));
                }
            }
            press(&mut model, "Tab");
        }
    }
    assert!(silent.is_empty(), "{} keys do nothing and say nothing: {silent:#?}", silent.len());
}
