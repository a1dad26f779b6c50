//! What the inputs weigh in the answers, before and since.

use super::{Drawing, Face, study};
use crate::{
    autopsy::Investigation,
    study::{Cell, Chart, Format, Shape, StudyTable},
};

const CHART: Chart = Chart {
    study: "importance",
    table: "weights",
    shape: Shape::Parts,
    label: "input",
    split: None,
    values: &["was", "is"],
};

pub(super) fn draw(investigation: &Investigation, face: Face) -> Option<Drawing> {
    let importance = investigation.concept.importance.as_ref().ok()?;
    let mut table = StudyTable::new(
        "weights",
        "Weight of the inputs in the answers",
        &[
            ("input", "input", Format::Text),
            ("was", importance.against, Format::Share),
            ("is", "since", Format::Share),
        ],
    );
    for input in importance.heaviest_first() {
        let name = investigation.dossier.feature_name(input.feature);
        table.push(vec![Cell::from(name), input.shares.0.into(), input.shares.1.into()]);
    }
    study::parts(&table, &CHART, face)
}
