//! Whatever people hand over: files as they are, from `init`'s guess to the labels that are judged.
//!
//! Every test writes two small files, lets the program guess the case, reads it, and looks at what was made of it.

mod answers;
mod derived;
mod labels;
mod layouts;
mod loggers;
mod names;
mod several;
mod texts;
mod times;
mod verdicts;

use std::path::Path;

use coroner::{
    autopsy::{Dossier, settle_labels},
    case::{Case, Guess, Peeks, Snapshots, guess},
    engine::{Engine as _, LocalEngine, PassControl, read},
};

use crate::commands::Folder;

/// Rows of the files; enough for every inference, few enough to be read in no time.
const ROWS: usize = 1200;

/// A table of texts.
#[derive(Debug, Clone)]
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A number between 0 and 1 for a row and a purpose: `SplitMix64`.
fn unit(row: usize, purpose: u64) -> f64 {
    let mut z =
        (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose.wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The instant of a row as ISO 8601: one row in twenty minutes from 2026-03-01.
fn instant(row: usize) -> String {
    let minutes = row * 20;
    format!("2026-03-{:02}T{:02}:{:02}:00", 1 + minutes / 1440, minutes / 60 % 24, minutes % 60)
}

/// The seconds since 1970 of a row.
fn epoch(row: usize) -> u64 {
    1_772_323_200 + row as u64 * 1200
}

impl Table {
    /// A binary model's rows; `shift` makes another sample of them.
    fn binary(shift: usize) -> Self {
        Self::answered(ROWS, shift, |_, logit| (logit, logit))
    }

    /// The same for other numbers of rows and other answers: for a row and the log-odds of income and debt, the log-odds that
    /// the model answers, and the true ones.
    fn answered(rows: usize, shift: usize, logits: impl Fn(usize, f64) -> (f64, f64)) -> Self {
        let names = ["income", "dti", "age", "region", "score", "prediction", "label"];
        let row = |at: usize| {
            let row = at + shift;
            let (income, dti) = (500.0 + 90_000.0 * unit(row, 1), 0.05 + 0.6 * unit(row, 2));
            let (answered, truth) = logits(at, (income - 45_000.0) / 20_000.0 - 6.0 * (dti - 0.35));
            let share = |logit: f64| 1.0 / (1.0 + (-logit).exp());
            let score = share(answered);
            vec![
                format!("{income:.2}"),
                format!("{dti:.4}"),
                format!("{}", 18 + (60.0 * unit(row, 3)) as u32),
                ["north", "south", "west"][(3.0 * unit(row, 4)) as usize].to_owned(),
                format!("{score:.5}"),
                u8::from(score >= 0.5).to_string(),
                u8::from(unit(row, 5) < share(truth)).to_string(),
            ]
        };
        Self { names: names.map(str::to_owned).to_vec(), rows: (0..rows).map(row).collect() }
    }

    /// What the model was trained on.
    fn training() -> Self {
        Self::binary(0)
    }

    /// What it answered.
    fn production() -> Self {
        Self::binary(50_000).set("ts", |row, _| instant(row))
    }

    /// Replaces a column, or adds it; the value is made of the row's number and its value so far.
    fn set(mut self, name: &str, value: impl Fn(usize, &str) -> String) -> Self {
        let at = self.names.iter().position(|known| known == name);
        if at.is_none() {
            self.names.push(name.to_owned());
        }
        for (number, row) in self.rows.iter_mut().enumerate() {
            match at {
                Some(at) => row[at] = value(number, &row[at]),
                None => row.push(value(number, "")),
            }
        }
        self
    }

    /// Adds or replaces a column by the number in another one.
    fn derive(self, name: &str, from: &str, value: impl Fn(usize, f64) -> String) -> Self {
        let at = self.names.iter().position(|known| known == from).expect("a column");
        let numbers: Vec<f64> = self.rows.iter().map(|row| row[at].parse().expect("a number")).collect();
        self.set(name, |row, _| value(row, numbers[row]))
    }

    fn drop(mut self, name: &str) -> Self {
        let at = self.names.iter().position(|known| known == name).expect("a column");
        self.names.remove(at);
        self.rows.iter_mut().for_each(|row| {
            row.remove(at);
        });
        self
    }

    fn rename(mut self, from: &str, to: &str) -> Self {
        let at = self.names.iter().position(|known| known == from).expect("a column");
        to.clone_into(&mut self.names[at]);
        self
    }

    /// Only some columns.
    fn only(self, names: &[&str]) -> Self {
        let others: Vec<String> =
            self.names.iter().filter(|name| !names.contains(&name.as_str())).cloned().collect();
        others.iter().fold(self, |table, name| table.drop(name))
    }

    /// The table as separated text.
    fn text(&self, separator: char) -> String {
        let field = |value: &String| {
            let quoted = value.contains([separator, '"', '\n']);
            if quoted { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.clone() }
        };
        let line = |values: &Vec<String>| {
            let fields: Vec<String> = values.iter().map(field).collect();
            fields.join(&separator.to_string()) + "\n"
        };
        std::iter::once(&self.names).chain(&self.rows).map(line).collect()
    }

    fn csv(&self) -> String {
        self.text(',')
    }
}

/// What the program makes of two files.
struct Taken {
    guess: Guess,
    notes: Vec<String>,
    dossier: Dossier,
    _folder: Folder,
}

impl Taken {
    /// Everything that is said: notes, doubts, and what is said of labels.
    fn told(&self) -> String {
        let labels = self.dossier.label_doubts.iter().map(|doubt| &doubt.message);
        let all: Vec<&String> =
            self.guess.notes.iter().chain(&self.guess.doubts).chain(&self.notes).chain(labels).collect();
        all.into_iter().cloned().collect::<Vec<_>>().join("\n")
    }

    /// Asserts that something is said.
    fn says(&self, what: &str) -> &Self {
        assert!(self.told().contains(what), "{what}: not in\n{}", self.told());
        self
    }

    /// The values of a numeric feature in production; panics where it is none.
    fn numbers(&self, feature: &str) -> &[f64] {
        let plan = &self.dossier.plan;
        let at = plan.features.iter().position(|known| known.name == feature).expect("a feature");
        self.dossier.production.sample.features[at].numbers().expect("numbers")
    }

    /// Asserts that a numeric feature of production is what the plain table holds.
    fn holds(&self, feature: &str, table: &Table) -> &Self {
        let at = table.names.iter().position(|name| name == feature).expect("a column");
        let want: Vec<f64> = table.rows.iter().map(|row| row[at].parse().unwrap_or(f64::NAN)).collect();
        let got = self.numbers(feature);
        assert_eq!(got.len(), want.len());
        for (row, (got, want)) in got.iter().zip(&want).enumerate() {
            let same = (got - want).abs() <= 1e-9 * want.abs() || got.is_nan() && want.is_nan();
            assert!(same, "{feature}, row {row}: {got} is not {want}\n{}", self.told());
        }
        self
    }

    /// Asserts a role.
    fn role(&self, role: &str, column: &str) -> &Self {
        let found = self.guess.columns.roles().find(|(known, _)| *known == role).map(|(_, column)| column);
        assert_eq!(found, Some(column), "{role}\n{}", self.told());
        self
    }

    /// Asserts that a column is no feature.
    fn ignores(&self, column: &str) -> &Self {
        assert!(
            !self.guess.features.iter().any(|name| name == column),
            "{column} is a feature\n{}",
            self.told()
        );
        self
    }

    /// The share of the judged production rows whose answer is the label.
    fn accuracy(&self) -> f64 {
        let sample = &self.dossier.production.sample;
        let rows = sample.label.iter().zip(&sample.prediction).filter(|(label, _)| !label.is_nan());
        let (right, all) = rows.fold((0_u32, 0_u32), |(right, all), (label, answer)| {
            (right + u32::from(label == answer), all + 1)
        });
        f64::from(right) / f64::from(all.max(1))
    }

    /// The number of judged production rows.
    fn judged(&self) -> usize {
        self.dossier.production.sample.label.iter().filter(|label| !label.is_nan()).count()
    }
}

/// Writes files, guesses the case, reads it and settles the labels.
///
/// * `files`: training first, then production; others by their names `labels.csv` and `predictions.csv`.
fn take(files: &[(&str, &[u8])]) -> Result<Taken, String> {
    let folder = Folder::empty();
    for (name, bytes) in files {
        folder.write(name, bytes);
    }
    let engine = LocalEngine::default();
    let peek =
        |name: &str| engine.peek(&folder.path(name).to_string_lossy()).map_err(|error| error.to_string());
    let beside = |name: &str| files.iter().any(|(known, _)| *known == name).then(|| name.to_owned());
    let optional = |name: &str| beside(name).map(|name| peek(&name)).transpose();
    let peeks = Peeks {
        training: peek(files[0].0)?,
        production: peek(files[1].0)?,
        labels: optional("labels.csv")?,
        predictions: optional("predictions.csv")?,
        ..Peeks::default()
    };
    let guess = guess(&peeks).map_err(|error| error.to_string())?;
    let snapshots = Snapshots {
        training: files[0].0.to_owned(),
        production: files[1].0.to_owned(),
        labels: beside("labels.csv"),
        predictions: beside("predictions.csv"),
        ..Snapshots::default()
    };
    let root = folder.path("");
    let case: Case = guess.case(Path::new(&root), snapshots, None);
    let (data, _) = read(&engine, &case, &PassControl::default()).map_err(|error| error.to_string())?;
    let notes = data.notes.clone();
    let dossier = settle_labels(Dossier::new(data, Err("no model".to_owned())));
    Ok(Taken { guess, notes, dossier, _folder: folder })
}

/// [`take`] of two texts that are sound.
fn taken(training: impl AsRef<[u8]>, production: impl AsRef<[u8]>) -> Taken {
    take(&[("training.csv", training.as_ref()), ("production.csv", production.as_ref())])
        .expect("they can be read")
}

/// The error of two texts that are none.
fn refused(training: impl AsRef<[u8]>, production: impl AsRef<[u8]>) -> String {
    let files = [("training.csv", training.as_ref()), ("production.csv", production.as_ref())];
    take(&files).err().expect("it cannot be read")
}

#[test]
fn the_plain_files_need_no_word() {
    let taken = taken(Table::training().csv(), Table::production().csv());
    taken
        .role("timestamp", "ts")
        .role("label", "label")
        .role("prediction", "prediction")
        .role("score", "score");
    taken.holds("income", &Table::production()).holds("dti", &Table::production());
    assert_eq!(taken.told(), "");
    assert!(taken.accuracy() > 0.7 && taken.judged() == ROWS);
}
