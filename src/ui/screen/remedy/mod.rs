//! Remedy: every remedy with what it would win back, and the proof of it. Draws the bench; computes nothing.

mod candidate;
mod curve;
mod detail;
mod monitors;
mod offers;
mod retraining;
mod review;
mod scores;

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Span};

use super::{
    alone,
    parts::{beside, joined, stacked},
};
use crate::{
    app::{
        Model,
        screen::remedy::{COMPARISON, CURVE, DETAIL, GOLDEN, MONITORS, OFFERS, RETRAINING, REVIEW, SCORES},
    },
    remedy::{Basis, RemedyReport},
    text::{number, phrase},
    ui::{
        look::{Look, StyleRole},
        part::{
            interval::{Interval, Scale},
            layout::Layout,
            panel::{self, Panel},
            text,
        },
    },
    wording::remedy::{Against, Unit},
};

/// Draws the screen into `area`.
pub fn draw(model: &Model, look: &Look, area: Rect, buf: &mut Buffer) {
    let screen = Panes { model, look };
    if let Some(only) = alone(model, &[OFFERS, DETAIL]) {
        return screen.pane(only, area, buf);
    }
    if Layout::of_model(model) != Layout::Wide {
        let [above, below] = joined(area, [area.height * 5 / 9, 0]);
        screen.pane(OFFERS, above, buf);
        return screen.pane(DETAIL, below, buf);
    }
    if area.width >= 170 {
        let [left, middle, right] = beside(area, [area.width * 9 / 20, area.width * 27 / 100, 0]);
        screen.list(left, buf);
        let [above, below] = stacked(middle, [middle.height / 2, 0]);
        screen.pane(RETRAINING, above, buf);
        screen.pane(CURVE, below, buf);
        let [first, second, third] = stacked(right, [right.height * 3 / 10, right.height * 2 / 5, 0]);
        let shown = |asked: usize, else_: usize| if model.pane() == asked { asked } else { else_ };
        screen.pane(shown(COMPARISON, SCORES), first, buf);
        screen.pane(MONITORS, second, buf);
        return screen.pane(shown(REVIEW, GOLDEN), third, buf);
    }
    let [left, right] = beside(area, [area.width * 3 / 5, 0]);
    screen.list(left, buf);
    let [above, middle, below] = stacked(right, [right.height * 2 / 5, right.height * 3 / 10, 0]);
    screen.pane(RETRAINING, above, buf);
    screen.pane(CURVE, middle, buf);
    // Five panes share the last place: the one with the focus shows, else the candidate where there is one.
    let has_candidate = model.backtests().is_some_and(|backtests| backtests.comparison.is_some());
    let last = match model.pane() {
        pane @ (SCORES | COMPARISON | REVIEW | GOLDEN | MONITORS) => pane,
        _ if has_candidate => COMPARISON,
        _ => SCORES,
    };
    screen.pane(last, below, buf);
}

/// What every pane needs.
struct Panes<'a> {
    model: &'a Model,
    look: &'a Look,
}

