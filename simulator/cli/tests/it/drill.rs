//! A drill as its users hold it: the program, its addresses, and requests over a real connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::FIRST;

const LEAD: &str = "instructor";
const PLAYER: &str = "player";
const EAT: &str = r#"{"do":"eat","carbs_g":1}"#;

/// A drill that is being held.
struct Drill {
    process: Child,
    at: String,
    tokens: [String; 2],
    acts: u32,
}

impl Drill {
    fn start(state: &Path) -> Self {
        Self::started_by(Command::new(env!("CARGO_BIN_EXE_medtwin")), state)
    }

    fn started_by(mut command: Command, state: &Path) -> Self {
        command.args(["drill", FIRST, "--listen", "127.0.0.1:0", "--state"]).arg(state);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("medtwin runs");
        let said = BufReader::new(process.stdout.take().expect("an output")).lines();
        let addresses: Vec<_> =
            said.map_while(Result::ok).filter(|line| line.contains("?token=")).take(2).collect();
        let token = |seat: usize| addresses[seat].rsplit('=').next().expect("a token").to_owned();
        let at = addresses[0].split('/').nth(2).expect("an address").to_owned();
        Self { process, at, tokens: [token(0), token(1)], acts: 0 }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.at).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        stream
    }

    /// A request, as it goes over the wire.
    fn request(&mut self, seat: &str, path: &str, body: &str) -> String {
        self.acts += 1;
        let (token, at) = (&self.tokens[usize::from(seat == PLAYER)], &self.at);
        format!(
            "POST /{seat}/{path} HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nIdempotency-Key: test-key-{:06}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.acts,
            body.len()
        )
    }

    /// The status of an answer to a request on a connection of its own.
    fn post(&mut self, seat: &str, path: &str, body: &str) -> u16 {
        let request = self.request(seat, path, body);
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).expect("sent");
        status(&mut stream)
    }

    fn step(&mut self, minutes: f64) {
        let body = format!(r#"{{"do":"step","minutes":{minutes}}}"#);
        assert_eq!(self.post(LEAD, "clock", &body), 200);
    }

    /// Ends and closes it; how the program ended.
    fn end(mut self) -> Option<i32> {
        assert_eq!(self.post(LEAD, "end", "{}"), 200);
        self.post(LEAD, "close", "{}");
        self.process.wait().expect("an end").code()
    }
}

impl Drop for Drill {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads one answer, and nothing beyond it.
fn status(stream: &mut TcpStream) -> u16 {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("an answer");
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let mut body = vec![0; length.and_then(|text| text.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).expect("a body");
    head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status")
}

fn arms(state: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(state.join("run.json")).expect("a run.json");
    let run: Value = serde_json::from_str(&text).expect("JSON");
    run["arms"].as_array().expect("arms").clone()
}

fn arm<'a>(arms: &'a [Value], name: &str) -> &'a Value {
    let found = arms.iter().find(|arm| arm["arm"] == name);
    found.unwrap_or_else(|| panic!("no {name} among {arms:?}"))
}

