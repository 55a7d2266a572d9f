//! The products on the wire and where they differ: version, envelope, codes for the same trouble, default format.

use crate::format::Format;

/// A product of the API. Each has one version, so the version of a call tells the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Product {
    /// Images, disks, instances.
    Ecs,
    /// Keys.
    Kms,
    /// Users, access keys, policies, roles.
    Ram,
    /// Temporary access keys.
    Sts,
    /// Networks, as far as those ask who start instances.
    Vpc,
    /// Where the others are: older clients ask before their first call.
    Location,
}

/// How a product writes its envelopes and names its gateway errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// All but KMS, and any answer before the product is known.
    Gateway,
    /// KMS.
    Kms,
}

impl Product {
    /// All products.
    pub const ALL: [Self; 6] = [Self::Ecs, Self::Kms, Self::Ram, Self::Sts, Self::Vpc, Self::Location];

    /// Name in lower case: metrics, logs, the first label of a host name, the service of a RAM action.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ecs => "ecs",
            Self::Kms => "kms",
            Self::Ram => "ram",
            Self::Sts => "sts",
            Self::Vpc => "vpc",
            Self::Location => "location",
        }
    }

    /// `Version` parameter or `x-acs-version` header. Source: wire.md 3; for the last two the vendor's SDKs.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Ecs => "2014-05-26",
            Self::Kms => "2016-01-20",
            Self::Ram => "2015-05-01",
            Self::Sts => "2015-04-01",
            Self::Vpc => "2016-04-28",
            Self::Location => "2015-06-12",
        }
    }

    /// The product of a version.
    #[must_use]
    pub fn of_version(version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|product| product.version() == version)
    }

    /// Whether its resources live in regions. RAM and STS are the same everywhere (ram.md), and so is who knows where they are.
    #[must_use]
    pub fn is_regional(self) -> bool {
        match self {
            Self::Ecs | Self::Kms | Self::Vpc => true,
            Self::Ram | Self::Sts | Self::Location => false,
        }
    }

    /// Format of an answer to a call that names none. Source: wire.md 3.
    #[must_use]
    pub fn default_format(self) -> Format {
        match self {
            Self::Kms => Format::Json,
            Self::Ecs | Self::Ram | Self::Sts | Self::Vpc | Self::Location => Format::Xml,
        }
    }

    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Kms => Dialect::Kms,
            Self::Ecs | Self::Ram | Self::Sts | Self::Vpc | Self::Location => Dialect::Gateway,
        }
    }
}

impl Dialect {
    /// The dialect of a product, or of the gateway while the product is not known.
    pub(crate) fn of(product: Option<Product>) -> Self {
        product.map_or(Self::Gateway, Product::dialect)
    }
}
