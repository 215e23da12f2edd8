//! The texts. Each grows with a size in bytes; what is odd about it is its name.

use std::fmt::Write as _;

use trackside::tree::Tree;

/// One text.
pub(crate) struct Case {
    /// What is odd about it.
    pub(crate) name: &'static str,
    /// The tree, and how many bytes it has.
    pub(crate) make: fn(usize) -> (Tree, usize),
    /// Whether it is a right platform all the same.
    pub(crate) is_fine: bool,
}

macro_rules! cases {
    ($($name:literal => $make:expr;)*) => {
        pub(crate) const CASES: &[Case] = &[$(Case { name: $name, make: $make, is_fine: false }),*, FINE];
    };
}

/// The least a platform needs.
const HEAD: &str = r#"platform "hello" edition="2026" { domain "hello.example" }
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
}
"#;

const IMAGE: &str = "a.example/a@sha256:7777777777777777777777777777777777777777777777777777777777777777";

/// A signature of something else, and a digest.
const SIGNATURE: &str = "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgN8zCRLE9/sgUpLuU924hpjxq8jQ4SiH12qrKkRfhmhQAAAAOdHJhY2tzaWRlLWxvY2sAAAAAAAAABnNoYTUxMgAAAFMAAAALc3NoLWVkMjU1MTkAAABA00wYlPvRm+reAuTiuA8rfnu0Gsmu6WmKDpgFAB/iOQG1Q8D4gYcB94rOu6tTTSiDKTwz9ri1hQGdvKeDGgfLAA==";
const DIGEST: &str = "faf0f7d8f8ae9555ad4aadde2ba2883ef7dd752d7540d72c060f6e637bb02e24";
const AGE: &str = "age10wk62ldgyyzp5kuxwctyz6cmdrh2eppeky0325nfzz4xcxyrm5mq02psv4";

const FINE: Case = Case {
    name: "comments alone",
    make: |size| headed(&repeated("// nothing to see here\n", size)),
    is_fine: true,
};

