//! Where a client is sent back to after a login.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::language::value::network::url_path::segments;
use crate::language::value::network::{Host, Port};
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// An address that a browser is sent to with the code of a login. It is compared letter by letter; only a loopback's port
/// is left open (RFC 8252).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedirectUri {
    /// What it leads to.
    pub target: RedirectTarget,
    text: Arc<str>,
}

/// What an address leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RedirectTarget {
    /// `https://` and a host: a page.
    Web {
        /// Scheme, host and port: what a browser sends as `Origin`.
        origin: String,
    },
    /// `http://127.0.0.1` or `http://[::1]`: a program on the machine of who logs in, on whatever port it finds free.
    Loopback,
    /// `http://localhost`: the same, if nobody has made it mean something else.
    Localhost,
    /// `com.example.app:/callback`: a program that has registered the scheme.
    Scheme {
        /// What stands before the `:`.
        scheme: String,
    },
    /// `http://` and a host: whoever listens on the way.
    Plain,
}

const LONGEST: usize = 2048;

impl Parse for RedirectUri {
    const FORM: Form = Form {
        name: "redirect",
        expects: "a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine",
        example: "\"http://127.0.0.1/callback\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| match respelled(text) {
            Some(meant) => it.mend(&meant, Self::read),
            None => it,
        })
    }
}

impl RedirectUri {
    /// The address of a page of ours: its host, and the path on it.
    pub fn of_page(host: &Host, path: &str) -> Self {
        let origin = format!("https://{host}");
        let text = format!("{origin}{path}").into();
        Self { target: RedirectTarget::Web { origin }, text }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What a browser on the page sends as `Origin`; `None` for what is no page.
    pub fn origin(&self) -> Option<&str> {
        match &self.target {
            RedirectTarget::Web { origin } => Some(origin),
            _ => None,
        }
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        if let Some((_, host)) = authority(text).rsplit_once('@') {
            let message = format!("the address on {} carries a user or password", quote(host));
            return Err(form.refuse(message).secret().help("leave out what stands before the `@`"));
        }
        form.within(text, LONGEST)?;
        if text.contains('*') {
            return Err(form.refuse(format!("{} has a wildcard", quote(text))).help(
                "write each address on its own: whoever gets hold of one that matches gets the codes",
            ));
        }
        if text.contains('#') {
            return Err(form
                .refuse(format!("{} has a fragment", quote(text)))
                .help("leave out the `#` and what follows"));
        }
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(form.refuse(format!("{} has no scheme, such as `https:`", quote(text))));
        };
        let is_scheme = scheme.starts_with(|it: char| it.is_ascii_lowercase())
            && scheme.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || "+.-".contains(it));
        if !is_scheme {
            return Err(form.refuse(format!("{} does not start with a scheme in lower case", quote(text))));
        }
        let target = match scheme {
            "https" | "http" => Self::read_web(text, scheme, rest)?,
            _ => {
                let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
                segments(path.strip_prefix("//").unwrap_or(path), &form)?;
                check_query(query, &form)?;
                RedirectTarget::Scheme { scheme: scheme.to_owned() }
            }
        };
        Ok(Self { target, text: Arc::from(text) })
    }

    fn read_web(text: &str, scheme: &str, rest: &str) -> Result<RedirectTarget, Invalid> {
        let form = Self::FORM;
        let Some(rest) = rest.strip_prefix("//") else {
            return Err(form.refuse(format!("{} has no `//` behind its scheme", quote(text))));
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        segments(path, &form)?;
        check_query(query, &form)?;
        if path.is_empty() {
            return Err(form.refuse(format!(
                "{} has no path: browsers and programs disagree whether `/` is meant",
                quote(text)
            )));
        }
        let (host, port) = match authority.strip_prefix('[').and_then(|it| it.split_once(']')) {
            Some((address, port)) => (format!("[{address}]"), port.strip_prefix(':')),
            None => match authority.split_once(':') {
                Some((host, port)) => (host.to_owned(), Some(port)),
                None => (authority.to_owned(), None),
            },
        };
        let port = port.map(Port::read).transpose()?;
        let is_loopback =
            host.parse::<Ipv4Addr>().is_ok_and(|it| it == Ipv4Addr::LOCALHOST) || host == "[::1]";
        if is_loopback || host == "localhost" {
            if let Some(port) = port {
                return Err(form
                    .refuse(format!(
                        "{} names port {port}, and a loopback's port is never compared",
                        quote(text)
                    ))
                    .help("leave the port out: a program takes any that is free"));
            }
            return match (scheme, is_loopback) {
                ("https", _) => {
                    Err(form.refuse(format!("{} asks for a certificate that nobody can have", quote(text))))
                }
                (_, true) => Ok(RedirectTarget::Loopback),
                (_, false) => Ok(RedirectTarget::Localhost),
            };
        }
        if host.starts_with('[') || host.parse::<Ipv6Addr>().is_ok() {
            return Err(form.refuse(format!("{} is an IP address, not a host name", quote(&host))));
        }
        Host::read(&host).map_err(|it| form.refuse(it.message))?;
        if port.is_some_and(|it| it.number() == if scheme == "https" { 443 } else { 80 }) {
            return Err(form
                .refuse(format!("{} names the port that its scheme has anyway", quote(text)))
                .help(
                    "leave the port out: addresses are compared letter by letter, and browsers leave it out",
                ));
        }
        Ok(match scheme {
            "https" => RedirectTarget::Web { origin: format!("https://{authority}") },
            _ => RedirectTarget::Plain,
        })
    }
}

