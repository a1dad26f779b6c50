//! Merging profiles, and widening their windows.

use super::{AnswersPart, ColumnPart, Grid, MomentsPart, Profile, ProfileError, Rare, WindowPart, Windows};
use crate::summary::exact::ExactSum;

impl Profile {
    /// Merges profiles with the same bins: shards of one snapshot.
    ///
    /// The sums are exact and rounded once, so the order of the shards does not matter. Windows get the
    /// largest width of all shards, or a larger one if there would be more than 200.
    ///
    /// * `shards`: each with a name, for the error.
    ///
    /// # Errors
    ///
    /// When there are no shards, or one has other bins than the first.
    pub fn merge(shards: &[(String, Self)]) -> Result<Self, ProfileError> {
        let Some(((first_name, first), rest)) = shards.split_first() else {
            return Err(ProfileError::Unreadable("there is none".to_owned()));
        };
        for (_, shard) in rest {
            let what = if shard.windows.is_some() == first.windows.is_some() {
                first.differs(shard)
            } else {
                Some("one has windows of time and the other has none".to_owned())
            };
            if let Some(what) = what {
                let other = first_name.clone();
                return Err(ProfileError::OtherBins { other, what });
            }
        }
        if rest.is_empty() {
            return Ok(first.clone());
        }
        let profiles = || shards.iter().map(|(_, shard)| shard);
        let classes = classes(first, profiles());
        let grid = common(profiles().filter_map(|shard| shard.windows.as_ref().map(Windows::grid)));
        let windows = grid.map_or(1, |grid| grid.windows);
        // For each shard, the merged window that each of its windows belongs to.
        let maps: Vec<Vec<usize>> = profiles().map(|shard| shard.map_to(grid)).collect();
        let column = |of: &dyn Fn(&Self) -> &ColumnPart| {
            let parts: Vec<&ColumnPart> = profiles().map(of).collect();
            merge_columns(&parts, &profiles().map(|shard| shard.rows).collect::<Vec<_>>(), &maps, windows)
        };
        let mut totals: Vec<Vec<WindowPart>> = vec![Vec::new(); windows];
        for (shard, map) in profiles().zip(&maps) {
            let place: Vec<usize> = (shard.classes.iter())
                .map(|class| classes.iter().position(|c| c == class).unwrap_or(0))
                .collect();
            for (part, &window) in shard.totals.iter().zip(map) {
                totals[window]
                    .push(WindowPart { answers: part.answers.placed(&place, classes.len()), ..part.clone() });
            }
        }
        let features = (0..first.features.len()).map(|at| column(&|shard| &shard.features[at]));
        let merged = Self {
            rows: profiles().map(|shard| shard.rows).sum(),
            rows_without_time: profiles().map(|shard| shard.rows_without_time).sum(),
            fewest_rows: profiles().map(|shard| shard.fewest_rows).min().unwrap_or(0),
            files: union(profiles().map(|shard| &shard.files)),
            columns: union(profiles().map(|shard| &shard.columns)),
            new_columns: union(profiles().map(|shard| &shard.new_columns)),
            classes: classes.clone(),
            windows: grid.map(Windows::of),
            features: features.collect(),
            answers: column(&|shard| &shard.answers),
            labels: column(&|shard| &shard.labels),
            totals: totals.iter().map(|parts| merge_windows(parts)).collect(),
            ..first.clone()
        };
        Ok(merged.narrowed_to(super::MOST_WINDOWS))
    }

    /// The same with windows so wide that there are at most `most`.
    pub(super) fn narrowed_to(self, most: usize) -> Self {
        let Some(grid) = self.windows.as_ref().map(Windows::grid) else {
            return self;
        };
        let mut wide = grid;
        while let Some(width) = wide.width.wider().filter(|_| wide.windows > most) {
            wide = grid.widened(width).0;
        }
        self.widened(wide)
    }

    /// The same with the windows of a wider grid that covers its own.
    #[must_use]
    pub fn widened(self, grid: Grid) -> Self {
        if self.windows.as_ref().map(Windows::grid) == Some(grid) {
            return self;
        }
        let map = self.map_to(Some(grid));
        let column = |part: &ColumnPart| {
            let mut merged = merge_columns(&[part], &[1], std::slice::from_ref(&map), grid.windows);
            merged.rare_levels.clone_from(&part.rare_levels);
            merged
        };
        let mut totals: Vec<Vec<WindowPart>> = vec![Vec::new(); grid.windows];
        for (part, &window) in self.totals.iter().zip(&map) {
            totals[window].push(part.clone());
        }
        Self {
            windows: Some(Windows::of(grid)),
            features: self.features.iter().map(column).collect(),
            answers: column(&self.answers),
            labels: column(&self.labels),
            totals: totals.iter().map(|parts| merge_windows(parts)).collect(),
            ..self
        }
    }

    /// For each window, its index in a wider grid.
    fn map_to(&self, grid: Option<Grid>) -> Vec<usize> {
        let own = self.windows.as_ref().map(Windows::grid);
        match own.zip(grid) {
            Some((own, grid)) => {
                (0..own.windows).map(|window| grid.window(own.span(window).from).unwrap_or(0)).collect()
            }
            None => vec![0; self.totals.len()],
        }
    }
}

/// The known classes, followed by all others, ascending.
fn classes<'a>(first: &Profile, shards: impl Iterator<Item = &'a Profile>) -> Vec<String> {
    let mut classes = first.classes[..first.known_classes].to_vec();
    let mut fresh: Vec<&String> = shards.flat_map(|shard| &shard.classes[shard.known_classes..]).collect();
    fresh.sort_unstable();
    fresh.dedup();
    classes.extend(fresh.into_iter().cloned());
    classes
}

