use super::*;
use crate::{
    autopsy::{
        Dossier, Framing,
        catalogue::Group,
        exam::synthetic::{self, Examined, Rows, Values, with_fault},
    },
    case::{Bounds, Event},
};

fn examine(dossier: &Dossier, framing: &Framing) -> Examined<Pipeline> {
    super::examine(&ExamContext::new(dossier, framing)).into()
}

fn finding<'a>(pipeline: &'a Examined<Pipeline>, id: &str) -> &'a Finding {
    let findings = &pipeline.observations.findings;
    findings.iter().find(|f| f.id == id).unwrap_or_else(|| panic!("{id} is not among {findings:#?}"))
}

fn signal(pipeline: &Examined<Pipeline>, key: &str) -> f64 {
    pipeline
        .observations
        .signals
        .iter()
        .find(|s| s.key == key)
        .unwrap_or_else(|| panic!("no signal {key}"))
        .value
}

fn flagged(pipeline: &Examined<Pipeline>) -> Vec<String> {
    pipeline.observations.findings.iter().filter(|f| f.flagged()).map(|f| f.id.to_string()).collect()
}

fn examined(inject: impl FnOnce(&mut Rows, usize)) -> Examined<Pipeline> {
    let (dossier, framing) = with_fault(inject);
    examine(&dossier, &framing)
}

#[test]
fn a_sound_delivery_is_clear_with_and_without_an_onset() {
    let pipeline = examined(|_, _| {});
    assert_eq!(flagged(&pipeline), Vec::<&str>::new());
    assert!(pipeline.columns.iter().all(|c| c.verdict == Verdict::Clear));
    for key in
        ["null_jump", "unreadable", "sentinel", "swap", "duplicates", "source", "spelling", "same_rows"]
    {
        assert!(signal(&pipeline, &format!("pipeline.{key}")).abs() < 0.01, "{key}");
    }
    let dossier = synthetic::dossier(&Rows::healthy(4000, 1), &Rows::healthy(8000, 2));
    let pipeline = examine(&dossier, &synthetic::framing(&dossier, None));
    assert_eq!(flagged(&pipeline), Vec::<&str>::new());
}

#[test]
fn an_empty_column_is_the_headline() {
    let pipeline = examined(|rows, onset| rows.numbers("income")[onset..].fill(f64::NAN));
    let nulls = finding(&pipeline, "pipeline.nulls:income");
    assert_eq!(nulls.verdict, Verdict::Alarm);
    assert_eq!(nulls.message, "income is missing on every row since the onset, 0 % before the onset.");
    assert_eq!(pipeline.columns[0].verdict, Verdict::Alarm);
    assert_eq!(signal(&pipeline, "pipeline.null_jump"), 1.0);
}

#[test]
fn half_the_values_gone_is_no_silence() {
    let pipeline = examined(|rows, onset| {
        rows.numbers("limit")[onset..].iter_mut().step_by(2).for_each(|x| *x = f64::NAN);
    });
    assert_eq!(finding(&pipeline, "pipeline.nulls:limit").verdict, Verdict::Alarm);
    assert!((signal(&pipeline, "pipeline.null_jump") - 0.5).abs() < 0.01);
}

#[test]
fn a_dropped_and_renamed_column_is_found() {
    let (mut dossier, framing) = with_fault(|rows, _| rows.column("income").1 = Values::Gone);
    dossier.production.new_columns.push(("income_eur".to_owned(), "Float64".to_owned()));
    let pipeline = examine(&dossier, &framing);
    let absent = finding(&pipeline, "pipeline.absent:income");
    assert_eq!(absent.verdict, Verdict::Alarm);
    assert!(absent.message.contains("income_eur"), "{}", absent.message);
    assert!((signal(&pipeline, "pipeline.absent") - 2.0_f64.ln()).abs() < 1e-12);
    assert_eq!(pipeline.columns[0].types.1, None);
}

