//! A study above the screen: opened, taken over once it is made, and walked through.

use std::sync::Arc;

use super::{Answer, study_view::StudyView};
use crate::{
    app::{BackgroundEffect, Effect, Export, Key, Model, TerminalEffect, screen},
    autopsy::Stage,
    study::{Study, Topic},
    text::sanitize,
};

use super::state::Overlay;

/// Opens a study and has it made.
pub(in crate::app) fn open(model: &mut Model, topic: Topic) -> Vec<Effect> {
    if model.knowing(Stage::Verdict).is_none() {
        let message = model.not_yet();
        model.toast(message);
        return Vec::new();
    }
    let view = StudyView { topic, came: None, table: 0, at: 0, column: 0, scroll: 0 };
    model.overlays.push(Overlay::Study(Box::new(view)));
    vec![Effect::Background(BackgroundEffect::Study { epoch: model.epoch, topic })]
}

/// Takes a study that was made, if it is still asked for.
pub(in crate::app) fn made(model: &mut Model, topic: Topic, came: Result<Arc<Study>, String>) {
    for overlay in &mut model.overlays {
        if let Overlay::Study(view) = overlay
            && view.topic == topic
        {
            view.came = Some(came);
            return;
        }
    }
}

/// Keys of a study.
pub(super) fn key(model: &mut Model, key: Key, view: &mut StudyView) -> Answer {
    let rows = view.shown().map_or(0, |table| table.rows.len());
    let columns = view.shown().map_or(0, |table| table.columns.len());
    let tables = match &view.came {
        Some(Ok(study)) => study.tables.len().max(1),
        _ => 1,
    };
    let (last, page) = (rows.saturating_sub(1), model.page());
    let beside = |by: usize| {
        let all = Topic::ALL;
        let at = all.iter().position(|topic| *topic == view.topic).unwrap_or(0);
        all[(at + by) % all.len()]
    };
    match key {
        Key::Esc | Key::Char('q') => return Answer::CLOSE,
        Key::Char('j') | Key::Down => view.at = (view.at + 1).min(last),
        Key::Char('k') | Key::Up => view.at = view.at.saturating_sub(1),
        Key::PageDown | Key::Ctrl('d') => view.at = (view.at + page).min(last),
        Key::PageUp | Key::Ctrl('u') => view.at = view.at.saturating_sub(page),
        Key::Char('g') | Key::Home => view.at = 0,
        Key::Char('G') | Key::End => view.at = last,
        Key::Char('l') | Key::Right => view.column = (view.column + 1).min(columns.saturating_sub(2)),
        Key::Char('h') | Key::Left => view.column = view.column.saturating_sub(1),
        Key::Tab => {
            (view.table, view.at, view.column) = ((view.table + 1) % tables, 0, 0);
        }
        Key::Char('J') => view.scroll += 1,
        Key::Char('K') => view.scroll = view.scroll.saturating_sub(1),
        Key::Char('n') => return another(model, beside(1)),
        Key::Char('p') => return another(model, beside(Topic::ALL.len() - 1)),
        Key::Char('x') => {
            let Some(table) = view.shown() else { return Answer::STAY };
            let content = screen::csv_table(&table.texts());
            let stem = format!("{}-{}-{}", screen::file_stem(model, Export::Json), view.topic.id(), table.id);
            let effect = BackgroundEffect::Export { export: Export::Csv, stem, content };
            return Answer::Stay(vec![Effect::Background(effect)]);
        }
        Key::Char('Y') => {
            let Some(table) = view.shown() else { return Answer::STAY };
            let text = screen::markdown_table(&table.texts());
            return Answer::Stay(vec![Effect::Terminal(TerminalEffect::Copy(text))]);
        }
        Key::Char('y') => {
            let Some(Ok(study)) = &view.came else { return Answer::STAY };
            let text = sanitize::terminal(&study.says.join(" ")).into_owned();
            return Answer::Stay(vec![Effect::Terminal(TerminalEffect::Copy(text))]);
        }
        Key::Char('s' | 'S') => model.toast("the lines of a study stand in one order; x exports them"),
        _ => model.toast(format!("{} does nothing in a study", key.name())),
    }
    Answer::STAY
}

/// Closes the study and opens another one in its place.
fn another(model: &mut Model, topic: Topic) -> Answer {
    Answer::Close(open(model, topic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{Action, Msg, fixture, update},
        study,
    };

    fn shown(model: &Model) -> &StudyView {
        match model.overlays.last() {
            Some(Overlay::Study(view)) => view,
            other => panic!("no study: {other:?}"),
        }
    }

    #[test]
    fn a_study_opens_is_made_and_is_walked_through() {
        let mut model = fixture::model(160, 50);
        let effects = update(&mut model, Msg::Do(Action::Study(Topic::Classes)));
        let asked = BackgroundEffect::Study { epoch: model.epoch, topic: Topic::Classes };
        assert_eq!(effects, [Effect::Background(asked)]);
        assert!(shown(&model).came.is_none());
        let came = study::study(Topic::Classes, model.investigation.as_ref().expect("examined"));
        let came = came.map(Arc::new);
        let epoch = model.epoch;
        let _ = update(&mut model, Msg::Studied { epoch, topic: Topic::Classes, came });
        let rows = shown(&model).shown().expect("a table").rows.len();
        assert_eq!(rows, 2);
        let mut press = |key: Key| update(&mut model, Msg::Key(key));
        let _ = press(Key::Char('j'));
        let _ = press(Key::Char('j'));
        let exported = press(Key::Char('x'));
        assert!(
            matches!(&exported[..], [Effect::Background(BackgroundEffect::Export { stem, content, .. })]
                if stem.ends_with("classes-classes") && content.lines().count() == 3),
            "{exported:?}"
        );
        let next = press(Key::Char('n'));
        assert!(matches!(&next[..], [Effect::Background(BackgroundEffect::Study { .. })]), "{next:?}");
        assert_ne!(shown(&model).topic, Topic::Classes);
        let _ = update(&mut model, Msg::Key(Key::Esc));
        assert!(model.overlays.is_empty());
    }
}
