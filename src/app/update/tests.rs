//! Messages in, effects out: without a terminal and without threads.

use std::sync::Arc;

use super::update;
use crate::{
    app::{
        Action, BackgroundEffect, Effect, Key, Model, Msg, Overlay, Period, Phase, Purpose, Target, fixture,
        keys, overlay, screen,
    },
    autopsy::{Cause, Choice, Investigation, Step},
    journal::{Decision, Entry, Journal},
    summary::Width,
};

fn opened() -> Model {
    fixture::model(120, 36)
}

/// Presses keys, each as `Key::parse` names it; returns all effects.
fn press_all(model: &mut Model, keys: &str) -> Vec<Effect> {
    keys.split(' ').flat_map(|name| update(model, Msg::Key(Key::parse(name).unwrap()))).collect()
}

#[test]
fn answers_from_earlier_epochs_are_dropped() {
    let mut model = Model::new(fixture::head(), Journal::default(), (80, 24));
    let _ = update(&mut model, Msg::Key(Key::Esc));
    assert_eq!(model.opening.phase, Phase::Cancelled);
    let investigation = Arc::new(fixture::investigation());
    let late = Msg::Examined { epoch: 0, investigation, data: String::new() };
    assert!(update(&mut model, late).is_empty());
    assert!(model.investigation.is_none());
    let effects = update(&mut model, Msg::Do(Action::Reload));
    assert!(effects.contains(&Effect::Background(BackgroundEffect::Open { epoch: 2 })), "{effects:?}");
}

#[test]
fn evidence_leads_to_its_proof_and_back() {
    let mut model = opened();
    press_all(&mut model, "7 Tab Tab j j Enter");
    assert_eq!(model.screen, Step::Pipeline);
    assert_eq!(model.features.current(), Some(0));
    press_all(&mut model, "Esc");
    assert_eq!((model.screen, model.pane()), (Step::Diagnosis, screen::diagnosis::EVIDENCE));
}

#[test]
fn a_cell_of_the_map_opens_its_feature_at_its_window() {
    let mut model = opened();
    let (second, third) = (model.features.listed[1], model.features.listed[2]);
    press_all(&mut model, "3 j l l Enter");
    assert_eq!((model.screen, model.features.current()), (Step::Feature, Some(second)));
    let grid = model.drift().unwrap().grid.unwrap();
    assert_eq!(model.at.and_then(|at| grid.window(at)), grid.window(fixture::onset()).map(|w| w + 2));
    press_all(&mut model, "]");
    assert_eq!(model.features.current(), Some(third));
}

#[test]
fn marks_are_recorded_and_undone() {
    let mut model = opened();
    let effects = press_all(&mut model, "7 A 1 Space");
    let appended = effects
        .iter()
        .filter(|e| matches!(e, Effect::Background(BackgroundEffect::Append(r)) if r.entry.undoable()))
        .count();
    assert_eq!(appended, 2);
    let decisions = &model.journal.marks().decisions;
    assert_eq!(decisions.get(&Cause::FeatureRecalibration), Some(&Decision::Accepted));
    press_all(&mut model, "u");
    assert!(model.journal.marks().pins.is_empty());
    press_all(&mut model, "u");
    assert!(model.journal.marks().decisions.is_empty());
    press_all(&mut model, "U U");
    assert_eq!(model.journal.marks().pins.len(), 1);
    press_all(&mut model, "U");
    assert_eq!(model.toast.as_ref().map(|t| t.message.as_str()), Some("redo: nothing to redo"));
}

