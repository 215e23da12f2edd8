//! Names of HTTP header fields.

use std::sync::Arc;

use crate::language::value::network::HeaderName;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

impl Parse for HeaderName {
    const FORM: Form = Form {
        name: "header name",
        expects: "lower-case letters, digits and `-`",
        example: "\"content-type\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&text.trim().to_ascii_lowercase(), Self::read))
    }
}

impl HeaderName {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 64)?;
        // Case means nothing to HTTP; in one spelling, one header is never listed twice.
        form.only(text, |it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '_')?;
        Ok(Self(Arc::from(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn headers_are_named_in_lower_case() {
        insta::assert_snapshot!(check::<HeaderName>(r#"
            content-type
            X-Request-Id
            x_id
            content type
            x-id: 1
            *
            ""
        "#), @r#"
        content-type => content-type
        X-Request-Id => `X-Request-Id` has `X`, which a header name cannot have | write lower-case letters, digits and `-`, as in `"content-type"` | "x-request-id"
        x_id => x_id
        content type => `content type` has a space, which a header name cannot have | write lower-case letters, digits and `-`, as in `"content-type"`
        x-id: 1 => `x-id: 1` has `:`, which a header name cannot have | write lower-case letters, digits and `-`, as in `"content-type"`
        * => `*` has `*`, which a header name cannot have | write lower-case letters, digits and `-`, as in `"content-type"`
        "" => a header name cannot be empty | write lower-case letters, digits and `-`, as in `"content-type"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<HeaderName>("[a-zA-Z :-]{0,12}");
    }
}
