//! Container images.

use std::fmt;
use std::sync::Arc;

use crate::language::value::network::Port;
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

/// A reference to a container image as the OCI distribution specification writes it, with its registry:
/// `ghcr.io/acme/web@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// Registry and repository: `ghcr.io/acme/web`.
    pub repository: Arc<str>,
    /// The tag, where one is written.
    pub tag: Option<Arc<str>>,
    /// The digest with its algorithm, `sha256:` and 64 hexadecimal digits, where one is written.
    pub digest: Option<Arc<str>>,
}

/// The front of image references: a registry with perhaps the first parts of a repository, `ghcr.io/acme`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Registry(pub(super) Arc<str>);

texts!(Registry);

/// The longest repository with its registry, by the reference grammar.
const LONGEST: usize = 255;

impl Parse for Image {
    const FORM: Form = Form {
        name: "image",
        expects: "a registry, a repository and a digest",
        example: "\"ghcr.io/acme/web@sha256:…\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        let meant = respelled(text);
        // Without its digest it would be refused next.
        Self::read(text).map_err(|it| match meant.contains('@') {
            true => it.mend(&meant, Self::read),
            false => match Self::read(&meant) {
                Ok(meant) => {
                    Invalid { help: Some(format!("write `\"{meant}@sha256:…\"`, with its digest")), ..it }
                }
                Err(_) => it,
            },
        })
    }
}

impl Parse for Registry {
    const FORM: Form = Form {
        name: "registry",
        expects: "a registry, perhaps with the first parts of a repository",
        example: "\"ghcr.io/acme\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| {
            let front = without_scheme(text.trim()).trim_end_matches('*').trim_end_matches('/');
            it.mend(&front.to_ascii_lowercase(), Self::read)
        })
    }
}

impl Image {
    /// The registry alone: `ghcr.io`.
    pub fn registry(&self) -> &str {
        self.repository.split_once('/').map_or(&*self.repository, |(registry, _)| registry)
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        refuse_credentials(text)?;
        form.within(text, LONGEST + 1 + 128 + 1 + 71)?;
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(form.refuse(format!(
                "{} starts with {}",
                quote(text),
                quote(&format!("{scheme}://"))
            )));
        }
        let (front, digest) = match text.split_once('@') {
            None => (text, None),
            Some((front, digest)) => (front, Some(read_digest(digest, text)?)),
        };
        // A colon behind the last `/` starts a tag; one before it, a port.
        let last = front.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match front[last..].find(':') {
            None => (front, None),
            Some(at) => (&front[..last + at], Some(read_tag(&front[last + at + 1..], text)?)),
        };
        let (registry, path) = match repository.split_once('/') {
            Some((registry, path)) if is_registry(registry) => (registry, path),
            _ if repository.is_empty() => return Err(form.refuse(format!("{} has no name", quote(text)))),
            _ => {
                let whole = if front.contains('/') { String::new() } else { "library/".to_owned() };
                return Err(Invalid::new(format!("{} does not name its registry", quote(text)))
                    .help(format!("write the registry: `docker.io/{whole}{}`", shortened(front))));
            }
        };
        check_registry(registry, text, &form)?;
        check_path(path, text, &form)?;
        if registry == "index.docker.io" || (registry == "docker.io" && !path.contains('/')) {
            return Err(form
                .refuse(format!("{} is another spelling of an image of `docker.io/library`", quote(text)))
                .help("write the whole name, as in `docker.io/library/nginx`"));
        }
        form.within(repository, LONGEST)?;
        Ok(Self { repository: Arc::from(repository), tag, digest })
    }
}

impl Registry {
    /// Whether an image is below it, by whole parts: `ghcr.io/acme` does not cover `ghcr.io/acme-evil/x`.
    pub fn covers(&self, image: &Image) -> bool {
        let behind = image.repository.strip_prefix(&*self.0);
        behind.is_some_and(|it| it.is_empty() || it.starts_with('/'))
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let form = Self::FORM;
        refuse_credentials(text)?;
        form.within(text, LONGEST)?;
        if text.contains("://") || text.contains(['@', '*']) || text.ends_with('/') {
            let message = format!("{} is more than the front of an image's name", quote(text));
            return Err(form.refuse(message));
        }
        let (registry, path) =
            text.split_once('/').map_or((text, None), |(registry, path)| (registry, Some(path)));
        if !is_registry(registry) {
            return Err(Invalid::new(format!("{} does not start with a registry", quote(text)))
                .help(format!("write the registry: `docker.io/{}`", shortened(text))));
        }
        check_registry(registry, text, &form)?;
        if registry == "index.docker.io" {
            return Err(form.refuse(format!("{} is another spelling of `docker.io`", quote(text))));
        }
        if let Some(path) = path {
            check_path(path, text, &form)?;
        }
        Ok(Self(Arc::from(text)))
    }
}

