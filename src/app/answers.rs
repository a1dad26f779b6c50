//! Answers against outcomes as tables: the counts at a threshold, the classes, the errors of numbers.

use crate::{
    autopsy::{
        Dossier, Investigation, Step,
        view::outcomes::{self, Band, Confusion},
    },
    journal::Selection,
    summary::Task,
    text::number,
};

/// Bands of the answers of a model of numbers.
const BANDS: usize = 10;

/// What is shown of several classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClassView {
    /// Recall and precision of each class.
    #[default]
    Classes,
    /// Truth by answer since the onset.
    Since,
    /// Truth by answer before it.
    Before,
}

/// What is shown of them.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomesView {
    /// From which score on the positive class is answered; none for a log without scores, and for other models.
    pub threshold: Option<f64>,
    /// The threshold that the log was answered with.
    pub deployed: Option<f64>,
    /// What is shown of several classes.
    pub classes: ClassView,
    /// The line under the cursor.
    pub at: usize,
}

/// A class by its name.
#[must_use]
pub fn class(dossier: &Dossier, class: usize) -> String {
    dossier.plan.classes.get(class).cloned().unwrap_or_else(|| class.to_string())
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| number::MISSING.to_owned(), number::metric)
}

/// What is shown, as a table, heads first.
#[must_use]
pub fn table(investigation: &Investigation, view: &OutcomesView) -> Vec<Vec<String>> {
    match investigation.dossier.task() {
        Task::Regression => by_band(investigation),
        Task::Binary if view.threshold.is_some() => at_threshold(investigation, view),
        _ if view.classes == ClassView::Classes => by_class(investigation),
        _ => matrix(investigation, view.classes),
    }
}

