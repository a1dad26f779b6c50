//! All that the screens draw.

use std::{cmp::Reverse, sync::Arc};

use crate::{
    autopsy::{
        Choice, Dossier, Investigation, Stage, Step, Verdict,
        cohort::Cohort,
        exam::{drift::Drift, performance::Performance},
    },
    journal::{Entry, Journal},
    remedy::RemedyReport,
    summary::{Micros, Width},
};

use super::{
    Action, Brush, Check, Clock, FeatureList, History, Keymap, Measuring, Opening, Overlay, Phase, Place,
    Settings, StepStatus, Toast, WindowedView,
    check::checks,
    keys::LISTS,
    opening::Head,
    screen::state::{CHECKS, Screens},
};

/// Something that went wrong or was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub status: StepStatus,
    /// What it is, in a sentence.
    pub message: String,
    /// Where more is to be seen.
    pub leads_to: Leads,
}

/// Where a problem leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leads {
    /// The step that it concerns.
    Step(Step),
    /// A column, by its feature's index in the plan.
    Column(usize),
    /// A check, by its place among all.
    Check(usize),
    /// What was done and answered in this session.
    Log,
}

/// The two sides that Drift and Feature set beside each other, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sides {
    /// What production is held against.
    pub reference: &'static str,
    /// The same in a column's head.
    pub reference_head: &'static str,
    /// The rows before those under suspicion.
    pub before: &'static str,
    /// The rows under suspicion.
    pub since: &'static str,
    /// The same in a column's head.
    pub since_head: &'static str,
    /// Both.
    pub both: &'static str,
    /// Whether they are two periods of the log.
    pub are_periods: bool,
}

impl Sides {
    /// Training, and the rows since the onset.
    const ONSET: Self = Self {
        reference: "training",
        reference_head: "training",
        before: "before onset",
        since: "since onset",
        since_head: "since",
        both: "all production",
        are_periods: false,
    };
    /// Training, and the whole log, where nothing began inside it.
    const LOG: Self = Self { since: "whole log", since_head: "log", ..Self::ONSET };
    /// The first of two compared periods, and the second one.
    const PERIODS: Self = Self {
        reference: "first period",
        reference_head: "first",
        before: "first period",
        since: "second period",
        since_head: "second",
        both: "both periods",
        are_periods: true,
    };
}

/// The console's state.
#[derive(Debug, Clone)]
pub struct Model {
    /// What `coroner.toml` says.
    pub head: Head,
    /// How the opening goes.
    pub opening: Opening,
    /// The summaries, once the passes are done.
    pub dossier: Option<Arc<Dossier>>,
    /// The investigation as far as it has come, once its first stage is done.
    pub investigation: Option<Arc<Investigation>>,
    /// The rows that the case is narrowed to, once they are examined; none for all of them.
    pub cohort: Option<Arc<Cohort>>,
    /// Those that were asked for last: in force once they are examined.
    pub(super) asked_cohort: Option<Arc<Cohort>>,
    /// All rows of the case, which a cohort is read against.
    pub(super) whole: Option<Arc<Dossier>>,
    /// What was measured about remedies.
    pub remedy: Measuring,
    /// The findings gathered into checks.
    pub checks: Vec<Check>,
    /// The screen that is shown.
    pub screen: Step,
    /// The screens' own states.
    pub screens: Screens,
    /// The list of features that several screens share.
    pub features: FeatureList,
    /// The instant under the cursor, shared by the screens that have windows.
    pub at: Option<Micros>,
    /// The periods that were marked on the axis of time.
    pub brush: Brush,
    /// The pane that was clicked last, with its step: a second click opens the line under the cursor.
    pub(super) clicked: Option<(Step, usize)>,
    /// What the analyst chose to see.
    pub settings: Settings,
    /// What is open above the screen; the last one is on top.
    pub overlays: Vec<Overlay>,
    /// The views back and forward.
    pub history: History,
    /// What the analyst did.
    pub journal: Journal,
    /// What changed in the data since the case was last opened, if it did.
    pub changed: Option<String>,
    /// A word that vanishes by itself.
    pub toast: Option<Toast>,
    /// What time it is.
    pub clock: Clock,
    /// When a key was pressed last, in milliseconds since the program's start.
    pub(super) pressed_ms: u64,
    /// Columns and lines of the terminal.
    pub size: (u16, u16),
    /// Answers to questions from earlier epochs are dropped.
    pub epoch: u64,
    /// The courses at the width that the analyst chose, once computed.
    pub windowed: Option<Box<WindowedView>>,
    /// What went wrong besides the opening: failed jobs, files that could not be written.
    pub problems: Vec<String>,
    /// Actions run from the palette, the last one first.
    pub recent: Vec<Action>,
    /// The keys that are in force.
    pub keymap: Keymap,
    /// The messages of this session, oldest first.
    pub log: Vec<(Micros, String)>,
}

impl Model {
    /// How long a word stays, in milliseconds.
    const TOAST_MS: u64 = 2500;

