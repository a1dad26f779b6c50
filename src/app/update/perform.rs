//! What an action does, whichever key or line of the palette asked for it.

use super::marks::{again, choose, pin};
use crate::{
    app::{
        Action, BackgroundEffect, Brush, Effect, Export, FeatureOrder, Measuring, Model, Phase,
        TerminalEffect, brush,
        keys::BINDINGS,
        link,
        navigate::{arrive, go_to, why},
        overlay::{self, Overlay, rows},
        record::{record, view_record},
        screen, snippet,
    },
    autopsy::{Choice, Stage, Step},
    journal::Entry,
    summary::Width,
    text::sanitize,
};

/// Performs an action, or shows why it is not possible.
#[expect(clippy::too_many_lines, reason = "a list with an arm for each action")]
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(because) = screen::disabled(model, action) {
        let name = BINDINGS.iter().find(|b| b.action == action).map_or("this", |b| b.hint);
        model.toast(format!("{name}: {because}"));
        return Vec::new();
    }
    // An accepted key ends what was said of the one before it.
    model.toast = None;
    if let Some(effects) = screen::act(model, action) {
        return effects;
    }
    match action {
        // The key of the open step shows the findings behind its sign.
        Action::Go(step) if step == model.screen && screen::filled(model) => why(model, step),
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
            return vec![
                Effect::Background(BackgroundEffect::Append(view)),
                Effect::Terminal(TerminalEffect::Quit { show: action == Action::QuitShowing }),
            ];
        }
        Action::NextPane | Action::PreviousPane => {
            let panes = screen::panes(model.screen).len().max(1);
            let by = if action == Action::NextPane { 1 } else { panes - 1 };
            let pane = &mut model.screens.pane[model.screen as usize];
            *pane = (*pane + by) % panes;
        }
        Action::Enlarge => model.screens.enlarged = !model.screens.enlarged,
        Action::DetailDown | Action::DetailUp => {
            let scroll = &mut model.screens.scroll[model.screen as usize];
            // The other screens show their details in full, under the cursor.
            if matches!(model.screen, Step::Diagnosis | Step::Remedy) {
                let down = action == Action::DetailDown;
                *scroll = if down { scroll.saturating_add(1) } else { scroll.saturating_sub(1) };
                let first = *scroll + 1;
                model.toast(format!("details from line {first} on"));
            } else {
                model
                    .toast("nothing here scrolls besides the list: the line under the cursor stands in full");
            }
        }
        Action::Sort | Action::Reverse | Action::GroupBy => arrange(model, action),
        Action::NarrowerWindow | Action::WiderWindow | Action::Window(_) => return window(model, action),
        Action::ZoomIn => zoom(model, (model.settings.zoom + 1).min(3)),
        Action::ZoomOut => zoom(model, (model.settings.zoom - 1).max(-3)),
        Action::ZoomReset => zoom(model, 0),
        Action::Pin => return pin(model),
        Action::Undo | Action::Redo => return again(model, action),
        Action::WriteReport => return vec![Effect::Background(BackgroundEffect::WriteReport)],
        Action::CopyReading => return vec![Effect::Terminal(TerminalEffect::Copy(reading_text(model)))],
        Action::CopyPane => return vec![Effect::Terminal(TerminalEffect::Copy(screen::markdown(model)))],
        Action::Export(export) => {
            let content = match export {
                Export::Csv => screen::csv(model),
                Export::Json => String::new(),
                Export::Markdown => screen::markdown(model),
            };
            let stem = screen::file_stem(model, export);
            return vec![Effect::Background(BackgroundEffect::Export { export, stem, content })];
        }
        Action::Rows => match rows::behind(model) {
            Ok(view) => model.overlays.push(Overlay::Rows(Box::new(view))),
            Err(message) => model.toast(format!("rows: {message}")),
        },
        Action::Snippet(language) => match snippet::of(model, language) {
            Ok(code) => return vec![Effect::Terminal(TerminalEffect::Copy(code))],
            Err(message) => model.toast(message),
        },
        Action::MarkPeriod => return brush::mark(model),
        Action::CopyLink => return vec![Effect::Terminal(TerminalEffect::Copy(link::of(model)))],
        Action::Filter | Action::Search => {
            overlay::open(model, action);
            return compose_for_search(model);
        }
        Action::Info
        | Action::Outcomes
        | Action::Pair
        | Action::Where
        | Action::Compare
        | Action::Log
        | Action::Note
        | Action::Pins
        | Action::Problems
        | Action::Palette
        | Action::Help => {
            overlay::open(model, action);
        }
        Action::TryFix => {
            overlay::open(model, action);
            return screen::feature::try_fix(model).into_iter().collect();
        }
        Action::Suspend => return vec![Effect::Terminal(TerminalEffect::Suspend)],
        Action::Redraw => return vec![Effect::Terminal(TerminalEffect::Redraw)],
        Action::Onset(onset) => {
            let choice = Choice { onset, ..model.choice() };
            return choose(model, choice);
        }
        Action::Baseline(baseline) => {
            let choice = Choice { baseline, ..model.choice() };
            return choose(model, choice);
        }
        Action::Study(topic) => return overlay::study::open(model, topic),
        Action::Challenger(asked) => return screen::concept::challenge(model, asked),
        Action::Reload => {
            model.epoch += 1;
            model.asked_cohort = None;
            model.changed = None;
            return vec![
                Effect::Background(BackgroundEffect::Cancel),
                Effect::Background(BackgroundEffect::Open { epoch: model.epoch }),
            ];
        }
        Action::EditContract => return vec![Effect::Terminal(TerminalEffect::EditContract)],
        Action::Theme(theme) => {
            model.settings.theme = Some(theme);
            return record(model, Entry::Theme { theme });
        }
        Action::Mouse => {
            model.settings.mouse = !model.settings.mouse;
            return vec![Effect::Terminal(TerminalEffect::Mouse(model.settings.mouse))];
        }
        _ if !screen::filled(model) && model.opening.busy() => model.toast("this pane is still being filled"),
        _ => {
            let key = model.keymap.sign(action, false);
            model.toast(format!("{key} does nothing here · ? help"));
        }
    }
    Vec::new()
}

