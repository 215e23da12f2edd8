//! Platforms of any size, as a company would write them. A seed gives the same text on every machine.
//!
//! Everything in them is right: `check` has nothing to say but what is waived. Benchmarks, properties and fuzz corpora grow
//! from here, so what one of them meets the others can meet as well.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fastrand::Rng;

/// How big a platform is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// What all the choices follow from.
    pub(crate) seed: u64,
    /// How many projects; each has a file and a team of its own.
    pub(crate) projects: usize,
    /// Services of each project. One is public, the others are reached in a chain.
    pub(crate) services: usize,
    /// Roles beside the two that everybody has.
    pub(crate) roles: usize,
    /// Routes of the one interface.
    pub(crate) routes: usize,
    /// Tables of the database of each project; none without.
    pub(crate) tables: usize,
    /// Secrets of each project, in the vault.
    pub(crate) secrets: usize,
    /// Environments beside the base; each differs in some projects.
    pub(crate) environments: usize,
    /// Of so many services one has a waiver; 0 is none.
    pub(crate) one_waiver_in: usize,
    /// Of so many declarations one has a comment; 0 is none.
    pub(crate) one_comment_in: usize,
}

impl Shape {
    /// Projects of ten services with everything that a service usually has around it.
    pub(crate) fn of_projects(projects: usize) -> Self {
        Self {
            seed: 7,
            projects,
            services: 10,
            roles: 8,
            routes: 24,
            tables: 3,
            secrets: 2,
            environments: 0,
            one_waiver_in: 40,
            one_comment_in: 4,
        }
    }

    /// A small platform in which everything can happen, for properties and corpora.
    pub(crate) fn small(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        Self {
            seed,
            projects: rng.usize(0..4),
            services: rng.usize(1..5),
            roles: rng.usize(0..5),
            routes: rng.usize(1..6),
            tables: rng.usize(0..4),
            secrets: rng.usize(0..3),
            environments: rng.usize(0..3),
            one_waiver_in: rng.usize(0..4),
            one_comment_in: rng.usize(0..4),
        }
    }

    /// The files of the platform by path.
    pub(crate) fn files(self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut rng = Rng::with_seed(self.seed);
        files.insert("platform.kdl".to_owned(), self.platform());
        files.insert("access.kdl".to_owned(), self.access(&mut rng));
        files.insert("api.kdl".to_owned(), self.api(&mut rng));
        for number in 0..self.projects {
            let name = project_name(number);
            files.insert(format!("projects/{name}.kdl"), self.project(number, &mut rng));
        }
        for number in 0..self.environments {
            let name = environment_name(number);
            files.insert(format!("environments/{name}.kdl"), self.environment(number, &mut rng));
        }
        files
    }

    /// The same in one text.
    pub(crate) fn text(self) -> String {
        let mut files = self.files();
        let mut text = files.remove("platform.kdl").expect("every platform has one");
        text = text
            .lines()
            .filter(|it| !it.starts_with("include "))
            .fold(String::new(), |text, line| text + line + "\n");
        files.values().fold(text, |text, it| text + it)
    }

    fn platform(&self) -> String {
        let mut text = format!(
            "// {} projects on one cluster.\nplatform \"generated\" edition=\"2026\" {{ domain \"generated.example\" }}\n",
            self.projects
        );
        text.push_str("include \"access.kdl\" \"api.kdl\"\n");
        if self.projects > 0 {
            text.push_str("include \"projects/*.kdl\"\n");
        }
        if self.environments > 0 {
            text.push_str("include \"environments/*.kdl\"\n");
        }
        text.push_str(CLUSTER);
        if self.secrets + self.tables > 0 && self.projects > 0 {
            text.push_str(VAULT);
        }
        text
    }

