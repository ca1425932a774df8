// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// dump writes an index so that a difference can be read.
func dump(tb testing.TB, x *Index) string {
	tb.Helper()
	var b strings.Builder
	write(&b, reflect.ValueOf(x.trees), "")
	return b.String()
}

func write(b *strings.Builder, v reflect.Value, at string) {
	switch v.Kind() {
	case reflect.Pointer:
		write(b, v.Elem(), at)
	case reflect.Struct:
		for i := range v.NumField() {
			write(b, v.Field(i), at+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			write(b, v.Index(i), fmt.Sprintf("%s[%d]", at, i))
		}
	case reflect.Map:
		keys := map[string]reflect.Value{}
		for _, k := range v.MapKeys() {
			keys[k.String()] = k
		}
		for _, k := range sortedKeys(keys) {
			write(b, v.MapIndex(keys[k]), at+"["+k+"]")
		}
	default:
		fmt.Fprintf(b, "%s = %v\n", at, v)
	}
}

func encoded(tb testing.TB, x *Index) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := x.Encode(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestAnIndexIsReadAsItWasWritten(t *testing.T) {
	x := small().index(t, small())
	data := encoded(t, x)
	back, err := Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if dump(t, x) != dump(t, back) {
		t.Error("what was read is not what was written")
	}
	if !bytes.Equal(data, encoded(t, back)) {
		t.Error("equal indices have different encodings")
	}
}

func TestADamagedIndexIsAnError(t *testing.T) {
	data := encoded(t, small().index(t))
	for i := 0; i < len(data); i += 7 {
		damaged := bytes.Clone(data)
		damaged[i] ^= 0x20
		if _, err := decodeBytes(damaged); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d changed: %v, want ErrDamaged", i, err)
		}
		if _, err := decodeBytes(data[:i]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut after %d bytes: %v, want ErrDamaged", i, err)
		}
	}
	if _, err := decodeBytes(append(bytes.Clone(data), 0)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a byte too much: %v, want ErrDamaged", err)
	}
}
