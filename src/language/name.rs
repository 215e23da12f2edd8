//! Names that declarations go by, checked when they are read.

use std::fmt;
use std::sync::Arc;

use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse, serialized_as_displayed};
use crate::syntax::Value;

/// The name of a project, service, team, role, …: a DNS label (RFC 1123) of at most 40 characters, so that what is made
/// of two of them mostly fits into the 63 that Kubernetes allows; whoever makes it checks that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// The name of a declaration that a reference has led to. Its form was checked, or refused, where it is declared; one
    /// that was refused for its length is cut, so that nothing made of it is too long as well.
    pub(crate) fn trusted(text: &str) -> Self {
        let end = text.char_indices().nth(MOST).map_or(text.len(), |(end, _)| end);
        Self(text[..end].into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

serialized_as_displayed!(Name);

impl Parse for Name {
    const FORM: Form = Form {
        name: "name",
        expects: "lower-case letters, digits and `-`, a letter first, at most 40 characters",
        example: "\"web\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&label_of(text), Self::read))
    }
}

impl Name {
    /// Whether a text is a name. To ask costs less than to have it refused.
    pub(in crate::language) fn is(text: &str) -> bool {
        let is_letter = |it: &u8| it.is_ascii_lowercase() || it.is_ascii_digit() || *it == b'-';
        let bytes = text.as_bytes();
        bytes.len() <= MOST
            && bytes.first().is_some_and(u8::is_ascii_lowercase)
            && bytes.last().is_some_and(|it| *it != b'-')
            && bytes.iter().all(is_letter)
    }

    /// Reads a text without offering a replacement; for names inside other values.
    pub(in crate::language) fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        if Self::is(text) {
            return Ok(Self(Arc::from(text)));
        }
        form.within(text, MOST)?;
        form.only(text, |it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-')?;
        if !text.starts_with(|it: char| it.is_ascii_lowercase()) {
            return Err(form.refuse(format!("{} does not start with a letter", quote(text))));
        }
        if text.ends_with('-') {
            return Err(form.refuse(format!("{} ends with `-`", quote(text))));
        }
        Ok(Self(Arc::from(text)))
    }
}

/// What Kubernetes puts behind the names of pods and jobs still fits.
const MOST: usize = 40;

/// A text as a label would spell it: `Web Shop` as `web-shop`.
pub(in crate::language) fn label_of(text: &str) -> String {
    let spelled = text.trim().replace(['_', ' ', '.'], "-").to_ascii_lowercase();
    spelled.trim_matches('-').to_owned()
}

/// A service, cron job or secret of a project, from anywhere in the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InProject {
    /// The project.
    pub project: Name,
    /// The name inside it.
    pub name: Name,
}

impl fmt::Display for InProject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.project, self.name)
    }
}

impl serde::Serialize for InProject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for InProject {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "InProject".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A project, `/` and the name of what is in it.",
            "type": "string",
            "examples": ["shop/api"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn a_name_is_a_dns_label_of_at_most_40_characters() {
        insta::assert_snapshot!(check::<Name>(r#"
            web
            a1-b2
            Web
            web_shop
            Web Shop
            -web-
            1web
            straße
            "8080"
            8080
            #true
            #null
            ""
            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab
            web"shop\n
        "#), @r##"
        web => web
        a1-b2 => a1-b2
        Web => `Web` has `W`, which a name cannot have | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"` | "web"
        web_shop => `web_shop` has `_`, which a name cannot have | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"` | "web-shop"
        Web Shop => `Web Shop` has `W`, which a name cannot have | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"` | "web-shop"
        -web- => `-web-` does not start with a letter | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"` | "web"
        1web => `1web` does not start with a letter | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        straße => `straße` has `ß`, which a name cannot have | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        "8080" => `8080` does not start with a letter | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        8080 => expected a name, found the number `8080` | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        #true => expected a name, found `#true` | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        #null => expected a name, found `#null` | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        "" => a name cannot be empty | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa => aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab => `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab` has 41 characters | shorten it: a name has at most 40
        web"shop\n => `web"shop\n` has `"`, which a name cannot have | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        "##);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Name>("[a-zA-Z_][a-z0-9-]{0,45}");
    }
}
