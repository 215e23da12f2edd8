{{- define "namespace" -}}
generated-{{ .name }}
{{- end }}

{{- define "labels.project" -}}
app.kubernetes.io/component: project
app.kubernetes.io/instance: {{ include "namespace" . }}
app.kubernetes.io/managed-by: trackside
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: generated
{{- end }}

{{- define "selector" -}}
app.kubernetes.io/component: service
app.kubernetes.io/name: {{ .name }}
{{- end }}

{{- define "labels" -}}
{{ include "selector" .service }}
app.kubernetes.io/instance: {{ include "namespace" .project }}
app.kubernetes.io/managed-by: trackside
app.kubernetes.io/part-of: generated
{{- end }}

{{- define "metadata" -}}
namespace: {{ include "namespace" .project }}
labels:
  {{- include "labels" . | nindent 2 }}
annotations:
  trackside.dev/source: {{ .source | default .service.source }}
{{- end }}
