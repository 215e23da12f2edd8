//! A copy of `examples/railway` with very many slips of the fingers at once: `check --fix` mends most of them, and leaves the
//! others as they are, reported.

use trackside::diagnostic::Diagnostic;
use trackside::mend::{Mended, meanings, mend};

use super::railway::{
    ACCESS, ANALYTICS, API, AUDIT, COMPLIANCE, CONTROL_PLANE, DATA, IDENTITY, PRODUCTION, REDIS, ROOT, SHOP,
    STAGING, TEAMS, WORKLOADS,
};
use super::{Change, Files, copy, lines, plant, selection, tree};

#[rustfmt::skip]
const TYPOS: &[Change] = &[
    // Words of the language.
    Change { file: ROOT, from: r#"postgresql "15""#, to: r#"postgresq "15""# },
    Change { file: ROOT, from: r#"gateway "public""#, to: r#"gatway "public""# },
    Change { file: ROOT, from: "certificate issuer", to: "certifcate issuer" },
    Change { file: SHOP, from: r#"cron "invoice-run""#, to: r#"crom "invoice-run""# },
    Change { file: SHOP, from: r#"description "Web shop""#, to: r#"descripton "Web shop""# },
    Change { file: SHOP, from: "component=\"redis\" {\n        memory", to: "component=\"redis\" {\n        memroy" },
    Change { file: SHOP, from: r#"waive "read-only"#, to: r#"wavie "read-only"# },
    Change { file: SHOP, from: r#"erasure database="orders""#, to: r#"erasrue database="orders""# },
    Change { file: CONTROL_PLANE, from: "framework=\"nodejs\" {\n        image", to: "framework=\"nodejs\" {\n        Image" },
    Change { file: CONTROL_PLANE, from: r#"project "control-plane""#, to: r#"Project "control-plane""# },
    Change { file: ACCESS, from: "newcomer ", to: "new-comer " },
    Change { file: ACCESS, from: r#"platform-role "user" {"#, to: r#"platform_role "user" {"# },
    Change { file: ACCESS, from: r#"separate "billing:manage""#, to: r#"seperate "billing:manage""# },
    Change { file: API, from: "slow-down from", to: "slowdown from" },
    Change { file: API, from: r#"max-age "24h""#, to: r#"maxage "24h""# },
    Change { file: API, from: r#"connect "self" {"#, to: r#"conect "self" {"# },
    Change { file: AUDIT, from: r#"working-hours "Mon""#, to: r#"workinghours "Mon""# },
    Change { file: AUDIT, from: r#"    maintenance "1h""#, to: r#"    maintainance "1h""# },
    Change { file: AUDIT, from: "    by-hand\n", to: "    byhand\n" },
    Change { file: DATA, from: r#"pseudonymise "audit_log""#, to: r#"pseudonymize "audit_log""# },
    Change { file: DATA, from: "encryption secret", to: "encription secret" },
    Change { file: IDENTITY, from: r#"step-up "repositories""#, to: r#"stepup "repositories""# },
    Change { file: IDENTITY, from: r#"    issuer "railway"#, to: r#"    isuer "railway"# },
    Change { file: WORKLOADS, from: "vulnerabilities up-to", to: "vulnerabilites up-to" },
    Change { file: REDIS, from: "    body {", to: "    bdy {" },
    Change { file: COMPLIANCE, from: r#"dockerfile-lint "hadolint""#, to: r#"docker-file-lint "hadolint""# },
    // Names of properties.
    Change { file: SHOP, from: r#"schedule="15"#, to: r#"scedule="15"# },
    Change { file: SHOP, from: r#"up-to="30m""#, to: r#"upto="30m""# },
    Change { file: ROOT, from: r#"label="k8s-app"#, to: r#"lable="k8s-app"# },
    Change { file: ACCESS, from: "system-administrator=", to: "system-adminstrator=" },
    Change { file: API, from: r#"anonymous="free""#, to: r#"anonymus="free""# },
    Change { file: API, from: r#"subscription "active""#, to: r#"subscripton "active""# },
    Change { file: DATA, from: "\"cascade\" owner=#true subject=#true\n        primary-key \"team_id\"", to: "\"cascade\" ownr=#true subject=#true\n        primary-key \"team_id\"" },
    Change { file: DATA, from: "through=\"project_id\"\n        rows read=\"member\"", to: "trough=\"project_id\"\n        rows read=\"member\"" },
    Change { file: IDENTITY, from: r#"idle="7d""#, to: r#"idel="7d""# },
    Change { file: WORKLOADS, from: "up-to=\"256Mi\"", to: "upto=\"256Mi\"" },
    // Names of others.
    Change { file: ANALYTICS, from: r#"team="data""#, to: r#"team="dta""# },
    Change { file: ANALYTICS, from: r#"reaches service="shop/api""#, to: r#"reaches service="shop/apy""# },
    Change { file: CONTROL_PLANE, from: r#"reaches service="auth""#, to: r#"reaches service="auht""# },
    Change { file: CONTROL_PLANE, from: r#"host="dashboard" edge="cloudflare""#, to: r#"host="dashboard" edge="cloudfare""# },
    Change { file: SHOP, from: r#"reaches service="pdf""#, to: r#"reaches service="PDF""# },
    Change { file: SHOP, from: r#"secret="stripe-key""#, to: r#"secret="stripe_key""# },
    Change { file: ACCESS, from: r#"inherits role="viewer""#, to: r#"inherits role="veiwer""# },
    Change { file: API, from: r#"needs="project:update""#, to: r#"needs="project:updat""# },
    Change { file: AUDIT, from: r#"lock until="reviewed""#, to: r#"lock until="reveiwed""# },
    Change { file: DATA, from: "references=\"users.id\" owner=#true\n        rows read=\"owner\" write=\"owner\"\n        rows read=\"member\"\n", to: "references=\"user.id\" owner=#true\n        rows read=\"owner\" write=\"owner\"\n        rows read=\"member\"\n" },
    Change { file: DATA, from: r#"refuse-while obligation="open-invoice""#, to: r#"refuse-while obligation="open-invoices""# },
    Change { file: IDENTITY, from: r#"client-secret secret="google-oauth""#, to: r#"client-secret secret="google-oath""# },
    Change { file: STAGING, from: r#"(override)provider "github""#, to: r#"(overide)provider "github""# },
    Change { file: STAGING, from: "(remove)cron", to: "(remvoe)cron" },
    // Words of a few.
    Change { file: SHOP, from: r#"engine="postgresql""#, to: r#"engine="postgres""# },
    Change { file: SHOP, from: r#"column "user_id" "uuid""#, to: r#"column "user_id" "uid""# },
    Change { file: ROOT, from: r#"implementation="envoy-gateway" namespace="envoy-gateway-system" {"#, to: r#"implementation="envoy_gateway" namespace="envoy-gateway-system" {"# },
    Change { file: ACCESS, from: r#"resource "billing" in="team""#, to: r#"resource "billing" in="teem""# },
    Change { file: ACCESS, from: r#"unless="approved""#, to: r#"unless="aproved""# },
    Change { file: API, from: r#"csp { default "none" }"#, to: r#"csp { default "non" }"# },
    Change { file: API, from: r#"only="failed""#, to: r#"only="faild""# },
    Change { file: AUDIT, from: r#"risk "medium" {"#, to: r#"risk "meduim" {"# },
    Change { file: AUDIT, from: r#""Wed" "#, to: r#""wed" "# },
    Change { file: AUDIT, from: r#"result="unauthorized""#, to: r#"result="unauthorised""# },
    Change { file: IDENTITY, from: r#"client "dashboard" type="public""#, to: r#"client "dashboard" type="pubilc""# },
    Change { file: REDIS, from: r#""password" "secret""#, to: r#""password" "secert""# },
    // Quotes, keywords, units.
    Change { file: ROOT, from: r#"edition="2026""#, to: "edition=2026" },
    Change { file: ROOT, from: r#"kubernetes "1.35""#, to: "kubernetes 1.35" },
    Change { file: SHOP, from: "env \"LOG_LEVEL\" \"info\"\n", to: "env \"LOG_LEVEL\" \"info\n" },
    Change { file: SHOP, from: r#"quota cpu="18" memory="16Gi""#, to: r#"quota cpu="18" memory="16GiB""# },
    Change { file: ANALYTICS, from: r#"cpu="4" memory="8Gi""#, to: r#"cpu="4" memory=8Gi"# },
    Change { file: CONTROL_PLANE, from: "health \"/healthz\"\n        public host=\"auth\"", to: "health path=/healthz\n        public host='auth'" },
    Change { file: COMPLIANCE, from: "upload=#true", to: "upload=true" },
    Change { file: API, from: "credentials #true", to: "credentials yes" },
    Change { file: DATA, from: r#"wait="90d""#, to: r#"wait="90 days""# },
    Change { file: IDENTITY, from: r#"access-token "15m""#, to: r#"access-token "15min""# },
    Change { file: IDENTITY, from: r#"refresh-token "30d""#, to: "refresh-token 30d" },
    Change { file: AUDIT, from: r#"severity "P3" answer-in="4h""#, to: r#"severity "P3" answer-in="4 hours""# },
    Change { file: WORKLOADS, from: "// Non-root,", to: "# Non-root," },
    Change { file: WORKLOADS, from: r#"ports "80/tcp""#, to: r#"ports "80/TCP""# },
    Change { file: API, from: r#"limit counter="requests" 10_000 within"#, to: r#"limit counter="requests" "10_000" within"# },
    Change { file: PRODUCTION, from: "default=#true", to: "default=#True" },
    Change { file: TEAMS, from: r#"rate-tier="pro""#, to: r#"rate-tier=pro""# },
    Change { file: TEAMS, from: r#"member "dee@example.com" role="viewer""#, to: r#"member "dee@example.com role="viewer""# },
    Change { file: SHOP, from: r#"env "STRIPE_KEY" secret"#, to: r#"env "STRIPE_KEY secret"# },
    Change { file: AUDIT, from: r#"severity="P2""#, to: r#"severity="p2""# },
];

/// How many of a hundred are mended at least.
const LEAST: usize = 80;

#[test]
fn most_typos_are_mended_and_the_tree_means_what_it_meant() {
    let original = copy("examples/railway");
    let mut files = original.clone();
    plant(&mut files, TYPOS.iter().copied());
    let broken = tree(&files);
    let Mended { changes, after, .. } = mend(&broken, &selection());
    for (path, change) in changes {
        files.insert(path.to_string(), change.after.to_string());
    }
    let (mended, left): (Vec<&Change>, Vec<&Change>) =
        TYPOS.iter().partition(|it| files[it.file].contains(it.from) && !files[it.file].contains(it.to));
    let share = 100 * mended.len() / TYPOS.len();
    println!("{share} % of {} typos are mended", TYPOS.len());
    assert!(share >= LEAST, "{share} %");

    // What is not mended is as it was, and is told.
    let findings: Vec<&Diagnostic> = after.diagnostics.iter().filter(|it| it.fails()).collect();
    let mut wrong = Vec::new();
    for Change { file, from, to } in left {
        if !files[*file].contains(to) {
            wrong.push(format!("`{from}` became `{to}` in {file}, and then something else"));
            continue;
        }
        let places: Vec<String> =
            lines(&files[*file], to).iter().map(|line| format!("{file}:{line}")).collect();
        let place = |it: &Diagnostic| it.primary.as_ref().map(|at| after.sources.place(at.span));
        if !findings.iter().any(|it| place(it).is_some_and(|it| places.contains(&it))) {
            wrong.push(format!("`{to}` for `{from}` in {file} is neither mended nor told"));
        }
        let text = files.get_mut(*file).expect("it is there");
        *text = text.replacen(to, from, 1);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // With the others mended by hand, everything is as it was.
    assert_eq!(comments(&files), comments(&original), "a comment is lost");
    assert_eq!(meanings(&tree(&files)), meanings(&tree(&original)), "the tree means something else");
}

/// The comments of all files, in their order.
fn comments(files: &Files) -> Vec<&str> {
    files
        .values()
        .flat_map(|text| text.lines())
        .filter_map(|it| it.split_once("// "))
        .map(|it| it.1)
        .collect()
}
