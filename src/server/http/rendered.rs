//! Parts of pages that are rendered once and kept: the rows of a log, the cards of the index. They
//! look the same to everybody who is shown the same; see [`super::super::kept`] for why they are
//! never stale.

use crate::client::Row;
use crate::components::room_picker::Cards;
use crate::pages;
use crate::protocol::Refusal;
use crate::protocol::views::{House, Message, Span};
use crate::server::domain::Domain;
use crate::server::domain::history::Shared;
use crate::server::domain::house::Opened;
use crate::server::domain::rooms::Stand;
use crate::server::kept::Keep;
use crate::server::store::LogId;
use crate::server::store::logs::Head;
use crate::words::{Lang, Words};
use std::sync::Arc;

/// Bytes of whole pages' rows in one language: of full pages, about five hundred.
const ROWS: usize = 8 * 1024 * 1024;
/// Bytes of single rows: about ten thousand.
const ROW: usize = 8 * 1024 * 1024;
/// Bytes of cards: of rooms, about eight thousand.
const CARDS: usize = 4 * 1024 * 1024;
/// What a kept text takes beside itself.
const BESIDE: usize = 256;

/// What the rows of a page depend on beside the head of its log: the log, which page of it, above
/// which message it says "New", whether it shows somebody the message that it is around, and which
/// faces people have.
type Rows = (LogId, Span<i64>, Option<i64>, bool, u64);
/// What a card depends on beside its room: the top of the room's log and the people in it. (The
/// epoch changes at a start alone, when nothing is kept.)
type Card = (i64, usize);

/// See the module. Each language has its own.
pub struct Rendered([InLanguage; Lang::ALL.len()]);

impl Default for Rendered {
    fn default() -> Self {
        Self(Lang::ALL.map(InLanguage::new))
    }
}

impl Rendered {
    /// What is kept in this language.
    #[must_use]
    pub fn of(&self, lang: Lang) -> &InLanguage {
        &self.0[lang as usize]
    }
}

/// Whether anything on the page is folded away for whoever looks.
fn hushes(house: &House<Shared>) -> bool {
    let blocked = house.me.as_ref().map_or(&[][..], |me| me.blocked.as_slice());
    let by_them = |message: &Message| {
        let quoted = message.quote.as_ref().map(|quote| &quote.author);
        blocked.contains(&message.author) || quoted.is_some_and(|author| blocked.contains(author))
    };
    !blocked.is_empty() && house.history.messages.messages.iter().any(by_them)
}

/// What is kept in one language.
pub struct InLanguage {
    words: Words,
    rows: Keep<Rows, Head, Arc<str>>,
    /// What makes a page's rows cheap in a room where something was just said: all but a few of them
    /// are as they were. A row is its own key, so it needs no stamp.
    row: Keep<Row, (), Arc<str>>,
    cards: Keep<LogId, Card, Arc<str>>,
}

impl InLanguage {
    fn new(lang: Lang) -> Self {
        let words = Words::of(lang);
        Self { words, rows: Keep::new(ROWS), row: Keep::new(ROW), cards: Keep::new(CARDS) }
    }

    /// The rows of this page's log.
    #[must_use]
    pub fn rows(&self, opened: &Opened) -> Arc<str> {
        let house = &opened.house;
        let new = pages::new_line(house, &house.history.messages.messages);
        let row = |row: &Row| {
            self.row.get(row, &()).unwrap_or_else(|| {
                let html: Arc<str> = pages::row(self.words, row).into();
                // Kept as a key twice; all that is in it is in its HTML too.
                let bytes = 3 * html.len() + 2 * BESIDE;
                self.row.put(row.clone(), (), Arc::clone(&html), bytes);
                html
            })
        };
        let render = || -> Arc<str> {
            pages::rows(&house.clone().map(|page| page.messages.clone()), row).into()
        };
        let Some(log) = opened.log else { return render() };
        if hushes(house) {
            // These rows are for this reader alone.
            return render();
        }
        let key = (log, opened.span, new, house.at.is_some(), opened.faces);
        let head = Head { epoch: house.history.epoch.clone(), top: house.history.top };
        self.rows.get(&key, &head).unwrap_or_else(|| {
            let html = render();
            self.rows.put(key, head, Arc::clone(&html), html.len() + BESIDE);
            html
        })
    }

    /// The cards of these rooms, in their order.
    ///
    /// # Errors
    /// `unavailable` when the database cannot be read.
    pub async fn cards(&self, domain: &Domain, rooms: &[Stand]) -> Result<Cards, Refusal> {
        let stamps: Vec<Card> = rooms.iter().map(|room| (room.top, room.online)).collect();
        let mut found = self.cards.get_all(rooms.iter().map(|room| &room.log).zip(stamps.iter()));
        let missing: Vec<Stand> = rooms
            .iter()
            .zip(&found)
            .filter_map(|(room, found)| found.is_none().then_some(*room))
            .collect();
        for (stand, card) in domain.cards(&missing).await? {
            let html: Arc<str> = pages::card(self.words, &card).into();
            let bytes = html.len() + BESIDE;
            // Under the top that the card was read with: it may be later than the index.
            self.cards.put(stand.log, (stand.top, stand.online), Arc::clone(&html), bytes);
            if let Some(at) = rooms.iter().position(|room| room.log == stand.log) {
                found[at] = Some(html);
            }
        }
        let mut cards = Cards { count: 0, html: String::new() };
        cards.html.reserve(found.iter().flatten().map(|html| html.len()).sum());
        for html in found.iter().flatten() {
            cards.count += 1;
            cards.html.push_str(html);
        }
        Ok(cards)
    }
}
