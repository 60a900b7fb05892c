//! Percentages for people: the one rounding.

/// `part` of `whole` in percent; 0 of nothing is 0.
pub fn percent_of(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// Which way a value is rounded.
#[derive(Clone, Copy)]
pub(super) enum Rounding {
    Nearest,
    Down,
    Up,
}

/// The one rounding for people: two significant digits, never scientific, a point, a narrow
/// no-break space: `0.0028 %`, `80 %`. Zero is `0 %`.
pub fn percent(value: f64) -> String {
    rounded(value, Rounding::Nearest)
}

pub(super) fn rounded(value: f64, way: Rounding) -> String {
    if value <= 0.0 {
        return "0\u{202f}%".into();
    }
    let decimals = |v: f64| usize::try_from(1 - v.log10().floor() as i32).unwrap_or(0);
    let d = decimals(value);
    let unit = 10_f64.powi(i32::try_from(d).unwrap_or(0));
    let value = match way {
        Rounding::Nearest => value,
        Rounding::Down => (value * unit).floor() / unit,
        Rounding::Up => ((value * unit).ceil() / unit).min(100.0),
    };
    let rounded: f64 = format!("{value:.d$}").parse().unwrap_or(value);
    // 0.0999 rounds up into the next decade, where one decimal fewer is significant.
    let d = d.min(decimals(rounded.max(f64::MIN_POSITIVE)));
    let mut text = format!("{value:.d$}");
    if text.contains('.') {
        text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    format!("{text}\u{202f}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_significant_digits_never_scientific() {
        for (value, text) in [
            (0.0028, "0.0028"),
            (80.0, "80"),
            (0.000_092_2, "0.000092"),
            (14.3, "14"),
            (0.0999, "0.1"),
            (1.25, "1.2"),
            (99.9, "100"),
            (0.004, "0.004"),
            (100.0, "100"),
        ] {
            assert_eq!(percent(value), format!("{text}\u{202f}%"));
        }
    }
}
