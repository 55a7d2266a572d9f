use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::queries::ids::of_ids;
use crate::read::Read;

/// Who has to do with an image besides its owner's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUse {
    /// The image.
    pub image_id: String,
    /// Whether it is shared with other accounts.
    pub is_shared: bool,
    /// Whether a disk of an instance of the account that asks is made of it.
    pub is_used: bool,
}

impl ImageUse {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { image_id: row.value("id")?, is_shared: row.truth("is_shared")?, is_used: row.truth("is_used")? })
    }
}

impl Read<'_> {
    /// What is done with images, by the instances of `account` among others. Those that are not there are left out.
    pub async fn images_uses(&mut self, image_ids: &[&str], account: &Account) -> Result<Vec<ImageUse>> {
        // PostgreSQL counts in eight bytes, and makes four of a number that is written down.
        let sql = of_ids!(
            "SELECT i.id,
                 (SELECT count(*) FROM (SELECT 1 FROM image_shares h WHERE h.image_id = i.id LIMIT 1) AS a) AS is_shared,
                 (SELECT count(*) FROM (SELECT 1 FROM disks u WHERE u.image_id = i.id AND u.account = $101 LIMIT 1) AS b)
                     AS is_used
             FROM images i WHERE i.id",
            ""
        );
        self.records_of_ids("look for users of images", sql, (image_ids, values![account]), ImageUse::from_row).await
    }
}
