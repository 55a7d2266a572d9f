//! The only list of wire codes: code, HTTP status, message, products, source. Other modules name a row, never a code.
//!
//! `{0}`, `{1}` in a message are filled in by [`Refusal::new`]. What fills them must be safe to show: names of parameters, ids,
//! limits; never a value that may hold a secret. "ours" in the last column: the vendor documents no code for it, or the text
//! of the message is not documented.

use std::fmt;

use serde_json::Value;

use crate::product::Dialect;
use crate::product::Product::{self, Ecs, Kms, Location, Ram, Sts, Vpc};

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorRow {
    /// `Code` of the envelope.
    pub code: &'static str,
    /// HTTP status. 5xx only where nothing has happened, because clients try again.
    pub status: u16,
    /// `Message` of the envelope, with places `{0}`, `{1}`.
    pub message: &'static str,
    /// Who answers it.
    pub products: &'static [Product],
    /// Where it is documented.
    pub source: &'static str,
}

/// A call that is not carried out: a row of the table, its message filled in.
#[derive(Debug, Clone)]
pub struct Refusal {
    row: &'static ErrorRow,
    message: String,
    detail: Option<Value>,
    checks: Option<String>,
}

impl Refusal {
    /// Refuses with `row`; `arguments` fill `{0}`, `{1}` of its message.
    #[must_use]
    pub fn new(row: &'static ErrorRow, arguments: &[&str]) -> Self {
        Self { row, message: filled(row.message, arguments), detail: None, checks: None }
    }

    /// Adds `AccessDeniedDetail` (wire.md 7): who was denied what, and by which kind of policy.
    #[must_use]
    pub fn with_access_denied_detail(mut self, detail: Value) -> Self {
        self.detail = Some(detail);
        self
    }

    /// Adds the list of what a dry run checked: the header `x-reseal-checks`, JSON in ASCII.
    #[must_use]
    pub(crate) fn with_checks(mut self, checks: String) -> Self {
        self.checks = Some(checks);
        self
    }

    /// What a dry run checked, as JSON.
    #[must_use]
    pub fn checks(&self) -> Option<&str> {
        self.checks.as_deref()
    }

    /// The row of the table.
    #[must_use]
    pub fn row(&self) -> &'static ErrorRow {
        self.row
    }

    /// `Message` of the envelope.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// `AccessDeniedDetail`, for a denial.
    #[must_use]
    pub fn access_denied_detail(&self) -> Option<&Value> {
        self.detail.as_ref()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.row.code, self.message)
    }
}

