//! Frames: nine bytes of header, then a payload (RFC 9113, section 4).

/// What a client sends first (RFC 9113, section 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The largest payload that either side may send unless it is told otherwise.
pub(crate) const MOST_PAYLOAD: usize = 16_384;

const HEADER: usize = 9;

/// The type of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Data,
    Headers,
    Reset,
    Settings,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    /// Priorities, pushed requests and extensions, which are skipped.
    Other,
}

impl Kind {
    fn of(code: u8) -> Self {
        match code {
            0 => Self::Data,
            1 => Self::Headers,
            3 => Self::Reset,
            4 => Self::Settings,
            6 => Self::Ping,
            7 => Self::GoAway,
            8 => Self::WindowUpdate,
            9 => Self::Continuation,
            _ => Self::Other,
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::Data => 0,
            Self::Headers => 1,
            Self::Reset => 3,
            Self::Settings => 4,
            Self::Ping => 6,
            Self::GoAway => 7,
            Self::WindowUpdate => 8,
            Self::Continuation => 9,
            // The type of the priority frame, which is never sent.
            Self::Other => 2,
        }
    }
}

/// Flags of frames.
pub(crate) mod flag {
    /// The last frame of a stream (data, headers).
    pub(crate) const END_STREAM: u8 = 0x1;
    /// The answer to settings or to a ping.
    pub(crate) const ACK: u8 = 0x1;
    /// The header block is complete.
    pub(crate) const END_HEADERS: u8 = 0x4;
    /// The payload is padded.
    pub(crate) const PADDED: u8 = 0x8;
    /// The payload begins with a priority.
    pub(crate) const PRIORITY: u8 = 0x20;
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// Appends a frame to what is to be sent.
    pub(crate) fn write(out: &mut Vec<u8>, kind: Kind, flags: u8, stream: u32, payload: &[u8]) {
        let length = (payload.len() as u32).to_be_bytes();
        out.extend_from_slice(&length[1..]);
        out.extend([kind.code(), flags]);
        out.extend_from_slice(&stream.to_be_bytes());
        out.extend_from_slice(payload);
    }

    /// Takes the first frame off what was received; none if it is not complete yet.
    ///
    /// # Errors
    ///
    /// When its payload is larger than allowed.
    pub(crate) fn take(received: &mut Vec<u8>) -> Result<Option<Self>, String> {
        let Some(header) = received.first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let [a, b, c, kind, flags, stream @ ..] = *header;
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        if length > MOST_PAYLOAD {
            return Err("a frame is larger than allowed; is it a server of HTTP/2?".to_owned());
        }
        if received.len() < HEADER + length {
            return Ok(None);
        }
        let payload = received[HEADER..HEADER + length].to_vec();
        received.drain(..HEADER + length);
        let stream = u32::from_be_bytes(stream) & 0x7fff_ffff;
        Ok(Some(Self { kind: Kind::of(kind), flags, stream, payload }))
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The payload of data or headers without padding and priority.
    ///
    /// # Errors
    ///
    /// When the padding is longer than the payload.
    pub(crate) fn content(&self) -> Result<&[u8], String> {
        let broken = || "a frame's padding is longer than the frame".to_owned();
        let mut content = self.payload.as_slice();
        if self.has(flag::PADDED) {
            let (&padding, rest) = content.split_first().ok_or_else(broken)?;
            let length = rest.len().checked_sub(usize::from(padding)).ok_or_else(broken)?;
            content = &rest[..length];
        }
        if self.kind == Kind::Headers && self.has(flag::PRIORITY) {
            content = content.get(5..).ok_or_else(broken)?;
        }
        Ok(content)
    }

    /// The first four bytes as a number: a window's increment, the code of a reset.
    pub(crate) fn number(&self) -> u32 {
        self.payload.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_were_written() {
        let mut bytes = Vec::new();
        Frame::write(&mut bytes, Kind::Data, flag::PADDED, 1, &[2, b'a', b'b', 0, 0]);
        Frame::write(&mut bytes, Kind::Ping, 0, 0, &[7; 8]);
        let mut received = Vec::new();
        let mut frames = Vec::new();
        for byte in bytes {
            received.push(byte);
            frames.extend(Frame::take(&mut received).expect("small frames"));
        }
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[0].content(), Ok(&b"ab"[..]));
        assert_eq!((frames[1].kind, frames[1].number()), (Kind::Ping, 0x0707_0707));
    }

    #[test]
    fn broken_frames_are_refused() {
        let padded = |payload: &[u8]| Frame {
            kind: Kind::Data,
            flags: flag::PADDED,
            stream: 1,
            payload: payload.to_vec(),
        };
        assert!(padded(&[]).content().is_err());
        assert!(padded(&[9, 1, 2]).content().is_err());
        let mut text = b"HTTP/1.1 400 Bad Request".to_vec();
        assert!(Frame::take(&mut text).is_err(), "an answer of HTTP/1");
    }
}
