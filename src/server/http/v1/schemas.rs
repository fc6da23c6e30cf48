//! How the API's document describes what is written in a way of its own.

use crate::protocol::{At, Target};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// Bytes of a body, whatever they are.
pub struct Bytes;

impl PartialSchema for Bytes {
    fn schema() -> RefOr<Schema> {
        let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new().schema_type(Type::String).format(Some(binary)).into()
    }
}

impl ToSchema for Bytes {}

impl PartialSchema for At {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("A moment in UTC, to the millisecond."));
        object.examples(["2026-11-20T08:00:00.000Z"]).into()
    }
}

impl ToSchema for At {}

impl PartialSchema for Target {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^([#@].+|~)$"))
            .description(Some("#room, @person, or ~ for your own log."));
        object.examples(["#lobby"]).into()
    }
}

impl ToSchema for Target {}
