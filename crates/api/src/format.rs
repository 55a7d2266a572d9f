//! JSON or XML: what the call asks for, else what the product answers by itself.

use crate::errors::{self, Refusal};
use crate::product::Product;

/// Format of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/json;charset=utf-8`.
    Json,
    /// `text/xml;charset=utf-8`.
    Xml,
}

impl Format {
    /// The exact header: two official clients read an XML error only under this spelling (wire.md 7).
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json;charset=utf-8",
            Self::Xml => "text/xml;charset=utf-8",
        }
    }

    /// The `Format` parameter, in any case.
    ///
    /// Errors: `InvalidParameter` for anything but JSON and XML.
    pub(crate) fn of_parameter(text: &str) -> Result<Self, Refusal> {
        if text.eq_ignore_ascii_case("json") {
            Ok(Self::Json)
        } else if text.eq_ignore_ascii_case("xml") {
            Ok(Self::Xml)
        } else {
            Err(Refusal::new(&errors::INVALID_PARAMETER, &["Format"]))
        }
    }

    /// The first media type of an `accept` header that is one of ours; `*/*` and others name none. Weights are not read: no
    /// client of these products sends any.
    pub(crate) fn of_accept(header: &str) -> Option<Self> {
        header.split(',').find_map(|range| {
            match range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
                "application/json" | "text/json" => Some(Self::Json),
                "application/xml" | "text/xml" => Some(Self::Xml),
                _ => None,
            }
        })
    }

    /// What a call without a word about it gets.
    pub(crate) fn default_of(product: Option<Product>) -> Self {
        product.map_or(Self::Xml, Product::default_format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accept headers as the clients send them.
    #[test]
    fn accept_names_a_format_or_none() {
        for (header, format) in [
            ("application/json", Some(Format::Json)),
            ("text/xml;charset=utf-8", Some(Format::Xml)),
            ("text/html, APPLICATION/XML;q=0.9, */*", Some(Format::Xml)),
            ("*/*", None),
            ("", None),
        ] {
            assert_eq!(Format::of_accept(header), format, "{header}");
        }
    }

    /// The parameter is read in any case, and nothing else passes.
    #[test]
    fn the_format_parameter_is_json_or_xml() {
        assert_eq!(Format::of_parameter("Json").ok(), Some(Format::Json));
        assert_eq!(Format::of_parameter("XML").ok(), Some(Format::Xml));
        assert!(Format::of_parameter("yaml").is_err() && Format::of_parameter("").is_err());
    }
}
