//! Collects bytes and hands them on in large pieces.

use std::{fmt, io};

/// Bytes that are handed on at a time.
const PIECE: usize = 1 << 16;

/// Writes values as bytes. An error of what it writes to is told once, by [`Writer::finish`].
pub struct Writer<'a> {
    to: &'a mut dyn io::Write,
    piece: Vec<u8>,
    failed: Option<io::Error>,
}

impl<'a> Writer<'a> {
    /// Writes to anything that takes bytes.
    #[must_use]
    pub fn new(to: &'a mut dyn io::Write) -> Self {
        Self { to, piece: Vec::with_capacity(PIECE), failed: None }
    }

    /// Writes some bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.hand_on();
        }
    }

    /// Hands on what is left.
    ///
    /// # Errors
    ///
    /// When some bytes could not be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.hand_on();
        self.failed.map_or(Ok(()), Err)
    }

    fn hand_on(&mut self) {
        if self.failed.is_none() {
            self.failed = self.to.write_all(&self.piece).err();
        }
        self.piece.clear();
    }
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("waiting", &self.piece.len()).finish_non_exhaustive()
    }
}
