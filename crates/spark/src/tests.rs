//! The client against a server of a few lines, which answers as it is told.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use prost::Message;

use crate::{
    Address, Event, Patience, Session, SparkError,
    http2::{
        frame::{Frame, Kind, PREFACE, flag},
        hpack,
    },
    message as proto,
};

/// What the server does with a call.
#[derive(Debug, Clone)]
enum Answer {
    /// Messages, then the status 0: for a query, the end of a stream.
    Stream(Vec<Vec<u8>>),
    /// Messages, then the connection is closed.
    Cut(Vec<Vec<u8>>),
    /// A status with message, class of error and SQL state.
    Status(u32, &'static str, &'static str),
    /// Nothing, until the client goes.
    Silence,
    /// An answer of HTTP that is not gRPC.
    Page(&'static str),
}

/// A call as the server saw it.
#[derive(Debug, Clone)]
struct Seen {
    method: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers calls of queries in order; others as a server of a version does.
    fn start(version: &'static str, answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
        let log = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answers) = (Arc::clone(&log), Arc::clone(&answers));
                std::thread::spawn(move || serve(stream, version, &log, &answers));
            }
        });
        Self { port, seen }
    }

    fn address(&self) -> Address {
        Address::parse(&format!("sc://127.0.0.1:{}/;user_id=ada", self.port)).expect("an address")
    }

    fn session(&self) -> Session {
        let patience = Patience { attempts: 3, pause: Duration::from_millis(1) };
        Session::connect_with(self.address(), patience, None).expect("a session")
    }

    fn methods(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("no panic");
        seen.iter().map(|call| call.method.clone()).collect()
    }

    fn bodies(&self, method: &str) -> Vec<Vec<u8>> {
        let seen = self.seen.lock().expect("no panic");
        seen.iter().filter(|call| call.method == method).map(|call| call.body.clone()).collect()
    }
}

/// Reads one call, and answers it. Errors are the client's leaving.
fn serve(
    mut stream: TcpStream,
    version: &'static str,
    log: &Mutex<Vec<Seen>>,
    answers: &Mutex<VecDeque<Answer>>,
) -> Option<()> {
    let call = receive(&mut stream)?;
    let method = call.method.clone();
    log.lock().ok()?.push(call);
    let answer = match method.as_str() {
        "AnalyzePlan" => {
            let version = proto::Version { version: version.to_owned() };
            Answer::Stream(vec![
                proto::Analyzed { spark_version: Some(version), server_session: "first".to_owned() }
                    .encode_to_vec(),
            ])
        }
        "FetchErrorDetails" => Answer::Stream(vec![causes()]),
        "ExecutePlan" | "ReattachExecute" => answers.lock().ok()?.pop_front()?,
        _ => Answer::Stream(vec![Vec::new()]),
    };
    respond(&mut stream, &answer)
}

fn receive(stream: &mut TcpStream) -> Option<Seen> {
    let (mut received, mut headers, mut body) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = [0; 4096];
    let mut is_greeted = false;
    loop {
        let read = stream.read(&mut bytes).ok().filter(|read| *read > 0)?;
        received.extend_from_slice(&bytes[..read]);
        if !is_greeted && received.len() >= PREFACE.len() {
            assert_eq!(received.drain(..PREFACE.len()).collect::<Vec<_>>(), PREFACE);
            is_greeted = true;
            let mut out = Vec::new();
            Frame::write(&mut out, Kind::Settings, 0, 0, &[]);
            stream.write_all(&out).ok()?;
        }
        while let Some(frame) = Frame::take(&mut received).expect("frames").filter(|_| is_greeted) {
            match frame.kind {
                Kind::Headers | Kind::Continuation => headers.extend(frame.payload),
                Kind::Data => {
                    body.extend_from_slice(&frame.payload);
                    // The window of 65 535 bytes is given back, so that long requests get through.
                    let mut out = Vec::new();
                    let more = (frame.payload.len() as u32).to_be_bytes();
                    for id in [0, 1] {
                        Frame::write(&mut out, Kind::WindowUpdate, 0, id, &more);
                    }
                    stream.write_all(&out).ok()?;
                    if frame.has(flag::END_STREAM) {
                        let headers = hpack::read(&headers).expect("headers");
                        let path = headers.iter().find(|(name, _)| name == ":path").expect("a path");
                        let path = String::from_utf8_lossy(&path.1).into_owned();
                        let method = path.rsplit('/').next().unwrap_or_default().to_owned();
                        return Some(Seen { method, headers, body: body.split_off(5) });
                    }
                }
                _ => {}
            }
        }
    }
}

