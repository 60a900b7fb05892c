//! The `rastro` program: one binary for the server and its chores.

use std::process::ExitCode;

fn main() -> ExitCode {
    rastro::commands::run(std::env::args_os())
}
