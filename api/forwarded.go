package api

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"unicode"
	"unicode/utf8"
)

// forwardedUsers are people whom a proxy has let in, and names.
type forwardedUsers struct {
	header  string
	role    Role
	proxies []*net.IPNet
}

// newForwardedUsers trusts a header of proxies; without a header it gives nil.
func newForwardedUsers(header string, role Role, proxies []*net.IPNet) (*forwardedUsers, error) {
	role = cmp.Or(role, RoleReader)
	switch {
	case header == "":
		return nil, nil
	case len(proxies) == 0:
		return nil, errors.New("a header that names users needs the proxies that may set it: any client can")
	case !slices.Contains(roles, role):
		return nil, fmt.Errorf("%q is no role: use reader, analyst or admin", role)
	}
	return &forwardedUsers{header, role, proxies}, nil
}

// maxUser is the longest name of a user, in code points.
const maxUser = 200

// of returns who a request is from, where it comes from one of the proxies and
// names one user.
func (f *forwardedUsers) of(r *http.Request) (Key, bool) {
	if f == nil {
		return Key{}, false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	address := net.ParseIP(host)
	if err != nil || !slices.ContainsFunc(f.proxies, func(n *net.IPNet) bool { return n.Contains(address) }) {
		return Key{}, false
	}
	named := r.Header.Values(f.header)
	if len(named) != 1 || named[0] == "" || utf8.RuneCountInString(named[0]) > maxUser {
		return Key{}, false
	}
	for _, c := range named[0] {
		if !unicode.IsPrint(c) {
			return Key{}, false
		}
	}
	return Key{ID: "user " + named[0], Name: named[0], Role: f.role}, true
}
