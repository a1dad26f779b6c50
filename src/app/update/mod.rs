//! One message in, the model changed, a list of effects out.

use super::{
    Action, Effect, Key, Measuring, Model, Msg, Phase, TerminalEffect,
    navigate::measure_when_idle,
    overlay::{self, Answer},
    screen,
    trial::Attempts,
};
use crate::{autopsy::Stage, text::sanitize};

mod arrival;
mod marks;
mod moved;
mod perform;
#[cfg(test)]
mod tests;

use arrival::{came_out, examined, known};
use perform::{click, focus, perform, point};

/// Applies one message.
#[must_use]
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let effects = apply(model, msg);
    screen::refresh(model);
    effects
}

#[expect(clippy::too_many_lines, reason = "a list with an arm for each message")]
fn apply(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => {
            model.pressed_ms = model.clock.elapsed_ms;
            return press(model, key);
        }
        Msg::Unchanged(key) => moved::unchanged(model, key),
        Msg::Paste(text) => overlay::paste(model, &text),
        Msg::Do(action) => return perform(model, action),
        Msg::Click(column, line) => return click(model, column, line),
        Msg::Point { pane, by } => return point(model, pane, by),
        Msg::Roll { pane, down } => return roll(model, pane, down),
        Msg::Resize(columns, lines) => model.size = (columns, lines),
        Msg::Time(clock) => {
            model.clock = clock;
            if model.toast.as_ref().is_some_and(|toast| toast.until_ms <= clock.elapsed_ms) {
                model.toast = None;
            }
            return measure_when_idle(model);
        }
        Msg::Opening { epoch, state } if epoch == model.epoch => {
            let took_ms = model.opening.took_ms;
            model.opening = super::Opening { took_ms, ..*state };
        }
        Msg::File { epoch, index, progress } if epoch == model.epoch => {
            if let Some(file) = model.opening.files.get_mut(index) {
                *file = progress;
            }
        }
        Msg::Examining { epoch, stage, parts } if epoch == model.epoch => {
            let began_ms = match model.opening.phase {
                Phase::Examining { began_ms, .. } => began_ms,
                _ => model.clock.elapsed_ms,
            };
            model.opening.phase = Phase::Examining { stage, parts, began_ms };
        }
        Msg::Known { epoch, investigation } if epoch == model.epoch => known(model, investigation),
        Msg::Examined { epoch, investigation, data } if epoch == model.epoch => {
            return examined(model, &investigation, data);
        }
        Msg::Failed { epoch, failure } if epoch == model.epoch => {
            model.opening.phase = Phase::Failed(failure);
        }
        Msg::Unchosen { epoch, message } if epoch == model.epoch => {
            model.toast(message.clone());
            model.problems.push(message);
            if model.knowing(Stage::Verdict).is_some() {
                model.opening.phase = model.opening.resting();
            }
        }
        Msg::Windowed { epoch, view }
            if epoch == model.epoch && Some(view.width) == model.width() =>
        {
            model.windowed = Some(view);
        }
        Msg::Refitted { epoch, asked, came } if epoch == model.epoch => {
            screen::concept::refitted(model, asked, came);
        }
        Msg::Studied { epoch, topic, came } if epoch == model.epoch => {
            overlay::study::made(model, topic, came);
        }
        Msg::Preview { epoch, text } if epoch == model.epoch => {
            model.screens.report.preview = Some(text);
        }
        Msg::Remedying { epoch, done, of, what } if epoch == model.epoch => {
            if let Measuring::Running { began_ms, .. } = model.remedy {
                model.remedy = Measuring::Running { done, of, what, began_ms };
            }
        }
        Msg::Remedied { epoch, backtests, golden } if epoch == model.epoch => {
            model.remedy = Measuring::Done(backtests);
            model.screens.remedy.golden = golden;
        }
        Msg::RemedyFailed { epoch, message } if epoch == model.epoch => {
            model.remedy = Measuring::Failed(message);
        }
        Msg::Trying { epoch, feature, candidates }
            if epoch == model.epoch && model.features.current() == Some(feature) =>
        {
            model.screens.feature.attempts = Some(Attempts {
                epoch,
                feature,
                tries: candidates.into_iter().map(|candidate| (candidate, None)).collect(),
                shown: std::mem::take(&mut model.screens.feature.typed).then_some(0),
            });
        }
        Msg::Tried { epoch, feature, at, trial } if epoch == model.epoch => {
            let attempts = model.screens.feature.attempts.as_mut();
            let own = attempts.filter(|a| a.feature == feature && a.epoch == epoch);
            if let Some((_, came_of_it)) = own.and_then(|a| a.tries.get_mut(at)) {
                *came_of_it = Some(*trial);
            }
        }
        Msg::Grew { epoch, message } if epoch == model.epoch => {
            let key = model.keymap.sign(Action::Reload, false);
            model.changed = Some(format!("{key} reads again, marks are kept: {message}"));
        }
        Msg::Outcome(outcome) => return came_out(model, outcome),
        // Answers to questions from earlier epochs fall here.
        Msg::Opening { .. }
        | Msg::File { .. }
        | Msg::Examining { .. }
        | Msg::Known { .. }
        | Msg::Examined { .. }
        | Msg::Failed { .. }
        | Msg::Unchosen { .. }
        | Msg::Windowed { .. }
        | Msg::Refitted { .. }
        | Msg::Studied { .. }
        | Msg::Trying { .. }
        | Msg::Tried { .. }
        | Msg::Preview { .. }
        | Msg::Remedying { .. }
        | Msg::Remedied { .. }
        | Msg::RemedyFailed { .. }
        | Msg::Grew { .. }
        // Only who draws knows what stands where.
        | Msg::Wheel { .. } => {}
    }
    Vec::new()
}

