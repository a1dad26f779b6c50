//! Where the header of a separated file stands and what it names: separator, lines before it, columns without a name.

use std::{cmp::Reverse, collections::HashSet};

use super::{
    records::{Part, Records},
    table_file::{DataFile, Told},
    type_guess::{TypeGuess, stored_columns},
};
use crate::{
    case::ReadRules,
    engine::{EngineError, fields::StoredColumn},
    summary::values::{is_instant, read_number},
};

/// Candidate separators; the last is that of Hive's text files.
const SEPARATORS: [u8; 5] = [b',', b';', b'\t', b'|', 0x01];

/// Number of records from which separator and header are inferred.
const TRIED: usize = 50;

/// The most records before a header: titles, comments, a spreadsheet's `sep=;`.
const MOST_BEFORE: usize = 20;

/// Layout of a file, from its start: the separator, records before the header, and names, types and
/// formatting of the columns.
pub(super) struct Layout {
    pub separator: u8,
    /// Number of records before the header, without blank lines.
    pub preamble: usize,
    /// Number of records below the header that are no rows: units, long names.
    pub units: usize,
    /// Whether a blank follows every separator, as people type it.
    pub is_padded: bool,
    pub columns: Vec<StoredColumn>,
    pub told: Told,
}

/// The number of fields of a record, and of those that hold something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    fields: usize,
    filled: usize,
    /// Whether a field is a number or a part of an object, which a name hardly is.
    has_value: bool,
}

/// The sizes of the first records, without blank lines.
fn sizes(text: &[u8], separator: u8) -> Vec<Size> {
    let (mut fields, mut sizes) = (Vec::new(), Vec::new());
    let mut records = Records::new(text, separator);
    while sizes.len() < TRIED && records.next(&mut fields) {
        if !fields.is_empty() {
            let filled = fields.iter().filter(|field| !field.is_empty()).count();
            // A header may have an empty name, which as a value would be a missing number.
            let is_value = |&field: &Part| {
                let text = records.text(field);
                text.contains(['{', '}']) || read_number(&text).is_some_and(f64::is_finite)
            };
            let has_value = fields.iter().any(is_value);
            sizes.push(Size { fields: fields.len(), filled, has_value });
        }
    }
    // The window may end within a record.
    if records.is_at_end() && sizes.len() > 2 {
        sizes.pop();
    }
    sizes
}

/// The most frequent number of fields; the larger of equals.
fn usual(sizes: &[Size]) -> usize {
    let count = |of: usize| sizes.iter().filter(|size| size.fields == of).count();
    sizes.iter().map(|size| size.fields).max_by_key(|&fields| (count(fields), fields)).unwrap_or(1)
}

/// The number of records before the header: the first records that have fewer fields than the rows.
///
/// A header may lack the name of its first column, as R writes it, or of an empty last one.
fn records_before(sizes: &[Size]) -> usize {
    let usual = usual(sizes);
    if usual < 2 {
        return 0;
    }
    let is_header = |size: &Size| size.fields + 1 >= usual && size.fields > 1 && size.filled * 2 >= usual;
    let first = sizes.iter().take(MOST_BEFORE + 1).position(is_header).unwrap_or(0);
    // Rows must follow, or the file has no such shape.
    if sizes[first..].iter().filter(|size| size.fields == usual).count() < 2 { 0 } else { first }
}

/// The number of leading records of annotations, whatever their fields, as `InfluxDB` writes them: `#datatype,string,double`. One
/// alone may be a header.
fn comments(text: &[u8], separator: u8) -> usize {
    let (mut fields, mut count) = (Vec::new(), 0);
    let mut records = Records::new(text, separator);
    while count < MOST_BEFORE && records.next(&mut fields) {
        if !fields.first().is_some_and(|&field| records.text(field).trim_start().starts_with('#')) {
            break;
        }
        count += 1;
    }
    if count > 1 { count } else { 0 }
}

/// Detects the separator: the one that yields as many fields in nearly every record, and the most of them.
///
/// Decimal commas may split the rows into as many fields as semicolons do, or one more, but not the header: one whose header
/// would hold numbers goes last, and of equals the one with fewer records before its header goes first.
///
/// * `default`: the one that is taken if several or none qualify.
fn separator_of(text: &[u8], default: u8) -> u8 {
    let rank = |separator: u8| {
        let sizes = sizes(text, separator);
        let usual = usual(&sizes);
        let before = records_before(&sizes).min(sizes.len());
        let rows = &sizes[before..];
        let alike = rows.iter().filter(|size| size.fields == usual || size.fields + 1 == usual).count();
        let even = alike * 10 >= rows.len() * 9;
        let is_named = rows.first().is_some_and(|header| !header.has_value);
        (usual > 1 && even, is_named, usual, Reverse(before), separator == default)
    };
    let best = SEPARATORS.into_iter().map(|separator| (rank(separator), separator)).max();
    match best {
        Some((rank, separator)) if rank.0 => separator,
        _ if blanks_separate(text) => b' ',
        best => best.map_or(default, |(_, separator)| separator),
    }
}

