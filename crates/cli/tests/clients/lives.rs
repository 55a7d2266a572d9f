//! What a client does with instances while the server is killed.

use std::process::ExitStatus;

use serde_json::Value;

use crate::caller::{Caller, Trouble, text};
use crate::kills::{Killed, live_with};
use crate::lab::{Lab, until};

/// A machine of the least size.
const TYPE: &str = "ecs.t5-lc2m1.nano";

/// Longest time that a machine takes to be what it was asked to be.
const CHANGE_S: u64 = 60;

/// What there is before: an image under a key, and an instance of it, which is Stopped.
pub(crate) struct Base {
    lab: Lab,
    image: String,
    key: String,
    instance: String,
}

/// One use of the API, as a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// A new instance runs.
    Run,
    /// The instance is started, and stopped.
    Stop,
    /// It is started, and rebooted.
    Reboot,
    /// Its system disk is replaced.
    Replace,
    /// It is deleted.
    Delete,
}

/// A life that is lived again and again from the same beginning.
pub(crate) struct Scenario<'a> {
    pub(crate) base: &'a Base,
    pub(crate) life: Life,
}

impl Base {
    /// Ends orderly, so that a copy of it is whole.
    pub(crate) fn new() -> Self {
        let lab = Lab::in_memory(17);
        let server = lab.serve();
        let caller = Caller::new(&server);
        let plain = caller.import(&["disk.raw"]);
        let key = caller.create_key();
        let image = caller.copy(&plain, &[("Encrypted", "true"), ("KMSKeyId", &key)]);
        caller.delete(&plain);
        let made = caller.ecs("CreateInstance", &[("ImageId", &image), ("InstanceType", TYPE)]).expect("an instance");
        let instance = text(&made["InstanceId"]).to_owned();
        server.stop();
        Self { lab, image, key, instance }
    }

    /// Lives against a server that may end at any moment. Returns what it answered.
    fn live(&self, life: Life, caller: &Caller) -> Vec<Value> {
        let own = ("InstanceId", self.instance.as_str());
        let image = ("ImageId", self.image.as_str());
        let calls = match life {
            Life::Run => vec![("RunInstances", vec![image, ("InstanceType", TYPE)])],
            Life::Stop => vec![("StartInstance", vec![own]), ("StopInstance", vec![own, ("ForceStop", "true")])],
            Life::Reboot => vec![("StartInstance", vec![own]), ("RebootInstance", vec![own])],
            Life::Replace => vec![("ReplaceSystemDisk", vec![own, image])],
            Life::Delete => vec![("DeleteInstance", vec![own])],
        };
        let mut answers = Vec::new();
        for (action, given) in &calls {
            match caller.ecs(action, given) {
                Ok(answer) => answers.push(answer),
                Err(Trouble::Gone) => return answers,
                Err(refused) => panic!("{life:?}: {action}: {refused:?}"),
            }
        }
        if life == Life::Reboot {
            // It goes on behind its answer, until it runs or the server is gone.
            let is_over = || self.status(caller).is_none_or(|status| status == "Running");
            assert!(until(CHANGE_S, is_over), "a reboot has no end");
        }
        answers
    }

    /// The status of the instance; `None` if nobody answers.
    fn status(&self, caller: &Caller) -> Option<String> {
        let answer = caller.ecs("DescribeInstances", &[("InstanceIds", &format!("[\"{}\"]", self.instance))]).ok()?;
        Some(text(&answer["Instances"]["Instance"][0]["Status"]).to_owned())
    }

    /// What is there is whole, as soon as nothing is on its way: returns the instances.
    fn settled(&self, lab: &Lab, caller: &Caller, what: &str) -> Vec<Value> {
        let (mut found, mut trouble) = (Vec::new(), String::new());
        let is_settled = until(CHANGE_S, || {
            found = instances(caller);
            trouble = self.trouble(lab, caller, &found);
            trouble.is_empty()
        });
        assert!(is_settled, "{what}: {trouble}");
        found
    }

    /// What does not fit together of instances, machines, files, and uses of the key; empty if all does.
    fn trouble(&self, lab: &Lab, caller: &Caller, found: &[Value]) -> String {
        let mut ids: Vec<&str> = found.iter().map(|one| text(&one["InstanceId"])).collect();
        ids.sort_unstable();
        let directories: Vec<String> =
            lab.names("instances").into_iter().filter(|name| name.starts_with("i-")).collect();
        if directories != ids {
            return format!("instances {ids:?}, directories {directories:?}");
        }
        for one in found {
            let (id, status) = (text(&one["InstanceId"]), text(&one["Status"]));
            let machines = lab.machines(id).len();
            if machines != usize::from(status == "Running") || !["Running", "Stopped"].contains(&status) {
                return format!("{id} is {status}, and {machines} machines run");
            }
            let files = lab.names(&format!("instances/{id}/disks"));
            let disks = disks(caller, id);
            if files != disks.iter().map(|disk| format!("{disk}.qcow2")).collect::<Vec<_>>() || disks.len() != 1 {
                return format!("{id}: disks {disks:?}, files {files:?}");
            }
        }
        // The image and each disk have a LUKS header that is kept; the key opens the image, and of each disk what it is and lies on.
        let (headers, uses) = (lab.names("headers").len(), self.uses_of_key(caller));
        if (headers, uses) != (1 + ids.len(), 1 + 2 * ids.len() as u64) {
            return format!("{} instances, {headers} headers, {uses} uses of the key", ids.len());
        }
        String::new()
    }

