//! From a call on the wire to audit and meters.

use api::services::{Record, Unavailable};
use catalog::{Account, Meter, Region};
use ram::trail::{Entry, Ledger, Nonce};

/// How long a nonce is kept: requests of 15 minutes ahead are taken for 15 minutes, and more.
const NONCE_LIFE: std::time::Duration = std::time::Duration::from_secs(35 * 60);

/// Writes the call down.
pub(super) async fn record(ledger: &Ledger, call: &Record<'_>, kind: KeyKind) -> Result<(), Unavailable> {
    let unavailable = |error: &dyn std::fmt::Display| Unavailable(error.to_string());
    let meters = meter(call, kind).map_err(|error| unavailable(&error))?.into_iter().collect();
    let nonce = call.nonce.map(|nonce| Nonce {
        nonce: nonce.to_owned(),
        access_key_id: call.access_key_id.to_owned(),
        expires_at: call.at.saturating_add(NONCE_LIFE).expect("a duration has no calendar units"),
    });
    ledger.record(entry(call), meters, nonce).await.map_err(|error| unavailable(&error))
}

/// Whose key a call was about: calls on service keys are counted apart (billing.md 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Service,
    Own,
    None,
}

impl KeyKind {
    /// `services`: of each key of the call, the service that it belongs to; empty for an own key. One own key among them counts: nothing
    /// but calls on service keys alone is free.
    pub(super) fn of<'a>(services: impl IntoIterator<Item = &'a str>) -> Self {
        services.into_iter().fold(Self::None, |kind, service| match kind {
            Self::Own => Self::Own,
            _ if service.is_empty() => Self::Own,
            _ => Self::Service,
        })
    }
}

/// The id of the first key among the resources.
pub(super) fn key_id<'a>(call: &Record<'a>) -> Option<&'a str> {
    call.needs.iter().find_map(|need| need.resource.split_once(":key/").map(|(_, id)| id))
}

fn entry(call: &Record<'_>) -> Entry {
    let resources: Vec<&str> = call.needs.iter().map(|need| need.resource.as_str()).collect();
    Entry {
        at: call.at,
        request_id: call.request_id.to_owned(),
        account: call.identity.account_id.clone(),
        principal: call.identity.arn.clone(),
        access_key_id: call.access_key_id.to_owned(),
        source_ip: call.source_ip.to_string(),
        product: call.product.to_owned(),
        action: call.action.to_owned(),
        resources: resources.join(" "),
        key_id: key_id(call).unwrap_or_default().to_owned(),
        outcome: outcome(call).to_owned(),
    }
}

/// Calls of KMS are counted, whatever came of them: who pays for which is the price table's business.
fn meter(call: &Record<'_>, kind: KeyKind) -> Result<Option<Meter>, catalog::InvalidName> {
    if call.product != "kms" {
        return Ok(None);
    }
    let account: Account = call.identity.account_id.parse()?;
    let region: Region = call.region.parse()?;
    Ok(Some(Meter {
        account,
        region,
        day: call.at.strftime("%Y-%m-%d").to_string(),
        product: call.product.to_owned(),
        action: call.action.to_owned(),
        key_kind: match kind {
            KeyKind::Service => "service".to_owned(),
            KeyKind::Own => "own".to_owned(),
            KeyKind::None => String::new(),
        },
        outcome: outcome(call).to_owned(),
    }))
}

fn outcome<'a>(call: &Record<'a>) -> &'a str {
    call.code.unwrap_or("OK")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call on several keys is one on an own key if any of them is, wherever it stands.
    #[test]
    fn one_own_key_counts() {
        for (services, wanted) in [
            (&[][..], KeyKind::None),
            (&["ecs"], KeyKind::Service),
            (&[""], KeyKind::Own),
            (&["ecs", "ecs"], KeyKind::Service),
            (&["ecs", ""], KeyKind::Own),
            (&["", "ecs"], KeyKind::Own),
        ] {
            assert_eq!(KeyKind::of(services.iter().copied()), wanted, "{services:?}");
        }
    }
}
