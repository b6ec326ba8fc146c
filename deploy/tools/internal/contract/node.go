// Package contract reads the JSON Schemas of the events and writes what is made from them: Go types, the list of facts,
// the code lists for other languages and the AsyncAPI document.
package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// node is a JSON value whose object members keep the order of the file: fields of a Go type stand as in the schema.
type node struct {
	keys   []string
	object map[string]*node
	list   []*node
	scalar any
}

func parse(data []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	n, err := value(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the schema")
	}
	return n, nil
}

func value(d *json.Decoder) (*node, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		n := &node{object: map[string]*node{}}
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			key := k.(string)
			if _, twice := n.object[key]; twice {
				return nil, fmt.Errorf("%q stands twice", key)
			}
			if n.object[key], err = value(d); err != nil {
				return nil, err
			}
			n.keys = append(n.keys, key)
		}
		_, err = d.Token()
		return n, err
	case json.Delim('['):
		n := &node{}
		for d.More() {
			e, err := value(d)
			if err != nil {
				return nil, err
			}
			n.list = append(n.list, e)
		}
		_, err = d.Token()
		return n, err
	}
	return &node{scalar: t}, nil
}

func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	return n.object[key]
}

// text is the member's string, "" when there is none.
func (n *node) text(key string) string {
	m := n.get(key)
	if m == nil {
		return ""
	}
	s, _ := m.scalar.(string)
	return s
}

func (n *node) texts(key string) []string {
	m := n.get(key)
	if m == nil {
		return nil
	}
	var out []string
	for _, e := range m.list {
		if s, ok := e.scalar.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
