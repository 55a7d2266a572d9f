//! R15, R24, R25: what the files of copies are.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use crate::caller::{Caller, text};
use crate::contents::extension;
use crate::lab::{Lab, on_both};
use crate::running::Server;
use crate::small_disk::fill_but;

on_both!(r15_a_sparse_image_stays_sparse, r24_a_key_in_use_is_kept, r25_another_key_is_another_encryption);

const MIB: u64 = 1 << 20;
const VIRTUAL_BYTES: u64 = 100 << 30;
const PIECES: u64 = 30;
const PIECE_BYTES: u64 = 48 * MIB / PIECES / 512 * 512;
/// What the report allows: ten in a hundred and 8 MiB more than the data.
const COPY_BYTES_MAX: u64 = PIECES * PIECE_BYTES * 11 / 10 + 8 * MIB;
/// The file system, and what is left of it for a copy: twice what the copy may take at the end.
const DISK_BYTES: u64 = 300 * MIB;
const LEFT_BYTES: u64 = 2 * COPY_BYTES_MAX;

/// 48 MiB in 30 places of a virtual 100 GiB stay about as large in an encrypted image, the copy needs no more than twice that while it is
/// made, and the rest reads as zeros.
fn r15_a_sparse_image_stays_sparse(lab: &Lab) {
    let raw = sparse_disk(lab);
    let server = Server::start(lab.serving(lab.place.on_small_file_system(DISK_BYTES)));
    let data = lab.place.data_of(&server);
    let caller = Caller::new(&server);
    let plain = caller.import(&["sparse.raw"]);
    fill_but(&data.join("filler"), LEFT_BYTES);
    let copy = caller.copy(&plain, &[("Encrypted", "true")]);
    fs::remove_file(data.join("filler")).expect("it was just made");
    let image = caller.image(&copy).expect("it was made");
    let taken = lab.bytes_taken(&data, &caller.region, text(&extension(&image, 0)["BlobId"]));
    assert!(taken <= COPY_BYTES_MAX, "the copy takes {taken} bytes");
    lab.take_data(&data);
    lab.must_hold(&caller.region, &image, 0, &raw);
    server.stop();
}

/// Puts `sparse.raw` into the bucket. Returns its path.
fn sparse_disk(lab: &Lab) -> PathBuf {
    lab.add_disk("sparse", 15, 0, VIRTUAL_BYTES);
    let raw = lab.golden().join("sparse.raw");
    let file = File::options().write(true).open(&raw).expect("a file");
    let data = &fs::read(lab.disk()).expect("the disk")[..PIECE_BYTES as usize];
    for piece in 0..PIECES {
        // No round distance; the last one ends with the disk.
        let at = (VIRTUAL_BYTES - PIECE_BYTES) / (PIECES - 1) * piece / 512 * 512;
        file.write_all_at(data, at).expect("data");
    }
    raw
}

/// A key that images use cannot be disabled or deleted, and the refusal names them. Deleting one image takes nothing from another that
/// shares its bytes and data key.
fn r24_a_key_in_use_is_kept(lab: &Lab) {
    let server = lab.serve();
    let caller = Caller::new(&server);
    let plain = caller.import(&["disk.qcow2"]);
    let key = caller.create_key();
    let first = caller.copy(&plain, &[("Encrypted", "true"), ("KMSKeyId", &key)]);
    let second = caller.copy(&first, &[]);
    for (action, more) in [("DisableKey", &[][..]), ("ScheduleKeyDeletion", &[("PendingWindowInDays", "7")])] {
        let refused = caller.ask(api::Product::Kms, action, &[&[("KeyId", key.as_str())], more].concat());
        let refused = format!("{:?}", refused.expect_err("images use it"));
        assert!(refused.contains(&first) && refused.contains(&second), "{action}: {refused}");
    }
    caller.delete(&first);
    lab.must_hold(&caller.region, &caller.image(&second).expect("it stays"), 0, &lab.disk());
    caller.delete(&second);
    caller.kms("ScheduleKeyDeletion", &[("KeyId", &key), ("PendingWindowInDays", "7")]);
    server.stop();
}

/// Another key means another data key, other ciphertext, and a file that the old secret does not open; the mode `Rewrap` keeps the
/// ciphertext, and the image says so.
fn r25_another_key_is_another_encryption(lab: &Lab) {
    let server = lab.serve();
    let caller = Caller::new(&server);
    let plain = caller.import(&["disk.qcow2"]);
    let old = caller.copy(&plain, &[("Encrypted", "true"), ("KMSKeyId", &caller.create_key())]);
    let old = caller.image(&old).expect("it was made");
    for (rekey, mode) in [("Reencrypt", "reencrypt"), ("Rewrap", "rewrap")] {
        let key = caller.create_key();
        let given = [("Encrypted", "true"), ("KMSKeyId", key.as_str()), ("RekeyMode", rekey)];
        let new = caller.copy(old["ImageId"].as_str().expect("an id"), &given);
        let new = caller.image(&new).expect("it was made");
        assert_eq!(extension(&new, 0)["Mode"], mode);
        lab.must_hold(&caller.region, &new, 0, &lab.disk());
        assert_ne!(lab.secret(&caller.region, &old, 0), lab.secret(&caller.region, &new, 0), "{mode}");
        let bytes = |image| fs::read(lab.blob(&caller.region, image, 0)).expect("a blob");
        let sectors = |bytes: &[u8]| -> std::collections::BTreeSet<Vec<u8>> {
            // Behind the headers; tables and zeros are alike in all images.
            let payload = bytes.get(4 << 20..).unwrap_or(&bytes[3 << 20..]);
            payload
                .chunks_exact(512)
                .filter(|sector| sector.iter().filter(|byte| **byte == 0).count() < 64)
                .map(<[u8]>::to_vec)
                .collect()
        };
        let (old_sectors, new_sectors) = (sectors(&bytes(&old)), sectors(&bytes(&new)));
        let same = old_sectors.intersection(&new_sectors).count();
        assert!(old_sectors.len() > 1000, "{} sectors", old_sectors.len());
        assert_eq!(same, if mode == "rewrap" { old_sectors.len() } else { 0 }, "{mode}: sectors that stayed");
    }
    server.stop();
}