#[test]
fn text_in_a_numeric_column_is_named() {
    let pipeline = examined(|rows, onset| {
        let bad: Vec<u32> = (onset..rows.count).step_by(3).map(|r| r as u32).collect();
        bad.iter().for_each(|&r| rows.numbers("balance")[r as usize] = f64::NAN);
        rows.unreadable.insert("balance", bad);
    });
    let unreadable = finding(&pipeline, "pipeline.unreadable:balance");
    assert!(unreadable.message.contains("\"12 EUR\""), "{}", unreadable.message);
    assert!((signal(&pipeline, "pipeline.unreadable") - 1.0 / 3.0).abs() < 0.01);
    assert_eq!(signal(&pipeline, "pipeline.null_jump"), 0.0, "unreadable is not null");
    assert!(finding(&pipeline, "pipeline.type:balance").flagged());
}

#[test]
fn sentinels_on_the_same_rows_blame_their_source() {
    let pipeline = examined(|rows, onset| {
        for name in ["income", "balance"] {
            rows.numbers(name)[onset..].iter_mut().step_by(10).for_each(|x| *x = -9999.0);
        }
    });
    assert_eq!(finding(&pipeline, "pipeline.sentinel:income").verdict, Verdict::Alarm);
    assert_eq!(finding(&pipeline, "pipeline.sentinel:balance").verdict, Verdict::Alarm);
    assert!((signal(&pipeline, "pipeline.sentinel") - 0.1).abs() < 0.01);
    assert_eq!(signal(&pipeline, "pipeline.same_rows"), 1.0);
    assert_eq!(pipeline.sources[1].2, 2);
    let altered = finding(&pipeline, "pipeline.altered");
    assert_eq!(altered.verdict, Verdict::Watch);
    assert!(
        altered.message.contains("2 of ") && altered.message.contains("income and balance"),
        "{altered:?}"
    );
    assert_eq!(finding(&pipeline, "pipeline.source").subject, Subject::Source("bureau".to_owned()));
    assert!(signal(&pipeline, "pipeline.source") > 0.9);
}

#[test]
fn missing_values_that_become_a_number_are_recognised_by_their_part_of_the_rows() {
    let examined = |value: f64| {
        examined(|rows, onset| {
            for (at, x) in rows.numbers("income").iter_mut().enumerate() {
                if at % 4 == 0 {
                    *x = if at < onset { f64::NAN } else { value };
                }
            }
        })
    };
    for value in [-1.0, 0.0] {
        let pipeline = examined(value);
        let found = finding(&pipeline, "pipeline.filled:income");
        assert_eq!(found.verdict, Verdict::Alarm, "{found:?}");
        assert!((signal(&pipeline, "pipeline.filled") - 0.25).abs() < 0.02, "{value}");
    }
    // Missing values that simply stop say nothing of a value in their place.
    assert_eq!(signal(&examined(f64::NAN), "pipeline.filled"), 0.0);
}

#[test]
fn a_new_unit_is_out_of_range_and_no_sentinel() {
    let pipeline =
        examined(|rows, onset| rows.numbers("income")[onset..].iter_mut().for_each(|x| *x *= 100.0));
    assert_eq!(finding(&pipeline, "pipeline.range:income").verdict, Verdict::Alarm);
    assert_eq!(signal(&pipeline, "pipeline.sentinel"), 0.0);
    assert!(signal(&pipeline, "pipeline.outside") > 0.9);
}

#[test]
fn one_value_for_everybody_is_constant() {
    let pipeline = examined(|rows, onset| rows.numbers("age")[onset..].fill(40.0));
    assert_eq!(finding(&pipeline, "pipeline.constant:age").verdict, Verdict::Alarm);
    assert!(signal(&pipeline, "pipeline.mode_jump") > 0.9);
    assert_eq!(pipeline.columns[3].mode.as_ref().unwrap().0, "40");
}

