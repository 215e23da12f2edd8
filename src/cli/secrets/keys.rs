//! Where the keys of whoever runs it are.
#![expect(clippy::disallowed_methods, reason = "keys are named by the environment")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use zeroize::Zeroizing;

use crate::cli::terminal::Terminal;
use crate::envelope::lock::{self, Signature};
use crate::language::secret::sealed::Declared;
use crate::secret::key::{self, BadKey, Identities, SigningKey};

/// The variables that hold keys, or name their files: what others run gets none of them.
pub(super) const VARIABLES: [&str; 3] =
    ["TRACKSIDE_AGE_KEY", "TRACKSIDE_AGE_KEY_FILE", "TRACKSIDE_SIGNING_KEY"];

/// Those of the keys that open which can be used without asking anybody; none is no mistake.
pub(super) fn at_hand(terminal: &Terminal) -> Identities {
    identities(terminal).map(Identities::that_need_nobody).unwrap_or_default()
}

/// The keys that open.
pub(super) fn identities(terminal: &Terminal) -> anyhow::Result<Identities> {
    let mut identities = Identities::default();
    if let Some(text) = std::env::var_os("TRACKSIDE_AGE_KEY").filter(|it| !it.is_empty()) {
        let text = Zeroizing::new(
            text.into_string().map_err(|_| anyhow::anyhow!("`TRACKSIDE_AGE_KEY` is no text"))?,
        );
        identities.add_file("`TRACKSIDE_AGE_KEY`", text.as_bytes()).context("`TRACKSIDE_AGE_KEY`")?;
    }
    if let Some(path) = std::env::var_os("TRACKSIDE_AGE_KEY_FILE").filter(|it| !it.is_empty()) {
        let path = PathBuf::from(path);
        identities.add_file(&named(&path), &read(&path, terminal)?).with_context(|| named(&path))?;
    }
    let mut refused = None;
    let usual = [config().map(|it| it.join("age.key")), ssh("id_ed25519"), ssh("id_rsa")];
    for path in usual.into_iter().flatten().filter(|it| it.is_file()) {
        match identities.add_file(&named(&path), &read(&path, terminal)?) {
            Ok(()) => {}
            // One of SSH that age has no use for may well have others.
            Err(problem @ (BadKey::Unsupported | BadKey::OldForm | BadKey::Cipher)) => {
                refused = refused.or(Some((path, problem)));
            }
            Err(problem) => return Err(problem).with_context(|| named(&path)),
        }
    }
    match (identities.is_empty(), refused) {
        (false, _) => Ok(identities),
        (true, Some((path, problem))) => Err(problem).with_context(|| named(&path)),
        (true, None) => anyhow::bail!(
            "there is no key to open anything with: `trackside secrets keygen` makes one, `TRACKSIDE_AGE_KEY_FILE` names one"
        ),
    }
}

/// What signs for what is sealed.
pub(super) struct Signer {
    path: PathBuf,
    public: String,
    /// `None` for a key that only `ssh-keygen` can use.
    key: Option<SigningKey>,
}

/// The keys that sign: the one that is named, or those that lie where they usually do.
pub(super) fn signers(terminal: &Terminal) -> anyhow::Result<Vec<Signer>> {
    let named = std::env::var_os("TRACKSIDE_SIGNING_KEY").filter(|it| !it.is_empty()).map(PathBuf::from);
    if let Some(path) = named {
        return Ok(vec![Signer::read(&path, terminal)?]);
    }
    let own = config().map(|it| it.join("signing.key"));
    let usual = [own, ssh("id_ed25519"), ssh("id_ecdsa"), ssh("id_rsa")];
    let usual = usual.into_iter().flatten().filter(|it| it.is_file());
    let signers: Vec<Signer> = usual.filter_map(|it| Signer::read(&it, terminal).ok()).collect();
    anyhow::ensure!(
        !signers.is_empty(),
        "there is no key to sign with: `trackside secrets keygen` makes one, `TRACKSIDE_SIGNING_KEY` names one"
    );
    Ok(signers)
}

