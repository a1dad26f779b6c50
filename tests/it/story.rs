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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join(sample);
    let case = Case::load(&folder).expect("the contract holds");
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

fn go(model: &mut Model, step: Step) {
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

#[test]
fn the_reading_is_never_cut() {
    walk(|model, place| {
        let message = screen::reading(model).message;
        let lines = drawn(model);
        let foot = lines.iter().rposition(|line| line.starts_with(" Reading")).expect("a Reading");
        let shown: String = lines[foot..].iter().map(|line| line.get(10..).unwrap_or("")).collect();
        assert!(dense(&shown).contains(&dense(&message)), "{place}: {message}\n{}", lines.join("\n"));
    });
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

#[test]
fn a_sign_on_the_bar_is_the_worst_of_its_step_and_healthy_looks_healthy() {
    for sample in SAMPLES {
        let model = opened(sample, (120, 36));
        let known = investigation(&model);
        let healthy = suspicion::is_healthy(known);
        assert_eq!(healthy, sample == "false-alarm", "{sample}");
        for step in [Step::Triage, Step::Pipeline, Step::Drift, Step::Feature, Step::Concept, Step::Support] {
            let findings = known.findings.iter().filter(|finding| finding.step == step);
            let worst = findings.map(|finding| suspicion::severity(known, finding)).max();
            let status = screen::step_status(&model, step);
            let expected = match worst {
                Some(Severity::Alarm) => StepStatus::Alarm,
                Some(Severity::Watch) => StepStatus::Watch,
                Some(Severity::Clear) => StepStatus::Fine,
                _ => StepStatus::Unknown,
            };
            assert_eq!(status, expected, "{sample} {}", step.name());
            assert!(!healthy || status != StepStatus::Alarm, "{sample} {}", step.name());
        }
        let verdict = screen::step_status(&model, Step::Diagnosis);
        assert_eq!(healthy, verdict == StepStatus::Fine, "{sample} {verdict:?}");
    }
}

#[test]
fn the_accused_feature_is_accused_on_every_screen() {
    for sample in SAMPLES {
        let mut model = opened(sample, (120, 36));
        let known = Arc::clone(model.investigation.as_ref().expect("it is examined"));
        let top = known.diagnosis.top().expect("a cause");
        let Some(&accused) = top.features.first().filter(|_| top.standing == Standing::Found) else {
            continue;
        };
        go(&mut model, Step::Feature);
        assert_eq!(model.features.current(), Some(accused), "{sample}: Feature opens on it");
        let name = known.dossier.feature_name(accused).to_owned();
        let reading = screen::reading(&model).message;
        assert!(reading.contains(&name), "{sample}: {reading}");
        let board = screen::triage::strips(&model);
        assert!(board.iter().any(|strip| strip.name == name), "{sample}: it is on the board");
        let flagged = known.findings.iter().any(|f| f.subject == Subject::Feature(accused) && f.flagged());
        let column = known.pipeline.columns.iter().find(|column| column.feature == accused);
        if let Some(column) = column.filter(|_| flagged) {
            let standing = screen::pipeline::standing(&known, column);
            assert!(standing >= Severity::Watch, "{sample}: Pipeline calls {name} fine");
        }
        go(&mut model, Step::Diagnosis);
        assert!(screen::reading(&model).message.contains(&name), "{sample}");
    }
}

#[test]
fn concept_names_the_world_only_where_the_diagnosis_may() {
    for sample in SAMPLES {
        let mut model = opened(sample, (120, 36));
        go(&mut model, Step::Concept);
        let message = screen::reading(&model).message;
        let known = investigation(&model);
        let top = known.diagnosis.top().filter(|top| top.standing == Standing::Found).map(|top| top.cause);
        let elsewhere = top.is_some_and(|cause| {
            cause.is_of_inputs()
                || matches!(cause, Cause::ModelRegression | Cause::ServingHealth | Cause::None)
        });
        let blames = message.contains("the relation to the outcome changed");
        assert!(!(elsewhere && blames), "{sample} {top:?}: {message}");
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
        for word in ["before", "since the onset"] {
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
fn each_key_changes_the_screen_or_says_why_not() {
    use coroner::app::keys::{BINDINGS, Group};
    let mut silent = Vec::new();
    let base = opened("normalised-counts", (120, 36));
    for step in Step::ALL {
        let mut model = base.clone();
        go(&mut model, step);
        for pane in 0..screen::panes(step).len() {
            // At the end of a list a cursor stays where it is.
            for binding in BINDINGS.iter().filter(|binding| binding.group != Group::Move) {
                let mut pressed = model.clone();
                pressed.toast = None;
                let before = painted(&pressed);
                let effects = update(&mut pressed, Msg::Do(binding.action));
                let told = pressed.toast.is_some();
                if effects.is_empty()
                    && !told
                    && painted(&pressed) == before
                    && pressed.screen == model.screen
                {
                    silent.push(format!("{} on {} {}", binding.id, step.name(), screen::panes(step)[pane]));
                }
            }
            press(&mut model, "Tab");
        }
    }
    // The screen that is open is open already, and what is normal is normal.
    let is_already_so =
        |line: &String| ["go_", "zoom_reset ", "challenger_none "].iter().any(|id| line.starts_with(id));
    silent.retain(|line| !is_already_so(line));
    assert!(silent.is_empty(), "{} keys do nothing and say nothing: {silent:#?}", silent.len());
}
