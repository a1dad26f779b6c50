//! What the rows behind the plan missed but training holds is known all the same.

use std::fs;

use super::*;
use crate::summary::Bins;

/// Rows of training, and of each of its row groups: so many that the plan is made from some of the groups only.
const MANY: usize = 240_000;
const GROUP: usize = 40_000;

/// Rows of a group that the plan is not made from, with values that no other row has.
const ODD: [usize; 2] = [50_000, 130_000];

fn training() -> DataFrame {
    let number = |i: usize| match ODD.iter().position(|odd| *odd == i) {
        Some(0) => -70.0,
        Some(_) => 900.0,
        None => (i * 7919 % 1000) as f64 / 10.0,
    };
    let city = |i: usize| if ODD.contains(&i) { "Bern" } else { CITIES[i % 4] };
    let binary = |of: usize| (0..MANY).map(|i| i64::from(i * 13 % 100 > of)).collect::<Vec<_>>();
    let columns = vec![
        Column::new("amount".into(), (0..MANY).map(number).collect::<Vec<_>>()),
        Column::new("city".into(), (0..MANY).map(city).collect::<Vec<_>>()),
        Column::new("prediction".into(), binary(50)),
        Column::new("label".into(), binary(40)),
    ];
    DataFrame::new_infer_height(columns).expect("columns of one length")
}

#[test]
fn nothing_that_training_holds_is_new() {
    let folder = folder();
    let mut frame = training();
    let file = fs::File::create(folder.path().join("log.parquet")).expect("a writable folder");
    ParquetWriter::new(file).with_row_group_size(Some(GROUP)).finish(&mut frame).expect("written");
    let mut case = case(folder.path(), "log.parquet", "log.parquet");
    case.columns = Columns {
        label: Some("label".to_owned()),
        prediction: Some("prediction".to_owned()),
        ..Columns::default()
    };
    case.sample.rows = Some(600);
    let on = |threads| {
        read(&LocalEngine::with_threads(threads), &case, &PassControl::default()).expect("readable").0
    };
    let got = on(2);
    assert_eq!(got.training.sample.rows, 300);
    let [amount, city] = got.plan.features.as_slice() else { panic!("two features") };
    let Bins::Numeric(bins) = &amount.bins else { panic!("a number") };
    let ends = (bins.edges.first().copied(), bins.edges.last().map(|edge| edge.next_down()));
    assert_eq!(ends, (Some(-70.0), Some(900.0)));
    assert_eq!(bins.coarse_of.len(), bins.edges.len() + 1);
    assert!(city.levels[..city.known_levels].contains(&"Bern".to_owned()));
    assert_eq!(got.training.features[1].once, Some(0));
    for summary in [&got.training, &got.production] {
        for (feature, counts) in got.plan.features.iter().zip(&summary.features) {
            let rows = counts.sum(|_| true);
            assert_eq!((rows.len(), rows.iter().sum::<u64>()), (feature.bins.fine(), MANY as u64));
            let new = match &feature.bins {
                Bins::Numeric(bins) => rows[0] + rows[bins.edges.len()],
                Bins::Categorical(levels) => rows[levels.unseen()],
                Bins::None => 0,
            };
            assert_eq!(new, 0, "{}", feature.name);
        }
    }
    assert_eq!(got.training.features[0].counts, got.production.features[0].counts);
    let alone = on(1);
    assert_eq!(alone.plan, got.plan);
    assert_same(&alone.training, &got.training, "one thread");
}
