//! JSON read by the browser: into serde's types, as `serde_json` reads it, but what cannot be read
//! says nothing about why. All that is compiled for each type is a fifth smaller for it, and nothing
//! that fails has a text to make. Numbers are whole: there are no others on the wire.

use super::Unreadable;
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected,
        VariantAccess, Visitor, value::BorrowedStrDeserializer,
    },
    forward_to_deserialize_any,
};
use std::{borrow::Cow, fmt};

/// The name by which `serde_json` asks for a value as it is written.
const RAW: &str = "$serde_json::private::RawValue";

impl std::error::Error for Unreadable {}

impl Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }
    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self
    }
    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self
    }
    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }
    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }
    fn missing_field(_: &'static str) -> Self {
        Self
    }
    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

type Read<T> = Result<T, Unreadable>;

/// A text and how far it is read.
pub struct Reader<'de> {
    text: &'de str,
    at: usize,
}

impl<'de> Reader<'de> {
    /// At the beginning of a text.
    pub fn new(text: &'de str) -> Self {
        Self { text, at: 0 }
    }

    /// Whether nothing is left.
    pub fn ended(&mut self) -> bool {
        self.peek() == 0 && self.at == self.text.len()
    }

    /// The next byte that is no space; 0 at the end.
    #[inline(never)]
    fn peek(&mut self) -> u8 {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return *byte,
                None => return 0,
            }
        }
    }

    #[inline(never)]
    fn eat(&mut self, byte: u8) -> Read<()> {
        if self.peek() != byte || byte == 0 {
            return Err(Unreadable);
        }
        self.at += 1;
        Ok(())
    }

    /// A word such as `true`; whether it stands here.
    #[inline(never)]
    fn word(&mut self, word: &str) -> bool {
        self.peek();
        let here = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        if here {
            self.at += word.len();
        }
        here
    }

    /// Before the next of several things, or past their end.
    #[inline(never)]
    fn more(&mut self, first: &mut bool, end: u8) -> Read<bool> {
        if self.peek() == end {
            self.at += 1;
            return Ok(false);
        }
        if !std::mem::take(first) {
            self.eat(b',')?;
        }
        Ok(true)
    }

    #[inline(never)]
    fn string(&mut self) -> Read<Cow<'de, str>> {
        self.eat(b'"')?;
        let mut whole = String::new();
        let mut from = self.at;
        loop {
            let byte = *self.text.as_bytes().get(self.at).ok_or(Unreadable)?;
            if byte < b' ' {
                return Err(Unreadable);
            }
            self.at += 1;
            if byte != b'"' && byte != b'\\' {
                continue;
            }
            // Both are ASCII: a character begins and ends here.
            let part = &self.text[from..self.at - 1];
            if byte == b'"' {
                if whole.is_empty() {
                    return Ok(Cow::Borrowed(part));
                }
                whole.push_str(part);
                return Ok(Cow::Owned(whole));
            }
            whole.push_str(part);
            whole.push(self.escaped()?);
            from = self.at;
        }
    }

    /// What stands after a backslash.
    fn escaped(&mut self) -> Read<char> {
        let byte = *self.text.as_bytes().get(self.at).ok_or(Unreadable)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let unit = self.unit()?;
                let code = if unit & 0xFC00 == 0xD800 {
                    // The other half must follow.
                    let other = if self.text.as_bytes()[self.at..].starts_with(b"\\u") {
                        self.at += 2;
                        self.unit()?
                    } else {
                        0
                    };
                    if other & 0xFC00 != 0xDC00 {
                        return Err(Unreadable);
                    }
                    0x1_0000 + ((unit & 0x3FF) << 10) + (other & 0x3FF)
                } else {
                    unit
                };
                char::from_u32(code).ok_or(Unreadable)?
            }
            _ => return Err(Unreadable),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Read<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            let byte = self.text.as_bytes().get(self.at).ok_or(Unreadable)?;
            unit = unit * 16 + char::from(*byte).to_digit(16).ok_or(Unreadable)?;
            self.at += 1;
        }
        Ok(unit)
    }

    #[inline(never)]
    fn whole(&mut self) -> Read<i64> {
        let less = self.peek() == b'-';
        self.at += usize::from(less);
        let from = self.at;
        let mut number = 0_i64;
        while let Some(digit @ b'0'..=b'9') = self.text.as_bytes().get(self.at) {
            let digit = i64::from(digit - b'0');
            number =
                number.checked_mul(10).and_then(|it| it.checked_sub(digit)).ok_or(Unreadable)?;
            self.at += 1;
        }
        let broken = matches!(self.text.as_bytes().get(self.at), Some(b'.' | b'e' | b'E'));
        if self.at == from || broken {
            return Err(Unreadable);
        }
        if less { Ok(number) } else { number.checked_neg().ok_or(Unreadable) }
    }

    fn truth(&mut self) -> Read<bool> {
        match self.word("true") {
            true => Ok(true),
            false if self.word("false") => Ok(false),
            false => Err(Unreadable),
        }
    }

    /// Past a value, whatever it is: as it is written.
    #[inline(never)]
    fn raw(&mut self) -> Read<&'de str> {
        self.peek();
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    let word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                    let long = self.text.as_bytes()[self.at..].iter().take_while(word).count();
                    if long == 0 {
                        return Err(Unreadable);
                    }
                    self.at += long;
                }
            }
            if depth == 0 {
                return Ok(&self.text[from..self.at]);
            }
        }
    }
}