#[test]
fn what_an_instructor_starts_is_in_every_attacked_run() {
    let state = tempfile::tempdir().expect("a directory");
    let mut drill = Drill::start(state.path());
    drill.step(5.0);
    assert_eq!(drill.post(LEAD, "act", r#"{"do":"start-step","step":0}"#), 200);
    drill.step(5.0);
    assert_eq!(drill.end(), Some(0));
    let arms = arms(state.path());
    let print = |name: &str| arm(&arms, name)["fingerprint"].clone();
    assert_eq!(print("as-sold/attack"), print("as-sold/drill"));
    assert!(!arms.iter().any(|arm| arm["arm"].as_str().is_some_and(|n| n.contains("without"))));
}

#[test]
fn an_act_that_does_nothing_changes_nothing() {
    let state = tempfile::tempdir().expect("a directory");
    let mut drill = Drill::start(state.path());
    drill.step(5.0);
    assert_eq!(drill.post(PLAYER, "act", EAT), 200);
    assert_eq!(drill.end(), Some(0));
    let arms = arms(state.path());
    let with = &arm(&arms, "as-sold/drill")["metrics"];
    let without = &arm(&arms, "as-sold/drill-without-1")["metrics"];
    // The wearer, whose hands are the team's, does not come back to stop the pump.
    assert_eq!(with["INT-1.forged_u"], without["INT-1.forged_u"]);
    let minutes = |of: &Value| of["SAF.minutes_below_54.alex"].as_f64().expect("minutes");
    assert!((minutes(with) - minutes(without)).abs() < 3.0, "{with} {without}");
    let kept: Vec<_> = std::fs::read_dir(state.path().join("traces")).expect("traces").collect();
    assert_eq!(kept.len(), 3, "clean, attack, drill");
    let replay = crate::medtwin(&["replay", state.path().to_str().expect("a path")]);
    assert!(replay.status.success(), "{}", String::from_utf8_lossy(&replay.stdout));
}

#[test]
fn a_team_that_is_faster_than_the_attack_is_told_so() {
    let state = tempfile::tempdir().expect("a directory");
    let mut drill = Drill::start(state.path());
    drill.step(1.0);
    assert_eq!(drill.post(PLAYER, "act", r#"{"do":"remote-off"}"#), 200);
    assert_eq!(drill.end(), Some(0));
    let page = std::fs::read_to_string(state.path().join("debrief.html")).expect("a page");
    assert!(page.contains("The team kept the attack from taking effect"), "{page}");
    let row = page.split("its first effect, with the team").nth(1).expect("a row");
    assert!(row.split("</tr>").next().is_some_and(|row| row.contains("never")), "{row}");
}

#[test]
fn what_many_acts_changed_is_told_of_the_first_fifty() {
    let state = tempfile::tempdir().expect("a directory");
    let mut drill = Drill::start(state.path());
    drill.step(1.0);
    let mut stream = drill.connect();
    for _ in 0..60 {
        std::thread::sleep(Duration::from_millis(20)); // a seat may ask so often
        let request = drill.request(PLAYER, "act", EAT);
        stream.write_all(request.as_bytes()).expect("sent");
        assert_eq!(status(&mut stream), 200);
    }
    assert_eq!(drill.end(), Some(0));
    assert_eq!(arms(state.path()).len(), 3 + 50);
    let page = std::fs::read_to_string(state.path().join("debrief.html")).expect("a page");
    assert_eq!(page.matches("not looked at").count(), 10);
}

#[test]
fn a_crowd_that_says_nothing_keeps_no_stop_out() {
    let state = tempfile::tempdir().expect("a directory");
    let mut drill = Drill::start(state.path());
    let crowd: Vec<_> = (0..300).map(|_| drill.connect()).collect();
    let asks = drill.request(PLAYER, "events", "").replacen("POST", "GET", 1);
    let slow: Vec<_> = (0..60).map(|_| drill.connect()).collect();
    slow.iter().for_each(|mut stream| drop(stream.write_all(asks.as_bytes())));
    let began = Instant::now();
    assert_eq!(drill.post(LEAD, "stop", "{}"), 200);
    assert_eq!(drill.post(PLAYER, "stop", "{}"), 200);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    drop((crowd, slow));
}

#[test]
fn a_connection_serves_again_after_a_stop() {
    let state = tempfile::tempdir().expect("a directory");
    let mut drill = Drill::start(state.path());
    let mut stream = drill.connect();
    for _ in 0..20 {
        let request = drill.request(PLAYER, "stop", r#"{"why":"a body that nobody asked for"}"#);
        stream.write_all(request.as_bytes()).expect("sent");
        assert_eq!(status(&mut stream), 200);
    }
}

#[test]
fn a_debrief_that_cannot_be_written_is_not_a_success_and_is_written_the_next_time() {
    for in_the_way in ["traces/as-sold.clean.trace", "report.html", "debrief.html"] {
        let state = tempfile::tempdir().expect("a directory");
        let file = state.path().join(in_the_way);
        std::fs::create_dir_all(&file).expect("a directory in the way");
        let mut drill = Drill::start(state.path());
        drill.step(5.0);
        assert_eq!(drill.end(), Some(2), "{in_the_way}");
        std::fs::remove_dir(&file).expect("out of the way");
        let mut again = Drill::start(state.path());
        again.post(LEAD, "close", "{}");
        assert_eq!(again.process.wait().expect("an end").code(), Some(0), "{in_the_way}");
        for left in ["debrief.html", "report.html", "run.json"] {
            assert!(state.path().join(left).is_file(), "{left} after {in_the_way}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_drill_that_is_left_goes_on_where_it_was() {
    let state = tempfile::tempdir().expect("a directory");
    let mut drill = Drill::start(state.path());
    assert_eq!(drill.post(LEAD, "clock", r#"{"do":"speed","x":600}"#), 200);
    assert_eq!(drill.post(LEAD, "clock", r#"{"do":"resume"}"#), 200);
    std::thread::sleep(Duration::from_millis(700)); // less than the second after which time is kept
    let pid = drill.process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().is_ok_and(|kill| kill.success()));
    assert_eq!(drill.process.wait().expect("an end").code(), Some(0));
    let text = std::fs::read_to_string(state.path().join("inputs.jsonl")).expect("a journal");
    let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert!(last["reached_ns"].as_u64() > Some(200_000_000_000), "{last}");
}

#[cfg(unix)]
#[test]
fn on_a_full_disk_nothing_is_acknowledged_that_is_not_kept() {
    let state = tempfile::tempdir().expect("a directory");
    let mut shell = Command::new("sh");
    let limited = r#"trap '' XFSZ; ulimit -f 1; exec "$0" "$@""#;
    shell.args(["-c", limited, env!("CARGO_BIN_EXE_medtwin")]);
    let mut drill = Drill::started_by(shell, state.path());
    let step = |drill: &mut Drill| drill.post(LEAD, "clock", r#"{"do":"step","minutes":0.1}"#);
    let refused = (0..100).map(|_| step(&mut drill)).find(|status| *status != 200);
    assert_eq!(refused, Some(503), "a journal of half a kilobyte is full at some time");
    assert_eq!(drill.post(PLAYER, "act", EAT), 503);
    assert_eq!(drill.post(PLAYER, "stop", "{}"), 503);
    assert_eq!(drill.post(LEAD, "end", "{}"), 503);
    let text = std::fs::read_to_string(state.path().join("inputs.jsonl")).expect("a journal");
    assert!(text.ends_with("}\n") && !text.contains("ended"), "{text}");
}
