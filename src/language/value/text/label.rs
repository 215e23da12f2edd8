//! Labels: keys that an author may set, keys that others have set, values.

use std::fmt;
use std::sync::Arc;

use crate::language::value::refusal::{literal, quote};
use crate::language::value::text::{LabelKey, LabelPair, LabelValue};
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// Domains of prefixes whose labels mean something to Kubernetes or are set by trackside itself.
const RESERVED: [&str; 2] = ["kubernetes.io", "k8s.io"];
const LONGEST_PREFIX: usize = 253;
const LONGEST: usize = 63;

impl Parse for LabelKey {
    const FORM: Form = Form {
        name: "label",
        expects: "at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front",
        example: "\"example.com/team\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read_own(text).map_err(|it| it.mend(&respelled(text), Self::read_own))
    }
}

impl Parse for LabelValue {
    const FORM: Form = Form {
        name: "label value",
        expects: "at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends, in quotes",
        example: "\"payments\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        if let Value::Bool(truth) = value {
            return Err(Self::FORM.mismatch(value).replacement(literal(&truth.to_string())));
        }
        let text = Self::FORM.text(value)?;
        let respelled = || text.trim().replace(' ', "-");
        Self::read(text).map_err(|it| it.mend(&respelled(), Self::read))
    }
}

impl Parse for LabelPair {
    const FORM: Form = Form {
        name: "label and its value",
        expects: "a label, `=` and its value",
        example: "\"k8s-app=kube-dns\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| {
            let separator = if text.contains('=') { '=' } else { ':' };
            match text.split_once(separator) {
                Some((key, value)) => it.mend(&format!("{}={}", key.trim(), value.trim()), Self::read),
                None => it,
            }
        })
    }
}

impl LabelKey {
    /// The domain before the `/`.
    pub fn prefix(&self) -> Option<&str> {
        self.0.split_once('/').map(|(prefix, _)| prefix)
    }

    /// Reads a key that an author may set.
    fn read_own(text: &str) -> Result<Self, Invalid> {
        let key = Self::read(text)?;
        match key.prefix().filter(|it| is_reserved(it)) {
            None => Ok(key),
            Some(prefix) => {
                Err(Invalid::new(format!("labels of {} are not for authors to set", quote(prefix)))
                    .help("use a domain of your own, as in `\"example.com/team\"`, or no prefix"))
            }
        }
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        form.within(text, LONGEST_PREFIX + 1 + LONGEST)?;
        let name = match text.split_once('/') {
            None => text,
            Some(("", _)) => return Err(form.refuse(format!("{} has nothing before its `/`", quote(text)))),
            Some((prefix, name)) => {
                if !is_domain(prefix) {
                    let message =
                        format!("{} has the prefix {}, which is not a domain", quote(text), quote(prefix));
                    return Err(form.refuse(message));
                }
                name
            }
        };
        word(name, text, &form)?;
        Ok(Self(Arc::from(text)))
    }
}

impl LabelValue {
    fn read(text: &str) -> Result<Self, Invalid> {
        if !text.is_empty() {
            word(text, text, &Self::FORM)?;
        }
        Ok(Self(Arc::from(text)))
    }
}

impl LabelPair {
    fn read(text: &str) -> Result<Self, Invalid> {
        Self::FORM.within(text, LONGEST_PREFIX + LONGEST + LONGEST + 2)?;
        let Some((key, value)) = text.split_once('=') else {
            return Err(Self::FORM.refuse(format!("{} has no `=`", quote(text))));
        };
        Ok(Self { key: LabelKey::read(key)?, value: LabelValue::read(value)? })
    }
}

impl fmt::Display for LabelPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}={}", self.key, self.value)
    }
}

serialized_as_displayed!(LabelPair);

/// A key whose domain is in lower case.
fn respelled(text: &str) -> String {
    match text.trim().split_once('/') {
        Some((prefix, name)) => format!("{}/{name}", prefix.to_ascii_lowercase()),
        None => text.trim().to_owned(),
    }
}

fn is_reserved(prefix: &str) -> bool {
    RESERVED
        .iter()
        .any(|it| prefix.strip_suffix(it).is_some_and(|front| front.is_empty() || front.ends_with('.')))
}

/// Whether a text is a DNS subdomain; unlike a host, a single label or a number is one too.
fn is_domain(text: &str) -> bool {
    let is_label = |it: &str| {
        it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
            && !(it.is_empty() || it.starts_with('-') || it.ends_with('-'))
    };
    text.len() <= LONGEST_PREFIX && text.split('.').all(is_label)
}

