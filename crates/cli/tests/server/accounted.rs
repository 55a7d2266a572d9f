//! The audit and the meters of a data directory, by the commands that show them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Deserializer, Value};

use crate::running::Place;

impl Place {
    /// The audit is whole and holds every answered call, and the meters have counted the calls that it holds. `what`: for messages.
    pub(crate) fn must_account_for(&self, answered: &[Value], what: &str) {
        self.must("audit verify", what);
        let records = self.records(what);
        let recorded: BTreeSet<&str> = records.iter().map(|record| text(record, "request_id")).collect();
        assert_eq!(recorded.len(), records.len(), "{what}: a call was written down twice");
        for id in answered {
            let id = id.as_str().expect("text");
            assert!(recorded.contains(id), "{what}: the answered call {id} is not in the audit");
        }
        assert_eq!(self.metered(&records, what), audited(&records), "{what}: the meters differ from the audit");
    }

    /// The audit.
    pub(crate) fn records(&self, what: &str) -> Vec<Value> {
        self.must("audit show --json", what)
    }

    /// Calls by action and outcome as the meters have them, of all months that the audit knows.
    fn metered(&self, records: &[Value], what: &str) -> BTreeMap<(String, String), u64> {
        let months: BTreeSet<&str> = records.iter().map(|record| &text(record, "time")[..7]).collect();
        let mut counts = BTreeMap::new();
        for month in months {
            let bill = self.must(&format!("billing --month {month} --json"), what);
            for row in bill[0]["calls"].as_array().expect("a list") {
                *counts.entry(kind(row)).or_default() += row["calls"].as_u64().expect("a number");
            }
        }
        counts
    }

    /// What a command prints, as JSON if it is.
    fn must(&self, words: &str, what: &str) -> Vec<Value> {
        let done = self.run(words);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{what}: {words}: {said}");
        Deserializer::from_slice(&done.stdout).into_iter().map_while(Result::ok).collect()
    }
}

fn audited(records: &[Value]) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for record in records.iter().filter(|record| text(record, "product") == "kms") {
        *counts.entry(kind(record)).or_default() += 1;
    }
    counts
}

fn kind(row: &Value) -> (String, String) {
    (text(row, "action").to_owned(), text(row, "outcome").to_owned())
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().expect("text")
}
