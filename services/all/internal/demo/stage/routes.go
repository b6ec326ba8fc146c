package stage

import "example.org/waypost/pkg/httpx"

// Routes are the tables of all doors, by service, for tests that walk every page and endpoint.
func (s *Stage) Routes() map[string][]httpx.Route {
	out := map[string][]httpx.Route{}
	for name, d := range s.opened {
		out[name] = d.Routes()
	}
	return out
}
