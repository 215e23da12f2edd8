//! A Kubernetes control plane in a temporary folder: etcd, the API server and the controller manager, without nodes.
//!
//! It dies with this process, however that ends: a small shell, the [`Keeper`], waits for its standard input to close,
//! then kills what it was told of and removes the folder. (A static is never dropped, and `PR_SET_PDEATHSIG` fires when the
//! *thread* that started a program ends, which for a test is far too early.)

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::json;

use super::client::Client;
use super::component;

/// A control plane that answers; dropping it ends it.
pub(super) struct ControlPlane {
    /// Speaks to it as its administrator.
    pub(super) client: Client,
    _components: Components,
}

/// Longer than any start on a busy machine; the usual one takes four seconds.
const PATIENCE: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(50);

/// Starts one and waits until it answers.
pub(super) fn start() -> Result<ControlPlane, String> {
    // Nothing reserves a port between finding it free and listening on it: whoever loses that race tries others.
    let mut outcome = attempt();
    for _ in 0..2 {
        if !matches!(&outcome, Err(problem) if problem.contains("address already in use")) {
            break;
        }
        outcome = attempt();
    }
    outcome
}

fn attempt() -> Result<ControlPlane, String> {
    let etcd = component("TRACKSIDE_ETCD")?;
    let api_server = component("TRACKSIDE_KUBE_APISERVER")?;
    let controller_manager = component("TRACKSIDE_KUBE_CONTROLLER_MANAGER")?;
    let [etcd_port, etcd_peer_port, api_port] = free_ports()?;
    let (etcd_url, etcd_peer_url) =
        (format!("http://127.0.0.1:{etcd_port}"), format!("http://127.0.0.1:{etcd_peer_port}"));
    let url = format!("https://127.0.0.1:{api_port}");
    let token = random_token();
    let mut components = Components::new()?;

    components.write("service-accounts.key", &private_key())?;
    components.write("tokens.csv", &format!("{token},admin,admin,\"system:masters\"\n"))?;
    let kubeconfig = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": "test", "cluster": { "server": url, "certificate-authority": "certificates/apiserver.crt" } }],
        "users": [{ "name": "admin", "user": { "token": token } }],
        "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "admin" } }],
        "current-context": "test",
    });
    components.write("kubeconfig", &kubeconfig.to_string())?;

    components.spawn(
        &etcd,
        &[
            "--name=test",
            "--data-dir=etcd",
            "--unsafe-no-fsync",
            &format!("--listen-client-urls={etcd_url}"),
            &format!("--advertise-client-urls={etcd_url}"),
            &format!("--listen-peer-urls={etcd_peer_url}"),
            &format!("--initial-advertise-peer-urls={etcd_peer_url}"),
            &format!("--initial-cluster=test={etcd_peer_url}"),
        ],
    )?;
    components.spawn(
        &api_server,
        &[
            &format!("--etcd-servers={etcd_url}"),
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            &format!("--secure-port={api_port}"),
            "--cert-dir=certificates",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=service-accounts.key",
            "--service-account-signing-key-file=service-accounts.key",
            "--authorization-mode=RBAC",
            // As on clusters: otherwise such pods are no pods, and nothing is left for admission to say.
            "--allow-privileged=true",
            "--token-auth-file=tokens.csv",
        ],
    )?;
    // The key is written after the certificates, so they are whole when it is there.
    let certificates = components.folder.join("certificates");
    components.wait_for("the API server's certificate", || {
        certificates.join("apiserver.key").exists().then_some(())
    })?;
    let chain = fs::read(certificates.join("apiserver.crt")).map_err(|it| format!("apiserver.crt: {it}"))?;
    let client = Client::new(url, &token, &chain)?;
    components.wait_for("the API server", || client.get("/readyz").ok())?;

    components.spawn(
        &controller_manager,
        &[
            "--kubeconfig=kubeconfig",
            "--bind-address=127.0.0.1",
            "--secure-port=0",
            "--leader-elect=false",
            "--service-account-private-key-file=service-accounts.key",
            "--root-ca-file=certificates/apiserver.crt",
        ],
    )?;
    // Whoever creates a namespace needs its service account: the sign that the controllers are at work.
    components.wait_for("the controller manager", || {
        client.get("/api/v1/namespaces/default/serviceaccounts/default").ok()
    })?;
    Ok(ControlPlane { client, _components: components })
}