impl Panes<'_> {
    fn pane(&self, pane: usize, area: Rect, buf: &mut Buffer) {
        match pane {
            DETAIL => self.detail(area, buf),
            RETRAINING => self.retraining(area, buf),
            CURVE => self.curve(area, buf),
            SCORES => self.scores(area, buf),
            COMPARISON => self.comparison(area, buf),
            REVIEW => self.review(area, buf),
            GOLDEN => self.golden(area, buf),
            MONITORS => self.monitors(area, buf),
            _ => self.offers(area, buf),
        }
    }

    /// The list of remedies over the detail of the one under the cursor.
    fn list(&self, area: Rect, buf: &mut Buffer) {
        let lines =
            self.model.backtests().map_or(area.height / 2, |backtests| backtests.offers.len() as u16 + 5);
        let [above, below] = stacked(area, [lines.min(area.height * 3 / 5), 0]);
        self.pane(OFFERS, above, buf);
        self.pane(DETAIL, below, buf);
    }

    fn panel(&self, pane: usize, title: &str, right: &str, area: Rect, buf: &mut Buffer) -> Rect {
        let panel = Panel::new(title, right, self.model.focused(pane));
        panel::draw(&panel, self.look, area, buf)
    }

    /// Says why a pane is empty.
    fn empty(&self, message: &str, area: Rect, buf: &mut Buffer) {
        text::paragraph(message, self.look.style(StyleRole::Dim), self.look, area, buf);
    }

    /// The measured remedies; until then the pane says so. The list of remedies has the progress.
    fn backtests_or_promise(&self, pane: usize, area: Rect, buf: &mut Buffer) -> Option<&RemedyReport> {
        let backtests = self.model.backtests();
        if backtests.is_none() {
            self.empty(&format!("once measured: {}", promise(pane)), area, buf);
        }
        backtests
    }

    /// What gains are shown in, by name.
    fn unit(&self, backtests: &RemedyReport) -> &'static str {
        self.model.screens.remedy.unit.name(backtests).unwrap_or(backtests.measures.loss)
    }

    /// The interval of a gain in the unit that is shown.
    fn interval(&self, basis: &Basis) -> Option<Interval> {
        let state = &self.model.screens.remedy;
        let gain = state.unit.gain(basis.measured()?)?;
        Some(Interval { value: gain.value, range: if state.next { gain.next } else { gain.interval } })
    }

    /// What was lost, in the unit that is shown: where all of it is won back the axis has its other end.
    fn whole(&self) -> Option<f64> {
        let measures = &self.model.backtests()?.measures;
        let lost = measures.loss_since? - measures.loss_before?;
        (self.model.screens.remedy.unit == Unit::Loss && lost > 0.0).then_some(lost)
    }

    fn scale<'b>(&self, all: impl IntoIterator<Item = &'b Basis>) -> Scale {
        let scale = Scale::of(all.into_iter().filter_map(|basis| self.interval(basis)));
        self.whole().map_or(scale, |whole| scale.holding(1.05 * whole))
    }

    /// The conclusion from the gain in the unit that is shown.
    fn against(&self, basis: &Basis) -> Option<Against> {
        let gain = self.model.screens.remedy.unit.gain(basis.measured()?)?;
        Some(Against::of(&gain))
    }

    /// The gain and its conclusion, as two cells of a table.
    fn gained<'b>(&self, basis: &Basis, unit: Unit) -> [Span<'b>; 2] {
        let look = self.look;
        let dim = |message: &'static str| text::span(message, StyleRole::Dim, look);
        let Some(measured) = basis.measured() else {
            return [dim(number::MISSING), dim("not tried")];
        };
        let Some(gain) = unit.gain(measured) else {
            return [dim(number::MISSING), dim("no value")];
        };
        let against = Against::of(&gain);
        let style = style(against, look);
        let word = match self.whole() {
            Some(whole) if unit == Unit::Loss && against == Against::Better => {
                // The share that the sentences name: it is measured on the rows that the remedy was judged on.
                let share = measured.share.unwrap_or(gain.value / whole);
                let word = match share {
                    _ if share < phrase::ALL => format!("{:.0} % back", 100.0 * share),
                    _ => "all back".to_owned(),
                };
                Span::styled(word, style)
            }
            _ => Span::styled(against.word(), style),
        };
        [Span::styled(number::signed(gain.value), style), word]
    }
}

/// How a gain is drawn: a win bright, what chance explains plain, harm as something to look at.
fn style(against: Against, look: &Look) -> Style {
    look.style(match against {
        Against::Better => StyleRole::Strong,
        Against::NotBetter => StyleRole::Text,
        Against::Worse => StyleRole::Watch,
    })
}

/// A text that may scroll: `names` on the left, sentences wrapped beside them, the first `skip` lines left out. Returns
/// how many lines there are in all.
fn sentences(all: &[(&str, String)], skip: u16, look: &Look, area: Rect, buf: &mut Buffer) -> usize {
    let names = all.iter().map(|(name, _)| text::width(name)).max().unwrap_or(0) as u16;
    let beside = Rect { x: area.x + names + 2, width: area.width.saturating_sub(names + 2), ..area };
    let mut lines: Vec<(&str, String)> = Vec::new();
    for (name, message) in all {
        for (at, line) in text::wrap(message, usize::from(beside.width), look).into_iter().enumerate() {
            lines.push((if at == 0 { name } else { "" }, line));
        }
    }
    let most = lines.len().saturating_sub(usize::from(area.height));
    let shown = lines.iter().skip(usize::from(skip).min(most));
    for (y, (name, line)) in (area.top()..area.bottom()).zip(shown) {
        text::put(name, look.style(StyleRole::Dim), look, (area.x, y), area, buf);
        text::put(line, look.style(StyleRole::Text), look, (beside.x, y), beside, buf);
    }
    lines.len()
}

/// What a pane shows once the remedies are measured.
const fn promise(pane: usize) -> &'static str {
    match pane {
        RETRAINING => "each way to retrain, with its gain over the deployed model",
        CURVE => "how the gain of a retrain grows with the labels, and when there are enough",
        SCORES => "what another threshold or a new calibration wins without a new model",
        COMPARISON => "the candidate beside the deployed model",
        REVIEW => "which answers people should look at first",
        GOLDEN => "rows that the golden set should take in",
        _ => "why the remedy under the cursor fits, and what it won back",
    }
}
