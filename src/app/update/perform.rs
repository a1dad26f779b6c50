//! What an action does, whichever key or line of the palette asked for it.

use super::{
    marks::{again, choose, pin, record, view_record},
    travel::{arrive, back, go_to},
};
use crate::app::{Action, Effect, Export, Model, keys::BINDINGS, overlay, screen};
use crate::{autopsy::Choice, journal::Entry, summary::Width};

/// Does what an action asks for, or says why not.
pub(in crate::app) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(because) = model.disabled(action) {
        let name = BINDINGS.iter().find(|b| b.action == action).map_or("this", |b| b.hint);
        model.toast(format!("{name}: {because}"));
        return Vec::new();
    }
    if let Some(effects) = screen::act(model, action) {
        return effects;
    }
    match action {
        Action::Go(step) => return go_to(model, step),
        Action::Back => return back(model),
        Action::HistoryBack | Action::HistoryForward => {
            let here = model.place();
            let place = match action {
                Action::HistoryBack => model.history.back(here),
                _ => model.history.forward(here),
            };
            match place {
                Some(place) => return arrive(model, place),
                None => model.toast("no further view"),
            }
        }
        Action::Quit | Action::QuitShowing => {
            let view = view_record(model);
            return vec![Effect::Append(view), Effect::Quit { show: action == Action::QuitShowing }];
        }
        Action::NextPane | Action::PreviousPane => {
            let panes = model.panes().len().max(1);
            let by = if action == Action::NextPane { 1 } else { panes - 1 };
            let pane = &mut model.screens.pane[model.screen as usize];
            *pane = (*pane + by) % panes;
        }
        Action::Enlarge => model.screens.enlarged = !model.screens.enlarged,
        Action::DetailDown => {
            let scroll = &mut model.screens.scroll[model.screen as usize];
            *scroll = scroll.saturating_add(1);
        }
        Action::DetailUp => {
            let scroll = &mut model.screens.scroll[model.screen as usize];
            *scroll = scroll.saturating_sub(1);
        }
        Action::Sort | Action::Reverse | Action::GroupBy => arrange(model, action),
        Action::NarrowerWindow | Action::WiderWindow | Action::Window(_) => return window(model, action),
        Action::ZoomIn => model.settings.zoom = (model.settings.zoom + 1).min(3),
        Action::ZoomOut => model.settings.zoom = (model.settings.zoom - 1).max(-3),
        Action::ZoomReset => model.settings.zoom = 0,
        Action::Pin => return pin(model),
        Action::Undo | Action::Redo => return again(model, action),
        Action::WriteReport => return vec![Effect::WriteReport],
        Action::CopyReading => return vec![Effect::Copy(reading_text(model))],
        Action::CopyPane => return vec![Effect::Copy(screen::markdown(model))],
        Action::Export(export) => {
            let content = match export {
                Export::Csv => screen::csv(model),
                Export::Json => String::new(),
                Export::Markdown => screen::markdown(model),
            };
            return vec![Effect::Export(export, content)];
        }
        Action::Info
        | Action::Log
        | Action::Filter
        | Action::TryFix
        | Action::Note
        | Action::Pins
        | Action::Problems
        | Action::Palette
        | Action::Help => {
            overlay::open(model, action);
        }
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Onset(onset) => {
            let choice = Choice { onset, ..model.choice() };
            return choose(model, choice);
        }
        Action::Baseline(baseline) => {
            let choice = Choice { baseline, ..model.choice() };
            return choose(model, choice);
        }
        Action::Challenger(asked) => return screen::concept::challenge(model, asked),
        Action::Reload => {
            model.epoch += 1;
            return vec![Effect::Cancel, Effect::Open { epoch: model.epoch }];
        }
        Action::EditContract => return vec![Effect::EditContract],
        Action::Theme(theme) => {
            model.settings.theme = Some(theme);
            return record(model, Entry::Theme { theme });
        }
        Action::Mouse => {
            model.settings.mouse = !model.settings.mouse;
            return vec![Effect::Mouse(model.settings.mouse)];
        }
        _ if !screen::filled(model) && model.opening.busy() => model.toast("this pane is still being filled"),
        _ => {
            let key = model.keymap.sign(action, false);
            model.toast(format!("{key} does nothing here · ? help"));
        }
    }
    Vec::new()
}

fn arrange(model: &mut Model, action: Action) {
    let Some(investigation) = model.investigation.clone() else {
        return;
    };
    let list = &mut model.features;
    match action {
        Action::Sort => list.order = list.order.next(),
        Action::Reverse => list.reversed = !list.reversed,
        _ => list.grouping = list.grouping.next(),
    }
    list.refresh(&investigation);
    let order = if list.reversed { "reversed" } else { "largest first" };
    let says = match action {
        Action::GroupBy => format!("grouped by {}", list.grouping.name()),
        _ => format!("by {}, {order}", list.order.name()),
    };
    model.toast(says);
}

pub(super) fn window(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(now) = model.width() else {
        model.toast("this case has no clock, so it has one window");
        return Vec::new();
    };
    let wanted = match action {
        Action::NarrowerWindow => now.narrower(),
        Action::WiderWindow => now.wider(),
        Action::Window(width) => Some(width),
        _ => None,
    };
    let finest = model.dossier.as_ref().and_then(|d| d.grid()).map_or(Width::Hour, |grid| grid.width);
    let Some(width) = wanted.filter(|&width| width >= finest) else {
        model.toast(format!("windows are {} to {}", finest.name(), Width::FourWeeks.name()));
        return Vec::new();
    };
    model.settings.window = Some(width);
    model.windowed = None;
    model.toast(format!("window {}", width.name()));
    vec![Effect::Window { epoch: model.epoch, width }]
}

/// The Reading line as it is copied: the sentence under the case's name.
fn reading_text(model: &Model) -> String {
    let reading = model.reading();
    format!("{} · {}: {}", model.head.title, model.screen.name(), reading.says)
}

/// A click on the step bar opens that step; elsewhere it does nothing yet.
pub(super) fn click(model: &mut Model, column: u16, line: u16) -> Vec<Effect> {
    if line != 1 {
        return Vec::new();
    }
    match screen::step_at(model, column) {
        Some(step) => go_to(model, step),
        None => Vec::new(),
    }
}
