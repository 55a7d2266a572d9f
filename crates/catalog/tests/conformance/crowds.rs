//! Many writers at once, on several threads as in the server.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::changes::{insert, is_there};
use crate::place::{Place, on_both_engines};

on_both_engines!(
    flavor = "multi_thread";
    writers_that_wait_share_commits,
    a_caller_that_goes_away_hangs_nobody,
    two_processes_take_turns,
);

/// Shows that 64 writers at once need far fewer commits than they make changes, and that each change is there when it is answered.
async fn writers_that_wait_share_commits(place: &Place) {
    const WRITERS: usize = 64;
    const CHANGES: usize = 8;
    let catalog = Arc::new(place.open().await);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let catalog = catalog.clone();
        writers.spawn(async move {
            for change in 0..CHANGES {
                let name = format!("{writer}/{change}");
                insert(&catalog, &name).await.unwrap();
                assert!(is_there(&catalog, &name).await, "{name}");
            }
        });
    }
    writers.join_all().await;
    let commits = catalog.commits();
    assert!(commits >= CHANGES as u64, "a writer waits for its commit before its next change: {commits}");
    assert!(commits <= (WRITERS * CHANGES / 8) as u64, "{commits} commits for {} changes", WRITERS * CHANGES);
}

/// Shows that callers which are cancelled at any point, while they wait, change or commit, leave whole changes or nothing, and that the
/// others go on.
async fn a_caller_that_goes_away_hangs_nobody(place: &Place) {
    let catalog = Arc::new(place.open().await);
    for polls in 0..60 {
        let (name, pair) = (format!("a{polls}"), format!("b{polls}"));
        let (changed, names) = (catalog.clone(), (name.clone(), pair.clone()));
        let call = tokio::spawn(async move {
            let mut write = changed.write().await.unwrap();
            write.meta_insert(&names.0, b"").await.unwrap();
            write.meta_insert(&names.1, b"").await.unwrap();
            write.commit().await.unwrap();
        });
        for _ in 0..polls {
            tokio::task::yield_now().await;
            // Lets the engine's answer come in between.
            if polls % 3 == 0 {
                std::thread::sleep(std::time::Duration::from_micros(100));
            }
        }
        call.abort();
        let _ = call.await;
        insert(&catalog, &format!("other {polls}")).await.unwrap();
        assert_eq!(
            is_there(&catalog, &name).await,
            is_there(&catalog, &pair).await,
            "half a change after {polls} polls"
        );
    }
}

/// Shows that writers of two processes (here: two catalogs on one place) wait for each other and lose nothing.
async fn two_processes_take_turns(place: &Place) {
    let mut writers = JoinSet::new();
    for process in 0..2 {
        let catalog = Arc::new(place.open().await);
        for writer in 0..8 {
            let catalog = catalog.clone();
            writers.spawn(async move { insert(&catalog, &format!("{process}/{writer}")).await });
        }
    }
    for done in writers.join_all().await {
        done.unwrap();
    }
    let catalog = place.open().await;
    for name in (0..2).flat_map(|process| (0..8).map(move |writer| format!("{process}/{writer}"))) {
        assert!(is_there(&catalog, &name).await, "{name}");
    }
}
