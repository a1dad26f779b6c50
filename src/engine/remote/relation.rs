//! A snapshot as SQL: its table, the condition on its rows, and an expression for each field.

use super::super::{
    EngineError,
    fields::{Field, Stored, StoredColumn},
};
use crate::{
    case::{Case, CaseError, SnapshotRole},
    summary::{
        Micros,
        values::{Form, LARGEST, Spelling, TextStyle},
    },
    text::message::Place,
};

/// The first instant that is plausible ([`crate::summary::values::plausible`]), 1900-01-01, and the first after the last.
pub(super) const PLAUSIBLE: (Micros, Micros) = (-2_208_988_800_000_000, 7_258_118_400_000_000);

/// Texts that stand for a missing number, beside the empty one.
const MISSING_NUMBERS: &str = "'', 'NA', 'N/A', 'n/a', 'na', 'NULL', 'null', 'None', '<NA>'";

/// A number as programs write it.
const NUMBER: &str = "'^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$'";

/// An instant as ISO 8601 writes it.
const INSTANT: &str = "'^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?)? *([Zz]|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)?$'";

/// A snapshot on the cluster.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// The table or path as the case names it.
    pub(super) shown: String,
    /// What stands after FROM.
    from: String,
    /// What stands after WHERE.
    conditions: Vec<String>,
    pub(super) columns: Vec<StoredColumn>,
    /// The name of each column's type in Spark.
    types: Vec<String>,
}

impl Relation {
    /// A snapshot whose columns are not known yet.
    pub(super) fn named(case: &Case, role: SnapshotRole, shown: &str) -> Result<Self, EngineError> {
        let mut conditions = Vec::new();
        let remote = case.remote.as_ref();
        if let Some(filter) = remote.and_then(|remote| remote.filter.get(role.key())) {
            if !is_condition(filter) {
                return Err(bad(
                    case,
                    "filter",
                    "is not one condition in SQL: parentheses, quotes or comments",
                ));
            }
            conditions.push(format!("({filter})"));
        }
        Ok(Self {
            shown: shown.to_owned(),
            from: source(shown),
            conditions,
            columns: Vec::new(),
            types: Vec::new(),
        })
    }

    /// The query that tells names and types of the columns.
    pub(super) fn description(&self) -> String {
        format!("DESCRIBE QUERY {}", self.rows())
    }

    /// The query that tells what kind of table it is.
    pub(super) fn details(&self) -> String {
        format!("DESCRIBE TABLE EXTENDED {}", self.from)
    }

    /// The query whose first cell is the version of a Delta table.
    pub(super) fn delta_history(&self) -> String {
        format!("DESCRIBE HISTORY {} LIMIT 1", self.from)
    }

    /// The query for the snapshot of an Iceberg table that is read now.
    pub(super) fn iceberg_snapshot(&self) -> String {
        format!("SELECT CAST(snapshot_id AS STRING) FROM {}.refs WHERE name = 'main'", self.from)
    }

    /// The format of the files at a path; none if it is a table of a catalog.
    pub(super) fn path_format(&self) -> Option<&str> {
        let (format, path) = self.from.strip_prefix('`').unwrap_or(&self.from).split_once(".`")?;
        let format = format.trim_end_matches('`');
        let is_format = matches!(format, "parquet" | "orc" | "json" | "avro" | "csv" | "delta");
        (is_format && path.contains('/')).then_some(format)
    }

    /// Takes the columns, and adds the conditions that need their types.
    ///
    /// * `described`: names and Spark's types.
    pub(super) fn with_columns(
        mut self,
        case: &Case,
        role: SnapshotRole,
        described: Vec<(String, String)>,
    ) -> Result<Self, EngineError> {
        for (name, type_name) in described {
            let (stored, shown) = stored(&type_name, case.read.numbers.contains(&name));
            let reading = TextStyle::default();
            self.columns.push(StoredColumn { name, type_name: shown, stored, reading, index: false });
            self.types.push(type_name);
        }
        let Some(remote) = &case.remote else { return Ok(self) };
        for (key, bounds, sign) in [("since", &remote.since, ">="), ("until", &remote.until, "<")] {
            let Some(at) = bounds.get(role.key()) else { continue };
            let time = case.columns.timestamp.as_ref().and_then(|name| self.instant(name));
            let time = time.ok_or_else(|| {
                bad(case, key, "needs the column of [columns] timestamp, which the snapshot does not have")
            })?;
            self.conditions.push(format!("{time} {sign} {at}L"));
        }
        Ok(self)
    }

