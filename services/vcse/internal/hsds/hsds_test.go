package hsds_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/waypost/pkg/rows"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
	"example.org/waypost/services/vcse/internal/hsds"
)

const someID = "06320375-971b-5aa6-bd61-c742908bd37d"

// one reads one line of HSDS.
func one(t *testing.T, line string) hsds.Row {
	t.Helper()
	for row, err := range hsds.Services(strings.NewReader(strings.ReplaceAll(line, "\n", " ")), hsds.Origin{File: "f", Name: "A listing", Licence: "OGL-UK-3.0", Today: "2026-11-22"}) {
		require.NoError(t, err)
		return row
	}
	t.Fatal("nothing was read")
	return hsds.Row{}
}

func service(more string) string {
	return `{"id":"` + someID + `","name":"Tea &amp; Talk","status":"active"` + more + `}`
}

func TestABadRowSaysWhereAndWhyAndNeverWhat(t *testing.T) {
	t.Parallel()
	const secret = "PRIVATE"
	for name, c := range map[string]struct{ row, want string }{
		"not JSON":           {secret, "f:2: the row is not JSON"},
		"half of it":         {`{"id":"` + secret, "f:2: the row is not JSON"},
		"an array":           {`[{"id":"` + secret + `"}]`, "f:2: the row is not a JSON object"},
		"a number":           {`42`, "f:2: the row is not a JSON object"},
		"no id":              {`{"name":"` + secret + `","status":"active"}`, "f:2: id: it is empty or longer than 300 characters"},
		"no name":            {`{"id":"x","status":"active","description":"` + secret + `"}`, "f:2: name: Give the service a name"},
		"name of markup":     {`{"id":"x","status":"active","name":"<b></b>"}`, "f:2: name: Give the service a name"},
		"long name":          {`{"id":"x","status":"active","name":"` + strings.Repeat(secret, 60) + `"}`, "f:2: name: The name can have 300 characters at most"},
		"long description":   {service(`,"description":"` + strings.Repeat(secret, 3000) + `"`), "f:2: description: The description can have 20,000 characters at most"},
		"status":             {`{"id":"x","name":"n","status":"` + secret + `"}`, "f:2: status: it is not active, inactive, defunct or temporarily closed"},
		"name is a number":   {`{"id":"x","name":7,"status":"active"}`, "f:2: name: it is a number, not text"},
		"phones is text":     {service(`,"phones":"` + secret + `"`), "f:2: phones: it is text, not a list"},
		"latitude is a word": {service(`,"service_at_locations":[{"location":{"latitude":"` + secret + `","longitude":1}}]`), "f:2: service_at_locations.location.latitude: it is not a number"},
		"age is a word":      {service(`,"minimum_age":"` + secret + `"`), "f:2: minimum_age: it is not a number"},
		"age in months":      {service(`,"minimum_age":1.5`), "f:2: minimum_age: it is not a whole number of years"},
		"age beyond":         {service(`,"maximum_age":400`), "f:2: maximum_age: Give an age from 0 to 130"},
		"ages crossed":       {service(`,"minimum_age":40,"maximum_age":20`), "f:2: maximum_age: The highest age can not be below the lowest"},
		"weekday":            {service(`,"schedules":[{"freq":"WEEKLY","byday":"` + secret + `"}]`), "f:2: schedules.byday: it is not a list of weekdays such as MO,WE"},
		"time":               {service(`,"schedules":[{"freq":"WEEKLY","byday":"MO","opens_at":"25:00"}]`), "f:2: schedules.opens_at: it is not a time such as 09:30"},
		"frequency":          {service(`,"schedules":[{"freq":"` + secret + `","byday":"MO"}]`), "f:2: schedules.freq: it is not WEEKLY, MONTHLY, DAILY or YEARLY"},
		"not UTF-8":          {service(`,"description":"` + secret + "\xff\""), "f:2: the row is not UTF-8"},
		"ten megabytes":      {service(`,"description":"` + strings.Repeat(secret, 10<<20/7) + `"`), "f:2: the row is longer than 1048576 bytes"},
		"deep":               {service(`,"phones":` + strings.Repeat("[", 100_000)), "f:2: the row is not JSON"},
		"the same id":        {strings.Replace(service(""), someID, "aa320375-971b-5aa6-bd61-c742908bd37d", 1), "f:2: id: the same id stands on line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := strings.Replace(service(""), someID, "aa320375-971b-5aa6-bd61-c742908bd37d", 1)
			var bad []string
			good := 0
			for _, err := range hsds.Services(strings.NewReader(before+"\n"+c.row+"\n"+service("")+"\n"), hsds.Origin{File: "f"}) {
				if refused, ok := rows.IsBad(err); ok {
					bad = append(bad, refused.Error())
					continue
				}
				require.NoError(t, err)
				good++
			}
			require.Equal(t, []string{c.want}, bad)
			require.NotContains(t, strings.Join(bad, ""), secret)
			require.Equal(t, 2, good, "the rows around it stay")
		})
	}
}

