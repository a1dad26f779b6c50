use std::sync::Arc;

use super::*;
use crate::{
    app::{
        BackgroundEffect, Key, Msg, Overlay, fixture,
        screen::{self, markdown},
        update,
    },
    remedy,
};

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    update(model, Msg::Key(key))
}

fn press_all(model: &mut Model, keys: &str) -> Vec<Effect> {
    keys.split(' ').flat_map(|name| press(model, Key::parse(name).expect("a key"))).collect()
}

/// A console whose remedies nobody measured yet.
fn unmeasured() -> Model {
    let mut model = fixture::model(120, 36);
    model.remedy = Measuring::NotYet;
    model
}

#[test]
fn the_screen_measures_once_and_escape_stops_it() {
    let mut model = unmeasured();
    let asked = Effect::Background(BackgroundEffect::Remedy { epoch: model.epoch });
    assert!(press(&mut model, Key::Char('8')).contains(&asked));
    let running = Msg::Remedying { epoch: model.epoch, done: 3, of: 9, what: "full".to_owned() };
    let _ = update(&mut model, running.clone());
    assert!(matches!(model.remedy, Measuring::Running { done: 3, of: 9, .. }));
    // How far it is stands in the pane and in the line of status; the Reading does not repeat it.
    assert!(super::progress(&model).is_some_and(|message| message.contains("3 of 9 done")));
    assert!(
        screen::reading(&model).message.contains("is being measured"),
        "{}",
        screen::reading(&model).message
    );
    assert_eq!(press(&mut model, Key::Esc), [Effect::Background(BackgroundEffect::Cancel)]);
    assert_eq!(model.screen, Step::Remedy, "the screen stays");
    let _ = update(&mut model, running);
    assert_eq!(model.remedy, Measuring::Stopped, "late progress changes nothing");
    assert_eq!(press(&mut model, Key::Char('m')), std::slice::from_ref(&asked));
    assert!(press(&mut model, Key::Char('m')).is_empty(), "it runs already");

    let backtests = remedy::measure(&fixture::investigation(), &crate::progress::RunControl::default())
        .expect("nobody stops it");
    let epoch = model.epoch;
    let _ =
        update(&mut model, Msg::Remedied { epoch, backtests: Arc::new(backtests), golden: Arc::default() });
    assert!(model.backtests().is_some());
    press(&mut model, Key::Char('7'));
    assert!(!press(&mut model, Key::Char('8')).contains(&asked), "it is known by now");
}

#[test]
fn the_measurement_begins_when_asked_for_or_when_nobody_types() {
    let mut model = unmeasured();
    let asked = Effect::Background(BackgroundEffect::Remedy { epoch: model.epoch });
    assert!(!press(&mut model, Key::Char('7')).contains(&asked), "it takes all processors");
    let pressed = model.clock.elapsed_ms;
    assert!(update(&mut model, Msg::at(pressed + 19_000, 0)).is_empty());
    assert_eq!(update(&mut model, Msg::at(pressed + 20_000, 0)), std::slice::from_ref(&asked));
    assert!(model.toast.take().unwrap().message.contains("measured now"));
    assert!(update(&mut model, Msg::at(pressed + 60_000, 0)).is_empty(), "once");
    let effects = press(&mut model, Key::Esc);
    assert!(!effects.contains(&Effect::Background(BackgroundEffect::Cancel)), "{effects:?}");
    assert_eq!(model.screen, Step::Triage);
    assert!(!press(&mut model, Key::Char('8')).contains(&asked), "it runs already");
}

#[test]
fn the_time_left_is_known_after_a_second() {
    let mut model = unmeasured();
    press(&mut model, Key::Char('8'));
    let at = |model: &mut Model, done| {
        let epoch = model.epoch;
        let what = String::new();
        let _ = update(model, Msg::Remedying { epoch, done, of: 10, what });
    };
    at(&mut model, 2);
    assert_eq!(model.remedy.left_ms(2100), None);
    assert_eq!(model.remedy.left_ms(6100), Some(16_000));
    at(&mut model, 10);
    assert_eq!(model.remedy.left_ms(6100), Some(0));
}

