//! When to retrain: how fast a model loses what its training data taught it, and what that costs.
//!
//! The judged rows of the log are cut into blocks of time. For each block a learner is fitted on the blocks just before it,
//! always the same number of them, and tested on this block and the later ones. On each block, every older learner is
//! compared with the one whose data ends just before it, row by row: the excess loss by age. A line through the origin gives
//! the excess a day, `s`. A model that is retrained every `T` days has a mean age of `T / 2`, so that with `n` rows a day and
//! the cost `c` of a retrain
//!
//! ```text
//! cost a day = n s T / 2 + c / T,   least at T = √(2 c / (n s))
//! ```
//!
//! which is the economic order quantity of Harris (1913).

use rayon::prelude::*;

use crate::{
    autopsy::{Investigation, OnsetKind, scoring::Answers},
    model::learner::{Family, Learner, RowReader},
    stats::moments,
    summary::{Table, Task},
};

use super::{
    backtest::{BacktestAnswers, BacktestData},
    catalogue::Remedy,
    policy,
};

/// Blocks of time, and how many of them a learner is fitted on.
const BLOCKS: usize = 10;
const LEARNT: usize = 3;

/// Fewest judged rows: a block must hold enough to see a gain.
const FEWEST_ROWS: usize = 600;

const DAY: f64 = 86_400e6;

/// The excess loss of learners whose data is some blocks old.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgeGroup {
    /// The mean time between the end of the training data and the middle of the tested block, in days.
    pub days: f64,
    /// Mean loss above that of a learner whose data ends just before the block, in loss per row.
    pub excess: f64,
    /// Its standard error over the blocks; none with fewer than two.
    pub error: Option<f64>,
    /// The same in costs per row, where the case names any.
    pub cost: Option<f64>,
    /// Blocks that were compared.
    pub blocks: usize,
}

/// The loss of one model on the rows of one set.
#[derive(Debug, Clone, PartialEq)]
pub struct Forgetting {
    /// Which rows: `the last rows since the onset`, `rows before the onset`, `the golden set`.
    pub set: &'static str,
    /// What the model learnt from.
    pub learnt: &'static str,
    /// Rows.
    pub rows: usize,
    /// Mean loss of the deployed model.
    pub deployed: f64,
    /// Mean loss of the retrained one.
    pub retrained: f64,
    /// The retrained model's loss less the deployed one's, with its standard error; above 0 it forgets.
    pub change: (f64, f64),
}

/// How a model ages, and what follows for its retraining.
#[derive(Debug, Clone, PartialEq)]
pub struct Ageing {
    /// By age in blocks, the youngest first; the youngest is what the others are compared with.
    pub ages: Vec<AgeGroup>,
    /// Excess loss per row and day of age, with its standard error.
    pub a_day: (f64, f64),
    /// The same in costs, where the case names any.
    pub cost_a_day: Option<(f64, f64)>,
    /// Requests per day, over the log.
    pub rows_a_day: f64,
    /// Loss per row that a model of the rows since the onset would save now: the deployed model's on the last quarter of them
    /// less its own, with the standard error over its rows. None where the diagnosis refuses a retrain: a model that learns
    /// broken values wins on broken rows, which is no saving.
    pub now: Option<(f64, f64)>,
    /// The same in costs.
    pub cost_now: Option<f64>,
    /// Why the diagnosis refuses a retrain, as a sentence.
    pub refused: Option<String>,
    /// Whether only rows before the onset show the ageing: across a sudden one old data are worse at once, and since the inputs
    /// broke every learner learns broken values.
    pub until_onset: bool,
    /// What a retrained model does on rows of the past.
    pub forgets: Vec<Forgetting>,
}

impl Ageing {
    /// The cadence of least cost in days, for a retrain that costs so much; none where ageing is not beyond noise.
    #[must_use]
    pub fn cadence(&self, retrain: f64) -> Option<Cadence> {
        let (slope, error) = self.cost_a_day?;
        let days = |slope: f64| least_cost(retrain, self.rows_a_day * slope);
        (slope - 1.96 * error > 0.0).then(|| Cadence {
            days: days(slope),
            interval: (days(slope + 1.96 * error), days(slope - 1.96 * error)),
            cost: a_day(retrain, self.rows_a_day * slope, days(slope)),
        })
    }
}

