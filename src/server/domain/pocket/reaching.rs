//! The one task that sends what is told to devices: takes it up, asks who looks, begins the tries, and writes
//! down how far everybody's devices were told. What it holds is lost with the process, and looked for in
//! people's logs at the next start.

use super::{Domain, TEST, What, talk};
use crate::protocol::At;
use crate::protocol::people::Notify;
use crate::server::pocket::Asked;
use crate::server::pocket::service::{Came, origin};
use crate::server::pocket::told::Told;
use crate::server::pocket::waiting::{Due, OLD, Ready, To, Waiting};
use crate::server::store::{UserId, devices};
use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::{self, JoinSet};

/// After the time in which a connection is found to be gone.
const SLACK: Duration = Duration::from_secs(1);
/// Of what was not told before a start; that is half of what may be in doubt at once.
const MISSED: usize = 5_000;

struct Reaching {
    house: Arc<Domain>,
    waiting: Waiting<Arc<What>>,
    told: Told,
}

impl Domain {
    /// Sends what is told to devices; runs as long as the server. All that it began ends with it.
    pub async fn keep_reaching(self: Arc<Self>) {
        let Some(mut line) = self.pocket.taken_up() else { return };
        let mut it = Reaching {
            waiting: Waiting::new(self.config.push_pace),
            told: Told::default(),
            house: Arc::clone(&self),
        };
        it.look_back().await;
        let mut tries = JoinSet::new();
        let mut to: HashMap<task::Id, Due<Arc<What>>> = HashMap::new();
        let mut ends = false;
        loop {
            while let Some(due) = it.waiting.send(Instant::now()) {
                let (house, sent) = (Arc::clone(&self), due.clone());
                let begun = tries.spawn(async move { house.try_device(&sent).await });
                to.insert(begun.id(), due);
            }
            self.pocket.waits(it.waiting.len());
            if ends && tries.is_empty() {
                return it.write_down().await;
            }
            let next = it.waiting.next().into_iter().chain(it.told.next()).min();
            // At the end nothing is tried again.
            let next = next.filter(|_| !ends);
            let due = async move {
                match next {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                asked = line.recv(), if !ends => match asked {
                    Some(Asked::End { known }) => {
                        while let Some(ready) = it.waiting.told_first() {
                            it.hand_out(ready).await;
                        }
                        ends = true;
                        // Whoever closes the house may have lost their patience.
                        let _ = known.send(());
                    }
                    Some(asked) => {
                        // Until it waits, or is on its way, it is in hand.
                        self.pocket.waits(it.waiting.len() + 1);
                        it.take_up(asked);
                    }
                    None => return,
                },
                Some(ended) = tries.join_next_with_id() => {
                    let (id, came) = match ended {
                        Ok(ended) => ended,
                        // It panicked, which was logged. What it was to send is given up.
                        Err(error) => (error.id(), Came::Refused(None)),
                    };
                    if let Some(due) = to.remove(&id) {
                        it.came(&due, came);
                    }
                }
                () = due => {}
            }
            if ends {
                continue;
            }
            while let Some(ready) = it.waiting.ready(Instant::now()) {
                it.hand_out(ready).await;
            }
            if it.told.next().is_some_and(|at| at <= Instant::now()) {
                it.write_down().await;
            }
        }
    }
}

impl Reaching {
    /// What was told before this start, and not to the devices: those who were there may be on their way back
    /// to it, so it is in doubt until then.
    async fn look_back(&mut self) {
        let since = At(At::now().0 - OLD.as_millis() as i64);
        let missed = async {
            let mut db = self.house.store.glance().await?;
            devices::missed_since(&mut db, since, MISSED).await
        };
        let missed = match missed.await {
            Ok(missed) => missed,
            Err(error) => {
                tracing::error!(%error, "what devices were not told before this start cannot be read");
                return;
            }
        };
        let until = Instant::now() + self.house.config.settling;
        for one in missed {
            if let Some(told) = read(&one.data) {
                let talk = talk(&told);
                let what = Arc::new(What::Notice(told, one.seq));
                if !self.waiting.doubt(one.user_id, talk, what, until) {
                    self.house.pocket.lose();
                }
            }
        }
    }

