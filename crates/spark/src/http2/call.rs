//! One request and its answer, on a connection of their own.

use std::{
    io::{self, Read, Write},
    time::{Duration, Instant},
};

use super::{
    frame::{Frame, Kind, MOST_PAYLOAD, PREFACE, flag},
    hpack::{self, Headers},
};

/// The only stream of a connection.
const STREAM: u32 = 1;

/// How many bytes the server may send before it hears that they were read.
const WINDOW: u32 = 1 << 20;

/// The window of both sides before any setting (RFC 9113, section 6.9.2).
const FIRST_WINDOW: i64 = 65_535;

/// Silence after which the server is asked for a sign of life. Servers of gRPC refuse more than two such questions in five
/// minutes without an answer in between, and Spark ends each stream after two minutes.
const SILENCE: Duration = Duration::from_secs(45);

/// How long it has to answer.
const ANSWER: Duration = Duration::from_secs(20);

/// Frames without a piece of the answer that are taken in a row; a server that sends more keeps its client busy for nothing.
const MOST_EMPTY: u32 = 10_000;

/// The largest header block that is read, in bytes.
const MOST_HEADERS: usize = 1 << 20;

/// What a request says.
pub(crate) struct Request<'a> {
    pub(crate) scheme: &'a str,
    pub(crate) authority: &'a str,
    pub(crate) path: &'a str,
    /// Further headers; the last part says whether it is a secret.
    pub(crate) headers: &'a [(&'a str, &'a str, bool)],
    pub(crate) body: &'a [u8],
}

/// A piece of the answer.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Headers, or the trailers after the data.
    Headers(Headers),
    /// Bytes of the body.
    Data(Vec<u8>),
    /// Nothing came within the read timeout of the connection.
    Idle,
    /// The answer is complete.
    End,
}

/// A request on its way, and its answer.
pub(crate) struct Call<C> {
    connection: C,
    received: Vec<u8>,
    /// Bytes that may be sent: on the connection, on the stream.
    windows: (i64, i64),
    /// The stream's window by the server's settings.
    first_window: i64,
    /// Bytes read of which the server has not been told.
    unacknowledged: u32,
    /// A header block whose continuation is awaited.
    block: Option<(Vec<u8>, bool)>,
    ended: bool,
    heard: Instant,
    asked: bool,
    /// Frames without a piece of the answer since the last one with one.
    empty: u32,
}

impl<C: Read + Write> Call<C> {
    /// Sends a request over a new connection. Reads from it must time out, so that silence is noticed.
    ///
    /// # Errors
    ///
    /// When the connection breaks, or the other side does not speak HTTP/2.
    pub(crate) fn send(connection: C, request: &Request<'_>) -> io::Result<Self> {
        let mut call = Self {
            connection,
            received: Vec::new(),
            windows: (FIRST_WINDOW, FIRST_WINDOW),
            first_window: FIRST_WINDOW,
            unacknowledged: 0,
            block: None,
            ended: false,
            heard: Instant::now(),
            asked: false,
            empty: 0,
        };
        let mut out = PREFACE.to_vec();
        let mut settings = Vec::new();
        // No table of headers, no pushed requests, a wider window.
        for (setting, value) in [(1_u16, 0_u32), (2, 0), (4, WINDOW)] {
            settings.extend(setting.to_be_bytes());
            settings.extend(value.to_be_bytes());
        }
        Frame::write(&mut out, Kind::Settings, 0, 0, &settings);
        Frame::write(&mut out, Kind::WindowUpdate, 0, 0, &(WINDOW - FIRST_WINDOW as u32).to_be_bytes());
        let mut block = Vec::new();
        for (name, value) in [
            (":method", "POST"),
            (":scheme", request.scheme),
            (":path", request.path),
            (":authority", request.authority),
        ] {
            hpack::write(&mut block, name, value.as_bytes(), false);
        }
        for (name, value, secret) in request.headers {
            hpack::write(&mut block, name, value.as_bytes(), *secret);
        }
        let chunks = block.chunks(MOST_PAYLOAD).collect::<Vec<_>>();
        for (at, chunk) in chunks.iter().enumerate() {
            let kind = if at == 0 { Kind::Headers } else { Kind::Continuation };
            let flags = if at + 1 == chunks.len() { flag::END_HEADERS } else { 0 };
            Frame::write(&mut out, kind, flags, STREAM, chunk);
        }
        call.connection.write_all(&out)?;
        call.send_body(request.body)?;
        Ok(call)
    }

