//! How far a long command is: a bar on a terminal, plain lines elsewhere, nothing when quiet.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::{Phase, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Time between two plain lines, as in a log.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// Shows the progress of one command on standard error.
pub(crate) enum Display {
    Bar(ProgressBar),
    Lines { start: Instant, next_line_ms: AtomicU64 },
    Silent,
}

impl Display {
    /// A bar if standard error is a terminal, lines if not, nothing if `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        if quiet {
            return Self::Silent;
        }
        if !std::io::stderr().is_terminal() {
            let next_line_ms = AtomicU64::new(LINE_INTERVAL.as_millis() as u64);
            return Self::Lines { start: Instant::now(), next_line_ms };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(5));
        let style = "{msg:>6} {bar:32} {percent:>3}%  {binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}  ETA {eta}";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is a constant"));
        Self::Bar(bar)
    }

    /// Takes a report of the engine; called by many threads.
    pub(crate) fn show(&self, progress: Progress) {
        match self {
            Self::Silent => {}
            Self::Bar(bar) => {
                bar.set_message(verb(progress.phase));
                bar.set_length(progress.total);
                bar.set_position(progress.position);
            }
            Self::Lines { start, next_line_ms } => {
                let now_ms = start.elapsed().as_millis() as u64;
                let due = next_line_ms.load(Ordering::Relaxed);
                let next = now_ms + LINE_INTERVAL.as_millis() as u64;
                if now_ms >= due
                    && next_line_ms.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
                {
                    // A reader that went away does not end the copy.
                    let _ = writeln!(std::io::stderr(), "{}", line(progress, now_ms));
                }
            }
        }
    }

    /// Removes the bar, before a result or an error is printed.
    pub(crate) fn clear(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn verb(phase: Phase) -> &'static str {
    match phase {
        Phase::Copy => "copy",
        Phase::Verify => "verify",
    }
}

fn line(progress: Progress, elapsed_ms: u64) -> String {
    let percent = progress.position * 100 / progress.total.max(1);
    let rate_mib = progress.data_bytes as f64 / 1_048_576.0 / (elapsed_ms.max(1) as f64 / 1000.0);
    let left = u128::from(progress.total - progress.position.min(progress.total));
    let remaining_ms = u128::from(elapsed_ms) * left / u128::from(progress.position.max(1));
    format!("{} {percent}%, {:.0} MiB/s, about {} s to go", verb(progress.phase), rate_mib, remaining_ms.div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_share_rate_and_time() {
        let progress = Progress { phase: Phase::Copy, position: 1 << 30, total: 4 << 30, data_bytes: 512 << 20 };
        assert_eq!(line(progress, 2000), "copy 25%, 256 MiB/s, about 6 s to go");
    }
}
