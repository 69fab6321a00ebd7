//! Numbers as the tables print them: four decimals at most, trailing zeros cut.

/// As in a key-value grid: 4 decimals, of those no more than six significant digits show, and whole
/// numbers without a point. `62.9998`, `13379.1`, `200`, `0.029`.
pub(crate) fn grid(value: f64) -> String {
    let magnitude = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    let decimals = (5 - magnitude).clamp(0, 4) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// A value of any size and sign in four significant digits: `0.00002`, `-1.5`, `12345`, `3.2e20`.
pub(crate) fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor();
    if !(-9.0..15.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// As in a table of floats: 4 decimals, trailing zeros cut down to one. `0.0`, `0.3371`, `30.5721`.
pub(crate) fn float(value: f64) -> String {
    let text = format!("{value:.4}");
    let cut = text.trim_end_matches('0');
    if cut.ends_with('.') { format!("{cut}0") } else { cut.into() }
}

/// Rounded to six decimals, so that JSON shows nanoseconds of a millisecond and no noise below.
pub(crate) fn round6(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// Nanoseconds in milliseconds, two decimals.
pub(crate) fn millis(nanos: f64) -> String {
    format!("{:.2} ms", nanos / 1e6)
}

/// A share, 0 to 1, in percent.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests;
