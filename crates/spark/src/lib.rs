//! A client of Spark Connect: SQL text in, Arrow messages out.
//!
//! It speaks the part of the protocol that running SQL needs: the version of the server, settings of the session, execution
//! that survives a cut connection, progress, and interruption. The messages are written by hand (no `protoc`), and so is the
//! client's half of HTTP/2, which carries one call per connection: with that there is no asynchronous runtime, a call is a
//! blocking loop that looks at a flag between two reads, and no feature of a library that the rest of the program shares has
//! to change.
//!
//! ```no_run
//! use coroner_spark::{Address, Event, Session};
//!
//! let address = Address::parse("sc://localhost:15002")?;
//! let session = Session::connect(address, None)?;
//! session.query("SELECT 1", None, &mut |event| {
//!     if let Event::Batch(message) = event {
//!         assert!(!message.is_empty(), "a complete Arrow IPC stream");
//!     }
//!     Ok(())
//! })?;
//! # Ok::<(), coroner_spark::SparkError>(())
//! ```

mod address;
mod error;
mod grpc;
mod http2;
mod message;
mod session;
#[cfg(test)]
mod tests;

pub use address::{Address, AddressError, Secret};
pub use error::SparkError;
pub use session::{Event, Patience, Session};