/// Whether single blanks separate the fields, as R's `write.table` writes them: as many in every row, and as many in the header
/// or one less, which names no row.
fn blanks_separate(text: &[u8]) -> bool {
    let sizes = sizes(text, b' ');
    let usual = usual(&sizes);
    let is_header = |size: &Size| size.fields + 1 >= usual && size.filled == size.fields && !size.has_value;
    let are_rows = |rows: &[Size]| rows.iter().all(|size| size.fields == usual && size.filled == usual);
    usual > 2 && sizes.len() > 2 && is_header(&sizes[0]) && are_rows(&sizes[1..])
}

/// The separator that a spreadsheet declares in the line `sep=;`.
fn named_separator(text: &[u8]) -> Option<u8> {
    let line = &text[..memchr::memchr(b'\n', text)?];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line.strip_prefix(b"sep=") {
        Some(&[separator]) => Some(separator),
        _ => None,
    }
}

/// Skips blank lines and reads the next record.
pub(super) fn next_record(records: &mut Records<'_>, fields: &mut Vec<Part>) {
    while records.next(fields) && fields.is_empty() {}
}

/// A name without blanks and the byte order mark that a file in the middle of a concatenation begins with.
fn bare(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

/// Whether a record repeats the header, as files that were put together by appending do.
pub(super) fn repeats(columns: &[StoredColumn], records: &Records<'_>, fields: &[Part]) -> bool {
    let same = |(column, &field): (&StoredColumn, &Part)| {
        let text = records.text(field);
        bare(&text) == column.name || (field.is_empty() && column.is_index())
    };
    columns.len() > 1 && fields.len() == columns.len() && columns.iter().zip(fields).all(same)
}

/// Infers the layout of a file.
///
/// * `windows`: its start, and a few later parts of whole lines.
/// * `tabs`: whether its name says that tabs separate the fields.
///
/// # Errors
///
/// When it is empty, or its first line holds values in place of names.
pub(super) fn layout(
    windows: &[Vec<u8>],
    tabs: bool,
    file: &DataFile,
    rules: &ReadRules,
) -> Result<Layout, EngineError> {
    let Some(first) = windows.first() else {
        return Err(file.empty());
    };
    let named = named_separator(first);
    let default = if tabs { b'\t' } else { b',' };
    let separator = rules.separator.or(named).unwrap_or_else(|| separator_of(first, default));
    let sizes = sizes(first, separator);
    let before = if named.is_some() { 1 } else { records_before(&sizes).max(comments(first, separator)) };
    let mut records = Records::new(first, separator);
    let (skipped, top) = header_of(&mut records, before);
    let below = names_below(records.clone(), &top);
    let preamble = before + usize::from(below.is_some());
    let is_of_two_lines = below.is_some();
    let header = match below {
        Some(below) => {
            next_record(&mut records, &mut Vec::new());
            below
        }
        None => top,
    };
    let names = completed(&header, first, separator, preamble, usual(&sizes));
    let start = Look {
        guesses: vec![TypeGuess::default(); names.len()],
        header: &header,
        repeated: false,
        reordered: None,
    };
    let look = |mut records: Records<'_>| {
        let mut look = start.clone();
        look.at(&mut records);
        windows.iter().skip(1).for_each(|window| look.at(&mut Records::new(window, separator)));
        look
    };
    let (units, below) = texts_below(records.clone(), names.len());
    let without = (units > 0).then(|| look(after(records.clone(), units)));
    let is_units = without.as_ref().is_some_and(|look| look.are_units(&below));
    let units = if is_units { units } else { 0 };
    let look = without.filter(|_| is_units).unwrap_or_else(|| look(records));
    let Look { guesses, repeated, reordered, .. } = look;
    if let Some(names) = reordered {
        return Err(file.unknown_format(&format!(
            "a line repeats the header in another order ({names}, …), so the columns change their meaning there; write the parts as \
             files of their own, in one folder"
        )));
    }
    let (columns, mut told) = stored_columns(names, &guesses, file, rules);
    let is_quoted = |name: &String| name.len() > 1 && name.starts_with('\'') && name.ends_with('\'');
    if header.len() > 1 && header.iter().all(is_quoted) {
        let reason = "its names are enclosed in single quotes".to_owned();
        return Err(file.broken_line(1, reason, "enclose texts in double quotes, or in none"));
    }
    if let Some(values) = values_for_names(&header, &columns) {
        return Err(file.no_header(&values));
    }
    file.require_different_names(&columns)?;
    let is_padded = is_padded(first, separator, preamble);
    let shown = &file.shown;
    if is_of_two_lines {
        told.notes.push(format!("{shown}: the header has two lines, of which the second names the columns"));
    }
    if before > 0 && named.is_none() {
        let lines = if before == 1 { "one line".to_owned() } else { format!("{before} lines") };
        told.notes.push(format!("{shown}: {lines} before the header are skipped ({skipped:?})"));
    }
    if repeated {
        told.notes.push(format!("{shown}: lines that repeat the header are left out"));
    }
    if units > 0 {
        let shown_below = below.iter().filter(|text| !text.is_empty()).take(2);
        let shown_below: Vec<String> = shown_below.map(|text| format!("{text:?}")).collect();
        told.notes.push(format!(
            "{shown}: {} below the header {} no row ({}), since columns of numbers hold texts there: left out",
            if units == 1 { "the line" } else { "two lines" },
            if units == 1 { "is" } else { "are" },
            shown_below.join(", ")
        ));
    }
    if separator == b' ' {
        told.notes.push(format!("{shown}: blanks separate the fields"));
    }
    if is_padded {
        told.notes.push(format!("{shown}: a blank follows every separator and is left out"));
    }
    Ok(Layout { separator, preamble, units, is_padded, columns, told })
}

