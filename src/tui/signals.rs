//! Converts signals of the system to messages.

use std::{io, thread};

use crossbeam_channel::Sender;
use signal_hook::{
    consts::{
        SIGALRM, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGVTALRM,
        SIGWINCH,
    },
    iterator::Signals,
    low_level::emulate_default_handler,
};

use crate::app::{Action, Msg};

/// Signals that end a process, and of which a process may be told; those of a fault of its own come too late.
const LEAVING: [i32; 10] =
    [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGUSR1, SIGUSR2];

/// Signals of Linux that end a process as well: a failure of the power supply, of the coprocessor's stack, and those without a
/// meaning of their own (32 to 34 belong to the C libraries). Other processors number them otherwise.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn of_the_system() -> impl Iterator<Item = i32> {
    const STACK_FAULT: i32 = 16;
    const POWER_FAILURE: i32 = 30;
    [STACK_FAULT, POWER_FAILURE].into_iter().chain(35..=64)
}

/// Signals of the system that end a process as well.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
fn of_the_system() -> impl Iterator<Item = i32> {
    std::iter::empty()
}

/// Converts signals to messages: the program leaves or suspends itself through its own loop, so that the
/// terminal is restored.
///
/// # Errors
///
/// When the system refuses the handlers.
pub(super) fn start(out: Sender<Msg>) -> io::Result<()> {
    let mut signals = Signals::new(LEAVING.into_iter().chain(of_the_system()).chain([SIGTSTP, SIGWINCH]))?;
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

/// Suspends the process until it is continued.
pub(super) fn suspend() {
    // Returns once the process is continued. An error would mean that the signal has no default action, but
    // it has.
    let _ = emulate_default_handler(SIGTSTP);
}
