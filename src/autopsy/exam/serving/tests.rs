use std::sync::Arc;

use super::*;
use crate::{
    autopsy::exam::{
        rescorer::Rescorer,
        synthetic::{Rows, with_fault},
    },
    model::surrogate::Surrogate,
};

fn examined(inject: impl FnOnce(&mut Rows, usize)) -> Observations {
    let (dossier, framing) = with_fault(inject);
    examine(&ExamContext::new(&dossier, &framing)).1
}

fn signal(observations: &Observations, key: &str) -> Option<f64> {
    observations.signals.iter().find(|s| s.key == key).map(|s| s.value)
}

fn verdict<'a>(observations: &'a Observations, id: &str) -> &'a Verdict {
    &observations
        .findings
        .iter()
        .find(|f| f.id == id)
        .unwrap_or_else(|| panic!("{id} is not among {:#?}", observations.findings))
        .verdict
}

#[test]
fn a_sound_service_is_clear() {
    let observations = examined(|_, _| {});
    assert!(observations.findings.iter().all(|f| !f.flagged()), "{:#?}", observations.findings);
    assert!(signal(&observations, "serving.latency_link").unwrap() < 0.05);
    assert!(signal(&observations, "serving.answer_spike").unwrap() < 0.01);
    assert_eq!(signal(&observations, "serving.loss_in_odd"), None, "nothing was lost");
    assert!(matches!(verdict(&observations, "serving.cpu"), Verdict::NotApplicable(_)));
}

#[test]
fn timeouts_with_a_default_answer_are_linked_with_the_slow_rows() {
    let observations = examined(|rows, onset| {
        for r in (onset..rows.count).step_by(4) {
            rows.score[r] = 0.9;
            rows.label[r] = 0.0;
            rows.latency[r] = 2000.0;
        }
    });
    assert_eq!(*verdict(&observations, "serving.latency_link"), Verdict::Alarm);
    assert!(signal(&observations, "serving.latency_link").unwrap() > 0.3);
    assert!(signal(&observations, "serving.link_excess").unwrap() > 0.4);
    assert!(signal(&observations, "serving.loss_in_odd").unwrap() > 0.6);
    assert!(signal(&observations, "serving.spike_loss").unwrap() > 0.6);
    assert!((signal(&observations, "serving.answer_spike").unwrap() - 0.25).abs() < 0.02);
    assert_eq!(*verdict(&observations, "serving.latency"), Verdict::Alarm);
}

#[test]
fn cached_answers_are_fast_and_wrong() {
    let observations = examined(|rows, onset| {
        for r in (onset..rows.count).step_by(3) {
            rows.score[r] = 1.0 - rows.score[r - 50];
            rows.label[r] = f64::from(rows.score[r] < 0.5);
            rows.latency[r] = 0.5;
        }
    });
    assert!(signal(&observations, "serving.loss_in_odd").unwrap() > 0.5);
    let link = observations.findings.iter().find(|f| f.id == "serving.latency_link").unwrap();
    assert!(link.message.contains("lower answer time"), "{}", link.message);
}

#[test]
fn slow_but_right_is_no_link() {
    let observations = examined(|rows, onset| rows.latency[onset..].iter_mut().for_each(|ms| *ms *= 5.0));
    assert_eq!(*verdict(&observations, "serving.latency"), Verdict::Alarm);
    assert_eq!(*verdict(&observations, "serving.latency_link"), Verdict::Clear);
    assert!(signal(&observations, "serving.latency_p95").unwrap() > 1.3);
    assert_eq!(signal(&observations, "serving.loss_in_odd"), None);
}

#[test]
fn a_loss_elsewhere_is_not_the_service() {
    let observations =
        examined(|rows, onset| rows.label[onset..].iter_mut().step_by(3).for_each(|y| *y = 1.0 - *y));
    assert!(signal(&observations, "serving.loss_in_odd").unwrap().abs() < 0.1);
    assert!(signal(&observations, "serving.latency_link").unwrap() < 0.05);
    assert!(signal(&observations, "serving.hours").unwrap() < 0.02);
}

#[test]
fn errors_of_one_hour_are_seen() {
    let observations = examined(|rows, onset| {
        let per_day = rows.count / 28;
        for r in (onset..rows.count).filter(|r| r % per_day > per_day / 2 && r % per_day < 2 * per_day / 3) {
            rows.label[r] = f64::from(rows.score[r] < 0.5);
        }
    });
    assert!(signal(&observations, "serving.hours").unwrap() > 0.1);
}

#[test]
fn deciles_cover_the_labelled_rows() {
    let (dossier, framing) = with_fault(|_, _| {});
    let deciles = link::deciles(&dossier, &framing);
    assert_eq!(deciles.len(), 10);
    assert_eq!(deciles.iter().map(|d| d.rows).sum::<usize>(), framing.after.len());
    assert!(deciles.windows(2).all(|d| d[0].range.1 <= d[1].range.0));
}

#[test]
fn without_health_columns_nothing_is_claimed() {
    let observations = examined(|rows, _| rows.latency.clear());
    assert!(matches!(verdict(&observations, "serving.latency"), Verdict::NotApplicable(_)));
    assert!(matches!(verdict(&observations, "serving.latency_link"), Verdict::NotApplicable(_)));
    assert_eq!(signal(&observations, "serving.latency_link"), None);
    assert!(signal(&observations, "serving.answer_spike").is_some());
}

#[test]
fn answers_that_the_model_would_not_give_are_linked_with_their_time() {
    let link = |late: bool| {
        let (dossier, framing) = with_fault(|rows, onset| {
            for r in (onset..rows.count).step_by(5) {
                rows.score[r] = 0.99 - 0.9 * rows.score[r];
                rows.latency[r] *= if late { 20.0 } else { 1.0 };
            }
        });
        let surrogate = Surrogate::fit(&dossier.plan, &dossier.training.sample).ok().map(Arc::new);
        let model = Rescorer::choose(&dossier, surrogate.as_ref());
        assert!(model.is_some());
        let context = ExamContext { rescorer: model.as_ref(), ..ExamContext::new(&dossier, &framing) };
        signal(&unexpected_answers::examine(&context), "serving.strange_link").unwrap()
    };
    assert!(link(true) > 0.3);
    assert!(link(false) < 0.08);
    let (dossier, framing) = with_fault(|_, _| {});
    let observations = unexpected_answers::examine(&ExamContext::new(&dossier, &framing));
    assert!(observations.signals.is_empty() && !observations.findings.is_empty());
}