impl fmt::Display for Image {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { repository, tag, digest } = self;
        formatter.write_str(repository)?;
        tag.iter().try_for_each(|it| write!(formatter, ":{it}"))?;
        digest.iter().try_for_each(|it| write!(formatter, "@{it}"))
    }
}

serialized_as_displayed!(Image);

/// Refuses `user:password@registry/…` without a word of it. Behind an `@` of an image there is a digest, never a host.
fn refuse_credentials(text: &str) -> Result<(), Invalid> {
    let is_host = |it: &str| it.contains(['/', '.']) || it == "localhost";
    let mut behind = text.split('@').skip(1);
    if behind.any(is_host) && text.split('@').next().is_some_and(|it| it.contains(':')) {
        return Err(Invalid::new("an image has no user and password before its registry")
            .help("leave them out, and replace the password where it is used: git remembers it")
            .secret());
    }
    Ok(())
}

/// Whether the first part of a name is a registry: by the reference grammar, it has a dot or port or is `localhost`.
fn is_registry(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

fn check_registry(registry: &str, text: &str, form: &Form) -> Result<(), Invalid> {
    let (host, port) = registry.split_once(':').map_or((registry, None), |(host, port)| (host, Some(port)));
    let is_label = |it: &str| {
        it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
            && !(it.is_empty() || it.len() > 63 || it.starts_with('-') || it.ends_with('-'))
    };
    if !host.split('.').all(is_label) {
        return Err(form.refuse(format!(
            "{} has the registry {}, which is not a host",
            quote(text),
            quote(host)
        )));
    }
    port.map(Port::read).transpose().map(|_| ())
}

/// Checks the parts of a repository behind the registry.
fn check_path(path: &str, text: &str, form: &Form) -> Result<(), Invalid> {
    for part in path.split('/') {
        if part.is_empty() {
            return Err(form.refuse(format!("{} has nothing between two `/` or at its end", quote(text))));
        }
        if !is_component(part) {
            let message =
                format!("{} has the part {}, which a repository cannot have", quote(text), quote(part));
            return Err(form.refuse(message).help(
                "write lower-case letters and digits, with one `.`, one or two `_` or any number of `-` between them",
            ));
        }
    }
    Ok(())
}

/// `[a-z0-9]+ ( ( "." | "_" | "__" | "-"+ ) [a-z0-9]+ )*`
fn is_component(part: &str) -> bool {
    let is_word = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit();
    let separators = part.split(is_word).filter(|it| !it.is_empty());
    part.starts_with(is_word)
        && part.ends_with(is_word)
        && separators.into_iter().all(|it| matches!(it, "." | "_" | "__") || it.bytes().all(|it| it == b'-'))
}

fn read_tag(tag: &str, text: &str) -> Result<Arc<str>, Invalid> {
    let help = "a tag has at most 128 letters, digits, `_`, `.` and `-`, neither `.` nor `-` first";
    if tag.is_empty() {
        return Err(Invalid::new(format!("{} has no tag behind its `:`", quote(text))).help(help));
    }
    let starts = tag.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
    let allowed = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'.' | b'-');
    if starts && tag.len() <= 128 && tag.bytes().all(allowed) {
        Ok(Arc::from(tag))
    } else {
        Err(Invalid::new(format!("{} has the tag {}, which no image can have", quote(text), quote(tag)))
            .help(help))
    }
}

