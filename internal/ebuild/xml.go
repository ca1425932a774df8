// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// element is a part of an XML document; comments and what has a namespace are elements whose name matches nothing.
type element struct {
	name       string
	attributes map[string]string
	text       string // in front of the first child
	tail       string // between its end and what comes next
	children   []*element
}

// maxElements is how deep elements may be nested: libxml2's limit.
const maxElements = 256

// parseXML reads a document into its elements.
func parseXML(data []byte) (*element, error) {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	decoder.CharsetReader = charset
	top := &element{}
	open := []*element{top}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("it is not well-formed: %w", err)
		}
		if open, err = grow(open, token); err != nil {
			return nil, err
		}
	}
	if len(top.children) != 1 {
		return nil, errors.New("it is not well-formed: it has no root, or several")
	}
	return top.children[0], nil
}

// grow puts a token into the innermost of the open elements.
func grow(open []*element, token xml.Token) ([]*element, error) {
	inner := open[len(open)-1]
	switch token := token.(type) {
	case xml.StartElement:
		if len(open) > maxElements {
			return nil, errors.New("its elements are nested too deep")
		}
		e := newElement(token)
		inner.children = append(inner.children, e)
		open = append(open, e)
	case xml.EndElement:
		open = open[:len(open)-1]
	case xml.CharData:
		if n := len(inner.children); n > 0 {
			inner.children[n-1].tail += string(token)
		} else {
			inner.text += string(token)
		}
	case xml.Comment, xml.ProcInst:
		if len(open) > 1 {
			inner.children = append(inner.children, &element{})
		}
	}
	return open, nil
}

func newElement(token xml.StartElement) *element {
	e := &element{attributes: make(map[string]string, len(token.Attr))}
	if token.Name.Space == "" {
		e.name = token.Name.Local
	}
	for _, a := range token.Attr {
		if a.Name.Space == "" {
			e.attributes[a.Name.Local] = a.Value
		}
	}
	return e
}

// walk visits everything below an element in the order of the document.
func (e *element) walk(visit func(*element)) {
	for _, child := range e.children {
		visit(child)
		child.walk(visit)
	}
}

// write writes all text of an element, without its tail.
func (e *element) write(b *strings.Builder) {
	b.WriteString(e.text)
	for _, child := range e.children {
		child.write(b)
		b.WriteString(child.tail)
	}
}

// english tells whether an element is for readers of English.
func (e *element) english() bool {
	lang, set := e.attributes["lang"]
	return !set || lang == "en"
}

// charset reads the encodings of eight bits and less that are their own code points.
func charset(label string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return input, nil
	case "iso-8859-1", "latin1", "latin-1":
		data, err := io.ReadAll(input)
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		for _, c := range data {
			b.WriteRune(rune(c))
		}
		return strings.NewReader(b.String()), nil
	}
	return nil, fmt.Errorf("the encoding %.40q is not known here", label)
}