    /// All its rows.
    pub(super) fn rows(&self) -> String {
        let conditions = if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        };
        format!("SELECT * FROM {}{conditions}", self.from)
    }

    /// Whether a column's texts stand for numbers.
    pub(super) fn is_text(&self, name: &str) -> bool {
        self.type_of(name).is_some_and(is_text)
    }

    fn type_of(&self, name: &str) -> Option<&str> {
        let at = self.columns.iter().position(|column| column.name == name)?;
        self.types.get(at).map(String::as_str)
    }

    /// Microseconds since 1970 (BIGINT), NULL where there is no plausible time; none without the column.
    pub(super) fn instant(&self, name: &str) -> Option<String> {
        let (type_name, column) = (self.type_of(name)?, quoted(name));
        let micros = match type_name {
            name if name.starts_with("timestamp") => format!("unix_micros(CAST({column} AS TIMESTAMP))"),
            "date" => format!("CAST(unix_date({column}) AS BIGINT) * 86400000000L"),
            "tinyint" | "smallint" | "int" | "bigint" => epoch(&format!("CAST({column} AS BIGINT)")),
            name if is_text(name) => format!(
                "CASE WHEN trim({column}) RLIKE {INSTANT} THEN unix_micros(try_cast(replace(trim({column}), ',', '.') AS TIMESTAMP)) \
                 WHEN trim({column}) RLIKE '^[0-9]{{1,19}}$' THEN {} END",
                epoch(&format!("try_cast(trim({column}) AS BIGINT)"))
            ),
            _ => format!(
                "CASE WHEN abs({column}) < 1e11 THEN CAST(round({column} * 1e6D) AS BIGINT) \
                 WHEN abs({column}) < 1e14 THEN CAST(round({column} * 1e3D) AS BIGINT) \
                 WHEN abs({column}) < 1e17 THEN CAST(round({column}) AS BIGINT) END"
            ),
        };
        let (first, last) = PLAUSIBLE;
        Some(format!(
            "(CASE WHEN {micros} <> 0L AND {micros} >= {first}L AND {micros} < {last}L THEN {micros} END)"
        ))
    }

    /// A number (DOUBLE), NULL where it is missing or its text is none; none without the column.
    pub(super) fn number(&self, name: &str) -> Option<String> {
        let (type_name, column) = (self.type_of(name)?, quoted(name));
        Some(match type_name {
            "boolean" => format!("CAST(CAST({column} AS INT) AS DOUBLE)"),
            "date" => format!("CAST(unix_date({column}) AS DOUBLE) * 86400D"),
            name if name.starts_with("timestamp") => {
                format!("CAST(unix_micros(CAST({column} AS TIMESTAMP)) AS DOUBLE) / 1000000D")
            }
            name if is_text(name) => {
                let text = trimmed(&column);
                format!(
                    "(CASE WHEN {text} RLIKE {NUMBER} THEN CAST({text} AS DOUBLE) \
                     WHEN lower({text}) RLIKE '^[+-]?inf(inity)?$' THEN CAST('Infinity' AS DOUBLE) \
                     WHEN lower({text}) = 'true' THEN 1D WHEN lower({text}) = 'false' THEN 0D END)"
                )
            }
            name if is_number(name) => format!("CAST({column} AS DOUBLE)"),
            _ => "CAST(NULL AS DOUBLE)".to_owned(),
        })
    }

    /// Whether the text of a number cannot be read (BOOLEAN); none unless the column holds texts.
    pub(super) fn unreadable(&self, name: &str) -> Option<String> {
        let column = quoted(name);
        self.is_text(name).then(|| {
            let text = trimmed(&column);
            format!(
                "({column} IS NOT NULL AND NOT ({text} RLIKE {NUMBER} OR {text} IN ({MISSING_NUMBERS}) \
                 OR lower({text}) RLIKE '^[+-]?(inf|infinity|nan)$' OR lower({text}) IN ('true', 'false')))"
            )
        })
    }

    /// A text (STRING) in the field's spelling; none without the column.
    pub(super) fn text(&self, name: &str, spelling: Spelling) -> Option<String> {
        let (type_name, column) = (self.type_of(name)?, quoted(name));
        let text = match type_name {
            "float" | "double" => plain(&format!("CAST({column} AS DOUBLE)")),
            name if name.starts_with("decimal") => plain(&format!("CAST({column} AS DOUBLE)")),
            _ => format!("CAST({column} AS STRING)"),
        };
        Some(match spelling {
            Spelling::Exact | Spelling::Class => text,
            Spelling::Digits => format!("regexp_replace({text}, '^(-?[0-9]+)[.]0*$', '$1')"),
            Spelling::Boolean => format!(
                "(CASE WHEN lower({text}) IN ('true', 't', '1', '1.0', 'yes') THEN 'true' \
                 WHEN lower({text}) IN ('false', 'f', '0', '0.0', 'no') THEN 'false' ELSE {text} END)"
            ),
        })
    }

    /// The value of a field as it travels to the sample; a typed NULL without the column.
    pub(super) fn sampled(&self, field: &Field) -> String {
        let name = &field.column;
        let value = match field.form {
            // Texts are read here, so that those that are no numbers can be shown.
            Form::Number if self.is_text(name) => Some(quoted(name)),
            Form::Number => self.number(name),
            Form::Code => self.text(name, field.known.spelling()),
            Form::Hash => self.text(name, Spelling::Exact),
            Form::Instant => self.instant(name),
            Form::Vector => self.type_of(name).map(|_| format!("CAST({} AS ARRAY<FLOAT>)", quoted(name))),
        };
        value.unwrap_or_else(|| "CAST(NULL AS DOUBLE)".to_owned())
    }

    /// Whether there is a column.
    pub(super) fn has(&self, name: &str) -> bool {
        self.type_of(name).is_some()
    }

    /// A hash of a row (BIGINT), the same whenever it is asked for: of its id, else of all columns that can be hashed.
    pub(super) fn hash(&self, case: &Case) -> String {
        let seed = case.sample.seed;
        let of = case.columns.id.as_ref().and_then(|id| self.text(id, Spelling::Exact));
        let of = of.unwrap_or_else(|| {
            let can_be_hashed = |name: &&String| !name.contains("map<") && !name.contains("variant");
            let columns = self.columns.iter().zip(&self.types).filter(|(_, name)| can_be_hashed(name));
            columns.map(|(column, _)| quoted(&column.name)).collect::<Vec<_>>().join(", ")
        });
        format!("xxhash64({seed}L, {of})")
    }
}

