use super::*;
use crate::autopsy::{
    Finding, Framing, Verdict,
    exam::synthetic::{self, Examined, Rows, Values, with_fault},
};

fn examine(dossier: &Dossier, framing: &Framing) -> Examined<Drift> {
    super::examine(&ExamContext::new(dossier, framing)).into()
}

fn finding<'a>(drift: &'a Examined<Drift>, id: &str) -> &'a Finding {
    drift
        .observations
        .findings
        .iter()
        .find(|f| f.id == id)
        .unwrap_or_else(|| panic!("{id} is among {:#?}", drift.observations.findings))
}

fn signal(drift: &Examined<Drift>, key: &str) -> f64 {
    drift
        .observations
        .signals
        .iter()
        .find(|s| s.key == key)
        .unwrap_or_else(|| panic!("no signal {key}"))
        .value
}

#[test]
fn two_samples_of_one_population_are_quiet_at_any_size() {
    for (training, production) in [(500, 500), (4000, 60_000)] {
        let dossier = synthetic::dossier(&Rows::healthy(training, 1), &Rows::healthy(production, 2));
        let drift = examine(&dossier, &synthetic::framing(&dossier, None));
        assert!(drift.features.iter().all(|row| row.level == 0), "{production} rows");
        assert!(drift.features.iter().all(|row| row.levels.iter().all(|&l| l == 0)), "{production} rows");
        assert_eq!(finding(&drift, "drift.psi").verdict, Verdict::Clear);
        assert_eq!(finding(&drift, "drift.labels").verdict, Verdict::Clear);
        assert_eq!(signal(&drift, "drift.moved_count"), 0.0);
    }
}

#[test]
fn few_rows_say_so_instead_of_drift() {
    let dossier = synthetic::dossier(&Rows::healthy(4000, 1), &Rows::healthy(60, 2));
    let drift = examine(&dossier, &synthetic::framing(&dossier, None));
    assert!(matches!(finding(&drift, "drift.psi").verdict, Verdict::NotApplicable(_)));
    assert!(drift.observations.signals.is_empty());
}

#[test]
fn a_moved_feature_is_told_from_the_onset_on() {
    let (dossier, framing) =
        with_fault(|rows, onset| rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x += 150.0));
    let drift = examine(&dossier, &framing);
    let row = &drift.features[1];
    assert_eq!(row.level, 2);
    assert!(row.psi_since_onset.unwrap() > 1.0 && row.psi_before.unwrap() < 0.02, "{row:?}");
    assert!((row.distances.wasserstein.unwrap() - 1.5).abs() < 0.1, "{:?}", row.distances);
    assert_eq!(drift.rows.len(), 28);
    assert!(row.levels[..14].iter().all(|&l| l == 0) && row.levels[14..].iter().all(|&l| l == 2));
    assert_eq!(drift.moved(0.1), [1]);
    assert_eq!(finding(&drift, "drift.psi:balance").verdict, Verdict::Alarm);
    assert!((signal(&drift, "drift.moved_count") - 2.0_f64.ln()).abs() < 1e-12);
    assert!(signal(&drift, "drift.concentration") > 0.95);
    assert!(signal(&drift, "drift.gradual") < 0.1);
}

#[test]
fn day_one_drift_is_not_blamed_on_the_onset() {
    let (dossier, framing) =
        with_fault(|rows, _| rows.numbers("balance").iter_mut().for_each(|x| *x += 150.0));
    let drift = examine(&dossier, &framing);
    assert_eq!(drift.features[1].level, 2);
    assert!(drift.features[1].psi_since_onset.unwrap() < 0.02);
    assert!(drift.moved(0.1).is_empty());
    assert!(signal(&drift, "drift.day_one_psi") > 1.0);
    assert!(signal(&drift, "drift.max_psi") < 0.02);
}

#[test]
fn one_outlier_moves_neither_psi_nor_ks() {
    let psi = |outlier: bool| {
        let (dossier, framing) = with_fault(|rows, onset| {
            if outlier {
                rows.numbers("income")[onset + 7] = 1e6 * 1e6;
            }
        });
        let distances = examine(&dossier, &framing).features[0].distances.clone();
        (distances.psi.unwrap(), distances.ks.unwrap())
    };
    let (with, without) = (psi(true), psi(false));
    assert!((with.0 - without.0).abs() < 0.01, "{with:?} {without:?}");
    assert!((with.1 - without.1).abs() < 0.01, "{with:?} {without:?}");
}

#[test]
fn an_empty_column_is_a_row_like_any_other() {
    let (dossier, framing) = with_fault(|rows, onset| rows.numbers("income")[onset..].fill(f64::NAN));
    let drift = examine(&dossier, &framing);
    assert_eq!(drift.features[0].level, 2);
    assert_eq!(drift.features[0].distances.missing.1, 1.0);
    assert_eq!(drift.features[0].missing[20], Some(1.0));
    let (dossier, framing) = with_fault(|rows, _| rows.column("income").1 = Values::Gone);
    let drift = examine(&dossier, &framing);
    assert_eq!(drift.features[0].distances.missing.1, 1.0);
    assert_eq!(drift.features[0].level, 2);
}

#[test]
fn half_missing_is_drift_though_the_values_are_the_same() {
    let (dossier, framing) = with_fault(|rows, onset| {
        rows.numbers("limit")[onset..].iter_mut().step_by(2).for_each(|x| *x = f64::NAN);
    });
    let drift = examine(&dossier, &framing);
    assert_eq!(drift.features[2].level, 2);
    assert!(drift.features[2].distances.ks.unwrap() < 0.05);
}

