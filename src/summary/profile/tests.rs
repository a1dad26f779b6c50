//! Profiles of a small simulated log.

use super::*;
use crate::{
    stats::random::{rng, unit},
    summary::{MISSING, Task, Width},
};

const HOUR: i64 = 3_600_000_000;

/// `count` rows an hour apart: a number, a category with rare last levels, a score and its label.
fn table(count: usize, seed: u64) -> Table {
    let mut generator = rng(seed);
    let mut draw =
        |of: &dyn Fn(f64) -> f64| -> Vec<f64> { (0..count).map(|_| of(unit(&mut generator))).collect() };
    let score = draw(&|u| u);
    let chance = draw(&|u| u);
    let number = draw(&|u| if u < 0.1 { f64::NAN } else { 100.0 * u * u });
    let code = draw(&|u| (70.0 * u * u * u).floor());
    Table {
        rows: count,
        population: count as u64,
        time: (0..count as i64).map(|row| row * HOUR).collect(),
        label: score.iter().zip(&chance).map(|(s, u)| f64::from(u < s)).collect(),
        prediction: score.iter().map(|&s| crate::summary::class_of_score(s)).collect(),
        score,
        features: vec![
            Column::Numeric { values: number, unreadable: Vec::new(), examples: Vec::new() },
            Column::Categorical(code.iter().map(|&c| if c == 3.0 { MISSING } else { c as u32 }).collect()),
        ]
        .into(),
        ..Table::default()
    }
}

fn plan(reference: &Table) -> Plan {
    let numbers = |values: &[f64]| Bins::Numeric(NumericBins::from_reference(values.to_vec(), 64));
    let feature = |name: &str, kind, bins, levels: Vec<String>| Feature {
        name: name.to_owned(),
        kind,
        source: None,
        integer: false,
        bins,
        known_levels: levels.len(),
        levels,
    };
    Plan {
        task: Task::Binary,
        features: vec![
            feature(
                "amount",
                Kind::Numeric,
                numbers(reference.features[0].numbers().expect("numbers")),
                Vec::new(),
            ),
            feature(
                "shop",
                Kind::Categorical,
                Bins::Categorical(CategoryBins::from_reference(70)),
                (0..70).map(|level| format!("shop {level}")).collect(),
            ),
        ],
        classes: vec!["no".to_owned(), "yes".to_owned()],
        known_classes: 2,
        answer_bins: numbers(&reference.score),
        label_bins: Bins::Categorical(CategoryBins { levels: 2, known: 2 }),
        has_score: true,
        seed: 0,
    }
}

/// The profile of a log in the pooled bins of its own reference.
fn profile(table: Table) -> Profile {
    let reference = self::table(2000, 1);
    let mut plan = plan(&reference);
    let mut training = SnapshotSummary::from_table(&plan, reference, None);
    let rare = pool(&mut plan, &mut training, FEWEST);
    let summary = SnapshotSummary::from_table(&plan, table, Some(Width::Day));
    let heading = Heading {
        snapshot: "production".to_owned(),
        columns: vec![("amount".to_owned(), "Float64".to_owned())],
        ..Heading::default()
    };
    Profile::of(heading, &plan, &rare, &summary)
}

#[test]
fn what_is_written_is_read_again() {
    let written = profile(table(1000, 2));
    let read = Profile::read(written.json().as_bytes()).expect("its own JSON");
    assert_eq!(read, written);
    let mut plan = read.plan();
    let summary = read.summary(&mut plan);
    assert_eq!((summary.rows, summary.windows.len()), (1000, 42));
    assert_eq!(summary.grid.expect("a clock").width, Width::Day);
    assert!(summary.sample.is_profile() && !summary.sample.is_whole());
    for (feature, counts) in plan.features.iter().zip(&summary.features) {
        assert_eq!(counts.sum(|_| true).iter().sum::<u64>(), 1000);
        assert_eq!(counts.bins, feature.bins.fine());
    }
    let labelled: u64 = summary.windows.iter().map(|w| w.answers.labelled).sum();
    assert_eq!(labelled, 1000);
}

#[test]
fn a_profile_holds_no_bin_and_names_no_level_of_few_rows() {
    let reference = table(2000, 1);
    let mut plan = plan(&reference);
    let mut training = SnapshotSummary::from_table(&plan, reference.clone(), None);
    let before = training.clone();
    let rare = pool(&mut plan, &mut training, 20);
    for (feature, counts) in plan.features.iter().zip(&training.features) {
        let rows = counts.sum(|_| true);
        assert_eq!(rows.iter().sum::<u64>(), 2000, "no row is lost");
        let named = match feature.kind {
            Kind::Categorical => feature.known_levels,
            _ => rows.len() - 1,
        };
        let few: Vec<&u64> = rows[..named].iter().filter(|&&n| n > 0 && n < 20).collect();
        assert!(few.is_empty(), "{}: {few:?}", feature.name);
    }
    let codes = reference.features[1].codes().expect("codes");
    let frequent = (0..70_u32).filter(|code| codes.iter().filter(|c| *c == code).count() >= 20).count();
    assert_eq!(plan.features[1].levels.len(), frequent);
    let left_out = rare[1].clone().expect("some are rare");
    assert_eq!(left_out.levels as usize, 70 - frequent);
    // The deciles of PSI are unchanged.
    let bins = |summary: &SnapshotSummary, bins: &Bins| summary.coarse(0, bins, |_| true);
    let old = self::plan(&reference);
    assert_eq!(bins(&training, &plan.features[0].bins), bins(&before, &old.features[0].bins));
    let scores = |summary: &SnapshotSummary| summary.windows[0].answers.score_by_label.iter().sum::<u64>();
    assert_eq!(scores(&training), scores(&before));
    assert_eq!(training.windows[0].answers.score_by_label.len(), 2 * plan.answer_bins.fine());
}