fn respond(stream: &mut TcpStream, answer: &Answer) -> Option<()> {
    let mut out = Vec::new();
    let headers = |out: &mut Vec<u8>, flags: u8, pairs: &[(&str, &str)]| {
        let mut block = Vec::new();
        pairs.iter().for_each(|(name, value)| hpack::write(&mut block, name, value.as_bytes(), false));
        Frame::write(out, Kind::Headers, flags | flag::END_HEADERS, 1, &block);
    };
    let begin = [(":status", "200"), ("content-type", "application/grpc")];
    match answer {
        Answer::Silence => {
            let _ = stream.read_to_end(&mut Vec::new());
            return None;
        }
        Answer::Page(status) => headers(&mut out, flag::END_STREAM, &[(":status", status)]),
        Answer::Status(code, message, class) => {
            let details = details(class);
            let code = code.to_string();
            let status = [
                ("grpc-status", code.as_str()),
                ("grpc-message", message),
                ("grpc-status-details-bin", &details),
            ];
            headers(&mut out, flag::END_STREAM, &[&begin[..], &status].concat());
        }
        Answer::Stream(messages) | Answer::Cut(messages) => {
            headers(&mut out, 0, &begin);
            for message in messages {
                let mut framed = vec![0];
                framed.extend((message.len() as u32).to_be_bytes());
                framed.extend(message);
                // In small frames, so that messages and frames do not end together.
                framed.chunks(1000).for_each(|part| Frame::write(&mut out, Kind::Data, 0, 1, part));
            }
            if matches!(answer, Answer::Stream(_)) {
                headers(&mut out, flag::END_STREAM, &[("grpc-status", "0")]);
            }
        }
    }
    stream.write_all(&out).ok()?;
    stream.shutdown(std::net::Shutdown::Write).ok()
}

fn details(class: &str) -> String {
    let metadata = [("errorClass", class), ("errorId", "17")];
    let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let info = proto::ErrorInfo { reason: "org.apache.spark.sql.AnalysisException".to_owned(), metadata };
    let any = proto::Any {
        type_url: "type.googleapis.com/google.rpc.ErrorInfo".to_owned(),
        value: info.encode_to_vec(),
    };
    BASE64_STANDARD_NO_PAD.encode(proto::StatusDetails { details: vec![any] }.encode_to_vec())
}

/// The causes of every error of this server.
fn causes() -> Vec<u8> {
    let thrown = |message: &str, cause: Option<i32>| proto::Thrown { message: message.to_owned(), cause };
    let errors = vec![
        thrown("Failed to create a plan", Some(2)),
        thrown("[CLASS] /log/part-0.parquet is closed", None),
        thrown("a job failed", Some(1)),
    ];
    proto::ErrorDetails { root: Some(0), errors }.encode_to_vec()
}

/// A response with some rows.
fn rows(id: &str, from: i64, count: i64) -> Vec<u8> {
    let data = vec![b'x'; count as usize];
    let batch = proto::ArrowBatch { row_count: count, data, start_offset: Some(from) };
    proto::Response { arrow_batch: Some(batch), id: id.to_owned(), ..Default::default() }.encode_to_vec()
}

fn complete() -> Vec<u8> {
    let complete = Some(proto::Empty {});
    proto::Response { result_complete: complete, id: "end".to_owned(), ..Default::default() }.encode_to_vec()
}

/// Rows by the server's count, bytes of batches, and streams found again.
fn run(session: &Session) -> Result<(u64, usize, usize), SparkError> {
    let (mut bytes, mut again) = (0, 0);
    let rows = session.query("SELECT 1", None, &mut |event| {
        match event {
            Event::Batch(batch) => bytes += batch.len(),
            Event::Reattached => again += 1,
            Event::Progress { .. } => {}
        }
        Ok(())
    })?;
    Ok((rows, bytes, again))
}

#[test]
fn a_query_gives_all_rows_and_is_released() {
    let server = Server::start(
        "4.0.1",
        vec![Answer::Stream(vec![rows("1", 0, 3000), rows("2", 3000, 5), complete()])],
    );
    let session = server.session();
    assert_eq!(session.version(), "4.0.1");
    assert_eq!(run(&session), Ok((3005, 3005, 0)));
    drop(session);
    assert_eq!(server.methods(), ["AnalyzePlan", "ExecutePlan", "ReleaseExecute", "ReleaseSession"]);
}