#[test]
fn another_spelling_is_told_from_new_levels() {
    let pipeline = examined(|rows, onset| {
        rows.texts("region")[onset..]
            .iter_mut()
            .filter(|t| *t == "north")
            .for_each(|t| *t = "NORTH ".to_owned());
    });
    let spelling = finding(&pipeline, "pipeline.spelling:region");
    assert!(spelling.message.contains("\"NORTH \" for \"north\""), "{}", spelling.message);
    assert!(signal(&pipeline, "pipeline.spelling") > 0.3);
    let pipeline = examined(|rows, onset| {
        rows.texts("region")[onset..].iter_mut().step_by(50).for_each(|t| *t = "overseas".to_owned());
    });
    assert!(finding(&pipeline, "pipeline.unseen:region").flagged());
    assert_eq!(signal(&pipeline, "pipeline.spelling"), 0.0);
    assert!((signal(&pipeline, "pipeline.unseen") - 0.02).abs() < 0.002);
}

#[test]
fn a_long_tail_brings_unseen_levels_by_chance() {
    let with_tail = |count: usize, seed: u64, new: usize| {
        let mut rows = Rows::healthy(count, seed);
        let mut generator = crate::stats::random::rng(seed + 100);
        let mut draw = || 5000.0_f64.powf(crate::stats::random::unit(&mut generator)) as usize;
        let texts = (0..count).map(|r| if r % 100 < new { format!("n{r}") } else { format!("m{}", draw()) });
        rows.columns.push(("merchant", Values::Texts(texts.collect())));
        rows
    };
    let dossier = synthetic::dossier(&with_tail(8000, 1, 0), &with_tail(8000, 2, 0));
    let pipeline = examine(&dossier, &synthetic::framing(&dossier, None));
    assert_eq!(flagged(&pipeline), Vec::<&str>::new());
    let dossier = synthetic::dossier(&with_tail(8000, 1, 0), &with_tail(8000, 2, 20));
    let pipeline = examine(&dossier, &synthetic::framing(&dossier, None));
    assert_eq!(finding(&pipeline, "pipeline.unseen:merchant").verdict, Verdict::Alarm);
}

#[test]
fn swapped_columns_are_found_and_a_shift_is_none() {
    let pipeline = examined(|rows, onset| {
        let (balance, limit) = (rows.numbers("balance").clone(), rows.numbers("limit").clone());
        rows.numbers("balance")[onset..].copy_from_slice(&limit[onset..]);
        rows.numbers("limit")[onset..].copy_from_slice(&balance[onset..]);
    });
    assert_eq!(finding(&pipeline, "pipeline.swap").verdict, Verdict::Alarm);
    assert!(signal(&pipeline, "pipeline.swap") > 0.8);
    let pipeline = examined(|rows, onset| {
        rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x += 60.0);
        rows.numbers("limit")[onset..].iter_mut().for_each(|x| *x += 60.0);
    });
    assert!(signal(&pipeline, "pipeline.swap") < 0.5);
}

#[test]
fn a_column_filled_from_another_is_found() {
    let pipeline = examined(|rows, onset| {
        let limit = rows.numbers("limit").clone();
        rows.numbers("balance")[onset..].copy_from_slice(&limit[onset..]);
    });
    assert_eq!(finding(&pipeline, "pipeline.copy:balance").verdict, Verdict::Alarm);
    assert_eq!(signal(&pipeline, "pipeline.swap"), 0.0);
}

#[test]
fn repeated_ids_are_a_replay() {
    let pipeline =
        examined(|rows, onset| (onset..rows.count).step_by(5).for_each(|r| rows.id[r] = rows.id[r - 1]));
    assert_eq!(finding(&pipeline, "pipeline.duplicates").verdict, Verdict::Alarm);
    assert!((signal(&pipeline, "pipeline.duplicates") - 0.2).abs() < 0.01);
    assert_eq!(pipeline.duplicates[3], Some(0.0));
}