fn visit<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Read<V::Value> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_str(&text),
    }
}

/// Says of which kind of method each is: what is compiled for a type is only what it asks for.
macro_rules! ask {
    ($($name:ident: $visit:ident $read:ident;)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
            visitor.$visit(self.$read()?)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unreadable;

    ask! {
        deserialize_bool: visit_bool truth;
        deserialize_i8: visit_i64 whole;
        deserialize_i16: visit_i64 whole;
        deserialize_i32: visit_i64 whole;
        deserialize_i64: visit_i64 whole;
        deserialize_u8: visit_i64 whole;
        deserialize_u16: visit_i64 whole;
        deserialize_u32: visit_i64 whole;
        deserialize_u64: visit_i64 whole;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        match self.peek() {
            b'"' => self.deserialize_str(visitor),
            b'{' => self.deserialize_map(visitor),
            b'[' => self.deserialize_seq(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            b'n' => self.deserialize_unit(visitor),
            _ => self.deserialize_i64(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        visit(self.string()?, visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if self.word("null") { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        if self.word("null") { visitor.visit_unit() } else { Err(Unreadable) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Read<V::Value> {
        if name == RAW {
            return visitor.visit_map(Raw(self.raw()?));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.eat(b'[')?;
        visitor.visit_seq(Several { reader: self, first: true })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Read<V::Value> {
        self.eat(b'[')?;
        let value = visitor.visit_seq(Several { reader: &mut *self, first: true })?;
        self.eat(b']')?;
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.eat(b'{')?;
        visitor.visit_map(Several { reader: self, first: true })
    }

    /// Never from a list of its fields: that would be compiled for each type.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Read<V::Value> {
        visitor.visit_enum(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Read<V::Value> {
        self.raw()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit_struct tuple_struct
    }
}

/// The elements of a list or the fields of an object.
struct Several<'a, 'de> {
    reader: &'a mut Reader<'de>,
    first: bool,
}

impl<'de> SeqAccess<'de> for Several<'_, 'de> {
    type Error = Unreadable;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<Option<T::Value>> {
        if !self.reader.more(&mut self.first, b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'de> MapAccess<'de> for Several<'_, 'de> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Read<Option<K::Value>> {
        if !self.reader.more(&mut self.first, b'}')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<T::Value> {
        self.reader.eat(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// Variants without fields: there are no others.
impl<'de> EnumAccess<'de> for &mut Reader<'de> {
    type Error = Unreadable;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Read<(T::Value, Self)> {
        Ok((seed.deserialize(&mut *self)?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Reader<'de> {
    type Error = Unreadable;

    fn unit_variant(self) -> Read<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Read<T::Value> {
        Err(Unreadable)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Read<V::Value> {
        Err(Unreadable)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Read<V::Value> {
        Err(Unreadable)
    }
}

/// A value as it is written, in the form in which `serde_json` takes it.
struct Raw<'de>(&'de str);

impl<'de> MapAccess<'de> for Raw<'de> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Read<Option<K::Value>> {
        seed.deserialize(BorrowedStrDeserializer::new(RAW)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Read<T::Value> {
        seed.deserialize(BorrowedStrDeserializer::new(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::{Deserialize, de::DeserializeOwned};
    use serde_json::{Number, value::RawValue};
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Way {
        Here,
        FarAway,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Whole {
        text: String,
        #[serde(default)]
        number: Option<Number>,
        small: Option<u8>,
        ways: Vec<Way>,
        #[serde(default)]
        map: BTreeMap<String, i64>,
        pair: Option<(i64, bool)>,
    }

    fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
        let mut reader = Reader::new(text);
        T::deserialize(&mut reader).ok().filter(|_| reader.ended())
    }

    #[test]
    fn reads_what_serde_json_reads() {
        for text in [
            r#"{"text":"a","ways":[]}"#,
            r#" { "text" : "\u00e9\n\"\ud83d\ude00" , "ways" : [ "here" , "far_away" ] } "#,
            r#"{"text":"","number":12,"small":255,"ways":["here"],"map":{"a":-1,"b":2},"pair":[3,true]}"#,
            r#"{"text":"","new":{"a":[1.5e3,null,"}]\""]},"small":null,"ways":[]}"#,
        ] {
            let known: Whole = serde_json::from_str(text).unwrap();
            assert_eq!(read::<Whole>(text), Some(known), "{text}");
        }
        let raw: Box<RawValue> = read(r#" {"a": [1, "]"]} "#).unwrap();
        assert_eq!(raw.get(), r#"{"a": [1, "]"]}"#);
        assert_eq!(read("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(read("9223372036854775807"), Some(i64::MAX));
    }

    #[test]
    fn what_is_no_json_or_something_else_is_refused() {
        for text in [
            "",
            "{",
            r#"{"text":"a"}"#,
            r#"{"text":1,"ways":[]}"#,
            r#"{"text":"a","ways":["up"]}"#,
            r#"{"text":"a","ways":[],}"#,
            r#"{"text":"a","ways":[]} x"#,
            r#"{"text":"a" "ways":[]}"#,
            r#"{"text":"a","ways":["here",]}"#,
            r#"{"text":"\ud83d","ways":[]}"#,
            r#"{"text":"a","ways":[],"small":256}"#,
            r#"{"text":"a","ways":[],"small":-1}"#,
            r#"{"text":"a","ways":[],"small":1.5}"#,
            r#"{"text":"a","text":"b","ways":[]}"#,
            r#"{"text":"a","ways":[],"pair":[1,true,2]}"#,
            "{\"text\":\"a\nb\",\"ways\":[]}",
        ] {
            assert!(serde_json::from_str::<Whole>(text).is_err(), "{text}");
            assert_eq!(read::<Whole>(text), None, "{text}");
        }
        assert_eq!(read::<i64>("9223372036854775808"), None);
    }

    proptest! {
        #[test]
        fn texts_come_back(text in "\\PC*|[\\x00-\\x7f]*", numbers: Vec<i64>) {
            let written = serde_json::to_string(&(&text, &numbers)).unwrap();
            prop_assert_eq!(read::<(String, Vec<i64>)>(&written), Some((text, numbers)));
        }

        #[test]
        fn nothing_breaks_it(text in "[\\[\\]{}\",:\\\\ultre0-9é .\\-]{0,40}") {
            let _ = read::<Whole>(&text);
            let _ = read::<Box<RawValue>>(&text);
            if let Ok(known) = serde_json::from_str::<Vec<i64>>(&text) {
                prop_assert_eq!(read::<Vec<i64>>(&text), Some(known));
            }
        }
    }
}
