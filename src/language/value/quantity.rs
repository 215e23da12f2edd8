//! Processor time, memory, shares, and ranges of them.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::language::value::plain::digits;
use crate::language::value::refusal::{float, quote};
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// Processor time in thousandths of a core: `500m`, `1`, `1.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cpu(pub u64);

/// Memory or disk in bytes: `64Mi`, `1.5Gi`, `500M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// A share of something, 1 to 100 percent: `80%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub u32);

/// From what is requested to what is the limit: `50m..500m`; one value stands for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[schemars(rename = "RangeOf{T}")]
pub struct Range<T> {
    /// The lower end: what is requested, or the fewest.
    pub from: T,
    /// The upper end: the limit, or the most.
    pub to: T,
}

/// What can be an end of a range.
pub trait End: Parse + Copy + Ord + fmt::Display {
    /// How a range of it is written.
    const RANGE: Form;

    /// Reads an end out of the text of a range.
    fn end(text: &str) -> Result<Self, Invalid>;
}

/// Longer texts are refused unread; the longest that means anything is a range of two long decimals.
const LONGEST: usize = 50;
/// Kubernetes counts in signed 64 bits.
const MOST: u128 = i64::MAX as u128;

const BINARY: [(&str, u64); 6] =
    [("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("Pi", 1 << 50), ("Ei", 1 << 60)];
const DECIMAL: [(&str, u64); 6] = [
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
];

impl Cpu {
    /// The thousandths of a core.
    pub fn millicores(self) -> u64 {
        self.0
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, LONGEST)?;
        let Some((number, unit)) = Decimal::split(text) else {
            return Err(form.refuse(not_a_number(text)));
        };
        let thousandths = match unit {
            "" => 1000,
            "m" => 1,
            other => {
                let message = format!(
                    "{} has the unit {}, which processor time does not know",
                    quote(text),
                    quote(other)
                );
                return Err(form.refuse(message));
            }
        };
        match number.times(thousandths) {
            Product::Exact(0) => Err(form.refuse(format!("{} is no processor time at all", quote(text)))),
            Product::Exact(it) => Ok(Self(it)),
            Product::Inexact => {
                let message = format!("{} is finer than a thousandth of a core", quote(text));
                Err(form.refuse(message))
            }
            Product::TooMuch => Err(form.refuse(format!("{} is more than can be counted", quote(text)))),
        }
    }
}

impl Bytes {
    /// The number of bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, LONGEST)?;
        let Some((number, unit)) = Decimal::split(text) else {
            return Err(form.refuse(not_a_number(text)));
        };
        let Some((_, factor)) = BINARY.iter().chain(&DECIMAL).find(|(name, _)| *name == unit) else {
            return Err(Self::unknown_unit(text, unit));
        };
        match number.times(*factor) {
            Product::Exact(0) => Err(form.refuse(format!("{} is no size at all", quote(text)))),
            Product::Exact(it) => Ok(Self(it)),
            Product::Inexact => Err(form.refuse(format!("{} is not a whole number of bytes", quote(text)))),
            Product::TooMuch => Err(form.refuse(format!("{} is more than can be counted", quote(text)))),
        }
    }

    fn unknown_unit(text: &str, unit: &str) -> Invalid {
        match unit {
            "" => Self::FORM.refuse(format!("{} has no unit", quote(text))),
            "m" => Invalid::new(format!("{} is in thousandths of a byte", quote(text)))
                .help("write `Mi` for units of 1024 * 1024 bytes, or `M` for millions"),
            _ => Self::FORM.refuse(format!("{} has the unknown unit {}", quote(text), quote(unit))),
        }
    }

    /// The text with a unit of others' in the spelling of ours: `64MB` as `64M`, `1 gib` as `1Gi`.
    fn respelled(text: &str) -> Option<String> {
        let (_, unit) = Decimal::split(text.trim())?;
        let number = text.trim().strip_suffix(unit)?;
        // `1m` alone could as well be `1M` or `1Mi`.
        let unit = Some(unit.trim().to_ascii_lowercase()).filter(|it| it != "m")?;
        let prefix = unit.strip_suffix('b').unwrap_or(&unit);
        let (name, _) = BINARY.iter().chain(&DECIMAL).find(|(name, _)| name.eq_ignore_ascii_case(prefix))?;
        Some(format!("{number}{name}"))
    }
}

