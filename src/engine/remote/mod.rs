//! The engine for snapshots that are tables of a Spark cluster: the cluster counts, and only counts and a bounded sample
//! travel. Plan, summary and sample are those that the local engine makes of the same rows.

mod clock;
mod connection;
mod counting;
mod origin;
mod relation;
mod sampling;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use self::{
    clock::{Clock, clock_of, inside, within},
    connection::Connection,
    counting::Spellings,
    origin::Origin,
    relation::Relation,
    sampling::Threshold,
};
use super::{
    Engine, EngineError, LocalEngine, PassControl, PassProgress, StoredColumns, fields, fields::Field,
    finishing, levels::Levels, local, planning,
};
use crate::{
    case::{Case, CaseError, Event, FileHash, Peek, Remote, SnapshotRole},
    summary::{
        JoinedRows, Plan, SnapshotSummary, Task,
        accumulator::Counting,
        reservoir::{Reservoir, Sampled, Slot},
        values::{Dictionary, Spelling},
    },
    text::number,
};

/// Rows that are looked at where the roles of columns are in doubt.
const PEEKED_ROWS: usize = 1000;

/// Spellings of classes that are told apart; rarer ones count as missing.
const MOST_SPELLINGS: usize = 2000;

/// The largest number of classes beyond those of training, as in the local pass.
const MOST_FRESH_CLASSES: usize = 64;

/// Reads the snapshots of a case on a Spark cluster; those that are files beside the contract are read here.
#[derive(Debug)]
pub(super) struct RemoteEngine {
    local: LocalEngine,
    connection: Connection,
    /// Which rows of production were sampled, for the snapshots that are joined with them.
    sampled: Mutex<Option<Threshold>>,
    /// The snapshots whose columns are known, by role and name.
    relations: Mutex<BTreeMap<(&'static str, String), Relation>>,
    /// What was read, in order.
    origins: Mutex<Vec<Origin>>,
}

/// The spellings of labels and of predictions, new classes, and spelling variants with their classes.
type Classes = (Spellings, Spellings, Vec<String>, BTreeMap<String, String>);

impl RemoteEngine {
    pub(super) fn new(remote: &Remote) -> Self {
        Self {
            local: LocalEngine::default(),
            connection: Connection::new(&remote.engine),
            sampled: Mutex::new(None),
            relations: Mutex::default(),
            origins: Mutex::default(),
        }
    }

    /// A snapshot on the cluster with its columns; none if it is a file here, or the case names none.
    fn relation(
        &self,
        case: &Case,
        role: SnapshotRole,
        control: &PassControl<'_>,
    ) -> Result<Option<Relation>, EngineError> {
        let Some(named) = role.named(case).filter(|named| !is_here(case, named)) else {
            return Ok(None);
        };
        let key = (role.key(), named.to_owned());
        if let Some(known) = locked(&self.relations).get(&key) {
            return Ok(Some(known.clone()));
        }
        let relation = Relation::named(case, role, named)?;
        let rows = self.connection.texts(&relation.description(), control)?;
        let described = rows.into_iter().filter_map(|row| {
            let mut cells = row.into_iter();
            Some((cells.next()??, cells.next()??.to_lowercase()))
        });
        let relation = relation.with_columns(case, role, described.collect())?;
        locked(&self.relations).insert(key, relation.clone());
        Ok(Some(relation))
    }

    /// Keeps what was read, and says so.
    fn read(&self, origin: Origin, notes: &mut Vec<String>) {
        notes.push(origin.sentence());
        let mut origins = locked(&self.origins);
        origins.retain(|known| known.named() != origin.named());
        origins.push(origin);
    }