/// Fills the places in one pass, so that an argument which looks like a place stays as it is.
fn filled(template: &str, arguments: &[&str]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (place, after) = after.split_once('}').unwrap_or(("", after));
        text.push_str(place.parse::<usize>().ok().and_then(|place| arguments.get(place)).copied().unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    text
}

/// `NAME: status "code" [products] "message" "source";`, one line each, and `TABLE` with all of them.
macro_rules! table {
    ($($name:ident: $status:literal $code:literal [$($product:ident),+] $message:literal $source:literal;)+) => {
        $(
            #[doc = concat!("`", $code, "`, ", stringify!($status), ". Source: ", $source, ".")]
            pub static $name: ErrorRow = ErrorRow {
                code: $code, status: $status, message: $message, products: &[$($product),+], source: $source,
            };
        )+
        /// Every row.
        pub static TABLE: &[&ErrorRow] = &[$(&$name),+];
    };
}

table! {
    // The gateway: what is wrong with a call before a product looks at it.
    MISSING_PARAMETER: 400 "MissingParameter" [Ecs, Ram, Sts, Vpc, Location] "The input parameter \"{0}\" that is mandatory for processing this request is not supplied." "wire.md 8";
    KMS_MISSING_PARAMETER: 400 "MissingParameter" [Kms] "The parameter \"{0}\" is needed but not provided." "kms.md 8";
    INVALID_PARAMETER: 400 "InvalidParameter" [Ecs, Kms, Ram, Sts, Vpc, Location] "The specified parameter \"{0}\" is not valid." "wire.md 8, kms.md 8";
    MALFORMED_REQUEST: 400 "InvalidParameter" [Ecs, Ram, Sts, Vpc, Location] "The parameters of the request cannot be read: {0}." "wire.md 8; message ours";
    KMS_MALFORMED_REQUEST: 400 "ParseRequestParameterException" [Kms] "The parameters of the request cannot be read: {0}." "kms.md 8; message ours";
    REQUEST_TOO_LARGE: 413 "RequestEntityTooLarge" [Ecs, Kms, Ram, Sts, Vpc, Location] "The request is too large: {0}." "ours";
    REQUEST_TIMEOUT: 408 "RequestTimeout" [Ecs, Kms, Ram, Sts, Vpc, Location] "The body of the request did not arrive in time." "ours";
    INVALID_ACTION: 404 "InvalidAction.NotFound" [Ecs, Kms, Ram, Sts, Vpc, Location] "Specified api is not found, please check your url and method." "wire.md 8";
    INVALID_VERSION: 400 "InvalidVersion" [Ecs, Kms, Ram, Sts, Vpc, Location] "Specified parameter Version is not valid." "wire.md 8; status UNSURE";
    UNSUPPORTED_HTTP_METHOD: 403 "UnsupportedHTTPMethod" [Ecs, Kms, Ram, Sts, Vpc, Location] "The HTTP method is not supported: use GET or POST." "wire.md 8; message ours";
    INVALID_REGION: 404 "InvalidRegionId.NotFound" [Ecs, Kms, Vpc, Location] "The specified region \"{0}\" is not found." "wire.md 8; message ours";
    THROTTLING: 400 "Throttling" [Ecs, Kms, Ram, Sts, Vpc, Location] "Request was denied due to request throttling." "wire.md 8, kms.md 8";
    INTERNAL_ERROR: 500 "InternalError" [Ecs, Ram, Sts, Vpc, Location] "The request processing has failed due to some unknown error, exception or failure." "wire.md 8; message ours";
    KMS_INTERNAL_FAILURE: 500 "InternalFailure" [Kms] "The request processing has failed due to some unknown error, exception or failure." "kms.md 8; message ours";
    SERVICE_UNAVAILABLE: 503 "ServiceUnavailable" [Ecs, Ram, Sts, Vpc, Location] "The request has failed due to a temporary failure of the server. Nothing was done; try again." "wire.md 8; message ours";
    KMS_SERVICE_UNAVAILABLE: 503 "ServiceUnavailableTemporary" [Kms] "The request has failed due to a temporary failure of the server. Nothing was done; try again." "kms.md 8; message ours";

    // Signature, time, access key.
    INCOMPLETE_SIGNATURE: 400 "IncompleteSignature" [Ecs, Kms, Ram, Sts, Vpc, Location] "The request signature does not conform to the standards: {0}." "wire.md 8; message ours";
    INVALID_SIGNATURE_METHOD: 400 "InvalidSignatureMethod" [Ecs, Kms, Ram, Sts, Vpc, Location] "The specified signature method is not supported: use HMAC-SHA1 or ACS3-HMAC-SHA256." "wire.md 8; message ours";
    // Old clients die without the colon, and the vendor writes the string to sign after it. That string holds the plaintext of
    // an Encrypt call and ends in logs; even its digest would confirm a guess. So: a fixed text (wire.md 7).
    SIGNATURE_DOES_NOT_MATCH: 400 "SignatureDoesNotMatch" [Ecs, Kms, Ram, Sts, Vpc, Location] "Specified signature is not matched with our calculation. server string to sign is:(not shown, as it may hold plaintext)" "wire.md 7, 8";
    INVALID_TIMESTAMP_FORMAT: 400 "InvalidTimeStamp.Format" [Ecs, Kms, Ram, Sts, Vpc, Location] "Specified time stamp or date value is not well formatted." "wire.md 6; UNSURE";
    INVALID_TIMESTAMP_EXPIRED: 400 "InvalidTimeStamp.Expired" [Ecs, Kms, Ram, Sts, Vpc, Location] "Specified time stamp or date value is expired." "wire.md 6";
    SIGNATURE_NONCE_USED: 400 "SignatureNonceUsed" [Ecs, Kms, Ram, Sts, Vpc, Location] "Specified signature nonce was used already." "wire.md 6";
    INVALID_ACCESS_KEY_ID: 404 "InvalidAccessKeyId.NotFound" [Ecs, Kms, Ram, Sts, Vpc, Location] "Specified access key is not found." "wire.md 8; ECS status UNSURE";
    ACCESS_KEY_INACTIVE: 400 "InvalidAccessKeyId.Inactive" [Ecs, Ram, Sts, Vpc, Location] "Specified access key is disabled." "wire.md 8; UNSURE";
    KMS_ACCESS_KEY_INACTIVE: 403 "Forbidden.AccessKey" [Kms] "Specified access key is disabled." "kms.md 8; message ours";
    MISSING_SECURITY_TOKEN: 400 "MissingSecurityToken" [Ecs, Kms, Ram, Sts, Vpc, Location] "SecurityToken is mandatory for this action." "wire.md 8; UNSURE";
    SECURITY_TOKEN_EXPIRED: 400 "InvalidSecurityToken.Expired" [Ecs, Kms, Ram, Sts, Vpc, Location] "Specified SecurityToken is expired." "wire.md 8; UNSURE";
    SECURITY_TOKEN_MALFORMED: 400 "InvalidSecurityToken.Malformed" [Ecs, Kms, Ram, Sts, Vpc, Location] "Specified SecurityToken is malformed." "wire.md 8; UNSURE";
    SECURITY_TOKEN_MISMATCH: 400 "InvalidSecurityToken.MismatchWithAccessKey" [Ecs, Kms, Ram, Sts, Vpc, Location] "Specified SecurityToken mismatch with the AccessKey." "wire.md 8; UNSURE";

    // Permission. {0}: principal, {1}: action, {2}: resource, {3}: why.
    ECS_FORBIDDEN: 403 "Forbidden.RAM" [Ecs, Vpc] "User not authorized to operate on the specified resource: {0} may not {1} on {2} ({3})." "wire.md 8; message ours";
    ECS_IMAGE_NAME: 400 "InvalidImageName.Malformed" [Ecs] "The specified image name is not valid: {0}." "ecs-images.md 2";
    ECS_IMAGE_NAME_TAKEN: 400 "InvalidImageName.Duplicated" [Ecs] "The specified image name already exists: {0}." "ecs-images.md 2";
    ECS_IMAGE_FAMILY: 400 "InvalidImageFamily.Malformed" [Ecs] "The specified image family is not valid: {0}." "ours, after ecs-images.md 5";
    ECS_IMAGE_CREATING: 403 "InvalidStatus.ImageIsCreating" [Ecs] "The image is being created: {0}." "ecs-images.md 5; message ours";
    ECS_NOT_AVAILABLE: 403 "ImageStatus.NotAvailable" [Ecs] "The image is not available: {0}." "ecs-images.md 5; message ours";
    ECS_NOT_DEPRECATED: 403 "ImageStatus.NotDeprecated" [Ecs] "The image is not deprecated: {0}." "ecs-images.md 5; message ours";
    ECS_DESCRIPTION: 400 "InvalidDescription.Malformed" [Ecs] "The specified description is not valid: {0}." "ecs-images.md 2";
    ECS_SOURCE_REGION: 400 "SourceRegion.NotFound" [Ecs] "The source region does not exist: {0}." "ecs-images.md 2; message ours";
    ECS_DESTINATION_REGION: 400 "DestinationRegion.NotFound" [Ecs] "The destination region does not exist: {0}." "ecs-images.md 2; message ours";
    ECS_NO_IMAGE: 404 "InvalidImageId.NotFound" [Ecs] "The specified image does not exist: {0}." "ecs-images.md 2; message ours";
    ECS_IMAGE_STATUS: 400 "IncorrectImageStatus" [Ecs] "The image not available: {0}." "ecs-images.md 2";
    ECS_ENCRYPTED_ILLEGAL: 400 "InvalidParameter.EncryptedIllegal" [Ecs] "KMSKeyId is given, but Encrypted is not true: {0}." "ecs-images.md 2; message ours";
    ECS_REKEY_MODE: 400 "InvalidParameter.RekeyMode" [Ecs] "The RekeyMode does not fit the image: {0}." "ours";
    ECS_ENCRYPTED_ACROSS_REGIONS: 403 "OperationDeined.EncryptedSnapshot" [Ecs] "The specified image contains encrypted snapshots, which do not support copying to another region: {0}." "ecs-images.md 2, the spelling is the vendor's";
    ECS_KMS_NOT_OPENED: 400 "InvalidParameter.KmsNotEnabled" [Ecs] "KMS must be activated first: {0}." "ecs-images.md 2; message ours";
    ECS_KEY_NOT_FOUND: 404 "InvalidParameter.KMSKeyId.NotFound" [Ecs] "The specified KMSKeyId does not exist: {0}." "ecs-images.md 2; message ours";
    ECS_KEY_NOT_ENABLED: 403 "InvalidParameter.KMSKeyId.CMKNotEnabled" [Ecs] "The specified CMK is not enabled: {0}." "ecs-images.md 2; message ours";
    ECS_KMS_UNAUTHORIZED: 403 "InvalidParameter.KMSKeyId.KMSUnauthorized" [Ecs] "The use of the specified CMK is not authorized: {0}." "ecs-images.md 2; message ours";
    ECS_KEY_FORBIDDEN: 403 "InvalidParameter.KMSKeyId.KMSUnauthorized" [Ecs] "The use of the specified CMK is not authorized: {0} may not {1} on {2} ({3})." "ecs-images.md 2; message ours";
    ECS_CMK_UNAUTHORIZED: 403 "InvalidParameter.KMSKeyId.CMKUnauthorized" [Ecs] "ECS may not tag the specified CMK: {0}." "ecs-images.md 2; message ours";
    ECS_KEY_KIND: 400 "InvalidParameter.KMSKeyId.Kind" [Ecs] "The specified CMK cannot encrypt disks: {0}." "ours";
    ECS_IMAGE_TOO_LARGE: 403 "SizeExceed.Image" [Ecs] "The size of the image exceeds the limit: {0}." "ecs-images.md 2; message ours";
    ECS_IMAGE_QUOTA: 403 "QuotaExceed.Image" [Ecs] "The number of images exceeds the limit: {0}." "ecs-images.md 2; message ours";
    ECS_NOT_FROM_COPY: 400 "ImageCreatedNotFromCopy" [Ecs] "The image was not created by CopyImage: {0}." "ecs-images.md 3; message ours";
    ECS_IMAGE_COPYING: 403 "OperationDenied.ImageCopying" [Ecs] "The image is being copied: {0}." "ecs-images.md 5; message ours";
    ECS_IMAGE_IMPORTING: 403 "ImageIsImporting" [Ecs] "The image is being imported: {0}." "ecs-images.md 5; message ours";
    ECS_INVALID_TAGS: 400 "InvalidTagValue.Malformed" [Ecs] "{0}." "ecs-images.md 6; message ours";
    ECS_TAG_KEY: 400 "InvalidTagKey.Malformed" [Ecs] "A tag key has 1 to 128 characters and does not begin with aliyun or acs: {0}." "ecs-images.md 6; message ours";
    ECS_TAGS_TOO_MANY: 400 "NumberExceed.Tags" [Ecs] "At most {0} tags a call." "ecs-images.md 6; message ours";
    ECS_RESOURCES_TOO_MANY: 400 "NumberExceed.ResourceIds" [Ecs] "At most {0} resources a call." "ecs-images.md 6; message ours";
    ECS_TAG_TWICE: 400 "Duplicate.TagKey" [Ecs] "A tag key stands in the call twice: {0}." "ecs-images.md 6; message ours";
    ECS_TAG_QUOTA: 403 "QuotaExceed.Tags" [Ecs] "The number of tags exceeds the limit: {0}." "ecs-images.md 6; message ours";
    ECS_NO_RESOURCE: 404 "InvalidResourceId.NotFound" [Ecs] "The specified resource does not exist: {0}." "ecs-images.md 6; message ours";
    ECS_RESOURCE_TYPE: 404 "InvalidResourceType.NotFound" [Ecs] "The {0} is not a kind of resource that has tags here: image, snapshot, instance, disk." "ecs-images.md 6; message ours";
    ECS_NO_RESOURCE_TYPE: 404 "MissingParameter.ResourceType" [Ecs] "The parameter ResourceType is needed." "ecs-images.md 6; message ours";
    ECS_NO_TAGS: 404 "MissingParameter.Tags" [Ecs] "The parameter {0} is needed." "ecs-images.md 6; message ours";
    ECS_NO_SNAPSHOT: 404 "InvalidSnapshotId.NotFound" [Ecs] "The specified snapshot does not exist: {0}." "ecs-images.md 5; message ours";
    ECS_SNAPSHOT_NOT_READY: 403 "InvalidSnapshotId.NotReady" [Ecs] "The specified snapshot is not ready: {0}." "ecs-images.md 5; message ours";
    ECS_SNAPSHOT_IN_USE: 403 "SnapshotCreatedImage" [Ecs] "The snapshot has been used to create an image: {0}." "ecs-images.md 7; message ours";
    ECS_SNAPSHOT_IDS: 403 "InvalidSnapshotIds.Malformed" [Ecs] "The specified {0} is not a JSON list of up to 100 snapshot ids." "ecs-images.md 7; message ours";
    ECS_SNAPSHOT_STATUS: 404 "InvalidStatus.NotFound" [Ecs] "The specified {0} is not that of a snapshot." "ecs-images.md 7; message ours";
    ECS_SNAPSHOT_TYPE: 404 "InvalidSnapshotType.NotFound" [Ecs] "The specified {0} is not found." "ecs-images.md 7; message ours";
    ECS_SOURCE_DISK_TYPE: 404 "InvalidSourceDiskType" [Ecs] "The specified {0} is not valid." "ecs-images.md 7; message ours";
    ECS_USAGE: 404 "InvalidUsage" [Ecs] "The specified {0} is not valid." "ecs-images.md 7; message ours";
    ECS_DISK_SIZE: 400 "InvalidSize.ValueNotSupported" [Ecs] "The size of the disk is not supported: {0}." "ecs-images.md 5; message ours";
    ECS_SYSTEM_DISK: 400 "InvalidParameter.SystemDisk" [Ecs] "The disks are not those of an image: {0}." "ours";
    ECS_DEVICE: 400 "InvalidDevice.Malformed" [Ecs] "The device is not valid: {0}." "ecs-images.md 5; message ours";
    ECS_DEVICE_IN_USE: 400 "InvalidDevice.InUse" [Ecs] "The device is in use: {0}." "ecs-images.md 5; message ours";
    ECS_NO_DEVICE: 404 "InvalidDevice.NotFound" [Ecs] "The specified device does not exist: {0}." "ours";
    ECS_NO_INSTANCE: 404 "InvalidInstanceId.NotFound" [Ecs] "The specified {0} does not exist." "ecs-images.md 5; message ours";
    ECS_NO_TASK: 400 "InvalidTaskId.NotFound" [Ecs] "The specified task does not exist: {0}." "ecs-images.md 6; message ours";
    ECS_TASK_KIND: 403 "InvalidTaskId.TaskActionNotSupport" [Ecs] "The task cannot be cancelled: {0}." "ecs-images.md 6; message ours";
    ECS_TASK_OVER: 403 "InvalidTaskId.IncorrectTaskStatus" [Ecs] "The status of the task does not allow this: {0}." "ecs-images.md 6; message ours";
    ECS_IMAGE_SHARED: 403 "ImageUseShared" [Ecs] "The image is shared: {0}." "ecs-images.md 5; message ours";
    ECS_SAME_REGION: 403 "OperationDenied.SameRegionOnly" [Ecs] "A shared image is copied within its region only: {0}." "ecs-images.md 2; message ours";
    ECS_NOT_SHAREABLE: 403 "OperationDenied.InvalidImageStatus" [Ecs] "The status of the image does not allow sharing: {0}." "ecs-images.md 5; message ours";
    ECS_ENCRYPTED_SHARE: 403 "OperationDeined.EncryptedSnapshot" [Ecs] "The specified image contains encrypted snapshots, which do not support sharing: {0}." "ecs-images.md 5, the spelling is the vendor's";
    ECS_OWN_ACCOUNT: 404 "InvalidAccount.Forbbiden" [Ecs] "The image is not shared with its owner: {0}." "ecs-images.md 5, the spelling is the vendor's";
    ECS_NO_ACCOUNT: 404 "InvalidAccount.NotFound" [Ecs] "The specified account does not exist: {0}." "ecs-images.md 5; message ours";
    ECS_SHARE_QUOTA: 403 "QuotaExceed.ShareImage" [Ecs] "The number of accounts exceeds the limit: {0}." "ecs-images.md 5; message ours";
    ECS_DEFAULT_ON: 400 "InvalidOperation.DefaultEncryptionAlreadyEnabled" [Ecs] "The call changes nothing: {0}." "ecs-images.md 8; status UNSURE";
    ECS_DEFAULT_OFF: 400 "InvalidOperation.DefaultEncryptionAlreadyDisabled" [Ecs] "The call needs encryption by default: {0}." "ecs-images.md 8; status UNSURE";
    ECS_IMAGE_EXPORTING: 403 "ImageIsExporting" [Ecs] "The image is being exported: {0}." "ecs-images.md 5; message ours";
    ECS_ENCRYPTED_EXPORT: 400 "ImageNotSupported" [Ecs] "The specified image contains encrypted snapshots, do not support export: {0}." "ecs-images.md 5";
    ECS_EXPORT_FORMAT: 400 "InvalidImageFormat.Malformed" [Ecs] "The specified image format is not valid: {0}." "ecs-images.md 5; message ours";
    ECS_EXPORT_PREFIX: 400 "InvalidOSSPrefix.Malformed" [Ecs] "The specified prefix is not valid: {0}." "ecs-images.md 5; message ours";
    ECS_NO_BUCKET: 400 "InvalidOSSBucket.NotFound" [Ecs] "The bucket does not exist: {0}." "ecs-images.md 5; message ours";
    ECS_NO_OBJECT: 400 "InvalidOSSObject.NotFound" [Ecs] "The object does not exist: {0}." "ecs-images.md 5; message ours";
    ECS_OBJECT_NAME: 400 "InvalidOSSObject.Malformed" [Ecs] "The name of the object is not valid: {0}." "ecs-images.md 5; message ours";
    ECS_IMAGE_FORMAT: 400 "InvalidImageFormat.Malformed" [Ecs] "The image cannot be imported: {0}." "ecs-images.md 5; message ours";
    ECS_IMAGE_SIZE: 400 "InvalidImageSize" [Ecs] "The size of the image is not valid: {0}." "ecs-images.md 5; message ours";
    ECS_DATA_DISK_SIZE: 400 "InvalidDataDiskSize" [Ecs] "The size of the data disk is not valid: {0}." "ecs-images.md 5; message ours";
    ECS_IMPORT_PLATFORM: 400 "InvalidPlatform.Malformed" [Ecs] "The specified {0} is not supported." "ecs-images.md 5; message ours";
    ECS_IMPORT_FAILED: 403 "ImportImageFailed" [Ecs] "The image cannot be imported: {0}." "ecs-images.md 5; message ours";
    ECS_UPLOAD_SIZE: 400 "InvalidUploadSize" [Ecs] "The size of the upload is not valid: {0}." "ours";
    ECS_UPLOAD_QUOTA: 403 "QuotaExceed.Upload" [Ecs] "The number of uploads exceeds the limit: {0}." "ours";
    ECS_NO_UPLOAD: 404 "InvalidUploadId.NotFound" [Ecs] "The specified upload does not exist: {0}." "ours";
    ECS_UPLOAD_STATUS: 400 "IncorrectUploadStatus" [Ecs] "The upload cannot be imported: {0}." "ours";
    ECS_OS_TYPE: 404 "InvalidOSType" [Ecs] "The specified {0} is not supported." "ecs-images.md 4; message ours";
    ECS_ARCHITECTURE: 404 "InvalidArchitecture" [Ecs] "The specified {0} is not supported." "ecs-images.md 4; message ours";
    ECS_IMPORT_OS_TYPE: 400 "InvalidOSType.Malformed" [Ecs] "The specified {0} is not supported." "ecs-images.md 5; message ours";
    ECS_IMPORT_ARCHITECTURE: 400 "InvalidArchitecture.Malformed" [Ecs] "The specified {0} is not supported." "ecs-images.md 5; message ours";
    ECS_ARREARAGE: 400 "Account.Arrearage" [Ecs] "The account is in arrears: {0}." "ecs-images.md 2; message ours";
    ECS_TOKEN_MISMATCH: 400 "IdempotentParameterMismatch" [Ecs] "The ClientToken was used with other parameters: {0}." "wire.md 8; message ours";
    ECS_OWNER_ALIAS: 400 "InvalidImageOwnerAlias.ValueNotSupported" [Ecs] "The specified ImageOwnerAlias is not supported: {0}." "ecs-images.md 4; message ours";
    ECS_FILTER: 400 "InvalidParamter" [Ecs] "The specified filter is not valid: {0}." "ecs-images.md 4, the spelling is the vendor's";
    ECS_ENCRYPT_ALGORITHM: 400 "InvalidEncryptAlgorithm" [Ecs] "The algorithm is always AES-256: leave {0} away." "ecs-images.md 2; message ours";
    ECS_NOT_SUPPORTED: 400 "InvalidParameter.NotSupported" [Ecs] "The parameter {0} is not supported here." "ours";
    ECS_TICKET: 400 "InvalidTicket.Malformed" [Ecs] "The ticket is not valid: {0}." "ours";
    ECS_NO_TICKET: 404 "InvalidTicketId.NotFound" [Ecs] "The specified ticket does not exist: {0}." "ours";
    ECS_TICKET_OVER: 400 "IncorrectTicketStatus" [Ecs] "The ticket is not open: {0}." "ours";
    ECS_TICKET_QUOTA: 403 "QuotaExceed.Ticket" [Ecs] "The number of tickets exceeds the limit: {0}." "ours";
    ECS_DRY_RUN: 400 "DryRunOperation" [Ecs] "Request validation has been passed with DryRun flag set." "wire.md 8; status UNSURE";
    KMS_FORBIDDEN: 403 "Forbidden.NoPermission" [Kms] "This operation is forbidden by permission system: {0} may not {1} on {2} ({3})." "kms.md 8; message ours";
    NO_PERMISSION: 403 "NoPermission" [Ram] "You are not authorized to do this action. {0} may not {1} on {2} ({3})." "ram.md 3";
    STS_NO_PERMISSION: 403 "NoPermission" [Sts] "You are not authorized to do this action. You should be authorized by RAM. {0} may not {1} on {2} ({3})." "ram.md 3";

    // Instances, their disks, key pairs and networks. {0}: the text of the error, or the parameter.
    ECS_NOT_OFFERED: 400 "UnsupportedParameter" [Ecs] "The parameter {0} stands for something that is not offered here." "ours";
    ECS_NO_DISK: 404 "InvalidDiskId.NotFound" [Ecs] "The specified disk does not exist: {0}." "ecs-images.md 7; message ours";
    ECS_INSTANCE_STATUS: 403 "IncorrectInstanceStatus" [Ecs] "The status of the instance does not allow this: {0}." "ecs-images.md 9; message ours";
    ECS_INSTANCE_PROTECTED: 403 "InvalidOperation.DeletionProtection" [Ecs] "The instance is protected from deletion: {0}." "ecs-images.md 9; message ours";
    ECS_NO_INSTANCE_TYPE: 404 "InvalidInstanceType.NotFound" [Ecs] "The specified instance type does not exist: {0}." "ecs-images.md 9; message ours";
    ECS_BARE_METAL: 403 "ImageNotSupportInstanceType" [Ecs] "The image does not support the instance type: {0}." "ecs-images.md 9; message ours";
    ECS_WOULD_BE_PLAIN: 403 "InvalidEncrypted.NotMatchSnapshot" [Ecs] "Encrypted must be true: {0}." "ecs-images.md 8; message ours";
    ECS_ENCRYPTED_BY_DEFAULT: 403 "InvalidEncrypted.NotMatchDiskDefaultEncryption" [Ecs] "Encrypted must be true: {0}." "ecs-images.md 8; message ours";
    ECS_DISK_TOO_SMALL: 404 "InvalidSystemDiskSize.LessThanImageSize" [Ecs] "The disk is too small: {0}." "ecs-images.md 9; message ours";
    ECS_INSTANCE_DISK_SIZE: 400 "InvalidDiskSize.ValueNotSupported" [Ecs] "The size of the disk is not supported: {0}." "ours, after ecs-images.md 5";
    ECS_TOO_MANY_DISKS: 400 "InvalidDataDiskNumber" [Ecs] "There are too many data disks: {0}." "ours";
    ECS_AMOUNT: 400 "InvalidParameter.Amount" [Ecs] "The number of instances is not valid: {0}." "ours";
    ECS_INSTANCE_QUOTA: 403 "QuotaExceed.Instance" [Ecs] "The number of instances exceeds the limit: {0}." "ecs-images.md 9; message ours";
    ECS_INSTANCE_NAME: 400 "InvalidInstanceName.Malformed" [Ecs] "The specified name is not valid: {0}." "ours";
    ECS_HOST_NAME: 400 "InvalidHostName.Malformed" [Ecs] "The specified host name is not valid: {0}." "ours";
    ECS_IMAGE_IN_USE: 403 "ImageUsingByInstance" [Ecs] "The image is used by instances: {0}." "ecs-images.md 5; message ours";
    ECS_NO_PORTS: 403 "OperationDenied.NoStock" [Ecs] "The host has nothing left for this: {0}." "ours";
    ECS_OTHER_HOST: 403 "OperationDenied.OtherHost" [Ecs] "The instance is not on this host: {0}." "ours";
    ECS_DISK_TAMPERED: 403 "InvalidOperation.DiskTampered" [Ecs] "The disk cannot be opened: {0}." "ours";
    ECS_NOT_FOR_GUESTS: 400 "ImageNotSupported" [Ecs] "The image cannot be run: {0}." "ecs-images.md 5; message ours";
    ECS_HYPERVISOR: 503 "OperationDenied.HypervisorMissing" [Ecs] "{0}. Nothing was done." "ours";
    ECS_INSTANCE_IDS: 400 "InvalidInstanceIds.ValueNotSupported" [Ecs] "The specified {0} is not a JSON list of instance ids." "page of AttachKeyPair; message ours";
    ECS_DISK_IDS: 400 "InvalidDiskIds.ValueNotSupported" [Ecs] "The specified {0} is not a JSON list of up to 100 disk ids." "ours";
    ECS_SNAPSHOT_NAME: 400 "InvalidSnapshotName.Malformed" [Ecs] "The specified {0} is not valid." "ecs-images.md 7; message ours";
    ECS_KEY_PAIR_NAME: 400 "InvalidKeyPairName.Malformed" [Ecs] "The specified name is not valid: {0}." "page of CreateKeyPair; message ours";
    ECS_KEY_PAIR_NAMES: 400 "InvalidKeyPairNames.ValueNotSupported" [Ecs] "The specified {0} is not a JSON list of up to 100 names." "page of DeleteKeyPairs; message ours";
    ECS_KEY_PAIR_EXISTS: 400 "KeyPair.AlreadyExist" [Ecs] "The key pair already exists: {0}." "page of CreateKeyPair; message ours";
    ECS_NO_KEY_PAIR: 404 "InvalidKeyPairName.NotFound" [Ecs] "The specified key pair does not exist: {0}." "page of AttachKeyPair; message ours";
    ECS_PUBLIC_KEY: 400 "InvalidPublicKeyBody.Malformed" [Ecs] "The specified public key is not valid: {0}." "page of ImportKeyPair; message ours";
    ECS_KEY_PAIR_QUOTA: 403 "QuotaExceed.KeyPair" [Ecs] "The number of key pairs exceeds the limit: {0}." "page of CreateKeyPair; message ours";
    ECS_NO_SECURITY_GROUP: 404 "InvalidSecurityGroupId.NotFound" [Ecs] "The specified security group does not exist: {0}." "page of RunInstances; message ours";
    ECS_NO_V_SWITCH: 404 "InvalidVSwitchId.NotFound" [Ecs] "The specified vSwitch does not exist: {0}." "page of RunInstances; message ours";
    ECS_NO_ZONE: 404 "InvalidZoneId.NotFound" [Ecs] "The specified zone does not exist: {0}." "page of RunInstances; message ours";

    // KMS. {0}: what was named, which state it is in, what to do: the text of `KmsError`.
    KMS_INVALID_PARAMETER: 400 "InvalidParameter" [Kms] "The specified parameter \"{0}\" is not valid: {1}." "kms.md 8; message longer";
    KMS_UNSUPPORTED_PARAMETER: 400 "UnsupportedOperation" [Kms] "The parameter \"{0}\" stands for something that is not offered here." "kms.md 8; message ours";
    KMS_NOT_AUTHENTIC: 400 "InvalidParameter" [Kms] "The specified parameter \"CiphertextBlob\" is not valid: {0}." "kms.md 5; code UNSURE";
    KMS_KEY_NOT_FOUND: 404 "Forbidden.KeyNotFound" [Kms] "The specified key is not found: {0}." "kms.md 8; message ours";
    KMS_KEY_VERSION_NOT_FOUND: 404 "Forbidden.KeyVersionNotFound" [Kms] "The specified key version is not found: {0}." "kms.md 8; message ours";
    KMS_ALIAS_NOT_FOUND: 404 "Forbidden.AliasNotFound" [Kms] "The specified alias is not found: {0}." "kms.md 8; message ours";
    KMS_ALIAS_EXISTS: 400 "AliasAlreadyExists" [Kms] "The alias already exists: {0}." "kms.md 8; message ours";
    KMS_LIMIT_EXCEEDED: 400 "Rejected.LimitExceeded" [Kms] "The request was rejected because a limit is reached: {0}." "kms.md 8; message ours";
    KMS_INVALID_KEY_MATERIAL: 400 "InvalidKeyMaterial" [Kms] "The key material cannot be imported: {0}." "kms.md 8; message ours";
    KMS_INVALID_IMPORT_TOKEN: 400 "InvalidImportToken" [Kms] "The import token is not valid: {0}." "kms.md 8; message ours";
    KMS_EXPIRED_IMPORT_TOKEN: 400 "ExpiredImportToken" [Kms] "The import token has expired: {0}." "kms.md 8; message ours";
    KMS_UNSUPPORTED_ORIGIN: 400 "Unsupported.Origin" [Kms] "The origin is not supported: {0}." "kms.md 8; message ours";
    KMS_UNSUPPORTED_ALIAS: 400 "Unsupported.Alias" [Kms] "An alias is not supported here: {0}." "kms.md 8; message ours";
    KMS_UNSUPPORTED_PROTECTION_LEVEL: 400 "Unsupported.ProtectionLevel" [Kms] "The protection level is not supported: {0}." "kms.md 8; message ours";
    KMS_UNSUPPORTED_OPERATION: 400 "UnsupportedOperation" [Kms] "This operation is not supported for this key: {0}." "kms.md 8; message ours";
    KMS_NOT_PERMITTED: 403 "Forbidden.NoPermission" [Kms] "This operation is forbidden by permission system: {0}." "kms.md 8; message ours";
    KMS_NOT_ENABLED: 403 "Forbidden.KmsServiceNotEnabled" [Kms] "KMS is not enabled for this account: call OpenKmsService." "kms.md 8; message ours";
    KMS_OPENED: 400 "Forbidden.Opened" [Kms] "KMS is enabled for this account already." "kms.md 7; message ours";
    KMS_IN_DEBT: 403 "Forbidden.InDebt" [Kms] "The account is in debt: {0}." "kms.md 8; message ours";
    KMS_STATE_MODIFIED_FAILED: 409 "Rejected.StateModifiedFailed" [Kms] "The state of the key does not allow this change: {0}." "kms.md 8; message ours";
    KMS_DISABLED: 409 "Rejected.Disabled" [Kms] "The request was rejected because the key is disabled: {0}." "kms.md 8; message ours";
    KMS_PENDING_DELETION: 409 "Rejected.PendingDeletion" [Kms] "The request was rejected because the key is pending deletion: {0}." "kms.md 8; message ours";
    KMS_PENDING_IMPORT: 409 "Rejected.PendingImport" [Kms] "The request was rejected because the key has no key material: {0}." "kms.md 8; message ours";
    KMS_ENABLED: 409 "Rejected.Enabled" [Kms] "The request was rejected because the key is enabled: {0}." "kms.md 8; message ours";
    KMS_DRY_RUN: 400 "DryRunOperationError" [Kms] "The request would have succeeded, but DryRun is set." "kms.md 5; status UNSURE";
    KMS_DRY_RUN_VALIDATION: 400 "ValidationError" [Kms] "The request would have failed: {0}." "kms.md 5; status UNSURE";
    KMS_DRY_RUN_DENIED: 400 "AccessDeniedError" [Kms] "The request would have been denied." "kms.md 5; status UNSURE";

    // RAM and STS. {0}: what was named, or the rule that was broken.
    RAM_USER_NAME_CHARS: 400 "InvalidParameter.UserName.InvalidChars" [Ram] "The name is not valid: {0}." "ram.md 3; message ours";
    RAM_USER_NAME_LENGTH: 400 "InvalidParameter.UserName.Length" [Ram] "The name is not valid: {0}." "ram.md 3; message ours";
    RAM_ROLE_NAME_CHARS: 400 "InvalidParameter.RoleName.InvalidChars" [Ram] "The name is not valid: {0}." "pattern of ram.md 3; ours";
    RAM_ROLE_NAME_LENGTH: 400 "InvalidParameter.RoleName.Length" [Ram] "The name is not valid: {0}." "pattern of ram.md 3; ours";
    RAM_GROUP_NAME_CHARS: 400 "InvalidParameter.GroupName.InvalidChars" [Ram] "The name is not valid: {0}." "pattern of ram.md 3; ours";
    RAM_GROUP_NAME_LENGTH: 400 "InvalidParameter.GroupName.Length" [Ram] "The name is not valid: {0}." "pattern of ram.md 3; ours";
    RAM_POLICY_NAME_CHARS: 400 "InvalidParameter.PolicyName.InvalidChars" [Ram] "The name is not valid: {0}." "ram.md 3; message ours";
    RAM_POLICY_NAME_LENGTH: 400 "InvalidParameter.PolicyName.Length" [Ram] "The name is not valid: {0}." "ram.md 3; message ours";
    RAM_DISPLAY_NAME_LENGTH: 400 "InvalidParameter.DisplayName.Length" [Ram] "The text is too long: {0}." "ram.md 3; message ours";
    RAM_COMMENTS_LENGTH: 400 "InvalidParameter.Comments.Length" [Ram] "The text is too long: {0}." "ram.md 3; message ours";
    RAM_EMAIL_LENGTH: 400 "InvalidParameter.Email.Length" [Ram] "The text is too long: {0}." "pattern of ram.md 3; ours";
    RAM_MOBILE_PHONE_LENGTH: 400 "InvalidParameter.MobilePhone.Length" [Ram] "The text is too long: {0}." "pattern of ram.md 3; ours";
    RAM_DESCRIPTION_LENGTH: 400 "InvalidParameter.Description.Length" [Ram] "The text is too long: {0}." "ram.md 3; message ours";
    RAM_WEAK_PASSWORD: 400 "InvalidParameter.Password.TooWeak" [Ram] "The parameter Password is not compliant with the password policy: {0}." "RAM 2015-05-01, CreateLoginProfile; message ours";
    RAM_WEAK_NEW_PASSWORD: 400 "InvalidParameter.NewPassword.TooWeak" [Ram] "The parameter NewPassword is not compliant with the password policy: {0}." "RAM 2015-05-01, ChangePassword; message ours";
    RAM_PASSWORD_REUSED: 400 "InvalidParameter.NewPassword.ReusePrevention" [Ram] "The parameter NewPassword is the password that is to be changed." "RAM 2015-05-01, ChangePassword; message ours";
    RAM_OLD_PASSWORD: 400 "InvalidParameter.OldPassword.Incorrect" [Ram] "The parameter OldPassword is not right." "RAM 2015-05-01, ChangePassword; message ours";
    RAM_NOT_A_USER: 400 "NotSupport.Account" [Ram] "Only a user changes its own password with this call." "RAM 2015-05-01, ChangePassword; message ours";
    RAM_TOO_MANY_ATTEMPTS: 400 "Throttling.User" [Ram] "The request was refused: {0}." "wire.md 8; for wrong passwords ours";
    RAM_NOT_OFFERED: 400 "UnsupportedParameter" [Ram] "The parameter {0} stands for something that is not offered here." "ours";
    RAM_POLICY_TYPE: 400 "InvalidParameter.PolicyType" [Ram] "The parameter \"{0}\" must be System or Custom." "ram.md 3; message ours";
    RAM_VERSION_ID: 400 "InvalidParameter.VersionId.Format" [Ram] "The version is not valid: {0}." "ram.md 3; message ours";
    RAM_POLICY_LENGTH: 400 "InvalidParameter.PolicyDocument.Length" [Ram] "The policy document is too long: {0}." "ram.md 3; message ours";
    RAM_MALFORMED_POLICY: 400 "MalformedPolicyDocument" [Ram] "The policy document is not valid: {0}." "ram.md 3; message ours";
    RAM_SESSION_DURATION: 400 "InvalidParameter.MaxSessionDuration" [Ram] "The duration is not valid: {0}." "pattern of ram.md 3; ours";
    STS_ROLE_ARN: 400 "InvalidParameter.RoleArn" [Sts] "The parameter RoleArn is not valid: {0}." "ram.md 3; message ours";
    STS_SESSION_NAME: 400 "InvalidParameter.RoleSessionName" [Sts] "The parameter RoleSessionName is not valid: {0}." "ram.md 3; message ours";
    STS_DURATION: 400 "InvalidParameter.DurationSeconds" [Sts] "The parameter DurationSeconds is not valid: {0}." "ram.md 3; message ours";
    STS_POLICY_GRAMMAR: 400 "InvalidParameter.PolicyGrammar" [Sts] "The parameter Policy is not valid: {0}." "ram.md 3; message ours";
    STS_POLICY_SIZE: 400 "InvalidParameter.PolicySize" [Sts] "The parameter Policy is too long: {0}." "ram.md 3; message ours";
    RAM_NO_USER: 404 "EntityNotExist.User" [Ram, Sts] "The user does not exist: {0}." "ram.md 3; message ours";
    RAM_NO_LOGIN_PROFILE: 404 "EntityNotExist.User.LoginProfile" [Ram] "The user has no login profile: {0}." "RAM 2015-05-01, GetLoginProfile; message ours";
    RAM_NO_ACCESS_KEY: 404 "EntityNotExist.User.AccessKey" [Ram] "The access key does not exist: {0}." "ram.md 3; message ours";
    RAM_NO_USER_POLICY: 404 "EntityNotExist.User.Policy" [Ram] "The policy is not attached to the user: {0}." "ram.md 3; message ours";
    RAM_NO_USER_GROUP: 404 "EntityNotExist.User.Group" [Ram] "The user is not in the group: {0}." "pattern of ram.md 3; ours";
    RAM_NO_GROUP: 404 "EntityNotExist.Group" [Ram] "The group does not exist: {0}." "ram.md 3; message ours";
    RAM_NO_GROUP_POLICY: 404 "EntityNotExist.Group.Policy" [Ram] "The policy is not attached to the group: {0}." "pattern of ram.md 3; ours";
    RAM_NO_POLICY: 404 "EntityNotExist.Policy" [Ram] "The policy does not exist: {0}." "ram.md 3; message ours";
    RAM_NO_POLICY_VERSION: 404 "EntityNotExist.Policy.Version" [Ram] "The policy version does not exist: {0}." "ram.md 3; message ours";
    RAM_NO_ROLE: 404 "EntityNotExist.Role" [Ram, Sts] "The role does not exist: {0}." "ram.md 3; message ours";
    RAM_NO_ROLE_POLICY: 404 "EntityNotExist.Role.Policy" [Ram] "The policy is not attached to the role: {0}." "pattern of ram.md 3; ours";
    RAM_USER_EXISTS: 409 "EntityAlreadyExists.User" [Ram] "The user already exists: {0}." "ram.md 3; message ours";
    RAM_LOGIN_PROFILE_EXISTS: 409 "EntityAlreadyExists.User.LoginProfile" [Ram] "The user has a login profile already: {0}." "RAM 2015-05-01, CreateLoginProfile; message ours";
    RAM_ACCESS_KEY_EXISTS: 409 "EntityAlreadyExists.User.AccessKey" [Ram] "The access key already exists: {0}." "pattern of ram.md 3; ours";
    RAM_USER_POLICY_EXISTS: 409 "EntityAlreadyExists.User.Policy" [Ram] "The policy is attached to the user already: {0}." "ram.md 3; message ours";
    RAM_USER_GROUP_EXISTS: 409 "EntityAlreadyExists.User.Group" [Ram] "The user is in the group already: {0}." "pattern of ram.md 3; ours";
    RAM_GROUP_EXISTS: 409 "EntityAlreadyExists.Group" [Ram] "The group already exists: {0}." "ram.md 3; message ours";
    RAM_GROUP_POLICY_EXISTS: 409 "EntityAlreadyExists.Group.Policy" [Ram] "The policy is attached to the group already: {0}." "ram.md 3; message ours";
    RAM_POLICY_EXISTS: 409 "EntityAlreadyExists.Policy" [Ram] "The policy already exists: {0}." "ram.md 3; message ours";
    RAM_ROLE_EXISTS: 409 "EntityAlreadyExists.Role" [Ram] "The role already exists: {0}." "ram.md 3; UNSURE";
    RAM_ROLE_POLICY_EXISTS: 409 "EntityAlreadyExists.Role.Policy" [Ram] "The policy is attached to the role already: {0}." "ram.md 3; UNSURE";
    RAM_CONFLICT_USER_ACCESS_KEY: 409 "DeleteConflict.User.AccessKey" [Ram] "The user has access keys: {0}." "ram.md 3; message ours";
    RAM_CONFLICT_USER_LOGIN_PROFILE: 409 "DeleteConflict.User.LoginProfile" [Ram] "The user has a login profile: {0}." "RAM 2015-05-01, DeleteUser; message ours";
    RAM_CONFLICT_USER_POLICY: 409 "DeleteConflict.User.Policy" [Ram] "The user has policies: {0}." "ram.md 3; message ours";
    RAM_CONFLICT_USER_GROUP: 409 "DeleteConflict.User.Group" [Ram] "The user is in a group: {0}." "ram.md 3; message ours";
    RAM_CONFLICT_GROUP_USER: 409 "DeleteConflict.Group.User" [Ram] "The group has users: {0}." "pattern of ram.md 3; ours";
    RAM_CONFLICT_GROUP_POLICY: 409 "DeleteConflict.Group.Policy" [Ram] "The group has policies: {0}." "pattern of ram.md 3; ours";
    RAM_CONFLICT_ROLE_POLICY: 409 "DeleteConflict.Role.Policy" [Ram] "The role has policies: {0}." "ram.md 3; message ours";
    RAM_CONFLICT_POLICY_USER: 409 "DeleteConflict.Policy.User" [Ram] "The policy is attached to a user: {0}." "ram.md 3; message ours";
    RAM_CONFLICT_POLICY_GROUP: 409 "DeleteConflict.Policy.Group" [Ram] "The policy is attached to a group: {0}." "ram.md 3; message ours";
    RAM_CONFLICT_POLICY_ROLE: 409 "DeleteConflict.Policy.Role" [Ram] "The policy is attached to a role: {0}." "ram.md 3; UNSURE";
    RAM_CONFLICT_POLICY_VERSION: 409 "DeleteConflict.Policy.Version" [Ram] "The policy has versions besides the default one: {0}." "ram.md 3; message ours";
    RAM_CONFLICT_POLICY_DEFAULT: 409 "DeleteConflict.Policy.Version.Default" [Ram] "The version is the default one: {0}." "ram.md 3; message ours";
    RAM_LIMIT_USERS: 409 "LimitExceeded.User" [Ram] "A limit is reached: {0}." "ram.md 3; message ours";
    RAM_LIMIT_ACCESS_KEYS: 409 "LimitExceeded.User.AccessKey" [Ram] "A limit is reached: {0}." "ram.md 3; message ours";
    RAM_LIMIT_USER_POLICIES: 409 "LimitExceeded.User.Policy" [Ram] "A limit is reached: {0}." "ram.md 3; message ours";
    RAM_LIMIT_GROUPS: 409 "LimitExceeded.Group" [Ram] "A limit is reached: {0}." "pattern of ram.md 3; ours";
    RAM_LIMIT_GROUP_POLICIES: 409 "LimitExceeded.Group.Policy" [Ram] "A limit is reached: {0}." "pattern of ram.md 3; ours";
    RAM_LIMIT_ROLES: 409 "LimitExceeded.Role" [Ram] "A limit is reached: {0}." "ram.md 3; message ours";
    RAM_LIMIT_ROLE_POLICIES: 409 "LimitExceeded.Role.Policy" [Ram] "A limit is reached: {0}." "pattern of ram.md 3; ours";
    RAM_LIMIT_POLICIES: 409 "LimitExceeded.Policy" [Ram] "A limit is reached: {0}." "ram.md 3; message ours";
    RAM_LIMIT_POLICY_VERSIONS: 409 "LimitExceeded.Policy.Version" [Ram] "A limit is reached: {0}." "ram.md 3; message ours";
}

/// The row for the same trouble in the words of a product.
macro_rules! by_dialect {
    ($($name:ident: $gateway:ident, $kms:ident;)+) => {
        $(pub(crate) fn $name(dialect: Dialect) -> &'static ErrorRow {
            match dialect {
                Dialect::Gateway => &$gateway,
                Dialect::Kms => &$kms,
            }
        })+
    };
}

