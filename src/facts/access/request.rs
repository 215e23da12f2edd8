//! What somebody asks of the API server, as its authorizers see it. What is not there is empty, as it is for them.

/// A request to be allowed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// For objects.
    Resource(ResourceRequest<'a>),
    /// For a path that belongs to no kind, such as `/metrics`.
    NonResource {
        /// The HTTP method in lower case: `get`.
        verb: &'a str,
        /// All of the path.
        path: &'a str,
    },
}

/// A request for objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceRequest<'a> {
    /// Empty for objects of the cluster, and for those of all namespaces.
    pub namespace: &'a str,
    /// `list`, `escalate`.
    pub verb: &'a str,
    /// The API group; that of `v1` is empty.
    pub group: &'a str,
    /// `pods`.
    pub resource: &'a str,
    /// `log`; mostly empty.
    pub subresource: &'a str,
    /// The object; empty where there is none, as for `create`, `list` and `deletecollection`.
    pub name: &'a str,
}

impl Request<'_> {
    /// The namespace that it is about; empty for all of them.
    pub fn namespace(&self) -> &str {
        match self {
            Self::Resource(it) => it.namespace,
            Self::NonResource { .. } => "",
        }
    }
}
