//! Keys, pastes, clicks and sizes, as messages.
//!
//! On Unix the console reads the terminal's bytes itself ([`parser`]): a terminal answers questions whenever it likes,
//! and an answer that comes late must never be taken for keys.

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

/// How long one wait for input lasts, so that a pause is noticed.
const WAIT: Duration = Duration::from_millis(50);

/// What somebody did at the terminal, or what the terminal answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum InputEvent {
    Key(Key),
    Paste(String),
    /// The left button at a column and line.
    Click(u16, u16),
    ScrollUp,
    ScrollDown,
    /// Only where events tell it; elsewhere a signal does.
    #[cfg_attr(unix, expect(dead_code, reason = "SIGWINCH tells the size on Unix"))]
    Resize(u16, u16),
    /// The answer to the question for the background.
    #[cfg_attr(not(unix), expect(dead_code, reason = "nobody asks there"))]
    Background(Background),
}

/// Reads the terminal in a thread of its own, except while another program has the terminal.
#[derive(Clone, Default)]
pub(super) struct Input {
    reading: Arc<Mutex<()>>,
    paused: Arc<AtomicBool>,
}

impl Input {
    /// Starts to read.
    ///
    /// * `backgrounds`: where the terminal's background goes when it tells it.
    pub(super) fn start(&self, out: Sender<Msg>, backgrounds: Sender<Background>) {
        let this = self.clone();
        thread::spawn(move || {
            // Without its input nobody could leave the console: it leaves, whatever ended the reading.
            let _ = catch_unwind(AssertUnwindSafe(|| this.read(&out, &backgrounds)));
            let _ = out.send(Msg::Do(Action::Quit));
        });
    }

    /// Reads until the terminal is gone, or nobody listens any more.
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
                    InputEvent::ScrollUp => Msg::Do(Action::Up),
                    InputEvent::ScrollDown => Msg::Do(Action::Down),
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
