package pg

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// write is one statement that Later added.
type write struct {
	what, sql string
	args      []any
}

// merge brings the writes of several queues into one list. Each queue keeps its order; what stands at the head of several at
// once, and is an insert of one row, becomes inserts of many rows, which cost Postgres a fraction.
func merge(queues [][]write) []write {
	total := 0
	for _, q := range queues {
		total += len(q)
	}
	out := make([]write, 0, total)
	for at := make([]int, len(queues)); ; {
		sql := mostWanted(queues, at)
		if sql == "" {
			return out
		}
		form := formOf(sql)
		var same []write
		for i, q := range queues {
			for at[i] < len(q) && q[at[i]].sql == sql {
				same = append(same, q[at[i]])
				at[i]++
				if form == nil {
					break
				}
			}
		}
		out = append(out, form.many(same)...)
	}
}

// mostWanted is the statement that stands at the head of most queues; of several, the one met first.
func mostWanted(queues [][]write, at []int) string {
	var best string
	most := 0
	var seen []string
	counts := map[string]int{}
	for i, q := range queues {
		if at[i] == len(q) {
			continue
		}
		sql := q[at[i]].sql
		if counts[sql] == 0 {
			seen = append(seen, sql)
		}
		counts[sql]++
	}
	for _, sql := range seen {
		if counts[sql] > most {
			best, most = sql, counts[sql]
		}
	}
	return best
}

// form is an insert of one row, taken apart: head, the row, and what is to be done on a conflict.
type form struct {
	head, row, tail string
	params          int
	key             []int // which parameters say what row is updated on a conflict; nil when none is
}

var (
	forms     sync.Map // sql: *form, nil when it is none
	insertion = regexp.MustCompile(`(?is)^\s*insert into [a-z_]+(?:\s+as [a-z_]+)?\s*\(([^()]*)\)\s*values\s*\(`)
	conflict  = regexp.MustCompile(`(?is)^\s*on conflict\s*\(([a-z_, ]+)\)`)
	parameter = regexp.MustCompile(`\$\d+`)
)

func formOf(sql string) *form {
	if f, ok := forms.Load(sql); ok {
		return f.(*form)
	}
	f := takeApart(sql)
	forms.Store(sql, f)
	return f
}

func takeApart(sql string) *form {
	found := insertion.FindStringSubmatch(sql)
	if found == nil || strings.Contains(sql, "'") { // a quoted parenthesis would mislead us
		return nil
	}
	begin, columns := found[0], names(found[1])
	rest := sql[len(begin)-1:]
	depth, end := 0, 0
	for i, c := range rest {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			end = i + 1
			break
		}
	}
	f := &form{head: begin[:len(begin)-1], row: rest[:end], tail: rest[end:]}
	tail := strings.ToLower(strings.TrimSpace(f.tail))
	if tail != "" && !strings.HasPrefix(tail, "on conflict") || strings.Contains(tail, "$") || strings.Contains(tail, "returning") {
		return nil
	}
	if strings.Contains(tail, "do update") {
		if f.key = keyOf(f, columns); f.key == nil {
			return nil // two may be about one row, and we could not tell
		}
	}
	for _, p := range parameter.FindAllString(f.row, -1) {
		n, _ := strconv.Atoi(p[1:]) // digits only
		f.params = max(f.params, n)
	}
	return f
}

// keyOf finds the parameters of the columns by which a conflict is known; nil when one of them is more than a parameter.
func keyOf(f *form, columns []string) (key []int) {
	found := conflict.FindStringSubmatch(f.tail)
	values := strings.Split(strings.Trim(f.row, "()"), ",")
	if found == nil || len(values) != len(columns) { // a value with a comma of its own
		return nil
	}
	for _, name := range names(found[1]) {
		i := slices.Index(columns, name)
		if i < 0 {
			return nil
		}
		n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(values[i]), "$"))
		if err != nil {
			return nil
		}
		key = append(key, n-1)
	}
	return key
}

func names(list string) []string {
	out := strings.Split(list, ",")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

// most is how many rows go into one statement: few enough that a connection does not keep too much prepared.
const most = 16

// many is the writes with as many rows in each as there are, in powers of two, so that few different statements are prepared.
func (f *form) many(same []write) []write {
	if f == nil {
		return same
	}
	var out []write
	for len(same) > 0 {
		run := same[:f.apart(same)]
		same = same[len(run):]
		for n := most; len(run) > 0; n /= 2 {
			for len(run) >= n {
				out = append(out, f.join(run[:n]))
				run = run[n:]
			}
		}
	}
	return out
}

// apart is how many of them can be in one statement: Postgres refuses to update one row twice.
func (f *form) apart(rows []write) int {
	if f.key == nil {
		return len(rows)
	}
	seen := map[string]bool{}
	for i, r := range rows {
		var key strings.Builder
		for _, n := range f.key {
			fmt.Fprintf(&key, "%v\x00", r.args[n])
		}
		if seen[key.String()] {
			return i
		}
		seen[key.String()] = true
	}
	return len(rows)
}

func (f *form) join(rows []write) write {
	if len(rows) == 1 {
		return rows[0]
	}
	args := make([]any, 0, len(rows)*f.params)
	for _, r := range rows {
		args = append(args, r.args...)
	}
	return write{what: rows[0].what, sql: f.sql(len(rows)), args: args}
}

type formSize struct {
	*form
	rows int
}

var sized sync.Map // formSize: sql

func (f *form) sql(rows int) string {
	if sql, ok := sized.Load(formSize{f, rows}); ok {
		return sql.(string)
	}
	var b strings.Builder
	b.WriteString(f.head)
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(parameter.ReplaceAllStringFunc(f.row, func(p string) string {
			n, _ := strconv.Atoi(p[1:])
			return "$" + strconv.Itoa(n+i*f.params)
		}))
	}
	b.WriteString(f.tail)
	sql, _ := sized.LoadOrStore(formSize{f, rows}, b.String())
	return sql.(string)
}
