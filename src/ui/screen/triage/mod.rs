//! Triage: the golden set decides whether it is the model, the timeline since when, the checks what is odd.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    account,
    parts::{beside, joined, stacked},
};
use crate::{
    app::{
        Check, Model,
        screen::{
            cause_id, stage,
            triage::{BOARD, CHECKS, GOLDEN, VERDICT, listed, nearby_event},
        },
        suspicion::on_step,
    },
    autopsy::{Cause, Hypothesis, Investigation, Severity, Stage, Standing, Step, Verdict},
    text::{phrase::plural, time},
    ui::{
        look::{Look, Sign, StyleRole},
        part::{
            bar,
            chart::EventMark,
            layout::Layout,
            list::{self, Item, List},
            panel::{self, Panel},
            pending,
            table::first_visible,
            text,
        },
    },
    wording::{causes, features},
};

mod board;
mod golden;

use self::{board::board, golden::golden};

/// Draws the screen.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        return;
    };
    let pane = |pane: usize, area: Rect, buf: &mut Buffer| match pane {
        _ if model.knowing(stage(Step::Triage, pane)).is_none() => {
            pending::draw(model, pane, look, area, buf);
        }
        BOARD => board(model, investigation, look, area, buf),
        CHECKS => checks(model, investigation, look, area, buf),
        VERDICT => verdict(model, investigation, look, area, buf),
        _ => golden(model, investigation, look, area, buf),
    };
    if model.screens.enlarged || Layout::of_model(model) < Layout::Normal {
        return pane(model.pane(), area, buf);
    }
    if Layout::of_model(model) == Layout::Normal {
        return match model.pane() {
            focused if focused == CHECKS || focused == VERDICT || (focused == BOARD && !has_clock(model)) => {
                let [above, below] = joined(area, [area.height * 2 / 5, 0]);
                pane(VERDICT, above, buf);
                pane(CHECKS, below, buf);
            }
            only => pane(only, area, buf),
        };
    }
    let clock = has_clock(model);
    if area.width >= 170 || !clock {
        // A third column at twice the width: the checks are beside the board, and the account is below the verdict.
        let side = if clock { 62 } else { area.width / 2 };
        let [first, second, third] = beside(area, [side, if clock { area.width - side - 56 } else { 0 }, 0]);
        let golden = golden_lines(investigation, true);
        let told = investigation.knows(Stage::Verdict);
        let apart = if told { account::lines(investigation, look, first.width) } else { 0 };
        let wanted = verdict_lines(investigation, look, first.width);
        let verdict = first.height.saturating_sub(golden + apart).clamp(wanted, wanted.max(14));
        let [above, middle, below] = stacked(first, [verdict, golden, 0]);
        pane(VERDICT, above, buf);
        pane(GOLDEN, middle, buf);
        if apart > 0 {
            account::draw(model, investigation, look, below, buf);
        }
        if clock {
            pane(BOARD, second, buf);
            return pane(CHECKS, third, buf);
        }
        let [above, below] = stacked(third, [4, 0]);
        pane(BOARD, above, buf);
        return pane(CHECKS, below, buf);
    }
    let golden = golden_lines(investigation, model.pane() == GOLDEN).min(area.height / 3);
    let left = 46;
    let [first, second] = beside(area, [left, 0]);
    let upper = verdict_lines(investigation, look, left).min(area.height.saturating_sub(golden) / 2);
    let [above, middle, below] = stacked(first, [upper, golden, 0]);
    pane(VERDICT, above, buf);
    pane(GOLDEN, middle, buf);
    pane(CHECKS, below, buf);
    pane(BOARD, second, buf);
}

/// Whether anything has a course over time; taken to be so until it is known.
fn has_clock(model: &Model) -> bool {
    model.performance().is_none_or(|performance| performance.grid.is_some())
}

/// Lines of the golden set's pane: one sentence unless it has the focus.
fn golden_lines(investigation: &Investigation, focused: bool) -> u16 {
    match &investigation.golden {
        Some(golden) if focused || golden.worst_z > 3.0 => golden.metrics.len().min(6) as u16 + 5,
        Some(_) => 3,
        None => 4,
    }
}

/// What the list of checks and the hypotheses still lack; none once every exam is done.
fn unfinished(model: &Model) -> Option<String> {
    let stage = model.investigation.as_ref()?.next_stage()?;
    Some(if model.opening.busy() {
        format!("not yet final: {}", stage.name())
    } else {
        format!("not final, stopped: {}", stage.name())
    })
}

