//! Diagnosis: ranked causes, what speaks for and against, why not the others, what to do.

use ratatui::{
    buffer::Buffer,
    layout::{Constraint, Layout as Split, Rect},
    style::Style,
};

use super::{alone, triage};
use crate::{
    app::{
        Model,
        screen::diagnosis::{ACTIONS, CAUSES, EVIDENCE, OTHERS, current, decision},
        screen::triage::standing_name,
    },
    autopsy::{Evidence, Hypothesis, Investigation, Standing},
    journal::Decision,
    text::{number, time},
    ui::{
        frame::Layout,
        look::{Look, Mark, Meaning},
        part::{
            heatmap::{Cell, Ramp},
            panel::{self, Panel},
            table::first_visible,
            text,
        },
    },
};

/// Weights of evidence at which the matrix goes one shade up, in nats.
const WEIGHT_EDGES: [f64; 3] = [0.25, 1.0, 2.5];

/// Draws the screen.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(investigation) = &model.investigation else {
        return;
    };
    let pane = |pane: usize, area: Rect, buf: &mut Buffer| match pane {
        CAUSES => causes(model, investigation, look, area, buf),
        EVIDENCE if model.screens.diagnosis.matrix => matrix(model, investigation, look, area, buf),
        EVIDENCE => evidence(model, investigation, look, area, buf),
        OTHERS => others(model, investigation, look, area, buf),
        _ => actions(model, investigation, look, area, buf),
    };
    if let Some(only) = alone(model, &[CAUSES, EVIDENCE]) {
        return pane(only, area, buf);
    }
    if Layout::of_model(model) == Layout::Wide {
        let [left, right] =
            Split::horizontal([Constraint::Length(50.max(area.width * 2 / 5)), Constraint::Fill(1)])
                .areas(area);
        let lines = investigation.diagnosis.hypotheses.len() as u16;
        let [causes, others] =
            Split::vertical([Constraint::Length(lines + 5), Constraint::Fill(1)]).areas(left);
        let [evidence, actions] =
            Split::vertical([Constraint::Length(lines + 5), Constraint::Fill(1)]).areas(right);
        pane(CAUSES, causes, buf);
        pane(OTHERS, others, buf);
        pane(EVIDENCE, evidence, buf);
        pane(ACTIONS, actions, buf);
    } else {
        let [upper, lower] = Split::vertical([Constraint::Fill(2), Constraint::Fill(3)]).areas(area);
        pane(CAUSES, upper, buf);
        pane(EVIDENCE, lower, buf);
    }
}

/// The sign of a cause's standing, or of the analyst's decision.
fn sign(hypothesis: &Hypothesis, model: &Model, look: &Look) -> (String, Style) {
    match decision(model, hypothesis) {
        Some(Decision::Accepted) => ("accepted".to_owned(), look.style(Meaning::Strong)),
        Some(Decision::Dismissed) => ("dismissed".to_owned(), look.style(Meaning::Dim)),
        None => {
            let mark = match hypothesis.standing {
                Standing::Found => Mark::Alarm,
                Standing::Possible => Mark::Watch,
                Standing::Weak => Mark::Pending,
                Standing::RuledOut => Mark::Fine,
                Standing::NotExamined => Mark::NotApplicable,
            };
            (look.mark(mark).to_owned(), look.style(mark.meaning()))
        }
    }
}

