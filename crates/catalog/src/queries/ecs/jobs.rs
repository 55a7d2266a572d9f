use jiff::Timestamp;

use crate::database::{Row, Value, values};
use crate::error::Result;
use crate::names::{Region, Scope};
use crate::page::{Page, PageRequest};
use crate::read::Read;
use crate::writer::Write;

/// A job that is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// `t-…`
    pub id: String,
    /// Owner and region.
    pub scope: Scope,
    /// The API's word.
    pub action: String,
    /// The image that it makes or reads.
    pub image_id: String,
    /// What to do, JSON.
    pub spec: String,
    /// The directory that its files lie in, by its name: the data directory of a server, or the directory of a host's instances. Empty: every
    /// server reaches them.
    pub place: String,
    /// When.
    pub created_at: Timestamp,
}

/// Work that goes on after its call was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// Its place in the order of arrival.
    pub sequence: u64,
    /// What it was recorded as.
    pub job: NewJob,
    /// `Waiting`, `Processing`, `Finished`, `Failed`, `Cancelled`.
    pub state: String,
    /// Percent.
    pub progress: u32,
    /// Of `Failed`: the code.
    pub failure_code: String,
    /// Of `Failed`: why, for people.
    pub failure: String,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl JobRecord {
    /// The API's word for its state: what waits is in process, and what was cancelled did not come to its end.
    #[must_use]
    pub fn task_status(&self) -> &'static str {
        match self.state.as_str() {
            "Finished" => "Finished",
            "Waiting" | "Processing" => "Processing",
            _ => "Failed",
        }
    }

    /// Code and text of one that did not come to its end; empty for others.
    #[must_use]
    pub fn failure(&self) -> (&str, &str) {
        match self.state.as_str() {
            "Cancelled" => ("TaskCancelled", "the task was cancelled"),
            _ => (&self.failure_code, &self.failure),
        }
    }

    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            sequence: row.count("sequence")?,
            job: NewJob {
                id: row.value("id")?,
                scope: row.scope()?,
                action: row.value("action")?,
                image_id: row.value("image_id")?,
                spec: row.value("spec")?,
                place: row.value("place")?,
                created_at: row.time("created_at")?,
            },
            state: row.value("state")?,
            progress: row.number("progress")?,
            failure_code: row.value("failure_code")?,
            failure: row.value("failure")?,
            finished_at: row.time_or_none("finished_at")?,
        })
    }
}

/// Which jobs are wanted. Texts are lists with commas between, and stand for any when they are empty.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Ids.
    pub ids: String,
    /// The API's words for what they do.
    pub actions: String,
    /// States.
    pub states: String,
    /// Images that they make or read.
    pub image_ids: String,
    /// From when on they were made.
    pub created_from: Option<Timestamp>,
    /// Until when.
    pub created_to: Option<Timestamp>,
}

macro_rules! filtered {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM jobs WHERE account = $1 AND region = $2
                AND ($3 = '' OR replace(',' || $3 || ',', ',' || id || ',', '') <> ',' || $3 || ',')
                AND ($4 = '' OR replace(',' || $4 || ',', ',' || action || ',', '') <> ',' || $4 || ',')
                AND ($5 = '' OR replace(',' || $5 || ',', ',' || state || ',', '') <> ',' || $5 || ',')
                AND ($6 = '' OR replace(',' || $6 || ',', ',' || image_id || ',', '') <> ',' || $6 || ',')
                AND ($7 IS NULL OR created_at >= $7) AND ($8 IS NULL OR created_at <= $8)",
            $rest
        )
    };
}

impl JobFilter {
    fn values(&self, scope: &Scope) -> Vec<Value> {
        values![
            &scope.account,
            &scope.region,
            &self.ids,
            &self.actions,
            &self.states,
            &self.image_ids,
            self.created_from,
            self.created_to,
        ]
    }
}

/// Who works on a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOwner {
    /// The process.
    pub worker: String,
    /// Its data directory, by its name.
    pub place: String,
}

