package sendtime_test

import (
	"archive/zip"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/outreach-engine/outreach/internal/sendtime"
)

var update = flag.Bool("update", false, "rewrite zones.txt from the toolchain's zone names")

const zoneFile = "zones.txt"

func TestZones_Load(t *testing.T) {
	t.Parallel()
	zones := sendtime.NewZones()
	for _, name := range []string{"America/New_York", "America/Argentina/Buenos_Aires", "Asia/Calcutta", "US/Pacific", "Etc/UTC", "UTC"} {
		first, err := zones.Load(name)
		require.NoError(t, err)
		require.Equal(t, name, first.String())
		again, err := zones.Load(name)
		require.NoError(t, err)
		require.Same(t, first, again)
	}
}

func TestZones_Load_refuses(t *testing.T) {
	t.Parallel()
	zones := sendtime.NewZones()
	for name, want := range map[string]string{
		"":                      `zone "": is empty, write an IANA name, for example Europe/Berlin`,
		"  ":                    `zone "  ": is empty, write an IANA name, for example Europe/Berlin`,
		"Local":                 `zone "Local": depends on the machine, write an IANA name, for example Europe/Berlin`,
		"local":                 `zone "local": depends on the machine, write an IANA name, for example Europe/Berlin`,
		" Local ":               `zone " Local ": depends on the machine, write an IANA name, for example Europe/Berlin`,
		"UTC+1":                 `zone "UTC+1": is an offset rather than a place, write for example Europe/Berlin`,
		"GMT":                   `zone "GMT": is not an IANA name, write Europe/London`,
		"Europe/":               `zone "Europe/": is not an IANA name, write for example Europe/Berlin`,
		"Europe/Berlin ":        `zone "Europe/Berlin ": is not an IANA name, write Europe/Berlin`,
		"Europe\\Berlin":        `zone "Europe\\Berlin": is not an IANA name, write Europe/Berlin`,
		"null":                  `zone "null": is not an IANA name, write for example Europe/Berlin`,
		"EST":                   `zone "EST": is not an IANA name, write America/New_York`,
		"CET":                   `zone "CET": is not an IANA name, write Europe/Berlin`,
		"Japan":                 `zone "Japan": is not an IANA name, write Asia/Tokyo`,
		"GMT+2":                 `zone "GMT+2": is an offset rather than a place, write for example Europe/Berlin`,
		"-03:00":                `zone "-03:00": is an offset rather than a place, write for example Europe/Berlin`,
		"EST5EDT":               `zone "EST5EDT": is an offset rather than a place, write for example Europe/Berlin`,
		"europe/berlin":         `zone "europe/berlin": is not an IANA name, write Europe/Berlin`,
		"Europe/Berln":          `zone "Europe/Berln": is not an IANA name, write Europe/Berlin`,
		"Singapore":             `zone "Singapore": is not an IANA name, write Asia/Singapore`,
		"new york":              `zone "new york": is not an IANA name, write America/New_York`,
		"America/Buenos Ares":   `zone "America/Buenos Ares": is not an IANA name, write America/Buenos_Aires`,
		"utc":                   `zone "utc": is not an IANA name, write UTC`,
		"../../etc/passwd":      `zone "../../etc/passwd": is not an IANA name, write for example Europe/Berlin`,
		"posix/Europe/Berlin":   `zone "posix/Europe/Berlin": is not an IANA name, write for example Europe/Berlin`,
		"Middle Earth/Bag End!": `zone "Middle Earth/Bag End!": is not an IANA name, write for example Europe/Berlin`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := zones.Load(name)
			require.EqualError(t, err, want)
			require.Nil(t, got)
		})
	}
}

// What an error tells people to write is accepted.
func TestZones_suggestionsLoad(t *testing.T) {
	t.Parallel()
	zones := sendtime.NewZones()
	for abbreviation, want := range map[string]string{
		"GMT": "Europe/London", "WET": "Europe/Lisbon", "CEST": "Europe/Berlin", "EET": "Europe/Athens",
		"Eastern": "America/New_York", "CDT": "America/Chicago", "MT": "America/Denver", "PST": "America/Los_Angeles",
		"HST": "Pacific/Honolulu", "India": "Asia/Kolkata", "JST": "Asia/Tokyo", "PRC": "Asia/Shanghai",
		"AEST": "Australia/Sydney", "NZ": "Pacific/Auckland", "Zulu": "UTC",
	} {
		_, err := zones.Load(abbreviation)
		require.ErrorContains(t, err, "write "+want)
		zone(t, want)
	}
}

func TestZones_concurrently(t *testing.T) {
	t.Parallel()
	zones := sendtime.NewZones()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, name := range []string{"Europe/Berlin", "Asia/Kathmandu", "nowhere"} {
				if _, err := zones.Load(name); (err != nil) != (name == "nowhere") {
					t.Errorf("zone %q: %v", name, err)
				}
			}
		})
	}
	group.Wait()
}

func TestZones_everyListedNameLoads(t *testing.T) {
	t.Parallel()
	listed := listedZones(t)
	require.True(t, slices.IsSorted(listed))
	zones := sendtime.NewZones()
	for _, name := range listed {
		loaded, err := zones.Load(name)
		require.NoError(t, err)
		require.Equal(t, name, loaded.String())
	}
}

// The list is the toolchain's own, without the names that have no slash but UTC.
func TestZones_listIsComplete(t *testing.T) {
	t.Parallel()
	names := toolchainZones(t)
	if *update {
		require.NoError(t, os.WriteFile(zoneFile, []byte(strings.Join(names, "\n")+"\n"), 0o644))
	}
	listed := listedZones(t)
	for _, name := range names {
		require.Contains(t, listed, name, "run go test ./internal/sendtime -run listIsComplete -update")
	}
}

func listedZones(t *testing.T) []string {
	content, err := os.ReadFile(zoneFile)
	require.NoError(t, err)
	return strings.Fields(string(content))
}

func toolchainZones(t *testing.T) []string {
	names := []string{"UTC"}
	for _, file := range toolchainArchive(t).File {
		if strings.Contains(file.Name, "/") && !strings.HasSuffix(file.Name, "/") {
			names = append(names, file.Name)
		}
	}
	slices.Sort(names)
	return names
}

// toolchainArchive holds the zone data that the go command comes with.
func toolchainArchive(t *testing.T) *zip.ReadCloser {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("the go command is not on the path: there is no toolchain to compare with")
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Skip("the toolchain comes without its zone archive: there is nothing to compare with")
	}
	t.Cleanup(func() { _ = archive.Close() })
	return archive
}
