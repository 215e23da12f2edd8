//! Ports, hosts, addresses and paths.

mod cidr;
mod header_name;
mod host;
mod origin;
pub(super) mod url_path;

use std::fmt;
use std::sync::Arc;

use crate::language::value::plain::{digits, number};
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// A TCP or UDP port, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(pub u16);

/// The transport of a port.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A port with its transport: `443/tcp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransportPort {
    /// The port.
    pub port: Port,
    /// Its transport.
    pub protocol: Protocol,
}

/// A fully qualified host name (RFC 1123) in lower case, without a final dot: `shop.hello.example`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(pub(super) Arc<str>);

/// A range of IPv4 or IPv6 addresses in CIDR form whose host bits are zero: `10.244.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(pub ipnet::IpNet);

/// The path of a request, from its `/`: `/healthz`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrlPath(pub(super) Arc<str>);

/// A host as written after `public`: a label below the platform's domain (`shop`), or a whole name (`shop.example.com`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPart(pub(super) Arc<str>);

/// What browsers compare: `https://app.hello.example`, with a port where that is not 443.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The host.
    pub host: Host,
    /// The port; `None` for 443.
    pub port: Option<Port>,
}

/// The name of a header, in lower case: `content-type`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderName(pub(super) Arc<str>);

/// The status of an answer that is no success, 400 to 599.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
pub struct Status(pub u16);

texts!(Host, UrlPath, HostPart, HeaderName);

impl Port {
    /// The port's number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// Reads the digits of a port; zero is none.
    pub(super) fn read(text: &str) -> Result<Self, Invalid> {
        let number = digits(text).and_then(|it| u16::try_from(it).ok()).filter(|it| *it != 0);
        number.map(Self).ok_or_else(|| {
            let message = match text {
                "" => "there is no port where one belongs".to_owned(),
                _ => format!("{} is not a port", quote(text)),
            };
            Invalid::new(message).help("write a number between 1 and 65535")
        })
    }
}

impl Parse for Port {
    const FORM: Form = Form { name: "port", expects: "a number between 1 and 65535", example: "8080" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        match value {
            Value::Integer(number) => Self::read(&number.to_string()),
            Value::BigInteger(digits) => Self::read(digits),
            Value::String(text) => Err(match Self::read(text.trim()) {
                Ok(port) => {
                    Self::FORM.mismatch(value).help("leave out the quotes").replacement(port.to_string())
                }
                Err(_) => Self::FORM.mismatch(value),
            }),
            other => Err(Self::FORM.mismatch(other)),
        }
    }
}

impl Parse for Status {
    const FORM: Form =
        Form { name: "status", expects: "a number between 400 and 599, without quotes", example: "404" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let number = number(value, 400..=599)?;
        Ok(Self(u16::try_from(number).expect("the bound is smaller")))
    }
}

impl Protocol {
    /// As it stands behind a port: `tcp`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl TransportPort {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 40)?;
        let Some((port, protocol)) = text.split_once('/') else {
            return Err(match Port::read(text) {
                Ok(port) => Self::without_protocol(port),
                Err(_) => form.refuse(format!("{} is not a port and its transport", quote(text))),
            });
        };
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            other => {
                let message =
                    format!("{} has the transport {}, not `tcp` or `udp`", quote(text), quote(other));
                return Err(form.refuse(message));
            }
        };
        match port.split_once('-') {
            Some((first, _)) if Port::read(first).is_ok() => Err(form
                .refuse(format!("{} is a range of ports", quote(text)))
                .help("write each port on its own, as in `\"443/tcp\" \"8443/tcp\"`")),
            _ => Ok(Self { port: Port::read(port)?, protocol }),
        }
    }

    fn without_protocol(port: Port) -> Invalid {
        Invalid::new(format!("`{port}` does not say which transport"))
            .help(format!("write `\"{port}/tcp\"` or `\"{port}/udp\"`"))
    }
}

/// A bare port where one with its transport is needed: TCP, where it is not one that is known for UDP.
pub fn as_tcp(number: u64) -> Option<String> {
    const OFTEN_UDP: [u64; 14] = [53, 67, 68, 69, 123, 161, 162, 500, 514, 3478, 4500, 5353, 7844, 51820];
    (!OFTEN_UDP.contains(&number)).then(|| format!("{number}/tcp"))
}

