//! The rows behind a number: which they are, in which order, and which of their columns are shown.

use super::{
    Answer, Line, Overlay,
    prompt::edit,
    row_view::{RowColumn, RowsView},
};
use crate::{
    app::{
        BackgroundEffect, Effect, Export, Key, Model, TerminalEffect,
        screen::{self, concept, diagnosis, drift, remedy, support},
        suspicion::suspects,
    },
    autopsy::{Dossier, Investigation, Step, exam::concept::rows_of_segment, scoring::Answers},
    summary::{Column, MISSING, Micros, Table, Task},
    text::{number, sanitize, time},
};

/// Rows that are copied at most; an export takes all of them.
const LINES_COPIED: usize = 200;

/// The rows behind what the cursor is on, the costliest first.
///
/// # Errors
///
/// Why there are none, as a clause.
pub(in crate::app) fn behind(model: &Model) -> Result<RowsView, String> {
    let investigation = model.investigation.as_ref().ok_or("the case is still being read")?;
    let dossier = &investigation.dossier;
    if let Some(why) = dossier.without_rows(false, false) {
        return Err(why.to_owned());
    }
    let (mut title, mut rows, first) = chosen(model, investigation);
    if rows.is_empty() {
        // The sample may hold none of a small part of the log.
        title = format!("since the onset, as none is sampled of {title}");
        rows.clone_from(&investigation.framing.after);
    }
    if rows.is_empty() {
        return Err("the log holds no sampled row".to_owned());
    }
    let sample = &dossier.production.sample;
    let answers = Answers::logged(&dossier.plan, sample);
    let is_judged = |row: usize| sample.label.get(row).is_some_and(|label| !label.is_nan());
    // Without the truth nothing is known of what an answer cost.
    let loss_of = |row: usize| if is_judged(row) { answers.loss(row) } else { f64::NAN };
    let loss: Vec<f64> = (0..sample.rows).map(loss_of).collect();
    let mut columns = Vec::new();
    let mut add = |there: bool, column| columns.extend(there.then_some(column));
    add(!sample.time.is_empty(), RowColumn::Time);
    add(loss.iter().any(|loss| loss.is_finite()), RowColumn::Loss);
    add(!sample.label.is_empty(), RowColumn::Label);
    add(!sample.prediction.is_empty(), RowColumn::Prediction);
    add(!sample.score.is_empty(), RowColumn::Score);
    let mut features: Vec<usize> = first.into_iter().chain(suspects(investigation)).collect();
    let mut seen = std::collections::BTreeSet::new();
    features.retain(|feature| seen.insert(*feature));
    // The repaired value stands beside the one that was served.
    let repaired = repaired(model, sample.rows);
    columns.extend(features.first().map(|&feature| RowColumn::Feature(feature)));
    columns.extend((!repaired.is_empty()).then_some(RowColumn::Repaired));
    columns.extend(features.into_iter().skip(1).map(RowColumn::Feature));
    let sort = columns.iter().find(|column| **column == RowColumn::Loss).or(columns.first());
    let sort = (*sort.ok_or("the log holds no column")?, false);
    let every = columns.clone();
    let mut view = RowsView {
        title,
        all: rows.clone(),
        rows,
        columns,
        at: 0,
        column: 0,
        sort,
        loss,
        repaired,
        every,
        words: Line::default(),
        typing: false,
        choosing: None,
    };
    view.arrange(dossier);
    Ok(view)
}

/// What the repair on the screen makes of each row's value; empty where none is shown.
fn repaired(model: &Model, rows: usize) -> Vec<f64> {
    let investigation = model.investigation.as_ref().filter(|_| model.screen == Step::Feature);
    let shown = model.screens.feature.attempts.as_ref().and_then(|attempts| attempts.on_screen());
    let Some((investigation, (_, trial))) = investigation.zip(shown) else {
        return Vec::new();
    };
    let after = &investigation.framing.after;
    if trial.numbers.len() != after.len() {
        return Vec::new();
    }
    let mut all = vec![f64::NAN; rows];
    for (&row, &value) in after.iter().zip(&trial.numbers) {
        all[row] = value;
    }
    all
}

