//! Where a server is killed, or where its files fail, in the midst of a life.

use crate::caller::Caller;
use crate::lab::Lab;
use crate::lives::{Base, Life};
use crate::running::Server;
use crate::traced::{Point, Points};

/// Attempts at a time. They wait for each other's processes more than for a processor.
const WORKERS: usize = 3;

/// At most so many points of each call as `calls` says, spread over all that a life makes. The variable of the environment
/// `RESEAL_EVERY_POINT` asks for all.
pub(crate) fn points(base: &Base, life: Life, calls: &[(&'static str, u64)]) -> Points {
    let wants_all = std::env::var_os("RESEAL_EVERY_POINT").is_some();
    let calls: Vec<_> = calls.iter().map(|(call, most)| (*call, if wants_all { u64::MAX } else { *most })).collect();
    let names: Vec<&str> = calls.iter().map(|(call, _)| *call).collect();
    let lab = Lab::like(&base.lab);
    let server = Server::start(lab.serving(lab.place.traced(&["-e", &format!("trace={}", names.join(","))])));
    base.live(life, &Caller::new(&server));
    server.stop();
    Points::spread(&calls, &lab.place.counts())
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
