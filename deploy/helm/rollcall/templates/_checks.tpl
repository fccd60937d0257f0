{{/*
What a schema cannot say: relations between values. Each failure names the values and what to do.
Fails at the first one.
*/}}
{{- define "rollcall.checks" -}}
{{- $v := .Values -}}
{{- if eq $v.image.tag "latest" -}}
{{- fail "image.tag latest names no version: what runs would depend on when a node pulled it" -}}
{{- end -}}
{{- if not (or $v.redis.url $v.redis.urlFrom.secret) -}}
{{- fail "redis.url (without a password) or redis.urlFrom.secret is needed" -}}
{{- end -}}
{{- if and $v.redis.url $v.redis.urlFrom.secret -}}
{{- fail "redis.url and redis.urlFrom.secret exclude each other" -}}
{{- end -}}
{{- if and $v.redis.durable.url $v.redis.durable.urlFrom.secret -}}
{{- fail "redis.durable.url and redis.durable.urlFrom.secret exclude each other" -}}
{{- end -}}
{{- if not (or $v.nats.url $v.nats.urlFrom.secret) -}}
{{- fail "nats.url (without a password) or nats.urlFrom.secret is needed" -}}
{{- end -}}
{{- if and $v.nats.url $v.nats.urlFrom.secret -}}
{{- fail "nats.url and nats.urlFrom.secret exclude each other" -}}
{{- end -}}
{{- range $name, $url := dict "redis.url" $v.redis.url "redis.durable.url" $v.redis.durable.url "nats.url" $v.nats.url -}}
{{- if contains "@" $url -}}
{{- fail (printf "%s has a user or password: put the whole URL into a secret and name it in %sFrom" $name $name) -}}
{{- end -}}
{{- end -}}
{{- if ne (eq $v.redis.mode "sentinel") (gt (len $v.redis.sentinels) 0) -}}
{{- fail "redis.mode sentinel needs redis.sentinels, and only it" -}}
{{- end -}}
{{- if and $v.redis.tls.secret $v.redis.url (not (hasPrefix "rediss://" $v.redis.url)) -}}
{{- fail "redis.tls needs a redis.url that begins with rediss://" -}}
{{- end -}}
{{- range $name, $tls := dict "redis.tls" $v.redis.tls "nats.tls" $v.nats.tls -}}
{{- if ne (empty $tls.certKey) (empty $tls.keyKey) -}}
{{- fail (printf "%s.certKey and %s.keyKey belong together" $name $name) -}}
{{- end -}}
{{- end -}}
{{- if and $v.nats.credsFrom.secret $v.nats.nkeyFrom.secret -}}
{{- fail "nats.credsFrom and nats.nkeyFrom exclude each other: a connection is one user's" -}}
{{- end -}}
{{- if and $v.auth.jwks.url $v.auth.jwks.configMap -}}
{{- fail "auth.jwks.url and auth.jwks.configMap exclude each other" -}}
{{- end -}}
{{- $jwks := or $v.auth.jwks.url $v.auth.jwks.configMap -}}
{{- if not (or $jwks $v.auth.issuersFrom.configMap) -}}
{{- fail "auth.jwks.url, auth.jwks.configMap or auth.issuersFrom.configMap is needed: nobody could connect" -}}
{{- end -}}
{{- if and $jwks (not (and $v.auth.issuer $v.auth.audience)) -}}
{{- fail "auth.issuer and auth.audience are needed with auth.jwks: a token for another service must not open this one" -}}
{{- end -}}
{{- if and $v.contracts.files $v.contracts.existingConfigMap -}}
{{- fail "contracts.files and contracts.existingConfigMap exclude each other" -}}
{{- end -}}
{{- if and $v.test.tokenFrom.secret (not (and $v.test.room $v.test.event $v.test.subject $v.test.type $v.test.natsUrlFrom.secret)) -}}
{{- fail "test.tokenFrom needs test.room, test.event, test.subject, test.type and test.natsUrlFrom.secret" -}}
{{- end -}}
{{- range $pool, $edge := include "rollcall.pools" . | fromYaml -}}
{{- $at := ternary "edge" (printf "edgePools.%s" $pool) (eq $pool "") -}}
{{- include "rollcall.checkComponent" (dict "root" $ "service" "edge" "at" $at "values" $edge) -}}
{{- if eq (int $edge.port) (int $v.internalPort) -}}
{{- fail (printf "%s.port and internalPort are both %d: clients and probes need a port each" $at (int $v.internalPort)) -}}
{{- end -}}
{{- $auto := $edge.autoscaling -}}
{{- if and (eq $auto.mode "keda") $auto.sockets (not $auto.prometheusUrl) -}}
{{- fail (printf "%s.autoscaling.mode keda needs prometheusUrl, or sockets: 0 to scale by CPU alone" $at) -}}
{{- end -}}
{{- if and $edge.ingress.enabled (not $edge.ingress.hosts) -}}
{{- fail (printf "%s.ingress.hosts is needed" $at) -}}
{{- end -}}
{{- if and $edge.httpRoute.enabled (not $edge.httpRoute.parentRefs) -}}
{{- fail (printf "%s.httpRoute.parentRefs is needed: the Gateway that takes the route" $at) -}}
{{- end -}}
{{- end -}}
{{- include "rollcall.checkComponent" (dict "root" . "service" "presence" "at" "presence" "values" $v.presence) -}}
{{- include "rollcall.checkComponent" (dict "root" . "service" "notifier" "at" "notifier" "values" $v.notifier) -}}
{{- include "rollcall.checkSame" . -}}
{{- $auto := $v.notifier.autoscaling -}}
{{- if and (eq $auto.mode "keda") $auto.lag (not $auto.natsMonitoring) -}}
{{- fail "notifier.autoscaling.mode keda needs natsMonitoring, or lag: 0 to scale by CPU alone" -}}
{{- end -}}
{{- end -}}

