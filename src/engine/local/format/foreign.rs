//! Files of other programs, by their first bytes: what they are, and how they become a file that can be read.

use std::path::Path;

/// How a table leaves a database.
const EXPORT: &str = "export the table as CSV or Parquet";

/// How a file of statistics software becomes one that can be read.
const WRITE: &str = "write the table as CSV or Parquet from the program it is of";

/// First bytes of formats that are not read, with their names and what to do.
const SIGNS: &[(&[u8], &str, &str)] = &[
    (b"SQLite format 3\0", "a SQLite database", EXPORT),
    (b"ORC", "an ORC file", "write it as Parquet: pyarrow.orc reads it, pyarrow.parquet writes it"),
    (b"Obj\x01", "an Avro file", "write it as Parquet or JSON lines: avro-tools tojson FILE"),
    (b"FEA1", "a Feather file of the first version", "write it as Parquet, or as Feather of version 2"),
    (b"BZh", "compressed with bzip2", "unpack it: bunzip2 FILE; gzip and zstd are read as they are"),
    (b"\xfd7zXZ\0", "compressed with xz", "unpack it: unxz FILE; gzip and zstd are read as they are"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", "unpack it: unlz4 FILE; gzip and zstd are read as they are"),
    (b"\xff\x06\0\0sNaPpY", "compressed with snappy", "unpack it; gzip and zstd are read as they are"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and name the table in it"),
    (b"Rar!", "a RAR archive", "unpack it and name the table in it"),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel workbook (.xls)",
        "save the sheet as CSV (UTF-8), or write it as Parquet",
    ),
    (b"\x89HDF\r\n", "an HDF5 file", "write the table as Parquet: pandas.read_hdf(FILE).to_parquet(...)"),
    (b"\x93NUMPY", "a NumPy array", "write a table with names of columns, as CSV or Parquet"),
    (b"<stata_dta>", "a Stata file", WRITE),
    (b"$FL2", "an SPSS file", WRITE),
    (b"$FL3", "an SPSS file", WRITE),
    (b"RDX", "an R workspace", "write the data frame as CSV or Parquet: arrow::write_parquet(frame, FILE)"),
    (b"%PDF", "a PDF document", "ask for the table as CSV or Parquet"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself", "fetch the file: git lfs pull"),
];

/// Twelve zeros and four bytes that begin every SAS table.
const SAS: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc2, 0xea, 0x81, 0x60];

/// What a file is that is in a format of another program, and what to do with it.
///
/// * `head`: its first bytes, at least 16 unless it is shorter.
/// * `name`: its name, in lower case.
pub(super) fn told(head: &[u8], name: &str) -> Option<String> {
    let known = |(sign, is, then): &(&[u8], &str, &str)| {
        head.starts_with(sign).then(|| format!("it is {is}, which is not read; {then}"))
    };
    if let Some(told) = SIGNS.iter().find_map(known) {
        return Some(told);
    }
    let told = match head {
        [b'P', b'K', 3, 4, ..] if Path::new(name).extension().is_some_and(|end| end == "npz") => {
            "it is an archive of NumPy arrays, which is not read; write a table with names of columns, as CSV or Parquet"
        }
        [b'P', b'K', 3, 4, ..] if is_workbook(head, name) => {
            "it is a workbook (Excel, LibreOffice), which is not read; save the sheet as CSV (UTF-8), or write it as Parquet"
        }
        [b'P', b'K', 3, 4, ..] => {
            "it is a zip archive, which is not read; unpack it (unzip FILE) and name the table in it. gzip and zstd are read as they are"
        }
        [_, _, _, _, _, _, _, _, b'D', b'U', b'C', b'K', ..] => {
            "it is a DuckDB database, which is not read; export the table: COPY table TO 'table.parquet'"
        }
        // Of old Stata files: version, byte order, and 1 for a data set.
        [102..=115, 1 | 2, 1, 0, ..] => {
            "it is a Stata file, which is not read; write the table as CSV or Parquet from the program it is of"
        }
        [0x80, 2..=5, ..] => {
            "it is a pickle of Python, which is not read; write the table as Parquet: pandas.read_pickle(FILE).to_parquet(...)"
        }
        _ if head.starts_with(&SAS) => {
            "it is a SAS table, which is not read; write the table as CSV or Parquet from the program it is of"
        }
        _ => return None,
    };
    Some(told.to_owned())
}

/// What a text is whose lines are no rows but lines of a log, and what to do with it.
///
/// * `window`: the text from its start.
pub(super) fn log_lines(window: &[u8]) -> Option<&'static str> {
    const LOOKED_AT: usize = 20;
    let text = String::from_utf8_lossy(window);
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LOOKED_AT).collect();
    let all = |is: fn(&str) -> bool| lines.len() > 1 && lines.iter().all(|line| is(line));
    let ends_in_object = |line: &str| {
        let is_object =
            |text: &str| serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(text).is_ok();
        line.find('{').is_some_and(|at| at > 0 && is_object(&line[at..]))
    };
    let holds_pairs = |line: &str| {
        let is_key = |key: &str| {
            !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@'))
        };
        let words = || line.split_whitespace();
        let pairs = words().filter(|word| word.split_once('=').is_some_and(|(key, _)| is_key(key))).count();
        pairs > 2 && 4 * pairs >= 3 * words().count()
    };
    if all(ends_in_object) {
        Some(
            "its lines hold a JSON object behind other text; leave the objects: sed 's/^[^{]*//' FILE, or let the logger write nothing else",
        )
    } else if all(holds_pairs) {
        Some(
            "its lines hold pairs of key and value (key=value), which are not read; write one object a line: mlr --ojsonl cat FILE",
        )
    } else {
        None
    }
}

