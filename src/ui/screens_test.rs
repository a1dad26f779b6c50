//! The nine screens as they look, and what holds for every view at every size in every look.

use std::sync::Arc;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    frame,
    look::Look,
    snapshot::{drawn, looks, printed},
};
use crate::{
    app::{
        self, Action, Failure, FileProgress, FileState, Key, Measuring, Model, Msg, Opening, Phase, fixture,
        keys::BINDINGS, screen, update,
    },
    autopsy::{
        Investigation, Stage, Step,
        exam::integrity::{Answered, Candidate, Fix, Inverse, Trial},
    },
    journal::Journal,
    stats::metric::Metric,
};

const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (60, 16)];
const REPORT: &str = "# Post-mortem: credit-default 2026-03\n\n## Summary\n\nSince 2026-03-18 02:00 *utilization* \
                      arrives as a **percentage**.\n\n- roll back feature-store 4.2\n";

fn screen(model: &Model, look: &Look) -> Buffer {
    drawn(model.size.0, model.size.1, |area, buf| {
        frame::draw(model, look, area, buf);
    })
}

fn press(model: &mut Model, keys: &str) {
    for name in keys.split(' ').filter(|name| !name.is_empty()) {
        // The digit of the open screen would show the findings behind its sign.
        if name == (model.screen as usize + 1).to_string() && model.overlays.is_empty() {
            continue;
        }
        let key = Key::parse(name).unwrap_or_else(|| panic!("{name}"));
        let _ = update(model, Msg::Key(key));
    }
    let _ = update(model, Msg::Preview { epoch: 0, text: REPORT.into() });
}

/// What is shown, and the keys that lead there: every screen with its main views, and every overlay.
const SHOWN: &[(&str, &str)] = &[
    ("triage", "1"),
    ("triage_checks", "1 Tab e j"),
    ("triage_golden", "1 S-Tab"),
    ("pipeline", "2"),
    ("pipeline_vitals", "2 Tab Tab j j"),
    ("drift", "3"),
    ("drift_by_source", "3 b l l"),
    ("drift_zoomed", "3 + + m"),
    ("feature", "4"),
    ("feature_levels", "4 ]"),
    ("feature_boxes", "4 ] ] v v a Tab"),
    ("concept", "5"),
    ("concept_by_loss", "5 m b v Tab"),
    ("support", "6"),
    ("diagnosis", "7"),
    ("diagnosis_account", "7 Tab j"),
    ("diagnosis_evidence", "7 Tab Tab j A"),
    ("diagnosis_duel", "7 Tab Tab Tab j"),
    ("diagnosis_matrix", "7 Tab Tab v"),
    ("remedy", "8"),
    ("remedy_detail", "8 j j j Tab v"),
    ("remedy_retraining", "8 m v Tab Tab v"),
    ("remedy_curve", "8 Tab Tab Tab"),
    ("remedy_scores", "8 Tab Tab Tab Tab j"),
    ("remedy_candidate", "8 Tab Tab Tab Tab Tab"),
    ("remedy_days", "8 Tab Tab Tab Tab Tab v"),
    ("remedy_segments", "8 Tab Tab Tab Tab Tab v v j"),
    ("remedy_metrics", "8 Tab Tab Tab Tab Tab v v v"),
    ("remedy_calibration", "8 Tab Tab Tab Tab Tab v v v v"),
    ("remedy_disagreements", "8 Tab Tab Tab Tab Tab v v v v v j j"),
    ("remedy_latency", "8 Tab Tab Tab Tab Tab v v v v v v"),
    ("remedy_review", "8 S-Tab S-Tab S-Tab"),
    ("remedy_bands", "8 S-Tab S-Tab S-Tab v"),
    ("remedy_queue", "8 S-Tab S-Tab S-Tab v v j"),
    ("remedy_golden", "8 S-Tab S-Tab j"),
    ("remedy_monitors", "8 S-Tab j"),
    ("report", "1 Space i f r o m Space b u r e a u Enter 9"),
    ("help", "3 ?"),
    ("palette", ": d r i f t"),
    ("pins", "1 Space p"),
    ("problems", "!"),
    ("filter", "3 / p s i > . 3"),
    ("note", "7 i h e l l o"),
    ("rows", "4 r l l s j"),
    ("outcomes", "5 c L l"),
    ("pair", "4 x ]"),
    ("where", "1 W u"),
];

