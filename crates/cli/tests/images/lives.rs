//! What a client does with images while the server is killed or its files fail.

use std::time::{Duration, Instant};

use crate::caller::{Caller, Trouble, text};
use crate::lab::Lab;

/// Longest time to the end of a copy: a job whose end could not be written down is somebody's for half a minute.
const END: Duration = Duration::from_secs(120);

/// What there is before: a plain image, and one under a key.
pub(crate) struct Base {
    pub(crate) lab: Lab,
    pub(crate) plain: String,
    pub(crate) sealed: String,
    pub(crate) key: String,
}

/// One use of the API, as a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// A copy that adds a key.
    Encrypt,
    /// A copy that keeps the key.
    Keep,
    /// A copy that adds a key, and is cancelled.
    Cancel,
    /// The encrypted image is deleted.
    Delete,
}

/// What came of it, as far as the client was told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing: it has happened or has not.
    Nothing,
    /// The id of the copy, and nothing of what was to follow.
    Begun(String),
    /// Everything was answered. A copy's id.
    Ended(Option<String>),
    /// The call was refused with a code of the server's own trouble.
    Refused(String),
}

impl Base {
    /// Ends orderly, so that a copy of it is whole.
    pub(crate) fn new() -> Self {
        let lab = Lab::new();
        let server = lab.serve();
        let caller = Caller::new(&server);
        let plain = caller.import(&["disk.qcow2"]);
        let key = caller.create_key();
        let sealed = caller.copy(&plain, &[("Encrypted", "true"), ("KMSKeyId", &key)]);
        server.stop();
        Self { lab, plain, sealed, key }
    }

    /// Lives against a server that may end at any moment.
    pub(crate) fn live(&self, life: Life, caller: &Caller) -> Told {
        let begun = match life {
            Life::Delete => caller.ecs("DeleteImage", &[("ImageId", &self.sealed)]).map(|_| None),
            Life::Keep => caller.try_copy(&self.sealed, &[]).map(Some),
            Life::Encrypt | Life::Cancel => {
                caller.try_copy(&self.plain, &[("Encrypted", "true"), ("KMSKeyId", &self.key)]).map(Some)
            }
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

    /// A copy works, whatever happened before, and the account can delete everything: nothing stays, and no key is in use.
    pub(crate) fn must_work(&self, lab: &Lab, caller: &Caller, what: &str) {
        for (source, given) in
            [(&self.plain, vec![("Encrypted", "true"), ("KMSKeyId", self.key.as_str())]), (&self.sealed, vec![])]
        {
            if caller.image(source).is_some() {
                let again = caller.copy(source, &given);
                lab.must_hold(&caller.region, &caller.image(&again).expect("it was made"), 0, &lab.disk());
            }
        }
        for image in caller.images() {
            caller.delete(text(&image["ImageId"]));
        }
        lab.must_hold_nothing_else(&lab.place.data(), caller, what);
        caller.kms("DisableKey", &[("KeyId", &self.key)]);
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
