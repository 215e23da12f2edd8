use super::*;

fn check(built_in: &Value, change: impl FnOnce(&mut Value)) -> String {
    let mut filled = built_in.clone();
    change(&mut filled);
    let refusals = of_object(built_in, &filled, None);
    let lines = refusals.iter().map(|it| format!("{}: {}", it.code, it.message));
    if refusals.is_empty() { "fine".to_owned() } else { lines.collect::<Vec<_>>().join("\n") }
}

const IMAGE: &str = "a.example/web@sha256:7777777777777777777777777777777777777777777777777777777777777777";

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "namespace": "a" },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "a": "b" } },
            "template": {
                "metadata": { "labels": { "a": "b" } },
                "spec": {
                    "serviceAccountName": "web",
                    "automountServiceAccountToken": false,
                    "securityContext": { "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } },
                    "containers": [{
                        "name": "web",
                        "image": IMAGE,
                        "env": [{ "name": "A", "valueFrom": { "secretKeyRef": { "name": "a", "key": "value" } } }],
                        "resources": { "limits": { "memory": "64Mi" } },
                        "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
                    }],
                },
            },
        },
    })
}

#[test]
fn what_takes_nothing_away_is_fine() {
    let changed = check(&deployment(), |it| {
        it["metadata"]["labels"] = json!({ "mine": "1" });
        it["spec"]["minReadySeconds"] = json!(5);
        it["spec"]["template"]["metadata"]["labels"]["mine"] = json!("1");
        let mut sidecar = it["spec"]["template"]["spec"]["containers"][0].clone();
        sidecar["name"] = json!("sidecar");
        let web = it["spec"]["template"]["spec"]["containers"][0].take();
        it["spec"]["template"]["spec"]["containers"] = json!([web, sidecar]);
    });
    assert_eq!(changed, "fine");
}

