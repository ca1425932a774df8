// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"fmt"
	"iter"
	"strings"
)

// Kind is what a node of a specification is.
type Kind uint8

// The kinds of nodes.
const (
	Leaf       Kind = iota // a word: an atom, a licence, a URI, a flag
	All                    // ( … )
	AnyOf                  // || ( … )
	ExactlyOne             // ^^ ( … )
	AtMostOne              // ?? ( … )
	Use                    // flag? ( … ), !flag? ( … )
)

// Node is a part of a specification: of dependencies, LICENSE, SRC_URI, REQUIRED_USE, RESTRICT or PROPERTIES.
type Node struct {
	Kind     Kind
	Flag     string // of Use
	Negated  bool   // of Use
	Children []Node
	Text     string // of Leaf
	Rename   string // of Leaf: what stands behind -> in SRC_URI
}

// maxDepth is how deep groups may be nested; real specifications stay below ten.
const maxDepth = 200

var errGroup = errors.New("groups do not match")

// ParseSpec reads a specification. It knows every operator and the renames of SRC_URI, whatever the variable and the EAPI.
func ParseSpec(s string) ([]Node, error) {
	p := specParser{rest: s}
	return p.parse()
}

// Leaves yields every word of a specification, in all branches, in the order in which they are written; what a word is renamed to
// as well.
func Leaves(nodes []Node) iter.Seq[string] {
	return func(yield func(string) bool) { leaves(nodes, yield) }
}

func leaves(nodes []Node, yield func(string) bool) bool {
	for i := range nodes {
		if n := &nodes[i]; n.Kind == Leaf {
			if !yield(n.Text) || n.Rename != "" && !yield(n.Rename) {
				return false
			}
		} else if !leaves(n.Children, yield) {
			return false
		}
	}
	return true
}

type specParser struct {
	rest   string
	peeked string
	open   []Node // groups around what is read now; their Children are what stood before them
	nodes  []Node // of the innermost group
}

// next returns the next word; empty at the end.
func (p *specParser) next() string {
	if p.peeked != "" {
		word := p.peeked
		p.peeked = ""
		return word
	}
	var word string
	word, p.rest = nextWord(p.rest)
	return word
}

func (p *specParser) parse() ([]Node, error) {
	for word := p.next(); word != ""; word = p.next() {
		var err error
		switch kind, opens := operator(word); {
		case word == ")":
			err = p.end()
		case opens:
			err = p.begin(kind, word)
		default:
			err = p.leaf(word)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(p.open) > 0 {
		return nil, errGroup
	}
	return p.nodes, nil
}

// begin opens a group.
func (p *specParser) begin(kind Kind, word string) error {
	if word != "(" {
		if after := p.next(); after != "(" {
			return fmt.Errorf("%.80q is not followed by a group", word)
		}
	}
	if len(p.open) == maxDepth {
		return errors.New("groups are nested too deep")
	}
	n := Node{Kind: kind, Children: p.nodes}
	if kind == Use {
		n.Flag, n.Negated = strings.CutPrefix(word[:len(word)-1], "!")
	}
	p.open, p.nodes = append(p.open, n), nil
	return nil
}

// end closes the innermost group.
func (p *specParser) end() error {
	if len(p.open) == 0 || len(p.nodes) == 0 {
		return errGroup
	}
	done := p.open[len(p.open)-1]
	before := done.Children
	done.Children = p.nodes
	p.open, p.nodes = p.open[:len(p.open)-1], before
	p.nodes = append(p.nodes, done)
	return nil
}

// leaf reads a word, and the rename that may stand behind it.
func (p *specParser) leaf(word string) error {
	if strings.Contains(word, "|") || word == "->" {
		return fmt.Errorf("%.80q is no word of a specification", word)
	}
	n := Node{Text: word}
	if after := p.next(); after != "->" {
		p.peeked = after
	} else if n.Rename = p.next(); n.Rename == "" {
		return fmt.Errorf("%.80q is renamed to nothing", word)
	}
	p.nodes = append(p.nodes, n)
	return nil
}

// operator tells which group a word opens, if any.
func operator(word string) (Kind, bool) {
	switch word {
	case "(":
		return All, true
	case "||":
		return AnyOf, true
	case "^^":
		return ExactlyOne, true
	case "??":
		return AtMostOne, true
	}
	return Use, word[len(word)-1] == '?'
}

// LeavesOf yields the words of a specification as Leaves does, but copies nothing and does not look whether the groups match.
func LeavesOf(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		renamed := false
		for word := range words(s) {
			_, opens := operator(word)
			switch {
			case word == "->" && !renamed:
				renamed = true
				continue
			case !renamed && (opens || word == ")"):
				continue
			}
			renamed = false
			if !yield(word) {
				return
			}
		}
	}
}