    /// Sends the body as fast as the server's windows allow.
    fn send_body(&mut self, mut body: &[u8]) -> io::Result<()> {
        loop {
            let room = self.windows.0.min(self.windows.1).clamp(0, MOST_PAYLOAD as i64) as usize;
            let (now, later) = body.split_at(room.min(body.len()));
            if !now.is_empty() || body.is_empty() {
                let mut out = Vec::with_capacity(now.len() + 9);
                let flags = if later.is_empty() { flag::END_STREAM } else { 0 };
                Frame::write(&mut out, Kind::Data, flags, STREAM, now);
                self.connection.write_all(&out)?;
                self.windows = (self.windows.0 - now.len() as i64, self.windows.1 - now.len() as i64);
                body = later;
            }
            if body.is_empty() {
                return Ok(());
            }
            if self.windows.0.min(self.windows.1) <= 0 {
                // The answer cannot begin before the request is complete; what comes is about windows, or an error.
                match self.frame()? {
                    Some(frame) if matches!(frame.kind, Kind::Headers | Kind::Data) => {
                        return Err(io::Error::other("the server answered before it had the whole request"));
                    }
                    Some(frame) => drop(self.take(&frame)?),
                    None => {}
                }
            }
        }
    }

    /// The next piece of the answer.
    ///
    /// # Errors
    ///
    /// When the connection breaks, or the server gives the request up.
    pub(crate) fn next(&mut self) -> io::Result<Piece> {
        loop {
            if self.ended {
                return Ok(Piece::End);
            }
            let Some(frame) = self.frame()? else {
                return Ok(Piece::Idle);
            };
            let piece = self.take(&frame)?;
            let is_empty = piece.is_none() || frame.payload.is_empty();
            self.empty = if is_empty { self.empty + 1 } else { 0 };
            if self.empty > MOST_EMPTY {
                return Err(io::Error::other("the server sends frames without content and does not stop"));
            }
            if let Some(piece) = piece {
                return Ok(piece);
            }
        }
    }

