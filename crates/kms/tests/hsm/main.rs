//! The root key in a real PKCS#11 module: SoftHSM 2, looked at with `pkcs11-tool` of OpenSC, which we did not write.

mod changes;
mod life;
mod softhsm;
