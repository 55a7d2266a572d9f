//! An instance as the pages show it.

use serde_json::{Value, json};

use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::shown::{Time, list, number, text};
use crate::visit::Visit;

texts! {
    /// Words for what an instance is.
    InstanceTexts {
        pending: "Pending" | "创建中";
        starting: "Starting" | "启动中";
        running: "Running" | "运行中";
        stopping: "Stopping" | "停止中";
        stopped: "Stopped" | "已停止";
        locked: "Key not usable" | "密钥不可用";
        encrypted: "Encrypted" | "已加密";
        plain: "Not encrypted" | "未加密";
    }
}

/// What DescribeInstances says of one.
pub(super) struct Instance {
    pub(super) texts: &'static InstanceTexts,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) status: String,
    pub(super) image: String,
    pub(super) kind: String,
    pub(super) cpu: u64,
    pub(super) memory_mib: u64,
    pub(super) key_pair: String,
    pub(super) is_encrypted: bool,
    pub(super) is_protected: bool,
    pub(super) created: Time,
    /// Of the last start.
    pub(super) started: Time,
    /// Addresses in the guest's network.
    pub(super) addresses: Vec<String>,
    /// `127.0.0.1:40000 → 22`.
    pub(super) forwards: Vec<String>,
    /// Why it stopped unasked.
    pub(super) failure: String,
    pub(super) locks: Vec<Lock>,
}

/// A key that keeps an instance from being started.
pub(super) struct Lock {
    pub(super) key: String,
    /// Empty for a key that is gone.
    pub(super) state: String,
    /// In the API's words.
    pub(super) reason: String,
}

impl Instance {
    pub(super) fn read(found: &Value, texts: &'static InstanceTexts) -> Self {
        let field = |name| text(found, name);
        let own = &found["Reseal"];
        let addresses = list(&found["VpcAttributes"], "PrivateIpAddress", "IpAddress");
        Self {
            texts,
            id: field("InstanceId"),
            name: field("InstanceName"),
            description: field("Description"),
            status: field("Status"),
            image: field("ImageId"),
            kind: field("InstanceType"),
            cpu: number(found, "Cpu"),
            memory_mib: number(found, "Memory"),
            key_pair: field("KeyPairName"),
            is_encrypted: own["Encrypted"] == true,
            is_protected: found["DeletionProtection"] == true,
            created: Time::of(found, "CreationTime"),
            started: Time::of(found, "StartTime"),
            addresses: addresses.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            forwards: list(own, "Forwards", "Forward").iter().map(forward).collect(),
            failure: text(own, "Failure"),
            locks: list(own, "Locks", "Lock").iter().map(lock).collect(),
        }
    }

    /// The status in the visitor's language.
    pub(super) fn state(&self) -> &str {
        match self.status.as_str() {
            "Pending" => self.texts.pending,
            "Starting" => self.texts.starting,
            "Running" => self.texts.running,
            "Stopping" => self.texts.stopping,
            "Stopped" => self.texts.stopped,
            other => other,
        }
    }

    /// Class of the status' chip.
    pub(super) fn chip(&self) -> &'static str {
        match self.status.as_str() {
            "Running" => "good",
            "Stopped" => "",
            _ => "busy",
        }
    }

    /// Its name, or its id for one that has none.
    pub(super) fn shown_name(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    pub(super) fn is(&self, status: &str) -> bool {
        self.status == status
    }
}

/// The instance of an id, if there is one in the region of the page.
pub(super) async fn instance_of(visit: &Visit, id: &str) -> Result<Option<Instance>, Refusal> {
    let ids = json!([id]).to_string();
    let answer = visit.call(Product::Ecs, "DescribeInstances", &[("InstanceIds", &ids)]).await?;
    let texts = InstanceTexts::of(visit.language);
    Ok(list(&answer, "Instances", "Instance").first().map(|found| Instance::read(found, texts)))
}

fn forward(found: &Value) -> String {
    let [address, port, guest] = ["HostAddress", "HostPort", "GuestPort"].map(|name| text(found, name));
    format!("{address}:{port} → {guest}")
}

fn lock(found: &Value) -> Lock {
    Lock { key: text(found, "KMSKeyId"), state: text(found, "KeyState"), reason: text(found, "Reason") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    /// What the pages decide by is read from where the API says it, and what it leaves out is empty.
    #[test]
    fn an_instance_is_read_from_its_description() {
        let mut found = json!({
            "InstanceId": "i-1", "InstanceName": "", "Status": "Running", "Cpu": 2, "Memory": 4096, "DeletionProtection": true,
            "CreationTime": "2026-11-28T10:00Z", "StartTime": "",
            "VpcAttributes": { "PrivateIpAddress": { "IpAddress": ["10.0.2.15"] } },
            "Reseal": {
                "Encrypted": true,
                "Locks": { "Lock": [{ "KMSKeyId": "k-1", "KeyState": "Disabled", "Reason": "key k-1 is Disabled" }] },
                "Forwards": { "Forward": [{ "HostAddress": "127.0.0.1", "HostPort": 40000, "GuestPort": 22 }] },
            },
        });
        let texts = InstanceTexts::of(Language::English);
        let instance = Instance::read(&found, texts);
        assert_eq!((instance.shown_name(), instance.state(), instance.chip()), ("i-1", "Running", "good"));
        assert!(
            instance.is_encrypted
                && instance.is_protected
                && instance.started.is_empty()
                && instance.failure.is_empty()
        );
        assert_eq!(
            (instance.addresses, instance.forwards),
            (vec!["10.0.2.15".to_owned()], vec!["127.0.0.1:40000 → 22".to_owned()])
        );
        assert_eq!((instance.locks[0].key.as_str(), instance.locks[0].state.as_str()), ("k-1", "Disabled"));
        for (status, word, chip) in
            [("Stopped", "Stopped", ""), ("Stopping", "Stopping", "busy"), ("Odd", "Odd", "busy")]
        {
            found["Status"] = status.into();
            let instance = Instance::read(&found, texts);
            assert_eq!((instance.state(), instance.chip()), (word, chip));
        }
        let bare = Instance::read(&json!({}), texts);
        assert!(!bare.is_encrypted && bare.locks.is_empty() && bare.forwards.is_empty());
    }
}
