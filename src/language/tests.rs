//! How the language is asked in tests: a few lines in, what is said about them out.

use std::fmt::Write as _;

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics, human};
use crate::language::include::{self, Sources};
use crate::language::value::time::Date;
use crate::language::{Platform, Selection};
use crate::tree::Tree;

/// What nobody wants to read in every test: a platform and its cluster, on one line.
const HEAD: &str = r#"platform "hello" edition="2026" { domain "hello.example" }; cluster { kubernetes "1.35"; pods "10.244.0.0/16"; services "10.96.0.0/12"; dns namespace="kube-system" label="k8s-app=kube-dns"; @gateway}@recipient"#;

/// Who opens what is sealed.
const RECIPIENT: &str =
    r#"; recipient "controller" key="age10wk62ldgyyzp5kuxwctyz6cmdrh2eppeky0325nfzz4xcxyrm5mq02psv4""#;

/// An image, for `@web` in a text.
const IMAGE: &str =
    "\"ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777\"";

/// An age file, for `@age` in a text.
const AGE: &str = include_str!("../../examples/shop/secrets/staging/db-password.age");

/// A token service that may reach the web, for texts that ask something of one; on one line.
pub(crate) const TOKEN_SERVICE: &str = r#"project "sys" { service "auth" { image @web; port 80; public host="auth"; reaches external="web" } }; external "web" { ports "443/tcp" }; auth service="sys/auth" { issuer "hello"; audience "hello-api"; provider "github" client-id="Iv1.hello" { client-secret secret="github"; scopes "user:email" }; access-token "15m"; signing-key secret="signing"; client "cli" type="public" { redirect "http://127.0.0.1/callback" } }; secret "github" file="secret.age"; secret "signing" file="secret.age""#;

/// The findings about a text below [`HEAD`], as `CODE severity line: message`; the lines are those of the text. What is in
/// some environments only says in which, and what is waived says so.
pub(crate) fn check(text: &str) -> String {
    check_files(&[("platform.kdl", text)])
}

/// The same without findings that only say that something is not used.
pub(crate) fn check_used(text: &str) -> String {
    let told = check(text);
    told.lines()
        .filter(|it| !it.contains("is never used") && !it.contains("nobody reads"))
        .fold(String::new(), |told, line| told + line + "\n")
}

/// The same about several files; the first is below [`HEAD`].
pub(crate) fn check_files(files: &[(&str, &str)]) -> String {
    let tree = tree(files);
    let selection = Selection { environment: None, date: Some(Date(jiff::civil::date(2026, 11, 22))) };
    let outcome = crate::check(&tree, &selection);
    let mut told = String::new();
    // Most texts declare no token service; what misses one is shown beside its own target.
    for it in outcome.diagnostics.iter().filter(|it| it.code != Code::NoTokenService) {
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
    let tree = tree(&[("platform.kdl", text)]);
    let Sources { mut map, documents } = include::load(&tree, &mut sink);
    let declarations = crate::language::declare(&documents, &tree, &mut map, &mut sink);
    let selection = Selection { environment: environment.map(str::to_owned), date: None };
    let platform = crate::language::resolve(&declarations, &selection, &mut map, &mut sink);
    let errors: Vec<&str> = sink.iter().filter(|it| it.fails()).map(|it| it.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    platform.expect("there is one without errors")
}

/// An age file of its own for each number: the last line of the armored one differs, which is its payload.
fn age(number: usize) -> String {
    let (front, last) = AGE.trim().rsplit_once('\n').expect("it has lines");
    let (front, body) = front.rsplit_once('\n').expect("it has lines");
    format!("{front}\n{number:04}{}\n{last}\n", &body[4..])
}

/// Gives every secret that is written with `secret.age` a file of its own, as no two may have the same.
fn with_own_files(text: &str, files: &mut Vec<(String, String)>) -> String {
    const WRITTEN: &str = "file=\"secret.age\"";
    let mut parts = text.split(WRITTEN);
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = files.len();
        let path = format!("secret-{number}.age");
        write!(whole, "file=\"{path}\"{part}").expect("it is text");
        files.push((path, age(number)));
    }
    whole
}

pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
    let shared = age(9999);
    let indented = shared.trim().replace('\n', &format!("\n{}", " ".repeat(20)));
    let mut sealed = vec![("secret.age".to_owned(), AGE.to_owned()), ("shared.age".to_owned(), shared)];
    let texts: Vec<(String, String)> = files.iter().enumerate().map(|(at, (path, text))| {
        let text = with_own_files(&text.replace("@web", IMAGE).replace("@shared", &indented), &mut sealed);
        let gateway = r#"gateway "public" implementation="envoy-gateway" namespace="gateways" { certificate by-hand=#true }; "#;
        // One that nothing uses would be reported in every test.
        let head = HEAD.replace("@gateway", if text.contains("publ") { gateway } else { "" });
        // One that stands in the text is the only one.
        let is_sealed = |text: &str| ["secret.age", "(age)"].iter().any(|it| text.contains(it));
        let is_sealed = files.iter().any(|(_, text)| is_sealed(text));
        let is_own = text.contains("recipient \"controller\" key=");
        let head = head.replace("@recipient", if is_sealed && !is_own { RECIPIENT } else { "" });
        let text = if at == 0 { format!("{head}\n{}", text.trim_start_matches('\n')) } else { text };
        ((*path).to_owned(), text)
    }).collect();
    Tree::memory(texts.into_iter().chain(sealed))
}

