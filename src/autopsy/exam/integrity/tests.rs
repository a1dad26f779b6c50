//! Faults injected into synthetic rows: what each test should detect, and what it should not.

use super::*;
use crate::{
    autopsy::{
        JoinedRows,
        exam::synthetic::{self, Examined, Rows},
        frame,
    },
    stats::random::{rng, shuffle, unit},
    summary::Table,
};

/// Rows whose `balance` and `region` depend on `income`.
fn related(count: usize, seed: u64) -> Rows {
    let mut rows = Rows::healthy(count, seed);
    let mut generator = rng(seed + 100);
    let wealth: Vec<f64> = rows.numbers("income").iter().map(|x| (x.ln() - 8.0) / 0.5).collect();
    let noise: Vec<f64> = wealth.iter().map(|_| unit(&mut generator) * 3.0 - 1.5).collect();
    *rows.numbers("balance") = wealth.iter().zip(&noise).map(|(w, e)| 100.0 * (0.8 * w + 0.6 * e)).collect();
    let names = ["a", "b", "c", "d"];
    *rows.texts("region") = wealth
        .iter()
        .zip(noise.iter().rev())
        .map(|(w, e)| names[((w + 0.7 * e) * 1.2 + 2.0).clamp(0.0, 3.0) as usize].to_owned())
        .collect();
    rows
}

fn with_fault(inject: impl FnOnce(&mut Rows, usize)) -> (Dossier, Framing) {
    let mut production = related(8000, 2);
    let onset = production.first_row(14);
    inject(&mut production, onset);
    let dossier = synthetic::dossier(&related(4000, 1), &production);
    let framing = synthetic::framing(&dossier, Some(14));
    (dossier, framing)
}

/// Without a model that could predict repaired rows.
fn examine(dossier: &Dossier, framing: &Framing) -> Examined<Integrity> {
    super::examine(&ExamContext::new(dossier, framing)).into()
}

fn signal(observations: &Observations, key: &str) -> f64 {
    observations.signals.iter().find(|s| s.key == key).map_or(f64::NAN, |s| s.value)
}

fn blamed(observations: &Observations, key: &str, dossier: &Dossier) -> Vec<String> {
    let signal = observations.signals.iter().find(|s| s.key == key);
    signal.map_or_else(Vec::new, |s| s.features.iter().map(|&j| dossier.feature_name(j).to_owned()).collect())
}

#[test]
fn a_unit_that_one_of_several_senders_changed_is_named() {
    let (dossier, framing) = with_fault(|rows, onset| {
        rows.numbers("income")[onset..].iter_mut().step_by(3).for_each(|x| *x *= 1000.0);
    });
    let observations = examine(&dossier, &framing).observations;
    assert!(signal(&observations, "map.part") < 0.1, "{:?}", observations.signals);
    assert_eq!(blamed(&observations, "map.part", &dossier), ["income"]);
    let finding = observations.findings.iter().find(|f| f.id == "integrity.part:income").unwrap();
    assert!(finding.message.contains("× 1000"), "{}", finding.message);
    assert!(finding.message.contains("33"), "the share is told: {}", finding.message);
}

/// Replaces `columns` of a share of the rows from the onset on by those of another such row.
fn crossed(rows: &mut Rows, onset: usize, share: f64, columns: &[&str]) {
    let mut generator = rng(41);
    let count = rows.numbers(columns[0]).len();
    let hit: Vec<usize> = (onset..count).filter(|_| unit(&mut generator) < share).collect();
    for column in columns {
        let values = rows.numbers(column);
        let taken: Vec<f64> = hit.iter().map(|&r| values[r]).collect();
        for (place, &row) in hit.iter().enumerate() {
            values[row] = taken[(place + 17) % taken.len()];
        }
    }
}

