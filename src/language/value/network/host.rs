//! Host names, whole and below the platform's domain.

use std::net::IpAddr;
use std::sync::Arc;

use crate::language::value::network::{Host, HostPart};
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;

impl Parse for Host {
    const FORM: Form = Form {
        name: "host name",
        expects: "labels of lower-case letters, digits and `-` with dots between them",
        example: "\"shop.hello.example\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&respelled(text), Self::read))
    }
}

impl Parse for HostPart {
    const FORM: Form = Form {
        name: "host",
        expects: "a label below the platform's domain, or a whole host name",
        example: "\"shop\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&respelled(text), Self::read))
    }
}

impl Host {
    /// The name of `part`: itself where it is whole, else the label below `domain`.
    pub fn below(part: &HostPart, domain: &Self) -> Result<Self, Invalid> {
        match part.whole() {
            Some(host) => Ok(host),
            None => Self::read(&format!("{part}.{domain}")),
        }
    }

    /// Whether it is `domain` or stands below it.
    pub fn is_within(&self, domain: &Self) -> bool {
        let front = self.0.strip_suffix(&*domain.0);
        front.is_some_and(|it| it.is_empty() || it.ends_with('.'))
    }

    pub(in crate::language::value) fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        labels(text, &form)?;
        if !text.contains('.') {
            return Err(form.refuse(format!("{} has no dot, so it is not a whole host name", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }
}

impl HostPart {
    /// The host name, where it is a whole one.
    pub fn whole(&self) -> Option<Host> {
        self.0.contains('.').then(|| Host(Arc::clone(&self.0)))
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        labels(text, &Self::FORM)?;
        Ok(Self(Arc::from(text)))
    }
}

/// Checks the labels of a host name, be it whole or a single one.
fn labels(text: &str, form: &Form) -> Result<(), Invalid> {
    form.within(text, LONGEST)?;
    if text.ends_with('.') {
        return Err(Invalid::new(format!("{} ends with a dot", quote(text))).help("leave out the final dot"));
    }
    if text.contains('*') {
        return Err(
            Invalid::new(format!("{} is a wildcard", quote(text))).help("write each host name on its own")
        );
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(form.refuse(format!("{} starts with {}", quote(text), quote(&format!("{scheme}://")))));
    }
    if text.parse::<IpAddr>().is_ok() {
        return Err(form.refuse(format!("{} is an IP address, not a host name", quote(text))));
    }
    if text.contains(':') {
        return Err(form.refuse(format!("{} has a `:`, and a host name has no port", quote(text))));
    }
    if !text.is_ascii() {
        return Err(Invalid::new(format!("{} has letters beyond ASCII", quote(text)))
            .help("write it in punycode, as in `\"xn--strae-oqa.example\"` for `straße.example`"));
    }
    form.only(text, |it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '.')?;
    for label in text.split('.') {
        if label.is_empty() {
            return Err(form.refuse(format!("{} has two dots in a row or one in front", quote(text))));
        }
        if label.len() > LONGEST_LABEL {
            return Err(form.refuse(format!(
                "{} has the part {} of more than 63 characters",
                quote(text),
                quote(label)
            )));
        }
        if label.starts_with('-') || label.ends_with('-') {
            let message =
                format!("{} has the part {}, which starts or ends with `-`", quote(text), quote(label));
            return Err(form.refuse(message));
        }
    }
    let last = text.rsplit('.').next().unwrap_or(text);
    // Browsers and resolvers read `shop.10` and `10.0x1` as addresses.
    if last.bytes().all(|it| it.is_ascii_digit()) || last.starts_with("0x") {
        return Err(form.refuse(format!("{} ends like an address, in the number `{last}`", quote(text))));
    }
    Ok(())
}

/// A host name out of what people paste: `https://Shop.Example.com./` as `shop.example.com`.
fn respelled(text: &str) -> String {
    let text = text.trim();
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    host.trim_end_matches(['/', '.']).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds, told};

    #[test]
    fn hosts_are_whole_names_in_lower_case() {
        insta::assert_snapshot!(check::<Host>(r#"
            shop.hello.example
            xn--strae-oqa.example
            3com.example
            Shop.Hello.Example
            shop.example.
            https://shop.example/
            shop
            *.shop.example
            straße.example
            10.0.0.1
            shop.10
            shop.0x1
            ::1
            shop.example:8080
            shop..example
            .shop.example
            -shop.example
            shop-.example
            web_shop.example
            shop example
            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example
            ""
            1.5
        "#), @r##"
        shop.hello.example => shop.hello.example
        xn--strae-oqa.example => xn--strae-oqa.example
        3com.example => 3com.example
        Shop.Hello.Example => `Shop.Hello.Example` has `S`, which a host name cannot have | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"` | "shop.hello.example"
        shop.example. => `shop.example.` ends with a dot | leave out the final dot | "shop.example"
        https://shop.example/ => `https://shop.example/` starts with `https://` | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"` | "shop.example"
        shop => `shop` has no dot, so it is not a whole host name | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        *.shop.example => `*.shop.example` is a wildcard | write each host name on its own
        straße.example => `straße.example` has letters beyond ASCII | write it in punycode, as in `"xn--strae-oqa.example"` for `straße.example`
        10.0.0.1 => `10.0.0.1` is an IP address, not a host name | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        shop.10 => `shop.10` ends like an address, in the number `10` | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        shop.0x1 => `shop.0x1` ends like an address, in the number `0x1` | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        ::1 => `::1` is an IP address, not a host name | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        shop.example:8080 => `shop.example:8080` has a `:`, and a host name has no port | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        shop..example => `shop..example` has two dots in a row or one in front | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        .shop.example => `.shop.example` has two dots in a row or one in front | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        -shop.example => `-shop.example` has the part `-shop`, which starts or ends with `-` | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        shop-.example => `shop-.example` has the part `shop-`, which starts or ends with `-` | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        web_shop.example => `web_shop.example` has `_`, which a host name cannot have | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        shop example => `shop example` has a space, which a host name cannot have | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example => `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` has the part `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` of more than 63 characters | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        "" => a host name cannot be empty | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        1.5 => expected a host name, found the number `1.5` | write labels of lower-case letters, digits and `-` with dots between them, as in `"shop.hello.example"`
        "##);
    }

    #[test]
    fn a_host_part_is_a_label_or_a_whole_name() {
        insta::assert_snapshot!(check::<HostPart>(r#"
            shop
            shop.example.com
            Shop
            2048
            "2048"
            sh*p
            a/b
        "#), @r##"
        shop => shop
        shop.example.com => shop.example.com
        Shop => `Shop` has `S`, which a host cannot have | write a label below the platform's domain, or a whole host name, as in `"shop"` | "shop"
        2048 => expected a host, found the number `2048` | write a label below the platform's domain, or a whole host name, as in `"shop"`
        "2048" => `2048` ends like an address, in the number `2048` | write a label below the platform's domain, or a whole host name, as in `"shop"`
        sh*p => `sh*p` is a wildcard | write each host name on its own
        a/b => `a/b` has `/`, which a host cannot have | write a label below the platform's domain, or a whole host name, as in `"shop"`
        "##);
    }

    #[test]
    fn a_label_stands_below_the_domain() {
        let below = |part, domain| {
            let part = HostPart::parse(Value::String(part)).expect("it is a part");
            let domain = Host::parse(Value::String(domain)).expect("it is a domain");
            Host::below(&part, &domain).map_or_else(|it| told(&it), |it| it.to_string())
        };
        let long = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(60));
        let hosts = [
            below("shop", "hello.example"),
            below("shop.example.com", "hello.example"),
            below("shop", &long),
        ];
        insta::assert_snapshot!(hosts.join("\n"), @r##"
        shop.hello.example
        shop.example.com
        `shop.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` has 257 characters | shorten it: a host name has at most 253
        "##);
    }

    #[test]
    fn a_host_is_within_its_domain_by_whole_labels() {
        let host = |text| Host::parse(Value::String(text)).expect("it is a host");
        assert!(host("shop.hello.example").is_within(&host("hello.example")));
        assert!(host("hello.example").is_within(&host("hello.example")));
        assert!(!host("othello.example").is_within(&host("hello.example")));
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Host>("(https://)?[a-zA-Z0-9-]{1,10}(\\.[a-z0-9-]{1,8}){0,3}\\.?");
        holds::<HostPart>("[a-zA-Z0-9-]{1,10}(\\.[a-z]{1,8})?");
    }
}
