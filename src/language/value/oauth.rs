//! Words of OAuth that others chose: ids of clients, audiences, scopes.

use std::sync::Arc;

use crate::diagnostic::mask;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// What a provider calls us: `Iv1.8a61f9b3a7aba766`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(Arc<str>);

/// Whom a token is for: `railway-api`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Audience(Arc<str>);

/// Something that a provider is asked for: `user:email`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderScope(Arc<str>);

texts!(ClientId, Audience, ProviderScope);

impl Parse for ClientId {
    const FORM: Form = Form {
        name: "client id",
        expects: "what the provider shows as the client's id: visible characters without spaces",
        example: "\"Iv1.8a61f9b3a7aba766\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        // The two stand side by side where a provider shows them.
        if let Some(what) = mask::looks_secret(text) {
            return Err(Invalid::new(format!("what stands here looks like {what}, not like a client id"))
                .help("replace it at the provider, because it is known now, and seal the new one: `client-secret secret=\"…\"`")
                .secret());
        }
        word(text, Self::FORM).map(Self)
    }
}

impl Parse for Audience {
    const FORM: Form = Form {
        name: "audience",
        expects: "the name or address of who accepts the tokens, without spaces",
        example: "\"railway-api\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        word(Self::FORM.text(value)?, Self::FORM).map(Self)
    }
}

impl Parse for ProviderScope {
    const FORM: Form = Form {
        name: "scope",
        expects: "one scope as its provider calls it, without spaces",
        example: "\"openid\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        word(text, Self::FORM).map(Self).map_err(|it| match text.contains([' ', ',']) {
            true => it.help("write each scope in quotes of its own: `scopes \"openid\" \"email\"`"),
            false => it,
        })
    }
}

impl ProviderScope {
    /// A scope out of a table.
    pub(in crate::language) fn known(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

/// Visible ASCII characters that need no escape anywhere (RFC 6749, `NQCHAR`).
fn word(text: &str, form: Form) -> Result<Arc<str>, Invalid> {
    form.within(text, 255)?;
    form.only(text, |it| it.is_ascii_graphic() && !matches!(it, '"' | '\\' | ','))?;
    Ok(Arc::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn words_of_others_are_kept_as_they_are() {
        insta::assert_snapshot!(check::<ClientId>(r#"
            Iv1.8a61f9b3a7aba766
            1234-abc.apps.googleusercontent.com
            GOCSPX-x9Kd03mVbQ7tYw2LpRz8NcHs5J
            two words
            quo"te
            ""
            5
        "#), @r#"
        Iv1.8a61f9b3a7aba766 => Iv1.8a61f9b3a7aba766
        1234-abc.apps.googleusercontent.com => 1234-abc.apps.googleusercontent.com
        GOCSPX-x9Kd03mVbQ7tYw2LpRz8NcHs5J => what stands here looks like a Google client secret, not like a client id | replace it at the provider, because it is known now, and seal the new one: `client-secret secret="…"`
        two words => `two words` has a space, which a client id cannot have | write what the provider shows as the client's id: visible characters without spaces, as in `"Iv1.8a61f9b3a7aba766"`
        quo"te => `quo"te` has `"`, which a client id cannot have | write what the provider shows as the client's id: visible characters without spaces, as in `"Iv1.8a61f9b3a7aba766"`
        "" => a client id cannot be empty | write what the provider shows as the client's id: visible characters without spaces, as in `"Iv1.8a61f9b3a7aba766"`
        5 => expected a client id, found the number `5` | write what the provider shows as the client's id: visible characters without spaces, as in `"Iv1.8a61f9b3a7aba766"`
        "#);
        insta::assert_snapshot!(check::<Audience>(r"
            railway-api
            https://api.railway.example
            ä
        "), @r#"
        railway-api => railway-api
        https://api.railway.example => https://api.railway.example
        ä => `ä` has `ä`, which an audience cannot have | write the name or address of who accepts the tokens, without spaces, as in `"railway-api"`
        "#);
        insta::assert_snapshot!(check::<ProviderScope>(r#"
            user:email
            https://www.googleapis.com/auth/drive
            "openid email"
            openid,email
        "#), @r#"
        user:email => user:email
        https://www.googleapis.com/auth/drive => https://www.googleapis.com/auth/drive
        "openid email" => `openid email` has a space, which a scope cannot have | write each scope in quotes of its own: `scopes "openid" "email"`
        openid,email => `openid,email` has `,`, which a scope cannot have | write each scope in quotes of its own: `scopes "openid" "email"`
        "#);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<ClientId>("[A-Za-z0-9.-]{1,40}");
        holds::<Audience>("[a-z:/.]{1,40}");
        holds::<ProviderScope>("[a-z:/._]{1,40}");
    }
}
