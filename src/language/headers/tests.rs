use crate::language::tests::{check, platform};

#[test]
fn headers_that_hold_without_being_written_are_sent() {
    insta::assert_snapshot!(sent(r#"headers "page" { }"#), @"");
}

#[test]
fn what_is_written_is_sent() {
    insta::assert_snapshot!(sent(r#"
        headers "page" {
            hsts "365d" subdomains=#true preload=#true
            frame "same-origin"
            csp {
                default "self"
                connect { origin service="shop/api"; origin service="shop/web" }
                img "self" "data:"
                style "self" "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
                worker "blob:"
            }
            referrer-policy "no-referrer"
            permissions-policy "camera" "usb"
        }
    "#), @"");
    insta::assert_snapshot!(sent(r#"headers "page" { csp { default "none" } }"#), @"");
    insta::assert_snapshot!(sent(r#"headers "page" { csp { default "self"; frame-ancestors "self" "https://www.acme.example" } }"#), @"");
}

/// The headers that a page is sent with.
fn sent(text: &str) -> String {
    let head = r#"
        platform "hello" edition="2026" { domain "hello.example" }
        cluster {
            kubernetes "1.35"
            pods "10.244.0.0/16"
            services "10.96.0.0/12"
            dns namespace="kube-system" label="k8s-app=kube-dns"
            gateway "public" implementation="envoy-gateway" namespace="gateways" { certificate issuer="letsencrypt" }
        }
        project "shop" {
            service "web" { image @web; port 80; public host="shop" headers="page" }
            service "api" { image @web; port 80; public host="api" { also host="www.acme.example" } }
        }
    "#;
    let platform = platform(&format!("{head}{text}"), None);
    let lines = platform.headers.values().flat_map(|it| it.lines(&platform));
    lines.map(|(name, value)| format!("{name}: {value}\n")).collect()
}

#[test]
fn a_policy_that_lets_everything_pass_is_a_finding() {
    insta::assert_snapshot!(check(r#"
        headers "page" {
            csp {
                default "self" "data:"
                script "self" "unsafe-inline" "unsafe-eval" "blob:"
                style "unsafe-inline" "unsafe-hashes"
                img "*" "data:"
                frame "data:"
                connect "none" "self" { origin service="shop/api" }
                font
                frame-ancestors "*"
            }
            frame "none"
        }
        headers "old" {
            csp { default "self"; script "self" "unsafe-inline" }
            waive "strict-csp" { reason "the old editor writes scripts into the page"; until "2027-06-30"; owner team="ops" }
        }
        team "ops" { }
        project "shop" {
            service "web" { image @web; port 80; public host="shop" headers="page" { also host="old" headers="old"; also host="new" headers="odl" } }
            service "api" { image @web; port 80 }
        }
    "#), @"");
}

#[test]
fn browsers_preload_nothing_that_holds_for_less() {
    insta::assert_snapshot!(check(r#"
        headers "one" { hsts "364d" subdomains=#true preload=#true }
        headers "two" { hsts "365d" preload=#true }
        headers "three" { hsts "30m500ms" preload=#true }
        headers "four" { hsts "1h" preload=#true }
        project "shop" {
            service "web" { image @web; port 80; public host="a" headers="one" { also host="b" headers="two"; also host="c" headers="three"; also host="d" headers="four" } }
        }
    "#), @"");
}

#[test]
fn a_host_without_tls_does_not_promise_it() {
    insta::assert_snapshot!(check(r#"
        environment "test" {
            cluster { gateway "bare" implementation="ingress-nginx" namespace="other" }
            project "shop" { service "web" { (override)public host="shop" gateway="bare" headers="strict" } }
        }
        environment "live" { }
        headers "strict" { hsts "365d" }
        project "shop" { service "web" { image @web; port 80; public host="shop" headers="strict" } }
    "#), @"");
}

#[test]
fn a_host_has_one_set_of_headers() {
    insta::assert_snapshot!(check(r#"
        headers "one" { }
        headers "two" { }
        api "a" service="shop/web" headers="one" { cors { origin service="shop/web"; methods "GET" }; route "GET /" anonymous=#true }
        api "b" service="shop/web" headers="two" { cors { origin service="shop/web"; methods "GET" }; route "GET /b" anonymous=#true }
        project "shop" { service "web" { image @web; port 80; public host="shop" headers="two" } }
    "#), @"");
}

#[test]
fn certificates_come_from_one_place() {
    insta::assert_snapshot!(check(r#"
        environment "test" {
            cluster {
                gateway "a" implementation="ingress-nginx" namespace="other" { certificate issuer="own" by-hand=#true }
                gateway "b" implementation="ingress-nginx" namespace="other" { certificate kind="issuer" by-hand=#true }
                gateway "c" implementation="ingress-nginx" namespace="other" { certificate }
                gateway "d" implementation="ingress-nginx" namespace="other" { certificate issuer="Own" kind="isuer" }
            }
        }
        project "shop" { service "web" { image @web; port 80; public host="shop" gateway="public" } }
    "#), @"");
}
