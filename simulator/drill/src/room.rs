//! A drill that is being held, and what its server needs of it.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use medtwin_engine::input::Input;
use tokio::sync::watch;

use crate::clock::is_speed;
use crate::error::DrillError;
use crate::exercise::{Exercise, Options};
use crate::floor::{Floor, Order, Shared, Views};
use crate::page::Pages;
use crate::seat::{Seat, Tokens};
use crate::web::{Buckets, Doors, Streams};

/// Orders that may wait for the floor.
const ORDERS: usize = 256;

/// A drill that is being held.
pub struct Room {
    pub(crate) inner: Arc<Inner>,
    floor: Option<JoinHandle<()>>,
    state: PathBuf,
}

/// Closes the server when the floor is left, also by a panic.
struct Over(watch::Sender<bool>);

/// What requests share.
pub(crate) struct Inner {
    pub(crate) tokens: Tokens,
    pub(crate) doors: Doors,
    pub(crate) buckets: Mutex<Buckets>,
    pub(crate) pages: Pages,
    pub(crate) shared: Arc<Shared>,
    orders: SyncSender<Order>,
    instructor: Window,
    player: Window,
    pub(crate) closed: watch::Sender<bool>,
}

/// Where a seat's views come out.
struct Window {
    views: watch::Receiver<Arc<str>>,
    streams: Mutex<Streams>,
}

impl Room {
    /// Opens the exercise: at its start and standing still, or where the journal in the state
    /// directory left it. `finish` is called once, when the exercise ends.
    ///
    /// # Errors
    /// When the exercise cannot be held; the message says what to do.
    pub fn open(
        exercise: &Exercise,
        options: &Options,
        finish: impl FnOnce(&[Input], [u8; 32]) -> Result<String, String> + Send + 'static,
    ) -> Result<Self, DrillError> {
        if !is_speed(options.speed) {
            return Err(DrillError::Speed(options.speed));
        }
        exercise.bedside().ok_or(DrillError::NoBedside)?;
        let shared = Arc::new(Shared::default());
        let (instructor, from_instructor) = watch::channel(Arc::from("{}"));
        let (player, from_player) = watch::channel(Arc::from("{}"));
        let views = Views { instructor, player };
        let (orders, asked) = sync_channel(ORDERS);
        let common = (Arc::clone(&shared), views);
        let floor = Floor::open(exercise, options, common, Box::new(finish))?;
        let inner = Inner {
            tokens: Tokens::kept(&options.state)?,
            doors: Doors::new(options.listen),
            buckets: Mutex::default(),
            pages: Pages::of(exercise),
            shared,
            orders,
            instructor: Window::of(from_instructor),
            player: Window::of(from_player),
            closed: watch::Sender::new(false),
        };
        let floor = hold(floor, asked, Over(inner.closed.clone()))?;
        Ok(Self { inner: Arc::new(inner), floor: Some(floor), state: options.state.clone() })
    }

    /// Leaves the exercise; one that has ended is finished first.
    ///
    /// # Errors
    /// When the floor broke off, or the debrief could not be written.
    pub fn close(mut self) -> Result<(), DrillError> {
        if self.leave().is_err() {
            return Err(DrillError::Broken { path: self.state.clone() });
        }
        match self.inner.shared.debrief.get() {
            Some(Err(why)) => Err(DrillError::Debrief { why: why.clone() }),
            _ => Ok(()),
        }
    }

    fn leave(&mut self) -> std::thread::Result<()> {
        let _ = self.inner.orders.send(Order::Close); // a floor that broke off hears nothing
        self.floor.take().map_or(Ok(()), JoinHandle::join)
    }

    /// The server's routes, for a server or a test.
    pub fn router(&self) -> axum::Router {
        crate::web::router(Arc::clone(&self.inner))
    }

    /// The token of a seat.
    pub fn token(&self, seat: Seat) -> &str {
        self.inner.tokens.text(seat)
    }

    /// Where a seat is entered.
    pub fn address(&self, seat: Seat) -> String {
        let at = self.inner.doors.reached_at();
        format!("http://{at}/{}/?token={}", seat.as_str(), self.token(seat))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.leave();
    }
}

impl Drop for Over {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

fn hold(floor: Floor, asked: Receiver<Order>, over: Over) -> Result<JoinHandle<()>, DrillError> {
    let thread = std::thread::Builder::new().name("drill-floor".to_owned());
    let hold = move || {
        let _over = over;
        floor.hold(&asked);
    };
    thread.spawn(hold).map_err(DrillError::Start)
}

impl Window {
    fn of(views: watch::Receiver<Arc<str>>) -> Self {
        Self { views, streams: Mutex::default() }
    }
}

impl Inner {
    fn window(&self, seat: Seat) -> &Window {
        match seat {
            Seat::Instructor => &self.instructor,
            Seat::Player => &self.player,
        }
    }

    pub(crate) fn views(&self, seat: Seat) -> watch::Receiver<Arc<str>> {
        self.window(seat).views.clone()
    }

    pub(crate) fn streams(&self, seat: Seat) -> &Mutex<Streams> {
        &self.window(seat).streams
    }

    /// Asks the floor; whether it is still there and takes more.
    pub(crate) fn tell(&self, order: Order) -> bool {
        self.orders.try_send(order).is_ok()
    }
}
