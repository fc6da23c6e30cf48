//! Questions to the house by GET: what server functions answer to programs. Their own client would be
//! as large as the composer.

use crate::{
    protocol::{Code, Refusal, json},
    words::Word,
};
use leptos::prelude::window;
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// What is answered to this address.
pub async fn ask<T: DeserializeOwned>(address: String) -> Result<T, Refusal> {
    let (ok, text) = fetched(address).await.map_err(|_| not_reached())?;
    if ok { json::read(&text).ok_or_else(unreadable) } else { Err(refused(&text)) }
}

/// Whether it was granted, and what was said.
async fn fetched(address: String) -> Result<(bool, String), JsValue> {
    let answer: Response = JsFuture::from(window().fetch_with_str(&address)).await?.dyn_into()?;
    let text = JsFuture::from(answer.text()?).await?;
    Ok((answer.ok(), text.as_string().unwrap_or_default()))
}

fn refused(text: &str) -> Refusal {
    json::read(text).unwrap_or_else(unreadable)
}

fn unreadable() -> Refusal {
    Refusal::new(Code::BadFrame, Word::FormNotRead)
}

/// The house did not answer.
pub fn not_reached() -> Refusal {
    Refusal { temporary: true, ..Refusal::new(Code::Unavailable, Word::NotReached) }
}