#[test]
fn a_source_from_another_row_breaks_its_pairs_with_the_others_alone() {
    let (dossier, framing) = with_fault(|rows, onset| crossed(rows, onset, 0.6, &["income", "balance"]));
    let observations = examine(&dossier, &framing).observations;
    let share = signal(&observations, "joint.source_share");
    assert!((0.45..0.75).contains(&share), "{share}");
    assert!(signal(&observations, "joint.source_within").abs() < 0.2, "{:?}", observations.signals);
    let message =
        &observations.findings.iter().find(|f| f.id == "integrity.sources_together").unwrap().message;
    assert!(message.contains("does not belong to the rest of the row"), "{message}");
}

#[test]
fn one_column_from_another_row_is_found_by_its_pairs() {
    let (dossier, framing) = with_fault(|rows, onset| crossed(rows, onset, 0.6, &["balance"]));
    let observations = examine(&dossier, &framing).observations;
    let share = signal(&observations, "joint.feature_share");
    assert!((0.45..0.75).contains(&share), "{share}");
    assert_eq!(blamed(&observations, "joint.feature_share", &dossier), ["balance"]);
}

#[test]
fn rows_as_they_were_belong_together() {
    let (dossier, framing) = with_fault(|_, _| ());
    let observations = examine(&dossier, &framing).observations;
    assert_eq!(signal(&observations, "joint.source_share"), 0.0);
    assert_eq!(signal(&observations, "joint.feature_share"), 0.0);
    assert!(signal(&observations, "joint.source_within").is_nan(), "nothing to look into");
}

#[test]
fn a_factor_of_two_percent_is_read_off_whole_numbers() {
    let (dossier, framing) = with_fault(|rows, onset| {
        rows.numbers("age")[onset..].iter_mut().for_each(|x| *x *= 1.02);
    });
    let integrity = examine(&dossier, &framing);
    let observations = &integrity.observations;
    assert!(signal(observations, "lattice.left") > 0.8, "{:?}", observations.signals);
    assert!(signal(observations, "lattice.back") > 0.9, "{:?}", observations.signals);
    assert_eq!(blamed(observations, "lattice.back", &dossier), ["age"]);
    assert!(integrity.transforms.iter().any(|map| map.name == "× 1.02"), "{:?}", integrity.transforms);
}

#[test]
fn a_population_does_not_leave_its_lattice() {
    let mut generator = rng(77);
    let (dossier, framing) = with_fault(|rows, onset| {
        for age in &mut rows.numbers("age")[onset..] {
            *age = (*age + (8.0 * unit(&mut generator)).floor()).min(77.0);
        }
    });
    let observations = examine(&dossier, &framing).observations;
    assert!(signal(&observations, "lattice.left") < 0.05, "{:?}", observations.signals);
    assert!(blamed(&observations, "lattice.left", &dossier).is_empty());
    assert_eq!(signal(&observations, "lattice.back"), 0.0);
}

#[test]
fn a_change_of_unit_is_named_and_was_made_alone() {
    let (dossier, framing) = with_fault(|rows, onset| {
        rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x *= 100.0);
    });
    let observations = examine(&dossier, &framing).observations;
    assert!(signal(&observations, "map.named") < 0.1, "{:?}", observations.signals);
    assert_eq!(blamed(&observations, "map.named", &dossier), ["balance"]);
    assert!(observations.findings.iter().any(|f| f.message.contains("× 100")), "the factor is named");
    // Its ranks moved only a little (it is centred), so its co-movement may be unknown; if known, it is near
    // 0.
    let strongest = signal(&observations, "kappa.strongest");
    assert!(strongest.is_nan() || strongest <= 0.5, "{strongest}");
}

