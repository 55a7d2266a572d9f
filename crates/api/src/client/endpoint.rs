//! Where a server is.

use std::fmt;
use std::str::FromStr;

use super::error::ClientError;

/// `http://HOST[:PORT]` or `https://HOST[:PORT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    tls: bool,
    /// Name or address; an IPv6 address without its brackets.
    host: String,
    port: u16,
}

impl Endpoint {
    /// Whether calls are encrypted on their way.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Whether it is on this machine, by its address or by the name `localhost`.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let address = self.host.parse::<std::net::IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// `HOST:PORT`, as it stands in a `Host` header.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }
}

impl FromStr for Endpoint {
    type Err = ClientError;

    /// Errors: `Endpoint`.
    fn from_str(text: &str) -> Result<Self, ClientError> {
        let refused = |why| ClientError::Endpoint { text: text.escape_debug().to_string(), why };
        let (scheme, rest) =
            text.split_once("://").ok_or_else(|| refused("it does not begin with http:// or https://"))?;
        let (tls, default_port) = match scheme {
            "http" => (false, 80),
            "https" => (true, 443),
            _ => return Err(refused("it does not begin with http:// or https://")),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or_else(|| refused("the address has no closing bracket"))?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => default_port,
            digits => digits.and_then(|digits| digits.parse().ok()).ok_or_else(|| refused("its port is no number"))?,
        };
        // A path, a query or a user name has no meaning here, and dropping one would hide a mistake.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        if host.is_empty() || !host.bytes().all(plain) {
            return Err(refused("it needs a host name or an address, and nothing else but a port"));
        }
        Ok(Self { tls, host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scheme, host and port; nothing else is silently dropped.
    #[test]
    fn endpoints_are_a_scheme_a_host_and_a_port() {
        for (text, shown, local) in [
            ("http://127.0.0.1:9180", "http://127.0.0.1:9180", true),
            ("https://kms.lab.example/", "https://kms.lab.example:443", false),
            ("http://[::1]", "http://[::1]:80", true),
            ("https://[fd00::1]:9180", "https://[fd00::1]:9180", false),
            ("http://localhost:1", "http://localhost:1", true),
        ] {
            let endpoint: Endpoint = text.parse().unwrap();
            assert_eq!((endpoint.to_string().as_str(), endpoint.is_local()), (shown, local), "{text}");
        }
        for bad in [
            "",
            "127.0.0.1:9180",
            "ftp://host",
            "http://",
            "http://host:port",
            "http://host:99999",
            "http://host:",
            "http://host/path",
            "http://user@host",
            "http://host?x",
            "http://[::1",
            "http://[::1]9180",
            "http://a b",
            "http://a\r\nb",
        ] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }
}
