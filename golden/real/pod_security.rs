//! Pod Security Standards: the API server admits the pods that are judged to be right here, and names the same controls of
//! the others.
//!
//! Pods are changed field by field, alone and several at once, and tried in namespaces of both levels and of many
//! versions. What the server finds to be no pod at all does not count.
//! `TRACKSIDE_CASES=10000 .ci/test --test golden -- real::pod_security --nocapture` tries so many; without it they are 300.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use fastrand::Rng;
use serde_json::{Value, json};
use trackside::language::pod_security::Level;
use trackside::render::kubernetes::pod_security::control::Control;
use trackside::render::kubernetes::pod_security::namespace::policy;
use trackside::render::kubernetes::pod_security::version::Minor;
use trackside::render::kubernetes::pod_security::{Standard, violations};

use super::client::Refusal;
use super::kubernetes::Server;

const LEVELS: [Level; 2] = [Level::Baseline, Level::Restricted];

/// The values of the label for the version, an absent one included: all at which a control begins or changes, those before, and
/// one that nobody knows.
const VERSIONS: &[Option<&str>] = &[
    None,
    Some("latest"),
    Some("v1.0"),
    Some("v1.7"),
    Some("v1.8"),
    Some("v1.18"),
    Some("v1.19"),
    Some("v1.21"),
    Some("v1.22"),
    Some("v1.23"),
    Some("v1.24"),
    Some("v1.25"),
    Some("v1.26"),
    Some("v1.27"),
    Some("v1.28"),
    Some("v1.29"),
    Some("v1.30"),
    Some("v1.31"),
    Some("v1.32"),
    Some("v1.33"),
    Some("v1.34"),
    Some("v1.35"),
    Some("v1.99"),
];

/// How many changes a pod has at most.
const MOST: usize = 5;

/// Pods that run already, which containers are added to, by what they say of security themselves.
const RUNNING: [&str; 2] = ["says-it-all", "leaves-it-to-containers"];

#[test]
fn the_server_admits_what_is_right_and_names_what_is_not() {
    let (cases, server) = (cases(), Server::shared());
    let houses: Vec<(Level, Option<&str>)> =
        LEVELS.iter().flat_map(|level| VERSIONS.iter().map(|it| (*level, *it))).collect();
    let next = AtomicU64::new(0);
    in_parallel(|| {
        while let Some(house) =
            houses.get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX))
        {
            open(server, *house);
        }
    });

    let singles = singles();
    let (next, judged) = (AtomicU64::new(0), AtomicU64::new(0));
    let tally = Mutex::new(Tally::default());
    in_parallel(|| {
        let mut own = Tally::default();
        while judged.load(Ordering::Relaxed) < cases {
            let case = next.fetch_add(1, Ordering::Relaxed);
            assert!(case < cases * 10 + 1_000, "too many pods are none");
            let outcome = own.try_case(server, &singles, case);
            judged.fetch_add(u64::from(outcome), Ordering::Relaxed);
        }
        tally.lock().expect("nobody fails").add(own);
    });
    let tally = tally.into_inner().expect("nobody fails");
    println!("{tally}");
    assert!(tally.differences.is_empty(), "{}", tally.differences.join("\n"));
    assert!(tally.admitted > 0 && tally.refused > 0);
    if cases >= 5_000 {
        let broken: BTreeSet<&str> = tally.broken.keys().copied().collect();
        assert_eq!(
            broken,
            Control::ALL.iter().copied().map(reason).collect(),
            "every control is broken by some pod"
        );
    }
}

/// Labels of namespaces, without the group that all have.
const LABELS: &[&str] = &[
    "",
    "enforce=baseline",
    "enforce=restricted enforce-version=v1.29",
    "enforce=restricted enforce-version=latest warn-version=v1.30",
    "enforce=restricted warn=baseline",
    "enforce=baseline warn=restricted audit=restricted audit-version=v1.99",
    "enforce=privileged enforce-version=v1.29 warn=restricted",
    "enforce=privileged warn=restricted warn-version=v1.7",
    "enforce-version=v1.29",
    "warn=baseline warn-version=v1.1",
    "enforce=Restricted",
    "warn=all",
    "audit=",
    "enforce=restricted enforce-version=1.29",
    "enforce-version=v1.01",
    "warn-version=v1.1.1",
    "audit-version=Latest",
    "audit-version=v1.4294967296",
    "audit-version=v1.9223372036854775808",
];

