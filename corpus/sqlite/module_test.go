package sqlite

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLibcIsSQLites guards what modernc.org/sqlite asks of its users: it is
// translated against one version of modernc.org/libc, and breaks with another.
func TestLibcIsSQLites(t *testing.T) {
	t.Parallel()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "modernc.org/sqlite").Output()
	if err != nil {
		t.Skipf("cannot find the module of modernc.org/sqlite: %v", err)
	}
	theirs := libcIn(t, filepath.Join(strings.TrimSpace(string(dir)), "go.mod"))
	ours := libcIn(t, filepath.Join("..", "..", "go.mod"))
	if ours != theirs {
		t.Errorf("go.mod asks for modernc.org/libc %s, modernc.org/sqlite was made with %s", ours, theirs)
	}
}

func libcIn(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^\s*(?:require\s+)?modernc\.org/libc\s+(\S+)`).FindSubmatch(b)
	if found == nil {
		t.Fatalf("%s does not name modernc.org/libc", path)
	}
	return string(found[1])
}