/// Scrolls the message that a failed opening shows, as far as its lines reach at the least width.
fn scroll_failure(model: &mut Model, key: Key) {
    let Phase::Failed(failure) = &model.opening.phase else { return };
    let letters = failure.message.len() + failure.details.len() + failure.place.concat().len();
    let most = u16::try_from(letters / 20).unwrap_or(u16::MAX);
    let page = model.page() as u16;
    let scroll = &mut model.screens.scroll[model.screen as usize];
    *scroll = match key {
        Key::Char('j') | Key::Down => scroll.saturating_add(1),
        Key::PageDown => scroll.saturating_add(page),
        Key::PageUp => scroll.saturating_sub(page),
        _ => scroll.saturating_sub(1),
    }
    .min(most);
}

/// The wheel moves the cursor of what is open above the screens, else that of the pane below the pointer.
fn roll(model: &mut Model, pane: Option<usize>, down: bool) -> Vec<Effect> {
    let (key, action) = if down { (Key::Down, Action::Down) } else { (Key::Up, Action::Up) };
    if let Some(effects) = press_overlay(model, key) {
        return effects;
    }
    if let Some(pane) = pane {
        focus(model, pane);
    }
    perform(model, action)
}

/// Gives a key to the overlay on top; none where nothing is open.
fn press_overlay(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    Some(match overlay::key(model, key)? {
        Answer::Stay(effects) | Answer::Close(effects) => effects,
        Answer::Run(action) => perform(model, action),
    })
}

/// Gives a key to the overlay on top, else to the message that a failed opening shows, else to the table of keys.
fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if let Some(effects) = press_overlay(model, key) {
        return effects;
    }
    if let Phase::Failed(failure) = &model.opening.phase {
        match key {
            Key::Char('e') => return perform(model, Action::EditContract),
            Key::Char('r') => return perform(model, Action::Reload),
            Key::Char('y') => {
                let mut lines = vec![failure.message.clone()];
                lines.extend(failure.place.iter().cloned());
                lines.extend(failure.hints.iter().map(|hint| format!("hint: {hint}")));
                let lines: Vec<_> = lines.iter().map(|line| sanitize::terminal(line)).collect();
                return vec![Effect::Terminal(TerminalEffect::Copy(lines.join("\n")))];
            }
            Key::Char('d') => {
                model.screens.failure_details = !model.screens.failure_details;
                model.screens.scroll[model.screen as usize] = 0;
                return Vec::new();
            }
            Key::Esc => return vec![Effect::Terminal(TerminalEffect::Quit { show: false })],
            Key::Char('j' | 'k') | Key::Down | Key::Up | Key::PageDown | Key::PageUp => {
                scroll_failure(model, key);
                return Vec::new();
            }
            _ => {}
        }
    }
    if let Some(binding) = model.keymap.binding(key) {
        return perform(model, binding.action);
    }
    model.toast(format!("{} does nothing here · ? help", key.name()));
    Vec::new()
}
