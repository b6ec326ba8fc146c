package ui

import (
	"cmp"
	"strconv"
)

// TaskList is a form in parts that may be done in any order. A task that can not be started yet has no Href, and its
// Hint says why.
type TaskList struct {
	ID    string // "task" when not given; needed when a page has two lists
	Tasks []Task
}

// Task is one part. What is done or can not be started has a Status without colour.
type Task struct {
	Text, Href, Hint string
	Status           Tag
}

// Template names html/task_list.html.
func (TaskList) Template() string { return "task_list" }

// TaskID is where the i-th task's hint and status are found.
func (l TaskList) TaskID(i int) string { return cmp.Or(l.ID, "task") + "-" + strconv.Itoa(i+1) }
