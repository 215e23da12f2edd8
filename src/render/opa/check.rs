//! What the policies cannot decide: reported before the barrier.

use crate::diagnostic::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::Platform;
use crate::language::condition::{Condition, Test};
use crate::language::role::When;
use crate::render::opa::matrix::PLACES;

/// The most questions that the tests of the policies ask, one after another in some microseconds each: several times those of
/// the largest platforms.
const MOST_QUESTIONS: usize = 1_000_000;

/// The most roles that are looked at for the questions of people, who are asked about with all roles that there are.
const MOST_LOOKS: usize = 20_000_000;

/// Reports conditions that no question could meet, and more questions than anybody waits for.
pub fn check(platform: &Platform, sink: &mut Diagnostics) {
    check_questions(platform, [MOST_QUESTIONS, MOST_LOOKS], sink);
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

/// What [`matrix`](super::matrix) asks, which multiplies: a few lines could mean more than any machine answers.
fn check_questions(platform: &Platform, most: [usize; 2], sink: &mut Diagnostics) {
    let permissions: usize = platform.resources.values().map(|it| it.actions.len()).sum();
    let roles = platform.roles.len() + platform.platform_roles.len();
    let states = platform.conditions.len() + 1;
    let routes: usize = platform.apis.values().map(|it| it.routes.len()).sum();
    // What does not exist yet is asked about once more.
    let of_roles = roles * PLACES.len() * states * (permissions + 2 * routes);
    let members = platform.teams.values().map(|it| it.members.len() + 1);
    let groups = platform.platform_roles.len() + 1;
    let of_people = (platform.grants() + members.sum::<usize>() + groups * states) * permissions * roles;
    let counts = [
        (of_roles, "questions about roles, permissions, routes and conditions"),
        (of_people, "questions about people, permissions and roles"),
    ];
    for ((count, what), most) in counts.into_iter().zip(most).filter(|((count, _), most)| count > most) {
        let message = format!("the tests of the policies would ask {count} {what}, and {most} are the most");
        sink.report(
            Diagnostic::new(Code::TooMany, platform.span, message)
                .help("they multiply: declare fewer of them, or share them out among several platforms"),
        );
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tests::platform;

    #[test]
    fn questions_are_counted_before_they_are_asked() {
        let platform = platform(
            r#"
            resource "page" in="project" { action "read"; action "write" }
            role "reader" { allow "page:read" }
            role "writer" { allow "*:*" }
            team "a" { member "ann@acme.example" role="reader" }
            project "one" team="a" { member "eve@acme.example" role="writer" }
            "#,
            None,
        );
        let check = |most| {
            let mut sink = Diagnostics::default();
            check_questions(&platform, most, &mut sink);
            sink.iter().map(|it| it.message.clone()).collect::<Vec<_>>().join("\n")
        };
        // Two roles in four places on two permissions; five people and groups on two permissions with two roles.
        assert_eq!(check([16, 20]), "");
        insta::assert_snapshot!(check([15, 19]), @r#"
        the tests of the policies would ask 16 questions about roles, permissions, routes and conditions, and 15 are the most
        the tests of the policies would ask 20 questions about people, permissions and roles, and 19 are the most
        "#);
    }
}
