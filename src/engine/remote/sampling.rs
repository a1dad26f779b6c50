//! The sample of a snapshot on the cluster: the rows whose hashes are small, in proportion from every window.

use super::{
    super::{EngineError, PassControl, fields::Field},
    connection::{Batch, Cells, Connection},
    relation::Relation,
};
use crate::{
    case::Case,
    summary::{
        Grid, Micros,
        reservoir::{Keep, Reservoir, Slot},
        values::{Collector, Dictionary, Form, NO_TIME, Values},
    },
};

/// Which rows are asked for: those whose hash is at most this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Threshold(i64);

impl Threshold {
    /// The hashes below which a number of rows are expected; with room for chance, so that there are hardly ever fewer.
    pub(super) fn of(most: usize, population: u64) -> Self {
        let most = most as f64;
        let share = (1.1 * most + 6.0 * most.sqrt() + 20.0) / population.max(1) as f64;
        if share >= 1.0 {
            return Self(i64::MAX);
        }
        // The 64 bits of a hash begin at the smallest number.
        Self((i128::from(i64::MIN) + (share * 18_446_744_073_709_551_616.0) as i128) as i64)
    }

    /// The condition in SQL.
    pub(super) fn condition(self, hash: &str) -> String {
        if self.0 == i64::MAX { "TRUE".to_owned() } else { format!("{hash} <= {}L", self.0) }
    }

    /// Whether every row is asked for.
    fn is_all(self) -> bool {
        self.0 == i64::MAX
    }
}

/// What is asked for.
pub(super) struct Wanted<'a> {
    pub(super) relation: &'a Relation,
    pub(super) fields: &'a [Field],
    pub(super) threshold: Threshold,
    /// The most rows that are kept.
    pub(super) most: usize,
    /// Further conditions on the rows, each in SQL.
    pub(super) conditions: Vec<String>,
    /// The windows, and the rows in each.
    pub(super) windows: Option<(Grid, Vec<u64>)>,
}

impl Wanted<'_> {
    fn sql(&self, case: &Case) -> String {
        let hash = self.relation.hash(case);
        let mut columns = vec![format!("{hash} AS key")];
        for (at, field) in self.fields.iter().enumerate() {
            columns.push(format!("{} AS c{at}", self.relation.sampled(field)));
        }
        let mut conditions = self.conditions.clone();
        conditions.push(self.threshold.condition(&hash));
        // Rows that are all alike have one hash; no answer is larger than it has to be.
        let limit =
            if self.threshold.is_all() { String::new() } else { format!(" LIMIT {}", 2 * self.most + 1000) };
        format!(
            "SELECT {} FROM ({}) WHERE {}{limit}",
            columns.join(", "),
            self.relation.rows(),
            conditions.join(" AND ")
        )
    }

    /// Reads the rows.
    pub(super) fn read(
        &self,
        case: &Case,
        connection: &Connection,
        control: &PassControl<'_>,
    ) -> Result<Reservoir, EngineError> {
        let slots: Vec<Slot> = self.fields.iter().map(|field| field.slot).collect();
        let time = slots.iter().position(|slot| *slot == Slot::Time);
        let mut reservoir = Reservoir::new(Keep::All, slots);
        let mut dictionaries: Vec<Dictionary> =
            self.fields.iter().map(|field| Dictionary::new(field.known.clone())).collect();
        let mut rows: Vec<(u64, Micros)> = Vec::new();
        let mut on_batch = |batch: &Batch| {
            dictionaries.iter_mut().for_each(Dictionary::renew);
            let keys = batch.cells(0)?;
            // The order of numbers without a sign is that of the hashes.
            let key = |row: usize| keys.whole(row).unwrap_or(0).cast_unsigned() ^ (1 << 63);
            let keys: Vec<u64> = (0..batch.rows).map(key).collect();
            if self.threshold.is_all() {
                // Nothing is chosen, so rows of one time stay in the order of the table, as those of a file do.
                let before = rows.len() as u64;
                reservoir.begin_at(&(before..before + batch.rows as u64).collect::<Vec<u64>>());
            } else {
                reservoir.begin_at(&keys);
            }
            let mut times = vec![NO_TIME; batch.rows];
            for (at, field) in self.fields.iter().enumerate() {
                let cells = batch.cells(at + 1)?;
                let values = values(&cells, batch.rows, field, &mut dictionaries[at], self.relation);
                let values = if field.first { values.bounded() } else { values };
                if let (true, Values::Instants { values, .. }) = (time == Some(at), &values) {
                    times.clone_from(values);
                }
                reservoir.add(at, &values, Some(&dictionaries[at]));
            }
            rows.extend(keys.into_iter().zip(times));
            Ok(())
        };
        connection.query(&self.sql(case), control, &mut on_batch, &|_, _| {})?;
        reservoir.retain(&self.kept(&rows));
        Ok(reservoir)
    }

    /// The rows that are kept, ascending: of each window the share that it has of all rows, those with the smallest hashes.
    fn kept(&self, rows: &[(u64, Micros)]) -> Vec<usize> {
        if rows.len() <= self.most {
            return (0..rows.len()).collect();
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&row| (rows[row].0, row));
        let Some((grid, counts)) = &self.windows else {
            order.truncate(self.most);
            order.sort_unstable();
            return order;
        };
        let total = counts.iter().sum::<u64>().max(1);
        let mut room: Vec<u64> = counts.iter().map(|rows| rows * self.most as u64 / total).collect();
        let (mut kept, mut spare) = (Vec::new(), Vec::new());
        for row in order {
            match grid.window(rows[row].1).and_then(|window| room.get_mut(window)) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    kept.push(row);
                }
                _ => spare.push(row),
            }
        }
        // What rounding, and windows with few small hashes, leave free.
        kept.extend(spare.into_iter().take(self.most.saturating_sub(kept.len())));
        kept.sort_unstable();
        kept
    }
}

/// The values of a field.
fn values(
    cells: &Cells<'_>,
    rows: usize,
    field: &Field,
    dictionary: &mut Dictionary,
    relation: &Relation,
) -> Values {
    if !relation.has(&field.column) {
        return Values::Absent;
    }
    if field.form == Form::Instant {
        let values = (0..rows).map(|row| cells.whole(row).unwrap_or(NO_TIME)).collect();
        return Values::Instants { values, unreadable: None };
    }
    let mut collector = Collector::new(field.form, rows);
    for row in 0..rows {
        match cells {
            Cells::Numbers(_) if field.form == Form::Number => {
                collector.number(cells.number(row), dictionary);
            }
            Cells::Texts(_) | Cells::LongTexts(_) => match cells.text(row) {
                Some(text) => collector.text(text, dictionary),
                None => collector.missing(),
            },
            Cells::Lists(_) => match cells.vector(row) {
                Some(vector) => collector.vector(&vector),
                None => collector.missing(),
            },
            Cells::Numbers(_) | Cells::Whole(_) => collector.missing(),
        }
    }
    collector.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_lets_the_expected_share_of_hashes_pass() {
        assert_eq!(Threshold::of(1000, 900).condition("h"), "TRUE");
        let Threshold(half) = Threshold::of(1_000_000, 2_212_040);
        assert!((half as f64 / i64::MAX as f64).abs() < 1e-3, "{half}");
        assert!(Threshold::of(100, u64::MAX).condition("h").starts_with("h <= -92233"));
    }
}
