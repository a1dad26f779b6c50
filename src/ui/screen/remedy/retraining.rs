//! Every strategy of retraining with every family, back-tested.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{Panes, stacked, style};
use crate::{
    app::screen::remedy::{RETRAINING, trials, trials_by_gain},
    model::learner::Family,
    remedy::{Basis, RemedyReport, Strategy, Trial},
    text::number,
    ui::{
        look::StyleRole,
        part::{
            interval,
            table::{self, Column, Row, Table, first_visible, more},
            text,
        },
    },
    wording::{self, remedy::Against},
};

impl Panes<'_> {
    /// The trials, best first, or strategies against families.
    pub(super) fn retraining(&self, area: Rect, buf: &mut Buffer) {
        let folds = self.model.backtests().map_or(0, |backtests| backtests.labels.folds);
        let right = match folds {
            0 => String::new(),
            n => format!("{n} folds, past → future"),
        };
        let inside = self.panel(RETRAINING, "Retraining, back-tested", &right, area, buf);
        let Some(backtests) = self.backtests_or_promise(RETRAINING, inside, buf) else {
            return;
        };
        if backtests.retraining.is_empty() {
            let why = backtests.labels.lacking.as_ref().map_or_else(
                || "No way of retraining was tried on this case.".to_owned(),
                |why| format!("No way of retraining could be tried: {why}."),
            );
            return self.empty(&why, inside, buf);
        }
        let [body, foot] = stacked(inside, [inside.height.saturating_sub(1), 0]);
        if self.model.screens.remedy.matrix {
            self.matrix(backtests, body, buf);
        } else {
            self.trials(backtests, body, buf);
        }
        let best = trials_by_gain(self.model).first().and_then(|trial| self.against(&trial.basis));
        let message = match best {
            Some(against) => format!("best: {}", against.message()),
            None => format!("gain in {}; none could be measured", self.unit(backtests)),
        };
        text::put(&message, self.look.style(StyleRole::Dim), self.look, (foot.x, foot.y), foot, buf);
    }

    fn trials(&self, backtests: &RemedyReport, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let trials = trials(self.model);
        let at = self.model.screens.remedy.trial.min(trials.len() - 1);
        let scale = self.scale(backtests.retraining.iter().map(|trial| &trial.basis));
        let mut room = usize::from(area.height);
        let scrolls = trials.len() > room && room > 1;
        room -= usize::from(scrolls);
        let first = first_visible(at, trials.len(), room);
        for (y, (index, trial)) in
            (area.top()..area.bottom()).zip(trials.iter().enumerate().skip(first).take(room))
        {
            let line = Rect { y, height: 1, ..area };
            let words = self.trial(trial, scale, line, buf);
            if index == at && self.model.focused(RETRAINING) {
                text::highlight(words, look, buf);
            }
        }
        if scrolls {
            let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
            more(first, room, trials.len(), look, foot, buf);
        }
    }

    /// One trial on a line; returns the room of its name.
    fn trial(&self, trial: &Trial, scale: interval::Scale, line: Rect, buf: &mut Buffer) -> Rect {
        let look = self.look;
        let name = Rect { width: 32.min(line.width * 2 / 3), ..line };
        let message = format!("{}, {}", wording::remedy::strategy(trial.strategy), trial.family.word());
        text::put(&message, look.style(StyleRole::Text), look, (name.x, line.y), name, buf);
        let rest = Rect { x: name.right() + 1, width: line.right().saturating_sub(name.right() + 1), ..line };
        let Some(against) = self.against(&trial.basis) else {
            let why = match &trial.basis {
                Basis::Unmeasured(why) => why.as_str(),
                Basis::Measured(_) => "no value of it",
            };
            text::put(why, look.style(StyleRole::Dim), look, (rest.x, line.y), rest, buf);
            return name;
        };
        let [gain, word] = self.gained(&trial.basis, self.model.screens.remedy.unit);
        let word_width = if rest.width >= 30 { 11 } else { 0 };
        let bar = Rect { width: rest.width.saturating_sub(7 + word_width), ..rest };
        interval::draw(self.interval(&trial.basis), scale, style(against, look), look, bar, buf);
        let place = Rect { x: bar.right(), width: 7, ..line };
        text::put_right(&gain.content, gain.style, look, line.y, place, buf);
        if word_width > 0 {
            let at = (place.right() + 1, line.y);
            text::put(&word.content, word.style, look, at, line, buf);
        }
        name
    }

    /// Strategies down, families across.
    fn matrix(&self, backtests: &RemedyReport, area: Rect, buf: &mut Buffer) {
        let look = self.look;
        let mut strategies: Vec<Strategy> = Vec::new();
        let mut families: Vec<Family> = Vec::new();
        for trial in &backtests.retraining {
            if !strategies.contains(&trial.strategy) {
                strategies.push(trial.strategy);
            }
            if !families.contains(&trial.family) {
                families.push(trial.family);
            }
        }
        let mut columns = vec![Column::rest("learns from")];
        columns.extend(families.iter().map(|&family| Column::numbers(family.word())));
        let cell = |strategy: Strategy, family: Family| {
            let trial = backtests
                .retraining
                .iter()
                .find(|trial| trial.strategy == strategy && trial.family == family);
            let gain = trial
                .and_then(|trial| trial.basis.measured())
                .and_then(|measured| self.model.screens.remedy.unit.gain(measured));
            match gain {
                Some(gain) => {
                    let against = Against::of(&gain);
                    let sign = match against {
                        Against::Better => look.pick('+', '+'),
                        Against::NotBetter => look.pick('≈', '~'),
                        Against::Worse => look.pick('▼', 'v'),
                    };
                    let message = format!("{} {sign}", number::signed(gain.value));
                    Line::from(ratatui::text::Span::styled(message, style(against, look)))
                }
                None => Line::from(text::span(number::MISSING, StyleRole::Dim, look)),
            }
        };
        let rows: Vec<Row<'_>> = strategies
            .iter()
            .map(|&strategy| {
                let mut cells = vec![Line::from(wording::remedy::strategy(strategy))];
                cells.extend(families.iter().map(|&family| cell(strategy, family)));
                Row::new(cells)
            })
            .collect();
        let table = Table { columns: &columns, rows: &rows, cursor: None, heads: true };
        table::draw(&table, look, area, buf);
    }
}
