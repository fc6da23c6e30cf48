//! Groups of one process: a frame is encoded once and its bytes are shared by every queue.

use super::wire::Encoded;
use super::{Broadcast, ConnId, Group, Groups, Member};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// See the module.
#[derive(Default)]
pub struct Memory {
    groups: RwLock<HashMap<Group, Vec<Member>>>,
}

impl Groups for Memory {
    fn join(&self, group: Group, member: Member) {
        // A poisoned lock cannot happen: nothing panics while it is held.
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        let members = groups.entry(group).or_default();
        if !members.iter().any(|m| m.conn == member.conn) {
            members.push(member);
        }
    }

    fn leave(&self, group: Group, conn: ConnId) {
        let mut groups = self.groups.write().unwrap_or_else(PoisonError::into_inner);
        let Some(members) = groups.get_mut(&group) else { return };
        if let Some(place) = members.iter().position(|m| m.conn == conn) {
            members.swap_remove(place);
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

    fn memberships(&self) -> usize {
        self.groups.read().unwrap_or_else(PoisonError::into_inner).values().map(Vec::len).sum()
    }
}
