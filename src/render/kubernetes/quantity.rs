//! Amounts in the one form in which the API server gives them back, so that what is applied never looks changed.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::language::value::quantity::{Bytes, Cpu};
use crate::language::value::time::Duration;

/// Processor time: `250m`, `2`.
pub fn of_cpu(cpu: Cpu) -> Quantity {
    let Cpu(thousandths) = cpu;
    Quantity(match thousandths % 1000 {
        0 => scaled(thousandths / 1000, 1000, &["", "k", "M", "G"]),
        _ => format!("{thousandths}m"),
    })
}

/// Memory or disk: `64Mi`, `500M`, `1023`.
pub fn of_bytes(bytes: Bytes) -> Quantity {
    let Bytes(bytes) = bytes;
    Quantity(match bytes % 1024 {
        0 => scaled(bytes, 1024, &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]),
        _ => scaled(bytes, 1000, &["", "k", "M", "G", "T", "P", "E"]),
    })
}

/// Whole seconds, at least as long; that nothing is rounded is seen to by [`check`](mod@super::check).
pub fn of_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.0.div_ceil(1000)).unwrap_or(i64::MAX)
}

/// Probes count in 32 bits.
pub fn of_short_seconds(duration: Duration) -> i32 {
    i32::try_from(of_seconds(duration)).unwrap_or(i32::MAX)
}

/// The number with the largest unit that leaves it whole.
fn scaled(mut number: u64, base: u64, units: &[&str]) -> String {
    let mut unit = 0;
    while number != 0 && number.is_multiple_of(base) && unit + 1 < units.len() {
        number /= base;
        unit += 1;
    }
    format!("{number}{}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_the_api_server_gives_them_back() {
        for (thousandths, text) in
            [(50, "50m"), (1000, "1"), (1500, "1500m"), (16_000, "16"), (1_000_000, "1k"), (0, "0")]
        {
            assert_eq!(of_cpu(Cpu(thousandths)).0, text);
        }
        for (bytes, text) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1Ki"),
            (64 << 20, "64Mi"),
            (3 << 29, "1536Mi"),
            (500_000_000, "500M"),
            (1 << 40, "1Ti"),
        ] {
            assert_eq!(of_bytes(Bytes(bytes)).0, text);
        }
        assert_eq!(of_seconds(Duration(1500)), 2);
    }
}