/// What the rows have in common, which they are, and the input that belongs first.
fn chosen(model: &Model, investigation: &Investigation) -> (String, Vec<usize>, Option<usize>) {
    let sample = &investigation.dossier.production.sample;
    let since = || (investigation.framing.period().to_owned(), investigation.framing.after.clone());
    let grid = model.drift().and_then(|drift| drift.grid);
    let window = |at: Option<usize>| {
        let (grid, at) = grid.zip(at)?;
        let span = grid.span(at);
        let inside = |at: &Micros| (span.from..span.to).contains(at);
        let rows = sample.time.iter().enumerate().filter(|(_, at)| inside(at)).map(|(row, _)| row).collect();
        Some((format!("in the window {}", drift::window_name(&grid, at)), rows))
    };
    let feature = model.features.current();
    match model.screen {
        Step::Drift => {
            let (when, rows) = window(drift::window(model)).unwrap_or_else(since);
            (when, rows, feature)
        }
        Step::Triage | Step::Pipeline if model.at.is_some() => {
            let at = grid.zip(model.at).and_then(|(grid, at)| grid.window(at));
            let (when, rows) = window(at).unwrap_or_else(since);
            (when, rows, None)
        }
        Step::Concept if model.pane() == concept::SEGMENTS => {
            let segments = concept::segments(model);
            let at = model.screens.concept.at.min(segments.len().saturating_sub(1));
            match segments.get(at) {
                Some(segment) if segment.feature.is_some() => {
                    let (when, all) = since();
                    let name = concept::name(investigation, segment);
                    let rows = rows_of_segment(&investigation.dossier, segment, &all);
                    (format!("{name}, {when}"), rows, segment.feature)
                }
                _ => with(since(), None),
            }
        }
        Step::Support => match support::reason(model) {
            Some(outside) if model.pane() == support::REASONS => {
                let all = &investigation.support.exemplars;
                let own: Vec<usize> =
                    all.iter().filter(|row| row.reason == outside.reason).map(|row| row.row).collect();
                let feature = crate::autopsy::exam::support::features_of(outside.reason).first().copied();
                let name = support::words(investigation, outside.reason);
                // Only the strangest rows are kept one by one: a rare reason may have none among them.
                if own.is_empty() {
                    let rows = all.iter().map(|row| row.row).collect();
                    (format!("strangest, none by {name}"), rows, feature)
                } else {
                    (format!("strangest by {name}"), own, feature)
                }
            }
            _ => {
                let rows = investigation.support.exemplars.iter().map(|row| row.row).collect();
                ("strangest rows".to_owned(), rows, None)
            }
        },
        Step::Feature => {
            let shown = model.screens.feature.attempts.as_ref().and_then(|attempts| attempts.on_screen());
            let (when, rows) = since();
            let repair = shown.map_or_else(String::new, |(candidate, _)| format!(", {}", candidate.name));
            (format!("{when}{repair}"), rows, feature)
        }
        // What the cause accuses stands first.
        Step::Diagnosis => {
            let accused = diagnosis::current(model).and_then(|cause| cause.features.first().copied());
            with(since(), accused)
        }
        Step::Remedy => remedy::rows(model).unwrap_or_else(|| with(since(), None)),
        _ => with(since(), None),
    }
}

fn with((title, rows): (String, Vec<usize>), feature: Option<usize>) -> (String, Vec<usize>, Option<usize>) {
    (title, rows, feature)
}

impl RowsView {
    /// Sorts the rows by the column that was chosen; missing values come last.
    fn arrange(&mut self, dossier: &Dossier) {
        let sample = &dossier.production.sample;
        let (column, ascending) = self.sort;
        let (loss, repaired) = (&self.loss, &self.repaired);
        let key = |row: usize| number_of(sample, (loss, repaired), column, row);
        self.rows.sort_by(|&a, &b| {
            let (x, y) = (key(a), key(b));
            let order = if ascending { x.total_cmp(&y) } else { y.total_cmp(&x) };
            x.is_nan().cmp(&y.is_nan()).then(order).then(a.cmp(&b))
        });
    }

    /// The head of a column.
    #[must_use]
    pub fn head(&self, dossier: &Dossier, column: RowColumn) -> String {
        match column {
            RowColumn::Time => "time (UTC)".to_owned(),
            RowColumn::Loss => "loss".to_owned(),
            RowColumn::Label => "truth".to_owned(),
            RowColumn::Prediction => "answer".to_owned(),
            RowColumn::Score => "score".to_owned(),
            RowColumn::Feature(feature) => dossier.feature_name(feature).to_owned(),
            RowColumn::Repaired => "repaired".to_owned(),
        }
    }