/// Recall and precision of each class before and since, the class that lost most recall first.
#[must_use]
pub fn by_class(investigation: &Investigation) -> Vec<Vec<String>> {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let heads = ["class", "rows", "recall before", "recall since", "precision before", "precision since"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let both = outcomes::confusion(dossier, &framing.before, None).zip(outcomes::confusion(
        dossier,
        &framing.after,
        None,
    ));
    let Some((before, after)) = both.filter(|(_, after)| after.rows() > 0) else {
        return rows;
    };
    let mut classes: Vec<usize> = (0..after.classes).collect();
    let lost = |class: usize| match (before.recall(class), after.recall(class)) {
        (Some(was), Some(is)) => was - is,
        _ => f64::NEG_INFINITY,
    };
    classes.sort_by(|&a, &b| lost(b).total_cmp(&lost(a)).then(a.cmp(&b)));
    rows.extend(classes.into_iter().map(|at| {
        vec![
            class(dossier, at),
            number::whole(after.of_truth(at)),
            optional(before.recall(at)),
            optional(after.recall(at)),
            optional(before.precision(at)),
            optional(after.precision(at)),
        ]
    }));
    rows
}

/// The confusion of a view of several classes.
#[must_use]
pub fn confusion(investigation: &Investigation, view: ClassView) -> Option<Confusion> {
    let framing = &investigation.framing;
    let rows = if view == ClassView::Before { &framing.before } else { &framing.after };
    outcomes::confusion(&investigation.dossier, rows, None)
}

/// Truth by answer: a line a class.
fn matrix(investigation: &Investigation, view: ClassView) -> Vec<Vec<String>> {
    let Some(confusion) = confusion(investigation, view) else {
        return Vec::new();
    };
    let dossier = &investigation.dossier;
    let mut head = vec!["truth ↓ answer →".to_owned()];
    head.extend((0..confusion.classes).map(|at| class(dossier, at)));
    let mut rows = vec![head];
    rows.extend((0..confusion.classes).map(|truth| {
        let cells = (0..confusion.classes).map(|answer| number::whole(confusion.at(truth, answer)));
        std::iter::once(class(dossier, truth)).chain(cells).collect()
    }));
    rows
}

/// The counts and what follows from them, as deployed before and since, and at the threshold that is shown.
fn at_threshold(investigation: &Investigation, view: &OutcomesView) -> Vec<Vec<String>> {
    let (dossier, framing) = (&investigation.dossier, &investigation.framing);
    let count = |rows: &[usize], threshold| outcomes::confusion(dossier, rows, threshold);
    let columns =
        [count(&framing.before, None), count(&framing.after, None), count(&framing.after, view.threshold)];
    let threshold = view.threshold.map_or_else(String::new, number::metric);
    let heads = ["", "before, as deployed", "since, as deployed"].map(str::to_owned);
    let mut rows = vec![heads.into_iter().chain([format!("since, at {threshold}")]).collect()];
    if columns[1].as_ref().is_none_or(|counted| counted.rows() == 0) {
        return rows;
    }
    let mut line = |name: String, value: &dyn Fn(&Confusion) -> String| {
        let cell = |counted: &Option<Confusion>| counted.as_ref().map_or_else(String::new, value);
        rows.push(std::iter::once(name).chain(columns.iter().map(cell)).collect());
    };
    let (yes, no) = (class(dossier, 1), class(dossier, 0));
    for (truth, answer) in [(1, 1), (0, 1), (1, 0), (0, 0)] {
        let name = |class| if class == 1 { &yes } else { &no };
        let right = if truth == answer { "right" } else { "wrong" };
        line(format!("answered {}, is {}: {right}", name(answer), name(truth)), &|counted| {
            number::whole(counted.at(truth, answer))
        });
    }
    line("accuracy".to_owned(), &|counted| optional(counted.accuracy()));
    line(format!("precision of {yes}"), &|counted| optional(counted.precision(1)));
    line(format!("recall of {yes}"), &|counted| optional(counted.recall(1)));
    line(format!("F1 of {yes}"), &|counted| optional(counted.f1(1)));
    line(format!("answered {yes}"), &|counted| {
        number::share(counted.of_answer(1) as f64 / counted.rows().max(1) as f64)
    });
    let costs = &dossier.costs;
    if let (Some(alarm), Some(miss)) = (costs.false_positive, costs.false_negative) {
        let currency = costs.currency.as_deref().unwrap_or("cost");
        line(format!("{currency} a row"), &|counted| {
            let sum = counted.at(0, 1) as f64 * alarm + counted.at(1, 0) as f64 * miss;
            number::value(sum / counted.rows().max(1) as f64)
        });
    }
    rows
}

/// The errors of a model of numbers by the size of its answers.
#[must_use]
pub fn by_band(investigation: &Investigation) -> Vec<Vec<String>> {
    let heads = ["answers", "rows", "bias before", "bias since", "mean error before", "mean error since"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let bands = outcomes::bands(&investigation.dossier, &investigation.framing, BANDS);
    rows.extend(bands.iter().map(|band: &Band| {
        let signed = |value: Option<f64>| value.map_or_else(|| number::MISSING.to_owned(), number::signed);
        vec![
            format!("{} to {}", number::value(band.answers.0), number::value(band.answers.1)),
            number::whole(band.rows.1),
            signed(band.bias.0),
            signed(band.bias.1),
            optional(band.error.0),
            optional(band.error.1),
        ]
    }));
    rows
}

/// What the overlay shows as something to pin.
#[must_use]
pub fn selection(investigation: &Investigation, view: &OutcomesView) -> Option<Selection> {
    let table = table(investigation, view);
    let (id, title, message) = match view.threshold {
        Some(threshold) => {
            let counted =
                outcomes::confusion(&investigation.dossier, &investigation.framing.after, view.threshold)?;
            let message = format!(
                "from a score of {} on: accuracy {}, precision {}, recall {}, F1 {} on {} rows {}",
                number::metric(threshold),
                optional(counted.accuracy()),
                optional(counted.precision(1)),
                optional(counted.recall(1)),
                optional(counted.f1(1)),
                number::whole(counted.rows()),
                investigation.framing.period()
            );
            let threshold = number::metric(threshold);
            (format!("outcomes.threshold:{threshold}"), format!("threshold {threshold}"), message)
        }
        None => {
            let line = table.get(view.at + 1)?;
            let pairs = table[0].iter().zip(line).skip(1);
            let said: Vec<String> = pairs.map(|(head, value)| format!("{head} {value}")).collect();
            (
                format!("outcomes:{}", line[0]),
                format!("answers against outcomes, {}", line[0]),
                said.join(", "),
            )
        }
    };
    Some(Selection { id, step: Step::Concept, title, message })
}