#[test]
fn cut_connections_and_ended_streams_lose_no_row() {
    let server = Server::start(
        "3.5.0",
        vec![
            Answer::Stream(vec![rows("1", 0, 10)]),
            Answer::Cut(vec![rows("2", 10, 10)]),
            Answer::Status(14, "away", ""),
            Answer::Status(13, "busy", "INVALID_CURSOR.DISCONNECTED"),
            Answer::Stream(vec![]),
            Answer::Stream(vec![rows("3", 20, 1), complete()]),
        ],
    );
    assert_eq!(run(&server.session()).expect("all rows"), (21, 21, 5));
    let lasts: Vec<Option<String>> = server
        .bodies("ReattachExecute")
        .iter()
        .map(|body| proto::ReattachExecute::decode(body.as_slice()).expect("a request").last_response_id)
        .collect();
    let wanted = ["1", "2", "2", "2", "2"].map(|id| Some(id.to_owned()));
    assert_eq!(lasts, wanted);
}

#[test]
fn streams_that_end_without_rows_are_waited_for() {
    let mut answers = vec![Answer::Stream(vec![]); 12];
    answers.push(Answer::Stream(vec![rows("1", 0, 1), complete()]));
    assert_eq!(run(&Server::start("3.5.0", answers).session()).expect("a row").0, 1);
}

#[test]
fn one_user_and_one_session_ask_for_everything() {
    let server = Server::start("4.0.0", vec![Answer::Stream(vec![complete()])]);
    let session = server.session();
    session.set(&[("spark.sql.session.timeZone", "UTC")]).expect("it is set");
    run(&session).expect("no rows");
    drop(session);
    let seen = server.seen.lock().expect("no panic");
    let who: Vec<(String, String)> = seen
        .iter()
        .map(|call| {
            // Session and user have the same numbers in every request.
            let request = proto::ReleaseSession::decode(call.body.as_slice()).expect("a request");
            (request.session_id, request.user_context.expect("a user").user_id)
        })
        .collect();
    assert_eq!(who.len(), 5);
    assert!(who.iter().all(|one| one == &who[0] && one.1 == "ada"), "{who:?}");
}

#[test]
fn what_the_server_says_is_an_error_with_its_class() {
    let message = "[TABLE_OR_VIEW_NOT_FOUND] The table `t` cannot be found. SQLSTATE: 42P01";
    let server = Server::start("4.0.0", vec![Answer::Status(13, message, "TABLE_OR_VIEW_NOT_FOUND")]);
    let error = run(&server.session()).expect_err("no table");
    assert!(error.is_of("TABLE_OR_VIEW_NOT_FOUND"), "{error:?}");
    // What caused it is asked for.
    assert_eq!(error.to_string(), "The table `t` cannot be found: /log/part-0.parquet is closed");
    for (code, message, class, want) in [
        (16, "Invalid authentication token", "", "does not accept the token: Invalid authentication token"),
        (7, "no", "", "not allowed: no"),
        (13, "User does not have SELECT on table t", "INSUFFICIENT_PERMISSIONS", "not allowed: User"),
        (2, "AccessControlException: Permission denied: user=ada", "", "not allowed: "),
        (13, "gone", "INVALID_HANDLE.SESSION_NOT_FOUND", "was lost: the server was started anew"),
    ] {
        let server = Server::start("4.0.0", vec![Answer::Status(code, message, class)]);
        let error = run(&server.session()).expect_err(message).to_string();
        assert!(error.contains(want), "{error}");
    }
}

#[test]
fn a_file_that_the_server_may_not_read_is_no_permission() {
    let mut status = proto::ErrorDetails::decode(causes().as_slice()).expect("causes");
    assert_eq!(status.innermost(), Some("[CLASS] /log/part-0.parquet is closed"));
    status.errors[1].cause = Some(0);
    assert!(status.innermost().is_some(), "a circle ends");
    status.errors[0].cause = None;
    assert_eq!(status.innermost(), None);
    let status = crate::grpc::Status {
        code: 13,
        message: "Failed to create a plan".to_owned(),
        class: "FAILED_TO_CREATE_PLAN_FOR_DIRECT_QUERY".to_owned(),
        state: "58030".to_owned(),
        id: "17".to_owned(),
    };
    let address = Address::parse("sc://localhost").expect("an address");
    let error = status.error("/log/part-0.parquet (Permission denied)", &address);
    assert!(matches!(error, SparkError::Denied { .. }), "{error:?}");
    assert!(error.to_string().ends_with("/log/part-0.parquet (Permission denied)"), "{error}");
}

#[test]
fn a_query_that_never_arrived_is_sent_again() {
    let server = Server::start(
        "4.0.0",
        vec![
            Answer::Cut(vec![]),
            Answer::Status(13, "none", "INVALID_HANDLE.OPERATION_NOT_FOUND"),
            Answer::Stream(vec![rows("1", 0, 2), complete()]),
        ],
    );
    assert_eq!(run(&server.session()).expect("two rows").0, 2);
    assert_eq!(server.bodies("ExecutePlan").len(), 2);
}

