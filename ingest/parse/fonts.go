package parse

import (
	"embed"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"strings"
)

// fontsOf is where PDFium looks for fonts, as in a Linux, and which folder of this
// machine it finds there.
func fontsOf(system string) map[string]string {
	switch system {
	case "darwin":
		return map[string]string{"usr/share/fonts": "/System/Library/Fonts", "usr/local/share/fonts": "/Library/Fonts"}
	case "windows":
		return map[string]string{"usr/share/fonts": `C:\Windows\Fonts`}
	}
	return map[string]string{"usr/share/fonts": "/usr/share/fonts", "usr/local/share/fonts": "/usr/local/share/fonts"}
}

// folders is a file system of some folders of this machine, to be read. No link
// leads out of them.
type folders map[string]fs.FS

// fontFolders are the folders of fonts that this machine has.
func fontFolders() folders {
	found := make(folders)
	for seen, own := range fontsOf(runtime.GOOS) {
		root, err := os.OpenRoot(own)
		if err != nil {
			slog.Debug("a folder of fonts is not used", "folder", own, "reason", err)
			continue
		}
		found[seen] = root.FS()
	}
	return found
}

// Open implements fs.FS.
func (f folders) Open(name string) (fs.File, error) {
	for seen, folder := range f {
		if name == seen {
			return folder.Open(".")
		}
		if name == "." || strings.HasPrefix(seen, name+"/") {
			return embed.FS{}.Open(".") // what lies above them shows nothing
		}
		if inside, ok := strings.CutPrefix(name, seen+"/"); ok {
			return folder.Open(inside)
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
