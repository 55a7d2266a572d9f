//! The only code that touches key bytes: XTS, key derivation, sealing, digests, `Secret`.
