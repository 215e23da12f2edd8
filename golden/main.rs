//! The one integration-test binary: everything that needs whole folders, and everything that needs other programs.

mod artifacts;
#[cfg(unix)]
mod cli;
mod diagnostics;
mod dictionary;
mod examples;
mod export;
#[cfg(target_os = "linux")]
mod file_system;
#[expect(dead_code, reason = "other targets use the rest of it")]
#[path = "../benches/generate.rs"]
mod generate;
mod generated;
mod layering;
mod inside;
#[cfg(target_os = "linux")]
mod keys;
#[cfg(unix)]
mod killed;
mod leaks;
mod manual;
mod mend;
mod mistakes;
mod mutated;
mod railway;
mod reach;
#[cfg(feature = "real")]
mod real;
#[cfg(unix)]
mod same_bytes;
#[cfg(target_os = "linux")]
mod secrets;
#[cfg(target_os = "linux")]
mod story;
mod syntax;
mod templates;
#[cfg(unix)]
mod watch;
