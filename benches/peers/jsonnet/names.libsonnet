// How things are called and labelled.
{
  namespace(project):: 'generated-' + project.name,
  selector(name):: {
    'app.kubernetes.io/component': 'service',
    'app.kubernetes.io/name': name,
  },
  labels(project, service):: $.selector(service.name) + $.common(project),
  projectLabels(project):: $.common(project) + {
    'app.kubernetes.io/component': 'project',
    'app.kubernetes.io/name': project.name,
  },
  common(project):: {
    'app.kubernetes.io/instance': $.namespace(project),
    'app.kubernetes.io/managed-by': 'trackside',
    'app.kubernetes.io/part-of': 'generated',
  },
}
