//! A small search over hyperparameters on the rows since the onset: what tuning anew adds over the usual ones.
//!
//! The rows are cut into blocks of time; each block is answered by learners of the blocks before it. The best setting is chosen
//! without the block that it is judged on (nested, after Varma and Simon 2006), so that the gain of choosing is honest.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::{
    autopsy::Investigation,
    model::{
        boosted::{Boosted, Loss, Params, Target},
        folds::thin,
        learner::{Family, LAMBDA, RowReader, Rows},
        loss::LossKind,
    },
    stats::{
        linear::{logistic, ridge},
        testing::{MeanDifference, paired},
    },
    summary::Task,
    text::number,
};

use super::{
    table::{Cell, Format, StudyTable},
    topic::{Study, Topic},
};

/// Blocks of time; the first ones are only learnt from.
const BLOCKS: usize = 6;
const LEARNT: usize = 2;

/// Rows at most, and at least.
const MOST_ROWS: usize = 4000;
const FEWEST_ROWS: usize = 600;

/// The usual setting of trees, as the learners of the diagnosis have it.
const USUAL: Params = Params {
    trees: 70,
    learning_rate: 0.1,
    leaves: 10,
    depth: 4,
    l2: 3.0,
    min_child_weight: 0.5,
    min_rows: 20,
    patience: None,
};

/// A setting of a learner.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Setting {
    Trees(Params),
    Penalty(f64),
}

impl Setting {
    /// All that are tried, the usual trees first.
    fn all(task: Task) -> Vec<Self> {
        let mut all = vec![Self::Trees(USUAL)];
        for (depth, leaves) in [(2, 4), (4, 10), (6, 24)] {
            for (learning_rate, trees) in [(0.05, 150), (0.1, 70), (0.2, 40)] {
                let setting = Self::Trees(Params { trees, learning_rate, leaves, depth, ..USUAL });
                if setting != all[0] {
                    all.push(setting);
                }
            }
        }
        if task != Task::Multiclass {
            all.extend([0.1, 1.0, LAMBDA, 50.0].map(Self::Penalty));
        }
        all
    }

    fn name(self) -> String {
        match self {
            Self::Trees(params) => format!(
                "{} trees of depth {} with rate {}",
                params.trees,
                params.depth,
                number::value(params.learning_rate)
            ),
            Self::Penalty(lambda) => format!("regression with penalty {}", number::value(lambda)),
        }
    }

    const fn family(self) -> Family {
        match self {
            Self::Trees(_) => Family::Boosted,
            Self::Penalty(_) => Family::Linear,
        }
    }
}

