use std::borrow::Cow;

use jiff::Timestamp;

use crate::names::{Account, KeyId, KeyVersionId, Region};

/// A value for a placeholder. `None` is NULL; the kind still counts, as PostgreSQL wants to know it.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Blob(Option<Vec<u8>>),
}

/// A query and the values for `$1`, `$2`, … of it.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sql: Cow<'static, str>,
    pub(crate) values: Vec<Value>,
}

/// The values of a statement, in the order of its placeholders.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::database::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! value_from {
    ($($from:ty => $kind:ident, |$name:ident| $value:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($name: $from) -> Self {
                Self::$kind($value)
            }
        })*
    };
}

value_from! {
    &str => Text, |text| Some(text.to_owned());
    &String => Text, |text| Some(text.clone());
    String => Text, |text| Some(text);
    &Option<String> => Text, |text| text.clone();
    &Account => Text, |name| Some(name.to_string());
    &Region => Text, |name| Some(name.to_string());
    KeyId => Text, |id| Some(id.to_string());
    KeyVersionId => Text, |id| Some(id.to_string());
    Option<KeyId> => Text, |id| id.map(|id| id.to_string());
    Option<KeyVersionId> => Text, |id| id.map(|id| id.to_string());
    bool => Integer, |truth| Some(truth.into());
    i64 => Integer, |number| Some(number);
    u32 => Integer, |number| Some(number.into());
    // Sizes: none reaches 8 EiB, and what would is refused long before.
    u64 => Integer, |number| Some(i64::try_from(number).unwrap_or(i64::MAX));
    Option<u32> => Integer, |number| number.map(Into::into);
    Timestamp => Integer, |time| Some(time.as_millisecond());
    Option<Timestamp> => Integer, |time| time.map(Timestamp::as_millisecond);
    &[u8] => Blob, |bytes| Some(bytes.to_owned());
    &Vec<u8> => Blob, |bytes| Some(bytes.clone());
    &[u8; 32] => Blob, |bytes| Some(bytes.to_vec());
    &Option<Vec<u8>> => Blob, |bytes| bytes.clone();
    Option<[u8; 32]> => Blob, |bytes| bytes.map(Vec::from);
}