    /// Lists the rows that hold the typed words in a column that is shown, in any letters.
    fn narrow(&mut self, dossier: &Dossier) {
        let words: Vec<String> = self.words.value().split_whitespace().map(str::to_lowercase).collect();
        let holds = |&row: &usize| {
            let cells: Vec<String> =
                self.columns.iter().map(|&column| self.text(dossier, column, row).to_lowercase()).collect();
            words.iter().all(|word| cells.iter().any(|cell| cell.contains(word.as_str())))
        };
        self.rows = self.all.iter().copied().filter(holds).collect();
        self.at = 0;
        self.arrange(dossier);
    }

    /// Shows a column, or leaves it out; one stays, as a list of nothing cannot be read.
    fn toggle(&mut self, column: RowColumn) {
        match self.columns.iter().position(|known| *known == column) {
            Some(_) if self.columns.len() == 1 => {}
            Some(at) => {
                self.columns.remove(at);
            }
            None => {
                // In the order of all columns, which is that of their weight.
                let place = |known: &RowColumn| self.every.iter().position(|other| other == known);
                let at = self.columns.iter().position(|known| place(known) > place(&column));
                self.columns.insert(at.unwrap_or(self.columns.len()), column);
            }
        }
        self.column = self.column.min(self.columns.len() - 1);
    }

    /// A cell as text.
    #[must_use]
    pub fn text(&self, dossier: &Dossier, column: RowColumn, row: usize) -> String {
        let sample = &dossier.production.sample;
        let value = number_of(sample, (&self.loss, &self.repaired), column, row);
        if let (RowColumn::Feature(feature), Some(Column::Categorical(codes))) =
            (column, feature_of(sample, column))
        {
            let code = codes.get(row).copied().unwrap_or(MISSING);
            let level = dossier.plan.features[feature].levels.get(code as usize);
            return level.cloned().unwrap_or_else(|| "null".to_owned());
        }
        match column {
            RowColumn::Time => sample.time.get(row).map_or_else(String::new, |&at| time::minute(at)),
            _ if value.is_nan() => "null".to_owned(),
            RowColumn::Loss | RowColumn::Score => number::metric(value),
            RowColumn::Label | RowColumn::Prediction if dossier.task() != Task::Regression => {
                let class = dossier.plan.classes.get(value as usize);
                class.cloned().unwrap_or_else(|| number::value(value))
            }
            _ => number::value(value),
        }
    }

    /// The list as a table, heads first.
    ///
    /// * `most`: rows at most.
    #[must_use]
    pub fn table(&self, dossier: &Dossier, most: usize) -> Vec<Vec<String>> {
        let mut lines = vec![self.columns.iter().map(|&column| self.head(dossier, column)).collect()];
        let line =
            |&row: &usize| self.columns.iter().map(|&column| self.text(dossier, column, row)).collect();
        lines.extend(self.rows.iter().take(most).map(line));
        lines
    }
}

fn feature_of(sample: &Table, column: RowColumn) -> Option<&Column> {
    match column {
        RowColumn::Feature(feature) => sample.features.get(feature),
        _ => None,
    }
}

/// A cell as a number, to sort by; names by their code.
fn number_of(sample: &Table, (loss, repaired): (&[f64], &[f64]), column: RowColumn, row: usize) -> f64 {
    let known = |values: &[f64]| values.get(row).copied().unwrap_or(f64::NAN);
    match column {
        RowColumn::Time => sample.time.get(row).map_or(f64::NAN, |&at| at as f64),
        RowColumn::Loss => known(loss),
        RowColumn::Repaired => known(repaired),
        RowColumn::Label => known(&sample.label),
        RowColumn::Prediction => known(&sample.prediction),
        RowColumn::Score => known(&sample.score),
        RowColumn::Feature(_) => match feature_of(sample, column) {
            Some(Column::Numeric { values, .. }) => known(values),
            Some(Column::Categorical(codes)) => codes.get(row).map_or(f64::NAN, |&code| f64::from(code)),
            _ => f64::NAN,
        },
    }
}

