//! Names and texts of images. Source: ecs-images.md 2.

use crate::error::{EcsError, Result};

/// Characters of a name or description.
const CHARS: std::ops::RangeInclusive<usize> = 2..=128;
const DESCRIPTION_CHARS: std::ops::RangeInclusive<usize> = 2..=256;

/// What is known of the system on an image; texts that are empty are not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageAttributes {
    /// `linux` or `windows`.
    pub os_type: String,
    /// Such as `Others Linux`.
    pub platform: String,
    /// `x86_64`, `arm64`, `i386`.
    pub architecture: String,
    /// `BIOS`, `UEFI`, `UEFI-Preferred`.
    pub boot_mode: String,
    /// `BYOL`.
    pub license_type: String,
    /// Whether it boots from NVMe: `supported`, `unsupported`.
    pub nvme_support: String,
    /// How instances ask for their metadata: `v1`, `v2`.
    pub imds_support: String,
}

impl ImageAttributes {
    /// What is taken for a system of which only the architecture is known: a Linux. arm64 machines boot by UEFI, others by a BIOS.
    #[must_use]
    pub fn of(architecture: &str) -> Self {
        Self {
            os_type: "linux".to_owned(),
            platform: "Others Linux".to_owned(),
            architecture: architecture.to_owned(),
            boot_mode: if architecture == "arm64" { "UEFI" } else { "BIOS" }.to_owned(),
            ..Self::default()
        }
    }
}

/// Checks the name of an image: 2 to 128 characters, a letter first, no URL, no prefix of the vendor's. Empty: no name.
///
/// Errors: `MalformedName`.
pub fn check_name(name: &str) -> Result<()> {
    let refuse = |why| Err(EcsError::MalformedName { name: name.to_owned(), why });
    if name.is_empty() {
        return Ok(());
    }
    if !CHARS.contains(&name.chars().count()) {
        return refuse("it has 2 to 128 characters");
    }
    if !name.starts_with(char::is_alphabetic) {
        return refuse("it begins with a letter");
    }
    if name.starts_with("aliyun") || name.starts_with("acs:") {
        return refuse("it does not begin with aliyun or acs:");
    }
    if is_url(name) {
        return refuse("it does not hold http:// or https://");
    }
    if !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | ':' | '_' | '-')) {
        return refuse("it holds letters, digits and . : _ - only");
    }
    Ok(())
}

/// Checks a family: the rules of a name. Empty: none.
///
/// Errors: `MalformedFamily`.
pub(crate) fn check_family(family: &str) -> Result<()> {
    check_name(family).map_err(|error| match error {
        EcsError::MalformedName { name, why } => EcsError::MalformedFamily { family: name, why },
        error => error,
    })
}

/// Checks a description: 2 to 256 characters that do not begin like a URL. Empty: none.
///
/// Errors: `MalformedDescription`.
pub fn check_description(text: &str) -> Result<()> {
    let fits = DESCRIPTION_CHARS.contains(&text.chars().count());
    let is_plain = !text.starts_with("http://") && !text.starts_with("https://");
    if text.is_empty() || (fits && is_plain && !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')) {
        Ok(())
    } else {
        Err(EcsError::MalformedDescription)
    }
}

fn is_url(text: &str) -> bool {
    text.contains("http://") || text.contains("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules of the API, each by one name that keeps it and one that does not.
    #[test]
    fn names_follow_the_api() {
        for good in ["", "ab", "golden-1.2_x:y", "镜像一", &"a".repeat(128)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["a", "1ab", "-ab", "aliyun-x", "acs:x", "ahttp://b", "a b", "a/b", "a\nb", &"a".repeat(129)] {
            assert!(matches!(check_name(bad), Err(EcsError::MalformedName { .. })), "{bad}");
        }
        for (text, good) in
            [("", true), ("text, with all: sorts!", true), ("a", false), ("http://x", false), ("a\0b", false)]
        {
            assert_eq!(check_description(text).is_ok(), good, "{text}");
        }
    }
}
