use jiff::Timestamp;

use super::groups::GroupRecord;
use super::users::UserRecord;
use crate::database::values;
use crate::error::Result;
use crate::page::{AfterName, Listed};
use crate::read::Read;
use crate::writer::Write;

impl Read<'_> {
    /// Users of a group, by name.
    pub async fn users_of_group(&mut self, group_id: &str, after: &AfterName) -> Result<Listed<UserRecord>> {
        let sql = "SELECT users.* FROM group_members JOIN users ON users.id = group_members.user_id
                   WHERE group_id = $1 AND name > $2 ORDER BY name LIMIT $3";
        let values = values![group_id, after.name(), after.limit()];
        let found = self.records("list the users of a group", sql, values, UserRecord::from_row).await?;
        Ok(after.listed(found, |user| user.name.clone()))
    }

    /// Groups of a user, by name.
    pub async fn groups_of_user(&mut self, user_id: &str, after: &AfterName) -> Result<Listed<GroupRecord>> {
        let sql = "SELECT user_groups.* FROM group_members JOIN user_groups ON user_groups.id = group_members.group_id
                   WHERE user_id = $1 AND name > $2 ORDER BY name LIMIT $3";
        let values = values![user_id, after.name(), after.limit()];
        let found = self.records("list the groups of a user", sql, values, GroupRecord::from_row).await?;
        Ok(after.listed(found, |group| group.name.clone()))
    }
}

impl Write {
    /// Puts a user into a group. `false` when it is in there already.
    pub async fn group_member_insert(&mut self, user_id: &str, group_id: &str, joined_at: Timestamp) -> Result<bool> {
        let sql = "INSERT INTO group_members (group_id, user_id, joined_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        Ok(self.execute("add a user to a group", sql, values![group_id, user_id, joined_at]).await? == 1)
    }

    /// Takes a user out of a group. `false` when it is not in there.
    pub async fn group_member_delete(&mut self, user_id: &str, group_id: &str) -> Result<bool> {
        let sql = "DELETE FROM group_members WHERE group_id = $1 AND user_id = $2";
        Ok(self.execute("take a user out of a group", sql, values![group_id, user_id]).await? == 1)
    }
}
