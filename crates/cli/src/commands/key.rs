use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use crypto::asymmetric::PublicKey;
use kms::{AliasName, IfInUse, KeyRef, NewKey};

use crate::args::{AliasCommand, CreateKeyArgs, ImportArgs, KeyArgs, KeyCommand, VersionCommand};
use crate::keys::{self, KeyView, Keys, WrappedMaterial, WrappingParameters};
use crate::remote::Server;
use crate::store::Store;
use crate::{output, private_file};

/// Longest material file that is looked at.
const MATERIAL_BYTES_MAX: usize = 4096;

pub(crate) fn run(args: KeyArgs, store: &Store, server: Server) -> Result<ExitCode> {
    let keys = keys::open(store, server, &args.region)?;
    let keys = keys.as_ref();
    match args.command {
        KeyCommand::Create(args) => create(keys, args)?,
        KeyCommand::Import(args) => import(keys, &args)?,
        KeyCommand::List(args) => list(keys, args.json)?,
        KeyCommand::Show { key, output } => show(keys, &key.parse()?, output.json)?,
        KeyCommand::Enable { key } => say_state(&keys.enable(&key.parse()?)?),
        KeyCommand::Disable { key, force } => say_state(&keys.disable(&key.parse()?, if_in_use(force))?),
        KeyCommand::Alias(command) => alias(keys, command)?,
        KeyCommand::ScheduleDeletion { key, days, force } => {
            let key = keys.schedule_deletion(&key.parse()?, days, if_in_use(force))?;
            let date = key.delete_date.unwrap_or_default();
            output::line(&format!(
                "{}: {}, may be destroyed from {date} on (`reseal key destroy-due`, or a server by itself)",
                key.key_id, key.key_state
            ));
        }
        KeyCommand::CancelDeletion { key } => say_state(&keys.cancel_deletion(&key.parse()?)?),
        KeyCommand::DestroyDue => {
            for key in keys.destroy_due()? {
                output::line(&format!("{key}: destroyed"));
            }
        }
        KeyCommand::Version(command) => version(keys, command)?,
        KeyCommand::Rotation { key, every } => {
            let key = keys.set_rotation(&key.parse()?, every)?;
            let interval = key.rotation_interval.as_deref().unwrap_or("never");
            output::line(&format!("{}: new version by itself: {interval}", key.key_id));
        }
        KeyCommand::Usage { key, output } => usage(keys, &key.parse()?, output.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn create(keys: &dyn Keys, args: CreateKeyArgs) -> Result<()> {
    let key = keys.create(&NewKey {
        spec: args.spec,
        usage: args.usage,
        origin: args.origin,
        description: args.description,
        alias: args.alias.as_deref().map(alias_name).transpose()?,
        rotation: args.rotation,
        ..NewKey::default()
    })?;
    if args.output.json {
        return output::json(&key);
    }
    output::line(&key.key_id);
    Ok(())
}

/// Asks for a wrapping key, wraps the material and brings it. The material is nowhere but in locked memory.
fn import(keys: &dyn Keys, args: &ImportArgs) -> Result<()> {
    let key: KeyRef = args.key.parse()?;
    let material = private_file::read(&args.material, MATERIAL_BYTES_MAX)?;
    if !matches!(material.len(), 16 | 32) {
        bail!(
            "{} holds {} bytes; material is 32 bytes of AES-256 or 16 of SM4, without a line feed",
            args.material.display(),
            material.len()
        );
    }
    let WrappingParameters { public_key, import_token } =
        keys.import_parameters(&key, args.algorithm, args.wrapping_key_spec)?;
    let public_key = PublicKey::from_spki(&public_key).context("the wrapping key cannot be used")?;
    let encrypted = public_key.encrypt(args.algorithm, material.expose())?;
    say_state(&keys.import(&key, &WrappedMaterial { encrypted, import_token, expires_at: args.expires })?);
    Ok(())
}

fn list(keys: &dyn Keys, json: bool) -> Result<()> {
    let views = keys.list()?;
    if json {
        return output::json(&views);
    }
    let row = |v: KeyView| vec![v.key_id, v.key_state, v.aliases.join(", "), v.creation_date, v.description];
    output::table(&["key id", "state", "aliases", "created", "description"], views.into_iter().map(row));
    Ok(())
}

fn show(keys: &dyn Keys, key: &KeyRef, json: bool) -> Result<()> {
    let view = keys.show(key)?;
    if json {
        return output::json(&view);
    }
    let rows = [
        ("key id", view.key_id),
        ("arn", view.arn),
        ("state", view.key_state),
        ("spec", view.key_spec),
        ("usage", view.key_usage),
        ("origin", view.origin),
        ("aliases", view.aliases.join(", ")),
        ("description", view.description),
        ("service", view.service),
        ("created", view.creation_date),
        ("rotated every", view.rotation_interval.unwrap_or_default()),
        ("expires at", view.material_expire_time.unwrap_or_default()),
        ("destroyed at", view.delete_date.unwrap_or_default()),
    ];
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        output::line(&format!("{:<15}{value}", format!("{name}:")));
    }
    Ok(())
}

fn alias(keys: &dyn Keys, command: AliasCommand) -> Result<()> {
    match command {
        AliasCommand::Create { name, key } => keys.create_alias(&alias_name(&name)?, &key.parse()?),
        AliasCommand::Update { name, key } => keys.update_alias(&alias_name(&name)?, &key.parse()?),
        AliasCommand::Delete { name } => keys.delete_alias(&alias_name(&name)?),
        AliasCommand::List(args) => {
            let rows = keys.aliases()?;
            if args.json {
                return output::json(&rows);
            }
            output::table(&["alias", "key id"], rows.into_iter().map(Vec::from));
            Ok(())
        }
    }
}

fn version(keys: &dyn Keys, command: VersionCommand) -> Result<()> {
    match command {
        VersionCommand::Create { key, output } => {
            let made = keys.create_version(&key.parse()?)?;
            if output.json {
                return output::json(&made);
            }
            output::line(&made.key_version_id);
        }
        VersionCommand::List { key, output } => {
            let versions = keys.versions(&key.parse()?)?;
            if output.json {
                return output::json(&versions);
            }
            let rows = versions.into_iter().map(|version| vec![version.key_version_id, version.creation_date]);
            output::table(&["version", "created"], rows);
        }
    }
    Ok(())
}

fn usage(keys: &dyn Keys, key: &KeyRef, json: bool) -> Result<()> {
    let images = keys.usage(key)?;
    if json {
        return output::json(&images);
    }
    let rows = images.into_iter().map(|image| vec![image.image, image.sealed_at, image.mode, image.path]);
    output::table(&["image", "sealed", "mode", "path"], rows);
    Ok(())
}

fn say_state(key: &KeyView) {
    output::line(&format!("{}: {}", key.key_id, key.key_state));
}

fn alias_name(name: &str) -> kms::Result<AliasName> {
    if name.starts_with("alias/") { name.parse() } else { format!("alias/{name}").parse() }
}

fn if_in_use(force: bool) -> IfInUse {
    if force { IfInUse::Proceed } else { IfInUse::Refuse }
}