/// Why none of these keys signs for a secret.
pub(super) fn not_a_writer(signers: &[Signer], secret: &str, declared: &Declared) -> String {
    let who: std::collections::BTreeSet<String> =
        declared.writers.values().map(|it| format!("`{it}`")).collect();
    let who: Vec<String> = who.into_iter().collect();
    let who = match who.as_slice() {
        [] => "write `person \"you@…\" { signs-with \"ssh-ed25519 …\" }` in the tree".to_owned(),
        who => format!("those of {} are", who.join(", ")),
    };
    let path = signers.first().map_or_else(PathBuf::new, |it| it.path.clone());
    format!("`{}` is not the key of anybody who may write secret `{secret}`: {who}", path.display())
}

impl Signer {
    /// Whether its signature counts for a secret.
    pub(super) fn may_write(&self, declared: &Declared) -> bool {
        declared.writers.contains_key(&self.public)
    }

    fn read(path: &Path, terminal: &Terminal) -> anyhow::Result<Self> {
        let path = path.to_owned();
        let bytes = read(&path, terminal)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| BadKey::NotSsh).with_context(|| named(&path))?;
        match SigningKey::read(text) {
            Ok(key) => Ok(Self { path, public: key.public(), key: Some(key) }),
            Err(problem) => {
                let public = key::public_of(text).ok_or(problem).with_context(|| named(&path))?;
                Ok(Self { path, public, key: None })
            }
        }
    }

    /// Signs the statement of an entry.
    pub(super) fn sign(&self, statement: &str) -> anyhow::Result<Signature> {
        match self.key.as_ref().map(|it| it.sign(statement)) {
            Some(Ok(signature)) => return Ok(signature),
            // `ssh-keygen` knows more types of keys.
            Some(Err(BadKey::CannotSign)) | None => {}
            Some(Err(problem)) => return Err(problem).with_context(|| named(&self.path)),
        }
        let failed = || format!("`ssh-keygen -Y sign` with `{}`", self.path.display());
        let mut child = Command::new("ssh-keygen")
            .args(["-Y", "sign", "-n", lock::NAMESPACE, "-f"])
            .arg(&self.path)
            .env_remove("TRACKSIDE_AGE_KEY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(failed)?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(statement.as_bytes()).with_context(failed)?;
        }
        let output = child.wait_with_output().with_context(failed)?;
        let signature = String::from_utf8(output.stdout).ok().filter(|_| output.status.success());
        signature
            .as_deref()
            .and_then(Signature::of_pem)
            .ok_or_else(|| anyhow::anyhow!("{} gave no signature", failed()))
    }
}

/// The folder of trackside's own keys.
pub(super) fn config() -> Option<PathBuf> {
    let of = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let base = of("XDG_CONFIG_HOME").filter(|it| it.is_absolute());
    base.or_else(|| of("HOME").map(|it| it.join(".config"))).map(|it| it.join("trackside"))
}

fn ssh(name: &str) -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|it| !it.is_empty())?;
    Some(PathBuf::from(home).join(".ssh").join(name))
}

/// How many bytes a file of keys may have.
const MOST_BYTES: u64 = 64 << 10;

fn read(path: &Path, terminal: &Terminal) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    use std::io::Read as _;
    let failed = || format!("could not read {}", named(path));
    let metadata = std::fs::metadata(path).with_context(failed)?;
    if !metadata.is_file() {
        anyhow::bail!("{}: it is no regular file", failed());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let is_public = path.extension().is_some_and(|it| it == "pub");
        if metadata.permissions().mode() & 0o077 != 0 && !is_public {
            terminal
                .err
                .print(&format!("warning: others can read {}: `chmod 600` shuts them out\n", named(path)))?;
        }
    }
    let length = usize::try_from(metadata.len().min(MOST_BYTES + 1)).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 1));
    let file = std::fs::File::open(path).with_context(failed)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(failed)?;
    anyhow::ensure!(
        bytes.len() as u64 <= MOST_BYTES,
        "{} has more than {} KiB",
        named(path),
        MOST_BYTES >> 10
    );
    Ok(bytes)
}

fn named(path: &Path) -> String {
    format!("the key `{}`", path.display())
}