/// The ranked causes.
fn causes(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let panel = Panel::new("Root causes", "probability", model.focused(CAUSES));
    let room = panel::draw(&panel, look, area, buf);
    let all = &investigation.diagnosis.hypotheses;
    let at = model.screens.diagnosis.at.min(all.len().saturating_sub(1));
    let legend = u16::from(room.height > all.len() as u16 + 1) * 2;
    let list = Rect { height: room.height - legend, ..room };
    let first = first_visible(at, all.len(), usize::from(list.height));
    for (y, (index, cause)) in (list.top()..list.bottom()).zip(all.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..list };
        let (says, style) = sign(cause, model, look);
        let taken = text::width(&says).max(2) as u16;
        text::put(&format!("{:>2}", index + 1), look.style(Meaning::Dim), look, (line.x, y), line, buf);
        let middle = Rect { x: line.x + 3, width: line.width.saturating_sub(4 + taken), ..line };
        triage::hypothesis(cause, look, middle, buf);
        text::put_right(&says, style, look, y, line, buf);
        if index == at {
            let cursor = if model.focused(CAUSES) { Meaning::Cursor } else { Meaning::Strong };
            buf.set_style(line, look.style(cursor));
        }
    }
    if legend > 0 {
        let margin = match all.as_slice() {
            [first, second, ..] => {
                format!("margin to the runner-up {}", number::metric(first.probability - second.probability))
            }
            _ => String::new(),
        };
        let says = investigation
            .diagnosis
            .undecided
            .as_ref()
            .map_or(margin, |_| "undecided: the first is only the least unlikely".into());
        let signs = [
            (Mark::Alarm, "found"),
            (Mark::Watch, "possible"),
            (Mark::Pending, "weak"),
            (Mark::Fine, "ruled out"),
        ];
        let mut x = room.x;
        for (mark, word) in signs {
            x = text::put(
                look.mark(mark),
                look.style(mark.meaning()),
                look,
                (x, room.bottom() - 2),
                room,
                buf,
            );
            x = text::put(
                &format!(" {word}  "),
                look.style(Meaning::Dim),
                look,
                (x, room.bottom() - 2),
                room,
                buf,
            );
        }
        text::put(&says, look.style(Meaning::Dim), look, (room.x, room.bottom() - 1), room, buf);
    }
}

