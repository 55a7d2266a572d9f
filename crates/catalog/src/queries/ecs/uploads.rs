use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Scope;
use crate::read::Read;
use crate::writer::Write;

/// Of an upload that nobody needs at `$1`: given up, or read by a job that is over.
macro_rules! over {
    () => {
        "(uploads.job_id = '' AND uploads.expires_at <= $1
          OR uploads.job_id <> '' AND NOT EXISTS (
              SELECT 1 FROM jobs WHERE jobs.id = uploads.job_id AND jobs.state IN ('Waiting', 'Processing')))"
    };
}

/// A file on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRecord {
    /// `u-…`
    pub id: String,
    /// Owner and region.
    pub scope: Scope,
    /// SHA-256 of the token that its bytes are sent under.
    pub token_digest: [u8; 32],
    /// Length of the whole file.
    pub bytes: u64,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// All bytes are there and are those of the digest.
    pub complete: bool,
    /// The job that reads it; empty until then.
    pub job_id: String,
    /// When it was announced.
    pub created_at: Timestamp,
    /// When it is given up, unless a job reads it.
    pub expires_at: Timestamp,
}

impl UploadRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            scope: row.scope()?,
            token_digest: row.digest("token_digest")?,
            bytes: row.count("bytes")?,
            sha256: row.digest("sha256")?,
            complete: row.truth("complete")?,
            job_id: row.value("job_id")?,
            created_at: row.time("created_at")?,
            expires_at: row.time("expires_at")?,
        })
    }
}

impl Read<'_> {
    /// The upload of this id.
    pub async fn upload_by_id(&mut self, id: &str) -> Result<Option<UploadRecord>> {
        self.record("read an upload", "SELECT * FROM uploads WHERE id = $1", values![id], UploadRecord::from_row).await
    }

    /// The upload whose token has this digest.
    pub async fn upload_by_token(&mut self, token_digest: &[u8; 32]) -> Result<Option<UploadRecord>> {
        let sql = "SELECT * FROM uploads WHERE token_digest = $1";
        self.record("read an upload", sql, values![token_digest], UploadRecord::from_row).await
    }

    /// An upload of a file of this length and digest that no job has and that is not given up.
    pub async fn upload_of_file(
        &mut self,
        bytes: u64,
        sha256: &[u8; 32],
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Option<UploadRecord>> {
        let sql =
            "SELECT * FROM uploads WHERE account = $1 AND region = $2 AND bytes = $3 AND sha256 = $4 AND job_id = ''
                       AND expires_at > $5 ORDER BY id LIMIT 1";
        let values = values![&scope.account, &scope.region, bytes, sha256, now];
        self.record("read an upload", sql, values, UploadRecord::from_row).await
    }

    /// Number of uploads of an account in a region.
    pub async fn uploads_count(&mut self, scope: &Scope) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM uploads WHERE account = $1 AND region = $2";
        self.count("count uploads", sql, values![&scope.account, &scope.region]).await
    }

    /// At most 100 uploads that nobody needs: given up, or read by a job that is over.
    pub async fn uploads_over(&mut self, now: Timestamp) -> Result<Vec<UploadRecord>> {
        let sql = concat!("SELECT * FROM uploads WHERE ", over!(), " ORDER BY uploads.id LIMIT 100");
        self.records("list uploads", sql, values![now], UploadRecord::from_row).await
    }
}

impl Write {
    /// Adds an upload.
    pub async fn upload_insert(&mut self, upload: &UploadRecord) -> Result<()> {
        let sql = "INSERT INTO uploads (id, account, region, token_digest, bytes, sha256, complete, job_id, created_at,
                       expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
        let values = values![
            &upload.id,
            &upload.scope.account,
            &upload.scope.region,
            &upload.token_digest,
            upload.bytes,
            &upload.sha256,
            upload.complete,
            &upload.job_id,
            upload.created_at,
            upload.expires_at,
        ];
        self.execute("add an upload", sql, values).await.map(drop)
    }

    /// Says how far an upload is, and until when it is waited for. `false` when there is none of this id that is waited for `now`.
    pub async fn upload_advance(
        &mut self,
        id: &str,
        complete: bool,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool> {
        let sql = "UPDATE uploads SET complete = $2, expires_at = $3 WHERE id = $1 AND job_id = '' AND expires_at > $4";
        Ok(self.execute("change an upload", sql, values![id, complete, expires_at, now]).await? == 1)
    }

    /// Gives an upload another token and time.
    pub async fn upload_renew(&mut self, upload: &UploadRecord) -> Result<()> {
        let sql = "UPDATE uploads SET token_digest = $2, expires_at = $3 WHERE id = $1";
        let values = values![&upload.id, &upload.token_digest, upload.expires_at];
        self.execute("renew an upload", sql, values).await.map(drop)
    }

    /// Gives a complete upload to a job. `false` when it is not complete, another job has it, or it is given up.
    pub async fn upload_use(&mut self, id: &str, job_id: &str, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE uploads SET job_id = $2 WHERE id = $1 AND complete = 1 AND job_id = '' AND expires_at > $3";
        Ok(self.execute("use an upload", sql, values![id, job_id, now]).await? == 1)
    }

    /// Forgets an upload that nobody needs; `false` when there is none of this id.
    pub async fn upload_delete_over(&mut self, id: &str, now: Timestamp) -> Result<bool> {
        let sql = concat!("DELETE FROM uploads WHERE id = $2 AND ", over!());
        Ok(self.execute("forget an upload", sql, values![now, id]).await? == 1)
    }
}