fn read_digest(digest: &str, text: &str) -> Result<Arc<str>, Invalid> {
    let refusal = |what: String| {
        Invalid::new(format!("the digest of {} {what}", quote(text)))
            .help("write `@sha256:` and its 64 hexadecimal digits, as the registry shows them")
    };
    let Some(hexadecimal) = digest.strip_prefix("sha256:") else {
        return Err(refusal("does not start with `sha256:`".to_owned()));
    };
    if hexadecimal.len() != 64 {
        return Err(refusal(format!("has {} digits, not 64", hexadecimal.chars().count())));
    }
    if hexadecimal.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'a'..=b'f')) {
        Ok(Arc::from(digest))
    } else {
        Err(refusal("has characters other than `0` to `9` and `a` to `f`".to_owned()))
    }
}

/// The whole spelling of what Docker completes: `nginx` as `docker.io/library/nginx`. Tags keep their case.
fn respelled(text: &str) -> String {
    let text = without_scheme(text.trim());
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let (repository, tag) = name.split_at(name[last..].find(':').map_or(name.len(), |at| last + at));
    let repository = repository.to_ascii_lowercase();
    let repository = match repository.split_once('/') {
        Some(("docker.io" | "index.docker.io", path)) if !path.contains('/') => {
            format!("docker.io/library/{path}")
        }
        Some(("index.docker.io", path)) => format!("docker.io/{path}"),
        Some((registry, _)) if is_registry(registry) => repository,
        Some(_) => format!("docker.io/{repository}"),
        None => format!("docker.io/library/{repository}"),
    };
    let digest = digest.map_or(String::new(), |it| format!("@{}", it.to_ascii_lowercase()));
    format!("{repository}{tag}{digest}")
}

fn without_scheme(text: &str) -> &str {
    text.split_once("://").map_or(text, |(_, rest)| rest)
}

