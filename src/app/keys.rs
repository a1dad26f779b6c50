//! The one table of keys. Help, the line of hints, the palette and `docs/keys.md` are printed from it.
//!
//! The rules, in order of weight: a letter means the same on every screen; lower case looks, upper case changes the
//! case; nothing needs a modifier; every action is in the palette and in the help under a plain name; a disabled
//! action stays listed with its reason.

use std::fmt::Write as _;

use crate::{autopsy::Step, journal::Theme, study::Topic, summary::Width};

use super::{Action, Export, Key, Keymap, Language, command::COMMANDS};

/// Where a binding works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// On every screen.
    Everywhere,
    /// On these screens.
    On(&'static [Step]),
}

impl Where {
    /// Whether it works on a screen.
    #[must_use]
    pub fn holds(self, screen: Step) -> bool {
        match self {
            Self::Everywhere => true,
            Self::On(screens) => screens.contains(&screen),
        }
    }
}

/// The heading of the help that a binding is listed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Steps and views.
    Steps,
    /// Moving the cursor.
    Move,
    /// Narrowing and ordering lists.
    List,
    /// Changing what a pane shows.
    Show,
    /// Changing the case.
    Case,
    /// The program.
    Program,
}

impl Group {
    /// All headings, in the order of the help.
    pub const ALL: [Self; 6] = [Self::Steps, Self::Move, Self::List, Self::Show, Self::Case, Self::Program];

    /// The heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Steps => "Steps and views",
            Self::Move => "Moving",
            Self::List => "Lists",
            Self::Show => "What is shown",
            Self::Case => "The case",
            Self::Program => "The program",
        }
    }
}

/// One action, its keys and its names.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The keys, the one to show first; none for actions of the palette only.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// The name in the user's configuration. People's files hold it, so it never changes.
    pub id: &'static str,
    /// Where they do it.
    pub place: Where,
    /// The heading in the help.
    pub group: Group,
    /// The plain name, for help and palette.
    pub name: &'static str,
    /// One or two words for the line of hints.
    pub hint: &'static str,
}

const FEATURE: Where = Where::On(&[Step::Feature]);
const DIAGNOSIS: Where = Where::On(&[Step::Diagnosis]);
/// The screens whose lists the filter narrows.
pub(super) const LISTS: Where = Where::On(&[Step::Pipeline, Step::Drift, Step::Feature, Step::Concept]);
const SUBJECTS: Where = Where::On(&[
    Step::Drift,
    Step::Feature,
    Step::Concept,
    Step::Support,
    Step::Diagnosis,
    Step::Remedy,
    Step::Pipeline,
]);
const VIEWS: Where = Where::On(&[Step::Feature, Step::Concept, Step::Support, Step::Diagnosis, Step::Remedy]);
const MEASURES: Where = Where::On(&[Step::Triage, Step::Drift, Step::Concept, Step::Pipeline, Step::Remedy]);
const TIMES: Where = Where::On(&[Step::Triage, Step::Drift, Step::Feature]);
/// The screens that show a period on the axis of time.
const SPANS: Where = Where::On(&[Step::Triage, Step::Pipeline, Step::Drift, Step::Feature]);
const ZOOMS: Where = Where::On(&[Step::Drift, Step::Feature]);
const PERIODS: Where = Where::On(&[Step::Feature]);

const fn bind(
    keys: &'static [Key],
    action: Action,
    id: &'static str,
    place: Where,
    group: Group,
    name: &'static str,
    hint: &'static str,
) -> Binding {
    Binding { keys, action, id, place, group, name, hint }
}

use Group::{Case, List, Move, Program, Show, Steps};
use Key::{Char, Ctrl};
use Where::Everywhere;

