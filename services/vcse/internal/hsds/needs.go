package hsds

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/vcse/internal/domain"
)

//go:embed needs_map.csv
var needsCSV string

//go:embed keywords.csv
var keywordsCSV string

//go:embed listings.csv
var listingsCSV string

// Left is why a service has no need.
type Left string

// The reasons why.
const (
	LeftNothing   Left = ""           // it has some
	LeftUnmapped  Left = "unmapped"   // nothing we know of tells one: search finds it by its words
	LeftOnPurpose Left = "on purpose" // the table says that it must not be suggested
)

// rule is one row of needs_map.csv.
type rule struct {
	with   []string
	atMost int
	needs  []terms.Need
	leave  bool
}

// keyword is one row of keywords.csv.
type keyword struct {
	words []string
	where where
	needs []terms.Need
	leave bool
}

// where a keyword works.
type where string

const (
	inWho  where = "who"
	inName where = "name"
	inText where = "text"
)

type tables struct {
	rules    map[string]map[string][]rule // by taxonomy and category, in small letters
	keywords map[string][]keyword         // by the first three letters of their first word
	listings map[string][2]string         // name and licence by taxonomy
}

// shipped are the tables in this folder. They are read once, and a mistake in them stops the program at once: a test
// reads them before anybody else does.
var shipped = sync.OnceValue(func() tables {
	t := tables{rules: map[string]map[string][]rule{}, keywords: map[string][]keyword{}, listings: map[string][2]string{}}
	for _, f := range table(needsCSV) {
		byCategory := t.rules[strings.ToLower(f[0])]
		if byCategory == nil {
			byCategory = map[string][]rule{}
			t.rules[strings.ToLower(f[0])] = byCategory
		}
		r := rule{leave: f[4] == "-"}
		if f[2] != "" {
			r.with = strings.Split(strings.ToLower(f[2]), "|")
		}
		if f[3] != "" {
			r.atMost = must(strconv.Atoi(f[3]))
		}
		if !r.leave {
			r.needs = codes(f[4])
		}
		byCategory[strings.ToLower(f[1])] = append(byCategory[strings.ToLower(f[1])], r)
	}
	for _, f := range table(keywordsCSV) {
		k := keyword{words: words(f[0]), where: where(f[1]), leave: f[2] == "-"}
		if !k.leave {
			k.needs = codes(f[2])
		}
		key := begin(k.words[0])
		t.keywords[key] = append(t.keywords[key], k)
	}
	for _, f := range table(listingsCSV) {
		t.listings[f[0]] = [2]string{f[1], f[2]}
	}
	return t
})

func table(text string) [][]string {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	return must(r.ReadAll())[1:]
}

func must[T any](v T, err error) T {
	if err != nil {
		panic("hsds tables: " + err.Error())
	}
	return v
}

func codes(list string) []terms.Need {
	var out []terms.Need
	for c := range strings.FieldsSeq(list) {
		if !terms.Need(c).Known() {
			panic(fmt.Sprintf("hsds tables: %q is no need", c))
		}
		out = append(out, terms.Need(c))
	}
	return out
}

// listing is the name and licence of the listing a record is from: what its taxonomy tells, else what the file is.
func listing(tags []tag, from Origin) (name, licence string) {
	for _, t := range tags {
		if l, ok := shipped().listings[t.taxonomy]; ok {
			return l[0], l[1]
		}
	}
	return from.Name, from.Licence
}

