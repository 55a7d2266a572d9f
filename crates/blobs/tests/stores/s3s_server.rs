//! An S3 server in the test process, which checks signatures and counts what it is asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::bucket::{ACCESS_KEY, BUCKET, SECRET};

pub(crate) struct S3sServer {
    pub(crate) endpoint: String,
    directory: tempfile::TempDir,
    ranges: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl S3sServer {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(directory.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let ranges = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&ranges);
        let task = tokio::spawn(async move {
            // Connections end with the server.
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (service, counter) = (service.clone(), Arc::clone(&counter));
                connections.spawn(async move {
                    let counting = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                        counter.fetch_add(usize::from(request.headers().contains_key("range")), Ordering::Relaxed);
                        service.call(request)
                    });
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), counting).await;
                });
            }
        });
        Self { endpoint, directory, ranges, task }
    }

    /// How many ranges were asked for.
    pub(crate) fn ranges(&self) -> usize {
        self.ranges.load(Ordering::Relaxed)
    }

    /// The server's own file of an object.
    pub(crate) fn object(&self, key: &str) -> PathBuf {
        self.directory.path().join(BUCKET).join(key)
    }

    /// Where the server keeps parts of uploads that are running.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Takes the server away, with its connections.
    pub(crate) async fn stop(self) -> tempfile::TempDir {
        self.task.abort();
        self.task.await.unwrap_err();
        self.directory
    }
}
