//! Which region a call goes to. KMS calls carry none (wire.md 1): the listener or the host name decides, else the default.

use crate::errors::{self, Refusal};
use crate::product::Product;

/// The regions of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regions {
    default: String,
    names: Vec<String>,
}

impl Regions {
    /// The default region and the others, in the order that they are listed in.
    #[must_use]
    pub fn new(default: &str, others: &[&str]) -> Self {
        let mut names = vec![default.to_owned()];
        names.extend(others.iter().filter(|name| **name != default).map(|name| (*name).to_owned()));
        Self { default: default.to_owned(), names }
    }

    /// All of them, the default one first.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether `region` is one of them.
    pub(crate) fn contains(&self, region: &str) -> bool {
        self.names.iter().any(|name| name == region)
    }

    /// Region of a call: the listener's own, else the one in the host name, else the default. Products without regions are at
    /// home in the default one, whatever host they are called by.
    ///
    /// `host` is the raw header. `<product>.<region>.…` counts, also `<product>-vpc.<region>.…`.
    ///
    /// Errors: `InvalidRegionId.NotFound` for a vendor's host name of a region that is not here. Falling back would use a key
    /// of another region.
    pub(crate) fn of_call(&self, product: Product, host: &str, listener: Option<&str>) -> Result<String, Refusal> {
        if let Some(region) = listener {
            return Ok(region.to_owned());
        }
        match labelled(product, host).filter(|_| product.is_regional()) {
            Some((region, _)) if self.contains(region) => Ok(region.to_owned()),
            Some((region, "aliyuncs.com")) => Err(Refusal::new(&errors::INVALID_REGION, &[region])),
            _ => Ok(self.default.clone()),
        }
    }
}

/// The label after the product's, and what follows it.
fn labelled(product: Product, host: &str) -> Option<(&str, &str)> {
    let host = host.split_once("://").map_or(host, |(_, rest)| rest);
    let host = host.split([':', '/']).next().unwrap_or_default();
    let (first, rest) = host.split_once('.')?;
    let service = first.strip_suffix("-vpc").unwrap_or(first);
    rest.split_once('.').filter(|_| service.eq_ignore_ascii_case(product.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Listener before host, host before default; an unknown region of the vendor is refused, a foreign name is just a name.
    #[test]
    fn a_call_has_one_region() {
        let regions = Regions::new("cn-hangzhou", &["cn-shanghai"]);
        for (host, listener, region) in [
            ("127.0.0.1:9180", None, Ok("cn-hangzhou")),
            ("http://127.0.0.1:9180", None, Ok("cn-hangzhou")),
            ("", None, Ok("cn-hangzhou")),
            ("kms.cn-shanghai.aliyuncs.com", None, Ok("cn-shanghai")),
            ("kms-vpc.cn-shanghai.aliyuncs.com:443", None, Ok("cn-shanghai")),
            ("http://kms.cn-shanghai.lab.example:80/x", None, Ok("cn-shanghai")),
            ("ecs.cn-shanghai.aliyuncs.com", None, Ok("cn-hangzhou")),
            ("kms.example.com", None, Ok("cn-hangzhou")),
            ("kms.aliyuncs.com", None, Ok("cn-hangzhou")),
            ("kms.cn-beijing.aliyuncs.com", None, Err("InvalidRegionId.NotFound")),
            ("kms.cn-beijing.aliyuncs.com", Some("cn-shanghai"), Ok("cn-shanghai")),
            ("127.0.0.1", Some("cn-shanghai"), Ok("cn-shanghai")),
        ] {
            let found = regions.of_call(Product::Kms, host, listener).map_err(|refusal| refusal.row().code);
            assert_eq!(found, region.map(str::to_owned), "{host} {listener:?}");
        }
        assert_eq!(
            regions.of_call(Product::Sts, "sts.cn-beijing.aliyuncs.com", None).ok().as_deref(),
            Some("cn-hangzhou")
        );
    }
}
