package main

import "net"

// publicURL gives where the pages behind the links in messages are: as it is
// given, else where this machine reaches them; "" when the port is not known.
func (s settings) publicURL() string {
	if s.public != "" {
		return s.public
	}
	host, port, err := net.SplitHostPort(s.http)
	if err != nil || port == "0" {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
