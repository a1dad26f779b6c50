//! Keys, pastes, clicks and sizes, as messages.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::Sender;
use crossterm::event::{
    self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};

use crate::app::{Action, Key, Msg};

/// How long one wait for input lasts, so that a pause is noticed.
const WAIT: Duration = Duration::from_millis(50);

/// Reads the terminal in a thread of its own, except while another program has the terminal.
#[derive(Clone, Default)]
pub(super) struct Input {
    reading: Arc<Mutex<()>>,
    paused: Arc<AtomicBool>,
}

impl Input {
    /// Starts to read.
    pub(super) fn start(&self, out: Sender<Msg>) {
        let this = self.clone();
        thread::spawn(move || {
            loop {
                if this.paused.load(Ordering::Acquire) {
                    thread::sleep(WAIT);
                    continue;
                }
                let turn = this.lock();
                let read = event::poll(WAIT)
                    .and_then(|ready| if ready { event::read().map(Some) } else { Ok(None) });
                drop(turn);
                let Ok(event) = read else {
                    // The terminal is gone: nobody is there to press a key.
                    let _ = out.send(Msg::Do(Action::Quit));
                    return;
                };
                if event.and_then(message).is_some_and(|msg| out.send(msg).is_err()) {
                    return;
                }
            }
        });
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

fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => name(key).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, lines) => Some(Msg::Resize(columns, lines)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Some(Msg::Click(mouse.column, mouse.row)),
            MouseEventKind::ScrollDown => Some(Msg::Do(Action::Down)),
            MouseEventKind::ScrollUp => Some(Msg::Do(Action::Up)),
            _ => None,
        },
        _ => None,
    }
}

fn name(key: KeyEvent) -> Option<Key> {
    Some(match key.code {
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => {
            Key::Ctrl(c.to_ascii_lowercase())
        }
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::F(n) => Key::F(n),
        _ => return None,
    })
}
