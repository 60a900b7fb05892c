//! The `rastro` program: one binary for the server and its chores.

use std::process::ExitCode;

/// glibc's own allocator keeps what each thread has freed: after 200 people had signed in at once
/// and 1,000 wrong passwords, 300 MB of what passwords take while they are hashed (19 MiB each, two
/// at a time). This one gives it back. Without huge pages (`no_thp`), which took 12 MB more at rest.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rastro::commands::run(std::env::args_os())
}
