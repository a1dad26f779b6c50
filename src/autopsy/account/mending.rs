//! Which repairs the rows since the onset need: one after another, each judged on rows that those before it have mended.
//!
//! Two faults on one log hide each other: the better of their repairs is tried on rows that are still broken by the other. So the
//! first repair is the one that the repair test found best; then every other one that concerns further features is tried on what
//! is mended already, and the best is taken, as long as the launch model's loss falls beyond noise.
//!
//! Beside a changed relation the correct inputs may win nothing back. So a known change of unit that takes its rows back from where
//! the model was never asked counts as well, whatever its repair wins: no population moves like that.

use std::collections::BTreeMap;

use crate::{
    autopsy::{
        Dossier,
        exam::{
            integrity::{Repair, Transform, start, undone},
            yardstick::{self, Launch},
        },
    },
    model::loss::LossKind,
    summary::{Column, Kind, Table},
};

use super::{known::Known, line::answered, measured::mean, period::Periods};

/// The best repair must gain so many standard errors, and this share of the loss …
const WINS_Z: f64 = 2.0;
const WINS_SHARE: f64 = 0.05;

/// … and each further one so many standard errors.
pub(super) const FURTHER_Z: f64 = 3.0;

/// Repairs at most.
const MOST_REPAIRS: usize = 4;

/// A map that leaves a larger part of the distance restores nothing.
const FITS: f64 = 0.4;

/// Maps are undone together if each leaves a smaller part than this.
const FITS_WELL: f64 = 0.2;

/// A map that leaves a larger part of the distance than this may restore its input only roughly.
const EXACT: f64 = 0.05;

/// A repair of fewer rows tells nothing.
pub(super) const FEWEST_ROWS: usize = 50;

/// If a larger share of altered rows lies where the launch model never answered, it was never asked for such values.
const MOST_KNOWN: f64 = 0.5;

/// If a larger share of the repaired rows lies where the launch model never answered, nothing tells what they would lose.
const MOST_OUTSIDE: f64 = 0.2;

/// A repair of some features.
#[derive(Debug, Clone)]
enum Step {
    /// Maps are undone.
    Undo(Vec<Transform>),
    /// The offline values take the place of the served ones.
    Offline(Vec<usize>),
    /// Two columns change places again.
    Swap(usize, usize),
}

impl Step {
    fn of(repair: &Repair) -> Self {
        if repair.transforms.is_empty() {
            Self::Offline(repair.features.clone())
        } else {
            Self::Undo(repair.transforms.clone())
        }
    }

    /// The part of the repair that concerns some features; none where no feature is left.
    fn only(&self, features: &[usize]) -> Option<Self> {
        let own = |j: &usize| features.contains(j);
        let part = match self {
            Self::Undo(maps) => Self::Undo(maps.iter().filter(|map| own(&map.feature)).cloned().collect()),
            Self::Offline(all) => Self::Offline(all.iter().copied().filter(own).collect()),
            Self::Swap(a, b) => return (own(a) && own(b)).then_some(Self::Swap(*a, *b)),
        };
        (!part.features().is_empty()).then_some(part)
    }

    fn features(&self) -> Vec<usize> {
        match self {
            Self::Undo(maps) => maps.iter().map(|map| map.feature).collect(),
            Self::Offline(features) => features.clone(),
            Self::Swap(a, b) => vec![*a, *b],
        }
    }
}

/// The rows since the onset with the repairs so far.
pub(super) struct Mending<'a> {
    dossier: &'a Dossier,
    launch: &'a Launch,
    periods: &'a Periods,
    /// Each row since the onset that is in the offline snapshot: its place here and there.
    joined: Vec<(usize, usize)>,
    /// The rows as repaired.
    pub(super) table: Table,
    /// The features repaired.
    pub(super) inputs: Vec<usize>,
    /// Those of them that the offline snapshot repaired, where it has the row.
    pub(super) offline: Vec<usize>,
    /// Those of them that a map restored, perhaps only roughly.
    pub(super) rough: Vec<usize>,
    /// The repairs, in their order.
    steps: Vec<Step>,
}

