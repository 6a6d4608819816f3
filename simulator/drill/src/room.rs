//! A drill that is being held, and what its server needs of it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use medtwin_engine::input::Input;
use tokio::sync::{Semaphore, watch};

use crate::clock::is_speed;
use crate::error::DrillError;
use crate::exercise::{Exercise, Options};
use crate::floor::{Floor, Order, Shared, Views};
use crate::page::Pages;
use crate::seat::{Seat, Tokens};
use crate::web::{Buckets, Doors};

/// Event streams that a seat may have open.
const STREAMS: usize = 8;

/// A drill that is being held.
pub struct Room {
    pub(crate) inner: Arc<Inner>,
    floor: Option<JoinHandle<()>>,
}

/// What requests share.
pub(crate) struct Inner {
    pub(crate) tokens: Tokens,
    pub(crate) doors: Doors,
    pub(crate) buckets: Mutex<Buckets>,
    pub(crate) pages: Pages,
    pub(crate) shared: Arc<Shared>,
    orders: Sender<Order>,
    instructor: Window,
    player: Window,
    pub(crate) closed: watch::Sender<bool>,
}

/// Where a seat's views come out.
struct Window {
    views: watch::Receiver<Arc<str>>,
    streams: Arc<Semaphore>,
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
        let (orders, asked) = channel();
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
        let floor = hold(floor, asked)?;
        Ok(Self { inner: Arc::new(inner), floor: Some(floor) })
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
        let at = self.inner.doors.listen();
        format!("http://{at}/{}/?token={}", seat.as_str(), self.token(seat))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.inner.tell(Order::Close);
        if let Some(floor) = self.floor.take() {
            let _ = floor.join();
        }
    }
}

fn hold(floor: Floor, asked: Receiver<Order>) -> Result<JoinHandle<()>, DrillError> {
    let thread = std::thread::Builder::new().name("drill-floor".to_owned());
    thread.spawn(move || floor.hold(&asked)).map_err(DrillError::Start)
}

impl Window {
    fn of(views: watch::Receiver<Arc<str>>) -> Self {
        Self { views, streams: Arc::new(Semaphore::new(STREAMS)) }
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

    pub(crate) fn streams(&self, seat: Seat) -> Arc<Semaphore> {
        Arc::clone(&self.window(seat).streams)
    }

    /// Asks the floor; whether it is still there.
    pub(crate) fn tell(&self, order: Order) -> bool {
        self.orders.send(order).is_ok()
    }

    /// Stops the exercise. The floor need not be asked: it looks at the flag.
    pub(crate) fn stop(&self, by: Seat) {
        self.shared.stop.press(by);
        self.tell(Order::Look);
    }
}
