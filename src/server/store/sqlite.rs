//! What is SQLite's own: statements that are not portable, and opening, locking, migrating, copying.

mod opening;
pub mod search;

use super::pushes::everyone;

pub(super) use opening::for_index;
pub use opening::{BUSY, OpenError, ServeLock, backup, file_of, lock, make_folder};

/// Takes the write lock at once: a transaction that reads first and writes later could find that
/// somebody else wrote in between, and fail.
pub const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

// INDEXED BY, for the planner would rather look up a room's key by itself, and the room after it.
// `LIMIT $1 + 0`, for SQLite plans a statement anew at each use whose limit is a parameter alone.

/// How many messages of others than `$user` a log holds after a seq: counted up to `$most`, among the
/// next `$among`.
macro_rules! unread {
    ($log:literal, $after:literal, $user:literal, $most:literal, $among:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM (SELECT 1 FROM (
                SELECT author_id, deleted_at FROM messages
                WHERE log_id = ",
            $log,
            " AND seq > ",
            $after,
            " ORDER BY seq LIMIT ",
            $among,
            " + 0)
            WHERE author_id <> ",
            $user,
            " AND deleted_at IS NULL LIMIT ",
            $most,
            " + 0))"
        )
    };
}

/// Whether the room `r` may be seen by the user `$user` (null for a visitor), who is an administrator if
/// `$admin`: for statements that go through what is in many rooms.
macro_rules! may_see {
    ($user:literal, $admin:literal) => {
        concat!(
            "(r.deleted_at IS NULL AND CASE r.access
                WHEN 'open' THEN NOT EXISTS (
                    SELECT 1 FROM bans x WHERE x.user_id = ",
            $user,
            " AND x.log_id = r.log_id)
                WHEN 'members' THEN EXISTS (
                    SELECT 1 FROM memberships x WHERE x.user_id = ",
            $user,
            " AND x.log_id = r.log_id)
                ELSE ",
            $admin,
            " END)"
        )
    };
}

/// How many messages of a log after a seq call `$user`, counted up to `$most`.
macro_rules! calling {
    ($log:literal, $after:literal, $user:literal, $most:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM (SELECT 1 FROM mentions t CROSS JOIN messages c
                ON c.log_id = t.log_id AND c.seq = t.seq AND c.deleted_at IS NULL
                WHERE t.user_id = ",
            $user,
            " AND t.log_id = ",
            $log,
            " AND t.kind <> 'former' AND t.seq > ",
            $after,
            " LIMIT ",
            $most,
            " + 0))"
        )
    };
}

/// Whether `$user` is to be told of what `$by` does in the room `r`: they may see it, do not wish to be
/// left alone there, and did not block them.
macro_rules! hears {
    ($user:literal, $admin:literal, $by:literal) => {
        concat!(
            $user,
            " <> ",
            $by,
            " AND u.banned_at IS NULL AND u.bot_of IS NULL AND ",
            may_see!($user, $admin),
            " AND NOT EXISTS (SELECT 1 FROM memberships y
                WHERE y.user_id = ",
            $user,
            " AND y.log_id = r.log_id AND y.level = 'nothing')
            AND NOT EXISTS (SELECT 1 FROM blocks z WHERE z.user_id = ",
            $user,
            " AND z.blocked_id = ",
            $by,
            ")"
        )
    };
}

/// The rooms on the index of the user `$5`, an administrator if `$6`, that are not among `$3`: those that
/// are listed, those they belong to, and those of the administrators.
macro_rules! rooms_seen {
    ($named:literal) => {
        concat!(
            "SELECT l.id, l.top, l.said_at FROM logs l WHERE l.kind = 'room' AND l.listed = 1
            AND l.id NOT IN (SELECT value FROM json_each($3))
            AND l.id NOT IN (SELECT log_id FROM bans WHERE user_id = $5)",
            $named,
            " UNION ALL
            SELECT l.id, l.top, l.said_at FROM memberships b CROSS JOIN rooms p ON p.log_id = b.log_id
            CROSS JOIN logs l ON l.id = b.log_id
            WHERE b.user_id = $5 AND p.access = 'members'
            AND l.id NOT IN (SELECT value FROM json_each($3))",
            $named,
            " UNION ALL
            SELECT l.id, l.top, l.said_at FROM rooms p INDEXED BY rooms_not_open
            CROSS JOIN logs l ON l.id = p.log_id
            WHERE p.access = 'admins' AND p.access <> 'open' AND $6 AND p.deleted_at IS NULL
            AND l.id NOT IN (SELECT value FROM json_each($3))",
            $named
        )
    };
}

/// The seq in a message's id.
macro_rules! seq_of {
    ($id:literal) => {
        concat!("CAST(SUBSTR(", $id, ", INSTR(", $id, ", '-') + 1) AS INTEGER)")
    };
}

/// The key of the log in a message's id.
macro_rules! log_of {
    ($id:literal) => {
        concat!("CAST(SUBSTR(", $id, ", 1, INSTR(", $id, ", '-') - 1) AS INTEGER)")
    };
}

/// Up to `$most` notices `k` that stand in the events `e` that `$from` gives, each with the log and the seq
/// of the message that it tells of (an invitation: the log of its room).
macro_rules! noted {
    ($most:literal, $($from:tt)+) => {
        concat!(
            "(SELECT e.seq, e.data, e.data ->> 'seq' AS seen_by, ",
            seq_of!("(e.data ->> 'message')"),
            " AS said, ",
            log_of!(
                "(CASE e.data ->> 'kind' WHEN 'invite' THEN e.data ->> 'id'
                    ELSE e.data ->> 'message' END)"
            ),
            " AS log_id FROM ",
            $($from)+,
            " LIMIT ",
            $most,
            " + 0) k
            LEFT JOIN messages m ON m.log_id = k.log_id AND m.seq = k.said
            LEFT JOIN rooms r ON r.log_id = k.log_id"
        )
    };
}

/// Up to `$most` notices `k` of the own log `$log` that `$which` of them asks for, the latest first.
macro_rules! notices {
    ($log:literal, $which:literal, $most:literal) => {
        noted!(
            $most,
            "events e INDEXED BY events_notices WHERE e.log_id = ",
            $log,
            " AND e.kind = 'notify' AND e.seq ",
            $which,
            " ORDER BY e.seq DESC"
        )
    };
}

/// The same of those alone that tell `$user` of what called them.
macro_rules! calls {
    ($user:literal, $log:literal, $which:literal, $most:literal) => {
        noted!(
            $most,
            "mentions c INDEXED BY mentions_latest
            CROSS JOIN events e ON e.log_id = ",
            $log,
            " AND e.seq = c.notice WHERE c.user_id = ",
            $user,
            " AND c.notice ",
            $which,
            " ORDER BY c.notice DESC"
        )
    };
}

/// Whether the notice `k` for `$user` still stands: they may see where it was said and did not block
/// whoever it is from, and what it tells of is there; what named them does so still.
macro_rules! stands {
    ($user:literal, $admin:literal) => {
        concat!(
            "(k.data ->> 'from' NOT IN (SELECT o.name FROM blocks b
                CROSS JOIN users o ON o.id = b.blocked_id WHERE b.user_id = ",
            $user,
            ") AND (r.log_id IS NULL OR ",
            may_see!($user, $admin),
            ") AND m.deleted_at IS NULL AND CASE k.data ->> 'kind'
                WHEN 'reaction' THEN EXISTS (
                    SELECT 1 FROM reactions g WHERE g.log_id = k.log_id AND g.seq = k.said
                    AND g.emoji = k.data ->> 'text' AND g.given = k.seen_by)
                WHEN 'mention' THEN EXISTS (
                    SELECT 1 FROM mentions n WHERE n.user_id = ",
            $user,
            " AND n.log_id = k.log_id AND n.seq = k.said AND n.kind = 'mention')
                ELSE TRUE END)"
        )
    };
}

/// Whether `$user` has yet to see the notice `k`, which is after their marker: it did not appear before
/// their eyes, nor have they read that far since, and they did not mute the place.
macro_rules! is_new {
    ($user:literal) => {
        concat!(
            "(k.data ->> 'seen' IS NULL AND (m.seq IS NULL OR k.seen_by > COALESCE((
                SELECT d.seq FROM reads d WHERE d.user_id = ",
            $user,
            " AND d.log_id = m.log_id), 0)) AND NOT EXISTS (
                SELECT 1 FROM memberships y WHERE y.user_id = ",
            $user,
            " AND y.log_id = m.log_id AND y.level = 'nothing'))"
        )
    };
}

/// The notices that `$user` has yet to see in their own log `$log`, as JSON objects: up to `$most`, among
/// the latest `$among` after their marker.
macro_rules! unseen {
    ($log:literal, $user:literal, $admin:literal, $after:literal, $most:literal, $among:literal) => {
        concat!(
            "(SELECT json_group_array(json(k.one)) FROM (
                SELECT json_object('notice', k.seq,
                    'to', CASE WHEN m.seq IS NULL THEN '~' ELSE k.data ->> 'to' END,
                    'seq', COALESCE(k.seen_by, k.seq)) AS one FROM ",
            notices!($log, $after, $among),
            " WHERE ",
            // What was read in its place mostly is: asked first.
            is_new!($user),
            " AND ",
            stands!($user, $admin),
            " LIMIT ",
            $most,
            " + 0) k)"
        )
    };
}

/// Who said the message that `m` answers, and how it begins, as a JSON array; null if it answers none.
/// (240: `glimpse::GLIMPSE_OF`.)
macro_rules! quote {
    () => {
        concat!(
            "CASE WHEN m.reply_to IS NOT NULL THEN (
                SELECT json_array(a.name,
                    CASE WHEN o.deleted_at IS NULL THEN SUBSTR(o.body, 1, 240) END)
                FROM messages o CROSS JOIN users a ON a.id = o.author_id
                WHERE o.log_id = m.log_id AND o.seq = ",
            seq_of!("m.reply_to"),
            ") END"
        )
    };
}

/// A message `m` as a JSON array, with its author `u`, its quote, its files, and (since, given, emoji, name) of its
/// reactions, which few messages have: whoever reads them puts them in order.
macro_rules! message {
    () => {
        concat!(
            "json_array(m.seq, u.name, m.author_kind, m.cid, m.body, m.reply_to, m.at, m.edited_at,
                m.deleted_at, json(",
            quote!(),
            "), json(m.files), json((SELECT json_group_array(json_array(r.since, r.given, r.emoji, g.name))
                FROM reactions r CROSS JOIN users g ON g.id = r.user_id
                WHERE r.log_id = m.log_id AND r.seq = m.seq)))"
        )
    };
}

/// Where the log `$1` stands, what belongs to it as a whole, and up to `$3` of its messages before the
/// seq `$2` and `$4` from it on, as one JSON array: the driver hands every row from one thread to
/// another, and a page of fifty would wait fifty times.
pub const MESSAGES_AROUND: &str = concat!(
    "SELECT l.epoch, l.top, (
        SELECT json_group_array(json(message)) FROM (SELECT * FROM (
            SELECT ",
    message!(),
    " AS message FROM messages m CROSS JOIN users u ON u.id = m.author_id
            WHERE m.log_id = l.id AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3 + 0)
        UNION ALL SELECT * FROM (
            SELECT ",
    message!(),
    " AS message FROM messages m CROSS JOIN users u ON u.id = m.author_id
            WHERE m.log_id = l.id AND m.seq >= $2 ORDER BY m.seq LIMIT $4 + 0))),
    COALESCE((SELECT topic FROM rooms WHERE log_id = l.id), ''),
    (SELECT json_group_array(json_array(p.pinned, p.seq)) FROM pins p WHERE p.log_id = l.id)
    FROM logs l WHERE l.id = $1"
);
/// Where the log `$1` stands, and those of its messages whose seqs are among `$2` (a JSON array), in
/// that order.
pub const MESSAGES_AT: &str = concat!(
    "SELECT l.epoch, l.top, (
        SELECT json_group_array(json(message)) FROM (
            SELECT ",
    message!(),
    " AS message FROM json_each($2) q CROSS JOIN messages m
            ON m.log_id = l.id AND m.seq = q.value CROSS JOIN users u ON u.id = m.author_id)),
    '', '[]'
    FROM logs l WHERE l.id = $1"
);
/// Everything small that a page of the log `$1` shows to the user `$2`, whose own log is `$3` (all
/// three may be absent), as of one moment and in one row: where the log stands (in its absence where
/// it would begin), how far they have read in it, where their own log stands, the `$4` rooms they
/// have joined and the `$4` conversations of theirs that were last spoken in, and for a visitor the
/// `$6` rooms of the house that were last spoken in. Messages of others since are counted up to `$5`,
/// among the next `$7`: in what is sorted first, so that nothing is counted that is not shown. Notices
/// that they have yet to see are looked for among the latest `$8`. Then whom they blocked, and how they
/// stand in this room.
pub const STANDING: &str = concat!(
    "SELECT
    COALESCE((SELECT epoch FROM logs WHERE id = $1), (SELECT epoch FROM house WHERE id = 1)),
    COALESCE((SELECT top FROM logs WHERE id = $1), 0),
    COALESCE((SELECT seq FROM reads WHERE user_id = $2 AND log_id = $1), 0),
    (SELECT epoch FROM logs WHERE id = $3),
    (SELECT top FROM logs WHERE id = $3),
    ",
    unseen!(
        "$3",
        "$2",
        "(SELECT admin FROM users WHERE id = $2)",
        "> COALESCE((SELECT seq FROM reads WHERE user_id = $2 AND log_id = $3), 0)",
        "$5",
        "$8"
    ),
    ",
    (SELECT json_group_array(json_array(
        k.log_id, (SELECT name FROM rooms INDEXED BY rooms_by_log WHERE log_id = k.log_id), k.said_at,
        CASE WHEN k.said_seq > k.seq THEN ",
    unread!("k.log_id", "k.seq", "$2", "$5", "$7"),
    " ELSE 0 END, CASE WHEN k.said_seq > k.seq THEN ",
    calling!("k.log_id", "k.seq", "$2", "$5"),
    " ELSE 0 END, k.level))
     FROM (SELECT b.log_id, b.level, COALESCE(d.seq, 0) AS seq, l.said_seq, l.said_at
           FROM memberships b CROSS JOIN logs l ON l.id = b.log_id
           LEFT JOIN reads d ON d.user_id = $2 AND d.log_id = b.log_id
           WHERE b.user_id = $2 AND l.kind = 'room' ORDER BY l.said_at DESC, l.id LIMIT $4 + 0) k),
    (SELECT json_group_array(json_array(
        k.other, (SELECT name FROM users WHERE id = k.other), k.said_at,
        CASE WHEN k.said_seq > k.seq THEN ",
    unread!("k.log_id", "k.seq", "$2", "$5", "$7"),
    " ELSE 0 END, 0, k.level))
     FROM (SELECT d.log_id, CASE WHEN d.low = $2 THEN d.high ELSE d.low END AS other,
                  l.said_seq, l.said_at, COALESCE(s.seq, 0) AS seq, COALESCE(b.level, 'all') AS level
           FROM directs d CROSS JOIN logs l ON l.id = d.log_id
           LEFT JOIN reads s ON s.user_id = $2 AND s.log_id = d.log_id
           LEFT JOIN memberships b ON b.user_id = $2 AND b.log_id = d.log_id
           WHERE d.low = $2 OR d.high = $2
           ORDER BY l.said_at DESC, d.log_id DESC LIMIT $4 + 0) k),
    CASE WHEN $2 IS NULL THEN
        (SELECT json_group_array(json_array(
            k.id, (SELECT name FROM rooms INDEXED BY rooms_by_log WHERE log_id = k.id), k.said_at, 0, 0, 'all'))
         FROM (SELECT id, said_at FROM logs WHERE kind = 'room' AND listed = 1
               ORDER BY said_at DESC, id LIMIT $6 + 0) k)
    END,
    (SELECT json_group_array(k.name) FROM (
        SELECT o.name FROM blocks b CROSS JOIN users o ON o.id = b.blocked_id
        WHERE b.user_id = $2 LIMIT 1000) k),
    (SELECT json_array(r.access, m.role, m.level) FROM rooms r
     LEFT JOIN memberships m ON m.user_id = $2 AND m.log_id = r.log_id WHERE r.log_id = $1)"
);
/// Keys and tops: first of those of the rooms `$1` (a JSON array) that are there, then of up to `$2`
/// rooms that are not among `$3`, those of the latest message first, `$4` of them left out: of the rooms
/// that are listed, and those others that the user `$5`, an administrator if `$6`, may see.
pub const ROOMS: &str = concat!(
    "SELECT
    (SELECT json_group_array(json_array(l.id, l.top))
     FROM json_each($1) e CROSS JOIN logs l ON l.id = e.value),
    (SELECT json_group_array(json_array(id, top)) FROM (",
    rooms_seen!(""),
    " ORDER BY said_at DESC, id LIMIT $2 + 0 OFFSET $4 + 0))"
);
/// The same of the rooms whose folded name holds `$7`. (Not LIKE: a statement with one is planned
/// anew for each pattern.)
pub const ROOMS_NAMED: &str = concat!(
    "SELECT
    (SELECT json_group_array(json_array(l.id, l.top))
     FROM json_each($1) e CROSS JOIN logs l ON l.id = e.value
     CROSS JOIN rooms r INDEXED BY rooms_by_log ON r.log_id = l.id
     WHERE instr(r.folded, $7) > 0),
    (SELECT json_group_array(json_array(id, top)) FROM (",
    rooms_seen!(
        " AND instr((SELECT n.folded FROM rooms n INDEXED BY rooms_by_log WHERE n.log_id = l.id), $7) > 0"
    ),
    " ORDER BY said_at DESC, id LIMIT $2 + 0 OFFSET $4 + 0))"
);
/// Which of the rooms `$1` (a JSON array) the user `$2`, an administrator if `$3`, may see.
pub const SEEN: &str = concat!(
    "SELECT json_group_array(r.log_id) FROM json_each($1) e CROSS JOIN rooms r ON r.log_id = e.value
    WHERE ",
    may_see!("$2", "$3")
);
/// Which of what is asked, `$1` of (place, user, room or null, the other one of a conversation or null), may
/// not be: the user is kept out of the house, may not see the room, or one of the two blocked the other.
pub const SHUT_OUT: &str = concat!(
    "SELECT json_group_array(q.value ->> 0) FROM jsonb_each($1) q
    CROSS JOIN users u ON u.id = q.value ->> 1
    LEFT JOIN rooms r ON r.log_id = q.value ->> 2
    WHERE u.banned_at IS NOT NULL OR CASE
        WHEN u.bot_of IS NOT NULL THEN NOT EXISTS (
            SELECT 1 FROM incoming_hooks i WHERE i.bot_id = u.id AND i.log_id = q.value ->> 2)
        WHEN q.value ->> 2 IS NOT NULL THEN NOT ",
    may_see!("u.id", "u.admin"),
    " ELSE EXISTS (SELECT 1 FROM blocks z
            WHERE z.user_id = u.id AND z.blocked_id = q.value ->> 3)
        OR EXISTS (SELECT 1 FROM blocks z
            WHERE z.user_id = q.value ->> 3 AND z.blocked_id = u.id) END"
);
/// Which of what is asked, `$1` of (place, user, room), is of somebody who keeps no order in that room.
pub const KEEPS_NO_ORDER: &str = "SELECT json_group_array(q.value ->> 0) FROM jsonb_each($1) q
    CROSS JOIN users u ON u.id = q.value ->> 1 WHERE NOT u.admin AND NOT EXISTS (
        SELECT 1 FROM memberships y WHERE y.user_id = u.id AND y.log_id = q.value ->> 2
        AND y.role = 'moderator')";
/// The rooms that not everybody may see: nobody, where one is gone.
pub const GUARDED: &str = "SELECT json_group_array(log_id) FROM (
    SELECT id AS log_id FROM logs WHERE kind = 'room' AND listed = 0
    UNION SELECT log_id FROM bans)";
/// How the user `$1` stands in the room `$2`.
pub const STANDS: &str = "SELECT
    (SELECT role FROM memberships WHERE user_id = $1 AND log_id = $2),
    (SELECT level FROM memberships WHERE user_id = $1 AND log_id = $2),
    EXISTS (SELECT 1 FROM bans WHERE user_id = $1 AND log_id = $2)";
/// Who of those that are named so (folded, a JSON array `$1`) is to be told that `$3` named them in the
/// room `$2`, each with their own log; by an edit of the message `$4`, if that is not null: then nobody
/// who blocked its author.
pub const HEARERS: &str = concat!(
    "SELECT json_group_array(json_array(u.id, u.log_id))
    FROM json_each($1) q CROSS JOIN users u ON u.folded = q.value
    CROSS JOIN rooms r ON r.log_id = $2 WHERE ",
    hears!("u.id", "u.admin", "$3"),
    " AND NOT EXISTS (SELECT 1 FROM messages e CROSS JOIN blocks z
        ON z.user_id = u.id AND z.blocked_id = e.author_id WHERE e.log_id = $2 AND e.seq = $4)"
);
/// The same of whoever said the message `$2` of the room `$1`, of what `$3` does about it.
pub const HEARING_AUTHOR: &str = concat!(
    "SELECT u.id, u.log_id FROM messages m CROSS JOIN users u ON u.id = m.author_id
    CROSS JOIN rooms r ON r.log_id = m.log_id
    WHERE m.log_id = $1 AND m.seq = $2 AND m.deleted_at IS NULL AND ",
    hears!("u.id", "u.admin", "$3"),
);
/// A page of notices `k`, which is all that differs between the two that follow.
macro_rules! page_of {
    ($($noted:tt)+) => {
        concat!(
            "SELECT l.top, (SELECT json_group_array(json_array(k.seq, k.data, ",
            stands!("$1", "(SELECT admin FROM users WHERE id = $1)"),
            ", k.seq > COALESCE(d.seq, 0) AND ",
            is_new!("$1"),
            ", SUBSTR(m.body, 1, 240), m.files IS NOT NULL)) FROM ",
            $($noted)+,
            ") FROM logs l LEFT JOIN reads d ON d.user_id = $1 AND d.log_id = l.id WHERE l.id = $2"
        )
    };
}
/// Where the own log `$2` of the user `$1` stands, and up to `$4` of its notices before the seq `$3`, each as (seq, data, whether it stands, whether it is new to them, how the
/// message begins, whether that has files). (240: `glimpse::GLIMPSE_OF`.)
pub const NOTICES: &str = page_of!(notices!("$2", "< $3", "$4"));
/// The same of what called them alone.
pub const CALLS: &str = page_of!(calls!("$1", "$2", "< $3", "$4"));
/// The notices that the user `$1` has yet to see: up to `$2`, among the latest `$3`.
pub const UNSEEN: &str = concat!(
    "SELECT ",
    unseen!(
        "u.log_id",
        "$1",
        "u.admin",
        "> COALESCE((SELECT seq FROM reads WHERE user_id = $1 AND log_id = u.log_id), 0)",
        "$2",
        "$3"
    ),
    " FROM users u WHERE u.id = $1"
);
/// Notes which messages call whom: `$1` of (user, log, seq, notice, kind). A message calls somebody once:
/// whom an edit names no more, of kind `former`, are kept for that.
pub const NOTE_MENTIONS: &str = "INSERT INTO mentions (user_id, log_id, seq, notice, kind)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM jsonb_each($1)
    WHERE TRUE ON CONFLICT (user_id, log_id, seq) DO NOTHING";
/// The rooms `$1` (a JSON array) with their last messages, of which `$2` characters.
pub const CARDS: &str = "SELECT json_group_array(json_array(
        l.id, l.top, r.name, l.said_at, u.name,
        CASE WHEN m.deleted_at IS NULL THEN SUBSTR(m.body, 1, $2) END))
    FROM json_each($1) e CROSS JOIN logs l ON l.id = e.value
    CROSS JOIN rooms r INDEXED BY rooms_by_log ON r.log_id = l.id
    LEFT JOIN messages m ON m.log_id = l.id AND m.seq = l.said_seq
    LEFT JOIN users u ON u.id = m.author_id";
/// What a batch of the writer depends on, as seven JSON arrays: the messages of the pairs (author, cid)
/// `$1`, with the text that they were sent with (null where it is gone), the tops of the logs `$2`, the
/// logs and tops of the conversations (low, high) `$3`, who said the messages (log, seq) `$4` and how
/// they begin, the markers of (user, log, low, high) `$5`, and how the messages (log, seq) `$6` stand
/// that something happens to: with their reactions, whether they are pinned, and how many are; and which
/// of (user, log, seq) `$7` were called by that message.
/// It begins the transaction that [`PUT`] ends, so that a batch is two switches between threads; nobody
/// changes what it finds until then.
/// `CROSS JOIN` is SQLite's for "in this order": what is asked first, and not the table.
pub const LOOK: &str = "BEGIN IMMEDIATE; SELECT
    (SELECT json_group_array(json_array(m.author_id, m.cid, m.log_id, m.seq,
        CASE WHEN m.deleted_at IS NOT NULL THEN NULL WHEN m.edited_at IS NULL THEN m.body ELSE (
            SELECT o.body FROM revisions o WHERE o.log_id = m.log_id AND o.seq = m.seq
            ORDER BY o.edit_seq LIMIT 1) END, m.at, json(m.files)))
     FROM jsonb_each($1) q CROSS JOIN messages m
     ON m.author_id = q.value ->> 0 AND m.cid = q.value ->> 1),
    (SELECT json_group_array(json_array(l.id, l.top))
     FROM json_each($2) q CROSS JOIN logs l ON l.id = q.value),
    (SELECT json_group_array(json_array(d.low, d.high, l.id, l.top))
     FROM jsonb_each($3) q CROSS JOIN directs d
     ON d.low = q.value ->> 0 AND d.high = q.value ->> 1 CROSS JOIN logs l ON l.id = d.log_id),
    (SELECT json_group_array(json_array(m.log_id, m.seq, u.name,
        CASE WHEN m.deleted_at IS NULL THEN SUBSTR(m.body, 1, 240) END))
     FROM jsonb_each($4) q CROSS JOIN messages m
     ON m.log_id = q.value ->> 0 AND m.seq = q.value ->> 1
     CROSS JOIN users u ON u.id = m.author_id),
    (SELECT json_group_array(json_array(r.user_id, r.log_id, r.seq))
     FROM jsonb_each($5) q
     LEFT JOIN directs d ON d.low = q.value ->> 2 AND d.high = q.value ->> 3
     CROSS JOIN reads r
     ON r.user_id = q.value ->> 0 AND r.log_id = COALESCE(q.value ->> 1, d.log_id)),
    (SELECT json_group_array(json_array(m.log_id, m.seq, m.author_id,
        CASE WHEN m.deleted_at IS NULL THEN m.body END, COALESCE(m.edited_at, m.at),
        json((SELECT json_group_array(json_array(r.emoji, r.user_id, r.since))
              FROM reactions r WHERE r.log_id = m.log_id AND r.seq = m.seq)),
        EXISTS (SELECT 1 FROM pins p WHERE p.log_id = m.log_id AND p.seq = m.seq),
        (SELECT COUNT(*) FROM pins p WHERE p.log_id = m.log_id)))
     FROM jsonb_each($6) q CROSS JOIN messages m
     ON m.log_id = q.value ->> 0 AND m.seq = q.value ->> 1),
    (SELECT json_group_array(json_array(t.user_id, t.log_id, t.seq))
     FROM jsonb_each($7) q CROSS JOIN mentions t
     ON t.user_id = q.value ->> 0 AND t.log_id = q.value ->> 1 AND t.seq = q.value ->> 2)";
/// Stores what most batches are made of, and nothing else; see [`PUT`].
macro_rules! put {
    ($end:literal) => {
        concat!(
            "INSERT INTO messages
    (log_id, seq, author_id, author_kind, cid, body, reply_to, at, files)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8 FROM jsonb_each($1);
    INSERT INTO events (log_id, seq, kind, data, at)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM jsonb_each($2);
    INSERT INTO reads (user_id, log_id, seq)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM jsonb_each($3) WHERE TRUE
    ON CONFLICT (user_id, log_id) DO UPDATE SET seq = excluded.seq;
    UPDATE logs SET top = v.value ->> 1,
    said_seq = COALESCE(v.value ->> 2, said_seq), said_at = COALESCE(v.value ->> 3, said_at)
    FROM jsonb_each($4) v WHERE logs.id = v.value ->> 0;",
            $end
        )
    };
}
/// Stores a batch, and commits what [`LOOK`] began: messages `$1` of (log, seq, author, author's
/// kind, cid, body, reply_to, at, files), other events `$2` of (log, seq, kind, data, at), read markers
/// `$3` of (user, log, seq), and tops `$4` of (log, top, last message's seq or null, its time or
/// null).
pub const PUT: &str = put!("COMMIT");
/// The same, and what happened to messages: other texts `$5` of (log, seq, body, at), those that they
/// replace `$6` of (log, seq, seq of the edit, by whom, body, since when), deleted messages `$7` of (log,
/// seq, at), reactions given `$8` of (log, seq, emoji, user, given, since) and taken back `$9` of (log,
/// seq, emoji, user), pins set `$10` of (log, seq, pinned) and removed `$11` of (log, seq), topics `$12`
/// of (log, text), and whom texts name no more, or again, `$13` of (log, seq, folded name, kind). Nothing is
/// left of a deleted message but its place.
pub const PUT_CHANGES: &str = put!(
    "
    INSERT INTO revisions (log_id, seq, edit_seq, by_id, body, at)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
    FROM jsonb_each($6);
    UPDATE messages SET body = v.value ->> 2, edited_at = v.value ->> 3
    FROM jsonb_each($5) v WHERE messages.log_id = v.value ->> 0 AND messages.seq = v.value ->> 1;
    DELETE FROM reactions WHERE (log_id, seq, emoji, user_id) IN
    (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM jsonb_each($9));
    INSERT INTO reactions (log_id, seq, emoji, user_id, given, since)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
    FROM jsonb_each($8) WHERE TRUE
    ON CONFLICT (log_id, seq, emoji, user_id) DO UPDATE
    SET given = excluded.given, since = excluded.since;
    DELETE FROM pins WHERE (log_id, seq) IN
    (SELECT value ->> 0, value ->> 1 FROM jsonb_each($11));
    INSERT INTO pins (log_id, seq, pinned)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM jsonb_each($10);
    UPDATE rooms SET topic = v.value ->> 1
    FROM jsonb_each($12) v WHERE rooms.log_id = v.value ->> 0;
    UPDATE mentions SET kind = v.value ->> 3
    FROM jsonb_each($13) v, users u
    WHERE u.folded = v.value ->> 2 AND mentions.user_id = u.id AND mentions.log_id = v.value ->> 0
    AND mentions.seq = v.value ->> 1 AND mentions.kind <> 'reply';
    UPDATE messages SET body = '', files = NULL, edited_at = NULL, deleted_at = v.value ->> 2
    FROM jsonb_each($7) v WHERE messages.log_id = v.value ->> 0 AND messages.seq = v.value ->> 1;
    DELETE FROM revisions WHERE (log_id, seq) IN
    (SELECT value ->> 0, value ->> 1 FROM jsonb_each($7));
    DELETE FROM reactions WHERE (log_id, seq) IN
    (SELECT value ->> 0, value ->> 1 FROM jsonb_each($7));
    COMMIT"
);
/// Where logs stand for the user `$2` (null for a visitor), as one JSON array of (place in `$1`,
/// log, epoch, top, read marker, unread, unread that call them). `$1` names each as (log, low, high, from the start): its
/// key, or the two of a conversation; and whether somebody who has read nothing there, and has not
/// joined it, has it all before them. Unread messages are counted up to `$3`, among the next `$4`. Of the
/// user's own log the last is the notices that they have yet to see, up to `$3`, among the latest `$5`.
pub const HEADS: &str = concat!(
    "SELECT json_group_array(json_array(
        q.key, l.id, COALESCE(l.epoch, h.epoch), COALESCE(l.top, 0), r.seq,
        CASE WHEN r.seq IS NULL AND NOT q.value ->> 3 AND NOT EXISTS (
            SELECT 1 FROM memberships b WHERE b.user_id = $2 AND b.log_id = l.id) THEN 0 ELSE ",
    unread!("l.id", "COALESCE(r.seq, 0)", "$2", "$3", "$4"),
    " END, ",
    calling!("l.id", "COALESCE(r.seq, 0)", "$2", "$3"),
    ", CASE WHEN l.kind = 'own' THEN json(",
    unseen!(
        "l.id",
        "$2",
        "(SELECT admin FROM users WHERE id = $2)",
        "> COALESCE((SELECT seq FROM reads WHERE user_id = $2 AND log_id = l.id), 0)",
        "$3",
        "$5"
    ),
    ") END))
    FROM jsonb_each($1) q CROSS JOIN house h
    LEFT JOIN directs d ON d.low = q.value ->> 1 AND d.high = q.value ->> 2
    LEFT JOIN logs l ON l.id = COALESCE(q.value ->> 0, d.log_id)
    LEFT JOIN reads r ON r.user_id = $2 AND r.log_id = l.id"
);
/// What logs hold after one seq and up to another, as two JSON arrays: messages and other events,
/// each with its place in `$1`, which names them as (log, after, up to). An edit has no text of its own:
/// it is told with the one that stands now. Nor has a notice: it is told with that of its message, as
/// long as that stands as it was said. (240: `glimpse::GLIMPSE_OF`.)
pub const REPLAY: &str = concat!(
    "SELECT
    (SELECT json_group_array(json_array(q.key, m.seq, u.name, m.author_kind, m.cid,
            CASE WHEN m.deleted_at IS NULL THEN m.body END, m.reply_to, m.at, json(",
    quote!(),
    "), json(m.files)))
     FROM jsonb_each($1) q CROSS JOIN messages m
     ON m.log_id = q.value ->> 0 AND m.seq > q.value ->> 1 AND m.seq <= q.value ->> 2
     CROSS JOIN users u ON u.id = m.author_id),
    (SELECT json_group_array(json_array(q.key, e.seq, e.kind, e.data,
        CASE WHEN e.kind = 'edit' THEN (SELECT m.body FROM messages m
            WHERE m.log_id = e.log_id AND m.deleted_at IS NULL AND m.seq = ",
    seq_of!("(e.data ->> 'message')"),
    ") WHEN e.kind = 'notify' AND e.data ->> 'text' = '' THEN (SELECT SUBSTR(m.body, 1, 240)
            FROM messages m WHERE m.deleted_at IS NULL AND m.edited_at IS NULL AND m.log_id = ",
    log_of!("(e.data ->> 'message')"),
    " AND m.seq = ",
    seq_of!("(e.data ->> 'message')"),
    ") END))
     FROM jsonb_each($1) q CROSS JOIN events e
     ON e.log_id = q.value ->> 0 AND e.seq > q.value ->> 1 AND e.seq <= q.value ->> 2)"
);

/// Where the own logs stand of all whom the user `$1` tells something, as a JSON array of (user, top).
pub const EVERYONE: &str = everyone!(
    "SELECT json_group_array(json_array(u.id, l.top))
     FROM users u CROSS JOIN logs l ON l.id = u.log_id",
    ""
);

/// Of the uploads `$1` (a JSON array of ids) those of the user `$2` that no message has, as JSON.
pub const FREE: &str = "SELECT json_group_array(json_array(
        f.id, f.name, f.kind, f.bytes, f.width, f.height))
    FROM json_each($1) q CROSS JOIN uploads f ON f.id = q.value
    WHERE f.user_id = $2 AND NOT EXISTS (SELECT 1 FROM attachments WHERE upload = f.id)";
/// Gives the message (`$1`, `$2`) the uploads `$3`, a JSON array of ids.
pub const ATTACH: &str = "INSERT INTO attachments (log_id, seq, n, upload)
    SELECT $1, $2, key, value FROM json_each($3)";
/// Up to `$2` uploads that nobody shows any more: without a message and older than `$1`, or of a
/// message that was deleted.
pub const GONE: &str = "SELECT json_group_array(id) FROM (
    SELECT id FROM (
        SELECT f.id FROM uploads f
        WHERE f.created_at < $1 AND NOT EXISTS (SELECT 1 FROM attachments WHERE upload = f.id)
        UNION ALL
        SELECT a.upload AS id FROM attachments a
        CROSS JOIN messages m ON m.log_id = a.log_id AND m.seq = a.seq
        WHERE m.deleted_at IS NOT NULL)
    LIMIT $2 + 0)";
/// Which messages have the uploads `$1`.
pub const FORGET_ATTACHED: &str =
    "DELETE FROM attachments WHERE upload IN (SELECT value FROM json_each($1))";
/// The uploads `$1`.
pub const FORGET_UPLOADS: &str =
    "DELETE FROM uploads WHERE id IN (SELECT value FROM json_each($1))";
/// Of the contents `$1` those that neither an upload nor a face names.
pub const UNNAMED: &str = "SELECT json_group_array(q.value) FROM json_each($1) q
    WHERE NOT EXISTS (SELECT 1 FROM uploads WHERE hash = q.value)
    AND NOT EXISTS (SELECT 1 FROM uploads WHERE small = q.value)
    AND NOT EXISTS (SELECT 1 FROM users WHERE avatar = q.value)";
