//! Snapshots of every screen, with styles, and every small size.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    frame,
    look::Look,
    snapshot::{drawn, looks, printed},
};
use crate::{
    app::{Failure, FileProgress, FileState, Journal, Key, Model, Msg, Opening, Phase, fixture, update},
    autopsy::Step,
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
        let key = Key::parse(name).unwrap_or_else(|| panic!("{name}"));
        let _ = update(model, Msg::Key(key));
    }
    let _ = update(
        model,
        Msg::Preview {
            epoch: 0,
            text: REPORT.into(),
        },
    );
}

/// Screens with the keys that lead to them; the others' snapshots stand beside [`super::screen`].
const SHOWN: [(&str, &str); 11] = [
    ("triage", "1"),
    ("drift", "3"),
    ("drift_by_source", "3 b l l"),
    ("diagnosis", "7"),
    ("diagnosis_evidence", "7 Tab j A"),
    ("diagnosis_matrix", "7 v"),
    ("report", "1 Space i f r o m Space b u r e a u Enter 9"),
    ("help", "3 ?"),
    ("palette", ": d r i f t"),
    ("problems", "!"),
    ("filter", "3 / p s i > . 3"),
];

#[test]
fn every_screen_at_every_size() {
    for (name, keys) in SHOWN {
        for (width, height) in SIZES {
            let mut model = fixture::model(width, height);
            press(&mut model, keys);
            insta::assert_snapshot!(
                format!("{name}_{width}x{height}"),
                printed(&screen(&model, &Look::default()))
            );
        }
    }
}

#[test]
fn the_main_screens_in_every_look() {
    for (name, keys) in [("triage", "1"), ("drift", "3"), ("diagnosis", "7")] {
        for (look_name, look) in looks() {
            let mut model = fixture::model(120, 36);
            press(&mut model, keys);
            insta::assert_snapshot!(
                format!("{name}_look_{look_name}"),
                printed(&screen(&model, &look))
            );
        }
    }
}

fn opening() -> Model {
    let mut model = Model::new(fixture::head(), Journal::default(), (120, 36));
    let file = |name: &str, state| FileProgress {
        name: name.into(),
        state,
        began_ms: 500,
        took_ms: None,
    };
    let state = Opening {
        phase: Phase::Reading,
        files: vec![
            FileProgress {
                took_ms: Some(312),
                ..file("training.parquet", FileState::Done("982 k rows".into()))
            },
            file(
                "production.parquet",
                FileState::Reading {
                    done: 820_000,
                    of: 1_280_000,
                },
            ),
            file("golden.parquet", FileState::Waiting),
        ],
        notes: vec![
            "promo_id is not in training: ignored".into(),
            "412 rows have no timestamp: dropped".into(),
        ],
        ..Opening::default()
    };
    let _ = update(&mut model, Msg::at(2500, 0));
    let _ = update(
        &mut model,
        Msg::Opening {
            epoch: 0,
            state: Box::new(state),
        },
    );
    model
}

fn failed() -> Model {
    let mut model = opening();
    let failure = Failure {
        code: "E012".into(),
        says: "production.parquet has no column \"ts\", which [columns] timestamp asks for".into(),
        place: vec![
            "coroner.toml:14   timestamp = \"ts\"".into(),
            format!("{:30}╰── not found", ""),
        ],
        hints: vec![
            "set  timestamp = \"event_ts\"".into(),
            "coroner check .  validates a case".into(),
        ],
        details: "the columns of production.parquet".into(),
    };
    let _ = update(
        &mut model,
        Msg::Failed {
            epoch: 0,
            failure: Box::new(failure),
        },
    );
    model
}

#[test]
fn opening_and_failing() {
    for (width, height) in SIZES {
        for (name, mut model) in [("opening", opening()), ("failure", failed())] {
            let _ = update(&mut model, Msg::Resize(width, height));
            insta::assert_snapshot!(
                format!("{name}_{width}x{height}"),
                printed(&screen(&model, &Look::default()))
            );
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
    ];
    let sizes: Vec<(u16, u16)> = small.step_by(7).chain(around).collect();
    for model in &mut models {
        for &(width, height) in &sizes {
            let _ = update(model, Msg::Resize(width, height));
            for (_, look) in looks() {
                let mut buf = Buffer::empty(Rect::new(0, 0, width, height));
                frame::draw(model, &look, Rect::new(0, 0, width, height), &mut buf);
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
            .any(|effect| matches!(effect, crate::app::Effect::Quit { .. }))
    );
}

#[test]
fn ascii_and_no_colour_say_everything() {
    for (name, look) in looks() {
        let mut model = fixture::model(120, 36);
        press(&mut model, "3");
        let buf = screen(&model, &look);
        if name == "ascii" {
            let odd: String = buf
                .content
                .iter()
                .map(ratatui::buffer::Cell::symbol)
                .filter(|s| !s.is_ascii())
                .collect();
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
