//! The `environment` declaration: what differs, laid over the base.
//!
//! A container is entered by its identity; a new declaration is plain; `(override)` takes the place of what a declaration
//! says itself and enters its block; `(remove)` takes it away. What does not exist cannot be overridden or removed, and
//! what does exist is not repeated without a mark.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::code::Code;
use crate::diagnostic::suggest;
use crate::diagnostic::{Diagnostic, Diagnostics, Edit, Fix};
use crate::language::Platform;
use crate::language::component::usage;
use crate::language::damage::Damage;
use crate::language::item::{Identity, Item, Mark, block};
use crate::language::kind::{Class, Field, Kind};
use crate::language::name::Name;
use crate::language::project;
use crate::language::reference::MOST_GUESSES;
use crate::language::value::refusal::literal;
use crate::source::{Span, Spanned};

/// The table. Its children are those of the top; see [`crate::language::IN_ENVIRONMENT`].
pub static KIND: Kind = Kind::new(
    "environment",
    Class::Named,
    "What differs in one environment. What has a block is a container, and is entered by its word and its name, without \
     what else it says: `platform { (override)domain \"staging.example.com\" }`, `cluster { … }`, `database \"orders\" { … }`, \
     `project \"shop\" { service \"web\" { (override)replicas 1 } }`. A new declaration is plain; `(override)` in front of a \
     declaration replaces its arguments and properties as a whole and enters its block; `(remove)` drops it. With \
     environments, the base alone cannot be built.",
)
.arguments(&[Field::required::<Name>("name", "What it is called; `--env` selects it.")])
.properties(&[Field::default::<bool>("default", "#false", "Whether it is built where `--env` names none.")])
.children(crate::language::IN_ENVIRONMENT)
.most(64);