/// Platforms of which everything is said in a different order.
mod order {
    use proptest::prelude::*;

    use super::*;

    /// Each may stand anywhere, in any file.
    const PARTS: &[&str] = &[
        r#"platform "hello" edition="2026" { domain "hello.example" }"#,
        r#"cluster { kubernetes "1.35"; dns namespace="kube-system" label="k8s-app=kube-dns"; services "10.96.0.0/12"; pods "10.244.0.0/16"; gateway "b" implementation="ingress-nginx" namespace="b"; gateway "a" implementation="envoy-gateway" namespace="a" }"#,
        r#"resource "page" in="project" { action "read"; action "write" }"#,
        r#"resource "bill" in="team" { action "read"; action "pay" }"#,
        r#"condition "mine" field="owner_id" is="user""#,
        r#"role "viewer" { allow "*:read" }"#,
        r#"role "editor" { inherits role="viewer"; allow "page:write" when="mine" }"#,
        r#"role "owner" { inherits role="editor"; allow "*:*"; except "bill:pay" }"#,
        r#"platform-role "admin" { allow "bill:pay" }"#,
        r#"separate "page:write" "bill:pay" { reason "one"; except role="owner" }"#,
        r#"separate "page:read" "bill:pay" { reason "two" }"#,
        r#"team "ops" { member "ana@acme.example" role="owner"; member "bo@acme.example" role="viewer" }"#,
        r#"external "mail" { ports "587/tcp" "465/tcp" }"#,
        r#"api "pages" service="shop/web" { route "GET /{page}" needs="page:read"; route "PUT /{page}" needs="page:write" }"#,
        r#"secret "key" file="secret.age" { offers project="shop" }"#,
        r#"waive "image-digest" { reason "three"; until "2027-01-01"; owner team="ops" }"#,
        r#"project "shop" team="ops" { service "web" { image "ghcr.io/acme/web:1"; port 80; public host="shop" gateway="a" { also host="www" gateway="b" }; args "-v" "-a"; label "b" "1"; label "a" "2"; env "B" secret="key"; env "A" "1"; reaches service="numbers/api"; reaches external="mail"; scratch "/tmp"; config "/b" "2"; config "/a" "1" } }"#,
        r#"project "numbers" { service "api" { image "ghcr.io/acme/api:1"; port 80; offers project="shop" }; cron "run" schedule="0 3 * * *" { image "ghcr.io/acme/run:1" } }"#,
        r#"environment "test" { project "shop" { service "web" { (override)env "A" "2"; env "C" "3" } }; (remove)external "mail"; external "mail2" { ports "25/tcp" } ; project "shop2" { } }"#,
        r#"environment "live" { project "numbers" { (remove)cron "run" } }"#,
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_order_of_declarations_and_files_makes_no_difference(
            order in Just((0..PARTS.len()).collect::<Vec<_>>()).prop_shuffle(),
            files in proptest::collection::vec(0..3_usize, PARTS.len()),
        ) {
            let mut texts = [String::new(), String::new(), String::new()];
            for part in order {
                texts[files[part]] += PARTS[part];
                texts[files[part]].push('\n');
            }
            let [one, two, three] = texts;
            let (shuffled, straight) = (meaning(&[&one, &two, &three]), meaning(&[&PARTS.join("\n")]));
            let differs = shuffled.lines().zip(straight.lines()).position(|(one, other)| one != other);
            let at = differs.unwrap_or(0).saturating_sub(8);
            let excerpt = |it: &str| it.lines().skip(at).take(16).collect::<Vec<_>>().join("\n");
            prop_assert_eq!(shuffled.len(), straight.len(), "{}\n{}", excerpt(&shuffled), excerpt(&straight));
            prop_assert!(differs.is_none(), "{}\n{}", excerpt(&shuffled), excerpt(&straight));
        }
    }

