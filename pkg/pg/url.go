package pg

import (
	"errors"
	"net/url"
)

// As is the database address with another login role; a password stays only when it is given.
func As(adminURL, role, password string) (string, error) {
	u, err := url.Parse(adminURL)
	if err != nil {
		return "", errors.New("the database address can not be read")
	}
	q := u.Query()
	q.Del("user")
	u.RawQuery = q.Encode()
	u.User = url.User(role)
	if password != "" {
		u.User = url.UserPassword(role, password)
	}
	return u.String(), nil
}