#[test]
fn repairs_are_tried_by_hand() {
    use crate::stats::metric::Metric;
    let (dossier, framing) = with_fault(|rows, onset| {
        rows.numbers("balance")[onset..].iter_mut().for_each(|x| *x *= 100.0);
    });
    let integrity = examine(&dossier, &framing);
    let balance = (0..dossier.plan.features.len()).find(|&j| dossier.feature_name(j) == "balance").unwrap();
    let offered = candidates(&dossier, &framing, &integrity, balance);
    assert!(offered[0].suggested && offered[0].name.starts_with("÷ 100"), "{:?}", offered[0]);
    for (at, one) in offered.iter().enumerate() {
        assert!(offered[..at].iter().all(|other| other.name != one.name), "{}", one.name);
    }
    let nobody = Err("nothing stands in for the model".to_owned());
    let trials = Trials::new(&dossier, &framing, &nobody, Metric::Accuracy);
    let by_100 = trials.attempt(balance, &offered[0].fix);
    let (served, repaired) = (by_100.psi.0.unwrap(), by_100.psi.1.unwrap());
    assert!(served > 1.0 && repaired < 0.05, "{served} → {repaired}");
    assert_eq!(by_100.rows, framing.after.len());
    // This case has no model to predict again, and the trial reports that.
    assert!(by_100.answer.is_err());
    let freeze = offered.iter().find(|c| c.fix == Fix::Freeze).unwrap();
    let frozen = trials.attempt(balance, &freeze.fix);
    assert!(frozen.numbers.windows(2).all(|pair| pair[0] == pair[1]));
    let outside = offered.iter().find(|c| c.fix == Fix::FillOutside).unwrap();
    let training = crate::autopsy::exam::sampled_values::training_numbers(&dossier, balance);
    let (low, high) = training.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
    let inside = trials.attempt(balance, &outside.fix).numbers;
    assert!(inside.iter().all(|x| (low..=high).contains(x)), "no value is left out of range");
    assert!(offered.iter().all(|c| c.fix != Fix::Offline && c.fix != Fix::FillMissing));
}

#[test]
fn a_shifted_feature_that_nothing_follows_was_altered() {
    let (dossier, framing) = with_fault(|rows, onset| {
        rows.numbers("income")[onset..].iter_mut().for_each(|x| *x *= 1.6);
    });
    let observations = examine(&dossier, &framing).observations;
    assert!(
        signal(&observations, "kappa.strongest").abs() < 0.2,
        "{}",
        signal(&observations, "kappa.strongest")
    );
    assert!(signal(&observations, "map.free") < 0.2, "one factor takes it back");
}

#[test]
fn a_population_that_moved_takes_related_features_along() {
    let (dossier, framing) = with_fault(|rows, onset| {
        // The wealthier half of the customers after the onset, twice.
        let mut order: Vec<usize> = (onset..rows.count).collect();
        let income = rows.numbers("income").clone();
        order.sort_by(|&a, &b| income[b].total_cmp(&income[a]));
        let richer: Vec<usize> = order[..order.len() / 2].to_vec();
        let take = |values: &mut Vec<f64>| {
            let picked: Vec<f64> =
                (onset..values.len()).map(|r| values[richer[(r - onset) * 7919 % richer.len()]]).collect();
            values.splice(onset.., picked);
        };
        for name in ["income", "balance"] {
            take(rows.numbers(name));
        }
        let texts = rows.texts("region").clone();
        for r in onset..texts.len() {
            rows.texts("region")[r] = texts[richer[(r - onset) * 7919 % richer.len()]].clone();
        }
    });
    let observations = examine(&dossier, &framing).observations;
    assert!(signal(&observations, "kappa.median") > 0.7, "{:?}", observations.signals);
}

#[test]
fn values_joined_from_other_rows_break_dependence_and_nothing_else() {
    let (dossier, framing) = with_fault(|rows, onset| {
        shuffle(&mut rows.numbers("balance")[onset..], &mut rng(5));
    });
    let observations = examine(&dossier, &framing).observations;
    assert!(signal(&observations, "dependence.lost_unmoved") > 0.6);
    assert_eq!(blamed(&observations, "dependence.lost_unmoved", &dossier)[0], "balance");
    assert!(signal(&observations, "map.named").is_nan(), "no distribution moved, so no map is looked for");
}

#[test]
fn codes_handed_out_anew_are_found() {
    let (dossier, framing) = with_fault(|rows, onset| {
        for region in &mut rows.texts("region")[onset..] {
            *region = match region.as_str() {
                "a" => "b",
                "b" => "c",
                "c" => "d",
                _ => "a",
            }
            .to_owned();
        }
    });
    let observations = examine(&dossier, &framing).observations;
    assert!(signal(&observations, "recode.gain") > 0.3, "{}", signal(&observations, "recode.gain"));
    assert_eq!(blamed(&observations, "recode.gain", &dossier), ["region"]);
}