/// Every action of the console.
#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &[
    bind(&[Char('1')], Action::Go(Step::Triage), "go_triage", Everywhere, Steps, "Triage: is it real, since when, is it the model?", "triage"),
    bind(&[Char('2')], Action::Go(Step::Pipeline), "go_pipeline", Everywhere, Steps, "Pipeline: is it the data's delivery or the serving?", "pipeline"),
    bind(&[Char('3')], Action::Go(Step::Drift), "go_drift", Everywhere, Steps, "Drift: which inputs moved, when, together?", "drift"),
    bind(&[Char('4')], Action::Go(Step::Feature), "go_feature", Everywhere, Steps, "Feature: what happened to this feature?", "feature"),
    bind(&[Char('5')], Action::Go(Step::Concept), "go_concept", Everywhere, Steps, "Concept: did the relation change?", "concept"),
    bind(&[Char('6')], Action::Go(Step::Support), "go_support", Everywhere, Steps, "Support: do users ask what training never held?", "support"),
    bind(&[Char('7')], Action::Go(Step::Diagnosis), "go_diagnosis", Everywhere, Steps, "Diagnosis: what is the root cause?", "diagnosis"),
    bind(&[Char('8')], Action::Go(Step::Remedy), "go_remedy", Everywhere, Steps, "Remedy: what fixes it, and does it hold?", "remedy"),
    bind(&[Char('9')], Action::Go(Step::Report), "go_report", Everywhere, Steps, "Report: what goes into the wiki?", "report"),
    bind(&[Key::Enter], Action::Enter, "enter", Everywhere, Steps, "open what the cursor is on", "open"),
    bind(&[Key::Esc], Action::Back, "back", Everywhere, Steps, "up: close, clear the filter, shrink, go back", "back"),
    bind(&[Char('H')], Action::HistoryBack, "history_back", Everywhere, Steps, "back through the views", "back"),
    bind(&[Char('L')], Action::HistoryForward, "history_forward", Everywhere, Steps, "forward through the views", "forward"),
    bind(&[Key::Tab], Action::NextPane, "next_pane", Everywhere, Steps, "next pane", "pane"),
    bind(&[Key::BackTab], Action::PreviousPane, "previous_pane", Everywhere, Steps, "previous pane", "pane"),
    bind(&[Char('e')], Action::Enlarge, "enlarge", Everywhere, Steps, "enlarge the pane, or shrink it again", "enlarge"),

    bind(&[Char('j'), Key::Down], Action::Down, "down", Everywhere, Move, "down", "move"),
    bind(&[Char('k'), Key::Up], Action::Up, "up", Everywhere, Move, "up", "move"),
    bind(&[Char('h'), Key::Left], Action::Left, "left", Everywhere, Move, "left", "left"),
    bind(&[Char('l'), Key::Right], Action::Right, "right", Everywhere, Move, "right", "right"),
    bind(&[Char('g'), Key::Home], Action::First, "first", Everywhere, Move, "first", "first"),
    bind(&[Char('G'), Key::End], Action::Last, "last", Everywhere, Move, "last", "last"),
    bind(&[Key::PageDown], Action::PageDown, "page_down", Everywhere, Move, "page down", "page"),
    bind(&[Key::PageUp], Action::PageUp, "page_up", Everywhere, Move, "page up", "page"),
    bind(&[Ctrl('d')], Action::HalfDown, "half_down", Everywhere, Move, "half a page down", "half page"),
    bind(&[Ctrl('u')], Action::HalfUp, "half_up", Everywhere, Move, "half a page up", "half page"),
    bind(&[Char('J')], Action::DetailDown, "detail_down", Everywhere, Move, "scroll the detail pane down", "scroll"),
    bind(&[Char('K')], Action::DetailUp, "detail_up", Everywhere, Move, "scroll the detail pane up", "scroll"),
    bind(&[Char(']')], Action::NextSubject, "next_subject", SUBJECTS, Move, "next feature, segment or cause", "next"),
    bind(&[Char('[')], Action::PreviousSubject, "previous_subject", SUBJECTS, Move, "previous feature, segment or cause", "previous"),
    bind(&[Char('n')], Action::NextFlagged, "next_flagged", Everywhere, Move, "next flagged item", "flagged"),
    bind(&[Char('N')], Action::PreviousFlagged, "previous_flagged", Everywhere, Move, "previous flagged item", "flagged"),

    bind(&[Char('/')], Action::Filter, "filter", Everywhere, List, "narrow the features: words, psi>.25, src:bureau, flag:●, type:cat; elsewhere search", "filter"),
    bind(&[], Action::Search, "search", Everywhere, List, "search findings, causes, features, levels, explanations and the report", "search"),
    bind(&[Char('s')], Action::Sort, "sort", Everywhere, List, "put the list of this pane into its next order", "sort"),
    bind(&[Char('S')], Action::Reverse, "reverse", Everywhere, List, "turn the order of the list round", "reverse"),
    bind(&[Char('b')], Action::GroupBy, "group_by", LISTS, List, "group by the next property: none, source, type", "by"),

    bind(&[Char('m')], Action::Measure, "measure", MEASURES, Show, "next measure", "measure"),
    bind(&[Char('v')], Action::View, "view", VIEWS, Show, "next view of this pane", "view"),
    bind(&[Char('a')], Action::Axis, "axis", FEATURE, Show, "axis: linear, log, rank", "axis"),
    bind(&[Char(',')], Action::NarrowerWindow, "narrower_window", TIMES, Show, "narrower time windows", "narrower"),
    bind(&[Char('.')], Action::WiderWindow, "wider_window", TIMES, Show, "wider time windows", "wider"),
    bind(&[Char('+'), Char('=')], Action::ZoomIn, "zoom_in", ZOOMS, Show, "zoom in: wider cells, finer bins", "zoom"),
    bind(&[Char('-')], Action::ZoomOut, "zoom_out", ZOOMS, Show, "zoom out: narrower cells, coarser bins", "zoom"),
    bind(&[Char('0')], Action::ZoomReset, "zoom_reset", ZOOMS, Show, "normal zoom", "zoom"),
    bind(&[Char('o')], Action::Period, "period", PERIODS, Show, "period: since the onset, before it, both", "period"),
    bind(&[Char('t')], Action::TryFix, "try_fix", FEATURE, Show, "try a repair on the feature", "try a fix"),

    bind(&[Char('r')], Action::Rows, "rows", Everywhere, Show, "the rows behind what the cursor is on, worst first", "rows"),
    bind(&[Char('c')], Action::Outcomes, "outcomes", Everywhere, Show, "answers against outcomes: confusion, classes, threshold", "confusion"),
    bind(&[Char('x')], Action::Pair, "pair", Everywhere, Show, "the feature and another one together, as a map", "pair"),
    bind(&[Char('W')], Action::Where, "where", Everywhere, Case, "narrow the case to a part of its rows", "where"),
    bind(&[Char('C')], Action::MarkPeriod, "mark_period", SPANS, Case, "mark where a period begins, then where it ends, and compare", "compare"),
    bind(&[], Action::Compare, "compare", Everywhere, Case, "hold one period of the log against another", "compare"),
    bind(&[Char(' ')], Action::Pin, "pin", Everywhere, Case, "pin to the report, or unpin", "pin"),
    bind(&[Char('p')], Action::Pins, "pins", Everywhere, Case, "show the pinned evidence", "pins"),
    bind(&[Char('i')], Action::Note, "note", Everywhere, Case, "write a note on what is selected", "note"),
    bind(&[Char('A')], Action::Accept, "accept", DIAGNOSIS, Case, "accept the cause", "accept"),
    bind(&[Char('D')], Action::Dismiss, "dismiss", DIAGNOSIS, Case, "dismiss the cause", "dismiss"),
    bind(&[Char('u')], Action::Undo, "undo", Everywhere, Case, "undo the last pin, note, verdict or filter", "undo"),
    bind(&[Char('U')], Action::Redo, "redo", Everywhere, Case, "do again what was undone", "redo"),
    bind(&[Char('w')], Action::WriteReport, "write_report", Everywhere, Case, "write the report", "report"),
    bind(&[], Action::Export(Export::Csv), "export_csv", Everywhere, Case, "export the pane as CSV", "export"),
    bind(&[], Action::Export(Export::Json), "export_json", Everywhere, Case, "export the diagnosis as JSON", "export"),
    bind(&[], Action::Export(Export::Markdown), "export_markdown", Everywhere, Case, "export the pane as Markdown", "export"),

    bind(&[Char('y')], Action::CopyReading, "copy_reading", Everywhere, Program, "copy the Reading line", "copy"),
    bind(&[Char('Y')], Action::CopyPane, "copy_pane", Everywhere, Program, "copy the pane as Markdown", "copy pane"),
    bind(&[], Action::Snippet(Language::Polars), "copy_polars", Everywhere, Program, "copy the polars that reproduces the number under the cursor", "polars"),
    bind(&[], Action::Snippet(Language::Sql), "copy_sql", Everywhere, Program, "copy the SQL that reproduces the number under the cursor", "SQL"),
    bind(&[], Action::CopyLink, "copy_link", Everywhere, Program, "copy the command that opens the console at this place", "link"),
    bind(&[Char('!')], Action::Problems, "problems", Everywhere, Program, "problems: what was dropped, skipped or failed", "problems"),
    bind(&[Char(':')], Action::Palette, "palette", Everywhere, Program, "run any action by its name", "run"),
    bind(&[Char('?'), Key::F(1)], Action::Help, "help", Everywhere, Program, "help for this screen", "help"),
    bind(&[Char('q'), Ctrl('c')], Action::Quit, "quit", Everywhere, Program, "quit; the case opens again where it was", "quit"),
    bind(&[Char('Q')], Action::QuitShowing, "quit_showing", Everywhere, Program, "quit and leave the screen in the scrollback", "quit"),
    bind(&[Ctrl('z')], Action::Suspend, "suspend", Everywhere, Program, "suspend", "suspend"),
    bind(&[Ctrl('l')], Action::Redraw, "redraw", Everywhere, Program, "draw everything anew", "redraw"),
    bind(&[Char('R')], Action::Reload, "reload", Everywhere, Program, "read the case's files again", "reload"),
    bind(&[], Action::EditContract, "edit_contract", Everywhere, Program, "edit coroner.toml", "edit"),
    bind(&[], Action::Window(Width::Hour), "window_hour", TIMES, Program, "window 1 h", "window"),
    bind(&[], Action::Window(Width::SixHours), "window_six_hours", TIMES, Program, "window 6 h", "window"),
    bind(&[], Action::Window(Width::Day), "window_day", TIMES, Program, "window 1 d", "window"),
    bind(&[], Action::Window(Width::Week), "window_week", TIMES, Program, "window 7 d", "window"),
    bind(&[], Action::Window(Width::FourWeeks), "window_four_weeks", TIMES, Program, "window 28 d", "window"),
    bind(&[], Action::Theme(Theme::Dark), "theme_dark", Everywhere, Program, "theme dark", "theme"),
    bind(&[], Action::Theme(Theme::Light), "theme_light", Everywhere, Program, "theme light", "theme"),
    bind(&[], Action::Mouse, "mouse", Everywhere, Program, "mouse on or off", "mouse"),
    bind(&[], Action::Onset(None), "onset_none", Everywhere, Case, "find the onset again, in place of one set by hand", "onset"),
    bind(&[], Action::Baseline(None), "baseline_none", Everywhere, Case, "find the baseline again, in place of one set by hand", "baseline"),
    bind(&[], Action::Challenger(None), "challenger_none", Everywhere, Case, "show the exam's challengers, in place of one asked for by hand", "challenger"),
    bind(&[], Action::Study(Topic::Metrics), "study", Everywhere, Case, "studies: class by class, by segment, importance and more", "study"),
    bind(&[], Action::Info, "info", Everywhere, Program, "info: versions, terminal and paths", "info"),
    bind(&[], Action::Log, "log", Everywhere, Program, "log: what was done and answered", "log"),
];

