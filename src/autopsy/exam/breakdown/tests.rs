use crate::{
    autopsy::{
        Dossier, Finding, Framing, Verdict,
        exam::{context::ExamContext, synthetic},
    },
    stats::random::{rng, unit},
    summary::Column,
};

use super::{of_answers, of_inputs};

/// A case whose rows since the onset were altered.
fn case() -> (Dossier, Framing) {
    synthetic::with_fault(|_, _| ())
}

/// Adds a column of texts to a table, by row.
fn add(dossier: &mut Dossier, name: &str, texts: &[&str], of: impl Fn(usize) -> u32) {
    let sample = &mut dossier.production.sample;
    let codes = Column::Categorical((0..sample.rows).map(of).collect());
    sample.extra.push((name.to_owned(), codes, texts.iter().map(|text| (*text).to_owned()).collect()));
}

fn only(findings: Vec<Finding>) -> Finding {
    let [finding] = <[Finding; 1]>::try_from(findings).expect("one finding");
    finding
}

#[test]
fn nothing_is_measured_where_the_contract_names_nothing() {
    let (dossier, framing) = case();
    let context = ExamContext::new(&dossier, &framing);
    assert!(of_answers(&context).findings.is_empty() && of_inputs(&context).findings.is_empty());
}

#[test]
fn a_group_that_is_no_longer_chosen_alarms() {
    let (mut dossier, framing) = case();
    let first = framing.after[0];
    add(&mut dossier, "sex", &["f", "m"], |row| (row % 2) as u32);
    dossier.breakdown.groups = vec!["sex".to_owned()];
    let before = only(of_answers(&ExamContext::new(&dossier, &framing)).findings);
    assert_eq!(before.verdict, Verdict::Clear, "{}", before.message);
    let sample = &mut dossier.production.sample;
    for row in (first..sample.rows).filter(|row| row % 2 == 0) {
        sample.prediction[row] = 0.0;
        sample.score[row] = 0.1;
    }
    let since = only(of_answers(&ExamContext::new(&dossier, &framing)).findings);
    assert_eq!(since.verdict, Verdict::Alarm, "{}", since.message);
    assert!(
        since.message.contains("sex breaks the four-fifths rule: f is chosen 0.000 times"),
        "{}",
        since.message
    );
}

#[test]
fn a_version_that_answers_worse_beside_the_other_alarms_and_a_switch_at_the_onset_is_watched() {
    let (mut dossier, framing) = case();
    let mut generator = rng(3);
    let rows = dossier.production.sample.rows;
    let newer: Vec<bool> = (0..rows).map(|_| unit(&mut generator) < 0.5).collect();
    add(&mut dossier, "model", &["1", "2"], |row| u32::from(newer[row]));
    dossier.breakdown.version = Some("model".to_owned());
    let alike = only(of_answers(&ExamContext::new(&dossier, &framing)).findings);
    assert_eq!(alike.verdict, Verdict::Clear, "{}", alike.message);
    assert!(alike.message.contains("side by side"), "{}", alike.message);
    let sample = &mut dossier.production.sample;
    for row in (0..rows).filter(|&row| newer[row] && row % 3 == 0) {
        sample.label[row] = f64::from(u8::from(sample.score[row] < 0.5));
    }
    let worse = only(of_answers(&ExamContext::new(&dossier, &framing)).findings);
    assert_eq!(worse.verdict, Verdict::Alarm, "{}", worse.message);
    assert!(worse.value.is_some_and(|loss| loss > 0.0), "{worse:?}");

    let (mut dossier, framing) = case();
    let first = framing.after[0];
    add(&mut dossier, "model", &["1", "2"], |row| u32::from(row >= first));
    dossier.breakdown.version = Some("model".to_owned());
    let switch = only(of_answers(&ExamContext::new(&dossier, &framing)).findings);
    assert_eq!(switch.verdict, Verdict::Watch, "{}", switch.message);
    assert!(switch.message.contains("a switch to 2 at"), "{}", switch.message);
}

#[test]
fn terms_that_training_does_not_hold_alarm() {
    let (mut dossier, framing) = case();
    let first = framing.after[0];
    let texts = ["cheap loan", "house loan", "quixloan now"];
    let known = Column::Categorical((0..dossier.training.sample.rows).map(|row| (row % 2) as u32).collect());
    let levels = texts.map(String::from).to_vec();
    dossier.training.sample.extra.push(("query".to_owned(), known, levels));
    add(&mut dossier, "query", &texts, |row| if row >= first && row % 4 == 0 { 2 } else { (row % 2) as u32 });
    dossier.breakdown.text = vec!["query".to_owned()];
    let finding = only(of_inputs(&ExamContext::new(&dossier, &framing)).findings);
    assert_eq!(finding.verdict, Verdict::Alarm, "{}", finding.message);
    // A quarter of the texts is of two unknown terms.
    assert!(finding.value.is_some_and(|share| (share - 0.25).abs() < 0.01), "{finding:?}");
    assert!(
        finding.message.contains("now (") && finding.message.contains("quixloan ("),
        "{}",
        finding.message
    );
}
