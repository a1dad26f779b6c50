//! Gains of repairs, of a return to the launch model and of a service under less load, on cases with known
//! gains.

use super::*;
use crate::autopsy::exam::{
    integrity::RepairSample,
    synthetic::{Rows, with_fault},
};

/// Sets the model's predictions of [`Rows::healthy`] for the current inputs.
fn answer(rows: &mut Rows, from: usize) {
    let (income, balance) = (rows.numbers("income").clone(), rows.numbers("balance").clone());
    for row in from..rows.count {
        rows.score[row] = 1.0 / (1.0 + (1.0 - (income[row].ln() - 8.0) - balance[row] / 100.0).exp());
    }
}

fn scale(rows: &mut Rows, onset: usize, by: f64) {
    rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x *= by);
    answer(rows, onset);
}

fn scaled(table: &Table, by: f64) -> Table {
    let mut table = table.clone();
    if let Column::Numeric { values, .. } = &mut table.features[1] {
        values.iter_mut().for_each(|x| *x *= by);
    }
    table
}

fn yardstick(dossier: &Dossier, framing: &Framing) -> Yardstick {
    let launch = Launch::learn(dossier, framing).map(Arc::new);
    Yardstick::of_repairs(dossier, framing, None, None, launch.as_ref()).expect("answers are plenty")
}

#[test]
fn undoing_the_whole_fault_wins_the_whole_loss_back() {
    for by in [100.0, 0.01] {
        let (dossier, framing) = with_fault(|rows, onset| scale(rows, onset, by));
        let yardstick = yardstick(&dossier, &framing);
        let sample = RepairSample::since_onset(&dossier, &framing).expect("labels are plenty");
        let share = |mended: &Table| {
            let (gain, changed) = sample.mended(&dossier, &yardstick, mended, None)?;
            assert!(gain.error > 0.0 && changed.before.len() == sample.rows.len());
            gain.share.ok_or("the loss is significant".to_owned())
        };
        let right = share(&scaled(&sample.served, 1.0 / by)).unwrap();
        assert!((0.93..1.07).contains(&right), "× {by}: {right}");
        let none = share(&sample.served).unwrap_err();
        assert!(none.contains("none of these rows"), "{none}");
        // Repairing half of the rows wins about half of the gain, and the other rows contribute nothing.
        let mut half = sample.served.clone();
        let whole = scaled(&sample.served, 1.0 / by);
        if let (Column::Numeric { values, .. }, Some(mended)) =
            (&mut half.features[1], whole.features[1].numbers())
        {
            values.iter_mut().zip(mended).step_by(2).for_each(|(x, back)| *x = *back);
        }
        let part = share(&half);
        assert!(part.as_ref().map_or(true, |part| (0.4..0.6).contains(part)), "{part:?}");
    }
}

#[test]
fn rows_beyond_what_was_learnt_give_no_number() {
    let (dossier, framing) = with_fault(|rows, onset| scale(rows, onset, 0.01));
    let yardstick = yardstick(&dossier, &framing);
    let sample = RepairSample::since_onset(&dossier, &framing).unwrap();
    let far = scaled(&sample.served, 1e5);
    let why = sample.mended(&dossier, &yardstick, &far, None).unwrap_err();
    assert!(why.contains("no training data"), "{why}");
}

#[test]
fn a_repair_of_some_rows_does_not_win_back_what_another_model_lost() {
    let (dossier, framing) = with_fault(|rows, onset| {
        let count = rows.count;
        rows.score[onset..count].iter_mut().for_each(|s| *s = 1.0 - *s);
    });
    let yardstick = yardstick(&dossier, &framing);
    let sample = RepairSample::since_onset(&dossier, &framing).unwrap();
    let mut some = sample.served.clone();
    if let Column::Numeric { values, .. } = &mut some.features[1] {
        values.iter_mut().step_by(5).for_each(|x| *x = 0.0);
    }
    let why = sample.mended(&dossier, &yardstick, &some, None).unwrap_err();
    assert!(why.contains("answers changed"), "{why}");
}

#[test]
fn a_version_is_needed_to_roll_back_to() {
    let (mut dossier, framing) = with_fault(|rows, onset| {
        let count = rows.count;
        rows.score[onset..count].iter_mut().for_each(|s| *s = 1.0 - *s);
    });
    let launch = Launch::learn(&dossier, &framing).map(Arc::new);
    let none = Yardstick::of_roll_back(&dossier, launch.as_ref()).unwrap_err();
    assert!(none.contains("none to roll back to"), "{none}");
    let at = framing.onset.unwrap().at;
    dossier.events.push(crate::case::Event { at, kind: "deploy".into(), title: "model v2".into() });
    let back = Yardstick::of_roll_back(&dossier, launch.as_ref()).unwrap();
    let sample = RepairSample::since_onset(&dossier, &framing).unwrap();
    let all = vec![true; sample.rows.len()];
    let changed = back.answered_anew(&dossier, &sample.served, &all, None).unwrap();
    let share = sample.measured(&changed).unwrap().share.unwrap();
    assert!((0.93..1.07).contains(&share), "{share}");
}

#[test]
fn without_late_rows_there_is_nothing_to_relieve() {
    let (dossier, framing) = with_fault(|_, _| ());
    let sample = RepairSample::since_onset(&dossier, &framing).unwrap();
    let why = yardstick(&dossier, &framing).ill_served(&dossier, &framing, &sample.served).unwrap_err();
    assert!(why.contains("no more rows than usual"), "{why}");
    let (dossier, framing) = with_fault(|rows, onset| {
        for row in (onset..rows.count).step_by(4) {
            rows.latency[row] *= 50.0;
            rows.score[row] = 0.97;
        }
    });
    let sample = RepairSample::since_onset(&dossier, &framing).unwrap();
    let yardstick = yardstick(&dossier, &framing);
    let ill = yardstick.ill_served(&dossier, &framing, &sample.served).unwrap();
    let changed = yardstick.answered_anew(&dossier, &sample.served, &ill, None).unwrap();
    let share = sample.measured(&changed).unwrap().share.unwrap();
    assert!((0.9..1.1).contains(&share), "{share}");
}

#[test]
fn a_repair_of_inputs_leaves_late_rows_as_the_service_answered_them() {
    let (dossier, framing) = with_fault(|rows, onset| {
        scale(rows, onset, 0.01);
        for row in (onset..rows.count).step_by(3) {
            rows.latency[row] *= 50.0;
            rows.score[row] = 0.97;
        }
    });
    let sample = RepairSample::since_onset(&dossier, &framing).unwrap();
    let yardstick = yardstick(&dossier, &framing);
    assert!(yardstick.in_time().is_some());
    let mended = scaled(&sample.served, 100.0);
    let (gain, changed) = sample.mended(&dossier, &yardstick, &mended, None).unwrap();
    let is_late = |row: usize| sample.served.score[row] == 0.97;
    assert!((0..sample.rows.len()).all(|row| !is_late(row) || changed.before[row] == changed.after[row]));
    let inputs = gain.share.unwrap();
    // The service alone: what the model answers to the inputs as they are served now.
    let ill = yardstick.ill_served(&dossier, &framing, &sample.served).unwrap();
    let anew = yardstick.answered_anew(&dossier, &sample.served, &ill, None).unwrap();
    let service = sample.measured(&anew).unwrap().share.unwrap();
    assert!(inputs > 0.04 && service > 0.5 && inputs + service < 1.1, "{inputs} and {service}");
}
