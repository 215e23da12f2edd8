//! Origins: what browsers compare, a scheme, a host and a port.

use std::fmt;

use crate::language::value::network::{Host, Origin, Port};
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// The port that browsers leave out.
const HTTPS: u16 = 443;
const SCHEME: &str = "https://";

impl Parse for Origin {
    const FORM: Form = Form {
        name: "origin",
        expects: "`https://`, a host name and, unless it is 443, `:` and a port",
        example: "\"https://app.hello.example\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&respelled(text), Self::read))
    }
}

impl Origin {
    /// The origin of a host on the port of `https`.
    pub fn of(host: Host) -> Self {
        Self { host, port: None }
    }

    pub(in crate::language) fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 300)?;
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Err(form.refuse(match text.split_once("://") {
                Some((scheme, _)) => format!(
                    "{} starts with {}, and only `https://` is safe from who listens",
                    quote(text),
                    quote(&format!("{scheme}://"))
                ),
                None => format!("{} does not start with `https://`", quote(text)),
            }));
        };
        if let Some(at) = rest.find(['/', '?', '#']) {
            let message = format!("{} has {} behind its host", quote(text), quote(&rest[at..]));
            return Err(form.refuse(message).help("leave it out: an origin has no path"));
        }
        let Some((host, port)) = rest.split_once(':') else {
            return Host::read(rest).map(Self::of);
        };
        let (host, port) = (Host::read(host)?, Port::read(port)?);
        if port.number() == HTTPS {
            let message = format!("{} names the port that `https` has anyway", quote(text));
            return Err(form
                .refuse(message)
                .help("leave out `:443`: browsers do, and compare letter by letter"));
        }
        Ok(Self { host, port: Some(port) })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        write!(formatter, "{SCHEME}{host}")?;
        port.map_or(Ok(()), |it| write!(formatter, ":{it}"))
    }
}

/// An origin out of what people paste: `http://App.Hello.Example:443/login` as `https://app.hello.example`.
fn respelled(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    // A port of `http` means another server than the same one of `https`.
    format!("{SCHEME}{}", host.trim_end_matches(":443").trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        insta::assert_snapshot!(check::<Origin>(r#"
            https://app.hello.example
            https://app.hello.example:8443
            https://app.hello.example:443
            https://app.hello.example/login
            http://app.hello.example
            http://app.hello.example:8080/
            app.hello.example
            https://*.hello.example
            https://localhost
            https://ana:secret@hello.example
            https://10.0.0.1
            https://
            *
            null
            ""
        "#), @"");
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Origin>("(https?://)?[a-zA-Z.*-]{0,12}(:[0-9]{0,6})?(/[a-z]{0,3})?");
    }
}
