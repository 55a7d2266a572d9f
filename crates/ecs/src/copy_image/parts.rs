//! The parts of a copy. A disk that the call lists is a part by itself, with a key of its own; all others are one, which goes by what the call
//! says of the image. For each the table of DESIGN.md 1 holds.

use catalog::ImageDiskRecord;
use engine::{Decision, Request, SourceState, decide};

use super::{CopyImage, DiskPlan};
use crate::error::{EcsError, Result};

/// Disks of the source of which the call asks the same.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Device of the disk that is listed; `None` for those that are not.
    pub(super) device: Option<&'a str>,
    /// The key that is named for them.
    pub(super) key: Option<&'a str>,
    encrypt: bool,
    rewrap: bool,
    pub(super) disks: Vec<ImageDiskRecord>,
}

/// The parts, those disks first that are not listed.
///
/// Errors: `DeviceNotFound`, `DeviceInUse` for a disk that is listed twice.
pub(super) fn parts<'a>(request: &'a CopyImage, mut disks: Vec<ImageDiskRecord>) -> Result<Vec<Part<'a>>> {
    let mut parts = Vec::new();
    for (n, listed) in request.disks.iter().enumerate() {
        let device = listed.device.as_str();
        let is_it = |disk: &ImageDiskRecord| disk.device == device;
        let place = disks.iter().position(is_it).ok_or_else(|| {
            let is_taken = request.disks.iter().take(n).any(|earlier| earlier.device == device);
            let device = device.escape_default().to_string();
            if is_taken {
                return EcsError::DeviceInUse(device);
            }
            EcsError::DeviceNotFound { device, image: request.image_id.clone() }
        })?;
        parts.push(Part {
            device: Some(device),
            key: listed.key.as_deref(),
            // Whoever asks for encryption gets it.
            encrypt: request.encrypted || listed.encrypted,
            rewrap: false,
            disks: vec![disks.remove(place)],
        });
    }
    let key = request.key.as_deref();
    if !disks.is_empty() || key.is_some() {
        parts.insert(0, Part { device: None, key, encrypt: request.encrypted, rewrap: false, disks });
    }
    // Beside a disk whose key is changed, another may keep its own; where no key is changed, nothing can be wrapped anew.
    let changes_a_key = parts.iter().any(|part| part.key.is_some() && !part.disks.is_empty());
    for part in &mut parts {
        part.rewrap = request.rewrap && (part.key.is_some() || !changes_a_key);
    }
    Ok(parts)
}

impl Part<'_> {
    /// What happens to each disk. In another region (`crosses`) the store is another, so kept bytes move; what is encrypted comes under a
    /// key of that region, as the policy allows it only so.
    ///
    /// Errors: `Refused`.
    pub(super) fn plans(&self, crosses: bool) -> Result<Vec<DiskPlan>> {
        let request = Request { encrypt: self.encrypt, key_named: self.key.is_some(), rewrap: self.rewrap };
        if self.disks.is_empty() {
            // A key of the call that no disk is left for: what it says is refused all the same.
            decide(SourceState::Plain, Request { rewrap: false, ..request })
                .map_err(|refusal| self.refused(refusal.into()))?;
        }
        let plan = |disk| {
            let state = if is_encrypted(disk) { SourceState::Encrypted } else { SourceState::Plain };
            let decision = decide(state, request).map_err(|refusal| self.refused(refusal.into()))?;
            Ok(match decision {
                Decision::Keep if !crosses => DiskPlan::Share,
                Decision::Keep if is_encrypted(disk) => DiskPlan::Make(Decision::Reencrypt),
                Decision::Keep => DiskPlan::Move,
                made => DiskPlan::Make(made),
            })
        };
        self.disks.iter().map(plan).collect()
    }

    /// A refusal of this part, which says which disk it is about where it is one that is listed.
    pub(super) fn refused(&self, error: EcsError) -> EcsError {
        match self.device {
            Some(device) => error.of_disk(device),
            None => error,
        }
    }
}

pub(super) fn is_encrypted(disk: &ImageDiskRecord) -> bool {
    disk.snapshot.content.key_id.is_some()
}

#[cfg(test)]
mod tests {
    use catalog::{DiskContent, Scope, SnapshotRecord, Timestamp};
    use engine::Decision::{Encrypt, Reencrypt, Rewrap};

    use super::super::DiskKey;
    use super::*;
    use DiskPlan::{Make, Move, Share};

    fn disk(key: Option<u8>) -> ImageDiskRecord {
        let key_id = key.map(|byte| catalog::KeyId::new(Timestamp::UNIX_EPOCH, [byte; 10]));
        ImageDiskRecord {
            image_id: "m-1".to_owned(),
            position: 0,
            device: "/dev/xvda".to_owned(),
            import_bucket: String::new(),
            import_object: String::new(),
            snapshot: SnapshotRecord {
                id: "s-1".to_owned(),
                scope: Scope::default(),
                name: String::new(),
                description: String::new(),
                status: "accomplished".to_owned(),
                disk_type: "system".to_owned(),
                image_id: "m-1".to_owned(),
                source_disk_id: String::new(),
                content: DiskContent { key_id, ..DiskContent::default() },
                created_at: Timestamp::UNIX_EPOCH,
                updated_at: Timestamp::UNIX_EPOCH,
            },
        }
    }

    fn named(device: &str, key: Option<u8>) -> ImageDiskRecord {
        ImageDiskRecord { device: device.to_owned(), ..disk(key) }
    }

