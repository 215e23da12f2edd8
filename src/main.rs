//! The program. What it does is in `src/cli`; `trackside --help` is its documentation.

fn main() -> std::process::ExitCode {
    trackside::cli::main()
}