#[test]
fn a_failed_measurement_says_why_and_can_be_tried_again() {
    let mut model = unmeasured();
    press(&mut model, Key::Char('8'));
    let epoch = model.epoch;
    let message = "a job broke.".to_owned();
    let _ = update(&mut model, Msg::RemedyFailed { epoch, message });
    assert!(screen::reading(&model).message.contains("a job broke."));
    assert_eq!(press(&mut model, Key::Char('m')), [Effect::Background(BackgroundEffect::Remedy { epoch })]);
}

#[test]
fn the_proof_of_a_mended_feature_is_the_feature_and_of_the_rest_the_diagnosis() {
    let mut model = fixture::model(120, 36);
    press_all(&mut model, "8 Enter");
    assert_eq!((model.screen, model.features.current()), (Step::Feature, Some(0)));
    press_all(&mut model, "Esc");
    assert_eq!(model.screen, Step::Remedy);
    press_all(&mut model, "j j Enter");
    assert_eq!(model.screen, Step::Diagnosis);
    assert_eq!(model.screens.diagnosis.at, 0);
    press_all(&mut model, "8 Tab Tab Enter");
    assert_eq!(model.screen, Step::Concept);
}

#[test]
fn measures_and_views_take_turns() {
    let mut model = fixture::model(120, 36);
    press_all(&mut model, "8 m");
    assert_eq!(model.screens.remedy.unit, Unit::Headline);
    press_all(&mut model, "m m");
    assert_eq!(model.screens.remedy.unit, Unit::Loss);
    press_all(&mut model, "v");
    assert!(model.screens.remedy.next);
    press_all(&mut model, "Tab v");
    assert_eq!(model.toast.as_ref().map(|t| t.message.as_str()), Some("view: this pane has one view"));
    press_all(&mut model, "Tab v");
    assert!(model.screens.remedy.matrix);
    press_all(&mut model, "S-Tab S-Tab S-Tab v");
    assert!(model.screens.remedy.replayed);
}

#[test]
fn a_pin_says_the_gain_and_the_reason() {
    let mut model = fixture::model(120, 36);
    press_all(&mut model, "8 Space j j j Space");
    let pins = &model.journal.marks().pins;
    assert_eq!(pins.len(), 2);
    assert_eq!(pins[0].title, "undo × 100 of utilization");
    assert!(pins[0].message.starts_with("begin here: +0.071 log loss (90 % "), "{}", pins[0].message);
    assert!(pins[1].message.starts_with("not offered: +0.052"), "{}", pins[1].message);
    assert!(pins[1].message.contains("upstream"));
    press_all(&mut model, "Tab Tab Space Tab Space Tab Space Tab Space Tab Space Tab Space Tab G Space");
    let titles: Vec<&str> = model.journal.marks().pins.iter().map(|pin| pin.title.as_str()).collect();
    assert_eq!(titles[2], "retrain: production since the onset, boosted trees");
    assert_eq!(titles[3], "labels that a retrain needs");
    assert_eq!(titles[4], "re-calibrate (Platt)");
    assert_eq!(titles[5], "candidate refit 2026-04");
    assert_eq!(titles[6], "review by people");
    assert!(titles[7].ends_with("for the golden set"), "{}", titles[7]);
    assert!(titles[8].starts_with("rows outside of training above"), "{}", titles[8]);
}

#[test]
fn a_note_stands_in_the_detail() {
    let mut model = fixture::model(120, 36);
    press_all(&mut model, "8 i a s k Enter");
    assert!(!matches!(model.overlays.last(), Some(Overlay::Prompt(_))));
    let detail = detail(&model);
    assert_eq!(detail.last(), Some(&("note", "ask".to_owned())));
}

#[test]
fn every_pane_is_a_table() {
    let mut model = fixture::model(120, 36);
    press_all(&mut model, "8");
    for (pane, word) in [
        (OFFERS, "undo × 100 of utilization"),
        (DETAIL, "Effort medium, risk medium"),
        (RETRAINING, "half-life 7 d"),
        (CURVE, "9 620"),
        (SCORES, "decide at 0.31"),
        (COMPARISON, "harms region south"),
        (REVIEW, "rows to look at first"),
        (GOLDEN, "new region: utilization"),
        (MONITORS, "PSI of utilization"),
    ] {
        model.screens.pane[Step::Remedy as usize] = pane;
        let text = markdown(&model);
        assert!(text.contains(word), "{text}");
        let widths: Vec<usize> =
            text.lines().filter(|line| line.starts_with('|')).map(|line| line.matches('|').count()).collect();
        assert!(widths.windows(2).all(|w| w[0] == w[1]), "{text}");
    }
}