/// How often to retrain at the least cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cadence {
    /// Days between two retrains.
    pub days: f64,
    /// Their 95 % interval, by that of the ageing.
    pub interval: (f64, f64),
    /// What retraining and ageing cost a day at this cadence.
    pub cost: f64,
}

/// The days between two retrains that cost least.
///
/// * `slope`: the excess cost of a day's requests by day of age.
fn least_cost(retrain: f64, slope: f64) -> f64 {
    (2.0 * retrain / slope).sqrt()
}

/// What a cadence costs a day.
#[must_use]
pub fn a_day(retrain: f64, slope: f64, days: f64) -> f64 {
    slope * days / 2.0 + retrain / days
}

/// An older learner compared with a younger one on a block.
#[derive(Debug, Clone, Copy, PartialEq)]
struct AgedPoint {
    /// The block that the older learner's data ends before, and the block that it was tested on.
    blocks: (usize, usize),
    /// By how much it is older, in days.
    days: f64,
    /// By how much it loses more.
    excess: f64,
}

/// The slope of a line through the origin, by least squares.
fn through_origin(points: impl Iterator<Item = AgedPoint>) -> Option<f64> {
    let (xy, xx) = points
        .fold((0.0, 0.0), |(xy, xx), point| (xy + point.days * point.excess, xx + point.days * point.days));
    (xx > 0.0).then(|| xy / xx)
}

/// The slope of a line through the origin with its standard error. Two comparisons that share a block or a learner are not
/// independent, so the error is the jackknife's over blocks: each time, all comparisons with one block are left out, as a tested
/// one or as the older learner's (Frank and Snijders 1994).
fn slope(points: &[AgedPoint]) -> Option<(f64, f64)> {
    let whole = through_origin(points.iter().copied()).filter(|_| points.len() >= 3)?;
    let mut blocks: Vec<usize> = points.iter().flat_map(|point| [point.blocks.0, point.blocks.1]).collect();
    blocks.sort_unstable();
    blocks.dedup();
    let without = |block: &usize| {
        let holds = |point: &&AgedPoint| point.blocks.0 != *block && point.blocks.1 != *block;
        through_origin(points.iter().filter(holds).copied())
    };
    let left: Vec<f64> = blocks.iter().filter_map(without).collect();
    if left.len() < 3 {
        return None;
    }
    let n = left.len() as f64;
    let middle = mean(&left);
    // Two blocks are in each comparison: the factor is (n − 2) / 2 in place of the (n − 1) of independent rows.
    let variance = (n - 2.0) / 2.0 * left.iter().map(|slope| (slope - middle).powi(2)).sum::<f64>() / n;
    Some((whole, variance.sqrt()))
}

