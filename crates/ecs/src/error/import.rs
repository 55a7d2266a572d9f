//! What is wrong with a file, an object or an upload, and with where they lie.

/// Why something cannot be imported, or an export cannot go where it should.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No such bucket.
    #[error("bucket `{0}` is not configured; images are imported from and exported to what the operator named")]
    BucketNotFound(String),
    /// No such object.
    #[error("object `{object}` is not in bucket `{bucket}`")]
    ObjectNotFound {
        /// The bucket.
        bucket: String,
        /// The object.
        object: String,
    },
    /// A name that leaves its bucket.
    #[error("`{0}` cannot be the name of an object: it is a relative path without `..`")]
    MalformedObject(String),
    /// The file is not what it claims to be, or holds what cannot be taken.
    #[error("`{object}` cannot be imported: {why}")]
    NotAnImage {
        /// The object.
        object: String,
        /// What is wrong, and where.
        why: String,
    },
    /// A system disk that is larger than was claimed, or than any may be.
    #[error("`{object}` has a disk of {found} GiB, more than the {claimed} GiB that it may have")]
    DiskSize {
        /// The object.
        object: String,
        /// What was claimed, or the limit.
        claimed: u64,
        /// Its disk.
        found: u64,
    },
    /// A service refused or failed. Its word is the source's cause; paths and endpoints are for the log.
    #[error("object `{object}` of bucket `{bucket}` cannot be {did}: {}", .source.cause)]
    Service {
        /// The bucket.
        bucket: String,
        /// The object.
        object: String,
        /// `read` or `written`.
        did: &'static str,
        /// What failed.
        source: Box<blobs::StoreError>,
    },
    /// The same of a data disk.
    #[error("`{object}` has a disk of {found} GiB, more than the {claimed} GiB that it may have")]
    DataDiskSize {
        /// The object.
        object: String,
        /// What was claimed, or the limit.
        claimed: u64,
        /// Its disk.
        found: u64,
    },
    /// A file that would be larger than any may be, or empty.
    #[error("an upload has 1 to {max} bytes, and not {bytes}")]
    UploadSize {
        /// What was announced.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// The account has as many uploads as it may.
    #[error(
        "the account has {max} uploads in this region, as many as it may; import them, or wait until they are given up"
    )]
    UploadQuota {
        /// How many.
        max: u64,
    },
    /// No such upload of the account in the region, or its time is over.
    #[error("upload {0} is not there; what is not imported is given up after a day")]
    UploadNotFound(String),
    /// Bytes are missing.
    #[error("upload {id} is not complete: {found} of {bytes} bytes are there")]
    UploadIncomplete {
        /// The upload.
        id: String,
        /// How many are there.
        found: u64,
        /// How many there are to be.
        bytes: u64,
    },
    /// Another import has it.
    #[error("upload {0} is being imported already")]
    UploadInUse(String),
    /// Bytes that begin elsewhere than where those that are there end.
    #[error("the upload has {found} bytes, so the next begin there and not at {offset}")]
    UploadOffset {
        /// Where the bytes begin.
        offset: u64,
        /// How many are there.
        found: u64,
    },
    /// More bytes than were announced.
    #[error("the upload has more than the {0} bytes that were announced")]
    UploadTooLong(u64),
    /// The bytes are not those that were announced. They are gone.
    #[error(
        "the file that arrived has another SHA-256 than was announced; its bytes are discarded, send them again from the start"
    )]
    UploadDigest,
    /// The bytes cannot be kept.
    #[error("the bytes of the upload cannot be kept: {0}")]
    UploadStorage(#[source] std::io::Error),
    /// Another request is sending bytes of it, or too many others are on their way.
    #[error("another request sends bytes of this upload, or too many others are on their way; try again")]
    UploadBusy,
}
