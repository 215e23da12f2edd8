//! The platform that everybody is asked to render: projects of ten services. A size gives the same platform on every machine.

use std::collections::BTreeMap;

use fastrand::Rng;

/// What each tool reads, in its own words.
pub(crate) struct Platform {
    /// The line of what is declared once for all. Only the writer of KDL knows it; the peers get it as a part of their list.
    pub(crate) source: String,
    pub(crate) projects: Vec<Project>,
}

pub(crate) struct Project {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) services: Vec<Service>,
}

pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) source: String,
    pub(crate) image: Image,
    pub(crate) port: u16,
    pub(crate) replicas: Replicas,
    /// The line of the replicas, which is what the budget for disruptions and the autoscaler come from.
    pub(crate) replicas_source: String,
    /// Requested and most.
    pub(crate) cpu: [String; 2],
    pub(crate) memory: [String; 2],
    pub(crate) variables: BTreeMap<String, Variable>,
    /// Services of the same project.
    pub(crate) reaches: Vec<Peer>,
    /// Who reaches it; the peers are told, trackside follows it from the others' `reaches`.
    pub(crate) callers: Vec<&'static str>,
    /// Whether it may reach the internet.
    pub(crate) external: bool,
    /// Where it is reached from the internet.
    pub(crate) public: Option<Public>,
}

pub(crate) struct Image {
    pub(crate) name: String,
    pub(crate) tag: String,
    pub(crate) digest: String,
}

#[derive(Clone, Copy)]
pub(crate) enum Replicas {
    Fixed(usize),
    Range(usize, usize),
}

pub(crate) enum Variable {
    Text(String),
    /// The address of a service of the same project.
    Address(Peer),
}

#[derive(Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
}

pub(crate) struct Public {
    pub(crate) host: String,
    pub(crate) source: String,
}

const NOUNS: &[&str] = &["orders", "berths", "parcels", "tickets", "ledger", "fleet", "library", "stock"];
/// Those that a project has, each reaching some behind it.
const SERVICES: &[(&str, u16)] = &[
    ("web", 3000),
    ("api", 8080),
    ("billing", 8080),
    ("search", 9200),
    ("worker", 8081),
    ("mailer", 8025),
    ("importer", 8080),
    ("reports", 8082),
    ("sessions", 7000),
    ("gate", 9000),
];

/// What a project becomes: a namespace, a range of limits, a service account and a policy, and 69 objects of its services.
const OBJECTS_OF_A_PROJECT: usize = 73;

impl Platform {
    pub(crate) fn of_about(objects: usize) -> Self {
        let mut rng = Rng::with_seed(7);
        let projects = (0..objects.div_ceil(OBJECTS_OF_A_PROJECT)).map(|it| project(it, &mut rng)).collect();
        Self { source: String::new(), projects }
    }
}

impl Project {
    pub(crate) fn namespace(&self) -> String {
        format!("generated-{}", self.name)
    }
}

fn project(number: usize, rng: &mut Rng) -> Project {
    let name = format!("{}-{number}", NOUNS[number % NOUNS.len()]);
    let mut services: Vec<Service> = (0..SERVICES.len()).map(|it| service(it, &name, rng)).collect();
    for caller in 0..services.len() {
        for reached in services[caller].reaches.clone() {
            let caller = services[caller].name;
            let reached =
                services.iter_mut().find(|it| it.name == reached.name).expect("of the same project");
            reached.callers.push(caller);
        }
    }
    for service in &mut services {
        service.callers.sort_unstable();
    }
    Project { name, source: String::new(), services }
}

fn service(number: usize, project: &str, rng: &mut Rng) -> Service {
    let (name, port) = SERVICES[number];
    let behind = &SERVICES[number + 1..];
    let mut reaches: Vec<Peer> =
        behind.first().into_iter().chain(behind.get(rng.usize(1..4))).map(peer).collect();
    reaches.sort_by_key(|it| it.name);
    let mut variables: BTreeMap<String, Variable> = reaches
        .iter()
        .map(|it| (format!("{}_URL", it.name.to_uppercase()), Variable::Address(*it)))
        .collect();
    let mut text = |name: &str, value: String| variables.insert(name.to_owned(), Variable::Text(value));
    text("LOG_LEVEL", rng.choice(["debug", "info", "warn"]).expect("three").to_owned());
    text("REGION", format!("eu-central-{}", rng.usize(1..=3)));
    Service {
        name,
        source: String::new(),
        image: Image {
            name: format!("ghcr.io/generated/{name}"),
            tag: format!("1.{}.{}", rng.usize(0..30), rng.usize(0..10)),
            digest: (0..4).map(|_| format!("{:016x}", rng.u64(..))).collect(),
        },
        port,
        replicas: match number % 3 {
            2 => Replicas::Fixed(rng.usize(3..=5)),
            _ => Replicas::Range(2, rng.usize(3..=9)),
        },
        replicas_source: String::new(),
        cpu: [format!("{}m", 10 * rng.usize(6..=20)), "1".to_owned()],
        memory: ["128Mi".to_owned(), format!("{}Mi", 32 * rng.usize(5..=30))],
        variables,
        reaches,
        callers: Vec::new(),
        external: number % 3 == 1,
        public: (number == 0)
            .then(|| Public { host: format!("{project}.generated.example"), source: String::new() }),
    }
}

fn peer((name, port): &(&'static str, u16)) -> Peer {
    Peer { name, port: *port }
}
