//! Calls as the account makes them, and what they answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::Product;
use api::client::{Client, ClientError, Credentials};
use catalog::SystemClock;
use crypto::{OsRandom, Secret};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::running::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, Server};

/// Longest time that a job of these small images takes on a loaded machine.
pub(crate) const JOB: Duration = Duration::from_secs(90);
/// How often an image is looked at that is being made.
const LOOK: Duration = Duration::from_millis(20);

/// Names and values of a call.
pub(crate) type Parameters<'a> = &'a [(&'a str, &'a str)];

/// A caller of one region.
pub(crate) struct Caller {
    client: Client,
    runtime: Runtime,
    pub(crate) region: String,
}

/// What a call came to that has no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    Refused {
        code: String,
        message: String,
    },
    /// Nobody answered: what was asked has happened or has not.
    Gone,
}

impl Caller {
    /// The account, in the default region.
    pub(crate) fn new(server: &Server) -> Self {
        Self::with_key(server, "cn-hangzhou", ACCESS_KEY_ID, ACCESS_KEY_SECRET)
    }

    pub(crate) fn in_region(server: &Server, region: &str) -> Self {
        Self::with_key(server, region, ACCESS_KEY_ID, ACCESS_KEY_SECRET)
    }

    pub(crate) fn with_key(server: &Server, region: &str, id: &str, secret: &str) -> Self {
        let secret = Secret::from_fn(secret.len(), |bytes| bytes.copy_from_slice(secret.as_bytes()));
        let credentials = Credentials { access_key_id: id.to_owned(), secret, security_token: None };
        let endpoint = server.endpoint().parse().expect("an endpoint");
        let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
        let client = Client::new(endpoint, None, Some(region.to_owned()), credentials, clock, random);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self { client: client.expect("a client"), runtime: runtime.expect("a runtime"), region: region.to_owned() }
    }

    /// A call of any product.
    pub(crate) fn ask(&self, product: Product, action: &'static str, given: Parameters) -> Result<Value, Trouble> {
        match self.runtime.block_on(self.client.call(product, action, given)) {
            Ok(answer) => Ok(answer.read().expect("JSON")),
            Err(ClientError::Refused { code, message, .. }) => Err(Trouble::Refused { code, message }),
            Err(ClientError::Connect { .. } | ClientError::Http { .. }) => Err(Trouble::Gone),
            Err(error) => panic!("{action}: {error}"),
        }
    }

    /// A call of ECS in this caller's region.
    pub(crate) fn ecs(&self, action: &'static str, given: Parameters) -> Result<Value, Trouble> {
        self.ask(Product::Ecs, action, &[&[("RegionId", self.region.as_str())], given].concat())
    }

    #[track_caller]
    pub(crate) fn kms(&self, action: &'static str, given: Parameters) -> Value {
        self.ask(Product::Kms, action, given).unwrap_or_else(|trouble| panic!("{action} {given:?}: {trouble:?}"))
    }

    /// A call of ECS that is refused with this code. Returns the message.
    #[track_caller]
    pub(crate) fn refused(&self, wanted: &str, action: &'static str, given: Parameters) -> String {
        match self.ecs(action, given) {
            Err(Trouble::Refused { code, message }) if code == wanted => message,
            other => panic!("{action} {given:?}: wanted {wanted}, got {other:?}"),
        }
    }

    pub(crate) fn create_key(&self) -> String {
        text(&self.kms("CreateKey", &[])["KeyMetadata"]["KeyId"]).to_owned()
    }

    /// Imports `objects` of the bucket `golden` as the disks of one image, which is Available when this returns.
    #[track_caller]
    pub(crate) fn import(&self, objects: &[&str]) -> String {
        let image = self.try_import(objects).unwrap_or_else(|trouble| panic!("import: {trouble:?}"));
        self.must_be_available(&image);
        image
    }

    /// Begins to import them. Returns the id of the image.
    pub(crate) fn try_import(&self, objects: &[&str]) -> Result<String, Trouble> {
        let mut given = Vec::new();
        for (index, object) in objects.iter().enumerate() {
            let field = |name| format!("DiskDeviceMapping.{}.{name}", index + 1);
            given.push((field("OSSBucket"), "golden".to_owned()));
            given.push((field("OSSObject"), (*object).to_owned()));
        }
        let given: Vec<(&str, &str)> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = self.ecs("ImportImage", &given)?;
        Ok(text(&answer["ImageId"]).to_owned())
    }

    /// Begins a copy. Returns its id.
    pub(crate) fn try_copy(&self, source: &str, given: Parameters) -> Result<String, Trouble> {
        let answer = self.ecs("CopyImage", &[&[("ImageId", source)], given].concat())?;
        Ok(text(&answer["ImageId"]).to_owned())
    }

    #[track_caller]
    pub(crate) fn begin_copy(&self, source: &str, given: Parameters) -> String {
        self.try_copy(source, given).unwrap_or_else(|trouble| panic!("copy {source} {given:?}: {trouble:?}"))
    }

    /// A copy in this region that comes to its good end. Returns its id.
    #[track_caller]
    pub(crate) fn copy(&self, source: &str, given: Parameters) -> String {
        let image = self.begin_copy(source, given);
        self.must_be_available(&image);
        image
    }

    #[track_caller]
    pub(crate) fn delete(&self, image: &str) {
        self.ecs("DeleteImage", &[("ImageId", image)]).unwrap_or_else(|trouble| panic!("delete {image}: {trouble:?}"));
    }

    /// All images of the region, whatever their status.
    #[track_caller]
    pub(crate) fn images(&self) -> Vec<Value> {
        let mut answer = self.ecs("DescribeImages", &[("Status", "ALL"), ("PageSize", "100")]).expect("a list");
        answer["Images"]["Image"].as_array_mut().expect("a list").drain(..).collect()
    }

    /// The image, if it is there.
    #[track_caller]
    pub(crate) fn image(&self, id: &str) -> Option<Value> {
        let mut answer = self.ecs("DescribeImages", &[("Status", "ALL"), ("ImageId", id)]).expect("a list");
        answer["Images"]["Image"].as_array_mut().expect("a list").pop()
    }

    /// Waits until no image of the region is being made. Returns all.
    #[track_caller]
    pub(crate) fn idle(&self) -> Vec<Value> {
        let until = Instant::now() + JOB;
        loop {
            let images = self.images();
            if images.iter().all(is_over) {
                return images;
            }
            assert!(Instant::now() < until, "still being made: {images:?}");
            std::thread::sleep(LOOK);
        }
    }

    /// Waits for the end of one image. Returns all looks at it that differ.
    #[track_caller]
    pub(crate) fn watch(&self, id: &str) -> Vec<Value> {
        let until = Instant::now() + JOB;
        let mut looks: Vec<Value> = Vec::new();
        loop {
            let image = self.image(id).unwrap_or_else(|| panic!("{id} is gone; before: {looks:?}"));
            if looks.last() != Some(&image) {
                looks.push(image);
            }
            if looks.last().is_some_and(is_over) {
                return looks;
            }
            assert!(Instant::now() < until, "still being made: {looks:?}");
            std::thread::sleep(LOOK);
        }
    }

    #[track_caller]
    pub(crate) fn must_be_available(&self, id: &str) -> Value {
        let image = self.watch(id).pop().expect("one look at least");
        assert_eq!(image["Status"], "Available", "{image}");
        image
    }
}

/// Whether nothing more happens to the image by itself.
pub(crate) fn is_over(image: &Value) -> bool {
    !matches!(text(&image["Status"]), "Creating" | "Waiting")
}

#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
