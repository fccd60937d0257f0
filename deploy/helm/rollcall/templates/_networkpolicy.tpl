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