    /// What a platform means in each environment, without where it says so.
    fn meaning(texts: &[&str]) -> String {
        let names = ["platform.kdl", "a.kdl", "b.kdl"];
        let includes = names[1..texts.len()].iter().map(|it| format!("include \"{it}\"\n"));
        let root = includes.chain([texts[0].to_owned()]).collect::<String>();
        let files = std::iter::once(root).chain(texts[1..].iter().map(|it| (*it).to_owned()));
        let files = names.into_iter().map(str::to_owned).zip(files);
        let tree = Tree::memory(files.chain([("secret.age".to_owned(), AGE.to_owned())]));
        let mut sink = Diagnostics::default();
        let Sources { mut map, documents } = include::load(&tree, &mut sink);
        let declarations = crate::language::declare(&documents, &tree, &mut map, &mut sink);
        let mut told = String::new();
        for environment in ["test", "live"] {
            let selection = Selection { environment: Some(environment.to_owned()), date: None };
            let platform = crate::language::resolve(&declarations, &selection, &mut map, &mut sink);
            write!(told, "{platform:#?}").expect("it is text");
        }
        let mut found: Vec<String> = sink.iter().map(|it| format!("{} {}\n", it.code, it.message)).collect();
        found.sort();
        without_places(&told) + &found.concat()
    }

    /// Leaves the spans out of a pretty-printed value.
    fn without_places(text: &str) -> String {
        let mut depth = None;
        let kept = text.lines().filter(|line| {
            let indent = line.len() - line.trim_start().len();
            match depth {
                Some(outer) if indent > outer => false,
                Some(_) => {
                    depth = None;
                    false
                }
                None if line.ends_with("Span {") => {
                    depth = Some(indent);
                    false
                }
                None => true,
            }
        });
        kept.map(|line| format!("{line}\n")).collect()
    }
}

/// Texts that nobody means well with.
mod hostile {
    use super::*;

    /// A platform of very many services, edges and mistakes. Were anything here quadratic, this would take minutes.
    #[test]
    fn very_many_declarations_are_read_in_one_go() {
        let mut text = String::from("resource \"page\" in=\"project\" { action \"read\" }\n");
        let count = 4_000;
        text += "project \"shop\" {\n";
        for at in 0..count {
            let (next, other) = ((at + 1) % count, (at * 7 + 3) % count);
            writeln!(
                text,
                "service \"s{at}\" {{ image @web; port 80; reaches service=\"s{next}\"; reaches service=\"s{other}\"; \
                 reaches service=\"nothing-{at}\"; env \"A\" service=\"s{next}\"; env \"B\" secret=\"none{at}\" }}"
            )
            .expect("it is text");
        }
        text += "}\nenvironment \"test\" { project \"shop\" {\n";
        for at in 0..count {
            writeln!(text, "(remove)service \"t{at}\"").expect("it is text");
        }
        text += "} }\n";
        assert!(counted(&text, Code::UnknownReference) >= 2 * count);
        assert_eq!(counted(&text, Code::NothingToOverride), count);
    }