    fn access(&self, rng: &mut Rng) -> String {
        let mut text = String::new();
        let mut permissions = Vec::new();
        for resource in RESOURCES {
            let place = if *resource == "user" { "platform" } else { "project" };
            write!(text, "resource \"{resource}\" in=\"{place}\" {{").expect(TEXT);
            for action in ACTIONS {
                write!(text, " action \"{action}\";").expect(TEXT);
                if place == "project" {
                    permissions.push(format!("{resource}:{action}"));
                }
            }
            text.push_str(" }\n");
        }
        text.push_str("role \"owner\" { allow \"*:*\" }\nrole \"viewer\" { allow \"*:read\" }\n");
        for number in 0..self.roles {
            self.comment(&mut text, "", rng);
            writeln!(text, "role \"{}\" {{", role_name(number)).expect(TEXT);
            if number > 0 && rng.bool() {
                writeln!(text, "    inherits role=\"{}\"", role_name(rng.usize(0..number))).expect(TEXT);
            }
            let mut own = permissions.clone();
            rng.shuffle(&mut own);
            own.truncate(rng.usize(1..=6));
            let own: Vec<String> = own.into_iter().map(|it| format!("{it:?}")).collect();
            writeln!(text, "    allow {}\n}}", own.join(" ")).expect(TEXT);
        }
        for number in 0..self.projects.max(1) {
            let team = team_name(number);
            writeln!(text, "team \"{team}\" {{").expect(TEXT);
            writeln!(text, "    member \"lead@{team}.example\" role=\"owner\"").expect(TEXT);
            for person in 0..rng.usize(1..=4) {
                let role = match self.roles {
                    0 => "viewer".to_owned(),
                    some => role_name(rng.usize(0..some)),
                };
                let given = GIVEN_NAMES[(number + person) % GIVEN_NAMES.len()];
                writeln!(text, "    member \"{given}.{person}@{team}.example\" role=\"{role}\"").expect(TEXT);
            }
            text.push_str("}\n");
        }
        text
    }

    fn api(&self, rng: &mut Rng) -> String {
        let mut text = format!(
            "project \"front\" team=\"{}\" {{\n    service \"api\" {{\n        image {}\n        port 8080\n        \
             health \"/healthz\"\n        reaches external=\"https\"\n        public host=\"api\"\n    }}\n}}\n",
            team_name(0),
            image("front-api", 0, rng)
        );
        text.push_str("api \"public-api\" service=\"front/api\" {\n");
        for number in 0..self.routes {
            self.comment(&mut text, "    ", rng);
            // Those of projects: the last is the platform's.
            let kinds = RESOURCES.len() - 1;
            let resource = RESOURCES[number % kinds];
            let (method, action) = METHODS[number / kinds % METHODS.len()];
            let place = number / (kinds * METHODS.len());
            let path = match place {
                0 => format!("{resource}s"),
                some => format!("v{some}/{resource}s"),
            };
            let only = if rng.usize(0..8) == 0 { " { only role=\"owner\" }" } else { "" };
            writeln!(
                text,
                "    route \"{method} /{path}/{{{resource}}}\" needs=\"{resource}:{action}\" target=\"path.{resource}\"{only}"
            )
            .expect(TEXT);
        }
        text.push_str("}\n");
        text
    }

    fn project(&self, number: usize, rng: &mut Rng) -> String {
        let name = project_name(number);
        let mut text = String::new();
        self.comment(&mut text, "", rng);
        writeln!(text, "project \"{name}\" team=\"{}\" {{", team_name(number)).expect(TEXT);
        writeln!(text, "    description \"{} for {}\"", pick(WORK, number), pick(NOUNS, number / 3))
            .expect(TEXT);
        for service in 0..self.services {
            self.service(&mut text, number, service, rng);
        }
        for secret in 0..self.secrets {
            let secret = SECRETS[secret % SECRETS.len()].to_owned() + &suffix(secret / SECRETS.len());
            writeln!(text, "    secret \"{secret}\" (vault)\"secret/{name}/{secret}\" {{ keys \"value\" }}")
                .expect(TEXT);
        }
        if self.tables > 0 {
            self.database(&mut text, number, rng);
        }
        text.push_str("}\n");
        text
    }

