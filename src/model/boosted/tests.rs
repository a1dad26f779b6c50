use super::*;
use crate::model::binned::BinnedColumn;

/// A number in `0..1` that depends on its position only.
fn uniform(seed: u64, row: u64, column: u64) -> f64 {
    (mix((seed * 1_000_003 + row) * 64 + column) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Eight uniform columns, a smooth log-odds of three of them, labels drawn from it, and three classes.
struct World {
    columns: Vec<Vec<f64>>,
    odds: Vec<f64>,
    label: Vec<f64>,
    class: Vec<f64>,
}

fn world(rows: u64, seed: u64) -> World {
    let columns: Vec<Vec<f64>> = (0..8).map(|c| (0..rows).map(|r| uniform(seed, r, c)).collect()).collect();
    let odds: Vec<f64> = (0..rows as usize)
        .map(|r| {
            let x = |c: usize| columns[c][r];
            let gate = if x(2) > 0.5 { 1.0 } else { 0.0 };
            3.0 * (6.0 * x(0)).sin() + 4.0 * (x(1) - 0.5) * gate + 2.0 * x(3) - 1.0
        })
        .collect();
    let draw = |r: usize, c| uniform(seed, r as u64, c);
    let label = (0..odds.len()).map(|r| f64::from(u8::from(draw(r, 8) < sigmoid(odds[r])))).collect();
    let class =
        (0..odds.len())
            .map(|r| {
                if columns[4][r] + 0.3 * draw(r, 9) > 0.75 { 2.0 } else { f64::from(u8::from(odds[r] > 0.0)) }
            })
            .collect();
    World { columns, odds, label, class }
}

/// Both worlds in the same 64 bins of equal width (the columns are uniform).
fn binned(world: &World) -> Binned {
    let columns = world
        .columns
        .iter()
        .map(|values| BinnedColumn {
            feature: None,
            codes: values.iter().map(|x| (x * 64.0) as u8).collect(),
            bins: 65,
            ordered: true,
        })
        .collect();
    Binned { rows: world.odds.len(), columns }
}

fn log_loss(label: &[f64], p: impl Iterator<Item = f64>) -> f64 {
    label.iter().zip(p).map(|(&y, p)| -(if y > 0.5 { p } else { 1.0 - p }).ln()).sum::<f64>()
        / label.len() as f64
}

// Reference values from scikit-learn 1.9.1 on these rows:
// HistGradientBoostingClassifier(max_iter=60, learning_rate=.12, max_leaf_nodes=12, max_depth=4, l2_regularization=1,
//   min_samples_leaf=20, early_stopping=False, max_bins=64).fit(Xa, ya); log_loss(yb, .predict_proba(Xb)) and so on
const SKLEARN_LOGISTIC: f64 = 0.391_701;
const SKLEARN_SQUARED: f64 = 0.034_462;
const SKLEARN_CLASSES: f64 = 0.233_778;

#[test]
fn a_wide_table_is_learnt_from_its_telling_columns() {
    let (a, b) = (world(4000, 1), world(4000, 2));
    let wide = |world: &World, seed: u64| {
        let mut data = binned(world);
        for column in 0..292 {
            let codes = (0..4000).map(|row| (uniform(seed, row, column + 10) * 64.0) as u8).collect();
            data.columns.push(BinnedColumn { feature: None, codes, bins: 65, ordered: true });
        }
        data
    };
    let (narrow, train, test) = (binned(&a), wide(&a, 7), wide(&b, 8));
    let params = Params::default();
    let fit = |data: &Binned| Boosted::fit(data, Target::new(&a.odds), Loss::Squared, &params).unwrap();
    let squares = |model: &Boosted, data: &Binned| {
        model.raw(data).iter().zip(&b.odds).map(|(p, y)| (p - y) * (p - y)).sum::<f64>() / 4000.0
    };
    let (alone, screened) = (fit(&narrow), fit(&train));
    let (few, many) = (squares(&alone, &binned(&b)), squares(&screened, &test));
    assert!(many < few + 0.2, "{many} with 300 columns, {few} with eight");
    let parts = screened.explainer(0).contributions(&test);
    let read = screened.explainer(0).columns().to_vec();
    assert!(read.starts_with(&[0, 1, 2, 3]) && read.len() <= 256, "{read:?}");
    let expected = screened.explainer(0).expected();
    let sum = |row: usize| expected + parts[row * read.len()..][..read.len()].iter().sum::<f64>();
    let raw = screened.raw(&test);
    assert!((0..4000).all(|row| (sum(row) - raw[row]).abs() < 1e-9));
}

#[test]
fn one_tree_a_round_learns_many_classes() {
    let (a, b) = (world(4000, 1), world(4000, 2));
    let classes: u32 = 40;
    let class = |world: &World| -> Vec<f64> {
        world.columns[0].iter().map(|x| (x * f64::from(classes)).floor()).collect()
    };
    let loss = Loss::Multinomial { classes: classes as usize };
    let (train, test) = (binned(&a), binned(&b));
    let model = Boosted::fit(&train, Target::new(&class(&a)), loss, &Params::default()).unwrap();
    assert_eq!((model.outputs(), model.trees()), (40, 60));
    let shares = model.predict(&test);
    let best = |s: &[f64]| (0..s.len()).reduce(|a, b| if s[b] > s[a] { b } else { a }).unwrap();
    let near = shares
        .chunks_exact(classes as usize)
        .zip(class(&b))
        .filter(|(shares, class)| (best(shares) as f64 - class).abs() <= 1.0)
        .count();
    assert!(near > 2500, "{near} of 4000");
    let parts = model.explainer(5).contributions(&test);
    let expected = model.explainer(5).expected();
    let sum = |row: usize| expected + parts[row * 8..][..8].iter().sum::<f64>();
    let raw = model.raw(&test);
    assert!((0..4000).all(|row| (sum(row) - raw[row * 40 + 5]).abs() < 1e-9));
}

#[test]
fn is_as_good_as_scikit_learn() {
    let (a, b) = (world(4000, 1), world(4000, 2));
    let (train, test) = (binned(&a), binned(&b));
    let params = Params::default();

    let model = Boosted::fit(&train, Target::new(&a.label), Loss::Logistic, &params).unwrap();
    let loss = log_loss(&b.label, model.predict(&test).into_iter());
    assert!((loss - SKLEARN_LOGISTIC).abs() < 0.01, "logistic: {loss}");

    let model = Boosted::fit(&train, Target::new(&a.odds), Loss::Squared, &params).unwrap();
    let squares =
        model.predict(&test).iter().zip(&b.odds).map(|(p, y)| (p - y) * (p - y)).sum::<f64>() / 4000.0;
    assert!((squares - SKLEARN_SQUARED).abs() < 0.005, "squared: {squares}");

    let model =
        Boosted::fit(&train, Target::new(&a.class), Loss::Multinomial { classes: 3 }, &params).unwrap();
    let shares = model.predict(&test);
    let of_truth = b.class.iter().enumerate().map(|(r, &k)| shares[r * 3 + k as usize].ln());
    let loss = -of_truth.sum::<f64>() / 4000.0;
    assert!((loss - SKLEARN_CLASSES).abs() < 0.015, "three classes: {loss}");
}

#[test]
fn contributions_add_up_to_the_answer() {
    let a = world(1500, 3);
    let data = binned(&a);
    for (loss, y) in
        [(Loss::Logistic, &a.label), (Loss::Squared, &a.odds), (Loss::Multinomial { classes: 3 }, &a.class)]
    {
        let model =
            Boosted::fit(&data, Target::new(y), loss, &Params { depth: 5, ..Params::default() }).unwrap();
        let raw = model.raw(&data);
        for output in 0..model.outputs() {
            let parts = model.explainer(output).contributions(&data);
            let expected = model.explainer(output).expected();
            for row in 0..data.rows {
                let sum = expected + parts[row * 8..][..8].iter().sum::<f64>();
                let answer = raw[row * model.outputs() + output];
                assert!((sum - answer).abs() < 1e-9, "{loss:?}: {sum} instead of {answer}");
            }
        }
    }
}

#[test]
fn leaves_are_found_as_by_walking() {
    let a = world(3000, 6);
    let mut data = binned(&a);
    // Missing values, and a category.
    data.columns[0].codes.iter_mut().step_by(7).for_each(|code| *code = 64);
    data.columns[1].ordered = false;
    for (loss, y) in [(Loss::Squared, &a.odds), (Loss::Multinomial { classes: 3 }, &a.class)] {
        let params = Params { leaves: 40, depth: 6, ..Params::default() };
        let model = Boosted::fit(&data, Target::new(y), loss, &params).unwrap();
        let raw = model.raw(&data);
        let leaves = |tree: &Tree| tree.nodes.iter().filter(|node| node.is_leaf()).count();
        assert!(model.trees.iter().map(leaves).max() <= Some(MOST_LEAVES));
        for row in 0..data.rows {
            for (output, answer) in raw[row * model.outputs()..][..model.outputs()].iter().enumerate() {
                let trees = model.trees.iter().skip(output).step_by(model.outputs());
                let walked = trees.fold(model.base[output], |sum, tree| sum + tree.value(&data, row));
                assert_eq!(*answer, walked, "{loss:?}: row {row}");
            }
        }
    }
}

#[test]
fn contributions_name_the_columns_that_matter() {
    let a = world(4000, 4);
    let data = binned(&a);
    let model = Boosted::fit(&data, Target::new(&a.odds), Loss::Squared, &Params::default()).unwrap();
    let parts = model.explainer(0).contributions(&data);
    let size = |c: usize| (0..data.rows).map(|r| parts[r * 8 + c].abs()).sum::<f64>() / data.rows as f64;
    assert!(size(0) > 3.0 * size(3) && size(3) > 3.0 * size(5), "{:?}", (0..8).map(size).collect::<Vec<_>>());
}

#[test]
fn missing_values_go_to_the_better_side() {
    let rows = 400;
    let codes: Vec<u8> = (0..rows).map(|r| if r % 4 == 0 { 10 } else { (r % 10) as u8 }).collect();
    let y: Vec<f64> = codes.iter().map(|&c| if c == 10 || c > 6 { 1.0 } else { 0.0 }).collect();
    let column = BinnedColumn { feature: Some(0), codes, bins: 11, ordered: true };
    let data = Binned { rows, columns: vec![column] };
    let params = Params { trees: 1, learning_rate: 1.0, leaves: 2, l2: 0.0, ..Params::default() };
    let model = Boosted::fit(&data, Target::new(&y), Loss::Squared, &params).unwrap();
    assert!(model.predict(&data).iter().zip(&y).all(|(p, y)| (p - y).abs() < 1e-9), "one split tells all");
}

#[test]
fn levels_are_divided_by_their_mean_not_by_their_code() {
    let rows = 900;
    let codes: Vec<u8> = (0..rows).map(|r| (r % 9) as u8).collect();
    let y: Vec<f64> = codes.iter().map(|&c| f64::from(c % 2)).collect();
    let column = BinnedColumn { feature: Some(0), codes, bins: 10, ordered: false };
    let data = Binned { rows, columns: vec![column] };
    let params = Params { trees: 1, learning_rate: 1.0, leaves: 2, l2: 0.0, ..Params::default() };
    let model = Boosted::fit(&data, Target::new(&y), Loss::Squared, &params).unwrap();
    assert!(model.predict(&data).iter().zip(&y).all(|(p, y)| (p - y).abs() < 1e-9));
}

#[test]
fn an_offset_is_taken_as_known() {
    let a = world(3000, 5);
    let data = binned(&a);
    let target = Target { y: &a.label, weight: None, offset: Some(&a.odds) };
    let params = Params { patience: Some(5), ..Params::default() };
    let model = Boosted::fit(&data, target, Loss::Logistic, &params).unwrap();
    let spread = model.raw(&data).iter().map(|r| r * r).sum::<f64>() / 3000.0;
    assert!(spread < 0.05, "nothing is left to learn beside the truth: {spread}");
}

#[test]
fn weights_count_as_repeated_rows() {
    let a = world(600, 6);
    let data = binned(&a);
    let weight: Vec<f64> = (0..600).map(|r| if r < 300 { 2.0 } else { 1.0 }).collect();
    let twice: Vec<usize> = (0..300).chain(0..600).collect();
    let repeated: Vec<f64> = twice.iter().map(|&r| a.odds[r]).collect();
    // Leaves count rows, not weights, so the minimum number of rows must not be binding.
    let params = Params { min_rows: 1, trees: 10, ..Params::default() };
    let target = Target { y: &a.odds, weight: Some(&weight), offset: None };
    let weighted = Boosted::fit(&data, target, Loss::Squared, &params).unwrap().predict(&data);
    let target = Target::new(&repeated);
    let doubled = Boosted::fit(&data.take(&twice), target, Loss::Squared, &params).unwrap().predict(&data);
    for (w, d) in weighted.iter().zip(doubled) {
        assert!((w - d).abs() < 1e-6, "{w} instead of {d}");
    }
}

#[test]
fn hopeless_input_is_refused_or_answered_flatly() {
    let empty = Binned::default();
    assert_eq!(
        Boosted::fit(&empty, Target::new(&[]), Loss::Squared, &Params::default()),
        Err(Undefined::Empty)
    );
    let a = world(50, 7);
    let data = binned(&a);
    let short = Boosted::fit(&data, Target::new(&[1.0]), Loss::Squared, &Params::default());
    assert_eq!(short, Err(Undefined::BinMismatch));
    let ones = vec![1.0; 50];
    let model = Boosted::fit(&data, Target::new(&ones), Loss::Logistic, &Params::default()).unwrap();
    assert!(model.predict(&data).iter().all(|&p| p > 0.98 && p < 1.0));
}

#[test]
fn the_order_of_the_rows_changes_no_tree() {
    let world = world(3_000, 5);
    let data = binned(&world);
    let backwards: Vec<usize> = (0..data.rows).rev().collect();
    let label: Vec<f64> = backwards.iter().map(|&r| world.label[r]).collect();
    let fit = |data: &Binned, y: &[f64]| {
        Boosted::fit(data, Target::new(y), Loss::Logistic, &Params::default()).unwrap()
    };
    let (one, other) = (fit(&data, &world.label), fit(&data.take(&backwards), &label));
    assert!(one.trees() > 10);
    assert_eq!(one, other);
}

#[test]
fn targets_near_the_smallest_numbers_give_a_flat_answer() {
    let world = world(500, 6);
    let tiny: Vec<f64> = world.odds.iter().map(|odds| odds * 1e-303).collect();
    let model = Boosted::fit(&binned(&world), Target::new(&tiny), Loss::Squared, &Params::default()).unwrap();
    assert!(model.predict(&binned(&world)).iter().all(|p| p.abs() < 1e-300));
}
