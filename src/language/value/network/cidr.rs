//! Ranges of addresses.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::language::value::network::Cidr;
use crate::language::value::refusal::{literal, quote};
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

impl Parse for Cidr {
    const FORM: Form = Form {
        name: "range of addresses",
        expects: "an address, `/` and a number of bits",
        example: "\"10.244.0.0/16\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(text.trim(), Self::read))
    }
}

impl Cidr {
    /// Whether it is a range of IPv4 addresses.
    pub fn is_ipv4(self) -> bool {
        matches!(self.0, IpNet::V4(_))
    }

    /// Whether every address of another range is in this one.
    pub fn contains(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Whether some address is in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 64)?;
        if let Ok(address) = text.parse::<IpAddr>() {
            return Err(form
                .refuse(format!("{} is a single address without a number of bits", quote(text)))
                .replacement(literal(&IpNet::from(address).to_string())));
        }
        let Some((address, bits)) = text.split_once('/') else {
            return Err(form.refuse(format!("{} is not an address", quote(text))));
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return Err(form.refuse(format!("{} does not start with an address", quote(text))));
        };
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let net = bits.parse().ok().filter(|_| bits.bytes().all(|it| it.is_ascii_digit()));
        let Some(net) = net.and_then(|bits| IpNet::new(address, bits).ok()) else {
            let message = format!("{} does not end with a number of bits from 0 to {widest}", quote(text));
            return Err(form.refuse(message));
        };
        // Kubernetes refuses these: some programs would match them as IPv4, some would not.
        if let IpAddr::V6(address) = address
            && address.to_ipv4_mapped().is_some()
        {
            return Err(form
                .refuse(format!("{} is an IPv4 range written as IPv6", quote(text)))
                .help("write the IPv4 range itself, as in `\"10.244.0.0/16\"`"));
        }
        let start = net.trunc();
        if start != net {
            let refusal =
                Invalid::new(format!("{} has bits set behind the first {}", quote(text), net.prefix_len()))
                    .help(format!("that range starts at `{}`", start.addr()));
            // An address beside the bits of its own network is meant as that network. Of a wider one `/4` may be a slip
            // for `/24`, and what it opens is not for us to choose.
            let is_narrow = net.prefix_len() >= if address.is_ipv4() { NARROW_V4 } else { NARROW_V6 };
            return Err(if is_narrow { refusal.replacement(literal(&start.to_string())) } else { refusal });
        }
        Ok(Self(net))
    }
}

/// A network of one place: as wide as an interface is usually told.
const NARROW_V4: u8 = 24;
const NARROW_V6: u8 = 64;

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

serialized_as_displayed!(Cidr);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn ranges_start_at_their_first_address() {
        insta::assert_snapshot!(check::<Cidr>(r#"
            10.244.0.0/16
            0.0.0.0/0
            10.0.0.5/32
            2001:DB8::/32
            ::/0
            10.244.1.0/16
            203.0.112.77/4
            198.41.192.7/24
            10.0.0.5
            2001:db8::1
            2001:db8::1/64
            10.0.0.0/33
            10.0.0.0/+8
            10.0.0.0/
            010.0.0.0/8
            10.0.0/8
            ::ffff:10.0.0.0/104
            " 10.0.0.0/8 "
            fe80::1%eth0/64
            any
            10
        "#), @r##"
        10.244.0.0/16 => 10.244.0.0/16
        0.0.0.0/0 => 0.0.0.0/0
        10.0.0.5/32 => 10.0.0.5/32
        2001:DB8::/32 => 2001:db8::/32
        ::/0 => ::/0
        10.244.1.0/16 => `10.244.1.0/16` has bits set behind the first 16 | that range starts at `10.244.0.0`
        203.0.112.77/4 => `203.0.112.77/4` has bits set behind the first 4 | that range starts at `192.0.0.0`
        198.41.192.7/24 => `198.41.192.7/24` has bits set behind the first 24 | that range starts at `198.41.192.0` | "198.41.192.0/24"
        10.0.0.5 => `10.0.0.5` is a single address without a number of bits | write an address, `/` and a number of bits, as in `"10.244.0.0/16"` | "10.0.0.5/32"
        2001:db8::1 => `2001:db8::1` is a single address without a number of bits | write an address, `/` and a number of bits, as in `"10.244.0.0/16"` | "2001:db8::1/128"
        2001:db8::1/64 => `2001:db8::1/64` has bits set behind the first 64 | that range starts at `2001:db8::` | "2001:db8::/64"
        10.0.0.0/33 => `10.0.0.0/33` does not end with a number of bits from 0 to 32 | write an address, `/` and a number of bits, as in `"10.244.0.0/16"`
        10.0.0.0/+8 => `10.0.0.0/+8` does not end with a number of bits from 0 to 32 | write an address, `/` and a number of bits, as in `"10.244.0.0/16"`
        10.0.0.0/ => `10.0.0.0/` does not end with a number of bits from 0 to 32 | write an address, `/` and a number of bits, as in `"10.244.0.0/16"`
        010.0.0.0/8 => `010.0.0.0/8` does not start with an address | write an address, `/` and a number of bits, as in `"10.244.0.0/16"`
        10.0.0/8 => `10.0.0/8` does not start with an address | write an address, `/` and a number of bits, as in `"10.244.0.0/16"`
        ::ffff:10.0.0.0/104 => `::ffff:10.0.0.0/104` is an IPv4 range written as IPv6 | write the IPv4 range itself, as in `"10.244.0.0/16"`
        " 10.0.0.0/8 " => ` 10.0.0.0/8 ` does not start with an address | write an address, `/` and a number of bits, as in `"10.244.0.0/16"` | "10.0.0.0/8"
        fe80::1%eth0/64 => `fe80::1%eth0/64` does not start with an address | write an address, `/` and a number of bits, as in `"10.244.0.0/16"`
        any => `any` is not an address | write an address, `/` and a number of bits, as in `"10.244.0.0/16"`
        10 => expected a range of addresses, found the number `10` | write an address, `/` and a number of bits, as in `"10.244.0.0/16"`
        "##);
    }

    #[test]
    fn ranges_know_what_is_in_them() {
        let range = |text| Cidr::parse(Value::String(text)).expect("it is a range");
        assert!(range("10.0.0.0/8").contains(range("10.244.0.0/16")));
        assert!(range("10.244.0.0/16").overlaps(range("10.0.0.0/8")));
        assert!(!range("10.244.0.0/16").contains(range("10.0.0.0/8")));
        assert!(!range("10.0.0.0/8").overlaps(range("::/0")));
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Cidr>("[0-9]{1,3}\\.[0-9]{1,3}\\.0\\.0/[0-9]{1,2}|[0-9a-f]{1,4}:[0-9a-f]{1,4}::/[0-9]{1,3}");
    }
}