pub(super) fn study(investigation: &Investigation) -> Result<Study, String> {
    let dossier = &investigation.dossier;
    let sample = &dossier.production.sample;
    let kind = LossKind::of(&dossier.plan);
    let judged: Vec<usize> = investigation
        .framing
        .after
        .iter()
        .copied()
        .filter(|&row| sample.label.get(row).is_some_and(|label| label.is_finite()))
        .collect();
    if judged.len() < FEWEST_ROWS {
        return Err(format!(
            "{} rows since the onset have a label, and {FEWEST_ROWS} are needed",
            judged.len()
        ));
    }
    let rows = thin(&judged, MOST_ROWS);
    // What only people have labelled is learnt from, too; nothing is judged on it, since people were shown doubtful rows.
    let since: BTreeSet<usize> = investigation.framing.after.iter().copied().collect();
    let mut reviewed = dossier.labelled_by_people();
    reviewed.retain(|(row, _)| since.contains(row));
    let settings = Setting::all(dossier.task());
    let jobs: Vec<(usize, usize)> =
        (0..settings.len()).flat_map(|s| (LEARNT..BLOCKS).map(move |block| (s, block))).collect();
    let losses: Vec<Option<Vec<f64>>> = jobs
        .into_par_iter()
        .map(|(s, block)| answered(investigation, kind, settings[s], (&rows, &reviewed), block))
        .collect();
    let blocks = BLOCKS - LEARNT;
    let by_setting: Vec<Option<Vec<Vec<f64>>>> =
        losses.chunks(blocks).map(|chunk| chunk.iter().cloned().collect()).collect();
    let known: Vec<(Setting, Vec<Vec<f64>>)> =
        settings.into_iter().zip(by_setting).filter_map(|(s, losses)| Some((s, losses?))).collect();
    let Some((Setting::Trees(_), usual)) = known.first() else {
        return Err("the usual learner can't be fitted on these rows".to_owned());
    };
    let chosen: Vec<usize> = (0..blocks).map(|out| best(&known, Some(out))).collect();
    let tuned: Vec<f64> =
        chosen.iter().enumerate().flat_map(|(block, &s)| known[s].1[block].clone()).collect();
    let gain = paired(&tuned, &usual.concat()).map_err(|why| why.to_string())?;
    let half = 1.96 * gain.error;
    let mut study = Study::new(Topic::Tuning);
    study.says.extend(super::retraining::not_the_repair(investigation));
    let favourite = &known[best(&known, None)].0;
    study.says.push(if gain.difference > half {
        format!(
            "Tuning anew takes {} ± {} off the loss a row, {} of it: best is {}.",
            number::metric(gain.difference),
            number::metric(half),
            number::share(gain.difference / mean(&usual.concat())),
            favourite.name()
        )
    } else {
        format!(
            "Tuning anew adds nothing beyond noise over the usual setting ({} ± {} of loss a row); best on all blocks is {}.",
            number::signed(gain.difference),
            number::metric(half),
            favourite.name()
        )
    });
    study.tables.push(table(&known, &gain));
    study.limits.push(
        "The learners are this program's own; a setting that is best for them need not be for the deployed model's."
            .to_owned(),
    );
    Ok(study)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The setting with the least mean loss, without one of the blocks.
fn best(known: &[(Setting, Vec<Vec<f64>>)], without: Option<usize>) -> usize {
    let loss = |of: &[Vec<f64>]| {
        let kept: Vec<f64> = of
            .iter()
            .enumerate()
            .filter(|(block, _)| Some(*block) != without)
            .flat_map(|(_, losses)| losses.iter().copied())
            .collect();
        mean(&kept)
    };
    // Of equals the first, so that the usual setting stays where nothing is better.
    (0..known.len()).min_by(|&a, &b| loss(&known[a].1).total_cmp(&loss(&known[b].1))).unwrap_or(0)
}

/// The losses on a block of a learner of all blocks before it.
fn answered(
    investigation: &Investigation,
    kind: LossKind,
    setting: Setting,
    (rows, reviewed): (&[usize], &[(usize, f64)]),
    block: usize,
) -> Option<Vec<f64>> {
    let plan = &investigation.dossier.plan;
    let sample = &investigation.dossier.production.sample;
    let cut = |block: usize| rows.len() * block / BLOCKS;
    let test = &rows[cut(block)..cut(block + 1)];
    let label = |row: usize| sample.label[row];
    let known = rows[..cut(block)].iter().map(|&row| (row, label(row)));
    let mut learnt: Vec<(usize, f64)> =
        known.chain(reviewed.iter().copied().filter(|(row, _)| *row < test[0])).collect();
    learnt.sort_unstable_by_key(|(row, _)| *row);
    let (known, labels): (Vec<usize>, Vec<f64>) = learnt.into_iter().unzip();
    let reader = RowReader::fit(setting.family(), plan, sample, &known);
    let class = |p: f64| if kind == LossKind::Wrong { f64::from(u8::from(p > 0.5)) } else { p };
    let answers: Vec<f64> = match (setting, reader.read(sample, &known), reader.read(sample, test)) {
        (Setting::Trees(params), Rows::Binned(known_rows), Rows::Binned(next)) => {
            let classes = plan.classes.len().max(2);
            let loss = match plan.task {
                Task::Binary => Loss::Logistic,
                Task::Regression => Loss::Squared,
                Task::Multiclass => Loss::Multinomial { classes },
            };
            let trees = Boosted::fit(&known_rows, Target::new(&labels), loss, &params).ok()?;
            let raw = trees.predict(&next);
            match plan.task {
                Task::Multiclass => raw
                    .chunks_exact(classes)
                    .map(|p| (0..classes).fold(0, |best, k| if p[k] > p[best] { k } else { best }) as f64)
                    .collect(),
                Task::Regression => raw,
                Task::Binary => raw.into_iter().map(class).collect(),
            }
        }
        (Setting::Penalty(lambda), Rows::Encoded(x), Rows::Encoded(next)) => match plan.task {
            Task::Regression => ridge(&x, &labels, lambda, None).ok()?.predict(&next),
            _ => {
                let model = logistic(&x, &labels, lambda, None, None).ok()?;
                model.predict(&next).into_iter().map(class).collect()
            }
        },
        _ => return None,
    };
    Some(test.iter().zip(&answers).map(|(&row, &answer)| kind.of_answer(label(row), answer)).collect())
}

fn table(known: &[(Setting, Vec<Vec<f64>>)], gain: &MeanDifference) -> StudyTable {
    let mut table = StudyTable::new(
        "settings",
        "Settings, on blocks of time that their learners had not seen",
        &[
            ("setting", "setting", Format::Text),
            ("loss", "mean loss", Format::Metric),
            ("gain", "better than the usual by (95 %)", Format::Signed),
        ],
    );
    let usual = known[0].1.concat();
    let mut order: Vec<usize> = (0..known.len()).collect();
    order.sort_by(|&a, &b| mean(&known[a].1.concat()).total_cmp(&mean(&known[b].1.concat())).then(a.cmp(&b)));
    let cell = |gain: &MeanDifference| {
        let half = 1.96 * gain.error;
        Cell::Interval(gain.difference, (gain.difference - half, gain.difference + half))
    };
    for at in order {
        let losses = known[at].1.concat();
        let name = if at == 0 { format!("{} (usual)", known[at].0.name()) } else { known[at].0.name() };
        let gain = paired(&losses, &usual).ok().filter(|_| at > 0);
        table.push(vec![name.into(), mean(&losses).into(), gain.as_ref().map_or(Cell::Missing, cell)]);
    }
    table.push(vec!["chosen anew for each block, without it".into(), Cell::Missing, cell(gain)]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture;

    #[test]
    fn the_choice_does_not_see_the_block_that_it_is_judged_on() {
        let of = |losses: [f64; 3]| losses.map(|loss| vec![loss]).to_vec();
        let known =
            vec![(Setting::Trees(USUAL), of([1.0, 1.0, 1.0])), (Setting::Penalty(1.0), of([0.0, 1.2, 1.2]))];
        assert_eq!(best(&known, None), 1);
        assert_eq!([0, 1, 2].map(|out| best(&known, Some(out))), [0, 1, 1]);
        assert_eq!(best(&[known[0].clone(), known[0].clone()], None), 0);
    }

    #[test]
    fn settings_are_compared_on_later_blocks() {
        let study = study(&fixture::investigation()).expect("labels");
        let table = &study.tables[0];
        assert_eq!(table.rows.len(), 9 + 4 + 1);
        let losses: Vec<f64> = table
            .rows
            .iter()
            .filter_map(|row| if let Cell::Number(x) = row[1] { Some(x) } else { None })
            .collect();
        assert!(losses.is_sorted() && losses.iter().all(|loss| *loss > 0.0), "{losses:?}");
    }
}