/// The binding of an action.
#[must_use]
pub fn binding(action: Action) -> Option<&'static Binding> {
    BINDINGS.iter().find(|binding| binding.action == action)
}

/// The actions that the line of hints may show on a screen, the most useful ones first.
#[must_use]
pub const fn hints(screen: Step) -> &'static [Action] {
    use Action as A;
    match screen {
        Step::Triage => &[
            A::Enter,
            A::Go(Step::Triage),
            A::NextPane,
            A::Rows,
            A::Down,
            A::Measure,
            A::NarrowerWindow,
            A::Pin,
            A::NextFlagged,
            A::CopyReading,
        ],
        Step::Pipeline => &[A::Enter, A::Down, A::NextPane, A::NextFlagged, A::Filter, A::Measure, A::Pin],
        Step::Drift => &[
            A::Enter,
            A::Right,
            A::NextFlagged,
            A::Filter,
            A::Sort,
            A::Rows,
            A::GroupBy,
            A::Pin,
            A::Measure,
            A::NarrowerWindow,
            A::ZoomIn,
        ],
        Step::Feature => &[
            A::NextSubject,
            A::View,
            A::Axis,
            A::TryFix,
            A::Pair,
            A::Rows,
            A::Period,
            A::Pin,
            A::ZoomIn,
            A::Filter,
            A::Back,
        ],
        Step::Concept => &[
            A::Enter,
            A::Down,
            A::GroupBy,
            A::Rows,
            A::Outcomes,
            A::Measure,
            A::View,
            A::Pin,
            A::Filter,
            A::Back,
        ],
        Step::Support => &[A::Enter, A::Down, A::NextPane, A::Rows, A::Pair, A::View, A::Pin, A::Back],
        Step::Diagnosis => {
            &[A::Enter, A::Down, A::Accept, A::Dismiss, A::Undo, A::Pin, A::Note, A::View, A::WriteReport]
        }
        Step::Remedy => {
            &[A::Enter, A::Down, A::NextPane, A::View, A::Measure, A::Outcomes, A::Pin, A::WriteReport]
        }
        Step::Report => &[A::WriteReport, A::Down, A::NextPane, A::Enter, A::Pins, A::Note, A::CopyPane],
    }
}