/// Keys of the list.
pub(super) fn key(model: &mut Model, key: Key, view: &mut RowsView) -> Answer {
    let Some(dossier) = model.dossier.clone() else {
        return Answer::CLOSE;
    };
    if let Some(at) = view.choosing {
        return choose(model, key, view, at);
    }
    if view.typing {
        return search(key, view, &dossier);
    }
    let (last, width) = (view.rows.len().saturating_sub(1), view.columns.len());
    let page = model.page();
    match key {
        Key::Esc if !view.words.value().is_empty() => {
            view.words = Line::default();
            view.narrow(&dossier);
        }
        Key::Char('/') => view.typing = true,
        Key::Char('c') => view.choosing = Some(0),
        Key::Esc | Key::Char('q' | 'r') => return Answer::CLOSE,
        Key::Char('j') | Key::Down => view.at = (view.at + 1).min(last),
        Key::Char('k') | Key::Up => view.at = view.at.saturating_sub(1),
        Key::PageDown | Key::Ctrl('d') => view.at = (view.at + page).min(last),
        Key::PageUp | Key::Ctrl('u') => view.at = view.at.saturating_sub(page),
        Key::Char('g') | Key::Home => view.at = 0,
        Key::Char('G') | Key::End => view.at = last,
        Key::Char('l') | Key::Right => view.column = (view.column + 1).min(width.saturating_sub(1)),
        Key::Char('h') | Key::Left => view.column = view.column.saturating_sub(1),
        Key::Char(pressed @ ('s' | 'S')) => {
            let column = view.columns[view.column.min(width.saturating_sub(1))];
            let reversed = view.sort.0 == column && !view.sort.1;
            view.sort = (column, if pressed == 'S' { !view.sort.1 } else { reversed });
            view.arrange(&dossier);
            view.at = 0;
        }
        Key::Char('d') => view.toggle(view.columns[view.column.min(width - 1)]),
        Key::Char('y' | 'Y' | 'x') | Key::Enter if view.rows.is_empty() => {
            model.toast("no row holds these words");
        }
        Key::Char('y') => {
            let line = |&column: &RowColumn| {
                format!(
                    "{}: {}",
                    view.head(&dossier, column),
                    view.text(&dossier, column, view.rows[view.at])
                )
            };
            let lines: Vec<String> = view.columns.iter().map(line).collect();
            let text = sanitize::terminal(&lines.join("; ")).into_owned();
            return Answer::Stay(vec![Effect::Terminal(TerminalEffect::Copy(text))]);
        }
        Key::Char('Y') => {
            let text = screen::markdown_table(&view.table(&dossier, LINES_COPIED));
            return Answer::Stay(vec![Effect::Terminal(TerminalEffect::Copy(text))]);
        }
        Key::Char('x') => {
            let content = screen::csv_table(&view.table(&dossier, usize::MAX));
            let stem = format!("{}-rows", screen::file_stem(model, Export::Csv));
            let effect = BackgroundEffect::Export { export: Export::Csv, stem, content };
            return Answer::Stay(vec![Effect::Background(effect)]);
        }
        Key::Enter => {
            let lines = compared(&dossier, view);
            let title = format!("Row {} beside training", view.rows[view.at]);
            model.overlays.push(Overlay::Rows(Box::new(view.clone())));
            model.overlays.push(Overlay::Page { title, lines, at: 0 });
            return Answer::CLOSE;
        }
        _ => model.toast(format!("{} does nothing in a list of rows", key.name())),
    }
    Answer::STAY
}

/// Keys while words are typed that the rows must hold.
fn search(key: Key, view: &mut RowsView, dossier: &Dossier) -> Answer {
    match key {
        Key::Enter | Key::Down => view.typing = false,
        Key::Esc => {
            view.typing = false;
            view.words = Line::default();
            view.narrow(dossier);
        }
        _ => {
            if edit(&mut view.words, key) {
                view.narrow(dossier);
            }
        }
    }
    Answer::STAY
}

/// Keys while columns are chosen.
fn choose(model: &mut Model, key: Key, view: &mut RowsView, at: usize) -> Answer {
    let last = view.every.len().saturating_sub(1);
    match key {
        Key::Esc | Key::Char('c' | 'q') => view.choosing = None,
        Key::Char(' ') | Key::Enter => {
            let column = view.every[at.min(last)];
            view.toggle(column);
        }
        _ => match super::step(key, at, last, model.page()) {
            Some(to) => view.choosing = Some(to),
            None => view.choosing = None,
        },
    }
    Answer::STAY
}