/// The first text that is skipped, and the names of the header.
fn header_of(records: &mut Records<'_>, preamble: usize) -> (String, Vec<String>) {
    let mut fields = Vec::new();
    let mut first = String::new();
    for before in 0..=preamble {
        next_record(records, &mut fields);
        if let Some(&field) = fields.first().filter(|_| before == 0) {
            records.text(field).trim().clone_into(&mut first);
        }
    }
    (first, fields.iter().map(|&part| records.text(part).trim().to_owned()).collect())
}

/// The names of a header of two lines, as pandas writes columns of two levels: the first line repeats groups, the second one
/// names each column.
fn names_below(mut records: Records<'_>, top: &[String]) -> Option<Vec<String>> {
    let named = |names: &[String]| names.iter().filter(|name| !name.is_empty()).count();
    let different =
        |names: &[String]| names.iter().filter(|name| !name.is_empty()).collect::<HashSet<_>>().len();
    if top.len() < 4 || different(top) * 2 > top.len() {
        return None;
    }
    let mut fields = Vec::new();
    next_record(&mut records, &mut fields);
    let below: Vec<String> = fields.iter().map(|&field| records.text(field).trim().to_owned()).collect();
    let is_value = |text: &String| read_number(text).is_some_and(f64::is_finite) || is_instant(text);
    let are_names = below.len() == top.len()
        && different(&below) == named(&below)
        && named(&below) + 1 >= below.len()
        && !below.iter().any(is_value);
    are_names.then_some(below)
}

/// The most lines below a header that are no rows.
const MOST_UNITS: usize = 2;

/// The number of records below the header without any number or instant, and the texts of the first one; none where there
/// are more than units and long names would fill.
fn texts_below(mut records: Records<'_>, columns: usize) -> (usize, Vec<String>) {
    let mut fields = Vec::new();
    let (mut count, mut first) = (0, Vec::new());
    loop {
        next_record(&mut records, &mut fields);
        let texts: Vec<String> = fields.iter().map(|&field| records.text(field).trim().to_owned()).collect();
        let is_value = |text: &String| read_number(text).is_some_and(f64::is_finite) || is_instant(text);
        if columns < 2 || texts.len() != columns || texts.iter().any(is_value) || records.is_at_end() {
            return (count, first);
        }
        if count == MOST_UNITS {
            return (0, Vec::new());
        }
        if count == 0 {
            first = texts;
        }
        count += 1;
    }
}

/// The records after some.
fn after(mut records: Records<'_>, skipped: usize) -> Records<'_> {
    let mut fields = Vec::new();
    (0..skipped).for_each(|_| next_record(&mut records, &mut fields));
    records
}

/// What the records show about the types of the columns.
#[derive(Clone)]
struct Look<'h> {
    guesses: Vec<TypeGuess>,
    header: &'h [String],
    /// Whether a record repeats the header.
    repeated: bool,
    /// The first names of a record that repeats the header in another order.
    reordered: Option<String>,
}