#[test]
fn at_two_hundred_columns_the_free_half_shows_the_column_and_the_row_under_the_cursor() {
    for (keys, height, title, rest) in [
        // The list of 38 columns leaves no room in 50 lines.
        ("2", 70, "utilization: since onset against training", "PSI against training, window by window"),
        ("5", 50, "Weight of the inputs in the answers", "esidual by segment"),
        ("6", 50, "among those of training", "strangest value first"),
    ] {
        let mut model = fixture::model(200, height);
        press(&mut model, keys);
        let shown = printed(&screen(&model, &Look::default()));
        assert!(shown.contains(title) && shown.contains(rest), "{keys}\n{shown}");
    }
}

#[test]
fn below_the_map_stand_the_inputs_that_moved_most() {
    let mut model = fixture::model(200, 70);
    press(&mut model, "3");
    let shown = printed(&screen(&model, &Look::default()));
    let heads = shown.lines().filter(|line| line.matches("training  since").count() >= 3).count();
    assert_eq!(heads, 1, "{shown}");
}

#[test]
fn the_nine_screens_tell_the_one_story() {
    let told = [
        ("1", "Reading", "utilization"),
        ("2", "Columns, worst first", "utilization"),
        ("3", "feature × window", "utilization"),
        ("4", "utilization", "since onset"),
        ("5", "residual by segment", "Which drift is it?"),
        ("6", "Outside training", "rows outside"),
        ("7", "Where the loss arose", "input utilization"),
        ("8", "Remedies", "better"),
        ("9", "Report", "What is missing"),
    ];
    for (key, title, word) in told {
        let mut model = fixture::model(120, 36);
        press(&mut model, key);
        let shown = printed(&screen(&model, &Look::default()));
        for expected in [title, word] {
            assert!(shown.contains(expected), "{key}: no {expected:?}\n{shown}");
        }
    }
}

#[test]
fn every_view_is_drawn_in_every_look_and_none_is_another_one() {
    for (width, height) in SIZES {
        let mut seen = std::collections::BTreeMap::new();
        for &(name, keys) in SHOWN {
            let mut model = fixture::model(width, height);
            press(&mut model, keys);
            for (look_name, look) in looks() {
                let text = printed(&screen(&model, &look));
                assert!(look_name != "ascii" || text.is_ascii(), "{name} {width}x{height}");
                if look_name == "256"
                    && let Some(other) = seen.insert(text, name)
                {
                    panic!("{name} looks like {other} at {width}x{height}");
                }
            }
        }
    }
}

/// A repair that leaves this PSI, and wins back this share of the loss.
fn trial(after: f64, share: Option<f64>) -> Trial {
    Trial {
        rows: 2584,
        psi: (Some(3.79), Some(after)),
        numbers: (0..200).map(|at| f64::from(at) * 0.007).collect(),
        answer: match share {
            None => Err("the case names no artefact, and nothing stands in for it".to_owned()),
            Some(share) => Ok(Answered {
                by: "the artefact".to_owned(),
                rows: 2584,
                metric: Some((Metric::RocAuc, 0.741, 0.741 + 0.081 * share)),
                loss: (0.412, 0.412 - 0.074 * share),
                gain: (0.06 * share, 0.08 * share),
                share: (share > 0.1).then_some((share, (share - 0.04, share + 0.04))),
            }),
        },
    }
}

