//! What the analyst adds to the journal.

use crate::{
    autopsy::Step,
    journal::{Entry, Record, Selection},
};

use super::{BackgroundEffect, Effect, Model, session};

/// Pins something, or takes its pin away.
pub(super) fn toggle_pin(model: &mut Model, what: Selection) -> Vec<Effect> {
    if model.journal.pinned(&what.id) {
        model.toast(format!("unpinned {}", what.title));
        return record(model, Entry::Unpin { id: what.id });
    }
    model.toast(format!("pinned {}", what.title));
    record(model, Entry::Pin { what })
}

/// Adds a record to the journal, in memory and in its file.
pub(super) fn record(model: &mut Model, entry: Entry) -> Vec<Effect> {
    let record = Record { at: model.clock.wall, entry };
    model.journal.add(record.clone());
    if let Entry::Filter { text } = &record.entry {
        model.narrow(text);
    }
    let mut effects = vec![Effect::Background(BackgroundEffect::Append(record))];
    effects.extend(refresh_preview(model));
    effects
}

pub(super) fn refresh_preview(model: &Model) -> Option<Effect> {
    (model.screen == Step::Report)
        .then_some(Effect::Background(BackgroundEffect::Preview { epoch: model.epoch }))
}

pub(super) fn view_record(model: &Model) -> Record {
    let feature = model.features.current().map(|feature| model.feature_name(feature).to_owned());
    let settings = session::kept(model);
    Record {
        at: model.clock.wall,
        entry: Entry::View { screen: model.screen, feature, at: model.at, settings },
    }
}