#[test]
fn a_server_that_was_started_anew_is_noticed() {
    let of = |server_session: &str| {
        let response =
            proto::Response { server_session: server_session.to_owned(), ..proto::Response::default() };
        Answer::Stream(vec![response.encode_to_vec(), rows("1", 0, 2), complete()])
    };
    let server = Server::start("4.0.0", vec![of("first"), of("second")]);
    let session = server.session();
    assert_eq!(run(&session).expect("two rows").0, 2);
    let error = run(&session).expect_err("settings are lost").to_string();
    assert!(error.contains("started anew"), "{error}");
    let sent =
        server.bodies("ExecutePlan").into_iter().map(|body| proto::ExecutePlan::decode(body.as_slice()));
    assert!(sent.into_iter().all(|plan| plan.expect("a plan").server_session.as_deref() == Some("first")));
}

#[test]
fn lost_rows_are_an_error() {
    let answers = vec![Answer::Stream(vec![rows("1", 0, 2), rows("2", 3, 1), complete()])];
    let error = run(&Server::start("4.0.0", answers).session()).expect_err("a gap").to_string();
    assert!(error.contains("rows were lost"), "{error}");
}

#[test]
fn a_server_that_went_away_is_an_error_after_some_attempts() {
    let server = Server::start("4.0.0", vec![Answer::Cut(vec![rows("1", 0, 2)])]);
    // Calls beyond the first find no answer: their connections are closed.
    let error = run(&server.session()).expect_err("half of a result");
    assert!(matches!(error, SparkError::Lost { .. }), "{error:?}");
    assert_eq!(server.bodies("ReattachExecute").len(), 3);
}

#[test]
fn a_query_is_interrupted() {
    let server = Server::start("4.0.0", vec![Answer::Silence]);
    let session = server.session();
    let cancel = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while server.bodies("ExecutePlan").is_empty() {
                std::thread::yield_now();
            }
            cancel.store(true, Ordering::Relaxed);
        });
        let done = session.query("SELECT 1", Some(&cancel), &mut |_| Ok(()));
        assert_eq!(done, Err(SparkError::Cancelled));
    });
    let execution =
        proto::ExecutePlan::decode(server.bodies("ExecutePlan")[0].as_slice()).expect("a request");
    let interrupt = proto::Interrupt::decode(server.bodies("Interrupt")[0].as_slice()).expect("a request");
    assert_eq!(interrupt.operation_id, execution.operation_id);
}

#[test]
fn nobody_at_a_port_is_said_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let began = Instant::now();
    let address = Address::parse(&format!("sc://127.0.0.1:{port}")).expect("an address");
    let error = Session::connect(address, None).expect_err("nobody");
    assert!(
        matches!(&error, SparkError::Unreachable { reason, .. } if reason == "connection refused"),
        "{error:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn other_servers_are_told_apart() {
    let old = Server::start("3.4.1", vec![]);
    let error = Session::connect(old.address(), None).expect_err("too old");
    assert!(matches!(&error, SparkError::TooOld { version, .. } if version == "3.4.1"), "{error:?}");
    for (status, want) in
        [("404", "HTTP status 404"), ("401", "does not accept the token"), ("403", "not allowed")]
    {
        let server = Server::start("4.0.0", vec![Answer::Page(status)]);
        let error = run(&server.session()).expect_err(status).to_string();
        assert!(error.contains(want), "{error}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let address = Address::parse(&format!("sc://127.0.0.1:{port}")).expect("an address");
    let patience = Patience { attempts: 1, pause: Duration::from_millis(1) };
    let error = Session::connect_with(address, patience, None).expect_err("a web server");
    assert!(matches!(error, SparkError::NoServer { .. }), "{error:?}");
}

#[test]
fn a_token_is_sent_with_every_call() {
    let server = Server::start("4.0.0", vec![Answer::Stream(vec![complete()])]);
    let address = server.address().with_token(crate::Secret::new("hush")).expect("this machine");
    let session = Session::connect(address, None).expect("a session");
    run(&session).expect("no rows");
    drop(session);
    let seen = server.seen.lock().expect("no panic");
    let bearer = ("authorization".to_owned(), b"Bearer hush".to_vec());
    assert!(seen.len() == 4 && seen.iter().all(|call| call.headers.contains(&bearer)));
}

#[test]
fn long_requests_wait_for_the_servers_window() {
    let server = Server::start("4.0.0", vec![Answer::Stream(vec![complete()])]);
    let session = server.session();
    let sql = format!("SELECT '{}'", "a".repeat(400_000));
    session.query(&sql, None, &mut |_| Ok(())).expect("no rows");
    let request = proto::ExecutePlan::decode(server.bodies("ExecutePlan")[0].as_slice()).expect("a request");
    assert_eq!(request.plan.and_then(|plan| plan.root?.sql).expect("a query").query, sql);
}