/// The smallest grid that covers all, with the largest width among them.
fn common(grids: impl Iterator<Item = Grid> + Clone) -> Option<Grid> {
    let width = grids.clone().map(|grid| grid.width).max()?;
    let start = grids.clone().map(|grid| width.floor(grid.start)).min()?;
    let last = grids.map(|grid| width.floor(grid.span(grid.windows - 1).from)).max()?;
    Some(Grid { start, width, windows: ((last - start) / width.micros()) as usize + 1 })
}

fn union<'a, T: Clone + PartialEq + 'a>(lists: impl Iterator<Item = &'a Vec<T>>) -> Vec<T> {
    let mut all: Vec<T> = Vec::new();
    for item in lists.flatten() {
        if !all.contains(item) {
            all.push(item.clone());
        }
    }
    all
}

/// * `rows`: rows of each shard.
fn merge_columns(parts: &[&ColumnPart], rows: &[u64], maps: &[Vec<usize>], windows: usize) -> ColumnPart {
    let fine = parts[0].counts.first().map_or(0, Vec::len);
    let mut counts = vec![vec![0_u32; fine]; windows];
    let mut unreadable = vec![0_u32; windows];
    let mut moments: Vec<Vec<&MomentsPart>> = vec![Vec::new(); windows];
    for (part, map) in parts.iter().zip(maps) {
        for (row, &window) in part.counts.iter().zip(map) {
            for (sum, &count) in counts[window].iter_mut().zip(row) {
                *sum = sum.saturating_add(count);
            }
        }
        for (&count, &window) in part.unreadable.iter().zip(map) {
            unreadable[window] = unreadable[window].saturating_add(count);
        }
        for (part, &window) in part.moments.iter().zip(map) {
            moments[window].push(part);
        }
    }
    let levels = parts.iter().filter_map(|part| part.rare_levels.as_ref().map(|rare| rare.levels)).max();
    let total: u64 = rows.iter().sum();
    let share = parts.iter().zip(rows).map(|(part, &rows)| {
        part.rare_levels.as_ref().map_or(0.0, |rare| rare.share) * rows as f64 / total.max(1) as f64
    });
    let share = exact(share);
    ColumnPart {
        present: parts.iter().any(|part| part.present),
        rare_levels: levels.map(|levels| Rare { levels, share }),
        moments: if parts.iter().all(|part| part.moments.is_empty()) {
            Vec::new()
        } else {
            moments.iter().map(|parts| merge_moments(parts)).collect()
        },
        counts,
        unreadable,
        ..parts[0].clone()
    }
}

/// The exact sum of some terms, independent of their order.
fn exact(terms: impl Iterator<Item = f64>) -> f64 {
    let mut sum = ExactSum::default();
    terms.for_each(|term| sum.add(term));
    sum.value()
}

fn merge_moments(parts: &[&MomentsPart]) -> MomentsPart {
    let extreme = |of: fn(&MomentsPart) -> Option<f64>, larger: bool| {
        parts.iter().filter_map(|part| of(part)).reduce(|a, b| if (b > a) == larger { b } else { a })
    };
    // Shards counted with one plan share their center; the center of a part without values is irrelevant.
    let center = parts.iter().find(|part| part.n > 0).map_or(0.0, |part| part.center);
    MomentsPart {
        n: parts.iter().map(|part| part.n).sum(),
        sum: exact(parts.iter().map(|part| part.sum)),
        center,
        sum_squares: exact(parts.iter().map(|part| part.moments().squares_about(center))),
        min: extreme(|part| part.min, false),
        max: extreme(|part| part.max, true),
    }
}

fn merge_windows(parts: &[WindowPart]) -> WindowPart {
    let sum = |of: fn(&AnswersPart) -> f64| exact(parts.iter().map(|part| of(&part.answers)));
    let rows = |of: fn(&WindowPart) -> u64| parts.iter().map(of).sum();
    let moments =
        |of: fn(&WindowPart) -> &MomentsPart| merge_moments(&parts.iter().map(of).collect::<Vec<_>>());
    WindowPart {
        rows: rows(|part| part.rows),
        answers: AnswersPart {
            labelled: rows(|part| part.answers.labelled),
            confusion: added(parts.iter().map(|part| &part.answers.confusion)),
            score_by_label: added(parts.iter().map(|part| &part.answers.score_by_label)),
            scored: rows(|part| part.answers.scored),
            log_loss: sum(|answers| answers.log_loss),
            brier: sum(|answers| answers.brier),
            error: sum(|answers| answers.error),
            absolute_error: sum(|answers| answers.absolute_error),
            squared_error: sum(|answers| answers.squared_error),
            fourth_power_error: sum(|answers| answers.fourth_power_error),
            relative_error: sum(|answers| answers.relative_error),
            relative_rows: rows(|part| part.answers.relative_rows),
            label: sum(|answers| answers.label),
            label_squares: sum(|answers| answers.label_squares),
        },
        latency: added(parts.iter().map(|part| &part.latency)),
        cpu: moments(|part| &part.cpu),
        memory: moments(|part| &part.memory),
    }
}

/// The elementwise sum of lists of one length; empty lists count as zeros.
fn added<'a>(lists: impl Iterator<Item = &'a Vec<u64>>) -> Vec<u64> {
    let mut sum: Vec<u64> = Vec::new();
    for list in lists.filter(|list| !list.is_empty()) {
        sum.resize(list.len().max(sum.len()), 0);
        sum.iter_mut().zip(list).for_each(|(a, b)| *a += b);
    }
    sum
}
