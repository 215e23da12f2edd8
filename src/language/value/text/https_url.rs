//! Addresses of pages and repositories.

use std::sync::Arc;

use crate::language::value::network::url_path::{is_plain, segments};
use crate::language::value::network::{Host, Port};
use crate::language::value::plain::digits;
use crate::language::value::refusal::quote;
use crate::language::value::text::HttpsUrl;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

const SCHEME: &str = "https://";

impl Parse for HttpsUrl {
    const FORM: Form = Form {
        name: "web address",
        expects: "an address that starts with `https://`",
        example: "\"https://github.com/acme/shop\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&respelled(text), Self::read))
    }
}

impl HttpsUrl {
    /// The host that it leads to.
    pub fn host(&self) -> &str {
        self.authority().split(':').next().unwrap_or_default()
    }

    /// The port that it leads to.
    pub fn port(&self) -> Port {
        let written = self.authority().split_once(':').and_then(|(_, port)| Port::read(port).ok());
        written.unwrap_or(Port(443))
    }

    fn authority(&self) -> &str {
        let rest = self.0.strip_prefix(SCHEME).unwrap_or(&self.0);
        &rest[..rest.find(['/', '?']).unwrap_or(rest.len())]
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        // Before anything quotes the text: what stands before an `@` may be a password.
        let (_, rest) = text.split_once("://").unwrap_or(("", text));
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        // A password may have a `/` in it; only an authority with a port that is none can be the start of such a one.
        let is_cut = authority.split_once(':').is_some_and(|(_, port)| digits(port).is_none());
        if let Some((login, host)) = if is_cut { rest } else { authority }.rsplit_once('@') {
            // What follows the host may let in whoever knows it, as well as what stands before.
            let host = &host[..host.find(['/', '?', '#', ':']).unwrap_or(host.len())];
            let message = format!("the address on {} carries a user or password", quote(host));
            let invalid = form.refuse(message).help("leave out what stands before the `@`");
            return Err(if login.contains(':') { invalid.secret() } else { invalid });
        }
        form.within(text, 2048)?;
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Err(form.refuse(format!("{} does not start with `https://`", quote(text))));
        };
        if text.contains('#') {
            return Err(form
                .refuse(format!("{} has a fragment", quote(text)))
                .help("leave out the `#` and what follows"));
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (host, port) =
            authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        Host::read(host).map_err(|it| form.refuse(it.message))?;
        port.map(Port::read).transpose()?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        segments(path, &form)?;
        form.only(query, |it| "/?%".contains(it) || is_plain(it))?;
        Ok(Self(Arc::from(text)))
    }
}

/// An address out of what people paste: `git@github.com:acme/shop.git`, `HTTP://GitHub.com/acme/shop#readme`.
fn respelled(text: &str) -> String {
    let text = text.trim();
    let text = text.split_once('#').map_or(text, |(front, _)| front);
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let is_ssh = scheme == "ssh" || (scheme.is_empty() && host.len() < authority.len());
    match host.split_once(':').filter(|_| is_ssh) {
        // scp's spelling has the start of the path where a port would be.
        Some((host, owner)) => {
            let path = path.strip_suffix(".git").unwrap_or(path);
            format!("{SCHEME}{}/{owner}{path}", host.to_ascii_lowercase())
        }
        None => format!("{SCHEME}{}{path}", host.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn addresses_are_https_and_carry_no_secret() {
        insta::assert_snapshot!(check::<HttpsUrl>(r"
            https://github.com/acme/shop
            https://git.example.com:8443/shop?ref=main
            https://example.com
            http://github.com/acme/shop
            HTTPS://GitHub.com/acme/Shop
            github.com/acme/shop
            git@github.com:acme/shop.git
            https://ana:hunter2@github.com/acme/shop
            http://ana:hun/ter2@github.com/acme/shop
            ana:hunter2@github.com/acme/shop
            https://github.com/acme/shop#readme
            https://localhost/shop
            https://10.0.0.1/shop
            https://
            https://example.com:0/
            https://example.com:/
            https://example.com/../x
            https://example.com/a b
            https://example.com/?q={x}
            https://[::1]/
            5
        "), @r#"
        https://github.com/acme/shop => https://github.com/acme/shop
        https://git.example.com:8443/shop?ref=main => https://git.example.com:8443/shop?ref=main
        https://example.com => https://example.com
        http://github.com/acme/shop => `http://github.com/acme/shop` does not start with `https://` | write an address that starts with `https://`, as in `"https://github.com/acme/shop"` | "https://github.com/acme/shop"
        HTTPS://GitHub.com/acme/Shop => `HTTPS://GitHub.com/acme/Shop` does not start with `https://` | write an address that starts with `https://`, as in `"https://github.com/acme/shop"` | "https://github.com/acme/Shop"
        github.com/acme/shop => `github.com/acme/shop` does not start with `https://` | write an address that starts with `https://`, as in `"https://github.com/acme/shop"` | "https://github.com/acme/shop"
        git@github.com:acme/shop.git => the address on `github.com` carries a user or password | leave out what stands before the `@` | "https://github.com/acme/shop"
        https://ana:hunter2@github.com/acme/shop => the address on `github.com` carries a user or password | leave out what stands before the `@` | "https://github.com/acme/shop"
        http://ana:hun/ter2@github.com/acme/shop => the address on `github.com` carries a user or password | leave out what stands before the `@`
        ana:hunter2@github.com/acme/shop => the address on `github.com` carries a user or password | leave out what stands before the `@` | "https://github.com/acme/shop"
        https://github.com/acme/shop#readme => `https://github.com/acme/shop#readme` has a fragment | leave out the `#` and what follows | "https://github.com/acme/shop"
        https://localhost/shop => `localhost` has no dot, so it is not a whole host name | write an address that starts with `https://`, as in `"https://github.com/acme/shop"`
        https://10.0.0.1/shop => `10.0.0.1` is an IP address, not a host name | write an address that starts with `https://`, as in `"https://github.com/acme/shop"`
        https:// => a host name cannot be empty | write an address that starts with `https://`, as in `"https://github.com/acme/shop"`
        https://example.com:0/ => `0` is not a port | write a number between 1 and 65535
        https://example.com:/ => there is no port where one belongs | write a number between 1 and 65535
        https://example.com/../x => `/../x` has a `.` or `..` between its `/` | write an address that starts with `https://`, as in `"https://github.com/acme/shop"`
        https://example.com/a b => `/a b` has a space, which a web address cannot have | write an address that starts with `https://`, as in `"https://github.com/acme/shop"`
        https://example.com/?q={x} => `q={x}` has `{`, which a web address cannot have | write an address that starts with `https://`, as in `"https://github.com/acme/shop"`
        https://[::1]/ => `[` has `[`, which a host name cannot have | write an address that starts with `https://`, as in `"https://github.com/acme/shop"`
        5 => expected a web address, found the number `5` | write an address that starts with `https://`, as in `"https://github.com/acme/shop"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<HttpsUrl>(
            "(https?://)?([a-z]{1,3}(:[a-z]{1,3})?@)?[a-zA-Z]{1,5}\\.com(:[0-9]{1,5})?(/[a-z.]{0,3}){0,3}(\\?[a-z]?)?(#[a-z])?",
        );
    }
}
