//! What is looked for: from the form's address to a call, and to the addresses of other parts of the list.

use crate::form::Fields;

/// What the address says: the form of the page.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) from: String,
    pub(super) until: String,
    pub(super) principal: String,
    pub(super) service: String,
    pub(super) action: String,
    pub(super) key: String,
    pub(super) outcome: String,
    pub(super) code: String,
    pub(super) next: String,
}

impl Asked {
    pub(super) fn read(query: &Fields) -> Self {
        let field = |name| query.get(name).to_owned();
        Self {
            from: field("from"),
            until: field("until"),
            principal: field("principal"),
            service: field("service"),
            action: field("action"),
            key: field("key"),
            outcome: field("outcome"),
            code: field("code"),
            next: field("next"),
        }
    }

    /// Of `LookupEvents`. `None` for a time that is not one.
    pub(super) fn parameters(&self) -> Option<Vec<(&'static str, String)>> {
        let failed = if self.outcome == "failed" { "true" } else { "" };
        // A call that was done has no code of its own; the audit writes it so.
        let code = if self.outcome == "done" { "OK" } else { self.code.as_str() };
        let all = [
            ("StartTime", time(&self.from)?),
            ("EndTime", time(&self.until)?),
            ("Principal", self.principal.clone()),
            ("ServiceName", self.service.clone()),
            ("EventName", self.action.clone()),
            ("KeyId", self.key.clone()),
            ("ErrorCode", code.to_owned()),
            ("Failed", failed.to_owned()),
            ("NextToken", self.next.clone()),
        ];
        Some(all.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// As the query of an address, for another part of the list.
    pub(super) fn query(&self) -> [(&'static str, &str); 8] {
        [
            ("from", self.from.as_str()),
            ("until", &self.until),
            ("principal", &self.principal),
            ("service", &self.service),
            ("action", &self.action),
            ("key", &self.key),
            ("outcome", &self.outcome),
            ("code", &self.code),
        ]
    }

    pub(super) fn is_any(&self) -> bool {
        self.query().iter().any(|(_, value)| !value.is_empty())
    }
}

/// `2026-11-28T10:00`, as browsers write it, in UTC, as the API writes it; empty for none.
fn time(typed: &str) -> Option<String> {
    if typed.is_empty() {
        return Some(String::new());
    }
    let at: jiff::civil::DateTime = typed.trim_end_matches('Z').parse().ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was typed becomes parameters; empty fields are none; a time that is not one is told.
    #[test]
    fn a_search_is_a_call() {
        let asked = Asked::read(&Fields::read(b"from=2026-11-28T10:00&principal=+user/bob+&outcome=done").unwrap());
        let found: Vec<String> =
            asked.parameters().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found, ["StartTime=2026-11-28T10:00:00Z", "Principal=user/bob", "ErrorCode=OK"]);
        assert!(asked.is_any() && !Asked::default().is_any());
        assert_eq!(Asked::default().parameters().unwrap(), []);
        let given: Vec<_> = asked.query().into_iter().filter(|(_, value)| !value.is_empty()).collect();
        assert_eq!(given, [("from", "2026-11-28T10:00"), ("principal", "user/bob"), ("outcome", "done")]);
        assert!(Asked { until: "tomorrow".to_owned(), ..Asked::default() }.parameters().is_none());
        assert_eq!(time("2026-11-28T10:00:30Z").as_deref(), Some("2026-11-28T10:00:30Z"));
    }
}