#[test]
fn quiet_rows_say_nothing() {
    let (dossier, framing) = with_fault(|_, _| {});
    let observations = examine(&dossier, &framing).observations;
    let alarms: Vec<String> =
        observations.findings.iter().filter(|f| f.flagged()).map(|f| f.id.to_string()).collect();
    assert_eq!(alarms, Vec::<&str>::new());
    assert!(signal(&observations, "dependence.lost") < 0.05);
}

/// Gives every other row as the training pipeline computes it.
fn with_offline_rows(dossier: &mut Dossier) {
    let truth = synthetic::dossier(&related(4000, 1), &related(8000, 2));
    let rows: Vec<usize> = (0..truth.production.sample.rows).step_by(2).collect();
    dossier.offline = Some(JoinedRows {
        table: truth.production.sample.take(&rows),
        production_row: rows,
        population: 4000,
    });
}

#[test]
fn a_default_for_values_of_all_sizes_is_no_bound() {
    for (every, default) in [(1, 0.0), (3, 0.0), (3, -1.0), (1, 20.0)] {
        let (mut dossier, framing) = with_fault(|rows, onset| {
            rows.numbers("limit")[onset..].iter_mut().step_by(every).for_each(|x| *x = default);
        });
        with_offline_rows(&mut dossier);
        let observations = examine(&dossier, &framing).observations;
        let share = signal(&observations, "parity.default");
        assert!(share > 0.8 / every as f64, "{every} {default}: {share}");
        assert_eq!(blamed(&observations, "parity.default", &dossier), ["limit"]);
    }
}

#[test]
fn a_map_that_begins_after_the_onset_is_found_on_the_rows_that_it_altered() {
    let (dossier, framing) = with_fault(|rows, onset| {
        let later = onset + (rows.count - onset) / 2;
        rows.numbers("income")[later..].iter_mut().for_each(|x| *x *= 1000.0);
    });
    let found = examine(&dossier, &framing).view;
    let map = found.transforms.iter().find(|map| dossier.feature_name(map.feature) == "income");
    let map = map.unwrap_or_else(|| panic!("{:?}", found.transforms));
    assert!(map.ratio() < 0.1 && map.from.is_some(), "{map:?}");
    let served = &dossier.production.sample;
    let undone = undone(&dossier, served, [map]);
    let middle = |table: &Table| {
        let mut incomes = table.features[map.feature].numbers().unwrap_or_default().to_vec();
        incomes.sort_unstable_by(f64::total_cmp);
        incomes[incomes.len() / 2]
    };
    let healthy = synthetic::dossier(&related(4000, 1), &related(8000, 2));
    let off = (middle(&undone) / middle(&healthy.production.sample)).ln().abs();
    assert!(off < 0.05, "only the rows since then are undone: {off}");
}

#[test]
fn what_the_training_pipeline_computes_differently_is_skew() {
    let (mut dossier, framing) = with_fault(|rows, onset| {
        for x in &mut rows.numbers("limit")[onset..] {
            *x = x.min(20.0);
        }
    });
    with_offline_rows(&mut dossier);
    let observations = examine(&dossier, &framing).observations;
    assert_eq!(signal(&observations, "parity.default"), 0.0, "a cap is no default");
    assert!(signal(&observations, "parity.share") > 0.3);
    assert_eq!(blamed(&observations, "parity.share", &dossier), ["limit"]);
    assert!(signal(&observations, "parity.before") < 0.001);
    assert!(signal(&observations, "parity.constant") > 0.9, "a cap serves one constant where it bites");
}

