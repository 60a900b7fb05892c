//! BR-19: confidence intervals against SciPy, which is not ours, over counts that a cytometer and a typist
//! can give: up to 10⁹ events.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rastro::results::Interval;

/// Counts in which intervals went wrong once, those of every order of magnitude, and some at random.
fn cases() -> Vec<(u64, u64)> {
    let mut all = vec![
        (20_000_000, 40_000_000),
        (8_000_000, 80_000_000),
        (10_000_000, 100_000_000),
        (25_000_000, 50_000_000),
        (5_000_000, 500_000_000),
        (500_000_000, 1_000_000_000),
        (999_999_999, 1_000_000_000),
        (1_000, 200_000_000),
        (1_000, 1_000_000_000),
        (1, 1_000_000_000),
        (0, 1),
        (1, 1),
    ];
    for n in [1_u64, 2, 5, 10, 100, 3_500, 150_000, 1_250_000, 5_100_000, 40_000_000, 1_000_000_000]
    {
        for of in [0, 1, 2, 3, 12, 19, 20, 35, 49, 50, 51, 100, 1_000, 10_000, 100_000] {
            all.extend([(of, n), (n.saturating_sub(of), n), (n / 2, n), (n / 10, n)]);
        }
    }
    // The same ones each time: a plain congruential row of numbers.
    let mut seed = 20_261_130_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) % below.max(1)
    };
    for _ in 0..1_500 {
        let n = 10_u64.pow(1 + u32::try_from(next(9)).unwrap()).saturating_sub(next(1_000)).max(1);
        let k = if next(2) == 0 { next(n + 1) } else { next(n.min(2_000) + 1) };
        all.push((k, n));
    }
    all.retain(|(k, n)| k <= n);
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn br_19_intervals_are_scipys_and_hold_their_value_for_every_count() {
    let mut lines = String::new();
    let cases = cases();
    assert!(cases.len() > 1_118, "{}", cases.len());
    for (k, n) in &cases {
        let Interval { low, high } = Interval::of(*k, *n);
        let value = *k as f64 / *n as f64;
        assert!(low <= value && value <= high, "{k} of {n}: {low} to {high}");
        writeln!(lines, "{k} {n} {low:e} {high:e}").unwrap();
    }
    if crate::support::skipped("labels") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut judge = Command::new(root.join("target/outside/py/bin/python"))
        .arg(root.join("tests/independent/intervals.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("SciPy is missing: scripts/setup.sh test, or RASTRO_SKIP=labels");
    judge.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let said = judge.wait_with_output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(said.status.success(), "{text}");
    eprintln!("{text}");
}