#[test]
fn what_is_weaker_is_named() {
    fn pod(it: &mut Value) -> &mut Value {
        &mut it["spec"]["template"]["spec"]
    }
    let seen = [
        check(&deployment(), |it| it["metadata"]["namespace"] = json!("b")),
        check(&deployment(), |it| it["spec"]["replcas"] = json!(1)),
        check(&deployment(), |it| it["spec"]["selector"]["matchLabels"]["a"] = json!("c")),
        check(&deployment(), |it| it["spec"]["template"]["metadata"]["labels"]["a"] = json!("c")),
        check(&deployment(), |it| pod(it)["automountServiceAccountToken"] = json!(true)),
        check(&deployment(), |it| pod(it)["hostNetwork"] = json!(true)),
        check(&deployment(), |it| {
            pod(it)["securityContext"]["seccompProfile"]["type"] = json!("Unconfined");
        }),
        check(&deployment(), |it| pod(it)["containers"][0]["image"] = json!("b")),
        check(&deployment(), |it| pod(it)["containers"][0]["resources"] = json!({})),
        check(&deployment(), |it| pod(it)["containers"] = json!([])),
        check(&deployment(), |it| pod(it)["initContainers"] = json!([{ "name": "init", "image": "b" }])),
        check(
            &deployment(),
            |it| pod(it)["volumes"] = json!([{ "name": "token", "projected": { "sources": [{ "serviceAccountToken": { "path": "t" } }] } }]),
        ),
        check(&deployment(), |it| {
            pod(it)["containers"][0]["envFrom"] = json!([{ "secretRef": { "name": "other" } }]);
        }),
    ];
    insta::assert_snapshot!(seen.join("\n"), @r#"
        TS403: it gives another object: `.metadata.namespace` is `b`, not `a`
        TS405: `.spec.replcas` is no field that Kubernetes knows
        TS404: `.spec.selector.matchLabels.a` is not as the built-in template has it
        TS404: `.spec.template.metadata.labels.a` is not as the built-in template has it
        TS404: `.spec.template.spec.automountServiceAccountToken` is not as the built-in template has it
        TS404: `.spec.template.spec.hostNetwork` is nothing that a template may add
        TS404: `.spec.template.spec.securityContext.seccompProfile.type` is not as the built-in template has it
        TS404: `.spec.template.spec.containers[0].image` is not as the built-in template has it
        TS404: `.spec.template.spec.containers[0].resources.limits` is missing, which the built-in template has
        TS404: `.spec.template.spec.containers` lacks "web", which the built-in template has
        TS301: `b` is no image with its registry and digest
        TS404: `.spec.template.spec.initContainers[0].resources.limits.memory` is missing in a container of yours
        TS404: `.spec.template.spec.initContainers[0].securityContext.allowPrivilegeEscalation` must be false
        TS404: `.spec.template.spec.initContainers[0].securityContext.capabilities.drop` must hold `ALL`
        TS404: `.spec.template.spec.volumes[0]` must be a ConfigMap, an empty directory or the downward API: the rest is declared
        TS404: `.spec.template.spec.containers[0].envFrom` is nothing that a template may add
        "#);
}

#[test]
fn what_stands_at_the_border_may_be_added_to_and_stays() {
    let set = json!({ "set": [{ "name": "x-frame-options", "value": "DENY" }] });
    let filter = json!({ "type": "ResponseHeaderModifier", "responseHeaderModifier": set });
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "web", "namespace": "a" },
        "spec": { "parentRefs": [{ "name": "public" }], "rules": [{ "filters": [filter], "backendRefs": [{ "name": "web", "port": 80 }] }] },
    });
    let ingress = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": { "name": "web", "namespace": "a", "annotations": { "nginx.ingress.kubernetes.io/auth-url": "http://login" } },
        "spec": { "ingressClassName": "public" },
    });
    let policy = json!({
        "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "SecurityPolicy", "metadata": { "name": "web", "namespace": "a" },
        "spec": { "extAuth": { "failOpen": false, "timeout": "5s" } },
    });
    let seen = [
        check(&route, |it| it["spec"]["rules"][0]["filters"] = json!([])),
        check(&route, |it| {
            let mirror = json!({ "type": "RequestMirror" });
            it["spec"]["rules"][0]["filters"].as_array_mut().expect("a list").push(mirror);
        }),
        check(&ingress, |it| it["metadata"]["annotations"] = json!({ "mine": "1" })),
        check(&ingress, |it| it["metadata"]["annotations"]["mine"] = json!("1")),
        check(&policy, |it| it["spec"]["extAuth"]["failOpen"] = json!(true)),
        check(&policy, |it| it["spec"]["jwt"] = json!({ "providers": [] })),
    ];
    insta::assert_snapshot!(seen.join("\n"), @r#"
    TS404: `.spec.rules[0].filters` lacks an item that the built-in template has
    TS404: `.spec.rules[0].filters[1]` is nothing that a template may add
    TS404: `.metadata.annotations["nginx.ingress.kubernetes.io/auth-url"]` is missing, which the built-in template has
    fine
    TS404: `.spec.extAuth.failOpen` is not as the built-in template has it
    TS404: `.spec.jwt` is nothing that a template may add
    "#);
}

#[test]
fn a_safeguard_stays_as_it_is() {
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": "web", "namespace": "a" },
        "spec": { "podSelector": {}, "policyTypes": ["Egress"], "egress": [] },
    });
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": { "name": "web", "namespace": "a" },
        "spec": { "parentRefs": [{ "name": "public" }], "hostnames": ["a.example"], "rules": [{ "backendRefs": [{ "name": "web", "port": 80 }] }] },
    });
    let seen = [
        check(&policy, |it| it["metadata"]["annotations"] = json!({ "mine": "1" })),
        // What it allows is for the proof to say.
        check(&policy, |it| it["spec"]["egress"] = json!([{}])),
        check(&policy, |it| it["spec"]["allow"] = json!([])),
        check(&policy, |it| it["metadata"]["finalizers"] = json!(["a.example/b"])),
        check(&route, |it| it["spec"]["rules"][0]["timeouts"] = json!({ "request": "10s" })),
        check(&route, |it| it["spec"]["hostnames"] = json!(["a.example", "b.example"])),
        check(&route, |it| {
            it["spec"]["rules"] = json!([{ "backendRefs": [{ "name": "other", "port": 80 }] }]);
        }),
    ];
    insta::assert_snapshot!(seen.join("\n"), @"
    fine
    fine
    TS405: `.spec.allow` is no field that Kubernetes knows
    TS404: `.metadata.finalizers` is nothing that a template may add
    fine
    TS404: `.spec.hostnames[1]` is nothing that a template may add
    TS404: `.spec.rules[0].backendRefs[0].name` is not as the built-in template has it
    ");
}

