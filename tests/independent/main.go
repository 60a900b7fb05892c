// Verifies proof files, checkpoints and consistency of Rastro's log with Go's own
// golang.org/x/mod/sumdb/{note,tlog} (Debian: golang-golang-x-mod-dev). Uses nothing of Rastro.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run main.go DIR
//
// DIR holds ledger.vkey, *.tlog-proof, and per proof NAME.salt (hex) and NAME.body; optionally
// old.checkpoint, new.checkpoint and consistency (one base64 hash a line).
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Println("FAIL:", err)
		os.Exit(1)
	}
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	must(err)
	return data
}

func decode(text string) []byte {
	raw, err := base64.StdEncoding.DecodeString(text)
	must(err)
	return raw
}

func hash(text string) (h tlog.Hash) {
	copy(h[:], decode(text))
	return
}

func open(signed []byte, v note.Verifier) (int64, tlog.Hash) {
	n, err := note.Open(signed, note.VerifierList(v))
	must(err)
	lines := strings.Split(n.Text, "\n")
	if lines[0] != v.Name() {
		must(fmt.Errorf("origin %q is not %q", lines[0], v.Name()))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	return size, hash(lines[2])
}

func inclusion(path string, v note.Verifier) {
	head, checkpoint, _ := bytes.Cut(read(path), []byte("\n\n"))
	size, root := open(checkpoint, v)
	lines := strings.Split(string(head), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		must(fmt.Errorf("%s: not a proof file", path))
	}
	entry := decode(strings.TrimPrefix(lines[1], "extra "))
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	must(err)
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		proof = append(proof, hash(line))
	}
	must(tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry)))

	base := strings.TrimSuffix(path, ".tlog-proof")
	salt, err := hex.DecodeString(string(read(base + ".salt")))
	must(err)
	mac := hmac.New(sha256.New, salt)
	mac.Write(read(base + ".body"))
	if strings.Split(string(entry), "\n")[3] != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		must(fmt.Errorf("%s: the entry does not commit to the body", path))
	}

	entry[30] ^= 1
	if tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry)) == nil {
		must(fmt.Errorf("%s: a forged entry was taken for genuine", path))
	}
}

func main() {
	dir := os.Args[1]
	v, err := note.NewVerifier(strings.TrimSpace(string(read(filepath.Join(dir, "ledger.vkey")))))
	must(err)
	proofs, err := filepath.Glob(filepath.Join(dir, "*.tlog-proof"))
	must(err)
	for _, path := range proofs {
		inclusion(path, v)
	}
	oldSize, oldRoot := open(read(filepath.Join(dir, "old.checkpoint")), v)
	newSize, newRoot := open(read(filepath.Join(dir, "new.checkpoint")), v)
	var proof tlog.TreeProof
	for _, line := range strings.Fields(string(read(filepath.Join(dir, "consistency")))) {
		proof = append(proof, hash(line))
	}
	must(tlog.CheckTree(proof, newSize, newRoot, oldSize, oldRoot))
	fmt.Printf("%d proofs, %d in %d\n", len(proofs), oldSize, newSize)
}