fn zoom(model: &mut Model, to: i8) {
    if model.settings.zoom == to {
        model.toast(match to {
            0 => "the zoom is the normal one",
            1.. => "no nearer",
            _ => "no farther",
        });
    }
    model.settings.zoom = to;
}

fn arrange(model: &mut Model, action: Action) {
    if action != Action::GroupBy
        && let Some((name, is_reversed)) = screen::arrange(model, action)
    {
        let turned = if is_reversed { ", turned round" } else { "" };
        return model.toast(format!("{name}{turned}"));
    }
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
    let order = match (list.order, list.reversed) {
        (FeatureOrder::Name, false) => "A to Z",
        (FeatureOrder::Name, true) => "Z to A",
        (_, false) => "largest first",
        (_, true) => "smallest first",
    };
    let message = match action {
        Action::GroupBy => format!("grouped by {}", list.grouping.name()),
        _ => format!("by {}, {order}", list.order.name()),
    };
    model.toast(message);
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
    vec![windows(model, width)]
}

/// Asks for the courses in windows of a width, held against what is compared.
pub(super) fn windows(model: &Model, width: Width) -> Effect {
    let between = model.cohort.as_ref().is_some_and(|cohort| cohort.is_of_periods());
    Effect::Background(BackgroundEffect::Window { epoch: model.epoch, width, between })
}

/// The Reading line as it is copied: the sentence under the case's name.
fn reading_text(model: &Model) -> String {
    let reading = screen::reading(model);
    // One line, whatever a name holds: a line break in it would end the line of a shell that it is pasted into.
    let text = format!("{} · {}: {}", model.head.title, model.screen.name(), reading.message);
    sanitize::terminal(&text).into_owned()
}

/// The report is searched as well: it is composed where nobody looked at it yet.
fn compose_for_search(model: &Model) -> Vec<Effect> {
    let is_searching = matches!(model.overlays.last(), Some(overlay::Overlay::Search { .. }));
    let lacks = model.screens.report.preview.is_none() && model.knowing(Stage::Verdict).is_some();
    let compose = Effect::Background(BackgroundEffect::Preview { epoch: model.epoch });
    if is_searching && lacks { vec![compose] } else { Vec::new() }
}

/// A click on a pane gives it the focus and moves its cursor; on the line of the cursor it opens that.
pub(super) fn point(model: &mut Model, pane: usize, by: isize) -> Vec<Effect> {
    let known = pane < screen::panes(model.screen).len() && model.overlays.is_empty();
    if !known {
        return Vec::new();
    }
    let again = model.clicked.replace((model.screen, pane)) == Some((model.screen, pane));
    if by == 0 && again && model.pane() == pane {
        return perform(model, Action::Enter);
    }
    focus(model, pane);
    let action = if by < 0 { Action::Up } else { Action::Down };
    (0..by.unsigned_abs()).flat_map(|_| perform(model, action)).collect()
}

/// Gives a pane of the present screen the focus.
pub(super) fn focus(model: &mut Model, pane: usize) {
    if pane < screen::panes(model.screen).len() {
        model.screens.pane[model.screen as usize] = pane;
    }
}

/// A click on the step bar opens that step; clicks on panes come as [`point`].
pub(super) fn click(model: &mut Model, column: u16, line: u16) -> Vec<Effect> {
    if line != 1 {
        return Vec::new();
    }
    match screen::step_at(model, column) {
        Some(step) => go_to(model, step),
        None => Vec::new(),
    }
}

/// One step up: running work first, then an enlarged pane, then the filter, then the previous view.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.opening.busy() {
        model.epoch += 1;
        if model.knowing(Stage::Verdict).is_some() {
            model.opening.phase = model.opening.resting();
            let key = model.keymap.sign(Action::Where, false);
            let again = model.asked_cohort.as_ref().filter(|cohort| !cohort.is_of_periods());
            let again = again.map_or_else(String::new, |_| format!("; {key} asks again"));
            model.toast(format!("stopped; everything is as it was{again}"));
        } else {
            model.opening.phase = Phase::Cancelled;
            let key = model.keymap.sign(Action::Reload, false);
            model.toast(format!("stopped; nothing was written; {key} reads again"));
        }
        return vec![Effect::Background(BackgroundEffect::Cancel)];
    }
    if model.screen == Step::Remedy && matches!(model.remedy, Measuring::Running { .. }) {
        model.remedy = Measuring::Stopped;
        model.toast("stopped; m measures again");
        return vec![Effect::Background(BackgroundEffect::Cancel)];
    }
    if model.screens.enlarged {
        model.screens.enlarged = false;
    } else if screen::feature::take_off(model) {
        model.toast("the values are shown as served again");
    } else if model.brush != Brush::default() {
        model.brush = Brush::default();
        model.toast("the marked periods are dropped");
    } else if model.narrowed() {
        return record(model, Entry::Filter { text: String::new() });
    } else {
        let here = model.place();
        if let Some(place) = model.history.back(here) {
            return arrive(model, place);
        }
    }
    Vec::new()
}
