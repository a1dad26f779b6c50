//! Properties of the accumulator: splits, orders and wider windows change nothing.

use std::sync::Arc;

use proptest::prelude::*;

use super::{
    Bins, CategoryBins, Feature, Kind, MISSING, Micros, NumericBins, Plan, SnapshotSummary, Task, Width,
    accumulator::{Accumulator, AnswerColumns, Counting, ServingColumns},
    reservoir::{Keep, Reservoir, Slot},
    values::{NO_TIME, Values},
};

const HOUR: Micros = 3_600_000_000;

/// Time, number, category, label and prediction of a row.
type Row = (Option<i64>, Option<f64>, u32, u8, u8);

fn plan() -> Plan {
    let feature = |name: &str, kind, bins| Feature {
        name: name.to_owned(),
        kind,
        source: None,
        integer: false,
        bins,
        levels: Vec::new(),
        known_levels: 0,
    };
    let classes = Bins::Categorical(CategoryBins { levels: 2, known: 2 });
    let edges = (0..50).map(f64::from).collect();
    Plan {
        task: Task::Binary,
        features: vec![
            feature("x", Kind::Numeric, Bins::Numeric(NumericBins::from_reference(edges, 32))),
            feature("c", Kind::Categorical, Bins::Categorical(CategoryBins { levels: 2, known: 3 })),
        ],
        classes: vec!["0".to_owned(), "1".to_owned()],
        known_classes: 2,
        answer_bins: classes.clone(),
        label_bins: classes,
        has_score: false,
        seed: 1,
    }
}

fn count(counting: &Arc<Counting>, rows: &[Row], clock: bool) -> Accumulator {
    let mut accumulator = Accumulator::new(Arc::clone(counting), clock);
    let times: Vec<Micros> = rows.iter().map(|r| r.0.map_or(NO_TIME, |hour| hour * HOUR / 3 + 1)).collect();
    let frame = accumulator.begin(rows.len(), Some(&times));
    let numbers = Values::Numbers {
        values: rows.iter().map(|r| r.1.unwrap_or(f64::NAN)).collect(),
        unreadable: (0..).zip(rows).filter(|(_, r)| r.1.is_none()).map(|(i, _)| i).collect(),
        examples: Vec::new(),
    };
    let code = |c: u32| if c == 9 { MISSING } else { c };
    accumulator.add_feature(0, &numbers, &frame, 0);
    accumulator.add_feature(1, &Values::Codes(rows.iter().map(|r| code(r.2)).collect()), &frame, 0);
    let class = |c: u8| if c > 1 { MISSING } else { u32::from(c) };
    let label = Values::Codes(rows.iter().map(|r| class(r.3)).collect());
    let prediction = Values::Codes(rows.iter().map(|r| class(r.4)).collect());
    let answers = AnswerColumns {
        label: &label,
        prediction: &prediction,
        score: &Values::Absent,
        label_classes: None,
        prediction_classes: None,
    };
    accumulator.add_answers(&answers, &frame, 0);
    // As the pass hands them over.
    let numbers = numbers.bounded();
    let serving = ServingColumns { latency_ms: &numbers, cpu: &numbers, memory: &Values::Absent };
    accumulator.add_serving(&serving, &frame);
    accumulator
}

fn summary(accumulator: Accumulator) -> SnapshotSummary {
    accumulator.finish(&[]).0
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let time = prop_oneof![9 => (490_000_i64..490_200).prop_map(Some), 1 => Just(None)];
    let number = prop_oneof![9 => (-1e4_f64..1e4).prop_map(Some), 1 => Just(None)];
    prop::collection::vec((time, number, 0_u32..10, 0_u8..3, 0_u8..3), 1..80)
}

