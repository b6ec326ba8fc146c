package terms

// ONS4Question is one of the four personal wellbeing questions of the Office for National Statistics.
type ONS4Question string

// The four questions.
const (
	ONS4Satisfied  ONS4Question = "satisfied"
	ONS4Worthwhile ONS4Question = "worthwhile"
	ONS4Happy      ONS4Question = "happy"
	ONS4Anxious    ONS4Question = "anxious"
)

// ONS4QuestionInfo is a question as it must be read out: the wording is part of the measure. Answers are 0 to 10; there
// is no total, and only for anxious is a lower number better.
type ONS4QuestionInfo struct {
	Code        ONS4Question
	Label       string
	Ask         string
	LowIsBetter bool
}

func (q ONS4QuestionInfo) code() ONS4Question { return q.Code }

func (q ONS4QuestionInfo) label() string { return q.Label }

// ONS4Questions is the four questions in their order. Source: ONS, personal wellbeing harmonised standard (Open
// Government Licence 3.0).
var ONS4Questions = []ONS4QuestionInfo{
	{Code: ONS4Satisfied, Label: "Life satisfaction", Ask: "Overall, how satisfied are you with your life nowadays?"},
	{Code: ONS4Worthwhile, Label: "Worthwhile", Ask: "Overall, to what extent do you feel that the things you do in your life are worthwhile?"},
	{Code: ONS4Happy, Label: "Happiness", Ask: "Overall, how happy did you feel yesterday?"},
	{Code: ONS4Anxious, Label: "Anxiety", Ask: "On a scale where nought is ‘not at all anxious’ and 10 is ‘completely anxious’, overall, how anxious did you feel yesterday?", LowIsBetter: true},
}

// ONS4QuestionByCode looks a question up.
func ONS4QuestionByCode(code ONS4Question) (ONS4QuestionInfo, bool) {
	return find(ONS4Questions, code)
}

// Label is the question in two or three words.
func (q ONS4Question) Label() string { return labelOf(ONS4Questions, q) }

// Known tells whether the list has the code.
func (q ONS4Question) Known() bool { _, ok := find(ONS4Questions, q); return ok }