impl Parse for Cpu {
    const FORM: Form = Form {
        name: "amount of processor time",
        expects: "a number of cores, or of thousandths with the unit `m`, in quotes",
        example: "\"500m\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        match value {
            Value::Integer(cores) => {
                Err(Self::FORM.mismatch(value)).map_err(|it| it.mend(&cores.to_string(), Self::read))
            }
            Value::Float(cores) => {
                Err(Self::FORM.mismatch(value)).map_err(|it| it.mend(&float(cores), Self::read))
            }
            other => {
                let text = Self::FORM.text(other)?;
                Self::read(text).map_err(|it| it.mend(text.trim(), Self::read))
            }
        }
    }
}

impl Parse for Bytes {
    const FORM: Form = Form {
        name: "size",
        expects: "a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes",
        example: "\"64Mi\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        if let Value::Integer(number) = value {
            return Err(Self::FORM.refuse(format!("`{number}` has no unit")));
        }
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| match Self::respelled(text) {
            Some(respelled) => it.mend(&respelled, Self::read),
            None => it,
        })
    }
}

impl Parse for Percent {
    const FORM: Form = Form {
        name: "percentage",
        expects: "a whole number from 1 to 100 and `%`, in quotes",
        example: "\"80%\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        if let Value::Integer(number) = value {
            return Err(Self::FORM
                .refuse(format!("`{number}` has no `%`"))
                .mend(&format!("{number}%"), Self::read));
        }
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| {
            let number = text.trim().trim_end_matches('%').trim_end();
            it.mend(&format!("{number}%"), Self::read)
        })
    }
}

impl Percent {
    /// The number before the `%`.
    pub fn percent(self) -> u32 {
        self.0
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        Self::FORM.within(text, LONGEST)?;
        let Some(number) = text.strip_suffix('%') else {
            return Err(Self::FORM.refuse(format!("{} has no `%`", quote(text))));
        };
        match digits(number).and_then(|it| u32::try_from(it).ok()) {
            Some(it @ 1..=100) => Ok(Self(it)),
            Some(_) => Err(Self::FORM.refuse(format!("{} is not between 1 and 100 percent", quote(text)))),
            None => Err(Self::FORM.refuse(format!("{} does not start with a whole number", quote(text)))),
        }
    }
}

impl End for Cpu {
    const RANGE: Form = Form {
        name: "range of processor time",
        expects: "what is requested, `..` and the limit, or one value for both, in quotes",
        example: "\"50m..500m\"",
    };

    fn end(text: &str) -> Result<Self, Invalid> {
        Self::parse(Value::String(text))
    }
}

impl End for Bytes {
    const RANGE: Form = Form {
        name: "range of sizes",
        expects: "what is requested, `..` and the limit, or one value for both, in quotes",
        example: "\"64Mi..512Mi\"",
    };

    fn end(text: &str) -> Result<Self, Invalid> {
        Self::parse(Value::String(text))
    }
}

impl End for u32 {
    const RANGE: Form = Form {
        name: "range of numbers",
        expects: "one number, or the fewest, `..` and the most in quotes",
        example: "\"2..10\"",
    };

    fn end(text: &str) -> Result<Self, Invalid> {
        let refusal = || Self::RANGE.refuse(format!("{} is not a whole number", quote(text)));
        digits(text).and_then(|it| Self::try_from(it).ok()).ok_or_else(refusal)
    }
}

impl<T: End> Parse for Range<T> {
    const FORM: Form = T::RANGE;

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = match value {
            Value::String(text) => text,
            // What is no range may still be one value: a count is, and a size without its unit is told so.
            other => return T::parse(other).map(|it| Self { from: it, to: it }),
        };
        Self::read(text).map_err(|it| {
            // Each end is mended by itself, and a `-` is what others write between them.
            let range = if text.contains("..") { text.to_owned() } else { text.replace('-', "..") };
            match range.split_once("..").filter(|_| range.len() <= LONGEST) {
                Some((from, to)) => Invalid { replacement: None, ..it }
                    .mend(&format!("{}..{}", mended::<T>(from), mended::<T>(to)), Self::read),
                None => it,
            }
        })
    }
}