#[test]
fn labels_mean_to_the_server_what_they_mean_here() {
    let server = Server::shared();
    for (index, text) in LABELS.iter().enumerate() {
        let key = |word: &str| format!("pod-security.kubernetes.io/{word}");
        let labels: BTreeMap<String, &str> = text
            .split_whitespace()
            .filter_map(|it| it.split_once('='))
            .map(|(word, value)| (key(word), value))
            .collect();
        let policy = policy(|key| labels.get(key).copied());
        let name = format!("labelled-{index}");
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } });
        let created = server.create_namespace(&object);
        assert_eq!(created.is_ok(), policy.problems.is_empty(), "{text}: {created:?}, {policy:?}");
        if created.is_err() {
            continue;
        }
        let mut pod = running("says-it-all");
        pod["spec"]["hostPID"] = json!(true);
        let (refused, warned) = match server.dry_run_create_pod(&name, &pod) {
            Ok(answer) => (None, answer.warnings.first().cloned()),
            Err(refusal) => (Some(refusal.message), None),
        };
        let named = |standard: Standard, by: &str| {
            let version = labels.get(&key(by)).map_or("latest".to_owned(), |_| standard.version.to_string());
            let version = if labels.get(&key(by)) == Some(&"latest") { "latest".to_owned() } else { version };
            (standard.level != Level::Privileged)
                .then(|| format!("violate PodSecurity \"{}:{version}\"", standard.level.word()))
        };
        let (enforce, warn) = (named(policy.enforce, "enforce-version"), named(policy.warn, "warn-version"));
        let says = |told: Option<String>, expected: Option<&String>| match (told, expected) {
            (None, None) => true,
            (Some(told), Some(expected)) => told.replace("violates", "violate").contains(expected.as_str()),
            _ => false,
        };
        assert!(says(refused.clone(), enforce.as_ref()), "{text}: {refused:?}, {policy:?}");
        // Whoever is refused is not warned as well.
        let warn = warn.filter(|_| enforce.is_none());
        assert!(says(warned.clone(), warn.as_ref()), "{text}: {warned:?}, {policy:?}");
    }
}

/// What came of the pods.
#[derive(Default)]
struct Tally {
    /// Those that are none.
    invalid: u64,
    /// Judgements of the server, of pods and of pods that containers were added to.
    created: u64,
    extended: u64,
    admitted: u64,
    refused: u64,
    /// How often the server named what.
    broken: BTreeMap<&'static str, u64>,
    differences: Vec<String>,
}

impl Tally {
    /// Tries one pod at both levels; whether it was one.
    fn try_case(&mut self, server: &Server, singles: &[(usize, Change)], case: u64) -> bool {
        let mut random = Rng::with_seed(case);
        let version = VERSIONS[random.usize(..VERSIONS.len())];
        let (template, extended) = match random.u8(..8) {
            0 => extended(&mut random),
            _ => (created(&mut random, singles, case), None),
        };
        for level in LEVELS {
            let namespace = namespace(level, version);
            let answer = match &extended {
                Some((pod, containers)) => server.dry_run_add_containers(&namespace, pod, containers),
                None => server.dry_run_create_pod(&namespace, &template),
            };
            let said = match answer {
                Ok(_) => BTreeSet::new(),
                Err(Refusal { status: Some(400 | 422), .. }) => {
                    self.invalid += 1;
                    return false;
                }
                Err(refusal) => said(&refusal),
            };
            let standard = Standard { level, version: version.map_or(Minor::LATEST, known) };
            let ours: BTreeSet<&str> =
                violations(&template, standard).iter().map(|it| reason(it.control)).collect();
            if ours != said {
                let mode = extended.as_ref().map_or("", |_| " (containers added)");
                self.differences.push(format!(
                    "case {case}{mode}, {namespace}:\n  server: {said:?}\n  ours:   {ours:?}\n  {template}"
                ));
            }
            *(if extended.is_some() { &mut self.extended } else { &mut self.created }) += 1;
            *(if said.is_empty() { &mut self.admitted } else { &mut self.refused }) += 1;
            for reason in said {
                *self.broken.entry(reason).or_default() += 1;
            }
        }
        true
    }

