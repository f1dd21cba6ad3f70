//! Numbers as Grafana would write them, more or less.

/// A value with its unit; with so many decimals, if they are given.
pub(super) fn shown(value: f64, unit: &str, decimals: Option<u64>) -> String {
    let (value, suffix) = match unit {
        "percentunit" => (value * 100.0, "%"),
        "reqps" => (value, " req/s"),
        "ops" => (value, " /s"),
        "ms" => (value, " ms"),
        "µs" if value >= 1000.0 => (value / 1000.0, " ms"),
        "µs" => (value, " µs"),
        "s" if value >= 86_400.0 => (value / 86_400.0, " d"),
        "s" if value >= 3600.0 => (value / 3600.0, " h"),
        "s" => (value, " s"),
        _ if value >= 1e6 => (value / 1e6, " M"),
        _ if value >= 1e4 => (value / 1e3, " K"),
        _ => (value, ""),
    };
    let precision = match decimals {
        Some(decimals) => decimals as usize,
        None if value != 0.0 && value.abs() < 1.0 => 2,
        None if value.abs() < 10.0 => 1,
        None => 0,
    };
    let number = format!("{value:.precision$}");
    let number = match number.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => &number,
    };
    format!("{number}{suffix}")
}

/// By what a value is multiplied before it is shown, where the greatest is this one.
pub(super) fn factor(unit: &str, most: f64) -> f64 {
    match unit {
        "percentunit" => 100.0,
        "s" if most >= 86_400.0 => 1.0 / 86_400.0,
        "s" if most >= 3600.0 => 1.0 / 3600.0,
        _ => 1.0,
    }
}