/// A line of the evidence pane; evidence carries its place in the list that the cursor runs over.
enum Entry<'a> {
    Blank,
    Title(&'static str),
    Text(String, Meaning),
    Evidence(usize, &'a Evidence),
}

/// The cause under the cursor: what it means, what speaks for and against it, what would settle it.
fn evidence(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let Some(cause) = current(model) else {
        panel::draw(&Panel::new("Evidence", "", model.focused(EVIDENCE)), look, area, buf);
        return;
    };
    let names: Vec<&str> =
        cause.features.iter().take(3).map(|&f| investigation.dossier.feature_name(f)).collect();
    let title = format!("{}  {}", cause.cause.id(), names.join(", "));
    let bottom = if area.width > 60 { "digit: the step that shows it, ↵ jumps there" } else { "" };
    let right = format!("{} {:.2}", standing_name(cause.standing), cause.probability);
    let panel = Panel { bottom, ..Panel::new(title.trim_end(), &right, model.focused(EVIDENCE)) };
    let room = panel::draw(&panel, look, area, buf);
    let mut lines: Vec<Entry<'_>> = Vec::new();
    for line in text::wrap(cause.cause.meaning(), usize::from(room.width), look) {
        lines.push(Entry::Text(line, Meaning::Text));
    }
    if let Some(onset) = cause.onset {
        lines.push(Entry::Text(format!("began {}", time::minute(onset)), Meaning::Dim));
    }
    let (speak_for, speak_against) = cause.by_finding();
    let sides = [("supports", &speak_for, 0), ("refutes", &speak_against, speak_for.len())];
    for (title, evidence, offset) in sides {
        if !evidence.is_empty() {
            lines.extend([Entry::Blank, Entry::Title(title)]);
            lines.extend(evidence.iter().enumerate().map(|(at, e)| Entry::Evidence(offset + at, e)));
        }
    }
    if speak_for.is_empty() && speak_against.is_empty() {
        lines.extend([
            Entry::Blank,
            Entry::Text("No check that ran says anything about it.".into(), Meaning::Dim),
        ]);
    }
    if !cause.would_settle.is_empty() {
        lines.extend([Entry::Blank, Entry::Title("would settle it")]);
        for says in &cause.would_settle {
            for line in text::wrap(says, usize::from(room.width).saturating_sub(3), look) {
                lines.push(Entry::Text(format!("   {line}"), Meaning::Text));
            }
        }
    }
    entries(model, investigation, &lines, look, room, buf);
}

fn entries(
    model: &Model,
    investigation: &Investigation,
    lines: &[Entry<'_>],
    look: &Look,
    room: Rect,
    buf: &mut Buffer,
) {
    let cursor = model.screens.diagnosis.evidence;
    let under = lines.iter().position(|line| matches!(line, Entry::Evidence(at, _) if *at == cursor));
    let scroll = usize::from(model.screens.scroll[model.screen as usize]);
    let last = lines.len().saturating_sub(usize::from(room.height));
    let first = match under {
        Some(line) if model.focused(EVIDENCE) => first_visible(line, lines.len(), usize::from(room.height)),
        _ => scroll.min(last),
    };
    for (y, entry) in (room.top()..room.bottom()).zip(lines.iter().skip(first)) {
        let line = Rect { y, height: 1, ..room };
        match entry {
            Entry::Blank => {}
            Entry::Title(title) => {
                text::put(title, look.style(Meaning::Dim), look, (line.x, y), line, buf);
            }
            Entry::Text(says, meaning) => {
                text::put(says, look.style(*meaning), look, (line.x, y), line, buf);
            }
            Entry::Evidence(at, evidence) => {
                let meaning = if evidence.weight.abs() >= 1.0 { Meaning::Strong } else { Meaning::Text };
                let weight = format!("{:>4}", format!("{:+.1}", evidence.weight).replace('-', "−"));
                let x = text::put(&weight, look.style(meaning), look, (line.x, y), line, buf);
                let step = investigation
                    .findings
                    .iter()
                    .find(|f| f.id == evidence.finding)
                    .map(|f| f.step as usize + 1);
                let digit = step.map_or_else(String::new, |step| step.to_string());
                let says = Rect { width: line.width.saturating_sub(3), ..line };
                text::put(
                    &format!("  {}", evidence.says),
                    look.style(Meaning::Text),
                    look,
                    (x, y),
                    says,
                    buf,
                );
                text::put_right(&digit, look.style(Meaning::Key), look, y, line, buf);
                if model.focused(EVIDENCE) && *at == cursor {
                    buf.set_style(line, look.style(Meaning::Cursor));
                }
            }
        }
    }
}

/// Evidence against causes, one column a cause: which findings tell them apart.
fn matrix(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    const CAUSES_SHOWN: usize = 8;
    let panel = Panel::new("Evidence × cause", "v shows the list again", model.focused(EVIDENCE));
    let room = panel::draw(&panel, look, area, buf);
    let causes = &investigation.diagnosis.hypotheses;
    let shown = &causes[..causes.len().min(CAUSES_SHOWN)];
    let mut findings: Vec<&Evidence> = Vec::new();
    for evidence in causes.iter().flat_map(|c| c.evidence_for.iter().chain(&c.evidence_against)) {
        if !findings.iter().any(|known| known.finding == evidence.finding) {
            findings.push(evidence);
        }
    }
    let cells = 4 * shown.len() as u16;
    let names = Rect { width: room.width.saturating_sub(cells + 1), ..room };
    for (column, _) in shown.iter().enumerate() {
        let x = names.right() + 1 + column as u16 * 4;
        text::put(&format!("{:>3}", column + 1), look.style(Meaning::Dim), look, (x, room.y), room, buf);
    }
    text::put(
        "the numbers of the causes on the left",
        look.style(Meaning::Dim),
        look,
        (room.x, room.y),
        names,
        buf,
    );
    for (y, evidence) in (room.top() + 1..room.bottom()).zip(&findings) {
        text::put(
            &evidence.says,
            look.style(Meaning::Text),
            look,
            (names.x, y),
            Rect { y, height: 1, ..names },
            buf,
        );
        for (column, cause) in shown.iter().enumerate() {
            let own = cause.evidence_for.iter().chain(&cause.evidence_against);
            let weight: f64 = own.filter(|e| e.finding == evidence.finding).map(|e| e.weight).sum();
            if weight == 0.0 {
                continue;
            }
            let x = names.right() + 1 + column as u16 * 4;
            let swatch = Ramp::Diverging(WEIGHT_EDGES).swatch(Cell::Value(weight), look);
            for dx in 1..3 {
                text::put_char(swatch.glyph, swatch.style, (x + dx, y), room, buf);
            }
        }
    }
}

/// Why not the causes after the first one.
fn others(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let room = panel::draw(&Panel::new("Why not the others", "", model.focused(OTHERS)), look, area, buf);
    let mut y = room.y;
    let scroll =
        if model.focused(OTHERS) { usize::from(model.screens.scroll[model.screen as usize]) } else { 0 };
    for (at, cause) in investigation.diagnosis.hypotheses.iter().enumerate().skip(1 + scroll) {
        let against: Vec<&Evidence> = cause.evidence_against.iter().take(2).collect();
        let unexamined = cause.standing == Standing::NotExamined;
        if y + 1 >= room.bottom() || (against.is_empty() && !unexamined) {
            continue;
        }
        let title = format!("{} {}", at + 1, cause.cause.id());
        text::put(&title, look.style(Meaning::Text), look, (room.x, y), room, buf);
        y += 1;
        let unexamined =
            unexamined.then(|| "not examined: the checks that would tell could not run".to_owned());
        for says in against.iter().map(|evidence| evidence.says.clone()).chain(unexamined) {
            if y < room.bottom() {
                text::put(&format!("  {says}"), look.style(Meaning::Dim), look, (room.x, y), room, buf);
                y += 1;
            }
        }
    }
    if y == room.y {
        text::paragraph("Nothing speaks against them yet.", look.style(Meaning::Dim), look, room, buf);
    }
}

/// What to do about the cause under the cursor.
fn actions(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let panel =
        Panel::new("What to do", "A accepts · D dismisses · w writes the report", model.focused(ACTIONS));
    let room = panel::draw(&panel, look, area, buf);
    let Some(cause) = current(model) else { return };
    let mut lines = vec![("now", cause.cause.mitigation().to_owned())];
    let metric = investigation.performance.headline_row();
    if let Some((row, baseline)) = metric.and_then(|row| Some((row, row.baseline?))) {
        let side = if row.metric.larger_is_better() { "≥" } else { "≤" };
        let bound = if row.metric.larger_is_better() { baseline.interval.0 } else { baseline.interval.1 };
        let features: Vec<&str> =
            cause.features.iter().take(2).map(|&f| investigation.dossier.feature_name(f)).collect();
        let psi = investigation.dossier.thresholds.psi_watch;
        let moved = if features.is_empty() {
            String::new()
        } else {
            format!("; PSI of {} < {}", features.join(", "), number::psi(psi))
        };
        lines.push((
            "verify",
            format!("{} {side} {} on new labels{moved}", row.metric.name(), number::metric(bound)),
        ));
    }
    let note = model.journal.marks().notes.get(&format!("cause:{}", cause.cause.id()));
    if let Some((_, note)) = note {
        lines.push(("note", note.clone()));
    }
    lines.push(("then", "8 Remedy measures what would fix it".to_owned()));
    let pins = model.journal.marks().pins.len();
    lines.push((
        "report",
        match pins {
            0 => "nothing is pinned yet: ␣ on the evidence".to_owned(),
            1 => "1 finding is pinned".to_owned(),
            n => format!("{n} findings are pinned"),
        },
    ));
    let mut y = room.y;
    for (name, says) in lines {
        let rest = Rect {
            x: room.x + 8,
            width: room.width.saturating_sub(8),
            y,
            height: room.bottom().saturating_sub(y),
        };
        text::put(
            name,
            look.style(Meaning::Dim),
            look,
            (room.x, y),
            Rect { y, height: 1, ..room }.intersection(room),
            buf,
        );
        y += text::paragraph(&says, look.style(Meaning::Text), look, rest, buf);
        if y >= room.bottom() {
            return;
        }
    }
}
