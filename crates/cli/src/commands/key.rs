use std::process::ExitCode;

use anyhow::Result;
use kms::{AliasName, IfInUse, KeyFilter, KeyRecord, KeyRef, NewKey, PageRequest};
use serde::Serialize;

use crate::args::{AliasCommand, KeyCommand};
use crate::output;
use crate::store::{OpenStore, Store};

/// Rows that are asked for at once.
const PAGE_ROWS: u32 = 100;

/// A key as `--json` prints it; names as in the KMS API.
#[derive(Serialize)]
struct KeyView {
    key_id: String,
    arn: String,
    key_state: String,
    key_spec: String,
    aliases: Vec<String>,
    description: String,
    /// Empty for a key that a user made.
    service: String,
    creation_date: String,
    delete_date: Option<String>,
}

/// An image under a key, as `--json` prints it.
#[derive(Serialize)]
struct ImageView {
    image: String,
    path: String,
    mode: String,
    sealed_at: String,
}

pub(crate) fn run(command: KeyCommand, store: &Store) -> Result<ExitCode> {
    let (store, _lock) = store.open_alone()?;
    match command {
        KeyCommand::Create { alias, description, output } => {
            let alias = alias.map(|name| alias_name(&name)).transpose()?;
            let key = store.wait(store.kms.create_key(
                &NewKey { description, alias, ..NewKey::default() },
                &store.permit,
                &store.scope,
            ))?;
            if output.json {
                output::json(&view(&store, &key)?)?;
            } else {
                output::line(&key.id.to_string());
            }
        }
        KeyCommand::List(args) => list(&store, args.json)?,
        KeyCommand::Show { key, output } => show(&store, &key, output.json)?,
        KeyCommand::Enable { key } => {
            let key = store.wait(store.kms.enable_key(&key.parse()?, &store.permit, &store.scope))?;
            output::line(&format!("{}: {}", key.id, key.state));
        }
        KeyCommand::Disable { key, force } => {
            let key =
                store.wait(store.kms.disable_key(&key.parse()?, if_in_use(force), &store.permit, &store.scope))?;
            output::line(&format!("{}: {}", key.id, key.state));
        }
        KeyCommand::Alias(command) => alias(&store, command)?,
        KeyCommand::ScheduleDeletion { key, days, force } => {
            let key = key.parse()?;
            let key = store.wait(store.kms.schedule_key_deletion(
                &key,
                days,
                if_in_use(force),
                &store.permit,
                &store.scope,
            ))?;
            let date = key.delete_at.map(output::time).unwrap_or_default();
            output::line(&format!(
                "{}: {}, may be destroyed from {date} on (`reseal key destroy-due`)",
                key.id, key.state
            ));
        }
        KeyCommand::CancelDeletion { key } => {
            let key = store.wait(store.kms.cancel_key_deletion(&key.parse()?, &store.permit, &store.scope))?;
            output::line(&format!("{}: {}", key.id, key.state));
        }
        KeyCommand::DestroyDue => {
            for key in store.wait(store.kms.destroy_due_keys())? {
                output::line(&format!("{key}: destroyed"));
            }
        }
        KeyCommand::Usage { key, output } => usage(&store, &key.parse()?, output.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(store: &OpenStore, json: bool) -> Result<()> {
    let mut views = Vec::new();
    for key in pages(|page| store.wait(store.kms.list_keys(&KeyFilter::default(), page, &store.permit, &store.scope)))?
    {
        views.push(view(store, &key)?);
    }
    if json {
        return output::json(&views);
    }
    let row = |v: KeyView| vec![v.key_id, v.key_state, v.aliases.join(", "), v.creation_date, v.description];
    output::table(&["key id", "state", "aliases", "created", "description"], views.into_iter().map(row));
    Ok(())
}

fn show(store: &OpenStore, key: &str, json: bool) -> Result<()> {
    let key = store.wait(store.kms.describe_key(&key.parse()?, &store.permit, &store.scope))?;
    let view = view(store, &key)?;
    if json {
        return output::json(&view);
    }
    let rows = [
        ("key id", view.key_id),
        ("arn", view.arn),
        ("state", view.key_state),
        ("spec", view.key_spec),
        ("aliases", view.aliases.join(", ")),
        ("description", view.description),
        ("service", view.service),
        ("created", view.creation_date),
        ("destroyed at", view.delete_date.unwrap_or_default()),
    ];
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        output::line(&format!("{:<14}{value}", format!("{name}:")));
    }
    Ok(())
}

fn alias(store: &OpenStore, command: AliasCommand) -> Result<()> {
    match command {
        AliasCommand::Create { name, key } => {
            store.wait(store.kms.create_alias(&alias_name(&name)?, &key.parse()?, &store.permit, &store.scope))?;
        }
        AliasCommand::Update { name, key } => {
            store.wait(store.kms.update_alias(&alias_name(&name)?, &key.parse()?, &store.permit, &store.scope))?;
        }
        AliasCommand::Delete { name } => {
            store.wait(store.kms.delete_alias(&alias_name(&name)?, &store.permit, &store.scope))?
        }
        AliasCommand::List(args) => {
            let aliases = pages(|page| store.wait(store.kms.list_aliases(page, &store.permit, &store.scope)))?;
            let rows: Vec<_> = aliases.into_iter().map(|alias| vec![alias.name, alias.key_id.to_string()]).collect();
            if args.json {
                return output::json(&rows);
            }
            output::table(&["alias", "key id"], rows);
        }
    }
    Ok(())
}

fn usage(store: &OpenStore, key: &KeyRef, json: bool) -> Result<()> {
    let images = pages(|page| store.wait(store.kms.key_usage(key, page, &store.permit, &store.scope)))?;
    let views: Vec<_> = images
        .into_iter()
        .map(|record| ImageView {
            image: record.image.image_id,
            path: record.image.path,
            mode: record.image.mode,
            sealed_at: output::time(record.sealed_at),
        })
        .collect();
    if json {
        return output::json(&views);
    }
    output::table(
        &["image", "sealed", "mode", "path"],
        views.into_iter().map(|v| vec![v.image, v.sealed_at, v.mode, v.path]),
    );
    Ok(())
}

fn view(store: &OpenStore, key: &KeyRecord) -> Result<KeyView> {
    let by_key = KeyRef::Id(key.id);
    let aliases = pages(|page| store.wait(store.kms.list_aliases_by_key(&by_key, page, &store.permit, &store.scope)))?;
    Ok(KeyView {
        key_id: key.id.to_string(),
        arn: kms::key_arn(key),
        key_state: key.state.to_string(),
        key_spec: key.spec.clone(),
        aliases: aliases.into_iter().map(|alias| alias.name).collect(),
        description: key.description.clone(),
        service: key.service.clone(),
        creation_date: output::time(key.created_at),
        delete_date: key.delete_at.map(output::time),
    })
}

/// All rows of a list, page by page.
fn pages<T>(mut page: impl FnMut(PageRequest) -> kms::Result<kms::Page<T>>) -> kms::Result<Vec<T>> {
    let mut request = PageRequest::new(1, PAGE_ROWS).unwrap_or_else(PageRequest::first);
    let mut rows = Vec::new();
    loop {
        let found = page(request)?;
        let last = found.items.is_empty();
        rows.extend(found.items);
        if last || rows.len() as u64 >= found.total_count {
            return Ok(rows);
        }
        request = request.next();
    }
}

fn alias_name(name: &str) -> kms::Result<AliasName> {
    if name.starts_with("alias/") { name.parse() } else { format!("alias/{name}").parse() }
}

fn if_in_use(force: bool) -> IfInUse {
    if force { IfInUse::Proceed } else { IfInUse::Refuse }
}
