//! Where the server is, and who asks: the connection string of Spark Connect.

use std::fmt;

/// The port of a Spark Connect server, unless the connection string names another.
const PORT: u16 = 15002;

/// The user under whose name sessions run, unless the connection string names another.
const USER: &str = "coroner";

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being shown.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, to be sent to the server and nowhere else.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The address of a server: `sc://host:port/;use_ssl=true;user_id=me`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The host's name or address; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// The user under whose name the session runs.
    pub user: String,
    /// What the server asks for before it answers.
    pub(crate) token: Option<Secret>,
    /// Further headers of every call, in lower case: Databricks' `x-databricks-cluster-id`.
    pub(crate) headers: Vec<(String, Secret)>,
}

/// Why a connection string cannot be used. No message repeats a value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The text does not begin with `sc://`.
    #[error("the address of a Spark Connect server begins with sc://")]
    Scheme,
    /// There is no host.
    #[error("the address names no host: sc://host:15002")]
    NoHost,
    /// The port is no number from 1 to 65535.
    #[error("the port is no number from 1 to 65535")]
    Port,
    /// Something other than parameters follows the host.
    #[error("a path follows the host; parameters are written as sc://host:15002/;name=value")]
    Path,
    /// A parameter is not of the form `name=value`.
    #[error("parameter {number} is not of the form name=value")]
    Parameter {
        /// Its number, from 1.
        number: usize,
    },
    /// A switch is neither true nor false.
    #[error("{name} is neither true nor false")]
    Switch {
        /// The parameter.
        name: &'static str,
    },
    /// The name or the value of a header has characters that no header can have.
    #[error(
        "parameter {number} cannot be sent as a header: letters, digits and hyphens make a name, printable ASCII a value"
    )]
    Header {
        /// The parameter's number, from 1.
        number: usize,
    },
    /// A secret would travel unencrypted.
    #[error("a token is sent to {host} only over an encrypted connection")]
    Unencrypted {
        /// The host.
        host: String,
    },
}

impl Address {
    /// Reads a connection string. Parameters other than `use_ssl`, `token`, `user_id`, `user_agent` and `session_id` become
    /// headers; of these, the last two are left out, for each session has an id of its own.
    ///
    /// # Errors
    ///
    /// When the text is malformed, or holds a token for another machine without `use_ssl=true`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let rest = text.trim().strip_prefix("sc://").ok_or(AddressError::Scheme)?;
        let (host, after) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = host_and_port(host)?;
        let parameters = match after.strip_prefix(';') {
            Some(parameters) => parameters,
            None if after.is_empty() => "",
            None => return Err(AddressError::Path),
        };
        let mut address =
            Self { host, port, tls: false, user: USER.to_owned(), token: None, headers: Vec::new() };
        for (number, parameter) in (1..).zip(parameters.split(';').filter(|text| !text.is_empty())) {
            let (name, value) = parameter.split_once('=').ok_or(AddressError::Parameter { number })?;
            match name.trim() {
                "use_ssl" => {
                    address.tls = match value.to_ascii_lowercase().as_str() {
                        "true" => true,
                        "false" => false,
                        _ => return Err(AddressError::Switch { name: "use_ssl" }),
                    }
                }
                "token" if is_header_value(value) => address.token = Some(Secret::new(value)),
                "user_id" if !value.is_empty() => value.clone_into(&mut address.user),
                "user_agent" | "session_id" | "user_id" => {}
                name if name != "token" && is_header_name(name) && is_header_value(value) => {
                    address.headers.push((name.to_ascii_lowercase(), Secret::new(value)));
                }
                _ => return Err(AddressError::Header { number }),
            }
        }
        address.is_safe()?;
        Ok(address)
    }

    /// The same address with a token, unless it has one.
    ///
    /// # Errors
    ///
    /// When it would be sent to another machine unencrypted, or is no text that a header can hold.
    pub fn with_token(mut self, token: Secret) -> Result<Self, AddressError> {
        if !is_header_value(token.reveal()) {
            return Err(AddressError::Header { number: 1 });
        }
        self.token.get_or_insert(token);
        self.is_safe()?;
        Ok(self)
    }

    /// Whether there is a token.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Host and port, for messages: `localhost:15002`.
    #[must_use]
    pub fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether the host is this machine.
    fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost")
            || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    fn is_safe(&self) -> Result<(), AddressError> {
        let has_secret = self.token.is_some() || !self.headers.is_empty();
        if has_secret && !self.tls && !self.is_loopback() {
            return Err(AddressError::Unencrypted { host: self.host.clone() });
        }
        Ok(())
    }
}

fn host_and_port(text: &str) -> Result<(String, u16), AddressError> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or(AddressError::NoHost)?;
            (host, after.strip_prefix(':'))
        }
        None => match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(AddressError::NoHost);
    }
    let port = match port {
        None => PORT,
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or(AddressError::Port)?,
    };
    Ok((host.to_owned(), port))
}

fn is_header_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.chars().all(is_part) && !name.to_ascii_lowercase().starts_with("grpc-")
}

fn is_header_value(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_strings() {
        let parse = |text: &str| Address::parse(text).expect(text);
        let plain = parse("sc://localhost");
        assert_eq!(
            (plain.place().as_str(), plain.tls, plain.user.as_str()),
            ("localhost:15002", false, "coroner")
        );
        let full = parse(
            "sc://spark.example.org:443/;use_ssl=true;token=abc;user_id=ada;x-databricks-cluster-id=17",
        );
        assert_eq!(
            (full.place().as_str(), full.tls, full.user.as_str()),
            ("spark.example.org:443", true, "ada")
        );
        assert!(full.has_token());
        assert_eq!(full.headers[0].0, "x-databricks-cluster-id");
        assert_eq!(parse("sc://[::1]:7/").place(), "[::1]:7");
        assert_eq!(parse("sc://127.0.0.1:15003/;token=abc").port, 15003);
    }

    #[test]
    fn malformed_connection_strings() {
        for (text, error) in [
            ("http://localhost", AddressError::Scheme),
            ("sc://", AddressError::NoHost),
            ("sc://a b", AddressError::NoHost),
            ("sc://host:0", AddressError::Port),
            ("sc://host:port", AddressError::Port),
            ("sc://host/path", AddressError::Path),
            ("sc://host/;use_ssl", AddressError::Parameter { number: 1 }),
            ("sc://host/;use_ssl=yes", AddressError::Switch { name: "use_ssl" }),
            ("sc://host/;use_ssl=true;a b=c", AddressError::Header { number: 2 }),
            ("sc://host/;token=abc", AddressError::Unencrypted { host: "host".to_owned() }),
            ("sc://host/;x-secret=abc", AddressError::Unencrypted { host: "host".to_owned() }),
        ] {
            assert_eq!(Address::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_token_is_not_shown_and_not_sent_in_the_open() {
        let address = Address::parse("sc://host:443/;use_ssl=true").expect("an address");
        let with = address.with_token(Secret::new("hush")).expect("it is encrypted");
        assert!(!format!("{with:?}").contains("hush"));
        let open = Address::parse("sc://host:443").expect("an address").with_token(Secret::new("hush"));
        assert_eq!(open, Err(AddressError::Unencrypted { host: "host".to_owned() }));
        let odd = Address::parse("sc://localhost").expect("an address").with_token(Secret::new("a\r\nb"));
        assert_eq!(odd, Err(AddressError::Header { number: 1 }));
    }
}