/// The table of keys as Markdown, for `docs/keys.md`.
///
/// * `keymap`: the keys that are in force.
#[must_use]
pub fn markdown(keymap: &Keymap) -> String {
    let mut text = String::from(
        "# Keys\n\nPrinted from the program's own table by `coroner gen keys`. A letter means the same on every screen; \
         lower case looks, upper case changes the case; nothing needs a modifier. Every action is also in the \
         palette (`:`) and in the help (`?`). Other keys are given to them in the configuration, \
         [config.md](config.md), under the name of the last column. The digit of the screen that is open tells what \
         made the sign of its step. With `:mouse` a click chooses a pane or a line, a second one opens it, and the wheel moves the pane below the \
         pointer.\n",
    );
    for group in Group::ALL {
        let _ = write!(text, "\n## {}\n\n| key | does | where | name |\n|---|---|---|---|\n", group.title());
        for binding in BINDINGS.iter().filter(|b| b.group == group) {
            let keys: Vec<String> =
                keymap.keys(binding).iter().map(|key| format!("`{}`", key.name())).collect();
            let keys = if keys.is_empty() { "`:`".to_owned() } else { keys.join(" ") };
            let place = match binding.place {
                Where::Everywhere => "everywhere".to_owned(),
                Where::On(steps) => steps.iter().map(|s| s.name()).collect::<Vec<_>>().join(", "),
            };
            let _ = writeln!(text, "| {keys} | {} | {place} | `{}` |", binding.name, binding.id);
        }
    }
    text.push_str(
        "\n## Commands\n\nTyped into the palette (`:`) with what follows them. A line that cannot be read says why \
         and stays.\n\n| command | does |\n|---|---|\n",
    );
    for command in COMMANDS {
        let typed = format!("{} {}", command.word, command.argument);
        let typed = typed.trim_end().replace('|', "\\|");
        let _ = writeln!(text, "| `:{typed}` | {} |", command.message);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_key_means_two_things() {
        let mut seen: BTreeMap<Key, Action> = BTreeMap::new();
        for binding in BINDINGS {
            for &key in binding.keys {
                if let Some(other) = seen.insert(key, binding.action) {
                    panic!("{} does {other:?} and {:?}", key.name(), binding.action);
                }
            }
        }
    }

    #[test]
    fn nothing_needs_a_modifier() {
        // Half pages, suspending and redrawing are conveniences of terminals; each has a plain way as well.
        let spared = [Action::HalfDown, Action::HalfUp, Action::Suspend, Action::Redraw];
        for binding in BINDINGS.iter().filter(|b| !spared.contains(&b.action) && !b.keys.is_empty()) {
            assert!(!matches!(binding.keys[0], Key::Ctrl(_)), "{} needs Ctrl", binding.name);
        }
    }

    #[test]
    fn the_document_is_current() {
        let written = include_str!("../../docs/keys.md").replace("\r\n", "\n");
        assert_eq!(written, markdown(&Keymap::default()), "coroner gen keys > docs/keys.md");
    }

    #[test]
    fn every_action_has_its_own_id() {
        let mut ids: Vec<&str> = BINDINGS.iter().map(|b| b.id).collect();
        assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '_')), "{ids:?}");
        assert!(["try_fix", "go_triage", "export_csv", "window_six_hours"].iter().all(|id| ids.contains(id)));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), BINDINGS.len());
    }

    #[test]
    fn hints_are_actions_of_their_screen() {
        for step in Step::ALL {
            for &action in hints(step) {
                let binding = binding(action).expect("in the table");
                assert!(
                    binding.place.holds(step) && !binding.keys.is_empty(),
                    "{} on {}",
                    binding.name,
                    step.name()
                );
            }
        }
    }

    #[test]
    fn every_action_is_in_the_table() {
        let declared = include_str!("action.rs");
        let (_, variants) = declared.split_once("pub enum Action {").expect("the actions");
        let names = variants.lines().filter_map(|line| {
            let name = line.strip_prefix("    ")?;
            let end = name.find(|c: char| !c.is_alphanumeric())?;
            name.starts_with(char::is_uppercase).then_some(&name[..end])
        });
        let mut number = 0;
        for name in names {
            let listed = |binding: &Binding| {
                let action = format!("{:?}", binding.action);
                action.split('(').next() == Some(name)
            };
            assert!(BINDINGS.iter().any(listed), "{name} has no binding");
            number += 1;
        }
        assert!(number > 50, "{number}");
    }

    #[test]
    fn every_action_has_its_own_plain_name() {
        let mut names: Vec<&str> = BINDINGS.iter().map(|b| b.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), BINDINGS.len());
        assert!(BINDINGS.iter().all(|b| !b.name.is_empty() && !b.hint.is_empty()));
    }
}
