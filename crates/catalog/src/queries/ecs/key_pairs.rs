use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Scope;
use crate::page::{Page, PageRequest};
use crate::queries::ids::of_ids;
use crate::read::Read;
use crate::writer::Write;

/// An SSH key of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPairRecord {
    /// `ssh-…`
    pub id: String,
    /// Owner and region.
    pub scope: Scope,
    /// Unique in its scope.
    pub name: String,
    /// The line of `authorized_keys`.
    pub public_key: String,
    /// MD5 of the public half, as RFC 4716 writes it.
    pub fingerprint: String,
    /// When it was made or imported.
    pub created_at: Timestamp,
}

/// Which pairs are wanted. Texts that are empty stand for any.
#[derive(Debug, Clone, Default)]
pub struct KeyPairFilter {
    /// Name; a `*` at its end stands for any rest, one at its beginning for any beginning.
    pub name: String,
    /// Fingerprint.
    pub fingerprint: String,
}

impl KeyPairRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            scope: row.scope()?,
            name: row.value("name")?,
            public_key: row.value("public_key")?,
            fingerprint: row.value("fingerprint")?,
            created_at: row.time("created_at")?,
        })
    }
}

macro_rules! filtered {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM key_pairs WHERE account = $1 AND region = $2 AND ($3 = '' OR fingerprint = $3)
                AND ($4 = '' OR name = $4)
                AND ($5 = '' OR substr(name, 1, length($5)) = $5)
                AND ($6 = '' OR substr(name, length(name) - length($6) + 1) = $6)",
            $rest
        )
    };
}

impl Read<'_> {
    /// The pair of this name.
    pub async fn key_pair_by_name(&mut self, name: &str, scope: &Scope) -> Result<Option<KeyPairRecord>> {
        let sql = "SELECT * FROM key_pairs WHERE account = $1 AND region = $2 AND name = $3";
        let values = values![&scope.account, &scope.region, name];
        self.record("read a key pair", sql, values, KeyPairRecord::from_row).await
    }

    /// Pairs of an account in a region, by name.
    pub async fn key_pairs_page(
        &mut self,
        filter: &KeyPairFilter,
        scope: &Scope,
        page: PageRequest,
    ) -> Result<Page<KeyPairRecord>> {
        let (name, begin, end) = match (filter.name.strip_suffix('*'), filter.name.strip_prefix('*')) {
            (Some(begin), _) => ("", begin, ""),
            (None, Some(end)) => ("", "", end),
            (None, None) => (filter.name.as_str(), "", ""),
        };
        let count = filtered!("SELECT count(*) AS n", "");
        let list = filtered!("SELECT *", " ORDER BY name LIMIT $7 OFFSET $8");
        let values = values![&scope.account, &scope.region, &filter.fingerprint, name, begin, end];
        self.page("list key pairs", (count, list), values, page, KeyPairRecord::from_row).await
    }

    /// Number of pairs of an account in a region.
    pub async fn key_pairs_count(&mut self, scope: &Scope) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM key_pairs WHERE account = $1 AND region = $2";
        self.count("count key pairs", sql, values![&scope.account, &scope.region]).await
    }

    /// Names of the pairs that instances were given, each behind the id of its instance.
    pub async fn key_pairs_of_instances(&mut self, instance_ids: &[&str]) -> Result<Vec<(String, String)>> {
        let sql = of_ids!(
            "SELECT g.instance_id, p.name FROM key_pair_instances g JOIN key_pairs p ON p.id = g.key_pair_id
             WHERE g.instance_id",
            ""
        );
        let from_row = |row: &Row| Ok((row.value("instance_id")?, row.value("name")?));
        self.records_of_ids("read the key pairs of instances", sql, (instance_ids, values![]), from_row).await
    }
}

impl Write {
    /// Adds a pair. `false` when its name is taken.
    pub async fn key_pair_insert(&mut self, pair: &KeyPairRecord) -> Result<bool> {
        let sql = "INSERT INTO key_pairs (id, account, region, name, public_key, fingerprint, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        let KeyPairRecord { id, scope, name, public_key, fingerprint, created_at } = pair;
        let values = values![id, &scope.account, &scope.region, name, public_key, fingerprint, *created_at];
        Ok(self.execute("add a key pair", sql, values).await? == 1)
    }

    /// Forgets a pair; instances that were given it have none then.
    pub async fn key_pair_delete(&mut self, id: &str) -> Result<()> {
        self.execute("forget a key pair", "DELETE FROM key_pairs WHERE id = $1", values![id]).await.map(drop)
    }

    /// Gives an instance a pair, in place of the one that it has.
    pub async fn key_pair_attach(&mut self, id: &str, instance_id: &str) -> Result<()> {
        let sql = "INSERT INTO key_pair_instances (instance_id, key_pair_id) VALUES ($1, $2)
                   ON CONFLICT (instance_id) DO UPDATE SET key_pair_id = excluded.key_pair_id";
        self.execute("give an instance a key pair", sql, values![instance_id, id]).await.map(drop)
    }

    /// Takes a pair from an instance. `false` when it has another or none.
    pub async fn key_pair_detach(&mut self, id: &str, instance_id: &str) -> Result<bool> {
        let sql = "DELETE FROM key_pair_instances WHERE instance_id = $1 AND key_pair_id = $2";
        Ok(self.execute("take a key pair from an instance", sql, values![instance_id, id]).await? == 1)
    }
}
