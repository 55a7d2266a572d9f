//! `LookupEvents` and `VerifyEvents`, ours: the audit of every call. The vendor has a product of its own for it, ActionTrail, whose names are
//! taken where they fit.

use catalog::{AuditRecord, EventFilter, Timestamp};
use ram::trail::{Broken, Head};
use ram::{Arn, Caller, Permit, Ram, RamError};
use serde_json::{Value, json};

use super::refusals::reported;
use super::{OnRam, RamAction, spec};
use crate::action::{Action, Call, Row, Spec};
use crate::errors::{self, Refusal};
use crate::kms::Keys;
use crate::parameters::{Flag, Integer, Kind, Optional, Parameters, Text};
use crate::services::Need;

/// A time as the answers write it.
#[derive(Clone, Copy)]
struct Time;

impl Kind for Time {
    type Value = Timestamp;

    fn describe(&self) -> String {
        "`YYYY-MM-DDThh:mm:ssZ`".to_owned()
    }

    fn read(&self, text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }
}

/// The hash of a record.
#[derive(Clone, Copy)]
struct Hash;

impl Kind for Hash {
    type Value = [u8; 32];

    fn describe(&self) -> String {
        "64 hex digits".to_owned()
    }

    fn read(&self, text: &str) -> Option<[u8; 32]> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).ok().map(|()| hash)
    }
}

const WORD: Text = Text { length: (1, 256) };
const START_TIME: Optional<Time> = Optional::new("StartTime", Time);
const END_TIME: Optional<Time> = Optional::new("EndTime", Time);
const PRINCIPAL: Optional<Text> = Optional::new("Principal", WORD);
const SERVICE_NAME: Optional<Text> = Optional::new("ServiceName", WORD);
const EVENT_NAME: Optional<Text> = Optional::new("EventName", WORD);
const KEY_ID: Optional<Text> = Optional::new("KeyId", WORD);
const ERROR_CODE: Optional<Text> = Optional::new("ErrorCode", WORD);
const FAILED: Optional<Flag> = Optional::new("Failed", Flag);
const NEXT_TOKEN: Optional<Integer> = Optional::new("NextToken", Integer { min: 1, max: i64::MAX as u64 });
const MAX_RESULTS: Optional<Integer> = Optional::new("MaxResults", Integer { min: 1, max: 100 });
const AFTER_SEQ: Optional<Integer> = Optional::new("AfterSeq", Integer { min: 0, max: i64::MAX as u64 });
const AFTER_HASH: Optional<Hash> = Optional::new("AfterHash", Hash);

/// `MaxResults` when nothing is said. Ours.
const MAX_RESULTS_DEFAULT: u64 = 20;

pub(super) fn rows<S: Keys>() -> Vec<Row<S>> {
    vec![Row::of::<OnRam<LookupEvents>>(), Row::of::<VerifyEvents>()]
}

/// `LookupEvents`: the calls of the caller's account, newest first. A page may be empty although a `NextToken` leads on: a call looks at a
/// bounded number of records.
struct LookupEvents {
    filter: EventFilter,
    /// As it was said: an ARN, or what follows the account in one.
    principal: String,
    before: Option<u64>,
    limit: u32,
}

impl RamAction for LookupEvents {
    const SPEC: &'static Spec = &spec(
        "LookupEvents",
        "actiontrail:LookupEvents",
        "*",
        &[
            &START_TIME,
            &END_TIME,
            &PRINCIPAL,
            &SERVICE_NAME,
            &EVENT_NAME,
            &KEY_ID,
            &ERROR_CODE,
            &FAILED,
            &NEXT_TOKEN,
            &MAX_RESULTS,
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let filter = EventFilter {
            product: SERVICE_NAME.read(parameters)?.unwrap_or_default().to_ascii_lowercase(),
            action: EVENT_NAME.read(parameters)?.unwrap_or_default(),
            key_id: KEY_ID.read(parameters)?.unwrap_or_default(),
            outcome: ERROR_CODE.read(parameters)?.unwrap_or_default(),
            failed: FAILED.read(parameters)?.unwrap_or_default(),
            from: START_TIME.read(parameters)?,
            until: END_TIME.read(parameters)?,
            ..EventFilter::default()
        };
        let limit = MAX_RESULTS.read(parameters)?.unwrap_or(MAX_RESULTS_DEFAULT);
        Ok(Self {
            filter,
            principal: PRINCIPAL.read(parameters)?.unwrap_or_default(),
            before: NEXT_TOKEN.read(parameters)?,
            limit: u32::try_from(limit).expect("at most 100"),
        })
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_trail(caller.account)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let principal = principal(&self.principal, permit.caller());
        let filter = EventFilter { principal, ..self.filter };
        let page = ram.lookup_events(permit, filter, self.before, self.limit).await?;
        let events: Vec<Value> = page.records.iter().map(event).collect();
        let next = page.next.map(|next| next.to_string()).unwrap_or_default();
        Ok(json!({ "Events": { "Event": events }, "NextToken": next }))
    }
}