    /// The spellings of label and prediction, the most frequent first, with the class of each; new classes; spelling variants.
    fn classes(
        &self,
        relation: &Relation,
        plan: &Plan,
        listed: &[Field],
        conditions: &[String],
        control: &PassControl<'_>,
    ) -> Result<Classes, EngineError> {
        let (mut labels, mut predictions) = (Vec::new(), Vec::new());
        let mut respelt = BTreeMap::new();
        if plan.task == Task::Regression {
            return Ok(<_>::default());
        }
        for field in listed.iter().filter(|field| matches!(field.slot, Slot::Label | Slot::Prediction)) {
            let Some(text) = relation.text(&field.column, field.known.spelling()) else { continue };
            let sql = format!(
                "SELECT t FROM (SELECT {text} AS t FROM ({}){}) WHERE t IS NOT NULL GROUP BY t \
                 ORDER BY count(*) DESC, t LIMIT {MOST_SPELLINGS}",
                relation.rows(),
                conditions_of(conditions)
            );
            let mut dictionary = Dictionary::new(field.known.clone());
            let found = if field.slot == Slot::Label { &mut labels } else { &mut predictions };
            for text in self.connection.texts(&sql, control)?.into_iter().flatten().flatten() {
                let code = dictionary.encode(&text);
                found.push((text, dictionary.text(code).to_owned()));
            }
            respelt.extend(dictionary.respelt().clone());
        }
        let is_new = |class: &&String| !plan.classes.contains(class);
        let classes = labels.iter().chain(&predictions).map(|(_, class)| class);
        let mut fresh: Vec<String> = classes.filter(is_new).cloned().collect();
        fresh.sort_unstable();
        fresh.dedup();
        if fresh.len() > MOST_FRESH_CLASSES {
            fresh.clear();
        }
        let known = plan.classes.len();
        let code = |class: &String| {
            let new = || fresh.iter().position(|new| new == class).map(|at| known + at);
            // A class that is not told apart is still unseen, and no missing value.
            plan.classes.iter().position(|known| known == class).or_else(new).unwrap_or(known + fresh.len())
        };
        let coded = |found: Vec<(String, String)>| Spellings {
            codes: found
                .into_iter()
                .map(|(text, class)| {
                    let code = code(&class);
                    (text, code)
                })
                .collect(),
        };
        let (labels, predictions) = (coded(labels), coded(predictions));
        Ok((labels, predictions, fresh, respelt))
    }

    fn origin(
        &self,
        case: &Case,
        role: SnapshotRole,
        relation: &Relation,
        control: &PassControl<'_>,
    ) -> Result<Origin, EngineError> {
        Origin::of(relation, relation::filter_of(case, role), &self.connection, control)
    }

    fn threshold_of_production(&self) -> Option<Threshold> {
        *locked(&self.sampled)
    }

    /// The rows of a snapshot whose ids are among those of production's sample.
    fn rows_with_ids(
        &self,
        case: &Case,
        relation: &Relation,
        listed: &[Field],
        control: &PassControl<'_>,
    ) -> Result<Option<Reservoir>, EngineError> {
        let production = self.relation(case, SnapshotRole::Production, control)?;
        let (Some(production), Some(threshold)) = (production, self.threshold_of_production()) else {
            return Ok(None);
        };
        let id = listed.iter().find(|field| field.slot == Slot::Id).map(|field| &field.column);
        let text = |relation: &Relation| relation.text(id?, Spelling::Exact);
        let (Some(own), Some(theirs)) = (text(relation), text(&production)) else {
            return Ok(None);
        };
        let mut conditions = vec![threshold.condition(&production.hash(case))];
        conditions.extend(inside(case, &production, finishing::period(case, SnapshotRole::Production)));
        let ids = format!("SELECT {theirs} FROM ({}) WHERE {}", production.rows(), conditions.join(" AND "));
        let wanted = sampling::Wanted {
            relation,
            fields: listed,
            // The hash of an id is the same in both tables, so most rows are left out before the join.
            threshold,
            most: usize::MAX / 4,
            conditions: vec![format!("{own} IN ({ids})")],
            windows: None,
        };
        wanted.read(case, &self.connection, control).map(Some)
    }
}

impl Engine for RemoteEngine {
    fn schema(&self, case: &Case, role: SnapshotRole) -> Result<StoredColumns, EngineError> {
        let Some(relation) = self.relation(case, role, &PassControl::default())? else {
            return self.local.schema(case, role);
        };
        let columns = relation.columns.iter().map(|column| (column.name.clone(), column.type_name.clone()));
        Ok(StoredColumns { columns: columns.collect(), rows: None })
    }