    fn add(&mut self, other: Self) {
        let Self { invalid, created, extended, admitted, refused, broken, differences } = other;
        self.invalid += invalid;
        self.created += created;
        self.extended += extended;
        self.admitted += admitted;
        self.refused += refused;
        for (reason, count) in broken {
            *self.broken.entry(reason).or_default() += count;
        }
        self.differences.extend(differences);
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Self { invalid, created, extended, admitted, refused, broken, differences } = self;
        writeln!(
            formatter,
            "{} judgements of the server ({created} of pods, {extended} of pods with added containers; {} per pod): {admitted} admitted, \
             {refused} refused; {invalid} more were no pods; {} differences",
            created + extended,
            LEVELS.len(),
            differences.len()
        )?;
        broken.iter().try_for_each(|(reason, count)| writeln!(formatter, "{count:>8} {reason}"))
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own size")]
fn cases() -> u64 {
    std::env::var("TRACKSIDE_CASES").ok().and_then(|it| it.parse().ok()).unwrap_or(300)
}

fn in_parallel(work: impl Fn() + Sync) {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(&work)).collect();
        for worker in workers {
            if let Err(panic) = worker.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

/// The version that a label means.
fn known(label: &str) -> Minor {
    Minor::read(label).expect("the table has versions")
}

fn namespace(level: Level, version: Option<&str>) -> String {
    format!("pods-{}-{}", level.word(), version.unwrap_or("unsaid").replace('.', "-"))
}

/// Makes a namespace of a standard, with the pods that run already.
fn open(server: &Server, (level, version): (Level, Option<&str>)) {
    let name = namespace(level, version);
    let mut labels = json!({ "pod-security.kubernetes.io/enforce": level.word() });
    if let Some(version) = version {
        labels["pod-security.kubernetes.io/enforce-version"] = json!(version);
    }
    let object =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } });
    server.create_namespace(&object).expect("it is accepted");
    for pod in RUNNING {
        let mut object = running(pod);
        object["apiVersion"] = json!("v1");
        object["kind"] = json!("Pod");
        object["metadata"] = json!({ "name": pod, "namespace": name });
        server.apply(&object).unwrap_or_else(|refusal| panic!("{name}: {pod}: {refusal}"));
    }
}

/// The beginning of what the server says of a control. Of two for the same thing, it has only one in any standard.
fn reason(control: Control) -> &'static str {
    match control {
        Control::AppArmorProfile => "forbidden AppArmor profile",
        Control::CapabilitiesBaseline => "non-default capabilities",
        Control::HostNamespaces => "host namespaces",
        Control::HostPathVolumes => "hostPath volumes",
        Control::HostPorts => "hostPort",
        Control::HostProbesAndHostLifecycle => "probe or lifecycle host",
        Control::Privileged => "privileged",
        Control::ProcMount | Control::ProcMountRestricted => "procMount",
        Control::SeLinuxOptions => "seLinuxOptions",
        Control::SeccompProfileBaseline | Control::SeccompProfileRestricted => "seccompProfile",
        Control::Sysctls => "forbidden sysctls",
        Control::WindowsHostProcess => "hostProcess",
        Control::AllowPrivilegeEscalation => "allowPrivilegeEscalation != false",
        Control::CapabilitiesRestricted => "unrestricted capabilities",
        Control::RestrictedVolumes => "restricted volume types",
        Control::RunAsNonRoot => "runAsNonRoot != true",
        Control::RunAsUser => "runAsUser=0",
    }
}