/// What the contract says of the rows of a snapshot, for the note on it.
pub(super) fn filter_of(case: &Case, role: SnapshotRole) -> String {
    let Some(remote) = &case.remote else { return String::new() };
    let filter = remote.filter.get(role.key()).map(|filter| format!("where {filter}"));
    let instant =
        |word: &str, at: Option<&Micros>| at.map(|at| format!("{word} {}", crate::text::time::moment(*at)));
    let told = [
        filter,
        instant("since", remote.since.get(role.key())),
        instant("until", remote.until.get(role.key())),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}

fn bad(case: &Case, key: &str, reason: &str) -> EngineError {
    let place =
        case.place(&format!("remote.{key}")).unwrap_or_else(|| Place::of("coroner.toml", "", &(0..0)));
    EngineError::Case(CaseError::BadValue {
        key: format!("[remote] {key}"),
        reason: reason.to_owned(),
        hint: "docs/cluster.md has examples".to_owned(),
        place: Box::new(place),
    })
}

/// Whether a text is one condition: it closes what it opens, and hides nothing from the reader.
fn is_condition(text: &str) -> bool {
    let (mut depth, mut quote) = (0_i32, None);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some('\'' | '"'), '\\') => drop(characters.next()),
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, ';') => return false,
            (None, '-') if characters.peek() == Some(&'-') => return false,
            (None, '/') if characters.peek() == Some(&'*') => return false,
            (None, _) => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && quote.is_none()
}