func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	s := one(t, service(`,"description":"<p>Tea&nbsp;&amp; cake.</p><script>alert(1)</script><ul><li>Step-free</li></ul> Ring 07700 900123.",
		"url":"javascript:alert(1)","email":"redacted@example.org","minimum_age":"55","fees_description":"&pound;2",
		"organization":{"name":"Friends &#38; Neighbours"},"phones":[{"number":"07700 900000"},{"number":"0161 496 0000\n0161 496 0001"}],
		"languages":[{"name":"Urdu","code":"ur"},{"code":"pa"}],
		"schedules":[{"freq":"WEEKLY","byday":"TU,TH","opens_at":"10:00:00Z","closes_at":"11:30"},
			{"freq":"WEEKLY","interval":2,"byday":"FR","opens_at":"9:00","closes_at":"10:00"},
			{"freq":"MONTHLY","byday":"1MO","opens_at":"14:00"},{"freq":"WEEKLY","byday":"SU","valid_to":"2020-01-01"}],
		"service_at_locations":[{"location":{"location_type":"physical","name":"Tea &amp; Talk","latitude":0,"longitude":0}},
			{"location":{"name":"Hall","latitude":"53.45","longitude":-2.2,"addresses":[{"address_1":"1 Hall Road","city":"Hulme","postal_code":"m155tq"}],
			 "accessibility":[{"description":"Wheelchair accessible, no hearing loop"}]},"schedules":[{"byday":"SA","opens_at":"12:00","closes_at":"12:00"}]},
			{"location":{"location_type":"virtual"}}],
		"attributes":[{"taxonomy_term":{"name":"Befriending","taxonomy":"own"}}]`)).Service

	require.Equal(t, "Tea & Talk", s.Name)
	require.Equal(t, "Friends & Neighbours", s.ProviderName)
	require.Equal(t, "Tea & cake.\n\nStep-free\n\nRing [number removed].", s.Description)
	require.Empty(t, s.URL, "only http and https")
	require.Empty(t, s.Email)
	require.Equal(t, "0161 496 0000; 0161 496 0001", s.Phone)
	require.Equal(t, "£2", s.Fees)
	require.Equal(t, 55, *s.MinimumAge)
	require.Equal(t, []string{"Urdu", "pa"}, s.Languages)
	require.Equal(t, "Every 2 weeks on Friday, 09:00 to 10:00. Every month on the first Monday, from 14:00", s.Opening)
	require.Len(t, s.Places, 1, "nothing stands at 0,0")
	require.Equal(t, "M15 5TQ", s.Places[0].Postcode)
	require.Equal(t, "1 Hall Road, Hulme", s.Places[0].Address)
	at := 0
	require.Equal(t, []domain.Session{
		{Weekday: terms.Tuesday, From: "10:00", To: "11:30"},
		{Weekday: terms.Thursday, From: "10:00", To: "11:30"},
		{Weekday: terms.Saturday, From: "12:00", Place: &at},
	}, s.Sessions)
	require.Equal(t, []terms.Accessibility{terms.AccessWheelchair, terms.AccessStepFree}, s.Accessibility)
	require.Equal(t, []terms.Delivery{terms.DeliveryInPerson, terms.DeliveryOnline}, s.Delivery)
	require.Equal(t, []terms.Need{terms.NeedLoneliness}, s.Needs, "a category the table does not know speaks for itself")
	require.Equal(t, []string{"Befriending"}, s.Categories)
	require.Equal(t, someID, s.ID)
	require.Equal(t, "A listing", s.Source)
	require.False(t, s.AcceptsReferrals || s.Claimed || s.Simulated)
}

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                         "",
		"Not given":                "",
		"No information recorded.": "",
		"a < b and c > d":          "a < b and c > d",
		"&lt;p&gt;Twice&lt;/p&gt; &amp;amp; more": "Twice\n& more",
		"<p>One</p><p>Two</p>":                    "One\n\nTwo",
		"a<!-- gone -->b":                         "ab",
		"<style>p{}</style>x":                     "x",
		"<img src=x onerror=alert(1)>x":           "x",
		"[words](https://example.net/a)":          "words (https://example.net/a)",
		"[https://x.uk](https://x.uk)":            "https://x.uk",
		"[a@b.uk](mailto:a@b.uk)":                 "a@b.uk",
		"**Bold** and * star":                     "Bold and * star",
		"nul\x00 bell\x07 zero\u200bwidth":        "nul bell zerowidth",
		"  many \t spaces \r\n\r\n\r\n and ends ": "many spaces\n\nand ends",
		"<":        "<",
		"<p":       "<p",
		"2 <3 you": "2 <3 you",
	} {
		require.Equal(t, want, hsds.Text(in), in)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://a.org/x?y=z#w": "https://a.org/x?y=z#w", "www.a.org": "https://www.a.org", "http://a.org": "http://a.org",
		"javascript:alert(1)": "", "ftp://a.org": "", "a.org": "", "https://": "", "//a.org": "", "https://user:pass@a.org": "", "not a link": "", "https://localhost": "",
	} {
		require.Equal(t, want, hsds.Link(in), in)
	}
}

