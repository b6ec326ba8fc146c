package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"

	"example.org/waypost/schemas"
)

type dict = map[string]any

func ref(s string) dict { return dict{"$ref": s} }

// asyncAPI is the document of what is said and heard on the bus. The payload schemas are not copied into it: it refers
// to the files beside it, which are the truth.
func (c *Contract) asyncAPI() ([]byte, error) {
	channels, operations, messages := dict{}, dict{}, dict{}
	for _, s := range c.Speakers {
		hearers := hearersOf(s.Name)
		for _, f := range s.Facts {
			name := f.Speaker + "." + f.Name
			id := fmt.Sprintf("%s.v%d", name, f.Version)
			messages[id] = f.message()
			ch, ok := channels[name].(dict)
			if !ok {
				ch = f.channel()
				channels[name] = ch
			}
			ch["messages"].(dict)[fmt.Sprintf("v%d", f.Version)] = ref("#/components/messages/" + id)
			operations[s.Name+".says."+f.Name] = dict{
				"action": "send", "channel": ref("#/channels/" + name),
				"summary": fmt.Sprintf("%s says: %s", s.Name, lower(f.Title)),
			}
			for _, h := range hearers {
				operations[h+".hears."+name] = dict{"action": "receive", "channel": ref("#/channels/" + name)}
			}
		}
	}
	doc := dict{
		"asyncapi": "3.1.0",
		"info": dict{
			"title": "Waypost events", "version": "1.0.0",
			"description": "What the six services tell each other. CloudEvents 1.0 over NATS JetStream, in binary or structured mode. Personal data travels only in sealed fields (sealed.json). Within a speaker and a partition events come in order; across speakers no order is promised.",
		},
		"defaultContentType": "application/json",
		"servers": dict{"bus": dict{
			"host": "localhost:4222", "protocol": "nats",
			"description": "One JetStream stream per speaker; each service has a user that may publish under its own name only.",
		}},
		"channels": channels, "operations": operations,
		"components": dict{"messages": messages, "parameters": parameters(), "messageTraits": dict{"cloudEvent": cloudEventTrait()}},
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		return nil, fmt.Errorf("write asyncapi: %w", err)
	}
	return b.Bytes(), nil
}

func hearersOf(speaker string) []string {
	var out []string
	for h, speakers := range schemas.Listens {
		for _, s := range speakers {
			if s == speaker {
				out = append(out, h)
			}
		}
	}
	sort.Strings(out)
	return out
}

func (f Fact) channel() dict {
	return dict{
		"address":     "waypost." + f.Speaker + ".{partition}." + f.Name + ".{about}",
		"title":       f.Title,
		"description": "The last part of the address is the event's " + f.About + ".",
		"messages":    dict{},
		"parameters": dict{
			"partition": ref("#/components/parameters/partition"),
			"about":     ref("#/components/parameters/about"),
		},
	}
}

func (f Fact) message() dict {
	return dict{
		"name": f.Type(), "title": f.Title, "summary": f.Object.Doc, "contentType": "application/json",
		"traits": []any{ref("#/components/messageTraits/cloudEvent")},
		"payload": dict{
			"schemaFormat": "application/schema+json;version=draft-2020-12",
			"schema":       ref("./" + f.File),
		},
	}
}

func parameters() dict {
	return dict{
		"partition": dict{"description": "0 to 15, from a hash of the subject; the order of events holds within it."},
		"about":     dict{"description": "The CloudEvents subject, a UUID: the patient ref where a patient is concerned, else the id of what the event is about."},
	}
}

// cloudEventTrait is the headers of binary mode, as pkg/event writes them.
func cloudEventTrait() dict {
	text := func(doc string) dict { return dict{"type": "string", "description": doc} }
	uuid := func(doc string) dict { return dict{"type": "string", "format": "uuid", "description": doc} }
	return dict{"headers": dict{
		"type":     "object",
		"required": []string{"ce-specversion", "ce-id", "ce-type", "ce-source", "ce-subject", "ce-time"},
		"properties": dict{
			"ce-specversion":        dict{"const": "1.0"},
			"ce-id":                 uuid("UUIDv7; also the Nats-Msg-Id"),
			"ce-type":               text("waypost.<speaker>.<fact>.v<n>"),
			"ce-source":             text("/waypost/<area>/<speaker>"),
			"ce-subject":            uuid("As in the address"),
			"ce-time":               dict{"type": "string", "format": "date-time"},
			"ce-datacontenttype":    text("application/json"),
			"ce-correlationid":      uuid("The request or event that began it all"),
			"ce-causationid":        uuid("The event that led to this one"),
			"ce-traceparent":        text("W3C Trace Context"),
			"ce-partitionkey":       text("The same as the subject"),
			"ce-dataclassification": text("restricted where a patient is concerned, else internal"),
			"ce-epoch":              text("With the partition and the position: where the event stands in the speaker's outbox"),
			"ce-position":           text("1, 2, 3 and so on in each epoch and partition, without gaps"),
			"ce-prevhash":           text("The hash of the event before it, hexadecimal"),
			"ce-hash":               text("Of this event and the one before, hexadecimal"),
		},
	}}
}
