{{/* One arrow: these services, to or from these peers (none: anybody), on these ports. */}}
{{- define "rollcall.allow" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "rollcall.fullname" .root }}-{{ .name }}
  labels:
    {{- include "rollcall.labels" .root | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "rollcall.releaseSelector" .root | nindent 6 }}
    matchExpressions:
      - { key: app.kubernetes.io/component, operator: In, values: {{ toJson .services }} }
  policyTypes: [{{ .direction }}]
  {{ lower .direction }}:
    - ports:
        {{- range $port := .ports }}
        - { protocol: TCP, port: {{ $port }} }
        {{- if $.udp }}
        - { protocol: UDP, port: {{ $port }} }
        {{- end }}
        {{- end }}
      {{- with .peers }}
      {{ ternary "from" "to" (eq $.direction "Ingress") }}:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{/*
A line for each URL whose port no policy opens. Not refused: behind a Service the pods may listen on another, and that is the
one a policy sees. Sentinels tell the port of a primary themselves.
*/}}
{{- define "rollcall.portNotes" -}}
{{- $v := .Values -}}
{{- $standard := dict "redis" "6379" "rediss" "6379" "nats" "4222" "tls" "4222" "ws" "80" "wss" "443" "http" "80" "https" "443" -}}
{{- $urls := list (list "nats.url" $v.nats.url "nats") (list "telemetry.otlpEndpoint" $v.telemetry.otlpEndpoint "otlp") (list "auth.jwks.url" $v.auth.jwks.url "jwks") -}}
{{- if ne $v.redis.mode "sentinel" -}}
{{- $urls = concat $urls (list (list "redis.url" $v.redis.url "redis") (list "redis.durable.url" $v.redis.durable.url "redis")) -}}
{{- end -}}
{{- range $urls -}}
{{- $name := index . 0 -}}
{{- $policy := index . 2 -}}
{{- $open := list -}}
{{- range (get $v.networkPolicy $policy).ports }}{{ $open = append $open (int . | toString) }}{{ end -}}
{{- range splitList "," (index . 1) | compact -}}
{{- $url := urlParse (trim .) -}}
{{- $port := default (get $standard $url.scheme) (regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host)) -}}
{{- if not (has $port $open) }}
networkPolicy.{{ $policy }}.ports ({{ join ", " $open }}) has not {{ $port }}, the port of {{ $name }}: right only where a Service translates it.
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