    fn service(&self, text: &mut String, owner: usize, number: usize, rng: &mut Rng) {
        let project = project_name(owner);
        let name = service_name(number);
        self.comment(text, "    ", rng);
        writeln!(text, "    service \"{name}\" {{").expect(TEXT);
        writeln!(
            text,
            "        image {}\n        port 8080\n        health \"/healthz\"",
            image(&name, number, rng)
        )
        .expect(TEXT);
        let most = rng.usize(3..=9);
        writeln!(text, "        replicas \"2..{most}\"").expect(TEXT);
        writeln!(
            text,
            "        resources cpu=\"{}m..1\" memory=\"128Mi..{}Mi\"",
            10 * rng.usize(6..=20),
            32 * rng.usize(5..=30)
        )
        .expect(TEXT);
        writeln!(
            text,
            "        env \"LOG_LEVEL\" \"{}\"",
            rng.choice(["debug", "info", "warn"]).unwrap_or("info")
        )
        .expect(TEXT);
        writeln!(text, "        env \"REGION\" \"eu-central-{}\"", rng.usize(1..=3)).expect(TEXT);
        text.push_str("        reaches external=\"https\"\n");
        match number {
            0 if owner < PUBLIC => writeln!(text, "        public host=\"{project}\"").expect(TEXT),
            0 => {}
            _ => {
                let other = service_name(rng.usize(0..number));
                writeln!(
                    text,
                    "        reaches service=\"{other}\"\n        env \"UPSTREAM\" service=\"{other}\""
                )
                .expect(TEXT);
            }
        }
        for secret in 0..self.secrets {
            // Each secret is somebody's.
            if secret % self.services == number {
                let secret = SECRETS[secret % SECRETS.len()].to_owned() + &suffix(secret / SECRETS.len());
                let variable = secret.to_uppercase().replace('-', "_");
                writeln!(text, "        env \"{variable}\" secret=\"{secret}\" key=\"value\"").expect(TEXT);
            }
        }
        if self.tables > 0 && number == self.services - 1 {
            text.push_str("        reaches database=\"records\"\n        env \"PGUSER\" database=\"records\" key=\"username\"\n");
            text.push_str("        env \"PGPASSWORD\" database=\"records\" key=\"password\"\n");
        }
        if one_in(self.one_waiver_in, rng) {
            writeln!(
                text,
                "        waive \"read-only-root-filesystem\" {{\n            reason \"the {} cache is written beside the binary\"\n            \
                 until \"2027-09-30\"\n            owner team=\"{}\"\n        }}",
                pick(NOUNS, number),
                team_name(0)
            )
            .expect(TEXT);
        }
        text.push_str("    }\n");
    }

    fn database(&self, text: &mut String, number: usize, rng: &mut Rng) {
        let (high, low) = (number / 250 % 250, number % 250);
        writeln!(text, "    secret \"records-login\" (vault)\"secret/{}/records\" {{ keys \"host\" \"username\" \"password\" }}", project_name(number)).expect(TEXT);
        writeln!(text, "    database \"records\" engine=\"postgresql\" {{\n        server \"10.8.{high}.{low}/32\"\n        login secret=\"records-login\"").expect(TEXT);
        for table in 0..self.tables {
            self.comment(text, "        ", rng);
            let name = table_name(table);
            writeln!(
                text,
                "        table \"{name}\" {{\n            column \"id\" \"uuid\" primary-key=#true"
            )
            .expect(TEXT);
            text.push_str("            column \"holder\" \"uuid\" owner=#true\n");
            if table > 0 {
                let other = table_name(rng.usize(0..table));
                writeln!(text, "            column \"belongs_to\" \"uuid\" references=\"{other}.id\" on-delete=\"cascade\"").expect(TEXT);
            }
            for column in 0..rng.usize(1..=5) {
                let (column, kind) = COLUMNS[column % COLUMNS.len()];
                writeln!(text, "            column \"{column}\" \"{kind}\" nullable=#true").expect(TEXT);
            }
            text.push_str("            rows read=\"owner\" write=\"owner\"\n        }\n");
        }
        text.push_str("    }\n");
    }

    fn environment(&self, number: usize, rng: &mut Rng) -> String {
        let default = if number == 0 { " default=#true" } else { "" };
        let mut text = format!("environment \"{}\"{default} {{\n", environment_name(number));
        for project in 0..self.projects {
            if rng.bool() {
                let service = service_name(rng.usize(0..self.services));
                writeln!(
                    text,
                    "    project \"{}\" {{\n        service \"{service}\" {{ (override)replicas \"{}..{}\" }}\n    }}",
                    project_name(project),
                    1 + number,
                    10 + number
                )
                .expect(TEXT);
            }
        }
        text.push_str("    image-policy {\n        (override)registries \"ghcr.io/generated\" \"registry.generated.example\"\n    }\n}\n");
        text
    }

