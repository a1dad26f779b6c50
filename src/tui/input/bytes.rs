//! Reads the terminal's input bytes.

use std::{
    io,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    stdio::stdin,
};

use super::{InputEvent, parser::Parser};

/// Reads standard input, which is the terminal.
pub(super) struct InputSource {
    parser: Parser,
    /// Time of the last byte.
    last: Instant,
}

impl Default for InputSource {
    fn default() -> Self {
        Self { parser: Parser::default(), last: Instant::now() }
    }
}

impl InputSource {
    /// Waits for at most this long; returns the events read by then.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub(super) fn wait(&mut self, most: Duration) -> io::Result<Vec<InputEvent>> {
        let patience = self.parser.patience();
        let left = patience.map(|patience| patience.saturating_sub(self.last.elapsed()));
        if !ready(left.map_or(most, |left| left.min(most)))? {
            return Ok(match patience {
                Some(patience) if self.last.elapsed() >= patience => self.parser.give_up(),
                _ => Vec::new(),
            });
        }
        let mut bytes = [0; 4096];
        let read = match rustix::io::read(stdin(), &mut bytes) {
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return Ok(Vec::new()),
            read => read?,
        };
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.last = Instant::now();
        Ok(self.parser.feed(&bytes[..read]))
    }
}

/// Whether there is input, or the end of input.
fn ready(within: Duration) -> io::Result<bool> {
    let within = Timespec { tv_sec: within.as_secs() as i64, tv_nsec: i64::from(within.subsec_nanos()) };
    match poll(&mut [PollFd::from_borrowed_fd(stdin(), PollFlags::IN)], Some(&within)) {
        Ok(found) => Ok(found > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
