//! A live connection: its queue, its membership of groups and its presence, all given back when it
//! goes, however it goes.

use crate::protocol::limits;
use crate::server::domain::connections::Seat;
use crate::server::domain::{Domain, Who};
use crate::server::groups::queue::Dialect;
use crate::server::groups::{ConnId, Group, Member, Queue, Side};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// See the module.
pub struct Connection {
    /// The house.
    pub domain: Arc<Domain>,
    /// Who opened it.
    pub who: Who,
    /// What waits for it.
    pub queue: Arc<Queue>,
    id: ConnId,
    groups: Vec<Group>,
    places: Vec<Group>,
    bad_frames: VecDeque<Instant>,
}

impl Connection {
    /// On its seat it joins the house's group and the user's own, and is online from now on.
    #[must_use]
    pub fn open(domain: Arc<Domain>, who: Who, seat: &Seat, dialect: Dialect) -> Self {
        let shown = match &who {
            Who::Member(me) => me.here_by().map(str::to_owned),
            Who::Visitor => None,
        };
        let config = &domain.config;
        let queue = Queue::new(dialect, shown, config.queue_frames, config.queue_bytes);
        let queue = Arc::new(match &who {
            Who::Member(me) => queue.of(me.id),
            Who::Visitor => queue,
        });
        seat.watch(&queue);
        let mut connection = Self {
            queue,
            who,
            id: seat.conn,
            groups: Vec::new(),
            places: Vec::new(),
            bad_frames: VecDeque::new(),
            domain,
        };
        connection.join(Group::House, Side::Low);
        if let Who::Member(me) = connection.who.clone() {
            connection.join(Group::User(me.id), Side::Low);
            connection.enter(Group::House);
            // A room socket cannot say whether it is seen.
            if me.session.is_none() || dialect == Dialect::Room {
                connection.domain.presence.is_blind(me.id, seat.conn);
            }
        }
        connection
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> ConnId {
        self.id
    }

    /// Hears the group from now on.
    pub fn join(&mut self, group: Group, side: Side) {
        if !self.groups.contains(&group) {
            self.groups.push(group);
            self.domain.presence.watch(group);
        }
        let member = Member { conn: self.id(), queue: Arc::clone(&self.queue), side };
        self.domain.groups.join(group, member);
    }

    /// Hears it no more.
    pub fn part(&mut self, group: Group) {
        if let Some(place) = self.groups.iter().position(|g| *g == group) {
            self.groups.swap_remove(place);
            self.domain.presence.unwatch(group);
        }
        self.domain.groups.leave(group, self.id());
        self.queue.forget(group);
    }

    /// Is present there from now on; visitors never are.
    pub fn enter(&mut self, place: Group) {
        if let Who::Member(me) = &self.who {
            if !self.places.contains(&place) {
                self.places.push(place);
            }
            self.domain.presence.enter(place, &me.party(), self.id);
        }
    }

    /// Is present there no more.
    pub fn exit(&mut self, place: Group) {
        if let (true, Some(name)) = (self.places.contains(&place), self.who.name()) {
            self.domain.presence.leave(place, name, self.id);
        }
        self.places.retain(|p| *p != place);
    }

    /// What is on its screen was used lately, or not any more.
    pub fn active(&self, active: bool) {
        if let Who::Member(me) = &self.who {
            self.domain.presence.active(me.id, self.id, active);
        }
    }

    /// This is on its screen from now on.
    pub fn shows(&self, group: Option<Group>) {
        if let Who::Member(me) = &self.who {
            self.domain.presence.show(me.id, self.id, group);
        }
    }

    /// Counts a frame that could not be read; true when there were too many in a minute.
    pub fn bad_frame(&mut self) -> bool {
        let now = Instant::now();
        while self.bad_frames.front().is_some_and(|at| now - *at > Duration::from_secs(60)) {
            self.bad_frames.pop_front();
        }
        self.bad_frames.push_back(now);
        self.bad_frames.len() >= limits::BAD_FRAMES as usize
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let (conn, domain) = (self.id, &self.domain);
        for group in &self.groups {
            domain.groups.leave(*group, conn);
            domain.presence.unwatch(*group);
        }
        if let Some(name) = self.who.name() {
            for place in &self.places {
                domain.presence.leave(*place, name, conn);
            }
        }
    }
}
