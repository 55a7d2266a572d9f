use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use ecs::{
    CopyImage, ExportImage, ImageAttributes, ImageFilter, ImportDisk, ImportImage, NewImage, ShareImage, VerifiedDisk,
    Watch,
};
use serde::Serialize;

use crate::args::{CopyImageArgs, ExportImageArgs, ImageArgs, ImageCommand, ImportImageArgs, Rekey, WaitArgs};
use crate::images::{self, ImageView, Images, find, wait, with_remedy};
use crate::interrupt::cancel_flag;
use crate::output;
use crate::progress::Display;
use crate::remote::Server;
use crate::store::Store;

pub(crate) fn run(args: ImageArgs, store: &Store, server: Server) -> Result<ExitCode> {
    let images = images::open(store, server, args.region.region)?;
    let images = images.as_ref();
    let region = images.region();
    match args.command {
        ImageCommand::Import(args) => import(images, &args)?,
        ImageCommand::Copy(args) => copy(images, &args)?,
        ImageCommand::List { output } => list(images, output.json)?,
        ImageCommand::Show { image, output } => show(&find(images, &image, region)?, output.json)?,
        ImageCommand::Wait { image, waiting } => {
            let image = find(images, &image, region)?;
            finish(images, &image.image_id, region, &waiting)?;
        }
        ImageCommand::Cancel { image } => {
            let image = find(images, &image, region)?;
            cancel(images, &image)?;
            output::line(&format!("{}: cancelled", image.image_id));
        }
        ImageCommand::Export(args) => export(images, args)?,
        ImageCommand::Share(args) => {
            let id = find(images, &args.image, region)?.image_id;
            images.share(&ShareImage { image_id: id.clone(), add: args.accounts, remove: Vec::new() })?;
            output::line(&format!("{id}: shared"));
        }
        ImageCommand::Unshare(args) => {
            let id = find(images, &args.image, region)?.image_id;
            images.share(&ShareImage { image_id: id.clone(), add: Vec::new(), remove: args.accounts })?;
            output::line(&format!("{id}: no longer shared"));
        }
        ImageCommand::Delete { image } => {
            let image = find(images, &image, region)?;
            images.delete(&image.image_id)?;
            output::line(&format!("{}: deleted", image.image_id));
        }
        ImageCommand::Verify { image, json, quiet } => return verify(images, &image, json, quiet),
    }
    Ok(ExitCode::SUCCESS)
}

fn import(images: &dyn Images, args: &ImportImageArgs) -> Result<()> {
    let mut disks = Vec::new();
    for file in &args.files {
        let quiet = args.waiting.quiet || args.waiting.json;
        disks.push(ImportDisk { format: args.source_format, ..images.source(file, quiet)? });
    }
    let architecture = args.architecture.name();
    let new = ImportImage {
        disks,
        image: NewImage {
            name: args.name.clone(),
            description: args.description.clone(),
            attributes: ImageAttributes::of(architecture),
            ..NewImage::default()
        },
    };
    let id = images.import(&new)?;
    finish(images, &id, images.region(), &args.waiting)
}

fn copy(images: &dyn Images, args: &CopyImageArgs) -> Result<()> {
    let source = find(images, &args.image, images.region())?;
    let copy = CopyImage {
        image_id: source.image_id,
        destination_region: args.to_region.clone(),
        name: args.name.clone(),
        description: args.description.clone(),
        encrypted: args.encrypt,
        key: args.key.clone(),
        disks: args.disk_keys.clone(),
        rewrap: args.rekey == Rekey::Rewrap,
        tags: Vec::new(),
    };
    let id = images.copy(&copy).map_err(with_remedy)?;
    let region = if args.to_region.is_empty() { images.region() } else { &args.to_region };
    finish(images, &id, region, &args.waiting)
}

/// An import is cancelled by its task, anything else as a copy: that call says what is wrong with it otherwise.
fn cancel(images: &dyn Images, image: &ImageView) -> Result<()> {
    let imports = images.tasks(Some("ImportImage"), &image.image_id)?;
    match imports.first() {
        Some(task) => images.cancel_task(&task.task_id),
        None => images.cancel_copy(&image.image_id),
    }
}

fn export(images: &dyn Images, args: ExportImageArgs) -> Result<()> {
    let ExportImageArgs { image, bucket, prefix, format, waiting } = args;
    let image_id = find(images, &image, images.region())?.image_id;
    let task = images.export(&ExportImage { image_id, bucket, prefix, format })?;
    let view = match waiting.no_wait {
        true => images.task(&task)?,
        false => super::task::wait(images, &task, waiting.quiet || waiting.json)?,
    };
    if waiting.json {
        return output::json(&view);
    }
    if !waiting.quiet {
        output::line(&format!("{task}: {}", view.row.task_status));
    }
    Ok(())
}

