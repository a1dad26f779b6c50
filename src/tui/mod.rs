//! The terminal: entering, leaving, panics, the event loop, the clipboard. The only folder that uses
//! crossterm.
//!
//! [`run()`] shows a [`Model`](crate::app::Model) until the analyst leaves. Every event becomes a [`Msg`].
//! The terminal carries out the effects it can ([`Effect`](crate::app::Effect)); all others go to an
//! [`EffectHandler`].

mod choose;
mod clipboard;
mod encode;
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

/// Carries out effects that do not concern the terminal: opening, computing, writing. It must return at once;
/// results arrive as messages.
pub trait EffectHandler {
    /// Starts an effect.
    fn run(&mut self, effect: BackgroundEffect, answers: &Sender<Msg>);
}