proptest! {
    #[test]
    fn parts_add_up_in_any_order(rows in rows(), a in 0_usize..80, b in 0_usize..80, clock: bool) {
        let counting = Arc::new(Counting::new(&plan()));
        let (a, b) = (a.min(b).min(rows.len()), a.max(b).min(rows.len()));
        let parts = [&rows[..a], &rows[a..b], &rows[b..]];
        let merged = |order: [usize; 3]| {
            let mut total = Accumulator::new(Arc::clone(&counting), clock);
            for part in order {
                if !parts[part].is_empty() {
                    total.merge(count(&counting, parts[part], clock));
                }
            }
            summary(total)
        };
        let want = merged([0, 1, 2]);
        prop_assert_eq!(&merged([2, 0, 1]), &want);
        prop_assert_eq!(&merged([1, 2, 0]), &want);
        let whole = summary(count(&counting, &rows, clock));
        prop_assert_eq!(whole.rows + whole.without_time, rows.len() as u64);
        prop_assert_eq!(whole.grid, want.grid);
        for (w, m) in whole.features.iter().zip(&want.features) {
            prop_assert_eq!(&w.counts, &m.counts);
            prop_assert_eq!(&w.unreadable, &m.unreadable);
        }
    }

    #[test]
    fn an_infinite_number_is_a_missing_one(rows in rows(), at in 0_usize..4) {
        let counting = Arc::new(Counting::new(&plan()));
        // So is one whose square would be infinite.
        let infinite = [f64::NEG_INFINITY, f64::INFINITY, 1e308, -1e76][at];
        let of = |gap: f64| {
            let rows: Vec<Row> = rows.iter().map(|r| (r.0, r.1.or(Some(gap)), r.2, r.3, r.4)).collect();
            summary(count(&counting, &rows, true))
        };
        let (mut counted, missing) = (of(infinite), of(f64::NAN));
        let gaps = rows.iter().filter(|row| row.1.is_none() && row.0.is_some()).count() as u64;
        prop_assert_eq!(std::mem::take(&mut counted.features[0].infinite), gaps);
        prop_assert_eq!(counted, missing);
    }

    #[test]
    fn wider_windows_hold_the_sum_of_narrow_ones(rows in rows()) {
        let plan = plan();
        let narrow = Counting::new(&plan);
        let wide = Counting::new(&plan).with_most_cells(200);
        let hours = summary(count(&Arc::new(narrow), &rows, true));
        let days = summary(count(&Arc::new(wide), &rows, true));
        let Some((hour_grid, day_grid)) = hours.grid.zip(days.grid) else { return Ok(()) };
        prop_assert_eq!(hour_grid.width, Width::Hour);
        let (grid, place) = hour_grid.widened(day_grid.width);
        prop_assert_eq!(grid.start, day_grid.start);
        prop_assert_eq!(grid.windows, day_grid.windows);
        for (fine, coarse) in hours.features.iter().zip(&days.features) {
            for window in 0..grid.windows {
                let sum = fine.sum(|w| place[w] == window);
                let want: Vec<u64> = coarse.window(window).iter().map(|&c| u64::from(c)).collect();
                prop_assert_eq!(sum, want);
            }
        }
        let rows_of = |window: usize| {
            hours.windows.iter().zip(&place).filter(|(_, p)| **p == window).map(|(w, _)| w.rows).sum::<u64>()
        };
        for (window, totals) in days.windows.iter().enumerate() {
            prop_assert_eq!(totals.rows, rows_of(window));
        }
    }

    #[test]
    fn a_sample_does_not_depend_on_who_read_what(
        batches in prop::collection::vec(1_usize..60, 1..12),
        most in 1_usize..80,
        known: bool,
        seed: u64,
    ) {
        let population = batches.iter().sum::<usize>() as u64;
        let keep = Keep::Sample { seed, most, population: known.then_some(population) };
        let sample = |threads: usize, backwards: bool| {
            let mut readers: Vec<Reservoir> =
                (0..threads).map(|_| Reservoir::new(keep, vec![Slot::Score])).collect();
            let mut first = 0;
            for (index, &rows) in batches.iter().enumerate() {
                let reader = &mut readers[index % threads];
                reader.begin(first, rows, &[]);
                let values = (first..first + rows as u64).map(|p| p as f64).collect();
                let values = Values::Numbers { values, unreadable: Vec::new(), examples: Vec::new() };
                reader.add(0, &values, None);
                first += rows as u64;
            }
            if backwards {
                readers.reverse();
            }
            let mut all = readers.remove(0);
            readers.into_iter().for_each(|reader| all.merge(reader));
            let sampled = all.finish(population, 0, &[]);
            let positions: Vec<f64> = sampled.positions.iter().map(|&p| p as f64).collect();
            assert_eq!(sampled.table.score, positions);
            positions
        };
        let want = sample(1, false);
        prop_assert_eq!(want.len(), most.min(population as usize));
        prop_assert!(want.is_sorted());
        prop_assert_eq!(sample(2, false), want.clone());
        prop_assert_eq!(sample(3, true), want);
    }
}