/// A text inside backticks of its own.
fn shortened(text: &str) -> String {
    quote(text).trim_matches('`').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn images_name_their_registry() {
        insta::assert_snapshot!(check::<Image>(r#"
            ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777
            ghcr.io/acme/web:1.2@sha256:7777777777777777777777777777777777777777777777777777777777777777
            ghcr.io/acme/web:latest
            ghcr.io/acme/web
            localhost:5000/web:V1
            10.0.0.5:5000/a/b__c/d---e.f
            nginx
            nginx:1.27
            bitnami/redis
            docker.io/nginx
            index.docker.io/library/nginx
            https://ghcr.io/acme/web
            ghcr.io/Acme/Web:V1
            " ghcr.io/acme/web"
        "#), @r#"
        ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777 => ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777
        ghcr.io/acme/web:1.2@sha256:7777777777777777777777777777777777777777777777777777777777777777 => ghcr.io/acme/web:1.2@sha256:7777777777777777777777777777777777777777777777777777777777777777
        ghcr.io/acme/web:latest => ghcr.io/acme/web:latest
        ghcr.io/acme/web => ghcr.io/acme/web
        localhost:5000/web:V1 => localhost:5000/web:V1
        10.0.0.5:5000/a/b__c/d---e.f => 10.0.0.5:5000/a/b__c/d---e.f
        nginx => `nginx` does not name its registry | write `"docker.io/library/nginx@sha256:…"`, with its digest
        nginx:1.27 => `nginx:1.27` does not name its registry | write `"docker.io/library/nginx:1.27@sha256:…"`, with its digest
        bitnami/redis => `bitnami/redis` does not name its registry | write `"docker.io/bitnami/redis@sha256:…"`, with its digest
        docker.io/nginx => `docker.io/nginx` is another spelling of an image of `docker.io/library` | write `"docker.io/library/nginx@sha256:…"`, with its digest
        index.docker.io/library/nginx => `index.docker.io/library/nginx` is another spelling of an image of `docker.io/library` | write `"docker.io/library/nginx@sha256:…"`, with its digest
        https://ghcr.io/acme/web => `https://ghcr.io/acme/web` starts with `https://` | write `"ghcr.io/acme/web@sha256:…"`, with its digest
        ghcr.io/Acme/Web:V1 => `ghcr.io/Acme/Web:V1` has the part `Acme`, which a repository cannot have | write `"ghcr.io/acme/web:V1@sha256:…"`, with its digest
        " ghcr.io/acme/web" => ` ghcr.io/acme/web` has the registry ` ghcr.io`, which is not a host | write `"ghcr.io/acme/web@sha256:…"`, with its digest
        "#);
    }

    #[test]
    fn what_is_no_image_says_which_part() {
        insta::assert_snapshot!(check::<Image>(r"
            ghcr.io/
            ghcr.io//web
            ghcr.io/acme/web/
            ghcr.io/a..b
            ghcr.io/a___b
            ghcr.io/acme/web:
            ghcr.io/acme/web:-x
            ghcr.io/acme/web:a:b
            ghcr.io/acme/web@
            ghcr.io/acme/web@sha256:77
            ghcr.io/acme/web@sha512:77
            ghcr.io/acme/web@sha256:777777777777777777777777777777777777777777777777777777777777777G
            ghcr.io/acme/web@sha256:777777777777777777777777777777777777777777777777777777777777777A
            ghcr.io:99999/web
            -ghcr.io/web
            [::1]:5000/web
            ghcr.io/acme/straße
            ghcr.io/acme/we b
            @sha256:7777777777777777777777777777777777777777777777777777777777777777
            5
        "), @r##"
        ghcr.io/ => `ghcr.io/` has nothing between two `/` or at its end | write a registry, a repository and a digest, as in `"ghcr.io/acme/web@sha256:…"`
        ghcr.io//web => `ghcr.io//web` has nothing between two `/` or at its end | write a registry, a repository and a digest, as in `"ghcr.io/acme/web@sha256:…"`
        ghcr.io/acme/web/ => `ghcr.io/acme/web/` has nothing between two `/` or at its end | write a registry, a repository and a digest, as in `"ghcr.io/acme/web@sha256:…"`
        ghcr.io/a..b => `ghcr.io/a..b` has the part `a..b`, which a repository cannot have | write lower-case letters and digits, with one `.`, one or two `_` or any number of `-` between them
        ghcr.io/a___b => `ghcr.io/a___b` has the part `a___b`, which a repository cannot have | write lower-case letters and digits, with one `.`, one or two `_` or any number of `-` between them
        ghcr.io/acme/web: => `ghcr.io/acme/web:` has no tag behind its `:` | a tag has at most 128 letters, digits, `_`, `.` and `-`, neither `.` nor `-` first
        ghcr.io/acme/web:-x => `ghcr.io/acme/web:-x` has the tag `-x`, which no image can have | a tag has at most 128 letters, digits, `_`, `.` and `-`, neither `.` nor `-` first
        ghcr.io/acme/web:a:b => `ghcr.io/acme/web:a:b` has the tag `a:b`, which no image can have | a tag has at most 128 letters, digits, `_`, `.` and `-`, neither `.` nor `-` first
        ghcr.io/acme/web@ => the digest of `ghcr.io/acme/web@` does not start with `sha256:` | write `@sha256:` and its 64 hexadecimal digits, as the registry shows them
        ghcr.io/acme/web@sha256:77 => the digest of `ghcr.io/acme/web@sha256:77` has 2 digits, not 64 | write `@sha256:` and its 64 hexadecimal digits, as the registry shows them
        ghcr.io/acme/web@sha512:77 => the digest of `ghcr.io/acme/web@sha512:77` does not start with `sha256:` | write `@sha256:` and its 64 hexadecimal digits, as the registry shows them
        ghcr.io/acme/web@sha256:777777777777777777777777777777777777777777777777777777777777777G => the digest of `ghcr.io/acme/web@sha256:777777777777777777777777777777777777…` has characters other than `0` to `9` and `a` to `f` | write `@sha256:` and its 64 hexadecimal digits, as the registry shows them
        ghcr.io/acme/web@sha256:777777777777777777777777777777777777777777777777777777777777777A => the digest of `ghcr.io/acme/web@sha256:777777777777777777777777777777777777…` has characters other than `0` to `9` and `a` to `f` | write `@sha256:` and its 64 hexadecimal digits, as the registry shows them | "ghcr.io/acme/web@sha256:777777777777777777777777777777777777777777777777777777777777777a"
        ghcr.io:99999/web => `99999` is not a port | write a number between 1 and 65535
        -ghcr.io/web => `-ghcr.io/web` has the registry `-ghcr.io`, which is not a host | write a registry, a repository and a digest, as in `"ghcr.io/acme/web@sha256:…"`
        [::1]:5000/web => `[::1]:5000/web` has the registry `[`, which is not a host | write a registry, a repository and a digest, as in `"ghcr.io/acme/web@sha256:…"`
        ghcr.io/acme/straße => `ghcr.io/acme/straße` has the part `straße`, which a repository cannot have | write lower-case letters and digits, with one `.`, one or two `_` or any number of `-` between them
        ghcr.io/acme/we b => `ghcr.io/acme/we b` has the part `we b`, which a repository cannot have | write lower-case letters and digits, with one `.`, one or two `_` or any number of `-` between them
        @sha256:7777777777777777777777777777777777777777777777777777777777777777 => `@sha256:7777777777777777777777777777777777777777777777777777…` has no name | write a registry, a repository and a digest, as in `"ghcr.io/acme/web@sha256:…"`
        5 => expected an image, found the number `5` | write a registry, a repository and a digest, as in `"ghcr.io/acme/web@sha256:…"`
        "##);
    }

    #[test]
    fn registries_are_the_front_of_images() {
        insta::assert_snapshot!(check::<Registry>(r"
            ghcr.io
            ghcr.io/acme
            localhost:5000
            docker.io/library
            ghcr.io/acme/
            ghcr.io/acme/*
            https://ghcr.io/acme
            GHCR.io/acme
            acme
            ghcr.io/acme:latest
            index.docker.io/library
            *
        "), @r##"
        ghcr.io => ghcr.io
        ghcr.io/acme => ghcr.io/acme
        localhost:5000 => localhost:5000
        docker.io/library => docker.io/library
        ghcr.io/acme/ => `ghcr.io/acme/` is more than the front of an image's name | write a registry, perhaps with the first parts of a repository, as in `"ghcr.io/acme"` | "ghcr.io/acme"
        ghcr.io/acme/* => `ghcr.io/acme/*` is more than the front of an image's name | write a registry, perhaps with the first parts of a repository, as in `"ghcr.io/acme"` | "ghcr.io/acme"
        https://ghcr.io/acme => `https://ghcr.io/acme` is more than the front of an image's name | write a registry, perhaps with the first parts of a repository, as in `"ghcr.io/acme"` | "ghcr.io/acme"
        GHCR.io/acme => `GHCR.io/acme` has the registry `GHCR.io`, which is not a host | write a registry, perhaps with the first parts of a repository, as in `"ghcr.io/acme"` | "ghcr.io/acme"
        acme => `acme` does not start with a registry | write the registry: `docker.io/acme`
        ghcr.io/acme:latest => `ghcr.io/acme:latest` has the part `acme:latest`, which a repository cannot have | write lower-case letters and digits, with one `.`, one or two `_` or any number of `-` between them
        index.docker.io/library => `index.docker.io/library` is another spelling of `docker.io` | write a registry, perhaps with the first parts of a repository, as in `"ghcr.io/acme"`
        * => `*` is more than the front of an image's name | write a registry, perhaps with the first parts of a repository, as in `"ghcr.io/acme"`
        "##);
    }

    #[test]
    fn a_registry_covers_whole_parts() {
        let covers = |registry, image| {
            let registry = Registry::parse(Value::String(registry)).expect("it is a registry");
            registry.covers(&Image::parse(Value::String(image)).expect("it is an image"))
        };
        assert!(covers("ghcr.io/acme", "ghcr.io/acme/web"));
        assert!(covers("ghcr.io/acme/web", "ghcr.io/acme/web:1"));
        assert!(covers("ghcr.io", "ghcr.io/acme/web"));
        assert!(!covers("ghcr.io/acme", "ghcr.io/acme-evil/x"));
        assert!(!covers("ghcr.io", "ghcr.io.evil.example/x"));
        assert!(!covers("ghcr.io", "ghcr.io:5000/x"));
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Image>(
            "([a-zA-Z]{1,4}\\.io(:[0-9]{1,5})?/)?[a-zA-Z_.-]{1,5}(/[a-z]{1,3})?(:[A-Za-z._-]{1,3})?(@sha256:[0-9a-fA]{64})?",
        );
        holds::<Registry>("(https://)?[a-zA-Z]{1,4}\\.io(:[0-9]{1,5})?(/[a-z]{1,3})?[/*]{0,2}");
    }
}
