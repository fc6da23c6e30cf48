//! The house, the people, their devices, and what happens to them.

use super::{Action, compare};
use crate::support::{
    House, Person, cid,
    client::{
        Client,
        ledger::{Counts, Ledger},
    },
    house::LOBBY,
    main_socket::saying,
    soon,
};
use futures_util::future::join_all;
use roomful::{
    protocol::{Target, limits},
    server::domain::changes::Wish,
};
use std::{cell::RefCell, path::PathBuf, time::Duration};

/// Two of alice's, two of bob's, one of carol's.
pub const DEVICES: usize = 5;
const OWNERS: [usize; DEVICES] = [0, 1, 2, 0, 1];
const NAMES: [&str; 3] = ["alice", "bob", "carol"];
const ROOMS: [&str; 2] = [LOBBY, "#kitchen"];
/// The two rooms and the two others.
pub const PLACES: usize = 4;
/// What people react with.
pub const EMOJI: [&str; 3] = ["👍", "🎉", "❤️"];
/// How long a device listens before it looks whether all are done.
const LISTEN: Duration = Duration::from_millis(5);

/// Everything there is.
pub struct World {
    house: House,
    people: Vec<Person>,
    devices: Vec<Device>,
    ledger: Ledger,
    backup: Option<PathBuf>,
    backups: usize,
    /// Counts changes, so that each has a text of its own.
    changes: usize,
}

struct Device {
    client: Client,
    /// Its connection was cut, and it waits for its owner to come back.
    away: bool,
    /// It reads nothing.
    asleep: bool,
    /// It will be, once this step is over.
    tired: bool,
}

/// Where a number leads, for whoever counts.
fn place(user: &str, number: usize) -> Target {
    let others = NAMES.iter().filter(|name| **name != user).map(|name| format!("@{name}"));
    let all: Vec<String> = ROOMS.iter().map(ToString::to_string).chain(others).collect();
    Target::parse(&all[number % PLACES]).unwrap()
}

impl World {
    /// Three people, five devices, two rooms; everybody follows the rooms.
    pub async fn open() -> Self {
        let house = House::open().await;
        let mut people = Vec::new();
        // She keeps order in the rooms.
        house.account(NAMES[0], true).await;
        for name in NAMES {
            people.push(house.by_token_or_new(name).await);
        }
        people[0].make_room(&ROOMS[1][1..]).await;
        let ledger = Ledger::default();
        let device = |(number, owner): (usize, &usize)| Device {
            client: Client::new(number, &people[*owner], &ROOMS, &ledger),
            away: false,
            asleep: false,
            tired: false,
        };
        let devices = OWNERS.iter().enumerate().map(device).collect();
        let mut it = Self { house, people, devices, ledger, backup: None, backups: 0, changes: 0 };
        it.settle().await;
        it
    }

    /// How often what happened.
    pub fn counts(&self) -> Counts {
        self.ledger.book().counts
    }

    /// Lets something happen, and does not wait for what comes of it.
    pub async fn perform(&mut self, action: &Action) {
        match *action {
            Action::Say { device, place: number, long } => {
                let Some(client) = self.awake(device) else { return };
                let said = client.said().len();
                let mut body = format!("{} of {}", said, client.number);
                if long {
                    body = body.chars().cycle().take(limits::BODY).collect();
                }
                client.say(&place(&client.user, number), body);
                client.work().await;
            }
            Action::SayAgain { device, which } => {
                let Some(user) = self.awake(device).map(|client| client.user.clone()) else {
                    return;
                };
                let theirs = self.devices.iter().filter(|other| other.client.user == user);
                let said: Vec<_> = theirs.flat_map(|other| other.client.said()).cloned().collect();
                if let (Some(client), false) = (self.awake(device), said.is_empty()) {
                    client.say_again(said[which % said.len()].clone());
                    client.work().await;
                }
            }
            Action::Call { device, place: number, whom } => {
                let Some(client) = self.awake(device) else { return };
                let body = format!("look @{} , {}", NAMES[whom], client.said().len());
                client.say(&place(&client.user, number), body);
                client.work().await;
            }
            Action::Join { device, place: number, on } => {
                let room = &ROOMS[number % ROOMS.len()][1..];
                let path = if on { "/api/join" } else { "/api/leave" };
                self.owner(device).call(path, &[("room", room)]).await.is(200);
            }
            Action::Level { device, place: number, all } => {
                let level = if all { "all" } else { "mentions" };
                let fields = [("to", ROOMS[number % ROOMS.len()]), ("level", level)];
                self.owner(device).call("/api/set_level", &fields).await.is(200);
            }
            Action::Reply { device, place: number, which } => {
                let Some(client) = self.awake(device) else { return };
                let body = format!("indeed, says {}", client.number);
                client.answer(&place(&client.user, number), which, body);
                client.work().await;
            }
            Action::Edit { device, place: number, which } => {
                self.changes += 1;
                let body = format!("changed  to\n{}", self.changes);
                let wish = |message| Wish::Edit { message, body };
                self.change(device, number, which, wish).await;
            }
            Action::Delete { device, place: number, which } => {
                self.change(device, number, which, |message| Wish::Delete { message }).await;
            }
            Action::React { device, place: number, which, emoji, on } => {
                let emoji = EMOJI[emoji].to_owned();
                let wish = |message| Wish::React { message, emoji, on };
                self.change(device, number, which, wish).await;
            }
            Action::Pin { device, place: number, which, on } => {
                self.change(device, number, which, |message| Wish::Pin { message, on }).await;
            }
            Action::Topic { device, place: number } => {
                self.changes += 1;
                let text = format!("all about {}", self.changes);
                self.change(device, number, 0, |_| Wish::Topic { text }).await;
            }
            Action::Read { device, place: number, back } => {
                let Some(client) = self.awake(device) else { return };
                client.mark_read(&place(&client.user, number), back);
                client.work().await;
            }
            Action::Older { device, place: number } => {
                let Some(client) = self.awake(device) else { return };
                client.read_older(&place(&client.user, number)).await;
            }
            Action::Newer { device, place: number } => {
                let Some(client) = self.awake(device) else { return };
                client.read_newer(&place(&client.user, number)).await;
            }
            Action::Jump { device, place: number, which } => {
                let Some(client) = self.awake(device) else { return };
                client.jump(&place(&client.user, number), which).await;
            }
            Action::LetGo { device, place: number, most, newest } => {
                let Some(client) = self.awake(device) else { return };
                client.let_go(&place(&client.user, number), most, newest);
            }
            Action::Sub { device, place: number } => {
                let Some(client) = self.awake(device) else { return };
                client.want(&place(&client.user, number));
                client.work().await;
            }
            Action::Unsub { device, place: number } => {
                let Some(client) = self.awake(device) else { return };
                client.leave(&place(&client.user, number));
                client.work().await;
            }
            Action::Hear { device } => {
                if let Some(client) = self.awake(device) {
                    client.hear_what_is_here();
                }
            }
            Action::Cut { device } => {
                self.devices[device].client.cut();
                self.devices[device].away = true;
            }
            Action::Sleep { device } => self.devices[device].tired = true,
            Action::Return { device } => {
                let device = &mut self.devices[device];
                (device.away, device.asleep, device.tired) = (false, false, false);
                if !device.client.is_up() {
                    device.client.connect().await;
                }
            }
            Action::Flood { place: number, large } => self.flood(number, large).await,
            Action::Crash => self.house.crash_and_restart().await,
            Action::Restart => {
                self.stop().await;
                self.house.restart().await;
            }
            Action::BackUp => self.back_up().await,
            Action::BringBack => self.bring_back().await,
        }
    }

