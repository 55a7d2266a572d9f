use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use ecs::{Encryption, NewDataDisk, NewInstances, NewSystemDisk};
use serde::Serialize;

use crate::args::{DataDisk, InstanceArgs, InstanceCommand, RunInstanceArgs};
use crate::images::{self, with_remedy};
use crate::instances::{self, AttachedDiskView, InstanceView, Instances, attach, find, wait_until};
use crate::output;
use crate::remote::Server;
use crate::store::Store;

pub(crate) fn run(args: InstanceArgs, store: &Store, server: Server) -> Result<ExitCode> {
    let opened = instances::open(store, server, args.region.region)?;
    let instances = opened.as_ref();
    match args.command {
        InstanceCommand::Run(args) => make(instances, &args)?,
        InstanceCommand::List { output } => list(instances, output.json)?,
        InstanceCommand::Show { instance, output } => {
            let found = find(instances, &instance)?;
            let disks = instances.attached_disks(&found.instance_id)?;
            show(found, disks, output.json)?;
        }
        InstanceCommand::Start { instance } => {
            let id = find(instances, &instance)?.instance_id;
            instances.start(&id).map_err(with_remedy)?;
            say(&wait_until(instances, &id, "Running")?);
        }
        InstanceCommand::Stop { instance, force, no_wait } => stop(instances, &instance, force, no_wait)?,
        InstanceCommand::Reboot { instance, force } => {
            let id = find(instances, &instance)?.instance_id;
            instances.reboot(&id, force).map_err(with_remedy)?;
            say(&wait_until(instances, &id, "Running")?);
        }
        InstanceCommand::Delete { instance, force } => {
            let id = find(instances, &instance)?.instance_id;
            instances.delete_instance(&id, force)?;
            output::line(&format!("{id}: deleted"));
        }
        InstanceCommand::Logs { instance } => logs(instances, &instance)?,
        InstanceCommand::Console { instance } => {
            let socket = console(instances, &instance, store)?;
            // Other commands may go on meanwhile.
            drop(opened);
            attach(&socket)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn make(instances: &dyn Instances, args: &RunInstanceArgs) -> Result<()> {
    let image = images::find(instances, &args.image, instances.region())?;
    let encryption = Encryption { encrypted: args.encrypt.then_some(true), key: args.key.clone() };
    let data_disk = |disk: &DataDisk| {
        let (size_gib, snapshot_id) = match disk {
            DataDisk::Empty { gib } => (Some(*gib), String::new()),
            DataDisk::Snapshot(id) => (None, id.clone()),
        };
        NewDataDisk { size_gib, snapshot_id, encryption: encryption.clone(), ..NewDataDisk::default() }
    };
    let new = NewInstances {
        image_id: image.image_id,
        instance_type: args.instance_type.clone(),
        name: args.name.clone(),
        description: args.description.clone(),
        host_name: String::new(),
        system_disk: NewSystemDisk {
            size_gib: args.disk_size,
            encryption: encryption.clone(),
            ..NewSystemDisk::default()
        },
        data_disks: args.data_disks.iter().map(data_disk).collect(),
        amount: args.amount,
        min_amount: None,
        key_pair: None,
        is_protected: args.protect,
        tags: Vec::new(),
    };
    let ids = instances.run(&new).map_err(with_remedy)?;
    let made = instances.instances(&ids.join(","))?;
    if args.json {
        return output::json(&made);
    }
    made.iter().for_each(say);
    Ok(())
}

fn say(instance: &InstanceView) {
    let how = if instance.encrypted { "encrypted" } else { "plain" };
    output::line(&format!("{}: {}, {how}, {}", instance.instance_id, instance.status, instance.instance_type));
}

fn stop(instances: &dyn Instances, named: &str, force: bool, no_wait: bool) -> Result<()> {
    let id = find(instances, named)?.instance_id;
    instances.stop(&id, force)?;
    if !no_wait {
        wait_until(instances, &id, "Stopped")?;
    }
    output::line(&format!("{id}: {}", if no_wait { "stopping" } else { "stopped" }));
    Ok(())
}

fn list(instances: &dyn Instances, json: bool) -> Result<()> {
    let views = instances.instances("")?;
    if json {
        return output::json(&views);
    }
    let row = |instance: InstanceView| {
        let status = match instance.locks.is_empty() {
            true => instance.status,
            false => format!("{} (key not usable)", instance.status),
        };
        let disks = if instance.encrypted { "encrypted" } else { "plain" }.to_owned();
        let (created, image) = (instance.creation_time, instance.image_id);
        vec![instance.instance_id, instance.name, status, instance.instance_type, disks, created, image]
    };
    output::table(
        &["instance id", "name", "status", "type", "disks", "created", "image id"],
        views.into_iter().map(row),
    );
    Ok(())
}

/// `show --json`.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    instance: InstanceView,
    disks: Vec<AttachedDiskView>,
}

fn show(instance: InstanceView, disks: Vec<AttachedDiskView>, json: bool) -> Result<()> {
    if json {
        return output::json(&Shown { instance, disks });
    }
    let rows = [
        ("instance id", instance.instance_id.as_str()),
        ("name", &instance.name),
        ("description", &instance.description),
        ("region", &instance.region),
        ("status", &instance.status),
        ("failure", &instance.failure),
        ("type", &format!("{}: {} CPU, {} MiB", instance.instance_type, instance.cpu, instance.memory_mib)),
        ("image", &instance.image_id),
        ("created", &instance.creation_time),
        ("started", &instance.start_time),
        ("key pair", &instance.key_pair),
        ("protected", if instance.protected { "from deletion" } else { "" }),
    ];
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        output::line(&format!("{:<15}{value}", format!("{name}:")));
    }
    for lock in &instance.locks {
        output::line(&format!("{:<15}{}", "not startable:", lock.reason));
    }
    for forward in &instance.forwards {
        let host = format!("{}:{}", forward.host_address, forward.host_port);
        output::line(&format!("{:<15}{host} leads to port {} of the guest", "port:", forward.guest_port));
    }
    for disk in &disks {
        let key = match disk.key_id.is_empty() {
            true => "plain".to_owned(),
            false => format!("key {} version {}", disk.key_id, disk.key_version_id),
        };
        let size = output::size(disk.virtual_bytes);
        let name = format!("{}:", disk.device);
        output::line(&format!("{name:<15}{}, {}, {size}, {key}", disk.disk_id, disk.kind));
    }
    Ok(())
}

/// What a guest wrote, as it is; on a terminal without what would control that.
fn logs(instances: &dyn Instances, named: &str) -> Result<()> {
    let id = find(instances, named)?.instance_id;
    let mut said = instances.console_output(&id)?;
    let mut out = std::io::stdout().lock();
    if out.is_terminal() {
        said = without_controls(&said).into_bytes();
    }
    out.write_all(&said)?;
    out.flush()?;
    Ok(())
}

/// Text without what controls a terminal, of both kinds: C0, and C1, which UTF-8 writes in two bytes.
fn without_controls(said: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(said).into_owned();
    text.retain(|c| matches!(c, '\n' | '\t') || !c.is_control());
    text
}

fn console(instances: &dyn Instances, named: &str, store: &Store) -> Result<PathBuf> {
    let found = find(instances, named)?;
    if found.status != "Running" {
        let id = &found.instance_id;
        bail!(
            "instance {id} is {}, and a console needs a running one; `reseal instance start {id}` starts it",
            found.status
        );
    }
    instances.console_socket(&found.instance_id, store)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No guest writes to a terminal what it takes for a command, and text stays.
    #[test]
    fn what_controls_a_terminal_is_left_out() {
        let said = "\u{1b}[2Jgrün\t1\r\n\u{9b}31m\u{7f}\u{85}日本\0".as_bytes();
        assert_eq!(without_controls(said), "[2Jgrün\t1\n31m日本");
        assert_eq!(without_controls(b"a\x9b31mb"), "a\u{fffd}31mb", "a byte alone is no character");
    }
}
