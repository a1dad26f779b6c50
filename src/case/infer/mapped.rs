//! Roles that a mapping of another tool names.

use super::Guesser;
use crate::{
    case::{Mapping, peek::ColumnPeek},
    summary::Task,
};

const BECAUSE: &str = "the mapping file says so";

impl Guesser<'_> {
    /// Takes what the mapping says, as far as the columns are there.
    pub(super) fn mapped(&mut self) {
        let mapping = self.peeks.mapping.clone();
        if mapping == Mapping::default() {
            return;
        }
        let found: Vec<&String> = [&self.peeks.training, &self.peeks.production]
            .into_iter()
            .chain(&self.peeks.labels)
            .chain(&self.peeks.predictions)
            .flat_map(|peek| peek.columns.iter().map(|column| &column.name))
            .collect();
        let renamed = self.guess.names.clone();
        let mut absent = Vec::new();
        let mut known = |name: Option<String>| {
            // A column that is read under the name of training.
            let name = name.map(|name| renamed.get(&name).cloned().unwrap_or(name))?;
            if found.iter().any(|known| **known == name) {
                return Some(name);
            }
            absent.push(name);
            None
        };
        let (timestamp, label, id) = (known(mapping.timestamp), known(mapping.label), known(mapping.id));
        let (mut prediction, mut score) = (known(mapping.prediction), known(mapping.score));
        let scores: Option<Vec<(String, String)>> =
            mapping.scores.into_iter().map(|(class, name)| Some((class, known(Some(name))?))).collect();
        let is_probability = |name: &String| self.served_column(name).is_some_and(ColumnPeek::is_probability);
        let two_classes =
            label.as_ref().and_then(|name| self.role(Some(name))).is_some_and(ColumnPeek::is_two_classes);
        // Evidently calls a probability a prediction as well.
        if score.is_none() && two_classes && prediction.as_ref().is_some_and(is_probability) {
            score = prediction.take();
        }
        let columns = &mut self.guess.columns;
        columns.scores = scores.unwrap_or_default().into_iter().collect();
        if score.is_some() {
            columns.scores.clear();
        }
        for (key, column, role) in [
            ("timestamp", timestamp, &mut columns.timestamp),
            ("label", label, &mut columns.label),
            ("prediction", prediction, &mut columns.prediction),
            ("score", score, &mut columns.score),
            ("id", id, &mut columns.id),
        ] {
            if let Some(name) = column {
                self.taken.insert(name.clone());
                self.guess.reasons.insert(format!("columns.{key}"), BECAUSE.to_owned());
                *role = Some(name);
            }
        }
        if !columns.scores.is_empty() {
            self.taken.extend(columns.scores.values().cloned());
            self.guess.reasons.insert("columns.scores".to_owned(), BECAUSE.to_owned());
        }
        if let Some(task) = mapping.task {
            self.guess.task = Some(task);
            self.guess.reasons.insert("model.task".to_owned(), BECAUSE.to_owned());
        }
        if let Some(positive) =
            mapping.positive.filter(|_| mapping.task.is_none_or(|task| task == Task::Binary))
        {
            self.guess.positive = Some(positive);
            self.guess.reasons.insert("model.positive".to_owned(), BECAUSE.to_owned());
        }
        if !absent.is_empty() {
            self.guess
                .doubts
                .push(format!("the mapping file names {}, which no file has", absent.join(", ")));
        }
    }

    /// Takes what the mapping says about the columns without a role, once they are all sorted.
    pub(super) fn mapped_inputs(&mut self) {
        let Mapping { categorical, features, .. } = &self.peeks.mapping;
        let training = &self.peeks.training;
        let columns = &mut self.guess.columns;
        for name in
            categorical.iter().filter(|name| training.column(name).is_some_and(|c| c.shape.is_number()))
        {
            if !columns.categorical.contains(name) {
                columns.categorical.push(name.clone());
            }
            self.guess.reasons.insert(format!("columns.categorical.{name}"), BECAUSE.to_owned());
        }
        if features.is_empty() {
            return;
        }
        columns.ignore.retain(|name| !features.contains(name));
        let others = training.columns.iter().map(|column| &column.name);
        let others: Vec<String> = others
            .filter(|name| {
                columns.is_feature(name) && !features.contains(name) && !self.taken.contains(*name)
            })
            .cloned()
            .collect();
        for name in others {
            let because = "the mapping file lists the inputs without it".to_owned();
            self.guess.reasons.insert(format!("columns.ignore.{name}"), because);
            columns.ignore.push(name);
        }
    }
}
