//! How long a command waits for its keys: opens an existing data directory, resolves an alias, makes a data key and opens it again.
//! `cargo run --release -p kms --example open_speed`

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::{SystemClock, Timestamp};
use crypto::OsRandom;
use kms::{DataDir, EncryptionContext, KeyRef, Kms, NewKey, RootSource, Scope};
use ram::Permit;

const ROUNDS: usize = 21;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let data_dir = DataDir::new(directory.path());
    let first = Instant::now();
    prepare(&data_dir)?;
    println!("first use, with one key       {:8.2} ms", millis(first.elapsed()));

    let mut rounds = (0..ROUNDS).map(|_| round(&data_dir)).collect::<Result<Vec<_>, _>>()?;
    for (name, at) in [("open", 0), ("resolve, generate data key", 1), ("decrypt", 2), ("all, with the runtime", 3)] {
        rounds.sort_by_key(|round| round[at]);
        let [min, median, max] = [0, ROUNDS / 2, ROUNDS - 1].map(|index| millis(rounds[index][at]));
        println!("{name:<29} {median:8.2} ms   (min {min:.2}, max {max:.2}, {ROUNDS} rounds)");
    }
    Ok(())
}

fn prepare(data_dir: &DataDir) -> Result<(), Box<dyn Error>> {
    runtime()?.block_on(async {
        let kms = open(data_dir).await?;
        let new = NewKey { alias: Some("alias/golden".parse()?), ..NewKey::default() };
        kms.create_key(&new, &permit(), &Scope::default()).await?;
        Ok(())
    })
}

fn round(data_dir: &DataDir) -> Result<[Duration; 4], Box<dyn Error>> {
    let (key, context, scope): (KeyRef, _, _) =
        ("alias/golden".parse()?, EncryptionContext::default(), Scope::default());
    let start = Instant::now();
    let times = runtime()?.block_on(async {
        let before = Instant::now();
        let kms = open(data_dir).await?;
        let opened = Instant::now();
        let made = kms.generate_data_key(&key, &context, 32, &permit(), &scope).await?;
        let generated = Instant::now();
        kms.decrypt(&made.ciphertext.blob, &context, &permit(), &scope).await?;
        let times = [opened - before, generated - opened, generated.elapsed()];
        Ok::<_, Box<dyn Error>>(times)
    })?;
    Ok([times[0], times[1], times[2], start.elapsed()])
}

async fn open(data_dir: &DataDir) -> kms::Result<Kms> {
    Kms::open(data_dir, &RootSource::File, Arc::new(SystemClock), Arc::new(OsRandom)).await
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().build()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Whoever holds the root key may do everything.
fn permit() -> Permit {
    let account = Scope::default().account;
    Permit::for_local_operator(account.as_str().parse().expect("16 digits"), Timestamp::UNIX_EPOCH)
}