/// What the name in a key and a value have in common. `text` is what stands in the file.
fn word(word: &str, text: &str, form: &Form) -> Result<(), Invalid> {
    if word.is_empty() {
        return Err(form.refuse(format!("{} has nothing behind its prefix", quote(text))));
    }
    form.within(word, LONGEST)?;
    form.only(word, |it| it.is_ascii_alphanumeric() || "-_.".contains(it))?;
    if word.starts_with(['-', '_', '.']) || word.ends_with(['-', '_', '.']) {
        Err(form.refuse(format!("{} starts or ends with a sign, not a letter or digit", quote(word))))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn keys_are_ones_that_an_author_may_set() {
        insta::assert_snapshot!(check::<LabelKey>(r#"
            team
            example.com/team
            Cost_Center.1
            app.kubernetes.io/name
            kubernetes.io/x
            topology.k8s.io/zone
            notkubernetes.io/x
            Example.com/team
            /team
            example.com/
            a/b/c
            -team
            aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
            " team"
            te am
            1
        "#), @r##"
        team => team
        example.com/team => example.com/team
        Cost_Center.1 => Cost_Center.1
        app.kubernetes.io/name => labels of `app.kubernetes.io` are not for authors to set | use a domain of your own, as in `"example.com/team"`, or no prefix
        kubernetes.io/x => labels of `kubernetes.io` are not for authors to set | use a domain of your own, as in `"example.com/team"`, or no prefix
        topology.k8s.io/zone => labels of `topology.k8s.io` are not for authors to set | use a domain of your own, as in `"example.com/team"`, or no prefix
        notkubernetes.io/x => notkubernetes.io/x
        Example.com/team => `Example.com/team` has the prefix `Example.com`, which is not a domain | write at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front, as in `"example.com/team"` | "example.com/team"
        /team => `/team` has nothing before its `/` | write at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front, as in `"example.com/team"`
        example.com/ => `example.com/` has nothing behind its prefix | write at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front, as in `"example.com/team"`
        a/b/c => `b/c` has `/`, which a label cannot have | write at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front, as in `"example.com/team"`
        -team => `-team` starts or ends with a sign, not a letter or digit | write at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front, as in `"example.com/team"`
        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa => `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` has 64 characters | shorten it: a label has at most 63
        " team" => ` team` has a space, which a label cannot have | write at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front, as in `"example.com/team"` | "team"
        te am => `te am` has a space, which a label cannot have | write at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front, as in `"example.com/team"`
        1 => expected a label, found the number `1` | write at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front, as in `"example.com/team"`
        "##);
    }

    #[test]
    fn values_are_short_words() {
        insta::assert_snapshot!(check::<LabelValue>(r#"
            payments
            ""
            "8080"
            no
            8080
            #true
            _x
            Web shop
            a/b
        "#), @r##"
        payments => payments
        "" => 
        "8080" => 8080
        no => no
        8080 => expected a label value, found the number `8080` | write at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends, in quotes, as in `"payments"`
        #true => expected a label value, found `#true` | write at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends, in quotes, as in `"payments"` | "true"
        _x => `_x` starts or ends with a sign, not a letter or digit | write at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends, in quotes, as in `"payments"`
        Web shop => `Web shop` has a space, which a label value cannot have | write at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends, in quotes, as in `"payments"` | "Web-shop"
        a/b => `a/b` has `/`, which a label value cannot have | write at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends, in quotes, as in `"payments"`
        "##);
    }

    #[test]
    fn a_pair_may_have_any_prefix() {
        insta::assert_snapshot!(check::<LabelPair>(r"
            k8s-app=kube-dns
            app.kubernetes.io/name=coredns
            empty=
            k8s-app: kube-dns
            k8s-app = kube-dns
            k8s-app
            =x
            a=b=c
        "), @r##"
        k8s-app=kube-dns => k8s-app=kube-dns
        app.kubernetes.io/name=coredns => app.kubernetes.io/name=coredns
        empty= => empty=
        k8s-app: kube-dns => `k8s-app: kube-dns` has no `=` | write a label, `=` and its value, as in `"k8s-app=kube-dns"` | "k8s-app=kube-dns"
        k8s-app = kube-dns => `k8s-app ` has a space, which a label cannot have | write at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front, as in `"example.com/team"` | "k8s-app=kube-dns"
        k8s-app => `k8s-app` has no `=` | write a label, `=` and its value, as in `"k8s-app=kube-dns"`
        =x => a label cannot be empty | write at most 63 letters, digits, `-`, `_` and `.`, perhaps with a domain and `/` in front, as in `"example.com/team"`
        a=b=c => `b=c` has `=`, which a label value cannot have | write at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends, in quotes, as in `"payments"`
        "##);
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<LabelKey>("([a-z.]{1,9}/)?[A-Za-z_.]{1,10}|([a-z]{1,3}\\.)?(k8s|kubernetes)\\.io/[a-z]");
        holds::<LabelValue>("[A-Za-z_. ]{0,10}");
        holds::<LabelPair>("([a-z.]{1,9}/)?[A-Za-z_]{1,10} ?[:=] ?[a-z]{0,3}");
    }
}