#[test]
fn shards_add_up_to_the_whole_in_any_order() {
    let whole = table(3000, 3);
    let shard = |rows: std::ops::Range<usize>| profile(whole.take(&rows.collect::<Vec<_>>()));
    let shards = [
        ("a".to_owned(), shard(0..700)),
        ("b".to_owned(), shard(700..2900)),
        ("c".to_owned(), shard(2900..3000)),
    ];
    let merged = Profile::merge(&shards).expect("the same bins");
    let all = profile(whole.clone());
    assert_eq!(merged.windows, all.windows);
    assert_eq!(merged.features[0].counts, all.features[0].counts);
    assert_eq!(merged.features[1], all.features[1]);
    assert_eq!(merged.totals.len(), all.totals.len());
    for (ours, theirs) in merged.totals.iter().zip(&all.totals) {
        assert_eq!(ours.answers.confusion, theirs.answers.confusion);
        assert!((ours.answers.log_loss - theirs.answers.log_loss).abs() < 1e-9);
    }
    let mut turned = shards.to_vec();
    turned.reverse();
    let turned = Profile::merge(&turned).expect("the same bins");
    assert_eq!(turned.totals, merged.totals);
    assert_eq!(turned.features, merged.features);
}

#[test]
fn other_bins_are_refused() {
    let ours = profile(table(500, 4));
    let mut theirs = ours.clone();
    theirs.features[0].name = "amount_eur".to_owned();
    let shards = [("a".to_owned(), ours), ("b".to_owned(), theirs)];
    let refused = Profile::merge(&shards).expect_err("another feature");
    assert_eq!(refused.to_string(), "it was counted in other bins than a: the feature \"amount\"");
}

#[test]
fn a_long_log_gets_wider_windows() {
    let log = table(300 * 24, 5);
    let written = profile(log);
    let windows = written.windows.clone().expect("a clock");
    assert_eq!((windows.width, written.totals.len()), (Width::Week, windows.count));
    assert_eq!(written.totals.iter().map(|part| part.rows).sum::<u64>(), 7200);
}

#[test]
fn levels_that_are_not_named_are_no_new_ones() {
    let mut log = table(1000, 6);
    let Column::Categorical(codes) = &mut log.features[1] else { unreachable!("made above") };
    codes[..400].fill(69);
    let mut written = profile(log);
    let shown = |profile: &Profile| {
        let mut plan = profile.plan();
        let Bins::Categorical(bins) = plan.features[1].bins.clone() else { unreachable!("made above") };
        let rows = profile.summary(&mut plan).features[1].sum(|_| true);
        (rows[bins.levels], rows[bins.unseen()])
    };
    let rare = |share| Some(Rare { levels: 9, share });
    written.features[1].rare_levels = rare(0.3);
    assert_eq!(shown(&written).1, 0);
    assert!(shown(&written).0 >= 400);
    written.features[1].rare_levels = rare(0.001);
    assert!(shown(&written).1 >= 400, "with so few rare rows they must be new");
}

#[test]
fn a_document_that_contradicts_itself_is_refused() {
    let written = profile(table(300, 7));
    let value: serde_json::Value = serde_json::from_str(&written.json()).expect("JSON");
    let with = |pointer: &str, new: serde_json::Value| {
        let mut value = value.clone();
        *value.pointer_mut(pointer).expect("a key") = new;
        Profile::read(value.to_string().as_bytes()).map_err(|error| error.to_string())
    };
    assert!(with("/program", "x".into()).is_ok());
    for (pointer, new) in [
        ("/format", "other".into()),
        ("/version", (super::VERSION + 1).into()),
        ("/rows", 7.into()),
        ("/known_classes", 9.into()),
        ("/classes", serde_json::json!([])),
        ("/windows/count", 1.into()),
        ("/windows/start", "yesterday".into()),
        ("/features", serde_json::json!([])),
        ("/features/0/bins/edges", serde_json::json!([2.0, 1.0])),
        ("/features/0/bins/coarse", serde_json::json!([0])),
        ("/features/0/counts/0", serde_json::json!([1])),
        ("/features/0/moments", serde_json::json!([null])),
        ("/features/1/levels", serde_json::json!(["one"])),
        ("/features/1/kind", "numeric".into()),
        ("/totals/0/answers/confusion", serde_json::json!([1, 2, 3])),
        ("/totals/0/answers/score_by_label", serde_json::json!([1])),
        ("/totals/0/latency", serde_json::json!([1])),
        ("/totals", serde_json::json!([])),
    ] {
        let refused = with(pointer, new);
        assert!(refused.is_err(), "{pointer} was accepted");
    }
    assert!(Profile::read(b"{").is_err());
}
