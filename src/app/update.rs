//! One message in, the model changed, a list of effects out.

use std::sync::Arc;

use crate::{
    autopsy::{Choice, Investigation, Stage, Step},
    summary::Width,
};

use super::{
    Action, Effect, Export, FileState, Key, Measuring, Model, Msg, Outcome, Phase, Place,
    journal::{Entry, Record},
    keys::BINDINGS,
    overlay, screen,
    trial::Attempts,
};

/// Applies one message.
#[must_use]
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let effects = apply(model, msg);
    screen::settle(model);
    effects
}

fn apply(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key) => return press(model, key),
        Msg::Paste(text) => overlay::paste(model, &text),
        Msg::Do(action) => return perform(model, action),
        Msg::Click(column, line) => return click(model, column, line),
        Msg::Resize(columns, lines) => model.size = (columns, lines),
        Msg::Time(clock) => {
            model.clock = clock;
            if model
                .toast
                .as_ref()
                .is_some_and(|toast| toast.until_ms <= clock.elapsed_ms)
            {
                model.toast = None;
            }
        }
        Msg::Opening { epoch, state } if epoch == model.epoch => {
            let took_ms = model.opening.took_ms;
            model.opening = super::Opening { took_ms, ..*state };
        }
        Msg::File {
            epoch,
            index,
            progress,
        } if epoch == model.epoch => {
            if let Some(file) = model.opening.files.get_mut(index) {
                *file = progress;
            }
        }
        Msg::Examining { epoch, stage, parts } if epoch == model.epoch => {
            let began_ms = match model.opening.phase {
                Phase::Examining { began_ms, .. } => began_ms,
                _ => model.clock.elapsed_ms,
            };
            model.opening.phase = Phase::Examining {
                stage,
                parts,
                began_ms,
            };
        }
        Msg::Known { epoch, investigation } if epoch == model.epoch => known(model, investigation),
        Msg::Examined {
            epoch,
            investigation,
            data,
        } if epoch == model.epoch => {
            return examined(model, &investigation, data);
        }
        Msg::Failed { epoch, failure } if epoch == model.epoch => {
            model.opening.phase = Phase::Failed(failure);
        }
        Msg::Unchosen { epoch, says } if epoch == model.epoch => {
            model.toast(says.clone());
            model.problems.push(says);
            if model.knowing(Stage::Verdict).is_some() {
                model.opening.phase = model.opening.resting();
            }
        }
        Msg::Windowed { epoch, view }
            if epoch == model.epoch && Some(view.width) == model.settings.window =>
        {
            model.windowed = Some(view);
        }
        Msg::Refitted { epoch, asked, came } if epoch == model.epoch => {
            screen::concept::refitted(model, asked, came);
        }
        Msg::Preview { epoch, text } if epoch == model.epoch => {
            model.screens.report.preview = Some(text);
        }
        Msg::Remedying {
            epoch,
            done,
            of,
            what,
        } if epoch == model.epoch => {
            if let Measuring::Running { began_ms, .. } = model.remedy {
                model.remedy = Measuring::Running {
                    done,
                    of,
                    what,
                    began_ms,
                };
            }
        }
        Msg::Remedied { epoch, bench, golden } if epoch == model.epoch => {
            model.remedy = Measuring::Done(bench);
            model.screens.remedy.golden = golden;
        }
        Msg::RemedyFailed { epoch, says } if epoch == model.epoch => {
            model.remedy = Measuring::Failed(says);
        }
        Msg::Trying {
            epoch,
            feature,
            candidates,
        } if epoch == model.epoch && model.features.current() == Some(feature) => {
            model.screens.feature.attempts = Some(Attempts {
                epoch,
                feature,
                tries: candidates
                    .into_iter()
                    .map(|candidate| (candidate, None))
                    .collect(),
                shown: None,
            });
        }
        Msg::Tried {
            epoch,
            feature,
            at,
            trial,
        } if epoch == model.epoch => {
            let attempts = model.screens.feature.attempts.as_mut();
            let own = attempts.filter(|a| a.feature == feature && a.epoch == epoch);
            if let Some((_, came_of_it)) = own.and_then(|a| a.tries.get_mut(at)) {
                *came_of_it = Some(*trial);
            }
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
        | Msg::Trying { .. }
        | Msg::Tried { .. }
        | Msg::Preview { .. }
        | Msg::Remedying { .. }
        | Msg::Remedied { .. }
        | Msg::RemedyFailed { .. } => {}
    }
    Vec::new()
}