impl Parse for TransportPort {
    const FORM: Form = Form {
        name: "port with its transport",
        expects: "a port, `/` and `tcp` or `udp`, in quotes",
        example: "\"443/tcp\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        if let Value::Integer(_) = value {
            return Port::parse(value).and_then(|port| Err(Self::without_protocol(port)));
        }
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| {
            let lower = text.trim().to_ascii_lowercase();
            match lower.split_once(['/', ':', ' ']) {
                Some((protocol @ ("tcp" | "udp"), port)) => {
                    it.mend(&format!("{port}/{protocol}"), Self::read)
                }
                Some((port, protocol)) => it.mend(&format!("{port}/{protocol}"), Self::read),
                None => it,
            }
        })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for TransportPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.port, self.protocol)
    }
}

impl serde::Serialize for Port {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

impl schemars::JsonSchema for Port {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Port".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": Self::FORM.description(),
            "type": "integer",
            "minimum": 1,
            "maximum": u16::MAX,
            "examples": [8080],
        })
    }
}

serialized_as_displayed!(TransportPort, Origin);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn ports_are_numbers() {
        insta::assert_snapshot!(check::<Port>(r#"
            8080
            1
            65535
            0
            65536
            -1
            "8080"
            http
            80.5
            99999999999999999999999999999999999999999999
        "#), @r##"
        8080 => 8080
        1 => 1
        65535 => 65535
        0 => `0` is not a port | write a number between 1 and 65535
        65536 => `65536` is not a port | write a number between 1 and 65535
        -1 => `-1` is not a port | write a number between 1 and 65535
        "8080" => expected a port, found the text `8080` | leave out the quotes | 8080
        http => expected a port, found the text `http` | write a number between 1 and 65535, as in `8080`
        80.5 => expected a port, found the number `80.5` | write a number between 1 and 65535, as in `8080`
        99999999999999999999999999999999999999999999 => `99999999999999999999999999999999999999999999` is not a port | write a number between 1 and 65535
        "##);
    }

    #[test]
    fn transport_ports_name_their_transport() {
        insta::assert_snapshot!(check::<TransportPort>(r#"
            443/tcp
            53/udp
            443
            "443"
            443/TCP
            tcp/443
            443:tcp
            443/sctp
            8000-9000/tcp
            0/tcp
            70000/tcp
            70000
            https
        "#), @r##"
        443/tcp => 443/tcp
        53/udp => 53/udp
        443 => `443` does not say which transport | write `"443/tcp"` or `"443/udp"`
        "443" => `443` does not say which transport | write `"443/tcp"` or `"443/udp"`
        443/TCP => `443/TCP` has the transport `TCP`, not `tcp` or `udp` | write a port, `/` and `tcp` or `udp`, in quotes, as in `"443/tcp"` | "443/tcp"
        tcp/443 => `tcp/443` has the transport `443`, not `tcp` or `udp` | write a port, `/` and `tcp` or `udp`, in quotes, as in `"443/tcp"` | "443/tcp"
        443:tcp => `443:tcp` is not a port and its transport | write a port, `/` and `tcp` or `udp`, in quotes, as in `"443/tcp"` | "443/tcp"
        443/sctp => `443/sctp` has the transport `sctp`, not `tcp` or `udp` | write a port, `/` and `tcp` or `udp`, in quotes, as in `"443/tcp"`
        8000-9000/tcp => `8000-9000/tcp` is a range of ports | write each port on its own, as in `"443/tcp" "8443/tcp"`
        0/tcp => `0` is not a port | write a number between 1 and 65535
        70000/tcp => `70000` is not a port | write a number between 1 and 65535
        70000 => `70000` is not a port | write a number between 1 and 65535
        https => `https` is not a port and its transport | write a port, `/` and `tcp` or `udp`, in quotes, as in `"443/tcp"`
        "##);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Port>("[0-9]{1,6}");
        holds::<TransportPort>("[0-9]{1,6}[/:](tcp|udp|TCP)");
    }
}
