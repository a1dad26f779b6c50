//! The client's half of HTTP/2 (RFC 9113), as far as gRPC needs it: a connection carries one request, whose answer is read in
//! the same thread, piece by piece.
//!
//! One call per connection makes the state machine small: no multiplexing, no priorities, no server push. A read that times
//! out is an event of its own, so that the caller can look at its flag and go on.

mod call;
pub(crate) mod frame;
pub(crate) mod hpack;

pub(crate) use call::{Call, Piece, Request};