/// What the server names: `violates PodSecurity "restricted:latest": host namespaces (hostPID=true), hostPort (…)`.
fn said(refusal: &Refusal) -> BTreeSet<&'static str> {
    let told = refusal.message.split_once("violates PodSecurity ").and_then(|it| it.1.split_once("\": "));
    let Some((_, told)) = told else { panic!("the server refused it for another reason: {refusal}") };
    let mut depth = 0_i32;
    let mut bare = String::new();
    for letter in told.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 => bare.push(letter),
            _ => (),
        }
    }
    let reasons = bare.split(", ").map(|it| {
        let told = it.trim().trim_end_matches("profiles").trim_end_matches("profile").trim_end();
        let known = Control::ALL.iter().map(|it| reason(*it));
        let mut known = known.filter(|it| it.trim_end_matches("profile").trim_end() == told);
        known.next().unwrap_or_else(|| panic!("`{it}` is no reason that is known: {refusal}"))
    });
    reasons.collect()
}

// What pods are tried.

/// A field, and what becomes of it: nothing, where it is taken away.
#[derive(Clone)]
struct Change {
    scope: Scope,
    field: &'static str,
    value: Option<Value>,
}

/// Whose field it is.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Metadata,
    Spec,
    Context,
    Container,
    ContextOfContainer,
}

/// A good pod with changes. The first is one of all that there are, in turn, and every third pod has no other.
fn created(random: &mut Rng, singles: &[(usize, Change)], case: u64) -> Value {
    let index = case.wrapping_mul(7_919) % u64::try_from(singles.len()).expect("they are few");
    let (base, first) = &singles[usize::try_from(index).expect("they are few")];
    let mut template = bases().swap_remove(*base);
    apply(&mut template, first, random);
    if random.u8(..3) > 0 {
        for _ in 1..random.usize(2..=MOST) {
            let (_, change) = &singles[random.usize(..singles.len())];
            apply(&mut template, change, random);
        }
    }
    template
}

/// A running pod that containers are added to: the whole, the pod's name and the containers.
fn extended(random: &mut Rng) -> (Value, Option<(String, Value)>) {
    let name = RUNNING[random.usize(..RUNNING.len())];
    let mut template = running(name);
    let changes: Vec<Change> = changes()
        .into_iter()
        .filter(|it| it.scope == Scope::ContextOfContainer || it.field == "securityContext")
        .collect();
    let mut added = vec![container("debugger"), container("other")];
    added.truncate(random.usize(1..=2));
    for container in &mut added {
        for _ in 0..random.usize(..=2) {
            let change = &changes[random.usize(..changes.len())];
            match change.scope {
                Scope::ContextOfContainer => put(&mut container["securityContext"], change),
                Scope::Container => put(container, change),
                Scope::Metadata | Scope::Spec | Scope::Context => (),
            }
        }
    }
    let added = Value::Array(added);
    template["spec"]["ephemeralContainers"] = added.clone();
    (template, Some((name.to_owned(), added)))
}

/// Every change of every good pod.
fn singles() -> Vec<(usize, Change)> {
    let changes = changes();
    (0..bases().len()).flat_map(|base| changes.iter().map(move |it| (base, it.clone()))).collect()
}

fn apply(template: &mut Value, change: &Change, random: &mut Rng) {
    match change.scope {
        Scope::Metadata => put(&mut template["metadata"], change),
        Scope::Spec => put(&mut template["spec"], change),
        Scope::Context => put(&mut template["spec"]["securityContext"], change),
        Scope::Container | Scope::ContextOfContainer => {
            let lists = ["initContainers", "containers"];
            let count = |list: &str| template["spec"][list].as_array().map_or(0, Vec::len);
            let places: Vec<(&str, usize)> =
                lists.iter().flat_map(|list| (0..count(list)).map(move |index| (*list, index))).collect();
            let Some(&(list, index)) = random.choice(&places) else { return };
            let container = &mut template["spec"][list][index];
            match change.scope {
                Scope::Container => put(container, change),
                _ => put(&mut container["securityContext"], change),
            }
        }
    }
}

/// Puts a value into a mapping, which is made where there is none.
fn put(value: &mut Value, change: &Change) {
    let field = change.field;
    match &change.value {
        Some(new) => {
            if !value.is_object() {
                *value = json!({});
            }
            value[field] = new.clone();
        }
        None => {
            if let Some(entries) = value.as_object_mut() {
                entries.remove(field);
            }
        }
    }
}

fn container(name: &str) -> Value {
    let context = json!({
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
        "runAsNonRoot": true,
        "seccompProfile": { "type": "RuntimeDefault" },
    });
    json!({ "name": name, "image": "example.org/a:1", "securityContext": context })
}

