{{/* Names and labels. */}}
{{- define "rollcall.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "rollcall.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "rollcall.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What selects every pod of the release. */}}
{{- define "rollcall.releaseSelector" -}}
app.kubernetes.io/name: {{ include "rollcall.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "rollcall.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "rollcall.releaseSelector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: rollcall
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
The pods of a component: its service, and its pool where there are several.
Takes { root, service, pool }.
*/}}
{{- define "rollcall.selector" -}}
{{ include "rollcall.releaseSelector" .root }}
app.kubernetes.io/component: {{ .service }}
{{- with .pool }}
rollcall.io/pool: {{ . }}
{{- end }}
{{- end -}}

{{- define "rollcall.componentLabels" -}}
{{ include "rollcall.labels" .root }}
app.kubernetes.io/component: {{ .service }}
{{- with .pool }}
rollcall.io/pool: {{ . }}
{{- end }}
{{- end -}}

{{- define "rollcall.componentName" -}}
{{ include "rollcall.fullname" .root }}-{{ .service }}{{ with .pool }}-{{ . }}{{ end }}
{{- end -}}

{{- define "rollcall.serviceAccountName" -}}
{{- if .root.Values.serviceAccount.create -}}
{{ include "rollcall.fullname" .root }}-{{ .service }}
{{- else -}}
default
{{- end -}}
{{- end -}}

{{/* Takes { root, service }. */}}
{{- define "rollcall.image" -}}
{{- $image := .root.Values.image -}}
{{- $digest := get $image.digests .service -}}
{{- if $digest -}}
{{ $image.repository }}-{{ .service }}@{{ $digest }}
{{- else -}}
{{ $image.repository }}-{{ .service }}:{{ default .root.Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{/* Helm reads numbers as floats: 100000 must not become 1e+05. */}}
{{- define "rollcall.settingValue" -}}
{{- if kindIs "slice" . -}}
{{- join "," . -}}
{{- else if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- printf "%d" (int64 .) -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{/* Of the memory limit, what Node's heap may take: the rest is buffers of sockets, code and stacks. */}}
{{- define "rollcall.heapPercent" -}}
80
{{- end -}}

{{/* Bytes of a quantity of Kubernetes; nothing for a way of writing that is not read here. */}}
{{- define "rollcall.bytes" -}}
{{- $text := include "rollcall.settingValue" . -}}
{{- $units := dict "" 1 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- if regexMatch "^[0-9]+([.][0-9]+)?([kMGT]|[KMGT]i)?$" $text -}}
{{- $unit := regexReplaceAll "^[0-9.]+" $text "" -}}
{{- with mulf (trimSuffix $unit $text | float64) (get $units $unit) }}{{ int64 . }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* The edge pools, each complete: YAML of { name: values }. The pool without a name is the only one. */}}
{{- define "rollcall.pools" -}}
{{- if .Values.edgePools -}}
{{- $pools := dict -}}
{{- range $name, $own := .Values.edgePools -}}
{{- $_ := set $pools $name (mergeOverwrite (deepCopy $.Values.edge) (deepCopy (default dict $own))) -}}
{{- end -}}
{{- toYaml $pools -}}
{{- else -}}
{{- toYaml (dict "" .Values.edge) -}}
{{- end -}}
{{- end -}}

{{/* Seconds from the deletion of a pod to its last word, and 5 of slack: spans and logs are flushed in 4. */}}
{{- define "rollcall.stopSeconds" -}}
{{- $stop := .values.stop -}}
{{- add (default 0 $stop.preStopSeconds) (ceil (divf $stop.graceMs 1000)) 5 -}}
{{- end -}}

{{- define "rollcall.terminationGracePeriodSeconds" -}}
{{- $needed := include "rollcall.stopSeconds" . | int -}}
{{- $set := .values.stop.terminationGracePeriodSeconds | int -}}
{{- if eq $set 0 -}}
{{- $needed -}}
{{- else -}}
{{- $set -}}
{{- end -}}
{{- end -}}
