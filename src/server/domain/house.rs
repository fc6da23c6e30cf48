//! Everything a room's or a conversation's page shows.

use super::faces::Known;
use super::history::{Page, Shared, by_seqs, is_there};
use super::places::Place;
use super::rights::keeps_order;
use super::{Domain, Who, unavailable};
use crate::protocol::frames::After;
use crate::protocol::people::{Mine, Role};
use crate::protocol::views::{History, House, Line, Me, Side, Span, owes};
use crate::protocol::{At, Refusal, Target};
use crate::server::groups::Group;
use crate::server::security::secrets;
use crate::server::store::standing::{self, Most, Standing, Viewer};
use crate::server::store::{Connection, LogId};

/// Rooms and people in the side column, at most: a connection follows all of them.
pub const SIDE_MOST: usize = 60;
/// Rooms shown to a visitor, who has none.
const SIDE_OF_VISITOR: usize = 8;
/// What of the house a page shows.
const MOST: Most = Most { known: SIDE_MOST, newest: SIDE_OF_VISITOR };

/// A place's page.
#[derive(Debug)]
pub struct Opened {
    /// The log, if there is one yet.
    pub log: Option<LogId>,
    /// Changes with any face of the house.
    pub faces: u64,
    /// Which page of it this is.
    pub span: Span<i64>,
    /// What it shows.
    pub house: House<Shared>,
}

impl Domain {
    /// A place's page: that which was asked for; otherwise the newest, or where more than it holds is
    /// unread, the page around the first unread message. A message that is not there is told of in
    /// the page's refusal.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see.
    pub async fn open(&self, who: &Who, to: &Target, span: Span) -> Result<Opened, Refusal> {
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let place = self.find(&mut db, who, to).await?;
        if let Place::Own { .. } = place {
            return Err(Refusal::not_found("page"));
        }
        let viewer = match who {
            Who::Member(me) => Some(Viewer { id: me.id, own: me.own }),
            Who::Visitor => None,
        };
        let log = place.log();
        let mut stand = standing::of(&mut db, log, viewer, MOST).await.map_err(unavailable)?;
        let mut at = None;
        let mut refusal = None;
        let mut here = by_seqs(log, &span).unwrap_or_else(|why| {
            refusal = Some(why);
            Span::Newest
        });
        let mut page = self.page_at(&mut db, log, &mut stand, here).await?;
        if let (Span::Around(seq), Span::Around(id)) = (here, span) {
            match is_there(&page.messages, seq) {
                Ok(()) => at = Some(id),
                Err(why) => {
                    refusal = Some(why);
                    here = Span::Newest;
                    page = self.page_at(&mut db, log, &mut stand, here).await?;
                }
            }
        }
        if here == Span::Newest
            && let Who::Member(me) = who
            && owes(stand.read, role(&stand))
            && opens_earlier(&me.name, stand.read, &page)
        {
            here = Span::Around(stand.read + 1);
            page = self.page_at(&mut db, log, &mut stand, here).await?;
        }
        drop(db);
        let faces = self.faces.known();
        let mut house = self.shown(who, &place, stand, page, &faces);
        (house.at, house.refusal) = (at, refusal);
        Ok(Opened { log, span: here, faces: faces.version, house })
    }

    /// My rooms and conversations, the latest first.
    ///
    /// # Errors
    /// `login_needed` for a visitor.
    pub async fn my_places(&self, who: &Who) -> Result<Side, Refusal> {
        let me = who.member()?;
        let mut db = self.store.glance().await.map_err(unavailable)?;
        let here = self.find(&mut db, who, &Target::Own).await?;
        let viewer = Some(Viewer { id: me.id, own: me.own });
        let stand = standing::of(&mut db, here.log(), viewer, MOST).await.map_err(unavailable)?;
        drop(db);
        Ok(self.side(&here, &stand))
    }

    async fn page_at(
        &self,
        db: &mut Connection,
        log: Option<LogId>,
        stand: &mut Standing,
        span: Span<i64>,
    ) -> Result<Shared, Refusal> {
        let (head, page) =
            self.page(db, log, stand.head.clone(), span).await.map_err(unavailable)?;
        stand.head = head;
        Ok(page)
    }