#[test]
fn the_filter_follows_typing_and_comes_back_with_the_case() {
    let mut model = opened();
    press_all(&mut model, "3 / d t");
    assert_eq!(model.features.listed.first().map(|&f| model.feature_name(f).to_owned()), Some("dti".into()));
    press_all(&mut model, "Esc");
    assert_eq!(model.features.listed.len(), 38);
    let effects = press_all(&mut model, "/ s r c : b u r Enter q");
    let records = effects
        .into_iter()
        .filter_map(|e| if let Effect::Background(BackgroundEffect::Append(r)) = e { Some(r) } else { None });
    let journal = Journal::replay(records);
    let mut again = Model::new(fixture::head(), journal, (120, 36));
    assert_eq!(again.screen, Step::Drift);
    let investigation = Arc::new(fixture::investigation());
    let _ = update(&mut again, Msg::Examined { epoch: 0, investigation, data: "other".into() });
    assert_eq!(again.features.filter.text(), "src:bur");
    assert_eq!(again.features.listed, model.features.listed);
}

#[test]
fn a_changed_case_says_so_and_keeps_the_marks() {
    let mut model = opened();
    press_all(&mut model, "Space");
    let investigation = Arc::new(fixture::investigation());
    let _ = update(&mut model, Msg::Examined { epoch: 0, investigation, data: "other".into() });
    assert!(model.changed.as_ref().is_some_and(|message| message.contains("the data changed")));
    assert_eq!(model.journal.marks().pins.len(), 1);
}

#[test]
fn notes_have_lines() {
    let mut model = opened();
    press_all(&mut model, "i o n e Down t w o Enter");
    let notes: Vec<&str> = model.journal.marks().notes.values().map(|(_, text)| text.as_str()).collect();
    assert_eq!(notes, ["one\ntwo"]);
    press_all(&mut model, "i");
    let Some(Overlay::Prompt(prompt)) = model.overlays.last() else { panic!("no prompt") };
    assert!(matches!(prompt.purpose, Purpose::Note(_)) && prompt.lines.len() == 2);
}

#[test]
fn every_action_is_reached_from_the_palette_or_says_why_not() {
    let base = opened();
    for step in Step::ALL {
        let mut there = base.clone();
        if there.screen != step {
            let _ = update(&mut there, Msg::Do(Action::Go(step)));
        }
        for binding in keys::BINDINGS {
            let mut model = there.clone();
            let listed = overlay::palette(&model, "");
            assert!(
                listed.iter().any(|item| item.target == Target::Run(binding.action)),
                "{} is not listed",
                binding.name
            );
            press_all(&mut model, ":");
            type_in(&mut model, binding.name);
            let first = overlay::palette(&model, binding.name).remove(0);
            assert_eq!((first.name.as_str(), first.target), (binding.name, Target::Run(binding.action)));
            assert_eq!(first.disabled, screen::disabled(&model, binding.action));
            // Whatever is chosen there does what its key does, or says why not.
            let mut pressed = there.clone();
            let wanted = update(&mut pressed, Msg::Do(binding.action));
            let effects = update(&mut model, Msg::Key(Key::Enter));
            assert_eq!(effects, wanted, "{} on {}", binding.name, step.name());
            let shown = |model: &Model| (model.place(), model.overlays.len(), model.settings.clone());
            assert_eq!(shown(&model), shown(&pressed), "{} on {}", binding.name, step.name());
            if first.disabled.is_some() {
                assert!(effects.is_empty() && model.toast.is_some(), "{}", binding.name);
            } else {
                assert_eq!(model.recent.first(), Some(&binding.action));
            }
        }
    }
}

#[test]
fn an_unknown_key_says_so_and_a_misplaced_one_says_where_it_works() {
    let mut model = opened();
    press_all(&mut model, "f");
    assert_eq!(model.toast.take().unwrap().message, "f does nothing here · ? help");
    press_all(&mut model, "A");
    assert_eq!(model.toast.take().unwrap().message, "accept: works on Diagnosis");
    let _ = update(&mut model, Msg::at(9_000, 0));
    assert!(model.toast.is_none());
}