cases! {
    "random bytes" => |size| bytes(random(size));
    "random text" => |size| plain(&random_text(size));
    "opening braces" => |size| plain(&"{".repeated_to(size));
    "nodes in nodes" => |size| plain(&"a {".repeated_to(size));
    "closing braces" => |size| plain(&"}".repeated_to(size));
    "slashdashed blocks in slashdashed blocks" => |size| plain(&"/-a /-{".repeated_to(size));
    "slashdashed blocks alone" => |size| plain(&"/-{".repeated_to(size));
    "slashdashes" => |size| plain(&"/-".repeated_to(size));
    "comments in comments" => |size| plain(&"/*".repeated_to(size));
    "quotes" => |size| plain(&"\"".repeated_to(size));
    "hashes" => |size| plain(&"#".repeated_to(size));
    "raw strings that end nowhere" => |size| plain(&"#\"".repeated_to(size));
    "annotations in annotations" => |size| plain(&"(a".repeated_to(size));
    "one line" => |size| headed(&format!("project {}", "\"a\" ".repeated_to(size)));
    "one string" => |size| headed(&format!("project \"{}\"", "a".repeated_to(size)));
    "one string of escapes" => |size| headed(&format!("project \"{}\"", "\\u{10FFFF}".repeated_to(size)));
    "one number" => |size| headed(&format!("project {}", "9".repeated_to(size)));
    "one name" => |size| headed(&"a".repeated_to(size));
    "one comment that ends nowhere" => |size| headed(&format!("/*{}", "a".repeated_to(size)));
    "one node with as many properties" => |size| headed(&format!("project \"a\" {}", numbered(size, |it| format!("p{it}=1 "))));
    "one property again and again" => |size| headed(&format!("project \"a\" {}", "team=\"a\" ".repeated_to(size)));
    "unknown nodes" => |size| headed(&"a;".repeated_to(size));
    "unknown nodes, each another" => |size| headed(&numbered(size, |it| format!("servce{it}\n")));
    "misspelt nodes" => |size| headed(&numbered(size, |it| format!("projekt \"a{it}\"\n")));
    "a mistake in each line" => |size| headed(&numbered(size, |it| format!("external \"e{it}\" {{ ports \"443\" }}\n")));
    "as many mistakes as lines" => |size| headed(&"team 1 2\n".repeated_to(size));
    "references that lead nowhere" => |size| headed(&numbered(size, |it| {
        format!("project \"p{it}\" {{ service \"s\" {{ image \"{IMAGE}\"; reaches service=\"x{it}\" }} }}\n")
    }));
    "one name declared again and again" => |size| headed(&"external \"e\" { ports \"443/tcp\" }\n".repeated_to(size));
    "includes that lead nowhere" => |size| headed(&numbered(size, |it| format!("include \"f{it}.kdl\"\n")));
    "one include again and again" => |size| headed(&"include \"platform.kdl\"\n".repeated_to(size));
    "includes of everything" => |size| headed(&"include \"**/*.kdl\"\n".repeated_to(size));
    "patterns that lead nowhere" => |size| headed(&numbered(size, |it| format!("include \"a*{it}\"\n")));
    "includes of as many files" => files;
    "a chain of includes" => chain;
    "components that double" => doubling;
    "components that multiply by ten" => |size| headed(&tenfold(size));
    "a component that uses itself" => |size| headed(&format!(
        "component \"c\" {{ body {{ use \"a\" component=\"c\" }} }}\nproject \"p\" {{ {} }}",
        numbered(size, |it| format!("use \"u{it}\" component=\"c\"\n"))
    ));
    "a long argument of a component that repeats it" => |size| headed(&format!(
        "component \"c\" {{ parameter \"x\" \"text\"; {} }}\nproject \"p\" {{ use \"a\" component=\"c\" {{ x \"{}\" }} }}",
        "label \"a\" \"{x}{x}{x}{x}{x}{x}{x}{x}\"; ".repeated_to(size / 2),
        "a".repeated_to(size / 2)
    ));
    "roles that inherit in a circle" => |size| headed(&circle(size));
    "roles that inherit from all before" => |size| headed(&layers(size));
    "roles that inherit from each other" => |size| headed(&numbered(size, |it| format!(
        "role \"r{it}\" {{ {} }}\n",
        (0..20).map(|to| format!("inherits role=\"r{}\"; ", (it * 7 + to * 13) % 200)).collect::<String>()
    )));
    "roles times permissions" => |size| headed(&matrix(size));
    "roles times routes" => |size| headed(&format!(
        "project \"p\" {{ service \"s\" {{ image \"a.example/a:1\"; port 80; public host=\"a.example\" }} }}\n\
         resource \"x\" in=\"project\" {{ action \"a\" }}\n{}api \"a\" service=\"p/s\" {{\n{}}}\n",
        (0..150).map(|it| format!("role \"r{it}\" {{ allow \"*:*\" }}\n")).collect::<String>(),
        numbered(size, |it| format!("route \"GET /a{it}/{{x}}\" needs=\"x:a\" target=\"path.x\"\n"))
    ));
    "people times projects" => |size| headed(&format!(
        "resource \"x\" in=\"project\" {{ action \"a\" }}\nrole \"r\" {{ allow \"*:*\" }}\nteam \"t\" {{\n{}}}\n{}",
        numbered(size / 2, |it| format!("member \"a{it}@a.example\" role=\"r\"\n")),
        numbered(size / 2, |it| format!("project \"p{it}\" team=\"t\"\n"))
    ));
    "ranges times workloads" => |size| headed(&format!(
        "external \"e\" {{ ports \"443/tcp\"; ranges {} }}\nproject \"p\" {{\n{}}}\n",
        numbered(size / 2, |it| format!("\"9.{}.{}.0/24\" ", it / 256 % 256, it % 256)),
        numbered(size / 2, |it| format!("service \"s{it}\" {{ image \"a.example/a:1\"; reaches external=\"e\" }}\n"))
    ));
    "ports times workloads" => |size| headed(&format!(
        "external \"e\" {{ ports {} }}\nproject \"p\" {{\n{}}}\n",
        (1..1_000).map(|it| format!("\"{it}/tcp\" ")).collect::<String>(),
        numbered(size, |it| format!("service \"s{it}\" {{ image \"{IMAGE}\"; reaches external=\"e\" }}\n"))
    ));
    "environments times services" => |size| headed(&format!(
        "{}project \"p\" {{\n{}}}\n",
        (0..64).map(|it| format!("environment \"e{it}\" {{ }}\n")).collect::<String>(),
        numbered(size, |it| format!("service \"s{it}\" {{ image \"{IMAGE}\" }}\n"))
    ));
    "patterns that are too large" => |size| headed(&numbered(size, |it| format!(
        "input \"i{it}\" {{ field \"f\" \"text\" pattern=#\"\\p{{L}}{{1,20}}0x{it}\"# }}\n"
    )));
    "patterns that come to much" => |size| headed(&format!(
        "input \"i\" {{\n{}}}\n",
        numbered(size, |it| format!("field \"f{it}\" \"text\" pattern=\"[a-z]{{1,900}}\" default=\"a\"\n"))
    ));
    "a template of every workload" => |size| with_files(
        &format!("project \"p\" {{\n{}}}\n", numbered(size / 2, |it| format!("service \"s{it}\" {{ image \"{IMAGE}\" }}\n"))),
        "templates/kubernetes/workload/service-account.yaml.j2",
        &format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {{{{ name }}}}, namespace: {{{{ namespace }}}}}}\n# {}",
            "{% for i in [0, 1] %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}\n# ".repeated_to((size / 2).min(8_000))
        )
    );
    "a file that all workloads take" => |size| with_files(
        &format!("project \"p\" {{ {} }}", numbered(size / 2, |it| format!(
            "service \"s{it}\" {{ image \"a.example/a:1\"; config \"/c\" file=\"c.txt\" }}\n"
        ))),
        "c.txt",
        &"a ".repeated_to(size / 2)
    );
    "an object that all projects take" => |size| with_files(
        &numbered(size / 2, |it| format!("project \"p{it}\" {{ object file=\"o.yaml\" }}\n")),
        "o.yaml",
        &"---\na: 1\n".repeated_to(size / 2)
    );
    "environments" => |size| headed(&numbered(size, |it| format!("environment \"e{it}\" {{ }}\n")));
    "waivers of nothing" => |size| headed(&format!(
        "project \"p\" {{ service \"s\" {{ image \"{IMAGE}\"; {} }} }}",
        numbered(size, |it| format!("waive \"w{it}\" {{ reason \"r\"; until \"2030-01-01\"; owner team=\"t\" }}\n"))
    ));
    "ranges" => |size| headed(&format!(
        "external \"e\" {{ ports \"443\"; ranges {} }}",
        numbered(size, |it| format!("\"9.{}.{}.0/24\" ", it / 256 % 256, it % 256))
    ));
    "columns" => |size| headed(&format!(
        "database \"d\" engine=\"postgresql\" {{ table \"t\" {{ {} }} }}",
        numbered(size, |it| format!("column \"c{it}\" \"text\" references=\"t.c{}\"\n", it + 1))
    ));
    "a pattern that repeats repeats" => |size| headed(&format!(
        "input \"i\" {{ field \"f\" \"text\" pattern=\"{}\" }}",
        "(a*)*".repeated_to(size)
    ));
    "a pattern of large counts" => |size| headed(&format!(
        "input \"i\" {{ field \"f\" \"text\" pattern=\"{}a{}\" }}",
        "(".repeated_to(size / 8),
        "{999})".repeated_to(size * 6 / 8)
    ));
    "patterns" => |size| headed(&format!(
        "input \"i\" {{ {} }}",
        numbered(size, |it| format!("field \"f{it}\" \"text\" pattern=\"(a|b){{1,99}}{it}\"\n"))
    ));
    "a template of loops" => |size| with_file(
        "templates/kubernetes/service/service.yaml.j2",
        &"{% for a in range(1000) %}".repeated_to(size),
    );
    "an object of aliases" => aliases;
    "an object of brackets" => |size| with_object(&format!("a: {}", "[".repeated_to(size)));
    "an object of one line" => |size| with_object(&format!("a: {}", "b".repeated_to(size)));
    "an object of containers" => |size| with_object(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{}]}}\n",
        "{name: c, image: x, securityContext: {privileged: true}},".repeated_to(size)
    ));
    "an object of secrets" => |size| with_object(&format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{}",
        numbered(size, |it| format!("  password{it}: hunter2-{it}\n"))
    ));
    "objects of secrets in a list" => |size| with_object(&format!(
        "items: [{}]\n",
        numbered(size, |it| format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a{it}}}, data: {{password: x{it}y}}}},"
        ))
    ));
    "a file of secrets" => |size| headed(&format!(
        "project \"p\" {{ service \"s\" {{ image \"{IMAGE}\"; config \"/a\" \"\"\"\n{}\"\"\"; }} }}\n",
        numbered(size, |it| format!("password: hunter2-{it}\n"))
    ));
    "addresses of one service" => |size| headed(&format!(
        "project \"p\" {{ service \"s\" {{ image \"{IMAGE}\"; port 80; public host=\"a\" {{ {} }} }} }}\n",
        numbered(size, |it| format!("also host=\"h{it}\"; "))
    ));
    "a lock of entries" => |size| with_lock(&numbered(size, |it| format!(
        "secret \"a{it}\" version=1 sealed=\"2026-11-22\" {{\n    digest \"{DIGEST}\"\n    signature \"{SIGNATURE}\"\n}}\n"
    )));
    "a lock of recipients" => |size| with_lock(&format!(
        "secret \"a\" version=1 sealed=\"2026-11-22\" {{\n    digest \"{DIGEST}\"\n{}    signature \"{SIGNATURE}\"\n}}\n",
        numbered(size, |it| format!("    recipient \"age1{it}\"\n"))
    ));
    "a lock of one signature" => |size| with_lock(&format!(
        "secret \"a\" version=1 sealed=\"2026-11-22\" {{\n    digest \"{DIGEST}\"\n    signature \"{}\"\n}}\n",
        "U1NIU0lH".repeated_to(size)
    ));
    "an age file of stanzas" => |size| with_files(
        "project \"p\" { service \"s\" { image \"a.example/a:1\"; env \"A\" secret=\"k\" }; secret \"k\" file=\"k.age\" }\n",
        "k.age",
        &format!("age-encryption.org/v1\n{}--- {}\n{}", "-> X25519 a\nYQ\n".repeated_to(size), "A".repeat(43), "x".repeat(32))
    );
    "secrets of a large team" => |size| headed(&format!(
        "recipient \"c\" key=\"{AGE}\"\nrole \"r\" {{ }}\nteam \"t\" {{ {} }}\nproject \"p\" {{ service \"s\" {{ image \"{IMAGE}\" }}; {} }}\n{}",
        numbered(size / 4, |it| format!("member \"p{it}@a.example\" role=\"r\"; ")),
        numbered(size / 4, |it| format!("secret \"a{it}\" file=\"a\" {{ readable-by team=\"t\" }}; ")),
        numbered(size / 4, |it| format!("person \"p{it}@a.example\" {{ reads-with \"{AGE}\" }}; "))
    ));
    "recipients of many holders" => |size| headed(&format!(
        "person \"a@a.example\" {{ reads-with \"{AGE}\" }}\n{}",
        numbered(size, |it| format!(
            "recipient \"r{it}\" needs=2 {{ {} }}\n",
            "holder person=\"a@a.example\" file=\"a\"; ".repeat(100)
        ))
    ));
    "an object of documents" => |size| with_object(&"---\na: 1\n".repeated_to(size));
}