    /// How many words of this session are kept.
    const LOGGED: usize = 500;

    /// A console of which only the contract is known.
    #[must_use]
    pub fn new(head: Head, journal: Journal, size: (u16, u16)) -> Self {
        let screen = match journal.view() {
            Some(Entry::View { screen, .. }) => *screen,
            _ => Step::Triage,
        };
        Self {
            head,
            opening: Opening::default(),
            dossier: None,
            investigation: None,
            cohort: None,
            asked_cohort: None,
            whole: None,
            remedy: Measuring::default(),
            checks: Vec::new(),
            screen,
            screens: Screens::default(),
            features: FeatureList::default(),
            at: None,
            brush: Brush::default(),
            clicked: None,
            settings: Settings { theme: journal.theme(), ..Settings::default() },
            overlays: Vec::new(),
            history: History::default(),
            journal,
            changed: None,
            toast: None,
            clock: Clock::default(),
            pressed_ms: 0,
            size,
            epoch: 0,
            windowed: None,
            problems: Vec::new(),
            recent: Vec::new(),
            keymap: Keymap::default(),
            log: Vec::new(),
        }
    }

    /// Shows a word for two seconds.
    pub fn toast(&mut self, message: impl Into<String>) {
        /// Characters of a word; what is longer fits on no line.
        const MOST: usize = 500;
        let mut message: String = message.into();
        if let Some((cut, _)) = message.char_indices().nth(MOST) {
            message.truncate(cut);
            message.push('…');
        }
        self.log.push((self.clock.wall, message.clone()));
        if self.log.len() > Self::LOGGED {
            self.log.remove(0);
        }
        self.flash(message);
    }

    /// The same, for what is too slight for the log.
    pub(super) fn flash(&mut self, message: String) {
        self.toast = Some(Toast { message, until_ms: self.clock.elapsed_ms + Self::TOAST_MS });
    }

    /// The focused pane of the present screen, as an index into [`screen::panes`](super::screen::panes).
    #[must_use]
    pub fn pane(&self) -> usize {
        self.screens.pane[self.screen as usize]
    }

    /// Whether a pane of the present screen has the focus.
    #[must_use]
    pub fn focused(&self, pane: usize) -> bool {
        self.pane() == pane && self.overlays.is_empty()
    }

