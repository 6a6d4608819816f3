//! Messages between being taken and being answered, in their order, one on its way at a time.

use std::collections::VecDeque;

/// The head is sent again after this time without an answer [ms] [E].
const AGAIN_MS: u64 = 5000;

struct Waiting {
    id: String,
    bytes: Vec<u8>,
    since_ms: u64,
}

/// The queue.
pub(crate) struct Queue {
    room: usize,
    waiting: VecDeque<Waiting>,
    /// When the head was sent last [ms].
    sent_ms: Option<u64>,
}

impl Queue {
    /// One that holds so many messages.
    pub(crate) fn new(room: usize) -> Self {
        Self { room, waiting: VecDeque::new(), sent_ms: None }
    }

    /// Takes a message, unless there is no room. One that waits already is not taken twice.
    pub(crate) fn push(&mut self, id: String, bytes: Vec<u8>, now_ms: u64) -> bool {
        if self.waiting.iter().any(|own| own.id == id) {
            return true;
        }
        let fits = self.waiting.len() < self.room;
        if fits {
            self.waiting.push_back(Waiting { id, bytes, since_ms: now_ms });
        }
        fits
    }

    /// The head, if it is to be sent now.
    pub(crate) fn due(&mut self, now_ms: u64) -> Option<&[u8]> {
        let head = self.waiting.front()?;
        if self.sent_ms.is_some_and(|sent| now_ms < sent + AGAIN_MS) {
            return None;
        }
        self.sent_ms = Some(now_ms);
        Some(&head.bytes)
    }

    /// The message `id` was answered; whether it was the head.
    pub(crate) fn done(&mut self, id: &str) -> bool {
        let is_head = self.waiting.front().is_some_and(|head| head.id == id);
        if is_head {
            self.waiting.pop_front();
            self.sent_ms = None;
        }
        is_head
    }

    /// How long the head has waited [ms].
    pub(crate) fn waits_ms(&self, now_ms: u64) -> Option<u64> {
        self.waiting.front().map(|head| now_ms.saturating_sub(head.since_ms))
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(queue: &mut Queue, id: &str) -> bool {
        queue.push(id.to_owned(), id.as_bytes().to_vec(), 0)
    }

    #[test]
    fn messages_go_on_in_their_order_and_each_until_it_is_answered() {
        let mut queue = Queue::new(2);
        assert!(push(&mut queue, "a") && push(&mut queue, "b"));
        assert_eq!(queue.due(0), Some(&b"a"[..]));
        assert_eq!(queue.due(4999), None);
        assert_eq!(queue.due(5000), Some(&b"a"[..]), "nobody answered");
        assert!(!queue.done("b"), "it was not sent yet");
        assert!(queue.done("a"));
        assert_eq!(queue.due(5001), Some(&b"b"[..]));
        assert_eq!(queue.waits_ms(60_000), Some(60_000));
    }

    #[test]
    fn a_full_queue_takes_no_more_and_none_twice() {
        let mut queue = Queue::new(1);
        assert!(push(&mut queue, "a"));
        assert!(push(&mut queue, "a"), "it waits already");
        assert!(!push(&mut queue, "b"));
        assert_eq!(queue.len(), 1);
    }
}
