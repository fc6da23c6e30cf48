//! The pages that open as panels: load, render, answer.

use super::pages::{Asked, Visitor};
use super::problem;
use crate::pages::{self, DeviceLine, Devices, InRoom, Inside, PinLine, Tokens};
use crate::protocol::glimpse::glimpse;
use crate::protocol::notices::Shown;
use crate::protocol::sheets::Sheet;
use crate::protocol::views::Span;
use crate::protocol::{At, Code, Refusal, Target, urls};
use crate::server::domain::tokens::Uses;
use crate::server::store::devices::Device;
use axum::http::Uri;
use axum::response::{Redirect, Response};
use std::collections::HashMap;

/// What stands behind the question mark of an address.
type Values = HashMap<String, String>;

/// Any of them.
pub async fn sheet(asked: Asked) -> Result<Response, Response> {
    let visitor = asked.visitor().await?;
    Ok(match Sheet::at(asked.path()) {
        Some(sheet) => visitor.sheet(sheet, asked.values()).await,
        None => visitor.trouble(&Refusal::not_found("page")),
    })
}

fn text<'a>(values: &'a Values, name: &str) -> &'a str {
    values.get(name).map_or("", String::as_str).trim()
}

fn number<T: std::str::FromStr>(values: &Values, name: &str) -> Option<T> {
    values.get(name)?.parse().ok()
}

/// `/mentions`, as it was once called.
pub async fn mentions(uri: Uri) -> Redirect {
    let rest = uri.query().map_or_else(String::new, |query| format!("&{query}"));
    Redirect::permanent(&format!("{}{rest}", urls::MENTIONS))
}

impl Visitor<'_> {
    /// The page, or why not.
    pub async fn sheet(&self, sheet: Sheet, values: &Values) -> Response {
        match self.render(sheet, values).await {
            Ok(html) => self.answer(html),
            // A form that was refused says why, even where its page is not to be had any more.
            Err(refusal) => match &self.returned {
                Some(returned) if refusal.code != Code::LoginNeeded => self.answer_with(
                    problem::status(&returned.refusal),
                    pages::trouble(&self.shell, &returned.refusal),
                ),
                _ => self.trouble(&refusal),
            },
        }
    }

    async fn render(&self, sheet: Sheet, values: &Values) -> Result<String, Refusal> {
        let (domain, who, shell) = (&self.app.domain, &self.who, &self.shell);
        let (find, now) = (text(values, "find"), At::now());
        let offset = number(values, "offset").unwrap_or(0);
        let returned = self.returned.clone();
        Ok(match sheet {
            Sheet::About(room) => {
                let room = domain.about_room(who, &room, 0).await?;
                let inside = self.inside(&room.name).await?;
                pages::about(shell, room, inside, now, returned)
            }
            Sheet::Inside(room) => {
                pages::inside(shell, domain.about_room(who, &room, offset).await?)
            }
            Sheet::Webhooks(room) => {
                let hooks = domain.webhooks(who, &room, text(values, "made")).await?;
                pages::webhooks(shell, hooks, now, returned.as_ref())
            }
            Sheet::Edits(to, message) => {
                pages::edits(shell, &to, domain.revisions(who, &to, &message, offset).await?)
            }
            Sheet::People => pages::people(shell, domain.people(who, find, offset).await?),
            Sheet::Person(name) => {
                let person = match domain.person(who, &name).await {
                    Err(Refusal { code: Code::NotFound, .. }) => {
                        let (name, room) = domain.program(who, &name).await?;
                        return Ok(pages::program(shell, &name, &room));
                    }
                    person => person?,
                };
                let room = match text(values, "room") {
                    "" => None,
                    room => domain.standing_in(who, room, &name).await?,
                };
                let room = room.map(|(room, standing)| InRoom {
                    room,
                    role: standing.role,
                    banned: standing.banned,
                });
                pages::person(shell, person, room, now, returned)
            }
            Sheet::Notices => {
                let before = number(values, "before");
                let shown = match text(values, "only") {
                    "mentions" => Shown::Mentions(domain.mentions(who, before).await?),
                    _ => Shown::All(domain.notifications(who, before).await?),
                };
                pages::notifications(shell, shown, now, returned.as_ref())
            }
            Sheet::Devices => {
                let tested = text(values, "done") == "tested";
                let data = Devices { tested, ..self.devices().await? };
                pages::devices(shell, data, returned)
            }
            Sheet::NewRoom => {
                who.member()?;
                pages::new_room(shell, text(values, "name"), returned)
            }
            Sheet::HousePeople => {
                let accounts = domain.accounts(who, find, offset).await?;
                pages::house_people(shell, accounts, now, returned.as_ref())
            }
            Sheet::HouseRooms => {
                let rooms = domain.rooms_of_house(who, find, offset).await?;
                pages::house_rooms(shell, rooms, now, returned.as_ref())
            }
            Sheet::HouseTokens => {
                let (tokens, more) = domain.tokens(who, offset).await?;
                let token = Some(text(values, "token")).filter(|id| !id.is_empty());
                let uses = match token {
                    Some(id) => domain.token_uses(who, Some(id), number(values, "before")).await?,
                    None => Uses::default(),
                };
                let Uses { uses, before } = uses;
                let secret = domain.fresh_token(who);
                let token = token.map(str::to_owned);
                let shown = Tokens { tokens, offset, more, secret, token, uses, before };
                pages::house_tokens(shell, shown, now, returned.as_ref())
            }
            Sheet::HouseInvites => {
                pages::house_invites(shell, self.invites().await?, returned.as_ref())
            }
        })
    }

    /// What the page about my devices shows.
    async fn devices(&self) -> Result<Devices, Refusal> {
        let (domain, me) = (&self.app.domain, self.who.member()?);
        let line = |device: Device| DeviceLine {
            this: me.session.as_ref() == Some(&device.session),
            id: device.id,
            agent: device.agent,
            made_at: At(device.made_at),
            sent_at: device.sent_at.map(At),
            failing: device.failures > 0,
        };
        let devices = domain.devices(&self.who).await?.into_iter().map(line).collect();
        Ok(Devices { key: domain.push_key().to_owned(), devices, tested: false })
    }

    /// What the page about a room shows beside what the room is.
    async fn inside(&self, room: &str) -> Result<Inside, Refusal> {
        let (domain, to) = (&self.app.domain, Target::Room(room.to_owned()));
        let place = domain.locate(&self.who, &to).await?;
        let topic = domain.history(&self.who, &to, Span::Newest, Some(1)).await?.about.topic;
        let pins =
            domain.list_pins(&self.who, &to).await?.into_iter().rev().map(|message| PinLine {
                link: urls::message(&to, &message.id),
                text: glimpse(&message.body),
                author: message.author,
                at: message.at,
                id: message.id,
            });
        let online = domain.online(&place).map_or(0, |online| online.count);
        Ok(Inside { topic, online, pins: pins.collect() })
    }
}
