//! Permissions: what may be done to what.

use std::fmt;

use crate::language::name::{Name, label_of};
use crate::language::value::refusal::quote;
use crate::language::value::{Form, Invalid, Parse};
use crate::syntax::Value;

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

/// Two names and the colon.
const MOST: usize = 81;

impl Parse for Permission {
    const FORM: Form =
        Form { name: "permission", expects: "a resource, `:` and an action", example: "\"project:read\"" };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| it.mend(&respelled(text), Self::read))
    }
}

impl Parse for PermissionPattern {
    const FORM: Form = Form {
        name: "permission pattern",
        expects: "a resource, `:` and an action, `*` for every one",
        example: "\"project:*\"",
    };

    fn parse(value: Value<'_>) -> Result<Self, Invalid> {
        let text = Self::FORM.text(value)?;
        Self::read(text).map_err(|it| match text.trim() {
            "*" => it.mend("*:*", Self::read),
            _ => it.mend(&respelled(text), Self::read),
        })
    }
}

impl Permission {
    fn read(text: &str) -> Result<Self, Invalid> {
        let (resource, action) = halves(text, Self::FORM)?;
        if resource == "*" || action == "*" {
            return Err(Invalid::new(format!(
                "{} stands for many permissions, and one is needed here",
                quote(text)
            ))
            .help("name the resource and the action, as in `\"project:read\"`"));
        }
        Ok(Self { resource: Name::read(resource)?, action: Name::read(action)? })
    }
}

impl PermissionPattern {
    /// Whether a permission is among these.
    pub fn matches(&self, permission: &Permission) -> bool {
        let Self { resource, action } = self;
        resource.as_ref().is_none_or(|it| *it == permission.resource)
            && action.as_ref().is_none_or(|it| *it == permission.action)
    }

    /// The one permission that it stands for, where it has no star.
    pub fn single(&self) -> Option<Permission> {
        let Self { resource, action } = self;
        Some(Permission { resource: resource.clone()?, action: action.clone()? })
    }

    fn read(text: &str) -> Result<Self, Invalid> {
        let (resource, action) = halves(text, Self::FORM)?;
        let half = |half: &str| match half {
            "*" => Ok(None),
            part if part.contains('*') => {
                Err(Invalid::new(format!("{} has a star beside letters", quote(part)))
                    .help("a `*` stands for a whole resource or a whole action"))
            }
            name => Name::read(name).map(Some),
        };
        Ok(Self { resource: half(resource)?, action: half(action)? })
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.resource, self.action)
    }
}

impl fmt::Display for PermissionPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = |it: &Option<Name>| it.as_ref().map_or("*".to_owned(), ToString::to_string);
        write!(formatter, "{}:{}", half(&self.resource), half(&self.action))
    }
}

serialized_as_displayed!(Permission, PermissionPattern);

fn halves(text: &str, form: Form) -> Result<(&str, &str), Invalid> {
    form.within(text, MOST)?;
    match text.split_once(':') {
        None => Err(form.refuse(format!("{} has no `:`", quote(text)))),
        Some(("", _)) => Err(form.refuse(format!("{} has no resource before the `:`", quote(text)))),
        Some((_, "")) => Err(form.refuse(format!("{} has no action behind the `:`", quote(text)))),
        Some((_, action)) if action.contains(':') => {
            Err(form.refuse(format!("{} has more than one `:`", quote(text))))
        }
        Some(halves) => Ok(halves),
    }
}

/// The text in our spelling, where it separates by another sign: `Project.Read` as `project:read`.
fn respelled(text: &str) -> String {
    let separator = if text.contains(':') { ':' } else { '.' };
    match text.replace('/', ".").split_once(separator) {
        Some((resource, action)) => format!("{}:{}", label_of(resource), label_of(action)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::value::tests::{check, holds};

    #[test]
    fn a_permission_is_one_action_on_one_resource() {
        insta::assert_snapshot!(check::<Permission>(r"
            project:read
            Project:Read
            project.read
            project/read
            project
            :read
            project:
            a:b:c
            project:*
            *:*
            pro*:read
            2fa:reset
            1
        "), @r##"
        project:read => project:read
        Project:Read => `Project` has `P`, which a name cannot have | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"` | "project:read"
        project.read => `project.read` has no `:` | write a resource, `:` and an action, as in `"project:read"` | "project:read"
        project/read => `project/read` has no `:` | write a resource, `:` and an action, as in `"project:read"` | "project:read"
        project => `project` has no `:` | write a resource, `:` and an action, as in `"project:read"`
        :read => `:read` has no resource before the `:` | write a resource, `:` and an action, as in `"project:read"`
        project: => `project:` has no action behind the `:` | write a resource, `:` and an action, as in `"project:read"`
        a:b:c => `a:b:c` has more than one `:` | write a resource, `:` and an action, as in `"project:read"`
        project:* => `project:*` stands for many permissions, and one is needed here | name the resource and the action, as in `"project:read"`
        *:* => `*:*` stands for many permissions, and one is needed here | name the resource and the action, as in `"project:read"`
        pro*:read => `pro*` has `*`, which a name cannot have | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        2fa:reset => `2fa` does not start with a letter | write lower-case letters, digits and `-`, a letter first, at most 40 characters, as in `"web"`
        1 => expected a permission, found the number `1` | write a resource, `:` and an action, as in `"project:read"`
        "##);
    }

    #[test]
    fn a_pattern_has_stars_for_whole_halves() {
        insta::assert_snapshot!(check::<PermissionPattern>(r"
            *:*
            billing:*
            *:read
            project:read
            *
            pro*:read
            project:**
            read
        "), @r##"
        *:* => *:*
        billing:* => billing:*
        *:read => *:read
        project:read => project:read
        * => `*` has no `:` | write a resource, `:` and an action, `*` for every one, as in `"project:*"` | "*:*"
        pro*:read => `pro*` has a star beside letters | a `*` stands for a whole resource or a whole action
        project:** => `**` has a star beside letters | a `*` stands for a whole resource or a whole action
        read => `read` has no `:` | write a resource, `:` and an action, `*` for every one, as in `"project:*"`
        "##);
    }

    #[test]
    fn a_pattern_matches_what_it_names() {
        let matched = |pattern, permission| {
            let pattern = PermissionPattern::parse(Value::String(pattern)).expect("it is a pattern");
            pattern.matches(&Permission::parse(Value::String(permission)).expect("it is a permission"))
        };
        assert!(matched("*:*", "project:read"));
        assert!(matched("project:*", "project:read"));
        assert!(matched("*:read", "project:read"));
        assert!(!matched("project:*", "projects:read"));
        assert!(!matched("*:read", "project:update"));
    }

    #[test]
    fn any_text_is_read_or_refused() {
        holds::<Permission>("[a-zA-Z-]{1,42}[:./][a-z*]{1,5}");
        holds::<PermissionPattern>("(\\*|[a-z]{1,5})[:.](\\*|[a-z]{1,5})");
    }
}