trait Repeated {
    fn repeated_to(&self, size: usize) -> String;
}

impl Repeated for str {
    fn repeated_to(&self, size: usize) -> String {
        repeated(self, size)
    }
}

fn repeated(text: &str, size: usize) -> String {
    text.repeat(size / text.len())
}

/// Pieces, each with its number, up to a size.
fn numbered(size: usize, piece: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(size + 200);
    let mut number = 0;
    while text.len() < size {
        text.push_str(&piece(number));
        number += 1;
    }
    text
}

fn bytes(bytes: Vec<u8>) -> (Tree, usize) {
    let size = bytes.len();
    (Tree::memory([("platform.kdl", bytes)]), size)
}

fn plain(text: &str) -> (Tree, usize) {
    (Tree::of(text), text.len())
}

fn headed(text: &str) -> (Tree, usize) {
    plain(&format!("{HEAD}{text}"))
}

fn with_file(path: &str, text: &str) -> (Tree, usize) {
    with_files(&format!("project \"p\" {{ service \"s\" {{ image \"{IMAGE}\"; port 80 }} }}\n"), path, text)
}

fn with_files(platform: &str, path: &str, text: &str) -> (Tree, usize) {
    let platform = format!("{HEAD}{platform}");
    (Tree::memory([("platform.kdl", platform.as_str()), (path, text)]), platform.len() + text.len())
}

