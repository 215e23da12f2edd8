//! Values that look like SQL, from what somebody writes in KDL to what stands in rows. `TRACKSIDE_CASES` says how many platforms are tried.

#![expect(clippy::disallowed_methods, reason = "how many cases are tried is a wish of the environment")]

use std::fmt::Write as _;

use fastrand::Rng;
use trackside::tree::Tree;

use super::erasure::House;
use super::postgres::schemas_of;
use super::schemas::verify;

/// What ends texts, begins comments, or means something to somebody on the way.
const PIECES: &[&str] = &[
    "'",
    "''",
    "\\",
    "\\'",
    "\"",
    "$$",
    "$body$",
    "$1",
    "--",
    "/*",
    "*/",
    ";",
    "; drop table people;",
    ")",
    "(",
    "%",
    "%s",
    "{}",
    "{{ x }}",
    "E'",
    "::text",
    "null",
    "a",
    "B c",
    "é",
    "日本",
    "𝒳",
    "ß",
    "\u{301}",
    "\t",
    "\n",
    "\r\n",
    "or 1=1",
    ",",
    ":",
    "#",
    "`",
    "\\n",
    "x'41'",
    "U&'",
];

/// How many columns a platform has.
const COLUMNS: usize = 10;

struct Texts(Rng);

impl Texts {
    fn any(&mut self) -> String {
        (0..self.0.usize(1..8)).map(|_| PIECES[self.0.usize(..PIECES.len())]).collect()
    }

    /// One for people: of one line, without an end that nobody sees.
    fn line(&mut self) -> String {
        let text = self.any().replace(|it: char| it.is_control(), " ");
        format!("[{}]", text.trim())
    }
}

/// A text as KDL writes it.
fn kdl(text: &str) -> String {
    let mut written = String::from("\"");
    for it in text.chars() {
        match it {
            '"' | '\\' => written.extend(['\\', it]),
            it if it.is_control() => drop(write!(written, "\\u{{{:x}}}", u32::from(it))),
            it => written.push(it),
        }
    }
    written + "\""
}

/// A text as SQL can only read it in one way, whatever is in it.
fn bytes(text: &str) -> String {
    let hex: String = text.bytes().map(|it| format!("{it:02x}")).collect();
    format!("convert_from(decode('{hex}', 'hex'), 'UTF8')")
}

/// What is written of a column.
struct Column {
    default: String,
    comment: String,
    erase: String,
    refused: String,
}

fn platform(columns: &[Column]) -> String {
    let mut table = String::new();
    for (at, column) in columns.iter().enumerate() {
        let Column { default, comment, erase, refused } = column;
        let condition = |symbol: &str| kdl(&format!("c{at} {symbol} '{}'", refused.replace('\'', "''")));
        let _ = writeln!(
            table,
            "column \"c{at}\" \"text\" default={} comment={}\ncolumn \"p{at}\" \"text\" personal=#true erase={}\ncheck \"n{at}\" {}\nindex \"c{at}\" where={}",
            kdl(default),
            kdl(comment),
            kdl(erase),
            condition("<>"),
            condition("=")
        );
    }
    format!(
        r#"platform "fuzz" edition="2026" {{ postgresql "16" }}
cluster {{
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
}}
project "fuzz" {{
    service "web" {{
        image "ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777"
        reaches database="fuzz"
    }}
    database "fuzz" engine="postgresql" {{
        server "10.8.41.0/24"
        application-role "fuzz_role"
        table "people" comment={} {{
            column "id" "bigint" primary-key=#true subject=#true owner=#true
            {table}
            rows read="owner"
        }}
    }}
    erasure database="fuzz" {{ pseudonymise "people" }}
}}
"#,
        kdl(&columns[0].comment)
    )
}

#[test]
fn whatever_a_value_looks_like_it_stays_a_value() {
    let cases: u64 = std::env::var("TRACKSIDE_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(6);
    for seed in 0..cases {
        let mut texts = Texts(Rng::with_seed(seed));
        let columns: Vec<Column> = (0..COLUMNS)
            .map(|_| Column {
                default: texts.any(),
                comment: texts.line(),
                // `null` alone means that nothing is left.
                erase: format!("{}.", texts.any()),
                refused: format!("no {}", texts.any()),
            })
            .collect();
        let text = platform(&columns);
        let found =
            trackside::check(&Tree::of(&text), &trackside::language::Selection::default()).diagnostics;
        assert!(!found.fails(), "seed {seed}: {found:#?}\n{text}");
        let (_, schema) = schemas_of("fuzz", &Tree::of(&text)).remove(0);
        let house = House::new_for(&schema, "fuzz_role");
        let different = verify(&house.connection, &schema);
        assert!(different.is_empty(), "seed {seed}: {different:#?}\n{text}");
        let each = |of: &dyn Fn(usize, &Column) -> String| {
            columns.iter().enumerate().map(|(at, it)| of(at, it)).collect::<Vec<_>>()
        };
        let personal = each(&|at, _| format!("p{at}")).join(", ");
        let secrets = each(&|_, _| "'known'".to_owned()).join(", ");
        house.all(&format!("insert into people (id, {personal}) values (1, {secrets}), (2, {secrets})"));
        let holds = |conditions: Vec<String>, of: &str| {
            for it in conditions {
                assert_eq!(house.all(&format!("select {it} {of}")), "t", "seed {seed}: {it}\n{text}");
            }
        };
        holds(each(&|at, it| format!("c{at} = {}", bytes(&it.default))), "from people where id = 1");
        let said = "col_description('people'::regclass, attnum) from pg_attribute where attrelid = 'people'::regclass and attname";
        holds(each(&|at, it| format!("{} = {said} = 'c{at}'", bytes(&it.comment))), "");
        holds(vec![format!("obj_description('people'::regclass) = {}", bytes(&columns[0].comment))], "");
        // What a check refuses is refused, and nothing else.
        for (at, column) in columns.iter().enumerate() {
            let set =
                |to: &str| house.connection.run(&format!("update people set c{at} = {to} where id = 2"));
            let refused = set(&bytes(&column.refused));
            assert!(
                refused.is_err_and(|it| it.contains(&format!("people_n{at}_check"))),
                "seed {seed}\n{text}"
            );
            assert_eq!(set(&bytes(&format!("{} ", column.refused))), Ok(String::new()));
        }
        assert!(house.erase("1").ends_with("|t"), "seed {seed}");
        holds(each(&|at, it| format!("p{at} = {}", bytes(&it.erase))), "from people where id = 1");
        holds(each(&|at, _| format!("p{at} = 'known'")), "from people where id = 2");
    }
    println!("{cases} platforms, {} values", cases * COLUMNS as u64 * 5);
}
