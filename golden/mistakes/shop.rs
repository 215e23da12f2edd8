//! A copy of `examples/shop` with a mistake of every kind in it.

use trackside::diagnostic::code::Code;

use super::{Mistake, elsewhere, mistake};

const ROOT: &str = "platform.kdl";
const TEAMS: &str = "teams.kdl";
const ACCESS: &str = "rules/access.kdl";
const WORKLOADS: &str = "rules/workloads.kdl";
const SHOP: &str = "projects/shop.kdl";
const ANALYTICS: &str = "projects/analytics.kdl";
const STAGING: &str = "environments/staging.kdl";
const PRODUCTION: &str = "environments/production.kdl";

#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    // What is no KDL.
    mistake(Code::UnexpectedText, ANALYTICS, "    service \"store\" framework=\"rust\" {\n        image \"ghcr.io/acme/store@sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd\"\n        port 8080", "    service \"store\" framework=\"rust\" {\n        image \"ghcr.io/acme/store@sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd\"\n        port = 8080"),
    mistake(Code::UnclosedString, SHOP, r#"env "LOG_LEVEL" "info""#, r#"env "LOG_LEVEL" "info"#),
    mistake(Code::Escape, SHOP, r#"description "Web shop""#, r#"description "Web \qshop""#),
    mistake(Code::Number, WORKLOADS, r#"up-to="128Mi""#, "up-to=128Mi"),
    mistake(Code::Keyword, ACCESS, "system-administrator=#true", "system-administrator=true"),
    mistake(Code::LegacyString, SHOP, r#"command "/app/invoices""#, r#"command r"/app/invoices""#),
    mistake(Code::Unquoted, SHOP, r#""ghcr.io/acme/shop-web@sha256:7777777777777777777777777777777777777777777777777777777777777777""#, "ghcr.io/acme/shop-web@sha256:7777777777777777777777777777777777777777777777777777777777777777"),
    mistake(Code::MissingSpace, TEAMS, r#"member "ana@acme.example" role"#, r#"member "ana@acme.example", role"#),
    mistake(Code::Slashdash, TEAMS, "team \"data\" {", "team \"data\" { /- }\nteam \"nobody\" {"),
    mistake(Code::DisallowedCharacter, ROOT, "says what\n// differs.", "says what\n// differs\u{202e}."),
    // Words and values.
    mistake(Code::UnknownKind, SHOP, "replicas \"2..6\"", "replcas \"2..6\""),
    mistake(Code::UnknownProperty, SHOP, "schedule=\"15 3 * * *\"", "shedule=\"15 3 * * *\""),
    mistake(Code::UnexpectedArgument, ROOT, "kubernetes \"1.35\"", "kubernetes \"1.35\" \"1.36\""),
    elsewhere(mistake(Code::MissingField, SHOP, "        image \"ghcr.io/acme/shop-pdf@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n", ""), SHOP, "service \"pdf\""),
    mistake(Code::InvalidValue, SHOP, "memory=\"128Mi..512Mi\"", "memory=\"512Mi..128Mi\""),
    mistake(Code::UnexpectedAnnotation, WORKLOADS, "\"587/tcp\" ", "(tcp)\"587/tcp\" "),
    mistake(Code::RepeatedProperty, ANALYTICS, "quota cpu=\"8\"", "quota cpu=\"8\" cpu=\"80\""),
    mistake(Code::Duplicate, SHOP, "        env \"API_URL\" service=\"api\"\n", "        env \"API_URL\" service=\"api\"\n        env \"API_URL\" \"http://api\"\n"),
    mistake(Code::RepeatedInList, ROOT, "nodes \"10.0.0.0/16\"", "nodes \"10.0.0.0/16\" \"10.0.0.0/16\""),
    mistake(Code::UnexpectedBlock, ACCESS, "newcomer platform-role=\"user\"", "newcomer platform-role=\"user\" { }"),
    mistake(Code::AmbiguousValue, SHOP, "env \"PGDATA\" \"/var/lib/postgresql/data/pgdata\"", "env \"PGDATA\" \"/var/lib/postgresql/data/pgdata\" secret=\"db-password\""),
    mistake(Code::RestatedDefault, SHOP, "stop-within \"45s\"", "stop-within \"30s\""),
    // Names.
    mistake(Code::UnknownReference, SHOP, "reaches external=\"mail\"", "reaches external=\"mial\""),
    mistake(Code::Shadowing, PRODUCTION, "    project \"shop\" {\n", "    project \"shop\" {\n        secret \"registry\" file=\"secrets/production/registry.age\"\n"),
    mistake(Code::Unused, WORKLOADS, "external \"https\" { ports \"443/tcp\" }", "external \"https\" { ports \"443/tcp\" }\nexternal \"ntp\" { ports \"123/udp\" }"),
    // Environments and waivers.
    mistake(Code::MarkOutsideEnvironment, ACCESS, "condition \"shared\"", "(override)condition \"shared\""),
    mistake(Code::RepeatedWithoutMark, STAGING, "(override)env \"LOG_LEVEL\" \"debug\"", "env \"LOG_LEVEL\" \"debug\""),
    mistake(Code::NothingToOverride, STAGING, "(remove)cron \"invoice-run\"", "(remove)cron \"invoices-run\""),
    mistake(Code::NoEnvironment, STAGING, "environment \"staging\"", "environment \"staging\" default=#true"),
    mistake(Code::WaiverExpired, SHOP, "waive \"read-only-root-filesystem\" {\n            reason \"the font cache writes beside the binary\"\n            until \"2027-09-30\"", "waive \"read-only-root-filesystem\" {\n            reason \"the font cache writes beside the binary\"\n            until \"2026-01-31\""),
    mistake(Code::UnusedWaiver, ANALYTICS, "    cron \"report\"", "    waive \"sealed-secrets\" { reason \"soon\"; until \"2027-09-30\"; owner team=\"data\" }\n    cron \"report\""),
    // Access.
    mistake(Code::UnknownPermission, ACCESS, "    allow \"order:refund\"\n", "    allow \"order:refnd\"\n"),
    mistake(Code::RoleCycle, ACCESS, "role \"viewer\" { allow \"*:read\" }", "role \"viewer\" { inherits role=\"developer\"; allow \"*:read\" }"),
    mistake(Code::ExceptsNothing, ACCESS, "    allow \"project:read\" when=\"shared\"\n", "    allow \"project:read\" when=\"shared\"\n    except \"service:deploy\"\n"),
    mistake(Code::SeparationViolated, TEAMS, "    member \"bo@acme.example\" role=\"developer\"\n", "    member \"bo@acme.example\" role=\"developer\"\n    member \"bo@acme.example\" role=\"support\"\n"),
    mistake(Code::RouteForNobody, ACCESS, "needs=\"service:deploy\" target=\"body.service_id\"", "needs=\"service:deploy\" target=\"body.service_id\" { only role=\"viewer\" }"),
    mistake(Code::RouteNarrower, ACCESS, "route \"DELETE /projects/{project}\" needs=\"project:delete\"", "route \"DELETE /projects/{project}\" needs=\"project:delete\" { only role=\"owner\" }"),
    mistake(Code::RouteWider, ACCESS, "needs=\"order:refund\" target=\"body.order_id\"", "needs=\"order:read\" target=\"body.order_id\""),
    mistake(Code::RouteTarget, ACCESS, "/orders/{order}\"", "/orders/{id}\""),
    mistake(Code::SameRoute, ACCESS, "    route \"GET /status\" anonymous=#true\n", "    route \"GET /status\" anonymous=#true\n    route \"GET /projects/{the-project}\" needs=\"project:read\" target=\"path.the-project\"\n"),
    // Workloads.
    mistake(Code::ImageNotPinned, ANALYTICS, "ghcr.io/acme/collector@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "ghcr.io/acme/collector:latest"),
    mistake(Code::ImageRegistry, ANALYTICS, "ghcr.io/acme/report@", "quay.io/acme/report@"),
    mistake(Code::RunsAsRoot, SHOP, "run-as 999", "run-as 0"),
    mistake(Code::PlainSecret, SHOP, "env \"FEATURE_CHECKOUT\" \"no\"", "env \"FEATURE_CHECKOUT\" \"ghp_x9Kd03mVbQ7tYw2LpRz8NcHs5JfGa1Ue4ToB\""),
    mistake(Code::UnsealedSecret, STAGING, "file=\"secrets/staging/stripe-key.age\"", "file=\"config/limits.toml\""),
    elsewhere(mistake(Code::NotOffered, SHOP, "        offers project=\"analytics\" ", "        // offers project=\"analytics\" "), ANALYTICS, "reaches service=\"shop/api\""),
    mistake(Code::UnusedOffer, SHOP, "        replicas \"2..10\" cpu=\"70%\"\n", "        replicas \"2..10\" cpu=\"70%\"\n        offers project=\"analytics\"\n"),
    mistake(Code::OfferedToItself, ANALYTICS, "        reaches service=\"store\"\n        config", "        reaches service=\"store\"\n        offers project=\"analytics\"\n        config"),
    mistake(Code::OfferedByProject, STAGING, "secret \"db-password\" file=\"secrets/staging/db-password.age\"", "secret \"db-password\" file=\"secrets/staging/db-password.age\" { offers project=\"analytics\" }"),
    elsewhere(mistake(Code::NothingToReach, SHOP, "        port 8080\n        health \"grpc\" port=9090\n", "        health \"grpc\" port=9090\n"), SHOP, "reaches service=\"pdf\""),
    mistake(Code::ReachesItself, SHOP, "        reaches service=\"db\"\n        reaches external", "        reaches service=\"db\"\n        reaches service=\"api\"\n        reaches external"),
    elsewhere(mistake(Code::AddressWithoutReach, ANALYTICS, "        reaches service=\"store\"\n        env", "        env"), ANALYTICS, "env \"STORE_URL\""),
    mistake(Code::SamePath, SHOP, "        mount \"/run/secrets/signing.pem\" secret=\"signing-key\"\n", "        mount \"/run/secrets/signing.pem\" secret=\"signing-key\"\n        scratch \"/run/secrets/signing.pem\"\n"),
    elsewhere(mistake(Code::SamePublicHost, SHOP, "public host=\"shop\" path=\"/api\"", "public host=\"shop\""), SHOP, "public host=\"shop\" {"),
    mistake(Code::QuotaTooSmall, PRODUCTION, "        secret \"stripe-key\"", "        (override)quota memory=\"1Gi\"\n        secret \"stripe-key\""),
    // What Kubernetes has no room for.
    mistake(Code::WholeSeconds, SHOP, "health \"/healthz\" every=\"15s\" within=\"3s\"", "health \"/healthz\" every=\"15s\" within=\"1500ms\""),
    elsewhere(mistake(Code::ReservedLabel, SHOP, "label \"acme.example/batch\"", "label \"job-name\""), SHOP, "cron \"invoice-run\""),
    mistake(Code::KubernetesResource, ACCESS, "kubernetes \"core/pods/log\" \"get\"", "kubernetes \"core/pods/logs\" \"get\""),
];

#[test]
fn every_mistake_is_named_once_at_its_line_and_nothing_else_is() {
    super::each_is_named_once("examples/shop", MISTAKES);
}

#[test]
fn the_mistakes_are_of_very_many_kinds() {
    super::each_is_of_another_kind(MISTAKES, 50);
}