/// Repairs the rows since the onset as far as maps, offline values and swapped columns do.
///
/// * `lost`: the loss since the onset.
pub(super) fn mend<'a>(
    known: &Known<'a>,
    launch: &'a Launch,
    periods: &'a Periods,
    lost: f64,
) -> Mending<'a> {
    let mut mending = Mending::new(known.dossier, launch, periods);
    let least = WINS_SHARE * lost.max(0.0);
    let counts =
        |repair: &&Repair| repair.gain.as_ref().is_ok_and(|gain| gain.z() > WINS_Z && gain.mean > least);
    if let Some(repair) = known.integrity.repairs.iter().find(counts) {
        let step = Step::of(repair);
        let table = mending.after(&step);
        mending.take(step, table);
    }
    let steps = steps(known);
    for _ in mending.steps.len()..MOST_REPAIRS {
        let tried = steps
            .iter()
            .filter(|step| step.features().iter().all(|j| !mending.inputs.contains(j)))
            .filter_map(|step| {
                let table = mending.after(step);
                let (gain, error) = mending.gain(&table)?;
                (gain > least && gain > FURTHER_Z * error).then_some((gain, step, table))
            });
        let Some((_, step, table)) = tried.reduce(|a, b| if b.0 > a.0 { b } else { a }) else {
            break;
        };
        mending.take(step.clone(), table);
    }
    for step in &steps {
        let is_open = step.features().iter().all(|j| !mending.inputs.contains(j));
        if let (Step::Undo(maps), true) = (step, is_open && mending.steps.len() < MOST_REPAIRS)
            && let [map] = maps.as_slice()
            && map.is_known()
            && map.ratio() <= EXACT
        {
            let table = mending.after(step);
            if mending.brings_back(&table) {
                mending.take(step.clone(), table);
            }
        }
    }
    mending
}

/// Every repair that a check suggests.
fn steps(known: &Known<'_>) -> Vec<Step> {
    let integrity = known.integrity;
    let maps =
        integrity.transforms.iter().filter(|map| map.ratio() < FITS).map(|map| Step::Undo(vec![map.clone()]));
    let others = integrity.repairs.iter().filter(|repair| repair.transforms.len() != 1).map(Step::of);
    let swapped = match known.swapped {
        [a, b] => {
            let features = &known.dossier.plan.features;
            let numbers = [a, b].iter().all(|j| features[**j].kind == Kind::Numeric);
            numbers.then_some(Step::Swap(*a, *b))
        }
        _ => None,
    };
    // Where several features are altered, undoing one of them shows little: all that a map restores well, together.
    let mut best: BTreeMap<usize, &Transform> = BTreeMap::new();
    for map in integrity.transforms.iter().filter(|map| map.ratio() < FITS_WELL) {
        let kept = best.entry(map.feature).or_insert(map);
        if map.ratio() < kept.ratio() {
            *kept = map;
        }
    }
    let together = (best.len() > 1).then(|| Step::Undo(best.into_values().cloned().collect()));
    maps.chain(others).chain(swapped).chain(together).collect()
}