#[test]
fn windows_at_another_width_arrive_for_the_width_that_is_asked_for() {
    let mut model = opened();
    let effects = press_all(&mut model, ".");
    assert!(
        effects.contains(&Effect::Background(BackgroundEffect::Window {
            epoch: 0,
            width: Width::Week,
            between: false
        })),
        "{effects:?}"
    );
    let investigation = fixture::investigation();
    let view = |width| crate::app::WindowedView {
        width,
        drift: investigation.drift.clone(),
        performance: investigation.performance.clone(),
        reference: None,
    };
    let _ = update(&mut model, Msg::Windowed { epoch: 0, view: Box::new(view(Width::Day)) });
    assert!(model.windowed.is_none());
    let _ = update(&mut model, Msg::Windowed { epoch: 0, view: Box::new(view(Width::Week)) });
    assert!(model.windowed.is_some());
}

#[test]
fn each_list_sorts_and_turns_round_or_says_why_it_stands_in_one_order() {
    for step in Step::ALL {
        for pane in 0..screen::panes(step).len() {
            let mut model = opened();
            let _ = update(&mut model, Msg::Do(Action::Go(step)));
            model.screens.pane[step as usize] = pane;
            let state = |model: &Model| {
                let list = &model.features;
                (model.screens.orders, list.order, list.reversed)
            };
            for action in [Action::Sort, Action::Reverse] {
                let before = state(&model);
                let refused = screen::disabled(&model, action);
                let _ = update(&mut model, Msg::Do(action));
                let said = model.toast.as_ref().map(|toast| toast.message.clone()).unwrap_or_default();
                assert!(!said.is_empty(), "{} {pane}: {action:?} says nothing", step.name());
                assert_eq!(state(&model) == before, refused.is_some(), "{} {pane}: {action:?}", step.name());
            }
        }
    }
}

#[test]
fn the_evidence_and_the_way_rows_lie_outside_follow_the_order_that_was_chosen() {
    let mut model = opened();
    press_all(&mut model, "7 Tab Tab");
    let weights = |model: &Model| -> Vec<f64> {
        screen::diagnosis::sides(model).0.iter().map(|evidence| evidence.weight).collect()
    };
    let strongest = weights(&model);
    press_all(&mut model, "S");
    assert_eq!(weights(&model), strongest.iter().rev().copied().collect::<Vec<_>>());
    press_all(&mut model, "6");
    let support = model.investigation.as_ref().expect("examined").support.clone();
    let first =
        |model: &Model| screen::support::reasons(model, &support).first().map(|outside| outside.reason);
    let before = first(&model);
    press_all(&mut model, "S");
    assert!(support.reasons.len() < 2 || first(&model) != before);
}

#[test]
fn a_note_leads_to_the_column_that_it_names_and_a_check_to_its_screen() {
    let mut model = opened();
    let mut investigation = fixture::investigation();
    let name = investigation.dossier.feature_name(3).to_owned();
    let mut dossier = (*investigation.dossier).clone();
    dossier.notes = vec![format!("{name}: 12 values could not be read")];
    investigation.dossier = Arc::new(dossier);
    let _ = update(
        &mut model,
        Msg::Examined { epoch: 0, investigation: Arc::new(investigation), data: "x".into() },
    );
    let at =
        model.problem_lines().iter().position(|problem| problem.leads_to == crate::app::Leads::Column(3));
    press_all(&mut model, "!");
    for _ in 0..at.expect("the note") {
        press_all(&mut model, "j");
    }
    press_all(&mut model, "Enter");
    assert_eq!((model.screen, model.features.current()), (Step::Pipeline, Some(3)));
    assert!(model.overlays.is_empty());
}

/// Types text into what is open.
fn type_in(model: &mut Model, text: &str) -> Vec<Effect> {
    text.chars().flat_map(|c| update(model, Msg::Key(Key::Char(c)))).collect()
}

/// The made-up investigation as it would be with a choice.
fn chosen(choice: Choice) -> Arc<Investigation> {
    let mut investigation = fixture::investigation();
    investigation.framing.choice = choice;
    Arc::new(investigation)
}