impl Look<'_> {
    /// Whether texts above the rows are no row: at least two columns of numbers or instants would hold one.
    fn are_units(&self, texts: &[String]) -> bool {
        let is_text =
            |(guess, text): &(&TypeGuess, &String)| guess.is_measured() && read_number(text).is_none();
        self.guesses.iter().zip(texts).filter(is_text).count() >= 2
    }

    fn at(&mut self, records: &mut Records<'_>) {
        let mut fields = Vec::new();
        while records.next(&mut fields) {
            if fields.len() != self.guesses.len() {
                continue;
            }
            let is_name = |(at, &field): (usize, &Part)| {
                self.header.get(at).is_some_and(|name| name == bare(&records.text(field)))
            };
            if self.header.len() > 1 && fields.iter().enumerate().all(is_name) {
                self.repeated = true;
                continue;
            }
            let is_any_name =
                |&field: &Part| self.header.iter().any(|name| name == bare(&records.text(field)));
            if self.header.len() > 1 && fields.iter().all(is_any_name) {
                let names = fields.iter().take(3).map(|&field| bare(&records.text(field)).to_owned());
                self.reordered.get_or_insert_with(|| names.collect::<Vec<_>>().join(", "));
            }
            for (&field, guess) in fields.iter().zip(&mut self.guesses) {
                if !field.is_empty() {
                    guess.text(&records.text(field));
                }
            }
        }
    }
}

/// Whether all fields but the first of the header and of the first rows begin with a blank.
fn is_padded(text: &[u8], separator: u8, preamble: usize) -> bool {
    let mut fields = Vec::new();
    let mut records = Records::new(text, separator);
    (0..preamble).for_each(|_| next_record(&mut records, &mut fields));
    let mut seen = 0;
    while seen < TRIED && records.next(&mut fields) {
        let mut later = fields.iter().skip(1).filter(|field| !field.is_empty());
        if later.any(|&field| !records.text(field).starts_with(' ')) {
            return false;
        }
        seen += usize::from(fields.len() > 1);
    }
    separator != b' ' && seen > 2
}

/// The names of the columns, with pandas' name for those without one: the index of a data frame, or the result of a
/// trailing separator.
///
/// * `usual`: the number of fields of the rows, which may be one more than the header has.
fn completed(header: &[String], text: &[u8], separator: u8, preamble: usize, usual: usize) -> Vec<String> {
    let mut names = header.to_vec();
    if names.len() > 1 && usual == names.len() + 1 {
        let mut fields = Vec::new();
        let mut records = Records::new(text, separator);
        (0..=preamble).for_each(|_| next_record(&mut records, &mut fields));
        let mut ends_empty = true;
        for _ in 0..TRIED {
            if records.next(&mut fields) && fields.len() == usual {
                ends_empty &= fields.last().is_some_and(|field| field.is_empty());
            }
        }
        // R writes the names of the rows first, without a name of their own.
        names.insert(if ends_empty { names.len() } else { 0 }, String::new());
    }
    let unnamed = |(at, name): (usize, String)| if name.is_empty() { format!("Unnamed: {at}") } else { name };
    names.into_iter().enumerate().map(unnamed).collect()
}