#[test]
fn repairs_that_are_tried_on_a_feature() {
    let fixes = [
        (Fix::Undo(Inverse::Affine(0.0, 0.01)), "÷ 100 (percent or cents)", true, trial(0.02, Some(0.96))),
        (Fix::Freeze, "freeze at the median 0.34", false, trial(9.12, Some(0.31))),
        (Fix::Undo(Inverse::Affine(0.0, 0.001)), "÷ 1000 (milli)", false, trial(4.4, Some(0.02))),
        (Fix::Undo(Inverse::Affine(32.0, 1.8)), "° C → ° F", false, trial(5.2, None)),
    ];
    for (name, done, keys) in
        [("looking", None, ""), ("running", Some(2), "j"), ("done", Some(4), ""), ("shown", Some(4), "Enter")]
    {
        for (width, height) in SIZES {
            let mut model = fixture::model(width, height);
            press(&mut model, "4 t");
            let feature = model.features.current().unwrap();
            let epoch = 0;
            if let Some(done) = done {
                let candidate = |(fix, name, suggested, _): &(Fix, &str, bool, Trial)| Candidate {
                    fix: fix.clone(),
                    name: (*name).to_owned(),
                    suggested: *suggested,
                };
                let candidates = fixes.iter().map(candidate).collect();
                let _ = update(&mut model, Msg::Trying { epoch, feature, candidates });
                for (at, (.., trial)) in fixes.iter().enumerate().take(done) {
                    let trial = Box::new(trial.clone());
                    let _ = update(&mut model, Msg::Tried { epoch, feature, at, trial });
                }
            }
            press(&mut model, keys);
            let shown = printed(&screen(&model, &Look::default()));
            let expected: &[&str] = match name {
                _ if width < 120 => &[],
                "running" => &["2 of 4 tried", "÷ 100"],
                "done" => &["÷ 100", "3.79 → 0.02"],
                "shown" => &["since onset"],
                _ => &[],
            };
            for word in expected {
                assert!(shown.contains(word), "{name} {width}x{height}: no {word:?}\n{shown}");
            }
        }
    }
}

/// The same case before its remedies are known.
fn remedies(measuring: Measuring) -> Model {
    let mut model = fixture::model(120, 36);
    let _ = update(&mut model, Msg::Key(Key::Char('8')));
    model.remedy = measuring;
    let _ = update(&mut model, Msg::at(6100, 0));
    model
}

#[test]
fn remedies_that_are_not_known_yet() {
    let running =
        Measuring::Running { done: 7, of: 24, what: "half-life 7 d, boosted trees".into(), began_ms: 2100 };
    let bare = Measuring::Done(Arc::new(fixture::bench_without_labels()));
    for (name, measuring) in [
        ("running", running),
        ("stopped", Measuring::Stopped),
        ("failed", Measuring::Failed("a background job broke.".into())),
        ("no_labels", bare),
    ] {
        for (width, height) in SIZES {
            let mut model = remedies(measuring.clone());
            let _ = update(&mut model, Msg::Resize(width, height));
            let shown = printed(&screen(&model, &Look::default()));
            let expected = match name {
                "running" => "24",
                "stopped" => "stopped",
                "failed" => "broke",
                _ => "Nothing",
            };
            assert!(shown.contains(expected), "{name} {width}x{height}\n{shown}");
        }
    }
}

/// The same case while its exams run: as far as the stage before `stage`.
fn under_way(stage: Stage) -> Model {
    let mut model = opening();
    let whole = fixture::investigation();
    let mut known = Investigation::begin(Arc::clone(&whole.dossier));
    known.done = stage as usize;
    if known.knows(Stage::Onset) {
        known.framing = whole.framing;
    }
    if known.knows(Stage::Performance) {
        (known.performance, known.golden, known.labels) = (whole.performance, whole.golden, whole.labels);
        known.diagnosis = whole.diagnosis;
        known.findings = whole.findings.into_iter().take(1).collect();
    }
    if known.knows(Stage::Pipeline) {
        (known.pipeline, known.serving) = (whole.pipeline, whole.serving);
    }
    if known.knows(Stage::Drift) {
        known.drift = whole.drift;
    }
    let investigation = Arc::new(known);
    let _ = update(&mut model, Msg::Examining { epoch: 0, stage, parts: (3, 12) });
    let _ = update(&mut model, Msg::Known { epoch: 0, investigation });
    let _ = update(&mut model, Msg::at(5500, 0));
    model
}

#[test]
fn screens_fill_as_their_exams_are_done() {
    for stage in [Stage::Onset, Stage::Pipeline, Stage::Integrity] {
        for (width, height) in SIZES {
            for (name, key) in [("triage", '1'), ("drift", '3'), ("diagnosis", '7')] {
                let mut model = under_way(stage);
                let _ = update(&mut model, Msg::Resize(width, height));
                let _ = update(&mut model, Msg::Key(Key::Char(key)));
                let shown = printed(&screen(&model, &Look::default()));
                let waits = !screen_is_known(&model);
                let told = shown.contains("still running") || shown.contains("not yet final");
                assert!(!waits || told, "{name} at {} {width}x{height}\n{shown}", stage as usize);
            }
        }
    }
}

