{{/*
The environment of a service: what the chart's own values say, then `config`. Only names of docs/configuration.md.
Takes { root, service, values }.
*/}}
{{- define "rollcall.env" -}}
{{- $v := .root.Values -}}
{{- $secrets := "/etc/rollcall/secrets" -}}
- { name: INSTALL, value: {{ $v.install | quote }} }
- name: INSTANCE
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- { name: INTERNAL_PORT, value: {{ $v.internalPort | quote }} }
- { name: STOP_GRACE_MS, value: {{ include "rollcall.settingValue" .values.stop.graceMs | quote }} }
{{- if or $v.contracts.files $v.contracts.existingConfigMap }}
- { name: CONTRACTS, value: /etc/rollcall/contracts }
{{- end }}
{{- if $v.redis.url }}
- { name: REDIS_URL, value: {{ $v.redis.url | quote }} }
{{- else }}
- { name: REDIS_URL_FILE, value: {{ $secrets }}/redis-url }
{{- end }}
- { name: REDIS_MODE, value: {{ $v.redis.mode }} }
{{- with $v.redis.sentinels }}
- { name: REDIS_SENTINELS, value: {{ join "," . | quote }} }
{{- end }}
{{- if $v.redis.sentinelPasswordFrom.secret }}
- { name: REDIS_SENTINEL_PASSWORD_FILE, value: {{ $secrets }}/sentinel-password }
{{- end }}
{{- if $v.redis.tls.secret }}
- { name: REDIS_TLS_CA, value: {{ $secrets }}/redis-ca.crt }
{{- if $v.redis.tls.certKey }}
- { name: REDIS_TLS_CERT, value: {{ $secrets }}/redis.crt }
- { name: REDIS_TLS_KEY, value: {{ $secrets }}/redis.key }
{{- end }}
{{- with $v.redis.tls.serverName }}
- { name: REDIS_TLS_SERVERNAME, value: {{ . | quote }} }
{{- end }}
{{- end }}
{{- if ne .service "edge" }}
{{- if $v.redis.durable.url }}
- { name: REDIS_DURABLE_URL, value: {{ $v.redis.durable.url | quote }} }
{{- else if $v.redis.durable.urlFrom.secret }}
- { name: REDIS_DURABLE_URL_FILE, value: {{ $secrets }}/redis-durable-url }
{{- end }}
{{- end }}
{{- if $v.nats.url }}
- { name: NATS_URL, value: {{ $v.nats.url | quote }} }
{{- else }}
- { name: NATS_URL_FILE, value: {{ $secrets }}/nats-url }
{{- end }}
{{- if $v.nats.credsFrom.secret }}
- { name: NATS_CREDS, value: {{ $secrets }}/nats.creds }
{{- end }}
{{- if $v.nats.nkeyFrom.secret }}
- { name: NATS_NKEY_FILE, value: {{ $secrets }}/nats.nk }
{{- end }}
{{- if $v.nats.tls.secret }}
- { name: NATS_TLS_CA, value: {{ $secrets }}/nats-ca.crt }
{{- if $v.nats.tls.certKey }}
- { name: NATS_TLS_CERT, value: {{ $secrets }}/nats.crt }
- { name: NATS_TLS_KEY, value: {{ $secrets }}/nats.key }
{{- end }}
{{- end }}
- { name: NATS_INBOX_PREFIX, value: {{ printf "%s_%s" $v.nats.inboxPrefix .service | quote }} }
{{- with $v.nats.jetStreamDomain }}
- { name: NATS_JS_DOMAIN, value: {{ . | quote }} }
{{- end }}
- { name: STREAMS, value: {{ $v.nats.streams }} }
{{- with $v.telemetry.otlpEndpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
{{- end }}
{{- if $v.logHashKeyFrom.secret }}
- { name: LOG_HASH_KEY_FILE, value: {{ $secrets }}/log-hash-key }
{{- end }}
{{- if eq .service "edge" }}
- { name: PORT, value: {{ .values.port | quote }} }
- { name: DRAIN_MS, value: {{ include "rollcall.settingValue" .values.stop.drainMs | quote }} }
{{- if $v.auth.jwks.url }}
- { name: JWKS, value: {{ $v.auth.jwks.url | quote }} }
{{- else if $v.auth.jwks.configMap }}
- { name: JWKS, value: /etc/rollcall/auth/jwks.json }
{{- end }}
{{- with $v.auth.issuer }}
- { name: JWT_ISS, value: {{ . | quote }} }
{{- end }}
{{- with $v.auth.audience }}
- { name: JWT_AUD, value: {{ . | quote }} }
{{- end }}
{{- if $v.auth.issuersFrom.configMap }}
- { name: ISSUERS, value: /etc/rollcall/auth/issuers.yaml }
{{- end }}
{{- if .values.tls.secret }}
- { name: TLS_CERT, value: /etc/rollcall/tls/tls.crt }
- { name: TLS_KEY, value: /etc/rollcall/tls/tls.key }
{{- end }}
{{- end }}
{{- if and (eq .service "notifier") .values.channelsFrom.secret }}
- { name: CHANNELS, value: {{ $secrets }}/channels.yaml }
{{- end }}
{{- $known := (get (.root.Files.Get "files/settings.json" | fromJson) .service).settable }}
{{- $config := merge (deepCopy .values.config) .root.Values.config }}
{{- range $name := keys $config | sortAlpha }}
{{- if has $name $known }}
- { name: {{ $name }}, value: {{ include "rollcall.settingValue" (get $config $name) | quote }} }
{{- end }}
{{- end }}
{{- end -}}

{{/* A source of the projected volume: one key of a secret as one file. Takes { from, key, path }; nothing without a secret. */}}
{{- define "rollcall.secretFile" -}}
{{- if .secret }}
- secret: { name: {{ .secret | quote }}, items: [{ key: {{ .key | quote }}, path: {{ .path }} }] }
{{- end }}
{{- end -}}

{{/* Each service gets the keys that are its own, and no others. Takes { root, service, values }. */}}
{{- define "rollcall.secretFiles" -}}
{{- $v := .root.Values -}}
{{- $s := .service -}}
{{- include "rollcall.secretFile" (dict "secret" $v.redis.urlFrom.secret "key" (get $v.redis.urlFrom.keys $s) "path" "redis-url") }}
{{- if ne $s "edge" }}
{{- include "rollcall.secretFile" (dict "secret" $v.redis.durable.urlFrom.secret "key" (get $v.redis.durable.urlFrom.keys $s) "path" "redis-durable-url") }}
{{- end }}
{{- include "rollcall.secretFile" (dict "secret" $v.redis.sentinelPasswordFrom.secret "key" $v.redis.sentinelPasswordFrom.key "path" "sentinel-password") }}
{{- include "rollcall.tlsFiles" (dict "tls" $v.redis.tls "name" "redis") }}
{{- include "rollcall.secretFile" (dict "secret" $v.nats.urlFrom.secret "key" (get $v.nats.urlFrom.keys $s) "path" "nats-url") }}
{{- include "rollcall.secretFile" (dict "secret" $v.nats.credsFrom.secret "key" (get $v.nats.credsFrom.keys $s) "path" "nats.creds") }}
{{- include "rollcall.secretFile" (dict "secret" $v.nats.nkeyFrom.secret "key" (get $v.nats.nkeyFrom.keys $s) "path" "nats.nk") }}
{{- include "rollcall.tlsFiles" (dict "tls" $v.nats.tls "name" "nats") }}
{{- include "rollcall.secretFile" (dict "secret" $v.logHashKeyFrom.secret "key" $v.logHashKeyFrom.key "path" "log-hash-key") }}
{{- if eq $s "notifier" }}
{{- include "rollcall.secretFile" (dict "secret" .values.channelsFrom.secret "key" .values.channelsFrom.key "path" "channels.yaml") }}
{{- end }}
{{- end -}}

{{/* Takes { tls, name }. */}}
{{- define "rollcall.tlsFiles" -}}
{{- include "rollcall.secretFile" (dict "secret" .tls.secret "key" .tls.caKey "path" (printf "%s-ca.crt" .name)) }}
{{- if .tls.certKey }}
{{- include "rollcall.secretFile" (dict "secret" .tls.secret "key" .tls.certKey "path" (printf "%s.crt" .name)) }}
{{- include "rollcall.secretFile" (dict "secret" .tls.secret "key" .tls.keyKey "path" (printf "%s.key" .name)) }}
{{- end }}
{{- end -}}
