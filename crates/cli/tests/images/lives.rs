//! What a client does with images while the server is killed or its files fail.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::caller::{Caller, Trouble, text};
use crate::contents::extension;
use crate::kills::{Killed, live_with};
use crate::lab::Lab;

/// Longest time to the end of a copy: a job whose end could not be written down is somebody's for half a minute.
const END: Duration = Duration::from_secs(120);

/// What there is before: a plain image, one under a key, and another key.
pub(crate) struct Base {
    pub(crate) lab: Lab,
    pub(crate) plain: String,
    pub(crate) sealed: String,
    key: String,
    other_key: String,
}

/// One use of the API, as a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// A copy that adds a key.
    Encrypt,
    /// A copy that keeps the key.
    Keep,
    /// A copy that replaces the key.
    Rekey,
    /// A copy that adds a key, and is cancelled.
    Cancel,
    /// The encrypted image is deleted.
    Delete,
    /// Another plain image is imported.
    Import,
}

/// What came of it, as far as the client was told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing: it has happened or has not.
    Nothing,
    /// The id of the new image, and nothing of what was to follow.
    Begun(String),
    /// Everything was answered. The id of the new image.
    Ended(Option<String>),
    /// The call was refused with a code of the server's own trouble.
    Refused(String),
}

/// A life that is lived again and again from the same beginning.
pub(crate) struct Scenario<'a> {
    pub(crate) base: &'a Base,
    pub(crate) life: Life,
}

impl Base {
    /// Ends orderly, so that a copy of it is whole.
    pub(crate) fn new(lab: Lab) -> Self {
        let server = lab.serve();
        let caller = Caller::new(&server);
        let plain = caller.import(&["disk.qcow2"]);
        let (key, other_key) = (caller.create_key(), caller.create_key());
        let sealed = caller.copy(&plain, &[("Encrypted", "true"), ("KMSKeyId", &key)]);
        server.stop();
        Self { lab, plain, sealed, key, other_key }
    }

    /// Lives against a server that may end at any moment.
    pub(crate) fn live(&self, life: Life, caller: &Caller) -> Told {
        let under = |key| [("Encrypted", "true"), ("KMSKeyId", key)];
        let begun = match life {
            Life::Delete => caller.ecs("DeleteImage", &[("ImageId", &self.sealed)]).map(|_| None),
            Life::Import => caller.try_import(&["disk.qcow2"]).map(Some),
            Life::Keep => caller.try_copy(&self.sealed, &[]).map(Some),
            Life::Rekey => caller.try_copy(&self.sealed, &under(&self.other_key)).map(Some),
            Life::Encrypt | Life::Cancel => caller.try_copy(&self.plain, &under(&self.key)).map(Some),
        };
        let image = match begun {
            Ok(Some(image)) => image,
            Ok(None) => return Told::Ended(None),
            Err(Trouble::Gone) => return Told::Nothing,
            Err(Trouble::Refused { code, .. }) => return Told::Refused(code),
        };
        match life {
            Life::Cancel => match caller.ecs("CancelCopyImage", &[("ImageId", &image)]) {
                Ok(_) => Told::Ended(Some(image)),
                // Too late, or the server's trouble: what is there tells.
                Err(_) => Told::Begun(image),
            },
            _ if is_seen_to_its_end(caller, &image) => Told::Ended(Some(image)),
            _ => Told::Begun(image),
        }
    }

    /// A copy works, whatever happened before; one that keeps its key has the bytes of its source. `sealed`: the encrypted image, if it is
    /// there.
    fn must_copy(&self, lab: &Lab, caller: &Caller, sealed: Option<&Value>) {
        let again = caller.copy(&self.plain, &[("Encrypted", "true"), ("KMSKeyId", &self.key)]);
        lab.must_hold(&caller.region, &caller.image(&again).expect("it was made"), 0, &lab.disk());
        if let Some(sealed) = sealed {
            let kept = caller.copy(&self.sealed, &[]);
            let kept = caller.image(&kept).expect("it was made");
            assert_eq!(extension(&kept, 0)["BlobId"], extension(sealed, 0)["BlobId"]);
        }
    }

