//! Webhooks: what programs say in a room, and what they are told of it.

mod incoming;
mod outgoing;
pub mod receiver;
mod turns;

use super::support::{House, Person, house::LOBBY};
use roomful::{
    protocol::webhooks::{Delivery, Made, OutHook, Webhooks},
    server::domain::Who,
};
use std::time::Duration;

/// A house that calls what is on this machine, and tries again soon.
async fn house() -> House {
    House::open_with(|config| {
        config.reachable = vec!["127.0.0.1/32".parse().unwrap()];
        config.hook_retry = Duration::from_millis(20);
    })
    .await
}

/// Somebody with an account, in person: webhooks are not looked after by tokens.
async fn in_person(house: &House, name: &str) -> Who {
    house.who(&house.log_in(name).await).await
}

/// The lobby's webhooks.
async fn hooks(house: &House, who: &Who) -> Webhooks {
    house.verbs().webhooks(who, "lobby", "").await.expect("the page")
}

/// The first address that is told.
async fn told(house: &House, who: &Who) -> OutHook {
    hooks(house, who).await.outgoing.remove(0)
}

/// The last thing that it was told.
async fn last(house: &House, who: &Who) -> Option<Delivery> {
    told(house, who).await.last.into_iter().next()
}

/// Has an address told of the lobby; answers the secret.
async fn tell(house: &House, who: &Who, url: &str, word: &str) -> String {
    let key = house.verbs().make_outgoing(who, "lobby", url, word).await.expect("a webhook");
    match house.verbs().webhooks(who, "lobby", &key).await.expect("the page").made {
        Some(Made::Outgoing { secret, .. }) => secret,
        other => panic!("{other:?}"),
    }
}

/// Makes an address at which a room takes messages; answers its path.
async fn address(house: &House, who: &Who, room: &str, name: &str) -> String {
    let key = house.verbs().make_incoming(who, room, name).await.expect("an address");
    match house.verbs().webhooks(who, room, &key).await.expect("the page").made {
        Some(Made::Incoming { address, .. }) => {
            let (_, path) = address.split_once("://").expect("a URL");
            path[path.find('/').expect("a path")..].to_owned()
        }
        other => panic!("{other:?}"),
    }
}

async fn say(person: &Person, body: &str) {
    person.say(LOBBY, body, &super::support::cid()).await.is(303);
}
