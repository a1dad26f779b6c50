//! Input: converts keys, pastes, clicks and resizes to messages.
//!
//! On Unix the console parses the terminal's bytes itself ([`parser`]): terminals reply to queries at any
//! time, and a late reply must never be taken for keys.

#[cfg(unix)]
mod parser;
#[cfg_attr(unix, path = "bytes.rs")]
#[cfg_attr(not(unix), path = "events.rs")]
mod source;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::Sender;

use self::source::InputSource;
use crate::{
    app::{Action, Key, Msg},
    ui::look::Background,
};

/// Maximum duration of one wait for input, so that a pause is noticed.
const WAIT: Duration = Duration::from_millis(50);

/// A user action, or a reply of the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
enum InputEvent {
    Key(Key),
    Paste(String),
    /// Left button at a column and line.
    Click(u16, u16),
    /// The wheel turned at a column and line; whether downwards.
    Wheel(u16, u16, bool),
    /// Only on systems with resize events; others send a signal.
    #[cfg_attr(unix, expect(dead_code, reason = "SIGWINCH tells the size on Unix"))]
    Resize(u16, u16),
    /// The reply to the background query.
    #[cfg_attr(not(unix), expect(dead_code, reason = "nobody asks there"))]
    Background(Background),
}

/// Reads the terminal in its own thread, except while another program uses the terminal.
#[derive(Clone, Default)]
pub(super) struct Input {
    reading: Arc<Mutex<()>>,
    paused: Arc<AtomicBool>,
}

impl Input {
    /// Starts reading.
    ///
    /// * `backgrounds`: receives the terminal's background when it is reported.
    pub(super) fn start(&self, out: Sender<Msg>, backgrounds: Sender<Background>) {
        let this = self.clone();
        thread::spawn(move || {
            // Without input nobody could leave the console, so it exits, whatever ended the reading.
            let _ = catch_unwind(AssertUnwindSafe(|| this.read(&out, &backgrounds)));
            let _ = out.send(Msg::Do(Action::Quit));
        });
    }

    /// Reads until the terminal is gone or the receiver is dropped.
    fn read(&self, out: &Sender<Msg>, backgrounds: &Sender<Background>) {
        let mut source = InputSource::default();
        loop {
            if self.paused.load(Ordering::Acquire) {
                thread::sleep(WAIT);
                continue;
            }
            let turn = self.lock();
            let read = source.wait(WAIT);
            drop(turn);
            let Ok(events) = read else { return };
            for events in events {
                let msg = match events {
                    InputEvent::Background(background) => {
                        if backgrounds.send(background).is_err() {
                            return;
                        }
                        Msg::Do(Action::Redraw)
                    }
                    InputEvent::Key(key) => Msg::Key(key),
                    InputEvent::Paste(text) => Msg::Paste(text),
                    InputEvent::Click(column, line) => Msg::Click(column, line),
                    InputEvent::Wheel(column, line, down) => Msg::Wheel { column, line, down },
                    InputEvent::Resize(columns, lines) => Msg::Resize(columns, lines),
                };
                if out.send(msg).is_err() {
                    return;
                }
            }
        }
    }

    /// Lets another program read the terminal while `other` runs.
    pub(super) fn pause<T>(&self, other: impl FnOnce() -> T) -> T {
        self.paused.store(true, Ordering::Release);
        let turn = self.lock();
        let result = other();
        drop(turn);
        self.paused.store(false, Ordering::Release);
        result
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
