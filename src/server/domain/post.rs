//! Saying something: in a room or to a person, from any entrance.

use super::{Domain, Who, changes::Wish};
use crate::protocol::commands::{self, Command};
use crate::protocol::frames::{Event, Kind, SendOk};
use crate::protocol::{Code, Refusal, Target, limits};
use crate::server::groups::Broadcast;
use crate::server::store::UserId;
use crate::server::store::writer::{Done, Party, Post, answered};
use crate::words::Word;

/// A message before it is stored.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Where.
    pub to: Target,
    /// The sender's own id, which makes sending it again harmless.
    pub cid: String,
    /// What.
    pub body: String,
    /// The id of the message it answers.
    pub reply_to: Option<String>,
    /// The ids of its uploads, in their order.
    pub files: Vec<String>,
}

impl Domain {
    /// Checks a message and hands it to the writer; `done` hears once it is committed or refused.
    ///
    /// # Errors
    /// What is wrong with it; then `done` was not called.
    pub fn post<'a>(
        &'a self,
        who: &'a Who,
        draft: Draft,
        done: Done<SendOk>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send + 'a {
        self.say_at_pace(who, draft, true, done)
    }

    /// The same for what a program pushes: how fast that may be is asked elsewhere.
    pub(super) fn say_unhurried<'a>(
        &'a self,
        who: &'a Who,
        draft: Draft,
        done: Done<SendOk>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send + 'a {
        self.say_at_pace(who, draft, false, done)
    }

    async fn say_at_pace(
        &self,
        who: &Who,
        mut draft: Draft,
        paced: bool,
        done: Done<SendOk>,
    ) -> Result<(), Refusal> {
        let me = who.writer()?;
        if !draft.files.is_empty() && draft.body.trim().is_empty() {
            // The files say it all.
            draft.body.clear();
        } else {
            commands::check_body(&draft.body, self.config.body_limit)?;
        }
        check_files(&draft.files)?;
        if draft.cid.is_empty() || draft.cid.chars().count() > limits::CID {
            return Err(Refusal::invalid(
                "cid",
                format!("A cid has 1 to {} characters.", limits::CID),
            ));
        }
        let found = self.locate(who, &draft.to).await?;
        let place = found.written().ok_or_else(|| Refusal::invalid("to", Word::NotAPlace))?;
        self.may_write(me, &found).await?;
        if paced {
            self.speech.may_speak(me.id)?;
        }
        let answers = draft.reply_to.as_deref();
        let notices = self.notices(me, &found, &draft.body, answers).await?;
        self.join_to_speak(who, &found).await?;
        self.writer.post(Post {
            author: me.party(),
            author_kind: me.kind,
            place,
            cid: draft.cid,
            body: draft.body,
            reply_to: draft.reply_to,
            notices,
            files: draft.files,
            done,
        });
        Ok(())
    }

    /// The same, and waits until it is stored.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn post_and_wait(&self, who: &Who, draft: Draft) -> Result<SendOk, Refusal> {
        let (done, answer) = answered();
        self.post(who, draft, done).await?;
        answer.await
    }

    /// What was typed into a plain form: a message for this place, or a command. Answers where to
    /// look next: at a place, or (`None`) at the list of keys and commands.
    ///
    /// # Errors
    /// What is wrong with it.
    pub async fn say(
        &self,
        who: &Who,
        to: Target,
        text: &str,
        cid: String,
        files: Vec<String>,
    ) -> Result<Option<Target>, Refusal> {
        let text = text.replace("\r\n", "\n");
        let (to, body) = match commands::read(&text)? {
            Command::Say(body) => (to, body.to_owned()),
            Command::Private { to, body } => (Target::Person(to.to_owned()), body.to_owned()),
            Command::Topic(text) => {
                self.change_and_wait(who, &to, Wish::Topic { text: text.to_owned() }).await?;
                return Ok(Some(to));
            }
            Command::Help => return Ok(None),
            Command::Unknown(word) => return Err(commands::unknown(word)),
        };
        self.post_and_wait(who, Draft { to: to.clone(), cid, body, reply_to: None, files }).await?;
        Ok(Some(to))
    }
}

/// The refusal of more files than a message has.
#[must_use]
pub fn too_many_files() -> Refusal {
    let refusal = Refusal::new(Code::TooMany, Word::FilesTooMany.of(&[&limits::FILES]));
    Refusal { field: Some("files".to_owned()), ..refusal }
}

/// Each file once, and not too many; whether they are there is asked where they are taken.
fn check_files(files: &[String]) -> Result<(), Refusal> {
    if files.len() > limits::FILES {
        return Err(too_many_files());
    }
    let twice = |(at, id): (usize, &String)| files.iter().take(at).any(|other| other == id);
    if files.iter().enumerate().any(twice) {
        return Err(Refusal::invalid("files", Word::FileTwice));
    }
    Ok(())
}

/// What the room sockets of the other one are told of a private message.
pub(super) fn whisper(event: &Event, low: &Party, high: &Party) -> Option<(UserId, Broadcast)> {
    let Some(Kind::Message(said)) = event.reading() else { return None };
    let hearer = if *said.author == *low.name { high } else { low };
    let body = said.body.unwrap_or_default();
    Some((hearer.id, Broadcast::Whisper { id: said.id, from: said.author, body, at: said.at }))
}
