//! A column of a table by its name, as labels of groups: an input, or a column that is none.

use crate::{
    autopsy::Dossier,
    stats::moments::quantile,
    summary::{Column, MISSING, Table},
    text::number,
};

/// Levels that are groups of their own; the others are one.
const LEVELS: usize = 12;

/// Numbers with at most this many values are a group for each.
const FEW_VALUES: usize = 12;

/// How a column is cut into groups, so that two tables are cut alike.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnGroups {
    column: String,
    names: Vec<String>,
    cut: Cut,
}

#[derive(Debug, Clone, PartialEq)]
enum Cut {
    /// By the text of the level.
    Levels,
    /// One group for each value.
    Values(Vec<f64>),
    /// Upper edges of all groups but the last.
    Ranges(Vec<f64>),
}

fn find<'a>(dossier: &'a Dossier, table: &'a Table, name: &str) -> Option<(&'a Column, &'a [String])> {
    let features = &dossier.plan.features;
    match features.iter().position(|feature| feature.name == name) {
        Some(at) => Some((table.features.get(at)?, features[at].levels.as_slice())),
        None => {
            let (_, column, texts) = table.extra.iter().find(|(extra, ..)| extra == name)?;
            Some((column, texts.as_slice()))
        }
    }
}

impl ColumnGroups {
    /// Cuts a column of production, the most frequent groups first; none where no table has it.
    pub fn of(dossier: &Dossier, name: &str) -> Option<Self> {
        let (column, texts) = find(dossier, &dossier.production.sample, name)?;
        let (names, cut) = match column {
            Column::Categorical(codes) => {
                let mut count = vec![0_usize; texts.len()];
                for &code in codes.iter().filter(|code| **code != MISSING) {
                    count[code as usize] += 1;
                }
                let mut order: Vec<usize> = (0..texts.len()).filter(|&code| count[code] > 0).collect();
                order.sort_by_key(|&code| (std::cmp::Reverse(count[code]), code));
                order.truncate(LEVELS);
                (order.into_iter().map(|code| texts[code].clone()).collect(), Cut::Levels)
            }
            Column::Numeric { values, .. } => {
                let mut sorted: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
                sorted.sort_unstable_by(f64::total_cmp);
                let mut distinct = sorted.clone();
                distinct.dedup();
                if distinct.len() <= FEW_VALUES {
                    (distinct.iter().map(|&x| number::value(x)).collect(), Cut::Values(distinct))
                } else {
                    let edge = |q: f64| quantile(&sorted, q).ok();
                    let mut edges: Vec<f64> = [0.25, 0.5, 0.75].into_iter().filter_map(edge).collect();
                    edges.dedup();
                    let mut names: Vec<String> =
                        edges.iter().map(|&x| format!("up to {}", number::value(x))).collect();
                    names.extend(edges.last().map(|&x| format!("above {}", number::value(x))));
                    (names, Cut::Ranges(edges))
                }
            }
            Column::Embedding { .. } | Column::Absent => return None,
        };
        Some(Self { column: name.to_owned(), names, cut })
    }

    /// The groups' names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The group of each row of a table; none for missing values and rare levels, or where the table has no such column.
    pub fn assign(&self, dossier: &Dossier, table: &Table) -> Vec<Option<usize>> {
        match (find(dossier, table, &self.column), &self.cut) {
            (Some((Column::Categorical(codes), texts)), Cut::Levels) => {
                let place: Vec<Option<usize>> =
                    texts.iter().map(|text| self.names.iter().position(|name| name == text)).collect();
                codes.iter().map(|&code| place.get(code as usize).copied().flatten()).collect()
            }
            (Some((Column::Numeric { values, .. }, _)), Cut::Values(known)) => {
                values.iter().map(|value| known.iter().position(|known| known == value)).collect()
            }
            (Some((Column::Numeric { values, .. }, _)), Cut::Ranges(edges)) => values
                .iter()
                .map(|value| value.is_finite().then(|| edges.partition_point(|edge| edge < value)))
                .collect(),
            _ => vec![None; table.rows],
        }
    }
}