    fn peek(&self, path: &str) -> Result<Peek, EngineError> {
        self.local.peek(path)
    }

    fn peek_at(&self, case: &Case, role: SnapshotRole, columns: &[&str]) -> Result<Peek, EngineError> {
        let control = PassControl::default();
        let Some(relation) = self.relation(case, role, &control)? else {
            return self.local.peek_at(case, role, columns);
        };
        let asked = relation.columns.iter().filter(|column| columns.contains(&column.name.as_str()));
        let asked: Vec<_> = asked.collect();
        let texts = asked.iter().filter_map(|column| relation.text(&column.name, Spelling::Exact));
        let texts: Vec<String> = texts.collect();
        if texts.is_empty() {
            return Ok(Peek { path: relation.shown, ..Peek::default() });
        }
        let sql = format!("SELECT {} FROM ({}) LIMIT {PEEKED_ROWS}", texts.join(", "), relation.rows());
        let mut found: Vec<Vec<Option<String>>> = vec![Vec::new(); texts.len()];
        for row in self.connection.texts(&sql, &control)? {
            found.iter_mut().zip(row).for_each(|(column, text)| column.push(text));
        }
        let rows = found.first().map_or(0, Vec::len) as u64;
        let columns = asked.iter().zip(found).map(|(column, texts)| local::peeked(column, texts)).collect();
        Ok(Peek { path: relation.shown, rows, columns, ..Peek::default() })
    }

