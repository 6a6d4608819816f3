//! Connections that are open, by whose they are: the instructor's, the player's, or nobody's yet.
//!
//! Each has room for so many, and the newest takes the place of the oldest. So whoever opens many, or
//! opens one and reads nothing, keeps nobody else out, and no stop waits behind them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;

use crate::seat::Seat;

/// Connections of a seat at once: a browser opens six, and a seat may have several.
const OF_A_SEAT: usize = 32;
/// Connections at once that have shown no token: one that is to show it is among them for a moment.
const OF_NOBODY: usize = 256;

/// Connections that are open.
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    opened: u64,
    /// By [`Seat::place`]; the oldest first.
    of: [VecDeque<(u64, AbortHandle)>; 3],
}

/// One of them. It is closed when the last of its clones is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Arc<Place>);

#[derive(Debug)]
struct Place {
    number: u64,
    among: Arc<Connections>,
}

impl Connections {
    /// A new connection.
    pub(crate) fn caller(self: &Arc<Self>) -> Caller {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.opened += 1;
        Caller(Arc::new(Place { number: open.opened, among: Arc::clone(self) }))
    }
}

impl Open {
    fn take(&mut self, number: u64) -> Option<AbortHandle> {
        self.of.iter_mut().find_map(|all| {
            let at = all.iter().position(|(own, _)| *own == number)?;
            all.remove(at).map(|(_, task)| task)
        })
    }

    /// Puts one among its own; which has to make room for it.
    fn put(&mut self, of: usize, number: u64, task: AbortHandle) -> Option<AbortHandle> {
        self.of[of].push_back((number, task));
        let is_full =
            self.of[of].len() > if of == Seat::place(None) { OF_NOBODY } else { OF_A_SEAT };
        let oldest = if is_full { self.of[of].pop_front() } else { None };
        oldest.map(|(_, task)| task)
    }
}

impl Caller {
    /// Changes what is open; whoever has to make room is cut off.
    fn open(&self, change: impl FnOnce(&mut Open) -> Option<AbortHandle>) {
        let cut = change(&mut self.0.among.0.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(task) = cut {
            task.abort();
        }
    }

    /// `task` serves it; it is nobody's as long as it shows no token.
    pub(crate) fn is_served_by(&self, task: AbortHandle) {
        self.open(|open| open.put(Seat::place(None), self.0.number, task));
    }

    /// It showed the token of `seat`.
    pub(crate) fn is_of(&self, seat: Seat) {
        let (of, number) = (Seat::place(Some(seat)), self.0.number);
        self.open(|open| {
            if open.of[of].iter().any(|(own, _)| *own == number) {
                return None;
            }
            let task = open.take(number)?;
            open.put(of, number, task)
        });
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.among.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = open.take(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_takes_the_place_of_the_oldest_of_the_same_seat() {
        let connections = Arc::new(Connections::default());
        let open = || {
            let caller = connections.caller();
            let task = tokio::spawn(std::future::pending::<()>());
            caller.is_served_by(task.abort_handle());
            (caller, task)
        };
        let (player, of_player) = open();
        player.is_of(Seat::Player);
        let strangers: Vec<_> = (0..=OF_NOBODY).map(|_| open()).collect();
        tokio::task::yield_now().await;
        let ended = strangers.iter().map(|(_, task)| task.is_finished()).collect::<Vec<_>>();
        assert!(ended[0] && !ended[1..].contains(&true), "{ended:?}");
        assert!(!of_player.is_finished());
    }
}
