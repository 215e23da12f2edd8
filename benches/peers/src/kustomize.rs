//! The platform as a tree of kustomizations: a folder to each project, in it one to each service. What all have in common
//! (`benches/peers/kustomize/`) stands beside it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::list;
use crate::platform::{Image, Platform, Project, Replicas, Service};

/// The files by path.
pub(crate) fn files(platform: &Platform) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let folders = platform.projects.iter().map(|it| format!("projects/{}", it.name));
    let folders: Vec<String> = ["image-policy".to_owned()].into_iter().chain(folders).collect();
    files.insert("kustomization.yaml".to_owned(), kustomization(&folders, ""));
    let annotations = format!("commonAnnotations:\n  trackside.dev/source: {}\n", platform.source);
    files.insert(
        "image-policy/kustomization.yaml".to_owned(),
        kustomization(&["../base/image-policy".to_owned()], &annotations),
    );
    for project in &platform.projects {
        of_project(project, &mut files);
    }
    files
}

fn of_project(project: &Project, files: &mut BTreeMap<String, String>) {
    let Project { name, source, services } = project;
    let folder = format!("projects/{name}");
    let namespace = project.namespace();
    let settings = format!(
        "namespace: {namespace}
labels:
  - pairs:
      app.kubernetes.io/instance: {namespace}
      app.kubernetes.io/managed-by: trackside
      app.kubernetes.io/part-of: generated
    includeTemplates: true
"
    );
    let names = services.iter().map(|it| it.name.to_owned());
    let folders: Vec<String> = ["project".to_owned()].into_iter().chain(names).collect();
    files.insert(format!("{folder}/kustomization.yaml"), kustomization(&folders, &settings));

    let settings = format!(
        "labels:
  - pairs:
      app.kubernetes.io/component: project
      app.kubernetes.io/name: {name}
commonAnnotations:
  trackside.dev/source: {source}
"
    );
    files.insert(
        format!("{folder}/project/kustomization.yaml"),
        kustomization(&["../../../base/project".to_owned()], &settings),
    );
    for service in services {
        of_service(service, project, &format!("{folder}/{}", service.name), files);
    }
}

fn of_service(service: &Service, project: &Project, folder: &str, files: &mut BTreeMap<String, String>) {
    let Service { name, image: Image { name: image, tag, digest }, replicas, .. } = service;
    let mut objects = vec![
        ("service-account.yaml", service_account(service)),
        ("deployment.yaml", deployment(service, project)),
        ("service.yaml", front(service)),
        ("pod-disruption-budget.yaml", pod_disruption_budget(service)),
        ("network-policy.yaml", network_policies(service, project)),
    ];
    let mut settings = format!(
        "components:
  - ../../../components/hardened
labels:
  - pairs:
      app.kubernetes.io/component: service
      app.kubernetes.io/name: {name}
    includeTemplates: true
images:
  - name: {image}
    newTag: {tag}
    digest: sha256:{digest}
"
    );
    match replicas {
        Replicas::Fixed(count) => {
            write!(settings, "replicas:\n  - name: {name}\n    count: {count}\n")
                .expect("a string takes everything");
        }
        Replicas::Range(from, to) => {
            let autoscaler = horizontal_pod_autoscaler(service, *from, *to);
            objects.push(("horizontal-pod-autoscaler.yaml", autoscaler));
        }
    }
    if let Some(routes) = http_routes(service) {
        objects.push(("http-route.yaml", routes));
    }
    let names: Vec<String> = objects.iter().map(|(name, _)| (*name).to_owned()).collect();
    files.insert(format!("{folder}/kustomization.yaml"), kustomization(&names, &settings));
    files.extend(objects.into_iter().map(|(name, text)| (format!("{folder}/{name}"), text)));
}

fn kustomization(resources: &[String], settings: &str) -> String {
    let resources: String = resources.iter().map(|it| format!("  - {it}\n")).collect();
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{resources}{settings}"
    )
}

fn object(api: &str, kind: &str, name: &str, source: &str, rest: &str) -> String {
    format!(
        "---
apiVersion: {api}
kind: {kind}
metadata:
  name: {name}
  annotations:
    trackside.dev/source: {source}
{rest}"
    )
}

fn service_account(Service { name, source, .. }: &Service) -> String {
    object("v1", "ServiceAccount", name, source, "automountServiceAccountToken: false\n")
}

fn front(Service { name, source, port, .. }: &Service) -> String {
    let spec = format!(
        "spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/component: service
    app.kubernetes.io/name: {name}
  ports:
    - name: http
      port: {port}
      protocol: TCP
      targetPort: {port}
"
    );
    object("v1", "Service", name, source, &spec)
}

fn pod_disruption_budget(Service { name, replicas_source, .. }: &Service) -> String {
    let spec = format!(
        "spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      app.kubernetes.io/component: service
      app.kubernetes.io/name: {name}
"
    );
    object("policy/v1", "PodDisruptionBudget", name, replicas_source, &spec)
}

