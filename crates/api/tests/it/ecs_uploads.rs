//! How long an upload lives, and what may come between. Asked of the room behind the wire; the wire is judged in `crates/cli/tests`.

use std::path::PathBuf;
use std::time::Duration;

use api::services::Uploads;
use ecs::{EcsError, ImportError};
use jiff::SignedDuration;
use tokio::io::AsyncWriteExt as _;

use crate::backend::Backend;
use crate::calls::{Client, start};
use crate::client::{Running, read_answer};
use crate::ecs_images::{ECS, REGION};

const FILE: &[u8] = b"hello\n";
const SHA256: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

/// Id and token of an upload of [`FILE`].
async fn create(root: &Client<'_>) -> (String, String) {
    let made = root.done(ECS, "CreateUpload", &[REGION, ("Size", "6"), ("Sha256", SHA256)]).await;
    (made["UploadId"].as_str().unwrap().to_owned(), made["Token"].as_str().unwrap().to_owned())
}

fn file_of(running: &Running<Backend>, id: &str) -> PathBuf {
    running.services.bucket().with_file_name("cn-hangzhou").join("work").join(format!("{id}.upload"))
}

fn is_gone<T>(result: &Result<T, EcsError>) -> bool {
    matches!(result, Err(EcsError::Import(ImportError::UploadNotFound(_))))
}

/// Shows that bytes put off the end of an upload, also within one request of days, and that a request without bytes does not.
#[tokio::test]
async fn only_bytes_put_off_the_end() {
    let running = start().await;
    let (id, token) = create(&Client::root(&running)).await;
    let ecs = running.services.uploads().unwrap();
    let pass = |hours| running.services.clock.advance(SignedDuration::from_hours(hours));
    let mut receiving = ecs.receive(&token).await.unwrap();
    for piece in ["he", "ll", "o\n"] {
        pass(20);
        receiving.write(piece.into()).await.unwrap();
        ecs.sweep(true).await.unwrap();
    }
    receiving.finish().await.unwrap();
    assert_eq!(std::fs::read(file_of(&running, &id)).unwrap(), FILE);
    pass(20);
    ecs.receive(&token).await.unwrap().finish().await.unwrap();
    pass(5);
    assert!(is_gone(&ecs.receive(&token).await));
    ecs.sweep(true).await.unwrap();
    assert!(!file_of(&running, &id).exists());
}

/// Shows that a request that began in time and brings its first bytes too late makes nothing live again, and that a server beside others removes
/// its file at once where one of them has removed the record, but no other young file.
#[tokio::test]
async fn what_is_given_up_takes_no_bytes() {
    let running = start().await;
    let (id, token) = create(&Client::root(&running)).await;
    let ecs = running.services.uploads().unwrap();
    let mut receiving = ecs.receive(&token).await.unwrap();
    running.services.clock.advance(SignedDuration::from_hours(24));
    assert!(is_gone(&receiving.write(b"he".to_vec()).await));
    assert!(is_gone(&receiving.finish().await));
    ecs.sweep(true).await.unwrap();
    assert!(!file_of(&running, &id).exists());
    let young = file_of(&running, &id).with_file_name("young.source");
    for file in [&file_of(&running, &id), &young] {
        std::fs::write(file, FILE).unwrap();
    }
    ecs.sweep(false).await.unwrap();
    assert!(!file_of(&running, &id).exists() && young.exists());
}

/// Shows that a complete upload whose file lost bytes is not imported, and that those that are sent again are hashed.
#[tokio::test]
async fn a_file_that_lost_bytes_is_not_complete() {
    let running = start().await;
    let root = Client::root(&running);
    let (id, token) = create(&root).await;
    let ecs = running.services.uploads().unwrap();
    let mut receiving = ecs.receive(&token).await.unwrap();
    receiving.write(FILE.to_vec()).await.unwrap();
    receiving.finish().await.unwrap();
    std::fs::File::options().write(true).open(file_of(&running, &id)).unwrap().set_len(3).unwrap();
    let import = [REGION, ("DiskDeviceMapping.1.UploadId", id.as_str())];
    let incomplete = (400, "IncorrectUploadStatus".to_owned());
    assert_eq!(root.code(ECS, "ImportImage", &import).await, incomplete);
    let mut receiving = ecs.receive(&token).await.unwrap();
    receiving.begin_at(3).unwrap();
    receiving.write(b"LO\n".to_vec()).await.unwrap();
    let wrong = receiving.finish().await;
    assert!(matches!(wrong, Err(EcsError::Import(ImportError::UploadDigest))), "{wrong:?}");
    assert_eq!(root.code(ECS, "ImportImage", &import).await, incomplete);
}

/// Shows that a request whose bytes drip, each in time for the patience with the next one, is ended before it is over, and that what came is
/// kept.
#[tokio::test]
async fn a_request_that_drips_is_ended() {
    let running = start().await;
    let root = Client::root(&running);
    let made = root.done(ECS, "CreateUpload", &[REGION, ("Size", "500"), ("Sha256", SHA256)]).await;
    let (id, token) = (made["UploadId"].as_str().unwrap(), made["Token"].as_str().unwrap());
    let (mut answers, mut bytes) = running.connect().await.into_split();
    let head = format!("PUT /uploads/{token} HTTP/1.1\r\nHost: x\r\nx-reseal-offset: 0\r\nContent-Length: 500\r\n\r\n");
    bytes.write_all(head.as_bytes()).await.unwrap();
    let drip = async {
        loop {
            bytes.write_all(b"x").await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            running.clock.advance(SignedDuration::from_secs(61));
        }
    };
    let answer = tokio::select! {
        biased;
        answer = read_answer(&mut answers) => answer.unwrap(),
        () = drip => unreachable!("it goes on for ever"),
    };
    assert_eq!(answer.status, 408);
    let kept = std::fs::read(file_of(&running, id)).unwrap();
    assert!((1..500).contains(&kept.len()), "{} bytes", kept.len());
}