    /// The view that is shown, for the history.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { screen: self.screen, pane: self.pane(), feature: self.features.current(), at: self.at }
    }

    /// What was measured about remedies, once it is.
    #[must_use]
    pub fn backtests(&self) -> Option<&RemedyReport> {
        match &self.remedy {
            Measuring::Done(backtests) => Some(backtests),
            _ => None,
        }
    }

    /// The name of a feature.
    #[must_use]
    pub fn feature_name(&self, feature: usize) -> &str {
        self.dossier.as_ref().and_then(|d| d.plan.features.get(feature)).map_or("", |f| f.name.as_str())
    }

    /// The width of the windows that is asked for, if there is a clock.
    #[must_use]
    pub fn width(&self) -> Option<Width> {
        let own = self.investigation.as_ref().and_then(|i| i.drift.grid).map(|grid| grid.width);
        own.map(|own| self.settings.window.unwrap_or(own))
    }

    /// What was computed for the windows that the analyst chose, and for two periods that are compared.
    fn chosen_windows(&self) -> Option<&WindowedView> {
        self.windowed.as_deref().filter(|view| Some(view.width) == self.width())
    }

    /// The case as Drift and Feature hold production against its training: of two compared periods the first one stands in its
    /// place.
    #[must_use]
    pub fn held(&self) -> Option<&Arc<Dossier>> {
        let first = self.chosen_windows().and_then(|view| view.reference.as_ref());
        first.or_else(|| self.investigation.as_ref().map(|investigation| &investigation.dossier))
    }

    /// What Drift and Feature hold production against, and what they show of it, by name.
    #[must_use]
    pub fn sides(&self) -> Sides {
        let split = self.investigation.as_ref().is_some_and(|i| i.framing.split().is_some());
        match self.chosen_windows().and_then(|view| view.reference.as_ref()) {
            Some(_) => Sides::PERIODS,
            None if split => Sides::ONSET,
            None => Sides::LOG,
        }
    }

    /// The drift of all inputs, in the windows that the analyst chose once they are computed.
    #[must_use]
    pub fn drift(&self) -> Option<&Drift> {
        self.chosen_windows().map(|view| &view.drift).or_else(|| self.knowing(Stage::Drift).map(|i| &i.drift))
    }

    /// The courses of the metrics, in the windows that the analyst chose once they are computed.
    #[must_use]
    pub fn performance(&self) -> Option<&Performance> {
        self.chosen_windows()
            .map(|view| &view.performance)
            .or_else(|| self.knowing(Stage::Performance).map(|i| &i.performance))
    }

    /// The investigation, if it has come beyond a stage.
    #[must_use]
    pub fn knowing(&self, stage: Stage) -> Option<&Arc<Investigation>> {
        self.investigation.as_ref().filter(|i| i.knows(stage))
    }

    /// What the analyst decided about the comparison that is shown.
    #[must_use]
    pub fn choice(&self) -> Choice {
        self.investigation.as_ref().map_or_else(Choice::default, |i| i.framing.choice)
    }

    /// Whether there is something to stop, shrink, clear or return to.
    pub(super) fn can_go_up(&self) -> bool {
        self.opening.busy()
            || matches!(self.remedy, Measuring::Running { .. })
            || self.screens.enlarged
            || self.brush != Brush::default()
            || self.narrowed()
            || self.history.has_previous()
    }

    /// Whether the case has a golden set, and too few of its rows belong to those that it is narrowed to.
    #[must_use]
    pub fn lost_golden(&self) -> bool {
        self.dossier.as_ref().is_some_and(|dossier| dossier.lost_golden)
    }

    /// Whether the screen shows fewer features than there are.
    #[must_use]
    pub fn narrowed(&self) -> bool {
        !self.features.filter.is_empty() && LISTS.holds(self.screen)
    }

    /// Why something that needs the data or an exam cannot be done yet.
    pub(super) fn not_yet(&self) -> String {
        let message = match self.opening.phase {
            Phase::Reading => "the case is still being read",
            Phase::Cancelled => "the case was not read to its end",
            _ => "the case is still being examined",
        };
        message.to_owned()
    }

    /// Whether the step bar has room for the names of all steps.
    #[must_use]
    pub const fn named_steps(&self) -> bool {
        self.size.0 >= 116
    }

    /// Whether characters go into a field above the screen, whatever they are.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        let top = self.overlays.last();
        matches!(
            top,
            Some(
                Overlay::Help { .. } | Overlay::Palette { .. } | Overlay::Search { .. } | Overlay::Prompt(_)
            )
        )
    }

    /// Lines that a list shows at most, for paging.
    #[must_use]
    pub fn page(&self) -> usize {
        usize::from(self.size.1.saturating_sub(12)).max(1)
    }

    /// What went wrong or was left out: failed jobs, notes of the reading, checks that could not run.
    #[must_use]
    pub fn problem_lines(&self) -> Vec<Problem> {
        let failed = |message: &String| Problem {
            status: StepStatus::Alarm,
            message: message.clone(),
            leads_to: Leads::Log,
        };
        let features = self.dossier.as_ref().map_or(&[][..], |dossier| &dossier.plan.features);
        let noted = |message: &String| Problem {
            status: StepStatus::Watch,
            message: message.clone(),
            leads_to: match features.iter().position(|feature| names(message, &feature.name)) {
                Some(feature) => Leads::Column(feature),
                None => Leads::Step(Step::Pipeline),
            },
        };
        let mut lines: Vec<Problem> = self.problems.iter().map(failed).collect();
        let notes = self.dossier.as_ref().map_or(&self.opening.notes, |dossier| &dossier.notes);
        lines.extend(notes.iter().map(noted));
        for (at, check) in self.checks.iter().enumerate() {
            if let Verdict::NotApplicable(because) = &check.verdict {
                lines.push(Problem {
                    status: StepStatus::Unknown,
                    message: format!("{}: not examined, {because}", check.spec.asks),
                    leads_to: Leads::Check(at),
                });
            }
        }
        lines
    }

    /// Narrows the list of features, if the filter can be read.
    pub(super) fn narrow(&mut self, filter: &str) {
        if let Some(investigation) = &self.investigation {
            self.features.narrow(filter, investigation);
        }
    }

    /// Brings the flagged checks into the order that was chosen; the others stay behind them.
    pub(super) fn arrange_checks(&mut self) {
        let order = self.screens.order(Step::Triage, CHECKS);
        self.checks.sort_by_key(|check| Reverse(check.verdict.severity()));
        if order.by > 0 {
            self.checks.sort_by_key(|check| check.spec.step);
        }
        if order.reversed {
            self.checks.reverse();
        }
        self.checks.sort_by_key(|check| check.flagged == 0);
    }

    /// Takes an investigation over, as far as it has come.
    pub(super) fn install(&mut self, investigation: Arc<Investigation>) {
        self.checks = checks(&investigation);
        self.arrange_checks();
        self.dossier = Some(Arc::clone(&investigation.dossier));
        // The order changes until the verdict is known; who has not moved the cursor wants it on the first one.
        let unmoved = self.knowing(Stage::Verdict).is_none() && self.features.at == 0;
        self.features.refresh(&investigation);
        if unmoved {
            self.features.at = 0;
        }
        self.screens.forget();
        self.remedy = Measuring::NotYet;
        self.investigation = Some(investigation);
    }
}

/// Whether a sentence holds a name as a word of its own.
fn names(message: &str, name: &str) -> bool {
    let is_inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    message.match_indices(name).any(|(at, _)| {
        let (before, after) = (&message[..at], &message[at + name.len()..]);
        !is_inside(before.chars().next_back()) && !is_inside(after.chars().next())
    })
}
