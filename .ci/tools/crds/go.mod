module trackside/ci/tools/crds

go 1.25.6

require (
	github.com/cert-manager/cert-manager v1.19.1
	github.com/envoyproxy/gateway v1.6.0
	github.com/external-secrets/external-secrets v1.3.2
	sigs.k8s.io/gateway-api v1.5.0
)