/// The row under the cursor, each value beside what is usual in training.
fn compared(dossier: &Dossier, view: &RowsView) -> Vec<String> {
    let row = view.rows[view.at.min(view.rows.len() - 1)];
    let training = &dossier.training.sample;
    let usual = |column: RowColumn| -> Option<String> {
        match (column, feature_of(training, column)?) {
            (_, Column::Numeric { values, .. }) => {
                let mut known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
                known.sort_unstable_by(f64::total_cmp);
                let at = |share: f64| known.get((share * known.len() as f64) as usize).copied();
                Some(format!("{} to {}", number::value(at(0.05)?), number::value(at(0.95)?)))
            }
            (RowColumn::Feature(feature), Column::Categorical(codes)) => {
                let known = &dossier.plan.features[feature].levels;
                let code = match feature_of(&dossier.production.sample, column)? {
                    Column::Categorical(own) => own.get(row).copied()?,
                    _ => return None,
                };
                let same = codes.iter().filter(|&&other| other == code).count();
                let share = same as f64 / codes.len().max(1) as f64;
                known.get(code as usize).map(|_| format!("{} of the rows", number::share(share)))
            }
            _ => None,
        }
    };
    let line = |&column: &RowColumn| {
        let usual = usual(column).map_or_else(String::new, |usual| format!("   in training {usual}"));
        format!("{}: {}{usual}", view.head(dossier, column), view.text(dossier, column, row))
    };
    view.columns.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Msg, fixture, update};

    fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
        let keys = keys.split(' ').map(|name| Key::parse(name).expect("a key"));
        keys.flat_map(|key| update(model, Msg::Key(key))).collect()
    }

    fn shown(model: &Model) -> &RowsView {
        match model.overlays.last() {
            Some(Overlay::Rows(view)) => view,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_costliest_rows_come_first_and_any_column_sorts_them() {
        let mut model = fixture::model(120, 36);
        press(&mut model, "4 r");
        let view = shown(&model).clone();
        assert!(view.rows.windows(2).all(|w| view.loss[w[0]] >= view.loss[w[1]] || view.loss[w[1]].is_nan()));
        let feature = model.features.current().expect("a feature");
        assert!(view.columns.contains(&RowColumn::Feature(feature)));
        let keys = "l ".repeat(view.columns.len()) + "s";
        press(&mut model, &keys);
        let sorted = shown(&model);
        assert_eq!(sorted.sort.0, *view.columns.last().expect("columns"));
        assert_eq!(sorted.rows.len(), view.rows.len());
        press(&mut model, "d");
        assert_eq!(shown(&model).columns.len(), view.columns.len() - 1);
    }

    #[test]
    fn columns_are_chosen_and_rows_are_searched() {
        let mut model = fixture::model(120, 36);
        press(&mut model, "4 r");
        let all = shown(&model).clone();
        press(&mut model, "c Space c");
        assert_eq!(shown(&model).columns, all.columns[1..]);
        press(&mut model, "c Space Esc");
        assert_eq!(shown(&model).columns, all.columns, "it comes back where it was");
        let dossier = model.dossier.clone().expect("it is read");
        let word = all.text(&dossier, RowColumn::Time, all.rows[0]);
        let keys: Vec<String> = word.chars().map(String::from).collect();
        press(&mut model, "/");
        for key in keys {
            let _ = update(&mut model, Msg::Key(Key::Char(key.chars().next().expect("a letter"))));
        }
        let narrowed = shown(&model).clone();
        assert!(!narrowed.rows.is_empty() && narrowed.rows.len() < all.rows.len(), "{word}");
        assert!(narrowed.rows.contains(&all.rows[0]));
        press(&mut model, "Enter Esc");
        assert_eq!(shown(&model).rows, all.rows);
    }

    #[test]
    fn rows_are_copied_exported_and_set_beside_training() {
        let mut model = fixture::model(120, 36);
        press(&mut model, "3 r");
        assert!(shown(&model).title.contains("window"), "{}", shown(&model).title);
        let effects = press(&mut model, "y x");
        assert!(matches!(effects[0], Effect::Terminal(TerminalEffect::Copy(_))));
        let Effect::Background(BackgroundEffect::Export { stem, content, .. }) = &effects[1] else {
            panic!("{effects:?}");
        };
        assert!(stem.ends_with("-rows") && content.lines().count() == shown(&model).rows.len() + 1);
        press(&mut model, "Enter");
        assert!(matches!(model.overlays.last(), Some(Overlay::Page { .. })));
        press(&mut model, "Esc");
        assert!(shown(&model).at == 0);
        press(&mut model, "Esc");
        assert!(model.overlays.is_empty());
    }
}
