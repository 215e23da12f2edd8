// What a project has as a whole.
local names = import 'names.libsonnet';

function(project)
  local meta(name) = {
    name: name,
    namespace: names.namespace(project),
    labels: names.projectLabels(project),
    annotations: { 'trackside.dev/source': project.source },
  };
  [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: names.namespace(project),
        labels: names.projectLabels(project) + {
          'pod-security.kubernetes.io/audit': 'restricted',
          'pod-security.kubernetes.io/audit-version': 'v1.35',
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/enforce-version': 'v1.35',
          'pod-security.kubernetes.io/warn': 'restricted',
          'pod-security.kubernetes.io/warn-version': 'v1.35',
          'trackside.dev/image-policy': 'generated-images',
        },
        annotations: { 'trackside.dev/source': project.source },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: meta('project'),
      spec: {
        limits: [{
          type: 'Container',
          defaultRequest: { cpu: '50m', 'ephemeral-storage': '128Mi', memory: '64Mi' },
          default: { cpu: '500m', 'ephemeral-storage': '1Gi', memory: '512Mi' },
        }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: meta('default'),
      automountServiceAccountToken: false,
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: meta('default-deny'),
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    },
  ]