/// What stands after FROM: a table, or the files at a path.
fn source(named: &str) -> String {
    let is_path = named.starts_with('/') || named.contains("://") || named.starts_with("dbfs:");
    if is_path {
        let ending = named.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let format = match ending.as_str() {
            "orc" | "json" | "avro" => ending.as_str(),
            _ => "parquet",
        };
        return format!("{format}.{}", quoted(named));
    }
    // A part may be quoted already: delta.`/data/log`.
    let (mut parts, mut part, mut is_quoted) = (Vec::new(), String::new(), false);
    for c in named.chars() {
        match c {
            '`' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    parts.push(part);
    parts.iter().map(|part| quoted(part)).collect::<Vec<_>>().join(".")
}

/// A name in SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text in SQL; the session reads backslashes as escapes.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A float in SQL, exact: Rust and Java both write and read the shortest digits that identify it.
pub(super) fn float(x: f64) -> String {
    format!("{x:e}")
}

/// The largest number that counts, in SQL.
pub(super) fn largest() -> String {
    format!("{}D", float(LARGEST))
}

fn trimmed(column: &str) -> String {
    format!("regexp_replace({column}, '^\\\\s+|\\\\s+$', '')")
}

/// A float as text, whole numbers without decimals.
fn plain(number: &str) -> String {
    format!(
        "(CASE WHEN {number} IS NULL OR isnan({number}) OR abs({number}) = CAST('Infinity' AS DOUBLE) THEN NULL \
         WHEN {number} = floor({number}) AND abs({number}) < 1e15D THEN CAST(CAST({number} AS BIGINT) AS STRING) \
         ELSE CAST({number} AS STRING) END)"
    )
}

/// The instant of a whole number: seconds, milliseconds, microseconds or nanoseconds since 1970 by its size, or a date such as
/// 20260314 ([`crate::summary::values::epoch_whole`]).
fn epoch(number: &str) -> String {
    format!(
        "(CASE WHEN {number} BETWEEN 19000101 AND 21991231 AND to_date(CAST({number} AS STRING), 'yyyyMMdd') IS NOT NULL \
         THEN CAST(unix_date(to_date(CAST({number} AS STRING), 'yyyyMMdd')) AS BIGINT) * 86400000000L \
         WHEN abs({number}) < 100000000000L THEN {number} * 1000000L \
         WHEN abs({number}) < 100000000000000L THEN {number} * 1000L \
         WHEN abs({number}) < 100000000000000000L THEN {number} ELSE {number} div 1000L END)"
    )
}

fn is_text(type_name: &str) -> bool {
    type_name == "string" || type_name.starts_with("varchar") || type_name.starts_with("char(")
}

fn is_number(type_name: &str) -> bool {
    matches!(type_name, "tinyint" | "smallint" | "int" | "bigint" | "float" | "double")
        || type_name.starts_with("decimal")
}

/// What a type of Spark is read as, and its name as files tell it.
///
/// * `as_number`: whether the user wants its texts read as numbers.
fn stored(type_name: &str, as_number: bool) -> (Stored, String) {
    let (stored, shown) = match type_name {
        "tinyint" => (Stored::Whole, "Int8"),
        "smallint" => (Stored::Whole, "Int16"),
        "int" => (Stored::Whole, "Int32"),
        "bigint" => (Stored::Whole, "Int64"),
        "float" => (Stored::Number, "Float32"),
        "double" => (Stored::Number, "Float64"),
        "boolean" => (Stored::Boolean, "Boolean"),
        "date" => (Stored::Time, "Date"),
        "timestamp" => (Stored::Time, "Datetime(UTC)"),
        "timestamp_ntz" => (Stored::Time, "Datetime"),
        "void" => (Stored::Empty, "Null"),
        name if name.starts_with("decimal") => (Stored::Number, "Decimal"),
        name if is_text(name) && as_number => (Stored::Number, "String"),
        name if is_text(name) => (Stored::Text, "String"),
        name => {
            let inner = name.strip_prefix("array<").and_then(|rest| rest.strip_suffix('>'));
            return match inner.filter(|inner| is_number(inner)) {
                Some(inner) => (Stored::Vector, format!("List({})", self::stored(inner, false).1)),
                None => (Stored::Other, name.to_owned()),
            };
        }
    };
    (stored, shown.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_are_quoted() {
        for (named, sql) in [
            ("main.ml.log", "`main`.`ml`.`log`"),
            ("log", "`log`"),
            ("delta.`/data/a.b`", "`delta`.`/data/a.b`"),
            ("/data/log", "parquet.`/data/log`"),
            ("s3://bucket/log.orc", "orc.`s3://bucket/log.orc`"),
            ("x; DROP TABLE y", "`x; DROP TABLE y`"),
        ] {
            assert_eq!(source(named), sql);
        }
        for (named, format) in [
            ("/data/log", Some("parquet")),
            ("s3://bucket/log.orc", Some("orc")),
            ("delta.`/data/log`", Some("delta")),
            ("main.ml.log", None),
            ("log", None),
        ] {
            let from = source(named);
            let shown = named.to_owned();
            let relation = Relation { shown, from, conditions: vec![], columns: vec![], types: vec![] };
            assert_eq!(relation.path_format(), format, "{named}");
        }
        assert_eq!(quoted("a`b"), "`a``b`");
        assert_eq!(literal(r"it's a \ "), r"'it\'s a \\ '");
        assert_eq!(float(0.1), "1e-1");
    }

    #[test]
    fn a_filter_is_one_condition() {
        for (text, is_one) in [
            ("country = 'DE' AND (a > 1 OR b < 2)", true),
            ("name = ');--'", true),
            (r"name = 'it\'s'", true),
            ("1 = 1) UNION SELECT (2", false),
            ("a > 1; DROP TABLE t", false),
            ("a > 1 -- no more", false),
            ("a /* or b */ > 1", false),
            ("'open", false),
        ] {
            assert_eq!(is_condition(text), is_one, "{text}");
        }
    }

    #[test]
    fn types_have_the_names_that_files_give_them() {
        for (spark, want) in [
            ("bigint", (Stored::Whole, "Int64")),
            ("decimal(10,2)", (Stored::Number, "Decimal")),
            ("array<float>", (Stored::Vector, "List(Float32)")),
            ("array<string>", (Stored::Other, "array<string>")),
            ("varchar(3)", (Stored::Text, "String")),
        ] {
            assert_eq!(stored(spark, false), (want.0, want.1.to_owned()), "{spark}");
        }
    }
}
