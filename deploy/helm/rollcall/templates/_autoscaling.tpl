{{/* HPA or ScaledObject: `autoscaling.mode` names one, so there are never both. */}}
{{/*
What a Deployment says of its count, or nothing. While a scaler has it, nothing: what Helm says it owns, and an upgrade or a
rollback that says another number than the scaler's is refused as a conflict. But a number that Helm has said and leaves out
is gone: the API server then takes 1, and eight pods are one. So as long as the number is Helm's it goes on being said, as it
is now. An apply of the client (releases that Helm 3 made) cannot give it away, and goes on for good.
Without a cluster to ask (helm template, --dry-run=client) nothing is said.
*/}}
{{- define "rollcall.replicas" -}}
{{- $count := .values.replicas -}}
{{- if ne .values.autoscaling.mode "none" -}}
{{- $present := lookup "apps/v1" "Deployment" .root.Release.Namespace (include "rollcall.componentName" .) -}}
{{- $count = "" -}}
{{- if $present -}}
{{- $byServer := false -}}
{{- $ours := false -}}
{{- $others := false -}}
{{- range $present.metadata.managedFields -}}
{{- $fields := dig "f:spec" dict (default dict .fieldsV1) -}}
{{- $applies := eq .operation "Apply" -}}
{{- $byServer = or $byServer (and $applies (hasKey $fields "f:template")) -}}
{{- $ours = or $ours (and $applies (hasKey $fields "f:replicas")) -}}
{{- $others = or $others (and (not $applies) (hasKey $fields "f:replicas")) -}}
{{- end -}}
{{- if or (not $byServer) (and $ours (not $others)) -}}
{{- $count = max ($present.spec.replicas | int) (.values.autoscaling.minReplicas | int) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $count }}{{ . }}{{ end -}}
{{- end -}}

{{- define "rollcall.scaleDown" -}}
stabilizationWindowSeconds: {{ .values.autoscaling.scaleDownSeconds }}
policies:
  - { type: Pods, value: 1, periodSeconds: 60 }
{{- end -}}

{{- define "rollcall.hpa" -}}
{{- $auto := .values.autoscaling -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "rollcall.componentName" . }}
  labels:
    {{- include "rollcall.componentLabels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "rollcall.componentName" . }}
  minReplicas: {{ $auto.minReplicas }}
  maxReplicas: {{ $auto.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ $auto.cpuPercent }} }
    {{- if $auto.sockets }}
    - type: Pods
      pods:
        metric: { name: rollcall_edge_sockets }
        target: { type: AverageValue, averageValue: {{ $auto.sockets | int64 | quote }} }
    {{- end }}
  behavior:
    scaleDown:
      {{- include "rollcall.scaleDown" . | nindent 6 }}
{{- end -}}

{{- define "rollcall.scaledObject" -}}
{{- $auto := .values.autoscaling -}}
{{- $name := include "rollcall.componentName" . -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ $name }}
  labels:
    {{- include "rollcall.componentLabels" . | nindent 4 }}
spec:
  scaleTargetRef: { name: {{ $name }} }
  minReplicaCount: {{ $auto.minReplicas }}
  maxReplicaCount: {{ $auto.maxReplicas }}
  advanced:
    horizontalPodAutoscalerConfig:
      behavior:
        scaleDown:
          {{- include "rollcall.scaleDown" . | nindent 10 }}
  triggers:
    - type: cpu
      metricType: Utilization
      metadata: { value: {{ $auto.cpuPercent | quote }} }
    {{- if $auto.sockets }}
    - type: prometheus
      metadata:
        serverAddress: {{ $auto.prometheusUrl | quote }}
        query: sum(rollcall_edge_sockets{namespace={{ .root.Release.Namespace | quote }},pod=~"{{ $name }}-[a-z0-9]+-[a-z0-9]+"})
        threshold: {{ $auto.sockets | int64 | quote }}
        # Edges that nobody could ask have people all the same: no value is no reason to scale in.
        ignoreNullValues: "false"
    {{- end }}
    {{- if $auto.lag }}
    - type: nats-jetstream
      metadata:
        natsServerMonitoringEndpoint: {{ $auto.natsMonitoring | quote }}
        account: {{ $auto.natsAccount | quote }}
        stream: {{ $auto.stream | quote }}
        consumer: {{ .root.Values.install }}-notifier-{{ $auto.stream }}
        lagThreshold: {{ $auto.lag | int64 | quote }}
    {{- end }}
{{- end -}}
