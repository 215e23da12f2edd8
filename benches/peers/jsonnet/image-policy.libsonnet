// The images that the cluster takes.
local metadata(source) = {
  name: 'generated-images',
  labels: {
    'app.kubernetes.io/component': 'platform',
    'app.kubernetes.io/instance': 'generated',
    'app.kubernetes.io/managed-by': 'trackside',
    'app.kubernetes.io/name': 'generated',
    'app.kubernetes.io/part-of': 'generated',
  },
  annotations: { 'trackside.dev/source': source },
};

function(platform) [
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: metadata(platform.source),
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE'],
          resources: ['pods', 'pods/ephemeralcontainers'],
        }],
      },
      variables: [
        {
          name: 'images',
          expression: @"object.spec.containers.map(it, it.?image.orValue('')) + object.spec.?initContainers.orValue([]).map(it, it.?image.orValue('')) + object.spec.?ephemeralContainers.orValue([]).map(it, it.?image.orValue('')) + object.spec.?volumes.orValue([]).filter(it, has(it.image)).map(it, it.image.?reference.orValue(''))",
        },
        {
          name: 'unpinned',
          expression: @"variables.images.filter(it, !(it.matches('@sha256:[a-f0-9]{64}$')))",
        },
        {
          name: 'foreign',
          expression: @"variables.images.filter(it, !(it.startsWith('ghcr.io/generated/') || it == 'ghcr.io/generated' || it.startsWith('ghcr.io/generated:') || it.startsWith('ghcr.io/generated@')))",
        },
      ],
      validations: [
        {
          expression: @"variables.unpinned.size() == 0",
          messageExpression: @"'images are pinned by digest, and these are not: ' + variables.unpinned.join(', ')",
          reason: 'Forbidden',
        },
        {
          expression: @"variables.foreign.size() == 0",
          messageExpression: @"'images come from ghcr.io/generated, and these do not: ' + variables.foreign.join(', ')",
          reason: 'Forbidden',
        },
      ],
    },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: metadata(platform.source),
    spec: {
      policyName: 'generated-images',
      validationActions: ['Deny'],
      matchResources: {
        namespaceSelector: { matchLabels: { 'trackside.dev/image-policy': 'generated-images' } },
      },
    },
  },
]