#[test]
fn an_onset_set_by_hand_examines_again_and_is_undone() {
    let mut model = opened();
    press_all(&mut model, ":");
    type_in(&mut model, "onset 2026-03-20T02:00");
    let effects = press_all(&mut model, "Enter");
    let choice = Choice { onset: crate::text::time::parse("2026-03-20T02:00"), baseline: None };
    assert_eq!(
        effects,
        [Effect::Background(BackgroundEffect::Investigate { epoch: 1, choice, cohort: None })]
    );
    assert!(model.opening.busy() && model.journal.marks().choice.is_auto());
    let examined = |epoch, choice| Msg::Examined {
        epoch,
        investigation: chosen(choice),
        data: model.journal.opened().map(|(_, data)| data.to_owned()).unwrap_or_default(),
    };
    // An answer to an earlier question is dropped; the right one is kept and journaled.
    let (late, right) = (examined(0, Choice::default()), examined(1, choice));
    let back = examined(2, Choice::default());
    assert!(update(&mut model, late).is_empty() && model.opening.busy());
    let effects = update(&mut model, right);
    assert_eq!(model.choice(), choice);
    assert!(!model.opening.busy());
    let journaled = |effect: &Effect| matches!(effect, Effect::Background(BackgroundEffect::Append(r)) if r.entry == Entry::Choose { choice });
    assert!(effects.iter().any(journaled), "{effects:?}");
    let effects = press_all(&mut model, "u");
    let auto = Choice::default();
    assert!(
        effects.contains(&Effect::Background(BackgroundEffect::Investigate {
            epoch: 2,
            choice: auto,
            cohort: None
        })),
        "{effects:?}"
    );
    let effects = update(&mut model, back);
    assert!(model.choice().is_auto() && !effects.iter().any(journaled));
}

#[test]
fn a_choice_that_cannot_be_followed_leaves_everything_as_it_was() {
    let mut model = opened();
    let before = model.opening.resting();
    let _ = update(&mut model, Msg::Do(Action::Baseline(Some(crate::autopsy::Baseline::Training))));
    let message = "the training snapshot does not hold 100 rows with a logged answer".to_owned();
    let _ = update(&mut model, Msg::Unchosen { epoch: 1, message: message.clone() });
    assert_eq!(model.opening.phase, before);
    assert!(model.choice().is_auto() && model.journal.marks().choice.is_auto());
    assert!(model.problem_lines().iter().any(|problem| problem.message == message));
}

#[test]
fn esc_stops_a_second_look_and_keeps_the_first() {
    let mut model = opened();
    let _ = update(&mut model, Msg::Do(Action::Onset(Some(fixture::onset()))));
    assert!(model.opening.busy());
    let effects = press_all(&mut model, "Esc");
    assert_eq!(effects, [Effect::Background(BackgroundEffect::Cancel)]);
    assert!(!model.opening.busy() && model.investigation.is_some());
    let late = Msg::Examined { epoch: 1, investigation: chosen(Choice::default()), data: "x".to_owned() };
    assert!(update(&mut model, late).is_empty());
}

#[test]
fn a_command_that_cannot_be_read_says_why_and_stays() {
    let mut model = opened();
    press_all(&mut model, ":");
    type_in(&mut model, "onset yesterday");
    assert!(press_all(&mut model, "Enter").is_empty());
    assert!(model.toast.as_ref().is_some_and(|t| t.message.contains("is no time")));
    let Some(Overlay::Palette { query, .. }) = model.overlays.last() else { panic!("the palette is gone") };
    assert_eq!(query.value(), "onset yesterday");
    // A command that is chosen from the list waits for what follows it.
    press_all(&mut model, "Esc :");
    type_in(&mut model, "held against");
    press_all(&mut model, "Enter");
    let Some(Overlay::Palette { query, .. }) = model.overlays.last() else { panic!("the palette is gone") };
    assert_eq!(query.value(), "baseline ");
}