fn horizontal_pod_autoscaler(service: &Service, from: usize, to: usize) -> String {
    let Service { name, replicas_source, .. } = service;

    let spec = format!(
        "spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {name}
  minReplicas: {from}
  maxReplicas: {to}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 80
"
    );
    object("autoscaling/v2", "HorizontalPodAutoscaler", name, replicas_source, &spec)
}

fn deployment(service: &Service, project: &Project) -> String {
    let Service {
        name,
        source,
        image: Image { name: image, .. },
        port,
        cpu: [cpu, most_cpu],
        memory: [memory, most_memory],
        variables,
        ..
    } = service;
    let env: String = variables
        .iter()
        .map(|(name, it)| {
            format!("            - name: {name}\n              value: {}\n", list::value(it, project))
        })
        .collect();
    let spread: String = ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
        .iter()
        .map(|key| {
            format!(
                "        - labelSelector:
            matchLabels:
              app.kubernetes.io/component: service
              app.kubernetes.io/name: {name}
          matchLabelKeys: [pod-template-hash]
          maxSkew: 1
          topologyKey: {key}
          whenUnsatisfiable: ScheduleAnyway
"
            )
        })
        .collect();
    let probes: String = [("startup", 6), ("readiness", 3), ("liveness", 6)]
        .iter()
        .map(|(probe, failures)| {
            format!(
                "          {probe}Probe:
            failureThreshold: {failures}
            httpGet:
              path: /healthz
              port: {port}
            periodSeconds: 10
            timeoutSeconds: 2
"
            )
        })
        .collect();
    let spec = format!(
        "spec:
  selector:
    matchLabels:
      app.kubernetes.io/component: service
      app.kubernetes.io/name: {name}
  template:
    spec:
      serviceAccountName: {name}
      topologySpreadConstraints:
{spread}      containers:
        - name: {name}
          image: {image}
          env:
{env}          ports:
            - containerPort: {port}
              name: http
              protocol: TCP
{probes}          resources:
            requests:
              cpu: {cpu}
              ephemeral-storage: 128Mi
              memory: {memory}
            limits:
              cpu: \"{most_cpu}\"
              ephemeral-storage: 128Mi
              memory: {most_memory}
"
    );
    object("apps/v1", "Deployment", name, source, &spec)
}

fn network_policies(service: &Service, project: &Project) -> String {
    let Service { name, source, port, reaches, callers, external, public, .. } = service;
    let policy = |direction: &str, rest: &str| {
        let spec = format!(
            "spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/component: service
      app.kubernetes.io/name: {name}
  policyTypes: [{}]
  {direction}:
{rest}",
            if direction == "egress" { "Egress" } else { "Ingress" }
        );
        object("networking.k8s.io/v1", "NetworkPolicy", &format!("{name}-{direction}"), source, &spec)
    };
    let pods = |other: &str| {
        format!(
            "        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: {}
          podSelector:
            matchLabels:
              app.kubernetes.io/component: service
              app.kubernetes.io/name: {other}
",
            project.namespace()
        )
    };
    let reached: String = reaches
        .iter()
        .map(|it| {
            format!(
                "    - ports:\n        - port: {}\n          protocol: TCP\n      to:\n{}",
                it.port,
                pods(it.name)
            )
        })
        .collect();
    let mut text = policy("egress", &format!("{DNS}{reached}{}", if *external { INTERNET } else { "" }));
    if !callers.is_empty() || public.is_some() {
        let callers: String = callers.iter().map(|it| pods(it)).collect();
        let gateway = if public.is_some() { GATEWAY } else { "" };
        text += &policy(
            "ingress",
            &format!(
                "    - from:\n{callers}{gateway}      ports:\n        - port: {port}\n          protocol: TCP\n"
            ),
        );
    }
    text
}

const DNS: &str = "    - ports:
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
";

const GATEWAY: &str = "        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: envoy-gateway-system
          podSelector:
            matchLabels:
              gateway.envoyproxy.io/owning-gateway-name: public
              gateway.envoyproxy.io/owning-gateway-namespace: envoy-gateway-system
";

const INTERNET: &str = "    - ports:
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
";

fn http_routes(Service { name, port, public, .. }: &Service) -> Option<String> {
    let public = public.as_ref()?;
    let host = &public.host;
    let route = |suffix: &str, section: &str, rest: &str| {
        let spec = format!(
            "spec:
  parentRefs:
    - group: gateway.networking.k8s.io
      kind: Gateway
      namespace: envoy-gateway-system
      name: public
      sectionName: {section}
  hostnames:
    - {host}
  rules:
    - matches:
        - path:
            type: PathPrefix
            value: /
{rest}"
        );
        let name = format!("{name}.{host}{suffix}");
        object("gateway.networking.k8s.io/v1", "HTTPRoute", &name, &public.source, &spec)
    };
    let backend = format!(
        "      backendRefs:
        - group: \"\"
          kind: Service
          name: {name}
          port: {port}
          weight: 1
"
    );
    let redirect = "      filters:
        - type: RequestRedirect
          requestRedirect:
            scheme: https
            statusCode: 301
";
    Some(route("", "https", &backend) + &route(".redirect", "http", redirect))
}