func TestTablesHoldTogether(t *testing.T) {
	t.Parallel()
	row := one(t, service("")) // reads the tables: a mistake in them would panic
	require.Equal(t, hsds.LeftUnmapped, row.Left)
	require.False(t, row.Service.NeedsMapped)

	left := one(t, service(`,"attributes":[{"taxonomy_term":{"name":"Accommodation","taxonomy":"CRS need areas"}}]`))
	require.Equal(t, hsds.LeftOnPurpose, left.Left)
	require.Empty(t, left.Service.Needs)

	own := one(t, service(`,"description":"Food, football and debt advice","attributes":[{"taxonomy_term":{"name":"carer_support","taxonomy":"Waypost needs"}}]`)).Service
	require.Equal(t, []terms.Need{terms.NeedCarerSupport}, own.Needs, "who speaks our codes is taken at their word")

	abuse := one(t, service(`,"description":"Help with domestic abuse"`)).Service
	require.True(t, abuse.Sensitive)
	provider := one(t, `{"id":"x","status":"active","name":"Gardening – Citizens Advice","organization":{"name":"Citizens Advice"}}`).Service
	require.Equal(t, []terms.Need{terms.NeedNatureOutdoors}, provider.Needs, "what the provider does elsewhere does not count")
	require.Len(t, provider.ID, 36, "an id that is no UUID becomes one")
}

func TestDefunctIsGone(t *testing.T) {
	t.Parallel()
	require.Equal(t, hsds.GoneDefunct, one(t, `{"id":"x","name":"n","status":"defunct"}`).Gone)
	require.Equal(t, terms.ServiceTemporarilyClosed, one(t, `{"id":"x","name":"n","status":"temporarily closed"}`).Service.Status)
}

func TestStreetSupportRefusesEntriesAlone(t *testing.T) {
	t.Parallel()
	doc := "{\"providers\":[\n{\"serviceProviderId\":\"a\",\"serviceProviderName\":\"A\",\"location\":{}},\n" +
		"{\"serviceProviderId\":\"b\",\"serviceProviderName\":7},\n{\"serviceProviderName\":\"PRIVATE\"},\n" +
		"{\"serviceProviderId\":\"c\",\"serviceProviderName\":\"C\",\"openingTimes\":[{\"day\":\"PRIVATE\"}]},\n" +
		"{\"serviceProviderId\":\"d\",\"serviceProviderName\":\"D\",\"openingTimes\":[{\"day\":\"Monday\",\"startTime\":\"00:08\",\"endTime\":\"00:11\"}]}]}"
	var bad []string
	var good []domain.Service
	for row, err := range hsds.StreetSupport([]hsds.File{{Name: "s", Reader: strings.NewReader(doc)}}, hsds.Origin{}) {
		if refused, ok := rows.IsBad(err); ok {
			bad = append(bad, refused.Error())
			continue
		}
		require.NoError(t, err)
		good = append(good, row.Service)
	}
	require.Equal(t, []string{
		"s:3: serviceProviderName: it is a number, not text",
		"s:4: key: it is empty: whose service is it?",
		"s:5: openingTimes.day: it is not a day of the week",
	}, bad)
	require.Len(t, good, 2)
	require.Equal(t, []domain.Session{{Weekday: terms.Monday}}, good[1].Sessions, "three minutes past midnight are a slip of the pen: the day stays")

	for _, doc := range []string{"", "[]", "{}", "null", `{"providers":7}`, strings.Repeat("[", 100_000)} {
		for _, err := range hsds.StreetSupport([]hsds.File{{Name: "s", Reader: strings.NewReader(doc)}}, hsds.Origin{}) {
			require.ErrorContains(t, err, "it is not an answer of Street Support")
		}
	}
}