/// Measures how a model ages on this log, and what a retrained one forgets.
///
/// # Errors
///
/// Why it can't be measured, as a clause.
pub fn ageing(investigation: &Investigation) -> Result<Ageing, String> {
    if let Some(why) = investigation.dossier.without_rows(true, true) {
        return Err(why.to_owned());
    }
    let backtest = BacktestData::new(investigation);
    // Across a sudden onset old data are worse at once, which is no ageing; neither is what broken inputs do to a learner.
    let before = backtest.logged.judged_rows(&investigation.framing.before);
    let is_sudden = investigation.framing.onset.is_some_and(|onset| onset.kind == OnsetKind::Sudden);
    let diagnosis = &investigation.diagnosis;
    let refused = policy::refused_because(diagnosis, Remedy::Retrain);
    let is_broken = diagnosis.top().is_some_and(|top| top.cause.is_of_inputs()) && refused.is_some();
    if is_broken && before.len() < FEWEST_ROWS {
        return Err(format!(
            "the inputs are broken since the onset, and of the {FEWEST_ROWS} judged rows before it that ageing needs there are {}",
            before.len()
        ));
    }
    let until_onset = (is_sudden || is_broken) && before.len() >= FEWEST_ROWS;
    let judged = if until_onset { &before } else { &backtest.judged };
    if !backtest.has_clock() {
        return Err("the log has no clock".to_owned());
    }
    if judged.len() < FEWEST_ROWS {
        return Err(format!("{} rows have label and answer, and {FEWEST_ROWS} are needed", judged.len()));
    }
    let cut = |block: usize| judged.len() * block / BLOCKS;
    let blocks: Vec<&[usize]> = (0..BLOCKS).map(|block| &judged[cut(block)..cut(block + 1)]).collect();
    // The learner of an origin is fitted on the blocks just before it and answers that block and all later ones.
    let fitted: Result<Vec<Vec<BacktestAnswers>>, String> = (LEARNT..BLOCKS)
        .into_par_iter()
        .map(|origin| {
            let rows = blocks[origin - LEARNT..origin].concat();
            let rows = known(&backtest, &rows, blocks[origin]);
            let tests: Vec<&[usize]> = blocks[origin..].to_vec();
            learn_and_answer(&backtest, &rows, &tests)
        })
        .collect();
    let fitted = fitted?;
    let answered = |origin: usize, test: usize| &fitted[origin - LEARNT][test - origin];
    let middle = |rows: &[usize]| backtest.at(rows[rows.len() / 2]);
    let losses = |answers: &BacktestAnswers, rows: &[usize]| per_row(&backtest, answers, rows);
    let mut points = Vec::new();
    let mut costs = Vec::new();
    let mut ages = Vec::new();
    for age in 0..BLOCKS - LEARNT {
        let (mut days, mut excess, mut cost) = (Vec::new(), Vec::new(), Vec::new());
        for test in LEARNT + age..BLOCKS {
            let rows = blocks[test];
            let (old, new) = (losses(answered(test - age, test), rows), losses(answered(test, test), rows));
            let last = *blocks[test - age - 1].last().unwrap_or(&0);
            days.push((middle(rows) - backtest.at(last)) as f64 / DAY);
            excess.push(mean(&old.0) - mean(&new.0));
            if let (Some(old), Some(new)) = (old.1, new.1) {
                cost.push(mean(&old) - mean(&new));
            }
        }
        if age > 0 {
            // The youngest learner is itself some time old; only what is added counts.
            let first = ages.first().map_or(0.0, |first: &AgeGroup| first.days);
            let tested = LEARNT + age..BLOCKS;
            let point = |((test, day), excess): ((usize, &f64), &f64)| AgedPoint {
                blocks: (test - age, test),
                days: day - first,
                excess: *excess,
            };
            points.extend(tested.clone().zip(&days).zip(&excess).map(point));
            costs.extend(tested.zip(&days).zip(&cost).map(point));
        }
        ages.push(AgeGroup {
            days: mean(&days),
            excess: mean(&excess),
            error: moments::deviation(&excess).ok().map(|d| d / (excess.len() as f64).sqrt()),
            cost: (!cost.is_empty()).then(|| mean(&cost)),
            blocks: excess.len(),
        });
    }
    let a_day = slope(&points).ok_or("the blocks show no course of the loss by age")?;
    let newest = if refused.is_some() { None } else { Some(newest(&backtest)?) };
    let saved = newest.as_ref().map(|(logged, young)| -> Vec<f64> {
        logged.0.iter().zip(&young.0).map(|(logged, young)| logged - young).collect()
    });
    let cost = |(logged, young): (RowLosses, RowLosses)| Some(mean(&logged.1?) - mean(&young.1?));
    let (from, to) = investigation.dossier.period().unwrap_or((0, 0));
    let length = ((to - from) as f64 / DAY).max(1.0 / 24.0);
    Ok(Ageing {
        ages,
        a_day,
        cost_a_day: slope(&costs),
        rows_a_day: investigation.dossier.production.rows as f64 / length,
        now: saved.map(|saved| (mean(&saved), error_of(&saved))),
        cost_now: newest.and_then(cost),
        until_onset,
        forgets: forgets(&backtest, refused.is_none())?,
        refused,
    })
}

