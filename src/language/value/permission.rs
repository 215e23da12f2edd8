//! Permissions: what may be done to what.

use std::fmt;

use crate::language::name::Name;

/// One action on one resource: `project:read`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// The resource.
    pub resource: Name,
    /// The action.
    pub action: Name,
}

/// Permissions by pattern: `*:*`, `billing:*`, `*:read`, `project:read`. `None` is the star.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PermissionPattern {
    /// The resource, or every one.
    pub resource: Option<Name>,
    /// The action, or every one.
    pub action: Option<Name>,
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.resource, self.action)
    }
}

impl PermissionPattern {
    /// Whether a permission is among these.
    pub fn matches(&self, permission: &Permission) -> bool {
        let Self { resource, action } = self;
        resource.as_ref().is_none_or(|it| *it == permission.resource)
            && action.as_ref().is_none_or(|it| *it == permission.action)
    }
}
