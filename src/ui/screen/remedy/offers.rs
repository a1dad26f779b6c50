//! The ranked remedies: each with its gain as an interval around doing nothing.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Panes, stacked, style};
use crate::{
    app::{
        Measuring,
        screen::remedy::{OFFERS, causes, is_advised, listed, progress},
    },
    autopsy,
    remedy::{Offer, OfferStatus, RemedyReport},
    ui::{
        look::{Sign, StyleRole},
        part::{
            bar,
            interval::{self, Scale},
            panel,
            table::{first_visible, more},
            text,
        },
    },
    wording,
};

/// The widths of a line's columns; 0 for what has no room.
#[derive(Clone, Copy)]
struct OfferColumns {
    name: u16,
    bar: u16,
    gain: u16,
    word: u16,
    toil: u16,
}

/// A name longer than this is cut.
const LONGEST: u16 = 48;

/// The picture of the gains is at least so wide before names are cut.
const SMALLEST: u16 = 10;

/// The width of effort and risk.
const TOIL: u16 = 14;

impl OfferColumns {
    /// * `names`: the width of the longest name, which is shown in full where the picture keeps its room.
    /// * `gains`: the width of the longest gain.
    fn of(width: u16, names: u16, gains: u16) -> Self {
        let (gain, word) = (gains + 1, 11);
        let left = width.saturating_sub(2 + gain + word);
        let toil = if left >= names.min(LONGEST) + 15 + TOIL { TOIL } else { 0 };
        let left = left - toil;
        let name = names.min(LONGEST).min(left.saturating_sub(SMALLEST + 1)).max(18);
        Self { name, bar: left.saturating_sub(name + 1), gain, word, toil }
    }
}

