package sendtime_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

// The oracle is testdata/oracle.py: another language and another library of zones, given the same zone data.
const oracleFile = "testdata/oracle.py"

// foreign is a question as the oracle reads it.
type foreign struct {
	Zone     string          `json:"zone"`
	Also     []string        `json:"also"`
	Now      int64           `json:"now"`
	Deadline int64           `json:"deadline"`
	Lines    []foreignLine   `json:"lines"`
	Hours    []int           `json:"hours"`
	Quiet    []foreignLine   `json:"quiet"`
	Laws     [][]foreignLine `json:"laws"`
	Holidays []string        `json:"holidays"`
}

type foreignLine struct {
	Weekdays []int `json:"weekdays"` // Monday is 0
	Dates    []int `json:"dates"`    // 0 is the last of the month
	From     int   `json:"from"`
	To       int   `json:"to"` // From: a point
}

func foreignLines(lines []spoken) []foreignLine {
	all := []foreignLine{}
	for _, s := range lines {
		l := foreignLine{Weekdays: []int{}, Dates: append([]int{}, s.dates...), From: s.from, To: s.to}
		for _, day := range s.weekdays {
			l.Weekdays = append(l.Weekdays, (int(day)+6)%7)
		}
		all = append(all, l)
	}
	return all
}

// atlas is the toolchain's zone data, for both sides.
type atlas struct {
	folder string
	zones  map[string]*time.Location
	turns  map[string][]int64
	names  []string
}

// unpack writes the files of some zones to a folder of their own and reads them.
func unpack(t *testing.T, names []string) atlas {
	t.Helper()
	a := atlas{folder: t.TempDir(), zones: map[string]*time.Location{}, turns: map[string][]int64{}, names: names}
	archive := toolchainArchive(t)
	for _, name := range names {
		file, err := archive.Open(name)
		require.NoError(t, err)
		data, err := io.ReadAll(file)
		require.NoError(t, err)
		path := filepath.Join(a.folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, data, 0o644))
		a.zones[name], err = time.LoadLocationFromTZData(name, data)
		require.NoError(t, err)
		a.turns[name], _ = clockChanges(t, a.zones[name], decade[0].AddDate(-3, 0, 0), decade[1])
	}
	return a
}

// draw draws a question of any kind: in any zone, mostly around a clock change if it has one.
func (a atlas) draw(rt *rapid.T, t *testing.T) (foreign, sendtime.Request) {
	t.Helper()
	name := rapid.SampledFrom(a.names).Draw(rt, "zone")
	middle := decade[0].Unix() + rapid.Int64Range(0, 9*365*24*4).Draw(rt, "middle")*quarter
	if turns := a.turns[name]; len(turns) > 0 && rapid.IntRange(0, 4).Draw(rt, "around") > 0 {
		middle = rapid.SampledFrom(turns).Draw(rt, "turn")
	}
	lines, quiet := drawLines(rt, 3, true), drawLines(rt, 1, false)
	f := foreign{
		Zone: name, Also: []string{}, Hours: []int{}, Laws: [][]foreignLine{}, Holidays: []string{},
		Now:   middle + rapid.Int64Range(-2*24*3600, 6*3600).Draw(rt, "now"),
		Lines: foreignLines(lines), Quiet: foreignLines(quiet),
	}
	f.Deadline = f.Now + rapid.Int64Range(24*3600, 5*24*3600).Draw(rt, "deadline")
	r := sendtime.Request{
		Now: time.Unix(f.Now, 0), Deadline: time.Unix(f.Deadline, 0), Zone: a.zones[name], When: parse(t, lines), Quiet: parse(t, quiet),
	}
	for range rapid.IntRange(0, 2).Draw(rt, "laws") {
		law := []spoken{drawDaytime(rt), drawLine(rt, true)}
		f.Laws, r.Legal = append(f.Laws, foreignLines(law)), append(r.Legal, parse(t, law))
	}
	for range rapid.IntRange(0, 2).Draw(rt, "others") {
		also := rapid.SampledFrom(a.names).Draw(rt, "also")
		f.Also, r.Also = append(f.Also, also), append(r.Also, a.zones[also])
	}
	if rapid.IntRange(0, 3).Draw(rt, "hourly") == 0 {
		for hour := 0; hour < 168; hour += rapid.IntRange(1, 5).Draw(rt, "step") {
			f.Hours = append(f.Hours, hour)
		}
		r.Hours = hours(f.Hours...)
	}
	for range rapid.IntRange(0, 1).Draw(rt, "holidays") {
		day := r.Now.AddDate(0, 0, rapid.IntRange(-1, 3).Draw(rt, "holiday"))
		f.Holidays = append(f.Holidays, day.UTC().Format(time.DateOnly))
	}
	r.Holiday = func(year int, month time.Month, day int) bool {
		return slices.Contains(f.Holidays, fmt.Sprintf("%04d-%02d-%02d", year, month, day))
	}
	return f, r
}

