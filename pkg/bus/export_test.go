package bus

import "encoding/json"

// Judge is what a Lookout makes of a broker's answer.
func Judge(says json.RawMessage) (Health, error) {
	var i streamInfo
	err := json.Unmarshal(says, &i)
	return i.judge(), err
}
