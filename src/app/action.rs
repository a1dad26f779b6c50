//! Everything that a key or the palette can ask for.

use crate::{
    autopsy::{Baseline, Step},
    journal::Theme,
    summary::{Micros, Width},
};

use super::challenger::Asked;
use crate::study::Topic;

/// What an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Export {
    /// The focused pane as comma-separated values.
    Csv,
    /// The diagnosis as JSON.
    Json,
    /// The focused pane as Markdown.
    Markdown,
}

/// The language of a snippet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Python with polars.
    Polars,
    /// SQL as `DuckDB` reads it.
    Sql,
}

/// Something the analyst asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Open a step's screen.
    Go(Step),
    /// Open what the cursor is on: a check's step, a feature, a proof.
    Enter,
    /// Go up: close the overlay, clear the filter, shrink the pane, return to the previous view.
    Back,
    /// The previous view.
    HistoryBack,
    /// The view that was left with [`Action::HistoryBack`].
    HistoryForward,
    /// Leave the program.
    Quit,
    /// Leave the program and keep the last screen in the terminal's scrollback.
    QuitShowing,
    /// Focus the next pane.
    NextPane,
    /// Focus the previous pane.
    PreviousPane,
    /// Cursor up.
    Up,
    /// Cursor down.
    Down,
    /// Cursor left.
    Left,
    /// Cursor right.
    Right,
    /// Cursor to the first item.
    First,
    /// Cursor to the last item.
    Last,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// Scroll the detail pane down.
    DetailDown,
    /// Scroll the detail pane up.
    DetailUp,
    /// The previous feature, segment or cause.
    PreviousSubject,
    /// The next feature, segment or cause.
    NextSubject,
    /// The next flagged item.
    NextFlagged,
    /// The previous flagged item.
    PreviousFlagged,
    /// Narrow the list.
    Filter,
    /// Search findings, causes, features, levels, explanations and the report.
    Search,
    /// Sort by the next column.
    Sort,
    /// Reverse the order.
    Reverse,
    /// Group by the next property.
    GroupBy,
    /// Show the next measure.
    Measure,
    /// The next view of the focused pane.
    View,
    /// The next scale of the axis.
    Axis,
    /// Narrower time windows.
    NarrowerWindow,
    /// Wider time windows.
    WiderWindow,
    /// These time windows.
    Window(Width),
    /// Zoom in.
    ZoomIn,
    /// Zoom out.
    ZoomOut,
    /// Normal zoom.
    ZoomReset,
    /// The next period: before the onset, since, both.
    Period,
    /// Enlarge the focused pane, or shrink it.
    Enlarge,
    /// Try the next repair on the feature.
    TryFix,
    /// Pin what is selected to the report, or unpin it.
    Pin,
    /// Show the pins.
    Pins,
    /// Write a note on what is selected.
    Note,
    /// Accept the cause.
    Accept,
    /// Dismiss the cause.
    Dismiss,
    /// Undo the last pin, note, verdict or filter.
    Undo,
    /// Do again what was undone.
    Redo,
    /// Write the report.
    WriteReport,
    /// Copy the Reading line.
    CopyReading,
    /// Copy the focused pane as Markdown.
    CopyPane,
    /// Show the rows behind what the cursor is on.
    Rows,
    /// Show answers against outcomes: the confusion, the classes, the threshold.
    Outcomes,
    /// Set the feature beside another one, as a map.
    Pair,
    /// Copy the lines of code that reproduce the number under the cursor.
    Snippet(Language),
    /// Narrow the case to a part of its rows, or take all of them again.
    Where,
    /// Set two periods of the log beside each other.
    Compare,
    /// Mark the window under the cursor as the beginning of a period, or as its end.
    MarkPeriod,
    /// Copy the command that opens the console at this place.
    CopyLink,
    /// Show the problems.
    Problems,
    /// Open the command palette.
    Palette,
    /// Open the help.
    Help,
    /// Suspend the program.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Open the case again.
    Reload,
    /// Edit `coroner.toml`.
    EditContract,
    /// Choose the palette of colours.
    Theme(Theme),
    /// Switch the mouse on or off.
    Mouse,
    /// Write an export beside the report.
    Export(Export),
    /// Say when the change began; none leaves it to the search again.
    Onset(Option<Micros>),
    /// Say what the rows since the onset are held against; none leaves it to the search again.
    Baseline(Option<Baseline>),
    /// Refit this challenger and show it; none shows the exam's own again.
    Challenger(Option<Asked>),
    /// Make an analysis beside the diagnosis and show it.
    Study(Topic),
    /// Show which program this is and where it keeps things.
    Info,
    /// Show what was done and answered in this session.
    Log,
}