impl<T: End> Range<T> {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, LONGEST)?;
        let Some((from, to)) = text.split_once("..") else {
            // A lone count stands without quotes, so its own reading is the strict one.
            return T::parse(Value::String(text)).map(|it| Self { from: it, to: it });
        };
        if from.is_empty() || to.is_empty() {
            return Err(form.refuse(format!("{} is open at one end", quote(text))));
        }
        let (from, to) = (T::end(from)?, T::end(to)?);
        if from > to {
            let turned = Self { from: to, to: from };
            return Err(form
                .refuse(format!("{} starts above its end", quote(text)))
                .help(format!("write the smaller value first, `{turned}`")));
        }
        Ok(Self { from, to })
    }
}

/// An end of a range in the spelling that its refusal offers.
fn mended<T: End>(written: &str) -> String {
    match T::end(written) {
        Err(Invalid { replacement: Some(replacement), .. }) => replacement.trim_matches('"').to_owned(),
        _ => written.to_owned(),
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 1000 {
            0 => write!(formatter, "{}", self.0 / 1000),
            _ => write!(formatter, "{}m", self.0),
        }
    }
}

impl fmt::Display for Bytes {
    /// The shorter of both systems: `64Mi` rather than `67108.864k`, and `10G` rather than `9765625Ki`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |units: &[(&str, u64)]| {
            let unit = units.iter().rev().find(|(_, factor)| self.0.is_multiple_of(*factor) && self.0 != 0);
            unit.map(|(name, factor)| format!("{}{name}", self.0 / factor))
        };
        let decimal = whole(&DECIMAL).unwrap_or_else(|| {
            let fraction = format!("{:03}", self.0 % 1000);
            match fraction.trim_end_matches('0') {
                "" => format!("{}k", self.0 / 1000),
                digits => format!("{}.{digits}k", self.0 / 1000),
            }
        });
        let shorter = whole(&BINARY).filter(|it| it.len() <= decimal.len());
        formatter.write_str(&shorter.unwrap_or(decimal))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}%", self.0)
    }
}

impl<T: PartialEq + fmt::Display> fmt::Display for Range<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            self.from.fmt(formatter)
        } else {
            write!(formatter, "{}..{}", self.from, self.to)
        }
    }
}

serialized_as_displayed!(Cpu, Bytes, Percent);

fn not_a_number(text: &str) -> String {
    if text.starts_with('-') {
        format!("{} is negative", quote(text))
    } else {
        format!("{} does not start with a number", quote(text))
    }
}

/// A decimal number, exactly: `1.5` is 15 tenths.
struct Decimal {
    digits: u128,
    scale: u32,
}

enum Product {
    Exact(u64),
    Inexact,
    TooMuch,
}

impl Decimal {
    /// Splits a text into the number it starts with and what follows.
    fn split(text: &str) -> Option<(Self, &str)> {
        let end = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        // More digits than fit are too many for any quantity; `times` says which way.
        let digits = format!("{whole}{fraction}").parse().unwrap_or(u128::MAX);
        let scale = u32::try_from(fraction.len()).expect("texts are short");
        Some((Self { digits, scale }, unit))
    }

