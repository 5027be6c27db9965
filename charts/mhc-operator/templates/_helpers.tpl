{{/* Every name begins with the release's, so that two releases live side by side. */}}
{{- define "mhc-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* 40 characters at most: names of objects go on after it. */}}
{{- define "mhc-operator.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "mhc-operator.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* Service of the webhooks, and the Secret that the operator keeps. */}}
{{- define "mhc-operator.webhookName" -}}
{{- include "mhc-operator.fullname" . }}-webhook
{{- end -}}

{{- define "mhc-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "mhc-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* They cannot change in the life of a Deployment: nothing else may go in. */}}
{{- define "mhc-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "mhc-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mhc-operator.labels" -}}
{{ include "mhc-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name (.Chart.Version | replace "+" "_") }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "mhc-operator.annotations" -}}
{{- with .Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* (list $ image): registry/repository:tag@digest */}}
{{- define "mhc-operator.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $registry := default ($root.Values.global).imageRegistry $image.registry -}}
{{- with $registry }}{{ . }}/{{ end -}}
{{- $image.repository }}:{{ default $root.Chart.AppVersion $image.tag -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/* Names of the Secrets with which the operator's own image is pulled, as a list of objects. */}}
{{- define "mhc-operator.imagePullSecrets" -}}
{{- $names := concat (default (list) .Values.imagePullSecrets) (default (list) (.Values.global).imagePullSecrets) -}}
{{- if $names }}
imagePullSecrets:
{{- range $names }}
- name: {{ if kindIs "map" . }}{{ .name }}{{ else }}{{ . }}{{ end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Where the webhooks' certificate comes from: cert-manager, secret, or self. */}}
{{- define "mhc-operator.certificateSource" -}}
{{- if .Values.certificates.certManager.enabled }}cert-manager{{ else if .Values.certificates.existingSecret }}secret{{ else }}self{{ end -}}
{{- end -}}

{{- define "mhc-operator.certificateSecret" -}}
{{- $source := include "mhc-operator.certificateSource" . -}}
{{- if eq $source "secret" }}{{ .Values.certificates.existingSecret }}
{{- else if eq $source "cert-manager" }}{{ include "mhc-operator.webhookName" . }}-tls
{{- else }}{{ include "mhc-operator.webhookName" . }}{{ end -}}
{{- end -}}

{{/* Whether anything is served with that certificate. */}}
{{- define "mhc-operator.usesCertificate" -}}
{{- if or .Values.webhooks.enabled .Values.metrics.secure }}true{{ end -}}
{{- end -}}

{{/* What the operator may do in each namespace that it serves: one list for a ClusterRole and for Roles. */}}
{{- define "mhc-operator.rules" -}}
- apiGroups: [training.mhc.dev]
  resources: [mhctrainingjobs]
  verbs: [list, watch, patch, delete]   # patch: stability.response Suspend; delete: ttlSecondsAfterFinished
- apiGroups: [training.mhc.dev]
  resources: [mhctrainingjobs/status]
  verbs: [patch]
- apiGroups: [training.mhc.dev]
  resources: [mhctrainingjobs/finalizers]
  verbs: [update]                       # OwnerReferencesPermissionEnforcement asks for it where children block deletion
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, patch, delete] # patch: the order to restart in place
- apiGroups: [""]
  resources: [services, configmaps, persistentvolumeclaims]
  verbs: [get, list, watch, create]     # get: to see who owns a name that is taken
- apiGroups: [""]
  resources: [configmaps, persistentvolumeclaims]
  verbs: [patch]                        # the trainer's configuration follows the job; the claim of a job that never began goes with it
- apiGroups: [""]
  resources: [configmaps]
  verbs: [delete]                       # a configuration that somebody has frozen is made anew
- apiGroups: [scheduling.x-k8s.io, scheduling.volcano.sh]
  resources: [podgroups]                # spec.scheduling.gang Coscheduling and Volcano
  verbs: [get, list, watch, create, delete]
- apiGroups: [scheduling.k8s.io]
  resources: [podgroups, workloads]     # spec.scheduling.gang Native
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch, list]          # list: what is said of a pod that does not start
{{- end -}}

{{- define "mhc-operator.leaseName" -}}
{{- default (include "mhc-operator.fullname" .) .Values.leaderElection.leaseName -}}
{{- end -}}

{{/* Whom a binding is for. */}}
{{- define "mhc-operator.subjects" -}}
subjects:
- kind: ServiceAccount
  name: {{ include "mhc-operator.serviceAccountName" . }}
  namespace: {{ include "mhc-operator.namespace" . }}
{{- end -}}

{{/* A number as a person writes it: Helm reads 1000000 as a float, and would write 1e+06. */}}
{{- define "mhc-operator.number" -}}
{{- if kindIs "float64" . }}{{ if eq (floor .) . }}{{ int64 . }}{{ else }}{{ . }}{{ end }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* Labels as kubectl writes them: a=b,c=d */}}
{{- define "mhc-operator.labelList" -}}
{{- $list := list -}}
{{- range $name, $value := . }}{{ $list = append $list (printf "%s=%s" $name $value) }}{{ end -}}
{{- join "," $list -}}
{{- end -}}

{{- define "mhc-operator.networkPolicyRules" -}}
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]          # networkPolicy.jobs
  verbs: [get, list, watch, create, patch]
{{- end -}}
