use catalog::{AuditHead, AuditRecord};
use crypto::Secret;
use crypto::digest::{Digest, sha256};
use crypto::mac;
use jiff::Timestamp;

/// First bytes of what a record's hash is over.
const LABEL: &[u8] = b"reseal audit 1";

/// Purpose of the seal's MAC.
const SEAL_LABEL: &str = "audit seal 1";

/// One call that ended. No parameters, no secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was looked at.
    pub at: Timestamp,
    /// Its id, as answered.
    pub request_id: String,
    /// Account of the caller.
    pub account: String,
    /// ARN of the caller.
    pub principal: String,
    /// The key that signed it.
    pub access_key_id: String,
    /// Where it came from.
    pub source_ip: String,
    /// Such as `kms`.
    pub product: String,
    /// Such as `Decrypt`.
    pub action: String,
    /// ARNs that it needed a right on, separated by blanks.
    pub resources: String,
    /// The key among them, or empty.
    pub key_id: String,
    /// `OK`, or the code of the refusal.
    pub outcome: String,
}

/// The end of the chain.
pub type Head = AuditHead;

impl Entry {
    /// The record of this call behind `head`.
    pub(super) fn behind(self, head: &Head) -> AuditRecord {
        let mut record = AuditRecord {
            seq: head.seq.saturating_add(1),
            at: self.at,
            request_id: self.request_id,
            account: self.account,
            principal: self.principal,
            access_key_id: self.access_key_id,
            source_ip: self.source_ip,
            product: self.product,
            action: self.action,
            resources: self.resources,
            key_id: self.key_id,
            outcome: self.outcome,
            previous_hash: head.hash,
            hash: [0; 32],
        };
        record.hash = hash_of(&record);
        record
    }
}

/// The hash that a record should have.
pub(super) fn hash_of(record: &AuditRecord) -> Digest {
    let mut bytes = LABEL.to_vec();
    bytes.extend_from_slice(&record.previous_hash);
    bytes.extend_from_slice(&record.seq.to_be_bytes());
    bytes.extend_from_slice(&record.at.as_millisecond().to_be_bytes());
    for text in [
        &record.request_id,
        &record.account,
        &record.principal,
        &record.access_key_id,
        &record.source_ip,
        &record.product,
        &record.action,
        &record.resources,
        &record.key_id,
        &record.outcome,
    ] {
        // With its length, so that nothing can move from one field into the next.
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    sha256(&bytes)
}

/// The seal over the end of the chain, as it is stored.
pub(super) fn seal(head: &Head, secret: &Secret) -> Digest {
    mac::mac(secret, SEAL_LABEL, &statement(head))
}

pub(super) fn fits(head: &Head, seal: &[u8], secret: &Secret) -> bool {
    mac::verify(secret, SEAL_LABEL, &statement(head), seal)
}

fn statement(head: &Head) -> Vec<u8> {
    [&head.seq.to_be_bytes()[..], &head.hash].concat()
}

/// What a checkpoint signs.
pub(super) fn checkpoint_text(head: &Head, at: Timestamp) -> Vec<u8> {
    format!("reseal audit checkpoint 1\n{}\n{}\n{}\n", head.seq, hex::encode(head.hash), at.as_millisecond())
        .into_bytes()
}

#[cfg(test)]
impl Entry {
    /// A call of which little is known.
    pub(super) fn of_test(request_id: &str, account: &str) -> Self {
        Self {
            at: Timestamp::UNIX_EPOCH,
            request_id: request_id.to_owned(),
            account: account.to_owned(),
            principal: String::new(),
            access_key_id: String::new(),
            source_ip: String::new(),
            product: String::new(),
            action: String::new(),
            resources: String::new(),
            key_id: String::new(),
            outcome: "OK".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_move_between_fields_and_every_field_counts() {
        let head = Head { seq: 7, hash: [3; 32] };
        let record = Entry::of_test("ab", "c").behind(&head);
        assert_eq!((record.seq, record.previous_hash), (8, head.hash));
        assert_ne!(record.hash, Entry::of_test("a", "bc").behind(&head).hash);
        let changes: [fn(&mut AuditRecord); 6] = [
            |record| record.seq += 1,
            |record| record.previous_hash[0] ^= 1,
            |record| record.at = Timestamp::from_millisecond(1).unwrap(),
            |record| record.outcome.push('x'),
            |record| record.key_id.push('x'),
            |record| record.resources.push('x'),
        ];
        for change in changes {
            let mut changed = record.clone();
            change(&mut changed);
            assert_ne!(hash_of(&changed), record.hash, "{changed:?}");
        }
    }

    #[test]
    fn a_seal_fits_its_own_head_only() {
        let (head, secret) = (Head { seq: 7, hash: [3; 32] }, Secret::copy_of(b"a secret"));
        let sealed = seal(&head, &secret);
        assert!(fits(&head, &sealed, &secret));
        assert!(!fits(&Head { seq: 6, ..head }, &sealed, &secret));
        assert!(!fits(&head, &sealed, &Secret::copy_of(b"another")));
        assert!(!fits(&head, &[], &secret));
    }
}
