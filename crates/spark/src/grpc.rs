//! Calls of gRPC: a message out, messages and a status back.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use prost::Message;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, pki_types::ServerName};

use crate::{
    address::Address,
    error::SparkError,
    http2::{Call, Piece, Request, hpack::Headers},
    message::{ErrorInfo, StatusDetails},
};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// How often a waiting call looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// How long a write may wait for a server that takes nothing.
const WRITE: Duration = Duration::from_mins(1);

/// The largest message that is read: Spark sends batches of a few megabytes.
const MOST_MESSAGE: usize = 256 << 20;

/// The status of a call that succeeded.
const OK: u32 = 0;

trait Connection: Read + Write + Send {}

impl<C: Read + Write + Send> Connection for C {}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) code: u32,
    pub(crate) message: String,
    /// The class of the error by the status' details: `TABLE_OR_VIEW_NOT_FOUND`.
    pub(crate) class: String,
    /// Its code by the SQL standard: `42P01`.
    pub(crate) state: String,
    /// Under which the server keeps the causes of the error; empty if it keeps none.
    pub(crate) id: String,
}

/// Why a call gave no status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Nothing was sent: no connection, or no trust.
    Unreached(SparkError),
    /// The connection ended within the call.
    Cut(String),
    /// What came back is not gRPC, or is no longer wanted.
    Foreign(SparkError),
}

/// What a call received.
#[derive(Debug)]
pub(crate) enum Received {
    /// A message.
    Message(Vec<u8>),
    /// Nothing for a tenth of a second.
    Idle,
    /// The end.
    End(Status),
}

/// A call.
pub(crate) struct GrpcCall<'a> {
    call: Call<Box<dyn Connection>>,
    address: &'a Address,
    body: Vec<u8>,
    trailers: Headers,
    is_answered: bool,
}

impl<'a> GrpcCall<'a> {
    /// Calls a method of the Spark Connect service.
    pub(crate) fn begin(address: &'a Address, method: &str, message: &impl Message) -> Result<Self, Broken> {
        let connection = connect(address).map_err(Broken::Unreached)?;
        let mut body = vec![0];
        let message = message.encode_to_vec();
        body.extend((message.len() as u32).to_be_bytes());
        body.extend(message);
        let authorization = address.token.as_ref().map(|token| format!("Bearer {}", token.reveal()));
        let mut headers = vec![
            ("content-type", "application/grpc", false),
            ("te", "trailers", false),
            ("user-agent", concat!("coroner/", env!("CARGO_PKG_VERSION")), false),
        ];
        headers.extend(authorization.iter().map(|value| ("authorization", value.as_str(), true)));
        headers.extend(address.headers.iter().map(|(name, value)| (name.as_str(), value.reveal(), true)));
        let request = Request {
            scheme: if address.tls { "https" } else { "http" },
            authority: &address.place(),
            path: &format!("/spark.connect.SparkConnectService/{method}"),
            headers: &headers,
            body: &body,
        };
        let call = Call::send(connection, &request).map_err(|error| cut(&error))?;
        Ok(Self { call, address, body: Vec::new(), trailers: Vec::new(), is_answered: false })
    }

    /// What comes next.
    pub(crate) fn receive(&mut self) -> Result<Received, Broken> {
        loop {
            if let Some(message) = self.take_message()? {
                return Ok(Received::Message(message));
            }
            match self.call.next().map_err(|error| self.broken(&error))? {
                Piece::Idle => return Ok(Received::Idle),
                Piece::Data(data) => self.body.extend(data),
                Piece::Headers(headers) => {
                    if !self.is_answered {
                        self.is_answered = true;
                        check_answer(self.address, &headers)?;
                    }
                    self.trailers = headers;
                }
                Piece::End => {
                    let status = Status::of(&self.trailers);
                    return status
                        .map(Received::End)
                        .ok_or_else(|| Broken::Cut("the answer ended without a status".to_owned()));
                }
            }
        }
    }

    /// Waits for the only message of the answer.
    ///
    /// * `cancel`: looked at ten times a second.
    pub(crate) fn single<M: Message + Default>(
        mut self,
        most: Duration,
        cancel: Option<&AtomicBool>,
    ) -> Result<M, CallError> {
        let until = std::time::Instant::now() + most;
        let mut message = None;
        loop {
            match self.receive()? {
                Received::Message(bytes) => message = Some(bytes),
                Received::Idle if std::time::Instant::now() > until => {
                    return Err(Broken::Cut(format!("no answer within {} s", most.as_secs())).into());
                }
                Received::Idle if cancel.is_some_and(|flag| flag.load(Ordering::Relaxed)) => {
                    return Err(Broken::Foreign(SparkError::Cancelled).into());
                }
                Received::Idle => {}
                Received::End(status) if status.code != OK => return Err(CallError::Status(status)),
                Received::End(_) => break,
            }
        }
        let bytes = message.ok_or_else(|| Broken::Cut("the answer holds no message".to_owned()))?;
        M::decode(bytes.as_slice()).map_err(|error| Broken::Cut(error.to_string()).into())
    }

