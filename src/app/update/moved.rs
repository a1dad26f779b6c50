//! Keys that move say so where they lead nowhere.

use crate::{
    app::{Action, Model},
    summary::Micros,
};

/// All that a movement changes.
#[derive(PartialEq)]
pub(super) struct Places {
    panes: [usize; 9],
    scroll: [u16; 9],
    cursors: [usize; 25],
    line: isize,
    from: Option<usize>,
    feature: Option<usize>,
    at: Option<Micros>,
}

/// Where all cursors are.
pub(super) fn places(model: &Model) -> Places {
    let all = &model.screens;
    Places {
        panes: all.pane,
        scroll: all.scroll,
        cursors: [
            model.features.at,
            all.triage.line,
            all.triage.check,
            all.triage.hypothesis,
            all.pipeline.source,
            all.pipeline.vital,
            all.pipeline.event,
            all.drift.same,
            all.drift.source,
            all.feature.check,
            all.concept.at,
            all.concept.line,
            all.support.reason,
            all.support.level,
            all.support.row,
            all.diagnosis.at,
            all.diagnosis.line,
            all.diagnosis.evidence,
            all.diagnosis.duel,
            all.remedy.at,
            all.remedy.trial + all.remedy.score,
            all.remedy.monitor + all.remedy.compared,
            all.remedy.queued + all.remedy.proposed,
            all.report.heading,
            all.report.pin + all.report.missing,
        ],
        line: all.report.line,
        from: all.report.from,
        feature: model.features.current(),
        at: model.at,
    }
}

/// Why a movement changed nothing; none for actions that don't move.
pub(super) fn end(action: Action) -> Option<&'static str> {
    Some(match action {
        Action::Down | Action::PageDown | Action::HalfDown | Action::Last => "this is the last line",
        Action::Up | Action::PageUp | Action::HalfUp | Action::First => "this is the first line",
        Action::Right => "nothing further to the right",
        Action::Left => "nothing further to the left",
        Action::NextSubject => "this is the last one",
        Action::PreviousSubject => "this is the first one",
        Action::NextFlagged | Action::PreviousFlagged => "no other one is flagged",
        _ => return None,
    })
}
