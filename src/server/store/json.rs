//! Lists as JSON: a statement takes any number of values in one parameter, and answers any number of
//! rows in one.

use super::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// For a parameter.
pub(super) fn write(values: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(values).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// From a column.
pub(super) fn read<T: DeserializeOwned>(column: &str) -> Result<T> {
    serde_json::from_str(column).map_err(|error| sqlx::Error::Decode(error.into()))
}
