//! The terminal: enter, leave, panic, the loop, the clipboard. The only folder that knows crossterm.
//!
//! [`run`] shows a [`Model`] until the analyst leaves. Everything that happens becomes a [`Msg`]; what the terminal
//! itself can do about an [`Effect`] is done here, all else goes to an [`Outside`].

mod choose;
mod clipboard;
mod input;
mod run;
#[cfg(unix)]
mod signals;
mod terminal;

use crossbeam_channel::Sender;

use crate::app::{Effect, Msg};

pub use choose::{ColorChoice, Wishes};
pub use run::{Session, background, run};

/// Carries out what is not the terminal's business: opening, computing, writing. It must return at once; answers come
/// as messages.
pub trait Outside {
    /// Begins to carry an effect out.
    fn carry_out(&mut self, effect: Effect, answers: &Sender<Msg>);
}