func TestLibrariesRefuseRowsAlone(t *testing.T) {
	t.Parallel()
	columns := "reporting,name,address1,address2,address3,authority,postcode,type,statutory_23,operation_23,co_located_other_text,monday,tuesday,wednesday,thursday,friday,saturday,sunday,hours,staffed_hours,automated,email"
	row := func(name, monday, how string) string {
		return fmt.Sprintf("Bury,%s,1 Road,Bury,,Bury,BL9 0DG,Static Library,Yes,%s,,%s,Closed,Closed,Closed,Closed,Closed,Closed,10,10,No,", name, how, monday)
	}
	in := strings.Join([]string{columns, row("One", "AM Only", "LA"), row("", "AM Only", "LA"), row("Two", "PRIVATE", "LA"), "short,row", row("One", "AM Only", "LA"), row("Three", "PRIVATE", "Closed"), row("Four", "24 Hours", "LA")}, "\n")
	var bad []string
	var names []string
	for row, err := range hsds.Libraries(strings.NewReader(in), hsds.Origin{File: "l"}) {
		if refused, ok := rows.IsBad(err); ok {
			bad = append(bad, refused.Error())
			continue
		}
		require.NoError(t, err)
		names = append(names, row.Service.Name+string(row.Gone))
	}
	require.Equal(t, []string{
		"l:3: name: it is empty", "l:4: monday: it is no opening time we know of, such as AM Only",
		"l:5: the row has 2 columns, not 22", "l:6: name: the same library stands on line 2",
	}, bad)
	require.Equal(t, []string{"One Library", "Three Libraryclosed", "Four Library"}, names)

	for _, err := range hsds.Libraries(strings.NewReader("a,b\n1,2\n"), hsds.Origin{File: "l"}) {
		require.ErrorContains(t, err, "it is not the list of public libraries")
	}
}

func FuzzServices(f *testing.F) {
	f.Add([]byte(service(`,"schedules":[{"freq":"WEEKLY","byday":"MO,1TU","opens_at":"9:00"}],"minimum_age":"5"`)))
	f.Add([]byte(service(`,"description":"<p>&amp;lt;b&amp;gt;</p>[x](y)","service_at_locations":[{"location":{"latitude":1,"longitude":"2"}}]`)))
	f.Fuzz(func(t *testing.T, in []byte) {
		for row, err := range hsds.Services(bytes.NewReader(in), hsds.Origin{File: "f"}) {
			checkRow(t, row, err)
		}
	})
}

func FuzzStreetSupport(f *testing.F) {
	f.Add([]byte(`{"providers":[{"serviceProviderId":"a","serviceProviderName":"A","tags":["16-25"],"location":{"latitude":1,"longitude":2},"openingTimes":[{"day":"Monday","startTime":"09:00","endTime":"10:00"}]}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		for row, err := range hsds.StreetSupport([]hsds.File{{Name: "f", Reader: bytes.NewReader(in)}}, hsds.Origin{}) {
			checkRow(t, row, err)
		}
	})
}

func FuzzLibraries(f *testing.F) {
	f.Add([]byte("reporting,name,address1,address2,address3,authority,postcode,type,statutory_23,operation_23,co_located_other_text,monday,tuesday,wednesday,thursday,friday,saturday,sunday,hours,staffed_hours,automated,email\nBury,One,1 Road,Bury,,Bury,BL9 0DG,Static Library,Yes,LA,,AM Only,Closed,Closed,Closed,Closed,Closed,Closed,10,10,No,a@b.uk"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for row, err := range hsds.Libraries(bytes.NewReader(in), hsds.Origin{File: "f"}) {
			checkRow(t, row, err)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Add("<p>&lt;b&gt;</p> [x](mailto:y) **z** \\[a\\] 07700 900000")
	f.Fuzz(func(t *testing.T, in string) {
		once := hsds.Text(in)
		if strings.ContainsAny(once, "\x00\x07\r") {
			t.Fatalf("control characters stay: %q", once)
		}
	})
}

// checkRow: what was let through is a service, and a refusal names its file.
func checkRow(t *testing.T, row hsds.Row, err error) {
	t.Helper()
	if bad, ok := rows.IsBad(err); ok && (bad.File == "" || bad.Line == 0 || bad.Reason == "") {
		t.Fatalf("a refusal without a place: %+v", bad)
	}
	if err != nil {
		return
	}
	if err := row.Service.Check(); err != nil {
		t.Fatalf("line %d was let through: %v", row.Line, err)
	}
	row.Service.Fingerprint()
}
