//! The session on the cluster: settings, queries, and what goes wrong in words.

use std::{path::Path, sync::OnceLock};

use coroner_spark::{Address, Event, Secret, Session, SparkError};
use polars_arrow::{
    array::{Array, ListArray, PrimitiveArray, Utf8Array},
    io::ipc::read::{StreamReader, StreamState, read_stream_metadata},
};

use super::super::{ClusterFault, EngineError, PassControl};
use crate::case::input;

/// The environment variable with the token, as other clients of Spark Connect read it.
const TOKEN: &str = "SPARK_CONNECT_AUTHENTICATE_TOKEN";

/// The environment variable with the path of a file that holds the token.
const TOKEN_FILE: &str = "SPARK_CONNECT_AUTHENTICATE_TOKEN_FILE";

/// Settings without which numbers would differ: times without a zone are in UTC, a cast that fails gives NULL.
const NEEDED: [(&str, &str); 2] =
    [("spark.sql.session.timeZone", "UTC"), ("spark.sql.ansi.enabled", "false")];

/// Settings that some services do not let anybody change, and whose defaults mostly do: texts are taken as written, and times in
/// nanoseconds, which pandas writes, are whole numbers instead of an error.
const WISHED: [(&str, &str); 3] = [
    ("spark.sql.parser.escapedStringLiterals", "false"),
    ("spark.sql.variable.substitute", "false"),
    ("spark.sql.legacy.parquet.nanosAsLong", "true"),
];

/// A session that is opened when it is first used.
#[derive(Debug)]
pub(super) struct Connection {
    engine: String,
    session: OnceLock<Session>,
}

/// Rows of an answer.
pub(super) struct Batch {
    columns: Vec<Box<dyn Array>>,
    pub(super) rows: usize,
}