    fn broken(&self, error: &io::Error) -> Broken {
        // Before the first answer, an end of the connection mostly means that something else listens there.
        if !self.is_answered && error.kind() == io::ErrorKind::Other {
            return Broken::Foreign(no_server(self.address, error.to_string()));
        }
        cut(error)
    }

    fn take_message(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        let Some(&[is_compressed, a, b, c, d]) = self.body.first_chunk::<5>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if is_compressed != 0 || length > MOST_MESSAGE {
            let reason = "it sends messages that are compressed or too large".to_owned();
            return Err(Broken::Foreign(no_server(self.address, reason)));
        }
        if self.body.len() < 5 + length {
            return Ok(None);
        }
        let message = self.body[5..5 + length].to_vec();
        self.body.drain(..5 + length);
        Ok(Some(message))
    }
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallError {
    Broken(Broken),
    Status(Status),
}

impl From<Broken> for CallError {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl Status {
    /// The status in headers or trailers.
    fn of(headers: &Headers) -> Option<Self> {
        let value = |name: &str| {
            let found = headers.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        let code = value("grpc-status")?.parse().ok()?;
        let message = unescaped(&value("grpc-message").unwrap_or_default());
        let details = value("grpc-status-details-bin").unwrap_or_default();
        let info = error_info(&details).unwrap_or_default();
        let of = |key: &str| info.metadata.get(key).cloned().unwrap_or_default();
        Some(Self { code, message, class: of("errorClass"), state: of("sqlState"), id: of("errorId") })
    }

    /// Whether the server itself says what is wrong, which another attempt would not change.
    pub(crate) fn is_final(&self) -> bool {
        const UNAVAILABLE: u32 = 14;
        self.code != UNAVAILABLE && self.class != "INVALID_CURSOR.DISCONNECTED"
    }

    /// The error of a call that ended with this status.
    ///
    /// * `cause`: the message of the innermost cause; empty if there is none.
    pub(crate) fn error(self, cause: &str, address: &Address) -> SparkError {
        const PERMISSION_DENIED: u32 = 7;
        const UNAUTHENTICATED: u32 = 16;
        let mut reason = first_line(&self.message, &self.class);
        let because = first_line(cause, "");
        if !cause.is_empty() && !reason.contains(&because) {
            reason = format!("{}: {because}", reason.trim_end_matches('.'));
        }
        let class = if self.class.is_empty() { class_in(&self.message).to_owned() } else { self.class };
        let is_denied = self.code == PERMISSION_DENIED
            || self.state == "42501"
            || ["INSUFFICIENT_PERMISSIONS", "PERMISSION_DENIED"]
                .iter()
                .any(|denied| class.starts_with(denied))
            || [
                "AccessControlException",
                "Permission denied",
                "Access Denied",
                "AccessDenied",
                "403 Forbidden",
            ]
            .iter()
            .any(|said| self.message.contains(said) || cause.contains(said));
        match self.code {
            UNAUTHENTICATED => SparkError::Unauthenticated { place: address.place(), reason },
            _ if is_denied => SparkError::Denied { reason },
            _ => SparkError::Query { class, message: reason },
        }
    }
}

/// The class that a message begins with: `[TABLE_OR_VIEW_NOT_FOUND] …`.
fn class_in(message: &str) -> &str {
    let inside = message.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    inside.map_or("", |(class, _)| class)
}

/// The first line of a server's message, without the class and the dump of a plan.
fn first_line(message: &str, class: &str) -> String {
    let named = if class.is_empty() { class_in(message) } else { class };
    let text = message.trim_start().trim_start_matches('[');
    let text = text.strip_prefix(named).map_or(text, |rest| rest.trim_start_matches(']'));
    let line = text.trim_start().lines().next().unwrap_or_default();
    let line = line.split(" SQLSTATE:").next().unwrap_or_default().trim_end_matches([';', ' ']);
    if line.is_empty() { "no reason is given".to_owned() } else { line.to_owned() }
}

fn error_info(details: &str) -> Option<ErrorInfo> {
    let bytes = BASE64_STANDARD_NO_PAD.decode(details.trim_end_matches('=')).ok()?;
    let details = StatusDetails::decode(bytes.as_slice()).ok()?.details;
    let info = details.iter().find(|any| any.type_url.ends_with("google.rpc.ErrorInfo"))?;
    ErrorInfo::decode(info.value.as_slice()).ok()
}

/// A message of gRPC, in which some bytes are written as %XX.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| byte == b'%') {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn cut(error: &io::Error) -> Broken {
    Broken::Cut(match error.kind() {
        io::ErrorKind::UnexpectedEof => "it was closed".to_owned(),
        _ => error.to_string(),
    })
}

fn no_server(address: &Address, reason: String) -> SparkError {
    SparkError::NoServer { place: address.place(), reason }
}

/// Refuses what is no answer of gRPC: a proxy's page, a web server.
fn check_answer(address: &Address, headers: &Headers) -> Result<(), Broken> {
    let value = |name: &str| {
        let found = headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).unwrap_or_default()
    };
    let (status, content) = (value(":status"), value("content-type"));
    if status == "200" && content.starts_with("application/grpc") {
        return Ok(());
    }
    let reason = format!("it answers with the HTTP status {status}");
    let place = address.place();
    Err(match status.as_str() {
        "401" => Broken::Foreign(SparkError::Unauthenticated { place, reason }),
        "403" => Broken::Foreign(SparkError::Denied { reason: format!("{place}: {reason}") }),
        // A gateway whose server is away.
        "502" | "503" | "504" => Broken::Cut(reason),
        "200" => Broken::Foreign(no_server(address, format!("it answers with {content:?}"))),
        _ => Broken::Foreign(no_server(address, reason)),
    })
}

fn connect(address: &Address) -> Result<Box<dyn Connection>, SparkError> {
    let unreachable = |error: io::Error| SparkError::Unreachable {
        place: address.place(),
        reason: match error.kind() {
            io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
            io::ErrorKind::TimedOut => format!("no answer within {} s", CONNECT.as_secs()),
            _ => error.to_string(),
        },
    };
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "no such host");
    let places = (address.host.as_str(), address.port).to_socket_addrs().map_err(|error| {
        // The system's message says "failed to lookup address information: Name or service not known".
        let reason = error.to_string();
        let reason = reason.rsplit(": ").next().unwrap_or_default().to_owned();
        SparkError::Unreachable { place: address.place(), reason }
    })?;
    for place in places {
        match TcpStream::connect_timeout(&place, CONNECT) {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(unreachable)?;
                stream.set_read_timeout(Some(LOOK)).map_err(unreachable)?;
                stream.set_write_timeout(Some(WRITE)).map_err(unreachable)?;
                return if address.tls { encrypted(address, stream) } else { Ok(Box::new(stream)) };
            }
            Err(error) => failed = error,
        }
    }
    Err(unreachable(failed))
}