impl std::fmt::Display for RedirectUri {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

serialized_as_displayed!(RedirectUri);

/// What stands between `//` and the path.
fn authority(text: &str) -> &str {
    let (_, rest) = text.split_once("//").unwrap_or(("", ""));
    &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())]
}

fn check_query(query: &str, form: &Form) -> Result<(), Invalid> {
    form.only(query, |it| it.is_ascii_alphanumeric() || "-._~!$&'()+;=:@/?%".contains(it))
}

/// The text without what is certainly too much: capitals in the scheme and host, a port that is never compared, a
/// fragment, a missing `/`.
fn respelled(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.split_once('#').map_or(text, |(front, _)| front);
    let (scheme, rest) = text.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (scheme, authority) = (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase());
    let is_loopback = ["127.0.0.1:", "[::1]:", "localhost:"].iter().any(|it| authority.starts_with(it));
    let is_usual = [("https", ":443"), ("http", ":80")]
        .iter()
        .any(|(it, port)| scheme == *it && authority.ends_with(port));
    let authority = match is_loopback || is_usual {
        true => authority.rsplit_once(':').map(|(host, _)| host)?,
        false => &authority,
    };
    // By its name, it could be made to mean another machine.
    let authority = if is_loopback && authority == "localhost" { "127.0.0.1" } else { authority };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Some(format!("{scheme}://{authority}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn a_redirect_is_a_whole_address_and_nothing_more() {
        insta::assert_snapshot!(check::<RedirectUri>(r"
            https://app.hello.example/callback
            https://app.hello.example:8443/callback?from=login
            http://127.0.0.1/callback
            http://[::1]/callback
            http://localhost/callback
            com.example.app:/callback
            app:/callback
            app://callback
            http://app.hello.example/callback
            http://127.0.0.1:8080/callback
            http://localhost:3000/callback
            https://127.0.0.1/callback
            https://app.hello.example:443/callback
            https://app.hello.example
            HTTPS://App.Hello.example/Callback
            https://app.hello.example/callback#done
            https://*.hello.example/callback
            https://app.hello.example/*
            https://ana:hunter2@app.hello.example/callback
            https://app.hello.example/../callback
            https://app.hello.example/%2e%2e/callback
            https://app.hello.example\@evil.example/callback
            https://10.0.0.1/callback
            https://[::2]/callback
            http://127.0.0.2/callback
            https://app/callback
            https://app.hello.example/call back
            https://app.hello.example:0/callback
            javascript:alert(1)
            data:text/html,x
            urn:ietf:wg:oauth:2.0:oob
            //app.hello.example/callback
            app.hello.example/callback
            /callback
            https:/callback
            5
        "), @r#"
        https://app.hello.example/callback => https://app.hello.example/callback
        https://app.hello.example:8443/callback?from=login => https://app.hello.example:8443/callback?from=login
        http://127.0.0.1/callback => http://127.0.0.1/callback
        http://[::1]/callback => http://[::1]/callback
        http://localhost/callback => http://localhost/callback
        com.example.app:/callback => com.example.app:/callback
        app:/callback => app:/callback
        app://callback => app://callback
        http://app.hello.example/callback => http://app.hello.example/callback
        http://127.0.0.1:8080/callback => `http://127.0.0.1:8080/callback` names port 8080, and a loopback's port is never compared | leave the port out: a program takes any that is free | "http://127.0.0.1/callback"
        http://localhost:3000/callback => `http://localhost:3000/callback` names port 3000, and a loopback's port is never compared | leave the port out: a program takes any that is free | "http://127.0.0.1/callback"
        https://127.0.0.1/callback => `https://127.0.0.1/callback` asks for a certificate that nobody can have | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        https://app.hello.example:443/callback => `https://app.hello.example:443/callback` names the port that its scheme has anyway | leave the port out: addresses are compared letter by letter, and browsers leave it out | "https://app.hello.example/callback"
        https://app.hello.example => `https://app.hello.example` has no path: browsers and programs disagree whether `/` is meant | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"` | "https://app.hello.example/"
        HTTPS://App.Hello.example/Callback => `HTTPS://App.Hello.example/Callback` does not start with a scheme in lower case | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"` | "https://app.hello.example/Callback"
        https://app.hello.example/callback#done => `https://app.hello.example/callback#done` has a fragment | leave out the `#` and what follows | "https://app.hello.example/callback"
        https://*.hello.example/callback => `https://*.hello.example/callback` has a wildcard | write each address on its own: whoever gets hold of one that matches gets the codes
        https://app.hello.example/* => `https://app.hello.example/*` has a wildcard | write each address on its own: whoever gets hold of one that matches gets the codes
        https://ana:hunter2@app.hello.example/callback => the address on `app.hello.example` carries a user or password | leave out what stands before the `@`
        https://app.hello.example/../callback => `/../callback` has a `.` or `..` between its `/` | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        https://app.hello.example/%2e%2e/callback => `/%2e%2e/callback` hides a character behind `%2e` | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        https://app.hello.example\@evil.example/callback => the address on `evil.example` carries a user or password | leave out what stands before the `@`
        https://10.0.0.1/callback => `10.0.0.1` is an IP address, not a host name | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        https://[::2]/callback => `[::2]` is an IP address, not a host name | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        http://127.0.0.2/callback => `127.0.0.2` is an IP address, not a host name | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        https://app/callback => `app` has no dot, so it is not a whole host name | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        https://app.hello.example/call back => `/call back` has a space, which a redirect cannot have | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        https://app.hello.example:0/callback => `0` is not a port | write a number between 1 and 65535
        javascript:alert(1) => javascript:alert(1)
        data:text/html,x => data:text/html,x
        urn:ietf:wg:oauth:2.0:oob => urn:ietf:wg:oauth:2.0:oob
        //app.hello.example/callback => `//app.hello.example/callback` has no scheme, such as `https:` | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        app.hello.example/callback => `app.hello.example/callback` has no scheme, such as `https:` | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        /callback => `/callback` has no scheme, such as `https:` | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        https:/callback => `https:/callback` has no `//` behind its scheme | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        5 => expected a redirect, found the number `5` | write a whole address: `https://…`, or `http://127.0.0.1/…` for a program on somebody's machine, as in `"http://127.0.0.1/callback"`
        "#);
    }

    #[test]
    fn what_an_address_leads_to_is_told_apart() {
        let target = |text| format!("{:?}", RedirectUri::read(text).expect("it is one").target);
        let texts = [
            "https://a.example:8443/b",
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://localhost/",
            "http://a.example/",
            "a.b:/c",
        ];
        insta::assert_snapshot!(texts.map(target).join("\n"), @r#"
        Web { origin: "https://a.example:8443" }
        Loopback
        Loopback
        Localhost
        Plain
        Scheme { scheme: "a.b" }
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<RedirectUri>(
            "[a-z]{1,6}:(//)?([a-z]{1,4}@)?[a-zA-Z]{1,5}\\.com(:[0-9]{1,5})?(/[a-z.%]{0,3}){0,3}(\\?[a-z]?)?(#[a-z])?",
        );
        holds::<RedirectUri>("http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:[0-9]{1,5})?(/[a-z]{0,3})?");
    }
}
