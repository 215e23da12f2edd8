//! Addresses of people, as narrow as real ones are: what stands here goes into policies, subjects and mail.

use std::sync::Arc;

use crate::language::value::network::Host;
use crate::language::value::refusal::quote;
use crate::language::value::text::Email;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

impl Parse for Email {
    const FORM: Form = Form {
        name: "e-mail address",
        expects: "the e-mail address of a person in lower case",
        example: "\"ana@example.com\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&respelled(text), Self::read))
    }
}

impl Email {
    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, 254)?;
        let Some((person, domain)) = text.split_once('@') else {
            return Err(form.refuse(format!("{} has no `@`", quote(text))));
        };
        if person.is_empty() || domain.is_empty() || domain.contains('@') {
            return Err(form.refuse(format!("{} is not a person, one `@` and a domain", quote(text))));
        }
        form.only(person, |it| it.is_ascii_lowercase() || it.is_ascii_digit() || "._+-".contains(it))?;
        if person.len() > 64 {
            return Err(form.refuse(format!("{} has more than 64 characters before the `@`", quote(text))));
        }
        if person.starts_with('.') || person.ends_with('.') || person.contains("..") {
            return Err(form.refuse(format!("{} has a dot where none can be before the `@`", quote(text))));
        }
        // What is wrong with the domain is told about the domain; the help is still about the address.
        Host::read(domain).map_err(|it| form.refuse(it.message))?;
        Ok(Self(Arc::from(text)))
    }
}

/// An address out of what people paste: `Ana <Ana@Example.com>` as `ana@example.com`.
fn respelled(text: &str) -> String {
    let text = text.trim();
    let angled = text.strip_suffix('>').and_then(|it| it.rsplit_once('<')).map(|(_, address)| address);
    let address = angled.unwrap_or(text);
    address.strip_prefix("mailto:").unwrap_or(address).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn addresses_are_in_lower_case() {
        insta::assert_snapshot!(check::<Email>(r"
            ana@example.com
            ana.b+git@mail.example.com
            Ana@Example.com
            Ana <ana@example.com>
            mailto:ana@example.com
            ana
            @example.com
            ana@
            a@b@example.com
            ana..b@example.com
            .ana@example.com
            ana b@example.com
            änä@example.com
            ana@localhost
            ana@10.0.0.1
            ana@example..com
            1
        "), @r##"
        ana@example.com => ana@example.com
        ana.b+git@mail.example.com => ana.b+git@mail.example.com
        Ana@Example.com => `Ana` has `A`, which an e-mail address cannot have | write the e-mail address of a person in lower case, as in `"ana@example.com"` | "ana@example.com"
        Ana <ana@example.com> => `Ana <ana` has `A`, which an e-mail address cannot have | write the e-mail address of a person in lower case, as in `"ana@example.com"` | "ana@example.com"
        mailto:ana@example.com => `mailto:ana` has `:`, which an e-mail address cannot have | write the e-mail address of a person in lower case, as in `"ana@example.com"` | "ana@example.com"
        ana => `ana` has no `@` | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        @example.com => `@example.com` is not a person, one `@` and a domain | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        ana@ => `ana@` is not a person, one `@` and a domain | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        a@b@example.com => `a@b@example.com` is not a person, one `@` and a domain | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        ana..b@example.com => `ana..b@example.com` has a dot where none can be before the `@` | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        .ana@example.com => `.ana@example.com` has a dot where none can be before the `@` | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        ana b@example.com => `ana b` has a space, which an e-mail address cannot have | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        änä@example.com => `änä` has `ä`, which an e-mail address cannot have | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        ana@localhost => `localhost` has no dot, so it is not a whole host name | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        ana@10.0.0.1 => `10.0.0.1` is an IP address, not a host name | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        ana@example..com => `example..com` has two dots in a row or one in front | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        1 => expected an e-mail address, found the number `1` | write the e-mail address of a person in lower case, as in `"ana@example.com"`
        "##);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Email>("[a-zA-Z.+]{1,10}@[a-zA-Z0-9-]{1,10}\\.(com|Example)");
    }
}
