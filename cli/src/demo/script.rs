//! The six topics of the demo: who writes them, how often, and what.

use std::time::Duration;

/// Consumer group of the demo.
pub const GROUP: &str = "stack-charge-tcp-command-xfy";

/// How one topic is written.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// Name of the topic.
    pub topic: &'static str,
    /// Its partitions.
    pub partitions: i32,
    /// Time between two records.
    pub gap: Duration,
    /// After this time its producer dies.
    pub dies_after: Option<Duration>,
    /// Records that the log holds before the demo begins, so that the rhythm is known from its first second.
    pub past: u32,
    /// Key and value of a record, by its number.
    pub record: fn(u64) -> (String, String),
}

/// The topics: three lively ones, two that are written more rarely than a gather waits, and one whose
/// producer dies.
pub const SCRIPTS: [Script; 6] = [
    Script {
        topic: "SCHEDULE-STATION-PARAM",
        partitions: 3,
        gap: Duration::from_millis(100),
        dies_after: None,
        past: 0,
        record: |n| {
            let (station, limit, load) = (n % 17, 480 + n % 5 * 20, spread(n, 0, 480));
            (
                format!("S-{station:03}"),
                format!(r#"{{"station":"S-{station:03}","gridLimitKw":{limit},"loadKw":{load}}}"#),
            )
        },
    },
    Script {
        topic: "SCHEDULE-CAR-ORDER",
        partitions: 2,
        gap: Duration::from_secs(5),
        dies_after: None,
        past: 40,
        record: |n| {
            let (plug, energy) = (spread(n, 1, 96), spread(n, 8, 60));
            (
                format!("P-{plug:04}"),
                format!(r#"{{"order":"O-{n:06}","plug":"P-{plug:04}","energyKwh":{energy}}}"#),
            )
        },
    },
    Script {
        topic: "SCHEDULE-CAR-PRICE",
        partitions: 3,
        gap: Duration::from_micros(66_667),
        dies_after: None,
        past: 0,
        record: |n| {
            let (plug, cents) = (n % 96, spread(n, 62, 124));
            (
                format!("P-{plug:04}"),
                format!(
                    r#"{{"plug":"P-{plug:04}","price":{}.{:02},"currency":"CNY"}}"#,
                    cents / 100,
                    cents % 100
                ),
            )
        },
    },
    Script {
        topic: "SCHEDULE-DEVICE-HOST-DCDC",
        partitions: 2,
        gap: Duration::from_secs(2),
        dies_after: None,
        past: 40,
        record: |n| {
            let (host, volts, amperes) = (n % 4, spread(n, 690, 820), spread(n, 0, 250));
            (
                format!("H-{host}"),
                format!(r#"{{"host":"H-{host}","volts":{volts},"amperes":{amperes}}}"#),
            )
        },
    },
    Script {
        topic: "SCHEDULE-DEVICE-STORAGE",
        partitions: 3,
        gap: Duration::from_millis(125),
        dies_after: None,
        past: 0,
        record: |n| {
            let (device, charge, power) = (n % 8, spread(n, 20, 95), spread(n, 0, 200));
            (
                format!("ESS-{device:02}"),
                format!(
                    r#"{{"device":"ESS-{device:02}","socPercent":{charge},"powerKw":{power}}}"#
                ),
            )
        },
    },
    Script {
        topic: "MODULE-OUTPUT-PV_PREDICTION",
        partitions: 1,
        gap: Duration::from_millis(500),
        dies_after: Some(Duration::from_secs(20)),
        past: 0,
        record: |n| {
            let (plant, power) = (n % 3, spread(n, 40, 900));
            (
                format!("PV-{plant}"),
                format!(r#"{{"plant":"PV-{plant}","horizonMin":15,"predictedKw":{power}}}"#),
            )
        },
    },
];

/// A number in `[from, to)` that looks accidental and is the same in every run.
const fn spread(n: u64, from: u64, to: u64) -> u64 {
    from + n.wrapping_mul(2_654_435_761) % 1_000_003 % (to - from)
}

#[cfg(test)]
mod tests {
    use super::SCRIPTS;

    #[test]
    fn every_value_is_json_and_every_record_has_a_key() {
        for script in SCRIPTS {
            for number in 0..500 {
                let (key, value) = (script.record)(number);
                assert!(!key.is_empty());
                assert!(
                    serde_json::from_str::<serde_json::Value>(&value).is_ok(),
                    "{value}"
                );
            }
        }
    }
}
