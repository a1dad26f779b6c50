//! When the rows of a snapshot were: a first query counts them by hour, which gives the log its windows.

use super::{
    super::{EngineError, PassControl},
    connection::{Batch, Connection},
    counting::Hours,
    relation::{PLAUSIBLE, Relation},
};
use crate::{
    case::Case,
    summary::{
        Grid, Micros, Width,
        accumulator::{self, Counting, WildRows},
    },
};

const HOUR: Micros = Width::Hour.micros();

/// The clock of a snapshot: its log, windows, and the rows in them.
pub(super) struct Clock {
    pub(super) hours: Hours,
    /// The first and the last instant of the rows that count.
    pub(super) log: Option<(Micros, Micros)>,
    pub(super) grid: Option<Grid>,
    pub(super) wild: Option<WildRows>,
}

impl Clock {
    /// The clock of a snapshot.
    pub(super) fn of(
        connection: &Connection,
        relation: &Relation,
        time: Option<&str>,
        has_windows: bool,
        log: Option<(Micros, Micros)>,
        counting: &Counting,
        control: &PassControl<'_>,
    ) -> Result<Self, EngineError> {
        let mut hours = self::hours(connection, relation, time, log, control)?;
        if !has_windows {
            return Ok(Self { hours, log, grid: None, wild: None });
        }
        let grid = grid(counting, &hours);
        let wild = grid.and_then(|grid| accumulator::wild_rows(grid, &in_windows(grid, &hours)));
        let Some(found) = &wild else {
            return Ok(Self { hours, log, grid, wild });
        };
        let inside = log.map_or(found.log, |log| (log.0.max(found.log.0), log.1.min(found.log.1)));
        hours = self::hours(connection, relation, time, Some(inside), control)?;
        let grid = self::grid(counting, &hours);
        Ok(Self { hours, log: Some(inside), grid, wild })
    }
}

/// Counts rows by hour, or all of them where there is no clock.
pub(super) fn hours(
    connection: &Connection,
    relation: &Relation,
    time: Option<&str>,
    log: Option<(Micros, Micros)>,
    control: &PassControl<'_>,
) -> Result<Hours, EngineError> {
    let hour = time.map_or_else(
        || "0L".to_owned(),
        |time| {
            let (first, last) = log.unwrap_or((Micros::MIN + 1, Micros::MAX));
            format!(
                "CASE WHEN {time} IS NULL THEN -1L WHEN {time} < {}L OR {time} > {}L THEN -2L \
                 ELSE ({time} - {}L) div {HOUR}L END",
                first.max(Micros::MIN + 1),
                last,
                PLAUSIBLE.0
            )
        },
    );
    let sql = format!(
        "SELECT hour, count(*) AS n FROM (SELECT {hour} AS hour FROM ({})) GROUP BY 1",
        relation.rows()
    );
    let mut hours = Hours::default();
    let mut on_batch = |batch: &Batch| {
        let (hour, rows) = (batch.cells(0)?, batch.cells(1)?);
        for row in 0..batch.rows {
            let count = rows.whole(row).unwrap_or(0).cast_unsigned();
            match hour.whole(row) {
                None | Some(-1) => hours.without_time += count,
                Some(-2) => hours.outside += count,
                Some(hour) => drop(hours.rows.insert(PLAUSIBLE.0 + hour * HOUR, count)),
            }
        }
        Ok(())
    };
    connection.query(&sql, control, &mut on_batch, &|_, _| {})?;
    Ok(hours)
}

/// The time of a row in SQL, if the snapshot has a clock.
pub(super) fn clock_of(case: &Case, relation: &Relation) -> Option<String> {
    relation.instant(case.columns.timestamp.as_ref()?)
}

/// The conditions of a log's period.
pub(super) fn inside(case: &Case, relation: &Relation, log: Option<(Micros, Micros)>) -> Vec<String> {
    log.and(clock_of(case, relation)).map_or_else(Vec::new, |time| within(&time, log))
}

/// The conditions on the time of rows that count: they have one, and it lies inside of the log.
pub(super) fn within(time: &str, log: Option<(Micros, Micros)>) -> Vec<String> {
    match log {
        None => vec![format!("{time} IS NOT NULL")],
        Some((first, last)) => vec![format!("{time} BETWEEN {}L AND {last}L", first.max(Micros::MIN + 1))],
    }
}

/// The grid of the narrowest windows that are not too many.
fn grid(counting: &Counting, hours: &Hours) -> Option<Grid> {
    counting.grid(*hours.rows.first_key_value()?.0, *hours.rows.last_key_value()?.0)
}

/// Rows in each window.
fn in_windows(grid: Grid, hours: &Hours) -> Vec<u64> {
    let mut rows = vec![0; grid.windows];
    for (&hour, count) in &hours.rows {
        if let Some(window) = grid.window(hour) {
            rows[window] += count;
        }
    }
    rows
}
