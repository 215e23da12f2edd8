//! What the reference platform must express, fact by fact: where it stands, and where it ends.
//!
//! `declared` is `FILE: TEXT`, a text of `examples/railway`, or `edition 2026: TEXT`, a sentence of the reference. An end is
//! `FILE AT = JSON` with `AT` a JSON pointer, for a manifest `FILE KIND/NAME POINTER = JSON`; `export` is what
//! `trackside export` prints, of which later parts are made.

/// A system of the platform, and the facts about it.
pub(super) struct System {
    pub(super) name: &'static str,
    pub(super) facts: &'static [Fact],
}

/// What must hold, where it is declared, and where it ends.
pub(super) struct Fact {
    pub(super) says: &'static str,
    pub(super) declared: &'static str,
    pub(super) ends: &'static [&'static str],
}

const fn fact(says: &'static str, declared: &'static str, ends: &'static [&'static str]) -> Fact {
    Fact { says, declared, ends }
}

#[rustfmt::skip]
pub(super) const SYSTEMS: &[System] = &[
    System { name: "identity", facts: &[
        fact("OAuth 2.0 code flow with PKCE S256 and state", "edition 2026: OAuth 2.1: code flow, PKCE with S256 and state, always", &[r#"token/policy.json /clients/dashboard/type = "public""#]),
        fact("GitHub, asked for `read:user user:email`", r#"rules/identity.kdl: scopes "read:user" "user:email""#, &[r#"token/policy.json /login/providers/github/scopes = ["read:user", "user:email"]"#]),
        fact("GitHub's `repo` only when it is needed", r#"rules/identity.kdl: step-up "repositories" { scopes "repo" }"#, &[r#"token/policy.json /login/providers/github/step_up/repositories = ["repo"]"#]),
        fact("Google, asked for `openid email profile`", r#"rules/identity.kdl: scopes "openid" "email" "profile""#, &[r#"token/policy.json /login/providers/google/scopes = ["email", "openid", "profile"]"#]),
        fact("login state is kept for 10 minutes", "edition 2026: login-state \"10m\"", &["token/policy.json /login/state_seconds = 600"]),
    ]},
    System { name: "tokens", facts: &[
        fact("a token says `sub email roles team_ids`; `iat exp iss aud jti` are in all", r#"rules/identity.kdl: claims "sub" "email" "roles" "team_ids""#, &[r#"token/policy.json /tokens/access/claims = ["sub", "email", "roles", "team_ids"]"#]),
        fact("the issuer is `railway-auth`, at its public address", r#"rules/identity.kdl: issuer "railway-auth" service="control-plane/auth""#, &[r#"token/policy.json /issuer = {"name": "railway-auth", "address": "https://auth.railway.example"}"#]),
        fact("the audience is `railway-api`", r#"rules/identity.kdl: audience "railway-api""#, &[r#"token/policy.json /audience = "railway-api""#]),
        fact("an access token lives for 15 minutes (7 days are the most that any tree can say)", r#"rules/identity.kdl: access-token "15m""#, &["token/policy.json /tokens/access/lifetime_seconds = 900"]),
        fact("a refresh token lives for 30 days, 7 when idle, and is rotated at each use", r#"rules/identity.kdl: refresh-token "30d" idle="7d" grace="5s""#, &[r#"token/policy.json /tokens/refresh = {"lifetime_seconds": 2592000, "idle_seconds": 604800, "grace_seconds": 5}"#]),
        fact("revoked tokens are remembered by `jti`, longer than they live", r#"rules/identity.kdl: revocations database="platform" table="revoked_tokens""#, &[r#"token/policy.json /tokens/revocations/table = {"database": "platform", "table": "revoked_tokens"}"#, r#"export /databases/platform/tables/revoked_tokens/retain/time = "7d""#]),
        fact("tokens are signed with EdDSA", "edition 2026: algorithm=\"EdDSA\"", &[r#"token/policy.json /tokens/signing_key/algorithm = "EdDSA""#]),
        fact("signing keys are replaced every 90 days", "edition 2026: every=\"90d\"", &["token/policy.json /tokens/signing_key/rotate_seconds = 7776000"]),
    ]},
    System { name: "MFA", facts: &[
        fact("TOTP", r#"rules/identity.kdl: mfa "totp""#, &[r#"token/policy.json /mfa/method = "totp""#]),
        fact("8 backup codes", "edition 2026: backup-codes 8", &["token/policy.json /mfa/backup_codes = 8"]),
        fact("required for owners, admins and administrators of the platform", r#"rules/identity.kdl: required-for platform-role="admin""#, &[r#"export /auth/mfa/required_for = [{"role": "admin"}, {"role": "owner"}, {"platform_role": "admin"}]"#]),
    ]},
    System { name: "RBAC", facts: &[
        fact("20 permissions of six resources", r#"rules/access.kdl: resource "billing" in="team" { action "read"; action "manage" }"#, &[r#"opa/data.json /trackside/declared/permissions/billing:manage = {"resource": "billing", "in": "team"}"#]),
        fact("`owner` may do everything", r#"rules/access.kdl: role "owner" { allow "*:*" }"#, &["opa/data.json /trackside/declared/roles/owner/team:manage = true", "opa/data.json /trackside/declared/roles/owner/billing:manage = true"]),
        fact("`admin` may do all but manage the team and billing", r#"rules/access.kdl: except "team:manage" "billing:*""#, &["opa/data.json /trackside/declared/roles/admin/project:delete = true", "opa/data.json /trackside/declared/roles/admin/team:manage = null", "opa/data.json /trackside/declared/roles/admin/billing:read = null"]),
        fact("`developer` inherits what `viewer` may, and deploys", r#"rules/access.kdl: inherits role="viewer""#, &[r#"opa/data.json /trackside/declared/roles/developer = {"database:read": true, "database:update": true, "project:read": true, "project:update": true, "service:create": true, "service:deploy": true, "service:read": true, "service:update": true}"#]),
        fact("`viewer` reads projects, services and databases", r#"rules/access.kdl: role "viewer" { allow "project:read" "service:read" "database:read" }"#, &[r#"opa/data.json /trackside/declared/roles/viewer = {"database:read": true, "project:read": true, "service:read": true}"#]),
        fact("on the platform, `admin` may do everything", r#"rules/access.kdl: platform-role "admin" { allow "*:*" }"#, &["opa/data.json /trackside/declared/platform_roles/admin/billing:manage = true"]),
        fact("a user creates projects, and has the rest as owner", r#"rules/access.kdl: allow "project:read" "project:update" "project:delete" when="owner""#, &["opa/data.json /trackside/declared/platform_roles/user/project:create = true", r#"opa/data.json /trackside/declared/platform_roles/user/project:delete = ["owner"]"#, r#"opa/data.json /trackside/declared/platform_roles/user/service:deploy = ["project-owner"]"#]),
        fact("`readonly` reads what is shared", r#"rules/access.kdl: platform-role "readonly" { allow "*:read" when="shared" }"#, &[r#"opa/data.json /trackside/declared/platform_roles/readonly/service:read = ["shared"]"#]),
        fact("whoever registers is a `user`", r#"rules/access.kdl: newcomer platform-role="user""#, &[r#"opa/data.json /trackside/declared/newcomer = "user""#]),
        fact("whoever creates a project owns it", r#"rules/access.kdl: creator role="owner""#, &[r#"opa/data.json /trackside/declared/resources/project/creator_role = "owner""#]),
        fact("grants in a team", r#"teams/all.kdl: member "bo@example.com" role="developer""#, &[r#"opa/data.json /trackside/declared/teams/payments/members/bo@example.com = ["developer"]"#]),
        fact("grants in one project alone", r#"projects/shop.kdl: member "dee@example.com" role="viewer""#, &[r#"opa/data.json /trackside/declared/projects/shop/members/dee@example.com = ["viewer"]"#]),
        fact("a system administrator carries a flag", r#"rules/access.kdl: person "root@railway.example" platform-role="admin" system-administrator=#true"#, &["opa/data.json /trackside/declared/persons/root@railway.example/system_administrator = true"]),
    ]},
    System { name: "API authorization", facts: &[
        fact("what nothing allows is refused", "edition 2026: What no role allows is refused, and so is every request that no route names.", &["opa/policy/authz.rego has default allow := false"]),
        fact("`GET /projects/{project}`: any role in the project", r#"rules/api.kdl: route "GET /projects/{project}" needs="project:read""#, &[r#"export /apis/railway-api/routes/GET ~1projects~1{project}/needs/permission/permission = "project:read""#]),
        fact("`POST /projects`: an active subscription", r#"rules/api.kdl: subscription "active""#, &[r#"export /apis/railway-api/routes/POST ~1projects/subscription = "active""#]),
        fact("`DELETE /projects/{project}`: owners only, although `admin` holds `project:delete`", r#"rules/api.kdl: needs="project:delete" { only role="owner" }"#, &[r#"export /apis/railway-api/routes/DELETE ~1projects~1{project}/only = [{"role": "owner"}]"#]),
        fact("`POST /deployments`: who may deploy the service", r#"rules/api.kdl: needs="service:deploy" target="body.service_id" counter="deployments""#, &[r#"export /apis/railway-api/routes/POST ~1deployments/counter = "deployments""#]),
        fact("`POST /teams/{team}/members`: owners and admins of the team", r#"rules/api.kdl: needs="team:invite" { only role="owner"; only role="admin" }"#, &[r#"export /apis/railway-api/routes/POST ~1teams~1{team}~1members/only = [{"role": "admin"}, {"role": "owner"}]"#]),
        fact("`GET /billing`: `billing:read` in the team that is asked for", r#"rules/api.kdl: needs="billing:read" target="query.team_id""#, &[r#"export /apis/railway-api/routes/GET ~1billing/needs/permission/permission = "billing:read""#]),
    ]},
    System { name: "pod security", facts: &[
        fact("namespaces enforce, audit and warn by `restricted`", "edition 2026: Namespaces enforce, audit and warn by the Pod Security Standard `restricted`.", &[r#"kubernetes/shop.yaml Namespace/railway-shop /metadata/labels/pod-security.kubernetes.io~1enforce = "restricted""#, r#"kubernetes/shop.yaml Namespace/railway-shop /metadata/labels/pod-security.kubernetes.io~1audit = "restricted""#, r#"kubernetes/shop.yaml Namespace/railway-shop /metadata/labels/pod-security.kubernetes.io~1warn = "restricted""#]),
        fact("processes are not root", "edition 2026: Processes are not root.", &["kubernetes/shop.yaml Deployment/web /spec/template/spec/securityContext/runAsNonRoot = true"]),
        fact("user, group and group of files are 1001", "edition 2026: `run-as 1001 group=1001 fs-group=1001`", &["kubernetes/shop.yaml Deployment/web /spec/template/spec/securityContext/runAsUser = 1001", "kubernetes/shop.yaml Deployment/web /spec/template/spec/securityContext/runAsGroup = 1001", "kubernetes/shop.yaml Deployment/web /spec/template/spec/securityContext/fsGroup = 1001"]),
        fact("system calls are filtered", "edition 2026: System calls are filtered by the runtime's default profile.", &[r#"kubernetes/shop.yaml Deployment/web /spec/template/spec/securityContext/seccompProfile = {"type": "RuntimeDefault"}"#]),
        fact("no privileges, no capabilities, a read-only root", "edition 2026: Containers have no Linux capabilities.", &[r#"kubernetes/shop.yaml Deployment/web /spec/template/spec/containers/0/securityContext = {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true}"#]),
        fact("`/tmp` and a cache can be written to", r#"rules/workloads.kdl: scratch "/app/.cache" up-to="256Mi""#, &[r#"kubernetes/shop.yaml Deployment/web /spec/template/spec/volumes/0/emptyDir/sizeLimit = "256Mi""#, r#"kubernetes/shop.yaml Deployment/web /spec/template/spec/volumes/1 = {"name": "scratch-tmp", "emptyDir": {"sizeLimit": "64Mi"}}"#]),
        fact("requests are 50m and 64Mi, limits 500m and 512Mi", "edition 2026: `resources cpu=\"50m..500m\" memory=\"64Mi..512Mi\"`", &[r#"kubernetes/shop.yaml Deployment/api /spec/template/spec/containers/0/resources/requests/cpu = "50m""#, r#"kubernetes/shop.yaml Deployment/api /spec/template/spec/containers/0/resources/limits/memory = "512Mi""#]),
    ]},
    System { name: "network", facts: &[
        fact("nothing in, nothing out", "edition 2026: Nothing may talk to anything that is not declared", &[r#"kubernetes/shop.yaml NetworkPolicy/default-deny /spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}"#, r#"kubernetes/analytics.yaml NetworkPolicy/default-deny /spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}"#]),
        fact("the gateway reaches public services on 8080", r#"projects/shop.kdl: public host="shop""#, &["kubernetes/shop.yaml NetworkPolicy/web-ingress /spec/ingress/0/ports/0/port = 8080", r#"kubernetes/shop.yaml NetworkPolicy/web-ingress /spec/ingress/0/from/0/namespaceSelector/matchLabels = {"kubernetes.io/metadata.name": "envoy-gateway-system"}"#]),
        fact("the application reaches its database on 5432", r#"projects/shop.kdl: reaches database="orders""#, &[r#"kubernetes/shop.yaml NetworkPolicy/api-egress /spec/egress/2 = {"ports": [{"port": 5432, "protocol": "TCP"}], "to": [{"ipBlock": {"cidr": "10.8.41.0/24"}}]}"#]),
        fact("and redis on 6379", r#"projects/shop.kdl: reaches use="cache""#, &["kubernetes/shop.yaml NetworkPolicy/api-egress /spec/egress/1/ports/0/port = 6379", r#"kubernetes/shop.yaml NetworkPolicy/cache-ingress /spec/ingress/0/from/0/podSelector/matchLabels/app.kubernetes.io~1name = "api""#]),
        fact("names are asked of the cluster's DNS, over udp and tcp", r#"platform.kdl: dns namespace="kube-system" label="k8s-app=kube-dns""#, &[r#"kubernetes/shop.yaml NetworkPolicy/api-egress /spec/egress/0/ports = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]"#]),
        fact("outside is 443 and 80, without private addresses and the metadata service", r#"rules/workloads.kdl: external "https" { ports "443/tcp" }"#, &["kubernetes/shop.yaml NetworkPolicy/web-egress has 169.254.0.0/16", "kubernetes/shop.yaml NetworkPolicy/web-egress has port: 443", "kubernetes/shop.yaml NetworkPolicy/web-egress has port: 80"]),
        fact("tenants are apart; one edge crosses, because both say so", r#"projects/shop.kdl: offers project="analytics""#, &[r#"kubernetes/shop.yaml NetworkPolicy/api-ingress /spec/ingress/0/from/0/namespaceSelector/matchLabels = {"kubernetes.io/metadata.name": "railway-analytics"}"#]),
    ]},
    System { name: "images", facts: &[
        fact("images come from one registry", r#"rules/workloads.kdl: registries "ghcr.io/acme""#, &["kubernetes/platform.yaml ValidatingAdmissionPolicy/railway-images has startsWith('ghcr.io/acme/')"]),
        fact("images are pinned by digest", "edition 2026: Images are pinned by digest.", &["kubernetes/platform.yaml ValidatingAdmissionPolicy/railway-images has @sha256:[a-f0-9]{64}$"]),
        fact("high and critical vulnerabilities fail", r#"rules/workloads.kdl: vulnerabilities up-to="medium""#, &["ci/github/trackside.yml has HIGH,CRITICAL"]),
    ]},
    System { name: "edge", facts: &[
        fact("a tunnel of two replicas", r#"rules/api.kdl: edge "cloudflare" implementation="cloudflare-tunnel" gateway="private""#, &["kubernetes/platform.yaml Deployment/cloudflare /spec/replicas = 2"]),
        fact("out to 7844, tcp and udp", r#"rules/workloads.kdl: ports "7844/tcp" "7844/udp""#, &[r#"kubernetes/platform.yaml NetworkPolicy/cloudflare-egress /spec/egress/1/ports = [{"port": 7844, "protocol": "TCP"}, {"port": 7844, "protocol": "UDP"}]"#]),
        fact("ready when `/ready` says so on 2000", r#"rules/api.kdl: health "/ready""#, &[r#"kubernetes/platform.yaml Deployment/cloudflare /spec/template/spec/containers/0/readinessProbe/httpGet = {"path": "/ready", "port": 2000}"#]),
        fact("hosts of the API and the dashboard, 404 otherwise", r#"projects/control-plane.kdl: public host="api" edge="cloudflare""#, &["kubernetes/platform.yaml ConfigMap/cloudflare has hostname: api.railway.example", "kubernetes/platform.yaml ConfigMap/cloudflare has hostname: dashboard.railway.example", "kubernetes/platform.yaml ConfigMap/cloudflare has service: http_status:404"]),
        fact("HSTS for a year, with all below, preloaded", r#"rules/api.kdl: hsts "365d" subdomains=#true preload=#true"#, &[r#"kubernetes/control-plane.yaml HTTPRoute/api.api.railway.example /spec/rules/0/filters/0/responseHeaderModifier/set/0 = {"name": "strict-transport-security", "value": "max-age=31536000; includeSubDomains; preload"}"#]),
        fact("a content policy", r#"rules/api.kdl: csp { default "none" }"#, &["kubernetes/control-plane.yaml HTTPRoute/api.api.railway.example has default-src 'none'", "kubernetes/control-plane.yaml HTTPRoute/dashboard.dashboard.railway.example has connect-src 'self' https://api.railway.example"]),
        fact("pages stand in no frame", "edition 2026: `frame \"none\"`", &["kubernetes/control-plane.yaml HTTPRoute/api.api.railway.example has value: DENY"]),
        fact("CORS for the dashboard, with credentials, GET POST PUT DELETE OPTIONS", r#"rules/api.kdl: methods "GET" "POST" "PUT" "DELETE" "OPTIONS""#, &[r#"kubernetes/control-plane.yaml SecurityPolicy/api /spec/cors/allowOrigins = ["https://dashboard.railway.example"]"#, r#"kubernetes/control-plane.yaml SecurityPolicy/api /spec/cors/allowMethods = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]"#, "kubernetes/control-plane.yaml SecurityPolicy/api /spec/cors/allowCredentials = true"]),
        fact("and remembered for a day", r#"rules/api.kdl: max-age "24h""#, &[r#"kubernetes/control-plane.yaml SecurityPolicy/api /spec/cors/maxAge = "24h""#]),
        fact("certificates by cert-manager", r#"platform.kdl: certificate issuer="letsencrypt""#, &[r#"kubernetes/platform.yaml Certificate/railway-public /spec/issuerRef/name = "letsencrypt""#]),
    ]},
    System { name: "rate tiers", facts: &[
        fact("per 15 minutes 100, 1,000 or 10,000 requests", r#"rules/api.kdl: limit counter="requests" 10_000 within="15m""#, &[r#"opa/data.json /trackside/declared/rate_tiers/free/limits/requests = [{"count": 100, "seconds": 900}]"#, r#"opa/data.json /trackside/declared/rate_tiers/pro/limits/requests = [{"count": 1000, "seconds": 900}]"#, r#"opa/data.json /trackside/declared/rate_tiers/enterprise/limits/requests = [{"count": 10000, "seconds": 900}]"#]),
        fact("per hour 10, 100 or 1,000 deployments", r#"rules/api.kdl: limit counter="deployments" 1_000 within="1h""#, &[r#"opa/data.json /trackside/declared/rate_tiers/free/limits/deployments = [{"count": 10, "seconds": 3600}]"#, r#"opa/data.json /trackside/declared/rate_tiers/pro/limits/deployments = [{"count": 100, "seconds": 3600}]"#, r#"opa/data.json /trackside/declared/rate_tiers/enterprise/limits/deployments = [{"count": 1000, "seconds": 3600}]"#]),
        fact("only failed deployments count", r#"rules/api.kdl: counter "deployments" only="failed""#, &[r#"opa/data.json /trackside/declared/apis/railway-api/limits/counters/deployments = {"routes": "named", "only": "failed"}"#]),
        fact("slower after 50 requests: by 500 ms each, up to 10 s", r#"rules/api.kdl: slow-down from=50 add="500ms" up-to="10s""#, &[r#"opa/data.json /trackside/declared/apis/railway-api/limits/slow_down = {"counter": "requests", "from": 50, "add_ms": 500, "up_to_ms": 10000}"#]),
        fact("counted by user, else by address", r#"rules/api.kdl: key "user" else="address" anonymous="free""#, &[r#"opa/data.json /trackside/declared/apis/railway-api/limits/key = {"by": "user", "anonymous": "free"}"#]),
    ]},
    System { name: "database", facts: &[
        fact("TLS, and the server is who it says", "edition 2026: tls=\"verify-full\"", &[r#"export /databases/platform/server/outside/tls = "verify-full""#]),
        fact("a user sees itself", r#"rules/data.kdl: rows read="owner" write="owner" // a user sees itself"#, &[r#"export /databases/platform/tables/users/rows/0/read = "owner""#]),
        fact("a project is seen by its owner and by members of its teams", r#"rules/data.kdl: rows read="member" through="team_id""#, &["export /databases/platform/tables/projects has \"member\""]),
        fact("the current user is `app.current_user_id`, of `application_role`", "edition 2026: `current-user \"app.current_user_id\"`", &[r#"export /databases/platform/current_user = "app.current_user_id""#, r#"export /databases/platform/application_role = "application_role""#]),
        fact("variables and provider tokens are encrypted", r#"rules/data.kdl: column "value" "text" encrypted=#true"#, &["export /databases/platform/tables/environment_variables/columns/2/encrypted = true", "export /databases/platform/tables/provider_accounts/columns/2/encrypted = true"]),
    ]},
    System { name: "secrets", facts: &[
        fact("sealed with age, in git", r#"projects/shop.kdl: env "STRIPE_KEY" secret="stripe-key""#, &["kubernetes/shop.yaml Deployment/api has name: stripe-key"]),
        fact("or in Vault, KV v2", r#"environments/production.kdl: (vault)"secret/projects/shop/database""#, &["kubernetes/shop.yaml ExternalSecret/orders-login has projects/shop/database", r#"kubernetes/shop.yaml SecretStore/main.secret /spec/provider/vault/version = "v2""#]),
        fact("who reads and who writes a secret", r#"environments/production.kdl: readable-by team="payments""#, &[r#"export /projects/shop/secrets/stripe-key/readers = [{"team": "payments"}]"#]),
    ]},
    System { name: "retention, GDPR", facts: &[
        fact("account data goes 90 days after deletion", r#"rules/data.kdl: erasure database="platform" wait="90d" after="users.deleted_at""#, &[r#"export /erasures/platform/wait/time = "90d""#]),
        fact("revoked tokens are kept for 7 days", r#"rules/data.kdl: retain "7d" after="revoked_at""#, &[r#"export /databases/platform/tables/revoked_tokens/retain/time = "7d""#]),
        fact("each table says how long it keeps", r#"rules/data.kdl: retain "3650d" after="issued_at""#, &[r#"export /databases/platform/tables/invoices/retain/time = "3650d""#]),
        fact("requests for access, rectification, erasure and portability", r#"rules/data.kdl: request "portability" answer-in="30d" { format "json" "csv" }"#, &[r#"export /requests/access/answer_in = "30d""#, r#"export /requests/portability/formats = ["json", "csv"]"#]),
        fact("erasure deletes deployments, projects and usage, in this order", r#"rules/data.kdl: delete "deployments" "projects" "usage" "provider_accounts" "team_members""#, &[r#"export /erasures/platform/delete/0/table = "deployments""#, r#"export /erasures/platform/delete/1/table = "projects""#, r#"export /erasures/platform/delete/2/table = "usage""#]),
        fact("the audit log keeps `DELETED_USER` and `deleted@privacy.local`", r#"rules/data.kdl: erase="DELETED_USER""#, &[r#"export /erasures/platform/pseudonymise/0/table = "audit_log""#, "export /databases/platform/tables/audit_log/columns/4 has deleted@privacy.local"]),
        fact("nobody is erased while an invoice is open", r#"rules/data.kdl: refuse-while obligation="open-invoice""#, &[r#"export /erasures/platform/refuse_while = ["open-invoice"]"#, r#"export /obligations/open-invoice/where = "paid_at is null""#]),
    ]},
    System { name: "audit", facts: &[
        fact("eight events", r#"rules/audit.kdl: "permission_denied" "suspicious_activity" "data_access" "configuration_change""#, &[r#"export /audit/actions/login_success = "event""#, r#"export /audit/actions/configuration_change = "event""#]),
        fact("ten fields", r#"rules/audit.kdl: fields "id" "time" "actor" "address" "agent" "action" "resource" "result" "risk" "metadata""#, &[r#"export /audit/fields = ["id", "time", "actor", "address", "agent", "action", "resource", "result", "risk", "metadata"]"#]),
        fact("granting, key rotation and switching audit off are critical", r#"rules/audit.kdl: risk "critical" { match "system.admin.grant" "security.key.rotate" "audit.disable" }"#, &[r#"export /audit/risks/0 = {"level": "critical", "match": ["audit.disable", "security.key.rotate", "system.admin.grant"], "results": []}"#]),
        fact("deleting is high, and so is everything unauthorized", r#"rules/audit.kdl: result "unauthorized""#, &[r#"export /audit/risks/1/results = ["unauthorized"]"#]),
        fact("what fails is medium, the rest low", r#"rules/audit.kdl: risk "medium" { result "failure" }"#, &[r#"export /audit/risks/2 = {"level": "medium", "match": [], "results": ["failure"]}"#]),
        fact("records go to a table", r#"rules/audit.kdl: sink "table" database="platform" table="audit_log""#, &["token/policy.json /audit/sinks/table has audit_log"]),
        fact("and to a SIEM, signed", r#"rules/audit.kdl: sink "siem" webhook="https://siem.railway.example/in""#, &["token/policy.json /audit/sinks/siem has https://siem.railway.example/in"]),
        fact("high and critical alert", r#"rules/audit.kdl: alert channel="security" { risks "high" "critical" }"#, &[r#"export /audit/alerts = [{"channel": "security", "risks": ["high", "critical"]}]"#]),
    ]},
    System { name: "incidents", facts: &[
        fact("answered in 15 minutes, an hour, four hours, a business day", r#"rules/audit.kdl: severity "P4" answer-in="1 business day""#, &[r#"export /severities/P1/answer_in = "15m""#, r#"export /severities/P2/answer_in = "1h""#, r#"export /severities/P3/answer_in = "4h""#, r#"export /severities/P4/answer_in = "1 business day""#]),
        fact("repeated failed logins lock for an hour, tell the user, alert", r#"rules/audit.kdl: on "login_failure" count=5 within="10m" per="user""#, &[r#"export /incidents/failed-logins/response/lock = {"for": "1h"}"#, r#"export /incidents/failed-logins/response/notify = ["user"]"#]),
        fact("privilege escalation ends all sessions and locks until it is reviewed", r#"rules/audit.kdl: lock until="reviewed""#, &[r#"export /incidents/privilege-escalation/response/lock = "until_reviewed""#, r#"export /incidents/privilege-escalation/response/revoke_sessions = "user""#, r#"export /incidents/privilege-escalation/response/alerts = [{"channel": "security", "risk": "critical"}]"#]),
        fact("P1: maintenance for an hour, all sessions end, the state is kept", r#"rules/audit.kdl: maintenance "1h""#, &[r#"export /incidents/platform-down/response/maintenance = "1h""#, r#"export /incidents/platform-down/response/revoke_sessions = "all""#, r#"export /incidents/platform-down/response/capture = ["state"]"#]),
    ]},
    System { name: "compliance", facts: &[
        fact("SOC 2 CC1.1, CC6.1, CC6.2, CC6.3, CC7.1, CC7.2, A1.1", r#"rules/compliance.kdl: control "soc2:A1.1""#, &["export /controls/soc2:CC1.1 has duties-separated", "export /controls/soc2:A1.1 has limits-set"]),
        fact("GDPR", r#"rules/compliance.kdl: control "gdpr:art-17""#, &["export /controls/gdpr:art-17 has erasure-complete"]),
        fact("what no tool can see is said, with who answers for it", r#"rules/compliance.kdl: outside "code of conduct and board oversight" team="platform""#, &["export /controls/soc2:CC1.1 has code of conduct and board oversight"]),
    ]},
    System { name: "input rules", facts: &[
        fact("names of up to 100, descriptions of up to 500 characters", r#"rules/api.kdl: field "name" "text" length="1..100""#, &[r#"opa/data.json /trackside/declared/inputs/project/fields/name/length = {"from": 1, "to": 100}"#, r#"opa/data.json /trackside/declared/inputs/project/fields/description/length = {"from": 0, "to": 500}"#]),
        fact("repositories on GitHub", r##"rules/api.kdl: pattern=#"https://github\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+"#"##, &[r#"opa/data.json /trackside/declared/inputs/project/fields/repository/pattern = "^(?:https://github\\.com/[A-Za-z0-9-]+/[A-Za-z0-9._-]+)$""#]),
        fact("one of five frameworks", r#"rules/api.kdl: one-of "nodejs" "python" "golang" "rust" "php""#, &[r#"opa/data.json /trackside/declared/inputs/project/fields/framework/one_of = ["golang", "nodejs", "php", "python", "rust"]"#]),
        fact("names of variables", r#"rules/api.kdl: field "name" "text" pattern="[A-Z_][A-Z0-9_]*""#, &[r#"opa/data.json /trackside/declared/inputs/environment-variable/fields/name/pattern = "^(?:[A-Z_][A-Z0-9_]*)$""#]),
    ]},
    System { name: "CI security", facts: &[
        fact("a workflow that checks the tree", r#"rules/compliance.kdl: ci "github""#, &["ci/github/trackside.yml has trackside check"]),
        fact("images are scanned", r#"rules/compliance.kdl: image-scan "trivy""#, &["ci/github/trackside.yml has trivy"]),
        fact("Dockerfiles are linted", r#"rules/compliance.kdl: dockerfile-lint "hadolint""#, &["ci/github/trackside.yml has hadolint"]),
        fact("findings are kept beside the code", "rules/compliance.kdl: sarif upload=#true", &["ci/github/trackside.yml has upload-sarif"]),
    ]},
];
