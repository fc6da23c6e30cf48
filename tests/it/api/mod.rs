//! `/api/v1`, call by call: what is done, what is refused, and that every answer fits the document that
//! describes it.

mod calls;
mod command;
mod document;
mod keys;
mod lines;
mod push;
mod refusals;

use crate::support::{House, Person, http::Answer};
use document::{Method, fits};
use roomful::{protocol::tokens::Scopes, server::domain::tokens::NewToken};
use serde_json::Value;

/// A token of these scopes for an account that exists: its id and its secret.
pub async fn token(house: &House, name: &str, scopes: &str) -> (String, String) {
    let scopes: Scopes = scopes.parse().unwrap();
    let made = house.verbs().add_token(NewToken { scopes, ..NewToken::plain(name) }).await.unwrap();
    (made.id, made.secret)
}

/// A program that acts in the name of an account that exists.
pub async fn program(house: &House, name: &str, scopes: &str) -> Person {
    house.visitor().with_token(name, &token(house, name, scopes).await.1)
}

/// A program of somebody new.
pub async fn programs(house: &House, name: &str, admin: bool) -> Person {
    house.account(name, admin).await;
    let scopes = if admin { "read,write,push,broadcast" } else { "read,write,push" };
    program(house, name, scopes).await
}

/// A call with a body of JSON; what is answered is what the document says.
pub async fn post(person: &Person, path: &str, body: Value) -> Answer {
    let person = person.clone().with("Content-Type", "application/json");
    let answer = person.request("POST", path, body.to_string().as_bytes()).await;
    fits(Method::Post, path, &answer);
    answer
}

/// A call that reads; what is answered is what the document says.
pub async fn get(person: &Person, path: &str) -> Answer {
    let answer = person.get(path).await;
    fits(Method::Get, path, &answer);
    answer
}

/// A call that ends something; what is answered is what the document says.
pub async fn delete(person: &Person, path: &str) -> Answer {
    let answer = person.request("DELETE", path, b"").await;
    fits(Method::Delete, path, &answer);
    answer
}