    fn comment(&self, text: &mut String, indent: &str, rng: &mut Rng) {
        if one_in(self.one_comment_in, rng) {
            let (a, b) = (rng.usize(..), rng.usize(..));
            writeln!(
                text,
                "{indent}// {} of the {}, asked for by {}.",
                pick(WORK, a),
                pick(NOUNS, b),
                pick(GIVEN_NAMES, a / 7)
            )
            .expect(TEXT);
        }
    }
}

/// How many projects are public: one certificate names all their hosts, and an authority signs a hundred names at most.
const PUBLIC: usize = 80;

const TEXT: &str = "a string takes everything";

const CLUSTER: &str = r#"cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
    gateway "public" implementation="envoy-gateway" namespace="envoy-gateway-system" {
        certificate issuer="letsencrypt"
    }
}
image-policy { registries "ghcr.io/generated" }
external "https" { ports "443/tcp" }
"#;

const VAULT: &str = r#"vault "main" address="https://vault.generated.example" {
    mount "secret" engine="kv-v2"
    login "kubernetes" as="trackside"
}
"#;

const RESOURCES: &[&str] = &["project", "service", "deployment", "invoice", "report", "user"];
const ACTIONS: &[&str] = &["read", "create", "update", "delete"];
const METHODS: &[(&str, &str)] = &[("GET", "read"), ("PUT", "update"), ("DELETE", "delete")];
const NOUNS: &[&str] = &[
    "orders",
    "invoices",
    "berths",
    "parcels",
    "tickets",
    "recipes",
    "ledger",
    "catalogue",
    "fleet",
    "harvest",
    "library",
    "payroll",
    "routes",
    "sensors",
    "stock",
    "students",
];
const WORK: &[&str] =
    &["Booking", "Billing", "Search", "Import", "Reporting", "Archive", "Planning", "Pricing", "Delivery"];
const GIVEN_NAMES: &[&str] =
    &["ana", "bo", "chidi", "dee", "emil", "fatima", "goran", "hana", "ines", "jun", "kofi", "lena"];
const SERVICES: &[&str] =
    &["web", "api", "worker", "billing", "search", "mailer", "importer", "reports", "sessions", "gate"];
const SECRETS: &[&str] = &["stripe-key", "mail-password", "webhook-key"];
const COLUMNS: &[(&str, &str)] = &[
    ("title", "text"),
    ("amount", "bigint"),
    ("state", "text"),
    ("created_at", "timestamptz"),
    ("details", "jsonb"),
];

fn pick(words: &'static [&'static str], number: usize) -> &'static str {
    words[number % words.len()]
}

fn suffix(round: usize) -> String {
    if round == 0 { String::new() } else { format!("-{round}") }
}

fn one_in(many: usize, rng: &mut Rng) -> bool {
    many > 0 && rng.usize(0..many) == 0
}

fn project_name(number: usize) -> String {
    format!("{}-{number}", pick(NOUNS, number))
}

fn team_name(number: usize) -> String {
    format!("team-{}-{number}", pick(NOUNS, number))
}

fn service_name(number: usize) -> String {
    pick(SERVICES, number).to_owned() + &suffix(number / SERVICES.len())
}

fn role_name(number: usize) -> String {
    format!("{}-{number}", pick(&["developer", "operator", "auditor", "support", "analyst"], number))
}

fn table_name(number: usize) -> String {
    let round = number / NOUNS.len();
    if round == 0 { pick(NOUNS, number).to_owned() } else { format!("{}_{round}", pick(NOUNS, number)) }
}

fn environment_name(number: usize) -> String {
    ["staging", "production", "preview"]
        .get(number)
        .map_or_else(|| format!("preview-{number}"), |it| (*it).to_owned())
}

fn image(name: &str, number: usize, rng: &mut Rng) -> String {
    let digest: String = (0..4).map(|_| format!("{:016x}", rng.u64(..))).collect();
    format!("\"ghcr.io/generated/{name}:1.{number}@sha256:{digest}\"")
}
