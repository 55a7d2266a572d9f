use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::page::{Page, PageRequest};
use crate::read::Read;
use crate::writer::Write;

/// An account that an image is shared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageShare {
    /// The image.
    pub image_id: String,
    /// The account, which is not its owner.
    pub account: Account,
    /// Since when.
    pub shared_at: Timestamp,
}

impl ImageShare {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            image_id: row.value("image_id")?,
            account: row.parsed("account")?,
            shared_at: row.time("shared_at")?,
        })
    }
}

impl Read<'_> {
    /// Whether an image is shared with an account.
    pub async fn image_is_shared_with(&mut self, image_id: &str, account: &Account) -> Result<bool> {
        let sql = "SELECT count(*) AS n FROM image_shares WHERE image_id = $1 AND account = $2";
        Ok(self.count("look for a share", sql, values![image_id, account]).await? > 0)
    }

    /// Number of accounts that an image is shared with.
    pub async fn image_shares_count(&mut self, image_id: &str) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM image_shares WHERE image_id = $1";
        self.count("count shares", sql, values![image_id]).await
    }

    /// Accounts that an image is shared with, by id.
    pub async fn image_shares_page(&mut self, image_id: &str, page: PageRequest) -> Result<Page<ImageShare>> {
        let count = "SELECT count(*) AS n FROM image_shares WHERE image_id = $1";
        let list = "SELECT * FROM image_shares WHERE image_id = $1 ORDER BY account LIMIT $2 OFFSET $3";
        self.page("list shares", (count, list), values![image_id], page, ImageShare::from_row).await
    }
}

impl Write {
    /// Shares an image; one that is shared stays so.
    pub async fn image_share_insert(&mut self, share: &ImageShare) -> Result<()> {
        let sql = "INSERT INTO image_shares (image_id, account, shared_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let values = values![&share.image_id, &share.account, share.shared_at];
        self.execute("share an image", sql, values).await.map(drop)
    }

    /// Ends a share; nothing happens when there is none.
    pub async fn image_share_delete(&mut self, image_id: &str, account: &Account) -> Result<()> {
        let sql = "DELETE FROM image_shares WHERE image_id = $1 AND account = $2";
        self.execute("end a share", sql, values![image_id, account]).await.map(drop)
    }

    /// Ends all shares of an image.
    pub async fn image_shares_delete(&mut self, image_id: &str) -> Result<()> {
        let sql = "DELETE FROM image_shares WHERE image_id = $1";
        self.execute("end the shares of an image", sql, values![image_id]).await.map(drop)
    }
}
