//! Where a page may load from or send to: the sources of a Content-Security-Policy.

use std::fmt;
use std::sync::Arc;

use crate::diagnostic::suggest;
use crate::language::value::network::Origin;
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::syntax::Value;

/// A source, as it is written in the tree: without the quotes that HTTP wants around some.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `none`: nowhere.
    None,
    /// `self`: the page's own origin.
    Own,
    /// `data:`: what stands in the address itself.
    Data,
    /// `blob:`: what the page made.
    Blob,
    /// `https://cdn.example`.
    Origin(Origin),
    /// `wss://live.example`: a web socket.
    Socket(Origin),
    /// `sha256-…`: one script or style by the digest of its text.
    Hash(Arc<str>),
    /// `unsafe-inline`: scripts or styles that stand in the page.
    UnsafeInline,
    /// `unsafe-eval`: texts that a script runs as programs.
    UnsafeEval,
    /// `*`: anywhere.
    Any,
}

/// Bytes of the digests that browsers know, by their names.
const HASHES: [(&str, usize); 3] = [("sha256", 32), ("sha384", 48), ("sha512", 64)];

impl Parse for Source {
    const FORM: Form = Form {
        name: "source",
        expects: "`self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`",
        example: "\"self\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&respelled(text), Self::read))
    }
}

impl Source {
    /// As it stands in the header.
    pub fn in_header(&self) -> String {
        match self {
            Self::None | Self::Own | Self::UnsafeInline | Self::UnsafeEval | Self::Hash(_) => {
                format!("'{self}'")
            }
            Self::Data | Self::Blob | Self::Origin(_) | Self::Socket(_) | Self::Any => self.to_string(),
        }
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 300)?;
        if let Some(host) = text.strip_prefix("wss://") {
            return Origin::read(&format!("https://{host}")).map(Self::Socket);
        }
        if text.starts_with("https://") {
            return Origin::read(text).map(Self::Origin);
        }
        if let Some((name, digest)) = text.split_once('-')
            && let Some((_, bytes)) = HASHES.iter().find(|(it, _)| *it == name)
        {
            return match is_digest(digest, *bytes) {
                true => Ok(Self::Hash(Arc::from(text))),
                false => Err(form.refuse(format!("{} is no digest of {bytes} bytes in base64", quote(text)))),
            };
        }
        Ok(match text {
            "none" => Self::None,
            "self" => Self::Own,
            "data:" => Self::Data,
            "blob:" => Self::Blob,
            "unsafe-inline" => Self::UnsafeInline,
            "unsafe-eval" => Self::UnsafeEval,
            // All of the web by one scheme is no narrower.
            "*" | "https:" => Self::Any,
            _ => return Err(form.refuse(format!("{} is not a source", quote(text)))),
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("none"),
            Self::Own => formatter.write_str("self"),
            Self::Data => formatter.write_str("data:"),
            Self::Blob => formatter.write_str("blob:"),
            Self::Origin(origin) => origin.fmt(formatter),
            Self::Socket(origin) => {
                let origin = origin.to_string();
                write!(formatter, "wss://{}", origin.trim_start_matches("https://"))
            }
            Self::Hash(text) => formatter.write_str(text),
            Self::UnsafeInline => formatter.write_str("unsafe-inline"),
            Self::UnsafeEval => formatter.write_str("unsafe-eval"),
            Self::Any => formatter.write_str("*"),
        }
    }
}

serialized_as_displayed!(Source);

fn is_digest(text: &str, bytes: usize) -> bool {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).is_ok_and(|it| it.len() == bytes)
}

/// What people copy out of a header: `'self'`, `http://cdn.example/`.
fn respelled(text: &str) -> String {
    let text = text.trim().trim_matches('\'');
    match text {
        "data" | "blob" => format!("{text}:"),
        _ => match (text.split_once("://"), text.contains('.')) {
            (Some(("ws" | "wss", rest)), _) => format!("wss://{}", rest.trim_end_matches('/')),
            (Some((_, rest)), _) => format!("https://{}", rest.trim_end_matches('/')),
            (None, true) => format!("https://{}", text.trim_end_matches('/')),
            // The unsafe ones are for nobody to slip into.
            (None, false) => match suggest::candidates(text, ["none", "self", "data:", "blob:"]).as_slice() {
                [meant] => (*meant).to_owned(),
                _ => text.to_ascii_lowercase(),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn a_source_is_a_word_or_an_origin() {
        insta::assert_snapshot!(check::<Source>(r#"
            self
            none
            data:
            https://cdn.hello.example
            wss://live.hello.example:8443
            sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
            sha256-47DEQpj8HBSa
            'self'
            non
            Slef
            data
            http://cdn.hello.example/
            cdn.hello.example
            ws://live.hello.example
            https://cdn.hello.example/lib.js
            https://*.hello.example
            https:
            *
            unsafe-inline
            unsafe-hashes
            self; script-src *
            ""
        "#), @r#"
        self => self
        none => none
        data: => data:
        https://cdn.hello.example => https://cdn.hello.example
        wss://live.hello.example:8443 => wss://live.hello.example:8443
        sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= => sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
        sha256-47DEQpj8HBSa => `sha256-47DEQpj8HBSa` is no digest of 32 bytes in base64 | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"`
        'self' => `'self'` is not a source | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"` | "self"
        non => `non` is not a source | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"` | "none"
        Slef => `Slef` is not a source | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"` | "self"
        data => `data` is not a source | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"` | "data:"
        http://cdn.hello.example/ => `http://cdn.hello.example/` is not a source | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"` | "https://cdn.hello.example"
        cdn.hello.example => `cdn.hello.example` is not a source | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"` | "https://cdn.hello.example"
        ws://live.hello.example => `ws://live.hello.example` is not a source | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"` | "wss://live.hello.example"
        https://cdn.hello.example/lib.js => `https://cdn.hello.example/lib.js` has `/lib.js` behind its host | leave it out: an origin has no path
        https://*.hello.example => `*.hello.example` is a wildcard | write each host name on its own
        https: => *
        * => *
        unsafe-inline => unsafe-inline
        unsafe-hashes => `unsafe-hashes` is not a source | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"`
        self; script-src * => `self; script-src *` is not a source | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"`
        "" => a source cannot be empty | write `self`, `none`, `data:`, `blob:`, an origin with `https://` or `wss://`, or a digest `sha256-…`, as in `"self"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Source>("'?(self|none|data:?|(https?|wss?)://[a-z.]{0,8}|sha256-[a-zA-Z0-9+/=]{0,8})'?");
    }
}
