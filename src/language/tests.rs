//! How the language is asked in tests: a few lines in, what is said about them out.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::include::{self, Sources};
use crate::language::value::time::Date;
use crate::language::{Platform, Selection};
use crate::tree::Tree;

/// What nobody wants to read in every test: a platform and its cluster, on one line.
pub(crate) const HEAD: &str = r#"platform "hello" edition="2026" { domain "hello.example" }; cluster { kubernetes "1.35"; pods "10.244.0.0/16"; services "10.96.0.0/12"; dns namespace="kube-system" label="k8s-app=kube-dns"; gateway "public" implementation="envoy-gateway" namespace="gateways"; }"#;

/// An image, for `@web` in a text.
const IMAGE: &str =
    "\"ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777\"";

/// An age file, for `@age` in a text.
const AGE: &str = include_str!("../../examples/shop/secrets/staging/db-password.age");

/// The findings about a text below [`HEAD`], as `CODE severity line: message`; the lines are those of the text. What is in
/// some environments only says in which, and what is waived says so.
pub(crate) fn check(text: &str) -> String {
    check_files(&[("platform.kdl", text)])
}

/// The same without findings that only say that something is not used.
pub(crate) fn check_used(text: &str) -> String {
    let told = check(text);
    told.lines()
        .filter(|it| !it.contains("is never used"))
        .fold(String::new(), |told, line| told + line + "\n")
}

/// The same about several files; the first is below [`HEAD`].
pub(crate) fn check_files(files: &[(&str, &str)]) -> String {
    let tree = tree(files);
    let selection = Selection { environment: None, date: Some(Date(jiff::civil::date(2026, 11, 22))) };
    let outcome = crate::check(&tree, &selection);
    let mut told = String::new();
    for it in &outcome.diagnostics {
        let Diagnostic { code, severity, primary, message, environments, waived, .. } = it;
        write!(told, "{code} {}", severity.word()).expect("it is text");
        if let Some(label) = primary {
            let path = outcome.sources.path(label.span);
            let line = outcome.sources.start(label.span).line;
            match path {
                "platform.kdl" => write!(told, " {}", line - 1),
                _ => write!(told, " {path}:{line}"),
            }
            .expect("it is text");
        }
        write!(told, ": {message}").expect("it is text");
        if !environments.is_empty() {
            write!(told, " [{}]", Vec::from_iter(environments.iter().cloned()).join(" "))
                .expect("it is text");
        }
        told.push_str(if waived.is_some() { " (waived)\n" } else { "\n" });
    }
    told
}

/// The platform that a text below [`HEAD`] means, in an environment where it has any. It has no errors.
pub(crate) fn platform(text: &str, environment: Option<&str>) -> Platform {
    let mut sink = Diagnostics::default();
    let Sources { mut map, documents } = include::load(&tree(&[("platform.kdl", text)]), &mut sink);
    let declarations =
        crate::language::declare(&documents, &tree(&[("platform.kdl", text)]), &mut map, &mut sink);
    let selection = Selection { environment: environment.map(str::to_owned), date: None };
    let platform = crate::language::resolve(&declarations, &selection, &mut sink);
    let errors: Vec<&str> = sink.iter().filter(|it| it.fails()).map(|it| it.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    platform.expect("there is one without errors")
}

fn tree(files: &[(&str, &str)]) -> Tree {
    let texts = files.iter().enumerate().map(|(at, (path, text))| {
        let text = text.replace("@web", IMAGE);
        let text = if at == 0 { format!("{HEAD}\n{}", text.trim_start_matches('\n')) } else { text };
        ((*path).to_owned(), text)
    });
    Tree::memory(texts.chain([("secret.age".to_owned(), AGE.to_owned())]))
}
