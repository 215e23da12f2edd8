//! Whom a binding names, and who somebody is to the authorizer: a name, and groups that Kubernetes puts them in.

use std::collections::BTreeSet;
use std::fmt;

/// Whom a binding names. A service account is one however it is written: it is a user with a long name as well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// All who are in a group.
    Group(String),
    /// A service account.
    ServiceAccount {
        /// Where it lives.
        namespace: String,
        /// What it is called there.
        name: String,
    },
    /// Anybody else.
    User(String),
}

/// Who makes a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The name; `None` for whoever is in the groups.
    pub user: Option<String>,
    /// The groups, those included that Kubernetes implies.
    pub groups: BTreeSet<String>,
}

/// The group that may do all, whatever RBAC says.
pub const MASTERS: &str = "system:masters";
/// The group of all who have said who they are.
pub const AUTHENTICATED: &str = "system:authenticated";
/// The group of all who have not.
pub const UNAUTHENTICATED: &str = "system:unauthenticated";
/// The user that those are.
pub const ANONYMOUS: &str = "system:anonymous";
/// The group of all service accounts.
pub const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";
/// What the names of service accounts as users begin with.
const ACCOUNT: &str = "system:serviceaccount:";

impl Subject {
    /// The user of a name, who may be a service account.
    pub fn user(name: &str) -> Self {
        let account = name.strip_prefix(ACCOUNT).and_then(|it| it.split_once(':'));
        match account {
            Some((namespace, account))
                if !namespace.is_empty() && !account.is_empty() && !account.contains(':') =>
            {
                Self::ServiceAccount { namespace: namespace.to_owned(), name: account.to_owned() }
            }
            _ => Self::User(name.to_owned()),
        }
    }

    /// The service account of a name in a namespace.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        // The API server compares the names of users, and looks at a namespace no closer.
        Self::user(&format!("{ACCOUNT}{namespace}:{name}"))
    }

    /// Who that is, in all groups that Kubernetes puts them in.
    pub fn identity(&self) -> Identity {
        let groups = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
        match self {
            Self::User(name) if name == ANONYMOUS => {
                Identity { user: Some(name.clone()), groups: groups(&[UNAUTHENTICATED]) }
            }
            Self::User(name) => Identity { user: Some(name.clone()), groups: groups(&[AUTHENTICATED]) },
            Self::Group(name) if name == UNAUTHENTICATED => {
                Identity { user: None, groups: groups(&[UNAUTHENTICATED]) }
            }
            Self::Group(name)
                if name.strip_prefix(SERVICE_ACCOUNTS).is_some_and(|it| it.starts_with(':')) =>
            {
                Identity { user: None, groups: groups(&[AUTHENTICATED, SERVICE_ACCOUNTS, name]) }
            }
            Self::Group(name) => Identity { user: None, groups: groups(&[AUTHENTICATED, name]) },
            Self::ServiceAccount { namespace, name } => Identity {
                user: Some(format!("{ACCOUNT}{namespace}:{name}")),
                groups: groups(&[
                    AUTHENTICATED,
                    SERVICE_ACCOUNTS,
                    &format!("{SERVICE_ACCOUNTS}:{namespace}"),
                ]),
            },
        }
    }
}

impl Identity {
    /// All that a binding can name them by.
    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        let groups = self.groups.iter().cloned().map(Subject::Group);
        self.user.as_deref().map(Subject::user).into_iter().chain(groups)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(formatter, "Group `{name}`"),
            Self::ServiceAccount { namespace, name } => {
                write!(formatter, "ServiceAccount `{namespace}/{name}`")
            }
            Self::User(name) => write!(formatter, "User `{name}`"),
        }
    }
}
