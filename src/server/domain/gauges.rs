//! What the server holds for those who are connected, and what goes on for them: all of it is zero once they
//! have gone.

use super::Domain;

/// How much there is of each, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Connections that are open.
    pub connections: usize,
    /// Users with a connection.
    pub users: usize,
    /// Addresses with a connection.
    pub addresses: usize,
    /// Connections' memberships of groups.
    pub memberships: usize,
    /// All that presence keeps; it forgets a place a moment after the last has left it.
    pub presence: usize,
    /// Jobs that wait for the writer.
    pub jobs: usize,
    /// Webhooks that are being called.
    pub calls: usize,
    /// Repeating pushes that go on.
    pub repeats: usize,
    /// Those of them that are being pushed right now.
    pub ticking: usize,
    /// Notifications that wait for devices.
    pub for_devices: usize,
    /// Those that were dropped because too many waited, since the house opened.
    pub for_devices_lost: usize,
    /// Uses of tokens that wait to be noted.
    pub uses: usize,
}

impl Domain {
    /// What is held now.
    #[must_use]
    pub fn gauges(&self) -> Gauges {
        let (users, addresses) = self.connections.seated();
        let (repeats, ticking) = self.repeats.gauge();
        Gauges {
            connections: self.connections.open(),
            users,
            addresses,
            memberships: self.groups.memberships(),
            presence: self.presence.look().kept(),
            jobs: self.writer.waiting(),
            calls: self.hooks.calls(),
            repeats,
            ticking,
            for_devices: self.pocket.waiting(),
            for_devices_lost: self.pocket.lost(),
            uses: self.audit.waiting(),
        }
    }
}