    async fn change(
        &mut self,
        device: usize,
        number: usize,
        which: usize,
        wish: impl FnOnce(String) -> Wish,
    ) {
        let Some(client) = self.awake(device) else { return };
        client.change(&place(&client.user, number), which, wish);
        client.work().await;
    }

    fn owner(&self, device: usize) -> &Person {
        &self.people[OWNERS[device]]
    }

    fn awake(&mut self, device: usize) -> Option<&mut Client> {
        let device = &mut self.devices[device];
        (!device.asleep).then_some(&mut device.client)
    }

    /// Says more than is replayed at once.
    async fn flood(&mut self, number: usize, large: bool) {
        // 16,000 bytes each: 70 are over 1 MiB.
        let (count, body) = match large {
            true => (70, "🏠".repeat(limits::BODY)),
            false => (limits::REPLAY_EVENTS + 1, "drip".to_owned()),
        };
        let to = place(NAMES[2], number).to_string();
        let mut socket = self.people[2].socket().await;
        // Fewer at once than answers may wait for a connection.
        for some in vec![(); count].chunks(50) {
            let mut asked = Vec::with_capacity(some.len());
            for () in some {
                asked.push(socket.number(saying(&to, &body, &cid())).await);
            }
            for id in asked {
                socket.reply(id).await;
            }
        }
        socket.close().await;
    }

    /// The server is stopped in good order, while those who are awake listen.
    async fn stop(&mut self) {
        for device in &mut self.devices {
            if device.asleep {
                device.client.cut();
            }
        }
        let closed = join_all(self.devices.iter_mut().map(async |device| {
            while device.client.is_up() {
                device.client.turn(LISTEN).await;
            }
        }));
        tokio::join!(self.house.stop(), soon("the sockets to be closed", closed));
    }

    async fn back_up(&mut self) {
        self.backups += 1;
        let from = self.house.database();
        let to = from.with_extension(format!("backup{}", self.backups));
        let patience = Duration::from_secs(10);
        roomful::server::store::sqlite::backup(&from, &to, patience).await.unwrap();
        self.backup = Some(to);
    }

    async fn bring_back(&mut self) {
        let Some(backup) = &self.backup else { return };
        let backup = backup.clone();
        self.stop().await;
        let database = self.house.database();
        for tail in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{tail}", database.display()));
        }
        std::fs::copy(backup, database).unwrap();
        self.ledger.book().forget_answers();
        self.house.restart().await;
    }

    /// Waits until everything that was asked is answered, and compares everybody who is awake.
    pub async fn settle(&mut self) {
        let still = RefCell::new(vec![false; DEVICES]);
        let all = join_all(self.devices.iter_mut().enumerate().map(async |(at, device)| {
            let here = !device.away && !device.asleep;
            loop {
                still.borrow_mut()[at] = !here || device.client.is_quiet();
                if still.borrow().iter().all(|still| *still) {
                    break;
                }
                if here {
                    back_again(&mut device.client).await;
                    device.client.turn(LISTEN).await;
                } else {
                    tokio::time::sleep(LISTEN).await;
                }
            }
        }));
        soon("everything to be answered", all).await;

        for device in &mut self.devices {
            device.client.turn_pages();
        }
        let people = &self.people;
        let awake = self.devices.iter_mut().filter(|device| !device.away && !device.asleep);
        join_all(awake.map(async |device| {
            let person = &people[OWNERS[device.client.number]];
            compare::with_a_fresh_read(&mut device.client, person).await;
        }))
        .await;
        for device in &mut self.devices {
            device.asleep |= std::mem::take(&mut device.tired);
        }
        let breaches = self.ledger.book().breaches.clone();
        assert!(breaches.is_empty(), "{breaches:#?}");
    }
}

/// Connects where the connection is gone.
pub async fn back_again(client: &mut Client) {
    if !client.is_up() {
        client.connect().await;
    }
}
