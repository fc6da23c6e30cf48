//! Two things at once, each test with its order of events pinned down by a gate in the channel
//! layer: a call of the server waits there while the other thing happens.

use crate::support::{
    House, MainSocket, Person, cid, eventually,
    gates::{
        Gates,
        Point::{AfterJoin, AfterPublish, BeforeJoin, BeforeLeave, BeforePublish},
    },
    house::LOBBY,
    main_socket::{names, saying},
    wire::Got,
};
use roomful::protocol::people::Access;
use roomful::protocol::{Code, Refusal, close};
use roomful::server::{
    groups::{Group, Groups},
    store::{message_place, users},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// A house with gates, somebody who speaks in its lobby, and how the lobby stands.
struct Stage {
    house: House,
    gates: Arc<Gates>,
    alice: Person,
    bob: Person,
    speaker: MainSocket,
    lobby: Group,
    epoch: String,
    /// The last message's seq.
    top: i64,
}

impl Stage {
    async fn set() -> Self {
        let gates = Arc::new(Gates::default());
        let given = Arc::clone(&gates);
        let house = House::open_on(move || given.clone(), |_| {}).await;
        let (alice, bob) = (house.in_browser("alice").await, house.person("bob").await);
        let mut speaker = house.person("speaker").await.socket().await;
        let first = speaker.send(LOBBY, "first").await;
        let (log, top) = first["id"].as_str().and_then(message_place).expect("a message's id");
        let epoch = bob.history(LOBBY).await["epoch"].as_str().expect("an epoch").to_owned();
        Self { house, gates, alice, bob, speaker, lobby: Group::Room(log), epoch, top }
    }

    /// Somebody else says something, which is stored and told.
    async fn say(&mut self, body: &str) -> i64 {
        self.top = self.speaker.send(LOBBY, body).await["seq"].as_i64().expect("a seq");
        self.top
    }

    fn resume(&self) -> Value {
        let after = json!({"epoch": self.epoch, "seq": self.top});
        json!({"t": "sub", "rooms": [{"to": LOBBY, "after": after}]})
    }

    /// From here on it hears every message once.
    async fn hears_on(&mut self, socket: &mut MainSocket) {
        let before = self.top;
        for body in ["one more", "and another"] {
            let seq = self.say(body).await;
            assert_eq!(socket.event(LOBBY).await["seq"], seq);
        }
        socket.fence().await;
        socket.assert_none(|f| f["t"] == "event" && f["seq"].as_i64() <= Some(before + 2));
    }

    /// From here on it hears nothing.
    async fn hears_nothing(&mut self, socket: &mut MainSocket) {
        self.say("not for you").await;
        socket.fence().await;
        socket.assert_none(|f| f["t"] == "event");
    }

    async fn open_connections(&self, count: usize) {
        eventually(&format!("{count} connections"), async || {
            (self.house.running().domain().connections.open() == count).then_some(())
        })
        .await;
    }
}

fn bodies(answer: &Value) -> Vec<&str> {
    let events = answer["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    events.iter().filter_map(|event| event["data"]["body"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_during_subscribe_is_heard_once() {
    let mut stage = Stage::set().await;
    for point in [BeforeJoin, AfterJoin] {
        let mut socket = stage.bob.socket().await;
        let gate = stage.gates.shut(point, stage.lobby);
        let id = socket.number(stage.resume()).await;
        gate.holds(1).await;
        let during = stage.say("during").await;
        gate.open();
        let answer = socket.reply(id).await["ok"]["rooms"][0].take();
        assert_eq!((&answer["recovered"], &answer["top"]), (&json!(true), &json!(during)));
        assert_eq!(bodies(&answer), ["during"], "{point:?}");
        stage.hears_on(&mut socket).await;
    }
}

/// The first of two was joined, and perhaps read, when the message is told; the answer is not out.
#[tokio::test(flavor = "multi_thread")]
async fn publish_before_the_answer_of_a_subscribe_is_heard_once_and_after_the_answer() {
    let mut stage = Stage::set().await;
    stage.alice.make_room("attic").await;
    let attic = stage.speaker.send("#attic", "first").await;
    let (attic, _) = attic["id"].as_str().and_then(message_place).expect("a message's id");
    let mut socket = stage.bob.socket().await;
    let gate = stage.gates.shut(BeforeJoin, Group::Room(attic));
    let mut asked = stage.resume();
    asked["rooms"].as_array_mut().expect("rooms").push(json!({"to": "#attic"}));
    let id = socket.number(asked).await;
    gate.holds(1).await;
    let during = stage.say("during").await;
    gate.open();
    let reply = socket.next("the reply").await;
    assert_eq!(reply["re"], id, "nothing comes before the answer: {reply}");
    let answer = &reply["ok"]["rooms"][0];
    if answer["top"] == during {
        assert_eq!(bodies(answer), ["during"]);
    } else {
        assert_eq!(socket.event(LOBBY).await["seq"], during);
    }
    stage.hears_on(&mut socket).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unsubscribe_during_subscribe_has_the_last_word() {
    let mut stage = Stage::set().await;
    let mut socket = stage.bob.socket().await;
    let gate = stage.gates.shut(AfterJoin, stage.lobby);
    let sub = socket.number(stage.resume()).await;
    gate.holds(1).await;
    let unsub = socket.number(json!({"t": "unsub", "rooms": [LOBBY]})).await;
    stage.say("during").await;
    gate.open();
    assert_eq!(bodies(&socket.reply(sub).await["ok"]["rooms"][0]), ["during"]);
    assert_eq!(socket.reply(unsub).await["ok"], json!({}));
    stage.hears_nothing(&mut socket).await;
    // To begin again goes on where the answer ended.
    stage.top -= 1;
    let answer = socket.ask_ok(stage.resume()).await;
    assert_eq!(bodies(&answer["rooms"][0]), ["not for you"]);
    stage.top += 1;
    stage.hears_on(&mut socket).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_during_unsubscribe_comes_before_its_answer_or_not_at_all() {
    let mut stage = Stage::set().await;
    let mut socket = stage.bob.socket().await;
    socket.sub(&[LOBBY]).await;
    let gate = stage.gates.shut(BeforeLeave, stage.lobby);
    let unsub = socket.number(json!({"t": "unsub", "rooms": [LOBBY]})).await;
    gate.holds(1).await;
    let before = stage.top;
    let during = stage.say("during").await;
    gate.open();
    let mut last = before;
    loop {
        let frame = socket.next("the answer").await;
        if frame["re"] == unsub {
            break;
        }
        assert_eq!((&frame["t"], &frame["seq"]), (&json!("event"), &json!(during)), "{frame}");
        last = during;
    }
    stage.hears_nothing(&mut socket).await;
    let answer = socket.sub_after(LOBBY, &stage.epoch, last).await;
    let missed = if last == during { 1 } else { 2 };
    assert_eq!(bodies(&answer).len(), missed, "no gap: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn resume_while_publishing_brings_it_once() {
    let mut stage = Stage::set().await;
    let mut live = stage.alice.socket().await;
    live.sub(&[LOBBY]).await;
    let mut back = stage.bob.socket().await;
    let resume = stage.resume();
    let gate = stage.gates.shut(BeforePublish, stage.lobby);
    let sent = stage.speaker.number(saying(LOBBY, "during", &cid())).await;
    gate.holds(1).await;
    // It is stored and nobody was told: who reads now has it already.
    let answer = back.ask_ok(resume).await["rooms"][0].take();
    assert_eq!((&answer["recovered"], bodies(&answer)), (&json!(true), vec!["during"]));
    live.fence().await;
    live.assert_none(|f| f["t"] == "event");
    gate.open();
    stage.top += 1;
    assert_eq!(stage.speaker.reply(sent).await["ok"]["seq"], stage.top);
    assert_eq!(live.event(LOBBY).await["seq"], stage.top);
    stage.hears_on(&mut back).await;
    back.assert_none(|f| f["t"] == "event");
}

#[tokio::test(flavor = "multi_thread")]
async fn log_out_during_a_send_closes_at_once_and_the_message_stands_once() {
    let mut stage = Stage::set().await;
    let mut reader = stage.bob.socket().await;
    reader.sub(&[LOBBY]).await;
    let one = cid();
    let mut socket = stage.alice.socket().await;
    let gate = stage.gates.shut(BeforePublish, stage.lobby);
    socket.number(saying(LOBBY, "my last word", &one)).await;
    gate.holds(1).await;
    stage.alice.post("/api/log_out", &[]).await;
    // Not waiting for what is on its way.
    assert_eq!(socket.closed().await, close::LOGGED_OUT);
    gate.open();
    stage.top += 1;
    assert_eq!(reader.event(LOBBY).await["data"]["body"], "my last word");
    let again = stage.house.log_in("alice").await;
    let ok = again.socket().await.ask_ok(saying(LOBBY, "my last word", &one)).await;
    assert_eq!(ok["seq"], stage.top, "the first answer");
    stage.hears_on(&mut reader).await;
    let said = stage.house.bodies(&stage.bob, LOBBY).await;
    assert_eq!(said.iter().filter(|body| *body == "my last word").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn log_out_while_a_socket_is_being_opened_closes_it_at_once() {
    let stage = Stage::set().await;
    let store = &stage.house.running().domain().store;
    let mut db = store.glance().await.expect("a reader");
    let alice = users::find(&mut db, "alice").await.expect("an answer").expect("alice");
    drop(db);
    // It was recognised already, and hears of nothing yet.
    let gate = stage.gates.shut(BeforeJoin, Group::User(alice.id));
    let (wire, ()) = tokio::join!(stage.alice.wire("/ws"), async {
        gate.holds(1).await;
        stage.alice.post("/api/log_out", &[]).await;
        gate.open();
    });
    let Got::Closed(code) = wire.expect("a socket").got("its end").await else {
        panic!("it was let in");
    };
    assert_eq!(code, close::LOGGED_OUT);
    stage.open_connections(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_after_the_log_out_is_not_stored() {
    let stage = Stage::set().await;
    // Which of the two the server sees first is chance where nothing orders them.
    for _ in 0..8 {
        let alice = stage.house.log_in("alice").await;
        let mut socket = alice.socket().await;
        let gate = stage.gates.shut(AfterJoin, stage.lobby);
        socket.number(json!({"t": "sub", "rooms": [{"to": LOBBY}]})).await;
        gate.holds(1).await;
        alice.post("/api/log_out", &[]).await;
        socket.tell(saying(LOBBY, "too late", &cid())).await;
        gate.open();
        assert_eq!(socket.closed().await, close::LOGGED_OUT);
    }
    stage.open_connections(1).await;
    assert_eq!(stage.house.bodies(&stage.bob, LOBBY).await, ["first"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_connections_of_one_user_that_close_at_once_are_one_leave() {
    let mut stage = Stage::set().await;
    stage.speaker.sub(&[LOBBY]).await;
    for round in 1..=3 {
        let mut main = stage.bob.socket().await;
        main.sub(&[LOBBY]).await;
        main.here(json!(LOBBY)).await;
        let mut room = stage.bob.enter("lobby").await;
        room.entered().await;
        stage.speaker.sees_join(LOBBY, "bob").await;
        let gate = stage.gates.shut(BeforeLeave, stage.lobby);
        drop(main);
        drop(room);
        gate.holds(2).await;
        gate.open();
        stage.speaker.sees_leave(LOBBY, "bob").await;
        stage.open_connections(1).await;
        let online = stage.speaker.sub(&[LOBBY]).await[0]["online"].clone();
        assert_eq!(online, json!({"count": 0, "users": []}), "round {round}");
        stage.speaker.assert_none(|f| f["t"] == "online" && f.to_string().contains("bob"));
    }
    // The house, the speaker's own group and the lobby.
    assert_eq!(stage.house.running().domain().groups.memberships(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_reconnect_before_the_first_has_finished_takes_over() {
    let mut stage = Stage::set().await;
    stage.speaker.sub(&[LOBBY]).await;
    let gate = stage.gates.shut_for(1, AfterJoin, stage.lobby);
    let mut first = stage.bob.socket().await;
    first.tell(json!({"t": "here", "to": LOBBY, "active": true})).await;
    first.number(stage.resume()).await;
    gate.holds(1).await;
    stage.speaker.sees_join(LOBBY, "bob").await;
    // The client gives up on it and comes again; the server is still busy with the first.
    first.into_wire().reset();
    let mut second = stage.bob.socket().await;
    second.here(json!(LOBBY)).await;
    let answer = second.ask_ok(stage.resume()).await;
    assert_eq!(answer["rooms"][0]["recovered"], true);
    stage.hears_on(&mut second).await;
    gate.open();
    stage.open_connections(2).await;
    stage.hears_on(&mut second).await;
    // Carol comes and goes, so bob's leave would have been told by now.
    let mut carol = stage.house.person("carol").await.socket().await;
    carol.here(json!(LOBBY)).await;
    stage.speaker.sees_join(LOBBY, "carol").await;
    carol.close().await;
    stage.speaker.sees_leave(LOBBY, "carol").await;
    stage.speaker.assert_none(|f| names(f, LOBBY, "leave", "bob"));
    assert_eq!(stage.speaker.sub(&[LOBBY]).await[0]["online"]["users"], json!(["bob"]));
}

/// What was accepted is answered, also while the server goes down: the sender hears `ok` before
/// 4010, and who heard nothing resumes without a gap.
#[tokio::test(flavor = "multi_thread")]
async fn shutdown_during_a_fan_out_answers_the_sender_and_loses_nothing() {
    const READERS: usize = 20;
    for point in [BeforePublish, AfterPublish] {
        let stage = Stage::set().await;
        let mut readers = Vec::new();
        for _ in 0..READERS {
            let mut socket = stage.bob.socket().await;
            socket.sub(&[LOBBY]).await;
            readers.push(socket.into_wire());
        }
        let gate = stage.gates.shut(point, stage.lobby);
        let mut socket = stage.alice.socket().await;
        let sent = socket.number(saying(LOBBY, "during", &cid())).await;
        gate.holds(1).await;
        let (mut house, last) = (stage.house, stage.top);
        drop(stage.speaker);
        let read_on = async {
            let mut heard = Vec::new();
            let mut gate = Some(gate);
            for mut wire in readers {
                let mut last = last;
                loop {
                    match wire.got("an event or the end").await {
                        Got::Json(frame) if frame["t"] == "event" => {
                            assert_eq!(frame["seq"], last + 1);
                            last += 1;
                        }
                        Got::Closed(code) => {
                            assert_eq!(code, close::DRAINING);
                            break;
                        }
                        _ => {}
                    }
                }
                heard.push(last);
                // The drain has begun, and the sender still waits.
                drop(gate.take());
            }
            let ok = socket.reply(sent).await;
            assert_eq!(ok["ok"]["seq"], last + 1, "accepted, so answered: {ok}");
            assert_eq!(socket.closed().await, close::DRAINING);
            heard
        };
        let (heard, ()) = tokio::join!(read_on, house.stop());
        assert_eq!((Groups::memberships(&*stage.gates), stage.gates.queues()), (0, 0), "{point:?}");
        if point == AfterPublish {
            assert!(heard.iter().all(|seq| *seq == last + 1), "it waited for them: {heard:?}");
        }
        house.restart().await;
        let mut bob = stage.bob.socket().await;
        for seq in heard {
            let answer = bob.sub_after(LOBBY, &stage.epoch, seq).await;
            assert_eq!((&answer["recovered"], &answer["top"]), (&json!(true), &json!(last + 1)));
            let missed = usize::from(seq == last);
            assert_eq!(bodies(&answer), vec!["during"; missed]);
        }
        assert_eq!(house.bodies(&stage.bob, LOBBY).await, ["first", "during"]);
    }
}

/// Hands in two acts behind a message that is being told, so that both are found allowed before either
/// is done; they are done in this order.
async fn one_behind_the_other(
    stage: &mut Stage,
    first: impl Future<Output = Result<(), Refusal>>,
    second: impl Future<Output = Result<(), Refusal>>,
) -> [Result<(), Refusal>; 2] {
    let Stage { house, gates, speaker, lobby, .. } = stage;
    let shut = gates.shut_for(1, BeforePublish, *lobby);
    speaker.tell(saying(LOBBY, "while the two wait", &cid())).await;
    shut.holds(1).await;
    let waits = async |count: usize| {
        eventually("them to be handed in", async || {
            (house.verbs().writer.waiting() == count).then_some(())
        })
        .await;
    };
    let second = async {
        waits(1).await;
        second.await
    };
    let opened = async {
        waits(2).await;
        shut.open();
    };
    let (first, second, ()) = tokio::join!(first, second, opened);
    [first, second]
}

/// Whoever leaves a room that was open when they asked, and is for its members when they go.
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_a_room_as_it_closes_hears_nothing_more_of_it() {
    let mut stage = Stage::set().await;
    let (keeper, bob) = (stage.house.person("keeper").await, stage.bob.clone());
    keeper.make_room("stairs").await;
    let mut his = bob.socket().await;
    his.send("#stairs", "I was here").await;
    his.sub(&["#stairs"]).await;
    let (boss, who) = (stage.house.who(&keeper).await, stage.house.who(&bob).await);
    let verbs = stage.house.running().domain().clone();
    let closes = verbs.set_access(&boss, "stairs", Access::Members);
    let done = one_behind_the_other(&mut stage, closes, verbs.leave(&who, "stairs")).await;
    assert_eq!(done, [Ok(()), Ok(())]);
    his.frame("gone", |f| f["t"] == "gone" && f["to"] == "#stairs").await;
    keeper.socket().await.send("#stairs", "between ourselves").await;
    his.fence().await;
    his.assert_none(|f| f.to_string().contains("between ourselves"));
}

/// Whoever opens a room that was there when they asked, and is gone by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_goes_while_somebody_opens_it_is_listed_nowhere() {
    let mut stage = Stage::set().await;
    let (keeper, root) = (stage.house.person("keeper").await, stage.house.admin("root").await);
    keeper.make_room("attic").await;
    keeper.socket().await.send("#attic", "behind the boxes").await;
    let (who, boss) = (stage.house.who(&keeper).await, stage.house.who(&root).await);
    let verbs = stage.house.running().domain().clone();
    verbs.set_access(&who, "attic", Access::Members).await.expect("closed");
    let opens = verbs.set_access(&who, "attic", Access::Open);
    let [gone, opened] =
        one_behind_the_other(&mut stage, verbs.delete_room(&boss, "attic"), opens).await;
    assert_eq!((gone, opened.unwrap_err().code), (Ok(()), Code::NotFound));
    for person in [&keeper, &root, &stage.house.visitor()] {
        let index = person.get("/chat/").await.is(200).text();
        assert!(!index.contains("attic") && !index.contains("behind the boxes"), "{index}");
    }
}
