use crate::language::tests::{check, platform};

#[test]
fn headers_that_hold_without_being_written_are_sent() {
    insta::assert_snapshot!(sent(r#"headers "page" { }"#), @r"
    x-frame-options: DENY
    x-content-type-options: nosniff
    referrer-policy: strict-origin-when-cross-origin
    permissions-policy: accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()
    ");
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
    "#), @r"
    strict-transport-security: max-age=31536000; includeSubDomains; preload
    content-security-policy: default-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self' data:; connect-src https://api.hello.example https://shop.hello.example https://www.acme.example; object-src 'none'; worker-src blob:; form-action 'self'; base-uri 'self'; frame-ancestors 'self'
    x-frame-options: SAMEORIGIN
    x-content-type-options: nosniff
    referrer-policy: no-referrer
    permissions-policy: accelerometer=(), browsing-topics=(), camera=(self), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(self), xr-spatial-tracking=()
    ");
    insta::assert_snapshot!(sent(r#"headers "page" { csp { default "none" } }"#), @r"
    content-security-policy: default-src 'none'; object-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'
    x-frame-options: DENY
    x-content-type-options: nosniff
    referrer-policy: strict-origin-when-cross-origin
    permissions-policy: accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()
    ");
    insta::assert_snapshot!(sent(r#"headers "page" { csp { default "self"; frame-ancestors "self" "https://www.acme.example" } }"#), @r"
    content-security-policy: default-src 'self'; object-src 'none'; form-action 'self'; base-uri 'self'; frame-ancestors 'self' https://www.acme.example
    x-content-type-options: nosniff
    referrer-policy: strict-origin-when-cross-origin
    permissions-policy: accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()
    ");
}

/// The headers that a page is sent with.
fn sent(text: &str) -> String {
    let head = r#"
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
    "#), @r#"
                TS223 error 3: `data:` in `default`: whoever gets an address into the page runs a script in it
                TS223 error 4: `unsafe-inline` in `script`: whoever gets a text into the page runs a script in it
                TS223 error 4: `unsafe-eval` in `script`: whatever text reaches a script may run as one
                TS223 error 4: `blob:` in `script`: whoever gets an address into the page runs a script in it
                TS223 error 5: `unsafe-inline` in `style`: whoever gets a text into the page can dress it up as another
                TS105 error 5: `unsafe-hashes` is not a source
                TS223 error 6: `*` in `img`: everywhere is no policy
                TS223 error 7: `data:` in `frame`: whoever gets an address into the page shows one of their own
                TS224 error 8: `connect` says `none` and names sources
                TS229 error 8: service `shop/api` is not public, so no browser is ever there
                TS104 error 9: `font` names no source
                TS222 error 10: who may show the page in a frame is said twice, by `frame` and by `frame-ancestors`
                TS223 error 10: `*` in `frame-ancestors`: everywhere is no policy
                TS113 hint 12: `frame "none"` is the default of edition 2026
                TS223 error 15: `unsafe-inline` in `script`: whoever gets a text into the page runs a script in it (waived)
                TS110 error 20: there is no headers `odl`
                "#);
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
    "#), @r"
    TS221 error 1: browsers preload nothing that they do not also learn from the host itself
    TS221 error 2: browsers preload nothing that they do not also learn from the host itself
    TS105 error 3: `30m500ms` is no whole number of seconds, and here seconds are counted
    TS221 error 4: browsers preload nothing that they do not also learn from the host itself
    ");
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
    "#), @"
    TS455 hint 2: gateway `bare` sends headers only where its own ConfigMap lists them [test]
    TS220 error 3: browsers are told to ask this host by `https` alone, and it speaks no TLS [test]
    ");
}

#[test]
fn a_host_has_one_set_of_headers() {
    insta::assert_snapshot!(check(r#"
        headers "one" { }
        headers "two" { }
        api "a" service="shop/web" headers="one" { cors { origin service="shop/web"; methods "GET" }; route "GET /" anonymous=#true }
        api "b" service="shop/web" headers="two" { cors { origin service="shop/web"; methods "GET" }; route "GET /b" anonymous=#true }
        project "shop" { service "web" { image @web; port 80; public host="shop" headers="two" } }
    "#), @r"
    TS226 error 4: api `a` says the `cors` of service `shop/web` already
    TS226 error 4: api `a` says the `headers` of service `shop/web` already
    TS226 error 5: api `a` says other headers for this host
    ");
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
    "#), @r#"
    TS112 warning 3: gateway `a` is never used: no service is `public` by it
    TS115 error 3: `certificate` says two things, `issuer=` and `by-hand=`
    TS112 warning 4: gateway `b` is never used: no service is `public` by it
    TS115 error 4: `kind` is of an issuer, and there is none
    TS112 warning 5: gateway `c` is never used: no service is `public` by it
    TS104 error 5: `certificate` does not say where certificates come from
    TS112 warning 6: gateway `d` is never used: no service is `public` by it
    TS446 error 6: an issuer of namespace `other` cannot make certificates for gateway `d`: an Ingress looks for them in the namespace of its project
    TS105 error 6: `Own` has `O`, which a name cannot have
    TS105 error 6: `isuer` is not a kind of issuer
    "#);
}