/// Gives a key to the overlay on top, else to the message that a failed opening shows, else to the table of keys.
fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if let Some(effects) = overlay::key(model, key) {
        return effects;
    }
    if let Phase::Failed(failure) = &model.opening.phase {
        match key {
            Key::Char('e') => return perform(model, Action::EditContract),
            Key::Char('r') => return perform(model, Action::Reload),
            Key::Char('y') => {
                let mut lines = vec![failure.says.clone()];
                lines.extend(failure.place.iter().cloned());
                lines.extend(failure.hints.iter().map(|hint| format!("hint: {hint}")));
                return vec![Effect::Copy(lines.join("\n"))];
            }
            Key::Char('d') => {
                model.screens.failure_details = !model.screens.failure_details;
                return Vec::new();
            }
            Key::Esc => return vec![Effect::Quit { show: false }],
            _ => {}
        }
    }
    if let Some(binding) = model.keymap.binding(key) {
        return perform(model, binding.action);
    }
    model.toast(format!("{} does nothing here · ? help", key.name()));
    Vec::new()
}

/// Does what an action asks for, or says why not.
pub(super) fn perform(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Some(because) = model.disabled(action) {
        let name = BINDINGS
            .iter()
            .find(|b| b.action == action)
            .map_or("this", |b| b.hint);
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
            return vec![
                Effect::Append(view),
                Effect::Quit {
                    show: action == Action::QuitShowing,
                },
            ];
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
            let choice = Choice {
                onset,
                ..model.choice()
            };
            return choose(model, choice);
        }
        Action::Baseline(baseline) => {
            let choice = Choice {
                baseline,
                ..model.choice()
            };
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

/// Opens a step's screen.
pub(super) fn go_to(model: &mut Model, step: Step) -> Vec<Effect> {
    if step == model.screen {
        return Vec::new();
    }
    model.history.leave(model.place());
    model.screen = step;
    model.screens.enlarged = false;
    entered(model)
}

/// What entering a screen asks for.
fn entered(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.knowing(Stage::Verdict).is_some() {
        effects.push(Effect::Append(view_record(model)));
        match model.screen {
            Step::Report => effects.push(Effect::Preview { epoch: model.epoch }),
            // Whoever reads the diagnosis asks for its remedy next: by then it is measured.
            Step::Diagnosis | Step::Remedy if model.remedy == Measuring::NotYet => {
                effects.extend(measure(model));
            }
            _ => {}
        }
    }
    effects
}

/// Begins to measure the remedies, once all that they depend on is known.
pub(super) fn measure(model: &mut Model) -> Vec<Effect> {
    if !model.investigation.as_ref().is_some_and(|i| i.is_whole()) {
        return Vec::new();
    }
    model.remedy = Measuring::Running {
        done: 0,
        of: 0,
        what: String::new(),
        began_ms: model.clock.elapsed_ms,
    };
    vec![Effect::Remedy { epoch: model.epoch }]
}

fn arrive(model: &mut Model, place: Place) -> Vec<Effect> {
    model.screen = place.screen;
    model.screens.pane[place.screen as usize] = place.pane;
    model.screens.enlarged = false;
    model.at = place.at;
    if let (Some(feature), Some(investigation)) = (place.feature, model.investigation.clone()) {
        model.features.show(feature, &investigation);
    }
    entered(model)
}

/// One step up: running work first, then an enlarged pane, then the filter, then the previous view.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.opening.busy() {
        model.epoch += 1;
        if model.knowing(Stage::Verdict).is_some() {
            model.opening.phase = model.opening.resting();
            model.toast("stopped; everything is as it was");
        } else {
            model.opening.phase = Phase::Cancelled;
            model.toast("stopped; nothing was written");
        }
        return vec![Effect::Cancel];
    }
    if model.screen == Step::Remedy && matches!(model.remedy, Measuring::Running { .. }) {
        model.remedy = Measuring::Stopped;
        model.toast("stopped; m measures again");
        return vec![Effect::Cancel];
    }
    if model.screens.enlarged {
        model.screens.enlarged = false;
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

/// Asks for the exams on another comparison; what is shown stays until they are done.
fn choose(model: &mut Model, choice: Choice) -> Vec<Effect> {
    if choice == model.choice() {
        model.toast(format!("already so: {}", choice.says()));
        return Vec::new();
    }
    model.epoch += 1;
    model.opening.began_ms = model.clock.elapsed_ms;
    model.opening.phase = Phase::Examining {
        stage: Stage::Onset,
        parts: (0, 0),
        began_ms: model.clock.elapsed_ms,
    };
    model.toast(format!("examining again: {}", choice.says()));
    vec![Effect::Investigate {
        epoch: model.epoch,
        choice,
    }]
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
    let order = if list.reversed {
        "reversed"
    } else {
        "largest first"
    };
    let says = match action {
        Action::GroupBy => format!("grouped by {}", list.grouping.name()),
        _ => format!("by {}, {order}", list.order.name()),
    };
    model.toast(says);
}

fn window(model: &mut Model, action: Action) -> Vec<Effect> {
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
    let finest = model
        .dossier
        .as_ref()
        .and_then(|d| d.grid())
        .map_or(Width::Hour, |grid| grid.width);
    let Some(width) = wanted.filter(|&width| width >= finest) else {
        model.toast(format!(
            "windows are {} to {}",
            finest.name(),
            Width::FourWeeks.name()
        ));
        return Vec::new();
    };
    model.settings.window = Some(width);
    model.windowed = None;
    model.toast(format!("window {}", width.name()));
    vec![Effect::Window {
        epoch: model.epoch,
        width,
    }]
}

fn pin(model: &mut Model) -> Vec<Effect> {
    match model.selection() {
        Some(what) => toggle_pin(model, what),
        None => Vec::new(),
    }
}

/// Pins something, or takes its pin away.
pub(super) fn toggle_pin(model: &mut Model, what: super::Selection) -> Vec<Effect> {
    if model.journal.pinned(&what.id) {
        model.toast(format!("unpinned {}", what.title));
        return record(model, Entry::Unpin { id: what.id });
    }
    model.toast(format!("pinned {}", what.title));
    record(model, Entry::Pin { what })
}

fn again(model: &mut Model, action: Action) -> Vec<Effect> {
    let (entry, word) = match action {
        Action::Undo => (Entry::Undo, "undid"),
        _ => (Entry::Redo, "did again"),
    };
    let record = Record {
        at: model.clock.wall,
        entry,
    };
    if let Some(changed) = model.journal.add(record.clone()) {
        model.toast(format!("{word}: {}", changed.says()));
    }
    let text = model.journal.marks().filter.clone();
    overlay::narrow(model, &text);
    let mut effects = vec![Effect::Append(record)];
    effects.extend(refresh_preview(model));
    let choice = model.journal.marks().choice;
    if model.knowing(Stage::Verdict).is_some() && choice != model.choice() {
        effects.extend(choose(model, choice));
    }
    effects
}

/// Adds a record to the journal, in memory and in its file.
pub(super) fn record(model: &mut Model, entry: Entry) -> Vec<Effect> {
    let record = Record {
        at: model.clock.wall,
        entry,
    };
    model.journal.add(record.clone());
    if let Entry::Filter { text } = &record.entry {
        let text = text.clone();
        overlay::narrow(model, &text);
    }
    let mut effects = vec![Effect::Append(record)];
    effects.extend(refresh_preview(model));
    effects
}

fn refresh_preview(model: &Model) -> Option<Effect> {
    (model.screen == Step::Report).then_some(Effect::Preview { epoch: model.epoch })
}

fn view_record(model: &Model) -> Record {
    let feature = model
        .features
        .current()
        .map(|feature| model.feature_name(feature).to_owned());
    Record {
        at: model.clock.wall,
        entry: Entry::View {
            screen: model.screen,
            feature,
            at: model.at,
        },
    }
}

/// Takes over what is known while the exams run. Where all was known before, that stays until all is known again.
fn known(model: &mut Model, investigation: Arc<Investigation>) {
    if model.knowing(Stage::Verdict).is_some() {
        return;
    }
    let first = model.knowing(Stage::Drift).is_none() && investigation.knows(Stage::Drift);
    model.install(investigation);
    if first {
        restore(model);
    }
}

/// Puts the filter and the cursors where the analyst left them the last time.
fn restore(model: &mut Model) {
    let Some(investigation) = model.investigation.clone() else {
        return;
    };
    let filter = model.journal.marks().filter.clone();
    overlay::narrow(model, &filter);
    if let Some(Entry::View { feature, at, .. }) = model.journal.view().cloned() {
        model.at = at;
        let features = &investigation.dossier.plan.features;
        let named = |name: &String| features.iter().position(|f| &f.name == name);
        let left = feature.as_ref().and_then(named);
        if let Some(feature) = left.filter(|f| model.features.listed.contains(f)) {
            model.features.show(feature, &investigation);
        }
    }
}

fn examined(model: &mut Model, investigation: &Arc<Investigation>, data: String) -> Vec<Effect> {
    let first = model.knowing(Stage::Drift).is_none();
    let choice = investigation.framing.choice;
    model.install(Arc::clone(investigation));
    model.windowed = None;
    let took_ms = model.clock.elapsed_ms.saturating_sub(model.opening.began_ms);
    model.opening.took_ms = took_ms;
    model.opening.phase = model.opening.resting();
    for file in &mut model.opening.files {
        if matches!(file.state, FileState::Waiting | FileState::Reading { .. }) {
            file.state = FileState::Done(String::new());
        }
    }
    if let Some((at, _)) = model.journal.opened().filter(|(_, before)| *before != data) {
        let when = crate::text::time::minute(at);
        let says = format!("the data changed since {when}; notes and pins are kept, numbers are new");
        model.changed = Some(says);
    }
    if first {
        restore(model);
    }
    let mut effects = Vec::new();
    if first || model.journal.opened().is_none_or(|(_, before)| before != data) {
        effects.extend(record(model, Entry::Open { data }));
    }
    if !first && choice != model.journal.marks().choice {
        effects.extend(record(model, Entry::Choose { choice }));
    }
    if let Some(width) = model.settings.window {
        let epoch = model.epoch;
        effects.push(Effect::Window { epoch, width });
    }
    effects.extend(screen::concept::again(model));
    effects.extend(refresh_preview(model));
    if matches!(model.screen, Step::Diagnosis | Step::Remedy) {
        effects.extend(measure(model));
    }
    effects
}

fn came_out(model: &mut Model, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Outcome::Copied(word) => model.toast(if word.is_empty() {
            "copied".to_owned()
        } else {
            word
        }),
        Outcome::Exported(path) => model.toast(format!("wrote {path}")),
        Outcome::Wrote { path, replaced } => {
            let older = if replaced > 0 {
                ", in place of an older one"
            } else {
                ""
            };
            model.toast(format!("wrote {path}{older}"));
            return record(model, Entry::Wrote { path });
        }
        Outcome::Failed(says) => {
            model.toast(says.clone());
            model.problems.push(says);
        }
    }
    Vec::new()
}

/// The Reading line as it is copied: the sentence under the case's name.
fn reading_text(model: &Model) -> String {
    let reading = model.reading();
    format!("{} · {}: {}", model.head.title, model.screen.name(), reading.says)
}

/// A click on the step bar opens that step; elsewhere it does nothing yet.
fn click(model: &mut Model, column: u16, line: u16) -> Vec<Effect> {
    if line != 1 {
        return Vec::new();
    }
    match screen::step_at(model, column) {
        Some(step) => go_to(model, step),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{Overlay, Period, Purpose, Target, fixture, journal::Decision, keys},
        autopsy::Cause,
    };

    fn opened() -> Model {
        fixture::model(120, 36)
    }

    /// Presses keys, each as `Key::parse` names it; returns all effects.
    fn press_all(model: &mut Model, keys: &str) -> Vec<Effect> {
        keys.split(' ')
            .flat_map(|name| update(model, Msg::Key(Key::parse(name).unwrap())))
            .collect()
    }

    #[test]
    fn answers_from_earlier_epochs_are_dropped() {
        let mut model = Model::new(
            fixture::head(),
            super::super::journal::Journal::default(),
            (80, 24),
        );
        let _ = update(&mut model, Msg::Key(Key::Esc));
        assert_eq!(model.opening.phase, Phase::Cancelled);
        let investigation = Arc::new(fixture::investigation());
        let late = Msg::Examined {
            epoch: 0,
            investigation,
            data: String::new(),
        };
        assert!(update(&mut model, late).is_empty());
        assert!(model.investigation.is_none());
        let effects = update(&mut model, Msg::Do(Action::Reload));
        assert!(effects.contains(&Effect::Open { epoch: 2 }), "{effects:?}");
    }

    #[test]
    fn evidence_leads_to_its_proof_and_back() {
        let mut model = opened();
        press_all(&mut model, "7 Tab j j Enter");
        assert_eq!(model.screen, Step::Pipeline);
        assert_eq!(model.features.current(), Some(0));
        press_all(&mut model, "Esc");
        assert_eq!(
            (model.screen, model.pane()),
            (Step::Diagnosis, screen::diagnosis::EVIDENCE)
        );
    }

    #[test]
    fn a_cell_of_the_map_opens_its_feature_at_its_window() {
        let mut model = opened();
        press_all(&mut model, "3 j l l Enter");
        assert_eq!((model.screen, model.features.current()), (Step::Feature, Some(1)));
        let grid = model.drift().unwrap().grid.unwrap();
        assert_eq!(
            model.at.and_then(|at| grid.window(at)),
            grid.window(fixture::onset()).map(|w| w + 2)
        );
        press_all(&mut model, "]");
        assert_eq!(model.features.current(), Some(2));
    }

    #[test]
    fn marks_are_recorded_and_undone() {
        let mut model = opened();
        let effects = press_all(&mut model, "7 A 1 Space");
        let appended = effects
            .iter()
            .filter(|e| matches!(e, Effect::Append(r) if r.entry.undoable()))
            .count();
        assert_eq!(appended, 2);
        let decisions = &model.journal.marks().decisions;
        assert_eq!(
            decisions.get(&Cause::FeatureRecalibration),
            Some(&Decision::Accepted)
        );
        press_all(&mut model, "u");
        assert!(model.journal.marks().pins.is_empty());
        press_all(&mut model, "u");
        assert!(model.journal.marks().decisions.is_empty());
        press_all(&mut model, "U U");
        assert_eq!(model.journal.marks().pins.len(), 1);
        press_all(&mut model, "U");
        assert_eq!(
            model.toast.as_ref().map(|t| t.says.as_str()),
            Some("redo: nothing to redo")
        );
    }

    #[test]
    fn the_filter_follows_typing_and_comes_back_with_the_case() {
        let mut model = opened();
        press_all(&mut model, "3 / d t");
        assert_eq!(
            model
                .features
                .listed
                .first()
                .map(|&f| model.feature_name(f).to_owned()),
            Some("dti".into())
        );
        press_all(&mut model, "Esc");
        assert_eq!(model.features.listed.len(), 38);
        let effects = press_all(&mut model, "/ s r c : b u r Enter q");
        let records = effects
            .into_iter()
            .filter_map(|e| if let Effect::Append(r) = e { Some(r) } else { None });
        let journal = super::super::journal::Journal::replay(records);
        let mut again = Model::new(fixture::head(), journal, (120, 36));
        assert_eq!(again.screen, Step::Drift);
        let investigation = Arc::new(fixture::investigation());
        let _ = update(
            &mut again,
            Msg::Examined {
                epoch: 0,
                investigation,
                data: "other".into(),
            },
        );
        assert_eq!(again.features.filter.text(), "src:bur");
        assert_eq!(again.features.listed, model.features.listed);
    }

    #[test]
    fn a_changed_case_says_so_and_keeps_the_marks() {
        let mut model = opened();
        press_all(&mut model, "Space");
        let investigation = Arc::new(fixture::investigation());
        let _ = update(
            &mut model,
            Msg::Examined {
                epoch: 0,
                investigation,
                data: "other".into(),
            },
        );
        assert!(
            model
                .changed
                .as_ref()
                .is_some_and(|says| says.contains("the data changed"))
        );
        assert_eq!(model.journal.marks().pins.len(), 1);
    }

    #[test]
    fn notes_have_lines() {
        let mut model = opened();
        press_all(&mut model, "i o n e Down t w o Enter");
        let notes: Vec<&str> = model
            .journal
            .marks()
            .notes
            .values()
            .map(|(_, text)| text.as_str())
            .collect();
        assert_eq!(notes, ["one\ntwo"]);
        press_all(&mut model, "i");
        let Some(Overlay::Prompt(prompt)) = model.overlays.last() else {
            panic!("no prompt")
        };
        assert!(matches!(prompt.purpose, Purpose::Note(_)) && prompt.lines.len() == 2);
    }

    #[test]
    fn every_action_is_reached_from_the_palette_or_says_why_not() {
        let base = opened();
        for step in Step::ALL {
            let mut there = base.clone();
            let _ = go_to(&mut there, step);
            for binding in keys::BINDINGS {
                let mut model = there.clone();
                let listed = overlay::palette(&model, "");
                assert!(
                    listed
                        .iter()
                        .any(|item| item.target == Target::Run(binding.action)),
                    "{} is not listed",
                    binding.name
                );
                press_all(&mut model, ":");
                type_in(&mut model, binding.name);
                let first = overlay::palette(&model, binding.name).remove(0);
                assert_eq!(
                    (first.name.as_str(), first.target),
                    (binding.name, Target::Run(binding.action))
                );
                assert_eq!(first.disabled, model.disabled(binding.action));
                // Whatever is chosen there does what its key does, or says why not.
                let mut pressed = there.clone();
                let wanted = update(&mut pressed, Msg::Do(binding.action));
                let effects = update(&mut model, Msg::Key(Key::Enter));
                assert_eq!(effects, wanted, "{} on {}", binding.name, step.name());
                let shown = |model: &Model| (model.place(), model.overlays.len(), model.settings.clone());
                assert_eq!(
                    shown(&model),
                    shown(&pressed),
                    "{} on {}",
                    binding.name,
                    step.name()
                );
                if first.disabled.is_some() {
                    assert!(effects.is_empty() && model.toast.is_some(), "{}", binding.name);
                } else {
                    assert_eq!(model.recent.first(), Some(&binding.action));
                }
            }
        }
    }

    #[test]
    fn an_unknown_key_says_so_and_a_misplaced_one_says_where_it_works() {
        let mut model = opened();
        press_all(&mut model, "x");
        assert_eq!(model.toast.take().unwrap().says, "x does nothing here · ? help");
        press_all(&mut model, "A");
        assert_eq!(model.toast.take().unwrap().says, "accept: works on Diagnosis");
        let _ = update(&mut model, Msg::at(9_000, 0));
        assert!(model.toast.is_none());
    }

    #[test]
    fn windows_at_another_width_arrive_for_the_width_that_is_asked_for() {
        let mut model = opened();
        let effects = press_all(&mut model, ".");
        assert!(
            effects.contains(&Effect::Window {
                epoch: 0,
                width: Width::Week
            }),
            "{effects:?}"
        );
        let investigation = fixture::investigation();
        let view = |width| super::super::WindowedView {
            width,
            drift: investigation.drift.clone(),
            performance: investigation.performance.clone(),
        };
        let _ = update(
            &mut model,
            Msg::Windowed {
                epoch: 0,
                view: Box::new(view(Width::Day)),
            },
        );
        assert!(model.windowed.is_none());
        let _ = update(
            &mut model,
            Msg::Windowed {
                epoch: 0,
                view: Box::new(view(Width::Week)),
            },
        );
        assert!(model.windowed.is_some());
    }

    /// Types text into what is open.
    fn type_in(model: &mut Model, text: &str) -> Vec<Effect> {
        text.chars()
            .flat_map(|c| update(model, Msg::Key(Key::Char(c))))
            .collect()
    }

    /// The made-up investigation as it would be with a choice.
    fn chosen(choice: Choice) -> Arc<Investigation> {
        let mut investigation = fixture::investigation();
        investigation.framing.choice = choice;
        Arc::new(investigation)
    }

    #[test]
    fn an_onset_set_by_hand_examines_again_and_is_undone() {
        let mut model = opened();
        press_all(&mut model, ":");
        type_in(&mut model, "onset 2026-03-20T02:00");
        let effects = press_all(&mut model, "Enter");
        let choice = Choice {
            onset: crate::text::time::parse("2026-03-20T02:00"),
            baseline: None,
        };
        assert_eq!(effects, [Effect::Investigate { epoch: 1, choice }]);
        assert!(model.opening.busy() && model.journal.marks().choice.is_auto());
        let examined = |epoch, choice| Msg::Examined {
            epoch,
            investigation: chosen(choice),
            data: model
                .journal
                .opened()
                .map(|(_, data)| data.to_owned())
                .unwrap_or_default(),
        };
        // An answer to an earlier question is dropped; the right one is kept and journaled.
        let (late, right) = (examined(0, Choice::default()), examined(1, choice));
        let back = examined(2, Choice::default());
        assert!(update(&mut model, late).is_empty() && model.opening.busy());
        let effects = update(&mut model, right);
        assert_eq!(model.choice(), choice);
        assert!(!model.opening.busy());
        let journaled =
            |effect: &Effect| matches!(effect, Effect::Append(r) if r.entry == Entry::Choose { choice });
        assert!(effects.iter().any(journaled), "{effects:?}");
        let effects = press_all(&mut model, "u");
        let auto = Choice::default();
        assert!(
            effects.contains(&Effect::Investigate {
                epoch: 2,
                choice: auto
            }),
            "{effects:?}"
        );
        let effects = update(&mut model, back);
        assert!(model.choice().is_auto() && !effects.iter().any(journaled));
    }

    #[test]
    fn a_choice_that_cannot_be_followed_leaves_everything_as_it_was() {
        let mut model = opened();
        let before = model.opening.resting();
        let _ = update(
            &mut model,
            Msg::Do(Action::Baseline(Some(crate::autopsy::Baseline::Training))),
        );
        let says = "the training snapshot does not hold 100 rows with a logged answer".to_owned();
        let _ = update(
            &mut model,
            Msg::Unchosen {
                epoch: 1,
                says: says.clone(),
            },
        );
        assert_eq!(model.opening.phase, before);
        assert!(model.choice().is_auto() && model.journal.marks().choice.is_auto());
        assert!(model.problem_lines().iter().any(|(_, line)| *line == says));
    }

    #[test]
    fn esc_stops_a_second_look_and_keeps_the_first() {
        let mut model = opened();
        let _ = update(&mut model, Msg::Do(Action::Onset(Some(fixture::onset()))));
        assert!(model.opening.busy());
        let effects = press_all(&mut model, "Esc");
        assert_eq!(effects, [Effect::Cancel]);
        assert!(!model.opening.busy() && model.investigation.is_some());
        let late = Msg::Examined {
            epoch: 1,
            investigation: chosen(Choice::default()),
            data: "x".to_owned(),
        };
        assert!(update(&mut model, late).is_empty());
    }

    #[test]
    fn a_command_that_cannot_be_read_says_why_and_stays() {
        let mut model = opened();
        press_all(&mut model, ":");
        type_in(&mut model, "onset yesterday");
        assert!(press_all(&mut model, "Enter").is_empty());
        assert!(
            model
                .toast
                .as_ref()
                .is_some_and(|t| t.says.contains("is no time"))
        );
        let Some(Overlay::Palette { query, .. }) = model.overlays.last() else {
            panic!("the palette is gone")
        };
        assert_eq!(query.value(), "onset yesterday");
        // A command that is chosen from the list waits for what follows it.
        press_all(&mut model, "Esc :");
        type_in(&mut model, "held against");
        press_all(&mut model, "Enter");
        let Some(Overlay::Palette { query, .. }) = model.overlays.last() else {
            panic!("the palette is gone")
        };
        assert_eq!(query.value(), "baseline ");
    }

    #[test]
    fn repairs_are_tried_shown_and_pinned() {
        use crate::autopsy::exam::integrity::{Answered, Candidate, Fix, Trial, Undo};
        let mut model = opened();
        let effects = press_all(&mut model, "4 t");
        let feature = model.features.current().unwrap();
        assert!(
            effects.contains(&Effect::TryFix { epoch: 0, feature }),
            "{effects:?}"
        );
        let candidates = vec![
            Candidate {
                fix: Fix::Undo(Undo::Affine(0.0, 0.01)),
                name: "÷ 100 (percent or cents)".to_owned(),
                suggested: true,
            },
            Candidate {
                fix: Fix::Freeze,
                name: "freeze at the median 0.34".to_owned(),
                suggested: false,
            },
        ];
        let other = Msg::Trying {
            epoch: 0,
            feature: feature + 1,
            candidates: candidates.clone(),
        };
        let _ = update(&mut model, other);
        assert!(
            model.screens.feature.attempts.is_none(),
            "another feature's answer"
        );
        let _ = update(
            &mut model,
            Msg::Trying {
                epoch: 0,
                feature,
                candidates,
            },
        );
        let trial = |after: f64| Trial {
            rows: 800,
            psi: (Some(3.79), Some(after)),
            numbers: vec![0.2, 0.4, 0.6],
            answer: Ok(Answered {
                by: "the artefact",
                rows: 600,
                metric: None,
                loss: (0.5, 0.3 + after),
                gain: (0.1, 0.2),
                share: Some((0.94, (0.9, 0.98))),
            }),
        };
        for (at, after) in [(1, 0.9), (0, 0.02)] {
            let trial = Box::new(trial(after));
            let _ = update(
                &mut model,
                Msg::Tried {
                    epoch: 0,
                    feature,
                    at,
                    trial,
                },
            );
        }
        assert_eq!(model.screens.feature.attempts.as_ref().unwrap().best(), Some(0));
        let effects = press_all(&mut model, "Space");
        let pinned = model.journal.marks().pins.first().unwrap();
        assert!(
            pinned.says.contains("PSI 3.79 → 0.02") && pinned.says.contains("94.0 %"),
            "{pinned:?}"
        );
        assert!(matches!(effects.as_slice(), [Effect::Append(_)]));
        press_all(&mut model, "Enter");
        assert!(model.overlays.is_empty());
        assert_eq!(model.screens.feature.attempts.as_ref().unwrap().shown, Some(0));
        // Another feature knows nothing of it.
        press_all(&mut model, "]");
        assert!(model.screens.feature.attempts.is_none());
    }

    #[test]
    fn esc_goes_up_one_step_at_a_time() {
        let mut model = opened();
        press_all(&mut model, "3 / d t i Enter e ? Esc");
        assert!(model.overlays.is_empty() && model.screens.enlarged);
        press_all(&mut model, "Esc");
        assert!(!model.screens.enlarged && !model.features.filter.is_empty());
        press_all(&mut model, "Esc");
        assert!(model.features.filter.is_empty() && model.screen == Step::Drift);
        press_all(&mut model, "Esc");
        assert_eq!(model.screen, Step::Triage);
        press_all(&mut model, "L");
        assert_eq!(model.screen, Step::Drift);
        assert_eq!(model.settings.period, Period::default());
    }

    #[test]
    fn no_sequence_of_keys_panics() {
        use proptest::prelude::*;
        let all: Vec<Key> = keys::BINDINGS.iter().flat_map(|b| b.keys).copied().collect();
        let base = opened();
        let walk = prop::collection::vec(prop::sample::select(all), 1..60);
        proptest!(ProptestConfig::with_cases(64), |(walk in walk)| {
            let mut model = base.clone();
            for key in walk {
                let _ = update(&mut model, Msg::Key(key));
                let _ = (model.reading(), model.selection(), screen::markdown(&model), screen::csv(&model));
            }
        });
    }
}