/// Reports what is wrong with environments as such: their names, and which of them is the default.
pub fn check_heads(environments: &[Item<'_>], damage: &Damage, sink: &mut Diagnostics) {
    block::require_heads(environments, damage, sink);
    for environment in environments {
        environment.own_name(sink);
        environment.property::<bool>("default", sink);
    }
    let mut defaults = environments.iter().filter(|it| is_default(it));
    if let (Some(first), Some(second)) = (defaults.next(), defaults.next()) {
        sink.report(
            Diagnostic::new(Code::NoEnvironment, second.span(), "two environments are the default")
                .related(first.span(), "the other one")
                .help("leave `default=#true` at one of them"),
        );
    }
}

/// Reports namespaces that two environments of one cluster would share: project `shop` of `staging-eu` and project
/// `shop-staging` of `eu` come out the same. Of the two, the one whose name comes first is reported.
pub fn check_namespaces(
    platform: &Platform,
    base: &[Item<'_>],
    environments: &[Item<'_>],
    sink: &mut Diagnostics,
) {
    let Some(own) = platform.environment.as_ref().filter(|_| platform.cluster.shared) else { return };
    for project in platform.projects.values() {
        let whole = format!("{}-{own}", project.name);
        for environment in environments {
            let Some(name) = environment.name().filter(|it| it.value != own.as_str()) else { continue };
            let Some(other) = whole.strip_suffix(name.value).and_then(|it| it.strip_suffix('-')) else {
                continue;
            };
            let is_other = |it: &&Item<'_>| {
                it.kind.word == project::KIND.word && it.name().is_some_and(|it| it.value == other)
            };
            let found = base.iter().chain(&environment.children).find(is_other);
            if let Some(found) = found.filter(|_| project.name.as_str() < other) {
                let message = format!(
                    "project `{}` of `{own}` and project `{other}` of `{}` would have the same namespace, `{}`",
                    project.name,
                    name.value,
                    platform.namespace(&project.name)
                );
                sink.report(
                    Diagnostic::new(Code::NameTaken, project.span, message)
                        .related(found.span(), "the other project")
                        .help(
                            "they live in one cluster: give one of the projects or environments another name",
                        ),
                );
            }
        }
    }
}

/// How many nodes a tree has at most, counted for each environment in which they are looked at.
const MOST_NODES: usize = 600_000;

/// Leaves out the environments for which a tree is too large, which is reported: it is looked at once in each of them.
pub fn bound(environments: &mut Vec<Item<'_>>, nodes: usize, sink: &mut Diagnostics) {
    let most = (MOST_NODES / nodes.max(1)).max(1);
    if let Some(first) = environments.get(most) {
        let message = format!(
            "{} environments of a tree of {nodes} nodes: it may come to {MOST_NODES} nodes, counted for each environment",
            environments.len()
        );
        sink.report(Diagnostic::new(Code::TooMany, first.span(), message).help(
            "this one and those that follow are not looked at; share the tree out among several platforms",
        ));
        environments.truncate(most);
    }
}

/// Whether an environment is the one that is built where none is named.
pub fn is_default(environment: &Item<'_>) -> bool {
    environment.property::<bool>("default", &mut Diagnostics::default()).is_some_and(|it| it.value)
}

/// Lays what an environment declares over the base.
pub fn overlay<'a>(base: &mut Vec<Item<'a>>, over: &[Item<'a>], sink: &mut Diagnostics) {
    let index = places(base, over);
    let mut seen: BTreeMap<Identity<'a>, Span> = BTreeMap::new();
    let mut removed: BTreeSet<usize> = BTreeSet::new();
    let mut new = Vec::new();
    for item in over {
        let found = item.identity().and_then(|it| index.get(&it).copied());
        if let Some(first) = item.identity().and_then(|it| seen.insert(it, item.span())) {
            let message = format!("{} stands twice in one environment", item.described());
            let diagnostic = Diagnostic::new(Code::Duplicate, item.span(), message);
            sink.report(
                diagnostic.related(first, "first here").help("write what differs in it once, in one block"),
            );
            // What stands in the second block is meant all the same, and would be missing.
            if let Some(at) = found {
                overlay(&mut base[at].children, &item.children, sink);
            }
            continue;
        }
        match (item.mark, found) {
            (None, Some(at)) if item.enters(&base[at]) => {
                overlay(&mut base[at].children, &item.children, sink);
            }
            (None, Some(at)) => {
                sink.report(repeated(item, base[at].span()));
                overlay(&mut base[at].children, &item.children, sink);
            }
            (Some(Mark::Override | Mark::Unknown), Some(at)) => {
                base[at].replace_head(item);
                overlay(&mut base[at].children, &item.children, sink);
            }
            (Some(Mark::Remove), Some(at)) => {
                if let Some(block) = item.node().block_span().filter(|_| !item.kind.children.is_empty()) {
                    let message = "what is taken away has no block";
                    sink.report(
                        Diagnostic::new(Code::UnexpectedBlock, block, message)
                            .replace(item.node().removal(block), ""),
                    );
                }
                removed.insert(at);
            }
            (None, None) if item.only_enters() && has_marks(item) => {
                // Nothing new could have marks in it, so this was to enter something.
                let meant = closest(item, base, sink);
                let diagnostic = nothing_there(item, "enter", &meant, base);
                sink.report(of_a_use(item, base, diagnostic));
                if let Some(at) = meant.first().copied() {
                    overlay(&mut base[at].children, &item.children, sink);
                }
            }
            (None, None) => new.push(item.clone().laid_over()),
            (Some(mark), None) => {
                let meant = closest(item, base, sink);
                let diagnostic = nothing_there(item, mark.word(), &meant, base);
                sink.report(of_a_use(item, base, diagnostic));
                if let Some(at) = meant.first().copied() {
                    overlay(&mut base[at].children, &item.children, sink);
                }
            }
        }
    }
    let mut at = 0..;
    base.retain(|_| at.next().is_some_and(|it| !removed.contains(&it)));
    base.extend(new);
}

/// Where what an environment speaks of stands in the base, which may be very much larger.
fn places<'a>(base: &[Item<'a>], over: &[Item<'a>]) -> BTreeMap<Identity<'a>, usize> {
    let wanted: BTreeSet<(u64, Identity<'a>)> =
        over.iter().filter_map(Item::identity).map(|it| (it.hash(), it)).collect();
    if wanted.is_empty() {
        return BTreeMap::new();
    }
    let words: BTreeSet<&str> = over.iter().map(|it| it.kind.word).collect();
    let alike = base.iter().enumerate().filter(|(_, it)| words.contains(it.kind.word));
    let identities = alike.filter_map(|(at, it)| Some((it.identity()?, at)));
    let found = identities.map(|(it, at)| ((it.hash(), it), at)).filter(|(it, _)| wanted.contains(it));
    found.map(|((_, identity), at)| (identity, at)).collect()
}

/// Notes in the base what an environment overrides or removes.
pub fn note_varied(base: &mut [Item<'_>], over: &[Item<'_>]) {
    let index = places(base, over);
    let found = over.iter().filter_map(|it| Some((index.get(&it.identity()?).copied()?, it)));
    let found: Vec<(usize, &Item<'_>)> = found.collect();
    for (at, item) in found {
        if item.mark.is_some() {
            base[at].vary();
        }
        note_varied(&mut base[at].children, &item.children);
    }
}

/// Whether a block says anywhere that it changes something.
fn has_marks(item: &Item<'_>) -> bool {
    item.children.iter().any(|it| it.mark.is_some() || has_marks(it))
}

/// The declarations of the base that an unknown one may mean, the likeliest first.
fn closest(item: &Item<'_>, base: &[Item<'_>], sink: &Diagnostics) -> Vec<usize> {
    let Some(name) = item.name().filter(|_| sink.len() < MOST_GUESSES) else { return Vec::new() };
    let of_kind = || base.iter().enumerate().filter(|(_, it)| it.kind.word == item.kind.word);
    let names = of_kind().filter_map(|(_, it)| it.name()).map(|it| it.value);
    let meant = suggest::candidates(name.value, names);
    let place = |meant: &str| of_kind().find(|(_, it)| it.name().is_some_and(|it| it.value == meant));
    meant.into_iter().filter_map(|it| place(it).map(|(at, _)| at)).collect()
}

fn repeated(item: &Item<'_>, base: Span) -> Diagnostic {
    let message = format!("{} exists in the base already", item.described());
    let at = item.node().span().before();
    Diagnostic::new(Code::RepeatedWithoutMark, item.span(), message)
        .related(base, "declared in the base here")
        .help(match item.node().block_span() {
            None => "put `(override)` in front of it to replace what it says there",
            Some(_) => {
                "to change what is in it, enter it by its name alone; `(override)` in front replaces what it says itself"
            }
        })
        .fix(Fix {
            title: "put `(override)` in front".to_owned(),
            edits: vec![Edit { span: at, text: "(override)".to_owned() }],
        })
}

fn nothing_there(item: &Item<'_>, verb: &str, meant: &[usize], base: &[Item<'_>]) -> Diagnostic {
    let message = format!("there is no {} in the base to {verb}", item.described());
    let diagnostic = Diagnostic::new(Code::NothingToOverride, item.span(), message);
    let meant: Vec<Spanned<&str>> = meant.iter().filter_map(|at| base[*at].name()).collect();
    if meant.is_empty() {
        return diagnostic.help("a new declaration stands without a mark");
    }
    let names: Vec<&str> = meant.iter().map(|it| it.value).collect();
    let related = |it: Diagnostic, meant: &Spanned<&str>| it.related(meant.span, "declared in the base here");
    meant
        .iter()
        .fold(diagnostic, related)
        .did_you_mean(item.name_span(), &names, literal)
        .discreet(item.name().map_or("", |it| it.value))
}

/// Says so where what is not there may come of a use of the same name.
fn of_a_use(item: &Item<'_>, base: &[Item<'_>], diagnostic: Diagnostic) -> Diagnostic {
    let is_it = |it: &&Item<'_>| {
        it.kind.word == usage::KIND.word && it.name().map(|it| it.value) == item.name().map(|it| it.value)
    };
    match base.iter().find(is_it).filter(|_| item.kind.word != usage::KIND.word && item.name().is_some()) {
        None => diagnostic,
        Some(found) => Diagnostic { help: Vec::new(), fixes: Vec::new(), ..diagnostic }
            .related(found.span(), "this is a use, which an environment enters by itself")
            .help("what comes of a use is changed by its parameters alone"),
    }
}