/// Whether a zip archive is a workbook, by its name or by that of the first file in it.
fn is_workbook(head: &[u8], name: &str) -> bool {
    let holds = |word: &[u8]| head.windows(word.len()).any(|window| window == word);
    [".xlsx", ".xlsm", ".xlsb", ".ods"].iter().any(|ending| name.ends_with(ending))
        || holds(b"[Content_Types]")
        || holds(b"xl/")
}

#[cfg(test)]
mod tests {
    use super::{log_lines, told};

    #[test]
    fn lines_of_a_log_are_no_table() {
        let json = "2026-03-01T00:00:00Z INFO {\"a\": 1, \"b\": {}}\n2026-03-01T00:00:01Z INFO {\"a\": 2}\n";
        assert!(log_lines(json.as_bytes()).is_some_and(|told| told.contains("sed")));
        let pairs = "ts=2026-03-01 age=3 region=north\nts=2026-03-02 age=4 region=south\n";
        assert!(log_lines(pairs.as_bytes()).is_some_and(|told| told.contains("key=value")));
        for table in ["a,b\n1,2\n", "id\tobject\n1\t{\"a\": 1}\n", "url\nx?a=1&b=2\n", "a=1 b=2\n", ""] {
            assert_eq!(log_lines(table.as_bytes()), None, "{table:?}");
        }
    }

    #[test]
    fn files_of_other_programs_are_named() {
        for (head, name, want) in [
            (&b"PK\x03\x04\x14\0\0\0\x08\0training.csv"[..], "training.zip", "zip archive"),
            (b"PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml", "t.csv", "workbook"),
            (b"PK\x03\x04\x14\0", "t.xlsx", "workbook"),
            (b"SQLite format 3\0\x10\0", "t.db", "SQLite"),
            (b"ORC\x11\0\0", "t.orc", "Parquet"),
            (b"\x80\x04\x95", "t.pkl", "pickle"),
            (b"\x72\x01\x01\0", "t.dta", "Stata"),
            (b"0123456\0DUCK@\0", "t.duckdb", "DuckDB"),
            (b"version https://git-lfs.github.com/spec/v1", "t.csv", "git lfs pull"),
        ] {
            assert!(
                told(head, name).is_some_and(|told| told.contains(want)),
                "{name}: {:?}",
                told(head, name)
            );
        }
        for text in [&b"a,b\n1,2\n"[..], b"{\"a\": 1}", b"\xef\xbb\xbfORC,b", b"s,1", b"P,K"] {
            assert_eq!(told(text, "t.csv"), None);
        }
    }
}