// foreignPair is a question for both sides.
type foreignPair struct {
	foreign foreign
	request sendtime.Request
}

// drawDaytime is a law that is open for most of every day.
func drawDaytime(rt *rapid.T) spoken {
	s := spoken{weekdays: allDays, from: 15 * rapid.IntRange(0, 10*4).Draw(rt, "opens")}
	s.to = s.from + 15*rapid.IntRange(10*4, 13*4).Draw(rt, "closes")
	s.text = fmt.Sprintf("daily %02d:%02d-%02d:%02d", s.from/60, s.from%60, s.to/60, s.to%60)
	return s
}

func TestNext_agreesWithAnotherLanguage(t *testing.T) {
	t.Parallel()
	python := findPython(t)
	names, count := listedZones(t), 4000
	if sampled() {
		names, count = []string{"America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/Berlin", "Pacific/Apia"}, 300
	}
	a := unpack(t, names)
	draw := rapid.Custom(func(rt *rapid.T) foreignPair {
		f, r := a.draw(rt, t)
		return foreignPair{f, r}
	})
	pairs := make([]foreignPair, count)
	var input bytes.Buffer
	for i := range pairs {
		pairs[i] = draw.Example(i)
		require.NoError(t, json.NewEncoder(&input).Encode(pairs[i].foreign))
	}
	answers := askPython(t, python, a.folder, &input)
	require.Len(t, answers, count)
	found, moved := 0, 0
	for i, want := range answers {
		got := sendtime.Next(pairs[i].request)
		question, _ := json.Marshal(pairs[i].foreign)
		require.Equal(t, want != nil, got.OK, "question %d: %s", i, question)
		if want != nil {
			require.Equal(t, reads(time.Unix(*want, 0), pairs[i].request.Zone), reads(got.At, pairs[i].request.Zone), "question %d: %s", i, question)
			found++
		}
		if got.OK && got.Moved != 0 {
			moved++
		}
	}
	t.Logf("%d questions, %d of them with an answer, %d later than asked", count, found, moved)
	require.Greater(t, moved, count/4, "the questions have become too easy")
}

// findPython looks for an interpreter that has zoneinfo, since 3.9.
func findPython(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed: there is no oracle to compare with")
	}
	if exec.Command(path, "-c", "import zoneinfo").Run() != nil {
		t.Skip("python3 is older than 3.9 and knows no zones: there is no oracle to compare with")
	}
	return path
}

// askPython gives the oracle's answers, nil where nothing is allowed.
func askPython(t *testing.T, python, zones string, questions io.Reader) (answers []*int64) {
	t.Helper()
	command := exec.CommandContext(t.Context(), python, oracleFile)
	command.Env = append(os.Environ(), "PYTHONTZPATH="+zones)
	command.Stdin = questions
	var trouble bytes.Buffer
	command.Stderr = &trouble
	output, err := command.Output()
	require.NoError(t, err, trouble.String())
	decoder := json.NewDecoder(bytes.NewReader(output))
	for decoder.More() {
		var answer *int64
		require.NoError(t, decoder.Decode(&answer))
		answers = append(answers, answer)
	}
	return answers
}
