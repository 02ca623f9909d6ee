//! The floor: a queue and reply slots written by hand for one thread, without the promises of a library (no closing,
//! no cancelling, no bound, no other thread).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::runtime::SmolLocal;
use crate::subject::{Client, Subject};
use crate::work::{self, Message};

pub(crate) struct Floor;

#[derive(Default)]
struct State {
    queue: VecDeque<(Message, usize)>,
    worker: Option<Waker>,
    slots: Vec<Slot>,
    free: Vec<usize>,
}

enum Slot {
    Waiting(Option<Waker>),
    Replied(u64),
}

pub(crate) struct FloorClient(Rc<RefCell<State>>);

pub(crate) struct FloorReply {
    state: Rc<RefCell<State>>,
    slot: usize,
}

impl Subject<SmolLocal> for Floor {
    type Client = FloorClient;

    const NAME: &'static str = "a queue written by hand for one thread";

    async fn start(runtime: &SmolLocal, _: usize) -> FloorClient {
        let state = Rc::new(RefCell::new(State::default()));
        runtime.0.spawn(work_off(state.clone())).detach();
        FloorClient(state)
    }
}

async fn work_off(state: Rc<RefCell<State>>) {
    loop {
        let (message, slot) = poll_fn(|cx| {
            let mut state = state.borrow_mut();
            let next = state.queue.pop_front();
            if next.is_none() {
                state.worker = Some(cx.waker().clone());
            }
            next.map_or(Poll::Pending, Poll::Ready)
        })
        .await;
        let reply = work::send(&message).await;
        let waiting = std::mem::replace(&mut state.borrow_mut().slots[slot], Slot::Replied(reply));
        if let Slot::Waiting(Some(waker)) = waiting {
            waker.wake();
        }
    }
}

impl Client for FloorClient {
    type Reply = FloorReply;

    async fn request(&mut self, message: Message) -> FloorReply {
        let mut state = self.0.borrow_mut();
        let slot = if let Some(slot) = state.free.pop() {
            state.slots[slot] = Slot::Waiting(None);
            slot
        } else {
            state.slots.push(Slot::Waiting(None));
            state.slots.len() - 1
        };
        state.queue.push_back((message, slot));
        if let Some(worker) = state.worker.take() {
            worker.wake();
        }
        FloorReply { state: self.0.clone(), slot }
    }

    fn number(reply: u64) -> u64 {
        reply
    }
}

impl Future for FloorReply {
    type Output = u64;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        let mut state = self.state.borrow_mut();
        match &mut state.slots[self.slot] {
            Slot::Replied(number) => {
                let number = *number;
                state.free.push(self.slot);
                Poll::Ready(number)
            }
            Slot::Waiting(waker) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}
