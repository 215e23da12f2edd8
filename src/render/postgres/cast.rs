//! What becomes of values when a column gets another type.

use std::cmp::Ordering;

use crate::language::value::postgres::ColumnType;
use crate::language::value::postgres::column_type::BaseType;

/// What becomes of values. PostgreSQL's own judgement; a test asks it about every pair of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cast {
    /// They stay as they lie.
    Free,
    /// Every row is written anew, with everybody waiting; nothing is lost.
    Rewrites,
    /// So it is, and what the new type cannot hold is rounded, cut off, or refused.
    Loses,
    /// PostgreSQL does not turn one into the other by itself.
    Missing,
}

/// What becomes of values of one type that get another, both as they stand in a schema.
pub fn between(from: &str, to: &str) -> Cast {
    match (ColumnType::of(from), ColumnType::of(to)) {
        (Some(from), Some(to)) => of(&from, &to),
        // A type that is not declared here is nobody's guess.
        _ => Cast::Missing,
    }
}

#[expect(clippy::match_same_arms, reason = "each family of types is an arm")]
fn of(from: &ColumnType, to: &ColumnType) -> Cast {
    use BaseType::{
        BigInt, Char, Cidr, Date, DoublePrecision, Inet, Integer, Interval, Json, Jsonb, Numeric, Real,
        SmallInt, Text, Time, Timestamp, TimestampTz, VarChar,
    };
    let is_text = matches!(to.base, Text | VarChar) && to.modifiers[0].is_none() && !to.is_array;
    let is_short = matches!(to.base, Text | VarChar | Char) && !to.is_array;
    if from.is_array != to.is_array {
        return match (is_text, is_short) {
            (true, _) => Cast::Rewrites,
            (false, true) => Cast::Loses,
            (false, false) => Cast::Missing,
        };
    }
    let (old, new) = (from.modifiers[0], to.modifiers[0]);
    let holds_all = new.is_none_or(|new| old.is_some_and(|old| old <= new));
    let widens = |free: bool| if free { Cast::Free } else { Cast::Loses };
    let cast = match (from.base, to.base) {
        (Text | VarChar, Text) | (Text, VarChar) if new.is_none() => Cast::Free,
        (VarChar, VarChar) => widens(holds_all),
        (Numeric, Numeric) => {
            let scale = |it: &ColumnType| it.modifiers[1].unwrap_or(0);
            widens(new.is_none() || (holds_all && scale(from) == scale(to)))
        }
        // `char` without a length is `char(1)`.
        (Char, Char) => match old.unwrap_or(1).cmp(&new.unwrap_or(1)) {
            Ordering::Less => Cast::Rewrites,
            Ordering::Equal => Cast::Free,
            Ordering::Greater => Cast::Loses,
        },
        (Time, Time) | (Timestamp, Timestamp) | (TimestampTz, TimestampTz) | (Interval, Interval) => {
            // The finest precision, which is what there is without one.
            widens(new.is_none_or(|new| new == 6 || old.is_some_and(|old| old <= new)))
        }
        (Cidr, Inet) => Cast::Free,
        (a, b) if a == b => Cast::Free,
        _ if is_text => Cast::Rewrites,
        (_, Text | VarChar | Char) => Cast::Loses,
        (SmallInt, Integer | BigInt)
        | (Integer, BigInt)
        | (SmallInt | Integer, DoublePrecision)
        | (SmallInt | Real, Real | DoublePrecision) => Cast::Rewrites,
        (SmallInt | Integer | BigInt, Numeric) if new.is_none() => Cast::Rewrites,
        (
            SmallInt | Integer | BigInt | Numeric | Real | DoublePrecision,
            SmallInt | Integer | BigInt | Numeric | Real | DoublePrecision,
        ) => Cast::Loses,
        (Date, Timestamp) if new.is_none_or(|it| it == 6) => Cast::Rewrites,
        // Which moment it is says the time zone of whoever asks.
        (Date | Timestamp | TimestampTz, Date | Timestamp | TimestampTz)
        | (Timestamp | TimestampTz | Interval, Time)
        | (Inet, Cidr)
        | (Json, Jsonb) => Cast::Loses,
        (Time, Interval) | (Jsonb, Json) => Cast::Rewrites,
        _ => Cast::Missing,
    };
    // Lists are written anew, element by element.
    match cast {
        Cast::Free if from.is_array && from != to => Cast::Rewrites,
        other => other,
    }
}