/// A container that leaves to the pod what can be left to it.
fn bare_container(name: &str) -> Value {
    let context = json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } });
    json!({ "name": name, "image": "example.org/a:1", "securityContext": context })
}

fn running(name: &str) -> Value {
    let context = json!({ "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } });
    match name {
        "says-it-all" => {
            json!({ "metadata": {}, "spec": { "securityContext": context, "containers": [bare_container("a")] } })
        }
        _ => json!({ "metadata": {}, "spec": { "containers": [container("a")] } }),
    }
}

/// Pods that are changed: right ones, and some that are wrong in ways which need several fields at once to be pods at all.
fn bases() -> Vec<Value> {
    let context = json!({ "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } });
    let mut busy = bare_container("a");
    busy["ports"] = json!([{ "containerPort": 8080 }]);
    busy["livenessProbe"] = json!({ "httpGet": { "port": 8080 } });
    busy["lifecycle"] = json!({ "preStop": { "exec": { "command": ["true"] } } });
    let mut sidecar = bare_container("s");
    sidecar["restartPolicy"] = json!("Always");
    let of_windows = json!({ "name": "a", "image": "example.org/a:1" });
    let mut unmasked = bare_container("a");
    unmasked["securityContext"]["procMount"] = json!("Unmasked");
    let mut privileged = of_windows.clone();
    privileged["securityContext"] = json!({ "privileged": true });
    let specs = [
        json!({
            "securityContext": context,
            "initContainers": [bare_container("i"), sidecar],
            "containers": [busy, bare_container("b")],
            "volumes": [{ "name": "a", "emptyDir": {} }],
        }),
        json!({ "initContainers": [container("i")], "containers": [container("a")] }),
        json!({ "securityContext": context, "hostUsers": false, "containers": [busy] }),
        json!({
            "os": { "name": "windows" },
            "securityContext": { "runAsNonRoot": true, "windowsOptions": {} },
            "containers": [of_windows],
        }),
        json!({
            "os": { "name": "windows" },
            "hostNetwork": true,
            "securityContext": { "runAsNonRoot": true, "windowsOptions": { "hostProcess": true } },
            "containers": [of_windows],
        }),
        json!({ "hostUsers": false, "containers": [container("a")], "initContainers": [container("i")] }),
        json!({ "hostUsers": false, "securityContext": context, "containers": [unmasked] }),
        json!({ "securityContext": context, "initContainers": [bare_container("i")], "containers": [privileged] }),
    ];
    specs.map(|spec| json!({ "metadata": {}, "spec": spec })).into()
}

/// Every field that a control reads, and what becomes of it.
fn changes() -> Vec<Change> {
    use Scope::{Container, Context, ContextOfContainer, Metadata, Spec};
    let mut all = Vec::new();
    let mut add = |scope: Scope, field: &'static str, values: &[Value]| {
        let values = values.iter().cloned().map(Some).chain([Some(Value::Null), None]);
        all.extend(values.map(|value| Change { scope, field, value }));
    };
    let flags = [json!(true), json!(false)];

    let app_armor = "container.apparmor.security.beta.kubernetes.io/a";
    let of_pod = "seccomp.security.alpha.kubernetes.io/pod";
    let of_container = "container.seccomp.security.alpha.kubernetes.io/a";
    let of_nobody = "container.seccomp.security.alpha.kubernetes.io/nobody";
    let profiles = [
        "runtime/default",
        "docker/default",
        "localhost/a",
        "localhost/",
        "unconfined",
        "",
        "Unconfined",
        "a",
    ];
    let mut annotations =
        Vec::from([json!({}), json!({ "app": "a", app_armor: "runtime/default", of_pod: "unconfined" })]);
    for key in [app_armor, of_pod, of_container, of_nobody] {
        annotations.extend(profiles.iter().map(|it| json!({ key: it })));
        annotations.push(json!({ key: null }));
    }
    add(Metadata, "annotations", &annotations);

    for field in ["hostNetwork", "hostPID", "hostIPC", "hostUsers"] {
        add(Spec, field, &flags);
    }
    add(Spec, "os", &[json!({ "name": "linux" }), json!({ "name": "windows" })]);
    add(Spec, "securityContext", &[json!({}), json!({ "runAsNonRoot": true }), json!({ "fsGroup": 0 })]);
    add(Spec, "initContainers", &[json!([])]);
    add(Spec, "volumes", &volumes());

    let users = [json!(0), json!(1), json!(65_535), json!(-1), json!(1_000_000)];
    let seccomp = profile_values(&json!("a.json"));
    let app_armor = profile_values(&json!("a"));
    let types = [
        "",
        "container_t",
        "container_init_t",
        "container_kvm_t",
        "container_engine_t",
        "spc_t",
        "Container_t",
    ];
    let mut se_linux: Vec<Value> = types.iter().map(|it| json!({ "type": it })).collect();
    se_linux.extend([
        json!({}),
        json!({ "user": "" }),
        json!({ "user": "system_u" }),
        json!({ "role": "system_r" }),
        json!({ "level": "s0:c1,c2" }),
        json!({ "type": null, "user": null, "role": "" }),
        json!({ "type": "spc_t", "user": "a", "role": "b" }),
    ]);
    let windows = [
        json!({}),
        json!({ "hostProcess": true }),
        json!({ "hostProcess": false }),
        json!({ "hostProcess": null }),
        json!({ "runAsUserName": "ContainerUser" }),
    ];
    for scope in [Context, ContextOfContainer] {
        add(scope, "runAsNonRoot", &flags);
        add(scope, "runAsUser", &users);
        add(scope, "seccompProfile", &seccomp);
        add(scope, "appArmorProfile", &app_armor);
        add(scope, "seLinuxOptions", &se_linux);
        add(scope, "windowsOptions", &windows);
    }
    let sysctls = [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
        "net.ipv4.tcp_mem",
        "net/ipv4/tcp_wmem",
        "kernel.msgmax",
        "net.core.somaxconn",
    ];
    let sysctl = |name: &str| json!({ "name": name, "value": "1" });
    let mut values: Vec<Value> = sysctls.iter().map(|it| json!([sysctl(it)])).collect();
    values.extend([json!([]), json!([sysctl("net.ipv4.tcp_rmem"), sysctl("kernel.msgmax")])]);
    add(Context, "sysctls", &values);

    add(Container, "securityContext", &[json!({}), json!({ "readOnlyRootFilesystem": true })]);
    add(ContextOfContainer, "allowPrivilegeEscalation", &flags);
    add(ContextOfContainer, "privileged", &flags);
    add(ContextOfContainer, "procMount", &[json!("Default"), json!("Unmasked"), json!(""), json!("Other")]);
    add(ContextOfContainer, "capabilities", &capabilities());
    add(
        Container,
        "ports",
        &[
            json!([]),
            json!([{ "containerPort": 80 }]),
            json!([{ "containerPort": 80, "hostPort": 0 }]),
            json!([{ "containerPort": 80, "hostPort": null }]),
            json!([{ "containerPort": 80, "hostPort": 80 }]),
            json!([{ "containerPort": 80 }, { "containerPort": 81, "hostPort": 81, "protocol": "UDP" }]),
            json!([{ "containerPort": 80, "hostPort": 65_536 }]),
            json!([{ "hostPort": 80 }]),
        ],
    );
    let handlers = handlers();
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        add(Container, field, &handlers);
    }
    let mut lifecycles = vec![json!({})];
    for handler in &handlers {
        lifecycles
            .extend([json!({ "postStart": handler }), json!({ "preStop": handler, "postStart": null })]);
    }
    add(Container, "lifecycle", &lifecycles);
    all
}

fn profile_values(of_node: &Value) -> Vec<Value> {
    vec![
        json!({}),
        json!({ "type": null }),
        json!({ "type": "RuntimeDefault" }),
        json!({ "type": "Localhost", "localhostProfile": of_node }),
        json!({ "type": "Localhost" }),
        json!({ "type": "RuntimeDefault", "localhostProfile": of_node }),
        json!({ "type": "Unconfined" }),
        json!({ "type": "unconfined" }),
    ]
}

fn capabilities() -> Vec<Value> {
    let mut all = vec![json!({}), json!({ "add": null, "drop": null }), json!({ "add": [], "drop": [] })];
    for drop in [json!(["ALL"]), json!(["all"]), json!(["NET_RAW", "ALL"]), json!(["NET_RAW"])] {
        all.push(json!({ "drop": drop }));
    }
    for add in [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
        "SYS_ADMIN",
        "NET_RAW",
        "CAP_CHOWN",
        "chown",
        "ALL",
        "",
    ] {
        all.push(json!({ "drop": ["ALL"], "add": [add] }));
    }
    all.push(json!({ "add": ["CHOWN", "SYS_TIME"] }));
    all.push(json!({ "drop": ["ALL"], "add": ["NET_BIND_SERVICE", "CHOWN"] }));
    all.push(json!({ "drop": ["ALL"], "add": [null] }));
    all
}

/// Those of probes and of the life cycle.
fn handlers() -> Vec<Value> {
    vec![
        json!({ "exec": { "command": ["true"] } }),
        json!({ "httpGet": { "port": 80 } }),
        json!({ "httpGet": { "port": 80, "host": "" } }),
        json!({ "httpGet": { "port": 80, "host": null } }),
        json!({ "httpGet": { "port": 80, "host": "169.254.169.254" } }),
        json!({ "tcpSocket": { "port": 80 } }),
        json!({ "tcpSocket": { "port": 80, "host": "" } }),
        json!({ "tcpSocket": { "port": 80, "host": "localhost" } }),
        json!({ "grpc": { "port": 80 } }),
        json!({ "sleep": { "seconds": 1 } }),
    ]
}

/// A volume of each source, and odd ones.
fn volumes() -> Vec<Value> {
    let sources = json!({
        "awsElasticBlockStore": { "volumeID": "a" },
        "azureDisk": { "diskName": "a", "diskURI": "https://a.blob.core.windows.net/a/a.vhd" },
        "azureFile": { "secretName": "a", "shareName": "a" },
        "cephfs": { "monitors": ["a"] },
        "cinder": { "volumeID": "a" },
        "configMap": { "name": "a" },
        "csi": { "driver": "example.org" },
        "downwardAPI": {},
        "emptyDir": {},
        "ephemeral": { "volumeClaimTemplate": { "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } },
        } } },
        "fc": { "wwids": ["a"] },
        "flexVolume": { "driver": "a/b" },
        "flocker": { "datasetName": "a" },
        "gcePersistentDisk": { "pdName": "a" },
        "gitRepo": { "repository": "example.org/a" },
        "glusterfs": { "endpoints": "a", "path": "a" },
        "hostPath": { "path": "/a" },
        "image": { "reference": "example.org/a:1" },
        "iscsi": { "iqn": "iqn.2001-04.com.example:storage.a", "lun": 0, "targetPortal": "a" },
        "nfs": { "path": "/a", "server": "a" },
        "persistentVolumeClaim": { "claimName": "a" },
        "photonPersistentDisk": { "pdID": "a" },
        "portworxVolume": { "volumeID": "a" },
        "projected": { "sources": [] },
        "quobyte": { "registry": "localhost:1234", "volume": "a" },
        "rbd": { "image": "a", "monitors": ["a"] },
        "scaleIO": { "gateway": "a", "system": "a", "secretRef": { "name": "a" }, "volumeName": "a" },
        "secret": { "secretName": "a" },
        "storageos": { "volumeName": "a" },
        "vsphereVolume": { "volumePath": "a" },
    });
    let sources = sources.as_object().expect("it is one");
    let mut all: Vec<Value> =
        sources.iter().map(|(source, it)| json!([{ "name": "a", source: it }])).collect();
    all.extend([
        json!([]),
        json!([{ "name": "a" }]),
        json!([{ "name": "a", "nfs": null }]),
        json!([{ "name": "a", "hostPath": null, "emptyDir": {} }]),
        json!([{ "name": "a", "emptyDir": {} }, { "name": "b", "hostPath": { "path": "/b" } }]),
        json!([{ "name": "a", "emptyDir": {}, "hostPath": { "path": "/b" } }]),
        json!([{ "name": "a", "unknown": {} }]),
    ]);
    all
}