#[test]
fn the_reading_names_the_remedy_its_gain_and_the_fate_of_the_retrain() {
    let mut model = fixture::model(120, 36);
    press_all(&mut model, "8");
    let message = screen::reading(&model).message;
    let begins =
        "Begin with “undo × 100 of utilization”: log loss a row 0.412 → 0.341, which wins back 96.2 %";
    assert!(message.starts_with(begins), "{message}");
    assert!(message.ends_with("A retrain, which wins back 70.4 % of the loss, is not offered."), "{message}");

    model.remedy = Measuring::Done(Arc::new(fixture::bench_without_labels()));
    let message = screen::reading(&model).message;
    assert!(message.starts_with("The data can't tell the cause yet, so find out first: "), "{message}");
    assert!(markdown(&model).contains("too few to try a remedy on"));
}

#[test]
fn lists_of_rows_have_a_cursor_that_leads_on() {
    let mut model = fixture::model(120, 36);
    // The queue of the review.
    press_all(&mut model, "8 S-Tab S-Tab S-Tab v v j j");
    assert_eq!((model.pane(), model.screens.remedy.queued), (REVIEW, 2));
    let row = review::queued(&model)[2].row;
    let time = model.dossier.as_ref().map(|dossier| dossier.production.sample.time[row]);
    press(&mut model, Key::Char(' '));
    assert!(model.journal.pinned(&format!("remedy.queue:{row}")));
    press(&mut model, Key::Enter);
    assert_eq!(model.at, time);
    assert!(matches!(model.screen, Step::Feature | Step::Support), "{:?}", model.screen);

    // The rows for the golden set: the first is new because of utilization.
    press_all(&mut model, "8 Tab G");
    assert_eq!(model.pane(), GOLDEN);
    assert_eq!(model.screens.remedy.proposed, model.screens.remedy.golden.len() - 1);
    press_all(&mut model, "g Enter");
    assert_eq!((model.screen, model.features.current()), (Step::Feature, Some(0)));
}

#[test]
fn a_candidate_is_looked_at_from_every_side_that_was_measured() {
    let mut model = fixture::model(120, 36);
    press_all(&mut model, "8 Tab Tab Tab Tab Tab");
    let mut seen = Vec::new();
    for _ in Comparing::ALL {
        let (_, view) = candidate::shown(&model).expect("a candidate");
        seen.push(view);
        assert!(markdown(&model).lines().count() > 4, "{view:?}");
        press(&mut model, Key::Char('v'));
    }
    assert_eq!(seen, Comparing::ALL);
    assert_eq!(candidate::shown(&model).map(|(_, view)| view), Some(Comparing::Verdict));
    // A segment leads to its feature.
    press_all(&mut model, "v v j Enter");
    assert_eq!((model.screen, model.features.current()), (Step::Feature, Some(4)));
    // What was not measured is passed over.
    let mut backtests = fixture::backtests();
    if let Some(Ok(comparison)) = &mut backtests.comparison {
        comparison.calibration = None;
        comparison.latency = None;
    }
    model.remedy = Measuring::Done(Arc::new(backtests));
    press(&mut model, Key::Char('8'));
    model.screens.remedy.comparing = Comparing::Metrics;
    press(&mut model, Key::Char('v'));
    assert_eq!(model.screens.remedy.comparing, Comparing::Disagreements);
    press(&mut model, Key::Char('v'));
    assert_eq!(model.screens.remedy.comparing, Comparing::Verdict);
}

#[test]
fn the_step_bar_tells_whether_something_helps() {
    let mut model = unmeasured();
    assert_eq!(status(&model), StepStatus::Unknown);
    press(&mut model, Key::Char('8'));
    assert_eq!(status(&model), StepStatus::Running);
    model.remedy = Measuring::Done(Arc::new(fixture::backtests()));
    assert_eq!(status(&model), StepStatus::Fine);
    model.remedy = Measuring::Done(Arc::new(fixture::bench_without_labels()));
    assert_eq!(status(&model), StepStatus::Watch);
}
