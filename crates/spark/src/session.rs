//! A session on a server, and queries that survive a cut connection.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use prost::Message;

use crate::{
    address::Address,
    error::SparkError,
    grpc::{Broken, CallError, GrpcCall, Received, Status},
    message as proto,
};

/// How long a call with a short answer may take: a cluster that sleeps is started by the first one.
const SHORT: Duration = Duration::from_mins(10);

/// How long the calls at the end, whose failure changes nothing, may take.
const FAREWELL: Duration = Duration::from_secs(3);

/// The name under which the server lists what this client asks for.
const CLIENT: &str = "coroner";

/// The first version whose executions can be found again after a cut connection.
const OLDEST: (u32, u32) = (3, 5);

/// How often a lost execution is looked for, one time after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Attempts in a row that bring nothing before the query is given up.
    pub attempts: u32,
    /// The pause before the first; each further pause is twice as long.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 7, pause: Duration::from_millis(100) }
    }
}

/// What happens while a query runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Rows, as a complete Arrow IPC stream.
    Batch(&'a [u8]),
    /// Tasks that are done, of those that are known by now.
    Progress {
        /// Tasks done.
        done: u64,
        /// Tasks known.
        of: u64,
    },
    /// The execution was found again after its stream had ended.
    Reattached,
}

/// A session: settings, and a user.
#[derive(Debug)]
pub struct Session {
    address: Address,
    id: String,
    version: String,
    /// The server's own name of the session; none if it gives none.
    named_there: Option<String>,
    patience: Patience,
}

/// A query on its way.
struct Execution {
    operation: String,
    /// The last response that was read.
    last: Option<String>,
    /// Rows read.
    rows: i64,
    /// Attempts in a row without a response.
    attempts: u32,
}

/// What a response means for the query.
enum Next {
    Complete,
    More,
}

impl Session {
    /// Opens a session, and checks the server's version.
    ///
    /// * `cancel`: looked at while the server is awaited.
    ///
    /// # Errors
    ///
    /// When nobody answers, the answer is not a Spark Connect server's, the token is not accepted, or the server is too old.
    pub fn connect(address: Address, cancel: Option<&AtomicBool>) -> Result<Self, SparkError> {
        Self::connect_with(address, Patience::default(), cancel)
    }

    /// The same with another patience.
    ///
    /// # Errors
    ///
    /// As [`Session::connect`].
    pub fn connect_with(
        address: Address,
        patience: Patience,
        cancel: Option<&AtomicBool>,
    ) -> Result<Self, SparkError> {
        let mut session =
            Self { address, id: identifier(), version: String::new(), named_there: None, patience };
        let request = proto::AnalyzePlan {
            session_id: session.id.clone(),
            user_context: Some(session.user()),
            client_type: Some(CLIENT.to_owned()),
            spark_version: Some(proto::Empty {}),
        };
        let answer: proto::Analyzed = session.ask("AnalyzePlan", &request, cancel)?;
        session.named_there = Some(answer.server_session).filter(|name| !name.is_empty());
        session.version = answer.spark_version.map(|version| version.version).unwrap_or_default();
        if is_older(&session.version) {
            let (place, version) = (session.address.place(), session.version.clone());
            return Err(SparkError::TooOld { place, version });
        }
        Ok(session)
    }

    /// The version of Spark that the server runs: `4.0.1`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Host and port, for messages.
    #[must_use]
    pub fn place(&self) -> String {
        self.address.place()
    }

    /// Sets parameters of the session: `spark.sql.session.timeZone` to `UTC`.
    ///
    /// # Errors
    ///
    /// When the server does not know one, or does not allow it.
    pub fn set(&self, settings: &[(&str, &str)]) -> Result<(), SparkError> {
        let pairs = settings
            .iter()
            .map(|&(key, value)| proto::KeyValue { key: key.to_owned(), value: Some(value.to_owned()) });
        let request = proto::Config {
            session_id: self.id.clone(),
            user_context: Some(self.user()),
            operation: Some(proto::ConfigOperation {
                set: Some(proto::ConfigSet { pairs: pairs.collect() }),
            }),
            client_type: Some(CLIENT.to_owned()),
        };
        self.ask::<proto::Empty>("Config", &request, None).map(drop)
    }

