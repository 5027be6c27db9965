{{/* (list $ options): labels and annotations of an object. */}}
{{- define "mhc-operator.monitoring.metadata" -}}
{{- $root := index . 0 -}}
{{- $options := index . 1 -}}
labels:
  {{- toYaml (merge (dict) $options.labels (dict "app.kubernetes.io/component" "monitoring") (fromYaml (include "mhc-operator.labels" $root))) | nindent 2 }}
{{- with merge (dict) $options.annotations $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
The groups of alerts/*.yaml with what values.yaml says of them. `for`, severity and whatever stands in an expression as $word come from
monitoring.rules; Prometheus' own {{ $labels.x }} in annotations is left as it is, since nothing here is evaluated as a template.
*/}}
{{- define "mhc-operator.monitoring.groups" -}}
{{- $options := .Values.monitoring.prometheusRule -}}
{{- $rules := .Values.monitoring.rules -}}
{{- $reserved := list "enabled" "for" "keepFiringFor" "severity" "labels" "annotations" "critical" -}}
{{- $operator := $options.operatorSelector | default (printf "job=%q, namespace=%q" (include "mhc-operator.fullname" .) (include "mhc-operator.namespace" .)) -}}
{{- $groups := list -}}
{{- range $path, $_ := .Files.Glob "alerts/*.yaml" -}}
{{- range $group := (fromYaml ($.Files.Get $path)).groups -}}
{{- $kept := list -}}
{{- range $rule := $group.rules -}}
{{- if not $rule.alert -}}
{{- $kept = append $kept $rule -}}
{{- else -}}
{{- $first := get $rules $rule.alert -}}
{{- $settings := $first -}}
{{- if $rule.tier -}}
{{- $settings = get $first $rule.tier -}}
{{- end -}}
{{- if and (ne (toString $first.enabled) "false") (ne (toString $settings.enabled) "false") -}}
{{- $expression := replace "$operator" $operator $rule.expr -}}
{{- $annotations := merge (dict) ($settings.annotations | default dict) $options.ruleAnnotations $rule.annotations -}}
{{- if $options.runbookUrlPattern -}}
{{- $annotations = merge $annotations (dict "runbook_url" (replace "%s" $rule.alert $options.runbookUrlPattern)) -}}
{{- end -}}
{{- range $word, $value := $settings -}}
{{- if not (has $word $reserved) -}}
{{- $expression = replace (printf "$%s" $word) (toString $value) $expression -}}
{{- range $name, $text := $annotations -}}
{{- $_ := set $annotations $name (replace (printf "$%s" $word) (toString $value) $text) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $labels := merge (dict "severity" $settings.severity) ($settings.labels | default dict) $options.ruleLabels -}}
{{- $alert := dict "alert" $rule.alert "expr" $expression "labels" $labels "annotations" $annotations -}}
{{- if and $settings.for (ne (toString $settings.for) "0s") -}}
{{- $_ := set $alert "for" $settings.for -}}
{{- end -}}
{{- if $settings.keepFiringFor -}}
{{- $_ := set $alert "keep_firing_for" $settings.keepFiringFor -}}
{{- end -}}
{{- $kept = append $kept $alert -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $kept -}}
{{- $made := dict "name" $group.name "rules" $kept -}}
{{- if $options.interval -}}
{{- $_ := set $made "interval" $options.interval -}}
{{- end -}}
{{- $groups = append $groups $made -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml (dict "groups" $groups) -}}
{{- end -}}
