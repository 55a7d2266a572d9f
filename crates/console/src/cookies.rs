//! Cookies of a request, and those that we set.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// Where the console's cookies are sent.
const PATH: &str = "/console";

/// The value of a cookie.
pub(crate) fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

/// A cookie that scripts cannot read and other sites cannot send. `life`: none ends with the browser. `value` must be characters of a token.
pub(crate) fn set(name: &str, value: &str, life: Option<Duration>, secure: bool) -> HeaderValue {
    let mut text = format!("{name}={value}; Path={PATH}; HttpOnly; SameSite=Strict");
    if let Some(life) = life {
        text.push_str(&format!("; Max-Age={}", life.as_secs()));
    }
    if secure {
        text.push_str("; Secure");
    }
    HeaderValue::from_str(&text).expect("names and values of ours are plain characters")
}
