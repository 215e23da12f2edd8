//! What gateways are told. Each test shows the objects that it is about, for one implementation.

use crate::render::kubernetes::tests::{rendered_below, shown};

/// A cluster with one gateway, and one more for a tunnel.
fn head(implementation: &str, certificate: &str, text: &str) -> String {
    let private = match text.contains("edge \"") {
        true => format!(r#"gateway "private" implementation="{implementation}" namespace="tunnels""#),
        false => String::new(),
    };
    // One that nobody reads is a mistake.
    let secret =
        if text.contains("secret=\"tunnel\"") { r#"secret "tunnel" file="secrets/tunnel.age""# } else { "" };
    format!(
        r#"platform "hello" edition="2026" {{ domain "hello.example" }}
        cluster {{
            kubernetes "1.35"
            pods "10.244.0.0/16"
            services "10.96.0.0/12"
            dns namespace="kube-system" label="k8s-app=kube-dns"
            gateway "public" implementation="{implementation}" namespace="gateways" {{ {certificate} }}
            {private}
        }}
        external "tunnel" {{ ranges "198.41.192.0/24"; ports "7844/tcp" "7844/udp" }}
        {secret}
        "#
    )
}

const ENVOY: &str = "envoy-gateway";
const NGINX: &str = "ingress-nginx";
const ISSUED: &str = r#"certificate issuer="letsencrypt""#;

fn check(implementation: &str, certificate: &str, text: &str, which: &[&str]) -> String {
    shown(rendered_below(&head(implementation, certificate, text), text), which)
}

/// The annotations of an object, without where it comes from.
fn annotations(certificate: &str, text: &str, which: &str) -> String {
    let manifests = rendered_below(&head(NGINX, certificate, text), text);
    let found = manifests.into_iter().find(|it| format!("{}/{}", it.id.kind, it.id.name) == which);
    let manifest = found.unwrap_or_else(|| panic!("no {which}"));
    let annotations = manifest.object()["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
    let lines = annotations.iter().filter(|it| !it.0.starts_with("trackside"));
    lines.map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join("\n")
}

const SHOP: &str = r#"
    headers "strict" { hsts "365d"; csp { default "none" }; referrer-policy "no-referrer" }
    headers "page" { csp { default "self"; connect "self" { origin service="shop/api" } } }
    rate-tier "free" { limit counter="requests" 5 within="1s"; limit counter="requests" 100 within="15m" }
    rate-tier "pro" { limit counter="requests" 50 within="1s"; limit counter="requests" 1_000 within="15m" }
    team "payments" rate-tier="pro" { }
    api "shop" service="shop/api" headers="strict" {
        key "user" else="address" anonymous="free"
        counter "requests" routes="every"
        slow-down from=50 add="500ms" up-to="10s"
        cors {
            origin service="shop/web"
            origin "https://partner.example"
            methods "GET" "PUT"
            credentials #true
            expose-headers "retry-after"
            max-age "24h"
        }
        route "GET /status" anonymous=#true
    }
    auth service="control/login" {
        issuer "hello"
        audience "shop"
        provider "github" client-id="Iv1.hello" { client-secret secret="github"; scopes "user:email" }
        access-token "15m"
        signing-key secret="signing"
        client "page" type="public" { redirect service="shop/web" path="/welcome" }
        client "cli" type="public" { redirect "http://127.0.0.1/callback" }
    }
    secret "github" file="secrets/key.age"
    secret "signing" file="secrets/pull.age"
    project "control" {
        service "login" { image @job; port 8081; public host="login"; reaches external="web" }
    }
    external "web" { ports "443/tcp" }
    project "shop" team="payments" {
        service "web" { image @web; port 8080; public host="shop" headers="page" { also host="shop" path="/old" headers="strict" } }
        service "api" { image @api; port 8080; public host="api" }
    }
"#;

const TUNNEL: &str = r#"
    edge "cloudflare" implementation="cloudflare-tunnel" gateway="private" {
        image @api
        credentials secret="tunnel"
        reaches external="tunnel"
        otherwise 421
    }
    project "shop" {
        service "web" { image @web; port 8080; public host="shop" edge="cloudflare" { also host="direct" } }
    }
"#;

#[test]
fn envoy_gateway_tells_browsers_by_filters_and_leads_them_to_https() {
    insta::assert_snapshot!(check(ENVOY, ISSUED, SHOP, &["HTTPRoute", "Certificate"]), @r#"
    # Certificate/hello-public
    spec:
      secretName: hello-public
      dnsNames:
      - api.hello.example
      - login.hello.example
      - shop.hello.example
      privateKey:
        algorithm: ECDSA
        size: 256
        rotationPolicy: Always
      usages:
      - digital signature
      - server auth
      issuerRef:
        group: cert-manager.io
        kind: ClusterIssuer
        name: letsencrypt
    # HTTPRoute/login.login.hello.example
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: https
      hostnames:
      - login.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        backendRefs:
        - group: ""
          kind: Service
          name: login
          port: 8081
          weight: 1
    # HTTPRoute/login.login.hello.example.closed
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: https
      hostnames:
      - login.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /gateway
        filters:
        - type: RequestRedirect
          requestRedirect:
            path:
              type: ReplaceFullPath
              replaceFullPath: /
            statusCode: 302
    # HTTPRoute/login.login.hello.example.redirect
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: http
      hostnames:
      - login.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        filters:
        - type: RequestRedirect
          requestRedirect:
            scheme: https
            statusCode: 301
    # HTTPRoute/api.api.hello.example
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: https
      hostnames:
      - api.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        filters:
        - type: ResponseHeaderModifier
          responseHeaderModifier:
            set:
            - name: strict-transport-security
              value: max-age=31536000
            - name: content-security-policy
              value: "default-src 'none'; object-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
            - name: x-frame-options
              value: DENY
            - name: x-content-type-options
              value: nosniff
            - name: referrer-policy
              value: no-referrer
            - name: permissions-policy
              value: "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
        backendRefs:
        - group: ""
          kind: Service
          name: api
          port: 8080
          weight: 1
    # HTTPRoute/api.api.hello.example.redirect
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: http
      hostnames:
      - api.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        filters:
        - type: RequestRedirect
          requestRedirect:
            scheme: https
            statusCode: 301
    # HTTPRoute/web.shop.hello.example.page
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: https
      hostnames:
      - shop.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        filters:
        - type: ResponseHeaderModifier
          responseHeaderModifier:
            set:
            - name: content-security-policy
              value: "default-src 'self'; connect-src 'self' https://api.hello.example; object-src 'none'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
            - name: x-frame-options
              value: DENY
            - name: x-content-type-options
              value: nosniff
            - name: referrer-policy
              value: strict-origin-when-cross-origin
            - name: permissions-policy
              value: "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
        backendRefs:
        - group: ""
          kind: Service
          name: web
          port: 8080
          weight: 1
    # HTTPRoute/web.shop.hello.example.page.redirect
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: http
      hostnames:
      - shop.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        filters:
        - type: RequestRedirect
          requestRedirect:
            scheme: https
            statusCode: 301
    # HTTPRoute/web.shop.hello.example.strict
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: https
      hostnames:
      - shop.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /old
        filters:
        - type: ResponseHeaderModifier
          responseHeaderModifier:
            set:
            - name: strict-transport-security
              value: max-age=31536000
            - name: content-security-policy
              value: "default-src 'none'; object-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
            - name: x-frame-options
              value: DENY
            - name: x-content-type-options
              value: nosniff
            - name: referrer-policy
              value: no-referrer
            - name: permissions-policy
              value: "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
        backendRefs:
        - group: ""
          kind: Service
          name: web
          port: 8080
          weight: 1
    # HTTPRoute/web.shop.hello.example.strict.redirect
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: http
      hostnames:
      - shop.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /old
        filters:
        - type: RequestRedirect
          requestRedirect:
            scheme: https
            statusCode: 301
    "#);
}

#[test]
fn envoy_gateway_answers_other_origins_and_counts_by_policies() {
    insta::assert_snapshot!(check(ENVOY, ISSUED, SHOP, &["SecurityPolicy", "BackendTrafficPolicy"]), @r#"
    # SecurityPolicy/login
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: HTTPRoute
        name: login.login.hello.example
      cors:
        allowOrigins:
        - https://shop.hello.example
        allowMethods:
        - GET
        - POST
        - OPTIONS
        allowHeaders:
        - authorization
        - content-type
        maxAge: 600s
        allowCredentials: false
    # SecurityPolicy/api
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: HTTPRoute
        name: api.api.hello.example
      cors:
        allowOrigins:
        - https://partner.example
        - https://shop.hello.example
        allowMethods:
        - GET
        - PUT
        allowHeaders:
        - authorization
        - content-type
        exposeHeaders:
        - retry-after
        maxAge: 24h
        allowCredentials: true
      extAuth:
        failOpen: false
        headersToExtAuth:
        - user-agent
        - x-forwarded-for
        timeout: 15s
        http:
          backendRefs:
          - group: ""
            kind: Service
            namespace: hello-control
            name: login
            port: 8081
          path: /gateway/check
    # BackendTrafficPolicy/api
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: HTTPRoute
        name: api.api.hello.example
      rateLimit:
        type: Local
        local:
          rules:
          - clientSelectors:
            - headers:
              - type: Distinct
                name: authorization
            limit:
              requests: 5000
              unit: Hour
          - clientSelectors:
            - sourceCIDR:
                type: Distinct
                value: 0.0.0.0/0
            limit:
              requests: 50000
              unit: Hour
          - clientSelectors:
            - sourceCIDR:
                type: Distinct
                value: "::/0"
            limit:
              requests: 50000
              unit: Hour
    "#);
    let by_address = SHOP.replace(r#"key "user" else="address""#, r#"key "address""#);
    insta::assert_snapshot!(check(ENVOY, ISSUED, &by_address, &["BackendTrafficPolicy"]), @r#"
    # BackendTrafficPolicy/api
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: HTTPRoute
        name: api.api.hello.example
      rateLimit:
        type: Local
        local:
          rules:
          - clientSelectors:
            - sourceCIDR:
                type: Distinct
                value: 0.0.0.0/0
            limit:
              requests: 5000
              unit: Hour
          - clientSelectors:
            - sourceCIDR:
                type: Distinct
                value: "::/0"
            limit:
              requests: 5000
              unit: Hour
    "#);
}

#[test]
fn ingress_nginx_is_told_by_annotations_and_never_by_snippets() {
    insta::assert_snapshot!(check(NGINX, ISSUED, SHOP, &["Ingress", "Certificate", "ConfigMap"]), @r#"
    # ConfigMap/headers.page.bfe332e0
    data:
      content-security-policy: "default-src 'self'; connect-src 'self' https://api.hello.example; object-src 'none'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'"
      permissions-policy: "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
      referrer-policy: strict-origin-when-cross-origin
      x-content-type-options: nosniff
      x-frame-options: DENY
    # ConfigMap/headers.strict.04a2d100
    data:
      content-security-policy: "default-src 'none'; object-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
      permissions-policy: "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
      referrer-policy: no-referrer
      strict-transport-security: max-age=31536000
      x-content-type-options: nosniff
      x-frame-options: DENY
    # Certificate/login.hello.example
    spec:
      secretName: login.hello.example-tls
      dnsNames:
      - login.hello.example
      privateKey:
        algorithm: ECDSA
        size: 256
        rotationPolicy: Always
      usages:
      - digital signature
      - server auth
      issuerRef:
        group: cert-manager.io
        kind: ClusterIssuer
        name: letsencrypt
    # Certificate/api.hello.example
    spec:
      secretName: api.hello.example-tls
      dnsNames:
      - api.hello.example
      privateKey:
        algorithm: ECDSA
        size: 256
        rotationPolicy: Always
      usages:
      - digital signature
      - server auth
      issuerRef:
        group: cert-manager.io
        kind: ClusterIssuer
        name: letsencrypt
    # Certificate/shop.hello.example
    spec:
      secretName: shop.hello.example-tls
      dnsNames:
      - shop.hello.example
      privateKey:
        algorithm: ECDSA
        size: 256
        rotationPolicy: Always
      usages:
      - digital signature
      - server auth
      issuerRef:
        group: cert-manager.io
        kind: ClusterIssuer
        name: letsencrypt
    # Ingress/login.login.hello.example
    spec:
      ingressClassName: public
      tls:
      - hosts:
        - login.hello.example
        secretName: login.hello.example-tls
      rules:
      - host: login.hello.example
        http:
          paths:
          - backend:
              service:
                name: login
                port:
                  number: 8081
            path: /
            pathType: Prefix
    # Ingress/login.login.hello.example.closed
    spec:
      ingressClassName: public
      tls:
      - hosts:
        - login.hello.example
        secretName: login.hello.example-tls
      rules:
      - host: login.hello.example
        http:
          paths:
          - backend:
              service:
                name: login
                port:
                  number: 8081
            path: /gateway
            pathType: Prefix
    # Ingress/api.api.hello.example
    spec:
      ingressClassName: public
      tls:
      - hosts:
        - api.hello.example
        secretName: api.hello.example-tls
      rules:
      - host: api.hello.example
        http:
          paths:
          - backend:
              service:
                name: api
                port:
                  number: 8080
            path: /
            pathType: Prefix
    # Ingress/web.shop.hello.example.page
    spec:
      ingressClassName: public
      tls:
      - hosts:
        - shop.hello.example
        secretName: shop.hello.example-tls
      rules:
      - host: shop.hello.example
        http:
          paths:
          - backend:
              service:
                name: web
                port:
                  number: 8080
            path: /
            pathType: Prefix
    # Ingress/web.shop.hello.example.strict
    spec:
      ingressClassName: public
      tls:
      - hosts:
        - shop.hello.example
        secretName: shop.hello.example-tls
      rules:
      - host: shop.hello.example
        http:
          paths:
          - backend:
              service:
                name: web
                port:
                  number: 8080
            path: /old
            pathType: Prefix
    "#);
    insta::assert_snapshot!(annotations(ISSUED, SHOP, "Ingress/api.api.hello.example"), @r#"
    nginx.ingress.kubernetes.io/auth-url: "http://login.hello-control.svc.cluster.local:8081/gateway/check"
    nginx.ingress.kubernetes.io/cors-allow-credentials: "true"
    nginx.ingress.kubernetes.io/cors-allow-headers: "authorization, content-type"
    nginx.ingress.kubernetes.io/cors-allow-methods: "GET, PUT"
    nginx.ingress.kubernetes.io/cors-allow-origin: "https://partner.example,https://shop.hello.example"
    nginx.ingress.kubernetes.io/cors-expose-headers: "retry-after"
    nginx.ingress.kubernetes.io/cors-max-age: "86400"
    nginx.ingress.kubernetes.io/custom-headers: "hello-shop/headers.strict.04a2d100"
    nginx.ingress.kubernetes.io/enable-cors: "true"
    "#);
    insta::assert_snapshot!(annotations(ISSUED, SHOP, "Ingress/web.shop.hello.example.page"), @r#"nginx.ingress.kubernetes.io/custom-headers: "hello-shop/headers.page.bfe332e0""#);
    let by_address = SHOP.replace(r#"key "user" else="address""#, r#"key "address""#);
    insta::assert_snapshot!(annotations(ISSUED, &by_address, "Ingress/api.api.hello.example"), @r#"
    nginx.ingress.kubernetes.io/auth-url: "http://login.hello-control.svc.cluster.local:8081/gateway/check"
    nginx.ingress.kubernetes.io/cors-allow-credentials: "true"
    nginx.ingress.kubernetes.io/cors-allow-headers: "authorization, content-type"
    nginx.ingress.kubernetes.io/cors-allow-methods: "GET, PUT"
    nginx.ingress.kubernetes.io/cors-allow-origin: "https://partner.example,https://shop.hello.example"
    nginx.ingress.kubernetes.io/cors-expose-headers: "retry-after"
    nginx.ingress.kubernetes.io/cors-max-age: "86400"
    nginx.ingress.kubernetes.io/custom-headers: "hello-shop/headers.strict.04a2d100"
    nginx.ingress.kubernetes.io/enable-cors: "true"
    nginx.ingress.kubernetes.io/limit-burst-multiplier: "30"
    nginx.ingress.kubernetes.io/limit-rpm: "67"
    "#);
}

#[test]
fn a_certificate_by_hand_is_not_asked_for() {
    let by_hand = "certificate by-hand=#true";
    for implementation in [ENVOY, NGINX] {
        assert_eq!(check(implementation, by_hand, SHOP, &["Certificate"]), "");
    }
    insta::assert_snapshot!(check(NGINX, by_hand, SHOP, &["Ingress/api"]), @"
    # Ingress/api.api.hello.example
    spec:
      ingressClassName: public
      tls:
      - hosts:
        - api.hello.example
      rules:
      - host: api.hello.example
        http:
          paths:
          - backend:
              service:
                name: api
                port:
                  number: 8080
            path: /
            pathType: Prefix
    ");
}

#[test]
fn the_token_service_is_asked_by_whom_stands_before_the_interface() {
    let which = ["SecurityPolicy", "ReferenceGrant", "NetworkPolicy/login-ingress"];
    insta::assert_snapshot!(check(ENVOY, ISSUED, SHOP, &which), @r#"
    # NetworkPolicy/login-ingress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: login
      policyTypes:
      - Ingress
      ingress:
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: gateways
          podSelector:
            matchLabels:
              gateway.envoyproxy.io/owning-gateway-name: public
              gateway.envoyproxy.io/owning-gateway-namespace: gateways
        ports:
        - port: 8081
          protocol: TCP
    # ReferenceGrant/login
    spec:
      from:
      - group: gateway.envoyproxy.io
        kind: SecurityPolicy
        namespace: hello-shop
      to:
      - group: ""
        kind: Service
        name: login
    # SecurityPolicy/login
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: HTTPRoute
        name: login.login.hello.example
      cors:
        allowOrigins:
        - https://shop.hello.example
        allowMethods:
        - GET
        - POST
        - OPTIONS
        allowHeaders:
        - authorization
        - content-type
        maxAge: 600s
        allowCredentials: false
    # SecurityPolicy/api
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: HTTPRoute
        name: api.api.hello.example
      cors:
        allowOrigins:
        - https://partner.example
        - https://shop.hello.example
        allowMethods:
        - GET
        - PUT
        allowHeaders:
        - authorization
        - content-type
        exposeHeaders:
        - retry-after
        maxAge: 24h
        allowCredentials: true
      extAuth:
        failOpen: false
        headersToExtAuth:
        - user-agent
        - x-forwarded-for
        timeout: 15s
        http:
          backendRefs:
          - group: ""
            kind: Service
            namespace: hello-control
            name: login
            port: 8081
          path: /gateway/check
    "#);
    insta::assert_snapshot!(annotations(ISSUED, SHOP, "Ingress/login.login.hello.example"), @r#"
    nginx.ingress.kubernetes.io/cors-allow-credentials: "false"
    nginx.ingress.kubernetes.io/cors-allow-headers: "authorization, content-type"
    nginx.ingress.kubernetes.io/cors-allow-methods: "GET, POST, OPTIONS"
    nginx.ingress.kubernetes.io/cors-allow-origin: "https://shop.hello.example"
    nginx.ingress.kubernetes.io/cors-max-age: "600"
    nginx.ingress.kubernetes.io/enable-cors: "true"
    "#);
    insta::assert_snapshot!(check(NGINX, ISSUED, SHOP, &which), @"
    # NetworkPolicy/login-ingress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: login
      policyTypes:
      - Ingress
      ingress:
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: gateways
          podSelector:
            matchLabels:
              app.kubernetes.io/component: controller
              app.kubernetes.io/name: ingress-nginx
        ports:
        - port: 8081
          protocol: TCP
    ");
}

#[test]
fn a_tunnel_runs_in_a_namespace_of_its_own_and_reaches_two_places() {
    insta::assert_snapshot!(check(ENVOY, ISSUED, TUNNEL, &[
        "Namespace/hello-system",
        "ResourceQuota/system",
        "NetworkPolicy/default-deny",
        "NetworkPolicy/cloudflare",
        "NetworkPolicy/hello-private",
        "ConfigMap/cloudflare",
        "Deployment/cloudflare",
        "PodDisruptionBudget/cloudflare",
        "ClientTrafficPolicy",
    ]), @r#"
    # Namespace/hello-system
    {}
    # ResourceQuota/system
    spec:
      hard:
        limits.cpu: 1500m
        limits.memory: 1536Mi
        pods: "3"
    # NetworkPolicy/default-deny
    spec:
      podSelector: {}
      policyTypes:
      - Ingress
      - Egress
    # NetworkPolicy/cloudflare-egress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: edge
          app.kubernetes.io/name: cloudflare
      policyTypes:
      - Egress
      egress:
      - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      - ports:
        - port: 7844
          protocol: TCP
        - port: 7844
          protocol: UDP
        to:
        - ipBlock:
            cidr: 198.41.192.0/24
      - ports:
        - port: 10080
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: tunnels
          podSelector:
            matchLabels:
              gateway.envoyproxy.io/owning-gateway-name: private
              gateway.envoyproxy.io/owning-gateway-namespace: tunnels
    # NetworkPolicy/default-deny
    spec:
      podSelector: {}
      policyTypes:
      - Ingress
      - Egress
    # NetworkPolicy/hello-private
    spec:
      podSelector:
        matchLabels:
          gateway.envoyproxy.io/owning-gateway-name: private
          gateway.envoyproxy.io/owning-gateway-namespace: tunnels
      policyTypes:
      - Ingress
      ingress:
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-system
          podSelector:
            matchLabels:
              app.kubernetes.io/component: edge
              app.kubernetes.io/name: cloudflare
        ports:
        - port: 10080
          protocol: TCP
    # ConfigMap/cloudflare
    data:
      etc-cloudflared-config.yaml: |
        ingress:
        - hostname: shop.hello.example
          service: http://envoy-tunnels-private-13135d57.tunnels.svc:80
        - service: http_status:421
    # Deployment/cloudflare
    spec:
      replicas: 2
      revisionHistoryLimit: 3
      progressDeadlineSeconds: 660
      selector:
        matchLabels:
          app.kubernetes.io/component: edge
          app.kubernetes.io/name: cloudflare
      strategy:
        type: RollingUpdate
        rollingUpdate:
          maxSurge: "25%"
          maxUnavailable: 0
      template:
        metadata:
          labels:
            app.kubernetes.io/component: edge
            app.kubernetes.io/instance: hello-system
            app.kubernetes.io/managed-by: trackside
            app.kubernetes.io/name: cloudflare
            app.kubernetes.io/part-of: hello
          annotations:
            trackside.dev/config-digest: "6938fd8f4ffd1b3ba37f13497992fc0007b1eafd2f99f88adb2afca2ab77beca"
            trackside.dev/sealed-digest: "9f7920e936283c1f8ec305e76affc608bfd80184fdf0ca49b8248cb1c7e06513"
        spec:
          serviceAccountName: cloudflare
          automountServiceAccountToken: false
          enableServiceLinks: false
          restartPolicy: Always
          terminationGracePeriodSeconds: 30
          topologySpreadConstraints:
          - labelSelector:
              matchLabels:
                app.kubernetes.io/component: edge
                app.kubernetes.io/name: cloudflare
            matchLabelKeys:
            - pod-template-hash
            maxSkew: 1
            topologyKey: topology.kubernetes.io/zone
            whenUnsatisfiable: ScheduleAnyway
          - labelSelector:
              matchLabels:
                app.kubernetes.io/component: edge
                app.kubernetes.io/name: cloudflare
            matchLabelKeys:
            - pod-template-hash
            maxSkew: 1
            topologyKey: kubernetes.io/hostname
            whenUnsatisfiable: ScheduleAnyway
          securityContext:
            runAsNonRoot: true
            runAsUser: 1001
            runAsGroup: 1001
            fsGroup: 1001
            fsGroupChangePolicy: OnRootMismatch
            seccompProfile:
              type: RuntimeDefault
          containers:
          - name: cloudflare
            image: ghcr.io/acme/api@sha256:7777777777777777777777777777777777777777777777777777777777777777
            imagePullPolicy: IfNotPresent
            args:
            - tunnel
            - --no-autoupdate
            - --metrics
            - "0.0.0.0:2000"
            - --config
            - /etc/cloudflared/config.yaml
            - run
            - --token-file
            - /etc/cloudflared/token
            startupProbe:
              failureThreshold: 6
              httpGet:
                path: /ready
                port: 2000
              periodSeconds: 10
              timeoutSeconds: 2
            readinessProbe:
              failureThreshold: 3
              httpGet:
                path: /ready
                port: 2000
              periodSeconds: 10
              timeoutSeconds: 2
            livenessProbe:
              failureThreshold: 6
              httpGet:
                path: /ready
                port: 2000
              periodSeconds: 10
              timeoutSeconds: 2
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                drop:
                - ALL
              readOnlyRootFilesystem: true
            resources:
              requests:
                cpu: 50m
                ephemeral-storage: 128Mi
                memory: 64Mi
              limits:
                cpu: 500m
                ephemeral-storage: 128Mi
                memory: 512Mi
            volumeMounts:
            - mountPath: /etc/cloudflared/config.yaml
              name: config
              readOnly: true
              subPath: etc-cloudflared-config.yaml
            - mountPath: /etc/cloudflared/token
              name: secret-tunnel
              readOnly: true
              subPath: value
          volumes:
          - configMap:
              defaultMode: 292
              name: cloudflare
            name: config
          - name: secret-tunnel
            secret:
              defaultMode: 288
              items:
              - key: value
                path: value
              secretName: tunnel
    # PodDisruptionBudget/cloudflare
    spec:
      maxUnavailable: 1
      unhealthyPodEvictionPolicy: AlwaysAllow
      selector:
        matchLabels:
          app.kubernetes.io/component: edge
          app.kubernetes.io/name: cloudflare
    # ClientTrafficPolicy/hello-private
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: private
      clientIPDetection:
        xForwardedFor:
          trustedCIDRs:
          - 10.244.0.0/16
    "#);
}

#[test]
fn what_comes_by_a_tunnel_is_not_led_to_https_again() {
    insta::assert_snapshot!(check(ENVOY, ISSUED, TUNNEL, &["HTTPRoute", "Certificate"]), @r#"
    # Certificate/hello-public
    spec:
      secretName: hello-public
      dnsNames:
      - direct.hello.example
      privateKey:
        algorithm: ECDSA
        size: 256
        rotationPolicy: Always
      usages:
      - digital signature
      - server auth
      issuerRef:
        group: cert-manager.io
        kind: ClusterIssuer
        name: letsencrypt
    # HTTPRoute/web.direct.hello.example
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: https
      hostnames:
      - direct.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        backendRefs:
        - group: ""
          kind: Service
          name: web
          port: 8080
          weight: 1
    # HTTPRoute/web.direct.hello.example.redirect
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: gateways
        name: public
        sectionName: http
      hostnames:
      - direct.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        filters:
        - type: RequestRedirect
          requestRedirect:
            scheme: https
            statusCode: 301
    # HTTPRoute/web.shop.hello.example
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: tunnels
        name: private
      hostnames:
      - shop.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        backendRefs:
        - group: ""
          kind: Service
          name: web
          port: 8080
          weight: 1
    "#);
    insta::assert_snapshot!(check(NGINX, ISSUED, TUNNEL, &["Ingress", "Certificate", "NetworkPolicy/cloudflare", "NetworkPolicy/hello-private", "ConfigMap"]), @"
    # NetworkPolicy/cloudflare-egress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: edge
          app.kubernetes.io/name: cloudflare
      policyTypes:
      - Egress
      egress:
      - ports:
        - port: 53
          protocol: UDP
        - port: 53
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      - ports:
        - port: 7844
          protocol: TCP
        - port: 7844
          protocol: UDP
        to:
        - ipBlock:
            cidr: 198.41.192.0/24
      - ports:
        - port: 80
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: tunnels
          podSelector:
            matchLabels:
              app.kubernetes.io/component: controller
              app.kubernetes.io/name: ingress-nginx
    # NetworkPolicy/hello-private
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: controller
          app.kubernetes.io/name: ingress-nginx
      policyTypes:
      - Ingress
      ingress:
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-system
          podSelector:
            matchLabels:
              app.kubernetes.io/component: edge
              app.kubernetes.io/name: cloudflare
        ports:
        - port: 80
          protocol: TCP
      - ports:
        - port: 8443
          protocol: TCP
    # ConfigMap/cloudflare
    data:
      etc-cloudflared-config.yaml: |
        ingress:
        - hostname: shop.hello.example
          service: http://ingress-nginx-controller.tunnels.svc:80
        - service: http_status:421
    # Certificate/direct.hello.example
    spec:
      secretName: direct.hello.example-tls
      dnsNames:
      - direct.hello.example
      privateKey:
        algorithm: ECDSA
        size: 256
        rotationPolicy: Always
      usages:
      - digital signature
      - server auth
      issuerRef:
        group: cert-manager.io
        kind: ClusterIssuer
        name: letsencrypt
    # Ingress/web.direct.hello.example
    spec:
      ingressClassName: public
      tls:
      - hosts:
        - direct.hello.example
        secretName: direct.hello.example-tls
      rules:
      - host: direct.hello.example
        http:
          paths:
          - backend:
              service:
                name: web
                port:
                  number: 8080
            path: /
            pathType: Prefix
    # Ingress/web.shop.hello.example
    spec:
      ingressClassName: private
      rules:
      - host: shop.hello.example
        http:
          paths:
          - backend:
              service:
                name: web
                port:
                  number: 8080
            path: /
            pathType: Prefix
    ");
}