    fn uses_of_key(&self, caller: &Caller) -> u64 {
        caller.kms("ListKeyUsage", &[("KeyId", &self.key)])["TotalCount"].as_u64().expect("a number")
    }

    /// The instance starts and stops, whatever happened before, and the account can delete everything: nothing stays.
    fn must_work(&self, lab: &Lab, caller: &Caller, what: &str) {
        let done = |action, given: &[(&str, &str)]| {
            caller.ecs(action, given).unwrap_or_else(|trouble| panic!("{what}: then {action}: {trouble:?}"));
        };
        let stopped = instances(caller).into_iter().find(|one| one["Status"] == "Stopped");
        if let Some(id) = stopped.as_ref().map(|one| text(&one["InstanceId"])) {
            done("StartInstance", &[("InstanceId", id)]);
            done("StopInstance", &[("InstanceId", id), ("ForceStop", "true")]);
        }
        for one in instances(caller) {
            done("DeleteInstance", &[("InstanceId", text(&one["InstanceId"])), ("Force", "true")]);
        }
        assert!(self.settled(lab, caller, what).is_empty(), "{what}");
    }

    /// The instances are what the client was told; of a call that was not answered, all or nothing.
    fn must_fit(&self, life: Life, answers: &[Value], found: &[Value], caller: &Caller, what: &str) {
        let (own, others): (Vec<&Value>, Vec<&Value>) =
            found.iter().partition(|one| one["InstanceId"] == *self.instance);
        let status = own.first().map(|one| text(&one["Status"]));
        match (life, answers) {
            (Life::Run, [run]) => {
                assert!(others.len() == 1 && others[0]["Status"] == "Running", "{what}: {others:?}");
                assert_eq!(run["InstanceIdSets"]["InstanceIdSet"][0], others[0]["InstanceId"], "{what}");
            }
            (Life::Run, _) => assert!(others.iter().all(|one| one["Status"] == "Running"), "{what}: {others:?}"),
            (Life::Stop, [_, _]) => assert_eq!(status, Some("Stopped"), "{what}"),
            (Life::Reboot, [_, ..]) => assert_eq!(status, Some("Running"), "{what}"),
            (Life::Replace, [replaced]) => {
                assert_eq!(disks(caller, &self.instance), [text(&replaced["DiskId"])], "{what}");
            }
            (Life::Delete, [_]) => assert_eq!(status, None, "{what}"),
            _ => {}
        }
        assert!(status.is_some() || life == Life::Delete, "{what}: the instance is gone");
        assert!(others.len() <= usize::from(life == Life::Run), "{what}: {others:?}");
    }
}

impl Killed for Scenario<'_> {
    type Lab = Lab;
    type Told = Vec<Value>;

    fn name(&self) -> String {
        format!("{:?}", self.life)
    }

    fn lab(&self) -> Lab {
        Lab::like(&self.base.lab)
    }

    fn run(&self, lab: &Lab, strace: &[&str], _: &str) -> (ExitStatus, Vec<Value>) {
        let serving = lab.serving(lab.place.traced(strace));
        let (status, answers) = live_with(serving, |server| self.base.live(self.life, &Caller::new(server)));
        (status, answers.unwrap_or_default())
    }

    fn judge(&self, lab: Lab, answers: Vec<Value>, what: &str) {
        let server = lab.serve();
        let caller = Caller::new(&server);
        let found = self.base.settled(&lab, &caller, what);
        self.base.must_fit(self.life, &answers, &found, &caller, what);
        self.base.must_work(&lab, &caller, what);
        let log = server.stop();
        assert!(!log.contains("panicked"), "{what}: {log}");
    }
}

/// All instances of the region.
fn instances(caller: &Caller) -> Vec<Value> {
    let mut answer = caller.ecs("DescribeInstances", &[("PageSize", "100")]).expect("a list");
    answer["Instances"]["Instance"].as_array_mut().expect("a list").drain(..).collect()
}

/// Ids of the disks of an instance.
fn disks(caller: &Caller, instance: &str) -> Vec<String> {
    let answer = caller.ecs("DescribeDisks", &[("InstanceId", instance)]).expect("a list");
    let mut ids: Vec<String> = answer["Disks"]["Disk"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|disk| text(&disk["DiskId"]).to_owned())
        .collect();
    ids.sort_unstable();
    ids
}
