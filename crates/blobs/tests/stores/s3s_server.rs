//! An S3 server in the test process, which checks signatures and notes what it is asked.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::bucket::{ACCESS_KEY, BUCKET, SECRET};

pub(crate) struct S3sServer {
    pub(crate) endpoint: String,
    directory: tempfile::TempDir,
    asked: Arc<Mutex<Vec<Asked>>>,
    is_held: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What is noted of a request.
enum Asked {
    /// A range of an object.
    Range,
    /// To take the part of this number.
    Part(usize),
    Else,
}

impl Asked {
    fn of(request: &Request<Incoming>) -> Self {
        let query = request.uri().query().unwrap_or_default();
        let part = query.split('&').find_map(|pair| pair.strip_prefix("partNumber="));
        match part {
            Some(number) => Self::Part(number.parse().unwrap()),
            None if request.headers().contains_key("range") => Self::Range,
            None => Self::Else,
        }
    }
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
        let asked = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&asked);
        let is_held = watch::Sender::new(false);
        let held = is_held.subscribe();
        let task = tokio::spawn(async move {
            // Connections end with the server.
            let mut connections = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (service, notes, held) = (service.clone(), Arc::clone(&notes), held.clone());
                connections.spawn(async move {
                    let noting = service_fn(move |request: Request<Incoming>| {
                        notes.lock().unwrap().push(Asked::of(&request));
                        let begins = request.uri().query().unwrap_or_default() == "uploads=";
                        let (answering, mut held) = (Service::call(&service, request), held.clone());
                        async move {
                            let answer = answering.await;
                            if begins {
                                let _ = held.wait_for(|held| !held).await;
                            }
                            answer
                        }
                    });
                    let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), noting).await;
                });
            }
        });
        Self { endpoint, directory, asked, is_held, task }
    }

    /// Whether uploads begin without an answer that tells their id.
    pub(crate) fn hold_back_ids(&self, is_held: bool) {
        self.is_held.send_replace(is_held);
    }

    /// How many uploads are neither completed nor aborted.
    pub(crate) fn uploads(&self) -> usize {
        let names = std::fs::read_dir(self.directory()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with(".upload-")).count()
    }

    /// How many ranges were asked for.
    pub(crate) fn ranges(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| matches!(asked, Asked::Range)).count()
    }

    /// The numbers of the parts, in the order in which they came.
    pub(crate) fn parts(&self) -> Vec<usize> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter_map(|asked| if let Asked::Part(number) = asked { Some(*number) } else { None }).collect()
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