fn screen_is_known(model: &Model) -> bool {
    model.knowing(screen::stage(model.screen, model.pane())).is_some()
}

#[test]
fn every_key_may_be_pressed_while_the_exams_run() {
    for stage in Stage::ALL {
        for step in Step::ALL {
            let mut model = under_way(stage);
            press(&mut model, &(step as usize + 1).to_string());
            for pane in 0..screen::panes(model.screen).len() {
                for binding in BINDINGS.iter().filter(|b| !matches!(b.action, Action::Go(_))) {
                    let mut model = model.clone();
                    let _ = update(&mut model, Msg::Do(binding.action));
                    let _ = screen(&model, &Look::default());
                    let _ = (screen::reading(&model), screen::selection(&model), screen::markdown(&model));
                }
                let _ = update(&mut model, Msg::Key(Key::Tab));
                assert_eq!(model.pane(), (pane + 1) % screen::panes(model.screen).len());
            }
        }
    }
}

fn opening() -> Model {
    let mut model = Model::new(fixture::head(), Journal::default(), (120, 36));
    let file = |name: &str, state| FileProgress { name: name.into(), state, began_ms: 500, took_ms: None };
    let state = Opening {
        phase: Phase::Reading,
        files: vec![
            FileProgress {
                took_ms: Some(312),
                ..file("training.parquet", FileState::Done("982 k rows".into()))
            },
            file("production.parquet", FileState::Reading { done: 820_000, of: 1_280_000 }),
            file("golden.parquet", FileState::Waiting),
        ],
        notes: vec![
            "promo_id is not in training: ignored".into(),
            "412 rows have no timestamp: dropped".into(),
        ],
        ..Opening::default()
    };
    let _ = update(&mut model, Msg::at(2500, 0));
    let _ = update(&mut model, Msg::Opening { epoch: 0, state: Box::new(state) });
    model
}

fn failed() -> Model {
    let mut model = opening();
    let failure = Failure {
        code: "E012".into(),
        message: "production.parquet has no column \"ts\", which [columns] timestamp asks for".into(),
        place: vec!["coroner.toml:14   timestamp = \"ts\"".into(), format!("{:30}╰── not found", "")],
        hints: vec!["set  timestamp = \"event_ts\"".into(), "coroner check .  validates a case".into()],
        details: "the columns of production.parquet".into(),
    };
    let _ = update(&mut model, Msg::Failed { epoch: 0, failure: Box::new(failure) });
    model
}

#[test]
fn opening_and_failing() {
    for (width, height) in SIZES {
        for (name, mut model) in [("opening", opening()), ("failure", failed())] {
            let _ = update(&mut model, Msg::Resize(width, height));
            let shown = printed(&screen(&model, &Look::default()));
            let expected: &[&str] = match name {
                "opening" => &["training.parquet", "production.parquet", "golden.parquet"],
                _ => &["E012"],
            };
            for word in expected {
                assert!(shown.contains(word), "{name} {width}x{height}: no {word:?}\n{shown}");
            }
        }
    }
}

#[test]
fn every_small_size_is_drawn() {
    let mut models: Vec<Model> = Step::ALL
        .iter()
        .map(|step| {
            let mut model = fixture::model(120, 36);
            press(&mut model, &(*step as usize + 1).to_string());
            model
        })
        .collect();
    models.extend([opening(), failed()]);
    models.extend(Stage::ALL.map(under_way));
    for keys in ["?", ":", "!", "Space p", "3 /", "i"] {
        let mut model = fixture::model(120, 36);
        press(&mut model, keys);
        models.push(model);
    }
    let small = (0..=40).flat_map(|width| (0..=12).map(move |height| (width, height)));
    let around = [
        (60, 16),
        (61, 17),
        (79, 24),
        (80, 23),
        (80, 24),
        (110, 32),
        (115, 33),
        (400, 16),
        (60, 200),
        (200, 50),
        (500, 3),
        (3, 200),
    ];
    let sizes: Vec<(u16, u16)> = small.chain(around).collect();
    for model in &mut models {
        for (at, &(width, height)) in sizes.iter().enumerate() {
            let _ = update(model, Msg::Resize(width, height));
            // Every size in one look, the sizes with panes in all of them.
            let all = looks();
            let some = if width < 60 { &all[at % 4..=at % 4] } else { &all[..] };
            for (_, look) in some {
                let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
                frame::draw(model, look, Rect::new(0, 0, width, height), &mut buf);
            }
        }
    }
}