impl Panes<'_> {
    /// The list of remedies; before it is known, the progress and the mitigation of each cause.
    pub(super) fn offers(&self, area: Rect, buf: &mut Buffer) {
        let Some(backtests) = self.model.backtests() else {
            return self.awaited(area, buf);
        };
        let state = &self.model.screens.remedy;
        let interval = if state.next { "90 % interval of the next rows" } else { "90 % interval" };
        let right = format!("gain in {}, {interval}", self.unit(backtests));
        let inside = self.panel(OFFERS, "Remedies", &right, area, buf);
        let lacking = u16::from(backtests.labels.lacking.is_some() && inside.height > 4) * 2;
        let [message, head, list] = stacked(inside, [lacking, 1, 0]);
        if let Some(why) = &backtests.labels.lacking {
            text::paragraph(
                &format!("Nothing could be tried: {why}. The order follows from the diagnosis."),
                self.look.style(StyleRole::Watch),
                self.look,
                message,
                buf,
            );
        }
        let names = backtests.offers.iter().map(|offer| text::width(&offer.name));
        let gain = |offer: &Offer| self.gained(&offer.basis, state.unit)[0].width();
        let gains = backtests.offers.iter().map(gain).max().unwrap_or(0).max(6);
        let columns = OfferColumns::of(inside.width, names.max().unwrap_or(0) as u16, gains as u16);
        let scale = self.scale(backtests.offers.iter().map(|offer| &offer.basis));
        self.heads(columns, scale, head, buf);
        self.list_of(backtests, columns, list, buf);
    }

    fn heads(&self, columns: OfferColumns, scale: Scale, head: Rect, buf: &mut Buffer) {
        let (look, dim) = (self.look, self.look.style(StyleRole::Dim));
        let mut x = head.x + 2;
        text::put("what", dim, look, (x, head.y), head, buf);
        x += columns.name + 1;
        let bar = Rect { x, width: columns.bar, ..head };
        let ends = self
            .whole()
            .and_then(|whole| Some((scale.column(0.0, columns.bar)?, scale.column(whole, columns.bar)?)));
        if let Some((today, before)) = ends.filter(|(today, before)| today + 15 < *before) {
            // One axis from today to as it was before.
            let golden = look.style(StyleRole::Golden);
            text::put("today", dim, look, (bar.x + today, bar.y), bar, buf);
            let upto = Rect { width: (before + 1).min(bar.width), ..bar };
            text::put_right("as before", golden, look, bar.y, upto, buf);
        } else if columns.bar >= 22 {
            text::put("worse", dim, look, (bar.x, bar.y), bar, buf);
            text::put_right("better", dim, look, bar.y, bar, buf);
        }
        x += columns.bar;
        let gain = Rect { x, width: columns.gain, ..head };
        text::put_right("gain", dim, look, head.y, gain, buf);
        x += columns.gain + 1;
        text::put("it is", dim, look, (x, head.y), head, buf);
        if columns.toil > 0 {
            x += columns.word;
            text::put("effort", dim, look, (x, head.y), head, buf);
            text::put("risk", dim, look, (x + 7, head.y), head, buf);
        }
    }

    fn list_of(&self, backtests: &RemedyReport, columns: OfferColumns, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let at = self.model.screens.remedy.at.min(backtests.offers.len().saturating_sub(1));
        let scale = self.scale(backtests.offers.iter().map(|offer| &offer.basis));
        let listed = listed(self.model);
        // One line more: the heading above those that are not offered. Sorted by gain they stand among the others.
        let offered = backtests.offered().count();
        let split = offered < backtests.offers.len() && is_advised(self.model);
        let lines = backtests.offers.len() + usize::from(split);
        let line_of = |offer: usize| offer + usize::from(split && offer >= offered);
        let mut room = usize::from(area.height);
        let scrolls = lines > room && room > 1;
        room -= usize::from(scrolls);
        let first = first_visible(line_of(at), lines, room);
        for (y, line) in (area.top()..area.bottom()).zip(first..lines.min(first + room)) {
            let place = Rect { y, height: 1, ..area };
            if split && line == offered {
                text::put("not offered, and why", look.style(StyleRole::Dim), look, (place.x, y), place, buf);
                continue;
            }
            let index = line - usize::from(split && line > offered);
            let offer = &backtests.offers[listed[index]];
            self.offer(offer, scale, columns, place, buf);
            if self.model.journal.pinned(&format!("remedy:{}", offer.name)) {
                panel::pin(look, place.x, y, buf);
            }
            if index == at {
                let texts = Rect { width: 2 + columns.name, ..place };
                let marked = if self.model.focused(OFFERS) { StyleRole::Cursor } else { StyleRole::Strong };
                buf.set_style(texts.intersection(buf.area), look.style(marked));
                text::put_char(look.pick('▶', '>'), look.style(marked), (place.x, y), place, buf);
            }
        }
        if scrolls {
            let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
            let before = |line: usize| line - usize::from(split && line > offered);
            let (from, to) = (before(first), before(first + room));
            more(from, to - from, backtests.offers.len(), look, foot, buf);
        }
    }

    fn offer(&self, offer: &Offer, scale: Scale, columns: OfferColumns, line: Rect, buf: &mut Buffer) {
        let look = self.look;
        let name_style = look.style(match offer.status {
            OfferStatus::First => StyleRole::Strong,
            OfferStatus::Offered => StyleRole::Text,
            OfferStatus::Refused => StyleRole::Dim,
        });
        let name = Rect { x: line.x + 2, width: columns.name, ..line };
        text::put(&offer.name, name_style, look, (name.x, line.y), name, buf);
        let bar = Rect { x: name.right() + 1, width: columns.bar, ..line };
        let against = self.against(&offer.basis);
        let rest = Rect { x: bar.x, width: line.right().saturating_sub(bar.x), ..line };
        // Where there is no gain to draw, the reason takes its place.
        if against.is_none() {
            let message = match (&offer.status, &offer.basis) {
                (OfferStatus::Refused, _) | (_, crate::remedy::Basis::Measured(_)) => offer.because.clone(),
                (_, crate::remedy::Basis::Unmeasured(why)) => format!("not measured: {why}"),
            };
            text::put(&message, look.style(StyleRole::Dim), look, (rest.x, line.y), rest, buf);
            return;
        }
        let drawn = against.map_or(look.style(StyleRole::Dim), |against| style(against, look));
        if let Some(column) = self.whole().and_then(|whole| scale.column(whole, bar.width)) {
            let golden = look.style(StyleRole::Golden);
            text::put_char(look.pick('┊', ':'), golden, (bar.x + column, line.y), bar, buf);
        }
        interval::draw(self.interval(&offer.basis), scale, drawn, look, bar, buf);
        let [gain, word] = self.gained(&offer.basis, self.model.screens.remedy.unit);
        let place = Rect { x: bar.right(), width: columns.gain, ..line };
        text::put_right(&gain.content, gain.style, look, line.y, place, buf);
        let x = place.right() + 1;
        text::put(&word.content, word.style, look, (x, line.y), line, buf);
        if columns.toil > 0 {
            let dim = look.style(StyleRole::Dim);
            let x = x + columns.word;
            text::put(offer.effort.name(), dim, look, (x, line.y), line, buf);
            text::put(offer.risk.name(), dim, look, (x + 7, line.y), line, buf);
        }
    }

    /// The progress of the measurement, above the mitigation of each remaining cause.
    fn awaited(&self, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let inside = self.panel(OFFERS, "What each cause asks for", "most probable first", area, buf);
        let [above, below] = stacked(inside, [3.min(inside.height / 2), 0]);
        if let Some(message) = progress(self.model) {
            let meaning = match self.model.remedy {
                Measuring::Failed(_) => StyleRole::Alarm,
                Measuring::Stopped => StyleRole::Watch,
                _ => StyleRole::Text,
            };
            text::paragraph(
                &message,
                look.style(meaning),
                look,
                Rect { height: above.height.min(2), ..above },
                buf,
            );
        }
        if let Measuring::Running { done, of, .. } = self.model.remedy
            && of > 0
            && above.height > 2
        {
            let line = Rect { y: above.bottom() - 1, height: 1, width: above.width.min(40), ..above };
            bar::progress(done as f64 / of as f64, look, line, buf);
            if let Some(left) = self.model.remedy.left_ms(self.model.clock.elapsed_ms) {
                let message = format!("~{} s left · Esc stops it", left.div_ceil(1000));
                text::put(&message, look.style(StyleRole::Dim), look, (line.right() + 1, line.y), above, buf);
            }
        }
        self.mitigations(below, buf);
    }

    fn mitigations(&self, inside: Rect, buf: &mut Buffer) {
        let look = self.look;
        let causes = causes(self.model);
        let dim = look.style(StyleRole::Dim);
        if causes.is_empty() {
            return self.empty("no cause is left standing", inside, buf);
        }
        let at = self.model.screens.remedy.at.min(causes.len() - 1);
        let sign = if look.is_ascii() { 3 } else { 2 };
        let mut y = inside.top();
        let before = at.saturating_sub(usize::from(inside.height / 8));
        for (index, hypothesis) in causes.iter().enumerate().skip(before) {
            if y >= inside.bottom() {
                return;
            }
            let line = Rect { y, height: 1, ..inside };
            let mark =
                if hypothesis.standing == autopsy::Standing::Found { Sign::Alarm } else { Sign::Watch };
            let put = |message: &str, style, x, buf: &mut Buffer| {
                text::put(message, style, look, (x, y), line, buf);
            };
            put(look.sign(mark), look.style(mark.meaning()), line.x, buf);
            let x = line.x + sign;
            put(hypothesis.cause.name(), look.style(StyleRole::Strong), x, buf);
            text::put_right(&wording::causes::weight(hypothesis).1, dim, look, y, line, buf);
            if self.model.focused(OFFERS) && index == at {
                let width = line.right().saturating_sub(x);
                text::highlight(Rect { x, width, ..line }, look, buf);
            }
            let room = Rect {
                x,
                y: y + 1,
                width: inside.right().saturating_sub(x),
                height: inside.bottom().saturating_sub(y + 1).min(3),
            };
            let style = look.style(StyleRole::Text);
            y += text::paragraph(hypothesis.cause.mitigation(), style, look, room, buf) + 2;
        }
    }
}