/// A lock, in a tree with one mistake: entries of what is gone are worth a warning alone.
fn with_lock(text: &str) -> (Tree, usize) {
    let platform = "project \"p\" { service \"s\" { image \"a.example/a:1\"; port 80 } }\n";
    with_files(platform, "secrets.lock", &format!("lock \"hello\" version=1\n{text}"))
}

fn with_object(text: &str) -> (Tree, usize) {
    with_files("project \"p\" { object file=\"o.yaml\" }\n", "o.yaml", text)
}

/// Numbers that look random and are the same everywhere.
fn random(size: usize) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(2026);
    (0..size).map(|_| rng.u8(..)).collect()
}

fn random_text(size: usize) -> String {
    const PIECES: &[&str] = &[
        "a", "\"", "{", "}", "(", ")", "=", "#", "/*", "*/", "//", "/-", "\n", " ", "\\", ";", "1", "-", "é",
        "\u{feff}", "r#", "#true",
    ];
    let mut rng = fastrand::Rng::with_seed(2026);
    let mut text = String::with_capacity(size + 8);
    while text.len() < size {
        text.push_str(PIECES[rng.usize(..PIECES.len())]);
    }
    text
}

fn chain(size: usize) -> (Tree, usize) {
    let each = 40;
    let files = (0..size / each).map(|it| (format!("f{it}.kdl"), format!("include \"f{}.kdl\"\n", it + 1)));
    let first = ("platform.kdl".to_owned(), format!("{HEAD}include \"f0.kdl\"\n"));
    (Tree::memory(std::iter::once(first).chain(files)), size)
}