#[test]
fn fractions_among_whole_numbers_are_told() {
    let pipeline = examined(|rows, onset| rows.numbers("age")[onset..].iter_mut().for_each(|x| *x /= 12.0));
    assert!(finding(&pipeline, "pipeline.fractions:age").flagged());
    assert!(signal(&pipeline, "pipeline.fractions") > 0.4);
}

#[test]
fn an_event_before_the_onset_is_matched_with_its_kind() {
    let (mut dossier, framing) = with_fault(|_, _| {});
    let onset = framing.onset.unwrap().at;
    let event = |minutes: i64, kind: &str, title: &str| Event {
        at: onset - minutes * 60_000_000,
        kind: kind.to_owned(),
        title: title.to_owned(),
    };
    dossier.events =
        vec![event(9000, "infra", "load test"), event(41, "deploy", "feature-store 4.2 unifies ratios")];
    let pipeline = examine(&dossier, &framing);
    let message = &finding(&pipeline, "pipeline.events").message;
    assert_eq!(message, "deploy \"feature-store 4.2 unifies ratios\" came 41 min before the onset.");
    assert!(signal(&pipeline, "events.data") > 3.0);
    assert_eq!(signal(&pipeline, "events.serving"), 0.0);
    dossier.events.clear();
    let pipeline = examine(&dossier, &framing);
    assert!(pipeline.observations.signals.iter().all(|s| s.key.group != Group::Events));
}

#[test]
fn few_rows_and_no_rows_are_no_panic() {
    for count in [0, 1, 60] {
        let dossier = synthetic::dossier(&Rows::healthy(300, 1), &Rows::healthy(count, 2));
        let pipeline = examine(&dossier, &synthetic::framing(&dossier, None));
        assert!(matches!(finding(&pipeline, "pipeline.nulls").verdict, Verdict::NotApplicable(_)));
        let drift = crate::autopsy::exam::drift::examine(&ExamContext::new(
            &dossier,
            &synthetic::framing(&dossier, None),
        ))
        .0;
        assert_eq!(drift.features.len(), 5);
    }
    let dossier = synthetic::dossier(&Rows::healthy(0, 1), &Rows::healthy(500, 2));
    let framing = synthetic::framing(&dossier, None);
    assert_eq!(examine(&dossier, &framing).columns.len(), 5);
    assert_eq!(
        crate::autopsy::exam::drift::examine(&ExamContext::new(&dossier, &framing)).0.features.len(),
        5
    );
}

#[test]
fn what_the_contract_says_of_values_is_held_against_the_log() {
    let (mut dossier, framing) = with_fault(|rows, onset| {
        rows.numbers("age")[onset..].iter_mut().step_by(4).for_each(|age| *age = f64::NAN);
        rows.texts("region")[onset..].iter_mut().step_by(5).for_each(|region| *region = "nowhere".to_owned());
    });
    let region = dossier.plan.features.iter().find(|feature| feature.name == "region").expect("a feature");
    let known = region.levels[..region.known_levels].to_vec();
    let required = Bounds { required: true, ..Bounds::default() };
    dossier.bounds.insert("age".to_owned(), required.clone());
    dossier.bounds.insert("income".to_owned(), required);
    dossier.bounds.insert("region".to_owned(), Bounds { levels: known, ..Bounds::default() });
    let pipeline = examine(&dossier, &framing);
    let missing = finding(&pipeline, "pipeline.nulls:age bounds");
    assert_eq!(missing.verdict, Verdict::Alarm, "{}", missing.message);
    assert!((missing.value.expect("a share") - 0.25).abs() < 0.01, "{}", missing.message);
    assert_eq!(finding(&pipeline, "pipeline.nulls:income bounds").verdict, Verdict::Clear);
    let levels = finding(&pipeline, "pipeline.unseen:region bounds");
    assert!(levels.message.contains("\"nowhere\"") && (levels.value.expect("a share") - 0.2).abs() < 0.01);
}