/// The first values of a header that is a row: in every column of numbers or instants it holds one, too.
///
/// A data frame whose columns are numbered (0, 1, 2, …), or are called by years, has a header of whole numbers.
fn values_for_names(header: &[String], columns: &[StoredColumn]) -> Option<String> {
    let is_value = |name: &String| {
        read_number(name).is_some_and(f64::is_finite) && name.contains(['.', ',', '-'])
            || (read_number(name).is_none() && is_instant(name))
    };
    let measured = columns.iter().filter(|column| column.stored.is_measured());
    let named = |column: &StoredColumn| header.iter().find(|name| **name == column.name);
    let (mut of_values, mut all) = (0, 0);
    for name in measured.filter_map(named) {
        all += 1;
        of_values += usize::from(is_value(name));
        let is_number_or_empty = read_number(name).is_some() || is_value(name);
        if !is_number_or_empty {
            return None;
        }
    }
    (of_values >= 2 && of_values * 2 >= all)
        .then(|| header.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> DataFile {
        DataFile { path: "t.csv".into(), shown: "t.csv".to_owned(), bytes: 0, modified: None }
    }

    fn found(text: &str) -> Result<(u8, usize, Vec<String>), String> {
        let layout = layout(&[text.as_bytes().to_vec()], false, &file(), &ReadRules::default());
        layout
            .map(|layout| {
                let names = layout.columns.into_iter().map(|column| column.name).collect();
                (layout.separator, layout.preamble, names)
            })
            .map_err(|error| error.to_string())
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_header_is_found_behind_titles_and_comments() {
        let rows = "a;b;c\n1;2,5;x\n2;3,5;y\n3;1,5;z\n";
        for (before, skipped) in [
            ("", 0),
            ("# exported by hand\n", 1),
            ("# exported, by hand\n# 3 rows\n\n", 2),
            ("Scoring export;;\n", 1),
            ("Scoring export\n\nMarch 2026\n", 2),
            ("sep=;\n", 1),
            ("#datatype;long;string\n#group;false;true\n", 2),
        ] {
            assert_eq!(
                found(&format!("{before}{rows}")),
                Ok((b';', skipped, names(&["a", "b", "c"]))),
                "{before}"
            );
        }
    }

    #[test]
    fn a_header_of_two_lines_is_named_by_its_second() {
        let rows = "0,1.5,2,x\n1,2.5,3,y\n2,3.5,4,z\n";
        for (lines, want) in [
            (",in,in,out\n,a,b,c\n", names(&["Unnamed: 0", "a", "b", "c"])),
            ("in,in,in,out\nid,a,b,c\n", names(&["id", "a", "b", "c"])),
            ("Features,,,Answer\nid,a,b,c\n", names(&["id", "a", "b", "c"])),
        ] {
            let found = found(&format!("{lines}{rows}")).map(|(separator, _, names)| (separator, names));
            assert_eq!(found, Ok((b',', want)), "{lines}");
        }
        let plain = found("a,b,c,d\nx,y,z,w\n1,2,3,4\n").map(|(_, before, names)| (before, names));
        assert_eq!(plain, Ok((0, names(&["a", "b", "c", "d"]))));
    }

    #[test]
    fn decimal_commas_in_quotes_do_not_separate() {
        let text = "\"\";\"income\";\"rate\"\n\"1\";\"69,2\";\"0,5\"\n\"2\";\"62,47\";\"0,25\"\n\"3\";\"22,02\";\"0,5\"\n";
        assert_eq!(found(text), Ok((b';', 0, names(&["Unnamed: 0", "income", "rate"]))));
    }

    #[test]
    fn blanks_separate_where_nothing_else_does() {
        let table = "\"a\" \"b\" \"c\"\n\"1\" 1.5 2 \"x y\"\n\"2\" 2.5 3 \"z\"\n\"3\" 3.5 4 \"z\"\n";
        assert_eq!(found(table), Ok((b' ', 0, names(&["Unnamed: 0", "a", "b", "c"]))));
        let titles = "first name\nsmall steps here\nlong ways\nno end\n";
        assert_eq!(found(titles), Ok((b',', 0, names(&["first name"]))));
    }

    #[test]
    fn a_column_without_a_name_is_the_index_or_nothing() {
        let row_names = "a,b\nr1,1,2\nr2,3,4\nr3,5,6\n";
        assert_eq!(found(row_names), Ok((b',', 0, names(&["Unnamed: 0", "a", "b"]))));
        let trailing = "a,b\n1,2,\n3,4,\n5,6,\n";
        assert_eq!(found(trailing), Ok((b',', 0, names(&["a", "b", "Unnamed: 2"]))));
        assert_eq!(found("a,b,\n1,2,\n3,4,\n"), Ok((b',', 0, names(&["a", "b", "Unnamed: 2"]))));
    }

    #[test]
    fn a_first_line_of_values_is_no_header() {
        let told = found("1.5,0.25,north\n2.5,0.5,south\n3.5,0.75,west\n");
        assert!(told.is_err_and(|told| told.contains("1.5, 0.25, north")));
        assert!(found("0,1,2\n1.5,2.5,x\n2.5,3.5,y\n").is_ok(), "numbered columns");
        assert!(found("q0.1,0.5,0.9,name\n1,2,3,a\n1,2,3,b\n").is_ok(), "a name among quantiles");
    }

    #[test]
    fn short_files_keep_their_first_line() {
        assert_eq!(found("a,b\n1,2\n"), Ok((b',', 0, names(&["a", "b"]))));
        assert_eq!(found("a\n1\n2\n"), Ok((b',', 0, names(&["a"]))));
        assert_eq!(found("a,b\n"), Ok((b',', 0, names(&["a", "b"]))));
    }
}
