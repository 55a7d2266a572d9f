//! One action on one blob, for the tests that kill a process or measure its memory: `blob CONFIG put ID FILE`, `blob CONFIG open ID`.
//! Prints the most memory that the process had, in KiB.

use std::path::Path;

use blobs::{BlobId, StoreConfig};

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
        ("open", []) => drop(store.open(&id).await?),
        _ => return Err("put has a file, open has none".into()),
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    println!("{}", most.and_then(|most| most.trim().strip_suffix(" kB")).ok_or("no VmHWM")?.trim());
    Ok(())
}