/// The values of a column of a batch.
pub(super) enum Cells<'a> {
    Whole(&'a PrimitiveArray<i64>),
    Numbers(&'a PrimitiveArray<f64>),
    Texts(&'a Utf8Array<i32>),
    LongTexts(&'a Utf8Array<i64>),
    Lists(&'a ListArray<i32>),
}

impl Connection {
    pub(super) fn new(engine: &str) -> Self {
        Self { engine: engine.to_owned(), session: OnceLock::new() }
    }

    /// The session; opened by the first call.
    pub(super) fn session(&self, control: &PassControl<'_>) -> Result<&Session, EngineError> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        let mut address = Address::parse(&self.engine).map_err(SparkError::from).map_err(told)?;
        if let Some(token) = token()? {
            address = address.with_token(token).map_err(SparkError::from).map_err(told)?;
        }
        let session = Session::connect(address, control.cancel).map_err(told)?;
        session.set(&NEEDED).map_err(told)?;
        for wish in WISHED {
            match session.set(&[wish]) {
                // The server says so of a setting that it does not let anybody change.
                Err(SparkError::Query { .. } | SparkError::Denied { .. }) => {}
                other => other.map_err(told)?,
            }
        }
        Ok(self.session.get_or_init(|| session))
    }

    /// Runs a query, and hands its rows over batch by batch; then its tasks, done and known.
    pub(super) fn query(
        &self,
        sql: &str,
        control: &PassControl<'_>,
        on_batch: &mut dyn FnMut(&Batch) -> Result<(), String>,
        on_progress: &dyn Fn(u64, u64),
    ) -> Result<(), EngineError> {
        let mut on_event = |event: Event<'_>| match event {
            Event::Batch(message) => {
                batches(message).map_err(|error| error.to_string())?.iter().try_for_each(&mut *on_batch)
            }
            Event::Progress { done, of } => {
                on_progress(done, of);
                Ok(())
            }
            Event::Reattached => Ok(()),
        };
        self.session(control)?.query(sql, control.cancel, &mut on_event).map(drop).map_err(told)
    }

    /// The rows of a short answer whose columns are texts.
    pub(super) fn texts(
        &self,
        sql: &str,
        control: &PassControl<'_>,
    ) -> Result<Vec<Vec<Option<String>>>, EngineError> {
        let mut found = Vec::new();
        let mut on_batch = |batch: &Batch| {
            for row in 0..batch.rows {
                let text = |column: usize| Ok(batch.cells(column)?.text(row).map(str::to_owned));
                let texts: Result<Vec<Option<String>>, String> = (0..batch.columns.len()).map(text).collect();
                found.push(texts?);
            }
            Ok(())
        };
        self.query(sql, control, &mut on_batch, &|_, _| {})?;
        Ok(found)
    }
}

impl Batch {
    /// A column.
    pub(super) fn cells(&self, column: usize) -> Result<Cells<'_>, String> {
        let array = self.columns.get(column).ok_or("a column is missing")?.as_any();
        let whole = || array.downcast_ref().map(Cells::Whole);
        let numbers = || array.downcast_ref().map(Cells::Numbers);
        let texts = || array.downcast_ref().map(Cells::Texts);
        let long = || array.downcast_ref().map(Cells::LongTexts);
        let lists = || array.downcast_ref().map(Cells::Lists);
        let found = whole().or_else(numbers).or_else(texts).or_else(long).or_else(lists);
        found.ok_or_else(|| format!("column {column} has a type that was not asked for"))
    }
}

impl Cells<'_> {
    pub(super) fn text(&self, row: usize) -> Option<&str> {
        match self {
            Self::Texts(array) => array.get(row),
            Self::LongTexts(array) => array.get(row),
            Self::Whole(_) | Self::Numbers(_) | Self::Lists(_) => None,
        }
    }

    pub(super) fn whole(&self, row: usize) -> Option<i64> {
        let Self::Whole(array) = self else { return None };
        (!array.is_null(row)).then(|| array.value(row))
    }

    /// A number; NaN where it is missing.
    pub(super) fn number(&self, row: usize) -> f64 {
        match self {
            Self::Numbers(array) if !array.is_null(row) => array.value(row),
            _ => f64::NAN,
        }
    }

    /// A list of whole numbers.
    pub(super) fn list(&self, row: usize) -> Option<Vec<i64>> {
        let Self::Lists(array) = self else { return None };
        let inner = (!array.is_null(row)).then(|| array.value(row))?;
        let inner = inner.as_any().downcast_ref::<PrimitiveArray<i64>>()?;
        Some(inner.values_iter().copied().collect())
    }

    /// A list of floats; a missing one is NaN.
    pub(super) fn vector(&self, row: usize) -> Option<Vec<f32>> {
        let Self::Lists(array) = self else { return None };
        let inner = (!array.is_null(row)).then(|| array.value(row))?;
        let inner = inner.as_any().downcast_ref::<PrimitiveArray<f32>>()?;
        Some(inner.iter().map(|x| x.copied().unwrap_or(f32::NAN)).collect())
    }
}

fn batches(message: &[u8]) -> polars::prelude::PolarsResult<Vec<Batch>> {
    let mut reader = std::io::Cursor::new(message);
    let metadata = read_stream_metadata(&mut reader)?;
    let mut batches = Vec::new();
    for state in StreamReader::new(reader, metadata, None) {
        if let StreamState::Some(chunk) = state? {
            let rows = chunk.len();
            batches.push(Batch { columns: chunk.into_arrays(), rows });
        }
    }
    Ok(batches)
}

/// The token, from the environment or from a file that it names.
fn token() -> Result<Option<Secret>, EngineError> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    if let Some(token) = set(TOKEN) {
        return Ok(Some(Secret::new(token.trim())));
    }
    let Some(file) = set(TOKEN_FILE) else { return Ok(None) };
    let text = input::read_text(Path::new(&file), input::MOST_TEXT)
        .map_err(|source| EngineError::Io { file, source })?;
    Ok(Some(Secret::new(text.trim())))
}

/// An error of the cluster in words, with what to do about it.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn told(error: SparkError) -> EngineError {
    let message = error.to_string();
    let (fault, hint) = match &error {
        SparkError::Cancelled => return EngineError::Cancelled,
        SparkError::Address(_) => {
            (ClusterFault::Connection, "write  engine = \"sc://host:15002/;use_ssl=true\"  below [remote]")
        }
        SparkError::Unreachable { .. } | SparkError::NoServer { .. } => (
            ClusterFault::Connection,
            "check host and port in [remote] engine, and that the Spark Connect server runs there",
        ),
        SparkError::Tls { .. } => (
            ClusterFault::Connection,
            "name the certificate of your authority in SSL_CERT_FILE, or check that the port is the encrypted one",
        ),
        SparkError::TooOld { .. } => (ClusterFault::Connection, "update the cluster, or name another one"),
        SparkError::Lost { .. } => {
            (ClusterFault::Connection, "run it again once the cluster is back; nothing was written")
        }
        SparkError::Unauthenticated { .. } => (
            ClusterFault::Permission,
            "set the environment variable SPARK_CONNECT_AUTHENTICATE_TOKEN to a token that is valid today",
        ),
        SparkError::Denied { .. } => {
            (ClusterFault::Permission, "ask the owner of the data for the right to read it")
        }
        error if error.is_of("TABLE_OR_VIEW_NOT_FOUND") || error.is_of("PATH_NOT_FOUND") => (
            ClusterFault::Query,
            "check the name in [snapshots]: catalog.schema.table, or a path that the cluster sees",
        ),
        _ => (ClusterFault::Query, "the server's log says more; a condition in [remote] filter is SQL"),
    };
    EngineError::Cluster { message, fault, hint }
}
