//! The terminal: enter, leave, panic, the loop, the clipboard. The only folder that knows crossterm.
//!
//! [`run()`] shows a [`Model`](crate::app::Model) until the analyst leaves. Everything that happens becomes a [`Msg`]; what the terminal
//! itself can do about an [`Effect`](crate::app::Effect) is done here, all else goes to an [`EffectHandler`].

mod choose;
mod clipboard;
mod input;
mod run;
#[cfg(unix)]
mod signals;
mod terminal;

use crossbeam_channel::Sender;

use crate::app::{BackgroundEffect, Msg};

pub use choose::{ColorChoice, DisplayOptions};
pub use run::{Session, background, run};
pub use terminal::give_back_for_good;

/// Carries out what is not the terminal's business: opening, computing, writing. It must return at once; answers come
/// as messages.
pub trait EffectHandler {
    /// Begins to carry an effect out.
    fn run(&mut self, effect: BackgroundEffect, answers: &Sender<Msg>);
}