/// What the built-in template has in a pod and what is added to it are judged field by field.
#[test]
fn what_stands_beside_the_declared_is_bounded() {
    fn pod(it: &mut Value) -> &mut Value {
        &mut it["spec"]["template"]["spec"]
    }
    let fine: [fn(&mut Value); 12] = [
        |it| pod(it)["tolerations"] = json!([{ "key": "gpu", "operator": "Exists" }]),
        |it| pod(it)["nodeSelector"] = json!({ "disk": "ssd" }),
        |it| pod(it)["priorityClassName"] = json!("shop"),
        |it| pod(it)["hostUsers"] = json!(false),
        |it| pod(it)["volumes"] = json!([{ "name": "a", "emptyDir": { "sizeLimit": "1Mi" } }]),
        |it| pod(it)["containers"][0]["volumeMounts"] = json!([{ "name": "a", "mountPath": "/a" }]),
        |it| {
            pod(it)["containers"][0]["env"] =
                json!([{ "name": "B", "value": "1" }, pod(it)["containers"][0]["env"][0]]);
        },
        |it| pod(it)["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] = json!("1"),
        |it| {
            pod(it)["containers"][0]["securityContext"]["appArmorProfile"] =
                json!({ "type": "RuntimeDefault" });
        },
        |it| pod(it)["runtimeClassName"] = json!("gvisor"),
        |it| it["spec"]["template"]["metadata"]["annotations"] = json!({ "mine/a": "b" }),
        |it| it["metadata"]["annotations"] = json!({ "nginx.ingress.kubernetes.io/proxy-body-size": "1m" }),
    ];
    for change in fine {
        assert_eq!(check(&deployment(), change), "fine");
    }
    let refused: [fn(&mut Value); 29] = [
        |it| it["spec"]["replicas"] = json!(1),
        |it| it["spec"]["paused"] = json!(true),
        |it| pod(it)["nodeName"] = json!("master"),
        |it| pod(it)["hostAliases"] = json!([{ "ip": "192.0.2.1", "hostnames": ["orders-rw"] }]),
        |it| pod(it)["dnsPolicy"] = json!("None"),
        |it| pod(it)["dnsConfig"] = json!({ "nameservers": ["8.8.8.8"] }),
        |it| pod(it)["hostPID"] = json!(true),
        |it| pod(it)["hostIPC"] = json!(true),
        |it| pod(it)["shareProcessNamespace"] = json!(true),
        |it| pod(it)["hostUsers"] = json!(true),
        |it| pod(it)["priorityClassName"] = json!("system-node-critical"),
        |it| pod(it)["tolerations"] = json!([{ "operator": "Exists" }]),
        |it| {
            pod(it)["tolerations"] =
                json!([{ "key": "node-role.kubernetes.io/control-plane", "operator": "Exists" }]);
        },
        |it| pod(it)["serviceAccountName"] = json!("other"),
        |it| pod(it)["imagePullSecrets"] = json!([{ "name": "other" }]),
        |it| pod(it)["volumes"] = json!([{ "name": "a", "hostPath": { "path": "/" } }]),
        |it| pod(it)["volumes"] = json!([{ "name": "a", "secret": { "secretName": "other" } }]),
        |it| pod(it)["volumes"] = json!([{ "name": "a", "csi": { "driver": "a" } }]),
        |it| pod(it)["ephemeralContainers"] = json!([{ "name": "debug", "image": IMAGE }]),
        |it| pod(it)["containers"][0]["command"] = json!(["sh"]),
        |it| {
            pod(it)["containers"][0]["lifecycle"] = json!({ "postStart": { "exec": { "command": ["sh"] } } });
        },
        |it| pod(it)["containers"][0]["env"] = json!([]),
        |it| {
            pod(it)["containers"][0]["env"] =
                json!([pod(it)["containers"][0]["env"][0], { "name": "A", "value": "1" }]);
        },
        |it| pod(it)["containers"][0]["env"] = json!([pod(it)["containers"][0]["env"][0], { "name": "B", "valueFrom": { "secretKeyRef": { "name": "b", "key": "value" } } }]),
        |it| pod(it)["containers"][0]["ports"] = json!([{ "containerPort": 80, "hostPort": 80 }]),
        |it| pod(it)["containers"][0]["securityContext"]["privileged"] = json!(true),
        |it| pod(it)["containers"][0]["securityContext"]["capabilities"]["add"] = json!(["NET_BIND_SERVICE"]),
        |it| {
            it["spec"]["template"]["metadata"]["annotations"] =
                json!({ "k8s.v1.cni.cncf.io/networks": "host" });
        },
        |it| it["spec"]["template"]["metadata"]["labels"]["cnpg.io/cluster"] = json!("orders"),
    ];
    insta::assert_snapshot!(refused.map(|it| check(&deployment(), it)).join("\n"), @r#"
    TS404: `.spec.replicas` is not as the built-in template has it
    TS404: `.spec.paused` is nothing that a template may add
    TS404: `.spec.template.spec.nodeName` is nothing that a template may add
    TS404: `.spec.template.spec.hostAliases` is nothing that a template may add
    TS404: `.spec.template.spec.dnsPolicy` is nothing that a template may add
    TS404: `.spec.template.spec.dnsConfig` is nothing that a template may add
    TS404: `.spec.template.spec.hostPID` is nothing that a template may add
    TS404: `.spec.template.spec.hostIPC` is nothing that a template may add
    TS404: `.spec.template.spec.shareProcessNamespace` is nothing that a template may add
    TS404: `.spec.template.spec.hostUsers` must be false, where it is said
    TS404: `.spec.template.spec.priorityClassName` is a priority of the system's own pods
    TS404: `.spec.template.spec.tolerations[0]` must name the key that it tolerates: without one it is every node
    TS404: `.spec.template.spec.tolerations[0]` leads to the nodes that run the cluster itself
    TS404: `.spec.template.spec.serviceAccountName` is not as the built-in template has it
    TS404: `.spec.template.spec.imagePullSecrets` is nothing that a template may add
    TS404: `.spec.template.spec.volumes[0]` must be a ConfigMap, an empty directory or the downward API: the rest is declared
    TS404: `.spec.template.spec.volumes[0]` must be a ConfigMap, an empty directory or the downward API: the rest is declared
    TS404: `.spec.template.spec.volumes[0]` must be a ConfigMap, an empty directory or the downward API: the rest is declared
    TS404: `.spec.template.spec.ephemeralContainers` is nothing that a template may add
    TS404: `.spec.template.spec.containers[0].command` is nothing that a template may add
    TS404: `.spec.template.spec.containers[0].lifecycle` is nothing that a template may add
    TS404: `.spec.template.spec.containers[0].env` lacks "A", which the built-in template has
    TS404: `.spec.template.spec.containers[0].env[1]` is a second "A"
    TS404: `.spec.template.spec.containers[0].env[1].valueFrom.secretKeyRef` leads to a secret that is not declared here
    TS404: `.spec.template.spec.containers[0].ports[0].hostPort` must not be used
    TS404: `.spec.template.spec.containers[0].securityContext.privileged` is nothing that a template may add
    TS404: `.spec.template.spec.containers[0].securityContext.capabilities.add` is nothing that a template may add
    TS404: `.spec.template.metadata.annotations["k8s.v1.cni.cncf.io/networks"]` is no annotation to add: it gives the pod networks that no policy knows
    TS404: `.spec.template.metadata.labels["cnpg.io/cluster"]` is no label to add: it tells the operator of the database what to do
    "#);
}

#[test]
fn what_is_declared_of_other_kinds_stays() {
    let object = |api: &str, kind: &str, spec: Value| json!({ "apiVersion": api, "kind": kind, "metadata": { "name": "web", "namespace": "a" }, "spec": spec });
    let target = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" });
    let scaler = object(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        json!({ "scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 4 }),
    );
    let budget = object(
        "policy/v1",
        "PodDisruptionBudget",
        json!({ "maxUnavailable": 1, "selector": { "matchLabels": { "a": "b" } } }),
    );
    let ingress = object(
        "networking.k8s.io/v1",
        "Ingress",
        json!({ "tls": [{ "hosts": ["a.example"], "secretName": "a" }], "rules": [{ "host": "a.example" }] }),
    );
    let cron = object(
        "batch/v1",
        "CronJob",
        json!({ "schedule": "0 3 * * *", "jobTemplate": { "spec": { "template": { "spec": { "restartPolicy": "Never", "containers": [] } } } } }),
    );
    let cluster = object(
        "postgresql.cnpg.io/v1",
        "Cluster",
        json!({ "instances": 3, "bootstrap": { "initdb": { "owner": "a" } } }),
    );
    let seen = [
        check(&scaler, |it| it["spec"]["maxReplicas"] = json!(500)),
        check(&scaler, |it| it["spec"]["behavior"] = json!({ "scaleUp": { "selectPolicy": "Disabled" } })),
        check(&scaler, |it| {
            it["spec"]["behavior"] = json!({ "scaleDown": { "stabilizationWindowSeconds": 60 } });
        }),
        check(&budget, |it| it["spec"]["maxUnavailable"] = json!("100%")),
        check(&ingress, |it| _ = it["spec"].as_object_mut().and_then(|it| it.shift_remove("tls"))),
        check(&ingress, |it| {
            it["metadata"]["annotations"] = json!({ "nginx.ingress.kubernetes.io/server-snippet": "a" });
        }),
        check(&cron, |it| it["spec"]["schedule"] = json!("* * * * *")),
        check(&cron, |it| it["spec"]["suspend"] = json!(true)),
        check(&cluster, |it| {
            it["spec"]["bootstrap"]["initdb"]["postInitSQL"] = json!(["alter role a superuser"]);
        }),
        check(&cluster, |it| it["spec"]["backup"] = json!({ "retentionPolicy": "30d" })),
    ];
    insta::assert_snapshot!(seen.join("\n"), @r#"
    TS404: `.spec.maxReplicas` is not as the built-in template has it
    TS404: `.spec.behavior.scaleUp.selectPolicy` is nothing that a template may add
    fine
    TS404: `.spec.maxUnavailable` is not as the built-in template has it
    TS404: `.spec.tls` is missing, which the built-in template has
    TS404: `.metadata.annotations["nginx.ingress.kubernetes.io/server-snippet"]` is no annotation to add: it changes what the gateway lets through
    TS404: `.spec.schedule` is not as the built-in template has it
    TS404: `.spec.suspend` is nothing that a template may add
    TS404: `.spec.bootstrap.initdb.postInitSQL` is nothing that a template may add
    fine
    "#);
}

#[test]
fn a_secret_that_the_template_brings_is_found() {
    let token = "ghp_0123456789abcdefghijklmnopqrstuvwxyzAB";
    let changed = check(&deployment(), |it| it["metadata"]["annotations"] = json!({ "mine": token }));
    insta::assert_snapshot!(changed, @"TS304: this looks like a GitHub token, in plain text");
}
