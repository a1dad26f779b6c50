use super::*;
use crate::autopsy::{
    Verdict,
    exam::synthetic::{Examined, Rows, with_fault},
};

fn observations(inject: impl FnOnce(&mut Rows, usize)) -> (Examined<Support>, Dossier) {
    let (dossier, framing) = with_fault(inject);
    (examine(&ExamContext::new(&dossier, &framing)).into(), dossier)
}

fn signal(support: &Examined<Support>, key: &str) -> Option<f64> {
    support.observations.signals.iter().find(|s| s.key == key).map(|s| s.value)
}

#[test]
fn a_sound_case_lies_inside() {
    let (support, _) = observations(|_, _| {});
    assert!(signal(&support, "support.outside_rise").unwrap().abs() < 0.008, "{:?}", support.outside);
    assert!(support.unseen.is_empty());
    assert!(
        support.observations.findings.iter().all(|f| f.verdict == Verdict::Clear),
        "{:?}",
        support.observations.findings
    );
}

#[test]
fn new_users_whose_rows_carry_the_loss_are_seen() {
    let (support, dossier) = observations(|rows, onset| {
        for row in (onset..rows.count).step_by(4) {
            rows.texts("region")[row] = "overseas".to_owned();
            rows.label[row] = 1.0 - rows.label[row];
        }
    });
    assert!((signal(&support, "support.unseen_rise").unwrap() - 0.25).abs() < 0.01);
    assert!(signal(&support, "support.loss_share").unwrap() > 0.8);
    assert!(signal(&support, "support.inside_z").unwrap() < 3.0);
    assert_eq!(signal(&support, "support.one_value"), Some(1.0), "one new level");
    let level = &support.unseen[0];
    assert_eq!((dossier.feature_name(level.feature), level.level.as_str()), ("region", "overseas"));
    assert!(support.performance.1.accuracy < support.performance.0.accuracy);
    assert_eq!(support.exemplars.len(), EXEMPLARS);
    assert!(support.exemplars.iter().any(|e| e.values.iter().any(|(_, text)| text == "overseas")));
}

#[test]
fn a_model_that_fails_everywhere_is_not_blamed_on_support() {
    let (support, _) = observations(|rows, onset| rows.label[onset..].iter_mut().for_each(|y| *y = 1.0 - *y));
    assert!(signal(&support, "support.loss_share").unwrap_or(0.0) < 0.05);
    assert!(signal(&support, "support.inside_z").unwrap() > 10.0);
    assert!((signal(&support, "support.inside_share").unwrap() - 1.0).abs() < 0.1);
}

#[test]
fn values_of_another_unit_are_out_of_range_and_varied() {
    let (support, dossier) = observations(|rows, onset| {
        rows.numbers("income")[onset..].iter_mut().for_each(|v| *v *= 100.0);
    });
    assert!(signal(&support, "support.range_rise").unwrap() > 0.9);
    assert!(signal(&support, "support.one_value").unwrap() < 0.05);
    let first = support.observations.signals.iter().find(|s| s.key == "support.outside_rise").unwrap();
    assert_eq!(dossier.feature_name(first.features[0]), "income");
    let course: Vec<f64> = support.course.iter().flatten().copied().collect();
    assert!(course[0] < 0.05 && *course.last().unwrap() > 0.9, "{course:?}");
}
