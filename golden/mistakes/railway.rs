//! A copy of `examples/railway` with more than a hundred mistakes in it, each of another kind.

use trackside::diagnostic::code::Code;

use super::{Mistake, elsewhere, mistake};

pub(super) const ROOT: &str = "platform.kdl";
pub(super) const TEAMS: &str = "teams/all.kdl";
pub(super) const REDIS: &str = "components/redis.kdl";
pub(super) const ACCESS: &str = "rules/access.kdl";
pub(super) const API: &str = "rules/api.kdl";
pub(super) const AUDIT: &str = "rules/audit.kdl";
pub(super) const COMPLIANCE: &str = "rules/compliance.kdl";
pub(super) const DATA: &str = "rules/data.kdl";
pub(super) const IDENTITY: &str = "rules/identity.kdl";
pub(super) const WORKLOADS: &str = "rules/workloads.kdl";
pub(super) const SHOP: &str = "projects/shop.kdl";
pub(super) const ANALYTICS: &str = "projects/analytics.kdl";
pub(super) const CONTROL_PLANE: &str = "projects/control-plane.kdl";
pub(super) const STAGING: &str = "environments/staging.kdl";
pub(super) const PRODUCTION: &str = "environments/production.kdl";

#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    // What is no KDL.
    mistake(Code::UnexpectedText, ANALYTICS, "cccccccccccccccccc\"\n        port 8080", "cccccccccccccccccc\"\n        port = 8080"),
    mistake(Code::UnclosedString, SHOP, r#"env "LOG_LEVEL" "info""#, r#"env "LOG_LEVEL" "info"#),
    mistake(Code::Escape, SHOP, r#"description "Web shop""#, r#"description "Web \qshop""#),
    mistake(Code::MultiLine, ANALYTICS, r#"description "Numbers about the shop""#, r#"description """Numbers about the shop""""#),
    mistake(Code::Number, WORKLOADS, "up-to=\"256Mi\"", "up-to=256Mi"),
    mistake(Code::Keyword, COMPLIANCE, "sarif upload=#true", "sarif upload=true"),
    mistake(Code::LegacyString, API, r#"pattern="[A-Z_][A-Z0-9_]*""#, r#"pattern=r"[A-Z_][A-Z0-9_]*""#),
    mistake(Code::Unquoted, SHOP, r#""ghcr.io/acme/shop-api@sha256:8888888888888888888888888888888888888888888888888888888888888888""#, "ghcr.io/acme/shop-api@sha256:8888888888888888888888888888888888888888888888888888888888888888"),
    mistake(Code::MissingSpace, TEAMS, r#"member "cy@example.com" role="owner""#, r#"member "cy@example.com", role="owner""#),
    mistake(Code::Annotation, API, r#"headers "strict" {"#, r#"headers () "strict" {"#),
    mistake(Code::Slashdash, TEAMS, r#"team "payments" rate"#, "team \"nobody\" rate-tier=\"free\" { /- }\nteam \"payments\" rate"),
    mistake(Code::DisallowedCharacter, AUDIT, "// the rest is low", "// the rest\u{202e} is low"),
    mistake(Code::Version, WORKLOADS, "// Non-root, Runtime", "/- kdl-version 1\n// Non-root, Runtime"),
    // Files.
    mistake(Code::UnreadableFile, STAGING, r#"file="secrets/staging/google-oauth.age""#, r#"file="secrets/staging/gogle-oauth.age""#),
    // Words and values.
    mistake(Code::UnknownKind, CONTROL_PLANE, r#"replicas "2..6""#, r#"replcas "2..6""#),
    mistake(Code::UnknownProperty, SHOP, r#"schedule="15 3 * * *""#, r#"shedule="15 3 * * *""#),
    mistake(Code::UnexpectedArgument, ROOT, r#"kubernetes "1.35""#, r#"kubernetes "1.35" "1.36""#),
    mistake(Code::MissingField, DATA, r#"request "rectification" answer-in="30d""#, r#"request "rectification""#),
    mistake(Code::InvalidValue, SHOP, r#"memory="128Mi..512Mi""#, r#"memory="512Mi..128Mi""#),
    mistake(Code::UnexpectedAnnotation, WORKLOADS, r#"ports "443/tcp""#, r#"ports (tcp)"443/tcp""#),
    mistake(Code::RepeatedProperty, ANALYTICS, r#"quota cpu="4""#, r#"quota cpu="4" cpu="8""#),
    mistake(Code::Duplicate, SHOP, r#"env "PGPORT" database="orders" key="port""#, "env \"PGPORT\" database=\"orders\" key=\"port\"\n        env \"PGPORT\" \"5432\""),
    mistake(Code::RepeatedInList, ACCESS, r#"kubernetes "apps/deployments" "get" "list" "watch""#, r#"kubernetes "apps/deployments" "get" "list" "get""#),
    mistake(Code::UnknownReference, SHOP, "reaches external=\"http\"\n", "reaches external=\"htp\"\n"),
    mistake(Code::Shadowing, STAGING, r#"        use "cache" {"#, "        secret \"column-key\" file=\"secrets/staging/column-key.age\"\n        use \"cache\" {"),
    mistake(Code::Unused, WORKLOADS, r#"external "http" {"#, "external \"ntp\" { ports \"123/udp\" }\nexternal \"http\" {"),
    mistake(Code::RestatedDefault, SHOP, r#"        waive "read-only-root-filesystem" {"#, "        stop-within \"30s\"\n        waive \"read-only-root-filesystem\" {"),
    mistake(Code::UnexpectedBlock, ACCESS, r#"newcomer platform-role="user""#, r#"newcomer platform-role="user" { }"#),
    mistake(Code::AmbiguousValue, CONTROL_PLANE, r#"env "PGHOST" database="platform" key="host""#, r#"env "PGHOST" "db" database="platform" key="host""#),
    // Environments and waivers.
    mistake(Code::MarkOutsideEnvironment, ACCESS, r#"condition "owner""#, r#"(override)condition "owner""#),
    mistake(Code::RepeatedWithoutMark, STAGING, r#"(override)provider "github" client-id"#, r#"provider "github" client-id"#),
    mistake(Code::NothingToOverride, STAGING, r#"(remove)cron "invoice-run""#, r#"(remove)cron "invoices-run""#),
    mistake(Code::NoEnvironment, STAGING, r#"environment "staging" {"#, r#"environment "staging" default=#true {"#),
    elsewhere(mistake(Code::WaiverExpired, SHOP, r#"until "2027-03-31""#, r#"until "2026-03-31""#), SHOP, r#"waive "read-only-root-filesystem""#),
    mistake(Code::UnusedWaiver, ANALYTICS, r#"    service "store""#, "    waive \"sealed-secrets\" { reason \"soon\"; until \"2027-09-30\"; owner team=\"data\" }\n    service \"store\""),
    // Components.
    mistake(Code::UnknownParameter, SHOP, "        memory \"256Mi\"\n", "        memory \"256Mi\"\n        evct \"noeviction\"\n"),
    mistake(Code::ParameterMissing, CONTROL_PLANE, r#"    service "dashboard""#, "    use \"sessions\" component=\"redis\"\n    service \"dashboard\""),
    mistake(Code::ParameterOutside, STAGING, r#"(override)memory "64Mi""#, r#"(override)memory "64Gi""#),
    mistake(Code::UnknownBlank, REDIS, r#""{evict}""#, r#""{evict}" "{evicted}""#),
    mistake(Code::ParameterImpossible, REDIS, r#"default="128Mi""#, r#"default="8Gi""#),
    mistake(Code::ComponentCircle, REDIS, "    body {\n        service \"{name}\" {", "    body {\n        use \"{name}-more\" component=\"redis\" { password secret=\"{password}\" }\n        service \"{name}\" {"),
    mistake(Code::ParameterUnused, REDIS, r#"    parameter "password""#, "    parameter \"port\" \"port\" default=6379\n    parameter \"password\""),
    // Access.
    mistake(Code::UnknownPermission, ACCESS, r#""service:update" "service:deploy" "database:update""#, r#""service:update" "service:depoy" "database:update""#),
    mistake(Code::RoleCycle, ACCESS, r#"role "viewer" { allow"#, r#"role "viewer" { inherits role="developer"; allow"#),
    mistake(Code::ExceptsNothing, ACCESS, "    allow \"project:create\"\n", "    allow \"project:create\"\n    except \"billing:manage\"\n"),
    elsewhere(mistake(Code::SeparationViolated, ACCESS, "    except platform-role=\"admin\"\n", ""), ACCESS, r#"platform-role "admin" {"#),
    mistake(Code::RouteForNobody, API, r#"needs="team:invite" { only role="owner"; only role="admin" }"#, r#"needs="team:invite" { only role="viewer" }"#),
    mistake(Code::RouteNarrower, API, r#"needs="project:update""#, r#"needs="project:update" { only role="owner" }"#),
    mistake(Code::RouteWider, API, r#"needs="project:delete" { only role="owner" }"#, r#"needs="project:delete" { only role="owner"; only role="developer" }"#),
    mistake(Code::RouteTarget, API, r#"needs="billing:read" target="query.team_id""#, r#"needs="billing:read""#),
    mistake(Code::SameRoute, API, r#"    route "POST /projects" needs"#, "    route \"GET /projects/{the-project}\" needs=\"project:read\" target=\"path.the-project\"\n    route \"POST /projects\" needs"),
    mistake(Code::ConditionNeverHolds, ACCESS, r#"condition "project-owner" field="project.owner_id""#, r#"condition "project-owner" field="project""#),
    // The border.
    mistake(Code::HstsPreload, API, "headers \"page\" {\n    hsts \"365d\" subdomains=#true", "headers \"page\" {\n    hsts \"180d\" subdomains=#true"),
    mistake(Code::FrameConflict, API, "    csp {\n        default \"self\"", "    frame \"same-origin\"\n    csp {\n        frame-ancestors \"self\"\n        default \"self\""),
    mistake(Code::CspUnsafe, API, r#"        img "self" "data:""#, "        script \"self\" \"unsafe-inline\"\n        img \"self\" \"data:\""),
    mistake(Code::CspContradiction, API, r#"        connect "self" {"#, "        font \"none\" \"data:\"\n        connect \"self\" {"),
    mistake(Code::HeadersConflict, CONTROL_PLANE, r#"public host="api" edge="cloudflare""#, r#"public host="api" edge="cloudflare" headers="page""#),
    mistake(Code::CorsCredentials, API, "        origin service=\"control-plane/dashboard\"\n", "        origin \"*\"\n"),
    mistake(Code::CorsMethod, API, r#""DELETE" "OPTIONS""#, r#""DELETE" "OPTIONS" "PATCH""#),
    mistake(Code::OriginNowhere, API, r#"            origin service="control-plane/auth""#, "            origin service=\"shop/pdf\"\n            origin service=\"control-plane/auth\""),
    elsewhere(mistake(Code::CounterWithoutLimit, API, "    limit counter=\"deployments\" 1_000 within=\"1h\"\n", ""), API, r#"rate-tier "enterprise" {"#),
    elsewhere(mistake(Code::CounterOfNothing, API, " counter=\"deployments\"\n    route", "\n    route"), API, r#"counter "deployments" only="failed""#),
    mistake(Code::SlowDownNeverReached, API, "from=50", "from=500"),
    mistake(Code::SlowDownTooLong, API, r#"up-to="10s""#, r#"up-to="5m""#),
    elsewhere(mistake(Code::TierOrder, API, r#"counter="deployments" 100"#, r#"counter="deployments" 5"#), API, r#"rate-tier "free" {"#),
    elsewhere(mistake(Code::EdgePort, WORKLOADS, r#"ports "7844/tcp" "7844/udp""#, r#"ports "7844/tcp""#), API, r#"edge "cloudflare""#),
    mistake(Code::PatternUseless, API, r##"pattern=#"https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+"#"##, r#"pattern=".*""#),
    mistake(Code::InputContradiction, API, r#"field "framework" "text" {"#, r#"field "framework" "text" default="cobol" {"#),
    mistake(Code::AnonymousTier, API, r#"anonymous="free""#, r#"anonymous="enterprise""#),
    // Who somebody is.
    mistake(Code::TokenLong, IDENTITY, r#"access-token "15m""#, r#"access-token "12h""#),
    mistake(Code::TokenTimes, IDENTITY, r#"idle="7d""#, r#"idle="60d""#),
    mistake(Code::SharedSigning, IDENTITY, r#"secret="token-signing""#, r#"secret="token-signing" algorithm="HS256""#),
    mistake(Code::ClaimRestated, IDENTITY, r#""team_ids""#, r#""team_ids" "exp""#),
    mistake(Code::TokenOfNobody, IDENTITY, r#"claims "sub" "#, "claims "),
    elsewhere(mistake(Code::MfaNotRequired, IDENTITY, "required-for role=\"owner\"\n        ", ""), IDENTITY, r#"mfa "totp" {"#),
    mistake(Code::RedirectUnsafe, IDENTITY, r#"redirect "http://127.0.0.1/callback""#, "redirect \"http://127.0.0.1/callback\"\n        redirect \"http://cli.railway.example/callback\""),
    mistake(Code::RepeatedRedirect, IDENTITY, "path=\"/callback\"\n", "path=\"/callback\"\n        redirect \"https://dashboard.railway.example/callback\"\n"),
    mistake(Code::ClientSecret, IDENTITY, r#"client "cli" type="public" {"#, "client \"cli\" type=\"public\" {\n        client-secret secret=\"tunnel-credentials\""),
    mistake(Code::ProviderAddress, IDENTITY, "    access-token", "    provider \"acme\" client-id=\"railway\" { client-secret secret=\"siem-hmac\"; scopes \"openid\" \"email\" }\n    access-token"),
    mistake(Code::UnknownScope, IDENTITY, r#"scopes "read:user" "user:email""#, r#"scopes "read:usr" "user:email""#),
    mistake(Code::ScopeMissing, IDENTITY, r#"scopes "openid" "email" "profile""#, r#"scopes "openid" "profile""#),
    mistake(Code::StepUpOfNothing, IDENTITY, r#"scopes "repo""#, r#"scopes "user:email""#),
    mistake(Code::UnknownAudience, IDENTITY, r#"audience "railway-api""#, r#"audience "railway-app""#),
    elsewhere(mistake(Code::SharedSecret, IDENTITY, r#"client-secret secret="google-oauth""#, r#"client-secret secret="github-oauth""#), IDENTITY, "client-secret secret=\"github-oauth\"\n        scopes \"openid\""),
    mistake(Code::ApproverWithoutKey, ACCESS, r#"approver person="root@railway.example""#, "approver person=\"root@railway.example\"\n    approver person=\"auditor@railway.example\""),
    mistake(Code::SharedKey, ACCESS, r#""ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILI8wOZRstd1nFNgE5rEhvAfOjXvj40Gq3QNBeWOZODb""#, r#""ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDfMwkSxPf7IFKS7lPduIaY8avI0OEoh9dqqypEX4ZoU""#),
    // Workloads.
    mistake(Code::ImageNotPinned, ANALYTICS, "ghcr.io/acme/collector@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "ghcr.io/acme/collector:latest"),
    mistake(Code::ImageRegistry, SHOP, "ghcr.io/acme/shop-invoices@", "quay.io/acme/shop-invoices@"),
    mistake(Code::RunsAsRoot, CONTROL_PLANE, r#"service "dashboard" framework="nodejs" {"#, "service \"dashboard\" framework=\"nodejs\" {\n        run-as 0"),
    mistake(Code::PlainSecret, CONTROL_PLANE, "        reaches service=\"api\"\n", "        reaches service=\"api\"\n        env \"CHECKOUT\" \"ghp_x9Kd03mVbQ7tYw2LpRz8NcHs5JfGa1Ue4ToB\"\n"),
    mistake(Code::UnsealedSecret, STAGING, r#"file="secrets/staging/alerts-hmac.age""#, r#"file="rules/workloads.kdl""#),
    mistake(Code::NotOffered, ANALYTICS, "        reaches service=\"store\"\n", "        reaches service=\"store\"\n        reaches service=\"shop/web\"\n"),
    elsewhere(mistake(Code::UnusedOffer, CONTROL_PLANE, r#"public host="auth""#, "offers project=\"analytics\"\n        public host=\"auth\""), CONTROL_PLANE, r#"offers project="analytics""#),
    mistake(Code::OfferedToItself, ANALYTICS, r#"        reaches service="shop/api""#, "        offers project=\"analytics\"\n        reaches service=\"shop/api\""),
    mistake(Code::OfferedByProject, STAGING, r#"secret "cache-password" file="secrets/staging/cache-password.age""#, r#"secret "cache-password" file="secrets/staging/cache-password.age" { offers project="analytics" }"#),
    elsewhere(mistake(Code::NothingToReach, SHOP, "99999999\"\n        port 8080\n        health \"/healthz\"\n", "99999999\"\n"), SHOP, r#"reaches service="pdf""#),
    mistake(Code::ReachesItself, SHOP, "        reaches use=\"cache\"\n", "        reaches use=\"cache\"\n        reaches service=\"api\"\n"),
    mistake(Code::AddressWithoutReach, SHOP, r#"        env "LOG_LEVEL""#, "        env \"PDF_URL\" service=\"pdf\"\n        env \"LOG_LEVEL\""),
    mistake(Code::SamePath, REDIS, "            scratch \"/data\" up-to=\"{memory}\"\n", "            scratch \"/data\" up-to=\"{memory}\"\n            config \"/data\" \"x\"\n"),
    mistake(Code::SamePublicHost, CONTROL_PLANE, r#"public host="dashboard" edge="cloudflare" headers="page""#, r#"public host="dashboard" edge="cloudflare" headers="page" { also host="auth" }"#),
    mistake(Code::QuotaTooSmall, ANALYTICS, "pods=20", "pods=1"),
    mistake(Code::PodSecurityLowered, WORKLOADS, r#"pod-security "restricted""#, r#"pod-security "baseline""#),
    // What Kubernetes has no room for.
    mistake(Code::WholeSeconds, CONTROL_PLANE, "555555\"\n        port 8080\n        health \"/healthz\"", "555555\"\n        port 8080\n        health \"/healthz\" within=\"1500ms\""),
    elsewhere(mistake(Code::ReservedLabel, SHOP, "        reaches service=\"pdf\"\n", "        reaches service=\"pdf\"\n        label \"job-name\" \"x\"\n"), SHOP, r#"cron "invoice-run""#),
    elsewhere(mistake(Code::ClosedRange, WORKLOADS, r#"ranges "198.41.192.0/24""#, r#"ranges "169.254.169.254/32" "198.41.192.0/24""#), WORKLOADS, r#"external "cloudflare-edge""#),
    mistake(Code::KubernetesOfCluster, ACCESS, "    action \"update\"\n    action \"delete\"\n    action \"deploy\"", "    action \"update\" { kubernetes \"core/nodes\" \"list\" }\n    action \"delete\"\n    action \"deploy\""),
    mistake(Code::KubernetesResource, ACCESS, r#"kubernetes "core/namespaces" "get""#, r#"kubernetes "core/namespace" "get""#),
    mistake(Code::KubernetesForNobody, ACCESS, r#"action "create" in="platform""#, r#"action "create" in="platform" { kubernetes "core/pods" "get" }"#),
    // Data.
    mistake(Code::DatabaseTls, STAGING, r#"(override)server "10.9.41.0/24""#, r#"(override)server "10.9.41.0/24" tls="require""#),
    mistake(Code::LoginKey, SHOP, r#"key="username""#, r#"key="user""#),
    mistake(Code::LoginWithoutReach, CONTROL_PLANE, r#"        public host="dashboard""#, "        env \"PGPORT\" database=\"platform\" key=\"port\"\n        public host=\"dashboard\""),
    mistake(Code::LoginTaken, SHOP, "x\"\n        env \"PGPASSWORD\" database=\"orders\"", "x\"\n        env \"PGPASSWORD\" secret=\"orders-login\""),
    mistake(Code::VaultDecides, PRODUCTION, r#"secret "orders-login" (vault)"secret/projects/shop/database" {"#, "secret \"orders-login\" (vault)\"secret/projects/shop/database\" {\n            readable-by team=\"payments\""),
    mistake(Code::ColumnValue, DATA, r#"column "name" "text" personal=#true erase="DELETED_USER""#, r#"column "name" "text" personal=#true erase="null""#),
    mistake(Code::ColumnMark, DATA, r#""uuid[]" shared=#true"#, r#""uuid" shared=#true"#),
    mistake(Code::NoTime, DATA, r#"after="users.deleted_at""#, r#"after="users.name""#),
    mistake(Code::NotOfPerson, DATA, r#"delete "deployments""#, r#"delete "revoked_tokens" "deployments""#),
    mistake(Code::ObligationCondition, DATA, r#"where="paid_at is null""#, r#"where="issued_at is null""#),
    mistake(Code::AnswerTooLate, DATA, r#"request "erasure" answer-in="30d""#, r#"request "erasure" answer-in="90d""#),
    mistake(Code::RequestFormat, DATA, r#"request "access" answer-in="30d" { format "json" }"#, r#"request "access" answer-in="30d""#),
    // Records and incidents.
    mistake(Code::UnknownAction, AUDIT, r#""project.delete" "database.delete""#, r#""project.delte" "database.delete""#),
    mistake(Code::ActionRestated, AUDIT, "\"team.member.remove\" \"billing.update\"\n    fields", "\"team.member.remove\" \"billing.update\" \"project.create\"\n    fields"),
    elsewhere(mistake(Code::ActionTwice, AUDIT, r#""data_access""#, r#""data_access" "audit.disable""#), AUDIT, r#""security.key.rotate" "audit.disable" "security.mfa"#),
    mistake(Code::ActionInTwoRisks, AUDIT, r#"match "user.delete""#, r#"match "audit.disable" "user.delete""#),
    mistake(Code::RiskMeansNothing, AUDIT, r#"    sink "siem""#, "    risk \"low\" { result \"success\" }\n    sink \"siem\""),
    mistake(Code::EventMisspelt, AUDIT, r#""login_success""#, r#""login_sucess""#),
    mistake(Code::WebhookCredential, AUDIT, "https://alerts.railway.example/page", "https://alerts.railway.example/page?token=kd8Hq2mXw4Zt7Bv9"),
    mistake(Code::IncidentNeverFires, AUDIT, r#"    on "system.admin.grant" result"#, "    on \"login_failure\" result=\"success\"\n    on \"system.admin.grant\" result"),
    mistake(Code::TriggerUnclear, AUDIT, r#"count=5 within="10m""#, "count=5"),
    mistake(Code::ResponseWithoutUser, AUDIT, r#"    capture "state""#, "    lock \"1h\"\n    capture \"state\""),
    elsewhere(mistake(Code::IncidentUnanswered, AUDIT, r#"severity "P2" answer-in="1h" { escalate channel="on-call" }"#, r#"severity "P2" answer-in="1h""#), AUDIT, r#"incident "failed-logins""#),
    mistake(Code::SeverityOrder, AUDIT, r#"severity "P1" answer-in="15m""#, r#"severity "P1" answer-in="2h""#),
    mistake(Code::EscalatedTooLate, AUDIT, r#"answer-in="4h" { escalate channel="security""#, r#"answer-in="4h" { escalate channel="security" after="4h""#),
    mistake(Code::ControlEmpty, COMPLIANCE, "// The workflow", "control \"gdpr:art-99\"\n// The workflow"),
];

#[test]
fn every_mistake_is_named_once_at_its_line_and_nothing_else_is() {
    super::each_is_named_once("examples/railway", MISTAKES);
}

#[test]
fn the_mistakes_are_of_more_than_a_hundred_kinds() {
    super::each_is_of_another_kind(MISTAKES, 100);
}