by_dialect! {
    missing_parameter: MISSING_PARAMETER, KMS_MISSING_PARAMETER;
    malformed_request: MALFORMED_REQUEST, KMS_MALFORMED_REQUEST;
    access_key_inactive: ACCESS_KEY_INACTIVE, KMS_ACCESS_KEY_INACTIVE;
    internal: INTERNAL_ERROR, KMS_INTERNAL_FAILURE;
    unavailable: SERVICE_UNAVAILABLE, KMS_SERVICE_UNAVAILABLE;
}

/// The row for a call that the policies do not allow.
pub(crate) fn forbidden(product: Product, action: &str) -> &'static ErrorRow {
    match product {
        // The caller's own right to a key that it names for ECS.
        Ecs if action.starts_with("kms:") => &ECS_KEY_FORBIDDEN,
        Ecs | Vpc | Location => &ECS_FORBIDDEN,
        Kms => &KMS_FORBIDDEN,
        Ram => &NO_PERMISSION,
        Sts => &STS_NO_PERMISSION,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A code means one thing in one product: no two rows share both, but where the message alone differs.
    #[test]
    fn every_row_can_be_told_from_the_others() {
        let mut seen = BTreeSet::new();
        for row in TABLE {
            assert!((400..600).contains(&row.status), "{}", row.code);
            for product in row.products {
                assert!(seen.insert((row.code, *product, row.message)), "{} of {product:?} stands twice", row.code);
            }
        }
        let status = |code, product| -> BTreeSet<u16> {
            TABLE
                .iter()
                .filter(|row| row.code == code && row.products.contains(&product))
                .map(|row| row.status)
                .collect()
        };
        for row in TABLE {
            for product in row.products {
                assert_eq!(status(row.code, *product).len(), 1, "{} of {product:?} has one status", row.code);
            }
        }
    }

    /// Old core takes what follows the first colon; there must be one, and nothing of the request behind it.
    #[test]
    fn the_signature_message_has_a_colon_and_no_place() {
        let message = Refusal::new(&SIGNATURE_DOES_NOT_MATCH, &["secret"]).message().to_owned();
        assert!(
            message.starts_with("Specified signature is not matched with our calculation. server string to sign is:")
        );
        assert!(!message.contains("secret") && message.split(':').nth(1).is_some_and(|text| !text.is_empty()));
    }

    /// Places are filled once; a missing argument leaves nothing, and braces of an argument stay.
    #[test]
    fn places_are_filled_in_one_pass() {
        assert_eq!(filled("a {0} b {1}.", &["{1}", "x"]), "a {1} b x.");
        assert_eq!(filled("a {0} b {1}.", &["y"]), "a y b .");
        assert_eq!(filled("no place", &["y"]), "no place");
    }
}
