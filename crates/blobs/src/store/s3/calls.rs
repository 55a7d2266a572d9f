use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::{ClientOptions, HttpClient, HttpConnector, HttpRequest, HttpRequestBody, ReqwestConnector};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;

use super::failure::{answered, unanswered};
use crate::store::{Cause, S3Config};

/// Longest answer that is read. A page of 1000 versions or uploads has about 500 KiB.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// Pause before the first repetition of a request; it doubles each time.
const PAUSE_FIRST: Duration = Duration::from_millis(100);

/// Everything but the unreserved characters of RFC 3986, as signature v4 wants it.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The calls of S3 that object_store does not make. Signature and HTTP client are object_store's own.
pub(super) struct Calls {
    http: HttpClient,
    credential: AwsCredential,
    region: String,
    /// `ENDPOINT/BUCKET`
    bucket_url: String,
    retries: usize,
}

/// An answer with its status.
struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Calls {
    pub(super) fn new(config: &S3Config, secret: &str, client: &ClientOptions) -> Result<Self, Cause> {
        Ok(Self {
            http: ReqwestConnector::default().connect(client).map_err(|e| unanswered(&e))?,
            credential: AwsCredential {
                key_id: config.access_key_id.clone(),
                secret_key: secret.to_owned(),
                token: None,
            },
            region: config.region.clone(),
            bucket_url: format!("{}/{}", config.endpoint.trim_end_matches('/'), config.bucket),
            retries: config.retries,
        })
    }

    /// Asks for a list of the bucket. `None` when the service does not offer such a list.
    pub(super) async fn list<T: DeserializeOwned>(&self, query: &[(&str, &str)]) -> Result<Option<T>, Cause> {
        let answer = self.send("GET", "", query).await?;
        match answer.status {
            200 => quick_xml::de::from_reader(answer.body.as_slice()).map(Some).map_err(|e| unanswered(&e)),
            // Bad Request, Method Not Allowed, Not Implemented: what servers answer to a subresource that they do not know.
            400 | 405 | 501 => Ok(None),
            status => Err(answered(status, &answer.body)),
        }
    }

    /// Deletes an object or one version of it. An absent one is fine.
    pub(super) async fn delete(&self, key: &str, query: &[(&str, &str)]) -> Result<(), Cause> {
        let answer = self.send("DELETE", key, query).await?;
        match answer.status {
            200..300 | 404 => Ok(()),
            status => Err(answered(status, &answer.body)),
        }
    }

    /// Sends a request, and repeats it when there was no answer or the service had a failure of its own.
    async fn send(&self, method: &str, key: &str, query: &[(&str, &str)]) -> Result<Answer, Cause> {
        let mut pause = PAUSE_FIRST;
        for _ in 0..self.retries {
            match self.try_send(method, key, query).await {
                Ok(answer) if !matches!(answer.status, 429 | 500 | 502..) => return Ok(answer),
                _ => tokio::time::sleep(pause).await,
            }
            pause *= 2;
        }
        self.try_send(method, key, query).await
    }

    async fn try_send(&self, method: &str, key: &str, query: &[(&str, &str)]) -> Result<Answer, Cause> {
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.method_mut() = method.parse().expect("our own methods are tokens");
        *request.uri_mut() = self
            .url(key, query)
            .parse()
            .map_err(|_| Cause::Configuration { field: "endpoint", reason: "is not a URL".to_owned() })?;
        AwsAuthorizer::new(&self.credential, "s3", &self.region)
            .try_authorize(&mut request, None)
            .map_err(|e| unanswered(&e))?;
        let response = self.http.execute(request).await.map_err(|e| unanswered(&e))?;
        let status = response.status().as_u16();
        let mut chunks = response.into_body().bytes_stream();
        let mut body = Vec::new();
        while let Some(chunk) = chunks.try_next().await.map_err(|e| unanswered(&e))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Cause::Unusable(format!("an answer has more than {ANSWER_BYTES_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body })
    }

    fn url(&self, key: &str, query: &[(&str, &str)]) -> String {
        let mut url = self.bucket_url.clone();
        if !key.is_empty() {
            url = format!("{url}/{key}");
        }
        let pairs = query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, STRICT)));
        let pairs: Vec<String> = pairs.collect();
        if pairs.is_empty() { url } else { format!("{url}?{}", pairs.join("&")) }
    }
}
