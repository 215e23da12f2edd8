//! What small platforms render to. Each test shows the objects that it is about.

use std::fmt::Write as _;

use crate::language::Selection;
use crate::render::Manifest;
use crate::render::yaml::emit;
use crate::tree::Tree;

const HEAD: &str = r#"
platform "hello" edition="2026" { domain "hello.example" }
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    dns namespace="kube-system" label="k8s-app=kube-dns"
    gateway "public" implementation="envoy-gateway" namespace="envoy-gateway-system" { certificate by-hand=#true }
    gateway "inside" implementation="ingress-nginx" namespace="ingress-nginx" { certificate by-hand=#true }
}
"#;

/// Enough of an age file for its form.
const SEALED: &[u8] =
    b"age-encryption.org/v1\n-> X25519 c2hhcmU\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\
    --- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n0123456789abcdef0123456789abcdef";

/// Who opens it. The last line, so that no other moves.
const RECIPIENT: &str =
    "\nrecipient \"controller\" key=\"age10wk62ldgyyzp5kuxwctyz6cmdrh2eppeky0325nfzz4xcxyrm5mq02psv4\"\n";

/// The manifests of [`HEAD`] and some more. `@web` stands for a pinned image of that name.
fn rendered(text: &str) -> Vec<Manifest> {
    rendered_below(HEAD, text)
}

pub(super) fn rendered_below(head: &str, text: &str) -> Vec<Manifest> {
    let recipient = if text.contains(".age") || head.contains(".age") { RECIPIENT } else { "" };
    let text = format!("{head}{text}{recipient}");
    let digest = format!("sha256:{}", "7".repeat(64));
    let images = ["api", "job", "store", "web"]
        .map(|name| (format!("@{name}"), format!("\"ghcr.io/acme/{name}@{digest}\"")));
    let text = images.iter().fold(text, |text, (short, image)| text.replace(short, image));
    // No two secrets are the same value.
    let sealed = ["key", "pull", "tunnel"].map(|name| {
        let path = format!("secrets/{name}.age");
        (path, [SEALED, name.as_bytes()].concat())
    });
    let files = sealed.into_iter().chain([("platform.kdl".to_owned(), text.into_bytes())]);
    let outcome = crate::compile(&Tree::memory(files), &Selection::default()).expect("no fault of ours");
    let errors: Vec<&str> =
        outcome.diagnostics.iter().filter(|it| it.fails()).map(|it| it.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let compiled = outcome.compiled.expect("nothing is wrong");
    compiled.artifacts.in_order().into_iter().cloned().collect()
}

/// The specifications of the objects whose `Kind/name` begin with one of these words, without metadata.
fn check(text: &str, which: &[&str]) -> String {
    shown(rendered(text), which)
}

pub(super) fn shown(manifests: Vec<Manifest>, which: &[&str]) -> String {
    let mut shown = String::new();
    for manifest in manifests {
        let title = format!("{}/{}", manifest.id.kind, manifest.id.name);
        if which.iter().any(|it| title.starts_with(it)) {
            let mut object = manifest.object();
            for key in ["apiVersion", "kind", "metadata"] {
                object.as_object_mut().expect("an object").shift_remove(key);
            }
            write!(shown, "# {title}\n{}", emit::emit(&object)).expect("a string takes everything");
        }
    }
    shown
}

/// The value at a path of the one object called `Kind/name`.
fn part(text: &str, which: &str, path: &str) -> String {
    let found = rendered(text).into_iter().find(|it| format!("{}/{}", it.id.kind, it.id.name) == which);
    let manifest = found.unwrap_or_else(|| panic!("no {which}"));
    let object = manifest.object();
    emit::emit(object.pointer(path).unwrap_or_else(|| panic!("{which} has no {path}")))
}

#[test]
fn a_small_platform_has_these_objects() {
    let text = r#"project "shop" {
        service "web" { image @web; port 8080; public host="shop" gateway="public" }
        cron "job" schedule="15 3 * * *" { image @job }
    }"#;
    let titles: Vec<String> = rendered(text)
        .iter()
        .map(|it| format!("{}/{} {}", it.id.kind, it.id.name, it.id.namespace.as_deref().unwrap_or("-")))
        .collect();
    insta::assert_snapshot!(titles.join("\n"), @"
    Namespace/hello-shop -
    ValidatingAdmissionPolicy/hello-images -
    ValidatingAdmissionPolicyBinding/hello-images -
    LimitRange/project hello-shop
    NetworkPolicy/default-deny hello-shop
    NetworkPolicy/job-egress hello-shop
    NetworkPolicy/web-egress hello-shop
    NetworkPolicy/web-ingress hello-shop
    ServiceAccount/default hello-shop
    ServiceAccount/job hello-shop
    ServiceAccount/web hello-shop
    Service/web hello-shop
    Deployment/web hello-shop
    CronJob/job hello-shop
    PodDisruptionBudget/web hello-shop
    HTTPRoute/web.shop.hello.example hello-shop
    HTTPRoute/web.shop.hello.example.redirect hello-shop
    ");
}

#[test]
fn a_project_is_a_confined_namespace() {
    let text = r#"project "shop" {
        description "Web shop"
        repository "https://github.com/acme/shop"
        label "acme.example/tier" "gold"
        quota cpu="16" memory="16Gi" pods=40 disk="100Gi"
        service "web" { image @web }
    }"#;
    insta::assert_snapshot!(part(text, "Namespace/hello-shop", "/metadata"), @"
    name: hello-shop
    labels:
      acme.example/tier: gold
      app.kubernetes.io/component: project
      app.kubernetes.io/instance: hello-shop
      app.kubernetes.io/managed-by: trackside
      app.kubernetes.io/name: shop
      app.kubernetes.io/part-of: hello
      pod-security.kubernetes.io/audit: restricted
      pod-security.kubernetes.io/audit-version: v1.35
      pod-security.kubernetes.io/enforce: restricted
      pod-security.kubernetes.io/enforce-version: v1.35
      pod-security.kubernetes.io/warn: restricted
      pod-security.kubernetes.io/warn-version: v1.35
      trackside.dev/image-policy: hello-images
    annotations:
      kubernetes.io/description: Web shop
      trackside.dev/repository: https://github.com/acme/shop
      trackside.dev/source: platform.kdl:11
    ");
    insta::assert_snapshot!(check(text, &["ResourceQuota", "LimitRange", "ServiceAccount"]), @r#"
    # ResourceQuota/project
    spec:
      hard:
        limits.cpu: "16"
        limits.memory: 16Gi
        pods: "40"
        requests.storage: 100Gi
    # LimitRange/project
    spec:
      limits:
      - type: Container
        defaultRequest:
          cpu: 50m
          ephemeral-storage: 128Mi
          memory: 64Mi
        default:
          cpu: 500m
          ephemeral-storage: 1Gi
          memory: 512Mi
    # ServiceAccount/default
    automountServiceAccountToken: false
    # ServiceAccount/web
    automountServiceAccountToken: false
    "#);
}

#[test]
fn a_waiver_lowers_what_is_enforced_and_nothing_else() {
    let text = |safeguard: &str| {
        format!(
            r#"team "payments" {{ }}
            project "shop" team="payments" {{ service "web" {{
                image @web
                waive "{safeguard}" {{ reason "a legacy image"; until "2099-03-31"; owner team="payments" }}
            }} }}"#
        )
    };
    let level = |safeguard| {
        part(&text(safeguard), "Namespace/hello-shop", "/metadata/labels/pod-security.kubernetes.io~1enforce")
            .trim()
            .to_owned()
    };
    for (safeguard, expected) in [
        ("read-only-root-filesystem", "restricted"),
        ("run-as-non-root", "baseline"),
        ("seccomp-runtime-default", "baseline"),
        ("no-privilege-escalation", "baseline"),
        ("drop-capabilities", "baseline"),
    ] {
        assert_eq!(level(safeguard), expected, "{safeguard}");
    }
    let metadata = part(
        &text("run-as-non-root"),
        "Namespace/hello-shop",
        "/metadata/labels/pod-security.kubernetes.io~1audit",
    );
    assert_eq!(metadata.trim(), "restricted");
    let container = |safeguard| {
        let pod = "/spec/template/spec";
        let (pod_wide, own) =
            (format!("{pod}/securityContext"), format!("{pod}/containers/0/securityContext"));
        format!(
            "{}---\n{}",
            part(&text(safeguard), "Deployment/web", &pod_wide),
            part(&text(safeguard), "Deployment/web", &own)
        )
    };
    insta::assert_snapshot!(container("run-as-non-root"), @"
    runAsNonRoot: false
    runAsUser: 1001
    runAsGroup: 1001
    fsGroup: 1001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
    ---
    allowPrivilegeEscalation: false
    capabilities:
      drop:
      - ALL
    readOnlyRootFilesystem: true
    ");
    insta::assert_snapshot!(container("seccomp-runtime-default"), @"
    runAsNonRoot: true
    runAsUser: 1001
    runAsGroup: 1001
    fsGroup: 1001
    fsGroupChangePolicy: OnRootMismatch
    ---
    allowPrivilegeEscalation: false
    capabilities:
      drop:
      - ALL
    readOnlyRootFilesystem: true
    ");
    insta::assert_snapshot!(container("no-privilege-escalation"), @"
    runAsNonRoot: true
    runAsUser: 1001
    runAsGroup: 1001
    fsGroup: 1001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
    ---
    allowPrivilegeEscalation: true
    capabilities:
      drop:
      - ALL
    readOnlyRootFilesystem: true
    ");
    insta::assert_snapshot!(container("drop-capabilities"), @"
    runAsNonRoot: true
    runAsUser: 1001
    runAsGroup: 1001
    fsGroup: 1001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
    ---
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    ");
    insta::assert_snapshot!(container("read-only-root-filesystem"), @"
    runAsNonRoot: true
    runAsUser: 1001
    runAsGroup: 1001
    fsGroup: 1001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
    ---
    allowPrivilegeEscalation: false
    capabilities:
      drop:
      - ALL
    readOnlyRootFilesystem: false
    ");
}

#[test]
fn a_service_is_hardened_spread_and_rolled_out_without_a_gap() {
    let text = r#"project "shop" {
        service "web" framework="nodejs" {
            image @web
            port 8080
            replicas "2..10" cpu="70%"
            resources cpu="100m..1" memory="128Mi..512Mi"
            health "/healthz" every="5s" within="1s"
            ready "/ready"
            start-within "2m"
            scratch "/tmp" up-to="64Mi"
        }
    }"#;
    insta::assert_snapshot!(check(text, &["Deployment", "Service/", "HorizontalPod", "PodDisruption"]), @r#"
    # Service/web
    spec:
      type: ClusterIP
      selector:
        app.kubernetes.io/component: service
        app.kubernetes.io/name: web
      ports:
      - name: http
        port: 8080
        protocol: TCP
        targetPort: 8080
    # Deployment/web
    spec:
      revisionHistoryLimit: 3
      progressDeadlineSeconds: 720
      selector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: web
      strategy:
        type: RollingUpdate
        rollingUpdate:
          maxSurge: "25%"
          maxUnavailable: 0
      template:
        metadata:
          labels:
            app.kubernetes.io/component: service
            app.kubernetes.io/instance: hello-shop
            app.kubernetes.io/managed-by: trackside
            app.kubernetes.io/name: web
            app.kubernetes.io/part-of: hello
            trackside.dev/framework: nodejs
        spec:
          serviceAccountName: web
          automountServiceAccountToken: false
          enableServiceLinks: false
          restartPolicy: Always
          terminationGracePeriodSeconds: 35
          topologySpreadConstraints:
          - labelSelector:
              matchLabels:
                app.kubernetes.io/component: service
                app.kubernetes.io/name: web
            matchLabelKeys:
            - pod-template-hash
            maxSkew: 1
            topologyKey: topology.kubernetes.io/zone
            whenUnsatisfiable: ScheduleAnyway
          - labelSelector:
              matchLabels:
                app.kubernetes.io/component: service
                app.kubernetes.io/name: web
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
          - name: web
            image: ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777
            imagePullPolicy: IfNotPresent
            ports:
            - containerPort: 8080
              name: http
              protocol: TCP
            startupProbe:
              failureThreshold: 24
              httpGet:
                path: /healthz
                port: 8080
              periodSeconds: 5
              timeoutSeconds: 1
            readinessProbe:
              failureThreshold: 3
              httpGet:
                path: /ready
                port: 8080
              periodSeconds: 10
              timeoutSeconds: 2
            livenessProbe:
              failureThreshold: 6
              httpGet:
                path: /healthz
                port: 8080
              periodSeconds: 5
              timeoutSeconds: 1
            lifecycle:
              preStop:
                sleep:
                  seconds: 5
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                drop:
                - ALL
              readOnlyRootFilesystem: true
            resources:
              requests:
                cpu: 100m
                ephemeral-storage: 128Mi
                memory: 128Mi
              limits:
                cpu: "1"
                ephemeral-storage: 192Mi
                memory: 512Mi
            volumeMounts:
            - mountPath: /tmp
              name: scratch-tmp
          volumes:
          - emptyDir:
              sizeLimit: 64Mi
            name: scratch-tmp
    # HorizontalPodAutoscaler/web
    spec:
      scaleTargetRef:
        apiVersion: apps/v1
        kind: Deployment
        name: web
      minReplicas: 2
      maxReplicas: 10
      metrics:
      - type: Resource
        resource:
          name: cpu
          target:
            type: Utilization
            averageUtilization: 70
    # PodDisruptionBudget/web
    spec:
      maxUnavailable: 1
      unhealthyPodEvictionPolicy: AlwaysAllow
      selector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: web
    "#);
}

#[test]
fn a_service_with_a_disk_keeps_its_replicas_apart() {
    let text = r#"project "shop" {
        service "store" {
            image @store
            port 5432
            health "tcp"
            disk "/var/lib/store" size="10Gi" class="fast"
        }
    }"#;
    insta::assert_snapshot!(check(text, &["StatefulSet", "Service/", "HorizontalPod", "PodDisruption"]), @r#"
    # Service/store
    spec:
      type: ClusterIP
      selector:
        app.kubernetes.io/component: service
        app.kubernetes.io/name: store
      ports:
      - name: tcp
        port: 5432
        protocol: TCP
        targetPort: 5432
    # Service/store-pods
    spec:
      type: ClusterIP
      clusterIP: None
      publishNotReadyAddresses: true
      selector:
        app.kubernetes.io/component: service
        app.kubernetes.io/name: store
      ports:
      - name: tcp
        port: 5432
        protocol: TCP
        targetPort: 5432
    # StatefulSet/store
    spec:
      replicas: 1
      revisionHistoryLimit: 3
      serviceName: store-pods
      podManagementPolicy: Parallel
      selector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: store
      updateStrategy:
        type: RollingUpdate
      persistentVolumeClaimRetentionPolicy:
        whenDeleted: Retain
        whenScaled: Retain
      template:
        metadata:
          labels:
            app.kubernetes.io/component: service
            app.kubernetes.io/instance: hello-shop
            app.kubernetes.io/managed-by: trackside
            app.kubernetes.io/name: store
            app.kubernetes.io/part-of: hello
        spec:
          serviceAccountName: store
          automountServiceAccountToken: false
          enableServiceLinks: false
          restartPolicy: Always
          terminationGracePeriodSeconds: 35
          securityContext:
            runAsNonRoot: true
            runAsUser: 1001
            runAsGroup: 1001
            fsGroup: 1001
            fsGroupChangePolicy: OnRootMismatch
            seccompProfile:
              type: RuntimeDefault
          containers:
          - name: store
            image: ghcr.io/acme/store@sha256:7777777777777777777777777777777777777777777777777777777777777777
            imagePullPolicy: IfNotPresent
            ports:
            - containerPort: 5432
              name: tcp
              protocol: TCP
            startupProbe:
              failureThreshold: 6
              periodSeconds: 10
              tcpSocket:
                port: 5432
              timeoutSeconds: 2
            readinessProbe:
              failureThreshold: 3
              periodSeconds: 10
              tcpSocket:
                port: 5432
              timeoutSeconds: 2
            livenessProbe:
              failureThreshold: 6
              periodSeconds: 10
              tcpSocket:
                port: 5432
              timeoutSeconds: 2
            lifecycle:
              preStop:
                sleep:
                  seconds: 5
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
            - mountPath: /var/lib/store
              name: disk-var-lib-store
      volumeClaimTemplates:
      - apiVersion: v1
        kind: PersistentVolumeClaim
        metadata:
          labels:
            app.kubernetes.io/component: service
            app.kubernetes.io/name: store
          name: disk-var-lib-store
        spec:
          accessModes:
          - ReadWriteOnce
          resources:
            requests:
              storage: 10Gi
          storageClassName: fast
    "#);
}

#[test]
fn values_reach_the_process_as_they_are_written() {
    let text = r#"
    secret "key" file="secrets/key.age" { offers project="shop" }
    project "shop" {
        secret "pull" file="secrets/pull.age"
        service "api" { image @api; port 8080 }
        service "web" {
            image @web
            pull secret="pull"
            command "/bin/web" "--greeting=$(HOSTNAME)"
            env "ANSWER" "no"
            env "PORT" "1_000"
            env "TEMPLATE" "$(HOME) costs 5$"
            env "API" service="api"
            env "API_HOST" service="api" part="host"
            env "KEY" secret="key"
            config "/etc/web/web.conf" "on = y\n"
            mount "/run/key" secret="key"
            reaches service="api"
        }
    }"#;
    insta::assert_snapshot!(part(text, "Deployment/web", "/spec/template"), @r#"
    metadata:
      labels:
        app.kubernetes.io/component: service
        app.kubernetes.io/instance: hello-shop
        app.kubernetes.io/managed-by: trackside
        app.kubernetes.io/name: web
        app.kubernetes.io/part-of: hello
      annotations:
        trackside.dev/config-digest: "3b2cad0159bc9c1e8b93c7aae2c6aef43b660582c6072c34afba107ba07d8899"
        trackside.dev/sealed-digest: a5f297c62b4ab8d1fd1a7c12ec1e9ea8264ac1e16a2ff1b268251f987a11c42e
    spec:
      serviceAccountName: web
      automountServiceAccountToken: false
      enableServiceLinks: false
      restartPolicy: Always
      terminationGracePeriodSeconds: 30
      imagePullSecrets:
      - name: pull
      topologySpreadConstraints:
      - labelSelector:
          matchLabels:
            app.kubernetes.io/component: service
            app.kubernetes.io/name: web
        matchLabelKeys:
        - pod-template-hash
        maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: ScheduleAnyway
      - labelSelector:
          matchLabels:
            app.kubernetes.io/component: service
            app.kubernetes.io/name: web
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
      - name: web
        image: ghcr.io/acme/web@sha256:7777777777777777777777777777777777777777777777777777777777777777
        imagePullPolicy: IfNotPresent
        command:
        - /bin/web
        - "--greeting=$$(HOSTNAME)"
        env:
        - name: ANSWER
          value: "no"
        - name: API
          value: http://api.hello-shop.svc:8080
        - name: API_HOST
          value: api.hello-shop.svc
        - name: KEY
          valueFrom:
            secretKeyRef:
              key: value
              name: key
        - name: PORT
          value: "1_000"
        - name: TEMPLATE
          value: "$$(HOME) costs 5$$"
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
        - mountPath: /etc/web/web.conf
          name: config
          readOnly: true
          subPath: etc-web-web.conf
        - mountPath: /run/key
          name: secret-key
          readOnly: true
          subPath: value
      volumes:
      - configMap:
          defaultMode: 292
          name: web
        name: config
      - name: secret-key
        secret:
          defaultMode: 288
          items:
          - key: value
            path: value
          secretName: key
    "#);
    insta::assert_snapshot!(check(text, &["ConfigMap/web"]), @"
    # ConfigMap/web
    data:
      etc-web-web.conf: |
        on = y
    ");
}

#[test]
fn a_cron_job_is_bounded() {
    let text = r#"project "shop" {
        cron "job" schedule="15 3 * * *" zone="Europe/Berlin" up-to="30m" retries=2 overlap="replace" { image @job }
    }"#;
    insta::assert_snapshot!(check(text, &["CronJob"]), @r#"
    # CronJob/job
    spec:
      schedule: "15 3 * * *"
      timeZone: Europe/Berlin
      concurrencyPolicy: Replace
      startingDeadlineSeconds: 1800
      successfulJobsHistoryLimit: 3
      failedJobsHistoryLimit: 3
      jobTemplate:
        metadata:
          labels:
            app.kubernetes.io/component: cron
            app.kubernetes.io/instance: hello-shop
            app.kubernetes.io/managed-by: trackside
            app.kubernetes.io/name: job
            app.kubernetes.io/part-of: hello
        spec:
          activeDeadlineSeconds: 1800
          backoffLimit: 2
          ttlSecondsAfterFinished: 604800
          podFailurePolicy:
            rules:
            - action: Ignore
              onPodConditions:
              - type: DisruptionTarget
                status: "True"
          template:
            metadata:
              labels:
                app.kubernetes.io/component: cron
                app.kubernetes.io/instance: hello-shop
                app.kubernetes.io/managed-by: trackside
                app.kubernetes.io/name: job
                app.kubernetes.io/part-of: hello
            spec:
              serviceAccountName: job
              automountServiceAccountToken: false
              enableServiceLinks: false
              restartPolicy: Never
              terminationGracePeriodSeconds: 30
              securityContext:
                runAsNonRoot: true
                runAsUser: 1001
                runAsGroup: 1001
                fsGroup: 1001
                fsGroupChangePolicy: OnRootMismatch
                seccompProfile:
                  type: RuntimeDefault
              containers:
              - name: job
                image: ghcr.io/acme/job@sha256:7777777777777777777777777777777777777777777777777777777777777777
                imagePullPolicy: IfNotPresent
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
    "#);
}

#[test]
fn edges_are_open_at_both_ends_and_nothing_else_is() {
    let text = r#"
    external "https" { ports "443/tcp" }
    external "warehouse" { ranges "10.8.41.0/24"; ports "5432/tcp" "5432/udp" }
    project "shop" {
        service "api" { image @api; port 9090; offers project="numbers" }
        service "web" {
            image @web
            port 8080
            public host="shop" gateway="public"
            reaches service="api"
            reaches external="https"
        }
        cron "job" schedule="15 3 * * *" { image @job; reaches service="api"; reaches external="warehouse" }
    }
    project "numbers" { service "web" { image @web; reaches service="shop/api" } }"#;
    insta::assert_snapshot!(check(text, &["NetworkPolicy"]), @"
    # NetworkPolicy/default-deny
    spec:
      podSelector: {}
      policyTypes:
      - Ingress
      - Egress
    # NetworkPolicy/web-egress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: web
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
        - port: 9090
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-shop
          podSelector:
            matchLabels:
              app.kubernetes.io/component: service
              app.kubernetes.io/name: api
    # NetworkPolicy/api-egress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: api
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
    # NetworkPolicy/api-ingress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: api
      policyTypes:
      - Ingress
      ingress:
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-numbers
          podSelector:
            matchLabels:
              app.kubernetes.io/component: service
              app.kubernetes.io/name: web
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-shop
          podSelector:
            matchLabels:
              app.kubernetes.io/component: service
              app.kubernetes.io/name: web
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-shop
          podSelector:
            matchLabels:
              app.kubernetes.io/component: cron
              app.kubernetes.io/name: job
        ports:
        - port: 9090
          protocol: TCP
    # NetworkPolicy/default-deny
    spec:
      podSelector: {}
      policyTypes:
      - Ingress
      - Egress
    # NetworkPolicy/job-egress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: cron
          app.kubernetes.io/name: job
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
        - port: 9090
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-shop
          podSelector:
            matchLabels:
              app.kubernetes.io/component: service
              app.kubernetes.io/name: api
      - ports:
        - port: 5432
          protocol: TCP
        - port: 5432
          protocol: UDP
        to:
        - ipBlock:
            cidr: 10.8.41.0/24
    # NetworkPolicy/web-egress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: web
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
        - port: 9090
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-shop
          podSelector:
            matchLabels:
              app.kubernetes.io/component: service
              app.kubernetes.io/name: api
      - ports:
        - port: 443
          protocol: TCP
        to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except:
            - 0.0.0.0/8
            - 10.0.0.0/8
            - 100.64.0.0/10
            - 127.0.0.0/8
            - 168.63.129.16/32
            - 169.254.0.0/16
            - 172.16.0.0/12
            - 192.0.0.0/24
            - 192.0.2.0/24
            - 192.168.0.0/16
            - 198.18.0.0/15
            - 198.51.100.0/24
            - 203.0.113.0/24
            - 224.0.0.0/3
        - ipBlock:
            cidr: 2000::/3
            except:
            - 2001::/32
            - 2001:db8::/32
            - 2002::/16
    # NetworkPolicy/web-ingress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: web
      policyTypes:
      - Ingress
      ingress:
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: envoy-gateway-system
          podSelector:
            matchLabels:
              gateway.envoyproxy.io/owning-gateway-name: public
              gateway.envoyproxy.io/owning-gateway-namespace: envoy-gateway-system
        ports:
        - port: 8080
          protocol: TCP
    ");
}

#[test]
fn public_hosts_speak_what_their_gateway_understands() {
    let text = r#"project "shop" {
        service "web" {
            image @web
            port 8080
            public host="shop" gateway="public" {
                also host="shop" path="/static" gateway="public"
                also host="www.shop.example" gateway="inside"
            }
        }
        service "api" { image @api; port 9090; health "grpc"; public host="api" gateway="inside" }
    }"#;
    insta::assert_snapshot!(check(text, &["HTTPRoute", "Ingress"]), @r#"
    # Ingress/api.api.hello.example
    spec:
      ingressClassName: inside
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
                  number: 9090
            path: /
            pathType: Prefix
    # Ingress/web.www.shop.example
    spec:
      ingressClassName: inside
      tls:
      - hosts:
        - www.shop.example
      rules:
      - host: www.shop.example
        http:
          paths:
          - backend:
              service:
                name: web
                port:
                  number: 8080
            path: /
            pathType: Prefix
    # HTTPRoute/web.shop.hello.example
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: envoy-gateway-system
        name: public
        sectionName: https
      hostnames:
      - shop.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        - path:
            type: PathPrefix
            value: /static
        backendRefs:
        - group: ""
          kind: Service
          name: web
          port: 8080
          weight: 1
    # HTTPRoute/web.shop.hello.example.redirect
    spec:
      parentRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        namespace: envoy-gateway-system
        name: public
        sectionName: http
      hostnames:
      - shop.hello.example
      rules:
      - matches:
        - path:
            type: PathPrefix
            value: /
        - path:
            type: PathPrefix
            value: /static
        filters:
        - type: RequestRedirect
          requestRedirect:
            scheme: https
            statusCode: 301
    "#);
    insta::assert_snapshot!(part(text, "Ingress/api.api.hello.example", "/metadata/annotations"), @"
    nginx.ingress.kubernetes.io/backend-protocol: GRPC
    trackside.dev/source: platform.kdl:20
    ");
    insta::assert_snapshot!(part(text, "Service/api", "/spec/ports"), @"
    - appProtocol: kubernetes.io/h2c
      name: grpc
      port: 9090
      protocol: TCP
      targetPort: 9090
    ");
}

#[test]
fn members_are_given_what_their_roles_mean_and_hold_in_any_case() {
    let text = r#"
    resource "service" in="project" {
        action "read" { kubernetes "apps/deployments" "get" "list"; kubernetes "core/pods" "get" "list" }
        action "deploy" { kubernetes "apps/deployments" "patch" }
        action "debug" { kubernetes "core/pods/exec" "create"; waive "guarded-rights" { reason "on call"; until "2027-12-31"; owner team="payments" } }
    }
    resource "project" in="project" {
        action "create" in="platform"
        action "read" { kubernetes "core/namespaces" "get" }
    }
    resource "team" in="team" { action "invite" { kubernetes "rbac.authorization.k8s.io/rolebindings" "get" } }
    condition "owner" field="owner_id" is="user"
    role "viewer" { allow "service:read" "project:read" "project:create" }
    role "developer" { inherits role="viewer"; allow "service:deploy" "team:invite"; allow "service:debug" when="owner" }
    role "guest" { allow "service:debug" when="owner" }
    platform-role "admin" { allow "*:*" }
    newcomer platform-role="admin"
    team "payments" {
        member "ana@example.com" role="developer"
        member "bo@example.com" role="viewer"
    }
    project "shop" team="payments" {
        member "ana@example.com" role="viewer"
        member "cy@example.com" role="developer"
        member "dee@example.com" role="guest"
        service "web" { image @web }
    }"#;
    insta::assert_snapshot!(check(text, &["Role"]), @r#"
    # Role/project:developer
    rules:
    - apiGroups:
      - ""
      resources:
      - namespaces
      verbs:
      - get
    - apiGroups:
      - ""
      resources:
      - pods
      verbs:
      - get
      - list
    - apiGroups:
      - apps
      resources:
      - deployments
      verbs:
      - get
      - list
      - patch
    # Role/project:viewer
    rules:
    - apiGroups:
      - ""
      resources:
      - namespaces
      verbs:
      - get
    - apiGroups:
      - ""
      resources:
      - pods
      verbs:
      - get
      - list
    - apiGroups:
      - apps
      resources:
      - deployments
      verbs:
      - get
      - list
    # Role/team:developer
    rules:
    - apiGroups:
      - rbac.authorization.k8s.io
      resources:
      - rolebindings
      verbs:
      - get
    # RoleBinding/project:developer
    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: Role
      name: project:developer
    subjects:
    - apiGroup: rbac.authorization.k8s.io
      kind: User
      name: ana@example.com
    - apiGroup: rbac.authorization.k8s.io
      kind: User
      name: cy@example.com
    # RoleBinding/project:viewer
    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: Role
      name: project:viewer
    subjects:
    - apiGroup: rbac.authorization.k8s.io
      kind: User
      name: ana@example.com
    - apiGroup: rbac.authorization.k8s.io
      kind: User
      name: bo@example.com
    # RoleBinding/team:developer
    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: Role
      name: team:developer
    subjects:
    - apiGroup: rbac.authorization.k8s.io
      kind: User
      name: ana@example.com
    "#);
}

#[test]
fn the_image_policy_judges_every_image_of_a_pod() {
    let text = r#"
    image-policy { registries "ghcr.io/acme" "registry.example:5000" }
    team "payments" { }
    project "shop" team="payments" {
        service "web" { image @web }
        service "old" {
            image "docker.io/library/nginx:1.27"
            waive "image-digest" { reason "mirrored soon"; until "2099-03-31"; owner team="payments" }
            waive "image-registry" { reason "mirrored soon"; until "2099-03-31"; owner team="payments" }
        }
    }"#;
    insta::assert_snapshot!(check(text, &["ValidatingAdmissionPolicy"]), @r#"
    # ValidatingAdmissionPolicy/hello-images
    spec:
      failurePolicy: Fail
      matchConstraints:
        resourceRules:
        - apiGroups:
          - ""
          apiVersions:
          - v1
          operations:
          - CREATE
          - UPDATE
          resources:
          - pods
          - pods/ephemeralcontainers
      variables:
      - name: images
        expression: "object.spec.containers.map(it, it.?image.orValue('')) + object.spec.?initContainers.orValue([]).map(it, it.?image.orValue('')) + object.spec.?ephemeralContainers.orValue([]).map(it, it.?image.orValue('')) + object.spec.?volumes.orValue([]).filter(it, has(it.image)).map(it, it.image.?reference.orValue(''))"
      - name: unpinned
        expression: "variables.images.filter(it, !(it.matches('@sha256:[a-f0-9]{64}$') || it in {'hello-shop': ['docker.io/library/nginx:1.27']}[?request.namespace].orValue([])))"
      - name: foreign
        expression: "variables.images.filter(it, !(it.startsWith('ghcr.io/acme/') || it == 'ghcr.io/acme' || it.startsWith('ghcr.io/acme:') || it.startsWith('ghcr.io/acme@') || it.startsWith('registry.example:5000/') || it in {'hello-shop': ['docker.io/library/nginx:1.27']}[?request.namespace].orValue([])))"
      validations:
      - expression: "variables.unpinned.size() == 0"
        messageExpression: "'images are pinned by digest, and these are not: ' + variables.unpinned.join(', ')"
        reason: Forbidden
      - expression: "variables.foreign.size() == 0"
        messageExpression: "'images come from ghcr.io/acme, registry.example:5000, and these do not: ' + variables.foreign.join(', ')"
        reason: Forbidden
    # ValidatingAdmissionPolicyBinding/hello-images
    spec:
      policyName: hello-images
      validationActions:
      - Deny
      matchResources:
        namespaceSelector:
          matchLabels:
            trackside.dev/image-policy: hello-images
    "#);
    assert_eq!(
        part(text, "Deployment/old", "/spec/template/spec/containers/0/imagePullPolicy").trim(),
        "Always"
    );
}

#[test]
fn environments_that_share_a_cluster_stay_apart() {
    let text = r#"
    project "shop" { service "web" { image @web } }
    environment "staging" default=#true { team "night" }"#;
    let shared = HEAD.replace("cluster {", "cluster {\n    shared #true");
    let shared: Vec<String> = rendered_below(&shared, text)
        .iter()
        .filter(|it| it.id.namespace.is_none())
        .map(|it| format!("{}/{}", it.id.kind, it.id.name))
        .collect();
    assert_eq!(
        shared,
        [
            "Namespace/hello-shop-staging",
            "ValidatingAdmissionPolicy/hello-staging-images",
            "ValidatingAdmissionPolicyBinding/hello-staging-images"
        ]
    );
}

/// A cluster whose API server is known, and a vault.
const OPERATED: &str = r#"
platform "hello" edition="2026" { postgresql "16" }
cluster {
    kubernetes "1.35"
    pods "10.244.0.0/16"
    services "10.96.0.0/12"
    api-server "10.0.0.1/32" port=443
    dns namespace="kube-system" label="k8s-app=kube-dns"
}
vault "main" address="https://vault.hello.example:8200" {
    mount "kv/apps" engine="kv-v2"
    login "kubernetes" as="hello" at="clusters/berlin"
}
"#;

#[test]
fn a_database_that_an_operator_runs_has_the_edges_it_lives_by() {
    let text = r#"
        project "shop" {
            service "web" { image @web; port 80; reaches database="orders"; env "PGHOST" database="orders" key="host"; env "PGPASSWORD" database="orders" key="password" }
            database "orders" engine="postgresql" {
                run "cloudnative-pg" { image "ghcr.io/acme/postgresql:16.4@sha256:4444444444444444444444444444444444444444444444444444444444444444"; storage "5Gi" class="ssd"; resources cpu="250m..1" memory="512Mi" }
                application-role "shop_app"
                current-user "shop.user_id"
                table "orders" { column "id" "uuid" primary-key=#true owner=#true; rows read="owner" write="owner" }
            }
        }
        storage-class "ssd" provisioner="disk.csi.hello.example"
    "#;
    let which = ["Cluster", "NetworkPolicy/orders", "NetworkPolicy/web", "ResourceQuota"];
    insta::assert_snapshot!(shown(rendered_below(OPERATED, text), &which), @r#"
    # NetworkPolicy/orders.database-egress
    spec:
      podSelector:
        matchLabels:
          cnpg.io/cluster: orders
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
        - port: 5432
          protocol: TCP
        - port: 8000
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-shop
          podSelector:
            matchLabels:
              cnpg.io/cluster: orders
      - ports:
        - port: 443
          protocol: TCP
        to:
        - ipBlock:
            cidr: 10.0.0.1/32
    # NetworkPolicy/orders.database-ingress
    spec:
      podSelector:
        matchLabels:
          cnpg.io/cluster: orders
      policyTypes:
      - Ingress
      ingress:
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-shop
          podSelector:
            matchLabels:
              cnpg.io/cluster: orders
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: cnpg-system
          podSelector:
            matchLabels:
              app.kubernetes.io/name: cloudnative-pg
        ports:
        - port: 5432
          protocol: TCP
        - port: 8000
          protocol: TCP
      - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-shop
          podSelector:
            matchLabels:
              app.kubernetes.io/component: service
              app.kubernetes.io/name: web
        ports:
        - port: 5432
          protocol: TCP
    # NetworkPolicy/web-egress
    spec:
      podSelector:
        matchLabels:
          app.kubernetes.io/component: service
          app.kubernetes.io/name: web
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
        - port: 5432
          protocol: TCP
        to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: hello-shop
          podSelector:
            matchLabels:
              cnpg.io/cluster: orders
    # Cluster/orders
    spec:
      instances: 3
      imageName: ghcr.io/acme/postgresql:16.4@sha256:4444444444444444444444444444444444444444444444444444444444444444
      imagePullPolicy: IfNotPresent
      enablePDB: true
      enableSuperuserAccess: false
      inheritedMetadata:
        labels:
          app.kubernetes.io/part-of: hello
      seccompProfile:
        type: RuntimeDefault
      bootstrap:
        initdb:
          database: orders
          owner: orders
          dataChecksums: true
          encoding: UTF8
      postgresql:
        pg_hba:
        - hostnossl all all all reject
        synchronous:
          method: any
          number: 1
          dataDurability: required
      storage:
        size: 5Gi
        storageClass: ssd
      resources:
        limits:
          cpu: "1"
          memory: 512Mi
        requests:
          cpu: 250m
          memory: 512Mi
      affinity:
        enablePodAntiAffinity: true
        podAntiAffinityType: preferred
        topologyKey: kubernetes.io/hostname
    "#);
}

#[test]
fn secrets_of_a_vault_are_fetched_where_they_are_taken() {
    let text = r#"
        secret "shared" (vault)"kv/apps/shared" { keys "user" "password"; offers project="shop"; offers project="other" }
        secret "pull" (vault)"kv/apps/registry" { keys ".dockerconfigjson"; offers project="shop" }
        project "shop" {
            secret "own" (vault)"kv/apps/shop/own" { keys "token" }
            service "web" { image @web; port 80; pull secret="pull"; env "USER" secret="shared" key="user"; mount "/run/own" secret="own" key="token" }
        }
        project "other" {
            service "web" { image @web; port 80; env "PASSWORD" secret="shared" key="password" }
        }
    "#;
    let manifests = rendered_below(OPERATED, text);
    let of_stores = |it: &&Manifest| matches!(&*it.id.kind, "SecretStore" | "ExternalSecret");
    let places: Vec<String> = manifests
        .iter()
        .filter(of_stores)
        .map(|it| format!("{}/{} {}", it.id.kind, it.id.name, it.id.namespace.as_deref().unwrap_or_default()))
        .collect();
    insta::assert_snapshot!(places.join("\n"), @r#"
    SecretStore/main.kv-apps hello-other
    SecretStore/main.kv-apps hello-shop
    ExternalSecret/shared hello-other
    ExternalSecret/own hello-shop
    ExternalSecret/pull hello-shop
    ExternalSecret/shared hello-shop
    "#);
    let in_shop = manifests
        .into_iter()
        .filter(|it| it.project.as_ref().is_some_and(|it| it.as_str() == "shop"))
        .collect();
    insta::assert_snapshot!(shown(in_shop, &["SecretStore", "ExternalSecret", "ServiceAccount/vault"]), @r#"
    # ServiceAccount/vault.main
    automountServiceAccountToken: false
    # SecretStore/main.kv-apps
    spec:
      provider:
        vault:
          server: https://vault.hello.example:8200
          path: kv/apps
          version: v2
          auth:
            kubernetes:
              mountPath: clusters/berlin
              role: hello
              serviceAccountRef:
                name: vault.main
    # ExternalSecret/own
    spec:
      refreshInterval: 15m
      refreshPolicy: Periodic
      secretStoreRef:
        kind: SecretStore
        name: main.kv-apps
      target:
        name: own
        creationPolicy: Owner
        deletionPolicy: Retain
        template:
          type: Opaque
          metadata:
            labels:
              app.kubernetes.io/part-of: hello
      data:
      - secretKey: token
        remoteRef:
          key: shop/own
          property: token
    # ExternalSecret/pull
    spec:
      refreshInterval: 15m
      refreshPolicy: Periodic
      secretStoreRef:
        kind: SecretStore
        name: main.kv-apps
      target:
        name: pull
        creationPolicy: Owner
        deletionPolicy: Retain
        template:
          type: kubernetes.io/dockerconfigjson
          metadata:
            labels:
              app.kubernetes.io/part-of: hello
      data:
      - secretKey: ".dockerconfigjson"
        remoteRef:
          key: registry
          property: ".dockerconfigjson"
    # ExternalSecret/shared
    spec:
      refreshInterval: 15m
      refreshPolicy: Periodic
      secretStoreRef:
        kind: SecretStore
        name: main.kv-apps
      target:
        name: shared
        creationPolicy: Owner
        deletionPolicy: Retain
        template:
          type: Opaque
          metadata:
            labels:
              app.kubernetes.io/part-of: hello
      data:
      - secretKey: password
        remoteRef:
          key: shared
          property: password
      - secretKey: user
        remoteRef:
          key: shared
          property: user
    "#);
}
