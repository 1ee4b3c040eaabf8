#!/bin/sh
# Makes the engine's namespace and its search attributes, where they are missing. Run again, it changes nothing.
set -eu

if ! temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
	temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 720h
	# The server's caches take up to ten seconds to see it.
	sleep 10
fi

# attribute NAME TYPE
attribute() {
	if temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE" | grep -qw "$1"; then return; fi
	temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$1" --type "$2"
}

attribute Rule Keyword
attribute RuleVersion Keyword
attribute CustomerId Keyword
attribute Topic Keyword