    /// The next frame; none if nothing came in time.
    fn frame(&mut self) -> io::Result<Option<Frame>> {
        let mut bytes = [0; MOST_PAYLOAD];
        loop {
            if let Some(frame) = Frame::take(&mut self.received).map_err(io::Error::other)? {
                return Ok(Some(frame));
            }
            match self.connection.read(&mut bytes) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    self.received.extend_from_slice(&bytes[..read]);
                    (self.heard, self.asked) = (Instant::now(), false);
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    self.watch_silence()?;
                    return Ok(None);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn watch_silence(&mut self) -> io::Result<()> {
        let silence = self.heard.elapsed();
        if silence > SILENCE + ANSWER {
            return Err(io::Error::other("no sign of life for a minute"));
        }
        if silence > SILENCE && !self.asked {
            self.asked = true;
            self.write(Kind::Ping, 0, 0, b"coroner?")?;
        }
        Ok(())
    }

    fn write(&mut self, kind: Kind, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let mut out = Vec::new();
        Frame::write(&mut out, kind, flags, stream, payload);
        self.connection.write_all(&out)
    }

    /// Does what a frame asks for; returns the piece of the answer that it completes.
    fn take(&mut self, frame: &Frame) -> io::Result<Option<Piece>> {
        match frame.kind {
            Kind::Settings if !frame.has(flag::ACK) => {
                for setting in frame.payload.as_chunks::<6>().0 {
                    let [a, b, value @ ..] = *setting;
                    if u16::from_be_bytes([a, b]) == 4 {
                        let window = i64::from(u32::from_be_bytes(value));
                        self.windows.1 += window - self.first_window;
                        self.first_window = window;
                    }
                }
                self.write(Kind::Settings, flag::ACK, 0, &[])?;
            }
            Kind::Ping if !frame.has(flag::ACK) => {
                self.write(Kind::Ping, flag::ACK, 0, &frame.payload)?;
            }
            Kind::WindowUpdate => {
                let more = i64::from(frame.number() & 0x7fff_ffff);
                if frame.stream == 0 {
                    self.windows.0 += more;
                } else {
                    self.windows.1 += more;
                }
            }
            Kind::Reset if frame.stream == STREAM => {
                return Err(io::Error::other(format!(
                    "the server gave the call up (code {})",
                    frame.number()
                )));
            }
            // A server that is about to end may complete what it has begun.
            Kind::GoAway if frame.number() < STREAM => {
                let said = frame.payload.get(8..).map(String::from_utf8_lossy).unwrap_or_default();
                return Err(io::Error::other(format!("the server takes no calls: {said}")));
            }
            Kind::Data if frame.stream == STREAM => return self.data(frame).map(Some),
            Kind::Headers | Kind::Continuation if frame.stream == STREAM => return self.headers(frame),
            _ => {}
        }
        Ok(None)
    }

    fn data(&mut self, frame: &Frame) -> io::Result<Piece> {
        let data = frame.content().map_err(io::Error::other)?.to_vec();
        self.ended = frame.has(flag::END_STREAM);
        self.unacknowledged += frame.payload.len() as u32;
        if self.unacknowledged >= WINDOW / 2 {
            let read = std::mem::take(&mut self.unacknowledged).to_be_bytes();
            self.write(Kind::WindowUpdate, 0, 0, &read)?;
            if !self.ended {
                self.write(Kind::WindowUpdate, 0, STREAM, &read)?;
            }
        }
        Ok(Piece::Data(data))
    }

    fn headers(&mut self, frame: &Frame) -> io::Result<Option<Piece>> {
        let (mut block, ends) = match (frame.kind, self.block.take()) {
            (Kind::Continuation, Some(begun)) => begun,
            (Kind::Headers, None) => (Vec::new(), frame.has(flag::END_STREAM)),
            _ => return Err(io::Error::other("the server's headers are out of order")),
        };
        let part = if frame.kind == Kind::Headers { frame.content() } else { Ok(frame.payload.as_slice()) };
        block.extend_from_slice(part.map_err(io::Error::other)?);
        if block.len() > MOST_HEADERS {
            return Err(io::Error::other("the server's headers are too long"));
        }
        if !frame.has(flag::END_HEADERS) {
            self.block = Some((block, ends));
            return Ok(None);
        }
        self.ended = ends;
        hpack::read(&block).map(|headers| Some(Piece::Headers(headers))).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends the same frame for ever.
    struct Flood(Vec<u8>);

    impl Read for Flood {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let read = bytes.len().min(self.0.len());
            bytes[..read].copy_from_slice(&self.0[..read]);
            Ok(read)
        }
    }

    impl Write for Flood {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_server_that_never_says_anything_is_left() {
        let request = Request { scheme: "http", authority: "host", path: "/", headers: &[], body: &[] };
        for kind in [Kind::Settings, Kind::Ping, Kind::WindowUpdate, Kind::Data] {
            let stream = if kind == Kind::Data { STREAM } else { 0 };
            let payload: &[u8] = if kind == Kind::WindowUpdate { &[0, 0, 0, 1] } else { &[] };
            let mut frame = Vec::new();
            Frame::write(&mut frame, kind, 0, stream, payload);
            let mut call = Call::send(Flood(frame), &request).expect("it is sent");
            let error = std::iter::repeat_with(|| call.next()).find_map(Result::err).expect("it ends");
            assert!(error.to_string().contains("without content"), "{error}");
        }
    }
}
