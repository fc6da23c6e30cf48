//! Numbers and times in plain words.

use crate::{
    protocol::At,
    words::{Word, words},
};

/// The n-th of a list of words, from 0.
fn nth(list: Word, n: usize) -> Option<&'static str> {
    words().say(list).split(' ').nth(n)
}

/// "Five rooms are lit.": a number that begins a sentence is a word where it is small.
#[cfg(feature = "ssr")]
#[must_use]
pub fn lit_rooms(lit: usize) -> String {
    let n = lit.to_string();
    match lit {
        0 => words().say(Word::HouseDark).to_owned(),
        _ => words().with(Word::LitRooms, &[&n, nth(Word::NumberWords, lit).unwrap_or(&n)]),
    }
}

/// "23 people are here now."
#[cfg(feature = "ssr")]
#[must_use]
pub fn people_here(people: usize) -> String {
    match people {
        0 => words().say(Word::NobodyInHouse).to_owned(),
        _ => words().count(Word::PeopleInHouse, people as i64),
    }
}

/// Day, month and year out of `2026-11-20`.
fn parts(date: &str) -> Option<(&str, &'static str, &str)> {
    let (year, rest) = date.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let month = nth(Word::Months, month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some((day.trim_start_matches('0'), month, year))
}

/// 1970-01-01 was a Thursday.
const FIRST_WEEKDAY: i64 = 4;

/// `2026-11-20` as "Friday 20 November 2026"; what is no date stays as it is.
#[must_use]
pub fn day(date: &str) -> String {
    let weekday = At::parse(&format!("{date}T00:00:00Z"))
        .and_then(|at| nth(Word::Weekdays, (at.day() + FIRST_WEEKDAY).rem_euclid(7) as usize));
    match (weekday, parts(date)) {
        (Some(weekday), Some((day, month, year))) => {
            words().with(Word::Day, &[weekday, day, month, year])
        }
        _ => date.to_owned(),
    }
}

/// "20 November 2026".
#[must_use]
pub fn date(at: At) -> String {
    let date = at.date();
    match parts(&date) {
        Some((day, month, year)) => format!("{day} {month} {year}"),
        None => date,
    }
}

/// "20 November 2026, 08:00 UTC".
#[must_use]
pub fn moment(at: At) -> String {
    moment_here(at) + " UTC"
}

/// On the reader's clock where that is known by now; as the server says it, whose clock it is.
#[must_use]
pub fn moment_of(at: At, local: At) -> String {
    if local == at { moment(at) } else { moment_here(local) }
}

/// "20 November 2026, 08:00", on the clock where that is read.
#[must_use]
pub fn moment_here(at: At) -> String {
    let date = at.date();
    match parts(&date) {
        Some((day, month, year)) => words().with(Word::Moment, &[day, month, year, &at.clock()]),
        None => date,
    }
}

/// "20 Nov", for narrow places.
#[cfg(feature = "ssr")]
#[must_use]
pub fn short_day(at: At) -> String {
    let date = at.date();
    match parts(&date) {
        Some((day, month, _)) => {
            // In English the first three letters; other languages have shorter names.
            let short: String = month.chars().take(3).collect();
            words().with(Word::ShortDay, &[day, &short])
        }
        None => date,
    }
}

/// Unread messages: counted up to 99.
#[must_use]
pub fn unread(count: i64) -> String {
    if count > 99 { "99+".to_owned() } else { count.to_string() }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn says_numbers_as_a_host_would() {
        assert_eq!(lit_rooms(0), "The house is dark.");
        assert_eq!(lit_rooms(1), "One room is lit.");
        assert_eq!(lit_rooms(5), "Five rooms are lit.");
        assert_eq!(lit_rooms(40), "40 rooms are lit.");
        assert_eq!(unread(99), "99");
        assert_eq!(unread(100), "99+");
    }

    #[test]
    fn says_days_and_moments() {
        let at = At(1_795_161_600_000);
        assert_eq!(day(&at.date()), "Friday 20 November 2026");
        assert_eq!(day("1970-01-01"), "Thursday 1 January 1970");
        assert_eq!(day("soon"), "soon");
        assert_eq!(moment(at), "20 November 2026, 08:00 UTC");
        assert_eq!(moment_here(at), "20 November 2026, 08:00");
        assert_eq!(short_day(at), "20 Nov");
    }
}
