//! Numbers and times in plain words.

use crate::protocol::At;

const NUMBERS: [&str; 13] = [
    "No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven",
    "Twelve",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// From 1970-01-01, which was a Thursday.
const WEEKDAYS: [&str; 7] =
    ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// A number that begins a sentence: a word where it is small.
#[must_use]
pub fn number(n: usize) -> String {
    NUMBERS.get(n).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

/// "Five rooms are lit."
#[must_use]
pub fn lit_rooms(lit: usize) -> String {
    match lit {
        0 => "The house is dark.".to_owned(),
        1 => "One room is lit.".to_owned(),
        n => format!("{} rooms are lit.", number(n)),
    }
}

/// "23 people are here now."
#[must_use]
pub fn people_here(people: usize) -> String {
    match people {
        0 => "Nobody is here yet; your light would be the first.".to_owned(),
        1 => "One person is here now. Walk in, or open a room of your own.".to_owned(),
        n => format!("{n} people are here now. Walk in, or open a room of your own."),
    }
}

/// Day, month and year out of `2026-11-20`.
fn parts(date: &str) -> Option<(&str, &'static str, &str)> {
    let (year, rest) = date.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some((day.trim_start_matches('0'), month, year))
}

/// `2026-11-20` as "Friday 20 November 2026"; what is no date stays as it is.
#[must_use]
pub fn day(date: &str) -> String {
    let weekday =
        At::parse(&format!("{date}T00:00:00Z")).map(|at| WEEKDAYS[at.day().rem_euclid(7) as usize]);
    match (weekday, parts(date)) {
        (Some(weekday), Some((day, month, year))) => format!("{weekday} {day} {month} {year}"),
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

/// "20 November 2026, 08:00", on the clock where that is read.
#[must_use]
pub fn moment_here(at: At) -> String {
    let date = at.date();
    match parts(&date) {
        Some((day, month, year)) => format!("{day} {month} {year}, {}", at.clock()),
        None => date,
    }
}

/// "20 Nov", for narrow places.
#[must_use]
pub fn short_day(at: At) -> String {
    let date = at.date();
    match parts(&date) {
        // Every month's name is ASCII and has three letters at least.
        Some((day, month, _)) => format!("{day} {}", &month[..3]),
        None => date,
    }
}

/// Unread messages: counted up to 99.
#[must_use]
pub fn unread(count: i64) -> String {
    if count > 99 { "99+".to_owned() } else { count.to_string() }
}

/// "3 new messages".
#[must_use]
pub fn new_messages(count: usize) -> String {
    match count {
        1 => "1 new message".to_owned(),
        n => format!("{n} new messages"),
    }
}

#[cfg(test)]
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
