//! Serving a drill until it is closed.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use medtwin_engine::input::Input;
use tokio::net::{TcpListener, TcpStream};

use crate::connections::Connections;
use crate::error::DrillError;
use crate::exercise::{Exercise, Options};
use crate::room::Room;
use crate::seat::Seat;

/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(5);

/// Holds `exercise` until Ctrl-C, or until the instructor closes it.
///
/// `finish` is called once when the exercise ends, by the instructor or at its horizon, with the
/// inputs and the fingerprint of the live trace. It writes what is left of the drill and returns the
/// after-action page, one self-contained HTML text.
///
/// # Errors
/// When the exercise cannot be held; the message says what to do.
pub fn serve(
    exercise: Exercise,
    options: &Options,
    finish: impl FnOnce(&[Input], [u8; 32]) -> Result<String, String> + Send + 'static,
) -> Result<(), DrillError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(DrillError::Start)?.block_on(async {
        let unheard = |source| DrillError::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(unheard)?;
        let listen = listener.local_addr().map_err(unheard)?;
        let options = Options { listen, ..options.clone() };
        let room = Room::open(&exercise, &options, finish)?;
        drop(exercise);
        announce(&room, &options);
        let mut closed = room.inner.closed.subscribe();
        tokio::select! {
            () = accept(&listener, room.router()) => {}
            _ = closed.wait_for(|closed| *closed) => {
                tokio::time::sleep(Duration::from_millis(300)).await; // the last answer goes out
            }
            _ = tokio::signal::ctrl_c() => {}
        }
        room.close()
    })
}

fn announce(room: &Room, options: &Options) {
    let mut lines = vec![
        "EXERCISE: a simulated patient; no device is connected".to_owned(),
        format!("instructor  {}", room.address(Seat::Instructor)),
        format!("player      {}", room.address(Seat::Player)),
        format!("kept in     {}", options.state.display()),
        "Ctrl-C leaves; the same command goes on where it was".to_owned(),
    ];
    if options.listen.ip().is_unspecified() {
        let here = room.inner.doors.reached_at().ip();
        let text = format!("            elsewhere, with this machine's own address for {here}");
        lines.insert(3, text);
    }
    // Who closed our output can still use the pages.
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
    if !options.listen.ip().is_loopback() {
        eprintln!(
            "warning: listening on {}, beyond this machine, without encryption: whoever sees the \
             traffic sees the tokens",
            options.listen
        );
    }
}

async fn accept(listener: &TcpListener, router: axum::Router) {
    let connections = Arc::new(Connections::default());
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await; // out of file handles, for now
            continue;
        };
        let caller = connections.caller();
        let task = tokio::spawn(talk(stream, router.clone().layer(Extension(caller.clone()))));
        caller.is_served_by(task.abort_handle());
        tokio::task::yield_now().await; // what it has sent is read before the next is let in
    }
}

/// Serves a connection. One that breaks is the client's matter.
async fn talk(stream: TcpStream, router: axum::Router) {
    let _ = stream.set_nodelay(true);
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
}