    fn times(&self, factor: u64) -> Product {
        let divisor = 10_u128.checked_pow(self.scale);
        let product = self.digits.checked_mul(u128::from(factor));
        match (product, divisor) {
            (Some(product), Some(divisor)) if product / divisor <= MOST => match product % divisor {
                0 => Product::Exact(u64::try_from(product / divisor).expect("no more than an i64")),
                _ => Product::Inexact,
            },
            (Some(_), Some(_)) => Product::TooMuch,
            // So many digits behind the point that no unit makes them whole, or so many before it that none is small enough.
            _ if self.scale > 20 => Product::Inexact,
            _ => Product::TooMuch,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn processor_time_is_in_cores_or_thousandths() {
        insta::assert_snapshot!(check::<Cpu>(r#"
            500m
            "1"
            "1.5"
            "0.05"
            "1000m"
            "1.5m"
            "0"
            "0.0005"
            "-1"
            " 2"
            4
            1.5
            -3
            64Mi
            "."
            "1."
            "1.2.3"
            1e3
            "9223372036854775"
            "9223372036854776"
            "340282366920938463463374607431768211456"
            "0.000000000000000000000000000000000000000001"
            #true
        "#), @r##"
        500m => 500m
        "1" => 1
        "1.5" => 1500m
        "0.05" => 50m
        "1000m" => 1
        "1.5m" => `1.5m` is finer than a thousandth of a core | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        "0" => `0` is no processor time at all | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        "0.0005" => `0.0005` is finer than a thousandth of a core | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        "-1" => `-1` is negative | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        " 2" => ` 2` does not start with a number | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"` | "2"
        4 => expected an amount of processor time, found the number `4` | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"` | "4"
        1.5 => expected an amount of processor time, found the number `1.5` | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"` | "1500m"
        -3 => expected an amount of processor time, found the number `-3` | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        64Mi => `64Mi` has the unit `Mi`, which processor time does not know | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        "." => `.` does not start with a number | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        "1." => `1.` does not start with a number | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        "1.2.3" => `1.2.3` does not start with a number | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        1e3 => expected an amount of processor time, found the number `1000.0` | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"` | "1000"
        "9223372036854775" => 9223372036854775
        "9223372036854776" => `9223372036854776` is more than can be counted | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        "340282366920938463463374607431768211456" => `340282366920938463463374607431768211456` is more than can be counted | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        "0.000000000000000000000000000000000000000001" => `0.000000000000000000000000000000000000000001` is finer than a thousandth of a core | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        #true => expected an amount of processor time, found `#true` | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        "##);
    }

    #[test]
    fn sizes_have_a_unit() {
        insta::assert_snapshot!(check::<Bytes>(r#"
            64Mi
            1.5Gi
            1024Mi
            500M
            10G
            "1.5k"
            "0.001k"
            "0.0001k"
            7Ei
            8Ei
            64MB
            1GiB
            "1 gb"
            64K
            512m
            1048576
            "1048576"
            "0Mi"
            "-5Gi"
            5Xi
            1e9
            Mi
        "#), @r##"
        64Mi => 64Mi
        1.5Gi => 1536Mi
        1024Mi => 1Gi
        500M => 500M
        10G => 10G
        "1.5k" => 1.5k
        "0.001k" => 0.001k
        "0.0001k" => `0.0001k` is not a whole number of bytes | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        7Ei => 7Ei
        8Ei => `8Ei` is more than can be counted | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        64MB => `64MB` has the unknown unit `MB` | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"` | "64M"
        1GiB => `1GiB` has the unknown unit `GiB` | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"` | "1Gi"
        "1 gb" => `1 gb` has the unknown unit ` gb` | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"` | "1G"
        64K => `64K` has the unknown unit `K` | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"` | "64k"
        512m => `512m` is in thousandths of a byte | write `Mi` for units of 1024 * 1024 bytes, or `M` for millions
        1048576 => `1048576` has no unit | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        "1048576" => `1048576` has no unit | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        "0Mi" => `0Mi` is no size at all | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        "-5Gi" => `-5Gi` is negative | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        5Xi => `5Xi` has the unknown unit `Xi` | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        1e9 => expected a size, found the number `1000000000.0` | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        Mi => `Mi` does not start with a number | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        "##);
    }

    #[test]
    fn shares_are_percentages() {
        insta::assert_snapshot!(check::<Percent>(r#"
            80%
            100%
            "0%"
            101%
            80
            "80"
            "80 %"
            0.8
            8.5%
            "99999999999999999999%"
        "#), @r##"
        80% => 80%
        100% => 100%
        "0%" => `0%` is not between 1 and 100 percent | write a whole number from 1 to 100 and `%`, in quotes, as in `"80%"`
        101% => `101%` is not between 1 and 100 percent | write a whole number from 1 to 100 and `%`, in quotes, as in `"80%"`
        80 => `80` has no `%` | write a whole number from 1 to 100 and `%`, in quotes, as in `"80%"` | "80%"
        "80" => `80` has no `%` | write a whole number from 1 to 100 and `%`, in quotes, as in `"80%"` | "80%"
        "80 %" => `80 %` does not start with a whole number | write a whole number from 1 to 100 and `%`, in quotes, as in `"80%"` | "80%"
        0.8 => expected a percentage, found the number `0.8` | write a whole number from 1 to 100 and `%`, in quotes, as in `"80%"`
        8.5% => `8.5%` does not start with a whole number | write a whole number from 1 to 100 and `%`, in quotes, as in `"80%"`
        "99999999999999999999%" => `99999999999999999999%` does not start with a whole number | write a whole number from 1 to 100 and `%`, in quotes, as in `"80%"`
        "##);
    }

    #[test]
    fn a_range_goes_from_less_to_more() {
        insta::assert_snapshot!(check::<Range<Cpu>>(r"
            50m..500m
            500m
            1000m..1
            100m..1
            1..100m
            ..1
            1..
            1..2..3
            1...2
            50M..1
            2
        "), @r##"
        50m..500m => 50m..500m
        500m => 500m
        1000m..1 => 1
        100m..1 => 100m..1
        1..100m => `1..100m` starts above its end | write the smaller value first, `100m..1`
        ..1 => `..1` is open at one end | write what is requested, `..` and the limit, or one value for both, in quotes, as in `"50m..500m"`
        1.. => `1..` is open at one end | write what is requested, `..` and the limit, or one value for both, in quotes, as in `"50m..500m"`
        1..2..3 => `2..3` does not start with a number | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        1...2 => `.2` does not start with a number | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        50M..1 => `50M` has the unit `M`, which processor time does not know | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"`
        2 => expected an amount of processor time, found the number `2` | write a number of cores, or of thousandths with the unit `m`, in quotes, as in `"500m"` | "2"
        "##);
        insta::assert_snapshot!(check::<Range<Bytes>>(r"
            64Mi..512Mi
            64Mi
            64MB..1Gi
            64..512
            64
            1Gi..64Mi
        "), @r##"
        64Mi..512Mi => 64Mi..512Mi
        64Mi => 64Mi
        64MB..1Gi => `64MB` has the unknown unit `MB` | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"` | "64M..1Gi"
        64..512 => `64` has no unit | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        64 => `64` has no unit | write a number and a unit, `Ki`, `Mi`, `Gi`, `Ti` or `k`, `M`, `G`, `T`, in quotes, as in `"64Mi"`
        1Gi..64Mi => `1Gi..64Mi` starts above its end | write the smaller value first, `64Mi..1Gi`
        "##);
        insta::assert_snapshot!(check::<Range<u32>>(r#"
            2
            2..10
            "2"
            "3..3"
            10..2
            "2-10"
            1..9999999999
            a..b
        "#), @r##"
        2 => 2
        2..10 => 2..10
        "2" => expected a number, found the text `2` | leave out the quotes | 2
        "3..3" => 3
        10..2 => `10..2` starts above its end | write the smaller value first, `2..10`
        "2-10" => expected a number, found the text `2-10` | write a whole number without quotes, as in `2` | "2..10"
        1..9999999999 => `9999999999` is not a whole number | write one number, or the fewest, `..` and the most in quotes, as in `"2..10"`
        a..b => `a` is not a whole number | write one number, or the fewest, `..` and the most in quotes, as in `"2..10"`
        "##);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Cpu>("[0-9]{1,20}(\\.[0-9]{1,4})?m?");
        holds::<Bytes>("[0-9]{1,20}(\\.[0-9]{1,4})?([kMGTPE]|[KMGTPE]i|[kmg]b)");
        holds::<Percent>("[0-9]{1,3} ?%");
        holds::<Range<Cpu>>("[0-9]{1,4}m?\\.\\.[0-9]{1,4}m?");
        holds::<Range<Bytes>>("[0-9]{1,4}[KMG]i?\\.\\.[0-9]{1,4}[KMG]i?");
        holds::<Range<u32>>("[0-9]{1,4}\\.\\.[0-9]{1,4}");
    }
}
