//! The loss since the onset, taken apart: a waterfall from the loss before to the loss now.

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{
        Model,
        screen::diagnosis::{ACCOUNT, account_lines, account_says},
    },
    autopsy::{
        self, Investigation,
        account::{Account, Line, Place},
    },
    text::number,
    ui::{
        look::{Look, StyleRole},
        part::{
            panel::{self, Panel},
            text,
            waterfall::{self, Step},
        },
    },
    wording::account::place,
};

/// Whether the pane has the focus; beside Triage's own panes it never has.
fn focused(model: &Model) -> bool {
    model.screen == autopsy::Step::Diagnosis && model.focused(ACCOUNT)
}

/// Lines that the pane needs in a width to show all of the account, with its border.
pub(super) fn lines(investigation: &Investigation, look: &Look, width: u16) -> u16 {
    let wrapped =
        |message: &str| text::wrap(message, usize::from(width.saturating_sub(4)), look).len() as u16;
    match &investigation.account {
        Ok(account) => {
            let notes: u16 = account.notes.iter().map(|note| wrapped(note)).sum();
            account.lines.len() as u16 + 2 + 2 + notes + 2
        }
        Err(why) => wrapped(&untold(why)) + 2,
    }
}

/// Why there is no account, as a sentence.
fn untold(why: &str) -> String {
    format!("The loss can't be taken apart: {why}.")
}

/// Draws the pane.
pub(super) fn draw(model: &Model, investigation: &Investigation, look: &Look, area: Rect, buf: &mut Buffer) {
    let account = match &investigation.account {
        Ok(account) => account,
        Err(why) => {
            let panel = Panel::new("Where the loss arose", "", focused(model));
            let room = panel::draw(&panel, look, area, buf);
            text::paragraph(&untold(why), look.style(StyleRole::Dim), look, room, buf);
            return;
        }
    };
    let right = format!("{} a row, 95 % intervals", account.loss);
    // Where not all lines fit, their number stands on the border.
    let (all, inside) = (account.lines.len() + 2, usize::from(area.height.saturating_sub(2)));
    let bottom = if all > inside { format!("{inside} of {all} lines") } else { String::new() };
    let panel = Panel { bottom: &bottom, ..Panel::new("Where the loss arose", &right, focused(model)) };
    let room = panel::draw(&panel, look, area, buf);
    let lines = account_lines(model);
    let steps = steps(investigation, account, &lines, look);
    let cursor = model.screens.diagnosis.line.min(account.lines.len().saturating_sub(1));
    let marked = (focused(model) && !account.lines.is_empty()).then_some(cursor + 1);
    let picture = Rect { height: room.height.min(steps.len() as u16), ..room };
    // Where not all lines fit, the one under the cursor does.
    let first = crate::ui::part::table::first_visible(cursor + 1, steps.len(), usize::from(picture.height));
    let marked = marked.map(|at| at - first.min(at));
    let until = (first + usize::from(picture.height)).min(steps.len());
    waterfall::draw(&steps[first..until], marked, look, picture, buf);
    let mut rest = Rect { y: picture.bottom(), height: room.bottom() - picture.bottom(), ..room };
    let mut said: Vec<String> = Vec::new();
    if let Some(line) = lines.get(cursor).filter(|_| focused(model)) {
        said.push(format!("{}: {}.", place(&investigation.dossier, line.place), account_says(line)));
    }
    if !account.has_shares() {
        said.push("The loss is not beyond noise, so no part of it has a share.".to_owned());
    }
    said.extend(account.notes.iter().cloned());
    let by =
        account.by.as_ref().map_or_else(String::new, |by| format!("; other inputs are answered by {by}"));
    let rests = format!(
        "Rests on {} rows before and {} {}",
        number::whole(account.rows.0 as u64),
        number::whole(account.rows.1 as u64),
        investigation.framing.period()
    );
    let lines_of = |message: &str| text::wrap(message, usize::from(rest.width), look).len();
    let taken: usize = said.iter().map(|message| lines_of(message)).sum();
    let full = format!("{rests}{by}.");
    // Where one line is left, the rest of the sentence stands in the enlarged pane.
    said.push(if taken + lines_of(&full) <= usize::from(rest.height) { full } else { format!("{rests}.") });
    let scroll = if focused(model) { usize::from(model.screens.scroll[model.screen as usize]) } else { 0 };
    for message in said.iter().skip(scroll.min(said.len() - 1)) {
        if rest.height == 0 {
            break;
        }
        let used = text::paragraph(message, look.style(StyleRole::Dim), look, rest, buf);
        rest = Rect { y: rest.y + used, height: rest.height - used.min(rest.height), ..rest };
    }
}

fn steps(investigation: &Investigation, account: &Account, lines: &[&Line], look: &Look) -> Vec<Step> {
    let total = |name: &str, value: f64, interval, meaning| Step {
        name: name.to_owned(),
        span: (0.0, value),
        interval: Some(interval),
        message: number::metric(value),
        style: look.style(meaning),
    };
    let mut steps = vec![total("before", account.before.value, account.before.interval(), StyleRole::Golden)];
    let mut reached = account.before.value;
    let share = |line: &Line| {
        line.share.map_or_else(String::new, |(share, _)| {
            // A part that rounds to nothing has no sign.
            let percent = (100.0 * share).round() + 0.0;
            format!("{percent:>5.0} %").replace('-', "−")
        })
    };
    let amount = |line: &Line| text::shown(&number::signed(line.amount.value), look).into_owned();
    let amounts = lines.iter().map(|line| text::width(&amount(line)));
    let wide = amounts.max().unwrap_or(0);
    for line in lines {
        let (low, high) = line.amount.interval();
        let meaning = match line.place {
            // What rounds to nothing is nothing to see.
            _ if number::signed(line.amount.value).starts_with('±') => StyleRole::Dim,
            _ if line.amount.value < 0.0 && line.amount.z() < -2.0 => StyleRole::Training,
            Place::Unexplained if line.is_found() => StyleRole::Watch,
            _ if line.is_found() => StyleRole::Alarm,
            _ => StyleRole::Dim,
        };
        let amount = amount(line);
        steps.push(Step {
            name: place(&investigation.dossier, line.place),
            span: (reached, reached + line.amount.value),
            interval: Some((reached + low, reached + high)),
            message: format!("{amount:>wide$}{}", share(line)),
            style: look.style(meaning),
        });
        reached += line.amount.value;
    }
    steps.push(total(
        investigation.framing.period(),
        account.since.value,
        account.since.interval(),
        StyleRole::Production,
    ));
    steps
}
