//! Hive partitions, as written by Hive, Spark and pandas: `region=north/day=2026-03-01/part-0.parquet`.

use std::path::{Component, Path};

use crate::{
    engine::fields::{Stored, StoredColumn},
    summary::values::{Collector, Dictionary, Form, TextStyle, Values, read_instant},
};

/// Hive's name for a null value.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// A column with the same value in all rows of a file, and the value; `None` for null.
pub(super) type Partition = (String, Option<String>);

/// Returns the partition columns of a file.
///
/// * `base`: the folder of the snapshot; folders above it are not partitions.
pub(super) fn partitions(base: &Path, file: &Path) -> Vec<Partition> {
    let Some(folders) = file.strip_prefix(base).ok().and_then(Path::parent) else {
        return Vec::new();
    };
    let named = folders.components().filter_map(|component| match component {
        Component::Normal(name) => name.to_str()?.split_once('='),
        _ => None,
    });
    named
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (unescaped(name), Some(unescaped(value)).filter(|value| value != MISSING)))
        .collect()
}

/// Decodes the escapes of file names: `%3A` is a colon.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => {
                plain.push(code);
                at += 3;
            }
            None => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| text.to_owned())
}

/// Infers the column of some partition values: integers, numbers, times or texts.
pub(super) fn column(name: &str, values: &[&str]) -> StoredColumn {
    let all = |fits: &dyn Fn(&str) -> bool| !values.is_empty() && values.iter().all(|value| fits(value));
    let (stored, type_name) = if all(&|value| value.parse::<i64>().is_ok()) {
        (Stored::Whole, "Int64")
    } else if all(&|value| value.parse::<f64>().is_ok()) {
        (Stored::Number, "Float64")
    } else if all(&|value| read_instant(value).is_some()) {
        (Stored::Time, "Datetime")
    } else {
        (Stored::Text, "String")
    };
    StoredColumn {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        stored,
        reading: TextStyle::default(),
        index: false,
    }
}

/// Returns the value of a partition, repeated for a number of rows.
pub(super) fn values(value: Option<&str>, rows: usize, form: Form, dictionary: &mut Dictionary) -> Values {
    let mut collector = Collector::new(form, rows);
    for _ in 0..rows {
        match value {
            Some(value) => collector.text(value, dictionary),
            None => collector.missing(),
        }
    }
    collector.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_tell_columns() {
        let found = |file: &str| partitions(Path::new("cases/a=1/log"), Path::new(file));
        let pair = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
        assert_eq!(
            found("cases/a=1/log/region=north/day=2026-03-01/part.parquet"),
            [pair("region", Some("north")), pair("day", Some("2026-03-01"))]
        );
        assert_eq!(
            found("cases/a=1/log/at=10%3A00/x=__HIVE_DEFAULT_PARTITION__/p"),
            [pair("at", Some("10:00")), pair("x", None)]
        );
        assert_eq!(found("cases/a=1/log/plain/b=2.parquet"), []);
        assert_eq!(column("day", &["2026-03-01", "2026-03-02"]).stored, Stored::Time);
        assert_eq!(column("month", &["1", "12"]).stored, Stored::Whole);
        assert_eq!(column("region", &["north", "1"]).stored, Stored::Text);
    }
}
