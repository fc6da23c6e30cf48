//! Stored first, told then: the one way from the log to those who listen.

use super::post::whisper;
use crate::protocol::Target;
use crate::protocol::frames::Event;
use crate::server::groups::{Addressed, Broadcast, Group, Groups};
use crate::server::store::writer::{Committed, Place};
use std::collections::HashMap;

/// Events told in one piece, at most: a quarter of what may wait for a connection…
const RUN: usize = 64;
/// …and their bytes, before one more.
const RUN_BYTES: usize = 64 * 1024;

struct Run {
    group: Group,
    to: Addressed,
    events: Vec<Event>,
    bytes: usize,
}

/// Tells what one commit stored. Events of one log stay in their order, and those that were stored
/// together are told together: whoever listens is woken once for all of them.
pub(super) fn tell(groups: &dyn Groups, committed: Vec<Committed>) {
    let mut runs: Vec<Run> = Vec::new();
    let mut open: HashMap<Group, usize> = HashMap::new();
    let mut whispers = Vec::new();
    for one in committed {
        let (group, to, event) = match one {
            // Whoever learned of the commit knows.
            Committed::Changed(_) => continue,
            Committed::Own { user, event } => {
                (Group::Own(user), Addressed::All(Target::Own), event)
            }
            Committed::Said { place: Place::Room { log, name }, event } => {
                (Group::Room(log), Addressed::All(Target::Room(name)), event)
            }
            Committed::Said { place: Place::Direct { low, high }, event } => {
                whispers.extend(whisper(&event, &low, &high));
                let to = Addressed::Sides {
                    low: Target::Person(high.name.to_string()),
                    high: Target::Person(low.name.to_string()),
                };
                (Group::Direct(low.id, high.id), to, event)
            }
        };
        let bytes = event.data.get().len();
        let last = open.get(&group).and_then(|at| runs.get_mut(*at));
        match last.filter(|run| run.events.len() < RUN && run.bytes < RUN_BYTES) {
            Some(run) => {
                run.bytes += bytes;
                run.events.push(event);
            }
            None => {
                open.insert(group, runs.len());
                runs.push(Run { group, to, events: vec![event], bytes });
            }
        }
    }
    for Run { group, to, events, .. } in runs {
        groups.publish(group, &Broadcast::Events { to, events });
    }
    for (hearer, whisper) in whispers {
        groups.publish(Group::User(hearer), &whisper);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::groups::{self, ConnId, Member, Push};
    use crate::server::store::LogId;
    use std::sync::Mutex;

    /// Notes the seqs of each broadcast.
    #[derive(Default)]
    struct Heard(Mutex<Vec<(Group, Vec<i64>)>>);

    impl Groups for Heard {
        fn join(&self, _: Group, _: Member) {}
        fn leave(&self, _: Group, _: ConnId) {}
        fn publish(&self, group: Group, broadcast: &Broadcast) {
            if let Broadcast::Events { events, .. } = broadcast {
                let seqs = events.iter().map(|event| event.seq).collect();
                self.0.lock().unwrap().push((group, seqs));
            }
        }
        fn push(&self, _: Group, _: &Push) -> groups::Heard {
            groups::Heard::default()
        }
        fn is_heard(&self, _: Group) -> bool {
            false
        }
        fn memberships(&self) -> usize {
            0
        }
    }

    fn said(log: i64, seq: i64) -> Committed {
        let event = Event {
            seq,
            kind: "topic".into(),
            cid: None,
            data: serde_json::value::RawValue::NULL.to_owned(),
        };
        Committed::Said { place: Place::Room { log: LogId(log), name: "r".into() }, event }
    }

    #[test]
    fn a_commit_is_told_in_one_piece_a_log_and_in_order() {
        let heard = Heard::default();
        tell(&heard, vec![said(1, 7), said(2, 1), said(1, 8), said(2, 2), said(1, 9)]);
        let room = |log| Group::Room(LogId(log));
        let heard = heard.0.into_inner().unwrap();
        assert_eq!(heard, [(room(1), vec![7, 8, 9]), (room(2), vec![1, 2])]);
    }

    #[test]
    fn no_piece_is_a_large_part_of_a_queue() {
        let heard = Heard::default();
        let many = RUN as i64 * 2 + 1;
        tell(&heard, (1..=many).map(|seq| said(1, seq)).collect());
        let heard = heard.0.into_inner().unwrap();
        assert_eq!(heard.iter().map(|(_, seqs)| seqs.len()).collect::<Vec<_>>(), [RUN, RUN, 1]);
        let told: Vec<_> = heard.into_iter().flat_map(|(_, seqs)| seqs).collect();
        assert_eq!(told, (1..=many).collect::<Vec<_>>());
    }
}