    /// The account can delete everything, whatever happened before: nothing stays, and no key is in use.
    pub(crate) fn must_come_to_nothing(&self, lab: &Lab, caller: &Caller, what: &str) {
        for image in caller.images() {
            caller.delete(text(&image["ImageId"]));
        }
        lab.must_hold_nothing_else(&lab.place.data(), caller, what);
        for key in [&self.key, &self.other_key] {
            caller.kms("DisableKey", &[("KeyId", key)]);
        }
    }

    /// The images are those of before, and what the client was told; of a call that was not answered, all or nothing.
    fn must_fit(&self, life: Life, told: &Told, images: &[Value], what: &str) {
        let ids: Vec<&str> = images.iter().map(|image| text(&image["ImageId"])).collect();
        let is_there = |id: &str| ids.contains(&id);
        let new = ids.iter().filter(|id| ![self.plain.as_str(), self.sealed.as_str()].contains(*id)).count();
        assert!(is_there(&self.plain), "{what}: the plain image is gone");
        assert!(life == Life::Delete || is_there(&self.sealed), "{what}: the encrypted image is gone");
        match (life, told) {
            (Life::Delete, Told::Ended(_)) => assert!(!is_there(&self.sealed), "{what}: it was deleted"),
            (Life::Cancel, Told::Ended(_)) => assert_eq!(new, 0, "{what}: it was cancelled"),
            (Life::Delete, _) => assert_eq!(new, 0, "{what}"),
            (Life::Cancel, Told::Begun(_)) => assert!(new <= 1, "{what}: {ids:?}"),
            (_, Told::Begun(id) | Told::Ended(Some(id))) => {
                assert!(is_there(id) && new == 1, "{what}: {id} of {ids:?}");
            }
            (_, Told::Refused(code)) => panic!("{what}: refused with {code}"),
            _ => assert!(new <= 1, "{what}: {ids:?}"),
        }
    }
}

impl Killed for Scenario<'_> {
    type Lab = Lab;
    type Told = Told;

    fn name(&self) -> String {
        format!("{:?}", self.life)
    }

    fn lab(&self) -> Lab {
        Lab::like(&self.base.lab)
    }

    fn run(&self, lab: &Lab, strace: &[&str], _: &str) -> (ExitStatus, Told) {
        let serving = lab.serving(lab.place.traced(strace));
        let (status, told) = live_with(serving, |server| self.base.live(self.life, &Caller::new(server)));
        (status, told.unwrap_or(Told::Nothing))
    }

    /// Nothing is half done, and no file stays that no image uses.
    fn judge(&self, lab: Lab, told: Told, what: &str) {
        let server = lab.serve();
        let caller = Caller::new(&server);
        let images = caller.idle();
        for image in &images {
            assert_eq!(image["Status"], "Available", "{what}: {image}");
            lab.must_hold(&caller.region, image, 0, &lab.disk());
        }
        self.base.must_fit(self.life, &told, &images, what);
        lab.must_hold_nothing_else(&lab.place.data(), &caller, what);
        self.base.must_copy(&lab, &caller, images.iter().find(|image| image["ImageId"] == *self.base.sealed));
        self.base.must_come_to_nothing(&lab, &caller, what);
        let log = server.stop();
        assert!(!log.contains("panicked"), "{what}: {log}");
    }
}

/// Whether the server was there until the end of the image.
pub(crate) fn is_seen_to_its_end(caller: &Caller, image: &str) -> bool {
    let until = Instant::now() + END;
    loop {
        assert!(Instant::now() < until, "{image} has no end");
        match caller.ecs("DescribeImages", &[("Status", "Available,CreateFailed"), ("ImageId", image)]) {
            Err(Trouble::Gone) => return false,
            Ok(answer) if answer["TotalCount"] == 1 => return true,
            // A list that was refused is asked for again.
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}
