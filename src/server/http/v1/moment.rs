//! A moment as callers write it: in any form of RFC 3339. What goes out has one form ([`At`]).

use super::sent::MUST;
use crate::protocol::At;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// The last one that has a year of four digits in UTC too: what is later counts as this.
const LAST: i64 = 253_402_300_799_999;
/// How one is written.
const FORM: &str =
    "a time as in RFC 3339, such as 2099-12-31T23:59:59Z or 2099-12-31T23:59:59+01:00";

/// A moment that somebody sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub At);

fn read(text: &str) -> Option<At> {
    // The reader would take any character between the day and the time.
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
        return None;
    }
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let ms = i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).ok()?;
    Some(At(ms.min(LAST)))
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d).ok();
        let at = text.as_deref().and_then(read);
        at.map(Self).ok_or_else(|| D::Error::custom(format!("{MUST}{FORM}")))
    }
}

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some(
                "A moment, with any offset from UTC; what is finer than a millisecond is cut off.",
            ));
        object.examples(["2099-12-31T23:59:59Z"]).into()
    }
}

impl ToSchema for Moment {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_of_the_standard_is_read() {
        let eight = Some(At(1_795_161_600_000));
        for text in [
            "2026-11-20T08:00:00Z",
            "2026-11-20t08:00:00z",
            "2026-11-20T08:00:00.000Z",
            "2026-11-20T08:00:00.0Z",
            "2026-11-20T08:00:00.000999999Z",
            "2026-11-20T08:00:00+00:00",
            "2026-11-20T08:00:00-00:00",
            "2026-11-20T13:00:00+05:00",
            "2026-11-20T13:30:00.0+05:30",
            "2026-11-19T22:15:00-09:45",
        ] {
            assert_eq!(read(text), eight, "{text}");
        }
        assert_eq!(read("2026-11-20T08:00:00.123456Z"), Some(At(1_795_161_600_123)));
        assert_eq!(read("1969-12-31T23:59:59.999999Z"), Some(At(-1)));
        // A second that there was, and what has five digits in its year by now.
        assert!(read("2016-12-31T23:59:60Z").is_some());
        let last = read("9999-12-31T23:59:59-23:59").unwrap();
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn what_is_none_is_refused() {
        for wrong in [
            "",
            "tomorrow",
            "2026-11-20",
            "2026-11-20T08:00:00",
            "2026-11-20T08:00Z",
            "2026-11-20 08:00:00Z",
            "2026-11-20T08:00:00.Z",
            "2026-11-20T08:00:00+5:00",
            "2026-11-20T08:00:00+0500",
            "2026-11-20T08:00:00+24:00",
            "2026-11-20T08:00:00ZZ",
            "2026-13-20T08:00:00Z",
            "2026-02-29T08:00:00Z",
            "2026-04-31T08:00:00Z",
            "2026-11-20T24:00:00Z",
            "2026-11-20T08:60:00Z",
            "20261120T080000Z",
            "２０２６-11-20T08:00:00Z",
            "éééééééééééééééé",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn one_moment_is_the_same_with_any_offset_and_as_many_digits(
            ms in 0i64..253_000_000_000_000,
            offset in -1_439i64..=1_439,
            finer in "[0-9]{0,6}",
            small in any::<bool>(),
        ) {
            let local = At(ms + offset * 60_000).to_string();
            let (sign, ahead) = (if offset < 0 { '-' } else { '+' }, offset.abs());
            let (hours, minutes) = (ahead / 60, ahead % 60);
            let text = format!("{}{finer}{sign}{hours:02}:{minutes:02}", &local[..23]);
            let text = if small { text.to_lowercase() } else { text };
            prop_assert_eq!(read(&text), Some(At(ms)), "{}", text);
            prop_assert_eq!(read(&At(ms).to_string()), Some(At(ms)));
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,40}", near in "[0-9TtZz:.+-]{0,40}") {
            let _ = (read(&text), read(&near));
        }
    }
}