    #[test]
    fn one_line_of_very_many_edges_is_read_in_one_go() {
        let edges = " \"page:read\"".repeat(20_000);
        let properties = " wehn=\"x\"".repeat(20_000);
        let text = format!(
            "resource \"page\" in=\"project\" {{ action \"read\" }}\nrole \"a\" {{ allow{edges}; except{edges}{properties} }}"
        );
        assert!(counted(&text, Code::RepeatedInList) >= 39_998);
    }

    #[test]
    fn a_long_chain_of_roles_is_cut_where_nobody_would_go() {
        let mut text = String::from(
            "resource \"page\" in=\"project\" { action \"read\" }\nrole \"r0\" { allow \"page:read\" }\n",
        );
        for at in 1..50_000 {
            writeln!(text, "role \"r{at}\" {{ inherits role=\"r{}\" }}", at - 1).expect("it is text");
        }
        insta::assert_snapshot!(check(&text), @r"TS116 error 202: more than 200 `role` stand in one block");
    }

    #[test]
    fn endless_names_are_refused_and_not_repeated() {
        let long = "a".repeat(1_000_000);
        let told = check(&format!(
            "project \"{long}\" {{ service \"{long}\" {{ image \"{long}\"; reaches service=\"{long}b\" }} }}"
        ));
        insta::assert_snapshot!(told.lines().map(|it| it.chars().take(150).collect::<String>()).collect::<Vec<_>>().join("\n"), @r"
        TS105 error 1: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` has 1000000 characters
        TS105 error 1: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` has 1000000 characters
        TS105 error 1: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` has 1000000 characters
        TS110 error 1: there is no service `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` in project `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        ");
    }

    #[test]
    fn deep_nesting_ends_in_a_finding() {
        let text = format!("{}{}", "project \"a\" { ".repeat(5_000), "}".repeat(5_000));
        assert!(check(&text).contains("TS017"));
    }
}

/// How many findings of a code there are, with those that are not listed.
fn counted(text: &str, code: Code) -> usize {
    let outcome = crate::check(&tree(&[("platform.kdl", text)]), &Selection::default());
    let listed = outcome.diagnostics.iter().filter(|it| it.code == code).count();
    let more = outcome.diagnostics.more().filter(|(it, _)| it.code == code);
    listed + more.map(|(_, count)| count).sum::<usize>()
}

#[test]
fn a_flood_of_unknown_words_is_counted_and_costs_little() {
    let text = format!("{}\n", "a;".repeat(60_000));
    let outcome = crate::check(&tree(&[("platform.kdl", &text)]), &Selection::default());
    let summary = outcome.diagnostics.summary();
    assert!(summary.errors >= 60_000, "{summary}");
    assert!(outcome.diagnostics.iter().count() <= crate::diagnostic::MOST_OF_CODE + 10);
    let human = human::render(&outcome.diagnostics, &outcome.sources, &human::Style::default());
    assert!(human.contains("and 59900 more of TS101"), "{}", &human[human.len() - 300..]);
}

#[test]
fn a_tree_has_a_bounded_number_of_nodes() {
    let text = "a;".repeat(500_001);
    let outcome = crate::check(&Tree::of(&text), &Selection::default());
    let told: Vec<&str> = outcome.diagnostics.iter().map(|it| it.message.as_str()).collect();
    insta::assert_snapshot!(told.join("\n"), @"`platform.kdl` makes the tree too large: all its files together have at most 500000 nodes");
}
