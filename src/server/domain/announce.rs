//! Telling the others who came and who went.

use super::Domain;
use crate::protocol::{At, Target};
use crate::server::groups::{Addressed, Broadcast, Group};
use crate::server::presence::{Announcement, Scene};
use crate::server::store::{LogId, UserId, people, rooms};
use std::collections::HashMap;

/// Names of rooms that are kept at hand. Past it they are read again: a house with more rooms in
/// use at once reads as many names as it tells announcements, which is what it did without them.
const NAMES_KEPT: usize = 10_000;

impl Domain {
    /// Tells the others who came and went; runs as long as the server.
    pub async fn keep_announcing(&self) {
        // Rooms never change their name.
        let mut names = HashMap::new();
        loop {
            let (due, away) = self.presence.next().await;
            for one in due {
                self.announce(one, &mut names).await;
            }
            // Only a note, which a failing disk must not make the end of all announcements.
            if !away.is_empty()
                && let Err(error) = self.note_gone(&away).await
            {
                tracing::warn!(%error, "when people were last seen was not noted");
            }
        }
    }

    async fn note_gone(&self, away: &[UserId]) -> crate::server::store::Result<()> {
        let mut tx = self.store.write().await?;
        people::went(&mut tx, away, At::now()).await?;
        tx.commit().await
    }

    async fn announce(&self, one: Announcement, names: &mut HashMap<LogId, String>) {
        let Announcement { scene, join, leave, all, idle, awake, count } = one;
        let (group, to) = match scene {
            Scene::Room(log) => {
                let group = Group::Room(log);
                match self.room_name(log, names).await {
                    Ok(Some(name)) => (group, Addressed::All(Target::Room(name))),
                    Ok(None) => return,
                    Err(error) => {
                        tracing::warn!(%error, "an announcement of who came or went comes later");
                        return self.presence.tell_anew(group);
                    }
                }
            }
            Scene::Conversation { low, high } => (
                Group::Direct(low.0, high.0),
                Addressed::Sides {
                    low: Target::Person(high.1.to_string()),
                    high: Target::Person(low.1.to_string()),
                },
            ),
        };
        let online = Broadcast::Online { to, join, leave, all, idle, awake, count };
        self.groups.publish(group, &online);
    }

    async fn room_name(
        &self,
        log: LogId,
        names: &mut HashMap<LogId, String>,
    ) -> crate::server::store::Result<Option<String>> {
        if let Some(name) = names.get(&log) {
            return Ok(Some(name.clone()));
        }
        let name: Option<String> = rooms::name(&mut *self.store.glance().await?, log).await?;
        if names.len() >= NAMES_KEPT {
            names.clear();
        }
        if let Some(name) = &name {
            names.insert(log, name.clone());
        }
        Ok(name)
    }
}
