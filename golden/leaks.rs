//! What must not come out: a secret that stands in a platform is in no output, whatever else is wrong with its line.

use trackside::diagnostic::sarif::{self, Audience, Run};
use trackside::diagnostic::{github, human, json};
use trackside::language::Selection;
use trackside::tree::Tree;

/// It is recognised by what stands around it alone.
const SECRET: &str = "hunter22SecretZZ";

#[test]
fn what_is_called_a_secret_is_in_no_output() {
    let lines = [
        "env DB_PASSWORD hunter22SecretZZ",
        "env DB_PASSWORD hunter22SecretZZ more",
        "env DB_PASSWORD hunter22SecretZZ more=1",
        r#"env "DB_PASSWORD" (foo)"hunter22SecretZZ""#,
        r#"env "DB_PASSWORD" /* it */ "hunter22SecretZZ" "more""#,
        r#"env "DB_PASSWORD" r"hunter22SecretZZ""#,
        r##"env "DB_PASSWORD" #"hunter22SecretZZ"# "more""##,
        "env \"DB_PASSWORD\" \\\n    \"hunter22SecretZZ\" \"more\"",
        "env \"DB_PASSWORD\" \"\"\"\n    hunter22SecretZZ\n    \"\"\" \"more\"",
        r#"env "DB_PASSWORD" value="hunter22SecretZZ""#,
        r#"env "DB_PASSWORD" "hunter22SecretZZ" secret="none""#,
        r#"(overide)env "DB_PASSWORD" "hunter22SecretZZ" { }"#,
        r#"enw "DB_PASSWORD" hunter22SecretZZ"#,
        "variable DB_PASSWORD hunter22SecretZZ",
        r#"password "hunter22SecretZZ""#,
        r#"password { is "hunter22SecretZZ" }"#,
        r#"env "DB_PASSWORD" { value "hunter22SecretZZ" }"#,
        "port 80 password=hunter22SecretZZ",
        r#"env "API_KEY" secret="hunter22SecretZZ""#,
        r#"secret "db" hunter22SecretZZ more"#,
        r#"secret "db" (foo)"hunter22SecretZZ""#,
        r#"secret "db" (age)"hunter22SecretZZ" more"#,
        r#"image "user:hunter22SecretZZ@ghcr.io/acme/x:latest""#,
        r#"image "https://user:hunter22SecretZZ@ghcr.io/acme/x:latest" more"#,
        r#"env "DB_PASS" "hunter22SecretZZ""#,
        r#"env "SESSION_KEY" "hunter22SecretZZ" "more""#,
        r#"env "REDISCLI_AUTH" hunter22SecretZZ"#,
        r#"args "--token" "hunter22SecretZZ" "--password" "hunter22SecretZZ""#,
        r#"args "mysqldump" "-phunter22SecretZZ"; env "DB_PASS" "hunter22SecretZZ""#,
        r#"env "URL" "https://x.example/in?key=hunter22SecretZZ""#,
        // Secret at one place, it is secret at the other.
        r#"env "DB_PASSWORD" "hunter22SecretZZ"; frob "hunter22SecretZZ""#,
        r#"env "DB_PASSWORD" "hunter22SecretZZ"; reaches service="hunter22SecretZZ""#,
        r#"env "DB_PASSWORD" "hunter22SecretZZ"; volume "x" { path "hunter22SecretZZ" }"#,
    ];
    for line in lines {
        let found = outputs(&format!(
            "project \"shop\" {{\n    service \"web\" {{\n    {line}\n    }}\n    {line}\n}}\n"
        ));
        for (format, text) in found {
            assert!(
                !text.to_lowercase().contains(&SECRET.to_lowercase()),
                "{format} of {line} shows it:\n{text}"
            );
        }
    }
}

#[test]
fn another_spelling_of_a_token_is_not_offered() {
    let token = "sk_live_abcdef0123456789abcdef01";
    let lines = [
        format!("project \"{token}\""),
        format!("project \"shop\" {{ service \"{token}\" }}"),
        format!("project \"shop\" {{ service \"web\" {{ reaches service=\"{token}\" }} }}"),
        format!("role \"a\" {{ allow \"{token}:read\" }}"),
        format!("project \"shop\" {{ service \"web\" {{ image \"{token}\" }} }}"),
    ];
    for line in lines {
        for (format, text) in outputs(&line) {
            let text = text.replace(['_', '-'], "").to_lowercase();
            assert!(!text.contains("abcdef0123456789"), "{format} of {line} shows it:\n{text}");
        }
    }
}

#[test]
fn an_endless_word_is_cut_short() {
    let long = "abc ".repeat(250_000);
    let lines = [
        format!("\"{long}\" 1"),
        format!("project \"{long}\""),
        format!("project \"shop\" \"{long}\"=1"),
        format!("(\"{long}\")project \"shop\""),
        format!(
            "project \"shop\" {{ service \"web\" {{ port (\"{long}\")80; args \"{long}\" \"{long}\"; reaches service=\"{long}\"; health \"/\" every=\"{long}\" }} }}"
        ),
        format!("environment \"x\" {{ (remove)project \"{long}\" }}"),
        format!("project \"shop\" secret=\"{long}\""),
        format!("project \"shop\" \"{long}\"=1 \"{long}\"=2"),
    ];
    for line in lines {
        for (format, text) in outputs(&line) {
            assert!(text.len() < 40_000, "{format} of {} has {} bytes", &line[..30], text.len());
        }
    }
}

/// All that is said about a platform, by the name of the format.
fn outputs(text: &str) -> Vec<(&'static str, String)> {
    let tree = Tree::of(&format!("platform \"hello\" edition=\"2026\"\n{text}\n"));
    let outcome = trackside::check(&tree, &Selection::default());
    let (found, sources) = (&outcome.diagnostics, &outcome.sources);
    assert!(!found.is_empty(), "there is something to be said of {}", &text[..text.len().min(200)]);
    let sarif = |audience| sarif::render(found, sources, &Run { audience, root: "", category: None });
    vec![
        ("human", human::render(found, sources, &human::Style::default())),
        ("json", json::render(found, sources)),
        ("github", github::render(found, sources, "", github::PER_JOB)),
        ("sarif", sarif(Audience::Everyone)),
        ("github-sarif", sarif(Audience::GitHub)),
    ]
}