/// Programs that share a folder and an end.
struct Components {
    folder: PathBuf,
    running: Vec<(String, Child)>,
    keeper: Keeper,
}

impl Components {
    fn new() -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("trackside-test-")
            .tempdir()
            .map_err(|it| format!("temporary folder: {it}"))?;
        let keeper = Keeper::new(folder.path())?;
        Ok(Self { folder: folder.keep(), running: Vec::new(), keeper })
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        fs::write(self.folder.join(name), text).map_err(|it| format!("{name}: {it}"))
    }

    /// Starts `program` in the folder, with nothing of our environment, and its output in a log there.
    fn spawn(&mut self, program: &Path, arguments: &[&str]) -> Result<(), String> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = File::create(self.log(&name)).map_err(|it| format!("the log of {name}: {it}"))?;
        let output = log.try_clone().map_err(|it| format!("the log of {name}: {it}"))?;
        let child = Command::new(program)
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(log)
            .process_group(0) // Ctrl-C is for the tests; the keeper ends the rest.
            .spawn()
            .map_err(|it| format!("`{}` does not start: {it}", program.display()))?;
        self.keeper.keep(&child)?;
        self.running.push((name, child));
        Ok(())
    }

    /// Looks again and again until there is something; fails with the logs when a program has ended or patience has.
    fn wait_for<T>(&mut self, what: &str, look: impl Fn() -> Option<T>) -> Result<T, String> {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if let Some(found) = look() {
                return Ok(found);
            }
            for (name, child) in &mut self.running {
                if let Ok(Some(status)) = child.try_wait() {
                    let name = name.clone();
                    let log = self.log_tail(&name);
                    return Err(format!("{name} ended ({status}) before {what} was there{log}"));
                }
            }
            thread::sleep(PAUSE);
        }
        let logs: String = self.running.iter().map(|(name, _)| self.log_tail(name)).collect();
        Err(format!("{what} is not there after {} s{logs}", PATIENCE.as_secs()))
    }

    fn log_tail(&self, name: &str) -> String {
        let text = fs::read_to_string(self.log(name)).unwrap_or_else(|it| it.to_string());
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(15)..].join("\n");
        format!("\n--- the last lines of {name}:\n{last}")
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }
}

/// A shell that outlives us by a moment, to end what we started.
struct Keeper {
    orders: ChildStdin,
}

/// Every line read is a process to kill at the end. A program that has just been killed may still leave a file behind.
const KEEPER: &str = r#"
    pids=
    while read -r pid; do pids="$pids $pid"; done
    [ -z "$pids" ] || kill -9 $pids
    for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && break; sleep 0.1; done
"#;

impl Keeper {
    fn new(folder: &Path) -> Result<Self, String> {
        let mut shell = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|it| format!("`sh` does not start: {it}"))?;
        Ok(Self { orders: shell.stdin.take().expect("it was asked for above") })
    }

    fn keep(&mut self, child: &Child) -> Result<(), String> {
        writeln!(self.orders, "{}", child.id()).map_err(|it| format!("the keeper is gone: {it}"))
    }
}

/// All are found before any is given back, so they differ.
fn free_ports<const COUNT: usize>() -> Result<[u16; COUNT], String> {
    let mut listeners = Vec::new();
    let mut ports = [0; COUNT];
    for port in &mut ports {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|it| format!("no port is free: {it}"))?;
        *port = listener.local_addr().map_err(|it| format!("no port is free: {it}"))?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

fn random_token() -> String {
    let mut bytes = [0; 24];
    #[expect(clippy::disallowed_methods, reason = "nobody else on this machine may use the server")]
    aws_lc_rs::rand::fill(&mut bytes).expect("the system has random numbers");
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs the tokens of service accounts. In this form the API server finds the public key in it, too.
fn private_key() -> String {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("the system has random numbers");
    let key: EcPrivateKeyRfc5915Der = key.private_key().as_der().expect("a key that was just made is sound");
    let key = BASE64_STANDARD.encode(key.as_ref());
    format!("-----BEGIN EC PRIVATE KEY-----\n{key}\n-----END EC PRIVATE KEY-----\n")
}