    fn plan(
        &self,
        case: &Case,
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Plan, EngineError> {
        let Some(relation) = self.relation(case, SnapshotRole::Training, control)? else {
            let production = SnapshotRole::Production.named(case);
            if production.is_none_or(|named| is_here(case, named)) {
                notes.push(
                    "[remote] is not used: training and production are files beside the contract, and are read here"
                        .to_owned(),
                );
            }
            return self.local.plan(case, control, notes);
        };
        let (listed, columns) = fields::of_training(case, &relation.columns, notes);
        if columns.is_empty() {
            return Err(CaseError::NoFeatures { snapshot: relation.shown }.into());
        }
        let most = planning::spread_rows(case, listed.len(), &relation.shown)?;
        let log = finishing::period(case, SnapshotRole::Training);
        let time = log.and(clock_of(case, &relation));
        let hours = clock::hours(&self.connection, &relation, time.as_deref(), log, control)?;
        let population: u64 = hours.rows.values().sum();
        if population == 0 {
            return Err(match log {
                Some(_) => finishing::no_rows_beside(case, &relation.shown, "before"),
                None => EngineError::NoRows { file: relation.shown },
            });
        }
        let wanted = sampling::Wanted {
            relation: &relation,
            fields: &listed,
            threshold: Threshold::of(most, population),
            most,
            conditions: inside(case, &relation, log),
            windows: None,
        };
        let reservoir = wanted.read(case, &self.connection, control)?;
        let mut spread = reservoir.finish(population, columns.len(), &[]);
        if (spread.table.rows as u64) < population {
            notes.push(format!(
                "{}: the bins are quantiles of {} of {} rows, so each holds its share to within {}",
                relation.shown,
                number::count(spread.table.rows as u64),
                number::count(population),
                // Two standard errors of a decile's share.
                number::share(2.0 * (0.1 * 0.9 / spread.table.rows as f64).sqrt())
            ));
        }
        spread.table.time = Vec::new();
        planning::plan(case, spread, &listed, &columns, notes)
    }

    fn summarise(
        &self,
        case: &Case,
        role: SnapshotRole,
        plan: &mut Plan,
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<SnapshotSummary, EngineError> {
        let Some(relation) = self.relation(case, role, control)? else {
            return self.local.summarise(case, role, plan, control, notes);
        };
        let origin = self.origin(case, role, &relation, control)?;
        let listed = fields::of_snapshot(case, role, plan, &relation.columns);
        let time = listed.fields.iter().find(|field| field.slot == Slot::Time);
        let time = time.and_then(|field| relation.instant(&field.column));
        let has_windows = role == SnapshotRole::Production && time.is_some();
        let counting = Counting::new(plan);
        let log = finishing::period(case, role);
        let clock =
            Clock::of(&self.connection, &relation, time.as_deref(), has_windows, log, &counting, control)?;
        let total: u64 = clock.hours.rows.values().sum();
        if total + clock.hours.without_time + clock.hours.outside == 0 {
            return Err(EngineError::NoRows { file: relation.shown });
        }
        let conditions = time.as_ref().map_or_else(Vec::new, |time| within(time, clock.log));
        let (labels, predictions, fresh, respelt) =
            self.classes(&relation, plan, &listed.fields, &conditions, control)?;
        let mut summary = SnapshotSummary::default();
        if total > 0 {
            let wanted = counting::Wanted {
                relation: &relation,
                plan,
                fields: &listed.fields,
                fresh: &fresh,
                labels,
                predictions,
                conditions: conditions.clone(),
                windows: clock.grid.zip(time.clone()),
            };
            let report = |done: u64, of: u64| {
                let rows = (u128::from(total) * u128::from(done) / u128::from(of.max(1))) as u64;
                control.report(PassProgress { snapshot: role, rows, of: Some(total) });
            };
            summary = wanted.count(&self.connection, control, &report)?;
            control.report(PassProgress { snapshot: role, rows: total, of: Some(total) });
        }
        if summary.rows != total {
            return Err(EngineError::Changed { file: relation.shown });
        }
        summary.without_time = clock.hours.without_time + clock.hours.outside;
        let stored = finishing::stored_types(case, plan, &relation.columns);
        let columns = summary.features.iter_mut().chain([&mut summary.answers, &mut summary.labels]);
        columns.zip(stored).for_each(|(counts, stored)| counts.stored_as = stored);
        let most = finishing::part(role, planning::sample_rows(case, listed.fields.len()));
        let threshold = Threshold::of(most, total);
        if role == SnapshotRole::Production {
            *locked(&self.sampled) = Some(threshold);
        }
        let rows = summary.windows.iter().map(|window| window.rows).collect();
        let wanted = sampling::Wanted {
            relation: &relation,
            fields: &listed.fields,
            threshold,
            most,
            conditions,
            windows: clock.grid.map(|grid| (grid, rows)),
        };
        let reservoir = wanted.read(case, &self.connection, control)?;
        let sampled = reservoir.finish(summary.rows, plan.features.len(), &listed.extra);
        tell_unreadable(&mut summary, &sampled);
        self.read(origin.read(summary.rows, rows_sampled(&sampled)), notes);
        // The pass leaves out what lies far from all others in time without calling it a row without a time.
        let wild_rows = clock.wild.as_ref().map_or(0, |wild| wild.rows);
        let passed = finishing::Passed {
            shown: &relation.shown,
            role,
            clock: has_windows,
            most,
            listed,
            summary,
            fresh,
            sampled,
            outside: clock.hours.outside.max(wild_rows),
            unreadable_time: None,
            respelt,
            wild: clock.wild,
            levels: Levels::default(),
        };
        passed.finish(case, plan, notes)
    }

    fn join(
        &self,
        case: &Case,
        role: SnapshotRole,
        plan: &mut Plan,
        ids: &[u64],
        control: &PassControl<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Option<JoinedRows>, EngineError> {
        let Some(relation) = self.relation(case, role, control)? else {
            return self.local.join(case, role, plan, ids, control, notes);
        };
        let listed = fields::of_snapshot(case, role, plan, &relation.columns).fields;
        let found = if ids.is_empty() || !listed.iter().any(|field| field.slot == Slot::Id) {
            None
        } else {
            self.rows_with_ids(case, &relation, &listed, control)?
        };
        let Some(reservoir) = found else {
            notes.push(format!(
                "{} cannot be joined: production has to be on the cluster, too, and both need the id column",
                relation.shown
            ));
            return Ok(None);
        };
        let origin = self.origin(case, role, &relation, control)?;
        let population: u64 =
            clock::hours(&self.connection, &relation, None, None, control)?.rows.values().sum();
        let sampled = reservoir.finish(population, plan.features.len(), &[]);
        let rows = finishing::rows_by_id(ids);
        let (joined, note) = finishing::joined(sampled, plan, &rows, (role, &relation.shown), population);
        notes.extend(note);
        let found = number::count(joined.production_row.len() as u64);
        self.read(origin.read(population, format!("{found} joined with sampled rows of production")), notes);
        if joined.production_row.is_empty() {
            notes.push(format!(
                "no id of {} is among those of production's sample: nothing is joined",
                relation.shown
            ));
        }
        Ok(Some(joined))
    }

    fn id_texts(
        &self,
        case: &Case,
        ids: &[u64],
        control: &PassControl<'_>,
    ) -> Result<BTreeMap<u64, String>, EngineError> {
        let Some(relation) = self.relation(case, SnapshotRole::Production, control)? else {
            return self.local.id_texts(case, ids, control);
        };
        let listed = fields::of_id(case, &relation.columns);
        if listed.is_empty() {
            return Ok(BTreeMap::new());
        }
        let threshold = match self.threshold_of_production() {
            Some(threshold) => threshold,
            None => {
                let log = finishing::period(case, SnapshotRole::Production);
                let time = log.and(clock_of(case, &relation));
                let hours = clock::hours(&self.connection, &relation, time.as_deref(), log, control)?;
                Threshold::of(planning::sample_rows(case, 1), hours.rows.values().sum())
            }
        };
        let wanted = sampling::Wanted {
            relation: &relation,
            fields: &listed,
            threshold,
            most: usize::MAX / 4,
            conditions: Vec::new(),
            windows: None,
        };
        let reservoir = wanted.read(case, &self.connection, control)?;
        let rows = ids.len() as u64;
        let mut texts = finishing::id_texts(&reservoir.finish(rows, 0, &["id".to_owned()]).table);
        let wanted: std::collections::HashSet<u64> = ids.iter().copied().collect();
        texts.retain(|id, _| wanted.contains(id));
        Ok(texts)
    }

    fn events(&self, case: &Case, notes: &mut Vec<String>) -> Result<Vec<Event>, EngineError> {
        self.local.events(case, notes)
    }

    fn artifact(&self, case: &Case) -> Result<Option<Vec<u8>>, EngineError> {
        self.local.artifact(case)
    }

    fn hashes(&self, case: &Case, control: &PassControl<'_>) -> Result<Vec<FileHash>, EngineError> {
        let mut hashes = Vec::new();
        for named in case.named_inputs() {
            let is_table =
                SnapshotRole::ALL.iter().any(|role| role.named(case) == Some(named)) && !is_here(case, named);
            if is_table {
                let origins = locked(&self.origins);
                let read = origins.iter().find(|origin| origin.named() == named);
                hashes.push(read.map_or_else(|| origin::hash_of_unread(case, named), Origin::hash));
            } else {
                hashes.extend(local::hashes_of(case, named, control)?);
            }
        }
        Ok(hashes)
    }

    fn origins(&self) -> Vec<String> {
        locked(&self.origins).iter().map(Origin::sentence).collect()
    }
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn rows_sampled(sampled: &Sampled) -> String {
    format!("{} sampled", number::count(sampled.table.rows as u64))
}

/// Whether a name is that of a file beside the contract.
fn is_here(case: &Case, named: &str) -> bool {
    !named.contains("://") && Path::new(named).is_relative() && case.locate(named).exists()
}

fn conditions_of(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}

/// The texts that could not be read as numbers, as the sample holds them.
fn tell_unreadable(summary: &mut SnapshotSummary, sampled: &Sampled) {
    for (counts, column) in summary.features.iter_mut().zip(&sampled.table.features) {
        if let crate::summary::Column::Numeric { examples, .. } = column {
            let mut examples = examples.clone();
            examples.sort_unstable();
            examples.truncate(crate::summary::values::EXAMPLES);
            counts.unreadable_examples = examples;
        }
    }
}