#[test]
fn too_small_a_terminal_says_so() {
    let mut model = fixture::model(52, 14);
    let shown = printed(&screen(&model, &Look::default()));
    assert!(shown.contains("coroner needs 60×16, this is 52×14"), "{shown}");
    let effects = update(&mut model, Msg::Key(Key::Char('q')));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, app::Effect::Terminal(app::TerminalEffect::Quit { .. })))
    );
}

#[test]
fn ascii_and_no_colour_say_everything() {
    for (name, look) in looks() {
        let mut model = fixture::model(120, 36);
        press(&mut model, "3");
        let buf = screen(&model, &look);
        if name == "ascii" {
            let odd: String =
                buf.content.iter().map(ratatui::buffer::Cell::symbol).filter(|s| !s.is_ascii()).collect();
            assert_eq!(odd, "");
        }
        if name == "none" || name == "ascii" {
            let coloured = buf.content.iter().any(|cell| {
                cell.fg != ratatui::style::Color::Reset || cell.bg != ratatui::style::Color::Reset
            });
            assert!(!coloured, "{name}");
        }
    }
}

#[test]
fn every_hint_does_something_in_every_pane() {
    let look = Look::default();
    let mut base = fixture::model(120, 36);
    // With something to undo and something to open from the report.
    press(&mut base, "7 Space 1");
    let mut idle = Vec::new();
    for step in Step::ALL {
        let mut model = base.clone();
        press(&mut model, &(step as usize + 1).to_string());
        for _ in 0..screen::panes(model.screen).len() {
            for binding in screen::hinted(&model) {
                let mut pressed = model.clone();
                pressed.toast = None;
                let before = screen(&pressed, &look);
                // One hint covers all steps, and one for narrower and wider windows.
                let action = match binding.action {
                    Action::Go(_) if step == Step::Report => Action::Go(Step::Triage),
                    Action::Go(_) => Action::Go(Step::Report),
                    Action::NarrowerWindow => Action::WiderWindow,
                    action => action,
                };
                let effects = update(&mut pressed, Msg::Do(action));
                let toast = pressed.toast.take().map_or_else(String::new, |toast| toast.message);
                // A list of one line has no second one to go to.
                let may_stay = matches!(binding.action, Action::Down | Action::NextFlagged)
                    && !toast.contains("does nothing here");
                if effects.is_empty() && !may_stay && screen(&pressed, &look) == before {
                    let pane = screen::panes(model.screen)[model.pane()];
                    idle.push(format!("{} in {pane} of {}: {toast}", binding.hint, step.name()));
                }
            }
            press(&mut model, "Tab");
        }
    }
    assert!(idle.is_empty(), "{idle:#?}");
}

#[test]
fn the_panes_of_small_layouts_are_reached_by_tab() {
    for step in ["2", "4", "5", "6", "8"] {
        let mut model = fixture::model(60, 16);
        let _ = update(&mut model, Msg::Key(Key::parse(step).unwrap()));
        let look = looks()[2].1;
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..screen::panes(model.screen).len() {
            let buf = drawn(60, 16, |area, buf| frame::draw(&model, &look, area, buf));
            seen.insert(printed(&buf));
            let _ = update(&mut model, Msg::Key(Key::Tab));
        }
        assert_eq!(seen.len(), screen::panes(model.screen).len(), "screen {step}");
    }
}

#[test]
fn no_chart_shows_a_fitting_axis_of_one_label_only() {
    // A vertical axis without two labels gives no scale.
    let mut model = fixture::model(120, 36);
    let _ = update(&mut model, Msg::Key(Key::Char('4')));
    let buf = drawn(120, 36, |area, buf| frame::draw(&model, &looks()[2].1, area, buf));
    let text = printed(&buf);
    assert!(text.lines().take(18).filter(|line| line.contains('┤')).count() >= 2, "{text}");
}