/// Waits for a new image unless it is not to be waited for, and says what it became.
fn finish(images: &dyn Images, id: &str, region: &str, waiting: &WaitArgs) -> Result<()> {
    if !waiting.no_wait {
        // From here on a signal ends the waiting, not the program in the middle of a line.
        let cancel = cancel_flag().context("cannot catch signals")?;
        let display = Display::new(waiting.quiet || waiting.json);
        let ended = wait(images, id, region, &display, &cancel);
        display.clear();
        ended?;
    }
    let image = find(images, id, region)?;
    if waiting.json {
        return output::json(&image);
    }
    if !waiting.quiet {
        say(&image);
    }
    Ok(())
}

fn say(image: &ImageView) {
    let keys = keys(image);
    let how = if image.encrypted { format!("under key {keys}") } else { "plain".to_owned() };
    let size = output::size(image.virtual_bytes());
    output::line(&format!("{}: {}, {how}, {size}", image.image_id, image.status));
}

fn list(images: &dyn Images, json: bool) -> Result<()> {
    let views = images.list(&ImageFilter::default(), images.region())?;
    if json {
        return output::json(&views);
    }
    let row = |image: ImageView| {
        let status = match image.is_unfinished() {
            true => format!("{} {}%", image.status, image.progress),
            false => image.status.clone(),
        };
        let (size, keys) = (output::size(image.virtual_bytes()), keys(&image));
        vec![image.image_id, image.name, status, size, image.creation_time, keys]
    };
    output::table(&["image id", "name", "status", "size", "created", "key"], views.into_iter().map(row));
    Ok(())
}

/// The keys of the disks, each once.
fn keys(image: &ImageView) -> String {
    let mut keys: Vec<&str> =
        image.disks.iter().map(|disk| disk.key_id.as_str()).filter(|key| !key.is_empty()).collect();
    keys.dedup();
    keys.join(", ")
}

fn show(image: &ImageView, json: bool) -> Result<()> {
    if json {
        return output::json(image);
    }
    let rows = [
        ("image id", image.image_id.as_str()),
        ("name", &image.name),
        ("description", &image.description),
        ("region", &image.region),
        ("status", &image.status),
        ("progress", &format!("{}%", image.progress)),
        ("failure", &image.failure),
        ("created", &image.creation_time),
        ("system", &image.os_type),
        ("architecture", &image.architecture),
        ("boots by", &image.boot_mode),
        ("copied from", &image.source_image_id),
        ("in region", &image.source_region),
    ];
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        output::line(&format!("{:<15}{value}", format!("{name}:")));
    }
    for disk in &image.disks {
        let key = match disk.key_id.is_empty() {
            true => "plain".to_owned(),
            false => format!("key {} version {}", disk.key_id, disk.key_version_id),
        };
        let size = output::size(disk.virtual_bytes);
        output::line(&format!("{:<15}{}, {size}, {key}, {}", format!("{}:", disk.device), disk.kind, disk.mode));
    }
    Ok(())
}

/// `verify --json`.
#[derive(Serialize)]
struct Verified<'a> {
    image_id: &'a str,
    intact: bool,
    disks: Vec<VerifiedDiskAnswer<'a>>,
}

#[derive(Serialize)]
struct VerifiedDiskAnswer<'a> {
    device: &'a str,
    #[serde(flatten)]
    verified: &'a engine::Verified,
}

fn verify(images: &dyn Images, image: &str, json: bool, quiet: bool) -> Result<ExitCode> {
    let image = find(images, image, images.region())?;
    let display = Arc::new(Display::new(quiet || json));
    let shown = Arc::clone(&display);
    let watch = Watch {
        cancel: cancel_flag().context("cannot catch signals")?,
        report: Arc::new(move |progress| shown.show(progress)),
    };
    let result = images.verify(&image.image_id, &watch);
    display.clear();
    let disks = result?;
    let intact = disks.iter().all(|disk| disk.verified.intact);
    if json {
        let disks = disks.iter().map(|disk| VerifiedDiskAnswer { device: &disk.device, verified: &disk.verified });
        output::json(&Verified { image_id: &image.image_id, intact, disks: disks.collect() })?;
    } else {
        disks.iter().filter(|disk| !quiet || !disk.verified.intact).for_each(|disk| say_verified(&image, disk));
    }
    Ok(if intact { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn say_verified(image: &ImageView, disk: &VerifiedDisk) {
    super::verify::print(&format!("{} {}", image.image_id, disk.device), &disk.verified);
}
