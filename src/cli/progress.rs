//! A sign of life on a terminal, for what takes longer than people like to wait without one.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::terminal::Terminal;

/// What is being done, shown once it takes long. Ends when it is dropped, and leaves nothing on the screen.
#[derive(Debug)]
pub(super) struct Progress(Option<Running>);

#[derive(Debug)]
struct Running {
    steps: Sender<&'static str>,
    thread: JoinHandle<()>,
}

/// Most runs end before this and show nothing.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(100);

impl Progress {
    /// Starts with a first step. Shows nothing where standard error is no terminal that can take a line back.
    pub(super) fn start(terminal: &Terminal, step: &'static str) -> Self {
        if !terminal.err.is_animated {
            return Self(None);
        }
        let (steps, receiver) = mpsc::channel();
        let thread = thread::spawn(move || show(step, &receiver));
        Self(Some(Running { steps, thread }))
    }

    /// Says what is done next.
    pub(super) fn step(&self, step: &'static str) {
        if let Some(running) = &self.0 {
            // The other side ends only when this one does.
            let _shown = running.steps.send(step);
        }
    }

    /// Clears the line, before anything else is written.
    pub(super) fn end(self) {
        drop(self);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(Running { steps, thread }) = self.0.take() {
            drop(steps);
            let _ended = thread.join();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long somebody has been waiting is for no artifact")]
fn show(first: &'static str, steps: &mpsc::Receiver<&'static str>) {
    let mut step = first;
    let start = Instant::now();
    loop {
        match steps.recv_timeout(PATIENCE.saturating_sub(start.elapsed())) {
            Ok(next) => step = next,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => break,
        }
    }
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("the template is fixed"));
    bar.set_message(step);
    bar.enable_steady_tick(PAUSE);
    while let Ok(next) = steps.recv() {
        bar.set_message(next);
    }
    bar.finish_and_clear();
}
