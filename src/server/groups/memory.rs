//! Groups of one process: a frame is encoded once and its bytes are shared by every queue.

use super::wire::{Encoded, Pushed};
use super::{Broadcast, ConnId, Group, Groups, Heard, Member, Push};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// See the module.
#[derive(Default)]
pub struct Memory {
    /// The members of each group, in the order of their ids: one is found without a walk, and a
    /// broadcast walks memory in a line.
    groups: RwLock<HashMap<Group, Vec<Member>>>,
}

fn place(members: &[Member], conn: ConnId) -> Result<usize, usize> {
    members.binary_search_by_key(&conn, |member| member.conn)
}

impl Groups for Memory {
    fn join(&self, group: Group, member: Member) {
        // A poisoned lock cannot happen: nothing panics while it is held.
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        let members = groups.entry(group).or_default();
        if let Err(free) = place(members, member.conn) {
            members.insert(free, member);
        }
    }

    fn leave(&self, group: Group, conn: ConnId) {
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        let Some(members) = groups.get_mut(&group) else { return };
        if let Ok(place) = place(members, conn) {
            members.remove(place);
        }
        if members.is_empty() {
            groups.remove(&group);
        }
    }

    fn publish(&self, group: Group, broadcast: &Broadcast) {
        let groups = self.groups.read().unwrap_or_else(PoisonError::into_inner);
        let Some(members) = groups.get(&group) else { return };
        let encoded = Encoded::of(group, broadcast);
        for member in members {
            member.queue.deliver(&encoded, member.side);
        }
    }

    fn push(&self, group: Group, push: &Push) -> Heard {
        let groups = self.groups.read().unwrap_or_else(PoisonError::into_inner);
        let mut heard = Heard::default();
        let Some(members) = groups.get(&group) else { return heard };
        let pushed = Pushed::of(group, push);
        for member in members {
            if member.queue.hear(&pushed) {
                heard.connections += 1;
                heard.people.extend(member.queue.user());
            }
        }
        heard
    }

    fn is_heard(&self, group: Group) -> bool {
        self.groups.read().unwrap_or_else(PoisonError::into_inner).contains_key(&group)
    }

    fn memberships(&self) -> usize {
        self.groups.read().unwrap_or_else(PoisonError::into_inner).values().map(Vec::len).sum()
    }
}
