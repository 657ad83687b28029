// Package client speaks to a policykb server. All of it is generated from the
// server's specification; see [NewClientWithResponses].
package client