#[test]
fn thousands_of_rare_levels_are_quiet() {
    let with_levels = |count: usize, seed: u64| {
        let mut rows = Rows::healthy(count, seed);
        let mut generator = crate::stats::random::rng(seed + 100);
        let draw = (0..count).map(|_| (5000.0_f64.powf(crate::stats::random::unit(&mut generator))) as usize);
        rows.columns.push(("merchant", Values::Texts(draw.map(|l| format!("m{l}")).collect())));
        rows
    };
    let dossier = synthetic::dossier(&with_levels(8000, 1), &with_levels(8000, 2));
    let drift = examine(&dossier, &synthetic::framing(&dossier, None));
    assert_eq!(drift.features[5].level, 0, "{:?}", drift.features[5].distances);
    assert!(drift.features[5].distances.cramers_v.unwrap() < 0.05);
}

#[test]
fn a_big_point_mass_is_quiet_when_it_stays() {
    let with_mass = |count: usize, seed: u64| {
        let mut rows = Rows::healthy(count, seed);
        rows.numbers("limit").iter_mut().enumerate().filter(|(i, _)| i % 10 < 7).for_each(|(_, x)| *x = -1.0);
        rows
    };
    let dossier = synthetic::dossier(&with_mass(4000, 1), &with_mass(8000, 2));
    let drift = examine(&dossier, &synthetic::framing(&dossier, None));
    assert_eq!(drift.features[2].level, 0, "{:?}", drift.features[2].distances);
}

#[test]
fn one_answer_for_everybody_is_a_finding() {
    let (dossier, framing) = with_fault(|rows, onset| rows.score[onset..].fill(0.25));
    let drift = examine(&dossier, &framing);
    assert_eq!(finding(&drift, "drift.answers_mode").verdict, Verdict::Alarm);
    assert_eq!(finding(&drift, "drift.answers").verdict, Verdict::Alarm);
    assert!(signal(&drift, "drift.answers_mode") > 0.9);
}

#[test]
fn lower_answers_are_told_with_their_size() {
    let (dossier, framing) = with_fault(|rows, onset| rows.score[onset..].iter_mut().for_each(|s| *s *= 0.5));
    let drift = examine(&dossier, &framing);
    let mean = finding(&drift, "drift.answers_mean");
    assert_eq!(mean.verdict, Verdict::Alarm);
    assert!((mean.value.unwrap() + 0.5).abs() < 0.05, "{mean:?}");
    assert!(signal(&drift, "drift.answers_mean") < -0.3);
}

#[test]
fn a_change_of_the_outcome_is_told_from_its_labels() {
    let (dossier, framing) = with_fault(|rows, onset| {
        rows.label[onset..].iter_mut().step_by(3).for_each(|y| *y = 1.0);
        rows.label[..onset].iter_mut().step_by(2).for_each(|y| *y = f64::NAN);
    });
    let drift = examine(&dossier, &framing);
    assert!(signal(&drift, "drift.labels_psi") > 0.1);
    assert!(finding(&drift, "drift.labels").flagged());
}

#[test]
fn other_windows_show_the_same_distances() {
    let (dossier, framing) =
        with_fault(|rows, onset| rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x += 80.0));
    let day = examine(&dossier, &framing);
    let (week, _) = at_width(&ExamContext::new(&dossier, &framing), Width::Week);
    assert_eq!(week.rows.len(), 4);
    assert_eq!(week.rows.iter().sum::<u64>(), day.rows.iter().sum::<u64>());
    assert_eq!(week.features[1].distances, day.features[1].distances);
    assert_eq!(widths(&dossier), Width::ALL);
}

#[test]
fn a_course_that_follows_the_loss_is_found() {
    let (dossier, framing) =
        with_fault(|rows, onset| rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x += 150.0));
    let mut drift = examine(&dossier, &framing);
    let loss: Vec<Option<f64>> = (0..28).map(|w| Some(if w < 14 { 0.0 } else { 0.1 })).collect();
    drift.view.follow(&loss);
    assert!(drift.features[1].follows_loss.unwrap() > 0.7);
    assert!(drift.features[3].follows_loss.unwrap().abs() < 0.5);
}

#[test]
fn embeddings_are_judged_by_their_similarity() {
    let with_vectors = |count: usize, seed: u64, from: usize| {
        let mut rows = Rows::healthy(count, seed);
        let balance = rows.numbers("balance").clone();
        let vectors: Vec<f32> = (0..count)
            .flat_map(|r| {
                if r < from { [1.0, balance[r] as f32 / 200.0] } else { [-1.0, balance[r] as f32 / 200.0] }
            })
            .collect();
        rows.columns.push(("text", Values::Vectors(2, vectors)));
        rows
    };
    let dossier = synthetic::dossier(&with_vectors(4000, 1, 4000), &with_vectors(8000, 2, 4000));
    let framing = synthetic::framing(&dossier, Some(14));
    let drift = examine(&dossier, &framing);
    assert_eq!(drift.features[5].level, 2);
    assert!(drift.features[5].psi_before.unwrap() < 0.05);
    let histogram = crate::autopsy::view::histogram::histogram(
        &dossier,
        &crate::autopsy::view::Ascending::of(&dossier, &framing, 5),
        crate::autopsy::view::Period::After,
        crate::autopsy::view::histogram::Axis::Linear,
        16,
    );
    assert!(histogram.unwrap().outside.0 > 0.95);
}