/// The last line of a room, for what it still lacks; returns the room above.
fn lacking(model: &Model, look: &Look, room: Rect, buf: &mut Buffer) -> Rect {
    let Some(message) = unfinished(model).filter(|_| room.height > 1) else {
        return room;
    };
    let at = (room.x, room.bottom() - 1);
    text::put(&message, look.style(StyleRole::Dim), look, at, room, buf);
    Rect { height: room.height - 1, ..room }
}

/// The flagged checks, the worst first, each with its whole sentence; all of them where the pane is enlarged.
fn checks(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let count = |severity: Severity| model.checks.iter().filter(|c| c.verdict.severity() == severity).count();
    let flagged = model.checks.iter().filter(|check| check.flagged > 0).count();
    let rest = format!("{} fine, {} not asked", count(Severity::Clear), count(Severity::Unknown));
    let right = format!("{flagged} flagged, {rest}");
    let bottom = if model.screens.enlarged { "" } else { "e shows all" };
    let panel = Panel { bottom, ..Panel::new("Checks", &right, model.focused(CHECKS)) };
    let room = panel::draw(&panel, look, area, buf);
    let room = lacking(model, look, room, buf);
    let shown = listed(model).min(model.checks.len());
    if shown == 0 {
        let message = match count(Severity::Clear) {
            0 => "No check could be asked yet.".to_owned(),
            n => format!("Nothing is flagged: {} within noise.", plural(n, "check")),
        };
        text::paragraph(&message, look.style(StyleRole::Dim), look, room, buf);
        return;
    }
    let item = |check: &Check| {
        let mark = Sign::from(on_step(investigation, check.spec.step, check.verdict.severity()));
        let (message, meaning) = match &check.verdict {
            Verdict::NotApplicable(because) => {
                (format!("{}: not examined, {because}", check.spec.asks), StyleRole::Dim)
            }
            Verdict::Clear => (check.message.clone(), StyleRole::Dim),
            _ => (check.message.clone(), StyleRole::Text),
        };
        let digit = (check.spec.step as usize + 1).to_string();
        Item::new(look.sign(mark), look.style(mark.meaning()), message, look.style(meaning))
            .ending(digit)
            .pinned(model.journal.pinned(&check.worst.to_string()))
    };
    let items: Vec<Item<'_>> = model.checks.iter().take(shown).map(item).collect();
    let cursor = Some(model.screens.triage.check);
    let list = List { items: &items, cursor, focused: model.focused(CHECKS), most: 4 };
    list::draw(&list, look, room, buf);
}

/// The verdict in words, the causes that remain, what to do first.
fn verdict(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let diagnosis = &investigation.diagnosis;
    let right = if diagnosis.undecided.is_some() { "undecided" } else { "↵ evidence" };
    let panel = Panel::new("Verdict", right, model.focused(VERDICT));
    let room = panel::draw(&panel, look, area, buf);
    let room = lacking(model, look, room, buf);
    let Some(top) = diagnosis.top() else {
        text::paragraph("No cause was examined yet.", look.style(StyleRole::Dim), look, room, buf);
        return;
    };
    // In the order in which they are left out where lines are few: what to do, then what it means.
    let bars = bars(investigation);
    let [message, list, does] = {
        let words = text::wrap(&headline(investigation, top), usize::from(room.width), look).len() as u16;
        // The sentence stands in full, and two causes below it.
        let words = words.min(room.height.saturating_sub(bars.min(2)));
        stacked(room, [words, bars.min(room.height - words), 0])
    };
    text::paragraph(&headline(investigation, top), look.style(StyleRole::Strong), look, message, buf);
    let causes = &diagnosis.hypotheses;
    let cursor = model.screens.triage.hypothesis.min(causes.len().saturating_sub(1));
    let first = first_visible(cursor, causes.len(), usize::from(list.height));
    let beside = widest_number(causes);
    for (y, (at, cause)) in (list.top()..list.bottom()).zip(causes.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..list };
        hypothesis(cause, beside, look, line, buf);
        if model.journal.pinned(&cause_id(cause)) {
            panel::pin(look, line.x, y, buf);
        }
        if model.focused(VERDICT) && at == cursor {
            text::highlight(Rect { width: NAME, ..line }, look, buf);
        }
    }
    if does.height > 0 {
        text::paragraph(&first_action(top), look.style(StyleRole::Text), look, does, buf);
    }
}

