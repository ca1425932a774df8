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
	var open []Node // groups around what is read now; nodes collects
	nodes := []Node(nil)
	for word := p.next(); word != ""; word = p.next() {
		switch kind, opens := operator(word); {
		case word == ")":
			if len(open) == 0 || len(nodes) == 0 {
				return nil, errGroup
			}
			done := open[len(open)-1]
			outer := done.Children
			done.Children = nodes
			nodes, open = append(outer, done), open[:len(open)-1]
		case opens:
			if word != "(" {
				if after := p.next(); after != "(" {
					return nil, fmt.Errorf("%.80q is not followed by a group", word)
				}
			}
			if len(open) == maxDepth {
				return nil, errors.New("groups are nested too deep")
			}
			n := Node{Kind: kind, Children: nodes}
			if kind == Use {
				n.Flag, n.Negated = strings.CutPrefix(word[:len(word)-1], "!")
			}
			nodes, open = nil, append(open, n)
		case strings.Contains(word, "|") || word == "->":
			return nil, fmt.Errorf("%.80q is no word of a specification", word)
		default:
			leaf, err := p.leaf(word)
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, leaf)
		}
	}
	if len(open) > 0 {
		return nil, errGroup
	}
	return nodes, nil
}

// leaf reads the rename that may stand behind a URI.
func (p *specParser) leaf(word string) (Node, error) {
	after := p.next()
	if after != "->" {
		p.peeked = after
		return Node{Text: word}, nil
	}
	name := p.next()
	if name == "" {
		return Node{}, fmt.Errorf("%.80q is renamed to nothing", word)
	}
	return Node{Text: word, Rename: name}, nil
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