impl<'a> Mending<'a> {
    /// Nothing is repaired yet.
    fn new(dossier: &'a Dossier, launch: &'a Launch, periods: &'a Periods) -> Self {
        let at: BTreeMap<usize, usize> = dossier
            .offline
            .iter()
            .flat_map(|offline| offline.production_row.iter().enumerate().map(|(at, &row)| (row, at)))
            .collect();
        let place = &periods.since.place;
        Self {
            dossier,
            launch,
            periods,
            joined: (0..place.len()).filter_map(|k| Some((k, *at.get(&place[k])?))).collect(),
            table: periods.since.table.clone(),
            inputs: Vec::new(),
            offline: Vec::new(),
            rough: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// The same repairs of some features on other rows.
    pub(super) fn again<'b>(&self, periods: &'b Periods, features: &[usize]) -> Mending<'b>
    where
        'a: 'b,
    {
        let mut mending = Mending::new(self.dossier, self.launch, periods);
        for step in self.steps.iter().filter_map(|step| step.only(features)) {
            let table = mending.after(&step);
            mending.take(step, table);
        }
        mending
    }

    /// The rows after one more repair.
    fn after(&self, step: &Step) -> Table {
        let mut table = self.table.clone();
        match step {
            Step::Undo(maps) => {
                let whole = undone(self.dossier, &table, maps);
                for map in maps {
                    let rows: Vec<usize> = (self.start(map.feature)..table.rows).collect();
                    copy(
                        &mut table.features[map.feature],
                        &whole.features[map.feature],
                        rows.iter().map(|&r| (r, r)),
                    );
                }
            }
            Step::Offline(features) => {
                for (&j, offline) in
                    features.iter().flat_map(|j| self.dossier.offline.iter().map(move |o| (j, o)))
                {
                    copy(&mut table.features[j], &offline.table.features[j], self.joined.iter().copied());
                }
            }
            Step::Swap(a, b) => {
                let rows: Vec<usize> = (self.start(*a).max(self.start(*b))..table.rows).collect();
                let served = [table.features[*a].clone(), table.features[*b].clone()];
                copy(&mut table.features[*a], &served[1], rows.iter().map(|&r| (r, r)));
                copy(&mut table.features[*b], &served[0], rows.iter().map(|&r| (r, r)));
            }
        }
        table
    }

    fn start(&self, feature: usize) -> usize {
        let (before, since) = (&self.periods.before.table, &self.periods.since.table);
        start(&before.features[feature], &since.features[feature], (before.rows, since.rows))
    }

    fn take(&mut self, step: Step, table: Table) {
        self.inputs.extend(step.features());
        match &step {
            Step::Offline(features) => self.offline.extend(features),
            Step::Undo(maps) => {
                self.rough.extend(maps.iter().filter(|map| map.ratio() > EXACT).map(|map| map.feature));
            }
            Step::Swap(..) => {}
        }
        self.steps.push(step);
        self.table = table;
    }

    /// The rows that are repaired further; none where they are too few, or lie where the launch model never answered.
    fn repaired(&self, next: &Table) -> Option<Vec<usize>> {
        let rows: Vec<usize> = yardstick::altered(&self.table, next)
            .into_iter()
            .enumerate()
            .filter_map(|(row, altered)| altered.then_some(row))
            .collect();
        (rows.len() >= FEWEST_ROWS && self.outside(next, &rows) <= MOST_OUTSIDE).then_some(rows)
    }

    /// The share of some rows of a table that lies where the launch model never answered.
    fn outside(&self, table: &Table, rows: &[usize]) -> f64 {
        let outside = rows.iter().filter(|&&row| self.launch.model.is_outside(table, row)).count();
        outside as f64 / rows.len().max(1) as f64
    }

    /// Whether most of the rows that are repaired further lay where the launch model never answered, and no longer do.
    fn brings_back(&self, next: &Table) -> bool {
        self.repaired(next).is_some_and(|rows| self.outside(&self.table, &rows) > MOST_KNOWN)
    }

    /// What the launch model loses less, per row, on rows that are repaired further, and the standard error; none where it
    /// can't tell.
    fn gain(&self, next: &Table) -> Option<(f64, f64)> {
        let rows = self.repaired(next)?;
        let kind = LossKind::of(&self.dossier.plan);
        let loss = |table: &Table| answered(kind, self.launch, &table.take(&rows));
        let gains: Vec<f64> = loss(&self.table).iter().zip(loss(next)).map(|(was, is)| was - is).collect();
        let share = rows.len() as f64 / next.rows as f64;
        let error = crate::stats::moments::deviation(&gains).ok()? / (gains.len() as f64).sqrt();
        Some((share * mean(&gains), share * error))
    }
}

/// Copies values from rows of one column into rows of another.
pub(super) fn copy(into: &mut Column, from: &Column, pairs: impl Iterator<Item = (usize, usize)>) {
    match (into, from) {
        (Column::Numeric { values, .. }, Column::Numeric { values: from, .. }) => {
            pairs.for_each(|(to, at)| values[to] = from[at]);
        }
        (Column::Categorical(codes), Column::Categorical(from)) => {
            pairs.for_each(|(to, at)| codes[to] = from[at]);
        }
        _ => {}
    }
}
