use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use crate::args::JsonArgs;
use crate::output;
use crate::store::Store;

/// `self-test --json`.
#[derive(Serialize)]
struct Answer {
    /// Known answers of every algorithm.
    self_test_ms: f64,
    /// Opening the data directory.
    open_ms: f64,
    /// Wrapping and unwrapping a data key under the service key.
    key_ms: f64,
}

pub(crate) fn run(args: &JsonArgs, store: &Store) -> Result<ExitCode> {
    let start = Instant::now();
    crypto::self_test()?;
    let self_test_ms = elapsed_ms(start);
    let start = Instant::now();
    let store = store.open()?;
    let open_ms = elapsed_ms(start);
    let key = kms::KeyRef::Id(store.wait(store.kms.service_key(&store.scope))?);
    let start = Instant::now();
    let context = kms::EncryptionContext::new([("purpose".to_owned(), "self test".to_owned())].into())?;
    let made = store.wait(store.kms.generate_data_key(&key, &context, 32, &store.permit, &store.scope))?;
    let opened = store.wait(store.kms.decrypt(&made.ciphertext.blob, &context, &store.permit, &store.scope))?;
    anyhow::ensure!(
        opened.plaintext.equals(&made.plaintext),
        "a data key came back changed; do not trust this machine with data"
    );
    let answer = Answer { self_test_ms, open_ms, key_ms: elapsed_ms(start) };
    if args.json {
        output::json(&answer)?;
    } else {
        output::line(&format!("cryptography: right answers, {:.1} ms", answer.self_test_ms));
        output::line(&format!("data directory {}: opened, {:.1} ms", store.data_dir.path().display(), answer.open_ms));
        output::line(&format!("data key: wrapped and unwrapped, {:.1} ms", answer.key_ms));
    }
    Ok(ExitCode::SUCCESS)
}

fn elapsed_ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}
