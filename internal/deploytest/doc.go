// Package deploytest holds the files of deploy/ to the product, as tests: that
// every setting, path, attribute and secret that they name is one that the
// engine has, and that their scripts do on a real PostgreSQL what they say. It
// holds no code of the product. What Kubernetes, Compose and Docker make of
// those files, deploy/tools checks.
package deploytest