    /// Runs a query and hands over what it sends, in order, each row once. Returns the number of rows.
    ///
    /// The server ends a stream after a while (two minutes by its defaults), and connections are cut; in both cases the
    /// execution is found again by its id and goes on after the last response that was read. Only the server's own
    /// message that the result is complete ends it.
    ///
    /// * `cancel`: looked at ten times a second; the server is then told to stop.
    /// * `on_event`: may refuse a batch with a reason.
    ///
    /// # Errors
    ///
    /// When the server cannot run it, when the execution is lost, or when the caller stops it or refuses a batch.
    pub fn query(
        &self,
        sql: &str,
        cancel: Option<&AtomicBool>,
        on_event: &mut dyn FnMut(Event<'_>) -> Result<(), String>,
    ) -> Result<u64, SparkError> {
        let mut execution = Execution { operation: identifier(), last: None, rows: 0, attempts: 0 };
        let done = self.run(sql, &mut execution, cancel, on_event);
        match &done {
            Err(SparkError::Cancelled | SparkError::Answer { .. }) => self.interrupt(&execution.operation),
            // What is lost cannot be released.
            Err(SparkError::Lost { .. } | SparkError::Unreachable { .. }) => {}
            _ => self.release(&execution.operation),
        }
        done.map(|()| execution.rows as u64)
    }

    fn run(
        &self,
        sql: &str,
        execution: &mut Execution,
        cancel: Option<&AtomicBool>,
        on_event: &mut dyn FnMut(Event<'_>) -> Result<(), String>,
    ) -> Result<(), SparkError> {
        let mut call = self.execute(sql, execution);
        loop {
            let broken = match call {
                Ok(mut open) => match self.follow(&mut open, execution, cancel, on_event)? {
                    None => return Ok(()),
                    Some(broken) => broken,
                },
                Err(broken) => broken,
            };
            call = self.again(sql, broken, execution, cancel)?;
            if call.is_ok() {
                on_event(Event::Reattached).map_err(|reason| self.unread(reason))?;
            }
        }
    }

    /// Reads a stream to its end. None if the result is complete, else how the stream ended before that.
    fn follow(
        &self,
        call: &mut GrpcCall<'_>,
        execution: &mut Execution,
        cancel: Option<&AtomicBool>,
        on_event: &mut dyn FnMut(Event<'_>) -> Result<(), String>,
    ) -> Result<Option<CallError>, SparkError> {
        loop {
            if is_set(cancel) {
                return Err(SparkError::Cancelled);
            }
            match call.receive() {
                Ok(Received::Idle) => {}
                Ok(Received::Message(bytes)) => {
                    let response = proto::Response::decode(bytes.as_slice())
                        .map_err(|error| self.unread(error.to_string()))?;
                    execution.attempts = 0;
                    if matches!(self.take(response, execution, on_event)?, Next::Complete) {
                        return Ok(None);
                    }
                }
                Ok(Received::End(status)) => return Ok(Some(CallError::Status(status))),
                Err(broken) => return Ok(Some(CallError::Broken(broken))),
            }
        }
    }

    fn take(
        &self,
        response: proto::Response,
        execution: &mut Execution,
        on_event: &mut dyn FnMut(Event<'_>) -> Result<(), String>,
    ) -> Result<Next, SparkError> {
        if self
            .named_there
            .as_ref()
            .is_some_and(|known| !response.server_session.is_empty() && *known != response.server_session)
        {
            return Err(self.started_anew());
        }
        if !response.id.is_empty() {
            execution.last = Some(response.id);
        }
        let mut tell = |event: Event<'_>| on_event(event).map_err(|reason| self.unread(reason));
        if let Some(progress) = response.progress {
            let sum = |of: fn(&proto::StageInfo) -> i64| {
                progress.stages.iter().map(|stage| of(stage).max(0) as u64).sum::<u64>()
            };
            tell(Event::Progress { done: sum(|stage| stage.completed_tasks), of: sum(|stage| stage.tasks) })?;
        }
        if let Some(batch) = response.arrow_batch {
            if batch.start_offset.is_some_and(|offset| offset != execution.rows) {
                let reason = format!(
                    "rows were lost: those from {} on follow row {}",
                    batch.start_offset.unwrap_or_default(),
                    execution.rows
                );
                return Err(self.unread(reason));
            }
            execution.rows += batch.row_count.max(0);
            tell(Event::Batch(&batch.data))?;
        }
        Ok(if response.result_complete.is_some() { Next::Complete } else { Next::More })
    }

    fn execute(&self, sql: &str, execution: &Execution) -> Result<GrpcCall<'_>, CallError> {
        let request = proto::ExecutePlan {
            session_id: self.id.clone(),
            user_context: Some(self.user()),
            plan: Some(proto::Plan {
                root: Some(proto::Relation { sql: Some(proto::Sql { query: sql.to_owned() }) }),
            }),
            client_type: Some(CLIENT.to_owned()),
            request_options: vec![proto::RequestOption {
                reattach: Some(proto::Reattachable { reattachable: true }),
            }],
            operation_id: Some(execution.operation.clone()),
            tags: vec![CLIENT.to_owned()],
            // A new server would run the query in a session without this one's settings.
            server_session: self.named_there.clone(),
        };
        Ok(GrpcCall::begin(&self.address, "ExecutePlan", &request)?)
    }

    /// Finds an execution again whose stream ended; an error if the server says that there is nothing to find, or after too
    /// many attempts.
    fn again(
        &self,
        sql: &str,
        ended: CallError,
        execution: &mut Execution,
        cancel: Option<&AtomicBool>,
    ) -> Result<Result<GrpcCall<'_>, CallError>, SparkError> {
        let mut is_new = false;
        let reason = match ended {
            // The server's limit on the length of a stream.
            CallError::Status(Status { code: 0, .. }) => {
                // Without a response in between this could go on for ever; each stream lasts long, so it is no hurry.
                execution.attempts = execution.attempts.saturating_sub(1);
                "the stream ended before the result was complete".to_owned()
            }
            CallError::Status(status)
                if execution.last.is_none() && status.class == "INVALID_HANDLE.OPERATION_NOT_FOUND" =>
            {
                is_new = true;
                status.message
            }
            CallError::Status(status) if status.class.starts_with("INVALID_HANDLE") => {
                return Err(self.started_anew());
            }
            CallError::Status(status) if status.is_final() => return Err(self.explained(status)),
            CallError::Status(status) => status.message,
            CallError::Broken(Broken::Cut(reason)) => reason,
            CallError::Broken(Broken::Unreached(SparkError::Unreachable { reason, .. })) => reason,
            CallError::Broken(Broken::Unreached(error) | Broken::Foreign(error)) => return Err(error),
        };
        if execution.attempts >= self.patience.attempts {
            return Err(SparkError::Lost { place: self.place(), reason });
        }
        let pause = self.patience.pause * 2_u32.saturating_pow(execution.attempts.min(16));
        execution.attempts += 1;
        sleep(pause, cancel)?;
        if is_new {
            return Ok(self.execute(sql, execution));
        }
        let request = proto::ReattachExecute {
            session_id: self.id.clone(),
            user_context: Some(self.user()),
            operation_id: execution.operation.clone(),
            client_type: Some(CLIENT.to_owned()),
            last_response_id: execution.last.clone(),
        };
        Ok(GrpcCall::begin(&self.address, "ReattachExecute", &request).map_err(CallError::from))
    }

    /// Tells the server to stop a query, which takes effect with its next task.
    fn interrupt(&self, operation: &str) {
        let request = proto::Interrupt {
            session_id: self.id.clone(),
            user_context: Some(self.user()),
            client_type: Some(CLIENT.to_owned()),
            kind: proto::INTERRUPT_OPERATION,
            operation_id: Some(operation.to_owned()),
        };
        self.tell("Interrupt", &request);
        self.release(operation);
    }

    /// Lets the server forget the responses that it keeps for another attempt.
    fn release(&self, operation: &str) {
        let request = proto::ReleaseExecute {
            session_id: self.id.clone(),
            user_context: Some(self.user()),
            operation_id: operation.to_owned(),
            client_type: Some(CLIENT.to_owned()),
            release_all: Some(proto::Empty {}),
        };
        self.tell("ReleaseExecute", &request);
    }

    /// A call whose failure changes nothing.
    fn tell(&self, method: &str, request: &impl Message) {
        if let Ok(call) = GrpcCall::begin(&self.address, method, request) {
            drop(call.single::<proto::Empty>(FAREWELL, None));
        }
    }

    /// A call with one short answer, tried again where the connection is cut.
    fn ask<M: Message + Default>(
        &self,
        method: &str,
        request: &impl Message,
        cancel: Option<&AtomicBool>,
    ) -> Result<M, SparkError> {
        let mut attempts = 0;
        loop {
            let answer = GrpcCall::begin(&self.address, method, request)
                .map_err(CallError::from)
                .and_then(|call| call.single(SHORT, cancel));
            let reason = match answer {
                Ok(answer) => return Ok(answer),
                Err(CallError::Status(status)) if status.is_final() => {
                    return Err(self.explained(status));
                }
                Err(CallError::Status(status)) => status.message,
                Err(CallError::Broken(Broken::Cut(reason))) => reason,
                Err(CallError::Broken(Broken::Unreached(error) | Broken::Foreign(error))) => {
                    return Err(error);
                }
            };
            if attempts >= self.patience.attempts.min(3) {
                return Err(SparkError::NoServer { place: self.place(), reason });
            }
            sleep(self.patience.pause * 2_u32.pow(attempts), cancel)?;
            attempts += 1;
        }
    }

    fn user(&self) -> proto::UserContext {
        let user = self.address.user.clone();
        proto::UserContext { user_id: user.clone(), user_name: user }
    }

    /// The error of a status, with its cause: a server says that a plan failed, and only on request that a file is closed.
    fn explained(&self, status: Status) -> SparkError {
        if status.id.is_empty() {
            return status.error("", &self.address);
        }
        let request = proto::FetchErrorDetails {
            session_id: self.id.clone(),
            user_context: Some(self.user()),
            error_id: status.id.clone(),
            client_type: Some(CLIENT.to_owned()),
        };
        let answer = GrpcCall::begin(&self.address, "FetchErrorDetails", &request);
        let details = answer.map_err(CallError::from).and_then(|call| call.single(FAREWELL, None));
        let details: proto::ErrorDetails = details.unwrap_or_default();
        status.error(details.innermost().unwrap_or_default(), &self.address)
    }

    fn started_anew(&self) -> SparkError {
        let reason = "the server was started anew, or gave the query up".to_owned();
        SparkError::Lost { place: self.place(), reason }
    }

    fn unread(&self, reason: String) -> SparkError {
        SparkError::Answer { place: self.place(), reason }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.version.is_empty() {
            return;
        }
        let request = proto::ReleaseSession {
            session_id: self.id.clone(),
            user_context: Some(self.user()),
            client_type: Some(CLIENT.to_owned()),
        };
        self.tell("ReleaseSession", &request);
    }
}

fn is_set(cancel: Option<&AtomicBool>) -> bool {
    cancel.is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// Waits, unless the caller stops it.
fn sleep(pause: Duration, cancel: Option<&AtomicBool>) -> Result<(), SparkError> {
    const STEP: Duration = Duration::from_millis(50);
    let mut left = pause;
    while !left.is_zero() {
        if is_set(cancel) {
            return Err(SparkError::Cancelled);
        }
        let step = left.min(STEP);
        std::thread::sleep(step);
        left -= step;
    }
    Ok(())
}

/// Whether a version is older than what is needed; one that is not of the form `4.0.1` is taken as new.
fn is_older(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < OLDEST,
        _ => false,
    }
}

/// A random identifier in the form of a UUID, version 4. The standard library's hash keys come from the system's generator.
fn identifier() -> String {
    let random = || {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(std::process::id());
        hasher.finish()
    };
    let (a, b) = (random(), random());
    let (time, version) = (a >> 16, a & 0x0fff | 0x4000);
    let (variant, node) = (b >> 48 & 0x3fff | 0x8000, b & 0xffff_ffff_ffff);
    format!("{:08x}-{:04x}-{version:04x}-{variant:04x}-{node:012x}", time >> 16, time & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (version, old) in
            [("3.4.1", true), ("2.9", true), ("3.5.0", false), ("4.0.0-SNAPSHOT", false), ("dbr", false)]
        {
            assert_eq!(is_older(version), old, "{version}");
        }
    }

    #[test]
    fn identifiers_are_uuids_that_differ() {
        let (a, b) = (identifier(), identifier());
        assert_ne!(a, b);
        let lengths: Vec<usize> = a.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(a.split('-').nth(2).is_some_and(|part| part.starts_with('4')), "{a}");
    }
}
