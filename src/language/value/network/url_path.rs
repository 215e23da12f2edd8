//! Paths of requests. What gateways read in different ways (`//`, `..`, an escaped `/`) is no path here.

use std::sync::Arc;

use crate::language::value::network::UrlPath;
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// As Gateway API has it.
const LONGEST: usize = 1024;

impl Parse for UrlPath {
    const FORM: Form = Form { name: "path", expects: "a path from its `/`", example: "\"/healthz\"" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        let rooted = || format!("/{}", text.trim().trim_start_matches('/'));
        Self::read(text).map_err(|it| match text.trim() {
            "" => it,
            _ => it.mend(&rooted(), Self::read),
        })
    }
}

impl UrlPath {
    /// Whether it is another path or lies below it, part by part.
    pub fn is_below(&self, other: &Self) -> bool {
        let front = other.0.trim_end_matches('/');
        self.0.strip_prefix(front).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, LONGEST)?;
        if !text.starts_with('/') {
            return Err(form.refuse(format!("{} does not start with `/`", quote(text))));
        }
        if let Some(at) = text.find(['?', '#']) {
            let part = if text[at..].starts_with('?') { "a query" } else { "a fragment" };
            return Err(form.refuse(format!("{} has {part} behind its path", quote(text))));
        }
        segments(text, &form)?;
        Ok(Self(Arc::from(text)))
    }
}

/// Checks what stands behind the host of an address, without query and fragment.
pub(in crate::language::value) fn segments(path: &str, form: &Form) -> Result<(), Invalid> {
    form.only(path, |it| it == '/' || it == '%' || is_plain(it))?;
    if path.contains("//") {
        return Err(form.refuse(format!("{} has two `/` in a row", quote(path))));
    }
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        let code = rest.get(..2).filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()));
        match code.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            None => {
                let message = format!("{} has a `%` without two hexadecimal digits behind it", quote(path));
                return Err(form.refuse(message));
            }
            // Some programs decode these before they compare and some do not.
            Some(byte) if byte.is_ascii_control() || matches!(byte, b'/' | b'\\' | b'.' | b'%') => {
                let message = format!("{} hides a character behind `%{}`", quote(path), &rest[..2]);
                return Err(form.refuse(message));
            }
            Some(_) => {}
        }
    }
    if path.split('/').any(|it| it == "." || it == "..") {
        return Err(form.refuse(format!("{} has a `.` or `..` between its `/`", quote(path))));
    }
    Ok(())
}

/// What stands for itself in a path (RFC 3986, `pchar`).
pub(in crate::language) fn is_plain(it: char) -> bool {
    it.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(it)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn paths_mean_the_same_to_every_program() {
        insta::assert_snapshot!(check::<UrlPath>(r#"
            /
            /healthz
            /api/v1/
            /a%20b
            healthz
            /healthz?full=1
            /#top
            /a//b
            /a/../b
            /a/%2e%2E/b
            /a%2Fb
            /a%zz
            /a%2
            /a b
            /ä
            /a{b}
            https://shop.example/
            ""
            7
        "#), @r##"
        / => /
        /healthz => /healthz
        /api/v1/ => /api/v1/
        /a%20b => /a%20b
        healthz => `healthz` does not start with `/` | write a path from its `/`, as in `"/healthz"` | "/healthz"
        /healthz?full=1 => `/healthz?full=1` has a query behind its path | write a path from its `/`, as in `"/healthz"`
        /#top => `/#top` has a fragment behind its path | write a path from its `/`, as in `"/healthz"`
        /a//b => `/a//b` has two `/` in a row | write a path from its `/`, as in `"/healthz"`
        /a/../b => `/a/../b` has a `.` or `..` between its `/` | write a path from its `/`, as in `"/healthz"`
        /a/%2e%2E/b => `/a/%2e%2E/b` hides a character behind `%2e` | write a path from its `/`, as in `"/healthz"`
        /a%2Fb => `/a%2Fb` hides a character behind `%2F` | write a path from its `/`, as in `"/healthz"`
        /a%zz => `/a%zz` has a `%` without two hexadecimal digits behind it | write a path from its `/`, as in `"/healthz"`
        /a%2 => `/a%2` has a `%` without two hexadecimal digits behind it | write a path from its `/`, as in `"/healthz"`
        /a b => `/a b` has a space, which a path cannot have | write a path from its `/`, as in `"/healthz"`
        /ä => `/ä` has `ä`, which a path cannot have | write a path from its `/`, as in `"/healthz"`
        /a{b} => `/a{b}` has `{`, which a path cannot have | write a path from its `/`, as in `"/healthz"`
        https://shop.example/ => `https://shop.example/` does not start with `/` | write a path from its `/`, as in `"/healthz"`
        "" => a path cannot be empty | write a path from its `/`, as in `"/healthz"`
        7 => expected a path, found the number `7` | write a path from its `/`, as in `"/healthz"`
        "##);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<UrlPath>("(/[a-z0-9.%~]{0,6}){1,4}");
    }
}
