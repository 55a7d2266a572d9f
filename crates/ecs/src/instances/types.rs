//! Types of instances: a table, from the configuration. Names are the vendor's, so that its clients' files work unchanged.

/// Size of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceType {
    /// Such as `ecs.g6.large`.
    pub name: String,
    /// Virtual processors.
    pub cpu: u32,
    /// Memory, in MiB.
    pub memory_mib: u32,
}

impl InstanceType {
    /// The name without its last part.
    #[must_use]
    pub fn family(&self) -> &str {
        self.name.rsplit_once('.').map_or(&self.name, |(family, _)| family)
    }

    /// Whether the vendor offers it without a hypervisor. Such a machine cannot open an encrypted image. Source: ecs-images.md 1.
    #[must_use]
    pub fn is_bare_metal(&self) -> bool {
        is_bare_metal(&self.name)
    }
}

/// The same for a name.
pub(crate) fn is_bare_metal(name: &str) -> bool {
    name.starts_with("ecs.ebm") || name.starts_with("ecs.scc")
}

/// Name, virtual processors and MiB of the types that an installation has which lists none. Source: the vendor's instance families.
const DEFAULTS: [(&str, u32, u32); 13] = [
    ("ecs.t5-lc2m1.nano", 1, 512),
    ("ecs.t5-lc1m1.small", 1, 1024),
    ("ecs.t6-c1m1.large", 2, 2048),
    ("ecs.t6-c1m2.large", 2, 4096),
    ("ecs.n4.small", 1, 2048),
    ("ecs.c6.large", 2, 4096),
    ("ecs.c6.xlarge", 4, 8192),
    ("ecs.g6.large", 2, 8192),
    ("ecs.g6.xlarge", 4, 16384),
    ("ecs.g7.large", 2, 8192),
    ("ecs.r6.large", 2, 16384),
    ("ecs.ebmg6.26xlarge", 104, 393_216),
    ("ecs.sccg6.26xlarge", 104, 393_216),
];

/// The types of an installation that lists none.
#[must_use]
pub fn default_types() -> Vec<InstanceType> {
    let of = |(name, cpu, memory_mib): (&str, u32, u32)| InstanceType { name: name.to_owned(), cpu, memory_mib };
    DEFAULTS.map(of).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Family and kind follow from the name.
    #[test]
    fn a_name_says_family_and_kind() {
        for (name, family, bare) in [
            ("ecs.g6.large", "ecs.g6", false),
            ("ecs.ebmg6.26xlarge", "ecs.ebmg6", true),
            ("ecs.sccgn6ne.24xlarge", "ecs.sccgn6ne", true),
            ("odd", "odd", false),
        ] {
            let found = InstanceType { name: name.to_owned(), cpu: 1, memory_mib: 1 };
            assert_eq!((found.family(), found.is_bare_metal()), (family, bare));
        }
        assert!(default_types().iter().any(InstanceType::is_bare_metal));
    }
}
