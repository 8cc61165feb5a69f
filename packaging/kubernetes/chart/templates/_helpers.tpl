{{/*
SPDX-FileCopyrightText: The presenced authors
SPDX-License-Identifier: GPL-3.0-or-later
*/}}

{{- define "presenced.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "presenced.fullname" -}}
{{- $name := include "presenced.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- /* A suffix has to fit into the 63 characters, too. */ -}}
{{- default $full .Values.fullnameOverride | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "presenced.selectorLabels" -}}
app.kubernetes.io/name: {{ include "presenced.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "presenced.commonLabels" -}}
app.kubernetes.io/part-of: presence
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Without the version of the chart: another one alone should not replace the pods. */}}
{{- define "presenced.podLabels" -}}
{{ include "presenced.selectorLabels" . }}
{{ include "presenced.commonLabels" . }}
{{- end -}}

{{- define "presenced.labels" -}}
{{ include "presenced.podLabels" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* What every object has: (dict "root" $), and what is wanted of "suffix", "labels" and "annotations". */}}
{{- define "presenced.metadata" -}}
name: {{ include "presenced.fullname" .root }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "presenced.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The test's pod must not be one that the Service or the disruption budget selects. */}}
{{- define "presenced.testLabels" -}}
app.kubernetes.io/name: {{ include "presenced.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "presenced.serviceAccountName" -}}
{{- $default := ternary (include "presenced.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $default .Values.serviceAccount.name -}}
{{- end -}}

{{- define "presenced.image" -}}
{{- $image := .Values.image -}}
{{- $tag := default .Chart.AppVersion $image.tag | printf ":%s" -}}
{{- $image.repository }}{{ ternary (printf "@%s" $image.digest) $tag (ne $image.digest "") -}}
{{- end -}}

{{- define "presenced.secretName" -}}
{{- default (printf "%s-secret" (include "presenced.fullname" .)) .Values.existingSecret -}}
{{- end -}}

{{/* Helm reads numbers as floats, and would write 3600000 as 3.6e+06. */}}
{{- define "presenced.scalar" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* A number of config, or the daemon's default, which a test compares: (dict "root" $ "name" "PRESENCE_TTL"). */}}
{{- define "presenced.number" -}}
{{- $defaults := dict
    "HEARTBEAT_INTERVAL" 15000
    "DRAIN_DELAY" 1000
    "OFFLINE_GRACE" 5
    "PRESENCE_PING_INTERVAL" 25
    "PRESENCE_TTL" 60
    "REDIS_TIMEOUT" 5000
    "VIEW_TTL" 300 -}}
{{- $set := index .root.Values.config .name -}}
{{- if kindIs "invalid" $set }}{{ index $defaults .name }}{{ else }}{{ int64 $set }}{{ end -}}
{{- end -}}

{{/* url, urlSecret, host, sentinels or clusterNodes. */}}
{{- define "presenced.redisMode" -}}
{{- $modes := list -}}
{{- range list "url" "urlSecret" "host" "sentinels" "clusterNodes" -}}
{{- if index $.Values.redis . }}{{ $modes = append $modes . }}{{ end -}}
{{- end -}}
{{- if ne (len $modes) 1 -}}
{{- fail (printf "Set one of redis.url, urlSecret, host, sentinels and clusterNodes; set: %s"
    (default "none" (join ", " $modes))) -}}
{{- end -}}
{{- first $modes -}}
{{- end -}}

{{/* The ports of Redis, as JSON. */}}
{{- define "presenced.redisPorts" -}}
{{- $mode := include "presenced.redisMode" . -}}
{{- $redis := .Values.redis -}}
{{- $ports := list -}}
{{- range ternary $redis.sentinels $redis.clusterNodes (eq $mode "sentinels") -}}
{{- $default := ternary "26379" "6379" (eq $mode "sentinels") -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" . | trimPrefix ":" | default $default | int) -}}
{{- end -}}
{{- if eq $mode "url" -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" (urlParse $redis.url).host | trimPrefix ":" | default "6379" | int) -}}
{{- else -}}
{{- $ports = append $ports (int $redis.port) -}}
{{- end -}}
{{- range .Values.networkPolicy.redisPorts }}{{ $ports = append $ports (int .) }}{{ end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{/* A variable from a key of a Secret: (dict "root" $ "name" "REDIS_PASSWORD" "secret" <name and key, or empty>
"value" <what the chart's own Secret has, if anything> "optional" true). Nothing, where there is no such key. */}}
{{- define "presenced.secretEnv" -}}
{{- if or .secret .value .root.Values.existingSecret }}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      {{- if .secret }}
      name: {{ .secret.name }}
      key: {{ .secret.key }}
      {{- else }}
      name: {{ include "presenced.secretName" .root }}
      key: {{ .name }}
      {{- if and .optional .root.Values.existingSecret }}
      optional: true
      {{- end }}
      {{- end }}
{{- end }}
{{- end -}}

{{- define "presenced.redisEnv" -}}
{{- $mode := include "presenced.redisMode" . -}}
{{- $redis := .Values.redis -}}
{{- if eq $mode "url" }}
- name: REDIS_URL
  value: {{ $redis.url | quote }}
{{- else if eq $mode "urlSecret" }}
{{- include "presenced.secretEnv" (dict "root" . "name" "REDIS_URL" "secret" $redis.urlSecret) }}
{{- else if eq $mode "host" }}
- name: REDIS_HOST
  value: {{ $redis.host | quote }}
- name: REDIS_PORT
  value: {{ int $redis.port | quote }}
{{- else if eq $mode "sentinels" }}
- name: REDIS_SENTINELS
  value: {{ join "," $redis.sentinels | quote }}
- name: REDIS_SENTINEL_MASTER
  value: {{ $redis.sentinel.master | quote }}
{{- with $redis.sentinel.username }}
- name: REDIS_SENTINEL_USERNAME
  value: {{ . | quote }}
{{- end }}
{{- include "presenced.secretEnv" (dict "root" . "name" "REDIS_SENTINEL_PASSWORD" "optional" true
    "secret" $redis.sentinel.passwordSecret "value" .Values.secret.redisSentinelPassword) }}
{{- if kindIs "bool" $redis.sentinel.tls }}
- name: REDIS_SENTINEL_SSL
  value: {{ $redis.sentinel.tls | quote }}
{{- end }}
{{- else if eq $mode "clusterNodes" }}
- name: REDIS_CLUSTER_NODES
  value: {{ join "," $redis.clusterNodes | quote }}
{{- end }}
{{- if $redis.database }}
- name: REDIS_DATABASE
  value: {{ int $redis.database | quote }}
{{- end }}
{{- with $redis.username }}
- name: REDIS_USERNAME
  value: {{ . | quote }}
{{- end }}
{{- include "presenced.secretEnv" (dict "root" . "name" "REDIS_PASSWORD" "optional" true
    "secret" $redis.passwordSecret "value" .Values.secret.redisPassword) }}
{{- if $redis.tls.enabled }}
- name: REDIS_SSL
  value: "true"
{{- end }}
{{- /* Also without REDIS_SSL: a URL may be rediss://, or the sentinels alone have TLS. */}}
{{- if $redis.tls.existingSecret }}
{{- $tls := $redis.tls }}
{{- range $name, $file := dict "REDIS_SSL_CA" $tls.ca "REDIS_SSL_CERT" $tls.cert "REDIS_SSL_KEY" $tls.key }}
{{- if $file }}
- name: {{ $name }}
  value: /etc/presenced/redis-tls/{{ $file }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* "true" where the keys of tokens come from a JWKS, else empty. */}}
{{- define "presenced.hasJwks" -}}
{{- if or .Values.config.AUTH_JWKS_URL .Values.config.AUTH_JWKS_FILE }}true{{ end -}}
{{- end -}}

{{/* What the daemon's port speaks. */}}
{{- define "presenced.scheme" -}}
{{ ternary "https" "http" (not (empty .Values.tls.existingSecret)) }}
{{- end -}}

{{- define "presenced.env" -}}
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: PRESENCE_PORT
  value: "4001"
- name: METRICS_BIND
  value: {{ ternary "[::]:9401" "0.0.0.0:9401" (contains ":" (default "" .Values.config.PRESENCE_BIND)) | quote }}
{{- range $name, $value := .Values.config }}
{{- if not (kindIs "invalid" $value) }}
- name: {{ $name }}
  value: {{ include "presenced.scalar" $value | quote }}
{{- end }}
{{- end }}
{{- include "presenced.secretEnv" (dict "root" . "name" "AUTH_JWT_SECRET" "value" .Values.secret.jwtSecret
    "optional" (include "presenced.hasJwks" .)) }}
{{- include "presenced.secretEnv" (dict "root" . "name" "MONGODB_URI" "optional" true
    "value" .Values.secret.mongodbUri) }}
{{- include "presenced.redisEnv" . }}
{{- if .Values.tls.existingSecret }}
- name: TLS_CERT
  value: /etc/presenced/tls/tls.crt
- name: TLS_KEY
  value: /etc/presenced/tls/tls.key
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What a schema cannot say, because it is about two values. The daemon would stop with exit code 78. */}}
{{- define "presenced.validate" -}}
{{- $values := .Values -}}
{{- $redis := $values.redis -}}
{{- $mode := include "presenced.redisMode" . -}}
{{- if not (or $values.existingSecret $values.secret.jwtSecret (include "presenced.hasJwks" .)) -}}
{{- fail "Set existingSecret, a Secret with AUTH_JWT_SECRET, or secret.jwtSecret, or config.AUTH_JWKS_URL." -}}
{{- end -}}
{{- if and $values.existingSecret (join "" (values $values.secret)) -}}
{{- fail "existingSecret is used, so secret.* would be ignored: set one or the other." -}}
{{- end -}}
{{- if contains "@" $redis.url -}}
{{- fail "redis.url must have no user and password: use redis.username and the Secret, or redis.urlSecret." -}}
{{- end -}}
{{- if and (eq $mode "clusterNodes") $redis.database -}}
{{- fail "redis.database: a cluster has database 0 only." -}}
{{- end -}}
{{- if ne (empty $redis.tls.cert) (empty $redis.tls.key) -}}
{{- fail "redis.tls.cert and redis.tls.key belong together: set both or none." -}}
{{- end -}}
{{- if and $redis.tls.cert (not $redis.tls.existingSecret) -}}
{{- fail "redis.tls.cert is a key of redis.tls.existingSecret: set that, too." -}}
{{- end -}}
{{- $hasTls := or $redis.tls.enabled (hasPrefix "rediss:" $redis.url) (eq $mode "urlSecret")
    (and (eq $mode "sentinels") (eq true $redis.sentinel.tls)) -}}
{{- if and $redis.tls.existingSecret (not $hasTls) -}}
{{- fail "redis.tls.existingSecret is set, but nothing uses TLS: set redis.tls.enabled." -}}
{{- end -}}
{{- $budget := $values.podDisruptionBudget -}}
{{- if and $budget.enabled (kindIs "invalid" $budget.minAvailable) (kindIs "invalid" $budget.maxUnavailable) -}}
{{- fail "podDisruptionBudget: set minAvailable or maxUnavailable." -}}
{{- end -}}
{{- $heartbeat := include "presenced.number" (dict "root" . "name" "HEARTBEAT_INTERVAL") | int64 -}}
{{- $ttl := include "presenced.number" (dict "root" . "name" "PRESENCE_TTL") | int64 -}}
{{- if lt (mul 1000 $ttl) (mul 2 $heartbeat) -}}
{{- fail "PRESENCE_TTL must be at least twice HEARTBEAT_INTERVAL." -}}
{{- end -}}
{{- if lt (mul 1000 (include "presenced.number" (dict "root" . "name" "VIEW_TTL") | int64)) (mul 2 $heartbeat) -}}
{{- fail "VIEW_TTL must be at least twice HEARTBEAT_INTERVAL." -}}
{{- end -}}
{{- if ge (include "presenced.number" (dict "root" . "name" "OFFLINE_GRACE") | int64) $ttl -}}
{{- fail "OFFLINE_GRACE must be less than PRESENCE_TTL." -}}
{{- end -}}
{{- /* drainSpread and closeDeadline of server/transport/transportconfig.h; a test compares them. Then the last clients'
       changes wait for Redis. */ -}}
{{- $drainSpread := 5 -}}
{{- $closeDeadline := 5 -}}
{{- $timeout := include "presenced.number" (dict "root" . "name" "REDIS_TIMEOUT") | int64 -}}
{{- $drainDelay := include "presenced.number" (dict "root" . "name" "DRAIN_DELAY") | int64 -}}
{{- $needed := add $values.preStopSleep (div (add $drainDelay 999) 1000) $drainSpread $closeDeadline (div (add $timeout 999) 1000) -}}
{{- if le (int64 $values.terminationGracePeriodSeconds) $needed -}}
{{- fail (printf
    "terminationGracePeriodSeconds=%d: must be more than %d, which preStopSleep, the drain and REDIS_TIMEOUT take"
    (int64 $values.terminationGracePeriodSeconds) $needed) -}}
{{- end -}}
{{- end -}}