    /// A disk of a call: its device, `Encrypted`, `KMSKeyId`.
    fn listed(device: &str, encrypted: bool, key: Option<&str>) -> DiskKey {
        DiskKey { device: device.to_owned(), encrypted, key: key.map(str::to_owned) }
    }

    /// The rows of DESIGN.md 1, for a disk that is plain and one that is encrypted, within a region and across: by what the call says of the
    /// image, and the same by what it says of each disk.
    #[test]
    fn every_row_of_the_design_gives_its_plan() {
        let disks = || vec![named("a", None), named("b", Some(1))];
        let cases = [
            (false, None, false, [Share, Share]),
            (true, None, false, [Make(Encrypt), Share]),
            (true, Some("k"), false, [Make(Encrypt), Make(Reencrypt)]),
            (false, None, true, [Move, Make(Reencrypt)]),
            (true, None, true, [Make(Encrypt), Make(Reencrypt)]),
        ];
        for (encrypted, key, crosses, wanted) in cases {
            let request = CopyImage { encrypted, key: key.map(str::to_owned), ..CopyImage::default() };
            let found = parts(&request, disks()).unwrap();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].plans(crosses).unwrap(), wanted, "{request:?} {crosses}");
            let each = ["a", "b"].map(|device| listed(device, encrypted, key)).to_vec();
            let request = CopyImage { disks: each, ..CopyImage::default() };
            let found = parts(&request, disks()).unwrap();
            let plans: Vec<_> = found.iter().flat_map(|part| part.plans(crosses).unwrap()).collect();
            assert_eq!(plans, wanted, "{request:?} {crosses}");
            // Nothing that is encrypted becomes plain, and nothing is moved that is.
            assert!(matches!(wanted[1], Share | Make(Reencrypt)));
        }
        let without = CopyImage { key: Some("k".to_owned()), ..CopyImage::default() };
        for disk in disks() {
            let refused = parts(&without, vec![disk]).unwrap()[0].plans(false).unwrap_err();
            assert!(matches!(refused, EcsError::Refused(_)), "{refused}");
        }
        let each = ["a", "b"].map(|device| listed(device, true, None)).to_vec();
        let without = CopyImage { key: Some("k".to_owned()), disks: each, ..CopyImage::default() };
        let refused = parts(&without, disks()).unwrap()[0].plans(false).unwrap_err();
        assert!(matches!(refused, EcsError::Refused(_)), "also where no disk is left for it: {refused}");
        let without = CopyImage { disks: vec![listed("b", false, Some("k"))], ..CopyImage::default() };
        let refused = parts(&without, disks()).unwrap()[1].plans(false).unwrap_err();
        assert!(matches!(refused, EcsError::OfDisk { .. }) && refused.to_string().starts_with("disk b: "), "{refused}");
    }

    /// A disk that is listed goes by its own key or by none; the others go by the key of the call. Encryption that the call asks for is
    /// asked for of all disks. A key of one disk that is wrapped anew leaves the others as they are.
    #[test]
    fn a_disk_goes_by_its_own_key() {
        let of = |encrypted, key: Option<&str>, rewrap, disks: &[DiskKey]| {
            let key = key.map(str::to_owned);
            let request = CopyImage { encrypted, key, rewrap, disks: disks.to_vec(), ..CopyImage::default() };
            let found = parts(&request, vec![named("a", Some(1)), named("b", Some(2)), named("c", None)]).unwrap();
            let mut plans = Vec::new();
            for part in &found {
                let key = || part.key.map(str::to_owned);
                let of_part = std::iter::zip(&part.disks, part.plans(false).unwrap());
                plans.extend(of_part.map(|(disk, plan)| (disk.device.clone(), (plan, key()))));
            }
            plans.sort_by(|one, other| one.0.cmp(&other.0));
            plans.into_iter().map(|(_, plan)| plan).collect::<Vec<_>>()
        };
        let k = |key: &str| Some(key.to_owned());
        let system = listed("a", true, Some("s"));
        assert_eq!(
            of(false, None, false, std::slice::from_ref(&system)),
            [(Make(Reencrypt), k("s")), (Share, None), (Share, None)]
        );
        assert_eq!(
            of(true, Some("k"), false, &[system.clone(), listed("b", false, None)]),
            [(Make(Reencrypt), k("s")), (Share, None), (Make(Encrypt), k("k"))]
        );
        assert_eq!(
            of(true, None, false, &[listed("c", false, None), listed("b", false, Some("t"))]),
            [(Share, None), (Make(Reencrypt), k("t")), (Make(Encrypt), None)]
        );
        assert_eq!(of(false, None, true, &[system]), [(Make(Rewrap), k("s")), (Share, None), (Share, None)]);
    }

    /// A device that the image does not have, and one that is listed twice.
    #[test]
    fn only_disks_of_the_source_are_listed() {
        let found = |devices: &[&str]| {
            let disks = devices.iter().map(|device| listed(device, true, None)).collect();
            let request = CopyImage { image_id: "m-1".to_owned(), disks, ..CopyImage::default() };
            parts(&request, vec![named("a", None), named("b", None)]).map(|parts| parts.len())
        };
        assert_eq!(found(&[]).unwrap(), 1);
        assert_eq!(found(&["b"]).unwrap(), 2);
        assert_eq!(found(&["b", "a"]).unwrap(), 2);
        let refused = found(&["b", "c"]).unwrap_err();
        assert!(matches!(refused, EcsError::DeviceNotFound { .. }), "{refused}");
        let refused = found(&["b", "b"]).unwrap_err();
        assert!(matches!(refused, EcsError::DeviceInUse(_)), "{refused}");
    }
}