/// An empty file for each word of one `include`.
fn files(size: usize) -> (Tree, usize) {
    let names = (0..size / 8).map(|it| format!("{it:05}"));
    let text = names.clone().fold(format!("{HEAD}include"), |text, it| text + " \"" + &it + "\"");
    let size = text.len();
    let first = ("platform.kdl".to_owned(), text);
    (Tree::memory(std::iter::once(first).chain(names.map(|it| (it, String::new())))), size)
}

/// Each uses the one before ten times, as deep as it goes.
fn tenfold(size: usize) -> String {
    let uses = |of: usize| {
        (0..10).map(|it| format!("use \"{{name}}-{it}\" component=\"c{of}\"; ")).collect::<String>()
    };
    let levels = (1..8).map(|it| format!("component \"c{it}\" {{ body {{ {} }} }}\n", uses(it - 1)));
    format!(
        "component \"c0\" {{ body {{ service \"{{name}}\" {{ image \"{IMAGE}\" }} }} }}\n{}project \"p\" {{ {} }}",
        levels.collect::<String>(),
        numbered(size, |it| format!("use \"u{it}\" component=\"c7\"\n"))
    )
}

/// Each uses the one before twice.
fn doubling(size: usize) -> (Tree, usize) {
    let mut text = String::from(HEAD);
    writeln!(text, "component \"c0\" {{ service \"s\" {{ image \"{IMAGE}\" }} }}").expect("it is text");
    let mut number = 1;
    while text.len() < size {
        let before = number - 1;
        writeln!(text, "component \"c{number}\" {{ use \"a\" component=\"c{before}\"; use \"b\" component=\"c{before}\" }}").expect("it is text");
        number += 1;
    }
    write!(text, "project \"p\" {{ use \"x\" component=\"c{}\" }}", number - 1).expect("it is text");
    plain(&text)
}

fn circle(size: usize) -> String {
    let number = size / 40;
    (0..number).fold(String::new(), |text, it| {
        text + &format!("role \"r{it}\" {{ inherits role=\"r{}\" }}\n", (it + 1) % number)
    })
}

/// As many edges as the text has room for, in few roles.
fn layers(size: usize) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < size {
        write!(text, "role \"r{number}\" {{ ").expect("it is text");
        (0..number.min(400)).for_each(|it| write!(text, "inherits role=\"r{it}\"; ").expect("it is text"));
        text.push_str("}\n");
        number += 1;
    }
    text
}

fn matrix(size: usize) -> String {
    let actions = numbered(size / 2, |it| format!("action \"a{it}\"; "));
    let roles = numbered(size / 2, |it| format!("role \"r{it}\" {{ allow \"*:*\" }}\n"));
    format!("resource \"x\" in=\"project\" {{ {actions} }}\n{roles}")
}

fn aliases(size: usize) -> (Tree, usize) {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    let mut number = 1;
    while text.len() < size {
        let before = number - 1;
        let all = vec![format!("*a{before}"); 9].join(", ");
        writeln!(text, "a{number}: &a{number} [{all}]").expect("it is text");
        number += 1;
    }
    with_object(&text)
}