    fn take_up(&mut self, asked: Asked) {
        let (now, waiting) = (Instant::now(), &mut self.waiting);
        let fits = match asked {
            Asked::Notice { user, seq, data, looked } => {
                let Some(told) = read(data.get()) else { return };
                let (talk, what) = (talk(&told), Arc::new(What::Notice(told, seq)));
                if looked {
                    // Their network may be gone without a word, which is known once they are missed.
                    let config = &self.house.config;
                    let until = now + config.heartbeat + config.heartbeat_grace + SLACK;
                    waiting.doubt(user, talk, what, until)
                } else {
                    waiting.note(user, talk, what, now)
                }
            }
            Asked::Test { user, device, service, done } => {
                let what = Arc::new(What::Test(Mutex::new(Some(done))));
                let to = To { device: &device, user, service: &service };
                waiting.hand(to, TEST.to_owned(), what, now)
            }
            Asked::End { .. } => true,
        };
        if !fits {
            self.house.pocket.lose();
        }
    }

    /// It is for each of their devices, unless they are looking: those who did when they were told of it are
    /// there still, and the others have come since.
    async fn hand_out(&mut self, ready: Ready<Arc<What>>) {
        let Ready { user, talk, mut what } = ready;
        let (house, now) = (Arc::clone(&self.house), Instant::now());
        if house.presence.look().is_looking(user) {
            return self.settle(user, &what);
        }
        // They may have looked for a moment since, and been told of more.
        let doubted = self.waiting.no_doubt(user, &talk);
        if let Some(newer) = doubted.filter(|one| one.seq() > what.seq()) {
            what = newer;
        }
        let gained = house.pocket.gained();
        let reachable = async {
            let mut db = house.store.glance().await?;
            devices::reachable(&mut db, user, At::now()).await
        };
        let reachable = match reachable.await {
            Ok(reachable) => reachable,
            Err(error) => {
                tracing::error!(%error, "whose device is to be told cannot be read");
                return house.pocket.lose();
            }
        };
        if reachable.is_empty() {
            return house.pocket.has_none(user, gained);
        }
        for device in reachable {
            // One that was turned on since then.
            if what.seq().is_some_and(|seq| seq <= device.told_seq) {
                continue;
            }
            let service = origin(&device.endpoint).unwrap_or_default();
            let to = To { device: &device.id, user, service: &service };
            if !self.waiting.hand(to, talk.clone(), Arc::clone(&what), now) {
                house.pocket.lose();
            }
        }
    }

    fn came(&mut self, due: &Due<Arc<What>>, came: Came) {
        due.what.tell(came);
        if self.waiting.came(&due.device, came, Instant::now()) {
            tracing::warn!(?came, "a device was not told of something: it is given up");
        }
        // What is tried again is open, and so not settled yet.
        self.settle(due.user, &due.what);
    }

    fn settle(&mut self, user: UserId, what: &What) {
        if let Some(seq) = what.seq() {
            self.told.settle(user, seq, Instant::now());
        }
    }

    async fn write_down(&mut self) {
        let open = self.waiting.open().filter_map(|(user, what)| Some((user, what.seq()?)));
        let settled = self.told.take(open);
        if settled.is_empty() {
            return;
        }
        let written = async {
            let mut tx = self.house.store.write().await?;
            devices::told(&mut tx, &settled).await?;
            tx.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, "how far devices were told is not written down yet");
            for (user, seq) in settled {
                self.told.settle(user, seq, Instant::now());
            }
        }
    }
}

fn read(data: &str) -> Option<Notify> {
    let told = serde_json::from_str(data);
    told.inspect_err(|error| {
        tracing::error!(%error, "a notice cannot be read, and no device is told of it");
    })
    .ok()
}
