//! Processor time, memory and counts, and ranges of them.

/// Processor time in thousandths of a core: `500m`, `1`, `1.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpu(pub u64);

/// Memory or disk in bytes: `64Mi`, `1.5Gi`, `500M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// From what is requested to what is the limit: `50m..500m`; one value stands for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range<T> {
    /// The lower end: what is requested, or the fewest.
    pub from: T,
    /// The upper end: the limit, or the most.
    pub to: T,
}
