//! The console without a terminal: state, messages, updates and effects. No ratatui, no files, no threads, no clock.
//!
//! [`Model`] is all that the screens draw. [`update()`] applies one [`Msg`] to it and says with [`Effect`]s what the
//! outside world should do next; those are carried out by [`crate::tui`] and [`crate::work`]. Keys are data
//! ([`keys::BINDINGS`]): help, the line of hints, the palette and `docs/keys.md` are printed from the same table.
//! What the analyst adds goes through the [`journal`](crate::journal), which is replayed when the case is opened again.
//!
//! Each screen's own state is in [`screen`]; its drawing has the same file name under [`crate::ui::screen`].

mod action;
pub mod answers;
mod brush;
pub mod challenger;
mod check;
mod cohort;
pub mod command;
pub mod config;
pub mod explain;
mod feature_list;
mod filter;
#[cfg(test)]
pub(crate) mod fixture;
mod history;
mod key;
mod keymap;
pub mod keys;
mod link;
mod model;
mod msg;
mod navigate;
mod numbers;
mod opening;
mod overlay;
pub mod pairing;
mod reading;
mod record;
pub mod screen;
mod session;
mod snippet;
mod state;
pub mod suspicion;
pub mod trial;
mod update;

pub use action::{Action, Export, Language};
pub use check::{Check, checks};
pub use feature_list::{FeatureList, FeatureOrder, Grouping};
pub use filter::{Filter, FilterError};
pub use history::{History, Place};
pub use key::Key;
pub use keymap::Keymap;
pub use model::{Leads, Model, Problem, Sides};
pub use msg::{BackgroundEffect, Effect, Msg, Outcome, TerminalEffect, WindowedView};
pub use opening::{Failure, FileProgress, FileState, Head, LogFiles, Opening, Phase};
pub use overlay::{
    HelpRow, Line, Overlay, PaletteItem, Prompt, Purpose, RowColumn, RowsView, StudyView, Target, found,
    help, palette,
};
pub use reading::Reading;
pub use state::{Axis, Brush, Clock, Measuring, Period, Settings, StepStatus, Toast};
pub use update::update;
