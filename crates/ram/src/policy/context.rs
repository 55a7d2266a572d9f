//! What a request brings for conditions to look at.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::identity::Caller;

/// Keys and values of one request, as text. Keys are exact: `kms:tag/Team` and `kms:tag/team` are two tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConditionContext {
    values: BTreeMap<String, String>,
}

const CURRENT_TIME: &str = "acs:CurrentTime";
const SECURE_TRANSPORT: &str = "acs:SecureTransport";
const SOURCE_IP: &str = "acs:SourceIp";
const MFA_PRESENT: &str = "acs:MFAPresent";

impl ConditionContext {
    /// The keys of every service that we provide. Source: ram.md 4.
    pub(super) const GLOBAL_KEYS: [&str; 4] = [CURRENT_TIME, SECURE_TRANSPORT, SOURCE_IP, MFA_PRESENT];

    /// What is known about the caller: `acs:CurrentTime` in whole seconds, the precision in which policies are written,
    /// `acs:SecureTransport`, `acs:SourceIp` if there is one, and `acs:MFAPresent`, which is false, as no access key has a
    /// second factor.
    #[must_use]
    pub fn of(caller: &Caller) -> Self {
        let seconds = caller.request_time.as_second();
        let time = Timestamp::from_second(seconds).expect("a time stays in range when it loses its fraction");
        let mut context = Self::default();
        context.set(CURRENT_TIME, time.to_string());
        context.set(SECURE_TRANSPORT, caller.secure_transport.to_string());
        context.set(MFA_PRESENT, false.to_string());
        if let Some(address) = caller.source_ip {
            context.set(SOURCE_IP, address.to_string());
        }
        context
    }

    /// Adds a key of a service, such as `kms:tag/<key>`, or replaces its value.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.values.insert(key.into(), value.into());
    }

    /// The value of a key; `None` when the request does not have it.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Principal;

    /// The keys that every request has come from the caller, and nothing else does.
    #[test]
    fn the_caller_brings_the_global_keys() {
        let mut caller = Caller {
            account: "1234567890123456".parse().unwrap(),
            principal: Principal::Root,
            access_key_id: None,
            source_ip: Some("203.0.113.9".parse().unwrap()),
            secure_transport: true,
            request_time: "2026-11-27T10:00:00.750Z".parse().unwrap(),
        };
        let context = ConditionContext::of(&caller);
        let values = ConditionContext::GLOBAL_KEYS.map(|key| context.value(key));
        assert_eq!(values, [Some("2026-11-27T10:00:00Z"), Some("true"), Some("203.0.113.9"), Some("false")]);
        caller.source_ip = None;
        assert_eq!(ConditionContext::of(&caller).value(SOURCE_IP), None);
    }
}
