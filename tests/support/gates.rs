//! A channel layer with gates: a test holds a call of the server back at a chosen point, does what
//! is to happen meanwhile, and lets it go on. So an order of events is pinned down without waiting
//! for time. A call that is held blocks its thread: such tests need the runtime of many threads.

use super::soon;
use roomful::server::groups::{
    Broadcast, ConnId, Group, Groups, Heard, Member, Push, Queue, memory::Memory,
};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;

/// Which call, and on which side of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A connection is about to hear a group.
    BeforeJoin,
    /// It hears it; nothing was read yet of what it missed.
    AfterJoin,
    /// A connection is about to hear a group no more.
    BeforeLeave,
    /// It is stored, and nobody was told yet.
    BeforePublish,
    /// It waits in every queue, and its sender was not answered yet.
    AfterPublish,
}

struct Gate {
    point: Point,
    group: Group,
    most: usize,
    held: watch::Sender<usize>,
    open: Mutex<bool>,
    opened: Condvar,
}

/// A gate that is shut; dropping it opens it, so that a test that fails ends.
pub struct Shut(Arc<Gate>);

impl Shut {
    /// Waits until so many calls are held.
    pub async fn holds(&self, calls: usize) {
        let what = format!("{calls} calls at {:?}", self.0.point);
        let mut held = self.0.held.subscribe();
        soon(&what, held.wait_for(|held| *held >= calls)).await.expect("the gate stands");
    }

    /// Lets all of them go on, and all that come.
    pub fn open(self) {}
}

impl Drop for Shut {
    fn drop(&mut self) {
        *lock(&self.0.open) = true;
        self.0.opened.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// See the module.
#[derive(Default)]
pub struct Gates {
    inner: Memory,
    gates: Mutex<Vec<Arc<Gate>>>,
    queues: Mutex<Vec<Weak<Queue>>>,
}

impl Gates {
    /// Shuts a gate for all calls about that group.
    pub fn shut(&self, point: Point, group: Group) -> Shut {
        self.shut_for(usize::MAX, point, group)
    }

    /// Shuts a gate for the next `most` calls; later ones pass.
    pub fn shut_for(&self, most: usize, point: Point, group: Group) -> Shut {
        let gate = Arc::new(Gate {
            point,
            group,
            most,
            held: watch::Sender::new(0),
            open: Mutex::new(false),
            opened: Condvar::new(),
        });
        lock(&self.gates).push(Arc::clone(&gate));
        Shut(gate)
    }

    /// Queues of connections that heard anything and still take memory.
    pub fn queues(&self) -> usize {
        let mut queues = lock(&self.queues);
        queues.retain(|queue| queue.strong_count() > 0);
        queues.len()
    }

    fn pass(&self, point: Point, group: Group) {
        let mut gates = lock(&self.gates);
        gates.retain(|gate| !*lock(&gate.open));
        let gate = gates.iter().find(|gate| {
            gate.point == point && gate.group == group && *gate.held.borrow() < gate.most
        });
        let Some(gate) = gate.cloned() else { return };
        gate.held.send_modify(|held| *held += 1);
        drop(gates);
        let wait = || {
            let open = lock(&gate.open);
            drop(gate.opened.wait_while(open, |open| !*open));
        };
        // The writer has a thread of its own, which may stand still; a connection's has others to serve.
        match tokio::runtime::Handle::current().runtime_flavor() {
            tokio::runtime::RuntimeFlavor::MultiThread => tokio::task::block_in_place(wait),
            _ => wait(),
        }
    }
}

impl Groups for Gates {
    fn join(&self, group: Group, member: Member) {
        self.pass(Point::BeforeJoin, group);
        let queue = Arc::downgrade(&member.queue);
        let mut queues = lock(&self.queues);
        if !queues.iter().any(|known| known.ptr_eq(&queue)) {
            queues.retain(|queue| queue.strong_count() > 0);
            queues.push(queue);
        }
        drop(queues);
        self.inner.join(group, member);
        self.pass(Point::AfterJoin, group);
    }

    fn leave(&self, group: Group, conn: ConnId) {
        self.pass(Point::BeforeLeave, group);
        self.inner.leave(group, conn);
    }

    fn publish(&self, group: Group, broadcast: &Broadcast) {
        // Who comes and goes is told by another task, which is not what a gate is for.
        let gated = !matches!(broadcast, Broadcast::Online { .. });
        if gated {
            self.pass(Point::BeforePublish, group);
        }
        self.inner.publish(group, broadcast);
        if gated {
            self.pass(Point::AfterPublish, group);
        }
    }

    fn push(&self, group: Group, push: &Push) -> Heard {
        self.pass(Point::BeforePublish, group);
        let heard = self.inner.push(group, push);
        self.pass(Point::AfterPublish, group);
        heard
    }

    fn is_heard(&self, group: Group) -> bool {
        self.inner.is_heard(group)
    }

    fn memberships(&self) -> usize {
        self.inner.memberships()
    }
}