#[test]
fn repairs_are_tried_shown_and_pinned() {
    use crate::autopsy::exam::integrity::{Answered, Candidate, Fix, Inverse, Trial};
    let mut model = opened();
    let effects = press_all(&mut model, "4 t");
    let feature = model.features.current().unwrap();
    assert!(
        effects.contains(&Effect::Background(BackgroundEffect::TryFix { epoch: 0, feature, typed: None })),
        "{effects:?}"
    );
    let candidates = vec![
        Candidate {
            fix: Fix::Undo(Inverse::Affine(0.0, 0.01)),
            name: "÷ 100 (percent or cents)".to_owned(),
            suggested: true,
        },
        Candidate { fix: Fix::Freeze, name: "freeze at the median 0.34".to_owned(), suggested: false },
    ];
    let other = Msg::Trying { epoch: 0, feature: feature + 1, candidates: candidates.clone() };
    let _ = update(&mut model, other);
    assert!(model.screens.feature.attempts.is_none(), "another feature's answer");
    let _ = update(&mut model, Msg::Trying { epoch: 0, feature, candidates });
    let trial = |after: f64| Trial {
        rows: 800,
        psi: (Some(3.79), Some(after)),
        numbers: vec![0.2, 0.4, 0.6],
        answer: Ok(Answered {
            by: "the artefact".to_owned(),
            rows: 600,
            metric: None,
            loss: (0.5, 0.3 + after),
            gain: (0.1, 0.2),
            share: Some((0.94, (0.9, 0.98))),
        }),
    };
    for (at, after) in [(1, 0.9), (0, 0.02)] {
        let trial = Box::new(trial(after));
        let _ = update(&mut model, Msg::Tried { epoch: 0, feature, at, trial });
    }
    assert_eq!(model.screens.feature.attempts.as_ref().unwrap().best(), Some(0));
    let effects = press_all(&mut model, "Space");
    let pinned = model.journal.marks().pins.first().unwrap();
    assert!(pinned.message.contains("PSI 3.79 → 0.02") && pinned.message.contains("94.0 %"), "{pinned:?}");
    assert!(matches!(effects.as_slice(), [Effect::Background(BackgroundEffect::Append(_))]));
    press_all(&mut model, "Enter");
    assert!(model.overlays.is_empty());
    assert_eq!(model.screens.feature.attempts.as_ref().unwrap().shown, Some(0));
    // Another feature knows nothing of it.
    press_all(&mut model, "]");
    assert!(model.screens.feature.attempts.is_none());
}

#[test]
fn esc_goes_up_one_step_at_a_time() {
    let mut model = opened();
    press_all(&mut model, "3 / d t i Enter e ? Esc");
    assert!(model.overlays.is_empty() && model.screens.enlarged);
    press_all(&mut model, "Esc");
    assert!(!model.screens.enlarged && !model.features.filter.is_empty());
    press_all(&mut model, "Esc");
    assert!(model.features.filter.is_empty() && model.screen == Step::Drift);
    press_all(&mut model, "Esc");
    assert_eq!(model.screen, Step::Triage);
    press_all(&mut model, "L");
    assert_eq!(model.screen, Step::Drift);
    assert_eq!(model.settings.period, Period::default());
}

#[test]
fn no_sequence_of_keys_panics() {
    use proptest::prelude::*;
    let all: Vec<Key> = keys::BINDINGS.iter().flat_map(|b| b.keys).copied().collect();
    let base = opened();
    let walk = prop::collection::vec(prop::sample::select(all), 1..60);
    proptest!(ProptestConfig::with_cases(64), |(walk in walk)| {
        let mut model = base.clone();
        for key in walk {
            let _ = update(&mut model, Msg::Key(key));
            let _ = (screen::reading(&model), screen::selection(&model), screen::markdown(&model), screen::csv(&model));
        }
    });
}