    /// The same, whole.
    ///
    /// # Errors
    /// `not_found` for what is not there or not theirs to see.
    pub async fn house(
        &self,
        who: &Who,
        to: &Target,
        at: Option<String>,
    ) -> Result<House, Refusal> {
        let span = at.map_or(Span::Newest, Span::Around);
        let opened = self.open(who, to, span).await?;
        Ok(opened.house.map(|page| page.messages.clone()))
    }

    fn shown(
        &self,
        who: &Who,
        place: &Place,
        stand: Standing,
        page: Shared,
        faces: &Known,
    ) -> House<Shared> {
        let side = self.side(place, &stand);
        let online = self.online(place).unwrap_or_default();
        let authors = page.messages.iter().map(|message| message.author.as_str());
        let here = online.users.iter().flatten().map(String::as_str);
        let known = side.people.iter().map(|line| line.to.name());
        let me = who.name().map(|name| &**name);
        let other = place.target();
        let named = authors.chain(here).chain(known).chain(me).chain([other.name()]);
        let faces = faces.of(named);
        House {
            me: who.me().map(|me| Me { blocked: stand.blocked, ..me }),
            limits: self.config.limits(),
            history: History {
                to: place.target(),
                epoch: stand.head.epoch,
                top: stand.head.top,
                older: page.older,
                newer: page.newer,
                about: page.about.clone(),
                messages: page,
            },
            at: None,
            read: stand.read,
            mine: stand.stands.map(|(access, role, level)| Mine {
                access,
                role,
                level: level.unwrap_or_default(),
                moderates: matches!(who, Who::Member(me) if keeps_order(me.admin, role)),
            }),
            online,
            side,
            faces,
            cid: secrets::short_id(),
            draft: String::new(),
            refusal: None,
        }
    }

    fn side(&self, here: &Place, stand: &Standing) -> Side {
        let look = self.presence.look();
        let line = |room: &standing::Line<LogId>| Line {
            online: look.count(Group::Room(room.key)),
            to: Target::Room(room.name.clone()),
            unread: room.unread,
            mentions: room.mentions,
            level: room.level,
            at: (room.said_at.0 > 0).then_some(room.said_at),
        };
        let (member, joined) = (stand.own.is_some(), role(stand).is_some());
        let mut rooms: Vec<Line> = Vec::with_capacity(stand.rooms.len().max(SIDE_OF_VISITOR) + 1);
        // Of mine the latest are shown, and in any case that which is on the screen; what I have not
        // joined is found on the index. A visitor, who joins nothing, stands in one of the others.
        if let Place::Room { log, name } = here
            && (joined || !member)
            && stand.rooms.iter().all(|room| room.key != *log)
        {
            let level = stand.stands.as_ref().and_then(|(.., level)| *level).unwrap_or_default();
            let (key, name, said_at) = (*log, name.clone(), At(0));
            rooms.push(line(&standing::Line { key, name, said_at, unread: 0, mentions: 0, level }));
        }
        rooms.extend(stand.rooms.iter().map(line));
        let at = rooms.first().map(|line| line.to.clone());
        let others = stand.newest.iter().map(line).filter(|other| Some(&other.to) != at.as_ref());
        rooms.extend(others.take(SIDE_OF_VISITOR.saturating_sub(rooms.len())));
        let person = |with: &standing::Line<_>| Line {
            online: usize::from(look.is_here(Group::House, &with.name)),
            to: Target::Person(with.name.clone()),
            unread: with.unread,
            mentions: with.mentions,
            level: with.level,
            at: Some(with.said_at),
        };
        Side {
            own: stand.own.as_ref().map(|own| After { epoch: own.epoch.clone(), seq: own.top }),
            rooms,
            people: stand.people.iter().map(person).collect(),
            notices: stand.notices.clone(),
            outside: member && !joined && matches!(here, Place::Room { .. }),
        }
    }
}

/// What the viewer is in the room whose page it is.
fn role(stand: &Standing) -> Option<Role> {
    stand.stands.as_ref().and_then(|(_, role, _)| *role)
}

/// Whether a place of which this is the newest page is opened further up, at the first unread message.
/// Whoever has spoken since was there.
fn opens_earlier(me: &str, read: i64, newest: &Page) -> bool {
    let unread_before = newest.messages.last().is_some_and(|oldest| oldest.seq > read + 1);
    let spoke = || newest.messages.iter().any(|it| it.seq > read && it.author == me);
    newest.older && unread_before && !spoke()
}