/// Encrypts a connection; the server must have a certificate that the system trusts.
fn encrypted(address: &Address, mut stream: TcpStream) -> Result<Box<dyn Connection>, SparkError> {
    let failed = |reason: String| SparkError::Tls { place: address.place(), reason };
    let mut roots = RootCertStore::empty();
    let known = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(known.certs);
    if roots.is_empty() {
        return Err(failed("this system trusts no certificate; SSL_CERT_FILE can name some".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from(address.host.clone()).map_err(|error| failed(error.to_string()))?;
    let mut session =
        ClientConnection::new(Arc::new(config), name).map_err(|error| failed(error.to_string()))?;
    stream.set_read_timeout(Some(CONNECT)).map_err(|error| failed(error.to_string()))?;
    while session.is_handshaking() {
        session.complete_io(&mut stream).map_err(|error| failed(error.to_string()))?;
    }
    if session.alpn_protocol() != Some(b"h2") {
        return Err(no_server(address, "it does not speak HTTP/2".to_owned()));
    }
    stream.set_read_timeout(Some(LOOK)).map_err(|error| failed(error.to_string()))?;
    Ok(Box::new(StreamOwned::new(session, stream)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_servers_become_one_line() {
        let message = "[TABLE_OR_VIEW_NOT_FOUND] The table or view `a`.`b` cannot be found. Verify it.; line 1 pos 14;\n'Project [*]";
        assert_eq!(class_in(message), "TABLE_OR_VIEW_NOT_FOUND");
        let want = "The table or view `a`.`b` cannot be found. Verify it.; line 1 pos 14";
        assert_eq!(first_line(message, "TABLE_OR_VIEW_NOT_FOUND"), want);
        assert_eq!(first_line(message, ""), want);
        assert_eq!(first_line("plain", ""), "plain");
        assert_eq!(first_line("", ""), "no reason is given");
    }

    #[test]
    fn messages_are_unescaped() {
        assert_eq!(unescaped("50%25 of %C3%A9%"), "50% of \u{e9}%");
    }
}