/// Causes that the verdict lists with their bars.
fn bars(investigation: &Investigation) -> u16 {
    let left = investigation.diagnosis.hypotheses.iter().filter(|h| h.standing != Standing::RuledOut);
    left.count().clamp(2, 4) as u16
}

/// Lines that the verdict needs, with its border: the sentence, the bars, and what to do first.
fn verdict_lines(investigation: &Investigation, look: &Look, width: u16) -> u16 {
    let Some(top) = investigation.diagnosis.top() else {
        return 5;
    };
    let lines = |message: &str| text::wrap(message, usize::from(width.saturating_sub(4)), look).len() as u16;
    lines(&headline(investigation, top)) + bars(investigation) + lines(&first_action(top)) + 2
}

/// What to do first, in a sentence.
fn first_action(top: &Hypothesis) -> String {
    format!("Do first: {}", top.cause.mitigation())
}

/// The leading cause in words: what it is, on what, since when; and the causes found besides.
fn headline(investigation: &Investigation, top: &Hypothesis) -> String {
    let on = features::names(&investigation.dossier, &top.features);
    let on = if on.is_empty() { String::new() } else { format!(": {on}") };
    let name = crate::text::capital(top.cause.name());
    let since = top.onset.map_or_else(String::new, |at| format!(", since {}", time::short(at)));
    match &investigation.diagnosis.undecided {
        Some(_) => format!("Undecided. The least unlikely is {}{on}.", top.cause.name()),
        None if top.cause == Cause::None => top.cause.meaning().to_owned(),
        None => {
            let besides =
                causes::besides(investigation).map_or_else(String::new, |found| format!(" {found}"));
            format!("{name}{on}{since}.{besides}")
        }
    }
}

/// Columns of a cause's name.
const NAME: u16 = 23;

/// Columns of a cause's bar at most.
const LONGEST_BAR: u16 = 30;

/// The number beside a cause's bar.
fn said(cause: &Hypothesis) -> String {
    match cause.standing {
        Standing::NotExamined => "not examined".to_owned(),
        _ => causes::weight(cause).1,
    }
}

/// The columns that the numbers beside the bars of some causes take: their bars have one scale, whatever stands at their ends.
pub(super) fn widest_number<'a>(listed: impl IntoIterator<Item = &'a Hypothesis>) -> u16 {
    listed.into_iter().map(|cause| text::width(&said(cause))).max().unwrap_or(0) as u16
}

/// One cause: name, bar, and the number that the bar draws.
///
/// * `beside`: the columns of the numbers of all causes that are listed.
pub(super) fn hypothesis(cause: &Hypothesis, beside: u16, look: &Look, line: Rect, buf: &mut Buffer) {
    let meaning = match cause.standing {
        Standing::Found => StyleRole::Strong,
        Standing::Possible => StyleRole::Text,
        _ => StyleRole::Dim,
    };
    text::put(
        cause.cause.name(),
        look.style(meaning),
        look,
        (line.x, line.y),
        Rect { width: NAME.min(line.width), ..line },
        buf,
    );
    let (part, _) = causes::weight(cause);
    text::put_right(&said(cause), look.style(meaning), look, line.y, line, buf);
    let from = line.x + NAME + 1;
    let right = line.right().saturating_sub(beside);
    if right > from + 2 && cause.standing != Standing::NotExamined {
        let style = look.style(match cause.standing {
            Standing::Found if cause.cause != Cause::None => StyleRole::Alarm,
            _ => StyleRole::Dim,
        });
        bar::horizontal(
            part,
            style,
            false,
            look,
            // Longer bars tell nothing more, and cost a slow line.
            Rect { x: from, width: (right - from - 1).min(LONGEST_BAR), ..line },
            buf,
        );
    }
}

/// All events; the one near the onset is emphasised.
pub(super) fn event_marks(model: &Model, investigation: &Investigation) -> Vec<EventMark> {
    let near = nearby_event(investigation).map(|(event, _)| event.at);
    investigation
        .dossier
        .events
        .iter()
        .map(|event| EventMark::event(event.at as f64, Some(event.at) == near))
        .chain(brush_marks(model))
        .collect()
}

/// The ends of the periods that the analyst marked.
fn brush_marks(model: &Model) -> impl Iterator<Item = EventMark> + '_ {
    let ends = model.brush.periods.iter().flat_map(|span| {
        // The period ends before the instant of its end.
        [EventMark::end(span.from as f64, '['), EventMark::end((span.to - 1) as f64, ']')]
    });
    ends.chain(model.brush.begun.map(|span| EventMark::end(span.from as f64, '[')))
}
