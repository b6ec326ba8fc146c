package schemas_test

import (
	"encoding/json"
	"fmt"

	"example.org/waypost/schemas"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/schemas/vcse"
)

// A bounce with what the provider wrote. Until it is sealed it can not be written, and it never prints.
func ExampleSeal() {
	bounced := vcse.OfferBouncedV1{
		Reason: terms.BounceOther,
		Detail: schemas.Seal(schemas.Message{Text: "She asked us to ring her daughter"}),
	}
	_, err := json.Marshal(bounced)
	fmt.Println(err)

	// outbox.Append does this with the vault's keys.
	err = bounced.EachSealed(func(path, class string, b schemas.Box) error {
		fmt.Println("seal", path, "as", class)
		b.SetCiphertext("key-1", 1, []byte("noise"))
		return nil
	})
	fmt.Println(err)

	out, err := json.Marshal(bounced.Detail)
	fmt.Println(string(out), err)
	fmt.Println(bounced.Detail)
	// Output:
	// json: error calling MarshalJSON for type *schemas.Sealed: a sealed field has not been sealed
	// seal /detail as message
	// <nil>
	// {"$enc":"key-1","v":1,"class":"message","ct":"bm9pc2U="} <nil>
	// [sealed]
}

// What can be known of an event by its type.
func ExampleByType() {
	f, ok := schemas.ByType("waypost.vcse.offer_bounced.v1")
	fmt.Println(ok, f.Schema, f.About, f.Patient, f.Sealed)
	// Output:
	// true vcse/offer_bounced.v1.json patient_ref true [{/criterion message} {/detail message}]
}
