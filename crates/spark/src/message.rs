//! The messages of Spark Connect that are used. Numbers are those of `spark/connect/base.proto` and `relations.proto`, which
//! are the same from Spark 3.5 on; fields that are not named here are skipped.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct UserContext {
    #[prost(string, tag = "1")]
    pub(crate) user_id: String,
    #[prost(string, tag = "2")]
    pub(crate) user_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Sql {
    #[prost(string, tag = "1")]
    pub(crate) query: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Relation {
    #[prost(message, optional, tag = "10")]
    pub(crate) sql: Option<Sql>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Plan {
    #[prost(message, optional, tag = "1")]
    pub(crate) root: Option<Relation>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Reattachable {
    #[prost(bool, tag = "1")]
    pub(crate) reattachable: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RequestOption {
    #[prost(message, optional, tag = "1")]
    pub(crate) reattach: Option<Reattachable>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ExecutePlan {
    #[prost(string, tag = "1")]
    pub(crate) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) user_context: Option<UserContext>,
    #[prost(message, optional, tag = "3")]
    pub(crate) plan: Option<Plan>,
    #[prost(string, optional, tag = "4")]
    pub(crate) client_type: Option<String>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) request_options: Vec<RequestOption>,
    #[prost(string, optional, tag = "6")]
    pub(crate) operation_id: Option<String>,
    #[prost(string, repeated, tag = "7")]
    pub(crate) tags: Vec<String>,
    /// The server's own name of the session, which a server that was started anew does not know.
    #[prost(string, optional, tag = "8")]
    pub(crate) server_session: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReattachExecute {
    #[prost(string, tag = "1")]
    pub(crate) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) user_context: Option<UserContext>,
    #[prost(string, tag = "3")]
    pub(crate) operation_id: String,
    #[prost(string, optional, tag = "4")]
    pub(crate) client_type: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub(crate) last_response_id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReleaseExecute {
    #[prost(string, tag = "1")]
    pub(crate) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) user_context: Option<UserContext>,
    #[prost(string, tag = "3")]
    pub(crate) operation_id: String,
    #[prost(string, optional, tag = "4")]
    pub(crate) client_type: Option<String>,
    #[prost(message, optional, tag = "5")]
    pub(crate) release_all: Option<Empty>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReleaseSession {
    #[prost(string, tag = "1")]
    pub(crate) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) user_context: Option<UserContext>,
    #[prost(string, optional, tag = "3")]
    pub(crate) client_type: Option<String>,
}

/// The kind of [`Interrupt`] that stops one operation.
pub(crate) const INTERRUPT_OPERATION: i32 = 3;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Interrupt {
    #[prost(string, tag = "1")]
    pub(crate) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) user_context: Option<UserContext>,
    #[prost(string, optional, tag = "3")]
    pub(crate) client_type: Option<String>,
    #[prost(int32, tag = "4")]
    pub(crate) kind: i32,
    #[prost(string, optional, tag = "6")]
    pub(crate) operation_id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, optional, tag = "2")]
    pub(crate) value: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ConfigSet {
    #[prost(message, repeated, tag = "1")]
    pub(crate) pairs: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ConfigOperation {
    #[prost(message, optional, tag = "1")]
    pub(crate) set: Option<ConfigSet>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Config {
    #[prost(string, tag = "1")]
    pub(crate) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) user_context: Option<UserContext>,
    #[prost(message, optional, tag = "3")]
    pub(crate) operation: Option<ConfigOperation>,
    #[prost(string, optional, tag = "4")]
    pub(crate) client_type: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AnalyzePlan {
    #[prost(string, tag = "1")]
    pub(crate) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) user_context: Option<UserContext>,
    #[prost(string, optional, tag = "3")]
    pub(crate) client_type: Option<String>,
    #[prost(message, optional, tag = "10")]
    pub(crate) spark_version: Option<Empty>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Version {
    #[prost(string, tag = "1")]
    pub(crate) version: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Analyzed {
    #[prost(message, optional, tag = "8")]
    pub(crate) spark_version: Option<Version>,
    /// The server's own name of the session; servers before 4.0 leave it out.
    #[prost(string, tag = "15")]
    pub(crate) server_session: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Empty {}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ArrowBatch {
    #[prost(int64, tag = "1")]
    pub(crate) row_count: i64,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) data: Vec<u8>,
    /// The number of rows before it; servers before 4.0 leave it out.
    #[prost(int64, optional, tag = "3")]
    pub(crate) start_offset: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct StageInfo {
    #[prost(int64, tag = "2")]
    pub(crate) tasks: i64,
    #[prost(int64, tag = "3")]
    pub(crate) completed_tasks: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Progress {
    #[prost(message, repeated, tag = "1")]
    pub(crate) stages: Vec<StageInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Response {
    #[prost(message, optional, tag = "2")]
    pub(crate) arrow_batch: Option<ArrowBatch>,
    #[prost(string, tag = "13")]
    pub(crate) id: String,
    #[prost(message, optional, tag = "14")]
    pub(crate) result_complete: Option<Empty>,
    #[prost(string, tag = "15")]
    pub(crate) server_session: String,
    #[prost(message, optional, tag = "18")]
    pub(crate) progress: Option<Progress>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

/// `google.rpc.Status`, the details of an error.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct StatusDetails {
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<Any>,
}

/// `google.rpc.ErrorInfo`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ErrorInfo {
    #[prost(string, tag = "1")]
    pub(crate) reason: String,
    #[prost(map = "string, string", tag = "3")]
    pub(crate) metadata: std::collections::HashMap<String, String>,
}

/// Asks for the causes of an error.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct FetchErrorDetails {
    #[prost(string, tag = "1")]
    pub(crate) session_id: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) user_context: Option<UserContext>,
    #[prost(string, tag = "3")]
    pub(crate) error_id: String,
    #[prost(string, optional, tag = "4")]
    pub(crate) client_type: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ErrorDetails {
    #[prost(int32, optional, tag = "1")]
    pub(crate) root: Option<i32>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) errors: Vec<Thrown>,
}

/// An exception of the server.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Thrown {
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    /// The place of its cause among all errors.
    #[prost(int32, optional, tag = "4")]
    pub(crate) cause: Option<i32>,
}

impl ErrorDetails {
    /// The message of the innermost cause; none if the error has no cause.
    pub(crate) fn innermost(&self) -> Option<&str> {
        let at = |index: i32| self.errors.get(usize::try_from(index).ok()?);
        let root = at(self.root?)?;
        let mut thrown = root;
        // A chain has fewer links than there are errors; a circle, which a server could send, is left before it closes.
        for _ in 1..self.errors.len() {
            match thrown.cause.and_then(at) {
                Some(cause) => thrown = cause,
                None => break,
            }
        }
        (thrown != root && !thrown.message.is_empty()).then_some(thrown.message.as_str())
    }
}
