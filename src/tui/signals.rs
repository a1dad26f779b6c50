//! Signals of the system, as messages.

use std::{io, thread};

use crossbeam_channel::Sender;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH},
    iterator::Signals,
    low_level::emulate_default_handler,
};

use crate::app::{Action, Msg};

/// Turns signals into messages: the program leaves, or suspends itself, through its own loop, so that the terminal is
/// sane afterwards.
///
/// # Errors
///
/// When the system refuses the handlers.
pub(super) fn start(out: Sender<Msg>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGWINCH])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let msg = match signal {
                SIGWINCH => match crossterm::terminal::size() {
                    Ok((columns, lines)) => Msg::Resize(columns, lines),
                    Err(_) => continue,
                },
                SIGTSTP => Msg::Do(Action::Suspend),
                _ => Msg::Do(Action::Quit),
            };
            if out.send(msg).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Stops the process until somebody continues it.
pub(super) fn suspend() {
    // It returns once the process is continued; an error would mean that the signal has no default, which it has.
    let _ = emulate_default_handler(SIGTSTP);
}
