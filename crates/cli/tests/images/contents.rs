//! What images hold, by stock qemu-img with the key that `reseal exec` releases; and what lies in the data directory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::caller::{Caller, text};
use crate::lab::Lab;

/// How long what nobody uses may stay after a start.
const SWEPT: Duration = Duration::from_secs(30);

/// What the API says of one disk beyond the vendor's fields.
pub(crate) fn extension(image: &Value, disk: usize) -> &Value {
    &image["Reseal"]["Disks"]["Disk"][disk]
}

pub(crate) fn key_of(image: &Value, disk: usize) -> &str {
    text(&extension(image, disk)["KMSKeyId"])
}

pub(crate) fn is_encrypted(image: &Value, disk: usize) -> bool {
    image["DiskDeviceMappings"]["DiskDeviceMapping"][disk]["Encrypted"].as_bool().expect("a flag")
}

fn disks(image: &Value) -> usize {
    image["Reseal"]["Disks"]["Disk"].as_array().expect("a list").len()
}

impl Lab {
    /// A file with the bytes of an image's disk, as they are now.
    pub(crate) fn blob(&self, region: &str, image: &Value, disk: usize) -> PathBuf {
        self.blob_file(region, text(&extension(image, disk)["BlobId"]))
    }

    /// The image's disk is `raw`, to the byte; an encrypted one opens with its key and with nothing else. `reseal exec`
    /// knows the keys of the default region, so an encrypted image must be there.
    #[track_caller]
    pub(crate) fn must_hold(&self, region: &str, image: &Value, disk: usize, raw: &Path) {
        let blob = self.blob(region, image, disk);
        let mut plain = Command::new("qemu-img");
        plain.args(["compare", "-f", "raw", "-F", "qcow2"]).arg(raw).arg(&blob);
        let plain = plain.output().expect("qemu-img runs");
        if !is_encrypted(image, disk) {
            assert!(plain.status.success(), "{image}: {plain:?}");
            return;
        }
        assert!(!plain.status.success(), "{image} is readable without its key");
        let mut sealed = self.place.reseal();
        sealed.arg("exec").arg(&blob).args(["--", "qemu-img", "compare", "--object", "secret,id=s0,file={secret}"]);
        sealed.arg("--image-opts").arg(format!("driver=raw,file.filename={}", raw.display()));
        sealed.arg(format!("driver=qcow2,encrypt.key-secret=s0,file.filename={}", blob.display()));
        let sealed = sealed.output().expect("reseal runs");
        assert!(sealed.status.success(), "{image}: {sealed:?}");
    }

    /// The secret that opens an encrypted disk.
    #[track_caller]
    pub(crate) fn secret(&self, region: &str, image: &Value, disk: usize) -> Vec<u8> {
        let mut command = self.place.reseal();
        command.arg("exec").arg(self.blob(region, image, disk)).args(["--", "cat", "{secret}"]);
        let done = command.output().expect("reseal runs");
        assert!(done.status.success() && !done.stdout.is_empty(), "{image}: {done:?}");
        done.stdout
    }

    /// The region's store holds what its images use and nothing else, now or soon; nothing half done lies about. `data`: the data
    /// directory as the test sees it.
    #[track_caller]
    pub(crate) fn must_hold_nothing_else(&self, data: &Path, caller: &Caller, what: &str) {
        let until = Instant::now() + SWEPT;
        loop {
            let trouble = self.leftovers(data, caller);
            if trouble.is_empty() {
                return;
            }
            assert!(Instant::now() < until, "{what}: {trouble}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn leftovers(&self, data: &Path, caller: &Caller) -> String {
        let images = caller.images();
        let (mut used, mut sealed) = (BTreeSet::new(), BTreeSet::new());
        for image in images.iter().filter(|image| image["Status"] == "Available") {
            for disk in 0..disks(image) {
                let blob = text(&extension(image, disk)["BlobId"]).to_owned();
                if is_encrypted(image, disk) {
                    sealed.insert(blob.clone());
                }
                used.insert(blob);
            }
        }
        let there: BTreeSet<String> = self.blobs(data, &caller.region).into_iter().collect();
        let work = self.names(&data.join("regions").join(&caller.region).join("work"));
        let (trees, headers) = (self.names(&data.join("trees")), self.names(&data.join("headers")));
        let uploads = self.uploads(data, &caller.region);
        let is_kept_whole = trees.len() == sealed.len() && headers.len() == sealed.len();
        if there == used && work.is_empty() && uploads.is_empty() && is_kept_whole {
            return String::new();
        }
        format!(
            "used {used:?}, sealed {sealed:?}; found {there:?}, work {work:?}, uploads {uploads:?}, trees {trees:?}, headers {headers:?}"
        )
    }
}