/// `user/bob` of the caller's account, for short; an ARN as it is.
fn principal(said: &str, caller: &Caller) -> String {
    match said {
        "" => String::new(),
        arn if arn.starts_with("acs:") => arn.to_owned(),
        relative => format!("acs:ram::{}:{relative}", caller.account),
    }
}

fn event(record: &AuditRecord) -> Value {
    json!({
        "Seq": record.seq,
        "EventTime": super::written(record.at),
        "RequestId": record.request_id,
        "Principal": record.principal,
        "AccessKeyId": record.access_key_id,
        "SourceIpAddress": record.source_ip,
        "ServiceName": record.product,
        "EventName": record.action,
        "Resources": record.resources,
        "KeyId": record.key_id,
        "ErrorCode": if record.outcome == "OK" { "" } else { &record.outcome },
        "Hash": hex::encode(record.hash),
    })
}

/// `VerifyEvents`: follows the chain of records, 50,000 or so a call, from the record that the last call ended with.
pub(crate) struct VerifyEvents(Head);

impl<S: Keys> Action<S> for VerifyEvents {
    const SPEC: &'static Spec = &spec("VerifyEvents", "actiontrail:VerifyEvents", "*", &[&AFTER_SEQ, &AFTER_HASH]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        match (AFTER_SEQ.read(parameters)?.filter(|seq| *seq > 0), AFTER_HASH.read(parameters)?) {
            (None, _) => Ok(Self(Head::default())),
            (Some(seq), Some(hash)) => Ok(Self(Head { seq, hash })),
            (Some(_), None) => Err(Refusal::new(&errors::MISSING_PARAMETER, &["AfterHash"])),
        }
    }

    async fn needs(&self, _: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        let resource = Arn::of_trail(call.caller.caller().account).to_string();
        Ok(vec![Need { action: "actiontrail:VerifyEvents", resource, key: None, conditions: Vec::new() }])
    }

    /// A broken chain is what was asked for, and not an error; a position that is no record is refused.
    async fn run(self, services: &S, call: &Call<S::Caller>, permit: &S::Permit) -> Result<Value, Refusal> {
        let secret = services.kms().secret("audit").await.map_err(|error| {
            tracing::error!(request.id = call.request_id, %error, "the secret of the audit cannot be read");
            Refusal::new(&errors::INTERNAL_ERROR, &[])
        })?;
        let verified = services.ram().verify_events(permit, &secret, self.0).await;
        Ok(match verified.map_err(|error| reported(&error, &call.request_id))? {
            Ok(verified) => json!({
                "IsWhole": true,
                "IsEnd": verified.is_end,
                "Seq": verified.head.seq,
                "Hash": hex::encode(verified.head.hash),
                "Checkpoints": verified.checkpoints,
                "Reason": "",
            }),
            // The position is the client's: a wrong one says nothing about the chain.
            Err(Broken::NoPosition { seq }) => {
                tracing::warn!(request.id = call.request_id, seq, "a verification was to go on from what is no record");
                return Err(Refusal::new(&errors::INVALID_PARAMETER, &["AfterHash"]));
            }
            Err(broken) => {
                tracing::error!(request.id = call.request_id, %broken, "the audit is broken");
                json!({ "IsWhole": false, "IsEnd": true, "Seq": self.0.seq, "Hash": "", "Checkpoints": 0, "Reason": broken.to_string() })
            }
        })
    }
}