#[test]
fn a_cap_is_no_default_though_single_rows_differed_before_it_and_a_value_that_is_gone_is_one() {
    let late = |from: usize, rows: &mut Rows| {
        let x = rows.numbers("limit");
        (from..x.len()).step_by(251).for_each(|row| x[row] *= 1.02);
    };
    let (mut capped, framing) = with_fault(|rows, onset| {
        late(onset, rows);
        let from = onset + (rows.count - onset) / 3;
        rows.numbers("limit")[from..].iter_mut().for_each(|x| *x = x.min(20.0));
    });
    with_offline_rows(&mut capped);
    assert_eq!(signal(&examine(&capped, &framing).observations, "parity.default"), 0.0);
    let (mut gone, framing) = with_fault(|rows, onset| {
        rows.numbers("limit")[onset..].iter_mut().step_by(2).for_each(|x| *x = f64::NAN);
    });
    with_offline_rows(&mut gone);
    let observations = examine(&gone, &framing).observations;
    assert!(signal(&observations, "parity.default") > 0.4);
    assert_eq!(blamed(&observations, "parity.default", &gone), ["limit"]);
}

#[test]
fn the_onset_of_a_change_is_dated_without_being_told() {
    let (dossier, _) = with_fault(|rows, onset| {
        rows.numbers("income")[onset..].iter_mut().for_each(|x| *x *= 3.0);
    });
    let framing = frame(&dossier);
    let want = synthetic::framing(&dossier, Some(14)).onset.unwrap().at;
    let found = framing.onset.expect("a tripled feature is seen").at;
    let hours = (found - want).abs() as f64 / 3.6e9;
    assert!(hours < 6.0, "{hours} h off");
}

#[test]
fn no_onset_is_made_up_for_quiet_rows() {
    for seed in [20, 21, 22] {
        let dossier = synthetic::dossier(&related(3000, seed), &related(6000, seed + 50));
        assert_eq!(frame(&dossier).onset, None, "seed {seed}");
    }
}

#[test]
fn every_signal_can_be_shown() {
    let faults: [fn(&mut Rows, usize); 3] = [
        |_, _| {},
        |rows, onset| rows.numbers("income")[onset..].iter_mut().for_each(|x| *x *= 40.0),
        |rows, onset| shuffle(&mut rows.numbers("balance")[onset..], &mut rng(5)),
    ];
    for fault in faults {
        let (dossier, framing) = with_fault(fault);
        let observations = examine(&dossier, &framing).observations;
        for signal in &observations.signals {
            let shown = observations.findings.iter().any(|f| f.id == signal.finding && !f.message.is_empty());
            assert!(shown, "{:?} points at {}, which no finding says", signal.key, signal.finding);
        }
    }
}

#[test]
fn a_minute_of_the_day_in_another_zone_runs_off_the_timestamp() {
    // 28 days of 8,000 rows: one in 5.04 minutes.
    let minute = |row: usize| (row * 504 / 100 % 1440) as f64;
    let with = |hour: f64, by: f64| {
        with_fault(|rows, onset| {
            for (row, x) in rows.numbers("age").iter_mut().enumerate() {
                let moved = if row < onset { 0.0 } else { by };
                *x = ((minute(row) / hour).floor() + moved).rem_euclid(1440.0 / hour);
            }
        })
    };
    for (hour, by, message) in [
        (1.0, 60.0, "age runs +1 h off the timestamp's minute of the day."),
        (60.0, -1.0, "age runs -1 h off the timestamp's hour."),
    ] {
        let (dossier, framing) = with(hour, by);
        let observations = examine(&dossier, &framing).observations;
        assert_eq!(signal(&observations, "clock.off"), 1.0, "{message}");
        let finding = observations.findings.iter().find(|f| f.id == "integrity.clock:age").unwrap();
        assert_eq!(finding.message, message);
        assert_eq!(blamed(&observations, "clock.off", &dossier), ["age"]);
    }
    let (dossier, framing) = with(1.0, 0.0);
    assert_eq!(signal(&examine(&dossier, &framing).observations, "clock.off"), 0.0);
    let (dossier, framing) = with_fault(|_, _| {});
    assert!(signal(&examine(&dossier, &framing).observations, "clock.off").is_nan(), "age copies no clock");
}
