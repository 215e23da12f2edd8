// All objects of one service of a project.
local names = import 'names.libsonnet';

local probe(service, failures) = {
  failureThreshold: failures,
  httpGet: { path: '/healthz', port: service.port },
  periodSeconds: 10,
  timeoutSeconds: 2,
};

local pods(namespace, selector) = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
  podSelector: { matchLabels: selector },
};

local internet = [
  {
    ipBlock: {
      cidr: '0.0.0.0/0',
      except: [
        '0.0.0.0/8',
        '10.0.0.0/8',
        '100.64.0.0/10',
        '127.0.0.0/8',
        '168.63.129.16/32',
        '169.254.0.0/16',
        '172.16.0.0/12',
        '192.0.0.0/24',
        '192.0.2.0/24',
        '192.168.0.0/16',
        '198.18.0.0/15',
        '198.51.100.0/24',
        '203.0.113.0/24',
        '224.0.0.0/3',
      ],
    },
  },
  { ipBlock: { cidr: '2000::/3', except: ['2001::/32', '2001:db8::/32', '2002::/16'] } },
];

local gateway = pods('envoy-gateway-system', {
  'gateway.envoyproxy.io/owning-gateway-name': 'public',
  'gateway.envoyproxy.io/owning-gateway-namespace': 'envoy-gateway-system',
});

function(project, service)
  local namespace = names.namespace(project);
  local selector = names.selector(service.name);
  local labels = names.labels(project, service);
  local meta(name, source=service.source) = {
    name: name,
    namespace: namespace,
    labels: labels,
    annotations: { 'trackside.dev/source': source },
  };

  local account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: meta(service.name),
    automountServiceAccountToken: false,
  };

  local front = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta(service.name),
    spec: {
      type: 'ClusterIP',
      selector: selector,
      ports: [{ name: 'http', port: service.port, protocol: 'TCP', targetPort: service.port }],
    },
  };

  local container = {
    name: service.name,
    image: service.image,
    imagePullPolicy: 'IfNotPresent',
    env: [{ name: it.key, value: it.value } for it in std.objectKeysValues(service.env)],
    ports: [{ containerPort: service.port, name: 'http', protocol: 'TCP' }],
    startupProbe: probe(service, 6),
    readinessProbe: probe(service, 3),
    livenessProbe: probe(service, 6),
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
    resources: {
      requests: service.requests + { 'ephemeral-storage': '128Mi' },
      limits: service.limits + { 'ephemeral-storage': '128Mi' },
    },
  };

  local deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta(service.name),
    spec: {
      [if 'count' in service.replicas then 'replicas']: service.replicas.count,
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: 660,
      selector: { matchLabels: selector },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
      template: {
        metadata: { labels: labels },
        spec: {
          serviceAccountName: service.name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          restartPolicy: 'Always',
          terminationGracePeriodSeconds: 35,
          topologySpreadConstraints: [
            {
              labelSelector: { matchLabels: selector },
              matchLabelKeys: ['pod-template-hash'],
              maxSkew: 1,
              topologyKey: key,
              whenUnsatisfiable: 'ScheduleAnyway',
            }
            for key in ['topology.kubernetes.io/zone', 'kubernetes.io/hostname']
          ],
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1001,
            runAsGroup: 1001,
            fsGroup: 1001,
            fsGroupChangePolicy: 'OnRootMismatch',
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container],
        },
      },
    },
  };

  local autoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: meta(service.name, service.replicas.source),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: service.name },
      minReplicas: service.replicas.from,
      maxReplicas: service.replicas.to,
      metrics: [{
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
      }],
    },
  };

  local budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: meta(service.name, service.replicas.source),
    spec: {
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selector },
    },
  };

  local egress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: meta(service.name + '-egress'),
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ['Egress'],
      egress: [{
        ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }],
        to: [pods('kube-system', { 'k8s-app': 'kube-dns' })],
      }] + [
        {
          ports: [{ port: it.port, protocol: 'TCP' }],
          to: [pods(namespace, names.selector(it.name))],
        }
        for it in service.reaches
      ] + if service.external then [{ ports: [{ port: 443, protocol: 'TCP' }], to: internet }] else [],
    },
  };

  local ingress = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: meta(service.name + '-ingress'),
    spec: {
      podSelector: { matchLabels: selector },
      policyTypes: ['Ingress'],
      ingress: [{
        from: [pods(namespace, names.selector(it)) for it in service.callers] +
              if 'public' in service then [gateway] else [],
        ports: [{ port: service.port, protocol: 'TCP' }],
      }],
    },
  };

  local route(suffix, section, rule) = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: meta(service.name + '.' + service.public.host + suffix, service.public.source),
    spec: {
      parentRefs: [{
        group: 'gateway.networking.k8s.io',
        kind: 'Gateway',
        namespace: 'envoy-gateway-system',
        name: 'public',
        sectionName: section,
      }],
      hostnames: [service.public.host],
      rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] } + rule],
    },
  };

  local routes = [
    route('', 'https', {
      backendRefs: [{ group: '', kind: 'Service', name: service.name, port: service.port, weight: 1 }],
    }),
    route('.redirect', 'http', {
      filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }],
    }),
  ];

  [account, front, deployment, budget, egress] +
  (if 'to' in service.replicas then [autoscaler] else []) +
  (if service.callers != [] || 'public' in service then [ingress] else []) +
  (if 'public' in service then routes else [])