#[cfg(test)]
mod tests {
    use crate::language::name::Name;
    use crate::language::tests::{check, platform};

    #[test]
    fn a_tree_is_not_looked_at_in_too_many_environments() {
        let environments: String = (0..40).map(|it| format!("environment \"e{it}\" {{ }}\n")).collect();
        let many = "secret \"x\" 5;".repeat(29_990);
        let told = check(&format!("{environments}{many}"));
        let first = told.lines().find(|it| it.starts_with("TS116")).unwrap_or_default();
        insta::assert_snapshot!(first, @"TS116 error 20: 40 environments of a tree of 30037 nodes: it may come to 600000 nodes, counted for each environment");
    }

    #[test]
    fn what_differs_is_laid_over_the_base() {
        insta::assert_snapshot!(services(r#"
            project "shop" {
                service "web" { image @web; replicas "2..4" cpu="60%"; env "A" "1"; env "B" "2" }
                service "old" { image @web }
            }
            environment "test" {
                project "shop" {
                    service "web" { (override)replicas 5; (override)env "A" "x"; (remove)env "B"; env "C" "3" }
                    (remove)service "old"
                    service "new" { image @web }
                }
            }
        "#), @r#"
        new - 2..2 80% 
        web - 5..5 80% A=Plain("x") C=Plain("3")
        "#);
    }

    #[test]
    fn an_override_takes_the_place_of_a_line_as_a_whole_and_enters_its_block() {
        insta::assert_snapshot!(services(r#"
            project "shop" {
                service "web" { image @web; replicas "2..4" cpu="60%"; env "A" "1" }
                cron "run" schedule="0 3 * * *" zone="Europe/Berlin" { image @web }
            }
            environment "test" {
                project "shop" {
                    (override)service "web" framework="rust" { env "B" "2" }
                    service "web2" { image @web }
                }
            }
        "#), @r#"
        web rust 2..4 60% A=Plain("1") B=Plain("2")
        web2 - 2..2 80%
        "#);
    }

    #[test]
    fn an_environment_says_what_it_changes() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; replicas "3..4" cpu="60%"; env "A" "1"; reaches service="api"; public host="shop" }
                service "api" { image @web; port 80 }
            }
            environment "test" {
                project "shop" {
                    service "web" {
                        replicas 4
                        env "A" "2"
                        (override)env "B" "2"
                        (remove)scratch "/tmp"
                        (override)reaches service="db"
                    }
                    (remove)service "webb"
                }
                cluster { pods "10.1.0.0/16" }
            }
        "#), @r#"
        TS121 error 8: `replicas` exists in the base already
        TS121 error 9: env `A` exists in the base already
        TS122 error 10: there is no env `B` in the base to override
        TS122 error 11: there is no scratch `/tmp` in the base to remove
        TS122 error 12: there is no `reaches service="db"` in the base to override
        TS122 error 14: there is no service `webb` in the base to remove
        TS121 error 16: `pods` exists in the base already
        "#);
    }

    #[test]
    fn a_misspelt_container_is_entered_all_the_same() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; replicas "3..4" cpu="60%"; env "A" "1"; reaches service="api"; public host="shop" }
                service "api" { image @web; port 80 }
            }
            environment "test" {
                project "shpo" {
                    service "web" { (override)env "A" "2"; (remove)env "Z" }
                }
            }
        "#), @r"
        TS122 error 6: there is no project `shpo` in the base to enter
        TS122 error 7: there is no env `Z` in the base to remove
        ");
    }

    #[test]
    fn inside_of_something_new_there_is_nothing_to_change() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; replicas "3..4" cpu="60%"; env "A" "1"; reaches service="api"; public host="shop" }
                service "api" { image @web; port 80 }
            }
            environment "test" {
                project "other" {
                    service "web" { image @web; (override)replicas 4 }
                }
            }
        "#), @r"TS122 error 6: there is no project `other` in the base to enter");
    }

    #[test]
    fn a_misspelt_mark_is_taken_for_what_it_was_meant_to_be() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; replicas "3..4" cpu="60%"; env "A" "1"; reaches service="api"; public host="shop" }
                service "api" { image @web; port 80 }
            }
            environment "test" {
                project "shop" { service "web" { (overide)env "A" "2"; (removed)reaches service="api"; (new)replicas 4 } }
            }
        "#), @r"
        TS106 error 6: `(overide)` means nothing in front of a declaration
        TS106 error 6: `(removed)` means nothing in front of a declaration
        TS106 error 6: `(new)` means nothing in front of a declaration
        ");
    }

    #[test]
    fn one_environment_says_a_thing_once() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; replicas "3..4" cpu="60%"; env "A" "1"; reaches service="api"; public host="shop" }
                service "api" { image @web; port 80 }
            }
            environment "test" {
                project "shop" { service "web" { (override)env "A" "2"; (override)env "A" "3" } }
                project "shop" { service "web" { (remove)env "Z" } }
            }
        "#), @r"
        TS108 error 6: env `A` stands twice in one environment
        TS108 error 7: project `shop` stands twice in one environment
        TS122 error 7: there is no env `Z` in the base to remove
        ");
    }

    #[test]
    fn an_environment_stands_in_one_place() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; port 80; replicas "3..4" cpu="60%"; env "A" "1"; reaches service="api"; public host="shop" }
                service "api" { image @web; port 80 }
            }
            environment "test" { project "shop" { service "web" { (override)env "A" "2" } } }
            environment "test" { project "shop" { service "web" { (remove)env "Z" } } }
            environment "Prod" default=#true { }
            environment "more" default=#true { }
            environment "last" default="yes" { }
        "#), @r"
        TS108 error 6: environment `test` is declared twice
        TS122 error 6: there is no env `Z` in the base to remove [test]
        TS105 error 7: `Prod` has `P`, which a name cannot have
        TS123 error 8: two environments are the default
        TS105 error 9: expected a truth value, found the text `yes`
        ");
    }

    #[test]
    fn lists_and_edges_are_told_apart_by_what_they_say() {
        insta::assert_snapshot!(check(r#"
            resource "a" in="project" { action "x"; action "y" }
            condition "mine" field="owner_id" is="user"
            role "r" { allow "a:x" "a:y"; allow "a:x" when="mine" }
            environment "one" { role "r" { (remove)allow "a:x" } }
            environment "two" { role "r" { (remove)allow "a:x" "a:y" when="mine" } }
            environment "three" { role "r" { (remove)allow "a:y" "a:z" }; cluster { (override)pods "10.1.0.0/16" "10.2.0.0/16" } }
        "#), @r"
        TS122 error 5: there is no allow `a:y` in the base to remove [two]
        TS122 error 6: there is no allow `a:z` in the base to remove [three]
        ");
    }

    #[test]
    fn the_default_comes_back_by_taking_away_what_the_base_says() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; replicas "3..4" cpu="60%"; stop-within "1m"; start-within "2m" }
            }
            environment "test" {
                project "shop" { service "web" { (override)replicas "2..4" cpu="80%"; (override)stop-within "30s"; (remove)start-within { } } }
            }
        "#), @r#"
        TS113 hint 5: `stop-within "30s"` is the default of edition 2026
        TS114 error 5: `start-within` has no block
        "#);
    }

    #[test]
    fn a_mark_in_other_words_is_read_as_the_one_it_stands_for() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; replicas "3..4" cpu="60%"; env "A" "1"; stop-within "1m" }
            }
            environment "test" {
                project "shop" { service "web" { (delete)env "A"; (rm)stop-within; (replace)replicas 4 } }
            }
        "#), @r"
        TS106 error 5: `(delete)` means nothing in front of a declaration
        TS106 error 5: `(rm)` means nothing in front of a declaration
        TS106 error 5: `(replace)` means nothing in front of a declaration
        ");
    }

    #[test]
    fn a_container_is_entered_with_its_name_or_without() {
        insta::assert_snapshot!(check(r#"
            environment "one" { platform { (override)domain "one.example" } }
            environment "two" { platform "hello" { (override)domain "two.example" } }
            environment "three" { platform "hello" edition="2026" { (remove)domain } }
            environment "four" { platform "other" { (remove)domain } }
        "#), @"TS121 error 4: `platform` exists in the base already [four]");
    }

    #[test]
    fn an_override_says_again_what_the_base_wrote() {
        insta::assert_snapshot!(check(r#"
            project "shop" {
                service "web" { image @web; replicas "3..4" cpu="60%"; resources cpu="1" memory="1Gi" }
                service "api" { image @web; replicas "3..4" cpu="60%"; scratch "/x" up-to="1Gi"; stop-within "30s" }
            }
            environment "test" {
                project "shop" {
                    service "web" { (override)replicas 4; (override)resources cpu="2" }
                    service "api" { (override)replicas "4..8"; (override)scratch "/x" up-to="64Mi"; (override)stop-within "1m" }
                }
            }
        "#), @r"
        TS124 hint 7: this override leaves out `memory=`, which the base wrote
        TS124 hint 8: this override leaves out `cpu=`, which the base wrote
        ");
    }

    /// The services of the one project in the environment `test`.
    fn services(text: &str) -> String {
        let platform = platform(text, Some("test"));
        let told = platform.services().map(|(_, it)| {
            let env: Vec<String> =
                it.workload.env.iter().map(|(name, env)| format!("{name}={:?}", env.value)).collect();
            let framework = it.workload.framework.as_ref().map_or("-", Name::as_str);
            let (from, to, cpu) = (it.replicas.from, it.replicas.to, it.replicas.cpu_percent);
            format!("{} {framework} {from}..{to} {cpu}% {}", it.workload.name, env.join(" "))
        });
        Vec::from_iter(told).join("\n")
    }
    #[test]
    fn environments_of_one_cluster_share_no_namespace() {
        let text = r#"
            project "shop" { }
            project "shop-staging" { }
            environment "eu" { cluster { shared #true } }
            environment "staging-eu" { cluster { shared #true } }
            environment "staging-us" { }
        "#;
        insta::assert_snapshot!(check(text), @r"TS431 error 1: project `shop` of `staging-eu` and project `shop-staging` of `eu` would have the same namespace, `hello-shop-staging-eu` [staging-eu]");
    }
}