{{- define "rollcall.checkComponent" -}}
{{- $needed := include "rollcall.stopSeconds" . | int -}}
{{- $set := .values.stop.terminationGracePeriodSeconds | int -}}
{{- if and (ne $set 0) (lt $set $needed) -}}
{{- fail (printf "%s.stop.terminationGracePeriodSeconds is %d, but preStopSeconds + graceMs + 5 s is %d: the pod would be killed while it drains" .at $set $needed) -}}
{{- end -}}
{{- $auto := .values.autoscaling -}}
{{- if gt ($auto.minReplicas | int) ($auto.maxReplicas | int) -}}
{{- fail (printf "%s.autoscaling.minReplicas exceeds maxReplicas" .at) -}}
{{- end -}}
{{- $roll := .values.rollingUpdate -}}
{{- if and (regexMatch "^0%?$" (toString $roll.maxSurge)) (regexMatch "^0%?$" (toString $roll.maxUnavailable)) -}}
{{- fail (printf "%s.rollingUpdate.maxSurge and maxUnavailable are both 0: no pod could ever be replaced" .at) -}}
{{- end -}}
{{- include "rollcall.checkSettings" . -}}
{{- end -}}

{{/* Settings as a service reads them, YAML of name to text: what its pod is given, over what it takes by itself. */}}
{{- define "rollcall.settings" -}}
{{- $settings := deepCopy (get (.root.Files.Get "files/settings.json" | fromJson) .service).defaults -}}
{{- range include "rollcall.env" . | fromYamlArray -}}
{{- $_ := set $settings .name (toString (default "" .value)) -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* What the service itself would refuse when it starts: files/settings.json has its own rules. */}}
{{- define "rollcall.checkSettings" -}}
{{- $at := .at -}}
{{- $settings := include "rollcall.settings" . | fromYaml -}}
{{- range (get (.root.Files.Get "files/settings.json" | fromJson) .service).relations -}}
{{- $holds := true -}}
{{- if .terms -}}
{{- $sum := 0 -}}
{{- range $name, $times := .terms -}}
{{- $sum = add $sum (mul ($times | int64) (get $settings $name | int64)) -}}
{{- end -}}
{{- $holds = ge $sum (.least | int64) -}}
{{- else if has .when.value (splitList "," (get $settings .when.setting)) -}}
{{- $present := get $settings .needs.setting -}}
{{- $holds = ternary (eq $present (default "" .needs.value)) (ne $present "") (hasKey .needs "value") -}}
{{- end -}}
{{- if not $holds -}}
{{- $shown := list -}}
{{- range .between }}{{ $shown = append $shown (printf "%s=%s" . (get $settings .)) }}{{ end -}}
{{- fail (printf "%s would not start: %s (%s)" $at .rule (join " " $shown)) -}}
{{- end -}}
{{- end -}}
{{- $limit := get (default dict .values.resources.limits) "memory" -}}
{{- $bytes := ternary "" (include "rollcall.bytes" $limit) (empty $limit) | int64 -}}
{{- $heapMb := get $settings "MAX_HEAP_MB" | int64 -}}
{{- $ofNode := div (mul $bytes (include "rollcall.heapPercent" . | int64)) 104857600 -}}
{{- if and (gt $bytes 0) (gt $heapMb $ofNode) -}}
{{- fail (printf "%s.resources.limits.memory %v leaves Node a heap of %d MiB, less than MAX_HEAP_MB %d: it would be killed before it refuses connections" $at $limit $ofNode $heapMb) -}}
{{- end -}}
{{- end -}}

{{/* What is promised holds only where services agree on these. */}}
{{- define "rollcall.checkSame" -}}
{{- $components := list -}}
{{- range $pool, $edge := include "rollcall.pools" . | fromYaml -}}
{{- $at := ternary "edge" (printf "edgePools.%s" $pool) (eq $pool "") -}}
{{- $components = append $components (dict "root" $ "service" "edge" "at" $at "values" $edge) -}}
{{- end -}}
{{- range $service := list "presence" "notifier" -}}
{{- $components = append $components (dict "root" $ "service" $service "at" $service "values" (get $.Values $service)) -}}
{{- end -}}
{{- $first := dict -}}
{{- range $component := $components -}}
{{- $settings := include "rollcall.settings" $component | fromYaml -}}
{{- range $name := (get ($.Files.Get "files/settings.json" | fromJson) $component.service).same -}}
{{- $value := get $settings $name -}}
{{- $other := default (dict "at" $component.at "value" $value) (get $first $name) -}}
{{- if ne $value $other.value -}}
{{- fail (printf "%s is %s in %s and %s in %s, but has to be the same everywhere: set config.%s, and no other" $name $other.value $other.at $value $component.at $name) -}}
{{- end -}}
{{- $_ := set $first $name $other -}}
{{- end -}}
{{- end -}}
{{- end -}}