impl Read<'_> {
    /// The job of this id.
    pub async fn job_by_id(&mut self, id: &str) -> Result<Option<JobRecord>> {
        self.record("read a job", "SELECT * FROM jobs WHERE id = $1", values![id], JobRecord::from_row).await
    }

    /// The job that makes an image, or made it.
    pub async fn job_that_makes(&mut self, image_id: &str) -> Result<Option<JobRecord>> {
        let sql = "SELECT * FROM jobs WHERE image_id = $1 AND action <> 'ExportImage' ORDER BY sequence DESC LIMIT 1";
        self.record("read a job", sql, values![image_id], JobRecord::from_row).await
    }

    /// Whether an image is being exported.
    pub async fn image_is_exported(&mut self, image_id: &str) -> Result<bool> {
        let sql = "SELECT count(*) AS n FROM jobs
                   WHERE image_id = $1 AND action = 'ExportImage' AND state IN ('Waiting', 'Processing')";
        Ok(self.count("look for an export", sql, values![image_id]).await? > 0)
    }

    /// Jobs of an account in a region, newest first.
    pub async fn jobs_page(&mut self, filter: &JobFilter, scope: &Scope, page: PageRequest) -> Result<Page<JobRecord>> {
        let count = filtered!("SELECT count(*) AS n", "");
        let list = filtered!("SELECT *", " ORDER BY sequence DESC LIMIT $9 OFFSET $10");
        self.page("list jobs", (count, list), filter.values(scope), page, JobRecord::from_row).await
    }

    /// Jobs of all accounts that are not over, in the order of arrival, at most 100 behind `sequence`.
    pub async fn jobs_unfinished_after(&mut self, sequence: u64) -> Result<Vec<JobRecord>> {
        let sql =
            "SELECT * FROM jobs WHERE state IN ('Waiting', 'Processing') AND sequence > $1 ORDER BY sequence LIMIT 100";
        self.records("list jobs", sql, values![sequence], JobRecord::from_row).await
    }

    /// Whether a job that ended at `since` or later names this blob among what it was to make.
    pub async fn blob_is_of_ended_job(&mut self, blob: &str, since: Timestamp) -> Result<bool> {
        let sql = "SELECT count(*) AS n FROM jobs WHERE finished_at >= $2 AND replace(spec, $1, '') <> spec";
        Ok(self.count("look for the job of a blob", sql, values![blob, since]).await? > 0)
    }

    /// Number of jobs of a region that wait or are worked on, of all accounts.
    pub async fn jobs_unfinished_count(&mut self, region: &Region) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM jobs WHERE region = $1 AND state IN ('Waiting', 'Processing')";
        self.count("count jobs", sql, values![region]).await
    }

    /// Number of jobs of a region that somebody works on at `now`.
    pub async fn jobs_owned_count(&mut self, region: &Region, now: Timestamp) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM jobs WHERE region = $1 AND state = 'Processing' AND owned_until > $2";
        self.count("count jobs", sql, values![region, now]).await
    }

    /// The first job of a region that nobody works on at `now` and that can be done in one of `places`: one that waits, or one whose worker is
    /// gone.
    pub async fn job_to_take(
        &mut self,
        region: &Region,
        places: [&str; 2],
        now: Timestamp,
    ) -> Result<Option<JobRecord>> {
        let sql = "SELECT * FROM jobs
                   WHERE region = $1 AND (state = 'Waiting' OR state = 'Processing' AND owned_until <= $2)
                   AND place IN ('', $3, $4) ORDER BY sequence LIMIT 1";
        self.record("look for work", sql, values![region, now, places[0], places[1]], JobRecord::from_row).await
    }
}

impl Write {
    /// Adds a job that waits.
    pub async fn job_insert(&mut self, job: &NewJob) -> Result<()> {
        let sql = "INSERT INTO jobs (id, account, region, action, image_id, state, spec, place, owner, owner_place,
                       owned_until, progress, failure_code, failure, created_at)
                   VALUES ($1, $2, $3, $4, $5, 'Waiting', $6, $7, '', '', 0, 0, '', '', $8)";
        let NewJob { id, scope, action, image_id, spec, place, created_at } = job;
        let values = values![id, &scope.account, &scope.region, action, image_id, spec, place, *created_at];
        self.execute("add a job", sql, values).await.map(drop)
    }

    /// Makes `owner` the worker of a job, or keeps it that, until `until`. `false` when the job is over, or another's at `now`.
    pub async fn job_own(&mut self, id: &str, owner: &JobOwner, until: Timestamp, now: Timestamp) -> Result<bool> {
        let sql = "UPDATE jobs SET state = 'Processing', owner = $2, owner_place = $3, owned_until = $4
                   WHERE id = $1 AND (state = 'Waiting' OR state = 'Processing' AND (owner = $2 OR owned_until <= $5))";
        Ok(self.execute("take a job", sql, values![id, &owner.worker, &owner.place, until, now]).await? == 1)
    }

    /// Lets a job go that is `owner`'s and not over, for whoever takes it next.
    pub async fn job_release(&mut self, id: &str, owner: &JobOwner) -> Result<()> {
        let sql = "UPDATE jobs SET owned_until = 0 WHERE id = $1 AND state = 'Processing' AND owner = $2";
        self.execute("let a job go", sql, values![id, &owner.worker]).await.map(drop)
    }

    /// Gives up the jobs of other workers of the same data directory: their processes are known to be gone.
    pub async fn jobs_disown_others(&mut self, owner: &JobOwner) -> Result<u64> {
        let sql = "UPDATE jobs SET owned_until = 0
                   WHERE state = 'Processing' AND owner_place = $2 AND owner <> $1 AND owned_until > 0";
        self.execute("free jobs", sql, values![&owner.worker, &owner.place]).await
    }

    /// Moves the progress of a job; it never goes back.
    pub async fn job_advance(&mut self, id: &str, progress: u32) -> Result<()> {
        let sql = "UPDATE jobs SET progress = $2 WHERE id = $1 AND state = 'Processing' AND progress < $2";
        self.execute("move the progress of a job", sql, values![id, progress]).await.map(drop)
    }

    /// Ends a job that is not over, in `state`: for `worker` its own only, for `None` anybody's. `false` when it is over already, or
    /// another has it by now.
    pub async fn job_end(
        &mut self,
        id: &str,
        worker: Option<&JobOwner>,
        state: &str,
        (failure_code, failure): (&str, &str),
        at: Timestamp,
    ) -> Result<bool> {
        let sql = "UPDATE jobs SET state = $2, failure_code = $3, failure = $4, finished_at = $5, owned_until = 0,
                       progress = CASE WHEN $2 = 'Finished' THEN 100 ELSE progress END
                   WHERE id = $1 AND state IN ('Waiting', 'Processing') AND ($6 = '' OR owner = $6)";
        let worker = worker.map_or("", |owner| owner.worker.as_str());
        Ok(self.execute("end a job", sql, values![id, state, failure_code, failure, at, worker]).await? == 1)
    }

    /// Forgets jobs that ended before `before`.
    pub async fn jobs_delete_before(&mut self, before: Timestamp) -> Result<u64> {
        let sql = "DELETE FROM jobs WHERE finished_at < $1";
        self.execute("forget jobs", sql, values![before]).await
    }
}
