//! Servers and commands that are killed at exact system calls, and what the next ones show.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::running::{Place, Server};
use crate::traced::{Point, Points};

/// Attempts at a time. They wait for each other's processes and signals more than for a processor.
const WORKERS: usize = 4;

/// Attempts at one point. Each halves the number of the call, of which a run makes some hundred of a kind; the last ones are at the first call.
const TRIES: u32 = 12;

/// System calls, and at how many places of each somebody is killed at most: what a usual run has time for.
pub(crate) type Calls = [(&'static str, u64)];

/// What is killed again and again, each time from the same beginning.
pub(crate) trait Killed: Sync {
    /// Where one attempt happens, with what was there before.
    type Lab: AsRef<Place>;
    /// What a client was told until the end.
    type Told;

    /// For messages.
    fn name(&self) -> String;

    /// A lab for one attempt.
    fn lab(&self) -> Self::Lab;

    /// Runs it under strace with these options ([`Place::traced`]), until it ends. `what`: where we are, for messages.
    fn run(&self, lab: &Self::Lab, strace: &[&str], what: &str) -> (ExitStatus, Self::Told);

    /// Compares what the next process shows with what was told.
    fn judge(&self, lab: Self::Lab, told: Self::Told, what: &str);
}

/// Kills it at each of its [`points`]. Returns at how many it was killed.
pub(crate) fn kill_everywhere(killed: &impl Killed, calls: &Calls) -> usize {
    let met = AtomicUsize::new(0);
    let count = at_each(&points(killed, calls), |point| {
        met.fetch_add(usize::from(kill_at(killed, point)), Ordering::Relaxed);
    });
    let met = met.into_inner();
    println!("{}: killed at {met} points of {count}", killed.name());
    met
}

/// Points spread over all that it does which is not killed: at most so many of each call as `calls` says. The variable of the environment
/// `RESEAL_EVERY_POINT` asks for all.
pub(crate) fn points(killed: &impl Killed, calls: &Calls) -> Points {
    let wants_all = std::env::var_os("RESEAL_EVERY_POINT").is_some();
    let calls: Vec<_> = calls.iter().map(|(call, most)| (*call, if wants_all { u64::MAX } else { *most })).collect();
    let names: Vec<&str> = calls.iter().map(|(call, _)| *call).collect();
    let lab = killed.lab();
    let what = format!("{}, without a kill", killed.name());
    let (status, _) = killed.run(&lab, &["-e", &format!("trace={}", names.join(","))], &what);
    assert!(status.success(), "{what}: ended with {status}");
    Points::spread(&calls, &lab.as_ref().counts())
}

/// Does `attempt` at every point, several at a time. Returns how many there were.
pub(crate) fn at_each(points: &Points, attempt: impl Fn(&Point) + Sync) -> usize {
    let count = points.len();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(point) = points.take() {
                    attempt(&point);
                }
            });
        }
    });
    count
}

/// A server that may end at any moment, and what was told to the client who lives with it; `None` if it never listened.
pub(crate) fn live_with<T>(serving: Command, live: impl FnOnce(&Server) -> T) -> (ExitStatus, Option<T>) {
    match Server::attempt(serving) {
        Ok(server) => {
            let told = live(&server);
            (server.end().0, Some(told))
        }
        Err(end) => (end.status, None),
    }
}

/// Kills it at the `n`-th `call` of a thread.
///
/// strace counts the calls of each thread for itself, and which thread makes how many differs from run to run. When none came to its
/// `n`-th, that attempt shows nothing: another begins anew and is killed earlier, at the latest at the first call. Even that may not come:
/// who cancels in time keeps a job from its first file. Then the point is given up.
///
/// Returns whether it was killed.
fn kill_at(killed: &impl Killed, point: &Point) -> bool {
    let Point { call, mut n } = *point;
    for _ in 0..TRIES {
        let what = format!("{}, killed at {call} {n}", killed.name());
        let lab = killed.lab();
        let injection = format!("inject={call}:signal=KILL:when={n}");
        let (status, told) = killed.run(&lab, &["-e", &format!("trace={call}"), "-e", &injection], &what);
        assert!(status.success() || status.signal() == Some(9), "{what}: ended with {status}");
        if !status.success() {
            killed.judge(lab, told, &what);
            return true;
        }
        n = (n / 2).max(1);
    }
    println!("{}: no {call} was met", killed.name());
    false
}
