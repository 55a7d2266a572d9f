//! One action on one blob, for the tests that kill a process or measure its memory: `blob CONFIG put ID FILE`, `blob CONFIG open ID`,
//! `blob CONFIG ahead ID FILE` for a file of zeros that is put while it is made. Prints the most memory that the process had, in KiB.

use std::path::Path;
use std::sync::Arc;

use blobs::{BlobId, BlobStore, StoreConfig, partial_path};

/// Length of the file of zeros.
const BYTES: u64 = 160 << 20;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [config, action, id, files @ ..] = arguments.as_slice() else {
        return Err("blob CONFIG put|open ID [FILE]".into());
    };
    let config: StoreConfig = toml::from_str(&std::fs::read_to_string(config)?)?;
    let id: BlobId = id.parse()?;
    let store = config.open()?;
    match (action.as_str(), files) {
        ("put", [file]) => store.put(&id, Path::new(file)).await?,
        ("ahead", [file]) => put_ahead(&store, &id, Path::new(file)).await?,
        ("open", []) => drop(store.open(&id).await?),
        _ => return Err("put has a file, open has none".into()),
    }
    print_most()
}

async fn put_ahead(store: &Arc<dyn BlobStore>, id: &BlobId, file: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let partial = partial_path(file);
    std::fs::File::create(&partial)?.set_len(BYTES)?;
    let ahead = store.put_ahead(id, file).ok_or("no store that takes parts")?;
    ahead.begin(BYTES, &mut std::iter::once(0..BYTES))?;
    ahead.finish().await?;
    std::fs::rename(partial, file)?;
    Ok(store.put(id, file).await?)
}

fn print_most() -> Result<(), Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", most.and_then(|most| most.trim().strip_suffix(" kB")).ok_or("no VmHWM")?.trim());
    Ok(())
}
