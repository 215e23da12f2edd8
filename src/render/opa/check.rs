//! What the policies cannot decide: reported before the barrier.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::condition::{Condition, Test};
use crate::language::role::When;

/// Reports conditions that no question could meet.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    for condition in platform.conditions.values() {
        if let Some(taken) = taken(condition) {
            let field = condition.field.join(".");
            let message =
                format!("condition `{}` asks for the user in `{field}`, but {taken}", condition.name);
            sink.report(Diagnostic::new(Code::ConditionNeverHolds, condition.span, message).help(
                "name a field that the API adds to the resource, like `owner_id` or `project.owner_id`",
            ));
        }
        check_resource(platform, condition, sink);
    }
}

/// Reports a field that begins with the name of the resource whose field it is. The project and the team around a resource
/// are fields of it.
fn check_resource(platform: &Platform, condition: &Condition, sink: &mut Diagnostics) {
    let [resource, rest @ ..] = condition.field.as_slice() else { return };
    if rest.is_empty() || matches!(resource.as_str(), "project" | "team") {
        return;
    }
    let roles = platform.roles.values().chain(platform.platform_roles.values());
    let mut held = roles.flat_map(|it| &it.permissions);
    let depends = |when: &When| match when {
        When::Always => false,
        When::Any(conditions) => conditions.contains(&condition.name),
    };
    let about = held.find(|(it, held)| it.resource.as_str() == resource && depends(&held.when));
    let Some((permission, held)) = about else { return };
    let rest = rest.join(".");
    let message = format!(
        "condition `{}` asks for `{resource}.{rest}` of a `{resource}`, which has `{rest}` itself",
        condition.name
    );
    sink.report(
        Diagnostic::new(Code::ConditionNamesResource, condition.field_span, message)
            .related(held.span, format!("`{permission}` depends on it here"))
            .help(format!("leave `{resource}.` out"))
            .replace(condition.field_span, format!("\"{rest}\"")),
    );
}

/// What stands in a field whose meaning every question fixes; `None` for fields of the API's own. The id of the resource
/// may be that of the user: a user account is.
fn taken(condition: &Condition) -> Option<&'static str> {
    let field: Vec<&str> = condition.field.iter().map(String::as_str).collect();
    match field.as_slice() {
        ["id"] if condition.test == Test::IsUser => None,
        ["id", ..] => Some("`id` is the id of the resource, one text"),
        ["type", ..] => Some("`type` is the kind of the resource"),
        ["project"] => Some("`project` is an object with the project's `id`"),
        ["team"] => Some("`team` is an object with the team's `id`"),
        ["project", "id", ..] => Some("`project.id` is the id of the project"),
        ["team", "id", ..] => Some("`team.id` is the id of the team"),
        _ => None,
    }
}
