//! Numbers as people read them.

use std::time::Duration;

use jiff::Timestamp;

/// A length of time in at most two units, as exact as it matters: `38 ms`, `0.4 s`, `13 s`, `2 min 5 s`.
pub fn duration(length: Duration) -> String {
    let seconds = length.as_secs_f64();
    let whole = length.as_secs();
    match whole {
        0 if length < Duration::from_millis(10) && !length.is_zero() => {
            format!("{:.1} ms", seconds * 1e3)
        }
        0 if length < Duration::from_millis(100) => format!("{} ms", length.as_millis()),
        0..10 => format!("{seconds:.1} s"),
        10..120 => format!("{seconds:.0} s"),
        120..7200 => two(whole, 60, "min", 1, "s"),
        7200..172_800 => two(whole, 3600, "h", 60, "min"),
        _ => two(whole, 86_400, "d", 3600, "h"),
    }
}

/// A length of time as a setting is written: `1 s`, `250 ms`, `4.75 s`.
pub fn setting(length: Duration) -> String {
    match length.as_millis() {
        millis @ 0..1000 => format!("{millis} ms"),
        millis => format!("{} s", trimmed(millis as f64 / 1e3)),
    }
}

/// A length of time as a command line takes it: `5s`, `4750ms`.
pub fn flag(length: Duration) -> String {
    match length.as_millis() {
        millis if millis.is_multiple_of(1000) => format!("{}s", millis / 1000),
        millis => format!("{millis}ms"),
    }
}

/// A share as a percentage: `80 %`, `4.9 %`, `0.02 %`.
pub fn share(ratio: f64) -> String {
    let percent = ratio * 100.0;
    match percent {
        p if p != 0.0 && p.abs() < 0.1 => format!("{p:.2} %"),
        p if p.abs() < 10.0 => format!("{} %", trimmed((p * 10.0).round() / 10.0)),
        p => format!("{p:.0} %"),
    }
}

/// A number without noughts at its end, two places at most.
pub fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Bytes with a binary unit: `214 KiB`, `1.5 MiB`.
pub fn bytes(bytes: u64) -> String {
    let in_units = |unit: u64| match bytes as f64 / unit as f64 {
        many if many >= 100.0 => format!("{many:.0}"),
        few => trimmed(few),
    };
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", in_units(1 << 10)),
        1_048_576..1_073_741_824 => format!("{} MiB", in_units(1 << 20)),
        _ => format!("{} GiB", in_units(1 << 30)),
    }
}

/// A duration of the contract; `None` when it is absent, and zero when it is negative.
pub fn of_proto(duration: Option<&prost_types::Duration>) -> Option<Duration> {
    duration.map(|duration| Duration::try_from(*duration).unwrap_or_default())
}

/// A point in time of the contract; `None` when it is absent or outside what a calendar can say.
pub fn time_of_proto(time: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    time.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok())
}

fn two(whole: u64, unit: u64, name: &str, smaller: u64, smaller_name: &str) -> String {
    match (whole / unit, whole % unit / smaller) {
        (large, 0) => format!("{large} {name}"),
        (large, small) => format!("{large} {name} {small} {smaller_name}"),
    }
}

#[cfg(test)]
mod tests;