/// Judged rows that a learner knows, with those between them and the tested rows that only people have labelled.
fn known(backtest: &BacktestData<'_>, rows: &[usize], tested: &[usize]) -> Vec<usize> {
    match (rows.first(), tested.first()) {
        (Some(&first), Some(&until)) => backtest.with_reviewed(rows, backtest.at(first)..backtest.at(until)),
        _ => rows.to_vec(),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn error_of(values: &[f64]) -> f64 {
    moments::deviation(values).map_or(f64::NAN, |deviation| deviation / (values.len() as f64).sqrt())
}

/// Fits a learner on production rows and answers others.
fn learn_and_answer(
    backtest: &BacktestData<'_>,
    rows: &[usize],
    tests: &[&[usize]],
) -> Result<Vec<BacktestAnswers>, String> {
    let joint = |rows: &[usize]| rows.iter().map(|row| backtest.first + row).collect::<Vec<usize>>();
    let model = Model::fit(backtest, &joint(rows))?;
    Ok(tests.iter().map(|test| model.answer(backtest, &backtest.joint, &joint(test))).collect())
}

/// A learner with the reader that it was fitted with.
struct Model {
    reader: RowReader,
    learner: Learner,
}

impl Model {
    /// Fits on rows of the joint table.
    fn fit(backtest: &BacktestData<'_>, rows: &[usize]) -> Result<Self, String> {
        let rows = backtest.for_learners(rows);
        let reader = RowReader::fit(Family::Boosted, backtest.plan, &backtest.joint, &rows);
        let read = reader.read(&backtest.joint, &rows);
        let learner =
            Learner::fit(backtest.plan, &read, &backtest.labels(&rows)).map_err(|why| why.to_string())?;
        Ok(Self { reader, learner })
    }

    fn answer(&self, backtest: &BacktestData<'_>, table: &Table, rows: &[usize]) -> BacktestAnswers {
        backtest.answered(self.learner.answers(&self.reader.read(table, rows), backtest.kind))
    }
}

/// The loss of each row, and its cost where the case names any.
type RowLosses = (Vec<f64>, Option<Vec<f64>>);

/// Losses and costs of a learner's answers.
fn per_row(backtest: &BacktestData<'_>, answers: &BacktestAnswers, rows: &[usize]) -> RowLosses {
    let label: Vec<f64> = rows.iter().map(|&row| backtest.log.label[row]).collect();
    judged(backtest, &label, &answers.prediction, &answers.score)
}

/// The same of the logged answers.
fn logged(backtest: &BacktestData<'_>, rows: &[usize]) -> RowLosses {
    let pick = |values: &[f64]| rows.iter().filter_map(|&row| values.get(row).copied()).collect::<Vec<f64>>();
    let logged = &backtest.logged;
    judged(backtest, &pick(&backtest.log.label), &pick(logged.prediction), &pick(logged.score))
}

fn judged(backtest: &BacktestData<'_>, label: &[f64], prediction: &[f64], score: &[f64]) -> RowLosses {
    let answers = Answers {
        task: backtest.plan.task,
        classes: backtest.plan.classes.len(),
        label,
        prediction,
        score: if backtest.plan.task == Task::Binary { score } else { &[] },
        class_scores: &[],
    };
    let losses = (0..label.len()).map(|row| answers.loss(row)).collect();
    let costs = &backtest.dossier.costs;
    let of = |row: usize| -> Option<f64> {
        let (answer, truth) = (answers.answer_of(row), label[row]);
        match backtest.plan.task {
            Task::Regression => Some(costs.error? * (answer - truth).abs()),
            Task::Binary if answer > truth => costs.false_positive.or(costs.error),
            Task::Binary if answer < truth => costs.false_negative.or(costs.error),
            Task::Multiclass if answer != truth => costs.error,
            Task::Binary | Task::Multiclass => Some(0.0),
        }
    };
    let any = costs.error.or(costs.false_positive).or(costs.false_negative).is_some();
    let costs: Option<Vec<f64>> = (0..label.len()).map(of).collect();
    (losses, costs.filter(|_| any))
}

/// The losses (and costs) of the deployed model and of one that learnt from the rows since the onset, on the last of them.
fn newest(backtest: &BacktestData<'_>) -> Result<(RowLosses, RowLosses), String> {
    let (learnt, last) = backtest.since.split_at(backtest.since.len() - backtest.since.len() / 4);
    let answers = learn_and_answer(backtest, &known(backtest, learnt, last), &[last])?;
    let answers = answers.first().ok_or("too few labelled rows since the onset")?;
    Ok((logged(backtest, last), per_row(backtest, answers, last)))
}

/// What models retrained on the newest rows do on rows of the past.
///
/// * `of_now`: also what they do on the last rows since the onset.
fn forgets(backtest: &BacktestData<'_>, of_now: bool) -> Result<Vec<Forgetting>, String> {
    let since = &backtest.since;
    let held = since.len() - since.len() / 4;
    let (learnt, recent) = since.split_at(held);
    let newest = known(backtest, learnt, recent);
    let before: Vec<usize> = backtest.logged.judged_rows(&backtest.investigation.framing.before);
    // Every third row before the onset is kept out of all learners.
    let kept: Vec<usize> = before.iter().copied().step_by(3).collect();
    let learnable: Vec<usize> =
        before.iter().copied().enumerate().filter(|(at, _)| at % 3 != 0).map(|(_, row)| row).collect();
    let joint = |rows: &[usize]| rows.iter().map(|row| backtest.first + row).collect::<Vec<usize>>();
    let mut done = Vec::new();
    let ways = [
        ("rows since the onset", joint(&newest)),
        (
            "training and the whole log",
            [backtest.training.clone(), joint(&learnable), joint(&newest)].concat(),
        ),
    ];
    let sets = [("the last rows since the onset", recent), ("rows before the onset", kept.as_slice())];
    for (learnt, rows) in ways {
        let Ok(model) = Model::fit(backtest, &rows) else { continue };
        for (set, rows) in sets.into_iter().skip(usize::from(!of_now)) {
            if rows.len() < 50 {
                continue;
            }
            let answers = model.answer(backtest, &backtest.joint, &joint(rows));
            let (is, _) = per_row(backtest, &answers, rows);
            let (was, _) = logged(backtest, rows);
            done.push(forgetting(set, learnt, &was, &is));
        }
        if let Some((was, is)) =
            backtest.dossier.golden.as_ref().and_then(|golden| on_golden(backtest, &model, golden))
        {
            done.push(forgetting("the golden set", learnt, &was, &is));
        }
    }
    if done.is_empty() && of_now {
        return Err("too few labelled rows since the onset to retrain on".to_owned());
    }
    Ok(done)
}

/// The losses of deployed and retrained model on the golden set.
fn on_golden(backtest: &BacktestData<'_>, model: &Model, golden: &Table) -> Option<(Vec<f64>, Vec<f64>)> {
    let now = Answers::logged(backtest.plan, golden);
    let rows = now.judged_rows(&(0..golden.rows).collect::<Vec<_>>());
    if rows.len() < 50 {
        return None;
    }
    let answers = model.answer(backtest, golden, &rows);
    let label: Vec<f64> = rows.iter().map(|&row| golden.label[row]).collect();
    let (is, _) = judged(backtest, &label, &answers.prediction, &answers.score);
    Some((rows.iter().map(|&row| now.loss(row)).collect(), is))
}

fn forgetting(set: &'static str, learnt: &'static str, was: &[f64], is: &[f64]) -> Forgetting {
    let change: Vec<f64> = was.iter().zip(is).map(|(was, is)| is - was).collect();
    Forgetting {
        set,
        learnt,
        rows: was.len(),
        deployed: mean(was),
        retrained: mean(is),
        change: (mean(&change), error_of(&change)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn the_line_through_the_origin_is_that_of_numpy_and_its_error_that_of_a_jackknife() {
        // p = [((3, 4), 1, .02), ((3, 5), 2, .05), ((4, 5), 1, .01), ((3, 6), 3, .09), ((4, 6), 2, .03), ((5, 6), 1, .03)]
        // f = lambda p: sum(d * e for _, d, e in p) / sum(d * d for _, d, e in p)
        // t = [f([q for q in p if b not in q[0]]) for b in (3, 4, 5, 6)]; f(p), (2 / 8 * sum((a - np.mean(t))**2 for a in t))**.5
        let points: Vec<AgedPoint> = [
            ((3, 4), 1.0, 0.02),
            ((3, 5), 2.0, 0.05),
            ((4, 5), 1.0, 0.01),
            ((3, 6), 3.0, 0.09),
            ((4, 6), 2.0, 0.03),
            ((5, 6), 1.0, 0.03),
        ]
        .map(|(blocks, days, excess)| AgedPoint { blocks, days, excess })
        .to_vec();
        let (slope, error) = slope(&points).unwrap();
        assert!((slope - 0.0245).abs() < 1e-12, "{slope}");
        assert!((error - 0.004_385_414_394_379_492).abs() < 1e-12, "{error}");
        assert_eq!(super::slope(&[AgedPoint { days: 0.0, ..points[0] }; 5]), None);
    }

    #[test]
    fn the_cadence_of_least_cost_is_the_minimum_of_the_costs() {
        // scipy.optimize.minimize_scalar(lambda t: 40 * t / 2 + 500 / t, bounds=(.1, 50), method='bounded') -> x 5, fun 200
        let days = least_cost(500.0, 40.0);
        assert!((days - 5.0).abs() < 1e-12 && (a_day(500.0, 40.0, days) - 200.0).abs() < 1e-9);
        let ageing = Ageing {
            ages: Vec::new(),
            a_day: (0.01, 0.001),
            cost_a_day: Some((0.04, 0.01)),
            rows_a_day: 1000.0,
            now: None,
            cost_now: None,
            refused: None,
            until_onset: false,
            forgets: Vec::new(),
        };
        let cadence = ageing.cadence(500.0).expect("it ages beyond noise");
        assert!((cadence.days - 5.0).abs() < 1e-12);
        assert!(cadence.interval.0 < 5.0 && cadence.interval.1 > 5.0, "{cadence:?}");
        let noise = Ageing { cost_a_day: Some((0.04, 0.03)), ..ageing };
        assert_eq!(noise.cadence(500.0), None);
    }

    #[test]
    fn a_model_of_the_old_relation_ages_where_the_relation_moves() {
        // The outcome turns from one input to another over the log: old learners know the wrong one.
        let mut investigation = fixture::investigation();
        let mut dossier = (*investigation.dossier).clone();
        let sample = &mut dossier.production.sample;
        let rows = sample.rows;
        let mut generator = crate::stats::random::rng(5);
        let values: Vec<Vec<f64>> =
            (0..2).map(|_| (0..rows).map(|_| crate::stats::random::unit(&mut generator)).collect()).collect();
        for (row, (first, second)) in values[0].iter().zip(&values[1]).enumerate() {
            let share = row as f64 / rows as f64;
            let x = (1.0 - share) * first + share * second;
            sample.label[row] = f64::from(u8::from(x > 0.5));
        }
        let numeric = |values: &[f64]| crate::summary::Column::Numeric {
            values: values.to_vec(),
            unreadable: Vec::new(),
            examples: Vec::new(),
        };
        sample.features[0] = numeric(&values[0]);
        sample.features[2] = numeric(&values[1]);
        investigation.dossier = std::sync::Arc::new(dossier);
        let ageing = ageing(&investigation).expect("enough rows");
        assert!(ageing.a_day.0 > 3.0 * ageing.a_day.1, "{:?}", ageing.a_day);
        let old = ageing.ages.last().expect("ages");
        assert!(old.excess > ageing.ages[1].excess, "{:?}", ageing.ages);
        assert!(
            ageing
                .forgets
                .iter()
                .any(|f| f.set == "rows before the onset" && f.learnt == "rows since the onset")
        );
    }
}
