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
        if let Some((_, host)) = text.rsplit_once('@') {
            let message = format!("the address on {} carries a user or password", quote(host));
            return Err(form.refuse(message).help("leave out what stands before the `@`"));
        }
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
    // A port of plain HTTP answers no TLS, and which one does only its author knows.
    if text.strip_prefix("http://").is_some_and(|it| it.contains(':')) {
        return text;
    }
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
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
        "#), @r#"
        https://app.hello.example => https://app.hello.example
        https://app.hello.example:8443 => https://app.hello.example:8443
        https://app.hello.example:443 => `https://app.hello.example:443` names the port that `https` has anyway | leave out `:443`: browsers do, and compare letter by letter | "https://app.hello.example"
        https://app.hello.example/login => `https://app.hello.example/login` has `/login` behind its host | leave it out: an origin has no path | "https://app.hello.example"
        http://app.hello.example => `http://app.hello.example` starts with `http://`, and only `https://` is safe from who listens | write `https://`, a host name and, unless it is 443, `:` and a port, as in `"https://app.hello.example"` | "https://app.hello.example"
        http://app.hello.example:8080/ => `http://app.hello.example:8080/` starts with `http://`, and only `https://` is safe from who listens | write `https://`, a host name and, unless it is 443, `:` and a port, as in `"https://app.hello.example"`
        app.hello.example => `app.hello.example` does not start with `https://` | write `https://`, a host name and, unless it is 443, `:` and a port, as in `"https://app.hello.example"` | "https://app.hello.example"
        https://*.hello.example => `*.hello.example` is a wildcard | write each host name on its own
        https://localhost => `localhost` has no dot, so it is not a whole host name | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        https://ana:secret@hello.example => the address on `hello.example` carries a user or password | leave out what stands before the `@`
        https://10.0.0.1 => `10.0.0.1` is an IP address, not a host name | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        https:// => a host name cannot be empty | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        * => `*` does not start with `https://` | write `https://`, a host name and, unless it is 443, `:` and a port, as in `"https://app.hello.example"`
        null => `null` does not start with `https://` | write `https://`, a host name and, unless it is 443, `:` and a port, as in `"https://app.hello.example"`
        "" => an origin cannot be empty | write `https://`, a host name and, unless it is 443, `:` and a port, as in `"https://app.hello.example"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Origin>("(https?://)?[a-zA-Z.*-]{0,12}(:[0-9]{0,6})?(/[a-z]{0,3})?");
    }
}