// needsOf works out which needs a service serves: by its categories; by the words of its name and of categories we have
// no rule for; and, only when these tell nothing, by the beginning of its description. Later words of a description say
// whom else one may ask, and would make every service serve everything.
func needsOf(tags []tag, s domain.Service) ([]terms.Need, Left) {
	if own := ourCodes(tags); own != nil {
		return own, LeftNothing
	}
	list, unknown, leave := categories(tags)
	if _, shut := spoken(s.Eligibility, inWho); leave || shut {
		return nil, LeftOnPurpose
	}
	name := s.Name
	if topic, ok := strings.CutSuffix(name, " – "+s.ProviderName); ok {
		name = topic // "Debt advice – Citizens Advice": what is offered, not what else they do
	}
	for _, text := range append(unknown, name) {
		found, _ := spoken(text, inName)
		list = append(list, found...)
	}
	whom, _ := spoken(s.Eligibility, inText)
	list = append(list, whom...)
	if len(list) == 0 || justTheListing(tags, list) {
		about, _, _ := strings.Cut(s.Description, "#Access information")
		found, _ := spoken(name+". "+first(about, 400), inText)
		list = append(list, found...)
	}
	if len(list) == 0 {
		return nil, LeftUnmapped
	}
	return list, LeftNothing
}

// ourTaxonomy is of a listing that speaks our own codes, such as another Waypost's.
const ourTaxonomy = "Waypost needs"

// ourCodes are the needs of a listing that names them itself: nothing is left to guess.
func ourCodes(tags []tag) (list []terms.Need) {
	for _, t := range tags {
		if n := terms.Need(t.category); strings.EqualFold(t.taxonomy, ourTaxonomy) && n.Known() {
			list = append(list, n)
		}
	}
	return list
}

// justTheListing tells whether list holds no more than what every entry of the listing gets.
func justTheListing(tags []tag, list []terms.Need) bool {
	if len(tags) == 0 {
		return false
	}
	var common []terms.Need
	for _, r := range shipped().rules[strings.ToLower(tags[0].taxonomy)]["*"] {
		common = append(common, r.needs...)
	}
	return !slices.ContainsFunc(list, func(n terms.Need) bool { return !slices.Contains(common, n) })
}

// categories applies needs_map.csv; unknown are the categories it does not have.
func categories(tags []tag) (needs []terms.Need, unknown []string, leave bool) {
	all := make([]string, len(tags))
	for i, t := range tags {
		all[i] = strings.ToLower(t.category)
	}
	for i, t := range tags {
		byCategory := shipped().rules[strings.ToLower(t.taxonomy)]
		found := slices.Concat(byCategory["*"], byCategory[all[i]])
		if byCategory[all[i]] == nil {
			unknown = append(unknown, t.category)
		}
		for _, r := range found {
			leave = leave || r.leave
			if r.atMost > 0 && len(all) > r.atMost || !anyOf(r.with, all) {
				continue
			}
			needs = append(needs, r.needs...)
		}
	}
	return needs, unknown, leave
}

// anyOf tells whether one of wanted is there; nothing wanted is always there.
func anyOf(wanted, there []string) bool {
	return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w string) bool { return slices.Contains(there, w) })
}

// spoken finds the needs that the words of a text tell. A name is a text too.
func spoken(text string, in where) (needs []terms.Need, leave bool) {
	list := words(text)
	for i, w := range list {
		for _, k := range shipped().keywords[begin(w)] {
			if (k.where == in || in == inName && k.where == inText) && said(k.words, list[i:]) {
				needs, leave = append(needs, k.needs...), leave || k.leave
			}
		}
	}
	return needs, leave
}

// said tells whether text begins with the phrase.
func said(phrase, text []string) bool {
	if len(text) < len(phrase) {
		return false
	}
	for i, p := range phrase {
		stem, open := strings.CutSuffix(p, "*")
		if text[i] != stem && text[i] != stem+"s" && !(open && strings.HasPrefix(text[i], stem)) {
			return false
		}
	}
	return true
}

// words splits text into small words: letters, figures, and ' and - inside a word.
func words(text string) []string {
	text = strings.ToLower(strings.ReplaceAll(text, "’", "'"))
	return strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '-' && r != '*'
	})
}

func begin(w string) string { return w[:min(3, len(w))] }

// first is the beginning of s, cut at the end of a word.
func first(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if i := strings.LastIndexAny(s[:n], " \n"); i > 0 {
		n = i
	}
	return s[:n]
}
