//! Names of single values in a secret.

use std::sync::Arc;

use crate::language::value::refusal::quote;
use crate::language::value::text::SecretKey;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

impl Parse for SecretKey {
    const FORM: Form = Form {
        name: "key of a secret",
        expects: "letters, digits, `_`, `-` and `.`",
        example: "\"password\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(text.trim(), Self::read))
    }
}

impl SecretKey {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 253)?;
        form.only(text, |it| it.is_ascii_alphanumeric() || "_-.".contains(it))?;
        // As files in a directory, these would lead out of it or be hidden by what the kubelet puts there.
        if text == "." || text.starts_with("..") {
            return Err(form.refuse(format!("{} starts like the way out of a directory", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn keys_are_names_of_files() {
        insta::assert_snapshot!(check::<SecretKey>(r#"
            password
            tls.crt
            .dockerconfigjson
            ".."
            "a/b"
            " user "
            ""
        "#), @r#"
        password => password
        tls.crt => tls.crt
        .dockerconfigjson => .dockerconfigjson
        ".." => `..` starts like the way out of a directory | write letters, digits, `_`, `-` and `.`, as in `"password"`
        "a/b" => `a/b` has `/`, which a key of a secret cannot have | write letters, digits, `_`, `-` and `.`, as in `"password"`
        " user " => ` user ` has a space, which a key of a secret cannot have | write letters, digits, `_`, `-` and `.`, as in `"password"` | "user"
        "" => a key of a secret cannot be empty | write letters, digits, `_`, `-` and `.`, as in `"password"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<SecretKey>("[a-zA-Z0-9_.-]{1,30}");
    }
}
