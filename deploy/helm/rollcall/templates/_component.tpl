{{/* A service and what keeps it up. Takes { root, service, pool, values }. */}}
{{- define "rollcall.component" -}}
{{ include "rollcall.deployment" . }}
---
{{ include "rollcall.internalService" . }}
{{- if .values.pdb.enabled }}
---
{{ include "rollcall.pdb" . }}
{{- end }}
{{- if eq .values.autoscaling.mode "hpa" }}
---
{{ include "rollcall.hpa" . }}
{{- else if eq .values.autoscaling.mode "keda" }}
---
{{ include "rollcall.scaledObject" . }}
{{- end }}
{{- end -}}

{{- define "rollcall.deployment" -}}
{{- $v := .root.Values -}}
{{- $secretFiles := include "rollcall.secretFiles" . | trim -}}
{{- $isEdge := eq .service "edge" -}}
{{- $contracts := or $v.contracts.existingConfigMap (ternary (printf "%s-contracts" (include "rollcall.fullname" .root)) "" (not (empty $v.contracts.files))) -}}
{{- $auth := and $isEdge (or $v.auth.jwks.configMap $v.auth.issuersFrom.configMap) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "rollcall.componentName" . }}
  labels:
    {{- include "rollcall.componentLabels" . | nindent 4 }}
spec:
  {{- with include "rollcall.replicas" . }}
  replicas: {{ . }}
  {{- end }}
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "rollcall.selector" . | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      {{- toYaml .values.rollingUpdate | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "rollcall.componentLabels" . | nindent 8 }}
        {{- with .values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .service }}
        {{- with .values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "rollcall.serviceAccountName" . }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ include "rollcall.terminationGracePeriodSeconds" . }}
      securityContext:
        {{- include "rollcall.podSecurityContext" . | nindent 8 }}
      {{- with $v.image.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      {{- with .values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with .values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if .values.topologySpreadConstraints }}
      topologySpreadConstraints:
        {{- toYaml .values.topologySpreadConstraints | nindent 8 }}
      {{- else if .values.topologySpread }}
      topologySpreadConstraints:
        {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - topologyKey: {{ . }}
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          # Of this roll-out alone: pods on their way out do not count.
          matchLabelKeys: [pod-template-hash]
          labelSelector:
            matchLabels:
              {{- include "rollcall.selector" $ | nindent 14 }}
        {{- end }}
      {{- end }}
      containers:
        - name: {{ .service }}
          image: {{ include "rollcall.image" . | quote }}
          imagePullPolicy: {{ $v.image.pullPolicy }}
          securityContext:
            {{- include "rollcall.securityContext" . | nindent 12 }}
          env:
            {{- include "rollcall.env" . | nindent 12 }}
            # Not Rollcall's but Node's: its heap is a share of the memory limit.
            - { name: NODE_OPTIONS, value: --max-old-space-size-percentage={{ include "rollcall.heapPercent" . }} }
          ports:
            {{- if $isEdge }}
            - { name: clients, containerPort: {{ .values.port }} }
            {{- end }}
            - { name: internal, containerPort: {{ $v.internalPort }} }
          startupProbe:
            # Until it has once been ready, which waits for Redis and NATS: 5 minutes.
            httpGet: { path: /startupz, port: internal }
            periodSeconds: 2
            failureThreshold: 150
          livenessProbe:
            httpGet: { path: /livez, port: internal }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /readyz, port: internal }
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          {{- with .values.stop.preStopSeconds }}
          lifecycle:
            preStop: { sleep: { seconds: {{ . }} } }
          {{- end }}
          resources:
            {{- toYaml .values.resources | nindent 12 }}
          volumeMounts:
            - { name: tmp, mountPath: /tmp }
            {{- if $secretFiles }}
            - { name: secrets, mountPath: /etc/rollcall/secrets, readOnly: true }
            {{- end }}
            {{- if $contracts }}
            - { name: contracts, mountPath: /etc/rollcall/contracts, readOnly: true }
            {{- end }}
            {{- if $auth }}
            - { name: auth, mountPath: /etc/rollcall/auth, readOnly: true }
            {{- end }}
            {{- if and $isEdge .values.tls.secret }}
            - { name: tls, mountPath: /etc/rollcall/tls, readOnly: true }
            {{- end }}
      volumes:
        - { name: tmp, emptyDir: { sizeLimit: 16Mi } }
        {{- if $secretFiles }}
        - name: secrets
          projected:
            defaultMode: 0440
            sources:
              {{- $secretFiles | nindent 14 }}
        {{- end }}
        {{- if $contracts }}
        - { name: contracts, configMap: { name: {{ $contracts | quote }} } }
        {{- end }}
        {{- if $auth }}
        - name: auth
          projected:
            sources:
              {{- with $v.auth.jwks }}
              {{- if .configMap }}
              - configMap: { name: {{ .configMap | quote }}, items: [{ key: {{ .key | quote }}, path: jwks.json }] }
              {{- end }}
              {{- end }}
              {{- with $v.auth.issuersFrom }}
              {{- if .configMap }}
              - configMap: { name: {{ .configMap | quote }}, items: [{ key: {{ .key | quote }}, path: issuers.yaml }] }
              {{- end }}
              {{- end }}
        {{- end }}
        {{- if and $isEdge .values.tls.secret }}
        - { name: tls, secret: { secretName: {{ .values.tls.secret | quote }}, defaultMode: 0440 } }
        {{- end }}
{{- end -}}

{{/* Headless, and of pods that are not ready too: what is wrong with them is in their metrics. */}}
{{- define "rollcall.internalService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "rollcall.componentName" . }}-internal
  labels:
    {{- include "rollcall.componentLabels" . | nindent 4 }}
    rollcall.io/service: internal
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "rollcall.selector" . | nindent 4 }}
  ports:
    - { name: internal, port: {{ .root.Values.internalPort }}, targetPort: internal }
{{- end -}}

{{- define "rollcall.pdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "rollcall.componentName" . }}
  labels:
    {{- include "rollcall.componentLabels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .values.pdb.maxUnavailable }}
  # A pod that is not ready serves nobody: it may always go.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "rollcall.selector" . | nindent 6 }}
{{- end -}}
